//! `logis test`: what cases may say, how they fail, and how they are written again.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice
)]

use crate::support::{stderr, stdout};
use std::fs;
use std::path::Path;
use std::process::{Command, Output as Ran};

/// A stranger's pack: one entity, one threshold, two rules.
fn pack(cases: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "schema.toml",
        "[menage]\ntable = \"menages\"\nkey = \"menage_id\"\n\
         fields.revenu = { type = \"amount\", unit = \"EUR/an\" }\n\
         fields.zone = { values = [\"a\", \"b\"] }\n\
         fields.codes = { type = \"codes\" }\n",
    );
    write(
        "plafond.toml",
        "[plafond]\nunit = \"EUR/an\"\n[[plafond.values]]\nfrom = 2017-01-01\n\
         source = { title = \"Règlement local, art. 1\" }\nvalue = 20000\n",
    );
    write(
        "eligible.rhai",
        "//! entité: menage\n\n/// En zone a.\nfn en_zone(zone) {\n    zone == \"a\"\n}\n\n\
         /// Le revenu ne dépasse pas le plafond.\nfn sous_plafond(revenu) {\n    revenu <= param(\"plafond\")\n}\n\n\
         /// Éligible.\nfn eligible(en_zone, sous_plafond) {\n    en_zone && sous_plafond\n}\n\n\
         /// Le tiers du revenu.\nfn tiers(revenu) {\n    revenu / 3\n}\n",
    );
    for (name, text) in cases {
        write(name, text);
    }
    folder
}

fn logis(folder: &Path, args: &[&str]) -> Ran {
    Command::new(env!("CARGO_BIN_EXE_logis")).args(args).arg("--rules").arg(folder).output().unwrap()
}

const YAML: &str = "# Au seuil.
cas:
  - nom: exactement au plafond
    date: 2017-06-30
    menage: { revenu: 20000, zone: a, codes: [x, y] }
    attendu:
      eligible: true
      tiers: 6666.67
    tolerance: { tiers: 0.01 }
    raisons:
      eligible: [sous_plafond, plafond]
  - nom: sans la zone
    date: 30/06/2017
    menage:
      revenu: 20000.01   # un centime de trop
    attendu: { eligible: false, en_zone: inconnu }
    raisons: { eligible: sous_plafond }
";

/// 20,000 / 3 = 6,666.666…: a third of a cent from 6,666.67, which is more than nothing and less than
/// the cent that is declared.
#[test]
fn yaml_cases_with_a_tolerance_and_reasons_hold() {
    let folder = pack(&[("eligible.cas.yaml", YAML)]);
    let ran = logis(folder.path(), &["test"]);
    assert!(ran.status.success(), "{}{}", stdout(&ran), stderr(&ran));
    assert!(stdout(&ran).contains("2 cas réussis, 0 en échec"));
    // Without the tolerance it is wrong, by the difference that is said: 20000/3 - 666667/100 = -1/300.
    let folder = pack(&[("eligible.cas.yaml", &YAML.replace("    tolerance: { tiers: 0.01 }\n", ""))]);
    let ran = logis(folder.path(), &["test"]);
    assert_eq!(ran.status.code(), Some(1));
    assert!(
        stdout(&ran).contains("tiers : attendu 6666.67, trouvé 20000/3 (écart -1/300)"),
        "{}",
        stdout(&ran)
    );
}

#[test]
fn a_reason_that_did_not_decide_is_a_failure() {
    // The zone is not known: it is the income that refuses.
    let folder =
        pack(&[("eligible.cas.yaml", &YAML.replace("eligible: sous_plafond }", "eligible: en_zone }"))]);
    let ran = logis(folder.path(), &["test"]);
    assert_eq!(ran.status.code(), Some(1));
    let text = stdout(&ran);
    assert!(text.contains("eligible : attendu parmi les raisons : en_zone, trouvé sous_plafond"), "{text}");
}

