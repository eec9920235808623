//! `logis demo`: the whole of Logis on the embedded data of Grand Dijon.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::Result;
use logis::data::{Dataset, NO_ROW, column_of};
use logis::evaluate::{Decisions, evaluate};
use logis::explain::{explain, to_text};
use logis::matching::Matching;
use logis::pack::schema::{EntityId, Schema};
use logis::value::{Date, Value};
use logis::{Options, Plan, Posing};

use super::matching;
use super::pairs;
use crate::args::{ReadingArgs, RulesArgs};
use crate::text::{align_numbers, count, empty, percent};
use crate::{End, embedded, input, output};

const PRODUCTS: [&str; 3] = ["PLAI", "PLUS", "PLS"];

/// Decides the requests, matches them to the reserved units, explains a refusal, and sums up.
pub fn run() -> Result<End> {
    let pack = input::pack(&RulesArgs { rules: None, territory: Vec::new() })?;
    let files: Vec<_> = embedded::grand_dijon()
        .into_iter()
        .map(|(name, bytes)| logis::data::InputFile { name, bytes })
        .collect();
    let date = input::as_of(None, &files)?;
    let mut run = input::Run { pack, date, files };
    let requests = run.plan(&["eligible_plai", "eligible_plus", "eligible_pls"])?;
    let units = run.plan(&["financement", "en_quartier_prioritaire", "en_quartier_de_veille"])?;
    let names: Vec<String> = run.pack.expand(&["aides"]).into_iter().map(str::to_string).collect();
    let aids_plan = run.plan(&names.iter().map(String::as_str).collect::<Vec<_>>())?;
    let publics = run.plan(&["public_ani", "public_l441_1", "compte_dans_le_quart", "premier_quartile"])?;
    let later = later(&run)?;
    let plan = pairs::plan(&run, &Options::default())?;
    let pairs = pairs::load(
        &mut run,
        plan,
        &[&requests, &units, &aids_plan, &publics],
        None,
        &ReadingArgs::default(),
    )?;
    let decided_aids = evaluate(&aids_plan, &pairs.dataset);
    let decided_publics = evaluate(&publics, &pairs.dataset);
    let decided = evaluate(&requests, &pairs.dataset);
    let of_units = evaluate(&units, &pairs.dataset);
    let allocation = pairs::solve(pairs, None)?;
    let pairs = &allocation.posing;
    let found = &pairs.instance.candidates;
    let unit_of = by_row(pairs, &allocation.matching);

    let mut text = String::new();
    let about = &pairs.dataset.about;
    let _ = writeln!(text, "{}", about.title.as_deref().unwrap_or("Démonstration"));
    let _ = writeln!(text, "{}", about.text.as_deref().unwrap_or(""));
    let _ = writeln!(text, "Règles et paramètres en vigueur au {date}.");
    eligibility(&decided, pairs::rows(pairs, pairs.instance.requests.entity), &mut text);
    outcomes(&publics, &decided_publics, "Publics et mixité, par demande", &mut text);
    outcomes(&aids_plan, &decided_aids, "Aides, par personne", &mut text);
    by_commune(pairs, &decided, &of_units, &unit_of, &mut text);
    by_product(&of_units, &unit_of, &mut text);
    let open = found.open.iter().filter(|&&n| n > 0).count();
    let _ = writeln!(
        text,
        "\nAppariement : {} candidatures recevables sur {} couples, pour {} logements.\n\
         {} demandes ont un couple au moins qu'une donnée manquante laisse ouvert.",
        count(found.len()),
        count(usize::try_from(found.pairs).unwrap_or(usize::MAX)),
        count(pairs::rows(pairs, pairs.instance.units.entity)),
        count(open),
    );
    text.push_str(&matching::summary(&allocation));
    pairs::say_reserves(allocation.reserves(), pairs::ATTRIBUTIONS);
    for quota in &pairs.plan.not_in_force {
        let from = quota.from.map_or_else(String::new, |from| format!(" avant le {from}"));
        let _ = writeln!(text, "{} : pas en vigueur{from}.", quota.label);
    }
    text.push_str(&later);
    refusal(&run, &pairs.dataset, &decided, &mut text)?;
    text.push_str(
        "\nPour aller plus loin, sur vos données :\n   \
         logis schema --format xlsx --output modele.xlsx     un classeur à remplir\n   \
         logis eval --data modele.xlsx                       qui a droit à quoi\n   \
         logis explain --data modele.xlsx --id D0001         et pourquoi\n   \
         logis match --data modele.xlsx                      quel logement pour qui\n",
    );
    output::print(&text)?;
    Ok(End::Fine)
}

