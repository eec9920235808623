//! Broken packs and broken data: each is refused with exit code 2 and an error that points to its
//! place, and nothing is written.
//!
//! Each folder in `tests/bad` holds one fault (or several at once); the text beside it is all that is
//! said of it. `LOGIS_UPDATE=1 cargo test` rewrites the expectations: read the difference.

use crate::support::{logis, root};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

fn folders(of: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(root().join("tests/bad").join(of))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.is_dir())
        .collect();
    found.sort();
    found
}

/// Compares what was said with the expectation, or rewrites it; gives what differs.
fn compare(folder: &Path, output: &Output) -> Option<String> {
    let said = String::from_utf8_lossy(&output.stderr).replace('\\', "/");
    let name = folder.file_name().unwrap().to_string_lossy().into_owned();
    let mut wrong = Vec::new();
    if output.status.code() != Some(2) {
        wrong.push(format!("exit code {:?}, not 2", output.status.code()));
    }
    if !output.stdout.is_empty() {
        wrong.push("something on the standard output".to_string());
    }
    if said.contains("panicked") {
        wrong.push("a panic".to_string());
    }
    let file = folder.with_extension("txt");
    if std::env::var_os("LOGIS_UPDATE").is_some() {
        fs::write(&file, &said).unwrap();
    } else if fs::read_to_string(&file).unwrap_or_default() != said {
        wrong.push(format!("other words:\n{said}"));
    }
    (!wrong.is_empty()).then(|| format!("{name}: {}", wrong.join("; ")))
}

#[test]
fn a_broken_pack_is_refused_at_its_place() {
    let mut wrong = Vec::new();
    let folders = folders("packs");
    assert!(folders.len() >= 20);
    for folder in folders {
        let relative = format!("tests/bad/packs/{}", folder.file_name().unwrap().to_string_lossy());
        wrong.extend(compare(&folder, &logis(&["check", "--rules", &relative])));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn broken_data_is_refused_at_its_place_and_nothing_is_written() {
    let mut wrong = Vec::new();
    let folders = folders("data");
    assert!(folders.len() >= 20);
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("resultat.csv");
    for folder in folders {
        let relative = format!("tests/bad/data/{}", folder.file_name().unwrap().to_string_lossy());
        let output = logis(&[
            "eval",
            "--data",
            &relative,
            "--as-of",
            "2017-06-30",
            "--output",
            file.to_str().unwrap(),
        ]);
        wrong.extend(compare(&folder, &output));
        let left: Vec<_> = fs::read_dir(out.path()).unwrap().map(|e| e.unwrap().path()).collect();
        assert!(left.is_empty(), "{relative} left {left:?}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_broken_scenario_is_refused_at_its_place_and_nothing_is_written() {
    let mut wrong = Vec::new();
    let folder = root().join("tests/bad/scenarios");
    let files = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|p| p.extension().is_some_and(|e| e == "toml")).collect();
    files.sort();
    assert!(files.len() >= 10);
    let out = tempfile::tempdir().unwrap();
    for file in files {
        let relative = format!("tests/bad/scenarios/{}", file.file_name().unwrap().to_string_lossy());
        let into = out.path().join("resultats");
        let output = logis(&["simulate", &relative, "--output", into.to_str().unwrap()]);
        wrong.extend(compare(&file, &output));
        // A figure that is not there is found when all is computed.
        assert!(!into.join("rapport.html").exists(), "{relative}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
