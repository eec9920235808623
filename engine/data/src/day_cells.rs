//! Cells of a column of dates that are more or less than a day: a day with a time, an ISO moment, a
//! number of days as spreadsheets count them. What is read of them is said once for a column.

use arrow_array::Array;
use arrow_schema::DataType;

use super::arrow_column;
use super::issue::Issue;
use super::issue_code::Code;
use super::raw::{Raw, RawColumn, RawTable};
use logis_language::pack::schema::{Field, FieldKind};
use logis_language::value::{Date, add_days, parse_date};

/// How a workbook counts days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct DayNumbers {
    /// From 1 January 1904, as Excel for Mac did, rather than from 1900.
    pub from_1904: bool,
}

impl DayNumbers {
    /// The day of a number in a cell that has no format of dates: of the years 1910 to 2100 only, so
    /// that no year (2017) and no age is taken for one.
    fn day(self, number: &str) -> Option<Date> {
        let number: i64 = number.parse().ok()?;
        let origin = if self.from_1904 { Date::constant(1904, 1, 1) } else { Date::constant(1899, 12, 30) };
        let date = add_days(origin, number)?;
        (1910..2100).contains(&date.year()).then_some(date)
    }
}

/// A kind of cell that is read as a day, as often as it was met.
#[derive(Default)]
struct Met {
    count: usize,
    first: Option<(u64, String, Date)>,
}

impl Met {
    fn note(&mut self, line: Option<u64>, shown: &str, date: Date) {
        self.count += 1;
        self.first.get_or_insert_with(|| (line.unwrap_or(0), shown.to_string(), date));
    }

    fn say(self, table: &RawTable, column: &str, what: &str, issues: &mut Vec<Issue>) {
        let Some((line, shown, date)) = self.first else { return };
        let message = format!("{} {what}: « {shown} » est lu {date}", self.count);
        issues.push(Issue::warning(Code::ReadAsDay, &table.file, message).at(line).in_column(column));
    }
}

/// The cells of column `at` of a table for a field of dates, with the days that they say; `None` if
/// they stand as they are.
pub(super) fn settle(
    field: &Field,
    table: &RawTable,
    at: usize,
    issues: &mut Vec<Issue>,
) -> Option<RawColumn> {
    let cells = table.columns.get(at).filter(|_| field.kind == FieldKind::Date)?;
    if let RawColumn::Arrow(array) = cells
        && (*array.data_type() == DataType::Date32 || arrow_column::column(field, array).is_some())
    {
        return None;
    }
    let (mut times, mut numbers, mut changed) = (Met::default(), Met::default(), false);
    let day = |row: usize| {
        let cell = cells.get(row);
        let line = table.lines.get(row).copied();
        let found = match &cell {
            Raw::Moment(date, shown) => {
                times.note(line, shown, *date);
                Some(*date)
            }
            Raw::Text(text) => moment(text).map(|(date, midnight)| {
                if !midnight {
                    times.note(line, text, date);
                }
                date
            }),
            Raw::Number(number) => {
                let date = table.days.and_then(|days| days.day(number));
                if let Some(date) = date {
                    numbers.note(line, number, date);
                }
                date
            }
            _ => None,
        };
        changed |= found.is_some();
        found.map_or(cell, Raw::Date)
    };
    let days: Vec<Raw> = (0..cells.len()).map(day).collect();
    times.say(table, &field.column, "date(s) avec une heure, qui n'est pas lue", issues);
    numbers.say(table, &field.column, "nombre(s) de jours d'un tableur au lieu de dates", issues);
    changed.then_some(RawColumn::Cells(days))
}

/// `2017-06-30T14:30:00`, `2017-06-30 00:00:00.000Z`: the day, and whether the time is midnight.
fn moment(text: &str) -> Option<(Date, bool)> {
    let (day, time) = text.split_once(['T', ' '])?;
    let date = parse_date(day)?;
    let time = time.trim();
    let clock = time.trim_end_matches('Z');
    let parts: Vec<&str> = clock.split(':').collect();
    let fits = (2..=3).contains(&parts.len())
        && parts.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit() || b == b'.'));
    let midnight = parts.iter().all(|p| p.bytes().all(|b| b == b'0' || b == b'.'));
    // A moment of Greenwich that is no midnight there may be a day later here.
    (fits && (midnight || clock.len() == time.len())).then_some((date, midnight))
}

#[cfg(test)]
mod tests {
    use super::{DayNumbers, moment};
    use logis_language::value::Date;

    /// The numbers that Excel and LibreOffice show for these days.
    #[test]
    fn day_numbers_are_those_of_spreadsheets() {
        let (pc, mac) = (DayNumbers { from_1904: false }, DayNumbers { from_1904: true });
        assert_eq!(pc.day("42736"), Some(Date::constant(2017, 1, 1)));
        assert_eq!(mac.day("41274"), Some(Date::constant(2017, 1, 1)));
        assert_eq!(pc.day("2017"), None, "a year is no day of 1905");
        assert_eq!(pc.day("42736.5"), None);
    }

    #[test]
    fn moments_are_days_with_a_time() {
        assert_eq!(moment("2017-01-01T00:00:00.000Z"), Some((Date::constant(2017, 1, 1), true)));
        assert_eq!(moment("01/02/2017 14:30"), Some((Date::constant(2017, 2, 1), false)));
        assert_eq!(moment("2017-01-01 midi"), None);
        assert_eq!(moment("2017-01-01"), None);
    }
}
