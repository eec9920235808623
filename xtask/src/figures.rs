//! The measured figures of the pages. Each stands once, in `docs/figures.toml`, with the command that gives it;
//! a page marks where it is shown:
//!
//! ```text
//! takes <!--figure france.eval.cpu-->34 s<!--/figure--> of processor time
//!
//! <!-- table peers -->
//! …rows…
//! <!-- /table -->
//! ```
//!
//! What stands between the marks is written by `cargo xtask figures` and compared by `--check`. A page in French
//! (`README.fr.md`, `docs/src/fr/`) has a decimal comma, thousands apart and French units. Tables are English.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const FILE: &str = "docs/figures.toml";
const OPEN: &str = "<!--figure ";
const CLOSE: &str = "<!--/figure-->";
const TABLE_OPEN: &str = "<!-- table ";
const TABLE_CLOSE: &str = "<!-- /table -->";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    English,
    French,
}

/// A number as it is written in English without thousands (`0.17`, `5299`), and its unit, perhaps empty.
struct Figure {
    value: String,
    unit: String,
}

#[derive(Default)]
struct Figures {
    figures: BTreeMap<String, Figure>,
    /// Markdown tables, ready to be shown.
    tables: BTreeMap<String, String>,
}

/// Writes the figures into the pages.
pub fn fill(root: &Path) -> Result<(), String> {
    for (path, before, after) in pages(root)? {
        if before != after {
            fs::write(&path, after).map_err(|e| format!("{}: {e}", path.display()))?;
            eprintln!("{} is filled", named(root, &path));
        }
    }
    Ok(())
}

