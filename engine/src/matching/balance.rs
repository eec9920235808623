//! Quotas: one level after the other, each proved by prices and multipliers.
//!
//! A quota weighs on who is housed *and* where, so the levels are no longer a matroid. Each is a heaviest
//! assignment under a handful of conditions (the levels before it). The conditions are given multipliers
//! ([`super::multipliers`]), which leaves an assignment without conditions for [`super::simplex`]; its
//! value is a bound. Steps along cycles of the tree then lead from its answer to one that meets the
//! conditions. What is left between the two is closed by splitting: see [`super::answer::Split`].

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Bound, Condition, Prices, Proof, Split};
use super::housed::NONE;
use super::multipliers::{Cut, lowest};
use super::problem::Problem;
use super::simplex::{Arc, Simplex};

/// Multipliers are whole numbers of this part of a point: breakpoints are at small fractions.
pub(super) const SCALE: i64 = 60;

/// How many attributions it would take to make up for what must not be.
pub(super) const NEVER: i64 = 64;

/// How often the multipliers of one node are moved.
const MOVES: usize = 80;

/// How many of the assignments found are tried together with the best.
const LINKED: usize = 12;

/// How many steps lead from one assignment towards the conditions.
const STEPS: usize = 2000;

/// The assignments that a level chooses from: arcs of a bipartite graph.
pub(super) struct Graph {
    /// By row: its request.
    pub requests: Vec<u32>,
    /// By row: must it have a column?
    pub row_must: Vec<bool>,
    /// By column: how many rows it can have.
    pub capacity: Vec<u32>,
    /// By column: must it be full?
    pub column_must: Vec<bool>,
    pub arcs: Vec<Arc>,
    /// By arc: the slot, and the fit if columns are units.
    pub slots: Vec<usize>,
    pub fits: Vec<u16>,
    /// Are columns units, or cells?
    pub by_unit: bool,
}

/// What a level wants most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// Members of the quota, and few others in its base.
    Quota(usize),
    /// A small base, or a large one.
    Base(usize, bool),
    Priority,
    Fit,
}

/// A condition: its weight is at least so much, and at most so much more, in all answers considered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub condition: Condition,
    /// `true`: at least; `false`: at most, which is the same of what is opposite.
    pub at_least: bool,
    pub least: i64,
}

/// The best assignment of a level that was found, and why there is none better.
pub(super) struct Found {
    /// By row of the graph: its arc.
    pub used: Vec<u32>,
    /// What it is worth.
    pub worth: i64,
    pub proof: Proof,
    /// The first bound, from which room is measured: multipliers with prices, and how much it is, in
    /// parts of a point.
    pub first: Option<(Bound, i64)>,
}

/// Where an answer must be: what splits have settled.
#[derive(Clone, Default)]
struct Side {
    bases: Vec<(u64, u64)>,
    only: BTreeMap<u32, u32>,
    never: BTreeSet<(u32, u32)>,
}

pub(super) struct Level<'p> {
    pub problem: &'p Problem,
    pub graph: &'p Graph,
    pub aim: Aim,
    /// What being housed weighs beside everything else.
    pub housed: i64,
    pub attributions: i64,
    /// No multiplier is looked for beyond this.
    pub most: i64,
    /// By quota: its shortfall, if this level builds on it.
    pub shortfalls: Vec<Option<u64>>,
    /// By quota: the smallest and the largest base of any answer.
    pub bases: Vec<(u64, u64)>,
    /// Conditions besides: points, and what is known of those before from the room that is left.
    pub others: Vec<Asked>,
    /// Where the search for multipliers begins.
    pub warm: BTreeMap<Condition, i64>,
    /// Stop at an assignment worth this much.
    pub enough: i64,
    /// How many sides may be looked at.
    pub sides: usize,
}

