//! What an evaluator remembers, by node.

/// One entry for each node of which something was remembered, found by the number of the node. A plan has thousands of
/// nodes, and a row often needs a tenth of them: nothing is set up for the others but a number.
pub(super) struct Memory<T> {
    /// By node: the place of its entry plus one, or zero. Empty until something is remembered.
    places: Vec<u32>,
    entries: Vec<T>,
}

impl<T> Default for Memory<T> {
    fn default() -> Memory<T> {
        Memory { places: Vec::new(), entries: Vec::new() }
    }
}

impl<T> Memory<T> {
    /// What is remembered of a node.
    pub fn get(&self, node: usize) -> Option<&T> {
        self.entries.get(self.places.get(node)?.checked_sub(1)? as usize)
    }

    /// Remembers something of a node of a plan that has so many, in place of what was remembered before.
    pub fn set(&mut self, node: usize, nodes: usize, value: T) {
        match self.place(node, nodes) {
            Some(place) => {
                if let Some(slot) = self.entries.get_mut(place) {
                    *slot = value;
                }
            }
            None => self.entries.push(value),
        }
    }

    /// The entry of a node, to be changed; `or` if there was none.
    pub fn entry(&mut self, node: usize, nodes: usize, or: impl FnOnce() -> T) -> Option<&mut T> {
        let place = match self.place(node, nodes) {
            Some(place) => place,
            None => {
                self.entries.push(or());
                self.entries.len() - 1
            }
        };
        self.entries.get_mut(place)
    }

    /// The place of the entry of a node; `None` if it has none yet: the next one that is pushed is its own.
    fn place(&mut self, node: usize, nodes: usize) -> Option<usize> {
        if self.places.is_empty() {
            self.places = vec![0; nodes.max(node + 1)];
        }
        let next = u32::try_from(self.entries.len() + 1).unwrap_or(0);
        let slot = self.places.get_mut(node)?;
        match slot.checked_sub(1) {
            Some(place) => Some(place as usize),
            None => {
                *slot = next;
                None
            }
        }
    }
}

/// Rows of a page of [`ByRow`].
const PAGE: usize = 64;

/// What was computed for rows, in pages that are set up when a row of theirs is: the few rows that columns leave over may
/// stand anywhere among hundreds of thousands.
pub(super) struct ByRow<T> {
    /// The first page, as far as it is needed: a record has a few rows in all.
    first: Vec<Option<T>>,
    /// By page; the first stays empty.
    pages: Vec<Option<Box<[Option<T>]>>>,
}

impl<T> Default for ByRow<T> {
    fn default() -> ByRow<T> {
        ByRow { first: Vec::new(), pages: Vec::new() }
    }
}

impl<T> ByRow<T> {
    /// What is remembered of a row.
    pub fn get(&self, row: usize) -> Option<&T> {
        if row < PAGE {
            return self.first.get(row)?.as_ref();
        }
        self.pages.get(row / PAGE)?.as_ref()?.get(row % PAGE)?.as_ref()
    }

    /// Remembers something of a row.
    pub fn set(&mut self, row: usize, value: T) {
        if row < PAGE {
            if self.first.len() <= row {
                self.first.resize_with(row + 1, || None);
            }
            if let Some(slot) = self.first.get_mut(row) {
                *slot = Some(value);
            }
            return;
        }
        let page = row / PAGE;
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, || None);
        }
        let Some(slot) = self.pages.get_mut(page) else { return };
        let page = slot.get_or_insert_with(|| std::iter::repeat_with(|| None).take(PAGE).collect());
        if let Some(slot) = page.get_mut(row % PAGE) {
            *slot = Some(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ByRow, Memory};
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        /// As a map remembers, wherever the rows stand.
        #[test]
        fn rows_are_remembered_as_in_a_map(rows in prop::collection::vec(0_usize..1_000, 0..40)) {
            let (mut memory, mut map) = (ByRow::default(), HashMap::new());
            for (at, row) in rows.into_iter().enumerate() {
                memory.set(row, at);
                map.insert(row, at);
            }
            for row in 0..1_100 {
                prop_assert_eq!(memory.get(row), map.get(&row));
            }
        }

        /// As a map remembers.
        #[test]
        fn a_memory_is_a_map(steps in prop::collection::vec((0_usize..12, 0_u8..3), 0..60)) {
            let (mut memory, mut map) = (Memory::default(), HashMap::new());
            for (at, (node, what)) in steps.into_iter().enumerate() {
                match what {
                    0 => {
                        memory.set(node, 12, vec![at]);
                        map.insert(node, vec![at]);
                    }
                    1 => {
                        memory.entry(node, 12, Vec::new).unwrap().push(at);
                        map.entry(node).or_default().push(at);
                    }
                    _ => {}
                }
                for node in 0..14 {
                    prop_assert_eq!(memory.get(node), map.get(&node));
                }
            }
        }
    }
}
