//! Tables as texts, before the schema gives their cells a type: what is changed before it is read.

use std::collections::{BTreeMap, BTreeSet};

use super::cells;
use super::files::raw_tables;
use super::issue::Issue;
use super::package::{InputFile, ReadOutcome, sort};
use super::raw::{Raw, RawTable};
use super::read::{about, read_raw};
use logis_language::pack::Reference;
use logis_language::pack::schema::{EntityId, Field, FieldKind, Origin, Schema};
use logis_language::plan::Needs;
use logis_language::value::{Date, Exact};

/// One table of a data package, its cells as a CSV file writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextTable {
    /// Its name in the schema.
    pub name: String,
    /// What messages call it.
    pub file: String,
    /// Headers.
    pub header: Vec<String>,
    /// Rows; an empty cell is a missing value.
    pub rows: Vec<Vec<String>>,
}

impl TextTable {
    /// The place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.header.iter().position(|h| h == name)
    }
}

/// The tables of a data package, and what is wrong with its files.
pub fn text_tables(schema: &Schema, files: Vec<InputFile>) -> (Vec<TextTable>, Vec<Issue>) {
    let (_, mut issues) = about(&files);
    let (tables, _) = raw_tables(schema, files, &mut issues);
    let text = |(name, raw): (&str, RawTable)| TextTable {
        name: name.to_string(),
        file: raw.file.clone(),
        header: raw.headers.clone(),
        rows: (0..raw.lines.len())
            .map(|row| raw.columns.iter().map(|column| column.get(row).shown()).collect())
            .collect(),
    };
    let tables = tables.into_iter().map(text).collect();
    sort(&mut issues);
    (tables, issues)
}

/// The codes by which rows of a data package belong to each table of the pack, as its files write them, and what is wrong with
/// these files. No cell is kept.
pub fn codes_of_tables(
    schema: &Schema,
    files: Vec<InputFile>,
) -> (BTreeMap<EntityId, BTreeSet<String>>, Vec<Issue>) {
    let (_, mut issues) = about(&files);
    let (tables, _) = raw_tables(schema, files, &mut issues);
    let mut codes: BTreeMap<EntityId, BTreeSet<String>> = BTreeMap::new();
    for entity in &schema.entities {
        let Origin::Data { table } = &entity.origin else { continue };
        let Some(raw) = tables.get(table.as_str()) else { continue };
        for relation in &entity.belongs_to {
            let of_pack = schema.entities.get(relation.target);
            if !of_pack.is_some_and(|target| matches!(target.origin, Origin::Reference { .. })) {
                continue;
            }
            let at = raw.headers.iter().position(|header| *header == relation.column);
            let Some(column) = at.and_then(|at| raw.columns.get(at)) else { continue };
            let own = codes.entry(relation.target).or_default();
            for row in 0..raw.lines.len() {
                let code = column.get(row).shown();
                // Mostly there is one already.
                if !own.contains(code.as_str()) {
                    own.insert(code);
                }
            }
        }
    }
    sort(&mut issues);
    (codes, issues)
}

/// A cell as a date, in any way that a file may write it.
pub fn date_of(cell: &str) -> Option<Date> {
    cells::date(&Raw::text(cell))
}

/// A cell as the number of a field, in any way that a file may write it.
pub fn number_of(field: &Field, cell: &str) -> Option<Exact> {
    let FieldKind::Number { decimals, .. } = field.kind else { return None };
    let units = cells::number(field, &Raw::text(cell), decimals).ok()?;
    Some(Exact::new(units.into(), logis_language::value::power_of_ten(decimals)?))
}

/// Reads a data package from such tables, and the reference tables of the pack.
pub fn read_texts(
    schema: &Schema,
    references: &[Reference],
    tables: &[TextTable],
    needs: &Needs,
) -> ReadOutcome {
    let mut issues = Vec::new();
    let raw = tables.iter().map(|table| {
        let mut raw = RawTable::new(&table.name, &table.file, table.header.clone(), &mut issues);
        for (line, row) in (2_u64..).zip(&table.rows) {
            raw.push(line, false, row.iter().map(|cell| Raw::text(cell)));
        }
        (table.name.clone(), raw)
    });
    let raw = raw.collect();
    read_raw(schema, references, &raw, needs, issues)
}
