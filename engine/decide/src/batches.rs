//! A plan decides batches of Arrow: the feature `arrow`.

use arrow_array::RecordBatch;

use crate::decide::DataError;
use crate::evaluate::evaluate;
use crate::tables::{Tables, read_tables};
use logis_data::{Code, Issue, Needs, ReadOutcome, read_batches};
use logis_language::pack::Parsed;
use logis_language::pack::schema::Origin;
use logis_language::plan::Plan;

impl Tables for [(&str, &RecordBatch)] {
    fn has_column(&self, name: &str) -> bool {
        self.iter().any(|(_, table)| table.column_by_name(name).is_some())
    }

    fn read(&self, parsed: &Parsed, needs: &Needs) -> ReadOutcome {
        read_batches(&parsed.schema, &parsed.references, self, needs)
    }
}

/// A plan decides batches of rows.
pub trait Evaluate {
    /// Decides the rows of one table, that of the plan's entity: a batch in, a batch out.
    ///
    /// Columns are those of the schema, by name; arrays of a field's own type are not copied. The
    /// result has the identifiers first, then one column for each selected rule (Boolean, Decimal128,
    /// Date32 or Utf8); what is unknown or an error of its row is null there.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray};
    /// use arrow_array::cast::AsArray;
    /// use logis::{Evaluate, Pack, value::parse_date};
    ///
    /// let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
    /// let pack = Pack::from_files("", vec![
    ///     file("schema.toml", "[menage]\ntable = \"menages\"\nkey = \"menage_id\"\n\
    ///                          fields.revenu = { type = \"amount\", unit = \"EUR/an\" }"),
    ///     file("a.toml", "[plafond]\nunit = \"EUR/an\"\n[[plafond.values]]\nfrom = 2017-01-01\n\
    ///                     source = { title = \"art. 1\" }\nvalue = 20000"),
    ///     file("a.rhai", "//! entité: menage\n/// source: art. 1\n\
    ///                     fn eligible(revenu) { revenu <= param(\"plafond\") }"),
    /// ])?;
    /// let ids: ArrayRef = Arc::new(StringArray::from(vec!["M1", "M2", "M3"]));
    /// let revenu: ArrayRef = Arc::new(Int64Array::from(vec![Some(20_000), Some(20_001), None]));
    /// let batch = RecordBatch::try_from_iter([("menage_id", ids), ("revenu", revenu)])?;
    ///
    /// let date = parse_date("2017-06-30").ok_or("a date")?;
    /// let decided = pack.plan(date, &["eligible"])?.evaluate(&batch)?;
    /// let eligible = decided.column_by_name("eligible").ok_or("a column")?.as_boolean();
    /// assert_eq!(*eligible, BooleanArray::from(vec![Some(true), Some(false), None]));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// A column that the rules need and the batch lacks, a cell that does not fit its field.
    fn evaluate(&self, batch: &RecordBatch) -> Result<RecordBatch, DataError>;

    /// Decides rows with what belongs to them: the tables of a data package, by their names.
    ///
    /// # Errors
    /// As [`Evaluate::evaluate`], rows that belong to none that is there, and rows of which an invariant of the pack
    /// is false.
    fn evaluate_tables(&self, tables: &[(&str, &RecordBatch)]) -> Result<RecordBatch, DataError>;
}

impl Evaluate for Plan {
    fn evaluate(&self, batch: &RecordBatch) -> Result<RecordBatch, DataError> {
        let table = match self.parsed.schema.entities.get(self.entity).map(|e| &e.origin) {
            Some(Origin::Data { table }) => table.clone(),
            _ => String::new(),
        };
        self.evaluate_tables(&[(&table, batch)])
    }

    fn evaluate_tables(&self, tables: &[(&str, &RecordBatch)]) -> Result<RecordBatch, DataError> {
        let dataset = read_tables(&self.parsed, self.date, tables, self.needs())?;
        let ids = dataset.tables.get(self.entity).map(|t| t.ids.clone()).unwrap_or_default();
        evaluate(self, &dataset).to_record_batch(self, &ids, None).map_err(|error| {
            let name = self.parsed.schema.entities.get(self.entity).map_or("", |e| e.name.as_str());
            DataError { issues: vec![Issue::error(Code::Result, name, error.to_string())] }
        })
    }
}
