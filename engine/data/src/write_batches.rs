//! Batches of Arrow, one after the other into one file: what is larger than memory.

use std::io::Write;

use arrow_array::RecordBatch;

use super::output::WriteError;
use super::outside::Told;
#[cfg(feature = "csv")]
use super::{arrow_cell, french_csv, raw::Raw, safe_text::to_csv_cell};

/// Writes batches one after the other into one file.
pub struct BatchWriter<W: Write + Send> {
    to: Option<W>,
    form: Form<W>,
    /// Rows of a row group; the usual number, if none.
    #[cfg(feature = "parquet")]
    group: Option<usize>,
}

enum Form<W: Write + Send> {
    #[cfg(feature = "parquet")]
    Parquet(Option<parquet::arrow::ArrowWriter<W>>),
    #[cfg(feature = "csv")]
    Csv { writer: Option<csv::Writer<W>>, headers: bool, french: bool },
}

/// The columns of texts that seem to be identifiers, as none of the first is there twice: a dictionary of them would be
/// as long as they are.
#[cfg(feature = "parquet")]
fn each_once(batch: &RecordBatch) -> Vec<String> {
    use arrow_array::cast::AsArray;
    const LOOKED_AT: usize = 1_024;
    let once = |(field, array): (&arrow_schema::FieldRef, &arrow_array::ArrayRef)| {
        let texts = array.as_string_opt::<i32>()?.iter().take(LOOKED_AT);
        let mut seen = std::collections::HashSet::new();
        let each = texts.len() == LOOKED_AT && texts.flatten().all(|text| seen.insert(text));
        (each && seen.len() == LOOKED_AT).then(|| field.name().clone())
    };
    batch.schema_ref().fields().iter().zip(batch.columns()).filter_map(once).collect()
}

impl<W: Write + Send> BatchWriter<W> {
    /// Parquet, compressed by Snappy.
    #[cfg(feature = "parquet")]
    pub fn parquet(to: W) -> BatchWriter<W> {
        BatchWriter { to: Some(to), form: Form::Parquet(None), group: None }
    }

    /// The same in row groups of so many rows: what is not written yet is kept in memory by the group.
    #[cfg(feature = "parquet")]
    pub fn parquet_in_groups(to: W, rows: usize) -> BatchWriter<W> {
        BatchWriter { group: Some(rows.max(1)), ..BatchWriter::parquet(to) }
    }

    /// CSV as of [`to_csv`](super::to_csv).
    #[cfg(feature = "csv")]
    pub fn csv(to: W) -> BatchWriter<W> {
        BatchWriter::csv_with(to, true, false)
    }

    /// CSV as of [`to_csv_fr`](super::to_csv_fr), for a spreadsheet that is set to French.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use arrow_array::{BooleanArray, Float64Array, RecordBatch};
    /// use logis_data::BatchWriter;
    ///
    /// let batch = RecordBatch::try_from_iter([
    ///     ("handicap", Arc::new(BooleanArray::from(vec![true])) as _),
    ///     ("loyer", Arc::new(Float64Array::from(vec![301.5])) as _),
    /// ])?;
    /// let mut bytes = Vec::new();
    /// let mut writer = BatchWriter::csv_fr(&mut bytes);
    /// writer.write(&batch)?;
    /// writer.close()?;
    /// assert_eq!(String::from_utf8(bytes)?, "\u{feff}handicap;loyer\r\noui;301,5\r\n");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "csv")]
    pub fn csv_fr(to: W) -> BatchWriter<W> {
        BatchWriter::csv_with(to, true, true)
    }

    /// The same without the line of the headers: what follows on a part that has it.
    #[cfg(feature = "csv")]
    pub fn csv_rows(to: W) -> BatchWriter<W> {
        BatchWriter::csv_with(to, false, false)
    }

    #[cfg(feature = "csv")]
    fn csv_with(to: W, headers: bool, french: bool) -> BatchWriter<W> {
        BatchWriter {
            to: Some(to),
            form: Form::Csv { writer: None, headers, french },
            #[cfg(feature = "parquet")]
            group: None,
        }
    }

    /// Adds the rows of a batch; the first one's columns are those of the file.
    ///
    /// # Errors
    /// The file cannot be written, or the columns are other than before.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), WriteError> {
        match &mut self.form {
            #[cfg(feature = "parquet")]
            Form::Parquet(writer) => {
                let wrong = |e: parquet::errors::ParquetError| WriteError::Parquet(e.told());
                if let Some(to) = self.to.take() {
                    let snappy = parquet::basic::Compression::SNAPPY;
                    let mut properties =
                        parquet::file::properties::WriterProperties::builder().set_compression(snappy);
                    if self.group.is_some() {
                        properties = properties.set_max_row_group_row_count(self.group);
                    }
                    for name in each_once(batch) {
                        properties = properties.set_column_dictionary_enabled(vec![name].into(), false);
                    }
                    let properties = properties.build();
                    let new = parquet::arrow::ArrowWriter::try_new(to, batch.schema(), Some(properties));
                    *writer = Some(new.map_err(wrong)?);
                }
                writer.as_mut().map_or(Ok(()), |w| w.write(batch).map_err(wrong))
            }
            #[cfg(feature = "csv")]
            Form::Csv { writer, headers, french } => {
                let wrong = |e: csv::Error| WriteError::Csv(e.told());
                if let Some(mut to) = self.to.take() {
                    let mut new = if *french {
                        to.write_all(french_csv::MARK.as_bytes()).map_err(|e| WriteError::Csv(e.told()))?;
                        french_csv::form().from_writer(to)
                    } else {
                        csv::Writer::from_writer(to)
                    };
                    if *headers {
                        let fields = batch.schema_ref().fields();
                        new.write_record(fields.iter().map(|f| to_csv_cell(f.name()).into_owned()))
                            .map_err(wrong)?;
                    }
                    *writer = Some(new);
                }
                let Some(writer) = writer else { return Ok(()) };
                for row in 0..batch.num_rows() {
                    let cells = batch.columns().iter().map(|array| match arrow_cell::cell(array, row) {
                        Raw::Text(text) | Raw::Other(text) => to_csv_cell(&text).into_owned(),
                        Raw::Bool(holds) if *french => french_csv::truth(holds).to_string(),
                        Raw::Date(date) if *french => french_csv::day(date),
                        Raw::Number(number) if *french => number.replace('.', ","),
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
            #[cfg(feature = "parquet")]
            Form::Parquet(Some(writer)) => {
                let mut to = writer.into_inner().map_err(|e| WriteError::Parquet(e.told()))?;
                to.flush().map_err(|e| WriteError::Parquet(e.told()))
            }
            #[cfg(feature = "csv")]
            Form::Csv { writer: Some(mut writer), .. } => {
                writer.flush().map_err(|e| WriteError::Csv(e.told()))
            }
            _ => Err(WriteError::Parquet("aucune ligne à écrire".to_string())),
        }
    }
}
