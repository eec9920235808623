//! Closed lists and booleans as people write them: any case, accents, blanks and hyphens, and the
//! synonyms that the schema declares.

use std::collections::HashMap;
use std::sync::Arc;

use logis_language::diagnostic::nearest;
use logis_language::pack::schema::{Field, folded_value};

/// The values of a closed list, found by what a cell writes.
pub(super) struct Listed<'f> {
    values: &'f [Arc<str>],
    /// Numbers of the values, by their texts and by what cells wrote before.
    exact: HashMap<Box<str>, Option<u32>>,
    folded: HashMap<String, u32>,
}

impl<'f> Listed<'f> {
    pub fn new(field: &'f Field, values: &'f [Arc<str>]) -> Listed<'f> {
        let mut folded = HashMap::new();
        let synonyms = field.synonyms.iter().map(|(synonym, value)| (synonym, *value));
        for (text, value) in synonyms.chain((0..).zip(values).map(|(at, value)| (value, at))) {
            folded.insert(folded_value(text), value);
        }
        let exact = (0..).zip(values).map(|(at, value)| (Box::from(value.as_ref()), Some(at))).collect();
        Listed { values, exact, folded }
    }

    /// The number of the value that a cell means.
    pub fn find(&mut self, text: &str) -> Option<u32> {
        if let Some(found) = self.exact.get(text) {
            return *found;
        }
        let found = self.folded.get(&folded_value(text)).copied();
        // What cells write is little; a hostile column is not kept.
        if self.exact.len() < 10_000 {
            self.exact.insert(text.into(), found);
        }
        found
    }

    /// The value whose spelling is nearest.
    pub fn near(&self, text: &str) -> Option<&'f str> {
        nearest(text, self.values.iter().map(AsRef::as_ref))
    }
}

/// A boolean as people write it.
pub(super) fn boolean(text: &str) -> Option<bool> {
    match folded_value(text).as_str() {
        "true" | "vrai" | "oui" | "o" | "yes" | "y" | "x" | "1" => Some(true),
        "false" | "faux" | "non" | "n" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// Is it the letter O, which a column of zeros and ones has by mistake?
pub(super) fn letter_o(text: &str) -> bool {
    matches!(text, "O" | "o")
}

/// Is it a zero or a one?
pub(super) fn digit(text: &str) -> bool {
    matches!(text, "0" | "1")
}
