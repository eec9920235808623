//! A CSV file as batches of Arrow, one block of lines after the other: the plain case, fast. A cell that is not written
//! as plainly as that leaves its column of the block as texts, which are then read with all that people write. What
//! only the reading of the whole file can tell (quotation marks that go wrong, rows that are too short, an encoding to
//! be guessed, titles above the headers) ends the reading with [`NotInOrder`].

use std::collections::BTreeSet;
use std::io::{Cursor, Read};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field as ArrowField, Schema as ArrowSchema};
use bytes::Bytes;
use memchr::{memchr, memchr_iter, memchr2};

use super::csv_cells::{Builder, Form};
use super::csv_file::Opening;
use super::csv_marks::Marks;
use super::decode::in_french;
use super::package::NotInOrder;
use super::safe_text::from_csv_cell;
use super::texts::trimmed;
use super::{names, titles};
use logis_language::pack::schema::{BelongsTo, EntityId, FieldId, Schema};

/// Bytes of a file that are read at once.
const BLOCK: usize = 1 << 21;

/// What is asked for of a file.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub fields: &'a BTreeSet<FieldId>,
    /// Is a relation followed, by its number among those of the entity?
    pub follows: &'a dyn Fn(usize, &BelongsTo) -> bool,
}

/// A CSV file that is read block by block.
pub(super) struct CsvBatches {
    source: Box<dyn Read + Send>,
    /// Bytes that are read: whole lines, and the beginning of the next.
    bytes: Vec<u8>,
    /// How many of them are given already.
    given: usize,
    over: bool,
    separator: u8,
    pub headers: Vec<String>,
    /// The headers of columns that nothing asks for: their cells are not looked at.
    pub unchecked: Vec<String>,
    forms: Vec<Form>,
    /// Of characters beyond ASCII: is there one, and one that French text has?
    beyond: (bool, bool),
    /// Was a line blank? Then no row may follow: rows are on lines one after the other.
    blank: bool,
    /// By column of booleans: zeros and ones, and letters O, which are not to be mixed.
    switches: Vec<(bool, bool)>,
}

impl CsvBatches {
    /// Opens a file for a table of the schema. With `only`, the columns of other fields are passed over, and so are those of
    /// relations that are not followed. `None` if it is to be read whole.
    pub fn open(
        schema: &Schema,
        id: EntityId,
        only: Option<Asked<'_>>,
        file: &str,
        source: Box<dyn Read + Send>,
    ) -> Option<CsvBatches> {
        let entity = schema.entities.get(id)?;
        let mut new = CsvBatches {
            source,
            bytes: Vec::new(),
            given: 0,
            over: false,
            separator: b',',
            headers: Vec::new(),
            unchecked: Vec::new(),
            forms: Vec::new(),
            beyond: (false, false),
            blank: false,
            switches: Vec::new(),
        };
        let end = new.fill().ok()?;
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let text = std::str::from_utf8(new.bytes.get(..end)?).ok()?;
        if text.starts_with('\u{feff}') || text.contains('\0') {
            return None;
        }
        let opening = Opening::of(text, &names::expected(schema, stem));
        let mut said = Vec::new();
        titles::say(file, &opening.rows, opening.header, &mut said);
        let line = text.split_inclusive('\n').next()?;
        let header = opening.plain_header(line).filter(|_| said.is_empty())?;
        new.separator = opening.separator;
        new.given = line.len();
        let places = names::places(schema, entity, &header).at;
        let mut forms = vec![Form::Skipped; header.len()];
        for (field, declared) in entity.fields.iter().filter_map(|f| Some((*f, schema.fields.get(*f)?))) {
            let Some(slot) = places.get(declared.column.as_str()).and_then(|at| forms.get_mut(*at)) else {
                continue;
            };
            if only.is_some_and(|asked| !asked.fields.contains(&field)) {
                continue;
            }
            let form = Form::of(declared);
            *slot = match (&*slot, form) {
                (Form::Skipped, form) => form,
                // Two fields of one column.
                _ => Form::Few,
            };
        }
        for (number, relation) in entity.belongs_to.iter().enumerate() {
            let asked = only.is_none_or(|asked| (asked.follows)(number, relation));
            if let Some(at) = places.get(relation.column.as_str()).filter(|_| asked) {
                *forms.get_mut(*at)? = Form::Few;
            }
        }
        *forms.get_mut(*places.get(entity.key.as_str())?)? = Form::Texts;
        // Names of the rows of a table of the pack, which may be no field.
        let names = entity.names.as_deref().and_then(|column| header.iter().position(|own| own == column));
        if let Some(form) =
            names.and_then(|at| forms.get_mut(at)).filter(|form| matches!(form, Form::Skipped))
        {
            *form = Form::Texts;
        }
        let expected: BTreeSet<usize> = places.values().copied().collect();
        let passed = forms.iter().enumerate().filter(|(_, form)| matches!(form, Form::Skipped));
        let passed = passed.filter(|(at, _)| expected.contains(at)).map(|(at, _)| at);
        new.unchecked = passed.filter_map(|at| header.get(at)).cloned().collect();
        new.switches = vec![(false, false); forms.len()];
        (new.headers, new.forms) = (header, forms);
        Some(new)
    }

