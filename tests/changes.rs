//! Changing a rule, from the command line, on a pack of a stranger: one schema, one parameter, one rule.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SCHEMA: &str = "[menage]\ntable = \"menages\"\nkey = \"menage_id\"\n\
fields.revenu = { type = \"amount\", unit = \"EUR/an\" }\nfields.quartier = { type = \"text\" }\n\
fields.date_demande = { type = \"date\" }\n";
const PARAMETER: &str = "[plafond]\nunit = \"EUR/an\"\n[[plafond.values]]\nfrom = 2017-01-01\n\
source = { title = \"art. 1\" }\nvalue = 20000\n[[plafond.values]]\nfrom = 2018-01-01\n\
source = { title = \"art. 1\" }\nvalue = 30000\n";
const RULE: &str = "//! entité: menage\n\n/// Le revenu ne dépasse pas le plafond.\n/// source: art. 1\n\
fn eligible(revenu) {\n    revenu <= param(\"plafond\")\n}\n";

/// Income of each household on both sides of 20,000; none of M4.
const HOUSEHOLDS: &str = "menage_id,revenu,quartier,date_demande\nM1,19999,nord,2017-02-01\nM2,20000,nord,2017-02-02\n\
M3,20001,sud,2018-02-01\nM4,,sud,2017-02-03\nM5,20002,nord,\n";

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        folder.write("regles/schema.toml", SCHEMA);
        folder.write("regles/plafond.toml", PARAMETER);
        folder.write("regles/eligible.rhai", RULE);
        folder.write("donnees/menages.csv", HOUSEHOLDS);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs `logis` in the folder; gives the exit code and both outputs.
    fn logis(&self, args: &[&str]) -> (i32, String, String) {
        let ran = run(Command::new(env!("CARGO_BIN_EXE_logis")).args(args), self.0.path());
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (ran.status.code().unwrap(), text(&ran.stdout), text(&ran.stderr))
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

fn run(command: &mut Command, folder: &Path) -> Output {
    command.current_dir(folder).output().unwrap()
}

const EVAL: [&str; 9] =
    ["eval", "--rules", "regles", "--data", "donnees", "--format", "csv", "--record", "recus.jsonl"];

fn recorded(date: &[&str]) -> Folder {
    let folder = Folder::new();
    let (code, _, errors) = folder.logis(&[&EVAL, date].concat());
    assert_eq!(code, 0, "{errors}");
    folder
}

#[test]
fn receipts_give_the_same_bytes_again() {
    let folder = recorded(&["--as-of", "2017-06-30"]);
    let args = ["replay", "recus.jsonl", "--rules", "regles", "--rewrite", "encore.jsonl"];
    let (code, out, _) = folder.logis(&args);
    assert_eq!((code, out.as_str()), (0, "5 reçus décidés à nouveau : mêmes résultats.\n"));
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
    assert_eq!(
        out,
        "ligne 2 : menage M2, décidé au 2017-06-30\n   eligible : oui → non\n\
         5 reçus décidés à nouveau, 1 avec dérive :\n   eligible : 1\nparamètres changés (5 reçus)\n"
    );
    let (code, out, _) = folder.logis(&["replay", "recus.jsonl", "--rules", "regles", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(out.trim()).unwrap();
    assert_eq!(
        (code, json["id"].as_str(), json["drifts"][0]["after"]["value"].as_str()),
        (1, Some("M2"), Some("false"))
    );
}

#[test]
fn what_is_no_receipt_is_bad_input() {
    let folder = recorded(&["--as-of", "2017-06-30"]);
    folder.write("recus.jsonl", &format!("{}\n{{\"id\": 1}}\n", folder.read("recus.jsonl").trim_end()));
    let (code, _, errors) =
        folder.logis(&["replay", "recus.jsonl", "--rules", "regles", "--rewrite", "encore.jsonl"]);
    assert_eq!(code, 2);
    assert!(errors.contains("recus.jsonl:6: ce n'est pas un reçu"), "{errors}");
    assert!(!folder.path("encore.jsonl").exists());
    assert_eq!(folder.logis(&["replay", "rien.jsonl", "--rules", "regles"]).0, 2);
}
