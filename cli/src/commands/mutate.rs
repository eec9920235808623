//! `logis mutate`: which slips in the rules no case would notice.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Result, bail};
use logis::Pack;
use logis::exchange::{Document, Written};
use logis::mutation::{self, Fate, Kind, Mutant, MutationError, Report};
use serde::Serialize;

use crate::args::{RulesArgs, TextFormat, percentage};
use crate::{End, asked, input, output};

/// `logis mutate`
#[derive(clap::Args)]
pub struct MutateArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Dossier du paquet de règles (sinon celui où l'on est, sinon celui qui est embarqué), ou texte comme
    /// ci-après
    #[arg(value_name = "DOSSIER|TEXTE")]
    filter: Option<String>,
    /// Ne change que les règles et paramètres dont le nom ou le fichier contient ce texte
    #[arg(value_name = "TEXTE")]
    more: Option<String>,
    /// Score, en pour cent, au-dessous duquel la commande échoue (code 1)
    #[arg(long, value_name = "POUR_CENT", allow_negative_numbers = true, value_parser = percentage)]
    min_score: Option<f64>,
    /// Forme du rapport
    #[arg(long, value_enum, default_value = "text")]
    format: TextFormat,
}

/// Runs the mutants; exit code 1 if the score is too low, or what is accepted no longer survives.
pub fn run(args: &MutateArgs) -> Result<End> {
    let asked = asked::asked(&args.rules, &[args.filter.as_ref(), args.more.as_ref()])?;
    let pack = input::pack_with_cases(&asked.rules)?;
    asked::say(&pack, &asked.rules)?;
    let references = input::references(&pack)?;
    let filter = asked.filter.as_str();
    let report = match mutation::mutate(&pack, &references, filter) {
        Ok(report) => report,
        Err(MutationError::Failing(count, first)) => {
            bail!("{count} cas en échec sans rien changer, le premier: {first}; voir logis test")
        }
        Err(MutationError::Pack(error)) => return Err(error.into()),
        Err(other) => return Err(other.into()),
    };
    if report.mutants.is_empty() {
        bail!(
            "rien à changer: aucune règle ni aucun paramètre ne contient « {filter} » dans son nom ou son fichier"
        );
    }
    match args.format {
        TextFormat::Text => output::print(&text(&pack, &report))?,
        TextFormat::Json => output::print(&json(&pack, &report)?)?,
    }
    let short = args.min_score.is_some_and(|bar| report.score() < bar);
    if let Some(bar) = args.min_score.filter(|_| short) {
        eprintln!("score de {} %, au-dessous de {bar} %", report.score());
    }
    Ok(if short || !report.stale.is_empty() { End::FellShort } else { End::Fine })
}

/// The whole as a document of the kind `mutation`.
fn json(pack: &Pack, report: &Report) -> Result<String> {
    #[derive(Serialize)]
    struct Body<'m> {
        killed: usize,
        all: usize,
        mutants: Vec<One<'m>>,
        stale: Vec<Stale<'m>>,
    }
    #[derive(Serialize)]
    struct One<'m> {
        name: &'m str,
        from: Option<String>,
        kind: Kind,
        change: &'m str,
        written: Option<Written>,
        fate: &'static str,
        killed_by: Option<&'m str>,
        accepted: Option<&'m str>,
    }
    #[derive(Serialize)]
    struct Stale<'m> {
        name: &'m str,
        from: Option<String>,
        change: Option<&'m str>,
        why: &'m str,
        written: Option<Written>,
    }
    let sources = &pack.parsed().sources;
    let mutants = report.mutants.iter().enumerate().map(|(number, (mutant, fate))| One {
        name: &mutant.name,
        from: mutant.from.map(|date| date.to_string()),
        kind: mutant.kind,
        change: &mutant.change,
        written: Written::of(sources, &mutant.span),
        fate: match fate {
            Fate::Killed(_) => "killed",
            Fate::Survived => "survived",
            Fate::Unreached => "unreached",
        },
        killed_by: match fate {
            Fate::Killed(place) => Some(place),
            _ => None,
        },
        accepted: report.accepted.get(&number).map(String::as_str),
    });
    let stale = report.stale.iter().map(|(entry, why)| Stale {
        name: &entry.name,
        from: entry.from.map(|date| date.to_string()),
        change: entry.change.as_deref(),
        why,
        written: Written::of(sources, &entry.span),
    });
    let body = Body {
        killed: report.killed(),
        all: report.mutants.len(),
        mutants: mutants.collect(),
        stale: stale.collect(),
    };
    Ok(Document::new("mutation", body).pretty()?)
}

fn text(pack: &Pack, report: &Report) -> String {
    let sources = &pack.parsed().sources;
    let mut text = String::new();
    let line = |text: &mut String, mutant: &Mutant, fate: &Fate| {
        let since = mutant.from.map_or_else(String::new, |d| format!(" (depuis le {d})"));
        let reached = if *fate == Fate::Unreached { " — aucun cas n'y passe" } else { "" };
        let (place, name, change) = (sources.locate(&mutant.span), &mutant.name, &mutant.change);
        let _ = writeln!(text, "{place}: `{name}`{since}: {change}{reached}");
    };
    for (mutant, fate) in report.survivors() {
        text.push_str("survit ");
        line(&mut text, mutant, fate);
    }
    for (number, reason) in &report.accepted {
        if let Some((mutant, fate)) = report.mutants.get(*number) {
            text.push_str("admis ");
            line(&mut text, mutant, fate);
            let _ = writeln!(text, "   {reason}");
        }
    }
    for (entry, why) in &report.stale {
        let change = entry.change.as_deref().unwrap_or("tous ses changements");
        let place = sources.locate(&entry.span);
        let _ = writeln!(text, "périmé {place}: `{}`: {change}: {why}", entry.name);
    }
    let mut kinds: BTreeMap<Kind, (usize, usize)> = BTreeMap::new();
    for (mutant, fate) in &report.mutants {
        let (killed, all) = kinds.entry(mutant.kind).or_default();
        *killed += usize::from(matches!(fate, Fate::Killed(_)));
        *all += 1;
    }
    let mut table = crate::text::empty(&["Changement", "Tués", "Sur", "Part"]);
    for (kind, (killed, all)) in &kinds {
        let share = crate::text::percent(*killed, *all);
        table.add_row([name(*kind).to_string(), killed.to_string(), all.to_string(), share]);
    }
    crate::text::align_numbers(&mut table);
    let _ = writeln!(text, "{table}");
    let (killed, all) = (report.killed(), report.mutants.len());
    let (alive, accepted) = (report.survivors().count(), report.accepted.len());
    let _ = writeln!(
        text,
        "{killed} changements tués sur {all}: score de {} %; {accepted} admis dans mutants.toml, {alive} à tuer ou à admettre",
        report.score()
    );
    text
}

fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Comparison => "comparaison contraire",
        Kind::Boundary => "borne comprise ou non",
        Kind::Connector => "&& pour ||",
        Kind::Operand => "opérande ôté",
        Kind::Branch => "branche ôtée",
        Kind::Negation => "condition contraire",
        Kind::Constant => "constante",
        Kind::Text => "autre texte",
        Kind::Arithmetic => "opération",
        Kind::Function => "fonction",
        Kind::Version => "texte daté ôté",
        Kind::Cell => "case de paramètre",
        Kind::Row => "ligne de paramètre ôtée",
        Kind::Value => "valeur datée ôtée",
        Kind::Reference => "ligne de référence ôtée",
    }
}
