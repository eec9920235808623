//! Lists several candidates for each unit, in order, for those who decide.
//!
//! `cargo run -p logis --example commission`

#[allow(dead_code, reason = "the other examples use the rest")]
mod common;

use logis::{Allocation, Options};

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [(demandes, requests), (logements, units)] = &common::tables()?;
    let tables = [(*demandes, requests), (*logements, units)];
    let allocation = Allocation::of(&common::pack()?, common::date()?, &tables, Options::default())?;

    let commission = allocation.commission()?;
    let posing = &allocation.posing;
    for (unit, list) in (0_u32..).zip(&commission.lists) {
        let candidates = list.iter().map(|place| posing.instance.requests.id(&posing.dataset, place.request));
        let candidates: Vec<&str> = candidates.collect();
        assert_eq!(candidates, ["D2", "D1"]);
        println!("{}: {}", posing.instance.units.id(&posing.dataset, unit), candidates.join(", "));
    }
    Ok(())
}
