//! A ledger in PostgreSQL, held against the same one in a file, and against a server that is written to behind its back, by
//! several at once, and stopped.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, dead_code)]

#[path = "../../../serve/tests/service/database.rs"]
mod database;

use std::sync::Barrier;

use database::Database;
use logis_language::value::{Date, parse_date};
use logis_ledger::{Entry, Kind, Ledger, LedgerError, LedgerPlace};

fn day(number: u64) -> Date {
    parse_date(&format!("2017-07-{:02}", number % 28 + 1)).unwrap()
}

fn of(database: &Database) -> LedgerPlace {
    LedgerPlace::of(database.address())
}

/// Numbers that look drawn, and are the same in every run.
struct Drawn(u64);

impl Drawn {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// Some entries, many of which contradict what stands.
fn entries(drawn: &mut Drawn, number: u64) -> Vec<Entry> {
    let request = |n: u64| format!("D{n} é'\"");
    if drawn.below(3) == 0 {
        let offers = 1 + drawn.below(3);
        let session = Entry::new(day(number), Kind::Session, "", "").with("propositions", offers);
        let unit = format!("L{}", drawn.below(4));
        let offer = |rank: u64| {
            Entry::new(day(number), Kind::Offer, &request(rank + number % 3), &unit).with("rang", rank)
        };
        return std::iter::once(session).chain((1..=offers).map(offer)).collect();
    }
    let kinds = Kind::ANSWERS;
    let kind = kinds[usize::try_from(drawn.below(kinds.len() as u64)).unwrap()];
    let unit = format!("L{}", drawn.below(4));
    vec![Entry::new(day(number), kind, &request(1 + drawn.below(5)), &unit).with("motif", "à l'écrit")]
}

#[test]
fn a_database_holds_what_a_file_holds() {
    let Some(database) = Database::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = LedgerPlace::of(folder.path().join("registre.db"));
    assert!(matches!(Ledger::open(&of(&database)), Err(LedgerError::Missing)));
    let mut both = [&file, &of(&database)].map(|place| Ledger::open_or_new(place).unwrap());
    let mut drawn = Drawn(7);
    let (mut written, mut refused) = (0, 0);
    for number in 0..300 {
        let entries = entries(&mut drawn, number);
        let [one, other] = both.each_mut().map(|ledger| ledger.append(&entries).map_err(|e| e.to_string()));
        assert_eq!(one, other, "{entries:?}");
        *(if one.is_ok() { &mut written } else { &mut refused }) += 1;
        if number % 50 == 0 {
            both = [&file, &of(&database)].map(|place| Ledger::open(place).unwrap());
        }
    }
    assert!(written > 20 && refused > 20, "{written} {refused}");
    let [file, server] = [&file, &of(&database)].map(|place| Ledger::open(place).unwrap());
    assert_eq!(file.lines(), server.lines());
    assert_eq!(file.head(), server.head());
}

/// A ledger of three lines.
fn three(database: &Database) -> Ledger {
    let mut ledger = Ledger::open_or_new(&of(database)).unwrap();
    for number in 1..4 {
        let decision = Entry::new(day(number), Kind::Decision, &format!("D{number}"), &format!("L{number}"));
        ledger.append(&[decision]).unwrap();
    }
    ledger
}

#[test]
fn what_is_written_behind_its_back_is_refused_or_found() {
    let Some(database) = Database::start() else { return };
    drop(three(&database));
    let mut client = database.client();
    for change in [
        "UPDATE logis_registre SET demande = 'D9' WHERE numero = 2",
        "DELETE FROM logis_registre WHERE numero = 3",
        "TRUNCATE logis_registre",
        "INSERT INTO logis_registre VALUES (9, '2017-07-03', 'decision', 'D9', 'L9', '{}', '', '')",
        "INSERT INTO logis_registre VALUES (4, '2017-07-03', 'decision', 'D9', 'L9', '{}', 'other', '')",
    ] {
        assert!(client.batch_execute(change).is_err(), "{change}");
        assert_eq!(Ledger::open(&of(&database)).unwrap().lines().len(), 3, "{change}");
    }
    // Each way around the triggers, what opening says of it, and the way back.
    for (change, said, back) in [
        (
            "ALTER TABLE logis_registre DISABLE TRIGGER logis_registre_1_sans_modification",
            "n'est pas un registre de cette version: `logis_registre_1_sans_modification` manque",
            "ALTER TABLE logis_registre ENABLE TRIGGER logis_registre_1_sans_modification",
        ),
        (
            "ALTER TABLE logis_registre ADD COLUMN note TEXT",
            "les colonnes de `logis_registre`",
            "ALTER TABLE logis_registre DROP COLUMN note",
        ),
        (
            "SET session_replication_role = replica; UPDATE logis_registre SET demande = 'D9' WHERE numero = 2",
            "ligne 2: n'est pas telle qu'elle a été écrite",
            "UPDATE logis_registre SET demande = 'D2' WHERE numero = 2",
        ),
        (
            "DELETE FROM logis_registre WHERE numero = 1",
            "ligne 1: manque; la suivante est la ligne 2",
            "SET session_replication_role = origin",
        ),
    ] {
        client.batch_execute(change).unwrap();
        let error = Ledger::open(&of(&database)).unwrap_err().to_string();
        assert!(error.contains(said), "{change}: {error}");
        client.batch_execute(back).unwrap();
    }
}

/// Of all that write at once one goes first; whoever has not read its lines writes none.
#[test]
fn several_writers_make_one_chain() {
    let Some(database) = Database::start() else { return };
    let (place, barrier) = (of(&database), Barrier::new(6));
    let tries: usize = std::thread::scope(|scope| {
        let writer = |number: u64| {
            let (place, barrier) = (&place, &barrier);
            scope.spawn(move || {
                barrier.wait();
                for tries in 1..200 {
                    let mut ledger = Ledger::open_or_new(place).unwrap();
                    let unit = format!("L{number}");
                    match ledger.append(&[Entry::new(
                        day(number),
                        Kind::Decision,
                        &format!("D{number}"),
                        &unit,
                    )]) {
                        Ok(()) => return tries,
                        Err(LedgerError::Changed) => {}
                        Err(other) => panic!("{other}"),
                    }
                }
                panic!("never written")
            })
        };
        let writers: Vec<_> = (0..6).map(writer).collect();
        writers.into_iter().map(|writer| writer.join().unwrap()).sum()
    });
    assert_eq!(Ledger::open(&place).unwrap().lines().len(), 6);
    assert!(tries >= 6);
}

#[test]
fn what_was_written_is_there_after_a_crash() {
    let Some(mut database) = Database::start() else { return };
    let mut ledger = three(&database);
    let head = ledger.head();
    database.crash();
    let lost = Entry::new(day(9), Kind::Decision, "D9", "L9");
    assert!(matches!(ledger.append(&[lost]), Err(LedgerError::Server(_))));
    let unreachable = Ledger::open(&of(&database)).unwrap_err();
    assert!(
        unreachable.is_of_place() && unreachable.to_string().starts_with("PostgreSQL: "),
        "{unreachable}"
    );
    database.restart();
    assert_eq!(Ledger::open(&of(&database)).unwrap().head(), head);
}
