//! Tables as files hold them, before the schema gives their cells a type.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use super::day_numbers::DayNumbers;
use super::ids::Ids;
use super::issue::Issue;
use super::issue_code::Code;
use super::lines::Lines;
use super::looked::Looked;
use super::table::Column;
use super::texts::Texts;
use logis_language::pack::schema::Field;
use logis_language::pack::territory::Derived;
use logis_language::value::Date;

/// What is said of a header that stands twice.
pub(super) const DOUBLE: &str = "cet en-tête apparaît deux fois";

/// One table of a file.
#[derive(Clone, Debug, Default)]
pub(super) struct RawTable {
    /// The name that an entity declares: file or sheet name, without extension.
    pub name: String,
    /// What messages call it.
    pub file: String,
    /// Headers, in the order of the file.
    pub headers: Vec<String>,
    /// The line of each row, as an editor or a spreadsheet shows it.
    pub lines: Lines,
    /// By row: is something already known to be wrong with it as a whole?
    pub bad: Vec<bool>,
    /// By header.
    pub columns: Vec<RawColumn>,
    /// The line of the headers.
    pub header_line: u64,
    /// How numbers stand for days, in a workbook.
    pub days: Option<DayNumbers>,
    /// Of a table of the pack: has it only rows that the data may name?
    pub some_rows: bool,
    /// The identifiers of its rows, where they are texts that were looked at while they were read.
    pub looked: Option<Looked>,
    /// The rows that its rows belong to, where they were followed while they were read.
    pub followed: Option<Arc<Followed>>,
}

/// Which rows of another table rows belong to, by the texts of one column.
#[derive(Clone, Debug)]
pub(super) struct Followed {
    pub column: String,
    /// The identifiers of the other table, all of which are found where they stand first.
    pub target: Ids,
    /// By row: the first row of the target with that identifier, or [`NO_ROW`](super::table::NO_ROW) where the cell is
    /// empty.
    pub links: Vec<u32>,
}

impl RawTable {
    /// Adds a column whose cells follow from those of others.
    pub fn derive(&mut self, column: &Derived) {
        let by = column.by.iter().filter_map(|(of, values)| {
            let at = self.headers.iter().position(|header| header == of)?;
            Some((self.columns.get(at)?, values))
        });
        let by: Vec<_> = by.collect();
        let cell = |row: usize| {
            let value = by.iter().find_map(|(cells, values)| values.get(cells.get(row).plain()?));
            value.map_or(Raw::Empty, |value| Raw::Text(value.as_ref().into()))
        };
        let cells = RawColumn::Cells((0..self.bad.len()).map(cell).collect());
        self.headers.push(column.column.clone());
        self.columns.push(cells);
    }

    /// Adds such a column without its cells: nothing asks for them.
    pub fn leave_out(&mut self, column: &Derived) {
        self.headers.push(column.column.clone());
        self.columns.push(RawColumn::Unread(self.bad.len()));
    }
}

/// The cells under one header.
#[derive(Clone, Debug)]
pub(super) enum RawColumn {
    /// Of a text file or a workbook.
    Cells(Vec<Raw>),
    /// Typed already.
    #[cfg_attr(not(feature = "arrow"), allow(dead_code, reason = "only Arrow holds typed cells"))]
    Typed(Arc<dyn Typed>),
    /// Cells that are left in their file, so many: nothing asks for them, and none can be wrong.
    #[cfg_attr(
        not(feature = "parquet"),
        allow(dead_code, reason = "only Parquet tells its cells without them")
    )]
    Unread(usize),
}

/// The cells of a column as a typed form holds them (an array of Arrow).
pub(super) trait Typed: fmt::Debug + Send + Sync {
    /// How many there are.
    fn len(&self) -> usize;

    /// The one of a row, which is there.
    fn cell(&self, row: usize) -> Raw;

    /// All as the column of a field at once; `None` if one does not fit it as it is: the cells are then read one by
    /// one, which finds the words for what is wrong.
    fn column(&self, field: &Field) -> Option<Column>;

    /// The texts of all, if texts are what they are, and nothing else is to be said of one.
    fn texts(&self) -> Option<Texts<'_>>;

