//! One level: what it wants, from which assignments, under which conditions; how its arcs are weighed by
//! multipliers, and what bound and certificate follow.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use super::super::super::answer::{Bound, Condition, Prices};
use super::super::super::problem::Problem;
use super::super::columns::{Column, NONE};
use super::super::forest::Forest;
use super::super::graph::Graph;
use super::super::marks::{SCALE, counts};
use super::super::multipliers::Cut;
use super::super::simplex::Arc;

/// How many attributions it would take to make up for an arc that must not be used: more than any one cycle
/// of moves can house, so that such an arc is used only if there is nothing else. Half or double changes
/// nothing.
pub(in super::super) const NEVER: i64 = 64;

/// What is too dear to be chosen if anything else can be, in parts of a point.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Never {
    /// An arc that splits rule out, a place that must not be free.
    pub used: i64,
    /// A row that must be housed: at the root, so that no two of them are on one path, and more than all attributions
    /// together where tenants must not be left without a unit.
    pub idle: i64,
}

/// What a level wants most of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Aim {
    /// Attributions, where some requests hold a unit. (Else who is housed is known before any level.)
    Attributions,
    /// Members of the quota, and few others in its base.
    Quota(usize),
    /// A small base of the quota (`false`), or a large one (`true`).
    Base(usize, bool),
    /// Points of the housed.
    Priority,
    /// Fit of the pairs.
    Fit,
    /// Requests that have the unit that they had.
    Kept,
}

/// A condition that the level puts on assignments: what the pairs count in it is at least `least` or, for one
/// from above, its opposite is.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Asked {
    pub condition: Condition,
    /// `true`: from below. `false`: from above, counted with the opposite sign.
    pub at_least: bool,
    /// The least that is asked for, in that sign.
    pub least: i64,
}

/// Where an answer must be: what splits have settled.
#[derive(Clone, Default)]
pub(super) struct Side {
    /// By quota: the smallest and the largest base.
    pub bases: Vec<(u64, u64)>,
    /// By request that is settled: its column.
    pub only: BTreeMap<u32, Column>,
    /// Requests and columns that do not go together.
    pub never: BTreeSet<(u32, Column)>,
}

/// What a side asks for, and what is computed once for all that is looked at on it.
pub(super) struct Posed {
    /// The conditions.
    pub asked: Vec<Asked>,
    /// What pairs count in them.
    pub counted: Counted,
    /// By arc: do splits rule it out? Empty where none does.
    out: Vec<bool>,
    /// By row: must it be housed?
    pub must: Vec<bool>,
}

impl Posed {
    /// Is an arc ruled out?
    #[inline]
    pub fn out(&self, arc: usize) -> bool {
        self.out.get(arc).copied().unwrap_or(false)
    }
}

/// One level: what it wants, from which assignments, and under which conditions.
pub(in super::super) struct Level<'p> {
    pub problem: &'p Problem,
    pub graph: &'p Graph,
    pub aim: Aim,
    /// What being housed weighs beside everything else, in parts of a point: more than anything that moves of
    /// others can gain, so that as many are housed as can be. Nothing where that number is what is looked for.
    pub housed: i64,
    /// What it costs to leave idle who must be housed, or to use what is ruled out.
    pub never: Never,
    /// How many can be housed.
    pub attributions: i64,
    /// No multiplier is looked for beyond this, in points.
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
    /// How often multipliers may be moved, over all sides, before sides are left.
    pub moves: usize,
    /// How many sides of splits may be looked at.
    pub sides: usize,
    /// When the search gives up, whatever sides are left.
    pub until: Option<Instant>,
    /// By arc: does it leave its request where it was? Empty but for [`Aim::Kept`].
    pub kept: Vec<bool>,
}

/// What pairs count in conditions: by kind of arc (see [`Graph::marks`]), by point of the request and by fit.
pub(super) struct Counted {
    /// How many conditions there are.
    conditions: usize,
    /// By kind, then by condition.
    by_kind: Vec<i64>,
    /// By condition.
    per_point: Vec<i64>,
    per_fit: Vec<i64>,
    /// Does any condition count points or fit?
    weighs: bool,
}

impl Aim {
    /// What a pair of these marks is worth, for a request of `points` points; fit aside, and not for a tenant that stays.
    pub fn worth(self, problem: &Problem, points: u32, marks: u64) -> i64 {
        match self {
            Aim::Attributions => 1,
            Aim::Quota(q) => counts(problem, Condition::Quota(q), marks),
            Aim::Base(q, large) => {
                let base = counts(problem, Condition::BaseAtLeast(q), marks);
                if large { base } else { -base }
            }
            Aim::Priority => i64::from(points),
            Aim::Fit | Aim::Kept => 0,
        }
    }
}

