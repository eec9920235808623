//! Puts GoRules ZEN beside the plan on the workload W, on one thread, and prints the ratio.
//!
//!     LOGIS_PEERS=FOLDER cargo bench -p logis --bench workload
//!     cargo run --release --manifest-path benches/zen/Cargo.toml --target-dir target/peers/zen -- FOLDER
//!
//! FOLDER then holds the population. The rules are one expression node of a decision; a household is
//! one object, made before the time is taken. Every outcome is compared with the plan's.
//!
//! Only to see that all outcomes agree, `LOGIS_ZEN=1 cargo xtask bench --small` runs it on the tiny population that
//! `cargo test -p logis --bench workload` writes. Without `LOGIS_ZEN` it is left out there: its engine brings some 430
//! crates, a JavaScript engine and a compiler of TypeScript among them.

use std::time::Instant;

use logis::Pack;
use logis::data::{Column, Dataset, InputFile, Needs, column_of, read};
use logis::evaluate::evaluate;
use logis::value::{Date, Value, add_months, day_number, parse_date};
use serde_json::{Value as Json, json};
use zen_engine::DecisionEngine;
use zen_engine::model::DecisionContent;

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

/// Households decided by each.
const HOUSEHOLDS: usize = 10_000;

fn main() {
    let folder = std::env::args().nth(1).expect("the folder that the workload has written");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let pack = Pack::load(format!("{root}/rules")).expect("the pack");
    let date = parse_date("2019-06-30").expect("a date");
    let plan = pack.plan(date, &RULES).expect("a plan");
    let file = |name: &str| InputFile {
        name: name.to_string(),
        bytes: std::fs::read(format!("{folder}/{name}")).expect("a file of the workload"),
    };
    let files = ["demandes.parquet", "personnes.parquet", "employeurs.csv"].map(file);
    let parsed = pack.parsed();
    let data = read(&parsed.schema, &parsed.references, files.into(), &Needs::default()).dataset;
    let decisions = evaluate(&plan, &data);

    let population = population(&pack, &data, date);
    let content: DecisionContent = serde_json::from_value(decision(&pack, date)).expect("a decision");
    let engine = DecisionEngine::default();
    let mut decision = engine.create_decision(content.into()).expect("a decision");
    decision.compile();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let inputs: Vec<zen_engine::Variable> = population.iter().map(|p| p.clone().into()).collect();

    let mut best = f64::MAX;
    let mut results = Vec::new();
    for _ in 0..3 {
        results.clear();
        let start = Instant::now();
        runtime.block_on(async {
            for input in &inputs {
                results.push(decision.evaluate(input.clone()).await.expect("an outcome").result);
            }
        });
        best = best.min(start.elapsed().as_secs_f64());
    }
    for (row, result) in results.iter().enumerate() {
        let found = result.to_value();
        for (name, column) in RULES.iter().zip(&decisions.columns) {
            let expected = match column.value(row) {
                Some(Value::Bool(b)) => json!(b),
                // Incomes are compared in cents.
                Some(Value::Number(n)) if *name == "ressources" => json!((n * 100).to_integer() as i64),
                Some(Value::Number(n)) => json!(n.to_integer() as i64),
                other => panic!("{name}: {other:?}"),
            };
            let same = match (&expected, &found[*name]) {
                (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
                (a, b) => a == b,
            };
            assert!(same, "{name}, row {row}: plan {expected}, ZEN {}", found[*name]);
        }
    }
    let zen = best * 1e9 / inputs.len() as f64;
    println!("every outcome of {} households equal", inputs.len());
    println!("ZEN {zen:.0} ns a household");
    let estimate = format!("{root}/target/criterion/W/plan/1/new/estimates.json");
    if let Ok(text) = std::fs::read_to_string(estimate)
        && let Ok(estimates) = serde_json::from_str::<Json>(&text)
        && let Some(nanoseconds) = estimates["median"]["point_estimate"].as_f64()
    {
        let households = data.tables[plan.entity].rows() as f64;
        let plan = nanoseconds / households;
        println!("plan {plan:.0} ns a household: {:.0} times as fast", zen / plan);
    }
}

/// The first households as objects: amounts in cents, dates in days since 1970.
fn population(pack: &Pack, data: &Dataset, date: Date) -> Vec<Json> {
    let schema = &pack.parsed().schema;
    let entity = |name: &str| schema.entity(name).expect("an entity");
    let column = |name: &str| -> &Column {
        column_of(data, schema, schema.field(name).expect("a field")).expect("a column")
    };
    let cell = |name: &str, row: usize| match column(name).get(row) {
        Some(Value::Bool(b)) => json!(b),
        Some(Value::Number(n)) => json!((n * 100).to_integer() as i64),
        Some(Value::Date(d)) => json!(day_number(d)),
        Some(Value::Text(t)) => json!(t.as_ref()),
        _ => Json::Null,
    };
    let parents = |from: &str, to: &str| {
        let of = &schema.entities[entity(from)].belongs_to;
        let at = of.iter().position(|r| r.target == entity(to)).expect("a relation");
        data.tables[entity(from)].links[at].to_vec()
    };
    let (communes, households) = (parents("demande", "commune"), parents("personne", "demande"));
    let employers = parents("personne", "employeur");
    let mut all: Vec<Json> = (0..HOUSEHOLDS.min(data.tables[entity("demande")].rows()))
        .map(|row| {
            json!({
                "n2": cell("rfr_n2", row), "n1": cell("rfr_n1", row), "m12": cell("revenus_12_mois", row),
                "zone": cell("zone_plafond_commune", communes[row] as usize), "personnes": [],
            })
        })
        .collect();
    for (person, &household) in households.iter().enumerate() {
        let Some(household) = all.get_mut(household as usize) else { continue };
        let born = match column("date_naissance").get(person) {
            Some(Value::Date(d)) => d,
            other => panic!("{other:?}"),
        };
        let hired = match column("date_embauche").get(person) {
            Some(Value::Date(d)) => d,
            other => panic!("{other:?}"),
        };
        let (sector, staff) = match employers[person] {
            logis::data::NO_ROW => (Json::Null, json!(0)),
            employer => (cell("secteur", employer as usize), cell("effectif", employer as usize)),
        };
        household["personnes"].as_array_mut().expect("an array").push(json!({
            "lien": cell("lien", person), "a_charge": cell("a_charge", person), "handicap": cell("handicap", person),
            "ne": day_number(born), "age": logis::value::years_between(born, date).max(0),
            "contrat": cell("type_contrat", person), "essai": cell("periode_essai", person),
            "embauche": cell("date_embauche", person), "mobile": cell("mobilite_professionnelle", person),
            "mutation": cell("date_mutation", person), "difficulte": cell("difficulte_logement", person),
            "salaire": cell("salaire_mensuel", person), "secteur": sector, "effectif": staff,
            "bail": cell("date_effet_bail", person), "bail_mobilite": cell("bail_mobilite", person),
            "intermediation": cell("intermediation_locative", person),
            // Expressions have no months: the day of the year that a contract has its anniversaries.
            "anniversaire": 100 * i64::from(hired.month()) + i64::from(hired.day()),
        }));
    }
    all
}

/// The rules, with the figures of the pack.
fn decision(pack: &Pack, date: Date) -> Json {
    let parsed = pack.parsed();
    let number = |path: &str, keys: &[Value]| {
        let parameter = &parsed.parameters[parsed.parameter(path).expect("a parameter")];
        match &parameter.at(date).expect("a value").cells[&keys.to_vec()].value {
            Value::Number(n) => *n,
            other => panic!("{path}: {other}"),
        }
    };
    let zones = ["paris_communes_limitrophes", "ile_de_france", "autres_regions"];
    // Chosen by zone, then by category: the seventh is for each further person.
    let table = |product: &str| {
        let rows = zones.map(|zone| {
            let zone_key = Value::text(zone);
            let mut cells: Vec<String> = (1..=6)
                .map(|n| {
                    number(&format!("{product}.plafond"), &[zone_key.clone(), Value::int(n)]).to_string()
                })
                .collect();
            cells.push(number(&format!("{product}.par_personne_supplementaire"), &[zone_key]).to_string());
            (zone, format!("[{}]", cells.join(", ")))
        });
        let [(paris, a), (france, b), (_, c)] = rows;
        format!("(zone == '{paris}' ? {a} : zone == '{france}' ? {b} : {c})")
    };
    let years_ago = |years: i64| day_number(add_months(date, -12 * years).expect("a date"));
    let months_ahead = |months: i64| day_number(add_months(date, months).expect("a date"));
    let (today, recent, promised) = (day_number(date), months_ahead(-6), months_ahead(3));
    let of_age_to_depend = day_number(Date::constant(2017 - 25, 1, 1));
    let smic = (number("smic.mensuel", &[]) * 100).to_integer();
    let ceiling =
        |name: &str| format!("$.{name}[$.categorie_menage - 1] + $.personnes_supplementaires * $.{name}[6]");
    let retained = |recent: &str| format!("(10 * {recent} <= 9 * n2 ? min([{recent}, n2]) : n2)");
    let employee = "#.contrat != 'sans' and #.contrat != 'stage'";
    let expressions: Vec<(&str, String)> = vec![
        (
            "membres",
            format!(
                "map(personnes, merge([#, {{ charge: #.lien != 'colocataire' and ((#.lien == 'enfant' and #.ne > {today}) \
                 or (#.a_charge and (#.lien != 'enfant' or #.ne > {of_age_to_depend} or #.handicap))) }}]))"
            ),
        ),
        (
            "foyer",
            format!(
                "filter($.membres, #.lien == 'demandeur' or #.lien == 'conjoint' or (#.lien != 'colocataire' and \
                 (#.charge or #.lien != 'enfant' or #.handicap or #.ne > {})))",
                years_ago(18)
            ),
        ),
        ("n", "max([len($.foyer), 1])".into()),
        ("charge", "count($.membres, #.charge)".into()),
        ("handicap", "some($.foyer, #.handicap)".into()),
        ("conjoint", "some(personnes, #.lien == 'conjoint')".into()),
        ("demandeur", "some(personnes, #.lien == 'demandeur')".into()),
        ("ages", "sum(map(personnes, #.lien == 'demandeur' or #.lien == 'conjoint' ? #.age : 0))".into()),
        (
            "au_dessus",
            "$.handicap or ($.n >= 2 and not $.conjoint and $.n - $.charge == 1) or \
             ($.n == 2 and $.demandeur and $.conjoint and $.charge == 0 and $.ages <= 55)"
                .into(),
        ),
        ("rang", "$.au_dessus ? $.n + 1 : $.n".into()),
        ("categorie_menage", "min([$.rang, 6])".into()),
        ("personnes_supplementaires", "max([$.rang - 6, 0])".into()),
        ("ressources", format!("min([{}, {}])", retained("n1"), retained("m12"))),
        ("plai", table("plai")),
        ("plus", table("plus")),
        ("plafond_plai", ceiling("plai")),
        ("plafond_plus", ceiling("plus")),
        ("plafond_pls", "floor((13 * $.plafond_plus + 5) / 10)".into()),
        ("eligible_plai", "$.ressources <= 100 * $.plafond_plai".into()),
        ("eligible_plus", "$.ressources <= 100 * $.plafond_plus".into()),
        ("eligible_pls", "$.ressources <= 100 * $.plafond_pls".into()),
        (
            "visale",
            format!(
                "some(personnes, #.bail > {today} and (#.bail_mobilite or #.intermediation or \
                 (#.ne > {} and #.ne <= {}) or ({employee} and #.secteur != 'public' and \
                 (((#.contrat != 'cdi' or #.essai or #.embauche > {today}) and #.embauche >= {recent} and \
                 #.embauche <= {promised}) or (#.mobile and #.mutation >= {recent})))))",
                years_ago(31),
                years_ago(18)
            ),
        ),
        (
            "mobili_jeune",
            format!(
                "some(personnes, (#.contrat == 'apprentissage' or #.contrat == 'professionnalisation') and \
                 #.secteur == 'prive_non_agricole' and #.effectif >= 2000 and #.ne > {} and \
                 (#.salaire <= {smic} or #.embauche <= {}) and (#.embauche > {today} ? #.embauche <= {promised} : \
                 (#.anniversaire >= 1230 or #.anniversaire <= 630)))",
                years_ago(30),
                years_ago(1)
            ),
        ),
        (
            "public_ani",
            format!("some(personnes, {employee} and (#.ne > {} or #.mobile or #.difficulte))", years_ago(30)),
        ),
    ];
    let expressions: Vec<Json> = expressions
        .into_iter()
        .map(|(key, value)| json!({ "id": key, "key": key, "value": value }))
        .collect();
    json!({
        "nodes": [
            { "id": "in", "name": "in", "type": "inputNode" },
            { "id": "rules", "name": "rules", "type": "expressionNode", "content": { "expressions": expressions } },
            { "id": "out", "name": "out", "type": "outputNode" },
        ],
        "edges": [
            { "id": "a", "sourceId": "in", "targetId": "rules", "type": "edge" },
            { "id": "b", "sourceId": "rules", "targetId": "out", "type": "edge" },
        ],
    })
}
