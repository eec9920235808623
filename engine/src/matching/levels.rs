//! The levels of a problem with quotas, one after the other.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use super::answer::{Bound, Certificate, Condition, Prices, Proof};
use super::balance::{Aim, Asked, Found, Graph, Level, SCALE};
use super::housed::{Housed, NONE};
use super::problem::{BEST_FIT, Problem};
use super::simplex::Arc;

/// How many sides of splits a level may look at before it states a gap.
const SIDES: usize = 4000;

/// The best answer, by request its unit as numbered inside, and its certificate.
pub(super) struct Balanced {
    pub unit_of: Vec<Option<u32>>,
    pub certificate: Certificate,
}

/// Finds the best answer; `housed` has as many attributions as can be, `attributions` is the proof.
pub(super) fn solve(problem: &Problem, housed: &Housed, attributions: Proof) -> Option<Balanced> {
    let quotas = problem.quotas.len();
    let graph = cells(problem);
    let mut used = used_cells(problem, &graph, housed);
    let count = used.iter().filter(|a| **a != NONE).count() as i64;
    let mut level = Level {
        problem,
        graph: &graph,
        aim: Aim::Priority,
        housed: weight_of_housing(problem, count),
        attributions: count,
        most: most(problem, count),
        shortfalls: vec![None; quotas],
        bases: vec![(0, count as u64); quotas],
        others: Vec::new(),
        enough: i64::MAX,
        sides: SIDES,
    };
    // How large the bases can be.
    let mut bases = Vec::new();
    let mut ranges = Vec::new();
    for q in 0..quotas {
        level.aim = Aim::Base(q, false);
        let smallest = level.solve(&used, None)?;
        level.aim = Aim::Base(q, true);
        let largest = level.solve(&used, None)?;
        ranges.push((-smallest.worth as u64, largest.worth as u64));
        bases.push([smallest.proof, largest.proof]);
    }
    level.bases = ranges;
    // The quotas, in order.
    let mut proofs = Vec::new();
    for (q, quota) in problem.quotas.iter().enumerate() {
        level.aim = Aim::Quota(q);
        level.enough = 0;
        let found = level.solve(&used, Some(used.clone()))?;
        let shortfall = (-found.worth).max(0) as u64;
        level.shortfalls[q] = Some(shortfall.div_ceil(u64::from(quota.denominator)));
        used = found.used;
        proofs.push(found.proof);
    }
    level.enough = i64::MAX;
    level.aim = Aim::Priority;
    let Found { used, worth, proof: priority, first } = level.solve(&used, Some(used.clone()))?;
    let (room, total) = first?;
    let left = total - SCALE * worth;
    // The last level: units, and only what the room allows.
    let Prices::Cells(prices) = &room.prices else { return None };
    let (units, start) = face(problem, &graph, &used, &room, prices, left);
    let mut others = known(problem, &level, &room, left);
    if left > 0 {
        others.push(Asked { condition: Condition::Priority, at_least: true, least: worth });
    }
    let last = Level {
        graph: &units,
        aim: Aim::Fit,
        others,
        shortfalls: level.shortfalls.clone(),
        bases: level.bases.clone(),
        ..level
    };
    let Found { used, proof: fit, .. } = last.solve(&start, Some(start.clone()))?;
    let mut unit_of = vec![None; problem.requests()];
    for (&request, &arc) in units.requests.iter().zip(&used) {
        if arc != NONE {
            unit_of[request as usize] = Some(units.arcs[arc as usize].column);
        }
    }
    let certificate = Certificate { attributions, bases, quotas: proofs, priority, room, fit };
    Some(Balanced { unit_of, certificate })
}

/// The highest multiplier, in points, that is looked for: a condition may cost more than one pair is worth
/// where many must move for it.
fn most(problem: &Problem, count: i64) -> i64 {
    let worth = i64::from(problem.points.iter().copied().max().unwrap_or(0)).max(i64::from(BEST_FIT));
    4 * (worth + 1) * (count + 1).min(64)
}

/// More than anything else that an assignment can gain by housing one request less.
fn weight_of_housing(problem: &Problem, count: i64) -> i64 {
    let shares = problem.quotas.iter().map(|q| i64::from(q.denominator)).max().unwrap_or(1);
    SCALE * most(problem, count) * (shares + 1) * 2 * (count + 1)
}

