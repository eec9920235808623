//! `logis coverage`: what the cases reach of the rules.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail};
use logis::Pack;
use logis::coverage::{self, Condition, Coverage, TextCoverage};
use logis::diagnostic::Sources;
use serde::Serialize;

use super::coverage_json;
use crate::args::{RulesArgs, TextFormat, percentage};
use crate::text::{align_numbers, count, empty, percent};
use crate::{End, asked, input, output, page};

/// `logis coverage`
#[derive(clap::Args)]
pub struct CoverageArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Dossier du paquet de règles (sinon celui où l'on est, sinon celui qui est embarqué), ou texte comme
    /// ci-après
    #[arg(value_name = "DOSSIER|TEXTE")]
    filter: Option<String>,
    /// Ne garde que les cas dont le nom ou le fichier contient ce texte
    #[arg(value_name = "TEXTE")]
    more: Option<String>,
    /// Part des conditions qui décident seules, en pour cent, au-dessous de laquelle la commande échoue (code 1)
    #[arg(long, value_name = "POUR_CENT", allow_negative_numbers = true, value_parser = percentage)]
    min_conditions: Option<f64>,
    /// Forme du rapport
    #[arg(long, value_enum, default_value = "text")]
    format: TextFormat,
    /// Fichier lcov à écrire
    #[arg(long, value_name = "FICHIER")]
    lcov: Option<PathBuf>,
    /// Page HTML à écrire
    #[arg(long, value_name = "FICHIER")]
    html: Option<PathBuf>,
}

/// Runs the cases and reports; writes lcov and HTML where asked. Exit code 1 if too few conditions decide
/// alone, or one that is accepted no longer has to be.
pub fn run(args: &CoverageArgs) -> Result<End> {
    let asked = asked::asked(&args.rules, &[args.filter.as_ref(), args.more.as_ref()])?;
    let pack = input::pack_with_cases(&asked.rules)?;
    asked::say(&pack, &asked.rules)?;
    let references = input::references(&pack)?;
    let filter = asked.filter.as_str();
    let coverage = coverage::coverage(&pack, &references, filter)?;
    if coverage.cases == 0 && !filter.is_empty() {
        bail!("aucun cas ne contient « {filter} » dans son nom ou son fichier");
    }
    let sources = &pack.parsed().sources;
    if let Some(path) = &args.lcov {
        output::file(path, coverage::to_lcov(&coverage, sources).as_bytes())?;
    }
    if let Some(path) = &args.html {
        output::file(path, html(&pack, &coverage)?.as_bytes())?;
    }
    match args.format {
        TextFormat::Text => output::print(&text(&coverage, sources))?,
        TextFormat::Json => output::print(&coverage_json::json(&coverage, sources)?)?,
    }
    let short = args.min_conditions.is_some_and(|bar| coverage.score() < bar);
    if let Some(bar) = args.min_conditions.filter(|_| short) {
        eprintln!("conditions qui décident seules: {} %, au-dessous de {bar} %", coverage.score());
    }
    Ok(if short || !coverage.stale.is_empty() { End::FellShort } else { End::Fine })
}

const TOTALS: [&str; 4] = [
    "règles atteintes",
    "branches prises",
    "conditions vues vraies et fausses",
    "conditions qui décident seules",
];

fn text(coverage: &Coverage, sources: &Sources) -> String {
    let mut text = String::new();
    for rule in &coverage.texts {
        for lack in lacks(rule, sources) {
            let _ = writeln!(text, "{}: {}", lack.place, lack.what);
        }
    }
    for (entry, why) in &coverage.stale {
        let place = sources.locate(&entry.span);
        let _ = writeln!(text, "périmé {place}: `{}`: {}: {why}", entry.rule, entry.condition);
    }
    let mut table = empty(&["Couverture", "Atteint", "Sur", "Part"]);
    for (name, (some, all)) in TOTALS.iter().zip(coverage.totals()) {
        table.add_row([name.to_string(), count(some), count(all), percent(some, all)]);
    }
    align_numbers(&mut table);
    let _ = writeln!(text, "{table}");
    let accepted = coverage.texts.iter().flat_map(|t| &t.conditions).filter(|c| c.accepted.is_some()).count();
    let _ = writeln!(
        text,
        "{accepted} conditions admises dans mutants.toml, {} à montrer ou à admettre",
        coverage.unshown().count()
    );
    let _ = writeln!(
        text,
        "{} cas. Une condition décide seule si un cas où elle est vraie et un cas où elle est fausse montrent\n\
         chacun que, elle seule changée, la décision change (MC/DC avec masquage).",
        count(coverage.cases)
    );
    text
}

/// Something that no case reaches or shows.
#[derive(Serialize)]
struct Lack {
    place: String,
    what: String,
}

