//! Who waits, and whom a quota made wait.

use std::collections::BTreeMap;

use serde::Serialize;

use super::instance::Instance;
use super::reserves::{UnderReserve, of_pairs, of_rows};
use super::rules::MatchingPlan;
use super::why::{Explainer, Reason};
use logis_data::Dataset;
use logis_decide::evaluate::evaluate;
use logis_decide::explain::Shown;
use logis_language::plan::Plan;
use logis_language::value::Value;
use logis_matching::Matching;

/// Who is housed and who waits, by what the requests are; and who waits though others with fewer points
/// are housed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fairness {
    /// One for each rule or field that was asked for.
    pub groups: Vec<Groups>,
    /// Those who wait while a unit that suits them is held by a request of fewer points.
    pub envies: Vec<Envy>,
    /// Under which reserves the attributions stand.
    pub reserves: Vec<UnderReserve>,
}

/// Requests by the outcome of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Groups {
    /// The rule or field.
    pub name: String,
    /// By outcome, in order; what is open comes last, as `inconnu`.
    pub lines: Vec<Line>,
    /// Under which reserves the rule grants what it does, by requests.
    pub reserves: Vec<UnderReserve>,
}

/// Requests of one outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The outcome.
    pub outcome: Shown,
    /// How many requests.
    pub requests: usize,
    /// Of those: how many some unit suits.
    pub with_suitable: usize,
    /// Of those: how many are housed.
    pub housed: usize,
    /// Of those that are not: the mean of their points, rounded down.
    pub mean_waiting_priority: u32,
}

/// A request that waits, and a holder of a unit that suits it who has fewer points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Envy {
    /// Who waits.
    pub request: String,
    /// Its points.
    pub priority: u32,
    /// The unit, of those it envies that whose holder has fewest points.
    pub unit: String,
    /// Who holds it.
    pub holder: String,
    /// The holder's points.
    pub holder_priority: u32,
    /// How many units it envies.
    pub units: usize,
    /// Why the holder keeps it.
    pub reason: Reason,
}

/// Reports who waits in an answer, by the rules or fields of a plan on requests.
pub fn fairness(
    plan: &MatchingPlan,
    groups: &Plan,
    dataset: &Dataset,
    instance: &Instance,
    matching: &Matching,
) -> Fairness {
    let (by, decided) = (groups, evaluate(groups, dataset));
    let suits = |request: u32| !instance.candidates.of(instance.requests.row(request) as usize).is_empty();
    let housed = |request: u32| matching.unit_of.get(request as usize).is_some_and(Option::is_some);
    let requests = || (0_u32..).take(instance.requests.len());
    let mut groups = Vec::new();
    for (at, (name, column)) in decided.names.iter().zip(&decided.columns).enumerate() {
        // What is not known comes last.
        let mut by_value: BTreeMap<(bool, Option<Value>), Vec<u32>> = BTreeMap::new();
        for request in requests() {
            let value = column.value(instance.requests.row(request) as usize);
            by_value.entry((value.is_none(), value)).or_default().push(request);
        }
        let lines = by_value.into_iter().map(|((_, value), own)| {
            let waiting: Vec<u32> = own.iter().copied().filter(|r| !housed(*r)).collect();
            let points: u64 = waiting.iter().map(|r| u64::from(instance.problem.points(*r))).sum();
            Line {
                // Of many requests at once, the missing cells are not told.
                outcome: value.map_or(Shown::Unknown(Vec::new()), Shown::Value),
                requests: own.len(),
                with_suitable: own.iter().filter(|r| suits(**r)).count(),
                housed: own.len() - waiting.len(),
                mean_waiting_priority: u32::try_from(points / (waiting.len() as u64).max(1)).unwrap_or(0),
            }
        });
        let reserves = of_rows(by, at, dataset);
        groups.push(Groups { name: name.clone(), lines: lines.collect(), reserves });
    }
    let explainer = Explainer::new(plan, dataset, instance, matching);
    let request_of = matching.request_of(instance.units.len());
    let mut envies = Vec::new();
    for request in requests().filter(|r| !housed(*r)) {
        let points = instance.problem.points(request);
        let envied: Vec<(u32, u32, u32)> = instance
            .units_of(request)
            .into_iter()
            .filter_map(|unit| {
                let holder = request_of.get(unit as usize).copied().flatten()?;
                Some((instance.problem.points(holder), unit, holder))
            })
            .filter(|(own, ..)| *own < points)
            .collect();
        // Of all units envied the one whose holder has fewest points; of equal ones the first number.
        if let Some(&(own, unit, holder)) = envied.iter().min() {
            envies.push(Envy {
                request: instance.requests.id(dataset, request).to_string(),
                priority: points,
                unit: instance.units.id(dataset, unit).to_string(),
                holder: instance.requests.id(dataset, holder).to_string(),
                holder_priority: own,
                units: envied.len(),
                reason: explainer.reason(request, unit, Some(holder)),
            });
        }
    }
    envies.sort_by(|a, b| (b.priority, &a.request).cmp(&(a.priority, &b.request)));
    let housed: Vec<(u32, u32)> = (0_u32..)
        .zip(&matching.unit_of)
        .filter_map(|(request, unit)| Some((instance.requests.row(request), instance.units.row((*unit)?))))
        .collect();
    let reserves = of_pairs(plan, dataset, &housed, true);
    Fairness { groups, envies, reserves }
}
