//! Scenarios whose variants match otherwise than the pack says, held against packs that spell the same; and shares that a table gives
//! by a scope.

use std::collections::BTreeMap;
use std::fs;

use logis::attribution::{Acceptances, Asks, Commission, Likely};
use logis::data::{InputFile, Needs, read};
use logis::scenario::{Inputs, RunResult, Scenario, Simulation, Table};
use logis::value::{Exact, parse_date};
use logis::{Draws, Options, Pack, Posing, posing};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::scenario_years::ROOT;
use crate::small::{self, MATCHING};

const RULES: &str = "//! entité: candidature

/// Convient.
fn convient(besoin, taille) { taille >= besoin && taille <= besoin + 400 }

/// Adéquation.
fn adequation(besoin, taille) { 900 - (taille - besoin) }
";

const QUOTA: &str = "[[matching.quotas]]\nname = \"modestes\"\nmembers = \"modeste\"\nshare = \"part\"\n";

const BY_LANDLORD: &str = "[[matching.quotas]]\nname = \"modestes\"\nmembers = \"modeste\"\nshare = \"part\"\nscope = \"bailleur\"\n";

const FLOW: &str = "[[matching.quotas]]\nname = \"prefet\"\nbase = \"flux\"\ncharged = \"prefet\"\nshare = \"un_tiers\"\n\
[[matching.quotas]]\nname = \"commune\"\ncharged = \"commune\"\nshare = \"un_tiers\"\n\
[matching.flow]\nunits = \"flux\"\nholder = \"reservataire\"\n\
[[matching.flow.holders]]\nname = \"prefet\"\nproposes = \"prefet\"\n\
[[matching.flow.holders]]\nname = \"commune\"\nproposes = \"commune\"\n";

fn files(manifest: &str, share: &str) -> Vec<(String, Vec<u8>)> {
    let request =
        ["besoin: integer", "points: integer", "modeste: boolean", "prefet: boolean", "commune: boolean"];
    let unit = ["taille: integer", "bailleur: text", "flux: boolean", "reservataire: text"];
    let parameters = format!("{share}{}", small::parameter("un_tiers", "\"1/3\""));
    let file = |(name, text): (&str, &str)| (name.to_string(), text.as_bytes().to_vec());
    let schema = small::schema(&request, &unit);
    let manifest = format!("{MATCHING}{manifest}");
    [("schema.toml", schema.as_str()), ("pack.toml", &manifest), ("r.rhai", RULES), ("p.toml", &parameters)]
        .map(file)
        .to_vec()
}

/// A share by landlord, as TOML writes it.
fn keyed(a: &str, b: &str) -> String {
    format!(
        "[part]\nby = [\"bailleur\"]\n[[part.values]]\nfrom = 2010-01-01\nsource = {{ title = \"s\" }}\nA = {a}\nB = {b}\n"
    )
}

fn data(seed: u64, landlord: impl Fn(usize, &str) -> String) -> Vec<InputFile> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut requests = "demande_id,besoin,points,modeste,prefet,commune\n".to_string();
    for at in 0..40 {
        let yes = [4, 2, 2].map(|of| rng.random_range(0..of) == 0);
        requests += &format!(
            "D{at:02},{},{},{},{},{}\n",
            rng.random_range(0..400),
            rng.random_range(0..900),
            yes[0],
            yes[1],
            yes[2]
        );
    }
    let mut units = "logement_id,taille,bailleur,flux,reservataire\n".to_string();
    for at in 0..16 {
        let flow = rng.random_range(0..3) > 0;
        let holder = if flow { "" } else { ["prefet", "commune"][rng.random_range(0..2)] };
        let own = landlord(at, ["A", "B"][rng.random_range(0..2)]);
        units += &format!("L{at:02},{},{own},{flow},{holder}\n", rng.random_range(200..700));
    }
    let file = |name: &str, text: String| InputFile { name: name.into(), bytes: text.into_bytes() };
    vec![file("demandes.csv", requests), file("logements.csv", units)]
}

