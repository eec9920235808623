//! The fewest moves within so many points of the best answer.
//!
//! One more quota says how many requests must have the unit that they had: with so many asked for, the points are
//! as many as can be. The most that can be asked for within the points is found by halves, as more can only cost more.
//! What is proved is what the best answer's certificate says of this one: as many attributions, quotas met as well,
//! and points within what was allowed. Nothing is proved of the fit.

use logis_matching::{MOST_QUOTAS, Matching, Pair, Problem, ProblemError, Proof, Quota, gaps, solve};

use super::error::AllocationError;
use super::posing::Posing;
use crate::attribution::with_tenants;

/// What keeping costs and brings.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kept {
    /// Points that may be given up.
    pub allowed: u64,
    /// Points that are.
    pub given_up: u64,
    /// How many have the unit that they had.
    pub kept: u64,
    /// How many would have it in the best answer.
    pub kept_by_best: u64,
}

impl Posing {
    /// An answer as good as `best` in attributions and quotas, at most `allowed` points below it, in which most have the
    /// unit that they `had`, by number; with the certificate of the best.
    ///
    /// # Errors
    /// There is no place for one more quota.
    pub(crate) fn keep(
        &self,
        best: &Matching,
        had: &[Option<u32>],
        allowed: u64,
    ) -> Result<(Matching, Kept), AllocationError> {
        let points = |matching: &Matching| self.instance.in_points(matching).0.priority;
        let kept = |matching: &Matching| {
            matching.unit_of.iter().zip(had).filter(|(now, had)| now.is_some() && now == had).count() as u64
        };
        let least = points(best).saturating_sub(allowed);
        let (problem, quota) = self.with_kept(had)?;
        let housed = best.reached.attributions;
        let asking = |least_kept: u64| {
            // All attributions are in its base: so many less than all may lack.
            let asked = problem.allowing(quota, housed.saturating_sub(least_kept));
            let answer = solve(&asked);
            let met = answer.reached.quotas.get(quota).is_some_and(|own| own.shortfall == 0);
            let quotas = answer.reached.quotas.iter().take(quota).map(|own| own.shortfall);
            let as_good = answer.reached.attributions == housed
                && quotas.eq(best.reached.quotas.iter().map(|own| own.shortfall));
            (met && as_good && points(&answer) >= least).then_some(answer)
        };
        let mut answer = best.clone();
        let could = had
            .iter()
            .zip(0_u32..)
            .filter(|(unit, request)| unit.is_some_and(|unit| self.instance.pair(*request, unit).is_some()));
        let (mut low, mut high) = (kept(best), (could.count() as u64).min(housed));
        while low < high {
            let middle = (low + high).div_ceil(2);
            match asking(middle) {
                Some(found) => {
                    low = kept(&found).max(middle);
                    answer = found;
                }
                None => high = middle - 1,
            }
        }
        let mut certificate = best.certificate.clone();
        if answer.unit_of != best.unit_of {
            certificate.fit = Proof::Nothing;
        }
        let Matching { unit_of, marks_of, .. } = answer;
        let reached = logis_matching::reached_by(&self.instance.problem, &unit_of, &marks_of)?;
        let answer = Matching { unit_of, marks_of, reached, certificate };
        let given_up = points(best).saturating_sub(points(&answer));
        let told = Kept { allowed, given_up, kept: kept(&answer), kept_by_best: kept(best) };
        Ok((answer, told))
    }

    /// The problem with one more quota, the last: of all attributions those that leave a request where it was.
    fn with_kept(&self, had: &[Option<u32>]) -> Result<(Problem, usize), ProblemError> {
        let instance = &self.instance;
        let quota = instance.problem.quotas().len();
        if quota >= MOST_QUOTAS {
            return Err(ProblemError::Quotas(quota + 1));
        }
        let mut pairs = Vec::new();
        for request in (0_u32..).take(instance.requests.len()) {
            let own = had.get(request as usize).copied().flatten();
            for unit in instance.units_of(request) {
                for (fit, marks) in instance.pairs(request, unit) {
                    let kept = if own == Some(unit) { 3 } else { 1 };
                    pairs.push(Pair { request, unit, fit, marks: marks | kept << (2 * quota) });
                }
            }
        }
        let points = (0_u32..).take(instance.requests.len()).map(|r| instance.problem.points(r)).collect();
        let mut quotas = instance.problem.quotas().to_vec();
        quotas.push(Quota::new("inchangées", 1, 1));
        let units = u32::try_from(instance.units.len()).unwrap_or(u32::MAX);
        let problem = Problem::from_pairs(points, units, pairs, quotas)?;
        Ok((with_tenants(problem, &instance.held)?, quota))
    }

    /// Checks that an answer is possible, reaches what it says, and is at most `allowed` points (of the pack) below the best
    /// of those that house as many and meet the quotas as well.
    pub(crate) fn verified_within(
        &self,
        matching: &Matching,
        allowed: u64,
    ) -> Result<(), logis_matching::ProofError> {
        let mut left = gaps(&self.instance.problem, matching)?;
        // A point weighs so much; ranks among equals are within it.
        let factor = self.instance.weight_of_point();
        if left.priority <= allowed.saturating_mul(factor).saturating_add(factor - 1) {
            (left.priority, left.fit) = (0, 0);
        }
        logis_matching::all_proved(&matching.reached, &left)
    }
}
