//! Is what a result claims, besides its answer and its proof, what is computed here?

use std::collections::BTreeSet;

use logis_data::Dataset;
use logis_matching::Matching;
use serde_json::{Map, Value as Json};

use super::made::{keys, row};
use super::{CHARGED, Report, ReportError};
use crate::attribution::instance::Instance;
use crate::attribution::posed::Posed;
use crate::attribution::reserves::UnderReserve;
use crate::attribution::rules::MatchingPlan;

impl Report {
    /// Are the prices of the quotas, where the result tells them, those that were computed? If none were, as that
    /// takes the solver: are they no more than the multipliers of the certificate allow? A point weighs `factor` in the problem.
    ///
    /// # Errors
    /// The first that is not.
    pub fn check_prices(
        &self,
        plan: &MatchingPlan,
        (matching, factor): (&Matching, u64),
        computed: Option<&[u64]>,
    ) -> Result<(), ReportError> {
        // Prices stand in the order of the quotas, which `differences` has compared.
        for (at, (own, quota)) in self.quotas.iter().zip(&plan.quotas).enumerate() {
            let Some(price) = own.price else { continue };
            let expected = match computed {
                Some(prices) => prices.get(at).filter(|expected| **expected != price).map(u64::to_string),
                None => {
                    let most = matching.certificate.quota_price(at, &quota.quota);
                    let most = most.and_then(|(most, scale)| u64::try_from(most.checked_div(scale)?).ok());
                    // Ranks weigh less than a point, which they may round up.
                    let most = most.map(|most| most / factor + u64::from(factor > 1));
                    most.filter(|most| price > *most).map(|most| format!("{most} au plus"))
                }
            };
            if let Some(expected) = expected {
                let (name, found) = (own.name.clone(), price.to_string());
                return Err(ReportError::QuotaClaim { name, field: "le prix", found, expected });
            }
        }
        Ok(())
    }

    /// Does the result tell prices of quotas?
    pub fn tells_prices(&self) -> bool {
        self.quotas.iter().any(|quota| quota.price.is_some())
    }

    /// Are the chains and exchanges those of the answer?
    ///
    /// # Errors
    /// They are not, or are told of data in which nobody holds a unit, or not told.
    pub fn check_moves(
        &self,
        dataset: &Dataset,
        instance: &Instance,
        matching: &Matching,
    ) -> Result<(), ReportError> {
        let expected = instance.has_tenants().then(|| instance.moves(dataset, &matching.unit_of));
        if self.moves == expected { Ok(()) } else { Err(ReportError::Moves) }
    }

    /// Are the balances of the holders those of the answer?
    ///
    /// # Errors
    /// They are not, or are told where nobody is charged, or not told.
    pub fn check_balances(&self, plan: &MatchingPlan, matching: &Matching) -> Result<(), ReportError> {
        let expected = plan.flow.as_ref().map(|_| plan.balances(&matching.reached));
        if self.flow == expected { Ok(()) } else { Err(ReportError::Balances) }
    }

    /// Are the reserves of the attributions those that the result tells, if it tells any?
    ///
    /// # Errors
    /// The first that is not.
    pub fn check_reserves(&self, reserves: &[UnderReserve]) -> Result<(), ReportError> {
        let Some(own) = &self.reserves else { return Ok(()) };
        let other = |own: &[UnderReserve], others: &[UnderReserve]| {
            own.iter().find(|reserve| !others.contains(reserve)).cloned()
        };
        match other(reserves, own) {
            Some(missing) => Err(ReportError::ReserveMissing(missing)),
            None => other(own, reserves).map_or(Ok(()), |more| Err(ReportError::ReserveTooMany(more))),
        }
    }

