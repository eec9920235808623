//! Candidacies: which unit may be proposed to which request.
//!
//! A pair for which the suitability rule is true is a candidacy; a pair that it leaves open is not one:
//! the missing inputs come first. Not every pair is looked at: the conditions that the rule demands of
//! every pair (`conditions`) lead to the units that may meet them (`index`), and only those pairs are
//! decided, by the plan, in batches. What reads one side only is computed once for its rows.

mod index;

use std::ops::{Deref, Range};

use rayon::prelude::*;

use index::Index;
use logis_data::{Dataset, Ids};
use logis_decide::evaluate::{Completion, Context, DecisionColumn, Outcome, PairWorker, Pairs};
use logis_language::pack::schema::{EntityId, Origin};
use logis_language::plan::Plan;
use logis_language::plan::conditions::conditions;
use logis_language::plan::ir::Op;

/// Requests that a thread takes at a time: a piece.
const REQUESTS: usize = 128;

/// Pairs collected before they are decided together.
const BATCH: usize = 1 << 14;

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

/// The candidates of some requests, as they are handed over: in the order of the requests' rows.
pub(crate) struct Piece<'p, T> {
    /// The row of the first request.
    pub start: usize,
    /// By request: how many units.
    pub counts: &'p [usize],
    /// The units (rows), request by request.
    pub units: Vec<u32>,
    /// What was made of them.
    pub made: T,
}

/// Some candidates as they are found: those of [`REQUESTS`] requests.
pub(crate) struct Found<'f> {
    /// The row of the first request.
    start: usize,
    /// By request: how many units.
    counts: &'f [usize],
    /// The units (rows), request by request.
    units: &'f [u32],
    /// By outcome, a row for each candidate. What is taken out of it is not kept.
    pub outcomes: &'f mut Vec<DecisionColumn>,
}

impl Found<'_> {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.units.len()
    }

    /// The row of a candidate's unit.
    pub fn unit(&self, candidate: usize) -> u32 {
        self.units.get(candidate).copied().unwrap_or(u32::MAX)
    }

    /// The rows of both sides of a candidate.
    pub fn pair(&self, candidate: usize) -> (u32, u32) {
        let (mut request, mut end) = (self.start, 0);
        for count in self.counts {
            end += count;
            if candidate < end {
                break;
            }
            request += 1;
        }
        let request = u32::try_from(request).unwrap_or(u32::MAX);
        (request, self.units.get(candidate).copied().unwrap_or(u32::MAX))
    }
}

/// Pieces that are searched together before they are handed over: enough that all threads have work to the end, few enough
/// that hundreds of millions of pairs never stand twice.
const AT_ONCE: usize = 64;

