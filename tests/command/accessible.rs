//! Every page of HTML that the command writes, read by whoever reads otherwise: axe finds nothing, on a light ground and a dark
//! one, on a telephone of 320 pixels; nothing is wider than the window; on paper of A4 no table is cut.
//!
//! Needs Chromium; axe, and on paper `pdftotext` (`apt-get install poppler-utils`), where they are at hand.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::maps::{communes, contours};
use crate::report_page::browser::{Browser, axe, chromium};
use crate::support::{CASE, Folder, PARAMETER, RULE, SCHEMA, logis, root, stderr};

/// All pages, by name.
fn pages(folder: &Folder) -> Vec<(&'static str, PathBuf)> {
    let other = PARAMETER.replace("20000", "20001");
    let drawn = contours(&communes()).to_string();
    for (name, text) in [
        ("regles/schema.toml", SCHEMA),
        ("regles/plafond.toml", PARAMETER),
        ("regles/eligible.rhai", RULE),
        ("regles/eligible.cas.toml", CASE),
        ("apres/schema.toml", SCHEMA),
        ("apres/plafond.toml", other.as_str()),
        ("apres/eligible.rhai", RULE),
        ("donnees/menages.csv", "menage_id,revenu,quartier\nM1,20001,nord\nM2,18000,sud\n"),
        ("communes.geojson", drawn.as_str()),
    ] {
        folder.write(name, text);
    }
    let data = root().join("scenarios/grand-dijon-2015").display().to_string().replace('\\', "/");
    folder.write(
        "essai.toml",
        &format!(
            "title = \"Essai\"\n[base]\ndata = \"{data}\"\nas_of = 2017-06-30\nseeds = [1, 2]\n\
             [[assumption]]\ntext = \"Rien ne bouge.\"\n\
             [[variant]]\nname = \"moins\"\ntitle = \"Cent logements de moins\"\n[[variant.logement]]\nremove = 100\n"
        ),
    );
    let review = root().join("scenarios/convention-dijon").display().to_string();
    let reviewed = format!("review --data {review} -o bilan.html --contours communes.geojson --with-rows");
    for (line, end) in [
        ("simulate essai.toml -o r --contours communes.geojson --with-rows", 0),
        (reviewed.as_str(), 0),
        ("diff regles apres --as-of 2017-06-30 --corpus donnees --by quartier --with-rows -o diff.html", 1),
        ("doc --rules regles -o doc.html", 0),
        ("coverage --rules regles --html couverture.html", 0),
    ] {
        let (code, _, err) = folder.logis(&line.split(' ').collect::<Vec<_>>());
        assert_eq!(code, end, "{line}: {err}");
    }
    let of = |name: &'static str| (name, folder.path(name));
    ["r/rapport.html", "bilan.html", "diff.html", "doc.html", "couverture.html"].map(of).to_vec()
}

/// The book of the national rules.
const BOOK: &str = "doc of the national rules";

/// All pages at two widths and in both themes, what is folded open; the book of the national rules once, as it is large.
#[test]
fn every_page_is_open_to_all() {
    let Some(program) = chromium() else {
        eprintln!("no Chromium: the pages are not looked at");
        return;
    };
    let axe = axe();
    if axe.is_none() {
        eprintln!("no axe: it is not asked");
    }
    let folder = Folder::of(&[]);
    let mut wrong = Vec::new();
    let mut browser = Browser::open(&program);
    let mut look = |name: &str, page: &Path, width: u32, theme: &str| {
        browser.show(page, width, theme);
        browser.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })");
        let mut found = browser.check("overflow()");
        found.extend(browser.check(&format!("contrast('{theme}')")));
        // Axe in two of the four, which show each width and each theme: a large page takes it seconds.
        if (width > 320) == (theme == "light") || name == BOOK {
            found.extend(axe.iter().flat_map(|axe| browser.axe_finds(axe)));
        }
        found.extend(browser.said());
        wrong.extend(found.into_iter().map(|found| format!("{name}, {width}, {theme}: {found}")));
    };
    for (name, page) in pages(&folder) {
        for (width, theme) in [(1280, "light"), (1280, "dark"), (320, "light"), (320, "dark")] {
            look(name, &page, width, theme);
        }
    }
    let book = folder.path("livre.html");
    let ran = logis(&["doc", "-o", book.to_str().unwrap()]);
    assert_eq!(ran.status.code(), Some(0), "{}", stderr(&ran));
    look(BOOK, &book, 320, "light");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The words of a page of paper, each with where it begins and ends across; and how wide and high the paper is.
struct Sheet {
    size: (f64, f64),
    words: Vec<(String, f64, f64)>,
}

