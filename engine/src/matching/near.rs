//! The best answer nearest to one that there was: what changed since, and no more.

#![expect(
    clippy::indexing_slicing,
    reason = "numbers of the problem, which its constructors check, and of answers to it"
)]

use super::answer::Matching;
use super::housed::NONE;
use super::problem::Problem;
use super::relink::cycles;
use super::solve;

/// Finds the best answer, as [`solve`], and leaves as it was what can be: where households moved only
/// among themselves, at no gain on any level, they do not move.
///
/// `previous` says by request which unit it had, by the caller's number; what does not suit any more, or
/// is had twice, is passed over. Requests and units that come or go are those of a new [`Problem`]: the
/// answer to an unchanged problem stays the same to the last household.
pub fn solve_near(problem: &Problem, previous: &[Option<u32>]) -> Matching {
    let mut matching = solve(problem);
    let cell_of = problem.cell_of_units();
    let inside = problem.numbers_inside();
    let now: Vec<u32> =
        matching.unit_of.iter().map(|unit| unit.map_or(NONE, |unit| inside[unit as usize])).collect();
    let mut had = vec![NONE; now.len()];
    let mut given = vec![false; problem.units()];
    for (request, unit) in (0_u32..).zip(previous).take(now.len()) {
        let Some(&unit) = unit.and_then(|unit| inside.get(unit as usize)) else { continue };
        let suits = problem.slot(request, cell_of[unit as usize]).is_some();
        if suits && !std::mem::replace(&mut given[unit as usize], true) {
            had[request as usize] = unit;
        }
    }
    // Who is new would have, if the others stayed where they were, what is left at the end of the chain of
    // those who moved for it.
    let mut before = vec![NONE; problem.units()];
    for (request, &unit) in (0_u32..).zip(&had) {
        if unit != NONE && now[request as usize] != NONE {
            before[unit as usize] = request;
        }
    }
    for request in 0..now.len() {
        let mut unit = now[request];
        if unit == NONE || had[request] != NONE {
            continue;
        }
        while before[unit as usize] != NONE {
            unit = now[before[unit as usize] as usize];
        }
        if problem.slot(request as u32, cell_of[unit as usize]).is_some() {
            had[request] = unit;
        }
    }
    // What a request counts on each level where it is.
    let counts = |request: u32, unit: u32, sign: i64, into: &mut Vec<i64>| {
        let Some(slot) = cell_of.get(unit as usize).and_then(|&cell| problem.slot(request, cell)) else {
            return;
        };
        let marks = problem.marks(slot);
        let own = [1, i64::from(problem.points(request)), i64::from(problem.fit(request, slot, unit))];
        let quotas = (0..2 * problem.quotas().len()).map(|bit| i64::from(marks >> bit & 1));
        for (sum, own) in into.iter_mut().zip(own.into_iter().chain(quotas)) {
            *sum += sign * own;
        }
    };
    for cycle in cycles(&now, &had, problem.units(), |unit| unit) {
        let mut change = vec![0; 3 + 2 * problem.quotas().len()];
        for &request in &cycle {
            counts(request, now[request as usize], -1, &mut change);
            counts(request, had[request as usize], 1, &mut change);
        }
        if change.iter().all(|c| *c == 0) {
            for &request in &cycle {
                let unit = had[request as usize];
                matching.unit_of[request as usize] = (unit != NONE).then(|| problem.name(unit));
            }
        }
    }
    matching
}
