//! Texts that people look at: what would act on a terminal is shown instead.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Does a character act on what shows it, rather than being shown? Controls of C0 and C1, marks and
/// overrides of direction, separators of lines and paragraphs.
pub fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Writes a character as `\u001b`.
pub fn push_escape(out: &mut String, c: char) {
    // All of them lie in the basic plane: four digits, as JSON has it, so that JSON stays JSON.
    let _ = write!(out, "\\u{:04x}", u32::from(c));
}

fn escaped(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(|c| acts(c) && !keep(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if acts(c) && !keep(c) { push_escape(&mut out, c) } else { out.push(c) }
    }
    Cow::Owned(out)
}

/// A text of one or more lines with what acts on a terminal shown as `\u001b`; tabs and ends of lines stay.
///
/// ```
/// assert_eq!(logis::data::visible("D1\u{1b}[2J\n"), "D1\\u001b[2J\n");
/// ```
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.contains("\r\n") {
        return Cow::Owned(visible(&text.replace("\r\n", "\n")).into_owned());
    }
    escaped(text, |c| matches!(c, '\n' | '\t'))
}

/// [`visible`] for a cell, which is one line: ends of lines and tabs are shown too.
pub fn visible_cell(text: &str) -> Cow<'_, str> {
    escaped(text, |_| false)
}
