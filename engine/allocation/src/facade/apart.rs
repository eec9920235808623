//! An allocation by parts that are solved apart, on one machine or on many: which requests and units belong together,
//! the answer of each part, and what the parts are together.
//!
//! A machine that sees everything divides ([`Posing::groups`]); each part is posed on its own rows alone and solved
//! ([`Posing::apart`]); whoever has all answers joins them ([`join`]). [`logis_matching::together`] says what is proved.

use std::collections::{BTreeMap, BTreeSet};

use logis_language::diagnostic::{Issue, Issues};
use logis_matching::{Apart, Quota, Together, solve_apart, together};
use serde::{Deserialize, Serialize};

use super::error::AllocationError;
use super::posing::Posing;
use crate::attribution::{Numbers, QuotaInForce};

/// Requests and units that no candidate joins to those of another group.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Group {
    /// Identifiers of the requests.
    pub requests: Vec<String>,
    /// Identifiers of the units.
    pub units: Vec<String>,
    /// How many candidates there are: about what the group costs to solve.
    pub candidates: u64,
}

/// The answer of one part, for [`join`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApartAnswer {
    /// The date of the rules.
    pub date: String,
    /// Hashes of the rules and of the parameters that decided.
    pub rules: (String, String),
    /// The quotas in force, and who comes first: name, numerator and denominator of the share, and the number besides, as
    /// [`Quota`] has them.
    pub quotas: Vec<(String, u32, u32, i64)>,
    /// Identifiers of request and unit: the answer that holds the quotas within the part.
    pub held: Vec<(String, String)>,
    /// The answer whatever the quotas.
    pub free: Vec<(String, String)>,
    /// What both reach.
    pub apart: Apart,
}

/// What parts are together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// Identifiers of request and unit, in the order of the requests'.
    pub attributions: Vec<(String, String)>,
    /// What they reach, and how much better an answer of the whole might be.
    pub together: Together,
}

/// Why parts are none of one whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoinError {
    /// There is no part.
    #[error("aucune partie à réunir")]
    Nothing,
    /// Two parts were decided by other rules, parameters or quotas, or as of other dates.
    #[error("la partie {0} n'est pas décidée par les règles, à la date et avec les quotas de la première")]
    Other(usize),
    /// A request or unit stands in two parts, or twice in one.
    #[error("`{0}` figure deux fois")]
    Twice(String),
}

impl Issues for JoinError {
    fn issues(&self) -> Vec<Issue> {
        vec![Issue::of(self)]
    }
}

impl Posing {
    /// Divides the problem into `most` groups at most, of about equal cost: each is whole connected components of its
    /// candidates. Requests and units without a candidate are in none. Rows of a group, with what belongs to them and what
    /// they belong to, pose the same problem as among all others, if [`Posing::by_parts`].
    pub fn groups(&self, most: usize) -> Vec<Group> {
        let components = self.instance.problem.components();
        // The largest first, each to the group that has least so far.
        let mut order: Vec<(usize, u64)> = components.pairs.iter().copied().enumerate().collect();
        order.sort_by_key(|&(component, pairs)| (std::cmp::Reverse(pairs), component));
        let mut groups = vec![Group::default(); most.clamp(1, order.len().max(1))];
        let mut group_of = vec![0; order.len()];
        for (component, pairs) in order {
            let least = (0..).zip(&groups).min_by_key(|(at, group)| (group.candidates, *at));
            let Some(at) = least.map(|(at, _)| at) else { continue };
            if let (Some(group), Some(of)) = (groups.get_mut(at), group_of.get_mut(component)) {
                group.candidates += pairs;
                *of = at;
            }
        }
        let ids = |numbers: &Numbers, number: u32| numbers.id(&self.dataset, number).to_string();
        for (number, component) in (0_u32..).zip(&components.of_request) {
            let group = component.and_then(|component| groups.get_mut(*group_of.get(component as usize)?));
            group.into_iter().for_each(|group| group.requests.push(ids(&self.instance.requests, number)));
        }
        for (number, component) in (0_u32..).zip(&components.of_unit) {
            let group = component.and_then(|component| groups.get_mut(*group_of.get(component as usize)?));
            group.into_iter().for_each(|group| group.units.push(ids(&self.instance.units, number)));
        }
        groups.retain(|group| group.candidates > 0);
        groups
    }

