//! Populations: fitting the cross table, drawing the rows, and writing them.
//!
//! `cargo bench -p logis --bench populations`. France at one request in a hundred for the rows; the
//! fitting is that of the whole country.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod small;

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use logis::data::BatchWriter;
use logis::populations::territory::{Land, LandFiles};
use logis::populations::{Model, Options, Population};

fn text(path: &str) -> String {
    std::fs::read_to_string(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join(path)).unwrap()
}

fn bench(c: &mut Criterion) {
    let model = Model::parse(&text("scenarios/populations/demandeurs.toml")).unwrap();
    let land = Land::read(LandFiles {
        communes: &text("rules/referentiels/communes.csv"),
        epcis: &text("scenarios/populations/epci.csv"),
        departements: &text("scenarios/populations/departements.csv"),
        regions: &text("scenarios/populations/regions.csv"),
    })
    .unwrap();
    let (name, requests, units) = match small::small() {
        true => ("21", 500, 50),
        false => ("france", 28_000, 1_000),
    };
    let france = land.find(name).unwrap();
    let options = Options { requests: Some(requests), units: Some(units), seed: 1 };
    let population = Population::of_territory(&model, &land, &france, options).unwrap();
    let mut rows = 0;
    population
        .for_each_part(|part, _| {
            rows += (part.requests.num_rows() + part.persons.num_rows() + part.projects.num_rows()) as u64;
            true
        })
        .unwrap();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let mut group = c.benchmark_group("populations");
    group.sample_size(10);
    group.bench_function("fitting and first drawing, one thread", |b| {
        b.iter(|| {
            one.install(|| Population::of_territory(&model, &land, &france, options).unwrap().rounds())
        });
    });
    group.throughput(Throughput::Elements(rows));
    group.bench_function("rows of all tables, one thread", |b| {
        b.iter(|| {
            one.install(|| population.for_each_part(|part, _| black_box(part).requests.num_rows() > 0))
        });
    });
    group.bench_function("rows of all tables, written as Parquet, one thread", |b| {
        b.iter(|| {
            one.install(|| {
                let mut writers = [(); 3].map(|()| BatchWriter::parquet_in_groups(std::io::sink(), 1 << 16));
                population
                    .for_each_part(|part, _| {
                        let batches = [part.requests, part.persons, part.projects];
                        writers.iter_mut().zip(batches).all(|(writer, batch)| writer.write(&batch).is_ok())
                    })
                    .unwrap();
                writers.into_iter().for_each(|writer| writer.close().unwrap());
            });
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
