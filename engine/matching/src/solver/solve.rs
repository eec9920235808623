//! The best answer to a problem, and its certificate.

use std::time::Instant;

use rayon::prelude::*;

use super::super::answer::{Bound, Certificate, Condition, Matching, Prices, Proof};
use super::super::numbers::InnerUnit;
use super::super::problem::Problem;
use super::super::verify::reached_by;
use super::assign::{Fitted, assign};
use super::face::parts;
use super::housed::{Housed, house, prices};
use super::levels;
use super::start::Near;

/// Finds the best answer, and proves it.
///
/// The answer depends on the numbers of requests and units only, not on the number of threads.
pub fn solve(problem: &Problem) -> Matching {
    solve_from(problem, None, None)
}

/// As [`solve`], or near an answer of before (see [`super::solve_near`]); what is not proved when the clock comes to
/// `until` is left with the gap that is open. Where that happens, the answer depends on the machine.
pub fn solve_until(problem: &Problem, until: Instant) -> Matching {
    solve_from(problem, None, Some(until))
}

/// The best answer; the search begins at one that there was, if there was one.
pub(super) fn solve_from(problem: &Problem, near: Option<&Near>, until: Option<Instant>) -> Matching {
    // Once among the threads that share the work, not at every step.
    rayon::scope(|_| solve_here(problem, near, until))
}

fn solve_here(problem: &Problem, near: Option<&Near>, until: Option<Instant>) -> Matching {
    let housed = house(problem, near.map_or(&[], |near| &near.cells));
    if problem.has_tenants() {
        return with_tenants(problem, &housed, near, until);
    }
    // At a price of 1 for units of the cells that are full for good and of 0 for others, the bound is the
    // units of those cells and the requests that another cell is open to: the first are all given, and the
    // others all housed elsewhere, so that no answer has more (König).
    let covering = housed.full.iter().map(|&full| i64::from(full)).collect();
    let attributions = bound(vec![], Prices::Cells(covering));
    let ((unit_of, certificate), marks_of) = if problem.quotas().is_empty() {
        (without_quotas(problem, &housed, attributions, near), Vec::new())
    } else {
        match levels::solve(problem, &housed, Some(attributions.clone()), near, until) {
            Some(balanced) => ((balanced.unit_of, balanced.certificate), balanced.marks_of),
            // The most points without quotas then, of which the proof says nothing about the quotas.
            None => {
                let (unit_of, mut certificate) = without_quotas(problem, &housed, attributions, near);
                certificate.quotas = vec![Proof::Nothing; problem.quotas().len()];
                certificate.bases = vec![[Proof::Nothing, Proof::Nothing]; problem.quotas().len()];
                ((unit_of, certificate), Vec::new())
            }
        }
    };
    told(problem, unit_of, marks_of, certificate)
}

/// An answer in the caller's numbers, in which tenants that stay are given nothing.
fn told(
    problem: &Problem,
    unit_of: Vec<Option<InnerUnit>>,
    marks_of: Vec<u64>,
    certificate: Certificate,
) -> Matching {
    let name = |(request, unit): (u32, Option<InnerUnit>)| {
        let moved = unit.filter(|_| unit != problem.home_unit(request));
        moved.map(|unit| problem.name(unit))
    };
    let unit_of: Vec<Option<u32>> = (0..).zip(unit_of).map(name).collect();
    let marks_of = if problem.has_choices() { marks_of } else { Vec::new() };
    let reached = reached_by(problem, &unit_of, &marks_of).unwrap_or_default();
    Matching { unit_of, marks_of, reached, certificate }
}

/// The best answer where some requests hold a unit: each level is searched for, the number of attributions, too.
fn with_tenants(problem: &Problem, housed: &Housed, near: Option<&Near>, until: Option<Instant>) -> Matching {
    if let Some(found) = levels::solve(problem, housed, None, near, until) {
        return told(problem, found.unit_of, found.marks_of, found.certificate);
    }
    // Everybody stays, and nothing is proved; the room of no price is one.
    let quotas = problem.quotas().len();
    let prices = Prices::Cells(vec![0; problem.cell_count()]);
    let certificate = Certificate {
        attributions: Proof::Nothing,
        bases: vec![[Proof::Nothing, Proof::Nothing]; quotas],
        quotas: vec![Proof::Nothing; quotas],
        priority: Proof::Nothing,
        room: Bound { scale: 1, multipliers: vec![], prices },
        fit: Proof::Nothing,
    };
    told(problem, vec![None; problem.requests()], Vec::new(), certificate)
}

/// A proof in whole points.
fn bound(multipliers: Vec<(Condition, i64)>, prices: Prices) -> Proof {
    Proof::Bound(Bound { scale: 1, multipliers, prices })
}

/// The best answer where there are no quotas: the face of the most points, part by part.
fn without_quotas(
    problem: &Problem,
    housed: &Housed,
    attributions: Proof,
    near: Option<&Near>,
) -> (Vec<Option<InnerUnit>>, Certificate) {
    let prices = prices(problem, housed);
    // Parts share no request and no unit, so that each is assigned by itself, on any thread.
    let parts = parts(problem, &prices);
    let fitted: Vec<Fitted> = parts.par_iter().map(|part| assign(problem, part, &prices, near)).collect();
    let mut unit_of = vec![None; problem.requests()];
    let mut by_unit = vec![0; problem.units()];
    for fitted in &fitted {
        for &(request, unit) in &fitted.pairs {
            if let Some(slot) = unit_of.get_mut(request as usize) {
                *slot = Some(unit);
            }
        }
        for &(unit, price) in &fitted.prices {
            if let Some(slot) = by_unit.get_mut(unit.index()) {
                *slot = price;
            }
        }
    }
    // A point and one for being housed is what `prices` weighs: as a bound of the points it is exact, so that
    // it is the room of the fit too.
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
