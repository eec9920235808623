//! The workload *W*: category, three ceilings, income retained, eligibility to each product, Visale,
//! Mobili-Jeune and the publics of the ANI, for households with their persons.
//!
//! Side by side, on the same columns, in one run: the plan, the same rules by hand as one loop over
//! columns ([`hand`]), and Rhai's interpreter. `cargo bench -p logis --bench workload`. With
//! `LOGIS_PEERS=FOLDER` the population and the outcomes are also written there, for
//! `benches/peers/peers.py`, which puts Polars and DuckDB beside them and prints the ratios.

#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

mod hand;
mod small;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use logis::data::{
    Dataset, InputFile, Needs, Output, OutputColumn, RecordBatch, batch_to_parquet, read, to_csv, to_parquet,
};
use logis::evaluate::{Context, Evaluator, evaluate};
use logis::explain::explain_in;
use logis::populations::{Model, Options, Population};
use logis::reference::{Answer, Interpreter};
use logis::value::{Type, Value, add_days, parse_date};
use logis::{Decider, Pack, Plan};

const RULES: [&str; 12] = [
    "categorie_menage",
    "personnes_supplementaires",
    "ressources",
    "plafond_plai",
    "plafond_plus",
    "plafond_pls",
    "eligible_plai",
    "eligible_plus",
    "eligible_pls",
    "visale",
    "mobili_jeune",
    "public_ani",
];

/// The date: every rule of the workload is in force.
const DATE: &str = "2019-06-30";

/// Requests drawn; they are repeated under other identifiers to as many as are asked.
fn drawn() -> u64 {
    if small::small() { 500 } else { 50_000 }
}

/// A population like that of Grand Dijon, without missing cells.
fn population(copies: usize) -> Vec<InputFile> {
    let mut model = Model::parse(include_str!("../scenarios/populations/grand-dijon-2015.toml")).unwrap();
    model.revenus.manque_n1_pour_mille = 0;
    model.revenus.manque_12_mois_pour_mille = 0;
    let options = Options { requests: Some(drawn()), seed: 1, ..Options::default() };
    let drawn = Population::of_model(&model, options).unwrap().tables().unwrap();
    let mut files = Vec::new();
    for (name, batches) in &drawn {
        let mut table = output(name, batches);
        files.push(match name.as_str() {
            "demandes" | "personnes" => {
                if name == "personnes" {
                    draw_more(&mut table);
                }
                repeat(&mut table, copies);
                InputFile { name: format!("{name}.parquet"), bytes: to_parquet(&table).unwrap() }
            }
            "employeurs" => InputFile { name: format!("{name}.csv"), bytes: to_csv(&table).unwrap() },
            // Nothing of the workload reads them.
            _ => continue,
        });
    }
    files
}

/// The batches of a table as columns of values.
fn output(name: &str, batches: &[RecordBatch]) -> Output {
    let column = |(at, field): (usize, &std::sync::Arc<arrow_schema::Field>)| OutputColumn {
        name: field.name().clone(),
        cells: batches
            .iter()
            .flat_map(|batch| (0..batch.num_rows()).map(move |row| cell(batch.column(at), row)))
            .collect(),
        kind: match field.data_type() {
            DataType::Boolean => Type::Bool,
            DataType::Int64 => Type::Number,
            DataType::Date32 => Type::Date,
            _ => Type::Text(None),
        },
    };
    let schema = batches[0].schema();
    Output { name: name.to_string(), columns: schema.fields().iter().enumerate().map(column).collect() }
}

fn cell(array: &ArrayRef, row: usize) -> Option<Value> {
    array.is_valid(row).then(|| match array.data_type() {
        DataType::Boolean => Value::Bool(array.as_boolean().value(row)),
        DataType::Int64 => Value::int(array.as_primitive::<Int64Type>().value(row)),
        DataType::Date32 => {
            let days = array.as_primitive::<Date32Type>().value(row);
            Value::Date(add_days(parse_date("1970-01-01").unwrap(), days.into()).unwrap())
        }
        DataType::Decimal128(..) => Value::text(""),
        _ => Value::text(array.as_string::<i32>().value(row)),
    })
}

