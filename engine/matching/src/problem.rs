//! The problem: requests, units in cells, who suits what and how well, and the quotas.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops; the constructors check that every number is one of the problem's"
)]

use std::ops::Range;
use std::sync::Arc;

mod build;

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
    /// # use logis::matching::Quota;
    /// let quota = Quota { name: "quart".into(), numerator: 1, denominator: 4 };
    /// assert_eq!([0, 1, 4, 5].map(|base| quota.target(base)), [0, 1, 1, 2]);
    /// ```
    pub fn target(&self, base: u64) -> u64 {
        let members = u128::from(base) * u128::from(self.numerator);
        let target = members.div_ceil(u128::from(self.denominator).max(1));
        u64::try_from(target).unwrap_or(u64::MAX)
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
    /// The same problem without its quotas.
    #[must_use]
    pub fn without_quotas(&self) -> Problem {
        Problem { quotas: Vec::new(), marks: Vec::new(), ..self.clone() }
    }

    /// The same problem with other shares of the same quotas.
    ///
    /// # Errors
    /// Another number of quotas, a share that is none.
    pub fn with_shares(&self, quotas: Vec<Quota>) -> Result<Problem, ProblemError> {
        build::check(&[], &quotas)?;
        if quotas.len() != self.quotas.len() {
            return Err(ProblemError::Shape("another number of quotas"));
        }
        Ok(Problem { quotas, ..self.clone() })
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

    /// The slots of a request, each with its cell and its marks.
    pub(super) fn open_to(&self, request: u32) -> impl Iterator<Item = (usize, u32, u16)> + '_ {
        self.slots_of(request).map(|slot| (slot, self.open[slot], self.marks(slot)))
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
