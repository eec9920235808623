//! `Plan`: rules as of a date.

use std::collections::BTreeMap;
use std::mem::take;
use std::sync::{Arc, OnceLock};

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use logis::data::{Absent, BatchReader, Code, Issue, ReadOutcome};
use logis::dated::DatedPlan;
use logis::evaluate::Outcome;
use logis::explain::{Shown, about, show};
use logis::granted::granted;
use logis::pack::schema::{EntityId, Origin};
use logis::parts::{DecidedPart, PartDecider, PartError, PartSink, Rules};
use logis::value::Date;
use logis::{DataError, Decider, LeftOpen, OutcomeColumns};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::decisions::{Decisions, Told};
use crate::documents;
use crate::errors::{Failure, raised, said, warn};
use crate::off;
use crate::pack::{Pack, day};
use crate::records;
use crate::tables::{self, Given};

/// Rules of one entity as of a date: what decides. Made by `Pack.plan`; threads may share it, and it may be pickled.
#[pyclass(frozen, module = "logis_regles")]
pub struct Plan {
    pub inner: Arc<Inner>,
    pack: Py<Pack>,
    /// As it was asked for.
    date: Option<Date>,
    asked: Option<Vec<String>>,
    as_of_field: Option<String>,
}

/// What a plan computes with, whatever thread it is in.
pub struct Inner {
    pub pack: logis::Pack,
    /// Decides; each call has a copy of its own.
    decider: PartDecider,
    /// Decides single records; none where each has its own date.
    one: OnceLock<Decider>,
    reader: OnceLock<BatchReader>,
    columns: OnceLock<OutcomeColumns>,
}

impl Inner {
    /// The plan, if there is one for all rows.
    pub fn plan(&self) -> Option<&Arc<logis::Plan>> {
        match self.decider.rules() {
            Rules::AsOf(plan) => Some(plan),
            Rules::AsOfField(_) => None,
        }
    }

    /// What decides single records.
    pub fn decider(&self) -> Result<&Decider, Failure> {
        let plan = self.plan().ok_or_else(|| said("un enregistrement seul se décide à une date: `date`"))?;
        Ok(self.one.get_or_init(|| Decider::new(plan.clone())))
    }

    /// What reads batches.
    fn reader(&self) -> &BatchReader {
        self.reader.get_or_init(|| {
            let parsed = self.pack.parsed();
            let (needs, fields) = (self.decider.needs().clone(), self.decider.fields());
            BatchReader::new(&parsed.schema, &parsed.references, needs, fields.as_ref())
        })
    }

    /// The columns of what is decided as of one date.
    pub fn columns(&self) -> Result<&OutcomeColumns, Failure> {
        if let Some(known) = self.columns.get() {
            return Ok(known);
        }
        let columns = OutcomeColumns::of(self.decider()?)?;
        Ok(self.columns.get_or_init(|| columns))
    }

    /// The table whose rows are decided, if rows are those of a table.
    pub fn table(&self) -> Option<&str> {
        match &self.pack.parsed().schema.entities.get(self.decider.entity())?.origin {
            Origin::Data { table } => Some(table),
            _ => None,
        }
    }

    /// The names that are decided.
    fn rules(&self) -> Vec<String> {
        match self.decider.rules() {
            Rules::AsOf(plan) => plan.selected.iter().map(|(name, _)| name.clone()).collect(),
            Rules::AsOfField(dated) => dated.names().to_vec(),
        }
    }
}

#[pymethods]
impl Plan {
    /// The rules that are decided, in their order.
    #[getter]
    fn rules(&self) -> Vec<String> {
        self.inner.rules()
    }

    /// The date as of which all is decided, `AAAA-MM-JJ`; None if each row has its own.
    #[getter]
    fn date(&self) -> Option<String> {
        self.date.map(|date| date.to_string())
    }

    /// The rule book.
    #[getter]
    fn pack(&self, py: Python<'_>) -> Py<Pack> {
        self.pack.clone_ref(py)
    }

    /// What is to be known of the figures and rules on the date, in French.
    #[getter]
    fn warnings(&self) -> Vec<String> {
        self.remarks()
    }

