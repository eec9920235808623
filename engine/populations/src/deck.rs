//! Whole shares of a total, and the source of random numbers.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// How many of `total` each class gets: its share, rounded by the method of the largest remainder (Hamilton's;
/// ties go to the first class), so that the counts add up to `total`. If all weights are zero, all go to the
/// first class.
pub(crate) fn quotas(total: u64, weights: &[u64]) -> Vec<u64> {
    let sum: u128 = weights.iter().map(|&w| u128::from(w)).sum();
    if sum == 0 {
        return weights.iter().enumerate().map(|(i, _)| if i == 0 { total } else { 0 }).collect();
    }
    let share = |w: u64| u128::from(total) * u128::from(w);
    // First the whole part of each share…
    let mut counts: Vec<u64> =
        weights.iter().map(|&w| u64::try_from(share(w) / sum).unwrap_or(u64::MAX)).collect();
    // … then one more to those that lost the largest fraction: fewer than there are classes.
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

/// A source of random numbers: ChaCha8, whose stream is the same on every machine.
pub(crate) struct Draw {
    /// The stream, for whoever draws in other ways.
    pub(crate) rng: ChaCha8Rng,
}

impl Draw {
    /// One of the 2^64 streams of a seed; streams are independent of each other.
    pub fn stream(seed: u64, stream: u64) -> Draw {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        Draw { rng }
    }

    /// A whole number from `low` to `high`, both included; `low`, if there is none between.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        if low >= high { low } else { self.rng.random_range(low..=high) }
    }

    /// True with a probability of `percent` in 100.
    pub fn percent(&mut self, percent: i64) -> bool {
        self.between(1, 100) <= percent
    }

    /// True with a probability of `per_mille` in 1,000.
    pub fn per_mille(&mut self, per_mille: i64) -> bool {
        self.between(1, 1000) <= per_mille
    }

    /// One class, with a probability in proportion to its weight.
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
}