/// The day on which the same requests are matched again: the law of 27 January 2017 is in force.
const LATER: Date = Date::constant(2017, 6, 30);

/// The matching of the same data on the later day: its quotas.
fn later(run: &input::Run) -> Result<String> {
    let mut later = input::Run { pack: run.pack.clone(), date: LATER, files: run.files.clone() };
    let plan = pairs::plan(&later, &Options::default())?;
    let loaded = pairs::load(&mut later, plan, &[], None, &ReadingArgs::default())?;
    let allocation = pairs::solve(loaded, None)?;
    Ok(format!(
        "\nLes mêmes demandes et les mêmes logements au {LATER}, la loi Égalité et citoyenneté étant en vigueur :\n{}",
        matching::summary(&allocation)
    ))
}

/// By row of the request: the row of the unit that it gets.
fn by_row(loaded: &Posing, matching: &Matching) -> Vec<Option<u32>> {
    let (requests, units) = (&loaded.instance.requests, &loaded.instance.units);
    (0_u32..)
        .take(requests.len())
        .map(|row| {
            let unit = matching.unit_of.get(requests.number(row) as usize).copied().flatten();
            unit.map(|unit| units.row(unit))
        })
        .collect()
}

fn eligibility(decided: &Decisions, total: usize, text: &mut String) {
    let mut table = empty(&["Plafond", "Demandes éligibles", "Part", "Non éligibles", "Inconnu"]);
    for (product, column) in PRODUCTS.iter().zip(&decided.columns) {
        let yes = column.iter().filter(|o| o.is_true()).count();
        let no = column.iter().filter(|o| o.value() == Some(&Value::Bool(false))).count();
        table.add_row([
            product.to_string(),
            count(yes),
            percent(yes, total),
            count(no),
            count(total - yes - no),
        ]);
    }
    align_numbers(&mut table);
    let _ = writeln!(text, "\n{} demandes de logement, toutes de salariés\n{table}", count(total));
}

/// How many rows have each outcome, a line a rule.
fn outcomes(plan: &Plan, decided: &Decisions, title: &str, text: &mut String) {
    let mut table = empty(&["Règle", "Oui", "Non", "Inconnu"]);
    for ((name, _), column) in plan.selected.iter().zip(&decided.columns) {
        let yes = column.iter().filter(|o| o.is_true()).count();
        let no = column.iter().filter(|o| o.value() == Some(&Value::Bool(false))).count();
        table.add_row([name.clone(), count(yes), count(no), count(column.len() - yes - no)]);
    }
    align_numbers(&mut table);
    let _ = writeln!(text, "\n{title}\n{table}");
}

