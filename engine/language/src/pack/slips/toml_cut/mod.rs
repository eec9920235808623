//! Reads a TOML file that its parser refuses line by line, whatever is wrong in it, and collects the slips:
//! values written as in France, texts without quotes, keys with accents, brackets without a partner.
//!
//! The reader goes from left to right and never back: each method begins where a thing begins and leaves the reader
//! where it ends, or where it should have ended. `keys` reads tables and keys, `quoted` texts, `brackets` arrays and
//! inline tables, `atoms` what stands without quotes.

mod atoms;
mod brackets;
mod keys;
mod quoted;

use std::ops::Range;

use self::atoms::extra_sign;
use super::written::is_blank;
use super::{Slip, shown};

/// What a value stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stands {
    /// Alone on the right of `=`.
    Line,
    /// In `[ … ]`.
    Array,
    /// In `{ … }`.
    Inline,
}

/// The slips of a file, and its keys with their tables: for what is written twice.
pub(in crate::pack::slips) struct Cut {
    pub slips: Vec<Slip>,
    /// The table, the key (empty for the table itself), and the place.
    pub keys: Vec<(String, String, Range<usize>)>,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    cut: Cut,
    /// The table that the lines belong to; those of an array of tables are numbered.
    table: String,
}

/// Cuts a file.
pub(in crate::pack::slips) fn cut(text: &str) -> Cut {
    let cut = Cut { slips: Vec::new(), keys: Vec::new() };
    let mut reader = Reader { text, at: 0, cut, table: String::new() };
    while reader.at < text.len() {
        let before = reader.at;
        reader.line();
        // Every line takes at least its end.
        if reader.at <= before {
            reader.at = reader.line_end(before) + 1;
        }
    }
    reader.cut
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn line_end(&self, at: usize) -> usize {
        self.text.get(at..).and_then(|t| t.find('\n')).map_or(self.text.len(), |n| at + n)
    }

    fn push(&mut self, slip: Slip) {
        self.cut.slips.push(slip);
    }

    /// Passes blanks; those of a word processor are slips.
    fn blanks(&mut self) {
        while let Some(c) = self.peek().filter(|c| is_blank(*c) || *c == '\r') {
            if super::unseen(c) {
                let range = self.at..self.at + c.len_utf8();
                let message = format!(
                    "caractère invisible ou espace particulier: {}",
                    shown(self.slice(range.clone()))
                );
                self.push(Slip::new("L0026", range, message, "écrire un espace ordinaire").fixed(" "));
            }
            self.at += c.len_utf8();
        }
    }

    /// Passes blanks, ends of lines and comments.
    fn gaps(&mut self) {
        loop {
            self.blanks();
            match self.peek() {
                Some('\n') => self.at += 1,
                Some('#') => self.at = self.line_end(self.at),
                _ => return,
            }
        }
    }

    fn line(&mut self) {
        self.gaps();
        match self.peek() {
            None => {}
            Some('[') => self.header(),
            Some(_) => self.pair(),
        }
    }

    fn value(&mut self, stands: Stands) {
        match self.peek() {
            Some('"' | '\'') => self.quoted(stands),
            Some('“' | '”' | '„' | '«' | '‘' | '’' | '″') => self.curly(stands),
            Some('[') => self.array(),
            Some('{') => self.inline(),
            _ => self.atom(stands),
        }
    }

    /// What follows a value on its line.
    fn after_value(&mut self, end: usize) {
        self.blanks();
        let end = end.max(self.line_end(self.at.min(self.text.len())));
        let rest = self.slice(self.at..end).trim_end_matches(|c| is_blank(c) || c == '\r');
        if let Some(c @ (';' | ',' | '.')) = rest.chars().next() {
            let after = rest.get(1..).unwrap_or("").trim_start_matches(is_blank);
            if after.is_empty() || after.starts_with('#') {
                self.push(extra_sign(self.at, c));
            }
        }
        self.at = end;
    }
}
