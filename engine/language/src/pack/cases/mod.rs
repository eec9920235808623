//! Cases: inputs and the outcomes expected of them, beside the rules that they hold.
//!
//! TOML and YAML become one tree of items, each with its place, that one reader turns into cases; a
//! table of cases is read line by line.

mod table;
mod tree;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::diagnostic::texts::cases::{self as texts, what};
use crate::diagnostic::texts::files::{self, form};
use crate::diagnostic::{Diagnostic, Diagnostics, FileId, SourceFile, Sources, Span};
use crate::value::{Date, Exact, Value, parse_date, parse_number};
use tree::{Item, Kind};

/// The cases of one file.
#[derive(Clone, Debug)]
pub struct CaseFile {
    /// The file.
    pub file: FileId,
    /// In the order of the file.
    pub cases: Vec<Case>,
}

/// One case.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name, unique enough to find it.
    pub name: String,
    /// The date as of which it is decided.
    pub date: Date,
    /// Rows by entity.
    pub inputs: BTreeMap<String, Vec<InputRow>>,
    /// Expected outcomes, by rule. The place is that of the value alone.
    pub expected: Vec<(String, CaseValue, Span)>,
    /// By how much a number may differ from the expected one, by rule; nothing, for any other.
    pub tolerances: Vec<(String, Exact, Span)>,
    /// By rule: names of rules, fields and parameters that its explanation must rest on.
    pub reasons: Vec<(String, Vec<String>, Span)>,
    /// Where it is written.
    pub span: Span,
}

/// The cells of one row, by field or rule.
pub type InputRow = BTreeMap<String, (CaseValue, Span)>;

/// A value of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum CaseValue {
    /// Written with its type, in TOML.
    Typed(Value),
    /// Written as text, in CSV and YAML: to be read as the type that is needed.
    Text(String),
    /// `"inconnu"`: not known.
    Unknown,
}

/// How the cases of a file are written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    Toml,
    Yaml,
    Csv,
}

impl Form {
    /// By the name of the file; `None` if it holds no cases.
    pub fn of(path: &str) -> Option<Form> {
        let (_, form) = path.rsplit_once(".cas.")?;
        match form {
            "toml" => Some(Form::Toml),
            "yaml" | "yml" => Some(Form::Yaml),
            "csv" => Some(Form::Csv),
            _ => None,
        }
    }
}

/// The files of cases of a pack, read once, when their cases are first asked for: they are much longer than the
/// rules, and decide nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Cases {
    files: Vec<FileId>,
    /// Shared by all packs that were made of this one.
    read: Arc<OnceLock<ReadCases>>,
}

/// What the files of cases say.
#[derive(Debug, Default)]
pub(super) struct ReadCases {
    pub files: Vec<CaseFile>,
    pub problems: Diagnostics,
}

impl Cases {
    /// One more file.
    pub fn add(&mut self, file: FileId) {
        self.files.push(file);
    }

    /// The cases of all files.
    pub fn read(&self, sources: &Sources) -> &ReadCases {
        self.read.get_or_init(|| {
            let mut read = ReadCases::default();
            for &file in &self.files {
                let Some(source) = sources.get(file) else { continue };
                let cases = read_file(file, source, &mut read.problems);
                read.files.push(CaseFile { file, cases });
            }
            read
        })
    }
}

/// The cases of one file.
fn read_file(file: FileId, source: &SourceFile, out: &mut Diagnostics) -> Vec<Case> {
    let root = match Form::of(&source.path) {
        Some(Form::Toml) => tree::of_toml(file, &source.text, out),
        Some(Form::Yaml) => tree::of_yaml(file, &source.text, out),
        Some(Form::Csv) => return table::read(file, &source.text, out),
        None => None,
    };
    root.map_or_else(Vec::new, |root| read(&root, out))
}

fn wrong(item: &Item, what: &str, expected: &str) -> Diagnostic {
    texts::wrong_form(what, expected, item.kind.name(), item.span.clone())
}

/// The cases under the key `cas`.
fn read(root: &Item, out: &mut Diagnostics) -> Vec<Case> {
    let mut cases = Vec::new();
    let Kind::Table(entries) = &root.kind else {
        out.push(wrong(root, what::FILE, what::TABLE_OF_CASES));
        return cases;
    };
    for (key, at, value) in entries {
        match (key.as_str(), &value.kind) {
            ("cas", Kind::List(items)) => cases.extend(items.iter().filter_map(|item| read_case(item, out))),
            ("cas", _) => out.push(wrong(value, "`cas`", form::LIST)),
            _ => out.push(files::key_beside_cases(key, at.clone())),
        }
    }
    cases
}

