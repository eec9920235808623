//! Values of cases as values of a type, and columns of them.

use std::sync::Arc;

use logis_data::{Cells, Column, Shared};
use logis_decide::evaluate::possible::{Missing, Possible, Range};
use logis_language::pack::cases::CaseValue;
use logis_language::pack::schema::FieldKind;
use logis_language::value::{Date, Exact, Type, Value, days_between, parse_date, parse_number, power_of_ten};

/// Anything of that type.
pub(super) fn open(ty: &Type) -> Possible {
    match ty {
        Type::Bool => Possible::open_bool(Missing::default()),
        Type::Text(Some(values)) => {
            let mut values: Vec<Value> = values.iter().cloned().map(Value::Text).collect();
            values.sort();
            Possible::Open(Range::OneOf(values.into()), Missing::default())
        }
        _ => Possible::Open(Range::Any, Missing::default()),
    }
}

/// The value of a case as a value of that type; `None` for unknown; the text if it is none.
pub(super) fn typed(value: &CaseValue, ty: &Type) -> Result<Option<Value>, String> {
    let value = match value {
        CaseValue::Unknown => return Ok(None),
        CaseValue::Typed(value) => match (value, ty) {
            (Value::Text(text), Type::List(_)) => codes(text),
            (Value::Text(text), Type::Number) => {
                parse_number(text).map(Value::Number).ok_or_else(|| text.to_string())?
            }
            (value, _) => value.clone(),
        },
        CaseValue::Text(text) => match ty {
            Type::Bool => Value::Bool(match text.as_str() {
                "true" | "vrai" | "oui" => true,
                "false" | "faux" | "non" => false,
                _ => return Err(text.clone()),
            }),
            Type::Number => Value::Number(parse_number(text).ok_or_else(|| text.clone())?),
            Type::Date => Value::Date(parse_date(text).ok_or_else(|| text.clone())?),
            Type::Text(_) => Value::text(text),
            Type::List(_) => codes(text),
        },
    };
    let fits = match (&value, ty) {
        (Value::Text(text), Type::Text(Some(values))) => values.contains(text),
        (Value::List(items), Type::List(_)) if items.is_empty() => true,
        _ => value.value_type().matches(ty),
    };
    if fits { Ok(Some(value)) } else { Err(value.to_string()) }
}

fn codes(text: &str) -> Value {
    Value::List(text.split_whitespace().map(Value::text).collect())
}

/// A column of these values.
pub(crate) fn column(kind: &FieldKind, values: &[Option<Value>]) -> Column {
    let mut dictionary: Vec<Arc<str>> = Vec::new();
    let mut code = |text: &Arc<str>| -> u32 {
        let at = dictionary.iter().position(|t| t == text).unwrap_or_else(|| {
            dictionary.push(text.clone());
            dictionary.len() - 1
        });
        u32::try_from(at).unwrap_or(0)
    };
    let epoch = Date::constant(1970, 1, 1);
    let cells = match kind {
        FieldKind::Boolean => Cells::Bool(values.iter().map(|v| *v == Some(Value::Bool(true))).collect()),
        FieldKind::Number { .. } => {
            // Cases may write more decimals than data: nine are kept.
            let unit = Exact::from_integer(power_of_ten(9).unwrap_or(1));
            let units = values.iter().map(|v| match v {
                Some(Value::Number(n)) => i64::try_from((n * unit).to_integer()).unwrap_or(i64::MAX),
                _ => 0,
            });
            Cells::Number { units: units.collect(), decimals: 9 }
        }
        FieldKind::Date => Cells::Date(
            values
                .iter()
                .map(|v| match v {
                    Some(Value::Date(d)) => i32::try_from(days_between(epoch, *d)).unwrap_or(0),
                    _ => 0,
                })
                .collect(),
        ),
        FieldKind::Text | FieldKind::Enum(_) => {
            let codes: Shared<u32> = values
                .iter()
                .map(|v| match v {
                    Some(Value::Text(text)) => code(text),
                    _ => 0,
                })
                .collect();
            Cells::Text { codes, dictionary: dictionary.into() }
        }
        FieldKind::Codes => {
            let mut offsets = vec![0_u32];
            let mut all = Vec::new();
            for value in values {
                if let Some(Value::List(items)) = value {
                    for item in items.iter() {
                        if let Value::Text(text) = item {
                            all.push(code(text));
                        }
                    }
                }
                offsets.push(u32::try_from(all.len()).unwrap_or(u32::MAX));
            }
            Cells::Codes { offsets: offsets.into(), codes: all.into(), dictionary: dictionary.into() }
        }
    };
    Column::new(cells, Some(values.iter().map(Option::is_some).collect()))
}
