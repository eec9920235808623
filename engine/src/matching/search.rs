//! The search of a level: multipliers, then steps towards the conditions, then splits.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use std::collections::BTreeMap;

use super::answer::{Bound, Condition, Proof, Split};
use super::balance::{Aim, Asked, Counted, Found, Level, SCALE, Side, counts};
use super::forest::{Forest, Values};
use super::housed::NONE;
use super::multipliers::{Cut, lowest};

/// How often the multipliers of one node are moved.
const MOVES: usize = 80;

/// How many of the assignments found are tried together with the best.
const LINKED: usize = 12;

/// How many steps lead from one assignment towards the conditions.
const STEPS: usize = 2000;

/// Finds the best assignment of a level and proves it. `start` is one of as many attributions as can be;
/// `known`, if given, one that meets the conditions.
pub(super) fn solve(level: &Level<'_>, start: &[u32], known: Option<Vec<u32>>) -> Option<Found> {
    let forest = Forest::new(&level.graph.capacity, &level.graph.arcs, start);
    let side = Side { bases: level.bases.clone(), ..Side::default() };
    let best = known.map(|used| (level.cut(&used, &[]).worth, used));
    let mut search = Search { level, best, sides: level.sides, first: None };
    let proof = search.node(forest, &side, &level.warm);
    let (worth, used) = search.best?;
    Some(Found { used, worth, proof, first: search.first })
}

/// The search of a level: the best assignment so far, and how many sides may still be looked at.
struct Search<'l, 'p> {
    level: &'l Level<'p>,
    best: Option<(i64, Vec<u32>)>,
    sides: usize,
    first: Option<(Bound, i64)>,
}

impl Search<'_, '_> {
    /// Is a bound no more than what is found?
    fn closed(&self, bound: i64) -> bool {
        let most = bound.div_euclid(SCALE);
        self.best.as_ref().is_some_and(|(worth, _)| match self.level.aim {
            // What counts of a quota is whole members.
            Aim::Quota(q) => {
                let denominator = i64::from(self.level.problem.quotas[q].denominator);
                most.div_euclid(denominator) <= worth.div_euclid(denominator)
            }
            _ => most <= *worth,
        })
    }

    fn done(&self) -> bool {
        self.best.as_ref().is_some_and(|(worth, _)| *worth >= self.level.enough)
    }

    /// Keeps an assignment if it meets the conditions and is the best so far.
    fn keep(&mut self, used: &[u32], cut: &Cut) {
        if cut.beyond.iter().all(|b| *b >= 0) && self.best.as_ref().is_none_or(|(w, _)| cut.worth > *w) {
            self.best = Some((cut.worth, used.to_vec()));
        }
    }

