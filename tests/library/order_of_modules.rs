//! The modules of each crate depend on those before them only, in the order that ARCHITECTURE.md states; so do the
//! files in folders of which it states an order.

use std::fs;
use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// By crate, or folder in its sources: its levels, those that use nothing else of it first.
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
        } else if path.extension().is_some_and(|end| end == "rs") {
            into.push((
                path.to_string_lossy().replace('\\', "/"),
                fs::read_to_string(&path).expect("a source file"),
            ));
        }
    }
}

/// The paths that a source names from `crate` or `super` on, as segments; a group in braces is one path for each of
/// its names.
fn paths(code: &str) -> Vec<Vec<&str>> {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let ident = |text: &str| text.find(|c: char| !word(c)).unwrap_or(text.len());
    let mut all = Vec::new();
    for root in ["crate::", "super::"] {
        for (at, _) in code.match_indices(root) {
            let (before, mut rest) = code.split_at(at);
            if before.ends_with(|c: char| word(c) || c == ':') {
                continue;
            }
            let mut path = Vec::new();
            loop {
                let (name, after) = rest.split_at(ident(rest));
                if !name.is_empty() {
                    path.push(name);
                }
                rest = after;
                match rest.strip_prefix("::") {
                    Some(more) => rest = more,
                    None => break,
                }
            }
            let group =
                rest.strip_prefix('{').and_then(|group| group.split_once('}')).map(|(names, _)| names);
            for name in group.into_iter().flat_map(|names| names.split(',')) {
                let (first, _) = name.trim().split_at(ident(name.trim()));
                all.push(path.iter().copied().chain([first]).collect());
            }
            all.push(path);
        }
    }
    all
}

/// The code of a source: without its tests, which may use anything, and without comments.
fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or("");
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The module that a file of sources is, from the root of its crate on.
fn module(inside: &str) -> Vec<&str> {
    let mut module: Vec<&str> = inside.trim_end_matches(".rs").split('/').collect();
    if matches!(module.last(), Some(&("mod" | "lib"))) {
        module.pop();
    }
    module
}

/// What a path means in a module, from the root of the crate on.
fn resolve<'a>(module: &[&'a str], path: &[&'a str]) -> Vec<&'a str> {
    let up = path.iter().take_while(|segment| **segment == "super").count();
    let (from, rest) = match up {
        0 => (&[][..], &path[1..]),
        _ => (&module[..module.len().saturating_sub(up)], &path[up..]),
    };
    let mut full: Vec<&str> = from.iter().chain(rest).copied().collect();
    // Named by what the crates show at their root.
    match full.first() {
        Some(&"Pack") => full[0] = "rulebook",
        Some(&"Plan") => full[0] = "plan",
        _ => {}
    }
    full
}

/// Uses a module only those before it: the `mod.rs` or `lib.rs` above, which shows what they make, is used by none.
#[test]
fn modules_depend_to_the_left_only() {
    let mut wrong = Vec::new();
    for (place, levels) in order() {
        let level = |module: &str| levels.iter().position(|l| l.iter().any(|m| m == module));
        let (krate, folder) = place.split_once('/').unwrap_or((&place, ""));
        let folder: Vec<&str> = folder.split('/').filter(|name| !name.is_empty()).collect();
        let root = format!("{ROOT}/engine/{krate}/src");
        let mut files = Vec::new();
        sources(&Path::new(&root).join(folder.join("/")), &mut files);
        let mut seen = Vec::new();
        for (path, text) in &files {
            let inside = path.strip_prefix(&root).unwrap_or(path).trim_start_matches('/');
            let module = module(inside);
            let Some(&own) = module.get(folder.len()) else { continue };
            seen.push(own);
            let Some(own_level) = level(own) else {
                wrong.push(format!("{place}: `{own}` is not in the order of modules"));
                continue;
            };
            for path in paths(&code(text)) {
                let full = resolve(&module, &path);
                let Some(&used) = full.strip_prefix(&folder[..]).and_then(|rest| rest.first()) else {
                    continue;
                };
                if used == own || used.is_empty() {
                    continue;
                }
                match level(used) {
                    Some(other) if other < own_level => {}
                    Some(_) => {
                        wrong.push(format!("{place}: {inside} uses `{used}`, which is not to its left"))
                    }
                    None => wrong.push(format!(
                        "{place}: {inside} uses `{used}`, which is not in the order of modules"
                    )),
                }
            }
        }
        let named = levels.iter().flatten().filter(|name| !seen.contains(&name.as_str()));
        wrong.extend(named.map(|name| format!("{place}: there is no module `{name}`")));
    }
    wrong.dedup();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
