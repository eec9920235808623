//! Says what a change of rules does on rows of data: the ceiling one euro higher lets D3 in.
//!
//! `cargo run -p logis --example diff_rules`

#[allow(dead_code, reason = "the other examples use the rest")]
mod common;

use logis::Pack;
use logis::compare::Comparison;
use logis::data::{Needs, read_batches};

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/pack");
    let mut files = Pack::files(folder)?;
    for (_, bytes) in files.iter_mut().filter(|(name, _)| name == "plafond.toml") {
        *bytes = String::from_utf8(bytes.clone())?.replace("20000", "20001").into_bytes();
    }
    let (base, head) = (common::pack()?, Pack::from_files("examples/pack", files)?);

    let [(demandes, requests), _] = &common::tables()?;
    let parsed = base.parsed();
    let needs = Needs { any_table: true, ..base.plan(common::date()?, &["eligible"])?.needs() };
    let data = read_batches(&parsed.schema, &parsed.references, &[(demandes, requests)], &needs).dataset;

    let mut comparison = Comparison::new(&base, &head, &["eligible"], &[])?;
    for pair in comparison.pairs(common::date()?) {
        comparison.rows("exemple", &pair, &data, &data);
    }
    let report = comparison.report();
    assert_eq!(report.differences.len(), 1);
    println!("{}", serde_json::to_string_pretty(&report.differences)?);
    Ok(())
}
