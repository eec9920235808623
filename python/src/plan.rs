//! `Plan`: rules as of a date.

use std::collections::BTreeMap;
use std::mem::take;
use std::sync::{Arc, OnceLock};

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use logis::answers::Explanations;
use logis::data::{Absent, Code, Ids, Issue, ReadOutcome};
use logis::dated::DatedPlan;
use logis::diagnostic::nearest;
use logis::evaluate::{DecisionColumn, Decisions as Outcomes, Outcome, RowError};
use logis::explain::{Shown, about, show};
use logis::granted::granted;
use logis::invariants::Invariants;
use logis::pack::schema::{EntityId, Origin};
use logis::parts::{self, DecidedPart, PartDecider, PartError, PartSink};
use logis::value::Date;
use logis::{DataError, Decider, LeftOpen, OutcomeColumns};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};
use rayon::prelude::*;
use serde_json::Value as Json;

use crate::decisions::{Decided, Decisions, Told};
use crate::documents;
use crate::errors::{Failure, raised, said, warn};
use crate::off::{self, Progress};
use crate::pack::{Pack, day};
use crate::records;
use crate::rules::Rules;
use crate::tables::Source;

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
    pub rules: Rules,
    /// Decides; each call has a copy of its own.
    decider: PartDecider,
    /// Decides single records; none where each has its own date.
    one: OnceLock<Decider>,
    columns: OnceLock<OutcomeColumns>,
}

impl Inner {
    /// The plan, if there is one for all rows.
    pub fn plan(&self) -> Option<&Arc<logis::Plan>> {
        match self.decider.rules() {
            parts::Rules::AsOf(plan) => Some(plan),
            parts::Rules::AsOfField(_) => None,
        }
    }

    /// What decides single records.
    pub fn decider(&self) -> Result<&Decider, Failure> {
        let plan = self.plan().ok_or_else(|| said("un enregistrement seul se décide à une date: `date`"))?;
        Ok(self.one.get_or_init(|| Decider::new(plan.clone())))
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
        match &self.rules.pack.parsed().schema.entities.get(self.decider.entity())?.origin {
            Origin::Data { table } => Some(table),
            _ => None,
        }
    }

    /// The names that are decided.
    fn names(&self) -> Vec<String> {
        match self.decider.rules() {
            parts::Rules::AsOf(plan) => plan.selected.iter().map(|(name, _)| name.clone()).collect(),
            parts::Rules::AsOfField(dated) => dated.names().to_vec(),
        }
    }
}

#[pymethods]
impl Plan {
    /// The rules that are decided, in their order.
    #[getter]
    fn rules(&self) -> Vec<String> {
        self.inner.names()
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
        let parsed = self.inner.rules.pack.parsed();
        let tables = PyDict::new(py);
        for (table, columns) in self.inner.decider.needs().columns(&parsed.schema) {
            tables.set_item(table, columns)?;
        }
        Ok(tables)
    }

    /// Are some rows of a table, with what belongs to them, decided as among all others? Not where a rule counts what
    /// belongs to something else: the persons of an employer.
    ///
    /// Args:
    ///     table: The table of the rows.
    fn by_parts(&self, py: Python<'_>, table: &str) -> PyResult<bool> {
        let schema = &self.inner.rules.pack.parsed().schema;
        let is_it = |origin: &Origin| matches!(origin, Origin::Data { table: name } if name == table);
        let Some(main) = schema.entities.iter().position(|entity| is_it(&entity.origin)) else {
            return Err(said(format!("« {table} » n'est le nom d'aucune table")).raised(py));
        };
        Ok(self.inner.decider.needs().by_parts(schema, main))
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
    ) -> PyResult<Py<Decisions>> {
        let source = Source::of(data, tables, self.inner.table())?;
        let inner = self.inner.clone();
        let asked = Asked { states, reserves, strict, keep_going };
        let decided = off::compute(py, progress, move |progress| match source {
            Source::Records(records) => inner.decide_records(&records, &asked, progress),
            source => inner.decide(source, &asked, progress),
        })?;
        decided.told.warn(py)?;
        decided.object(py)
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

    /// Says why each rule is decided as it is, and what would turn each refusal: the nearest value of each single input,
    /// and the nearest dates.
    ///
    /// Args:
    ///     data: A record, as `decide` takes it; with `id`, tables or a folder as `evaluate` takes them.
    ///     id: The identifier of the row of the tables.
    ///     tables: With `id`: tables by their names.
    ///
    /// Returns:
    ///     Explanations: By rule, its explanation: `print(explanations)` shows the texts.
    ///
    /// Example:
    ///     >>> from logis_regles import Pack
    ///     >>> plan = Pack().plan("2017-06-30", ["eligible_plus"])
    ///     >>> why = plan.explain({
    ///     ...     "commune": "21231", "rfr_n2": 20124, "rfr_n1": 20124, "revenus_12_mois": 22000,
    ///     ...     "personnes": [{"lien": "demandeur", "date_naissance": "1980-02-01", "a_charge": False,
    ///     ...                    "handicap": False}],
    ///     ... })
    ///     >>> why["eligible_plus"].outcome.value
    ///     False
    ///     >>> [(change.field, change.to) for change in why["eligible_plus"].changes][-1]
    ///     ('rfr_n2', 20123)
    #[pyo3(signature = (data=None, /, *, id=None, **tables))]
    fn explain<'py>(
        &self,
        py: Python<'py>,
        data: Option<&Bound<'py, PyAny>>,
        id: Option<String>,
        tables: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let inner = self.inner.clone();
        let explained = match (data, id) {
            (Some(record), None) if tables.is_none() => {
                let record = records::json(record)?;
                off::compute(py, None, move |_| Ok(inner.decider()?.explanations(&record)?))?
            }
            (data, Some(id)) => {
                let source = Source::of(data, tables, self.inner.table())?;
                off::compute(py, None, move |_| inner.explain_row(source, &id))?
            }
            _ => {
                return Err(PyTypeError::new_err(
                    "explain: attendu un enregistrement, ou des tables et `id`",
                ));
            }
        };
        documents::explanations(py, explained)
    }

