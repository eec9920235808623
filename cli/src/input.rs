//! Reading what a command is given: the pack, the data package, the date.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use logis::data::{self, Dataset, InputFile, Needs, ReadOutcome, StreamedFile};
use logis::diagnostic::{self, PackError, texts};
use logis::invariants::Invariants;
use logis::pack::Reference;
use logis::pack::schema::{Origin, Schema};
use logis::pack::territory::NONE;
use logis::plan::Plan;
use logis::value::Date;
use logis::{LoadError, Pack};

use crate::args::{DataArgs, ReadingArgs, RulesArgs};
use crate::package;
pub use crate::told::{Told, left_rows_out, name_part, of_part, report};

/// The pack that was asked for, with its warnings on the standard error.
pub fn pack(args: &RulesArgs) -> Result<Pack> {
    let pack = match &args.rules {
        Some(folder) => Pack::to_decide(existing(folder)?)?,
        None => Pack::national(),
    };
    warned(of_territories(pack, &args.territory)?)
}

/// The pack that was asked for, its cases read: for commands that look at them, which tell what is wrong in them
/// with what is wrong elsewhere.
pub fn pack_with_cases(args: &RulesArgs) -> Result<Pack> {
    warned(quiet_pack(args)?)
}

/// The pack with the local rules of the territories that are asked for.
fn of_territories(pack: Pack, asked: &[String]) -> Result<Pack> {
    if asked.is_empty() {
        return Ok(pack);
    }
    let left_out = left_out(&pack, asked)?;
    Ok(pack.with_territories(|name| !left_out.contains(name)))
}

/// The territories of a pack whose local rules do not hold, as they are asked for: names alone are the only ones that do,
/// with a `!` they do not.
///
/// # Errors
/// A name that no territory has.
pub fn left_out(pack: &Pack, asked: &[String]) -> Result<BTreeSet<String>> {
    let known = &pack.parsed().territories;
    for name in asked.iter().map(|name| name.trim_start_matches('!')).filter(|name| *name != NONE) {
        if known.find(name).is_none() {
            let names: Vec<&str> = known.all.iter().map(|t| t.name.as_ref()).collect();
            let near = texts::did_you_mean(name, names.iter().copied());
            bail!("le territoire `{name}` n'existe pas; ce paquet a: {} {near}", names.join(", "));
        }
    }
    let (without, only): (Vec<&String>, Vec<&String>) = asked.iter().partition(|name| name.starts_with('!'));
    let kept = |name: &str| {
        let named = only.is_empty() || only.iter().any(|own| *own == name);
        named && !without.iter().any(|other| other.strip_prefix('!') == Some(name))
    };
    let all = known.all.iter().map(|territory| territory.name.to_string());
    Ok(all.filter(|name| !kept(name)).collect())
}

/// The pack, once its warnings are told.
fn warned(pack: Pack) -> Result<Pack> {
    if !pack.warnings.is_empty() {
        eprint!("{}", diagnostic::render(&pack.warnings, &pack.parsed().sources));
    }
    Ok(pack)
}

/// The folder of a pack, if it is there.
fn existing(folder: &Path) -> Result<&Path> {
    if !folder.is_dir() {
        bail!("{}: ce dossier de règles n'existe pas", folder.display());
    }
    Ok(folder)
}

/// The pack that was asked for, its cases read; its warnings are not told.
pub fn quiet_pack(args: &RulesArgs) -> Result<Pack> {
    let pack = match &args.rules {
        Some(folder) => Pack::load(existing(folder)?)?,
        None => Pack::national(),
    };
    of_territories(pack, &args.territory)
}

/// The problems of a pack, if they are why it did not load.
pub fn problems(error: &anyhow::Error) -> Option<&PackError> {
    match error.downcast_ref::<LoadError>() {
        Some(LoadError::Pack(error)) => Some(error),
        _ => error.downcast_ref::<PackError>(),
    }
}