fn read_case(item: &Item, out: &mut Diagnostics) -> Option<Case> {
    let Kind::Table(entries) = &item.kind else {
        out.push(wrong(item, what::CASE, form::TABLE));
        return None;
    };
    let get = |key: &str| entries.iter().find(|(k, _, _)| k == key).map(|(_, _, value)| value);
    let (name, span) = match get("nom") {
        Some(value) => match value.text() {
            Some(name) => (name, value.span.clone()),
            None => {
                out.push(wrong(value, "`nom`", form::TEXT));
                return None;
            }
        },
        None => {
            out.push(texts::unnamed(item.span.clone()));
            return None;
        }
    };
    let date = match get("date").map(|value| (value, &value.kind)) {
        Some((_, Kind::Value(CaseValue::Typed(Value::Date(date))))) => Some(*date),
        Some((_, Kind::Value(CaseValue::Text(text)))) if parse_date(text).is_some() => parse_date(text),
        Some((value, _)) => {
            out.push(wrong(value, "`date`", form::DATE));
            None
        }
        None => {
            out.push(texts::undated(&name, span.clone()));
            None
        }
    };
    let mut case = Case {
        name,
        date: date.unwrap_or(Date::constant(1, 1, 1)),
        inputs: BTreeMap::new(),
        expected: Vec::new(),
        tolerances: Vec::new(),
        reasons: Vec::new(),
        span: span.clone(),
    };
    for (key, _, value) in entries {
        match key.as_str() {
            "nom" | "date" => {}
            "attendu" => {
                let row = read_row(value, "`attendu`", out);
                case.expected = row.into_iter().map(|(rule, (value, at))| (rule, value, at)).collect();
            }
            "tolerance" => {
                for (rule, (value, at)) in read_row(value, "`tolerance`", out) {
                    let text = match value {
                        CaseValue::Typed(value) => value.to_string(),
                        CaseValue::Text(text) => text,
                        CaseValue::Unknown => String::new(),
                    };
                    read_tolerance(&mut case, rule, &text, at, out);
                }
            }
            "raisons" => {
                for (rule, (value, at)) in read_row(value, "`raisons`", out) {
                    let names: Vec<String> = match value {
                        CaseValue::Typed(Value::List(items)) => items.iter().map(Value::to_string).collect(),
                        CaseValue::Typed(Value::Text(name)) => vec![name.to_string()],
                        CaseValue::Text(name) => vec![name],
                        _ => Vec::new(),
                    };
                    if names.is_empty() {
                        out.push(texts::reasons_not_names(&rule, at));
                    } else {
                        case.reasons.push((rule, names, at));
                    }
                }
            }
            entity => {
                let rows = match &value.kind {
                    Kind::List(items) => items.iter().map(|i| read_row(i, what::ROW, out)).collect(),
                    Kind::Table(_) => vec![read_row(value, what::ROW, out)],
                    Kind::Value(_) => {
                        out.push(wrong(value, &format!("`{entity}`"), what::INPUTS));
                        continue;
                    }
                };
                case.inputs.insert(entity.to_string(), rows);
            }
        }
    }
    if case.expected.is_empty() && case.reasons.is_empty() {
        out.push(texts::expects_nothing(&case.name, span));
    }
    check_extras(&case, out);
    date.map(|_| case)
}

fn read_tolerance(case: &mut Case, rule: String, text: &str, at: Span, out: &mut Diagnostics) {
    match parse_number(text).filter(|n| *n >= Exact::from_integer(0)) {
        Some(number) => case.tolerances.push((rule, number, at)),
        None => out.push(texts::not_a_tolerance(&rule, text, at)),
    }
}

/// A tolerance without a number to compare is a slip.
fn check_extras(case: &Case, out: &mut Diagnostics) {
    for (rule, _, at) in &case.tolerances {
        if !case.expected.iter().any(|(name, _, _)| name == rule) {
            let names = case.expected.iter().map(|(n, _, _)| n.as_str());
            out.push(texts::tolerance_of_nothing(rule, names, at.clone()));
        }
    }
}

/// The cells of a row.
fn read_row(item: &Item, what: &str, out: &mut Diagnostics) -> InputRow {
    let Kind::Table(entries) = &item.kind else {
        out.push(wrong(item, what, form::TABLE));
        return InputRow::new();
    };
    let mut row = BTreeMap::new();
    for (key, _, value) in entries {
        let read = match &value.kind {
            Kind::Value(value) => Some(value.clone()),
            Kind::List(items) => {
                let items: Option<Vec<Value>> = items.iter().map(Item::value).collect();
                items.map(|items| CaseValue::Typed(Value::List(items.into())))
            }
            Kind::Table(_) => None,
        };
        match read {
            Some(read) => {
                row.insert(key.clone(), (read, value.span.clone()));
            }
            None => out.push(wrong(value, &format!("`{key}`"), form::VALUE)),
        }
    }
    row
}
