//! A line of the ledger, and the hash that chains it to the line before.

use logis_language::fingerprint::sha256;
use logis_language::value::{Date, parse_date};
use serde_json::{Map, Value as Json, json};

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A session of the commission; its offers are the lines right after it.
    Session,
    /// A place in the list of a unit, notified with its rank.
    Offer,
    /// The household takes the unit.
    Acceptance,
    /// The household does not take the unit, or takes its acceptance back.
    Refusal,
    /// The lease is signed.
    Lease,
    /// The lease ends: the unit is free, and its lists are past.
    End,
    /// The pair is decided, outside of lists.
    Decision,
    /// The pair is ruled out; a decision for it is undone.
    Exclusion,
    /// A line of before, named by its number, was wrong: it counts no more, as if it had never been written.
    Correction,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 9] = [
        Kind::Session,
        Kind::Offer,
        Kind::Acceptance,
        Kind::Refusal,
        Kind::Lease,
        Kind::End,
        Kind::Decision,
        Kind::Exclusion,
        Kind::Correction,
    ];

    /// Those that come from outside, and not from a session.
    pub const ANSWERS: [Kind; 7] = [
        Kind::Acceptance,
        Kind::Refusal,
        Kind::Lease,
        Kind::End,
        Kind::Decision,
        Kind::Exclusion,
        Kind::Correction,
    ];

    /// Its name in the file.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Session => "seance",
            Kind::Offer => "proposition",
            Kind::Acceptance => "acceptation",
            Kind::Refusal => "refus",
            Kind::Lease => "bail",
            Kind::End => "fin_de_bail",
            Kind::Decision => "decision",
            Kind::Exclusion => "exclusion",
            Kind::Correction => "rectification",
        }
    }

    /// The kind of a name.
    pub fn of(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What a line is to say.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The day that it speaks of.
    pub day: Date,
    /// What it says.
    pub kind: Kind,
    /// Identifier of the request; nothing for a session.
    pub request: String,
    /// Identifier of the unit; nothing for a session.
    pub unit: String,
    /// What else it says.
    pub details: Map<String, Json>,
}

impl Entry {
    /// An entry without details.
    pub fn new(day: Date, kind: Kind, request: &str, unit: &str) -> Entry {
        Entry { day, kind, request: request.to_string(), unit: unit.to_string(), details: Map::new() }
    }

    /// With a detail more.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Json>) -> Entry {
        self.details.insert(key.to_string(), value.into());
        self
    }

    /// A detail that is a whole number.
    pub(crate) fn number(&self, key: &str) -> Option<u32> {
        self.details.get(key)?.as_u64().and_then(|number| u32::try_from(number).ok())
    }
}

/// A line as it was found where it is kept: nothing of it is held yet.
pub(crate) struct Written {
    pub number: i64,
    /// Day, kind, request, unit, details.
    pub texts: [String; 5],
    /// Hash of the line before.
    pub before: String,
    pub hash: String,
}

/// A line as it stands in the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its number, from 1.
    pub number: u64,
    /// What it says.
    pub entry: Entry,
    /// Its details as they are written, which is what is hashed.
    pub details: String,
    /// The hash of the line before; of the first: [`origin`].
    pub before: String,
    /// Its own hash.
    pub hash: String,
}

impl Line {
    /// The line of an entry after another.
    pub(crate) fn after(number: u64, before: &str, entry: &Entry) -> Line {
        let details = Json::Object(entry.details.clone()).to_string();
        let texts = [&entry.day.to_string(), entry.kind.name(), &entry.request, &entry.unit, &details];
        let hash = hash(before, number, texts);
        Line { number, entry: entry.clone(), details, before: before.to_string(), hash }
    }
}

/// The hash of a line: `texts` are its day, its kind, both identifiers and its details.
pub(crate) fn hash(before: &str, number: u64, texts: [&str; 5]) -> String {
    let [day, kind, request, unit, details] = texts;
    sha256(json!([before, number, day, kind, request, unit, details]).to_string().as_bytes())
}

/// What the first line names as the hash of the line before it: the hash of nothing.
pub fn origin() -> String {
    sha256(b"")
}

/// An entry as its texts say; why they say none otherwise, in French.
pub(crate) fn read(texts: [&str; 5]) -> Result<Entry, String> {
    let [day, kind, request, unit, details] = texts;
    // As it is written, and no other way in which people write a day.
    let date = parse_date(day).filter(|date| date.to_string() == day);
    let date = date.ok_or_else(|| format!("« {day} » n'est pas une date; attendu: AAAA-MM-JJ"))?;
    let known = Kind::of(kind).ok_or_else(|| {
        let all: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        format!("« {kind} » n'est pas une nature de ligne; attendu: {}", all.join(", "))
    })?;
    match serde_json::from_str(details) {
        Ok(Json::Object(details)) => Ok(Entry { details, ..Entry::new(date, known, request, unit) }),
        _ => Err(format!("« {details} » n'est pas un objet JSON")),
    }
}
