//! `logis explain`: why a row is decided as it is.

use std::path::PathBuf;

use anyhow::{Result, bail};
use logis::answers::{Explained, Explanations};
use logis::brief;
use logis::data::{self, Dataset};
use logis::diagnostic::nearest;
use logis::explain::{Words, to_text};
use logis::letter;
use logis::pack::schema::Origin;
use logis::plan::Plan;
use logis::value::{Date, french_day};

use super::given;
use crate::args::{DataArgs, ProblemArgs, RulesArgs};
use crate::{End, input, output};

/// `logis explain`
#[derive(clap::Args)]
pub struct ExplainArgs {
    #[command(flatten)]
    pub(super) rules: RulesArgs,
    #[command(flatten)]
    pub(super) data: DataArgs,
    /// Identifiant de la ligne; pour une candidature, DEMANDE:LOGEMENT. Se répète: en JSON, un document par ligne
    #[arg(long, value_name = "IDENTIFIANT", required = true)]
    pub(super) id: Vec<String>,
    /// Règle à expliquer, ou plusieurs séparées par des virgules
    #[arg(long, value_name = "RÈGLE,RÈGLE", value_delimiter = ',')]
    rule: Vec<String>,
    /// Explique plutôt ce que ce résultat de `logis match --format json` fait d'une demande ou d'un logement
    #[arg(long = "match", value_name = "FICHIER", conflicts_with = "rule")]
    result: Option<PathBuf>,
    /// Montre les noms des règles, des champs et des tables, tels que le paquet les écrit
    #[arg(long)]
    names: bool,
    /// Forme de l'explication
    #[arg(long, value_enum, default_value = "text")]
    pub(super) format: Form,
    /// En bref, huit lignes au plus par règle: la réponse, la comparaison qui a décidé, sa source, ce qui la changerait
    #[arg(long, conflicts_with_all = ["names", "result", "format"])]
    court: bool,
    #[command(flatten, next_help_heading = "Avec --match: le problème, à poser comme à `logis match`")]
    pub(super) problem: ProblemArgs,
}

/// Forms of an explanation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    /// Texte
    Text,
    /// Lettre au ménage: ce qui a été demandé, la réponse, pourquoi, ce qui la changerait, ce qui manque
    Lettre,
    /// JSON
    Json,
}

/// Prints the explanation of the asked rules (or of the pack's results) for one row.
pub fn run(args: &ExplainArgs) -> Result<End> {
    if let Some(result) = &args.result {
        return super::why::run(args, result);
    }
    let ProblemArgs { select, max_candidates, no_quotas, hard, seed, fix, forbid, keep, ledger } =
        &args.problem;
    let decided = seed.is_some() || fix.is_some() || forbid.is_some() || keep.is_some();
    let decided = decided || ledger.ledger.is_some();
    if !select.is_empty() || max_candidates.is_some() || *no_quotas || !hard.is_empty() || decided {
        bail!(
            "--select, --max-candidates, --no-quotas, --hard, --seed, --fix, --forbid, --keep et --ledger posent le problème d'un résultat: attendu: --match"
        );
    }
    let mut run = input::Run::new(&args.rules, &args.data)?;
    let selected: Vec<&str> = match args.rule.is_empty() {
        true => run.pack.results(),
        false => args.rule.iter().map(|s| s.trim()).collect(),
    };
    // A pair that the data gives is decided as such; any other, as one that could be made.
    let given = given::pair_of(&run.pack, &selected)
        .filter(|pair| given::is_there(&run.pack, *pair, &args.data.data));
    if let Some(pack) = given.and_then(|pair| run.pack.with_given_pairs(pair)) {
        let plan = pack.plan(run.date, &selected)?;
        let parsed = pack.parsed();
        let found = data::read(&parsed.schema, &parsed.references, run.files.clone(), &plan.needs());
        if found.dataset.tables.get(plan.entity).is_some_and(|t| args.id.iter().all(|id| t.row(id).is_some()))
        {
            let own: Vec<String> = selected.iter().map(ToString::to_string).collect();
            run.pack = pack;
            return tell(args, run, &own);
        }
    }
    let own: Vec<String> = selected.iter().map(ToString::to_string).collect();
    tell(args, run, &own)
}

