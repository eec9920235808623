//! Changing a rule, from the command line, on a pack of a stranger: one schema, one parameter, one rule.

use std::fs;
use std::process::Command;

use crate::support::{Folder, RULE};

const SCHEMA: &str = "[menage]\ntable = \"menages\"\nkey = \"menage_id\"\n\
fields.revenu = { type = \"amount\", unit = \"EUR/an\" }\nfields.quartier = { type = \"text\" }\n\
fields.date_demande = { type = \"date\" }\n";
const PARAMETER: &str = "[plafond]\nunit = \"EUR/an\"\n[[plafond.values]]\nfrom = 2017-01-01\n\
source = { title = \"art. 1\" }\nvalue = 20000\n[[plafond.values]]\nfrom = 2018-01-01\n\
source = { title = \"art. 1\" }\nvalue = 30000\n";

/// Income of each household on both sides of 20,000; none of M4.
const HOUSEHOLDS: &str = "menage_id,revenu,quartier,date_demande\nM1,19999,nord,2017-02-01\nM2,20000,nord,2017-02-02\n\
M3,20001,sud,2018-02-01\nM4,,sud,2017-02-03\nM5,20002,nord,\n";

/// The pack in `regles`, the households in `donnees`.
fn one_rule() -> Folder {
    Folder::of(&[
        ("regles/schema.toml", SCHEMA),
        ("regles/plafond.toml", PARAMETER),
        ("regles/eligible.rhai", RULE),
        ("donnees/menages.csv", HOUSEHOLDS),
    ])
}

