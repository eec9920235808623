//! Drawing by exact quotas: each class gets its share, rounded, in a shuffled order.

use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How many of `total` each class gets: its share, rounded by the largest remainder (ties to the
/// first), so that the counts add up. No class, or weights that are all zero: all to the first.
pub(super) fn quotas(total: u64, weights: &[u64]) -> Vec<u64> {
    let sum: u128 = weights.iter().map(|&w| u128::from(w)).sum();
    if sum == 0 {
        return weights.iter().enumerate().map(|(i, _)| if i == 0 { total } else { 0 }).collect();
    }
    let share = |w: u64| u128::from(total) * u128::from(w);
    let mut counts: Vec<u64> =
        weights.iter().map(|&w| u64::try_from(share(w) / sum).unwrap_or(u64::MAX)).collect();
    let left = total.saturating_sub(counts.iter().sum());
    let mut by_remainder: Vec<(std::cmp::Reverse<u128>, usize)> =
        weights.iter().enumerate().map(|(i, &w)| (std::cmp::Reverse(share(w) % sum), i)).collect();
    by_remainder.sort_unstable();
    for (_, class) in by_remainder.into_iter().take(usize::try_from(left).unwrap_or(usize::MAX)) {
        if let Some(count) = counts.get_mut(class) {
            *count += 1;
        }
    }
    counts
}

/// A source of random numbers (ChaCha8), given by a seed.
pub(super) struct Draw {
    rng: ChaCha8Rng,
}

impl Draw {
    pub fn new(seed: u64) -> Draw {
        Draw { rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// `total` classes in exact shares, in random order.
    pub fn deck(&mut self, total: u64, weights: &[u64]) -> Vec<usize> {
        let counts = quotas(total, weights);
        let mut cards: Vec<usize> = (0..counts.len())
            .flat_map(|class| {
                let count = counts.get(class).copied().unwrap_or(0);
                std::iter::repeat_n(class, usize::try_from(count).unwrap_or(0))
            })
            .collect();
        cards.shuffle(&mut self.rng);
        cards
    }

    /// A whole number from `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        if low >= high { low } else { self.rng.random_range(low..=high) }
    }
}
