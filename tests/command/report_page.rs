//! The report of a scenario in a real browser: nothing asked of a network, no error, charts drawn, tables
//! that sort and filter by mouse and keyboard, text that is read on its ground, on paper-white and on black,
//! wide and narrow. And that the check sees it when a page is broken.
//!
//! Needs Chromium (`apt-get install chromium`, or `LOGIS_CHROMIUM=/path`); says so and passes where there is none.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

#[path = "../browser.rs"]
pub mod browser;

use browser::{Browser, chromium};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const CHECKS: &str = include_str!("report_page.js");

impl Browser {
    /// Opens a page in a window so wide, in a theme, and waits until it is there.
    pub fn show(&mut self, page: &Path, width: u32, theme: &str) {
        self.open_page(&format!("file://{}", page.display()), width, theme);
        self.evaluate(CHECKS);
    }

    /// What a check finds wrong.
    pub fn check(&mut self, expression: &str) -> Vec<String> {
        serde_json::from_value(self.evaluate(&format!("essai.{expression}"))).unwrap()
    }

    /// What the page wrote to the console or asked of a network.
    pub fn said(&self) -> Vec<String> {
        let of = |event: &Value| -> Option<String> {
            let params = &event["params"];
            match event["method"].as_str()? {
                "Runtime.exceptionThrown" => Some(format!("console: {params}")),
                "Log.entryAdded" if params["entry"]["level"] != "info" => Some(format!("console: {params}")),
                "Runtime.consoleAPICalled" => Some(format!("console: {params}")),
                "Network.requestWillBeSent" => {
                    let url = params["request"]["url"].as_str()?;
                    let own =
                        url.starts_with("file:") && params["type"] == "Document" || url.starts_with("data:");
                    (!own).then(|| format!("réseau: {url}"))
                }
                _ => None,
            }
        };
        self.events.iter().filter_map(of).collect()
    }

    /// All that can be seen without touching the page much, in one width and theme.
    fn look(&mut self, page: &Path, width: u32, theme: &str) -> Vec<String> {
        self.show(page, width, theme);
        let mut wrong = self.check("overflow()");
        wrong.extend(self.check("drawn()"));
        self.evaluate("essai.unfold()");
        wrong.extend(self.check("overflow()"));
        wrong.extend(self.check(&format!("contrast('{theme}, {width} px')")));
        wrong.extend(self.said());
        wrong
    }

    /// All that a hand does, and what does not depend on the width.
    fn use_it(&mut self, page: &Path) -> Vec<String> {
        self.show(page, 1400, "light");
        let mut wrong = self.check("structure()");
        wrong.extend(self.check("proven()"));
        wrong.extend(self.check("still()"));
        wrong.extend(self.check("sorted()"));
        self.evaluate("essai.focusHead()");
        self.key("Enter", 13, "\r");
        wrong.extend(self.check("sortedByKey('ascending')"));
        self.key(" ", 32, " ");
        wrong.extend(self.check("sortedByKey('descending')"));
        if self.evaluate("essai.filters()") == json!(0) {
            wrong.push("filtre: aucun".into());
        } else {
            self.evaluate("essai.focusFilter()");
            self.call("Input.insertText", json!({ "text": "CHENOVE" }));
            wrong.extend(self.check("filtered('chenove')"));
        }
        wrong.extend(self.check("choices()"));
        wrong.extend(self.said());
        wrong
    }

    /// Where a keyboard comes.
    fn walk_through(&mut self, page: &Path) -> Vec<String> {
        self.show(page, 1400, "light");
        self.evaluate("essai.unfold(false)");
        self.tab_through()
    }

    fn tab_through(&mut self) -> Vec<String> {
        let controls = self.evaluate("essai.controls()").as_u64().unwrap();
        let mut wrong = Vec::new();
        for _ in 0..controls + 3 {
            self.key("Tab", 9, "");
            wrong.extend(self.check("here()"));
        }
        wrong.extend(self.check("missed()"));
        wrong
    }
}

/// A small territory, a variant drawn anew by each seed, two parameters swept.
const SCENARIO: &str = r#"
title = "Essai : Chenôve, Longvic et Talant"
text  = "Vingt logements de plus, « pour voir » ; 1 050 fois."
[base]
data      = "DATA"
as_of     = 2017-06-30
seeds     = [1, 2, 3]
territory = { commune = ["21166", "21355", "21617"] }
[[variant]]
name  = "plus"
title = "Vingt logements de moins"
[[variant.logement]]
remove = 20
[[sweep]]
name  = "parts"
title = "Les deux parts"
[[sweep.axis]]
path  = "mixite.part_hors_quartiers"
label = "Part hors des quartiers"
set   = [0.25, 0.75]
[[sweep.axis]]
path  = "mixite.part_en_quartiers"
label = "Part en quartiers"
set   = [0, 0.5]
[[target]]
label    = "Autant d'attributions"
figure   = "synthese.attributions.valeur"
at_least = 70
source   = "essai de ce dépôt"
"#;

