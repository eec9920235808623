//! The levels of a problem with quotas, one after the other.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use std::collections::BTreeMap;
use std::time::Instant;

use rayon::prelude::*;

use super::super::answer::{Bound, Certificate, Condition, Prices, Proof};
use super::super::numbers::{Cell, InnerUnit};
use super::super::problem::{BEST_FIT, Problem};
use super::columns::NONE;
use super::fit::CROWD;
use super::forest::Forest;
use super::graph::Graph;
use super::housed::{Housed, by_points, house, house_in_order, prices, weight};
use super::looked::{Looked, MANY};
use super::marks::{SCALE, by_kind};
use super::search::{self, Aim, Asked, Found, Level, NEVER, Never};
use super::sift::{Room, Sifted};
use super::start::Near;
use super::stay::{Choice, stay};

/// Requests that lack more than one in `MARGIN` of the most points, at the prices without quotas, are looked
/// at only if prices ask for it (*column generation*). Measured on `d100k` with quotas: a fifth of the most
/// points takes 31 % more, a twentieth 20 % less (`d10k-hard`: 11 % more, 13 % less); `random` does not
/// notice.
const MARGIN: i64 = 10;

/// How much the levels may look at before they state gaps: moves of multipliers times arcs, and rows times conditions. Each level
/// may take its part of what those before have left. No clock decides, so that every machine gives one answer. It is for
/// what would take minutes, as many shares that contradict each other (`benches/peers/shares.py`).
const WORK: usize = 200_000_000;

/// Moves of multipliers that every level may make, however large it is: those of two sides. Others were not measured on large
/// instances.
const LEAST: usize = 2 * search::MOVES;

/// The most sides of splits, however few arcs there are. Measured on 20 random problems of 40 requests
/// and 20 units with seven quotas near a half: half as many prove all 20 too, 400 leave one with a gap (in 9
/// s of processor time for 15), 40 three (in 2 s); no answer is worse for it.
const SIDES: usize = 4000;

/// A condition may cost more points than one pair is worth, where a chain of households must move for it. A
/// multiplier is looked for up to `DEAREST` times the worth of a pair for each household of such a chain, of
/// which `CHAIN` are counted at most: beyond, a level states a gap. Half or double of either changes nothing
/// beyond noise on `d100k` and `d10k-hard` with quotas and on `random`; 1 for both leaves 2 of 4 of the random
/// problems with a gap.
const DEAREST: i64 = 4;
const CHAIN: i64 = 64;

/// Nothing is dearer to leave idle: prices of so much and of all else together stay within what certificates take.
const MOST_NEVER: i64 = 1 << 57;

/// A round of [`Run::level`] adds as many requests as there are units at most, or this many where units are
/// fewer. Half or double changes nothing beyond noise.
const ADDED: usize = 100;

/// The best answer, by request its unit, and its certificate.
pub(super) struct Balanced {
    pub unit_of: Vec<Option<InnerUnit>>,
    /// By request that is housed: the marks of its pair.
    pub marks_of: Vec<u64>,
    pub certificate: Certificate,
}

