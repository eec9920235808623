//! What the runs of a scenario say together: sheets to read, charts to look at.
//!
//! Everything that is shown, in a page, a workbook or a terminal, is a cell of a [`Sheet`]. Where a run
//! is repeated over seeds, a figure is the median of its repetitions.

mod changes;
mod charts;

use serde::Serialize;

use super::file::{Expected, RowChange, Scenario, french};
use super::{RunResult, Simulation, Table};
use crate::data::{Output, OutputColumn};
use crate::value::{Exact, Type, Value};
pub use charts::{Chart, Series};

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
    /// The sheets, in the order in which they are read.
    pub sheets: Vec<Sheet>,
    /// The charts, each beside a sheet.
    pub charts: Vec<Chart>,
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

/// A table to read.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Sheet {
    /// Its name in files.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// How its figures are obtained.
    pub how: String,
    /// What they rest on.
    pub source: String,
    /// Header of each column, with its unit.
    pub header: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<Cell>>,
}

/// A cell of a sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// A text.
    Text(String),
    /// A number, in units of 10⁻ᵈᵉᶜⁱᵐᵃˡˢ.
    Number {
        /// The count of units.
        value: i64,
        /// Decimals.
        decimals: u32,
    },
    /// Nothing.
    Empty,
}

impl Cell {
    pub(super) fn count(n: usize) -> Cell {
        Cell::Number { value: i64::try_from(n).unwrap_or(i64::MAX), decimals: 0 }
    }

    fn number(value: Option<i64>, decimals: u32) -> Cell {
        value.map_or(Cell::Empty, |value| Cell::Number { value, decimals })
    }

    fn value(&self) -> Option<Value> {
        match self {
            Cell::Text(text) => Some(Value::text(text)),
            Cell::Number { value, decimals } => Some(Value::Number(exact(*value, *decimals))),
            Cell::Empty => None,
        }
    }
}

/// `1 234,5`, as people read it in French; with its sign where it is a difference.
impl std::fmt::Display for Cell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (value, decimals) = match self {
            Cell::Text(text) => return f.write_str(text),
            Cell::Empty => return f.write_str("–"),
            Cell::Number { value, decimals } => (*value, *decimals),
        };
        let scale = 10_u64.checked_pow(decimals).unwrap_or(1);
        let digits = (value.unsigned_abs() / scale).to_string();
        let mut whole = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                whole.push('\u{202f}');
            }
            whole.push(digit);
        }
        let sign = if value < 0 { "−" } else { "" };
        match decimals {
            0 => write!(f, "{sign}{whole}"),
            _ => write!(
                f,
                "{sign}{whole},{:0>width$}",
                value.unsigned_abs() % scale,
                width = decimals as usize
            ),
        }
    }
}

fn exact(value: i64, decimals: u32) -> Exact {
    Exact::new(i128::from(value), 10_i128.checked_pow(decimals).unwrap_or(1))
}

impl Sheet {
    fn new(id: &str, title: &str, how: &str, source: &str) -> Sheet {
        let [id, title, how, source] = [id, title, how, source].map(str::to_string);
        Sheet { id, title, how, source, ..Sheet::default() }
    }

