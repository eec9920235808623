//! Candidacies and attributions of tables that are sent are those of the library on the demo's files.

use std::collections::BTreeMap;

use logis::data::{self, InputFile};
use logis::value::parse_date;
use logis::{Options, Pack, Posing, posing};
use serde_json::{Map, Value, json};

use crate::client::{Answer, ask, service};
use std::net::SocketAddr;

/// The first rows of tables of the demo, as arrays of objects of texts.
pub fn tables(requests: usize, units: usize) -> Value {
    let files: BTreeMap<String, Vec<u8>> = logis_scenarios::folder("grand-dijon-2015").into_iter().collect();
    let rows = |table: &str| -> Vec<Map<String, Value>> {
        let mut reader = csv::Reader::from_reader(&files[&format!("{table}.csv")][..]);
        let header = reader.headers().unwrap().clone();
        let row = |row: csv::StringRecord| {
            let cells = header.iter().zip(row.iter()).filter(|(_, cell)| !cell.is_empty());
            cells.map(|(name, cell)| (name.to_string(), json!(cell))).collect()
        };
        reader.records().map(|one| row(one.unwrap())).collect()
    };
    let demandes: Vec<_> = rows("demandes").into_iter().take(requests).collect();
    let own = |row: &Map<String, Value>| demandes.iter().any(|d| d["demande_id"] == row["demande_id"]);
    let personnes: Vec<_> = rows("personnes").into_iter().filter(own).collect();
    let logements: Vec<_> = rows("logements").into_iter().take(units).collect();
    json!({ "demandes": demandes, "personnes": personnes, "employeurs": rows("employeurs"), "logements": logements })
}

fn send(to: SocketAddr, path: &str, accept: &str, body: &Value) -> Answer {
    ask(
        to,
        "POST",
        path,
        &[("Content-Type", "application/json"), ("Accept", accept)],
        body.to_string().as_bytes(),
    )
}

/// The problem of the same tables by the library alone.
pub fn posed(tables: &Value) -> Posing {
    let (pack, date) = (Pack::national(), parse_date("2017-06-30").unwrap());
    let asked = posing::plan(&pack, date, &Options::default()).unwrap();
    let mut needs = data::Needs::default();
    asked.0.plans().for_each(|plan| needs.join(plan.needs()));
    let file = InputFile { name: "tables.json".into(), bytes: tables.to_string().into_bytes() };
    let read = data::read(&pack.parsed().schema, &pack.parsed().references, vec![file], &needs);
    assert!(!read.issues.iter().any(|issue| issue.is_error()), "{:?}", read.issues.first());
    Posing::new(asked, read.dataset, None).unwrap()
}

/// Who and which unit, of each row.
fn pairs(rows: &Value) -> Vec<(String, String)> {
    let pair = |row: &Value| {
        let text = |key: &str| row[key].as_str().unwrap().to_string();
        (text("demande_id"), text("logement_id"))
    };
    rows.as_array().unwrap().iter().map(pair).collect()
}

#[test]
fn tables_are_allocated_as_by_the_library_and_the_proof_holds() {
    let running = service(|options| options.limits.time = std::time::Duration::from_secs(120));
    let to = running.address();
    let tables = tables(60, 12);
    let posing = posed(&tables);
    let rows = send(to, "/v1/candidatures?date=2017-06-30", "application/json", &tables);
    assert_eq!(rows.status, 200, "{}", rows.text());
    let found = pairs(&rows.json());
    assert!(!found.is_empty() && found.len() == posing.instance.candidates.len());
    let csv = send(to, "/v1/candidatures?date=2017-06-30", "text/csv", &tables).text();
    assert_eq!(csv.lines().count(), found.len() + 1);
    assert!(csv.starts_with("demande_id,logement_id"));
    let answer = send(to, "/v1/attributions?date=2017-06-30", "*/*", &tables);
    assert_eq!((answer.status, answer.header("logis-date")), (200, Some("2017-06-30")), "{}", answer.text());
    let expected = posing.clone().solve(None).unwrap();
    let own: Vec<(String, String)> =
        expected.attributions().map(|(a, b)| (a.to_string(), b.to_string())).collect();
    let said = answer.json();
    let given = pairs(&said["attributions"]);
    assert!(!own.is_empty());
    assert_eq!(given.iter().collect::<std::collections::BTreeSet<_>>(), own.iter().collect());
    // Who receives it can hold it against the same tables.
    let report = logis::attribution::Report::read(&answer.text()).unwrap();
    assert_eq!(posing.verify(&report).unwrap().reached().attributions, own.len() as u64);
}

