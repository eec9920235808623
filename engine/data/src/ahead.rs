//! Files that are read part by part, each ahead of its parts on a thread of its own.

use std::collections::BTreeSet;
#[cfg(feature = "csv")]
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_schema::SchemaRef;
#[cfg(feature = "csv")]
use arrow_schema::{DataType, Field as ArrowField, Schema as ArrowSchema};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder,
};
use parquet::file::reader::ChunkReader;

#[cfg(feature = "csv")]
use super::csv_batches::CsvBatches;
use super::issue::Issue;
use super::issue_code::Code;
use super::net::caught;
use super::package::NotInOrder;
use super::parquet_choice::Choice;
use super::{parquet_file, parquet_pages};
use logis_language::pack::schema::{EntityId, FieldId, Schema};

/// Rows that are read from a file at once.
const BATCH: usize = 1 << 15;

/// Batches that are read ahead of those that are decided, of each file.
const AHEAD: usize = 2;

/// A Parquet file to be read part by part.
pub struct StreamedFile {
    pub(super) name: String,
    form: Form,
}

/// The form of a file that is read part by part.
enum Form {
    Parquet {
        about: ArrowReaderMetadata,
        open: Box<Open>,
    },
    #[cfg(feature = "csv")]
    Csv(Box<dyn std::io::Read + Send>),
}

/// Opens a reader of some columns of a file.
type Open = dyn FnOnce(&Choice) -> Result<ParquetRecordBatchReader, String> + Send;

impl StreamedFile {
    /// Lines of the file before its first row: the headers of a text.
    pub(super) fn lines_before(&self) -> u64 {
        if matches!(self.form, Form::Parquet { .. }) { 0 } else { 1 }
    }

    /// Opens a file of that name (`demandes.parquet`).
    ///
    /// # Errors
    /// It is no Parquet file.
    pub fn open(name: &str, file: impl ChunkReader + 'static) -> Result<StreamedFile, Box<Issue>> {
        let wrong = |said: String| Box::new(Issue::error(Code::Unreadable, name, said));
        let about = caught(|| parquet_file::about(&file)).and_then(|opened| opened).map_err(wrong)?.0;
        let open = move |choice: &Choice| {
            let wanted = choice.wanted();
            // Of nested columns there are more than headers, and all are read.
            let read = |at: usize| wanted.get(at).copied().unwrap_or(true);
            parquet_pages::check(&file, choice.about.metadata(), read)?;
            ParquetRecordBatchReaderBuilder::new_with_metadata(file, choice.about.clone())
                .with_projection(choice.mask())
                .with_batch_size(BATCH)
                .build()
                .map_err(|e| e.to_string())
        };
        Ok(StreamedFile { name: name.to_string(), form: Form::Parquet { about, open: Box::new(open) } })
    }

    /// Opens a CSV file of that name (`demandes.csv`). It is read part by part if it is UTF-8 with its headers on the
    /// first line and a line for each row.
    #[cfg(feature = "csv")]
    pub fn open_csv(name: &str, file: impl std::io::Read + Send + 'static) -> StreamedFile {
        StreamedFile { name: name.to_string(), form: Form::Csv(Box::new(file)) }
    }
}

/// The batches of a file, read ahead on a thread of their own.
pub(super) struct Ahead {
    pub schema: SchemaRef,
    /// Every header of the file, and whether its column is read.
    pub headers: Vec<(String, bool)>,
    /// By column: is it left out where a batch has nothing in it?
    pub quiet: Vec<bool>,
    pub batches: Receiver<Result<RecordBatch, NotInOrder>>,
}

impl Ahead {
    /// Starts to read a table of the schema; `None` if the file does not read so far, or there are no threads.
    pub fn start(
        schema: &Schema,
        entity: EntityId,
        only: Option<&BTreeSet<FieldId>>,
        file: StreamedFile,
    ) -> Option<Ahead> {
        match file.form {
            Form::Parquet { about, open } => {
                let choice = Choice::of(schema, entity, only, &about);
                let mut reader = caught(|| open(&choice)).ok()?.ok()?;
                let (schema, quiet) = (reader.schema(), vec![false; choice.headers.len()]);
                let next = move || match caught(|| reader.next()) {
                    Ok(None) => Ok(None),
                    Ok(Some(Ok(batch))) => Ok(Some(batch)),
                    // A file that breaks off is for the whole reading, which says so.
                    Ok(Some(Err(_))) | Err(_) => Err(NotInOrder),
                };
                Ahead::on_a_thread(schema, choice.headers, quiet, next)
            }
            #[cfg(feature = "csv")]
            Form::Csv(source) => {
                let mut batches = CsvBatches::open(schema, entity, only, &file.name, source)?;
                let quiet = batches.quiet();
                let field = |header: &String| ArrowField::new(header, DataType::Null, true);
                let schema = ArrowSchema::new(batches.headers.iter().map(field).collect::<Vec<_>>());
                let headers = batches.headers.iter().map(|header| (header.clone(), true)).collect();
                Ahead::on_a_thread(Arc::new(schema), headers, quiet, move || batches.next_batch())
            }
        }
    }

    fn on_a_thread(
        schema: SchemaRef,
        headers: Vec<(String, bool)>,
        quiet: Vec<bool>,
        mut next: impl FnMut() -> Result<Option<RecordBatch>, NotInOrder> + Send + 'static,
    ) -> Option<Ahead> {
        let (sender, batches) = sync_channel(AHEAD);
        let read = move || {
            while let Some(batch) = next().transpose() {
                let over = batch.is_err();
                if sender.send(batch).is_err() || over {
                    break;
                }
            }
        };
        std::thread::Builder::new().name("lecture".to_string()).spawn(read).ok()?;
        Some(Ahead { schema, headers, quiet, batches })
    }
}
