//! The search for candidates: of all requests and units, or again and again of some of them.

use rayon::prelude::*;

use super::index::{Index, Units};
use super::{Most, Options, Searched, sides};
use logis_data::{Dataset, Ids};
use logis_decide::evaluate::{Completion, Context, DecisionColumn, Outcome, PairWorker, Pairs};
use logis_language::pack::schema::EntityId;
use logis_language::plan::Plan;
use logis_language::plan::conditions::conditions;
use logis_language::plan::ir::NodeId;

/// Requests that a thread takes at a time: a piece.
const REQUESTS: usize = 128;

/// The same where only some units are free: few of so many requests are suited by any of them.
const WAITING: usize = 2048;

/// Pieces that are searched together before they are handed over: enough that all threads have work to the end, few enough
/// that hundreds of millions of pairs do not stand twice.
const AT_ONCE: usize = 64;

/// Pairs collected before they are decided together.
const BATCH: usize = 1 << 14;

/// Some candidates as they are found: those of a piece of requests.
pub(crate) struct Found<'f> {
    /// By candidate: the row of the request.
    requests: &'f [u32],
    /// By candidate: the row of the unit.
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
        let of = |all: &[u32]| all.get(candidate).copied().unwrap_or(u32::MAX);
        (of(self.requests), of(self.units))
    }
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

/// What is computed once for all searches on some data: what reads one side of a pair only, and which units a request may be
/// suited by.
pub(crate) struct Finder<'f, 'c> {
    index: &'f Index,
    suitable: &'f Pairs<'c>,
    others: &'f Pairs<'c>,
    /// By row of a unit: its identifier.
    ids: Ids,
    requests: usize,
    units: usize,
}

/// Prepares the search by a plan on pairs whose first selected rule is the suitability; `None` if it is no such plan.
pub(crate) fn finding<R>(
    plan: &Plan,
    dataset: &Dataset,
    search: impl FnOnce(&Finder<'_, '_>) -> R,
) -> Option<R> {
    let ((suitable, others), sides) = (plan.selected.split_first()?, sides(plan)?);
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
    let ends = Completion::ends(&first, dataset);
    let ways: Vec<Context<'_>> = ways.iter().map(|way| filled_in(way, &first, dataset)).collect();
    let ends: Vec<Context<'_>> = ends.iter().flatten().map(|end| filled_in(end, &first, dataset)).collect();
    let [suitable, first, others, second] = &contexts;
    let (suitable, others) =
        (Pairs::new(suitable, first).between(&ends).told_open(&ways), Pairs::new(others, second));
    let rows = |entity: EntityId| dataset.tables.get(entity).map_or(0, logis_data::Table::rows);
    let (requests, units) = (rows(sides.0), rows(sides.1));
    let ids = dataset.tables.get(sides.1).map(|table| table.ids.clone()).unwrap_or_default();
    let (index, suitable, others) = (&index, &suitable, &others);
    Some(search(&Finder { index, suitable, others, ids, requests, units }))
}

/// A plan and data as a way fills them in.
fn filled_in<'d>(way: &'d Completion, plan: &'d Plan, dataset: &'d Dataset) -> Context<'d> {
    Context::new(way.plan(plan), way.dataset(dataset))
}

/// The plan, with only these of its selected names.
fn part(plan: &Plan, selected: &[(String, NodeId)]) -> Plan {
    Plan { selected: selected.to_vec(), ..plan.clone() }
}

