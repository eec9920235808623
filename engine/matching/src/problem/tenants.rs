//! A problem in which some requests hold a unit already: tenants, whose unit is free if they move.
//!
//! A tenant *stays* or moves. Staying is one more slot of its request, which leads to its own unit alone and counts
//! nothing: no attribution, no points, no fit, no quota. Each tenant uses one of its slots, so that whoever else
//! gets the unit does so only if its tenant has moved. All tenants staying is one such answer, and whatever units are
//! vacant, chains (a vacant unit, the one left for it, and so on) and cycles (units exchanged) are answers of the
//! same kind: a matching in which some requests must have a unit.

#![expect(clippy::indexing_slicing, reason = "numbers are those of the problem, checked when it was built")]

use std::ops::Range;
use std::sync::Arc;

use super::super::numbers::{Cell, InnerUnit};
use super::kinds::Kinds;
use super::parts::{Fits, ProblemError};
use super::posed::Problem;

/// Stands for the slot by which a tenant stays, which the problem before did not have.
const STAYS: u32 = u32::MAX;

/// The fits of the problem before, whose units were in other cells; none for staying.
struct Renumbered {
    of: Arc<dyn Fits>,
    /// By slot: the slot before, or [`STAYS`].
    slot_of: Vec<u32>,
    /// By inner number of the unit: the number before, and the first one of its cell then.
    unit_of: Vec<(u32, u32)>,
}

impl Fits for Renumbered {
    fn fill(&self, request: u32, slot: usize, units: Range<u32>, into: &mut Vec<u16>) {
        let before = self.slot_of[slot];
        if before == STAYS || units.is_empty() {
            into.resize(into.len() + units.len(), 0);
            return;
        }
        let own = &self.unit_of[units.start as usize..units.end as usize];
        // The units of a cell are some of those of one cell before, in the same order.
        let (last, first) = own[own.len() - 1];
        if (last + 1 - first) as usize == own.len() {
            self.of.fill(request, before as usize, first..last + 1, into);
            return;
        }
        let mut all = Vec::with_capacity((last + 1 - first) as usize);
        self.of.fill(request, before as usize, first..last + 1, &mut all);
        into.extend(own.iter().map(|(unit, first)| all[(unit - first) as usize]));
    }
}