fn report(folder: &Path) -> PathBuf {
    let file = folder.join("essai.toml");
    let data = format!("{ROOT}/scenarios/grand-dijon-2015").replace('\\', "/");
    fs::write(&file, SCENARIO.replace("DATA", &data)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_logis"));
    let output = command
        .arg("simulate")
        .arg(&file)
        .arg("--with-rows")
        .arg("--output")
        .arg(folder.join("r"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder.join("r/rapport.html")
}

/// Who must see what is wrong with a page.
#[derive(Clone, Copy)]
enum By {
    Use,
    Keyboard,
    Phone,
    Light,
    Dark,
}

/// Breaks a page in one way each, who must see it, and what is then found wrong.
const BROKEN: &[(By, &str, &str, &str)] = &[
    (By::Phone, "graphiques", "new Chart(canvas, {", "new (class { destroy() {} })(canvas, {"),
    (By::Phone, "débordement", "<main ", "<p style=\"width: 70rem\">x</p><main "),
    (By::Light, "contraste: ", "--doux: light-dark(#4d5969,", "--doux: light-dark(#9aa6b5,"),
    (By::Dark, "contraste: ", "--gain: light-dark(#0b6b3a, #6fd6a0)", "--gain: #0b6b3a"),
    (By::Dark, "contraste: ", "4 + 30 *", "40 + 60 *"),
    (By::Use, "tri: l'ordre", "rows.sort((a, b) => {", "rows.slice().sort((a, b) => {"),
    (By::Use, "tri: aria-sort", "head.setAttribute(\"aria-sort\"", "head.setAttribute(\"data-sort\""),
    (By::Use, "tri: ce qui manque", "(x === \"\") - (y === \"\")", "(y === \"\") - (x === \"\")"),
    (By::Use, "filtre", "row.hidden = ", "row.dataset.essai = "),
    (By::Use, "choix", "select.addEventListener(\"change\", change)", "select"),
    (By::Use, "preuve: pas de calcul", "<p class=\"calcul\">", "<p>"),
    (By::Use, "preuve: pas de source", "<p class=\"source\">", "<p>"),
    (By::Use, "structure", "lang=\"fr\"", "lang=\"en\""),
    (By::Use, "mouvement", "prefers-reduced-motion: no-preference", "min-width: 1px"),
    (By::Use, "console", "\"use strict\";\n(() => {", "console.warn(\"essai\");\n(() => {"),
    (By::Use, "console", "<main ", "<img src=\"https://example.invalid/x.png\" alt=\"\"><main "),
    (By::Use, "réseau", "<meta http-equiv=", "<meta data-equiv="),
    (By::Keyboard, "clavier: jamais", "<summary>", "<summary tabindex=\"-1\">"),
    (
        By::Keyboard,
        "clavier: on ne voit pas",
        ":focus-visible { outline: 3px",
        ":focus-visible { outline: 0px",
    ),
];

#[test]
fn the_report_in_a_browser() {
    let Some(program) = chromium() else {
        eprintln!(
            "pas de Chromium : le rapport n'est pas regardé (apt-get install chromium, ou LOGIS_CHROMIUM)"
        );
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let page = report(folder.path());
    let mut browser = Browser::open(&program);
    let mut wrong = browser.use_it(&page);
    wrong.extend(browser.walk_through(&page));
    for (width, theme) in [(1400, "light"), (1400, "dark"), (768, "light"), (390, "light"), (390, "dark")] {
        let found = browser.look(&page, width, theme);
        wrong.extend(found.into_iter().map(|w| format!("{w} [{width} px, {theme}]")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));

    let whole = fs::read_to_string(&page).unwrap();
    let broken = folder.path().join("abime.html");
    for (by, check, from, to) in BROKEN {
        let changed = whole.replace(from, to);
        assert_ne!(changed, whole, "{check}: {from}");
        fs::write(&broken, changed).unwrap();
        let found = match by {
            By::Use => browser.use_it(&broken),
            By::Keyboard => browser.walk_through(&broken),
            By::Phone => browser.look(&broken, 390, "light"),
            By::Light => browser.look(&broken, 1400, "light"),
            By::Dark => browser.look(&broken, 1400, "dark"),
        };
        assert!(found.iter().any(|f| f.starts_with(check)), "{check}: {found:#?}");
    }
}

/// The review of an agreement is read at five widths, on white and on black, and on paper: nothing is wider than the
/// page, no text is too pale for its ground, every link leads somewhere, and on paper no table is cut.
#[test]
fn the_review_is_read_at_every_width_and_on_paper() {
    let Some(program) = chromium() else {
        eprintln!("no Chromium: the page of the review is not looked at");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("bilan.html");
    let data = format!("{ROOT}/scenarios/convention-dijon");
    let mut command = Command::new(env!("CARGO_BIN_EXE_logis"));
    let output = command.args(["review", "--data", &data, "--output"]).arg(&page).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut browser = Browser::open(&program);
    let mut wrong = Vec::new();
    for width in [360, 768, 1024, 1400, 1920] {
        for theme in ["light", "dark"] {
            browser.show(&page, width, theme);
            wrong.extend(browser.check("overflow()"));
            wrong.extend(browser.check(&format!("contrast('{theme}, {width} px')")));
        }
        wrong.extend(browser.check("structure()"));
    }
    // A4 across, without its margins: 297 - 28 mm.
    browser.show(&page, 1016, "light");
    browser.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    let cut = "[...document.querySelectorAll('table')].filter((t) => t.checkVisibility() \
               && t.getBoundingClientRect().right > document.documentElement.clientWidth + 1)\
               .map((t) => 'papier: ' + t.closest('section').id)";
    wrong.extend(serde_json::from_value::<Vec<String>>(browser.evaluate(cut)).unwrap());
    wrong.extend(browser.said());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
