//! Scenarios whose years go by sessions: nothing is lost from session to session and from year to year, what is told adds up, and
//! days of the data are those of the sessions.

use std::fs;

use logis::scenario::{RunResult, Table};
use logis::value::{day_number, parse_date};

use crate::scenario_years::{ROOT, run, simulation};

const TWO: &str = "territory = { commune = [\"21166\", \"21617\"] }\n";

fn scenario(base: &str, more: &str) -> logis::scenario::Simulation {
    simulation(&format!("title = \"t\"\n[base]\ndata = \"grand-dijon-2015\"\n{TWO}{base}\n{more}"))
}

fn table<'r>(result: &'r RunResult, id: &str) -> &'r Table {
    result.tables.iter().find(|t| t.id == id).unwrap_or_else(|| panic!("{id}"))
}

/// A figure, without its decimals.
fn figure(result: &RunResult, id: &str, row: &str, column: &str) -> i64 {
    table(result, id).value(row, column).unwrap_or_else(|| panic!("{id}.{row}.{column}")).0
}

/// Who waits at a session waited at the one before and signed nothing there, or comes; who waits at the end of a year, less who
/// goes away, is there at the first session of the next, and so is each unit that nobody has. Tables say the same.
#[test]
fn sessions_and_years_follow_each_other() {
    let years = "[years]\ndates = [2017-12-31, 2018-12-31, 2019-12-31]\ndata_of = 2015-12-31\nstock = 60\nfreed = \"25 %\"\nwithdrawn = \"10 %\"\n[[years.demande]]\nadd = \"40 %\"\n[[years.logement]]\nadd = 9\n";
    let simulation = scenario(
        "",
        &format!("{years}[weeks]\ncount = 12\nacceptance = 0.5\nrequest_date = \"date_demande\"\n"),
    );
    let result = run(&simulation, "base");
    assert_eq!(result, run(&simulation, "base"));
    let (mut left, mut free, mut served) = (0, 0, 0);
    for year in ["2017", "2018", "2019"] {
        let at = |session: u32, column: &str| {
            figure(&result, "semaines", &format!("{year}_s{session:02}"), column)
        };
        let of_year = |column: &str| figure(&result, "annees", year, column);
        let (mut waiting, mut units, mut leases) = (left, free, 0);
        for session in 1..=12 {
            waiting += at(session, "nouvelles") - if session == 1 { left } else { 0 };
            units += at(session, "liberes") - if session == 1 { free } else { 0 };
            assert_eq!(
                (at(session, "attendent"), at(session, "libres")),
                (waiting, units),
                "{year} {session}"
            );
            assert_eq!(at(session, "propositions"), at(session, "refus") + at(session, "baux"));
            waiting -= at(session, "baux");
            units -= at(session, "baux");
            leases += at(session, "baux");
            assert_eq!(at(session, "baux_annee"), leases);
        }
        if year != "2017" {
            assert!(at(1, "nouvelles") >= left && at(1, "liberes") >= free && free > 0, "{left} {free}");
        }
        // All have come by the end of the year.
        assert_eq!(
            (of_year("attributions"), of_year("non_servies"), of_year("libres")),
            (leases, waiting, units)
        );
        assert_eq!(figure(&result, "annee_d_un_coup", &format!("{year}_seances"), "attributions"), leases);
        let answers = |row: &str| figure(&result, "reponses", &format!("{year}_{row}"), "valeur");
        assert_eq!(answers("propositions"), answers("refus") + leases);
        assert!(answers("refus") > 0 && answers("ont_refuse_deux") <= answers("ont_refuse"));
        let quota = |id: &str, row: &str, column: &str| {
            figure(&result, id, &format!("{year}_{row}quart_reserve"), column)
        };
        for (own, other) in
            [("baux", "base"), ("baux_membres", "membres"), ("attendus", "attendus"), ("manque", "manque")]
        {
            assert_eq!(quota("parts_annee", "t4_", own), quota("quotas", "", other), "{own}");
        }
        let waits = |row: &str| figure(&result, "attente_annee", &format!("{year}_{row}"), "demandes");
        assert_eq!((waits("logees"), waits("attendent")), (leases, waiting));
        assert!(waits("sans_proposition") + waits("ont_refuse") <= waiting);
        served += leases;
        left = waiting - of_year("retirees");
        free = units;
    }
    assert_eq!(figure(&result, "synthese", "attributions", "valeur"), served);
    assert_eq!(result.households.iter().filter(|h| h.unit.is_some()).count() as i64, served);
}

