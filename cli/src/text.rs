//! Tables and numbers as people read them.

use comfy_table::{Cell, CellAlignment};
use logis::data::{Output, visible_cell};
use logis::value::{Exact, Rounding, Value, format_number, round};

use crate::grid::Grid;

/// A result as a table; an empty cell is a dash. Numbers are French; the digits of the columns that `quantities` marks are
/// in groups.
pub fn table(result: &Output, quantities: &[bool]) -> String {
    let mut table = empty(&result.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>());
    let rows = result.columns.first().map_or(0, |c| c.cells.len());
    for row in 0..rows {
        table.add_row(result.columns.iter().enumerate().map(|(at, column)| {
            match column.cells.get(row).and_then(Option::as_ref) {
                Some(Value::Bool(value)) => Cell::new(if *value { "oui" } else { "non" }),
                Some(Value::Number(value)) => {
                    let quantity = quantities.get(at) == Some(&true);
                    Cell::new(number(value, quantity)).set_alignment(CellAlignment::Right)
                }
                Some(Value::Date(day)) => {
                    Cell::new(format!("{:02}/{:02}/{:04}", day.day(), day.month(), day.year()))
                }
                Some(value) => Cell::new(visible_cell(&value.to_string())),
                None => Cell::new("–"),
            }
        }));
    }
    format!("{table}\n")
}

/// `23 146,5`: a number in the French way, with all its digits. One without finite decimals is rounded, and says so.
/// Numbers that are no quantities (years, ranks) are in groups from five digits on.
pub fn number(value: &Exact, quantity: bool) -> String {
    let text = format_number(value);
    if text.contains('/') {
        let rounded = round(value, 2, Rounding::Nearest).unwrap_or(*value);
        return format!("≈\u{a0}{}", number(&rounded, quantity));
    }
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = if quantity || whole.len() > 4 { groups(whole) } else { whole.to_string() };
    let comma = if fraction.is_empty() { "" } else { "," };
    format!("{sign}{whole}{comma}{fraction}")
}

/// An empty table with these headers. On a terminal it is laid out for its width; elsewhere its width depends on its
/// content only.
pub fn empty(headers: &[&str]) -> Grid {
    Grid::new(headers)
}

/// Puts the numbers of all columns but the first to the right.
pub fn align_numbers(table: &mut Grid) {
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
    groups(&n.to_string())
}

/// Digits in groups of three.
fn groups(digits: &str) -> String {
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
