//! Two agreements of one territory, one after the other: each is reviewed against its own targets, in its own days.
//!
//! All figures are counted by hand from the seven operations of [`OPERATIONS`], of which six are in the territory.

use serde_json::Value;

use crate::support::Folder;

const OPERATIONS: &str = "operation_id,commune,livree,logements\n\
    O1,C1,2018-05-01,90\n\
    O2,C1,2019-03-01,110\n\
    O3,C1,2020-03-01,70\n\
    O4,C1,2020-10-01,40\n\
    O5,C1,2021-02-01,65\n\
    O6,C1,2024-01-15,5\n\
    O7,C2,2019-03-01,1000\n";

/// `bilan.toml` of an agreement: the units of a year, and of the whole.
fn agreement(title: &str, from: &str, until: &str) -> String {
    let indicator = |id: &str, every: &str, target: &str| {
        format!(
            "[[indicator]]\nid = \"{id}\"\narticle = \"1\"\nlabel = \"Logements\"\nunit = \"logements\"\n\
             sum = \"logements\"\ndate = \"livree\"\nevery = \"{every}\"\ntarget = \"{target}\"\n"
        )
    };
    format!(
        "title = \"{title}\"\nfrom = {from}\nuntil = {until}\nsource = {{ title = \"{title}\" }}\n{}{}",
        indicator("A", "year", "objectif.logements"),
        indicator("T", "period", "objectif.total")
    )
}

/// Targets: the first day and the value of each of the year's, and the whole.
fn targets(yearly: &[(&str, u32)], whole: (&str, u32)) -> String {
    let value = |path: &str, from: &str, value: u32| {
        format!(
            "[[{path}.values]]\nfrom = {from}\nsource = {{ title = \"accord, art. 1\" }}\nvalue = {value}\n"
        )
    };
    let yearly: String = yearly.iter().map(|(from, n)| value("objectif.logements", from, *n)).collect();
    format!(
        "[objectif.logements]\nlabel = \"Logements par an\"\nunit = \"logements/an\"\n{yearly}\
         [objectif.total]\nlabel = \"Logements en tout\"\nunit = \"logements\"\n{}",
        value("objectif.total", whole.0, whole.1)
    )
}

const FIRST: &str = "regles/territoires/ici/accord_2018";
const SECOND: &str = "regles/territoires/ici/accord_2020";

/// A pack with two agreements, the first amended in its third year, and the data.
fn folder() -> Folder {
    let folder = Folder::of(&[
        (
            "regles/pack.toml",
            "name = \"essai\"\nentity = \"operation\"\nresults = [\"ecart\"]\n[territories]\ntable = \"commune\"\nlevels = [\"epci\"]\n",
        ),
        (
            "regles/schema.toml",
            "[commune]\nsource = \"communes.csv\"\nkey = \"commune\"\nfields.epci = { type = \"text\" }\n\
             [operation]\ntable = \"operations\"\nkey = \"operation_id\"\n\
             fields.livree = { type = \"date\" }\nfields.logements = { type = \"integer\", range = [0, 100000] }\n\
             [operation.belongs_to.commune]\ncolumn = \"commune\"\nrequired = true\n",
        ),
        ("regles/communes.csv", "commune,epci\nC1,E1\nC2,E2\n"),
        (
            "regles/locaux.toml",
            "[objectif.logements]\nlabel = \"Logements par an\"\nunit = \"logements/an\"\nlocal = true\ntype = \"number\"\n",
        ),
        (
            "regles/ecart.rhai",
            "//! entité: operation\n\n/// Écart d'une opération à l'objectif de l'année.\n/// source: accord, art. 1\n/// résultat\n\
             fn ecart(logements) {\n    logements - param(\"objectif.logements\")\n}\n",
        ),
        (
            "regles/territoires/ici/territoire.toml",
            "name = \"Ici\"\nepci = [\"E1\"]\nsource = { title = \"essai\" }\n",
        ),
        ("donnees/operations.csv", OPERATIONS),
    ]);
    folder.write(&format!("{FIRST}/bilan.toml"), &agreement("Accord 2018-2020", "2018-01-01", "2020-06-30"));
    let first = targets(&[("2018-01-01", 100), ("2020-01-01", 120)], ("2018-01-01", 330));
    folder.write(&format!("{FIRST}/objectifs.toml"), &first);
    folder.write(&format!("{SECOND}/bilan.toml"), &agreement("Accord 2020-2023", "2020-07-01", "2023-12-31"));
    folder.write(&format!("{SECOND}/objectifs.toml"), &targets(&[("2020-07-01", 60)], ("2020-07-01", 200)));
    folder
}