/// Requests come at the session of the day that the data say, those of before at the first, those of after at none. Where all
/// accept, the year at once is that of the scenario without sessions, and nobody refuses.
#[test]
fn days_are_those_of_the_data() {
    let weeks = "[weeks]\ncount = 12\nacceptance = 1\nrequest_date = \"date_demande\"\n";
    let date = "as_of = 2015-12-31";
    let result = run(&scenario(date, weeks), "base");
    let text = fs::read_to_string(format!("{ROOT}/scenarios/grand-dijon-2015/demandes.csv")).unwrap();
    let first = day_number(parse_date("2015-01-01").unwrap());
    let mut expected = [0_i64; 12];
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        if ["21166", "21617"].contains(&cells[2]) {
            let day = day_number(parse_date(cells[1]).unwrap()) - first;
            assert!(day < 365);
            expected[(day.max(0) * 12 / 365) as usize] += 1;
        }
    }
    assert!(expected.iter().filter(|n| **n > 0).count() > 8);
    for (session, n) in (1..).zip(expected) {
        assert_eq!(figure(&result, "semaines", &format!("s{session:02}"), "nouvelles"), n);
    }
    let once = run(&scenario(date, ""), "base");
    let paper = |column: &str| figure(&result, "annee_d_un_coup", "papier", column);
    assert_eq!(paper("attributions"), figure(&once, "synthese", "attributions", "valeur"));
    assert!(table(&result, "annee_d_un_coup").value("reponses_connues", "points").is_none());
    assert_eq!(figure(&result, "reponses", "refus", "valeur"), 0);
    // Requests of the year after are seen by none of its sessions.
    let before = run(&scenario("as_of = 2014-12-31", weeks), "base");
    let seen: i64 = (1..=12).map(|s| figure(&before, "semaines", &format!("s{s:02}"), "nouvelles")).sum();
    assert!(seen < expected.iter().sum::<i64>());
    assert!(before.warnings.iter().any(|w| w.contains("viennent après l'année")), "{:?}", before.warnings);
}

/// What differs in the sessions of a variant is its own.
#[test]
fn a_variant_has_its_own_sessions() {
    let variant = "[[variant]]\nname = \"v\"\n[variant.weeks]\nacceptance = 1\ncount = 4\n";
    let simulation = scenario(
        "as_of = 2015-12-31",
        &format!("[weeks]\ncount = 12\nacceptance = 0.3\ncandidates = 1\n{variant}"),
    );
    let (base, own) = (run(&simulation, "base"), run(&simulation, "v"));
    assert_eq!((table(&base, "semaines").rows.len(), table(&own, "semaines").rows.len()), (12, 4));
    assert!(figure(&base, "reponses", "refus", "valeur") > 0);
    assert_eq!(figure(&own, "reponses", "refus", "valeur"), 0);
    assert_ne!(simulation.hash(&base.run), simulation.hash(&own.run));
}

