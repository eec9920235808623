//! Who waits, and whom a quota made wait.

use std::collections::BTreeMap;

use serde::Serialize;

use super::instance::Instance;
use super::rules::MatchingPlan;
use super::why::{Explainer, Reason};
use logis_data::Dataset;
use logis_decide::evaluate::evaluate;
use logis_language::plan::Plan;
use logis_language::value::Value;
use logis_matching::Matching;

/// Who is housed and who waits, by what the requests are; and who waits though others with fewer points
/// are housed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fairness {
    /// One for each rule or field that was asked for.
    pub groupes: Vec<Groups>,
    /// Those who wait while a unit that suits them is held by a request of fewer points.
    pub envies: Vec<Envy>,
}

/// Requests by the outcome of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Groups {
    /// The rule or field.
    pub nom: String,
    /// By outcome, in order; what is open comes last, as `inconnu`.
    pub lignes: Vec<Line>,
}

/// Requests of one outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The outcome.
    pub valeur: String,
    /// How many requests.
    pub demandes: usize,
    /// Of those: how many some unit suits.
    pub avec_recevable: usize,
    /// Of those: how many are housed.
    pub logees: usize,
    /// Of those that are not: the mean of their points, rounded down.
    pub priorite_moyenne_en_attente: u32,
}

/// A request that waits, and a holder of a unit that suits it who has fewer points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Envy {
    /// Who waits.
    pub demande: String,
    /// Its points.
    pub priorite: u32,
    /// The unit, of those it envies that whose holder has fewest points.
    pub logement: String,
    /// Who holds it.
    pub detentrice: String,
    /// The holder's points.
    pub priorite_detentrice: u32,
    /// How many units it envies.
    pub logements: usize,
    /// Why the holder keeps it.
    pub raison: Reason,
}

/// Reports who waits in an answer, by the rules or fields of a plan on requests.
pub fn fairness(
    plan: &MatchingPlan,
    groups: &Plan,
    dataset: &Dataset,
    instance: &Instance,
    matching: &Matching,
) -> Fairness {
    let decided = evaluate(groups, dataset);
    let suits = |request: u32| !instance.candidates.of(instance.requests.row(request) as usize).is_empty();
    let housed = |request: u32| matching.unit_of.get(request as usize).is_some_and(Option::is_some);
    let requests = || (0_u32..).take(instance.requests.len());
    let mut groupes = Vec::new();
    for (name, column) in decided.names.iter().zip(&decided.columns) {
        // What is not known comes last.
        let mut by_value: BTreeMap<(bool, Option<Value>), Vec<u32>> = BTreeMap::new();
        for request in requests() {
            let value = column.value(instance.requests.row(request) as usize);
            by_value.entry((value.is_none(), value)).or_default().push(request);
        }
        let lignes = by_value.into_iter().map(|((_, value), own)| {
            let waiting: Vec<u32> = own.iter().copied().filter(|r| !housed(*r)).collect();
            let points: u64 = waiting.iter().map(|r| u64::from(instance.problem.points(*r))).sum();
            Line {
                valeur: match value {
                    Some(Value::Bool(true)) => "oui".to_string(),
                    Some(Value::Bool(false)) => "non".to_string(),
                    Some(value) => value.to_string(),
                    None => "inconnu".to_string(),
                },
                demandes: own.len(),
                avec_recevable: own.iter().filter(|r| suits(**r)).count(),
                logees: own.len() - waiting.len(),
                priorite_moyenne_en_attente: u32::try_from(points / (waiting.len() as u64).max(1))
                    .unwrap_or(0),
            }
        });
        groupes.push(Groups { nom: name.clone(), lignes: lignes.collect() });
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
        if let Some(&(own, unit, holder)) = envied.iter().min() {
            envies.push(Envy {
                demande: instance.requests.id(dataset, request).to_string(),
                priorite: points,
                logement: instance.units.id(dataset, unit).to_string(),
                detentrice: instance.requests.id(dataset, holder).to_string(),
                priorite_detentrice: own,
                logements: envied.len(),
                raison: explainer.reason(request, unit, Some(holder)),
            });
        }
    }
    envies.sort_by(|a, b| (b.priorite, &a.demande).cmp(&(a.priorite, &b.demande)));
    Fairness { groupes, envies }
}
