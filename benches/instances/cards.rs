//! Drawing by exact quotas: each class gets its share, rounded, in a shuffled order.

use rand::seq::SliceRandom;

use super::deck::{Draw, quotas};

/// Classes in random order.
pub(super) trait Cards {
    /// `total` classes in exact shares, in random order.
    fn deck(&mut self, total: u64, weights: &[u64]) -> Vec<usize>;
}

impl Cards for Draw {
    fn deck(&mut self, total: u64, weights: &[u64]) -> Vec<usize> {
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
}
