//! What the runs of a scenario share: each thing is computed once for what it depends on.
//!
//! Rules are planned once for their text, date and quotas, whatever values the parameters are given. What
//! a plan decides on rows that no change touches is kept by the values of those changed parameters that
//! the plan reads: a sweep over a share decides nothing again.

use super::decided::Decided;
use super::measure::Planned;
use super::memo::Memo;
use logis_data::Dataset;
use logis_language::Pack;

/// The rules of runs that differ in values of parameters at most: their pack with its own values, planned.
pub(super) struct Ready {
    pub pack: Pack,
    pub planned: Planned,
    /// What tells them from other rules.
    pub key: String,
}

/// All that is kept.
pub(super) struct Shared {
    pub rules: Memo<Ready>,
    pub data: Memo<(Dataset, Vec<usize>, Vec<String>)>,
    pub decided: Decided,
}

impl Shared {
    pub fn new() -> Shared {
        Shared { rules: Memo::new(64), data: Memo::new(4), decided: Decided::new() }
    }
}
