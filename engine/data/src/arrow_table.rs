//! Batches of Arrow as tables whose cells are typed already.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;

use super::issue::Issue;
use super::lines::Lines;
use super::raw::{Raw, RawColumn, RawTable, Typed};
use super::table::Column;
use super::texts::Texts;
use super::{arrow_cell, arrow_column};
use logis_language::pack::schema::Field;

/// An array, as the cells of a column.
#[derive(Debug)]
struct Cells(ArrayRef);

impl Typed for Cells {
    fn len(&self) -> usize {
        self.0.len()
    }

    fn cell(&self, row: usize) -> Raw {
        arrow_cell::cell(&self.0, row)
    }

    fn column(&self, field: &Field) -> Option<Column> {
        arrow_column::column(field, &self.0)
    }

    fn texts(&self) -> Option<Texts<'_>> {
        arrow_column::texts(&self.0)
    }

    fn are_days(&self) -> bool {
        *self.0.data_type() == DataType::Date32
    }
}

/// A batch as a table whose first row is number `before + 1`.
pub(super) fn table(
    name: &str,
    file: &str,
    batch: &RecordBatch,
    before: u64,
    issues: &mut Vec<Issue>,
) -> RawTable {
    let headers: Vec<String> = batch.schema_ref().fields().iter().map(|f| f.name().clone()).collect();
    sparse(name, file, headers.into_iter().map(|header| (header, true)), batch, before, issues)
}

/// The same of a batch that has some of the columns of its file: those whose header is with `true`.
pub(super) fn sparse(
    name: &str,
    file: &str,
    headers: impl IntoIterator<Item = (String, bool)>,
    batch: &RecordBatch,
    before: u64,
    issues: &mut Vec<Issue>,
) -> RawTable {
    let (headers, read): (Vec<String>, Vec<bool>) = headers.into_iter().unzip();
    let mut table = RawTable::new(name, file, headers, issues);
    let mut arrays = batch.columns().iter();
    let column = |read: bool| match if read { arrays.next() } else { None } {
        Some(array) => RawColumn::Typed(Arc::new(Cells(array.clone()))),
        None => RawColumn::Unread(batch.num_rows()),
    };
    table.columns = read.into_iter().map(column).collect();
    table.lines = Lines::run(before + 1, batch.num_rows());
    table.bad = vec![false; batch.num_rows()];
    table
}