/// What stands in `options` of the body is asked as the library is asked, and no table: wherever it stands, and with the lines of
/// the rows as they are.
#[test]
fn options_in_the_body_are_those_of_the_library() {
    let running = service(|options| options.limits.time = std::time::Duration::from_secs(120));
    let to = running.address();
    let tables = tables(60, 12);
    let to = |path: &str, body: &str| {
        ask(to, "POST", path, &[("Content-Type", "application/json")], body.as_bytes())
    };
    let path = "/v1/attributions?date=2017-06-30";
    let plain = to(path, &tables.to_string());
    assert_eq!(plain.status, 200, "{}", plain.text());
    let before = pairs(&plain.json()["attributions"]);
    // Who had a unit gets none of it; somebody else keeps what is decided.
    let (out, kept) = (&before[0], &before[1]);
    let options = json!({
        "forbidden": [[out.0, out.1]], "fixed": [[kept.0, kept.1]], "near": plain.json(), "keep": 1_000_000, "prices": true,
    });
    let body = |at_end: bool| {
        let tables = tables.to_string();
        match at_end {
            true => format!("{} , \"options\" : {options} }}", tables.strip_suffix('}').unwrap()),
            false => format!("{{ \"options\":{options}, {}", tables.strip_prefix('{').unwrap()),
        }
    };
    let answer = to(&format!("{path}&seed=7"), &body(true));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let given = pairs(&answer.json()["attributions"]);
    assert!(given.contains(kept) && !given.contains(out), "{given:?}");
    assert_eq!(to(&format!("{path}&seed=7"), &body(false)).text(), answer.text());
    // As many points as there are may be given up: nobody else moves.
    assert_eq!(given.iter().filter(|pair| before.contains(pair)).count(), before.len() - 1);
    // As by the library.
    let mut asked = Options::default();
    asked.forbidden = vec![out.clone()];
    asked.fixed = vec![kept.clone()];
    (asked.seed, asked.keep, asked.prices) = (Some(7), Some(1_000_000), true);
    asked.near = Some(logis::attribution::Report::read(&plain.text()).unwrap());
    let file = InputFile { name: "corps.json".into(), bytes: tables.to_string().into_bytes() };
    let sent = logis::Sent::new(&Pack::national(), parse_date("2017-06-30").unwrap(), file, &asked).unwrap();
    let report = serde_json::to_value(sent.solve().unwrap().report().unwrap()).unwrap();
    assert_eq!(answer.json()["attributions"], report["attributions"]);
    assert_eq!(answer.json()["quotas"], report["quotas"]);
    // What is wrong is told, and a fault of a row keeps its line.
    for (options, words) in [
        (json!({ "seeds": 7 }), "seeds"),
        (json!({ "keep": 5 }), "--near"),
        (json!({ "near": {} }), "near"),
        (json!({ "max_candidates": 0 }), "au moins 1"),
        (json!({ "fixed": [["D1"]] }), "`fixed`: "),
        (json!([]), "objet"),
    ] {
        let mut all = tables.clone();
        all["options"] = options.clone();
        let answer = to(path, &all.to_string());
        assert!(answer.status == 422 && answer.text().contains(words), "{options}: {}", answer.text());
    }
    let twice = to(&format!("{path}&hard=all"), &json!({ "options": { "hard": [] } }).to_string());
    assert!(twice.status == 422 && twice.text().contains("`hard` est donné deux fois"), "{}", twice.text());
    let lines = "{\n\"options\": {\n\"seed\": 1\n},\n\"demandes\": [{ \"demande_id\": \"D1\",\n\"rfr_n2\": \"beaucoup\" }] }";
    let answer = to(path, lines);
    assert!(answer.status == 422 && answer.json()["issues"][0]["line"] == 5, "{}", answer.text());
}

#[test]
fn tables_with_faults_are_refused_with_all_of_them() {
    let running = service(|_| {});
    let to = running.address();
    let mut tables = tables(5, 2);
    tables["demandes"][1]["rfr_n2"] = json!("beaucoup");
    tables["logements"][0]["typologie"] = json!("château");
    let answer = send(to, "/v1/attributions?date=2017-06-30", "*/*", &tables);
    assert_eq!(answer.status, 422);
    let codes: Vec<Value> =
        answer.json()["issues"].as_array().unwrap().iter().map(|issue| issue["code"].clone()).collect();
    assert!(codes.contains(&json!("D0403")) && codes.contains(&json!("D0405")), "{}", answer.text());
    let answer = send(to, "/v1/attributions?hard=quart_reserv", "*/*", &tables);
    assert_eq!(answer.status, 422);
    assert!(answer.text().contains("quart_reserve"), "{}", answer.text());
    assert_eq!(send(to, "/v1/attributions?max_candidates=0", "*/*", &tables).status, 400);
}
