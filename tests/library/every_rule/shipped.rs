//! Every rule of the shipped pack, in every period between two changes of the law, by both engines.

use std::collections::{BTreeMap, BTreeSet};

use logis::Pack;
use logis::data::{Dataset, InputFile, Needs, read};
use logis::evaluate::Evaluator;
use logis::evaluate::possible::MissingCell;
use logis::evaluate::{Context, DecisionColumn, Outcome, evaluate, outcome};
use logis::pack::RuleTexts;
use logis::pack::changes;
use logis::pack::schema::{EntityId, Origin};
use logis::plan::Plan;
use logis::reference::{Answer, Interpreter};
use logis::value::{Date, Value, add_days, parse_date};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::draw::Draw;
use super::setting;

/// Rows drawn of each entity, in each period.
fn count(entity: &str) -> usize {
    match entity {
        "demande" => 8,
        "personne" | "projet" => 18,
        _ => 8,
    }
}

/// Rows drawn to see what a rule can come to: by columns alone, and without pairs.
fn many(entity: &str) -> usize {
    match entity {
        "personne" | "projet" => 700,
        "logement" => 0,
        "convention" => 60,
        _ => 250,
    }
}

/// Rules that come to one thing only in what is drawn, and why.
const ONE_OUTCOME: [(&str, &str); 14] = [
    (
        "occupation_commencee",
        "on the pairs that a package gives, of which none is drawn: tests/command/pack_features.rs holds it",
    ),
    (
        "part_bbc_en_quartier",
        "few conventions are drawn with new dwellings in a district: its cases hold other shares",
    ),
    ("ecart_part_bbc_en_quartier", "that share less a constant"),
    ("mobilite_jeune", "six conditions at once, in force for some years: its cases hold it"),
    ("eligible_aide_jeunes_actifs", "in force for some months of 2021 and 2022, for few: its cases hold it"),
    ("montant_aide_jeunes_actifs", "the amount of the same aid"),
    ("duree_mobili_pass", "a parameter that never had another value"),
    ("duree_pret_travaux", "a parameter that never had another value"),
    (
        "depasse_deux_ans_de_suite",
        "on the pairs that a package gives, of which none is drawn: its cases hold it",
    ),
    ("perd_droit_au_maintien", "on the same pairs"),
    ("taux_coeur_de_ville", "a parameter that never had another value"),
    ("duree_garantie_loca_pass", "a parameter that never had another value"),
    ("differe_avance_loca_pass", "a parameter that never had another value"),
    ("taux_mobili_pass", "a parameter that never had another value"),
];

/// What was seen of each rule.
#[derive(Default)]
struct Tally {
    known: BTreeMap<String, BTreeSet<Value>>,
    compared: u64,
    open: u64,
    errors: u64,
}

/// The rules of each entity that can be decided on a day; a rule may not be in force yet, or need one that
/// is not.
fn plans(pack: &Pack, day: Date) -> Vec<(EntityId, Plan)> {
    let parsed = pack.parsed();
    let in_force =
        |r: &&RuleTexts| r.texts.iter().any(|t| !t.helper && t.from.is_none_or(|from| from <= day));
    (0..parsed.schema.entities.len())
        .filter_map(|entity| {
            let own = parsed.rules.iter().filter(|r| r.entity == entity).filter(in_force);
            let names: Vec<&str> = own.map(|r| r.name.as_str()).collect();
            let plan = Plan::new(parsed, day, &names).or_else(|_| {
                let alone = |name: &&&str| Plan::new(parsed, day, &[**name]).is_ok();
                let names: Vec<&str> = names.iter().filter(alone).copied().collect();
                Plan::new(parsed, day, &names)
            });
            Some((entity, plan.ok().filter(|p| !p.selected.is_empty())?))
        })
        .collect()
}

/// The first day of periods between two changes of the law: of one in sixty, or in as many as `LOGIS_EVERY` says.
fn days(pack: &Pack) -> Vec<Date> {
    let starts: Vec<Date> = changes(pack.parsed()).into_iter().collect();
    let first = parse_date("1990-01-01").unwrap();
    let every = usize::try_from(setting("LOGIS_EVERY", 60)).unwrap();
    let wanted = |(number, _): &(usize, Date)| number % every == 0;
    starts.into_iter().filter(|d| *d >= first).enumerate().filter(wanted).map(|(_, day)| day).collect()
}

