//! What the runs of a scenario say together: sheets to read, charts to look at.
//!
//! Everything that is shown, in a page, a workbook or a terminal, is a cell of a [`Sheet`]. Where a run
//! is repeated over seeds, a figure is the median of its repetitions.

mod basis;
mod changes;
mod charts;
mod figures;
mod maps;
mod runs;
mod sweeps;

use serde::Serialize;

use super::basis::Basis;
use super::error::ScenarioError;
use super::file::{Called, Count, RowChange, Scenario};
use super::map::Figures;
use super::run::RunResult;
use super::simulation::Simulation;
use super::spoken::Spoken;
use super::table::Table;
use super::weeks::SHEETS;
pub use crate::sheet::{Cell, Sheet};
pub use charts::{Chart, Series};
use figures::{observed, targets};
use logis_language::value::Exact;
use runs::compare;
pub use sweeps::ENOUGH;
use sweeps::{intervals, sweeps};

/// A report.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Title of the scenario.
    pub title: String,
    /// What it asks.
    pub text: String,
    /// The baseline and the variants, in order.
    pub runs: Vec<Head>,
    /// What is to be known of the runs.
    pub warnings: Vec<String>,
    /// How many repetitions each figure is the median of.
    pub seeds: usize,
    /// What all of it rests on.
    pub basis: Basis,
    /// The sheets, in the order in which they are read.
    pub sheets: Vec<Sheet>,
    /// The charts, each beside a sheet.
    pub charts: Vec<Chart>,
    /// The figures of places, each beside a sheet: maps, for whoever has contours.
    #[serde(skip)]
    pub maps: Vec<Figures>,
}

/// What a run is.
#[derive(Clone, Debug, Serialize)]
pub struct Head {
    /// Its short name.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it supposes.
    pub text: String,
    /// The date as of which all is decided.
    pub date: String,
    /// Its changes, in words.
    pub changes: Vec<String>,
}

/// The repetitions of one run.
pub(super) struct Repeated<'r> {
    pub title: String,
    pub results: Vec<&'r RunResult>,
    /// With medians in place of single figures.
    pub tables: Vec<Table>,
}

/// Puts together what the results say. Results may be missing: then so are their columns.
///
/// # Errors
/// An observed figure or a target that names no measure: the message says which there are. What a run breaks in the
/// rules, though its result is there.
pub fn report(simulation: &Simulation, results: &[RunResult]) -> Result<Report, ScenarioError> {
    let scenario = simulation.scenario();
    let repeated = |variant: Option<usize>| {
        let own: Vec<&RunResult> =
            results.iter().filter(|r| r.run.variant == variant && r.run.point.is_none()).collect();
        let title = own.first().map(|r| r.run.title.clone())?;
        Some(Repeated { title, tables: medians(&own), results: own })
    };
    let mut all: Vec<Repeated<'_>> = repeated(None).into_iter().collect();
    all.extend((0..scenario.variants.len()).filter_map(|v| repeated(Some(v))));
    let plan = basis::plan(simulation)?;
    let spoken = Spoken::new(&plan);
    let basis = basis::basis(simulation, results)?;
    let mut sheets = Vec::new();
    let (observed, objectives) = (observed(scenario, &all)?, targets(scenario, &all)?);
    let mut compared = compare(&all);
    if !compared.is_empty() {
        sheets.push(compared.remove(0));
    }
    sheets.extend(observed);
    sheets.extend(objectives);
    sheets.extend(assumptions(scenario));
    for id in ["annees", "cohortes"].iter().chain(&SHEETS) {
        let at = compared.iter().position(|s| s.id == *id);
        sheets.extend(at.map(|at| compared.remove(at)));
    }
    let (gains, households) = changes::sheets(simulation, &all);
    for id in ["appariements", "quotas"] {
        let at = compared.iter().position(|s| s.id == id);
        sheets.extend(at.map(|at| compared.remove(at)));
    }
    sheets.extend(gains);
    sheets.extend(compared);
    sheets.extend(sweeps(simulation, results, &spoken));
    sheets.extend(intervals(&all));
    sheets.extend(basis::doubts(&basis));
    sheets.extend(households);
    let mut warnings: Vec<String> = Vec::new();
    for warning in results.iter().flat_map(|r| &r.warnings) {
        if !warnings.contains(warning) {
            warnings.push(warning.clone());
        }
    }
    warnings.extend(simulation.warnings().iter().cloned());
    warnings.extend(all.iter().flat_map(|repeated| fewer(scenario, repeated, &spoken)));
    for variant in scenario.variants.iter().filter(|v| v.changes_nothing()) {
        warnings.push(format!(
            "la variante « {} » ne change rien : elle répète la situation de base",
            variant.title
        ));
    }
    let charts = charts::charts(scenario, &all, &sheets);
    let runs = heads(simulation, &all, &spoken);
    Ok(Report {
        title: scenario.title.clone(),
        text: scenario.text.clone(),
        maps: maps::maps(simulation, &spoken, &sheets, &runs),
        runs,
        warnings,
        seeds: all.first().map_or(0, |r| r.results.len()),
        basis,
        sheets,
        charts,
    })
}

