//! `Decisions`: what was decided, as a table of Arrow with all that was found on the way.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use logis::LeftOpen;
use logis::data::{Absent, Issue, by_kind};
use logis::granted::Granted;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::errors::{issues, warn};
use crate::rows::Rows;

/// What was found while reading and deciding.
#[derive(Clone, Default)]
pub struct Told {
    pub issues: Vec<Issue>,
    pub absent: LeftOpen,
    /// By table: the rows that were left out.
    pub dropped: BTreeMap<String, usize>,
    pub errors: Vec<Issue>,
    pub reserves: Vec<Granted>,
    pub remarks: Vec<String>,
}

impl Told {
    /// What keeps the answer from being all of what was asked, in French, a line each.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = self.remarks.clone();
        for kind in by_kind(&self.issues) {
            let level = if kind.first.is_error() { "erreur" } else { "avertissement" };
            lines.push(format!("{level}: {kind}"));
        }
        if !self.absent.is_empty() {
            lines.push(self.absent.to_string());
        }
        if self.issues.iter().any(Issue::is_error) {
            let dropped = self.dropped.iter().map(|(table, rows)| format!("{rows} ligne(s) de `{table}`"));
            let dropped: Vec<String> = dropped.collect();
            let dropped = if dropped.is_empty() { "aucune ligne".to_string() } else { dropped.join(", ") };
            lines.push(format!("lignes écartées, avec ce qui en dépend: {dropped}"));
        }
        lines.extend(by_kind(&self.errors).iter().map(ToString::to_string));
        lines
    }

    /// Warns of that.
    pub fn warn(&self, py: Python<'_>) -> PyResult<()> {
        self.lines().iter().try_for_each(|line| warn(py, line))
    }
}

/// Outcomes: one row for each row that was decided, its identifier first, then a column for each rule.
///
/// It is a table of Arrow (`Rows`). Booleans are Boolean, whole numbers Int64, others Decimal, dates Date32, texts
/// String; what is unknown or in error is null, and `states=True` says which.
#[pyclass(frozen, extends = Rows, module = "logis_regles")]
pub struct Decisions {
    told: Told,
}

/// Decisions before they are an object of Python.
pub struct Decided {
    pub batch: RecordBatch,
    pub told: Told,
}

impl Decided {
    /// The object.
    pub fn object(self, py: Python<'_>) -> PyResult<Py<Decisions>> {
        let decisions = Decisions { told: self.told };
        Py::new(py, PyClassInitializer::from(Rows { batch: self.batch }).add_subclass(decisions))
    }
}

#[pymethods]
impl Decisions {
    /// What was warned of: in French, a line each.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.told.lines()
    }

    /// What is wrong or doubtful in the data, each with its place.
    #[getter]
    fn issues<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        issues(py, &self.told.issues)
    }

    /// The outcomes in error: rows that a rule has no result for, and why.
    #[getter]
    fn errors<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        issues(py, &self.told.errors)
    }

    /// By table, how many rows were left out because they are wrong, with those that depend on them.
    #[getter]
    fn dropped(&self) -> BTreeMap<String, usize> {
        self.told.dropped.clone()
    }

    /// By table, the columns that are not there and were taken as unknown; an empty name is the whole table.
    #[getter]
    fn unknown(&self) -> BTreeMap<String, Vec<String>> {
        by_table(&self.told.absent.unknown)
    }

    /// By table, the columns that are not there and were read as empty cells, which are values.
    #[getter]
    fn assumed_empty(&self) -> BTreeMap<String, Vec<String>> {
        by_table(&self.told.absent.empty)
    }

    /// By rule that granted under reserves: on how many rows, and which reserves those may be.
    #[getter]
    fn reserves<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        for one in &self.told.reserves {
            all.set_item(&one.rule, (one.rows, &one.texts))?;
        }
        Ok(all)
    }
}

fn by_table(absent: &[Absent]) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in absent {
        // A file is told by its name, a table in memory by its own.
        let table = one.file.split_once('.').map_or(one.file.as_str(), |(table, _)| table);
        all.entry(table.to_string()).or_default().push(one.column.clone());
    }
    all
}
