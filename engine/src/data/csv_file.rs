//! CSV as people have it: UTF-8 or Windows-1252, commas, semicolons or tabs.

use super::csv_rows::{Row, Rows, Wrong, separator};
use super::decode::decode;
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
    let decoded = decode(file, bytes, issues);
    let mut rows = Rows::new(&decoded.text, separator(&decoded.text));
    let header = rows.find(|row| row.wrong.is_some() || !blank(row))?;
    let headers: Vec<String> =
        header.cells.iter().map(|cell| from_csv_cell(&one_line(&cell.text)).into_owned()).collect();
    if header.wrong.is_some() {
        issues.push(wrong(file, &header, &headers)?);
        return None;
    }
    let width = headers.len();
    rows.set_width(width);
    let mut table = RawTable::new(name, file, headers, issues);
    let mut doubtful = decoded.doubtful.iter().copied().peekable();
    for row in rows {
        while doubtful.next_if(|line| *line < row.line).is_some() {}
        if blank(&row) && row.wrong.is_none() {
            continue;
        }
        // Spreadsheets leave separators behind empty cells on the right.
        let found = match row.cells.get(width..) {
            Some(rest) if rest.iter().all(|cell| cell.text.trim().is_empty()) => width,
            _ => row.cells.len(),
        };
        if let Some(issue) = wrong(file, &row, &table.headers) {
            issues.push(issue);
        } else if found != width {
            issues.push(
                Issue::error(file, format!("{found} cellule(s) ; attendu: {width}, comme d'en-têtes"))
                    .at(row.line),
            );
        }
        // A row that is not read for sure is kept as bad, so that what refers to it is no orphan.
        let bad =
            row.wrong.is_some() || found != width || doubtful.peek().is_some_and(|line| *line <= row.last);
        let cells = row.cells.iter().map(|cell| match cell.stray {
            true => Raw::Stray(cell.text.trim().into()),
            false => Raw::text(&from_csv_cell(cell.text.trim())),
        });
        table.push(row.line, bad, cells);
    }
    Some(table)
}

fn blank(row: &Row<'_>) -> bool {
    row.cells.iter().all(|cell| cell.text.trim().is_empty())
}

/// A header on one line, as spreadsheets wrap them.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// What is wrong with a row's quotation marks, where they are.
fn wrong(file: &str, row: &Row<'_>, headers: &[String]) -> Option<Issue> {
    let (cell, message) = match row.wrong? {
        Wrong::Open { cell } => (
            cell,
            "le guillemet ouvert ici n'est jamais fermé ; attendu: « \" » à la fin de la cellule, ou « \"\" » pour un guillemet du texte",
        ),
        Wrong::After { cell } => (
            cell,
            "la cellule a du texte après son guillemet fermant (un guillemet manque ici, ou plus bas ?) ; attendu: un séparateur, ou « \"\" » pour un guillemet du texte",
        ),
        Wrong::Swallowed { cell } => (
            cell,
            "la cellule ouverte par un guillemet tient sur plusieurs lignes et en avale de la table (un guillemet manque ou est de trop ?) ; attendu: une ligne par enregistrement",
        ),
    };
    let shown: String = row.cells.last().map_or("", |c| c.text.trim()).chars().take(40).collect();
    let issue = Issue::error(file, message).at(row.line).found(&shown);
    Some(match headers.get(cell).filter(|h| !h.is_empty()) {
        Some(header) => issue.in_column(header),
        None => issue,
    })
}
