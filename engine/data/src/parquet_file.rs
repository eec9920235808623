//! Parquet files, through Arrow.

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type,
    Decimal256Type, Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchReader};
use arrow_schema::{DataType, TimeUnit};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder,
};
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::ChunkReader;

use super::issue::Issue;
use super::issue_code::Code;
use super::net::caught;
use super::outside::Told;
use super::parquet_pages;
use super::raw::{Raw, RawColumn, RawTable};
use logis_language::value::{Date, Exact, add_days, format_number, power_of_ten};

/// The most rows that are read at once.
const ROWS: i64 = 100_000_000;

/// The most rows that a byte of a file can stand for: identifiers differ.
const ROWS_PER_BYTE: i64 = 1000;

/// Reads a Parquet file; rows are numbered from 1.
pub(super) fn read(name: &str, file: &str, bytes: Vec<u8>, issues: &mut Vec<Issue>) -> Option<RawTable> {
    let batch = match caught(|| whole(bytes)) {
        Ok(Ok(batch)) => batch,
        Ok(Err(said)) => {
            issues.push(Issue::error(Code::Unreadable, file, said));
            return None;
        }
        Err(said) => {
            issues.push(Issue::error(Code::Unreadable, file, said));
            return None;
        }
    };
    if batch.num_rows() == 0 {
        issues.push(Issue::error(Code::EmptyFile, file, "le fichier est vide"));
        return None;
    }
    Some(table(name, file, &batch, 0, issues))
}

fn whole(bytes: Vec<u8>) -> Result<RecordBatch, String> {
    let (builder, rows) = open(bytes::Bytes::from(bytes))?;
    if rows > ROWS {
        return Err(format!("le fichier annonce {rows} lignes ; au plus {ROWS} à la fois"));
    }
    let reader =
        builder.build().map_err(|e| format!("ce n'est pas un fichier Parquet lisible: {}", e.told()))?;
    let schema = reader.schema();
    let batches: Result<Vec<RecordBatch>, _> = reader.collect();
    let batches =
        batches.map_err(|e| format!("le fichier Parquet ne se lit pas jusqu'au bout: {}", e.told()))?;
    let batch = arrow_select::concat::concat_batches(&schema, &batches)
        .map_err(|e| format!("le fichier Parquet ne se lit pas: {}", e.told()))?;
    // No more and no fewer than the file says.
    if usize::try_from(rows) != Ok(batch.num_rows()) {
        let found = batch.num_rows();
        return Err(format!("le fichier Parquet annonce {rows} lignes et en a {found}: il est endommagé"));
    }
    Ok(batch)
}

/// Opens a file once what it says of itself is looked at; gives its rows.
pub(super) fn open<R: ChunkReader + 'static>(
    file: R,
) -> Result<(ParquetRecordBatchReaderBuilder<R>, i64), String> {
    let wrong =
        |e: parquet::errors::ParquetError| format!("ce n'est pas un fichier Parquet lisible: {}", e.told());
    let about = ArrowReaderMetadata::load(&file, ArrowReaderOptions::new()).map_err(wrong)?;
    let rows = plausible(about.metadata(), file.len())?;
    parquet_pages::check(&file, about.metadata())?;
    Ok((ParquetRecordBatchReaderBuilder::new_with_metadata(file, about), rows))
}

/// Is what a file says of itself possible in so many bytes? Gives its rows.
fn plausible(about: &ParquetMetaData, size: u64) -> Result<i64, String> {
    let size = i64::try_from(size).unwrap_or(i64::MAX);
    let rows = about.file_metadata().num_rows();
    if !(0..=size.saturating_mul(ROWS_PER_BYTE)).contains(&rows) {
        return Err(format!("le fichier annonce {rows} lignes en {size} octets: il est endommagé"));
    }
    let mut sum = 0_i64;
    for (number, group) in (1..).zip(about.row_groups()) {
        let broken = |what: &str| format!("le fichier est endommagé: {what} (groupe de lignes {number})");
        sum = sum.checked_add(group.num_rows()).ok_or_else(|| broken("trop de lignes"))?;
        if group.num_columns() == 0 || group.num_rows() < 0 {
            return Err(broken("pas de colonnes, ou moins de zéro ligne"));
        }
        for column in group.columns() {
            let start = column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset());
            let end = start.checked_add(column.compressed_size());
            let inside = start >= 0
                && column.data_page_offset() >= 0
                && column.compressed_size() >= 0
                && column.uncompressed_size() >= 0
                && end.is_some_and(|end| end <= size);
            if !inside {
                return Err(broken(&format!(
                    "la colonne « {} » est hors du fichier",
                    column.column_path().string()
                )));
            }
        }
    }
    if sum != rows {
        return Err(format!("le fichier annonce {rows} lignes, ses groupes {sum}: il est endommagé"));
    }
    Ok(rows)
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
