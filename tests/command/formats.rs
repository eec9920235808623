//! Forms of data packages: the same rows in every form, written by other programs' libraries
//! (`tests/formats/make.py`), are the same rows; damaged files are refused by name.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::support::root;
use logis::Pack;
use logis::data::{self, Dataset, InputFile, Needs, ReadOutcome};
use logis::pack::schema::Origin;
use logis::value::Value;

fn pack() -> &'static Pack {
    static PACK: OnceLock<Pack> = OnceLock::new();
    PACK.get_or_init(|| Pack::load(root().join("rules")).unwrap())
}

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(root().join("tests/formats").join(name)).unwrap()
}

fn file(name: &str, bytes: Vec<u8>) -> InputFile {
    InputFile { name: name.to_string(), bytes }
}

/// Reads a package of which the tables of requests and persons are needed, with all their columns.
fn read(files: Vec<InputFile>) -> ReadOutcome {
    read_with(&pack().parsed().references, files)
}

/// The same with these reference tables.
fn read_with(references: &[logis::pack::Reference], files: Vec<InputFile>) -> ReadOutcome {
    let schema = &pack().parsed().schema;
    let entities = ["demande", "personne"].map(|name| schema.entity(name).unwrap());
    // A fault in a column that nothing asks for is told and is no error: here all that is there is asked for.
    let asked =
        "date_demande rfr_n2 rfr_n1 revenus_12_mois surface_actuelle decision_dalo communes_souhaitees
        situation_logement lien date_naissance a_charge handicap";
    let fields = asked.split_whitespace().map(|name| schema.field(name).unwrap()).collect();
    let needs = Needs { entities: entities.into(), fields, ..Needs::default() };
    data::read(schema, references, files, &needs)
}

/// One fixture whose two tables are sheets of it.
fn book(name: &str) -> ReadOutcome {
    read(vec![file(name, fixture(name))])
}

/// One fixture for each of the two tables.
fn tables(form: &str, end: &str) -> ReadOutcome {
    let one = |table: &str| file(&format!("{table}.{end}"), fixture(&format!("{form}_{table}.{end}")));
    read(vec![one("demandes"), one("personnes")])
}

type Rows = BTreeMap<String, BTreeMap<String, BTreeMap<String, Value>>>;

/// The known cells of all rows, by table, identifier and column; what a row belongs to likewise.
fn rows(dataset: &Dataset) -> Rows {
    let schema = &pack().parsed().schema;
    let mut all = Rows::new();
    for (entity, table) in schema.entities.iter().zip(&dataset.tables) {
        let Origin::Data { table: name } = &entity.origin else { continue };
        for (row, id) in table.ids.texts().enumerate() {
            let mut cells = BTreeMap::new();
            for (&field, column) in entity.fields.iter().zip(&table.columns) {
                if let Some(value) = column.as_ref().and_then(|c| c.get(row)) {
                    cells.insert(schema.fields[field].column.clone(), value);
                }
            }
            for (relation, links) in entity.belongs_to.iter().zip(&table.links) {
                if let Some(parent) = dataset.tables[relation.target].ids.text(links[row] as usize) {
                    cells.insert(format!("> {}", relation.column), Value::text(parent));
                }
            }
            all.entry(name.clone()).or_default().insert(id.to_string(), cells);
        }
    }
    all
}

fn said(outcome: &ReadOutcome) -> Vec<String> {
    outcome.issues.iter().map(ToString::to_string).collect()
}

/// What Python's csv wrote: the judge of all other forms.
fn judge() -> &'static Rows {
    static ROWS: OnceLock<Rows> = OnceLock::new();
    ROWS.get_or_init(|| {
        let outcome = tables("base", "csv");
        assert_eq!(said(&outcome), Vec::<String>::new());
        let rows = rows(&outcome.dataset);
        assert_eq!(rows["demandes"].len(), 12);
        assert!(rows["demandes"]["D000"].len() > 6, "{:?}", rows["demandes"]["D000"]);
        rows
    })
}

