//! Holds a written result against the problem that it is said to answer.

use logis_language::diagnostic::{Issue, Issues};
use logis_matching::{Gaps, Level, MOST_ALREADY, Matching, ProofError};

use super::{Allocation, Posing};
use crate::attribution::{Asks, Report, ReportError};

/// Why a written result does not hold for a problem.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("le résultat ne tient pas: {}", why.join("; "))]
#[non_exhaustive]
pub struct Refuted {
    /// Each fault, in French.
    pub why: Vec<String>,
}

impl Issues for Refuted {
    fn issues(&self) -> Vec<Issue> {
        self.why.iter().map(|why| Issue::error("", "", why)).collect()
    }
}

impl Posing {
    /// The allocation that a written result tells, if it holds for this problem with all that it claims. The
    /// result is not trusted: each of its claims is computed again, or named.
    ///
    /// # Errors
    /// Why it does not hold, in French, every difference in how its problem was posed, else the first fault.
    pub fn verify(self, report: &Report) -> Result<Allocation, Refuted> {
        let posed = self.posed().map_err(|error| Refuted { why: vec![error.to_string()] })?;
        // First whether it speaks of this problem at all: a proof of another one would fail in riddles.
        let others = report.differences(&self.plan, self.most, &posed);
        if !others.is_empty() {
            return Err(Refuted { why: others.iter().map(ToString::to_string).collect() });
        }
        let (matching, gaps) = self.checked(report).map_err(|why| Refuted { why: vec![why] })?;
        let allocation = Allocation::new(self, matching, gaps, None, None);
        let held = report.check_reserves(allocation.reserves());
        held.map_err(|error| Refuted { why: vec![error.to_string()] })?;
        Ok(allocation)
    }

    fn checked(&self, report: &Report) -> Result<(Matching, Gaps), String> {
        let Posing { plan, dataset, instance, .. } = self;
        let text = |error: ReportError| error.to_string();
        let matching = report.matching(plan, dataset, instance).map_err(text)?;
        self.verified(&matching).map_err(|error| self.sentence(&error))?;
        if instance.by_points
            && let Err((request, unit)) = instance.turns(&matching)
        {
            let unit = unit.map_or("aucun logement", |unit| instance.units.id(dataset, unit));
            let request = instance.requests.id(dataset, request);
            return Err(format!("dans l'ordre des points, la demande {request} reçoit {unit}"));
        }
        if instance.by_points && !instance.is_charged_best(&matching) {
            let why = "dans l'ordre des points, d'autres imputations des mêmes attributions manquent moins aux quotas";
            return Err(why.to_string());
        }
        report.check_moves(dataset, instance, &matching).map_err(text)?;
        report.check_balances(plan, &matching).map_err(text)?;
        // Then each claim for itself: answer and proof, columns, prices, quotas that had to be met.
        let claimed = report.certificate.problem.as_ref();
        report
            .check_columns(plan, dataset, instance, |row, own| {
                self.columns(row, report.format.is_none(), own)
            })
            .map_err(text)?;
        let unchecked = |name: &&String| !self.flags.select.contains(name);
        let select = claimed.into_iter().flat_map(|posed| &posed.select).filter(unchecked);
        let select: Vec<String> = select.cloned().collect();
        if !select.is_empty() {
            return Err(text(ReportError::Unchecked(select)));
        }
        let computed = self.prices.then(|| self.prices(&matching));
        let factor = instance.weight_of_point();
        report.check_prices(plan, (&matching, factor), computed.as_deref()).map_err(text)?;
        let conditions = plan.quotas.iter().filter(|quota| quota.hard).map(|quota| &quota.quota.name);
        let hard = conditions.chain(claimed.into_iter().flat_map(|posed| &posed.hard));
        for name in hard {
            let at = plan.quotas.iter().position(|q| q.quota.name == *name);
            match at.and_then(|at| matching.reached.quotas.get(at)) {
                Some(reached) if reached.shortfall == 0 => {}
                Some(reached) => {
                    return Err(format!("quota {name}: doit être tenu, il manque {}", reached.shortfall));
                }
                None => return Err(format!("quota {name}: doit être tenu, et n'est pas en vigueur ici")),
            }
        }
        let gaps = self.gaps(&matching).map_err(|error| self.sentence(&error))?;
        Ok((matching, gaps))
    }

    /// Does this level say who comes first?
    fn comes_first(&self, at: usize) -> bool {
        self.plan.quotas.get(at).is_some_and(|quota| quota.asks == Asks::First)
    }

    /// What is wrong with an answer or its proof, with identifiers in place of numbers.
    fn sentence(&self, error: &ProofError) -> String {
        let (instance, dataset) = (&self.instance, &self.dataset);
        let level = |level: &Level| match level {
            Level::Quota(at) => {
                let quota = self.plan.quotas.get(*at).map_or("?", |q| q.quota.name.as_str());
                format!("{} {quota}", if self.comes_first(*at) { "d'abord" } else { "quota" })
            }
            other => other.to_string(),
        };
        match error {
            ProofError::NotSuitable { request, unit } => format!(
                "la demande {} reçoit le logement {}, qui ne lui convient pas",
                instance.requests.id(dataset, *request),
                instance.units.id(dataset, *unit)
            ),
            ProofError::Occupied { unit, request } => format!(
                "le logement {} est attribué, alors que la demande {}, qui l'occupe, ne reçoit pas d'autre logement",
                instance.units.id(dataset, *unit),
                instance.requests.id(dataset, *request)
            ),
            ProofError::Twice { unit } => {
                format!("le logement {} est attribué deux fois", instance.units.id(dataset, *unit))
            }
            ProofError::NotProved { level: Level::Quota(at), reached, bound } if self.comes_first(*at) => {
                // The level counts members, of which as many as can be are asked for.
                let members = |lacking: u64| MOST_ALREADY.saturating_sub(lacking);
                format!(
                    "{}: la preuve laisse place à {}, la réponse atteint {}",
                    level(&Level::Quota(*at)),
                    members(*bound),
                    members(*reached)
                )
            }
            ProofError::Claim { level: at, found, claimed } => {
                format!("{}: la réponse atteint {found}, et non {claimed}", level(at))
            }
            ProofError::Form { level: at, what } => {
                format!("la preuve est mal formée: {}: {what}", level(at))
            }
            ProofError::NotProved { level: at, reached, bound: u64::MAX } => {
                format!("{}: la réponse atteint {reached}, et rien ne prouve que ce soit au mieux", level(at))
            }
            ProofError::NotProved { level: at, reached, bound } => {
                format!("{}: la preuve laisse place à {bound}, la réponse atteint {reached}", level(at))
            }
            other => other.to_string(),
        }
    }
}
