//! A CSV package read part by part is what the package read whole is: outcomes, and what is said of every cell. What only
//! the whole shows ends the reading by parts.

use std::collections::BTreeSet;
use std::io::Cursor;

use logis::data::{Code, Dataset, InputFile, Needs, ReadOutcome, Stream, StreamedFile, read};
use logis::evaluate::evaluate;
use logis::pack::Reference;
use logis::parts::PartDecider;
use logis::value::parse_date;
use logis::{Pack, Plan};

const RULES: [&str; 4] = ["categorie_menage", "ressources", "eligible_plai", "eligible_plus"];

fn pack() -> Pack {
    Pack::load(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules")).unwrap()
}

/// The text of a table of the shipped package.
fn shipped(table: &str) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/grand-dijon-2015");
    std::fs::read_to_string(format!("{root}/{table}.csv")).unwrap()
}

fn file(table: &str, text: &str) -> InputFile {
    InputFile { name: format!("{table}.csv"), bytes: text.as_bytes().to_vec() }
}

/// The package read whole.
fn whole(pack: &Pack, demandes: &str, personnes: &str, needs: &Needs) -> ReadOutcome {
    let files = vec![
        file("demandes", demandes),
        file("employeurs", &shipped("employeurs")),
        file("personnes", personnes),
    ];
    read(&pack.parsed().schema, &pack.parsed().references, files, needs)
}

/// The package in parts of so many rows; `None` if it is to be read whole.
fn parts(
    pack: &Pack,
    decider: &PartDecider,
    demandes: &[u8],
    personnes: &[u8],
    rows: usize,
    only: bool,
) -> Option<Vec<ReadOutcome>> {
    let open = |name: &str, bytes: &[u8]| StreamedFile::open_csv(name, Cursor::new(bytes.to_vec()));
    let files = vec![open("personnes.csv", personnes), open("demandes.csv", demandes)];
    let others = vec![file("employeurs", &shipped("employeurs"))];
    let (parsed, fields) = (pack.parsed(), decider.fields().filter(|_| only));
    let (schema, references, needs) = (&parsed.schema, &parsed.references, decider.needs());
    let entity = decider.entity();
    let stream = Stream::open_for(schema, references, entity, files, others, needs, rows, fields.as_ref())?;
    stream.collect::<Result<Vec<_>, _>>().ok()
}

fn decider(pack: &Pack) -> (std::sync::Arc<Plan>, PartDecider) {
    let plan = pack.plan(parse_date("2015-12-31").unwrap(), &RULES).unwrap();
    (plan.clone(), PartDecider::new(plan))
}

/// By row: its identifier, its line, and its outcomes, the missing cells of an open one counted.
fn outcomes(plan: &Plan, dataset: &Dataset) -> Vec<(String, Option<u64>, Vec<String>)> {
    let (table, decisions) = (&dataset.tables[plan.entity], evaluate(plan, dataset));
    let shown = |row: usize| {
        let each = decisions.columns.iter().map(|column| match column.get(row).unwrap() {
            logis::evaluate::Outcome::Known(value) => value.to_string(),
            logis::evaluate::Outcome::Unknown(missing) => format!("manque {}", missing.len()),
            other => format!("{other:?}"),
        });
        (table.ids.text(row).unwrap().to_string(), table.lines.get(row), each.collect())
    };
    (0..table.rows()).map(shown).collect()
}

/// What is said, each once: what is said of a table is said with each of its parts.
fn said<'r>(read: impl IntoIterator<Item = &'r ReadOutcome>) -> BTreeSet<String> {
    read.into_iter().flat_map(|r| &r.issues).map(|i| format!("{:?} {i}", i.severity)).collect()
}

/// Changes a cell of a row (from 1), found by its column.
fn put(text: &str, row: usize, column: &str, cell: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
    let at = lines[0].split(',').position(|header| header == column).unwrap();
    let mut cells: Vec<&str> = lines[row].split(',').collect();
    cells[at] = cell;
    lines[row] = cells.join(",");
    lines.join("\n") + "\n"
}

