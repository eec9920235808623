//! What would turn a decision: the nearest value of each single input, and the nearest date.

mod dates;
mod inputs;
mod search;

pub use dates::{OtherDate, OtherDates, other_dates};
pub use inputs::{Change, Counterfactual, counterfactual};
