//! Batches of Arrow as tables whose cells are typed already.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;

use super::issue::Issue;
use super::raw::{Raw, RawColumn, RawTable, Typed};
use super::table::Column;
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
    let headers = batch.schema_ref().fields().iter().map(|f| f.name().clone()).collect();
    let mut table = RawTable::new(name, file, headers, issues);
    table.columns =
        batch.columns().iter().map(|array| RawColumn::Typed(Arc::new(Cells(array.clone())))).collect();
    table.lines = (0..batch.num_rows() as u64).map(|row| before + row + 1).collect();
    table.bad = vec![false; batch.num_rows()];
    table
}