/// Explains the selected rules for each row.
fn tell(args: &ExplainArgs, mut run: input::Run, selected: &[String]) -> Result<End> {
    let selected: Vec<&str> = selected.iter().map(String::as_str).collect();
    let plan = run.plan(&selected)?;
    let files = std::mem::take(&mut run.files);
    let dataset = input::dataset_to_decide(&run.pack, files, &plan, &args.data.reading)?;
    // All rows are found before anything is printed.
    let rows: Vec<u64> = args.id.iter().map(|id| row(&plan, &dataset, id)).collect::<Result<_>>()?;
    let words = Words::new(&plan);
    for (at, (row, id)) in rows.into_iter().zip(&args.id).enumerate() {
        // With what would turn each refusal, and when the answer is another.
        let explained = Explanations::of(&plan, &dataset, row, id);
        match args.format {
            Form::Json if args.id.len() > 1 => output::print(&(explained.document().line()? + "\n"))?,
            Form::Json => output::print(&explained.document().pretty()?)?,
            Form::Lettre => {
                // A letter for each household.
                let before = if at == 0 { "" } else { "\n────────\n\n" };
                output::print(&format!("{before}{}", letter::letter(&explained, &words)))?;
            }
            Form::Text if args.court => {
                let before = if at == 0 { "" } else { "\n" };
                output::print(&format!("{before}{}", brief::brief(&explained, &words)))?;
            }
            Form::Text => {
                let about = logis::explain::about(&plan, &dataset, plan.entity, row);
                let on = if args.names { plan.date.to_string() } else { french_day(plan.date) };
                let before = if at == 0 { "" } else { "\n" };
                output::print(&format!(
                    "{before}{about}, décidé au {on}\n{}",
                    text(args, &words, &explained, plan.date)
                ))?;
            }
        }
    }
    Ok(End::Fine)
}

/// The explanations of a row in words, or with the names of the pack.
fn text(args: &ExplainArgs, words: &Words<'_>, explained: &Explanations, date: Date) -> String {
    let mut text = String::new();
    for Explained { explanation, counterfactual: change, other_dates: dates } in &explained.explanations {
        text.push('\n');
        match args.names {
            true => {
                text.push_str(&to_text(explanation));
                let changes = change.to_text();
                if !changes.is_empty() {
                    text.push_str("   Ce qui changerait la réponse, une seule donnée à la fois :\n");
                    text.push_str(&changes);
                }
            }
            false => {
                text.push_str(&words.explanation(explanation));
                text.push_str(&change.to_words(words));
            }
        }
        text.push_str(&dates.to_words(explanation, date));
    }
    text
}

/// The row of an identifier; of a pair, both identifiers with a colon between.
fn row(plan: &Plan, dataset: &Dataset, id: &str) -> Result<u64> {
    let schema = &plan.parsed.schema;
    let find = |entity: usize, id: &str| -> Result<u64> {
        let name = schema.entities.get(entity).map_or("", |e| e.name.as_str());
        let Some(table) = dataset.tables.get(entity) else { bail!("aucune ligne de `{name}`") };
        if let Some(row) = table.row(id) {
            return Ok(row as u64);
        }
        let near = nearest(id, table.ids.texts());
        let hint = near.map_or_else(String::new, |n| format!("; vouliez-vous dire `{n}` ?"));
        bail!("`{id}` n'est l'identifiant d'aucune ligne de `{name}` ({} lignes){hint}", table.rows())
    };
    match schema.entities.get(plan.entity).map(|e| &e.origin) {
        Some(Origin::Pair(a, b)) => {
            let Some((first, second)) = id.split_once(':') else {
                bail!("une candidature s'écrit DEMANDE:LOGEMENT, par exemple D0001:L001")
            };
            let rows = dataset.tables.get(*b).map_or(1, |t| t.rows().max(1) as u64);
            Ok(find(*a, first)? * rows + find(*b, second)?)
        }
        _ => find(plan.entity, id),
    }
}