    /// The columns that the rules read, by table: what data must have for a whole answer. A column that it lacks is
    /// unknown, and `evaluate` says so.
    ///
    /// Example:
    ///     >>> from logis_regles import Pack
    ///     >>> Pack().plan("2017-06-30", ["plafond_plus"]).columns["demandes"]
    ///     ['demande_id', 'commune']
    #[getter]
    fn columns<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let parsed = self.inner.pack.parsed();
        let tables = PyDict::new(py);
        for (table, columns) in self.inner.decider.needs().columns(&parsed.schema) {
            tables.set_item(table, columns)?;
        }
        Ok(tables)
    }

    /// Decides tables.
    ///
    /// Tables are what has Arrow's `__arrow_c_stream__` or `__arrow_c_array__`: frames of Polars and pandas, tables and
    /// batches of pyarrow, relations of DuckDB. Columns are those of the schema, by name, in any order.
    ///
    /// Either several tables, joined by their identifiers as files are, or one table whose column `personnes` is of
    /// lists of structures.
    ///
    /// Args:
    ///     data: The table of what is decided, or tables by their names.
    ///     tables: Tables by their names: `demandes=…, personnes=…`.
    ///     states: Put the state of each outcome beside it: `known`, `unknown` (the missing cells leave it open) or
    ///         `error`, in columns named `eligible_plus.state`.
    ///     reserves: Add a column `reserves`: subject to what each outcome is granted.
    ///     strict: Columns that the rules read must be there; otherwise their cells are unknown.
    ///     keep_going: Leave out rows that are wrong, with a warning; otherwise they are an error.
    ///     progress: Is called with what is done and the whole, in tables.
    ///
    /// Returns:
    ///     Decisions: One row for each row, with its identifier and an outcome for each rule; goes into
    ///     `polars.DataFrame(…)`, `pyarrow.table(…)`, a query of DuckDB.
    ///
    /// Raises:
    ///     LogisError: With every cell and row that is wrong.
    ///
    /// Warns:
    ///     LogisWarning: If the answer is not all of what was asked: columns that are not there, rows left out, outcomes
    ///         in error, cells taken with doubt.
    ///
    /// Example:
    ///     >>> import pyarrow as pa
    ///     >>> from logis_regles import Pack
    ///     >>> plan = Pack().plan("2017-06-30", ["plafond_plus"])
    ///     >>> requests = pa.table({"demande_id": ["D1"], "commune": ["21231"]})
    ///     >>> persons = pa.table({
    ///     ...     "personne_id": ["P1"], "demande_id": ["D1"], "lien": ["demandeur"],
    ///     ...     "date_naissance": ["1980-02-01"], "a_charge": [False], "handicap": [False],
    ///     ... })
    ///     >>> decided = plan.evaluate(demandes=requests, personnes=persons)
    ///     >>> pa.table(decided).to_pylist()
    ///     [{'demande_id': 'D1', 'plafond_plus': 20123}]
    #[pyo3(signature = (data=None, /, *, states=false, reserves=false, strict=false, keep_going=false, progress=None, **tables))]
    #[expect(clippy::too_many_arguments, reason = "each is a word of Python's")]
    fn evaluate(
        &self,
        py: Python<'_>,
        data: Option<&Bound<'_, PyAny>>,
        states: bool,
        reserves: bool,
        strict: bool,
        keep_going: bool,
        progress: Option<&Bound<'_, PyAny>>,
        tables: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Decisions> {
        let given = self.given(data, tables)?;
        let inner = self.inner.clone();
        let asked = Asked { states, reserves, strict, keep_going };
        let decisions = off::compute(py, progress, move |progress| {
            progress.tell(0, Some(given.len()));
            let count = given.len();
            let package = tables::package(&inner.pack.parsed().schema, given)?;
            if progress.stopped() {
                return Err(said("interrompu"));
            }
            let answer = inner.decide(&package, &asked)?;
            progress.tell(count, Some(count));
            Ok(answer)
        })?;
        decisions.warn(py)?;
        Ok(decisions)
    }

    /// Decides one record.
    ///
    /// Args:
    ///     record: A dictionary whose keys are the columns of the entity. What belongs to it is a list of dictionaries
    ///         under the name of its table (`personnes`); what it belongs to is an identifier, or a dictionary. Values
    ///         are texts, numbers (`Decimal` is exact), booleans, dates; what is absent or None is unknown.
    ///
    /// Returns:
    ///     Decision: By rule, its outcome.
    ///
    /// Raises:
    ///     LogisError: With each key and value that does not fit, and its place.
    ///
    /// Warns:
    ///     LogisWarning: What is doubtful in the record.
    fn decide<'py>(&self, py: Python<'py>, record: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let record = records::json(record)?;
        let decide = || -> Result<logis::Decision, Failure> { Ok(self.inner.decider()?.decide(&record)?) };
        let decision = py.detach(decide).map_err(|failure| failure.raised(py))?;
        for warning in decision.warnings() {
            warn(py, &warning.to_string())?;
        }
        documents::decision(py, &decision)
    }

    /// The columns of what `evaluate` gives for this plan, without rows.
    ///
    /// Args:
    ///     states: With the states of the outcomes.
    #[pyo3(signature = (*, states=false))]
    fn schema(&self, py: Python<'_>, states: bool) -> PyResult<Decisions> {
        let columns = self.inner.columns().map_err(|failure| failure.raised(py))?.clone();
        let columns = if states { columns.with_states() } else { columns };
        Ok(Decisions::new(RecordBatch::new_empty(columns.schema()), Told::default()))
    }

    #[classmethod]
    #[pyo3(signature = (pack, date, rules, as_of_field))]
    fn _restore(
        _class: &Bound<'_, PyType>,
        pack: &Bound<'_, Pack>,
        date: Option<&Bound<'_, PyAny>>,
        rules: Option<Vec<String>>,
        as_of_field: Option<String>,
    ) -> PyResult<Plan> {
        Plan::new(pack, date.map(day).transpose()?, rules, as_of_field)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Plan>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        let own = slf.get();
        let restore = slf.get_type().getattr(intern!(py, "_restore"))?;
        let arguments = (&own.pack, own.date(), own.asked.clone(), own.as_of_field.clone());
        Ok((restore, arguments.into_pyobject(py)?))
    }

    fn __repr__(&self) -> String {
        let date = match (&self.date, &self.as_of_field) {
            (Some(date), _) => date.to_string(),
            (None, field) => field.clone().unwrap_or_default(),
        };
        format!("<Plan {date}: {}>", self.inner.rules().join(", "))
    }
}

