//! Results that people read: tables of the terminal, French CSV, workbooks, short explanations, letters.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use calamine::Reader as _;

use crate::support::{Folder, LOGIS, PARAMETER, SCHEMA, logis, root, stderr, stdout, told};

const DIJON: &str = "scenarios/grand-dijon-2015";

/// A pack with a rule that fails on one row and misses an input on another.
fn failing() -> Folder {
    let rules = "//! entité: menage\n\n/// Part du plafond. Détail : le plafond, divisé par le revenu.\n/// source: art. 1\nfn part(revenu) {\n    arrondi(param(\"plafond\") / revenu)\n}\n\n\
                 /// Le revenu ne dépasse pas le plafond.\n/// source: art. 1\nfn eligible(revenu) {\n    \
                 revenu <= param(\"plafond\")\n}\n";
    Folder::of(&[
        ("regles/schema.toml", SCHEMA),
        ("regles/plafond.toml", PARAMETER),
        ("regles/regles.rhai", rules),
        ("d/menages.csv", "menage_id,revenu,quartier\nM1,10000,\nM2,,\nM3,0,\nM4,20000.50,\n"),
    ])
}

const FAILING: [&str; 9] =
    ["eval", "--rules", "regles", "--data", "d", "--as-of", "2017-06-30", "--select", "part,eligible"];

fn failing_as(folder: &Folder, more: &[&str]) -> (i32, String, String) {
    folder.logis(&FAILING.iter().chain(more).copied().collect::<Vec<_>>())
}

/// Semicolons outside of quotes part cells; a doubled quote is one.
fn cells(line: &str) -> Vec<String> {
    let (mut cells, mut quoted) = (vec![String::new()], false);
    let mut rest = line.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                cells.last_mut().unwrap().push(rest.next().unwrap())
            }
            '"' => quoted = !quoted,
            ';' if !quoted => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

/// Unknown and error are two words wherever people read; programs ask for the state. The summary counts both, and
/// names the missing input.
#[test]
fn unknown_and_error_are_told_apart() {
    let folder = failing();
    let (code, table, said) = failing_as(&folder, &[]);
    assert_eq!(code, 0, "{said}");
    let row = |id: &str| table.lines().find(|l| l.trim_start().starts_with(id)).unwrap().to_string();
    assert!(row("M2").contains("inconnu") && !row("M2").contains("erreur"), "{table}");
    assert!(row("M3").contains("erreur") && !row("M3").contains("inconnu"), "{table}");
    assert!(said.contains("8 résultats: 2 inconnus, dont 2 par `revenu` ; 1 erreur"), "{said}");
    let (_, csv, _) = failing_as(&folder, &["--format", "csv", "--states"]);
    assert_eq!(
        csv,
        "menage_id,part,part.state,eligible,eligible.state\nM1,2,known,true,known\nM2,,unknown,,unknown\n\
         M3,,error,true,known\nM4,1,known,false,known\n"
    );
    let (_, json, _) = failing_as(&folder, &["--format", "ndjson", "--states"]);
    let states: Vec<String> = json
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["part.state"].as_str().unwrap().into()
        })
        .collect();
    assert_eq!(states, ["known", "unknown", "error", "known"]);
    let (_, french, _) = failing_as(&folder, &["--format", "csv-fr", "--names"]);
    assert_eq!(
        french,
        "\u{feff}menage_id;part;eligible\r\nM1;2;oui\r\nM2;inconnu;inconnu\r\nM3;erreur;oui\r\nM4;1;non\r\n"
    );
    let book = folder.path("r.xlsx");
    failing_as(&folder, &["-o", "r.xlsx"]);
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(book).unwrap();
    let sheet = book.worksheet_range("menage").unwrap();
    let part: Vec<String> = (1..5).map(|row| sheet.get_value((row, 1)).unwrap().to_string()).collect();
    assert_eq!(part, ["2", "inconnu", "erreur", "1"]);
}

