//! `logis replay`: decides receipts again, and reports what has drifted.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Result;
use logis::data::visible_cell;
use logis::exchange::Document;
use logis::explain::{Shown, in_words, plain};
use logis::receipt::{Changed, Drift, Receipt, Replay, Replayed, SealCheck};
use serde::Serialize;

use super::receipt_file::{Part, for_each_part};
use super::record::Recording;
use crate::args::{RulesArgs, TextFormat};
use crate::{End, input, output, text};

/// `logis replay`
#[derive(clap::Args)]
pub struct ReplayArgs {
    /// Reçus écrits par `logis eval --record`
    #[arg(value_name = "FICHIER")]
    file: PathBuf,
    #[command(flatten)]
    rules: RulesArgs,
    /// Écrit dans ce fichier les reçus tels que décidés à présent
    #[arg(long, value_name = "FICHIER")]
    rewrite: Option<PathBuf>,
    /// Accepte les reçus sans sceau, tels que les versions antérieures les écrivaient
    #[arg(long)]
    unsealed: bool,
    /// Forme du rapport
    #[arg(long, value_enum, default_value = "text")]
    format: TextFormat,
}

/// Decides again; exit code 1 if an outcome is not what it was, if something of a receipt was not compared, or if
/// the file is not as it was written.
pub fn run(args: &ReplayArgs) -> Result<End> {
    let pack = input::pack(&args.rules)?;
    let replay = Replay::new(&pack);
    let mut recording = Recording::new(args.rewrite.as_deref())?;
    let mut seen = Seen { unsealed_is_fine: args.unsealed, ..Seen::default() };
    let check = for_each_part(&args.file, |part| {
        let replayed = replay.replay(&part.receipts);
        if !recording.is_off() {
            let again: Vec<String> = replayed.iter().map(|r| r.again.to_line()).collect();
            recording.receipts(&again)?;
        }
        seen.part(part, &replayed, args.format)
    })?;
    let intact = seen.flawed == 0;
    if let Some(path) = args.rewrite.as_deref().filter(|_| !intact) {
        // What is written anew would bear whole seals.
        eprintln!("{}: n'est pas écrit : les reçus ne sont pas tels qu'ils ont été écrits", path.display());
    } else {
        recording.close()?;
    }
    match args.format {
        TextFormat::Text => output::print(&seen.summary(&check))?,
        TextFormat::Json => eprint!("{}", seen.seals(&check)),
    }
    Ok(if seen.holds(&check) { End::Fine } else { End::FellShort })
}

/// What is told of a line, as JSON; of one that is no receipt, what its seals say alone.
#[derive(Serialize)]
struct Told<'t> {
    line: usize,
    #[serde(flatten)]
    receipt: Option<Which<'t>>,
    #[serde(flatten)]
    replayed: Option<What<'t>>,
    seal: &'t [String],
}

#[derive(Serialize)]
struct Which<'t> {
    entity: &'t str,
    id: &'t str,
    date: &'t str,
}

#[derive(Serialize)]
struct What<'t> {
    drifts: &'t [Drift],
    changed: &'t Changed,
    not_compared: &'t [String],
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    receipts: usize,
    drifted: usize,
    /// Receipts of which something was not compared.
    not_compared: usize,
    /// Lines that are not as they were written.
    flawed: usize,
    /// Drifts by rule.
    rules: BTreeMap<String, usize>,
    /// Receipts by what is not as it was.
    changed: BTreeMap<String, usize>,
    /// Are receipts without seals asked for?
    unsealed_is_fine: bool,
    /// Of receipts without seals: their line by what they say.
    contents: HashMap<String, usize>,
}

