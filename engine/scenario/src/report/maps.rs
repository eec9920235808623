//! The figures of places, as maps show them: requests and units by commune, and who gains and loses there.

use super::{Cell, Head, Sheet};
use crate::map::{Figures, Named, Shown};
use crate::measure::label;
use crate::simulation::Simulation;
use crate::spoken::Spoken;

/// The maps of all sheets by place, whether or not there are contours.
pub(super) fn maps(
    simulation: &Simulation,
    spoken: &Spoken<'_>,
    sheets: &[Sheet],
    runs: &[Head],
) -> Vec<Figures> {
    let mut all = Vec::new();
    let Some(base) = runs.first() else { return all };
    for sheet in sheets {
        let Some((kind, field)) = ["demandes_par_", "logements_par_"]
            .into_iter()
            .find_map(|kind| Some((kind, sheet.id.strip_prefix(kind)?)))
        else {
            continue;
        };
        let Some((table, by_name)) = spoken.places_of(field) else { continue };
        let there = simulation.codes_of(table);
        let place = |text: &str| -> Named {
            match by_name {
                true => Named { name: text.to_string(), codes: spoken.codes_of(table, text, there.as_ref()) },
                false => {
                    let name = spoken.named(table, text).unwrap_or_else(|| text.to_string());
                    Named { name, codes: vec![text.to_string()] }
                }
            }
        };
        let column = |name: &str| sheet.header.iter().position(|header| header.starts_with(name));
        let (count, rate) = match kind {
            "demandes_par_" => ("Demandes", "Part servie"),
            _ => ("Logements", "Valeur d'un logement de plus"),
        };
        let (Some(count_at), Some(rate_at)) = (column(count), column(rate)) else { continue };
        let places: Vec<(&Vec<Cell>, Named)> = sheet
            .rows
            .iter()
            .filter_map(|row| match row.first() {
                Some(Cell::Text(text)) => Some((row, place(text))),
                _ => None,
            })
            .collect();
        let cell = |row: &[Cell], at: usize| row.get(at).cloned().unwrap_or(Cell::Empty);
        let unit = sheet.header.get(rate_at).cloned().unwrap_or_default();
        all.push(Figures {
            sheet: sheet.id.clone(),
            title: format!("{count} et {}, {}", lower(&unit), lower(&base.title)),
            count: count.to_lowercase(),
            rate: unit,
            signed: false,
            places: places
                .iter()
                .map(|(row, place)| Shown {
                    place: place.clone(),
                    count: cell(row, count_at),
                    rate: cell(row, rate_at),
                })
                .collect(),
        });
        if kind == "demandes_par_" {
            let group = label(simulation.pack().parsed(), field);
            all.extend(gains(sheets, &group, runs, &place));
        }
    }
    all
}

/// Who gains and who loses, variant by variant.
fn gains(sheets: &[Sheet], group: &str, runs: &[Head], place: &impl Fn(&str) -> Named) -> Vec<Figures> {
    let Some(sheet) = sheets.iter().find(|sheet| sheet.id == "gains_pertes") else { return Vec::new() };
    let is_of = |row: &&Vec<Cell>| matches!(row.first(), Some(Cell::Text(text)) if text == group);
    let rows: Vec<&Vec<Cell>> = sheet.rows.iter().filter(is_of).collect();
    let of_variant = |(variant, run): (usize, &Head)| {
        let shown = |row: &&Vec<Cell>| {
            let Some(Cell::Text(name)) = row.get(1) else { return None };
            let net = row.get(4 + 3 * variant).cloned()?;
            Some(Shown { place: place(name), count: net, rate: Cell::Empty })
        };
        let places: Vec<Shown> = rows.iter().filter_map(shown).collect();
        let moved = places.iter().any(|one| one.count.as_number().is_some_and(|(value, _)| value != 0));
        moved.then(|| Figures {
            sheet: sheet.id.clone(),
            title: format!("Demandes servies de plus et de moins, {}", lower(&run.title)),
            count: "solde des demandes servies".to_string(),
            rate: String::new(),
            signed: true,
            places,
        })
    };
    runs.iter().skip(1).enumerate().filter_map(of_variant).collect()
}

/// A title that goes on in a sentence.
fn lower(text: &str) -> String {
    let mut letters = text.chars();
    match (letters.next(), letters.clone().next()) {
        (Some(first), Some(second)) if second.is_lowercase() => first.to_lowercase().chain(letters).collect(),
        _ => text.to_string(),
    }
}
