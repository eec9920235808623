//! The problem: requests, units in cells, who suits what and how well, and the quotas.
//!
//! `parts` says what a problem is made of and what can be wrong with it, `cells` which units are alike,
//! `posed` holds the tables that solver and checker read, `draft` makes them from the pairs of one request after the other, `build` from pairs or from cells, `tenants` adds those who hold a unit,
//! `choices` says where a request has several pairs with a unit, `vacant` lets units stay empty, `components` says
//! which of them have nothing to do with each other.

mod build;
pub(crate) mod by_key;
mod cells;
mod choices;
mod components;
mod draft;
mod kinds;
mod parts;
mod posed;
mod tenants;
mod vacant;

pub use components::Components;
pub use draft::Draft;
pub use parts::{
    Already, BEST_FIT, Fits, MOST_ALREADY, MOST_POINTS, MOST_QUOTAS, Pair, ProblemError, Quota, TAG,
};
pub use posed::Problem;
