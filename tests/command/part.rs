//! `logis eval --part I/N`: put together in order, what the parts write is what the whole writes.

use std::fs;

use logis::data::{BatchWriter, RecordBatch};

use crate::support::Folder;

const SCHEMA: &str = r#"
[demande]
table = "demandes"
key = "demande_id"
fields.rang = { type = "integer", range = [0, 100] }
fields.note = { type = "text" }
[personne]
table = "personnes"
key = "personne_id"
fields.age = { type = "integer", range = [0, 130] }
belongs_to.demande = { column = "demande_id", required = true }
belongs_to.employeur = { column = "employeur_id" }
[employeur]
table = "employeurs"
key = "employeur_id"
fields.grand = { type = "boolean" }
"#;

const RULES: [(&str, &str); 3] = [
    (
        "regles/personne.rhai",
        "//! entité: personne\n/// Majeur.\n/// source: art. 1\n/// réserve: son identité est vérifiée\n\
         fn majeur(age) { age >= 18 }\n/// Majeur chez un grand.\n/// source: art. 1\n\
         fn chez_un_grand(age, grand) { age >= 18 && grand }\n",
    ),
    (
        "regles/demande.rhai",
        "//! entité: demande\n/// Majeurs.\n/// source: art. 2\nfn majeurs(majeur) { nombre(majeur) }\n\
         /// Un chez un grand.\n/// source: art. 2\nfn employe(chez_un_grand) { un(chez_un_grand) }\n\
         /// Part.\n/// source: art. 2\nfn part(rang) { arrondi(100 / rang, 2) }\n",
    ),
    (
        "regles/employeur.rhai",
        "//! entité: employeur\n/// Effectif.\n/// source: art. 3\nfn effectif(age) { nombre(age) }\n",
    ),
];

const ROWS: usize = 23;

/// Requests (one in seven without a rank, which is 0 for one of them) with none to three persons.
fn tables(note: &str) -> (String, String) {
    let (mut requests, mut persons) = ("demande_id,rang,note\n".to_string(), String::new());
    persons += "personne_id,demande_id,age,employeur_id\n";
    for row in 0..ROWS {
        let rank = if row % 7 == 3 { String::new() } else { (row % 5).to_string() };
        requests += &format!("D{row:02},{rank},{note}\n");
        for person in 0..row % 4 {
            persons += &format!("P{row}-{person},D{row:02},{},E{}\n", 15 + row + person, person % 2);
        }
    }
    (requests, persons)
}

fn place(note: &str) -> Folder {
    let (requests, persons) = tables(note);
    let folder = Folder::of(&[
        ("regles/schema.toml", SCHEMA),
        ("donnees/demandes.csv", &requests),
        ("donnees/personnes.csv", &persons),
        ("donnees/employeurs.csv", "employeur_id,grand\nE0,oui\nE1,non\n"),
    ]);
    RULES.iter().for_each(|(name, text)| folder.write(name, text));
    folder
}

const EVAL: [&str; 8] =
    ["eval", "--rules", "regles", "--as-of", "2017-06-30", "--select", "majeurs,employe,part", "--format"];

fn eval(folder: &Folder, data: &str, format: &str, more: &[&str]) -> (i32, String, String) {
    folder.logis(&[&EVAL[..], &[format, "--data", data], more].concat())
}

/// What the parts write, one after the other; each ends with `code`.
fn together(folder: &Folder, data: &str, format: &str, parts: usize, more: &[&str]) -> String {
    let part = |number: usize| {
        let share = format!("{number}/{parts}");
        let (code, out, errors) = eval(folder, data, format, &[&["--part", &share], more].concat());
        assert_eq!(code, 0, "{share}: {errors}");
        // Everything that is told says of which part it is.
        assert!(errors.lines().all(|line| line.contains(&format!("(partie {share})"))), "{share}: {errors}");
        out
    };
    (1..=parts).map(part).collect()
}

