//! A problem in the making: the pairs of one request after the other, each copied once into the tables of the problem.

#![expect(clippy::indexing_slicing, reason = "measured loops over numbers that are checked here first")]

use std::ops::Range;
use std::sync::Arc;

use super::super::numbers::Cell;
use super::by_key::by_key;
use super::cells::Cells;
use super::kinds::Kinds;
use super::parts::{BEST_FIT, Fits, MOST_QUOTAS, Pair, ProblemError, Quota, TAG, check};
use super::posed::Problem;

/// Fits stored one by one, those of a request in the order of its slots.
#[derive(Default)]
struct Stored {
    /// By request: where its fits start, and its first slot.
    first: Vec<(usize, usize)>,
    /// By request: where in `starts` those of its slots are, or [`EACH_ALONE`].
    own: Vec<usize>,
    /// By slot of a request of which some have several units: where its fits start, from those of the request.
    starts: Vec<u32>,
    fits: Vec<u16>,
}

/// Stands for the starts of a request each of whose slots has one unit, as most have where units differ: the fits are one a slot.
const EACH_ALONE: usize = usize::MAX;

impl Fits for Stored {
    fn fill(&self, request: u32, slot: usize, units: Range<u32>, into: &mut Vec<u16>) {
        let (first, slots) = self.first[request as usize];
        let start = first
            + match self.own[request as usize] {
                EACH_ALONE => slot - slots,
                own => self.starts[own + slot - slots] as usize,
            };
        into.extend_from_slice(&self.fits[start..start + units.len()]);
    }
}

/// A problem to which requests are added one by one. What it takes is what the problem takes: eight bytes a pair, ten with
/// quotas.
///
/// ```
/// # use logis_matching::{Draft, Pair};
/// let mut draft = Draft::new(1, vec![]);
/// // In any order: here the second first.
/// for request in [1, 0] {
///     draft.add(request, &mut vec![Pair { request, unit: 0, fit: 500, marks: 0 }])?;
/// }
/// let problem = draft.problem(vec![3, 7])?;
/// assert_eq!((problem.requests(), problem.units()), (2, 1));
/// # Ok::<(), logis_matching::ProblemError>(())
/// ```
pub struct Draft {
    units: u32,
    quotas: Vec<Quota>,
    /// The bits of marks that mean something. Others would make cells differ that nothing tells apart.
    used: u64,
    cells: Cells,
    kinds: Kinds,
    /// Has any request several pairs with one unit?
    choices: bool,
    /// The requests, in the order in which they came.
    requests: Vec<u32>,
    lists: Lists,
}

/// The pairs of requests, those of one behind those of the other.
#[derive(Default)]
struct Lists {
    /// By request: where its pairs begin; and their number at the end.
    starts: Vec<usize>,
    /// By pair: the unit.
    units: Vec<u32>,
    fits: Vec<u16>,
    /// By pair: the number of its marks; empty without quotas.
    kinds: Vec<u16>,
}

impl Lists {
    /// The same in the order of their numbers, each from 0 on once: `requests` has the number of each.
    fn in_order(self, requests: &[u32]) -> Lists {
        let mut place = vec![0; requests.len()];
        for (at, request) in requests.iter().enumerate() {
            place[*request as usize] = at;
        }
        let range = |at: &usize| self.starts[*at]..self.starts[at + 1];
        let mut starts = Vec::with_capacity(self.starts.len());
        starts.push(0);
        starts.extend(place.iter().map(range).scan(0, |end, own| {
            *end += own.len();
            Some(*end)
        }));
        fn moved<T: Copy>(all: Vec<T>, ranges: impl Iterator<Item = Range<usize>>) -> Vec<T> {
            let mut new = Vec::with_capacity(all.len());
            if !all.is_empty() {
                ranges.for_each(|own| new.extend_from_slice(&all[own]));
            }
            new
        }
        // One after the other, so that two copies of one list stand at most.
        let units = moved(self.units, place.iter().map(range));
        let fits = moved(self.fits, place.iter().map(range));
        let kinds = moved(self.kinds, place.iter().map(range));
        Lists { starts, units, fits, kinds }
    }

