//! A posed problem: the tables that solver and checker read.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops; the constructors check that every number is one of the problem's"
)]

use std::ops::Range;
use std::sync::Arc;

use super::super::numbers::{Cell, InnerUnit};
use super::parts::{Fits, ProblemError, Quota, check};

/// Requests and units, numbered; which suit, how well, and what shares are asked for.
///
/// Units that no rule and no quota tells apart are one *cell*: all but the last level see cells only.
/// A *slot* is a cell open to a request. Inside, the units of a cell follow each other;
/// [`Problem::names`] gives the caller's numbers back.
#[derive(Clone)]
pub struct Problem {
    /// By request: its points. More points are served first.
    pub(crate) points: Vec<u32>,
    /// By cell: the inner number of its first unit; and the number of units at the end.
    pub(crate) firsts: Vec<u32>,
    /// By request: its first slot; and the number of slots at the end.
    pub(super) starts: Vec<usize>,
    /// By slot: the cell. Those of a request ascend; where it has several pairs with a unit, slots of one cell follow each
    /// other.
    pub(crate) open: Vec<Cell>,
    /// By slot: the number of its marks in `kinds`. Empty if there are no quotas: then all are of the first kind.
    pub(crate) marks: Vec<u16>,
    /// The marks that there are, as [`super::Pair::marks`].
    pub(crate) kinds: Vec<u64>,
    /// Has any request several slots of one cell?
    pub(super) choices: bool,
    /// Read by ranges of inner numbers.
    pub(crate) fits: Arc<dyn Fits>,
    /// In strict order: the first is met as well as possible before the second is looked at.
    pub(crate) quotas: Vec<Quota>,
    /// By quota: how many members may lack before that is a shortfall. Empty where none may of any.
    pub(super) allowed: Vec<u64>,
    /// By inner number of the unit: the caller's number. A permutation.
    pub(super) names: Vec<u32>,
    /// By request: the cell of the unit that it holds. May be shorter, or empty, where none does.
    pub(super) homes: Vec<Option<Cell>>,
    /// Does staying count as an attribution? In the wider problem of [`super::super::Ahead`], where each unit is given.
    pub(crate) stays_count: bool,
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
    /// This problem without its quotas, where nothing tells several pairs of a request and a unit apart.
    #[must_use]
    pub fn without_quotas(&self) -> Problem {
        let (marks, kinds) = (Vec::new(), vec![0]);
        let own = Problem { quotas: Vec::new(), allowed: Vec::new(), marks, kinds, ..self.clone() };
        own.without_choices()
    }

    /// This problem where so many members of a quota may lack before that is a shortfall.
    #[must_use]
    pub fn allowing(&self, quota: usize, lacking: u64) -> Problem {
        let mut allowed: Vec<u64> = (0..self.quotas.len()).map(|q| self.allowed(q)).collect();
        if let Some(slot) = allowed.get_mut(quota) {
            *slot = lacking;
        }
        Problem { allowed, ..self.clone() }
    }

    /// How many members of a quota may lack before that is a shortfall.
    pub fn allowed(&self, quota: usize) -> u64 {
        self.allowed.get(quota).copied().unwrap_or(0)
    }

    /// How many members a base of a quota asks for, less those that may lack.
    pub fn target(&self, quota: usize, base: u64) -> u64 {
        let target = self.quotas.get(quota).map_or(0, |quota| quota.target(base));
        target.saturating_sub(self.allowed(quota))
    }

    /// What `denominator × members - numerator × base` of a quota is, at least, in an answer that lacks no more than so many
    /// members of it: what counted already, and those that may lack, taken in.
    #[cfg(feature = "solver")]
    pub(crate) fn least(&self, quota: usize, lacking: u64) -> i64 {
        let Some(own) = self.quotas.get(quota) else { return 0 };
        own.owed() - (lacking + self.allowed(quota)) as i64 * i64::from(own.denominator)
    }

    /// This problem with other points.
    ///
    /// # Errors
    /// [`ProblemError::Shape`] for another number of requests, [`ProblemError::Points`] for points beyond the limit.
    pub fn with_points(&self, points: Vec<u32>) -> Result<Problem, ProblemError> {
        check(&points, &[])?;
        if points.len() != self.points.len() {
            return Err(ProblemError::Shape("un autre nombre de demandes que celui du problème"));
        }
        Ok(Problem { points, ..self.clone() })
    }

