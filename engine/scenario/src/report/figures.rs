//! Figures from elsewhere and targets, beside the figures computed.

use super::{Cell, Repeated, Sheet};
use crate::file::{Scenario, Wanted};
use crate::sheet::{exact, shortest};
use crate::table::{Table, scaled};
use crate::texts;
use logis_language::diagnostic::{PackError, Span};
use logis_language::value::sub;

/// A figure `TABLE.ROW.COLUMN` of some tables.
fn figure(tables: &[Table], name: &str) -> Option<(i64, u32)> {
    let mut parts = name.split('.');
    let (table, row, column) = (parts.next()?, parts.next()?, parts.next()?);
    tables.iter().find(|t| t.id == table)?.value(row, column)
}

/// Figures from elsewhere, beside those computed.
pub(super) fn observed(scenario: &Scenario, all: &[Repeated<'_>]) -> Result<Option<Sheet>, PackError> {
    let Some(base) = all.first().filter(|_| !scenario.observed.is_empty()) else { return Ok(None) };
    let mut sheet = Sheet::new(
        "observe",
        "Observé et calculé",
        "Le chiffre publié face au chiffre calculé. Distance annoncée : celle dans laquelle la situation de base doit tomber. Ce qui cale les données, et ce qui ne cale rien, est dit à chaque ligne.",
        "dite à chaque ligne",
    );
    sheet.header = ["Chiffre", "Observé", "Distance annoncée"].map(str::to_string).to_vec();
    for run in all {
        sheet.header.extend([run.title.clone(), "écart".into()]);
    }
    sheet.header.extend(["Source".into(), "Explication".into()]);
    for expected in &scenario.observed {
        let (Some((name, span)), Wanted::Is(value)) = (&expected.figure, &expected.wanted) else { continue };
        if figure(&base.tables, name).is_none() {
            return Err(no_figure(scenario, name, span.clone(), &base.tables));
        }
        let within = expected.within.as_ref().map_or(Cell::Empty, shortest);
        let mut cells = vec![Cell::Text(expected.label.clone()), shortest(value), within];
        for run in all {
            cells.extend(match figure(&run.tables, name) {
                None => [Cell::Empty, Cell::Empty],
                Some((found, decimals)) => {
                    let difference = sub(&exact(found, decimals), value).ok();
                    let difference = difference.and_then(|difference| scaled(&difference, decimals));
                    [Cell::Number { value: found, decimals }, Cell::number(difference, decimals)]
                }
            });
        }
        cells.extend([Cell::Text(expected.source.clone()), Cell::Text(expected.text.clone())]);
        sheet.rows.push(cells);
    }
    Ok(Some(sheet))
}

/// What is wanted, and whether each run reaches it.
pub(super) fn targets(scenario: &Scenario, all: &[Repeated<'_>]) -> Result<Option<Sheet>, PackError> {
    let Some(base) = all.first().filter(|_| !scenario.targets.is_empty()) else { return Ok(None) };
    let mut sheet = Sheet::new(
        "objectifs",
        "Objectifs atteints ou manqués",
        "Le chiffre calculé face à ce qui est voulu. « non simulé » : aucun calcul de ce scénario ne peut le dire, et l'explication dit pourquoi.",
        "dite à chaque ligne",
    );
    sheet.header = ["Objectif", "Référence", "Voulu", "Unité"].map(str::to_string).to_vec();
    for run in all {
        sheet.header.extend([run.title.clone(), "atteint".into()]);
    }
    sheet.header.extend(["Source".into(), "Explication".into()]);
    for target in &scenario.targets {
        let name = target.figure.as_ref();
        if let Some((name, span)) = name
            && figure(&base.tables, name).is_none()
        {
            return Err(no_figure(scenario, name, span.clone(), &base.tables));
        }
        let found = |run: &Repeated<'_>| figure(&run.tables, &name?.0);
        // What is wanted may be what a variant reaches.
        let (least, wanted, words) = match &target.wanted {
            Wanted::AtLeast(n) | Wanted::Is(n) => (true, Some(*n), "au moins "),
            Wanted::AtMost(n) => (false, Some(*n), "au plus "),
            Wanted::AtLeastIn((variant, _)) => {
                let twin = scenario.variants.iter().position(|v| v.name.0 == *variant);
                let is = |r: &&Repeated<'_>| r.results.first().is_some_and(|r| r.run.variant == twin);
                let twin = twin.and_then(|_| all.iter().find(is));
                (true, twin.and_then(found).map(|(n, d)| exact(n, d)), "au moins ")
            }
        };
        let mut shown =
            wanted.as_ref().map_or_else(|| "inconnu".to_string(), |n| format!("{words}{}", shortest(n)));
        if let Wanted::AtLeastIn((variant, _)) = &target.wanted {
            let named = scenario.variants.iter().find(|v| v.name.0 == *variant);
            shown.push_str(&format!(" (« {} »)", named.map_or(variant, |v| &v.title)));
        }
        let text = |t: &str| Cell::Text(t.to_string());
        let mut cells =
            vec![text(&target.label), text(&target.reference), Cell::Text(shown), text(&target.unit)];
        for run in all {
            cells.extend(match (found(run), &wanted) {
                (Some((value, decimals)), Some(wanted)) => {
                    let (value_is, number) = (exact(value, decimals), Cell::Number { value, decimals });
                    let reached = if least { value_is >= *wanted } else { value_is <= *wanted };
                    [number, text(if reached { "oui" } else { "non" })]
                }
                (Some((value, decimals)), None) => [Cell::Number { value, decimals }, Cell::Empty],
                (None, _) if name.is_none() => [Cell::Empty, text("non simulé")],
                (None, _) => [Cell::Empty, Cell::Empty],
            });
        }
        cells.extend([text(&target.source), text(&target.text)]);
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
    let diagnostic = texts::no_figure(name, names.iter().map(String::as_str), span);
    PackError { diagnostics: vec![diagnostic], sources: scenario.sources.clone() }
}
