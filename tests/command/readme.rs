//! The pages are true: the READMEs' first rule loads, is laid out and decides; their sample is what the demo
//! prints; every relative link of every page leads somewhere; and the licences of the dependencies are those that
//! `deny.toml` allows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::root;

const READMES: [&str; 2] = ["README.md", "README.fr.md"];

fn page(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// What `logis` prints on both outputs; the exit code must be 0.
fn logis(folder: &Path, words: &[&str]) -> String {
    let ran = Command::new(env!("CARGO_BIN_EXE_logis")).args(words).current_dir(folder).output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "logis {}: {text}", words.join(" "));
    text
}

/// The fenced blocks of a page: the line before each, its language, its lines.
fn blocks(page: &str) -> Vec<(&str, &str, Vec<&str>)> {
    let mut found = Vec::new();
    let mut before = "";
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(language) = line.strip_prefix("```") {
            found.push((before, language, lines.by_ref().take_while(|l| !l.starts_with("```")).collect()));
        }
        before = line;
    }
    found
}

/// The four files of the first rule are in the layout of `logis fmt`, without a remark of `check`, and decide as
/// the page says: 20,001 euros are over 20,000.
#[test]
fn the_first_rule_is_laid_out_and_decides() {
    for name in READMES {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("mes_regles")).unwrap();
        fs::create_dir_all(folder.path().join("donnees")).unwrap();
        let page = page(name);
        let mut files = 0;
        let mut commands = Vec::new();
        for (before, language, lines) in blocks(&page) {
            // A name between marks, and not the fence of the block before.
            let named = before.starts_with('`') && !before.starts_with("```");
            let file = before.split('`').nth(1).filter(|_| named);
            if let Some(file) = file {
                let text = format!("{}\n", lines.join("\n"));
                fs::write(folder.path().join("mes_regles").join(file), text).unwrap();
                files += 1;
            // The lines that start a service are run by `served`.
            } else if language == "sh" && !lines.iter().any(|line| line.starts_with("logis serve")) {
                commands.extend(lines.into_iter().filter_map(|line| line.strip_prefix("logis ")));
            }
        }
        assert_eq!((files, commands.len()), (4, 4), "{name}");
        let data: Vec<&str> = page.lines().find(|l| l.contains("menages.csv")).unwrap().split('`').collect();
        let data = format!("{}\n{}\n", data[3], data[5]);
        fs::write(folder.path().join("donnees/menages.csv"), data).unwrap();

        logis(folder.path(), &["fmt", "--check", "--rules", "mes_regles"]);
        let mut said = BTreeMap::new();
        for command in commands {
            let words: Vec<&str> = command.split_whitespace().collect();
            said.insert(words[0], logis(folder.path(), &words));
        }
        assert!(said["check"].contains("rien à redire"), "{name}: {}", said["check"]);
        assert!(said["test"].contains("1 cas réussis"), "{name}: {}", said["test"]);
        assert!(said["eval"].lines().any(|l| l.contains("M1") && l.contains("non")), "{}", said["eval"]);
        assert!(
            said["explain"].contains("20\u{a0}001\u{a0}€ par an, ce qui dépasse"),
            "{name}: {}",
            said["explain"]
        );
    }
}

/// The sample of the demo stands in its output, line by line; `…` stands for lines that are left out.
#[test]
fn the_sample_is_what_the_demo_prints() {
    let demo = logis(&root(), &["demo"]);
    let printed: Vec<&str> = demo.lines().map(str::trim_end).collect();
    for name in READMES {
        let page = page(name);
        let (_, _, sample) = blocks(&page).into_iter().find(|(_, language, _)| *language == "text").unwrap();
        let mut at = 0;
        for part in sample.split(|line| *line == "…") {
            let found = printed[at..].windows(part.len()).position(|lines| lines == part);
            at += found.unwrap_or_else(|| panic!("{name}: the demo does not print\n{}", part.join("\n")));
            at += part.len();
        }
    }
}

