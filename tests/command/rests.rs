//! What a report says before any figure: whether people are real, which rules and data, which doubts, when it is made; and
//! what it leaves out to be passed round.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use logis::fingerprint::sha256;

use crate::support::{Folder, RULE, SCHEMA, logis, root, stderr};

const EXAMPLE: &str = "scenarios/convention-dijon";

/// The hash of the files of a folder, as `sha256sum` of coreutils makes it: a line for each file by name, hashed again.
fn hash(folder: &Path) -> String {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            files.insert(path.file_name().unwrap().to_string_lossy().into_owned(), path);
        }
    }
    let sum = |path: &Path| match Command::new("sha256sum").arg(path).output() {
        Ok(said) => String::from_utf8_lossy(&said.stdout).split(' ').next().unwrap().to_string(),
        Err(_) => sha256(&fs::read(path).unwrap()).replace("sha256:", ""),
    };
    let lines: String = files.iter().map(|(name, path)| format!("sha256:{} {name}\n", sum(path))).collect();
    sha256(lines.as_bytes()).replace("sha256:", "")
}

/// The digits of a hash that a page shows.
fn short(hash: &str) -> String {
    hash.chars().take(16).collect()
}

/// What stands on the first screen of a page, its marks taken out.
fn first_screen(page: &str) -> String {
    let section = page.split("<section id=\"base\"").nth(1).expect("what the figures rest on");
    let section = section.split("</section>").next().unwrap();
    let text: String =
        section.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect();
    [("&#x27;", "'"), ("&#x2f;", "/"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        .iter()
        .fold(text, |text, (from, to)| text.replace(from, to))
        .replace(['\u{a0}', '\u{202f}'], " ")
}

fn report(folder: &Folder, seeds: &str, name: &str) -> (String, serde_json::Value) {
    let data = root().join("scenarios/grand-dijon-2015").display().to_string().replace('\\', "/");
    let file = format!("{name}.toml");
    folder.write(
        &file,
        &format!(
            "title = \"Essai\"\n[base]\ndata = \"{data}\"\nas_of = 2017-06-30\nseeds = {seeds}\n\
             territory = {{ commune = [\"21166\", \"21355\"] }}\n\
             [[assumption]]\ntext = \"Rien ne bouge.\"\n\
             [[variant]]\nname = \"plus\"\ntitle = \"Cinq de plus\"\nquotas = []\n\
             [[variant.logement]]\nadd = 1000\nlike = {{ financement = \"PLAI\", commune = \"21355\" }}\n\
             [[variant.parameter]]\npath = \"plus.plafond\"\nkey = [\"autres_regions\"]\nmultiply = 1.05\n"
        ),
    );
    let (code, out, err) = folder.logis(&["simulate", &file, "-o", name, "--made-on", "2026-11-30"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("Fait le : 30 novembre 2026."), "{out}");
    let json = serde_json::from_str(&folder.read(&format!("{name}/rapport.json"))).unwrap();
    (folder.read(&format!("{name}/rapport.html")), json)
}

/// The first screen names the data by their hash, which coreutils find, too, the territory whose local rules hold, the seeds,
/// the day of making, what is doubtful and what is assumed; changes are in the words of the pack. No clock is read.
#[test]
fn a_scenario_says_first_what_it_rests_on() {
    let folder = Folder::of(&[]);
    let (page, json) = report(&folder, "[1, 2, 3]", "un");
    let first = first_screen(&page);
    let of_data = hash(&root().join("scenarios/grand-dijon-2015"));
    for said in [
        "Données synthétiques : aucune personne",
        &format!("empreinte {}", short(&of_data)),
        "Règles d'Action Logement, version 0.1.0",
        "Fait le30 novembre 2026",
        "Décidé au30 juin 2017",
        "1 à 3 (3 répétitions)",
        "1 hypothèse du scénario",
        "Rien ne bouge.",
    ] {
        assert!(first.contains(said), "{said}\n{first}");
    }
    assert_eq!(json["basis"]["stands"][1]["hash"], format!("sha256:{of_data}"));
    // Doubts are those of the rules: each is one that the pack tags, and its text stands on the page.
    let doubts = json["basis"]["doubts"].as_array().unwrap();
    assert!(doubts.len() > 5);
    for doubt in doubts {
        let start: String = doubt["text"].as_str().unwrap().chars().take(30).collect();
        assert!(first.contains(start.replace(['\u{a0}', '\u{202f}'], " ").trim()), "{doubt}");
    }
    let again = report(&folder, "[1, 2, 3]", "deux").0;
    assert!(again == page, "the same bytes");
    let words = page.replace(['\u{a0}', '\u{202f}'], " ");
    for said in [
        "Financement initial du logement « PLAI »",
        "Commune du logement « Longvic (21355) »",
        "1 000 de plus",
        "Plafond de ressources",
    ] {
        assert!(words.contains(said), "{said}");
    }
    for raw in ["financement = ", "commune = ", "plus.plafond", "autres_regions"] {
        assert!(!words.split("<script>").next().unwrap().contains(raw), "{raw}");
    }
    assert!(words.contains("la plus basse et la plus haute"), "too few for an interval");
    // A share shows of how many it is, in the page, and in a column of its own in the tables.
    assert!(words.contains("<small>n = "));
    let table = folder.read("un/tables/eligibilite.csv");
    assert!(table.lines().next().unwrap().contains("Part de oui (%) : n"), "{table}");
}

/// A scenario is decided by the local rules that are asked for, and says which: without Dijon's no row has any, and what is
/// doubtful of them is not told.
#[test]
fn a_scenario_takes_the_territories_that_are_asked_for() {
    let folder = Folder::of(&[]);
    report(&folder, "[1]", "tous");
    let (code, _, err) = folder.logis(&["simulate", "tous.toml", "-o", "sans", "--territory", "!dijon"]);
    assert_eq!(code, 0, "{err}");
    let first = first_screen(&folder.read("sans/rapport.html"));
    assert!(first.contains("sans territoire (127 lignes)") && !first.contains("Dijon Métropole"), "{first}");
    let (code, _, err) = folder.logis(&["simulate", "tous.toml", "-o", "faux", "--territory", "dijn"]);
    assert!(code == 2 && err.contains("le territoire `dijn` n'existe pas"), "{code} {err}");
}

/// From twenty repetitions on there is an interval; of few, the lowest and the highest.
#[test]
fn an_interval_needs_twenty_repetitions() {
    let folder = Folder::of(&[]);
    let bounds = |seeds: &str, name: &str| {
        let (_, json) = report(&folder, seeds, name);
        let sheets = json["sheets"].as_array().unwrap().clone();
        let sheet = sheets.into_iter().find(|sheet| sheet["id"] == "intervalles").unwrap();
        [4, 5].map(|at| sheet["header"][at].as_str().unwrap().to_string())
    };
    assert_eq!(bounds("{ first = 1, count = 19 }", "dix_neuf"), ["le plus bas", "le plus haut"]);
    assert_eq!(bounds("{ first = 1, count = 20 }", "vingt"), ["5 %", "95 %"]);
}

/// The page of a review names no row of the data unless it is asked to; what it leaves out is counted.
#[test]
fn a_review_to_pass_round_names_no_row() {
    let folder = Folder::of(&[]);
    let written = |args: &[&str], name: &str| {
        let path = folder.path(name);
        let all = [&["review", "--data", EXAMPLE, "-o", path.to_str().unwrap()], args].concat();
        let ran = logis(&all);
        assert_eq!(ran.status.code(), Some(0), "{}", stderr(&ran));
        fs::read_to_string(path).unwrap()
    };
    let (page, named) =
        (written(&["--made-on", "30/11/2026"], "a.html"), written(&["--with-rows"], "b.html"));
    let json: serde_json::Value = serde_json::from_str(&written(&[], "c.json")).unwrap();
    let sheet = |id: &str| json["sheets"].as_array().unwrap().iter().find(|sheet| sheet["id"] == id).unwrap();
    let listed = sheet("listes");
    let at = listed["header"].as_array().unwrap().iter().position(|h| h == "Identifiant").unwrap();
    let ids: Vec<&str> =
        listed["rows"].as_array().unwrap().iter().map(|row| row[at].as_str().unwrap()).collect();
    assert!(ids.len() > 10);
    for id in ids {
        let cell = format!("<td>{id}</td>");
        assert!(named.contains(&cell) && !page.contains(&cell), "{id}");
    }
    assert!(page.contains("Les lignes sont comptées sans être nommées"));
    let first = first_screen(&page);
    let of_data = hash(&root().join(EXAMPLE));
    for said in
        ["Données synthétiques", "Fait le30 novembre 2026", &short(&of_data), "Règles locales", "doutes"]
    {
        assert!(first.contains(said), "{said}\n{first}");
    }
    assert!(first_screen(&named).contains("Fait lenon dit (--made-on)"));
}

/// A comparison of packs says which two, by their hashes, and of which data; without data, that there are none.
#[test]
fn a_comparison_says_what_it_compares() {
    let parameter = |value: u32| {
        format!(
            "[plafond]\nlabel = \"Plafond\"\n[[plafond.values]]\nfrom = 2017-01-01\nsource = {{ title = \"art. 1\" }}\n\
             doute = \"chiffre: lu sur une affiche\"\nvalue = {value}\n"
        )
    };
    let folder = Folder::of(&[
        ("avant/schema.toml", SCHEMA),
        ("avant/eligible.rhai", RULE),
        ("avant/plafond.toml", &parameter(20000)),
        ("apres/pack.toml", "name = \"essai\"\nversion = \"7\"\n"),
        ("apres/schema.toml", SCHEMA),
        ("apres/eligible.rhai", RULE),
        ("apres/plafond.toml", &parameter(20001)),
        ("donnees/menages.csv", "menage_id,revenu,quartier\nM1,20001,nord\n"),
    ]);
    let args = ["diff", "avant", "apres", "--as-of", "2017-06-30", "--made-on", "2026-11-30"];
    let ran = folder.logis(&[&args[..], &["--corpus", "donnees", "-o", "page.html"]].concat());
    assert_eq!(ran.0, 1, "{ran:?}");
    let first = first_screen(&folder.read("page.html"));
    for said in [
        "Données qui ne se disent pas synthétiques",
        &short(&hash(&folder.path("avant"))),
        &short(&hash(&folder.path("apres"))),
        &short(&hash(&folder.path("donnees"))),
        "essai, version 7",
        "Fait le30 novembre 2026",
        "1 doute, sur Plafond",
        "(chiffre) : lu sur une affiche",
    ] {
        assert!(first.contains(said), "{said}\n{first}");
    }
    let (_, text, _) = folder.logis(&args);
    assert!(text.contains("Aucune donnée : des cas du paquet de règles seulement."), "{text}");
}
