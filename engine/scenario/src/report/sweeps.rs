//! Sweeps, and the spread of repetitions.

use super::{Cell, Repeated, Sheet, medians};
use crate::file::{Axis, Called, How};
use crate::run::RunResult;
use crate::sheet::shortest;
use crate::simulation::Simulation;
use crate::table::Table;
use logis_language::value::Value;

/// The points of each sweep: what they reach, as medians of their repetitions.
pub(super) fn sweeps(simulation: &Simulation, results: &[RunResult], spoken: &dyn Called) -> Vec<Sheet> {
    let scenario = simulation.scenario();
    let mut sheets = Vec::new();
    for (number, sweep) in scenario.sweeps.iter().enumerate() {
        let mut sheet = Sheet::new(&format!("balayage_{}", sweep.name.0), &sweep.title, &sweep.text, "");
        let label = |axis: &Axis| match axis.points.first().filter(|point| point.path.0 == axis.label) {
            Some(point) => spoken.parameter(&point.path.0, &point.key),
            None => axis.label.clone(),
        };
        sheet.header = sweep.axes.iter().map(label).collect();
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
                    How::Multiply(n) | How::Add(n) | How::Set(Value::Number(n)) => shortest(n),
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
                        header.push(format!("{} : {label}", row.label));
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

/// From how many repetitions on an interval is told, and not the lowest and the highest.
pub const ENOUGH: usize = 20;

/// Between which values the figures of the summary fall, where runs are repeated.
pub(super) fn intervals(all: &[Repeated<'_>]) -> Option<Sheet> {
    let base = all.first().filter(|r| r.results.len() > 1)?;
    let mut sheet = Sheet::new("intervalles", "Intervalles sur les répétitions", "", "");
    // Of few repetitions no centile says anything: all of them are told.
    let many = base.results.len() >= ENOUGH;
    let (low, high) = if many { (5, 95) } else { (0, 100) };
    let (from, to) = if many { ("5 %", "95 %") } else { ("le plus bas", "le plus haut") };
    sheet.how = match many {
        true => "Médiane des répétitions, et les bornes entre lesquelles tombent neuf sur dix d'entre elles (5e et 95e centiles, rang le plus proche).".to_string(),
        false => format!("Médiane des répétitions, la plus basse et la plus haute d'entre elles. Il en faut {ENOUGH} pour un intervalle."),
    };
    sheet.header =
        ["Calcul", "Mesure", "Unité", "Médiane", from, to, "Répétitions"].map(str::to_string).to_vec();
    if all.len() > 1 {
        sheet.how.push_str(" Écart à la base : répétition par répétition, chacune contre celle de la base qui a la même graine ; ses bornes disent donc mieux que celles des deux chiffres si l'écart est sûr.");
        sheet.header.extend(["Écart médian".to_string(), format!("Écart, {from}"), format!("Écart, {to}")]);
    }
    let wanted = |table: &&Table| ["synthese", "quotas", "eligibilite"].contains(&table.id.as_str());
    for (number, run) in all.iter().enumerate() {
        for table in base.tables.iter().filter(wanted) {
            for row in &table.rows {
                for (at, column) in table.columns.iter().enumerate().filter(|(_, c)| c.compared) {
                    let value = |r: &RunResult| {
                        let table = r.tables.iter().find(|t| t.id == table.id)?;
                        table.value(&row.id, &column.id).map(|(v, _)| v)
                    };
                    let values = sorted(run.results.iter().filter_map(|r| value(r)));
                    let decimals = table.decimals(row, at);
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
                    cells.extend([50, low, high].map(|p| Cell::number(rank(&values, p), decimals)));
                    cells.push(Cell::count(values.len()));
                    if all.len() > 1 {
                        let difference = |own: &&RunResult| {
                            let twin = base.results.iter().find(|b| b.run.seed == own.run.seed)?;
                            Some(value(own)? - value(twin)?)
                        };
                        let apart = sorted(run.results.iter().filter(|_| number > 0).filter_map(difference));
                        cells.extend([50, low, high].map(|p| Cell::number(rank(&apart, p), decimals)));
                    }
                    sheet.rows.push(cells);
                }
            }
        }
    }
    Some(sheet)
}

fn sorted(values: impl Iterator<Item = i64>) -> Vec<i64> {
    let mut values: Vec<i64> = values.collect();
    values.sort_unstable();
    values
}

/// The value of the nearest rank.
fn rank(values: &[i64], percent: usize) -> Option<i64> {
    values.get((percent * values.len()).div_ceil(100).max(1) - 1).copied()
}
