//! `logis simulate`: what it writes, and that a run that is done is not done again.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use calamine::Reader;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

fn simulate(file: &Path, into: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_logis"));
    command.arg("simulate").arg(file).arg("--output").arg(into);
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A scenario of a small territory, so that its runs are short.
fn scenario(folder: &Path, change: &str) -> std::path::PathBuf {
    let file = folder.join("essai.toml");
    let data = format!("{ROOT}/scenarios/grand-dijon-2015").replace('\\', "/");
    let text = format!(
        "title = \"Essai <b> & co\"\n[base]\ndata = \"{data}\"\nas_of = 2017-06-30\n\
         territory = {{ commune = [\"21166\"] }}\n[[variant]]\nname = \"plus\"\n\
         [[variant.parameter]]\npath = \"plus.plafond\"\nmultiply = {change}\n"
    );
    fs::write(&file, text).unwrap();
    file
}

/// The second time nothing is done again and the report is the same, byte for byte; where a variant changes,
/// it alone is; a result that was cut short is done again.
#[test]
fn a_finished_run_is_not_done_again() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("r");
    let file = scenario(folder.path(), "1.05");
    let first = simulate(&file, &into);
    assert!(first.status.success(), "{}", text(&first.stderr));
    assert!(!text(&first.stderr).contains("repris"));
    let report = || ["rapport.html", "rapport.json", "rapport.xlsx"].map(|f| fs::read(into.join(f)).unwrap());
    let before = report();
    let again = simulate(&file, &into);
    assert!(text(&again.stderr).contains("2 calculs déjà faits"), "{}", text(&again.stderr));
    assert_eq!((&first.stdout, &before), (&again.stdout, &report()));
    let other = simulate(&scenario(folder.path(), "1.10"), &into);
    assert!(text(&other.stderr).contains("1 calculs déjà faits"), "{}", text(&other.stderr));
    let kept = into.join("calculs/base.2015.json");
    let whole = fs::read(&kept).unwrap();
    fs::write(&kept, &whole[..whole.len() / 2]).unwrap();
    let healed = simulate(&scenario(folder.path(), "1.05"), &into);
    assert!(healed.status.success());
    assert_eq!((fs::read(&kept).unwrap(), before), (whole, report()));
}

/// The page needs nothing from elsewhere, and what a scenario says is text in it, not HTML.
#[test]
fn the_page_stands_alone() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("r");
    assert!(simulate(&scenario(folder.path(), "1.05"), &into).status.success());
    let page = fs::read_to_string(into.join("rapport.html")).unwrap();
    assert!(page.contains("Essai &lt;b&gt; &amp; co") && !page.contains("Essai <b>"));
    for outside in ["src=", "<link", "@import", "url(http"] {
        let own = page.split("<script>").next().unwrap();
        assert!(!own.contains(outside), "{outside}");
    }
    for sheet in ["synthese", "quotas", "gains_pertes", "eligibilite", "valeur_marginale", "menages"] {
        assert!(page.contains(&format!("id=\"{sheet}\"")), "{sheet}");
        assert!(into.join(format!("tables/{sheet}.csv")).is_file(), "{sheet}");
    }
}

/// The workbook says first what it is, then has a sheet for each table of the report: numbers are numbers, as
/// the JSON has them; what is not known is an empty cell.
#[test]
fn the_workbook_holds_every_table() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("r");
    assert!(simulate(&scenario(folder.path(), "1.05"), &into).status.success());
    let report: serde_json::Value =
        serde_json::from_slice(&fs::read(into.join("rapport.json")).unwrap()).unwrap();
    let mut book: calamine::Xlsx<_> = calamine::open_workbook(into.join("rapport.xlsx")).unwrap();
    let sheets = report["sheets"].as_array().unwrap();
    let mut names = vec!["Lisez-moi".to_string()];
    names.extend(sheets.iter().map(|s| s["id"].as_str().unwrap().chars().take(31).collect()));
    assert_eq!(book.sheet_names(), names);
    let first = book.worksheet_range("Lisez-moi").unwrap();
    assert_eq!(first.get((0, 0)), Some(&calamine::Data::String("Essai <b> & co".into())));
    for (sheet, name) in sheets.iter().zip(&names[1..]) {
        let range = book.worksheet_range(name).unwrap();
        let titles = first
            .rows()
            .any(|r| r.get(1).and_then(calamine::DataType::as_string).as_deref() == sheet["title"].as_str());
        assert!(titles, "{name}");
        for (row, cells) in sheet["rows"].as_array().unwrap().iter().enumerate() {
            for (at, cell) in cells.as_array().unwrap().iter().enumerate() {
                let there = range.get_value((row as u32 + 1, at as u32)).unwrap_or(&calamine::Data::Empty);
                let same = match (cell, there) {
                    (serde_json::Value::Null, calamine::Data::Empty) => true,
                    (serde_json::Value::String(a), calamine::Data::String(b)) => a == b,
                    (serde_json::Value::String(a), calamine::Data::Empty) => a.is_empty(),
                    (number, calamine::Data::Float(found)) => (number.as_f64().unwrap() - found).abs() < 1e-9,
                    _ => false,
                };
                assert!(same, "{name}, {row}, {at}: {cell} {there:?}");
            }
        }
    }
}

