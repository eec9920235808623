//! An outcome for whoever reads it, people or programs: known, unknown with the missing cells, or an error.
//!
//! As JSON its `state` says which: `{"state": "known", "type": "number", "value": 20123}`,
//! `{"state": "unknown", "missing": [{"kind": "field", "field": "rfr_n1", "entity": "demande", "id": "D0042"}]}`,
//! `{"state": "error", "message": "division par zéro", "rule": "part"}`. The form of before `logis/1`
//! (`{"value": "20123"}`, `{"unknown": ["rfr_n1 (demande D0042)"]}`, `{"error": "…"}`) is read, too.

use std::fmt;

use serde::de::Error as _;
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

use logis_data::visible_cell;
use logis_language::exchange::{Written, read_value, write_value};
use logis_language::value::Value;

/// A value as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A known value.
    Value(Value),
    /// Not known, with the missing cells that would settle it.
    Unknown(Vec<Missing>),
    /// The row has an error.
    Error(Failed),
}

/// A row by its names, as people and programs know it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RowName {
    /// The entity.
    pub entity: String,
    /// Its identifier; of a pair those of both rows, with a colon between.
    pub id: String,
    /// In words: `demande D0042`; both rows, for a pair.
    #[serde(skip)]
    pub words: String,
}

impl fmt::Display for RowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// A missing cell that would settle an outcome. In words: `rfr_n1 (demande D0042)`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Missing {
    /// A cell of a field.
    Field {
        /// The field.
        field: String,
        /// Entity of the row.
        entity: String,
        /// Identifier of the row.
        id: String,
        /// Why no value of the field's list fits, where the schema says so (`unlisted`).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The column that says to which row of another table a row belongs.
    Relation {
        /// The column.
        column: String,
        /// Entity of the row.
        entity: String,
        /// Identifier of the row.
        id: String,
    },
    /// No cell of the data: no territory that the row is of gives a local parameter.
    Local {
        /// Its path.
        parameter: String,
    },
    /// No cell of the data: a parameter has no value on the date of the decision.
    Parameter {
        /// Path of the parameter.
        parameter: String,
        /// The date.
        date: String,
    },
    /// No cell of the data: a rule is out of force on the date of the decision, and has no value then.
    Rule {
        /// The rule.
        rule: String,
        /// Why, in words.
        why: String,
    },
    /// In words only, as receipts said it before `logis/1`.
    Words {
        /// The words.
        words: String,
    },
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Missing::Field { field, entity, id, reason: Some(reason) } => {
                write!(f, "{field} ({entity} {} : {reason})", visible_cell(id))
            }
            Missing::Field { field: name, entity, id, reason: None }
            | Missing::Relation { column: name, entity, id } => {
                write!(f, "{name} ({entity} {})", visible_cell(id))
            }
            Missing::Parameter { parameter, date } => {
                write!(f, "paramètre `{parameter}`, sans valeur au {date}")
            }
            Missing::Local { parameter } => {
                write!(f, "paramètre local `{parameter}`, qu'aucun territoire ne donne ici")
            }
            Missing::Rule { rule, why } => write!(f, "règle `{rule}`, qui {why}"),
            Missing::Words { words } => f.write_str(words),
        }
    }
}

/// The error of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// What went wrong.
    pub message: String,
    /// The innermost rule around it; none if no rule failed.
    pub rule: Option<String>,
    /// Where in the rule. Receipts do not tell it: a line that moves changes no decision.
    pub written: Option<Written>,
}

impl Failed {
    /// An error that is none of a rule.
    pub fn of(message: impl Into<String>) -> Failed {
        Failed { message: message.into(), rule: None, written: None }
    }
}

/// `division par zéro (règle `part`, rules/parts.rhai:3:5)`
impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.rule, &self.written) {
            (None, None) => f.write_str(&self.message),
            (rule, None) => write!(f, "{} (règle `{}`)", self.message, rule.as_deref().unwrap_or("?")),
            (rule, Some(at)) => {
                write!(f, "{} (règle `{}`, {at})", self.message, rule.as_deref().unwrap_or("?"))
            }
        }
    }
}

