//! `logis ledger`: the ledger of offers, answers and leases.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use logis::data::{Output, OutputColumn, visible_cell};
use logis::diagnostic::nearest;
use logis::ledger::{Cell, Contradiction, Entry, Kind, Ledger, LedgerError, LedgerPlace, Line};
use logis::value::{Type, Value, parse_date};

use super::pair_file;
use crate::args::{LedgerArgs, OutputArgs, RulesArgs};
use crate::presented::Presented;
use crate::text::count;
use crate::{End, input, output};

/// `logis ledger`
#[derive(clap::Args)]
pub struct LedgerCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Inscrit des réponses, des baux et des décisions
    Answers(AnswersArgs),
    /// Montre les lignes
    Show(ShowArgs),
    /// Vérifie la chaîne des lignes, et qu'aucune n'en contredit d'autres
    Check(CheckArgs),
}

/// `logis ledger answers`
#[derive(clap::Args)]
pub struct AnswersArgs {
    /// Le registre: un fichier, ou une base PostgreSQL (postgres://UTILISATEUR@HÔTE/BASE)
    #[arg(long, value_name = "FICHIER")]
    ledger: PathBuf,
    /// CSV: les identifiants des deux côtés, `reponse` (acceptation, refus, bail, fin_de_bail, decision, exclusion,
    /// rectification), `date`, et si l'on veut `motif`; pour une rectification, `motif` et `ligne`, celle du registre
    /// qu'elle annule
    #[arg(value_name = "REPONSES.csv")]
    answers: PathBuf,
    #[command(flatten)]
    rules: RulesArgs,
}

/// `logis ledger show`
#[derive(clap::Args)]
pub struct ShowArgs {
    /// Le registre: un fichier, ou une base PostgreSQL (postgres://UTILISATEUR@HÔTE/BASE)
    #[arg(long, value_name = "FICHIER")]
    ledger: PathBuf,
    #[command(flatten)]
    output: OutputArgs,
}

/// `logis ledger check`
#[derive(clap::Args)]
pub struct CheckArgs {
    /// Le registre: un fichier, ou une base PostgreSQL (postgres://UTILISATEUR@HÔTE/BASE)
    #[arg(long, value_name = "FICHIER")]
    ledger: PathBuf,
}

/// The form of what is shown.
pub fn form(args: &LedgerCommand) -> Result<()> {
    match &args.what {
        What::Show(args) => output::format(&args.output).map(drop),
        _ => Ok(()),
    }
}

/// Adds to the ledger, shows it or holds it.
pub fn run(args: &LedgerCommand) -> Result<End> {
    match &args.what {
        What::Answers(args) => answers(args),
        What::Show(args) => show(args),
        What::Check(args) => check(args),
    }
}

/// Opens the ledger that is followed, if one is.
pub fn opened(args: &LedgerArgs) -> Result<Option<Ledger>> {
    let Some(path) = &args.ledger else { return Ok(None) };
    let ledger = open(path)?;
    let ledger = match args.up_to {
        Some(line) => ledger.up_to(line).map_err(|error| said(path, error))?,
        None => ledger,
    };
    Ok(Some(ledger))
}

/// Opens a ledger that is there.
pub fn open(path: &Path) -> Result<Ledger> {
    Ledger::open(&LedgerPlace::of(path)).map_err(|error| said(path, error))
}

/// Opens a ledger, an empty one where there is none.
pub fn open_or_new(path: &Path) -> Result<Ledger> {
    Ledger::open_or_new(&LedgerPlace::of(path)).map_err(|error| said(path, error))
}

/// An error of a ledger, with its file or the address of its database.
pub fn said(path: &Path, error: LedgerError) -> anyhow::Error {
    anyhow::Error::new(error).context(format!("{}: registre", LedgerPlace::of(path)))
}

/// The columns of a file of answers, besides the identifiers.
const COLUMNS: [&str; 2] = ["reponse", "date"];

