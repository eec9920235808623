//! Scenarios: their files, their changes, and the main figures of those that ship.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::support::files;
use logis::Pack;
use logis::data::{InputFile, read};
use logis::evaluate::evaluate;
use logis::scenario::report::{Cell, report};
use logis::scenario::{Household, Inputs, RunResult, Scenario, Simulation};
use logis::value::{Exact, Value, parse_date};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn inputs(scenario: &Scenario) -> Inputs {
    let mut rules = Vec::new();
    files(&Path::new(ROOT).join("rules"), "", &mut rules);
    let package = |folder: &str| -> Vec<InputFile> {
        let mut all = Vec::new();
        files(&Path::new(ROOT).join("scenarios").join(folder), "", &mut all);
        all.into_iter().map(|(name, bytes)| InputFile { name, bytes }).collect()
    };
    let data = match (&scenario.base.data, &scenario.base.population) {
        (Some((folder, _)), _) => package(folder),
        (None, Some((file, _))) => {
            let bytes = fs::read(Path::new(ROOT).join("scenarios").join(file)).unwrap();
            vec![InputFile { name: file.clone(), bytes }]
        }
        _ => Vec::new(),
    };
    let draws = scenario.base.draws.iter().map(|(folder, _)| package(folder)).collect();
    Inputs { root: "rules".into(), rules, data, draws, ..Inputs::default() }
}

fn simulation(text: &str) -> Simulation {
    let scenario = Scenario::parse("essai.toml", text).unwrap_or_else(|e| panic!("{e}"));
    let inputs = inputs(&scenario);
    Simulation::new(scenario, inputs).unwrap_or_else(|e| panic!("{e}"))
}

fn shipped(name: &str) -> Simulation {
    simulation(&fs::read_to_string(format!("{ROOT}/scenarios/{name}.toml")).unwrap())
}

fn run(simulation: &Simulation, name: &str) -> RunResult {
    let run = simulation.runs().iter().find(|r| r.id.rsplit_once('.').unwrap().0 == name).unwrap();
    simulation.run(run).unwrap_or_else(|e| panic!("{e}"))
}

/// A figure, without its decimals.
fn figure(result: &RunResult, table: &str, row: &str, column: &str) -> i64 {
    result.tables.iter().find(|t| t.id == table).unwrap().value(row, column).unwrap().0
}

fn attributions(result: &RunResult) -> i64 {
    figure(result, "synthese", "attributions", "valeur")
}

fn housed(result: &RunResult) -> BTreeSet<&str> {
    result.households.iter().filter(|h| h.unit.is_some()).map(|h| h.id.as_str()).collect()
}

/// The published counts come out: 879 requests, 98 % of them (861) under the PLUS ceilings, 350 units that
/// house 350 and cannot house 447. 34 freed units house 34 more: three and more requests suit each unit.
#[test]
fn grand_dijon_2015_as_observed() {
    let simulation = shipped("grand-dijon-2015");
    let base = run(&simulation, "base");
    assert_eq!(figure(&base, "synthese", "demandes", "valeur"), 879);
    assert_eq!(figure(&base, "eligibilite", "eligible_plus", "oui"), 861);
    assert_eq!(figure(&base, "eligibilite", "eligible_plai", "oui"), 615);
    assert_eq!(attributions(&base), 350);
    assert_eq!(base.households.iter().filter(|h| h.unit.is_some()).count(), 350);
    let freed = run(&simulation, "liberes_1");
    assert_eq!((attributions(&freed), freed.rows_taken.as_slice()), (384, &[34][..]));
    let report = report(&simulation, &[base, freed]).unwrap();
    let observed = report.sheets.iter().find(|s| s.id == "observe").unwrap();
    assert_eq!(observed.rows[0][2], Cell::Number { value: 97, decimals: 0 });
    assert_eq!(observed.rows[0][4], Cell::Number { value: -97, decimals: 0 });
    assert_eq!(observed.rows[0][6], Cell::Number { value: 384 - 447, decimals: 0 });
}

