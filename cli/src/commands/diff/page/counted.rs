//! Rows that differ, counted by rule and by what else was asked.

use std::collections::{BTreeMap, BTreeSet};

use logis::compare::{ByRows, Report, RuleRows};
use logis::scenario::map::{Figures, Named, Shown};
use logis::scenario::report::Cell;
use serde::Serialize;

use super::{count, dates};

/// Counts of one rule.
#[derive(Serialize)]
pub(super) struct Total {
    corpus: String,
    dates: String,
    rule: String,
    label: String,
    gain: String,
    loss: String,
    other: String,
}

/// Counts by one thing.
#[derive(Serialize)]
pub(super) struct By {
    /// What is counted by, with corpus and entity.
    pub name: String,
    /// What is counted by.
    pub column: String,
    /// What people call it.
    pub label: String,
    /// The corpus, and the entity whose rows are counted.
    pub of: String,
    pub rows: Vec<ByRow>,
}

#[derive(Serialize)]
pub(super) struct ByRow {
    pub value: String,
    /// What people call the value, with its code.
    pub shown: String,
    /// What people call the value.
    pub name: String,
    /// Rows that gain, and rows that lose.
    #[serde(skip)]
    pub net: (u64, u64),
    pub gain: String,
    pub loss: String,
    pub other: String,
}

/// By rule: rows, each once whatever the number of dates.
pub(super) fn totals(report: &Report) -> Vec<Total> {
    let one = |rows: &RuleRows| {
        let own = report.summary.kinds.iter().filter(|kind| {
            (&kind.corpus, &kind.entity, &kind.rule) == (&rows.corpus, &rows.entity, &rows.rule)
        });
        let on: BTreeSet<String> = own.flat_map(|kind| kind.dates.iter().cloned()).collect();
        let label = report.differences.iter().find(|d| d.rule == rows.rule).map(|d| d.label.clone());
        Total {
            corpus: rows.corpus.clone(),
            dates: dates(&on.into_iter().collect::<Vec<_>>()),
            rule: rows.rule.clone(),
            label: label.unwrap_or_default(),
            gain: count(rows.counts.gain),
            loss: count(rows.counts.loss),
            other: count(rows.counts.other),
        }
    };
    report.summary.rules.iter().map(one).collect()
}

/// Counts by each thing, over all rules and dates: the values with most rows first.
pub(super) fn by(all: &[ByRows], called: &BTreeMap<(String, String), String>) -> Vec<By> {
    let shown = |by: &str, value: &str| {
        let found = called.get(&(by.to_string(), value.to_string())).cloned();
        found.unwrap_or_else(|| if value.is_empty() { by } else { value }.to_string())
    };
    let mut tables: BTreeMap<(&str, &str, &str), Vec<&ByRows>> = BTreeMap::new();
    for rows in all {
        tables.entry((&rows.by, &rows.corpus, &rows.entity)).or_default().push(rows);
    }
    let table = |((by, corpus, entity), mut rows): ((&str, &str, &str), Vec<&ByRows>)| {
        rows.sort_by_key(|row| {
            (std::cmp::Reverse(row.counts.gain + row.counts.loss + row.counts.other), row.value.clone())
        });
        let row = |row: &&ByRows| ByRow {
            value: row.value.clone(),
            name: name(&shown(&row.by, &row.value), &row.value),
            shown: shown(&row.by, &row.value),
            net: (row.counts.gain, row.counts.loss),
            gain: count(row.counts.gain),
            loss: count(row.counts.loss),
            other: count(row.counts.other),
        };
        By {
            name: format!("{by}, lignes de `{entity}`, {corpus}"),
            column: by.to_string(),
            label: shown(by, ""),
            of: format!("lignes de `{entity}`, {corpus}"),
            rows: rows.iter().map(row).collect(),
        }
    };
    tables.into_iter().map(table).collect()
}

/// `Dijon` of `Dijon (21231)`
fn name(shown: &str, code: &str) -> String {
    shown.strip_suffix(&format!(" ({code})")).unwrap_or(shown).to_string()
}

/// Gains less losses by place, as maps: of each thing that is counted by, whether or not its values are places.
pub(super) fn maps(all: &[By]) -> Vec<Figures> {
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let shown = |row: &ByRow| Shown {
        place: Named { name: row.name.clone(), codes: vec![row.value.clone()] },
        count: Cell::Number { value: number(row.net.0) - number(row.net.1), decimals: 0 },
        rate: Cell::Empty,
    };
    let map = |by: &By| Figures {
        sheet: by.name.clone(),
        title: format!(
            "Lignes qui gagnent, moins celles qui perdent, par : {}, {}",
            by.label.to_lowercase(),
            by.of
        ),
        count: "solde des lignes".to_string(),
        rate: String::new(),
        signed: true,
        places: by.rows.iter().map(shown).collect(),
    };
    all.iter().map(map).collect()
}
