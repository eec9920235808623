//! Forms of data packages: the same rows in every form, written by other programs' libraries
//! (`tests/formats/make.py`), are the same rows; damaged files are refused by name.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use logis_engine::Pack;
use logis_engine::data::{self, Dataset, InputFile, Needs, ReadOutcome};
use logis_engine::pack::schema::Origin;
use logis_engine::value::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

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
    let parsed = pack().parsed();
    let schema = &parsed.schema;
    let entities = ["demande", "personne"].map(|name| schema.entity(name).unwrap());
    let needs = Needs { entities: entities.into(), ..Needs::default() };
    data::read(schema, &parsed.references, files, &needs)
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
        for (row, id) in table.ids.iter().enumerate() {
            let mut cells = BTreeMap::new();
            for (&field, column) in entity.fields.iter().zip(&table.columns) {
                if let Some(value) = column.as_ref().and_then(|c| c.get(row)) {
                    cells.insert(schema.fields[field].column.clone(), value);
                }
            }
            for (relation, links) in entity.belongs_to.iter().zip(&table.links) {
                if let Some(parent) = dataset.tables[relation.target].ids.get(links[row] as usize) {
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
