//! The cells of a column of texts, without a text of their own each: slices of what was read.

use super::hash::hash;

/// The texts of the cells of a column, blanks around them cut off; an empty cell is an empty text.
#[derive(Debug)]
pub(super) enum Texts<'a> {
    /// One for each row.
    Each(Vec<&'a str>),
    /// Few different ones: a number for each row.
    #[cfg_attr(not(feature = "arrow"), allow(dead_code, reason = "only Arrow has dictionaries"))]
    Coded { codes: Vec<u32>, texts: Vec<&'a str> },
    /// Made of cells of another type: an identifier typed as a number.
    Owned(Vec<String>),
}

impl Texts<'_> {
    /// How many rows there are.
    pub fn len(&self) -> usize {
        match self {
            Texts::Each(texts) => texts.len(),
            Texts::Coded { codes, .. } => codes.len(),
            Texts::Owned(texts) => texts.len(),
        }
    }

    /// The text of a row; empty past the end.
    pub fn get(&self, row: usize) -> &str {
        match self {
            Texts::Each(texts) => texts.get(row).copied().unwrap_or(""),
            Texts::Coded { codes, texts } => {
                codes.get(row).and_then(|code| texts.get(*code as usize)).copied().unwrap_or("")
            }
            Texts::Owned(texts) => texts.get(row).map_or("", String::as_str),
        }
    }
}

/// A text without the blanks around it, and without a byte order mark.
#[cfg_attr(not(feature = "arrow"), allow(dead_code, reason = "only cells of columns ask"))]
pub(super) fn trimmed(text: &str) -> &str {
    let plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    // Mostly there is nothing to cut off, as both ends say.
    if plain(text.as_bytes().first()) && plain(text.as_bytes().last()) {
        return text;
    }
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

/// What tells whether identifiers that come one after the other differ: nothing more than their order as long as they
/// rise, their hashes where they do not.
#[derive(Debug, Default)]
pub(super) struct Seen {
    last: String,
    falls: bool,
    hashes: Vec<u64>,
}

#[cfg_attr(not(feature = "parquet"), allow(dead_code, reason = "only parts of files ask"))]
impl Seen {
    /// Notes those that follow.
    pub fn note<'t>(&mut self, ids: impl IntoIterator<Item = &'t str>) {
        let mut last: Option<&str> = None;
        for id in ids {
            if !self.falls {
                self.falls = match last {
                    Some(last) => !rises(last, id),
                    None => !self.hashes.is_empty() && !rises(&self.last, id),
                };
                last = Some(id);
            }
            self.hashes.push(hash(id));
        }
        // Copied once for all of them.
        if let Some(last) = last {
            self.last.clear();
            self.last.push_str(last);
        }
    }

    /// Do all differ? Two different ones whose hashes meet are taken for one.
    pub fn differ(&mut self) -> bool {
        if !self.falls {
            return true;
        }
        self.hashes.sort_unstable();
        self.hashes.windows(2).all(|two| two.first() != two.last())
    }
}

/// Does the second text come after the first: longer, or as long and greater byte for byte?
pub(super) fn rises(first: &str, second: &str) -> bool {
    (first.len(), first.as_bytes()) < (second.len(), second.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::{Seen, trimmed};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_seen_twice_is_told(texts in prop::collection::vec("[ab]{0,2}", 0..8)) {
            let mut seen = Seen::default();
            let (first, others) = texts.split_at(texts.len() / 3);
            seen.note(first.iter().map(String::as_str));
            seen.note(others.iter().map(String::as_str));
            let distinct: std::collections::BTreeSet<&String> = texts.iter().collect();
            prop_assert_eq!(seen.differ(), distinct.len() == texts.len());
        }

        #[test]
        fn blanks_are_cut_off(text in "[ a\u{a0}\u{feff}é\t]{0,5}") {
            let usual = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
            prop_assert_eq!(trimmed(&text), usual);
        }
    }
}
