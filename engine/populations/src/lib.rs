//! Synthetic populations: data packages drawn from published margins.
//!
//! A [`Model`] (a TOML file) states margins, each with its source and confidence, and names the tables and
//! columns of the pack by their role. A [`Population`] is that model on communes: those that the file itself
//! lists, or those of a territory of the [`territory::Land`]. Margins are met exactly (to the row); the same
//! model, communes, sizes and seed give the same tables on any number of threads. No person, name or employer is
//! real.

mod calibration;
mod checks;
mod columns;
mod deck;
mod error;
mod fitted;
mod households;
pub mod ipf;
mod model;
mod names;
mod numbers;
mod others;
mod places;
mod population;
mod rows;
mod shuffle;
mod table;
mod tally;
pub mod territory;
mod units;

pub use calibration::CalibrationLine;
pub use error::GenerateError;
pub use fitted::{Options, PART, Part, Population};
pub use model::{Ceilings, Model};
pub use tally::Tally;

/// The hash of this build of the crate.
pub const BUILD: &str = env!("LOGIS_BUILD");

/// The code of the README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
