//! Rows counted by what rules give: outcomes, requests, units.

use std::collections::BTreeMap;

use super::{Group, label, sources};
use crate::allocation::Allocation;
use crate::table::{Table, count, mean, percent, ratio, scaled, sum};
use logis_decide::evaluate::{DecisionColumn, Decisions};
use logis_language::pack::Parsed;
use logis_language::value::{Exact, Type, Value};

pub(super) fn number(value: Option<Value>) -> Option<Exact> {
    match value {
        Some(Value::Number(n)) => Some(n),
        _ => None,
    }
}

/// A value as people read it.
pub(super) fn shown(value: Option<Value>) -> String {
    match value {
        Some(Value::Bool(true)) => "oui".to_string(),
        Some(Value::Bool(false)) => "non".to_string(),
        Some(value) => value.to_string(),
        None => "inconnu".to_string(),
    }
}

/// How often the booleans of a group are true, and the sums of its numbers.
pub(super) fn outcomes(parsed: &Parsed, group: &Group, decided: &Decisions) -> Vec<Table> {
    let of = |wanted: Type| -> Vec<(&String, &DecisionColumn)> {
        let ty = |node| group.plan.node(node).map(|n| &n.ty);
        let selected = group.plan.selected.iter().zip(&decided.columns);
        selected
            .filter(|((_, node), _)| ty(*node) == Some(&wanted))
            .map(|((name, _), column)| (name, column))
            .collect()
    };
    let names: Vec<String> = group.plan.selected.iter().map(|(n, _)| n.clone()).collect();
    let mut tables = Vec::new();
    let booleans = of(Type::Bool);
    if !booleans.is_empty() {
        let mut table = Table::new(&group.id, &group.title, "Règle", "Chaque règle est décidée pour chaque ligne ; « inconnu » : une donnée manquante pourrait changer la réponse, ou la ligne a une erreur.", &sources(parsed, &names))
            .column("oui", "Oui", "lignes", 0, true)
            .column("non", "Non", "lignes", 0, false)
            .column("inconnu", "Inconnu", "lignes", 0, false)
            .share("part", "Part de oui", true);
        for (name, column) in booleans {
            let values: Vec<Option<Value>> = (0..column.len()).map(|row| column.value(row)).collect();
            let given = |wanted| values.iter().filter(|v| **v == wanted).count() as u64;
            let (yes, no) = (given(Some(Value::Bool(true))), given(Some(Value::Bool(false))));
            let all = values.len() as u64;
            // What is neither is unknown or an error: the three add up to the rows.
            let cells = [yes, no, all - yes - no].map(count);
            table.row(name, &label(parsed, name), cells.into_iter().chain([percent(yes, all, 1)]).collect());
            table.of(all);
        }
        tables.push(table);
    }
    let numbers = of(Type::Number);
    if !numbers.is_empty() {
        let id = format!("{}_sommes", group.id);
        let mut table = Table::new(&id, &format!("{} : sommes", group.title), "Règle", "Somme des résultats connus de chaque règle ; « nombre » : lignes dont le résultat n'est pas nul. Ce que les règles ouvriraient si chacun demandait : ce n'est pas une prévision de dépense.", &sources(parsed, &names))
            .column("somme", "Somme", "unité de la règle", 2, true)
            .column("nombre", "Nombre", "lignes", 0, true)
            .column("inconnu", "Inconnu", "lignes", 0, false);
        for (name, column) in numbers {
            let values: Vec<Option<Exact>> = (0..column.len()).map(|row| number(column.value(row))).collect();
            let known = values.iter().flatten();
            // Exact; a sum that does not fit gives no cell.
            let sum = sum(known.clone().copied());
            let some = known.filter(|n| *n.numer() != 0).count();
            let unknown = values.iter().filter(|v| v.is_none()).count();
            table.row(
                name,
                &label(parsed, name),
                vec![sum.and_then(|s| scaled(&s, 2)), count(some), count(unknown)],
            );
        }
        tables.push(table);
    }
    tables
}

