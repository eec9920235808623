//! The ledger: a page that is played, weeks that are drawn and held against a book of the test's own, and what is refused.

use std::collections::{BTreeMap, BTreeSet};

use crate::database::Database;
use crate::matching_commands::{PACK, REQUESTS, RULES, SCHEMA, SHARE, UNITS};
use crate::played::{copied, play};
use crate::support::Folder;

#[test]
fn the_week_of_the_guide_is_what_the_commands_say() {
    let shown = play("docs/src/fr/semaine.md", &copied("scenarios/grand-dijon-2015", "donnees"));
    assert!(shown >= 36, "{shown}");
}

/// The small pack of the tests of the matching, with its requests and units.
fn place() -> Folder {
    Folder::of(&[
        ("regles/schema.toml", SCHEMA),
        ("regles/r.rhai", RULES),
        ("regles/pack.toml", PACK),
        ("regles/part.toml", SHARE),
        ("donnees/demandes.csv", REQUESTS),
        ("donnees/logements.csv", UNITS),
    ])
}

/// A command on the rules and the data of the folder, on a day.
fn on(folder: &Folder, command: &str, day: &str, more: &[&str]) -> (i32, String, String) {
    let base = [command, "--rules", "regles", "--data", "donnees", "--as-of", day, "--ledger", "r.db"];
    folder.logis(&[&base[..], more].concat())
}

/// Enters answers.
fn answer(folder: &Folder, rows: &str) -> (i32, String, String) {
    folder.write("reponses.csv", &format!("demande_id;logement_id;reponse;date;motif\n{rows}"));
    folder.logis(&["ledger", "answers", "--rules", "regles", "--ledger", "r.db", "reponses.csv"])
}

/// The rows of lists as CSV: unit, rank, request, and whether the place is shared.
fn rows(csv: &str) -> Vec<(String, usize, String, bool)> {
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0].to_string(), cells[1].parse().unwrap(), cells[2].to_string(), cells[5] == "true")
    };
    csv.lines().skip(1).map(row).collect()
}

/// Numbers that follow from a seed (xorshift).
pub struct Drawn(pub u64);

impl Drawn {
    pub fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// What the test itself knows of a history: nothing of it comes from the ledger.
#[derive(Default)]
struct Book {
    /// By unit: rank, request, and whether it was refused.
    lists: BTreeMap<String, Vec<(usize, String, bool)>>,
    leased: BTreeMap<String, String>,
    accepted: BTreeMap<String, String>,
}

impl Book {
    fn housed(&self, request: &str) -> bool {
        self.leased.values().any(|own| own == request)
    }

    /// Places of a unit that stand: rank and request.
    fn standing(&self, unit: &str) -> Vec<(usize, String)> {
        let list = self.lists.get(unit).into_iter().flatten();
        let stands = list.filter(|(_, request, refused)| !refused && !self.housed(request));
        stands.map(|(rank, request, _)| (*rank, request.clone())).collect()
    }

    fn refused(&self, request: &str, unit: &str) -> bool {
        self.lists.get(unit).into_iter().flatten().any(|(_, own, refused)| own == request && *refused)
    }

