//! Boundary cases: rows at the thresholds, held against packs in which a threshold was moved.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::files;
use logis::Pack;
use logis::boundaries::{Boundaries, boundaries, changes};
use logis::data::to_csv;
use logis::evaluate::evaluate;
use logis::value::{Date, parse_date};

fn date(text: &str) -> Date {
    parse_date(text).unwrap()
}

fn rules() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules"), "", &mut all);
    all
}

fn pack(files: Vec<(String, Vec<u8>)>) -> Pack {
    Pack::from_files("rules", files).unwrap_or_else(|e| panic!("{e}"))
}

/// The outcomes of the rows of `found` by a pack, as text.
fn outcomes(pack: &Pack, found: &Boundaries, on: Date, rule: &str) -> Vec<String> {
    let plan = pack.plan(on, &[rule]).unwrap();
    let decided = &evaluate(&plan, &found.dataset).columns[0];
    let ids = &found.dataset.tables[plan.entity].ids;
    let row = |id: &str| ids.texts().position(|own| own == id).unwrap();
    found.rows.iter().map(|r| format!("{:?}", decided.get(row(&r.id)).unwrap())).collect()
}

/// A text of the pack changed in one place is seen by the rows made from the pack as it was: a
/// threshold one unit off, a threshold taken or left, a connector.
#[test]
fn every_slip_at_a_threshold_flips_a_row() {
    let base = pack(rules());
    for (file, old, new, on, rule) in [
        ("visale.toml", "value  = 1500\n", "value  = 1501\n", "2022-06-30", "eligible_visale"),
        ("visale.rhai", "age <= param", "age < param", "2017-06-30", "eligible_visale"),
        ("visale.rhai", "age >= param", "age > param", "2022-06-30", "eligible_visale"),
        (
            "plus.rhai",
            "ressources <= plafond_plus",
            "ressources < plafond_plus",
            "2017-06-30",
            "eligible_plus",
        ),
        (
            "categorie_menage.rhai",
            "somme_ages_couple <= param",
            "somme_ages_couple < param",
            "2017-06-30",
            "jeune_menage",
        ),
    ] {
        let on = date(on);
        let found = boundaries(&base, on, &[rule]).unwrap();
        let mut changed = rules();
        let edited = changed.iter_mut().filter(|(name, _)| name.ends_with(file));
        let mut count = 0;
        for (_, bytes) in edited {
            let text = String::from_utf8(bytes.clone()).unwrap();
            count += text.matches(old).count();
            *bytes = text.replace(old, new).into_bytes();
        }
        assert!(count > 0, "{file} does not say `{old}`");
        let (before, after) = (outcomes(&base, &found, on, rule), outcomes(&pack(changed), &found, on, rule));
        assert_eq!(before.len(), found.rows.len());
        assert!(before.iter().any(|o| o.contains("true")) && before.iter().any(|o| o.contains("false")));
        assert_ne!(before, after, "{file}: `{old}` → `{new}`: no row flips");
    }
}

/// Each comparison that is said to be shown has a row where it holds and one where it does not, with
/// two outcomes of the rule that it decides: by the plan that users run, not by the search. (A cell that
/// several comparisons read, as the kind of contract, may turn them together.)
#[test]
fn each_comparison_that_is_shown_has_rows_with_two_outcomes() {
    let base = pack(rules());
    let on = date("2022-06-30");
    let names = base.expand(&["aides"]);
    let found = boundaries(&base, on, &names).unwrap();
    let (shown, all) = found.shown;
    assert!(shown * 10 >= all * 9, "{shown} of {all}: {:#?}", found.notes);
    let mut sides: BTreeMap<(&str, &str), [BTreeSet<String>; 2]> = BTreeMap::new();
    let by_rule: BTreeMap<&str, Vec<String>> =
        names.iter().map(|rule| (*rule, outcomes(&base, &found, on, rule))).collect();
    for (row, made) in found.rows.iter().enumerate() {
        for at in &made.at {
            let outcome = by_rule[at.decides.as_str()][row].clone();
            let both = sides.entry((&at.place, &at.decides)).or_default();
            both[usize::from(at.holds)].insert(outcome);
        }
    }
    let both = sides.values().filter(|s| s.iter().all(|o| !o.is_empty()));
    let turning = both.clone().filter(|[no, yes]| no.union(yes).count() > 1).count();
    assert!(both.count() >= shown && turning >= shown - 2, "{turning} of {shown}");
}

