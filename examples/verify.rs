//! Verifies a written result: whoever verifies poses the problem, the result is not trusted.
//!
//! `cargo run -p logis --example verify`

#[allow(dead_code, reason = "the other examples use the rest")]
mod common;

use logis::attribution::Report;
use logis::{Options, Posing};

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [(demandes, requests), (logements, units)] = &common::tables()?;
    let tables = [(*demandes, requests), (*logements, units)];
    let options = Options::default();
    let posing = Posing::of(&common::pack()?, common::date()?, &tables, &options)?;
    let written = serde_json::to_string(&posing.clone().solve(None)?.report()?)?;

    assert!(posing.clone().verify(&Report::read(&written)?).is_ok());

    // The unit is given to who has waited less: it is one attribution still, and the proof does not hold.
    let forged = written.replace("\"D2\"", "\"D1\"");
    let refuted = posing.verify(&Report::read(&forged)?).err().ok_or("a forgery that holds")?;
    println!("{refuted}");
    Ok(())
}
