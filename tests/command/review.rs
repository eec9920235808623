//! The yearly review of an agreement: its figures against sums done elsewhere, and what it says of what it does not know.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::support::{Folder, logis, root, stderr, stdout};

const EXAMPLE: &str = "scenarios/convention-dijon";

/// The figures, by indicator, time, kind and code of the place.
fn figures(text: &str) -> BTreeMap<[String; 4], String> {
    let mut reader = csv_lines(text).into_iter();
    let header = reader.next().unwrap();
    let at = |name: &str| header.iter().position(|h| h == name).unwrap();
    let keys = ["indicateur", "temps", "genre_lieu", "code_lieu"].map(at);
    let value = at("valeur");
    reader.map(|row| (keys.map(|at| row[at].clone()), row[value].clone())).collect()
}

/// Lines of a plain CSV, without quotation marks.
fn csv_lines(text: &str) -> Vec<Vec<String>> {
    text.lines().map(|line| line.split(',').map(str::to_string).collect()).collect()
}

/// Every figure that `sums.py` computes from the words of the agreement is that of the review, year by year, commune by
/// commune and district by district; and the review has no other of the same indicators.
#[test]
fn the_figures_are_those_of_independent_sums() {
    let printed = logis(&["review", "--data", EXAMPLE, "--format", "csv"]);
    assert_eq!(printed.status.code(), Some(0), "{}", stderr(&printed));
    let found = figures(&stdout(&printed));
    let sums = figures(&fs::read_to_string(root().join("tests/review/sums.csv")).unwrap());
    assert!(sums.len() > 1_000, "{}", sums.len());
    for (key, value) in &sums {
        assert_eq!(found.get(key), Some(value), "{key:?}");
    }
    let whole = ["A08", "A29", "A51", "A77"];
    let extra = |key: &&[String; 4]| whole.contains(&key[0].as_str()) && !sums.contains_key(*key);
    let extra: Vec<_> = found.iter().filter(|(key, value)| extra(key) && !value.is_empty()).collect();
    assert!(extra.is_empty(), "{extra:?}");
}

fn review(args: &[&str]) -> Value {
    let printed = logis(&[&["review", "--format", "json"], args].concat());
    assert_eq!(printed.status.code(), Some(0), "{}", stderr(&printed));
    serde_json::from_str(&stdout(&printed)).unwrap()
}

/// The rows of a sheet, each by the header of its columns.
fn rows(review: &Value, id: &str) -> Vec<BTreeMap<String, Value>> {
    let sheet = review["sheets"].as_array().unwrap().iter().find(|s| s["id"] == id);
    let Some(sheet) = sheet else { return Vec::new() };
    let header: Vec<&str> = sheet["header"].as_array().unwrap().iter().map(|h| h.as_str().unwrap()).collect();
    let row = |row: &Value| {
        header.iter().zip(row.as_array().unwrap()).map(|(h, c)| ((*h).to_string(), c.clone())).collect()
    };
    sheet["rows"].as_array().unwrap().iter().map(row).collect()
}

/// Every line of the agreement stands in its review, once.
#[test]
fn every_line_of_the_agreement_is_in_the_review() {
    let review = review(&["--data", EXAMPLE]);
    let ids: Vec<String> =
        rows(&review, "bilan").iter().map(|row| row["N°"].as_str().unwrap().to_string()).collect();
    let list = fs::read_to_string(root().join("tests/reference/agreement.csv")).unwrap();
    for id in list.lines().skip(1).map(|line| line.split(',').next().unwrap()) {
        assert_eq!(ids.iter().filter(|known| *known == id).count(), 1, "{id}");
    }
}

