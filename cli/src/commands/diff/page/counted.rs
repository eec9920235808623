//! Rows that differ, counted by rule and by what else was asked.

use std::collections::{BTreeMap, BTreeSet};

use logis::compare::{ByRows, Report, RuleRows};
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
    pub rows: Vec<ByRow>,
}

#[derive(Serialize)]
pub(super) struct ByRow {
    pub value: String,
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
pub(super) fn by(all: &[ByRows]) -> Vec<By> {
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
            gain: count(row.counts.gain),
            loss: count(row.counts.loss),
            other: count(row.counts.other),
        };
        By {
            name: format!("{by}, lignes de `{entity}`, {corpus}"),
            column: by.to_string(),
            rows: rows.iter().map(row).collect(),
        }
    };
    tables.into_iter().map(table).collect()
}
