//! The rules of a run, decided on its data: what no change touches is decided once.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::allocation::{Allocation, AllocationError};
use super::memo::Memo;
use logis_allocation::attribution::{Instance, InstanceError, MatchingPlan};
use logis_data::Dataset;
use logis_decide::evaluate::{Decisions, evaluate_settled};
use logis_language::pack::params::ParameterId;
use logis_language::plan::Plan;
use logis_matching::ProblemError;

/// What plans decide and the problems that they pose, kept for the runs that follow.
pub(super) struct Decided {
    decisions: Memo<Decisions>,
    posed: Memo<Instance>,
}

impl Decided {
    pub fn new() -> Decided {
        Decided { decisions: Memo::new(64), posed: Memo::new(4) }
    }
}

/// Decides the rules of a run on its data, or finds what is decided.
pub(super) struct Decide<'r> {
    /// What is decided already.
    pub decided: &'r Decided,
    pub dataset: &'r Dataset,
    /// What tells the rules and the data from others; none where no other run has them.
    pub place: Option<String>,
    /// The parameters whose values are changed, and how.
    pub values: &'r [(ParameterId, String)],
}

impl Decide<'_> {
    /// What a plan decides. `slot` tells it from the other plans of the run.
    pub fn rows(&self, slot: &str, plan: &Plan) -> Arc<Decisions> {
        let make = || Ok::<_, std::convert::Infallible>(evaluate_settled(plan, self.dataset));
        let found = match self.key(slot, &[plan]) {
            Some(key) => self.decided.decisions.get(&key, make),
            None => make().map(Arc::new),
        };
        found.unwrap_or_else(|never| match never {})
    }

    /// The matching, with its pairs or without.
    pub fn posed(&self, plan: &MatchingPlan, with_pairs: bool) -> Result<Arc<Instance>, AllocationError> {
        let make = || {
            let posed = match with_pairs {
                true => Instance::new(plan, self.dataset, None),
                false => Instance::without_pairs(plan, self.dataset),
            };
            posed.map_err(|wrong| {
                let none = InstanceError::from(ProblemError::Shape("no instance"));
                AllocationError::Instance(wrong.into_iter().next().unwrap_or(none))
            })
        };
        let slot = if with_pairs { "candidatures" } else { "demandes et logements" };
        match self.key(slot, &plan.plans().collect::<Vec<_>>()) {
            Some(key) => self.decided.posed.get(&key, make),
            None => make().map(Arc::new),
        }
    }

    /// The best answer or, where sessions are not compared with it, none yet.
    pub fn allocation(
        &self,
        plan: &MatchingPlan,
        at_once: bool,
        margins: Vec<u64>,
    ) -> Result<Allocation, AllocationError> {
        match at_once {
            true => Allocation::with_margins(plan, self.posed(plan, true)?, margins),
            false => Ok(Allocation::not_at_once(plan, self.posed(plan, false)?)),
        }
    }

    fn key(&self, slot: &str, plans: &[&Plan]) -> Option<String> {
        let place = self.place.as_ref()?;
        let read = |id: &ParameterId| plans.iter().any(|p| p.reads(&BTreeSet::from([*id])));
        let values: Vec<&str> =
            self.values.iter().filter(|(id, _)| read(id)).map(|(_, how)| how.as_str()).collect();
        Some(format!("{place}\n{slot}\n{}", values.join("\n")))
    }
}