/// README.fr.md says the same as README.md: their sections, files, samples and commands are one to one.
#[test]
fn both_readmes_have_one_content() {
    let outline = |name: &str| -> Vec<String> {
        let page = page(name);
        let code = blocks(&page).into_iter().filter(|(_, language, _)| *language != "rust");
        // Comments of shell lines are in the language of the page.
        let line = |l: &str| l.split(" # ").next().unwrap().trim_end().to_string();
        let code = code.flat_map(|(_, language, lines)| {
            std::iter::once(format!("```{language}")).chain(lines.into_iter().map(line).collect::<Vec<_>>())
        });
        let sections = page.lines().filter(|l| l.starts_with("## ")).count();
        std::iter::once(format!("{sections} sections")).chain(code).collect()
    };
    assert_eq!(outline(READMES[0]), outline(READMES[1]));
}

/// Every page of the repository; what is built or drawn is not.
fn pages() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap_or_default();
            if path.is_dir()
                && !["target", "resultats", "node_modules"].contains(&name)
                && !name.starts_with('.')
            {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A page without its code: fenced blocks and what stands between backticks.
fn prose(page: &str) -> String {
    let mut text = String::new();
    let mut fenced = false;
    for line in page.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            // `[`name`](path)` keeps its brackets: only the code itself goes.
            text.extend(line.split('`').step_by(2));
            text.push('\n');
        }
    }
    text
}

/// The anchors of a page, as forges and mdbook make them of its headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut found = BTreeSet::new();
    for line in page.lines() {
        fenced ^= line.starts_with("```");
        if fenced || !line.starts_with('#') {
            continue;
        }
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        found.insert(kept.map(|c| if c == ' ' { '-' } else { c }).collect());
    }
    found
}

/// Every relative link, anchor and include of every page leads to what is there.
#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    let mut links = 0;
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        let text = prose(&page);
        let inline = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let defined = text.lines().filter(|l| l.starts_with('[')).filter_map(|l| l.split("]: ").nth(1));
        let included = text.split("{{#include ").skip(1).filter_map(|rest| rest.split("}}").next());
        let included = included.map(|target| target.split(':').next().unwrap());
        for target in inline.chain(defined).chain(included) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            links += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let to = if file.is_empty() { path.clone() } else { path.parent().unwrap().join(file) };
            let there = if anchor.is_empty() {
                to.exists()
            } else {
                fs::read_to_string(&to).is_ok_and(|page| anchors(&page).contains(anchor))
            };
            if !there {
                broken.push(format!("{}: {target}", path.strip_prefix(root()).unwrap().display()));
            }
        }
    }
    assert!(broken.is_empty(), "{} links lead nowhere:\n{}", broken.len(), broken.join("\n"));
    assert!(links > 40, "{links} links were found");
}

