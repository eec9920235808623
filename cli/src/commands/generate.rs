//! `logis generate`: a synthetic population, drawn from published margins.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};

use anyhow::{Context, Result, anyhow};
use logis::data::{self, BatchWriter, Output, OutputColumn, RecordBatch};
use logis::populations::territory::{Land, LandFiles};
use logis::populations::{CalibrationLine, Model, Options, Population, Tally};
use logis::value::{Type, Value};

use crate::args::whole_number;
use crate::output::{Named, Sink};
use crate::{End, embedded, output};

/// `logis generate`
#[derive(clap::Args)]
pub struct GenerateArgs {
    /// Territoire: code ou nom d'un EPCI, d'une commune, d'un département ou d'une région, ou `france`
    /// (sinon les communes que le fichier de population liste)
    #[arg(long, value_name = "TERRITOIRE")]
    territory: Option<String>,
    /// Fichier de population (sinon celui qui est embarqué: Grand Dijon 2015, ou avec --territory celui de tout territoire)
    #[arg(long, value_name = "FICHIER")]
    population: Option<PathBuf>,
    /// Nombre de demandes (sinon celui qui est publié du territoire, ou sa part du pays)
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number)]
    demandes: Option<u64>,
    /// Nombre de logements libres (sinon celui du fichier, ou la part du territoire)
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number)]
    logements: Option<u64>,
    /// Forme des tables (sinon Parquet avec --territory, CSV sans)
    #[arg(long, value_enum)]
    format: Option<TableFormat>,
    /// Remplace le paquet de données qui est déjà dans le dossier
    #[arg(long)]
    force: bool,
    /// Graine du tirage
    #[arg(long, value_name = "GRAINE", default_value_t = 2015, allow_negative_numbers = true, value_parser = whole_number)]
    seed: u64,
    /// Dossier à écrire
    #[arg(long, short, value_name = "DOSSIER")]
    output: PathBuf,
}

/// How the tables of a data package are written.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum TableFormat {
    /// Parquet
    Parquet,
    /// CSV
    Csv,
    /// CSV pour un tableur français: points-virgules, virgule décimale, oui et non
    CsvFr,
}

/// Rows of a row group: what is encoded and not yet written is kept in memory by the group.
const GROUP: usize = 1 << 16;

/// Draws a population part by part and writes it as a data package, with its margins beside it.
pub fn run(args: &GenerateArgs) -> Result<End> {
    let carried = embedded::populations();
    let own = if args.territory.is_some() { "demandeurs.toml" } else { "grand-dijon-2015.toml" };
    let (name, text) = file(args, &carried, own)?;
    let model =
        Model::parse(&text).with_context(|| format!("{name}: ce fichier de population ne se lit pas"))?;
    let names: Vec<&str> = model.table_names().collect();
    let folder = Folder::new(&args.output, &names, args.force)?;
    let options = Options { requests: args.demandes, units: args.logements, seed: args.seed };
    let busy = crate::text::busy("ajustement des marges");
    let population = match &args.territory {
        Some(territory) => {
            let land = land(&carried)?;
            Population::of_territory(&model, &land, &land.find(territory)?, options)
        }
        None => Population::of_model(&model, options),
    };
    let population = population.with_context(|| name.clone())?;
    drop(busy);
    folder.make()?;
    // A territory may be the whole country; the tables of a short list of communes are to be opened and read.
    let small = if args.territory.is_some() { TableFormat::Parquet } else { TableFormat::Csv };
    let form = args.format.unwrap_or(small);
    let mut tally = Tally::default();
    let (employers, units) = (population.employers_table()?, population.units_table()?);
    tally.merge(population.count_employers(&employers));
    tally.merge(population.count_units(&units));
    let [requests_table, persons, projects, employers_table, units_table] = model.tables();
    let mut sinks =
        vec![whole(&folder, employers_table, &employers, form)?, whole(&folder, units_table, &units, form)?];
    for (name, batch) in population.other_tables()? {
        sinks.push(whole(&folder, &name, &batch, form)?);
    }
    let drawn = [requests_table, persons, projects];
    sinks.extend(requests(&folder, &population, drawn, form, &mut tally)?);
    let margins = margins(&population.calibration(&tally));
    for (name, bytes) in [
        (
            "calibration.csv",
            if form == TableFormat::CsvFr { data::to_csv_fr(&margins)? } else { data::to_csv(&margins)? },
        ),
        ("population.toml", text.into_bytes()),
        ("paquet.toml", population.about().into_bytes()),
    ] {
        sinks.push(Some(whole_file(&folder.path.join(name), &bytes)?));
    }
    folder.put(sinks.into_iter().flatten().collect())?;
    let mut shown = margins;
    shown.columns.retain(|column| column.name != "source");
    output::print(&crate::text::table(&shown, &[]))?;
    eprintln!(
        "{}: {} demandes, {} logements, graine {}; marges ajustées en {} tours\nécrit dans {}; les sources des marges sont dans calibration.csv, ce qui est supposé dans population.toml",
        population.title(),
        population.requests(),
        population.units(),
        args.seed,
        population.rounds(),
        folder.path.display()
    );
    Ok(End::Fine)
}

