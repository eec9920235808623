//! The review of an agreement as one page of HTML that needs nothing else, to read and to print.

use anyhow::Result;
use logis::scenario::agreement::{Counted, Review};
use logis::scenario::map::Contours;
use logis::scenario::report::{Cell, Sheet};
use serde::Serialize;

use crate::page::{BasisView, Maps, STYLE, render};

/// The most rows of a table of the page; the workbook has all.
const ROWS: usize = 2_000;

/// The columns that name single rows of the data: a page to pass round counts them instead.
const NAMING: [&str; 3] = ["Ligne", "Identifiant", "Chez"];

#[derive(Serialize)]
struct Page<'r> {
    title: &'r str,
    text: &'r str,
    territory: &'r str,
    summary: &'r [Counted],
    warnings: &'r [String],
    articles: Vec<Article<'r>>,
    year: i16,
    basis: BasisView,
    maps: Maps,
    sections: Vec<Section<'r>>,
    sources: Vec<(String, String)>,
    style: &'static str,
    own_style: &'static str,
    version: &'static str,
}

/// The lines of one article of the agreement.
#[derive(Serialize)]
struct Article<'r> {
    name: &'r str,
    lines: Vec<Line>,
}

/// A line of the balance.
#[derive(Serialize)]
struct Line {
    id: String,
    label: String,
    unit: String,
    target: String,
    of_year: Shown,
    so_far: Shown,
    period: String,
    gap: String,
    reached: String,
    class: &'static str,
    trend: String,
    explained: String,
}

/// Another sheet.
#[derive(Serialize)]
struct Section<'r> {
    id: &'r str,
    title: &'r str,
    how: &'r str,
    header: Vec<(&'r str, bool)>,
    /// Rows under one heading: those of a place, or all.
    groups: Vec<(String, Vec<Vec<Shown>>)>,
    folded: bool,
    left_out: usize,
    /// Are rows counted in place of being named?
    withheld: bool,
}

#[derive(Serialize)]
struct Shown {
    text: String,
    number: bool,
    /// Of a share: of how many.
    of: Option<String>,
    /// Are those few?
    few: bool,
}

impl Shown {
    fn of(cell: Option<&Cell>, number: bool) -> Shown {
        let of = cell
            .and_then(Cell::of)
            .map(|n| Cell::Number { value: i64::try_from(n).unwrap_or(i64::MAX), decimals: 0 }.to_string());
        Shown { text: shown(cell), number, of, few: cell.is_some_and(Cell::is_of_few) }
    }
}

/// The page; `with_rows` is whether it names rows of the data, `contours` are those of its maps.
pub fn page(review: &Review, with_rows: bool, contours: Option<&Contours>) -> Result<String> {
    let balance = review.sheets.iter().find(|s| s.id == "bilan");
    let others = review.sheets.iter().filter(|s| s.id != "bilan" && s.id != "chiffres");
    let others: Vec<(Sheet, bool)> = others
        .map(|sheet| {
            let names = !with_rows && sheet.header.iter().any(|header| NAMING.contains(&header.as_str()));
            (if names { sheet.without(&NAMING) } else { sheet.clone() }, names)
        })
        .collect();
    let page = Page {
        title: &review.title,
        text: &review.text,
        territory: &review.territory,
        summary: &review.summary,
        warnings: &review.warnings,
        articles: balance.map(articles).unwrap_or_default(),
        year: review.year,
        basis: BasisView::of(&review.basis, false),
        maps: Maps::of(&review.maps, contours)?,
        sections: others.iter().map(|(sheet, withheld)| section(sheet, *withheld)).collect(),
        sources: balance.map(sources).unwrap_or_default(),
        style: STYLE,
        own_style: include_str!("page.css"),
        version: env!("CARGO_PKG_VERSION"),
    };
    render(include_str!("page.html"), &page)
}

/// The place of a column.
fn column(sheet: &Sheet, name: &str) -> Option<usize> {
    sheet
        .header
        .iter()
        .position(|h| h == name || name.ends_with('*') && h.starts_with(name.trim_end_matches('*')))
}

