//! CSV as people have it: UTF-8 or Windows-1252, commas, semicolons or tabs.

use std::borrow::Cow;

use super::issue::Issue;
use super::raw::{Raw, RawTable};
use super::safe_text::from_csv_cell;

/// Reads a CSV file; what is wrong with it as a file goes to `issues`.
pub(super) fn read(name: &str, file: &str, bytes: &[u8], issues: &mut Vec<Issue>) -> Option<RawTable> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        issues.push(Issue::error(
            file,
            "le fichier est vide ; attendu: une ligne d'en-têtes, puis une ligne par enregistrement",
        ));
        return None;
    }
    if bytes.contains(&0) {
        let hint = if bytes.starts_with(b"PK") { " (un classeur Excel porte l'extension .xlsx)" } else { "" };
        issues.push(Issue::error(file, format!("le fichier est binaire ; attendu: du texte CSV{hint}")));
        return None;
    }
    let text = decode(bytes);
    let separator = separator(&text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(separator)
        .has_headers(false)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let headers: Vec<String> = match records.next() {
        Some(Ok(record)) => record.iter().map(|h| from_csv_cell(h.trim()).into_owned()).collect(),
        _ => {
            issues.push(Issue::error(file, "la ligne d'en-têtes ne se lit pas").at(1));
            return None;
        }
    };
    let width = headers.len();
    let mut table = RawTable::new(name, file, headers, issues);
    let mut last = 1;
    for record in records {
        let Ok(record) = record else { continue };
        let line = record.position().map_or(last + 1, csv::Position::line);
        last = line;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if record.len() != width {
            let found = record.len();
            // A quote that is never closed swallows the rest of the file into one cell.
            let open = record.iter().any(|cell| cell.contains('\n'));
            let hint = if open { " (un guillemet ouvert et jamais fermé ?)" } else { "" };
            issues.push(
                Issue::error(file, format!("{found} cellule(s) ; attendu: {width}, comme d'en-têtes{hint}"))
                    .at(line),
            );
        }
        // A row of the wrong length is kept as bad, so that what refers to it is no orphan.
        table.push(
            line,
            record.len() != width,
            record.iter().map(|cell| Raw::text(&from_csv_cell(cell.trim()))),
        );
    }
    Some(table)
}

/// UTF-8 with or without its mark; what is not UTF-8 is Windows-1252, as Excel in French writes.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

/// The sign that splits the headers into most cells.
fn separator(text: &str) -> u8 {
    let header = text.lines().find(|l| !l.trim().is_empty()).unwrap_or("");
    let count = |sign: char| header.matches(sign).count();
    [(b',', count(',')), (b';', count(';')), (b'\t', count('\t'))]
        .into_iter()
        .max_by_key(|(sign, n)| (*n, *sign == b','))
        .map_or(b',', |(sign, _)| sign)
}