/// What was asked beside what was drawn, as a table.
fn margins(lines: &[CalibrationLine]) -> Output {
    let column = |name: &str, cell: fn(&CalibrationLine) -> &String| OutputColumn {
        name: name.to_string(),
        cells: lines.iter().map(|line| Some(Value::text(cell(line)))).collect(),
        kind: Type::Text(None),
    };
    let columns = vec![
        column("chiffre", |l| &l.figure),
        column("part", |l| &l.share),
        column("demande", |l| &l.asked),
        column("donnees", |l| &l.found),
        column("ecart", |l| &l.distance),
        column("source", |l| &l.source),
        column("confiance", |l| &l.confidence),
    ];
    Output { name: "calibration".to_string(), columns }
}

/// The communes of the embedded pack, and the names of territories.
fn land(carried: &[(String, Vec<u8>)]) -> Result<Land> {
    let of = |name: &str| embedded_text(carried, name);
    let (epcis, departements, regions) = (of("epci.csv"), of("departements.csv"), of("regions.csv"));
    let communes = embedded_text(&embedded::rules(), "referentiels/communes.csv");
    let files =
        LandFiles { communes: &communes, epcis: &epcis, departements: &departements, regions: &regions };
    Ok(Land::read(files)?)
}

/// A file that the binary carries, as text.
fn embedded_text(files: &[(String, Vec<u8>)], name: &str) -> String {
    let file = files.iter().find(|(own, _)| own == name);
    file.map_or_else(String::new, |(_, bytes)| String::from_utf8_lossy(bytes).into_owned())
}

/// The population file: its name and its text.
fn file(args: &GenerateArgs, carried: &[(String, Vec<u8>)], name: &str) -> Result<(String, String)> {
    Ok(match &args.population {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .with_context(|| format!("{}: lecture impossible", path.display()))?;
            (path.display().to_string(), text)
        }
        None => (name.to_string(), embedded_text(carried, name)),
    })
}

/// The folder of a package.
struct Folder {
    path: PathBuf,
    /// Tables that are there and that this package replaces.
    old: Vec<PathBuf>,
}

impl Folder {
    /// A folder that has a package already is left alone, unless it is to be replaced.
    fn new(path: &Path, tables: &[&str], force: bool) -> Result<Folder> {
        let forms = ["csv", "parquet", "xlsx"];
        let named = |table: &&str| forms.map(|form| path.join(format!("{table}.{form}")));
        let old: Vec<PathBuf> = tables.iter().flat_map(named).filter(|file| file.exists()).collect();
        output::refuse_package(path, |_| false, force)?;
        Ok(Folder { path: path.to_path_buf(), old })
    }

    fn make(&self) -> Result<()> {
        output::make_folder(&self.path)
    }

