//! `logis diff`: what a change of rules does, over recorded cases, data packages and receipts.
//!
//! `asked` says what is compared and as of when, `corpora` decides the rows of each corpus, `rests` says on what the
//! figures rest, `page` shows what was found.

mod asked;
mod corpora;
mod page;
mod rests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use logis::compare::{
    Acceptance, Comparison, Expected, Report, Structure, compared, counted_by, draft, note_left_out,
};
use logis::data::visible;
use logis::scenario::basis::Basis;
use logis::value::Date;

use self::asked::dates;
use self::corpora::{boundaries, package, receipts};
use self::rests::{CASES, Rests};
use crate::args::{ReadingArgs, ReportArgs, date};
use crate::{End, input, output, revision};

/// `logis diff`
#[derive(clap::Args)]
pub struct DiffArgs {
    /// Les règles d'avant: un dossier, ou RÉVISION:DOSSIER d'un dépôt git (main~3:rules)
    #[arg(value_name = "AVANT")]
    base: String,
    /// Les règles d'après
    #[arg(value_name = "APRÈS")]
    head: String,
    /// Corpus, en plus des cas: paquet de données, ou reçus de `logis eval --record` (.jsonl); plusieurs fois
    #[arg(long, value_name = "CHEMIN")]
    corpus: Vec<PathBuf>,
    /// Laisse de côté les cas des deux paquets de règles
    #[arg(long)]
    no_cases: bool,
    /// Décide aussi des lignes au seuil de chaque comparaison des deux paquets de règles
    #[arg(long)]
    boundaries: bool,
    /// Dates auxquelles décider les paquets de données (sinon la leur, et celles où quelque chose change)
    #[arg(long, value_name = "DATE,DATE", value_delimiter = ',', value_parser = date)]
    as_of: Vec<Date>,
    /// Règles ou groupes à comparer (sinon tout ce que le changement peut atteindre et que quelqu'un lit)
    #[arg(long, value_name = "RÈGLE,RÈGLE", value_delimiter = ',')]
    select: Vec<String>,
    /// Champs, règles, groupes ou entités par lesquels compter (sinon publics et commune, s'ils existent)
    #[arg(long, value_name = "NOM,NOM", value_delimiter = ',')]
    by: Vec<String>,
    /// Différences acceptées: échoue si autre chose change, ou si elles n'arrivent plus
    #[arg(long, value_name = "FICHIER")]
    accept: Option<PathBuf>,
    /// Écrit dans ce fichier toutes les différences, comme acceptées, raisons à remplir
    #[arg(long, value_name = "FICHIER")]
    write_accepted: Option<PathBuf>,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Montre aussi, dans le texte et la page, une ligne de données pour chaque différence: identifiant,
    /// revenus (le JSON les a toujours)
    #[arg(long)]
    with_rows: bool,
    #[command(flatten)]
    report: ReportArgs,
    /// Forme du rapport (sinon d'après le nom du fichier, sinon un texte)
    #[arg(long, value_enum)]
    format: Option<DiffFormat>,
    /// Fichier à écrire (sinon la sortie standard)
    #[arg(long, short, value_name = "FICHIER")]
    output: Option<PathBuf>,
}

/// Forms of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum DiffFormat {
    /// Texte
    Text,
    /// JSON
    Json,
    /// Une page HTML
    Html,
}

/// All that a run found.
pub struct Found {
    /// What the packs are called.
    pub base: String,
    /// What the packs are called.
    pub head: String,
    /// What they say differently.
    pub structure: Structure,
    /// What they decide differently.
    pub report: Report,
    /// Corpora whose rows are those of people, and are not shown.
    pub withheld: BTreeSet<String>,
    /// What the figures rest on.
    pub basis: Basis,
    /// What people call what is counted by and its values, by the names of the pack.
    pub called: BTreeMap<(String, String), String>,
    /// What a file of accepted differences leaves, if there is one.
    pub acceptance: Option<Acceptance>,
    /// The change reaches rules, and not one was decided on any row.
    pub nothing_decided: bool,
}

