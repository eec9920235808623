//! Cases: inputs and the outcomes expected of them, beside the rules that they hold.

use std::collections::BTreeMap;

use toml::de::DeTable;

use super::toml_reader::{Reader, parse, scalar};
use crate::diagnostic::{Diagnostic, Diagnostics, FileId, Span};
use crate::value::{Date, Value, parse_date};

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
    /// Expected outcomes, by rule.
    pub expected: Vec<(String, CaseValue, Span)>,
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
    /// Written as text, in CSV: to be read as the type that is needed.
    Text(String),
    /// `"inconnu"`: not known.
    Unknown,
}

/// Reads `NAME.cas.toml`.
pub(super) fn read_toml(file: FileId, text: &str, out: &mut Diagnostics) -> CaseFile {
    let mut cases = Vec::new();
    let Some(root) = parse(file, text, out) else { return CaseFile { file, cases } };
    let mut reader = Reader::new(file, 0..0, "the file", root.get_ref());
    if let Some(list) = reader.get("cas") {
        for item in list.get_ref().as_array().into_iter().flatten() {
            let Some(table) = item.get_ref().as_table() else { continue };
            if let Some(case) = read_case(Reader::new(file, item.span(), "the case", table), out) {
                cases.push(case);
            }
        }
        if list.get_ref().as_array().is_none() {
            out.push(Diagnostic::error("L0003", "`cas` must be a list", reader.at(list), "write `[[cas]]`"));
        }
    }
    reader.finish(out);
    CaseFile { file, cases }
}

fn read_case(mut reader: Reader<'_, '_>, out: &mut Diagnostics) -> Option<Case> {
    let (name, span) = reader.required_str("nom", out)?;
    reader.what = format!("case « {name} »");
    let date = reader.date("date", out);
    if date.is_none() {
        out.push(Diagnostic::error(
            "L0040",
            format!("{} has no date", reader.what),
            span.clone(),
            "add `date = 2017-06-30`",
        ));
    }
    let mut expected = Vec::new();
    if let Some(table) = reader.table("attendu", out) {
        for (key, (value, at)) in read_row(reader.file, table, out) {
            expected.push((key, value, at));
        }
    }
    if expected.is_empty() {
        out.push(Diagnostic::error(
            "L0041",
            format!("{} expects nothing", reader.what),
            span.clone(),
            "add `[cas.attendu]`",
        ));
    }
    let mut inputs = BTreeMap::new();
    for (entity, at, value) in reader.rest() {
        let rows = if let Some(table) = value.get_ref().as_table() {
            vec![read_row(reader.file, table, out)]
        } else if let Some(array) = value.get_ref().as_array() {
            array
                .iter()
                .filter_map(|i| i.get_ref().as_table())
                .map(|t| read_row(reader.file, t, out))
                .collect()
        } else {
            out.push(Diagnostic::error(
                "L0003",
                format!("`{entity}` must be a table of inputs"),
                Span::new(reader.file, at),
                format!("write `[cas.{entity}]`"),
            ));
            continue;
        };
        inputs.insert(entity.to_string(), rows);
    }
    Some(Case { name: name.to_string(), date: date?, inputs, expected, span })
}

fn read_row(file: FileId, table: &DeTable<'_>, out: &mut Diagnostics) -> InputRow {
    let mut row = BTreeMap::new();
    for (key, value) in table.iter() {
        let span = Span::new(file, value.span());
        let read = match scalar(value.get_ref()) {
            Some(Value::Text(text)) if text.as_ref() == "inconnu" => Some(CaseValue::Unknown),
            Some(value) => Some(CaseValue::Typed(value)),
            None => value.get_ref().as_array().and_then(|array| {
                let items: Option<Vec<Value>> = array.iter().map(|i| scalar(i.get_ref())).collect();
                Some(CaseValue::Typed(Value::List(items?.into())))
            }),
        };
        match read {
            Some(value) => {
                row.insert(key.get_ref().to_string(), (value, span));
            }
            None => out.push(Diagnostic::error(
                "L0003",
                format!("`{}` must be a value", key.get_ref()),
                span,
                format!("found a {}", value.get_ref().type_str()),
            )),
        }
    }
    row
}

/// Reads `NAME.cas.csv`: a table of cases on one entity.
pub(super) fn read_csv(file: FileId, text: &str, out: &mut Diagnostics) -> CaseFile {
    let mut cases = Vec::new();
    let entity = text.lines().find_map(|line| {
        let (key, value) = line.strip_prefix('#')?.split_once(':')?;
        matches!(key.trim(), "entité" | "entite").then(|| value.trim().to_string())
    });
    let Some(entity) = entity else {
        out.push(Diagnostic::error(
            "L0023",
            "the file does not say which entity its cases speak of",
            Span::new(file, 0..0),
            "begin with `# entité: NAME`",
        ));
        return CaseFile { file, cases };
    };
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => {
            out.push(Diagnostic::error(
                "L0042",
                "the table of cases does not read",
                Span::new(file, 0..0),
                error.to_string(),
            ));
            return CaseFile { file, cases };
        }
    };
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let at =
                    error.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(0)).min(text.len());
                out.push(Diagnostic::error(
                    "L0042",
                    "this line does not read",
                    Span::new(file, at..at),
                    error.to_string(),
                ));
                continue;
            }
        };
        let start = record.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(0)).min(text.len());
        let line = text.get(start..).and_then(|t| t.lines().next()).map_or(0, str::len);
        let span = Span::new(file, start..start + line);
        let mut case = Case {
            name: format!("ligne {}", record.position().map_or(0, csv::Position::line)),
            date: Date::constant(1, 1, 1),
            inputs: BTreeMap::new(),
            expected: Vec::new(),
            span: span.clone(),
        };
        let mut row = BTreeMap::new();
        let mut date = None;
        for (column, cell) in header.iter().zip(&record) {
            let value =
                if cell == "inconnu" { CaseValue::Unknown } else { CaseValue::Text(cell.to_string()) };
            match column {
                "nom" if !cell.is_empty() => case.name = cell.to_string(),
                "nom" => {}
                "date" => date = parse_date(cell),
                _ if cell.is_empty() => {}
                _ => match column.strip_prefix("attendu:") {
                    Some(rule) => case.expected.push((rule.to_string(), value, span.clone())),
                    None => {
                        row.insert(column.to_string(), (value, span.clone()));
                    }
                },
            }
        }
        let Some(date) = date else {
            out.push(Diagnostic::error(
                "L0040",
                "this case has no date",
                span,
                "its column `date` is a day such as 2017-06-30",
            ));
            continue;
        };
        case.date = date;
        case.inputs.insert(entity.clone(), vec![row]);
        if case.expected.is_empty() {
            out.push(Diagnostic::error(
                "L0041",
                "this case expects nothing",
                span,
                "fill a column `attendu:RULE`",
            ));
            continue;
        }
        cases.push(case);
    }
    CaseFile { file, cases }
}
