//! A set of short texts of one length (the codes of communes have five characters), found without hashing them byte by
//! byte: each is one whole number.

/// The codes of a set, each as the number that its bytes are.
#[derive(Clone, Debug)]
pub(super) struct ShortCodes {
    /// Bytes of every code: 4 to 8.
    length: usize,
    /// Open addressing, linear probing; zero where there is none. At most half are codes; the length is a power of two.
    slots: Vec<u64>,
}

impl ShortCodes {
    /// The set of these codes; `None` if they have several lengths, or another than 4 to 8 bytes.
    pub fn of<'c>(codes: impl ExactSizeIterator<Item = &'c str>) -> Option<ShortCodes> {
        let mut codes = codes.peekable();
        let length = codes.peek()?.len();
        let mut set = ShortCodes { length, slots: vec![0; (codes.len() * 2).next_power_of_two()] };
        for code in codes {
            let number = number(code, length)?;
            let at = set
                .places(number)
                .find(|at| matches!(set.slots.get(*at), Some(&slot) if slot == 0 || slot == number))?;
            *set.slots.get_mut(at)? = number;
        }
        Some(set)
    }

    /// Is it one of the codes? `None` of a text of another length, of which this set does not know.
    pub fn has(&self, text: &str) -> Option<bool> {
        let number = number(text, self.length)?;
        for at in self.places(number) {
            match self.slots.get(at) {
                Some(&slot) if slot == number => return Some(true),
                Some(0) | None => return Some(false),
                Some(_) => {}
            }
        }
        Some(false)
    }

    /// The slots in which a number may stand, one after the other.
    fn places(&self, number: u64) -> impl Iterator<Item = usize> + use<> {
        // Fibonacci hashing: the high half of a product with 2^64 over the golden ratio depends on all bytes.
        let hash = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        let mask = self.slots.len() - 1;
        let start = usize::try_from(hash).unwrap_or(0);
        (0..=mask).map(move |step| (start + step) & mask)
    }
}

/// A text of `length` bytes as a number that no other text of that length has; `None` of another length, or of nothing
/// but zero bytes.
fn number(text: &str, length: usize) -> Option<u64> {
    let bytes = text.as_bytes();
    if bytes.len() != length {
        return None;
    }
    // Both halves overlap where there are fewer than eight bytes, and name all of them.
    let (low, high) = (bytes.first_chunk::<4>()?, bytes.last_chunk::<4>()?);
    if length > 8 {
        return None;
    }
    let number = u64::from(u32::from_le_bytes(*low)) | u64::from(u32::from_le_bytes(*high)) << 32;
    (number != 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::ShortCodes;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        /// What the set says of a text, a set of texts says too.
        #[test]
        fn codes_are_found(codes in prop::collection::btree_set("[ab0é]{1,6}", 1..40), asked in "[ab0é]{0,9}") {
            let by_length = |length: usize| -> BTreeSet<&str> {
                codes.iter().map(String::as_str).filter(|code| code.len() == length).collect()
            };
            prop_assert_eq!(
                ShortCodes::of(codes.iter().map(String::as_str)).is_some(),
                codes.iter().all(|code| code.len() == codes.first().unwrap().len() && (4..=8).contains(&code.len()))
            );
            for length in 4..=8 {
                let own = by_length(length);
                let Some(set) = ShortCodes::of(own.iter().copied().collect::<Vec<_>>().into_iter()) else {
                    prop_assert!(own.is_empty());
                    continue;
                };
                for text in codes.iter().map(String::as_str).chain([asked.as_str(), "0000", "\0\0\0\0"]) {
                    prop_assert_eq!(set.has(text), (text.len() == length && text.bytes().any(|b| b != 0)).then(|| own.contains(text)));
                }
            }
        }
    }
}
