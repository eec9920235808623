//! A result as it is written.

use logis_data::Dataset;
use logis_language::exchange::FORMAT;
use logis_matching::Matching;
use serde_json::{Map, Value as Json};

use super::{
    AlreadyReport, CHARGED, LevelReport, Of, QuotaReport, Report, Signed, fraction, is_ahead, level_name,
    levels,
};
use crate::attribution::instance::Instance;
use crate::attribution::posed::Posed;
use crate::attribution::read::KIND;
use crate::attribution::rules::{Asks, MatchingPlan};

impl Report {
    /// The result of a matching, which reaches what it does in points of the problem; `prices` are those of the quotas, if
    /// they were asked for; the problem was posed with `max_candidates` a request
    /// at most, and by what `posed` tells; `more` adds to an attribution what was asked
    /// for, by the place of its candidate in the outcomes.
    pub fn new(
        plan: &MatchingPlan,
        dataset: &Dataset,
        instance: &Instance,
        (matching, prices): (&Matching, &[u64]),
        (max_candidates, posed): (Option<usize>, Option<Posed>),
        more: impl Fn(usize, &mut Map<String, Json>),
    ) -> Report {
        let keys = keys(plan, instance);
        let mut attributions = Vec::new();
        for (request, unit) in (0_u32..).zip(&matching.unit_of) {
            let Some(unit) = *unit else { continue };
            let mut own = row(&keys, dataset, instance, (request, unit), &more);
            if let Some(flow) = &plan.flow {
                let holder = flow.name(instance.marks(matching, request, unit));
                own.insert(CHARGED.to_string(), holder.into());
            }
            attributions.push(own);
        }
        // Levels in strict order: how many are housed, what each quota lacks, points, fit.
        let (reached, ranks) = instance.in_points(matching);
        let level = |level: Of| LevelReport {
            name: level_name(plan, level),
            value: match level {
                Of::Attributions => reached.attributions,
                Of::Quota(at) => {
                    match (plan.quotas.get(at).map(|quota| quota.asks), reached.quotas.get(at)) {
                        (Some(Asks::First), Some(quota)) => quota.members,
                        (_, quota) => quota.map_or(0, |quota| quota.shortfall),
                    }
                }
                Of::Priority => reached.priority,
                Of::Tie => ranks,
                Of::Fit => reached.fit,
            },
        };
        let levels = levels(plan, is_ahead(plan, &matching.certificate)).into_iter().map(level).collect();
        let quotas = plan.quotas.iter().zip(&reached.quotas).enumerate().map(|(at, (quota, reached))| {
            let (base, members) = quota.asks.counted(reached);
            QuotaReport {
                name: quota.quota.name.clone(),
                members,
                base,
                target: quota.target(),
                achieved: fraction(members, base),
                shortfall: if quota.asks == Asks::First { 0 } else { reached.shortfall },
                at_most: quota.asks.at_most(),
                already: AlreadyReport::of(quota),
                price: prices.get(at).copied(),
            }
        });
        let quotas = quotas.collect();
        let (units, cells) = numbering(dataset, instance);
        let certificate = Signed {
            date: plan.pairs.date.to_string(),
            max_candidates,
            problem: posed,
            units,
            cells,
            proofs: matching.certificate.clone(),
        };
        let (format, kind) = (Some(FORMAT.to_string()), Some(KIND.to_string()));
        let moves = instance.has_tenants().then(|| instance.moves(dataset, &matching.unit_of));
        let flow = plan.flow.as_ref().map(|_| plan.balances(&matching.reached));
        Report { format, kind, attributions, moves, levels, quotas, flow, reserves: None, certificate }
    }
}

/// An attribution as it is written: the identifiers of both sides, then what `more` adds.
pub(super) fn row(
    keys: &(String, String),
    dataset: &Dataset,
    instance: &Instance,
    (request, unit): (u32, u32),
    more: impl Fn(usize, &mut Map<String, Json>),
) -> Map<String, Json> {
    let mut own = Map::new();
    own.insert(keys.0.clone(), instance.requests.id(dataset, request).into());
    own.insert(keys.1.clone(), instance.units.id(dataset, unit).into());
    if let Some(place) = instance.place_of(request, unit) {
        more(place, &mut own);
    }
    own
}

/// The units as the problem numbers them, by identifier; and the first of each cell.
pub(super) fn numbering(dataset: &Dataset, instance: &Instance) -> (Vec<String>, Vec<u32>) {
    let problem = &instance.problem;
    let id = |&unit: &u32| instance.units.id(dataset, unit).to_string();
    (problem.names().iter().map(id).collect(), problem.firsts().to_vec())
}

/// The columns of the identifiers of both sides.
pub(super) fn keys(plan: &MatchingPlan, instance: &Instance) -> (String, String) {
    let schema = &plan.pairs.parsed.schema;
    let key = |entity: usize| schema.entities.get(entity).map_or_else(String::new, |e| e.key.clone());
    (key(instance.requests.entity), key(instance.units.entity))
}
