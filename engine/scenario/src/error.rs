//! Why a scenario or a run comes to nothing.

use super::allocation::AllocationError;
use super::rules::RulesError;
use logis_data::Issue;
use logis_language::diagnostic::{Issues, PackError};
use logis_populations::GenerateError;

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
