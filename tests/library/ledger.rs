//! The ledger as a file: what was edited, cut or written by halves is found; what lines say together is held against a
//! slow judge.

use std::fs;
use std::path::Path;

use logis::ledger::{Contradiction, Entry, Kind, Ledger, LedgerError, LedgerPlace, State, origin};
use logis::value::{Date, parse_date};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rusqlite::Connection;

fn day(number: u32) -> Date {
    parse_date(&format!("2017-07-{number:02}")).unwrap()
}

/// A session of three offers on two units, a refusal, an acceptance and a lease.
fn entries() -> Vec<Entry> {
    let offer = |request, unit, rank: u32| Entry::new(day(3), Kind::Offer, request, unit).with("rang", rank);
    vec![
        Entry::new(day(3), Kind::Session, "", "").with("propositions", 3),
        offer("D1", "L1", 1),
        offer("D2", "L1", 2),
        offer("D3", "L2", 1).with("partage", true),
        Entry::new(day(5), Kind::Refusal, "D1", "L1").with("motif", "trop « loin »"),
        Entry::new(day(6), Kind::Acceptance, "D2", "L1"),
        Entry::new(day(7), Kind::Lease, "D2", "L1"),
    ]
}

fn written(path: &Path) -> Ledger {
    let mut ledger = Ledger::open_or_new(&LedgerPlace::of(path)).unwrap();
    ledger.append(&entries()[..4]).unwrap();
    ledger.append(&entries()[4..]).unwrap();
    ledger
}

/// The hashes are those that Python's hashlib and json give: anyone can compute the chain.
#[test]
fn the_chain_is_the_one_that_the_readme_states() {
    let folder = tempfile::tempdir().unwrap();
    let ledger = written(&folder.path().join("r.db"));
    assert_eq!(origin(), "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(ledger.head(), "sha256:02a9e3f7a019e79e618c4e2c21bad1048e9d90ce2938a44ba957ee7433ca0fbe");
    let again = Ledger::open(&LedgerPlace::of(folder.path().join("r.db"))).unwrap();
    assert_eq!((again.lines(), again.state()), (ledger.lines(), ledger.state()));
    assert_eq!(again.lines().iter().map(|line| line.entry.clone()).collect::<Vec<_>>(), entries());
    // Nothing stays beside the file.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

/// Does something to the file as no command does: without its triggers, which are put back.
fn forced(path: &Path, statement: &str) {
    let connection = Connection::open(path).unwrap();
    let mut triggers =
        connection.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").unwrap();
    let triggers: Vec<(String, String)> =
        triggers.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
    assert_eq!(triggers.len(), 3);
    triggers.iter().for_each(|(name, _)| connection.execute_batch(&format!("DROP TRIGGER {name}")).unwrap());
    connection.execute_batch(statement).unwrap();
    triggers.iter().for_each(|(_, sql)| connection.execute_batch(sql).unwrap());
}

/// Every cell of every line, edited, is found at its line; so are lines that are missing or exchanged.
#[test]
fn what_was_edited_is_found_at_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("r.db"), folder.path().join("copie.db"));
    drop(written(&path));
    let wrong = |statement: &str| {
        fs::copy(&path, &copy).unwrap();
        forced(&copy, statement);
        match Ledger::open(&LedgerPlace::of(&copy)) {
            Err(LedgerError::Chain { line, .. }) => line,
            other => panic!("{statement}: {other:?}"),
        }
    };
    let columns = ["jour", "nature", "demande", "logement", "details", "precedente", "empreinte"];
    for line in 1..=7 {
        for column in columns {
            let value = match column {
                "jour" => "'2017-07-09'",
                "nature" => "'exclusion'",
                "details" => "'{\"rang\":9}'",
                _ => "'D9'",
            };
            let at = wrong(&format!("UPDATE lignes SET {column} = {value} WHERE numero = {line}"));
            assert_eq!(at, line, "{column}");
        }
        if line < 7 {
            assert_eq!(wrong(&format!("DELETE FROM lignes WHERE numero = {line}")), line);
            // Nor does it help to number those after anew.
            assert_eq!(
                wrong(&format!(
                    "DELETE FROM lignes WHERE numero = {line}; UPDATE lignes SET numero = numero - 1 WHERE numero > {line}"
                )),
                line
            );
        }
    }
    // The end cut off is seen only where it cuts a session; the last hash, noted elsewhere, tells the rest.
    fs::copy(&path, &copy).unwrap();
    forced(&copy, "DELETE FROM lignes WHERE numero > 2");
    assert!(matches!(Ledger::open(&LedgerPlace::of(&copy)), Err(LedgerError::Torn { line: 2 })));
    // A file that lets its lines be changed is none.
    for statement in ["DROP TRIGGER registre_1_sans_suppression", "CREATE TABLE autre (a)"] {
        fs::copy(&path, &copy).unwrap();
        Connection::open(&copy).unwrap().execute_batch(statement).unwrap();
        assert!(matches!(Ledger::open(&LedgerPlace::of(&copy)), Err(LedgerError::Form(_))), "{statement}");
    }
    fs::write(&copy, "demande_id,logement_id\n".repeat(100)).unwrap();
    assert!(matches!(Ledger::open(&LedgerPlace::of(&copy)), Err(LedgerError::Form(_))));
}

