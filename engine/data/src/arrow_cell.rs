//! One cell of an Arrow array.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    Decimal256Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef};
use arrow_schema::{DataType, TimeUnit};

use super::raw::Raw;
use logis_language::value::{Date, Exact, add_days, format_number, power_of_ten};

/// One cell.
pub(super) fn cell(array: &ArrayRef, row: usize) -> Raw {
    if array.is_null(row) {
        return Raw::Empty;
    }
    macro_rules! value {
        ($kind:ty) => {
            array.as_primitive::<$kind>().value(row)
        };
    }
    macro_rules! integer {
        ($kind:ty) => {
            Raw::Number(value!($kind).to_string().into())
        };
    }
    macro_rules! of_dictionary {
        ($kind:ty) => {
            dictionary::<$kind>(array, row)
        };
    }
    match array.data_type() {
        // A column of nothing: its array has no list of what is missing.
        DataType::Null => Raw::Empty,
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
        DataType::Float16 => Raw::float(f64::from(value!(Float16Type))),
        DataType::Float32 => {
            let value = value!(Float32Type);
            if value.is_finite() {
                Raw::Number(format!("{value}").into())
            } else {
                not_finite(f64::from(value))
            }
        }
        DataType::Float64 => {
            let value = value!(Float64Type);
            if value.is_finite() { Raw::float(value) } else { not_finite(value) }
        }
        DataType::Date32 => match add_days(EPOCH, i64::from(value!(Date32Type))) {
            Some(date) => Raw::Date(date),
            None => Raw::Other(value!(Date32Type).to_string().into()),
        },
        DataType::Date64 => moment(value!(Date64Type), 1000),
        DataType::Timestamp(unit, zone) => {
            let (units, per_second) = match unit {
                TimeUnit::Second => (value!(TimestampSecondType), 1),
                TimeUnit::Millisecond => (value!(TimestampMillisecondType), 1000),
                TimeUnit::Microsecond => (value!(TimestampMicrosecondType), 1_000_000),
                TimeUnit::Nanosecond => (value!(TimestampNanosecondType), 1_000_000_000),
            };
            match zone {
                None => moment(units, per_second),
                Some(zone) => zoned(units, per_second, zone),
            }
        }
        DataType::Decimal32(_, scale) => decimal(i128::from(value!(Decimal32Type)), *scale),
        DataType::Decimal64(_, scale) => decimal(i128::from(value!(Decimal64Type)), *scale),
        DataType::Decimal128(_, scale) => decimal(value!(Decimal128Type), *scale),
        DataType::Decimal256(_, scale) => match value!(Decimal256Type).to_i128() {
            Some(units) => decimal(units, *scale),
            None => Raw::Other(value!(Decimal256Type).to_string().into()),
        },
        DataType::Dictionary(key, _) => match key.as_ref() {
            DataType::Int8 => of_dictionary!(Int8Type),
            DataType::Int16 => of_dictionary!(Int16Type),
            DataType::Int32 => of_dictionary!(Int32Type),
            DataType::Int64 => of_dictionary!(Int64Type),
            DataType::UInt8 => of_dictionary!(UInt8Type),
            DataType::UInt16 => of_dictionary!(UInt16Type),
            DataType::UInt32 => of_dictionary!(UInt32Type),
            DataType::UInt64 => of_dictionary!(UInt64Type),
            _ => Raw::Other(array.data_type().to_string().into()),
        },
        other => Raw::Other(other.to_string().into()),
    }
}

const EPOCH: Date = Date::constant(1970, 1, 1);

/// NaN is how pandas writes an empty cell of numbers; an infinity is none.
fn not_finite(value: f64) -> Raw {
    if value.is_nan() { Raw::Empty } else { Raw::Other(value.to_string().into()) }
}

/// The cell that a key of a dictionary stands for.
fn dictionary<K: ArrowDictionaryKeyType>(array: &ArrayRef, row: usize) -> Raw {
    let Some(dictionary) = array.as_dictionary_opt::<K>() else { return Raw::Empty };
    match dictionary.key(row) {
        Some(key) if key < dictionary.values().len() => cell(dictionary.values(), key),
        _ => Raw::Empty,
    }
}

/// A count of units since 1970, `per_second` of them a second: a day at midnight, else a moment.
fn moment(units: i64, per_second: i64) -> Raw {
    let (seconds, rest) = (units.div_euclid(per_second), units.rem_euclid(per_second));
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    match add_days(EPOCH, days) {
        Some(date) if second == 0 && rest == 0 => Raw::Date(date),
        Some(date) => {
            let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
            Raw::Moment(date, format!("{date} {hour:02}:{minute:02}:{second:02}").into())
        }
        None => Raw::Other(units.to_string().into()),
    }
}

/// The same of a moment that is stored as Greenwich's and meant as of a zone.
fn zoned(units: i64, per_second: i64, zone: &str) -> Raw {
    let greenwich = moment(units, per_second);
    if matches!(zone, "UTC" | "Etc/UTC" | "+00:00" | "Z") {
        return match greenwich {
            // A day later, or not, where it was written.
            Raw::Moment(_, shown) => Raw::Other(format!("{shown} UTC").into()),
            other => other,
        };
    }
    let unknown = || Raw::Other(format!("{} UTC, fuseau {zone}", greenwich.shown()).into());
    let fixed = || {
        let (hours, minutes) = zone.split_once(':')?;
        let minutes: i32 = minutes.parse().ok()?;
        let hours: i32 = hours.parse().ok()?;
        let sign = if zone.starts_with('-') { -1 } else { 1 };
        let seconds = hours.checked_mul(3600)?.checked_add(sign * minutes.checked_mul(60)?)?;
        jiff::tz::Offset::from_seconds(seconds).ok()
    };
    let stamp = jiff::Timestamp::from_second(units.div_euclid(per_second)).ok();
    let offset = |stamp: jiff::Timestamp| match jiff::tz::TimeZone::get(zone) {
        Ok(zone) => Some(zone.to_offset(stamp)),
        Err(_) => fixed(),
    };
    let shifted = stamp
        .and_then(offset)
        .and_then(|offset| units.checked_add(i64::from(offset.seconds()).checked_mul(per_second)?));
    shifted.map_or_else(unknown, |units| moment(units, per_second))
}

fn decimal(units: i128, scale: i8) -> Raw {
    let scaled = match u32::try_from(scale) {
        Ok(decimals) => power_of_ten(decimals).map(|unit| Exact::new(units, unit)),
        Err(_) => power_of_ten(u32::from(scale.unsigned_abs()))
            .and_then(|times| units.checked_mul(times))
            .map(Exact::from_integer),
    };
    match scaled {
        Some(value) => Raw::Number(format_number(&value).into()),
        None => Raw::Other(units.to_string().into()),
    }
}
