//! The heaviest assignment of rows to columns that hold several, by the network simplex method.
//!
//! The basis is a tree over rows, columns and a root, to which idle rows and free places lead; it stays
//! *strongly feasible* (from every node a unit could flow to the root; Cunningham, 1976), so the method ends
//! though most steps move nothing. When only the weights change, it goes on from the tree it has, which is what
//! makes the search for multipliers cheap.
//!
//! `tree` is the tree, `pivot` makes it better step by step, `plant` makes a good one where prices are known.

mod pivot;
mod plant;
mod tree;

pub(super) use tree::{Arc, Simplex};
