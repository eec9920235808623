//! Tables for a spreadsheet that is set to French: what `--format csv-fr` writes is, cell by cell, what `csv` writes, and is read
//! again as the same data. The files are taken apart by a few lines of their own.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::support::{CASE, Folder, PARAMETER, RULE, SCHEMA, root};

/// The records of a text with quotes as RFC 4180 has them.
fn records(text: &str, separator: char) -> Vec<Vec<String>> {
    let mut all = vec![vec![String::new()]];
    let (mut quoted, mut letters) = (false, text.chars().peekable());
    while let Some(letter) = letters.next() {
        let cell = all.last_mut().unwrap().last_mut().unwrap();
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            _ if quoted => cell.push(letter),
            '\r' => {}
            '\n' => all.push(vec![String::new()]),
            _ if letter == separator => all.last_mut().unwrap().push(String::new()),
            _ => cell.push(letter),
        }
    }
    assert_eq!(all.pop(), Some(vec![String::new()]), "the last line ends");
    all
}

/// A cell of `csv` as the other form must have it.
fn in_french(cell: &str) -> String {
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let parts: Vec<&str> = cell.split('-').collect();
    if let [year, month, day] = parts[..]
        && [year, month, day].iter().all(|part| digits(part))
        && (year.len(), month.len(), day.len()) == (4, 2, 2)
    {
        return format!("{day}/{month}/{year}");
    }
    match cell {
        "true" => "oui".to_string(),
        "false" => "non".to_string(),
        _ => match cell.strip_prefix('-').unwrap_or(cell).split_once('.') {
            Some((whole, decimals)) if digits(whole) && digits(decimals) => cell.replace('.', ","),
            _ => cell.to_string(),
        },
    }
}

/// Holds a file against that of the other form; gives how many of its cells differ from it.
fn same(plain: &[u8], french: &[u8], name: &str) -> usize {
    let text = std::str::from_utf8(french).unwrap();
    let text = text.strip_prefix('\u{feff}').unwrap_or_else(|| panic!("{name}: no mark"));
    assert!(
        !text.contains('\u{feff}') && text.matches('\n').count() == text.matches("\r\n").count(),
        "{name}"
    );
    let plain = records(std::str::from_utf8(plain).unwrap(), ',');
    let french = records(text, ';');
    assert_eq!(plain.len(), french.len(), "{name}");
    let mut other = 0;
    for (row, (plain, french)) in plain.iter().zip(&french).enumerate() {
        assert_eq!(plain.len(), french.len(), "{name} {row}");
        for (plain, french) in plain.iter().zip(french) {
            // A third has no decimals: it is rounded, and says so.
            if !french.starts_with("≈ ") {
                assert_eq!(&in_french(plain), french, "{name} {row}");
            }
            other += usize::from(plain != french);
        }
    }
    other
}

/// Holds all tables below two folders against each other.
fn same_tables(plain: &Path, french: &Path) -> BTreeMap<String, usize> {
    let tables = |folder: &Path| -> Vec<String> {
        let names = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.ends_with(".csv")).collect();
        names.sort();
        names
    };
    assert_eq!(tables(plain), tables(french));
    let read = |folder: &Path, name: &str| fs::read(folder.join(name)).unwrap();
    let of = |name: String| {
        let other = same(&read(plain, &name), &read(french, &name), &name);
        (name, other)
    };
    tables(plain).into_iter().map(of).collect()
}

fn run(folder: &Folder, line: &str, end: i32) -> String {
    let (code, out, err) = folder.logis(&line.split(' ').collect::<Vec<_>>());
    assert_eq!(code, end, "{line}: {out}{err}");
    out
}