    /// The whole of a file that is read so, every row in one batch: the columns that are asked for, and every header with
    /// whether its column is one of these; `None` if it is to be read otherwise.
    pub fn whole(
        schema: &Schema,
        id: EntityId,
        only: Option<Asked<'_>>,
        file: &str,
        bytes: &Bytes,
    ) -> Option<(Vec<(String, bool)>, RecordBatch)> {
        let mut all = CsvBatches::open(schema, id, only, file, Box::new(Cursor::new(bytes.clone())))?;
        let mut batches = Vec::new();
        while let Some(batch) = all.next_batch().ok()? {
            batches.push(batch);
        }
        let headers = all.headers.into_iter();
        let headers: Vec<(String, bool)> =
            headers.map(|h| (h.clone(), !all.unchecked.contains(&h))).collect();
        let kept: Vec<usize> =
            (0..headers.len()).filter(|at| headers.get(*at).is_some_and(|h| h.1)).collect();
        // A column may be typed in one batch and a text in another.
        let schema = batches.first()?.schema();
        let alike = batches.iter().all(|batch| batch.schema() == schema);
        let whole = alike.then(|| arrow_select::concat::concat_batches(&schema, &batches).ok())??;
        let whole = whole.project(&kept).ok()?;
        let typed = !whole.columns().iter().any(|array| *array.data_type() == DataType::Null);
        typed.then_some((headers, whole))
    }

    /// Which columns may be left out of a batch: nothing of them is kept.
    pub fn quiet(&self) -> Vec<bool> {
        let quiet = |form: &Form| matches!(form, Form::Skipped);
        self.forms.iter().map(quiet).collect()
    }

    /// The next rows; `None` after the last.
    pub fn next_batch(&mut self) -> Result<Option<RecordBatch>, NotInOrder> {
        loop {
            let end = self.fill()?;
            if end <= self.given {
                // Characters of which none is of French are told; so are zeros beside letters O.
                let foreign = self.beyond.0 && !self.beyond.1;
                let mixed = self.switches.iter().any(|(digits, letters)| *digits && *letters);
                return if foreign || mixed { Err(NotInOrder) } else { Ok(None) };
            }
            let bytes = std::mem::take(&mut self.bytes);
            let block = bytes.get(self.given..end).unwrap_or(&[]);
            let batch = self.block(block);
            (self.bytes, self.given) = (bytes, end);
            if let Some(batch) = batch?.filter(|batch| batch.num_rows() > 0) {
                return Ok(Some(batch));
            }
        }
    }

