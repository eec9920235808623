//! What the figures of a scenario rest on.

use std::collections::BTreeSet;

use super::Sheet;
use crate::basis::{Basis, Doubts};
use crate::error::ScenarioError;
use crate::run::{Run, RunResult};
use crate::simulation::Simulation;
use logis_language::plan::Plan;

/// The plan by whose pack names are put into words: that of the baseline.
pub(super) fn plan(simulation: &Simulation) -> Result<Plan, ScenarioError> {
    let mut found = None;
    if let Some(run) = simulation.runs().first() {
        simulation.each_plan(run, |_, planned, _| {
            found.get_or_insert_with(|| planned.matching.pairs.clone());
        })?;
    }
    found.ok_or(ScenarioError::NoDate)
}

/// The runs that differ in what they plan: the baseline and the variants, each of its first seed. Points of sweeps have
/// the texts of the baseline.
fn planned(simulation: &Simulation) -> Vec<&Run> {
    let mut seen = BTreeSet::new();
    let new = |run: &&Run| run.point.is_none() && seen.insert(run.variant);
    simulation.runs().iter().filter(new).collect()
}

/// What all results rest on.
pub(super) fn basis(simulation: &Simulation, results: &[RunResult]) -> Result<Basis, ScenarioError> {
    let scenario = simulation.scenario();
    let base = results.iter().find(|r| r.run.variant.is_none() && r.run.point.is_none());
    let held: BTreeSet<String> = results.iter().flat_map(|r| r.local.held.iter().cloned()).collect();
    let mut doubts = Doubts::held_by(held);
    for run in planned(simulation) {
        simulation.each_plan(run, |pack, planned, date| {
            planned.plans().for_each(|plan| doubts.of_plan(plan));
            // The share or the number of a quota is read by the matching, and by no rule.
            let parsed = pack.parsed();
            for quota in parsed.manifest.matching.iter().flat_map(|m| &m.quotas) {
                let asked = planned.matching.quotas.iter().any(|own| own.quota.name == quota.name.0);
                let value = parsed.parameter(&quota.value.0).and_then(|id| parsed.parameters.get(id));
                if let Some(value) = value.filter(|_| asked) {
                    doubts.of_parameter(parsed, value, date);
                }
            }
        })?;
    }
    let mut dates: Vec<String> = Vec::new();
    for date in results.iter().filter(|r| r.run.point.is_none()).flat_map(|r| r.date.split(", ")) {
        if !dates.iter().any(|known| known == date) {
            dates.push(date.to_string());
        }
    }
    let assumed = |one: &crate::file::Assumption| (one.text.clone(), one.source.clone());
    Ok(Basis {
        made_on: None,
        dates,
        stands: simulation.stands().to_vec(),
        places: base.map_or_else(Vec::new, |base| base.local.counted.clone()),
        seeds: scenario.base.seeds.clone(),
        doubts: doubts.all.into_iter().collect(),
        assumptions: scenario.assumptions.iter().map(assumed).collect(),
    })
}

/// The doubts as a sheet.
pub(super) fn doubts(basis: &Basis) -> Option<Sheet> {
    basis.doubt_sheet(
        "Les doutes et les réserves que portent les règles et les paramètres utilisés, aux dates des calculs, et ceux des territoires dont les données ont des lignes.",
    )
}
