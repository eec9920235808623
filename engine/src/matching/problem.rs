//! The problem: requests, units in cells, who suits what and how well, and the quotas.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops; the constructors check that every number is one of the problem's"
)]

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

/// One suitable pair: a request and a unit that may be proposed to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// Number of the request.
    pub request: u32,
    /// Number of the unit.
    pub unit: u32,
    /// How well they fit: 0 to 1,000.
    pub fit: u16,
    /// Bit `2q`: the pair counts in the base of quota `q`; bit `2q + 1`: among its members.
    pub marks: u16,
}

/// A share that attributions should reach, at least: members over base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// What it is called.
    pub name: String,
    /// Numerator of the share.
    pub numerator: u32,
    /// Denominator of the share, not 0.
    pub denominator: u32,
}

impl Quota {
    /// How many members a base of that many attributions asks for: the share of it, rounded up.
    ///
    /// ```
    /// # use logis_engine::matching::Quota;
    /// let quota = Quota { name: "quart".into(), numerator: 1, denominator: 4 };
    /// assert_eq!([0, 1, 4, 5].map(|base| quota.target(base)), [0, 1, 1, 2]);
    /// ```
    pub fn target(&self, base: u64) -> u64 {
        (base * u64::from(self.numerator)).div_ceil(u64::from(self.denominator))
    }
}

/// Most quotas that a problem has: their marks fit 16 bits.
pub const MOST_QUOTAS: usize = 8;

/// The highest number of points of a request.
pub const MOST_POINTS: u32 = 1 << 24;

/// The best fit of a pair.
pub const BEST_FIT: u16 = 1000;

/// Where fits come from when they are not stored pair by pair.
pub trait Fits: Send + Sync {
    /// Puts the fits of a request and each of these units behind what `into` holds. They are the first
    /// ones, or all, of the cell that `slot` opens to the request.
    fn fill(&self, request: u32, slot: usize, units: Range<u32>, into: &mut Vec<u16>);
}

/// Fits stored one by one.
struct Stored {
    /// By slot: where its fits start.
    starts: Vec<usize>,
    fits: Vec<u16>,
}

impl Fits for Stored {
    fn fill(&self, _: u32, slot: usize, units: Range<u32>, into: &mut Vec<u16>) {
        let start = self.starts[slot];
        into.extend_from_slice(&self.fits[start..start + units.len()]);
    }
}

/// Why a problem is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProblemError {
    /// A number is out of range.
    #[error("the pair of request {request} and unit {unit} is out of range")]
    OutOfRange {
        /// The request.
        request: u32,
        /// The unit.
        unit: u32,
    },
    /// A pair stands twice.
    #[error("the pair of request {request} and unit {unit} stands twice")]
    Twice {
        /// The request.
        request: u32,
        /// The unit.
        unit: u32,
    },
    /// A fit above [`BEST_FIT`].
    #[error("the fit of request {request} and unit {unit} is {fit}, above {BEST_FIT}")]
    Fit {
        /// The request.
        request: u32,
        /// The unit.
        unit: u32,
        /// Its fit.
        fit: u16,
    },
    /// Points above [`MOST_POINTS`].
    #[error("request {request} has {points} points, above {MOST_POINTS}")]
    Points {
        /// The request.
        request: u32,
        /// Its points.
        points: u32,
    },
    /// More than [`MOST_QUOTAS`] quotas.
    #[error("{0} quotas, and at most {MOST_QUOTAS} are possible")]
    Quotas(usize),
    /// A share that is none.
    #[error("the share of quota `{0}` is not between 0 and 1")]
    Share(String),
    /// Parts of another length than they should have, or cells out of order.
    #[error("{0}")]
    Shape(&'static str),
}

/// Requests and units, numbered; which suit, how well, and what shares are asked for.
///
/// Units that no rule and no quota tells apart are one *cell*: all but the last level see cells only.
/// A *slot* is a cell open to a request. Inside, the units of a cell are numbered in a row;
/// [`Problem::name`] gives the caller's number back.
#[derive(Clone)]
pub struct Problem {
    /// By request: its points. More points are served first.
    pub(super) points: Vec<u32>,
    /// By cell: its first unit; and the number of units at the end.
    pub(super) cells: Vec<u32>,
    /// By request: its first slot; and the number of slots at the end.
    pub(super) starts: Vec<usize>,
    /// By slot: the cell.
    pub(super) open: Vec<u32>,
    /// By slot: as [`Pair::marks`]. Empty if there are no quotas.
    pub(super) marks: Vec<u16>,
    pub(super) fits: Arc<dyn Fits>,
    pub(super) quotas: Vec<Quota>,
    /// By unit: its number for the caller.
    names: Vec<u32>,
}

impl std::fmt::Debug for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} requests, {} units in {} cells, {} slots",
            self.requests(),
            self.units(),
            self.cell_count(),
            self.open.len()
        )
    }
}

