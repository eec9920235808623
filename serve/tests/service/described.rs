//! The description of the interface holds for what the interface takes and gives: its models, compiled as JSON
//! Schemas, are held against requests and answers.

use serde_json::{Value, json};

use crate::client::{get, post, service};

/// What a component of a description says of a value, in the validator's words.
fn misfit(description: &Value, component: &str, value: &Value) -> Option<String> {
    let mut whole = description.clone();
    whole["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("openapi.json", whole).unwrap();
    let mut schemas = boon::Schemas::new();
    let schema =
        compiler.compile(&format!("openapi.json#/components/schemas/{component}"), &mut schemas).unwrap();
    schemas.validate(value, schema).err().map(|error| format!("{error:#}"))
}

/// Every reference of a document leads somewhere in it.
fn hold_references(whole: &Value, part: &Value) {
    match part {
        Value::Object(keys) => {
            if let Some(to) = keys.get("$ref").and_then(Value::as_str) {
                assert!(whole.pointer(to.strip_prefix('#').unwrap()).is_some(), "{to}");
            }
            keys.values().for_each(|part| hold_references(whole, part));
        }
        Value::Array(items) => items.iter().for_each(|part| hold_references(whole, part)),
        _ => {}
    }
}

#[test]
fn requests_and_answers_are_as_described() {
    let running = service(|_| {});
    let to = running.address();
    let description = get(to, "/openapi.json").json();
    assert_eq!(description["openapi"], "3.1.0");
    hold_references(&description, &description);
    let hold = |component: &str, value: &Value| {
        if let Some(wrong) = misfit(&description, component, value) {
            panic!("{component}: {wrong}\n{value}");
        }
    };
    let record = json!({
        "demande_id": "D1", "commune": "21231", "date_demande": "2017-01-31", "rfr_n2": 20_000, "rfr_n1": 21_000.5,
        "revenus_12_mois": null, "situation_logement": "locataire", "communes_souhaitees": ["21231", "21171"],
        "decision_dalo": false, "violences": null,
        "personnes": [
            {
                "lien": "demandeur", "date_naissance": "1980-02-01", "handicap": null, "type_contrat": null,
                "employeur": { "employeur_id": "E1" },
            },
            { "lien": "enfant", "date_naissance": "2011-02-01", "a_charge": true },
        ],
    });
    let asked = json!({ "date": "2017-06-30", "rules": ["eligible_plus"], "record": record });
    hold("asked", &asked);
    let refused = json!({ "record": { "rfr_n2": "21 3O0", "rfrn2": 3 } });
    // A key that no table has is refused by the description as it is by the service.
    assert!(misfit(&description, "asked", &refused).is_some());
    hold("logis.decision", &post(to, "/v1/decisions", &asked).json());
    hold("logis.explanation", &post(to, "/v1/explications", &asked).json());
    let problem = post(to, "/v1/decisions", &refused);
    assert_eq!((problem.status, problem.header("content-type")), (422, Some("application/problem+json")));
    hold("problem", &problem.json());
    let no_rule = post(to, "/v1/decisions", &json!({ "rules": ["nulle_part"], "record": {} }));
    assert_eq!(no_rule.json()["issues"][0]["code"], "L0130");
    hold("problem", &no_rule.json());
    for (path, component) in [
        ("/v1/regles", "rules"),
        ("/v1/regles/eligible_plus", "rule"),
        ("/v1/regles/eligible_visale?date=2024-02-01", "rule"),
        ("/v1/parametres", "parameters"),
        ("/v1/parametres/plus.plafond", "parameter"),
        ("/v1/parametres/plus.plafond?date=2025-01-01", "parameter"),
        ("/v1/codes/L0102", "code"),
    ] {
        let answer = get(to, path);
        assert_eq!(answer.status, 200, "{path}");
        hold(component, &answer.json());
    }
}

/// Each path of the description answers, and what it says of the bodies of errors holds.
#[test]
fn every_path_is_there() {
    let running = service(|_| {});
    let description = get(running.address(), "/openapi.json").json();
    for (path, operations) in description["paths"].as_object().unwrap() {
        for method in operations.as_object().unwrap().keys() {
            // A name that is nowhere: the route is there, what it names is not.
            let path = path
                .replace("{name}", "nulle_part")
                .replace("{path}", "nulle.part")
                .replace("{code}", "X")
                .replace("{id}", "0");
            let answer = match method.as_str() {
                "get" => get(running.address(), &path),
                _ => post(running.address(), &path, &json!(3)),
            };
            assert_ne!(answer.status, 405, "{method} {path}");
            if answer.status != 200 {
                assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path}");
                let problem = answer.json();
                assert_eq!(misfit(&description, "problem", &problem), None);
                assert_ne!(problem["detail"], "rien à cette adresse ; ce qu'il y a: /openapi.json", "{path}");
            }
        }
    }
}
