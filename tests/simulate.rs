//! `logis simulate`: what it writes, and that a run that is done is not done again.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

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
        message.contains("essai.toml:9:8") && message.contains("did you mean `plus.plafond`"),
        "{message}"
    );
    assert!(!into.exists());
}