    /// Reads on, up to some whole lines; gives where they end.
    fn fill(&mut self) -> Result<usize, NotInOrder> {
        if self.given > 0 {
            self.bytes.drain(..self.given);
            self.given = 0;
        }
        let mut from = 0;
        loop {
            let fresh = self.bytes.get(from..).unwrap_or(&[]);
            if self.over {
                return Ok(self.bytes.len());
            }
            if self.bytes.len() >= BLOCK
                && let Some(at) = fresh.iter().rposition(|b| *b == b'\n')
            {
                return Ok(from + at + 1);
            }
            from = self.bytes.len();
            let read = self.source.by_ref().take(BLOCK as u64).read_to_end(&mut self.bytes);
            self.over = read.map_err(|_| NotInOrder)? == 0;
            if self.over {
                continue;
            }
            from = 0;
        }
    }

    /// Reads whole lines.
    fn block(&mut self, block: &[u8]) -> Result<Option<RecordBatch>, NotInOrder> {
        let text = std::str::from_utf8(block).map_err(|_| NotInOrder)?;
        // Mostly a stretch has letters without accents only, which is seen sixteen bytes at a time.
        for stretch in stretches(text).filter(|stretch| !stretch.is_ascii()) {
            for c in stretch.chars().filter(|c| !c.is_ascii()) {
                self.beyond.0 = true;
                self.beyond.1 |= in_french(c);
                if c == '\u{fffd}' {
                    return Err(NotInOrder);
                }
            }
        }
        if memchr(0, block).is_some() {
            return Err(NotInOrder);
        }
        let escapes = memchr2(b'\'', b'\\', block).is_some();
        let mut escaped = false;
        let mut builders: Vec<Builder<'_>> = self.forms.iter().map(Builder::of).collect();
        let forms = &self.forms;
        let rows = rows_of(text, self.separator, forms.len(), &mut self.blank, |column, cell| {
            if let Some(builder) = builders.get_mut(column) {
                builder.push(cell);
            }
            escaped |= escapes && from_csv_cell(cell) != cell;
        })?;
        if escaped {
            return Err(NotInOrder);
        }
        for (switch, builder) in self.switches.iter_mut().zip(&builders) {
            let (digits, letters) = builder.switch();
            switch.0 |= digits;
            switch.1 |= letters;
        }
        // What is written otherwise is read as it stands, in a second pass over its columns.
        let odd: Vec<bool> = builders.iter().map(Builder::is_odd).collect();
        if odd.contains(&true) {
            for (builder, odd) in builders.iter_mut().zip(&odd) {
                if *odd {
                    *builder = Builder::of(&Form::Texts);
                }
            }
            rows_of(text, self.separator, forms.len(), &mut false, |column, cell| {
                if odd.get(column) == Some(&true)
                    && let Some(builder) = builders.get_mut(column)
                {
                    builder.push(cell);
                }
            })?;
        }
        if builders.iter().any(Builder::is_odd) {
            return Err(NotInOrder);
        }
        let arrays = builders.into_iter().map(|builder| builder.finish(rows));
        let arrays = arrays.collect::<Result<Vec<ArrayRef>, ArrowError>>().map_err(|_| NotInOrder)?;
        let fields = self.headers.iter().zip(&arrays);
        let fields: Vec<ArrowField> =
            fields.map(|(header, array)| ArrowField::new(header, array.data_type().clone(), true)).collect();
        RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), arrays).map(Some).map_err(|_| NotInOrder)
    }
}

/// A text in stretches of some hundred bytes.
fn stretches(text: &str) -> impl Iterator<Item = &str> {
    const STRETCH: usize = 256;
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = rest.ceil_char_boundary(STRETCH);
        let (stretch, others) = rest.split_at_checked(end)?;
        rest = others;
        (!stretch.is_empty()).then_some(stretch)
    })
}

