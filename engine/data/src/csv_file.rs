//! CSV as people have it: UTF-8, UTF-16 or Windows-1252 (without the feature `csv`, UTF-8 alone), commas, semicolons or
//! tabs, titles above the headers.

use super::csv_rows::{Row, Rows, Wrong, separator};
#[cfg(feature = "csv")]
use super::decode::{decode, utf8};
#[cfg(not(feature = "csv"))]
use super::decode_utf8::{decode, utf8};
use super::issue::Issue;
use super::issue_code::Code;
use super::raw::{Raw, RawTable};
use super::safe_text::from_csv_cell;
use super::titles;

/// Reads a CSV file; what is wrong with it as a file goes to `issues`. `expected` are the names of its
/// columns, by which the row of headers is found; none where it is the first.
pub(super) fn read(
    name: &str,
    file: &str,
    bytes: &[u8],
    expected: &[String],
    issues: &mut Vec<Issue>,
) -> Option<RawTable> {
    if bytes.iter().all(u8::is_ascii_whitespace) {
        issues.push(Issue::error(
            Code::EmptyFile,
            file,
            "le fichier est vide ; attendu: une ligne d'en-têtes, puis une ligne par enregistrement",
        ));
        return None;
    }
    let bytes = &*utf8(file, bytes, issues)?;
    if bytes.contains(&0) {
        let hint = if bytes.starts_with(b"PK") { " (un classeur Excel porte l'extension .xlsx)" } else { "" };
        issues.push(Issue::error(
            Code::Unreadable,
            file,
            format!("le fichier est binaire ; attendu: du texte CSV{hint}"),
        ));
        return None;
    }
    let decoded = decode(file, bytes, issues)?;
    let opening = Opening::of(&decoded.text, expected);
    titles::say(file, &opening.rows, opening.header, issues);
    let mut rows = Rows::new(&decoded.text, opening.separator);
    let first = opening.first_line;
    let header = rows
        .by_ref()
        .filter(|row| row.line >= first && (row.wrong.is_some() || !blank(row)))
        .nth(opening.header)?;
    let headers: Vec<String> =
        header.cells.iter().map(|cell| from_csv_cell(&one_line(&cell.text)).into_owned()).collect();
    if header.wrong.is_some() {
        issues.push(wrong(file, &header, &headers)?);
        return None;
    }
    let width = headers.len();
    rows.set_width(width);
    let mut table = RawTable::new(name, file, headers, issues);
    table.header_line = header.line;
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
                Issue::error(
                    Code::RowWidth,
                    file,
                    format!("{found} cellule(s) ; attendu: {width}, comme d'en-têtes"),
                )
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

/// How a text begins: its separator, and where its headers are.
pub(super) struct Opening {
    pub separator: u8,
    /// The line of the first row that is not `sep=;`.
    first_line: u64,
    /// Rows that hold something, up to some; and which of them are the headers.
    pub rows: Vec<(u64, Vec<String>)>,
    pub header: usize,
}

impl Opening {
    pub fn of(text: &str, expected: &[String]) -> Opening {
        let said = said_separator(text);
        let first_line = if said.is_some() { 2 } else { 1 };
        let usual = said.unwrap_or_else(|| separator(text));
        let with = |separator: u8| {
            let rows = Rows::new(text, separator).filter(|row| row.line >= first_line && !blank(row));
            let rows: Vec<(u64, Vec<String>)> = rows
                .take(titles::ROWS)
                .map(|row| (row.line, row.cells.iter().map(|c| c.text.to_string()).collect()))
                .collect();
            let header = titles::find(&rows, expected);
            (separator, rows, header)
        };
        let first = with(usual);
        // A title may hold other signs than the headers.
        let others = [b';', b',', b'\t'].into_iter().filter(|s| said.is_none() && *s != usual);
        let (separator, rows, header) = match first.2.is_some() {
            true => first,
            false => others.map(with).find(|(_, _, header)| header.is_some()).unwrap_or(first),
        };
        Opening { separator, first_line, rows, header: header.unwrap_or(0) }
    }
}

#[cfg(all(feature = "csv", feature = "parquet"))]
impl Opening {
    /// The headers, if they are the first line and nothing is to be said of it.
    pub fn plain_header(&self, line: &str) -> Option<Vec<String>> {
        let first =
            Rows::new(line, self.separator).next().filter(|row| row.wrong.is_none() && !blank(row))?;
        let own = |cell: &super::csv_rows::Cell<'_>| from_csv_cell(&one_line(&cell.text)).into_owned();
        (self.header == 0 && self.first_line == 1).then(|| first.cells.iter().map(own).collect())
    }
}

/// The separator that a first line `sep=;` says, as Excel reads it.
fn said_separator(text: &str) -> Option<u8> {
    let line = text.split(['\r', '\n']).next()?.trim_matches('"');
    let sign = line.strip_prefix("sep=").or_else(|| line.strip_prefix("SEP="))?;
    match sign.as_bytes() {
        [sign] if matches!(sign, b';' | b',' | b'\t' | b'|') => Some(*sign),
        _ => None,
    }
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
    let issue = Issue::error(Code::Quotation, file, message).at(row.line).found(&shown);
    Some(match headers.get(cell).filter(|h| !h.is_empty()) {
        Some(header) => issue.in_column(header),
        None => issue,
    })
}
