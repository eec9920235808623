//! Random inputs by a program of C, under checkers of leaks and of memory (`tests/c/abuse.c`).
//!
//! `LOGIS_ABUSE=100000 cargo test -p logis-ffi --test abi leak` makes as many calls.

use std::path::{Path, PathBuf};
use std::process::Command;

use logis::data::InputFile;
use logis::value::parse_date;
use logis::{Options, Pack, Sent};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::place::{compiled, here, said};

/// Calls under the checker of leaks, where nothing else is asked for; under Valgrind a fortieth.
const CALLS: usize = 2_000;

fn calls() -> usize {
    std::env::var("LOGIS_ABUSE").ok().and_then(|calls| calls.parse().ok()).unwrap_or(CALLS)
}

/// What the calls begin with: records, tables, and the result of these.
fn inputs(folder: &Path) -> [PathBuf; 3] {
    let (mut records, mut requests, mut persons) = (String::new(), Vec::new(), Vec::new());
    for row in 0..6_u32 {
        let id = format!("D{row}");
        let mut request = json!({
            "demande_id": id, "commune": "21231", "date_demande": "2015-01-15", "rfr_n2": 18_000 + 900 * row,
            "rfr_n1": 21_000.5, "surface_actuelle": 32.5, "decision_dalo": row == 3, "besoin": 1 + row % 3,
        });
        let mut own = Vec::new();
        for person in 0..=row % 3 {
            let born = ["1980-02-01", "1984-11-30", "2010-06-15"][person as usize];
            let id = format!("P{row}{person}");
            own.push(
                json!({ "personne_id": id, "lien": "enfant", "date_naissance": born, "handicap": false }),
            );
        }
        for person in &own {
            let mut person = person.clone();
            person["demande_id"] = json!(id);
            persons.push(person);
        }
        requests.push(request.clone());
        request["personnes"] = json!(own);
        records += &format!("{request}\n");
    }
    let units: Vec<Value> = (0..4)
        .map(|row| json!({ "logement_id": format!("L{row}"), "taille": 1 + row, "quartier": row == 2 }))
        .collect();
    let tables = json!({ "demandes": requests, "personnes": persons, "logements": units }).to_string();
    let file = InputFile { name: "t.json".into(), bytes: tables.clone().into_bytes() };
    let (date, options) = (parse_date("2017-06-30").unwrap(), Options::default());
    let sent = Sent::new(&Pack::load(here("tests/pack")).unwrap(), date, file, &options).unwrap();
    let result = sent.posing.solve(None).unwrap().report().unwrap();
    assert!(result.attributions.len() > 1);
    let result = serde_json::to_string(&result).unwrap();
    [("records.ndjson", records), ("tables.json", tables), ("result.json", result)].map(|(name, text)| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    })
}

/// How many calls ended with each status, as the program says.
fn hold(command: &mut Command, seed: usize, calls: usize) {
    let folder = TempDir::new().unwrap();
    let command = command.args([seed.to_string(), calls.to_string()]).arg(here("tests/pack"));
    let command = command.args(inputs(folder.path()));
    let (code, out, errors) = said(command, "");
    assert_eq!(code, Some(0), "{out}{errors}");
    eprint!("{out}");
    let numbers: Vec<usize> = out.split([' ', ',', ':']).filter_map(|word| word.parse().ok()).collect();
    assert_eq!(numbers[1..].iter().sum::<usize>(), calls, "{out}");
    // Inputs that are all refused would show nothing.
    assert!(calls < 1_000 || numbers[1..].iter().all(|ended| *ended > 0), "{out}");
}

/// Nothing that goes in or comes out is lost: LeakSanitizer, which comes with GCC and Clang.
#[test]
fn random_inputs_leak_nothing() {
    let program = compiled("tests/c/abuse.c", &["-fsanitize=leak"]);
    let mut command = Command::new(program);
    command.env("LSAN_OPTIONS", "exitcode=23");
    hold(&mut command, 1, calls());
}

/// Nothing is read or written beyond what was given, nothing is used that was not set: Valgrind, where it is.
#[test]
fn random_inputs_touch_no_memory_of_others() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("valgrind is not there: memory is not watched");
        return;
    }
    let program = compiled("tests/c/abuse.c", &[]);
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--error-exitcode=23", "--leak-check=full", "--errors-for-leak-kinds=definite"]);
    command.arg(program);
    hold(&mut command, 2, calls() / 40);
}