/// Finds the best answer; `housed` has as many attributions as can be, and the most points; `attributions`
/// is the proof. Without one, for a problem with tenants, how many there can be is the first level of the search. The
/// search begins `near` an answer of before, if there was one.
pub(super) fn solve(
    problem: &Problem,
    housed: &Housed,
    attributions: Option<Proof>,
    near: Option<&Near>,
    until: Option<Instant>,
) -> Option<Balanced> {
    let mut run = Run::new(problem, housed, near, until);
    let attributions = match attributions {
        Some(proof) => proof,
        None => run.attributions()?,
    };
    let bases = run.ranges()?;
    // The quotas, in order.
    let mut proofs = Vec::new();
    for (q, quota) in problem.quotas.iter().enumerate() {
        let found = run.level(Aim::Quota(q))?;
        let shortfall = (quota.owed() - found.worth).max(0) as u64;
        let lacking = shortfall.div_ceil(u64::from(quota.denominator));
        run.shortfalls[q] = Some(lacking.saturating_sub(problem.allowed(q)));
        proofs.push(found.proof);
    }
    let Found { worth, proof: priority, first, .. } = run.level(Aim::Priority)?;
    // How far the first bound of the points is above the points reached: what pairs of the answer may lose.
    let (room, total) = first?;
    let left = total - SCALE * worth;
    // The last level: units, and only what the room allows.
    let Prices::Cells(prices) = &room.prices else { return None };
    let had = near.map_or(&[][..], |near| &near.had);
    let space = Room::new(problem, &room, prices, left);
    // Beside the conditions of the levels before: none may be exceeded by more than the room allows, and the
    // points stay as they are (unless the room is 0, when only pairs without a loss are left).
    let mut others = known(problem, &run, &room, left);
    if left > 0 {
        others.push(Asked { condition: Condition::Priority, at_least: true, least: worth });
    }
    let dual = near.and_then(|near| near.duals.as_ref()).map(|duals| &duals.fit);
    let mut warm = dual.map(|dual| dual.multipliers.clone()).unwrap_or_default();
    let mut sifted = Sifted::new(problem, &space, &run.at, had);
    let (units, Found { used, worth: fits, proof: fit, .. }) = loop {
        let (units, start) = Graph::of_units(problem, (&run.at, &run.marks_at), had, (&space, &sifted));
        let last = run.on(&units, Aim::Fit, others.clone(), warm);
        let prices = dual.map(|dual| dual.prices(last.housed));
        let forest = Forest::new(&units.capacity, &units.arcs, &start);
        let found = search::solve(&last, forest, prices.as_deref(), Some(start))?;
        run.work.0 = run.work.0.saturating_sub(found.moves * run.each_move(&units));
        let mut bounds = found.proof.bounds();
        bounds.extend(found.first.as_ref().map(|(bound, _)| bound));
        if !sifted.more(problem, &space, (&found.proof, &bounds)) {
            break (units, found);
        }
        warm = found.first.map(|(bound, _)| bound.multipliers.into_iter().collect()).unwrap_or_default();
    };
    let mut at = vec![InnerUnit::NONE; problem.requests()];
    let mut marks_of = vec![0; problem.requests()];
    for (&request, &arc) in units.requests.iter().zip(&used) {
        if arc != NONE {
            at[request as usize] = units.arcs[arc as usize].column.unit();
            marks_of[request as usize] = units.marks_of(arc);
        }
    }
    if near.is_some()
        && let Some(Bound { prices: Prices::Units(prices), .. }) = fit.bounds().first()
    {
        stay_among(&units, &used, prices, had, &mut at);
    }
    if near.is_some() {
        others.push(Asked { condition: Condition::Fit, at_least: true, least: fits });
        keep(run.on(&units, Aim::Kept, others, BTreeMap::new()), had, (&mut at, &mut marks_of));
    }
    let unit_of = at.into_iter().map(|unit| (unit != InnerUnit::NONE).then_some(unit)).collect();
    let certificate = Certificate { attributions, bases, quotas: proofs, priority, room, fit };
    Some(Balanced { unit_of, marks_of, certificate })
}

/// The most points of any answer with as many attributions and no more lacking of each quota than in this one,
/// but for one member more of `quota`. The search begins at this answer.
pub(super) fn points_with_one_less(
    problem: &Problem,
    near: &Near,
    shortfalls: &[u64],
    quota: usize,
) -> Option<u64> {
    let housed = house(problem, &near.cells);
    let mut run = Run::new(problem, &housed, Some(near), None);
    if problem.has_tenants() {
        run.attributions()?;
    }
    run.ranges()?;
    run.shortfalls =
        shortfalls.iter().enumerate().map(|(q, &own)| Some(own + u64::from(q == quota))).collect();
    u64::try_from(run.level(Aim::Priority)?.worth).ok()
}

/// Of the answers that are as good at these prices, with the same requests housed by pairs of the same marks,
/// takes one in which most are where they were. `at` has by request its unit.
fn stay_among(graph: &Graph, used: &[u32], prices: &[i64], had: &[InnerUnit], at: &mut [InnerUnit]) {
    // A row may take any column by an arc of the kind that it has, if it gains as much: no condition notices.
    let by_row = graph.arcs.chunk_by(|a, b| a.row == b.row);
    let mut first = 0;
    let (mut requests, mut choices) = (Vec::new(), Vec::new());
    for arcs in by_row {
        let row = arcs[0].row as usize;
        let range = first..first + arcs.len();
        first = range.end;
        let own = used[row];
        if own == NONE {
            continue;
        }
        let gain = |arc: usize| SCALE * i64::from(graph.fits[arc]) - prices[graph.arcs[arc].column.index()];
        let alike =
            |arc: &usize| graph.kind[*arc] == graph.kind[own as usize] && gain(*arc) == gain(own as usize);
        let request = graph.requests[row];
        requests.push(request);
        choices.push(Choice {
            columns: range.filter(alike).map(|arc| graph.arcs[arc].column).collect(),
            idle: false,
            now: graph.arcs[own as usize].column,
            had: had[request as usize].into(),
        });
    }
    let costs: Vec<bool> = prices.iter().map(|p| *p != 0).collect();
    for (request, unit) in requests.into_iter().zip(stay(&choices, &costs, false)) {
        at[request as usize] = unit.unit();
    }
}