    /// This problem with other shares for its quotas.
    ///
    /// # Errors
    /// [`ProblemError::Shape`] for another number of quotas, [`ProblemError::Share`] for a share above 1,
    /// [`ProblemError::Already`] for more that counted already than a problem takes.
    pub fn with_shares(&self, quotas: Vec<Quota>) -> Result<Problem, ProblemError> {
        check(&[], &quotas)?;
        if quotas.len() != self.quotas.len() {
            return Err(ProblemError::Shape("un autre nombre de quotas que celui du problème"));
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
        self.firsts.len() - 1
    }

    /// The quotas, in strict order.
    pub fn quotas(&self) -> &[Quota] {
        &self.quotas
    }

    /// The points of a request.
    pub fn points(&self, request: u32) -> u32 {
        self.points[request as usize]
    }

    /// The number that the caller gave to a unit.
    #[cfg(feature = "solver")]
    pub(crate) fn name(&self, unit: InnerUnit) -> u32 {
        self.names[unit.index()]
    }

    /// By inner number of the unit: the caller's number.
    pub fn names(&self) -> &[u32] {
        &self.names
    }

    /// By the caller's number of the unit: the number inside. The inverse permutation of
    /// [`Problem::names`].
    pub fn numbers_inside(&self) -> Vec<InnerUnit> {
        let mut inside = vec![InnerUnit(0); self.units()];
        for (unit, &name) in (0_u32..).zip(&self.names) {
            inside[name as usize] = InnerUnit(unit);
        }
        inside
    }

    /// By inner number of the unit: its cell.
    pub fn cell_of_units(&self) -> Vec<Cell> {
        let mut cells = Vec::with_capacity(self.units());
        for (cell, &end) in (0_u32..).zip(&self.firsts[1..]) {
            cells.resize(end as usize, Cell(cell));
        }
        cells
    }

    /// The first unit of each cell, by inner number; and the number of units at the end.
    pub fn firsts(&self) -> &[u32] {
        &self.firsts
    }

    /// The inner numbers of the units of a cell.
    #[inline]
    pub(crate) fn range(&self, cell: Cell) -> Range<u32> {
        self.firsts[cell.index()]..self.firsts[cell.index() + 1]
    }

    /// The units of a cell.
    #[cfg(feature = "solver")]
    #[inline]
    pub(crate) fn units_of(&self, cell: Cell) -> impl Iterator<Item = InnerUnit> + use<> {
        self.range(cell).map(InnerUnit)
    }

    /// Is the unit one of the cell's?
    #[inline]
    pub(crate) fn holds(&self, cell: Cell, unit: InnerUnit) -> bool {
        self.range(cell).contains(&unit.0)
    }

    /// The slots of a request.
    #[inline]
    pub(crate) fn slots_of(&self, request: u32) -> Range<usize> {
        self.starts[request as usize]..self.starts[request as usize + 1]
    }

    /// The cells open to a request, ascending.
    #[cfg(feature = "solver")]
    #[inline]
    pub(crate) fn cells_of(&self, request: u32) -> &[Cell] {
        &self.open[self.slots_of(request)]
    }

    /// The units open to a request, by the caller's numbers, each once; that which it holds among them.
    pub fn open_units(&self, request: u32) -> impl Iterator<Item = u32> + '_ {
        let own = &self.open[self.slots_of(request)];
        // Several slots of one cell follow each other.
        let cells = own.iter().enumerate().filter(|(at, cell)| *at == 0 || own[at - 1] != **cell);
        let ranges = cells.map(|(_, cell)| self.range(*cell));
        ranges.flat_map(|units| &self.names[units.start as usize..units.end as usize]).copied()
    }

    /// The slots of a request, each with its cell and the number of its marks.
    #[inline]
    pub(crate) fn open_to(&self, request: u32) -> impl Iterator<Item = (usize, Cell, u16)> + '_ {
        self.slots_of(request).map(|slot| (slot, self.open[slot], self.kind(slot)))
    }

    /// The number of a slot's marks among those that there are.
    #[inline]
    pub(crate) fn kind(&self, slot: usize) -> u16 {
        self.marks.get(slot).copied().unwrap_or(0)
    }

    /// The marks of a kind.
    #[inline]
    pub(crate) fn marks_of(&self, kind: u16) -> u64 {
        self.kinds.get(usize::from(kind)).copied().unwrap_or(0)
    }

    /// The marks of a slot: see [`super::Pair::marks`].
    #[inline]
    pub fn marks(&self, slot: usize) -> u64 {
        self.marks_of(self.kind(slot))
    }

    /// The first slot by which a cell is open to a request. That of a tenant's own unit is none: to stay is no attribution.
    pub fn slot(&self, request: u32, cell: Cell) -> Option<usize> {
        if self.stays(request, cell) { None } else { self.slot_or_stay(request, cell) }
    }

    /// The first slot by which a request has a unit of a cell, or stays there.
    #[inline]
    pub(crate) fn slot_or_stay(&self, request: u32, cell: Cell) -> Option<usize> {
        if self.choices {
            return self.slots_in(request, cell).next();
        }
        let slots = self.slots_of(request);
        self.open[slots.clone()].binary_search(&cell).ok().map(|at| slots.start + at)
    }

    /// How well a request and a unit of the cell of one of its slots fit; 0 for a unit of another cell
    /// before it.
    pub fn fit(&self, request: u32, slot: usize, unit: InnerUnit) -> u16 {
        let mut one = Vec::with_capacity(1);
        let first = self.range(self.open[slot]).start;
        if unit.0 < first {
            return 0;
        }
        self.fits.fill(request, slot, first..unit.0 + 1, &mut one);
        one.last().copied().unwrap_or(0)
    }
}
