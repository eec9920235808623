//! Writes matching instances for other solvers, and solves one as they do, in a process of its own.
//!
//! ```sh
//! cargo run --release -p logis --example instance -- write FOLDER dijon d10k d100k
//! cargo run --release -p logis --example instance -- solve FOLDER dijon --rounds 3 [--quotas] [--pairs]
//! ```
//!
//! `solve` builds the problem and solves it so many rounds on one thread, checks the certificate, leaves
//! the answer in `FOLDER/NAME/` and prints processor seconds and memory as JSON: `benches/peers/
//! matching.py` puts the peers beside it. `--pairs` gives it the pairs one by one instead of cells.
//! The files are described in [`dump`].

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod dump;
#[allow(dead_code, reason = "the bench and the tests read the rest of it")]
mod instances;
#[allow(dead_code, reason = "the bench reads the rest of it")]
mod problem;

use instances::{Instance, Shape};
use logis::matching::{Problem, gaps, solve};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

const USAGE: &str =
    "usage: instance write FOLDER NAME... | instance solve FOLDER NAME [--rounds N] [--quotas] [--pairs]
NAME: dijon, d10k, d100k, d1m, france, alone or with -hard, -slack or -tied";

/// All instances are drawn from it.
const SEED: u64 = 1;

fn main() -> ExitCode {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = given.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["write", folder, names @ ..] if !names.is_empty() => {
            names.iter().try_for_each(|name| write(Path::new(folder), name))
        }
        ["solve", folder, name, options @ ..] => options_of(options)
            .and_then(|(rounds, quotas, pairs)| solve_one(Path::new(folder), name, rounds, quotas, pairs)),
        _ => Err(USAGE.to_string()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::from(2)
        }
    }
}

/// Rounds, with quotas?, from pairs?
fn options_of(mut options: &[&str]) -> Result<(usize, bool, bool), String> {
    let mut chosen = (3, false, false);
    loop {
        options = match options {
            [] => return Ok(chosen),
            ["--quotas", more @ ..] => {
                chosen.1 = true;
                more
            }
            ["--pairs", more @ ..] => {
                chosen.2 = true;
                more
            }
            ["--rounds", rounds, more @ ..] => {
                chosen.0 = rounds.parse().ok().filter(|n| *n > 0).ok_or(USAGE)?;
                more
            }
            [other, ..] => return Err(format!("`{other}` is no option\n{USAGE}")),
        };
    }
}

fn draw(name: &str) -> Result<(Shape, Instance), String> {
    let shape = Shape::named(name).ok_or_else(|| format!("`{name}` is no instance\n{USAGE}"))?;
    let instance = Instance::generate(&shape, SEED);
    Ok((shape, instance))
}

fn write(folder: &Path, name: &str) -> Result<(), String> {
    let (shape, instance) = draw(name)?;
    dump::instance(folder, &shape, &instance).map_err(|e| format!("{}: {e}", folder.display()))
}

fn solve_one(folder: &Path, name: &str, rounds: usize, quotas: bool, pairs: bool) -> Result<(), String> {
    let (shape, instance) = draw(name)?;
    // Without quotas nothing tells a priority district apart.
    let instance = Arc::new(if quotas { instance } else { instance.without_districts() });
    let given = if pairs { problem::pairs(&instance, quotas) } else { vec![] };
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    let before = memory("VmRSS");
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    pool.map_err(|e| e.to_string())?.install(|| {
        let (mut build, mut solved, mut checked, mut peak) = (vec![], vec![], vec![], 0);
        let mut last = None;
        for _ in 0..rounds {
            drop(last.take());
            let copy = given.clone();
            let start = seconds();
            let problem = match pairs {
                true => {
                    let wanted = if quotas { problem::quotas(&instance) } else { vec![] };
                    Problem::from_pairs(problem::points(&instance), instance.units(), copy, wanted).unwrap()
                }
                false => problem::by_cells(&instance, quotas),
            };
            let built = seconds();
            let matching = solve(&problem);
            let end = seconds();
            peak = memory("VmHWM").saturating_sub(before);
            let open = gaps(&problem, &matching).map_err(|e| e.to_string())?;
            build.push(built - start);
            solved.push(end - built);
            checked.push(seconds() - end);
            last = Some((matching, open));
        }
        let Some((matching, open)) = last else { return Ok(()) };
        let reached = &matching.reached;
        let about = json!({
            "build": build, "solve": solved, "verify": checked, "peak_kb": peak,
            "values": [reached.attributions, reached.priority, reached.fit],
            "quotas": reached.quotas,
            "gaps": [open.attributions, open.priority, open.fit], "quota_gaps": open.quotas,
        });
        println!("{about}");
        let folder = folder.join(&shape.name);
        dump::answer(&folder, &matching.unit_of, &about).map_err(|e| format!("{}: {e}", folder.display()))
    })
}

/// Seconds that this thread has had a processor.
#[cfg(unix)]
fn seconds() -> f64 {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9
}

/// Seconds of the clock: the system does not say how long a thread ran.
#[cfg(not(unix))]
fn seconds() -> f64 {
    std::time::SystemTime::UNIX_EPOCH.elapsed().map_or(0.0, |d| d.as_secs_f64())
}

/// A line of `/proc/self/status`, in kB; 0 where there is none.
fn memory(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
