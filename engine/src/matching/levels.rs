//! The levels of a problem with quotas, one after the other.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use std::collections::BTreeMap;

use super::answer::{Bound, Certificate, Condition, Prices, Proof};
use super::balance::{Aim, Asked, Found, Level, NEVER, SCALE};
use super::graph::{ByMarks, Graph};
use super::housed::{Housed, NONE};
use super::problem::{BEST_FIT, Problem};
use super::search;

/// Requests that lack more than this part of the most points, at the prices without quotas, are looked at
/// only if prices ask for it.
const MARGIN: i64 = 10;

/// How much a level may look at before it states a gap: sides of splits times arcs. No clock decides, so
/// that the answer is the same everywhere.
const WORK: usize = 20_000_000;

/// The least and the most sides of splits.
const SIDES: (usize, usize) = (8, 4000);

/// The best answer, by request its unit as numbered inside, and its certificate.
pub(super) struct Balanced {
    pub unit_of: Vec<Option<u32>>,
    pub certificate: Certificate,
}

/// Finds the best answer; `housed` has as many attributions as can be, `attributions` is the proof.
pub(super) fn solve(problem: &Problem, housed: &Housed, attributions: Proof) -> Option<Balanced> {
    let quotas = problem.quotas.len();
    let mut run = Run::new(problem, housed);
    // How large the bases can be.
    let mut bases = Vec::new();
    let mut ranges = Vec::new();
    for q in 0..quotas {
        let smallest = run.level(Aim::Base(q, false))?;
        let largest = run.level(Aim::Base(q, true))?;
        ranges.push((-smallest.worth as u64, largest.worth as u64));
        bases.push([smallest.proof, largest.proof]);
    }
    run.bases = ranges;
    // The quotas, in order.
    let mut proofs = Vec::new();
    for (q, quota) in problem.quotas.iter().enumerate() {
        let found = run.level(Aim::Quota(q))?;
        let shortfall = (-found.worth).max(0) as u64;
        run.shortfalls[q] = Some(shortfall.div_ceil(u64::from(quota.denominator)));
        proofs.push(found.proof);
    }
    let Found { worth, proof: priority, first, .. } = run.level(Aim::Priority)?;
    let (room, total) = first?;
    let left = total - SCALE * worth;
    // The last level: units, and only what the room allows.
    let Prices::Cells(prices) = &room.prices else { return None };
    let (units, start) = Graph::of_units(problem, &run.at, &[], (&room, prices, left));
    let mut others = known(problem, &run, &room, left);
    if left > 0 {
        others.push(Asked { condition: Condition::Priority, at_least: true, least: worth });
    }
    let last = run.on(&units, Aim::Fit, others, BTreeMap::new());
    let Found { used, proof: fit, .. } = search::solve(&last, &start, Some(start.clone()))?;
    let mut unit_of = vec![None; problem.requests()];
    for (&request, &arc) in units.requests.iter().zip(&used) {
        if arc != NONE {
            unit_of[request as usize] = Some(units.arcs[arc as usize].column);
        }
    }
    let certificate = Certificate { attributions, bases, quotas: proofs, priority, room, fit };
    Some(Balanced { unit_of, certificate })
}

/// The levels so far.
struct Run<'p> {
    problem: &'p Problem,
    attributions: i64,
    /// By request: is it looked at? Most have too few points to be housed whatever the quotas.
    active: Vec<bool>,
    /// By request: the cell where it is housed for now.
    at: Vec<u32>,
    shortfalls: Vec<Option<u64>>,
    bases: Vec<(u64, u64)>,
}

