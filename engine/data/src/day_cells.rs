//! Cells of a column of dates that are more or less than a day: a day with a time, an ISO moment, a
//! number of days as spreadsheets count them. What is read of them is said once for a column.

use super::issue::Issue;
use super::issue_code::Code;
use super::raw::{Raw, RawColumn, RawTable};
use logis_language::pack::schema::{Field, FieldKind};
use logis_language::value::{Date, parse_date};

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
    if let RawColumn::Typed(cells) = cells
        && (cells.are_days() || cells.column(field).is_some())
    {
        return None;
    }
    let (mut times, mut numbers, mut changed) = (Met::default(), Met::default(), false);
    let day = |row: usize| {
        let cell = cells.get(row);
        let line = table.lines.get(row);
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
    use super::moment;
    use logis_language::value::Date;

    #[test]
    fn moments_are_days_with_a_time() {
        assert_eq!(moment("2017-01-01T00:00:00.000Z"), Some((Date::constant(2017, 1, 1), true)));
        assert_eq!(moment("01/02/2017 14:30"), Some((Date::constant(2017, 2, 1), false)));
        assert_eq!(moment("2017-01-01 midi"), None);
        assert_eq!(moment("2017-01-01"), None);
    }
}
