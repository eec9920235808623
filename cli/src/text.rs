//! Tables and numbers as people read them.

use std::io::IsTerminal;

use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use logis::data::{Output, visible_cell};
use logis::value::Value;

/// A result as a table; an unknown is a question mark.
pub fn table(result: &Output) -> String {
    let mut table = empty(&result.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>());
    let rows = result.columns.first().map_or(0, |c| c.cells.len());
    for row in 0..rows {
        table.add_row(result.columns.iter().map(
            |column| match column.cells.get(row).and_then(Option::as_ref) {
                Some(Value::Bool(value)) => Cell::new(if *value { "oui" } else { "non" }),
                Some(value @ Value::Number(_)) => Cell::new(value).set_alignment(CellAlignment::Right),
                Some(value) => Cell::new(visible_cell(&value.to_string())),
                None => Cell::new("?"),
            },
        ));
    }
    format!("{table}\n")
}

const RULED: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// An empty table with these headers. Outside a terminal its width depends on its content only.
pub fn empty(headers: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(RULED).set_header(headers.iter().map(Cell::new));
    if std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    } else {
        table.force_no_tty();
    }
    table
}

/// Puts the numbers of all columns but the first to the right.
pub fn align_numbers(table: &mut Table) {
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
}

/// Shows that something long is under way, on a terminal only, until it is dropped.
pub fn busy(what: &'static str) -> Busy {
    let bar = indicatif::ProgressBar::new_spinner().with_message(what);
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    Busy(bar)
}

/// See [`busy`].
pub struct Busy(indicatif::ProgressBar);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// `12 %`, `8,5 %`: a share with one decimal, in the French way, from exact counts.
pub fn percent(part: usize, whole: usize) -> String {
    if whole == 0 {
        return "–".to_string();
    }
    let tenths = (2000 * part + whole) / (2 * whole);
    if tenths.is_multiple_of(10) {
        format!("{} %", tenths / 10)
    } else {
        format!("{},{} %", tenths / 10, tenths % 10)
    }
}

/// `1 234`
pub fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

/// Shows how far something long has come, on a terminal only, until it is dropped.
pub fn progress(what: &'static str, steps: u64) -> Progress {
    let style = indicatif::ProgressStyle::with_template("{msg} {wide_bar} {percent} %");
    let bar = indicatif::ProgressBar::new(steps).with_message(what);
    Progress(style.map_or(bar.clone(), |style| bar.with_style(style)))
}

/// See [`progress`].
pub struct Progress(indicatif::ProgressBar);

impl Progress {
    /// One step more is done.
    pub fn step(&self) {
        self.0.inc(1);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
