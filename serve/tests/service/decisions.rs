//! Decisions and explanations are those of the library, word for word, and those of the files that the command reads.

use logis::data::{self, InputFile};
use logis::evaluate::evaluate;
use logis::explain::show;
use logis::value::{Date, parse_date};
use logis::{Decider, Pack};
use serde_json::{Value, json};

use crate::client::{get, post, service};
use crate::households::households;

fn date() -> Date {
    parse_date("2017-06-30").unwrap()
}

/// What a hundred households of the demo are decided to over HTTP is what the library says of the same records, and
/// what columns say of the demo's files.
#[test]
fn a_hundred_households_are_decided_as_by_the_library_and_by_the_files() {
    let running = service(|_| {});
    let pack = Pack::national();
    let rules = pack.results();
    let plan = pack.plan(date(), &rules).unwrap();
    let decider = Decider::new(plan.clone());
    let files = logis_scenarios::folder("grand-dijon-2015");
    let files = files.into_iter().map(|(name, bytes)| InputFile { name, bytes }).collect();
    let parsed = pack.parsed();
    let read = data::read(&parsed.schema, &parsed.references, files, &plan.needs());
    let columns = evaluate(&plan, &read.dataset);
    for (row, record) in households(100).iter().enumerate() {
        let answer =
            post(running.address(), "/v1/decisions", &json!({ "date": "2017-06-30", "record": record }));
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(answer.header("logis-date"), Some("2017-06-30"));
        let decided = answer.json();
        assert_eq!(decided, serde_json::to_value(decider.decide(record).unwrap()).unwrap());
        assert_eq!(decided["about"]["id"], record["demande_id"]);
        for (name, column) in rules.iter().zip(&columns.columns) {
            let shown = show(&plan, &read.dataset, &column.get(row).unwrap());
            let shown = serde_json::to_value(shown).unwrap();
            for key in ["state", "type", "value", "missing"] {
                assert_eq!(decided["outcomes"][name][key], shown[key], "{name} of {}", record["demande_id"]);
            }
        }
    }
}

#[test]
fn explanations_are_those_of_the_library_and_say_what_would_turn_a_refusal() {
    let running = service(|_| {});
    let decider = Decider::new(Pack::national().plan(date(), &["eligible_plai", "eligible_plus"]).unwrap());
    let mut refusals = 0;
    for record in households(12) {
        let asked =
            json!({ "date": "2017-06-30", "rules": ["eligible_plai", "eligible_plus"], "record": record });
        let answer = post(running.address(), "/v1/explications", &asked);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let said = answer.json();
        assert_eq!(said, serde_json::to_value(decider.explanations(&record).unwrap().document()).unwrap());
        let explained = said["explanations"].as_array().unwrap();
        assert_eq!(explained.len(), 2);
        refusals += explained.iter().filter(|one| one["outcome"]["value"] == json!(false)).count();
        for one in explained.iter().filter(|one| one["outcome"]["value"] == json!(false)) {
            assert!(!one["counterfactual"]["changes"].as_array().unwrap().is_empty(), "{one}");
        }
    }
    assert!(refusals > 0);
}

/// A household of which nothing is known is no household that is refused.
#[test]
fn what_is_not_known_is_said_with_the_cells_that_are_missing() {
    let running = service(|_| {});
    let record = json!({ "personnes": [{ "lien": "demandeur" }] });
    let asked = json!({ "date": "2017-06-30", "rules": ["eligible_plus"], "record": record });
    let outcome =
        post(running.address(), "/v1/decisions", &asked).json()["outcomes"]["eligible_plus"].clone();
    assert_eq!(outcome["state"], "unknown");
    let missing: Vec<&Value> = outcome["missing"].as_array().unwrap().iter().collect();
    assert!(missing.iter().any(|cell| cell["column"] == "commune"), "{outcome}");
}

/// Groups stand for their rules; without rules the results of the pack are decided, as of today.
#[test]
fn groups_and_defaults_are_those_of_the_pack() {
    let running = service(|_| {});
    let record = json!({ "demande": {}, "lien": "demandeur" });
    let asked = json!({ "date": "2026-01-05", "rules": ["aides"], "record": record });
    let aids = post(running.address(), "/v1/decisions", &asked);
    let named: Vec<String> = aids.json()["outcomes"].as_object().unwrap().keys().cloned().collect();
    let mut own: Vec<String> = Pack::national().expand(&["aides"]).into_iter().map(str::to_string).collect();
    own.sort();
    assert_eq!(named.into_iter().collect::<std::collections::BTreeSet<_>>(), own.into_iter().collect());
    let bare = json!({ "record": { "personnes": [{ "lien": "demandeur" }] } });
    let bare = post(running.address(), "/v1/decisions", &bare).json();
    assert_eq!(bare["outcomes"].as_object().unwrap().len(), Pack::national().results().len());
    assert_eq!(bare["date"], json!(jiff::ZonedDateTime::now().date().to_string()));
}

/// A rule is told with its texts, articles and addresses; a figure with its values on a day.
#[test]
fn rules_and_figures_are_told_as_of_a_date() {
    let running = service(|_| {});
    let to = running.address();
    let all = get(to, "/v1/regles?date=2017-06-30").json();
    let named =
        |name: &str| all["rules"].as_array().unwrap().iter().find(|rule| rule["name"] == name).cloned();
    assert_eq!(named("eligible_plus").unwrap()["entity"], "demande");
    // Mon Job Mon Logement began in 2021.
    assert!(named("eligible_mon_job_mon_logement").unwrap()["not_in_force"].is_string());
    let rule = get(to, "/v1/regles/eligible_plus?date=2017-06-30").json();
    let text = &rule["texts"][0];
    assert!(text["code"].as_str().unwrap().contains("fn eligible_plus("), "{rule}");
    let links = text["sources"].as_array().unwrap().iter().flat_map(|one| one["links"].as_array().unwrap());
    assert!(
        links.clone().count() > 0 && links.clone().all(|link| link.as_str().unwrap().starts_with("https://"))
    );
    // The arrêté of 22 December 2016: one person outside of Île-de-France.
    let table = get(to, "/v1/parametres/plus.plafond?date=2017-06-30").json();
    let cells = table["versions"][0]["cells"].as_array().unwrap();
    let cell = cells
        .iter()
        .find(|cell| cell["keys"] == json!({ "zone_plafond": "autres_regions", "categorie_menage": 1 }));
    assert_eq!(cell.unwrap()["value"], 20_123);
    assert!(get(to, "/v1/parametres/plus.plafond").json()["versions"].as_array().unwrap().len() > 5);
    let code = get(to, "/v1/codes/D0403").json();
    assert_eq!(code["level"], "error");
}
