//! The price of an empty cell: what a row costs to decide when some of its cells are missing, beside
//! the complete rows, in one run and on one thread.
//!
//! Grand Dijon's requests twenty times over (17,580), each time with other cells empty; the three
//! eligibilities are asked. `cargo bench -p logis --bench missing` prints, for each, the processor
//! time of deciding all rows (reading is not in it), and how many times that is of the complete rows decided
//! row by row; the complete rows decided by columns, the usual way, are printed too.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod small;

use std::hint::black_box;
use std::time::Duration;

use logis::data::{Dataset, InputFile, read};
use logis::evaluate::{Context, Evaluator, evaluate};
use logis::value::parse_date;
use logis::{Pack, Plan};

/// What is asked, of the day of the example.
const RULES: [&str; 3] = ["eligible_plai", "eligible_plus", "eligible_pls"];
const DATE: &str = "2017-06-30";

/// How often the requests are repeated, under other identifiers.
fn copies() -> usize {
    if small::small() { 1 } else { 20 }
}

/// How often a measure is taken; the least is printed.
fn times() -> usize {
    if small::small() { 1 } else { 5 }
}

/// Cells that are emptied: their table and column, and in one row of how many.
type Holes<'a> = &'a [(&'a str, &'a str, usize)];

const KINDS: [(&str, Holes<'_>); 8] = [
    ("no cell", &[]),
    ("an income, all rows", &[("demandes", "rfr_n2", 1)]),
    ("an income, one row in 10", &[("demandes", "rfr_n2", 10)]),
    ("another income, one row in 10", &[("demandes", "revenus_12_mois", 10)]),
    (
        "two incomes at once, one row in 10",
        &[("demandes", "rfr_n2", 10), ("demandes", "revenus_12_mois", 10)],
    ),
    ("a date of birth, one person in 10", &[("personnes", "date_naissance", 10)]),
    ("a yes or no, one person in 10", &[("personnes", "a_charge", 10)]),
    (
        "an income and dates of birth, one row in 5",
        &[("demandes", "rfr_n2", 5), ("personnes", "date_naissance", 5)],
    ),
];

/// The tables, with these cells empty.
fn files(holes: Holes<'_>) -> Vec<InputFile> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/grand-dijon-2015");
    let table = |name: &str| {
        let text = std::fs::read_to_string(format!("{folder}/{name}.csv")).unwrap();
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
        let holes: Vec<(usize, u64)> = (holes.iter().filter(|hole| hole.0 == name))
            .map(|(_, column, one_in)| (header.iter().position(|c| c == column).unwrap(), *one_in as u64))
            .collect();
        let ids: Vec<usize> =
            (0..header.len()).filter(|at| matches!(header[*at], "demande_id" | "personne_id")).collect();
        let copies = if name == "employeurs" { 1 } else { copies() };
        let mut out = header.join(",");
        for (number, (copy, row)) in
            (0..copies).flat_map(|copy| rows.iter().map(move |row| (copy, row))).enumerate()
        {
            // The rows that lack a cell lie scattered: a fixed mix of their number.
            let mixed = (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
            let mut cells: Vec<String> = row.iter().map(ToString::to_string).collect();
            for &at in ids.iter().filter(|_| copies > 1) {
                cells[at] = format!("{copy}-{}", cells[at]);
            }
            for &(at, one_in) in &holes {
                if mixed.is_multiple_of(one_in) {
                    cells[at].clear();
                }
            }
            out.push('\n');
            out.push_str(&cells.join(","));
        }
        InputFile { name: format!("{name}.csv"), bytes: out.into_bytes() }
    };
    ["demandes", "personnes", "employeurs"].map(table).into()
}

fn dataset(pack: &Pack, plan: &Plan, holes: Holes<'_>) -> Dataset {
    let parsed = pack.parsed();
    let outcome = read(&parsed.schema, &parsed.references, files(holes), &plan.needs());
    assert!(!outcome.issues.iter().any(|i| i.is_error()), "{:?}", outcome.issues.first());
    outcome.dataset
}

/// Processor time of this thread.
#[cfg(unix)]
fn spent() -> Duration {
    let spent = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(spent.tv_sec.cast_unsigned(), u32::try_from(spent.tv_nsec).unwrap())
}

#[cfg(not(unix))]
fn spent() -> Duration {
    use std::sync::OnceLock;
    use std::time::Instant;
    static START: OnceLock<Instant> = OnceLock::new();
    START.get_or_init(Instant::now).elapsed()
}

/// The least processor time of several runs.
fn least(mut run: impl FnMut()) -> Duration {
    let mut once = || {
        let start = spent();
        run();
        spent() - start
    };
    (0..times()).map(|_| once()).min().unwrap()
}

fn main() {
    let pack = Pack::load(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules")).unwrap();
    let plan = pack.plan(parse_date(DATE).unwrap(), &RULES).unwrap();
    let complete = dataset(&pack, &plan, &[]);
    let rows = complete.tables[plan.entity].rows();
    let context = Context::new(&plan, &complete);
    let by_rows = least(|| {
        for (_, node) in &plan.selected {
            let mut evaluator = Evaluator::new(&context);
            for row in 0..rows as u64 {
                let _ = black_box(evaluator.outcome(*node, row));
            }
        }
    });
    println!("{rows} requests, {} outcomes each", RULES.len());
    println!("complete, row by row: {:.0} ns a request", by_rows.as_secs_f64() * 1e9 / rows as f64);
    // The pool's only thread is this one: its processor time is all of it.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().unwrap();
    for (name, holes) in KINDS {
        let data = dataset(&pack, &plan, holes);
        let mut known = 0;
        let time = pool.install(|| {
            least(|| {
                let decisions = black_box(evaluate(&plan, &data));
                known =
                    decisions.columns.iter().flat_map(|c| c.iter()).filter(|o| o.value().is_some()).count();
            })
        });
        println!(
            "without {name}: {:.0} ns a request, {:.2} times; {known} of {} outcomes known",
            time.as_secs_f64() * 1e9 / rows as f64,
            time.as_secs_f64() / by_rows.as_secs_f64(),
            rows * RULES.len(),
        );
    }
}
