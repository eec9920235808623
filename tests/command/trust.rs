//! What makes law trustworthy: days in force, reserves, verified tables, sources that open, kinds of doubts.

use std::fs;

use crate::support::{Folder, logis, root, stderr, stdout};

const SCHEMA: &str = r#"[menage]
table = "menages"
key   = "menage_id"
label = "Ménage"

[menage.fields.revenu]
type  = "amount"
unit  = "EUR/an"
label = "Revenu du ménage"
"#;

const RULES: &str = r#"//! entité: menage

/// Le revenu du ménage respecte le plafond.
/// en vigueur: du 2012-05-02 au 2023-06-30
/// réserve: le logement est décent
/// source: CCH, art. L441-1, al. 3
/// doute: chiffre: lu dans une page
/// doute: le texte est ancien
fn aide(revenu) {
    revenu <= param("plafond")
}

/// Montant de l'aide.
/// unité: EUR
/// source: règlement Visale
fn montant(aide) {
    if aide { 500 } else { 0 }
}
"#;

const TABLES: &str = r#"[plafond]
label    = "Plafond de l'aide"
unit     = "EUR/an"
verified = { on = 2020-12-31, by = "page du 31 décembre 2020" }

[[plafond.values]]
from   = 2012-01-01
source = [{ title = "arrêté du 1er janvier 2012", id = "JORFTEXT000012345678" }, { title = "page", url = "https://exemple.fr/a" }]
value  = 20000
"#;

const YEARLY: &str = r#"[plafond]
unit    = "EUR/an"
renewed = "yearly"

[[plafond.values]]
from   = 2016-01-01
source = { title = "décret n° 2015-1 du 2 décembre 2015" }
value  = 20000

[[plafond.values]]
from   = 2019-01-01
source = { title = "décret n° 2018-1 du 2 décembre 2018" }
value  = 21000
"#;

const PACK: &str = "name = \"p\"\ntitle = \"P\"\nresults = [\"aide\", \"montant\"]\n";

fn folder(tables: &str, manifest: &str) -> Folder {
    Folder::of(&[
        ("r/pack.toml", manifest),
        ("r/schema.toml", SCHEMA),
        ("r/r.rhai", RULES),
        ("r/p.toml", tables),
        ("d/menages.csv", "menage_id,revenu\nA,15000\nB,30000\nC,\n"),
    ])
}

fn eval(folder: &Folder, day: &str, more: &[&str]) -> (String, String) {
    let args = [&["eval", "--rules", "r", "--data", "d", "--as-of", day, "--format", "csv"], more].concat();
    let (code, out, err) = folder.logis(&args);
    assert_eq!(code, 0, "{err}");
    (out, err)
}

/// The first and the last day are days in force; outside the answer is no, with the reason, whatever is missing.
#[test]
fn outside_of_its_days_a_rule_is_no_with_that_reason() {
    let folder = folder(TABLES, PACK);
    let inside = "menage_id,aide,montant\nA,true,500\nB,false,0\nC,,\n";
    let outside = "menage_id,aide,montant\nA,false,0\nB,false,0\nC,false,0\n";
    for (day, expected) in
        [("2012-05-01", outside), ("2012-05-02", inside), ("2023-06-30", inside), ("2023-07-01", outside)]
    {
        let (out, err) = eval(&folder, day, &[]);
        assert_eq!(out, expected, "{day}");
        assert_eq!(out, eval(&folder, day, &["--engine", "reference"]).0, "{day}");
        assert_eq!(err.contains("en vigueur"), expected == outside, "{day}: {err}");
    }
    let (_, err) = eval(&folder, "2023-07-01", &[]);
    assert!(err.contains("note: `aide` n'est plus en vigueur depuis le 2023-07-01"), "{err}");
    let explain = |day: &str| {
        let (code, out, err) =
            folder.logis(&["explain", "--rules", "r", "--data", "d", "--as-of", day, "--id", "A"]);
        assert_eq!(code, 0, "{err}");
        out
    };
    assert!(
        explain("2012-05-01").contains(
            "La disposition « Le revenu du ménage respecte le plafond » n'est pas encore en vigueur le 1er mai 2012 : \
             elle l'est à partir du 2 mai 2012."
        )
    );
    let after = explain("2024-01-01");
    assert!(after.contains("n'est plus en vigueur depuis le 1er juillet 2023, après l'avoir été à partir du 2 mai 2012. Ses conditions ne sont pas examinées."), "{after}");
    // A doubt on a figure cannot change that.
    assert!(!after.contains("lu dans une page"), "{after}");
    // Nothing but the date would change the answer.
    assert!(!after.contains("une seule donnée à la fois"), "{after}");
    // On that day the ceiling has not been verified for two years and a half.
    assert!(
        after.contains(
            "La réponse serait « oui » encore le 30 juin 2023 (barème peut-être périmé à cette date), à données inchangées."
        ),
        "{after}"
    );
}

