//! The C library as its callers see it: compiled programs, other languages, pointers.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::multiple_unsafe_ops_per_block
)]

mod abused;
mod answers;
mod arrow;
mod header;
#[path = "../../../serve/tests/service/households.rs"]
mod households;
mod languages;
mod place;