impl<'p> Run<'p> {
    fn new(problem: &'p Problem, housed: &Housed) -> Run<'p> {
        let attributions = housed.cell_of.iter().filter(|c| **c != NONE).count() as i64;
        let prices = super::housed::prices(problem, housed);
        let margin = i64::from(problem.points.iter().copied().max().unwrap_or(0)) / MARGIN;
        let active = (0..problem.requests() as u32).map(|request| {
            let least = problem.open[problem.slots_of(request)].iter().map(|&c| prices[c as usize]).min();
            least.is_some_and(|least| super::housed::weight(problem, request) + margin >= least)
        });
        Run {
            problem,
            attributions,
            active: active.collect(),
            at: housed.cell_of.clone(),
            shortfalls: vec![None; problem.quotas.len()],
            bases: vec![(0, attributions as u64); problem.quotas.len()],
        }
    }

    fn on<'g>(
        &'g self,
        graph: &'g Graph,
        aim: Aim,
        others: Vec<Asked>,
        warm: BTreeMap<Condition, i64>,
    ) -> Level<'g> {
        Level {
            problem: self.problem,
            graph,
            aim,
            housed: weight_of_housing(self.problem, self.attributions),
            attributions: self.attributions,
            most: most(self.problem, self.attributions),
            shortfalls: self.shortfalls.clone(),
            bases: self.bases.clone(),
            others,
            warm,
            enough: if matches!(aim, Aim::Quota(_)) { 0 } else { i64::MAX },
            sides: (WORK / graph.arcs.len().max(1)).clamp(SIDES.0, SIDES.1),
        }
    }

    /// Solves a level by cells among the active requests, and adds those whom its prices do not keep out,
    /// until there are none: then its proof holds for all.
    fn level(&mut self, aim: Aim) -> Option<Found> {
        let mut warm = BTreeMap::new();
        loop {
            let graph = Graph::of_cells(self.problem, &self.active);
            let used = graph.used(&self.at);
            let known = (!matches!(aim, Aim::Base(..))).then(|| used.clone());
            let found = search::solve(&self.on(&graph, aim, Vec::new(), warm), &used, known)?;
            for (&request, &arc) in graph.requests.iter().zip(&found.used) {
                self.at[request as usize] = if arc == NONE { NONE } else { graph.arcs[arc as usize].column };
            }
            let mut bounds = Vec::new();
            leaves(&found.proof, &mut bounds);
            if !bounds.is_empty() {
                bounds.extend(found.first.as_ref().map(|(bound, _)| bound));
            }
            let more = self.kept_out_by_none(aim, &bounds);
            if more.is_empty() {
                return Some(found);
            }
            for request in more {
                self.active[request as usize] = true;
            }
            warm = found.first.map(|(b, _)| b.multipliers.into_iter().collect()).unwrap_or_default();
        }
    }

    /// The requests not looked at that would gain something at the prices of one of these bounds; those
    /// that would gain most, if they are many.
    fn kept_out_by_none(&self, aim: Aim, bounds: &[&Bound]) -> Vec<u32> {
        let problem = self.problem;
        let mut gains: Vec<(i64, u32)> = Vec::new();
        for bound in bounds {
            let Prices::Cells(prices) = &bound.prices else { continue };
            let mut by_marks = ByMarks::new(problem, &bound.multipliers);
            for request in (0..problem.requests() as u32).filter(|&r| !self.active[r as usize]) {
                let points = problem.points[request as usize];
                let gain = problem.slots_of(request).map(|slot| {
                    let marks = problem.marks(slot);
                    SCALE * aim.worth(problem, points, marks) + by_marks.of(marks)
                        - prices[problem.open[slot] as usize]
                });
                if let Some(gain) = gain.max().filter(|gain| *gain > 0) {
                    gains.push((-gain, request));
                }
            }
        }
        gains.sort_unstable();
        gains.truncate(problem.units().max(100));
        gains.into_iter().map(|(_, request)| request).collect()
    }
}

/// All bounds of a proof.
fn leaves<'b>(proof: &'b Proof, into: &mut Vec<&'b Bound>) {
    match proof {
        Proof::Nothing => {}
        Proof::Bound(bound) => into.push(bound),
        Proof::Split { without, with, .. } => {
            leaves(without, into);
            leaves(with, into);
        }
    }
}

/// The highest multiplier, in points, that is looked for: a condition may cost more than one pair is worth
/// where many must move for it.
fn most(problem: &Problem, count: i64) -> i64 {
    let worth = i64::from(problem.points.iter().copied().max().unwrap_or(0)).max(i64::from(BEST_FIT));
    (4 * (worth + 1) * (count + 1).min(64)).min((1 << 50) / (SCALE * largest_count(problem)))
}

/// The most that a pair counts in a condition, in either direction, together.
fn largest_count(problem: &Problem) -> i64 {
    problem.quotas.iter().map(|q| i64::from(q.denominator)).max().unwrap_or(1) + 1
}

/// More than anything else that an assignment can gain by housing one request less; but not so much that
/// sums of it overflow: then the proof may leave a gap.
fn weight_of_housing(problem: &Problem, count: i64) -> i64 {
    let each = SCALE * most(problem, count) * largest_count(problem);
    each.saturating_mul(2 * (count + 1)).min(i64::MAX / (NEVER * 1024))
}

/// What the room says of conditions that weigh something: by how much they can be exceeded.
fn known(problem: &Problem, run: &Run<'_>, room: &Bound, left: i64) -> Vec<Asked> {
    let mut known = Vec::new();
    for &(condition, weight) in &room.multipliers {
        let shortfall = |q: usize| run.shortfalls[q].unwrap_or(0) as i64;
        let least = match condition {
            Condition::Quota(q) => -shortfall(q) * i64::from(problem.quotas[q].denominator),
            Condition::Members(q) => problem.quotas[q].target(run.bases[q].0) as i64 - shortfall(q),
            _ => continue,
        };
        if weight > 0 {
            known.push(Asked { condition, at_least: false, least: -(least + left / weight) });
        }
    }
    known
}