#[test]
fn the_same_rows_in_every_form_are_the_same_rows() {
    for name in ["base.xlsx", "base.xls", "base.ods", "jours_1904.xlsx"] {
        let outcome = book(name);
        assert_eq!(said(&outcome), Vec::<String>::new(), "{name}");
        assert_eq!(&rows(&outcome.dataset), judge(), "{name}");
    }
    for form in ["base", "larges"] {
        let outcome = tables(form, "parquet");
        assert_eq!(said(&outcome), Vec::<String>::new(), "{form}");
        assert_eq!(&rows(&outcome.dataset), judge(), "{form}");
    }
}

/// Moments at midnight, floats with NaN, categories, an index, gzip and LZ4, a column of nothing.
#[test]
fn parquet_of_pandas_is_read() {
    let outcome = tables("pandas", "parquet");
    let said = said(&outcome);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said.iter().all(|s| s.contains("`vide`") && s.contains("pas attendue")), "{said:?}");
    assert_eq!(&rows(&outcome.dataset), judge());
}

/// A workbook as an agency sends it: titles, merged cells, labels as headers, days as numbers, a year in
/// the name of the sheet. All that is assumed is said.
#[test]
fn titles_labels_and_day_numbers_are_read_and_said() {
    let outcome = book("titres.xlsx");
    let said = said(&outcome);
    assert_eq!(&rows(&outcome.dataset), judge(), "{said:#?}");
    for what in [
        "Demandes 2017]:4: les en-têtes sont pris à la ligne 4",
        "« Demandes reçues en 2017 »",
        "cette feuille est lue comme la table `demandes`",
        "12 nombre(s) de jours d'un tableur",
        "colonne `date_naissance`",
    ] {
        assert!(said.iter().any(|s| s.contains(what)), "{what}: {said:#?}");
    }
    assert!(outcome.issues.iter().all(|i| !i.is_error()));
}

/// CSV as Excel writes it: `sep=;`, UTF-16 with its mark, titles above the headers. The line of a fault is
/// that of the file.
#[test]
fn csv_of_excel_with_sep_utf16_and_titles_is_read() {
    let texts = ["demandes", "personnes"].map(|table| {
        String::from_utf8(fixture(&format!("base_{table}.csv")))
            .unwrap()
            .replace(',', ";")
            .replace('\n', "\r\n")
    });
    let utf16 = |text: &str, big: bool| -> Vec<u8> {
        let units = std::iter::once('\u{feff}').chain(text.chars()).collect::<String>();
        units.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    };
    let title = "Demandes, logement social, au 31/12/2017;;;\r\n\r\nLe ménage;;;Ses ressources, euros\r\n";
    type Make<'m> = Box<dyn Fn(&str) -> Vec<u8> + 'm>;
    let makes: Vec<(&str, Make)> = vec![
        ("sep", Box::new(|t: &str| format!("sep=;\r\n{t}").into_bytes())),
        ("sep, quoted", Box::new(|t: &str| format!("\"sep=;\"\r\n{t}").into_bytes())),
        ("UTF-16", Box::new(|t: &str| utf16(t, false))),
        ("UTF-16, big end first", Box::new(|t: &str| utf16(&t.replace(';', "\t"), true))),
        ("titles", Box::new(|t: &str| format!("{title}{t}").into_bytes())),
        ("all", Box::new(|t: &str| utf16(&format!("sep=;\r\n{title}{t}"), false))),
    ];
    for (what, make) in &makes {
        let files = || vec![file("demandes.csv", make(&texts[0])), file("personnes.csv", make(&texts[1]))];
        let outcome = read(files());
        let said = said(&outcome);
        assert_eq!(&rows(&outcome.dataset), judge(), "{what}: {said:#?}");
        let titles = ["titles", "all"].contains(what);
        assert_eq!(said.len(), if titles { 2 } else { 0 }, "{what}: {said:#?}");
        // A fault in the first row stands at its line.
        let broken = texts[0].replacen("true", "peut-être", 1);
        let text = make(&broken);
        let line = match *what {
            "sep" | "sep, quoted" => 3,
            "titles" => 5,
            "all" => 6,
            _ => 2,
        };
        let outcome = read(vec![file("demandes.csv", text), file("personnes.csv", make(&texts[1]))]);
        let found = outcome.issues.iter().any(|i| i.is_error() && i.line == Some(line));
        assert!(found, "{what}, line {line}: {:#?}", outcome.issues);
    }
    let mut cut = utf16(&texts[0], false);
    cut.pop();
    let outcome = read(vec![file("demandes.csv", cut)]);
    assert!(
        said(&outcome).iter().any(|s| s.starts_with("demandes.csv: le fichier est de l'UTF-16 endommagé"))
    );
}

