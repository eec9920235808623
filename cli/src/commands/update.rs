//! `logis test --update`: writes the outcomes found in place of those expected, once they were shown.
//!
//! Only the value itself is replaced, at its place: comments and layout stay.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, IsTerminal};
use std::ops::Range;

use anyhow::{Context, Result, bail};
use logis::Pack;
use logis::evaluate::Outcome;
use logis::testing::CaseResult;
use logis::value::Value;

use super::test::TestArgs;
use crate::args::RulesArgs;
use crate::{End, output};

/// Replacements by file, each at its bytes.
type Edits = BTreeMap<usize, Vec<(Range<usize>, String)>>;

/// Shows what would change, asks, and writes.
pub fn run(pack: &Pack, results: &[CaseResult], rules: &RulesArgs, args: &TestArgs) -> Result<End> {
    let sources = &pack.parsed().sources;
    let mut edits = Edits::new();
    let mut left = 0;
    for failure in results.iter().flat_map(|r| &r.failures) {
        let path = failure.written.as_ref().and_then(|s| sources.get(s.file)).map_or("", |f| f.path.as_str());
        match (&failure.written, failure.outcome.as_ref().and_then(|found| literal(found, path))) {
            (Some(span), Some(new)) => {
                edits.entry(span.file).or_default().push((span.range.clone(), new));
            }
            _ => left += 1,
        }
    }
    let mut changed: Vec<(String, &str, String)> = Vec::new();
    let mut shown = String::new();
    for (file, edits) in &mut edits {
        let Some(source) = sources.get(*file) else { continue };
        edits.sort_by_key(|(range, _)| range.start);
        let new = replace(&source.text, edits);
        let _ = writeln!(shown, "--- {}", source.path);
        for (number, (old, new)) in source.text.lines().zip(new.lines()).enumerate() {
            if old != new {
                let _ = write!(shown, "@@ ligne {} @@\n-{old}\n+{new}\n", number + 1);
            }
        }
        changed.push((source.path.clone(), &source.text, new));
    }
    if left > 0 {
        let _ = writeln!(
            shown,
            "{left} échec(s) ne se récrivent pas: une erreur ou une raison se corrige à la main"
        );
    }
    output::print(&shown)?;
    if changed.is_empty() || !agreed(args, changed.len())? {
        return Ok(End::FellShort);
    }
    let root = rules.rules.clone().unwrap_or_default();
    for (path, old, new) in &changed {
        let path = root.join(path);
        let present = std::fs::read_to_string(&path)
            .with_context(|| format!("{}: lecture impossible", path.display()))?;
        let (mark, present) = match present.strip_prefix('\u{feff}') {
            Some(rest) => ("\u{feff}", rest),
            None => ("", present.as_str()),
        };
        if present != *old {
            bail!("{}: le fichier a changé entre-temps; recommencer", path.display());
        }
        output::file(&path, format!("{mark}{new}").as_bytes())?;
    }
    let files = if changed.len() > 1 { "fichiers récrits" } else { "fichier récrit" };
    output::print(&format!("{} {files}\n", changed.len()))?;
    Ok(if left == 0 { End::Fine } else { End::FellShort })
}

/// May the files be written? Without a terminal to ask on, only if it was said before.
fn agreed(args: &TestArgs, files: usize) -> Result<bool> {
    if args.yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        eprintln!("rien n'est écrit; pour récrire sans question: --yes");
        return Ok(false);
    }
    eprint!("Récrire {files} fichier(s) ainsi ? [o/N] ");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "o" | "oui" | "y" | "yes"))
}

/// The text with its replacements, which are sorted; of two at one place, the first.
fn replace(text: &str, edits: &[(Range<usize>, String)]) -> String {
    let mut new = String::with_capacity(text.len());
    let mut at = 0;
    for (range, value) in edits.iter().filter(|(range, _)| range.end <= text.len()) {
        if range.start < at {
            continue;
        }
        new.push_str(text.get(at..range.start).unwrap_or(""));
        new.push_str(value);
        at = range.end;
    }
    new.push_str(text.get(at..).unwrap_or(""));
    new
}

/// An outcome as it is written in a file of that name; `None` for what cannot be expected.
fn literal(found: &Outcome, path: &str) -> Option<String> {
    let (value, text) = match found {
        Outcome::Known(value) => (Some(value), value.to_string()),
        Outcome::Unknown(_) => (None, "inconnu".to_string()),
        Outcome::Error(_) => return None,
    };
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    if path.ends_with(".csv") {
        let plain = !text.contains([',', '"', '\n']) && !text.is_empty();
        return Some(if plain { text } else { format!("\"{}\"", text.replace('"', "\"\"")) });
    }
    let toml = path.ends_with(".toml");
    let one = |value: &Value| match value {
        Value::Text(text) if toml || !text.chars().all(|c| c.is_alphanumeric() || c == '_') => quoted(text),
        // A fraction without decimals is a text in TOML.
        Value::Number(n) if toml && n.to_string().contains('/') && value.to_string().contains('/') => {
            quoted(&value.to_string())
        }
        other => other.to_string(),
    };
    Some(match value {
        Some(Value::List(items)) => format!("[{}]", items.iter().map(one).collect::<Vec<_>>().join(", ")),
        Some(value) => one(value),
        None if toml => quoted("inconnu"),
        None => text,
    })
}