/// The reference tables of a pack, and no other rows.
pub fn references(pack: &Pack) -> Result<Dataset> {
    let parsed = pack.parsed();
    let outcome = data::read(&parsed.schema, &parsed.references, Vec::new(), &Needs::default());
    let mut told = Told::default();
    told.part(outcome.issues, outcome.absent, outcome.dropped, &outcome.dataset);
    report(pack, &told, &Needs::default(), &[], &ReadingArgs::default())?;
    Ok(outcome.dataset)
}

/// The data of a command: a folder, one file, or the standard input, with the mapping that is given.
pub fn data_files(pack: &Pack, data: &DataArgs) -> Result<Vec<InputFile>> {
    let mut files = match package::is_standard_input(&data.data) {
        true => vec![package::standard_input(pack)?],
        false => files(&data.data)?,
    };
    package::add_mapping(&mut files, data.mapping.as_deref())?;
    Ok(files)
}

/// The files of a data package: a folder, or one file.
pub fn files(path: &Path) -> Result<Vec<InputFile>> {
    files_but(path, &[])
}

/// The files of a data package, some left out.
fn files_but(path: &Path, but: &[PathBuf]) -> Result<Vec<InputFile>> {
    let read = |path: &Path| -> Result<InputFile> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = std::fs::read(path).with_context(|| format!("{}: lecture impossible", path.display()))?;
        Ok(InputFile { name, bytes })
    };
    if path.is_file() {
        return Ok(vec![read(path)?]);
    }
    if !path.is_dir() {
        bail!("{}: ce paquet de données n'existe pas", path.display());
    }
    let mut files = Vec::new();
    let entries =
        std::fs::read_dir(path).with_context(|| format!("{}: lecture impossible", path.display()))?;
    for entry in entries {
        let path = entry?.path();
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        if path.is_file() && !hidden && !but.contains(&path) {
            files.push(read(&path)?);
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

/// Bytes of CSV files from which on they are read part by part.
const LARGE: u64 = 16 << 20;

/// A data package whose main table and its members' are Parquet files, or large CSV files, to be read part by part.
pub struct Parts {
    /// Files to read part by part.
    pub streamed: Vec<PathBuf>,
    /// The rest, whole.
    pub others: Vec<InputFile>,
}

impl Parts {
    /// Opens the files to read part by part; `None` if one is no Parquet, which is for the whole reading
    /// to report.
    pub fn open(&self) -> Result<Option<Vec<StreamedFile>>> {
        let mut streamed = Vec::new();
        for path in &self.streamed {
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let file = std::fs::File::open(path)
                .with_context(|| format!("{}: lecture impossible", path.display()))?;
            streamed.push(match name.ends_with(CSV) {
                true => StreamedFile::open_csv(&name, file),
                false => match StreamedFile::open(&name, file) {
                    Ok(file) => file,
                    Err(_) => return Ok(None),
                },
            });
        }
        Ok(Some(streamed))
    }
}

/// The ending of the name of a CSV file.
const CSV: &str = ".csv";

/// The parts of a package for rows of `entity`, if its tables are Parquet files, or large CSV files.
pub fn parts(path: &Path, pack: &Pack, entity: usize) -> Result<Option<Parts>> {
    let schema = &pack.parsed().schema;
    let file = |id: usize, ending: &str| match &schema.entities.get(id)?.origin {
        Origin::Data { table } => Some(path.join(format!("{table}{ending}"))).filter(|path| path.is_file()),
        _ => None,
    };
    let members = || (0..schema.entities.len()).filter(|&id| schema.parents(id).contains(&entity));
    let all = |ending: &str| -> Option<Vec<PathBuf>> {
        let main = file(entity, ending)?;
        Some(members().filter_map(|id| file(id, ending)).chain([main]).collect())
    };
    let large = |files: &Vec<PathBuf>| {
        let size = |path: &PathBuf| std::fs::metadata(path).map_or(0, |about| about.len());
        files.iter().map(size).sum::<u64>() >= LARGE
    };
    let Some(streamed) = all(".parquet").or_else(|| all(CSV).filter(large)) else { return Ok(None) };
    let others = files_but(path, &streamed)?;
    Ok(Some(Parts { streamed, others }))
}

/// The date of a run: asked, or the data package's, or today.
pub fn as_of(asked: Option<Date>, files: &[InputFile]) -> Result<Date> {
    if let Some(date) = asked {
        return Ok(date);
    }
    let (about, _) = data::about(files);
    if let Some(date) = about.as_of {
        return Ok(date);
    }
    let today = jiff::ZonedDateTime::now().date();
    eprintln!("décidé au {today} (aujourd'hui); pour une autre date: --as-of AAAA-MM-JJ");
    Ok(today)
}

/// Reads the data that plans need, and reports what is wrong with it.
pub fn dataset(pack: &Pack, files: Vec<InputFile>, plans: &[&Plan], args: &ReadingArgs) -> Result<Dataset> {
    dataset_by(data::read, pack, files, &needs(plans), plans, args)
}

/// The same to decide some rows by a plan and no more: the tables of the pack need not be whole.
pub fn dataset_to_decide(
    pack: &Pack,
    files: Vec<InputFile>,
    plan: &Plan,
    args: &ReadingArgs,
) -> Result<Dataset> {
    let read = |schema: &_, references: &[_], files, needs: &_| {
        data::read_for(schema, references, files, needs, None)
    };
    dataset_by(read, pack, files, &plan.needs(), &[plan], args)
}

/// What plans need, together.
fn needs(plans: &[&Plan]) -> Needs {
    let mut all = Needs::default();
    for plan in plans {
        all.join(plan.needs());
    }
    all
}

/// Reads data of which so much is needed, by these plans, and reports what is wrong with it: cells, rows, and what
/// the pack says must hold of a row on the dates of the plans.
pub fn dataset_for(
    pack: &Pack,
    files: Vec<InputFile>,
    needs: &Needs,
    plans: &[&Plan],
    args: &ReadingArgs,
) -> Result<Dataset> {
    dataset_by(data::read, pack, files, needs, plans, args)
}

fn dataset_by(
    read: impl FnOnce(&Schema, &[Reference], Vec<InputFile>, &Needs) -> ReadOutcome,
    pack: &Pack,
    files: Vec<InputFile>,
    needs: &Needs,
    plans: &[&Plan],
    args: &ReadingArgs,
) -> Result<Dataset> {
    let parsed = pack.parsed();
    let needs = Needs { strict: needs.strict || args.strict, ..needs.clone() };
    let busy = crate::text::busy("lecture des données");
    let mut read = read(&parsed.schema, &parsed.references, files, &needs);
    let dates: BTreeSet<Date> = plans.iter().map(|plan| plan.date).collect();
    for date in dates {
        let invariants = Invariants::new(parsed, date, &needs.entities);
        invariants.hold(&mut read.dataset, &mut read.issues, &mut read.dropped);
    }
    drop(busy);
    let mut told = Told::default();
    told.part(read.issues, read.absent, read.dropped, &read.dataset);
    told.place(pack, plans, &read.dataset);
    report(pack, &told, &needs, plans, args)?;
    Ok(read.dataset)
}

/// What is to be known of a plan, on the standard error.
pub fn say_warnings(plan: &Plan) {
    for warning in &plan.warnings {
        eprintln!("avertissement{}: {warning}", of_part());
    }
    for note in &plan.notes {
        eprintln!("note{}: {note}", of_part());
    }
}

/// Plans, data and date of a command.
pub struct Run {
    /// The pack.
    pub pack: Pack,
    /// The date.
    pub date: Date,
    /// Files of the data package, until they are read.
    pub files: Vec<InputFile>,
}

impl Run {
    /// Reads the pack and the files, and settles the date.
    pub fn new(rules: &RulesArgs, data: &DataArgs) -> Result<Run> {
        Run::with(pack(rules)?, data)
    }

    /// [`Run::new`] with a pack that has been read.
    pub fn with(pack: Pack, data: &DataArgs) -> Result<Run> {
        let files = data_files(&pack, data)?;
        let date = as_of(data.as_of, &files)?;
        Ok(Run { pack, date, files })
    }

    /// Plans rules, with their warnings on the standard error.
    pub fn plan(&self, names: &[&str]) -> Result<Arc<Plan>> {
        let plan = self.pack.plan(self.date, names)?;
        say_warnings(&plan);
        Ok(plan)
    }
}
