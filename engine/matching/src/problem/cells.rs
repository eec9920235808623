//! Cells from pairs: which units the same requests, with the same marks, may have.
//!
//! All units are one class at first. Each request splits the classes of which it may have only some, or some
//! with other marks: what is left in the end are the cells (partition refinement; Paige and Tarjan, 1987). Each
//! pair is looked at once, and a second time where its request splits something, which happens less often
//! than there are units.

#![expect(clippy::indexing_slicing, reason = "measured loops over numbers that `Draft` checks")]

use std::collections::HashMap;

use super::parts::Pair;

/// The classes of the units, as far as the requests so far tell them apart.
pub(super) struct Cells {
    /// By unit.
    class_of: Vec<u32>,
    /// By class: how many units.
    size: Vec<u32>,
    /// Of the request at hand, by class: how many units of it the request may have, and the marks of the first. It is
    /// cleared by `touched` only, so that a request costs as much as it has pairs, whatever the classes.
    seen: Vec<(u32, u64)>,
    touched: Vec<u32>,
}

impl Cells {
    /// All units are one class.
    pub fn new(units: u32) -> Cells {
        Cells {
            class_of: vec![0; units as usize],
            size: vec![units],
            seen: vec![(0, 0)],
            touched: Vec::new(),
        }
    }

    /// Splits the classes by the pairs of one request, none twice.
    pub fn refine(&mut self, own: &[Pair]) {
        let Cells { class_of, size, seen, touched } = self;
        let mut alike = true;
        for pair in own {
            let class = class_of[pair.unit as usize];
            let (count, marks) = &mut seen[class as usize];
            if *count == 0 {
                touched.push(class);
                *marks = pair.marks;
            }
            *count += 1;
            alike &= *marks == pair.marks;
        }
        // A request that may have a class as a whole, with one mark, tells nothing apart in it.
        if !alike || touched.iter().any(|&class| seen[class as usize].0 != size[class as usize]) {
            split(own, class_of, size);
            seen.resize(size.len(), (0, 0));
        }
        for class in touched.drain(..) {
            seen[class as usize].0 = 0;
        }
    }

    /// By unit its cell, and how many cells there are; they are numbered by their first unit.
    pub fn numbered(self) -> (Vec<u32>, usize) {
        let Cells { mut class_of, size, .. } = self;
        // Classes that were split to nothing have no unit and so get no number; the others are numbered by their
        // first unit, so that the numbering does not depend on the order in which they were split.
        let mut number = vec![u32::MAX; size.len()];
        let mut count = 0;
        for class in &mut class_of {
            let own = &mut number[*class as usize];
            if *own == u32::MAX {
                *own = count;
                count += 1;
            }
            *class = *own;
        }
        (class_of, count as usize)
    }
}

/// Puts the units of a request into classes of their own, by the class that they were in and their marks. A
/// class of which nothing is left keeps its number, without units.
fn split(own: &[Pair], class_of: &mut [u32], size: &mut Vec<u32>) {
    let mut new: HashMap<(u32, u64), u32> = HashMap::new();
    for pair in own {
        let class = &mut class_of[pair.unit as usize];
        let to = *new.entry((*class, pair.marks)).or_insert_with(|| {
            size.push(0);
            size.len() as u32 - 1
        });
        size[*class as usize] -= 1;
        size[to as usize] += 1;
        *class = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// Units are in one cell exactly if the lists of their requests, with marks, are the same.
        #[test]
        fn cells_are_the_units_that_nothing_tells_apart(
            marks in proptest::collection::vec(proptest::option::of(0_u64..3), 6 * 7),
        ) {
            let at = |request: u32, unit: u32| marks[(request * 7 + unit) as usize];
            let pair = |request, unit| Some(Pair { request, unit, fit: 0, marks: at(request, unit)? });
            let pairs: Vec<Pair> = (0..6).flat_map(|r| (0..7).filter_map(move |u| pair(r, u))).collect();
            let mut known: BTreeMap<Vec<Option<u64>>, u32> = BTreeMap::new();
            let expected: Vec<u32> = (0..7)
                .map(|unit| {
                    let next = known.len() as u32;
                    *known.entry((0..6).map(|request| at(request, unit)).collect()).or_insert(next)
                })
                .collect();
            let mut cells = Cells::new(7);
            pairs.chunk_by(|a, b| a.request == b.request).for_each(|own| cells.refine(own));
            prop_assert_eq!(cells.numbered(), (expected, known.len()));
        }
    }
}
