//! Parquet files, through Arrow.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchReader};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::issue::Issue;
use super::raw::{Raw, RawColumn, RawTable};
use crate::value::{Date, Exact, add_days, format_number, power_of_ten};

/// Reads a Parquet file; rows are numbered from 1.
pub(super) fn read(name: &str, file: &str, bytes: Vec<u8>, issues: &mut Vec<Issue>) -> Option<RawTable> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(bytes)).and_then(|b| b.build());
    let reader = match reader {
        Ok(reader) => reader,
        Err(error) => {
            issues.push(Issue::error(file, format!("ce n'est pas un fichier Parquet lisible: {error}")));
            return None;
        }
    };
    let schema = reader.schema();
    let mut batches = Vec::new();
    for batch in reader {
        match batch {
            Ok(batch) => batches.push(batch),
            Err(error) => {
                issues.push(Issue::error(
                    file,
                    format!("le fichier Parquet ne se lit pas jusqu'au bout: {error}"),
                ));
                return None;
            }
        }
    }
    match arrow_select::concat::concat_batches(&schema, &batches) {
        Ok(batch) if batch.num_rows() > 0 => Some(table(name, file, &batch, 0, issues)),
        Ok(_) => {
            issues.push(Issue::error(file, "le fichier est vide"));
            None
        }
        Err(error) => {
            issues.push(Issue::error(file, format!("le fichier Parquet ne se lit pas: {error}")));
            None
        }
    }
}

/// A batch as a table whose first row is number `before + 1`.
pub(super) fn table(
    name: &str,
    file: &str,
    batch: &RecordBatch,
    before: u64,
    issues: &mut Vec<Issue>,
) -> RawTable {
    let headers = batch.schema_ref().fields().iter().map(|f| f.name().clone()).collect();
    let mut table = RawTable::new(name, file, headers, issues);
    table.columns = batch.columns().iter().map(|array| RawColumn::Arrow(array.clone())).collect();
    table.lines = (0..batch.num_rows() as u64).map(|row| before + row + 1).collect();
    table.bad = vec![false; batch.num_rows()];
    table
}

/// One cell.
pub(super) fn cell(array: &ArrayRef, row: usize) -> Raw {
    if array.is_null(row) {
        return Raw::Empty;
    }
    macro_rules! integer {
        ($kind:ty) => {
            Raw::Number(array.as_primitive::<$kind>().value(row).to_string().into())
        };
    }
    match array.data_type() {
        DataType::Utf8 => Raw::text(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => Raw::text(array.as_string::<i64>().value(row)),
        DataType::Utf8View => Raw::text(array.as_string_view().value(row)),
        DataType::Boolean => Raw::Bool(array.as_boolean().value(row)),
        DataType::Int8 => integer!(Int8Type),
        DataType::Int16 => integer!(Int16Type),
        DataType::Int32 => integer!(Int32Type),
        DataType::Int64 => integer!(Int64Type),
        DataType::UInt8 => integer!(UInt8Type),
        DataType::UInt16 => integer!(UInt16Type),
        DataType::UInt32 => integer!(UInt32Type),
        DataType::UInt64 => integer!(UInt64Type),
        DataType::Float32 => {
            let value = array.as_primitive::<Float32Type>().value(row);
            if value.is_finite() {
                Raw::Number(format!("{value}").into())
            } else {
                Raw::Other(value.to_string().into())
            }
        }
        DataType::Float64 => Raw::float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().value(row);
            match add_days(Date::constant(1970, 1, 1), i64::from(days)) {
                Some(date) => Raw::Date(date),
                None => Raw::Other(days.to_string().into()),
            }
        }
        DataType::Decimal128(_, scale) => {
            let units = array.as_primitive::<Decimal128Type>().value(row);
            match u32::try_from(*scale).ok().and_then(power_of_ten) {
                Some(unit) => Raw::Number(format_number(&Exact::new(units, unit)).into()),
                None => Raw::Other(units.to_string().into()),
            }
        }
        DataType::Dictionary(..) => match array.as_any_dictionary_opt() {
            Some(dictionary) => match dictionary.normalized_keys().get(row) {
                Some(&key) => cell(dictionary.values(), key),
                None => Raw::Empty,
            },
            None => Raw::Other(array.data_type().to_string().into()),
        },
        other => Raw::Other(other.to_string().into()),
    }
}
