//! Matching: which request gets which unit, optimally and with a proof.
//!
//! The levels of an answer, each fixed before the next is looked at: the most attributions; the shares
//! that quotas ask for, as small a shortfall as possible, in their order; the most points of those
//! housed; the best fit. `solve` (feature `solver`) finds the answer, [`verify()`] checks its certificate
//! without knowing how it was found.
//!
//! Files stand in one order, each using those before it only: `numbers`, `problem`, `answer`, `verify`,
//! `ahead`, `solver`, `apart`. Who only checks answers needs the first five.
//!
//! # README
#![doc = include_str!("../README.md")]

mod ahead;
mod answer;
mod apart;
mod numbers;
mod problem;
#[cfg(feature = "solver")]
mod solver;
mod verify;

pub use ahead::Ahead;
pub use answer::{
    Bound, Certificate, Condition, DEEPEST, Matching, Prices, Proof, QuotaReached, Reached, Split,
};
pub use apart::{Apart, Together, together};
#[cfg(feature = "solver")]
pub use apart::{SolvedApart, solve_apart};
pub use numbers::{Cell, InnerUnit};
pub use problem::{
    Already, BEST_FIT, Components, Draft, Fits, MOST_ALREADY, MOST_POINTS, MOST_QUOTAS, Pair, Problem,
    ProblemError, Quota, TAG,
};
#[cfg(feature = "solver")]
pub use solver::{Duals, one_member_less, solve, solve_near, solve_near_until, solve_until};
pub use verify::{Gaps, Level, ProofError, all_proved, gaps, reached, reached_by, same, verify};

/// The hash of this build of the crate, to which results that are kept are bound.
#[cfg(feature = "solver")]
pub const BUILD: &str = env!("LOGIS_BUILD");
