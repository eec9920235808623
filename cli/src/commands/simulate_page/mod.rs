//! The report of a scenario as one page of HTML that needs nothing else: style, script and the charting
//! library are inside.

mod figures;
mod tables;

use anyhow::Result;
use logis::scenario::report::{Chart, Report};
use logis::value::parse_date;
use minijinja::value::Serde;
use serde::Serialize;

use figures::{Figure, effects, figures};
use tables::{Part, parts};

/// The charting library, whole.
const CHARTS: &str = include_str!("../../../assets/chartjs/chart.umd.min.js");

/// The style that pages of reports share.
pub(super) const STYLE: &str = include_str!("page.css");

#[derive(Serialize)]
struct Page<'r> {
    title: &'r str,
    text: &'r str,
    runs: Vec<Compared<'r>>,
    warnings: &'r [String],
    seeds: usize,
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

/// The page; `with_rows` is whether it names requests.
pub fn page(report: &Report, with_rows: bool) -> Result<String> {
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
        figures: figures(report),
        parts: parts(report, with_rows),
        // Inside a script element nothing may look like its end.
        data: serde_json::to_string(&data)?.replace('<', "\\u003c"),
        style: STYLE,
        script: include_str!("page.js"),
        library: CHARTS,
        version: env!("CARGO_PKG_VERSION"),
    };
    let mut engine = minijinja::Environment::new();
    engine.add_filter("fr", french);
    engine.add_template("page.html", include_str!("page.html"))?;
    Ok(engine.get_template("page.html")?.render(minijinja::Value::from(Serde(&page)))?)
}

/// `2017-06-30` as `30 juin 2017`; anything else as it is.
fn day(date: &str) -> String {
    parse_date(date).map_or_else(|| date.to_string(), logis::value::french_day)
}

/// The spaces of French typography: none breaks a line before `:`, `;`, `?`, `!`, `%`, `€`, inside « » or in a number.
pub(super) fn french(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let near = |at: usize| letters.get(at).copied().unwrap_or(' ');
    let space = |at: usize| {
        let (before, after) = (near(at.wrapping_sub(1)), near(at + 1));
        match after {
            ':' | '»' => '\u{a0}',
            ';' | '?' | '!' | '%' | '€' => '\u{202f}',
            _ if before == '«' => '\u{a0}',
            _ if before.is_ascii_digit() && (1..=3).all(|n| near(at + n).is_ascii_digit()) => '\u{202f}',
            _ => ' ',
        }
    };
    letters.iter().enumerate().map(|(at, c)| if *c == ' ' { space(at) } else { *c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No line begins with a colon or a percent sign, nor with the end of a number.
    #[test]
    fn spaces_that_do_not_break() {
        assert_eq!(french("1 050 logements, 9,6 % : 101"), "1\u{202f}050 logements, 9,6\u{202f}%\u{a0}: 101");
        assert_eq!(french("« loué » en 2015 20"), "«\u{a0}loué\u{a0}» en 2015 20");
        assert_eq!(day("2017-07-01"), "1er juillet 2017");
        assert_eq!(day("un jour"), "un jour");
    }
}
