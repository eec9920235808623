//! The search of a level: multipliers, then steps towards the conditions, then splits.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use std::collections::BTreeMap;

use super::answer::{Bound, Condition, DEEPEST, Proof, Split};
use super::balance::{Aim, Asked, Counted, Found, Level, SCALE, Side, counts};
use super::forest::{Forest, Values};
use super::housed::NONE;
use super::multipliers::{Cut, lowest};

/// How often the multipliers of one node are moved.
const MOVES: usize = 80;

/// How far multipliers are looked for at first, in points: from known ones, and from nothing.
const NEAR: i64 = 4;
const FAR: i64 = 64;

/// How many of the assignments found are tried together with the best.
const LINKED: usize = 12;

/// How many steps lead from one assignment towards the conditions.
const STEPS: usize = 2000;

/// Finds the best assignment of a level and proves it. The search begins at the assignment of
/// `forest`, which has as many attributions as can be; `prices` by column, if given, are thought to prove it best as it is weighed at first; `known`, if given,
/// is one that meets the conditions.
pub(super) fn solve(
    level: &Level<'_>,
    mut forest: Forest,
    prices: Option<&[i64]>,
    known: Option<Vec<u32>>,
) -> Option<Found> {
    let side = Side { bases: level.bases.clone(), ..Side::default() };
    if let Some(prices) = prices {
        let asked = level.asked(&side);
        level.weigh(&mut forest, &side, &asked, &begin(level, &asked, &level.warm));
        forest.replant(prices);
    } else if level.aim == Aim::Fit {
        level.weigh(&mut forest, &side, &[], &[]);
        forest.plant_by_fits(level.graph, level.housed, SCALE);
    }
    let best = known.map(|used| (level.cut(&used, &[]).worth, used));
    let mut search = Search { level, best, sides: level.sides, first: None };
    let proof = search.node(forest, &side, &level.warm, 0);
    let (worth, used) = search.best?;
    Some(Found { used, worth, proof, first: search.first })
}

/// The multipliers with which a search begins: those of before, within what is looked for.
fn begin(level: &Level<'_>, asked: &[Asked], warm: &BTreeMap<Condition, i64>) -> Vec<i64> {
    let of = |own: &Asked| warm.get(&own.condition).filter(|_| own.at_least).copied().unwrap_or(0);
    asked.iter().map(|own| of(own).clamp(0, SCALE * level.most)).collect()
}

/// How far the next multipliers may be from those of the lowest bound.
struct Around {
    reach: i64,
    /// No multiplier is beyond this.
    most: i64,
}

impl Around {
    fn new(level: &Level<'_>, multipliers: &[i64]) -> Around {
        // Those of an answer of before are near; nothing is known of others.
        let known = multipliers.iter().any(|m| *m != 0);
        let reach = if known { NEAR } else { FAR };
        Around { reach: (reach * SCALE).min(SCALE * level.most), most: SCALE * level.most }
    }

    /// The multipliers to look at next, if any can be better than `at`, where the bound is `low`; and the
    /// mixture of assignments that says so.
    fn next(&mut self, cuts: &[Cut], low: i64, at: &[i64]) -> (Option<Vec<i64>>, Vec<f64>) {
        loop {
            let range = |m: &i64| {
                let part = |m: i64| m.clamp(0, self.most) as f64 / SCALE as f64;
                (part(m - self.reach), part(m + self.reach))
            };
            let within: Vec<(f64, f64)> = at.iter().map(range).collect();
            let found = lowest(cuts, &within);
            let next: Vec<i64> =
                found.multipliers.iter().map(|m| (m * SCALE as f64).round() as i64).collect();
            // At the edge there may be better ones beyond.
            let edge = next.iter().zip(at).any(|(n, a)| {
                *n != 0 && *n != self.most && (n - a).abs() >= self.reach || *n == 0 && *a > self.reach
            });
            let worse = next == *at || found.value * SCALE as f64 > low as f64 - 0.5;
            if edge {
                self.reach = (self.reach * 4).min(self.most);
            }
            match (worse, edge) {
                (false, _) => return (Some(next), found.mixture),
                (true, false) => return (None, found.mixture),
                (true, true) => {}
            }
        }
    }
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

    /// Proves that one side, so many splits `deep`, has nothing better than the best, which it may improve.
    fn node(
        &mut self,
        mut forest: Forest,
        side: &Side,
        warm: &BTreeMap<Condition, i64>,
        deep: usize,
    ) -> Proof {
        if self.done() {
            return Proof::Nothing;
        }
        self.sides = self.sides.saturating_sub(1);
        let level = self.level;
        let asked = level.asked(side);
        let mut multipliers = begin(level, &asked, warm);
        let mut near = Around::new(level, &multipliers);
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
            let Some((low, at, _)) = &lowest_bound else { break };
            if self.closed(*low) || self.done() || asked.is_empty() {
                break;
            }
            let next;
            (next, mixture) = near.next(&cuts, *low, at);
            match next {
                Some(next) => multipliers = next,
                None => break,
            }
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
        if self.closed(bound) || self.sides == 0 || deep >= DEEPEST {
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
        let with = Box::new(self.node(forest.clone(), &with, &warm, deep + 1));
        let without = Box::new(self.node(forest, &without, &warm, deep + 1));
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
        let counted: Vec<Counted> = asked.iter().map(|own| level.counted(own)).collect();
        for (from, to) in [(&best[..], other), (other, &best[..])] {
            let column = |arc: u32| level.graph.arcs[arc as usize].column;
            let cycles = super::relink::cycles(from, to, level.graph.capacity.len(), column);
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