/// Turns the CSV files of a package into Parquet files with row groups of so many rows.
fn to_parquet(folder: &Folder, to: &str, group: usize) {
    fs::create_dir_all(folder.path(to)).unwrap();
    for table in ["demandes", "personnes"] {
        let text = folder.read(&format!("donnees/{table}.csv"));
        let mut lines = text.lines();
        let headers: Vec<&str> = lines.next().unwrap().split(',').collect();
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
        let columns = headers.iter().enumerate().map(|(at, header)| {
            let cells = rows.iter().map(|row| Some(row[at]).filter(|cell| !cell.is_empty()));
            (
                *header,
                std::sync::Arc::new(cells.collect::<arrow_array::StringArray>()) as arrow_array::ArrayRef,
            )
        });
        let batch =
            RecordBatch::try_from_iter_with_nullable(columns.map(|(name, array)| (name, array, true)));
        let file = fs::File::create(folder.path(&format!("{to}/{table}.parquet"))).unwrap();
        let mut writer = BatchWriter::parquet_in_groups(file, group);
        writer.write(&batch.unwrap()).unwrap();
        writer.close().unwrap();
    }
    fs::copy(folder.path("donnees/employeurs.csv"), folder.path(&format!("{to}/employeurs.csv"))).unwrap();
}

#[test]
fn parts_put_together_are_the_whole() {
    let folder = place("x");
    to_parquet(&folder, "groupes", 4);
    to_parquet(&folder, "ensemble", 1_000);
    let (code, whole, errors) = eval(&folder, "donnees", "csv", &[]);
    assert_eq!((code, whole.lines().count()), (0, ROWS + 1), "{errors}");
    assert!(errors.contains("note: `majeurs`") && errors.contains("sans résultat"), "{errors}");
    for data in ["donnees", "groupes", "ensemble"] {
        // More parts than rows: some have none, and the first has the headers all the same.
        for parts in [1, 2, 5, ROWS, ROWS + 7] {
            assert_eq!(together(&folder, data, "csv", parts, &[]), whole, "{data} in {parts}");
        }
    }
    let lines = eval(&folder, "donnees", "ndjson", &[]).1;
    assert_eq!(lines.lines().count(), ROWS);
    for data in ["donnees", "groupes"] {
        assert_eq!(together(&folder, data, "ndjson", 4, &[]), lines);
    }
    let reserves = eval(&folder, "donnees", "csv", &["--reserves"]).1;
    assert_eq!(together(&folder, "groupes", "csv", 3, &["--reserves"]), reserves);
    let oracle = eval(&folder, "donnees", "csv", &["--engine", "reference"]).1;
    assert_eq!(together(&folder, "groupes", "csv", 3, &["--engine", "reference"]), oracle);
}

/// Rows as of their own dates are read whole by each part.
#[test]
fn parts_of_dated_rows_are_the_whole() {
    let folder = place("x");
    let schema = SCHEMA.replace("fields.note = { type = \"text\" }", "fields.note = { type = \"date\" }");
    folder.write("regles/schema.toml", &schema);
    let (requests, _) = tables("2017-06-30");
    folder.write("donnees/demandes.csv", &requests.replacen("2017-06-30", "2011-02-03", 9));
    to_parquet(&folder, "groupes", 4);
    let select = ["--select", "majeurs,part", "--as-of-field", "note", "--format", "csv"];
    let run = |data: &str, more: &[&str]| {
        let (code, out, errors) =
            folder.logis(&[&["eval", "--rules", "regles", "--data", data], &select[..], more].concat());
        assert_eq!(code, 0, "{errors}");
        out
    };
    let whole = run("donnees", &[]);
    for data in ["donnees", "groupes"] {
        let parts: String = (1..=3).map(|n| run(data, &["--part", &format!("{n}/3")])).collect();
        assert_eq!(parts, whole);
    }
}

