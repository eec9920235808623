//! `logis replay`: decides receipts again, and reports what has drifted.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, Result, bail};
use logis_engine::explain::Shown;
use logis_engine::receipt::{Changed, Receipt, Replay, Replayed, from_lines};

use super::record::Recording;
use crate::{End, ReplayArgs, TextFormat, input, output, text};

/// Receipts decided at a time.
const CHUNK: usize = 1 << 13;

/// Decides again; exit code 1 if an outcome is not what it was.
pub fn run(args: &ReplayArgs) -> Result<End> {
    let pack = input::pack(&args.rules)?;
    let replay = Replay::new(&pack);
    let mut recording = Recording::new(args.rewrite.as_deref())?;
    let mut seen = Seen::default();
    for_each_chunk(&args.file, |first, receipts| {
        for (line, (receipt, replayed)) in (first..).zip(receipts.iter().zip(replay.replay(receipts))) {
            recording.line(&replayed.again.to_line())?;
            seen.add(line, receipt, &replayed, args.format)?;
        }
        Ok(())
    })?;
    recording.close()?;
    if args.format == TextFormat::Text {
        output::print(&seen.summary())?;
    }
    Ok(if seen.drifted == 0 { End::Fine } else { End::FellShort })
}

/// Reads receipts some at a time: the number of the first one's line, and the receipts.
pub fn for_each_chunk(path: &Path, mut each: impl FnMut(usize, &[Receipt]) -> Result<()>) -> Result<()> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("{name}: lecture impossible"))?;
    let mut lines = BufReader::new(file).lines();
    let mut first = 1;
    loop {
        let chunk: Vec<String> = lines
            .by_ref()
            .take(CHUNK)
            .collect::<std::io::Result<_>>()
            .with_context(|| format!("{name}: lecture impossible"))?;
        if chunk.is_empty() {
            if first == 1 {
                bail!("{name}: ce fichier ne contient aucun reçu");
            }
            return Ok(());
        }
        let (mut receipts, mut wrong) = (Vec::with_capacity(chunk.len()), Vec::new());
        for (line, read) in (first..).zip(from_lines(&chunk)) {
            match read {
                Ok(receipt) => receipts.push(receipt),
                Err(error) => wrong.push(format!("{name}:{line}: ce n'est pas un reçu: {error}")),
            }
        }
        if !wrong.is_empty() {
            let more = wrong.len().saturating_sub(20);
            wrong.truncate(20);
            if more > 0 {
                wrong.push(format!("… et {more} autres lignes"));
            }
            bail!("{}\nattendu: un reçu par ligne, tel que `logis eval --record` l'écrit", wrong.join("\n"));
        }
        each(first, &receipts)?;
        first += chunk.len();
    }
}

/// What was seen so far.
#[derive(Default)]
struct Seen {
    receipts: usize,
    drifted: usize,
    /// Drifts by rule.
    rules: BTreeMap<String, usize>,
    /// Receipts by what is not as it was.
    changed: BTreeMap<String, usize>,
}

impl Seen {
    fn add(&mut self, line: usize, receipt: &Receipt, replayed: &Replayed, form: TextFormat) -> Result<()> {
        self.receipts += 1;
        for what in words(&replayed.changed, receipt, replayed) {
            *self.changed.entry(what).or_default() += 1;
        }
        if replayed.drifts.is_empty() {
            return Ok(());
        }
        self.drifted += 1;
        for drift in &replayed.drifts {
            *self.rules.entry(drift.rule.clone()).or_default() += 1;
        }
        if form == TextFormat::Json {
            let json = serde_json::json!({
                "line": line, "entity": receipt.entity, "id": receipt.id, "date": receipt.date,
                "drifts": replayed.drifts, "changed": replayed.changed,
            });
            return output::print(&format!("{json}\n"));
        }
        let mut text =
            format!("ligne {line} : {} {}, décidé au {}\n", receipt.entity, receipt.id, receipt.date);
        for drift in &replayed.drifts {
            text.push_str(&format!(
                "   {} : {} → {}\n",
                drift.rule,
                shown(&drift.before),
                shown(&drift.after)
            ));
        }
        for input in &replayed.changed.inputs {
            text.push_str(&format!("   donnée : {input}\n"));
        }
        output::print(&text)
    }

    fn summary(&self) -> String {
        let mut text = match self.drifted {
            0 => format!("{} reçus décidés à nouveau : mêmes résultats.\n", text::count(self.receipts)),
            n => format!(
                "{} reçus décidés à nouveau, {} avec dérive :\n",
                text::count(self.receipts),
                text::count(n)
            ),
        };
        for (rule, count) in &self.rules {
            text.push_str(&format!("   {rule} : {}\n", text::count(*count)));
        }
        for (what, count) in &self.changed {
            text.push_str(&format!("{what} ({} reçus)\n", text::count(*count)));
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
        Shown::Value(v) if v == "true" => "oui".to_string(),
        Shown::Value(v) if v == "false" => "non".to_string(),
        Shown::Value(v) if v.is_empty() => "(vide)".to_string(),
        Shown::Value(v) => v.clone(),
        Shown::Unknown(missing) if missing.is_empty() => "inconnu".to_string(),
        Shown::Unknown(missing) => format!("inconnu, manque {}", missing.join(", ")),
        Shown::Error(error) => format!("erreur : {error}"),
    }
}
