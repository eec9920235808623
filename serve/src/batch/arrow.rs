//! Rows of a batch of Arrow as records: lists of structures are what belongs to a row.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;
use logis::value::{Date, Exact, add_days, format_number, power_of_ten};
use serde_json::{Map, Number, Value as Json, json};

/// The rows as objects; what is null is left out.
pub fn rows(batch: &RecordBatch) -> Vec<Json> {
    let schema = batch.schema_ref();
    let named: Vec<(&str, &ArrayRef)> =
        schema.fields().iter().map(|field| field.name().as_str()).zip(batch.columns()).collect();
    (0..batch.num_rows()).map(|row| object(&named, row)).collect()
}

fn object(columns: &[(&str, &ArrayRef)], row: usize) -> Json {
    let cells = columns.iter().filter(|(_, array)| array.is_valid(row));
    Json::Object(cells.map(|(name, array)| (name.to_string(), value(array, row))).collect())
}

/// A cell that is not null. What is of a type that no field has comes as the name of its type, which no field takes.
fn value(array: &ArrayRef, row: usize) -> Json {
    match array.data_type() {
        DataType::Boolean => json!(array.as_boolean().value(row)),
        DataType::Int8 => json!(array.as_primitive::<Int8Type>().value(row)),
        DataType::Int16 => json!(array.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => json!(array.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => json!(array.as_primitive::<Int64Type>().value(row)),
        DataType::UInt8 => json!(array.as_primitive::<UInt8Type>().value(row)),
        DataType::UInt16 => json!(array.as_primitive::<UInt16Type>().value(row)),
        DataType::UInt32 => json!(array.as_primitive::<UInt32Type>().value(row)),
        DataType::UInt64 => json!(array.as_primitive::<UInt64Type>().value(row)),
        DataType::Float32 => float(f64::from(array.as_primitive::<Float32Type>().value(row))),
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, scale) => {
            let units = array.as_primitive::<Decimal128Type>().value(row);
            let unit = u32::try_from(*scale).ok().and_then(power_of_ten);
            // A text is read to its last digit.
            unit.map_or(Json::Null, |unit| json!(format_number(&Exact::new(units, unit))))
        }
        DataType::Date32 => {
            let days = i64::from(array.as_primitive::<Date32Type>().value(row));
            add_days(Date::constant(1970, 1, 1), days).map_or(Json::Null, |day| json!(day.to_string()))
        }
        DataType::Utf8 => json!(array.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => json!(array.as_string::<i64>().value(row)),
        DataType::Utf8View => json!(array.as_string_view().value(row)),
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let key = dictionary.normalized_keys().get(row).copied().unwrap_or_default();
            if dictionary.values().is_valid(key) { value(dictionary.values(), key) } else { Json::Null }
        }
        DataType::List(_) => items(&array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => items(&array.as_list::<i64>().value(row)),
        DataType::Struct(fields) => {
            let names = fields.iter().map(|field| field.name().as_str());
            let named: Vec<(&str, &ArrayRef)> = names.zip(array.as_struct().columns()).collect();
            object(&named, row)
        }
        DataType::Null => Json::Null,
        other => json!(Map::from_iter([("type".to_string(), json!(other.to_string()))])),
    }
}

fn items(array: &ArrayRef) -> Json {
    (0..array.len()).filter(|row| array.is_valid(*row)).map(|row| value(array, row)).collect()
}

/// A number that is none is no value of a field, and is told as such.
fn float(number: f64) -> Json {
    Number::from_f64(number).map_or_else(|| json!(number.to_string()), Json::Number)
}
