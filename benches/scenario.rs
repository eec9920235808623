//! One run of a sweep of the Grand Dijon scenario (879 requests, 350 units), on one thread.
//!
//! `cargo bench -p logis --bench scenario`. `a share` moves two shares, which candidates do not
//! depend on; `a ceiling` moves the PLUS ceiling, by which nearly every decision is made again. `cargo test --benches`
//! does one run of each: that is small already.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use logis::Pack;
use logis::data::InputFile;
use logis::scenario::{Inputs, Run, Scenario, Simulation};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn simulation(axes: &str) -> Simulation {
    let text = format!(
        "title = \"t\"\n[base]\ndata = \"grand-dijon-2015\"\nas_of = 2017-06-30\n[[sweep]]\nname = \"s\"\n{axes}"
    );
    let scenario = Scenario::parse("bench.toml", &text).unwrap_or_else(|e| panic!("{e}"));
    let file = |name: &str| {
        let path = Path::new(ROOT).join("scenarios/grand-dijon-2015").join(name);
        InputFile { name: name.to_string(), bytes: std::fs::read(path).unwrap() }
    };
    let names =
        ["demandes.csv", "personnes.csv", "employeurs.csv", "logements.csv", "projets.csv", "paquet.toml"];
    let inputs = Inputs {
        root: "rules".into(),
        rules: Pack::files(Path::new(ROOT).join("rules")).unwrap(),
        data: names.map(file).to_vec(),
        ..Inputs::default()
    };
    Simulation::new(scenario, inputs).unwrap_or_else(|e| panic!("{e}"))
}

/// `path = …` with values from `first`, 0.01 apart.
fn axis(path: &str, how: &str, first: u32, count: u32) -> String {
    let values: Vec<String> = (first..first + count).map(|n| format!("{}.{:02}", n / 100, n % 100)).collect();
    format!("[[sweep.axis]]\npath = \"{path}\"\n{how} = [{}]\n", values.join(", "))
}

fn scenario(criterion: &mut Criterion) {
    let shares =
        [axis("mixite.part_hors_quartiers", "set", 10, 20), axis("mixite.part_en_quartiers", "set", 40, 20)];
    let ceilings = axis("plus.plafond", "multiply", 80, 40);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let mut group = criterion.benchmark_group("a run of a sweep");
    group.sample_size(40).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(8));
    for (name, axes) in [("a share", shares.concat()), ("a ceiling", ceilings)] {
        let simulation = simulation(&axes);
        let points: Vec<&Run> = simulation.runs().iter().filter(|r| r.point.is_some()).collect();
        let mut next = points.iter().cycle();
        group.bench_function(name, |b| {
            b.iter(|| pool.install(|| simulation.run(next.next().unwrap()).unwrap_or_else(|e| panic!("{e}"))))
        });
    }
    group.finish();
}

criterion_group!(benches, scenario);
criterion_main!(benches);
