//! A table to read, and its cells.

use std::collections::HashMap;

use serde::{Serialize, Serializer};

use crate::table::scaled;
use logis_data::{Output, OutputColumn, Reading};
use logis_language::exchange::number;
use logis_language::value::{Exact, Type, Value};

/// A share or a mean of fewer than so many moves much by one of them: pages grey it.
pub const FEW: u64 = 30;

/// A table to read. As JSON, in a workbook and in CSV each column of shares has one of what they are shares of beside it.
#[derive(Clone, Debug, Default)]
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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
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
    /// A share, or a mean: a number, and of how many.
    Share {
        /// The count of units.
        value: i64,
        /// Decimals.
        decimals: u32,
        /// Of how many: what people call n.
        of: u64,
    },
    /// Nothing.
    Empty,
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Text(text) => to.serialize_str(text),
            Cell::Number { value, decimals } | Cell::Share { value, decimals, .. } => {
                number(&exact(*value, *decimals)).serialize(to)
            }
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

    /// A number, or a share of so many.
    pub(crate) fn share(value: Option<i64>, decimals: u32, of: Option<u64>) -> Cell {
        match (value, of) {
            (Some(value), Some(of)) => Cell::Share { value, decimals, of },
            (value, _) => Cell::number(value, decimals),
        }
    }

    /// The number of a number or a share, in units of 10⁻ᵈᵉᶜⁱᵐᵃˡˢ, and its decimals.
    pub fn as_number(&self) -> Option<(i64, u32)> {
        match self {
            Cell::Number { value, decimals } | Cell::Share { value, decimals, .. } => {
                Some((*value, *decimals))
            }
            Cell::Text(_) | Cell::Empty => None,
        }
    }

    /// Of how many a share is.
    pub fn of(&self) -> Option<u64> {
        match self {
            Cell::Share { of, .. } => Some(*of),
            _ => None,
        }
    }

    /// Is it a share, or a mean, of fewer than `FEW`?
    pub fn is_of_few(&self) -> bool {
        self.of().is_some_and(|of| of < FEW)
    }

    fn value(&self) -> Option<Value> {
        match self {
            Cell::Text(text) => Some(Value::text(text)),
            Cell::Number { value, decimals } | Cell::Share { value, decimals, .. } => {
                Some(Value::Number(exact(*value, *decimals)))
            }
            Cell::Empty => None,
        }
    }
}

impl Serialize for Sheet {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'s> {
            id: &'s str,
            title: &'s str,
            how: &'s str,
            source: &'s str,
            header: &'s [String],
            rows: &'s [Vec<Cell>],
        }
        let sheet = self.with_counts();
        let Sheet { id, title, how, source, header, rows } = &sheet;
        Shown { id, title, how, source, header, rows }.serialize(to)
    }
}

/// `1 234,5`, as people read it in French; with its sign where it is a difference.
impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (value, decimals) = match self {
            Cell::Text(text) => return f.write_str(text),
            Cell::Empty => return f.write_str("–"),
            Cell::Number { value, decimals } | Cell::Share { value, decimals, .. } => (*value, *decimals),
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

    /// The sheet without its columns that name single rows of the data, `named`: rows that are then alike are one, with
    /// how many they are in a last column. As it is, if it has none of them.
    ///
    /// ```
    /// use logis::scenario::report::{Cell, Sheet};
    /// let text = |text: &str| Cell::Text(text.to_string());
    /// let sheet = Sheet {
    ///     header: vec!["Identifiant".into(), "Ce qui manque".into()],
    ///     rows: vec![vec![text("D1"), text("revenu")], vec![text("D2"), text("revenu")]],
    ///     ..Sheet::default()
    /// };
    /// let counted = sheet.without(&["Identifiant"]);
    /// assert_eq!(counted.header, ["Ce qui manque", "Lignes"]);
    /// assert_eq!(counted.rows, [vec![text("revenu"), Cell::Number { value: 2, decimals: 0 }]]);
    /// ```
    pub fn without(&self, named: &[&str]) -> Sheet {
        let kept: Vec<bool> = self.header.iter().map(|header| !named.contains(&header.as_str())).collect();
        if kept.iter().all(|kept| *kept) {
            return self.clone();
        }
        let mut sheet = Sheet { header: Vec::new(), rows: Vec::new(), ..self.clone() };
        let own = |kept: &Vec<bool>, at: usize| kept.get(at) == Some(&true);
        sheet.header =
            (0..).zip(&self.header).filter(|(at, _)| own(&kept, *at)).map(|(_, h)| h.clone()).collect();
        sheet.header.push("Lignes".to_string());
        let mut places: HashMap<Vec<Cell>, usize> = HashMap::new();
        let mut counts: Vec<(Vec<Cell>, usize)> = Vec::new();
        for row in &self.rows {
            let cells: Vec<Cell> =
                (0..).zip(row).filter(|(at, _)| own(&kept, *at)).map(|(_, cell)| cell.clone()).collect();
            let at = *places.entry(cells.clone()).or_insert(counts.len());
            match counts.get_mut(at) {
                Some((_, count)) => *count += 1,
                None => counts.push((cells, 1)),
            }
        }
        let line = |(mut cells, count): (Vec<Cell>, usize)| {
            cells.push(Cell::count(count));
            cells
        };
        sheet.rows = counts.into_iter().map(line).collect();
        sheet
    }

    /// The sheet with a column of counts beside each column of shares.
    pub fn with_counts(&self) -> Sheet {
        let shares: Vec<bool> = (0..self.header.len())
            .map(|at| self.rows.iter().any(|row| row.get(at).is_some_and(|cell| cell.of().is_some())))
            .collect();
        let mut sheet = Sheet { header: Vec::new(), rows: Vec::new(), ..self.clone() };
        for (name, share) in self.header.iter().zip(&shares) {
            sheet.header.push(name.clone());
            if *share {
                sheet.header.push(format!("{name} : n"));
            }
        }
        let count = |cell: &Cell| cell.of().map_or(Cell::Empty, |n| Cell::number(i64::try_from(n).ok(), 0));
        for row in &self.rows {
            let mut cells = Vec::new();
            for (cell, share) in row.iter().zip(&shares) {
                cells.push(cell.clone());
                if *share {
                    cells.push(count(cell));
                }
            }
            sheet.rows.push(cells);
        }
        sheet
    }

    /// The sheet as one of a workbook to read.
    pub fn to_reading(&self) -> Reading {
        self.with_counts().as_reading()
    }

    fn as_reading(&self) -> Reading {
        let cell = |cell: &Cell| (cell.value(), cell.as_number().map_or(0, |(_, decimals)| decimals));
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
        self.with_counts().as_output()
    }

    fn as_output(&self) -> Output {
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
