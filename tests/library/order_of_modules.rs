//! The modules of each crate depend on those before them only, in the order that ARCHITECTURE.md states.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// By crate: its levels, those that use nothing of the crate first.
fn order() -> Vec<(String, Vec<Vec<String>>)> {
    let text = fs::read_to_string(format!("{ROOT}/ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let after =
        text.split("## Order of crates and modules").nth(1).expect("its section on the order of modules");
    let block = after.split("```").nth(1).expect("a block");
    let lines = block.lines().skip(1).filter(|l| !l.trim().is_empty());
    let names = |level: &str| level.split(',').map(|m| m.trim().to_string()).collect();
    lines
        .map(|line| {
            let (krate, levels) = line.split_once(':').expect("a crate and its levels");
            (krate.trim().to_string(), levels.split(';').map(names).collect())
        })
        .collect()
}

fn sources(at: &Path, into: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(at).expect("the folder of sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, into);
        } else {
            into.push((
                path.to_string_lossy().replace('\\', "/"),
                fs::read_to_string(&path).expect("a source file"),
            ));
        }
    }
}

#[test]
fn modules_depend_to_the_left_only() {
    let mut wrong = Vec::new();
    for (krate, levels) in order() {
        let level = |module: &str| levels.iter().position(|l| l.iter().any(|m| m == module));
        let root = format!("{ROOT}/engine/{krate}/src");
        let mut files = Vec::new();
        sources(Path::new(&root), &mut files);
        for (path, text) in files {
            let inside = path.strip_prefix(&root).unwrap_or(&path).trim_start_matches('/');
            let module = inside.split('/').next().unwrap_or("").trim_end_matches(".rs");
            if module == "lib" {
                continue;
            }
            let Some(own) = level(module) else {
                wrong.push(format!("{krate}: `{module}` is not in the order of modules"));
                continue;
            };
            // Tests may use anything.
            let code = text.split("#[cfg(test)]").next().unwrap_or("");
            for used in code.split("crate::").skip(1) {
                let used: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let used = match used.as_str() {
                    "Pack" => "rulebook",
                    "Plan" => "plan",
                    other => other,
                };
                if used == module || used.is_empty() {
                    continue;
                }
                match level(used) {
                    Some(other) if other < own => {}
                    Some(_) => {
                        wrong.push(format!("{krate}: {inside} uses `{used}`, which is not to its left"))
                    }
                    None => wrong.push(format!(
                        "{krate}: {inside} uses `{used}`, which is not in the order of modules"
                    )),
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