    /// What the problem of the result has that the problem as posed has not, and the other way round. A result
    /// that does not tell by what its problem was posed has no difference there: see
    /// [`Signed::problem`](super::Signed::problem).
    pub fn differences(&self, plan: &MatchingPlan, most: Option<usize>, posed: &Posed) -> Vec<ReportError> {
        let mut all = Vec::new();
        let (found, expected) = (self.certificate.date.clone(), plan.pairs.date.to_string());
        if found != expected {
            all.push(ReportError::Date { found, expected });
        }
        let found = self.certificate.max_candidates;
        if found != most {
            all.push(ReportError::MostCandidates { found, expected: most });
        }
        let quotas = self.other_quotas(plan);
        if let Some(own) = &self.certificate.problem {
            all.extend(own.differences(posed, quotas.is_empty()));
        }
        all.splice(0..0, quotas);
        all
    }

    /// Quotas that only the result has, or only the plan; that stand in another order, or ask for another share.
    fn other_quotas(&self, plan: &MatchingPlan) -> Vec<ReportError> {
        let found: Vec<&str> = self.quotas.iter().map(|q| q.name.as_str()).collect();
        let expected: Vec<&str> = plan.quotas.iter().map(|q| q.quota.name.as_str()).collect();
        let missing = expected.iter().filter(|name| !found.contains(name));
        let too_many = found.iter().filter(|name| !expected.contains(name));
        let mut all: Vec<ReportError> =
            missing.map(|name| ReportError::QuotaMissing((*name).to_string())).collect();
        all.extend(too_many.map(|name| ReportError::QuotaTooMany((*name).to_string())));
        // An order is told only where both have the same names: otherwise it follows from what is missing.
        if all.is_empty() && found != expected {
            let other = found.iter().enumerate().find(|(at, name)| expected.get(*at) != Some(name));
            all.extend(other.map(|(_, name)| ReportError::QuotaOrder((*name).to_string())));
        }
        let words =
            |target: &str, at_most: bool| format!("{}{target}", if at_most { "au plus " } else { "" });
        for quota in &plan.quotas {
            let expected = words(&quota.target(), quota.asks.at_most());
            if let Some(own) = self.quotas.iter().find(|own| own.name == quota.quota.name) {
                let found = words(&own.target, own.at_most);
                if found != expected {
                    all.push(own.claims("la part visée", &found, expected));
                }
            }
        }
        all
    }

    /// Are the columns of the attributions what `more` computes, and no others? Their identifiers are those of
    /// the data: see [`Report::matching`].
    ///
    /// # Errors
    /// Columns that nothing computes, all of them; or the first cell that is another.
    pub fn check_columns(
        &self,
        plan: &MatchingPlan,
        dataset: &Dataset,
        instance: &Instance,
        more: impl Fn(usize, &mut Map<String, Json>),
    ) -> Result<(), ReportError> {
        let keys = keys(plan, instance);
        let mut unchecked = BTreeSet::new();
        let mut wrong = None;
        for (at, own) in self.attributions.iter().enumerate() {
            let of = |key: &str| own.get(key).and_then(Json::as_str);
            let request = of(&keys.0).and_then(|id| instance.requests.find(dataset, id));
            let unit = of(&keys.1).and_then(|id| instance.units.find(dataset, id));
            let Some((request, unit)) = request.zip(unit) else { continue };
            let expected = row(&keys, dataset, instance, (request, unit), &more);
            // A column that nothing computes here is a claim that nothing checks: told with its name, as is
            // the first cell that is another.
            unchecked.extend(
                own.keys()
                    .filter(|key| !(expected.contains_key(*key) || plan.flow.is_some() && *key == CHARGED))
                    .cloned(),
            );
            let other = expected.iter().find(|(column, value)| own.get(*column) != Some(value));
            if let Some((column, value)) = other.filter(|_| wrong.is_none()) {
                wrong = Some(ReportError::Cell {
                    at: at + 1,
                    id: of(&keys.0).unwrap_or_default().to_string(),
                    column: column.clone(),
                    found: own.get(column).map_or_else(|| "absent".to_string(), Json::to_string),
                    expected: value.to_string(),
                });
            }
        }
        if !unchecked.is_empty() {
            return Err(ReportError::Unchecked(unchecked.into_iter().collect()));
        }
        wrong.map_or(Ok(()), Err)
    }
}