/// Both ways of reading, compared, with all columns and with those that are asked for: then nothing is said of the others but
/// that nobody looked at them.
fn compare(demandes: &str, personnes: &str) -> BTreeSet<String> {
    let pack = pack();
    let (plan, decider) = decider(&pack);
    let whole = whole(&pack, demandes, personnes, decider.needs());
    let schema = &pack.parsed().schema;
    let mut asked: BTreeSet<String> =
        decider.fields().unwrap().into_iter().map(|field| schema.fields[field].column.clone()).collect();
    asked.extend(decider.needs().columns(schema).into_values().flatten());
    let mut of_asked = whole.clone();
    of_asked.issues.retain(|issue| issue.column.as_ref().is_none_or(|column| asked.contains(column)));
    for (rows, only) in [(100_000, false), (100, true), (7, true)] {
        let parts =
            parts(&pack, &decider, demandes.as_bytes(), personnes.as_bytes(), rows, only).expect("parts");
        let mut parts = parts;
        let all = |parts: &[ReadOutcome]| parts.iter().map(|part| part.issues.len()).sum::<usize>();
        let before = all(&parts);
        for part in &mut parts {
            part.issues.retain(|issue| issue.code != Code::Unchecked.as_str());
        }
        // Once of each of the two files.
        assert_eq!(before - all(&parts), if only { 2 } else { 0 });
        let found: Vec<_> = parts.iter().flat_map(|part| outcomes(&plan, &part.dataset)).collect();
        assert_eq!(found, outcomes(&plan, &whole.dataset), "{rows} rows a part");
        assert_eq!(said(&parts), said([if only { &of_asked } else { &whole }]), "{rows} rows a part");
    }
    said([&whole])
}

#[test]
fn a_plain_package_is_read_as_the_whole() {
    assert_eq!(compare(&shipped("demandes"), &shipped("personnes")), BTreeSet::new());
    // The same as spreadsheets write it.
    let spread = |text: &str| text.replace('\n', "\r\n") + "\r\n\r\n";
    compare(&spread(&shipped("demandes")), &spread(&shipped("personnes")));
    let semicolons = |text: &str| text.replace(',', ";");
    compare(&semicolons(&shipped("demandes")), &shipped("personnes"));
}

/// Cells that people write otherwise than a program does, right and wrong ones, in columns that are asked for and not.
#[test]
fn cells_that_are_written_otherwise_are_read_as_in_the_whole() {
    let mut demandes = shipped("demandes");
    for (row, column, cell) in [
        (3, "rfr_n2", "21 300"),
        (5, "rfr_n2", "\"21 300,50 €\""),
        (6, "rfr_n1", "21.300"),
        (7, "rfr_n1", "12O00"),
        (8, "rfr_n2", "300.50"),
        (9, "rfr_n2", ""),
        (10, "revenus_12_mois", "-4"),
        (11, "commune", "Dijon"),
        (12, "commune", "99999"),
        (400, "loyer_actuel", "cher"),
        (401, "situation_logement", "Locataire"),
        (402, "situation_logement", "château"),
        (403, "communes_souhaitees", "21231 Quetigny"),
        (404, "communes_souhaitees", "21231 99999"),
        (405, "date_demande", "2014-02-30"),
        (406, "date_demande", "03/02/2014"),
    ] {
        demandes = put(&demandes, row, column, cell);
    }
    let mut personnes = shipped("personnes");
    for (row, column, cell) in [
        (2, "a_charge", "Oui"),
        (3, "a_charge", "peut-être"),
        (4, "a_charge", "1"),
        (5, "date_naissance", "1/2/1980"),
        (6, "date_naissance", "1980"),
        (9, "lien", "Époux"),
        (10, "lien", "cousin"),
        (20, "type_contrat", "C.D.I."),
        (21, "type_contrat", "bail"),
        (22, "date_embauche", "2015-02-01 14:30"),
        (23, "salaire_mensuel", "1.5E3"),
        (30, "personne_id", ""),
        (900, "handicap", ""),
    ] {
        personnes = put(&personnes, row, column, cell);
    }
    let said = compare(&demandes, &personnes);
    assert!(said.len() > 12, "{said:?}");
}

