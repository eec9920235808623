//! The best assignment of a level that is known so far, and when it is good enough.

use super::super::super::answer::Bound;
use super::super::marks::SCALE;
use super::super::multipliers::Cut;
use super::level::{Aim, Level};

/// The search of a level: the best assignment so far, and how many sides may still be looked at.
pub(super) struct Search<'l, 'p> {
    pub level: &'l Level<'p>,
    /// What the best assignment that meets the conditions is worth, and by row its arc.
    pub best: Option<(i64, Vec<u32>)>,
    /// How often multipliers may still be moved before sides are left.
    pub moves: usize,
    /// How many sides of splits may still be looked at.
    pub sides: usize,
    /// The first bound, and how much it is, in parts of a point.
    pub first: Option<(Bound, i64)>,
}

impl Search<'_, '_> {
    /// Is a bound, in parts of a point, no more than what is found?
    pub fn closed(&self, bound: i64) -> bool {
        // Worths are whole: a bound between two of them is the lower one.
        let most = bound.div_euclid(SCALE);
        self.best.as_ref().is_some_and(|(worth, _)| match self.level.aim {
            // What counts of a quota is whole members, from what is owed on.
            Aim::Quota(q) => {
                let quota = self.level.problem.quotas().get(q);
                let (denominator, owed) =
                    quota.map_or((1, 0), |quota| (i64::from(quota.denominator), quota.owed()));
                (most - owed).div_euclid(denominator) <= (worth - owed).div_euclid(denominator)
            }
            _ => most <= *worth,
        })
    }

    /// Is the best worth all that the level could want?
    pub fn done(&self) -> bool {
        self.best.as_ref().is_some_and(|(worth, _)| *worth >= self.level.enough)
    }

    /// Keeps an assignment if it meets the conditions and is the best so far.
    pub fn keep(&mut self, used: &[u32], cut: &Cut) {
        if cut.beyond.iter().all(|b| *b >= 0) && self.best.as_ref().is_none_or(|(w, _)| cut.worth > *w) {
            self.best = Some((cut.worth, used.to_vec()));
        }
    }
}
