//! The report of a scenario as one page of HTML that needs nothing else: style, script and the charting
//! library are inside.

mod figures;
mod tables;

use anyhow::Result;
use logis::scenario::map::Contours;
use logis::scenario::report::{Chart, ENOUGH, Report};
use serde::Serialize;

use crate::page::{BasisView, Maps, STYLE, day, render};
use figures::{Figure, effects, figures};
use tables::{Part, parts};

/// The charting library, whole.
const CHARTS: &str = include_str!("../../../assets/chartjs/chart.umd.min.js");

#[derive(Serialize)]
struct Page<'r> {
    title: &'r str,
    text: &'r str,
    runs: Vec<Compared<'r>>,
    warnings: &'r [String],
    seeds: usize,
    /// Are there enough repetitions for an interval?
    enough: bool,
    basis: BasisView,
    maps: Maps,
    figures: Vec<Figure>,
    parts: Vec<Part<'r>>,
    data: String,
    style: &'static str,
    script: &'static str,
    library: &'static str,
    version: &'static str,
}

/// A run, and what it does to those who ask for housing.
#[derive(Serialize)]
struct Compared<'r> {
    title: &'r str,
    text: &'r str,
    date: String,
    changes: &'r [String],
    effects: Vec<String>,
}

/// What the script of the page draws from; the rest it reads in the tables.
#[derive(Serialize)]
struct Data<'r> {
    runs: Vec<&'r str>,
    charts: &'r [Chart],
}

/// The page; `with_rows` is whether it names requests, `contours` are those of its maps.
pub fn page(report: &Report, with_rows: bool, contours: Option<&Contours>) -> Result<String> {
    let runs = report.runs.iter().enumerate();
    let data = Data { runs: report.runs.iter().map(|r| r.title.as_str()).collect(), charts: &report.charts };
    let page = Page {
        title: &report.title,
        text: &report.text,
        runs: runs
            .map(|(at, run)| Compared {
                title: &run.title,
                text: &run.text,
                // A run of several years has a date for each.
                date: run.date.split(", ").map(day).collect::<Vec<_>>().join(", puis au "),
                changes: &run.changes,
                effects: effects(report, at),
            })
            .collect(),
        warnings: &report.warnings,
        seeds: report.seeds,
        enough: report.seeds >= ENOUGH,
        basis: BasisView::of(&report.basis, true),
        maps: Maps::of(&report.maps, contours)?,
        figures: figures(report),
        parts: parts(report, with_rows),
        // Inside a script element nothing may look like its end.
        data: serde_json::to_string(&data)?.replace('<', "\\u003c"),
        style: STYLE,
        script: include_str!("page.js"),
        library: CHARTS,
        version: env!("CARGO_PKG_VERSION"),
    };
    render(include_str!("page.html"), &page)
}
