//! The loops over dates, which are days since 1 January 1970.

use super::block::Slot;
use super::kernels::leave_row;
use super::program::{Array, DayTable};
use logis_language::plan::builtins::Builtin;
use logis_language::value::{Date, add_days, add_months, day_number, months_between, years_between};

/// For each day, its place in the table.
pub(super) fn by_day(table: &DayTable, days: &[i32], out: &mut Slot) {
    fn take<T: Copy + Default>(out: &mut Vec<T>, from: &[T], days: &[i32], first: i32) {
        out.clear();
        // The days are those of the table's column: none is before the first.
        let place = |day: i32| day.wrapping_sub(first) as u32 as usize;
        out.extend(days.iter().map(|&day| from.get(place(day)).copied().unwrap_or_default()));
    }
    match &table.values {
        Array::Date(values) => take(&mut out.dates, values, days, table.first),
        Array::Number(values) => take(&mut out.numbers, values, days, table.first),
        _ => {}
    }
}

/// Dates moved; beyond the calendar, the row is left over.
pub(super) fn moved(what: Builtin, dates: &[i32], by: &[i64], out: &mut Slot) {
    out.dates.clear();
    // The last date and number are remembered: columns have runs of equal ones.
    let mut last: Option<(i32, i64, i32)> = None;
    for (i, (&day, &by)) in dates.iter().zip(by).enumerate() {
        if let Some((last_day, last_by, value)) = last
            && (last_day, last_by) == (day, by)
        {
            out.dates.push(value);
            continue;
        }
        let to = civil(day).and_then(|date| match what {
            Builtin::AjouterJours => add_days(date, by),
            Builtin::AjouterAnnees => add_months(date, by.checked_mul(12)?),
            _ => add_months(date, by),
        });
        let to = to.and_then(|date| i32::try_from(day_number(date)).ok());
        out.dates.push(to.unwrap_or(0));
        match to {
            Some(value) => last = Some((day, by, value)),
            None => leave_row(out, i, dates.len()),
        }
    }
}

/// Whole years, months or days from `a` to `b`, row by row; negative if `b` comes first.
pub(super) fn between(what: Builtin, a: &[i32], b: &[i32], out: &mut Slot) {
    out.numbers.clear();
    if what == Builtin::JoursEntre {
        out.numbers.extend(a.iter().zip(b).map(|(x, y)| i64::from(*y) - i64::from(*x)));
        return;
    }
    let epoch = Date::constant(1970, 1, 1);
    // Most batches compare with one day, and birth dates come from a short span: the last ones are
    // remembered.
    let mut last: Option<(i32, i32, i64)> = None;
    for (i, (&x, &y)) in a.iter().zip(b).enumerate() {
        if let Some((lx, ly, value)) = last
            && (lx, ly) == (x, y)
        {
            out.numbers.push(value);
            continue;
        }
        let civil = |days: i32| civil(days).or_else(|| add_days(epoch, i64::from(days)));
        match civil(x).zip(civil(y)) {
            Some((from, to)) => {
                let value = if what == Builtin::AnneesEntre {
                    years_between(from, to)
                } else {
                    months_between(from, to)
                };
                out.numbers.push(value);
                last = Some((x, y, value));
            }
            None => {
                out.numbers.push(0);
                leave_row(out, i, a.len());
            }
        }
    }
}

/// The civil date of a day count; `None` beyond the calendar. By arithmetic alone, without the
/// checks of the date library.
fn civil(days: i32) -> Option<Date> {
    // Eras of 400 years have 146 097 days. Years are counted from 1 March, so that the leap day is the
    // last of its year, and from 1 March of the year 0, which is 719 468 days before 1970.
    let z = i64::from(days) + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // From March on, five months have 153 days; `shifted` is 0 for March and 11 for February.
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Civil dates agree with the calendar of the date library.
        #[test]
        fn civil_dates_agree_with_the_calendar(days in -700_000_i32..700_000) {
            prop_assert_eq!(civil(days), add_days(Date::constant(1970, 1, 1), days.into()));
        }
    }
}