impl Found {
    /// Is nothing left to be said against the change?
    pub fn is_fine(&self) -> bool {
        let met = self.acceptance.as_ref().map_or(self.report.differences.is_empty(), Acceptance::is_met);
        met && !self.nothing_decided
    }
}

/// Compares; exit code 1 if something differs that is not accepted, or the other way round.
pub fn run(args: &DiffArgs) -> Result<End> {
    let contours = args.report.read_contours()?;
    let form = form(args)?;
    if contours.is_some() && form != DiffFormat::Html {
        eprintln!("avertissement: --contours: seule la page (--format html) a des cartes");
    }
    let base = revision::pack(&args.base)?;
    let head = revision::pack(&args.head)?;
    let expected = args.accept.as_deref().map(accepted).transpose()?;
    let structure = Structure::new(base.parsed(), head.parsed());
    let names = compared(&args.select, &base, &head);
    let by = counted_by(&args.by, &head, expected.as_ref());
    let (names, by): (Vec<&str>, Vec<&str>) =
        (names.iter().map(String::as_str).collect(), by.iter().map(String::as_str).collect());
    let mut comparison = Comparison::new(&base, &head, &names, &by).map_err(|error| anyhow!(error))?;
    let mut rests = Rests::new(&base, &head);
    if !args.no_cases {
        let (old, new) = (input::references(&base)?, input::references(&head)?);
        comparison.cases(CASES, (&old, &new), !args.select.is_empty())?;
    }
    for corpus in &args.corpus {
        if !corpus.exists() {
            bail!("{}: ce corpus n'existe pas", corpus.display());
        }
        let name = corpus_name(corpus);
        rests.corpus(&name, corpus)?;
        if corpus.extension().is_some_and(|end| end == "jsonl") {
            receipts(&mut comparison, &name, corpus)?;
        } else {
            package(&mut comparison, args, &structure, (&name, corpus), &mut rests)?;
        }
    }
    if args.boundaries {
        boundaries(&mut comparison, args, &structure)?;
    }
    let days = dates(args, &structure, &[])?;
    let nothing_decided = note_left_out(&mut comparison, &days, &args.select);
    let report = comparison.report();
    let acceptance = expected.map(|expected| expected.check(&report.differences));
    let withheld = match args.with_rows {
        true => BTreeSet::new(),
        false => args.corpus.iter().map(|path| corpus_name(path)).collect(),
    };
    let called = rests.called(&report);
    let basis = rests.basis(&report, args.report.made_on);
    let (base, head) = (args.base.clone(), args.head.clone());
    let found = Found { base, head, structure, report, withheld, basis, called, acceptance, nothing_decided };
    if let Some(path) = &args.write_accepted {
        output::file(path, draft(&found.report.differences).as_bytes())?;
        eprintln!("{}: écrit ; chaque `reason` reste à remplir", path.display());
    }
    let text = match form {
        DiffFormat::Text => visible(&page::text(&found)).into_owned(),
        DiffFormat::Json => page::json(&found)?,
        DiffFormat::Html => page::html(&found, contours.as_ref())?,
    };
    output::bytes_to(text.as_bytes(), args.output.as_deref(), false)?;
    Ok(if found.is_fine() { End::Fine } else { End::FellShort })
}

/// The form that was asked, by name or by the ending of the file.
pub fn form(args: &DiffArgs) -> Result<DiffFormat> {
    let forms = [
        ("txt", DiffFormat::Text),
        ("json", DiffFormat::Json),
        ("html", DiffFormat::Html),
        ("htm", DiffFormat::Html),
    ];
    output::form(args.format, args.output.as_deref(), &forms, DiffFormat::Text)
}

/// What a corpus is called in the report.
fn corpus_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
}

fn accepted(path: &Path) -> Result<Expected> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("{}: lecture impossible", path.display()))?;
    Expected::read(&text).map_err(|error| anyhow!("{}: {error}", path.display()))
}
