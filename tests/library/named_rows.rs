//! Small data read with the rows of the pack's tables that they name: nothing is read otherwise than with the whole tables,
//! whatever stands for a row in them: a code, a name, a name of several, nothing of the kind.

use std::cell::Cell;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use logis::Pack;
use logis::data::{InputFile, NO_ROW, Needs, ReadOutcome, read, read_for};
use logis::pack::Reference;
use logis::pack::schema::{Origin, Schema};
use logis::value::Value;

/// What may stand where a commune is meant: codes, small letters, lost zeros, names, one that several communes have, others.
const PLACES: [&str; 16] = [
    "21231",
    "01004",
    "2A004",
    "2a004",
    "97411",
    "1004",
    "Dijon",
    "dijon",
    "Saint-Denis",
    "SAINT DENIS",
    "Sainte-Colombe",
    "Dijjon",
    "99999",
    " 21231 ",
    "75056",
    "",
];

/// What may stand in a list of communes.
const LISTS: [&str; 10] = [
    "21231 21515",
    "21231;21515",
    "Dijon, Quetigny",
    "21231 Dijon",
    "Saint-Apollinaire",
    "21231 99999",
    "2a004|2A004",
    "La Rochelle 17300",
    "21231,,21515",
    "",
];

/// What may stand for a district.
const DISTRICTS: [&str; 6] = ["", "QP021001", "QN02101M", "*", "QP999999", "Les Grésilles"];

/// One package of a few requests and units, each with cells from these.
fn package() -> impl Strategy<Value = Vec<InputFile>> {
    let place = proptest::sample::select(&PLACES[..]);
    let list = proptest::sample::select(&LISTS[..]);
    let district = proptest::sample::select(&DISTRICTS[..]);
    let request = (place.clone(), list, 0_u32..60_000);
    let unit = (place, district);
    let rows = (prop::collection::vec(request, 1..6), prop::collection::vec(unit, 0..4));
    (rows, any::<bool>()).prop_map(|((requests, units), json)| {
        let quoted = |text: &str| format!("\"{text}\"");
        let mut csv = String::from("demande_id,commune,communes_souhaitees,rfr_n2\n");
        let mut objects = Vec::new();
        for (at, (place, list, income)) in requests.iter().enumerate() {
            csv += &format!("D{at},{},{},{income}\n", quoted(place), quoted(list));
            objects.push(format!(
                r#"{{"demande_id":"D{at}","commune":"{place}","communes_souhaitees":"{list}","rfr_n2":{income}}}"#
            ));
        }
        let mut of_units = String::from("logement_id,commune,quartier\n");
        for (at, (place, district)) in units.iter().enumerate() {
            of_units += &format!("L{at},{},{}\n", quoted(place), quoted(district));
        }
        let requests = match json {
            true => InputFile { name: "demandes.json".into(), bytes: format!("[{}]", objects.join(",")).into() },
            false => InputFile { name: "demandes.csv".into(), bytes: csv.into() },
        };
        vec![requests, InputFile { name: "logements.csv".into(), bytes: of_units.into() }]
    })
}

/// All that is read of the data, rows of other tables by their identifiers and cells, as text.
fn told(schema: &Schema, outcome: &ReadOutcome) -> String {
    let mut all = format!("{:?}\n{:?}\n{:?}\n", outcome.issues, outcome.absent, outcome.dropped);
    let cells = |entity: usize, row: usize| -> BTreeMap<usize, Option<Value>> {
        let columns = outcome.dataset.tables[entity].columns.iter().enumerate();
        columns.filter_map(|(at, column)| Some((at, column.as_ref()?.get(row)))).collect()
    };
    for (id, entity) in schema.entities.iter().enumerate() {
        if !matches!(entity.origin, Origin::Data { .. }) {
            continue;
        }
        let table = &outcome.dataset.tables[id];
        for row in 0..table.rows() {
            all += &format!("{:?} {:?} {:?}\n", table.ids.text(row), table.lines.get(row), cells(id, row));
            for (links, relation) in table.links.iter().zip(&entity.belongs_to) {
                let target = links[row];
                let Some(of_target) = (target != NO_ROW).then_some(target as usize) else { continue };
                let other = &outcome.dataset.tables[relation.target];
                let (of, line) = (other.ids.text(of_target), other.lines.get(of_target));
                all += &format!("  {of:?} {line:?} {:?}\n", cells(relation.target, of_target));
            }
        }
    }
    all
}

/// The tables of the pack, of the communes one in forty and those that are named or have a name of these.
fn tables(pack: &Pack) -> Vec<Reference> {
    let kept = |at: usize, line: &str| {
        let mut cells = line.split(',');
        let (code, name) = (cells.next().unwrap(), cells.next().unwrap());
        let said = |text: &&str| text.contains(code) || text.contains(name);
        at.is_multiple_of(40) || PLACES.iter().chain(&LISTS).any(said) || name == "Saint-Denis"
    };
    let table = |table: &Reference| {
        let text = std::str::from_utf8(&table.bytes).unwrap();
        let lines = text.lines().enumerate().filter(|(at, line)| kept(*at, line));
        let some: String = lines.map(|(_, line)| format!("{line}\n")).collect();
        Reference { bytes: some.into(), ..table.clone() }
    };
    pack.parsed().references.iter().map(table).collect()
}

#[test]
fn small_data_are_read_with_the_rows_they_name_as_with_all() {
    let pack = Pack::national();
    let parsed = pack.parsed();
    let (schema, references) = (&parsed.schema, &tables(&pack));
    let rows =
        |outcome: &ReadOutcome| -> usize { outcome.dataset.tables.iter().map(|table| table.rows()).sum() };
    // How many were read with some rows, and with all.
    let roads = [Cell::new(0), Cell::new(0)];
    TestRunner::new(ProptestConfig::with_cases(96))
        .run(&package(), |files| {
            let all = read(schema, references, files.clone(), &Needs::default());
            let named = read_for(schema, references, files, &Needs::default(), None);
            let road = &roads[usize::from(rows(&named) == rows(&all))];
            road.set(road.get() + 1);
            prop_assert_eq!(told(schema, &named), told(schema, &all));
            Ok(())
        })
        .unwrap();
    // Both roads were taken.
    assert!(roads.iter().all(|road| road.get() > 0), "{roads:?}");
}

/// A name that only one of the named rows has, and several of the whole table, is not taken for that one.
#[test]
fn a_name_of_several_communes_is_unclear_whatever_rows_the_data_name() {
    let pack = Pack::national();
    let parsed = pack.parsed();
    let text = "demande_id,commune,communes_souhaitees\nD1,97411,\nD2,Saint-Denis,\n";
    let files = vec![InputFile { name: "demandes.csv".into(), bytes: text.into() }];
    let read = read_for(&parsed.schema, &tables(&pack), files, &Needs::default(), None);
    let said: Vec<&str> = read.issues.iter().map(|issue| issue.message.as_str()).collect();
    assert!(said.iter().any(|said| said.contains("est le nom de plusieurs lignes de `commune`")), "{said:?}");
}