fn simulation(text: &str, rules: Vec<(String, Vec<u8>)>, data: Vec<InputFile>) -> Simulation {
    let text = format!("title = \"t\"\n[base]\ndata = \"d\"\nas_of = 2018-01-01\n{text}");
    let scenario = Scenario::parse("essai.toml", &text).unwrap_or_else(|e| panic!("{e}"));
    let inputs = Inputs { root: String::new(), rules, data, ..Inputs::default() };
    Simulation::new(scenario, inputs).unwrap_or_else(|e| panic!("{e}"))
}

fn run(simulation: &Simulation, name: &str) -> RunResult {
    let run = simulation.runs().iter().find(|r| r.id.rsplit_once('.').unwrap().0 == name).unwrap();
    simulation.run(run).unwrap_or_else(|e| panic!("{e}"))
}

fn table<'r>(result: &'r RunResult, id: &str) -> &'r Table {
    result.tables.iter().find(|t| t.id == id).unwrap_or_else(|| panic!("{id}"))
}

fn figures(result: &RunResult) -> BTreeMap<String, Option<i64>> {
    table(result, "appariements").rows.iter().map(|row| (row.id.clone(), row.cells[0])).collect()
}

/// A variant that changes a share which a table gives by a scope has what a pack with that table has: one value, all, a date on which
/// other values stand, units that go from one value to another or to one that the table does not have.
#[test]
fn shares_by_a_scope_change_with_their_table() {
    let change = |key: &str, how: &str| {
        format!("[[variant]]\nname = \"v\"\n[[variant.parameter]]\npath = \"part\"\n{key}{how}\n")
    };
    let moved = "[[variant]]\nname = \"v\"\n[[variant.logement]]\nchange = \"all\"\nwhere = { bailleur = \"A\" }\nto = { bailleur = \"C\" }\n";
    let later = format!(
        "{}[[part.values]]\nfrom = 2020-01-01\nsource = {{ title = \"s\" }}\nA = 0.8\n",
        keyed("0.2", "0.5")
    );
    let only_a = "[part]\nby = [\"bailleur\"]\n[[part.values]]\nfrom = 2010-01-01\nsource = { title = \"s\" }\nA = 0.8\n";
    let as_given = |_: usize, own: &str| own.to_string();
    let (plain, mut differ) = (keyed("0.2", "0.5"), 0);
    for seed in 0..4 {
        let run_of = |text: &str, share: &str, data| {
            run(
                &simulation(text, files(BY_LANDLORD, share), data),
                if text.is_empty() { "base" } else { "v" },
            )
        };
        let given = || data(seed, as_given);
        let cases = [
            (run_of(&change("", "set = 0.9"), &plain, given()), run_of("", &keyed("0.9", "0.9"), given())),
            (
                run_of(&change("key = [\"A\"]\n", "set = 0.9"), &plain, given()),
                run_of("", &keyed("0.9", "0.5"), given()),
            ),
            (
                run_of(&change("key = \"B\"\n", "multiply = 2"), &plain, given()),
                run_of("", &keyed("0.2", "1"), given()),
            ),
            (run_of(&change("", "as_of = 2021-01-01"), &later, given()), run_of("", only_a, given())),
            (run_of(moved, &plain, given()), run_of("", &plain, data(seed, |_, own| own.replace('A', "C")))),
        ];
        let base = run_of("", &plain, given());
        for (at, (found, expected)) in cases.into_iter().enumerate() {
            assert_eq!(table(&found, "quotas"), table(&expected, "quotas"), "{seed} {at}");
            assert_eq!(found.households, expected.households, "{seed} {at}");
            differ += usize::from(found.households != base.households);
            let told = found.warnings.iter().filter(|warning| warning.contains("pas en vigueur")).count();
            assert_eq!(told, usize::from(at > 2), "{:?}", found.warnings);
        }
    }
    assert!(differ > 6, "{differ}");
}