fn answers(args: &AnswersArgs) -> Result<End> {
    let pack = input::pack(&args.rules)?;
    let keys = pair_file::keys(pack.parsed());
    let mut ledger = open_or_new(&args.ledger)?;
    let lines = pair_file::read_with(&args.answers, &keys, &COLUMNS, &["motif", "ligne"])?;
    let (mut entries, mut wrong) = (Vec::new(), Vec::new());
    for line in &lines {
        match entry(line) {
            Ok(entry) => entries.push(entry),
            Err(why) => wrong.push(format!("{}:{}: {why}", args.answers.display(), line.number)),
        }
    }
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    match ledger.append(&entries) {
        Ok(()) => {}
        Err(LedgerError::Refused(refused)) => {
            let last = ledger.lines().last().map_or(0, |line| line.number);
            let told = refused.iter().filter_map(|(at, why)| {
                let line = lines.get(*at)?;
                Some(format!(
                    "{}:{}: {}",
                    args.answers.display(),
                    line.number,
                    refusal(line, &keys, last, why)
                ))
            });
            bail!("{}", told.collect::<Vec<_>>().join("\n"));
        }
        Err(other) => return Err(said(&args.ledger, other)),
    }
    let kinds = Kind::ANSWERS.into_iter().filter_map(|kind| {
        let own = entries.iter().filter(|entry| entry.kind == kind).count();
        (own > 0).then(|| format!("{}: {}", kind.name(), count(own)))
    });
    let kinds: Vec<String> = kinds.collect();
    output::print(&format!("Inscrit: {}.\n{}", kinds.join(", "), standing(&ledger)))?;
    Ok(End::Fine)
}

/// What a line of a file of answers says.
fn entry(line: &pair_file::Line) -> Result<Entry, String> {
    let cell = |at: usize| line.more.get(at).map_or("", String::as_str);
    let names = Kind::ANSWERS.map(Kind::name);
    let kind = Kind::ANSWERS.into_iter().find(|kind| kind.name() == cell(0)).ok_or_else(|| {
        let near =
            nearest(cell(0), names).map_or_else(String::new, |n| format!("; vouliez-vous dire `{n}` ?"));
        let found = visible_cell(cell(0));
        format!("colonne `reponse`: « {found} » n'est pas une réponse; attendu: {}{near}", names.join(", "))
    })?;
    let day = parse_date(cell(1)).ok_or_else(|| {
        let found = visible_cell(cell(1));
        format!("colonne `date`: « {found} » n'est pas une date; attendu: 2017-06-30 ou 30/06/2017")
    })?;
    let entry = Entry::new(day, kind, &line.pair.0, &line.pair.1);
    let entry = match cell(2) {
        "" => entry,
        motive => entry.with("motif", motive),
    };
    match (kind, cell(3)) {
        (Kind::Correction, number) => {
            let number: u32 = number.parse().map_err(|_| {
                let found = visible_cell(number);
                format!("colonne `ligne`: « {found} » n'est pas un numéro; attendu: celui de la ligne du registre à annuler")
            })?;
            Ok(entry.with("ligne", number))
        }
        (_, "") => Ok(entry),
        (_, found) => {
            let found = visible_cell(found);
            Err(format!(
                "colonne `ligne`: « {found} » n'annule rien; attendu: vide, ou la réponse `rectification`"
            ))
        }
    }
}

/// Why a line of a file of answers is refused: its column, what was found, what is wrong with it. `last` is the last line of
/// the ledger.
fn refusal(line: &pair_file::Line, keys: &[String; 2], last: u64, why: &Contradiction) -> String {
    let [request, unit] = keys;
    let cell = |at: usize| line.more.get(at).map_or("", String::as_str);
    let (column, found) = match why.cell() {
        Cell::Request => (request.as_str(), line.pair.0.as_str()),
        Cell::Unit => (unit.as_str(), line.pair.1.as_str()),
        Cell::Day => ("date", cell(1)),
        Cell::Details if matches!(why, Contradiction::Detail { key: "motif", .. }) => ("motif", cell(2)),
        Cell::Kind | Cell::Details => ("reponse", cell(0)),
    };
    let here =
        why.line().filter(|line| *line > last).map_or("", |_| " (celle-là serait de ce fichier, plus haut)");
    format!("colonne `{column}`: « {} » {why}{here}", visible_cell(found))
}

