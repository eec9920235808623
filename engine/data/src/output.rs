//! Results as they are written, whatever the form.

use logis_language::value::{Type, Value};

/// A result: columns of equal length.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// What it is: the sheet's name in a workbook.
    pub name: String,
    /// Its columns.
    pub columns: Vec<OutputColumn>,
}

/// One column of a result.
#[derive(Clone, Debug)]
pub struct OutputColumn {
    /// Header.
    pub name: String,
    /// One per row; `None` where the outcome is unknown.
    pub cells: Vec<Option<Value>>,
    /// Type of the values.
    pub kind: Type,
}

/// Why a result cannot be written in a form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// CSV.
    #[error("CSV: {0}")]
    Csv(String),
    /// Parquet.
    #[error("Parquet: {0}")]
    Parquet(String),
    /// XLSX.
    #[error("XLSX: {0}")]
    Xlsx(String),
}

impl Output {
    /// How many rows it has.
    #[cfg(any(feature = "csv", feature = "json"))]
    pub(super) fn rows(&self) -> usize {
        self.columns.first().map_or(0, |c| c.cells.len())
    }
}

/// In place of decimals in a [`Reading`]: a number that is no quantity (a year, a rank), without groups of digits.
pub const PLAIN: u32 = u32::MAX;

/// A table to read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// The sheet's name: at most 31 characters, each once.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// How its figures are obtained, and what they rest on.
    pub note: String,
    /// Header of each column.
    pub header: Vec<String>,
    /// Columns of differences: their numbers are shown with their sign.
    pub signed: Vec<bool>,
    /// Rows: a value, and the decimals with which it is shown if it is a number; with more than six ([`PLAIN`]) it is
    /// shown as it is, without groups of digits.
    pub rows: Vec<Vec<(Option<Value>, u32)>>,
}
