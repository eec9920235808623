//! The tiny pack of the examples, and some rows for it.

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use logis::value::{Date, parse_date};
use logis::{LoadError, Pack};

/// The pack of `examples/pack`.
pub fn pack() -> Result<Pack, LoadError> {
    Pack::load(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/pack"))
}

/// A day on which its rules are in force.
pub fn date() -> Result<Date, &'static str> {
    parse_date("2017-06-30").ok_or("a date")
}

/// Three requests, the third one euro over the ceiling; and one unit.
pub fn tables() -> Result<[(&'static str, RecordBatch); 2], Box<dyn std::error::Error>> {
    let ids = |ids: &[&str]| Arc::new(StringArray::from(ids.to_vec())) as ArrayRef;
    let numbers = |numbers: &[i64]| Arc::new(Int64Array::from(numbers.to_vec())) as ArrayRef;
    let requests = RecordBatch::try_from_iter([
        ("demande_id", ids(&["D1", "D2", "D3"])),
        ("revenu", numbers(&[18_000, 20_000, 20_001])),
        ("pieces", numbers(&[2, 3, 2])),
        ("mois", numbers(&[3, 24, 60])),
    ])?;
    let units = [("logement_id", ids(&["L1"])), ("taille", numbers(&[3]))];
    Ok([("demandes", requests), ("logements", RecordBatch::try_from_iter(units)?)])
}