/// One cell that is not what it seems is told with its place, and never read as something else.
#[test]
fn cells_that_are_not_what_they_seem_are_errors() {
    for (name, place, what) in [
        ("heure.xlsx", "heure.xlsx[personnes]:2: colonne `date_naissance`", "« 12:00:00 »"),
        ("formule.xlsx", "formule.xlsx[demandes]:2: colonne `rfr_n2`", "formule sans valeur"),
        ("formule_cle.xlsx", "formule_cle.xlsx[demandes]:2: colonne `demande_id`", "formule sans valeur"),
        ("erreur.xlsx", "erreur.xlsx[demandes]:2: colonne `rfr_n2`", "#REF!"),
        ("annee.xlsx", "annee.xlsx[demandes]:2: colonne `date_demande`", "« 2017 »"),
        (
            "total.xlsx",
            "total.xlsx[demandes]:14: colonne `demande_id`",
            "« TOTAL »: cette ligne semble être un total",
        ),
        ("sous_total.xlsx", "sous_total.xlsx[demandes]:14: colonne `demande_id`", "« Total général »"),
    ] {
        let outcome = book(name);
        let said = said(&outcome);
        let found = outcome
            .issues
            .iter()
            .any(|i| i.is_error() && i.to_string().starts_with(place) && i.to_string().contains(what));
        assert!(found, "{name}: {said:#?}");
        assert!(!rows(&outcome.dataset)["demandes"].contains_key("TOTAL"));
    }
}

/// A day with a time is that day, and a label beside its column is not read: both are said.
#[test]
fn what_is_left_out_is_said() {
    let outcome = book("moment.xlsx");
    let said_of = said(&outcome);
    assert!(
        said_of[0].contains("2017-01-01 14:30:00") && said_of[0].contains("est lu 2017-01-01"),
        "{said_of:?}"
    );
    let day = &rows(&outcome.dataset)["demandes"]["D000"]["date_demande"];
    assert_eq!(day.to_string(), "2017-01-01");
    let outcome = book("double.xlsx");
    let said_of = said(&outcome);
    assert!(said_of[0].contains("aussi donnée par « revenus_12_mois »"), "{said_of:?}");
    assert_eq!(&rows(&outcome.dataset), judge());
    let outcome = book("loin.xlsx");
    let said_of = said(&outcome);
    assert!(said_of[0].contains("la première en XFD2"), "{said_of:?}");
    assert_eq!(&rows(&outcome.dataset), judge());
}

/// An object of tables, and one nested request a line, as Python's `json` writes them.
#[test]
fn json_flat_and_nested_is_read() {
    for name in ["base.json", "imbrique.ndjson"] {
        let shown = if name == "base.json" { "paquet.json" } else { "demandes.ndjson" };
        let outcome = read(vec![file(shown, fixture(name))]);
        assert_eq!(said(&outcome), Vec::<String>::new(), "{name}");
        assert_eq!(&rows(&outcome.dataset), judge(), "{name}");
    }
    // What holds what it belongs to, and a number with an exponent; a table of rows by the file's name.
    let text = r#"[{"demande_id": "A", "commune": "21231", "rfr_n2": 2.13e4, "date_demande": "2017-01-01T00:00:00Z",
        "personnes": [{"lien": "demandeur", "employeur": {"employeur_id": "E", "effectif": 12}},
                      {"lien": "conjoint", "employeur": {"employeur_id": "E", "effectif": 12}}]}]"#;
    let outcome = read(vec![file("demandes.json", text.into())]);
    let read = rows(&outcome.dataset);
    assert_eq!(read["demandes"]["A"]["rfr_n2"].to_string(), "21300");
    assert_eq!(read["employeurs"].keys().collect::<Vec<_>>(), ["E"], "one employer, not two");
    assert_eq!(read["personnes"].values().filter(|p| p["> employeur_id"].to_string() == "E").count(), 2);
}