/// The French CSV of the demo says what the plain one says, read by other means.
#[test]
fn the_french_csv_says_the_same() {
    let select = "eligible_plus,plafond_plus,ressources,commune_demande,date_demande";
    let run = |form: &str| {
        let args = ["eval", "--data", DIJON, "--as-of", "2017-06-30", "--select", select, "--format", form];
        let ran = logis(&args);
        assert!(ran.status.success(), "{}", stderr(&ran));
        stdout(&ran)
    };
    let (plain, french) = (run("csv"), run("csv-fr"));
    let french = french.strip_prefix('\u{feff}').expect("a mark of UTF-8");
    let mut lines = french.split("\r\n").filter(|l| !l.is_empty()).map(cells);
    let header = lines.next().unwrap();
    assert_eq!(header.len(), 7, "the name of the commune stands beside its code: {header:?}");
    assert!(header[2].starts_with("Plafond") && header[2].ends_with("(€ par an)"), "{header:?}");
    let communes = fs::read_to_string(root().join("rules/referentiels/communes.csv")).unwrap();
    let names: BTreeMap<&str, &str> = communes
        .lines()
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter_map(|cells| Some((*cells.first()?, *cells.get(1)?)))
        .collect();
    let mut rows = 0;
    for (plain, french) in plain.lines().skip(1).zip(lines) {
        let plain: Vec<&str> = plain.split(',').collect();
        let value = |at: usize| french[at].as_str();
        assert_eq!(value(0), plain[0]);
        let truth = match plain[1] {
            "true" => "oui",
            "false" => "non",
            _ => "inconnu",
        };
        assert_eq!(value(1), truth);
        for at in [2, 3] {
            let expected =
                if plain[at].is_empty() { "inconnu".to_string() } else { plain[at].replace('.', ",") };
            assert_eq!(value(at), expected);
        }
        assert_eq!(value(4), plain[4]);
        assert_eq!(Some(&value(5)), names.get(plain[4]), "the name of {}", plain[4]);
        let day: Vec<&str> = plain[5].split('-').collect();
        assert_eq!(value(6), format!("{}/{}/{}", day[2], day[1], day[0]));
        rows += 1;
    }
    assert_eq!(rows, 879);
}

/// A part of an archive, as text.
fn part(path: &std::path::Path, name: &str) -> String {
    let mut archive = zip::ZipArchive::new(fs::File::open(path).unwrap()).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut archive.by_name(name).unwrap(), &mut text).unwrap();
    text
}

/// The workbook of a result: labels with units, a header that stays, a filter, widths, numbers that are numbers, names
/// of communes, and a page that says what was decided, when and by which pack.
#[test]
fn a_workbook_is_made_to_be_read() {
    let folder = Folder::of(&[]);
    let path = folder.path("r.xlsx");
    let args = [
        "eval",
        "--data",
        DIJON,
        "--as-of",
        "2017-06-30",
        "--select",
        "eligible_plus,plafond_plus,commune_demande,date_demande",
        "-o",
        path.to_str().unwrap(),
    ];
    assert!(logis(&args).status.success());
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&path).unwrap();
    assert_eq!(book.sheet_names(), ["demande", "Colonnes", "Lisez-moi"]);
    let sheet = book.worksheet_range("demande").unwrap();
    let header: Vec<String> = sheet.rows().next().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(header[0], "Demande de logement social");
    assert!(header[1].contains("respectent le plafond PLUS"), "{header:?}");
    assert!(header[2].ends_with("(€ par an)"), "{header:?}");
    let row = sheet.rows().nth(2).unwrap();
    assert!(matches!(row[1], calamine::Data::Bool(_)), "{row:?}");
    assert!(matches!(row[2], calamine::Data::Float(_)), "{row:?}");
    assert_eq!((row[3].to_string(), row[4].to_string()), ("21231".to_string(), "Dijon".to_string()));
    assert!(matches!(row[5], calamine::Data::DateTime(_)), "{row:?}");
    assert_eq!(sheet.rows().count(), 880);
    let xml = part(&path, "xl/worksheets/sheet1.xml");
    for needed in ["<pane ", "state=\"frozen\"", "<autoFilter ", "<col "] {
        assert!(xml.contains(needed), "{needed}");
    }
    let about = book.worksheet_range("Lisez-moi").unwrap();
    let about: String = about.rows().flatten().map(|cell| format!("{cell}\n")).collect();
    for needed in ["879", "30 juin 2017", "Paquet de règles", "n'est pas la décision"] {
        assert!(about.contains(needed), "{needed} in {about}");
    }
    let columns = book.worksheet_range("Colonnes").unwrap();
    let names: BTreeSet<String> = columns.rows().map(|row| row[1].to_string()).collect();
    assert!(names.contains("plafond_plus"), "{names:?}");
    let texts: String = columns.rows().map(|row| row[3].to_string() + "\n").collect();
    assert!(texts.contains("arrêté du 29 juillet 1987, annexe I"), "{texts}");
}

