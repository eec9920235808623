//! The crates as others take them: with some of their features, and from a package.

use crate::steps::cargo;

/// The features of `logis-data`, each of which must compile without the others.
const FORMS: [&str; 6] = ["arrow", "csv", "json", "nested", "parquet", "xlsx"];

/// Each form of data alone, and what decides and allocates with none; the tests of `logis-data` without a form hold
/// what is said of a file that is not read.
pub fn features() -> Result<(), String> {
    features_compile()?;
    cargo(&["test", "--quiet", "--package", "logis-data", "--no-default-features", "--lib"])
}

/// That they compile, each without the others, without a warning.
pub fn features_compile() -> Result<(), String> {
    let check = |krate: &str, features: &[&str]| {
        // Clippy, whose flags do not build the dependencies anew.
        let clippy = ["clippy", "--quiet", "--package", krate, "--no-default-features"];
        cargo(&[&clippy, features, &["--", "-D", "warnings"]].concat())
    };
    FORMS.iter().try_for_each(|form| check("logis-data", &["--features", form]))?;
    for krate in ["logis-matching", "logis-decide", "logis-allocation", "logis-review", "logis"] {
        check(krate, &[])?;
    }
    // The command by itself, with its service, and with its tools for assistants: each has a part of `logis-serve` alone. Of
    // the whole workspace, so that what all depend on is not built anew with the features of one.
    for features in [&[][..], &["--features", "logis-cli/serve"], &["--features", "logis-cli/mcp"]] {
        cargo(&[&["clippy", "--quiet", "--workspace"], features, &["--", "-D", "warnings"]].concat())?;
    }
    Ok(())
}

/// What `cargo publish` would do, but for the publishing. `tests/command/packages.rs` holds the lists of files, which
/// costs nothing.
pub fn package() -> Result<(), String> {
    cargo(&["package", "--workspace", "--allow-dirty", "--exclude", "xtask"])
}
