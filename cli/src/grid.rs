//! Tables of the terminal. Lines break at spaces only, so that no number and no name is ever cut in two: a column that
//! does not fit is left out and counted, and where not even two fit, each row is a list.

use std::fmt;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::ops::{Deref, DerefMut};

use comfy_table::{Cell, ColumnConstraint, LineStyle, Table, TableStyle, Width};

/// A table that is laid out for its width when it is shown.
pub struct Grid {
    table: Table,
    /// Columns of the terminal; `None` outside of one, where the width follows from the content.
    width: Option<usize>,
}

const RULED: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// A blank on either side of each cell.
const PADDING: usize = 2;

/// What a column takes beside its cells: these blanks, and one that parts it from the next.
const BESIDE: usize = PADDING + 1;

/// Characters of a line of a header outside of a terminal, where the cells are narrower.
const HEADER: usize = 24;

/// The fewest columns that are a table, where there are more.
const FEWEST: usize = 2;

impl Grid {
    /// An empty table with these headers, for the standard output.
    pub fn new(headers: &[&str]) -> Grid {
        let width = match std::io::stdout().is_terminal() {
            true => Table::new().width().map(usize::from),
            false => None,
        };
        Grid::of_width(headers, width)
    }

    fn of_width(headers: &[&str], width: Option<usize>) -> Grid {
        let mut table = Table::new();
        table.load_style(RULED).set_header(headers.iter().map(Cell::new)).force_no_tty();
        Grid { table, width }
    }

    /// By column: the width of its longest word, or with `lines` of its longest line.
    fn widths(&self, lines: bool) -> Vec<usize> {
        let mut table = Table::new();
        // Each word a line of its own: the table measures them as it measures lines.
        let cell = |cell: &Cell| match lines {
            true => cell.content(),
            false => cell.content().replace(' ', "\n"),
        };
        let header = self.table.header().into_iter();
        for row in header.chain(self.table.row_iter()) {
            table.add_row(row.cell_iter().map(cell));
        }
        table.column_max_content_widths().into_iter().map(|w| usize::from(w.max(1))).collect()
    }

    /// The widths outside of a terminal: nothing but long headers is broken.
    fn unbounded(&self) -> Vec<usize> {
        let header = |cell: &Cell| {
            let text = cell.content();
            let word = text.split([' ', '\n']).map(|word| word.chars().count()).max().unwrap_or(0);
            let line = text.split('\n').map(|line| line.chars().count()).max().unwrap_or(0);
            line.min(word.max(HEADER))
        };
        let headers: Vec<usize> =
            self.table.header().map_or_else(Vec::new, |row| row.cell_iter().map(header).collect());
        let mut body = Table::new();
        for row in self.table.row_iter() {
            body.add_row(row.cell_iter().map(Cell::content));
        }
        let cells = body.column_max_content_widths();
        let cell = |at: usize| cells.get(at).map_or(0, |width| usize::from(*width));
        headers.iter().enumerate().map(|(at, header)| cell(at).max(*header).max(1)).collect()
    }

    /// The widths of the first columns, as many as fit into `room`, without their blanks.
    fn fitting(&self, room: usize) -> Vec<usize> {
        // Nothing parts the last column from a next one.
        let room = room.saturating_add(1);
        let (least, most) = (self.widths(false), self.widths(true));
        let mut widths: Vec<usize> = Vec::new();
        let mut taken = 0;
        for word in &least {
            taken += word + BESIDE;
            if taken > room {
                break;
            }
            widths.push(*word);
        }
        let mut left = room.saturating_sub(widths.iter().map(|w| w + BESIDE).sum());
        // What is left goes to the narrowest that can use it.
        while left > 0 {
            let wanting = widths.iter_mut().zip(&most).filter(|(width, most)| **width < **most);
            let Some((width, _)) = wanting.min_by_key(|(width, _)| **width) else { break };
            *width += 1;
            left -= 1;
        }
        widths
    }

    fn names(&self) -> Vec<String> {
        let header = self.table.header();
        header.map_or_else(Vec::new, |row| row.cell_iter().map(|cell| one_line(&cell.content())).collect())
    }

    /// The table with its first columns only, and which are left out.
    fn narrowed(&self, widths: &[usize], room: usize) -> String {
        let mut table = self.table.clone();
        for (at, column) in table.column_iter_mut().enumerate() {
            column.set_constraint(match widths.get(at) {
                Some(width) => ColumnConstraint::Absolute(Width::Fixed(
                    u16::try_from(width + PADDING).unwrap_or(u16::MAX),
                )),
                None => ColumnConstraint::Hidden,
            });
        }
        let names = self.names();
        let out = names.get(widths.len()..).unwrap_or_default();
        let mut text = table.to_string();
        if !out.is_empty() {
            let one = if out.len() == 1 { "colonne ne tient" } else { "colonnes ne tiennent" };
            let note = format!("{} {one} pas dans la largeur du terminal : {}", out.len(), out.join(" ; "));
            text.push('\n');
            text.push_str(&wrapped(&note, "", room));
        }
        text
    }

    /// Each row as a list of its cells.
    fn lists(&self, room: usize) -> String {
        let names = self.names();
        let mut text = String::new();
        for (number, row) in self.table.row_iter().enumerate() {
            let gap = if number == 0 { "" } else { "\n" };
            text.push_str(gap);
            for (at, cell) in row.cell_iter().enumerate() {
                let indent = if at == 0 { "" } else { "   " };
                let name = names.get(at).map_or("", String::as_str);
                let line = format!("{indent}{name}\u{a0}: {}", one_line(&cell.content()));
                let _ = writeln!(text, "{}", wrapped(&line, "      ", room));
            }
        }
        text.trim_end_matches('\n').to_string()
    }
}