/// A fault of a JSON file names its file and line, and no value is taken from it.
#[test]
fn broken_json_is_refused_at_its_line() {
    for (text, line, what) in [
        ("[{\"demande_id\": \"A\"},\n {\"demande_id\": ", 2, "pas du JSON"),
        ("[{\"demande_id\": \"A\",\n \"rfr_n2\": 1, \"rfr_n2\": 2}]", 2, "deux fois"),
        (
            "{\"demandes\": [],\n \"personne\": []}",
            2,
            "n'est pas une table ; vouliez-vous dire « personnes »",
        ),
        ("[{\"demande_id\": \"A\",\n \"rfr_n2\": {\"montant\": 1}}]", 2, "pas un objet"),
        (
            "[{\"demande_id\": \"A\",\n \"personnes\": [{\"demande_id\": \"B\"}]}]",
            2,
            "« B » ; attendu: « A »",
        ),
        ("\n\n12", 3, "un objet ou un tableau"),
        ("[{\"rfr_n2\": NaN}]", 1, "pas du JSON"),
    ] {
        let outcome = read(vec![file("demandes.json", text.into())]);
        let place = format!("demandes.json:{line}:");
        let said = said(&outcome);
        assert!(said.iter().any(|s| s.starts_with(&place) && s.contains(what)), "{text}: {said:#?}");
        assert!(!rows(&outcome.dataset).contains_key("demandes"), "{text}");
    }
}

/// What is read is valid by the published JSON Schema, and what is not valid is told: held by another
/// program's validator.
#[test]
fn the_published_json_schema_is_that_of_what_is_read() {
    let main = pack().main_entity();
    let schema = data::json_schema(&pack().parsed().schema, main);
    let mut compiler = boon::Compiler::new();
    compiler.add_resource("logis.json", schema).unwrap();
    let mut schemas = boon::Schemas::new();
    let schema = compiler.compile("logis.json", &mut schemas).unwrap();
    let valid = |text: &str| {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        schemas.validate(&value, schema).is_ok()
    };
    assert!(valid(std::str::from_utf8(&fixture("base.json")).unwrap()));
    let nested = String::from_utf8(fixture("imbrique.ndjson")).unwrap();
    assert!(nested.lines().all(valid));
    assert!(valid(&format!("[{}]", nested.lines().collect::<Vec<_>>().join(","))));
    for (from, to) in [
        ("\"demande_id\"", "\"demande\""),
        ("\"heberge_tiers\"", "\"chez un ami\""),
        ("\"lien\": \"demandeur\"", "\"lien\": \"voisin\""),
        ("22488.26", "\"beaucoup\""),
        ("true", "\"peut-être\""),
    ] {
        let line = nested.lines().next().unwrap().replacen(from, to, 1);
        assert!(!valid(&line), "{line}");
        let outcome = read(vec![file("demandes.json", line.clone().into_bytes())]);
        assert!(!outcome.issues.is_empty(), "{line}");
    }
}

