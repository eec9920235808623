//! `Rows`: a table of Arrow that goes out by its capsule.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::Decimal128Type;
use arrow_array::{Array, ArrayRef, Int64Array, RecordBatch, RecordBatchIterator};
use arrow_schema::{DataType, Field, Schema};
use logis::data::{Output, to_batch};
use pyo3::exceptions::PyModuleNotFoundError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::errors::{Failure, said};

/// A table of Arrow (`__arrow_c_stream__`): `polars.DataFrame(rows)`, `pyarrow.table(rows)`, a query of DuckDB.
#[pyclass(frozen, subclass, module = "logis_regles")]
pub struct Rows {
    pub batch: RecordBatch,
}

impl Rows {
    /// A result of the library; whole numbers are Int64.
    pub fn of(output: &Output) -> Result<Rows, Failure> {
        let batch = to_batch(output).map_err(|error| said(error.to_string()))?;
        let mut fields: Vec<Field> = Vec::new();
        let mut arrays: Vec<ArrayRef> = Vec::new();
        for (field, array) in batch.schema_ref().fields().iter().zip(batch.columns()) {
            let integers = match field.data_type() {
                DataType::Decimal128(_, 0) => integers(array),
                _ => None,
            };
            let array = integers.unwrap_or_else(|| array.clone());
            fields.push(Field::new(field.name(), array.data_type().clone(), true));
            arrays.push(array);
        }
        let batch = RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays);
        Ok(Rows { batch: batch.map_err(|error| Failure::Arrow(error.to_string()))? })
    }
}

/// Decimals without decimals as integers, if all fit.
fn integers(array: &ArrayRef) -> Option<ArrayRef> {
    let decimals = array.as_primitive_opt::<Decimal128Type>()?;
    let number = |row: usize| match decimals.is_null(row) {
        true => Ok(None),
        false => i64::try_from(decimals.value(row)).map(Some),
    };
    let integers = (0..decimals.len()).map(number).collect::<Result<Int64Array, _>>();
    integers.ok().map(|array| Arc::new(array) as ArrayRef)
}

#[pymethods]
impl Rows {
    /// The names of the columns.
    #[getter]
    fn columns(&self) -> Vec<String> {
        self.batch.schema_ref().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// The table as a stream of Arrow: what Polars, pyarrow, pandas and DuckDB take it by.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // It may be left aside: the consumer casts what it gets.
        let _ = requested_schema;
        let batches = RecordBatchIterator::new([Ok(self.batch.clone())], self.batch.schema());
        let stream = FFI_ArrowArrayStream::new(Box::new(batches));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    /// A frame of Polars.
    fn to_polars<'py>(slf: &Bound<'py, Rows>) -> PyResult<Bound<'py, PyAny>> {
        module(slf.py(), "polars")?.call_method1(intern!(slf.py(), "DataFrame"), (slf,))
    }

    /// A frame of pandas; it needs pyarrow, as pandas reads Arrow by it.
    fn to_pandas<'py>(slf: &Bound<'py, Rows>) -> PyResult<Bound<'py, PyAny>> {
        module(slf.py(), "pandas")?;
        Rows::to_pyarrow(slf)?.call_method0(intern!(slf.py(), "to_pandas"))
    }

    /// A table of pyarrow.
    fn to_pyarrow<'py>(slf: &Bound<'py, Rows>) -> PyResult<Bound<'py, PyAny>> {
        module(slf.py(), "pyarrow")?.call_method1(intern!(slf.py(), "table"), (slf,))
    }

    fn __len__(&self) -> usize {
        self.batch.num_rows()
    }

    fn __repr__(slf: &Bound<'_, Rows>) -> PyResult<String> {
        let rows = slf.get();
        let name = slf.get_type().name()?;
        Ok(format!("<{name} {} × ({})>", rows.batch.num_rows(), rows.columns().join(", ")))
    }
}

/// A module that the caller asks for by a method.
fn module<'py>(py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyModule>> {
    py.import(name).map_err(|error| match error.is_instance_of::<PyModuleNotFoundError>(py) {
        true => PyModuleNotFoundError::new_err(format!("`{name}` n'est pas installé: pip install {name}")),
        false => error,
    })
}
