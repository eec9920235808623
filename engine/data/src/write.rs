//! Results as files: CSV, JSON, Parquet, XLSX. The same result gives the same bytes.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Date32Builder, Decimal128Builder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook};

use super::outside::Told;
use super::parquet_file;
use super::raw::Raw;
use super::safe_text::{to_csv_cell, visible};
use logis_language::value::{Date, Exact, Type, Value, days_between, format_number, power_of_ten};

/// A result: columns of equal length.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// What it is: the sheet's name in a workbook.
    pub name: String,
    /// Its columns.
    pub columns: Vec<OutputColumn>,
}

/// One column of a result.
#[derive(Clone, Debug)]
pub struct OutputColumn {
    /// Header.
    pub name: String,
    /// One per row; `None` where the outcome is unknown.
    pub cells: Vec<Option<Value>>,
    /// Type of the values.
    pub kind: Type,
}

/// Why a result cannot be written in a form.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// CSV.
    #[error("CSV: {0}")]
    Csv(String),
    /// Parquet.
    #[error("Parquet: {0}")]
    Parquet(String),
    /// XLSX.
    #[error("XLSX: {}", .0.told())]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
}

impl Output {
    fn rows(&self) -> usize {
        self.columns.first().map_or(0, |c| c.cells.len())
    }
}

/// UTF-8, commas, one line per row; an unknown is an empty cell. Texts are as of [`to_csv_cell`]; numbers,
/// dates and booleans are nothing that a spreadsheet would compute.
pub fn to_csv(result: &Output) -> Result<Vec<u8>, WriteError> {
    let wrong = |e: csv::Error| WriteError::Csv(e.told());
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = result.columns.iter().map(|c| to_csv_cell(&c.name).into_owned());
    writer.write_record(header).map_err(wrong)?;
    let cell = |value: &Value| match value {
        Value::Text(_) | Value::List(_) => to_csv_cell(&value.to_string()).into_owned(),
        other => other.to_string(),
    };
    for row in 0..result.rows() {
        let cells = result
            .columns
            .iter()
            .map(|c| c.cells.get(row).and_then(Option::as_ref).map_or_else(String::new, cell));
        writer.write_record(cells).map_err(wrong)?;
    }
    writer.into_inner().map_err(|e| WriteError::Csv(e.error().told()))
}

/// An array of objects, one a line; numbers as written in the result, an unknown is null.
pub fn to_json(result: &Output) -> Result<Vec<u8>, WriteError> {
    let mut out = String::from("[");
    for row in 0..result.rows() {
        out.push_str(if row == 0 { "\n  " } else { ",\n  " });
        object(result, row, &mut out);
    }
    out.push_str("\n]\n");
    Ok(out.into_bytes())
}

/// The same objects, one a line without an array round them.
pub fn to_ndjson(result: &Output) -> Result<Vec<u8>, WriteError> {
    let mut out = String::new();
    for row in 0..result.rows() {
        object(result, row, &mut out);
        out.push('\n');
    }
    Ok(out.into_bytes())
}

/// A row as an object.
fn object(result: &Output, row: usize, out: &mut String) {
    out.push('{');
    for (i, column) in result.columns.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_str(&visible(&serde_json::Value::from(column.name.as_str()).to_string()));
        out.push_str(": ");
        match column.cells.get(row).and_then(Option::as_ref) {
            None => out.push_str("null"),
            Some(value) => out.push_str(&json(value)),
        }
    }
    out.push('}');
}

/// A value in JSON. A fraction without finite decimals is a text.
fn json(value: &Value) -> String {
    match value {
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => {
            let text = format_number(n);
            if text.contains('/') { format!("\"{text}\"") } else { text }
        }
        Value::List(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        // Serde leaves the controls of C1 and the marks of direction as they are; escaped, they are the same text.
        other => visible(&serde_json::Value::from(other.to_string()).to_string()).into_owned(),
    }
}

/// Booleans, Decimal128 with the decimals that the column needs, Date32, Utf8; an unknown is null.
pub fn to_parquet(result: &Output) -> Result<Vec<u8>, WriteError> {
    let wrong = |e: &dyn Told| WriteError::Parquet(e.told());
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for column in &result.columns {
        let array = array(column).map_err(|e| wrong(&e))?;
        fields.push(Field::new(&column.name, array.data_type().clone(), true));
        arrays.push(array);
    }
    let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|e| wrong(&e))?;
    batch_to_parquet(&batch)
}