/// Of all answers that reach as much at every level, takes one in which most are where they were, or the best of them that
/// the search finds. `at` has by request its unit, `marks_of` the marks of its pair, and `level` the conditions.
fn keep(mut level: Level<'_>, had: &[InnerUnit], (at, marks_of): (&mut [InnerUnit], &mut [u64])) {
    let graph = level.graph;
    let request = |row: u32| graph.requests[row as usize] as usize;
    level.kept = graph.arcs.iter().map(|arc| arc.column == had[request(arc.row)].into()).collect();
    // Whoever had a unit that is still possible could stay there: more there cannot be.
    level.enough = level.kept.iter().filter(|kept| **kept).count() as i64;
    let used = graph.used(at, marks_of);
    let forest = Forest::new(&graph.capacity, &graph.arcs, &used);
    let Some(found) = search::solve(&level, forest, None, Some(used)) else { return };
    for (&request, &arc) in graph.requests.iter().zip(&found.used) {
        at[request as usize] =
            if arc == NONE { InnerUnit::NONE } else { graph.arcs[arc as usize].column.unit() };
        marks_of[request as usize] = if arc == NONE { 0 } else { graph.marks_of(arc) };
    }
}

/// The levels so far.
struct Run<'p> {
    problem: &'p Problem,
    attributions: i64,
    /// How many have a unit, attributed to them or held by them: what moves can gain grows with it.
    count: i64,
    /// What being housed weighs, and the highest multiplier that is looked for: see [`weight_of_housing`] and [`most`].
    housed: i64,
    most: i64,
    /// By request: is it looked at? Most have too few points to be housed whatever the quotas.
    active: Vec<bool>,
    /// The slots looked at of the active requests, if not all are.
    looked: Option<Looked>,
    /// By request: the cell where it is housed for now, and the marks by which it is there.
    at: Vec<Cell>,
    marks_at: Vec<u64>,
    /// By quota: the members that lack, once its level is solved.
    shortfalls: Vec<Option<u64>>,
    /// By quota: the smallest and the largest base of any answer.
    bases: Vec<(u64, u64)>,
    /// By request: its cell in the answer with the most points whatever the quotas; and the prices that
    /// prove it, by cell; none where some requests hold a unit.
    most_points: (&'p [Cell], Option<Vec<i64>>),
    near: Option<&'p Near>,
    /// When the search gives up.
    until: Option<Instant>,
    /// What is left of [`WORK`], and for how many levels.
    work: (usize, usize),
    /// The active requests facing the cells, if nobody became active since.
    cells: Option<(Graph, Forest)>,
}