impl Finder<'_, '_> {
    /// All candidates. `make` makes something of each piece of [`REQUESTS`] requests on the thread that found them: of outcomes
    /// that it takes out, nothing is kept. `take` gets all pieces, in order, on one thread, while the next are searched.
    pub(super) fn all<T: Send>(
        &self,
        options: &Options,
        make: impl Fn(&mut Found<'_>) -> T + Sync,
        mut take: impl FnMut(Piece<'_, T>) + Send,
    ) -> Searched {
        let requests: Vec<u32> = (0_u32..).take(self.requests).collect();
        let mut all = Joined::new(self.requests as u64 * self.units as u64);
        let mut start = 0;
        let mut handed_over = |found: Vec<(Chunk, T)>| {
            for (mut chunk, made) in found {
                let units = std::mem::take(&mut chunk.units);
                take(Piece { start, counts: &chunk.counts, units, made });
                start += chunk.counts.len();
                all.add(chunk);
            }
        };
        let mut before = Vec::new();
        for requests in requests.chunks(AT_ONCE * REQUESTS) {
            let found = || self.search((self.index.units(), *options), requests, REQUESTS, &make).collect();
            let (_, now) = rayon::join(|| handed_over(std::mem::take(&mut before)), found);
            before = now;
        }
        handed_over(before);
        all.searched()
    }

    /// What `digest` makes of the candidates between these requests and these units (ascending rows), piece by piece.
    pub fn among<T: Send>(
        &self,
        requests: &[u32],
        units: &[u32],
        digest: impl Fn(&mut Found<'_>) -> T + Sync,
    ) -> Vec<T> {
        let units = self.index.among(units);
        self.search((&units, Options::default()), requests, WAITING, &digest)
            .map(|(_, digest)| digest)
            .collect()
    }

    /// Requests go to threads by fixed pieces, so that the result does not depend on their number.
    fn search<'s, T: Send>(
        &'s self,
        (units, options): (&'s Units, Options),
        requests: &'s [u32],
        piece: usize,
        digest: &'s (impl Fn(&mut Found<'_>) -> T + Sync),
    ) -> impl IndexedParallelIterator<Item = (Chunk, T)> + 's {
        let search = Search { index: self.index, units, options, ids: &self.ids };
        requests.par_chunks(piece).map_init(
            || (self.suitable.worker(), self.others.worker()),
            move |(suitable, others), requests| {
                let (mut chunk, first) = search.chunk(requests, suitable, others);
                let Chunk { units, outcomes, .. } = &mut chunk;
                let digested = digest(&mut Found { requests: &first, units, outcomes });
                (chunk, digested)
            },
        )
    }
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
    units: &'s Units,
    options: Options,
    ids: &'s Ids,
}

impl Search<'_> {
    /// Finds the candidacies of some requests, with their outcomes; and the request of each.
    fn chunk(
        &self,
        requests: &[u32],
        suitable: &mut PairWorker<'_, '_>,
        others: &mut PairWorker<'_, '_>,
    ) -> (Chunk, Vec<u32>) {
        let mut chunk =
            Chunk { counts: vec![0; requests.len()], open: vec![0; requests.len()], ..Chunk::default() };
        let mut found: Vec<(u32, u32)> = Vec::new();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        let last = requests.last().copied();
        for &request in requests {
            // Requests are collected until there are enough pairs for a batch.
            // One request has few pairs left by the index: alone they would not fill the columns that they
            // are decided by.
            self.index.units_of(request as usize, self.units, &mut second);
            first.resize(second.len(), request);
            if first.len() < BATCH && Some(request) != last {
                continue;
            }
            for (first, second) in first.chunks(BATCH).zip(second.chunks(BATCH)) {
                self.decide(requests, (first, second), suitable, &mut chunk, &mut found);
            }
            first.clear();
            second.clear();
        }
        // The index gives the units of a request in no order; requests come in theirs.
        found.chunk_by_mut(|a, b| a.0 == b.0).for_each(|own| own.sort_unstable_by_key(|(_, unit)| *unit));
        let mut places = requests.iter().zip(&mut chunk.counts);
        for own in found.chunk_by(|a, b| a.0 == b.0) {
            let request = own.first().map(|pair| pair.0);
            let place = places.find(|(other, _)| Some(**other) == request);
            place.into_iter().for_each(|(_, count)| *count = own.len());
        }
        // The other outcomes are decided now, for suitable pairs only: a few of those looked at.
        (first, second) = found.into_iter().unzip();
        chunk.outcomes = others.decide(&first, &second);
        chunk.units = second;
        if let Some(most) = self.options.most {
            self.keep(most, &mut chunk);
            first =
                requests.iter().zip(&chunk.counts).flat_map(|(r, n)| std::iter::repeat_n(*r, *n)).collect();
        }
        (chunk, first)
    }

    /// Decides the suitability of a batch: adds the suitable pairs to `found`, counts the others.
    fn decide(
        &self,
        requests: &[u32],
        (first, second): (&[u32], &[u32]),
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
                    let place = first.get(row).and_then(|request| requests.binary_search(request).ok());
                    if let Some(open) = place.and_then(|place| chunk.open.get_mut(place)) {
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
