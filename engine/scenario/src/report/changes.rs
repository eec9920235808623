//! Who gains and who loses against the baseline, household by household.

use std::collections::BTreeMap;

use super::{Cell, Repeated, Sheet};
use crate::measure::label;
use crate::run::{Household, RunResult};
use crate::simulation::Simulation;

/// The sheets of gains and losses, and the one of the households that change. They compare the first
/// repetition, whose households are the same.
pub(super) fn sheets(simulation: &Simulation, all: &[Repeated<'_>]) -> (Vec<Sheet>, Option<Sheet>) {
    let Some((base, variants)) = all.split_first().filter(|(_, v)| !v.is_empty()) else {
        return (Vec::new(), None);
    };
    let Some(base) = base.results.first() else { return (Vec::new(), None) };
    let pairs: Vec<(&str, &RunResult)> =
        variants.iter().filter_map(|v| Some((v.title.as_str(), *v.results.first()?))).collect();
    let gains = groups(simulation, base, &pairs);
    (vec![gains], Some(households(simulation, base, &pairs)))
}

/// What became of a household.
fn outcome(before: Option<&Household>, after: Option<&Household>) -> Option<&'static str> {
    let unit = |h: Option<&Household>| h.map(|h| h.unit.is_some());
    match (unit(before), unit(after)) {
        (Some(false), Some(true)) => Some("gagne un logement"),
        (Some(true), Some(false)) => Some("perd un logement"),
        (None, Some(true)) => Some("nouvelle demande, servie"),
        (None, Some(false)) => Some("nouvelle demande, non servie"),
        (Some(_), None) => Some("demande retirée"),
        (Some(true), Some(true)) if before.map(|h| &h.unit) != after.map(|h| &h.unit) => {
            Some("change de logement")
        }
        _ => None,
    }
}

fn by_id(result: &RunResult) -> BTreeMap<&str, &Household> {
    result.households.iter().map(|h| (h.id.as_str(), h)).collect()
}

/// The names of the measures by which requests are told apart, from the tables.
fn dimensions(base: &RunResult) -> Vec<&str> {
    base.tables.iter().filter_map(|t| t.id.strip_prefix("demandes_par_")).collect()
}

/// A group and its value; by variant: gains and losses.
type Line = ((String, String), Vec<[usize; 2]>);

/// Gains and losses by group: of a unit, then of eligibility.
fn groups(simulation: &Simulation, base: &RunResult, variants: &[(&str, &RunResult)]) -> Sheet {
    let parsed = simulation.pack().parsed();
    let mut sheet = Sheet::new(
        "gains_pertes",
        "Qui gagne, qui perd",
        "Demandes de la situation de base, comparées une à une : servies dans la variante et non dans la base, et l'inverse ; puis les règles dont la réponse change. Les demandes que la variante ajoute sont comptées à part.",
        "comparaison des deux appariements",
    );
    sheet.header = vec!["Groupe".into(), "Valeur".into()];
    for (title, _) in variants {
        sheet.header.extend([
            format!("{title} : gagnent"),
            format!("{title} : perdent"),
            format!("{title} : solde"),
        ]);
    }
    let mut lines: Vec<Line> = Vec::new();
    let mut add = |key: (String, String), variant: usize, side: usize| {
        let at = lines.iter().position(|(k, _)| *k == key).unwrap_or_else(|| {
            lines.push((key, vec![[0; 2]; variants.len()]));
            lines.len() - 1
        });
        if let Some(slot) = lines.get_mut(at).and_then(|l| l.1.get_mut(variant)).and_then(|s| s.get_mut(side))
        {
            *slot += 1;
        }
    };
    let before = by_id(base);
    let names: Vec<String> = dimensions(base).iter().map(|n| label(parsed, n)).collect();
    let rules: Vec<String> = base
        .tables
        .iter()
        .find(|t| t.id == "eligibilite")
        .map_or_else(Vec::new, |t| t.rows.iter().map(|r| r.label.clone()).collect());
    for (variant, (_, result)) in variants.iter().enumerate() {
        let after = by_id(result);
        for (id, own) in &before {
            let Some(there) = after.get(id) else { continue };
            let side = match outcome(Some(own), Some(there)) {
                Some("gagne un logement") => Some(0),
                Some("perd un logement") => Some(1),
                _ => None,
            };
            if let Some(side) = side {
                add(("Ensemble".into(), "logement".into()), variant, side);
                for (name, value) in names.iter().zip(&own.by) {
                    add((name.clone(), value.clone()), variant, side);
                }
            }
            for ((rule, a), b) in rules.iter().zip(&own.eligible).zip(&there.eligible) {
                match (a, b) {
                    (Some(false), Some(true)) => add(("Règle".into(), rule.clone()), variant, 0),
                    (Some(true), Some(false)) => add(("Règle".into(), rule.clone()), variant, 1),
                    _ => {}
                }
            }
        }
        for (id, there) in &after {
            if !before.contains_key(id) {
                add(
                    ("Demandes ajoutées".into(), "servies (gagnent) ou non (perdent)".into()),
                    variant,
                    usize::from(there.unit.is_none()),
                );
            }
        }
    }
    let order = |group: &str| -> usize {
        match group {
            "Ensemble" => 0,
            "Règle" => names.len() + 1,
            "Demandes ajoutées" => names.len() + 2,
            other => 1 + names.iter().position(|n| n == other).unwrap_or(0),
        }
    };
    lines.sort_by(|(a, _), (b, _)| (order(&a.0), &a.1).cmp(&(order(&b.0), &b.1)));
    for ((group, value), counts) in lines {
        let mut cells = vec![Cell::Text(group), Cell::Text(value)];
        for [gain, loss] in counts {
            let net = i64::try_from(gain).unwrap_or(0) - i64::try_from(loss).unwrap_or(0);
            cells.extend([Cell::count(gain), Cell::count(loss), Cell::Number { value: net, decimals: 0 }]);
        }
        sheet.rows.push(cells);
    }
    sheet
}

/// Each household whose housing changes.
fn households(simulation: &Simulation, base: &RunResult, variants: &[(&str, &RunResult)]) -> Sheet {
    let parsed = simulation.pack().parsed();
    let mut sheet = Sheet::new(
        "menages",
        "Les ménages dont le sort change",
        "Une ligne par demande et par variante ; « change de logement » ne se voit que dans le classeur et le CSV.",
        "comparaison des deux appariements",
    );
    sheet.header =
        ["Variante", "Demande", "Sort", "Logement avant", "Logement après"].map(str::to_string).to_vec();
    sheet.header.extend(dimensions(base).iter().map(|n| label(parsed, n)));
    let before = by_id(base);
    for (title, result) in variants {
        let after = by_id(result);
        let mut ids: Vec<&str> = before.keys().chain(after.keys()).copied().collect();
        ids.sort_unstable();
        ids.dedup();
        for id in ids {
            let (own, there) = (before.get(id).copied(), after.get(id).copied());
            let Some(what) = outcome(own, there) else { continue };
            let unit = |h: Option<&Household>| h.and_then(|h| h.unit.clone()).map_or(Cell::Empty, Cell::Text);
            let text = |t: &str| Cell::Text(t.to_string());
            let mut cells = vec![text(title), text(id), text(what), unit(own), unit(there)];
            cells.extend(own.or(there).iter().flat_map(|h| &h.by).map(|v| text(v)));
            sheet.rows.push(cells);
        }
    }
    sheet
}
