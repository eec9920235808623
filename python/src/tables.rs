//! Data frames as batches of Arrow: whatever has `__arrow_c_stream__` or `__arrow_c_array__`.

use std::collections::BTreeMap;

use arrow_array::ffi_stream::RecordBatchStreamReader;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_pyarrow::FromPyArrow;
use logis::data::{joined, unnest};
use logis::pack::schema::Schema;
use logis::{DataError, Error};
use pyo3::exceptions::PyTypeError;
use pyo3::intern;
use pyo3::prelude::*;

use crate::errors::{Failure, said};

/// A table as the caller gave it, still to be read.
pub enum Given {
    /// One batch.
    Batch(RecordBatch),
    /// A stream of batches.
    Stream(RecordBatchStreamReader),
}

impl Given {
    /// Takes a data frame.
    pub fn of(frame: &Bound<'_, PyAny>) -> PyResult<Given> {
        let py = frame.py();
        if frame.hasattr(intern!(py, "__arrow_c_stream__"))? {
            return Ok(Given::Stream(RecordBatchStreamReader::from_pyarrow_bound(frame)?));
        }
        if frame.hasattr(intern!(py, "__arrow_c_array__"))? {
            return Ok(Given::Batch(RecordBatch::from_pyarrow_bound(frame)?));
        }
        // A lazy frame of Polars is a frame once it is collected.
        if frame.hasattr(intern!(py, "collect_schema"))? && frame.hasattr(intern!(py, "collect"))? {
            return Given::of(&frame.call_method0(intern!(py, "collect"))?);
        }
        let kind = frame.get_type().fully_qualified_name()?;
        Err(PyTypeError::new_err(format!(
            "« {kind} » n'est pas une table ; attendu: un objet d'Arrow (`__arrow_c_stream__`): polars.DataFrame, \
             pandas.DataFrame, pyarrow.Table, une relation de DuckDB"
        )))
    }

    /// All its rows.
    pub fn whole(self) -> Result<RecordBatch, Failure> {
        match self {
            Given::Batch(batch) => Ok(batch),
            Given::Stream(stream) => {
                let schema = stream.schema();
                joined(&schema, stream).map_err(|error| Failure::Arrow(error.to_string()))
            }
        }
    }
}

/// The tables of a package by their names: each read whole, and what its rows hold taken apart.
pub fn package(
    schema: &Schema,
    given: Vec<(String, Given)>,
) -> Result<BTreeMap<String, RecordBatch>, Failure> {
    let mut all = BTreeMap::new();
    for (name, table) in given {
        let batch = table.whole()?;
        let apart = unnest(schema, &name, &batch);
        for (name, batch) in apart.map_err(|issues| Error::from(DataError::from(issues)))? {
            if all.insert(name.clone(), batch).is_some() {
                return Err(said(format!("la table `{name}` est donnée deux fois")));
            }
        }
    }
    Ok(all)
}
