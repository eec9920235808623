//! Values of Python as records: dictionaries, lists, dates, decimals, numbers, texts.

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple};
use serde_json::{Map, Number, Value as Json};

/// How deep records stand in each other at most; the schema has three levels.
const DEEP: usize = 16;

/// A value as JSON. Decimals are texts, which are read to their last digit; dates as `AAAA-MM-JJ`.
pub fn json(value: &Bound<'_, PyAny>) -> PyResult<Json> {
    of(value, DEEP)
}

fn of(value: &Bound<'_, PyAny>, deep: usize) -> PyResult<Json> {
    let py = value.py();
    let Some(deep) = deep.checked_sub(1) else {
        return Err(PyValueError::new_err("l'enregistrement est trop profond"));
    };
    if value.is_none() {
        return Ok(Json::Null);
    }
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(Json::String(text.to_cow()?.into_owned()));
    }
    if let Ok(truth) = value.cast::<PyBool>() {
        return Ok(Json::Bool(truth.is_true()));
    }
    if value.is_instance_of::<PyInt>() {
        // Numbers beyond 64 bits are in the range of no field: their text says so.
        return Ok(match value.extract::<i64>() {
            Ok(number) => Json::Number(number.into()),
            Err(_) => Json::String(value.str()?.to_cow()?.into_owned()),
        });
    }
    if let Ok(number) = value.cast::<PyFloat>() {
        let number = number.value();
        // As pandas writes an empty cell.
        if number.is_nan() {
            return Ok(Json::Null);
        }
        let number = Number::from_f64(number).map(Json::Number);
        return Ok(number.unwrap_or_else(|| Json::String(value.to_string())));
    }
    if let Ok(dict) = value.cast::<PyDict>() {
        return object(dict.as_any(), deep);
    }
    if value.is_instance_of::<PyList>() || value.is_instance_of::<PyTuple>() {
        return value.try_iter()?.map(|item| of(&item?, deep)).collect::<PyResult<_>>().map(Json::Array);
    }
    // Dates and moments; a moment at midnight is its day.
    if value.hasattr(intern!(py, "isoformat"))? {
        let text: String = value.call_method0(intern!(py, "isoformat"))?.extract()?;
        let day = text.strip_suffix("T00:00:00").unwrap_or(&text);
        // `NaT` of pandas is an empty cell.
        return Ok(if day == "NaT" { Json::Null } else { Json::String(day.to_string()) });
    }
    // Scalars of NumPy are values of Python once they are asked.
    if value.hasattr(intern!(py, "dtype"))? && value.hasattr(intern!(py, "item"))? {
        return of(&value.call_method0(intern!(py, "item"))?, deep);
    }
    // `decimal.Decimal` and `fractions.Fraction`.
    if value.hasattr(intern!(py, "as_integer_ratio"))? {
        return Ok(Json::String(value.str()?.to_cow()?.into_owned()));
    }
    if value.is_instance_of::<PyMapping>() {
        return object(value, deep);
    }
    let kind = value.get_type().fully_qualified_name()?;
    Err(PyTypeError::new_err(format!(
        "« {kind} » n'est pas une valeur ; attendu: texte, nombre, booléen, date, liste ou dictionnaire"
    )))
}

fn object(value: &Bound<'_, PyAny>, deep: usize) -> PyResult<Json> {
    let items = value.call_method0(intern!(value.py(), "items"))?;
    let mut keys = Map::new();
    for item in items.try_iter()? {
        let (key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>) = item?.extract()?;
        let Ok(key) = key.cast::<PyString>() else {
            return Err(PyTypeError::new_err(format!("« {key} » n'est pas un nom de champ")));
        };
        keys.insert(key.to_cow()?.into_owned(), of(&value, deep)?);
    }
    Ok(Json::Object(keys))
}
