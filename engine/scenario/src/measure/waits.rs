//! Waiting time, reservations used, money by aid.

use std::collections::BTreeMap;

use super::counts::{Key, number};
use super::{Planned, label, sources};
use crate::allocation::Allocation;
use crate::decided::Decide;
use crate::table::{Table, count, mean, percent, scaled, sum};
use logis_decide::evaluate::DecisionColumn;
use logis_language::pack::Parsed;
use logis_language::plan::Plan;
use logis_language::value::{Exact, Type, Value};

/// The months from which each class of waiting time counts.
const CLASSES: [(i64, &str); 6] = [
    (0, "moins de 6 mois"),
    (6, "de 6 à 11 mois"),
    (12, "de 12 à 17 mois"),
    (18, "de 18 à 23 mois"),
    (24, "de 24 à 35 mois"),
    (36, "36 mois et plus"),
];

/// How long those waited who are served, and those who still wait.
pub(crate) fn waiting(waits: &[(Exact, bool)], how: &str, source: &str) -> Table {
    let mut table = Table::new("attente", "Depuis combien de temps", "Ancienneté de la demande", how, source)
        .column("servies", "Demandes servies", "demandes", 0, true)
        .share("part", "Part des servies", false)
        .column("en_attente", "Demandes qui attendent encore", "demandes", 0, true);
    let all = waits.iter().filter(|(_, served)| *served).count() as u64;
    for (at, (from, name)) in CLASSES.iter().enumerate() {
        let to = CLASSES.get(at + 1).map(|(to, _)| Exact::from_integer((*to).into()));
        let from_months = Exact::from_integer((*from).into());
        // From the first month of the class up to the first of the next, which is out.
        let within = |n: &Exact| *n >= from_months && to.is_none_or(|to| *n < to);
        let count = |wanted: bool| waits.iter().filter(|(n, s)| *s == wanted && within(n)).count() as u64;
        let (served, left) = (count(true), count(false));
        let cells = vec![i64::try_from(served).ok(), percent(served, all, 1), i64::try_from(left).ok()];
        table.row(&format!("des_{from}"), name, cells);
        table.of(all);
    }
    table
}

/// Units offered and given, by a field: what of the reservations is used.
pub(super) fn reservations(label: &str, column: &DecisionColumn, allocation: &Allocation) -> Table {
    let mut table = Table::new(
        "reservations",
        "Les réservations : offertes et utilisées",
        label,
        "Logements offerts à l'appariement et logements attribués, comptés ; la part est leur quotient.",
        "appariement, dont la preuve est vérifiée",
    )
    .column("offerts", "Offerts", "logements", 0, false)
    .column("attribues", "Attribués", "logements", 0, true)
    .column("libres", "Non utilisés", "logements", 0, true)
    .share("part", "Part utilisée", true);
    let mut groups: BTreeMap<Key, (u64, u64)> = BTreeMap::new();
    let given = allocation.request_of();
    let mut all = (0, 0);
    for (row, request) in given.iter().enumerate() {
        let group = groups.entry(Key::of(column.value(row))).or_default();
        for sum in [group, &mut all] {
            sum.0 += 1;
            sum.1 += u64::from(request.is_some());
        }
    }
    let mut line = |id: &str, label: &str, (offered, used): (u64, u64)| {
        let cells = vec![count(offered), count(used), count(offered - used), percent(used, offered, 1)];
        table.row(id, label, cells);
        table.of(offered);
    };
    for (key, sum) in &groups {
        line(&key.name(), &key.name(), *sum);
    }
    line("total", "Ensemble", all);
    table
}

/// What an aid's amounts are, and to whom they are open.
struct Aid {
    name: String,
    /// The rule that says who is eligible.
    who: Option<String>,
    unit: String,
}

