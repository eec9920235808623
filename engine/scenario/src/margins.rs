//! The margins of a run on paper: those that its variant says, or the least with which leases meet its shares.

use super::allocation::AllocationError;
use super::decided::Decide;
use super::file::{Leases, Margin};
use super::measure::Planned;
use super::run::Run;
use super::simulation::Simulation;
use logis_allocation::attribution::{Asks, Likely, MatchingPlan, QuotaInForce};
use logis_allocation::{Draws, Posing};

impl Simulation {
    /// By quota: the members asked for on paper besides, none where nothing asks for any; and what is to be known of them.
    pub(super) fn margins(
        &self,
        run: &Run,
        planned: &Planned,
        matching: &MatchingPlan,
        decide: &Decide<'_>,
    ) -> Result<(Vec<u64>, Vec<String>), AllocationError> {
        let variant = run.variant.and_then(|variant| self.scenario().variants.get(variant));
        let margin = variant.and_then(|variant| variant.matching.as_ref()?.margin.as_ref());
        let leases = self.scenario().leases.as_ref();
        match (margin, leases) {
            (Some(Margin::Members(all)), _) => {
                let named = |quota: &QuotaInForce| {
                    let is = |name: &String| *name == quota.family || *name == quota.quota.name;
                    all.iter().find(|((name, _), _)| is(name)).map_or(0, |(_, n)| *n)
                };
                let known = |name: &str| {
                    matching.quotas.iter().any(|quota| quota.family == name || quota.quota.name == name)
                };
                let idle = all.iter().filter(|((name, _), _)| !known(name));
                let idle = idle.map(|((name, _), _)| format!("marge de {name} : ce quota n'est pas demandé"));
                Ok((matching.quotas.iter().map(named).collect(), idle.collect()))
            }
            (Some(Margin::Least), Some(leases)) => least((planned, matching), decide, leases, run.seed),
            _ => Ok((Vec::new(), Vec::new())),
        }
    }
}

/// The least margins, by quota.
fn least(
    (planned, matching): (&Planned, &MatchingPlan),
    decide: &Decide<'_>,
    leases: &Leases,
    seed: u64,
) -> Result<(Vec<u64>, Vec<String>), AllocationError> {
    let instance = decide.posed(matching, true)?;
    let posing = Posing::of_instance(matching.clone(), decide.dataset.clone(), (*instance).clone());
    let likely = Likely { rule: planned.acceptance.as_deref(), assumed: leases.acceptance };
    let places = vec![leases.places(); instance.units.len()];
    let draws = Draws { draws: leases.draws(), allowed: leases.allowed(), seed };
    let found = posing.margins(likely, &places, draws);
    let found = found.map_err(|error| AllocationError::Solved(Box::new(error)))?;
    let (mut margins, mut told) = (vec![0; matching.quotas.len()], Vec::new());
    for own in &found.quotas {
        let label = matching.quotas.get(own.quota).map_or("", |quota| quota.label.as_str());
        match (own.margin, margins.get_mut(own.quota)) {
            (Some(margin), Some(slot)) => *slot = margin,
            _ => told.push(format!("« {label} » : aucune marge ne tient la part sur les baux")),
        }
    }
    if !found.settled {
        told.push("les moindres marges se déplacent l'une l'autre : la recherche a été arrêtée".to_string());
    }
    debug_assert!(matching.quotas.iter().zip(&margins).all(|(q, n)| q.asks != Asks::First || *n == 0));
    Ok((margins, told))
}