#[test]
fn a_drawn_population_for_a_spreadsheet_is_the_same_population() {
    let folder = Folder::of(&[]);
    let drawn = "generate --territory 21231 --demandes 200 --logements 40";
    run(&folder, &format!("{drawn} --format csv -o plain"), 0);
    run(&folder, &format!("{drawn} --format csv-fr -o french"), 0);
    let other = same_tables(&folder.path("plain"), &folder.path("french"));
    assert!(other["demandes.csv"] > 200 && other["personnes.csv"] > 200, "{other:?}");
    let decided =
        |data: &str| run(&folder, &format!("eval --data {data} --as-of 2024-06-30 --format csv"), 0);
    assert_eq!(decided("plain"), decided("french"));
}

#[test]
fn rows_at_the_thresholds_for_a_spreadsheet_are_the_same_rows() {
    let folder = Folder::of(&[
        ("regles/schema.toml", SCHEMA),
        ("regles/plafond.toml", PARAMETER),
        ("regles/eligible.rhai", RULE),
        ("regles/eligible.cas.toml", CASE),
    ]);
    let rows = "boundaries --rules regles --as-of 2017-06-30 --select eligible";
    run(&folder, &format!("{rows} -o plain"), 0);
    run(&folder, &format!("{rows} -o french --format csv-fr"), 0);
    let other = same_tables(&folder.path("plain"), &folder.path("french"));
    assert!(other["menages.csv"] > 0, "{other:?}");
    let decided = |data: &str| run(&folder, &format!("eval --rules regles --data {data} --format csv"), 0);
    assert_eq!(decided("plain"), decided("french"));
}

#[test]
fn tables_of_a_scenario_and_faults_of_data_for_a_spreadsheet_are_the_same() {
    let folder = Folder::of(&[]);
    let data = root().join("scenarios/grand-dijon-2015").display().to_string().replace('\\', "/");
    folder.write(
        "essai.toml",
        &format!(
            "title = \"Essai\"\n[base]\ndata = \"{data}\"\nas_of = 2017-06-30\n\
             [[variant]]\nname = \"moins\"\ntitle = \"Cent logements de moins\"\n[[variant.logement]]\nremove = 100\n"
        ),
    );
    run(&folder, "simulate essai.toml -o plain", 0);
    run(&folder, "simulate essai.toml -o french --format csv-fr", 0);
    let other = same_tables(&folder.path("plain/tables"), &folder.path("french/tables"));
    assert!(other.len() > 3 && other.values().sum::<usize>() > 20, "{other:?}");

    for (name, text) in [
        ("regles/schema.toml", SCHEMA),
        ("regles/plafond.toml", PARAMETER),
        ("regles/eligible.rhai", RULE),
        ("regles/eligible.cas.toml", CASE),
        ("donnees/menages.csv", "menage_id,revenu\nM1,\"21 3O0; ou \"\"rien\"\"\"\nM2,x\n"),
    ] {
        folder.write(name, text);
    }
    let eval = "eval --rules regles --data donnees --as-of 2017-06-30 --rejects";
    run(&folder, &format!("{eval} plain.csv"), 2);
    run(&folder, &format!("{eval} french.csv --rejects-format csv-fr"), 2);
    let [plain, french] = ["plain.csv", "french.csv"].map(|name| fs::read(folder.path(name)).unwrap());
    same(&plain, &french, "rejects");
    assert!(records(std::str::from_utf8(&french).unwrap(), ';').len() == 3);
    // A form without a file is no order.
    run(&folder, "eval --rules regles --data donnees --rejects-format csv-fr", 2);
}

/// What takes the files apart does.
#[test]
fn records_are_taken_apart() {
    let text = "a;\"b;c\"\r\n\"d\"\"e\";\"f\r\ng\"\r\n";
    assert_eq!(
        records(text, ';'),
        [["a", "b;c"], ["d\"e", "f\r\ng"]].map(|row| row.map(str::to_string).to_vec())
    );
    assert_eq!(
        ["true", "2017-06-30", "-1.5", "31555", "1.2.3", "x-y"].map(in_french),
        ["oui", "30/06/2017", "-1,5", "31555", "1.2.3", "x-y"]
    );
}