/// What the generator leaves empty for some, or draws the same for all, by a fixed rule on the row.
fn draw_more(persons: &mut Output) {
    let rows = persons.columns[0].cells.len();
    let date = parse_date(DATE).unwrap();
    let mix = |row: usize, salt: u64| {
        (row as u64 ^ salt.wrapping_mul(0x9e37)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
    };
    // Some day in the `span` days that end `ahead` days after the date.
    let day = |n: u64, span: u64, ahead: u64| {
        let back = i64::try_from(n % span).unwrap() - i64::try_from(ahead).unwrap();
        Value::Date(add_days(date, -back).unwrap())
    };
    let mut add = |name: &str, kind: Type, of: &dyn Fn(usize) -> Value| {
        let cells = (0..rows).map(|row| Some(of(row))).collect();
        // In place of what the generator draws, which leaves cells empty.
        persons.columns.retain(|c| c.name != name);
        persons.columns.push(OutputColumn { name: name.into(), cells, kind });
    };
    add("periode_essai", Type::Bool, &|r| Value::Bool(mix(r, 1) % 20 == 0));
    add("date_embauche", Type::Date, &|r| day(mix(r, 2), 1100, 100));
    add("mobilite_professionnelle", Type::Bool, &|r| Value::Bool(mix(r, 3) % 12 == 0));
    add("date_mutation", Type::Date, &|r| day(mix(r, 4), 700, 0));
    add("date_bail", Type::Date, &|r| day(mix(r, 6), 600, 450));
    add("bail_mobilite", Type::Bool, &|r| Value::Bool(mix(r, 7) % 30 == 0));
    add("intermediation_locative", Type::Bool, &|r| Value::Bool(mix(r, 8) % 40 == 0));
    add("difficulte_logement", Type::Bool, &|r| Value::Bool(mix(r, 5) % 25 == 0));
    let place = |persons: &Output, name: &str| persons.columns.iter().position(|c| c.name == name).unwrap();
    // A person without a salary earns nothing; without a contract, no employer is asked.
    let salary = place(persons, "salaire_mensuel");
    for cell in &mut persons.columns[salary].cells {
        cell.get_or_insert(Value::int(0));
    }
    let contract = place(persons, "type_contrat");
    for cell in &mut persons.columns[contract].cells {
        cell.get_or_insert(Value::text("sans"));
    }
}

/// The same rows again and again, their identifiers made different.
fn repeat(table: &mut Output, copies: usize) {
    for column in &mut table.columns {
        // Identifiers of the repeated tables, and what refers to them; employers are not repeated.
        let id = matches!(column.name.as_str(), "demande_id" | "personne_id" | "projet_id");
        let once = std::mem::take(&mut column.cells);
        for copy in 0..copies {
            column.cells.extend(once.iter().map(|cell| match cell {
                Some(Value::Text(text)) if id => Some(Value::text(&format!("{copy}-{text}"))),
                other => other.clone(),
            }));
        }
    }
}

fn dataset(pack: &Pack, files: Vec<InputFile>) -> Dataset {
    let parsed = pack.parsed();
    let outcome = read(&parsed.schema, &parsed.references, files, &Needs::default());
    assert!(!outcome.issues.iter().any(|i| i.is_error()), "{:?}", outcome.issues.first());
    outcome.dataset
}

/// The plan, the loop by hand and the interpreter give the same.
fn check(plan: &Plan, data: &Dataset, columns: &hand::Columns) {
    let decisions = evaluate(plan, data);
    let hand = columns.decide();
    let interpreter = Interpreter::new(plan, data).unwrap();
    for (at, name) in RULES.iter().enumerate() {
        let column = decisions.column(name).unwrap();
        for row in 0..column.len() {
            let value = column.value(row);
            assert_eq!(value, Some(hand.value(at, row)), "{name}, row {row}: plan, then by hand");
            if row % 997 == 0 {
                let Answer::Known(reference) = interpreter.decide_name(name, row as u64) else {
                    panic!("{name}")
                };
                assert_eq!(value, Some(reference), "{name}, row {row}: plan, then interpreter");
            }
        }
    }
}

fn workload(criterion: &mut Criterion) {
    let pack = Pack::load(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules")).unwrap();
    let plan = pack.plan(parse_date(DATE).unwrap(), &RULES).unwrap();
    let usual = if small::small() { 2 } else { 20 };
    let copies = std::env::var("LOGIS_COPIES").ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    let files = population(copies);
    let data = dataset(&pack, files.clone());
    let columns = hand::Columns::new(&pack, &plan, &data);
    check(&plan, &data, &columns);
    if let Ok(folder) = std::env::var("LOGIS_PEERS") {
        let folder = std::path::Path::new(&folder);
        std::fs::create_dir_all(folder).unwrap();
        for file in &files {
            std::fs::write(folder.join(&file.name), &file.bytes).unwrap();
        }
        let ids = &data.tables[plan.entity].ids;
        let batch = evaluate(&plan, &data).to_record_batch(&plan, ids, None).unwrap();
        std::fs::write(folder.join("outcomes.parquet"), batch_to_parquet(&batch).unwrap()).unwrap();
    }

    let households = data.tables[plan.entity].rows() as u64;
    let mut group = criterion.benchmark_group("W");
    group.sample_size(20).throughput(Throughput::Elements(households));
    for threads in [1, 2] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        group.bench_function(BenchmarkId::new("plan", threads), |b| {
            b.iter(|| pool.install(|| evaluate(&plan, &data)))
        });
    }
    group.bench_function("by hand", |b| b.iter(|| columns.decide()));
    let few = households.min(2_000);
    group.sample_size(10).throughput(Throughput::Elements(few));
    let interpreter = Interpreter::new(&plan, &data).unwrap();
    group.bench_function("interpreter", |b| {
        b.iter(|| {
            for row in 0..few {
                std::hint::black_box(interpreter.decide_all(&RULES, row));
            }
        });
    });
    let context = Context::new(&plan, &data);
    group.bench_function("row by row", |b| {
        b.iter(|| {
            let mut evaluator = Evaluator::new(&context);
            for row in 0..few {
                for (_, node) in &plan.selected {
                    let _ = std::hint::black_box(evaluator.outcome(*node, row));
                }
            }
        });
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("explain one", |b| b.iter(|| explain_in(&context, 7)));
    let decider = Decider::new(plan.clone());
    let record = serde_json::json!({
        "commune": "21231", "date_demande": "2019-01-05",
        "rfr_n2": 20124, "rfr_n1": 20124, "revenus_12_mois": 22000,
        "personnes": [
            {
                "lien": "demandeur", "date_naissance": "1990-02-01", "a_charge": false, "handicap": false,
                "type_contrat": "cdi", "periode_essai": false, "date_embauche": "2019-03-01",
                "mobilite_professionnelle": false, "difficulte_logement": false, "salaire_mensuel": 1800,
                "date_bail": "2019-07-15", "bail_mobilite": false, "intermediation_locative": false,
                "employeur": { "secteur": "prive_non_agricole", "effectif": 120 }
            },
            {
                "lien": "autre", "date_naissance": "2012-05-01", "a_charge": true, "handicap": false,
                "type_contrat": "sans", "mobilite_professionnelle": false, "difficulte_logement": false,
                "date_bail": "2019-07-15", "bail_mobilite": false, "intermediation_locative": false
            }
        ]
    });
    for (rule, outcome) in decider.decide(&record).unwrap().iter() {
        assert!(outcome.value().is_some(), "{rule}: {outcome:?}");
    }
    group.bench_function("one record", |b| b.iter(|| decider.decide(&record).unwrap()));
    group.finish();

    let mut group = criterion.benchmark_group("start");
    group.sample_size(20);
    group.bench_function("load the pack", |b| {
        b.iter(|| Pack::load(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules")).unwrap());
    });
    group.bench_function("bind W to a date", |b| {
        b.iter(|| Plan::new(pack.parsed(), parse_date(DATE).unwrap(), &RULES).unwrap())
    });
    group.finish();
}

criterion_group!(benches, workload);
criterion_main!(benches);