/// Does it lack a parameter? The interpreter then finds no cell.
fn lacks_parameter(found: &Outcome) -> bool {
    matches!(found, Outcome::Unknown(missing) if missing.iter().any(|m| matches!(m.what, MissingCell::Parameter(_))))
}

/// Compares some rows of a plan with the interpreter. With missing cells the interpreter, which is strict, may
/// not know what the plan does.
fn compare(
    (plan, dataset): (&Plan, &Dataset),
    interpreter: &Interpreter<'_>,
    rows: &[usize],
    columns: &[DecisionColumn],
    tally: &mut Tally,
) {
    let names: Vec<&str> = plan.selected.iter().map(|(name, _)| name.as_str()).collect();
    let _ = dataset;
    for &row in rows {
        let answers = interpreter.decide_all(&names, row as u64);
        for ((name, column), answer) in names.iter().zip(columns).zip(answers) {
            let found = column.get(row).expect("a row");
            let agree = match (&found, &answer) {
                (Outcome::Known(a), Answer::Known(b)) => a == b,
                (Outcome::Error(_), Answer::Error(_)) => true,
                (Outcome::Known(_) | Outcome::Unknown(_), Answer::Unknown) => true,
                (found, Answer::Error(_)) => lacks_parameter(found),
                // The value that a table lacks may be one with which the rule of another member fails (a date beyond the
                // calendar): the plan counts with it, the interpreter takes a member that is true for enough.
                (Outcome::Unknown(missing), Answer::Known(_)) => {
                    missing.iter().all(|m| matches!(m.what, MissingCell::Parameter(_)))
                }
                _ => false,
            };
            assert!(agree, "{} {name}, row {row}: plan {found:?}, interpreter {answer:?}", plan.date);
            tally.compared += 1;
            match found {
                Outcome::Known(_) => {}
                Outcome::Unknown(_) => tally.open += 1,
                Outcome::Error(_) => tally.errors += 1,
            }
        }
    }
}

fn see(plan: &Plan, columns: &[DecisionColumn], tally: &mut Tally) {
    for ((name, _), column) in plan.selected.iter().zip(columns) {
        let values = tally.known.entry(name.clone()).or_default();
        for row in 0..column.len() {
            if values.len() > 3 {
                break;
            }
            values.extend(column.value(row));
        }
    }
}

/// By rows alone, without columns: the third way to the same outcomes.
fn by_rows(plan: &Plan, dataset: &Dataset, rows: &[usize], columns: &[DecisionColumn]) {
    let context = Context::new(plan, dataset);
    let mut evaluator = Evaluator::new(&context);
    for ((name, node), column) in plan.selected.iter().zip(columns) {
        for &row in rows {
            let (a, b) = (outcome(&mut evaluator, *node, row as u64), column.get(row).unwrap());
            assert!(a.same_as(&b), "{} {name}, row {row}: rows {a:?}, columns {b:?}", plan.date);
        }
    }
}