/// Many rules out of force are one line, which loses neither a name nor a date nor what the answer is.
#[test]
fn rules_that_are_not_in_force_are_told_in_one_line() {
    let folder =
        folder(TABLES, "name = \"p\"\ntitle = \"P\"\nresults = [\"a\", \"b\", \"c\", \"d\", \"e\"]\n");
    let rule = |name: &str, days: &str, body: &str| {
        format!(
            "/// La règle {name}.\n/// en vigueur: {days}\n/// source: CCH, art. L441-1\nfn {name}(revenu) {{ {body} }}\n"
        )
    };
    folder.write(
        "r/r.rhai",
        &[
            "//! entité: menage\n".to_string(),
            rule("a", "depuis le 2030-01-01", "revenu > 1"),
            rule("b", "jusqu'au 2012-12-31", "revenu > 2"),
            rule("c", "depuis le 2031-02-03", "if revenu > 3 { 1 } else { 0 }"),
            rule("d", "depuis le 2014-01-01", "revenu > 4"),
            rule("e", "depuis le 2032-01-01", "if revenu > 5 { \"oui\" } else { \"non\" }"),
        ]
        .concat(),
    );
    let (_, err) = eval(&folder, "2020-06-30", &[]);
    let told: Vec<&str> = err.lines().filter(|line| line.contains("en vigueur")).collect();
    assert_eq!(
        told,
        [
            "note: 4 règles ne sont pas en vigueur au 2020-06-30: non pour toutes les lignes: `a` (à partir du 2030-01-01), \
          `b` (plus depuis le 2013-01-01) ; 0 pour toutes les lignes: `c` (à partir du 2031-02-03) ; inconnu pour toutes \
          les lignes: `e` (à partir du 2032-01-01)"
        ],
        "{err}"
    );
}

/// Each row has its own date: the days in force cut periods as changes of the law do.
#[test]
fn days_in_force_hold_for_rows_with_dates_of_their_own() {
    let folder = folder(TABLES, PACK);
    let schema = format!("{SCHEMA}\n[menage.fields.depot]\ntype = \"date\"\n");
    folder.write("r/schema.toml", &schema);
    folder.write(
        "d/menages.csv",
        "menage_id,revenu,depot\nA,15000,2012-05-01\nB,15000,2012-05-02\nC,15000,2023-06-30\nD,15000,2023-07-01\n",
    );
    let args =
        ["eval", "--rules", "r", "--data", "d", "--as-of-field", "depot", "--format", "csv", "--reserves"];
    let (code, out, err) = folder.logis(&args);
    assert_eq!(code, 0, "{err}");
    let told = "aide: le logement est décent | montant: le logement est décent";
    assert_eq!(
        out,
        format!(
            "menage_id,aide,montant,reserves\nA,false,0,\nB,true,500,{told}\nC,true,500,{told}\nD,false,0,\n"
        )
    );
    assert!(err.contains("`aide`: accordé sous réserve sur 2 lignes"), "{err}");
}

/// The default columns and JSON rows stay as they are; a note counts, a column tells.
#[test]
fn reserves_are_counted_and_told_on_request() {
    let folder = folder(TABLES, PACK);
    let (out, err) = eval(&folder, "2020-01-01", &[]);
    assert!(out.starts_with("menage_id,aide,montant\n"), "{out}");
    assert!(
        err.contains("note: `montant`: accordé sous réserve sur 1 ligne (--reserves: ligne par ligne)"),
        "{err}"
    );
    let (out, _) = eval(&folder, "2020-01-01", &["--reserves"]);
    assert!(
        out.contains(
            "A,true,500,aide: le logement est décent | montant: le logement est décent\nB,false,0,\n"
        )
    );
    let (code, out, _) =
        folder.logis(&["explain", "--rules", "r", "--data", "d", "--as-of", "2020-01-01", "--id", "A"]);
    assert_eq!(code, 0);
    assert!(
        out.contains("Menage A : oui, sous réserve de : le logement est décent. Le revenu du ménage respecte le plafond."),
        "{out}"
    );
    // The amount rests on it.
    assert!(
        out.contains("Menage A. Montant de l'aide : 500\u{a0}€, sous réserve de : le logement est décent."),
        "{out}"
    );
    let (code, _, err) = folder.logis(&[
        "eval",
        "--rules",
        "r",
        "--data",
        "d",
        "--as-of",
        "2020-01-01",
        "--reserves",
        "--engine",
        "reference",
    ]);
    assert_eq!(code, 2, "{err}");
}

/// On the day of the verification nothing is said; on the day after, once for the table, with no other exit code.
#[test]
fn a_decision_after_the_verification_says_so() {
    let folder = folder(TABLES, PACK);
    let said = "avertissement: valeurs vérifiées jusqu'au 2020-12-31 seulement (page du 31 décembre 2020)";
    assert!(!eval(&folder, "2020-12-31", &[]).1.contains("vérifiées"));
    let (_, err) = eval(&folder, "2021-01-01", &[]);
    assert_eq!(err.matches(said).count(), 1, "{err}");
}

