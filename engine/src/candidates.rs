//! Candidatures: which unit may be proposed to which request.
//!
//! Every pair is decided by the pack's suitability rule; those for which it is true are candidates.
//! A pair whose suitability is open is not one: the missing inputs come first.

use rayon::prelude::*;

use crate::data::Dataset;
use crate::evaluate::{Context, Evaluator, Outcome, evaluate, outcome};
use crate::plan::Plan;

/// One suitable pair, with the outcomes of the other selected rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Row of the request.
    pub first: u32,
    /// Row of the unit.
    pub second: u32,
    /// The outcomes of what the plan selects after the suitability rule.
    pub outcomes: Vec<Outcome>,
}

/// The candidates of a data set, and the pairs that no rule could settle.
#[derive(Clone, Debug, Default)]
pub struct Candidates {
    /// Suitable pairs, by request and then by unit, in the order of the rows.
    pub pairs: Vec<Candidate>,
    /// How many pairs were looked at.
    pub looked_at: u64,
    /// By request: how many units are open to it but for a missing input.
    pub open: Vec<u32>,
    /// How many pairs have an error.
    pub errors: u64,
}

/// Finds the candidates. `plan` is a plan on pairs whose first selected rule is the suitability.
///
/// The result does not depend on the number of threads.
pub fn candidates(plan: &Plan, dataset: &Dataset, requests: usize, units: usize) -> Candidates {
    let Some((suitable, others)) = plan.selected.split_first() else { return Candidates::default() };
    let decisions = evaluate(&Plan { selected: vec![suitable.clone()], ..plan.clone() }, dataset);
    let Some(suitable) = decisions.columns.first() else { return Candidates::default() };
    let context = Context::new(plan, dataset);
    let by_request: Vec<(Vec<Candidate>, u32, u64)> = (0..requests)
        .into_par_iter()
        .with_min_len(16)
        .map_init(
            || Evaluator::new(&context),
            |evaluator, first| {
                let (mut found, mut open, mut errors) = (Vec::new(), 0, 0);
                for second in 0..units {
                    let row = first * units + second;
                    match suitable.get(row) {
                        Some(outcome) if outcome.is_true() => {}
                        Some(Outcome::Unknown(_)) => {
                            open += 1;
                            continue;
                        }
                        Some(Outcome::Error(_)) => {
                            errors += 1;
                            continue;
                        }
                        _ => continue,
                    }
                    found.push(Candidate {
                        first: u32::try_from(first).unwrap_or(u32::MAX),
                        second: u32::try_from(second).unwrap_or(u32::MAX),
                        outcomes: others
                            .iter()
                            .map(|(_, node)| outcome(evaluator, *node, row as u64))
                            .collect(),
                    });
                }
                (found, open, errors)
            },
        )
        .collect();
    let mut all = Candidates { looked_at: requests as u64 * units as u64, ..Candidates::default() };
    for (found, open, errors) in by_request {
        all.pairs.extend(found);
        all.open.push(open);
        all.errors += errors;
    }
    all
}
