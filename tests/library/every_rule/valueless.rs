//! A parameter without a value on the day: what needs it is unknown, with that reason; the rest is decided.

use logis::data::{Dataset, InputFile, Needs, read};
use logis::evaluate::{Outcome, evaluate};
use logis::explain::{explain, to_text};
use logis::value::{Value, parse_date};
use logis::{Decider, Pack};

const SCHEMA: &str = "[menage]\nlabel = \"Ménage\"\ntable = \"menages\"\nkey = \"menage_id\"\n\
                      fields.revenu = { type = \"amount\", unit = \"EUR/an\" }\n\
                      fields.jeune = { type = \"boolean\" }\n";

const PARAMETERS: &str = r#"
[plafond]
unit = "EUR/an"
[[plafond.values]]
from = 2010-01-01
source = { title = "a" }
value = 100
[aide.plafond]
unit = "EUR/an"
[[aide.plafond.values]]
from = 2015-01-01
until = 2017-12-31
source = { title = "b" }
value = 50
[[aide.plafond.values]]
from = 2020-01-01
source = { title = "c" }
value = 60
"#;

const RULES: &str = "//! entité: menage\n\
    /// source: a\nfn loge(revenu) { revenu <= param(\"plafond\") }\n\
    /// source: b\nfn aide(revenu, jeune) { jeune && revenu <= param(\"aide.plafond\") }\n\
    /// source: b\nfn tout(loge, aide) { loge || aide }\n";

fn pack() -> Pack {
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    let files = vec![file("schema.toml", SCHEMA), file("p.toml", PARAMETERS), file("r.rhai", RULES)];
    Pack::from_files("", files).unwrap()
}

fn rows(pack: &Pack, count: usize) -> Dataset {
    let rows: Vec<String> = (0..count)
        .map(|i| {
            let (revenu, jeune) = [("40", "true"), ("40", "false"), ("200", "true"), ("200", "false")][i % 4];
            format!("M{i},{revenu},{jeune}")
        })
        .collect();
    let text = format!("menage_id,revenu,jeune\n{}\n", rows.join("\n"));
    let files = vec![InputFile { name: "menages.csv".into(), bytes: text.into_bytes() }];
    read(&pack.parsed().schema, &pack.parsed().references, files, &Needs::default()).dataset
}

/// Known where it is `Some`, unknown where it is `None`.
fn decided(pack: &Pack, day: &str, rule: &str, count: usize) -> Vec<Option<bool>> {
    let plan = pack.plan(parse_date(day).unwrap(), &["loge", "aide", "tout"]).unwrap();
    let decisions = evaluate(&plan, &rows(pack, count));
    let column = decisions.column(rule).unwrap();
    column
        .iter()
        .map(|outcome| match outcome {
            Outcome::Known(Value::Bool(value)) => Some(value),
            Outcome::Unknown(missing) => {
                assert_eq!(missing.len(), 1);
                None
            }
            other => panic!("{other:?}"),
        })
        .collect()
}

/// By hand: `aide` needs its ceiling for the young only; `tout` where the household is not housed anyway.
#[test]
fn only_what_needs_the_parameter_is_unknown() {
    let pack = pack();
    assert_eq!(decided(&pack, "2016-01-01", "aide", 4), [true, false, false, false].map(Some));
    for day in ["2012-01-01", "2018-01-01", "2019-12-31"] {
        for count in [4, 3_000] {
            let of = |rule| decided(&pack, day, rule, count);
            assert_eq!(of("loge")[..4], [true, true, false, false].map(Some), "{day}");
            assert_eq!(of("aide")[..4], [None, Some(false), None, Some(false)], "{day}");
            assert_eq!(of("tout")[..4], [Some(true), Some(true), None, Some(false)], "{day}");
            assert_eq!(of("aide")[count - 4..], of("aide")[..4]);
        }
    }
}

#[test]
fn the_reason_is_told_once_and_at_the_place() {
    let pack = pack();
    let plan = |day: &str| pack.plan(parse_date(day).unwrap(), &["loge", "aide", "tout"]).unwrap();
    assert_eq!(plan("2016-01-01").warnings, [""; 0]);
    let told = |day: &str| plan(day).warnings.clone();
    assert_eq!(
        told("2012-01-01"),
        ["paramètre `aide.plafond`: aucune valeur au 2012-01-01 (la première vaut à partir du 2015-01-01); \
          reste inconnu ce qui en a besoin: `aide`, `tout`"]
    );
    assert_eq!(
        told("2018-01-01"),
        [
            "paramètre `aide.plafond`: aucune valeur au 2018-01-01 (l'une a valu jusqu'au 2017-12-31, la suivante \
          vaut à partir du 2020-01-01); reste inconnu ce qui en a besoin: `aide`, `tout`"
        ]
    );
    let explained = explain(&plan("2018-01-01"), &rows(&pack, 4), 0);
    let text = to_text(&explained[1]);
    assert!(text.contains("inconnu, manque paramètre `aide.plafond`, sans valeur au 2018-01-01"), "{text}");

    let decider = Decider::new(plan("2018-01-01"));
    let decision = decider.decide(&serde_json::json!({ "revenu": 40, "jeune": true })).unwrap();
    assert_eq!(decision.get("loge").and_then(Outcome::value), Some(&Value::Bool(true)));
    assert_eq!(decision.missing("aide"), ["paramètre `aide.plafond`, sans valeur au 2018-01-01"]);
}
