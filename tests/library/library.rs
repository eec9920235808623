//! What allocation tools call: batches and single records decide as files do, and say what is wrong.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use logis::Evaluate;
use logis::data::{InputFile, Needs, ValueTable, read};
use logis::evaluate::{Outcome, evaluate};
use logis::pack::schema::FieldKind;
use logis::tables::read_tables;
use logis::value::{Value, parse_date};
use logis::{Decider, Pack, Plan};
use serde_json::{Map, Value as Json, json};

const RULES: [&str; 4] = ["categorie_menage", "ressources", "plafond_plus", "eligible_plus"];

fn plan() -> Arc<Plan> {
    let pack = Pack::load(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules")).unwrap();
    pack.plan(parse_date("2015-12-31").unwrap(), &RULES).unwrap()
}

fn table(name: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/grand-dijon-2015/");
    let text = std::fs::read_to_string(format!("{folder}{name}.csv")).unwrap();
    let cells = |line: &str| line.split(',').map(String::from).collect::<Vec<String>>();
    let mut lines = text.lines();
    (cells(lines.next().unwrap()), lines.map(cells).collect())
}

/// Rows of the demo as nested records, and as files.
#[test]
fn records_and_batches_decide_as_files_do() {
    let plan = plan();
    let names = ["demandes", "personnes", "employeurs"];
    let tables = names.map(table);
    let files = names.map(|name| InputFile {
        name: format!("{name}.csv"),
        bytes: std::fs::read(format!(
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/grand-dijon-2015/{}.csv"),
            name
        ))
        .unwrap(),
    });
    let parsed = &plan.parsed;
    let dataset = read(&parsed.schema, &parsed.references, files.into(), &Needs::default()).dataset;
    let decisions = evaluate(&plan, &dataset);

    let batches = tables.clone().map(|(headers, rows)| {
        let columns = headers.iter().enumerate().map(|(at, header)| {
            let cell = |row: &Vec<String>| Some(row[at].clone()).filter(|c| !c.is_empty());
            (header.clone(), Arc::new(rows.iter().map(cell).collect::<StringArray>()) as ArrayRef)
        });
        RecordBatch::try_from_iter(columns).unwrap()
    });
    let given: Vec<(&str, &RecordBatch)> = names.into_iter().zip(&batches).collect();
    let batch = plan.evaluate_tables(&given).unwrap();
    let eligible = batch.column_by_name("eligible_plus").unwrap().as_boolean();
    assert_eq!(batch.num_rows(), decisions.columns[0].len());

    let decider = Decider::new(plan.clone());
    let [(headers, requests), (person_headers, persons), _] = &tables;
    let record = |headers: &[String], row: &[String], drop: &[&str]| -> Map<String, Json> {
        let cells = headers.iter().cloned().zip(row.iter().map(|c| json!(c)));
        cells.filter(|(name, cell)| !drop.contains(&name.as_str()) && cell != "").collect()
    };
    let mut unknown = 0;
    for (row, request) in requests.iter().enumerate() {
        let mut demande = record(headers, request, &[]);
        let own = persons.iter().filter(|p| p[1] == request[0]);
        let own: Vec<Json> =
            own.map(|p| record(person_headers, p, &["demande_id", "employeur_id"]).into()).collect();
        demande.insert("personnes".into(), own.into());
        let decision = decider.decide(&demande).unwrap();
        for (at, name) in RULES.iter().enumerate() {
            let expected = decisions.columns[at].get(row).unwrap();
            match (&expected, decision.get(name).unwrap()) {
                // The missing cells have other row numbers there.
                (Outcome::Unknown(_), Outcome::Unknown(_)) => {
                    unknown += 1;
                    assert!(!decision.missing(name).is_empty());
                }
                (expected, found) => assert_eq!(expected, found, "{name} of {}", request[0]),
            }
        }
        let value = (!arrow_array::Array::is_null(eligible, row)).then(|| eligible.value(row));
        assert_eq!(value.is_some_and(|v| v), decision.is_true("eligible_plus"));
    }
    assert!(unknown > 0, "the demo has missing incomes");
}

/// Rows of the demo as values in memory, typed here by the schema's own words, and as files.
#[test]
fn values_decide_as_files_do() {
    let plan = plan();
    let parsed = &plan.parsed;
    let kind = |column: &str| {
        let field = parsed.schema.fields.iter().find(|field| field.column == column);
        field.map(|field| field.kind.clone())
    };
    let names = ["demandes", "personnes", "employeurs"];
    let tables = names.map(|name| {
        let (header, rows) = table(name);
        let kinds: Vec<Option<FieldKind>> = header.iter().map(|column| kind(column)).collect();
        let value = |(kind, text): (&Option<FieldKind>, &String)| {
            (!text.is_empty()).then(|| match kind {
                Some(FieldKind::Number { .. }) => Value::Number(text.parse::<i128>().unwrap().into()),
                Some(FieldKind::Date) => Value::Date(parse_date(text).unwrap()),
                Some(FieldKind::Boolean) => Value::Bool(text == "true"),
                _ => Value::text(text),
            })
        };
        let rows = rows.iter().map(|row| kinds.iter().zip(row).map(value).collect()).collect();
        ValueTable { name: name.to_string(), header, rows }
    });
    let values = read_tables(parsed, plan.date, &tables, plan.needs()).unwrap();
    let files = names.map(|name| InputFile {
        name: format!("{name}.csv"),
        bytes: std::fs::read(format!(
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/grand-dijon-2015/{}.csv"),
            name
        ))
        .unwrap(),
    });
    let files = read(&parsed.schema, &parsed.references, files.into(), &plan.needs()).dataset;
    let (by_values, by_files) = (evaluate(&plan, &values), evaluate(&plan, &files));
    for (name, (a, b)) in RULES.iter().zip(by_values.columns.iter().zip(&by_files.columns)) {
        assert_eq!(a.len(), b.len());
        assert!((0..a.len()).all(|row| a.get(row) == b.get(row)), "{name}");
    }
    let short = ValueTable { rows: vec![vec![None]], ..tables[0].clone() };
    let error = read_tables(parsed, plan.date, &[short], plan.needs()).unwrap_err();
    assert!(error.to_string().contains("demandes:1: 1 valeur(s) ; attendu: "), "{error}");
}

#[test]
fn all_that_is_wrong_with_a_record_is_said_with_its_place() {
    let decider = Decider::new(plan());
    let record = json!({
        "commune": "99999",
        "rfr_n22": 20000,
        "rfr_n1": "beaucoup",
        "personnes": [
            { "lien": "demandeur", "date_naissance": "1980-02-01" },
            { "lien": "cousin", "date_naissance": 12 },
            3,
        ],
        "employeurs": [],
    });
    let error = decider.decide(&record).unwrap_err();
    let said: Vec<String> = error.issues.iter().map(ToString::to_string).collect();
    let has = |parts: &[&str]| {
        assert!(said.iter().any(|s| parts.iter().all(|p| s.contains(p))), "{parts:?} in {said:#?}");
    };
    has(&["demande", "`commune`", "99999"]);
    has(&["demande", "`rfr_n22`", "rfr_n2"]);
    has(&["demande", "`rfr_n1`", "beaucoup"]);
    has(&["demande.personnes[1]", "`lien`", "cousin", "conjoint"]);
    has(&["demande.personnes[1]", "`date_naissance`", "12"]);
    has(&["demande.personnes[2]", "objet"]);
    has(&["demande", "`employeurs`"]);
    assert_eq!(said.len(), 7, "{said:#?}");
    assert!(decider.decide(&3).is_err());
}

#[test]
fn what_a_record_does_not_say_is_unknown_and_named() {
    let decider = Decider::new(plan());
    let record = json!({ "commune": "21231", "personnes": [{ "lien": "demandeur" }] });
    let decision = decider.decide(&record).unwrap();
    assert!(matches!(decision.get("eligible_plus"), Some(Outcome::Unknown(_))));
    assert!(decision.missing("eligible_plus").iter().any(|m| m.starts_with("rfr_n2")));
}

#[test]
fn a_batch_that_lacks_a_column_says_which() {
    let ids: ArrayRef = Arc::new(StringArray::from(vec!["D1"]));
    let batch = RecordBatch::try_from_iter([("demande_id", ids)]).unwrap();
    let error = plan().evaluate(&batch).unwrap_err().to_string();
    for expected in ["rfr_n2", "rfr_n1", "commune", "personnes"] {
        assert!(error.contains(expected), "{expected} in {error}");
    }
    let error = plan().evaluate_tables(&[("demande", &batch)]).unwrap_err().to_string();
    assert!(error.contains("demandes"), "{error}");
}