    /// Proves that one side has nothing better than the best, which it may improve.
    fn node(&mut self, mut forest: Forest, side: &Side, warm: &BTreeMap<Condition, i64>) -> Proof {
        if self.done() {
            return Proof::Nothing;
        }
        self.sides = self.sides.saturating_sub(1);
        let level = self.level;
        let asked = level.asked(side);
        let begin = |own: &Asked| warm.get(&own.condition).filter(|_| own.at_least).copied().unwrap_or(0);
        let mut multipliers: Vec<i64> = asked.iter().map(begin).collect();
        let mut cuts: Vec<Cut> = Vec::new();
        let mut assignments: Vec<Vec<u32>> = Vec::new();
        let mut lowest_bound: Option<(i64, Vec<i64>, Bound)> = None;
        let mut mixture = Vec::new();
        for _ in 0..MOVES {
            level.weigh(&mut forest, side, &asked, &multipliers);
            if !forest.run() {
                break;
            }
            let used = forest.used();
            if !level.possible(&used, side) {
                // There is no assignment on this side, or none with as many attributions.
                return Proof::Bound(level.certificate(&forest, &asked, &multipliers));
            }
            let bound = level.bound(&forest, &asked, &multipliers);
            let cut = level.cut(&used, &asked);
            self.keep(&used, &cut);
            if lowest_bound.as_ref().is_none_or(|(b, ..)| bound < *b) {
                let certificate = level.certificate(&forest, &asked, &multipliers);
                lowest_bound = Some((bound, multipliers.clone(), certificate));
            }
            cuts.push(cut);
            assignments.push(used);
            if self.closed(lowest_bound.as_ref().map_or(i64::MAX, |b| b.0)) || self.done() || asked.is_empty()
            {
                break;
            }
            let found = lowest(&cuts, asked.len(), level.most as f64);
            mixture = found.mixture;
            let next: Vec<i64> =
                found.multipliers.iter().map(|m| (m * SCALE as f64).round() as i64).collect();
            let low = lowest_bound.as_ref().map_or(i64::MAX, |b| b.0);
            if next == multipliers || found.value * SCALE as f64 > low as f64 - 0.5 {
                break;
            }
            multipliers = next;
        }
        let Some((bound, multipliers, certificate)) = lowest_bound else { return Proof::Nothing };
        if self.first.is_none() {
            self.first = Some((certificate.clone(), bound));
        }
        let pairs = assignments.iter().rev().take(LINKED);
        for other in pairs {
            if self.closed(bound) || self.done() {
                break;
            }
            self.relink(other, &asked);
        }
        if !self.closed(bound) && !self.done() {
            // Back to the trees of the lowest bound.
            level.weigh(&mut forest, side, &asked, &multipliers);
            forest.run();
            self.step(forest.clone(), side, &asked, bound);
        }
        if self.done() {
            return Proof::Nothing;
        }
        if self.closed(bound) || self.sides == 0 {
            return Proof::Bound(certificate);
        }
        let Some(on) = self.split(side, &assignments, &mixture) else { return Proof::Bound(certificate) };
        let (mut without, mut with) = (side.clone(), side.clone());
        let level_split = match on {
            Split::Base { quota, most } => {
                without.bases[quota].1 = without.bases[quota].1.min(most);
                with.bases[quota].0 = with.bases[quota].0.max(most + 1);
                on
            }
            Split::Cell { request, cell: column } => {
                without.never.insert((request, column));
                with.only.insert(request, column);
                if level.graph.by_unit { Split::Unit { request, unit: column } } else { on }
            }
            Split::Unit { .. } => on,
        };
        let warm = asked.iter().zip(&multipliers).filter(|(own, _)| own.at_least);
        let warm = warm.map(|(own, m)| (own.condition, *m)).collect();
        let with = Box::new(self.node(forest.clone(), &with, &warm));
        let without = Box::new(self.node(forest, &without, &warm));
        Proof::Split { on: level_split, without, with }
    }

    /// What to split by: a base on which the mixture does not agree, or the arc about which it agrees
    /// least.
    fn split(&self, side: &Side, assignments: &[Vec<u32>], mixture: &[f64]) -> Option<Split> {
        let level = self.level;
        let parts: Vec<(f64, &Vec<u32>)> =
            mixture.iter().copied().zip(assignments).filter(|(part, _)| *part > 1e-6).collect();
        for (quota, &(low, high)) in side.bases.iter().enumerate() {
            if low >= high {
                continue;
            }
            let base = |used: &Vec<u32>| -> u64 {
                let arcs = used.iter().filter(|a| **a != NONE);
                let of = |&a: &u32| {
                    counts(level.problem, Condition::BaseAtLeast(quota), level.marks(a as usize)) as u64
                };
                arcs.map(of).sum()
            };
            let bases: Vec<(f64, u64)> = parts.iter().map(|(part, used)| (*part, base(used))).collect();
            let mean: f64 = bases.iter().map(|(part, base)| part * *base as f64).sum();
            let most = (mean.floor().max(0.0) as u64).clamp(low, high - 1);
            if bases.iter().any(|(_, b)| *b != bases[0].1) || bases.is_empty() {
                return Some(Split::Base { quota, most });
            }
            // All agree: split so that it is the only one on its side.
            let agreed = bases[0].1;
            return Some(Split::Base {
                quota,
                most: if agreed >= high { high - 1 } else { agreed.max(low) },
            });
        }
        let mut best: Option<(f64, u32, u32)> = None;
        for row in 0..level.graph.requests.len() {
            let request = level.graph.requests[row];
            if side.only.contains_key(&request) {
                continue;
            }
            let mut by_arc: BTreeMap<u32, f64> = BTreeMap::new();
            for (part, used) in &parts {
                *by_arc.entry(used[row]).or_default() += part;
            }
            for (&arc, &part) in &by_arc {
                let off = (part - 0.5).abs();
                if arc != NONE && part < 1.0 - 1e-6 && best.is_none_or(|(b, ..)| off < b) {
                    best = Some((off, request, level.graph.arcs[arc as usize].column));
                }
            }
        }
        best.map(|(_, request, cell)| Split::Cell { request, cell })
    }

