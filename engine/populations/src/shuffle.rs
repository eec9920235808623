//! Exact shares in random order without a list in memory: a pseudo-random permutation computed place by place.
//!
//! A shuffled deck of 2.8 million cards would have to be kept whole. Here the card at a place is computed (a Feistel
//! network with cycle walking), so that any part of the deck can be dealt by itself, on any thread, with the same
//! result.

/// Rounds of the network. Four are the least that make a Feistel network with random round functions
/// indistinguishable from a random permutation (Luby and Rackoff, 1988); two more allow for the simple mixing here.
const ROUNDS: usize = 6;

/// A permutation of the numbers below `size`, chosen by a key.
#[derive(Clone, Debug)]
pub(crate) struct Shuffle {
    size: u64,
    /// Bits of each half of the network's block.
    half: u32,
    /// One key for each round.
    keys: [u64; ROUNDS],
}

impl Shuffle {
    pub fn new(size: u64, key: u64) -> Shuffle {
        // The smallest even number of bits that holds all numbers: the block has fewer than 4 × `size` numbers, so
        // the walk below takes fewer than four steps on average.
        let bits = u64::BITS - size.saturating_sub(1).leading_zeros();
        let mut keys = [0; ROUNDS];
        for (round, slot) in (1_u64..).zip(&mut keys) {
            *slot = mix(key.wrapping_add(round.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        }
        Shuffle { size, half: bits.div_ceil(2).max(1), keys }
    }

    /// The image of `place`; `place` itself, if it is `size` or more.
    pub fn at(&self, place: u64) -> u64 {
        if place >= self.size {
            return place;
        }
        let mut at = place;
        // Cycle walking: the network permutes the whole block; following its cycle until it re-enters the range
        // below `size` is a permutation of that range.
        loop {
            at = self.network(at);
            if at < self.size {
                return at;
            }
        }
    }

    /// A Feistel network: a permutation of the block, since each round can be undone whatever its mixing function.
    fn network(&self, at: u64) -> u64 {
        let mask = (1 << self.half) - 1;
        let (mut left, mut right) = (at >> self.half & mask, at & mask);
        for key in &self.keys {
            (left, right) = (right, left ^ mix(right ^ key) >> 20 & mask);
        }
        left << self.half | right
    }
}

/// Classes in exact counts, dealt in a pseudo-random order that a key chooses.
#[derive(Clone, Debug)]
pub(crate) struct Deal {
    shuffle: Shuffle,
    /// By class: prefix sum of the counts, where its cards end when laid out in the order of the classes.
    ends: Vec<u64>,
}

impl Deal {
    pub fn new(counts: &[u64], key: u64) -> Deal {
        let mut end = 0;
        let ends: Vec<u64> = counts
            .iter()
            .map(|count| {
                end += count;
                end
            })
            .collect();
        Deal { shuffle: Shuffle::new(end, key), ends }
    }

    /// The class dealt to a place, and the rank of that card among those of its class, from 0.
    pub fn at(&self, place: u64) -> (usize, u64) {
        let card = self.shuffle.at(place);
        let class = self.ends.partition_point(|end| *end <= card).min(self.ends.len().saturating_sub(1));
        (class, card.saturating_sub(self.start(class)))
    }

    /// How many cards lie before those of a class in the layout.
    pub fn start(&self, class: usize) -> u64 {
        class.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0)
    }
}

/// A mixing function (bijective hash) of 64-bit numbers: the finalizer of SplitMix64.
pub(crate) fn mix(x: u64) -> u64 {
    let x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_once() {
        for size in [0, 1, 2, 3, 5, 16, 17, 1000, 4096, 4097] {
            let shuffle = Shuffle::new(size, 7);
            let mut all: Vec<u64> = (0..size).map(|place| shuffle.at(place)).collect();
            all.sort_unstable();
            assert!(all.into_iter().eq(0..size), "{size}");
        }
    }

    /// Of 10,000 places the first half gets about half of the low numbers (5,000 ± 4 × 25 of a fair
    /// draw without putting back), few places keep their number, and another key gives another order.
    #[test]
    fn the_order_has_no_pattern() {
        let shuffle = Shuffle::new(10_000, 1);
        let low = (0..5_000).filter(|place| shuffle.at(*place) < 5_000).count();
        assert!((2_400..2_600).contains(&low), "{low}");
        let kept = (0..10_000).filter(|place| shuffle.at(*place) == *place).count();
        assert!(kept < 10, "{kept}");
        let rising = (1..10_000).filter(|place| shuffle.at(place - 1) < shuffle.at(*place)).count();
        assert!((4_800..5_200).contains(&rising), "{rising}");
        let other = Shuffle::new(10_000, 2);
        assert!((0..10_000).filter(|place| shuffle.at(*place) == other.at(*place)).count() < 10);
    }

    #[test]
    fn classes_come_in_their_counts_and_ranks() {
        let deal = Deal::new(&[3, 0, 5, 2], 9);
        let mut all: Vec<(usize, u64)> = (0..10).map(|place| deal.at(place)).collect();
        all.sort_unstable();
        let want: Vec<(usize, u64)> = [(0, 3), (2, 5), (3, 2)]
            .into_iter()
            .flat_map(|(class, count)| (0..count).map(move |rank| (class, rank)))
            .collect();
        assert_eq!(all, want);
    }
}
