//! What the runs of a scenario share: each thing is computed once for what it depends on.
//!
//! Rules are planned once for their text, date and quotas, whatever values the parameters are given. What
//! a plan decides on rows that no change touches is kept by the values of those changed parameters that
//! the plan reads: a sweep over a share decides nothing again.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::allocation::AllocationError;
use super::measure::Planned;
use logis_allocation::attribution::{Instance, InstanceError, MatchingPlan};
use logis_data::Dataset;
use logis_decide::evaluate::{Decisions, evaluate};
use logis_language::Pack;
use logis_language::pack::params::ParameterId;
use logis_language::plan::Plan;
use logis_matching::ProblemError;

/// The things made last, by what they depend on.
pub(super) struct Kept<T> {
    most: usize,
    items: Mutex<Vec<(String, Arc<T>)>>,
}

impl<T> Kept<T> {
    /// Keeps so many.
    pub fn new(most: usize) -> Kept<T> {
        Kept { most, items: Mutex::default() }
    }

    /// What is kept under a key; otherwise it is made. Two threads may make the same at once: both make
    /// the same.
    pub fn get<E>(&self, key: &str, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        // A thread that panicked while it held the lock has left whole things behind it.
        let items = || self.items.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, item)) = items().iter().find(|(k, _)| k == key) {
            return Ok(item.clone());
        }
        let item = Arc::new(make()?);
        let mut kept = items();
        if kept.len() >= self.most {
            kept.remove(0);
        }
        kept.push((key.to_string(), item.clone()));
        Ok(item)
    }
}

/// The rules of runs that differ in values of parameters at most: their pack with its own values, planned.
pub(super) struct Ready {
    pub pack: Pack,
    pub planned: Planned,
    /// What tells them from other rules.
    pub key: String,
}

/// All that is kept.
pub(super) struct Shared {
    pub rules: Kept<Ready>,
    pub data: Kept<(Dataset, Vec<usize>, Vec<String>)>,
    decisions: Kept<Decisions>,
    posed: Kept<Instance>,
}

impl Shared {
    pub fn new() -> Shared {
        Shared { rules: Kept::new(64), data: Kept::new(4), decisions: Kept::new(64), posed: Kept::new(4) }
    }
}

/// Decides the rules of a run on its data, or finds what is decided.
pub(super) struct Decide<'r> {
    pub shared: &'r Shared,
    pub dataset: &'r Dataset,
    /// What tells the rules and the data from others; none where no other run has them.
    pub place: Option<String>,
    /// The parameters whose values are changed, and how.
    pub values: &'r [(ParameterId, String)],
}

impl Decide<'_> {
    /// What a plan decides. `slot` tells it from the other plans of the run.
    pub fn rows(&self, slot: &str, plan: &Plan) -> Arc<Decisions> {
        let make = || Ok::<_, std::convert::Infallible>(evaluate(plan, self.dataset));
        let found = match self.key(slot, &[plan]) {
            Some(key) => self.shared.decisions.get(&key, make),
            None => make().map(Arc::new),
        };
        found.unwrap_or_else(|never| match never {})
    }

    /// The matching.
    pub fn posed(&self, plan: &MatchingPlan) -> Result<Arc<Instance>, AllocationError> {
        let make = || {
            Instance::new(plan, self.dataset, None).map_err(|wrong| {
                let none = InstanceError::from(ProblemError::Shape("no instance"));
                AllocationError::Instance(wrong.into_iter().next().unwrap_or(none))
            })
        };
        match self.key("candidatures", &plan.plans().collect::<Vec<_>>()) {
            Some(key) => self.shared.posed.get(&key, make),
            None => make().map(Arc::new),
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