/// Data that no run changes are read as they stand, others as texts: both give the same figures, households and maps.
#[test]
fn data_read_as_they_stand_give_what_texts_give() {
    let base = "title = \"Essai\"\n[base]\ndata = \"grand-dijon-2015\"\nas_of = 2017-06-30\n";
    let change = "[[variant]]\nname = \"plus\"\ntitle = \"Plus\"\n[[variant.logement]]\nadd = 1\n";
    let (files, texts) = (simulation(base), simulation(&format!("{base}{change}")));
    let of = |simulation: &Simulation| {
        let base = run(simulation, "base");
        let report = report(simulation, std::slice::from_ref(&base)).unwrap();
        (base.tables, base.households, base.warnings, base.local, format!("{:?}", report.maps))
    };
    let (files, texts) = (of(&files), of(&texts));
    assert!(files.1.len() == 879 && files.4.contains("Dijon"));
    assert_eq!(files, texts);
}

/// Who is under the ceilings of 2026 is counted here from the table itself, the household's category and
/// its income.
#[test]
fn ceilings_of_2026_on_the_demand_of_2017() {
    let simulation = shipped("plafonds-2026");
    let (base, later) = (run(&simulation, "base"), run(&simulation, "plafonds_2026"));
    let pack = Pack::load(format!("{ROOT}/rules")).unwrap();
    let date = parse_date("2017-06-30").unwrap();
    let names = ["ressources", "categorie_menage", "personnes_supplementaires", "zone_plafond"];
    let plan = pack.plan(date, &names).unwrap();
    let parsed = pack.parsed();
    let data = inputs(simulation.scenario()).data;
    let dataset = read(&parsed.schema, &parsed.references, data, &plan.needs()).dataset;
    let decided = evaluate(&plan, &dataset);
    let number = |column: usize, row: usize| match decided.columns[column].value(row) {
        Some(Value::Number(n)) => Some(n),
        _ => None,
    };
    for (day, result) in [("2017-06-30", &base), ("2026-06-30", &later)] {
        let cell = |path: &str, key: Vec<Value>| {
            let parameter = &parsed.parameters[parsed.parameter(path).unwrap()];
            match &parameter.at(parse_date(day).unwrap()).unwrap().cells[&key].value {
                Value::Number(n) => *n,
                other => panic!("{other}"),
            }
        };
        let rules = &result.tables.iter().find(|t| t.id == "eligibilite").unwrap().rows;
        let rule = rules.iter().position(|r| r.id == "eligible_plus").unwrap();
        let found: BTreeMap<&str, &Household> =
            result.households.iter().map(|h| (h.id.as_str(), h)).collect();
        let mut held = 0;
        for row in 0..decided.columns[0].len() {
            let (Some(income), Some(category), Some(more)) = (number(0, row), number(1, row), number(2, row))
            else {
                continue;
            };
            let zone = decided.columns[3].value(row).unwrap();
            let ceiling = cell("plus.plafond", vec![zone.clone(), Value::Number(category)])
                + more * cell("plus.par_personne_supplementaire", vec![zone]);
            let id = dataset.tables[plan.entity].ids.text(row).unwrap();
            assert_eq!(found[id].eligible[rule], Some(income <= ceiling), "{day} {id}");
            held += 1;
        }
        assert!(held > 850);
    }
    // Higher ceilings take nobody out.
    let before: BTreeMap<&str, &Household> = base.households.iter().map(|h| (h.id.as_str(), h)).collect();
    for household in &later.households {
        for (was, is) in before[household.id.as_str()].eligible.iter().zip(&household.eligible) {
            assert!(*was != Some(true) || *is == Some(true), "{}", household.id);
        }
    }
    assert!(
        figure(&later, "eligibilite", "eligible_plus", "oui")
            > figure(&base, "eligibilite", "eligible_plus", "oui")
    );
}