/// Files of Parquet, one of each part, hold together the rows of the whole; receipts of the parts stand one after the
/// other and are replayed.
#[test]
fn files_of_parts_hold_the_rows_and_the_receipts_of_the_whole() {
    let folder = place("x");
    to_parquet(&folder, "groupes", 4);
    let rows = |name: &str| -> Vec<String> {
        let bytes = fs::read(folder.path(name)).unwrap();
        let file = logis::data::InputFile { name: "demandes.parquet".into(), bytes };
        // Identifiers and outcomes as texts, whatever their types.
        let pack = logis::Pack::load(folder.path("regles")).unwrap();
        let (tables, _) = logis::data::text_tables(&pack.parsed().schema, vec![file]);
        tables[0].rows.iter().map(|row| format!("{row:?}")).collect()
    };
    let out = |name: &str, more: &[&str]| {
        let (code, _, errors) = eval(&folder, "groupes", "parquet", &[&["--output", name], more].concat());
        assert_eq!(code, 0, "{errors}");
        rows(name)
    };
    let whole = out("tout.parquet", &[]);
    assert_eq!(whole.len(), ROWS);
    let mut parts = Vec::new();
    for number in 1..=3 {
        let (share, receipts) = (format!("{number}/3"), format!("recus-{number}.jsonl"));
        let name = format!("partie-{number}.parquet");
        parts.extend(out(&name, &["--part", &share, "--record", &receipts]));
    }
    assert_eq!(parts, whole);
    let receipts: String = (1..=3).map(|n| folder.read(&format!("recus-{n}.jsonl"))).collect();
    folder.write("recus.jsonl", &receipts);
    let (code, said, errors) = folder.logis(&["replay", "recus.jsonl", "--rules", "regles"]);
    assert_eq!(code, 0, "{said}{errors}");
    assert_eq!(receipts.matches("\"kind\":\"receipt\"").count(), ROWS);
}

/// A large CSV file is read block by block, and so is each of its parts.
#[test]
fn parts_of_a_large_csv_file_are_the_whole() {
    let folder = place(&"y".repeat(800_000));
    assert!(fs::metadata(folder.path("donnees/demandes.csv")).unwrap().len() > 16 << 20);
    let whole = eval(&folder, "donnees", "csv", &[]).1;
    assert_eq!(whole.lines().count(), ROWS + 1);
    assert_eq!(together(&folder, "donnees", "csv", 3, &[]), whole);
}

/// Where only the whole shows what is wrong, each part reads the whole: an identifier that stands twice, persons in
/// another order than their requests. Rows that are left out are left out of their part.
#[test]
fn parts_of_what_must_be_read_whole_are_the_whole() {
    let folder = place("x");
    let persons = folder.read("donnees/personnes.csv");
    let (header, rows) = persons.split_once('\n').unwrap();
    let turned: Vec<&str> = rows.lines().rev().collect();
    folder.write("donnees/personnes.csv", &format!("{header}\n{}\n", turned.join("\n")));
    let requests = folder.read("donnees/demandes.csv");
    folder.write("donnees/demandes.csv", &requests.replace("D20,0,", "D20,beaucoup,"));
    to_parquet(&folder, "groupes", 4);
    let (code, whole, _) = eval(&folder, "donnees", "csv", &["--keep-going"]);
    assert_eq!((code, whole.lines().count()), (1, ROWS));
    for data in ["donnees", "groupes"] {
        assert_eq!(eval(&folder, data, "csv", &["--part", "1/2"]).0, 2);
        let parts: String = (1..=4)
            .map(|number| {
                let (share, told) = (format!("{number}/4"), format!("(partie {number}/4)"));
                let (code, out, errors) = eval(&folder, data, "csv", &["--keep-going", "--part", &share]);
                assert!(code == 1 && errors.contains(&told) && errors.contains("beaucoup"), "{errors}");
                out
            })
            .collect();
        assert_eq!(parts, whole, "{data}");
    }
    // In order again: who reads a part finds the fault where it is.
    folder.write("donnees/personnes.csv", &persons);
    to_parquet(&folder, "groupes", 4);
    let codes: Vec<i32> =
        (1..=4).map(|n| eval(&folder, "groupes", "csv", &["--part", &format!("{n}/4")]).0).collect();
    assert_eq!(codes, [0, 0, 0, 2]);
    let parts: String = (1..=4)
        .map(|n| eval(&folder, "groupes", "csv", &["--keep-going", "--part", &format!("{n}/4")]).1)
        .collect();
    assert_eq!(parts, eval(&folder, "donnees", "csv", &["--keep-going"]).1);
}