impl Problem {
    /// From suitable pairs in any order: `points` by request, and how many units there are.
    ///
    /// Where requests and units are numbered in the order of their identifiers, the answer does not
    /// depend on the order of their rows.
    ///
    /// # Errors
    /// Numbers out of range, pairs that stand twice, impossible quotas.
    ///
    /// ```
    /// # use logis_engine::matching::{Pair, Problem, solve, verify};
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
        for &Pair { request, unit, fit, .. } in &pairs {
            if request as usize >= points.len() || unit >= units {
                return Err(ProblemError::OutOfRange { request, unit });
            }
            if fit > BEST_FIT {
                return Err(ProblemError::Fit { request, unit, fit });
            }
        }
        check(&points, &quotas)?;
        let used = used_marks(&quotas);
        for pair in &mut pairs {
            pair.marks &= used;
        }
        pairs.sort_unstable();
        if let Some(w) = pairs.windows(2).find(|w| (w[0].request, w[0].unit) == (w[1].request, w[1].unit)) {
            return Err(ProblemError::Twice { request: w[0].request, unit: w[0].unit });
        }
        let (cell_of, cell_count) = group(units, &pairs);
        // Number the units of a cell in a row.
        let mut cells = vec![0_u32; cell_count + 1];
        for &cell in &cell_of {
            cells[cell as usize + 1] += 1;
        }
        let mut total = 0;
        for first in &mut cells {
            total += *first;
            *first = total;
        }
        let mut next = cells.clone();
        let mut names = vec![0; units as usize];
        for (unit, &cell) in (0_u32..).zip(&cell_of) {
            let at = &mut next[cell as usize];
            names[*at as usize] = unit;
            *at += 1;
        }
        // In the order of requests, cells and units.
        pairs.sort_unstable_by_key(|p| (p.request, cell_of[p.unit as usize], p.unit));
        let (mut starts, mut open, mut marks) =
            (Vec::with_capacity(points.len() + 1), Vec::new(), Vec::new());
        let mut fit_starts = Vec::new();
        let mut last = (u32::MAX, u32::MAX);
        for (at, pair) in pairs.iter().enumerate() {
            while starts.len() <= pair.request as usize {
                starts.push(open.len());
            }
            let cell = cell_of[pair.unit as usize];
            if last != (pair.request, cell) {
                last = (pair.request, cell);
                open.push(cell);
                fit_starts.push(at);
                if !quotas.is_empty() {
                    marks.push(pair.marks);
                }
            }
        }
        starts.resize(points.len() + 1, open.len());
        let fits = Arc::new(Stored { starts: fit_starts, fits: pairs.iter().map(|p| p.fit).collect() });
        Ok(Problem { points, cells, starts, open, marks, fits, quotas, names })
    }

    /// From cells: `cells` has the first unit of each and the number of units at the end; `open[starts[i]
    /// ..starts[i + 1]]` are the cells open to request `i`, ascending; `marks` by slot (empty without
    /// quotas).
    ///
    /// # Errors
    /// Parts that do not go together.
    pub fn from_cells(
        points: Vec<u32>,
        cells: Vec<u32>,
        (starts, open): (Vec<usize>, Vec<u32>),
        fits: Arc<dyn Fits>,
        (quotas, mut marks): (Vec<Quota>, Vec<u16>),
    ) -> Result<Problem, ProblemError> {
        check(&points, &quotas)?;
        let count = cells.len().saturating_sub(1);
        let wrong = [
            (cells.first() != Some(&0) || cells.windows(2).any(|w| w[0] >= w[1]), "cells without units"),
            (
                starts.len() != points.len() + 1
                    || starts.first() != Some(&0)
                    || starts.last() != Some(&open.len()),
                "the slots are not those of the requests",
            ),
            (
                starts.windows(2).any(|w| {
                    w[0] > w[1] || open.get(w[0]..w[1]).is_none_or(|own| own.windows(2).any(|c| c[0] >= c[1]))
                }),
                "the cells of a request are not in order",
            ),
            (open.iter().any(|&c| c as usize >= count), "a slot opens a cell that there is not"),
            (marks.len() != if quotas.is_empty() { 0 } else { open.len() }, "a slot without its marks"),
        ];
        if let Some((_, what)) = wrong.iter().find(|(wrong, _)| *wrong) {
            return Err(ProblemError::Shape(what));
        }
        let units = cells.last().copied().unwrap_or(0);
        let used = used_marks(&quotas);
        for marks in &mut marks {
            *marks &= used;
        }
        Ok(Problem { points, cells, starts, open, marks, fits, quotas, names: (0..units).collect() })
    }

    /// The same problem without its quotas.
    #[must_use]
    pub fn without_quotas(&self) -> Problem {
        Problem { quotas: Vec::new(), marks: Vec::new(), ..self.clone() }
    }

    /// Number of requests.
    pub fn requests(&self) -> usize {
        self.points.len()
    }

    /// Number of units.
    pub fn units(&self) -> usize {
        self.names.len()
    }

    /// Number of cells.
    pub fn cell_count(&self) -> usize {
        self.cells.len() - 1
    }

    /// Number of slots.
    pub fn slots(&self) -> usize {
        self.open.len()
    }

    /// Number of suitable pairs.
    pub fn pairs(&self) -> u64 {
        self.open.iter().map(|&c| self.units_of(c).len() as u64).sum()
    }

    /// The quotas, in strict order.
    pub fn quotas(&self) -> &[Quota] {
        &self.quotas
    }

    /// The points of a request.
    pub fn points(&self, request: u32) -> u32 {
        self.points[request as usize]
    }

    /// The number that the caller gave to a unit of a cell.
    pub fn name(&self, unit: u32) -> u32 {
        self.names[unit as usize]
    }

    /// By unit as the caller numbers it: its number inside.
    pub fn numbers_inside(&self) -> Vec<u32> {
        let mut inside = vec![0; self.units()];
        for (unit, &name) in (0_u32..).zip(&self.names) {
            inside[name as usize] = unit;
        }
        inside
    }

    /// By unit as numbered inside: its number for the caller.
    pub fn names(&self) -> &[u32] {
        &self.names
    }

    /// The first unit of each cell, as numbered inside; and the number of units at the end.
    pub fn firsts(&self) -> &[u32] {
        &self.cells
    }

    /// The units of a cell, as numbered inside.
    pub fn units_of(&self, cell: u32) -> Range<u32> {
        self.cells[cell as usize]..self.cells[cell as usize + 1]
    }

    /// The slots of a request.
    pub fn slots_of(&self, request: u32) -> Range<usize> {
        self.starts[request as usize]..self.starts[request as usize + 1]
    }

    /// The cell of a slot.
    pub fn cell(&self, slot: usize) -> u32 {
        self.open[slot]
    }

    /// The marks of a slot: see [`Pair::marks`].
    pub fn marks(&self, slot: usize) -> u16 {
        self.marks.get(slot).copied().unwrap_or(0)
    }

    /// By unit as numbered inside: its cell.
    pub fn cell_of_units(&self) -> Vec<u32> {
        let mut cells = Vec::with_capacity(self.units());
        for cell in 0..self.cell_count() as u32 {
            cells.resize(self.cells[cell as usize + 1] as usize, cell);
        }
        cells
    }

    /// The slot by which a cell is open to a request.
    pub fn slot(&self, request: u32, cell: u32) -> Option<usize> {
        let slots = self.slots_of(request);
        self.open[slots.clone()].binary_search(&cell).ok().map(|at| slots.start + at)
    }

    /// How well a request and a unit (as numbered inside) of one of its slots fit.
    pub fn fit(&self, request: u32, slot: usize, unit: u32) -> u16 {
        let mut one = Vec::with_capacity(1);
        let first = self.units_of(self.open[slot]).start;
        if unit < first {
            return 0;
        }
        self.fits.fill(request, slot, first..unit + 1, &mut one);
        one.last().copied().unwrap_or(0)
    }
}

