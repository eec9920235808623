//! Logis decides, explains and matches by the dated rules of Action Logement.
//!
//! Rules are plain [Rhai](https://rhai.rs) functions in a [`Pack`]; a [`Plan`] is what some of them
//! need as of a date; [`evaluate()`](evaluate::evaluate) decides the rows of a data package;
//! [`explain()`](explain::explain) says why; [`candidates`] and [`matching`] give units to requests.
//!
//! Modules depend on those before them only, in the order given in `ARCHITECTURE.md`.

pub mod attribution;
pub mod boundaries;
pub mod candidates;
pub mod check;
pub mod compare;
pub mod counterfactual;
pub mod coverage;
pub mod data;
pub mod dated;
pub mod decide;
mod deep;
pub mod diagnostic;
pub mod editor;
pub mod evaluate;
pub mod explain;
pub mod fingerprint;
pub mod format;
pub mod generate;
pub mod graph;
pub mod invariants;
pub mod matching;
pub mod mutation;
pub mod pack;
pub mod plan;
pub mod receipt;
pub mod reference;
mod rulebook;
pub mod scenario;
pub mod testing;
pub mod value;

pub use decide::{DataError, Decider, Decision};
pub use plan::Plan;
pub use rulebook::{LoadError, Pack};

/// The code of the README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
