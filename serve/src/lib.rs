#![doc = include_str!("../README.md")]

mod api;
mod asked;
mod book;
mod guard;
mod metrics;
mod openapi;
mod page;
mod problem;
mod server;
mod service;

pub use server::{Running, ServeError, Server};
pub use service::{Limits, Log, Options};