/// The convention (art. 2.5): mixity lowers no number of attributions. What it costs is points: never
/// fewer without shares, and the asked half is reached.
#[test]
fn the_shares_cost_points_and_no_attribution() {
    let simulation = shipped("parts-mixite");
    let (base, without, half) =
        (run(&simulation, "base"), run(&simulation, "sans_parts"), run(&simulation, "parts_50"));
    for result in [&base, &without, &half] {
        assert_eq!(attributions(result), 350);
    }
    assert!(without.tables.iter().all(|t| t.id != "quotas"));
    let points = |r: &RunResult| figure(r, "synthese", "priorite", "valeur");
    assert!(points(&without) >= points(&base) && points(&base) > points(&half));
    for (result, wanted) in [(&base, 250), (&half, 500)] {
        assert!(figure(result, "quotas", "hors_quartiers", "part") >= wanted);
        assert_eq!(figure(result, "quotas", "hors_quartiers", "legale"), wanted);
        assert_eq!(figure(result, "quotas", "hors_quartiers", "manque"), 0);
        // The shares' bases are the units given on either side of the districts' border; what is asked is the
        // share of each, rounded up.
        let given = |side: &str| figure(result, "logements_par_en_quartier_prioritaire", side, "attribues");
        let quota = |name: &str, column: &str| figure(result, "quotas", name, column);
        assert_eq!(quota("quart_reserve", "base"), attributions(result));
        assert_eq!(
            (quota("hors_quartiers", "base"), quota("en_quartiers", "base")),
            (given("non"), given("oui"))
        );
        for name in ["quart_reserve", "hors_quartiers", "en_quartiers"] {
            let asked = (quota(name, "base") * quota(name, "legale") + 999) / 1000;
            assert_eq!(quota(name, "attendus"), asked);
            assert_eq!(quota(name, "manque"), (asked - quota(name, "membres")).max(0));
        }
    }
    assert!(figure(&half, "quotas", "hors_quartiers", "prix") > 0);
    // Shares that cost nothing leave a unit worth what it is worth without any: some points, and not the
    // attribution that it brings besides.
    assert_eq!(points(&without), points(&base));
    for loan in ["PLAI", "PLUS", "PLS"] {
        let value = |r: &RunResult| figure(r, "logements_par_financement", loan, "valeur");
        assert_eq!(value(&base), value(&without), "{loan}");
    }
}

/// A run of a sweep is the variant with the same value; its result has no households.
#[test]
fn a_point_of_a_sweep_is_the_variant_of_its_value() {
    let text = |variant: &str| {
        format!(
            "title = \"t\"\n[base]\ndata = \"grand-dijon-2015\"\nas_of = 2017-06-30\n[[variant]]\nname = \"v\"\n\
             [[variant.parameter]]\npath = \"mixite.part_hors_quartiers\"\nset = {variant}\n\
             [[sweep]]\nname = \"s\"\n[[sweep.axis]]\npath = \"mixite.part_hors_quartiers\"\nset = [0.25, 0.4]\n"
        )
    };
    let simulation = simulation(&text("0.4"));
    let (variant, point) = (run(&simulation, "v"), run(&simulation, "s.2"));
    for table in &point.tables {
        assert_eq!(Some(table), variant.tables.iter().find(|t| t.id == table.id));
    }
    assert!(point.households.is_empty() && point.hash != variant.hash);
}

/// 300 hires are 300 requests more, all of the new employer and mobile; the units are no more, so whoever of
/// them is housed takes the place of another.
#[test]
fn a_large_employer_arrives() {
    let simulation = shipped("grand-employeur");
    let (base, with) = (run(&simulation, "base"), run(&simulation, "employeur"));
    assert_eq!(figure(&with, "synthese", "demandes", "valeur"), 1179);
    assert_eq!((attributions(&base), attributions(&with)), (350, 350));
    let new = with.households.iter().filter(|h| h.id.contains('+'));
    assert_eq!(new.clone().count(), 300);
    // A tenth more of the requests were mobile before; each of the new ones is.
    let mobile = |r: &RunResult| figure(r, "publics", "public_salarie_mobile", "oui");
    assert!(mobile(&with) - mobile(&base) >= 290, "{}", mobile(&with) - mobile(&base));
    let (before, after) = (housed(&base), housed(&with));
    let taken = after.iter().filter(|id| id.contains('+')).count();
    let lost = before.difference(&after).count();
    let won = after.difference(&before).filter(|id| !id.contains('+')).count();
    assert_eq!(taken + won, lost);
    let report = report(&simulation, &[base, with]).unwrap();
    let gains = report.sheets.iter().find(|s| s.id == "gains_pertes").unwrap();
    assert_eq!(
        gains.rows[0][2..],
        [
            Cell::Number { value: won as i64, decimals: 0 },
            Cell::Number { value: lost as i64, decimals: 0 },
            Cell::Number { value: won as i64 - lost as i64, decimals: 0 }
        ]
    );
}

