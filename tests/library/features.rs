//! Whoever decides or allocates builds no reader of files: what Cargo says that crates without features are built of.

use std::collections::BTreeSet;
use std::process::Command;

/// Readers and writers of files, and Arrow: each behind a feature of `logis-data`.
const BEHIND: [(&str, &[&str]); 5] = [
    ("arrow", &["arrow-array", "arrow-buffer", "arrow-schema"]),
    ("csv", &["encoding_rs"]),
    ("nested", &["arrow-array", "arrow-buffer", "arrow-schema", "arrow-select"]),
    ("parquet", &["arrow-array", "arrow-buffer", "arrow-schema", "arrow-select", "parquet"]),
    ("xlsx", &["calamine", "rust_xlsxwriter", "zip", "quick-xml", "cfb", "encoding_rs"]),
];

/// The names of the packages that a build of one is made of.
fn tree(of: &[&str]) -> BTreeSet<String> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "-e", "normal,build", "--prefix", "none", "--format", "{p}", "--locked", "--offline"])
        .args(of)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .expect("cargo");
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let tree = String::from_utf8(tree.stdout).unwrap();
    tree.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_string).collect()
}

/// Data, decisions, allocations and the tools for rules are built without any form of files.
#[test]
fn what_decides_reads_no_files_unless_asked() {
    let all: BTreeSet<&str> = BEHIND.iter().flat_map(|(_, crates)| *crates).copied().collect();
    for krate in ["logis-data", "logis-decide", "logis-allocation", "logis-review"] {
        let built = tree(&["-p", krate, "--no-default-features"]);
        let heavy: Vec<&&str> = all.iter().filter(|name| built.contains(**name)).collect();
        assert!(built.contains(krate) && heavy.is_empty(), "{krate}: {heavy:?}");
    }
    let face = tree(&["-p", "logis", "--no-default-features"]);
    let heavy: Vec<&&str> = all.iter().filter(|name| face.contains(**name)).collect();
    assert!(
        face.contains("logis-decide") && !face.contains("logis-allocation") && heavy.is_empty(),
        "{heavy:?}"
    );
}

/// A feature brings its own readers, and no other's.
#[test]
fn each_form_brings_what_it_needs_alone() {
    for (feature, own) in BEHIND {
        let built = tree(&["-p", "logis-data", "--no-default-features", "--features", feature]);
        for name in BEHIND.iter().flat_map(|(_, crates)| *crates) {
            assert_eq!(built.contains(*name), own.contains(name), "{feature}: {name}");
        }
    }
}
