//! What commands write for other programs is as the published JSON Schema says: every key is described, every
//! document says its version and kind. The validator is `boon`. What was written before there was a version is read.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::matching_commands::Place;
use crate::support::{CASE, Folder, PARAMETER, RULE, SCHEMA, logis, stderr, stdout};

/// A schema in which no object has a key that is not described.
fn strict(mut schema: Value) -> Value {
    fn close(part: &mut Value) {
        match part {
            Value::Object(keys) => {
                if keys.contains_key("properties") {
                    keys.entry("additionalProperties").or_insert(json!(false));
                }
                keys.values_mut().for_each(close);
            }
            Value::Array(items) => items.iter_mut().for_each(close),
            _ => {}
        }
    }
    close(&mut schema);
    schema
}

/// Is `document` what `logis schema --format-of KIND` says? The words of the validator where it is not.
fn misfit(kind: &str, document: &Value) -> Option<String> {
    let printed = logis(&["schema", "--format-of", kind]);
    assert!(printed.status.success(), "{kind}");
    let schema = strict(serde_json::from_slice(&printed.stdout).unwrap());
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("logis.json", schema).unwrap();
    let mut schemas = boon::Schemas::new();
    let schema = compiler.compile("logis.json", &mut schemas).unwrap();
    schemas.validate(document, schema).err().map(|error| format!("{error:#}"))
}

/// Holds a document against its kind, and against the whole schema; no path in it is one of this machine.
fn hold(kind: &str, text: &str) -> Value {
    let document: Value =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{kind}: {error}: {text}"));
    assert_eq!((&document["format"], &document["kind"]), (&json!("logis/1"), &json!(kind)), "{text}");
    for of in [kind, "all"] {
        if let Some(wrong) = misfit(of, &document) {
            panic!("{kind}: {wrong}\n{text}");
        }
    }
    document
}

/// A rule that can be unknown, and one that can be an error of its row.
const PART: &str = "\n/// La part.\n/// unité: EUR/an\n/// source: art. 1\nfn part(revenu) {\n    arrondi(100 / revenu, 2)\n}\n";

const ROWS: &str = "menage_id,revenu,quartier\nM1,20000,sud\nM2,20000.50,nord\nM3,,nord\nM4,0,\n";

fn place() -> Folder {
    Folder::of(&[
        ("regles/schema.toml", SCHEMA),
        ("regles/a.toml", PARAMETER),
        ("regles/a.rhai", &format!("{RULE}{PART}")),
        ("regles/a.cas.toml", CASE),
        ("donnees/menages.csv", ROWS),
    ])
}

const DATA: [&str; 6] = ["--rules", "regles", "--data", "donnees", "--as-of", "2017-06-30"];

