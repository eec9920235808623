//! The rows of a CSV text. Strict where a row could be lost: a quotation mark that is never closed, text
//! after a closing one and rows swallowed by a cell are faults at their place, and reading goes on at
//! the next line of the file.
//!
//! Why not a crate: those that read CSV take a quotation mark that is never closed as the end of the
//! file, or give up at the first fault.

use std::borrow::Cow;

/// One cell of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell<'t> {
    /// Its text, quotation marks undone.
    pub text: Cow<'t, str>,
    /// Has it an odd number of quotation marks without being quoted?
    pub stray: bool,
}

/// What is wrong with a row: the cell, from 0, in which a quotation mark goes wrong, and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// The mark opens a cell that nothing closes.
    Open { cell: usize },
    /// After the mark that closes a cell there is text.
    After { cell: usize },
    /// The cell goes over several lines and has as many separators as a row: lines were swallowed.
    Swallowed { cell: usize },
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row<'t> {
    /// The line at which it begins, from 1.
    pub line: u64,
    /// The line at which it ends.
    pub last: u64,
    /// Its cells; of a wrong row, those before the fault and the rest of its first line as one.
    pub cells: Vec<Cell<'t>>,
    pub wrong: Option<Wrong>,
}

/// Reads rows one after the other.
pub(super) struct Rows<'t> {
    text: &'t str,
    separator: u8,
    /// How many cells a row has; unknown for the first.
    width: Option<usize>,
    at: usize,
    line: u64,
}

impl<'t> Rows<'t> {
    pub fn new(text: &'t str, separator: u8) -> Rows<'t> {
        Rows { text, separator, width: None, at: 0, line: 1 }
    }

    /// Tells how many cells the rows have.
    pub fn set_width(&mut self, width: usize) {
        self.width = Some(width);
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn slice(&self, from: usize, to: usize) -> &'t str {
        self.text.get(from..to).unwrap_or("")
    }

    /// Does a line end here? Where the next begins.
    fn line_end(&self, at: usize) -> Option<usize> {
        match self.byte(at)? {
            b'\n' => Some(at + 1),
            b'\r' if self.byte(at + 1) == Some(b'\n') => Some(at + 2),
            b'\r' => Some(at + 1),
            _ => None,
        }
    }

    /// The end of the line on which `at` stands (before its line end).
    fn rest_of_line(&self, at: usize) -> usize {
        let bytes = self.text.as_bytes().get(at..).unwrap_or(&[]);
        at + bytes.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(bytes.len())
    }

    /// Skips blanks that are no separator.
    fn blanks(&self, mut at: usize) -> usize {
        while self.byte(at).is_some_and(|b| b != self.separator && matches!(b, b' ' | b'\t')) {
            at += 1;
        }
        at
    }

    /// A quoted cell whose opening mark stands before `from`: its text, where it ends (after the blanks
    /// behind the closing mark), and where the first line end in it is.
    fn quoted(&self, from: usize) -> Result<(Cow<'t, str>, usize, Option<usize>), bool> {
        let (mut at, mut doubled, mut broken) = (from, false, None);
        loop {
            match self.byte(at) {
                None => return Err(false),
                Some(b'"') if self.byte(at + 1) == Some(b'"') => {
                    doubled = true;
                    at += 2;
                }
                Some(b'"') => break,
                Some(b'\n' | b'\r') => {
                    broken = broken.or(Some(at));
                    at += 1;
                }
                Some(_) => at += 1,
            }
        }
        let text = self.slice(from, at);
        let text = if doubled { Cow::Owned(text.replace("\"\"", "\"")) } else { Cow::Borrowed(text) };
        let end = self.blanks(at + 1);
        match self.byte(end) {
            None => Ok((text, end, broken)),
            Some(b) if b == self.separator || b == b'\n' || b == b'\r' => Ok((text, end, broken)),
            Some(_) => Err(true),
        }
    }

    /// Ends a wrong row at the end of the line on which the fault's cell begins.
    fn give_up(&mut self, mut row: Row<'t>, start: usize, wrong: Wrong) -> Row<'t> {
        let end = self.rest_of_line(start);
        row.cells.push(Cell { text: Cow::Borrowed(self.slice(start, end)), stray: false });
        row.wrong = Some(wrong);
        self.next_line(row, end)
    }

    /// Goes behind the line end at `end`, or to the end of the text.
    fn next_line(&mut self, mut row: Row<'t>, end: usize) -> Row<'t> {
        let ends = self.slice(self.at, end);
        self.line += breaks(ends);
        row.last = self.line;
        if let Some(next) = self.line_end(end) {
            self.at = next;
            self.line += 1;
        } else {
            self.at = self.text.len();
        }
        row
    }
}

impl<'t> Iterator for Rows<'t> {
    type Item = Row<'t>;

    fn next(&mut self) -> Option<Row<'t>> {
        if self.at >= self.text.len() {
            return None;
        }
        let mut row = Row { line: self.line, last: self.line, cells: Vec::new(), wrong: None };
        let mut at = self.at;
        loop {
            let start = at;
            let cell = row.cells.len();
            let mark = self.blanks(at);
            let end = if self.byte(mark) == Some(b'"') {
                match self.quoted(mark + 1) {
                    Ok((text, end, broken)) => {
                        let separators = text.bytes().filter(|b| *b == self.separator).count();
                        if broken.is_some()
                            && self.width.is_none_or(|w| separators + 1 >= w.max(2))
                            && separators > 0
                        {
                            return Some(self.give_up(row, start, Wrong::Swallowed { cell }));
                        }
                        row.cells.push(Cell { text, stray: false });
                        end
                    }
                    Err(closed) => {
                        let wrong = if closed { Wrong::After { cell } } else { Wrong::Open { cell } };
                        return Some(self.give_up(row, start, wrong));
                    }
                }
            } else {
                let bytes = self.text.as_bytes().get(at..).unwrap_or(&[]);
                let long = bytes.iter().position(|b| *b == self.separator || matches!(b, b'\n' | b'\r'));
                let end = at + long.unwrap_or(bytes.len());
                let text = self.slice(at, end);
                let stray = text.bytes().filter(|b| *b == b'"').count() % 2 == 1;
                row.cells.push(Cell { text: Cow::Borrowed(text), stray });
                end
            };
            if self.byte(end) == Some(self.separator) {
                at = end + 1;
                continue;
            }
            return Some(self.next_line(row, end));
        }
    }
}

/// How many line ends a text has.
fn breaks(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let after = bytes.iter().skip(1).chain([&0]);
    bytes.iter().zip(after).filter(|(b, next)| **b == b'\n' || (**b == b'\r' && **next != b'\n')).count()
        as u64
}

/// The sign that splits the first line with text into most cells, those in quotation marks left out.
pub(super) fn separator(text: &str) -> u8 {
    let header = text.split(['\n', '\r']).find(|l| !l.trim().is_empty()).unwrap_or("");
    let mut quoted = false;
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    for byte in header.bytes() {
        quoted ^= byte == b'"';
        for (sign, count) in counts.iter_mut().filter(|(sign, _)| *sign == byte && !quoted) {
            let _ = sign;
            *count += 1;
        }
    }
    counts.into_iter().max_by_key(|(sign, n)| (*n, *sign == b',')).map_or(b',', |(sign, _)| sign)
}
