//! What a change of rules does, held against both packs decided row by row by Rhai's interpreter.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::support::files;
use logis::Pack;
use logis::compare::{
    Change, Comparison, Difference, Effect, Expected, Kind, Report, Structure, Unaccepted, draft,
    reads_the_same,
};
use logis::data::{Dataset, InputFile, Needs, read};
use logis::reference::{Answer, Interpreter};
use logis::value::{Date, Exact, parse_date};

/// The project's own pack, a text of one of its files replaced.
fn rules(file: &str, from: &str, to: &str) -> Pack {
    let mut all = Vec::new();
    files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules")), "", &mut all);
    let (_, bytes) = all.iter_mut().find(|(name, _)| name == file).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains(from));
    *bytes = text.replacen(from, to, 1).into_bytes();
    Pack::from_files("rules", all).unwrap()
}

fn date(text: &str) -> Date {
    parse_date(text).unwrap()
}

fn data(pack: &Pack, tables: &[(&str, &str)]) -> Dataset {
    let file =
        |(name, text): &(&str, &str)| InputFile { name: name.to_string(), bytes: text.as_bytes().to_vec() };
    let parsed = pack.parsed();
    let read = read(&parsed.schema, &parsed.references, tables.iter().map(file).collect(), &Needs::default());
    assert!(read.issues.iter().all(|i| !i.is_error()), "{:?}", read.issues);
    read.dataset
}

/// Requests of one or two persons in two communes, with incomes on both sides of the ceilings of 2017.
fn requests() -> (String, String) {
    let mut requests = String::from("demande_id,date_demande,commune,rfr_n2,rfr_n1,revenus_12_mois\n");
    let mut persons = String::from("personne_id,demande_id,lien,date_naissance,a_charge,handicap\n");
    for number in 0..120 {
        let income = match number % 4 {
            0 => 20_115 + number / 4 % 20,
            1 => 11_060 + number / 4 % 16,
            2 => 26_150 + number / 4 % 23,
            _ => 15_000 + 60 * number,
        };
        let commune = if number % 3 == 0 { "21231" } else { "21166" };
        // Of every eleventh, last year's income is not known.
        let last = if number % 11 == 5 { String::new() } else { income.to_string() };
        writeln!(requests, "D{number},2017-01-01,{commune},{income},{last},{}", income + 1000).unwrap();
        writeln!(persons, "P{number},D{number},demandeur,1980-01-01,false,false").unwrap();
        if number % 5 == 0 {
            writeln!(persons, "Q{number},D{number},conjoint,1975-01-01,false,false").unwrap();
        }
    }
    (requests, persons)
}

const NAMES: [&str; 7] = [
    "ressources",
    "plafond_plai",
    "plafond_plus",
    "plafond_pls",
    "eligible_plai",
    "eligible_plus",
    "eligible_pls",
];

