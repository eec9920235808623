//! Tables as streams of Arrow, decided column by column.

use std::collections::BTreeSet;
use std::ffi::c_char;

use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{Array, RecordBatch, RecordBatchIterator, RecordBatchReader};
use arrow_schema::ArrowError;
use arrow_select::concat::concat_batches;
use logis::data::{Code, Issue};
use logis::{DataError, Evaluate};

use crate::decisions::LogisDecider;
use crate::enter::enter;
use crate::raw;
use crate::refusal::Refusal;

/// A table of a data package.
#[repr(C)]
pub struct LogisTable {
    /// Its name in the schema of the pack (`demandes`), in UTF-8.
    pub name: *const c_char,
    /// Bytes of the name.
    pub name_length: usize,
    /// Its rows: batches of a struct whose fields are the columns.
    pub rows: *mut FFI_ArrowArrayStream,
}

/// Decides the rows of tables: streams of the Arrow C stream interface in, one out.
///
/// `tables` are `count` tables of a data package: that of the entity of the rules, and those of what belongs to it or
/// what it belongs to. Every stream is taken, whatever the status: its `release` is NULL afterwards.
///
/// `*outcomes` becomes a stream of one batch: the identifiers first, then a column for each rule (Boolean, Decimal128,
/// Date32 or Utf8), in the order of the rows; what is unknown or an error of its row is null. The caller releases it
/// by its own `release`; after any other status than `LOGIS_STATUS_OK` its `release` is NULL.
///
/// # Safety
/// `decider` is one that is not freed during the call. `tables` points to `count` tables, each with a name of its
/// length and a stream that keeps to the Arrow C stream interface. `outcomes` points to memory for a stream that holds
/// none; `problem` to memory for a pointer, or it is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn logis_evaluate(
    decider: *const LogisDecider,
    tables: *const LogisTable,
    count: usize,
    outcomes: *mut FFI_ArrowArrayStream,
    problem: *mut *mut c_char,
) -> crate::LogisStatus {
    let body = || {
        // Before anything is refused, so that streams are taken whatever is wrong.
        // SAFETY: the caller's promise.
        let taken = unsafe { take(tables, count) };
        if outcomes.is_null() {
            return Err(Refusal::null("outcomes"));
        }
        // SAFETY: not null; the rest is the caller's promise.
        unsafe { outcomes.write(FFI_ArrowArrayStream::empty()) };
        let taken = taken?;
        // SAFETY: the caller's promise.
        let LogisDecider(decider) = unsafe { raw::held(decider, "decider") }?;
        let batches = taken.into_iter().map(|(name, stream)| Ok((name, read(name, stream)?)));
        let batches: Vec<(&str, RecordBatch)> = batches.collect::<Result<_, Refusal>>()?;
        let named: Vec<(&str, &RecordBatch)> = batches.iter().map(|(name, batch)| (*name, batch)).collect();
        let decided = decider.plan().evaluate_tables(&named).map_err(|error| Refusal::data(&error))?;
        let schema = decided.schema();
        let reader = RecordBatchIterator::new([Ok(decided)], schema);
        // SAFETY: not null; it holds no stream that would be lost, as it was emptied above.
        unsafe { outcomes.write(FFI_ArrowArrayStream::new(Box::new(reader))) };
        Ok(())
    };
    // SAFETY: the caller's promise.
    unsafe { enter(problem, body) }
}

/// Takes all streams, then looks at the names.
///
/// # Safety
/// As `logis_evaluate` says of `tables` and `count`.
unsafe fn take<'c>(
    tables: *const LogisTable,
    count: usize,
) -> Result<Vec<(&'c str, FFI_ArrowArrayStream)>, Refusal> {
    if tables.is_null() && count > 0 {
        return Err(Refusal::null("tables"));
    }
    if count > isize::MAX.unsigned_abs() / size_of::<LogisTable>() {
        return Err(Refusal::misuse(format!("`count`: {count} tables, plus que la mémoire n'en a")));
    }
    let tables: &[LogisTable] = match count {
        0 => &[],
        // SAFETY: not null, and of a length that an object can have; the rest is the caller's promise.
        _ => unsafe { std::slice::from_raw_parts(tables, count) },
    };
    let streams: Vec<Option<FFI_ArrowArrayStream>> = tables
        .iter()
        // SAFETY: not null; the rest is the caller's promise.
        .map(|table| (!table.rows.is_null()).then(|| unsafe { FFI_ArrowArrayStream::from_raw(table.rows) }))
        .collect();
    let mut names = BTreeSet::new();
    let named = tables.iter().zip(streams).map(|(table, stream)| {
        // SAFETY: the caller's promise.
        let name: &str = unsafe { raw::text(table.name, table.name_length, "name") }?;
        if !names.insert(name) {
            return Err(unreadable(name, "la table est donnée deux fois"));
        }
        Ok((name, stream.ok_or_else(|| Refusal::null("rows"))?))
    });
    named.collect()
}

/// The rows of a stream.
fn read(name: &str, stream: FFI_ArrowArrayStream) -> Result<RecordBatch, Refusal> {
    // What Arrow says is English, and stands between quotes.
    let told = |error: ArrowError| unreadable(name, &format!("le flux d'Arrow ne se lit pas: « {error} »"));
    let reader = RecordBatchStreamReader::try_new(stream).map_err(told)?;
    let schema = reader.schema();
    let mut batches = Vec::new();
    for batch in reader {
        let batch = batch.map_err(told)?;
        // The interface promises what is checked here (texts are UTF-8, offsets rise): a program that does not keep
        // to it is told so.
        for column in batch.columns() {
            column.to_data().validate_full().map_err(told)?;
        }
        batches.push(batch);
    }
    match <[RecordBatch; 1]>::try_from(batches) {
        Ok([batch]) => Ok(batch),
        Err(batches) => concat_batches(&schema, &batches).map_err(told),
    }
}

fn unreadable(name: &str, words: &str) -> Refusal {
    Refusal::data(&DataError::from(vec![Issue::error(Code::Unreadable, name, words)]))
}
