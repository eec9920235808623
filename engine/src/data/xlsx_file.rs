//! Excel workbooks: one sheet per entity.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};

use super::issue::Issue;
use super::raw::{Raw, RawTable};
use crate::value::Date;

/// Reads the sheets of a workbook.
pub(super) fn read(file: &str, bytes: &[u8], issues: &mut Vec<Issue>) -> Vec<RawTable> {
    let mut book: Xlsx<_> = match Xlsx::new(Cursor::new(bytes)) {
        Ok(book) => book,
        Err(error) => {
            issues.push(Issue::error(file, format!("ce n'est pas un classeur XLSX lisible: {error}")));
            return Vec::new();
        }
    };
    let mut tables = Vec::new();
    for name in book.sheet_names() {
        let place = format!("{file}[{name}]");
        let sheet = match book.worksheet_range(&name) {
            Ok(sheet) => sheet,
            Err(error) => {
                issues.push(Issue::error(&place, format!("la feuille ne se lit pas: {error}")));
                continue;
            }
        };
        let first = sheet.start().map_or(1, |(row, _)| u64::from(row) + 1);
        let mut rows = sheet.rows();
        let Some(header) = rows.next() else { continue };
        let headers = header.iter().map(|cell| cell.to_string().trim().to_string()).collect();
        let mut table = RawTable::new(&name, &place, headers, issues);
        for (line, row) in (first + 1..).zip(rows) {
            let cells: Vec<Raw> = row.iter().map(cell).collect();
            if cells.iter().any(|c| *c != Raw::Empty) {
                table.push(line, false, cells);
            }
        }
        tables.push(table);
    }
    tables
}

fn cell(data: &Data) -> Raw {
    match data {
        Data::Empty => Raw::Empty,
        Data::String(text) | Data::DateTimeIso(text) => Raw::text(text),
        Data::Int(value) => Raw::Number(value.to_string().into()),
        Data::Float(value) => Raw::float(*value),
        Data::Bool(value) => Raw::Bool(*value),
        Data::DateTime(when) => {
            let (year, month, day, ..) = when.to_ymd_hms_milli();
            let date = i16::try_from(year).ok().zip(i8::try_from(month).ok().zip(i8::try_from(day).ok()));
            match date.and_then(|(y, (m, d))| Date::new(y, m, d).ok()) {
                Some(date) => Raw::Date(date),
                None => Raw::Other(data.to_string().into()),
            }
        }
        other => Raw::Other(other.to_string().into()),
    }
}
