//! `logis check`: all that is wrong with a pack, each at its place.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail};
use logis::data::{Dataset, issue_code};
use logis::diagnostic::{Diagnostic, Diagnostics, Severity, Sources, codes, nearest, render, report, texts};
use logis::exchange::Document;
use logis::pack::doubt::{KINDS, Kind, split};
use logis::{Pack, check, testing};
use serde::Serialize;

use crate::args::RulesArgs;
use crate::{End, asked, input, output};

/// `logis check`
#[derive(clap::Args)]
pub struct CheckArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Dossier du paquet de règles (sinon celui où l'on est, sinon celui qui est embarqué)
    #[arg(value_name = "DOSSIER")]
    folder: Option<PathBuf>,
    /// Forme des constats
    #[arg(long, value_enum, default_value = "text")]
    format: CheckFormat,
    /// Niveau à partir duquel le code de sortie est 1
    #[arg(long, value_name = "NIVEAU", value_enum, default_value = "error")]
    fail_on: CheckLevel,
    /// Liste les doutes du paquet, par genre
    #[arg(long)]
    doubts: bool,
    /// Explique un code (sans code: les liste tous)
    #[arg(long, value_name = "CODE", num_args = 0..=1)]
    explain: Option<Option<String>>,
}

/// Forms of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum CheckFormat {
    /// Texte, avec les lignes en cause
    Text,
    /// JSON
    Json,
    /// SARIF 2.1.0
    Sarif,
    /// Annotations des exécutions de GitHub
    Github,
}

/// Levels of findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum CheckLevel {
    /// Remarque
    Note,
    /// Avertissement
    Warning,
    /// Erreur
    Error,
}

/// Loads the pack, analyses it, and says what it holds.
pub fn run(args: &CheckArgs) -> Result<End> {
    if let Some(code) = &args.explain {
        return explain(code.as_deref());
    }
    if args.rules.rules.is_some() && args.folder.is_some() {
        bail!("le dossier de règles est donné deux fois: --rules, ou un mot");
    }
    let folder = args.rules.rules.clone().or_else(|| args.folder.clone());
    let given = RulesArgs { rules: folder, territory: args.rules.territory.clone() };
    let rules = asked::asked(&given, &[])?.rules;
    let pack = match (input::quiet_pack(&rules), args.format) {
        (Ok(pack), _) => pack,
        (Err(error), CheckFormat::Text) => return Err(error),
        (Err(error), format) => {
            let Some(problems) = input::problems(&error) else { return Err(error) };
            output::print(&formatted(format, &problems.diagnostics, &problems.sources)?)?;
            return Ok(End::Bad);
        }
    };
    // Reference tables are data: they are checked as data is.
    let references = input::references(&pack)?;
    match args.format {
        CheckFormat::Text => asked::say_files(&rules)?,
        _ => asked::say(&pack, &rules)?,
    }
    let found = findings(&pack, &references);
    let sources = &pack.parsed().sources;
    match args.format {
        CheckFormat::Text => {
            eprint!("{}", render(&found, sources));
            output::print(&summary(&pack, &rules, &found, args.doubts))?;
        }
        format => output::print(&formatted(format, &found, sources)?)?,
    }
    let worst = found.iter().map(|d| d.severity).max();
    let fails = worst.is_some_and(|w| w >= level(args.fail_on));
    Ok(if fails { End::FellShort } else { End::Fine })
}

/// All that is wrong with a pack or likely to be, with what its cases name and it does not have.
pub fn findings(pack: &Pack, references: &Dataset) -> Vec<Diagnostic> {
    let mut found = Diagnostics { items: check::check(pack) };
    found.items.extend(testing::unfit(pack, references));
    found.sort();
    found.items
}

fn level(level: CheckLevel) -> Severity {
    match level {
        CheckLevel::Note => Severity::Note,
        CheckLevel::Warning => Severity::Warning,
        CheckLevel::Error => Severity::Error,
    }
}

fn formatted(format: CheckFormat, found: &[Diagnostic], sources: &Sources) -> Result<String> {
    Ok(match format {
        CheckFormat::Text => render(found, sources),
        CheckFormat::Json => Document::new(
            "findings",
            Findings { root: sources.root(), findings: report::items(found, sources) },
        )
        .pretty()?,
        CheckFormat::Sarif => report::to_sarif(found, sources)?,
        CheckFormat::Github => report::to_github(found, sources),
    })
}

/// Findings as JSON.
#[derive(Serialize)]
struct Findings<'f> {
    /// The folder of the pack, to which the paths of places are relative.
    root: &'f str,
    findings: Vec<report::Item>,
}

