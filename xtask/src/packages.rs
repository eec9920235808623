//! The crates as others take them: with some of their features, and from a package.

use crate::steps::cargo;

/// The features of `logis-data`, each of which must compile without the others.
const FORMS: [&str; 6] = ["arrow", "csv", "json", "nested", "parquet", "xlsx"];

/// Each form of data alone, and what decides and allocates with none; the tests of `logis-data` without a form hold
/// what is said of a file that is not read.
pub fn features() -> Result<(), String> {
    FORMS.iter().try_for_each(|form| check("logis-data", &["--features", form]))?;
    features_compile()?;
    // The command with its service, and with its tools for assistants: each has a part of `logis-serve` alone.
    for features in ["logis-cli/serve", "logis-cli/mcp"] {
        workspace(&["--features", features])?;
    }
    cargo(&["test", "--quiet", "--package", "logis-data", "--no-default-features", "--lib"])
}

/// That crates compile without their features, and the command by itself, without a warning. Each form of data by itself, which
/// compiles its libraries anew, is left to [`features`].
pub fn features_compile() -> Result<(), String> {
    for krate in ["logis-matching", "logis-decide", "logis-allocation", "logis-review", "logis"] {
        check(krate, &[])?;
    }
    workspace(&[])
}

/// By Clippy, whose flags do not build the dependencies anew.
fn check(krate: &str, features: &[&str]) -> Result<(), String> {
    let clippy = ["clippy", "--quiet", "--package", krate, "--no-default-features"];
    cargo(&[&clippy, features, &["--", "-D", "warnings"]].concat())
}

/// Of the whole workspace, so that what all depend on is not built anew with the features of one.
fn workspace(features: &[&str]) -> Result<(), String> {
    cargo(&[&["clippy", "--quiet", "--workspace"], features, &["--", "-D", "warnings"]].concat())
}

/// What `cargo publish` would do, but for the publishing. `tests/command/packages.rs` holds the lists of files, which
/// costs nothing.
pub fn package() -> Result<(), String> {
    cargo(&["package", "--workspace", "--allow-dirty", "--exclude", "xtask"])
}