    /// Numbers the marks in the order in which they are met, the first as it is, so that nothing depends on the order in which
    /// requests came. Gives the marks by their new numbers.
    fn renumber(&mut self, marks: &[u64]) -> Vec<u64> {
        let mut number: Vec<Option<u16>> = vec![None; marks.len()];
        let mut all: Vec<u64> = marks.iter().take(1).copied().collect();
        number.iter_mut().take(1).for_each(|first| *first = Some(0));
        for kind in &mut self.kinds {
            let own = &mut number[usize::from(*kind)];
            let new = *own.get_or_insert(all.len() as u16);
            if usize::from(new) == all.len() {
                all.push(marks[usize::from(*kind)]);
            }
            *kind = new;
        }
        all
    }
}

impl Draft {
    /// Of so many units, without a request.
    pub fn new(units: u32, quotas: Vec<Quota>) -> Draft {
        Draft {
            units,
            used: used_marks(&quotas),
            quotas,
            cells: Cells::new(units),
            kinds: Kinds::new(vec![0]),
            choices: false,
            requests: Vec::new(),
            lists: Lists { starts: vec![0], ..Lists::default() },
        }
    }

    /// Adds a request with its pairs, in any order. The list is left in another.
    ///
    /// # Errors
    /// Numbers out of range, pairs that stand twice, pairs of too many different marks.
    pub fn add(&mut self, request: u32, own: &mut Vec<Pair>) -> Result<(), ProblemError> {
        for pair in own.iter() {
            let Pair { request: of, unit, fit, .. } = *pair;
            if of != request || unit >= self.units {
                return Err(ProblemError::OutOfRange { request: of, unit });
            }
            if fit > BEST_FIT {
                return Err(ProblemError::Fit { request, unit, fit });
            }
        }
        let by_unit = |pair: &Pair| (pair.unit, pair.marks);
        if !own.is_sorted_by_key(by_unit) {
            own.sort_unstable_by_key(by_unit);
        }
        if let Some(w) = own.windows(2).find(|w| by_unit(&w[0]) == by_unit(&w[1])) {
            return Err(ProblemError::Twice { request, unit: w[0].unit });
        }
        merge(own, self.used);
        if own.windows(2).any(|w| w[0].unit == w[1].unit) {
            self.choices = true;
            // Units are alike if the first pairs with them are, and the second, and so on.
            let mut layers: Vec<Vec<Pair>> = Vec::new();
            for own in own.chunk_by(|a, b| a.unit == b.unit) {
                layers.resize(layers.len().max(own.len()), Vec::new());
                layers.iter_mut().zip(own).for_each(|(layer, pair)| layer.push(*pair));
            }
            layers.iter().for_each(|layer| self.cells.refine(layer));
        } else {
            self.cells.refine(own);
        }
        self.requests.push(request);
        self.lists.units.extend(own.iter().map(|pair| pair.unit));
        self.lists.fits.extend(own.iter().map(|pair| pair.fit));
        if !self.quotas.is_empty() {
            // Mostly a pair has the marks of the one before.
            let mut last = (0, self.kinds.of(0)?);
            for pair in own.iter() {
                if pair.marks != last.0 {
                    last = (pair.marks, self.kinds.of(pair.marks)?);
                }
                self.lists.kinds.push(last.1);
            }
        }
        self.lists.starts.push(self.lists.units.len());
        Ok(())
    }

