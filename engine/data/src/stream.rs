//! A data package read part by part, for tables that are larger than memory.
//!
//! The rows of the decided entity come in parts of so many; the rows of the tables whose members it
//! has come with them, as long as the files hold them in the same order. Small tables are whole in
//! every part; a table that belongs to one read part by part is left out, if nothing needs it. What is
//! read is what [`super::read()`] would give for the part; what only the whole
//! shows (an order that cannot be followed, an identifier in two parts) ends the reading with
//! [`NotInOrder`]: the package is then to be read whole.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{Hash, Hasher};

use arrow_array::{RecordBatch, RecordBatchReader};
use parquet::arrow::arrow_reader::ParquetRecordBatchReader;
use parquet::file::reader::ChunkReader;

use super::files::raw_tables;
use super::issue::Issue;
use super::issue_code::Code;
use super::net::caught;
use super::package::{InputFile, ReadOutcome, sort};
use super::raw::RawTable;
use super::read::{assemble, raw_references};
use super::table::Dataset;
use super::{arrow_cell, arrow_table, parquet_file};
use logis_language::pack::Reference;
use logis_language::pack::schema::{EntityId, Origin, Schema};
use logis_language::plan::Needs;

/// A Parquet file to be read part by part.
pub struct StreamedFile {
    name: String,
    reader: ParquetRecordBatchReader,
}

impl StreamedFile {
    /// Opens a file of that name (`demandes.parquet`).
    ///
    /// # Errors
    /// It is no Parquet file.
    pub fn open(name: &str, file: impl ChunkReader + 'static) -> Result<StreamedFile, Box<Issue>> {
        let wrong = |said: String| Box::new(Issue::error(Code::Unreadable, name, said));
        let open = || -> Result<ParquetRecordBatchReader, String> {
            let (builder, _) = parquet_file::open(file)?;
            builder.with_batch_size(16_384).build().map_err(|e| e.to_string())
        };
        let reader = caught(open).and_then(|opened| opened).map_err(wrong)?;
        Ok(StreamedFile { name: name.to_string(), reader })
    }
}

/// The files are not in an order that parts could follow, or an identifier stands in two parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("les tables ne sont pas dans le même ordre, ou un identifiant est double")]
pub struct NotInOrder;

/// A package being read part by part.
pub struct Stream<'p> {
    schema: &'p Schema,
    needs: Needs,
    rows: usize,
    main: Cursor,
    members: Vec<Cursor>,
    /// Tables that are whole in every part.
    whole: BTreeMap<&'p str, RawTable>,
    tried: BTreeSet<&'p str>,
    own: BTreeMap<EntityId, RawTable>,
    /// What was said while opening.
    opening: Vec<Issue>,
    /// Is the last part read, or the reading ended by an error? What an iterator gives then is nothing.
    over: bool,
}

/// A file, where it has been read to.
struct Cursor {
    entity: EntityId,
    /// The table's name in the schema.
    table: String,
    file: StreamedFile,
    /// The column that says which row of the decided entity a row belongs to; of the decided entity
    /// itself, its key.
    key: String,
    /// The column of its own identifier.
    id: String,
    rest: Option<RecordBatch>,
    /// Rows given so far.
    line: u64,
    /// Of every identifier given.
    seen: Vec<u128>,
}

