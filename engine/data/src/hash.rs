//! A fast hash of texts. What a text is compared with is found by it; no answer depends on it.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;

/// A map found by the fast hash.
pub(super) type HashMap<K, V> = std::collections::HashMap<K, V, Fast>;

/// Odd, with as many ones as zeros: the fractional part of the golden ratio.
const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// The seed of all hashes of this process: which texts share a hash is not to be foreseen.
static SEED: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(FACTOR));

/// 64 bits of a text, the same for equal texts within a process.
pub(super) fn hash(text: &str) -> u64 {
    let mut state = Folded(*SEED);
    state.write(text.as_bytes());
    state.finish()
}

/// Makes hashers of the fast hash.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fast;

impl BuildHasher for Fast {
    type Hasher = Folded;

    fn build_hasher(&self) -> Folded {
        Folded(*SEED)
    }
}

/// Eight bytes at a time are mixed in by a product of 128 bits whose halves are folded together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Folded(u64);

impl Folded {
    fn mix(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word).wrapping_mul(u128::from(FACTOR));
        let halves = product.to_le_bytes();
        let (low, high) = halves.split_at(8);
        let half = |bytes: &[u8]| bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        self.0 = half(low) ^ half(high).rotate_left(29) ^ word;
    }
}

impl Hasher for Folded {
    fn write(&mut self, bytes: &[u8]) {
        let (eights, rest) = bytes.as_chunks::<8>();
        for eight in eights {
            self.mix(u64::from_le_bytes(*eight));
        }
        let last = rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        // Texts of other lengths are other texts, whatever zeros they end with.
        self.mix(last ^ (bytes.len() as u64) << 56);
    }

    fn finish(&self) -> u64 {
        let mut last = *self;
        last.mix(0);
        last.0
    }
}

#[cfg(test)]
mod tests {
    use super::hash;
    use std::collections::BTreeSet;

    /// Identifiers as they are counted up have hashes that differ, in their low bits as often as chance has it.
    #[test]
    fn identifiers_spread() {
        let ids: Vec<String> = (0..100_000).map(|n| format!("P{n:07}")).collect();
        let all: BTreeSet<u64> = ids.iter().map(|id| hash(id)).collect();
        assert_eq!(all.len(), ids.len());
        let low: BTreeSet<u64> = all.iter().map(|hash| hash % (1 << 18)).collect();
        // Of 262,144 places chance takes 83,000.
        assert!((80_000..86_000).contains(&low.len()), "{}", low.len());
        let high: BTreeSet<u64> = all.iter().map(|hash| hash >> 57).collect();
        assert_eq!(high.len(), 128);
        assert_ne!(hash("a"), hash("a\0"));
    }
}