/// Without the year at once sessions are the same, year after year; what only that year tells is told by nobody, and the report says
/// what is missing.
#[test]
fn sessions_are_the_same_without_the_year_at_once() {
    let years = "[years]\ndates = [2017-12-31, 2018-12-31]\ndata_of = 2015-12-31\nstock = 60\nfreed = \"25 %\"\n[[years.demande]]\nadd = \"40 %\"\n";
    let weeks = "[weeks]\ncount = 8\nacceptance = 0.5\nrequest_date = \"date_demande\"\n";
    let (with, without) = (format!("{years}{weeks}"), format!("{years}{weeks}at_once = false\n"));
    let (with, without) = (scenario("", &with), scenario("", &without));
    let (compared, alone) = (run(&with, "base"), run(&without, "base"));
    assert_ne!(with.hash(&compared.run), without.hash(&alone.run));
    assert_eq!(compared.households, alone.households);
    for id in [
        "annees",
        "cohortes",
        "attente",
        "parts_annee",
        "attente_annee",
        "reponses",
        "semaines",
        "reservations",
    ] {
        assert_eq!(table(&compared, id), table(&alone, id));
    }
    let beside = |result: &RunResult| -> Vec<(String, Vec<Option<i64>>)> {
        let rows = &table(result, "annee_d_un_coup").rows;
        rows.iter().map(|row| (row.id.clone(), row.cells.clone())).collect()
    };
    let of_sessions =
        beside(&compared).into_iter().filter(|(id, _)| id.ends_with("_seances")).collect::<Vec<_>>();
    assert_eq!(beside(&alone), of_sessions);
    assert_eq!((beside(&compared).len(), of_sessions.len()), (6, 2));
    assert!(table(&alone, "annee_d_un_coup").how.contains("`at_once = false`"));
    // All of the summary but what is counted of all pairs of the year.
    let own = |result: &RunResult| -> Vec<String> {
        table(result, "synthese").rows.iter().map(|row| format!("{row:?}")).collect()
    };
    let (all, less) = (own(&compared), own(&alone));
    let missing: Vec<&String> = all.iter().filter(|row| !less.contains(row)).collect();
    assert!(missing.len() == 1 && missing[0].contains("sans_logement_recevable"), "{missing:?}");
    // Prices are those of the year at once.
    for (id, price) in [("quotas", "prix"), ("logements_par_financement", "valeur")] {
        let column = table(&alone, id).columns.iter().position(|column| column.id == price).unwrap();
        let prices = |result: &RunResult| {
            table(result, id).rows.iter().map(|row| row.cells[column]).collect::<Vec<_>>()
        };
        assert!(
            prices(&alone).iter().all(Option::is_none) && prices(&compared).iter().all(Option::is_some),
            "{id}"
        );
    }
    assert!(!alone.tables.iter().any(|table| table.id == "valeur_marginale"));
}

/// Where the scenario does not say how many candidates are presented, the pack's rule does: one for units whose candidate the prefect
/// names. Where the data lack what it reads, there are three, which is said.
#[test]
fn candidates_follow_the_pack() {
    let named =
        "[[base.logement]]\nchange = \"all\"\nto = { candidat_designe = true, plai_adapte = false }\n";
    let of = |more: &str, candidates: &str| {
        let weeks = format!("{more}[weeks]\ncount = 6\nacceptance = 0.4\n{candidates}");
        run(&scenario("as_of = 2015-12-31", &weeks), "base")
    };
    let rows = |result: &RunResult| table(result, "semaines").rows.clone();
    let (one, three) = (of("", "candidates = 1\n"), of("", "candidates = 3\n"));
    assert_ne!(rows(&one), rows(&three));
    let by_rule = of(named, "");
    assert_eq!(rows(&by_rule), rows(&one));
    assert!(by_rule.warnings.iter().all(|warning| !warning.contains("`presented`")));
    let unknown = of("", "");
    assert_eq!(rows(&unknown), rows(&three));
    assert!(unknown.warnings.iter().any(|warning| warning.contains("`presented`")), "{:?}", unknown.warnings);
}

/// A variant may fill the ranks otherwise, which its tables say; where all are as likely to accept, points decide as before.
#[test]
fn a_variant_has_its_own_ranks() {
    let variant = "[[variant]]\nname = \"v\"\n[variant.weeks]\nranks = \"expected-leases\"\n";
    let weeks = format!("[weeks]\ncount = 6\nacceptance = 0.4\ncandidates = 2\n{variant}");
    let simulation = scenario("as_of = 2015-12-31", &weeks);
    let (base, own) = (run(&simulation, "base"), run(&simulation, "v"));
    assert_ne!(simulation.hash(&base.run), simulation.hash(&own.run));
    let said = |result: &RunResult| table(result, "semaines").how.contains("pour le plus de baux attendus");
    assert!(said(&own) && !said(&base));
}
