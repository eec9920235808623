//! Of the tables of a pack, the rows that small data may name.
//!
//! The communes of France take longer to type than a hundred requests take to be decided, and the requests name a dozen
//! of them. So the words of small files are sought in the first cell of each line of a table of the pack, before any of
//! its cells is read. A word is a run of letters and digits, whatever stands around it, and a name of a commune is none of its
//! code: what the kept rows do not answer has to be asked of the whole table ([`Codebooks`](super::codes::Codebooks)
//! tell whether anything was).

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

use super::forms::Form;
use super::hash::HashMap;
use super::lines::Lines;
use super::package::InputFile;
use logis_language::pack::Reference;
use logis_language::pack::schema::{OTHERS, Origin, Schema};

/// Bytes of data beyond which a table of the pack is read whole: to seek their words would take longer.
const SMALL: usize = 1 << 18;

/// Bytes of a table of the pack that are always read: there is nothing to gain.
const SHORT: usize = 1 << 14;

/// Letters and digits of a word beyond which it is no code that is sought.
const LONGEST: usize = 16;

/// A table of a pack, or some rows of it.
pub(super) struct Part<'r> {
    pub table: Cow<'r, Reference>,
    /// The lines of its rows in its file, if it has not all of them.
    pub lines: Option<Lines>,
}

impl<'r> Part<'r> {
    /// The whole of a table.
    pub fn whole(table: &'r Reference) -> Part<'r> {
        Part { table: Cow::Borrowed(table), lines: None }
    }
}

/// The tables of a pack with the rows that some files may name; `None` if they are to be read whole.
pub(super) fn named_rows<'r>(
    schema: &Schema,
    references: &'r [Reference],
    files: &[InputFile],
) -> Option<Vec<Part<'r>>> {
    let small = files.iter().map(|file| file.bytes.len()).sum::<usize>() <= SMALL;
    let plain = |file: &InputFile| {
        matches!(Form::of(&file.name).1, Some(Form::Csv | Form::Json)) || file.name.ends_with(".toml")
    };
    if !small || !files.iter().all(plain) {
        return None;
    }
    let tables: Vec<Keyed<'r>> =
        references.iter().map(|table| Keyed::new(schema, table)).collect::<Option<_>>()?;
    let mut words = Words::default();
    files.iter().for_each(|file| words.take(&file.bytes));
    tables.iter().filter(|table| !table.long).for_each(|table| words.take(&table.of.bytes));
    let kept = loop {
        let known = words.all.len();
        let kept: Vec<Vec<_>> = tables.iter().map(|table| table.named(&words)).collect();
        // A row may name rows of another table, as a district names its commune.
        for (_, rows) in tables.iter().zip(&kept).filter(|(table, _)| table.long && table.names_others) {
            rows.iter().for_each(|(_, line)| words.take(line));
        }
        if words.all.len() == known {
            break kept;
        }
    };
    Some(tables.iter().zip(kept).map(|(table, rows)| table.part(&rows)).collect())
}

/// The words of some texts that may be codes, in capital letters.
#[derive(Default)]
struct Words {
    all: HashMap<Vec<u8>, ()>,
}

impl Words {
    fn take(&mut self, text: &[u8]) {
        for word in text.split(|byte| !byte.is_ascii_alphanumeric()) {
            if (1..=LONGEST).contains(&word.len()) && !self.all.contains_key(word) {
                self.all.insert(word.to_ascii_uppercase(), ());
            }
        }
    }
}

/// The code at the beginning of a line.
fn key(line: &[u8]) -> &[u8] {
    line.split(|byte| *byte == b',').next().unwrap_or(line)
}

/// A table of the pack by its lines, each of which begins with its code.
struct Keyed<'r> {
    of: &'r Reference,
    header: &'r [u8],
    rows: &'r [u8],
    /// Is there something to gain?
    long: bool,
    /// Has it relations?
    names_others: bool,
}

impl<'r> Keyed<'r> {
    /// `None` of a table that is not written as plainly as that.
    fn new(schema: &Schema, of: &'r Reference) -> Option<Keyed<'r>> {
        let entity = schema.entities.get(of.entity)?;
        let bytes: &[u8] = &of.bytes;
        if memchr(b'"', bytes).is_some() {
            return None;
        }
        let at = memchr(b'\n', bytes)?;
        let (header, rows) = (bytes.get(..at)?, bytes.get(at + 1..)?);
        let names_others = entity.belongs_to.iter().any(|relation| {
            let target = schema.entities.get(relation.target);
            matches!(target.map(|target| &target.origin), Some(Origin::Reference { .. }))
        });
        let found = key(header) == entity.key.as_bytes();
        found.then_some(Keyed { of, header, rows, long: bytes.len() > SHORT, names_others })
    }

    /// Its rows by number, each with its line.
    fn lines(&self) -> impl Iterator<Item = (usize, &'r [u8])> {
        let mut from = 0;
        let open = (!self.rows.is_empty() && !self.rows.ends_with(b"\n")).then_some(self.rows.len());
        let ends = memchr_iter(b'\n', self.rows).chain(open);
        let lines = ends.map(move |end| {
            let line = self.rows.get(from..end).unwrap_or(&[]);
            from = end + 1;
            line
        });
        lines.enumerate()
    }

    /// The rows whose codes are among the words, and the one that stands for all others.
    fn named(&self, words: &Words) -> Vec<(usize, &'r [u8])> {
        let is_named = |key: &[u8]| words.all.contains_key(key) || key == OTHERS.as_bytes();
        self.lines().filter(|(_, line)| self.long && is_named(key(line))).collect()
    }

    fn part(&self, rows: &[(usize, &[u8])]) -> Part<'r> {
        if !self.long {
            return Part::whole(self.of);
        }
        let mut bytes = self.header.to_vec();
        for (_, line) in rows {
            bytes.push(b'\n');
            bytes.extend_from_slice(line);
        }
        bytes.push(b'\n');
        let table = Reference { bytes: bytes.into(), ..self.of.clone() };
        // Before the first row there are the headers.
        let lines = rows.iter().map(|(row, _)| *row as u64 + 2).collect();
        Part { table: Cow::Owned(table), lines: Some(lines) }
    }
}
