//! A table to read, and its cells.

use serde::{Serialize, Serializer};

use crate::table::scaled;
use logis_data::{Output, OutputColumn, Reading};
use logis_language::exchange::number;
use logis_language::value::{Exact, Type, Value};

/// A table to read.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sheet {
    /// Its name in files.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// How its figures are obtained.
    pub how: String,
    /// What they rest on.
    pub source: String,
    /// Header of each column, with its unit.
    pub header: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of a sheet. As JSON a string, an exact number or `null`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// A text.
    Text(String),
    /// A number, in units of 10⁻ᵈᵉᶜⁱᵐᵃˡˢ.
    Number {
        /// The count of units.
        value: i64,
        /// Decimals.
        decimals: u32,
    },
    /// Nothing.
    Empty,
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Text(text) => to.serialize_str(text),
            Cell::Number { value, decimals } => number(&exact(*value, *decimals)).serialize(to),
            Cell::Empty => to.serialize_none(),
        }
    }
}

impl Cell {
    pub(crate) fn count(n: usize) -> Cell {
        Cell::Number { value: i64::try_from(n).unwrap_or(i64::MAX), decimals: 0 }
    }

    pub(crate) fn number(value: Option<i64>, decimals: u32) -> Cell {
        value.map_or(Cell::Empty, |value| Cell::Number { value, decimals })
    }

    fn value(&self) -> Option<Value> {
        match self {
            Cell::Text(text) => Some(Value::text(text)),
            Cell::Number { value, decimals } => Some(Value::Number(exact(*value, *decimals))),
            Cell::Empty => None,
        }
    }
}

/// `1 234,5`, as people read it in French; with its sign where it is a difference.
impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (value, decimals) = match self {
            Cell::Text(text) => return f.write_str(text),
            Cell::Empty => return f.write_str("–"),
            Cell::Number { value, decimals } => (*value, *decimals),
        };
        let scale = 10_u64.checked_pow(decimals).unwrap_or(1);
        let digits = (value.unsigned_abs() / scale).to_string();
        let mut whole = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                whole.push('\u{202f}');
            }
            whole.push(digit);
        }
        let sign = if value < 0 { "−" } else { "" };
        match decimals {
            0 => write!(f, "{sign}{whole}"),
            _ => write!(
                f,
                "{sign}{whole},{:0>width$}",
                value.unsigned_abs() % scale,
                width = decimals as usize
            ),
        }
    }
}

pub(crate) fn exact(value: i64, decimals: u32) -> Exact {
    Exact::new(i128::from(value), 10_i128.checked_pow(decimals).unwrap_or(1))
}

impl Sheet {
    pub(crate) fn new(id: &str, title: &str, how: &str, source: &str) -> Sheet {
        let [id, title, how, source] = [id, title, how, source].map(str::to_string);
        Sheet { id, title, how, source, ..Sheet::default() }
    }

    /// The sheet as one of a workbook to read.
    pub fn to_reading(&self) -> Reading {
        let cell = |cell: &Cell| match cell {
            Cell::Number { decimals, .. } => (cell.value(), *decimals),
            _ => (cell.value(), 0),
        };
        let difference = |h: &String| {
            h == "écart" || h.ends_with(": écart") || h.ends_with(": solde") || h.starts_with("Écart")
        };
        let source =
            if self.source.is_empty() { String::new() } else { format!(" Source : {}.", self.source) };
        Reading {
            // A workbook allows 31 characters, each name once.
            name: self.id.chars().take(31).collect(),
            title: self.title.clone(),
            note: format!("{}{source}", self.how).trim().to_string(),
            header: self.header.clone(),
            signed: self.header.iter().map(difference).collect(),
            rows: self.rows.iter().map(|row| row.iter().map(cell).collect()).collect(),
        }
    }

    /// The sheet as a result to write.
    pub fn to_output(&self) -> Output {
        let column = |(at, name): (usize, &String)| {
            let cells: Vec<Option<Value>> =
                self.rows.iter().map(|row| row.get(at).and_then(Cell::value)).collect();
            let number = cells.iter().flatten().all(|v| matches!(v, Value::Number(_)));
            OutputColumn {
                name: name.clone(),
                cells,
                kind: if number { Type::Number } else { Type::Text(None) },
            }
        };
        // A workbook allows 31 characters, each name once.
        let name = self.id.chars().take(31).collect();
        Output { name, columns: self.header.iter().enumerate().map(column).collect() }
    }
}

/// A number with no more decimals than it needs, four at most.
pub(crate) fn shortest(number: &Exact) -> Cell {
    let decimals = (0..4).find(|d| (number * exact(10_i64.pow(*d), 0)).is_integer()).unwrap_or(4);
    Cell::number(scaled(number, decimals), decimals)
}