/// The file itself refuses changes, deletions, replacements, and lines that are not the next.
#[test]
fn the_file_refuses_what_is_no_line_more() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.db");
    let head = written(&path).head();
    let connection = Connection::open(&path).unwrap();
    for statement in [
        "UPDATE lignes SET demande = 'D9'",
        "DELETE FROM lignes",
        "INSERT OR REPLACE INTO lignes SELECT 3, jour, nature, demande, logement, details, precedente, empreinte FROM lignes WHERE numero = 3",
        "INSERT INTO lignes SELECT 9, jour, nature, demande, logement, details, empreinte, empreinte FROM lignes WHERE numero = 7",
        "INSERT INTO lignes SELECT 8, jour, nature, demande, logement, details, precedente, empreinte FROM lignes WHERE numero = 7",
    ] {
        assert!(connection.execute_batch(statement).is_err(), "{statement}");
    }
    assert_eq!(Ledger::open(&LedgerPlace::of(&path)).unwrap().head(), head);
}

/// Stopped while it writes, so that part of the new pages are in the file already: what is left is the ledger of before.
#[test]
fn a_machine_that_stops_while_it_writes_leaves_the_ledger_of_before() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.db");
    let before = written(&path);
    let connection = Connection::open(&path).unwrap();
    // So small a cache that pages go to the file before the end.
    connection.execute_batch("PRAGMA cache_size = 2; BEGIN IMMEDIATE").unwrap();
    for number in 8..2_000 {
        let insert = format!(
            "INSERT INTO lignes SELECT {number}, jour, nature, demande, logement, details, empreinte, 'e{number}'
             FROM lignes WHERE numero = {}",
            number - 1
        );
        connection.execute_batch(&insert).unwrap();
    }
    let stopped = folder.path().join("apres");
    fs::create_dir(&stopped).unwrap();
    let journal = folder.path().join("r.db-journal");
    assert!(fs::metadata(&journal).unwrap().len() > 0);
    fs::copy(&path, stopped.join("r.db")).unwrap();
    fs::copy(&journal, stopped.join("r.db-journal")).unwrap();
    assert_ne!(fs::read(&path).unwrap().len(), 0);
    let after = Ledger::open(&LedgerPlace::of(stopped.join("r.db"))).unwrap();
    assert_eq!(after.lines(), before.lines());
    drop(connection);
    assert_eq!(Ledger::open(&LedgerPlace::of(&path)).unwrap().lines(), before.lines());
}

/// Stopped before the first lines are whole: there is no ledger yet, and it begins where it is asked to.
#[test]
fn a_machine_that_stops_at_the_first_lines_leaves_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.db");
    fs::write(&path, "").unwrap();
    assert!(matches!(Ledger::open(&LedgerPlace::of(&path)), Err(LedgerError::Missing)));
    let made = written(&path);
    assert_eq!(Ledger::open(&LedgerPlace::of(&path)).unwrap().lines(), made.lines());
}

/// Two who have read the same ledger do not both add to it.
#[test]
fn who_reads_before_another_writes_reads_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.db");
    let mut first = written(&path);
    let mut second = Ledger::open(&LedgerPlace::of(&path)).unwrap();
    first.append(&[Entry::new(day(8), Kind::Refusal, "D3", "L2")]).unwrap();
    let late = second.append(&[Entry::new(day(8), Kind::Lease, "D3", "L2")]);
    assert!(matches!(late, Err(LedgerError::Changed)), "{late:?}");
    assert_eq!(Ledger::open(&LedgerPlace::of(&path)).unwrap().lines(), first.lines());
}

