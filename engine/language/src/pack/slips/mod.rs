//! Slips of a French author, recognised and named: `0,9`, `et`, curly quotes, accents in names, a
//! parenthesis that is never closed, `01/01/2017`.
//!
//! The parsers of rules and of tables say in English what they expected, often far from the slip. Once one
//! of them has refused a file, this module looks for the slip itself. Each slip comes with the text that
//! corrects it: all corrections are made on a copy, which is parsed again, so that what is still wrong
//! elsewhere is told too. What is not recognised is told by a French sentence for each kind of error of
//! the parsers. Nothing here is asked of a file that parses, but for `script::two_arguments`.

mod brackets;
pub(super) mod cases;
pub(super) mod encoding;
mod lexical;
mod numbers;
mod parser;
mod remark;
pub(super) mod scan;
pub(super) mod script;
pub(super) mod toml;
mod toml_cut;
mod toml_parser;
mod words;
mod written;

use std::ops::Range;

pub use remark::remarks;
pub(super) use written::{What, Written, written};

use crate::diagnostic::{Diagnostic, FileId, Span, fold};

/// One slip, at byte ranges of the text that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Slip {
    /// Its section in `codes.md`.
    code: &'static str,
    /// Where it is.
    range: Range<usize>,
    /// What was found, and what is expected.
    message: String,
    /// What to write there.
    label: String,
    /// The corrected text and what it takes the place of, where that is known.
    fix: Option<(Range<usize>, String)>,
    /// Another place that tells more.
    also: Option<(Range<usize>, String)>,
    /// What else helps.
    note: Option<String>,
}

impl Slip {
    fn new(
        code: &'static str,
        range: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Slip {
        Slip { code, range, message: message.into(), label: label.into(), fix: None, also: None, note: None }
    }

    /// Corrected by this text in its own place.
    fn fixed(mut self, text: impl Into<String>) -> Slip {
        self.fix = Some((self.range.clone(), text.into()));
        self
    }

    /// Corrected by this text elsewhere.
    fn fixed_at(mut self, range: Range<usize>, text: impl Into<String>) -> Slip {
        self.fix = Some((range, text.into()));
        self
    }

    fn also(mut self, range: Range<usize>, label: impl Into<String>) -> Slip {
        self.also = Some((range, label.into()));
        self
    }

    fn note(mut self, note: impl Into<String>) -> Slip {
        self.note = Some(note.into());
        self
    }

    /// This slip, of a text that begins `by` bytes later.
    fn moved(mut self, by: usize) -> Slip {
        let moved = |range: Range<usize>| range.start + by..range.end + by;
        self.range = moved(self.range);
        self.fix = self.fix.map(|(range, text)| (moved(range), text));
        self.also = self.also.map(|(range, label)| (moved(range), label));
        self
    }

    fn diagnostic(self, file: FileId) -> Diagnostic {
        let mut told = Diagnostic::error(self.code, self.message, Span::new(file, self.range), self.label);
        if let Some((range, label)) = self.also {
            told = told.with_label(Span::new(file, range), label);
        }
        match self.note {
            Some(note) => told.with_note(note),
            None => told,
        }
    }
}

/// Slips as diagnostics, in the order of their places. The same slip made again is one diagnostic with
/// its further places.
fn told(mut slips: Vec<Slip>, file: FileId) -> Vec<Diagnostic> {
    const MOST_PLACES: usize = 4;
    slips.sort_by_key(|s| (s.range.start, s.range.end));
    let mut told: Vec<Diagnostic> = Vec::new();
    for slip in slips {
        let (code, span) = (slip.code, Span::new(file, slip.range.clone()));
        // A slip made twenty times is one mistake: four places are enough to see what is meant.
        match told.iter_mut().find(|d| d.code == code && d.message == slip.message) {
            Some(first) if first.labels.iter().any(|(s, _)| *s == span) => {}
            Some(first) if first.labels.len() < MOST_PLACES => {
                first.labels.push((span, "ici aussi".to_string()));
            }
            Some(_) => {}
            None => told.push(slip.diagnostic(file)),
        }
    }
    told
}

/// A copy of a text with its slips corrected.
struct Repaired {
    text: String,
    /// What was replaced, by how many bytes, in order.
    edits: Vec<(Range<usize>, usize)>,
}

impl Repaired {
    fn of(text: &str, slips: &[Slip]) -> Repaired {
        let mut fixes: Vec<&(Range<usize>, String)> = slips.iter().filter_map(|s| s.fix.as_ref()).collect();
        fixes.sort_by_key(|(range, _)| (range.start, range.end));
        let mut repaired = Repaired { text: String::with_capacity(text.len()), edits: Vec::new() };
        let mut done = 0;
        for (range, fix) in fixes {
            // Two corrections of one place: the first holds.
            let Some(before) = text.get(done..range.start) else { continue };
            if text.get(range.clone()).is_none() {
                continue;
            }
            repaired.text.push_str(before);
            repaired.text.push_str(fix);
            repaired.edits.push((range.clone(), fix.len()));
            done = range.end;
        }
        repaired.text.push_str(text.get(done..).unwrap_or(""));
        repaired
    }

