//! Reads a field: what its cells hold, and what an empty cell is.

use std::sync::Arc;

use toml::de::DeTable;

use super::entities::find_entity;
use super::listed::read_synonyms;
use super::{EntityId, Field, FieldKind, Schema};
use crate::diagnostic::texts::files::what;
use crate::diagnostic::{Diagnostics, Span, texts};
use crate::pack::territory::NONE;
use crate::pack::toml_reader::{Reader, scalar};
use crate::value::{Exact, Value};

const TYPES: [&str; 7] = ["amount", "integer", "decimal", "boolean", "date", "text", "codes"];

pub(super) fn read_field(
    schema: &Schema,
    entity: EntityId,
    entity_name: &str,
    name: &str,
    span: Span,
    table: &DeTable<'_>,
    out: &mut Diagnostics,
) -> Option<Field> {
    let mut reader = Reader::new(span.file, span.range.clone(), what::field(entity_name, name), table);
    let values = reader.strings("values", out);
    let decimals = reader.int("decimals", out).and_then(|d| u32::try_from(d).ok()).unwrap_or(2).min(9);
    // A list of values is a type of its own, and needs no other.
    let territory = reader.bool("territory", out);
    let kind = if territory {
        // Its values are the territories of the pack, which are read later.
        Some(FieldKind::Enum([Arc::from(NONE)].into()))
    } else if let Some(values) = values {
        reader.str("type", out);
        Some(FieldKind::Enum(values.into_iter().map(|(v, _)| Arc::from(v)).collect()))
    } else {
        reader.required_str("type", out).and_then(|(kind, at)| match kind {
            "amount" => Some(FieldKind::Number { decimals: 2, amount: true }),
            "integer" => Some(FieldKind::Number { decimals: 0, amount: false }),
            "decimal" => Some(FieldKind::Number { decimals, amount: false }),
            "boolean" => Some(FieldKind::Boolean),
            "date" => Some(FieldKind::Date),
            "text" => Some(FieldKind::Text),
            "codes" => Some(FieldKind::Codes),
            other => {
                out.push(texts::schema::unknown_type(other, &TYPES, at));
                None
            }
        })
    };
    let range = reader.get("range").and_then(|item| {
        let bounds: Vec<Exact> = item
            .get_ref()
            .as_array()
            .map(|a| {
                a.iter()
                    .filter_map(|v| match scalar(v.get_ref()) {
                        Some(Value::Number(n)) => Some(n),
                        _ => None,
                    })
                    .collect()
            })
            .unwrap_or_default();
        match bounds[..] {
            [low, high] if low <= high => Some((low, high)),
            // Not two numbers, or the larger one first.
            _ => {
                out.push(texts::schema::not_a_range(reader.at(item)));
                None
            }
        }
    });
    let (empty_is_none, empty_value) = read_empty(&mut reader, kind.as_ref(), out);
    let unlisted = reader.string("unlisted", out);
    let exhaustive = reader.string("exhaustive", out);
    let synonyms = match &kind {
        Some(FieldKind::Enum(values)) => read_synonyms(values, &mut reader, out),
        _ => Vec::new(),
    };
    let of = match reader.str("of", out) {
        None => None,
        Some((target, at)) if matches!(kind, Some(FieldKind::Text | FieldKind::Codes)) => {
            find_entity(schema, target, at, out)
        }
        Some((_, at)) => {
            out.push(texts::schema::of_without_codes(at));
            None
        }
    };
    let column = reader.string("column", out).unwrap_or_else(|| name.to_string());
    let required = reader.bool("required", out);
    // Each of these says what an empty cell is; two of them would contradict each other.
    let said = [required, empty_is_none, unlisted.is_some(), exhaustive.is_some()];
    if said.iter().filter(|s| **s).count() > 1 {
        out.push(texts::schema::empty_said_twice(name, reader.span()));
    }
    let label = reader.string("label", out).unwrap_or_else(|| name.to_string());
    let unit = reader.string("unit", out);
    let form = reader.string("form", out);
    reader.finish(out);
    Some(Field {
        name: name.to_string(),
        entity,
        column,
        kind: kind?,
        range,
        required,
        empty_is_none,
        empty_value,
        synonyms,
        of,
        unlisted,
        exhaustive,
        territory,
        as_written: false,
        label,
        unit,
        form,
        span,
    })
}

/// Reads `empty`: is an empty cell known, and which listed value is it?
fn read_empty(
    reader: &mut Reader<'_, '_>,
    kind: Option<&FieldKind>,
    out: &mut Diagnostics,
) -> (bool, Option<Arc<str>>) {
    let Some((said, at)) = reader.str("empty", out) else { return (false, None) };
    out.push(match kind {
        Some(FieldKind::Enum(values)) => match values.iter().find(|v| v.as_ref() == said) {
            Some(value) => return (true, Some(value.clone())),
            None => texts::schema::empty_not_listed(said, &values.join(", "), at),
        },
        Some(FieldKind::Text | FieldKind::Codes) if said == "none" => return (true, None),
        // What kind of field it is has not been read: that was said.
        None => return (false, None),
        Some(FieldKind::Text | FieldKind::Codes) => texts::schema::empty_not_none(said, at),
        Some(_) => texts::schema::empty_of_other_type(said, at),
    });
    (false, None)
}
