//! `logis test`: the cases of a pack.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Result, bail};
use logis::explain;
use logis::testing::{self, CaseResult};

use super::{junit, update};
use crate::args::RulesArgs;
use crate::{End, asked, input, output};

/// `logis test`
#[derive(clap::Args)]
pub struct TestArgs {
    #[command(flatten)]
    rules: RulesArgs,
    /// Dossier du paquet de règles (sinon celui où l'on est, sinon celui qui est embarqué), ou texte comme
    /// ci-après
    #[arg(value_name = "DOSSIER|TEXTE")]
    filter: Option<String>,
    /// Ne garde que les cas dont le nom ou le fichier contient ce texte
    #[arg(value_name = "TEXTE")]
    more: Option<String>,
    /// Montre les résultats trouvés à la place de ceux attendus, puis les écrit si on l'accepte
    #[arg(long)]
    update: bool,
    /// Écrit sans le demander
    #[arg(long, requires = "update")]
    pub(super) yes: bool,
    /// Fichier JUnit (XML) à écrire, pour l'intégration continue
    #[arg(long, value_name = "FICHIER")]
    junit: Option<PathBuf>,
}

/// Runs the cases; exit code 1 if one fails.
pub fn run(args: &TestArgs) -> Result<End> {
    let asked = asked::asked(&args.rules, &[args.filter.as_ref(), args.more.as_ref()])?;
    let (rules, filter) = (&asked.rules, asked.filter.as_str());
    if args.update && rules.rules.is_none() {
        bail!("--update récrit les fichiers d'un dossier: donner --rules");
    }
    let pack = input::pack_with_cases(rules)?;
    asked::say(&pack, rules)?;
    let references = input::references(&pack)?;
    let results = testing::run(&pack, &references, filter)?;
    if results.is_empty() && !filter.is_empty() {
        bail!("aucun cas ne contient « {filter} » dans son nom ou son fichier");
    }
    if let Some(path) = &args.junit {
        output::text_to(&junit::write(&results)?, Some(path))?;
    }
    let failed = results.iter().filter(|r| !r.failures.is_empty()).count();
    let mut text: String = results.iter().map(failures).collect();
    let _ = writeln!(text, "{} cas réussis, {failed} en échec", results.len() - failed);
    output::print(&text)?;
    if args.update && failed > 0 {
        return update::run(&pack, &results, rules, args);
    }
    Ok(if failed == 0 { End::Fine } else { End::FellShort })
}

/// What fails in a case, each with how it came about.
fn failures(result: &CaseResult) -> String {
    let mut text = String::new();
    if result.failures.is_empty() {
        return text;
    }
    let _ = writeln!(text, "ÉCHEC {} : {}", result.place, result.name);
    for failure in &result.failures {
        let difference = failure.difference.as_ref().map_or_else(String::new, |d| format!(" (écart {d})"));
        let (rule, expected, found) = (&failure.rule, &failure.expected, &failure.found);
        let _ = writeln!(text, "   {rule} : attendu {expected}, trouvé {found}{difference}");
        for cell in &failure.cells {
            let _ = writeln!(text, "      cellule {cell}");
        }
        if let Some(explanation) = &failure.explanation {
            for line in explain::to_text(explanation).lines() {
                let _ = writeln!(text, "      {line}");
            }
        }
    }
    text
}
