//! The commands, one module each.

pub mod boundaries;
pub mod check;
pub mod commission;
pub mod coverage;
pub mod demo;
pub mod diff;
pub mod diff_page;
pub mod doc;
pub mod eval;
pub mod explain;
pub mod fairness;
pub mod fmt;
pub mod generate;
pub mod graph;
pub mod junit;
pub mod matching;
pub mod mutate;
pub mod pairs;
pub mod record;
pub mod replay;
pub mod schema;
pub mod test;
pub mod update;
pub mod watch;
pub mod why;
