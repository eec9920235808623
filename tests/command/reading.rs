//! Reading data as people have it: what a person in France types is read, what reads in two ways or is
//! damaged is told, and nothing is lost without a word.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use std::fs;
use std::path::Path;
use std::process::Output as Ran;
use std::time::Instant;

use crate::support::{logis, root, stderr, stdout};
use logis::Pack;
use logis::data::{self, InputFile, Issue, Needs, ReadOutcome};
use logis::value::{Exact, Value, parse_date};
use proptest::prelude::*;

const DEMANDES: &str = "demande_id,date_demande,commune,rfr_n2,rfr_n1,revenus_12_mois";
const PERSONNES: &str = "personne_id,demande_id,lien,date_naissance,a_charge,handicap";

/// A folder with these two tables.
fn package(demandes: &[u8], personnes: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("demandes.csv"), demandes).unwrap();
    fs::write(folder.path().join("personnes.csv"), personnes).unwrap();
    folder
}

fn eval(data: &Path, more: &[&str]) -> Ran {
    let mut args = vec!["eval", "--data", data.to_str().unwrap(), "--as-of", "2017-06-30", "--format", "csv"];
    args.extend(more);
    logis(&args)
}

/// One request of one person, with this reference income.
fn with_income(income: &str) -> tempfile::TempDir {
    let cell = if income.contains([',', '"']) { format!("\"{income}\"") } else { income.to_string() };
    package(
        format!("{DEMANDES}\nD1,2017-01-01,21231,{cell},{cell},{cell}\n").as_bytes(),
        format!("{PERSONNES}\nP1,D1,demandeur,1980-01-01,false,false\n").as_bytes(),
    )
}

// ── Quotation marks ──────────────────────────────────────────────────────────────────────────

/// Four persons, the second with a remark whose quotation mark is never closed: an error at line 3, not
/// a household of two.
#[test]
fn a_quotation_mark_never_closed_is_an_error_where_it_opens() {
    let persons = |mark: &str| {
        format!(
            "{PERSONNES},remarque\nP1,D1,demandeur,1980-01-01,false,false,\n\
             P2,D1,enfant,2010-01-01,true,false,{mark}suivi\nP3,D1,enfant,2011-01-01,true,false,\n\
             P4,D1,enfant,2012-01-01,true,false,\n"
        )
    };
    let demandes = format!("{DEMANDES}\nD1,2017-01-01,21231,20000,20000,20000\n");
    let select = ["--select", "nombre_personnes"];
    let open = eval(package(demandes.as_bytes(), persons("\"").as_bytes()).path(), &select);
    assert_eq!(open.status.code(), Some(2));
    assert!(stdout(&open).is_empty());
    assert!(stderr(&open).contains("personnes.csv:3: colonne `remarque`: le guillemet ouvert ici"));
    let closed = eval(package(demandes.as_bytes(), persons("").as_bytes()).path(), &select);
    assert_eq!(stdout(&closed), "demande_id,nombre_personnes\nD1,4\n");
}

/// A second mark far below closes the first: the rows between them are in one cell, as many cells as
/// headers, and nothing is odd but that.
#[test]
fn rows_swallowed_by_a_cell_are_an_error() {
    let persons = format!(
        "{PERSONNES},remarque\nP1,D1,demandeur,1980-01-01,false,false,\n\
         P2,D1,enfant,2010-01-01,true,false,\"suivi\nP3,D1,enfant,2011-01-01,true,false,\n\
         P4,D1,enfant,2012-01-01,true,false,suivi\"\n"
    );
    let demandes = format!("{DEMANDES}\nD1,2017-01-01,21231,20000,20000,20000\n");
    let ran = eval(package(demandes.as_bytes(), persons.as_bytes()).path(), &[]);
    assert_eq!(ran.status.code(), Some(2));
    assert!(
        stderr(&ran).contains("personnes.csv:3: colonne `remarque`: la cellule ouverte par un guillemet"),
        "{}",
        stderr(&ran)
    );
}

/// A remark that a person wrote on two lines is told and read; one in a column of the schema is an error.
#[test]
fn a_line_end_inside_a_cell_is_told() {
    let demandes = format!("{DEMANDES},note\nD1,2017-01-01,21231,20000,20000,20000,\"à revoir\nen mars\"\n");
    let persons = format!("{PERSONNES}\nP1,D1,demandeur,1980-01-01,false,false\n");
    let ran =
        eval(package(demandes.as_bytes(), persons.as_bytes()).path(), &["--select", "nombre_personnes"]);
    assert_eq!(stdout(&ran), "demande_id,nombre_personnes\nD1,1\n");
    assert!(stderr(&ran).contains("demandes.csv:2: colonne `note`: la cellule tient sur plusieurs lignes"));
    let demandes = format!("{DEMANDES}\nD1,2017-01-01,\"21231\n21166\",20000,20000,20000\n");
    let ran = eval(package(demandes.as_bytes(), persons.as_bytes()).path(), &[]);
    assert_eq!(ran.status.code(), Some(2));
    assert!(stderr(&ran).contains("tient sur plusieurs lignes"), "{}", stderr(&ran));
}

/// Spreadsheets leave separators behind the last cell; a row that lacks cells is another matter.
#[test]
fn empty_cells_behind_the_last_are_no_cells() {
    let read = |rows: &str| read_lines(format!("id;montant;nombre\n{rows}").as_bytes());
    let more = read("1;2,50;3;;\n2;4;5\n");
    assert!(more.issues.iter().all(|i| !i.is_error()), "{:?}", more.issues);
    assert_eq!(value_of(&more, "nombre", 0), Some(Value::int(3)));
    for rows in ["1;2,50\n", "1;2,50;3;x\n", "1;2;50;3\n"] {
        assert!(read(rows).issues.iter().any(Issue::is_error), "{rows}");
    }
    // Codes one under the other are read, and that is told.
    let codes = read_lines(b"id;communes\n1;\"31069\n31555\"\n");
    assert!(codes.issues.iter().any(|i| i.to_string().contains("tient sur plusieurs lignes")));
    assert!(codes.issues.iter().all(|i| !i.is_error()), "{:?}", codes.issues);
}