/// One batch as a Parquet file.
pub fn batch_to_parquet(batch: &RecordBatch) -> Result<Vec<u8>, WriteError> {
    let mut bytes = Vec::new();
    let mut writer = BatchWriter::parquet(&mut bytes);
    writer.write(batch)?;
    writer.close()?;
    Ok(bytes)
}

/// Writes batches one after the other into one file.
pub struct BatchWriter<W: Write + Send> {
    to: Option<W>,
    form: Form<W>,
    /// Rows of a row group; the usual number, if none.
    group: Option<usize>,
}

enum Form<W: Write + Send> {
    Parquet(Option<parquet::arrow::ArrowWriter<W>>),
    Csv(Option<csv::Writer<W>>),
}

impl<W: Write + Send> BatchWriter<W> {
    /// Parquet, compressed by Snappy.
    pub fn parquet(to: W) -> BatchWriter<W> {
        BatchWriter { to: Some(to), form: Form::Parquet(None), group: None }
    }

    /// The same in row groups of so many rows: what is not written yet is kept in memory by the group.
    pub fn parquet_in_groups(to: W, rows: usize) -> BatchWriter<W> {
        BatchWriter { group: Some(rows.max(1)), ..BatchWriter::parquet(to) }
    }

    /// CSV as of [`to_csv`].
    pub fn csv(to: W) -> BatchWriter<W> {
        BatchWriter { to: Some(to), form: Form::Csv(None), group: None }
    }

    /// Adds the rows of a batch; the first one's columns are those of the file.
    ///
    /// # Errors
    /// The file cannot be written, or the columns are other than before.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), WriteError> {
        match &mut self.form {
            Form::Parquet(writer) => {
                let wrong = |e: parquet::errors::ParquetError| WriteError::Parquet(e.told());
                if let Some(to) = self.to.take() {
                    let snappy = parquet::basic::Compression::SNAPPY;
                    let mut properties =
                        parquet::file::properties::WriterProperties::builder().set_compression(snappy);
                    if self.group.is_some() {
                        properties = properties.set_max_row_group_row_count(self.group);
                    }
                    let properties = properties.build();
                    let new = parquet::arrow::ArrowWriter::try_new(to, batch.schema(), Some(properties));
                    *writer = Some(new.map_err(wrong)?);
                }
                writer.as_mut().map_or(Ok(()), |w| w.write(batch).map_err(wrong))
            }
            Form::Csv(writer) => {
                let wrong = |e: csv::Error| WriteError::Csv(e.told());
                if let Some(to) = self.to.take() {
                    let mut new = csv::Writer::from_writer(to);
                    let fields = batch.schema_ref().fields();
                    new.write_record(fields.iter().map(|f| to_csv_cell(f.name()).into_owned()))
                        .map_err(wrong)?;
                    *writer = Some(new);
                }
                let Some(writer) = writer else { return Ok(()) };
                for row in 0..batch.num_rows() {
                    let cells = batch.columns().iter().map(|array| match parquet_file::cell(array, row) {
                        Raw::Text(text) | Raw::Other(text) => to_csv_cell(&text).into_owned(),
                        other => other.shown(),
                    });
                    writer.write_record(cells).map_err(wrong)?;
                }
                Ok(())
            }
        }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The file cannot be written, or nothing was written to it.
    pub fn close(self) -> Result<(), WriteError> {
        match self.form {
            Form::Parquet(Some(writer)) => {
                let mut to = writer.into_inner().map_err(|e| WriteError::Parquet(e.told()))?;
                to.flush().map_err(|e| WriteError::Parquet(e.told()))
            }
            Form::Csv(Some(mut writer)) => writer.flush().map_err(|e| WriteError::Csv(e.told())),
            _ => Err(WriteError::Parquet("aucune ligne à écrire".to_string())),
        }
    }
}

