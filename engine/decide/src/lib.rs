//! Decides the rows of a data set by a plan, says why, and keeps what was decided.
//!
//! [`evaluate`] decides columns and rows; [`reserves`] are what is granted only if it is met; [`explain`] and
//! [`counterfactual`] say why and what would change it; [`invariants`] hold what must be of a row; [`Decider`] decides
//! one household, [`answers`] explain it; [`dated`] decides each row as of its own date; [`parts`] decides what is larger than memory;
//! [`receipt`] keeps decisions and decides them again; [`mod@reference`] is Rhai's own interpreter, the oracle of the
//! tests. [`tables`] are what is decided in memory; with the feature `arrow`, which is not on by default, batches of
//! Arrow too.
//!
//! Modules depend on those before them only.

pub mod answers;
mod at_once;
#[cfg(feature = "arrow")]
mod batches;
pub mod brief;
pub mod counterfactual;
pub mod dated;
pub mod decide;
pub mod evaluate;
pub mod explain;
pub mod granted;
pub mod invariants;
mod left_open;
pub mod letter;
#[cfg(feature = "arrow")]
mod outcome_columns;
pub mod parts;
pub mod places;
pub mod receipt;
pub mod reference;
pub mod reserves;
pub mod sample;
pub mod tables;

#[cfg(feature = "arrow")]
pub use batches::Evaluate;
pub use decide::{DataError, Decider, Decision};
pub use left_open::LeftOpen;
#[cfg(feature = "arrow")]
pub use outcome_columns::OutcomeColumns;
pub use tables::Tables;

/// The hash of this build of the crate.
pub const BUILD: &str = env!("LOGIS_BUILD");
