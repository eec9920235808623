//! Records out of bytes that come in parts of any size.

use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use logis::data::from_csv_cell;
use serde_json::{Map, Value as Json};

use super::{Content, Form, Record, arrow};
use crate::problem::Problem;

/// Takes parts of a body, and gives the records that are whole.
pub struct Splitter {
    of: Of,
    /// Records given so far.
    number: u64,
}

enum Of {
    Lines(Vec<u8>),
    Csv(Csv),
    Arrow { decoder: Box<StreamDecoder>, taken: usize },
}

impl Splitter {
    pub fn new(form: Form) -> Splitter {
        let of = match form {
            Form::Lines => Of::Lines(Vec::new()),
            Form::Csv => Of::Csv(Csv::default()),
            Form::Arrow => Of::Arrow { decoder: Box::default(), taken: 0 },
        };
        Splitter { of, number: 0 }
    }

    /// The records that end in these bytes. One that is longer than `most` ends the batch.
    pub fn push(&mut self, bytes: &[u8], most: usize) -> Result<Vec<Record>, Problem> {
        let contents = match &mut self.of {
            Of::Lines(open) => lines(open, bytes),
            Of::Csv(csv) => csv.push(bytes)?,
            Of::Arrow { decoder, taken } => {
                let mut buffer = Buffer::from(bytes.to_vec());
                let mut contents = Vec::new();
                *taken += bytes.len();
                while let Some(batch) = decoder.decode(&mut buffer).map_err(|error| not_arrow(&error))? {
                    *taken = buffer.len();
                    contents.extend(arrow::rows(&batch).into_iter().map(Content::Row));
                }
                // A batch is a record of many rows.
                if *taken > most.saturating_mul(256) {
                    return Err(Problem::too_large(most.saturating_mul(256)));
                }
                contents
            }
        };
        let open = match &self.of {
            Of::Lines(open) => open.len(),
            Of::Csv(csv) => csv.open.len(),
            Of::Arrow { .. } => 0,
        };
        if open > most {
            return Err(Problem::too_large(most));
        }
        Ok(self.numbered(contents))
    }

    /// What is left at the end.
    pub fn end(mut self) -> Result<Vec<Record>, Problem> {
        let contents = match &mut self.of {
            Of::Lines(open) => lines(open, b"\n"),
            Of::Csv(csv) => csv.end()?,
            Of::Arrow { decoder, .. } => {
                decoder.finish().map_err(|error| not_arrow(&error))?;
                Vec::new()
            }
        };
        Ok(self.numbered(contents))
    }

    fn numbered(&mut self, contents: Vec<Content>) -> Vec<Record> {
        let number = |content| {
            self.number += 1;
            Record { number: self.number, content }
        };
        contents.into_iter().map(number).collect()
    }
}

fn not_arrow(error: &arrow_schema::ArrowError) -> Problem {
    Problem::table(format!("le flux Arrow ne se lit pas : « {error} »"))
}

/// The lines that end in these bytes; blank ones are none.
fn lines(open: &mut Vec<u8>, bytes: &[u8]) -> Vec<Content> {
    let mut found = Vec::new();
    for part in bytes.split_inclusive(|byte| *byte == b'\n') {
        open.extend_from_slice(part);
        if part.ends_with(b"\n") {
            let line = std::mem::take(open);
            if !line.trim_ascii().is_empty() {
                found.push(Content::Line(line));
            }
        }
    }
    found
}

/// Rows of CSV: a record ends at a line end outside of quotation marks.
#[derive(Default)]
struct Csv {
    open: Vec<u8>,
    quoted: bool,
    header: Option<(Vec<String>, u8)>,
}