fn one_line(text: &str) -> String {
    text.split('\n').map(str::trim).collect::<Vec<_>>().join(" ")
}

/// A line broken at its spaces, so that no line is longer than `room` unless a word is; what follows on the first line
/// begins with `indent`.
fn wrapped(line: &str, indent: &str, room: usize) -> String {
    let start = line.get(..line.len() - line.trim_start_matches(' ').len()).unwrap_or("");
    let mut out = start.to_string();
    let mut used = start.chars().count();
    let mut fresh = true;
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if !fresh && used + 1 + length > room {
            out.push('\n');
            out.push_str(indent);
            used = indent.chars().count();
            fresh = true;
        }
        if !fresh {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += length;
        fresh = false;
    }
    out
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(room) = self.width else {
            // Wide as the cells; a long header takes several lines.
            return f.write_str(&self.narrowed(&self.unbounded(), usize::MAX));
        };
        let widths = self.fitting(room);
        let all = self.names().len();
        match widths.len() < FEWEST.min(all) {
            true => f.write_str(&self.lists(room)),
            false => f.write_str(&self.narrowed(&widths, room)),
        }
    }
}

impl Deref for Grid {
    type Target = Table;

    fn deref(&self) -> &Table {
        &self.table
    }
}

impl DerefMut for Grid {
    fn deref_mut(&mut self) -> &mut Table {
        &mut self.table
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// A number as French writes it, whose digits are its own.
    fn number(n: u64, decimals: bool) -> String {
        let whole = n.to_string();
        let grouped: Vec<String> =
            whole.as_bytes().rchunks(3).rev().map(|g| String::from_utf8_lossy(g).into_owned()).collect();
        format!("{}{}", grouped.join("\u{202f}"), if decimals { ",25" } else { "" })
    }

    /// The runs of digits, and of what may stand between two of them.
    fn numbers(text: &str) -> Vec<String> {
        let inside = |c: char| c.is_ascii_digit() || c == '\u{202f}' || c == ',';
        let runs = text.split(|c| !inside(c)).filter(|run| run.contains(|c: char| c.is_ascii_digit()));
        runs.map(ToString::to_string).collect()
    }

    fn words() -> impl Strategy<Value = String> {
        prop::collection::vec("[a-zé]{1,14}", 1..6).prop_map(|words| words.join(" "))
    }

    proptest! {
        /// Whatever the width, a number stands whole or not at all; no line is longer than the width; and the columns
        /// that are not there are counted.
        #[test]
        fn no_number_is_cut(
            width in 40_usize..=200,
            headers in prop::collection::vec(words(), 1..14),
            rows in prop::collection::vec(prop::collection::vec((0_u64..10_000_000_000, any::<bool>(), words()), 14), 1..6),
        ) {
            let names: Vec<&str> = headers.iter().map(String::as_str).collect();
            let mut grid = Grid::of_width(&names, Some(width));
            let mut all = BTreeSet::new();
            for row in &rows {
                grid.add_row(row.iter().take(names.len()).enumerate().map(|(at, (n, decimals, words))| {
                    if at % 3 == 0 {
                        return words.clone();
                    }
                    let number = number(*n, *decimals);
                    all.insert(number.clone());
                    number
                }));
            }
            let text = grid.to_string();
            for line in text.lines() {
                prop_assert!(line.chars().count() <= width, "{} > {width}: {line}", line.chars().count());
            }
            let (table, note) = match text.split_once(" ne tien") {
                None => (text.as_str(), None),
                Some((before, _)) => {
                    let (table, note) = before.rsplit_once('\n').unwrap_or(("", before));
                    let count = note.split(' ').next().and_then(|n| n.parse::<usize>().ok());
                    (table, count)
                }
            };
            for number in numbers(table) {
                prop_assert!(all.contains(&number), "`{number}` in\n{text}");
            }
            let shown = names.len() - note.unwrap_or(0);
            for row in &rows {
                for (at, (n, decimals, _)) in row.iter().take(shown).enumerate().filter(|(at, _)| at % 3 != 0) {
                    let number = number(*n, *decimals);
                    prop_assert!(numbers(table).contains(&number), "column {at} lacks `{number}`\n{text}");
                }
            }
        }
    }

    /// Outside a terminal nothing is left out.
    #[test]
    fn a_file_gets_every_column() {
        let names: Vec<String> = (0..40).map(|n| format!("colonne{n}")).collect();
        let mut grid = Grid::of_width(&names.iter().map(String::as_str).collect::<Vec<_>>(), None);
        grid.add_row(&names);
        let text = grid.to_string();
        assert!(names.iter().all(|name| text.matches(name.as_str()).count() >= 2), "{text}");
    }

    /// A table of which one column fits is a list of its rows.
    #[test]
    fn what_is_too_narrow_is_a_list() {
        let mut grid = Grid::of_width(&["demande", "plafond_de_ressources_annuel_du_menage"], Some(40));
        grid.add_row(["D1", "21\u{202f}300"]);
        assert_eq!(
            grid.to_string(),
            "demande\u{a0}: D1\n   plafond_de_ressources_annuel_du_menage\u{a0}:\n      21\u{202f}300"
        );
    }
}
