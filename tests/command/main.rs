//! The command line, as its users run it. One binary: linking is dear.
//!
//! `assistants` and `served` need features that a build of the workspace does not ask for: where they are left out, a test
//! of their name is listed as ignored, with what runs them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod accessible;
mod agreements;
#[cfg(feature = "mcp")]
mod assistants;
mod bad_input;
mod book;
mod boundaries;
mod cases;
mod certificate;
mod changed_days;
mod changes;
mod check;
mod contract;
mod csv_fr;
#[allow(dead_code, reason = "the service's tests ask more of it")]
#[path = "../../serve/tests/service/database.rs"]
mod database;
mod documents;
mod editing;
mod formats;
mod holders;
mod kept;
mod language;
mod ledger;
mod maps;
mod matching_commands;
mod moves;
mod mutation;
mod pack_features;
mod packages;
mod part;
mod people;
mod played;
mod ranks;
mod reading;
mod readme;
mod report_page;
mod reserves_of_matching;
mod rests;
mod review;
#[cfg(feature = "serve")]
mod served;
mod simulate;
mod support;
mod territory;
mod tools;
mod trust;
mod writing;

#[cfg(not(feature = "mcp"))]
#[test]
#[ignore = "left out: `cargo xtask test`, or `--features logis-cli/mcp`"]
fn assistants() {}

#[cfg(not(feature = "serve"))]
#[test]
#[ignore = "left out: `cargo xtask test`, or `--features logis-cli/serve`"]
fn served() {}
