//! Decides one household from any record that `serde` can write, and says why.
//!
//! `cargo run -p logis --example decide_one`

#[allow(dead_code, reason = "the other examples use the rest")]
mod common;

use logis::Decider;
use logis::explain::to_text;
use serde_json::json;

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let decider = Decider::new(common::pack()?.plan(common::date()?, &["eligible"])?);
    let demande = json!({ "revenu": 20_001, "pieces": 2, "mois": 60 });

    assert!(!decider.decide(&demande)?.is_true("eligible")); // one euro over the ceiling
    for explanation in decider.explain(&demande)? {
        println!("{}", to_text(&explanation));
    }
    Ok(())
}
