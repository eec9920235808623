//! Candidacies: which unit may be proposed to which request.
//!
//! A pair for which the suitability rule is true is a candidacy; a pair that it leaves open is not one:
//! the missing inputs come first. Not every pair is looked at: the conditions that the rule demands of
//! every pair (`conditions`) lead to the units that may meet them (`index`), and only those pairs are
//! decided, by the plan, in batches. What reads one side only is computed once for its rows.

mod index;
mod search;

use std::ops::{Deref, Range};

use logis_data::Dataset;
use logis_decide::evaluate::{Context, DecisionColumn, Pairs};
use logis_language::pack::schema::{EntityId, Origin};
use logis_language::plan::Plan;
use logis_language::plan::ir::Op;

pub(crate) use search::{Finder, Found, Piece, finding};

/// What to keep of the candidates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How many units of each request to keep at most, and which; all, if there is none.
    pub most: Option<Most>,
}

/// Keeps the units with the highest outcome; of equal ones, those with the first identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Most {
    /// How many of each request.
    pub units: usize,
    /// Which outcome: its place among those that the plan selects after the suitability. Without one, the
    /// identifier alone decides.
    pub by: Option<usize>,
}

/// What a search for candidates found, beside the pairs themselves: how many each request has, and the pairs that no rule
/// could settle.
#[derive(Clone, Debug, Default)]
pub struct Searched {
    /// By request: where its candidates begin among those of all; then, where the last ones end.
    offsets: Vec<usize>,
    /// The outcomes of what the plan selects after the suitability: a row for each candidate, by request
    /// and then by unit, in the order of their rows.
    pub outcomes: Vec<DecisionColumn>,
    /// How many pairs there are: requests times units.
    pub pairs: u64,
    /// How many of them were looked at: the others miss a condition for certain.
    pub looked_at: u64,
    /// By request: for how many of the units looked at a missing input leaves the suitability open.
    pub open: Vec<u32>,
    /// How many of the pairs looked at have an error.
    pub errors: u64,
    /// How many suitable pairs were left out by [`Options::most`].
    pub cut: u64,
}

/// The candidates of a data set.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    /// What was found beside the pairs.
    pub searched: Searched,
    /// The units (rows), request by request, ascending for each.
    units: Vec<u32>,
}

impl Searched {
    /// How many candidates there are.
    pub fn len(&self) -> usize {
        self.offsets.last().copied().unwrap_or(0)
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The places of a request's candidates in [`Searched::outcomes`].
    pub fn rows_of(&self, request: usize) -> Range<usize> {
        match (self.offsets.get(request), self.offsets.get(request + 1)) {
            (Some(&start), Some(&end)) => start..end,
            _ => 0..0,
        }
    }

    /// The same with these candidates only: `of` adds by request the places of those kept among its own, ascending. The counts
    /// stay those of the whole search.
    pub(crate) fn kept(&self, mut of: impl FnMut(usize, &mut Vec<usize>)) -> Searched {
        let (mut offsets, mut kept, mut own) = (vec![0], Vec::new(), Vec::new());
        for request in 0..self.offsets.len().saturating_sub(1) {
            own.clear();
            of(request, &mut own);
            let first = self.rows_of(request).start;
            match self.outcomes.is_empty() {
                true => offsets.push(offsets.last().copied().unwrap_or(0) + own.len()),
                false => {
                    kept.extend(own.iter().map(|at| first + at));
                    offsets.push(kept.len());
                }
            }
        }
        let outcomes = self.outcomes.iter().map(|column| column.rows_at(&kept)).collect();
        Searched { offsets, outcomes, open: self.open.clone(), ..*self }
    }

    /// Of so many requests with so many candidates each: without outcomes, and nothing counted.
    pub(crate) fn counted(counts: impl Iterator<Item = usize>) -> Searched {
        let mut all = Searched { offsets: vec![0], ..Searched::default() };
        for count in counts {
            all.offsets.push(all.len() + count);
        }
        all
    }
}

impl Deref for Candidates {
    type Target = Searched;

