//! The identifiers of the rows of a table: their texts one behind the other, found by a fast hash.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::hash::hash;
use logis_language::value::Value;

/// The identifier of each row of a table, in the order of the rows. Clones share them.
/// No text has an allocation of its own: [`Ids::text`] and [`Ids::place`] need none.
#[derive(Clone, Default)]
pub struct Ids(Arc<Inner>);

#[derive(Default)]
struct Inner {
    /// All texts, one behind the other.
    texts: String,
    /// Where each ends.
    ends: Vec<usize>,
    places: OnceLock<Places>,
}

/// The rows by the hash of their identifiers: open addressing, linear probing.
struct Places {
    /// A row plus one, or zero for none. At most half are rows; the length is a power of two.
    slots: Vec<u32>,
    /// How many different identifiers there are.
    distinct: usize,
}

impl Ids {
    /// Of these texts.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Ids {
        texts.into_iter().collect()
    }

    /// Of texts one behind the other, and where each ends: see [`Ids::packed`].
    pub(super) fn from_packed(texts: String, ends: Vec<usize>) -> Ids {
        Ids(Arc::new(Inner { texts, ends, places: OnceLock::new() }))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.ends.len()
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.0.ends.is_empty()
    }

    /// Are these the very same, and not only equal?
    pub fn shared_with(&self, other: &Ids) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The identifier of a row.
    pub fn text(&self, row: usize) -> Option<&str> {
        self.0.text(row)
    }

    /// All identifiers, in the order of their rows.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.len()).map(|row| self.0.text(row).unwrap_or(""))
    }

    /// All identifiers as values, in the order of their rows: where many cells hold one of them, they share its text.
    pub fn values(&self) -> Vec<Value> {
        self.texts().map(Value::text).collect()
    }

    /// All texts one behind the other, and where each ends.
    pub fn packed(&self) -> (&str, &[usize]) {
        (&self.0.texts, &self.0.ends)
    }

    /// The first row of that identifier.
    pub fn place(&self, id: &str) -> Option<u32> {
        let places = self.0.places();
        let mask = places.slots.len().checked_sub(1)?;
        let mut at = start(hash(id), mask);
        loop {
            let row = places.slots.get(at)?.checked_sub(1)?;
            if self.0.text(row as usize) == Some(id) {
                return Some(row);
            }
            at = (at + 1) & mask;
        }
    }

    /// How many different identifiers there are.
    pub(super) fn distinct(&self) -> usize {
        self.0.places().distinct
    }

    /// Those of some rows.
    pub(super) fn pick(&self, rows: &[usize]) -> Ids {
        Ids::of(rows.iter().filter_map(|row| self.text(*row)))
    }
}

/// The slot at which the search for a hash begins.
fn start(hash: u64, mask: usize) -> usize {
    usize::try_from(hash & mask as u64).unwrap_or(0)
}

impl Inner {
    fn text(&self, row: usize) -> Option<&str> {
        let end = *self.ends.get(row)?;
        let start = match row.checked_sub(1) {
            Some(before) => *self.ends.get(before)?,
            None => 0,
        };
        self.texts.get(start..end)
    }

    fn places(&self) -> &Places {
        self.places.get_or_init(|| {
            let mut slots = vec![0_u32; (self.ends.len() * 2).next_power_of_two()];
            let mask = slots.len() - 1;
            let mut distinct = 0;
            for row in 0..self.ends.len() {
                let Some(text) = self.text(row) else { continue };
                let mut at = start(hash(text), mask);
                // The first row of a repeated identifier is the one that is found.
                while let Some(slot) = slots.get_mut(at) {
                    match slot.checked_sub(1) {
                        None => {
                            *slot = u32::try_from(row + 1).unwrap_or(0);
                            distinct += 1;
                            break;
                        }
                        Some(other) if self.text(other as usize) == Some(text) => break,
                        Some(_) => at = (at + 1) & mask,
                    }
                }
            }
            Places { slots, distinct }
        })
    }
}

impl<T: AsRef<str>> FromIterator<T> for Ids {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Ids {
        let texts = texts.into_iter();
        let mut own = Inner::default();
        own.ends.reserve(texts.size_hint().0);
        for text in texts {
            own.texts.push_str(text.as_ref());
            own.ends.push(own.texts.len());
        }
        Ids(Arc::new(own))
    }
}

impl PartialEq for Ids {
    fn eq(&self, other: &Ids) -> bool {
        self.packed() == other.packed()
    }
}

impl Eq for Ids {}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.texts()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Ids;
    use proptest::prelude::*;

    proptest! {
        /// Identifiers are the texts that they were made of, and each is found at its first row.
        #[test]
        fn identifiers_are_found_where_they_stand(texts in prop::collection::vec("[ab]{0,3}|é?", 0..60)) {
            let ids = Ids::of(texts.iter().map(String::as_str));
            prop_assert_eq!(ids.len(), texts.len());
            prop_assert!((0..texts.len() + 2).all(|row| ids.text(row) == texts.get(row).map(String::as_str)));
            for text in texts.iter().map(String::as_str).chain(["", "aaaa", "ab", "é"]) {
                let first = texts.iter().position(|t| t == text);
                prop_assert_eq!(ids.place(text).map(|row| row as usize), first);
            }
            let distinct: std::collections::BTreeSet<&String> = texts.iter().collect();
            prop_assert_eq!(ids.distinct(), distinct.len());
            prop_assert_eq!(ids.texts().map(str::to_string).collect::<Vec<_>>(), texts);
        }
    }
}
