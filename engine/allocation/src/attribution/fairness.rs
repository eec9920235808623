//! Who waits, and whom a quota made wait.

use std::collections::BTreeMap;

use serde::Serialize;

use super::by_points::{OrderReached, Shortfall, envied, envying};
use super::instance::Instance;
use super::reserves::{UnderReserve, of_pairs, of_rows};
use super::rules::{Asks, MatchingPlan, QuotaInForce};
use super::why::{Explainer, Reason};
use logis_data::Dataset;
use logis_decide::evaluate::evaluate;
use logis_decide::explain::Shown;
use logis_language::plan::Plan;
use logis_language::value::Value;
use logis_matching::{Duals, Matching, ProblemError, QuotaReached, solve, solve_near};

/// Who is housed and who waits, by what the requests are; and who waits though others with fewer points
/// are housed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fairness {
    /// One for each rule or field that was asked for.
    pub groups: Vec<Groups>,
    /// Those who wait while a unit that suits them is held by a request of fewer points.
    pub envies: Vec<Envy>,
    /// Those who are housed while a unit that fits them better is held by a request of fewer points, and of these units the
    /// one that fits best.
    pub housed_envies: Vec<Envy>,
    /// What this order of the levels reaches, and what the order of points does.
    pub orders: Vec<OrderReached>,
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

/// A request, and a holder of fewer points of a unit that suits it and, if it is housed, fits it better than its own. To whom either would
/// be charged makes no difference: who has more points comes before whoever proposes the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Envy {
    /// Who envies.
    pub request: String,
    /// Its points.
    pub priority: u32,
    /// The unit: of those it envies that whose holder has fewest points; if it is housed, that which fits best.
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
    let suits = |request: u32| instance.suits_any(request);
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
            let points: u64 = waiting.iter().map(|r| u64::from(instance.points(*r))).sum();
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
        let points = instance.points(request);
        let envied: Vec<(u32, u32, u32)> = instance
            .units_of(request)
            .into_iter()
            .filter_map(|unit| {
                let holder = request_of.get(unit as usize).copied().flatten()?;
                Some((instance.points(holder), unit, holder))
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
    let housed_envies =
        envied(instance, &matching.unit_of).into_iter().zip(0_u32..).filter(|(_, r)| housed(*r));
    let mut housed_envies: Vec<Envy> = housed_envies
        .filter_map(|(units, request)| {
            let fit = |unit: u32| instance.pair(request, unit).map_or(0, |(fit, _)| fit);
            let &(unit, holder) =
                units.iter().min_by_key(|(unit, _)| (std::cmp::Reverse(fit(*unit)), *unit))?;
            Some(Envy {
                request: instance.requests.id(dataset, request).to_string(),
                priority: instance.points(request),
                unit: instance.units.id(dataset, unit).to_string(),
                holder: instance.requests.id(dataset, holder).to_string(),
                holder_priority: instance.points(holder),
                units: units.len(),
                reason: explainer.reason(request, unit, Some(holder)),
            })
        })
        .collect();
    housed_envies.sort_by(|a, b| (b.priority, &a.request).cmp(&(a.priority, &b.request)));
    // Beside the answer, that in the other order.
    let other = |by_points: bool| match by_points == instance.by_points {
        true => matching.clone(),
        false if by_points => instance.in_order_of_points(),
        false => solve(&instance.problem),
    };
    let orders = [("points_then_fit", other(false)), ("by_points", other(true))];
    let orders = orders.into_iter().filter_map(|(order, answer)| reached_by(plan, instance, order, &answer));
    let orders = orders.collect();
    envies.sort_by(|a, b| (b.priority, &a.request).cmp(&(a.priority, &b.request)));
    let housed: Vec<(u32, u32)> = (0_u32..)
        .zip(&matching.unit_of)
        .filter_map(|(request, unit)| Some((instance.requests.row(request), instance.units.row((*unit)?))))
        .collect();
    let reserves = of_pairs(plan, dataset, &housed, true);
    Fairness { groups, envies, housed_envies, orders, reserves }
}

/// What a request would gain by telling fewer wishes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Silence {
    /// The request.
    pub request: String,
    /// Its unit.
    pub unit: String,
    /// How well it fits.
    pub fit: u16,
    /// The unit that it would get if only those that fit it better suited it: found by solving again, from this answer.
    pub instead: String,
    /// How well that fits.
    pub instead_fit: u16,
}

/// By request that is housed and of which some unit fits better: what it would get if only such units suited it, where it
/// would be housed. Each is a problem solved again.
///
/// # Errors
/// None that the instance has not had.
pub fn silences(
    dataset: &Dataset,
    instance: &Instance,
    matching: &Matching,
) -> Result<(usize, Vec<Silence>), ProblemError> {
    let fit = |request: u32, unit: u32| instance.pair(request, unit).map_or(0, |(fit, _)| fit);
    let duals = Duals::of(&instance.problem, &matching.certificate);
    let (mut asked, mut all) = (0, Vec::new());
    for (request, own) in (0_u32..).zip(&matching.unit_of) {
        let Some(own) = *own else { continue };
        let wished = |unit: u32| fit(request, unit) > fit(request, own);
        if !instance.units_of(request).into_iter().any(wished) {
            continue;
        }
        asked += 1;
        let told = |other, unit| other != request || wished(unit);
        let answer = match instance.by_points {
            true => instance.best_of(told)?.unit_of,
            false => solve_near(&instance.part(told)?, &matching.unit_of, Some(&duals)).unit_of,
        };
        if let Some(instead) = answer.get(request as usize).copied().flatten() {
            all.push(Silence {
                request: instance.requests.id(dataset, request).to_string(),
                unit: instance.units.id(dataset, own).to_string(),
                fit: fit(request, own),
                instead: instance.units.id(dataset, instead).to_string(),
                instead_fit: fit(request, instead),
            });
        }
    }
    Ok((asked, all))
}

/// What an answer reaches in an order of the levels, and who envies whom in it.
fn reached_by(
    plan: &MatchingPlan,
    instance: &Instance,
    order: &'static str,
    answer: &Matching,
) -> Option<OrderReached> {
    let reached = logis_matching::reached_by(&instance.problem, &answer.unit_of, &answer.marks_of).ok()?;
    let (housed_envying, waiting_envying) = envying(instance, &answer.unit_of);
    let (reached, _) = instance.in_points(&Matching { reached, ..answer.clone() });
    let shortfall = |(quota, reached): (&QuotaInForce, &QuotaReached)| Shortfall {
        quota: quota.quota.name.clone(),
        shortfall: reached.shortfall,
    };
    // Of who comes first no number lacks.
    let asked = plan.quotas.iter().zip(&reached.quotas).filter(|(quota, _)| quota.asks != Asks::First);
    Some(OrderReached {
        order,
        attributions: reached.attributions,
        priority: reached.priority,
        fit: reached.fit,
        shortfalls: asked.map(shortfall).collect(),
        housed_envying,
        waiting_envying,
    })
}
