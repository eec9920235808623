//! Results as Parquet, through Arrow. The same result gives the same bytes.

use std::sync::Arc;

use arrow_array::builder::{BooleanBuilder, Date32Builder, StringBuilder};
use arrow_array::{ArrayRef, Decimal128Array, RecordBatch};
use arrow_schema::{Field, Schema};

use super::digits::decimal_digits;
use super::output::{Output, OutputColumn, WriteError};
use super::outside::Told;
use super::write_batches::BatchWriter;
use logis_language::value::{Date, Exact, Type, Value, days_between, format_number, power_of_ten};

/// Booleans, Decimal128 with the decimals that the column needs and 18 digits (38 if they are needed), Date32, Utf8; an
/// unknown is null.
pub fn to_parquet(result: &Output) -> Result<Vec<u8>, WriteError> {
    batch_to_parquet(&to_batch(result)?)
}

/// A result as a batch, its columns as [`to_parquet`] has them.
///
/// # Errors
/// Columns of different lengths.
pub fn to_batch(result: &Output) -> Result<RecordBatch, WriteError> {
    let wrong = |e: &dyn Told| WriteError::Parquet(e.told());
    let mut fields = Vec::new();
    let mut arrays: Vec<ArrayRef> = Vec::new();
    for column in &result.columns {
        let array = array(column).map_err(|e| wrong(&e))?;
        fields.push(Field::new(&column.name, array.data_type().clone(), true));
        arrays.push(array);
    }
    RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).map_err(|e| wrong(&e))
}

/// One batch as a Parquet file.
pub fn batch_to_parquet(batch: &RecordBatch) -> Result<Vec<u8>, WriteError> {
    let mut bytes = Vec::new();
    let mut writer = BatchWriter::parquet(&mut bytes);
    writer.write(batch)?;
    writer.close()?;
    Ok(bytes)
}

fn array(column: &OutputColumn) -> Result<ArrayRef, arrow_schema::ArrowError> {
    let cells = &column.cells;
    Ok(match &column.kind {
        Type::Bool => {
            let mut builder = BooleanBuilder::new();
            for cell in cells {
                builder.append_option(match cell {
                    Some(Value::Bool(b)) => Some(*b),
                    _ => None,
                });
            }
            Arc::new(builder.finish())
        }
        Type::Number => {
            let decimals = cells.iter().map(|c| match c {
                Some(Value::Number(n)) => format_number(n).split_once('.').map_or(0, |(_, d)| d.len()),
                _ => 0,
            });
            let decimals = u32::try_from(decimals.max().unwrap_or(0)).unwrap_or(0).min(18);
            let unit = Exact::from_integer(power_of_ten(decimals).unwrap_or(1));
            let scale = i8::try_from(decimals).unwrap_or(18);
            let units = cells.iter().map(|cell| match cell {
                Some(Value::Number(n)) => Some((n * unit).round().to_integer()),
                _ => None,
            });
            let units: Vec<Option<i128>> = units.collect();
            let most = units.iter().flatten().map(|n| n.unsigned_abs()).max().unwrap_or(0);
            let array = Decimal128Array::from(units);
            Arc::new(array.with_precision_and_scale(decimal_digits(decimals, most), scale)?)
        }
        Type::Date => {
            let mut builder = Date32Builder::new();
            for cell in cells {
                builder.append_option(match cell {
                    Some(Value::Date(d)) => i32::try_from(days_between(Date::constant(1970, 1, 1), *d)).ok(),
                    _ => None,
                });
            }
            Arc::new(builder.finish())
        }
        Type::Text(_) | Type::List(_) => {
            let mut builder = StringBuilder::new();
            for cell in cells {
                match cell {
                    Some(Value::Text(text)) => builder.append_value(text),
                    other => builder.append_option(other.as_ref().map(Value::to_string)),
                }
            }
            Arc::new(builder.finish())
        }
    })
}
