//! A data package from values in memory: what needs no form of files and no Arrow.

use std::collections::BTreeMap;

use super::issue::{Issue, meant};
use super::issue_code::Code;
use super::package::ReadOutcome;
use super::raw::{Raw, RawTable};
use super::read::read_raw;
use logis_language::diagnostic::nearest;
use logis_language::pack::Reference;
use logis_language::pack::schema::Schema;
use logis_language::plan::Needs;
use logis_language::value::{Value, format_number};

/// A table of values, by the name that the schema gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueTable {
    /// Its name in the schema: `demandes`.
    pub name: String,
    /// The columns of the schema that it has.
    pub header: Vec<String>,
    /// Rows, with a value for each column; `None` where it is not known. Identifiers are texts.
    pub rows: Vec<Vec<Option<Value>>>,
}

/// Reads a data package from tables of values in memory, typed by the schema as those of a file are.
pub fn read_values(
    schema: &Schema,
    references: &[Reference],
    tables: &[ValueTable],
    needs: &Needs,
) -> ReadOutcome {
    let mut issues = Vec::new();
    let known: Vec<&str> = schema.data_tables().collect();
    let mut given: BTreeMap<&str, RawTable> = BTreeMap::new();
    for table in tables {
        let (name, width) = (table.name.as_str(), table.header.len());
        if !known.contains(&name) {
            let hint = meant(nearest(name, known.iter().copied()));
            issues.push(Issue::error(
                Code::UnknownTable,
                name,
                format!("le schéma n'a pas de telle table{hint}"),
            ));
        }
        if given.contains_key(name) {
            issues.push(Issue::error(Code::TableTwice, name, "la table est donnée deux fois"));
        }
        let mut raw = RawTable::new(name, name, table.header.clone(), &mut issues);
        for (row, cells) in (1_u64..).zip(&table.rows) {
            if cells.len() != width {
                let found = cells.len();
                let message = format!("{found} valeur(s) ; attendu: {width}, comme de colonnes");
                issues.push(Issue::error(Code::RowWidth, name, message).at(row));
            }
            raw.push(row, cells.len() != width, cells.iter().map(cell));
        }
        given.insert(name, raw);
    }
    read_raw(schema, references, &given, needs, issues)
}

/// A value as a typed file would hold it.
fn cell(value: &Option<Value>) -> Raw {
    match value {
        None => Raw::Empty,
        Some(Value::Bool(value)) => Raw::Bool(*value),
        Some(Value::Number(value)) => Raw::Number(format_number(value).into()),
        Some(Value::Date(value)) => Raw::Date(*value),
        Some(Value::Text(text)) => Raw::text(text),
        Some(list @ Value::List(_)) => Raw::text(&list.to_string()),
    }
}
