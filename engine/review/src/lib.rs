//! Tools for whoever changes rules: what is likely wrong, what the cases see, what a change does.
//!
//! Modules depend on those before them only.

pub mod check;
pub mod testing;
pub mod coverage;
pub mod mutation;
pub mod boundaries;
pub mod compare;
