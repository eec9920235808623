//! Identifiers that were looked at once, while their rows were read: their texts, and what tells whether something is
//! to be said of one.

use super::ids::Ids;
use super::texts::rises;

/// The identifiers of some rows, in their order.
#[derive(Clone, Debug)]
pub(super) struct Looked {
    pub ids: Ids,
    /// Is each there, and on one line?
    pub whole: bool,
    /// Does each begin with a letter or a digit with which no word for a sum begins?
    pub no_total: bool,
    /// Does each come after the one before it, so that none stands twice?
    pub rise: bool,
}

/// Identifiers being looked at.
#[derive(Debug)]
pub(super) struct Looking {
    texts: String,
    ends: Vec<usize>,
    there: bool,
    no_total: bool,
    rise: bool,
}

impl Looking {
    /// For about so many.
    pub fn new(rows: usize) -> Looking {
        let ends = Vec::with_capacity(rows);
        Looking { texts: String::new(), ends, there: true, no_total: true, rise: true }
    }

    /// Looks at the next.
    pub fn push(&mut self, text: &str) {
        let start = match self.ends.len().checked_sub(2) {
            Some(before) => self.ends.get(before).copied().unwrap_or(0),
            None => 0,
        };
        let last = self.texts.get(start..).unwrap_or("");
        self.rise &= rises(last, text);
        self.there &= !text.is_empty();
        self.no_total &= begins_no_total(text);
        self.texts.push_str(text);
        self.ends.push(self.texts.len());
    }

    /// What was found.
    pub fn finish(self) -> Looked {
        // All bytes of a part are looked at, which vector instructions do faster than a search.
        let ends = |byte: u8| u8::from(byte == b'\n') | u8::from(byte == b'\r');
        let broken = |part: &[u8]| part.iter().fold(0, |some, byte| some | ends(*byte)) != 0;
        let whole = self.there && !self.texts.as_bytes().chunks(256).any(broken);
        let Looking { texts, ends, no_total, rise, .. } = self;
        Looked { ids: Ids::from_packed(texts, ends), whole, no_total, rise }
    }
}

impl<'t> FromIterator<&'t str> for Looked {
    fn from_iter<I: IntoIterator<Item = &'t str>>(texts: I) -> Looked {
        let texts = texts.into_iter();
        let mut looking = Looking::new(texts.size_hint().0);
        texts.for_each(|text| looking.push(text));
        looking.finish()
    }
}

/// Does a text begin with a letter or a digit with which no word for a sum (`total`, `sous-total`) begins? Mostly an
/// identifier does.
pub(super) fn begins_no_total(text: &str) -> bool {
    let first = text.bytes().next();
    first.is_some_and(|b| b.is_ascii_alphanumeric() && !matches!(b, b'T' | b't' | b'S' | b's'))
}

#[cfg(test)]
mod tests {
    use super::Looked;
    use proptest::prelude::*;

    proptest! {
        /// What is found of identifiers at once is what each, by itself and beside the one before it, shows.
        #[test]
        fn identifiers_are_looked_at(texts in prop::collection::vec("[Pa0]{1,2}|é?|T|b\n", 0..6)) {
            let looked: Looked = texts.iter().map(String::as_str).collect();
            prop_assert_eq!(looked.ids.texts().map(str::to_string).collect::<Vec<_>>(), texts.clone());
            prop_assert_eq!(looked.whole, texts.iter().all(|t| !t.is_empty() && !t.contains('\n')));
            prop_assert_eq!(looked.no_total, texts.iter().all(|t| t.starts_with(['P', 'a', '0', 'b'])));
            let after = |two: &[String]| (two[0].len(), two[0].as_str()) < (two[1].len(), two[1].as_str());
            let first = texts.first().is_none_or(|first| !first.is_empty());
            prop_assert_eq!(looked.rise, first && texts.windows(2).all(after));
        }
    }
}
