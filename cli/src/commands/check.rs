//! `logis check`: all that is wrong with a pack, each at its place.

use anyhow::Result;

use crate::{End, RulesArgs, input, output};

/// Loads the pack, which checks it, and says what it holds.
pub fn run(args: &RulesArgs) -> Result<End> {
    let pack = input::pack(args)?;
    // Reference tables are data: they are checked as data is.
    input::references(&pack)?;
    let parsed = pack.parsed();
    let shortfalls = pack.shortfalls();
    if !shortfalls.is_empty() {
        eprint!("{}", logis_engine::diagnostic::render(&shortfalls, &parsed.sources));
        eprintln!("{} manque(s) à ce que `pack.toml` demande aux règles", shortfalls.len());
        return Ok(End::FellShort);
    }
    let cases: usize = parsed.cases.iter().map(|f| f.cases.len()).sum();
    let doubts = doubts(&pack);
    let mut text = String::new();
    for doubt in &doubts {
        text.push_str(&format!("doute: {doubt}\n"));
    }
    text.push_str(&format!(
        "{} règles, {} paramètres, {cases} cas, {} doutes signalés: rien à redire.\n",
        parsed.rules.len(),
        parsed.parameters.len(),
        doubts.len()
    ));
    output::print(&text)?;
    Ok(End::Fine)
}

/// The doubts that rules and parameters carry, with their places.
fn doubts(pack: &logis_engine::Pack) -> Vec<String> {
    let parsed = pack.parsed();
    let mut found = Vec::new();
    for rule in &parsed.rules {
        for text in &rule.texts {
            for doubt in &text.doc.doubts {
                found.push(format!("{}: `{}`: {doubt}", parsed.sources.locate(&text.span), rule.name));
            }
        }
    }
    for parameter in &parsed.parameters {
        for version in &parameter.versions {
            if let Some(doubt) = &version.doubt {
                let place = parsed.sources.locate(&version.span);
                found.push(format!("{place}: `{}` depuis le {}: {doubt}", parameter.path, version.from));
            }
        }
    }
    found
}
