//! Candidates: what the search costs beside the decision of every pair.
//!
//! `cargo bench -p logis --bench candidates`. Grand Dijon, and two instances drawn here by the
//! pack's own rules: communes of unequal size, wishes for one to six of them, households of one to six
//! persons. Deciding every pair of the larger one would take minutes: only the search is measured there.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod small;

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use logis::candidates::{Options, candidates};
use logis::data::{Dataset, InputFile, read};
use logis::evaluate::evaluate;
use logis::value::{Date, parse_date};
use logis::{Pack, Plan};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

fn load(pack: &Pack, plan: &Plan, files: Vec<InputFile>) -> Dataset {
    let parsed = pack.parsed();
    read(&parsed.schema, &parsed.references, files, &plan.needs()).dataset
}

fn grand_dijon() -> Vec<InputFile> {
    let folder = root().join("scenarios/grand-dijon-2015");
    let file =
        |name: &str| InputFile { name: name.to_string(), bytes: std::fs::read(folder.join(name)).unwrap() };
    ["demandes.csv", "personnes.csv", "employeurs.csv", "logements.csv"].map(file).into()
}

/// Requests and units over the first communes of the reference table, the k-th of weight 1/(k+2).
fn region(requests: usize, units: usize, communes: usize) -> Vec<InputFile> {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let table = std::fs::read_to_string(root().join("rules/referentiels/communes.csv")).unwrap();
    let codes: Vec<&str> = table
        .lines()
        .filter(|l| l.starts_with("21") || l.starts_with('0'))
        .map(|l| l.split(',').next().unwrap())
        .take(communes)
        .collect();
    let mut sums: Vec<f64> = Vec::new();
    for k in 0..codes.len() {
        sums.push(sums.last().unwrap_or(&0.0) + 1.0 / (k as f64 + 2.0));
    }
    let total = *sums.last().unwrap();
    let commune = |rng: &mut ChaCha8Rng| {
        let at = rng.random_range(0.0..total);
        codes[sums.partition_point(|s| *s <= at).min(codes.len() - 1)]
    };
    let mut demandes =
        String::from("demande_id,date_demande,commune,rfr_n2,rfr_n1,revenus_12_mois,communes_souhaitees\n");
    let mut personnes = String::from("personne_id,demande_id,lien,date_naissance,a_charge,handicap\n");
    let mut number = 0;
    for request in 0..requests {
        let own = commune(&mut rng);
        let wishes: Vec<&str> = (0..rng.random_range(0..6)).map(|_| commune(&mut rng)).chain([own]).collect();
        let income = rng.random_range(6_000..42_000);
        let _ = writeln!(
            demandes,
            "D{request:07},201{}-0{}-1{},{own},{income},{income},{},{}",
            rng.random_range(0..7),
            rng.random_range(1..10),
            rng.random_range(0..10),
            income * 11 / 10,
            wishes.join(" ")
        );
        for person in 0..rng.random_range(1..=6).min(rng.random_range(1..=6)) {
            let (lien, year) = match person {
                0 => ("demandeur", rng.random_range(1950..1998)),
                1 if rng.random_range(0..2) == 0 => ("conjoint", rng.random_range(1950..1998)),
                _ => ("enfant", rng.random_range(1999..2016)),
            };
            let _ = writeln!(
                personnes,
                "P{number:08},D{request:07},{lien},{year}-0{}-1{},{},false",
                rng.random_range(1..10),
                rng.random_range(0..10),
                lien == "enfant"
            );
            number += 1;
        }
    }
    let mut logements =
        String::from("logement_id,commune,quartier,financement,typologie,surface,loyer,charges\n");
    for unit in 0..units {
        let rooms = rng.random_range(1..=5);
        let product = ["PLAI", "PLUS", "PLUS", "PLS"][rng.random_range(0..4)];
        let _ = writeln!(
            logements,
            "L{unit:07},{},,{product},T{rooms},{},{},{}",
            commune(&mut rng),
            14 + 16 * rooms + rng.random_range(0..10),
            120 + 90 * rooms + rng.random_range(0..80),
            30 + 15 * rooms
        );
    }
    let file = |name: &str, text: String| InputFile { name: name.to_string(), bytes: text.into_bytes() };
    vec![file("demandes.csv", demandes), file("personnes.csv", personnes), file("logements.csv", logements)]
}

fn bench(c: &mut Criterion) {
    let pack = Pack::load(root().join("rules")).unwrap();
    let date: Date = parse_date("2017-06-30").unwrap();
    let plan = pack.plan(date, &["candidature_recevable"]).unwrap();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let instances = match small::small() {
        true => vec![("200_20", region(200, 20, 10), true)],
        false => vec![
            ("grand_dijon", grand_dijon(), true),
            ("10k_1k", region(10_000, 1_000, 100), true),
            ("100k_10k", region(100_000, 10_000, 1_000), false),
        ],
    };
    for (name, files, every) in instances {
        let dataset = load(&pack, &plan, files);
        let found = candidates(&plan, &dataset, &Options::default());
        println!(
            "{name}: {} candidates, {} of {} pairs looked at",
            found.len(),
            found.looked_at,
            found.pairs
        );
        let mut group = c.benchmark_group(name);
        group
            .sample_size(10)
            .measurement_time(Duration::from_secs(5))
            .throughput(Throughput::Elements(found.len() as u64));
        group.bench_function("search, one thread", |b| {
            b.iter(|| one.install(|| black_box(candidates(&plan, &dataset, &Options::default()))));
        });
        group.bench_function("search", |b| {
            b.iter(|| black_box(candidates(&plan, &dataset, &Options::default())))
        });
        if every {
            group.bench_function("every pair, one thread", |b| {
                b.iter(|| one.install(|| black_box(evaluate(&plan, &dataset))));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
