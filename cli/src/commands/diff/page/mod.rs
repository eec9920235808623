//! What `logis diff` found, as text, JSON and one HTML page; `page.html` says how the page looks.

mod counted;
mod differences;
mod structure;
mod terminal;
mod verdict;

use std::collections::BTreeMap;

use anyhow::Result;
use logis::compare::{Acceptance, Changed, Difference, KindRows, Report, ReserveRows, Seen, Structure};
use logis::exchange::Document;
use logis::scenario::basis::Basis;
use logis::scenario::map::Contours;
use serde::Serialize;

use self::counted::{By, Total, by, maps, totals};
use self::differences::{Shown, difference};
use self::structure::{Said, said};
pub use self::terminal::text;
use self::verdict::verdict;
use super::Found;
use crate::page::{BasisView, Maps, STYLE, lines, render};

/// The whole as JSON.
pub fn json(found: &Found) -> Result<String> {
    #[derive(Serialize)]
    struct Body<'f> {
        base: &'f str,
        head: &'f str,
        fine: bool,
        structure: &'f Structure,
        #[serde(flatten)]
        report: &'f Report,
        acceptance: &'f Option<Acceptance>,
        basis: &'f Basis,
    }
    let Found { base, head, structure, report, acceptance, basis, .. } = found;
    let fine = found.is_fine();
    Ok(Document::new("diff", Body { base, head, fine, structure, report, acceptance, basis }).pretty()?)
}

/// As a page; `contours` are those of its maps.
pub fn html(found: &Found, contours: Option<&Contours>) -> Result<String> {
    let mut page = Page::of(found);
    page.maps = Maps::of(&maps(&page.by), contours)?;
    render(include_str!("page.html"), &page)
}

/// Said where the rows of people are left out.
const WITHHELD: &str =
    "Les exemples tirés des données (identifiants, revenus) sont laissés de côté : --with-rows les montre";

/// What is shown.
#[derive(Serialize)]
struct Page {
    base: String,
    head: String,
    /// On what the figures rest.
    basis: BasisView,
    rests: Vec<String>,
    maps: Maps,
    style: &'static str,
    own_style: &'static str,
    version: &'static str,
    fine: bool,
    structure: Vec<Said>,
    seen: Vec<String>,
    notes: Vec<String>,
    /// Rows that differ, by corpus and entity.
    changed: Vec<String>,
    /// Rows under other reserves, by rule and reserve.
    reserves: Vec<String>,
    totals: Vec<Total>,
    by: Vec<By>,
    differences: Vec<Shown>,
    /// Are rows left out, and what is said of it?
    withheld: bool,
    withheld_text: &'static str,
    verdict: Vec<String>,
}

impl Page {
    fn of(found: &Found) -> Page {
        let report = &found.report;
        let left: BTreeMap<usize, u64> = found
            .acceptance
            .iter()
            .flat_map(|a| a.unaccepted.iter().map(|u| (u.difference, u.rows)))
            .collect();
        Page {
            base: found.base.clone(),
            head: found.head.clone(),
            basis: BasisView::of(&found.basis, false),
            rests: lines(&found.basis, false),
            maps: Maps::default(),
            style: STYLE,
            own_style: include_str!("page.css"),
            version: env!("CARGO_PKG_VERSION"),
            fine: found.is_fine(),
            structure: said(&found.structure),
            seen: seen(&report.seen),
            notes: report.notes.clone(),
            changed: report.summary.changed.iter().map(changed).collect(),
            reserves: reserves(&report.reserves),
            totals: totals(report),
            by: by(&report.summary.by, &found.called),
            withheld: report.differences.iter().any(|d| found.withheld.contains(&d.corpus)),
            withheld_text: WITHHELD,
            differences: report
                .summary
                .kinds
                .iter()
                .filter_map(|rows| {
                    let own = report.differences.iter().enumerate().filter(|(_, d)| is_of(rows, d));
                    difference(rows, &own.collect::<Vec<_>>(), &found.withheld, &left)
                })
                .collect(),
            verdict: verdict(found),
        }
    }
}

/// Is a difference, which has one date, of that kind?
fn is_of(rows: &KindRows, d: &Difference) -> bool {
    (&rows.corpus, &rows.entity, &rows.rule) == (&d.corpus, &d.entity, &d.rule)
        && rows.kind == d.kind
        && rows.cause == d.cause
}

/// What was decided, a line for all dates as of which it was the same.
fn seen(all: &[Seen]) -> Vec<String> {
    let mut groups: Vec<(&Seen, Vec<String>)> = Vec::new();
    for one in all {
        let same = |(first, _): &&mut (&Seen, Vec<String>)| {
            (&first.corpus, &first.entity, first.rows, &first.rules)
                == (&one.corpus, &one.entity, one.rows, &one.rules)
        };
        match groups.iter_mut().find(same) {
            Some((_, dates)) => dates.push(one.date.clone()),
            None => groups.push((one, vec![one.date.clone()])),
        }
    }
    let line = |(seen, on): (&Seen, Vec<String>)| {
        let (rows, rules) = (count(seen.rows), seen.rules.join(", "));
        format!("{}, au {} : {rows} {} ; {rules}", seen.corpus, dates(&on), seen.entity)
    };
    groups.into_iter().map(line).collect()
}

fn changed(changed: &Changed) -> String {
    let Changed { corpus, entity, rows, decided } = changed;
    format!("{corpus} : {} lignes de `{entity}` sur {} décidées", count(*rows), count(*decided))
}

/// Rows under other reserves, a line for all dates on which they are as many.
fn reserves(all: &[ReserveRows]) -> Vec<String> {
    let mut groups: Vec<(&ReserveRows, Vec<String>)> = Vec::new();
    for one in all {
        let same = |(first, _): &&mut (&ReserveRows, Vec<String>)| {
            ReserveRows { date: one.date.clone(), ..(*first).clone() } == *one
        };
        match groups.iter_mut().find(same) {
            Some((_, dates)) => dates.push(one.date.clone()),
            None => groups.push((one, vec![one.date.clone()])),
        }
    }
    let line = |(rows, on): (&ReserveRows, Vec<String>)| {
        let ReserveRows { corpus, entity, rule, reserve, .. } = rows;
        let counts = [(rows.added, "de plus"), (rows.removed, "de moins")];
        let counts = counts.into_iter().filter(|(n, _)| *n > 0);
        let counts = counts.map(|(n, what)| format!("{} lignes de `{entity}` {what}", count(n)));
        let counts = counts.collect::<Vec<_>>().join(", ");
        format!("{corpus}, au {} : {rule} : {counts} sous réserve de : {reserve}", dates(&on))
    };
    groups.into_iter().map(line).collect()
}

/// `2017-06-30`, `2017-06-30 et 2018-01-01`, or how many, from which to which.
fn dates(dates: &[String]) -> String {
    match dates {
        [] => String::new(),
        [one] => one.clone(),
        [one, other] => format!("{one} et {other}"),
        [first, .., last] => format!("{first}, …, {last} ({} dates)", dates.len()),
    }
}

fn count(n: u64) -> String {
    crate::text::count(usize::try_from(n).unwrap_or(usize::MAX))
}