/// One thousand PLAI more for twice the requests: rows, units by product and attributions are counted from
/// the file's own numbers; no request is served twice, no unit is given twice.
#[test]
fn a_thousand_units_of_either_product() {
    let simulation = shipped("mille-plai-ou-plus");
    let plai = run(&simulation, "mille_plai");
    assert_eq!(figure(&plai, "synthese", "demandes", "valeur"), 2 * 879);
    assert_eq!(figure(&plai, "synthese", "logements", "valeur"), 350 + 1000);
    assert_eq!(plai.rows_taken, [879, 1000]);
    let product = |name: &str| figure(&plai, "logements_par_financement", name, "logements");
    assert_eq!((product("PLAI"), product("PLUS"), product("PLS")), (105 + 1000, 238, 7));
    let units: BTreeSet<&str> = plai.households.iter().filter_map(|h| h.unit.as_deref()).collect();
    let given = |name: &str| figure(&plai, "reservations", name, "attribues");
    assert_eq!(units.len() as i64, attributions(&plai));
    assert_eq!(given("PLAI") + given("PLUS") + given("PLS"), attributions(&plai));
    assert_eq!(given("total"), attributions(&plai));
    let free = figure(&plai, "synthese", "logements_libres", "valeur");
    assert_eq!(free, 1350 - attributions(&plai));
}

/// The same file, inputs and seed give the same results, whatever ran before.
#[test]
fn a_run_is_repeatable() {
    let text = "title = \"t\"\n[base]\ndata = \"grand-dijon-2015\"\nas_of = 2015-12-31\nseeds = [1, 2]\n\
                [base.territory]\ncommune = [\"21166\", \"21617\"]\n\
                [[variant]]\nname = \"v\"\n[[variant.logement]]\nremove = 5\n[[variant.demande]]\nadd = \"10 %\"\n";
    let (one, two) = (simulation(text), simulation(text));
    let (a, b) = (one.run(&one.runs()[2]).unwrap(), two.run(&two.runs()[2]).unwrap());
    assert_eq!(a, b);
    assert_ne!(one.hash(&one.runs()[2]), one.hash(&one.runs()[3]));
    // Chenôve and Talant alone, read from the file.
    let csv = fs::read_to_string(format!("{ROOT}/scenarios/grand-dijon-2015/demandes.csv")).unwrap();
    let own = csv.lines().filter(|l| [Some("21166"), Some("21617")].contains(&l.split(',').nth(2))).count();
    let base = one.run(&one.runs()[0]).unwrap();
    assert_eq!(base.households.len(), own);
    let tenth = Exact::new(own as i128, 10).round().to_integer() as usize;
    assert_eq!(a.households.len(), own + tenth);
}

/// A scenario that has a package for each seed gives, for each, what one with that package alone gives.
#[test]
fn each_seed_has_its_own_package() {
    let text = |data: &str, seeds: &str| {
        format!(
            "title = \"t\"\n[base]\ndata = {data}\nas_of = 2017-06-30\nseeds = {seeds}\nterritory = {{ commune = [\"21166\"] }}\n"
        )
    };
    let (first, second) = ("\"grand-dijon-2015\"", "\"grand-dijon-2015-tirages/2016\"");
    let both = simulation(&text(&format!("[{first}, {second}]"), "[3, 4]"));
    let alone = [simulation(&text(first, "[3]")), simulation(&text(second, "[4]"))];
    let results: Vec<RunResult> = both.runs().iter().map(|run| both.run(run).unwrap()).collect();
    for (result, alone) in results.iter().zip(&alone) {
        let alone = alone.run(&alone.runs()[0]).unwrap();
        assert_eq!((&result.tables, &result.households), (&alone.tables, &alone.households));
    }
    assert_ne!(results[0].households, results[1].households);
    let error = Scenario::parse("s.toml", &text(&format!("[{first}, {second}]"), "[1, 2, 3]")).unwrap_err();
    assert!(error.to_string().contains("`data` liste 2 paquets pour 3 graines"), "{error}");
}