    /// The problem of the requests that were added, each once; `points` has those of each.
    ///
    /// # Errors
    /// Requests that were not added or twice; points and quotas beyond the limits.
    pub fn problem(self, points: Vec<u32>) -> Result<Problem, ProblemError> {
        check(&points, &self.quotas)?;
        let in_order = self.requests.iter().copied().eq(0..points.len() as u32);
        if !in_order {
            let mut all = self.requests.clone();
            all.sort_unstable();
            if !all.iter().copied().eq(0..points.len() as u32) {
                return Err(ProblemError::Shape(
                    "les demandes ajoutées ne sont pas celles qui ont des points",
                ));
            }
        }
        let (mut lists, mut kinds) = (self.lists, self.kinds.marks);
        if !in_order {
            lists = lists.in_order(&self.requests);
            kinds = lists.renumber(&kinds);
        }
        let (cell_of, cell_count) = self.cells.numbered();
        // Sorting the units by their cell gives both numberings: the place in the list is the number inside,
        // what stands there the caller's.
        let (firsts, names) = by_key(cell_count, cell_of.iter().copied().zip(0..));
        let firsts = firsts.into_iter().map(|first| first as u32).collect();
        let Slots { starts, open, marks, fits } = Slots::of(lists, &cell_of, &kinds);
        Ok(Problem {
            points,
            firsts,
            starts,
            open: open.into_iter().map(Cell).collect(),
            marks,
            kinds,
            choices: self.choices,
            fits: Arc::new(fits),
            quotas: self.quotas,
            allowed: Vec::new(),
            names,
            homes: Vec::new(),
            stays_count: false,
        })
    }
}

/// The slots of all requests.
struct Slots {
    starts: Vec<usize>,
    open: Vec<u32>,
    marks: Vec<u16>,
    fits: Stored,
}

impl Slots {
    /// In place of the pairs, as there are no more slots than pairs: nothing is copied.
    fn of(lists: Lists, cell_of: &[u32], marks_of: &[u64]) -> Slots {
        let Lists { starts: pairs, units: mut open, mut fits, kinds: mut marks } = lists;
        let mut starts = Vec::with_capacity(pairs.len());
        let mut stored = Stored::default();
        let mut own: Vec<(u32, u64, u32, u16, u16)> = Vec::new();
        let mut slots = 0;
        for range in pairs.windows(2).map(|ends| ends[0]..ends[1]) {
            starts.push(slots);
            stored.first.push((range.start, slots));
            // In the order of cells and units, in which they mostly are already: sorting is the exception.
            own.clear();
            own.extend(range.clone().map(|at| {
                let kind = marks.get(at).copied().unwrap_or(0);
                (cell_of[open[at] as usize], marks_of[usize::from(kind)], open[at], kind, fits[at])
            }));
            if !own.is_sorted() {
                own.sort_unstable();
                for (at, pair) in range.clone().zip(&own) {
                    fits[at] = pair.4;
                }
            }
            // One slot for all units of a cell and marks: what suits one of them suits all, or they would be two cells.
            let alone = own.windows(2).all(|two| (two[0].0, two[0].1) != (two[1].0, two[1].1));
            stored.own.push(if alone { EACH_ALONE } else { stored.starts.len() });
            let mut before = 0;
            for alike in own.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
                open[slots] = alike[0].0;
                if let Some(marks) = marks.get_mut(slots) {
                    *marks = alike[0].3;
                }
                if !alone {
                    stored.starts.push(before);
                }
                before += alike.len() as u32;
                slots += 1;
            }
        }
        starts.push(slots);
        open.truncate(slots);
        marks.truncate(slots);
        stored.fits = fits;
        Slots { starts, open, marks, fits: stored }
    }
}

/// The bits of marks that mean something with these quotas: the lowest two a quota, and the caller's own.
pub(super) fn used_marks(quotas: &[Quota]) -> u64 {
    let bits = 2 * quotas.len().min(MOST_QUOTAS);
    if bits == 0 { 0 } else { u64::MAX << TAG | u64::MAX >> (64 - bits) }
}

/// Takes the marks that mean something, and of pairs of a unit that nothing tells apart then, which follow each other, the
/// first.
fn merge(pairs: &mut Vec<Pair>, used: u64) {
    let mut alike = false;
    for at in 0..pairs.len() {
        pairs[at].marks &= used;
        alike |= at > 0 && pairs[at - 1].unit == pairs[at].unit;
    }
    if alike {
        pairs.sort_by_key(|pair| (pair.unit, pair.marks));
        pairs.dedup_by_key(|pair| (pair.unit, pair.marks));
    }
}