/// Requests, units and attributions of each commune.
fn by_commune(
    pairs: &Posing,
    decided: &Decisions,
    of_units: &Decisions,
    unit_of: &[Option<u32>],
    text: &mut String,
) {
    let schema = &pairs.plan.pairs.parsed.schema;
    let asked = communes(schema, &pairs.dataset, pairs.instance.requests.entity);
    let built = communes(schema, &pairs.dataset, pairs.instance.units.entity);
    let names = schema.field("nom_commune").and_then(|f| column_of(&pairs.dataset, schema, f));
    let is =
        |rule: &str, row: usize| of_units.column(rule).and_then(|c| c.get(row)).is_some_and(|o| o.is_true());
    let eligible =
        |row: usize| decided.column("eligible_plus").and_then(|c| c.get(row)).is_some_and(|o| o.is_true());
    // Requests, of which under PLUS; units, of which in priority districts; attributions, likewise.
    let mut lines: std::collections::BTreeMap<u32, [usize; 6]> = std::collections::BTreeMap::new();
    let mut add = |commune: Option<&u32>, at: usize| {
        if let Some(&commune) = commune.filter(|&&c| c != NO_ROW)
            && let Some(slot) = lines.entry(commune).or_default().get_mut(at)
        {
            *slot += 1;
        }
    };
    for (row, commune) in asked.iter().enumerate() {
        add(Some(commune), 0);
        if eligible(row) {
            add(Some(commune), 1);
        }
    }
    for (row, commune) in built.iter().enumerate() {
        add(Some(commune), 2);
        if is("en_quartier_prioritaire", row) {
            add(Some(commune), 3);
        }
    }
    for unit in unit_of.iter().flatten() {
        add(built.get(*unit as usize), 4);
        if is("en_quartier_prioritaire", *unit as usize) {
            add(built.get(*unit as usize), 5);
        }
    }
    let mut table = empty(&[
        "Commune",
        "Demandes",
        "dont sous PLUS",
        "Logements",
        "dont en QPV",
        "Attributions",
        "dont en QPV",
    ]);
    let mut total = [0; 6];
    for (commune, line) in &lines {
        let name =
            names.and_then(|n| n.get(*commune as usize)).map_or_else(|| "?".to_string(), |n| n.to_string());
        for (sum, value) in total.iter_mut().zip(line) {
            *sum += value;
        }
        table.add_row([name].into_iter().chain(line.iter().map(|n| count(*n))));
    }
    table.add_row(["Ensemble".to_string()].into_iter().chain(total.iter().map(|n| count(*n))));
    align_numbers(&mut table);
    let _ = writeln!(text, "\n{table}");
    let watched = (0..built.len()).filter(|&row| is("en_quartier_de_veille", row)).count();
    let _ = writeln!(
        text,
        "QPV : quartier prioritaire de la politique de la ville ; en outre {watched} logements en quartier de veille."
    );
}

/// The row of the commune of each row of an entity.
fn communes<'d>(schema: &Schema, dataset: &'d Dataset, entity: EntityId) -> &'d [u32] {
    let target = schema.entity("commune");
    let relation =
        schema.entities.get(entity).and_then(|e| e.belongs_to.iter().position(|r| Some(r.target) == target));
    relation.and_then(|r| dataset.tables.get(entity)?.links.get(r)).map_or(&[], |l| l)
}

fn by_product(of_units: &Decisions, unit_of: &[Option<u32>], text: &mut String) {
    let given: BTreeSet<u32> = unit_of.iter().flatten().copied().collect();
    let mut table = empty(&["Financement", "Logements", "Attribués"]);
    let Some(products) = of_units.column("financement") else { return };
    for product in PRODUCTS {
        let rows: Vec<usize> =
            (0..products.len()).filter(|&row| products.value(row) == Some(Value::text(product))).collect();
        let given =
            rows.iter().filter(|&&row| u32::try_from(row).is_ok_and(|row| given.contains(&row))).count();
        table.add_row([product.to_string(), count(rows.len()), count(given)]);
    }
    align_numbers(&mut table);
    let _ = writeln!(text, "\n{table}");
}

/// The explanation of the first refusal.
fn refusal(run: &input::Run, dataset: &Dataset, decided: &Decisions, text: &mut String) -> Result<()> {
    let Some(refused) = decided.column("eligible_plus") else { return Ok(()) };
    let Some(row) = refused.iter().position(|o| o.value() == Some(&Value::Bool(false))) else {
        return Ok(());
    };
    let plan = run.pack.plan(run.date, &["eligible_plus"])?;
    let _ = writeln!(text, "\nUne décision expliquée :");
    for explanation in explain(&plan, dataset, row as u64) {
        text.push_str(&to_text(&explanation));
    }
    Ok(())
}
