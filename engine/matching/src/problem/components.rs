//! Which requests and units suitable pairs link, directly or over others: the rest of the problem never touches them.

#![expect(clippy::indexing_slicing, reason = "numbers are those of the problem, checked when it was built")]

use super::posed::Problem;

/// The connected components of a problem: no suitable pair joins two of them.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Components {
    /// By request: its component, numbered by their first request; `None` if nothing suits it.
    pub of_request: Vec<Option<u32>>,
    /// By unit (the caller's number): its component; `None` if it suits nobody.
    pub of_unit: Vec<Option<u32>>,
    /// By component: how many suitable pairs it has.
    pub pairs: Vec<u64>,
    /// By component: which quotas its pairs count for, a bit for each.
    pub quotas: Vec<u32>,
}

impl Problem {
    /// The connected components.
    ///
    /// ```
    /// # use logis_matching::{Pair, Problem};
    /// let pair = |request, unit| Pair { request, unit, fit: 0, marks: 0 };
    /// let pairs = vec![pair(0, 2), pair(1, 0), pair(3, 0)];
    /// let components = Problem::from_pairs(vec![1; 4], 3, pairs, vec![])?.components();
    /// assert_eq!(components.of_request, [Some(0), Some(1), None, Some(1)]);
    /// assert_eq!(components.of_unit, [Some(1), None, Some(0)]);
    /// assert_eq!(components.pairs, [1, 2]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn components(&self) -> Components {
        // Union by the smaller number, with halved paths: cells are joined by the requests that they are open to.
        let mut above: Vec<usize> = (0..self.cell_count()).collect();
        for request in 0..self.requests() as u32 {
            let mut first = None;
            for (_, cell, _) in self.open_to(request) {
                let root = root(&mut above, cell.index());
                let to = *first.get_or_insert(root);
                let to = self::root(&mut above, to);
                above[root.max(to)] = root.min(to);
            }
        }
        let mut number: Vec<Option<u32>> = vec![None; self.cell_count()];
        let mut components = Components { of_unit: vec![None; self.units()], ..Components::default() };
        for request in 0..self.requests() as u32 {
            let mut own = None;
            for (_, cell, kind) in self.open_to(request) {
                let marks = self.marks_of(kind);
                let next = components.pairs.len() as u32;
                let component = *number[root(&mut above, cell.index())].get_or_insert(next);
                if component == next {
                    components.pairs.push(0);
                    components.quotas.push(0);
                }
                own = Some(component);
                if self.stays(request, cell) {
                    continue;
                }
                components.pairs[component as usize] += self.range(cell).len() as u64;
                for quota in 0..self.quotas().len() {
                    // A pair is a member only if it counts in the base.
                    let counts = marks >> (2 * quota) & 1;
                    components.quotas[component as usize] |= (counts as u32) << quota;
                }
            }
            components.of_request.push(own);
        }
        for (unit, cell) in self.cell_of_units().into_iter().enumerate() {
            components.of_unit[self.names[unit] as usize] = number[root(&mut above, cell.index())];
        }
        components
    }
}

/// The smallest number that a number was joined with.
fn root(above: &mut [usize], mut of: usize) -> usize {
    while above[of] != of {
        above[of] = above[above[of]];
        of = above[of];
    }
    of
}