/// Finds the candidates. `make` makes something of each piece of [`REQUESTS`] requests on the thread that found them: of
/// outcomes that it takes out, nothing is kept. `take` gets all pieces, in order, on one thread, while the next are searched.
pub(crate) fn search<T: Send>(
    plan: &Plan,
    dataset: &Dataset,
    options: &Options,
    make: impl Fn(&mut Found<'_>) -> T + Sync,
    mut take: impl FnMut(Piece<'_, T>) + Send,
) -> Searched {
    let (Some((suitable, others)), Some(sides)) = (plan.selected.split_first(), sides(plan)) else {
        return Searched::default();
    };
    // The suitability is decided for all pairs looked at, the other outcomes for the candidacies only.
    let (suitable, others) = (part(plan, std::slice::from_ref(suitable)), part(plan, others));
    // Hoisted plans compute on a side what reads one side only; the plans themselves decide what those leave
    // open (see `Plan::hoisted`).
    let (first, second) = (suitable.hoisted(), others.hoisted());
    let index = first.selected.first().map(|(_, node)| conditions(&first, *node)).unwrap_or_default();
    let index = Index::new(&first, dataset, sides, &index);
    let contexts = [&suitable, &first, &others, &second].map(|plan| Context::new(plan, dataset));
    // Of a pair that may not be suitable, nothing is asked but that it is open.
    let ways = Completion::ways(&first, dataset);
    let ways: Vec<Context<'_>> =
        ways.iter().map(|way| Context::new(way.plan(&first), way.dataset(dataset))).collect();
    let [suitable, first, others, second] = &contexts;
    let (suitable, others) = (Pairs::new(suitable, first).told_open(&ways), Pairs::new(others, second));
    let rows = |entity: EntityId| dataset.tables.get(entity).map_or(0, logis_data::Table::rows);
    let (requests, units) = (rows(sides.0), rows(sides.1));
    let ids = dataset.tables.get(sides.1).map(|table| table.ids.clone()).unwrap_or_default();
    // Requests go to threads by fixed chunks, so that the result does not depend on their number.
    let search = Search { index: &index, options: *options, ids };
    let starts: Vec<usize> = (0..requests).step_by(REQUESTS).collect();
    let found = |starts: &[usize]| -> Vec<(usize, Chunk, T)> {
        let workers = || (suitable.worker(), others.worker());
        let chunks = starts.par_iter().map_init(workers, |(suitable, others), &start| {
            let requests = start..(start + REQUESTS).min(requests);
            let mut chunk = search.chunk(requests, suitable, others);
            let Chunk { counts, units, outcomes, .. } = &mut chunk;
            let made = make(&mut Found { start, counts, units, outcomes });
            (start, chunk, made)
        });
        chunks.collect()
    };
    let mut all = Joined::new(requests as u64 * units as u64);
    let mut handed_over = |found: Vec<(usize, Chunk, T)>| {
        for (start, mut chunk, made) in found {
            let units = std::mem::take(&mut chunk.units);
            take(Piece { start, counts: &chunk.counts, units, made });
            all.add(chunk);
        }
    };
    let mut before = Vec::new();
    for starts in starts.chunks(AT_ONCE) {
        let (_, now) = rayon::join(|| handed_over(std::mem::take(&mut before)), || found(starts));
        before = now;
    }
    handed_over(before);
    all.searched()
}

/// Decides the pairs `(first[i], second[i])` of rows: one column for each outcome that a plan on pairs
/// selects, one row for each pair.
pub fn decide_pairs(plan: &Plan, dataset: &Dataset, first: &[u32], second: &[u32]) -> Vec<DecisionColumn> {
    let hoisted = plan.hoisted();
    let (own, hoisted) = (Context::new(plan, dataset), Context::new(&hoisted, dataset));
    Pairs::new(&own, &hoisted).worker().decide(first, second)
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

/// The plan, with only these of its selected names.
fn part(plan: &Plan, selected: &[(String, logis_language::plan::ir::NodeId)]) -> Plan {
    Plan { selected: selected.to_vec(), ..plan.clone() }
}

/// The candidates of some requests.
#[derive(Default)]
struct Chunk {
    /// By request: how many units.
    counts: Vec<usize>,
    units: Vec<u32>,
    outcomes: Vec<DecisionColumn>,
    looked_at: u64,
    open: Vec<u32>,
    errors: u64,
    cut: u64,
}

/// What the search of each chunk needs.
struct Search<'s> {
    index: &'s Index,
    options: Options,
    /// By row of a unit: its identifier.
    ids: Ids,
}

impl Search<'_> {
    /// Finds the candidacies of some requests, with their outcomes.
    fn chunk(
        &self,
        requests: std::ops::Range<usize>,
        suitable: &mut PairWorker<'_, '_>,
        others: &mut PairWorker<'_, '_>,
    ) -> Chunk {
        let start = requests.start;
        let mut chunk =
            Chunk { counts: vec![0; requests.len()], open: vec![0; requests.len()], ..Chunk::default() };
        let mut found: Vec<(u32, u32)> = Vec::new();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let last = requests.end - 1;
        for request in requests {
            // Requests are collected until there are enough pairs for a batch.
            // One request has few pairs left by the index: alone they would not fill the columns that they
            // are decided by.
            self.index.units_of(request, &mut second);
            first.resize(second.len(), u32::try_from(request).unwrap_or(u32::MAX));
            if first.len() < BATCH && request < last {
                continue;
            }
            for (first, second) in first.chunks(BATCH).zip(second.chunks(BATCH)) {
                self.decide(start, first, second, suitable, &mut chunk, &mut found);
            }
            first.clear();
            second.clear();
        }
        // The index gives the units of a request in no order; requests come in theirs.
        found.chunk_by_mut(|a, b| a.0 == b.0).for_each(|own| own.sort_unstable_by_key(|(_, unit)| *unit));
        // The other outcomes are decided now, for suitable pairs only: a few of those looked at.
        (first, second) = found.into_iter().unzip();
        chunk.outcomes = others.decide(&first, &second);
        chunk.units = second;
        for request in first {
            if let Some(count) = chunk.counts.get_mut(request as usize - start) {
                *count += 1;
            }
        }
        if let Some(most) = self.options.most {
            self.keep(most, &mut chunk);
        }
        chunk
    }

    /// Decides the suitability of a batch: adds the suitable pairs to `found`, counts the others. `start`
    /// is the first request of the chunk.
    fn decide(
        &self,
        start: usize,
        first: &[u32],
        second: &[u32],
        suitable: &mut PairWorker<'_, '_>,
        chunk: &mut Chunk,
        found: &mut Vec<(u32, u32)>,
    ) {
        chunk.looked_at += first.len() as u64;
        let decided = suitable.decide(first, second);
        let Some(column) = decided.first() else { return };
        for (row, (&first, &second)) in first.iter().zip(second).enumerate() {
            if column.is_true(row) {
                found.push((first, second));
            }
        }
        // Pairs that no rule could settle are counted, and are no candidacies.
        for (row, outcome) in column.odd_rows() {
            match outcome {
                Outcome::Unknown(_) => {
                    let request = first.get(row).map_or(usize::MAX, |r| *r as usize - start);
                    if let Some(open) = chunk.open.get_mut(request) {
                        *open += 1;
                    }
                }
                Outcome::Error(_) => chunk.errors += 1,
                Outcome::Known(_) => {}
            }
        }
    }

    /// Leaves out the units of each request beyond the most that it may have.
    fn keep(&self, most: Most, chunk: &mut Chunk) {
        let column = most.by.and_then(|by| chunk.outcomes.get(by));
        let mut kept = Vec::with_capacity(chunk.units.len());
        let mut start = 0;
        for count in &mut chunk.counts {
            // A request's candidates are one run of rows, since requests stand in order.
            let mut rows: Vec<usize> = (start..start + *count).collect();
            start += *count;
            if rows.len() > most.units {
                // Best first; those that stay go back to the order of their rows.
                rows.sort_by_cached_key(|&row| {
                    let id = chunk.units.get(row).and_then(|unit| self.ids.text(*unit as usize));
                    (std::cmp::Reverse(column.and_then(|c| c.value(row))), id)
                });
                rows.truncate(most.units);
                rows.sort_unstable();
            }
            chunk.cut += (*count - rows.len()) as u64;
            *count = rows.len();
            kept.extend(rows);
        }
        if kept.len() < chunk.units.len() {
            chunk.units = kept.iter().filter_map(|&row| chunk.units.get(row).copied()).collect();
            chunk.outcomes = chunk.outcomes.iter().map(|column| column.rows_at(&kept)).collect();
        }
    }
}

/// What was found of all chunks, which come in the order of their requests.
struct Joined {
    all: Searched,
    /// By outcome, the columns of all chunks.
    outcomes: Vec<Vec<DecisionColumn>>,
}

impl Joined {
    /// Of so many pairs.
    fn new(pairs: u64) -> Joined {
        Joined { all: Searched { pairs, offsets: vec![0], ..Searched::default() }, outcomes: Vec::new() }
    }

    fn add(&mut self, chunk: Chunk) {
        let Joined { all, outcomes } = self;
        for count in chunk.counts {
            all.offsets.push(all.len() + count);
        }
        all.open.extend(chunk.open);
        all.looked_at += chunk.looked_at;
        all.errors += chunk.errors;
        all.cut += chunk.cut;
        outcomes.resize_with(outcomes.len().max(chunk.outcomes.len()), Vec::new);
        for (all, column) in outcomes.iter_mut().zip(chunk.outcomes) {
            all.push(column);
        }
    }

    fn searched(self) -> Searched {
        Searched { outcomes: self.outcomes.into_iter().map(DecisionColumn::concat).collect(), ..self.all }
    }
}