impl<'p> Run<'p> {
    fn new(
        problem: &'p Problem,
        housed: &'p Housed,
        near: Option<&'p Near>,
        until: Option<Instant>,
    ) -> Run<'p> {
        let tenants = problem.has_tenants();
        let attributions = housed.cell_of.iter().filter(|c| **c != Cell::NONE).count() as i64;
        // Who is housed with tenants among them is no matroid, and those prices are none of it.
        let prices = if tenants { Vec::new() } else { prices(problem, housed) };
        let margin = i64::from(problem.points.iter().copied().max().unwrap_or(0)) / MARGIN;
        let at = match near {
            None => housed.cell_of.clone(),
            Some(near) => {
                // As many, and of those housed before all that can be.
                let mut order = by_points(problem);
                order.sort_by_key(|r| (problem.home(*r).is_none(), near.cells[*r as usize] == Cell::NONE));
                house_in_order(problem, &order, &near.cells).cell_of
            }
        };
        // Active from the start: who is housed now, and who would be at prices a little lower; if these are many, those
        // nearest to it.
        let mut active: Vec<bool> = at.iter().map(|&cell| cell != Cell::NONE).collect();
        let newcomers =
            (0_u32..).zip(&at).filter(|(r, cell)| **cell != Cell::NONE && problem.home(*r).is_none());
        let fewest = newcomers.map(|(request, _)| weight(problem, request)).min().unwrap_or(0);
        let lack = |request: u32| {
            let cells = problem.cells_of(request).iter();
            let least = cells.map(|&c| if tenants { fewest } else { prices[c.index()] }).min()?;
            let lack = least - weight(problem, request);
            (lack <= margin).then_some((lack, request))
        };
        let mut almost: Vec<(i64, u32)> = (0..problem.requests() as u32).filter_map(lack).collect();
        let many = CROWD * problem.units().max(ADDED);
        if almost.len() > many {
            almost.select_nth_unstable(many);
            almost.truncate(many);
        }
        for (_, request) in almost {
            active[request as usize] = true;
        }
        let is_active = |request: &u32| active[*request as usize];
        let requests = (0..problem.requests() as u32).filter(is_active);
        let slots: usize = requests.map(|request| problem.slots_of(request).len()).sum();
        let looked =
            (slots >= MANY && !tenants).then(|| Looked::some(problem, &active, [&at, &housed.cell_of]));
        // Weights are points and one for being housed; what being housed weighs here beyond is paid where
        // cells are full for good.
        let beyond = weight_of_housing(problem, attributions) - SCALE;
        let count = attributions;
        let full = |(price, full): (&i64, &bool)| SCALE * price + if *full { beyond } else { 0 };
        let by_level = prices.iter().zip(&housed.full).map(full).collect();
        Run {
            problem,
            attributions,
            count,
            housed: weight_of_housing(problem, count),
            most: most(problem, count),
            active,
            looked,
            at,
            marks_at: vec![0; problem.requests()],
            shortfalls: vec![None; problem.quotas.len()],
            bases: vec![(0, attributions as u64); problem.quotas.len()],
            most_points: (&housed.cell_of, (!tenants).then_some(by_level)),
            near,
            until,
            // Each quota, the points and the fit; ranges of bases take a move each.
            work: (WORK, problem.quotas.len() + 2),
            cells: None,
        }
    }

    /// Where the search for a level begins: an assignment by cells, prices by cell that it is thought to be
    /// best at, and multipliers.
    fn start(&self, aim: Aim) -> (&[Cell], Option<Vec<i64>>, BTreeMap<Condition, i64>) {
        // An answer of before knows prices for the quotas and the points; else the points without quotas are
        // a start for the points with them.
        let duals = self.near.and_then(|near| near.duals.as_ref()).and_then(|duals| match aim {
            Aim::Quota(q) => duals.quotas.get(q),
            Aim::Priority => Some(&duals.priority),
            _ => None,
        });
        let housed = self.housed;
        match (duals, aim) {
            (Some(dual), _) => (&self.at, Some(dual.prices(housed)), dual.multipliers.clone()),
            (None, Aim::Priority) if self.most_points.1.is_some() => {
                (self.most_points.0, self.most_points.1.clone(), BTreeMap::new())
            }
            _ => (&self.at, None, BTreeMap::new()),
        }
    }

    /// Finds how many attributions there can be where some requests hold a unit, with the proof.
    fn attributions(&mut self) -> Option<Proof> {
        let found = self.level(Aim::Attributions)?;
        self.attributions = found.worth;
        self.bases.fill((0, found.worth as u64));
        Some(found.proof)
    }

    /// Finds how small and how large the base of each quota can be, with the proofs.
    fn ranges(&mut self) -> Option<Vec<[Proof; 2]>> {
        let (mut proofs, mut ranges) = (Vec::new(), Vec::new());
        let before = (self.at.clone(), self.marks_at.clone());
        for (q, quota) in self.problem.quotas.iter().enumerate() {
            // A number of members does not depend on the base.
            if quota.numerator == 0 {
                ranges.push((0, self.attributions as u64));
                proofs.push([Proof::Nothing, Proof::Nothing]);
                continue;
            }
            let smallest = self.level(Aim::Base(q, false))?;
            let largest = self.level(Aim::Base(q, true))?;
            ranges.push((-smallest.worth as u64, largest.worth as u64));
            proofs.push([smallest.proof, largest.proof]);
        }
        self.bases = ranges;
        // What was found for the bases is nothing to go on from.
        (self.at, self.marks_at) = before;
        Some(proofs)
    }

    /// What a move of multipliers looks at.
    fn each_move(&self, graph: &Graph) -> usize {
        1 + graph.arcs.len() + graph.requests.len() * (2 * self.problem.quotas.len() + 1)
    }

    fn on<'g>(
        &'g self,
        graph: &'g Graph,
        aim: Aim,
        others: Vec<Asked>,
        warm: BTreeMap<Condition, i64>,
    ) -> Level<'g> {
        let housed = self.housed;
        let used = -NEVER * housed;
        let idle = match self.problem.has_tenants() {
            true => -housed.saturating_mul(2 * (self.count + 1)).min(MOST_NEVER),
            false => used,
        };
        let counting = aim == Aim::Attributions;
        Level {
            problem: self.problem,
            graph,
            aim,
            housed: if counting { 0 } else { housed },
            never: Never { used, idle: idle.min(used) },
            attributions: if counting { 0 } else { self.attributions },
            most: self.most,
            shortfalls: self.shortfalls.clone(),
            bases: self.bases.clone(),
            others,
            warm,
            enough: match aim {
                Aim::Quota(q) => self.problem.least(q, 0),
                _ => i64::MAX,
            },
            moves: (self.work.0 / self.work.1.max(1) / self.each_move(graph)).max(LEAST),
            sides: SIDES,
            until: self.until,
            kept: Vec::new(),
        }
    }

    /// Solves a level by cells among the active requests, and adds those whom its prices do not keep out,
    /// until there are none: then its proof holds for all.
    fn level(&mut self, aim: Aim) -> Option<Found> {
        let mut warm: Option<BTreeMap<Condition, i64>> = None;
        loop {
            let kept = self.cells.take();
            let (at, prices, own) = self.start(aim);
            let (graph, forest) = match kept {
                Some((graph, mut forest)) => {
                    // The graph of the level before has the same rows: only the assignment is set.
                    forest.assign(&graph.capacity, &graph.used(at, &self.marks_at));
                    (graph, forest)
                }
                None => {
                    let graph = Graph::of_cells(self.problem, &self.active, self.looked.as_ref());
                    let forest = Forest::new(&graph.capacity, &graph.arcs, &graph.used(at, &self.marks_at));
                    (graph, forest)
                }
            };
            // The assignment of the level before meets all conditions so far: a base has none.
            let known = (!matches!(aim, Aim::Base(..))).then(|| graph.used(&self.at, &self.marks_at));
            let level = self.on(&graph, aim, Vec::new(), warm.unwrap_or(own));
            let found = search::solve(&level, forest.clone(), prices.as_deref(), known)?;
            let looked_at = found.moves * self.each_move(&graph);
            self.work.0 = self.work.0.saturating_sub(looked_at);
            for (&request, &arc) in graph.requests.iter().zip(&found.used) {
                self.at[request as usize] =
                    if arc == NONE { Cell::NONE } else { graph.arcs[arc as usize].column.into() };
                self.marks_at[request as usize] = if arc == NONE { 0 } else { graph.marks_of(arc) };
            }
            let mut bounds = found.proof.bounds();
            if !bounds.is_empty() {
                bounds.extend(found.first.as_ref().map(|(bound, _)| bound));
            }
            // The proof speaks of the active requests; it holds for all if no other gains at its prices.
            if !self.more(aim, &found.proof, &bounds) {
                self.cells = Some((graph, forest));
                if !matches!(aim, Aim::Base(..) | Aim::Attributions) {
                    self.work.1 -= 1;
                }
                return Some(found);
            }
            warm = Some(found.first.map(|(b, _)| b.multipliers.into_iter().collect()).unwrap_or_default());
        }
    }

    /// Looks at the requests and slots, too, that would gain something at the prices of one of these bounds; at those that would
    /// gain most, if they are many. `false` if there are none: then the bounds hold for all.
    fn more(&mut self, aim: Aim, proof: &Proof, bounds: &[&Bound]) -> bool {
        let problem = self.problem;
        let priced = bounds.iter().filter_map(|bound| Priced::new(problem, aim, bound));
        let priced: Vec<Priced<'_>> = priced.collect();
        let mut gains: Vec<(i64, u32, usize)> = Vec::new();
        for (number, priced) in priced.iter().enumerate() {
            let gain = |request: u32| {
                let gain = self.gain(priced, request);
                (gain > 0).then(|| (-gain, request, number))
            };
            let requests = (0..problem.requests() as u32).into_par_iter().with_min_len(4096);
            // Of an active request all slots are looked at, if there are not too many.
            let looked = self.looked.is_some();
            let open = requests.filter(|&request| looked || !self.active[request as usize]);
            gains.par_extend(open.filter_map(gain));
        }
        // Those that gain most first; more would be rows for nothing, fewer another round.
        gains.sort_unstable();
        gains.truncate(problem.units().max(ADDED));
        let mut slots = Vec::new();
        for &(_, request, number) in &gains {
            let new = !std::mem::replace(&mut self.active[request as usize], true);
            let (Some(looked), Some(priced)) = (&mut self.looked, priced.get(number)) else { continue };
            let own = problem.slots_of(request);
            if new {
                looked.add_spread(own.start, own.len(), request);
            }
            slots.clear();
            slots.extend(own.map(|slot| (priced.gain(problem, request, slot), slot)));
            looked.add_best(&mut slots);
        }
        let settled = self.looked.as_mut().is_some_and(|looked| looked.add_settled(problem, proof));
        settled || !gains.is_empty()
    }

    /// What a request would gain by a slot that is not looked at, beyond what it gains by those that are or by none.
    fn gain(&self, priced: &Priced<'_>, request: u32) -> i64 {
        let active = self.active[request as usize];
        let is_looked_at =
            |slot: usize| active && self.looked.as_ref().is_none_or(|looked| looked.takes(slot));
        // To be idle gains nothing; of those who hold a unit and are not, all slots are looked at.
        let (mut now, mut most) = (0, i64::MIN);
        for slot in self.problem.slots_of(request) {
            let best = if is_looked_at(slot) { &mut now } else { &mut most };
            *best = (*best).max(priced.gain(self.problem, request, slot));
        }
        most.saturating_sub(now)
    }
}