/// The document of a review, and what was said beside it.
fn review(folder: &Folder, day: &str, args: &[&str]) -> (Value, String) {
    let all = ["bilan", "--rules", "regles", "--data", "donnees", "--format", "json", "--as-of", day];
    let (code, text, said) = folder.logis(&[&all, args].concat());
    assert_eq!(code, 0, "{said}");
    (serde_json::from_str(&text).unwrap(), said)
}

/// Of a line: the target, the figure that is held against it, the gap, the verdict.
fn line(review: &Value, id: &str, figure: &str) -> (String, Value, Value, String) {
    let sheet = review["sheets"].as_array().unwrap().iter().find(|s| s["id"] == "bilan").unwrap();
    let header: Vec<&str> = sheet["header"].as_array().unwrap().iter().map(|h| h.as_str().unwrap()).collect();
    let at =
        |name: &str| header.iter().position(|h| *h == name).unwrap_or_else(|| panic!("{name}: {header:?}"));
    let row = sheet["rows"].as_array().unwrap().iter().find(|row| row[0] == id).unwrap();
    let text = |name: &str| row[at(name)].as_str().unwrap_or_default().to_string();
    (text("Objectif"), row[at(figure)].clone(), row[at("Écart")].clone(), text("Atteint"))
}

fn said(words: &str, figure: i32, gap: i32, verdict: &str) -> (String, Value, Value, String) {
    (words.to_string(), figure.into(), gap.into(), verdict.to_string())
}

/// The agreement of the day is taken: its targets, its amendment, its days.
#[test]
fn a_review_is_that_of_the_agreement_of_the_day() {
    let folder = folder();
    // 110 of at least 100 in 2019; 90 + 110 of 330 in all, the last year still to come.
    let (of_2019, told) = review(&folder, "2019-12-31", &[]);
    assert_eq!(of_2019["agreement"]["name"], "accord_2018");
    assert_eq!(of_2019["agreement"]["standing"], "in_force");
    assert_eq!(told, "");
    assert_eq!(line(&of_2019, "A", "Réalisé 2019"), said("au moins 100 par an", 110, 10, "oui"));
    assert_eq!(line(&of_2019, "T", "Cumul"), said("au moins 330 en 2018-2020", 200, -130, "en cours"));
    // The amendment asks 120 in 2020; 90 + 110 + 70 fall short of 330 by 60, and the agreement ends.
    let (of_june, _) = review(&folder, "2020-06-30", &[]);
    assert_eq!(line(&of_june, "A", "Réalisé 2020"), said("au moins 120 par an", 70, -50, "non"));
    assert_eq!(line(&of_june, "T", "Cumul"), said("au moins 330 en 2018-2020", 270, -60, "non"));
    assert!(
        of_june["warnings"].to_string().contains("ne vaut que du 1er janvier au 30 juin 2020"),
        "{of_june}"
    );
    // The next one begins on 1 July: of 2020 only O4 is its, O3 is named as left out.
    let (of_december, _) = review(&folder, "2020-12-31", &[]);
    assert_eq!(of_december["agreement"]["name"], "accord_2020");
    assert_eq!(line(&of_december, "A", "Réalisé 2020"), said("au moins 60 par an", 40, -20, "non"));
    assert_eq!(line(&of_december, "T", "Cumul"), said("au moins 200 en 2020-2023", 40, -160, "en cours"));
    assert!(of_december.to_string().contains("avant le 2020-07-01, premier jour compté"), "{of_december}");
    // 40 + 65 at the end of 2021.
    let (of_2021, _) = review(&folder, "2021-12-31", &[]);
    assert_eq!(line(&of_2021, "A", "Réalisé 2021"), said("au moins 60 par an", 65, 5, "oui"));
    assert_eq!(line(&of_2021, "T", "Cumul"), said("au moins 200 en 2020-2023", 105, -95, "en cours"));
}

