//! Logis: the engine.
pub mod candidates;
pub mod data;
pub mod diagnostic;
pub mod evaluate;
pub mod explain;
pub mod generate;
pub mod graph;
pub mod matching;
pub mod pack;
pub mod plan;
pub mod reference;
mod rulebook;
pub mod testing;
pub mod value;
pub use rulebook::{LoadError, Pack};