/// Gives each cell of a text, blanks around it cut off and quotation marks undone, with its column; and how many rows
/// there are. `blank` says whether a line was blank: then none may follow that is not.
fn rows_of<'t>(
    text: &'t str,
    separator: u8,
    width: usize,
    blank: &mut bool,
    mut cell: impl FnMut(usize, &'t str),
) -> Result<usize, NotInOrder> {
    let bytes = text.as_bytes();
    // A carriage return stands before a line feed, or ends a line by itself.
    let alone = |at: usize| bytes.get(at + 1) != Some(&b'\n');
    if memchr_iter(b'\r', bytes).any(alone) {
        return Err(NotInOrder);
    }
    let quoted = memchr(b'"', bytes).is_some();
    let mut marks = Marks::new(bytes, separator);
    let (mut rows, mut at) = (0, 0);
    while at < bytes.len() {
        let line = bytes.get(at..).unwrap_or(&[]);
        if is_blank(line, separator) {
            *blank = true;
            at += line.iter().position(|b| *b == b'\n').map_or(line.len(), |end| end + 1);
            marks.go_past(at - 1);
            continue;
        }
        if *blank {
            return Err(NotInOrder);
        }
        let mut column = 0;
        loop {
            let mut end = marks.next().unwrap_or(bytes.len());
            let mut own = text.get(at..end).ok_or(NotInOrder)?;
            if quoted && own.contains('"') {
                (own, end) = quoted_cell(text, at, separator).ok_or(NotInOrder)?;
                marks.go_past(end);
            }
            let own = trimmed(own);
            if column < width {
                cell(column, own);
            } else if !own.is_empty() {
                // Spreadsheets leave separators behind empty cells on the right, and nothing else.
                return Err(NotInOrder);
            }
            column += 1;
            at = end + 1;
            if bytes.get(end) != Some(&separator) {
                break;
            }
        }
        if column < width {
            return Err(NotInOrder);
        }
        rows += 1;
    }
    Ok(rows)
}

/// The text of a cell that stands between two quotation marks on one line, and where the cell ends.
fn quoted_cell(text: &str, at: usize, separator: u8) -> Option<(&str, usize)> {
    let bytes = text.as_bytes();
    let blanks = |from: usize| {
        let rest = bytes.get(from..).unwrap_or(&[]);
        from + rest.iter().take_while(|b| **b != separator && matches!(b, b' ' | b'\t')).count()
    };
    let open = blanks(at);
    (bytes.get(open) == Some(&b'"')).then_some(())?;
    let close = open + 1 + bytes.get(open + 1..)?.iter().position(|b| *b == b'"')?;
    let own = text.get(open + 1..close).filter(|own| !own.contains(['\n', '\r']))?;
    let mut end = blanks(close + 1);
    if bytes.get(end) == Some(&b'\r') {
        end += 1;
    }
    (end >= bytes.len() || matches!(bytes.get(end), Some(b) if *b == separator || *b == b'\n'))
        .then_some((own, end))
}

/// Has the line that begins here nothing but separators and blanks?
fn is_blank(line: &[u8], separator: u8) -> bool {
    let sign = line.iter().find(|b| **b != separator && !matches!(b, b' ' | b'\t' | b'\r'));
    sign.is_none_or(|b| *b == b'\n')
}

#[cfg(test)]
mod tests {
    use super::rows_of;
    use proptest::prelude::*;

    proptest! {
        /// Cells are those of the reader that follows quotation marks wherever they go.
        #[test]
        fn cells_are_those_of_the_careful_reader(text in "[a \"\n;\r]{0,30}") {
            let mut found: Vec<Vec<String>> = Vec::new();
            let read = rows_of(&text, b';', 2, &mut false, |column, cell| {
                if column == 0 { found.push(Vec::new()); }
                found.last_mut().unwrap().push(cell.to_string());
            });
            if read.is_ok() {
                let careful = super::super::csv_rows::Rows::new(&text, b';');
                let careful: Vec<_> = careful.filter(|row| !row.cells.iter().all(|c| c.text.trim().is_empty())).collect();
                prop_assert!(careful.iter().all(|row| row.wrong.is_none()));
                let lines = careful.iter().map(|row| row.line);
                prop_assert!(lines.clone().zip(lines.skip(1)).all(|(a, b)| a + 1 == b));
                let careful: Vec<Vec<String>> = careful.iter().map(|row| row.cells.iter().take(2).map(|c| c.text.trim().to_string()).collect()).collect();
                prop_assert_eq!(found, careful);
            }
        }
    }
}