/// A mapping is drafted, gives the same rows once the guesses are corrected, and names its own faults.
#[test]
fn a_mapping_is_drafted_and_applied() {
    let files = || {
        vec![
            file("export_menages.csv", fixture("autrui_demandes.csv")),
            file("export_individus.csv", fixture("autrui_personnes.csv")),
        ]
    };
    let schema = &pack().parsed().schema;
    let (draft, issues) = data::draft_mapping(schema, files());
    assert!(issues.is_empty(), "{issues:?}");
    for line in [
        "[demandes]\nfrom = \"export_menages\"",
        "date_demande = \"Date dépôt\"",
        "communes_souhaitees = \"Communes souhaitées\"",
        "# en-têtes sans correspondance:",
        "\"Agent\"",
    ] {
        assert!(draft.contains(line), "{line}:\n{draft}");
    }
    let mapping = r#"
[demandes]
from = "export_menages"
columns = { demande_id = "N° unique", date_demande = "Date dépôt", commune = "INSEE", rfr_n2 = "RFR année N-2", rfr_n1 = "RFR année N-1", revenus_12_mois = "Revenus 12 derniers mois", surface_actuelle = "Surface (m2)", decision_dalo = "Décision DALO", communes_souhaitees = "Communes souhaitées", situation_logement = "Occupation" }
[demandes.values.situation_logement]
"LOC" = "locataire"
"Propriétaire occupant" = "proprietaire"
"HEB" = "heberge_tiers"
[personnes]
from = "export_individus"
columns = { personne_id = "Identifiant personne", demande_id = "N° unique", lien = "Parenté", date_naissance = "Né(e) le", a_charge = "Charge", handicap = "CMI" }
[personnes.values]
lien = { DEM = "demandeur", CJT = "conjoint", ENF = "enfant" }
"#;
    let with = |mapping: &str| {
        let mut files = files();
        files.push(file(data::MAPPING_FILE, mapping.as_bytes().to_vec()));
        read(files)
    };
    let outcome = with(mapping);
    assert_eq!(&rows(&outcome.dataset), judge(), "{:#?}", said(&outcome));
    let said_of = said(&outcome);
    assert!(said_of.len() == 1 && said_of[0].contains("`Agent`"), "{said_of:#?}");
    for (from, to, what) in [
        ("RFR année N-2", "RFR année N-5", "n'est pas dans export_menages.csv"),
        ("rfr_n2 =", "rfr_n9 =", "`rfr_n9` n'est pas une colonne"),
        ("\"locataire\"", "\"locatair\"", "« locatair » n'est pas une valeur admise"),
        (
            "[personnes]",
            "[personne]",
            "`personne` n'est pas une table du schéma ; vouliez-vous dire « personnes » ?",
        ),
        ("from = \"export_menages\"", "form = \"export_menages\"", "`demandes.form` n'est pas attendu"),
    ] {
        let outcome = with(&mapping.replacen(from, to, 1));
        let said = said(&outcome);
        assert!(
            outcome.issues.iter().any(|i| i.is_error() && i.to_string().contains(what)),
            "{what}: {said:#?}"
        );
    }
}

/// Runs the command with something on its standard input.
fn logis(args: &[&str], input: &[u8]) -> std::process::Output {
    use std::io::Write;
    use std::process::{Command, Stdio};
    let mut child = Command::new(env!("CARGO_BIN_EXE_logis"))
        .current_dir(root())
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

/// The standard input is what it looks like; the same rows give the same decisions, as NDJSON too.
#[test]
fn standard_streams_are_data() {
    let select = ["--as-of", "2017-06-30", "--select", "ressources,categorie_menage"];
    let eval = |input: &[u8], format: &str| {
        let mut args = vec!["eval", "--data", "-", "--format", format];
        args.extend(select);
        let output = logis(&args, input);
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), said)
    };
    let (code, judge, said) = eval(&fixture("base.xlsx"), "csv");
    assert_eq!((code, judge.lines().count()), (Some(0), 13), "{said}");
    for name in ["base.json", "imbrique.ndjson", "base.ods", "base.xls"] {
        let (code, found, said) = eval(&fixture(name), "csv");
        assert_eq!((code, &found), (Some(0), &judge), "{name}: {said}");
    }
    let (code, lines, said) = eval(&fixture("imbrique.ndjson"), "ndjson");
    assert_eq!(code, Some(0), "{said}");
    let names: Vec<&str> = judge.lines().next().unwrap().split(',').collect();
    for (object, row) in lines.lines().zip(judge.lines().skip(1)) {
        let object: serde_json::Value = serde_json::from_str(object).unwrap();
        for (name, cell) in names.iter().zip(row.split(',')) {
            let value = &object[name];
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_string);
            assert_eq!(shown.replace("null", ""), cell, "{name} of {row}");
        }
    }
    // A table alone: the persons are missing, which is said of the standard input.
    let (code, _, said) = eval(&fixture("base_demandes.csv"), "csv");
    assert_eq!(code, Some(2));
    assert!(said.contains("personnes"), "{said}");
    let (code, out, said) = eval(b"{\"demandes\": [{\"demande_id\": ", "csv");
    assert_eq!((code, out.as_str()), (Some(2), ""));
    assert!(said.contains("entrée standard") && said.contains("pas du JSON"), "{said}");
}