/// May a line stand after those that stand? Told by looking through all of them, with no state. Sessions are not
/// drawn here: offers come with theirs.
fn may(history: &[Entry], next: &Entry) -> bool {
    let pair = |entry: &Entry| entry.request == next.request && entry.unit == next.unit;
    let last = |of: &dyn Fn(&Entry) -> bool| history.iter().rposition(of);
    let decided = |request: &str, unit: &str| {
        let of = |kind| last(&|e: &Entry| e.kind == kind && e.request == request && e.unit == unit);
        // An exclusion after it undoes a decision.
        of(Kind::Decision).is_some_and(|at| of(Kind::Exclusion).is_none_or(|out| out < at))
    };
    let let_to = |request: &str, unit: &str| {
        history.iter().any(|e| e.kind == Kind::Lease && e.request == request && e.unit == unit)
    };
    let has = |request: &str, unit: &str| let_to(request, unit) || decided(request, unit);
    let pairs: Vec<(&str, &str)> = history.iter().map(|e| (e.request.as_str(), e.unit.as_str())).collect();
    let taken = |but_own: bool| {
        pairs.iter().any(|(r, u)| {
            let own = *r == next.request && *u == next.unit;
            (*r == next.request || *u == next.unit) && has(r, u) && !(own && but_own)
        })
    };
    let said = |kind| history.iter().any(|entry| entry.kind == kind && pair(entry));
    let stands = |offer: &Entry| {
        let own = |kind| {
            history.iter().any(|e| e.kind == kind && e.request == offer.request && e.unit == offer.unit)
        };
        let elsewhere = pairs.iter().any(|(r, u)| *r == offer.request && *u != offer.unit && has(r, u));
        !own(Kind::Refusal) && !own(Kind::Exclusion) && !elsewhere
    };
    let of_unit = || history.iter().filter(|e| e.kind == Kind::Offer && e.unit == next.unit);
    let is_first = of_unit().find(|offer| stands(offer)).is_none_or(|first| first.request == next.request);
    // Accepted another unit, and neither refused it since nor was ruled out of it.
    let accepted_elsewhere = history.iter().any(|e| {
        e.kind == Kind::Acceptance
            && e.request == next.request
            && e.unit != next.unit
            && !history.iter().any(|other| {
                [Kind::Refusal, Kind::Exclusion].contains(&other.kind)
                    && other.request == e.request
                    && other.unit == e.unit
            })
    });
    let (offered, refused, excluded) = (said(Kind::Offer), said(Kind::Refusal), said(Kind::Exclusion));
    match next.kind {
        Kind::Acceptance => {
            offered
                && !said(Kind::Acceptance)
                && !refused
                && !excluded
                && !taken(false)
                && !accepted_elsewhere
        }
        Kind::Refusal => offered && !refused && !has(&next.request, &next.unit),
        Kind::Lease if decided(&next.request, &next.unit) => !let_to(&next.request, &next.unit),
        Kind::Lease => offered && !refused && !excluded && !taken(false) && !accepted_elsewhere && is_first,
        Kind::Decision => !refused && !excluded && !taken(false) && !accepted_elsewhere && is_first,
        Kind::Exclusion => !excluded && !let_to(&next.request, &next.unit),
        Kind::End => let_to(&next.request, &next.unit),
        Kind::Offer => !offered && !excluded && !taken(false),
        Kind::Session | Kind::Correction => true,
    }
}

/// The lines that count, of all that were written: corrections take the line that they name out, and the end of a lease all
/// that was said of its unit but who was ruled out of it.
fn counting(written: &[Entry]) -> Vec<Entry> {
    let mut all: Vec<Option<Entry>> = Vec::new();
    for entry in written {
        if entry.kind == Kind::Correction {
            all[entry.details["ligne"].as_u64().unwrap() as usize - 1] = None;
        }
        all.push((entry.kind != Kind::Correction).then(|| entry.clone()));
    }
    all.into_iter().flatten().collect()
}

