//! `Posing`: a matching in parts that are solved apart, by processes that need know nothing of each other.
//!
//! [`Posing::groups`] divides, [`Posing::apart`] solves one part, [`join`] brings the answers together and says what is
//! proved of the whole. `logis_regles.spark` does the three on a cluster.

use logis::apart::{self, ApartAnswer};
use logis::matching::MOST_ALREADY;
use logis::pack::schema::{EntityId, Origin};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde_json::{Value as Json, json};

use crate::decisions::Told;
use crate::documents;
use crate::doubts::{self, Doubts};
use crate::errors::{Failure, issues, raised, said};

/// The problem of a matching, posed and not solved. Made by `Pack.pose`.
#[pyclass(frozen, module = "logis_regles")]
pub struct Posing {
    pub inner: logis::Posing,
    pub told: Told,
}

#[pymethods]
impl Posing {
    /// The tables of the two sides, requests first: `("demandes", "logements")`.
    #[getter]
    fn sides(&self) -> (String, String) {
        let instance = &self.inner.instance;
        (self.table(instance.requests.entity), self.table(instance.units.entity))
    }

    /// The columns that the rules read, by table.
    #[getter]
    fn columns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let tables = PyDict::new(py);
        let mut needs = logis::plan::Needs::default();
        self.inner.plan.plans().for_each(|plan| needs.join(plan.needs()));
        for (table, columns) in needs.columns(&self.inner.plan.pairs.parsed.schema) {
            tables.set_item(table, columns)?;
        }
        Ok(tables)
    }

    /// Do the rules decide each request and each unit by itself, with what belongs to it? Then a part of them is posed as
    /// among all others.
    #[getter]
    fn by_parts(&self) -> bool {
        self.inner.by_parts()
    }

    /// How many pairs a unit may be given by.
    #[getter]
    fn candidates(&self) -> usize {
        self.inner.instance.candidates.len()
    }

    /// The names of the quotas that are not in force on the date.
    #[getter]
    fn not_in_force(&self) -> Vec<String> {
        self.inner.plan.not_in_force.iter().map(|quota| quota.name.clone()).collect()
    }

    /// How many pairs, requests or candidates are in doubt, by kind; sums over parts are those of the whole.
    #[getter]
    fn doubts(&self) -> Doubts {
        doubts::of(&self.inner)
    }

    /// What is wrong or doubtful in the data, each with its place.
    #[getter]
    fn issues<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        issues(py, &self.told.issues)
    }

    /// What was warned of: in French, a line each.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.told.lines()
    }

    /// Divides into `most` groups at most, of about equal cost, that no candidate joins. Requests and units without a
    /// candidate are in none.
    ///
    /// Args:
    ///     most: How many groups there may be; without it, each is as small as can be.
    ///
    /// Returns:
    ///     list[dict]: Of each group the identifiers `requests` and `units`, and how many `candidates` join them.
    #[pyo3(signature = (most=None))]
    fn groups<'py>(&self, py: Python<'py>, most: Option<usize>) -> PyResult<Bound<'py, PyList>> {
        let groups = py.detach(|| self.inner.groups(most.unwrap_or(usize::MAX)));
        let all = PyList::empty(py);
        for group in groups {
            let one = PyDict::new(py);
            one.set_item("requests", group.requests)?;
            one.set_item("units", group.units)?;
            one.set_item("candidates", group.candidates)?;
            all.append(one)?;
        }
        Ok(all)
    }

    /// Solves this problem as one part of several: with the quotas held among its own attributions, and whatever they are.
    /// Both proofs are checked.
    ///
    /// Returns:
    ///     str: The answer as JSON, for `join`.
    fn apart(&self, py: Python<'_>) -> PyResult<String> {
        let answer = py.detach(|| self.inner.apart()).map_err(|error| raised(py, error))?;
        serde_json::to_string(&answer).map_err(|error| said(error.to_string()).raised(py))
    }

    fn __repr__(&self) -> String {
        let instance = &self.inner.instance;
        format!(
            "<Posing {} × {}, {} candidatures>",
            instance.requests.len(),
            instance.units.len(),
            instance.candidates.len()
        )
    }
}

impl Posing {
    fn table(&self, entity: EntityId) -> String {
        match self.inner.plan.pairs.parsed.schema.entities.get(entity).map(|entity| &entity.origin) {
            Some(Origin::Data { table }) => table.clone(),
            _ => String::new(),
        }
    }
}

/// Joins the answers of all parts: groups of one division, each solved once by `Posing.apart`, in any order.
///
/// Args:
///     answers: What `apart` gave.
///
/// Returns:
///     dict: `attributions` (pairs of identifiers), `reached` (by level, and by quota), `gaps` (how much better an answer
///     of the whole might be at most; None where nothing is proved) and `proved`.
///
/// Raises:
///     LogisError: Parts of other rules, dates or quotas; a request or a unit that stands twice.
#[pyfunction]
pub fn join<'py>(py: Python<'py>, answers: Vec<String>) -> PyResult<Bound<'py, PyAny>> {
    let joined = py.detach(|| -> Result<Json, Failure> {
        let read = |text: &String| serde_json::from_str::<ApartAnswer>(text);
        let parts = answers.iter().map(read).collect::<Result<Vec<_>, _>>();
        let parts = parts.map_err(|error| said(format!("la réponse d'une partie ne se lit pas: {error}")))?;
        let joined = apart::join(&parts).map_err(logis::Error::from)?;
        let asked = parts.first().map_or(&[][..], |part| &part.quotas);
        let names: Vec<&str> = asked.iter().map(|(name, ..)| name.as_str()).collect();
        // Of who comes first there are to be as many as can be: no number is asked for, and none lacks.
        let first = |at: usize| asked.get(at).is_some_and(|quota| quota.1 == 0 && quota.3 == MOST_ALREADY as i64);
        let (reached, gaps) = (&joined.together.reached, &joined.together.gaps);
        let quotas: serde_json::Map<String, Json> = names
            .iter()
            .zip(&reached.quotas)
            .enumerate()
            .map(|(at, (name, quota))| {
                let asked = |number: u64| (!first(at)).then_some(number);
                let own = json!({ "base": quota.base, "members": quota.members, "target": asked(quota.target),
                    "shortfall": asked(quota.shortfall) });
                (name.to_string(), own)
            })
            .collect();
        let gap_of: serde_json::Map<String, Json> =
            names.iter().zip(&gaps.quotas).map(|(name, gap)| (name.to_string(), bound(*gap))).collect();
        Ok(json!({
            "attributions": joined.attributions,
            "reached": { "attributions": reached.attributions, "priority": reached.priority, "fit": reached.fit,
                "quotas": quotas },
            "gaps": { "attributions": bound(gaps.attributions), "priority": bound(gaps.priority),
                "fit": bound(gaps.fit), "quotas": gap_of },
            "proved": gaps.none(),
        }))
    });
    documents::plain(py, &joined.map_err(|failure| failure.raised(py))?)
}

/// Counts of `Posing.doubts`, added up, in French: a line each.
///
/// Args:
///     counts: By kind, how many.
///     max_candidates: As it was asked.
#[pyfunction]
#[pyo3(name = "doubts", signature = (counts, max_candidates=None))]
pub fn in_french(counts: Doubts, max_candidates: Option<usize>) -> Vec<String> {
    doubts::lines(&counts, max_candidates)
}

/// A gap; nothing where nothing is proved.
fn bound(gap: u64) -> Json {
    if gap == u64::MAX { Json::Null } else { gap.into() }
}
