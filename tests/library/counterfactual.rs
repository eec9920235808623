//! Each change that a refusal is given turns it when it is made in the data, and a value one unit
//! nearer to the present one does not.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use logis::counterfactual::{Change, OtherDate, counterfactual, other_dates};
use logis::data::{Cells, Column, Dataset, InputFile, Needs, read};
use logis::evaluate::{Context, Evaluator, Outcome, evaluate, outcome};
use logis::pack::changes;
use logis::plan::ir::NodeId;
use logis::value::{Date, Type, Value, add_days, day_number, parse_date};
use logis::{Pack, Plan};
use rayon::prelude::*;

fn pack() -> Pack {
    Pack::load(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules")).unwrap()
}

fn demo(pack: &Pack) -> Dataset {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/grand-dijon-2015");
    let file =
        |name: &str| InputFile { name: name.to_string(), bytes: std::fs::read(folder.join(name)).unwrap() };
    let files = ["demandes.csv", "personnes.csv", "employeurs.csv", "logements.csv"].map(file);
    let parsed = pack.parsed();
    let outcome = read(&parsed.schema, &parsed.references, files.into(), &Needs::default());
    outcome.dataset
}

/// Writes a value into a cell, given as a count of the column's smallest unit.
fn write(pack: &Pack, dataset: &mut Dataset, change: &Change, units: i64) {
    let schema = &pack.parsed().schema;
    let (field, row) = (change.cell.0, usize::try_from(change.cell.1).unwrap());
    let entity = schema.fields[field].entity;
    let place = schema.entities[entity].fields.iter().position(|&f| f == field).unwrap();
    let column = dataset.tables[entity].columns[place].as_mut().unwrap();
    let cells = match column.cells() {
        Cells::Number { units: all, decimals } => {
            let mut cells = all.to_vec();
            cells[row] = units;
            Cells::Number { units: cells.into(), decimals: *decimals }
        }
        Cells::Date(all) => {
            let mut cells = all.to_vec();
            cells[row] = i32::try_from(units).unwrap();
            Cells::Date(cells.into())
        }
        Cells::Bool(bits) => {
            let changed = |i| if i == row { units != 0 } else { bits.get(i) };
            Cells::Bool((0..bits.len()).map(changed).collect())
        }
        _ => panic!("no change of a text is proposed"),
    };
    *column = Column::new(cells, column.known().cloned());
}

/// A value as a count of the column's smallest unit.
fn units(pack: &Pack, change: &Change, value: &Value) -> i64 {
    use logis::pack::schema::FieldKind;
    match (value, &pack.parsed().schema.fields[change.cell.0].kind) {
        (Value::Number(n), FieldKind::Number { decimals, .. }) => {
            i64::try_from((n * 10_i128.pow(*decimals)).to_integer()).unwrap()
        }
        (Value::Date(date), _) => day_number(*date),
        (Value::Bool(b), _) => i64::from(*b),
        _ => panic!("no change of a text is proposed"),
    }
}

#[test]
fn every_refusal_of_the_demo_is_turned_by_its_changes_and_by_nothing_nearer() {
    let (pack, names) = (pack(), ["eligible_plai", "eligible_plus", "eligible_pls"]);
    let dataset = demo(&pack);
    let plan = pack.plan(parse_date("2015-12-31").unwrap(), &names).unwrap();
    let decisions = evaluate(&plan, &dataset);
    let mut tried = 0;
    for (name, node) in &plan.selected {
        let column = decisions.column(name).unwrap();
        let refused: Vec<usize> = (0..column.len())
            .filter(|&row| column.get(row) == Some(Outcome::Known(Value::Bool(false))))
            .collect();
        let changes: Vec<Vec<Change>> = refused
            .par_iter()
            .map(|&row| {
                let found = counterfactual(&plan, &dataset, *node, row as u64);
                assert_eq!(found.open, Vec::<String>::new(), "{name}, row {row}");
                assert!(!found.changes.is_empty(), "{name}, row {row}: an income low enough turns it");
                found.changes
            })
            .collect();
        // The requests do not read each other: the first change of all is made at once, then the second…
        for number in 0..changes.iter().map(Vec::len).max().unwrap_or(0) {
            let (mut turned, mut short) = (dataset.clone(), dataset.clone());
            for change in changes.iter().filter_map(|c| c.get(number)) {
                let (from, to) = (units(&pack, change, &change.from), units(&pack, change, &change.to));
                write(&pack, &mut turned, change, to);
                write(&pack, &mut short, change, to - (to - from).signum());
                tried += 1;
            }
            let (turned, short) = (evaluate(&plan, &turned), evaluate(&plan, &short));
            for (row, change) in refused.iter().zip(&changes).filter_map(|(r, c)| Some((*r, c.get(number)?)))
            {
                assert_eq!(
                    turned.column(name).unwrap().value(row),
                    Some(Value::Bool(true)),
                    "{name} {change:?}"
                );
                assert_ne!(
                    short.column(name).unwrap().value(row),
                    Some(Value::Bool(true)),
                    "{name} {change:?}"
                );
            }
        }
    }
    assert!(tried > 500, "only {tried} changes tried");
}

/// PLUS, one person, other regions: 20,107 € in 2016, 20,123 € in 2017, 20,304 € in 2018.
#[test]
fn the_nearest_date_with_another_answer_is_that_of_the_law() {
    let pack = pack();
    let file = |name: &str, text: &str| InputFile { name: name.into(), bytes: text.into() };
    let files = vec![
        file(
            "demandes.csv",
            "demande_id,date_demande,commune,rfr_n2,rfr_n1,revenus_12_mois\nD1,2016-01-05,21231,20200,20200,20200\n",
        ),
        file(
            "personnes.csv",
            "personne_id,demande_id,lien,date_naissance,a_charge,handicap\nP1,D1,demandeur,1980-02-01,non,non\n",
        ),
    ];
    let parsed = pack.parsed();
    let dataset = read(&parsed.schema, &parsed.references, files, &Needs::default()).dataset;
    let plan = pack.plan(parse_date("2017-06-30").unwrap(), &["eligible_plus"]).unwrap();
    let dates = other_dates(&plan, &dataset, "eligible_plus", 0);
    assert_eq!(dates.after.map(|d| d.date), Some("2018-01-01".to_string()));
}

/// By selected rule: what each of some rows comes to.
fn by_rows(plan: &Plan, dataset: &Dataset, rows: &[usize]) -> BTreeMap<String, Vec<Option<Outcome>>> {
    let context = Context::new(plan, dataset);
    let mut evaluator = Evaluator::new(&context);
    let mut of =
        |node: NodeId| rows.iter().map(|row| Some(outcome(&mut evaluator, node, *row as u64))).collect();
    plan.selected.iter().map(|(name, node)| (name.clone(), of(*node))).collect()
}

/// The days given as the nearest are, against each day on which anything of the law changes, each decided by a plan of its
/// own: for every boolean rule of the requests, and for ten requests.
#[test]
fn no_day_of_the_law_nearer_than_the_one_given_answers_otherwise() {
    let pack = pack();
    let (parsed, dataset, today) = (pack.parsed(), demo(&pack), parse_date("2018-03-15").unwrap());
    let request = parsed.schema.entity("demande").unwrap();
    let boolean = |(id, _): &(usize, _)| parsed.kind(*id) == Some(&Type::Bool);
    let rules = parsed.rules.iter().enumerate().filter(boolean).map(|(_, rule)| rule);
    let rules = rules.filter(|rule| rule.entity == request);
    let plans: Vec<_> =
        rules.filter_map(|rule| Some((rule.name.as_str(), pack.plan(today, &[&rule.name]).ok()?))).collect();
    assert!(plans.len() > 20, "{}", plans.len());
    // The first day of each period of the law, and its last.
    let days = changes(parsed).into_iter().filter(|day| *day > Date::MIN);
    let days: BTreeSet<Date> = days.flat_map(|day| [add_days(day, -1).unwrap(), day]).collect();
    let rows: Vec<usize> = (0..10).map(|n| n * 37).collect();
    let names: Vec<&str> = plans.iter().map(|(name, _)| *name).collect();
    // By day, and by rule that can be decided then, what each of the rows comes to.
    type Outcomes<'r> = BTreeMap<&'r str, Vec<Option<Outcome>>>;
    let by_day: Vec<(Date, Outcomes<'_>)> = days
        .par_iter()
        .map(|day| {
            let alone = |name: &&str| pack.plan(*day, &[*name]).is_ok();
            // One plan of all rules, if all can be decided: to plan them one by one is what is dear here.
            let (plan, names) = match pack.plan(*day, &names) {
                Ok(plan) => (plan, names.clone()),
                Err(_) => {
                    let names: Vec<&str> = names.iter().copied().filter(alone).collect();
                    (pack.plan(*day, &names).unwrap(), names)
                }
            };
            let mut own = by_rows(&plan, &dataset, &rows);
            (*day, names.into_iter().map(|name| (name, own.remove(name).unwrap())).collect())
        })
        .collect();
    let (mut turned, mut held) = (0, 0);
    for (name, plan) in plans {
        let own = by_rows(&plan, &dataset, &rows);
        for (number, row) in rows.iter().enumerate() {
            let Some(Outcome::Known(Value::Bool(present))) = own[name][number] else {
                continue;
            };
            let found = other_dates(&plan, &dataset, name, *row as u64);
            let day = |other: &Option<OtherDate>| other.as_ref().map(|d| parse_date(&d.date).unwrap());
            let (before, after) = (day(&found.before), day(&found.after));
            let other = Some(Outcome::Known(Value::Bool(!present)));
            for (day, outcomes) in by_day.iter().filter_map(|(day, all)| Some((day, all.get(name)?))) {
                let near =
                    before.is_none_or(|before| before < *day) && after.is_none_or(|after| *day < after);
                assert!(
                    !near || outcomes[number] != other,
                    "{name}, row {row}: {day} is nearer than {found:?}"
                );
                held += usize::from(near);
            }
            for day in [before, after].into_iter().flatten() {
                let decided = by_rows(&pack.plan(day, &[name]).unwrap(), &dataset, &[*row]);
                assert_eq!(decided[name][0], other, "{name}, row {row}, {day}");
                turned += 1;
            }
        }
    }
    assert!(turned > 50 && held > 10_000, "{turned} days turn, {held} do not");
}
