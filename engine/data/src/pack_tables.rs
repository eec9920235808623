//! The tables of a pack, typed once for all data that is read beside them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use arrow_array::RecordBatch;

use super::files;
use super::issue::Issue;
use super::package::{InputFile, ReadOutcome, sort};
use super::raw::RawTable;
use super::read::{Known, about, assemble, raw_references, spare};
use super::read_batches::raw_tables;
use super::table::{About, Dataset};
use logis_language::pack::Reference;
use logis_language::pack::schema::{Entity, EntityId, FieldId, Origin, Schema};
use logis_language::plan::Needs;

/// The tables of a pack (communes, zones), typed: the communes of France take as long as a hundred thousand rows of data.
/// What is read with them is what [`read`](super::read()) and [`read_batches`](super::read_batches()) read.
pub struct PackTables {
    own: BTreeMap<EntityId, RawTable>,
    /// `None` if there is something to say of them: they are then read with all data, which says it.
    known: Option<Known>,
    opening: Vec<Issue>,
}

impl PackTables {
    /// Types the tables of a pack.
    pub fn new(schema: &Schema, references: &[Reference]) -> PackTables {
        let mut opening = Vec::new();
        let own = raw_references(schema, references, None, &mut opening);
        let of_pack = own.iter().map(|(id, table)| (*id, table)).collect();
        let data = |entity: &Entity| matches!(entity.origin, Origin::Data { .. });
        let data = schema.entities.iter().enumerate().filter(|(_, e)| data(e)).map(|(id, _)| id).collect();
        let known = Known::new(schema, &of_pack, &data, &Needs::default());
        PackTables { own, known, opening }
    }

    /// Reads tables in memory. Of data only the cells of the fields of `only` are kept, if given: of the others it is told
    /// what is wrong.
    pub fn read_batches(
        &self,
        schema: &Schema,
        tables: &[(&str, &RecordBatch)],
        needs: &Needs,
        only: Option<&BTreeSet<FieldId>>,
    ) -> ReadOutcome {
        let mut issues = self.opening.clone();
        let given = raw_tables(schema, tables, &mut issues);
        self.read(schema, &given, &BTreeSet::new(), needs, only, issues, About::default())
    }

    /// Reads files.
    pub fn read_files(
        &self,
        schema: &Schema,
        files: Vec<InputFile>,
        needs: &Needs,
        only: Option<&BTreeSet<FieldId>>,
    ) -> ReadOutcome {
        let (about, mut issues) = about(&files);
        let (tables, tried) = files::raw_tables(schema, files, &mut issues);
        issues.extend(self.opening.iter().cloned());
        let mut read = self.read(schema, &tables, &tried, needs, only, issues, about);
        spare(schema, &tables, needs, &mut read.issues);
        sort(&mut read.issues);
        read
    }

    fn read(
        &self,
        schema: &Schema,
        given: &BTreeMap<&str, RawTable>,
        tried: &BTreeSet<&str>,
        needs: &Needs,
        only: Option<&BTreeSet<FieldId>>,
        mut issues: Vec<Issue>,
        about: About,
    ) -> ReadOutcome {
        let raw = |id: EntityId, entity: &Entity| match &entity.origin {
            Origin::Data { table } => given.get(table.as_str()),
            Origin::Reference { .. } => self.own.get(&id),
            Origin::Pair(..) => None,
        };
        let known = self.known.clone().filter(|_| self.has(schema, needs)).map(|known| known.keeping(only));
        let read = assemble(schema, raw, tried, needs, known.as_ref(), &mut issues);
        sort(&mut issues);
        let dataset = Dataset { tables: read.tables, about };
        ReadOutcome { dataset, issues, absent: read.absent, dropped: read.dropped }
    }

    /// Has every table of the pack the columns that are needed of it? Otherwise that is to be told.
    fn has(&self, schema: &Schema, needs: &Needs) -> bool {
        let fields = needs.fields.iter().filter_map(|field| schema.fields.get(*field));
        let fields = fields.map(|field| (field.entity, &field.column));
        let relation = |(id, number): &(EntityId, usize)| {
            Some((*id, &schema.entities.get(*id)?.belongs_to.get(*number)?.column))
        };
        let mut columns = fields.chain(needs.relations.iter().filter_map(relation));
        columns.all(|(id, column)| self.own.get(&id).is_none_or(|table| table.headers.contains(column)))
    }
}

impl fmt::Debug for PackTables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackTables").field("tables", &self.own.len()).finish_non_exhaustive()
    }
}
