//! The report of a scenario as one page of HTML that needs nothing else: style, script and the charting
//! library are inside.

use anyhow::Result;
use logis_engine::scenario::report::{Cell, Chart, Head, Report, Sheet};
use minijinja::value::Serde;
use serde::Serialize;

/// The charting library, whole.
const CHARTS: &str = include_str!("../../assets/chartjs/chart.umd.min.js");

/// The most rows of a table of the page; the workbook has all.
const ROWS: usize = 300;

#[derive(Serialize)]
struct Page<'r> {
    title: &'r str,
    text: &'r str,
    runs: &'r [Head],
    warnings: &'r [String],
    seeds: usize,
    cards: Vec<Card>,
    sections: Vec<Section<'r>>,
    charts: String,
    library: &'static str,
    version: &'static str,
}

/// A figure in large type.
#[derive(Serialize)]
struct Card {
    label: String,
    unit: String,
    value: String,
    others: Vec<(String, String, String)>,
}

#[derive(Serialize)]
struct Section<'r> {
    sheet: &'r Sheet,
    short: String,
    header: Vec<(String, bool)>,
    rows: Vec<Vec<Shown>>,
    left_out: usize,
    charts: Vec<usize>,
}

#[derive(Serialize)]
struct Shown {
    text: String,
    /// What it is sorted by.
    sort: String,
    number: bool,
    /// `gain`, `perte` or nothing.
    class: &'static str,
}

/// The page.
pub fn page(report: &Report) -> Result<String> {
    let charts: Vec<&Chart> = report.charts.iter().collect();
    let page = Page {
        title: &report.title,
        text: &report.text,
        runs: &report.runs,
        warnings: &report.warnings,
        seeds: report.seeds,
        cards: cards(report),
        sections: report.sheets.iter().map(|sheet| section(sheet, &charts)).collect(),
        // Inside a script element nothing may look like its end.
        charts: serde_json::to_string(&charts)?.replace('<', "\\u003c"),
        library: CHARTS,
        version: env!("CARGO_PKG_VERSION"),
    };
    let mut engine = minijinja::Environment::new();
    engine.add_template("simulate.html", include_str!("simulate.html"))?;
    Ok(engine.get_template("simulate.html")?.render(minijinja::Value::from(Serde(&page)))?)
}

/// The figures that a reader wants first.
fn cards(report: &Report) -> Vec<Card> {
    let Some(sheet) = report.sheets.iter().find(|s| s.id == "synthese") else { return Vec::new() };
    let wanted = [
        "Attributions",
        "Part des demandes servies",
        "Demandes non servies",
        "Priorité moyenne des demandes servies",
        "Taux d'effort moyen des attributions, aide déduite",
    ];
    let card = |label: &&str| {
        let row = sheet.rows.iter().find(|r| r.first() == Some(&Cell::Text((*label).to_string())))?;
        let text = |at: usize| row.get(at).map(ToString::to_string).unwrap_or_default();
        let others = report.runs.iter().skip(1).enumerate().map(|(variant, run)| {
            let sign = match row.get(4 + 2 * variant) {
                Some(Cell::Number { value, .. }) if *value > 0 => "+",
                _ => "",
            };
            (run.title.clone(), text(3 + 2 * variant), format!("{sign}{}", text(4 + 2 * variant)))
        });
        Some(Card { label: (*label).to_string(), unit: text(1), value: text(2), others: others.collect() })
    };
    wanted.iter().filter_map(card).collect()
}

fn section<'r>(sheet: &'r Sheet, charts: &[&Chart]) -> Section<'r> {
    let differences: Vec<bool> = sheet
        .header
        .iter()
        .map(|h| h == "écart" || h.ends_with(": écart") || h.ends_with(": solde"))
        .collect();
    let numbers: Vec<bool> = (0..sheet.header.len())
        .map(|at| sheet.rows.iter().any(|r| matches!(r.get(at), Some(Cell::Number { .. }))))
        .collect();
    let shown = |(at, cell): (usize, &Cell)| {
        let difference = differences.get(at) == Some(&true);
        let (number, sort) = match cell {
            Cell::Number { value, decimals } => {
                (true, format!("{}", *value as f64 / 10_f64.powi(i32::try_from(*decimals).unwrap_or(0))))
            }
            Cell::Text(text) => (false, text.to_lowercase()),
            Cell::Empty => (numbers.get(at) == Some(&true), String::new()),
        };
        // More is better for those who are served; of other figures it is for the reader to say.
        let judged = sheet.id == "gains_pertes";
        let (plus, class) = match cell {
            Cell::Number { value, .. } if difference && *value > 0 => ("+", if judged { "gain" } else { "" }),
            Cell::Number { value, .. } if difference && *value < 0 && judged => ("", "perte"),
            _ => ("", ""),
        };
        Shown { text: format!("{plus}{cell}"), sort, number, class }
    };
    let quiet = |row: &&Vec<Cell>| {
        sheet.id != "menages" || row.get(2) != Some(&Cell::Text("change de logement".to_string()))
    };
    let kept: Vec<&Vec<Cell>> = sheet.rows.iter().filter(quiet).take(ROWS).collect();
    let of = charts.iter().enumerate().filter(|(_, c)| c.sheet == sheet.id).map(|(at, _)| at);
    let short = match sheet.id.as_str() {
        "valeur_marginale" => "Un logement de plus".to_string(),
        "menages" => "Ménages".to_string(),
        "quotas" => "Parts".to_string(),
        "eligibilite" => "Éligibilité".to_string(),
        "observe" => "Observé".to_string(),
        "objectifs" => "Objectifs".to_string(),
        "gains_pertes" => "Gains et pertes".to_string(),
        "intervalles" => "Intervalles".to_string(),
        "synthese" => "Essentiel".to_string(),
        id if id.starts_with("demandes_par_") => sheet.title.replace("Demandes par : ", "Par "),
        _ => sheet.title.chars().take(40).collect(),
    };
    Section {
        sheet,
        short,
        header: sheet.header.iter().cloned().zip(numbers.iter().copied()).collect(),
        left_out: sheet.rows.len() - kept.len(),
        rows: kept.into_iter().map(|row| row.iter().enumerate().map(shown).collect()).collect(),
        charts: of.collect(),
    }
}
