//! `Pack`: the rules.

use std::num::NonZeroU64;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use logis::diagnostic::Issues;
use logis::value::{Date, parse_date};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyType};

use crate::errors::{raised, said, warn};
use crate::matching::{self, Allocation, Asked, Decided};
use crate::off;
use crate::plan::Plan;
use crate::posing::Posing;
use crate::rows::Rows;
use crate::rules::Rules;
use crate::tables::Source;
use crate::what_if::{self, Compared, Diff, ScenarioReport};

/// A rule book: the national one of Action Logement that the package carries, or that of a folder.
///
/// Args:
///     folder: A folder of rules (`pack.toml`, `schema.toml`, `*.rhai`, `*.toml`); without it, the national rule book.
///
/// Raises:
///     LogisError: With everything that is wrong in the folder, each with its place.
///
/// Example:
///     >>> from logis_regles import Pack
///     >>> pack = Pack()
///     >>> "eligible_plus" in pack.results
///     True
#[pyclass(frozen, module = "logis_regles")]
pub struct Pack {
    pub rules: Rules,
    /// The files of a pack of a folder, so that it can go to other processes; `None` for the national one.
    files: Option<(String, Files)>,
}

/// Files: path and content.
type Files = Vec<(String, Vec<u8>)>;

#[pymethods]
impl Pack {
    #[new]
    #[pyo3(signature = (folder=None))]
    fn new(py: Python<'_>, folder: Option<PathBuf>) -> PyResult<Pack> {
        let Some(folder) = folder else {
            return Ok(Pack { rules: py.detach(Rules::national), files: None });
        };
        let files = py.detach(|| logis::Pack::files(&folder)).map_err(|error| raised(py, error))?;
        Pack::of(py, folder.to_string_lossy().into_owned(), files)
    }

    /// A rule book from its files in memory: path relative to the folder (with `/`), and content.
    ///
    /// Args:
    ///     files: By path, the content.
    ///     root: What messages put before each path.
    #[classmethod]
    #[pyo3(signature = (files, root=String::new()), text_signature = "(files, root='')")]
    fn from_files(_class: &Bound<'_, PyType>, py: Python<'_>, files: Files, root: String) -> PyResult<Pack> {
        Pack::of(py, root, files)
    }

    /// The name of the rule book.
    #[getter]
    fn name(&self) -> &str {
        &self.rules.pack.parsed().manifest.name
    }

    /// The rules that are decided when none is named.
    #[getter]
    fn results(&self) -> Vec<&str> {
        self.rules.pack.results()
    }

