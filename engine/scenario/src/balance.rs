//! The balance of several years: what each year began and ended with, and what they add up to.

use std::collections::BTreeMap;

use super::measure::{Measures, Sums, waiting};
use super::run::Household;
use super::table::{Table, count, mean, percent, ratio, scaled};
use super::weeks::SHEETS;
use super::years::Flow;
use logis_language::value::{Date, Exact};

/// A year that is done.
pub(super) struct Done {
    pub date: Date,
    pub flow: Flow,
    pub measures: Measures,
}

/// Tables of which every year is shown, besides those of sessions; of the others, the last year is.
const EVERY_YEAR: [&str; 3] = ["quotas", "reservations", "aides_montants"];

const SUMMARY: &str = "Toutes les années ensemble : chaque demande compte une fois, un logement autant de fois qu'il est offert de nouveau ; demandes non servies et logements libres à la fin de la dernière année ; moyennes sur toutes les attributions. Chaque appariement est prouvé et sa preuve vérifiée.";

const WAITED: &str = "Ancienneté de la demande en mois entiers : à l'attribution pour les demandes servies, toutes années ensemble ; à la fin de la dernière année pour celles qui attendent encore.";

const YEARS: &str = "À chaque date, tout est décidé avec les règles et les barèmes alors en vigueur. Qui n'est pas servi revient l'année suivante, plus ancien ; qui l'est s'en va. Reportées : en attente de l'année d'avant. Libérés : logements attribués auparavant et rendus. Restés : libres à la fin de l'année d'avant.";

const COHORTS: &str = "Les demandes suivies depuis l'année de leur arrivée (« au début » : celles de la première année) jusqu'à la dernière. Attente médiane : le nombre de mois en lequel la moitié des demandes de la ligne a été servie ; rien, si la moitié ne l'a pas encore été.";

/// The tables and the households of all years together.
pub(super) fn tables(done: Vec<Done>, arrived: &BTreeMap<String, usize>) -> (Vec<Table>, Vec<Household>) {
    let Some(last) = done.len().checked_sub(1) else { return (Vec::new(), Vec::new()) };
    let mut sums = Sums::default();
    for (year, one) in done.iter().enumerate() {
        match year {
            0 => sums = one.measures.sums.clone(),
            _ => sums.add(
                &one.measures.sums,
                one.flow.arrived as u64,
                (one.flow.new_units + one.flow.freed) as u64,
            ),
        }
    }
    let mut tables = vec![sums.table("L'essentiel", SUMMARY), years(&done, &sums), cohorts(&done, arrived)];
    if let Some(waits) = &sums.waits {
        tables.push(waiting(waits, WAITED, "règle d'ancienneté du paquet"));
    }
    let mut households: BTreeMap<String, Household> = BTreeMap::new();
    for (year, one) in done.into_iter().enumerate() {
        let name = one.date.year();
        for mut table in one.measures.tables {
            if ["synthese", "attente"].contains(&table.id.as_str()) {
                continue;
            }
            // Tables that would be too long over years are those of the last one.
            if !EVERY_YEAR.iter().chain(&SHEETS).any(|id| *id == table.id) {
                if year == last {
                    table.title = format!("{} (année {name})", table.title);
                    tables.push(table);
                }
                continue;
            }
            for row in &mut table.rows {
                row.id = format!("{name}_{}", row.id);
                row.label = format!("{name} · {}", row.label);
            }
            match tables.iter_mut().find(|t| t.id == table.id) {
                Some(all) => all.rows.append(&mut table.rows),
                None => tables.push(table),
            }
        }
        for household in one.measures.households {
            // Each as it was seen last: a later year replaces an earlier one.
            households.insert(household.id.clone(), household);
        }
    }
    (tables, households.into_values().collect())
}

/// The mean waiting time of those served or not, with one decimal.
fn waited(sums: &Sums, wanted: bool) -> Option<i64> {
    mean(sums.waits.iter().flatten().filter(|(_, served)| *served == wanted).map(|(n, _)| *n), 1)
}