/// A small package of which all is told by hand: three operations of three years, one outside of the territory, one
/// without a date, one whose number of PLS is missing.
fn small() -> Folder {
    Folder::of(&[
        ("paquet.toml", "title = \"essai\"\nas_of = \"2018-12-31\"\n"),
        ("conventions.csv", "convention_id,territoire,annees\nC,dijon,3\n"),
        (
            "operations.csv",
            "operation_id,convention_id,commune,quartier,date_livraison,nature_operation,logements_plai,logements_plus,logements_pls,autres_logements\n\
             O1,C,21231,,2017-05-01,construction_neuve,100,200,20,10\n\
             O2,C,21515,,2018-05-01,construction_neuve,300,400,30,0\n\
             O3,C,21231,,2018-06-01,construction_neuve,1,2,,0\n\
             O4,C,75056,,2018-06-01,construction_neuve,500,0,0,0\n\
             O5,C,21231,,,construction_neuve,500,0,0,0\n\
             O6,C,21231,,2019-06-01,construction_neuve,500,0,0,0\n",
        ),
    ])
}

/// A sum with a row that is not known is not known: the review says what the rest makes, and which cell of which line of
/// which file is missing. Rows that count nowhere are named with the reason.
#[test]
fn what_makes_a_figure_unknown_is_named() {
    let folder = small();
    let data = folder.path("").display().to_string();
    let of_2018 = review(&["--data", &data]);
    let lines = rows(&of_2018, "bilan");
    let line = |id: &str| lines.iter().find(|row| row["N°"] == id).unwrap();
    // 720 a year: 730 of O2 and what O3 adds.
    assert_eq!(line("A30")["Réalisé 2018"], Value::Null);
    assert_eq!(line("A30")["Atteint"], "inconnu");
    let said = line("A30")["Explication"].as_str().unwrap();
    assert!(said.contains("1 ligne inconnue ; le reste fait 730"), "{said}");
    let unknown = rows(&of_2018, "inconnus");
    let named = unknown.iter().find(|row| row["N°"] == "A30").unwrap();
    assert_eq!(named["Identifiant"], "O3");
    assert_eq!(named["Fichier"], "operations.csv");
    assert_eq!(named["Ligne"], 4);
    assert_eq!(named["Ce qui manque"], "operations : logements_pls");
    assert_eq!(named["Chez"], Value::Null);
    let left: Vec<String> = rows(&of_2018, "ecartees")
        .iter()
        .map(|row| format!("{} {}", row["Identifiant"].as_str().unwrap(), row["Pourquoi"].as_str().unwrap()))
        .collect();
    for wanted in [
        "O4 hors du territoire",
        "O5 sans date_livraison : d'aucune année",
        "O6 après le 2018-12-31, date du bilan",
    ] {
        assert!(left.iter().any(|line| line == wanted), "{wanted}: {left:?}");
    }
    // The private stock is known: none of it in both years; nobody wrote a table of aids.
    assert_eq!(line("A31")["Réalisé 2018"], 0);
    assert_eq!(line("A31")["Atteint"], "non");
    assert!(
        line("A20")["Explication"]
            .as_str()
            .unwrap()
            .contains("la table `aides_versees` n'est pas dans les données")
    );
    // The year before: 320 in all, 400 short of 720.
    let before = review(&["--data", &data, "--as-of", "2017-12-31"]);
    let lines = rows(&before, "bilan");
    let line = lines.iter().find(|row| row["N°"] == "A30").unwrap();
    assert_eq!((line["Réalisé 2017"].clone(), line["Écart"].clone()), (320.into(), (-400).into()));
    assert_eq!(line["Atteint"], "non");
}