    /// What would turn each refusal of one record: by rule, the nearest value of each single input, one change each.
    ///
    /// Args:
    ///     record: As `decide` takes it.
    ///
    /// Returns:
    ///     dict[str, list[Change]]: By refused rule.
    fn counterfactual<'py>(
        &self,
        py: Python<'py>,
        record: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let explained = self.explain(py, Some(record), None, None)?;
        let changes = PyDict::new(py);
        for item in explained.call_method0(intern!(py, "items"))?.try_iter()? {
            let (rule, one): (Bound<'py, PyAny>, Bound<'py, PyAny>) = item?.extract()?;
            if one.getattr(intern!(py, "refused"))?.is_truthy()? {
                changes.set_item(rule, one.getattr(intern!(py, "changes"))?)?;
            }
        }
        Ok(changes)
    }

    /// The columns of what `evaluate` gives for this plan, without rows.
    ///
    /// Args:
    ///     states: With the states of the outcomes.
    #[pyo3(signature = (*, states=false))]
    fn schema(&self, py: Python<'_>, states: bool) -> PyResult<Py<Decisions>> {
        let columns = self.inner.columns().map_err(|failure| failure.raised(py))?.clone();
        let columns = if states { columns.with_states() } else { columns };
        Decided { batch: RecordBatch::new_empty(columns.schema()), told: Told::default() }.object(py)
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
        format!("<Plan {date}: {}>", self.inner.names().join(", "))
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
        let own = pack.get().rules.clone();
        let names: Vec<String> = match &asked {
            Some(names) => {
                let names: Vec<&str> = names.iter().map(|name| name.trim()).collect();
                own.pack.expand(&names).into_iter().map(str::to_string).collect()
            }
            None => own.pack.results().into_iter().map(str::to_string).collect(),
        };
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let decider = match (date, &as_of_field) {
            (Some(date), None) => {
                let plan = py.detach(|| own.pack.plan(date, &names)).map_err(|error| raised(py, error))?;
                py.detach(|| PartDecider::new(plan))
            }
            (None, Some(field)) => {
                PartDecider::new(DatedPlan::of(&own.pack, field, &names).map_err(|error| raised(py, error))?)
            }
            _ => return Err(PyTypeError::new_err("plan: attendu `date`, ou `as_of_field`, et non les deux")),
        };
        let inner = Inner { rules: own, decider, one: OnceLock::new(), columns: OnceLock::new() };
        let pack = pack.clone().unbind();
        Ok(Plan { inner: Arc::new(inner), pack, date, asked, as_of_field })
    }

    /// What is to be known of the plan.
    pub fn remarks(&self) -> Vec<String> {
        let plan = self.inner.plan();
        plan.map_or_else(Vec::new, |plan| plan.warnings.iter().chain(&plan.notes).cloned().collect())
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
    fn decide(
        &self,
        source: Source,
        asked: &Asked,
        progress: &Progress<Decided>,
    ) -> Result<Decided, Failure> {
        progress.tell(0, None);
        let needs = self.decider.needs().clone().strictly(asked.strict);
        let read = source.read(&self.rules, &needs, self.decider.fields().as_ref())?;
        let rows = read.dataset.tables.get(self.decider.entity()).map_or(0, |table| table.rows());
        progress.tell(0, Some(rows));
        if progress.stopped() {
            return Err(said("interrompu"));
        }
        let mut decider = self.decider.clone();
        let mut sink = Sink { inner: self, asked, found: Found::default(), decided: None };
        let read: Result<ReadOutcome, Failure> = Ok(read);
        match decider.decide(std::iter::once(read), &mut sink) {
            Ok(()) => {}
            Err(PartError::Reader(failure) | PartError::Sink(failure)) => return Err(failure),
            Err(PartError::Rules(error)) => return Err(Failure::from(error)),
        }
        let decided = sink.decided.ok_or_else(|| said("aucune ligne à décider"))?;
        progress.tell(rows, Some(rows));
        Ok(decided)
    }

    /// Explains one row of tables.
    fn explain_row(&self, source: Source, id: &str) -> Result<Explanations, Failure> {
        let plan = self.plan().ok_or_else(|| said("une explication se demande à une date: `date`"))?;
        let mut read = source.read(&self.rules, self.decider.needs(), None)?;
        let invariants = Invariants::new(&plan.parsed, plan.date, &self.decider.needs().entities);
        invariants.hold(&mut read.dataset, &mut read.issues, &mut read.dropped);
        let errors: Vec<Issue> = read.issues.into_iter().filter(Issue::is_error).collect();
        if !errors.is_empty() {
            return Err(Failure::from(DataError::from(errors)));
        }
        let ids = read.dataset.tables.get(plan.entity).map(|table| &table.ids);
        let Some(row) = ids.and_then(|ids| ids.place(id)) else {
            let near = ids.and_then(|ids| nearest(id, ids.texts()).map(str::to_string));
            let near = near.map_or_else(String::new, |near| format!(" ; vouliez-vous dire « {near} » ?"));
            return Err(said(format!("« {id} » n'est l'identifiant d'aucune ligne{near}")));
        };
        Ok(Explanations::of(plan, &read.dataset, u64::from(row), id))
    }

    /// Decides records one by one, on all threads.
    fn decide_records(
        &self,
        records: &[Json],
        asked: &Asked,
        progress: &Progress<Decided>,
    ) -> Result<Decided, Failure> {
        let decider = self.decider()?;
        let plan = decider.plan();
        let key = plan.parsed.schema.entities.get(plan.entity).map_or("", |entity| entity.key.as_str());
        let (mut ids, mut outcomes): (Vec<Arc<str>>, Vec<Vec<Outcome>>) =
            (Vec::new(), vec![Vec::new(); plan.selected.len()]);
        let mut told = Told::default();
        let mut dropped = 0;
        for (at, part) in records.chunks(RECORDS).enumerate() {
            progress.tell(at * RECORDS, Some(records.len()));
            if progress.stopped() {
                return Err(said("interrompu"));
            }
            let decided: Vec<_> = part.par_iter().map(|record| decider.decide(record)).collect();
            for ((number, record), decision) in (at * RECORDS + 1..).zip(part).zip(decided) {
                let id = record.get(key).and_then(Json::as_str);
                let id: Arc<str> = id.map_or_else(|| number.to_string().into(), Arc::from);
                let placed = |mut issue: Issue| {
                    issue.line = u64::try_from(number).ok();
                    issue.id = Some(id.clone());
                    issue
                };
                match decision {
                    Ok(decision) => {
                        told.issues.extend(decision.warnings().iter().cloned().map(placed));
                        for (column, (_, outcome)) in outcomes.iter_mut().zip(decision.iter()) {
                            column.push(outcome.clone());
                        }
                        ids.push(id);
                    }
                    Err(error) => {
                        dropped += 1;
                        told.issues.extend(error.issues.into_iter().map(placed));
                    }
                }
            }
        }
        let errors: Vec<Issue> = told.issues.iter().filter(|issue| issue.is_error()).cloned().collect();
        if dropped > 0 && (!asked.keep_going || ids.is_empty()) {
            return Err(Failure::from(DataError::from(errors)));
        }
        if dropped > 0 {
            told.dropped.insert(self.table().unwrap_or_default().to_string(), dropped);
        }
        let ids: Ids = ids.into_iter().collect();
        let names = plan.selected.iter().map(|(name, _)| name.clone()).collect();
        let columns = outcomes.into_iter().map(DecisionColumn::new).collect();
        let decisions = Outcomes { names, columns };
        let all = self.columns()?.clone();
        let all = if asked.states { all.with_states() } else { all };
        let batch = all.batch(plan, &decisions, &ids);
        let batch = batch.map_err(|error| Failure::Arrow(error.to_string()))?;
        if asked.reserves {
            return Err(said("`reserves`: attendu des tables, et non une liste d'enregistrements"));
        }
        told.errors = failed(plan, &decisions, &ids);
        progress.tell(records.len(), Some(records.len()));
        Ok(Decided { batch, told })
    }
}

/// Records that are decided together.
const RECORDS: usize = 1024;

/// The outcomes in error of single records.
fn failed(plan: &logis::Plan, decisions: &Outcomes, ids: &Ids) -> Vec<Issue> {
    let entity = plan.parsed.schema.entities.get(plan.entity).map_or("", |entity| entity.name.as_str());
    let one = |(row, rule, error): (usize, &str, &RowError)| {
        let id = ids.text(row).unwrap_or_default();
        let message = format!("`{rule}` sans résultat: {}", error.error);
        let mut issue = Issue::error(Code::Result, &format!("{entity} {id}"), message);
        issue.id = Some(Arc::from(id));
        issue
    };
    decisions.row_errors().map(one).collect()
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
    decided: Option<Decided>,
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
        let parsed = self.inner.rules.pack.parsed();
        let schema = &parsed.schema;
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
            absent: LeftOpen::of_rows(parsed, &part.read.dataset, &found.absent, &named),
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
        self.decided = Some(Decided { batch, told });
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