#[test]
fn every_rule_is_decided_alike_by_both_engines() {
    let pack = Pack::load("../../rules").unwrap();
    let schema = &pack.parsed().schema;
    let mut rng = ChaCha8Rng::seed_from_u64(setting("LOGIS_SEED", 1));
    let mut tally = Tally::default();
    let most = usize::try_from(setting("LOGIS_ROWS", 3)).unwrap();
    for day in days(&pack) {
        // Some days into the period, where it is long enough; the last days are others' first.
        let day = if rng.random_bool(0.3) { day } else { add_days(day, rng.random_range(0..20)).unwrap() };
        let draw = Draw::new(&pack, day);
        let holes = draw.package(&mut rng, count, 0.08);
        let full = holes.completed(&draw, &mut rng);
        let other = holes.completed(&draw, &mut rng);
        let (holes, full, other) = (holes.read(&pack), full.read(&pack), other.read(&pack));
        let plans = plans(&pack, day);
        let Some((_, any)) = plans.first() else { continue };
        let large = draw.package(&mut rng, many, 0.0).completed(&draw, &mut rng).read(&pack);
        for (entity, plan) in &plans {
            if !matches!(schema.entities[*entity].origin, Origin::Pair(..)) {
                see(plan, &evaluate(plan, &large).columns, &mut tally);
            }
        }
        let interpreter = Interpreter::new(any, &full).unwrap();
        for (_, plan) in &plans {
            let complete = evaluate(plan, &full);
            let length = complete.columns[0].len();
            let rows: Vec<usize> = (0..most).map(|_| rng.random_range(0..length)).collect();
            compare((plan, &full), &interpreter, &rows, &complete.columns, &mut tally);
            by_rows(plan, &full, &rows, &complete.columns);
            see(plan, &complete.columns, &mut tally);
            // What is decided with holes is decided so however they are filled.
            let open = evaluate(plan, &holes);
            let again = evaluate(plan, &other);
            for ((name, column), filled) in
                open.names.iter().zip(&open.columns).zip(complete.columns.iter().zip(&again.columns))
            {
                for row in 0..column.len() {
                    let fills = [filled.0.get(row).unwrap(), filled.1.get(row).unwrap()];
                    match column.get(row).unwrap() {
                        Outcome::Known(value) => {
                            let agree = fills.iter().all(|f| *f == Outcome::Known(value.clone()));
                            assert!(agree, "{day} {name}, row {row}: {value:?} with holes, filled {fills:?}");
                        }
                        Outcome::Error(_) => {
                            assert!(
                                fills.iter().all(|f| matches!(f, Outcome::Error(_))),
                                "{day} {name}, row {row}"
                            );
                        }
                        Outcome::Unknown(missing) => assert!(!missing.is_empty(), "{day} {name}, row {row}"),
                    }
                }
            }
            by_rows(plan, &holes, &rows, &open.columns);
        }
    }
    println!("{} outcomes compared, {} unknown, {} errors", tally.compared, tally.open, tally.errors);
    let rules = pack.parsed().rules.iter().filter(|r| !r.texts.iter().all(|t| t.helper));
    let few: Vec<String> = rules
        .filter(|r| !ONE_OUTCOME.iter().any(|(name, _)| *name == r.name))
        .filter(|r| tally.known.get(&r.name).is_none_or(|values| values.len() < 2))
        .map(|r| format!("{}: {:?}", r.name, tally.known.get(&r.name)))
        .collect();
    // Only all periods together show every rule at work: `cargo xtask fuzz` takes them all.
    if setting("LOGIS_EVERY", 60) == 1 {
        assert!(few.is_empty(), "rules with fewer than two outcomes:\n{}", few.join("\n"));
        for (name, why) in ONE_OUTCOME {
            assert!(!why.is_empty() && tally.known.contains_key(name), "{name} has no outcome");
        }
    }
    let data = schema.entities.iter().filter(|e| !matches!(e.origin, Origin::Reference { .. }));
    assert!(data.count() > 8);
}

/// The packages that the repository ships, on the dates of the scenarios.
#[test]
fn the_shipped_packages_are_decided_alike_by_both_engines() {
    let pack = Pack::load("../../rules").unwrap();
    let mut tally = Tally::default();
    let mut rng = ChaCha8Rng::seed_from_u64(setting("LOGIS_SEED", 1));
    let folder = "../../scenarios/grand-dijon-2015";
    let files: Vec<InputFile> = ["demandes", "personnes", "employeurs", "projets", "logements"]
        .iter()
        .map(|n| InputFile {
            name: format!("{n}.csv"),
            bytes: std::fs::read(format!("{folder}/{n}.csv")).unwrap(),
        })
        .collect();
    let parsed = pack.parsed();
    for day in ["2017-06-30", "2024-07-10"] {
        let day = parse_date(day).unwrap();
        let read = read(&parsed.schema, &parsed.references, files.clone(), &Needs::default());
        let plans = plans(&pack, day);
        let interpreter = Interpreter::new(&plans[0].1, &read.dataset).unwrap();
        for (entity, plan) in &plans {
            let rows = match &parsed.schema.entities[*entity].origin {
                Origin::Pair(..) => continue,
                _ => read.dataset.tables[*entity].rows(),
            };
            if rows == 0 {
                continue;
            }
            let decisions = evaluate(plan, &read.dataset);
            let rows: Vec<usize> =
                (0..setting("LOGIS_ROWS", 3) * 4).map(|_| rng.random_range(0..rows)).collect();
            compare((plan, &read.dataset), &interpreter, &rows, &decisions.columns, &mut tally);
            by_rows(plan, &read.dataset, &rows, &decisions.columns);
        }
    }
    println!("{} outcomes compared, {} unknown, {} errors", tally.compared, tally.open, tally.errors);
    assert!(tally.compared > 2_000);
}