/// Of a table renewed each year, a year that is missing is not the year before, inside the table as after it.
#[test]
fn a_missing_year_is_told_inside_a_table_too() {
    let folder = folder(YEARLY, PACK);
    for (day, stale) in [
        ("2016-12-31", false),
        ("2017-01-01", true),
        ("2018-12-31", true),
        ("2019-12-31", false),
        ("2020-01-01", true),
    ] {
        let (_, err) = eval(&folder, day, &[]);
        assert_eq!(err.contains("peut être périmée"), stale, "{day}: {err}");
    }
    let (_, err) = eval(&folder, "2018-06-30", &[]);
    assert!(err.contains("ses valeurs passent du 2016-01-01 au 2019-01-01"), "{err}");
    // A table seen to hold misses nothing until that day.
    folder.write(
        "r/p.toml",
        &YEARLY.replace("renewed", "verified = { on = 2018-06-30, by = \"page\" }\nrenewed"),
    );
    assert!(!eval(&folder, "2018-06-30", &[]).1.contains("périmée"));
    assert!(eval(&folder, "2018-07-01", &[]).1.contains("périmée"));
}

/// `check` names each text that does not open, each hole and each end, and counts doubts by kind.
#[test]
fn check_names_closed_sources_holes_and_doubts() {
    let asked = "[check]\nsources = true\ntables_since = 2015-01-01\n";
    let folder = folder(YEARLY, &format!("{PACK}{asked}"));
    let (code, out, err) = folder.logis(&["check", "r", "--doubts"]);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("erreur[L0303]: la source « règlement Visale » ne s'ouvre pas"), "{err}");
    assert_eq!(err.matches("L0303").count(), 1, "{err}");
    assert!(
        err.contains("remarque[L0522]: `plafond` ne couvre pas tout: aucune valeur du 2015-01-01 au 2015-12-31; aucune valeur propre à 2017, 2018"),
        "{err}"
    );
    assert!(out.contains("doutes de chiffre (1):\n") && out.contains("`aide`: lu dans une page\n"), "{out}");
    assert!(out.contains("2 doutes signalés (1 de chiffre, 1 de genre non dit)"), "{out}");
    let (_, out, _) = folder.logis(&["check", "r"]);
    assert!(!out.contains("lu dans une page"), "{out}");
    // A pack that declares the text has nothing to mend; one may set the level.
    let declared = "[sources]\n\"règlement Visale\" = { url = \"https://exemple.fr/visale\" }\n";
    folder.write("r/pack.toml", &format!("{PACK}{declared}{asked}"));
    assert!(!folder.logis(&["check", "r"]).2.contains("L0303"));
    folder.write("r/pack.toml", &format!("{PACK}{asked}[check.levels]\nL0303 = \"note\"\n"));
    let (code, _, err) = folder.logis(&["check", "r"]);
    assert!(code == 0 && err.contains("remarque[L0303]"), "{err}");
    folder.write("r/pack.toml", &format!("{PACK}{asked}open_sources = false\n"));
    let (code, _, err) = folder.logis(&["check", "r"]);
    assert!(code == 0 && !err.contains("L0303"), "{err}");
}

/// Days that say nothing, days said twice, days of a helper.
#[test]
fn days_that_are_none_are_told() {
    for (rules, expected) in [
        (
            RULES.replace("du 2012-05-02 au 2023-06-30", "2012"),
            "« 2012 » ne dit pas quand la règle est en vigueur",
        ),
        (
            RULES.replace("/// réserve:", "/// en vigueur: depuis le 2013-01-01\n/// réserve:"),
            "est dit deux fois",
        ),
        (RULES.replace("fn aide", "private fn aide"), "`aide` est une fonction, et ne décide rien seule"),
    ] {
        let folder = folder(TABLES, PACK);
        folder.write("r/r.rhai", &rules);
        let (code, _, err) = folder.logis(&["check", "r"]);
        assert_ne!(code, 0, "{err}");
        assert!(err.contains("erreur[L0037]") && err.contains(expected), "{expected}: {err}");
    }
}

/// A table without a value on the day leaves open what needs it, with its reason: no error for who decides.
#[test]
fn a_table_without_a_value_is_an_unknown_with_its_reason() {
    let folder = folder(&TABLES.replace("from   = 2012-01-01", "from   = 2015-01-01"), PACK);
    let (out, err) = eval(&folder, "2014-01-01", &[]);
    assert_eq!(out, "menage_id,aide,montant\nA,,\nB,,\nC,,\n");
    assert!(err.contains("paramètre `plafond`: aucune valeur au 2014-01-01"), "{err}");
}

/// The ten explanations of the book are what their commands print, to the letter.
#[test]
fn the_ten_explanations_are_what_their_commands_print() {
    let page = fs::read_to_string(root().join("docs/src/fr/dix-explications.md")).unwrap();
    let mut told = 0;
    for part in page.split("```sh\nlogis ").skip(1) {
        let (command, rest) = part.split_once("\n```\n\n```text\n").unwrap();
        let (expected, _) = rest.split_once("\n```\n").unwrap();
        let words: Vec<&str> = command.split_whitespace().collect();
        let ran = logis(&words);
        assert!(ran.status.success(), "logis {command}: {}", stderr(&ran));
        assert_eq!(stdout(&ran).trim_end(), expected, "logis {command}");
        told += 1;
    }
    assert_eq!(told, 10, "explanations of the page");
}