#[test]
fn decisions_explanations_and_receipts_are_as_published() {
    let folder = place();
    let run = |args: &[&str]| folder.logis(args);
    let explain = |id: &str| {
        let (_, out, errors) =
            run(&[&["explain"], &DATA[..], &["--id", id, "--rule", "eligible,part", "--format", "json"]]
                .concat());
        assert!(!out.is_empty(), "{errors}");
        hold("explanation", &out)
    };
    let refused = explain("M2");
    let first = &refused["explanations"][0];
    assert_eq!(first["outcome"], json!({ "state": "known", "type": "boolean", "value": false }));
    assert_eq!(first["about"], json!({ "entity": "menage", "id": "M2" }));
    assert_eq!(first["written"]["file"], "a.rhai");
    assert_eq!(first["because"][0]["left"]["value"], json!(20000.5));
    // What turns the refusal: the ceiling itself.
    assert_eq!(first["counterfactual"]["changes"][0]["to"], json!({ "type": "number", "value": 20000 }));
    let open = explain("M3");
    let missing = json!([{ "kind": "field", "field": "revenu", "entity": "menage", "id": "M3" }]);
    assert_eq!(open["explanations"][0]["outcome"], json!({ "state": "unknown", "missing": missing }));
    let failed = &explain("M4")["explanations"][1]["outcome"];
    assert_eq!((&failed["state"], &failed["message"]), (&json!("error"), &json!("division par zéro")));
    assert_eq!((&failed["rule"], &failed["written"]["file"]), (&json!("part"), &json!("a.rhai")));
    // Bare rows stay bare rows: an array of objects, plain values under the names of columns.
    let eval =
        [&["eval"], &DATA[..], &["--select", "eligible,part", "--record", "r.jsonl", "--format", "json"]]
            .concat();
    let (code, out, errors) = run(&eval);
    assert_eq!(code, 0, "{errors}");
    let rows: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(rows[1], json!({ "menage_id": "M2", "eligible": false, "part": 0 }));
    assert_eq!(rows[2], json!({ "menage_id": "M3", "eligible": null, "part": null }));
    let text = folder.read("r.jsonl");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 5);
    lines[..4].iter().for_each(|line| drop(hold("receipt", line)));
    hold("closing", lines[4]);
    let whole: Value = serde_json::from_str(lines[2]).unwrap();
    assert_eq!(whole["outcomes"]["eligible"], json!({ "state": "unknown", "missing": missing }));
    // Another ceiling: drifts; an edited line: what its seal says.
    folder.write("regles/a.toml", &PARAMETER.replace("value = 20000", "value = 20001"));
    folder.write("r.jsonl", &text.replacen("\"M1\"", "\"M9\"", 1));
    let (code, out, _) = run(&["replay", "r.jsonl", "--rules", "regles", "--format", "json"]);
    assert_eq!(code, 1);
    let told: Vec<Value> = out.lines().map(|line| hold("replayed", line)).collect();
    assert!(told.iter().any(|t| t["drifts"][0]["after"]["value"] == json!(true)), "{out}");
    assert!(told.iter().any(|t| !t["seal"].as_array().unwrap().is_empty()), "{out}");
}

#[test]
fn what_the_library_decides_is_as_published() {
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    let rules = format!("{RULE}{PART}");
    let files = vec![file("schema.toml", SCHEMA), file("a.toml", PARAMETER), file("a.rhai", &rules)];
    let pack = logis::Pack::from_files("", files).unwrap();
    let date = logis::value::parse_date("2017-06-30").unwrap();
    let decider = logis::Decider::new(pack.plan(date, &["eligible", "part", "quartier"]).unwrap());
    for record in
        [json!({ "menage_id": "M1", "revenu": 0.1, "quartier": "sud" }), json!({}), json!({ "revenu": 0 })]
    {
        let decision = decider.decide(&record).unwrap();
        hold("decision", &serde_json::to_string(&decision).unwrap());
    }
    let written = serde_json::to_value(decider.decide(&json!({ "revenu": 3 })).unwrap()).unwrap();
    assert_eq!(
        written["outcomes"]["part"],
        json!({ "state": "known", "type": "number", "value": 33.33, "unit": "EUR/an" })
    );
}

