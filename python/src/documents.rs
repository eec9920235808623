//! Documents of `logis/1` as objects of Python.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use serde::Serialize;

use crate::errors::said;

/// A decision.
pub fn decision<'py>(py: Python<'py>, decision: &logis::Decision) -> PyResult<Bound<'py, PyAny>> {
    static READ: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    READ.import(py, "logis_regles._documents", "decision")?.call1((text(py, decision)?,))
}

/// A document as its text.
fn text(py: Python<'_>, document: &impl Serialize) -> PyResult<String> {
    serde_json::to_string(document).map_err(|error| said(error.to_string()).raised(py))
}
