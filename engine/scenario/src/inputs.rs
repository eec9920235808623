//! What a scenario needs from outside.

use std::collections::{BTreeMap, BTreeSet};

use logis_data::InputFile;

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
    /// The files of the package that is reviewed, if the scenario names one.
    pub reviewed: Vec<InputFile>,
    /// The territories whose local rules do not hold, by name.
    pub left_out: BTreeSet<String>,
}
