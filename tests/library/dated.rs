//! A date for each row: the outcome is that of a plan of that date.

use std::fmt::Write as _;

use logis::Pack;
use logis::data::{Dataset, InputFile, Needs, read};
use logis::dated::DatedPlan;
use logis::evaluate::{Outcome, evaluate};
use logis::reference::{Answer, Interpreter};
use logis::value::{Date, Value, add_days, parse_date};

const SCHEMA: &str = r#"
[commune]
table = "communes"
key = "commune_id"
[commune.fields]
creation = { type = "date" }
[menage]
table = "menages"
key = "menage_id"
[menage.belongs_to.commune]
column = "commune_id"
[menage.fields]
depot = { type = "date" }
revenu = { type = "amount", unit = "EUR/an" }
[membre]
table = "membres"
key = "membre_id"
[membre.belongs_to.menage]
column = "menage_id"
required = true
[membre.fields]
naissance = { type = "date" }
"#;

/// Changes on 1 January 2017 (value), 2 March 2018 (text), 1 July 2018 (no value until 2 July 2018).
const PARAMETER: &str = r#"
[plafond]
unit = "EUR/an"
[[plafond.values]]
from = 2016-01-01
source = { title = "a" }
value = 100
[[plafond.values]]
from = 2017-01-01
until = 2018-06-30
source = { title = "b" }
value = 200.5
[[plafond.values]]
from = 2018-07-02
source = { title = "c" }
value = 300
"#;

fn pack() -> Pack {
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    Pack::from_files(
        "",
        vec![
            file("schema.toml", SCHEMA),
            file("p.toml", PARAMETER),
            file("m.rhai", "//! entité: membre\n/// source: a\nfn age(naissance, date_decision) { annees_entre(naissance, date_decision) }\n"),
            file("r.rhai", "//! entité: menage\n/// source: a\nfn eligible(revenu, age) { revenu <= param(\"plafond\") && max(age) >= 18 }\n/// source: a\nfn marge(revenu) { param(\"plafond\") - revenu }\n"),
            file("r.2018-03-02.rhai", "//! entité: menage\n/// source: b\nfn eligible(revenu, age) { revenu < param(\"plafond\") && min(age) >= 18 }\n"),
            file("c.rhai", "//! entité: commune\n/// source: a\nfn ancienne(creation, date_decision) { creation < date_decision }\n"),
            file("d.rhai", "//! entité: menage\n/// source: a\nfn en_commune_ancienne(ancienne) { ancienne }\n"),
        ],
    )
    .unwrap_or_else(|e| panic!("{e}"))
}

/// Rows deposited on every second day around the changes, without 1 July 2018; the last has no date.
fn dataset(pack: &Pack) -> (Dataset, Vec<Option<Date>>) {
    let mut days: Vec<Date> = Vec::new();
    for (from, to) in
        [("2016-12-20", "2017-01-12"), ("2018-02-20", "2018-03-12"), ("2018-06-20", "2018-07-12")]
    {
        let (mut day, last) = (parse_date(from).unwrap(), parse_date(to).unwrap());
        while day <= last {
            if day != parse_date("2018-07-01").unwrap() {
                days.push(day);
            }
            day = add_days(day, 1).unwrap();
        }
    }
    let (mut menages, mut membres) = (
        String::from("menage_id,commune_id,depot,revenu\n"),
        String::from("membre_id,menage_id,naissance\n"),
    );
    let mut dates = Vec::new();
    let mut row = 0;
    for revenu in ["99.99", "100", "100.01", "200.49", "200.5", "300"] {
        for day in days.iter().copied().map(Some).chain([None]) {
            let depot = day.map_or_else(String::new, |d| d.to_string());
            writeln!(menages, "m{row},C,{depot},{revenu}").unwrap();
            // Eighteen on 5 January 2017, 1 March 2018, 5 July 2018.
            for (i, birth) in
                ["1999-01-05", "2000-03-01", "2000-07-05"].into_iter().enumerate().take(1 + row % 3)
            {
                writeln!(membres, "m{row}-{i},m{row},{birth}").unwrap();
            }
            dates.push(day);
            row += 1;
        }
    }
    let file = |name: &str, text: String| InputFile { name: name.into(), bytes: text.into_bytes() };
    let files = vec![
        file("communes.csv", "commune_id,creation\nC,1900-01-01\n".into()),
        file("menages.csv", menages),
        file("membres.csv", membres),
    ];
    let parsed = pack.parsed();
    let outcome = read(&parsed.schema, &parsed.references, files, &Needs::default());
    assert!(outcome.issues.is_empty(), "{:?}", outcome.issues);
    (outcome.dataset, dates)
}

#[test]
fn each_row_is_decided_as_of_its_date() {
    let pack = pack();
    let (dataset, dates) = dataset(&pack);
    let dated = DatedPlan::of(&pack, "depot", &["eligible", "marge"]).unwrap();
    let decisions = dated.evaluate(&dataset).unwrap();
    let periods = dated.periods(&dataset).unwrap();
    assert_eq!(periods.plans.len(), 4);
    let interpreters: Vec<Interpreter<'_>> =
        periods.plans.iter().map(|plan| Interpreter::new(plan, &dataset).unwrap()).collect();
    let mut seen = std::collections::BTreeSet::new();
    for (row, date) in dates.iter().enumerate() {
        for (at, name) in ["eligible", "marge"].into_iter().enumerate() {
            let found = decisions.columns[at].get(row).unwrap();
            let Some(date) = date else {
                assert!(matches!(&found, Outcome::Unknown(missing) if missing.len() == 1), "{found:?}");
                continue;
            };
            let plan = pack.plan(*date, &[name]).unwrap();
            assert_eq!(
                Some(&found),
                evaluate(&plan, &dataset).columns[0].get(row).as_ref(),
                "{name} on {date}"
            );
            let interpreter = &interpreters[periods.of[row] as usize];
            let Outcome::Known(value) = found else { panic!("{found:?}") };
            assert_eq!(
                Answer::Known(value.clone()),
                interpreter.decide_name(name, row as u64),
                "{name} on {date}"
            );
            seen.insert(value);
        }
    }
    assert!(seen.contains(&Value::Bool(true)) && seen.contains(&Value::Bool(false)) && seen.len() > 10);
    // One file for all: the unit is the smallest of all periods.
    let plan = periods.plans.last().unwrap();
    let batch = decisions.to_record_batch(plan, &dataset.tables[plan.entity].ids, None).unwrap();
    assert_eq!(batch.column_by_name("marge").unwrap().data_type().to_string(), "Decimal128(18, 2)");
}

#[test]
fn what_has_no_date_of_its_own_is_said() {
    let pack = pack();
    let (dataset, _) = dataset(&pack);
    let error = |names: &[&str]| match DatedPlan::of(&pack, "depot", names) {
        Ok(dated) => dated.evaluate(&dataset).unwrap_err().to_string(),
        Err(error) => error.to_string(),
    };
    let said = error(&["en_commune_ancienne"]);
    assert!(said.contains("`commune`") && said.contains("`ancienne`"), "{said}");
    let said = error(&["age"]);
    assert!(said.contains("`age` n'est pas une règle de `menage`"), "{said}");
    let said = DatedPlan::of(&pack, "dpot", &["marge"]).unwrap_err().to_string();
    assert!(said.contains("depot"), "{said}");
}
