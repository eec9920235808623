//! Scenarios: a baseline and what would happen if.
//!
//! A [`Scenario`] is a file; with its [`Inputs`] it makes a [`Simulation`], whose [`runs`] may be done in
//! any order and on any thread: the same file, inputs and seed give the same [`RunResult`]. What the
//! results say together is in [`report`]. This module reads no file itself.
//!
//! [`runs`]: Simulation::runs

mod allocation;
mod balance;
mod digest;
mod file;
mod kept;
mod measure;
mod names;
pub mod report;
mod rows;
mod rules;
mod runs;
mod shared;
mod simulation;
mod table;
mod texts;
mod years;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use allocation::AllocationError;
pub use file::{
    Assumption, Axis, Base, Count, Expected, How, Measured, Move, ParameterChange, RowChange, RowKind,
    Scenario, Sweep, Variant, Wanted, Years,
};
pub use kept::NotBelieved;
use logis_data::{InputFile, Issue};
use logis_language::diagnostic::{Issues, PackError};
use logis_populations::GenerateError;
pub use measure::Household;
pub use rules::RulesError;
pub use simulation::Simulation;
pub use table::{Column, Row, Table};

/// The hash of this build of the crate.
pub const BUILD: &str = env!("LOGIS_BUILD");

/// What a scenario needs from outside: the content of the files that it names.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// What messages call the rules.
    pub root: String,
    /// The rules of the baseline: path and content.
    pub rules: Vec<(String, Vec<u8>)>,
    /// The folders of rules laid over them, by what the scenario calls them.
    pub overlays: BTreeMap<String, Vec<(String, Vec<u8>)>>,
    /// The files of the data package; or the one of the population.
    pub data: Vec<InputFile>,
    /// The files of the packages of the seeds after the first, where each seed has its own.
    pub draws: Vec<Vec<InputFile>>,
}

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
    /// Of its inputs: see [`Simulation::hash`].
    pub hash: String,
    /// The date as of which all was decided; of several years, their dates.
    pub date: String,
    /// What the changes of rows took: one number a change, those of the baseline first.
    pub rows_taken: Vec<usize>,
    /// Its measures.
    pub tables: Vec<Table>,
    /// What becomes of each household, in the order of the identifiers; empty for the points of sweeps.
    pub households: Vec<Household>,
    /// To know: figures past their last year, priorities not known.
    pub warnings: Vec<String>,
}

impl Issues for ScenarioError {
    fn issues(&self) -> Vec<Issue> {
        let of_run = |run: &str, issues: Vec<Issue>| {
            let named = |mut issue: Issue| {
                issue.message = format!("{run}: {}", issue.message);
                issue
            };
            issues.into_iter().map(named).collect()
        };
        match self {
            ScenarioError::Pack(error) => error.issues(),
            ScenarioError::Plan { run, error } => of_run(run, error.issues()),
            ScenarioError::Data { run, issues } => of_run(run, issues.clone()),
            other => vec![Issue::of(other)],
        }
    }
}

/// Why a scenario or a run comes to nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// The scenario file or the rules are wrong.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A change of the rules.
    #[error("{run}: {error}")]
    Rules {
        /// The run.
        run: String,
        /// Why.
        error: RulesError,
    },
    /// A plan of a run: a rule that is not in force on its date, say.
    #[error("{run}:\n{error}")]
    Plan {
        /// The run.
        run: String,
        /// Why.
        error: PackError,
    },
    /// The data is wrong, as it is or as a change makes it.
    #[error("{run}: {} erreur(s) dans les données, dont :\n{}", .issues.len(), .issues.iter().take(10).map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Data {
        /// The run.
        run: String,
        /// What is wrong.
        issues: Vec<Issue>,
    },
    /// The population cannot be drawn.
    #[error("{file}: {error}")]
    Population {
        /// The file of its margins, as the scenario calls it.
        file: String,
        /// Why.
        error: GenerateError,
    },
    /// The matching.
    #[error("{run}: {error}")]
    Allocation {
        /// The run.
        run: String,
        /// Why.
        error: AllocationError,
    },
    /// Neither the scenario nor its data says as of when to decide.
    #[error(
        "ni le scénario ni ses données ne disent à quelle date décider: ajouter `as_of = 2017-06-30` dans `[base]`"
    )]
    NoDate,
}
