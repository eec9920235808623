//! Scenarios whose variants change shares that a table gives by a scope, held against packs that spell the same.

use logis::data::InputFile;
use logis::scenario::{Inputs, RunResult, Scenario, Simulation, Table};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::small::{self, MATCHING};

const RULES: &str = "//! entité: candidature

/// Convient.
fn convient(besoin, taille) { taille >= besoin && taille <= besoin + 400 }

/// Adéquation.
fn adequation(besoin, taille) { 900 - (taille - besoin) }
";

const BY_LANDLORD: &str = "[[matching.quotas]]\nname = \"modestes\"\nmembers = \"modeste\"\nshare = \"part\"\nscope = \"bailleur\"\n";

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