/// What slots gain at the prices of a bound of a level by cells.
struct Priced<'b> {
    prices: &'b [i64],
    by_kind: Vec<i64>,
    per_point: i64,
}

impl<'b> Priced<'b> {
    fn new(problem: &Problem, aim: Aim, bound: &'b Bound) -> Option<Priced<'b>> {
        let Prices::Cells(prices) = &bound.prices else { return None };
        let mut by_kind = by_kind(problem, &bound.multipliers);
        for (weight, marks) in by_kind.iter_mut().zip(&problem.kinds) {
            *weight += SCALE * aim.worth(problem, 0, *marks);
        }
        let per_point = if aim == Aim::Priority { SCALE } else { 0 };
        Some(Priced { prices, by_kind, per_point })
    }

    #[inline]
    fn gain(&self, problem: &Problem, request: u32, slot: usize) -> i64 {
        let points = self.per_point * i64::from(problem.points[request as usize]);
        points + self.by_kind[usize::from(problem.kind(slot))] - self.prices[problem.open[slot].index()]
    }
}

/// The highest multiplier, in points, that is looked for where `count` are housed: see [`DEAREST`].
fn most(problem: &Problem, count: i64) -> i64 {
    let worth = i64::from(problem.points.iter().copied().max().unwrap_or(0)).max(i64::from(BEST_FIT));
    // No weight of an arc exceeds 2^50, so that sums along paths and over conditions stay below 2^63.
    (DEAREST * (worth + 1) * (count + 1).min(CHAIN)).min((1 << 50) / (SCALE * largest_count(problem)))
}

/// The most that a pair counts in a condition, in one direction and the other together.
fn largest_count(problem: &Problem) -> i64 {
    problem.quotas.iter().map(|q| i64::from(q.denominator)).max().unwrap_or(1) + 1
}

/// What being housed weighs, in parts of a point, where `count` are housed: more than anything else that an
/// assignment can gain by housing one request less; but not so much that a thousand times [`NEVER`] of it
/// overflow, in which case the proof may leave a gap.
fn weight_of_housing(problem: &Problem, count: i64) -> i64 {
    let each = SCALE * most(problem, count) * largest_count(problem);
    each.saturating_mul(2 * (count + 1)).min(i64::MAX / (NEVER * 1024))
}

/// What the room says of conditions that weigh something: by how much they can be exceeded. Each unit beyond
/// costs the multiplier, and no more than `left` can be lost (complementary slackness).
fn known(problem: &Problem, run: &Run<'_>, room: &Bound, left: i64) -> Vec<Asked> {
    let mut known = Vec::new();
    for &(condition, weight) in &room.multipliers {
        let shortfall = |q: usize| run.shortfalls[q].unwrap_or(0) as i64;
        let least = match condition {
            Condition::Quota(q) => problem.least(q, run.shortfalls[q].unwrap_or(0)),
            Condition::Members(q) => problem.target(q, run.bases[q].0) as i64 - shortfall(q),
            _ => continue,
        };
        if weight > 0 {
            known.push(Asked { condition, at_least: false, least: -(least + left / weight) });
        }
    }
    known
}
