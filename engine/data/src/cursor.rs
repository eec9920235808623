//! A file of a package that is read part by part: where it has been read to, and the rows that come next.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow_schema::{ArrowError, DataType, Field as ArrowField, Schema as ArrowSchema};

use super::ahead::Ahead;
use super::ids::Ids;
use super::issue::Issue;
use super::looked::Looking;
use super::package::NotInOrder;
use super::raw::{Followed, Raw, RawTable};
use super::table::NO_ROW;
use super::texts::{Seen, Texts, trimmed};
use super::{arrow_cell, arrow_column, arrow_table};
use logis_language::pack::schema::EntityId;

/// The most rows for which memory is taken before they are read.
const ROWS: usize = 1 << 16;

/// A file, where it has been read to.
pub(super) struct Cursor {
    pub entity: EntityId,
    /// The table's name in the schema.
    pub table: String,
    /// The file's name.
    pub file: String,
    pub ahead: Ahead,
    /// The column that says which row of the decided entity a row belongs to; of the decided entity
    /// itself, its key.
    pub key: String,
    /// The column of its own identifier.
    pub id: String,
    pub rest: Option<RecordBatch>,
    /// Rows given so far.
    pub line: u64,
    /// Every identifier given.
    pub seen: Seen,
}

impl Cursor {
    /// Makes sure that there are rows to give; false at the end of the file.
    pub fn fill(&mut self) -> Result<bool, NotInOrder> {
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
    pub fn rows(
        &mut self,
        most: usize,
        issues: &mut Vec<Issue>,
    ) -> Result<Option<(RawTable, Ids)>, NotInOrder> {
        let key = self.place(&self.key)?;
        let (mut parts, mut left) = (Vec::new(), most);
        let (mut looking, mut plain) = (Looking::new(most.min(ROWS)), true);
        while left > 0 && self.fill()? {
            let Some(batch) = self.rest.take() else { break };
            let taken = left.min(batch.num_rows());
            let texts = texts(&batch, key);
            (0..taken).for_each(|row| looking.push(texts.get(row)));
            plain &= texts.are_cells();
            drop(texts);
            if taken < batch.num_rows() {
                self.rest = Some(batch.slice(taken, batch.num_rows() - taken));
            }
            left -= taken;
            parts.push(batch.slice(0, taken));
        }
        if parts.is_empty() {
            return Ok(None);
        }
        let looked = looking.finish();
        self.seen.note(&looked.ids, looked.rise);
        let ids = looked.ids.clone();
        let batch = self.joined(&parts)?;
        let mut table = self.table(&batch, issues);
        table.looked = Some(looked).filter(|_| plain);
        Ok(Some((table, ids)))
    }

    /// The key of the next row.
    pub fn next_key(&mut self) -> Result<Option<String>, NotInOrder> {
        let key = self.place(&self.key)?;
        let there = self.fill()?;
        let rest = self.rest.as_ref().filter(|_| there).and_then(|batch| batch.columns().get(key));
        Ok(rest.map(|array| arrow_cell::cell(array, 0).shown()))
    }

    /// The next rows, as long as the key of each is one of these, or empty. `next` is the key that comes after these.
    /// A table without rows left is there, and empty.
    pub fn members(
        &mut self,
        keys: &Ids,
        next: Option<&str>,
        issues: &mut Vec<Issue>,
    ) -> Result<RawTable, NotInOrder> {
        let (key, id) = (self.place(&self.key)?, self.place(&self.id)?);
        let mut parts = Vec::new();
        let (mut looking, mut links) = (Looking::new(keys.len()), Vec::with_capacity(keys.len()));
        let (mut plain_ids, mut plain_keys) = (true, true);
        // The last key that a row had: rows mostly have the same one, or the one that comes after it.
        let mut at = 0;
        let mut own = keys.text(at);
        while self.fill()? {
            let Some(batch) = self.rest.take() else { break };
            let texts_of_keys = texts(&batch, key);
            let mut rows = 0;
            while rows < batch.num_rows() {
                let text = texts_of_keys.get(rows);
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
                links.push(if text.is_empty() { NO_ROW } else { u32::try_from(at).unwrap_or(NO_ROW) });
                rows += 1;
            }
            let ids = texts(&batch, id);
            (0..rows).for_each(|row| looking.push(ids.get(row)));
            plain_ids &= ids.are_cells();
            plain_keys &= texts_of_keys.are_cells();
            drop((texts_of_keys, ids));
            if rows < batch.num_rows() {
                let rest = batch.slice(rows, batch.num_rows() - rows);
                parts.push(batch.slice(0, rows));
                self.rest = Some(rest);
                break;
            }
            parts.push(batch);
        }
        let looked = looking.finish();
        self.seen.note(&looked.ids, looked.rise);
        let batch = self.joined(&parts)?;
        let mut table = self.table(&batch, issues);
        table.looked = Some(looked).filter(|_| plain_ids);
        let followed = Followed { column: self.key.clone(), target: keys.clone(), links };
        table.followed = Some(Arc::new(followed)).filter(|_| plain_keys);
        Ok(table)
    }

    /// No rows.
    pub fn none(&mut self, issues: &mut Vec<Issue>) -> Result<RawTable, NotInOrder> {
        let batch = self.joined(&[])?;
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

/// The texts of a column, as they are asked for.
enum ColumnTexts<'b> {
    /// Where they stand.
    Plain(&'b StringArray),
    /// Of another form of texts.
    Other(Texts<'b>),
    /// Cells of another type, as they are shown.
    Shown(Vec<String>),
}

impl ColumnTexts<'_> {
    /// The text of a row without the blanks around it; an empty one where the cell is empty.
    fn get(&self, row: usize) -> &str {
        match self {
            ColumnTexts::Plain(array) if row < array.len() && array.is_valid(row) => {
                trimmed(array.value(row))
            }
            ColumnTexts::Plain(_) => "",
            ColumnTexts::Other(texts) => texts.get(row),
            ColumnTexts::Shown(texts) => texts.get(row).map_or("", String::as_str),
        }
    }

    /// Are they the cells themselves, which are texts?
    fn are_cells(&self) -> bool {
        !matches!(self, ColumnTexts::Shown(_))
    }
}

/// The texts of a column.
fn texts(batch: &RecordBatch, column: usize) -> ColumnTexts<'_> {
    let Some(array) = batch.columns().get(column) else { return ColumnTexts::Shown(Vec::new()) };
    if let Some(array) = array.as_string_opt::<i32>() {
        return ColumnTexts::Plain(array);
    }
    match arrow_column::texts(array) {
        Some(texts) => ColumnTexts::Other(texts),
        None => {
            ColumnTexts::Shown((0..array.len()).map(|row| arrow_cell::cell(array, row).shown()).collect())
        }
    }
}
