//! The columns that the outcomes of a plan have in Arrow, whatever the rows that are decided: what goes on to another
//! program, batch after batch, has one schema.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use serde_json::json;

use crate::decide::{DataError, Decider};
use crate::evaluate::arrow_out::{MOST_DECIMALS, MOST_DIGITS};
use crate::evaluate::{DecisionColumn, Decisions, Outcome, evaluate};
use crate::sample;
use logis_data::Ids;
use logis_language::plan::Plan;

/// What follows the name of a rule in that of the column of its state.
const STATE: &str = ".state";

/// The columns of the outcomes of a plan: the identifier, then for each selected rule Boolean, Int64 (numbers that are
/// whole by their unit), Decimal128 (the others), Date32 or Utf8; on request with the state of each outcome beside it.
///
/// ```
/// use logis::{Decider, OutcomeColumns, Pack, value::parse_date};
///
/// let date = parse_date("2017-06-30").ok_or("a date")?;
/// let plan = Pack::load("../../rules")?.plan(date, &["eligible_plus", "plafond_plus"])?;
/// let columns = OutcomeColumns::of(&Decider::new(plan))?.with_states();
/// let schema = columns.schema();
/// let names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
/// assert_eq!(
///     names,
///     ["demande_id", "eligible_plus", "eligible_plus.state", "plafond_plus", "plafond_plus.state"]
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct OutcomeColumns {
    /// Without states.
    plain: SchemaRef,
    /// As batches have them.
    all: SchemaRef,
    states: bool,
}

impl OutcomeColumns {
    /// The columns of the outcomes of a decider: their types are those that a row has in which every column is given.
    ///
    /// # Errors
    /// A pack whose own tables do not read.
    pub fn of(decider: &Decider) -> Result<OutcomeColumns, DataError> {
        let plan = decider.plan();
        let empty = |_| decider.dataset(&json!({}));
        let dataset = decider.dataset(&sample::record(decider)).or_else(empty)?;
        let ids = [Arc::from("")].into_iter().collect();
        let plain = match evaluate(plan, &dataset).to_record_batch(plan, &ids, None) {
            Ok(batch) => of_any_rows(&batch.schema()),
            // Not as many identifiers as rows, which a data set of one row does not have.
            Err(_) => Schema::empty(),
        };
        let plain = Arc::new(plain);
        Ok(OutcomeColumns { all: plain.clone(), plain, states: false })
    }

    /// These columns, each outcome with its state beside it: `known`, `unknown` or `error`, in a column named after the
    /// rule: `eligible_plus.state`.
    #[must_use]
    pub fn with_states(self) -> OutcomeColumns {
        let mut fields: Vec<Field> = Vec::new();
        for (at, field) in self.plain.fields().iter().enumerate() {
            fields.push(field.as_ref().clone());
            // The identifier has none.
            if at > 0 {
                fields.push(Field::new(format!("{}{STATE}", field.name()), DataType::Utf8, false));
            }
        }
        OutcomeColumns { all: Arc::new(Schema::new(fields)), states: true, ..self }
    }

    /// The schema of every batch.
    pub fn schema(&self) -> SchemaRef {
        self.all.clone()
    }

    /// Decisions with the identifiers of their rows as a batch of these columns.
    ///
    /// # Errors
    /// A number that its column cannot hold exactly; identifiers that are not as many as the rows.
    pub fn batch(&self, plan: &Plan, decisions: &Decisions, ids: &Ids) -> Result<RecordBatch, ArrowError> {
        for (name, column) in decisions.names.iter().zip(&decisions.columns) {
            let field = self.plain.field_with_name(name).map(Field::data_type);
            // Numbers with more decimals than a column may have are rounded to the last of them.
            if let Ok(DataType::Decimal128(_, scale)) = field
                && let Ok(scale) = u32::try_from(*scale)
                && scale < MOST_DECIMALS
                && !column.has_decimals(scale)
            {
                let message = format!("`{name}`: un résultat a plus de {scale} décimales");
                return Err(ArrowError::CastError(message));
            }
        }
        let batch = decisions.to_record_batch(plan, ids, Some(&self.plain))?;
        if !self.states {
            return Ok(batch);
        }
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for (at, array) in batch.columns().iter().enumerate() {
            arrays.push(array.clone());
            if let Some(column) = at.checked_sub(1).and_then(|rule| decisions.columns.get(rule)) {
                arrays.push(Arc::new(states(column)));
            }
        }
        RecordBatch::try_new(self.all.clone(), arrays)
    }
}

/// The state of each outcome.
fn states(column: &DecisionColumn) -> StringArray {
    let mut states = vec!["known"; column.len()];
    for (row, outcome) in column.odd_rows() {
        if let Some(state) = states.get_mut(row) {
            *state = match outcome {
                Outcome::Known(_) => "known",
                Outcome::Unknown(_) => "unknown",
                Outcome::Error(_) => "error",
            };
        }
    }
    StringArray::from(states)
}

/// The schema of some rows for any rows: whole numbers are integers, the digits of others do not follow their size.
fn of_any_rows(schema: &Schema) -> Schema {
    let any = |field: &Arc<Field>| match field.data_type() {
        DataType::Decimal128(_, 0) => Field::new(field.name(), DataType::Int64, true),
        DataType::Decimal128(_, scale) => {
            Field::new(field.name(), DataType::Decimal128(MOST_DIGITS, *scale), true)
        }
        _ => field.as_ref().clone(),
    };
    Schema::new(schema.fields().iter().map(any).collect::<Vec<_>>())
}