/// Of lines that count, those that still say something.
fn still(counting: &[Entry]) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    for entry in counting {
        match entry.kind {
            Kind::End => all.retain(|other| other.unit != entry.unit || other.kind == Kind::Exclusion),
            _ => all.push(entry.clone()),
        }
    }
    all
}

/// May a line stand after all that were written? A correction may if every line that counts without the one that it names
/// may stand where it does.
fn may_be_written(written: &[Entry], next: &Entry) -> bool {
    if next.kind != Kind::Correction {
        return may(&still(&counting(written)), next);
    }
    let target = next.details["ligne"].as_u64().unwrap() as usize;
    let Some(wrong) = written.get(target - 1) else { return false };
    let answered = ![Kind::Session, Kind::Offer, Kind::Correction].contains(&wrong.kind);
    let once = |entry: &Entry| {
        entry.kind == Kind::Correction && entry.details["ligne"].as_u64() == Some(target as u64)
    };
    let without = counting(&[written, std::slice::from_ref(next)].concat());
    answered
        && !written.iter().any(once)
        && (&wrong.request, &wrong.unit) == (&next.request, &next.unit)
        && (0..without.len()).all(|at| may(&still(&without[..at]), &without[at]))
}

/// Drawn lines after drawn lists, ends of leases, new lists and corrections among them: what the state takes and refuses is
/// what the slow judge says, and it is the state of the lines that count.
#[test]
fn the_state_takes_what_a_slow_judge_takes() {
    let mut seen = std::collections::BTreeMap::new();
    let mut taken_of = std::collections::BTreeMap::new();
    for seed in 0..400 {
        let mut draw = ChaCha8Rng::seed_from_u64(seed);
        let (mut state, mut history) = (State::default(), Vec::new());
        let mut offers = Vec::new();
        for unit in ["L1", "L2", "L3"] {
            let mut rank = 0_u32;
            for request in ["D1", "D2", "D3", "D4"] {
                if draw.random_bool(0.6) {
                    rank += 1;
                    offers.push(Entry::new(day(3), Kind::Offer, request, unit).with("rang", rank));
                }
            }
        }
        let session = Entry::new(day(3), Kind::Session, "", "").with("propositions", offers.len());
        for entry in std::iter::once(session).chain(offers) {
            state.apply(history.len() as u64 + 1, &entry).unwrap();
            history.push(entry);
        }
        for _ in 0..40 {
            let kind = Kind::ANSWERS[draw.random_range(0..Kind::ANSWERS.len())];
            let request = ["D1", "D2", "D3", "D4", "D5"][draw.random_range(0..5)];
            let unit = ["L1", "L2", "L3", "L4"][draw.random_range(0..4)];
            let mut entry = Entry::new(day(4), kind, request, unit);
            if kind == Kind::Correction {
                let line = draw.random_range(1..=history.len() + 1);
                entry = entry.with("ligne", line).with("motif", "saisie par erreur");
                if let Some(wrong) = history.get(line - 1).filter(|_| draw.random_bool(0.8)) {
                    (entry.request, entry.unit) = (wrong.request.clone(), wrong.unit.clone());
                }
            }
            let lets: Vec<(String, String)> =
                state.leases().map(|(request, unit)| (request.to_string(), unit.to_string())).collect();
            if kind == Kind::End && !lets.is_empty() && draw.random_bool(0.5) {
                (entry.request, entry.unit) = lets[draw.random_range(0..lets.len())].clone();
            }
            // A list of one more, now and then, which is the only one after the end of a lease.
            if draw.random_bool(0.2) {
                let offer =
                    Entry::new(day(4), Kind::Offer, request, unit).with("rang", state.last_rank(unit) + 1);
                let session = Entry::new(day(4), Kind::Session, "", "").with("propositions", 1);
                let may = may_be_written(&history, &offer);
                let mut after = state.clone();
                after.apply(history.len() as u64 + 1, &session).unwrap();
                let taken = after.apply(history.len() as u64 + 2, &offer);
                assert_eq!(taken.is_ok(), may, "{seed}: {history:#?}\n{offer:?}: {taken:?}");
                if may {
                    state = after;
                    history.extend([session, offer]);
                }
            }
            let before = state.clone();
            let taken = state.apply(history.len() as u64 + 1, &entry);
            let may = may_be_written(&history, &entry);
            assert_eq!(taken.is_ok(), may, "{seed}: {history:#?}\n{entry:?}: {taken:?}");
            *taken_of.entry((entry.kind, may)).or_insert(0) += 1;
            match taken {
                Ok(()) => {
                    history.push(entry);
                    let counting = counting(&history);
                    let lets = still(&counting);
                    let leases = lets.iter().filter(|entry| entry.kind == Kind::Lease);
                    let mut leases: Vec<(&str, &str)> = leases.map(|e| (&*e.request, &*e.unit)).collect();
                    leases.sort_unstable_by_key(|(_, unit)| *unit);
                    assert_eq!(state.leases().collect::<Vec<_>>(), leases);
                    // Every lease that counts was signed in the year, whether or not it has ended.
                    let signed = counting.iter().filter(|entry| entry.kind == Kind::Lease).count();
                    assert_eq!(state.leases_of(2017).count(), signed);
                    let ended = counting.iter().filter(|entry| entry.kind == Kind::End).count();
                    assert_eq!(state.leases_of(2017).filter(|lease| lease.ended.is_some()).count(), ended);
                }
                Err(why) => {
                    assert_eq!(state, before);
                    let name = format!("{why:?}");
                    *seen.entry(name.split([' ', '(']).next().unwrap().to_string()).or_insert(0) += 1;
                }
            }
        }
    }
    // All that can be drawn here was.
    assert!(seen.len() >= 13, "{seen:?}");
    let ends = [(Kind::End, true), (Kind::Correction, true), (Kind::Correction, false)];
    assert!(ends.iter().all(|key| taken_of.get(key).is_some_and(|n| *n > 100)), "{taken_of:?}");
}