/// The template: what may be chosen, help in the comments, the form's columns before the others; filled, it is read.
#[test]
fn the_template_offers_what_may_be_chosen() {
    let folder = Folder::of(&[]);
    let path = folder.path("m.xlsx");
    assert!(logis(&["schema", "--format", "xlsx", "-o", path.to_str().unwrap()]).status.success());
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(&path).unwrap();
    let at = book.sheet_names().iter().position(|name| name == "personnes").unwrap() + 1;
    let xml = part(&path, &format!("xl/worksheets/sheet{at}.xml"));
    assert!(xml.contains("<dataValidation type=\"list\"") && xml.contains("oui,non"), "{xml}");
    assert!(xml.contains("enfant"), "the bonds to the applicant can be chosen");
    let notes = part(&path, &format!("xl/comments{at}.xml"));
    assert!(notes.contains("Date de naissance") && notes.contains("Formulaire : cerfa 14069"), "{notes}");
    let header = |book: &mut calamine::Xlsx<_>, name: &str| -> Vec<String> {
        let range = book.worksheet_range(name).unwrap();
        range.rows().next().unwrap().iter().map(ToString::to_string).collect()
    };
    let schema: toml::Table = fs::read_to_string(root().join("rules/schema.toml")).unwrap().parse().unwrap();
    for (entity, table) in [("demande", "demandes"), ("personne", "personnes")] {
        let fields = schema[entity]["fields"].as_table().unwrap();
        let asked = |column: &String| {
            let mut own = fields.iter().filter(|(name, field)| {
                field.get("column").and_then(toml::Value::as_str).unwrap_or(name) == column.as_str()
            });
            own.any(|(_, field)| field.get("form").is_some())
        };
        let header = header(&mut book, table);
        let last = header.iter().rposition(asked).unwrap();
        let required = |column: &String| {
            fields.get(column).is_some_and(|f| f.get("required").and_then(toml::Value::as_bool) == Some(true))
        };
        let first = header.iter().position(|c| asked(c) && !required(c)).unwrap();
        let between: Vec<&String> = header[first..=last].iter().filter(|c| !asked(c)).collect();
        assert!(between.is_empty(), "{between:?} stands among what the form asks");
    }
}

/// An explanation in short has eight lines at most a rule, whatever the household, and names the figure.
#[test]
fn the_short_explanation_is_short() {
    let rules =
        "eligible_plus,plafond_plus,compte_dans_le_quart,public_ani,premier_quartile,demande_enregistree";
    let mut args = vec!["explain", "--data", DIJON, "--as-of", "2017-06-30", "--court", "--rule", rules];
    ["D0001", "D0002"].iter().for_each(|id| args.extend(["--id", id]));
    let ran = logis(&args);
    assert!(ran.status.success(), "{}", stderr(&ran));
    let text = stdout(&ran);
    let mut lines = 0;
    let mut refused = 0;
    for line in text.lines() {
        lines = if line.starts_with("   ") { lines + 1 } else { 1 };
        // The addresses of texts are not broken.
        assert!(lines <= 8 && (line.chars().count() <= 80 || line.contains("https://")), "{line}");
        refused += usize::from(line.ends_with("le plafond PLUS : non"));
    }
    assert!(refused > 0, "{text}");
    // The applicant of D0001 is over the ceiling: the figure, its text, and what would change it stand there.
    let own = text.split("\n\n").next().unwrap().replace('\u{a0}', " ");
    assert!(own.starts_with("demande D0001, décidé au 30 juin 2017"), "{own}");
    for needed in
        ["41 689 €", "39 013 €", "rrêté du 29 juillet 1987, annexe I", "Serait « oui » avec", "au lieu de"]
    {
        assert!(own.contains(needed), "« {needed} » in {own}");
    }
}

/// A letter: the household reads the answer, the figure with its text, what would change it, and that it is no decision.
#[test]
fn a_letter_says_why() {
    let record = "{\"demandes\": [{\"demande_id\": \"D1\", \"commune\": \"21231\", \"date_demande\": \"2017-01-01\", \"rfr_n2\": 20124, \
                  \"rfr_n1\": 20124, \"revenus_12_mois\": 22000, \"personnes\": [{\"personne_id\": \"P1\", \"lien\": \
                  \"demandeur\", \"date_naissance\": \"1980-02-01\", \"a_charge\": false, \"handicap\": false}]}]}";
    let folder = Folder::of(&[("d.json", record)]);
    let args = [
        "explain",
        "--data",
        "d.json",
        "--as-of",
        "2017-06-30",
        "--rule",
        "eligible_plus",
        "--id",
        "D1",
        "--format",
        "lettre",
    ];
    let (code, letter, said) = folder.logis(&args);
    assert_eq!(code, 0, "{said}");
    let plain: String = letter.replace('\u{a0}', " ").split_whitespace().collect::<Vec<_>>().join(" ");
    for needed in [
        "Réponse : non",
        "20 124 €",
        "20 123 €",
        "arrêté du 29 juillet 1987",
        "au lieu de",
        "n'est pas une décision",
        "30 juin 2017",
    ] {
        assert!(plain.contains(needed), "« {needed} » in {plain}");
    }
    assert!(!plain.contains("eligible_plus") && !plain.contains("rfr_n"), "{plain}");
    assert!(letter.lines().all(|line| line.chars().count() <= 80), "{letter}");
    // One euro less, and the answer is another; without incomes it says what is missing.
    folder.write("d.json", &record.replace("20124", "20123"));
    let (_, letter, _) = folder.logis(&args);
    assert!(letter.contains("Réponse : oui"), "{letter}");
    folder.write("d.json", &record.replace("\"rfr_n2\": 20124, ", "").replace("\"rfr_n1\": 20124, ", ""));
    let (_, letter, _) = folder.logis(&args);
    assert!(letter.contains("on ne peut pas répondre") && letter.contains("Ce qui manque"), "{letter}");
}

