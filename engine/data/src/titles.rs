//! Where the row of headers is: above it there may be titles, dates, merged cells.

use std::collections::HashSet;

use super::issue::Issue;
use super::issue_code::Code;
use super::names::key;

/// How many rows that hold something are looked at.
pub(super) const ROWS: usize = 30;

/// The place among `rows` (line and cells) of the row of headers; the first, if none looks like it.
#[cfg(feature = "xlsx")]
pub(super) fn header(rows: &[(u64, Vec<String>)], expected: &[String]) -> usize {
    find(rows, expected).unwrap_or(0)
}

/// The first row in which most cells that hold something are among `expected` (see [`key()`]).
pub(super) fn find(rows: &[(u64, Vec<String>)], expected: &[String]) -> Option<usize> {
    let expected: HashSet<&str> = expected.iter().map(String::as_str).collect();
    let most = |(_, cells): &(u64, Vec<String>)| {
        let filled = cells.iter().map(|c| c.trim()).filter(|c| !c.is_empty());
        let (mut all, mut known) = (0, 0);
        for cell in filled {
            all += 1;
            known += usize::from(expected.contains(key(cell).as_str()));
        }
        known > 1 && known * 2 >= all
    };
    rows.iter().position(most)
}

/// Says which row was taken for the headers, if it is not the first.
pub(super) fn say(file: &str, rows: &[(u64, Vec<String>)], at: usize, issues: &mut Vec<Issue>) {
    let (Some((line, _)), Some((first, cells))) = (rows.get(at), rows.first()) else { return };
    if at == 0 {
        return;
    }
    let shown: Vec<&str> = cells.iter().map(|c| c.trim()).filter(|c| !c.is_empty()).take(3).collect();
    let message = format!(
        "les en-têtes sont pris à la ligne {line} ; les {at} ligne(s) au-dessus ne sont pas lues (ligne {first}: « {} »)",
        shown.join(" | ")
    );
    issues.push(Issue::warning(Code::HeadersBelow, file, message).at(*line));
}
