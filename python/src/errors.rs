//! Exceptions and warnings of Python from what is wrong.

use std::ffi::CString;

use logis::data::Issue;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyType};

/// The class `logis_regles.LogisError`.
fn error_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "logis_regles._told", "LogisError")
}

/// The class `logis_regles.LogisWarning`.
fn warning_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "logis_regles._told", "LogisWarning")
}

/// The class `logis_regles.Issue`.
fn issue_class(py: Python<'_>) -> PyResult<&Bound<'_, PyType>> {
    static CLASS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    CLASS.import(py, "logis_regles._told", "Issue")
}

/// What went wrong, before it is an exception: computed without the interpreter's lock.
#[derive(Debug)]
pub enum Failure {
    /// Of the library: a report, and each thing in it.
    Logis(Box<logis::Error>),
    /// Of Arrow.
    Arrow(String),
    /// The computation panicked.
    Panicked,
}

impl<E> From<E> for Failure
where
    logis::Error: From<E>,
{
    fn from(error: E) -> Failure {
        Failure::Logis(Box::new(logis::Error::from(error)))
    }
}

/// A failure in words.
pub fn said(message: impl Into<String>) -> Failure {
    Failure::Logis(Box::new(logis::Error::of(message)))
}

impl Failure {
    /// The exception.
    pub fn raised(self, py: Python<'_>) -> PyErr {
        let made = || -> PyResult<PyErr> {
            let (report, issues) = match self {
                Failure::Logis(error) => (error.to_string(), issues(py, error.issues())?),
                Failure::Arrow(message) => (message, PyList::empty(py)),
                Failure::Panicked => {
                    ("le calcul s'est interrompu: c'est une faute de Logis".to_string(), PyList::empty(py))
                }
            };
            Ok(PyErr::from_value(error_class(py)?.call1((report, issues))?))
        };
        made().unwrap_or_else(|error| error)
    }
}

/// The exception of an error of the library.
pub fn raised<E>(py: Python<'_>, error: E) -> PyErr
where
    Failure: From<E>,
{
    Failure::from(error).raised(py)
}

/// What is wrong, as objects of Python.
pub fn issues<'py>(py: Python<'py>, issues: &[Issue]) -> PyResult<Bound<'py, PyList>> {
    let class = issue_class(py)?;
    let all = PyList::empty(py);
    for issue in issues {
        let keys = PyDict::new(py);
        keys.set_item("code", issue.code)?;
        keys.set_item("level", issue.severity.name())?;
        keys.set_item("file", &issue.file)?;
        keys.set_item("row", issue.line)?;
        keys.set_item("column", issue.column.as_deref())?;
        keys.set_item("id", issue.id.as_deref())?;
        // A message about a value begins with it.
        let quoted = || issue.message.strip_prefix("« ")?.split_once(" »").map(|(value, _)| value);
        keys.set_item("found", issue.value.as_deref().or_else(quoted))?;
        keys.set_item("message", &issue.message)?;
        // What stands in no file has nothing before its message.
        keys.set_item("text", issue.to_string().trim_start_matches(": "))?;
        all.append(class.call((), Some(&keys))?)?;
    }
    Ok(all)
}

/// Warns, as `warnings.warn` of the caller does.
pub fn warn(py: Python<'_>, message: &str) -> PyResult<()> {
    let message = CString::new(message.replace('\0', "")).unwrap_or_default();
    PyErr::warn(py, warning_class(py)?, &message, 1)
}
