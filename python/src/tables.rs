//! Data of a call: frames as batches of Arrow, dictionaries of columns, records, or a folder of files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::ffi_stream::RecordBatchStreamReader;
use arrow_array::{ArrayRef, RecordBatch, RecordBatchReader, StringArray};
use arrow_pyarrow::FromPyArrow;
use arrow_schema::{DataType, Field, Schema as ArrowSchema};
use logis::data::{InputFile, Needs, ReadOutcome, joined, unnest};
use logis::diagnostic::foreign;
use logis::pack::schema::FieldId;
use logis::pack::schema::Schema;
use logis::{DataError, Error};
use pyo3::exceptions::{PyImportError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyMapping, PyString, PyTuple};
use serde_json::Value as Json;

use crate::errors::{Failure, said};
use crate::records;
use crate::rules::Rules;

/// What a call is given.
pub enum Source {
    /// Tables by their names.
    Tables(Vec<(String, Given)>),
    /// Records of the table that is decided, with what belongs to them.
    Records(Vec<Json>),
    /// A folder of files, or one file.
    Files(PathBuf),
}

/// A table as the caller gave it, still to be read.
pub enum Given {
    /// One batch.
    Batch(RecordBatch),
    /// A stream of batches.
    Stream(RecordBatchStreamReader),
}

impl Source {
    /// What stands in the place of the data, and the tables by name behind it. `main` is the table that the one table in
    /// the place of the data is.
    pub fn of(
        data: Option<&Bound<'_, PyAny>>,
        tables: Option<&Bound<'_, PyDict>>,
        main: Option<&str>,
    ) -> PyResult<Source> {
        let named = tables.map_or(0, |tables| tables.len());
        if let Some(data) = data {
            let path = data.is_instance_of::<PyString>() || data.hasattr(intern!(data.py(), "__fspath__"))?;
            if path && named == 0 {
                return Ok(Source::Files(data.extract()?));
            }
            let records = data.is_instance_of::<PyList>() || data.is_instance_of::<PyTuple>();
            if records && named == 0 {
                let all = data.try_iter()?.map(|record| records::json(&record?));
                return Ok(Source::Records(all.collect::<PyResult<_>>()?));
            }
        }
        let mut given = Vec::new();
        let mut take = |dict: &Bound<'_, PyDict>| -> PyResult<()> {
            for (name, frame) in dict {
                given.push((name.extract()?, Given::of(&frame)?));
            }
            Ok(())
        };
        if let Some(tables) = tables {
            take(tables)?;
        }
        match data.map(|data| (data, data.cast::<PyDict>())) {
            Some((_, Ok(dict))) => take(dict)?,
            Some((frame, Err(_))) => given.push((main.unwrap_or_default().to_string(), Given::of(frame)?)),
            None => {}
        }
        if given.is_empty() {
            return Err(PyTypeError::new_err(
                "aucune table n'est donnée ; attendu: une table, des tables par leur nom, ou un dossier",
            ));
        }
        Ok(Source::Tables(given))
    }

    /// Reads it for these needs; of data only the cells of the fields of `only` are kept, if given.
    pub fn read(
        self,
        pack: &Rules,
        needs: &Needs,
        only: Option<&BTreeSet<FieldId>>,
    ) -> Result<ReadOutcome, Failure> {
        let (schema, own) = (&pack.pack.parsed().schema, pack.tables());
        match self {
            Source::Tables(given) => {
                let package = package(schema, given)?;
                let tables: Vec<(&str, &RecordBatch)> =
                    package.iter().map(|(name, batch)| (name.as_str(), batch)).collect();
                Ok(own.read_batches(schema, &tables, needs, only))
            }
            Source::Files(path) => Ok(own.read_files(schema, files(&path)?, needs, only)),
            Source::Records(_) => Err(said(
                "une liste d'enregistrements ne se lit pas ici ; attendu: des tables par leur nom, ou un dossier",
            )),
        }
    }
}