/// `logis schema --mapping` drafts what `--mapping` then reads, guesses and all.
#[test]
fn the_command_drafts_a_mapping_and_reads_by_it() {
    let folder = tempfile::tempdir().unwrap();
    for table in ["demandes", "personnes"] {
        std::fs::write(
            folder.path().join(format!("{table}_2017.csv")),
            fixture(&format!("autrui_{table}.csv")),
        )
        .unwrap();
    }
    let data = folder.path().to_str().unwrap();
    let output = logis(&["schema", "--mapping", data], b"");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let mut draft = String::from_utf8(output.stdout).unwrap();
    // What a person would correct.
    for (column, header) in [
        ("demandes.columns", ("demande_id", "N° unique")),
        ("demandes.columns", ("commune", "INSEE")),
        ("demandes.columns", ("rfr_n2", "RFR année N-2")),
        ("demandes.columns", ("rfr_n1", "RFR année N-1")),
        ("demandes.columns", ("surface_actuelle", "Surface (m2)")),
        ("demandes.columns", ("situation_logement", "Occupation")),
        ("personnes.columns", ("personne_id", "Identifiant personne")),
        ("personnes.columns", ("demande_id", "N° unique")),
        ("personnes.columns", ("lien", "Parenté")),
        ("personnes.columns", ("date_naissance", "Né(e) le")),
        ("personnes.columns", ("a_charge", "Charge")),
        ("personnes.columns", ("handicap", "CMI")),
    ] {
        let at = draft.find(&format!("[{column}]")).unwrap();
        let line =
            draft[at..].lines().find(|l| l.trim_start_matches("# ").starts_with(&format!("{} = ", header.0)));
        let line = line.unwrap_or_else(|| panic!("{column} {header:?}:\n{draft}")).to_string();
        let rest = draft[at..].replacen(&line, &format!("{} = \"{}\"", header.0, header.1), 1);
        draft.replace_range(at.., &rest);
    }
    draft.push_str("[demandes.values.situation_logement]\nLOC = \"locataire\"\n\"Propriétaire occupant\" = \"proprietaire\"\nHEB = \"heberge_tiers\"\n");
    draft.push_str("[personnes.values.lien]\nDEM = \"demandeur\"\nCJT = \"conjoint\"\nENF = \"enfant\"\n");
    let elsewhere = tempfile::tempdir().unwrap();
    let mapping = elsewhere.path().join("la_mienne.toml");
    std::fs::write(&mapping, &draft).unwrap();
    let select = ["--as-of", "2017-06-30", "--select", "ressources", "--format", "csv"];
    let mut args = vec!["eval", "--data", data, "--mapping", mapping.to_str().unwrap()];
    args.extend(select);
    let output = logis(&args, b"");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{said}\n{draft}");
    let mut args = vec!["eval", "--data", "-"];
    args.extend(select);
    assert_eq!(output.stdout, logis(&args, &fixture("base.json")).stdout);
}

