fn main() {
    let p = match logis_engine::Pack::load("rules") { Ok(p) => p, Err(e) => { print!("{e}"); return } };
    let refs = logis_engine::data::Dataset { tables: vec![Default::default(); p.parsed().schema.entities.len()], about: Default::default() };
    match logis_engine::testing::run(&p, &refs, "") {
        Ok(rs) => { let bad: Vec<_> = rs.iter().filter(|r| !r.failures.is_empty()).collect();
            println!("{} cases {} failed", rs.len(), bad.len());
            for r in bad.iter().take(12) { println!("--- {} {}", r.place, r.name); for f in &r.failures { println!("{}: expected {} found {}", f.rule, f.expected, f.found); if let Some(e) = &f.explanation { print!("{}", logis_engine::explain::to_text(e)); } } }
        }
        Err(e) => print!("{e}"),
    }
}
