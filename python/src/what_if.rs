//! What a scenario comes to, and what a change of rules does.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use logis::Pack;
use logis::compare::{Comparison, Pair, Report, Structure, compared, counted_by, note_left_out};
use logis::data::{self, Dataset, InputFile, Issue, Needs, ReadOutcome};
use logis::invariants::Invariants;
use logis::pack::schema::Origin;
use logis::scenario::report::{self, report};
use logis::scenario::{Inputs, RunResult, Scenario, Simulation};
use logis::value::{Date, parse_date};
use logis::{DataError, exchange::Document};
use pyo3::prelude::*;
use rayon::prelude::*;
use serde::Serialize;

use crate::documents;
use crate::errors::{Failure, said};
use crate::off::Progress;
use crate::rows::Rows;
use crate::rules::Rules;
use crate::tables::{Source, files};

/// What a scenario says: its sheets as tables, and the document that `logis simulate` writes.
#[pyclass(frozen, module = "logis_regles")]
pub struct ScenarioReport {
    report: report::Report,
}

#[pymethods]
impl ScenarioReport {
    /// The title of the scenario.
    #[getter]
    fn title(&self) -> &str {
        &self.report.title
    }

    /// The names of the sheets, in the order in which they are read.
    #[getter]
    fn sheets(&self) -> Vec<&str> {
        self.report.sheets.iter().map(|sheet| sheet.id.as_str()).collect()
    }

    /// What is to be known of the runs.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.report.warnings.clone()
    }

    /// A sheet as a table of Arrow.
    ///
    /// Args:
    ///     name: One of `sheets`.
    ///
    /// Raises:
    ///     KeyError: A name that is none.
    fn __getitem__(&self, py: Python<'_>, name: &str) -> PyResult<Rows> {
        let sheet = self.report.sheets.iter().find(|sheet| sheet.id == name);
        let sheet = sheet.ok_or_else(|| pyo3::exceptions::PyKeyError::new_err(name.to_string()))?;
        Rows::of(&sheet.to_output()).map_err(|failure| failure.raised(py))
    }

    /// The document of the kind `scenario`.
    fn document<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        documents::plain(py, &Document::new("scenario", &self.report))
    }

    fn __repr__(&self) -> String {
        format!("<ScenarioReport {}: {}>", self.report.title, self.sheets().join(", "))
    }
}

/// Runs the scenario of a file; `rules` are those of the pack where the scenario names none.
pub fn simulate(
    (root, rules): (String, Vec<(String, Vec<u8>)>),
    path: &Path,
    progress: &Progress<ScenarioReport>,
) -> Result<ScenarioReport, Failure> {
    let unread = |error: std::io::Error| {
        said(format!("{}: lecture impossible: {}", path.display(), logis::diagnostic::foreign::io(&error)))
    };
    let text = std::fs::read_to_string(path).map_err(unread)?;
    let scenario = Scenario::parse(&path.display().to_string(), &text)?;
    let home = path.parent().unwrap_or(Path::new("."));
    let (root, rules) = match &scenario.base.rules {
        Some((folder, _)) => {
            let folder = home.join(folder);
            (folder.display().to_string(), Pack::files(&folder)?)
        }
        None => (root, rules),
    };
    let mut overlays = BTreeMap::new();
    for (name, _) in scenario.variants.iter().filter_map(|variant| variant.rules.as_ref()) {
        overlays.insert(name.clone(), Pack::files(home.join(name))?);
    }
    let data = match (&scenario.base.data, &scenario.base.population) {
        (Some((data, _)), _) => files(&home.join(data))?,
        (None, Some((population, _))) => files(&home.join(population))?,
        (None, None) => Vec::new(),
    };
    // A population keeps the name by which the scenario calls it.
    let data = match &scenario.base.population {
        Some((name, _)) if scenario.base.data.is_none() => {
            data.into_iter().map(|file| InputFile { name: name.clone(), ..file }).collect()
        }
        _ => data,
    };
    let draws = scenario.base.draws.iter().map(|(data, _)| files(&home.join(data)));
    let draws = draws.collect::<Result<_, _>>()?;
    let reviewed = match &scenario.base.reviewed {
        Some((folder, _)) => files(&home.join(folder))?,
        None => Vec::new(),
    };
    let simulation = Simulation::new(
        scenario,
        Inputs { root, rules, overlays, data, draws, reviewed, ..Inputs::default() },
    )?;
    let total = simulation.runs().len();
    let done = std::sync::atomic::AtomicUsize::new(0);
    progress.tell(0, Some(total));
    let one = |run| -> Result<Option<RunResult>, Failure> {
        if progress.stopped() {
            return Ok(None);
        }
        let result = simulation.run(run)?;
        let before = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        progress.tell(before + 1, Some(total));
        Ok(Some(result))
    };
    let results = simulation.runs().par_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    let results: Vec<RunResult> = results.into_iter().flatten().collect();
    if results.len() < total {
        return Err(said("interrompu"));
    }
    Ok(ScenarioReport { report: report(&simulation, &results)? })
}

