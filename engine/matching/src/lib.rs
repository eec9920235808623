//! Matching: which request gets which unit, optimally and with a proof.
//!
//! The levels of an answer, each fixed before the next is looked at: the most attributions; the shares
//! that quotas ask for, as small a shortfall as possible, in their order; the most points of those
//! housed; the best fit. [`solve`] finds the answer, [`verify`] checks its certificate without knowing
//! how it was found.

mod answer;
mod balance;
mod by_key;
mod cells;
mod face;
mod fit;
mod forest;
mod graph;
mod housed;
mod levels;
mod multipliers;
mod near;
mod problem;
mod relink;
mod search;
mod simplex;
mod stay;
mod verify;

use rayon::prelude::*;

pub use answer::{
    Bound, Certificate, Condition, DEEPEST, Matching, Prices, Proof, QuotaReached, Reached, Split,
};
pub use near::{Duals, one_member_less, solve_near};
pub use problem::{BEST_FIT, Fits, MOST_POINTS, MOST_QUOTAS, Pair, Problem, ProblemError, Quota};
pub use verify::{Gaps, Level, ProofError, Shape, gaps, reached, verify, well_formed};

use fit::Fitted;
use near::Near;

/// The hash of this build of the crate.
pub const BUILD: &str = env!("LOGIS_BUILD");

/// Finds the best answer, and proves it.
///
/// The answer depends on the numbers of requests and units only, not on the number of threads.
pub fn solve(problem: &Problem) -> Matching {
    solve_from(problem, None)
}

/// The best answer, looked for from one that there was.
fn solve_from(problem: &Problem, near: Option<&Near>) -> Matching {
    // Once among the threads that share the work, not at every step.
    rayon::scope(|_| solve_here(problem, near))
}

fn solve_here(problem: &Problem, near: Option<&Near>) -> Matching {
    let housed = housed::house(problem, near.map_or(&[], |near| &near.cells));
    // One more attribution would have to be in a cell that is not full for good.
    let covering = housed.full.iter().map(|&full| i64::from(full)).collect();
    let attributions = bound(vec![], Prices::Cells(covering));
    let (unit_of, certificate) = if problem.quotas().is_empty() {
        without_quotas(problem, &housed, attributions, near)
    } else {
        match levels::solve(problem, &housed, attributions.clone(), near) {
            Some(balanced) => (balanced.unit_of, balanced.certificate),
            // The most points without quotas then, of which the proof says nothing about the quotas.
            None => {
                let (unit_of, mut certificate) = without_quotas(problem, &housed, attributions, near);
                certificate.quotas = vec![Proof::Nothing; problem.quotas().len()];
                certificate.bases = vec![[Proof::Nothing, Proof::Nothing]; problem.quotas().len()];
                (unit_of, certificate)
            }
        }
    };
    let name = |unit: Option<u32>| unit.map(|unit| problem.name(unit));
    let unit_of: Vec<Option<u32>> = unit_of.into_iter().map(name).collect();
    let reached = reached(problem, &unit_of).unwrap_or_default();
    Matching { unit_of, reached, certificate }
}

/// A proof in whole points.
fn bound(multipliers: Vec<(Condition, i64)>, prices: Prices) -> Proof {
    Proof::Bound(Bound { scale: 1, multipliers, prices })
}

/// The best answer where there are no quotas: the face of the most points, part by part.
fn without_quotas(
    problem: &Problem,
    housed: &housed::Housed,
    attributions: Proof,
    near: Option<&Near>,
) -> (Vec<Option<u32>>, Certificate) {
    let prices = housed::prices(problem, housed);
    let parts = face::parts(problem, &prices);
    let fitted: Vec<Fitted> =
        parts.par_iter().map(|part| fit::assign(problem, part, &prices, near)).collect();
    let mut unit_of = vec![None; problem.requests()];
    let mut by_unit = vec![0; problem.units()];
    for fitted in &fitted {
        for &(request, unit) in &fitted.pairs {
            if let Some(slot) = unit_of.get_mut(request as usize) {
                *slot = Some(unit);
            }
        }
        for &(unit, price) in &fitted.prices {
            if let Some(slot) = by_unit.get_mut(unit as usize) {
                *slot = price;
            }
        }
    }
    let room =
        Bound { scale: 1, multipliers: vec![(Condition::Attributions, 1)], prices: Prices::Cells(prices) };
    let certificate = Certificate {
        attributions,
        bases: Vec::new(),
        quotas: Vec::new(),
        priority: Proof::Bound(room.clone()),
        room,
        fit: bound(vec![], Prices::Units(by_unit)),
    };
    (unit_of, certificate)
}