/// Targets of a period are held against all its years so far, and may still be reached; those of a year are not.
#[test]
fn a_target_is_of_its_period() {
    let folder = Folder::of(&[
        ("paquet.toml", "title = \"essai\"\nas_of = \"2017-12-31\"\n"),
        ("conventions.csv", "convention_id,territoire,annees\nC,dijon,3\n"),
        (
            "operations.csv",
            "operation_id,convention_id,commune,quartier,date_livraison,nature_operation,logements_plai,logements_plus,logements_pls,autres_logements,consommation_apres,coefficient_climat,subvention_metropole\n\
             R1,C,21166,le_mail,2015-05-01,renovation_thermique,0,0,0,700,96,1.2,500000\n\
             R2,C,21231,,2017-05-01,renovation_thermique,0,0,0,300,90,1.2,900000\n\
             R3,C,21231,,2017-06-01,renovation_thermique,0,0,0,50,97,1.2,0\n",
        ),
    ]);
    let of_2017 = review(&["--data", &folder.path("").display().to_string()]);
    let lines = rows(&of_2017, "bilan");
    let line = |id: &str| lines.iter().find(|row| row["N°"] == id).unwrap();
    // Two ensembles of 24, 1,000 dwellings of some 2,350: three of six years are over.
    assert_eq!((line("A49")["Cumul"].clone(), line("A49")["Écart"].clone()), (2.into(), (-22).into()));
    assert_eq!(line("A49")["Atteint"], "en cours");
    assert!(line("A49")["Explication"].as_str().unwrap().contains("À pas égaux, 12 à la fin de 2017"));
    assert_eq!(
        (line("A50")["Cumul"].clone(), line("A50")["Atteint"].clone()),
        (1000.into(), "à apprécier".into())
    );
    // 700 of 1,000 in a district: 70 %, nine points short of 79 %.
    assert_eq!((line("A51")["Cumul"].clone(), line("A51")["Écart"].clone()), (70.into(), (-9).into()));
    // 900,000 euros of about 800,000 a year.
    assert_eq!(
        (line("A55")["Réalisé 2017"].clone(), line("A55")["Écart"].clone()),
        (900_000.into(), 100_000.into())
    );
    assert_eq!(line("A55")["Tendance"], "↗ +900\u{202f}000");
}

/// The document is as published; the page and the workbook hold every sheet; no clock: the same bytes twice.
#[test]
fn all_forms_say_the_same() {
    let folder = Folder::of(&[]);
    let mut seen = BTreeMap::new();
    for form in ["bilan.html", "bilan.xlsx", "bilan.json", "bilan.csv", "bilan.txt"] {
        let path = folder.path(form);
        let written = logis(&["bilan", "--data", EXAMPLE, "-o", path.to_str().unwrap()]);
        assert_eq!(written.status.code(), Some(0), "{form}: {}", stderr(&written));
        seen.insert(form, fs::read(path).unwrap());
    }
    let again = logis(&["review", "--data", EXAMPLE, "--format", "json"]);
    assert!(again.stdout == seen["bilan.json"]);
    let page = String::from_utf8(seen["bilan.html"].clone()).unwrap();
    let json: Value = serde_json::from_slice(&seen["bilan.json"]).unwrap();
    for sheet in json["sheets"].as_array().unwrap() {
        let id = sheet["id"].as_str().unwrap();
        assert!(id == "chiffres" || page.contains(&format!("id=\"{id}\"")), "{id}");
    }
    // A pattern of the page itself is not asked of anybody.
    let others = page.replace("url(#", "");
    let asked = ["<script", "<link", "<img", "url("].iter().any(|word| others.contains(word));
    assert!(page.contains("A84") && !asked, "nothing is asked of a network");
    assert_eq!(&seen["bilan.xlsx"][..2], b"PK");
}

