//! What `cargo package` packs of each crate is all that it builds from. Building every package takes minutes
//! (`cargo xtask package`); here Cargo only lists the files, which are held against what the sources and build
//! scripts read.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value as Json;

use crate::support::root;

/// What Cargo says, without the network.
fn cargo(words: &[&str]) -> String {
    let ran = Command::new(env!("CARGO")).args(words).current_dir(root()).output().unwrap();
    assert!(ran.status.success(), "cargo {}: {}", words.join(" "), String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// The packages of the workspace that are published: name, folder, and dependencies.
fn packages() -> Vec<(String, String, Vec<Json>)> {
    let metadata = cargo(&["metadata", "--no-deps", "--format-version", "1", "--locked", "--offline"]);
    let metadata: Json = serde_json::from_str(&metadata).unwrap();
    let published = |package: &&Json| package["publish"].is_null();
    let one = |package: &Json| {
        let text = |key: &str| package[key].as_str().unwrap().to_string();
        let folder = text("manifest_path").trim_end_matches("Cargo.toml").to_string();
        (text("name"), folder, package["dependencies"].as_array().unwrap().clone())
    };
    metadata["packages"].as_array().unwrap().iter().filter(published).map(one).collect()
}

/// The files of a package, by their paths in it.
fn packed(name: &str) -> BTreeSet<String> {
    let list = cargo(&["package", "--list", "--allow-dirty", "--offline", "-p", name]);
    list.lines().map(|line| line.replace('\\', "/")).collect()
}

fn sources(at: &Path, into: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(at).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => sources(&path, into),
            false => into.push(path),
        }
    }
}

/// The rule book and the demo are packed whole: whoever takes them from a registry decides by the same rules.
#[test]
fn the_crates_of_data_pack_what_they_carry() {
    for (name, files) in [("logis-rules", logis_rules::FILES), ("logis-scenarios", logis_scenarios::FILES)] {
        let packed = packed(name);
        assert!(files.len() > 10, "{name}: {}", files.len());
        let lacking: Vec<&str> =
            files.iter().map(|(path, _)| *path).filter(|path| !packed.contains(*path)).collect();
        assert!(lacking.is_empty(), "{name} does not pack {lacking:?}");
    }
}

/// Every file that a source includes lies in the package; a page that only a test of the documentation reads may lie
/// outside.
#[test]
fn a_package_holds_what_its_sources_include() {
    let mut seen = 0;
    for (name, folder, _) in packages() {
        let packed = packed(&name);
        let mut files = Vec::new();
        sources(&Path::new(&folder).join("src"), &mut files);
        for file in files.iter().filter(|file| file.extension().is_some_and(|end| end == "rs")) {
            let inside = file.strip_prefix(&folder).unwrap().to_string_lossy().replace('\\', "/");
            assert!(packed.contains(&inside), "{name} does not pack {inside}");
            let text = fs::read_to_string(file).unwrap();
            for (at, _) in text.match_indices("include_str!(\"") {
                let included = text.split_at(at).1.split('"').nth(1).unwrap();
                let mut path: Vec<&str> = inside.split('/').collect();
                path.pop();
                let mut outside = false;
                for part in included.split('/') {
                    match part {
                        ".." => outside |= path.pop().is_none(),
                        part => path.push(part),
                    }
                }
                seen += 1;
                // The attributes of the item stand on the lines just before.
                let of_a_doctest =
                    text.split_at(at).0.trim_end().lines().rev().take(2).any(|l| l.contains("cfg(doctest)"));
                let path = path.join("/");
                assert!(
                    of_a_doctest || (!outside && packed.contains(&path)),
                    "{name}: {inside} includes {path}"
                );
            }
        }
    }
    assert!(seen > 5, "{seen}");
}

/// A dependency within the workspace has a version beside its path, without which a registry refuses the package; one
/// of tests alone is left out of what is published.
#[test]
fn dependencies_within_the_workspace_have_versions() {
    let mut seen = 0;
    for (name, _, dependencies) in packages() {
        for dependency in dependencies.iter().filter(|d| d["path"].is_string() && d["kind"] != "dev") {
            seen += 1;
            assert_ne!(dependency["req"], "*", "{name}: {}", dependency["name"]);
        }
    }
    assert!(seen > 20, "{seen}");
}

/// The module for Python alone is built of what the tests of the workspace have compiled, or all would be compiled twice:
/// every dependency has the same features in both, but for the ledger, which the module opens in files only.
#[test]
fn the_module_for_python_takes_what_is_compiled() {
    let tree = |words: &[&str]| -> BTreeSet<String> {
        let common =
            ["tree", "--locked", "--offline", "--prefix", "none", "--no-dedupe", "--format", "{p} | {f}"];
        let said = cargo(&[&common[..], words].concat());
        said.lines().map(|line| line.replace(" (proc-macro)", "")).collect()
    };
    let whole = tree(&["--workspace", "--features", "logis-cli/serve,logis-cli/mcp"]);
    let module = tree(&["--package", "logis-python", "--edges", "normal,build"]);
    assert!(module.len() > 100, "{}", module.len());
    let other = module
        .difference(&whole)
        .filter(|line| !line.starts_with("logis v") && !line.starts_with("logis-ledger v"));
    let other: Vec<&String> = other.collect();
    assert!(other.is_empty(), "say these features in python/Cargo.toml: {other:#?}");
}
