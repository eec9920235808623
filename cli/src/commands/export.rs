//! `logis export`: the tables that an agreement gives to its partners, with a dictionary of their columns.

use std::path::{Path, PathBuf};

use anyhow::Result;
use logis::data::{to_csv, to_reading_workbook};
use logis::scenario::agreement::Exporter;
use logis::scenario::report::Sheet;

use super::review::{AgreementArgs, agreement};
use crate::args::{DataArgs, RulesArgs};
use crate::{End, input, output};

/// `logis export`
#[derive(clap::Args)]
pub struct ExportArgs {
    /// Ce qui est écrit
    #[arg(value_enum, value_name = "QUOI")]
    what: What,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    which: AgreementArgs,
    /// Dossier à écrire
    #[arg(long, short, value_name = "DOSSIER")]
    output: PathBuf,
    /// Écrit dans le dossier même s'il tient autre chose
    #[arg(long)]
    force: bool,
}

/// What can be exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    /// Les tables à échanger de la convention: des comptes, sans identifiant
    Observatoire,
}

/// The file by which a folder is known as one of these.
const DICTIONARY: &str = "dictionnaire.csv";

/// Writes the tables, each as a file, and all in one workbook.
pub fn run(args: &ExportArgs) -> Result<End> {
    let What::Observatoire = args.what;
    let folder = args.output.as_path();
    let own = |folder: &Path| folder.join(DICTIONARY).is_file();
    output::refuse_other_folder(folder, own, args.force, ", ou --force")?;
    let run = input::Run::new(&args.rules, &args.data)?;
    let agreement = agreement(&run.pack, &args.which, run.date)?;
    let exporter = Exporter::new(&run.pack, agreement, run.date)?;
    let dataset = input::dataset_for(&run.pack, run.files, &exporter.needs(), &[], &args.data.reading)?;
    let sheets = exporter.export(&dataset);
    output::make_folder(folder)?;
    for sheet in &sheets {
        output::file(&folder.join(format!("{}.csv", sheet.id)), &to_csv(&sheet.to_output())?)?;
    }
    let about = [
        format!("{} : tables de l'observatoire", agreement.title),
        format!(
            "Au {} ; convention du {} au {} ; des comptes de lignes, sans identifiant.",
            run.date, agreement.from, agreement.until
        ),
        format!("Fait par logis export {}.", env!("CARGO_PKG_VERSION")),
    ];
    let reading: Vec<_> = sheets.iter().map(Sheet::to_reading).collect();
    output::file(&folder.join("observatoire.xlsx"), &to_reading_workbook(&about, &reading)?)?;
    let mut said = String::new();
    for sheet in &sheets {
        said.push_str(&format!("{}.csv: {}, {} lignes\n", sheet.id, sheet.title, sheet.rows.len()));
    }
    output::print(&format!("{said}écrites dans {}, avec observatoire.xlsx\n", folder.display()))?;
    Ok(End::Fine)
}
