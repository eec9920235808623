//! From the cells of a sheet to a table.

use super::super::issue::Issue;
use super::super::issue_code::Code;
use super::super::raw::{Raw, RawTable};
use super::super::titles;
use super::sheet::Sheet;

/// The most cells that a table may have, empty ones included.
const TABLE: usize = 1 << 26;

/// The table of a sheet; `None` if it has no cells. `expected` are the names of its columns.
pub(super) fn table(
    place: &str,
    sheet: Sheet,
    expected: &[String],
    issues: &mut Vec<Issue>,
) -> Option<RawTable> {
    let Sheet { name, mut cells, days } = sheet;
    cells.sort_by_key(|(row, column, _)| (*row, *column));
    if let Some((row, column, _)) = cells.windows(2).find_map(|pair| match pair {
        [a, b] if (a.0, a.1) == (b.0, b.1) => Some(a),
        _ => None,
    }) {
        let line = u64::from(*row) + 1;
        issues.push(
            Issue::error(
                Code::CellTwice,
                place,
                format!("la cellule {} est donnée deux fois", reference(*row, *column)),
            )
            .at(line),
        );
    }
    let rows: Vec<&[(u32, u32, Raw)]> = cells.chunk_by(|a, b| a.0 == b.0).collect();
    let line = |row: &[(u32, u32, Raw)]| row.first().map_or(1, |(row, ..)| u64::from(*row) + 1);
    let shown = |row: &&[(u32, u32, Raw)]| -> Vec<String> { row.iter().map(|(_, _, c)| c.shown()).collect() };
    let opening: Vec<(u64, Vec<String>)> =
        rows.iter().take(titles::ROWS).map(|row| (line(row), shown(row))).collect();
    let at = titles::header(&opening, expected);
    titles::say(place, &opening, at, issues);
    let header = *rows.get(at)?;
    let columns: Vec<u32> = header.iter().map(|(_, column, _)| *column).collect();
    let headers: Vec<String> = header.iter().map(|(_, _, cell)| cell.shown().trim().to_string()).collect();
    let width = headers.len();
    let body = rows.get(at + 1..).unwrap_or(&[]);
    if body.len().saturating_mul(width) > TABLE {
        let message = format!(
            "{} lignes de {width} colonnes: trop pour un classeur ; donnez du CSV ou du Parquet",
            body.len()
        );
        issues.push(Issue::error(Code::TooLarge, place, message));
        return None;
    }
    let mut table = RawTable::new(&name, place, headers, issues);
    table.header_line = header.first().map_or(1, |(row, ..)| u64::from(*row) + 1);
    table.days = Some(days);
    let (mut outside, mut far) = (0_usize, None);
    for row in body {
        let mut cells = vec![Raw::Empty; width];
        for (row, column, cell) in *row {
            match columns.binary_search(column).ok().and_then(|at| cells.get_mut(at)) {
                Some(slot) => *slot = cell.clone(),
                None => {
                    outside += 1;
                    far.get_or_insert((*row, *column));
                }
            }
        }
        table.push(line(row), false, cells);
    }
    if let Some((row, column)) = far {
        let message = format!(
            "{outside} cellule(s) sans en-tête au-dessus ne sont pas lues, la première en {}",
            reference(row, column)
        );
        issues.push(Issue::warning(Code::NoHeader, place, message).at(u64::from(row) + 1));
    }
    Some(table)
}

/// `XFD1048576`
fn reference(row: u32, column: u32) -> String {
    let (mut letters, mut rest) = (Vec::new(), u64::from(column) + 1);
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or(0)));
        rest /= 26;
    }
    format!("{}{}", letters.iter().rev().collect::<String>(), u64::from(row) + 1)
}

#[cfg(test)]
mod tests {
    use super::reference;

    /// As Excel names its corners.
    #[test]
    fn cells_are_named_as_in_excel() {
        assert_eq!(reference(0, 0), "A1");
        assert_eq!(reference(1, 25), "Z2");
        assert_eq!(reference(9, 26), "AA10");
        assert_eq!(reference(1_048_575, 16_383), "XFD1048576");
    }
}
