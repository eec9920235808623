#![doc = include_str!("../README.md")]

mod api;
mod asked;
mod batch;
mod book;
mod guard;
mod metrics;
mod openapi;
mod page;
mod problem;
mod receipts;
mod server;
mod service;

pub use server::{Running, ServeError, Server};
pub use service::{Limits, Log, Options};
