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

use super::answer::{Bound, Condition, Prices, Proof};
use super::forest::Forest;
use super::graph::Graph;
use super::housed::NONE;
use super::multipliers::Cut;
use super::problem::Problem;
use super::simplex::Arc;

/// Multipliers are whole numbers of this part of a point: breakpoints are at small fractions.
pub(super) const SCALE: i64 = 60;

/// How many attributions it would take to make up for what must not be.
pub(super) const NEVER: i64 = 64;

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
pub(super) struct Side {
    /// By quota: the smallest and the largest base.
    pub bases: Vec<(u64, u64)>,
    /// By request that is settled: its column.
    pub only: BTreeMap<u32, u32>,
    /// Requests and columns that do not go together.
    pub never: BTreeSet<(u32, u32)>,
}

/// One level: what it wants, from which assignments, and under which conditions.
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

/// What pairs count in a condition: by kind of arc, and by point of the request.
pub(super) struct Counted {
    by_kind: Vec<i64>,
    per_point: i64,
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
    pub fn worth(&self, arc: usize) -> i64 {
        match self.aim {
            Aim::Fit => i64::from(self.graph.fits[arc]),
            aim => aim.worth(self.problem, self.points(arc), self.marks(arc)),
        }
    }

    /// The marks of an arc.
    pub fn marks(&self, arc: usize) -> u16 {
        self.graph.marks[self.graph.kind[arc] as usize]
    }

    fn points(&self, arc: usize) -> u32 {
        self.problem.points[self.graph.requests[self.graph.arcs[arc].row as usize] as usize]
    }

    /// What arcs count in a condition.
    pub fn counted(&self, asked: &Asked) -> Counted {
        let sign = if asked.at_least { 1 } else { -1 };
        let of = |&marks: &u16| sign * counts(self.problem, asked.condition, marks);
        let per_point = if asked.condition == Condition::Priority { sign } else { 0 };
        Counted { by_kind: self.graph.marks.iter().map(of).collect(), per_point }
    }

    /// What an arc counts in it.
    pub fn count(&self, counted: &Counted, arc: usize) -> i64 {
        let by_points = match counted.per_point {
            0 => 0,
            sign => sign * i64::from(self.points(arc)),
        };
        counted.by_kind[self.graph.kind[arc] as usize] + by_points
    }

    /// The conditions on one side.
    pub fn asked(&self, side: &Side) -> Vec<Asked> {
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

    /// Weighs the arcs of trees by multipliers, in parts of a point.
    pub fn weigh(&self, forest: &mut Forest, side: &Side, asked: &[Asked], multipliers: &[i64]) {
        // So little that it is never chosen if anything else can be.
        let never = -NEVER * self.housed;
        let graph = self.graph;
        let restricted = !side.only.is_empty() || !side.never.is_empty();
        let mut all = Counted { by_kind: vec![self.housed; graph.marks.len()], per_point: 0 };
        for (own, m) in asked.iter().zip(multipliers).filter(|(_, m)| **m != 0) {
            let counted = self.counted(own);
            all.per_point += m * counted.per_point;
            for (sum, count) in all.by_kind.iter_mut().zip(&counted.by_kind) {
                *sum += m * count;
            }
        }
        forest.weigh(
            |arc| {
                if restricted {
                    let Arc { row, column } = graph.arcs[arc];
                    if !allowed(side, graph.requests[row as usize], column) {
                        return never;
                    }
                }
                SCALE * self.worth(arc) + self.count(&all, arc)
            },
            |row| {
                let must = graph.row_must[row] || restricted && side.only.contains_key(&graph.requests[row]);
                if must { never } else { 0 }
            },
            |column| if graph.column_must[column] { never } else { 0 },
        );
    }

    /// The bound of trees that gain nothing any more, in parts of a point.
    pub fn bound(&self, forest: &Forest, asked: &[Asked], multipliers: &[i64]) -> i64 {
        let graph = self.graph;
        let wide = |value: i64| i128::from(value);
        let columns = (0_u32..).zip(&graph.capacity);
        let paid: i128 = columns.map(|(c, &n)| i128::from(n) * wide(forest.price(c))).sum();
        let gained: i128 = (0..graph.requests.len() as u32).map(|row| wide(forest.row_value(row))).sum();
        let owed: i128 = asked.iter().zip(multipliers).map(|(a, m)| wide(*m) * wide(a.least)).sum();
        let bound = paid + gained - owed - wide(self.housed) * wide(self.attributions);
        i64::try_from(bound).unwrap_or(if bound < 0 { i64::MIN / 2 } else { i64::MAX / 2 })
    }

    /// The same as a proof.
    pub fn certificate(&self, forest: &Forest, asked: &[Asked], multipliers: &[i64]) -> Bound {
        let columns = self.graph.capacity.len() as u32;
        let prices = (0..columns).map(|c| forest.price(c)).collect();
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
    pub fn cut(&self, used: &[u32], asked: &[Asked]) -> Cut {
        let arcs = || used.iter().filter(|a| **a != NONE).map(|&a| a as usize);
        let beyond = |own: &Asked| {
            let counted = self.counted(own);
            arcs().map(|a| self.count(&counted, a)).sum::<i64>() - own.least
        };
        Cut { worth: arcs().map(|a| self.worth(a)).sum(), beyond: asked.iter().map(beyond).collect() }
    }

    /// Is an arc ruled out on a side?
    pub fn out(&self, side: &Side, arc: usize) -> bool {
        let Arc { row, column } = self.graph.arcs[arc];
        !allowed(side, self.graph.requests[row as usize], column)
    }

    /// Does an assignment hold to what a side settles, with as many attributions?
    pub fn possible(&self, used: &[u32], side: &Side) -> bool {
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
}

fn allowed(side: &Side, request: u32, column: u32) -> bool {
    side.only.get(&request).is_none_or(|&only| only == column) && !side.never.contains(&(request, column))
}
