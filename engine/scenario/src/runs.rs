//! Which runs a scenario has, the population that a run draws, and what is to be known of a run.

use super::allocation::Allocation;
use super::file::Scenario;
use super::measure::Planned;
use super::run::Run;
use logis_allocation::attribution::{MatchingPlan, UnknownUnits};
use logis_data::{BatchWriter, InputFile, Issue, TextTable, text_tables};
use logis_language::pack::schema::Schema;
use logis_populations::{GenerateError, Model, Options, Population};

/// The tables of a drawn population, and what is wrong with them: they are read as a package's CSV files are.
pub(super) fn drawn(
    model: &Model,
    schema: &Schema,
    seed: u64,
) -> Result<(Vec<TextTable>, Vec<Issue>), GenerateError> {
    let population = Population::of_model(model, Options { seed, ..Options::default() })?;
    let mut files = Vec::new();
    for (name, batches) in population.tables()? {
        let mut bytes = Vec::new();
        let mut writer = BatchWriter::csv(&mut bytes);
        let written = batches.iter().try_for_each(|batch| writer.write(batch)).and_then(|()| writer.close());
        written.map_err(|error| GenerateError::Columns(error.to_string()))?;
        files.push(InputFile { name: format!("{name}.csv"), bytes });
    }
    Ok(text_tables(schema, files))
}

/// Every run of a scenario.
pub(super) fn runs(scenario: &Scenario) -> Vec<Run> {
    let mut all = Vec::new();
    let mut add = |id: &str, title: &str, variant, point: Option<(usize, Vec<usize>)>| {
        for &seed in &scenario.base.seeds {
            let (title, point) = (title.to_string(), point.clone());
            all.push(Run { id: format!("{id}.{seed}"), title, variant, point, seed });
        }
    };
    add("base", "Situation de base", None, None);
    for (number, variant) in scenario.variants.iter().enumerate() {
        add(&variant.name.0, &variant.title, Some(number), None);
    }
    for (number, sweep) in scenario.sweeps.iter().enumerate() {
        let lengths: Vec<usize> = sweep.axes.iter().map(|a| a.points.len()).collect();
        let total = lengths.iter().product();
        for mut at in 0..total {
            // The last axis moves first.
            let mut point = vec![0; lengths.len()];
            for (slot, length) in point.iter_mut().zip(&lengths).rev() {
                *slot = at % length;
                at /= length;
            }
            let numbers: Vec<String> = point.iter().map(|p| (p + 1).to_string()).collect();
            let changes = sweep.axes.iter().zip(&point).filter_map(|(axis, &p)| axis.points.get(p));
            let title = changes.map(ToString::to_string).collect::<Vec<_>>().join(" ; ");
            add(&format!("{}.{}", sweep.name.0, numbers.join("-")), &title, None, Some((number, point)));
        }
    }
    all
}

/// What a run is to know of, of all that it decides: figures past their last year, rules that are not in force,
/// conditions that no rule looks at; priorities not known, proofs with a gap.
pub(super) fn warnings(
    run: &Run,
    (planned, matching): (&Planned, &MatchingPlan),
    allocation: &Allocation,
) -> Vec<String> {
    let mut warnings: Vec<String> = Vec::new();
    let said = planned.plans().flat_map(|p| {
        let told = p.warnings.iter().chain(&p.notes).cloned();
        told.chain(logis_decide::reserves::notes(p)).collect::<Vec<_>>()
    });
    for warning in said {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    let unknown = allocation.instance.open.priority.len();
    if unknown > 0 {
        warnings.push(format!(
            "{unknown} demandes ont une priorité que leurs données ne disent pas : elles passent après les autres"
        ));
    }
    for UnknownUnits { rule, scope, rows } in &matching.unknown_units {
        let what = match scope {
            true => "chaque quota qui se compte par lui les compte, et aucun parmi ses membres",
            false => "leur attribution n'est imputée à personne",
        };
        warnings.push(format!("{} logements n'ont pas de `{rule}` connu : {what}", rows.len()));
    }
    for quota in &matching.not_in_force {
        if quota.from.is_none() {
            warnings.push(format!("quota {} : pas en vigueur, sa part n'est pas donnée", quota.name));
        }
    }
    let gaps = &allocation.gaps;
    if gaps.attributions > 0 || gaps.quotas.iter().any(|g| *g > 0) || gaps.priority > 0 {
        warnings.push(format!(
            "{} : la preuve laisse une marge ({} attributions, {} points de priorité)",
            run.id, gaps.attributions, gaps.priority
        ));
    }
    warnings
}