    /// The sheet as a result to write.
    pub fn to_output(&self) -> Output {
        let column = |(at, name): (usize, &String)| {
            let cells: Vec<Option<Value>> =
                self.rows.iter().map(|row| row.get(at).and_then(Cell::value)).collect();
            let number = cells.iter().flatten().all(|v| matches!(v, Value::Number(_)));
            OutputColumn {
                name: name.clone(),
                cells,
                kind: if number { Type::Number } else { Type::Text(None) },
            }
        };
        // A workbook allows 31 characters, each name once.
        let name = self.id.chars().take(31).collect();
        Output { name, columns: self.header.iter().enumerate().map(column).collect() }
    }
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
/// An observed figure or a target that names no measure: the message says which there are.
pub fn report(
    simulation: &Simulation,
    results: &[RunResult],
) -> Result<Report, crate::diagnostic::PackError> {
    let scenario = simulation.scenario();
    let repeated = |variant: Option<usize>| {
        let own: Vec<&RunResult> =
            results.iter().filter(|r| r.run.variant == variant && r.run.point.is_none()).collect();
        let title = own.first().map(|r| r.run.title.clone())?;
        Some(Repeated { title, tables: medians(&own), results: own })
    };
    let mut all: Vec<Repeated<'_>> = repeated(None).into_iter().collect();
    all.extend((0..scenario.variants.len()).filter_map(|v| repeated(Some(v))));
    let mut sheets = Vec::new();
    let (observed, objectives) = (
        expected(scenario, &scenario.observed, &all, false)?,
        expected(scenario, &scenario.targets, &all, true)?,
    );
    let mut compared = compare(&all);
    if !compared.is_empty() {
        sheets.push(compared.remove(0));
    }
    sheets.extend(observed);
    sheets.extend(objectives);
    let (gains, households) = changes::sheets(simulation, &all);
    let quotas = compared.iter().position(|s| s.id == "quotas").map(|at| compared.remove(at));
    sheets.extend(quotas);
    sheets.extend(gains);
    sheets.extend(compared);
    sheets.extend(sweeps(simulation, results));
    sheets.extend(intervals(&all));
    sheets.extend(households);
    let mut warnings: Vec<String> = Vec::new();
    for warning in results.iter().flat_map(|r| &r.warnings) {
        if !warnings.contains(warning) {
            warnings.push(warning.clone());
        }
    }
    let charts = charts::charts(scenario, &all, &sheets);
    Ok(Report {
        title: scenario.title.clone(),
        text: scenario.text.clone(),
        runs: heads(simulation, &all),
        warnings,
        seeds: all.first().map_or(0, |r| r.results.len()),
        sheets,
        charts,
    })
}

fn heads(simulation: &Simulation, all: &[Repeated<'_>]) -> Vec<Head> {
    let scenario = simulation.scenario();
    let head = |repeated: &Repeated<'_>| {
        let first = repeated.results.first();
        let date = first.map_or_else(String::new, |r| r.date.clone());
        let variant = first.and_then(|r| scenario.variants.get(r.run.variant?));
        let base = &scenario.base.rows;
        let rows = |changes: &[RowChange], from: usize| -> Vec<String> {
            let line = |(at, change): (usize, &RowChange)| {
                let taken = first.and_then(|r| r.rows_taken.get(from + at));
                let lines = |n: &usize| format!(" ({n} {})", if *n < 2 { "ligne" } else { "lignes" });
                format!("{change}{}", taken.map_or_else(String::new, lines))
            };
            changes.iter().enumerate().map(line).collect()
        };
        let Some(variant) = variant else {
            let (name, title, changes) = ("base".into(), repeated.title.clone(), rows(base, 0));
            return Head { name, title, text: String::new(), date, changes };
        };
        let mut changes: Vec<String> = variant.parameters.iter().map(ToString::to_string).collect();
        changes.extend(rows(&variant.rows, base.len()));
        if let Some(quotas) = &variant.quotas {
            let names: Vec<&str> = quotas.iter().map(|(n, _)| n.as_str()).collect();
            let names = if names.is_empty() { "aucune".to_string() } else { names.join(", ") };
            changes.push(format!("parts demandées : {names}"));
        }
        changes.extend(variant.priority.iter().map(|(n, _)| format!("priorité : {n}")));
        changes.extend(variant.fit.iter().map(|(n, _)| format!("adéquation : {n}")));
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

fn headed(label: &str, unit: &str) -> String {
    if unit.is_empty() || label.to_lowercase().contains(&unit.to_lowercase()) {
        label.to_string()
    } else {
        format!("{label} ({unit})")
    }
}

/// Each table of the baseline, with what the variants make of its compared columns.
fn compare(all: &[Repeated<'_>]) -> Vec<Sheet> {
    let Some((base, variants)) = all.split_first() else { return Vec::new() };
    base.tables.iter().map(|table| compare_table(table, variants)).collect()
}

fn compare_table(table: &Table, variants: &[Repeated<'_>]) -> Sheet {
    let mut sheet = Sheet::new(&table.id, &table.title, &table.how, &table.source);
    let single = table.columns.len() == 1;
    sheet.header.push(table.of.clone());
    if single {
        sheet.header.push("Unité".to_string());
        sheet.header.push(if variants.is_empty() { "Valeur".to_string() } else { "Base".to_string() });
    } else {
        sheet.header.extend(table.columns.iter().map(|c| headed(&c.label, &c.unit)));
    }
    let compared: Vec<usize> =
        table.columns.iter().enumerate().filter(|(_, c)| c.compared).map(|(at, _)| at).collect();
    let others: Vec<(&Repeated<'_>, Option<&Table>)> =
        variants.iter().map(|v| (v, v.tables.iter().find(|t| t.id == table.id))).collect();
    for (variant, _) in &others {
        for (number, &at) in compared.iter().enumerate() {
            let Some(column) = table.columns.get(at) else { continue };
            let name = if single {
                variant.title.clone()
            } else {
                format!("{} : {}", variant.title, headed(&column.label, &column.unit))
            };
            sheet.header.push(name);
            if number == 0 {
                sheet.header.push(if single {
                    "écart".to_string()
                } else {
                    format!("{} : écart", variant.title)
                });
            }
        }
    }
    let mut rows: Vec<(&str, &str)> = table.rows.iter().map(|r| (r.id.as_str(), r.label.as_str())).collect();
    for row in others.iter().filter_map(|(_, t)| *t).flat_map(|t| &t.rows) {
        if !rows.iter().any(|(id, _)| *id == row.id) {
            rows.push((&row.id, &row.label));
        }
    }
    for (id, label) in rows {
        let own = table.rows.iter().find(|r| r.id == id);
        let any =
            own.or_else(|| others.iter().filter_map(|(_, t)| *t).flat_map(|t| &t.rows).find(|r| r.id == id));
        let decimals = |at: usize| any.map_or(0, |row| table.decimals(row, at));
        let mut cells = vec![Cell::Text(label.to_string())];
        if single {
            cells.push(Cell::Text(any.map_or("", |row| table.unit(row, 0)).to_string()));
        }
        let value =
            |row: Option<&super::Row>, at: usize| row.and_then(|r| r.cells.get(at).copied().flatten());
        cells.extend((0..table.columns.len()).map(|at| Cell::number(value(own, at), decimals(at))));
        for (_, other) in &others {
            let there = other.and_then(|t| t.rows.iter().find(|r| r.id == id));
            for (number, &at) in compared.iter().enumerate() {
                cells.push(Cell::number(value(there, at), decimals(at)));
                if number == 0 {
                    let counts = table.columns.get(at).is_some_and(|c| c.decimals == 0) && !single;
                    let or_none = |v: Option<i64>| if counts { Some(v.unwrap_or(0)) } else { v };
                    let difference =
                        or_none(value(there, at)).zip(or_none(value(own, at))).map(|(a, b)| a - b);
                    cells.push(Cell::number(difference, decimals(at)));
                }
            }
        }
        sheet.rows.push(cells);
    }
    sheet
}

/// A figure `TABLE.ROW.COLUMN` of some tables.
fn figure(tables: &[Table], name: &str) -> Option<(i64, u32)> {
    let mut parts = name.split('.');
    let (table, row, column) = (parts.next()?, parts.next()?, parts.next()?);
    tables.iter().find(|t| t.id == table)?.value(row, column)
}

/// Figures from elsewhere, or targets, beside those computed.
fn expected(
    scenario: &Scenario,
    wanted: &[Expected],
    all: &[Repeated<'_>],
    target: bool,
) -> Result<Option<Sheet>, crate::diagnostic::PackError> {
    let Some(base) = all.first().filter(|_| !wanted.is_empty()) else { return Ok(None) };
    let mut sheet = match target {
        true => Sheet::new(
            "objectifs",
            "Objectifs atteints ou manqués",
            "Le chiffre calculé face au moins qui est voulu.",
            "",
        ),
        false => Sheet::new(
            "observe",
            "Observé et calculé",
            "Le chiffre publié, qui n'a calé ni les données ni l'appariement, face au chiffre calculé.",
            "",
        ),
    };
    sheet.header = vec!["Chiffre".into(), if target { "Voulu, au moins".into() } else { "Observé".into() }];
    for run in all {
        sheet.header.push(run.title.clone());
        sheet.header.push(if target { "atteint".into() } else { "écart".into() });
    }
    sheet.header.extend(["Source".into(), "Explication".into()]);
    for expected in wanted {
        let (name, span) = &expected.figure;
        if figure(&base.tables, name).is_none() {
            return Err(no_figure(scenario, name, span.clone(), &base.tables));
        }
        let mut cells = vec![Cell::Text(expected.label.clone()), Cell::Text(french(&expected.value))];
        for run in all {
            match figure(&run.tables, name) {
                None => cells.extend([Cell::Empty, Cell::Empty]),
                Some((value, decimals)) => {
                    let difference = exact(value, decimals) - expected.value;
                    cells.push(Cell::Number { value, decimals });
                    cells.push(match target {
                        true if difference >= Exact::from_integer(0) => Cell::Text("oui".into()),
                        true => Cell::Text("non".into()),
                        false => Cell::number(super::table::scaled(&difference, decimals), decimals),
                    });
                }
            }
        }
        cells.extend([Cell::Text(expected.source.clone()), Cell::Text(expected.text.clone())]);
        sheet.rows.push(cells);
    }
    Ok(Some(sheet))
}

fn no_figure(
    scenario: &Scenario,
    name: &str,
    span: crate::diagnostic::Span,
    tables: &[Table],
) -> crate::diagnostic::PackError {
    let mut names: Vec<String> = Vec::new();
    for table in tables {
        for row in &table.rows {
            names.extend(table.columns.iter().map(|c| format!("{}.{}.{}", table.id, row.id, c.id)));
        }
    }
    let near = crate::diagnostic::did_you_mean(name, names.iter().map(String::as_str));
    let diagnostic =
        crate::diagnostic::Diagnostic::error("L0601", format!("there is no figure `{name}`"), span, near);
    crate::diagnostic::PackError { diagnostics: vec![diagnostic], sources: scenario.sources.clone() }
}

/// A number with no more decimals than it needs, four at most.
fn shortest(number: &Exact) -> Cell {
    let decimals = (0..4).find(|d| (number * exact(10_i64.pow(*d), 0)).is_integer()).unwrap_or(4);
    Cell::number(super::table::scaled(number, decimals), decimals)
}

/// The points of each sweep: what they reach, as medians of their repetitions.
fn sweeps(simulation: &Simulation, results: &[RunResult]) -> Vec<Sheet> {
    let scenario = simulation.scenario();
    let mut sheets = Vec::new();
    for (number, sweep) in scenario.sweeps.iter().enumerate() {
        let mut sheet = Sheet::new(&format!("balayage_{}", sweep.name.0), &sweep.title, &sweep.text, "");
        sheet.header = sweep.axes.iter().map(|a| a.label.clone()).collect();
        let mut points: Vec<Vec<usize>> = Vec::new();
        for run in simulation.runs() {
            if let Some((of, point)) = &run.point
                && *of == number
                && !points.contains(point)
            {
                points.push(point.clone());
            }
        }
        for point in points {
            let own: Vec<&RunResult> = results
                .iter()
                .filter(|r| r.run.point.as_ref().is_some_and(|(s, p)| *s == number && *p == point))
                .collect();
            let tables = medians(&own);
            let mut cells: Vec<Cell> = Vec::new();
            for (axis, &at) in sweep.axes.iter().zip(&point) {
                cells.push(axis.points.get(at).map_or(Cell::Empty, |change| match &change.how {
                    super::How::Multiply(n) | super::How::Add(n) | super::How::Set(Value::Number(n)) => {
                        shortest(n)
                    }
                    how => Cell::Text(format!("{how:?}")),
                }));
            }
            let mut header = Vec::new();
            for table in &tables {
                let wanted: &[(&str, &str)] = match table.id.as_str() {
                    "synthese" => &[
                        ("attributions", "valeur"),
                        ("non_servies", "valeur"),
                        ("priorite", "valeur"),
                        ("adequation", "valeur"),
                    ],
                    _ => &[],
                };
                for (row, column) in wanted {
                    if let Some((value, decimals)) = table.value(row, column) {
                        let label = table.rows.iter().find(|r| r.id == *row).map_or("", |r| r.label.as_str());
                        header.push(label.to_string());
                        cells.push(Cell::Number { value, decimals });
                    }
                }
                for row in table.rows.iter().filter(|_| table.id == "quotas") {
                    for (column, label) in
                        [("part", "part atteinte (%)"), ("manque", "manque"), ("prix", "prix (points)")]
                    {
                        let at = table.columns.iter().position(|c| c.id == column);
                        header.push(format!("{} : {label}", row.id));
                        let value = at.and_then(|at| row.cells.get(at).copied().flatten());
                        cells.push(Cell::number(value, at.map_or(0, |at| table.decimals(row, at))));
                    }
                }
            }
            if sheet.header.len() == sweep.axes.len() {
                sheet.header.extend(header);
            }
            sheet.rows.push(cells);
        }
        sheets.push(sheet);
    }
    sheets
}

/// Between which values the figures of the summary fall, where runs are repeated.
fn intervals(all: &[Repeated<'_>]) -> Option<Sheet> {
    let base = all.first().filter(|r| r.results.len() > 1)?;
    let mut sheet = Sheet::new(
        "intervalles",
        "Intervalles sur les répétitions",
        "Médiane des répétitions, et les bornes entre lesquelles tombent neuf sur dix d'entre elles (5e et 95e centiles, rang le plus proche).",
        "",
    );
    sheet.header =
        ["Calcul", "Mesure", "Unité", "Médiane", "5 %", "95 %", "Répétitions"].map(str::to_string).to_vec();
    for run in all {
        for table in
            base.tables.iter().filter(|t| ["synthese", "quotas", "eligibilite"].contains(&t.id.as_str()))
        {
            for row in &table.rows {
                for (at, column) in table.columns.iter().enumerate().filter(|(_, c)| c.compared) {
                    let mut values: Vec<i64> = run
                        .results
                        .iter()
                        .filter_map(|r| {
                            r.tables.iter().find(|t| t.id == table.id)?.value(&row.id, &column.id)
                        })
                        .map(|(v, _)| v)
                        .collect();
                    values.sort_unstable();
                    let decimals = table.decimals(row, at);
                    let rank = |percent: usize| {
                        values.get((percent * values.len()).div_ceil(100).max(1) - 1).copied()
                    };
                    let label = if table.columns.len() == 1 {
                        row.label.clone()
                    } else {
                        format!("{} : {}", row.label, column.label)
                    };
                    let mut cells = vec![
                        Cell::Text(run.title.clone()),
                        Cell::Text(label),
                        Cell::Text(table.unit(row, at).to_string()),
                    ];
                    cells.extend([50, 5, 95].map(|p| Cell::number(rank(p), decimals)));
                    cells.push(Cell::count(values.len()));
                    sheet.rows.push(cells);
                }
            }
        }
    }
    Some(sheet)
}
