//! The best answer nearest to one that there was: what changed since, and no more; and what a quota costs.

#![expect(
    clippy::indexing_slicing,
    reason = "numbers of the problem, which its constructors check, and of answers to it"
)]

use std::time::Instant;

use super::super::answer::{Condition, Matching};
use super::super::numbers::{Cell, InnerUnit};
use super::super::problem::Problem;
use super::super::verify::reached;
use super::columns::NONE;
use super::levels::points_with_one_less;
use super::marks::counts;
use super::relink::cycles;
use super::solve::solve_from;
use super::start::{Duals, Near};

/// What a quota costs: the points, in all, that an answer gains if one member less is asked for, or one more
/// may lack; the levels before the points stay as they are. `matching` is the best answer.
///
/// It is found by solving that level again, from the answer. The multiplier of the certificate
/// ([`super::super::Certificate::quota_price`]) is an upper bound: where it is 0, so is this.
///
/// ```
/// # use logis_matching::{Pair, Problem, Quota, one_member_less, solve};
/// // One unit, two requests; the one with fewer points is the member that the quota asks for.
/// let pair = |request, marks| Pair { request, unit: 0, fit: 0, marks };
/// let all = Quota::new("tous", 1, 1);
/// let problem = Problem::from_pairs(vec![3, 10], 1, vec![pair(0, 0b11), pair(1, 0b01)], vec![all])?;
/// let matching = solve(&problem);
/// assert_eq!(matching.unit_of, [Some(0), None]);
/// assert_eq!(one_member_less(&problem, &matching, 0), 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn one_member_less(problem: &Problem, matching: &Matching, quota: usize) -> u64 {
    let Some(own) = problem.quotas().get(quota) else { return 0 };
    if matching.certificate.quota_price(quota, own).is_some_and(|(most, _)| most == 0) {
        return 0;
    }
    let duals = Duals::of(problem, &matching.certificate);
    let near = Near::new(problem, &matching.unit_of, Some(&duals));
    let shortfalls: Vec<u64> = matching.reached.quotas.iter().map(|own| own.shortfall).collect();
    let points = rayon::scope(|_| points_with_one_less(problem, &near, &shortfalls, quota));
    points.unwrap_or(0).saturating_sub(matching.reached.priority)
}

/// Finds the best answer, as [`super::solve`], and leaves as it was what can be: where households moved
/// only among themselves, at no gain on any level, they do not move.
///
/// `previous` says by request which unit it had, by the caller's number; what does not suit any more, or
/// is had twice, is passed over. Requests and units that come or go are those of a new [`Problem`]: the
/// answer to an unchanged problem stays the same to the last household. With the `duals` of the previous
/// answer the search begins where that one ended, and only what has changed takes time.
///
/// ```
/// # use logis_matching::{Duals, Pair, Problem, solve, solve_near, verify};
/// let pair = |request, unit| Pair { request, unit, fit: 500, marks: 0 };
/// let before = Problem::from_pairs(vec![7], 2, vec![pair(0, 0), pair(0, 1)], vec![])?;
/// let answer = solve(&before);
/// // Another request comes, with more points: it gets the unit that is free, the first one stays.
/// let now = Problem::from_pairs(vec![7, 9], 2, vec![pair(0, 0), pair(0, 1), pair(1, 0), pair(1, 1)], vec![])?;
/// let duals = Duals::of(&before, &answer.certificate);
/// let next = solve_near(&now, &answer.unit_of, Some(&duals));
/// assert_eq!(next.unit_of[0], answer.unit_of[0]);
/// verify(&now, &next)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn solve_near(problem: &Problem, previous: &[Option<u32>], duals: Option<&Duals>) -> Matching {
    solve_near_until(problem, previous, duals, None)
}

/// As [`solve_near`]; what is not proved when the clock comes to `until` is left with the gap that is open.
pub fn solve_near_until(
    problem: &Problem,
    previous: &[Option<u32>],
    duals: Option<&Duals>,
    until: Option<Instant>,
) -> Matching {
    let cell_of = problem.cell_of_units();
    let inside = problem.numbers_inside();
    let near = Near::new(problem, previous, duals);
    let mut matching = solve_from(problem, Some(&near), until);
    // Who goes back would have to choose a pair anew: what the search found stands.
    if problem.has_choices() {
        return matching;
    }
    let mut had = near.had;
    // Who holds a unit and is given none has its own.
    let number = |(request, unit): (u32, &Option<u32>)| match unit {
        Some(unit) => inside[*unit as usize],
        None => problem.home_unit(request).unwrap_or(InnerUnit::NONE),
    };
    let now: Vec<InnerUnit> = (0..).zip(&matching.unit_of).map(number).collect();
    newcomers(problem, &cell_of, &now, &mut had);
    // Who only changed places among themselves goes back, cycle by cycle, where no level notices.
    let column = |unit: InnerUnit| (unit != InnerUnit::NONE).then(|| unit.into());
    let cycles = cycles(&now, &had, problem.units(), column);
    let gone = Back { problem, cell_of: &cell_of }.gone(&cycles, &now, &had);
    // The units of a cycle are those of its rows before and after, so that no unit is given twice.
    for request in cycles.iter().zip(gone).filter(|(_, gone)| *gone).flat_map(|(cycle, _)| cycle) {
        let unit = had[*request as usize];
        let given = unit != InnerUnit::NONE && problem.home_unit(*request) != Some(unit);
        matching.unit_of[*request as usize] = given.then(|| problem.name(unit));
    }
    matching.reached = reached(problem, &matching.unit_of).unwrap_or_default();
    matching
}