/// An agreement that is named keeps its own targets and days; that it is over, or has not begun, is said in every form, and
/// is no failure.
#[test]
fn an_agreement_that_is_named_is_reviewed_outside_of_its_days() {
    let folder = folder();
    let (over, told) = review(&folder, "2020-12-31", &["--agreement", "accord_2018"]);
    assert_eq!(over["agreement"]["standing"], "over");
    // Not the 60 of the next: 120, against the 70 of before July.
    assert_eq!(line(&over, "A", "Réalisé 2020"), said("au moins 120 par an", 70, -50, "non"));
    let amended = over["sheets"].as_array().unwrap().iter().find(|s| s["id"] == "avenants").unwrap();
    assert_eq!(amended["rows"].as_array().unwrap().len(), 1, "{amended}");
    assert_eq!(amended["rows"][0][1], "2020-01-01");
    assert!(told.contains("« Accord 2018-2020 », finie depuis le 30 juin 2020"), "{told}");
    let (early, told) = review(&folder, "2019-12-31", &["--convention", "accord_2020"]);
    assert_eq!(early["agreement"]["standing"], "not_begun");
    assert_eq!(line(&early, "A", "Réalisé 2019").3, "hors période");
    assert!(told.contains("qui ne commence que le 1er juillet 2020"), "{told}");
    // On a day of none: that which ended last, and before all of them the first.
    for (day, name) in [("2024-06-30", "accord_2020"), ("2017-06-30", "accord_2018")] {
        let (nearest, told) = review(&folder, day, &[]);
        assert_eq!(nearest["agreement"]["name"], name);
        assert!(told.contains("n'est pas de la convention"), "{told}");
    }
    let (code, text, told) =
        folder.logis(&["review", "--rules", "regles", "--data", "donnees", "--as-of", "2024-06-30"]);
    assert_eq!(code, 0);
    assert!(text.contains("Accord 2020-2023") && text.contains("au 31 décembre 2023, finie"), "{text}");
    assert!(told.contains("avertissement: le 30 juin 2024"), "{told}");
}

/// Rules read the target of the day: that of the first agreement, amended, then that of the second.
#[test]
fn rules_read_the_target_of_the_day() {
    let folder = folder();
    for (day, gap) in [("2019-06-30", "O3,-30"), ("2020-06-30", "O3,-50"), ("2020-07-01", "O3,10")] {
        let (code, text, told) = folder
            .logis(&["eval", "--rules", "regles", "--data", "donnees", "--as-of", day, "--format", "csv"]);
        assert_eq!(code, 0, "{told}");
        assert!(text.lines().any(|line| line == gap), "{day}: {text}");
        assert!(text.lines().any(|line| line == "O7,"), "elsewhere no agreement says: {text}");
    }
    let (code, text, told) = folder.logis(&["check", "--rules", "regles"]);
    assert_eq!(code, 0, "{text}{told}");
    assert!(
        !format!("{text}{told}").contains("objectif.total"),
        "a target that only a review reads is read: {text}"
    );
}

/// Two agreements that hold on one day are told apart by name; that both give one target is an error, since no day tells which.
#[test]
fn agreements_of_the_same_days_are_told_apart() {
    let folder = folder();
    let overlapping = agreement("Accord 2020-2023", "2020-01-01", "2023-12-31");
    folder.write(&format!("{SECOND}/bilan.toml"), &overlapping);
    let review = ["review", "--rules", "regles", "--data", "donnees", "--as-of", "2020-03-31"];
    let (code, _, told) = folder.logis(&review);
    assert_eq!(code, 2, "{told}");
    assert!(
        told.contains("L0048") && told.contains("objectif de deux conventions qui ne se suivent pas"),
        "{told}"
    );
    // With names of their own there is no doubt, but for whose review is asked.
    let renamed = |text: &str| text.replace("objectif.", "but.");
    folder.write(&format!("{SECOND}/bilan.toml"), &renamed(&overlapping));
    let own = targets(&[("2020-01-01", 60)], ("2020-01-01", 200));
    folder.write(&format!("{SECOND}/objectifs.toml"), &renamed(&own));
    let (code, _, told) = folder.logis(&review);
    assert_eq!(code, 2, "{told}");
    let both = "accord_2018 (du 2018-01-01 au 2020-06-30) ou accord_2020 (du 2020-01-01 au 2023-12-31)";
    assert!(told.contains(both), "{told}");
    let (code, text, told) = folder.logis(&[&review[..], &["--agreement", "accord_2020"]].concat());
    assert_eq!(code, 0, "{told}");
    assert!(text.contains("Accord 2020-2023"), "{text}");
    let (code, _, told) = folder.logis(&[&review[..], &["--agreement", "accord_2081"]].concat());
    assert_eq!(code, 2);
    assert!(told.contains("accord_2018") && told.contains("vouliez-vous dire"), "{told}");
}

/// A target that only the other agreement gives is none.
#[test]
fn a_target_of_another_agreement_is_an_error() {
    let folder = folder();
    let without_whole = targets(&[("2020-07-01", 60)], ("2020-07-01", 200));
    let without_whole = without_whole.split("[objectif.total]").next().unwrap().to_string();
    folder.write(&format!("{SECOND}/objectifs.toml"), &without_whole);
    let (code, text, told) = folder.logis(&["check", "--rules", "regles"]);
    let all = format!("{text}{told}");
    assert_eq!(code, 2, "{all}");
    assert!(all.contains("`objectif.total` est l'objectif d'une autre convention du territoire"), "{all}");
}
