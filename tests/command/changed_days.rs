//! `logis diff` of packs that say of other days that a rule is in force, or other reserves: counted by hand.

use serde_json::{Value, json};

use crate::support::Folder;

const SCHEMA: &str = "[menage]\ntable = \"menages\"\nkey = \"menage_id\"\n\
fields.revenu = { type = \"amount\", unit = \"EUR/an\" }\n";

/// The aid is for the first two households, under a reserve; the other one for the first, under none; all have the
/// bonus.
const BEFORE: &str = "//! entité: menage\n\n\
/// L'aide.\n/// en vigueur: depuis le 2012-01-01\n/// réserve: le bail est signé\nfn aide(revenu) { revenu <= 200 }\n\n\
/// L'autre.\nfn autre(revenu) { revenu <= 100 }\n\n\
/// L'une ou l'autre.\nfn droit(aide, autre) { aide || autre }\n\n\
/// La prime.\n/// réserve: le logement est décent\n/// réserve: l'employeur cotise\nfn prime(revenu) { revenu <= 300 }\n";

fn folder(after: &str) -> Folder {
    let pack = "name = \"p\"\nresults = [\"aide\", \"autre\", \"droit\", \"prime\"]\n";
    Folder::of(&[
        ("avant/pack.toml", pack),
        ("avant/schema.toml", SCHEMA),
        ("avant/r.rhai", BEFORE),
        ("apres/pack.toml", pack),
        ("apres/schema.toml", SCHEMA),
        ("apres/r.rhai", after),
        ("donnees/menages.csv", "menage_id,revenu\nM1,100\nM2,200\nM3,300\n"),
    ])
}

fn diff(folder: &Folder, more: &[&str]) -> (i32, String) {
    let args = [&["diff", "avant", "apres", "--corpus", "donnees"], more].concat();
    let (code, out, err) = folder.logis(&args);
    assert!(!out.is_empty(), "{err}");
    (code, out)
}

fn json(folder: &Folder) -> Value {
    serde_json::from_str(&diff(folder, &["--format", "json"]).1).unwrap()
}

/// The aid ends with 2019: in 2020 it is no more for M1 and M2, and M2 has no right any more. The other one begins with
/// 2015: on the last day of 2014 M1 has a right all the same, but under the reserve of the aid.
#[test]
fn days_in_force_that_change_are_said_with_the_rows_that_they_change() {
    let after = BEFORE
        .replace("depuis le 2012-01-01", "du 2012-01-01 au 2019-12-31")
        .replace("/// L'autre.\n", "/// L'autre.\n/// en vigueur: depuis le 2015-01-01\n");
    let folder = folder(&after);
    let (code, text) = diff(&folder, &[]);
    assert_eq!(code, 1);
    for line in [
        "   en vigueur : aide : depuis le 2012-01-01 → du 2012-01-01 au 2019-12-31\n",
        "   en vigueur : autre : toujours → depuis le 2015-01-01\n",
        "aide: jours en vigueur",
        "   donnees, au 2014-12-31 : droit : 1 lignes de `menage` de plus sous réserve de : le bail est signé\n",
        "   donnees, au 2020-01-01 : aide : 2 lignes de `menage` de moins sous réserve de : le bail est signé\n",
        "   donnees, au 2020-01-01 : droit : 1 lignes de `menage` de moins sous réserve de : le bail est signé\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let found = json(&folder);
    assert_eq!(
        found["structure"]["in_force"],
        json!([
            {"rule": "aide", "before": "depuis le 2012-01-01", "after": "du 2012-01-01 au 2019-12-31", "days": ["2020-01-01"]},
            {"rule": "autre", "before": null, "after": "depuis le 2015-01-01", "days": ["2014-12-31"]},
        ])
    );
    let differences: Vec<_> = (found["differences"].as_array().unwrap().iter())
        .map(|d| {
            assert_eq!(d["cause"]["in_force"], json!(true), "{d}");
            (d["date"].as_str(), d["rule"].as_str(), d["cause"]["rule"].as_str(), d["count"].as_u64())
        })
        .collect();
    assert_eq!(
        differences,
        [
            (Some("2014-12-31"), Some("autre"), Some("autre"), Some(1)),
            (Some("2020-01-01"), Some("aide"), Some("aide"), Some(2)),
            (Some("2020-01-01"), Some("droit"), Some("aide"), Some(1)),
        ]
    );
}

/// Other reserves change no outcome: they are lines of their own, with the rows that stand under them.
#[test]
fn reserves_that_change_are_lines_of_their_own() {
    let folder = folder(&BEFORE.replace("le logement est décent", "l'enveloppe n'est pas épuisée"));
    let (code, text) = diff(&folder, &["--as-of", "2020-01-01"]);
    assert_eq!(code, 0, "{text}");
    for line in [
        "   réserve ajoutée : prime : l'enveloppe n'est pas épuisée\n",
        "   réserve retirée : prime : le logement est décent\n",
        "   donnees, au 2020-01-01 : prime : 3 lignes de `menage` de plus sous réserve de : l'enveloppe n'est pas épuisée\n",
        "   donnees, au 2020-01-01 : prime : 3 lignes de `menage` de moins sous réserve de : le logement est décent\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert!(!text.contains("l'employeur cotise") && !text.contains("le bail est signé"), "{text}");
    let page = diff(&folder, &["--format", "html"]).1.replace('\u{a0}', " ");
    assert!(page.contains("réserve ajoutée : prime") && page.contains("sous d'autres réserves"), "{page}");
}

/// Equal packs say nothing of days and reserves, whatever they hold.
#[test]
fn equal_packs_say_nothing_of_them() {
    let found = json(&folder(BEFORE));
    let nothing = json!([]);
    assert_eq!(found["structure"]["in_force"], nothing);
    assert_eq!(found["structure"]["reserves"], nothing);
    assert_eq!(found["reserves"], nothing);
    assert_eq!(found["differences"], nothing);
}