fn check(points: &[u32], quotas: &[Quota]) -> Result<(), ProblemError> {
    if let Some((request, &points)) = (0_u32..).zip(points).find(|(_, p)| **p > MOST_POINTS) {
        return Err(ProblemError::Points { request, points });
    }
    if quotas.len() > MOST_QUOTAS {
        return Err(ProblemError::Quotas(quotas.len()));
    }
    match quotas.iter().find(|q| q.denominator == 0 || q.numerator > q.denominator) {
        Some(quota) => Err(ProblemError::Share(quota.name.clone())),
        None => Ok(()),
    }
}

/// The marks that mean something with these quotas.
fn used_marks(quotas: &[Quota]) -> u16 {
    if quotas.is_empty() { 0 } else { u16::MAX >> (16 - 2 * quotas.len().min(MOST_QUOTAS)) }
}

/// Groups the units that the same requests, with the same marks, may have: by unit its cell, and how
/// many there are. Cells are numbered by their first unit. `pairs` are in order.
fn group(units: u32, pairs: &[Pair]) -> (Vec<u32>, usize) {
    let mut starts = vec![0_usize; units as usize + 1];
    for pair in pairs {
        starts[pair.unit as usize + 1] += 1;
    }
    let mut total = 0;
    for start in &mut starts {
        total += *start;
        *start = total;
    }
    let mut next = starts.clone();
    let mut who = vec![(0_u32, 0_u16); pairs.len()];
    for pair in pairs {
        let at = &mut next[pair.unit as usize];
        who[*at] = (pair.request, pair.marks);
        *at += 1;
    }
    let mut known: HashMap<&[(u32, u16)], u32> = HashMap::new();
    let mut cell_of = Vec::with_capacity(units as usize);
    for unit in 0..units as usize {
        let next = known.len() as u32;
        cell_of.push(*known.entry(&who[starts[unit]..starts[unit + 1]]).or_insert(next));
    }
    let count = known.len();
    (cell_of, count)
}
