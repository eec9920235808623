//! `cargo xtask python`: the module for Python, built with the dev profile in the target folder of the workspace, and
//! tested in fresh environments: the lines of its page first, then its tests, then a short run on every other Python.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::root;
use crate::steps::{command, run};

/// The oldest version that the wheel is for: its stable interface.
const OLDEST: (u32, u32) = (3, 10);

/// The test that holds all faces side by side, Spark among them: `cargo xtask spark` runs it.
const FACES: &str = "--ignore=python/tests/test_faces.py";

/// What a Python must be able to do: be CPython, and make environments with pip.
const ASK: &str =
    "import sys, venv, ensurepip; assert sys.implementation.name == 'cpython'; print(*sys.version_info[:2])";

/// A Python of this machine.
struct Python {
    program: PathBuf,
    version: (u32, u32),
}

/// Builds and tests the module.
pub fn test() -> Result<(), String> {
    let pythons = found();
    // That of the path is tested whole, the others briefly.
    let Some((main, others)) = pythons.split_first() else {
        let said = "no CPython from 3.10 on with venv and pip is found";
        if std::env::var_os("CI").is_some() {
            return Err(format!("{said}; on Debian: apt-get install python3-venv"));
        }
        eprintln!("xtask: {said}: the module for Python is not tested");
        return Ok(());
    };
    let home = root().canonicalize().map_err(|error| error.to_string())?.join("target/python");
    if home.is_dir() {
        fs::remove_dir_all(&home).map_err(|error| format!("{}: {error}", home.display()))?;
    }
    // The page's own lines, in an environment with nothing else in it.
    let own = environment(main, &home)?;
    let page = fs::read_to_string(root().join("python/README.md")).map_err(|e| format!("README.md: {e}"))?;
    for line in block(&page, "sh")?.lines() {
        let Some(arguments) = line.strip_prefix("pip ") else { return Err(format!("README.md: `{line}`")) };
        pip(&own, &arguments.split_whitespace().collect::<Vec<_>>())?;
    }
    python(&own, &["-c", &block(&page, "python")?], &root())?;
    // The tests, with the frames of others.
    pip(&own, &["install", "-r", "python/tests/requirements.txt"])?;
    python(&own, &["-m", "pytest", "-q", "python/tests", FACES], &root())?;
    if others.is_empty() {
        return Ok(());
    }
    // One wheel for every version.
    let wheels = home.join("wheels");
    pip(&own, &["wheel", "--no-deps", "--wheel-dir", &wheels.to_string_lossy(), "./python"])?;
    let built = fs::read_dir(&wheels).map_err(|error| error.to_string())?.flatten().next();
    let wheel = built.ok_or("no wheel was built")?.path();
    for other in others {
        let own = environment(other, &home)?;
        pip(&own, &["install", "--no-index", &wheel.to_string_lossy()])?;
        python(&own, &["python/tests/smoke.py"], &root())?;
    }
    Ok(())
}

/// The Pythons of this machine that the wheel is for, a version each, that of the path first.
fn found() -> Vec<Python> {
    let mut programs = vec![PathBuf::from("python3"), PathBuf::from("python")];
    // Those that pyenv keeps.
    let home = std::env::var_os("PYENV_ROOT").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".pyenv")));
    let versions = home.and_then(|home| fs::read_dir(home.join("versions")).ok()).into_iter().flatten();
    let mut kept: Vec<PathBuf> = versions.flatten().map(|entry| entry.path().join("bin/python")).collect();
    kept.sort();
    programs.extend(kept);
    // Those of the system.
    programs.extend((OLDEST.1..30).map(|minor| PathBuf::from(format!("python3.{minor}"))));
    let mut all: Vec<Python> = Vec::new();
    for program in programs {
        let Ok(answer) = Command::new(&program).args(["-c", ASK]).output() else { continue };
        let text = String::from_utf8_lossy(&answer.stdout);
        let mut numbers = text.split_whitespace().map(str::parse::<u32>);
        let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else { continue };
        let version = (major, minor);
        if answer.status.success() && version >= OLDEST && !all.iter().any(|one| one.version == version) {
            all.push(Python { program, version });
        }
    }
    all
}

/// A fresh environment.
fn environment(python: &Python, home: &Path) -> Result<PathBuf, String> {
    let own = home.join(format!("venv-{}.{}", python.version.0, python.version.1));
    let program = python.program.to_string_lossy();
    run(command(&program, &["-m", "venv", &own.to_string_lossy()]))?;
    Ok(own)
}

fn pip(environment: &Path, arguments: &[&str]) -> Result<(), String> {
    let all = [&["-m", "pip", "--disable-pip-version-check", "--quiet"], arguments].concat();
    let mut command = of(environment, &all);
    // The profile that the tests of the workspace are built with: what they compiled is used again.
    command.env("MATURIN_PEP517_ARGS", "--profile dev");
    run(command)
}

fn python(environment: &Path, arguments: &[&str], folder: &Path) -> Result<(), String> {
    let mut command = of(environment, arguments);
    command.current_dir(folder);
    run(command)
}

/// A command of an environment's Python.
fn of(environment: &Path, arguments: &[&str]) -> Command {
    let folder = if cfg!(windows) { "Scripts" } else { "bin" };
    command(&environment.join(folder).join("python").to_string_lossy(), arguments)
}

/// The first block of a page that is of a language.
fn block(page: &str, language: &str) -> Result<String, String> {
    let start = format!("```{language}\n");
    let rest = page.split_once(&start).and_then(|(_, rest)| rest.split_once("```"));
    rest.map(|(block, _)| block.to_string()).ok_or(format!("README.md: no block of {language}"))
}
