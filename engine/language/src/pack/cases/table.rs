//! `NAME.cas.csv`: a table of cases on one entity, one on each line.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{Case, CaseFile, CaseValue, check_extras, read_tolerance};
use crate::diagnostic::texts::cases::{self as texts, Unreadable};
use crate::diagnostic::texts::files;
use crate::diagnostic::{Diagnostics, FileId, Span};
use crate::value::{Date, parse_date};

/// Reads `NAME.cas.csv`: a table of cases on one entity.
pub(in crate::pack) fn read(file: FileId, text: &str, out: &mut Diagnostics) -> CaseFile {
    let mut cases = Vec::new();
    let entity = text.lines().find_map(|line| {
        let (key, value) = line.strip_prefix('#')?.split_once(':')?;
        matches!(key.trim(), "entité" | "entite").then(|| value.trim().to_string())
    });
    let Some(entity) = entity else {
        out.push(files::cases_without_entity(Span::new(file, 0..0)));
        return CaseFile { file, cases };
    };
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => {
            out.push(texts::unreadable_line(why(&error), Span::new(file, 0..0)));
            return CaseFile { file, cases };
        }
    };
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let at =
                    error.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(0)).min(text.len());
                out.push(texts::unreadable_line(why(&error), Span::new(file, at..at)));
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
            tolerances: Vec::new(),
            reasons: Vec::new(),
            span: span.clone(),
        };
        let places = cells(text.get(span.range.clone()).unwrap_or(""));
        let mut row = BTreeMap::new();
        let mut date = None;
        for (number, (column, cell)) in header.iter().zip(&record).enumerate() {
            // The place of the cell, where the line is cut as its reader cuts it.
            let at = match places.get(number).filter(|_| places.len() == record.len()) {
                Some(range) => Span::new(file, start + range.start..start + range.end),
                None => span.clone(),
            };
            let value =
                if cell == "inconnu" { CaseValue::Unknown } else { CaseValue::Text(cell.to_string()) };
            match column {
                "nom" if !cell.is_empty() => case.name = cell.to_string(),
                "nom" => {}
                "date" => date = parse_date(cell),
                _ if cell.is_empty() => {}
                _ => match column.split_once(':') {
                    Some(("attendu", rule)) => case.expected.push((rule.to_string(), value, at)),
                    Some(("tolerance", rule)) => read_tolerance(&mut case, rule.to_string(), cell, at, out),
                    Some(("raisons", rule)) => {
                        let names = cell.split_whitespace().map(str::to_string).collect();
                        case.reasons.push((rule.to_string(), names, at));
                    }
                    _ => {
                        row.insert(column.to_string(), (value, at));
                    }
                },
            }
        }
        let Some(date) = date else {
            out.push(texts::undated_line(span));
            continue;
        };
        case.date = date;
        case.inputs.insert(entity.clone(), vec![row]);
        check_extras(&case, out);
        if case.expected.is_empty() && case.reasons.is_empty() {
            out.push(texts::line_expects_nothing(span));
            continue;
        }
        cases.push(case);
    }
    CaseFile { file, cases }
}

/// What keeps the reader of CSV from reading a line.
fn why(error: &csv::Error) -> Unreadable {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            Unreadable::Cells { expected: *expected_len, found: *len }
        }
        csv::ErrorKind::Utf8 { .. } => Unreadable::NotUtf8,
        _ => Unreadable::Other,
    }
}

/// The places of the cells of a line, without blanks around them.
fn cells(line: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut quoted) = (0, false);
    let ends = line.char_indices().filter(|(_, c)| {
        quoted ^= *c == '"';
        *c == ',' && !quoted
    });
    for end in ends.map(|(at, _)| at).collect::<Vec<_>>().into_iter().chain([line.len()]) {
        let cell = line.get(start..end).unwrap_or("");
        let from = start + (cell.len() - cell.trim_start().len());
        found.push(from..from.max(start + cell.trim_end().len()));
        start = end + 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::cells;

    #[test]
    fn cells_are_found_as_csv_cuts_them() {
        let line = "un,\"deux, et trois\", 4 ,";
        let texts: Vec<&str> = cells(line).into_iter().filter_map(|r| line.get(r)).collect();
        assert_eq!(texts, ["un", "\"deux, et trois\"", "4", ""]);
    }
}