fn array(column: &OutputColumn) -> Result<ArrayRef, arrow_schema::ArrowError> {
    let cells = &column.cells;
    Ok(match &column.kind {
        Type::Bool => {
            let mut builder = BooleanBuilder::new();
            for cell in cells {
                builder.append_option(match cell {
                    Some(Value::Bool(b)) => Some(*b),
                    _ => None,
                });
            }
            Arc::new(builder.finish())
        }
        Type::Number => {
            let decimals = cells.iter().map(|c| match c {
                Some(Value::Number(n)) => format_number(n).split_once('.').map_or(0, |(_, d)| d.len()),
                _ => 0,
            });
            let decimals = u32::try_from(decimals.max().unwrap_or(0)).unwrap_or(0).min(18);
            let unit = Exact::from_integer(power_of_ten(decimals).unwrap_or(1));
            let scale = i8::try_from(decimals).unwrap_or(18);
            let mut builder = Decimal128Builder::new().with_precision_and_scale(38, scale)?;
            for cell in cells {
                builder.append_option(match cell {
                    Some(Value::Number(n)) => Some((n * unit).round().to_integer()),
                    _ => None,
                });
            }
            Arc::new(builder.finish())
        }
        Type::Date => {
            let mut builder = Date32Builder::new();
            for cell in cells {
                builder.append_option(match cell {
                    Some(Value::Date(d)) => i32::try_from(days_between(Date::constant(1970, 1, 1), *d)).ok(),
                    _ => None,
                });
            }
            Arc::new(builder.finish())
        }
        Type::Text(_) | Type::List(_) => {
            let mut builder = StringBuilder::new();
            for cell in cells {
                builder.append_option(cell.as_ref().map(Value::to_string));
            }
            Arc::new(builder.finish())
        }
    })
}

/// A workbook with one sheet.
pub fn to_xlsx(result: &Output) -> Result<Vec<u8>, WriteError> {
    to_workbook(std::slice::from_ref(result))
}

/// A workbook with a sheet for each result, in their order.
pub(crate) fn to_workbook(results: &[Output]) -> Result<Vec<u8>, WriteError> {
    let mut book = workbook()?;
    for result in results {
        add_sheet(&mut book, result)?;
    }
    Ok(book.save_to_buffer()?)
}

fn add_sheet(book: &mut Workbook, result: &Output) -> Result<(), WriteError> {
    let bold = Format::new().set_bold();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let sheet = book.add_worksheet();
    sheet.set_name(if result.name.is_empty() { "resultat" } else { &result.name })?;
    for (at, column) in (0_u16..).zip(&result.columns) {
        sheet.write_with_format(0, at, column.name.as_str(), &bold)?;
        for (row, cell) in (1_u32..).zip(&column.cells) {
            match cell {
                None => {}
                Some(Value::Bool(b)) => {
                    sheet.write_boolean(row, at, *b)?;
                }
                Some(Value::Number(n)) => match format_number(n).parse::<f64>() {
                    Ok(number) => {
                        sheet.write_number(row, at, number)?;
                    }
                    Err(_) => {
                        sheet.write_string(row, at, format_number(n))?;
                    }
                },
                Some(Value::Date(d)) => {
                    let (y, m, d) =
                        (d.year().unsigned_abs(), d.month().unsigned_abs(), d.day().unsigned_abs());
                    sheet.write_datetime_with_format(row, at, ExcelDateTime::from_ymd(y, m, d)?, &day)?;
                }
                Some(other) => {
                    sheet.write_string(row, at, other.to_string())?;
                }
            }
        }
    }
    Ok(())
}

/// An empty workbook that does not tell when it was made.
pub(super) fn workbook() -> Result<Workbook, WriteError> {
    let mut book = Workbook::new();
    let when = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&when));
    Ok(book)
}
