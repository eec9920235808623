//! A run, and what it gives.

use serde::{Deserialize, Serialize};

use super::basis::Local;
use super::table::Table;

/// One run to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// Its name, plain enough for a file.
    pub id: String,
    /// What people call it, without its seed.
    pub title: String,
    /// What it differs in: the number of the variant.
    pub variant: Option<usize>,
    /// The number of the sweep, and of the point of each of its axes.
    pub point: Option<(usize, Vec<usize>)>,
    /// Its seed.
    pub seed: u64,
}

/// What a run gives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunResult {
    /// The run.
    pub run: Run,
    /// Of its inputs: see [`Simulation::hash`](crate::Simulation::hash).
    pub hash: String,
    /// The date as of which all was decided; of several years, their dates.
    pub date: String,
    /// What the changes of rows took: one number a change, those of the baseline first.
    pub rows_taken: Vec<usize>,
    /// Whose local rules decided its requests and units; of several years those of the first.
    #[serde(default)]
    pub local: Local,
    /// Its measures.
    pub tables: Vec<Table>,
    /// What becomes of each household, in the order of the identifiers; empty for the points of sweeps.
    pub households: Vec<Household>,
    /// To know: figures past their last year, priorities not known.
    pub warnings: Vec<String>,
}

/// What becomes of one household.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Household {
    /// Identifier of the request.
    pub id: String,
    /// The unit that it gets.
    pub unit: Option<String>,
    /// By rule of the table `eligibilite`: is it true? `None` where it is not known.
    pub eligible: Vec<Option<bool>>,
    /// By measure of `requests_by`: to what it belongs.
    pub by: Vec<String>,
    /// Whole months for which the request has waited, where they are known.
    pub wait: Option<i64>,
}
