//! Requests that have several pairs with one unit: each counts otherwise in the quotas, and an answer says which it uses.
//!
//! Such pairs are slots of one cell that follow each other, with other marks.

#![expect(clippy::indexing_slicing, reason = "numbers are those of the problem, checked when it was built")]

use std::ops::Range;
use std::sync::Arc;

use super::super::numbers::Cell;
use super::parts::Fits;
use super::posed::Problem;

/// The fits of some slots of a problem.
struct Kept {
    of: Arc<dyn Fits>,
    /// By slot: the slot before.
    slot_of: Vec<usize>,
}

impl Fits for Kept {
    fn fill(&self, request: u32, slot: usize, units: Range<u32>, into: &mut Vec<u16>) {
        self.of.fill(request, self.slot_of[slot], units, into);
    }
}

impl Problem {
    /// Has any request several pairs with one unit? Then an answer says by which marks each request is housed
    /// ([`Matching::marks_of`](crate::Matching::marks_of)).
    pub fn has_choices(&self) -> bool {
        self.choices
    }

    /// The slots by which a cell is open to a request: several, where pairs with its units count in several ways.
    pub fn slots_in(&self, request: u32, cell: Cell) -> Range<usize> {
        let slots = self.slots_of(request);
        let own = &self.open[slots.clone()];
        let (first, end) = (own.partition_point(|c| *c < cell), own.partition_point(|c| *c <= cell));
        slots.start + first..slots.start + end
    }

    /// The slot of some marks by which a cell is open to a request. That of a tenant's own unit is none.
    pub fn slot_with(&self, request: u32, cell: Cell, marks: u64) -> Option<usize> {
        if self.stays(request, cell) {
            return None;
        }
        self.slots_in(request, cell).find(|slot| self.marks(*slot) == marks)
    }

    /// This problem with the first pair of each request and unit only.
    pub(super) fn without_choices(self) -> Problem {
        if !self.choices {
            return self;
        }
        let (mut starts, mut slot_of) = (Vec::with_capacity(self.starts.len()), Vec::new());
        for request in 0..self.requests() as u32 {
            starts.push(slot_of.len());
            let first = |slot: &usize| {
                *slot == self.starts[request as usize] || self.open[*slot] != self.open[slot - 1]
            };
            slot_of.extend(self.slots_of(request).filter(first));
        }
        starts.push(slot_of.len());
        let open = slot_of.iter().map(|slot| self.open[*slot]).collect();
        let marks = match self.marks.is_empty() {
            true => Vec::new(),
            false => slot_of.iter().map(|slot| self.marks[*slot]).collect(),
        };
        let fits = Arc::new(Kept { of: self.fits.clone(), slot_of });
        Problem { starts, open, marks, fits, choices: false, ..self }
    }
}
