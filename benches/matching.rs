//! The matching on instances from Grand Dijon to France: points and fit, the check of the certificate,
//! and the three quotas.
//!
//! `cargo bench -p logis --bench matching`. `LOGIS_SIZES=dijon,d10k,d100k,d1m,france` says which
//! instances (the first three, if it is not set; each also with `-hard`, `-slack` or `-tied`); `random` is 20 random
//! problems of 40 requests and 20 units, with five quotas near a half that contradict each other. `read the
//! pairs` computes every fit once and does
//! nothing with it: the floor of whatever looks at all pairs. `one in 1,000 comes` solves from the answer
//! before. Other solvers on the same pairs:
//! `benches/peers/matching.py`.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

#[allow(dead_code, reason = "the example and the tests read the rest of it")]
mod instances;
#[allow(dead_code, reason = "the example reads the rest of it")]
mod problem;
mod small;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use instances::{Instance, Shape};
use logis::matching::{Duals, Problem, solve, solve_near, verify};
use rayon::ThreadPool;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

fn read_the_pairs(instance: &Instance) -> u64 {
    let mut fits = Vec::new();
    let mut sum = 0;
    for request in 0..instance.requests() as u32 {
        for (slot, cell) in instance.open_to(request) {
            fits.clear();
            instance.fill(request, slot, cell.range(), &mut fits);
            sum += fits.iter().map(|f| u64::from(*f)).sum::<u64>();
        }
    }
    sum
}

/// One request in a thousand (at least one) comes anew: solved from the answer before.
fn again(
    group: &mut BenchmarkGroup<'_, WallTime>,
    pool: &ThreadPool,
    name: &str,
    (before, problem): (Problem, &Problem),
) {
    let answer = solve(&before);
    let duals = Duals::of(&before, &answer.certificate);
    let near = || solve_near(black_box(problem), &answer.unit_of, Some(&duals));
    verify(problem, &near()).unwrap();
    group.bench_function(BenchmarkId::new("one in 1,000 comes", name), |b| b.iter(|| pool.install(near)));
}

/// Random problems, whose quotas are hard to prove.
fn random(criterion: &mut Criterion) {
    let count = if small::small() { 2 } else { 20 };
    let problems: Vec<Problem> = (0..count).map(problem::random).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let mut group = criterion.benchmark_group("matching random");
    group.sample_size(10);
    group.bench_function("quotas", |b| {
        b.iter(|| pool.install(|| problems.iter().map(|p| solve(black_box(p))).collect::<Vec<_>>()))
    });
    group.finish();
}

fn matching(criterion: &mut Criterion) {
    let usual = if small::small() { "dijon,random" } else { "dijon,d10k,d100k" };
    let sizes = std::env::var("LOGIS_SIZES").unwrap_or_else(|_| usual.into());
    for name in sizes.split(',').map(str::trim) {
        if name == "random" {
            random(criterion);
            continue;
        }
        let shape = Shape::named(name).unwrap_or_else(|| panic!("LOGIS_SIZES: `{name}` is no instance"));
        let with_districts = Arc::new(Instance::generate(&shape, 1));
        let instance = Arc::new(with_districts.without_districts());
        let plain = problem::by_cells(&instance, false);
        let answer = solve(&plain);
        verify(&plain, &answer).unwrap();

        let mut group = criterion.benchmark_group(format!("matching {name}"));
        group.sample_size(10).throughput(Throughput::Elements(instance.pairs()));
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(3));
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            group.bench_function(BenchmarkId::new("points and fit", threads), |b| {
                b.iter(|| pool.install(|| solve(black_box(&plain))))
            });
        }
        group.bench_function("verify", |b| b.iter(|| verify(black_box(&plain), &answer).unwrap()));
        group.bench_function("read the pairs", |b| b.iter(|| read_the_pairs(black_box(&instance))));
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let before = problem::by_cells_but_some(&instance, false);
        again(&mut group, &pool, "without quotas", (before, &plain));
        let quotas = problem::by_cells(&with_districts, true);
        group.bench_function("quotas", |b| b.iter(|| pool.install(|| solve(black_box(&quotas)))));
        let answer = solve(&quotas);
        verify(&quotas, &answer).unwrap();
        group.bench_function("verify with quotas", |b| {
            b.iter(|| verify(black_box(&quotas), &answer).unwrap())
        });
        let before = problem::by_cells_but_some(&with_districts, true);
        again(&mut group, &pool, "with quotas", (before, &quotas));
        group.finish();
    }
}

criterion_group!(benches, matching);
criterion_main!(benches);
