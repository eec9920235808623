//! `cargo xtask spark`: the tests of the module for Python that need Spark, on a cluster of this machine. What Spark needs
//! (pyspark, near half a gigabyte, and Java) is kept in `target/spark`; the module is installed anew each time.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::root;
use crate::steps::{command, is_found, run};

/// What the tests need besides the module. Spark 4.3 does not know pandas 3 yet.
const PACKAGES: &[&str] = &["pyspark==4.3.*", "pyarrow>=20", "pandas>=2.2,<3", "pytest>=8"];

/// What a Python must be able to do: be CPython from 3.10 on, and make environments with pip.
const ASK: &str = "import sys, venv, ensurepip; assert sys.implementation.name == 'cpython'; \
                   assert sys.version_info >= (3, 10); print('%d.%d' % sys.version_info[:2])";

/// Builds the module and tests it on Spark.
pub fn test() -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        eprintln!(
            "xtask: Spark's own cluster of one machine is started on Linux only: the module is not tested on it"
        );
        return Ok(());
    }
    let Some(java) = java() else {
        return missing("no Java 17 or 21 is found; on Debian: apt-get install openjdk-17-jre-headless");
    };
    let Some((program, version)) = python() else {
        return missing(
            "no CPython from 3.10 on with venv and pip is found; on Debian: apt-get install python3-venv",
        );
    };
    let home = root().join("target/spark").join(format!("venv-{version}"));
    let own = home.join("bin/python");
    let own = own.to_string_lossy();
    if !is_found(&own, &["-c", "import pyspark, pyarrow, pandas, pytest"]) {
        if home.is_dir() {
            fs::remove_dir_all(&home).map_err(|error| format!("{}: {error}", home.display()))?;
        }
        run(command(&program, &["-m", "venv", &home.to_string_lossy()]))?;
        if let Err(error) = pip(&own, &[&["install"], PACKAGES].concat()) {
            return missing(&format!("pyspark cannot be had: {error}"));
        }
    }
    pip(&own, &["install", "--force-reinstall", "--no-deps", "./python"])?;
    let mut tests = command(
        &own,
        &[
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "python/tests/test_spark.py",
            "python/tests/test_spark_match.py",
            "python/tests/test_faces.py",
        ],
    );
    if let Some(java) = java.as_os_str().to_str().filter(|path| !path.is_empty()) {
        tests.env("JAVA_HOME", java);
    }
    run(tests)
}

/// What is not tested is said; where all is to be tested it fails.
fn missing(what: &str) -> Result<(), String> {
    if std::env::var_os("CI").is_some() {
        return Err(what.to_string());
    }
    eprintln!("xtask: {what}: the module for Python is not tested on Spark");
    Ok(())
}

/// The home of a Java that Spark runs on; empty if it is that of the path.
fn java() -> Option<PathBuf> {
    let given = std::env::var_os("JAVA_HOME").map(PathBuf::from);
    let mut kept: Vec<PathBuf> = fs::read_dir("/usr/lib/jvm")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("bin/java").is_file())
        .collect();
    kept.sort();
    let homes = given.into_iter().chain(kept).chain([PathBuf::new()]);
    homes.into_iter().find(|home| fits(home))
}

/// Is it Java 17 or 21?
fn fits(home: &Path) -> bool {
    let program = if home.as_os_str().is_empty() { PathBuf::from("java") } else { home.join("bin/java") };
    // It tells its version among what is wrong: `openjdk version "17.0.16" …`.
    let Ok(answer) = Command::new(program).arg("-version").output() else { return false };
    let told = String::from_utf8_lossy(&answer.stderr);
    let version = told.split('"').nth(1).unwrap_or_default();
    ["17", "21"].contains(&version.split('.').next().unwrap_or_default())
}

/// The Python of the path, and its version.
fn python() -> Option<(String, String)> {
    ["python3", "python"].into_iter().find_map(|program| {
        let answer = Command::new(program).args(["-c", ASK]).output().ok()?;
        let version = String::from_utf8_lossy(&answer.stdout).trim().to_string();
        answer.status.success().then(|| (program.to_string(), version))
    })
}

fn pip(python: &str, arguments: &[&str]) -> Result<(), String> {
    let all = [&["-m", "pip", "--disable-pip-version-check", "--quiet"], arguments].concat();
    let mut command = command(python, &all);
    // The profile that the tests of the workspace are built with: what they compiled is used again.
    command.env("MATURIN_PEP517_ARGS", "--profile dev");
    run(command)
}
