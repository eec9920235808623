//! The commands on the matching, on a small pack and data: what they write, what they refuse.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

pub const SCHEMA: &str = "\
[demande]\ntable = \"demandes\"\nkey = \"demande_id\"\n\
[demande.fields]\nbesoin = { type = \"integer\" }\npoints = { type = \"integer\" }\nmodeste = { type = \"boolean\" }\n\
[logement]\ntable = \"logements\"\nkey = \"logement_id\"\n\
[logement.fields]\ntaille = { type = \"integer\" }\nquartier = { type = \"boolean\" }\n\
[candidature]\npair = [\"demande\", \"logement\"]\n";

pub const RULES: &str = "//! entité: candidature\n\n\
/// Le logement est assez grand.\nfn assez_grand(besoin, taille) { taille >= besoin }\n\n\
/// Le logement convient.\nfn convient(assez_grand) { assez_grand }\n\n\
/// Adéquation.\nfn adequation(besoin, taille) { 900 - 100 * (taille - besoin) }\n";

pub const PACK: &str = "name = \"essai\"\n\
[matching]\ncandidature = \"candidature\"\nsuitable = \"convient\"\npriority = \"points\"\n\
fit = \"adequation\"\nblocks = [\"assez_grand\"]\n\
[[matching.quotas]]\nname = \"modestes\"\nlabel = \"Aux modestes\"\nmembers = \"modeste\"\nshare = \"part\"\n\
[groups]\nequite = [\"modeste\"]\n";

pub const SHARE: &str =
    "[part]\n[[part.values]]\nfrom = 2016-01-01\nsource = { title = \"s\" }\nvalue = 0.5\n";

/// Three units, all large enough for four requests; D5 needs more than there is. Half of the three
/// attributions, rounded up, are two: D3 and D4 are the only modest ones, so D2 waits though it has more
/// points than both.
pub const REQUESTS: &str = "demande_id,besoin,points,modeste\nD1,1,90,false\nD2,1,80,false\nD3,1,20,true\nD4,2,10,true\nD5,9,99,true\n";
pub const UNITS: &str = "logement_id,taille,quartier\nL1,1,false\nL2,2,false\nL3,2,true\n";

pub struct Place(tempfile::TempDir);

