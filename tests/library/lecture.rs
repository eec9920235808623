//! Every row of the agreement and every subject of the reference stands in a table of the project, with
//! the rule that carries it or the reason why none does.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::support::root;
use logis::Pack;

/// The rows of a table of the project: number, last cell.
fn rows(path: &str) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    let cells = |line: &str| -> Vec<String> {
        line.trim_matches('|').split('|').map(|cell| cell.trim().to_string()).collect()
    };
    let lines = text.lines().filter(|l| l.starts_with('|')).skip(2).map(cells);
    let mut found = BTreeMap::new();
    for line in lines {
        let twice = found.insert(line[0].clone(), line.last().unwrap().clone());
        assert!(twice.is_none(), "{} stands twice in {path}", line[0]);
    }
    found
}

/// The first column of a list of the reference.
fn ids(path: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    text.lines().skip(1).map(|l| l.split(',').next().unwrap().to_string()).collect()
}

/// Names in backticks are of the pack; a row without any says « non » and why.
fn compare(list: &str, table: &str) {
    let pack = Pack::load(root().join("rules")).unwrap();
    let parsed = pack.parsed();
    let known = |name: &str| {
        parsed.rule(name).is_some()
            || parsed.parameter(name).is_some()
            || parsed.schema.field(name).is_some()
            || [
                "aides",
                "bilan",
                "offre_innovante",
                "aides_versees",
                "logis match",
                "logis eval",
                "logis review",
            ]
            .contains(&name)
            || root().join("rules").join(name).exists()
            || root().join("rules/referentiels").join(name).exists()
            || root().join(name).exists()
    };
    let rows = rows(table);
    let asked = ids(list);
    assert_eq!(rows.keys().cloned().collect::<Vec<_>>(), asked);
    for (id, cell) in &rows {
        let names: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        for name in &names {
            assert!(known(name), "{table}, {id}: `{name}` is not of the pack");
        }
        let reason = cell.strip_prefix("non : ").is_some_and(|why| why.len() > 15);
        let elsewhere = cell.contains("appariement");
        assert!(!names.is_empty() || reason || elsewhere, "{table}, {id}: neither a rule nor a reason");
    }
}

#[test]
fn every_row_of_the_agreement_is_read() {
    let table = "rules/territoires/dijon/convention_2017_2019/LECTURE.md";
    compare("tests/reference/agreement.csv", table);
    assert_eq!(rows(table).len(), 84);
}

#[test]
fn every_subject_of_the_reference_is_read() {
    compare("tests/reference/sujets.csv", "rules/national/LECTURE.md");
}

/// Each group of rules can be decided in each quarter from 2017 to today: no table
/// ends where another rule of the group still reads it.
#[test]
fn every_group_is_decided_in_every_quarter() {
    let pack = Pack::load(root().join("rules")).unwrap();
    // Tables of which some years only were read: ceilings of the Anah without 2018 and after 2021, published
    // quartiles since 2020, ceilings of the PSLA since 2021.
    let partial = ["anah", "psla", "quartiles_publies"];
    for (group, rules) in pack.parsed().manifest.groups.iter().filter(|(g, _)| !partial.contains(&g.as_str()))
    {
        let names: Vec<&str> = rules.iter().map(|(name, _)| name.as_str()).collect();
        for year in 2017..=2026 {
            for month in [2, 5, 8, 11] {
                let date = logis::value::parse_date(&format!("{year}-{month:02}-15")).unwrap();
                // What the commission is shown is of both sides of a pair.
                let plan = match group.as_str() {
                    "commission" => {
                        let pair = pack.parsed().schema.entity("candidature").unwrap();
                        logis::plan::Plan::seen_from(pack.parsed(), date, pair, &names).map(Arc::new)
                    }
                    _ => pack.plan(date, &names),
                };
                assert!(plan.is_ok(), "{group} on {date}: {:?}", plan.err().map(|e| e.to_string()));
            }
        }
    }
}