/// Every file of the repository that a page names between backticks is there. The changelog names what was, too.
#[test]
fn every_file_that_is_named_is_there() {
    let folders = ["benches", "cli", "docs", "engine", "examples", "rules", "scenarios", "tests", "xtask"];
    let endings = ["csv", "md", "py", "rs", "toml"];
    let (mut named, mut missing) = (0, Vec::new());
    for path in pages().into_iter().filter(|path| !path.ends_with("CHANGELOG.md")) {
        let page = fs::read_to_string(&path).unwrap();
        for word in page.lines().flat_map(|line| line.split('`').skip(1).step_by(2)) {
            let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            let ending = word.rsplit('.').next().unwrap_or_default();
            let first = word.split('/').next().unwrap_or_default();
            if plain && word.contains('/') && folders.contains(&first) && endings.contains(&ending) {
                named += 1;
                if !root().join(word).is_file() {
                    missing.push(format!("{}: {word}", path.strip_prefix(root()).unwrap().display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{} files are not there:\n{}", missing.len(), missing.join("\n"));
    assert!(named > 20, "{named} files are named");
}

/// Each page of the book is in its table of contents, so that a reader comes to it.
#[test]
fn the_book_holds_all_its_pages() {
    let summary = page("docs/src/SUMMARY.md");
    let source = root().join("docs/src");
    let of_the_book = pages().into_iter().filter(|p| p.starts_with(&source) && !p.ends_with("SUMMARY.md"));
    let missing: Vec<PathBuf> = of_the_book
        .map(|p| p.strip_prefix(&source).unwrap().to_path_buf())
        .filter(|p| !summary.contains(&format!("({})", p.to_str().unwrap().replace('\\', "/"))))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn toml_file(name: &str) -> toml::Table {
    page(name).parse().unwrap()
}

/// Whether a licence expression is met by the licences that are allowed: `A OR B`, `A AND B`, parentheses,
/// `A WITH exception`; `/` is an older way to write OR.
fn allowed(expression: &str, list: &BTreeSet<&str>) -> bool {
    let expression = expression.replace(" WITH ", "+WITH+").replace('/', " OR ");
    let spaced = expression.replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let met = any_of(&mut words, list);
    assert!(words.next().is_none(), "{expression}");
    met
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(words: &mut Words<'_>, list: &BTreeSet<&str>) -> bool {
    let mut met = all_of(words, list);
    while words.next_if_eq(&"OR").is_some() {
        met |= all_of(words, list);
    }
    met
}

fn all_of(words: &mut Words<'_>, list: &BTreeSet<&str>) -> bool {
    let mut met = one_of(words, list);
    while words.next_if_eq(&"AND").is_some() {
        met &= one_of(words, list);
    }
    met
}

fn one_of(words: &mut Words<'_>, list: &BTreeSet<&str>) -> bool {
    match words.next() {
        Some("(") => {
            let met = any_of(words, list);
            assert_eq!(words.next(), Some(")"));
            met
        }
        // `A+` is version A or any later one, so A meets it.
        Some(licence) => list.contains(licence.trim_end_matches('+').replace("+WITH+", " WITH ").as_str()),
        None => false,
    }
}

/// Every dependency has a licence that `deny.toml` allows, and comes from the registry.
#[test]
fn licences_are_those_that_are_allowed() {
    let deny = toml_file("deny.toml");
    let list = deny["licenses"]["allow"].as_array().unwrap();
    let list: BTreeSet<&str> = list.iter().map(|l| l.as_str().unwrap()).collect();
    assert!(allowed("(MIT OR GPL-3.0) AND Unicode-3.0", &list) && !allowed("MIT AND GPL-3.0", &list));
    let exceptions: BTreeMap<&str, BTreeSet<&str>> = deny["licenses"]["exceptions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| {
            let more = e["allow"].as_array().unwrap().iter().map(|l| l.as_str().unwrap());
            (e["crate"].as_str().unwrap(), more.chain(list.iter().copied()).collect())
        })
        .collect();
    let ran = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "{}", packages.len());
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let licence = package["license"].as_str().unwrap_or_else(|| panic!("{name}: no licence"));
        let licences = exceptions.get(name).unwrap_or(&list);
        assert!(allowed(licence, licences), "{name}: « {licence} » is not allowed by deny.toml");
        let source = package["source"].as_str();
        assert!(source.is_none_or(|s| s.starts_with("registry+")), "{name}: {source:?}");
    }
}

/// The oldest toolchain that is promised is one, and no dependency asks for a newer one.
#[test]
fn the_promised_toolchain_is_enough_for_the_dependencies() {
    let version = |text: &str| -> Vec<u64> { text.split('.').map(|p| p.parse().unwrap()).collect() };
    let manifest = toml_file("Cargo.toml");
    let promised = version(manifest["workspace"]["package"]["rust-version"].as_str().unwrap());
    let ran = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap();
    for package in metadata["packages"].as_array().unwrap() {
        let asked = package["rust_version"].as_str().map(|v| (v, version(v)));
        // Shorter versions sort before longer ones that begin alike, as 1.91 before 1.91.1 should.
        if let Some((text, asked)) = asked {
            assert!(asked[..2] <= promised[..2], "{} asks for Rust {text}", package["name"]);
        }
    }
}