/// All requests that want something, facing the cells.
fn cells(problem: &Problem) -> Graph {
    let requests: Vec<u32> =
        (0..problem.requests() as u32).filter(|&r| !problem.slots_of(r).is_empty()).collect();
    let (mut arcs, mut slots) = (Vec::new(), Vec::new());
    for (row, &request) in (0_u32..).zip(&requests) {
        for slot in problem.slots_of(request) {
            arcs.push(Arc { row, column: problem.open[slot] });
            slots.push(slot);
        }
    }
    Graph {
        row_must: vec![false; requests.len()],
        requests,
        capacity: problem.cells.windows(2).map(|w| w[1] - w[0]).collect(),
        column_must: vec![false; problem.cell_count()],
        arcs,
        slots,
        fits: Vec::new(),
        by_unit: false,
    }
}

/// By row: its arc where it is housed.
fn used_cells(problem: &Problem, graph: &Graph, housed: &Housed) -> Vec<u32> {
    let mut used = vec![NONE; graph.requests.len()];
    for (at, (arc, _)) in graph.arcs.iter().zip(&graph.slots).enumerate() {
        if housed.cell_of[graph.requests[arc.row as usize] as usize] == arc.column {
            used[arc.row as usize] = at as u32;
        }
    }
    debug_assert!(graph.requests.len() <= problem.requests());
    used
}

/// What the room says of conditions that weigh something: by how much they can be exceeded.
fn known(problem: &Problem, level: &Level<'_>, room: &Bound, left: i64) -> Vec<Asked> {
    let mut known = Vec::new();
    for &(condition, weight) in &room.multipliers {
        let shortfall = |q: usize| level.shortfalls[q].unwrap_or(0) as i64;
        let least = match condition {
            Condition::Quota(q) => -shortfall(q) * i64::from(problem.quotas[q].denominator),
            Condition::Members(q) => problem.quotas[q].target(level.bases[q].0) as i64 - shortfall(q),
            _ => continue,
        };
        if weight > 0 {
            known.push(Asked { condition, at_least: false, least: -(least + left / weight) });
        }
    }
    known
}

/// The pairs that lose no more than the room left: requests facing units, and the assignment by cells as
/// one of these pairs.
fn face(
    problem: &Problem,
    graph: &Graph,
    used: &[u32],
    room: &Bound,
    prices: &[i64],
    left: i64,
) -> (Graph, Vec<u32>) {
    let weight = |slot: usize, request: u32| {
        let marks = problem.marks(slot);
        let by: i64 = room
            .multipliers
            .iter()
            .map(|&(condition, weight)| weight * super::balance::counts(problem, condition, marks))
            .sum();
        SCALE * i64::from(problem.points[request as usize]) + by - prices[problem.open[slot] as usize]
    };
    let mut units = Graph {
        requests: Vec::new(),
        row_must: Vec::new(),
        capacity: vec![1; problem.units()],
        column_must: Vec::with_capacity(problem.units()),
        arcs: Vec::new(),
        slots: Vec::new(),
        fits: Vec::new(),
        by_unit: true,
    };
    for (cell, &price) in (0_u32..).zip(prices) {
        units.column_must.extend(problem.units_of(cell).map(|_| price > left));
    }
    let mut next: Vec<u32> = problem.cells.clone();
    let mut start = Vec::new();
    let mut gains: Vec<(usize, i64)> = Vec::new();
    for (&request, &own) in graph.requests.iter().zip(used) {
        gains.clear();
        gains.extend(problem.slots_of(request).map(|slot| (slot, weight(slot, request))));
        let worth = gains.iter().map(|g| g.1).max().unwrap_or(0).max(0);
        gains.retain(|(_, gain)| worth - gain <= left);
        if gains.is_empty() {
            continue;
        }
        let row = units.requests.len() as u32;
        let home = if own == NONE { NONE } else { graph.arcs[own as usize].column };
        let mut first = NONE;
        for &(slot, _) in &gains {
            let cell = problem.open[slot];
            let range = problem.units_of(cell);
            if cell == home {
                // Any unit of the cell will do to begin with.
                first = units.arcs.len() as u32 + (next[cell as usize] - range.start);
                next[cell as usize] += 1;
            }
            problem.fits.fill(request, slot, range.clone(), &mut units.fits);
            units.arcs.extend(range.map(|column| Arc { row, column }));
            units.slots.resize(units.arcs.len(), slot);
        }
        units.requests.push(request);
        units.row_must.push(worth > left);
        start.push(first);
    }
    (units, start)
}