/// A correction names a line and says why; what leans on that line keeps it; a line is annulled once, and written again
/// where it was right.
#[test]
fn a_line_is_annulled_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.db");
    let mut ledger = written(&path);
    let before = ledger.head();
    let correction = |request, unit, line: u32| {
        Entry::new(day(9), Kind::Correction, request, unit).with("ligne", line).with("motif", "autre ménage")
    };
    let mut refused = |entry: Entry| match ledger.append(&[entry]) {
        Err(LedgerError::Refused(why)) => why.into_iter().next().unwrap().1,
        other => panic!("{other:?}"),
    };
    // D1's refusal is what lets D2, who stands after, have the unit.
    let Contradiction::Leans { line: 5, leans: 7, found, why } = refused(correction("D1", "L1", 5)) else {
        panic!()
    };
    assert_eq!(found, "D2");
    assert!(matches!(*why, Contradiction::Before { rank: 1, .. }), "{why:?}");
    for (request, unit, line) in
        [("D2", "L1", 5), ("D1", "L1", 2), ("", "", 1), ("D1", "L1", 8), ("D1", "L1", 0)]
    {
        let why = refused(correction(request, unit, line));
        assert!(matches!(why, Contradiction::NotCorrected { .. }), "{line}: {why:?}");
    }
    let silent = Entry { details: Default::default(), ..correction("D2", "L1", 7) };
    assert!(matches!(refused(silent.clone()), Contradiction::Detail { key: "ligne", .. }));
    let (empty, none) = (silent.clone().with("ligne", 7).with("motif", " "), silent.with("ligne", 7));
    assert!(matches!(refused(empty), Contradiction::Detail { key: "motif", .. }));
    assert!(matches!(refused(none), Contradiction::Detail { key: "motif", .. }));
    // The lease first, then the refusal; then D1 has accepted, and has the lease.
    ledger.append(&[correction("D2", "L1", 7), correction("D1", "L1", 5)]).unwrap();
    let answer = |kind| Entry::new(day(9), kind, "D1", "L1");
    ledger.append(&[answer(Kind::Acceptance), answer(Kind::Lease)]).unwrap();
    assert_eq!(ledger.state().leases().collect::<Vec<_>>(), [("D1", "L1")]);
    assert!(matches!(
        ledger.append(&[correction("D1", "L1", 5)]),
        Err(LedgerError::Refused(why)) if matches!(why[0].1, Contradiction::NotCorrected { line: 5, .. })
    ));
    assert_eq!(ledger.state().annulled().iter().map(|(a, b)| (*a, *b)).collect::<Vec<_>>(), [(5, 9), (7, 8)]);
    // Nothing of what was written has changed: the ledger as it was then is there.
    assert_eq!(ledger.lines()[6].hash, before);
    let again = Ledger::open(&LedgerPlace::of(&path)).unwrap();
    assert_eq!((again.lines(), again.state()), (ledger.lines(), ledger.state()));
    assert_eq!(again.up_to(7).unwrap().state().leases().collect::<Vec<_>>(), [("D2", "L1")]);
}