    fn table(&self, name: &str, form: TableFormat) -> PathBuf {
        let end = match form {
            TableFormat::Parquet => "parquet",
            TableFormat::Csv | TableFormat::CsvFr => "csv",
        };
        self.path.join(format!("{name}.{end}"))
    }

    /// Puts all files into their places, then takes away the tables that none of them replaced.
    fn put(&self, sinks: Vec<Sink>) -> Result<()> {
        let new: BTreeSet<PathBuf> = sinks.iter().filter_map(|s| s.path().map(Path::to_path_buf)).collect();
        sinks.into_iter().try_for_each(Sink::close)?;
        for old in self.old.iter().filter(|old| !new.contains(*old)) {
            std::fs::remove_file(old)
                .with_context(|| format!("{}: suppression impossible", old.display()))?;
        }
        Ok(())
    }
}

/// A file with these bytes, not yet in its place.
fn whole_file(path: &Path, bytes: &[u8]) -> Result<Sink> {
    let sink = Sink::new(Some(path), false)?;
    let mut writer = sink.writer()?;
    writer.write_all(bytes)?;
    writer.flush()?;
    Ok(sink)
}

/// A writer of batches into a sink.
fn writer(sink: &Sink, form: TableFormat) -> Result<BatchWriter<Named>> {
    Ok(match form {
        TableFormat::Parquet => BatchWriter::parquet_in_groups(sink.writer()?, GROUP),
        TableFormat::Csv => BatchWriter::csv(sink.writer()?),
        TableFormat::CsvFr => BatchWriter::csv_fr(sink.writer()?),
    })
}

/// Writes a table at once; none, if it has no rows: no reader takes an empty table for one.
fn whole(folder: &Folder, name: &str, batch: &RecordBatch, form: TableFormat) -> Result<Option<Sink>> {
    if batch.num_rows() == 0 {
        return Ok(None);
    }
    let sink = Sink::new(Some(&folder.table(name, form)), false)?;
    let mut writer = writer(&sink, form)?;
    writer.write(batch)?;
    writer.close()?;
    Ok(Some(sink))
}

/// Draws and writes the requests, their persons and projects: each table by a thread of its own, in the
/// order of the parts, while the next ones are drawn.
fn requests(
    folder: &Folder,
    population: &Population<'_>,
    tables: [&str; 3],
    form: TableFormat,
    tally: &mut Tally,
) -> Result<Vec<Option<Sink>>> {
    let progress = crate::text::progress("tirage", population.parts());
    std::thread::scope(|scope| -> Result<Vec<Option<Sink>>> {
        let mut senders = Vec::new();
        let mut writers = Vec::new();
        for name in tables {
            let (sender, receiver) = sync_channel::<RecordBatch>(2);
            let path = folder.table(name, form);
            senders.push(sender);
            writers.push(scope.spawn(move || write_all(&path, receiver, form)));
        }
        population.for_each_part(|part, own| {
            tally.merge(own);
            progress.step();
            // A writer that stopped takes nothing more, and says why at the end.
            let batches = [part.requests, part.persons, part.projects];
            senders.iter().zip(batches).all(|(sender, batch)| sender.send(batch).is_ok())
        })?;
        drop(senders);
        let join = |writer: std::thread::ScopedJoinHandle<'_, Result<Option<Sink>>>| {
            writer.join().map_err(|_| anyhow!("l'écriture s'est interrompue"))?
        };
        writers.into_iter().map(join).collect()
    })
}

fn write_all(path: &Path, batches: Receiver<RecordBatch>, form: TableFormat) -> Result<Option<Sink>> {
    let sink = Sink::new(Some(path), false)?;
    let mut writer = writer(&sink, form)?;
    let mut rows = 0;
    for batch in batches {
        rows += batch.num_rows();
        writer.write(&batch)?;
    }
    writer.close().with_context(|| format!("{}: écriture impossible", path.display()))?;
    Ok((rows > 0).then_some(sink))
}
