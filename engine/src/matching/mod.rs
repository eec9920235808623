//! Matching: which request gets which unit, optimally and with a proof.
//!
//! The levels of an answer, each fixed before the next is looked at: the most attributions; the shares
//! that quotas ask for, as small a shortfall as possible, in their order; the most points of those
//! housed; the best fit. [`solve`] finds the answer, [`verify`] checks its certificate without knowing
//! how it was found.

mod answer;
mod face;
mod fit;
mod housed;
mod problem;
mod verify;

use rayon::prelude::*;

pub use answer::{Bound, Certificate, Condition, Matching, Prices, Proof, QuotaReached, Reached, Split};
pub use problem::{BEST_FIT, Fits, MOST_POINTS, MOST_QUOTAS, Pair, Problem, ProblemError, Quota};
pub use verify::{Gaps, Level, ProofError, gaps, reached, verify};

use fit::Fitted;

/// Finds the best answer, and proves it.
///
/// The answer depends on the numbers of requests and units only, not on the number of threads.
pub fn solve(problem: &Problem) -> Matching {
    let housed = housed::house(problem);
    let prices = housed::prices(problem, &housed);
    let parts = face::parts(problem, &prices);
    let fitted: Vec<Fitted> = parts.par_iter().map(|part| fit::assign(problem, part, &prices)).collect();
    let mut unit_of = vec![None; problem.requests()];
    for (request, unit) in fitted.iter().flat_map(|f| &f.pairs) {
        if let Some(slot) = unit_of.get_mut(*request as usize) {
            *slot = Some(problem.name(*unit));
        }
    }
    let certificate = certify(problem, &housed.full, &prices, &fitted);
    let reached = reached(problem, &unit_of).unwrap_or_default();
    Matching { unit_of, reached, certificate }
}

/// The proofs of an answer without quotas, from the prices of its levels.
fn certify(problem: &Problem, full: &[bool], prices: &[i64], fitted: &[Fitted]) -> Certificate {
    let bound = |scale, multipliers, prices| Proof::Bound(Bound { scale, multipliers, prices });
    // One more attribution would have to be in a cell that is not full for good.
    let covering = full.iter().map(|&full| i64::from(full)).collect();
    // The last level weighs the one before so much that prices in fits never outdo one point.
    let most = fitted.iter().flat_map(|f| &f.prices).map(|(_, p)| p.abs()).max().unwrap_or(0);
    let point = 2 * most + i64::from(BEST_FIT) + 1;
    let mut by_unit = Vec::with_capacity(problem.units());
    for (cell, price) in (0_u32..).zip(prices) {
        by_unit.extend(problem.units_of(cell).map(|_| price * point));
    }
    for (unit, price) in fitted.iter().flat_map(|f| &f.prices) {
        if let Some(own) = by_unit.get_mut(*unit as usize) {
            *own += price;
        }
    }
    Certificate {
        attributions: bound(1, vec![], Prices::Cells(covering)),
        quotas: problem.quotas().iter().map(|_| Proof::Nothing).collect(),
        priority: bound(1, vec![(Condition::Attributions, 1)], Prices::Cells(prices.to_vec())),
        fit: bound(
            1,
            vec![(Condition::Attributions, point), (Condition::Priority, point)],
            Prices::Units(by_unit),
        ),
    }
}
