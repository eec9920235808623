//! `NAME.cas.csv`: a table of cases on one entity, one on each line.

use std::collections::BTreeMap;
use std::ops::Range;

use super::super::slips;
use super::{Case, CaseValue, check_extras, read_tolerance};
use crate::diagnostic::texts::cases as texts;
use crate::diagnostic::texts::files;
use crate::diagnostic::{Diagnostic, Diagnostics, FileId, Span};
use crate::value::{Date, parse_date};

/// Reads `NAME.cas.csv`: a table of cases on one entity.
pub(super) fn read(file: FileId, text: &str, out: &mut Diagnostics) -> Vec<Case> {
    let mut cases = Vec::new();
    let entity = text.lines().find_map(|line| {
        let (key, value) = line.strip_prefix('#')?.split_once(':')?;
        matches!(key.trim(), "entité" | "entite").then(|| value.trim().to_string())
    });
    let Some(entity) = entity else {
        out.push(files::cases_without_entity(Span::new(file, 0..0)));
        return cases;
    };
    let mut reader =
        csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = match reader.headers() {
        Ok(header) => header.clone(),
        Err(error) => {
            let (message, label) = slips::cases::csv(&error, "");
            out.push(Diagnostic::error("L0042", message, Span::new(file, 0..0), label));
            return cases;
        }
    };
    if slips::cases::semicolons(&header) {
        let at = text.find(header.get(0).unwrap_or("")).unwrap_or(0);
        let message = "« ; » entre les colonnes; attendu: `,`";
        let label = "enregistrer en CSV avec des virgules, ou remplacer `;` par `,`";
        out.push(Diagnostic::error("L0042", message, Span::new(file, at..line_end(text, at)), label));
        return cases;
    }
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let at =
                    error.position().map_or(0, |p| usize::try_from(p.byte()).unwrap_or(0)).min(text.len());
                let at = at + text.get(at..).map_or(0, |t| t.len() - t.trim_start().len());
                let end = line_end(text, at);
                let (message, label) = slips::cases::csv(&error, text.get(at..end).unwrap_or(""));
                out.push(Diagnostic::error("L0042", message, Span::new(file, at..end), label));
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
        let mut day = ("", span.clone());
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
                "date" => {
                    date = parse_date(cell);
                    day = (cell, at);
                }
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
            let (cell, at) = day;
            if cell.is_empty() {
                out.push(texts::undated_line(span));
            } else {
                let message = format!("« {cell} » n'est pas une date; attendu: ex. `2017-06-30`");
                let label = slips::written(cell).filter(|w| w.what == slips::What::Date);
                let label =
                    label.map_or("écrire `AAAA-MM-JJ`".to_string(), |w| format!("écrire `{}`", w.corrected));
                out.push(Diagnostic::error("L0040", message, at, label));
            }
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
    cases
}

/// Where the line of a place ends.
fn line_end(text: &str, at: usize) -> usize {
    text.get(at..).and_then(|t| t.find(['\r', '\n'])).map_or(text.len(), |n| at + n)
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
