//! `logis test`: the cases of a pack.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use logis_engine::{explain, testing};

use crate::{End, RulesArgs, input, output};

/// Runs the cases; exit code 1 if one fails.
pub fn run(args: &RulesArgs, filter: &str) -> Result<End> {
    let pack = input::pack(args)?;
    let references = input::references(&pack)?;
    let results = testing::run(&pack, &references, filter)?;
    if results.is_empty() && !filter.is_empty() {
        bail!("aucun cas ne contient « {filter} » dans son nom ou son fichier");
    }
    let mut text = String::new();
    let mut failed = 0;
    for result in results.iter().filter(|r| !r.failures.is_empty()) {
        failed += 1;
        let _ = writeln!(text, "ÉCHEC {} : {}", result.place, result.name);
        for failure in &result.failures {
            let _ = writeln!(
                text,
                "   {} : attendu {}, trouvé {}",
                failure.rule, failure.expected, failure.found
            );
            for cell in &failure.cells {
                let _ = writeln!(text, "      cellule {cell}");
            }
            if let Some(explanation) = &failure.explanation {
                for line in explain::to_text(explanation).lines() {
                    let _ = writeln!(text, "      {line}");
                }
            }
        }
    }
    let _ = writeln!(text, "{} cas réussis, {failed} en échec", results.len() - failed);
    output::print(&text)?;
    Ok(if failed == 0 { End::Fine } else { End::FellShort })
}
