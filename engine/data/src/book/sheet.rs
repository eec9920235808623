//! A sheet of a workbook, before it is a table.

use super::super::day_numbers::DayNumbers;
use super::super::raw::Raw;

/// A sheet as the file lists it: rows and columns count from 0.
pub(super) struct Sheet {
    pub name: String,
    pub cells: Vec<(u32, u32, Raw)>,
    pub days: DayNumbers,
}
