//! A data package from batches of Arrow in memory.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;

use super::arrow_table;
use super::issue::{Issue, meant};
use super::issue_code::Code;
use super::package::ReadOutcome;
use super::raw::RawTable;
use super::read::read_raw;
use logis_language::diagnostic::nearest;
use logis_language::pack::Reference;
use logis_language::pack::schema::Schema;
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
pub(super) fn raw_tables<'n>(
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
