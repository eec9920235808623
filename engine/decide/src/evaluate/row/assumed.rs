//! What is assumed of missing cells.

use std::collections::HashMap;

use super::super::possible::Possible;
use logis_language::plan::ir::NodeId;

/// Assumptions that are found by looking at each. Mostly there are two or three; a household of thousands has as many
/// as it has missing cells, and those beyond are found by their cell, so that its time grows with its rows.
const LOOKED_AT: usize = 16;

/// A cell: the node that reads its field, and its row.
type CellKey = (NodeId, u64);

/// Assumptions on missing cells, each what is left of what its cell can be; the innermost last.
#[derive(Default)]
pub(super) struct Assumed {
    made: Vec<Assumption>,
    /// By cell: the innermost of those after the first [`LOOKED_AT`].
    place: HashMap<CellKey, usize>,
}

struct Assumption {
    cell: CellKey,
    value: Possible,
    /// The one before it on the same cell, if both are among those found by their cell.
    outer: Option<usize>,
}

impl Assumed {
    pub fn len(&self) -> usize {
        self.made.len()
    }

    /// One more, the innermost.
    pub fn push(&mut self, node: NodeId, row: u64, value: Possible) {
        let (cell, at) = ((node, row), self.made.len());
        let outer = if at < LOOKED_AT { None } else { self.place.insert(cell, at) };
        self.made.push(Assumption { cell, value, outer });
    }

    /// Takes back all but the first `len`.
    pub fn truncate(&mut self, len: usize) {
        while self.made.len() > len {
            let Some(last) = self.made.pop() else { return };
            // What it hid holds again.
            match last.outer {
                Some(outer) => self.place.insert(last.cell, outer),
                None => self.place.remove(&last.cell),
            };
        }
    }

    /// What is assumed of a cell, by the innermost that speaks of it.
    pub fn get(&self, node: NodeId, row: u64) -> Option<&Possible> {
        let cell = (node, row);
        let found = if self.place.is_empty() { None } else { self.place.get(&cell) };
        let found = found.and_then(|at| self.made.get(*at));
        let looked_at = self.made.iter().take(LOOKED_AT);
        found.or_else(|| looked_at.rev().find(|one| one.cell == cell)).map(|one| &one.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use logis_language::value::Value;
    use proptest::prelude::*;

    proptest! {
        /// Found, hidden and taken back as in a plain list that is searched from its end.
        #[test]
        fn the_innermost_is_found(steps in prop::collection::vec((0_u32..4, 0_u64..12, 0_usize..80), 1..120)) {
            let (mut assumed, mut list) = (Assumed::default(), Vec::new());
            for (at, (node, row, keep)) in steps.into_iter().enumerate() {
                // One step in four takes back.
                if keep < 20 {
                    let keep = list.len().saturating_sub(keep);
                    list.truncate(keep);
                    assumed.truncate(keep);
                } else {
                    let value = Possible::Known(Value::Text(at.to_string().into()));
                    list.push((node, row, value.clone()));
                    assumed.push(node, row, value);
                }
                prop_assert_eq!(assumed.len(), list.len());
                for (node, row) in (0..4).flat_map(|node| (0..12).map(move |row| (node, row))) {
                    let expected = list.iter().rfind(|(n, r, _)| (*n, *r) == (node, row));
                    let found = assumed.get(node, row).and_then(Possible::known);
                    prop_assert_eq!(found, expected.and_then(|(_, _, value)| value.known()));
                }
            }
        }
    }
}
