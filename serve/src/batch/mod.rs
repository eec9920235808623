//! Batches: the records of a body that comes part by part, and the decisions of them in one of three forms.

mod arrow;
mod split;
mod write;

pub use split::Splitter;
pub use write::Writer;

/// A record of a batch.
#[derive(Debug)]
pub struct Record {
    /// Its number, from 1.
    pub number: u64,
    pub content: Content,
}

/// What a record is given as.
#[derive(Debug)]
pub enum Content {
    /// A line of JSON.
    Line(Vec<u8>),
    /// A row of columns.
    Row(serde_json::Value),
    /// Why it is none.
    Faulty(String),
}

/// The forms of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A JSON object a line.
    Lines,
    Csv,
    /// A stream of Arrow (IPC).
    Arrow,
}

impl Form {
    const ALL: [Form; 3] = [Form::Lines, Form::Csv, Form::Arrow];

    /// Its media type.
    pub fn media(self) -> &'static str {
        match self {
            Form::Lines => "application/x-ndjson",
            Form::Csv => "text/csv; charset=utf-8",
            Form::Arrow => "application/vnd.apache.arrow.stream",
        }
    }

    /// The form of a media type.
    pub fn of(media: &str) -> Option<Form> {
        let media = if media == "application/ndjson" { "application/x-ndjson" } else { media };
        Form::ALL.into_iter().find(|form| form.media().split(';').next() == Some(media))
    }

    /// The first form that a caller accepts; lines, if anything is.
    pub fn accepted(accept: &str) -> Option<Form> {
        let kinds = accept.split(',').map(|kind| kind.split(';').next().unwrap_or_default().trim());
        kinds.filter(|kind| !kind.is_empty()).find_map(|kind| match kind {
            "*/*" | "application/*" => Some(Form::Lines),
            "text/*" => Some(Form::Csv),
            kind => Form::of(&kind.to_ascii_lowercase()),
        })
    }
}
