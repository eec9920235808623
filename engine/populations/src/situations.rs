//! What the aids and the publics ask beyond a household's shape: since when someone works, whether
//! they move for it, where they live now, what they want to buy or repair.
//!
//! Each is a hypothesis of the population file, drawn after all else from a draw of its own, so that
//! it changes nothing that is drawn before.

use super::TableOut;
use super::deck::Draw;
use super::spec::{Drawn, Spec};
use logis_language::value::{add_days, add_months, days_between};

/// What the aids to employees ask of a person: since when they work, whether they move for it, whether
/// they are in difficulty. Whoever has no contract does not move for one.
pub(super) fn situations(spec: &Spec, persons: &mut TableOut, draw: &mut Draw) {
    let place = |name: &str| persons.header.iter().position(|h| *h == name).unwrap_or(usize::MAX);
    let (contract, link, gross) = (place("type_contrat"), place("lien"), place("salaire_mensuel"));
    let job = &spec.emploi;
    for row in &mut persons.rows {
        let is = |at: usize, names: &[&str]| row.get(at).is_some_and(|cell| names.contains(&cell.as_str()));
        let works = !is(contract, &["", "sans"]);
        let child = is(link, &["enfant"]);
        let trial = works && draw.percent(job.periode_essai_pour_cent);
        let moves = works && draw.percent(job.mobilite_pour_cent);
        let trouble = !child && draw.percent(job.difficulte_pour_cent);
        let hired = if works { before(spec, job.embauche_mois, draw) } else { String::new() };
        let moved = if moves { before(spec, job.mutation_mois, draw) } else { String::new() };
        let gross = row.get(gross).and_then(|cell| cell.parse::<i64>().ok());
        let net = gross.map_or_else(String::new, |g| (g * job.salaire_net_pour_cent / 100).to_string());
        row.extend([trial.to_string(), hired, moves.to_string(), moved, trouble.to_string(), net]);
    }
    persons.header.extend(
        [
            "periode_essai",
            "date_embauche",
            "mobilite_professionnelle",
            "date_mutation",
            "difficulte_logement",
            "salaire_net_mensuel",
        ]
        .map(String::from),
    );
}

/// A day of the last so many months.
fn before(spec: &Spec, months: i64, draw: &mut Draw) -> String {
    let as_of = Spec::day(&spec.as_of);
    let first = add_months(as_of, -months).unwrap_or(as_of);
    add_days(as_of, -draw.between(0, days_between(first, as_of))).unwrap_or(as_of).to_string()
}

/// Adds the columns that `drawn` names, in the order of their names. Rows that `passive` picks get a
/// plain no for what is yes or no, and nothing for the rest.
pub(super) fn fields(
    spec: &Spec,
    drawn: &Drawn,
    table: &mut TableOut,
    passive: impl Fn(&[String]) -> bool,
    draw: &mut Draw,
) {
    let passive: Vec<bool> = table.rows.iter().map(|row| passive(row)).collect();
    let mut column = |name: &str, none: &str, cell: &mut dyn FnMut(&mut Draw) -> String| {
        table.header.push(name.to_string());
        for (row, passive) in table.rows.iter_mut().zip(&passive) {
            row.push(if *passive { none.to_string() } else { cell(draw) });
        }
    };
    for (name, value) in &drawn.toujours {
        column(name, value, &mut |_| value.clone());
    }
    for (name, percent) in &drawn.oui_pour_cent {
        column(name, "false", &mut |draw| draw.percent(*percent).to_string());
    }
    for (name, months) in &drawn.mois {
        column(name, "", &mut |draw| before(spec, *months, draw));
    }
    for (name, (low, high)) in &drawn.entre {
        column(name, "", &mut |draw| draw.between(*low, *high).to_string());
    }
    for (name, weights) in &drawn.parmi {
        let total: u64 = weights.values().sum();
        column(name, "", &mut |draw| {
            let mut left = draw.between(1, i64::try_from(total).unwrap_or(i64::MAX)) as u64;
            let picked = weights.iter().find(|(_, weight)| {
                let here = left <= **weight;
                left = left.saturating_sub(**weight);
                here
            });
            picked.map_or_else(String::new, |(value, _)| value.clone())
        });
    }
}

/// Projects to buy or to repair: one for so many in a hundred of the applicants.
pub(super) fn projects(spec: &Spec, persons: &TableOut, draw: &mut Draw) -> TableOut {
    let heads = persons.column("personne_id").zip(persons.column("lien")).filter(|(_, l)| *l == "demandeur");
    let mut table = TableOut::new("projets", &["projet_id", "personne_id"], Vec::new());
    for (person, _) in heads {
        if draw.percent(spec.projets.pour_cent) {
            table.rows.push(vec![format!("PR{:04}", table.rows.len() + 1), person.to_string()]);
        }
    }
    fields(spec, &spec.projets.champs, &mut table, |_| false, draw);
    table
}

/// The threshold of the first quartile: the highest income per consumption unit of the poorest quarter
/// of the requests whose income is known. Adds it to each request.
pub(super) fn first_quartile(spec: &Spec, requests: &mut TableOut, persons: &TableOut) {
    let fourteen = add_months(Spec::day(&spec.as_of), -14 * 12).map_or_else(String::new, |d| d.to_string());
    let mut units: std::collections::BTreeMap<&str, i64> = std::collections::BTreeMap::new();
    for (request, born) in persons.column("demande_id").zip(persons.column("date_naissance")) {
        // In tenths: half a unit more for the first, then half or three tenths each.
        *units.entry(request).or_insert(5) += if *born <= *fourteen { 5 } else { 3 };
    }
    let mut incomes: Vec<i64> = requests
        .column("demande_id")
        .zip(requests.column("revenus_12_mois"))
        .filter_map(|(id, income)| Some(income.parse::<i64>().ok()? * 10 / units.get(id)?))
        .collect();
    incomes.sort_unstable();
    let threshold = (incomes.len() / 4).checked_sub(1).and_then(|at| incomes.get(at)).copied();
    let threshold = threshold.map_or_else(String::new, |t| t.to_string());
    requests.header.push("seuil_premier_quartile".to_string());
    for row in &mut requests.rows {
        row.push(threshold.clone());
    }
}