/// Rows of a CSV text by the engine; `None` if it told of an error.
fn rows_of(text: &str) -> Option<Vec<Vec<String>>> {
    let pack = small_pack();
    let file = InputFile { name: "lignes.csv".to_string(), bytes: text.as_bytes().to_vec() };
    let (tables, issues) = data::text_tables(&pack.parsed().schema, vec![file]);
    if issues.iter().any(Issue::is_error) {
        return None;
    }
    Some(tables.into_iter().next().map_or_else(Vec::new, |t| [vec![t.header], t.rows].concat()))
}

/// Whatever Python's `csv` refuses in strict mode is an error here, and what it reads is either read
/// the same (blanks around cells and empty rows aside) or an error: `strict_csv.json`.
#[test]
fn csv_is_read_as_python_does_in_strict_mode() {
    let text = fs::read_to_string(root().join("tests/reading/strict_csv.json")).unwrap();
    let cases: Vec<(String, Option<Vec<Vec<String>>>)> = serde_json::from_str(&text).unwrap();
    let (mut same, mut refused, mut stricter) = (0, 0, 0);
    for (text, python) in cases {
        let own = rows_of(&text);
        let Some(python) = python else {
            // A blank before or after a quoted cell is taken for what it is.
            let blanks = text.contains("\" ") || text.contains(" \"");
            assert!(own.is_none() || blanks, "{text:?} is read as {own:?}");
            refused += 1;
            continue;
        };
        let rows: Vec<Vec<String>> = python
            .into_iter()
            .map(|row| row.iter().map(|c| c.trim().to_string()).collect::<Vec<_>>())
            .map(|mut row| {
                // Empty cells behind the last column are none.
                while row.len() > 3 && row.last().is_some_and(String::is_empty) {
                    row.pop();
                }
                row
            })
            .filter(|row| row.iter().any(|c| !c.is_empty()))
            .collect();
        match own {
            None => stricter += 1,
            Some(own) if text.contains(" \"") => {
                let plain = |rows: Vec<Vec<String>>| rows.concat().concat().replace(['"', ' '], "");
                assert_eq!(plain(own), plain(rows), "{text:?}");
            }
            Some(own) => {
                assert_eq!(own, rows, "{text:?}");
                same += 1;
            }
        }
    }
    assert!(same > 40 && refused > 100, "{same} the same, {refused} refused, {stricter} stricter");
}

// ── Numbers ──────────────────────────────────────────────────────────────────────────────────

/// 21,300 EUR are over the ceiling PLAI of one person (11,067 EUR in 2017): whoever writes it with a
/// separator is told both readings, not made eligible with 21 EUR and 30 cents.
#[test]
fn three_digits_after_a_separator_are_an_error_with_both_readings() {
    for income in ["21.300", "21,300"] {
        let ran = eval(with_income(income).path(), &["--select", "eligible_plai"]);
        assert_eq!((ran.status.code(), stdout(&ran)), (Some(2), String::new()), "{income}");
        assert!(stderr(&ran).contains("se lit de deux façons: 21 300 ou 21,30 ?"), "{}", stderr(&ran));
    }
    for income in ["42600/2", "21_300", "2,13E+04", "21,3 k€", "1775 €/mois", "21 30", "(300)"] {
        let ran = eval(with_income(income).path(), &["--select", "eligible_plai"]);
        assert_eq!((ran.status.code(), stdout(&ran)), (Some(2), String::new()), "{income}");
    }
    for income in ["21300", "21 300", "21\u{202f}300,00 €", "21'300", "21300 EUR", "21.300,00", "21,300.0"]
    {
        let ran = eval(with_income(income).path(), &["--select", "ressources,eligible_plai"]);
        assert_eq!(stdout(&ran), "demande_id,ressources,eligible_plai\nD1,21300,false\n", "{income}");
    }
}

#[test]
fn a_yearly_income_of_a_few_hundred_euros_is_told() {
    for (income, told) in [("1", true), ("500", true), ("500,01", false), ("0", false), ("21300", false)] {
        let ran = eval(with_income(income).path(), &[]);
        assert_eq!(ran.status.code(), Some(0));
        assert_eq!(
            stderr(&ran).contains("est peu pour une année: par mois, ou en milliers"),
            told,
            "{income}"
        );
    }
}

// ── Encodings and lines ──────────────────────────────────────────────────────────────────────

/// Lines are those that an editor shows, whatever ends them and whatever cells hold.
#[test]
fn lines_are_numbered_as_an_editor_does() {
    for end in ["\n", "\r\n", "\r"] {
        let demandes =
            [DEMANDES, "D1,2017-01-01,21231,20000,20000,20000", "", "D2,2017-01-01,21231,x,20000,20000", ""];
        let persons = [
            PERSONNES,
            "P1,D1,demandeur,1980-01-01,false,false",
            "P2,D2,demandeur,1980-01-01,false,false",
            "",
        ];
        let data = package(demandes.join(end).as_bytes(), persons.join(end).as_bytes());
        let ran = eval(data.path(), &[]);
        assert!(
            stderr(&ran).contains("demandes.csv:4: colonne `rfr_n2`: « x »"),
            "{end:?}: {}",
            stderr(&ran)
        );
    }
}

