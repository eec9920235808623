//! Drawing by exact quotas: decks of cards, shuffled.

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

/// A source of draws.
pub(super) struct Draw {
    rng: ChaCha8Rng,
}

impl Draw {
    pub fn new(seed: u64) -> Draw {
        Draw { rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// One of many sources that a seed gives, each independent of the others.
    pub fn stream(seed: u64, stream: u64) -> Draw {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Draw { rng }
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

    /// True for so many in a hundred.
    pub fn percent(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// One class, by weight.
    pub fn pick(&mut self, weights: &[u64]) -> usize {
        let total: u64 = weights.iter().sum();
        let mut at =
            u64::try_from(self.between(0, i64::try_from(total).unwrap_or(i64::MAX) - 1)).unwrap_or(0);
        for (class, &weight) in weights.iter().enumerate() {
            if at < weight {
                return class;
            }
            at -= weight;
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hamilton's method by hand: 879 × 70, 28, 2 % = 615.30, 246.12, 17.58: the last unit goes to
    /// the largest remainder.
    #[test]
    fn quotas_follow_the_largest_remainder() {
        assert_eq!(quotas(879, &[70, 28, 2]), [615, 246, 18]);
        assert_eq!(quotas(10, &[0, 0]), [10, 0]);
        assert_eq!(quotas(7, &[1, 1, 1]), [3, 2, 2]);
    }

    #[test]
    fn a_deck_holds_exactly_its_quotas() {
        let deck = Draw::new(1).deck(350, &[68, 30, 2]);
        let count = |class| deck.iter().filter(|c| **c == class).count();
        assert_eq!([count(0), count(1), count(2)], [238, 105, 7]);
    }
}
