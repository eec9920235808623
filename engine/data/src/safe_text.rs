//! Texts of a data package where a program, a terminal or a spreadsheet would take them for more than texts.
//!
//! Identifiers come from forms that anybody fills. On a terminal, an escape sequence in one of them moves
//! the cursor or changes the title; in a spreadsheet, one that begins with `=` is a formula. What a person
//! looks at therefore goes through [`visible`] or [`visible_cell`], and every cell of text of a CSV file
//! through [`to_csv_cell`], of which [`from_csv_cell`] is the inverse: an identifier that is written and
//! read again is the same identifier.

use std::borrow::Cow;

use logis_language::diagnostic::visible::{acts, push_escape};
pub use logis_language::diagnostic::visible::{visible, visible_cell};

/// Where one cell ends and another begins for some spreadsheet: one that splits by semicolons sees a cell
/// after each, whatever the file is split by.
const BREAKS: [char; 3] = [';', '\t', '\n'];

/// Would a spreadsheet compute a cell that begins so? Blanks and apostrophes before are passed over.
fn computes(cell: &str) -> bool {
    let start = cell.trim_start_matches(|c: char| c == '\'' || c.is_whitespace());
    start.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// A cell of text as a CSV file holds it: what a spreadsheet would compute has an apostrophe before it, and
/// what acts on a terminal is written as `\u001b`. Tabs and ends of lines stay.
///
/// ```
/// use logis_data::{from_csv_cell, to_csv_cell};
/// assert_eq!(to_csv_cell("=1+1"), "'=1+1");
/// assert_eq!(from_csv_cell("'=1+1"), "=1+1");
/// assert_eq!(to_csv_cell("'t Hooft"), "'t Hooft");
/// ```
pub fn to_csv_cell(text: &str) -> Cow<'_, str> {
    let plain =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'_' | b'.' | b',' | b':' | b'/' | b'-');
    let first = text.bytes().next().is_none_or(|b| b.is_ascii_alphanumeric());
    if first && text.bytes().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for part in text.split_inclusive(BREAKS) {
        let start = out.len();
        escape_into(part, &mut out);
        // What is escaped no longer begins a formula, so it is the escaped part that counts.
        if out.get(start..).is_some_and(computes) {
            out.insert(start, '\'');
        }
    }
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

/// The text that [`to_csv_cell`] wrote so; a cell that it did not write is taken as it stands.
pub fn from_csv_cell(cell: &str) -> Cow<'_, str> {
    if !cell.bytes().any(|byte| matches!(byte, b'\'' | b'\\')) {
        return Cow::Borrowed(cell);
    }
    let mut out = String::with_capacity(cell.len());
    for part in cell.split_inclusive(BREAKS) {
        let own = part.strip_prefix('\'').filter(|rest| computes(rest)).unwrap_or(part);
        unescape_into(own, &mut out);
    }
    if out == cell { Cow::Borrowed(cell) } else { Cow::Owned(out) }
}

/// The length of an escape after its backslash: `u` and four digits.
const ESCAPE: usize = 5;

/// The character that an escape at the start of a text stands for (`u001b`, after the backslash), if it is
/// one that is escaped.
fn escape_at(text: &str) -> Option<char> {
    let digits = text.strip_prefix('u')?.get(..ESCAPE - 1)?;
    if !digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'a'..=b'f')) {
        return None;
    }
    let c = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
    is_escaped(c).then_some(c)
}

fn is_escaped(c: char) -> bool {
    acts(c) && !BREAKS.contains(&c)
}

/// Escapes what acts. Backslashes before it, or before what reads like an escape, are doubled, so that an
/// odd number of them begins an escape and an even number does not.
fn escape_into(text: &str, out: &mut String) {
    let mut rest = text;
    loop {
        let after = rest.trim_start_matches('\\');
        let run = rest.get(..rest.len() - after.len()).unwrap_or("");
        out.push_str(run);
        let Some(c) = after.chars().next() else { return };
        if is_escaped(c) {
            out.push_str(run);
            push_escape(out, c);
        } else {
            if escape_at(after).is_some() {
                out.push_str(run);
            }
            out.push(c);
        }
        rest = after.get(c.len_utf8()..).unwrap_or("");
    }
}

fn unescape_into(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let after = from.trim_start_matches('\\');
        let run = from.get(..from.len() - after.len()).unwrap_or("");
        let Some(c) = escape_at(after) else {
            out.push_str(run);
            rest = after;
            continue;
        };
        out.push_str(run.get(..run.len() / 2).unwrap_or(""));
        rest = after;
        if run.len() % 2 == 1 {
            out.push(c);
            rest = after.get(ESCAPE..).unwrap_or("");
        } else {
            // Not to be looked at again: no backslash is left before it.
            out.push('u');
            rest = rest.get(1..).unwrap_or("");
        }
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is written is what is read, whatever the text; and no part of it begins a formula or acts on
        /// a terminal.
        #[test]
        fn a_cell_that_was_written_is_read_as_it_was(text in r"[-=+@'\\;\t\nu001b2a8e0d ＝\x1b\r\u{202e}\u{85}é]{0,12}") {
            let cell = to_csv_cell(&text);
            prop_assert_eq!(from_csv_cell(&cell), text.as_str());
            for part in cell.split(BREAKS) {
                prop_assert!(!part.trim_start().starts_with(['=', '+', '-', '@', '＝']), "{part:?} of {cell:?}");
            }
            prop_assert!(!cell.contains(is_escaped), "{cell:?}");
        }

        #[test]
        fn any_text_comes_back(text in any::<String>()) {
            let cell = to_csv_cell(&text);
            prop_assert_eq!(from_csv_cell(&cell), text.as_str());
        }
    }
}