impl Planned {
    /// Money by aid: who is eligible, and what the rules give each.
    pub(super) fn money(&self, parsed: &Parsed, decide: &Decide<'_>) -> Option<Table> {
        if self.money.is_empty() {
            return None;
        }
        let names: Vec<String> =
            self.money.iter().flat_map(|p| p.selected.iter().map(|(n, _)| n.clone())).collect();
        let mut table = Table::new(
            "aides_montants",
            "L'argent, aide par aide",
            "Aide",
            "Chaque règle est décidée pour chaque personne ou demande du jeu de données. Éligibles : ceux pour qui la règle d'éligibilité est vraie. Total : la somme des montants que la règle donne à chacun. C'est une borne supérieure et non une prévision : tous ne demandent pas, une aide peut en exclure une autre, et « au plus » dans un nom dit que la règle ne donne qu'un plafond. EUR/mois : la somme d'un mois. Sans montant : aucune règle du paquet ne le donne.",
            &sources(parsed, &names),
        )
        .column("eligibles", "Éligibles", "", 0, true)
        .column("inconnus", "Éligibilité ou montant inconnu", "", 0, false)
        .column("beneficiaires", "Montant non nul", "", 0, false)
        .column("total", "Total, au plus", "EUR", 2, true)
        .column("moyen", "Moyenne par montant non nul", "EUR", 2, false);
        for (slot, plan) in self.money.iter().enumerate() {
            let decided = decide.rows(&format!("argent {slot}"), plan);
            let column = |name: &str| {
                decided.names.iter().position(|n| n == name).and_then(|at| decided.columns.get(at))
            };
            for aid in aids(parsed, plan) {
                let who = aid.who.as_deref().and_then(column);
                let eligible = who.map(|c| (0..c.len()).filter(|&r| yes(c, r)).count());
                // An aid of which no rule gives an amount has its eligibility alone.
                let amounts = column(&aid.name).filter(|_| Some(&aid.name) != aid.who.as_ref());
                let unknown = |c: &DecisionColumn| (0..c.len()).filter(|&r| c.value(r).is_none()).count();
                let open = amounts.or(who).map(unknown);
                let known: Vec<Exact> = amounts.map_or_else(Vec::new, |c| {
                    let all = (0..c.len()).filter_map(|r| number(c.value(r)));
                    all.filter(|n| *n.numer() != 0).collect()
                });
                let total = sum(known.iter().copied()).filter(|_| amounts.is_some());
                let cells = vec![
                    eligible.and_then(count),
                    open.and_then(count),
                    amounts.and_then(|_| count(known.len())),
                    total.and_then(|t| scaled(&t, 2)),
                    amounts.and_then(|_| mean(known.iter().copied(), 2)),
                ];
                let plain = aid.unit.is_empty() || aid.unit == "EUR";
                let unit = if plain { String::new() } else { format!(", {}", aid.unit) };
                let text = format!("{} ({}{unit})", label(parsed, &aid.name), aid.name);
                table.row(&aid.name, &text, cells);
            }
        }
        Some(table)
    }
}

fn yes(column: &DecisionColumn, row: usize) -> bool {
    column.value(row) == Some(Value::Bool(true))
}

/// The aids of a plan: each rule that gives euros, with the rule of eligibility that it names; then the
/// rules of eligibility that no amount names.
fn aids(parsed: &Parsed, plan: &Plan) -> Vec<Aid> {
    let of = |wanted: &Type| -> Vec<&str> {
        let ty = |node| plan.node(node).map(|n| &n.ty);
        plan.selected.iter().filter(|(_, node)| ty(*node) == Some(wanted)).map(|(n, _)| n.as_str()).collect()
    };
    let booleans = of(&Type::Bool);
    let text = |name: &str| parsed.rule(name).and_then(|id| parsed.rules.get(id)?.texts.last());
    let mut all: Vec<Aid> = Vec::new();
    let units = plan.units();
    for ((name, _), unit) in plan.selected.iter().zip(&units) {
        let Some(unit) = unit.as_ref().filter(|u| u.starts_with("EUR")) else { continue };
        // The rule of eligibility is the first true-or-false rule of the plan that the amount reads.
        let named = text(name).into_iter().flat_map(|t| &t.params).map(|(p, _)| p);
        let who = named.into_iter().find(|p| booleans.contains(&p.as_str())).cloned();
        all.push(Aid { name: name.clone(), who, unit: unit.clone() });
    }
    for name in booleans {
        if !all.iter().any(|a| a.who.as_deref() == Some(name)) {
            all.push(Aid { name: name.to_string(), who: Some(name.to_string()), unit: String::new() });
        }
    }
    all
}
