//! Candidates, allocations and written results that are held against their problem.

use std::collections::BTreeMap;
use std::sync::Arc;

use logis::attribution::Report;
use logis::data::Issue;
use logis::invariants::Invariants;
use logis::pack::schema::Origin;
use logis::plan::Needs;
use logis::value::Date;
use logis::{DataError, LeftOpen, Options, Posing, posing};
use pyo3::prelude::*;

use crate::decisions::Told;
use crate::documents;
use crate::doubts;
use crate::errors::{Failure, said};
use crate::records;
use crate::rows::Rows;
use crate::rules::Rules;
use crate::tables::Source;

/// How a problem is posed.
pub struct Asked {
    pub date: Date,
    pub options: Options,
    pub strict: bool,
    pub keep_going: bool,
}

/// Reads the data of a problem and poses it; with what was found on the way.
pub fn pose(rules: &Rules, source: Source, asked: &Asked) -> Result<(Posing, Told), Failure> {
    let pack = &rules.pack;
    let planned = posing::plan(pack, asked.date, &asked.options)?;
    let mut needs = Needs::default();
    let mut remarks: Vec<String> = Vec::new();
    for plan in planned.0.plans() {
        needs.join(plan.needs());
        for remark in plan.warnings.iter().chain(&plan.notes) {
            if !remarks.contains(remark) {
                remarks.push(remark.clone());
            }
        }
    }
    let parsed = pack.parsed();
    let mut read = source.read(rules, &needs.clone().strictly(asked.strict), None)?;
    let invariants = Invariants::new(parsed, asked.date, &needs.entities);
    invariants.hold(&mut read.dataset, &mut read.issues, &mut read.dropped);
    let errors: Vec<Issue> = read.issues.iter().filter(|issue| issue.is_error()).cloned().collect();
    if !errors.is_empty() && !asked.keep_going {
        return Err(Failure::from(DataError::from(errors)));
    }
    let plans: Vec<&logis::Plan> = planned.0.plans().collect();
    let absent = LeftOpen::of_rows(parsed, &read.dataset, &read.absent, &plans);
    let table = |id: usize| match parsed.schema.entities.get(id).map(|entity| &entity.origin) {
        Some(Origin::Data { table }) => table.clone(),
        _ => String::new(),
    };
    let dropped = read.dropped.iter().map(|(id, rows)| (table(*id), *rows)).collect();
    let posing = Posing::new(planned, read.dataset, asked.options.max_candidates)?.searched(&asked.options);
    remarks.extend(doubts::lines(&doubts::of(&posing), asked.options.max_candidates));
    let told = Told { issues: read.issues, absent, dropped, remarks, ..Told::default() };
    Ok((posing, told))
}

/// A written result: the text of its document, the document as a dictionary, or an allocation.
pub fn report(given: &Bound<'_, PyAny>) -> PyResult<Report> {
    let py = given.py();
    if let Ok(allocation) = given.cast::<Allocation>() {
        return allocation.get().inner.report().map_err(|error| Failure::from(error).raised(py));
    }
    let text = match given.extract::<String>() {
        Ok(text) => text,
        Err(_) => serde_json::to_string(&records::json(given)?)
            .map_err(|error| said(error.to_string()).raised(py))?,
    };
    Report::read(text.trim_start_matches('\u{feff}')).map_err(|error| said(error.to_string()).raised(py))
}

/// Who gets which unit, with the proof that no other allocation does better, level by level.
#[pyclass(frozen, module = "logis_regles")]
pub struct Allocation {
    pub inner: Arc<logis::Allocation>,
    pub told: Told,
}

#[pymethods]
impl Allocation {
    /// The attributions: request and unit, and the outcomes that `select` names; a table of Arrow.
    #[getter]
    fn attributions(&self, py: Python<'_>) -> PyResult<Rows> {
        let allocation = &self.inner;
        let posing = &allocation.posing;
        let given = Some(&allocation.matching);
        let rows = py.detach(|| Rows::of(&posing.rows("attributions", given)));
        rows.map_err(|failure| failure.raised(py))
    }

