//! Is a benchmark run to measure, or only to see that it runs?
//!
//! `cargo bench` measures. `cargo test --benches` runs each step once on tiny inputs, in the profile of the tests:
//! what continuous integration does (`cargo xtask ci`).

/// Only to see that it runs: Cargo says `--bench` to a benchmark that is to be measured.
pub fn small() -> bool {
    !std::env::args().any(|argument| argument == "--bench")
}