/// The day and the texts of the changes of Visale, as its files are dated (and its parameters: the
/// student's rent of 2018 is no rule of `eligible_visale`).
#[test]
fn the_days_of_change_are_those_of_the_texts_that_are_read() {
    let days: Vec<String> =
        changes(&pack(rules()), &["visale_jeune"]).unwrap().iter().map(Date::to_string).collect();
    assert_eq!(days, ["2016-01-20", "2016-09-30", "2018-05-24"]);
}

#[test]
fn the_rows_do_not_depend_on_the_number_of_threads() {
    let base = pack(rules());
    let bytes = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let found = boundaries(&base, date("2017-06-30"), &["eligible_visale"]).unwrap();
            found.tables(&base).iter().flat_map(|t| to_csv(t).unwrap()).collect::<Vec<u8>>()
        })
    };
    assert!(bytes(1) == bytes(3) && !bytes(1).is_empty());
}

/// A stranger's pack: 20,000 is the ceiling; a cent below, at it, a cent above.
#[test]
fn a_pack_of_one_rule_gives_three_rows_that_eval_reads() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "schema.toml",
        "[menage]\ntable = \"menages\"\nkey = \"menage_id\"\nfields.revenu = { type = \"amount\" }\n",
    );
    write(
        "plafond.toml",
        "[plafond]\n[[plafond.values]]\nfrom = 2017-01-01\nsource = { title = \"art. 1\" }\nvalue = 20000\n\
         [[plafond.values]]\nfrom = 2018-01-01\nsource = { title = \"art. 2\" }\nvalue = 21000\n",
    );
    write(
        "r.rhai",
        "//! entité: menage\n\n/// Éligible.\nfn eligible(revenu) {\n    revenu <= param(\"plafond\")\n}\n",
    );
    let logis = |args: &[&str]| {
        let ran =
            Command::new(env!("CARGO_BIN_EXE_logis")).args(args).arg("--rules").arg(folder.path()).output();
        let ran = ran.unwrap();
        (ran.status.code(), String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap())
    };
    let beside = tempfile::tempdir().unwrap();
    let out = beside.path().join("limites");
    let path = out.to_str().unwrap();
    let (code, text, errors) = logis(&["boundaries", "--as-of", "2017-06-30", "--output", path]);
    assert_eq!(code, Some(0), "{text}{errors}");
    let rows = fs::read_to_string(out.join("menages.csv")).unwrap();
    assert_eq!(rows, "menage_id,revenu\nB1,19999.99\nB2,20000\nB3,20000.01\n");
    let (_, csv, errors) = logis(&["eval", "--data", path, "--select", "eligible", "--format", "csv"]);
    assert_eq!(csv, "menage_id,eligible\nB1,true\nB2,true\nB3,false\n", "{errors}");
    assert!(!errors.contains("avertissement"), "{errors}");
    let readme = fs::read_to_string(out.join("README.txt")).unwrap();
    assert!(
        readme.contains("B3\t") && readme.contains("revenu <= plafond: au-dessus, faux; décide `eligible`")
    );
    // Nothing is written over.
    let (code, _, errors) = logis(&["boundaries", "--as-of", "2017-06-30", "--output", path]);
    assert!(code == Some(2) && errors.contains("existe déjà"), "{errors}");
    // Without a date: the days from which a ceiling holds and the day before the change, each with its own
    // ceiling; on the day before the first there is nothing to decide, which is said.
    let all = beside.path().join("toutes");
    let (code, text, errors) = logis(&["boundaries", "--output", all.to_str().unwrap()]);
    assert_eq!(code, Some(0), "{text}{errors}");
    let mut days: Vec<String> =
        fs::read_dir(&all).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    days.sort();
    assert_eq!(days, ["2017-01-01", "2017-12-31", "2018-01-01"]);
    assert!(text.contains("sans ligne à décider: 2016-12-31"), "{text}");
    let (_, csv, _) = logis(&["eval", "--data", all.join("2018-01-01").to_str().unwrap(), "--format", "csv"]);
    assert_eq!(csv, "menage_id,eligible\nB1,true\nB2,true\nB3,false\n");
}
