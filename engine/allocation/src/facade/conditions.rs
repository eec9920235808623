//! Quotas that come before the number of attributions, where as many as can be cannot be housed with them.

use logis_matching::{Ahead, Gaps, Matching, Problem, ProblemError, ProofError, gaps, solve, verify};

use super::lack::Lack;
use super::posing::Posing;
use crate::attribution::{MatchingPlan, is_ahead};

/// Quotas that are conditions, and what they cost in attributions.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Conditions {
    /// The quotas that come before the number of attributions, in order.
    pub quotas: Vec<String>,
    /// How many could be housed if they did not.
    pub most: u64,
    /// Quotas of them that cannot all be met with that many: without any one of these, the others can.
    pub conflict: Vec<String>,
    /// What lacks at least, in the order of the quotas, if that many are housed.
    pub lacking: Vec<Lack>,
}

impl Posing {
    /// By unit: is it given in every answer, as that is decided? Then it is not left empty for a quota.
    pub(crate) fn always(&self) -> Vec<bool> {
        let mut always = vec![false; self.instance.units.len()];
        let made = self.flags.recorded.iter().flat_map(|recorded| &recorded.made);
        let made = made.filter(|pair| !self.unmade.contains(pair));
        for (_, id) in self.flags.fixed.iter().chain(made) {
            let unit = self.instance.units.find(&self.dataset, id);
            if let Some(slot) = unit.and_then(|unit| always.get_mut(unit as usize)) {
                *slot = true;
            }
        }
        always
    }

    /// The problem with its hard quotas before the number of attributions.
    fn ahead(&self) -> Result<Ahead, ProblemError> {
        Ahead::new(&self.instance.problem, &self.plan.ahead(), &self.always())
    }

    /// What the proof of an answer leaves open, level by level, in the order in which it proves them.
    pub(crate) fn gaps(&self, matching: &Matching) -> Result<Gaps, ProofError> {
        let problem = &self.instance.problem;
        if self.instance.by_points {
            return Ok(Gaps::default());
        }
        match is_ahead(&self.plan, &matching.certificate) {
            false => gaps(problem, matching),
            true => self.ahead().map_err(|_| too_many(matching))?.gaps(problem, matching),
        }
    }

    /// Checks that an answer is possible and reaches what it says, and that its proof leaves nothing open.
    pub(crate) fn verified(&self, matching: &Matching) -> Result<(), ProofError> {
        let problem = &self.instance.problem;
        if self.instance.by_points {
            let found = logis_matching::reached_by(problem, &matching.unit_of, &matching.marks_of)?;
            return logis_matching::same(&found, &matching.reached);
        }
        if let Some(allowed) = self.flags.keep {
            return self.verified_within(matching, allowed);
        }
        match is_ahead(&self.plan, &matching.certificate) {
            false => verify(problem, matching),
            true => self.ahead().map_err(|_| too_many(matching))?.verify(problem, matching),
        }
    }

    /// What keeps the hard quotas from being met by as many attributions as `matching`, the answer that counts these
    /// first, has: an irreducible set of them, found by leaving out one after the other.
    pub(crate) fn conditions(&self, matching: &Matching) -> Conditions {
        let name = |at: &usize| self.plan.quotas.get(*at).map(|q| q.quota.name.clone());
        let mut conflict = self.plan.ahead();
        for quota in self.plan.ahead() {
            let others: Vec<usize> = conflict.iter().copied().filter(|at| *at != quota).collect();
            if !others.is_empty() && !all_met(&self.instance.problem.with_only(&others)) {
                conflict = others;
            }
        }
        Conditions {
            quotas: self.plan.ahead().iter().filter_map(name).collect(),
            most: matching.reached.attributions,
            conflict: conflict.iter().filter_map(name).collect(),
            lacking: self.lacking(matching, |name| self.is_hard(name)),
        }
    }
}

/// Are all hard quotas of a plan met by an answer?
pub(crate) fn met(plan: &MatchingPlan, matching: &Matching) -> bool {
    let met = |at: &usize| matching.reached.quotas.get(*at).is_some_and(|quota| quota.shortfall == 0);
    plan.ahead().iter().all(met)
}

/// Can all quotas be met by as many attributions as can be?
fn all_met(problem: &Problem) -> bool {
    solve(problem).reached.quotas.iter().all(|quota| quota.shortfall == 0)
}

/// A certificate of quotas for which there is no place.
fn too_many(matching: &Matching) -> ProofError {
    let expected = matching.reached.quotas.len();
    ProofError::Quotas { found: matching.certificate.quotas.len(), expected }
}
