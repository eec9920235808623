//! Sweeps, and the spread of repetitions.

use super::sheet::shortest;
use super::{Cell, Repeated, Sheet, medians};
use crate::scenario::file::How;
use crate::scenario::{RunResult, Simulation};
use crate::value::Value;

/// The points of each sweep: what they reach, as medians of their repetitions.
pub(super) fn sweeps(simulation: &Simulation, results: &[RunResult]) -> Vec<Sheet> {
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
pub(super) fn intervals(all: &[Repeated<'_>]) -> Option<Sheet> {
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
