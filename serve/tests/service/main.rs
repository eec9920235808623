//! The service, asked over a real socket.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

mod allocated;
mod batches;
mod browser_page;
mod client;
mod counselled;
mod database;
mod decisions;
mod described;
mod ended;
mod guarded;
mod households;
mod kept;
mod page;