/// A wrong name is an error at its place, exit code 2, and nothing is written.
#[test]
fn a_wrong_scenario_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("r");
    let file = scenario(folder.path(), "1.05");
    let wrong = fs::read_to_string(&file).unwrap().replace("plus.plafond", "plus.plafon");
    fs::write(&file, wrong).unwrap();
    let output = simulate(&file, &into);
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(
        message.contains("essai.toml:9:8") && message.contains("vouliez-vous dire `plus.plafond`"),
        "{message}"
    );
    assert!(!into.exists());
}

/// An interruption stops cleanly: exit code 130, what is finished is kept whole and said, nothing half-written
/// and no report stays; the same command goes on from there.
#[cfg(unix)]
#[test]
fn an_interruption_keeps_what_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("r");
    let file = scenario(folder.path(), "1.05");
    let text_of = fs::read_to_string(&file).unwrap();
    let sweep = "[[sweep]]\nname = \"s\"\n[[sweep.axis]]\npath = \"plus.plafond\"\n\
                 multiply = [0.9, 0.92, 0.94, 0.96, 0.98, 1, 1.02, 1.04]\n";
    fs::write(&file, format!("{text_of}{sweep}")).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_logis"));
    command.arg("simulate").arg(&file).arg("--output").arg(&into).env("RAYON_NUM_THREADS", "1");
    let child =
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap();
    let kept = || -> Vec<std::path::PathBuf> {
        let entries = fs::read_dir(into.join("calculs")).into_iter().flatten();
        entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "json")).collect()
    };
    while kept().is_empty() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{message}");
    assert!(message.contains("interrompu") && message.contains("la même commande reprend"), "{message}");
    let finished = kept();
    assert!((1..10).contains(&finished.len()), "{}", finished.len());
    assert!(message.contains("calculs sur 10 sont gardés"), "{message}");
    for path in &finished {
        let result: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        assert!(result["result"]["hash"].is_string());
    }
    assert_eq!(fs::read_dir(into.join("calculs")).unwrap().count(), finished.len());
    assert!(!into.join("rapport.html").exists());
    let again = simulate(&file, &into);
    assert!(again.status.success(), "{}", text(&again.stderr));
    let said = format!("{} calculs déjà faits", finished.len());
    assert!(text(&again.stderr).contains(&said), "{said}\n{}", text(&again.stderr));
    assert_eq!(kept().len(), 10);
    assert!(into.join("rapport.html").exists());
}

/// The page is made to be passed round: it names no request whose housing changes, says where they are, and
/// names them when asked. The workbook and the CSV have them.
#[test]
fn the_page_names_nobody_unless_asked() {
    let folder = tempfile::tempdir().unwrap();
    let into = folder.path().join("r");
    let file = scenario(folder.path(), "0.3");
    assert!(simulate(&file, &into).status.success());
    let named = fs::read_to_string(into.join("tables/menages.csv")).unwrap();
    let ids: Vec<&str> = named.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert!(!ids.is_empty(), "{named}");
    let page = || fs::read_to_string(into.join("rapport.html")).unwrap();
    let quiet = page();
    assert!(ids.iter().all(|id| !quiet.contains(id)) && quiet.contains("--with-rows"), "{ids:?}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_logis"));
    assert!(
        command
            .args(["simulate", "--with-rows", "-o"])
            .arg(&into)
            .arg(file)
            .output()
            .unwrap()
            .status
            .success()
    );
    let whole = page();
    assert!(ids.iter().any(|id| whole.contains(id)) && !whole.contains("--with-rows"), "{ids:?}");
}