    /// Do the rules decide each request and each unit by itself, with what belongs to it? Then a part of them, with that, is
    /// decided as among all others. Who holds a unit links it to others that no candidate does.
    pub fn by_parts(&self) -> bool {
        if self.instance.has_tenants() {
            return false;
        }
        let schema = &self.plan.pairs.parsed.schema;
        let sides = [self.instance.requests.entity, self.instance.units.entity];
        self.plan.plans().all(|plan| sides.iter().all(|side| plan.needs().by_parts(schema, *side)))
    }

    /// Solves this problem as one part of several: with its quotas held among its own attributions, and whatever they are.
    /// Both proofs are checked.
    ///
    /// # Errors
    /// A proof does not hold: a fault of the engine.
    pub fn apart(&self) -> Result<ApartAnswer, AllocationError> {
        if let Some(hard) = self.plan.quotas.iter().find(|quota| quota.hard) {
            return Err(AllocationError::HardApart(hard.quota.name.clone()));
        }
        if let Some(scoped) = self.plan.quotas.iter().find(|quota| quota.scope.is_some()) {
            return Err(AllocationError::ScopeApart(scoped.family.clone()));
        }
        if self.plan.flow.is_some() {
            return Err(AllocationError::FlowApart);
        }
        if self.instance.by_points {
            return Err(AllocationError::ByPointsApart);
        }
        if self.instance.has_tenants() {
            return Err(AllocationError::HeldApart);
        }
        if self.flags.recorded.is_some() {
            return Err(AllocationError::LedgerApart);
        }
        // Ranks among requests of as many points are those of one part: points of several parts add up, they do not.
        let points = (0_u32..).take(self.instance.requests.len()).map(|r| self.instance.points(r)).collect();
        let solved = solve_apart(&self.instance.problem.with_points(points)?)?;
        let named = |unit_of: &[Option<u32>]| {
            let (requests, units) = (&self.instance.requests, &self.instance.units);
            let pair = |(request, unit): (u32, &Option<u32>)| {
                let id = |numbers: &Numbers, number| numbers.id(&self.dataset, number).to_string();
                unit.map(|unit| (id(requests, request), id(units, unit)))
            };
            (0_u32..).zip(unit_of).filter_map(pair).collect()
        };
        let posed = self.posed()?;
        let quota = |QuotaInForce { quota, .. }: &QuotaInForce| {
            (quota.name.clone(), quota.numerator, quota.denominator, quota.number)
        };
        Ok(ApartAnswer {
            date: self.plan.pairs.date.to_string(),
            rules: (posed.rules, posed.parameters),
            quotas: self.plan.quotas.iter().map(quota).collect(),
            held: named(&solved.held.unit_of),
            free: named(&solved.free),
            apart: solved.apart,
        })
    }
}

/// Joins the answers of all parts: groups of one division, each solved once, in any order.
///
/// # Errors
/// Parts of other rules, dates or quotas; a request or a unit that stands twice.
pub fn join(parts: &[ApartAnswer]) -> Result<Joined, JoinError> {
    let first = parts.first().ok_or(JoinError::Nothing)?;
    let alike = |part: &ApartAnswer| {
        (&part.date, &part.rules, &part.quotas) == (&first.date, &first.rules, &first.quotas)
    };
    if let Some(other) = parts.iter().position(|part| !alike(part)) {
        return Err(JoinError::Other(other + 1));
    }
    let quota = |(name, numerator, denominator, number): &(String, u32, u32, i64)| Quota {
        number: *number,
        ..Quota::new(name.clone(), *numerator, *denominator)
    };
    let quotas: Vec<Quota> = first.quotas.iter().map(quota).collect();
    let apart: Vec<Apart> = parts.iter().map(|part| part.apart.clone()).collect();
    let together = together(&quotas, &apart);
    let (mut attributions, mut units) = (BTreeMap::new(), BTreeSet::new());
    for (request, unit) in parts.iter().flat_map(|part| if together.free { &part.free } else { &part.held }) {
        if attributions.insert(request.clone(), unit.clone()).is_some() {
            return Err(JoinError::Twice(request.clone()));
        }
        if !units.insert(unit) {
            return Err(JoinError::Twice(unit.clone()));
        }
    }
    Ok(Joined { attributions: attributions.into_iter().collect(), together })
}
