//! `logis check`: one planted fault a pack in `tests/bad/check`, each found with its code and at its
//! place, and nothing else; the embedded pack and a sound small one are clean.
//!
//! The text beside each folder is all that is said of it. `LOGIS_UPDATE=1 cargo test` rewrites the
//! texts: read the difference.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Output;

use crate::support::{logis, root};
use logis::diagnostic::{Severity, codes};
use serde_json::Value;

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The planted faults: folder, code, and where a reader finds the fault.
const FAULTS: [(&str, &str, &str); 27] = [
    ("check/branche_jamais_prise", "L0503", "eligible.rhai:6:5"),
    ("check/cellule_jamais_lue", "L0506", "plafond.toml:9:34"),
    ("check/champ_jamais_lu", "L0511", "schema.toml:22:16"),
    ("check/condition_toujours_fausse", "L0502", "eligible.rhai:7:39"),
    ("check/condition_toujours_vraie", "L0501", "eligible.rhai:7:42"),
    ("check/etiquette_inconnue", "L0024", "eligible.rhai:5:5"),
    ("check/fonction_jamais_appelee", "L0512", "eligible.rhai:11:12"),
    ("check/liste_sans_aucun", "L0507", "eligible.rhai:7:42"),
    ("check/monotone_illisible", "L0540", "eligible.rhai:5:15"),
    ("check/monotonie_dementie", "L0541", "eligible.rhai:5:15"),
    ("check/monotonie_non_prouvee", "L0542", "eligible.rhai:5:15"),
    ("check/nom_inutile", "L0514", "eligible.rhai:6:38"),
    ("check/parametre_jamais_lu", "L0510", "plafond.toml:13:2"),
    ("check/recouvrement", "L0521", "plafond.toml:6:1"),
    ("check/regle_que_personne_ne_lit", "L0513", "eligible.rhai:12:4"),
    ("check/regle_sans_source", "L0301", "eligible.rhai:5:4"),
    ("check/seuil_dans_un_script", "L0530", "eligible.rhai:6:51"),
    ("check/source_qui_ne_s_ouvre_pas", "L0303", "eligible.rhai:6:4"),
    ("check/tranche_inatteignable", "L0504", "eligible.rhai:8:25"),
    ("check/tranche_vide", "L0504", "eligible.rhai:9:22"),
    ("check/trop_peu_de_cas", "L0302", "eligible.rhai:6:4"),
    ("check/trou_dans_le_temps", "L0520", "plafond.toml:14:1"),
    ("check/trou_de_cles", "L0505", "plafond.toml:6:1"),
    ("check/trou_de_table", "L0505", "plafond.toml:6:1"),
    ("check/variable_inutile", "L0515", "eligible.rhai:6:9"),
    ("packs/unites", "L0208", "eligible.rhai:6:11"),
    ("packs/valeur_hors_liste", "L0203", "eligible.rhai:6:27"),
];