impl Csv {
    fn push(&mut self, bytes: &[u8]) -> Result<Vec<Content>, Problem> {
        let mut found = Vec::new();
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.open.extend_from_slice(part);
            // Two marks in a row are one of the cell: the count comes out the same.
            self.quoted ^= part.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
            if part.ends_with(b"\n") && !self.quoted {
                let record = std::mem::take(&mut self.open);
                found.extend(self.record(&record)?);
            }
        }
        Ok(found)
    }

    fn end(&mut self) -> Result<Vec<Content>, Problem> {
        if self.quoted {
            return Err(Problem::table("un guillemet du CSV n'est pas refermé"));
        }
        let record = std::mem::take(&mut self.open);
        Ok(self.record(&record)?.into_iter().collect())
    }

    fn record(&mut self, record: &[u8]) -> Result<Option<Content>, Problem> {
        if record.trim_ascii().is_empty() {
            return Ok(None);
        }
        let Ok(text) = std::str::from_utf8(record) else {
            return match self.header {
                None => Err(Problem::table("l'en-tête du CSV n'est pas de l'UTF-8")),
                Some(_) => Ok(Some(Content::Faulty("la ligne n'est pas de l'UTF-8".to_string()))),
            };
        };
        let Some((header, separator)) = &self.header else {
            let text = text.trim_start_matches('\u{feff}');
            // As spreadsheets write it: the separator is what the header has most of.
            let count = |separator: &u8| text.bytes().filter(|byte| byte == separator).count();
            let separator = [b',', b';', b'\t'].into_iter().rev().max_by_key(count).unwrap_or(b',');
            let names = cells(text, separator).unwrap_or_default();
            if let Some(twice) =
                names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|n| n == *name))
            {
                return Err(Problem::table(format!("la colonne `{}` du CSV est donnée deux fois", twice.1)));
            }
            self.header = Some((names, separator));
            return Ok(None);
        };
        let Some(cells) = cells(text, *separator).filter(|cells| cells.len() == header.len()) else {
            let words = format!("la ligne n'a pas {} cellules", header.len());
            return Ok(Some(Content::Faulty(words)));
        };
        let known = header.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
        let mut row = Json::Object(Map::new());
        for (name, cell) in known {
            let value = Json::String(from_csv_cell(&cell).into());
            if !put(&mut row, name, value) {
                let words =
                    format!("colonne `{name}`: attendu: un nom, ou un chemin comme `personnes.0.lien`");
                return Ok(Some(Content::Faulty(words)));
            }
        }
        close(&mut row);
        Ok(Some(Content::Row(row)))
    }
}

/// The most rows that belong to one.
const MEMBERS: usize = 100;

/// Puts a value where a path leads: `personnes.0.lien` is the `lien` of the first of `personnes`.
fn put(row: &mut Json, path: &str, value: Json) -> bool {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let place = match (row, step.parse::<usize>()) {
        (Json::Array(items), Ok(at)) if at < MEMBERS => {
            if items.len() <= at {
                items.resize(at + 1, Json::Null);
            }
            items.get_mut(at)
        }
        (Json::Object(keys), Err(_)) => Some(keys.entry(step).or_insert(Json::Null)),
        _ => None,
    };
    match (place, rest) {
        (Some(place), None) if place.is_null() => *place = value,
        (Some(place), Some(rest)) => {
            if place.is_null() {
                let next = rest.split('.').next().unwrap_or_default();
                let is_list = next.parse::<usize>().is_ok();
                *place = if is_list { Json::Array(Vec::new()) } else { Json::Object(Map::new()) };
            }
            return put(place, rest, value);
        }
        _ => return false,
    }
    true
}

/// Leaves out the places of lists that nothing was put into.
fn close(row: &mut Json) {
    match row {
        Json::Object(keys) => keys.values_mut().for_each(close),
        Json::Array(items) => {
            items.retain(|item| !item.is_null());
            items.iter_mut().for_each(close);
        }
        _ => {}
    }
}

/// The cells of one record.
fn cells(record: &str, separator: u8) -> Option<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new();
    let mut reader = reader.has_headers(false).delimiter(separator).from_reader(record.as_bytes());
    let cells = reader.records().next()?.ok()?;
    Some(cells.iter().map(str::to_string).collect())
}
