//! What a result tells: the answer with all that it claims to reach, and where another run may begin.

use std::collections::BTreeSet;

use logis_data::Dataset;
use logis_matching::{Duals, Matching, QuotaReached, Reached};
use serde_json::Value as Json;

use super::made::{keys, numbering};
use super::{
    AlreadyReport, Before, CHARGED, Of, Report, ReportError, Signed, fraction, is_ahead, level_name, levels,
};
use crate::attribution::flow::charged;
use crate::attribution::instance::Instance;
use crate::attribution::rules::{Asks, MatchingPlan};

impl Report {
    /// The answer that the result tells, with all that it claims; what the claims are worth,
    /// [`logis_matching::verify`] says.
    ///
    /// # Errors
    /// What does not belong to this data and these rules.
    pub fn matching(
        &self,
        plan: &MatchingPlan,
        dataset: &Dataset,
        instance: &Instance,
    ) -> Result<Matching, ReportError> {
        let keys = keys(plan, instance);
        let mut unit_of = vec![None; instance.requests.len()];
        let mut marks_of = match plan.flow.is_some() && instance.problem.has_choices() {
            true => vec![0; instance.requests.len()],
            false => Vec::new(),
        };
        for (at, own) in self.attributions.iter().enumerate() {
            let id = |column: &String| {
                let unknown = || ReportError::Unknown { at: at + 1, column: column.clone() };
                own.get(column).and_then(Json::as_str).ok_or_else(unknown)
            };
            let unknown = |column: &String| ReportError::Unknown { at: at + 1, column: column.clone() };
            let request = instance.requests.find(dataset, id(&keys.0)?).ok_or_else(|| unknown(&keys.0))?;
            let unit = instance.units.find(dataset, id(&keys.1)?).ok_or_else(|| unknown(&keys.1))?;
            // Each request once; that no unit is given twice, the checker of the matching looks at.
            match unit_of.get_mut(request as usize) {
                Some(slot @ None) => *slot = Some(unit),
                _ => return Err(ReportError::TwiceHoused(id(&keys.0)?.to_string())),
            }
            let Some(flow) = &plan.flow else { continue };
            let holder = own.get(CHARGED).filter(|told| !told.is_null());
            let found = holder.map(|told| told.as_str().and_then(|name| flow.find(name)));
            let marks = match found {
                Some(None) => None,
                // That a unit does not suit, the checker of the matching says.
                _ if instance.pair(request, unit).is_none() => Some(0),
                found => {
                    let mut all = instance.pairs(request, unit).map(|(_, marks)| marks);
                    all.find(|marks| charged(*marks) == found.flatten())
                }
            };
            let Some(marks) = marks else {
                let holder = holder.map_or_else(|| "personne".to_string(), Json::to_string);
                return Err(ReportError::Charged { request: id(&keys.0)?.to_string(), holder });
            };
            if let Some(slot) = marks_of.get_mut(request as usize) {
                *slot = marks;
            }
        }
        let (units, cells) = numbering(dataset, instance);
        let Signed { units: own_units, cells: own_cells, proofs, .. } = &self.certificate;
        // Prices of a proof belong to units by number: with another numbering they would prove something of
        // other units.
        if !(own_units.is_empty() && own_cells.is_empty()) {
            if *own_units != units {
                return Err(ReportError::Numbering("units"));
            }
            if *own_cells != cells {
                return Err(ReportError::Numbering("cells"));
            }
        }
        let reached = self.reached(plan, instance)?;
        Ok(Matching { unit_of, marks_of, reached, certificate: proofs.clone() })
    }

