//! Tables in memory as the data of a run: values, and with the feature `arrow` batches.

use std::sync::Arc;

use crate::decide::DataError;
use crate::invariants::Invariants;
use logis_data::{Dataset, Issue, Needs, ReadOutcome, ValueTable, read_values};
use logis_language::pack::Parsed;
use logis_language::value::Date;

/// The tables of a data package in memory: a slice of [`ValueTable`], or with the feature `arrow` of names with
/// their batches.
pub trait Tables {
    /// Has one of them a column of this name?
    fn has_column(&self, name: &str) -> bool;

    /// Types them by the schema of a pack.
    fn read(&self, parsed: &Parsed, needs: &Needs) -> ReadOutcome;
}

impl Tables for [ValueTable] {
    fn has_column(&self, name: &str) -> bool {
        self.iter().any(|table| table.header.iter().any(|header| header == name))
    }

    fn read(&self, parsed: &Parsed, needs: &Needs) -> ReadOutcome {
        read_values(&parsed.schema, &parsed.references, self, needs)
    }
}

impl<T, const N: usize> Tables for [T; N]
where
    [T]: Tables,
{
    fn has_column(&self, name: &str) -> bool {
        self.as_slice().has_column(name)
    }

    fn read(&self, parsed: &Parsed, needs: &Needs) -> ReadOutcome {
        self.as_slice().read(parsed, needs)
    }
}

impl<T> Tables for Vec<T>
where
    [T]: Tables,
{
    fn has_column(&self, name: &str) -> bool {
        self.as_slice().has_column(name)
    }

    fn read(&self, parsed: &Parsed, needs: &Needs) -> ReadOutcome {
        self.as_slice().read(parsed, needs)
    }
}

/// Reads the tables of a package from memory, by their names, and holds the invariants that the pack has on the date
/// of what is read.
///
/// # Errors
/// A column or table that is needed and not there: the caller holds them, so that it is a slip, and there is nobody
/// to warn. Otherwise all cells that do not fit, or all rows of which an invariant is false.
pub fn read_tables(
    parsed: &Arc<Parsed>,
    date: Date,
    tables: &(impl Tables + ?Sized),
    needs: Needs,
) -> Result<Dataset, DataError> {
    let needs = Needs { strict: true, ..needs };
    let read = tables.read(parsed, &needs);
    let mut issues: Vec<Issue> = read.issues.into_iter().filter(Issue::is_error).collect();
    // Invariants are held once all cells are read: otherwise one slip would be told twice.
    if issues.is_empty() {
        let held = Invariants::new(parsed, date, &needs.entities).issues(&read.dataset);
        issues.extend(held.into_iter().filter(Issue::is_error));
    }
    if issues.is_empty() { Ok(read.dataset) } else { Err(DataError { issues }) }
}
