//! A data package read part by part, for tables that are larger than memory.
//!
//! The rows of the decided entity come in parts of so many; the rows of the tables whose members it
//! has come with them, as long as the files hold them in the same order. Small tables are whole in
//! every part; a table that belongs to one read part by part is left out, if nothing needs it. What is
//! read is what [`super::read()`] would give for the part; what only the whole
//! shows (an order that cannot be followed, an identifier in two parts) ends the reading with
//! [`NotInOrder`]: the package is then to be read whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field as ArrowField, Schema as ArrowSchema};

use super::ahead::{Ahead, StreamedFile};
use super::files::raw_tables;
use super::ids::Ids;
use super::issue::Issue;
use super::package::{InputFile, NotInOrder, ReadOutcome, sort};
use super::raw::{Raw, RawTable};
use super::read::{Known, assemble, raw_references};
use super::table::Dataset;
use super::texts::{Seen, Texts};
use super::{arrow_cell, arrow_column, arrow_table};
use logis_language::pack::Reference;
use logis_language::pack::schema::{EntityId, FieldId, Origin, Schema};
use logis_language::plan::Needs;

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
    /// The tables that are whole in every part, unless something is to be said of them.
    known: Option<Known>,
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
    /// The file's name.
    file: String,
    ahead: Ahead,
    /// The column that says which row of the decided entity a row belongs to; of the decided entity
    /// itself, its key.
    key: String,
    /// The column of its own identifier.
    id: String,
    rest: Option<RecordBatch>,
    /// Rows given so far.
    line: u64,
    /// Every identifier given.
    seen: Seen,
}