/// Requests by what a rule or field gives.
pub(super) fn by_request(
    parsed: &Parsed,
    name: &str,
    column: &DecisionColumn,
    allocation: &Allocation,
    burden: &[Option<Exact>],
) -> Table {
    let label = label(parsed, name);
    let mut groups: BTreeMap<Key, (u64, u64, Vec<Exact>)> = BTreeMap::new();
    for (row, unit) in allocation.unit_of.iter().enumerate() {
        let group = groups.entry(Key::of(column.value(row))).or_default();
        group.0 += 1;
        group.1 += u64::from(unit.is_some());
        // In percent.
        group.2.extend(burden.get(row).copied().flatten().map(|n| n * Exact::from_integer(100)));
    }
    let mut table = Table::new(&format!("demandes_par_{name}"), &format!("Demandes par : {label}"), &label, "Demandes et attributions comptées ; taux d'effort moyen des attributions dont il est connu, aide au logement déduite.", &sources(parsed, &[name.to_string()]))
        .column("demandes", "Demandes", "demandes", 0, false)
        .column("servies", "Servies", "demandes", 0, true)
        .column("non_servies", "Non servies", "demandes", 0, false)
        .share("part", "Part servie", true)
        .column("effort", "Taux d'effort moyen", "%", 1, false);
    for (key, (all, served, burdens)) in groups {
        let name = key.name();
        table.row(
            &name,
            &name,
            vec![
                count(all),
                count(served),
                count(all - served),
                percent(served, all, 1),
                mean(burdens.into_iter(), 1),
            ],
        );
        table.of(all);
    }
    table
}

/// How the value of units is obtained.
const VALUE: &str = "Valeur d'un logement de plus : les points de priorité que l'appariement gagnerait au plus, moyenne des prix de la preuve sur les logements du groupe ; une attribution de plus compte en outre. Nulle : il y a assez de tels logements.";

/// The same where the year is not solved at once.
const NO_VALUE: &str = "Valeur d'un logement de plus : elle se lit dans les prix de l'année appariée d'un coup, qui n'est pas calculée (`at_once = false`).";

/// Units by what some rules or fields give.
pub(super) fn by_unit(id: &str, label: &str, columns: &[&DecisionColumn], allocation: &Allocation) -> Table {
    // Prices are those of the year solved at once.
    let priced = allocation.at_once;
    let (prices, scale) = if priced { allocation.unit_prices() } else { (Vec::new(), 1) };
    let given = allocation.request_of();
    let mut groups: BTreeMap<Vec<Key>, (u64, u64, i128)> = BTreeMap::new();
    for (row, request) in given.iter().enumerate() {
        let key = columns.iter().map(|c| Key::of(c.value(row))).collect();
        // Prices are those of the proof (dual prices), in 1/`scale` of a point.
        let group = groups.entry(key).or_default();
        group.0 += 1;
        group.1 += u64::from(request.is_some());
        group.2 += i128::from(prices.get(row).copied().unwrap_or(0));
    }
    let how = if priced { VALUE } else { NO_VALUE };
    let mut table = Table::new(
        id,
        &if columns.len() == 1 { format!("Logements par : {label}") } else { label.to_string() },
        label,
        how,
        "prix duaux de l'appariement, vérifiés",
    )
    .column("logements", "Logements", "logements", 0, false)
    .column("attribues", "Attribués", "logements", 0, true)
    .column("libres", "Libres", "logements", 0, false)
    .column("valeur", "Valeur d'un logement de plus", "points", 1, true);
    for (key, (all, taken, price)) in groups {
        let name = key.iter().map(Key::name).collect::<Vec<_>>().join(" · ");
        table.row(
            &name,
            &name,
            vec![
                count(all),
                count(taken),
                count(all - taken),
                ratio(price, i128::from(all) * i128::from(scale), 1).filter(|_| priced),
            ],
        );
    }
    table
}

/// A value as a key of rows: numbers in their own order, what is not known last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Known(Value),
    Unknown,
}

impl Key {
    pub(super) fn of(value: Option<Value>) -> Key {
        value.map_or(Key::Unknown, Key::Known)
    }

    pub(super) fn name(&self) -> String {
        match self {
            Key::Known(value) => shown(Some(value.clone())),
            Key::Unknown => shown(None),
        }
    }
}
