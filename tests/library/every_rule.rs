//! Every rule of the shipped pack, on rows drawn from its schema: both engines agree, and what is unknown
//! is unknown because some completion of the row would change it. And packs that are deep, that share,
//! or that lack a value on the day.
//!
//! `LOGIS_ROWS` sets how many rows of each entity are decided by both engines in each period of the law
//! (default 3), `LOGIS_EVERY` one in how many periods is taken (default 60; 1, as `cargo xtask fuzz` has it, also asks that
//! every rule come to two outcomes); `LOGIS_DRAWN` how many requests with missing cells are drawn for the rate of needless
//! unknowns (default 360); `LOGIS_SEED` where the drawing starts.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::unreachable
)]

mod draw;
mod large;
mod needless;
mod shipped;
mod valueless;

/// A number set from outside.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}