    /// The groups of rules that `plan` takes by one name: their rules, by name of the group.
    #[getter]
    fn groups<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let groups = PyDict::new(py);
        for (name, rules) in &self.rules.pack.parsed().manifest.groups {
            groups.set_item(name, rules.iter().map(|(rule, _)| rule.as_str()).collect::<Vec<_>>())?;
        }
        Ok(groups)
    }

    /// The names of all rules.
    #[getter]
    fn rules(&self) -> Vec<&str> {
        let rules = self.rules.pack.parsed().rules.iter();
        rules
            .filter(|rule| rule.texts.iter().any(|text| !text.helper))
            .map(|rule| rule.name.as_str())
            .collect()
    }

    /// Plans rules as of a date: what decides.
    ///
    /// Args:
    ///     date: The day as of which all is decided: a `datetime.date`, or a text `AAAA-MM-JJ`.
    ///     rules: Names of rules, fields or groups of rules of one entity; without them, `results`.
    ///     as_of_field: In place of `date`: the field that holds the date of the decision of each row.
    ///
    /// Warns:
    ///     LogisWarning: A figure without a value on the date, or used past the last year that it covers; a rule that
    ///         is not in force.
    ///
    /// Raises:
    ///     LogisError: A name that is none, with the nearest one.
    ///
    /// Example:
    ///     >>> from logis_regles import Pack
    ///     >>> plan = Pack().plan("2017-06-30", ["eligible_plus", "plafond_plus"])
    ///     >>> plan.rules
    ///     ['eligible_plus', 'plafond_plus']
    #[pyo3(signature = (date=None, rules=None, *, as_of_field=None))]
    fn plan(
        slf: &Bound<'_, Pack>,
        date: Option<&Bound<'_, PyAny>>,
        rules: Option<Vec<String>>,
        as_of_field: Option<String>,
    ) -> PyResult<Plan> {
        let py = slf.py();
        let date = date.map(day).transpose()?;
        let plan = Plan::new(slf, date, rules, as_of_field)?;
        for warning in plan.remarks() {
            warn(py, &warning)?;
        }
        Ok(plan)
    }

    /// The suitable pairs of requests and units, as a table: what `logis candidates` writes.
    ///
    /// Args:
    ///     date: The day as of which all is decided.
    ///     data: Tables by their names, or a folder; or by name: `demandes=…, personnes=…, logements=…`.
    ///     select: Rules of the pair, the request or the unit whose outcomes stand beside.
    ///     max_candidates: The most units that a request keeps, those that fit best.
    ///     strict: Columns that the rules read must be there.
    ///     keep_going: Leave out rows that are wrong, with a warning.
    ///     progress: Is called while it goes on.
    #[pyo3(signature = (date, data=None, /, *, select=None, max_candidates=None, strict=false, keep_going=false, progress=None, **tables))]
    #[expect(clippy::too_many_arguments, reason = "each is a word of Python's")]
    fn candidates(
        &self,
        py: Python<'_>,
        date: &Bound<'_, PyAny>,
        data: Option<&Bound<'_, PyAny>>,
        select: Option<Vec<String>>,
        max_candidates: Option<usize>,
        strict: bool,
        keep_going: bool,
        progress: Option<&Bound<'_, PyAny>>,
        tables: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Rows> {
        let source = Source::of(data, tables, None)?;
        let options = matching::options(select, None, true, max_candidates, Decided::default());
        let asked = Asked { date: day(date)?, options, strict, keep_going };
        let pack = self.rules.clone();
        let found = off::compute(py, progress, move |_| matching::candidates(&pack, source, asked))?;
        found.told.warn(py)?;
        Ok(found.rows)
    }

    /// Gives units to requests: the best allocation, level by level, with its proof; what `logis match` does.
    ///
    /// Args:
    ///     date: The day as of which all is decided.
    ///     data: Tables by their names, or a folder; or by name: `demandes=…, personnes=…, logements=…`.
    ///     select: Rules of the pair, the request or the unit whose outcomes stand beside each attribution.
    ///     hard: Names of quotas that come before the number of attributions; `all` for every quota in force.
    ///     no_quotas: Leave out the quotas of the rule book.
    ///     max_candidates: The most units that a request keeps; what is proved then holds among them.
    ///     near: A result of before: the answer is as good as any, and moves only whom it must.
    ///     seed: A lottery among requests that points and the rule for ties do not rank.
    ///     fixed: Pairs of identifiers, request and unit, that are decided.
    ///     forbidden: Pairs that are ruled out.
    ///     keep: Points that may be given up to move fewer from where they are in `near`.
    ///     prices: Say in the document what each quota costs in points, each a problem solved again.
    ///     time_limit: Seconds; what is not proved by then is left open, and may depend on the machine.
    ///     strict: Columns that the rules read must be there.
    ///     keep_going: Leave out rows that are wrong, with a warning.
    ///     progress: Is called while it goes on.
    ///
    /// Raises:
    ///     LogisError: All that is wrong with the data; quotas of `hard` that only an answer that houses nobody meets.
    #[pyo3(signature = (date, data=None, /, *, select=None, hard=None, no_quotas=false, max_candidates=None, near=None, seed=None, fixed=None, forbidden=None, keep=None, prices=false, time_limit=None, strict=false, keep_going=false, progress=None, **tables))]
    #[expect(clippy::too_many_arguments, reason = "each is a word of Python's")]
    fn r#match(
        &self,
        py: Python<'_>,
        date: &Bound<'_, PyAny>,
        data: Option<&Bound<'_, PyAny>>,
        select: Option<Vec<String>>,
        hard: Option<Vec<String>>,
        no_quotas: bool,
        max_candidates: Option<usize>,
        near: Option<&Bound<'_, PyAny>>,
        seed: Option<u64>,
        fixed: Option<Vec<(String, String)>>,
        forbidden: Option<Vec<(String, String)>>,
        keep: Option<u64>,
        prices: bool,
        time_limit: Option<NonZeroU64>,
        strict: bool,
        keep_going: bool,
        progress: Option<&Bound<'_, PyAny>>,
        tables: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Allocation> {
        let source = Source::of(data, tables, None)?;
        let near = near.map(matching::report).transpose()?;
        let decided = Decided { seed, fixed, forbidden, keep };
        let mut options = matching::options(select, hard, no_quotas, max_candidates, decided);
        options.prices = prices;
        options.time_limit = time_limit.map(|seconds| Duration::from_secs(seconds.get()));
        let asked = Asked { date: day(date)?, options, strict, keep_going };
        let pack = self.rules.clone();
        let allocation = off::compute(py, progress, move |_| {
            let (posing, told) = matching::pose(&pack, source, &asked)?;
            Ok(Allocation { inner: Arc::new(posing.solve(near.as_ref())?), told })
        })?;
        allocation.told.warn(py)?;
        Ok(allocation)
    }

    /// Poses a matching without solving it, to be divided and solved in parts, on one machine or on many.
    ///
    /// Args:
    ///     date, data, no_quotas, max_candidates, strict, keep_going, progress, tables: As of `match`.
    ///
    /// Returns:
    ///     Posing: `groups` divides it, `apart` solves it as one part, `join` brings the parts together.
    #[pyo3(signature = (date, data=None, /, *, no_quotas=false, max_candidates=None, strict=false, keep_going=false, progress=None, **tables))]
    #[expect(clippy::too_many_arguments, reason = "each is a word of Python's")]
    fn pose(
        &self,
        py: Python<'_>,
        date: &Bound<'_, PyAny>,
        data: Option<&Bound<'_, PyAny>>,
        no_quotas: bool,
        max_candidates: Option<usize>,
        strict: bool,
        keep_going: bool,
        progress: Option<&Bound<'_, PyAny>>,
        tables: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Posing> {
        let source = Source::of(data, tables, None)?;
        let options = matching::options(None, None, no_quotas, max_candidates, Decided::default());
        let asked = Asked { date: day(date)?, options, strict, keep_going };
        let pack = self.rules.clone();
        let posed = off::compute(py, progress, move |_| {
            let (inner, told) = matching::pose(&pack, source, &asked)?;
            Ok(Posing { inner, told })
        })?;
        posed.told.warn(py)?;
        Ok(posed)
    }

    /// Holds a written result against the data: every claim of it is computed again, or named; what `logis verify` does.
    ///
    /// Args:
    ///     result: The text of the document, the document, or an `Allocation`.
    ///     date, data, select, hard, no_quotas, max_candidates, seed, fixed, forbidden, keep, tables: The problem, posed as
    ///         to `match`.
    ///
    /// Returns:
    ///     Allocation: That of the result, proved.
    ///
    /// Raises:
    ///     LogisError: Why it does not hold.
    #[pyo3(signature = (result, date, data=None, /, *, select=None, hard=None, no_quotas=false, max_candidates=None, seed=None, fixed=None, forbidden=None, keep=None, strict=false, keep_going=false, progress=None, **tables))]
    #[expect(clippy::too_many_arguments, reason = "each is a word of Python's")]
    fn verify(
        &self,
        py: Python<'_>,
        result: &Bound<'_, PyAny>,
        date: &Bound<'_, PyAny>,
        data: Option<&Bound<'_, PyAny>>,
        select: Option<Vec<String>>,
        hard: Option<Vec<String>>,
        no_quotas: bool,
        max_candidates: Option<usize>,
        seed: Option<u64>,
        fixed: Option<Vec<(String, String)>>,
        forbidden: Option<Vec<(String, String)>>,
        keep: Option<u64>,
        strict: bool,
        keep_going: bool,
        progress: Option<&Bound<'_, PyAny>>,
        tables: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Allocation> {
        let report = matching::report(result)?;
        let source = Source::of(data, tables, None)?;
        let options = matching::options(
            select,
            hard,
            no_quotas,
            max_candidates,
            Decided { seed, fixed, forbidden, keep },
        );
        let asked = Asked { date: day(date)?, options, strict, keep_going };
        let pack = self.rules.clone();
        let allocation = off::compute(py, progress, move |_| {
            let (posing, told) = matching::pose(&pack, source, &asked)?;
            Ok(Allocation { inner: Arc::new(posing.verify(&report)?), told })
        })?;
        allocation.told.warn(py)?;
        Ok(allocation)
    }

    /// Runs the scenario of a file: what would happen if; what `logis simulate` does, without writing files.
    ///
    /// Args:
    ///     scenario: The file (TOML); what it names is read from its folder. Rules are those that it names, or these.
    ///     progress: Is called with the runs that are done, and all.
    #[pyo3(signature = (scenario, *, progress=None))]
    fn simulate(
        &self,
        py: Python<'_>,
        scenario: PathBuf,
        progress: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<ScenarioReport> {
        let rules = match &self.files {
            Some(files) => files.clone(),
            None => {
                let own = logis_rules::FILES.iter();
                ("rules".to_string(), own.map(|(path, bytes)| (path.to_string(), bytes.to_vec())).collect())
            }
        };
        let report =
            off::compute(py, progress, move |progress| what_if::simulate(rules, &scenario, progress))?;
        Ok(report)
    }

    /// What a change of rules does: these are the rules before, `head` those after; what `logis diff` finds.
    ///
    /// Args:
    ///     head: The rules after.
    ///     data: Rows to decide by both, besides the cases of the rule books: tables by their names, or a folder.
    ///     dates: The days as of which the data is decided; otherwise that of the folder, and those from which the
    ///         rule books differ.
    ///     select: Rules or groups to compare; otherwise all that people read.
    ///     by: Fields, rules, groups or entities to count by; otherwise publics and communes.
    ///     cases: Decide the cases of both rule books.
    #[pyo3(signature = (head, data=None, /, *, dates=None, select=None, by=None, cases=true, progress=None, **tables))]
    #[expect(clippy::too_many_arguments, reason = "each is a word of Python's")]
    fn diff(
        &self,
        py: Python<'_>,
        head: &Bound<'_, Pack>,
        data: Option<&Bound<'_, PyAny>>,
        dates: Option<Vec<Bound<'_, PyAny>>>,
        select: Option<Vec<String>>,
        by: Option<Vec<String>>,
        cases: bool,
        progress: Option<&Bound<'_, PyAny>>,
        tables: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Diff> {
        let corpus = match (data, tables) {
            (None, None) => None,
            _ => Some(Source::of(data, tables, None)?),
        };
        let dates = dates.unwrap_or_default().iter().map(day).collect::<PyResult<_>>()?;
        let (select, by) = (select.unwrap_or_default(), by.unwrap_or_default());
        let asked = Compared { select, by, dates, cases, corpus };
        let (base, head) = ((self.called(), self.rules.clone()), head.get());
        let head = (head.called(), head.rules.clone());
        off::compute(py, progress, move |_| what_if::diff((base.0, &base.1), (head.0, &head.1), asked))
    }

    fn __reduce__<'py>(
        slf: &Bound<'py, Pack>,
    ) -> PyResult<(Bound<'py, PyAny>, Bound<'py, pyo3::types::PyTuple>)> {
        let py = slf.py();
        let class = slf.get_type();
        match &slf.get().files {
            None => Ok((class.into_any(), pyo3::types::PyTuple::empty(py))),
            Some((root, files)) => {
                let files = files.iter().map(|(path, bytes)| (path, PyBytes::new(py, bytes)));
                let files: Vec<_> = files.collect();
                let arguments = (files, root).into_pyobject(py)?;
                Ok((class.getattr(intern!(py, "from_files"))?, arguments))
            }
        }
    }

    fn __repr__(&self) -> String {
        format!(
            "<Pack {} ({} règles)>",
            self.rules.pack.parsed().manifest.name,
            self.rules.pack.parsed().rules.len()
        )
    }
}

impl Pack {
    /// What documents call it: its folder, or its name.
    fn called(&self) -> String {
        match &self.files {
            Some((root, _)) if !root.is_empty() => root.clone(),
            _ => self.rules.pack.parsed().manifest.name.clone(),
        }
    }

    fn of(py: Python<'_>, root: String, files: Files) -> PyResult<Pack> {
        let pack = py.detach(|| logis::Pack::from_files(&root, files.clone()));
        let pack = pack.map_err(|error| raised(py, error))?;
        if !pack.warnings.is_empty() {
            let error = logis::diagnostic::PackError {
                diagnostics: pack.warnings.clone(),
                sources: pack.parsed().sources.clone(),
            };
            for issue in error.issues() {
                warn(py, &issue.to_string())?;
            }
        }
        Ok(Pack { rules: Rules::new(pack), files: Some((root, files)) })
    }
}

/// A day: a text, or whatever writes itself as one (`datetime.date`, `pandas.Timestamp`).
pub fn day(value: &Bound<'_, PyAny>) -> PyResult<Date> {
    let py = value.py();
    let text: String = match value.hasattr(intern!(py, "isoformat"))? {
        true => value.call_method0(intern!(py, "isoformat"))?.extract()?,
        false => value.extract()?,
    };
    let text = text.strip_suffix("T00:00:00").unwrap_or(&text);
    parse_date(text.trim()).ok_or_else(|| {
        said(format!("« {text} » n'est pas une date ; attendu: AAAA-MM-JJ ou datetime.date")).raised(py)
    })
}