fn lacks(text: &TextCoverage, sources: &Sources) -> Vec<Lack> {
    let mut all = Vec::new();
    let since = text.from.map_or_else(String::new, |d| format!(" (depuis le {d})"));
    if text.cases == 0 {
        let what = format!("`{}`{since}: aucun cas ne l'atteint", text.rule);
        return vec![Lack { place: sources.locate(&text.span), what }];
    }
    for branch in text.branches.iter().filter(|b| b.cases == 0) {
        let answer = if branch.taken { "vrai" } else { "faux" };
        let what = format!("`{}`: branche jamais prise: si {} est {answer}", text.rule, branch.text);
        all.push(Lack { place: sources.locate(&branch.span), what });
    }
    for condition in text.conditions.iter().filter(|c| !c.is_shown()) {
        let accepted = condition.accepted.as_ref().map_or_else(String::new, |why| format!(" (admis: {why})"));
        let what = format!("`{}`: {}: {}{accepted}", text.rule, condition.text, shortfall(condition));
        all.push(Lack { place: sources.locate(&condition.span), what });
    }
    all
}

fn shortfall(condition: &Condition) -> &'static str {
    match (condition.cases, &condition.shown) {
        ([0, 0], _) => "jamais calculé",
        ([0, _], _) => "jamais faux",
        ([_, 0], _) => "jamais vrai",
        (_, [None, None]) => "ne décide jamais seul",
        (_, [None, _]) => "ne décide jamais seul en étant faux",
        (_, [_, None]) => "ne décide jamais seul en étant vrai",
        _ => "",
    }
}

/// What the page shows.
#[derive(Serialize)]
struct Page {
    style: &'static str,
    title: String,
    cases: usize,
    totals: Vec<(&'static str, usize, usize, String)>,
    files: Vec<File>,
}

#[derive(Serialize)]
struct File {
    path: String,
    lines: Vec<Line>,
    /// Conditions shown, and all.
    shown: [usize; 2],
}

/// A line of a rule file.
#[derive(Serialize)]
struct Line {
    number: usize,
    text: String,
    /// Cases that reach it, if there is something to reach.
    cases: Option<usize>,
    notes: Vec<Note>,
}

/// A branch or condition of a line.
#[derive(Serialize)]
struct Note {
    good: bool,
    text: String,
}

fn html(pack: &Pack, coverage: &Coverage) -> Result<String> {
    let sources = &pack.parsed().sources;
    let mut files: BTreeMap<usize, Vec<&TextCoverage>> = BTreeMap::new();
    for text in &coverage.texts {
        files.entry(text.span.file).or_default().push(text);
    }
    let files = files.into_iter().filter_map(|(file, texts)| {
        let source = sources.get(file)?;
        let line = |at: usize| source.text.get(..at).unwrap_or("").matches('\n').count() + 1;
        let mut notes: BTreeMap<usize, Vec<Note>> = BTreeMap::new();
        for text in &texts {
            for branch in text.branches.iter().filter(|b| b.cases == 0) {
                let answer = if branch.taken { "vrai" } else { "faux" };
                let text = format!("si {} est {answer} : jamais", branch.text);
                notes.entry(line(branch.span.range.start)).or_default().push(Note { good: false, text });
            }
            for condition in &text.conditions {
                let good = condition.is_shown();
                let [no, yes] = condition.cases;
                let mut text = format!("{} : vrai {yes} fois, faux {no} fois", condition.text);
                match &condition.shown {
                    [Some(no), Some(yes)] => {
                        let _ = write!(text, " ; décide seul : vrai dans « {yes} », faux dans « {no} »");
                    }
                    _ => {
                        let _ = write!(text, " ; {}", shortfall(condition));
                        if let Some(why) = &condition.accepted {
                            let _ = write!(text, " (admis : {why})");
                        }
                    }
                }
                notes.entry(line(condition.span.range.start)).or_default().push(Note { good, text });
            }
        }
        let lines: BTreeMap<usize, usize> =
            texts.iter().flat_map(|t| t.lines.iter().map(|(l, n)| (*l, *n))).collect();
        let conditions = || texts.iter().flat_map(|t| &t.conditions);
        Some(File {
            path: source.path.clone(),
            shown: [conditions().filter(|c| c.is_shown()).count(), conditions().count()],
            lines: (1..)
                .zip(source.text.lines())
                .map(|(number, text)| Line {
                    number,
                    text: text.to_string(),
                    cases: lines.get(&number).copied(),
                    notes: notes.remove(&number).unwrap_or_default(),
                })
                .collect(),
        })
    });
    let totals = TOTALS.iter().zip(coverage.totals());
    let page = Page {
        title: pack.parsed().manifest.title.clone(),
        cases: coverage.cases,
        totals: totals.map(|(name, (some, all))| (*name, some, all, percent(some, all))).collect(),
        files: files.collect(),
        style: page::STYLE,
    };
    page::render(include_str!("coverage.html"), &page)
}