/// Without an agreement, or with a slip in its name, the command says what there is.
#[test]
fn the_agreement_is_named() {
    let slip = logis(&["review", "--data", EXAMPLE, "--of", "dijn"]);
    assert_eq!(slip.status.code(), Some(2));
    assert!(
        stderr(&slip).contains("conventions de ce paquet: dijon vouliez-vous dire `dijon` ?"),
        "{}",
        stderr(&slip)
    );
    let none = logis(&["review", "--data", EXAMPLE, "--territory", "orne"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(stderr(&none).contains("bilan.toml"), "{}", stderr(&none));
}

/// The example package is what `generate` draws from its population file, byte for byte.
#[test]
fn the_example_is_drawn_again() {
    let folder = Folder::of(&[]);
    let into = folder.path("tirage");
    let population = "scenarios/populations/convention-dijon.toml";
    let drawn = logis(&["generate", "--population", population, "--output", into.to_str().unwrap()]);
    assert_eq!(drawn.status.code(), Some(0), "{}", stderr(&drawn));
    for entry in fs::read_dir(&into).unwrap() {
        let entry = entry.unwrap();
        let kept = root().join(EXAMPLE).join(entry.file_name());
        assert!(fs::read(entry.path()).unwrap() == fs::read(&kept).unwrap(), "{}", kept.display());
    }
    let about = fs::read_to_string(root().join(EXAMPLE).join("paquet.toml")).unwrap();
    assert!(about.contains("synthetic = true") && about.contains("inventés"));
}

/// Every group of rules of the pack is decided on the example.
#[test]
fn every_group_is_decided_on_the_example() {
    let text = fs::read_to_string(root().join("rules/pack.toml")).unwrap();
    let manifest: toml::Table = text.parse().unwrap();
    let groups = manifest["groups"].as_table().unwrap();
    assert!(groups.len() > 15);
    for group in groups.keys() {
        // What the commission is shown is of both sides of a pair.
        let decides = if group == "commission" { "commission" } else { "eval" };
        let decided = logis(&[decides, "--data", EXAMPLE, "--select", group, "--format", "csv"]);
        assert_eq!(decided.status.code(), Some(0), "{group}: {}", stderr(&decided));
        assert!(stdout(&decided).lines().count() > 1, "{group}");
    }
}

/// The tables that are exchanged count each row once, add up what the rows give, and hold no identifier; the dictionary
/// has each of their columns.
#[test]
fn what_is_exchanged_are_counts_with_a_dictionary() {
    let folder = Folder::of(&[]);
    let into = folder.path("observatoire");
    let exported = logis(&["export", "observatoire", "--data", EXAMPLE, "-o", into.to_str().unwrap()]);
    assert_eq!(exported.status.code(), Some(0), "{}", stderr(&exported));
    let table = |name: &str| csv_lines(&fs::read_to_string(into.join(format!("{name}.csv"))).unwrap());
    let sum = |table: &[Vec<String>], column: &str| -> u64 {
        let at = table[0].iter().position(|h| h == column).unwrap();
        table[1..].iter().map(|row| row[at].parse::<u64>().unwrap()).sum()
    };
    let own = |name: &str| csv_lines(&fs::read_to_string(root().join(EXAMPLE).join(name)).unwrap());
    assert_eq!(sum(&table("demande"), "nombre") as usize, own("demandes.csv").len() - 1);
    assert_eq!(sum(&table("logements"), "nombre") as usize, own("logements.csv").len() - 1);
    let given = own("attributions.csv");
    let at = given[0].iter().position(|h| h == "a_un_salarie").unwrap();
    let employees = given[1..].iter().filter(|row| row[at] == "true").count();
    assert_eq!(sum(&table("attributions"), "nombre") as usize, employees);
    // Employers that grow, by hand.
    let employers = own("employeurs.csv");
    let at = |name: &str| employers[0].iter().position(|h| h == name).unwrap();
    let number = |row: &[String], name: &str| row[at(name)].parse::<u64>().unwrap();
    let grown = || employers[1..].iter().filter(|e| number(e, "effectif") > number(e, "effectif_precedent"));
    let written = table("employeurs");
    assert_eq!(sum(&written, "nombre") as usize, grown().count());
    assert_eq!(sum(&written, "somme_effectif"), grown().map(|e| number(e, "effectif")).sum::<u64>());
    let dictionary = fs::read_to_string(into.join("dictionnaire.csv")).unwrap();
    for name in
        ["demande", "lieux_de_travail", "logements", "operations_soutenues", "employeurs", "attributions"]
    {
        let table = table(name);
        for column in &table[0] {
            let described = dictionary
                .lines()
                .any(|l| l.starts_with(&format!("{name},")) && l.contains(&format!(",{column},")));
            assert!(described, "{name}.{column}");
        }
        let leaks = table[1..].iter().flatten().any(|cell| cell.starts_with("D0") || cell.starts_with("OP0"));
        assert!(!leaks, "{name}");
    }
}
