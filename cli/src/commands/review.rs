//! `logis review`: the yearly review of a territory's agreement.
//!
//! The agreement is that of the pack: `bilan.toml` of a territory says what is counted. One document, in the form that
//! is asked.

use anyhow::{Result, bail};
use logis::Pack;
use logis::data::{to_csv, to_reading_workbook};
use logis::diagnostic::texts::did_you_mean;
use logis::exchange::Document;
use logis::fingerprint::of_files;
use logis::pack::agreement::Agreement;
use logis::scenario::agreement::{Review, Reviewer, agreements, of_day, outside};
use logis::scenario::basis::Stands;
use logis::scenario::report::{Cell, Sheet};
use logis::value::Date;
use std::path::PathBuf;

use super::review_page;
use crate::args::{DataArgs, ReportArgs, RulesArgs};
use crate::text::empty;
use crate::{End, input, output, page};

/// `logis review`
#[derive(clap::Args)]
pub struct ReviewArgs {
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    which: AgreementArgs,
    /// Nomme aussi dans la page les lignes de données, par leur identifiant (le classeur et le JSON les nomment toujours)
    #[arg(long)]
    with_rows: bool,
    #[command(flatten)]
    report: ReportArgs,
    /// Forme du bilan (sinon d'après le nom du fichier, sinon un tableau)
    #[arg(long, value_enum)]
    format: Option<ReviewFormat>,
    /// Fichier à écrire (sinon la sortie standard)
    #[arg(long, short, value_name = "FICHIER")]
    output: Option<PathBuf>,
}

/// Which agreement of the pack is meant.
#[derive(clap::Args)]
pub(super) struct AgreementArgs {
    /// Territoire dont la convention est suivie, si le paquet de règles en a plusieurs
    #[arg(long, value_name = "TERRITOIRE")]
    of: Option<String>,
    /// Convention du territoire, par le nom de son dossier (sinon celle du jour, ou `--convention`)
    #[arg(long, alias = "convention", value_name = "CONVENTION")]
    agreement: Option<String>,
}

/// Forms of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum ReviewFormat {
    /// Tableau pour le terminal: objectifs, réalisations, écarts
    Table,
    /// Tous les chiffres, une ligne par indicateur, temps et lieu
    Csv,
    /// Tous les tableaux, pour des programmes
    Json,
    /// Classeur Excel, une feuille par tableau
    Xlsx,
    /// Une page à lire et à imprimer
    Html,
}

/// Endings of names, and the form that each means.
const ENDINGS: [(&str, ReviewFormat); 6] = [
    ("txt", ReviewFormat::Table),
    ("csv", ReviewFormat::Csv),
    ("json", ReviewFormat::Json),
    ("xlsx", ReviewFormat::Xlsx),
    ("html", ReviewFormat::Html),
    ("htm", ReviewFormat::Html),
];

/// The form that is asked.
///
/// # Errors
/// An ending that means none.
pub fn form(args: &ReviewArgs) -> Result<ReviewFormat> {
    output::form(args.format, args.output.as_deref(), &ENDINGS, ReviewFormat::Table)
}

/// Reviews an agreement.
pub fn run(args: &ReviewArgs) -> Result<End> {
    let form = form(args)?;
    let contours = args.report.read_contours()?;
    if contours.is_some() && form != ReviewFormat::Html {
        eprintln!("avertissement: --contours: seule la page (--format html) a des cartes");
    }
    let run = input::Run::new(&args.rules, &args.data)?;
    let agreement = agreement(&run.pack, &args.which, run.date)?;
    let reviewer = Reviewer::new(&run.pack, agreement, run.date);
    let files = run.files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice()));
    let hash = of_files(files);
    let dataset = input::dataset_for(&run.pack, run.files, &reviewer.needs(), &[], &args.data.reading)?;
    let mut review = {
        let _busy = crate::text::busy("bilan");
        reviewer.review(&dataset)
    };
    review.basis.made_on = args.report.made_on.map(|day| day.to_string());
    let name =
        args.data.data.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    review.basis.stands.push(Stands::of_data("Données", &name, &dataset.about, hash));
    let to = args.output.as_deref();
    match form {
        ReviewFormat::Table => output::text_to(&text(&review), to)?,
        ReviewFormat::Csv => {
            let figures = review.sheets.iter().find(|s| s.id == "chiffres").cloned().unwrap_or_default();
            output::bytes_to(&to_csv(&figures.to_output())?, to, false)?;
        }
        ReviewFormat::Json => {
            output::bytes_to(Document::new("review", &review).pretty()?.as_bytes(), to, false)?;
        }
        ReviewFormat::Xlsx => {
            let sheets: Vec<_> = review.sheets.iter().map(Sheet::to_reading).collect();
            output::bytes_to(&to_reading_workbook(&about(&review), &sheets)?, to, true)?;
        }
        ReviewFormat::Html => output::bytes_to(
            review_page::page(&review, args.with_rows, contours.as_ref())?.as_bytes(),
            to,
            false,
        )?,
    }
    Ok(End::Fine)
}