/// On a terminal of any width no figure of the demo is cut in two. `script` gives the terminal.
#[cfg(target_os = "linux")]
#[test]
fn no_figure_is_cut_on_a_terminal() {
    let select = "eligible_plus,plafond_plus,ressources,plafond_plai,plafond_pls,categorie_menage";
    let eval = format!("{LOGIS} eval --data {DIJON} --as-of 2017-06-30 --select {select}");
    let csv = Command::new("sh")
        .current_dir(root())
        .args(["-c", &format!("{eval} --format csv")])
        .output()
        .unwrap();
    let known: BTreeSet<String> = stdout(&csv)
        .lines()
        .skip(1)
        .flat_map(|line| line.split(',').map(str::to_string).collect::<Vec<_>>())
        .flat_map(|cell| cell.split('.').map(str::to_string).collect::<Vec<_>>())
        .map(|digits| digits.chars().filter(char::is_ascii_digit).collect())
        .collect();
    for width in [40, 57, 80, 120] {
        let line = format!("stty cols {width}; {eval} 2>/dev/null");
        let ran = Command::new("script").current_dir(root()).args(["-qec", &line, "/dev/null"]).output();
        let Ok(ran) = ran else { return };
        let (_, text, _) = told(&ran);
        assert!(text.lines().count() > 800, "{text}");
        for line in text.lines() {
            assert!(line.trim_end_matches('\r').chars().count() <= width, "{width}: {line}");
            let joined = |c: char| c.is_ascii_digit() || c == '\u{202f}';
            for run in line.split(|c| !joined(c)).filter(|run| run.len() > 2) {
                let digits: String = run.chars().filter(char::is_ascii_digit).collect();
                assert!(known.contains(&digits), "`{run}` at {width} in {line}");
            }
        }
    }
}

/// A commission sees of each candidate what the rules decide of the request and what the file says of the unit; what is
/// shown can be chosen.
#[test]
fn a_commission_sees_who_the_candidates_are() {
    let rows = |args: &[&str]| -> Vec<BTreeMap<String, String>> {
        let ran = logis(args);
        assert!(ran.status.success(), "{}", stderr(&ran));
        let text = stdout(&ran);
        let mut lines = text.lines().map(|line| line.split(',').map(str::to_string).collect::<Vec<_>>());
        let header = lines.next().unwrap();
        lines.map(|line| header.iter().cloned().zip(line).collect()).collect()
    };
    let told = ["--data", DIJON, "--as-of", "2017-06-30", "--format", "csv"];
    let asked = "nombre_personnes,ressources,anciennete_demande,public_l441_1,public_ani";
    let requests = rows(&[&["eval", "--select", asked][..], &told].concat());
    let by_id: BTreeMap<&String, &BTreeMap<String, String>> =
        requests.iter().map(|row| (&row["demande_id"], row)).collect();
    let units = fs::read_to_string(root().join(DIJON).join("logements.csv")).unwrap();
    let header: Vec<&str> = units.lines().next().unwrap().split(',').collect();
    let place = |name: &str| header.iter().position(|column| *column == name).unwrap();
    let size: BTreeMap<&str, &str> = units
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>())
        .map(|cells| (cells[place("logement_id")], cells[place("typologie")]))
        .collect();
    let lists = rows(&[&["commission"][..], &told].concat());
    assert!(lists.len() > 300);
    assert!(lists[0].keys().all(|name| !name.ends_with(".nom")), "programs get the columns of the pack");
    for row in &lists {
        let request = by_id[&row["demande_id"]];
        for name in asked.split(',') {
            assert_eq!(row[name], request[name], "{name} of {row:?}");
        }
        assert_eq!(row["typologie"], size[row["logement_id"].as_str()]);
    }
    let chosen = rows(&[&["commission", "--select", "typologie,ressources"][..], &told].concat());
    assert_eq!(chosen.len(), lists.len());
    let names: BTreeSet<&str> = chosen[0].keys().map(String::as_str).collect();
    let own =
        ["logement_id", "rang", "demande_id", "priorite", "adequation", "partage", "typologie", "ressources"];
    assert_eq!(names, own.into());
}
