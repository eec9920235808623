//! Files that are read part by part, each ahead of its parts on a thread of its own.

use std::collections::BTreeSet;
use std::ops::Range;
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
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::ChunkReader;

#[cfg(feature = "csv")]
use super::csv_batches::{Asked, CsvBatches};
use super::issue::Issue;
use super::issue_code::Code;
use super::net::caught;
use super::package::NotInOrder;
use super::parquet_choice::Choice;
use super::{parquet_file, parquet_pages};
#[cfg(feature = "csv")]
use logis_language::pack::schema::BelongsTo;
use logis_language::pack::schema::{EntityId, FieldId, Schema};
use logis_language::plan::Needs;

/// Rows that are read from a file at once.
const BATCH: usize = 1 << 16;

/// Batches that are read ahead of those that are decided, of each file.
const AHEAD: usize = 2;

/// A Parquet file to be read part by part.
pub struct StreamedFile {
    pub(super) name: String,
    form: Form,
    /// The rows that are read, if not all are.
    between: Option<Range<u64>>,
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
type Open = dyn FnOnce(&Choice, Option<Range<u64>>) -> Result<ParquetRecordBatchReader, String> + Send;

impl StreamedFile {
    /// Lines of the file before its first row: the headers of a text.
    pub(super) fn lines_before(&self) -> u64 {
        let passed = self.between.as_ref().map_or(0, |rows| rows.start);
        if matches!(self.form, Form::Parquet { .. }) { passed } else { 1 }
    }

    /// How many rows the file says that it has; `None` for a text, which does not say.
    pub(super) fn rows(&self) -> Option<u64> {
        match &self.form {
            Form::Parquet { about, .. } => u64::try_from(about.metadata().file_metadata().num_rows()).ok(),
            #[cfg(feature = "csv")]
            Form::Csv(_) => None,
        }
    }

    /// These rows of the file alone, if it is one of Parquet; a text is read from its start.
    pub(super) fn between(self, rows: Range<u64>) -> StreamedFile {
        StreamedFile { between: Some(rows), ..self }
    }

    /// Opens a file of that name (`demandes.parquet`).
    ///
    /// # Errors
    /// It is no Parquet file.
    pub fn open(name: &str, file: impl ChunkReader + 'static) -> Result<StreamedFile, Box<Issue>> {
        let wrong = |said: String| Box::new(Issue::error(Code::Unreadable, name, said));
        let about = caught(|| parquet_file::about(&file)).and_then(|opened| opened).map_err(wrong)?.0;
        let open = move |choice: &Choice, between: Option<Range<u64>>| {
            let wanted = choice.wanted();
            // Of nested columns there are more than headers, and all are read.
            let read = |at: usize| wanted.get(at).copied().unwrap_or(true);
            let groups = Groups::of(choice.about.metadata(), between);
            let group = |number: usize| groups.numbers.contains(&number);
            parquet_pages::check(&file, choice.about.metadata(), group, read)?;
            let mut reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file, choice.about.clone())
                .with_projection(choice.mask())
                .with_batch_size(BATCH)
                .with_row_groups(groups.numbers.clone().collect());
            if let Some((passed, rows)) = groups.rows {
                reader = reader.with_offset(passed).with_limit(rows);
            }
            reader.build().map_err(|e| e.to_string())
        };
        let form = Form::Parquet { about, open: Box::new(open) };
        Ok(StreamedFile { name: name.to_string(), form, between: None })
    }

    /// Opens a CSV file of that name (`demandes.csv`). It is read part by part if it is UTF-8 with its headers on the
    /// first line and a line for each row.
    #[cfg(feature = "csv")]
    pub fn open_csv(name: &str, file: impl std::io::Read + Send + 'static) -> StreamedFile {
        StreamedFile { name: name.to_string(), form: Form::Csv(Box::new(file)), between: None }
    }
}

/// The row groups that are read of a file.
struct Groups {
    numbers: Range<usize>,
    /// Where not all of their rows are: how many are passed over first, and how many are read.
    rows: Option<(usize, usize)>,
}

impl Groups {
    /// Those in which rows of a range stand; all, without one.
    fn of(about: &ParquetMetaData, between: Option<Range<u64>>) -> Groups {
        let all = about.row_groups();
        let Some(between) = between else { return Groups { numbers: 0..all.len(), rows: None } };
        let (mut first, mut end, mut passed, mut at) = (0, 0, 0, 0_u64);
        for (number, group) in all.iter().enumerate() {
            let rows = u64::try_from(group.num_rows()).unwrap_or(0);
            if at + rows <= between.start {
                (first, passed) = (number + 1, at + rows);
            }
            if at < between.end {
                end = number + 1;
            }
            at += rows;
        }
        let whole = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
        let rows = (whole(between.start.saturating_sub(passed)), whole(between.end - between.start));
        Groups { numbers: first..end.max(first), rows: Some(rows) }
    }
}

/// The batches of a file, read ahead on a thread of their own.
pub(super) struct Ahead {
    pub schema: SchemaRef,
    /// Every header of the file, and whether its column is read.
    pub headers: Vec<(String, bool)>,
    /// The headers of columns that nothing asks for, and of which nothing says that their cells are right.
    pub unchecked: Vec<String>,
    /// By column: is it left out where a batch has nothing in it?
    pub quiet: Vec<bool>,
    pub batches: Receiver<Result<RecordBatch, NotInOrder>>,
}

impl Ahead {
    /// Starts to read a table of the schema, with the column `key` in any case; `None` if the file does not read so far, or there are no threads.
    pub fn start(
        schema: &Schema,
        entity: EntityId,
        only: Option<&BTreeSet<FieldId>>,
        needs: &Needs,
        key: &str,
        file: StreamedFile,
    ) -> Option<Ahead> {
        match file.form {
            Form::Parquet { about, open } => {
                let choice = Choice::of(schema, entity, only, needs, key, &about);
                let between = file.between.clone();
                let mut reader = caught(|| open(&choice, between)).ok()?.ok()?;
                let (schema, quiet) = (reader.schema(), vec![false; choice.headers.len()]);
                let next = move || match caught(|| reader.next()) {
                    Ok(None) => Ok(None),
                    Ok(Some(Ok(batch))) => Ok(Some(batch)),
                    // A file that breaks off is for the whole reading, which says so.
                    Ok(Some(Err(_))) | Err(_) => Err(NotInOrder),
                };
                Ahead::on_a_thread(schema, choice.headers, choice.unchecked, quiet, next)
            }
            #[cfg(feature = "csv")]
            Form::Csv(source) => {
                let follows = |number: usize, relation: &BelongsTo| {
                    relation.column == key || needs.of_relation(entity, number, relation)
                };
                let asked = only.map(|fields| Asked { fields, follows: &follows });
                let mut batches = CsvBatches::open(schema, entity, asked, &file.name, source)?;
                let quiet = batches.quiet();
                let field = |header: &String| ArrowField::new(header, DataType::Null, true);
                let schema = ArrowSchema::new(batches.headers.iter().map(field).collect::<Vec<_>>());
                let headers = batches.headers.iter().map(|header| (header.clone(), true)).collect();
                let unchecked = std::mem::take(&mut batches.unchecked);
                Ahead::on_a_thread(Arc::new(schema), headers, unchecked, quiet, move || batches.next_batch())
            }
        }
    }

    fn on_a_thread(
        schema: SchemaRef,
        headers: Vec<(String, bool)>,
        unchecked: Vec<String>,
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
        Some(Ahead { schema, headers, unchecked, quiet, batches })
    }
}
