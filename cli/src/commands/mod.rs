//! The commands, one module each.

pub mod check;
pub mod demo;
pub mod doc;
pub mod eval;
pub mod explain;
pub mod generate;
pub mod graph;
pub mod pairs;
pub mod schema;
pub mod test;
