//! Whoever only checks answers builds little: the crate of the matching without its solver.

use std::process::Command;

/// What the checker may be built of: serde, thiserror and num-integer, and what their macros need.
const CRATES: [&str; 12] = [
    "logis-matching",
    "num-integer",
    "num-traits",
    "autocfg",
    "serde",
    "serde_core",
    "serde_derive",
    "thiserror",
    "thiserror-impl",
    "proc-macro2",
    "quote",
    "syn",
];

/// Without features `logis-matching` names no Rhai, Arrow, Parquet or XLSX, no rayon, and nothing else that is heavy:
/// Cargo says what it is built of.
#[test]
fn the_checker_is_built_of_little() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "-p", "logis-matching", "--no-default-features", "-e", "normal,build"])
        .args(["--prefix", "none", "--format", "{lib}", "--locked", "--offline"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .expect("cargo");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let names = String::from_utf8(tree.stdout).unwrap().replace('-', "_");
    let allowed =
        |name: &str| name == "unicode_ident" || CRATES.iter().any(|krate| krate.replace('-', "_") == name);
    // A crate that was named before ends in a star.
    let named: Vec<&str> = names
        .lines()
        .map(|line| line.trim_end_matches(" (*)").trim())
        .filter(|name| !name.is_empty())
        .collect();
    assert!(named.contains(&"logis_matching"), "{named:?}");
    let heavy: Vec<&&str> = named.iter().filter(|name| !allowed(name)).collect();
    assert!(heavy.is_empty(), "{heavy:?}");
}