    fn deref(&self) -> &Searched {
        &self.searched
    }
}

impl Candidates {
    /// The units that suit a request, in the order of their rows.
    pub fn of(&self, request: usize) -> &[u32] {
        self.units.get(self.rows_of(request)).unwrap_or(&[])
    }

    /// Each candidate: the row of the request and that of the unit.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let requests = self.offsets.len().saturating_sub(1);
        (0_u32..).take(requests).flat_map(|r| self.of(r as usize).iter().map(move |u| (r, *u)))
    }
}

/// The two entities of the pairs that a plan decides.
pub fn sides(plan: &Plan) -> Option<(EntityId, EntityId)> {
    match plan.parsed.schema.entities.get(plan.entity)?.origin {
        Origin::Pair(first, second) => Some((first, second)),
        _ => None,
    }
}

/// Finds the candidates. `plan` is a plan on pairs whose first selected rule is the suitability.
///
/// All suitable pairs are found; a pair that is not looked at is not counted as open or in error. The
/// result does not depend on the number of threads.
pub fn candidates(plan: &Plan, dataset: &Dataset, options: &Options) -> Candidates {
    let mut units = Vec::new();
    let searched = search(plan, dataset, options, |_| (), |own: Piece<'_, ()>| units.extend(own.units));
    Candidates { searched, units }
}

/// The same, piece by piece: see [`Finder::all`].
pub(crate) fn search<T: Send>(
    plan: &Plan,
    dataset: &Dataset,
    options: &Options,
    make: impl Fn(&mut Found<'_>) -> T + Sync,
    take: impl FnMut(Piece<'_, T>) + Send,
) -> Searched {
    finding(plan, dataset, |finder| finder.all(options, make, take)).unwrap_or_default()
}

/// Decides the pairs `(first[i], second[i])` of rows: one column for each outcome that a plan on pairs
/// selects, one row for each pair.
pub fn decide_pairs(plan: &Plan, dataset: &Dataset, first: &[u32], second: &[u32]) -> Vec<DecisionColumn> {
    deciding(plan, dataset, |decide| decide(first, second))
}

/// What decides lists of pairs of rows.
pub(crate) type Decide<'d> = dyn Fn(&[u32], &[u32]) -> Vec<DecisionColumn> + Sync + 'd;

/// Decides lists of pairs as [`decide_pairs`] does: what reads one side only is computed once for all of them.
pub(crate) fn deciding<R>(plan: &Plan, dataset: &Dataset, look: impl FnOnce(&Decide<'_>) -> R) -> R {
    let hoisted = plan.hoisted();
    let (own, hoisted) = (Context::new(plan, dataset), Context::new(&hoisted, dataset));
    let pairs = Pairs::new(&own, &hoisted);
    look(&|first, second| pairs.worker().decide(first, second))
}

/// The rules that the suitability, the first rule that the plan selects, demands by name: `a`, `b` and
/// `c` of `a && b && c`.
pub fn demanded(plan: &Plan) -> Vec<&str> {
    let mut names = Vec::new();
    let Some((_, node)) = plan.selected.first() else { return names };
    let body = match plan.node(*node).map(|n| &n.op) {
        Some(Op::Rule(_, body)) => *body,
        _ => *node,
    };
    // Left to right through the `&&`s, and through what only passes a value on; an `||` demands none of its
    // sides.
    let mut stack = vec![body];
    while let Some(node) = stack.pop() {
        match plan.node(node).map(|n| &n.op) {
            Some(Op::And(a, b)) => stack.extend([*b, *a]),
            Some(Op::Strict(_, value) | Op::Up(_, value)) => stack.push(*value),
            Some(Op::Rule(rule, _)) => names.extend(plan.parsed.rules.get(*rule).map(|r| r.name.as_str())),
            _ => {}
        }
    }
    names
}