/// The marks of a slot in a condition.
pub(super) fn counts(problem: &Problem, condition: Condition, marks: u16) -> i64 {
    let base = |q: usize| i64::from(marks >> (2 * q) & 1);
    let member = |q: usize| base(q) & i64::from(marks >> (2 * q + 1) & 1);
    match condition {
        Condition::Attributions => 1,
        Condition::Quota(q) => {
            let quota = &problem.quotas[q];
            member(q) * i64::from(quota.denominator) - base(q) * i64::from(quota.numerator)
        }
        Condition::Members(q) => member(q),
        Condition::BaseAtLeast(q) => base(q),
        Condition::BaseAtMost(q) => -base(q),
        Condition::Priority => 0,
    }
}

impl Aim {
    /// What a pair of these marks is worth, for a request of so many points; fit aside.
    pub fn worth(self, problem: &Problem, points: u32, marks: u16) -> i64 {
        match self {
            Aim::Quota(q) => counts(problem, Condition::Quota(q), marks),
            Aim::Base(q, large) => {
                let base = counts(problem, Condition::BaseAtLeast(q), marks);
                if large { base } else { -base }
            }
            Aim::Priority => i64::from(points),
            Aim::Fit => 0,
        }
    }
}

impl Level<'_> {
    /// What an arc is worth at this level.
    fn worth(&self, arc: usize) -> i64 {
        match self.aim {
            Aim::Fit => i64::from(self.graph.fits[arc]),
            aim => aim.worth(self.problem, self.points(arc), self.problem.marks(self.graph.slots[arc])),
        }
    }

    fn points(&self, arc: usize) -> u32 {
        self.problem.points[self.graph.requests[self.graph.arcs[arc].row as usize] as usize]
    }

    /// What an arc counts in a condition.
    fn count(&self, asked: &Asked, arc: usize) -> i64 {
        let own = match asked.condition {
            Condition::Priority => i64::from(self.points(arc)),
            condition => counts(self.problem, condition, self.problem.marks(self.graph.slots[arc])),
        };
        if asked.at_least { own } else { -own }
    }

    /// The conditions on one side.
    fn asked(&self, side: &Side) -> Vec<Asked> {
        let mut asked = self.others.clone();
        for (q, quota) in self.problem.quotas.iter().enumerate() {
            let (low, high) = side.bases[q];
            let mut push = |condition, least| asked.push(Asked { condition, at_least: true, least });
            if let Some(shortfall) = self.shortfalls[q] {
                let shortfall = shortfall as i64;
                if low < high {
                    push(Condition::Quota(q), -shortfall * i64::from(quota.denominator));
                }
                push(Condition::Members(q), quota.target(low) as i64 - shortfall);
            }
            // What holds of all answers needs no weight.
            if low > self.bases[q].0 {
                push(Condition::BaseAtLeast(q), low as i64);
            }
            if high < self.bases[q].1 {
                push(Condition::BaseAtMost(q), -(high as i64));
            }
        }
        asked
    }

    /// Weighs the arcs of a tree by multipliers, in parts of a point.
    fn weigh(&self, simplex: &mut Simplex, side: &Side, asked: &[Asked], multipliers: &[i64]) {
        // So little that it is never chosen if anything else can be.
        let never = -NEVER * self.housed;
        let graph = self.graph;
        let restricted = !side.only.is_empty() || !side.never.is_empty();
        let mut table: BTreeMap<u16, i64> = BTreeMap::new();
        let mut per_point = 0;
        for (own, &m) in asked.iter().zip(multipliers) {
            if own.condition == Condition::Priority {
                per_point += if own.at_least { m } else { -m };
            }
        }
        for &slot in &graph.slots {
            let marks = self.problem.marks(slot);
            table.entry(marks).or_insert_with(|| {
                let of = |(own, m): (&Asked, &i64)| {
                    let count = counts(self.problem, own.condition, marks);
                    m * if own.at_least { count } else { -count }
                };
                asked.iter().zip(multipliers).map(of).sum::<i64>() + self.housed
            });
        }
        simplex.weigh(
            |arc, Arc { row, column }| {
                let request = graph.requests[row as usize];
                if restricted && !allowed(side, request, column) {
                    return never;
                }
                let marks = self.problem.marks(graph.slots[arc]);
                SCALE * self.worth(arc)
                    + table.get(&marks).copied().unwrap_or(0)
                    + per_point * i64::from(self.points(arc))
            },
            |row| {
                let must = graph.row_must[row] || side.only.contains_key(&graph.requests[row]);
                if must { never } else { 0 }
            },
            |column| if graph.column_must[column] { never } else { 0 },
        );
    }

    /// The bound of a tree that gains nothing any more, in parts of a point.
    fn bound(&self, simplex: &Simplex, asked: &[Asked], multipliers: &[i64]) -> i64 {
        let graph = self.graph;
        let wide = |value: i64| i128::from(value);
        let columns = (0_u32..).zip(&graph.capacity);
        let paid: i128 = columns.map(|(c, &n)| i128::from(n) * wide(simplex.price(c))).sum();
        let gained: i128 = (0..graph.requests.len() as u32).map(|row| wide(simplex.row_value(row))).sum();
        let owed: i128 = asked.iter().zip(multipliers).map(|(a, m)| wide(*m) * wide(a.least)).sum();
        let bound = paid + gained - owed - wide(self.housed) * wide(self.attributions);
        i64::try_from(bound).unwrap_or(if bound < 0 { i64::MIN / 2 } else { i64::MAX / 2 })
    }

    fn certificate(&self, simplex: &Simplex, asked: &[Asked], multipliers: &[i64]) -> Bound {
        let columns = self.graph.capacity.len() as u32;
        let prices = (0..columns).map(|c| simplex.price(c)).collect();
        // A condition from below and one from above stay two: they may exclude each other.
        let mut weights = vec![(Condition::Attributions, self.housed)];
        let signed = |(own, &m): (&Asked, &i64)| (own.condition, if own.at_least { m } else { -m });
        weights.extend(asked.iter().zip(multipliers).map(signed).filter(|(_, m)| *m != 0));
        weights.sort_unstable();
        Bound {
            scale: SCALE,
            multipliers: weights,
            prices: if self.graph.by_unit { Prices::Units(prices) } else { Prices::Cells(prices) },
        }
    }

    /// What an assignment is worth, and by how much it is beyond each condition.
    fn cut(&self, used: &[u32], asked: &[Asked]) -> Cut {
        let arcs = || used.iter().filter(|a| **a != NONE).map(|&a| a as usize);
        Cut {
            worth: arcs().map(|a| self.worth(a)).sum(),
            beyond: asked
                .iter()
                .map(|own| arcs().map(|a| self.count(own, a)).sum::<i64>() - own.least)
                .collect(),
        }
    }

    /// Is an arc ruled out on a side?
    fn out(&self, side: &Side, arc: usize) -> bool {
        let Arc { row, column } = self.graph.arcs[arc];
        !allowed(side, self.graph.requests[row as usize], column)
    }

    /// Does an assignment hold to what a side settles, with as many attributions?
    fn possible(&self, used: &[u32], side: &Side) -> bool {
        let graph = self.graph;
        let mut full = vec![0; graph.capacity.len()];
        for (&arc, &request) in used.iter().zip(&graph.requests) {
            if arc == NONE {
                if side.only.contains_key(&request) {
                    return false;
                }
                continue;
            }
            let column = graph.arcs[arc as usize].column;
            full[column as usize] += 1;
            if !allowed(side, request, column) {
                return false;
            }
        }
        let all = full.iter().sum::<u32>();
        let row_must = used.iter().zip(&graph.row_must).all(|(arc, must)| !must || *arc != NONE);
        let columns = full.iter().zip(&graph.capacity).zip(&graph.column_must);
        i64::from(all) >= self.attributions && row_must && columns.into_iter().all(|((n, c), m)| !m || n == c)
    }

    /// Finds the best assignment and proves it. `start` is one of as many attributions as can be;
    /// `known`, if given, one that meets the conditions.
    pub fn solve(&self, start: &[u32], known: Option<Vec<u32>>) -> Option<Found> {
        let graph = self.graph;
        let simplex = Simplex::new(graph.requests.len(), &graph.capacity, graph.arcs.clone(), start);
        let side = Side { bases: self.bases.clone(), ..Side::default() };
        let best = known.map(|used| (self.cut(&used, &[]).worth, used));
        let mut search = Search { level: self, best, sides: self.sides, first: None };
        let proof = search.node(simplex, &side, &self.warm);
        let (worth, used) = search.best?;
        Some(Found { used, worth, proof, first: search.first })
    }
}