    /// What the result says to other data: by request of theirs the unit that it has here, if both are
    /// there; and the prices to begin from. What is only here is passed over.
    ///
    /// # Errors
    /// The result is none of any data: who or what is given twice, an attribution of nobody, a certificate
    /// that is not well formed.
    pub fn before(
        &self,
        plan: &MatchingPlan,
        dataset: &Dataset,
        instance: &Instance,
    ) -> Result<Before, ReportError> {
        let keys = keys(plan, instance);
        let mut before = Before { unit_of: vec![None; instance.requests.len()], ..Before::default() };
        let (mut housed, mut given) = (BTreeSet::new(), BTreeSet::new());
        for (at, own) in self.attributions.iter().enumerate() {
            let id = |column: &String| {
                let unknown = || ReportError::Unknown { at: at + 1, column: column.clone() };
                own.get(column).and_then(Json::as_str).ok_or_else(unknown)
            };
            let (request, unit) = (id(&keys.0)?, id(&keys.1)?);
            // Here both sides are looked at by identifier, as either may be gone from these data.
            if !housed.insert(request) {
                return Err(ReportError::TwiceHoused(request.to_string()));
            }
            if !given.insert(unit) {
                return Err(ReportError::TwiceGiven(unit.to_string()));
            }
            let request = instance.requests.find(dataset, request);
            let unit = instance.units.find(dataset, unit);
            before.requests_gone += usize::from(request.is_none());
            before.units_gone += usize::from(unit.is_none());
            if let Some(slot) = request.and_then(|request| before.unit_of.get_mut(request as usize)) {
                *slot = unit;
            }
        }
        let Signed { proofs, units, cells, .. } = &self.certificate;
        // Results did not number units at first.
        if units.is_empty() && cells.len() <= 1 {
            return Ok(before);
        }
        let names: Vec<Option<u32>> = units.iter().map(|id| instance.units.find(dataset, id)).collect();
        if units.iter().collect::<BTreeSet<_>>().len() != units.len() {
            return Err(ReportError::Numbering("units"));
        }
        let duals = Duals::named(proofs, cells, &names, instance.units.len())?;
        // The conditions of a proof are numbered as the quotas are.
        let same = self.quotas.iter().map(|q| &q.name).eq(plan.quotas.iter().map(|q| &q.quota.name));
        before.duals = (same && proofs.quotas.len() == self.quotas.len()).then_some(duals);
        Ok(before)
    }

    /// What the result claims to reach, in points of the problem.
    fn reached(&self, plan: &MatchingPlan, instance: &Instance) -> Result<Reached, ReportError> {
        let levels = levels(plan, is_ahead(plan, &self.certificate.proofs));
        let (found, expected): (Vec<&str>, Vec<String>) = (
            self.levels.iter().map(|l| l.name.as_str()).collect(),
            levels.iter().map(|level| level_name(plan, *level)).collect(),
        );
        if found != expected {
            let (found, expected) = (found.join(", "), expected.join(", "));
            return Err(ReportError::Levels { found, expected });
        }
        let value = |of: Of| {
            let at = levels.iter().position(|level| *level == of);
            at.and_then(|at| self.levels.get(at)).map_or(0, |level| level.value)
        };
        let mut quotas = Vec::new();
        for (at, quota) in plan.quotas.iter().enumerate() {
            let Some(own) = self.quotas.get(at).filter(|own| own.name == quota.quota.name) else {
                return Err(ReportError::QuotaMissing(quota.quota.name.clone()));
            };
            // The share reached and the shortfall stand in two places each: both must say it.
            let agree = |field, found: &str, expected: String| match found == expected {
                true => Ok(()),
                false => Err(own.claims(field, found, expected)),
            };
            agree("la part visée", &own.target, quota.target())?;
            agree("le sens de la part", &own.at_most.to_string(), quota.asks.at_most().to_string())?;
            let already = |of: Option<AlreadyReport>| match of {
                Some(AlreadyReport { members, base }) => fraction(members, base),
                None => "rien".to_string(),
            };
            let before = already(AlreadyReport::of(quota));
            agree("ce qui compte déjà", &already(own.already), before)?;
            agree("la part atteinte", &own.achieved, fraction(own.members, own.base))?;
            let (base, members) = quota.asks.in_problem(own.base, own.members);
            let target = quota.quota.target(base);
            let level = value(Of::Quota(at));
            let shortfall = match quota.asks {
                // The level counts attributions, of which no number lacks.
                Asks::First => {
                    agree("le nombre de membres", &own.members.to_string(), level.to_string())?;
                    agree("le manque", &own.shortfall.to_string(), "0".to_string())?;
                    target.saturating_sub(members)
                }
                _ => {
                    agree("le manque", &own.shortfall.to_string(), level.to_string())?;
                    own.shortfall
                }
            };
            quotas.push(QuotaReached { base, members, target, shortfall });
        }
        if let Some(more) = self.quotas.get(plan.quotas.len()) {
            return Err(ReportError::QuotaTooMany(more.name.clone()));
        }
        let points = value(Of::Priority).saturating_mul(instance.weight_of_point());
        Ok(Reached {
            attributions: value(Of::Attributions),
            quotas,
            priority: points.saturating_add(value(Of::Tie)),
            fit: value(Of::Fit),
        })
    }
}