#[test]
fn what_is_wrong_in_yaml_is_said_at_its_place() {
    for (text, place, words) in [
        (YAML.replace("zone: a", "zone: c"), "eligible.cas.yaml:5:36", "`c` n'est pas une valeur de `zone`"),
        (
            YAML.replace("attendu: {", "attendu: ["),
            "eligible.cas.yaml:16:14",
            "crochet ouvert et jamais fermé",
        ),
        (
            YAML.replace("  - nom: sans la zone\n    date", "  - date"),
            "eligible.cas.yaml:12:",
            "le cas n'a pas de `nom`",
        ),
        (
            YAML.replace("eligible: sous_plafond }", "eligible: sous_plafon }"),
            "17:",
            "vouliez-vous dire `sous_plafond` ?",
        ),
        (YAML.replace("tiers: 0.01", "tiers: -1"), "eligible.cas.yaml:9:", "doit être un nombre, au moins 0"),
        (YAML.replace("tolerance: { tiers", "tolerance: { eligible"), "9:", "une tolérance n'a pas de sens"),
        (YAML.replace("tolerance: { tiers", "tolerance: { tier"), "9:", "vouliez-vous dire `tiers` ?"),
        (YAML.replace("revenu: 20000.01 ", "revenu: ~ "), "15:", "une valeur vide ne dit rien"),
        (
            YAML.replace("revenu: 20000.01 ", "revenu: &a 1\n      zone: *a #"),
            "16:",
            "un alias ne se lit pas",
        ),
    ] {
        let folder = pack(&[("eligible.cas.yaml", &text)]);
        let ran = logis(folder.path(), &["test"]);
        assert_eq!(ran.status.code(), Some(2), "{text}\n{}", stdout(&ran));
        assert!(stderr(&ran).contains(place) && stderr(&ran).contains(words), "{words}: {}", stderr(&ran));
    }
}