impl Plan {
    /// Plans rules of a pack.
    pub fn new(
        pack: &Bound<'_, Pack>,
        date: Option<Date>,
        asked: Option<Vec<String>>,
        as_of_field: Option<String>,
    ) -> PyResult<Plan> {
        let py = pack.py();
        let own = pack.get().pack.clone();
        let names: Vec<String> = match &asked {
            Some(names) => {
                let names: Vec<&str> = names.iter().map(|name| name.trim()).collect();
                own.expand(&names).into_iter().map(str::to_string).collect()
            }
            None => own.results().into_iter().map(str::to_string).collect(),
        };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let decider = match (date, &as_of_field) {
            (Some(date), None) => {
                let plan = py.detach(|| own.plan(date, &names)).map_err(|error| raised(py, error))?;
                py.detach(|| PartDecider::new(plan))
            }
            (None, Some(field)) => {
                PartDecider::new(DatedPlan::of(&own, field, &names).map_err(|error| raised(py, error))?)
            }
            _ => return Err(PyTypeError::new_err("plan: attendu `date`, ou `as_of_field`, et non les deux")),
        };
        let inner = Inner {
            pack: own,
            decider,
            one: OnceLock::new(),
            reader: OnceLock::new(),
            columns: OnceLock::new(),
        };
        let pack = pack.clone().unbind();
        Ok(Plan { inner: Arc::new(inner), pack, date, asked, as_of_field })
    }

    /// What is to be known of the plan.
    pub fn remarks(&self) -> Vec<String> {
        let plan = self.inner.plan();
        plan.map_or_else(Vec::new, |plan| plan.warnings.iter().chain(&plan.notes).cloned().collect())
    }

    /// The tables of a call by their names.
    fn given(
        &self,
        data: Option<&Bound<'_, PyAny>>,
        tables: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Vec<(String, Given)>> {
        let mut given = Vec::new();
        let mut take = |dict: &Bound<'_, PyDict>| -> PyResult<()> {
            for (name, frame) in dict {
                given.push((name.extract()?, Given::of(&frame)?));
            }
            Ok(())
        };
        if let Some(tables) = tables {
            take(tables)?;
        }
        match data.map(|data| (data, data.cast::<PyDict>())) {
            Some((_, Ok(dict))) => take(dict)?,
            Some((frame, Err(_))) => {
                let table = self.inner.table().unwrap_or_default();
                given.push((table.to_string(), Given::of(frame)?));
            }
            None => {}
        }
        if given.is_empty() {
            return Err(PyTypeError::new_err("evaluate: aucune table n'est donnée"));
        }
        Ok(given)
    }
}

/// What a call asks besides its tables.
struct Asked {
    states: bool,
    reserves: bool,
    strict: bool,
    keep_going: bool,
}

impl Inner {
    /// Decides the tables of a package.
    fn decide(&self, package: &BTreeMap<String, RecordBatch>, asked: &Asked) -> Result<Decisions, Failure> {
        let parsed = self.pack.parsed();
        let tables: Vec<(&str, &RecordBatch)> =
            package.iter().map(|(name, batch)| (name.as_str(), batch)).collect();
        let read = self.reader().read(&parsed.schema, &tables, asked.strict);
        let mut decider = self.decider.clone();
        let mut sink = Sink { inner: self, asked, found: Found::default(), decided: None };
        let read: Result<ReadOutcome, Failure> = Ok(read);
        match decider.decide(std::iter::once(read), &mut sink) {
            Ok(()) => {}
            Err(PartError::Reader(failure) | PartError::Sink(failure)) => return Err(failure),
            Err(PartError::Rules(error)) => return Err(Failure::from(error)),
        }
        sink.decided.ok_or_else(|| said("aucune ligne à décider"))
    }
}

