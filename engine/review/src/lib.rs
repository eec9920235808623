//! Tools for whoever changes rules: what is likely wrong, what the cases see, what a change does.
//!
//! Modules depend on those before them only.

pub mod boundaries;
pub mod check;
pub mod compare;
pub mod coverage;
pub mod mutation;
pub mod testing;
