//! Requests that hold a unit: who they are in the data, and in which order units change hands in an answer.
//!
//! A tenant who is given another unit leaves its own: a *move* (mutation). A chain begins at a unit that nobody held:
//! whoever moves there leaves another, and so on to a request that held none, or to a unit that nobody takes. Where the
//! unit left last is the one that was taken first, tenants have exchanged theirs, and no unit was vacant.

use serde::{Deserialize, Serialize};

use super::instance::{Instance, InstanceError, Numbers};
use super::recorded::Left;
use super::rules::MatchingPlan;
use logis_data::Dataset;
use logis_decide::evaluate::evaluate_settled;
use logis_language::diagnostic::nearest;
use logis_language::value::Value;

/// Units that change hands one after the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Moves {
    /// What they are.
    pub kind: MovesKind,
    /// Who gets which unit, and which one each leaves, in order: the unit of a step is the one that the step before left.
    pub steps: Vec<Step>,
    /// The unit that was left last and that nobody takes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_empty: Option<String>,
}

/// How units change hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MovesKind {
    /// From a unit that was vacant.
    Chain,
    /// Among tenants only, each to the unit of the next, and no unit was vacant.
    Exchange,
}

/// One attribution of a chain or an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The request.
    pub request: String,
    /// The unit that it gets.
    pub unit: String,
    /// The unit that it leaves, if it held one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaves: Option<String>,
}

/// By number of the request: the unit that it holds, as the plan's field says and the ledger does not say otherwise; empty where
/// nobody holds any. And of how many requests the ledger says otherwise.
///
/// # Errors
/// A unit that is none of the data, or that two requests hold: all of them.
pub(super) fn held(
    plan: &MatchingPlan,
    dataset: &Dataset,
    (requests, units): (&Numbers, &Numbers),
    left: Option<&Left>,
    wrong: &mut Vec<InstanceError>,
) -> (Vec<Option<u32>>, usize) {
    let Some(own) = &plan.held else { return (Vec::new(), 0) };
    let decided = evaluate_settled(own, dataset);
    let Some(column) = decided.columns.first() else { return (Vec::new(), 0) };
    let mut otherwise = 0;
    let field = || decided.names.first().cloned().unwrap_or_default();
    let mut held = vec![None; requests.len()];
    let mut holder: Vec<Option<u32>> = vec![None; units.len()];
    for (request, slot) in (0_u32..).zip(&mut held) {
        let Some(Value::Text(unit)) = column.value(requests.row(request) as usize) else { continue };
        let unit = unit.trim();
        if unit.is_empty() {
            continue;
        }
        let id = || requests.id(dataset, request).to_string();
        if left.is_some_and(|left| left.has(requests.id(dataset, request), unit)) {
            otherwise += 1;
            continue;
        }
        let Some(number) = units.find(dataset, unit) else {
            let all = (0_u32..).take(units.len()).map(|number| units.id(dataset, number));
            let nearest = nearest(unit, all).map(Into::into);
            let (request, unit) = (id(), unit.to_string());
            wrong.push(InstanceError::HeldUnknown { request, field: field().into(), unit, nearest });
            continue;
        };
        match holder.get_mut(number as usize) {
            Some(Some(other)) => wrong.push(InstanceError::HeldTwice {
                unit: unit.to_string(),
                requests: Box::new([requests.id(dataset, *other).to_string(), id()]),
                field: field(),
            }),
            Some(free) => {
                *free = Some(request);
                *slot = Some(number);
            }
            None => {}
        }
    }
    (if held.iter().all(Option::is_none) { Vec::new() } else { held }, otherwise)
}

impl Instance {
    /// Does any request hold a unit?
    pub fn has_tenants(&self) -> bool {
        !self.held.is_empty()
    }

    /// The unit that a request holds.
    pub fn held(&self, request: u32) -> Option<u32> {
        self.held.get(request as usize).copied().flatten()
    }

    /// Who holds which unit, by identifiers, in the order of the requests'.
    pub(super) fn held_by_id(&self, dataset: &Dataset) -> Vec<(String, String)> {
        let pair = |(request, unit): (u32, &Option<u32>)| {
            let unit = self.units.id(dataset, (*unit)?).to_string();
            Some((self.requests.id(dataset, request).to_string(), unit))
        };
        (0_u32..).zip(&self.held).filter_map(pair).collect()
    }

    /// By number of the unit: the request that holds it.
    pub fn holders(&self) -> Vec<Option<u32>> {
        let mut holders = vec![None; self.units.len()];
        for (request, unit) in (0_u32..).zip(&self.held) {
            if let Some(slot) = unit.and_then(|unit| holders.get_mut(unit as usize)) {
                *slot = Some(request);
            }
        }
        holders
    }

    /// By number of the unit: does its tenant stay, in an answer?
    pub fn occupied(&self, unit_of: &[Option<u32>]) -> Vec<bool> {
        let stays = |holder: &u32| unit_of.get(*holder as usize) == Some(&None);
        self.holders().iter().map(|holder| holder.as_ref().is_some_and(stays)).collect()
    }

    /// The chains and exchanges of an answer that move at least one tenant: chains first, each kind in the order of the
    /// identifiers of who begins.
    pub fn moves(&self, dataset: &Dataset, unit_of: &[Option<u32>]) -> Vec<Moves> {
        let given = |request: u32| unit_of.get(request as usize).copied().flatten();
        let mut request_of = vec![None; self.units.len()];
        for (request, unit) in (0_u32..).zip(unit_of) {
            if let Some(slot) = unit.and_then(|unit| request_of.get_mut(unit as usize)) {
                *slot = Some(request);
            }
        }
        let holders = self.holders();
        let taken_by = |unit: u32| request_of.get(unit as usize).copied().flatten();
        // Tenants who move, each once: those of chains are found from their beginning, the others are on cycles.
        let mut seen = vec![false; self.requests.len()];
        let movers = || (0_u32..).take(self.held.len()).filter(|r| self.held(*r).is_some());
        let vacant = |unit: u32| holders.get(unit as usize) == Some(&None);
        let begins = |request: &u32| given(*request).is_some_and(vacant);
        let moving = |request: &u32| given(*request).is_some();
        let mut all = Vec::new();
        let first = movers().filter(begins).chain(movers().filter(moving));
        for first in first.collect::<Vec<_>>() {
            let (mut steps, mut left_empty) = (Vec::new(), None);
            let kind = if begins(&first) { MovesKind::Chain } else { MovesKind::Exchange };
            let mut next = Some(first);
            while let Some(request) = next.take() {
                let (Some(unit), Some(seen)) = (given(request), seen.get_mut(request as usize)) else {
                    break;
                };
                if std::mem::replace(seen, true) {
                    break;
                }
                let leaves = self.held(request);
                next = leaves.and_then(taken_by);
                let id = |unit: u32| self.units.id(dataset, unit).to_string();
                left_empty = leaves.filter(|_| next.is_none()).map(id);
                let request = self.requests.id(dataset, request).to_string();
                steps.push(Step { request, unit: id(unit), leaves: leaves.map(id) });
            }
            if !steps.is_empty() {
                all.push(Moves { kind, steps, left_empty });
            }
        }
        all
    }
}
