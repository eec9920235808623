//! Documents of `logis/1` as objects of Python.

use logis::answers::Explanations;
use logis::explain::to_text;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use serde::Serialize;

use crate::errors::said;

/// A decision.
pub fn decision<'py>(py: Python<'py>, decision: &logis::Decision) -> PyResult<Bound<'py, PyAny>> {
    static READ: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    READ.import(py, "logis_regles._documents", "decision")?.call1((text(py, decision)?,))
}

/// Explanations, with the text of each.
pub fn explanations<'py>(py: Python<'py>, explanations: Explanations) -> PyResult<Bound<'py, PyAny>> {
    static READ: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let texts: Vec<String> = explanations
        .explanations
        .iter()
        .map(|one| {
            let mut text = to_text(&one.explanation);
            text.push_str(&one.counterfactual.to_text());
            text
        })
        .collect();
    let document = text(py, &explanations.document())?;
    READ.import(py, "logis_regles._documents", "explanations")?.call1((document, texts))
}

/// A document or a part of one as dictionaries, lists, texts and exact numbers.
pub fn plain<'py>(py: Python<'py>, document: &impl Serialize) -> PyResult<Bound<'py, PyAny>> {
    static READ: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    READ.import(py, "logis_regles._documents", "read")?.call1((text(py, document)?,))
}

/// A document as its text.
fn text(py: Python<'_>, document: &impl Serialize) -> PyResult<String> {
    serde_json::to_string(document).map_err(|error| said(error.to_string()).raised(py))
}
