//! Diagnostics for programs: JSON, SARIF 2.1.0, and the annotations of GitHub's runs.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;

use super::{Diagnostic, Sources, Span, codes};

/// A place: file in the folder of the pack, lines and columns from 1, the end left out; columns count characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Path of the file in the folder of the pack, with `/`.
    pub file: String,
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Line of the end.
    pub end_line: usize,
    /// Column after the last character.
    pub end_column: usize,
    /// What is said of the place.
    pub label: String,
}

/// One diagnostic for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// Its code.
    pub code: &'static str,
    /// `note`, `warning` or `error`.
    pub level: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where, the place to change first; empty where there is none.
    pub places: Vec<Place>,
    /// What else helps.
    pub notes: Vec<String>,
}

fn place(sources: &Sources, (span, label): &(Span, String)) -> Option<Place> {
    let file = sources.get(span.file)?;
    let at = |offset: usize| sources.line_and_column(span.file, offset);
    let ((line, column), (end_line, end_column)) = (at(span.range.start)?, at(span.range.end)?);
    Some(Place { file: file.path.clone(), line, column, end_line, end_column, label: label.clone() })
}

/// Diagnostics with lines and columns.
pub fn items(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<Item> {
    let item = |d: &Diagnostic| Item {
        code: d.code,
        level: d.severity.name(),
        message: d.message.clone(),
        places: d.labels.iter().filter_map(|l| place(sources, l)).collect(),
        notes: d.notes.clone(),
    };
    diagnostics.iter().map(item).collect()
}

/// `::warning file=…,line=…::message`, one line each: what GitHub shows beside the lines of a change.
pub fn to_github(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    for item in items(diagnostics, sources) {
        let level = if item.level == "note" { "notice" } else { item.level };
        let mut properties = Vec::new();
        if let Some(place) = item.places.first() {
            properties.push(format!("file={}", property(&in_repository(sources, place))));
            properties.push(format!("line={},col={}", place.line, place.column));
            properties.push(format!("endLine={},endColumn={}", place.end_line, place.end_column));
        }
        properties.push(format!("title={}", item.code));
        let label = item.places.first().map(|p| p.label.as_str()).filter(|l| !l.is_empty());
        let notes = item.notes.iter().map(String::as_str);
        let text: Vec<&str> = [item.message.as_str()].into_iter().chain(label).chain(notes).collect();
        let _ = writeln!(out, "::{level} {}::{}", properties.join(","), data(&text.join("\n")));
    }
    out
}

/// SARIF 2.1.0: one run, with the codes that occur as its rules.
///
/// # Errors
/// None that input can cause.
pub fn to_sarif(diagnostics: &[Diagnostic], sources: &Sources) -> serde_json::Result<String> {
    let used: BTreeSet<&str> = diagnostics.iter().map(|d| d.code).collect();
    let known: Vec<&codes::Code> = codes::all().iter().filter(|c| used.contains(c.code)).collect();
    let rules = known.iter().map(|c| Rule {
        id: c.code,
        short_description: Text::of(c.title),
        help: Text::of(c.text),
        default_configuration: Configuration { level: c.severity.name() },
    });
    let result = |item: Item| {
        let mut locations = item.places.iter().map(|place| location(sources, place));
        let mut text = item.message;
        for note in item.notes {
            text.push('\n');
            text.push_str(&note);
        }
        Finding {
            rule_id: item.code,
            rule_index: known.iter().position(|c| c.code == item.code),
            level: item.level,
            message: Text::of(&text),
            locations: locations.next().into_iter().collect(),
            related_locations: locations.collect(),
        }
    };
    let log = Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: vec![Run {
            tool: Tool {
                driver: Driver { name: "logis", version: env!("CARGO_PKG_VERSION"), rules: rules.collect() },
            },
            column_kind: "unicodeCodePoints",
            results: items(diagnostics, sources).into_iter().map(result).collect(),
        }],
    };
    serde_json::to_string_pretty(&log).map(|text| text + "\n")
}

/// The path of a file as messages show it, with the folder of the pack: what readers of SARIF and GitHub know.
fn in_repository(sources: &Sources, place: &Place) -> String {
    format!("{}{}", sources.root, place.file)
}

fn location(sources: &Sources, place: &Place) -> Location {
    Location {
        physical_location: Physical {
            artifact_location: Artifact { uri: uri(&in_repository(sources, place)) },
            region: Region {
                start_line: place.line,
                start_column: place.column,
                end_line: place.end_line,
                end_column: place.end_column,
            },
        },
        message: (!place.label.is_empty()).then(|| Text::of(&place.label)),
    }
}

/// A path as a relative reference: what is not allowed there is escaped.
fn uri(path: &str) -> String {
    let mut out = String::new();
    for byte in path.replace('\\', "/").bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                out.push(byte.into())
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: Vec<Run>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: Tool,
    column_kind: &'static str,
    results: Vec<Finding>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
struct Driver {
    name: &'static str,
    version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: &'static str,
    short_description: Text,
    help: Text,
    default_configuration: Configuration,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Text {
    text: String,
}

impl Text {
    fn of(text: &str) -> Text {
        Text { text: text.to_string() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding {
    rule_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Text,
    locations: Vec<Location>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}