/// What parts cannot read is left to the whole: nothing is lost, and nothing said of it half.
#[test]
fn what_only_the_whole_shows_is_left_to_it() {
    let (demandes, personnes) = (shipped("demandes"), shipped("personnes"));
    let pack = pack();
    let (_, decider) = decider(&pack);
    let by_parts = |demandes: &[u8], personnes: &[u8]| parts(&pack, &decider, demandes, personnes, 100, true);
    assert!(by_parts(demandes.as_bytes(), personnes.as_bytes()).is_some());
    let line = |row: usize| demandes.lines().nth(row).unwrap().to_string();
    let with = |row: usize, new: &str| demandes.replacen(&line(row), new, 1);
    let short = line(700).rsplit_once(',').unwrap().0.to_string();
    let windows: Vec<u8> = [put(&demandes, 700, "situation_logement", "h").as_bytes(), b"\xe9"].concat();
    for (what, broken) in [
        ("a title above the headers", format!("Demandes de 2015\n{demandes}").into_bytes()),
        ("a quotation mark that nothing closes", with(700, &format!("\"{}", line(700))).into_bytes()),
        ("a row that is too short", with(700, &short).into_bytes()),
        ("a row that is too long", with(700, &format!("{},x", line(700))).into_bytes()),
        ("a blank line between rows", with(700, &format!("\n{}", line(700))).into_bytes()),
        ("an identifier of two rows", put(&demandes, 700, "demande_id", "D0001").into_bytes()),
        ("bytes of Windows-1252", windows),
        ("a lost character", put(&demandes, 700, "situation_logement", "h\u{fffd}").into_bytes()),
        ("letters of no French text", put(&demandes, 700, "situation_logement", "Ж").into_bytes()),
        ("nothing", Vec::new()),
        ("UTF-16", b"\xff\xfed\0".to_vec()),
    ] {
        assert!(by_parts(&broken, personnes.as_bytes()).is_none(), "{what}");
    }
    let mixed = put(&put(&personnes, 2, "a_charge", "0"), 900, "a_charge", "O");
    assert!(by_parts(demandes.as_bytes(), mixed.as_bytes()).is_none(), "zeros beside letters O");
    let mut lines: Vec<&str> = personnes.lines().collect();
    lines[1..].rotate_left(1);
    assert!(by_parts(demandes.as_bytes(), lines.join("\n").as_bytes()).is_none(), "persons out of order");
}

/// The tables of the pack are read by columns, and, with a mark at their start that only the reading cell by cell
/// knows, cell by cell: they hold the same, and names in data stand for the same codes.
#[test]
fn tables_of_the_pack_are_read_by_columns_as_cell_by_cell() {
    let pack = pack();
    let parsed = pack.parsed();
    assert!(!parsed.references.is_empty());
    let marked: Vec<Reference> = parsed
        .references
        .iter()
        .map(|own| {
            let bytes = ["\u{feff}".as_bytes(), &own.bytes].concat();
            Reference { bytes: bytes.into(), ..own.clone() }
        })
        .collect();
    let demandes = "demande_id,commune,communes_souhaitees\n\
                    D1,21231,\"Dijon;CHENOVE\"\nD2,Saint-Denis,21231\nD3,Quetigny,\"2A004, 97411\"\nD4,1001,\n";
    let read_by = |references: &[Reference]| {
        read(&parsed.schema, references, vec![file("demandes", demandes)], &Needs::default())
    };
    let (columns, cells) = (read_by(&parsed.references), read_by(&marked));
    let said =
        |outcome: &ReadOutcome| -> Vec<String> { outcome.issues.iter().map(ToString::to_string).collect() };
    assert_eq!(said(&columns), said(&cells));
    assert!(said(&columns).iter().any(|issue| issue.contains("plusieurs")), "{:?}", said(&columns));
    assert_eq!(columns.dropped, cells.dropped);
    for (one, other) in columns.dataset.tables.iter().zip(&cells.dataset.tables) {
        assert_eq!(one.ids, other.ids);
        for (column, expected) in one.columns.iter().zip(&other.columns) {
            assert_eq!(column.is_some(), expected.is_some());
            let (Some(column), Some(expected)) = (column, expected) else { continue };
            for row in 0..one.rows() {
                assert_eq!(column.get(row), expected.get(row), "{} row {row}", one.file);
            }
        }
    }
}
