//! What another program asks of an allocation, as an object of JSON.

use std::time::Duration;

use logis_language::diagnostic::{Issue, Issues, foreign};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::posing::Options;
use crate::attribution::{ReadError, Report};

/// [`Options`] as the service and the C library are sent them: an object of JSON with the same names, each of which may be
/// left out; `near` is a document of the kind `matching`, `time_limit` a number of seconds.
///
/// ```
/// let text = r#"{ "hard": ["all"], "seed": 7, "forbidden": [["D1", "L4"]], "time_limit": 20 }"#;
/// let options = logis::AskedOptions::read(serde_json::from_str(text)?)?;
/// assert_eq!(options.seed, Some(7));
/// assert_eq!(options.forbidden, [("D1".to_string(), "L4".to_string())]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AskedOptions {
    select: Vec<String>,
    no_quotas: bool,
    hard: Vec<String>,
    seed: Option<u64>,
    fixed: Vec<(String, String)>,
    forbidden: Vec<(String, String)>,
    max_candidates: Option<usize>,
    near: Option<Json>,
    keep: Option<u64>,
    prices: bool,
    time_limit: Option<u64>,
}

/// Why what is asked is none.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskedError {
    /// It is no object.
    #[error("`options`: {}", foreign::json(.0))]
    Json(#[from] serde_json::Error),
    /// An option that is none, or whose value is of another kind.
    #[error("`{name}`: {}", foreign::json(error))]
    Option {
        /// Which.
        name: String,
        /// What is wrong with it.
        error: serde_json::Error,
    },
    /// A number that must be 1 at least.
    #[error("`{0}`: « 0 » ; attendu: un entier d'au moins 1")]
    Zero(&'static str),
    /// It stands in two places.
    #[error("`{0}` est donné deux fois")]
    Twice(String),
    /// The result of before is none.
    #[error("`near`: {0}")]
    Near(#[from] ReadError),
}

impl Issues for AskedError {
    fn issues(&self) -> Vec<Issue> {
        vec![Issue::of(self)]
    }
}

impl AskedOptions {
    /// The options that an object names.
    ///
    /// # Errors
    /// A name that is none, a value of another kind, a number out of its range; a result of before that is none.
    pub fn read(asked: Map<String, Json>) -> Result<Options, AskedError> {
        let read = |own: Map<String, Json>| serde_json::from_value::<AskedOptions>(Json::Object(own));
        // One by one, as an error does not say in which it was found.
        for (name, value) in &asked {
            let alone = Map::from_iter([(name.clone(), value.clone())]);
            read(alone).map_err(|error| AskedError::Option { name: name.clone(), error })?;
        }
        let asked = read(asked)?;
        if asked.max_candidates == Some(0) {
            return Err(AskedError::Zero("max_candidates"));
        }
        if asked.time_limit == Some(0) {
            return Err(AskedError::Zero("time_limit"));
        }
        let near = asked.near.map(|document| Report::read(&document.to_string())).transpose()?;
        Ok(Options {
            select: asked.select,
            no_quotas: asked.no_quotas,
            hard: asked.hard,
            seed: asked.seed,
            fixed: asked.fixed,
            forbidden: asked.forbidden,
            recorded: None,
            max_candidates: asked.max_candidates,
            near,
            keep: asked.keep,
            prices: asked.prices,
            time_limit: asked.time_limit.map(Duration::from_secs),
        })
    }
}
