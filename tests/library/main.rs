//! The library, held against what its code did not make: brute force, the interpreter, official tables, hand-computed
//! values. One binary: linking is dear.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod absent;
mod after_moves;
mod attribution;
mod candidates;
mod ceilings;
mod charged;
mod checker_alone;
mod compare;
mod conditions;
mod counterfactual;
mod csv_parts;
mod dated;
mod errors;
mod every_rule;
mod examples;
mod explained;
mod features;
mod first;
mod grid;
mod holders;
mod ipf;
mod leases;
mod lecture;
mod ledger;
mod library;
mod margin;
mod matching;
mod moves;
mod mutate_json;
mod named_rows;
mod newcomers;
mod one_column;
mod order_of_modules;
mod parts;
mod plan_against_interpreter;
mod populations;
mod proof;
mod receipts;
mod recorded;
mod reserves;
mod scenario;
mod scenario_matching;
mod scenario_weeks;
mod scenario_years;
mod slips;
mod small;
#[path = "../support.rs"]
mod support;
mod tenants;
mod territory;
mod weekly;