fn allowed(side: &Side, request: u32, column: u32) -> bool {
    side.only.get(&request).is_none_or(|&only| only == column) && !side.never.contains(&(request, column))
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
    fn node(&mut self, mut simplex: Simplex, side: &Side, warm: &BTreeMap<Condition, i64>) -> Proof {
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
        let mut lowest_bound: Option<(i64, Vec<i64>, Simplex)> = None;
        let mut mixture = Vec::new();
        for _ in 0..MOVES {
            level.weigh(&mut simplex, side, &asked, &multipliers);
            if !simplex.run() {
                break;
            }
            let used = simplex.used();
            if !level.possible(&used, side) {
                // There is no assignment on this side, or none with as many attributions.
                return Proof::Bound(level.certificate(&simplex, &asked, &multipliers));
            }
            let bound = level.bound(&simplex, &asked, &multipliers);
            let cut = level.cut(&used, &asked);
            self.keep(&used, &cut);
            if lowest_bound.as_ref().is_none_or(|(b, ..)| bound < *b) {
                lowest_bound = Some((bound, multipliers.clone(), simplex.clone()));
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
        let Some((bound, multipliers, tree)) = lowest_bound else { return Proof::Nothing };
        let certificate = level.certificate(&tree, &asked, &multipliers);
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
            self.step(tree.clone(), side, &asked, bound);
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
        let with = Box::new(self.node(tree.clone(), &with, &warm));
        let without = Box::new(self.node(tree, &without, &warm));
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
                    let marks = level.problem.marks(level.graph.slots[a as usize]);
                    counts(level.problem, Condition::BaseAtLeast(quota), marks) as u64
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
            let change = |rows: &Vec<u32>| {
                let mut change = vec![0; asked.len() + 2];
                for &row in rows {
                    for (arc, sign) in [(from[row as usize], -1), (to[row as usize], 1)] {
                        if arc != NONE {
                            change[0] += sign * level.worth(arc as usize);
                            change[1] += sign;
                            for (place, own) in change[2..].iter_mut().zip(asked) {
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

    /// Goes from the tree's assignment, step by step round cycles, to one that meets the conditions, and
    /// then to better ones.
    fn step(&mut self, mut simplex: Simplex, side: &Side, asked: &[Asked], bound: i64) {
        let level = self.level;
        let arcs = level.graph.arcs.len();
        let mut cut = level.cut(&simplex.used(), asked);
        for _ in 0..STEPS {
            let lacking: i64 = cut.beyond.iter().map(|b| (-b).max(0)).sum();
            if lacking == 0 {
                self.keep(&simplex.used(), &cut);
                if self.closed(bound) || self.done() {
                    return;
                }
            }
            let nothing = |_: usize| 0;
            let worths = simplex.values(|arc| level.worth(arc), nothing, nothing);
            let by: Vec<Vec<i64>> = asked
                .iter()
                .map(|own| simplex.values(|arc| level.count(own, arc), nothing, nothing))
                .collect();
            let counted = simplex.values(|_| 1, nothing, nothing);
            let out = simplex.values(
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
                if simplex.by_step(arc, 1, &counted) < 0
                    || simplex.by_step(arc, i64::from(level.out(side, arc)), &out) > 0
                {
                    continue;
                }
                let worth = simplex.by_step(arc, level.worth(arc), &worths);
                let mut after = 0;
                for ((own, values), beyond) in asked.iter().zip(&by).zip(&cut.beyond) {
                    let change = simplex.by_step(arc, level.count(own, arc), values);
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
                steps.iter().take(200).find(|(_, arc)| !simplex.in_tree(*arc) && simplex.can_flow(*arc) > 0)
            else {
                return;
            };
            simplex.pivot(arc);
            cut = level.cut(&simplex.used(), asked);
        }
    }
}