impl Place {
    pub fn new() -> Place {
        let place = Place(tempfile::tempdir().unwrap());
        for (name, text) in [
            ("regles/schema.toml", SCHEMA),
            ("regles/r.rhai", RULES),
            ("regles/pack.toml", PACK),
            ("regles/part.toml", SHARE),
            ("donnees/demandes.csv", REQUESTS),
            ("donnees/logements.csv", UNITS),
        ] {
            place.write(name, text);
        }
        place
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn run(&self, command: &str, args: &[&str]) -> Output {
        self.run_at("2017-06-30", command, args)
    }

    fn run_at(&self, date: &str, command: &str, args: &[&str]) -> Output {
        self.at(date, command, args).output().unwrap()
    }

    fn at(&self, date: &str, command: &str, args: &[&str]) -> Command {
        let base = [command, "--rules", "regles", "--data", "donnees", "--as-of", date];
        let mut run = Command::new(env!("CARGO_BIN_EXE_logis"));
        run.current_dir(self.0.path()).args(base.iter().chain(args));
        run
    }

    /// What is drawn is the same on any number of threads, and another for another seed.
    fn draws_by_the_seed_alone(&self, command: &str, args: &[&str]) {
        let drawn = |threads: &str, seed: &str| {
            let args = [&["--acceptance", "0.54", "--format", "json", "--seed", seed], args].concat();
            let ran =
                self.at("2017-06-30", command, &args).env("RAYON_NUM_THREADS", threads).output().unwrap();
            String::from_utf8(ran.stdout).unwrap()
        };
        let one = drawn("1", "1");
        assert_eq!(one, drawn("3", "1"));
        assert_ne!(one, drawn("1", "2").replace("\"seed\": 2", "\"seed\": 1"));
    }

    pub fn stdout(&self, command: &str, args: &[&str]) -> String {
        let output = self.run(command, args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn result(&self) -> Value {
        serde_json::from_str(&self.stdout("match", &["--format", "json"])).unwrap()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_result_has_what_other_solvers_compare() {
    let place = Place::new();
    let text = place.stdout("match", &["--format", "json"]);
    let keys: Vec<&str> =
        text.lines().filter(|l| l.starts_with("  \"")).filter_map(|l| l.split('"').nth(1)).collect();
    assert_eq!(keys, ["format", "kind", "attributions", "levels", "quotas", "reserves", "certificate"]);
    let result: Value = serde_json::from_str(&text).unwrap();
    // D4 needs two rooms; L1 fits D1 or D3 best. Fits: 900 for D4, 900 and 800 for D1 and D3.
    assert_eq!(
        result["levels"],
        json!([
            { "name": "attributions", "value": 3 },
            { "name": "shortfall:modestes", "value": 0 },
            { "name": "priority", "value": 120 },
            { "name": "fit", "value": 2600 },
        ])
    );
    let quota = &result["quotas"][0];
    assert_eq!(
        (
            &quota["name"],
            &quota["members"],
            &quota["base"],
            &quota["target"],
            &quota["achieved"],
            &quota["shortfall"]
        ),
        (&json!("modestes"), &json!(2), &json!(3), &json!("1/2"), &json!("2/3"), &json!(0))
    );
    // One modest household less asked for, and D2 would come in place of D4: 80 - 10 points; it is told if asked.
    assert_eq!(quota.get("price"), None);
    let priced = place.stdout("match", &["--format", "json", "--prices"]);
    let priced: Value = serde_json::from_str(&priced).unwrap();
    assert_eq!(priced["quotas"][0]["price"], json!(70));
    let text = place.stdout("match", &["--format", "csv", "--select", "points,adequation,taille"]);
    assert!(text.starts_with("demande_id,logement_id,points,adequation,taille\nD1,"), "{text}");
    assert!(!text.contains("D2,"));
    let without = place.stdout("match", &["--no-quotas", "--format", "csv"]);
    assert!(without.contains("D2,") && !without.contains("D4,"), "{without}");
    let text = place.stdout("candidates", &["--select", "points,adequation", "--format", "csv"]);
    assert_eq!(text.lines().count(), 1 + 3 + 3 + 3 + 2);
    assert!(text.contains("D4,L2,10,900\n"), "{text}");
    let capped = place.run("candidates", &["--max-candidates", "1", "--format", "csv"]);
    assert_eq!(
        String::from_utf8_lossy(&capped.stdout),
        "demande_id,logement_id\nD1,L1\nD2,L1\nD3,L1\nD4,L2\n"
    );
    assert!(said(&capped).contains("7 candidatures écartées"), "{}", said(&capped));
}

#[test]
fn a_quota_that_is_not_in_force_is_said() {
    let place = Place::new();
    let output = place.run_at("2015-12-31", "match", &["--format", "json"]);
    assert!(said(&output).contains("quota modestes: pas en vigueur avant le 2016-01-01"));
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["quotas"], json!([]));
    assert_eq!(result["levels"][1], json!({ "name": "priority", "value": 190 }));
}

/// Each kind of corruption is refused, with exit code 1 and a sentence that says which.
#[test]
fn a_corrupted_result_is_refused() {
    let place = Place::new();
    let result = place.result();
    let verify = |result: &Value, date: &str| {
        place.write("r.json", &result.to_string());
        place.run_at(date, "verify", &["--match", "r.json"])
    };
    let fine = verify(&result, "2017-06-30");
    assert_eq!(fine.status.code(), Some(0), "{}", said(&fine));
    let refuse = |date: &str, words: &str, change: &dyn Fn(&mut Value)| {
        let mut corrupted = result.clone();
        change(&mut corrupted);
        assert_ne!((&corrupted, "2017-06-30"), (&result, date), "{words}: nothing is changed");
        let output = verify(&corrupted, date);
        assert_eq!(output.status.code(), Some(1), "{words}: {}", said(&output));
        assert!(said(&output).starts_with("le résultat ne tient pas: "), "{}", said(&output));
        assert!(said(&output).contains(words), "{words}: {}", said(&output));
    };
    let day = "2017-06-30";
    refuse("2018-01-01", "les règles sont prises au 2018-01-01", &|_| {});
    let at = |id: &str| {
        result["attributions"].as_array().unwrap().iter().position(|a| a["demande_id"] == id).unwrap()
    };
    let unit = |id: &str| result["attributions"][at(id)]["logement_id"].clone();
    refuse(day, "n'est l'identifiant d'aucune ligne", &|r| {
        r["attributions"][0]["demande_id"] = json!("D0");
    });
    refuse(day, "la demande D1 reçoit deux logements", &|r| {
        r["attributions"][at("D3")]["demande_id"] = json!("D1");
    });
    refuse(day, "la demande D4 reçoit le logement L1, qui ne lui convient pas", &|r| {
        r["attributions"][at("D4")]["logement_id"] = json!("L1");
    });
    refuse(day, "est attribué deux fois", &|r| {
        r["attributions"][at("D1")]["logement_id"] = unit("D4");
    });
    refuse(day, "attributions: la réponse atteint 2, et non 3", &|r| {
        r["attributions"].as_array_mut().unwrap().pop();
    });
    refuse(day, "priorité: la réponse atteint 120, et non 121", &|r| r["levels"][2]["value"] = json!(121));
    refuse(day, "adéquation: la réponse atteint 2600, et non 2500", &|r| {
        r["levels"][3]["value"] = json!(2500);
    });
    refuse(day, "les niveaux sont", &|r| {
        r["levels"].as_array_mut().unwrap().remove(1);
    });
    refuse(day, "annonce la part visée 1/4, attendu : 1/2", &|r| r["quotas"][0]["target"] = json!("1/4"));
    refuse(day, "annonce la part atteinte 3/3", &|r| r["quotas"][0]["achieved"] = json!("3/3"));
    refuse(day, "annonce le prix", &|r| r["quotas"][0]["price"] = json!(100_000));
    refuse(day, "modestes", &|r| {
        r["quotas"][0]["members"] = json!(1);
        r["quotas"][0]["achieved"] = json!("1/3");
    });
    // D2 in the place of D4: more points, and the quota is missed.
    refuse(day, "quota modestes", &|r| {
        r["attributions"][at("D4")]["demande_id"] = json!("D2");
        r["levels"][2]["value"] = json!(190);
        r["levels"][3]["value"] = json!(2500);
    });
    for level in ["attributions", "quotas", "priority", "fit"] {
        refuse(day, "", &|r| r["certificate"][level] = json!(null_proof(level)));
    }
    // What says nothing of the rules and the data still holds on these, and that is told.
    let mut old = result.clone();
    old["certificate"].as_object_mut().unwrap().remove("problem");
    let fine = verify(&old, day);
    assert_eq!(fine.status.code(), Some(0), "{}", said(&fine));
    assert!(String::from_utf8_lossy(&fine.stdout).contains("ne nomme ni les règles"));
    // What is no result at all is bad input.
    for text in ["", "[]", "{\"attributions\": []}"] {
        place.write("r.json", text);
        let output = place.run("verify", &["--match", "r.json"]);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains("n'est pas un résultat de `logis match --format json`"));
    }
}

/// Whoever verifies poses the problem: what the result leaves out of it is named, unless the same is asked.
#[test]
fn whoever_verifies_poses_the_problem() {
    let place = Place::new();
    let run = |command: &str, args: &[&str]| {
        let output = place.run(command, args);
        (output.status.code(), format!("{}{}", said(&output), String::from_utf8_lossy(&output.stdout)))
    };
    let refused = |args: &[&str], words: &str| {
        for command in [&["verify"][..], &["explain", "--id", "D1"]] {
            let args = [&command[1..], &["--match", "r.json"], args].concat();
            let (code, text) = run(command[0], &args);
            assert!(code == Some(1) && text.contains(words), "{command:?} {args:?}: {code:?} {text}");
        }
    };
    let held = |args: &[&str], words: &str| {
        let (code, text) = run("verify", &[&["--match", "r.json"], args].concat());
        assert!(code == Some(0) && text.contains(words), "{args:?}: {code:?} {text}");
        let (code, text) = run("explain", &[&["--id", "D1", "--match", "r.json"], args].concat());
        assert_eq!(code, Some(0), "{args:?}: {text}");
    };
    let matched = |args: &[&str]| {
        let (code, text) = run("match", &[&["--format", "json", "-o", "r.json"], args].concat());
        assert_eq!(code, Some(0), "{text}");
    };
    matched(&[]);
    held(
        &[],
        "3 attributions; parmi les 11 candidatures recevables de 5 demandes et 3 logements, quotas modestes (1/2), au 2017-06-30, aucune autre",
    );
    refused(&["--no-quotas"], "le quota `modestes` du résultat n'est pas en vigueur ici");
    refused(&["--max-candidates", "2"], "--max-candidates: sans limite dans le résultat, attendu : 2");
    refused(&["--select", "points"], "`points` est absent, attendu : 90");
    held(&["--hard", "modestes"], "Le résultat tient");
    matched(&["--no-quotas"]);
    refused(&[], "le quota `modestes`, en vigueur, manque au résultat");
    held(&["--no-quotas"], "sans les quotas du paquet de règles");
    matched(&["--max-candidates", "1"]);
    refused(&[], "pour le vérifier entre celles qui restent: --max-candidates 1");
    refused(&["--max-candidates", "2"], "--max-candidates: 1 dans le résultat, attendu : 2");
    held(&["--max-candidates", "1"], "parmi les 4 candidatures recevables gardées par --max-candidates 1");
    matched(&["--select", "points,taille"]);
    refused(&[], "colonnes que rien ne vérifie: points, taille");
    refused(&["--select", "taille"], "colonnes que rien ne vérifie: points");
    held(&["--select", "taille,points"], "Le résultat tient");
    let path = place.0.path().join("r.json");
    let honest = fs::read_to_string(&path).unwrap();
    fs::write(&path, honest.replacen("\"points\": 90", "\"points\": 91", 1)).unwrap();
    refused(&["--select", "points,taille"], "(D1): `points` est 91, attendu : 90");
    fs::write(&path, honest.replacen("\"points\": 90", "\"note\": \"\", \"points\": 90", 1)).unwrap();
    refused(&[], "colonnes que rien ne vérifie: note, points, taille");
    refused(&["--select", "points,taille"], "colonnes que rien ne vérifie: note");
    // A quota that is said to be met is; one that is not in force is not.
    matched(&["--hard", "modestes"]);
    held(&[], "Le résultat tient");
    let honest = fs::read_to_string(&path).unwrap();
    fs::write(
        &path,
        honest.replacen("\"hard\": [\n        \"modestes\"", "\"hard\": [\n        \"autres\"", 1),
    )
    .unwrap();
    refused(&[], "quota autres: doit être tenu, et n'est pas en vigueur ici");
    let (code, text) = run("explain", &["--id", "D1", "--no-quotas"]);
    assert!(code == Some(2) && text.contains("attendu: --match"), "{text}");
}

/// Rules, parameters and data are those that the result was made of, whether or not it makes a difference.
#[test]
fn a_result_names_what_it_was_made_of() {
    let place = Place::new();
    place.write("r.json", &place.result().to_string());
    let verify = || {
        let output = place.run("verify", &["--match", "r.json"]);
        (output.status.code(), said(&output))
    };
    let changed = |file: &str, text: &str, words: &str| {
        let before = fs::read_to_string(place.0.path().join(file)).unwrap();
        place.write(file, text);
        let (code, said) = verify();
        place.write(file, &before);
        match words {
            "" => assert_eq!(code, Some(0), "{file}: {said}"),
            words => assert!(code == Some(1) && said.contains(words), "{file}: {code:?} {said}"),
        }
    };
    // No unit is large enough for D5: one point less changes nothing but the data.
    let data = "empreinte des données: sha256:";
    changed("donnees/demandes.csv", &REQUESTS.replace("D5,9,99", "D5,9,98"), data);
    changed("donnees/demandes.csv", &(REQUESTS.to_string() + "D6,9,1,false\n"), data);
    changed("donnees/logements.csv", &UNITS.replace("L1,1,false", "L1,1,true"), "");
    let rows: Vec<&str> = REQUESTS.lines().collect();
    let reversed: Vec<&str> = rows[..1].iter().chain(rows[1..].iter().rev()).copied().collect();
    changed("donnees/demandes.csv", &reversed.join("\r\n").replace(',', ";"), "");
    // Two of three are asked for by either share.
    changed("regles/part.toml", &SHARE.replace("0.5", "0.6"), "annonce la part visée 1/2, attendu : 3/5");
    changed("regles/part.toml", &SHARE.replace("2016-01-01", "2016-02-01"), "");
    changed("regles/r.rhai", &RULES.replace("taille >= besoin", "besoin <= taille"), "empreinte des règles");
    changed("regles/r.rhai", &RULES.replace("Adéquation.", "L'adéquation."), "");
    let members = PACK.replace("members = \"modeste\"", "base = \"modeste\"\nmembers = \"modeste\"");
    changed("regles/pack.toml", &members, "quota modestes: base: toutes dans le résultat, attendu : modeste");
    changed("regles/pack.toml", &PACK.replace("\"essai\"", "\"autre\""), "paquet de règles: essai");
    let another = PACK.replace("[groups]", "[[matching.quotas]]\nname = \"autres\"\nlabel = \"Autres\"\nmembers = \"modeste\"\nshare = \"part\"\n[groups]");
    changed("regles/pack.toml", &another, "le quota `autres`, en vigueur, manque au résultat");
}

/// A certificate that is none is refused where it is read, quickly, by all who read one; and so is a file that
/// says more than a result does.
#[test]
fn a_malformed_result_is_refused() {
    let place = Place::new();
    let result = place.result();
    let refused = |text: &str, code: i32, words: &str| {
        place.write("r.json", text);
        for args in [
            &["verify", "--match", "r.json"][..],
            &["explain", "--id", "D1", "--match", "r.json"],
            &["match", "--near", "r.json", "--format", "json", "-o", "suite.json"],
        ] {
            let output = place.run(args[0], &args[1..]);
            let said = said(&output);
            assert!(output.status.code() == Some(code) && said.contains(words), "{words}, {args:?}: {said}");
            assert!(!said.contains("panicked"), "{said}");
            assert!(!place.0.path().join("suite.json").exists());
        }
    };
    let malformed = |change: &dyn Fn(&mut Value)| {
        let mut changed = result.clone();
        change(&mut changed);
        assert_ne!(changed, result);
        refused(&changed.to_string(), 1, "la preuve est mal formée: ");
    };
    let proof = |multipliers: Value| {
        let cells = result["certificate"]["cells"].as_array().unwrap().len() - 1;
        json!({ "bound": { "scale": 60, "multipliers": multipliers, "prices": { "cells": vec![1; cells] } } })
    };
    malformed(&|r| r["certificate"]["cells"] = json!([0, u32::MAX, 0, u32::MAX]));
    malformed(&|r| r["certificate"]["units"][0] = r["certificate"]["units"][1].clone());
    malformed(&|r| r["certificate"]["units"] = json!([]));
    malformed(&|r| r["certificate"]["room"]["scale"] = json!(0));
    malformed(&|r| r["certificate"]["room"]["scale"] = json!(i64::MAX));
    malformed(&|r| r["certificate"]["room"]["scale"] = json!(u64::MAX));
    malformed(&|r| r["certificate"]["room"]["prices"] = json!({ "cells": [] }));
    malformed(&|r| r["certificate"]["fit"] = proof(json!([["attributions", i64::MIN]])));
    malformed(&|r| r["certificate"]["priority"] = proof(json!([[{ "members": u64::MAX }, 1]])));
    malformed(&|r| {
        r["certificate"]["priority"] = proof(json!([[{ "members": 0 }, 1], [{ "members": 0 }, 1]]))
    });
    malformed(&|r| r["certificate"]["bases"] = json!([]));
    malformed(&|r| r["certificate"]["quotas"] = json!("nothing"));
    malformed(&|r| r["certificate"]["fit"] = json!({ "autre": 1 }));
    malformed(&|r| {
        let on = json!({ "base": { "quota": 7, "most": 1 } });
        r["certificate"]["fit"] = json!({ "split": { "on": on, "without": "nothing", "with": "nothing" } });
    });
    malformed(&|r| r["certificate"]["fit"] = (0..200).fold(json!(0), |inside, _| json!([inside])));
    malformed(&|r| drop(r["certificate"].as_object_mut().unwrap().remove("room")));
    // Said besides, where nothing looks.
    for at in ["", "/levels/0", "/quotas/0", "/certificate", "/certificate/room", "/certificate/problem"] {
        let mut changed = result.clone();
        changed.pointer_mut(at).unwrap()["note"] = json!("anything");
        refused(&changed.to_string(), 1, "`note` n'est pas d'un résultat");
    }
    for (text, words) in [
        ("", "le fichier s'arrête trop tôt"),
        ("{\"attributions\": [}", "attendu: une valeur"),
        ("{\"attributions\": [{}], \"attributions\": []}", "`attributions` y est deux fois"),
        ("{\"attributions\": 7}", "nombre `7`; attendu: une liste"),
        ("[]", "une liste trop courte ou trop longue"),
        ("{} x", "`attributions` manque"),
        ("7", "nombre `7`; attendu: un objet"),
    ] {
        refused(text, 2, words);
    }
    let twice = result.to_string().replacen("\"demande_id\":", "\"demande_id\":\"D5\",\"demande_id\":", 1);
    refused(&twice, 2, "`demande_id` y est deux fois");
    let typed = result.to_string().replacen("\"value\":3", "\"value\":\"3\"", 1);
    refused(&typed, 2, "r.json: n'est pas un résultat de `logis match --format json`: ligne 1, colonne ");
}

/// A proof whose prices prove nothing.
fn null_proof(level: &str) -> Value {
    let proof = json!({ "bound": { "scale": 1, "multipliers": [], "prices": { "cells": [] } } });
    if level == "quotas" { json!([proof, proof]) } else { proof }
}

#[test]
fn a_hard_quota_comes_before_the_number_of_attributions() {
    let place = Place::new();
    assert_eq!(place.run("match", &["--hard", "all", "--format", "csv"]).status.code(), Some(0));
    // Only D4 is modest and can be housed.
    place.write("donnees/demandes.csv", &REQUESTS.replace("D3,1,20,true", "D3,1,20,false"));
    // Half of two attributions, and not of three: one household less is housed, which is told.
    let output = place.run("match", &["--hard", "modestes", "--format", "json", "--output", "r.json"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = said(&output);
    assert!(text.contains("quotas à tenir (modestes): tenus, en logeant 2 demandes au lieu de 3"), "{text}");
    assert!(text.contains("à lui seul, modestes ne peut être tenu en en logeant 3"), "{text}");
    assert!(text.contains("il manquerait au moins 1 membres à modestes"), "{text}");
    let result: Value = serde_json::from_slice(&fs::read(place.0.path().join("r.json")).unwrap()).unwrap();
    let levels: Vec<&str> =
        result["levels"].as_array().unwrap().iter().filter_map(|level| level["name"].as_str()).collect();
    assert_eq!(levels, ["shortfall:modestes", "attributions", "priority", "fit"]);
    assert_eq!((&result["levels"][0]["value"], &result["levels"][1]["value"]), (&json!(0), &json!(2)));
    // D1 has the most points of the others.
    let verified = place.run("verify", &["--match", "r.json", "--hard", "modestes"]);
    assert_eq!(verified.status.code(), Some(0), "{}", said(&verified));
    let text = String::from_utf8_lossy(&verified.stdout).into_owned();
    assert!(text.contains("dont modestes avant le nombre d'attributions"), "{text}");
    let refused = place.run("verify", &["--match", "r.json"]);
    assert_eq!(refused.status.code(), Some(1));
    let why = place.stdout("explain", &["--match", "r.json", "--hard", "modestes", "--id", "D2"]);
    assert!(why.contains("le quota modestes serait moins bien tenu"), "{why}");
    // Nobody is modest: only an answer that houses nobody meets the quota, and nothing is written.
    place.write("donnees/demandes.csv", &REQUESTS.replace("true", "false"));
    let output = place.run("match", &["--hard", "modestes", "--format", "csv", "--output", "r.csv"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(!place.0.path().join("r.csv").exists());
    let text = said(&output);
    assert!(text.contains("il en faut 2 à des membres, et il y en a 0 au plus"), "{text}");
    let output = place.run("match", &["--hard", "modeste"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("vouliez-vous dire `modestes` ?"), "{}", said(&output));
}

/// Without L1, D1 moves: two units are left, of which half (one) goes to a modest request, and D1 has the
/// most points. D4 needs a T2 and D3 has more points, so D3 has the other one; who had it before stays there.
#[test]
fn the_next_result_begins_at_the_one_before() {
    let place = Place::new();
    let first = place.run("match", &["--format", "json", "-o", "avant.json"]);
    assert!(first.status.success(), "{}", said(&first));
    let again = place.run("match", &["--near", "avant.json", "--format", "csv"]);
    assert!(
        said(&again).contains("3 attributions inchangées, 0 demandes changent de logement"),
        "{}",
        said(&again)
    );
    place.write("donnees/logements.csv", "logement_id,taille,quartier\nL2,2,false\nL3,2,true\n");
    let next = place.run("match", &["--near", "avant.json", "--format", "json", "-o", "apres.json"]);
    assert!(next.status.success(), "{}", said(&next));
    assert!(
        said(&next).contains("0 demandes et 1 logements ne sont plus dans les données"),
        "{}",
        said(&next)
    );
    let read = |name: &str| -> Value {
        serde_json::from_slice(&fs::read(place.0.path().join(name)).unwrap()).unwrap()
    };
    let unit = |result: &Value, request: &str| {
        let own = result["attributions"].as_array().unwrap().iter().find(|a| a["demande_id"] == request);
        own.map(|a| a["logement_id"].clone())
    };
    let (before, after) = (read("avant.json"), read("apres.json"));
    // Both fit both units as well: who had one of them has it still.
    for id in ["D1", "D3"] {
        let had = unit(&before, id).unwrap();
        assert!(had == "L1" || unit(&after, id) == Some(had), "{before} {after}");
    }
    let housed: Vec<&str> =
        ["D1", "D2", "D3", "D4", "D5"].into_iter().filter(|d| unit(&after, d).is_some()).collect();
    assert_eq!(housed, ["D1", "D3"]);
    let wrong = place.run("match", &["--near", "donnees/demandes.csv"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(
        said(&wrong).contains("n'est pas un résultat de `logis match --format json`"),
        "{}",
        said(&wrong)
    );
}

#[test]
fn explanations_follow_the_result() {
    let place = Place::new();
    place.write("r.json", &place.result().to_string());
    let explain = |id: &str| place.stdout("explain", &["--match", "r.json", "--id", id]);
    let text = explain("D2");
    assert!(text.contains("D2 (80 points) n'est pas logée"), "{text}");
    assert!(text.contains("le quota modestes serait moins bien tenu"), "{text}");
    let text = explain("D5");
    assert!(text.contains("aucun des 3 logements ne lui convient"), "{text}");
    assert!(text.contains("Le logement est assez grand : fausse pour 3, seule à manquer pour 3"), "{text}");
    let text = explain("D1");
    assert!(text.contains("reçoit le logement"), "{text}");
    let text = explain("L1");
    assert!(text.contains("Le logement L1 va à la demande D"), "{text}");
    let json: Value = serde_json::from_str(
        &place.stdout("explain", &["--match", "r.json", "--id", "D2", "--format", "json"]),
    )
    .unwrap();
    assert_eq!(json["why"]["case"], "outranked");
    assert!(
        json["why"]["reasons"]
            .as_array()
            .unwrap()
            .iter()
            .any(|r| r["worse"] == "quota" && r["quota"] == "modestes")
    );
    let output = place.run("explain", &["--match", "r.json", "--id", "D9"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("n'est l'identifiant d'aucune demande ni d'aucun logement"));
    let text = place.stdout("fairness", &[]);
    assert!(text.contains("D2 (80 points) : "), "{text}");
    assert!(text.contains("quota modestes"), "{text}");
}

#[test]
fn the_commission_has_lists_and_hears_refusals() {
    let place = Place::new();
    let lists = |args: &[&str]| place.stdout("commission", &[&["--format", "csv"], args].concat());
    let text = lists(&[]);
    assert!(text.starts_with("logement_id,rang,demande_id,priorite,adequation,partage\nL1,1,D"), "{text}");
    // D2 alone waits: it is second once, and shared elsewhere.
    assert_eq!(text.matches(",2,D2,80,").count(), 3, "{text}");
    assert_eq!(text.matches("false").count(), 4, "{text}");
    let own = text.lines().find(|l| l.contains(",2,D2,") && l.ends_with("false")).unwrap();
    let unit = own.split(',').next().unwrap();
    let first =
        text.lines().find(|l| l.starts_with(&format!("{unit},1,"))).unwrap().split(',').nth(2).unwrap();
    place.write("refus.csv", &format!("demande_id;logement_id\n{first};{unit}\n"));
    let after = lists(&["--refusals", "refus.csv"]);
    assert!(after.contains(&format!("{unit},1,D2,")), "{after}");
    // D5 suits no unit: what it refuses is nothing, which is told.
    place.write("refus.csv", "demande_id,logement_id\nD5,L1\n");
    let output = place.run("commission", &["--refusals", "refus.csv", "--format", "csv"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), text);
    assert!(said(&output).contains("refus.csv:2: `D5` n'est pas candidate"), "{}", said(&output));
    // Who has left the data since is history: it is told, and the rest stands.
    place.write("refus.csv", "demande_id,logement_id\nD7,L1\nD1,L9\n");
    let output = place.run("commission", &["--refusals", "refus.csv", "--format", "csv"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), text);
    assert!(
        said(&output).contains("refus.csv:2: `D7` n'est pas, ou n'est plus, une demande"),
        "{}",
        said(&output)
    );
    assert!(
        said(&output).contains("refus.csv:3: `L9` n'est pas, ou n'est plus, un logement"),
        "{}",
        said(&output)
    );
    // Lists that were notified are followed: another request, of most points, stands in none of them.
    place.write("listes.csv", &text);
    place.write("donnees/demandes.csv", &(REQUESTS.to_string() + "D6,1,1000,true\n"));
    assert_eq!(lists(&["--lists", "listes.csv"]), text);
    assert!(lists(&[]).contains(",1,D6,1000,"));
    // A unit that is new gets a list, of those who stand nowhere.
    place.write("donnees/logements.csv", &(UNITS.to_string() + "L4,2,false\n"));
    let more = lists(&["--lists", "listes.csv"]);
    assert!(more.starts_with(&text) && more.contains("\nL4,1,D6,1000,"), "{more}");
    place.write("refus.csv", "demande,logement_id\nD1,L1\n");
    let output = place.run("commission", &["--refusals", "refus.csv"]);
    assert!(said(&output).contains("attendu: une ligne d'en-tête avec `demande_id` et `logement_id`"));
    assert!(Path::new(place.0.path()).exists());
}

/// What is decided stands in the answer, what is ruled out does not; whoever verifies poses both.
#[test]
fn decisions_are_kept_and_ruled_out_pairs_are_not_made() {
    let place = Place::new();
    place.write("fixes.csv", "logement_id;demande_id\nL1;D2\n");
    place.write("interdits.csv", "demande_id,logement_id\nD4,L2\nD9,L1\n");
    let args = ["--fix", "fixes.csv", "--forbid", "interdits.csv"];
    let output = place.run("match", &[&args[..], &["--format", "json", "-o", "r.json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(said(&output).contains("interdits.csv:3: `D9` n'est pas, ou n'est plus, une demande"));
    let result: Value = serde_json::from_slice(&fs::read(place.0.path().join("r.json")).unwrap()).unwrap();
    let pairs: Vec<(&str, &str)> = result["attributions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["demande_id"].as_str().unwrap(), row["logement_id"].as_str().unwrap()))
        .collect();
    // D2 is in L1; half of three are modest, so D3 and D4 have the others: D4 cannot have L2.
    assert_eq!(pairs, [("D2", "L1"), ("D3", "L2"), ("D4", "L3")]);
    let verify = |args: &[&str]| place.run("verify", &[&["--match", "r.json"], args].concat()).status.code();
    assert_eq!((verify(&args), verify(&[])), (Some(0), Some(1)));
    for (file, words) in [
        ("demande_id,logement_id\nD4,L1\n", "fixes.csv:2: le logement L1 ne convient pas à la demande D4"),
        ("demande_id,logement_id\nD1,L1\nD1,L2\n", "`D1` y figure deux fois"),
        ("demande_id,logement_id\nD4,L2\n", "à la fois fixé et interdit"),
        (
            "demande_id,logement_id\nD11,L1\n",
            "fixes.csv:2: `D11` n'est l'identifiant d'aucune demande; vouliez-vous dire `D1` ?",
        ),
    ] {
        place.write("fixes.csv", file);
        let output = place.run("match", &args);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(said(&output).contains(words), "{words}: {}", said(&output));
    }
}

/// Alike requests are drawn by a seed that stands in the result; the reason names the lot. A pack that says how ties are
/// ranked is followed first.
#[test]
fn ties_go_by_seniority_and_then_by_a_lot() {
    let place = Place::new();
    let alike: String = (1..=8).map(|n| format!("D{n},1,50,false,2016-01-0{n}\n")).collect();
    place.write("donnees/demandes.csv", &format!("demande_id,besoin,points,modeste,depuis\n{alike}"));
    let schema = SCHEMA.replace("modeste = {", "depuis = { type = \"date\" }\nmodeste = {");
    place.write("regles/schema.toml", &schema);
    let housed = |args: &[&str]| -> Vec<String> {
        let text = place.stdout("match", &[&["--no-quotas", "--format", "csv"], args].concat());
        text.lines().skip(1).map(|line| line.split(',').next().unwrap().to_string()).collect()
    };
    let draws: std::collections::BTreeSet<Vec<String>> =
        (1..=12).map(|seed| housed(&["--seed", &seed.to_string()])).collect();
    assert!(draws.len() > 6, "{draws:?}");
    assert_eq!(housed(&["--seed", "7"]), housed(&["--seed", "7"]));
    let output = place.run("match", &["--no-quotas", "--seed", "7", "--format", "json", "-o", "r.json"]);
    assert!(output.status.success(), "{}", said(&output));
    let verify = |seed: &str| {
        let args = ["--match", "r.json", "--no-quotas", "--seed", seed];
        place.run("verify", &args).status.code()
    };
    assert_eq!((verify("7"), verify("8")), (Some(0), Some(1)));
    let waits = (1..=8).map(|n| format!("D{n}")).find(|id| !housed(&["--seed", "7"]).contains(id)).unwrap();
    let why = |args: &[&str]| {
        place.stdout("explain", &[&["--match", "r.json", "--no-quotas", "--id", &waits], args].concat())
    };
    assert!(why(&["--seed", "7"]).contains("le tirage au sort place la détentrice d'abord"));
    // The first to come are housed, whatever the seed.
    let pack = PACK.replace("fit =", "tie = \"depuis\"\nfit =");
    place.write("regles/pack.toml", &pack);
    assert_eq!(housed(&["--seed", "7"]), ["D1", "D2", "D3"]);
    assert_eq!(housed(&[]), ["D1", "D2", "D3"]);
    place.write("regles/pack.toml", &PACK.replace("fit =", "tie = \"modeste\"\nfit ="));
    let output = place.run("match", &["--no-quotas"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
}

/// What a quota costs, shortfall by shortfall; a search without time says what it leaves open; moves are kept few.
#[test]
fn a_frontier_a_limit_and_few_moves() {
    let place = Place::new();
    let text = place.stdout("match", &["--frontier", "modestes", "--format", "csv"]);
    // Two modest households of three: D3 and D4 beside D1; one that lacks: D2 in place of D4; both: likewise none is needed.
    let rows: Vec<&str> = text.lines().collect();
    assert_eq!(rows[0], "manque_admis,manque,attributions,priorite,adequation,prouve");
    assert_eq!(rows[1], "0,0,3,120,2600,true");
    assert!(rows[2].starts_with("1,1,3,190,"), "{text}");
    assert_eq!(rows.len(), 3, "{text}");
    let wrong = place.run("match", &["--frontier", "modeste"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(said(&wrong).contains("vouliez-vous dire `modestes` ?"), "{}", said(&wrong));
    let limited = place.run("match", &["--time-limit", "60", "--format", "json", "-o", "r.json"]);
    assert!(
        limited.status.success() && said(&limited).contains("chaque niveau est prouvé"),
        "{}",
        said(&limited)
    );
    let alone = place.run("match", &["--keep", "5"]);
    assert_eq!(alone.status.code(), Some(2));
    assert!(said(&alone).contains("--near"), "{}", said(&alone));
    // Another household with a little more points than D1 comes: within ten points it waits.
    place.write("donnees/demandes.csv", &(REQUESTS.to_string() + "D6,1,95,false\n"));
    let near = |args: &[&str]| {
        let args = [&["--near", "r.json", "--format", "json", "-o", "s.json"], args].concat();
        let output = place.run("match", &args);
        assert!(output.status.success(), "{}", said(&output));
        said(&output)
    };
    assert!(near(&[]).contains("2 attributions inchangées"));
    let text = near(&["--keep", "10"]);
    assert!(
        text.contains("3 attributions inchangées, au lieu de 2 au mieux des points, pour 5 points cédés"),
        "{text}"
    );
    let verify = |args: &[&str]| place.run("verify", &[&["--match", "s.json"], args].concat()).status.code();
    assert_eq!(
        (verify(&["--keep", "10"]), verify(&[]), verify(&["--keep", "9"])),
        (Some(0), Some(1), Some(1))
    );
    let text = place.stdout("fairness", &["--wishes"]);
    assert!(text.contains("en taisant les autres souhaits"), "{text}");
    assert!(text.contains("par points, chacune son mieux"), "{text}");
}

/// Answers are drawn from the seed alone, whatever the number of threads. Where no rule says how likely an offer is taken, a
/// probability is asked for; where nobody refuses, no margin is needed, and it is said by what the offers were answered.
#[test]
fn margins_follow_from_the_seed() {
    let place = Place::new();
    let asked = place.run("margin", &[]);
    assert_eq!(asked.status.code(), Some(2));
    assert!(said(&asked).contains("attendu: --acceptance PROBABILITÉ"), "{}", said(&asked));
    for wrong in [["--acceptance", "1,01"], ["--probability", "-1"], ["--draws", "0"], ["--seed", "-1"]] {
        let refused = place.run("margin", &wrong);
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
        assert!(said(&refused).contains("attendu: un "), "{wrong:?}: {}", said(&refused));
    }
    place.draws_by_the_seed_alone("margin", &["--draws", "200"]);
    let all = place.stdout("margin", &["--acceptance", "1", "--draws", "10"]);
    assert!(all.contains("la probabilité 1 (--acceptance)"), "{all}");
    assert!(all.contains("0 % (0,0 à 27,8)"), "{all}");
}

/// What an applicant is told follows from the seed, whatever the number of threads; a request that nothing suits is housed in no
/// year; what the years suppose is said; wrong arguments are told what is expected.
#[test]
fn a_position_follows_from_the_seed() {
    let place = Place::new();
    let asked = place.run("position", &["--id", "D2"]);
    assert_eq!(asked.status.code(), Some(2));
    assert!(said(&asked).contains("attendu: --acceptance PROBABILITÉ"), "{}", said(&asked));
    let wrong = |args: &[&str], expected: &str| {
        let refused = place.run("position", &[&["--acceptance", "0,5"], args].concat());
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        assert!(said(&refused).contains(expected), "{args:?}: {}", said(&refused));
    };
    wrong(&["--id", "D22"], "aucune demande n'a cet identifiant; vouliez-vous dire `D2` ?");
    wrong(
        &["--id", "D2", "--similar", "taille"],
        "--similar: attendu: des règles ou des champs de la demande",
    );
    wrong(&["--id", "D2", "--sessions", "365"], "attendu: un entier de 1 à 364");
    wrong(&["--id", "D2", "--years", "0"], "attendu: un entier de 1 à 100000");
    wrong(
        &["--id", "D2", "--unit-date", "points"],
        "--unit-date: attendu: des règles ou des champs du logement",
    );
    place.draws_by_the_seed_alone("position", &["--years", "40", "--id", "D3"]);
    let told =
        |args: &[&str]| place.stdout("position", &[&["--acceptance", "1", "--years", "10"], args].concat());
    // D5 needs more rooms than any unit has.
    let nothing = told(&["--id", "D5"]);
    assert!(nothing.contains("non logée dans l'année : 100 % des années (72,2 à 100,0"), "{nothing}");
    assert!(nothing.contains("attente dans 10 % des années, au plus : plus d'un an"), "{nothing}");
    // D1 has the most points of those that a unit suits, three units, and takes the first that comes.
    let first = told(&["--id", "D1", "--similar", "besoin"]);
    assert!(first.contains("Parmi toutes les demandes en attente : 2e place sur 5"), "{first}");
    assert!(
        first.contains("Parmi celles dont `besoin` sont les mêmes (semblables) : 1re place sur 3"),
        "{first}"
    );
    assert!(first.contains("non logée dans l'année : 0 % des années"), "{first}");
    assert!(first.contains("acceptée avec la probabilité 1, inventée (--acceptance)"), "{first}");
    assert!(first.contains("aucune demande nouvelle"), "{first}");
}
