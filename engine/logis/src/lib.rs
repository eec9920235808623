#![doc = include_str!("../README.md")]

mod error;
pub mod formats;

pub use error::Error;

#[cfg(feature = "solver")]
pub use logis_allocation::{
    Allocation, AllocationError, Arrivals, AskedError, AskedOptions, Bottleneck, Conditions, Cost, Deferral,
    Draws, FrontierPoint, Kept, Lack, Lease, Margin, Margins, Newcomers, OnPaper, Options, PLACES, Posing,
    Position, Rank, Refuted, Sent, Session, Weekly, Year, YearsToDraw, apart, arrival, attribution,
    candidates, posing,
};
pub use logis_data as data;
pub use logis_decide::{
    DataError, Decider, Decision, LeftOpen, Tables, answers, brief, counterfactual, dated, decide, evaluate,
    explain, granted, invariants, letter, parts, places, receipt, reference, reserves, sample, tables,
};
#[cfg(feature = "arrow")]
pub use logis_decide::{Evaluate, OutcomeColumns};
pub use logis_language::{
    LoadError, Pack, Plan, diagnostic, editor, exchange, fingerprint, format, graph, pack, plan, value,
};
#[cfg(feature = "ledger")]
pub use logis_ledger as ledger;
pub use logis_matching as matching;
#[cfg(feature = "populations")]
pub use logis_populations as populations;
#[cfg(feature = "review")]
pub use logis_review::{boundaries, check, compare, coverage, mutation, testing};
#[cfg(feature = "scenario")]
pub use logis_scenario as scenario;

/// The code of the README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// The code of the book's page on the library compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/src/en/library.md")]
struct Library;