impl Level<'_> {
    /// Has the time come to give up?
    pub fn late(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// What an arc is worth at this level.
    pub fn worth(&self, arc: usize) -> i64 {
        match self.aim {
            Aim::Fit => i64::from(self.graph.fits[arc]),
            Aim::Kept => i64::from(self.kept[arc]),
            Aim::Attributions => self.attributes(arc),
            aim => aim.worth(self.problem, self.points(arc), self.marks(arc)),
        }
    }

    /// The marks of an arc.
    pub fn marks(&self, arc: usize) -> u64 {
        self.graph.marks_of(arc as u32)
    }

    /// How many attributions an arc is: one, or none if it is a tenant's who stays.
    pub(super) fn attributes(&self, arc: usize) -> i64 {
        i64::from(self.problem.stays_count || !self.graph.stays[self.graph.kind[arc] as usize])
    }

    fn points(&self, arc: usize) -> u32 {
        if self.graph.stays[self.graph.kind[arc] as usize] {
            return 0;
        }
        self.graph.points[self.graph.arcs[arc].row as usize]
    }

    /// What arcs count in some conditions.
    fn counted(&self, asked: &[Asked]) -> Counted {
        let sign = |own: &Asked| if own.at_least { 1 } else { -1 };
        let of = |own: &Asked, marks: u64, stays: bool| match own.condition {
            Condition::Attributions if stays && !self.problem.stays_count => 0,
            condition => sign(own) * counts(self.problem, condition, marks),
        };
        let per = |condition: Condition| -> Vec<i64> {
            asked.iter().map(|own| if own.condition == condition { sign(own) } else { 0 }).collect()
        };
        let kinds = self.graph.marks.iter().zip(&self.graph.stays);
        let by_kind =
            kinds.flat_map(|(marks, stays)| asked.iter().map(|own| of(own, *marks, *stays))).collect();
        let (per_point, per_fit) = (per(Condition::Priority), per(Condition::Fit));
        let weighs = per_point.iter().chain(&per_fit).any(|sign| *sign != 0);
        Counted { conditions: asked.len(), by_kind, per_point, per_fit, weighs }
    }

    /// What an arc counts in a condition.
    pub(super) fn count(&self, counted: &Counted, condition: usize, arc: usize) -> i64 {
        let by_points = match counted.per_point[condition] {
            0 => 0,
            sign => sign * i64::from(self.points(arc)),
        };
        let by_fit = match counted.per_fit[condition] {
            0 => 0,
            sign => sign * i64::from(self.graph.fits[arc]),
        };
        let kind = usize::from(self.graph.kind[arc]);
        counted.by_kind[kind * counted.conditions + condition] + by_points + by_fit
    }

    /// Adds what an arc counts in each condition, so many times.
    pub(super) fn add(&self, counted: &Counted, (arc, times): (usize, i64), sums: &mut [i64]) {
        let kind = usize::from(self.graph.kind[arc]) * counted.conditions;
        let own = &counted.by_kind[kind..kind + counted.conditions];
        sums.iter_mut().zip(own).for_each(|(sum, count)| *sum += times * count);
        if counted.weighs {
            let points = times * i64::from(self.points(arc));
            let fit = times * self.graph.fits.get(arc).map_or(0, |fit| i64::from(*fit));
            let per = counted.per_point.iter().zip(&counted.per_fit);
            sums.iter_mut().zip(per).for_each(|(sum, (point, by_fit))| *sum += points * point + fit * by_fit);
        }
    }

    /// A side, ready to be looked at.
    pub(super) fn posed(&self, side: &Side) -> Posed {
        let (graph, asked) = (self.graph, self.asked(side));
        let counted = self.counted(&asked);
        let out = |arc: &Arc| !allowed(side, graph.requests[arc.row as usize], arc.column);
        let restricted = !side.only.is_empty() || !side.never.is_empty();
        let out = if restricted { graph.arcs.iter().map(out).collect() } else { Vec::new() };
        let settled = |request: &u32| side.only.contains_key(request);
        let rows = graph.row_must.iter().zip(&graph.requests);
        let must = rows.map(|(must, request)| *must || restricted && settled(request)).collect();
        Posed { asked, counted, out, must }
    }

    /// The conditions on one side.
    fn asked(&self, side: &Side) -> Vec<Asked> {
        let mut asked = self.others.clone();
        for q in 0..self.problem.quotas.len() {
            let (low, high) = side.bases[q];
            let mut push = |condition, least| asked.push(Asked { condition, at_least: true, least });
            if let Some(shortfall) = self.shortfalls[q] {
                // With one base possible the share is a whole number of members, which `Members` says; without a share
                // it always is.
                if low < high && self.problem.quotas[q].numerator > 0 {
                    push(Condition::Quota(q), self.problem.least(q, shortfall));
                }
                push(Condition::Members(q), self.problem.target(q, low) as i64 - shortfall as i64);
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
    ///
    /// What the conditions ask for is moved into the objective (*Lagrangian relaxation*): a heaviest
    /// assignment of these weights is worth, with what is owed, at least as much as any that meets the
    /// conditions.
    pub(super) fn weigh(&self, forest: &mut Forest, posed: &Posed, multipliers: &[i64]) {
        // So little that it is never chosen if anything else can be.
        let Never { used: never, idle } = self.never;
        let graph = self.graph;
        // All conditions at their multipliers together, so that an arc is looked up once.
        let attributes = |stays: &bool| if *stays && !self.problem.stays_count { 0 } else { self.housed };
        let Counted { conditions, by_kind, per_point, per_fit, .. } = &posed.counted;
        let weighed =
            |counts: &[i64]| counts.iter().zip(multipliers).map(|(count, m)| count * m).sum::<i64>();
        // Where nothing is asked, no kind has counts.
        let of = |(kind, stays): (usize, &bool)| {
            attributes(stays) + weighed(&by_kind[kind * conditions..(kind + 1) * conditions])
        };
        let by_kind: Vec<i64> = graph.stays.iter().enumerate().map(of).collect();
        let (per_point, per_fit) = (weighed(per_point), weighed(per_fit));
        let weight = |arc: usize| {
            let points = if per_point == 0 { 0 } else { per_point * i64::from(self.points(arc)) };
            let fit = if per_fit == 0 { 0 } else { per_fit * i64::from(graph.fits[arc]) };
            SCALE * self.worth(arc) + by_kind[usize::from(graph.kind[arc])] + points + fit
        };
        forest.weigh(
            // Pairs that splits rule out stay in the graph, too dear to be used.
            |arc| if posed.out(arc) { never } else { weight(arc) },
            // Being idle is as dear for a row that must be housed, and a free place for a column that
            // must be full.
            |row| if posed.must[row] { idle } else { 0 },
            |column| if graph.column_must[column] { never } else { 0 },
        );
    }

    /// The bound that trees prove in which no arc gains, in parts of a point: all columns at their prices, the
    /// rows at their values, less what the conditions are owed.
    pub fn bound(&self, forest: &Forest, asked: &[Asked], multipliers: &[i64]) -> i64 {
        let graph = self.graph;
        let wide = |value: i64| i128::from(value);
        // By duality this is the weight of the forest's own assignment; but prices alone are what the checker
        // knows.
        let columns = (0_u32..).map(Column).zip(&graph.capacity);
        let paid: i128 = columns.map(|(c, &n)| i128::from(n) * wide(forest.price(c))).sum();
        let gained: i128 = (0..graph.requests.len() as u32).map(|row| wide(forest.row_value(row))).sum();
        let owed: i128 = asked.iter().zip(multipliers).map(|(a, m)| wide(*m) * wide(a.least)).sum();
        // Being housed is taken off again: the level counts without it.
        let bound = paid + gained - owed - wide(self.housed) * wide(self.attributions);
        i64::try_from(bound).unwrap_or(if bound < 0 { i64::MIN / 2 } else { i64::MAX / 2 })
    }

    /// What [`Level::bound`] sums up, as a bound that the checker reads.
    pub fn certificate(&self, forest: &Forest, asked: &[Asked], multipliers: &[i64]) -> Bound {
        let columns = self.graph.capacity.len() as u32;
        let prices = (0..columns).map(|c| forest.price(Column(c))).collect();
        // A condition from below and one from above stay two: they may exclude each other.
        let mut weights = vec![(Condition::Attributions, self.housed)];
        weights.retain(|(_, weight)| *weight != 0);
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
    pub(super) fn cut(&self, used: &[u32], posed: &Posed) -> Cut {
        let mut beyond: Vec<i64> = posed.asked.iter().map(|own| -own.least).collect();
        for &arc in used.iter().filter(|arc| **arc != NONE) {
            self.add(&posed.counted, (arc as usize, 1), &mut beyond);
        }
        Cut { worth: self.worth_of(used), beyond }
    }

    /// What an assignment is worth.
    pub fn worth_of(&self, used: &[u32]) -> i64 {
        used.iter().filter(|a| **a != NONE).map(|&a| self.worth(a as usize)).sum()
    }

    /// Does an assignment hold to what a side settles, with as many attributions?
    pub(super) fn possible(&self, used: &[u32], posed: &Posed) -> bool {
        let graph = self.graph;
        // Places taken, by column.
        let mut full = vec![0; graph.capacity.len()];
        let mut attributions = 0;
        // Too dear is not impossible: whether it was used all the same shows that nothing else was possible.
        for (&arc, must) in used.iter().zip(&posed.must) {
            if arc == NONE {
                if *must {
                    return false;
                }
                continue;
            }
            if posed.out(arc as usize) {
                return false;
            }
            full[graph.arcs[arc as usize].column.index()] += 1;
            attributions += self.attributes(arc as usize);
        }
        let columns = full.iter().zip(&graph.capacity).zip(&graph.column_must);
        attributions >= self.attributions && columns.into_iter().all(|((n, c), m)| !m || n == c)
    }
}

/// Do the splits of a side leave a pair?
fn allowed(side: &Side, request: u32, column: Column) -> bool {
    side.only.get(&request).is_none_or(|&only| only == column) && !side.never.contains(&(request, column))
}
