//! Deciding the demo's requests: the plan, beside Rhai's interpreter and the row-by-row evaluator, on
//! the same data in one run. `cargo bench -p logis-engine` prints the times; the ratios are what
//! counts.

#![allow(missing_docs, clippy::unwrap_used)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use logis_engine::Pack;
use logis_engine::data::{Dataset, InputFile, Needs, read};
use logis_engine::evaluate::{Context, Evaluator, evaluate};
use logis_engine::generate::{Spec, generate};
use logis_engine::reference::Interpreter;
use logis_engine::value::parse_date;

const RULES: [&str; 8] = [
    "categorie_menage",
    "ressources",
    "plafond_plai",
    "plafond_plus",
    "plafond_pls",
    "eligible_plai",
    "eligible_plus",
    "eligible_pls",
];

/// A population like that of the demo, of so many requests, without missing cells.
fn population(pack: &Pack, requests: u64) -> Dataset {
    let mut spec = Spec::parse(include_str!("../scenarios/grand-dijon-2015/population.toml")).unwrap();
    spec.demandes.nombre = requests;
    spec.ressources.manque_n1_pour_mille = 0;
    spec.ressources.manque_12_mois_pour_mille = 0;
    let package = generate(&spec, 1).unwrap();
    let files = package.tables.iter().map(|t| InputFile {
        name: format!("{}.csv", t.name),
        bytes: logis_engine::data::to_csv(&t.to_output()).unwrap(),
    });
    let parsed = pack.parsed();
    read(&parsed.schema, &parsed.references, files.collect(), &Needs::default()).dataset
}

fn decide(criterion: &mut Criterion) {
    let pack = Pack::load(concat!(env!("CARGO_MANIFEST_DIR"), "/../rules")).unwrap();
    let plan = pack.plan(parse_date("2015-12-31").unwrap(), &RULES).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();

    let requests = 100_000;
    let dataset = population(&pack, requests);
    let mut group = criterion.benchmark_group("eight rules, one thread");
    group.sample_size(20).throughput(Throughput::Elements(requests));
    group.bench_function("plan, by columns", |b| b.iter(|| pool.install(|| evaluate(&plan, &dataset))));

    let few = 2_000;
    let dataset = population(&pack, few);
    group.sample_size(10).throughput(Throughput::Elements(few));
    group.bench_function("plan, by rows", |b| {
        b.iter(|| {
            let context = Context::new(&plan, &dataset);
            let mut evaluator = Evaluator::new(&context);
            for row in 0..few {
                for (_, node) in &plan.selected {
                    let _ = std::hint::black_box(evaluator.outcome(*node, row));
                }
            }
        });
    });
    let interpreter = Interpreter::new(&plan, &dataset).unwrap();
    group.bench_function("Rhai's interpreter", |b| {
        b.iter(|| {
            for row in 0..few {
                std::hint::black_box(interpreter.decide_all(&RULES, row));
            }
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("start");
    group.sample_size(20);
    group.bench_function("load the pack", |b| {
        b.iter(|| Pack::load(concat!(env!("CARGO_MANIFEST_DIR"), "/../rules")).unwrap());
    });
    group.bench_function("bind eight rules to a date", |b| {
        b.iter(|| pack.plan(parse_date("2015-12-31").unwrap(), &RULES).unwrap());
    });
    group.finish();
}

criterion_group!(benches, decide);
criterion_main!(benches);