/// The same table, with one letter é in each codec, and in both.
#[test]
fn what_is_not_utf8_is_said() {
    let persons = format!(
        "{PERSONNES}\nP1,D1,demandeur,1980-01-01,false,false\nP2,D2,demandeur,1980-01-01,false,false\n"
    );
    let table = |first: &[u8], second: &[u8]| {
        let rows = format!("{DEMANDES},note\nD1,2017-01-01,21231,20000,20000,20000,S");
        [rows.as_bytes(), first, b"vrier\nD2,2017-01-01,21231,20000,20000,20000,S", second, b"vrier\n"]
            .concat()
    };
    let (utf8, windows) = ("é".as_bytes(), b"\xe9".as_slice());
    let both = |first, second| eval(package(&table(first, second), persons.as_bytes()).path(), &[]);
    assert!(!stderr(&both(utf8, utf8)).contains("UTF-8"));
    let ran = both(windows, windows);
    assert_eq!(ran.status.code(), Some(0));
    assert!(stderr(&ran).contains("demandes.csv:2: le fichier n'est pas de l'UTF-8: il est lu comme du Windows-1252 (d'abord « Sévrier »)"), "{}", stderr(&ran));
    let ran = both(utf8, windows);
    assert_eq!(ran.status.code(), Some(2));
    assert!(stderr(&ran).contains("demandes.csv:3: octet 0xE9 qui n'est pas de l'UTF-8"), "{}", stderr(&ran));
    // Two letters that are UTF-8 by chance, in a file that has no other.
    let ran = both(b"\xc9\x9c", b"");
    assert!(stderr(&ran).contains("en Windows-1252 ce serait « SÉœvrier »"), "{}", stderr(&ran));
    // Capitals before a French quotation mark are no UTF-8, though two bytes of them look so.
    let ran = both(b"\xc9\xbb ", b"\xe9");
    assert_eq!(ran.status.code(), Some(0), "{}", stderr(&ran));
}

// ── Closed lists, booleans, codes ────────────────────────────────────────────────────────────

/// A pack of one table with a field of each type, and communes of which two have one name.
fn small_pack() -> &'static Pack {
    static PACK: std::sync::OnceLock<Pack> = std::sync::OnceLock::new();
    PACK.get_or_init(make_small_pack)
}

fn make_small_pack() -> Pack {
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    Pack::from_files(
        "",
        vec![
            file(
                "schema.toml",
                r#"
                [ligne]
                table = "lignes"
                key   = "id"
                [ligne.fields]
                montant  = { type = "amount", unit = "EUR" }
                taux     = { type = "decimal", decimals = 3 }
                nombre   = { type = "integer" }
                oui      = { type = "boolean" }
                jour     = { type = "date" }
                nom      = { type = "text" }
                contrat  = { values = ["cdi", "interim", "sans_contrat"], synonyms = { interim = ["mission"] } }
                communes = { type = "codes", of = "commune", empty = "none" }
                [commune]
                source = "communes.csv"
                key    = "commune"
                names  = "nom"
                [commune.fields]
                nom_commune = { type = "text", column = "nom" }
                "#,
            ),
            file(
                "communes.csv",
                "commune,nom\n31069,Blagnac\n31555,Toulouse\n01004,Ambérieu-en-Bugey\n2A004,Ajaccio\n\
                 93066,Saint-Denis\n97411,Saint-Denis\n76351,Le Havre\n",
            ),
            file("a.rhai", "//! entité: ligne\n/// Un.\nfn plus(montant, nombre) { montant + nombre }\n"),
        ],
    )
    .unwrap()
}

const FIELDS: [&str; 8] = ["montant", "taux", "nombre", "oui", "jour", "nom", "contrat", "communes"];

/// Reads `lignes.csv`; everything in it is needed.
fn read_lines(bytes: &[u8]) -> ReadOutcome {
    let pack = small_pack();
    let parsed = pack.parsed();
    let line = parsed.schema.entity("ligne").unwrap();
    let needs = Needs {
        fields: (0..parsed.schema.fields.len()).collect(),
        entities: [line].into(),
        decided: [line].into(),
        ..Needs::default()
    };
    let file = InputFile { name: "lignes.csv".to_string(), bytes: bytes.to_vec() };
    data::read(&parsed.schema, &parsed.references, vec![file], &needs)
}

/// The value of a field in a row.
fn value_of(read: &ReadOutcome, field: &str, row: usize) -> Option<Value> {
    let schema = &small_pack().parsed().schema;
    data::column_of(&read.dataset, schema, schema.field(field).unwrap())?.get(row)
}

/// The cell of one field of one row, read from a table with that one column; or what is said of it.
fn cell(field: &str, text: &str) -> Result<Option<Value>, String> {
    let quoted = text.replace('"', "\"\"");
    let read = read_lines(format!("id;{field}\n1;\"{quoted}\"\n").as_bytes());
    let errors: Vec<String> = read.issues.iter().filter(|i| i.is_error()).map(Issue::to_string).collect();
    if !errors.is_empty() {
        return Err(errors.join("\n"));
    }
    Ok(value_of(&read, field, 0))
}

#[test]
fn closed_lists_take_what_a_person_writes() {
    for (text, value) in [
        ("cdi", "cdi"),
        ("CDI", "cdi"),
        ("C.D.I.", "cdi"),
        ("Intérim", "interim"),
        ("INTE\u{301}RIM", "interim"),
        ("mission", "interim"),
        ("Mission", "interim"),
        ("Sans contrat", "sans_contrat"),
        ("sans-contrat", "sans_contrat"),
        ("SansContrat", "sans_contrat"),
    ] {
        assert_eq!(cell("contrat", text), Ok(Some(Value::text(value))), "{text}");
    }
    let said = cell("contrat", "interin").unwrap_err();
    assert!(
        said.contains("« interin » n'est pas une valeur admise") && said.contains("« interim » ?"),
        "{said}"
    );
    assert!(cell("contrat", "cdd").is_err());
}

