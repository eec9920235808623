//! Decides a table of requests: a batch in, a batch out.
//!
//! `cargo run -p logis --example decide_batch`

#[allow(dead_code, reason = "the other examples use the rest")]
mod common;

use arrow_array::BooleanArray;
use arrow_array::cast::AsArray;
use logis::Evaluate;

pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let plan = common::pack()?.plan(common::date()?, &["eligible"])?;
    let [(_, requests), _] = common::tables()?;

    let decided = plan.evaluate(&requests)?;
    let eligible = decided.column_by_name("eligible").ok_or("a column")?.as_boolean();
    assert_eq!(*eligible, BooleanArray::from(vec![true, true, false]));
    println!("{decided:?}");
    Ok(())
}