#[test]
fn matchings_and_what_is_said_of_them_are_as_published() {
    let place = Place::new();
    let result = place.stdout("match", &["--format", "json", "--select", "points,quartier"]);
    hold("matching", &result);
    hold("matching", &place.stdout("match", &["--no-quotas", "--max-candidates", "2", "--format", "json"]));
    place.write("r.json", &place.stdout("match", &["--format", "json"]));
    let mut cases = BTreeSet::new();
    for id in ["D1", "D2", "D3", "D4", "D5", "L1", "L2", "L3"] {
        let text = place.stdout("explain", &["--match", "r.json", "--id", id, "--format", "json"]);
        cases.insert(hold("attribution_reason", &text)["why"]["case"].as_str().unwrap().to_string());
    }
    let expected = ["given", "housed", "nothing_suits", "outranked"].map(str::to_string);
    assert_eq!(cases, BTreeSet::from(expected));
    for more in [&["--candidates", "1"][..], &["--probability", "0"]] {
        let args = ["--format", "json", "--acceptance", "0,5", "--draws", "60"];
        let margins = hold("margins", &stdout(&place.run("margin", &[&args[..], more].concat())));
        assert_eq!((&margins["assumed"], &margins["draws"]), (&json!(0.5), &json!(60)));
    }
    for more in [&[][..], &["--similar", "modeste", "--sessions", "4", "--seed", "9"], &["--acceptance", "0"]]
    {
        let args = ["--format", "json", "--id", "D2", "--years", "20"];
        let acceptance = if more.contains(&"--acceptance") { &[][..] } else { &["--acceptance", "0,5"] };
        hold("position", &place.stdout("position", &[&args[..], acceptance, more].concat()));
    }
    let deferral = hold("deferral", &place.stdout("defer", &["--format", "json", "--units", "L1,L2"]));
    assert_eq!((&deferral["free"], &deferral["years"]), (&json!(2), &json!(1)));
    assert_eq!(deferral["attributions"].as_array().unwrap().len(), 2);
    for (more, words) in [
        (&[][..], "attendu: --units ID,ID ou --unit-date CHAMP"),
        (&["--units", "L11"], "aucun logement n'a cet identifiant; vouliez-vous dire `L1` ?"),
        (&["--unit-date", "points"], "des règles ou des champs du logement"),
        (&["--unit-date", "taille"], "aucun logement n'est libre au 30 juin 2017"),
    ] {
        let ran = place.run("defer", more);
        assert!(ran.status.code() == Some(2) && stderr(&ran).contains(words), "{}", stderr(&ran));
    }
    // Copies of requests come in the years, if it is said which day they are filed: these have none.
    for (more, words) in [
        (&["--newcomers", "3"][..], "il y faut --request-date"),
        (&["--newcomers", "3", "--request-date", "depot"], "pas de champ de dates de ce nom"),
        (&["--newcomers", "-3"], "attendu: un entier de 0 à 1000000"),
    ] {
        let ran =
            place.run("position", &[&["--id", "D2", "--acceptance", "0,5", "--years", "2"], more].concat());
        assert!(ran.status.code() == Some(2) && stderr(&ran).contains(words), "{}", stderr(&ran));
    }
    let fairness = hold("fairness", &place.stdout("fairness", &["--format", "json"]));
    // D1 and D2 are not modest; half of them are housed.
    assert_eq!(
        fairness["groups"][0]["lines"][0],
        json!({ "outcome": { "state": "known", "type": "boolean", "value": false },
            "requests": 2, "with_suitable": 2, "housed": 1, "mean_waiting_priority": 80 })
    );
    let envy = &fairness["envies"][0];
    assert_eq!(
        (&envy["request"], &envy["reason"]),
        (&json!("D2"), &json!({ "worse": "quota", "quota": "modestes" }))
    );
}

