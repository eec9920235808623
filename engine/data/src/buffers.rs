//! What columns are made of: runs of plain values, and bits. Clones share them.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A run of values that its clones share: a vector, or whatever else holds a slice (a buffer of Arrow, which is then
/// not copied).
pub struct Shared<T>(Arc<dyn Deref<Target = [T]> + Send + Sync>);

impl<T> Shared<T> {
    /// Shares what holds a slice.
    pub fn of(holder: impl Deref<Target = [T]> + Send + Sync + 'static) -> Shared<T> {
        Shared(Arc::new(holder))
    }
}

impl<T> Deref for Shared<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Shared<T> {
        Shared(Arc::clone(&self.0))
    }
}

impl<T: Send + Sync + 'static> Default for Shared<T> {
    fn default() -> Shared<T> {
        Vec::new().into()
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

impl<T: Send + Sync + 'static> From<Vec<T>> for Shared<T> {
    fn from(values: Vec<T>) -> Shared<T> {
        Shared::of(values)
    }
}

impl<T: Send + Sync + 'static> FromIterator<T> for Shared<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Shared<T> {
        values.into_iter().collect::<Vec<T>>().into()
    }
}

/// A run of booleans, a bit each, that its clones share.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bits {
    /// Bit `i % 64` of word `i / 64`, lowest first; zero past the end.
    words: Arc<[u64]>,
    len: usize,
    zeros: usize,
}

impl Bits {
    /// The first `len` bits of these words, lowest first.
    pub fn from_words(words: impl IntoIterator<Item = u64>, len: usize) -> Bits {
        let mut words: Vec<u64> = words.into_iter().take(len.div_ceil(64)).collect();
        words.resize(len.div_ceil(64), 0);
        if let (Some(last), used @ 1..) = (words.last_mut(), len % 64) {
            *last &= (1 << used) - 1;
        }
        let ones: usize = words.iter().map(|word| word.count_ones() as usize).sum();
        Bits { words: words.into(), len, zeros: len - ones }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many are false.
    pub fn zeros(&self) -> usize {
        self.zeros
    }

    /// The one at this place; false past the end.
    pub fn get(&self, at: usize) -> bool {
        self.words.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = bool> + '_ {
        (0..self.len).map(|at| self.get(at))
    }

    /// From place `from` on, 64 a word, lowest first; zero past the end.
    pub fn words_from(&self, from: usize) -> impl Iterator<Item = u64> + '_ {
        let (words, shift) = (self.words.get(from / 64..).unwrap_or(&[]), from % 64);
        words.iter().enumerate().map(move |(at, &low)| match shift {
            0 => low,
            // What of the next word completes this one.
            _ => low >> shift | words.get(at + 1).copied().unwrap_or(0) << (64 - shift),
        })
    }

    /// Which are true of both, up to the end of the shorter.
    pub fn and(&self, other: &Bits) -> Bits {
        let both = self.words.iter().zip(other.words.iter()).map(|(a, b)| a & b);
        Bits::from_words(both, self.len.min(other.len))
    }
}

impl FromIterator<bool> for Bits {
    fn from_iter<I: IntoIterator<Item = bool>>(bits: I) -> Bits {
        let (mut words, mut word, mut len) = (Vec::new(), 0_u64, 0);
        for bit in bits {
            word |= u64::from(bit) << (len % 64);
            len += 1;
            if len % 64 == 0 {
                words.push(std::mem::take(&mut word));
            }
        }
        words.push(word);
        Bits::from_words(words, len)
    }
}

#[cfg(test)]
mod tests {
    use super::Bits;
    use proptest::prelude::*;

    proptest! {
        /// Bits are the booleans that they were made of, whichever way they are read.
        #[test]
        fn bits_are_what_they_were_made_of(plain: Vec<bool>, other: Vec<bool>, from in 0_usize..200) {
            let (bits, others): (Bits, Bits) = (plain.iter().copied().collect(), other.iter().copied().collect());
            prop_assert_eq!(bits.len(), plain.len());
            prop_assert_eq!(bits.zeros(), plain.iter().filter(|b| !**b).count());
            prop_assert!((0..plain.len() + 70).all(|at| bits.get(at) == plain.get(at).is_some_and(|b| *b)));
            let read = bits.words_from(from).flat_map(|word| (0..64).map(move |bit| word >> bit & 1 == 1));
            let rest = plain.iter().skip(from).copied();
            prop_assert_eq!(read.take(plain.len().saturating_sub(from)).collect::<Vec<_>>(), rest.collect::<Vec<_>>());
            let both: Bits = plain.iter().zip(&other).map(|(a, b)| a & b).collect();
            prop_assert_eq!(bits.and(&others), both);
        }
    }
}
