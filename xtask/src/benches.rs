//! The benchmarks and the programs of others beside them, each run once on tiny inputs: that they run, and that all
//! outcomes agree. Times are taken by `cargo xtask bench` and by the commands that each script states.

use std::path::Path;

use crate::root;
use crate::steps::{WHOLE, cargo, command, is_found, run};

/// What the programs are built with: all that the tests of the workspace are, so that one build serves both.
const BUILD: [&str; 4] = ["--quiet", "--workspace", "--features", WHOLE];

/// The benchmarks.
const BENCHES: [&str; 6] = ["populations", "workload", "missing", "candidates", "matching", "scenario"];

/// All of them. A peer whose packages are not there is left out, with a word.
pub fn small() -> Result<(), String> {
    let folder = root().join("target/peers");
    // The workload writes its population and its outcomes for those beside it.
    let mut benches = command("cargo", &["test"]);
    benches.args(BUILD).args(BENCHES.iter().flat_map(|name| ["--bench", name]));
    benches.env("LOGIS_PEERS", folder.join("workload"));
    run(benches)?;
    peers_of_the_workload(&folder)?;
    peers_from_file_to_file(&folder)?;
    peers_of_the_matching(&folder)?;
    zen(&folder)
}

/// Today's ratios beside those that are kept: see `benches/guard.py`.
pub fn guard(rest: &[&str]) -> Result<(), String> {
    cargo(&["build", "--release", "--package", "logis-cli"])?;
    let python = python(&[]).ok_or("no Python")?;
    let mut guard = command(&python, &["benches/guard.py"]);
    guard.args(rest);
    run(guard)
}

/// Polars and DuckDB decide the workload.
fn peers_of_the_workload(folder: &Path) -> Result<(), String> {
    let Some(python) = python(&["polars", "duckdb", "pyarrow"]) else { return Ok(()) };
    let mut peers = command(&python, &["benches/peers/peers.py"]);
    peers.arg(folder.join("workload")).arg("--check");
    run(peers)
}

/// Polars and DuckDB decide a package from file to file: as Parquet, and as CSV that is large enough to be read in parts.
fn peers_from_file_to_file(folder: &Path) -> Result<(), String> {
    let Some(python) = python(&["polars", "duckdb", "pyarrow"]) else { return Ok(()) };
    let package = folder.join("e2e");
    cargo(&[&["build"], &BUILD[..], &["--bin", "logis"]].concat())?;
    let mut generate = command("target/debug/logis", &["generate", "--territory", "bourgogne-franche-comte"]);
    generate.args(["--demandes", "32000", "--force", "--output"]).arg(&package);
    run(generate)?;
    for form in [None, Some("--csv")] {
        let mut peers = command(&python, &["benches/peers/e2e.py", "target/debug/logis"]);
        peers.arg(&package).arg("--check").args(form);
        run(peers)?;
    }
    Ok(())
}

/// General solvers answer the smallest instance of the matching, without quotas: with them (`--quotas`) a
/// mixed-integer programme has not proved it after minutes.
fn peers_of_the_matching(folder: &Path) -> Result<(), String> {
    cargo(&[&["build"], &BUILD[..], &["--example", "instance"]].concat())?;
    let instance = "target/debug/examples/instance";
    let mut write = command(instance, &["write"]);
    write.arg(folder.join("matching")).arg("dijon");
    run(write)?;
    let Some(python) = python(&["numpy", "scipy"]) else {
        let mut solve = command(instance, &["solve"]);
        solve.arg(folder.join("matching")).args(["dijon", "--rounds", "1"]);
        return run(solve);
    };
    let mut peers = command(&python, &["benches/peers/matching.py"]);
    peers.arg(folder.join("matching")).args(["--rounds", "1", "--program", "target/debug/examples/instance"]);
    run(peers)
}

/// GoRules ZEN decides the workload. It is a workspace of its own, and dear to build: with its engine come some 430
/// crates, a JavaScript engine, a compiler of TypeScript and clients of cloud storages among them. So it runs only
/// where it is built already, or where `LOGIS_ZEN` asks for it.
fn zen(folder: &Path) -> Result<(), String> {
    let built = folder.join("zen");
    if std::env::var_os("LOGIS_ZEN").is_none() && !built.join("debug").is_dir() {
        eprintln!("benches/zen is left out, as it is dear to build: LOGIS_ZEN=1 builds and runs it");
        return Ok(());
    }
    let mut zen =
        command("cargo", &["run", "--quiet", "--manifest-path", "benches/zen/Cargo.toml", "--target-dir"]);
    zen.arg(built).arg("--").arg(folder.join("workload"));
    run(zen)?;
    cargo(&["fmt", "--manifest-path", "benches/zen/Cargo.toml", "--check"])
}

/// What the scripts beside the benchmarks import.
const PACKAGES: [&str; 6] = ["polars", "duckdb", "pyarrow", "numpy", "scipy", "highspy"];

/// The Python that has these packages: that of `LOGIS_PYTHON`, or `python3`; where all is to be tested (`CI`), otherwise an
/// environment of its own.
fn python(packages: &[&str]) -> Option<String> {
    let imports = format!("import sys, {}", packages.join(", "));
    let imports = imports.trim_end_matches([',', ' ']);
    let given = std::env::var("LOGIS_PYTHON").unwrap_or_else(|_| "python3".to_string());
    let own = root().join("target/peers/venv").to_string_lossy().into_owned();
    let kept = format!("{own}/bin/python");
    if let Some(found) = [&given, &kept].into_iter().find(|python| is_found(python, &["-c", imports])) {
        return Some(found.clone());
    }
    let packages = packages.join(" ");
    if std::env::var_os("CI").is_some() {
        let pip =
            [&["-m", "pip", "--disable-pip-version-check", "--quiet", "install"], &PACKAGES[..]].concat();
        let made = run(command(&given, &["-m", "venv", &own])).and_then(|()| run(command(&kept, &pip)));
        match made {
            Ok(()) => return Some(kept),
            Err(error) => eprintln!("{error}"),
        }
    }
    eprintln!("`{given}` lacks packages: the peers are left out; to have them: pip install {packages}");
    None
}