/// A result of before `logis/1` is verified and begun from as ever, and that it is one is said.
#[test]
fn a_result_of_before_is_read() {
    let place = Place::new();
    let mut result = place.result();
    for key in ["format", "kind"] {
        result.as_object_mut().unwrap().remove(key);
    }
    for (at, name) in [(1, "manque:modestes"), (2, "priorite"), (3, "adequation")] {
        result["levels"][at]["name"] = json!(name);
    }
    place.write("avant.json", &result.to_string());
    let verified = place.run("verify", &["--match", "avant.json"]);
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert_eq!(verified.status.code(), Some(0), "{said}");
    assert!(said.contains("avant.json: résultat d'avant le format logis/1"), "{said}");
    assert_eq!(place.run("match", &["--near", "avant.json", "--format", "csv"]).status.code(), Some(0));
    // Of a version to come nothing is known.
    result["format"] = json!("logis/2");
    place.write("apres.json", &result.to_string());
    let refused = place.run("verify", &["--match", "apres.json"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("logis/1"), "{refused:?}");
}

/// Receipts that the last version without `logis/1` wrote: their seals hold, they are decided as they were, edits are
/// found, and that they are of before is said. What is written anew has the version.
#[test]
fn receipts_of_before_are_read() {
    let folder = place();
    let before = include_str!("../kept/receipts_before.jsonl");
    folder.write("avant.jsonl", before);
    let replay = ["replay", "avant.jsonl", "--rules", "regles", "--rewrite", "encore.jsonl"];
    let (code, out, errors) = folder.logis(&replay);
    assert_eq!(code, 0, "{out}{errors}");
    assert!(
        out.contains("4 reçus décidés à nouveau : mêmes résultats") && out.contains("sceaux intacts"),
        "{out}"
    );
    assert!(errors.contains("avant.jsonl: 4 reçu(s) d'avant le format logis/1"), "{errors}");
    let again = folder.read("encore.jsonl");
    again.lines().take(4).for_each(|line| drop(hold("receipt", line)));
    let (code, out, errors) = folder.logis(&["replay", "encore.jsonl", "--rules", "regles"]);
    assert!(code == 0 && errors.is_empty(), "{out}{errors}");
    for (from, to) in
        [("{\"value\":\"0.01\"}", "{\"value\":\"0.02\"}"), ("revenu (menage M3)", "revenu (menage M4)")]
    {
        folder.write("avant.jsonl", &before.replacen(from, to, 1));
        let (code, out, _) = folder.logis(&["replay", "avant.jsonl", "--rules", "regles"]);
        assert!(code == 1 && out.contains("a été modifié"), "{from}: {out}");
    }
    // Neither of both forms.
    folder.write("avant.jsonl", &before.replacen("{\"value\":\"0.01\"}", "{\"value\":0.01}", 1));
    let (code, _, errors) = folder.logis(&["replay", "avant.jsonl", "--rules", "regles"]);
    assert!(code == 2 && errors.contains("avant.jsonl:1: ce n'est pas un reçu"), "{errors}");
}

#[test]
fn reports_on_rules_are_as_published() {
    let folder = place();
    let (_, out, errors) = folder.logis(&["check", "--rules", "regles", "--format", "json"]);
    assert_eq!(hold("findings", &out)["root"], "regles/", "{errors}");
    let (_, out, errors) = folder.logis(&["coverage", "regles", "--format", "json"]);
    let coverage = hold("coverage", out.trim_start());
    assert_eq!(
        (&coverage["cases"], &coverage["totals"]["rules"]),
        (&json!(1), &json!({ "reached": 1, "all": 2 })),
        "{errors}"
    );
    let (_, out, errors) = folder.logis(&["mutate", "regles", "--format", "json"]);
    let mutation = hold("mutation", &out);
    let killed = mutation["mutants"].as_array().unwrap().iter().filter(|m| m["fate"] == "killed").count();
    assert_eq!(mutation["killed"], json!(killed), "{errors}");
    assert!(killed > 0 && mutation["mutants"].as_array().unwrap().iter().any(|m| m["fate"] == "unreached"));
    // The change of one euro, a text and a field; accepted in part.
    let changed = Folder::of(&[
        ("schema.toml", &SCHEMA.replace("EUR/an", "EUR/an\", label = \"Le revenu")),
        ("a.toml", &PARAMETER.replace("20000", "20001")),
        ("a.rhai", &format!("{RULE}{}", PART.replace("100", "101"))),
    ]);
    folder.write(
        "attendu.toml",
        "[[accepted]]\nrule = \"eligible\"\nkind = \"devient_vrai\"\ncount = 9\nreason = \"art. 1\"\n",
    );
    let head = changed.path("").display().to_string();
    let diff = [
        "diff",
        "regles",
        &head,
        "--corpus",
        "donnees",
        "--as-of",
        "2017-06-30",
        "--by",
        "quartier",
        "--accept",
        "attendu.toml",
        "--format",
        "json",
    ];
    let (code, out, errors) = folder.logis(&diff);
    assert_eq!(code, 1, "{errors}");
    let found = hold("diff", &out);
    let cell = &found["structure"]["parameters"][0];
    assert_eq!(cell["after"], json!({ "type": "number", "value": 20001 }));
    let kinds: BTreeSet<&str> =
        found["differences"].as_array().unwrap().iter().map(|d| d["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains("becomes_true"), "{kinds:?}");
    assert_eq!(found["acceptance"]["unmet"][0]["expected"], json!(9));
}

#[test]
fn the_report_of_a_scenario_is_as_published() {
    let folder = Folder::of(&[]);
    let data =
        crate::support::root().join("scenarios/grand-dijon-2015").display().to_string().replace('\\', "/");
    folder.write(
        "essai.toml",
        &format!(
            "title = \"Essai\"\n[base]\ndata = \"{data}\"\nas_of = 2017-06-30\nterritory = {{ commune = [\"21166\"] }}\n\
             [[variant]]\nname = \"plus\"\n[[variant.parameter]]\npath = \"plus.plafond\"\nmultiply = 1.05\n"
        ),
    );
    let (code, _, errors) = folder.logis(&["simulate", "essai.toml", "--output", "r"]);
    assert_eq!(code, 0, "{errors}");
    hold("scenario", &folder.read("r/rapport.json"));
    for run in fs::read_dir(folder.path("r/calculs")).unwrap() {
        hold("run", &fs::read_to_string(run.unwrap().path()).unwrap());
    }
}

/// Every kind can be asked for, the whole is one schema of them, and what is no kind offers the nearest.
#[test]
fn every_kind_has_its_schema() {
    let all: Value = serde_json::from_str(&stdout(&logis(&["schema", "--format-of", "all"]))).unwrap();
    assert_eq!(all["oneOf"].as_array().unwrap().len(), logis::formats::kinds().len());
    for kind in logis::formats::kinds() {
        let schema: Value = serde_json::from_str(&stdout(&logis(&["schema", "--format-of", kind]))).unwrap();
        assert_eq!(schema["properties"]["kind"]["const"], kind);
        assert!(misfit(kind, &json!({ "format": "logis/1", "kind": kind })).is_some());
    }
    let slip = logis(&["schema", "--format-of", "receipts"]);
    assert_eq!(slip.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&slip.stderr).contains("vouliez-vous dire `receipt` ?"));
}

/// Every fault of data says which it is: in the last column of `--rejects`, so that the others keep their place, and
/// `logis check --explain` says what it means. Written down from the page of codes, fault by fault.
#[test]
fn faults_of_data_have_codes() {
    let folder = place();
    folder.write(
        "donnees/menages.csv",
        "menage_id,revenu,quartier\nM1,21 3O0,sud\nM2,21.300,nord\n,1,nord\nM1,2,\nM4,3\nM5,\"4\nTotal,5,\n",
    );
    let (code, _, errors) = folder.logis(
        &[&["eval"], &DATA[..], &["--select", "eligible", "--format", "csv", "--rejects", "r.csv"]].concat(),
    );
    assert_eq!(code, 2, "{errors}");
    let text = folder.read("r.csv");
    assert!(text.starts_with("fichier,ligne,colonne,valeur,raison,identifiant,code\n"), "{text}");
    let found: Vec<(&str, &str)> = text
        .lines()
        .skip(1)
        .map(|line| (line.split(',').nth(1).unwrap(), line.rsplit(',').next().unwrap()))
        .collect();
    let expected =
        [("2", "D0403"), ("3", "D0407"), ("4", "D0304"), ("5", "D0305"), ("6", "D0301"), ("7", "D0302")];
    for one in expected {
        assert!(found.contains(&one), "{one:?}\n{text}");
        let (code, out, _) = folder.logis(&["check", "--explain", one.1]);
        assert!(code == 0 && out.starts_with(&format!("{}: ", one.1)) && out.contains("Remède"), "{out}");
    }
    let (_, all, _) = folder.logis(&["check", "--explain"]);
    assert!(all.contains("L0102  ") && all.contains("D0403  Pas un nombre"), "{all}");
    let (code, _, errors) = folder.logis(&["check", "--explain", "D0493"]);
    assert!(code == 2 && errors.contains("vouliez-vous D0403"), "{errors}");
}