    /// What each level reaches: attributions, points of priority, points of fit.
    #[getter]
    fn reached(&self) -> BTreeMap<&'static str, u64> {
        let reached = self.inner.reached();
        BTreeMap::from([
            ("attributions", reached.attributions),
            ("priority", reached.priority),
            ("fit", reached.fit),
        ])
    }

    /// Is every level proved? Otherwise the document says what the proof leaves open.
    #[getter]
    fn proved(&self) -> bool {
        let gaps = &self.inner.gaps;
        gaps.attributions == 0
            && gaps.priority == 0
            && gaps.fit == 0
            && gaps.quotas.iter().all(|gap| *gap == 0)
    }

    /// The document of the kind `matching`, with the proof: what `logis match --format json` writes.
    fn document<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let report = py.detach(|| self.inner.report());
        documents::plain(py, &report.map_err(|error| Failure::from(error).raised(py))?)
    }

    /// The text of the document: what `verify` and `logis verify --match` take.
    fn json(&self, py: Python<'_>) -> PyResult<String> {
        let report = py.detach(|| self.inner.report());
        let report = report.map_err(|error| Failure::from(error).raised(py))?;
        let text = serde_json::to_string_pretty(&report);
        text.map(|text| text + "\n").map_err(|error| said(error.to_string()).raised(py))
    }

    /// Why a request is housed where it is or waits, or why a unit is given to whom it is or stays empty.
    ///
    /// Args:
    ///     id: The identifier of a request or a unit.
    fn explain<'py>(&self, py: Python<'py>, id: &str) -> PyResult<Bound<'py, PyAny>> {
        let why = py.detach(|| self.inner.explain(id));
        documents::plain(py, &why.map_err(|error| Failure::from(error).raised(py))?)
    }

    /// What was warned of: in French, a line each.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.told.lines()
    }

    /// Under which reserves the attributions stand: conditions of the texts that the rules do not look at.
    #[getter]
    fn reserves<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let reserves = py.detach(|| self.inner.reserves().to_vec());
        documents::plain(py, &reserves)
    }

    fn __len__(&self) -> usize {
        usize::try_from(self.inner.reached().attributions).unwrap_or(usize::MAX)
    }

    fn __repr__(&self) -> String {
        let reached = self.inner.reached();
        format!(
            "<Allocation {} attributions, {} points de priorité, {} points d'adéquation>",
            reached.attributions, reached.priority, reached.fit
        )
    }
}

/// What a refused row of candidates keeps for the caller.
pub struct Candidates {
    pub rows: Rows,
    pub told: Told,
}

/// The candidates of a problem.
pub fn candidates(rules: &Rules, source: Source, asked: Asked) -> Result<Candidates, Failure> {
    let mut asked = asked;
    // Nothing is matched: the quotas are not needed.
    asked.options.no_quotas = true;
    let (posing, told) = pose(rules, source, &asked)?;
    Ok(Candidates { rows: Rows::of(&posing.rows("candidatures", None))?, told })
}

/// What is decided of a problem besides its data, as Python gives it.
#[derive(Default)]
pub struct Decided {
    pub seed: Option<u64>,
    pub fixed: Option<Vec<(String, String)>>,
    pub forbidden: Option<Vec<(String, String)>>,
    pub keep: Option<u64>,
}

/// The options of a problem as Python gives them.
pub fn options(
    select: Option<Vec<String>>,
    hard: Option<Vec<String>>,
    no_quotas: bool,
    max_candidates: Option<usize>,
    decided: Decided,
) -> Options {
    let mut options = Options::default();
    options.select = select.unwrap_or_default();
    options.hard = hard.unwrap_or_default();
    options.no_quotas = no_quotas;
    options.max_candidates = max_candidates;
    options.seed = decided.seed;
    options.fixed = decided.fixed.unwrap_or_default();
    options.forbidden = decided.forbidden.unwrap_or_default();
    options.keep = decided.keep;
    options
}
