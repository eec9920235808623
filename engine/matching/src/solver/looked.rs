//! Which slots a search looks at, where all of those of its requests would be too many: a few of each request, and then those
//! that its prices do not keep out (*column generation* by pairs).

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use std::cmp::Reverse;

use super::super::answer::Proof;
use super::super::numbers::Cell;
use super::super::problem::Problem;

/// From this many slots on, only some are looked at: a tree takes several times the bytes of the problem for each. Others were
/// not tried, and it was not measured again what instances of the bench take that have so many.
pub(super) const MANY: usize = if cfg!(test) { 16 } else { 1 << 23 };

/// How many slots of a request are looked at first, and how many are added of it at a time. Others were not tried.
pub(super) const SOME: usize = if cfg!(test) { 2 } else { 12 };

/// By slot: is it looked at?
pub(super) struct Looked {
    words: Vec<u64>,
}

impl Looked {
    /// None yet, of all slots of a problem.
    pub fn none(problem: &Problem) -> Looked {
        Looked { words: vec![0; problem.open.len().div_ceil(64)] }
    }

    /// Of each active request some slots, where nobody holds a unit: spread over all that it has, each request beginning elsewhere; and those of the cells
    /// where it is.
    pub fn some(problem: &Problem, active: &[bool], at: [&[Cell]; 2]) -> Looked {
        let mut looked = Looked::none(problem);
        for request in (0_u32..).zip(active).filter(|(_, active)| **active).map(|(request, _)| request) {
            let own = problem.slots_of(request);
            looked.add_spread(own.start, own.len(), request);
            let cells = at.iter().filter_map(|cells| cells.get(request as usize).copied());
            for cell in cells.filter(|cell| *cell != Cell::NONE) {
                problem.slots_in(request, cell).for_each(|slot| looked.add(slot));
            }
        }
        looked
    }

    /// Some slots of a request that becomes active.
    pub fn add_spread(&mut self, first: usize, count: usize, request: u32) {
        // The golden ratio: neighbouring numbers begin far from each other.
        let begin = request.wrapping_mul(0x9E37_79B9) as usize;
        for at in 0..count.min(SOME) {
            self.add(first + (begin + at * count / SOME.min(count)) % count);
        }
    }

    /// Looks at all slots of the requests that splits settle: at the prices of a side, what is ruled out there may gain more than
    /// what is not. `false` if all were looked at.
    pub fn add_settled(&mut self, problem: &Problem, proof: &Proof) -> bool {
        let all = || proof.settled().into_iter().flat_map(|request| problem.slots_of(request));
        let some = all().any(|slot| !self.takes(slot));
        all().for_each(|slot| self.add(slot));
        some
    }

    #[inline]
    pub fn takes(&self, slot: usize) -> bool {
        self.words[slot / 64] >> (slot % 64) & 1 == 1
    }

    #[inline]
    pub fn add(&mut self, slot: usize) {
        self.words[slot / 64] |= 1 << (slot % 64);
    }

    /// Adds those of some slots that gain most.
    pub fn add_best(&mut self, slots: &mut [(i64, usize)]) {
        slots.sort_unstable_by_key(|&(gain, slot)| (Reverse(gain), slot));
        slots.iter().take(SOME).for_each(|(_, slot)| self.add(*slot));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::{Pair, Problem, Quota, gaps, solve};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]

        /// Where a search begins at two slots of each request, its answers are proved by a checker that looks at all of them; most
        /// of many requests are worth as much, so that few are looked at by their points.
        #[test]
        fn what_is_looked_at_grows_until_all_is_proved(
            points in proptest::collection::vec(prop_oneof![3 => Just(0_u32), 1 => 0_u32..3], 16),
            pairs in proptest::collection::vec(proptest::option::weighted(0.8, (0_u16..=1000, 0_u64..16)), 16 * 6),
            (first, second) in (0_u32..4, 0_u32..4),
        ) {
            let at = |request: u32, unit: u32| pairs[(request * 6 + unit) as usize];
            let pair = |request: u32, unit: u32| {
                let (fit, marks) = at(request, unit)?;
                Some(Pair { request, unit, fit, marks })
            };
            let pairs = (0..16).flat_map(|r| (0..6).filter_map(move |u| pair(r, u))).collect();
            let quotas = vec![Quota::new("un", first, 4), Quota::new("deux", second, 4)];
            let problem = Problem::from_pairs(points, 6, pairs, quotas).unwrap();
            let open = gaps(&problem, &solve(&problem)).unwrap();
            prop_assert!(open.none(), "{:?}", open);
        }
    }
}
