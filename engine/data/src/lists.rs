//! Closed lists and booleans as people write them: any case, accents, blanks and hyphens, and the
//! synonyms that the schema declares.

use std::collections::HashMap;
use std::sync::Arc;

use logis_language::diagnostic::nearest;
use logis_language::pack::schema::{Field, folded_value};

/// The values of a closed list, found by what a cell writes.
pub(super) struct Listed<'f> {
    field: &'f Field,
    values: &'f [Arc<str>],
    /// Numbers of the values, by what cells wrote before.
    written: HashMap<Box<str>, Option<u32>>,
    /// Numbers of the values, by their spelling and that of their synonyms; made for the first cell that writes none
    /// as it stands.
    folded: Option<HashMap<String, u32>>,
}

impl<'f> Listed<'f> {
    pub fn new(field: &'f Field, values: &'f [Arc<str>]) -> Listed<'f> {
        Listed { field, values, written: HashMap::new(), folded: None }
    }

    /// The number of the value that a cell means.
    pub fn find(&mut self, text: &str) -> Option<u32> {
        /// Up to here comparing a cell with every value takes no longer than looking it up.
        const FEW: usize = 16;
        let as_it_stands = |values: &[Arc<str>]| values.iter().position(|value| value.as_ref() == text);
        let place = as_it_stands(self.values.get(..FEW).unwrap_or(self.values));
        if let Some(place) = place {
            return u32::try_from(place).ok();
        }
        if let Some(found) = self.written.get(text) {
            return *found;
        }
        let found = match as_it_stands(self.values) {
            Some(place) => u32::try_from(place).ok(),
            None => {
                let (field, values) = (self.field, self.values);
                let folded = self.folded.get_or_insert_with(|| folded(field, values));
                folded.get(&folded_value(text)).copied()
            }
        };
        // What cells write is little; a hostile column is not kept.
        if self.written.len() < 10_000 {
            self.written.insert(text.into(), found);
        }
        found
    }

    /// The value whose spelling is nearest.
    pub fn near(&self, text: &str) -> Option<&'f str> {
        nearest(text, self.values.iter().map(AsRef::as_ref))
    }
}

/// The numbers of the values of a list, by their spelling and that of their synonyms.
fn folded(field: &Field, values: &[Arc<str>]) -> HashMap<String, u32> {
    let mut folded = HashMap::new();
    let synonyms = field.synonyms.iter().map(|(synonym, value)| (synonym, *value));
    for (text, value) in synonyms.chain((0..).zip(values).map(|(at, value)| (value, at))) {
        folded.insert(folded_value(text), value);
    }
    folded
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
