//! Tables of measures: whole numbers with their decimals, units, and how they were obtained.

use serde::{Deserialize, Serialize};

use logis_language::value::{Exact, Rounding, add, div, round};

/// A table of measures of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name in figures, files and sheets.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// What its rows are.
    pub of: String,
    /// How its figures are obtained.
    pub how: String,
    /// Which rules and texts they rest on.
    pub source: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// A column of measures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name in figures.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Unit of its values.
    pub unit: String,
    /// Decimals of its values.
    pub decimals: u32,
    /// Is it compared between runs?
    pub compared: bool,
    /// Are its values shares of what [`Row::of`] says?
    #[serde(default)]
    pub share: bool,
}

/// A row of measures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its name in figures.
    pub id: String,
    /// What people call it.
    pub label: String,
    /// Unit and decimals, where they are not those of the columns.
    pub unit: Option<(String, u32)>,
    /// How many its shares are of, or how many its one value is the mean of.
    #[serde(default)]
    pub of: Option<u64>,
    /// One a column, in units of 10⁻ᵈᵉᶜⁱᵐᵃˡˢ; `None` where there is none.
    pub cells: Vec<Option<i64>>,
}

impl Table {
    pub(super) fn new(id: &str, title: &str, of: &str, how: &str, source: &str) -> Table {
        let [id, title, of, how, source] = [id, title, of, how, source].map(str::to_string);
        Table { id, title, of, how, source, ..Table::default() }
    }

    pub(super) fn column(
        mut self,
        id: &str,
        label: &str,
        unit: &str,
        decimals: u32,
        compared: bool,
    ) -> Table {
        let [id, label, unit] = [id, label, unit].map(str::to_string);
        self.columns.push(Column { id, label, unit, decimals, compared, share: false });
        self
    }

    /// A column of percents of how many [`Table::of`] says of each row.
    pub(super) fn share(self, id: &str, label: &str, compared: bool) -> Table {
        let mut table = self.column(id, label, "%", 1, compared);
        table.columns.iter_mut().rev().take(1).for_each(|column| column.share = true);
        table
    }

    /// The last row's shares are of so many; its one value is a mean of so many.
    pub(super) fn of(&mut self, n: u64) {
        self.rows.iter_mut().rev().take(1).for_each(|row| row.of = Some(n));
    }

    /// Of how many a cell is a share, if it is one.
    pub fn share_of(&self, row: &Row, column: usize) -> Option<u64> {
        let share = self.columns.len() == 1 || self.columns.get(column).is_some_and(|c| c.share);
        row.of.filter(|_| share)
    }

    pub(super) fn row(&mut self, id: &str, label: &str, cells: Vec<Option<i64>>) {
        self.rows.push(Row { id: id.to_string(), label: label.to_string(), cells, ..Row::default() });
    }

    /// A row whose one value has a unit of its own.
    pub(super) fn figure(
        &mut self,
        id: &str,
        label: &str,
        (unit, decimals): (&str, u32),
        value: Option<i64>,
    ) {
        self.row(id, label, vec![value]);
        if let Some(row) = self.rows.last_mut() {
            row.unit = Some((unit.to_string(), decimals));
        }
    }

    /// The value of a cell, with its decimals.
    pub fn value(&self, row: &str, column: &str) -> Option<(i64, u32)> {
        let at = self.columns.iter().position(|c| c.id == column)?;
        let row = self.rows.iter().find(|r| r.id == row)?;
        let value = (*row.cells.get(at)?)?;
        Some((value, self.decimals(row, at)))
    }

    /// The decimals of a cell.
    pub fn decimals(&self, row: &Row, column: usize) -> u32 {
        row.unit.as_ref().map_or_else(|| self.columns.get(column).map_or(0, |c| c.decimals), |u| u.1)
    }

    /// The unit of a cell.
    pub fn unit<'t>(&'t self, row: &'t Row, column: usize) -> &'t str {
        row.unit
            .as_ref()
            .map_or_else(|| self.columns.get(column).map_or("", |c| c.unit.as_str()), |u| u.0.as_str())
    }
}

/// A count as a cell.
pub(super) fn count(n: impl TryInto<i64>) -> Option<i64> {
    n.try_into().ok()
}

/// The sum of some numbers.
pub(super) fn sum(mut numbers: impl Iterator<Item = Exact>) -> Option<Exact> {
    numbers.try_fold(Exact::from_integer(0), |a, b| add(&a, &b).ok())
}

/// The mean of some numbers, with `decimals` decimals; `None` if there are no numbers.
pub(super) fn mean(numbers: impl Iterator<Item = Exact> + Clone, decimals: u32) -> Option<i64> {
    let many = numbers.clone().count();
    let sum = sum(numbers).filter(|_| many > 0)?;
    scaled(&div(&sum, &Exact::from_integer(many as i128)).ok()?, decimals)
}

/// A number in units of 10⁻ᵈᵉᶜⁱᵐᵃˡˢ, rounded to the nearest.
pub(super) fn scaled(number: &Exact, decimals: u32) -> Option<i64> {
    let scale = 10_i128.checked_pow(decimals)?;
    let rounded = round(number, decimals, Rounding::Nearest).ok()?;
    i64::try_from((rounded * Exact::from_integer(scale)).to_integer()).ok()
}

/// `part` over `whole`, in units of 10⁻ᵈᵉᶜⁱᵐᵃˡˢ of a percent.
pub(super) fn percent(part: u64, whole: u64, decimals: u32) -> Option<i64> {
    ratio(i128::from(part) * 100, i128::from(whole), decimals)
}

/// A quotient, in units of 10⁻ᵈᵉᶜⁱᵐᵃˡˢ; none by zero.
pub(super) fn ratio(part: i128, whole: i128, decimals: u32) -> Option<i64> {
    if whole == 0 { None } else { scaled(&Exact::new(part, whole), decimals) }
}