impl Shown {
    /// The boolean, if it is a known one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Shown::Value(Value::Bool(is)) => Some(*is),
            _ => None,
        }
    }

    /// Do both say the same in words? Receipts of before `logis/1` hold nothing but words.
    pub(crate) fn same_words(&self, other: &Shown) -> bool {
        self.before_format() == other.before_format()
    }

    /// The form that outcomes had before `logis/1`.
    pub(crate) fn before_format(&self) -> BeforeFormat {
        match self {
            Shown::Value(value) => BeforeFormat::Value(value.to_string()),
            Shown::Unknown(missing) => {
                BeforeFormat::Unknown(missing.iter().map(Missing::to_string).collect())
            }
            Shown::Error(error) => BeforeFormat::Error(error.to_string()),
        }
    }
}

/// An outcome in words, as receipts held it before `logis/1`: their seals are hashes of that form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BeforeFormat {
    /// A known value, in plain form.
    Value(String),
    /// Not known, with the missing cells.
    Unknown(Vec<String>),
    /// An error.
    Error(String),
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        match self {
            Shown::Value(value) => {
                map.serialize_entry("state", "known")?;
                write_value(&mut map, value)?;
            }
            Shown::Unknown(missing) => {
                map.serialize_entry("state", "unknown")?;
                map.serialize_entry("missing", missing)?;
            }
            Shown::Error(error) => {
                map.serialize_entry("state", "error")?;
                map.serialize_entry("message", &error.message)?;
                if let Some(rule) = &error.rule {
                    map.serialize_entry("rule", rule)?;
                }
                if let Some(written) = &error.written {
                    map.serialize_entry("written", written)?;
                }
            }
        }
        map.end()
    }
}

/// An outcome as it is read: the keys of both forms.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    state: Option<String>,
    r#type: Option<String>,
    of: Option<String>,
    value: Option<Json>,
    missing: Option<Vec<Missing>>,
    message: Option<String>,
    rule: Option<String>,
    unknown: Option<Vec<String>>,
    error: Option<String>,
}

impl<'de> Deserialize<'de> for Shown {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Shown, D::Error> {
        let read = Read::deserialize(from)?;
        let words = || D::Error::custom("unknown outcome");
        match read {
            Read {
                state: Some(state),
                r#type: Some(kind),
                of,
                value: Some(value),
                missing: None,
                message: None,
                rule: None,
                unknown: None,
                error: None,
            } if state == "known" => {
                read_value(&kind, of.as_deref(), &value).map(Shown::Value).ok_or_else(words)
            }
            Read {
                state: Some(state),
                r#type: None,
                of: None,
                value: None,
                missing: Some(missing),
                message: None,
                rule: None,
                unknown: None,
                error: None,
            } if state == "unknown" => Ok(Shown::Unknown(missing)),
            Read {
                state: Some(state),
                r#type: None,
                of: None,
                value: None,
                missing: None,
                message: Some(message),
                rule,
                unknown: None,
                error: None,
            } if state == "error" => Ok(Shown::Error(Failed { message, rule, written: None })),
            Read {
                state: None,
                r#type: None,
                of: None,
                value,
                missing: None,
                message: None,
                rule: None,
                unknown,
                error,
            } => match (value, unknown, error) {
                (Some(Json::String(text)), None, None) => Ok(Shown::Value(Value::text(&text))),
                (None, Some(missing), None) => {
                    let missing = missing.into_iter().map(|words| Missing::Words { words });
                    Ok(Shown::Unknown(missing.collect()))
                }
                (None, None, Some(error)) => Ok(Shown::Error(Failed::of(error))),
                _ => Err(words()),
            },
            _ => Err(words()),
        }
    }
}
