//! What all JSON of Logis for other programs has in common: its version, its envelope, its typed values.
//!
//! A document begins with `"format": "logis/1"` and with its kind; the JSON Schema of every kind is published
//! (`logis schema --format-of KIND`). Keys are English; names of rules, fields and values are those of the pack.
//! A value stands beside its type:
//!
//! * `boolean`: `true` or `false`;
//! * `number`: a JSON number if it has at most 15 significant digits, so that a reader with 64-bit floating-point
//!   numbers gets the very decimal; otherwise a string of all its digits, or of a fraction (`"1/3"`);
//! * `date`: a string as in ISO 8601, `"2017-06-30"`;
//! * `text`: a string;
//! * `list`: an array, the type of its items in `of`.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use super::diagnostic::{Sources, Span};
use super::value::{Exact, Type, Value, format_number, parse_date, parse_number};

/// The version of the documents that are written. A document with another is refused by whoever reads it; keys may
/// be added within a version.
pub const FORMAT: &str = "logis/1";

/// Significant digits that every reader keeps: each decimal with no more of them is the nearest one to some 64-bit
/// floating-point number, and is found again from it.
const SAFE_DIGITS: usize = 15;

/// A document: the version and the kind, then the keys of `body`.
#[derive(Clone, Debug, Serialize)]
pub struct Document<T> {
    format: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    body: T,
}

impl<T: Serialize> Document<T> {
    /// A document of that kind; `body` is what serialises as an object.
    pub fn new(kind: &'static str, body: T) -> Document<T> {
        Document { format: FORMAT, kind, body }
    }