/// Damages at random: never a panic, never memory without bounds. The archive of a workbook keeps sums of
/// its parts, so that a damaged one is refused by name or gives the rows that it has; a Parquet file with
/// sums of its pages likewise, but for what its end says of itself.
#[test]
#[ignore = "run by the test below, with bounded memory"]
fn damage() {
    let rounds: u32 = std::env::var("LOGIS_FUZZ").ok().and_then(|n| n.parse().ok()).unwrap_or(400);
    // Without the communes of the country, which take longer than all the rest.
    let read = |files| read_with(&[], files);
    let one = |table: &str| file(&format!("{table}.csv"), fixture(&format!("base_{table}.csv")));
    let judge = rows(&read(vec![one("demandes"), one("personnes")]).dataset);
    let mut silent = BTreeMap::new();
    for (name, sums) in [
        ("base.xlsx", true),
        ("base.ods", true),
        ("base.xls", false),
        ("base.parquet", false),
        ("pandas.parquet", false),
        ("base.json", false),
    ] {
        let (stem, end) = name.split_once('.').unwrap();
        let parquet = end == "parquet";
        let good =
            fixture(if parquet { format!("{stem}_demandes.{end}") } else { name.to_string() }.as_str());
        let shown = if parquet { "demandes.parquet".to_string() } else { name.to_string() };
        let files = |bytes: Vec<u8>| {
            let mut files = vec![file(&shown, bytes)];
            if parquet {
                files.push(file("personnes.parquet", fixture(&format!("{stem}_personnes.{end}"))));
            }
            files
        };
        let usual = read(files(good.clone())).issues;
        let mut state = 0x9E37_79B9_7F4A_7C15_u64 ^ name.len() as u64;
        let mut draw = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below as u64) as usize
        };
        for round in 0..rounds {
            let mut bytes = good.clone();
            match draw(5) {
                0 => bytes.truncate(draw(good.len())),
                1 => {
                    let (from, to) = (draw(good.len()), draw(good.len()));
                    let length = draw(64).min(good.len() - from.max(to));
                    bytes.copy_within(from..from + length, to);
                }
                _ => {
                    for _ in 0..=draw(3) {
                        let at = draw(bytes.len());
                        bytes[at] = if draw(2) == 0 { draw(256) as u8 } else { bytes[at] ^ (1 << draw(8)) };
                    }
                }
            }
            if std::env::var_os("LOGIS_FUZZ_KEEP").is_some() {
                std::fs::write(format!("/tmp/logis-fuzz.{end}"), &bytes).unwrap();
            }
            let outcome = read(files(bytes));
            let told = outcome.issues.iter().any(|i| i.is_error());
            if told {
                let named =
                    outcome.issues.iter().any(|i| i.file.starts_with(&shown) || i.file.contains(".csv"));
                assert!(named, "{name}, round {round}: {:#?}", said(&outcome));
            } else if rows(&outcome.dataset) != judge && outcome.issues == usual {
                assert!(!sums, "{name}, round {round}: other rows without a word");
                *silent.entry(name).or_insert(0) += 1;
            }
        }
    }
    println!("other rows, no sums to tell by: {silent:?} of {rounds} each");
}

/// The entries of an archive, some of them changed.
fn repacked(name: &str, change: impl Fn(&str, String) -> String, more: &[(&str, String)]) -> Vec<u8> {
    use std::io::{Cursor, Read, Write};
    let mut from = zip::ZipArchive::new(Cursor::new(fixture(name))).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for at in 0..from.len() {
        let mut entry = from.by_index(at).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        to.start_file(name.as_str(), options).unwrap();
        to.write_all(change(&name, text).as_bytes()).unwrap();
    }
    for (name, text) in more {
        to.start_file(*name, options).unwrap();
        to.write_all(text.as_bytes()).unwrap();
    }
    to.finish().unwrap().into_inner()
}

