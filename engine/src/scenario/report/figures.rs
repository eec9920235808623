//! Figures from elsewhere and targets, beside the figures computed.

use super::sheet::exact;
use super::{Cell, Repeated, Sheet};
use crate::diagnostic::{Diagnostic, PackError, Span, did_you_mean};
use crate::scenario::Table;
use crate::scenario::file::{Expected, Scenario, french};
use crate::scenario::table::scaled;
use crate::value::Exact;

/// A figure `TABLE.ROW.COLUMN` of some tables.
fn figure(tables: &[Table], name: &str) -> Option<(i64, u32)> {
    let mut parts = name.split('.');
    let (table, row, column) = (parts.next()?, parts.next()?, parts.next()?);
    tables.iter().find(|t| t.id == table)?.value(row, column)
}

/// Figures from elsewhere, or targets, beside those computed.
pub(super) fn expected(
    scenario: &Scenario,
    wanted: &[Expected],
    all: &[Repeated<'_>],
    target: bool,
) -> Result<Option<Sheet>, PackError> {
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
                        false => Cell::number(scaled(&difference, decimals), decimals),
                    });
                }
            }
        }
        cells.extend([Cell::Text(expected.source.clone()), Cell::Text(expected.text.clone())]);
        sheet.rows.push(cells);
    }
    Ok(Some(sheet))
}

fn no_figure(scenario: &Scenario, name: &str, span: Span, tables: &[Table]) -> PackError {
    let mut names: Vec<String> = Vec::new();
    for table in tables {
        for row in &table.rows {
            names.extend(table.columns.iter().map(|c| format!("{}.{}.{}", table.id, row.id, c.id)));
        }
    }
    let near = did_you_mean(name, names.iter().map(String::as_str));
    let diagnostic = Diagnostic::error("L0601", format!("there is no figure `{name}`"), span, near);
    PackError { diagnostics: vec![diagnostic], sources: scenario.sources.clone() }
}
