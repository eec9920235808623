//! Reading a written result: what is not its form is told in words, with its place.

use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};

use super::posed::Posed;
use super::report::{Report, SHORTFALL, Signed};
use logis_language::diagnostic::foreign::{json_words, named};
use logis_language::exchange::FORMAT;
use logis_matching::{Bound, Certificate, Proof};

/// Why a text is no result. The place is a line and a column, from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is not what `logis match` writes.
    #[error("n'est pas un résultat de `logis match --format json`: ligne {}, colonne {}: {what}", place.0, place.1)]
    NotAResult {
        /// Where.
        place: (usize, usize),
        /// What is wrong.
        what: String,
    },
    /// The certificate is not what `logis match` writes.
    #[error("la preuve est mal formée: ligne {}, colonne {}: {what}", place.0, place.1)]
    Proof {
        /// Where.
        place: (usize, usize),
        /// What is wrong.
        what: String,
    },
    /// It says something that is not checked.
    #[error("ligne {}, colonne {}: `{key}` n'est pas d'un résultat de `logis match`, et rien ne le vérifie", place.0, place.1)]
    Unchecked {
        /// Where.
        place: (usize, usize),
        /// The key.
        key: String,
    },
}

impl Report {
    /// Reads a written result.
    ///
    /// # Errors
    /// It is none, or says what no result says.
    pub fn read(text: &str) -> Result<Report, ReadError> {
        serde_json::from_str(text).map_err(|error| {
            let place = (error.line(), error.column());
            let text = error.to_string();
            let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
            let (of_proof, text) = match text.strip_prefix(OF_PROOF) {
                Some(text) => (true, text),
                None => (false, text),
            };
            match (named(text, "unknown field"), of_proof) {
                (Some(key), _) => ReadError::Unchecked { place, key: key.to_string() },
                (None, true) => ReadError::Proof { place, what: json_words(text) },
                (None, false) => ReadError::NotAResult { place, what: json_words(text) },
            }
        })
    }
}

/// The kind of a result among documents.
pub(super) const KIND: &str = "matching";

pub(super) fn read_format<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    this_one(from, FORMAT)
}

pub(super) fn read_kind<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    this_one(from, KIND)
}

/// Reads a text that must be `expected`.
fn this_one<'de, D: Deserializer<'de>>(from: D, expected: &'static str) -> Result<Option<String>, D::Error> {
    let read = String::deserialize(from)?;
    if read == expected {
        return Ok(Some(read));
    }
    Err(D::Error::custom(format_args!("unknown variant `{read}`, expected `{expected}`")))
}

/// The name of a level; those that it had before `logis/1` are read, too.
pub(super) fn level<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    Ok(match name.as_str() {
        "priorite" => "priority".to_string(),
        "adequation" => "fit".to_string(),
        other => other.strip_prefix("manque:").map_or(name.clone(), |quota| format!("{SHORTFALL}{quota}")),
    })
}

/// Marks, in the text of an error, that it is one of the certificate.
const OF_PROOF: &str = "certificate: ";

/// Reads the attributions: rows of cells, each named once.
pub(super) fn rows<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Map<String, Json>>, D::Error> {
    struct Row(Map<String, Json>);

    struct Cells;

    impl<'de> Visitor<'de> for Cells {
        type Value = Row;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a map")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
            let mut row = Map::new();
            while let Some((key, value)) = map.next_entry::<String, Json>()? {
                if row.contains_key(&key) {
                    return Err(A::Error::custom(format_args!("duplicate field `{key}`")));
                }
                row.insert(key, value);
            }
            Ok(Row(row))
        }
    }

    impl<'de> Deserialize<'de> for Row {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Row, D::Error> {
            from.deserialize_map(Cells)
        }
    }

    let rows = Vec::<Row>::deserialize(from)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Reads the certificate; its errors are marked as such.
pub(super) fn signed<'de, D: Deserializer<'de>>(from: D) -> Result<Signed, D::Error> {
    Signed::deserialize(from).map_err(|error| D::Error::custom(format_args!("{OF_PROOF}{error}")))
}

/// [`Signed`] as it is read: every key is known.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadSigned {
    date: String,
    #[serde(default)]
    max_candidates: Option<usize>,
    #[serde(default)]
    problem: Option<Posed>,
    #[serde(default)]
    units: Vec<String>,
    #[serde(default)]
    cells: Vec<u32>,
    attributions: Proof,
    bases: Vec<[Proof; 2]>,
    quotas: Vec<Proof>,
    priority: Proof,
    room: Bound,
    fit: Proof,
}

impl From<ReadSigned> for Signed {
    fn from(read: ReadSigned) -> Signed {
        let ReadSigned { date, max_candidates, problem, units, cells, .. } = read;
        let ReadSigned { attributions, bases, quotas, priority, room, fit, .. } = read;
        let proofs = Certificate { attributions, bases, quotas, priority, room, fit };
        Signed { date, max_candidates, problem, units, cells, proofs }
    }
}