/// A Parquet file that announces other numbers of rows and values, all the same way.
fn announcing(rows: u64) -> Vec<u8> {
    let bytes = fixture("base_demandes.parquet");
    let end = bytes.len() - 8;
    let length = u32::from_le_bytes(bytes[end..end + 4].try_into().unwrap()) as usize;
    let (data, mut footer) = (&bytes[..end - length], &bytes[end - length..end]);
    let mut number = vec![0x16_u8];
    let mut left = rows * 2;
    while left >= 0x80 {
        number.push((left & 0x7f) as u8 | 0x80);
        left >>= 7;
    }
    number.push(left as u8);
    // Twelve rows, in Thrift's compact form.
    let mut new = Vec::new();
    while let Some(at) = footer.windows(2).position(|w| w == [0x16, 24]) {
        new.extend_from_slice(&footer[..at]);
        new.extend_from_slice(&number);
        footer = &footer[at + 2..];
    }
    new.extend_from_slice(footer);
    let length = u32::try_from(new.len()).unwrap().to_le_bytes();
    [data, &new, &length, b"PAR1"].concat()
}

/// Files made to take memory or time: each is refused by its name, for what it announces.
#[test]
#[ignore = "run by the test below, with bounded memory"]
fn hostile() {
    let same = |_: &str, text: String| text;
    let spaces = " ".repeat(100 << 20);
    let bomb = |name: &str, text: String| match name.ends_with("sheet1.xml") {
        true => text.replace("<sheetData>", &format!("<sheetData>{spaces}")),
        false => text,
    };
    let shared = "<sst uniqueCount=\"99999999999\"></sst>".to_string();
    let far = |name: &str, text: String| {
        match name {
        "content.xml" => text.replacen(
            "<table:table-cell",
            "<table:table-cell office:value-type=\"float\" office:value=\"1\" table:number-columns-repeated=\"16000\"/><table:table-cell",
            1,
        ).replace("<table:table-row>", "<table:table-row table:number-rows-repeated=\"90000\">"),
        _ => text,
    }
    };
    let mut xls = fixture("base.xls");
    let at = xls.windows(4).position(|w| w == [0x00, 0x02, 14, 0]).unwrap();
    xls[at + 8..at + 12].copy_from_slice(&0x7fff_ffff_u32.to_le_bytes());
    for (name, bytes, what) in [
        ("bombe.xlsx", repacked("base.xlsx", bomb, &[]), "trop pour être lu"),
        (
            "textes.xlsx",
            repacked("base.xlsx", same, &[("xl/sharedStrings.xml", shared)]),
            "annonce 99999999999 textes",
        ),
        ("loin.ods", repacked("base.ods", far, &[]), "les textes répétés"),
        ("grand.xls", xls, "plus de lignes qu'un fichier XLS n'en a"),
        ("demandes.parquet", announcing(1_000_000_000_000), "annonce 1000000000000 lignes"),
        ("demandes.parquet", announcing(10_000), "ses pages ont 12 valeurs ; annoncé: 10000"),
        ("demandes.json", "[".repeat(1 << 20).into_bytes(), "pas du JSON"),
        ("demandes.json", "{\"a\":".repeat(1 << 20).into_bytes(), "pas du JSON"),
        (
            "demandes.ndjson",
            (0..20_000).map(|n| format!("{{\"c{n}\": 1}}\n")).collect::<String>().into_bytes(),
            "trop de colonnes et de lignes",
        ),
    ] {
        let outcome = read_with(&[], vec![file(name, bytes)]);
        let said = said(&outcome);
        let found = outcome.issues.iter().any(|i| i.is_error() && i.file == name && i.message.contains(what));
        assert!(found, "{name}, {what}: {said:#?}");
        assert!(!rows(&outcome.dataset).contains_key("demandes"), "{name}");
    }
    // The numbers as they are read.
    let outcome = read_with(&[], vec![file("demandes.parquet", announcing(12))]);
    assert_eq!(rows(&outcome.dataset)["demandes"].len(), 12, "{:#?}", said(&outcome));
}

#[cfg(unix)]
#[test]
fn damaged_files_are_refused_by_name_in_bounded_memory() {
    let own = std::env::current_exe().unwrap();
    let script =
        "ulimit -v 6000000; exec \"$0\" --exact formats::damage formats::hostile --ignored --nocapture";
    let output = std::process::Command::new("sh").args(["-c", script]).arg(own).output().unwrap();
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    assert!(!said.contains("panicked") && said.contains("2 passed"), "{said}");
}
