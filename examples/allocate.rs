//! Gives units to requests, and says why each has its unit or waits.
//!
//! `cargo run -p logis --example allocate`

#[allow(dead_code, reason = "the other examples use the rest")]
mod common;

use logis::{Allocation, Options};

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [(demandes, requests), (logements, units)] = &common::tables()?;
    let tables = [(*demandes, requests), (*logements, units)];
    let allocation = Allocation::of(&common::pack()?, common::date()?, &tables, Options::default())?;

    // D2 has waited for 24 months, D1 for three; D3 is over the ceiling.
    assert_eq!(allocation.attributions().collect::<Vec<_>>(), [("D2", "L1")]);
    assert_eq!(allocation.reached().attributions, 1);
    for id in ["D1", "D2", "D3"] {
        println!("{id}: {}", serde_json::to_string(&allocation.explain(id)?)?);
    }
    Ok(())
}
