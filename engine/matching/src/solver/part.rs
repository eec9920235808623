//! Parts: what connects cells or columns, and one connected part of the face.

#![expect(clippy::indexing_slicing, reason = "measured loops over numbers that callers check")]

use super::super::numbers::Cell;

/// Disjoint sets of the numbers below a count (union-find, with path halving). Each is named by its smallest
/// number, so that names do not depend on the order of the unions.
pub(super) struct Sets {
    /// By number: a number of its set that is not larger; itself for the name of the set.
    above: Vec<u32>,
}

impl Sets {
    /// Each number alone.
    pub fn new(count: usize) -> Sets {
        Sets { above: (0..count as u32).collect() }
    }

    /// The name of the set that a number is in.
    pub fn find(&mut self, number: u32) -> u32 {
        let mut at = number;
        while self.above[at as usize] != at {
            // Each second step is shortened, so that paths stay short without a second pass.
            self.above[at as usize] = self.above[self.above[at as usize] as usize];
            at = self.above[at as usize];
        }
        at
    }

    /// Makes one set of those of two names; the name that it has then.
    pub fn join(&mut self, a: u32, b: u32) -> u32 {
        let (low, high) = (a.min(b), a.max(b));
        self.above[high as usize] = low;
        low
    }
}

/// One connected part of the face (the pairs that the answers with the most points use): it shares no request
/// and no cell with the others.
pub(super) struct Part {
    /// The requests, ascending; those that must be housed, or (if `paid`) may be left out.
    pub requests: Vec<u32>,
    /// By place in `requests`: must it be housed?
    pub must: Vec<bool>,
    /// The cells, ascending.
    pub cells: Vec<Cell>,
    /// Do units cost something here? Then all of them must be given; if not, all requests must be
    /// housed.
    pub paid: bool,
}
