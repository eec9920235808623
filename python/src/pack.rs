//! `Pack`: the rules.

use std::path::PathBuf;

use logis::diagnostic::Issues;
use logis::value::{Date, parse_date};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyType};

use crate::errors::{raised, said, warn};
use crate::plan::Plan;

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
    pub pack: logis::Pack,
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
            return Ok(Pack { pack: py.detach(logis::Pack::national), files: None });
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
    #[pyo3(signature = (files, root=String::new()))]
    fn from_files(_class: &Bound<'_, PyType>, py: Python<'_>, files: Files, root: String) -> PyResult<Pack> {
        Pack::of(py, root, files)
    }

    /// The name of the rule book.
    #[getter]
    fn name(&self) -> &str {
        &self.pack.parsed().manifest.name
    }

    /// The rules that are decided when none is named.
    #[getter]
    fn results(&self) -> Vec<&str> {
        self.pack.results()
    }

    /// The groups of rules that `plan` takes by one name: their rules, by name of the group.
    #[getter]
    fn groups<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let groups = PyDict::new(py);
        for (name, rules) in &self.pack.parsed().manifest.groups {
            groups.set_item(name, rules.iter().map(|(rule, _)| rule.as_str()).collect::<Vec<_>>())?;
        }
        Ok(groups)
    }

    /// The names of all rules.
    #[getter]
    fn rules(&self) -> Vec<&str> {
        let rules = self.pack.parsed().rules.iter();
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
        format!("<Pack {} ({} règles)>", self.pack.parsed().manifest.name, self.pack.parsed().rules.len())
    }
}

impl Pack {
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
        Ok(Pack { pack, files: Some((root, files)) })
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
