//! What a rule is: values, packs, the graph of names, plans.
//!
//! A [`Pack`] is read from a folder of rules (Rhai functions), dated parameter tables, cases and a schema; all
//! that is wrong with it is told at once ([`diagnostic`]). A [`Plan`] is what some rules need as of a date: one
//! typed graph of expressions, without the rule language in it. Nothing here knows rows of data.
//!
//! Modules depend on those before them only.

pub mod deep;
pub mod diagnostic;
pub mod editor;
pub mod exchange;
pub mod fingerprint;
pub mod format;
pub mod graph;
pub mod pack;
pub mod plan;
pub mod value;

mod rulebook;

pub use plan::Plan;
pub use rulebook::{LoadError, Pack};