impl Problem {
    /// This problem where some requests hold a unit: `held` has it by request, by the caller's number.
    ///
    /// An answer gives the unit of a tenant to another request only if the tenant is given another one; a tenant that
    /// is given none stays. A pair of a tenant and its own unit is no attribution: it is passed over.
    ///
    /// # Errors
    /// [`ProblemError::Shape`] for another number of requests, or if the problem has tenants already;
    /// [`ProblemError::OutOfRange`] for an unknown unit; [`ProblemError::Held`] for a unit that two requests hold.
    ///
    /// ```
    /// # use logis_matching::{Pair, Problem, solve, verify};
    /// // No unit is vacant: request 0 holds unit 0 and request 1 unit 1, and each would rather have the other's.
    /// let pair = |request, unit| Pair { request, unit, fit: 500, marks: 0 };
    /// let problem = Problem::from_pairs(vec![3, 7, 9], 2, vec![pair(0, 1), pair(1, 0), pair(2, 0)], vec![])?;
    /// let problem = problem.with_tenants(&[Some(0), Some(1), None])?;
    /// let matching = solve(&problem);
    /// // They exchange. Request 2 has more points, but one attribution is less than two.
    /// assert_eq!(matching.unit_of, [Some(1), Some(0), None]);
    /// verify(&problem, &matching)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_tenants(&self, held: &[Option<u32>]) -> Result<Problem, ProblemError> {
        if held.len() != self.requests() || self.has_tenants() {
            return Err(ProblemError::Shape("des logements occupés pour d'autres demandes"));
        }
        let inside = self.numbers_inside();
        // By inner number of the unit: who holds it.
        let mut holder: Vec<Option<u32>> = vec![None; self.units()];
        for (request, unit) in (0_u32..).zip(held) {
            let Some(unit) = *unit else { continue };
            let own = inside.get(unit as usize).ok_or(ProblemError::OutOfRange { request, unit })?;
            if holder[own.index()].replace(request).is_some() {
                return Err(ProblemError::Held { unit });
            }
        }
        let mut firsts = vec![0];
        let mut unit_of: Vec<(u32, u32)> = Vec::with_capacity(self.units());
        // By cell before: the cells that its units are now. By cell: who holds it, as a unit that is held is a cell.
        let mut cells_of: Vec<Range<u32>> = Vec::with_capacity(self.cell_count());
        let mut holder_of: Vec<Option<u32>> = Vec::new();
        let mut homes: Vec<Option<Cell>> = vec![None; self.requests()];
        for cell in (0..self.cell_count() as u32).map(Cell) {
            let range = self.range(cell);
            let begin = holder_of.len() as u32;
            unit_of.extend(
                range.clone().filter(|u| holder[*u as usize].is_none()).map(|unit| (unit, range.start)),
            );
            if unit_of.len() as u32 > firsts[firsts.len() - 1] {
                firsts.push(unit_of.len() as u32);
                holder_of.push(None);
            }
            for unit in range.clone() {
                if let Some(request) = holder[unit as usize] {
                    homes[request as usize] = Some(Cell(holder_of.len() as u32));
                    unit_of.push((unit, range.start));
                    firsts.push(unit_of.len() as u32);
                    holder_of.push(Some(request));
                }
            }
            cells_of.push(begin..holder_of.len() as u32);
        }
        let (mut starts, mut open, mut marks, mut slot_of) =
            (Vec::with_capacity(self.requests() + 1), Vec::new(), Vec::new(), Vec::new());
        let mut own: Vec<(Cell, u32, u16)> = Vec::new();
        // To stay counts nothing.
        let mut kinds = Kinds::new(self.kinds.clone());
        let nothing = kinds.of(0)?;
        for request in 0..self.requests() as u32 {
            starts.push(open.len());
            own.clear();
            for (slot, cell, kind) in self.open_to(request) {
                let cells = cells_of[cell.index()].clone().map(Cell);
                let cells = cells.filter(|cell| holder_of[cell.index()] != Some(request));
                own.extend(cells.map(|cell| (cell, slot as u32, kind)));
            }
            if let Some(home) = homes[request as usize] {
                own.push((home, STAYS, nothing));
            }
            own.sort_by_key(|(cell, ..)| *cell);
            for &(cell, slot, own) in &own {
                open.push(cell);
                slot_of.push(slot);
                if !self.quotas.is_empty() {
                    marks.push(own);
                }
            }
        }
        starts.push(open.len());
        let names = unit_of.iter().map(|(unit, _)| self.names[*unit as usize]).collect();
        let fits = Arc::new(Renumbered { of: self.fits.clone(), slot_of, unit_of });
        Ok(Problem { firsts, starts, open, marks, kinds: kinds.marks, fits, names, homes, ..self.clone() })
    }

    /// Does any request hold a unit?
    pub fn has_tenants(&self) -> bool {
        self.homes.iter().any(Option::is_some)
    }

    /// The unit that a request holds, by the caller's number.
    pub fn held(&self, request: u32) -> Option<u32> {
        self.home_unit(request).and_then(|unit| self.names.get(unit.index())).copied()
    }

    /// The cell of the unit that a request holds; the unit is alone in it.
    #[inline]
    pub(crate) fn home(&self, request: u32) -> Option<Cell> {
        self.homes.get(request as usize).copied().flatten()
    }

    /// The unit that a request holds.
    #[inline]
    pub(crate) fn home_unit(&self, request: u32) -> Option<InnerUnit> {
        self.home(request).map(|cell| InnerUnit(self.firsts[cell.index()]))
    }

    /// Does a request that has a unit of this cell stay where it is?
    #[inline]
    pub(crate) fn stays(&self, request: u32, cell: Cell) -> bool {
        self.home(request) == Some(cell)
    }

    /// The points that the attribution of a unit of this cell counts: none for staying.
    #[cfg(feature = "solver")]
    #[inline]
    pub(crate) fn points_in(&self, request: u32, cell: Cell) -> u32 {
        if self.stays(request, cell) { 0 } else { self.points(request) }
    }

    /// Does a request that has a unit of this cell count as an attribution?
    #[inline]
    pub(crate) fn counts_in(&self, request: u32, cell: Cell) -> bool {
        self.stays_count || !self.stays(request, cell)
    }
}