/// The end of a lease frees unit and household; the next list begins at rank 1, and the lease counts in its year all the same.
#[test]
fn a_lease_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = written(&folder.path().join("r.db"));
    let end = |request, unit, on| Entry::new(day(on), Kind::End, request, unit);
    let mut refused = |entry: Entry| match ledger.append(&[entry]) {
        Err(LedgerError::Refused(why)) => why.into_iter().next().unwrap().1,
        other => panic!("{other:?}"),
    };
    let holder = |why| matches!(why, Contradiction::NoLease { holder: Some(holder), .. } if holder == "D2");
    assert!(holder(refused(end("D1", "L1", 20))));
    assert!(matches!(refused(end("D3", "L2", 20)), Contradiction::NoLease { holder: None, .. }));
    assert!(matches!(refused(end("D2", "L1", 6)), Contradiction::TooEarly { line: 7, .. }));
    ledger.append(&[end("D2", "L1", 20)]).unwrap();
    assert_eq!((ledger.state().leases().count(), ledger.state().last_rank("L1")), (0, 0));
    assert_eq!(ledger.state().standing("L1").count(), 0);
    let leases: Vec<_> = ledger.state().leases_of(2017).map(|lease| (lease.request, lease.ended)).collect();
    assert_eq!(leases, [("D2", Some(day(20)))]);
    // D1 refused this unit: the ledger says so still.
    assert_eq!(ledger.state().struck().collect::<Vec<_>>(), [("D1", "L1")]);
    let offer = |request, rank: u32| Entry::new(day(21), Kind::Offer, request, "L1").with("rang", rank);
    let session = Entry::new(day(21), Kind::Session, "", "").with("propositions", 2);
    ledger.append(&[session, offer("D2", 1), offer("D4", 2)]).unwrap();
    ledger.append(&[Entry::new(day(22), Kind::Lease, "D2", "L1")]).unwrap();
    assert_eq!(ledger.state().leases_of(2017).count(), 2);
}

/// A session says how many offers follow it, and they do; ranks go on, and nothing is offered twice.
#[test]
fn a_session_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = written(&folder.path().join("r.db"));
    let session = |day, offers: u32| Entry::new(day, Kind::Session, "", "").with("propositions", offers);
    let offer = |request, unit, rank: u32| Entry::new(day(10), Kind::Offer, request, unit).with("rang", rank);
    let mut refused = |entries: &[Entry]| match ledger.append(entries) {
        Err(LedgerError::Refused(why)) => why.into_iter().next().unwrap(),
        other => panic!("{other:?}"),
    };
    assert!(matches!(refused(&[session(day(10), 2), offer("D4", "L2", 2)]), (1, Contradiction::Place(_))));
    assert!(matches!(refused(&[offer("D4", "L2", 2)]), (0, Contradiction::Place(_))));
    assert!(matches!(refused(&[session(day(2), 0)]), (0, Contradiction::TooEarly { line: 1, .. })));
    let (one, ten) = (session(day(10), 1), Entry::new(day(10), Kind::Session, "", ""));
    assert!(matches!(refused(&[ten]), (0, Contradiction::Detail { key: "propositions", .. })));
    assert!(matches!(
        refused(&[one.clone(), offer("D4", "L2", 1)]),
        (1, Contradiction::Detail { key: "rang", .. })
    ));
    assert!(matches!(refused(&[one.clone(), offer("D3", "L2", 2)]), (1, Contradiction::Twice { line: 4 })));
    assert!(matches!(
        refused(&[one.clone(), offer("D4", "L1", 3)]),
        (1, Contradiction::Given { line: 7, .. })
    ));
    assert!(matches!(
        refused(&[one.clone(), offer("D2", "L2", 2)]),
        (1, Contradiction::Housed { line: 7, .. })
    ));
    ledger.append(&[one, offer("D4", "L2", 2)]).unwrap();
    assert_eq!(ledger.state().last_rank("L2"), 2);
    assert_eq!(ledger.state().unanswered(), 2);
}