/// The orders, the quotas that are met first, the flow: each variant has the figures of the base of a pack that spells the same.
#[test]
fn variants_match_as_packs_that_spell_the_same() {
    let plain = small::parameter("part", "\"1/2\"");
    let quotas = format!("{QUOTA}{FLOW}");
    let in_flow = quotas.replace("units = \"flux\"\nholder = \"reservataire\"\n", "");
    let hard = quotas.replacen("share = \"part\"\n", "share = \"part\"\nhard = true\n", 1);
    let leases = "[leases]\nacceptance = 0.6\ndraws = 50\n";
    let (mut differ, mut envied) = (0, 0);
    for seed in 10..13 {
        let given = || data(seed, |_, own| own.to_string());
        let of_pack = |manifest: &str| run(&simulation(leases, files(manifest, &plain), given()), "base");
        let base = of_pack(&quotas);
        for (own, manifest) in [
            ("flow = \"none\"", QUOTA.to_string()),
            ("flow = \"all-in-flow\"", in_flow.clone()),
            ("hard = [\"modestes\"]", hard.clone()),
            ("order = \"fit-after-points\"", quotas.clone()),
        ] {
            let text = format!("{leases}[[variant]]\nname = \"v\"\n[variant.matching]\n{own}\n");
            let variant = run(&simulation(&text, files(&quotas, &plain), given()), "v");
            let spelled = of_pack(&manifest);
            assert_eq!(table(&variant, "appariements"), table(&spelled, "appariements"), "{seed} {own}");
            assert_eq!(variant.households, spelled.households, "{seed} {own}");
            differ += usize::from(figures(&variant) != figures(&base));
        }
        // Without a flow, which the order of points does not take.
        let text = format!("{leases}[[variant]]\nname = \"v\"\n[variant.matching]\norder = \"by-points\"\n");
        let simulated = simulation(&text, files(QUOTA, &plain), given());
        let (base, variant) = (run(&simulated, "base"), run(&simulated, "v"));
        let spelled = of_pack(&format!("order = \"by-points\"\n{QUOTA}"));
        assert_eq!(table(&variant, "appariements"), table(&spelled, "appariements"), "{seed}");
        assert_eq!(variant.households, spelled.households);
        // In the order of points nobody envies anybody with reason.
        assert_eq!(
            (figures(&variant)["envie_logees"], figures(&variant)["envie_en_attente"]),
            (Some(0), Some(0))
        );
        envied += figures(&base)["envie_logees"].unwrap() + figures(&base)["envie_en_attente"].unwrap();
    }
    assert!(differ > 4 && envied > 0, "{differ} {envied}");
}

fn posed(manifest: &str, share: &str, data: Vec<InputFile>) -> Posing {
    let pack = Pack::from_files("", files(manifest, share)).unwrap();
    let asked = posing::plan(&pack, parse_date("2018-01-01").unwrap(), &Options::default()).unwrap();
    let mut needs = Needs::default();
    asked.0.plans().for_each(|plan| needs.join(plan.needs()));
    Posing::new(asked, read(&pack.parsed().schema, &[], data, &needs).dataset, None).unwrap()
}

/// What is told of shares on leases is counted from lists and draws of the test's own; a margin asks for so many members more on paper,
/// and the least is that of `logis margin`.
#[test]
fn margins_and_leases_are_those_of_the_lists() {
    let plain = small::parameter("part", "\"1/3\"");
    let likely = Likely { rule: None, assumed: Some(Exact::new(1, 2)) };
    let (mut asked, mut least_asked) = (0, 0);
    for seed in 20..24 {
        let given = || data(seed, |_, own| own.to_string());
        let text = "[leases]\nacceptance = 0.5\ndraws = 60\nmissed = 0.2\ncandidates = 2\n\
            [[variant]]\nname = \"deux\"\n[variant.matching]\nmargin = { modestes = 2 }\n\
            [[variant]]\nname = \"moindre\"\n[variant.matching]\nmargin = \"least\"\n";
        let simulated = simulation(text, files(QUOTA, &plain), given());
        let [base, two, least] = ["base", "deux", "moindre"].map(|name| figures(&run(&simulated, name)));
        let posing = posed(QUOTA, &plain, given());
        let places = vec![2; posing.instance.units.len()];
        let matching = posing.clone().solve(None).unwrap();
        // The seed of a run that says none is 2015.
        let commission = Commission::new(&posing.instance, &matching.matching, &places).unwrap();
        let acceptances = Acceptances::new(likely, &posing.dataset, &posing.instance, &commission).unwrap();
        let quotas: Vec<_> = posing.plan.quotas.iter().map(|quota| quota.quota.clone()).collect();
        let drawn =
            acceptances.draw((&posing.instance, &posing.dataset), (&commission, &[]), &quotas, (2015, 60));
        assert_eq!(base["manquee_modestes"], Some((i64::from(drawn.missed[0]) * 10_000 / 60 + 5) / 10));
        let (leases, members) = drawn.counted[0];
        assert!(leases == drawn.leases && members <= leases);
        assert_eq!(base["baux_modestes"], Some(((members * 10_000 / leases + 5) / 10) as i64));
        let draws = Draws { draws: 60, allowed: 12, seed: 2015 };
        let margins = posing.margins(likely, &places, draws).unwrap();
        let own = margins.quotas[0].margin.unwrap_or(0) as i64;
        assert_eq!(least.get("marge_modestes").copied().flatten().unwrap_or(0), own, "{seed}");
        assert_eq!(
            least["manquee_modestes"],
            Some((i64::from(margins.quotas[0].missed) * 10_000 / 60 + 5) / 10)
        );
        assert_eq!(least["points"], Some(margins.with.priority as i64));
        // On paper as many are housed, and of them two more are members, as long as there are such.
        let wanted = (base["attributions"].unwrap() + 2) / 3 + 2;
        assert_eq!(two["attributions"], base["attributions"]);
        asked += i64::from(two["membres_modestes"].unwrap() >= wanted);
        // What lacks is held against the share without the margin.
        assert!(two["manque_modestes"] <= base["manque_modestes"]);
        least_asked += own;
    }
    assert!(asked > 0 && least_asked > 0, "{asked} {least_asked}");
}

