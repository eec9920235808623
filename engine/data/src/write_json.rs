//! Results as JSON. The same result gives the same bytes.

use super::output::{Output, WriteError};
use super::safe_text::visible;
use logis_language::value::{Value, format_number};

/// An array of objects, one a line; numbers as written in the result, an unknown is null.
pub fn to_json(result: &Output) -> Result<Vec<u8>, WriteError> {
    let mut out = String::from("[");
    for row in 0..result.rows() {
        out.push_str(if row == 0 { "\n  " } else { ",\n  " });
        object(result, row, &mut out);
    }
    out.push_str("\n]\n");
    Ok(out.into_bytes())
}

/// The same objects, one a line without an array round them.
pub fn to_ndjson(result: &Output) -> Result<Vec<u8>, WriteError> {
    let mut out = String::new();
    for row in 0..result.rows() {
        object(result, row, &mut out);
        out.push('\n');
    }
    Ok(out.into_bytes())
}

/// A row as an object.
fn object(result: &Output, row: usize, out: &mut String) {
    out.push('{');
    for (i, column) in result.columns.iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_str(&visible(&serde_json::Value::from(column.name.as_str()).to_string()));
        out.push_str(": ");
        match column.cells.get(row).and_then(Option::as_ref) {
            None => out.push_str("null"),
            Some(value) => out.push_str(&json(value)),
        }
    }
    out.push('}');
}

/// A value in JSON. A fraction without finite decimals is a text.
fn json(value: &Value) -> String {
    match value {
        Value::Bool(b) => b.to_string(),
        Value::Number(n) => {
            let text = format_number(n);
            if text.contains('/') { format!("\"{text}\"") } else { text }
        }
        Value::List(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        // Serde leaves the controls of C1 and the marks of direction as they are; escaped, they are the same text.
        other => visible(&serde_json::Value::from(other.to_string()).to_string()).into_owned(),
    }
}
