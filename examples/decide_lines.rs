//! Decides or explains records as of a date, by the rules that the library carries: one object of JSON a line in, one
//! document a line out.
//!
//! `cargo run -p logis --example decide_lines -- 2017-06-30 eligible_plai,eligible_plus [explain] < demandes.ndjson`

use std::io::{BufRead, Write, stdin, stdout};

use logis::value::parse_date;
use logis::{Decider, Pack};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [date, rules, rest @ ..] = arguments.as_slice() else {
        return Err("usage: decide_lines AAAA-MM-JJ RÈGLE,RÈGLE [explain] < demandes.ndjson".into());
    };
    let date = parse_date(date).ok_or("a date: 2017-06-30")?;
    let rules: Vec<&str> = rules.split(',').collect();
    let decider = Decider::new(Pack::national().plan(date, &rules)?);
    let explain = rest.first().is_some_and(|word| word == "explain");
    let mut out = stdout().lock();
    for line in stdin().lock().lines() {
        let record: serde_json::Value = serde_json::from_str(&line?)?;
        let document = match explain {
            true => decider.explanations(&record)?.document().line()?,
            false => serde_json::to_string(&decider.decide(&record)?)?,
        };
        writeln!(out, "{document}")?;
    }
    Ok(())
}
