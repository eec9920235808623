//! Decisions of records as parts of an answer. A record that does not fit is told in its place: as a line of its own, or
//! in the last column of its row.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_ipc::writer::StreamWriter;
use arrow_schema::{DataType, Field, Schema};
use logis::Decider;
use logis::Decision;
use logis::data::{Ids, Output, OutputColumn, to_csv};
use logis::diagnostic::foreign;
use logis::evaluate::{DecisionColumn, Decisions, Outcome, evaluate};
use logis::sample;
use logis::value::{Type, Value};
use rayon::prelude::*;
use serde_json::{Value as Json, json};

use super::{Content, Form, Record};
use crate::api::counted;
use crate::problem::Problem;
use crate::service::Service;

/// The column of what is wrong with a record.
const ERROR: &str = "erreur";

/// Writes decisions in a form.
pub struct Writer {
    form: Form,
    /// Does the state of each outcome stand beside it?
    states: bool,
    begun: bool,
    stream: Option<StreamWriter<Vec<u8>>>,
    columns: Option<Arc<Schema>>,
}

/// A record, decided: its identifier, and its decision or what is wrong with it.
struct Decided {
    number: u64,
    id: String,
    decision: Result<Decision, Problem>,
}

impl Writer {
    /// # Errors
    /// Those of Arrow, which has none for columns of these types.
    pub fn new(form: Form, decider: &Decider, states: bool) -> Result<Writer, arrow_schema::ArrowError> {
        let mut writer = Writer { form, states, begun: false, stream: None, columns: None };
        if form == Form::Arrow {
            // The types of the columns are those of the rules, whatever the records: they are taken from a record in
            // which every column is given.
            let plan = decider.plan();
            let empty = |_| decider.dataset(&json!({}));
            let columns = match decider.dataset(&sample::record(decider)).or_else(empty) {
                Ok(dataset) => evaluate(plan, &dataset)
                    .to_record_batch(plan, &[Arc::from("")].into_iter().collect(), None)?
                    .schema(),
                Err(_) => Arc::new(Schema::empty()),
            };
            let mut fields: Vec<Field> = Vec::new();
            for (at, field) in columns.fields().iter().enumerate() {
                fields.push(field.as_ref().clone());
                if states && at > 0 {
                    fields.push(Field::new(state_name(field.name()), DataType::Utf8, true));
                }
            }
            fields.push(Field::new(ERROR, DataType::Utf8, true));
            let all = Arc::new(Schema::new(fields));
            writer.stream = Some(StreamWriter::try_new(Vec::new(), &all)?);
            writer.columns = Some(all);
        }
        Ok(writer)
    }

    pub fn form(&self) -> Form {
        self.form
    }

    /// Decides records on all threads, and writes them in their order.
    ///
    /// # Errors
    /// A record that cannot be told in its place.
    pub fn decide(
        &mut self,
        service: &Service,
        decider: &Decider,
        records: Vec<Record>,
    ) -> Result<Vec<u8>, Problem> {
        let decided: Vec<Decided> =
            records.into_par_iter().map(|record| one(service, decider, record)).collect();
        match self.form {
            Form::Lines => {
                let lines = decided.iter().map(line);
                Ok(lines.collect::<String>().into_bytes())
            }
            Form::Csv => self.csv(decider, &decided),
            Form::Arrow => self.arrow(decider, &decided).map_err(|_| Problem::failed()),
        }
    }

    /// The end of the answer.
    ///
    /// # Errors
    /// Those of Arrow, which has none for what is in memory.
    pub fn end(&mut self) -> Result<Vec<u8>, Problem> {
        match self.stream.as_mut() {
            Some(stream) => {
                stream.finish().map_err(|_| Problem::failed())?;
                Ok(std::mem::take(stream.get_mut()))
            }
            None => Ok(Vec::new()),
        }
    }