/// A fault in a column that nothing asked reads is passed by with a warning that names the column. `--strict` looks at the
/// cells and tells the fault, on which no answer depends; whoever asks for what reads it is refused.
#[test]
fn columns_that_nobody_looked_at_are_named_and_read_when_asked() {
    let folder = place("x");
    let requests = folder.read("donnees/demandes.csv");
    folder.write("donnees/demandes.csv", &requests.replace("D20,0,", "D20,beaucoup,"));
    to_parquet(&folder, "groupes", 4);
    let run = |select: &str, more: &[&str]| {
        let asked =
            ["eval", "--rules", "regles", "--as-of", "2017-06-30", "--select", select, "--format", "csv"];
        folder.logis(&[&asked[..], &["--data", "groupes"], more].concat())
    };
    let (code, passed_by, errors) = run("majeurs", &[]);
    assert_eq!((code, passed_by.lines().count()), (0, ROWS + 1), "{errors}");
    assert!(
        errors.contains("contrôlée") && errors.contains("`rang`") && !errors.contains("beaucoup"),
        "{errors}"
    );
    let (code, looked_at, errors) = run("majeurs", &["--strict"]);
    assert_eq!((code, looked_at), (0, passed_by), "{errors}");
    assert!(errors.contains("colonne `rang`: « beaucoup »") && !errors.contains("D0206"), "{errors}");
    assert!(errors.contains("rien de demandé n'en dépend") && !errors.contains("--strict"), "{errors}");
    let (code, out, errors) = run("majeurs,part", &[]);
    assert_eq!((code, out.as_str()), (2, ""), "{errors}");
    assert!(errors.contains("beaucoup") && errors.contains("rang"), "{errors}");
}

#[test]
fn what_is_no_part_is_refused() {
    let folder = place("x");
    let refused = |format: &str, more: &[&str], words: &str| {
        let (code, out, errors) = eval(&folder, "donnees", format, more);
        assert_eq!((code, out.as_str()), (2, ""), "{errors}");
        assert!(errors.contains(words), "{errors}");
    };
    for share in ["0/3", "4/3", "1", "-1/3", "1/0", "a/b"] {
        refused("csv", &[&format!("--part={share}")], "attendu: une partie telle que 2/4");
    }
    for format in ["json", "xlsx", "table"] {
        refused(format, &["--part", "1/2"], "--part s'écrit en csv");
    }
    // The employer's headcount is of persons of all requests.
    let rules = folder.read("regles/demande.rhai")
        + "/// Grand.\n/// source: art. 3\nfn seul(un_grand) { un(un_grand) }\n";
    folder.write("regles/demande.rhai", &rules);
    let persons = folder.read("regles/personne.rhai")
        + "/// Chez un grand.\n/// source: art. 3\nfn un_grand(effectif) { effectif > 2 }\n";
    folder.write("regles/personne.rhai", &persons);
    to_parquet(&folder, "groupes", 4);
    let run = |data: &str, more: &[&str]| {
        folder.logis(
            &[
                &[
                    "eval",
                    "--rules",
                    "regles",
                    "--as-of",
                    "2017-06-30",
                    "--select",
                    "seul",
                    "--format",
                    "csv",
                ],
                &["--data", data][..],
                more,
            ]
            .concat(),
        )
    };
    let whole = run("donnees", &[]);
    assert_eq!(whole, run("groupes", &[]));
    for data in ["donnees", "groupes"] {
        let (code, out, errors) = run(data, &["--part", "1/2"]);
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(errors.contains("lignes qui appartiennent à d'autres parties"), "{errors}");
    }
}