/// A row a year, and one for all.
fn years(done: &[Done], all: &Sums) -> Table {
    let mut table =
        Table::new("annees", "Année par année", "Année", YEARS, "règles de `[matching]` du paquet")
            .column("demandes", "Demandes", "demandes", 0, false)
            .column("reportees", "dont reportées", "demandes", 0, false)
            .column("nouvelles", "dont nouvelles", "demandes", 0, false)
            .column("logements", "Logements offerts", "logements", 0, false)
            .column("neufs", "dont nouveaux", "logements", 0, false)
            .column("liberes", "dont libérés", "logements", 0, false)
            .column("restes", "dont restés libres", "logements", 0, false)
            .column("attributions", "Attributions", "attributions", 0, true)
            .share("part", "Part servie", true)
            .column("non_servies", "Non servies en fin d'année", "demandes", 0, true)
            .column("retirees", "dont renoncent", "demandes", 0, false)
            .column("libres", "Logements libres en fin d'année", "logements", 0, true)
            .column("attente", "Ancienneté moyenne des servies", "mois", 1, true)
            .column("attente_non_servies", "Ancienneté moyenne des non servies", "mois", 1, true)
            .column("priorite", "Priorité moyenne des servies", "points", 1, false);
    let line = |sums: &Sums, flow: &Flow, first: bool| {
        let (requests, units) = (sums.requests as usize, sums.units as usize);
        // In the first year all are new.
        let new = if first { requests } else { flow.arrived };
        let new_units = if first { units.saturating_sub(flow.freed) } else { flow.new_units };
        vec![
            count(sums.requests),
            count(requests.saturating_sub(new)),
            count(new),
            count(sums.units),
            count(new_units),
            count(flow.freed),
            count(units.saturating_sub(new_units + flow.freed)),
            count(sums.attributions),
            percent(sums.attributions, sums.requests, 1),
            count(sums.left),
            count(flow.withdrawn),
            count(sums.free),
            waited(sums, true),
            waited(sums, false),
            ratio(i128::from(sums.priority), i128::from(sums.attributions), 1),
        ]
    };
    let mut flows = Flow::default();
    for (year, one) in done.iter().enumerate() {
        let name = one.date.year().to_string();
        let cells = line(&one.measures.sums, &one.flow, year == 0);
        let new_units = cells.get(4).copied().flatten().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        flows.arrived += one.flow.arrived;
        flows.new_units += new_units;
        flows.freed += one.flow.freed;
        flows.withdrawn += one.flow.withdrawn;
        table.row(&name, &name, cells);
        table.of(one.measures.sums.requests);
    }
    // Over all years each request is new once, and no unit is offered for having stayed.
    flows.arrived = all.requests as usize;
    table.row("total", "Ensemble", line(all, &flows, false));
    table.of(all.requests);
    table
}

/// What becomes of those who arrive in a year.
fn cohorts(done: &[Done], arrived: &BTreeMap<String, usize>) -> Table {
    let mut table = Table::new(
        "cohortes",
        "L'attente, par année d'arrivée",
        "Arrivée",
        COHORTS,
        "règle d'ancienneté du paquet",
    )
    .column("demandes", "Demandes", "demandes", 0, false);
    for one in done {
        let name = one.date.year();
        table = table.column(&format!("servies_{name}"), &format!("Servies en {name}"), "demandes", 0, false);
    }
    table = table
        .column("servies", "Servies en tout", "demandes", 0, true)
        .share("part", "Part servie", true)
        .column("en_attente", "En attente à la fin", "demandes", 0, true)
        .column("retirees", "Ont renoncé", "demandes", 0, false)
        .column("attente", "Attente moyenne des servies", "mois", 1, true)
        .column("mediane", "Attente médiane de toutes", "mois", 0, true);
    // By request: the year in which it was served, or was seen last; and its waiting time then.
    let mut fates: BTreeMap<&str, (usize, bool, Option<Exact>)> = BTreeMap::new();
    for (year, one) in done.iter().enumerate() {
        for household in &one.measures.households {
            let wait = household.wait.map(|n| Exact::from_integer(n.into()));
            fates.insert(&household.id, (year, household.unit.is_some(), wait));
        }
    }
    let last = done.len().saturating_sub(1);
    for cohort in 0..done.len() {
        let own: Vec<&(usize, bool, Option<Exact>)> = arrived
            .iter()
            .filter(|(_, c)| **c == cohort)
            .filter_map(|(id, _)| fates.get(id.as_str()))
            .collect();
        let served: Vec<_> = own.iter().filter(|f| f.1).collect();
        let mut waits: Vec<Exact> = served.iter().filter_map(|f| f.2).collect();
        waits.sort();
        // Whoever is not served counts as waiting longer than those who are.
        // The median of all of the cohort, served or not: its place among the sorted waits of those served,
        // if it is one of them.
        let half = own.len().div_ceil(2);
        let middle = half.checked_sub(1).and_then(|at| waits.get(at)).and_then(|n| scaled(n, 0));
        let waiting = own.iter().filter(|f| !f.1 && f.0 == last).count();
        let mut cells = vec![count(own.len())];
        cells.extend((0..done.len()).map(|year| count(served.iter().filter(|f| f.0 == year).count())));
        cells.extend([
            count(served.len()),
            percent(served.len() as u64, own.len() as u64, 1),
            count(waiting),
            count(own.len() - served.len() - waiting),
            mean(waits.iter().copied(), 1),
            middle,
        ]);
        let year = done.get(cohort).map_or(0, |one| one.date.year());
        let label = if cohort == 0 { format!("au début ({year})") } else { format!("en {year}") };
        table.row(&year.to_string(), &label, cells);
        table.of(own.len() as u64);
    }
    table
}