    fn csv(&mut self, decider: &Decider, decided: &[Decided]) -> Result<Vec<u8>, Problem> {
        let plan = decider.plan();
        let text = |name: &str, cells| OutputColumn { name: name.to_string(), cells, kind: Type::Text(None) };
        let key = plan.parsed.schema.entities.get(plan.entity).map_or("", |entity| entity.key.as_str());
        let mut columns = vec![text(key, decided.iter().map(|one| Some(Value::text(&one.id))).collect())];
        for (name, node) in &plan.selected {
            let outcomes = decided.iter().map(|one| outcome(one, name));
            let cells = outcomes
                .clone()
                .map(|outcome| outcome.and_then(|outcome| outcome.value().cloned()))
                .collect();
            let kind = plan.node(*node).map_or(Type::Bool, |node| node.ty.clone());
            columns.push(OutputColumn { name: name.clone(), cells, kind });
            if self.states {
                let states = outcomes.map(|outcome| outcome.map(|outcome| Value::text(state(outcome))));
                columns.push(text(&state_name(name), states.collect()));
            }
        }
        columns.push(text(
            ERROR,
            decided.iter().map(|one| wrong(one).map(|words| Value::text(&words))).collect(),
        ));
        let bytes = to_csv(&Output { name: String::new(), columns }).map_err(|_| Problem::failed())?;
        // The header stands once; names of rules and columns hold no line end.
        let first = std::mem::replace(&mut self.begun, true);
        let rows = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        Ok(if first { bytes.get(rows..).unwrap_or_default().to_vec() } else { bytes })
    }

    fn arrow(&mut self, decider: &Decider, decided: &[Decided]) -> Result<Vec<u8>, arrow_schema::ArrowError> {
        let plan = decider.plan();
        let ids: Ids = decided.iter().map(|one| one.id.as_str()).collect();
        let column = |name: &String| {
            DecisionColumn::new(decided.iter().map(|one| match outcome(one, name) {
                Some(outcome) => outcome.clone(),
                None => Outcome::Unknown(Vec::new()),
            }))
        };
        let names: Vec<String> = plan.selected.iter().map(|(name, _)| name.clone()).collect();
        let decisions = Decisions { columns: names.iter().map(column).collect(), names };
        let Some(all) = self.columns.clone() else { return Ok(Vec::new()) };
        let batch = decisions.to_record_batch(plan, &ids, Some(&all))?;
        let texts = |of: &dyn Fn(&Decided) -> Option<String>| -> ArrayRef {
            Arc::new(decided.iter().map(of).collect::<StringArray>())
        };
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for (at, array) in batch.columns().iter().enumerate() {
            arrays.push(array.clone());
            if let Some(name) =
                at.checked_sub(1).and_then(|at| decisions.names.get(at)).filter(|_| self.states)
            {
                arrays.push(texts(&|one| outcome(one, name).map(|outcome| state(outcome).to_string())));
            }
        }
        arrays.push(texts(&wrong));
        let Some(stream) = self.stream.as_mut() else { return Ok(Vec::new()) };
        stream.write(&RecordBatch::try_new(all, arrays)?)?;
        Ok(std::mem::take(stream.get_mut()))
    }
}

fn state_name(rule: &str) -> String {
    format!("{rule}.state")
}

fn state(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Known(_) => "known",
        Outcome::Unknown(_) => "unknown",
        Outcome::Error(_) => "error",
    }
}

fn outcome<'d>(one: &'d Decided, rule: &str) -> Option<&'d Outcome> {
    one.decision.as_ref().ok()?.get(rule)
}

/// What is wrong with a record, in one cell.
fn wrong(one: &Decided) -> Option<String> {
    one.decision.as_ref().err().map(|problem| problem.detail.replace('\n', " ; "))
}

/// A decision as a document, or the problem with the number of its record.
fn line(one: &Decided) -> String {
    let document = match &one.decision {
        Ok(decision) => serde_json::to_string(decision).unwrap_or_default(),
        Err(problem) => {
            let mut document = problem.document();
            if let Some(keys) = document.as_object_mut() {
                keys.insert("record".into(), json!(one.number));
                if !one.id.is_empty() {
                    keys.insert("id".into(), json!(one.id));
                }
            }
            document.to_string()
        }
    };
    document + "\n"
}

fn one(service: &Service, decider: &Decider, record: Record) -> Decided {
    let read = match record.content {
        Content::Row(row) => Ok(row),
        Content::Line(line) => {
            serde_json::from_slice(&line).map_err(|error| foreign::json_without_place(&error))
        }
        Content::Faulty(words) => Err(words),
    };
    let plan = decider.plan();
    let key = plan.parsed.schema.entities.get(plan.entity).map_or("", |entity| entity.key.as_str());
    let id = |record: &Json| record.get(key).and_then(Json::as_str).unwrap_or_default().to_string();
    match read {
        Ok(content) => {
            let decision = counted(service, decider.decide(&content));
            Decided { number: record.number, id: id(&content), decision }
        }
        Err(words) => {
            let decision = Err(Problem::body(format!("enregistrement {}: {words}", record.number)));
            Decided { number: record.number, id: String::new(), decision }
        }
    }
}