fn shown(cell: Option<&Cell>) -> String {
    match cell {
        Some(Cell::Empty) | None => String::new(),
        Some(cell) => cell.to_string(),
    }
}

fn articles(sheet: &Sheet) -> Vec<Article<'_>> {
    let at = |name: &str| column(sheet, name);
    let columns = [
        "N°",
        "Indicateur",
        "Unité",
        "Objectif",
        "Réalisé *",
        "Cumul",
        "Période",
        "Écart",
        "Atteint",
        "Tendance",
        "Explication",
    ]
    .map(at);
    let article = at("Article");
    let mut all: Vec<Article<'_>> = Vec::new();
    for row in &sheet.rows {
        let name = match article.and_then(|at| row.get(at)) {
            Some(Cell::Text(name)) => name.as_str(),
            _ => "",
        };
        let [id, label, unit, target, _, _, period, gap, reached, trend, explained] =
            columns.map(|at| shown(at.and_then(|at| row.get(at))));
        let figure = |at: Option<usize>| Shown::of(at.and_then(|at| row.get(at)), true);
        let (of_year, so_far) = (figure(columns[4]), figure(columns[5]));
        let class = match reached.as_str() {
            "oui" => "gain",
            "non" => "perte",
            "inconnu" => "ouvert",
            _ => "nul",
        };
        let gap = match columns[7].and_then(|at| row.get(at)) {
            Some(Cell::Number { value, .. }) if *value > 0 => format!("+{gap}"),
            _ => gap,
        };
        let line =
            Line { id, label, unit, target, of_year, so_far, period, gap, reached, class, trend, explained };
        match all.last_mut() {
            Some(last) if last.name == name => last.lines.push(line),
            _ => all.push(Article { name, lines: vec![line] }),
        }
    }
    all
}

/// Where each line is written: source, and the numbers of its lines.
fn sources(sheet: &Sheet) -> Vec<(String, String)> {
    let (Some(id), Some(source)) = (column(sheet, "N°"), column(sheet, "Source")) else { return Vec::new() };
    let mut all: Vec<(String, String)> = Vec::new();
    for row in &sheet.rows {
        let (id, source) = (shown(row.get(id)), shown(row.get(source)));
        match all.iter_mut().find(|(known, _)| *known == source) {
            Some((_, ids)) => ids.push_str(&format!(", {id}")),
            None => all.push((source, id)),
        }
    }
    all
}

fn section(sheet: &Sheet, withheld: bool) -> Section<'_> {
    // A place has its own table: its code and its name are the heading.
    let by_place = sheet.id.starts_with("par_");
    let first = if by_place { 2 } else { 0 };
    let number =
        |at: usize| sheet.rows.iter().any(|row| row.get(at).is_some_and(|c| c.as_number().is_some()));
    let mut groups: Vec<(String, Vec<Vec<Shown>>)> = Vec::new();
    for row in sheet.rows.iter().take(ROWS) {
        let heading = match (by_place, row.first(), row.get(1)) {
            (true, Some(Cell::Text(code)), Some(Cell::Text(name))) if code.is_empty() => name.clone(),
            (true, Some(Cell::Text(code)), Some(Cell::Text(name))) => format!("{name} ({code})"),
            _ => String::new(),
        };
        let cells =
            row.iter().enumerate().skip(first).map(|(at, cell)| Shown::of(Some(cell), number(at))).collect();
        match groups.last_mut() {
            Some((known, rows)) if *known == heading => rows.push(cells),
            _ => groups.push((heading, vec![cells])),
        }
    }
    let header = sheet.header.iter().enumerate().skip(first);
    Section {
        id: &sheet.id,
        title: &sheet.title,
        how: &sheet.how,
        header: header.map(|(at, name)| (name.as_str(), number(at))).collect(),
        groups,
        folded: by_place,
        left_out: sheet.rows.len().saturating_sub(ROWS),
        withheld,
    }
}
