//! One shape for all that is wrong: `?` takes the error of any part, `Display` is the French report of the part,
//! `issues` the list with codes and places.

use logis::data::ValueTable;
use logis::diagnostic::{Issues, Severity};
use logis::scenario::{Scenario, ScenarioError};
use logis::value::parse_date;
use logis::{Allocation, Decider, Error, Options, Pack};
use serde_json::json;

const SCHEMA: &str = "[menage]\ntable = \"menages\"\nkey = \"menage_id\"\n\
fields.revenu = { type = \"amount\", unit = \"EUR/an\" }\nfields.parent = { type = \"boolean\" }\n";

const RULE: &str =
    "//! entité: menage\n\n/// Le revenu.\n/// source: art. 1\nfn eligible(revenu) { revenu <= 20000 }\n";

fn pack(rule: &str) -> Result<Pack, Error> {
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    Ok(Pack::from_files("regles", vec![file("schema.toml", SCHEMA), file("a.rhai", rule)])?)
}

/// Decides one household; whatever part fails.
fn decided(rule: &str, selected: &str, record: serde_json::Value) -> Result<bool, Error> {
    let date = parse_date("2017-06-30").ok_or_else(|| Error::of("la date"))?;
    let pack = pack(rule)?;
    let decider = Decider::new(pack.plan(date, &[selected])?);
    Ok(decider.decide(&record)?.is_true(selected))
}

fn told(error: &Error) -> Vec<(&str, String, Option<u64>, Option<&str>)> {
    let one = |i: &'_ logis::diagnostic::Issue| {
        assert_eq!(i.severity, Severity::Error, "{i}");
        (i.code, i.file.clone(), i.line)
    };
    let rows = error.issues().iter().map(one).collect::<Vec<_>>();
    rows.into_iter().zip(error.issues()).map(|((c, f, l), i)| (c, f, l, i.column.as_deref())).collect()
}

#[test]
fn every_part_tells_all_that_is_wrong_in_one_shape() {
    assert!(decided(RULE, "eligible", json!({ "revenu": 1 })).unwrap());
    // Both faults of a pack, each at its place; the report is the one with the lines.
    let both = RULE.replace("revenu <= 20000", "revenus <= plafonds");
    let wrong = decided(&both, "eligible", json!({})).unwrap_err();
    assert_eq!(
        told(&wrong),
        [
            ("L0108", "regles/a.rhai".to_string(), Some(5), Some("23")),
            ("L0108", "regles/a.rhai".to_string(), Some(5), Some("34")),
        ]
    );
    assert!(wrong.to_string().contains("│"), "{wrong}");
    assert!(wrong.issues()[0].message.contains("revenu"), "{wrong:?}");
    // A name that the pack does not have.
    let wrong = decided(RULE, "eligibl", json!({})).unwrap_err();
    assert_eq!((wrong.issues().len(), wrong.to_string().contains("eligible")), (1, true), "{wrong}");
    // Both cells of a record.
    let wrong = decided(RULE, "eligible", json!({ "revenu": "21 3O0", "parent": "peut-être" })).unwrap_err();
    let codes: Vec<&str> = wrong.issues().iter().map(|i| i.code).collect();
    assert_eq!(codes, ["D0402", "D0403"]);
    assert!(wrong.downcast_ref::<logis::DataError>().is_some());
    let lines: Vec<String> = wrong.issues().iter().map(ToString::to_string).collect();
    assert_eq!(wrong.to_string(), lines.join("\n"));
    // A folder that is not there.
    let wrong: Error = Pack::load("nulle part").unwrap_err().into();
    assert_eq!((wrong.issues()[0].code, wrong.issues()[0].file.as_str()), ("", "nulle part"));
    // An allocation by a pack that declares none.
    let date = parse_date("2017-06-30").unwrap();
    let wrong: Error =
        Allocation::of(&pack(RULE).unwrap(), date, &Vec::<ValueTable>::new(), Options::default())
            .unwrap_err()
            .into();
    assert!(wrong.issues()[0].message.contains("[matching]"), "{wrong}");
    assert_eq!(wrong.issues()[0].message, wrong.to_string());
    // A scenario whose file has a key that there is not.
    let read = Scenario::parse("essai.toml", "title = \"x\"\ntitre = \"y\"\n");
    let wrong = ScenarioError::from(read.unwrap_err());
    assert!(wrong.issues().iter().any(|i| i.code == "L0002" && i.file == "essai.toml" && i.line == Some(2)));
}
