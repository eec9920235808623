#![doc = include_str!("../README.md")]

mod error;
pub mod formats;

pub use error::Error;

pub use logis_allocation::{
    Allocation, AllocationError, Bottleneck, Lack, Options, PLACES, Posing, Refuted, attribution, candidates,
    posing,
};
pub use logis_data as data;
pub use logis_decide::{
    DataError, Decider, Decision, Evaluate, counterfactual, dated, decide, evaluate, explain, invariants,
    parts, receipt, reference, reserves,
};
pub use logis_language::{
    LoadError, Pack, Plan, diagnostic, editor, exchange, fingerprint, format, graph, pack, plan, value,
};
pub use logis_matching as matching;
pub use logis_populations as populations;
pub use logis_review::{boundaries, check, compare, coverage, mutation, testing};
pub use logis_scenario as scenario;

/// The code of the README compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// The code of the book's page on the library compiles and runs.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/src/en/library.md")]
struct Library;
