//! A data package from batches of Arrow in memory.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::RecordBatch;

use super::arrow_table;
use super::issue::{Issue, meant};
use super::issue_code::Code;
use super::package::{ReadOutcome, sort};
use super::raw::RawTable;
use super::read::{Known, assemble, raw_references, read_raw};
use super::table::{About, Dataset};
use logis_language::diagnostic::nearest;
use logis_language::pack::Reference;
use logis_language::pack::schema::{Entity, EntityId, FieldId, Origin, Schema};
use logis_language::plan::Needs;

/// Reads a data package from tables in memory, by the names that files of them would have.
pub fn read_batches(
    schema: &Schema,
    references: &[Reference],
    tables: &[(&str, &RecordBatch)],
    needs: &Needs,
) -> ReadOutcome {
    let mut issues = Vec::new();
    let given = raw_tables(schema, tables, &mut issues);
    read_raw(schema, references, &given, needs, issues)
}

/// Batches by the names of their tables.
fn raw_tables<'n>(
    schema: &Schema,
    tables: &[(&'n str, &RecordBatch)],
    issues: &mut Vec<Issue>,
) -> BTreeMap<&'n str, RawTable> {
    let known: Vec<&str> = schema.data_tables().collect();
    let mut given: BTreeMap<&str, RawTable> = BTreeMap::new();
    for (name, batch) in tables {
        if !known.contains(name) {
            let hint = meant(nearest(name, known.iter().copied()));
            issues.push(Issue::error(
                Code::UnknownTable,
                name,
                format!("le schéma n'a pas de telle table{hint}"),
            ));
        }
        given.insert(name, arrow_table::table(name, name, batch, 0, issues));
    }
    given
}

/// The reference tables of a pack, typed once for all batches that are read for the same needs: typing the communes of
/// France takes as long as reading a hundred thousand rows.
pub struct BatchReader {
    needs: Needs,
    own: BTreeMap<EntityId, RawTable>,
    /// `None` if there is something to say of them: they are then read with every batch, which says it.
    known: Option<Known>,
    opening: Vec<Issue>,
}

impl BatchReader {
    /// A reader for these needs. Of data only the cells of the fields of `only` are kept, if given: of the others it is
    /// told what is wrong.
    pub fn new(
        schema: &Schema,
        references: &[Reference],
        needs: Needs,
        only: Option<&BTreeSet<FieldId>>,
    ) -> BatchReader {
        let mut opening = Vec::new();
        let own = raw_references(schema, references, &mut opening);
        let of_pack = own.iter().map(|(id, table)| (*id, table)).collect();
        let data = |entity: &Entity| matches!(entity.origin, Origin::Data { .. });
        let data = schema.entities.iter().enumerate().filter(|(_, e)| data(e)).map(|(id, _)| id).collect();
        let known = Known::new(schema, &of_pack, &data, &needs).map(|known| known.keeping(only));
        BatchReader { needs, own, known, opening }
    }

    /// What is read for.
    pub fn needs(&self) -> &Needs {
        &self.needs
    }

    /// Reads tables as [`read_batches`] does; all columns that the needs name must be there if `strict`.
    pub fn read(&self, schema: &Schema, tables: &[(&str, &RecordBatch)], strict: bool) -> ReadOutcome {
        let mut issues = self.opening.clone();
        let given = raw_tables(schema, tables, &mut issues);
        let raw = |id: EntityId, entity: &Entity| match &entity.origin {
            Origin::Data { table } => given.get(table.as_str()),
            Origin::Reference { .. } => self.own.get(&id),
            Origin::Pair(..) => None,
        };
        let needs = self.needs.clone().strictly(strict);
        let read = assemble(schema, raw, &BTreeSet::new(), &needs, self.known.as_ref(), &mut issues);
        sort(&mut issues);
        let dataset = Dataset { tables: read.tables, about: About::default() };
        ReadOutcome { dataset, issues, absent: read.absent, dropped: read.dropped }
    }
}
