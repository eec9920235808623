//! The tasks of the repository, run by `cargo xtask TASK`: one name for what a person runs by hand, what
//! `.ci/run` runs and what the workflows run. It needs Cargo and nothing else; tools that a task uses besides
//! (mdbook, cargo-deny, an older toolchain) are named when they are missing.

mod benches;
mod c_library;
mod contract;
mod figures;
mod packages;
mod python;
mod spark;
mod steps;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

const HELP: &str = "\
cargo xtask TASK

  check      layout, lints, documentation, figures of the pages: what needs no test
  test       all tests
  fuzz       all tests, their random cases drawn anew and ten times as many: cargo xtask fuzz [SEED]
  python     the module for Python, built and tested in fresh environments on the Pythons of this machine
  bench      the benchmarks, or one: cargo xtask bench workload; --small runs all once on tiny inputs, peers too
  bench-guard  compares today's speed with the ratios of benches/ratios.toml; --keep writes today's there
  features   checks logis-data and what decides with each of their features alone, and with none; the command with its service
  c-library  builds the C library into a folder, as lib/ and include/: cargo xtask c-library FOLDER [PROFILE]
  contract   requests drawn from the description of the service, sent to it, which must answer as it says (needs schemathesis)
  spark      the module for Python on Spark, on a cluster of this machine (needs Python with venv, and Java 17 or 21)
  package    packs every crate and builds it from what is packed: dear, as everything is built
  figures    fills the marked figures of the pages from docs/figures.toml; --check only compares
  book       builds docs/ as a book into target/book (needs mdbook)
  msrv       checks the workspace with the oldest toolchain that it promises (needs rustup)
  deny       licences, sources, doubled versions and advisories of the dependencies (needs cargo-deny)
  ci         check, features (that they compile), test, python, spark and bench --small: what .ci/run runs
";

/// The root of the repository.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A seed that differs from run to run.
fn drawn_seed() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_nanos().to_string()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["check"] => steps::check(),
        ["test", rest @ ..] => steps::test(rest),
        ["fuzz"] => steps::fuzz(&drawn_seed()),
        ["fuzz", seed] => steps::fuzz(seed),
        ["bench", "--small"] => benches::small(),
        ["bench", rest @ ..] => steps::bench(rest),
        ["bench-guard", rest @ ..] => benches::guard(rest),
        ["features"] => packages::features(),
        ["c-library", folder] => c_library::install(folder, "release"),
        ["c-library", folder, profile] => c_library::install(folder, profile),
        ["contract"] => contract::hold(),
        ["package"] => packages::package(),
        ["figures"] => figures::fill(&root()),
        ["figures", "--check"] => figures::check(&root()),
        ["book"] => steps::book(),
        ["msrv"] => steps::msrv(),
        ["deny"] => steps::deny(),
        ["python"] => python::test(),
        ["spark"] => spark::test(),
        ["ci"] => steps::check()
            .and_then(|()| packages::features_compile())
            .and_then(|()| steps::test(&[]))
            .and_then(|()| python::test())
            .and_then(|()| spark::test())
            .and_then(|()| benches::small()),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        [other, ..] => {
            eprintln!("xtask: no task `{other}` with these arguments\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
