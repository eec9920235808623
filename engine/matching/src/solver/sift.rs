//! Which requests the last level with quotas looks at, where many more could have a unit than there are units: those that fit
//! best, and then those that its prices do not keep out (*sifting*: column generation by requests).

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use rayon::prelude::*;

use super::super::answer::{Bound, Condition, Prices};
use super::super::numbers::{Cell, InnerUnit};
use super::super::problem::Problem;
use super::fit::CROWD;
use super::marks::{SCALE, by_kind, weight_of_staying};

/// Of each cell and each kind of marks, so many requests a unit are looked at first. What more cost is said at [`CROWD`].
const EACH: usize = 1;

/// Requests by their fit, the worst on top: of those that fit as well the last.
type Kept = BinaryHeap<Reverse<(u16, Reverse<u32>)>>;

/// What the room of the points leaves: a bound of them, with `prices` by cell, is so far (`left`) above the points reached. A pair that loses more at its prices is in no answer with these points (*reduced-cost fixing*).
pub(super) struct Room<'a> {
    pub prices: &'a [i64],
    pub left: i64,
    by_kind: Vec<i64>,
    /// What staying weighs less than an attribution of its marks.
    stay: i64,
}

impl<'a> Room<'a> {
    pub fn new(problem: &Problem, bound: &Bound, prices: &'a [i64], left: i64) -> Room<'a> {
        let stay = weight_of_staying(problem, &bound.multipliers);
        Room { prices, left, by_kind: by_kind(problem, &bound.multipliers), stay }
    }

    /// The slots of a request that are in some answer considered, in order; and the most that the request can gain, 0 by
    /// being idle.
    pub fn slots_of(&self, problem: &Problem, request: u32, slots: &mut Vec<usize>) -> i64 {
        let points = SCALE * i64::from(problem.points[request as usize]);
        let home = problem.home(request);
        let gain = |slot: usize| {
            let cell = problem.open[slot];
            let own = if home == Some(cell) { -self.stay } else { points };
            own + self.by_kind[problem.kind(slot) as usize] - self.prices[cell.index()]
        };
        let worth = problem.slots_of(request).map(gain).max().unwrap_or(0);
        // Who holds a unit is not idle.
        let worth = if home.is_some() { worth } else { worth.max(0) };
        slots.clear();
        // What a pair loses against the best of its request, or against being idle.
        slots.extend(problem.slots_of(request).filter(|&slot| worth - gain(slot) <= self.left));
        worth
    }
}

/// By request: is it looked at?
pub(super) struct Sifted(Vec<bool>);

impl Sifted {
    /// All requests where they are few beside the units; else those that are housed `at` a cell, those that `had` a unit, and
    /// of each cell and kind those that fit best.
    pub fn new(problem: &Problem, room: &Room<'_>, at: &[Cell], had: &[InnerUnit]) -> Sifted {
        let mut slots = Vec::new();
        let mut possible = |request: &u32| {
            room.slots_of(problem, *request, &mut slots);
            !slots.is_empty()
        };
        let requests = || 0..problem.requests() as u32;
        if requests().filter(&mut possible).count() < CROWD * problem.units() {
            return Sifted(vec![true; problem.requests()]);
        }
        let mut active: Vec<bool> = at.iter().map(|&cell| cell != Cell::NONE).collect();
        for (active, &had) in active.iter_mut().zip(had) {
            *active |= had != InnerUnit::NONE;
        }
        // Who holds a unit must be looked at, and so the others ask only whether they would gain.
        for request in requests().filter(|request| problem.home(*request).is_some()) {
            active[request as usize] = true;
        }
        let mut best: BTreeMap<(Cell, u16), Kept> = BTreeMap::new();
        let mut fits = Vec::new();
        for request in requests() {
            room.slots_of(problem, request, &mut slots);
            for &slot in &slots {
                let (cell, kind) = (problem.open[slot], problem.kind(slot));
                let range = problem.range(cell);
                let most = EACH * range.len();
                fits.clear();
                problem.fits.fill(request, slot, range, &mut fits);
                let fit = fits.iter().copied().max().unwrap_or(0);
                let kept = best.entry((cell, kind)).or_default();
                kept.push(Reverse((fit, Reverse(request))));
                if kept.len() > most {
                    kept.pop();
                }
            }
        }
        for Reverse((_, Reverse(request))) in best.into_values().flatten() {
            active[request as usize] = true;
        }
        Sifted(active)
    }

    /// Is a request looked at?
    pub fn takes(&self, request: u32) -> bool {
        self.0[request as usize]
    }

    /// Looks at those, too, that would gain at the prices of one of these bounds of the fit, those first that gain most.
    /// `false` if there are none: then the bounds hold for all requests.
    pub fn more(&mut self, problem: &Problem, room: &Room<'_>, bounds: &[&Bound]) -> bool {
        let mut gains: Vec<(i64, u32)> = Vec::new();
        for bound in bounds {
            let Prices::Units(prices) = &bound.prices else { continue };
            let by_kind = by_kind(problem, &bound.multipliers);
            let of_cell = |ends: &[u32]| prices[ends[0] as usize..ends[1] as usize].iter().copied().min();
            let cheapest: Vec<i64> =
                problem.firsts.windows(2).map(|ends| of_cell(ends).unwrap_or(0)).collect();
            let per_point: i64 =
                bound.multipliers.iter().filter(|(c, _)| *c == Condition::Priority).map(|(_, m)| m).sum();
            let gain = |(slots, fits): &mut (Vec<usize>, Vec<u16>), request: u32| {
                room.slots_of(problem, request, slots);
                let points = per_point * i64::from(problem.points[request as usize]);
                let mut most = 0;
                for &slot in slots.iter() {
                    let range = problem.range(problem.open[slot]);
                    let prices = &prices[range.start as usize..range.end as usize];
                    fits.clear();
                    problem.fits.fill(request, slot, range, fits);
                    let own = by_kind[problem.kind(slot) as usize] + points;
                    // Mostly the best fit at the lowest price gains nothing, which is seen faster.
                    let best = SCALE * i64::from(fits.iter().copied().max().unwrap_or(0));
                    if best + own <= cheapest[problem.open[slot].index()] + most {
                        continue;
                    }
                    let fit =
                        fits.iter().zip(prices).map(|(&fit, price)| SCALE * i64::from(fit) - price).max();
                    most = most.max(fit.map_or(0, |fit| fit + own));
                }
                (most > 0).then_some((-most, request))
            };
            let requests = (0..problem.requests() as u32).into_par_iter().with_min_len(4096);
            gains.par_extend(
                requests
                    .map_init(
                        Default::default,
                        |lists, request| {
                            if self.takes(request) { None } else { gain(lists, request) }
                        },
                    )
                    .flatten(),
            );
        }
        gains.sort_unstable();
        gains.truncate(problem.units());
        for (_, request) in &gains {
            self.0[*request as usize] = true;
        }
        !gains.is_empty()
    }
}