/// Changes that found fewer rows than they ask for, or none.
fn fewer(scenario: &Scenario, repeated: &Repeated<'_>, spoken: &dyn Called) -> Vec<String> {
    let Some(first) = repeated.results.first() else { return Vec::new() };
    let own = first.run.variant.and_then(|v| scenario.variants.get(v)).map_or(&[][..], |v| &v.rows);
    let changes = scenario.base.rows.iter().chain(own).zip(&first.rows_taken);
    let short = |(change, taken): (&RowChange, &usize)| {
        let short = match change.count {
            Count::Rows(asked) => (*taken as u64) < asked,
            Count::Share(share) => *taken == 0 && share > Exact::from_integer(0),
            Count::All => *taken == 0,
        };
        let lines = if *taken < 2 { "ligne" } else { "lignes" };
        short.then(|| {
            let change = change.in_words(spoken);
            format!("{} : {change}, mais {taken} {lines} seulement", repeated.title)
        })
    };
    changes.filter_map(short).collect()
}

/// What is supposed, and on what it rests.
fn assumptions(scenario: &Scenario) -> Option<Sheet> {
    if scenario.assumptions.is_empty() {
        return None;
    }
    let mut sheet = Sheet::new(
        "hypotheses",
        "Les hypothèses",
        "Ce que le scénario suppose. Une hypothèse sans source est la sienne : aucun texte ne la donne.",
        "le fichier du scénario",
    );
    sheet.header = vec!["Hypothèse".into(), "Source".into()];
    for one in &scenario.assumptions {
        let source = if one.source.is_empty() { "hypothèse du scénario" } else { &one.source };
        sheet.rows.push(vec![Cell::Text(one.text.clone()), Cell::Text(source.to_string())]);
    }
    Some(sheet)
}

fn heads(simulation: &Simulation, all: &[Repeated<'_>], spoken: &dyn Called) -> Vec<Head> {
    let scenario = simulation.scenario();
    let head = |repeated: &Repeated<'_>| {
        let first = repeated.results.first();
        let date = first.map_or_else(String::new, |r| r.date.clone());
        let variant = first.and_then(|r| scenario.variants.get(r.run.variant?));
        let base = &scenario.base.rows;
        let rows = |changes: &[RowChange], from: usize| -> Vec<String> {
            let line = |(at, change): (usize, &RowChange)| {
                let taken = first.and_then(|r| r.rows_taken.get(from + at));
                let lines = |n: &usize| {
                    format!(" ({} {})", spoken.count(*n as u64), if *n < 2 { "ligne" } else { "lignes" })
                };
                format!("{}{}", change.in_words(spoken), taken.map_or_else(String::new, lines))
            };
            changes.iter().enumerate().map(line).collect()
        };
        let Some(variant) = variant else {
            let (name, title) = ("base".into(), repeated.title.clone());
            let mut changes = rows(base, 0);
            changes.extend(scenario.years.iter().flat_map(|y| y.in_words(spoken)));
            changes.extend(scenario.weeks.iter().flat_map(|w| w.in_words(spoken)));
            changes.extend(scenario.leases.iter().flat_map(|l| l.in_words(spoken)));
            return Head { name, title, text: String::new(), date, changes };
        };
        let mut changes: Vec<String> =
            variant.parameters.iter().map(|change| change.in_words(spoken)).collect();
        changes.extend(rows(&variant.rows, base.len()));
        let declared = simulation.pack().parsed().manifest.matching.iter().flat_map(|m| &m.quotas);
        let label = |name: &str| {
            let mut own = declared.clone().filter(|quota| quota.name.0 == name);
            own.next().map_or_else(|| name.to_string(), |quota| format!("« {} »", quota.label))
        };
        if let Some(quotas) = &variant.quotas {
            let names: Vec<String> = quotas.iter().map(|(name, _)| label(name)).collect();
            let names = if names.is_empty() { "aucune".to_string() } else { names.join(", ") };
            changes.push(format!("parts demandées : {names}"));
        }
        changes.extend(variant.years.iter().flat_map(|y| y.in_words(spoken)));
        changes.extend(variant.weeks.iter().flat_map(|w| w.in_words(spoken)));
        changes.extend(variant.matching.iter().flat_map(|m| m.in_words(spoken, &label)));
        changes.extend(variant.priority.iter().map(|(n, _)| format!("priorité : {}", spoken.rule(n))));
        changes.extend(variant.fit.iter().map(|(n, _)| format!("adéquation : {}", spoken.rule(n))));
        changes.extend(variant.rules.iter().map(|(n, _)| format!("règles posées par-dessus : {n}")));
        Head {
            name: variant.name.0.clone(),
            title: variant.title.clone(),
            text: variant.text.clone(),
            date,
            changes,
        }
    };
    all.iter().map(head).collect()
}

/// The tables of several results, each figure the median (the lower of two middle ones).
fn medians(results: &[&RunResult]) -> Vec<Table> {
    let Some(first) = results.first() else { return Vec::new() };
    let mut tables = first.tables.clone();
    for table in &mut tables {
        let twins: Vec<&Table> =
            results.iter().filter_map(|r| r.tables.iter().find(|t| t.id == table.id)).collect();
        for twin in twins.iter().skip(1) {
            for row in &twin.rows {
                if !table.rows.iter().any(|r| r.id == row.id) {
                    table.rows.push(row.clone());
                }
            }
        }
        if twins.len() < 2 {
            continue;
        }
        for row in &mut table.rows {
            let same: Vec<_> = twins.iter().filter_map(|t| t.rows.iter().find(|r| r.id == row.id)).collect();
            let mut counts: Vec<u64> = same.iter().filter_map(|r| r.of).collect();
            counts.sort_unstable();
            row.of = counts.get(counts.len().saturating_sub(1) / 2).copied();
            for (at, cell) in row.cells.iter_mut().enumerate() {
                let mut values: Vec<i64> =
                    same.iter().filter_map(|r| r.cells.get(at).copied().flatten()).collect();
                values.sort_unstable();
                *cell = values.get(values.len().saturating_sub(1) / 2).copied();
            }
        }
    }
    tables
}
