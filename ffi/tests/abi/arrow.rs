//! Streams of Arrow in and out: decided as by the library on the same batches, taken whatever the status.

use std::ptr::{null, null_mut};
use std::sync::Arc;

use arrow_array::ffi_stream::{FFI_ArrowArrayStream, RecordBatchStreamReader};
use arrow_array::{ArrayRef, BinaryArray, RecordBatch, RecordBatchIterator, StringArray};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use logis::{Evaluate, Pack};
use logis_ffi::*;
use serde_json::Value;

use crate::answers::{decider, pack};

/// The columns of a table of the demo, as texts; an empty cell is null.
fn table(name: &str) -> RecordBatch {
    let files = logis_scenarios::folder("grand-dijon-2015");
    let (_, bytes) = files.iter().find(|(file, _)| file == &format!("{name}.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(&bytes[..]);
    let header = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.unwrap()).collect();
    let columns = header.iter().enumerate().map(|(at, column)| {
        let cells = rows.iter().map(|row| row.get(at).filter(|cell| !cell.is_empty()));
        (column, Arc::new(cells.collect::<StringArray>()) as ArrayRef, true)
    });
    RecordBatch::try_from_iter_with_nullable(columns).unwrap()
}

/// A stream of a table in batches of `rows` rows.
fn stream(batch: &RecordBatch, rows: usize) -> FFI_ArrowArrayStream {
    let starts = (0..batch.num_rows()).step_by(rows);
    let parts: Vec<Result<RecordBatch, ArrowError>> =
        starts.map(|at| Ok(batch.slice(at, rows.min(batch.num_rows() - at)))).collect();
    FFI_ArrowArrayStream::new(Box::new(RecordBatchIterator::new(parts, batch.schema())))
}

struct Evaluated {
    status: LogisStatus,
    batch: Option<RecordBatch>,
    problem: Value,
}

/// Decides tables; every stream must be taken.
fn evaluate(decider: *const LogisDecider, tables: Vec<(&str, FFI_ArrowArrayStream)>) -> Evaluated {
    let (names, mut streams): (Vec<&str>, Vec<FFI_ArrowArrayStream>) = tables.into_iter().unzip();
    let tables: Vec<LogisTable> = names
        .iter()
        .zip(&mut streams)
        .map(|(name, rows)| LogisTable { name: name.as_ptr().cast(), name_length: name.len(), rows })
        .collect();
    let (mut outcomes, mut problem) = (FFI_ArrowArrayStream::empty(), null_mut());
    let (place, told) = (&raw mut outcomes, &raw mut problem);
    // SAFETY: tables with their streams, places for a stream and a pointer.
    let status = unsafe { logis_evaluate(decider, tables.as_ptr(), tables.len(), place, told) };
    assert!(streams.iter().all(|stream| stream.release().is_none()));
    assert_eq!(outcomes.release().is_some(), status == LogisStatus::Ok);
    let batch = (status == LogisStatus::Ok).then(|| {
        let mut reader = RecordBatchStreamReader::try_new(outcomes).unwrap();
        let batch = reader.next().unwrap().unwrap();
        assert!(reader.next().is_none());
        batch
    });
    let mut said = Value::Null;
    if !problem.is_null() {
        // SAFETY: the library gave it, and it is read before it is freed.
        said = serde_json::from_slice(unsafe { std::ffi::CStr::from_ptr(problem) }.to_bytes()).unwrap();
        // SAFETY: nobody uses it any more.
        unsafe { logis_text_free(problem) };
    }
    Evaluated { status, batch, problem: said }
}

#[test]
fn streams_are_decided_as_batches_by_the_library() {
    let pack = pack();
    let tables = ["demandes", "personnes", "employeurs"].map(|name| (name, table(name)));
    let own = Pack::national();
    let date = logis::value::parse_date("2017-06-30").unwrap();
    let plan = own.plan(date, &["eligible_plai", "eligible_plus", "plafond_plus"]).unwrap();
    let named: Vec<(&str, &RecordBatch)> = tables.iter().map(|(name, batch)| (*name, batch)).collect();
    let expected = plan.evaluate_tables(&named).unwrap();
    assert!(expected.num_rows() > 100);
    let decider = decider(pack, "2017-06-30", "eligible_plai,eligible_plus,plafond_plus").unwrap();
    for rows in [1_000_000, 37] {
        let streams = tables.iter().map(|(name, batch)| (*name, stream(batch, rows))).collect();
        let evaluated = evaluate(decider, streams);
        assert_eq!(evaluated.status, LogisStatus::Ok, "{}", evaluated.problem);
        assert_eq!(evaluated.batch.unwrap(), expected);
    }
    // SAFETY: they are not used any more.
    unsafe {
        logis_decider_free(decider);
        logis_pack_free(pack);
    }
}

/// What is wrong with a stream is said of its table, and its fellows are taken all the same.
#[test]
fn streams_that_do_not_fit_are_refused_and_taken() {
    let pack = pack();
    let decider = decider(pack, "2017-06-30", "plafond_plus").unwrap();
    let requests = table("demandes");
    let persons = || ("personnes", stream(&table("personnes"), 100));
    let refused = |tables, words: &str| {
        let evaluated = evaluate(decider, tables);
        assert!(evaluated.status == LogisStatus::Refused && evaluated.batch.is_none());
        assert!(evaluated.problem["detail"].as_str().unwrap().contains(words), "{}", evaluated.problem);
    };
    let good = || ("demandes", stream(&requests, 100));
    refused(vec![good(), persons(), good()], "demandes: la table est donnée deux fois");
    refused(vec![("demandes", FFI_ArrowArrayStream::empty()), persons()], "demandes: le flux d'Arrow");
    refused(vec![good(), ("personne", stream(&requests, 9))], "personnes");
    refused(vec![good()], "personnes");
    let broken = [Ok(requests.slice(0, 3)), Err(ArrowError::ComputeError("disk gone".into()))];
    let broken = RecordBatchIterator::new(broken, requests.schema());
    refused(vec![("demandes", FFI_ArrowArrayStream::new(Box::new(broken))), persons()], "« ");
    // Bytes that are no UTF-8, in a column that says that it is of texts.
    let bytes = BinaryArray::from_iter_values([&b"21\xff31"[..], b"21231"]);
    let (offsets, values, nulls) = bytes.into_parts();
    // SAFETY: it is what the library must find out; nobody reads it as text before.
    let texts = unsafe { StringArray::new_unchecked(offsets, values, nulls) };
    let ids: ArrayRef = Arc::new(StringArray::from(vec!["D1", "D2"]));
    let schema =
        Schema::new(["demande_id", "commune"].map(|name| Field::new(name, DataType::Utf8, true)).to_vec());
    let wrong = RecordBatch::try_new(Arc::new(schema), vec![ids, Arc::new(texts)]).unwrap();
    refused(vec![("demandes", stream(&wrong, 2)), persons()], "demandes: le flux d'Arrow ne se lit pas");
    // The decider is NULL: the program's mistake, and the streams are taken.
    let evaluated = evaluate(null(), vec![good(), persons()]);
    assert_eq!(evaluated.status, LogisStatus::Misuse);
    // SAFETY: they are not used any more.
    unsafe {
        logis_decider_free(decider);
        logis_pack_free(pack);
    }
}
