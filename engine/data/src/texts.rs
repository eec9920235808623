//! The cells of a column of texts, without a text of their own each: slices of what was read.

use super::hash::hash;
use super::ids::Ids;

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

    /// Is none empty?
    pub fn all_there(&self) -> bool {
        match self {
            Texts::Each(texts) => texts.iter().all(|text| !text.is_empty()),
            Texts::Coded { codes, texts } => {
                let there: Vec<bool> = texts.iter().map(|text| !text.is_empty()).collect();
                codes.iter().all(|code| there.get(*code as usize) == Some(&true))
            }
            Texts::Owned(texts) => texts.iter().all(|text| !text.is_empty()),
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
    /// Notes those that follow, of which it is known whether each comes after the one before it.
    pub fn note(&mut self, ids: &Ids, rise: bool) {
        let (Some(first), Some(last)) = (ids.text(0), ids.len().checked_sub(1).and_then(|row| ids.text(row)))
        else {
            return;
        };
        self.falls |= !rise || !self.hashes.is_empty() && !rises(&self.last, first);
        self.hashes.extend(ids.texts().map(hash));
        self.last.clear();
        self.last.push_str(last);
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
            for part in [first, others] {
                let rise = part.windows(2).all(|two| super::rises(&two[0], &two[1]));
                seen.note(&part.iter().collect(), rise);
            }
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
