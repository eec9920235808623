//! What the walk to an explanation passed already: nodes with their rows.

use std::collections::HashSet;
use std::hash::{BuildHasherDefault, Hasher};

use logis_language::plan::ir::NodeId;

/// Nodes with their rows, each in the frame in which it was passed. It is asked for what it holds, and never listed.
#[derive(Default)]
pub(super) struct Marks(HashSet<(u32, NodeId, u64), BuildHasherDefault<Mixed>>);

impl Marks {
    /// Marks a node; false if it was marked.
    pub fn insert(&mut self, frame: u32, node: NodeId, row: u64) -> bool {
        self.0.insert((frame, node, row))
    }

    /// Is a node marked?
    pub fn contains(&self, frame: u32, node: NodeId, row: u64) -> bool {
        self.0.contains(&(frame, node, row))
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// Mixes numbers of nodes and rows, which nobody chooses to share a hash.
#[derive(Default)]
pub(super) struct Mixed(u64);

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64((*byte).into()));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}