impl<'p> Stream<'p> {
    /// Opens a package of which `streamed` are the files of `main` and of the tables whose members
    /// it has, and `others` the rest. Parts have `rows` rows of `main`.
    ///
    /// `None` if there is no streamed file for `main`, or for one of its members' tables there is a
    /// file among `others`, or `others` has a table that is needed and belongs to a streamed one: the
    /// package is then to be read whole.
    pub fn open(
        schema: &'p Schema,
        references: &[Reference],
        main: EntityId,
        streamed: Vec<StreamedFile>,
        others: Vec<InputFile>,
        needs: &Needs,
        rows: usize,
    ) -> Option<Stream<'p>> {
        // Files of others are read whole, where a mapping can give them their names.
        if others.iter().any(|f| f.name == super::mapping::MAPPING_FILE) {
            return None;
        }
        let mut opening = Vec::new();
        let (mut whole, tried) = raw_tables(schema, others, &mut opening);
        let mut cursors: BTreeMap<EntityId, Cursor> = BTreeMap::new();
        for file in streamed {
            let stem = file.name.rsplit_once('.').map_or(file.name.as_str(), |(stem, _)| stem);
            let (entity, declared, table) =
                schema.entities.iter().enumerate().find_map(|(id, e)| match &e.origin {
                    Origin::Data { table } if table == stem => Some((id, e, table.clone())),
                    _ => None,
                })?;
            let relation = declared.belongs_to.iter().find(|r| r.target == main);
            let key = if entity == main { declared.key.clone() } else { relation?.column.clone() };
            let id = declared.key.clone();
            cursors.insert(
                entity,
                Cursor { entity, table, file, key, id, rest: None, line: 0, seen: Vec::new() },
            );
        }
        let main = cursors.remove(&main)?;
        let whole_member = schema.entities.iter().enumerate().any(|(id, e)| {
            schema.parents(id).contains(&main.entity)
                && matches!(&e.origin, Origin::Data { table } if whole.contains_key(table.as_str()))
        });
        if whole_member {
            return None;
        }
        // Rows that belong to rows of other parts: the projects of the persons of a request.
        let mut parted: BTreeSet<EntityId> = cursors.keys().copied().chain([main.entity]).collect();
        while let Some((id, entity)) =
            schema.entities.iter().enumerate().find(|(id, e)| {
                !parted.contains(id) && e.belongs_to.iter().any(|r| parted.contains(&r.target))
            })
        {
            parted.insert(id);
            if let Origin::Data { table } = &entity.origin
                && whole.remove(table.as_str()).is_some()
                && needs.entities.contains(&id)
            {
                return None;
            }
        }
        let own = raw_references(references, &mut opening);
        Some(Stream {
            schema,
            needs: needs.clone(),
            rows: rows.max(1),
            main,
            members: cursors.into_values().collect(),
            whole,
            tried,
            own,
            opening,
            over: false,
        })
    }

    /// Reads the next part: some rows of the decided entity, with what belongs to them; `None` after the last.
    /// Lines count from the start of the file; columns that are not there are told with every part.
    ///
    /// # Errors
    /// [`NotInOrder`], at the latest after the last part.
    pub fn next_part(&mut self) -> Result<Option<ReadOutcome>, NotInOrder> {
        let mut issues = std::mem::take(&mut self.opening);
        let rows = self.rows;
        let Some((main, keys)) = self.main.take(&mut issues, |taken, _| taken < rows)? else {
            return self.end().map(|()| None);
        };
        let keys: HashSet<String> = keys.into_iter().collect();
        let mut tables: BTreeMap<EntityId, RawTable> = BTreeMap::new();
        for cursor in &mut self.members {
            if let Some((table, _)) =
                cursor.take(&mut issues, |_, key| key.is_empty() || keys.contains(key))?
            {
                tables.insert(cursor.entity, table);
            }
        }
        tables.insert(self.main.entity, main);
        let raw = |id: EntityId, entity: &logis_language::pack::schema::Entity| match &entity.origin {
            Origin::Data { table } => tables.get(&id).or_else(|| self.whole.get(table.as_str())),
            Origin::Reference { .. } => self.own.get(&id),
            Origin::Pair(..) => None,
        };
        let read = assemble(self.schema, raw, &self.tried, &self.needs, &mut issues);
        sort(&mut issues);
        let dataset = Dataset { tables: read.tables, ..Dataset::default() };
        Ok(Some(ReadOutcome { dataset, issues, absent: read.absent, dropped: read.dropped }))
    }

    /// Nothing may be left, and no identifier may stand twice.
    fn end(&mut self) -> Result<(), NotInOrder> {
        for cursor in &mut self.members {
            if cursor.fill()? {
                return Err(NotInOrder);
            }
        }
        for cursor in self.members.iter_mut().chain([&mut self.main]) {
            cursor.seen.sort_unstable();
            if cursor.seen.windows(2).any(|w| w.first() == w.last()) {
                return Err(NotInOrder);
            }
        }
        Ok(())
    }
}

/// The parts, as [`Stream::next_part`] reads them.
impl Iterator for Stream<'_> {
    type Item = Result<ReadOutcome, NotInOrder>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let part = self.next_part();
        self.over = !matches!(part, Ok(Some(_)));
        part.transpose()
    }
}

impl Cursor {
    /// Makes sure that there are rows to give; false at the end of the file. A file that breaks off
    /// is for the whole reading, which says so.
    fn fill(&mut self) -> Result<bool, NotInOrder> {
        while self.rest.as_ref().is_none_or(|b| b.num_rows() == 0) {
            match caught(|| self.file.reader.next()) {
                Ok(None) => return Ok(false),
                Ok(Some(Ok(batch))) => self.rest = Some(batch),
                Ok(Some(Err(_))) | Err(_) => return Err(NotInOrder),
            }
        }
        Ok(true)
    }

    /// The next rows, as long as `more` says so of how many there are and of the next one's key;
    /// with their keys. A table without rows left is there, and empty; `None` for the decided one.
    #[allow(clippy::type_complexity)]
    fn take(
        &mut self,
        issues: &mut Vec<Issue>,
        mut more: impl FnMut(usize, &str) -> bool,
    ) -> Result<Option<(RawTable, Vec<String>)>, NotInOrder> {
        let schema = self.file.reader.schema();
        let place = |name: &str| schema.fields().iter().position(|f| f.name() == name).ok_or(NotInOrder);
        let (key, id) = (place(&self.key)?, place(&self.id)?);
        let (mut parts, mut keys) = (Vec::new(), Vec::new());
        'rows: while self.fill()? {
            let Some(batch) = self.rest.take() else { break };
            let mut rows = 0;
            let cell = |column: usize, row: usize| {
                batch.columns().get(column).map_or_else(String::new, |a| arrow_cell::cell(a, row).shown())
            };
            while rows < batch.num_rows() {
                let text = cell(key, rows);
                if !more(keys.len(), &text) {
                    self.rest = Some(batch.slice(rows, batch.num_rows() - rows));
                    parts.push(batch.slice(0, rows));
                    break 'rows;
                }
                self.seen.push(if key == id { hash(&text) } else { hash(&cell(id, rows)) });
                keys.push(text);
                rows += 1;
            }
            parts.push(batch);
        }
        if keys.is_empty() && self.key == self.id {
            return Ok(None);
        }
        let batch = arrow_select::concat::concat_batches(&schema, &parts).map_err(|_| NotInOrder)?;
        let table = arrow_table::table(&self.table, &self.file.name, &batch, self.line, issues);
        self.line += batch.num_rows() as u64;
        Ok(Some((table, keys)))
    }
}

/// 128 bits of an identifier: two that differ do not meet.
fn hash(text: &str) -> u128 {
    let half = |seed: u8| {
        let mut hasher = DefaultHasher::new();
        (seed, text).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    half(0) << 64 | half(1)
}