impl<'p> Stream<'p> {
    /// Opens a package of which `streamed` are the files of `main` and of the tables whose members
    /// it has, and `others` the rest. Parts have `rows` rows of `main`.
    ///
    /// `None` if there is no streamed file for `main`, or for one of its members' tables there is a
    /// file among `others`, or `others` has a table that is needed and belongs to a streamed one, or rows are not
    /// decided by themselves ([`Needs::by_parts`]): the package is then to be read whole.
    pub fn open(
        schema: &'p Schema,
        references: &[Reference],
        main: EntityId,
        streamed: Vec<StreamedFile>,
        others: Vec<InputFile>,
        needs: &Needs,
        rows: usize,
    ) -> Option<Stream<'p>> {
        Stream::open_for(schema, references, main, streamed, others, needs, rows, None)
    }

    /// The same for a use that asks for no field but `only`: of the columns of others those are not read of whose cells
    /// the files themselves say that none is wrong.
    pub fn open_for(
        schema: &'p Schema,
        references: &[Reference],
        main: EntityId,
        streamed: Vec<StreamedFile>,
        others: Vec<InputFile>,
        needs: &Needs,
        rows: usize,
        only: Option<&BTreeSet<FieldId>>,
    ) -> Option<Stream<'p>> {
        if !needs.by_parts(schema, main) {
            return None;
        }
        // Files of others are read whole, where a mapping can give them their names.
        if others.iter().any(|f| f.name == super::mapping::MAPPING_FILE) {
            return None;
        }
        let mut opening = Vec::new();
        let (mut whole, tried) = raw_tables(schema, others, &mut opening);
        let mut files: BTreeMap<EntityId, (String, StreamedFile, String, String)> = BTreeMap::new();
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
            files.insert(entity, (table, file, key, id));
        }
        if !files.contains_key(&main) {
            return None;
        }
        let whole_member = schema.entities.iter().enumerate().any(|(id, e)| {
            schema.parents(id).contains(&main)
                && matches!(&e.origin, Origin::Data { table } if whole.contains_key(table.as_str()))
        });
        if whole_member {
            return None;
        }
        // Rows that belong to rows of other parts: the projects of the persons of a request.
        let mut parted: BTreeSet<EntityId> = files.keys().copied().collect();
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
        let own = raw_references(schema, references, &mut opening);
        let of_pack: BTreeMap<EntityId, &RawTable> = own.iter().map(|(id, table)| (*id, table)).collect();
        let of_data = schema.entities.iter().enumerate().filter_map(|(id, entity)| match &entity.origin {
            Origin::Data { table } => Some((id, whole.get(table.as_str())?)),
            _ => None,
        });
        let all = of_data.chain(of_pack.iter().map(|(id, table)| (*id, *table))).collect();
        let known = Known::new(schema, &all, &parted, needs);
        // Those of the pack by themselves may belong to no table of data.
        let data =
            schema.entities.iter().enumerate().filter(|(_, e)| matches!(e.origin, Origin::Data { .. }));
        let data: BTreeSet<EntityId> = data.map(|(id, _)| id).collect();
        let known = known.or_else(|| Known::new(schema, &of_pack, &data, needs));
        let known = known.map(|known| known.keeping(only));
        let mut cursors: BTreeMap<EntityId, Cursor> = BTreeMap::new();
        for (entity, (table, file, key, id)) in files {
            let (name, seen) = (file.name.clone(), Seen::default());
            let line = file.lines_before();
            let ahead = Ahead::start(schema, entity, only, file)?;
            let cursor = Cursor { entity, table, file: name, ahead, key, id, rest: None, line, seen };
            cursors.insert(entity, cursor);
        }
        let main = cursors.remove(&main)?;
        Some(Stream {
            schema,
            needs: needs.clone(),
            rows: rows.max(1),
            main,
            members: cursors.into_values().collect(),
            whole,
            tried,
            own,
            known,
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
        let Some((main, ids)) = self.main.rows(self.rows, &mut issues)? else {
            return self.end().map(|()| None);
        };
        let next = self.main.next_key()?;
        let mut tables: BTreeMap<EntityId, RawTable> = BTreeMap::new();
        for cursor in &mut self.members {
            let table = cursor.members(&ids, next.as_deref(), &mut issues)?;
            tables.insert(cursor.entity, table);
        }
        tables.insert(self.main.entity, main);
        let raw = |id: EntityId, entity: &logis_language::pack::schema::Entity| match &entity.origin {
            Origin::Data { table } => tables.get(&id).or_else(|| self.whole.get(table.as_str())),
            Origin::Reference { .. } => self.own.get(&id),
            Origin::Pair(..) => None,
        };
        let read = assemble(self.schema, raw, &self.tried, &self.needs, self.known.as_ref(), &mut issues);
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
            if !cursor.seen.differ() {
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
    /// Makes sure that there are rows to give; false at the end of the file.
    fn fill(&mut self) -> Result<bool, NotInOrder> {
        while self.rest.as_ref().is_none_or(|b| b.num_rows() == 0) {
            match self.ahead.batches.recv() {
                Ok(batch) => self.rest = Some(batch?),
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
    }

    /// The column of that name among those that are read.
    fn place(&self, name: &str) -> Result<usize, NotInOrder> {
        self.ahead.schema.fields().iter().position(|f| f.name() == name).ok_or(NotInOrder)
    }

    /// The next rows of the decided entity, at most so many, with their keys; `None` after the last.
    fn rows(&mut self, most: usize, issues: &mut Vec<Issue>) -> Result<Option<(RawTable, Ids)>, NotInOrder> {
        let key = self.place(&self.key)?;
        let (mut parts, mut left) = (Vec::new(), most);
        while left > 0 && self.fill()? {
            let Some(batch) = self.rest.take() else { break };
            let taken = left.min(batch.num_rows());
            if taken < batch.num_rows() {
                self.rest = Some(batch.slice(taken, batch.num_rows() - taken));
            }
            left -= taken;
            parts.push(batch.slice(0, taken));
        }
        if parts.is_empty() {
            return Ok(None);
        }
        let batch = self.joined(&parts)?;
        let texts = texts(&batch, key);
        (0..texts.len()).for_each(|row| self.seen.note(texts.get(row)));
        let ids = Ids::of((0..texts.len()).map(|row| texts.get(row)));
        Ok(Some((self.table(&batch, issues), ids)))
    }

    /// The key of the next row.
    fn next_key(&mut self) -> Result<Option<String>, NotInOrder> {
        let key = self.place(&self.key)?;
        let there = self.fill()?;
        let rest = self.rest.as_ref().filter(|_| there).and_then(|batch| batch.columns().get(key));
        Ok(rest.map(|array| arrow_cell::cell(array, 0).shown()))
    }

    /// The next rows, as long as the key of each is one of these, or empty. `next` is the key that comes after these.
    /// A table without rows left is there, and empty.
    fn members(
        &mut self,
        keys: &Ids,
        next: Option<&str>,
        issues: &mut Vec<Issue>,
    ) -> Result<RawTable, NotInOrder> {
        let (key, id) = (self.place(&self.key)?, self.place(&self.id)?);
        let mut parts = Vec::new();
        // The last key that a row had: rows mostly have the same one, or the one that comes after it.
        let mut at = 0;
        let mut own = keys.text(at);
        while self.fill()? {
            let Some(batch) = self.rest.take() else { break };
            let (texts, ids) = (texts(&batch, key), texts(&batch, id));
            let mut rows = 0;
            while rows < batch.num_rows() {
                let text = texts.get(rows);
                if own != Some(text) && !text.is_empty() {
                    if keys.text(at + 1) == Some(text) {
                        at += 1;
                    } else if next == Some(text) {
                        break;
                    } else if let Some(place) = keys.place(text) {
                        at = place as usize;
                    } else {
                        break;
                    }
                    own = keys.text(at);
                }
                self.seen.note(ids.get(rows));
                rows += 1;
            }
            if rows < batch.num_rows() {
                let rest = batch.slice(rows, batch.num_rows() - rows);
                parts.push(batch.slice(0, rows));
                self.rest = Some(rest);
                break;
            }
            drop((texts, ids));
            parts.push(batch);
        }
        let batch = self.joined(&parts)?;
        Ok(self.table(&batch, issues))
    }

    fn joined(&self, parts: &[RecordBatch]) -> Result<RecordBatch, NotInOrder> {
        match parts {
            [one] => Ok(one.clone()),
            [first, others @ ..] if others.iter().all(|part| part.schema_ref() == first.schema_ref()) => {
                arrow_select::concat::concat_batches(first.schema_ref(), parts).map_err(|_| NotInOrder)
            }
            [] => Ok(RecordBatch::new_empty(Arc::clone(&self.ahead.schema))),
            parts => mixed(parts).map_err(|_| NotInOrder),
        }
    }

    /// Rows as a table.
    fn table(&mut self, batch: &RecordBatch, issues: &mut Vec<Issue>) -> RawTable {
        let quiet = |at: usize| {
            let empty = batch.columns().get(at).is_some_and(|array| *array.data_type() == DataType::Null);
            empty && self.ahead.quiet.get(at) == Some(&true)
        };
        let rows = batch.num_rows();
        let table = match self.ahead.quiet.contains(&true) {
            // Then the batch has the columns of all headers.
            true => {
                let kept: Vec<usize> = (0..batch.num_columns()).filter(|at| !quiet(*at)).collect();
                let headers = self.ahead.headers.iter().enumerate();
                let headers = headers.map(|(at, (header, _))| (header.clone(), !quiet(at)));
                let kept = batch.project(&kept).unwrap_or_else(|_| RecordBatch::new_empty(batch.schema()));
                arrow_table::sparse(&self.table, &self.file, headers, &kept, self.line, issues)
            }
            false => {
                let headers = self.ahead.headers.iter().cloned();
                arrow_table::sparse(&self.table, &self.file, headers, batch, self.line, issues)
            }
        };
        self.line += rows as u64;
        table
    }
}

/// Batches of which a column is typed in some and texts in others, joined: as texts, then.
fn mixed(parts: &[RecordBatch]) -> Result<RecordBatch, ArrowError> {
    let first = parts.first().map(RecordBatch::schema).ok_or(ArrowError::DivideByZero)?;
    let (mut fields, mut arrays): (Vec<ArrowField>, Vec<ArrayRef>) = (Vec::new(), Vec::new());
    for (at, field) in first.fields().iter().enumerate() {
        let own: Vec<&ArrayRef> = parts.iter().filter_map(|part| part.columns().get(at)).collect();
        let same = own.iter().all(|array| array.data_type() == field.data_type());
        let array = if same {
            let own: Vec<&dyn Array> = own.iter().map(|array| array.as_ref()).collect();
            arrow_select::concat::concat(&own)?
        } else {
            let cells = own.iter().flat_map(|array| (0..array.len()).map(|row| arrow_cell::cell(array, row)));
            let text = |cell: Raw| (cell != Raw::Empty).then(|| cell.shown());
            Arc::new(cells.map(text).collect::<StringArray>())
        };
        fields.push(ArrowField::new(field.name(), array.data_type().clone(), true));
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), arrays)
}

/// The texts of a column; cells of another type as they are shown.
fn texts(batch: &RecordBatch, column: usize) -> Texts<'_> {
    let Some(array) = batch.columns().get(column) else { return Texts::Each(Vec::new()) };
    arrow_column::texts(array).unwrap_or_else(|| {
        Texts::Owned((0..array.len()).map(|row| arrow_cell::cell(array, row).shown()).collect())
    })
}
