//! `Decisions`: what was decided, as a table of Arrow with all that was found on the way.

use std::collections::BTreeMap;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchIterator};
use logis::LeftOpen;
use logis::data::{Issue, by_kind};
use logis::granted::Granted;
use pyo3::exceptions::PyModuleNotFoundError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};

use crate::errors::{issues, warn};

/// What was found while reading and deciding.
#[derive(Default)]
pub struct Told {
    pub issues: Vec<Issue>,
    pub absent: LeftOpen,
    /// By table: the rows that were left out.
    pub dropped: BTreeMap<String, usize>,
    pub errors: Vec<Issue>,
    pub reserves: Vec<Granted>,
    pub remarks: Vec<String>,
}

/// Outcomes: one row for each row that was decided, its identifier first, then a column for each rule.
///
/// It is a table of Arrow (`__arrow_c_stream__`): `polars.DataFrame(decisions)`, `pyarrow.table(decisions)`,
/// `duckdb.sql("select * from decisions")`. Booleans are Boolean, whole numbers Int64, others Decimal, dates Date32,
/// texts String; what is unknown or in error is null, and `states=True` says which.
#[pyclass(frozen, module = "logis_regles")]
pub struct Decisions {
    batch: RecordBatch,
    told: Told,
}

impl Decisions {
    pub fn new(batch: RecordBatch, told: Told) -> Decisions {
        Decisions { batch, told }
    }

    /// What keeps the answer from being all of what was asked, in French, a line each.
    fn lines(&self) -> Vec<String> {
        let told = &self.told;
        let mut lines = told.remarks.clone();
        for kind in by_kind(&told.issues) {
            let level = if kind.first.is_error() { "erreur" } else { "avertissement" };
            lines.push(format!("{level}: {kind}"));
        }
        if !told.absent.is_empty() {
            lines.push(told.absent.to_string());
        }
        if told.issues.iter().any(Issue::is_error) {
            let dropped = told.dropped.iter().map(|(table, rows)| format!("{rows} ligne(s) de `{table}`"));
            let dropped: Vec<String> = dropped.collect();
            let dropped = if dropped.is_empty() { "aucune ligne".to_string() } else { dropped.join(", ") };
            lines.push(format!("lignes écartées, avec ce qui en dépend: {dropped}"));
        }
        for kind in by_kind(&told.errors) {
            lines.push(kind.to_string());
        }
        lines
    }

    /// Warns of that.
    pub fn warn(&self, py: Python<'_>) -> PyResult<()> {
        self.lines().iter().try_for_each(|line| warn(py, line))
    }
}

#[pymethods]
impl Decisions {
    /// The names of the columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.batch.schema_ref().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// What was warned of: in French, a line each.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.lines()
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

    /// The table as a stream of Arrow: what Polars, pyarrow, pandas and DuckDB take it by.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // It may be left aside: the consumer casts what it gets.
        let _ = requested_schema;
        let batches = RecordBatchIterator::new([Ok(self.batch.clone())], self.batch.schema());
        let stream = FFI_ArrowArrayStream::new(Box::new(batches));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    /// A frame of Polars.
    fn to_polars<'py>(slf: &Bound<'py, Decisions>) -> PyResult<Bound<'py, PyAny>> {
        module(slf.py(), "polars")?.call_method1(intern!(slf.py(), "DataFrame"), (slf,))
    }

    /// A table of pyarrow.
    fn to_pyarrow<'py>(slf: &Bound<'py, Decisions>) -> PyResult<Bound<'py, PyAny>> {
        module(slf.py(), "pyarrow")?.call_method1(intern!(slf.py(), "table"), (slf,))
    }

    fn __len__(&self) -> usize {
        self.batch.num_rows()
    }

    fn __repr__(&self) -> String {
        format!("<Decisions {} × ({})>", self.batch.num_rows(), self.columns().join(", "))
    }
}

/// A module that the caller asks for by a method.
fn module<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyModule>> {
    py.import(name).map_err(|error| match error.is_instance_of::<PyModuleNotFoundError>(py) {
        true => PyModuleNotFoundError::new_err(format!("`{name}` n'est pas installé: pip install {name}")),
        false => error,
    })
}

fn by_table(absent: &[logis::data::Absent]) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in absent {
        all.entry(one.file.clone()).or_default().push(one.column.clone());
    }
    all
}