/// The example that the repository has: the base and the variants reach what `[matching]` of the shipped pack reaches where its file
/// spells the same, and the margin meets each share on leases as often as it is asked to.
#[test]
fn the_example_reaches_what_packs_that_spell_the_same_do() {
    let text = fs::read_to_string(format!("{ROOT}/scenarios/ordres-et-marges.toml")).unwrap();
    let simulated = crate::scenario_years::simulation(&text.replace("draws      = 1000", "draws = 40"));
    let manifest = fs::read_to_string(format!("{ROOT}/rules/pack.toml")).unwrap();
    let (first, quotas) =
        (manifest.find("[[matching.first]]").unwrap(), manifest.find("# Les parts de la loi").unwrap());
    let by_points = format!("{}{}", manifest.split_at(first).0, manifest.split_at(quotas).1);
    let by_points = by_points.replace("[matching]\n", "[matching]\norder = \"by-points\"\n");
    assert!(by_points != manifest);
    for (name, manifest) in [("base", &manifest), ("ordre_des_points", &by_points)] {
        let found = figures(&run(&simulated, name));
        let mut rules = Pack::files(format!("{ROOT}/rules")).unwrap();
        rules
            .iter_mut()
            .filter(|file| file.0 == "pack.toml")
            .for_each(|file| file.1 = manifest.clone().into_bytes());
        let pack = Pack::from_files("", rules).unwrap();
        let asked = posing::plan(&pack, parse_date("2017-06-30").unwrap(), &Options::default()).unwrap();
        let mut needs = Needs::default();
        asked.0.plans().for_each(|plan| needs.join(plan.needs()));
        let data = crate::scenario_years::package("grand-dijon-2015");
        let parsed = pack.parsed();
        let dataset = read(&parsed.schema, &parsed.references, data, &needs).dataset;
        let answer = Posing::new(asked, dataset, None).unwrap().solve(None).unwrap();
        let reached = answer.reached();
        let own = |id: &str| found[id].unwrap() as u64;
        assert_eq!(
            (own("attributions"), own("points"), own("adequation")),
            (reached.attributions, reached.priority, reached.fit),
            "{name}"
        );
        for (quota, reached) in answer.posing.plan.quotas.iter().zip(&reached.quotas) {
            let name = &quota.quota.name;
            assert_eq!(own(&format!("membres_{name}")), reached.members, "{name}");
            if quota.asks != Asks::First {
                assert_eq!(own(&format!("manque_{name}")), reached.shortfall, "{name}");
            }
        }
    }
    let least = figures(&run(&simulated, "moindre_marge"));
    let missed: Vec<i64> =
        least.iter().filter(|(id, _)| id.starts_with("manquee_")).map(|(_, n)| n.unwrap()).collect();
    assert!(missed.len() == 3 && missed.iter().all(|missed| *missed == 0), "{missed:?}");
    assert!(least.keys().any(|id| id.starts_with("marge_")), "{least:?}");
}