#[test]
fn booleans_take_what_a_person_writes() {
    for text in ["O", "o", "Oui", "OUI", "vrai", "VRAI", "True", "1", "x", "X"] {
        assert_eq!(cell("oui", text), Ok(Some(Value::Bool(true))), "{text}");
    }
    for text in ["N", "n", "Non", "faux", "FALSE", "0"] {
        assert_eq!(cell("oui", text), Ok(Some(Value::Bool(false))), "{text}");
    }
    assert_eq!(cell("oui", ""), Ok(None));
    assert!(cell("oui", "peut-être").is_err());
    // The letter O is a yes, a zero a no: in one column, nobody knows which was meant.
    let read = read_lines(b"id;oui\n1;O\n2;1\n3;0\n");
    let errors: Vec<String> = read.issues.iter().filter(|i| i.is_error()).map(Issue::to_string).collect();
    assert_eq!(errors.len(), 1);
    assert!(errors[0].starts_with("lignes.csv:2: colonne `oui`: « O » se lit de deux façons"), "{errors:?}");
}

#[test]
fn codes_are_checked_and_names_stand_for_them() {
    let list = |codes: &[&str]| Ok(Some(Value::List(codes.iter().map(|c| Value::text(c)).collect())));
    for text in ["31069 31555", "31069,31555", "31069;31555", "31069/31555", "31069|31555", "31069, 31555;"] {
        assert_eq!(cell("communes", text), list(&["31069", "31555"]), "{text}");
    }
    for (text, codes) in [
        ("Toulouse", &["31555"][..]),
        ("TOULOUSE; blagnac", &["31555", "31069"]),
        ("Toulouse Blagnac", &["31555", "31069"]),
        ("le havre", &["76351"]),
        ("Le Havre/Toulouse", &["76351", "31555"]),
        ("Amberieu en Bugey", &["01004"]),
        ("2a004", &["2A004"]),
        ("", &[]),
    ] {
        assert_eq!(cell("communes", text), list(codes), "{text}");
    }
    for (text, said) in [
        ("99999", "la commune « 99999 » n'existe pas"),
        ("31069 99999", "la commune « 99999 » n'existe pas"),
        ("1004", "« 1004 » n'existe pas dans `commune`: zéro initial perdu ? Écrire « 01004 »"),
        ("Toulouze", "la commune « Toulouze » n'existe pas ; vouliez-vous dire « Toulouse » ?"),
        ("St Denis", "est le nom de plusieurs lignes de `commune`: donner le code, l'un de 93066, 97411"),
    ] {
        let found = cell("communes", text).unwrap_err();
        assert!(found.contains(said), "{text}: {found}");
    }
}