/// A population is drawn anew for each seed, from the communes that its file lists: of 879 requests the 35 of Chenôve
/// (517 of 12,912 by weight: 35.2).
#[test]
fn a_population_is_drawn_for_each_seed() {
    let text = "title = \"t\"\n[base]\npopulation = \"populations/grand-dijon-2015.toml\"\nas_of = 2017-06-30\n\
                seeds = [1, 2]\nterritory = { commune = [\"21166\"] }\n";
    let drawn = simulation(text);
    let results: Vec<RunResult> = drawn.runs().iter().map(|run| drawn.run(run).unwrap()).collect();
    for result in &results {
        assert_eq!(figure(result, "synthese", "demandes", "valeur"), 35);
    }
    assert_ne!(results[0].households, results[1].households);
    let again = simulation(text);
    assert_eq!(again.run(&again.runs()[0]).unwrap(), results[0]);
    let any = Scenario::parse("s.toml", &text.replace("grand-dijon-2015.toml", "demandeurs.toml")).unwrap();
    let inputs = inputs(&any);
    let error = Simulation::new(any, inputs).err().unwrap().to_string();
    assert!(error.contains("populations/demandeurs.toml") && error.contains("[communes]"), "{error}");
}

/// All that is wrong with a file is said at once, each at its place, with the nearest right name.
#[test]
fn a_wrong_file_is_refused_whole() {
    let text = "title = \"t\"\ntexte = \"x\"\n[base]\ndata = \"d\"\npopulation = \"p\"\n[[variant]]\nname = \"a b\"\n\
                [[variant.parameter]]\npath = \"plus.plafond\"\nmultiply = 2\nset = 1\n";
    let message = Scenario::parse("s.toml", text).unwrap_err().to_string();
    for wanted in [
        "scénario: la clé `texte` n'existe pas",
        "vouliez-vous dire `text`",
        "un scénario a `data` ou `population`",
        "n'est pas un nom simple",
        "ne dit rien, ou deux choses",
        "s.toml:2:1",
    ] {
        assert!(message.contains(wanted), "{wanted}\n{message}");
    }
    let text = "title = \"t\"\n[base]\ndata = \"grand-dijon-2015\"\n[measures]\ngroups = [\"aide\"]\n[[variant]]\nname = \"v\"\n\
                quotas = [\"hors_quartier\"]\n[[variant.parameter]]\npath = \"plus.plafon\"\nset = 1\n\
                [[variant.parameter]]\npath = \"plus.plafond\"\nkey = [\"autres_region\"]\nadd = 1\n\
                [[variant.logements]]\nadd = 1\n[[variant.logement]]\nadd = 1\nlike = { financemen = \"PLAI\" }\n\
                [[variant.logement]]\nadd = 1\nlike = { financement = \"PLAY\" }\n";
    let scenario = Scenario::parse("s.toml", text).unwrap_or_else(|e| panic!("{e}"));
    let inputs = inputs(&scenario);
    let message = Simulation::new(scenario, inputs).err().unwrap().to_string();
    for wanted in [
        "`aides`",
        "`hors_quartiers`",
        "`plus.plafond` ?",
        "`autres_regions`",
        "`logement` ?",
        "`financement` ?",
        "`PLA` ?",
    ] {
        assert!(message.contains(wanted), "{wanted}\n{message}");
    }
}

/// What a change breaks is said: a share of 150 % is none.
#[test]
fn an_impossible_value_is_refused() {
    let simulation = simulation(
        "title = \"t\"\n[base]\ndata = \"grand-dijon-2015\"\nas_of = 2017-06-30\n[[variant]]\nname = \"v\"\n\
         [[variant.parameter]]\npath = \"mixite.part_hors_quartiers\"\nset = 1.5\n",
    );
    let error = simulation.run(&simulation.runs()[1]).unwrap_err().to_string();
    assert!(error.contains("n'est pas une part entre 0 et 1"), "{error}");
}