    /// With line ends and indents, and a line end last.
    ///
    /// # Errors
    /// The body is no object.
    pub fn pretty(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// In one line, without its end.
    ///
    /// # Errors
    /// The body is no object.
    pub fn line(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

/// The name of a type in documents.
pub fn type_name(of: &Type) -> &'static str {
    match of {
        Type::Bool => "boolean",
        Type::Number => "number",
        Type::Date => "date",
        Type::Text(_) => "text",
        Type::List(_) => "list",
    }
}

/// A number, by the rule of this module.
///
/// ```
/// use logis::exchange::number;
/// use logis::value::parse_number;
/// let json = |text| parse_number(text).map(|n| number(&n).to_string());
/// assert_eq!(json("20123.45").as_deref(), Some("20123.45"));
/// assert_eq!(json("-0.000001").as_deref(), Some("-1e-6")); // the same number
/// assert_eq!(json("1234567890123456").as_deref(), Some("\"1234567890123456\"")); // 16 digits
/// ```
pub fn number(value: &Exact) -> Json {
    let text = format_number(value);
    let digits = text.trim_start_matches(['-', '0', '.']);
    // Zeros at the end of a whole number are no significant digits; a fraction ends in none.
    let digits =
        if digits.contains('.') || text.contains('.') { digits } else { digits.trim_end_matches('0') };
    let significant = digits.bytes().filter(u8::is_ascii_digit).count();
    if text.contains('/') || significant > SAFE_DIGITS {
        return Json::String(text);
    }
    if let Ok(whole) = text.parse::<i64>() {
        return whole.into();
    }
    let near = text.parse::<f64>().ok().and_then(serde_json::Number::from_f64);
    near.map_or(Json::String(text), Json::Number)
}

/// A value without its type.
pub fn value(of: &Value) -> Json {
    match of {
        Value::Bool(is) => Json::Bool(*is),
        Value::Number(n) => number(n),
        Value::Date(date) => Json::String(date.to_string()),
        Value::Text(text) => Json::String(text.to_string()),
        Value::List(items) => Json::Array(items.iter().map(value).collect()),
    }
}

/// Reads a value of a type of that name; `of` is the type of the items of a list.
pub fn read_value(kind: &str, of: Option<&str>, json: &Json) -> Option<Value> {
    match (kind, json) {
        ("boolean", Json::Bool(is)) => Some(Value::Bool(*is)),
        // `serde_json` writes numbers with an exponent where they are small or large; Rust's own text has none.
        ("number", Json::Number(n)) => {
            let text = match (n.as_i64(), n.as_f64()) {
                (Some(whole), _) => whole.to_string(),
                (None, Some(near)) => near.to_string(),
                (None, None) => return None,
            };
            parse_number(&text).map(Value::Number)
        }
        ("number", Json::String(text)) => match text.split_once('/') {
            Some((n, d)) => {
                let (n, d) = (n.parse().ok()?, d.parse().ok().filter(|d: &i128| *d > 0)?);
                Some(Value::Number(Exact::new(n, d)))
            }
            None => parse_number(text).map(Value::Number),
        },
        ("date", Json::String(text)) => parse_date(text).map(Value::Date),
        ("text", Json::String(text)) => Some(Value::text(text)),
        ("list", Json::Array(items)) => {
            let items: Option<Vec<Value>> =
                items.iter().map(|item| read_value(of.unwrap_or("text"), None, item)).collect();
            items.map(|items| Value::List(items.into()))
        }
        _ => None,
    }
}

/// Adds a value and its type to an object: `type`, `value`, and `of` for a list.
///
/// # Errors
/// Those of the serializer.
pub fn write_value<M: SerializeMap>(map: &mut M, of: &Value) -> Result<(), M::Error> {
    let kind = of.value_type();
    map.serialize_entry("type", type_name(&kind))?;
    if let Type::List(item) = &kind {
        map.serialize_entry("of", type_name(item))?;
    }
    map.serialize_entry("value", &value(of))
}

/// A value with its type as an object, for `#[serde(serialize_with)]`.
///
/// # Errors
/// Those of the serializer.
pub fn typed<S: Serializer>(of: &Value, to: S) -> Result<S::Ok, S::Error> {
    let mut map = to.serialize_map(None)?;
    write_value(&mut map, of)?;
    map.end()
}

/// A value with its type, or `null`, for `#[serde(serialize_with)]`.
///
/// # Errors
/// Those of the serializer.
pub fn typed_option<S: Serializer>(of: &Option<Value>, to: S) -> Result<S::Ok, S::Error> {
    match of {
        Some(value) => typed(value, to),
        None => to.serialize_none(),
    }
}

/// A number by the rule of this module, for `#[serde(serialize_with)]`.
///
/// # Errors
/// Those of the serializer.
pub fn exact<S: Serializer>(of: &Exact, to: S) -> Result<S::Ok, S::Error> {
    number(of).serialize(to)
}

/// A place in a file of the pack; for programs relative to the pack's folder, in words as messages show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Written {
    /// What messages put before the path: the folder that the pack was read from.
    #[serde(skip)]
    root: String,
    /// Path of the file in the pack's folder, with `/`.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
}

impl Written {
    /// The start of a place; `None` for a place in no file of the pack.
    pub fn of(sources: &Sources, span: &Span) -> Option<Written> {
        let (file, line, column) = sources.place(span)?;
        Some(Written { root: sources.root().to_string(), file: file.to_string(), line, column })
    }
}

/// `rules/plafonds/plus.rhai:8:31`
impl std::fmt::Display for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}:{}:{}", self.root, self.file, self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// What is written is read as it was, and a JSON number is the very decimal to whoever reads it as `f64`.
        #[test]
        fn numbers_come_back(whole in any::<i64>(), decimals in 0_u32..19) {
            let n = Exact::new(i128::from(whole), 10_i128.pow(decimals));
            let json = number(&n);
            let text = json.to_string();
            let again: Json = serde_json::from_str(&text).map_err(|e| TestCaseError::fail(e.to_string()))?;
            prop_assert_eq!(read_value("number", None, &again), Some(Value::Number(n)));
            if let Some(near) = again.as_f64() {
                prop_assert_eq!(parse_number(&near.to_string()), Some(n));
            }
        }
    }

    #[test]
    fn a_fraction_without_end_is_a_string() {
        let third = Exact::new(1, 3);
        assert_eq!(number(&third), Json::String("1/3".into()));
        assert_eq!(read_value("number", None, &number(&third)), Some(Value::Number(third)));
    }
}