/// Two spellings that only case and hyphens tell apart would be one: the pack does not load.
#[test]
fn a_synonym_that_means_two_values_is_an_error_of_the_pack() {
    let pack = |field: &str| {
        let schema = format!("[ligne]\ntable = \"lignes\"\nkey = \"id\"\nfields.f = {{ {field} }}\n");
        let rule = "//! entité: ligne\n/// Un.\nfn g(f) { f == \"a\" }\n";
        let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
        Pack::from_files("", vec![file("schema.toml", &schema), file("a.rhai", rule)])
    };
    let codes = |field: &str| match pack(field) {
        Ok(_) => Vec::new(),
        Err(error) => error.diagnostics.iter().map(|d| d.code.to_string()).collect(),
    };
    assert_eq!(codes(r#"values = ["a", "b"], synonyms = { b = ["bé"] }"#), Vec::<String>::new());
    assert_eq!(codes(r#"values = ["a", "b"], synonyms = { b = ["A."] }"#), ["L0017"]);
    assert_eq!(codes(r#"values = ["a", "b"], synonyms = { a = ["x"], b = ["X"] }"#), ["L0017"]);
    assert_eq!(codes(r#"values = ["a", "A"]"#), ["L0017"]);
    assert_eq!(codes(r#"values = ["a", "b"], synonyms = { c = ["x"] }"#), ["L0017"]);
}

/// Grand Dijon as a person would have typed it gives the bytes of Grand Dijon.
#[test]
fn what_people_type_decides_as_what_the_schema_writes() {
    let typed = tempfile::tempdir().unwrap();
    let folder = root().join("scenarios/grand-dijon-2015");
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let mut text = fs::read_to_string(&path).unwrap();
        if ["personnes.csv", "demandes.csv"].contains(&name.as_str()) {
            for (plain, typed) in [
                ("demandeur", "Demandeuse"),
                ("conjoint", "Épouse"),
                ("cdi", "CDI"),
                ("interim", "Intérim"),
                ("professionnalisation", "Contrat de professionnalisation"),
                ("locataire", "Locataire"),
                ("sans_logement", "Sans logement"),
                ("heberge_tiers", "hébergé chez un tiers"),
                ("true", "O"),
                ("false", "N"),
            ] {
                text = text.replace(&format!(",{plain},"), &format!(",{typed},"));
                text = text.replace(&format!(",{plain},"), &format!(",{typed},"));
            }
            // Several communes, separated as people do.
            text = text.replace(" 2123", "/2123");
        }
        fs::write(typed.path().join(&name), text).unwrap();
    }
    let plain = eval(&folder, &["--select", "publics,eligible_plai"]);
    let same = eval(typed.path(), &["--select", "publics,eligible_plai"]);
    assert!(plain.status.success() && same.status.success(), "{}", stderr(&same));
    assert_eq!(stdout(&plain), stdout(&same));
}

// ── What is not there, and what nothing asked for ────────────────────────────────────────────

/// An absent column is as unknown as one whose cells are all empty, and that is said once.
#[test]
fn an_absent_column_is_unknown_and_told() {
    let persons = format!("{PERSONNES}\nP1,D1,demandeur,1980-01-01,false,false\n");
    let empty = package(format!("{DEMANDES}\nD1,,21231,9000,,\n").as_bytes(), persons.as_bytes());
    let absent = package(b"demande_id,commune,rfr_n2\nD1,21231,9000\n", persons.as_bytes());
    let select = ["--select", "ressources,eligible_plai,categorie_menage"];
    let (with, without) = (eval(empty.path(), &select), eval(absent.path(), &select));
    assert_eq!(stdout(&with), stdout(&without));
    assert_eq!(stdout(&without), "demande_id,ressources,eligible_plai,categorie_menage\nD1,,true,1\n");
    let said = stderr(&without);
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "avertissement: colonnes absentes, donc inconnues: demandes.csv: `revenus_12_mois`, `rfr_n1` ; colonnes absentes, lues comme vides: personnes.csv: `annee_rfr_n1`, `annee_rfr_n2`, `avis_imposition`, `garde`, `motif_ressources`, `revenus_12_mois`, `revenus_donnes`, `rfr_n2`, `titulaire` ; peuvent rester sans réponse: ressources, eligible_plai ; pour les exiger: --strict",
            "note: 3 résultats: 1 inconnu, dont 1 par `revenus_12_mois`, 1 par `rfr_n1`"
        ]
    );
    let strict = eval(absent.path(), &["--strict", "--select", "ressources"]);
    assert_eq!((strict.status.code(), stdout(&strict)), (Some(2), String::new()));
    assert!(stderr(&strict).contains("demandes.csv:1: la colonne `rfr_n1` manque"));
    // Without these, rows make no sense.
    for (demandes, persons, column) in [
        ("commune,rfr_n2\n21231,9000\n", persons.clone(), "demande_id"),
        ("demande_id,commune\nD1,21231\n", "personne_id,lien\nP1,demandeur\n".to_string(), "demande_id"),
    ] {
        let ran = eval(package(demandes.as_bytes(), persons.as_bytes()).path(), &[]);
        assert_eq!(ran.status.code(), Some(2));
        assert!(stderr(&ran).contains(&format!("la colonne `{column}` manque: ")), "{}", stderr(&ran));
    }
    // A header that is nearly the one that lacks is a slip.
    let slip = package(b"demande_id,commune,rfr_n22\nD1,21231,9000\n", persons.as_bytes());
    let ran = eval(slip.path(), &[]);
    assert_eq!(ran.status.code(), Some(2));
    assert!(stderr(&ran).contains("est-ce la colonne « rfr_n22 » ?"));
}

/// The columns of the first data contract still match, with what the quotas could not count.
#[test]
fn the_columns_of_the_first_contract_still_match() {
    let data = tempfile::tempdir().unwrap();
    for (table, columns) in [
        (
            "demandes",
            &[
                "demande_id",
                "date_demande",
                "commune",
                "rfr_n2",
                "rfr_n1",
                "revenus_12_mois",
                "communes_souhaitees",
            ][..],
        ),
        (
            "personnes",
            &[
                "personne_id",
                "demande_id",
                "lien",
                "date_naissance",
                "a_charge",
                "handicap",
                "employeur_id",
                "type_contrat",
                "salaire_mensuel",
                "commune_travail",
            ],
        ),
        (
            "logements",
            &[
                "logement_id",
                "commune",
                "quartier",
                "financement",
                "typologie",
                "surface",
                "loyer",
                "charges",
            ],
        ),
        ("employeurs", &["employeur_id", "effectif", "secteur"]),
    ] {
        let text =
            fs::read_to_string(root().join(format!("scenarios/grand-dijon-2015/{table}.csv"))).unwrap();
        let header: Vec<&str> = text.lines().next().unwrap().split(',').collect();
        let places: Vec<usize> =
            columns.iter().map(|c| header.iter().position(|h| h == c).unwrap()).collect();
        let rows = text.lines().map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            places.iter().map(|p| cells[*p]).collect::<Vec<_>>().join(",") + "\n"
        });
        fs::write(data.path().join(format!("{table}.csv")), rows.collect::<String>()).unwrap();
    }
    let out = data.path().join("resultat.csv");
    let ran = logis(&[
        "match",
        "--data",
        data.path().to_str().unwrap(),
        "--as-of",
        "2017-06-30",
        "-o",
        out.to_str().unwrap(),
    ]);
    let said = stderr(&ran);
    assert_eq!(ran.status.code(), Some(0), "{said}");
    assert_eq!(fs::read_to_string(&out).unwrap().lines().count(), 351);
    assert!(
        said.contains(
            "colonnes absentes, donc inconnues: demandes.csv: `aide_au_logement_menage`, `decision_dalo`"
        ),
        "{said}"
    );
    assert!(said.contains("quota quart_reserve: on ne sait pas si "), "{said}");
}

/// A bad cell in a column that no selected rule reads, and a bad table that none reads, stop nothing.
#[test]
fn what_nothing_asked_for_stops_nothing() {
    let persons = format!("{PERSONNES},gir\nP1,D1,demandeur,1980-01-01,false,false,9\n");
    let data = package(format!("{DEMANDES}\nD1,hier,21231,9000,9000,9000\n").as_bytes(), persons.as_bytes());
    fs::write(data.path().join("projets.csv"), "projet_id,personne_id\nR1,P9\nR1,\"P1\n").unwrap();
    fs::write(data.path().join("employeurs.csv"), "").unwrap();
    let ran = eval(data.path(), &["--select", "eligible_plai"]);
    assert_eq!(
        (ran.status.code(), stdout(&ran).as_str()),
        (Some(0), "demande_id,eligible_plai\nD1,true\n"),
        "{}",
        stderr(&ran)
    );
    let said = stderr(&ran);
    for told in [
        "« hier » n'est pas une date",
        "« 9 » est hors de l'intervalle",
        "projets.csv:3",
        "employeurs.csv: le fichier est vide",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert!(said.lines().all(|line| line.starts_with("avertissement: ")), "{said}");
    // The same cell, asked for, is an error.
    let ran = eval(data.path(), &["--select", "demande_enregistree"]);
    assert!(ran.status.code() == Some(2) || !stderr(&ran).contains("rien de demandé"), "{}", stderr(&ran));
}

// ── Faults by kind, rejects, rows left out ───────────────────────────────────────────────────

/// 3,000 cells with one fault are one line; each is in the file of rejects.
#[test]
fn faults_are_told_by_kind_and_kept_one_by_one() {
    let rows =
        |n: usize| (0..n).map(|i| format!("P{i},D1,cousin,1980-01-01,false,false\n")).collect::<String>();
    let demandes =
        format!("{DEMANDES}\nD1,2017-01-01,21231,9000,9000,9000\nD2,2017-01-01,21231,9000,9000,9000\n");
    let persons = format!("{PERSONNES}\n{}Q,D2,demandeur,1980-01-01,false,false\n", rows(3000));
    let data = package(demandes.as_bytes(), persons.as_bytes());
    let rejects = data.path().join("rejets.tsv");
    let ran = eval(data.path(), &["--rejects", rejects.to_str().unwrap()]);
    assert_eq!((ran.status.code(), stdout(&ran)), (Some(2), String::new()));
    let said = stderr(&ran);
    assert!(said.len() < 600, "{said}");
    assert!(
        said.contains("personnes.csv:2: colonne `lien`: « cousin » n'est pas une valeur admise"),
        "{said}"
    );
    assert!(said.contains("[3000 fois: lignes 2, 3, 4…]"), "{said}");
    let kept = fs::read_to_string(&rejects).unwrap();
    assert_eq!(kept.lines().count(), 3001);
    assert_eq!(kept.lines().next(), Some("fichier,ligne,colonne,valeur,raison,identifiant,code"));
    let last = kept.lines().last().unwrap();
    assert!(last.starts_with("personnes.csv,3001,lien,cousin,") && last.ends_with(",P2999,D0405"), "{last}");
    // The rest is decided, and the answer is not all of what was asked.
    fs::remove_file(&rejects).unwrap();
    let ran = eval(data.path(), &["--keep-going", "--select", "eligible_plai"]);
    assert_eq!((ran.status.code(), stdout(&ran).as_str()), (Some(1), "demande_id,eligible_plai\nD2,true\n"));
    assert!(
        stderr(&ran).contains(
            "écartées, avec ce qui en dépend: 1 ligne(s) de `demandes`, 3000 ligne(s) de `personnes`"
        ),
        "{}",
        stderr(&ran)
    );
    // Nothing is left: that is no answer.
    let data = package(
        format!("{DEMANDES}\nD1,2017-01-01,21231,9000,9000,9000\n").as_bytes(),
        format!("{PERSONNES}\n{}", rows(2)).as_bytes(),
    );
    let ran = eval(data.path(), &["--keep-going"]);
    assert_eq!((ran.status.code(), stdout(&ran)), (Some(2), String::new()));
    assert!(stderr(&ran).contains("il ne reste aucune ligne de `demandes`"));
}

/// Several values of one fault are counted.
#[test]
fn values_of_one_fault_are_counted() {
    let lines = ["id;contrat", "1;cdx", "2;cdy", "3;cdx", "4;cdi"].join("\n");
    let read = read_lines(lines.as_bytes());
    let kinds = data::by_kind(&read.issues);
    assert_eq!(kinds.len(), 1);
    assert_eq!((kinds[0].count, &kinds[0].values[..]), (3, &[("cdx", 2), ("cdy", 1)][..]));
    assert_eq!(read.dropped.values().sum::<usize>(), 3);
}

// ── Tables as programs write them, read back; and damaged ────────────────────────────────────

/// One row: its values, and how each is written.
#[derive(Clone, Debug)]
struct Line {
    cents: i64,
    thousandths: i64,
    number: i64,
    yes: bool,
    day: (i16, i8, i8),
    name: String,
    contract: usize,
    communes: Vec<usize>,
}

/// How a program writes a table.
#[derive(Clone, Debug)]
struct Style {
    separator: char,
    end: &'static str,
    all_quoted: bool,
    mark: bool,
    windows: bool,
    comma: bool,
    thousands: &'static str,
    french_dates: bool,
    yes: (&'static str, &'static str),
    contracts: [&'static str; 3],
    between: &'static str,
}

const CODES: [(&str, &str); 4] =
    [("31069", "Blagnac"), ("31555", "TOULOUSE"), ("01004", "ambérieu en bugey"), ("76351", "Le Havre")];

/// A table as text, and the offsets of the bytes that hold it together: marks, separators, line ends.
fn write_table(lines: &[Line], style: &Style) -> (String, Vec<usize>) {
    let (mut text, mut structural) = (String::new(), Vec::new());
    let row = |cells: Vec<String>, text: &mut String, structural: &mut Vec<usize>| {
        for (at, cell) in cells.iter().enumerate() {
            if at > 0 {
                structural.push(text.len());
                text.push(style.separator);
            }
            let needs = cell.contains([style.separator, '"', '\n', '\r']);
            if style.all_quoted || needs {
                structural.push(text.len());
                text.push('"');
                for c in cell.chars() {
                    if c == '"' {
                        structural.push(text.len());
                        text.push('"');
                    }
                    text.push(c);
                }
                structural.push(text.len());
                text.push('"');
            } else {
                text.push_str(cell);
            }
        }
        for c in style.end.chars() {
            structural.push(text.len());
            text.push(c);
        }
    };
    let header = ["id"].into_iter().chain(FIELDS).map(str::to_string).collect();
    row(header, &mut text, &mut structural);
    let decimal = |units: i64, decimals: u32, fixed: bool| {
        let one = 10_i64.pow(decimals);
        let (whole, part) = (units.abs() / one, units.abs() % one);
        let digits = whole.to_string();
        let mut grouped = String::new();
        for (at, c) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                grouped.push_str(style.thousands);
            }
            grouped.push(c);
        }
        let sign = if units < 0 { "-" } else { "" };
        let mut part = format!("{part:0width$}", width = decimals as usize);
        if !fixed {
            part = part.trim_end_matches('0').to_string();
        }
        let point = if style.comma { "," } else { "." };
        if part.is_empty() { format!("{sign}{grouped}") } else { format!("{sign}{grouped}{point}{part}") }
    };
    for (at, line) in lines.iter().enumerate() {
        let (y, m, d) = line.day;
        let cells = vec![
            format!("R{at}"),
            decimal(line.cents, 2, at % 2 == 0),
            decimal(line.thousandths, 3, true),
            decimal(line.number, 0, false),
            if line.yes { style.yes.0 } else { style.yes.1 }.to_string(),
            if style.french_dates { format!("{d:02}/{m:02}/{y}") } else { format!("{y}-{m:02}-{d:02}") },
            line.name.clone(),
            style.contracts[line.contract].to_string(),
            line.communes
                .iter()
                .map(|c| CODES[*c])
                .map(|(code, name)| if at % 2 == 0 { code } else { name })
                .collect::<Vec<_>>()
                .join(style.between),
        ];
        row(cells, &mut text, &mut structural);
    }
    (text, structural)
}

/// The values that a row has when it is read.
fn values(line: &Line) -> Vec<Option<Value>> {
    let number = |n: i64, per: i128| Some(Value::Number(Exact::new(n.into(), per)));
    let (y, m, d) = line.day;
    vec![
        number(line.cents, 100),
        number(line.thousandths, 1000),
        number(line.number, 1),
        Some(Value::Bool(line.yes)),
        Some(Value::Date(parse_date(&format!("{y}-{m:02}-{d:02}")).unwrap())),
        (!line.name.trim().is_empty()).then(|| Value::text(line.name.trim())),
        Some(Value::text(["cdi", "interim", "sans_contrat"][line.contract])),
        Some(Value::List(line.communes.iter().map(|c| Value::text(CODES[*c].0)).collect())),
    ]
}

fn read_values(read: &ReadOutcome) -> Vec<Vec<Option<Value>>> {
    let rows = read.dataset.tables[small_pack().parsed().schema.entity("ligne").unwrap()].rows();
    (0..rows).map(|row| FIELDS.iter().map(|field| value_of(read, field, row)).collect()).collect()
}

fn line() -> impl Strategy<Value = Line> {
    (
        -99_999_999_i64..999_999_999,
        -9_999_999_i64..9_999_999,
        -9_999_999_i64..9_999_999,
        any::<bool>(),
        (1900_i16..2100, 1_i8..=12, 1_i8..=28),
        "[a-z éèÉ\";,.-]{0,12}",
        0_usize..3,
        prop::collection::vec(0_usize..4, 0..3),
    )
        .prop_map(|(cents, thousandths, number, yes, day, name, contract, communes)| Line {
            cents,
            thousandths,
            number,
            yes,
            day,
            name,
            contract,
            communes,
        })
}

fn style() -> impl Strategy<Value = Style> {
    (
        prop::sample::select(vec![',', ';', '\t']),
        prop::sample::select(vec!["\n", "\r\n"]),
        any::<(bool, bool, bool, bool, bool)>(),
        prop::sample::select(vec!["", " ", "\u{a0}", "\u{202f}", "'"]),
        prop::sample::select(vec![
            ("true", "false"),
            ("VRAI", "FAUX"),
            ("Oui", "Non"),
            ("O", "N"),
            ("1", "0"),
            ("x", "non"),
        ]),
        prop::sample::select(vec![
            ["cdi", "interim", "sans_contrat"],
            ["CDI", "Intérim", "Sans contrat"],
            ["Cdi", "MISSION", "SANS-CONTRAT"],
        ]),
        prop::sample::select(vec![",", ";", "/", "|", ", ", "\n"]),
    )
        .prop_map(
            |(
                separator,
                end,
                (all_quoted, mark, windows, comma, french_dates),
                thousands,
                yes,
                contracts,
                between,
            )| {
                // Windows-1252 has no narrow no-break space.
                let thousands = if windows && thousands == "\u{202f}" { "\u{a0}" } else { thousands };
                Style {
                    separator,
                    end,
                    all_quoted,
                    mark: mark && !windows,
                    windows,
                    comma,
                    thousands,
                    french_dates,
                    yes,
                    contracts,
                    between,
                }
            },
        )
}

/// In bytes, as the style has it.
fn encode(text: &str, style: &Style) -> Vec<u8> {
    let mut bytes = if style.mark { b"\xef\xbb\xbf".to_vec() } else { Vec::new() };
    match style.windows {
        // All that these texts hold is in the first 256 characters, but one ligature.
        true => bytes
            .extend(text.chars().map(|c| if c == 'œ' { 0x9c } else { u8::try_from(u32::from(c)).unwrap() })),
        false => bytes.extend(text.as_bytes()),
    }
    bytes
}

/// Drawn tables: a few hundred, or as many as `PROPTEST_CASES` says.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(256)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    /// What French Excel, LibreOffice or Python write is read back, value by value, without an error.
    #[test]
    fn what_programs_write_is_read_back(lines in prop::collection::vec(line(), 1..6), style in style()) {
        let (text, _) = write_table(&lines, &style);
        let read = read_lines(&encode(&text, &style));
        let errors: Vec<String> = read.issues.iter().filter(|i| i.is_error()).map(Issue::to_string).collect();
        prop_assert!(errors.is_empty(), "{errors:?}\n{text}");
        prop_assert_eq!(read_values(&read), lines.iter().map(values).collect::<Vec<_>>(), "{}", text);
    }

    /// A table that lost one of the bytes that hold it together, or has one more quotation mark, is read
    /// with the same values, or something is said.
    #[test]
    fn damage_is_never_silent(
        lines in prop::collection::vec(line(), 1..6),
        style in style(),
        place in any::<prop::sample::Index>(),
        insert in any::<bool>(),
    ) {
        let (text, structural) = write_table(&lines, &style);
        let mut damaged = text.clone();
        if insert {
            let at = place.index(text.chars().count() + 1);
            let at = text.char_indices().nth(at).map_or(text.len(), |(at, _)| at);
            damaged.insert(at, '"');
        } else {
            damaged.remove(structural[place.index(structural.len())]);
        }
        // Windows-1252 is told by itself: what is said of it is not of the damage.
        let read = read_lines(&encode(&damaged, &Style { windows: false, ..style.clone() }));
        let told = !read.issues.is_empty() || !read.absent.is_empty();
        let same = read_values(&read) == lines.iter().map(values).collect::<Vec<_>>();
        prop_assert!(told || same, "silently another:\n{text}\n{damaged}\n{:?}", read_values(&read));
    }

    /// A letter of UTF-8 that lost one of its bytes is told, with its line.
    #[test]
    fn a_lost_byte_of_a_letter_is_told(before in 0_usize..4, after in 0_usize..4, first in any::<bool>()) {
        let row = |at: usize| format!("R{at};Sévérac\n");
        let rows: String = (0..before + 1 + after).map(row).collect();
        let mut bytes = format!("id;nom\n{rows}").into_bytes();
        let line = 1 + before;
        let start: usize = "id;nom\n".len() + (0..before).map(|at| row(at).len()).sum::<usize>();
        let letter = start + row(before).find('é').unwrap();
        bytes.remove(if first { letter } else { letter + 1 });
        let read = read_lines(&bytes);
        prop_assert!(read.issues.iter().any(|i| i.line == Some(line as u64 + 1)), "{:?}", read.issues);
    }
}

// ── Time ─────────────────────────────────────────────────────────────────────────────────────

/// Four times the columns, the orphans or the members of one household take less than eight times as long: what is
/// linear takes four times, what is quadratic sixteen. The start of a process is left out. The two sizes are timed
/// in turns and the best of each is taken, since other programs run beside.
#[test]
fn time_grows_with_the_data_and_no_faster() {
    let persons = format!("{PERSONNES}\nP1,D1,demandeur,1980-01-01,false,false\n");
    let wide = |n: usize| {
        let header: String = (0..n).map(|i| format!(",col{i}")).collect();
        let demandes = format!("{DEMANDES}{header}\nD1,2017-01-01,21231,1,1,1{}\n", ",x".repeat(n));
        package(demandes.as_bytes(), persons.as_bytes())
    };
    let orphans = |n: usize| {
        let demandes: String = (0..n).map(|i| format!("DEMANDE{i:06},2017-01-01,21231,1,1,1\n")).collect();
        let persons: String = (0..n)
            .map(|i| format!("P{i},DEMANDE{},demandeur,1980-01-01,false,false\n", i + 900_000))
            .collect();
        package(format!("{DEMANDES}\n{demandes}").as_bytes(), format!("{PERSONNES}\n{persons}").as_bytes())
    };
    // A household whose persons all lack their date of birth: every outcome is open.
    let members = |n: usize| {
        let persons: String =
            (0..n).map(|i| format!("P{i},D1,{},,,\n", if i == 0 { "demandeur" } else { "enfant" })).collect();
        package(
            format!("{DEMANDES}\nD1,2017-01-01,21231,,,\n").as_bytes(),
            format!("{PERSONNES}\n{persons}").as_bytes(),
        )
    };
    let seconds = |data: &tempfile::TempDir| {
        let start = Instant::now();
        let ran = eval(data.path(), &[]);
        assert!(ran.status.code().is_some());
        start.elapsed().as_secs_f64()
    };
    let small = with_income("9000");
    type Make<'m> = &'m dyn Fn(usize) -> tempfile::TempDir;
    let kinds: [(&str, Make<'_>, usize); 3] =
        [("wide", &wide, 5_000), ("orphans", &orphans, 1_500), ("members", &members, 2_000)];
    for (what, make, n) in kinds {
        let (short, long) = (make(n), make(4 * n));
        // All three in turn, and the least of each: what else the machine does then weighs on all of them. Once is enough where it
        // does nothing else.
        let (mut least, mut rounds) = ([f64::MAX; 3], 0);
        let [one, four] = loop {
            let now = [&small, &short, &long].map(&seconds);
            least = std::array::from_fn(|at| least[at].min(now[at]));
            rounds += 1;
            let [start, one, four] = least;
            let taken = [one - start, four - start];
            if taken[1] < 8.0 * taken[0].max(0.1) || rounds == 4 {
                break taken;
            }
        };
        assert!(four < 8.0 * one.max(0.1), "{what}: {n}: {one:.2} s; {}: {four:.2} s", 4 * n);
    }
}