impl Folder {
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

const EVAL: [&str; 9] =
    ["eval", "--rules", "regles", "--data", "donnees", "--format", "csv", "--record", "recus.jsonl"];

fn recorded(date: &[&str]) -> Folder {
    let folder = one_rule();
    let (code, _, errors) = folder.logis(&[&EVAL, date].concat());
    assert_eq!(code, 0, "{errors}");
    folder
}

#[test]
fn receipts_give_the_same_bytes_again() {
    let folder = recorded(&["--as-of", "2017-06-30"]);
    let args = ["replay", "recus.jsonl", "--rules", "regles", "--rewrite", "encore.jsonl"];
    let (code, out, _) = folder.logis(&args);
    let closed: serde_json::Value =
        serde_json::from_str(folder.read("recus.jsonl").lines().last().unwrap()).unwrap();
    let head = closed["closed"]["chain"].as_str().unwrap();
    let said = format!("5 reçus décidés à nouveau : mêmes résultats.\nsceaux intacts, le dernier : {head}\n");
    assert_eq!((code, out), (0, said));
    assert_eq!(folder.read("recus.jsonl"), folder.read("encore.jsonl"));
    assert_eq!(folder.names(), ["donnees", "encore.jsonl", "recus.jsonl", "regles"]);
}

#[test]
fn each_row_has_the_receipt_of_its_own_date() {
    let folder = recorded(&["--as-of-field", "date_demande"]);
    // M5 has no date.
    let dates: Vec<String> = folder
        .read("recus.jsonl")
        .lines()
        .filter(|line| !line.contains("\"closed\":"))
        .map(|line| {
            let json: serde_json::Value = serde_json::from_str(line).unwrap();
            format!("{} {}", json["id"].as_str().unwrap(), json["date"].as_str().unwrap())
        })
        .collect();
    assert_eq!(dates, ["M1 2017-02-01", "M2 2017-02-02", "M3 2018-02-01", "M4 2017-02-03"]);
    let (code, ..) =
        folder.logis(&["replay", "recus.jsonl", "--rules", "regles", "--rewrite", "encore.jsonl"]);
    assert_eq!(code, 0);
    assert_eq!(folder.read("recus.jsonl"), folder.read("encore.jsonl"));
}

#[test]
fn drift_is_reported_row_by_row() {
    let folder = recorded(&["--as-of", "2017-06-30"]);
    folder.write("regles/plafond.toml", &PARAMETER.replace("20000", "19999.99"));
    let (code, out, _) = folder.logis(&["replay", "recus.jsonl", "--rules", "regles"]);
    assert_eq!(code, 1);
    let (said, seals) = out.split_once("sceaux intacts").unwrap();
    assert_eq!(
        said,
        "ligne 2 : menage M2, décidé au 2017-06-30\n   eligible : oui → non\n\
         5 reçus décidés à nouveau, 1 avec dérive :\n   eligible : 1\nparamètres changés (5 reçus)\n"
    );
    assert_eq!(seals.lines().count(), 1);
    let (code, out, _) = folder.logis(&["replay", "recus.jsonl", "--rules", "regles", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!(
        (code, json["id"].as_str(), json["drifts"][0]["after"]["value"].as_bool()),
        (1, Some("M2"), Some(false))
    );
}

#[test]
fn what_is_no_receipt_is_bad_input() {
    let folder = recorded(&["--as-of", "2017-06-30"]);
    folder.write("recus.jsonl", &format!("{}\n{{\"id\": 1}}\n", folder.read("recus.jsonl").trim_end()));
    let (code, _, errors) =
        folder.logis(&["replay", "recus.jsonl", "--rules", "regles", "--rewrite", "encore.jsonl"]);
    assert_eq!(code, 2);
    assert!(errors.contains("recus.jsonl:7: ce n'est pas un reçu"), "{errors}");
    assert!(!folder.path("encore.jsonl").exists());
    assert_eq!(folder.logis(&["replay", "rien.jsonl", "--rules", "regles"]).0, 2);
}

const DIFF: [&str; 5] = ["diff", "avant", "regles", "--corpus", "donnees"];

/// The pack as it was, the same with one threshold raised by one euro from 2017, and the households.
fn changed() -> Folder {
    let folder = one_rule();
    for (name, text) in [("schema.toml", SCHEMA), ("plafond.toml", PARAMETER), ("eligible.rhai", RULE)] {
        folder.write(&format!("avant/{name}"), text);
    }
    folder.write("regles/plafond.toml", &PARAMETER.replace("20000", "20001"));
    folder
}

fn json(out: &str) -> serde_json::Value {
    serde_json::from_str(out).unwrap()
}

/// M3 (20,001) becomes eligible, and nobody else; on the day from which the figure is another.
#[test]
fn one_euro_flips_one_household() {
    let folder = changed();
    let (code, out, errors) = folder.logis(&[&DIFF[..], &["--format", "json", "--by", "quartier"]].concat());
    assert_eq!(code, 1, "{errors}");
    let found = json(&out);
    assert_eq!(
        found["structure"]["parameters"],
        serde_json::json!([{ "path": "plafond", "keys": "", "from": "2017-01-01", "before": { "type": "number", "value": 20000 }, "after": { "type": "number", "value": 20001 } }])
    );
    let differences = found["differences"].as_array().unwrap();
    assert_eq!(differences.len(), 1);
    let d = &differences[0];
    assert_eq!(d["cause"]["cells"][0]["path"], "plafond");
    assert_eq!(
        (d["kind"].as_str(), d["effect"].as_str(), d["count"].as_u64()),
        (Some("becomes_true"), Some("gain"), Some(1))
    );
    assert_eq!((d["date"].as_str(), &d["example"]["about"]), (Some("2017-01-01"), &"menage M3".into()));
    assert_eq!(d["by"], serde_json::json!({ "quartier": { "sud": 1 } }));
    // In 2018 another figure is in force.
    let (code, out, _) = folder.logis(&[&DIFF[..], &["--as-of", "2018-06-30"]].concat());
    assert_eq!(code, 0, "{out}");
    assert!(out.contains("aucune règle ne peut décider autrement"));
}

#[test]
fn what_is_accepted_is_fine_as_long_as_it_happens() {
    let folder = changed();
    let (code, ..) = folder.logis(&[&DIFF[..], &["--write-accepted", "expected.toml"]].concat());
    assert_eq!(code, 1);
    // A draft gives no reasons: it is not accepted as it is.
    let accept = [&DIFF[..], &["--accept", "expected.toml"]].concat();
    let (code, _, errors) = folder.logis(&accept);
    assert_eq!(code, 2);
    assert!(errors.contains("sans raison"), "{errors}");
    folder.write(
        "expected.toml",
        &folder.read("expected.toml").replace("reason = \"\"", "reason = \"art. 1\""),
    );
    let (code, out, _) = folder.logis(&accept);
    assert_eq!(code, 0);
    assert!(out.contains("Tout ce qui change est accepté"));
    // M2 no longer eligible either: that is not accepted; back to what it was: what is accepted does not happen.
    folder.write("regles/eligible.rhai", &RULE.replace("<= param", "< param"));
    let (code, out, _) = folder.logis(&accept);
    assert_eq!(code, 1, "{out}");
    folder.write("regles/eligible.rhai", RULE);
    folder.write("regles/plafond.toml", PARAMETER);
    let (code, out, _) = folder.logis(&accept);
    assert_eq!(code, 1);
    assert!(out.contains("acceptée, mais n'arrive pas ainsi : n° 1 (eligible)"), "{out}");
}

/// Cases and receipts are corpora; the page holds what the terminal does, and asks nothing of the network.
#[test]
fn cases_receipts_and_the_page() {
    let folder = changed();
    folder.write(
        "regles/eligible.cas.toml",
        "[[cas]]\nnom = \"à un euro\"\ndate = 2017-06-30\nmenage = { revenu = 20001 }\nattendu = { eligible = true }\n",
    );
    let record = [
        "eval",
        "--rules",
        "avant",
        "--data",
        "donnees",
        "--as-of",
        "2017-06-30",
        "--format",
        "csv",
        "--record",
        "r.jsonl",
    ];
    assert_eq!(folder.logis(&record).0, 0);
    let args = ["diff", "avant", "regles", "--corpus", "r.jsonl", "--format", "json"];
    let (code, out, _) = folder.logis(&args);
    assert_eq!(code, 1);
    let seen: Vec<(String, String, u64)> = json(&out)["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| {
            let text = |v: &serde_json::Value| v.as_str().unwrap().to_string();
            (text(&d["corpus"]), text(&d["example"]["about"]), d["count"].as_u64().unwrap())
        })
        .collect();
    let expected = [("cas", "cas « à un euro »"), ("r.jsonl", "menage M3")];
    assert_eq!(seen, expected.map(|(corpus, about)| (corpus.to_string(), about.to_string(), 1)));
    let (code, ..) = folder.logis(&[&DIFF[..], &["-o", "page.html"]].concat());
    let page = folder.read("page.html");
    assert_eq!(code, 1);
    assert!(page.contains("20001") && page.contains("<mark>") && !page.contains("://"), "{page}");
}

/// The rows at the old threshold and at the new one: of 20,000 and 20,001 and the units beside them, only what
/// lies above the old and not above the new flips.
#[test]
fn thresholds_are_a_corpus() {
    let folder = changed();
    let (code, out, errors) =
        folder.logis(&["diff", "avant", "regles", "--no-cases", "--boundaries", "--format", "json"]);
    assert_eq!(code, 1, "{errors}");
    let found = json(&out);
    let differences = found["differences"].as_array().unwrap();
    let corpora: Vec<&str> = differences.iter().map(|d| d["corpus"].as_str().unwrap()).collect();
    assert_eq!(corpora, ["seuils d'après", "seuils d'avant"]);
    for d in differences {
        assert_eq!(
            (d["kind"].as_str(), d["cause"]["cells"][0]["path"].as_str()),
            (Some("becomes_true"), Some("plafond"))
        );
    }
}

/// A revision is read from git's own store: the work tree may hold anything.
#[test]
fn a_revision_of_git_is_a_pack() {
    let folder = changed();
    let git = |args: &[&str]| {
        let who = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"];
        let ran = Command::new("git").args(who).args(args).current_dir(folder.0.path()).output().unwrap();
        assert!(ran.status.success(), "{args:?}: {}", String::from_utf8_lossy(&ran.stderr));
    };
    git(&["init", "-q", "-b", "main"]);
    git(&["add", "."]);
    git(&["commit", "-q", "-m", "un"]);
    folder.write("regles/plafond.toml", "ceci n'est pas du TOML");
    folder.write("sous/note", "");
    let args = ["diff", "main:avant", "main:regles", "--corpus", "donnees", "--format", "json"];
    let (code, out, errors) = folder.logis(&args);
    assert_eq!(code, 1, "{errors}");
    assert_eq!(json(&out)["differences"][0]["count"], 1);
    assert_eq!(folder.read("regles/plafond.toml"), "ceci n'est pas du TOML");
    for wrong in ["rien:regles", "main:rien", "nulle-part", "--x:regles"] {
        let (code, _, errors) = folder.logis(&["diff", "--no-cases", "--", wrong, "avant"]);
        assert_eq!(code, 2, "{wrong}: {errors}");
    }
}