    /// Are they days by their type?
    fn are_days(&self) -> bool;
}

impl RawColumn {
    pub fn len(&self) -> usize {
        match self {
            RawColumn::Cells(cells) => cells.len(),
            RawColumn::Typed(cells) => cells.len(),
            RawColumn::Unread(rows) => *rows,
        }
    }

    /// The cell of a row; an absent one is empty.
    pub fn get(&self, row: usize) -> Raw {
        match self {
            RawColumn::Cells(cells) => cells.get(row).cloned().unwrap_or(Raw::Empty),
            RawColumn::Typed(cells) if row < cells.len() => cells.cell(row),
            RawColumn::Typed(_) | RawColumn::Unread(_) => Raw::Empty,
        }
    }

    /// The texts of all cells, where they are at hand: see [`Typed::texts`].
    pub fn texts(&self) -> Option<Texts<'_>> {
        match self {
            RawColumn::Typed(cells) => cells.texts(),
            RawColumn::Cells(cells) => {
                let texts: Option<Vec<&str>> = cells.iter().map(Raw::plain).collect();
                texts.map(Texts::Each)
            }
            RawColumn::Unread(_) => None,
        }
    }
}

/// A cell as the file holds it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Raw {
    Empty,
    Text(Box<str>),
    /// A text with a quotation mark that nothing closes or opens.
    Stray(Box<str>),
    /// A number of a typed file, in its shortest exact decimal text.
    Number(Box<str>),
    Bool(bool),
    Date(Date),
    /// A day with a time, and its text.
    #[cfg_attr(
        not(any(feature = "arrow", feature = "xlsx")),
        allow(dead_code, reason = "no text has moments")
    )]
    Moment(Date, Box<str>),
    /// What a typed file holds and no field can.
    Other(Box<str>),
}

impl Raw {
    pub fn text(text: &str) -> Raw {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if text.is_empty() { Raw::Empty } else { Raw::Text(text.into()) }
    }

    /// A number from a binary one: its shortest decimal text says what was meant.
    pub fn float(value: f64) -> Raw {
        if !value.is_finite() {
            return Raw::Other(value.to_string().into());
        }
        Raw::Number(format!("{value}").into())
    }

    /// The text of a cell that is one, or empty.
    pub fn plain(&self) -> Option<&str> {
        match self {
            Raw::Text(text) => Some(text),
            Raw::Empty => Some(""),
            _ => None,
        }
    }

    /// As messages show it.
    pub fn shown(&self) -> String {
        match self {
            Raw::Empty => String::new(),
            Raw::Text(t) | Raw::Stray(t) | Raw::Number(t) | Raw::Moment(_, t) | Raw::Other(t) => {
                t.to_string()
            }
            Raw::Bool(b) => b.to_string(),
            Raw::Date(d) => d.to_string(),
        }
    }
}

impl RawTable {
    /// Starts a table; checks its headers.
    pub fn new(name: &str, file: &str, headers: Vec<String>, issues: &mut Vec<Issue>) -> RawTable {
        let mut seen = HashSet::new();
        for header in headers.iter().filter(|h| !h.is_empty()) {
            if !seen.insert(header) {
                issues.push(Issue::error(Code::ColumnTwice, file, DOUBLE).at(1).in_column(header));
            }
        }
        let columns = vec![RawColumn::Cells(Vec::new()); headers.len()];
        RawTable {
            name: name.to_string(),
            file: file.to_string(),
            headers,
            lines: Lines::default(),
            bad: Vec::new(),
            columns,
            header_line: 1,
            days: None,
            some_rows: false,
            looked: None,
            followed: None,
        }
    }

    /// Adds a row with as many cells as headers.
    pub fn push(&mut self, line: u64, bad: bool, cells: impl IntoIterator<Item = Raw>) {
        self.lines.push(line);
        self.bad.push(bad);
        let mut cells = cells.into_iter();
        for column in &mut self.columns {
            let cell = cells.next().unwrap_or(Raw::Empty);
            if let RawColumn::Cells(column) = column {
                column.push(cell);
            }
        }
    }
}
