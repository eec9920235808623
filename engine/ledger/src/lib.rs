#![doc = include_str!("../README.md")]

mod contradiction;
mod error;
mod file;
mod ledger;
mod line;
mod place;
#[cfg(feature = "postgres")]
mod server;
mod state;

pub use contradiction::{Cell, Contradiction};
pub use error::LedgerError;
pub use ledger::Ledger;
pub use line::{Entry, Kind, Line, origin};
pub use place::LedgerPlace;
pub use state::{CHARGE, LEAVES, Lease, OCCUPIED, Offer, Session, State};
