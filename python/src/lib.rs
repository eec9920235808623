//! Logis for Python: `logis_regles._logis`, which the package `logis_regles` shows.
//!
//! [`pack`] and [`plan`] are what users hold; [`tables`] takes data frames through Arrow's capsules, [`records`] takes
//! dictionaries; [`documents`] gives what the command writes as JSON; [`decisions`] is what comes out; [`posing`] is a matching in parts, [`doubts`]
//! what data leave in doubt of one; [`errors`] makes exceptions and warnings; [`off`] computes with the
//! interpreter's lock released, so that other threads run and Ctrl-C is heard.

mod decisions;
mod documents;
mod doubts;
mod errors;
mod matching;
mod off;
mod pack;
mod plan;
mod posing;
mod records;
mod rows;
mod rules;
mod tables;
mod what_if;

use pyo3::prelude::*;

/// The rules of French social housing: decided, explained, matched.
#[pymodule]
mod _logis {
    #[pymodule_export]
    use crate::decisions::Decisions;
    #[pymodule_export]
    use crate::matching::Allocation;
    #[pymodule_export]
    use crate::pack::Pack;
    #[pymodule_export]
    use crate::plan::Plan;
    #[pymodule_export]
    use crate::posing::{Posing, in_french, join};
    #[pymodule_export]
    use crate::rows::Rows;
    #[pymodule_export]
    use crate::what_if::{Diff, ScenarioReport};
}
