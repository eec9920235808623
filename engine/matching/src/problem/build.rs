//! A problem from pairs one by one, or from cells; what is wrong with them.

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

impl Problem {
    /// From suitable pairs in any order: `points` by request, and how many units there are.
    ///
    /// Where requests and units are numbered in the order of their identifiers, the answer does not
    /// depend on the order of their rows.
    ///
    /// # Errors
    /// Numbers out of range, pairs that stand twice, quotas beyond the limits.
    ///
    /// ```
    /// # use logis_matching::{Pair, Problem, solve, verify};
    /// // Two requests want the one unit; the second has more points.
    /// let pair = |request| Pair { request, unit: 0, fit: 500, marks: 0 };
    /// let problem = Problem::from_pairs(vec![3, 7], 1, vec![pair(0), pair(1)], vec![])?;
    /// let matching = solve(&problem);
    /// assert_eq!(matching.unit_of, [None, Some(0)]);
    /// verify(&problem, &matching)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_pairs(
        points: Vec<u32>,
        units: u32,
        mut pairs: Vec<Pair>,
        quotas: Vec<Quota>,
    ) -> Result<Problem, ProblemError> {
        let requests = points.len();
        if let Some(Pair { request, unit, .. }) = pairs.iter().find(|p| p.request as usize >= requests) {
            return Err(ProblemError::OutOfRange { request: *request, unit: *unit });
        }
        // Callers mostly give them in order; then nothing is copied.
        if !pairs.is_sorted_by_key(|pair| pair.request) {
            pairs = by_key(requests, pairs.iter().map(|pair| (pair.request, *pair))).1;
        }
        let mut starts = Vec::with_capacity(requests + 1);
        for own in pairs.chunk_by(|a, b| a.request == b.request) {
            let start = starts.last().copied().unwrap_or(0);
            starts.resize(own[0].request as usize + 1, start);
            starts.push(start + own.len());
        }
        let last = starts.last().copied().unwrap_or(0);
        starts.resize(requests + 1, last);
        let own = |request: u32, into: &mut Vec<Pair>| {
            into.extend_from_slice(&pairs[starts[request as usize]..starts[request as usize + 1]]);
        };
        Problem::from_lists(points, units, own, quotas)
    }

    /// The same where `own` adds the pairs of a request, in any order, each time that it is asked: it is twice, so that
    /// nothing is copied of hundreds of millions of pairs.
    ///
    /// # Errors
    /// As [`Problem::from_pairs`].
    ///
    /// ```
    /// # use logis_matching::{Pair, Problem};
    /// let own = |request: u32, into: &mut Vec<Pair>| into.push(Pair { request, unit: 0, fit: 500, marks: 0 });
    /// let problem = Problem::from_lists(vec![3, 7], 1, own, vec![])?;
    /// assert_eq!((problem.requests(), problem.units()), (2, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn from_lists(
        points: Vec<u32>,
        units: u32,
        own: impl Fn(u32, &mut Vec<Pair>),
        quotas: Vec<Quota>,
    ) -> Result<Problem, ProblemError> {
        check(&points, &quotas)?;
        // Bits of quotas that there are not would make cells differ that nothing tells apart.
        let used = used_marks(&quotas);
        let requests = points.len() as u32;
        let mut cells = Cells::new(units);
        let (mut pairs, mut count, mut choices) = (Vec::new(), 0, false);
        for request in 0..requests {
            pairs.clear();
            own(request, &mut pairs);
            count += pairs.len();
            for pair in &pairs {
                let Pair { request: of, unit, fit, .. } = *pair;
                if of != request || unit >= units {
                    return Err(ProblemError::OutOfRange { request: of, unit });
                }
                if fit > BEST_FIT {
                    return Err(ProblemError::Fit { request, unit, fit });
                }
            }
            let by_unit = |pair: &Pair| (pair.unit, pair.marks);
            if !pairs.is_sorted_by_key(by_unit) {
                pairs.sort_unstable_by_key(by_unit);
            }
            if let Some(w) = pairs.windows(2).find(|w| by_unit(&w[0]) == by_unit(&w[1])) {
                return Err(ProblemError::Twice { request, unit: w[0].unit });
            }
            merge(&mut pairs, used);
            if !pairs.windows(2).any(|w| w[0].unit == w[1].unit) {
                cells.refine(&pairs);
                continue;
            }
            choices = true;
            // Units are alike if the first pairs with them are, and the second, and so on.
            let mut layers: Vec<Vec<Pair>> = Vec::new();
            for own in pairs.chunk_by(|a, b| a.unit == b.unit) {
                layers.resize(layers.len().max(own.len()), Vec::new());
                layers.iter_mut().zip(own).for_each(|(layer, pair)| layer.push(*pair));
            }
            layers.iter().for_each(|layer| cells.refine(layer));
        }
        let (cell_of, cell_count) = cells.numbered();
        // Sorting the units by their cell gives both numberings: the place in the list is the number inside,
        // what stands there the caller's.
        let (firsts, names) = by_key(cell_count, cell_of.iter().copied().zip(0..));
        let firsts = firsts.into_iter().map(|first| first as u32).collect();
        let (mut starts, mut open, mut marks) =
            (Vec::with_capacity(points.len() + 1), Vec::new(), Vec::new());
        let mut stored = Stored { fits: Vec::with_capacity(count), ..Stored::default() };
        let mut kinds = Kinds::new(vec![0]);
        for request in 0..requests {
            starts.push(open.len());
            let first = stored.fits.len();
            stored.first.push((first, open.len()));
            pairs.clear();
            own(request, &mut pairs);
            if choices {
                pairs.sort_unstable_by_key(|pair| (pair.unit, pair.marks));
            }
            merge(&mut pairs, used);
            // In the order of cells and units, in which they mostly are already: sorting is the exception.
            let cell = |pair: &Pair| cell_of[pair.unit as usize];
            let in_order = |pair: &Pair| (cell(pair), pair.marks, pair.unit);
            if !pairs.is_sorted_by_key(in_order) {
                pairs.sort_unstable_by_key(in_order);
            }
            // One slot for all units of a cell and marks: what suits one of them suits all, or they would be two cells.
            let slot = |pair: &Pair| (cell(pair), pair.marks);
            let alone = pairs.windows(2).all(|two| slot(&two[0]) != slot(&two[1]));
            stored.own.push(if alone { EACH_ALONE } else { stored.starts.len() });
            for alike in pairs.chunk_by(|a, b| slot(a) == slot(b)) {
                open.push(Cell(cell(&alike[0])));
                if !alone {
                    stored.starts.push((stored.fits.len() - first) as u32);
                }
                stored.fits.extend(alike.iter().map(|pair| pair.fit));
                if !quotas.is_empty() {
                    marks.push(kinds.of(alike[0].marks)?);
                }
            }
        }
        starts.push(open.len());
        let fits = Arc::new(stored);
        Ok(Problem {
            points,
            firsts,
            starts,
            open,
            marks,
            kinds: kinds.marks,
            choices,
            fits,
            quotas,
            allowed: Vec::new(),
            names,
            homes: Vec::new(),
            stays_count: false,
        })
    }

    /// From cells: `firsts` has the first unit of each and the number of units at the end (the caller's
    /// numbers are those inside); `open[starts[i]..starts[i + 1]]` are the cells open to request `i`,
    /// ascending; `marks` by slot (empty without quotas).
    ///
    /// # Errors
    /// [`ProblemError::Shape`] if the tables contradict each other; points and quotas beyond the limits.
    pub fn from_cells(
        points: Vec<u32>,
        firsts: Vec<u32>,
        (starts, open): (Vec<usize>, Vec<u32>),
        fits: Arc<dyn Fits>,
        (quotas, marks): (Vec<Quota>, Vec<u64>),
    ) -> Result<Problem, ProblemError> {
        check(&points, &quotas)?;
        let count = firsts.len().saturating_sub(1);
        let wrong = [
            (
                firsts.first() != Some(&0) || firsts.windows(2).any(|w| w[0] >= w[1]),
                "une cellule sans logement",
            ),
            (
                starts.len() != points.len() + 1
                    || starts.first() != Some(&0)
                    || starts.last() != Some(&open.len()),
                "les cases ne sont pas celles des demandes",
            ),
            (
                starts.windows(2).any(|w| {
                    w[0] > w[1] || open.get(w[0]..w[1]).is_none_or(|own| own.windows(2).any(|c| c[0] >= c[1]))
                }),
                "les cellules d'une demande ne sont pas dans l'ordre",
            ),
            (open.iter().any(|&c| c as usize >= count), "une case ouvre une cellule qui n'existe pas"),
            (marks.len() != if quotas.is_empty() { 0 } else { open.len() }, "une case sans ses marques"),
        ];
        if let Some((_, what)) = wrong.iter().find(|(wrong, _)| *wrong) {
            return Err(ProblemError::Shape(what));
        }
        let units = firsts.last().copied().unwrap_or(0);
        let used = used_marks(&quotas);
        let mut kinds = Kinds::new(vec![0]);
        let marks = marks.into_iter().map(|marks| kinds.of(marks & used)).collect::<Result<_, _>>()?;
        let open = open.into_iter().map(Cell).collect();
        Ok(Problem {
            points,
            firsts,
            starts,
            open,
            marks,
            kinds: kinds.marks,
            choices: false,
            fits,
            quotas,
            allowed: Vec::new(),
            names: (0..units).collect(),
            homes: Vec::new(),
            stays_count: false,
        })
    }
}

/// The bits of marks that mean something with these quotas: the lowest two a quota, and the caller's own.
fn used_marks(quotas: &[Quota]) -> u64 {
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