/// What was found while reading.
#[derive(Default)]
struct Found {
    issues: Vec<Issue>,
    absent: Vec<Absent>,
    dropped: BTreeMap<EntityId, usize>,
}

struct Sink<'a> {
    inner: &'a Inner,
    asked: &'a Asked,
    found: Found,
    decided: Option<Decisions>,
}

impl PartSink for &mut Sink<'_> {
    type Error = Failure;

    fn read(&mut self, read: &mut ReadOutcome, decider: &PartDecider) -> Result<(), Failure> {
        let issues = take(&mut read.issues);
        let (absent, dropped) = (read.absent.clone(), take(&mut read.dropped));
        let rows = |id: &EntityId| read.dataset.tables.get(*id).map_or(0, |table| table.rows());
        let emptied = decider.needs().decided.iter().any(|id| dropped.contains_key(id) && rows(id) == 0);
        let errors: Vec<Issue> = issues.iter().filter(|issue| issue.is_error()).cloned().collect();
        if !errors.is_empty() && (!self.asked.keep_going || emptied) {
            return Err(Failure::from(DataError::from(errors)));
        }
        self.found = Found { issues, absent, dropped };
        Ok(())
    }

    fn decided(&mut self, part: &DecidedPart, decider: &PartDecider) -> Result<(), Failure> {
        let schema = &self.inner.pack.parsed().schema;
        let arrow = |error: arrow_schema::ArrowError| Failure::Arrow(error.to_string());
        let mut batch = match (self.inner.plan(), &part.plan) {
            (Some(plan), _) => {
                let columns = self.inner.columns()?.clone();
                let columns = if self.asked.states { columns.with_states() } else { columns };
                columns.batch(plan, &part.decisions, &part.ids()).map_err(arrow)?
            }
            (None, None) => return Err(said("aucune ligne n'a de date")),
            (None, Some(_)) => part.to_record_batch(None).map_err(arrow)?,
        };
        if self.asked.reserves {
            let texts: ArrayRef = Arc::new(part.reserves().into_iter().collect::<StringArray>());
            batch = with_column(&batch, "reserves", texts)?;
        }
        let plans = decider.plans();
        let named: Vec<&logis::Plan> = self.inner.plan().map(|plan| &**plan).into_iter().collect();
        let found = take(&mut self.found);
        let table = |id: &EntityId| match schema.entities.get(*id).map(|e| &e.origin) {
            Some(Origin::Data { table }) => table.clone(),
            _ => String::new(),
        };
        let counted = part.reserved.iter().map(|(rule, rows)| (*rule, rows.len())).collect();
        let told = Told {
            issues: found.issues,
            absent: LeftOpen::of(schema, &found.absent, &named),
            dropped: found.dropped.iter().map(|(id, rows)| (table(id), *rows)).collect(),
            errors: row_errors(part),
            reserves: granted(&plans, &counted),
            remarks: match self.inner.plan() {
                // They were told when the plan was made.
                Some(_) => Vec::new(),
                None => {
                    plans.iter().flat_map(|plan| plan.warnings.iter().chain(&plan.notes)).cloned().collect()
                }
            },
        };
        self.decided = Some(Decisions::new(batch, told));
        Ok(())
    }
}

/// The rows without an outcome.
fn row_errors(part: &DecidedPart) -> Vec<Issue> {
    let mut all = Vec::new();
    for (row, rule, error) in part.decisions.row_errors() {
        let Some(plan) = part.plan_of(row) else { continue };
        let dataset = &part.read.dataset;
        let about = about(plan, dataset, plan.entity, row as u64);
        if let Shown::Error(text) = show(plan, dataset, &Outcome::Error(error.clone())) {
            let message = format!("`{rule}` sans résultat: {text}");
            let mut issue = Issue::error(Code::Result, &about, message);
            issue.id = part.ids().text(row).map(Arc::from);
            all.push(issue);
        }
    }
    all
}

/// A batch with one more column.
fn with_column(batch: &RecordBatch, name: &str, array: ArrayRef) -> Result<RecordBatch, Failure> {
    let fields = batch.schema_ref().fields().iter().map(|field| field.as_ref().clone());
    let fields: Vec<Field> = fields.chain([Field::new(name, DataType::Utf8, true)]).collect();
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let arrays = batch.columns().iter().cloned().chain([array]).collect();
    RecordBatch::try_new(schema, arrays).map_err(|error| Failure::Arrow(error.to_string()))
}
