//! Values and failures as scripts see them: what goes into Rhai and what comes out of it.
//!
//! A failure travels through Rhai as [`Failed`] inside a runtime error, since Rhai's own errors say only which type
//! it found where it wanted another.

use std::sync::Arc;

use rhai::{Dynamic, EvalAltResult, ImmutableString};

use super::Unknown;
use logis_language::plan::builtins::ValueError;
use logis_language::value::{Date, Exact, Value, parse_number};

/// A result of Rhai's; reasons for failing are carried as [`Failed`] in a runtime error.
pub(super) type Fallible<T> = Result<T, Box<EvalAltResult>>;

/// An argument whose own rule failed: using it fails in the same way.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failed(pub(super) Option<ValueError>);

impl Failed {
    pub(super) fn of(error: &EvalAltResult) -> Failed {
        Failed(reason(error))
    }
}

/// Why an evaluation stopped: a failure, or (`None`) a missing input.
pub(super) fn reason(error: &EvalAltResult) -> Option<ValueError> {
    match error.unwrap_inner() {
        EvalAltResult::ErrorRuntime(value, _) => match value.clone().try_cast::<Failed>() {
            Some(Failed(reason)) => reason,
            None => Some(ValueError::Type),
        },
        // `if unknown`, `unknown && …`: Rhai wants a boolean and says which type it found.
        _ if type_found(error).is_some_and(|t| t.contains("Unknown")) => None,
        _ => Some(ValueError::Type),
    }
}

/// The type that Rhai found where it wanted another.
pub(super) fn type_found(error: &EvalAltResult) -> Option<&str> {
    match error.unwrap_inner() {
        EvalAltResult::ErrorMismatchDataType(_, found, _) => Some(found),
        _ => None,
    }
}

/// An error that is used again: Rhai's are not cloned, but only their reason matters.
pub(super) fn copy_error(error: &EvalAltResult) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(Failed::of(error)), rhai::Position::NONE))
}

/// The error of a computation, as scripts raise it.
pub(super) fn failure(error: ValueError) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(Failed(Some(error))), rhai::Position::NONE))
}

/// The error of a computation that touched a missing input.
pub(super) fn unknown() -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(Failed(None)), rhai::Position::NONE))
}

/// A value as scripts see it: whole numbers as Rhai's integers where they fit, others as [`Exact`].
pub(super) fn to_dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Bool(b) => Dynamic::from_bool(*b),
        Value::Number(n) => number(*n),
        Value::Date(d) => Dynamic::from(*d),
        Value::Text(t) => Dynamic::from(ImmutableString::from(t.as_ref())),
        Value::List(items) => Dynamic::from_array(items.iter().map(to_dynamic).collect()),
    }
}

pub(super) fn number(n: Exact) -> Dynamic {
    match i64::try_from(*n.numer()) {
        Ok(whole) if n.is_integer() => Dynamic::from_int(whole),
        _ => Dynamic::from(n),
    }
}

/// A value from what a script gave; `None` for what is no value.
pub(super) fn from_dynamic(value: &Dynamic) -> Option<Value> {
    if let Ok(b) = value.as_bool() {
        return Some(Value::Bool(b));
    }
    if let Some(n) = exact(value) {
        return Some(Value::Number(n));
    }
    if let Some(text) = value.clone().try_cast::<ImmutableString>() {
        return Some(Value::text(&text));
    }
    if let Some(date) = value.clone().try_cast::<Date>() {
        return Some(Value::Date(date));
    }
    let items = value.clone().try_cast::<rhai::Array>()?;
    items.iter().map(from_dynamic).collect::<Option<Arc<[Value]>>>().map(Value::List)
}

/// An exact number from any of the three forms that scripts have.
fn exact(value: &Dynamic) -> Option<Exact> {
    if let Ok(whole) = value.as_int() {
        return Some(Exact::from_integer(i128::from(whole)));
    }
    if let Ok(decimal) = value.as_decimal() {
        return parse_number(&decimal.to_string());
    }
    value.clone().try_cast::<Exact>()
}

/// What an operator or builtin was given: a known value, or why there is none.
pub(super) fn given(value: &Dynamic) -> Fallible<Value> {
    if let Some(Failed(reason)) = value.clone().try_cast::<Failed>() {
        return Err(reason.map_or_else(unknown, failure));
    }
    if value.is::<Unknown>() {
        return Err(unknown());
    }
    if let Some(items) = value.clone().try_cast::<rhai::Array>() {
        return items.iter().map(given).collect::<Fallible<Arc<[Value]>>>().map(Value::List);
    }
    from_dynamic(value).ok_or_else(|| failure(ValueError::Type))
}