/// Says of each request that is housed `now` and had nothing which unit it would have if the others stayed
/// where they were: what is left at the end of the chain of those who moved for it. It is added to what
/// requests `had`, so that a newcomer moves nobody without need.
fn newcomers(problem: &Problem, cell_of: &[Cell], now: &[InnerUnit], had: &mut [InnerUnit]) {
    let mut given = vec![false; problem.units()];
    for &unit in had.iter().filter(|unit| **unit != InnerUnit::NONE) {
        given[unit.index()] = true;
    }
    // By unit: the request that had it and is housed still.
    let mut before = vec![NONE; problem.units()];
    for (request, &unit) in (0_u32..).zip(&*had) {
        if unit != InnerUnit::NONE && now[request as usize] != InnerUnit::NONE {
            before[unit.index()] = request;
        }
    }
    for request in 0..now.len() {
        let mut unit = now[request];
        if unit == InnerUnit::NONE || had[request] != InnerUnit::NONE {
            continue;
        }
        // Each unit was had by one request and is given to one, so that the chain does not come back.
        while before[unit.index()] != NONE {
            unit = now[before[unit.index()] as usize];
        }
        let suits = problem.slot_or_stay(request as u32, cell_of[unit.index()]).is_some();
        if suits && !std::mem::replace(&mut given[unit.index()], true) {
            had[request] = unit;
        }
    }
}

/// The way back from an answer to the one before.
struct Back<'p> {
    problem: &'p Problem,
    cell_of: &'p [Cell],
}

impl Back<'_> {
    /// How many sums there are: tenants who have a unit, attributions, points, fit; then by quota its base and its
    /// members.
    fn width(&self) -> usize {
        4 + 2 * self.problem.quotas().len()
    }

    /// Adds what a request counts in a unit, `times` times; nothing if it is idle.
    fn count(&self, request: u32, unit: InnerUnit, times: i64, into: &mut [i64]) {
        let problem = self.problem;
        let Some(&cell) = self.cell_of.get(unit.index()) else { return };
        let Some(slot) = problem.slot_or_stay(request, cell) else { return };
        let marks = problem.marks(slot);
        let own = [
            i64::from(problem.home(request).is_some()),
            i64::from(problem.counts_in(request, cell)),
            i64::from(problem.points_in(request, cell)),
            i64::from(problem.fit(request, slot, unit)),
        ];
        let quotas = (0..problem.quotas().len()).flat_map(|q| {
            [Condition::BaseAtLeast(q), Condition::Members(q)].map(|own| counts(problem, own, marks))
        });
        for (sum, own) in into.iter_mut().zip(own.into_iter().chain(quotas)) {
            *sum += times * own;
        }
    }

    /// What it changes if the requests of a cycle go from one answer to another.
    fn change(&self, cycle: &[u32], from: &[InnerUnit], to: &[InnerUnit]) -> Vec<i64> {
        let mut change = vec![0; self.width()];
        for &request in cycle {
            self.count(request, from[request as usize], -1, &mut change);
            self.count(request, to[request as usize], 1, &mut change);
        }
        change
    }

    /// By cycle that leads from one answer to another: is it gone? All of them, if no level is worse for it;
    /// else one after the other those that make none worse.
    fn gone(&self, cycles: &[Vec<u32>], from: &[InnerUnit], to: &[InnerUnit]) -> Vec<bool> {
        let changes: Vec<Vec<i64>> = cycles.iter().map(|cycle| self.change(cycle, from, to)).collect();
        let add =
            |sums: &[i64], change: &[i64]| sums.iter().zip(change).map(|(a, b)| a + b).collect::<Vec<i64>>();
        let mut sums = vec![0; self.width()];
        for (request, &unit) in (0_u32..).zip(from) {
            self.count(request, unit, 1, &mut sums);
        }
        let all = changes.iter().fold(sums.clone(), |sums, change| add(&sums, change));
        if self.levels(&all) >= self.levels(&sums) {
            return vec![true; cycles.len()];
        }
        let go = |change: &Vec<i64>| {
            let after = add(&sums, change);
            let gone = self.levels(&after) >= self.levels(&sums);
            if gone {
                sums = after;
            }
            gone
        };
        changes.iter().map(go).collect()
    }

    /// The levels of an answer with these sums, in strict order; more is better.
    fn levels(&self, sums: &[i64]) -> Vec<i64> {
        let shortfall =
            |(q, own): (usize, &[i64])| (own[1] - self.problem.target(q, own[0].max(0) as u64) as i64).min(0);
        let shortfalls = sums[4..].chunks(2).enumerate().map(shortfall);
        // No tenant is left without a unit, whatever it brings.
        sums[..2].iter().copied().chain(shortfalls).chain([sums[2], sums[3]]).collect()
    }
}