    /// Holds the lists of a session, and takes what is new in them.
    fn hold(&mut self, session: &[(String, usize, String, bool)], needs: &[u64], sizes: &[u64]) {
        let firsts: BTreeSet<&str> = {
            let mut seen = BTreeSet::new();
            session.iter().filter(|row| seen.insert(&row.0)).map(|row| row.2.as_str()).collect()
        };
        let mut own = BTreeSet::new();
        let mut new = Vec::new();
        for (at, size) in (1..).zip(sizes) {
            let unit = format!("L{at:02}");
            let list: Vec<_> = session.iter().filter(|row| row.0 == unit).collect();
            assert!(list.is_empty() || !self.leased.contains_key(&unit), "{unit} is let");
            let found: Vec<(usize, String)> = list.iter().map(|row| (row.1, row.2.clone())).collect();
            let standing = self.standing(&unit);
            if !standing.is_empty() && !self.leased.contains_key(&unit) {
                assert_eq!(found, standing, "{unit}: a list with somebody left is followed");
                continue;
            }
            let last = self.lists.get(&unit).and_then(|list| list.last()).map_or(0, |(rank, ..)| *rank);
            let ranks: Vec<usize> = found.iter().map(|(rank, _)| *rank).collect();
            assert_eq!(ranks, (last + 1..).take(ranks.len()).collect::<Vec<_>>(), "{unit}");
            for (_, _, request, shared) in &list {
                assert!(!self.housed(request) && !self.refused(request, &unit), "{request} {unit}");
                let need = needs[request.trim_start_matches('D').parse::<usize>().unwrap() - 1];
                assert!(need <= *size, "{request} {unit}");
                let elsewhere = self.lists.keys().filter(|other| !self.leased.contains_key(*other));
                let elsewhere = elsewhere.flat_map(|other| self.standing(other)).any(|(_, r)| r == *request);
                assert!(*shared || (!elsewhere && own.insert(request.clone())), "{request} promised twice");
            }
            if list.is_empty() && !self.leased.contains_key(&unit) {
                // Nobody whom it suits waits: each is housed, refused it, or is the first of another list.
                for (number, need) in (1..).zip(needs) {
                    let request = format!("D{number:02}");
                    let may = need <= size && !self.housed(&request) && !self.refused(&request, &unit);
                    assert!(!may || firsts.contains(request.as_str()), "{request} could have {unit}");
                }
            }
            new.push((unit, found));
        }
        for (unit, found) in new {
            let list = self.lists.entry(unit).or_default();
            list.extend(found.into_iter().map(|(rank, request)| (rank, request, false)));
        }
    }