fn show(args: &ShowArgs) -> Result<End> {
    let ledger = open(&args.ledger)?;
    let short = output::format(&args.output)?.is_for_people();
    let column = |name: &str, kind: Type, cell: &dyn Fn(&Line) -> Option<Value>| OutputColumn {
        name: name.to_string(),
        kind,
        cells: ledger.lines().iter().map(cell).collect(),
    };
    let text = |text: &str| (!text.is_empty()).then(|| Value::text(text));
    let columns = vec![
        column("ligne", Type::Number, &|line| {
            Some(Value::int(i64::try_from(line.number).unwrap_or(i64::MAX)))
        }),
        column("date", Type::Date, &|line| Some(Value::Date(line.entry.day))),
        column("nature", Type::Text(None), &|line| text(line.entry.kind.name())),
        column("demande", Type::Text(None), &|line| text(&line.entry.request)),
        column("logement", Type::Text(None), &|line| text(&line.entry.unit)),
        column("annulee_par", Type::Number, &|line| {
            let by = ledger.state().annulled().get(&line.number)?;
            Some(Value::int(i64::try_from(*by).unwrap_or(i64::MAX)))
        }),
        column("details", Type::Text(None), &|line| match short {
            true => text(&in_words(line)),
            false => text(&line.details),
        }),
        column("empreinte", Type::Text(None), &|line| match short {
            true => text(&shortened(&line.hash)),
            false => text(&line.hash),
        }),
    ];
    let rows = Output { name: "registre".to_string(), columns };
    let about = vec!["Registre des propositions, des réponses et des baux".to_string(), head(&ledger)];
    output::write(&Presented::of(rows, &[]).with_about(about), &args.output)?;
    Ok(End::Fine)
}

/// The details of a line for people.
fn in_words(line: &Line) -> String {
    let word = |(key, value): (&String, &serde_json::Value)| match value {
        serde_json::Value::Bool(true) => key.clone(),
        serde_json::Value::String(text) => format!("{key} {}", shortened(text)),
        serde_json::Value::Object(quotas) => {
            let of = |(name, member): (&String, &serde_json::Value)| match member {
                serde_json::Value::Bool(true) => format!("{name} (membre)"),
                _ => name.clone(),
            };
            format!("{key}: {}", quotas.iter().map(of).collect::<Vec<_>>().join(", "))
        }
        other => format!("{key} {other}"),
    };
    line.entry.details.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// Digits of a hash that people are shown; programs get all.
const DIGITS: usize = 12;

/// The beginning of a hash; another text as it is.
fn shortened(text: &str) -> String {
    match text.strip_prefix("sha256:") {
        Some(digits) => format!("{}…", digits.chars().take(DIGITS).collect::<String>()),
        None => text.to_string(),
    }
}

fn check(args: &CheckArgs) -> Result<End> {
    match Ledger::open(&LedgerPlace::of(&args.ledger)) {
        Ok(ledger) => {
            let lines = count(ledger.lines().len());
            output::print(&format!("Le registre tient; lignes: {lines}.\n{}", standing(&ledger)))?;
            Ok(End::Fine)
        }
        Err(error) if error.is_of_place() => Err(said(&args.ledger, error)),
        Err(error) => {
            eprintln!("{}: le registre ne tient pas: {error}", LedgerPlace::of(&args.ledger));
            Ok(End::FellShort)
        }
    }
}

fn head(ledger: &Ledger) -> String {
    format!("Dernière empreinte: {}", ledger.head())
}

/// What stands in a ledger.
fn standing(ledger: &Ledger) -> String {
    let state = ledger.state();
    let leases = state.leases().count();
    format!(
        "   séances: {}, baux: {}, décisions: {}, acceptations fermes: {}, propositions sans réponse: {}\n   {}\n",
        count(state.sessions().len()),
        count(leases),
        count(state.given().count().saturating_sub(leases)),
        count(state.firm().count()),
        count(state.unanswered()),
        head(ledger),
    )
}
