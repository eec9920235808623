//! Scenarios: a baseline and what would happen if.
//!
//! A [`Scenario`] is a file; with its [`Inputs`] it makes a [`Simulation`], whose [`runs`] may be done in
//! any order and on any thread: the same file, inputs and seed give the same [`RunResult`]. What the
//! results say together is in [`report`]. This module reads no file itself.
//!
//! [`runs`]: Simulation::runs

pub mod agreement;
mod allocation;
mod balance;
pub mod basis;
mod decided;
mod digest;
mod error;
mod file;
mod inputs;
mod kept;
pub mod map;
mod margins;
mod measure;
mod memo;
mod names;
pub mod report;
mod rows;
mod rules;
mod run;
mod runs;
mod shared;
mod sheet;
mod simulation;
mod spoken;
mod table;
mod texts;
mod weeks;
mod years;

pub use allocation::AllocationError;
pub use error::ScenarioError;
pub use file::{
    Assumption, Axis, Base, Called, Charges, Count, Expected, How, Leases, Margin, MatchingChange, Measured,
    Move, Order, ParameterChange, RowChange, RowKind, Scenario, Sweep, Variant, Wanted, Weeks, Years,
};
pub use inputs::Inputs;
pub use kept::NotBelieved;
pub use rules::RulesError;
pub use run::{Household, Run, RunResult};
pub use simulation::Simulation;
pub use spoken::Spoken;
pub use table::{Column, Row, Table};

/// The hash of this build of the crate.
pub const BUILD: &str = env!("LOGIS_BUILD");