/// What a change of rules does, over cases and data; what `logis diff` finds.
#[pyclass(frozen, module = "logis_regles")]
pub struct Diff {
    found: Found,
}

/// The body of the document.
#[derive(Serialize)]
pub struct Found {
    base: String,
    head: String,
    fine: bool,
    structure: Structure,
    #[serde(flatten)]
    report: Report,
    /// No file of accepted differences is read here.
    acceptance: Option<()>,
}

#[pymethods]
impl Diff {
    /// Does nothing differ in what was decided?
    #[getter]
    fn is_fine(&self) -> bool {
        self.found.fine
    }

    /// What could not be compared, and why.
    #[getter]
    fn notes(&self) -> Vec<String> {
        self.found.report.notes.clone()
    }

    /// The differences, each of a rule, a date and a kind, with how many rows and one of them explained.
    #[getter]
    fn differences<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        documents::plain(py, &self.found.report.differences)
    }

    /// The document of the kind `diff`, without `basis` (what the figures rest on), which the command alone tells.
    fn document<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        documents::plain(py, &Document::new("diff", &self.found))
    }

    fn __len__(&self) -> usize {
        self.found.report.differences.len()
    }

    fn __bool__(&self) -> bool {
        !self.found.fine
    }

    fn __repr__(&self) -> String {
        format!("<Diff {} → {}: {} différences>", self.found.base, self.found.head, self.__len__())
    }
}

/// What is compared.
pub struct Compared {
    pub select: Vec<String>,
    pub by: Vec<String>,
    pub dates: Vec<Date>,
    pub cases: bool,
    pub corpus: Option<Source>,
}

/// Compares two packs, called `base` and `head` in the answer.
pub fn diff(
    (base_name, old): (String, &Rules),
    (head_name, new): (String, &Rules),
    asked: Compared,
) -> Result<Diff, Failure> {
    let (base, head) = (&old.pack, &new.pack);
    let structure = Structure::new(base.parsed(), head.parsed());
    let names = compared(&asked.select, base, head);
    let by = counted_by(&asked.by, head, None);
    let (names, by): (Vec<&str>, Vec<&str>) =
        (names.iter().map(String::as_str).collect(), by.iter().map(String::as_str).collect());
    let mut comparison = Comparison::new(base, head, &names, &by).map_err(said)?;
    if asked.cases {
        let references = |rules: &Rules| {
            let schema = &rules.pack.parsed().schema;
            rules.tables().read_files(schema, Vec::new(), &Needs::default(), None).dataset
        };
        comparison.cases("cas", (&references(old), &references(new)), !asked.select.is_empty())?;
    }
    let mut days: BTreeSet<Date> = asked.dates.iter().copied().collect();
    if days.is_empty() {
        days.extend(structure.dates().iter().filter_map(|date| parse_date(date)));
    }
    if let Some(corpus) = asked.corpus {
        let corpus = Corpus::of(corpus)?;
        if asked.dates.is_empty() {
            days.extend(corpus.date());
        }
        if days.is_empty() {
            return Err(said("rien ne dit à quelle date décider ; attendu: `dates`"));
        }
        corpus.compare(&mut comparison, (old, new), &days, asked.select.is_empty())?;
    }
    let nothing_decided = note_left_out(&mut comparison, &days, &asked.select);
    let report = comparison.report();
    let fine = report.differences.is_empty() && !nothing_decided;
    let found = Found { base: base_name, head: head_name, fine, structure, report, acceptance: None };
    Ok(Diff { found })
}