/// By rule and kind: identifiers of the rows, as the interpreter decides both packs. What it cannot decide
/// is left out: the plan's authority there is another test's.
fn brute(
    base: &Pack,
    head: &Pack,
    data: &Dataset,
    at: Date,
) -> BTreeMap<(String, &'static str), Vec<String>> {
    let plans = [base, head].map(|pack| pack.plan(at, &NAMES).unwrap());
    let [old, new] = [&plans[0], &plans[1]].map(|plan| Interpreter::new(plan, data).unwrap());
    let entity = plans[0].entity;
    let mut found: BTreeMap<(String, &'static str), Vec<String>> = BTreeMap::new();
    for (row, id) in data.tables[entity].ids.texts().enumerate() {
        for name in NAMES {
            let kind = match (old.decide_name(name, row as u64), new.decide_name(name, row as u64)) {
                (Answer::Known(a), Answer::Known(b)) if a == b => continue,
                (Answer::Known(a), Answer::Known(b)) => {
                    match (a.to_string().as_str(), b.to_string().as_str()) {
                        (_, "true") => "devient_vrai",
                        (_, "false") => "devient_faux",
                        _ if a < b => "hausse",
                        _ => "baisse",
                    }
                }
                _ => continue,
            };
            found.entry((name.to_string(), kind)).or_default().push(id.to_string());
        }
    }
    found
}

fn word(kind: Kind) -> String {
    kind.name().to_string()
}

fn compare(
    base: &Pack,
    head: &Pack,
    old: &Dataset,
    new: &Dataset,
    at: Date,
    names: &[&str],
    by: &[&str],
) -> Report {
    let mut comparison = Comparison::new(base, head, names, by).unwrap();
    for pair in comparison.pairs(at) {
        comparison.rows("corpus", &pair, old, new);
    }
    comparison.report()
}

const PLUS: &str = "national/plafonds/plus.toml";

/// One threshold raised by one euro, from the figures of 1 January 2017.
fn raised() -> (Pack, Pack) {
    let base = rules(PLUS, "20123, ", "20123, ");
    let head = rules(PLUS, "20123, ", "20124, ");
    (base, head)
}

#[test]
fn one_euro_gives_the_flips_of_brute_force() {
    let (base, head) = raised();
    let (requests, persons) = requests();
    let data = data(&base, &[("demandes.csv", &requests), ("personnes.csv", &persons)]);
    let at = date("2017-06-30");
    let expected = brute(&base, &head, &data, at);
    // There is something to find: D36 and D116 have 20,124 EUR; every single person's ceiling moves.
    assert_eq!(expected[&("eligible_plus".to_string(), "devient_vrai")], ["D36", "D116"]);
    assert_eq!(expected[&("plafond_plus".to_string(), "hausse")].len(), 96);
    let report = compare(&base, &head, &data, &data, at, &NAMES, &["commune", "categorie_menage"]);
    let mut counted: BTreeMap<(String, String), u64> = BTreeMap::new();
    for d in &report.differences {
        *counted.entry((d.rule.clone(), word(d.kind))).or_default() += d.count;
        assert_eq!(
            d.cause.in_full(),
            "plafond_plus: plus.plafond[autres_regions, 1] 20123 → 20124",
            "{}",
            d.rule
        );
        assert_eq!(d.by["commune"].values().sum::<u64>(), d.count);
        assert_eq!(d.by["categorie_menage"], BTreeMap::from([("1".to_string(), d.count)]));
    }
    let brute: BTreeMap<(String, String), u64> = expected
        .iter()
        .map(|((rule, kind), ids)| ((rule.clone(), kind.to_string()), ids.len() as u64))
        .collect();
    assert_eq!(counted, brute);
    let flips = report.differences.iter().find(|d| d.rule == "eligible_plus").unwrap();
    let ids = &expected[&("eligible_plus".to_string(), "devient_vrai")];
    let dijon = ids.iter().filter(|id| id[1..].parse::<usize>().unwrap() % 3 == 0).count() as u64;
    assert_eq!(flips.by["commune"]["21231"], dijon);
    assert_eq!(flips.effect, Effect::Gain);
    assert_eq!(flips.example.about, format!("demande {}", ids[0]));
    assert!(flips.example.explained_before.is_some() && flips.example.explained_after.is_some());
    // A ceiling is neither good nor bad.
    let ceiling = report.differences.iter().find(|d| d.rule == "plafond_plus").unwrap();
    assert_eq!(ceiling.effect, Effect::Neutral);
    assert_eq!(ceiling.moved.as_ref().unwrap().total, Exact::from_integer(96));
    // What cannot differ was not decided.
    assert!(!report.seen[0].rules.contains(&"eligible_plai".to_string()));
}

#[test]
fn nothing_differs_where_nothing_changed() {
    let (base, head) = raised();
    let mut comparison = Comparison::new(&base, &head, &NAMES, &[]).unwrap();
    // In 2018 other figures are in force.
    assert!(comparison.pairs(date("2018-06-30")).is_empty());
    assert_eq!(comparison.pairs(date("2017-06-30")).len(), 1);
}

/// The cases of the pack that expect the ceiling, or stand at it, are found without any data.
#[test]
fn the_recorded_cases_are_a_corpus() {
    let (base, head) = raised();
    let mut comparison = Comparison::new(&base, &head, &["plafond_plus"], &[]).unwrap();
    let none = data(&base, &[]);
    comparison.cases("cas", (&none, &none), true).unwrap();
    let report = comparison.report();
    assert!(!report.differences.is_empty());
    assert!(
        report.differences.iter().all(|d| d.rule == "plafond_plus" && d.example.about.starts_with("cas «"))
    );
    let mut same = Comparison::new(&base, &base, &["plafond_plus"], &[]).unwrap();
    same.cases("cas", (&none, &none), false).unwrap();
    assert!(same.report().differences.is_empty());
}

const SCHEMA: &str = "[commune]\nsource = \"communes.csv\"\nkey = \"commune\"\nfields.zone = { values = [\"a\", \"b\"] }\n\
[menage]\ntable = \"menages\"\nkey = \"menage_id\"\nbelongs_to.commune = { column = \"commune\" }\n\
fields.revenu = { type = \"amount\", unit = \"EUR/an\" }\n\
[personne]\ntable = \"personnes\"\nkey = \"personne_id\"\nbelongs_to.menage = { column = \"menage_id\", required = true }\n\
fields.age = { type = \"integer\" }\n";
const PARAMETERS: &str = "[plafond]\nby = [\"zone\"]\n[[plafond.values]]\nfrom = 2017-01-01\n\
source = { title = \"art. 1\" }\na = 200\nb = 100\n[majorite]\n[[majorite.values]]\nfrom = 2017-01-01\n\
source = { title = \"art. 2\" }\nvalue = 18\n";
const RULES: &str = "//! entité: menage\n\
/// Plafond.\n/// unité: EUR/an\n/// sens: neutre\nfn plafond_du_menage(zone) { param(\"plafond\", zone) }\n\
/// Sous le plafond.\nfn sous_plafond(revenu, plafond_du_menage) { revenu <= plafond_du_menage }\n\
/// Un majeur.\nfn avec_majeur(majeur) { un(majeur) }\n\
/// Eligible.\nfn eligible(sous_plafond, avec_majeur) { avec_majeur && sous_plafond }\n\
/// Aide.\n/// unité: EUR\nfn aide(eligible) { if eligible { 50 } else { 0 } }\n";
const PERSONS: &str = "//! entité: personne\n/// Majeur.\nfn majeur(age) { age >= param(\"majorite\") }\n";
const COMMUNES: &str = "commune,zone\nc1,a\nc2,b\n";

fn small(schema: &str, parameters: &str, rules: &str, communes: &str) -> Pack {
    let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    let files = vec![
        file("pack.toml", "[groups]\npublics = [\"avec_majeur\", \"majeur\"]\n"),
        file("schema.toml", schema),
        file("p.toml", parameters),
        file("menage.rhai", rules),
        file("personne.rhai", PERSONS),
        file("communes.csv", communes),
    ];
    Pack::from_files("", files).unwrap()
}

const MENAGES: &str =
    "menage_id,commune,revenu\nM1,c1,200\nM2,c1,201\nM3,c2,100\nM4,c2,101\nM5,c2,\nM6,c2,50\n";
const PERSONNES: &str =
    "personne_id,menage_id,age\nP1,M1,40\nP2,M2,18\nP3,M3,17\nP4,M3,16\nP5,M4,50\nP6,M5,30\nP7,M6,17\n";

fn run(base: &Pack, head: &Pack) -> Report {
    let tables = [("menages.csv", MENAGES), ("personnes.csv", PERSONNES)];
    let old = data(base, &tables);
    let new = data(head, &tables);
    let names = ["plafond_du_menage", "sous_plafond", "eligible", "aide"];
    match reads_the_same(base.parsed(), head.parsed()) {
        true => compare(base, head, &old, &old, date("2017-06-30"), &names, &["commune", "zone"]),
        false => compare(base, head, &old, &new, date("2017-06-30"), &names, &["commune", "zone"]),
    }
}

fn lines(report: &Report) -> Vec<String> {
    let line = |d: &Difference| format!("{} {} {} {}", d.rule, word(d.kind), d.count, d.cause.in_full());
    report.differences.iter().map(line).collect()
}

fn pack() -> Pack {
    small(SCHEMA, PARAMETERS, RULES, COMMUNES)
}

/// Two thresholds at once: each difference is traced to the one that made it. Ceiling of zone b 100 → 101:
/// M4 (101) comes under it. Majority 18 → 17: M3 (17, income 100) and M6 (17, 50) have an adult now.
#[test]
fn each_difference_is_traced_to_what_made_it() {
    let head = small(
        SCHEMA,
        &PARAMETERS.replace("b = 100", "b = 101").replace("value = 18", "value = 17"),
        RULES,
        COMMUNES,
    );
    assert_eq!(
        lines(&run(&pack(), &head)),
        [
            "plafond_du_menage hausse 4 plafond_du_menage: plafond[b] 100 → 101",
            "sous_plafond devient_vrai 1 plafond_du_menage: plafond[b] 100 → 101",
            "eligible devient_vrai 2 majeur: majorite 18 → 17",
            "eligible devient_vrai 1 plafond_du_menage: plafond[b] 100 → 101",
            "aide hausse 2 majeur: majorite 18 → 17",
            "aide hausse 1 plafond_du_menage: plafond[b] 100 → 101",
        ]
    );
}

/// `<` for `<=` takes the right from those at the ceiling: M1 (200 of 200) and M3 (100 of 100); M3 has no
/// adult, so only M1 loses its aid of 50.
#[test]
fn a_text_is_a_cause() {
    let head = small(SCHEMA, PARAMETERS, &RULES.replace("revenu <=", "revenu <"), COMMUNES);
    let report = run(&pack(), &head);
    assert_eq!(
        lines(&report),
        [
            "sous_plafond devient_faux 2 sous_plafond: texte",
            "eligible devient_faux 1 sous_plafond: texte",
            "aide baisse 1 sous_plafond: texte",
        ]
    );
    let aid = &report.differences[2];
    assert_eq!((aid.effect, aid.moved.as_ref().unwrap().total), (Effect::Loss, Exact::from_integer(-50)));
    assert_eq!(aid.by["zone"], BTreeMap::from([("a".to_string(), 1)]));
    let structure = Structure::new(pack().parsed(), head.parsed());
    assert_eq!((structure.rules.len(), structure.rules[0].change), (1, Change::Changed));
    assert!(structure.parameters.is_empty() && structure.fields.is_empty());
}

/// By the rules of a group that are true of who gains or loses, of the row or of one of its members: M4 comes
/// under the ceiling, and has an adult. Of those whose ceiling moves it is not asked.
#[test]
fn gains_and_losses_are_counted_by_group() {
    let head = small(SCHEMA, &PARAMETERS.replace("b = 100", "b = 101"), RULES, COMMUNES);
    let tables = [("menages.csv", MENAGES), ("personnes.csv", PERSONNES)];
    let data = data(&head, &tables);
    let names = ["plafond_du_menage", "eligible"];
    let report = compare(&pack(), &head, &data, &data, date("2017-06-30"), &names, &["publics", "zone"]);
    let [ceiling, eligible] = &report.differences[..] else { panic!("{:?}", lines(&report)) };
    assert_eq!(ceiling.by.keys().collect::<Vec<_>>(), ["zone"]);
    let both = BTreeMap::from([("avec_majeur".to_string(), 1), ("majeur".to_string(), 1)]);
    assert_eq!(eligible.by["publics"], both);
}

/// An income that is not known becomes one that decides: where it is not read any more.
#[test]
fn unknown_and_error_are_counted() {
    let head = small(
        SCHEMA,
        PARAMETERS,
        &RULES.replace("revenu <= plafond_du_menage", "plafond_du_menage > 0"),
        COMMUNES,
    );
    assert!(
        lines(&run(&pack(), &head)).contains(&"sous_plafond devient_connu 1 sous_plafond: texte".to_string())
    );
    assert!(
        lines(&run(&head, &pack()))
            .contains(&"sous_plafond devient_inconnu 1 sous_plafond: texte".to_string())
    );
    let broken = small(SCHEMA, &PARAMETERS.replace("a = 200\n", ""), RULES, COMMUNES);
    let report = run(&pack(), &broken);
    assert_eq!(
        lines(&report)[0],
        "plafond_du_menage erreur 2 plafond_du_menage: plafond[a] 200 → aucune valeur"
    );
    assert_eq!(
        lines(&run(&broken, &pack()))[0],
        "plafond_du_menage erreur_levee 2 plafond_du_menage: plafond[a] aucune valeur → 200"
    );
}

/// A household of a commune whose zone is not known: either ceiling is possible. With 150 it is under the one
/// and over the other; with the lower one raised to 150, under both. Its ceiling is unknown before and after:
/// the cell that made the difference is named all the same.
#[test]
fn what_is_unknown_on_both_sides_is_a_cause() {
    let communes = "commune,zone\nc3,\n";
    let base = small(SCHEMA, PARAMETERS, RULES, communes);
    let head = small(SCHEMA, &PARAMETERS.replace("b = 100", "b = 150"), RULES, communes);
    let tables = [
        ("menages.csv", "menage_id,commune,revenu\nM1,c3,150\n"),
        ("personnes.csv", "personne_id,menage_id,age\n"),
    ];
    let data = data(&head, &tables);
    let names = ["plafond_du_menage", "sous_plafond"];
    let report = compare(&base, &head, &data, &data, date("2017-06-30"), &names, &["zone"]);
    let expected = ["sous_plafond devient_connu 1 plafond_du_menage: plafond[b] 100 → 150"];
    assert_eq!(lines(&report), expected);
    assert_eq!(report.differences[0].by["zone"], BTreeMap::from([("(inconnu)".to_string(), 1)]));
}

/// The zone of a commune is read from the pack: data are then read for each pack. So they are where the
/// schema has a new field; rows are the same by identifier.
#[test]
fn a_reference_table_and_a_schema_are_causes() {
    let head = small(SCHEMA, PARAMETERS, RULES, "commune,zone\nc2,b\nc1,b\n");
    assert!(!reads_the_same(pack().parsed(), head.parsed()));
    let report = run(&pack(), &head);
    assert_eq!(lines(&report)[0], "plafond_du_menage baisse 2 plafond_du_menage: donnée zone");
    let fields = SCHEMA.replace("fields.revenu", "fields.ajoute = { type = \"text\" }\nfields.revenu");
    let head = small(&fields, &PARAMETERS.replace("b = 100", "b = 101"), RULES, COMMUNES);
    assert!(!reads_the_same(pack().parsed(), head.parsed()));
    assert_eq!(
        lines(&run(&pack(), &head))[0],
        "plafond_du_menage hausse 4 plafond_du_menage: plafond[b] 100 → 101"
    );
    let structure = Structure::new(pack().parsed(), head.parsed());
    assert_eq!((structure.fields[0].field.as_str(), structure.fields[0].change), ("ajoute", Change::Added));
    assert_eq!(structure.dates().into_iter().collect::<Vec<_>>(), ["2017-01-01"]);
}

#[test]
fn what_is_accepted_is_held_against_what_happens() {
    let head = small(SCHEMA, &PARAMETERS.replace("b = 100", "b = 101"), RULES, COMMUNES);
    let report = run(&pack(), &head);
    let drafted = draft(&report.differences);
    assert!(Expected::read(&drafted).unwrap_err().contains("sans raison"));
    let accepted = drafted.replace("reason = \"\"", "reason = \"art. 1\"");
    let check = |text: &str| Expected::read(text).unwrap().check(&report.differences);
    assert!(check(&accepted).is_met());
    let less = check(&accepted.replace("count  = 4", "count  = 3"));
    assert_eq!((less.unmet.len(), less.unmet[0].found, less.unaccepted.len()), (1, 4, 0));
    let other = check(&accepted.replacen("plafond[b]", "plafond[a]", 1));
    assert_eq!(
        (other.unmet.len(), other.unaccepted.clone()),
        (1, vec![Unaccepted { difference: 0, rows: 4 }])
    );
    // Only those of a commune: all four are of c2.
    let entry = |more: &str| {
        format!("[[accepted]]\nrule = \"plafond_du_menage\"\nkind = \"hausse\"\nreason = \"r\"\n{more}\n")
    };
    let one = check(&entry("where = { commune = \"c2\" }\ncount = 4"));
    assert!(one.unmet.is_empty() && !one.unaccepted.iter().any(|u| u.difference == 0));
    assert_eq!(check(&entry("where = { commune = \"c1\" }")).unmet.len(), 1);
    assert!(check(&entry("date = 2018-01-01")).unmet.len() == 1);
    for (wrong, said) in [("kind = \"gain\"", "gain"), ("resaon = \"\"", "resaon")] {
        assert!(
            Expected::read(&format!("[[accepted]]\nrule = \"a\"\n{wrong}\n")).unwrap_err().contains(said)
        );
    }
}

#[test]
fn a_wrong_name_is_said() {
    let pack = pack();
    let wrong = |names: &[&str], by: &[&str]| Comparison::new(&pack, &pack, names, by).err().unwrap();
    assert!(wrong(&["eligibel"], &[]).contains("vouliez-vous dire `eligible`"));
    assert!(wrong(&["eligible"], &["comune"]).contains("vouliez-vous dire `commune`"));
}