impl Given {
    /// Takes a data frame, or a dictionary of columns.
    pub fn of(frame: &Bound<'_, PyAny>) -> PyResult<Given> {
        let py = frame.py();
        if frame.hasattr(intern!(py, "__arrow_c_stream__"))? {
            return match RecordBatchStreamReader::from_pyarrow_bound(frame) {
                Ok(stream) => Ok(Given::Stream(stream)),
                // pandas gives Arrow by pyarrow alone: without it, its columns are read one by one.
                Err(error) => match frame.hasattr(intern!(py, "to_dict"))?
                    && error.is_instance_of::<PyImportError>(py)
                {
                    true => columns(&frame.call_method1(intern!(py, "to_dict"), ("list",))?),
                    false => Err(error),
                },
            };
        }
        if frame.hasattr(intern!(py, "__arrow_c_array__"))? {
            return Ok(Given::Batch(RecordBatch::from_pyarrow_bound(frame)?));
        }
        // A lazy frame of Polars is a frame once it is collected.
        if frame.hasattr(intern!(py, "collect_schema"))? && frame.hasattr(intern!(py, "collect"))? {
            return Given::of(&frame.call_method0(intern!(py, "collect"))?);
        }
        if frame.is_instance_of::<PyMapping>() {
            return columns(frame);
        }
        if frame.hasattr(intern!(py, "to_dict"))? && frame.hasattr(intern!(py, "dtypes"))? {
            return columns(&frame.call_method1(intern!(py, "to_dict"), ("list",))?);
        }
        let kind = frame.get_type().fully_qualified_name()?;
        Err(PyTypeError::new_err(format!(
            "« {kind} » n'est pas une table ; attendu: un objet d'Arrow (`__arrow_c_stream__`): polars.DataFrame, \
             pandas.DataFrame, pyarrow.Table, une relation de DuckDB ; ou un dictionnaire de colonnes"
        )))
    }

    /// All its rows.
    fn whole(self) -> Result<RecordBatch, Failure> {
        match self {
            Given::Batch(batch) => Ok(batch),
            Given::Stream(stream) => {
                let schema = stream.schema();
                joined(&schema, stream).map_err(|error| Failure::Arrow(error.to_string()))
            }
        }
    }
}

/// A dictionary of columns: each value as the text that a file would have.
fn columns(dict: &Bound<'_, PyAny>) -> PyResult<Given> {
    let (mut fields, mut arrays): (Vec<Field>, Vec<ArrayRef>) = (Vec::new(), Vec::new());
    for item in dict.call_method0(intern!(dict.py(), "items"))?.try_iter()? {
        let (name, values): (String, Bound<'_, PyAny>) = item?.extract()?;
        let mut cells: Vec<Option<String>> = Vec::new();
        for value in values.try_iter()? {
            cells.push(match records::json(&value?)? {
                Json::Null => None,
                Json::String(text) => Some(text),
                Json::Array(items) => {
                    let items: Option<Vec<&str>> = items.iter().map(Json::as_str).collect();
                    let Some(items) = items else { return Err(not_flat(&name)) };
                    Some(items.join(";"))
                }
                Json::Object(_) => return Err(not_flat(&name)),
                other => Some(other.to_string()),
            });
        }
        fields.push(Field::new(name, DataType::Utf8, true));
        arrays.push(Arc::new(StringArray::from(cells)));
    }
    let batch = RecordBatch::try_new(Arc::new(ArrowSchema::new(fields)), arrays);
    batch.map(Given::Batch).map_err(|_| PyTypeError::new_err("les colonnes n'ont pas autant de valeurs"))
}

fn not_flat(name: &str) -> PyErr {
    PyTypeError::new_err(format!(
        "`{name}`: une colonne de dictionnaires ; attendu: une liste d'enregistrements, ou une table d'Arrow"
    ))
}

/// Tables by their names, each read whole and not taken apart: the schemas of several packs may do so differently.
pub fn whole(given: Vec<(String, Given)>) -> Result<BTreeMap<String, RecordBatch>, Failure> {
    given.into_iter().map(|(name, table)| Ok((name, table.whole()?))).collect()
}

/// Reads tables by their names.
pub fn read_tables(
    pack: &Rules,
    tables: &BTreeMap<String, RecordBatch>,
    needs: &Needs,
) -> Result<ReadOutcome, Failure> {
    let given = tables.iter().map(|(name, batch)| (name.clone(), Given::Batch(batch.clone())));
    Source::Tables(given.collect()).read(pack, needs, None)
}

/// The tables of a package by their names: each read whole, and what its rows hold taken apart.
fn package(schema: &Schema, given: Vec<(String, Given)>) -> Result<BTreeMap<String, RecordBatch>, Failure> {
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

/// The files of a data package: a folder, or one file.
pub fn files(path: &Path) -> Result<Vec<InputFile>, Failure> {
    let wrong = |path: &Path, error: std::io::Error| {
        said(format!("{}: lecture impossible: {}", path.display(), foreign::io(&error)))
    };
    let file = |path: &Path| -> Result<InputFile, Failure> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = std::fs::read(path).map_err(|error| wrong(path, error))?;
        Ok(InputFile { name, bytes })
    };
    if path.is_file() {
        return Ok(vec![file(path)?]);
    }
    if !path.is_dir() {
        return Err(said(format!("{}: ce paquet de données n'existe pas", path.display())));
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(|error| wrong(path, error))? {
        let path = entry.map_err(|error| wrong(path, error))?.path();
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_file() && !hidden {
            files.push(file(&path)?);
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}
