//! Reading a written result: what is not its form is told in words, with its place.

use std::fmt;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};

use super::posed::Posed;
use super::report::{Report, Signed};
use logis_matching::{Bound, Certificate, Proof};

/// Why a text is no result. The place is a line and a column, from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
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
                (None, true) => ReadError::Proof { place, what: words(text) },
                (None, false) => ReadError::NotAResult { place, what: words(text) },
            }
        })
    }
}

/// Marks, in the text of an error, that it is one of the certificate.
const OF_PROOF: &str = "certificate: ";

/// What stands between backquotes after `what`.
fn named<'t>(text: &'t str, what: &str) -> Option<&'t str> {
    text.strip_prefix(what)?.trim_start().strip_prefix('`')?.split('`').next()
}

/// The words of the reader of JSON in French, as far as a person meets them.
fn words(text: &str) -> String {
    if let Some(key) = named(text, "missing field") {
        return format!("`{key}` manque");
    }
    if let Some(key) = named(text, "duplicate field") {
        return format!("`{key}` y est deux fois");
    }
    let typed = text.strip_prefix("invalid type: ").or_else(|| text.strip_prefix("invalid value: "));
    if let Some((found, expected)) = typed.and_then(|typed| typed.split_once(", expected ")) {
        return format!("{}; attendu: {}", kind(found), kind(expected));
    }
    if let Some(name) = named(text, "unknown variant") {
        return format!("`{name}` est inconnu ici");
    }
    if let Some(expected) = text.strip_prefix("expected ") {
        return format!("attendu: {}", expected.replace(" or ", " ou ").replace("value", "une valeur"));
    }
    let known = [
        ("EOF", "le fichier s'arrête trop tôt"),
        ("recursion limit", "des listes ou objets trop emboîtés"),
        ("trailing characters", "du texte après la fin"),
        ("trailing comma", "une virgule de trop"),
        ("key must be", "une clé est un texte entre guillemets"),
        ("number out of range", "un nombre hors de portée"),
        ("invalid number", "un nombre mal écrit"),
        ("invalid length", "une liste trop courte ou trop longue"),
    ];
    let known = known.iter().find(|(english, _)| text.starts_with(english));
    known.map_or_else(|| format!("JSON: {text}"), |(_, french)| (*french).to_string())
}

/// A type of JSON or of ours, as a person calls it.
fn kind(text: &str) -> String {
    for (english, french) in [
        ("string", "texte"),
        ("a string", "un texte"),
        ("integer", "nombre"),
        ("floating point", "nombre"),
        ("number", "nombre"),
        ("boolean", "booléen"),
        ("null", "rien"),
        ("unit", "rien"),
        ("a sequence", "une liste"),
        ("sequence", "liste"),
        ("a map", "un objet"),
        ("map", "objet"),
        ("struct", "un objet"),
        ("u", "un nombre entier positif ou nul"),
        ("i64", "un nombre entier"),
    ] {
        let rest = text.strip_prefix(english);
        let whole = |rest: &str| rest.is_empty() || rest.starts_with(' ') || english == "u";
        if let Some(rest) = rest.filter(|rest| whole(rest)) {
            return match rest.trim().strip_prefix(['`', '"']) {
                Some(_) => format!("{french} {}", rest.trim()),
                None => french.to_string(),
            };
        }
    }
    text.to_string()
}

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