impl Seen {
    fn part(&mut self, part: &Part, replayed: &[Replayed], form: TextFormat) -> Result<()> {
        let mut flaws: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (line, flaw) in &part.flaws {
            flaws.entry(*line).or_default().push(flaw.clone());
        }
        for (receipt, line) in part.receipts.iter().zip(&part.lines).filter(|(r, _)| r.seal.is_none()) {
            let content = logis::fingerprint::sha256(receipt.to_line().as_bytes());
            let first = *self.contents.entry(content).or_insert(*line);
            if first != *line {
                flaws.entry(*line).or_default().push(format!("ce reçu est déjà à la ligne {first}"));
            }
        }
        self.flawed += flaws.len();
        for ((receipt, line), replayed) in part.receipts.iter().zip(&part.lines).zip(replayed) {
            let flaws = flaws.remove(line).unwrap_or_default();
            self.add(*line, receipt, replayed, &flaws, form)?;
        }
        // Of lines that are no receipts: the end of a file.
        for (line, flaws) in flaws {
            output::print(&match form {
                TextFormat::Json => {
                    let body = Told { line, receipt: None, replayed: None, seal: &flaws };
                    format!("{}\n", Document::new("replayed", body).line()?)
                }
                TextFormat::Text => {
                    flaws.iter().map(|flaw| format!("ligne {line} : {flaw}\n")).collect::<String>()
                }
            })?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        line: usize,
        receipt: &Receipt,
        replayed: &Replayed,
        flaws: &[String],
        form: TextFormat,
    ) -> Result<()> {
        self.receipts += 1;
        for what in words(&replayed.changed, receipt, replayed) {
            *self.changed.entry(what).or_default() += 1;
        }
        self.drifted += usize::from(!replayed.drifts.is_empty());
        self.not_compared += usize::from(!replayed.not_compared.is_empty());
        for drift in &replayed.drifts {
            *self.rules.entry(drift.rule.clone()).or_default() += 1;
        }
        if replayed.holds() && flaws.is_empty() {
            return Ok(());
        }
        if form == TextFormat::Json {
            let body = Told {
                line,
                receipt: Some(Which { entity: &receipt.entity, id: &receipt.id, date: &receipt.date }),
                replayed: Some(What {
                    drifts: &replayed.drifts,
                    changed: &replayed.changed,
                    not_compared: &replayed.not_compared,
                }),
                seal: flaws,
            };
            return output::print(&format!("{}\n", Document::new("replayed", body).line()?));
        }
        let mut text = format!(
            "ligne {line} : {} {}, décidé au {}\n",
            receipt.entity,
            visible_cell(&receipt.id),
            receipt.date
        );
        for flaw in flaws {
            let _ = writeln!(text, "   {flaw}");
        }
        for drift in &replayed.drifts {
            let _ = writeln!(text, "   {} : {} → {}", drift.rule, shown(&drift.before), shown(&drift.after));
        }
        for what in &replayed.not_compared {
            let _ = writeln!(text, "   pas comparé : {what}");
        }
        for input in replayed.changed.inputs.iter().filter(|i| !replayed.not_compared.contains(i)) {
            let _ = writeln!(text, "   donnée : {input}");
        }
        output::print(&text)
    }

    /// Is every receipt as it was written, compared, and decided as it was?
    fn holds(&self, check: &SealCheck) -> bool {
        let sealed = check.unsealed() == 0 || self.unsealed_is_fine;
        self.drifted == 0 && self.not_compared == 0 && self.flawed == 0 && sealed
    }

    fn summary(&self, check: &SealCheck) -> String {
        let again = format!("{} reçus décidés à nouveau", text::count(self.receipts));
        let mut text = match (self.drifted, self.not_compared) {
            (0, 0) => format!("{again} : mêmes résultats.\n"),
            (0, _) => format!("{again} : mêmes résultats pour ce qui a été comparé.\n"),
            (n, _) => format!("{again}, {} avec dérive :\n", text::count(n)),
        };
        for (rule, count) in &self.rules {
            let _ = writeln!(text, "   {rule} : {}", text::count(*count));
        }
        for (what, count) in &self.changed {
            let _ = writeln!(text, "{what} ({} reçus)", text::count(*count));
        }
        if self.not_compared > 0 {
            let _ = writeln!(text, "pas entièrement comparés : {} reçus", text::count(self.not_compared));
        }
        text.push_str(&self.seals(check));
        text
    }

    /// What the seals say, in a line or two.
    fn seals(&self, check: &SealCheck) -> String {
        let mut text = String::new();
        if self.flawed > 0 {
            let _ = writeln!(
                text,
                "lignes qui ne sont pas telles qu'elles ont été écrites : {}",
                text::count(self.flawed)
            );
        }
        if check.unsealed() > 0 {
            let count = text::count(usize::try_from(check.unsealed()).unwrap_or(usize::MAX));
            let _ = writeln!(
                text,
                "{count} reçus sans sceau, tels que les versions antérieures les écrivaient : rien ne dit qu'ils n'ont pas été modifiés{}",
                if self.unsealed_is_fine { "" } else { " (--unsealed les accepte)" }
            );
        }
        if let Some(head) = check.head().filter(|_| self.flawed == 0 && check.unsealed() == 0) {
            let _ = writeln!(text, "sceaux intacts, le dernier : {head}");
        }
        text
    }
}

/// What is not as it was, in words.
fn words(changed: &Changed, receipt: &Receipt, replayed: &Replayed) -> Vec<String> {
    let mut words = Vec::new();
    if changed.engine {
        words.push(format!("moteur changé : {} → {}", receipt.engine, replayed.again.engine));
    }
    if changed.pack {
        words.push(format!("autre paquet de règles : « {} » → « {} »", receipt.pack, replayed.again.pack));
    }
    for (is, what) in [
        (changed.rules, "règles changées"),
        (changed.parameters, "paramètres changés"),
        (!changed.inputs.is_empty(), "données de référence ou schéma changés"),
    ] {
        if is {
            words.push(what.to_string());
        }
    }
    words
}

/// An outcome in a line.
pub fn shown(outcome: &Shown) -> String {
    match outcome {
        Shown::Unknown(missing) if !missing.is_empty() => {
            format!("inconnu, manque {}", in_words(missing))
        }
        other => plain(other),
    }
}