/// Rows that both packs decide.
enum Corpus {
    Files(String, Vec<InputFile>),
    Tables(BTreeMap<String, data::RecordBatch>),
}

impl Corpus {
    fn of(source: Source) -> Result<Corpus, Failure> {
        match source {
            Source::Files(path) => {
                let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
                Ok(Corpus::Files(name, files(&path)?))
            }
            Source::Tables(given) => Ok(Corpus::Tables(crate::tables::whole(given)?)),
            Source::Records(_) => Err(said("`corpus`: attendu des tables par leur nom, ou un dossier")),
        }
    }

    /// The date that the package names.
    fn date(&self) -> Option<Date> {
        match self {
            Corpus::Files(_, files) => data::about(files).0.as_of,
            Corpus::Tables(_) => None,
        }
    }

    fn read(&self, rules: &Rules, needs: &Needs) -> Result<ReadOutcome, Failure> {
        let schema = &rules.pack.parsed().schema;
        match self {
            Corpus::Files(_, files) => Ok(rules.tables().read_files(schema, files.clone(), needs, None)),
            Corpus::Tables(tables) => crate::tables::read_tables(rules, tables, needs),
        }
    }

    /// Decides the rows by both packs on each day.
    fn compare(
        &self,
        comparison: &mut Comparison<'_>,
        (base, head): (&Rules, &Rules),
        days: &BTreeSet<Date>,
        any_table: bool,
    ) -> Result<(), Failure> {
        let mut pairs: Vec<Pair> = Vec::new();
        for day in days {
            pairs.extend(comparison.pairs(*day));
        }
        let schema = &head.pack.parsed().schema;
        let of_pair =
            |entity: usize| matches!(schema.entities.get(entity).map(|e| &e.origin), Some(Origin::Pair(..)));
        if any_table {
            pairs.retain(|pair| !of_pair(pair.head.entity));
        }
        let needs = |of_head: bool| {
            let mut all = Needs::default();
            for pair in &pairs {
                all.join(if of_head { pair.head.needs() } else { pair.base.needs() });
            }
            Needs { any_table, ..all }
        };
        let dataset = |rules: &Rules, needs: Needs| -> Result<Dataset, Failure> {
            let mut read = self.read(rules, &needs)?;
            for day in days {
                let invariants = Invariants::new(rules.pack.parsed(), *day, &needs.entities);
                invariants.hold(&mut read.dataset, &mut read.issues, &mut read.dropped);
            }
            let errors: Vec<Issue> = read.issues.into_iter().filter(Issue::is_error).collect();
            if errors.is_empty() { Ok(read.dataset) } else { Err(Failure::from(DataError::from(errors))) }
        };
        let name = match self {
            Corpus::Files(name, _) => name.as_str(),
            Corpus::Tables(_) => "tables",
        };
        let new = dataset(head, needs(true))?;
        let old = if comparison.reads_the_same { None } else { Some(dataset(base, needs(false))?) };
        for pair in &pairs {
            let present = of_pair(pair.head.entity)
                || new.tables.get(pair.head.entity).is_some_and(|table| table.present);
            match present {
                true => comparison.rows(name, pair, old.as_ref().unwrap_or(&new), &new),
                false => comparison.note([format!(
                    "{name}: aucune table de `{}`: ses règles n'y sont pas décidées",
                    pair.entity
                )]),
            }
        }
        comparison.end_part();
        Ok(())
    }
}