const TOML: &str = "# Un commentaire.
[[cas]]
nom     = \"au plafond\"
date    = 2017-06-30
menage  = { revenu = 20001, zone = \"a\" }
attendu = { eligible = true,   en_zone = true } # et un autre
";

const CSV: &str = "# entité: menage
nom,date,revenu,zone,attendu:eligible,attendu:tiers,tolerance:tiers,raisons:eligible
au plafond, 2017-06-30,20000, a, false ,6666.67,0.01,en_zone sous_plafond
au-dessus,2017-06-30,20001,,false,6667,,sous_plafond
";

#[test]
fn an_update_shows_what_it_would_write_and_keeps_the_layout() {
    let yaml = YAML.replace("eligible: true", "eligible: false # faux");
    let folder = pack(&[("a.cas.toml", TOML), ("b.cas.csv", CSV), ("c.cas.yaml", &yaml)]);
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    // Nobody to ask: it is shown, and nothing is written.
    let ran = logis(folder.path(), &["test", "--update"]);
    assert_eq!(ran.status.code(), Some(1));
    let text = stdout(&ran);
    assert!(text.contains("-attendu = { eligible = true,   en_zone = true } # et un autre\n"), "{text}");
    assert!(text.contains("+attendu = { eligible = false,   en_zone = true } # et un autre\n"), "{text}");
    assert!(stderr(&ran).contains("--yes"));
    assert_eq!(read("a.cas.toml"), TOML);
    // Said before: written, and the cases hold.
    let ran = logis(folder.path(), &["test", "--update", "--yes"]);
    assert!(ran.status.success(), "{}{}", stdout(&ran), stderr(&ran));
    assert_eq!(read("a.cas.toml"), TOML.replace("eligible = true", "eligible = false"));
    assert_eq!(read("b.cas.csv"), CSV.replace(" false ,", " true ,"));
    assert_eq!(read("c.cas.yaml"), yaml.replace("eligible: false # faux", "eligible: true # faux"));
    let ran = logis(folder.path(), &["test"]);
    assert!(stdout(&ran).contains("5 cas réussis, 0 en échec"), "{}", stdout(&ran));
}

#[test]
fn junit_has_a_suite_for_each_file_and_a_failure_with_its_explanation() {
    let folder = pack(&[("a.cas.toml", TOML), ("b.cas.csv", &CSV.replace(" false ,", " true ,"))]);
    let junit = folder.path().join("junit.xml");
    let ran = logis(folder.path(), &["test", "--junit", junit.to_str().unwrap()]);
    assert_eq!(ran.status.code(), Some(1));
    let xml = fs::read_to_string(junit).unwrap();
    assert!(xml.contains("<testsuites tests=\"3\" failures=\"1\">"), "{xml}");
    assert!(xml.contains("<testsuite name=\"a.cas.toml\" tests=\"1\" failures=\"1\">"), "{xml}");
    assert!(xml.contains("<testsuite name=\"b.cas.csv\" tests=\"2\" failures=\"0\">"), "{xml}");
    assert!(xml.contains("message=\"eligible : attendu true, trouvé false\""), "{xml}");
    assert!(xml.contains("revenu &lt;= plafond : 20001 &lt;= 20000 → faux"), "{xml}");
}

/// One case gives the row of a reference table itself; the next, of the same day and rule, names a row of the
/// table. Each reads its own, in whatever order they stand.
#[test]
fn a_case_that_gives_a_reference_row_leaves_the_table_to_the_others() {
    let given = "[[cas]]\nnom = \"donné\"\ndate = 2017-06-30\nmenage = { codes = [] }\n\
                 quartier = { statut = \"veille\" }\nattendu = { en_qpv = false }\n";
    let named = "[[cas]]\nnom = \"nommé\"\ndate = 2017-06-30\nmenage = { quartier = \"q1\" }\n\
                 attendu = { en_qpv = true }\n";
    for cases in [format!("{given}{named}"), format!("{named}{given}"), format!("{given}{given}{named}")] {
        let folder = pack(&[("quartier.cas.toml", &cases)]);
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let schema = fs::read_to_string(folder.path().join("schema.toml")).unwrap();
        write(
            "schema.toml",
            &format!(
                "{schema}[menage.belongs_to.quartier]\ncolumn = \"quartier\"\n\
                 [quartier]\nsource = \"quartiers.csv\"\nkey = \"quartier\"\n\
                 fields.statut = {{ values = [\"qpv\", \"veille\"] }}\n"
            ),
        );
        write("quartiers.csv", "quartier,statut\nq1,qpv\nq2,veille\n");
        write(
            "quartier.rhai",
            "//! entité: menage\n\n/// En quartier.\nfn en_qpv(statut) {\n    statut == \"qpv\"\n}\n",
        );
        let ran = logis(folder.path(), &["test"]);
        assert!(ran.status.success(), "{cases}{}{}", stdout(&ran), stderr(&ran));
    }
}

/// A rule of a reference table, and a case that says nothing of its row: it is unknown, not the first row of
/// the table.
#[test]
fn a_case_for_a_reference_table_decides_for_its_own_row() {
    let cases = "[[cas]]\nnom = \"rien de dit\"\ndate = 2017-06-30\nattendu = { est_qpv = \"inconnu\" }\n\
                 [[cas]]\nnom = \"dit\"\ndate = 2017-06-30\nquartier = { statut = \"veille\" }\nattendu = { est_qpv = false }\n";
    let folder = pack(&[("quartier.cas.toml", cases)]);
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    let schema = fs::read_to_string(folder.path().join("schema.toml")).unwrap();
    write(
        "schema.toml",
        &format!(
            "{schema}[quartier]\nsource = \"quartiers.csv\"\nkey = \"quartier\"\n\
             fields.statut = {{ values = [\"qpv\", \"veille\"] }}\n"
        ),
    );
    write("quartiers.csv", "quartier,statut\nq1,qpv\nq2,qpv\n");
    write(
        "quartier.rhai",
        "//! entité: quartier\n\n/// En quartier.\nfn est_qpv(statut) {\n    statut == \"qpv\"\n}\n",
    );
    let ran = logis(folder.path(), &["test"]);
    assert!(ran.status.success(), "{}{}", stdout(&ran), stderr(&ran));
}

/// A case that leaves a field out reads as data without that column do, where an empty cell means something; one that
/// says that it is unknown does not know it.
#[test]
fn what_a_case_leaves_out_is_what_an_empty_cell_is() {
    let cases = "\
[[cas]]\nnom = \"rien n'est dit\"\ndate = 2017-06-30\nmenage = {}\n\
attendu = { logee = false, partout = true, aisee = \"inconnu\" }\n\n\
[[cas]]\nnom = \"l'une est dite, l'autre pas sue\"\ndate = 2017-06-30\n\
menage = { situation = \"inconnu\", souhaits = \"x\", revenu = 3 }\n\
attendu = { logee = \"inconnu\", partout = false, aisee = true }\n";
    let folder = pack(&[("r.cas.toml", cases)]);
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "schema.toml",
        "[menage]\ntable = \"menages\"\nkey = \"menage_id\"\n\
         fields.revenu = { type = \"amount\", unit = \"EUR/an\" }\n\
         fields.situation = { values = [\"dehors\", \"loge\"], empty = \"dehors\" }\n\
         fields.souhaits = { type = \"codes\", empty = \"none\" }\n",
    );
    write(
        "eligible.rhai",
        "//! entité: menage\n\n/// Est logée.\nfn logee(situation) {\n    situation == \"loge\"\n}\n\n\
         /// Accepte tout.\nfn partout(souhaits) {\n    nombre(souhaits) == 0\n}\n\n\
         /// Aisée.\nfn aisee(revenu) {\n    revenu > 2\n}\n",
    );
    let ran = logis(folder.path(), &["test"]);
    assert!(ran.status.success(), "{}{}", stdout(&ran), stderr(&ran));
    // The same from a package without those columns, by another road.
    let data = folder.path().join("d");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("menages.csv"), "menage_id\nA\n").unwrap();
    let data = data.display().to_string();
    let ran = logis(
        folder.path(),
        &[
            "eval",
            "--data",
            &data,
            "--as-of",
            "2017-06-30",
            "--select",
            "logee,partout,aisee",
            "--format",
            "csv",
        ],
    );
    assert_eq!(stdout(&ran), "menage_id,logee,partout,aisee\nA,false,true,\n", "{}", stderr(&ran));
}
