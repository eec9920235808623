#![doc = include_str!("../README.md")]

#[cfg(feature = "http")]
mod answer;
#[cfg(feature = "http")]
mod api;
#[cfg(feature = "http")]
mod asked;
#[cfg(feature = "mcp")]
mod assistant;
#[cfg(feature = "http")]
mod batch;
mod book;
mod day;
mod deciders;
#[cfg(feature = "http")]
mod guard;
mod lookup;
#[cfg(feature = "http")]
mod metrics;
mod models;
#[cfg(feature = "http")]
mod openapi;
#[cfg(feature = "http")]
mod page;
mod problem;
mod questions;
#[cfg(feature = "http")]
mod receipts;
#[cfg(feature = "http")]
mod server;
#[cfg(feature = "http")]
mod service;

#[cfg(feature = "mcp")]
pub use assistant::{AssistantError, assist};
#[cfg(feature = "http")]
pub use receipts::ReceiptsPlace;
#[cfg(feature = "http")]
pub use server::{Running, ServeError, Server};
#[cfg(feature = "http")]
pub use service::{Limits, Log, Options};