    /// Where a byte of the copy comes from: of a correction, the start of what it replaced.
    fn origin(&self, at: usize) -> usize {
        // Bytes that corrections before this place added and took away, kept apart so that neither goes below
        // zero.
        let (mut grown, mut shrunk) = (0_usize, 0_usize);
        for (range, length) in &self.edits {
            let start = (range.start + grown).saturating_sub(shrunk);
            if at < start {
                break;
            }
            if at < start + length {
                return range.start;
            }
            grown += length;
            shrunk += range.len();
        }
        (at + shrunk).saturating_sub(grown)
    }
}

/// The line (from 0) of a byte.
fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count()
}

/// The byte of a line and column, both from 1; columns count characters.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(before..).unwrap_or("");
    before + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
}

/// The word, number or sign at a place, for messages.
fn found(text: &str, at: usize) -> String {
    let range = super::script::word_at(text, at);
    match text.get(range) {
        None | Some("") => "la fin du fichier".to_string(),
        Some("\n" | "\r") => "la fin de la ligne".to_string(),
        Some("\t") => "une tabulation".to_string(),
        Some(word) => format!("« {} »", shown(word)),
    }
}

/// A text for messages: what is long cut, a character that cannot be seen by its code point where it stands
/// alone, and as a blank or not at all among others.
fn shown(text: &str) -> String {
    let mut out = String::new();
    let alone = text.chars().count() == 1;
    for (i, c) in text.chars().enumerate() {
        if i == 40 {
            out.push('…');
            break;
        }
        match c {
            '\n' => out.push('↵'),
            c if unseen(c) && !alone => out.push_str(words::typographic(c).unwrap_or("")),
            c if unseen(c) || c.is_control() => out.push_str(&format!("U+{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// A character that an editor does not show, or shows as an ordinary blank.
fn unseen(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{ad}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{2064}' | '\u{3000}' | '\u{feff}')
}

/// A name as rules and tables write it: without accents, blanks, hyphens or apostrophes.
fn plain_name(text: &str) -> String {
    let mut out = String::new();
    // Accents that stand by themselves, as macOS writes them, go with those of the letters.
    let letters: String = text.chars().filter(|c| !matches!(c, '\u{300}'..='\u{36f}')).collect();
    for c in fold(&letters).replace('œ', "oe").replace('æ', "ae").chars() {
        match c {
            c if c.is_ascii_alphanumeric() => out.push(c),
            '²' => out.push('2'),
            '³' => out.push('3'),
            _ if out.ends_with('_') || out.is_empty() => {}
            _ => out.push('_'),
        }
    }
    let plain = out.trim_end_matches('_').to_string();
    if plain.starts_with(|c: char| c.is_ascii_digit()) { format!("n{plain}") } else { plain }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod tests {
    use super::*;

    #[test]
    fn a_place_of_the_repaired_copy_comes_from_its_place() {
        let text = "a et b ≤ 0,9 + c";
        let fix = |from: &str, to: &str| {
            let at = text.find(from).unwrap();
            Slip::new("L0020", at..at + from.len(), "", "").fixed(to)
        };
        let repaired = Repaired::of(text, &[fix("0,9", "0.9"), fix("≤", "<="), fix("et", "&&&&")]);
        assert_eq!(repaired.text, "a &&&& b <= 0.9 + c");
        for word in ["a", "b", "+", "c"] {
            assert_eq!(
                repaired.origin(repaired.text.find(word).unwrap()),
                text.find(word).unwrap(),
                "{word}"
            );
        }
        assert_eq!(repaired.origin(repaired.text.find("<=").unwrap() + 1), text.find("≤").unwrap());
    }

    #[test]
    fn names_become_what_rules_write() {
        let name = |text: &str| plain_name(text);
        assert_eq!(name("éligible"), "eligible");
        assert_eq!(name("plafond-plus"), "plafond_plus");
        assert_eq!(name("l’âge  d'entrée"), "l_age_d_entree");
        assert_eq!(name("surface en m²"), "surface_en_m2");
        assert_eq!(name("2e_ligne"), "n2e_ligne");
        assert_eq!(name("cœur"), "coeur");
        assert_eq!(name("e\u{301}ligible"), "eligible");
    }
}