fn number(line: &str, name: &str) -> f64 {
    line.split(&format!("{name}=\"")).nth(1).unwrap().split('"').next().unwrap().parse().unwrap()
}

/// The pages of a file, by `pdftotext`.
fn sheets(pdf: &Path) -> Option<Vec<Sheet>> {
    let said = Command::new("pdftotext").arg("-bbox").arg(pdf).arg("-").output().ok()?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let mut all: Vec<Sheet> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with("<page ") {
            all.push(Sheet { size: (number(line, "width"), number(line, "height")), words: Vec::new() });
        } else if let (Some(sheet), true) = (all.last_mut(), line.starts_with("<word ")) {
            let word = line.split('>').nth(1).unwrap().split('<').next().unwrap().to_string();
            sheet.words.push((word, number(line, "xMin"), number(line, "xMax")));
        }
    }
    Some(all)
}

/// Prints a page on the paper that it asks for.
fn printed(browser: &mut Browser, page: &Path, pdf: &Path) {
    browser.show(page, 1280, "light");
    let asked = json!({ "preferCSSPageSize": true, "printBackground": true, "paperWidth": 8.27, "paperHeight": 11.69 });
    let answer = browser.call("Page.printToPDF", asked);
    fs::write(pdf, decoded(answer["data"].as_str().unwrap())).unwrap();
}

/// Base64, as RFC 4648 has it.
fn decoded(text: &str) -> Vec<u8> {
    let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let values = text.bytes().filter_map(|byte| letters.iter().position(|letter| *letter == byte));
    let (mut out, mut bits, mut many) = (Vec::new(), 0_usize, 0);
    for value in values {
        bits = bits << 6 | value;
        many += 6;
        if many >= 8 {
            many -= 8;
            out.push((bits >> many) as u8);
            bits &= (1 << many) - 1;
        }
    }
    out
}

/// What of a printed page is lost: words beyond the edge of the paper, and words of open tables that stand nowhere.
fn lost(browser: &mut Browser, page: &Path, pdf: &Path) -> Option<Vec<String>> {
    printed(browser, page, pdf);
    let sheets = sheets(pdf)?;
    assert!(!sheets.is_empty(), "{}", page.display());
    let mut wrong = Vec::new();
    let mut there: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, sheet) in (1..).zip(&sheets) {
        let (short, long) = (sheet.size.0.min(sheet.size.1), sheet.size.0.max(sheet.size.1));
        if (short - 595.0).abs() > 2.0 || (long - 842.0).abs() > 2.0 {
            wrong.push(format!("page {number}: {short} × {long} points is not A4"));
        }
        for (word, from, to) in &sheet.words {
            *there.entry(word.as_str()).or_default() += 1;
            if *from < 0.0 || *to > sheet.size.0 {
                wrong.push(format!("page {number}: « {word} » goes from {from} to {to} of {}", sheet.size.0));
            }
        }
    }
    browser.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    // Cells of tables that paper shows, by what stands alone in them: such a word is one in the file.
    let cells = browser.evaluate(
        "[...document.querySelectorAll('td')].filter((c) => c.checkVisibility()).map((c) => c.textContent.trim()).filter((t) => /^[\\wÀ-ÿ,]{4,12}$/.test(t))",
    );
    let mut wanted: BTreeMap<String, usize> = BTreeMap::new();
    for cell in cells.as_array().unwrap() {
        *wanted.entry(cell.as_str().unwrap().to_string()).or_default() += 1;
    }
    for (word, times) in wanted {
        let found = there.get(word.as_str()).copied().unwrap_or(0);
        if found < times {
            wrong.push(format!("« {word} » stands {found} times on paper, {times} times in tables"));
        }
    }
    wrong.truncate(12);
    Some(wrong)
}

/// On A4 every word of the tables is there and inside of the page; a table that is made too wide is seen.
#[test]
fn no_table_is_cut_on_paper() {
    let Some(program) = chromium() else {
        eprintln!("no Chromium: nothing is printed");
        return;
    };
    let folder = Folder::of(&[]);
    let mut browser = Browser::open(&program);
    let pdf = folder.path("page.pdf");
    for (name, page) in pages(&folder) {
        let Some(wrong) = lost(&mut browser, &page, &pdf) else {
            eprintln!("no pdftotext: the paper is not looked at");
            return;
        };
        assert!(wrong.is_empty(), "{name}: {}", wrong.join("\n"));
    }
    let wide =
        folder.read("bilan.html").replace("</style>", "table { width: 60rem; min-width: 150rem; }</style>");
    folder.write("large.html", &wide);
    assert!(lost(&mut browser, &folder.path("large.html"), &pdf).is_some_and(|wrong| !wrong.is_empty()));
}
