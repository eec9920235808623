//! What a quota costs, shortfall by shortfall: attributions, points and fit of the best answer that lacks no more members.

use logis_matching::solve;

use super::error::AllocationError;
use super::posing::{Answered, Posing, answer_in_order};
use crate::attribution::Asks;

/// The best answer in which a quota lacks no more than so many members, which count before attributions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrontierPoint {
    /// How many members may lack.
    pub allowed: u64,
    /// How many do.
    pub lacking: u64,
    /// How many are housed.
    pub attributions: u64,
    /// Points of the housed, summed.
    pub priority: u64,
    /// Fits of the attributions, summed.
    pub fit: u64,
    /// Is every level proved?
    pub proved: bool,
}

impl Posing {
    /// The answers for shortfalls of a quota (by its place in the plan) from none to that of the best answer without it; at
    /// most `most` (two at least), from one end to the other at equal steps.
    ///
    /// # Errors
    /// The place is that of who comes first; the proof of an answer does not hold: a fault of the engine; there is no place for
    /// one more level.
    pub fn frontier(&self, quota: usize, most: usize) -> Result<Vec<FrontierPoint>, AllocationError> {
        if self.instance.by_points {
            let name = self.plan.quotas.get(quota).map_or("?", |q| q.quota.name.as_str());
            return Err(AllocationError::ByPoints(name.to_string()));
        }
        if let Some(first) = self.plan.quotas.get(quota).filter(|q| q.asks == Asks::First) {
            return Err(AllocationError::UnknownQuota { name: first.quota.name.clone(), nearest: None });
        }
        let problem = &self.instance.problem;
        let lacking = |reached: &logis_matching::Reached| {
            let own = reached.quotas.get(quota).map_or((0, 0), |own| (own.base, own.members));
            problem.target(quota, own.0).saturating_sub(own.1)
        };
        let freely = solve(&problem.allowing(quota, u64::from(u32::MAX)));
        let last = lacking(&freely.reached);
        let mut plan = self.plan.clone();
        if let Some(own) = plan.quotas.get_mut(quota) {
            own.hard = true;
        }
        let steps = u64::try_from(most.max(2) - 1).unwrap_or(1).min(last.max(1));
        let mut allowed: Vec<u64> = (0..=steps).map(|step| last * step / steps).collect();
        allowed.dedup();
        let point = |allowed: u64| {
            let problem = problem.allowing(quota, allowed);
            let Answered { matching, gaps, .. } =
                answer_in_order(&plan, &problem, &self.always(), None, None)?;
            let (reached, _) = self.instance.in_points(&matching);
            Ok(FrontierPoint {
                allowed,
                lacking: lacking(&reached),
                attributions: reached.attributions,
                priority: reached.priority,
                fit: reached.fit,
                proved: gaps.none(),
            })
        };
        allowed.into_iter().map(point).collect()
    }
}
