//! What of the sheets is drawn.

use serde::Serialize;

use super::{Cell, Repeated, Sheet};
use crate::file::Scenario;
use crate::table::Table;

/// A chart beside a sheet.
#[derive(Clone, Debug, Serialize)]
pub struct Chart {
    /// The sheet whose figures it draws.
    pub sheet: String,
    /// What it shows.
    pub title: String,
    /// `bar`, `barh` (lying) or `line`.
    pub kind: &'static str,
    /// Unit of its values.
    pub unit: String,
    /// What its places are.
    pub labels: Vec<String>,
    /// What is drawn at each place.
    pub series: Vec<Series>,
}

/// One colour of a chart.
#[derive(Clone, Debug, Serialize)]
pub struct Series {
    /// What it is.
    pub name: String,
    /// One a place; drawings may be inexact.
    pub values: Vec<Option<f64>>,
}

/// The most places of a chart: beyond, the table says it better.
const PLACES: usize = 14;

fn inexact(value: i64, decimals: u32) -> f64 {
    value as f64 / 10_f64.powi(decimals.try_into().unwrap_or(0))
}

fn of_cell(cell: Option<&Cell>) -> Option<f64> {
    cell?.as_number().map(|(value, decimals)| inexact(value, decimals))
}

/// The charts of a report.
pub(super) fn charts(scenario: &Scenario, all: &[Repeated<'_>], sheets: &[Sheet]) -> Vec<Chart> {
    let mut charts = Vec::new();
    let Some(base) = all.first() else { return charts };
    let find = |run: &Repeated<'_>, id: &str| run.tables.iter().find(|t| t.id == id).cloned();
    let titles = || all.iter().map(|r| r.title.clone()).collect::<Vec<_>>();
    let across = |row: &str| {
        all.iter()
            .map(|r| find(r, "synthese")?.value(row, "valeur"))
            .map(|v| v.map(|(v, d)| inexact(v, d)))
            .collect()
    };
    charts.push(Chart {
        sheet: "synthese".into(),
        title: "Demandes servies et non servies".into(),
        kind: "barh",
        unit: "demandes".into(),
        labels: titles(),
        series: vec![
            Series { name: "Servies".into(), values: across("attributions") },
            Series { name: "Non servies".into(), values: across("non_servies") },
        ],
    });
    if let Some(mut table) = find(base, "annees") {
        table.rows.retain(|row| row.id != "total");
        for (id, title) in [
            ("attributions", "Attributions, année par année"),
            ("non_servies", "Demandes qui attendent, en fin d'année"),
        ] {
            let series = all.iter().filter_map(|r| Some(column(&r.title, &find(r, "annees")?, id, &table)));
            charts.push(of_rows("annees", title, "demandes", &table, series.collect()));
        }
    }
    if let Some(table) = find(base, "semaines") {
        let shares = table.columns.iter().filter(|c| c.id.ends_with("_baux"));
        let shares = shares.map(|c| column(&c.label, &table, &c.id, &table)).collect();
        let waiting =
            all.iter().filter_map(|r| Some(column(&r.title, &find(r, "semaines")?, "attendent", &table)));
        for (title, unit, series) in [
            ("Part de chacune dans les baux, depuis janvier", "%", shares),
            ("Demandes en attente, de séance en séance", "demandes", waiting.collect::<Vec<Series>>()),
        ] {
            charts.push(Chart { kind: "line", ..of_rows("semaines", title, unit, &table, series) });
        }
    }
    if let Some(table) = find(base, "quotas") {
        let mut series = vec![column("Part demandée", &table, "legale", &table)];
        series.extend(all.iter().filter_map(|r| Some(column(&r.title, &find(r, "quotas")?, "part", &table))));
        charts.push(of_rows("quotas", "Parts atteintes et parts demandées", "%", &table, series));
    }
    if let Some(table) = find(base, "eligibilite") {
        let series =
            all.iter().filter_map(|r| Some(column(&r.title, &find(r, "eligibilite")?, "part", &table)));
        charts.push(of_rows("eligibilite", "Part des demandes éligibles", "%", &table, series.collect()));
    }
    for table in base.tables.iter().filter(|t| t.id.starts_with("demandes_par_")) {
        let mut table = table.clone();
        let at = table.columns.iter().position(|c| c.id == "demandes").unwrap_or(0);
        if table.rows.len() > PLACES {
            table.rows.sort_by_key(|r| std::cmp::Reverse(r.cells.get(at).copied().flatten()));
            table.rows.truncate(PLACES);
        }
        let mut series = vec![column("Demandes", &table, "demandes", &table)];
        series.extend(all.iter().filter_map(|r| {
            let name = if all.len() == 1 { "Servies".to_string() } else { format!("Servies : {}", r.title) };
            Some(column(&name, &find(r, &table.id)?, "servies", &table))
        }));
        charts.push(of_rows(&table.id, &table.title, "demandes", &table, series));
    }
    for table in base.tables.iter().filter(|t| t.id.starts_with("logements_par_")) {
        let mut table = table.clone();
        if table.rows.len() > PLACES {
            table.rows.sort_by_key(|r| std::cmp::Reverse(r.cells.last().copied().flatten()));
            table.rows.truncate(PLACES);
        }
        let series =
            all.iter().filter_map(|r| Some(column(&r.title, &find(r, &table.id)?, "valeur", &table)));
        let title = "Ce qu'un logement de plus apporterait";
        charts.push(of_rows(&table.id, title, "points de priorité", &table, series.collect()));
    }
    charts.extend(sheets.iter().find(|s| s.id == "gains_pertes").and_then(|s| gains(s, all)));
    for sweep in &scenario.sweeps {
        let id = format!("balayage_{}", sweep.name.0);
        charts.extend(sheets.iter().find(|s| s.id == id).and_then(|s| swept(s, sweep.axes.len())));
    }
    charts
}

/// A column of a table, at the rows of another.
fn column(name: &str, table: &Table, column: &str, like: &Table) -> Series {
    let values = like.rows.iter().map(|row| table.value(&row.id, column).map(|(v, d)| inexact(v, d)));
    Series { name: name.to_string(), values: values.collect() }
}

fn of_rows(sheet: &str, title: &str, unit: &str, table: &Table, series: Vec<Series>) -> Chart {
    let labels: Vec<String> = table.rows.iter().map(|r| r.label.clone()).collect();
    let long = labels.iter().any(|l| l.chars().count() > 14) || labels.len() > 8;
    let [sheet, title, unit] = [sheet, title, unit].map(str::to_string);
    Chart { sheet, title, kind: if long { "barh" } else { "bar" }, unit, labels, series }
}

/// Gains less losses, by the first measure that tells requests apart.
fn gains(sheet: &Sheet, all: &[Repeated<'_>]) -> Option<Chart> {
    let group = |row: &Vec<Cell>| row.first().map(ToString::to_string).unwrap_or_default();
    let first =
        sheet.rows.iter().map(group).find(|g| g != "Ensemble" && g != "Règle" && g != "Demandes ajoutées")?;
    let mut rows: Vec<&Vec<Cell>> = sheet.rows.iter().filter(|r| group(r) == first).collect();
    let size =
        |row: &&Vec<Cell>| -> i64 { row.iter().filter_map(|cell| Some(cell.as_number()?.0.abs())).sum() };
    rows.sort_by_key(|r| std::cmp::Reverse(size(r)));
    rows.truncate(PLACES);
    let labels = rows.iter().filter_map(|r| r.get(1)).map(ToString::to_string).collect();
    let series = all.iter().skip(1).enumerate().map(|(variant, run)| Series {
        name: run.title.clone(),
        values: rows.iter().map(|r| of_cell(r.get(4 + 3 * variant))).collect(),
    });
    Some(Chart {
        sheet: sheet.id.clone(),
        title: format!("Solde des demandes servies, par : {}", first.to_lowercase()),
        kind: "barh",
        unit: "demandes".into(),
        labels,
        series: series.collect(),
    })
}

/// Percents of a sweep over its first axis; with two axes, a line for each value of the second.
fn swept(sheet: &Sheet, axes: usize) -> Option<Chart> {
    let text = |row: &Vec<Cell>, at: usize| row.get(at).map(ToString::to_string).unwrap_or_default();
    let mut labels: Vec<String> = Vec::new();
    for row in &sheet.rows {
        let label = text(row, 0);
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    let percents: Vec<usize> =
        sheet.header.iter().enumerate().filter(|(_, h)| h.ends_with("(%)")).map(|(at, _)| at).collect();
    let priority = sheet.header.iter().position(|h| h.starts_with("Priorité"))?;
    let (columns, unit, title) = match (axes, percents.is_empty()) {
        (1, false) => (percents, "%", "Parts atteintes"),
        _ => (vec![priority], "points", "Priorité moyenne des demandes servies"),
    };
    let mut series = Vec::new();
    if axes == 1 {
        for at in columns {
            let name = sheet.header.get(at)?.trim_end_matches(" : part atteinte (%)").to_string();
            series.push(Series { name, values: sheet.rows.iter().map(|r| of_cell(r.get(at))).collect() });
        }
    } else {
        let mut seconds: Vec<String> = Vec::new();
        for row in &sheet.rows {
            let second = text(row, 1);
            if !seconds.contains(&second) {
                seconds.push(second);
            }
        }
        for second in seconds {
            let values = sheet.rows.iter().filter(|r| text(r, 1) == second).map(|r| of_cell(r.get(priority)));
            series.push(Series {
                name: format!("{} = {second}", sheet.header.get(1)?),
                values: values.collect(),
            });
        }
    }
    let title = format!("{title}, selon : {}", sheet.header.first()?);
    Some(Chart { sheet: sheet.id.clone(), title, kind: "line", unit: unit.into(), labels, series })
}