    /// Tries what lies between the best assignment so far and another.
    fn relink(&mut self, other: &[u32], asked: &[Asked]) {
        let level = self.level;
        let Some((_, best)) = self.best.clone() else { return };
        for (from, to) in [(&best[..], other), (other, &best[..])] {
            let column = |arc: u32| level.graph.arcs[arc as usize].column;
            let cycles = super::relink::cycles(from, to, level.graph.capacity.len(), column);
            let counted: Vec<Counted> = asked.iter().map(|own| level.counted(own)).collect();
            let change = |rows: &Vec<u32>| {
                let mut change = vec![0; asked.len() + 2];
                for &row in rows {
                    for (arc, sign) in [(from[row as usize], -1), (to[row as usize], 1)] {
                        if arc != NONE {
                            change[0] += sign * level.worth(arc as usize);
                            change[1] += sign;
                            for (place, own) in change[2..].iter_mut().zip(&counted) {
                                *place += sign * level.count(own, arc as usize);
                            }
                        }
                    }
                }
                change
            };
            let changes: Vec<Vec<i64>> = cycles.iter().map(change).collect();
            // As many attributions is a condition too.
            let mut beyond = vec![0];
            beyond.extend(level.cut(from, asked).beyond);
            let gone = super::relink::choose(&changes, beyond);
            let mut used = from.to_vec();
            for row in cycles.iter().zip(gone).filter(|(_, gone)| *gone).flat_map(|(rows, _)| rows) {
                used[*row as usize] = to[*row as usize];
            }
            let count = used.iter().filter(|a| **a != NONE).count() as i64;
            if count >= level.attributions {
                let cut = level.cut(&used, asked);
                self.keep(&used, &cut);
            }
        }
    }

    /// Goes from the trees' assignment, step by step round cycles, to one that meets the conditions, and
    /// then to better ones.
    fn step(&mut self, mut forest: Forest, side: &Side, asked: &[Asked], bound: i64) {
        let level = self.level;
        let arcs = level.graph.arcs.len();
        let counted: Vec<Counted> = asked.iter().map(|own| level.counted(own)).collect();
        let mut cut = level.cut(&forest.used(), asked);
        for _ in 0..STEPS {
            let lacking: i64 = cut.beyond.iter().map(|b| (-b).max(0)).sum();
            if lacking == 0 {
                self.keep(&forest.used(), &cut);
                if self.closed(bound) || self.done() {
                    return;
                }
            }
            let nothing = |_: usize| 0;
            let worths = forest.values(|arc| level.worth(arc), nothing, nothing);
            let by: Vec<Values> = counted
                .iter()
                .map(|own| forest.values(|arc| level.count(own, arc), nothing, nothing))
                .collect();
            let housed = forest.values(|_| 1, nothing, nothing);
            let out = forest.values(
                |arc| i64::from(level.out(side, arc)),
                |row| {
                    let graph = level.graph;
                    i64::from(graph.row_must[row] || side.only.contains_key(&graph.requests[row]))
                },
                |column| i64::from(level.graph.column_must[column]),
            );
            // The step that loses least for what it brings.
            let mut steps: Vec<(f64, usize)> = Vec::new();
            for arc in 0..arcs {
                if forest.by_step(arc, 1, &housed) < 0
                    || forest.by_step(arc, i64::from(level.out(side, arc)), &out) > 0
                {
                    continue;
                }
                let worth = forest.by_step(arc, level.worth(arc), &worths);
                let mut after = 0;
                for ((own, values), beyond) in counted.iter().zip(&by).zip(&cut.beyond) {
                    let change = forest.by_step(arc, level.count(own, arc), values);
                    after += (-(beyond + change)).max(0);
                }
                let brings = lacking - after;
                if lacking > 0 && brings > 0 {
                    steps.push((-(worth as f64) / brings as f64, arc));
                } else if lacking == 0 && after == 0 && worth > 0 {
                    steps.push((-(worth as f64), arc));
                }
            }
            steps.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let Some(&(_, arc)) =
                steps.iter().take(200).find(|(_, arc)| !forest.in_tree(*arc) && forest.can_flow(*arc) > 0)
            else {
                return;
            };
            forest.pivot(arc);
            cut = level.cut(&forest.used(), asked);
        }
    }
}
