#![doc = include_str!("../README.md")]

mod contradiction;
mod file;
mod line;
mod state;

pub use contradiction::{Cell, Contradiction};
pub use file::{Ledger, LedgerError};
pub use line::{Entry, Kind, Line, origin};
pub use state::{Lease, Offer, Session, State};