#[test]
fn each_planted_fault_is_found_at_its_place() {
    let mut wrong = Vec::new();
    for (folder, code, place) in FAULTS {
        let relative = format!("tests/bad/{folder}");
        let found =
            json(&logis(&["check", "--rules", &relative, "--format", "json", "--fail-on", "warning"]));
        let found = found["findings"].as_array().unwrap();
        let at = |d: &Value| {
            let p = &d["places"][0];
            format!(
                "{} {}:{}:{}",
                d["code"].as_str().unwrap(),
                p["file"].as_str().unwrap(),
                p["line"],
                p["column"]
            )
        };
        let expected = format!("{code} {place}");
        let said: Vec<String> = found.iter().map(at).collect();
        // Errors of loading may come several at once; a finding stands alone.
        let alone = folder.starts_with("packs/") || said.len() == 1;
        if !said.contains(&expected) || !alone {
            wrong.push(format!("{folder}: {said:?}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let kinds: BTreeSet<&str> = FAULTS.iter().map(|(_, code, _)| *code).collect();
    assert!(kinds.len() >= 15);
}

#[test]
fn what_is_said_of_a_fault() {
    let mut wrong = Vec::new();
    for (folder, ..) in FAULTS.iter().filter(|(f, ..)| f.starts_with("check/")) {
        let relative = format!("tests/bad/{folder}");
        let output = logis(&["check", "--rules", &relative, "--fail-on", "warning"]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let file = root().join(format!("{relative}.txt"));
        if std::env::var_os("LOGIS_UPDATE").is_some() {
            fs::write(&file, &said).unwrap();
        } else if fs::read_to_string(&file).unwrap_or_default() != said {
            wrong.push(format!("{folder}: other words:\n{said}"));
        }
        if output.status.code() != Some(1) {
            wrong.push(format!("{folder}: exit code {:?}, not 1", output.status.code()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The counterexample of `monotonie_dementie`: in the `bourg` the ceiling of two persons,
/// 17,000 EUR, is below that of one, 18,000. What the note says is held against these.
#[test]
fn a_counterexample_is_true() {
    let found = json(&logis(&["check", "--rules", "tests/bad/check/monotonie_dementie", "--format", "json"]));
    let note = found["findings"][0]["notes"][0].as_str().unwrap();
    let number = |name: &str| -> u64 {
        let after = note.split(&format!("{name} = ")).nth(1).unwrap();
        after.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
    };
    // A ceiling falls only from one person (18,000) to two (17,000), in the `bourg`.
    assert!(note.contains("zone = bourg"), "{note}");
    assert!(note.contains("personnes = 1 donne true, personnes = 2 donne false"), "{note}");
    assert!((17_001..=18_000).contains(&number("revenu")), "{note}");
}

#[test]
fn the_embedded_pack_and_a_small_sound_one_are_clean() {
    let fails = ["--fail-on", "warning"];
    let embedded = logis(&["check", fails[0], fails[1]]);
    assert!(embedded.status.success(), "{}", String::from_utf8_lossy(&embedded.stderr));
    let sound = logis(&["check", "--rules", "tests/bad/check/sain", "--format", "json", "--fail-on", "note"]);
    assert!(sound.status.success());
    assert_eq!(json(&sound)["findings"], Value::Array(Vec::new()));
}

/// A pack sets the level of a code, and the exit code follows.
#[test]
fn a_pack_sets_levels() {
    let folder = tempfile::tempdir().unwrap();
    for file in ["schema.toml", "plafond.toml", "eligible.rhai", "eligible.cas.toml", "pack.toml"] {
        let from = root().join("tests/bad/check/seuil_dans_un_script").join(file);
        fs::copy(from, folder.path().join(file)).unwrap();
    }
    let manifest = folder.path().join("pack.toml");
    let before = fs::read_to_string(&manifest).unwrap();
    let at = |level: &str| {
        fs::write(&manifest, format!("{before}\n[check.levels]\nL0530 = \"{level}\"\n")).unwrap();
        let output = logis(&["check", "--rules", folder.path().to_str().unwrap(), "--format", "json"]);
        let found = json(&output)["findings"].as_array().unwrap().clone();
        (output.status.code(), found.first().map(|d| d["level"].as_str().unwrap().to_string()))
    };
    assert_eq!(at("off"), (Some(0), None));
    assert_eq!(at("note"), (Some(0), Some("note".into())));
    assert_eq!(at("warning"), (Some(0), Some("warning".into())));
    assert_eq!(at("error"), (Some(1), Some("error".into())));
}

/// SARIF 2.1.0 as the standard asks: version, one driver with its rules, and for each result a rule of
/// the driver, a level of the four, a message, and a region that begins at 1.
#[test]
fn sarif_is_well_formed() {
    for (folder, code, _) in FAULTS {
        let output = logis(&["check", "--rules", &format!("tests/bad/{folder}"), "--format", "sarif"]);
        let log = json(&output);
        assert_eq!(log["version"], "2.1.0");
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        assert_eq!(run["tool"]["driver"]["name"], "logis");
        let results = run["results"].as_array().unwrap();
        assert!(results.iter().any(|r| r["ruleId"] == code));
        for result in results {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"]);
            assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
            assert!(!result["message"]["text"].as_str().unwrap().is_empty());
            for location in result["locations"].as_array().unwrap() {
                let physical = &location["physicalLocation"];
                assert!(physical["artifactLocation"]["uri"].as_str().unwrap().starts_with("tests/"));
                assert!(physical["region"]["startLine"].as_u64().unwrap() >= 1);
                assert!(physical["region"]["startColumn"].as_u64().unwrap() >= 1);
            }
        }
    }
}

#[test]
fn annotations_are_one_line_each() {
    let output = logis(&["check", "--rules", "tests/bad/check/trou_de_table", "--format", "github"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(text.starts_with("::warning file=tests/bad/check/trou_de_table/plafond.toml,line=6,col=1,"));
}

fn rust_sources(at: &Path, into: &mut String) {
    for entry in fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

/// Every code that the sources use is a section of the page of codes, and every section is used;
/// `--explain` says each with its remedy.
#[test]
fn every_code_is_documented() {
    let mut text = String::new();
    rust_sources(&root().join("engine"), &mut text);
    rust_sources(&root().join("cli/src"), &mut text);
    let is_code =
        |c: &str| c.len() == 5 && c.starts_with("L0") && c.chars().skip(1).all(|c| c.is_ascii_digit());
    let used: BTreeSet<&str> = text.split('"').filter(|c| is_code(c)).collect();
    let documented: BTreeSet<&str> = codes::all().iter().map(|c| c.code).collect();
    assert_eq!(used, documented);
    for code in codes::all() {
        assert!(code.text.contains("**Remède.**"), "{}", code.code);
        assert!(code.adjustable || code.severity == Severity::Error, "{}", code.code);
    }
    let shown = logis(&["check", "--explain", "l0530"]);
    assert!(shown.status.success());
    assert!(String::from_utf8(shown.stdout).unwrap().starts_with("L0530: Seuil écrit dans un script\n"));
    let unknown = logis(&["check", "--explain", "L0340"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("vouliez-vous"));
}

/// A stranger's pack: a folder with one schema, one parameter, one rule.
#[test]
fn the_smallest_pack_is_checked() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("schema.toml", "[menage]\nkey = \"id\"\nfields.revenu = { type = \"amount\" }\n");
    write(
        "plafond.toml",
        "[plafond]\n[[plafond.values]]\nfrom = 2017-01-01\nsource = { title = \"Loi\" }\nvalue = 1\n",
    );
    write(
        "r.rhai",
        "//! entité: menage\n\n/// Le revenu.\nfn eligible(revenu) { revenu <= param(\"plafond\") }\n",
    );
    for format in ["text", "json", "sarif", "github"] {
        let output = logis(&[
            "check",
            "--rules",
            folder.path().to_str().unwrap(),
            "--format",
            format,
            "--fail-on",
            "note",
        ]);
        assert!(output.status.success(), "{format}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