/// An error if a page shows another figure than `docs/figures.toml` holds.
pub fn check(root: &Path) -> Result<(), String> {
    let mut wrong = Vec::new();
    for (path, before, after) in pages(root)? {
        let lines = before.lines().zip(after.lines()).enumerate();
        let mut differ = lines.filter(|(_, (found, expected))| found != expected);
        if let Some((number, (found, expected))) = differ.next() {
            let line = number + 1;
            wrong.push(format!("{}:{line}:\n  found    {found}\n  expected {expected}", named(root, &path)));
        } else if before != after {
            wrong.push(format!("{}: a table has rows to spare or too few", named(root, &path)));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("figures differ from {FILE} (`cargo xtask figures` writes them):\n{}", wrong.join("\n")))
}

/// Each page that holds figures, as it is and as it should be. A figure that no page shows is an error.
fn pages(root: &Path) -> Result<Vec<(PathBuf, String, String)>, String> {
    let text = fs::read_to_string(root.join(FILE)).map_err(|e| format!("{FILE}: {e}"))?;
    let figures = read(&text)?;
    let mut shown = BTreeSet::new();
    let mut pages = Vec::new();
    for path in paths(root)? {
        let before = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let after = filled(&before, &figures, language(&path), &mut shown)
            .map_err(|e| format!("{}: {e}", named(root, &path)))?;
        pages.push((path, before, after));
    }
    let names = figures.figures.keys().chain(figures.tables.keys());
    match names.into_iter().find(|name| !shown.contains(*name)) {
        Some(name) => Err(format!("{FILE}: no page shows `{name}`")),
        None => Ok(pages),
    }
}

/// The pages of the root and of the book.
fn paths(root: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    for folder in ["", "docs/src", "docs/src/fr", "docs/src/en"] {
        let folder = root.join(folder);
        let entries = fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        for entry in entries {
            let path = entry.map_err(|e| format!("{}: {e}", folder.display()))?.path();
            if path.extension().is_some_and(|e| e == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A page as it is called in messages: from the root on.
fn named(root: &Path, path: &Path) -> String {
    path.strip_prefix(root).unwrap_or(path).display().to_string()
}

fn language(path: &Path) -> Language {
    let folder = path.parent().and_then(Path::file_name);
    let french = folder.is_some_and(|f| f == "fr") || path.ends_with("README.fr.md");
    if french { Language::French } else { Language::English }
}

/// Reads the tables `[figure.*]` and `[table.*]`. What a reader of the file is told besides must be there:
/// `what` it is, `command`, `machine` and the day it was `measured`.
fn read(text: &str) -> Result<Figures, String> {
    let parsed: toml::Table = text.parse().map_err(|e| format!("{FILE}: {e}"))?;
    let machines = section(&parsed, "machine")?;
    let mut figures = Figures::default();
    for (kind, section) in [("figure", section(&parsed, "figure")?), ("table", section(&parsed, "table")?)] {
        for (name, entry) in section {
            let at = |problem: &str| format!("{FILE}: [{kind}.{name}]: {problem}");
            let entry = entry.as_table().ok_or_else(|| at("a table is expected"))?;
            for key in ["what", "command", "machine"] {
                let there = entry.get(key).and_then(toml::Value::as_str).is_some_and(|t| !t.is_empty());
                there.then_some(()).ok_or_else(|| at(&format!("`{key}` is missing")))?;
            }
            let machine = text_of(entry, "machine");
            machines.contains_key(machine).then_some(()).ok_or_else(|| at("no such [machine.…]"))?;
            let measured = entry.get("measured").is_some_and(|v| v.as_datetime().is_some());
            measured.then_some(()).ok_or_else(|| at("`measured` must be a day, such as 2026-11-25"))?;
            if kind == "table" {
                figures
                    .tables
                    .insert(name.clone(), table(entry).ok_or_else(|| at("rows and header differ"))?);
                continue;
            }
            let value = text_of(entry, "value").to_string();
            let number = value.chars().all(|c| c.is_ascii_digit() || c == '.') && !value.is_empty();
            number.then_some(()).ok_or_else(|| at("`value` must be a number in quotation marks"))?;
            figures.figures.insert(name.clone(), Figure { value, unit: text_of(entry, "unit").to_string() });
        }
    }
    Ok(figures)
}

fn section<'a>(parsed: &'a toml::Table, name: &str) -> Result<&'a toml::Table, String> {
    parsed.get(name).and_then(toml::Value::as_table).ok_or_else(|| format!("{FILE}: no [{name}.…]"))
}

fn text_of<'a>(entry: &'a toml::Table, key: &str) -> &'a str {
    entry.get(key).and_then(toml::Value::as_str).unwrap_or_default()
}

/// A Markdown table of `header` and `rows`: the first column to the left, the others to the right.
fn table(entry: &toml::Table) -> Option<String> {
    let cells = |value: &toml::Value| -> Option<Vec<String>> {
        value.as_array()?.iter().map(|cell| cell.as_str().map(str::to_string)).collect()
    };
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let header = cells(entry.get("header")?)?;
    let mut text = line(&header);
    let rule: Vec<String> = (0..header.len()).map(|i| if i == 0 { "---" } else { "---:" }.into()).collect();
    text.push_str(&line(&rule));
    for row in entry.get("rows")?.as_array()? {
        let row = cells(row)?;
        if row.len() != header.len() {
            return None;
        }
        text.push_str(&line(&row));
    }
    Some(text)
}

/// The page with what `figures` say between its marks; names that it shows go into `shown`.
fn filled(
    page: &str,
    figures: &Figures,
    language: Language,
    shown: &mut BTreeSet<String>,
) -> Result<String, String> {
    // Tables first: their rows hold no marks.
    let tables = replaced(page, (TABLE_OPEN, " -->", TABLE_CLOSE), &mut |name| {
        let table = figures.tables.get(name).ok_or_else(|| format!("`{name}` is no table of {FILE}"))?;
        shown.insert(name.to_string());
        Ok(format!("\n{table}"))
    })?;
    // Markdown takes a line that begins with a comment for a block of HTML, which ends the paragraph.
    if let Some(line) = tables.lines().find(|line| line.starts_with(OPEN)) {
        return Err(format!("a line must not begin with the mark of a figure: {line}"));
    }
    replaced(&tables, (OPEN, "-->", CLOSE), &mut |name| {
        let figure = figures.figures.get(name).ok_or_else(|| format!("`{name}` is no figure of {FILE}"))?;
        shown.insert(name.to_string());
        Ok(written(figure, language))
    })
}

/// `page` with other text between each pair of marks: `open`, a name, `end`, what is replaced, `close`.
fn replaced(
    page: &str,
    (open, end, close): (&str, &str, &str),
    text: &mut dyn FnMut(&str) -> Result<String, String>,
) -> Result<String, String> {
    let mut result = String::with_capacity(page.len());
    let mut rest = page;
    while let Some((before, after)) = rest.split_once(open) {
        let (name, after) = after.split_once(end).ok_or_else(|| format!("`{open}` without `{end}`"))?;
        let (_, after) = after.split_once(close).ok_or_else(|| format!("`{name}` has no `{close}`"))?;
        for part in [before, open, name, end, &text(name)?, close] {
            result.push_str(part);
        }
        rest = after;
    }
    result.push_str(rest);
    Ok(result)
}

/// A figure as people write it: `5,299`, `0.17 GB`; `5 299` with a narrow no-break space, `0,17 Go`.
fn written(figure: &Figure, language: Language) -> String {
    let (thousands, point) = match language {
        Language::English => (',', '.'),
        Language::French => ('\u{202f}', ','),
    };
    let (whole, decimals) = figure.value.split_once('.').unwrap_or((&figure.value, ""));
    let mut text = String::new();
    for (place, digit) in whole.chars().enumerate() {
        // A separator stands where a multiple of three digits is left.
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(thousands);
        }
        text.push(digit);
    }
    if !decimals.is_empty() {
        text.push(point);
        text.push_str(decimals);
    }
    let unit = match (language, figure.unit.as_str()) {
        (Language::French, "GB") => "Go",
        (Language::French, "MB") => "Mo",
        (_, unit) => unit,
    };
    if unit.is_empty() { text } else { format!("{text} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
[machine.any]
text = "any"
[figure.rows]
value = "1234567"
what = "rows"
command = "count"
machine = "any"
measured = 2026-11-25
[figure.memory]
value = "0.17"
unit = "GB"
what = "memory"
command = "measure"
machine = "any"
measured = 2026-11-25
[table.peers]
header = ["", "s"]
rows = [["ours", "1"]]
what = "times"
command = "time"
machine = "any"
measured = 2026-11-25
"#;

    fn fill(page: &str, language: Language) -> Result<String, String> {
        filled(page, &read(TEXT)?, language, &mut BTreeSet::new())
    }

    /// Thousands and decimals are written as each language writes them.
    #[test]
    fn a_figure_is_written_in_the_language_of_its_page() {
        let page = "a <!--figure rows-->?<!--/figure--> b <!--figure memory--><!--/figure-->.";
        let marked = |rows: &str, memory: &str| {
            format!("a <!--figure rows-->{rows}<!--/figure--> b <!--figure memory-->{memory}<!--/figure-->.")
        };
        assert_eq!(fill(page, Language::English).unwrap(), marked("1,234,567", "0.17 GB"));
        assert_eq!(fill(page, Language::French).unwrap(), marked("1\u{202f}234\u{202f}567", "0,17 Go"));
    }

    /// What is filled once is the same when it is filled again, tables too.
    #[test]
    fn filling_twice_changes_nothing() {
        let page = "<!-- table peers -->\n| old |\n<!-- /table -->\n";
        let once = fill(page, Language::English).unwrap();
        assert_eq!(once, "<!-- table peers -->\n|  | s |\n| --- | ---: |\n| ours | 1 |\n<!-- /table -->\n");
        assert_eq!(fill(&once, Language::English).unwrap(), once);
    }

    /// Names that the file lacks, marks without an end and entries without a command are told.
    #[test]
    fn what_is_wrong_is_told() {
        let told = |page: &str| fill(page, Language::English).unwrap_err();
        assert!(told("a <!--figure row-->1<!--/figure-->").contains("`row`"));
        assert!(told("a <!--figure rows-->1").contains("<!--/figure-->"));
        assert!(told("a\n<!--figure rows-->1<!--/figure-->").contains("must not begin"));
        let without = TEXT.replacen("command = \"count\"\n", "", 1);
        assert!(read(&without).err().unwrap().contains("[figure.rows]: `command` is missing"));
    }
}