/// The doubts of the pack if they are asked for, and one line that says which it is, what it holds and what was
/// found.
fn summary(pack: &Pack, rules: &RulesArgs, found: &[Diagnostic], list: bool) -> String {
    let mut text = String::new();
    let doubts = doubts(pack);
    for (kind, doubts) in doubts.iter().filter(|(_, doubts)| list && !doubts.is_empty()) {
        let _ = writeln!(text, "doutes de {} ({}):", named(*kind), doubts.len());
        for doubt in doubts {
            let _ = writeln!(text, "  {doubt}");
        }
    }
    let _ = writeln!(text, "{}: {}", asked::title(pack, rules), line(pack, found, &doubts));
    text
}

/// What doubts of a kind are about.
fn named(kind: Kind) -> &'static str {
    match kind {
        Kind::Figure => "chiffre",
        Kind::Date => "date",
        Kind::Reading => "lecture",
        Kind::Source => "source",
        Kind::Other => "genre non dit",
    }
}

/// `12 règles, 3 paramètres, 40 cas, 2 doutes (1 de chiffre, 1 de lecture): rien à redire.`
fn line(pack: &Pack, found: &[Diagnostic], doubts: &Doubts) -> String {
    let parsed = pack.parsed();
    // What is wrong in them is among what was found.
    let cases: usize = parsed.cases().unwrap_or_default().iter().map(|f| f.cases.len()).sum();
    let all: usize = doubts.iter().map(|(_, doubts)| doubts.len()).sum();
    let kinds = doubts.iter().filter(|(_, doubts)| !doubts.is_empty());
    let kinds: Vec<String> = kinds.map(|(kind, d)| format!("{} de {}", d.len(), named(*kind))).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    format!(
        "{} règles, {} paramètres, {cases} cas, {all} doutes signalés{kinds}: {}.",
        parsed.rules.len(),
        parsed.parameters.len(),
        counts(found)
    )
}

/// `1 erreur, 2 avertissements`, or that there is nothing.
pub fn counts(found: &[Diagnostic]) -> String {
    let names = [
        (Severity::Error, "erreur", "erreurs"),
        (Severity::Warning, "avertissement", "avertissements"),
        (Severity::Note, "remarque", "remarques"),
    ];
    let of = |s: Severity| found.iter().filter(|d| d.severity == s).count();
    let counts = names.into_iter().map(|(s, one, many)| (of(s), one, many)).filter(|(n, ..)| *n > 0);
    let said: Vec<String> =
        counts.map(|(n, one, many)| format!("{n} {}", if n == 1 { one } else { many })).collect();
    if said.is_empty() { "rien à redire".to_string() } else { said.join(", ") }
}

/// `--explain`: what a code means; without one, the list of all.
fn explain(code: Option<&str>) -> Result<End> {
    let Some(code) = code else {
        let all = codes::all().iter().chain(issue_code::all());
        let list: String = all.map(|c| format!("{}  {}\n", c.code, c.title)).collect();
        output::print(&list)?;
        return Ok(End::Fine);
    };
    let of_data = codes::find(issue_code::all(), code);
    let Some(found) = codes::get(code).or(of_data) else {
        let all = codes::all().iter().chain(issue_code::all()).map(|c| c.code);
        let near = nearest(&code.to_uppercase(), all);
        let hint = near.map_or_else(String::new, |c| format!(" ; vouliez-vous {c} ?"));
        bail!("il n'y a pas de code « {code} »{hint} (`logis check --explain` les liste)")
    };
    let level = match (found.severity, found.adjustable) {
        (Severity::Error, _) if of_data.is_some() => {
            "erreur: ce qui est en faute n'est pas décidé".to_string()
        }
        (severity, _) if of_data.is_some() => texts::level(severity).to_string(),
        (Severity::Error, false) => "erreur: le paquet ne se charge pas".to_string(),
        (severity, _) => {
            format!("{}, réglable par `[check.levels]` de pack.toml", texts::level(severity))
        }
    };
    output::print(&format!("{}: {}\nNiveau: {level}\n\n{}\n", found.code, found.title, found.text))?;
    Ok(End::Fine)
}

/// By kind, the doubts with their places.
type Doubts = Vec<(Kind, Vec<String>)>;

/// The doubts that rules and parameters carry, by kind.
fn doubts(pack: &Pack) -> Doubts {
    let parsed = pack.parsed();
    let mut found: Doubts = KINDS.iter().map(|kind| (*kind, Vec::new())).collect();
    let mut add = |doubt: &str, of: String| {
        let (kind, text) = split(doubt);
        if let Some((_, list)) = found.iter_mut().find(|(k, _)| *k == kind) {
            list.push(format!("{of}: {text}"));
        }
    };
    for rule in parsed.rules.iter() {
        for text in &rule.texts {
            for doubt in &text.doc.doubts {
                add(doubt, format!("{}: `{}`", parsed.sources.locate(&text.span), rule.name));
            }
        }
    }
    for parameter in &parsed.parameters {
        for version in &parameter.versions {
            if let Some(doubt) = &version.doubt {
                let place = parsed.sources.locate(&version.span);
                add(doubt, format!("{place}: `{}` depuis le {}", parameter.path, version.from));
            }
        }
    }
    found
}