    /// Answers as households might give them, in the order of ranks.
    fn answers(&mut self, draw: &mut Drawn, day: &str) -> String {
        let mut text = String::new();
        let units: Vec<String> =
            self.lists.keys().filter(|unit| !self.leased.contains_key(*unit)).cloned().collect();
        for unit in units {
            for (rank, request) in self.standing(&unit) {
                let mut say = |what: &str| text.push_str(&format!("{request};{unit};{what};{day};\n"));
                let here = self.accepted.get(&request) == Some(&unit);
                match draw.below(10) {
                    0..4 => {
                        say("refus");
                        if here {
                            self.accepted.remove(&request);
                        }
                        let list = self.lists.get_mut(&unit).unwrap();
                        list.iter_mut().find(|place| place.0 == rank).unwrap().2 = true;
                    }
                    answer @ 4..8 if here || !self.accepted.contains_key(&request) => {
                        if !here && answer < 7 {
                            say("acceptation");
                            self.accepted.insert(request.clone(), unit.clone());
                        }
                        if answer > 5 {
                            say("bail");
                            self.accepted.remove(&request);
                            self.leased.insert(unit.clone(), request.clone());
                        }
                        break;
                    }
                    _ => break,
                }
            }
        }
        text
    }
}

/// Drawn weeks: lists with somebody left are followed, the others are made of those who may stand in them; a session
/// that was entered gives its lists again; the ledger up to a line gives those of its week, byte for byte.
#[test]
fn drawn_weeks_follow_the_ledger_and_are_played_again() {
    let (mut leases, mut refills) = (0, 0);
    for seed in 1..=8 {
        let mut draw = Drawn(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(seed));
        let folder = place();
        let mut book = Book::default();
        let needs: Vec<u64> = (0..9 + draw.below(6)).map(|_| 1 + draw.below(3)).collect();
        let requests = (1..)
            .zip(&needs)
            .map(|(at, need)| format!("D{at:02},{need},{},{}\n", draw.below(90), draw.below(2) == 0));
        let requests: String = requests.collect();
        folder.write("donnees/demandes.csv", &format!("demande_id,besoin,points,modeste\n{requests}"));
        let (mut sizes, mut kept, mut line) = (Vec::new(), Vec::new(), 0);
        for week in 0..5 {
            sizes.extend((0..1 + draw.below(3)).map(|_| 1 + draw.below(3)));
            let units = (1..).zip(&sizes).map(|(at, size)| format!("L{at:02},{size},false\n"));
            let units = format!("logement_id,taille,quartier\n{}", units.collect::<String>());
            folder.write("donnees/logements.csv", &units);
            let day = format!("2017-07-{:02}", 3 + 6 * week);
            let csv = ["--format", "csv"];
            let (code, lists, err) = on(&folder, "commission", &day, &[&csv[..], &["--append"]].concat());
            assert_eq!(code, 0, "{err}");
            let before = book.lists.clone();
            book.hold(&rows(&lists), &needs, &sizes);
            refills += before.iter().filter(|(unit, list)| book.lists[*unit].len() > list.len()).count();
            let again = on(&folder, "commission", &day, &csv);
            assert_eq!((again.0, &again.1), (0, &lists), "{}", again.2);
            kept.push((units, day.clone(), line, lists));
            let text = book.answers(&mut draw, &day);
            let (code, _, err) = answer(&folder, &text);
            assert_eq!(code, 0, "{text}\n{err}");
            let shown = folder.logis(&["ledger", "show", "--ledger", "r.db", "--format", "csv"]).1;
            line = shown.lines().count() - 1;
        }
        for (units, day, line, lists) in kept {
            folder.write("donnees/logements.csv", &units);
            let up_to = line.to_string();
            let (code, then, err) = on(&folder, "commission", &day, &["--format", "csv", "--up-to", &up_to]);
            assert_eq!((code, then), (0, lists), "{err}");
            assert!(err.contains(&format!("du {day}, est celle-ci")), "{err}");
        }
        leases += book.leased.len();
    }
    assert!(leases > 10 && refills > 3, "{leases} {refills}");
}

/// Half of the year's leases go to the modest, and not half of each week's. One unit a week: alone, each asks for a modest
/// household (half of one, rounded up). The first week D3 has it, the most points of the modest; with it one of one is
/// modest, of two one is half: the second week D1 has the most points. Of three, two must be modest: one lacks again.
/// A year later nothing counts any more.
#[test]
fn shares_are_counted_over_the_year() {
    let folder = place();
    folder.write("donnees/demandes.csv", "demande_id,besoin,points,modeste\nD1,1,90,false\nD2,1,80,false\nD3,1,20,true\nD4,1,10,true\nD5,1,70,false\n");
    let mut units = "logement_id,taille,quartier\n".to_string();
    let year = |err: &str| -> Vec<String> {
        err.lines().filter(|line| line.contains("depuis le 1er janvier")).map(str::to_string).collect()
    };
    for (unit, day, expected, told) in [
        ("L1", "2017-07-03", "D3", None),
        ("L2", "2017-07-10", "D1", Some("1 sur 1")),
        ("L3", "2017-07-17", "D4", Some("1 sur 2")),
        ("L4", "2017-07-24", "D2", Some("2 sur 3")),
    ] {
        units.push_str(&format!("{unit},1,false\n"));
        folder.write("donnees/logements.csv", &units);
        let (code, lists, err) =
            on(&folder, "commission", day, &["--append", "--format", "csv", "--candidates", "1"]);
        assert_eq!(code, 0, "{err}");
        let own: Vec<_> = rows(&lists).into_iter().map(|row| (row.0, row.2)).collect();
        assert_eq!(own, [(unit.to_string(), expected.to_string())]);
        let expected_words =
            told.map(|told| format!("registre: quota modestes: {told} baux depuis le 1er janvier 2017"));
        assert_eq!(year(&err), Vec::from_iter(expected_words), "{err}");
        // The matching of the day: what is let is made in it and counts there, and not before.
        let (code, out, err) = on(&folder, "match", day, &["--format", "json"]);
        assert_eq!(code, 0, "{err}");
        let read: serde_json::Value = serde_json::from_str(&out).unwrap();
        assert!(read["quotas"][0].get("already").is_none() && year(&err).is_empty(), "{out}{err}");
        assert_eq!(answer(&folder, &format!("{expected};{unit};bail;{day};\n")).0, 0);
    }
    let shown = folder.logis(&["ledger", "show", "--ledger", "r.db", "--format", "csv"]).1;
    assert!(shown.contains(r#""{""quotas"":{""modestes"":true},""rang"":1}""#), "{shown}");
    // The units that are let leave the data: their leases count before the problem. Three of five are to be modest, two are;
    // nobody modest waits, so that one lacks.
    folder.write("donnees/logements.csv", "logement_id,taille,quartier\nL5,1,false\n");
    let (code, out, err) = on(&folder, "match", "2017-12-31", &["--format", "json", "-o", "m.json"]);
    assert_eq!(code, 0, "{out}{err}");
    let text = folder.read("m.json");
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    let quota = &read["quotas"][0];
    assert_eq!(quota["already"], serde_json::json!({"members": 2, "base": 4}));
    assert_eq!((&quota["base"], &quota["members"], &quota["shortfall"]), (&1.into(), &0.into(), &1.into()));
    assert!(err.contains("2 sur 4"), "{err}");
    let verify = |name: &str, day: &str| on(&folder, "verify", day, &["--match", name]);
    assert_eq!(verify("m.json", "2017-12-31").0, 0);
    folder.write("n.json", &text.replace("\"base\": 4", "\"base\": 3"));
    let (code, _, err) = verify("n.json", "2017-12-31");
    assert!(
        code == 1 && err.contains("le quota `modestes` annonce ce qui compte déjà 2/3, attendu : 2/4"),
        "{err}"
    );
    // In the year after, half of one is one, and nothing is left of the year before.
    let (code, out, err) = on(&folder, "match", "2018-01-02", &["--format", "json"]);
    assert_eq!(code, 0, "{err}");
    let read: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert!(read["quotas"][0].get("already").is_none(), "{out}");
    assert_eq!(read["attributions"][0]["demande_id"], "D5");
}

/// A session that follows no list is the one that there would be without a ledger, quotas that come before the number of
/// attributions included (three quarters to the modest, of whom there are two for three units).
#[test]
fn the_first_session_is_the_commission_of_before() {
    let folder = place();
    folder.write("regles/part.toml", &SHARE.replace("0.5", "0.75"));
    let mut all = Vec::new();
    for pack in [PACK.to_string(), PACK.replace("share = \"part\"", "share = \"part\"\nhard = true")] {
        folder.write("regles/pack.toml", &pack);
        let _ = std::fs::remove_file(folder.path("r.db"));
        let plain = [
            "commission",
            "--rules",
            "regles",
            "--data",
            "donnees",
            "--as-of",
            "2017-07-03",
            "--format",
            "csv",
        ];
        let (code, plain, err) = folder.logis(&plain);
        assert_eq!(code, 0, "{err}");
        let (code, lists, err) = on(&folder, "commission", "2017-07-03", &["--append", "--format", "csv"]);
        assert_eq!((code, &lists), (0, &plain), "{err}");
        all.push(lists);
    }
    assert_ne!(all[0], all[1]);
}

/// L1 is for one, L2 and L3 for two. The first week: D1 is before D2 at L1 or elsewhere; what follows uses the lists as they are
/// written.
#[test]
fn what_contradicts_the_ledger_is_refused_with_its_place() {
    let folder = place();
    let (code, lists, err) = on(&folder, "commission", "2017-07-03", &["--append", "--format", "csv"]);
    assert_eq!(code, 0, "{err}");
    let lists = rows(&lists);
    let of = |unit: &str| -> Vec<String> {
        lists.iter().filter(|row| row.0 == unit).map(|row| row.2.clone()).collect()
    };
    let (first, second) = (of("L1")[0].clone(), of("L1")[1].clone());
    let never = of("L2").iter().chain(&of("L3")).find(|request| !of("L1").contains(request)).unwrap().clone();
    let before = folder.logis(&["ledger", "show", "--ledger", "r.db", "--format", "csv"]).1;
    for (text, why) in [
        (
            "D9;L1;refus;2017-07-04;\n",
            "2: colonne `demande_id`: « D9 » n'est la demande d'aucune proposition du registre; attendu pour L1: ",
        ),
        (
            "D1;L7;refus;2017-07-04;\n",
            "2: colonne `logement_id`: « L7 » n'est le logement d'aucune proposition du registre; vouliez-vous dire `L1` ?",
        ),
        (&format!("{never};L1;refus;2017-07-04;\n"), "n'a pas de proposition pour L1; attendu: "),
        (
            &format!("{first};L1;refu;2017-07-04;\n"),
            "2: colonne `reponse`: « refu » n'est pas une réponse; attendu: acceptation, refus, bail, fin_de_bail, decision, exclusion, rectification; vouliez-vous dire `refus` ?",
        ),
        (&format!("{first};L1;proposition;2017-07-04;\n"), "« proposition » n'est pas une réponse"),
        (
            &format!("{first};L1;refus;4 juillet;\n"),
            "2: colonne `date`: « 4 juillet » n'est pas une date; attendu: 2017-06-30 ou 30/06/2017",
        ),
        (
            &format!("{first};L1;refus;2017-07-02;\n"),
            "2: colonne `date`: « 2017-07-02 » est avant le 2017-07-03, jour de la ligne 2 du registre",
        ),
        (
            &format!("{second};L1;bail;2017-07-04;\n"),
            &format!(
                "2: colonne `demande_id`: « {second} » passe après {first}, au rang 1, qui n'a pas refusé L1"
            ),
        ),
        (
            &format!("{first};L1;refus;2017-07-04;\n{first};L1;refus;2017-07-05;\n"),
            "3: colonne `reponse`: « refus » est déjà inscrit pour ce couple",
        ),
        (
            &format!("{first};L1;refus;2017-07-04;\n{first};L1;bail;2017-07-05;\n"),
            "3: colonne `reponse`: « bail » vient après le refus de ce couple",
        ),
        (
            &format!("{first};L1;bail;2017-07-04;\n{second};L1;bail;2017-07-05;\n"),
            &format!("3: colonne `logement_id`: « L1 » est déjà à la demande {first} (bail)"),
        ),
        (
            &format!("{first};L1;bail;2017-07-04;\n{first};L1;refus;2017-07-05;\n"),
            "3: colonne `reponse`: « refus » vient après le bail de ce couple",
        ),
        (
            "D8;L1;decision;2017-07-04;\n",
            &format!("2: colonne `demande_id`: « D8 » passe après {first}, au rang 1"),
        ),
        (
            &format!("{first};L1;exclusion;2017-07-04;\n{first};L1;acceptation;2017-07-05;\n"),
            "3: colonne `reponse`: « acceptation » vient après l'exclusion de ce couple",
        ),
    ] {
        let (code, out, err) = answer(&folder, text);
        assert!(
            code == 2 && out.is_empty() && err.contains(&format!("reponses.csv:{why}")) || err.contains(why),
            "{text}: {code} {err}"
        );
        assert_eq!(
            folder.logis(&["ledger", "show", "--ledger", "r.db", "--format", "csv"]).1,
            before,
            "{text}"
        );
    }
    folder.write("reponses.csv", "demande_id,logement_id,reponses,date\nD1,L1,refus,2017-07-04\n");
    let (code, _, err) =
        folder.logis(&["ledger", "answers", "--rules", "regles", "--ledger", "r.db", "reponses.csv"]);
    assert!(code == 2 && err.contains("reponses.csv:1: la colonne `reponse` manque à l'en-tête; attendu: reponse, date vouliez-vous dire `reponses` ?"), "{err}");
    // A session is not before the last, and of a day that is given; a line that is none, or within a session, is no end.
    let (code, _, err) = on(&folder, "commission", "2017-07-02", &["--append"]);
    assert!(code == 2 && err.contains("est avant le 2017-07-03"), "{err}");
    let (code, _, err) = folder.logis(&[
        "commission",
        "--rules",
        "regles",
        "--data",
        "donnees",
        "--ledger",
        "r.db",
        "--append",
    ]);
    assert!(code == 2 && err.contains("--append: attendu: --as-of, le jour de la séance"), "{err}");
    for (line, why) in [("3", "la ligne 3 est dans une séance"), ("99", "n'a pas de ligne 99")] {
        let (code, _, err) = on(&folder, "commission", "2017-07-03", &["--up-to", line]);
        assert!(code == 2 && err.contains(why), "{err}");
    }
    let (code, _, err) = on(&folder, "commission", "2017-07-04", &["--up-to", "0", "--format", "csv"]);
    assert!(code == 1 && err.contains("du 2017-07-03, est une autre: jour 2017-07-04 ici"), "{err}");
    let (code, _, err) = folder.logis(&["ledger", "show", "--ledger", "s.db"]);
    assert!(code == 2 && err.contains("s.db: registre: ce registre n'existe pas"), "{err}");
    assert_eq!(folder.logis(&["ledger", "check", "--ledger", "donnees/logements.csv"]).0, 1);
    let (code, _, err) =
        folder.logis(&["ledger", "show", "--ledger", "r.db", "--format", "csv", "-o", "r.db"]);
    assert!(code == 2 && err.contains("remplacerait r.db, que --ledger lit"), "{err}");
}

/// A matching keeps what is let, decided and firmly accepted, and makes no refused pair. What has left the data leaves with
/// the other side of its pair.
#[test]
fn a_matching_keeps_what_the_ledger_says() {
    let folder = place();
    let (code, lists, err) = on(&folder, "commission", "2017-07-03", &["--append", "--format", "csv"]);
    assert_eq!(code, 0, "{err}");
    let lists = rows(&lists);
    let first = |unit: &str| lists.iter().find(|row| row.0 == unit).unwrap().2.clone();
    let (one, two) = (first("L1"), first("L2"));
    let (code, out, err) = answer(
        &folder,
        &format!(
            "{one};L1;bail;2017-07-05;\n{two};L2;refus;2017-07-05;trop petit\nD5;L3;exclusion;05/07/2017;\n"
        ),
    );
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("Inscrit: refus: 1, bail: 1, exclusion: 1.\n"), "{out}");
    let matched = |more: &[&str]| {
        let (code, out, err) = on(&folder, "match", "2017-07-10", &[&["--format", "json"], more].concat());
        assert_eq!(code, 0, "{err}");
        folder.write("m.json", &out);
        let read: serde_json::Value = serde_json::from_str(&out).unwrap();
        let rows = read["attributions"].as_array().unwrap().iter();
        let pair = |row: &serde_json::Value| {
            let of = |key: &str| row[key].as_str().unwrap().to_string();
            (of("demande_id"), of("logement_id"))
        };
        let head = read["certificate"]["problem"]["ledger"].as_str().unwrap().to_string();
        (rows.map(pair).collect::<Vec<_>>(), head, err)
    };
    let (pairs, head, err) = matched(&[]);
    assert!(pairs.contains(&(one.clone(), "L1".to_string())), "{pairs:?}");
    assert!(!pairs.contains(&(two.clone(), "L2".to_string())) && pairs.len() == 3, "{pairs:?}");
    assert!(err.contains("registre: propositions sans réponse: "), "{err}");
    let shown = folder.logis(&["ledger", "show", "--ledger", "r.db", "--format", "csv"]).1;
    assert!(shown.trim_end().ends_with(&head), "{head}\n{shown}");
    assert!(shown.contains(r#""{""motif"":""trop petit""}""#), "{shown}");
    let verify =
        |more: &[&str]| on(&folder, "verify", "2017-07-10", &[&["--match", "m.json"], more].concat());
    assert_eq!(verify(&[]).0, 0);
    // Against another ledger, or without one, it does not hold.
    let number = shown.lines().count() - 1;
    let (code, _, err) = answer(&folder, &format!("{};L3;acceptation;2017-07-11;\n", first("L3")));
    assert_eq!(code, 0, "{err}");
    let (code, _, err) = verify(&[]);
    assert!(code == 1 && err.contains("dernière empreinte du registre: sha256:"), "{err}");
    assert!(err.contains(&format!("après sa ligne {number}: --up-to {number}")), "{err}");
    assert_eq!(verify(&["--up-to", &number.to_string()]).0, 0);
    let plain = folder.logis(&[
        "verify",
        "--rules",
        "regles",
        "--data",
        "donnees",
        "--as-of",
        "2017-07-10",
        "--match",
        "m.json",
    ]);
    assert!(plain.0 == 1 && plain.2.contains("attendu : sans registre"), "{}", plain.2);
    // What is fixed cannot be against the ledger.
    folder.write("f.csv", &format!("demande_id,logement_id\n{one},L2\n"));
    let (code, _, err) = on(&folder, "match", "2017-07-10", &["--fix", "f.csv"]);
    assert!(
        code == 2
            && err.contains(&format!("f.csv:2: le couple {one}, L2 contredit le registre: {one} y a L1")),
        "{err}"
    );
    // L1 leaves the data: who has it gets no other.
    folder.write("donnees/logements.csv", &UNITS.replace("L1,1,false\n", ""));
    let (pairs, _, err) = matched(&[]);
    assert!(!pairs.iter().any(|(request, _)| *request == one) && !pairs.is_empty(), "{pairs:?}");
    assert!(err.contains("dont la demande et le logement n'y comptent pas: 1"), "{err}");
}

/// The same weeks with a file and with a database: the same lists, lines, results and words.
#[test]
fn weeks_in_a_database_are_those_in_a_file() {
    let Some(database) = Database::start() else { return };
    let address = database.address();
    let week = |ledger: &str| {
        let folder = place();
        let mut told = Vec::new();
        let mut run = |arguments: &[&str]| {
            let (code, out, err) = folder.logis(&[arguments, &["--ledger", ledger]].concat());
            told.push((code, out, err.replace(ledger, "LEDGER").replace("postgres://%2F", "%2F")));
        };
        let base = ["--rules", "regles", "--data", "donnees"];
        for day in ["2017-07-03", "2017-07-10"] {
            run(&[&["commission"], &base[..], &["--as-of", day, "--format", "csv", "--append"]].concat());
            let lists = rows(&told_last(&folder, ledger, day));
            let (unit, _, request, _) = &lists[0];
            let row = format!(
                "demande_id;logement_id;reponse;date;motif\n{request};{unit};refus;{day};trop loin\n"
            );
            folder.write("reponses.csv", &row);
            run(&["ledger", "answers", "--rules", "regles", "reponses.csv"]);
        }
        run(&[&["match"], &base[..], &["--as-of", "2017-07-17", "--format", "csv"]].concat());
        run(&["ledger", "show", "--format", "csv"]);
        run(&["ledger", "check"]);
        assert!(told.iter().all(|(code, ..)| *code == 0), "{told:?}");
        told
    };
    assert_eq!(week("r.db"), week(&address));
    // No password is shown.
    let folder = place();
    let (code, _, err) =
        folder.logis(&["ledger", "check", "--ledger", "postgres://logis:secret@127.0.0.1:1/registre"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("postgres://127.0.0.1:1/registre: registre") && !err.contains("secret"), "{err}");
}

/// The lists of a session that was entered, as its command gives them again.
fn told_last(folder: &Folder, ledger: &str, day: &str) -> String {
    let base = ["commission", "--rules", "regles", "--data", "donnees", "--as-of", day, "--format", "csv"];
    folder.logis(&[&base[..], &["--ledger", ledger]].concat()).1
}