/// The agreement that is asked for: by its territory, by its name, or that of the day. One that does not hold on the day is
/// told.
pub(super) fn agreement<'p>(pack: &'p Pack, asked: &AgreementArgs, day: Date) -> Result<&'p Agreement> {
    let all: Vec<(&str, &Agreement)> = agreements(pack).collect();
    if all.is_empty() {
        bail!(
            "ce paquet de règles n'a aucune convention à suivre; attendu: un fichier `bilan.toml` dans le dossier d'un \
             territoire, ou d'une convention de ce territoire"
        );
    }
    let territories = territories_of(&all);
    if let Some(of) = asked.of.as_deref().filter(|of| !territories.contains(of)) {
        bail!(
            "`{of}` n'a pas de `bilan.toml`; conventions de ce paquet: {} {}",
            territories.join(", "),
            did_you_mean(of, territories.iter().copied())
        );
    }
    let of_place = |(territory, _): &(&str, &Agreement)| asked.of.as_ref().is_none_or(|of| of == territory);
    let placed: Vec<_> = all.into_iter().filter(of_place).collect();
    let found: Vec<_> = match &asked.agreement {
        None => placed,
        Some(name) => {
            let found: Vec<_> = placed.iter().filter(|(_, a)| a.name == *name).copied().collect();
            if found.is_empty() {
                let known = || placed.iter().map(|(_, a)| a.name.as_str());
                bail!(
                    "`{name}` n'est pas une convention; celles-ci le sont: {} {}",
                    placed.iter().map(called).collect::<Vec<_>>().join(", "),
                    did_you_mean(name, known())
                );
            }
            found
        }
    };
    let territories = territories_of(&found);
    if territories.len() > 1 {
        bail!("ce paquet de règles suit plusieurs conventions; attendu: --of {}", territories.join(" ou "));
    }
    match of_day(found, day)[..] {
        [(_, agreement)] => {
            if let Some(outside) = outside(agreement, day) {
                eprintln!("avertissement: {outside}");
            }
            Ok(agreement)
        }
        ref several => bail!(
            "plusieurs conventions de ce territoire valent le {day}; attendu: --agreement {}",
            several.iter().map(called).collect::<Vec<_>>().join(" ou ")
        ),
    }
}

fn territories_of<'p>(agreements: &[(&'p str, &'p Agreement)]) -> Vec<&'p str> {
    let mut names: Vec<&str> = agreements.iter().map(|(territory, _)| *territory).collect();
    names.dedup();
    names
}

/// `convention_2017 (du 2017-01-01 au 2019-12-31)`
fn called((_, agreement): &(&str, &Agreement)) -> String {
    format!("{} (du {} au {})", agreement.name, agreement.from, agreement.until)
}

/// What the workbook says of itself.
fn about(review: &Review) -> Vec<String> {
    let mut lines = vec![review.title.clone(), format!("{}. {}", review.territory, review.text)];
    lines.push(counted(review));
    lines.extend(page::lines(&review.basis, false));
    lines.extend(review.warnings.iter().map(|w| format!("À savoir : {w}.")));
    lines.push(format!("Fait par logis review {}.", env!("CARGO_PKG_VERSION")));
    lines
}

/// `12 oui, 3 non, …`
fn counted(review: &Review) -> String {
    let all: Vec<String> =
        review.summary.iter().map(|one| format!("{} {}", one.count, one.verdict)).collect();
    format!("Objectifs atteints : {}.", all.join(", "))
}

/// The short text: the balance, and what is to be known.
fn text(review: &Review) -> String {
    let mut out = format!("{}\n{}. {}\n{}\n", review.title, review.territory, review.text, counted(review));
    page::lines(&review.basis, false).iter().for_each(|line| out.push_str(&format!("{line}\n")));
    out.push('\n');
    if let Some(sheet) = review.sheets.iter().find(|s| s.id == "bilan") {
        // Long texts are for the page and the workbook.
        let shown: Vec<usize> = (0..sheet.header.len())
            .filter(|at| {
                sheet.header.get(*at).is_some_and(|h| h != "Explication" && h != "Source" && h != "Article")
            })
            .collect();
        let header: Vec<&str> =
            shown.iter().filter_map(|at| sheet.header.get(*at)).map(String::as_str).collect();
        let mut table = empty(&header);
        for row in &sheet.rows {
            table.add_row(shown.iter().map(|at| match row.get(*at) {
                Some(Cell::Empty) | None => String::new(),
                Some(cell) => cell.to_string(),
            }));
        }
        out.push_str(&format!("{table}\n"));
    }
    let unknown = review.sheets.iter().find(|s| s.id == "inconnus");
    for row in unknown.iter().flat_map(|sheet| &sheet.rows).take(20) {
        let cells: Vec<String> = row.iter().filter(|c| **c != Cell::Empty).map(ToString::to_string).collect();
        out.push_str(&format!("\ninconnu: {}", cells.join(" · ")));
    }
    if let Some(more) = unknown.map(|sheet| sheet.rows.len().saturating_sub(20)).filter(|more| *more > 0) {
        out.push_str(&format!("\n… et {more} autres (toutes avec --format xlsx, html ou json)"));
    }
    for warning in &review.warnings {
        out.push_str(&format!("\nà savoir: {warning}"));
    }
    out.push('\n');
    out
}
