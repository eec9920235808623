//! The loops over dates, which are days since 1 January 1970.

use super::block::Slot;
use super::kernels::leave_row;
use super::program::{Array, DayTable};
use logis_language::plan::builtins::Builtin;

/// For each day, its place in the table.
pub(super) fn by_day(table: &DayTable, days: &[i32], out: &mut Slot) {
    fn take<T: Copy + Default>(out: &mut Vec<T>, from: &[T], days: &[i32], first: i32) {
        out.clear();
        // The days are those of the table's column: none is before the first.
        let place = |day: i32| day.wrapping_sub(first) as u32 as usize;
        out.extend(days.iter().map(|&day| from.get(place(day)).copied().unwrap_or_default()));
    }
    match &table.values {
        Array::Bool(values) => take(&mut out.bools, values, days, table.first),
        Array::Date(values) => take(&mut out.dates, values, days, table.first),
        Array::Number(values) => take(&mut out.numbers, values, days, table.first),
        Array::Text(values) => take(&mut out.texts, values, days, table.first),
    }
}

/// Dates moved; beyond the calendar, the row is left over.
pub(super) fn moved(what: Builtin, dates: &[i32], by: &[i64], out: &mut Slot) {
    out.dates.clear();
    for (i, (&day, &by)) in dates.iter().zip(by).enumerate() {
        let to = moved_day(what, day, by);
        out.dates.push(to.unwrap_or(0));
        if to.is_none() {
            leave_row(out, i, dates.len());
        }
    }
}

/// A day moved by whole years, months or days; `None` beyond the calendar.
pub(super) fn moved_day(what: Builtin, day: i32, by: i64) -> Option<i32> {
    match what {
        Builtin::AjouterJours => {
            by.checked_add(day.into()).and_then(|day| in_calendar(i32::try_from(day).ok()?))
        }
        Builtin::AjouterAnnees => by.checked_mul(12).and_then(|by| months_after(day, by)),
        _ => months_after(day, by),
    }
}

/// Whole years, months or days from one day to another; negative if the other comes first.
pub(super) fn between_days(what: Builtin, from: i32, to: i32) -> i64 {
    match what {
        Builtin::JoursEntre => i64::from(to) - i64::from(from),
        Builtin::AnneesEntre => months(from, to) / 12,
        _ => months(from, to),
    }
}

/// Whole years, months or days from `a` to `b`, row by row; negative if `b` comes first.
pub(super) fn between(what: Builtin, a: &[i32], b: &[i32], out: &mut Slot) {
    out.numbers.clear();
    let each = a.iter().zip(b).map(|(&x, &y)| (x, y));
    match what {
        Builtin::JoursEntre => out.numbers.extend(each.map(|(x, y)| i64::from(y) - i64::from(x))),
        Builtin::AnneesEntre => out.numbers.extend(each.map(|(x, y)| months(x, y) / 12)),
        _ => out.numbers.extend(each.map(|(x, y)| months(x, y))),
    }
}

/// The first and the last day of the calendar, which has the years -9999 to 9999; since 1 January 1970.
const CALENDAR: (i32, i32) = (-4_371_587, 2_932_896);

fn in_calendar(day: i32) -> Option<i32> {
    (CALENDAR.0..=CALENDAR.1).contains(&day).then_some(day)
}

/// Eras of 400 years by which days are moved so that none of the calendar is negative: in whole numbers without sign
/// that fit 32 bits divisions are several times faster, and run side by side.
const ERAS: u32 = 32;

/// A day as months since January of the year 0, and the day in its month from 1 on.
fn civil(days: i32) -> (i32, i32) {
    // Eras of 400 years have 146 097 days. Years are counted from 1 March, so that the leap day is the
    // last of its year, and from 1 March of the year 0, which is 719 468 days before 1970.
    let z = days.wrapping_add(719_468 + (ERAS * 146_097).cast_signed()).cast_unsigned();
    let (era, day_of_era) = (z / 146_097, z % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // From March on, five months have 153 days; `shifted` is 0 for March and 11 for February.
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    // March is the third month of its year, number 2 from 0 on.
    let month = (year_of_era + era * 400) * 12 + shifted + 2;
    (month.cast_signed() - (ERAS * 400 * 12).cast_signed(), day.cast_signed())
}

/// The first day of a month, of months since January of the year 0; since 1 January 1970.
fn first_of(month: i64) -> i64 {
    // As in [`civil`], from March on.
    let (year, shifted) = ((month - 2).div_euclid(12), (month - 2).rem_euclid(12));
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * shifted + 2) / 5;
    era * 146_097 + 365 * year_of_era + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// A day moved by whole months; a day that the month lacks becomes its last. `None` beyond the calendar.
fn months_after(day: i32, by: i64) -> Option<i32> {
    in_calendar(day)?;
    let (month, day) = civil(day);
    // No move within the calendar is longer.
    if !(-239_988..=239_988).contains(&by) {
        return None;
    }
    let (to, day) = (i64::from(month) + by, i64::from(day));
    let (first, next) = (first_of(to), first_of(to + 1));
    in_calendar(i32::try_from((first + day - 1).min(next - 1)).ok()?)
}

/// Whole months from one day to another, towards zero.
fn months(from: i32, to: i32) -> i64 {
    let ((a, first), (b, last)) = (civil(from.min(to)), civil(from.max(to)));
    // A month that has begun on a later day than the last has is not whole yet.
    let whole = b - a - i32::from(last < first);
    i64::from(if to < from { -whole } else { whole })
}

#[cfg(test)]
mod tests {
    use super::*;
    use logis_language::value::{Date, add_days, add_months, day_number, months_between};
    use proptest::prelude::*;

    fn date(day: i32) -> Date {
        add_days(Date::constant(1970, 1, 1), day.into()).unwrap()
    }

    #[test]
    fn the_calendar_ends_where_the_date_library_ends_it() {
        assert_eq!(i64::from(CALENDAR.0), day_number(Date::MIN));
        assert_eq!(i64::from(CALENDAR.1), day_number(Date::MAX));
    }

    proptest! {
        /// Months are counted and added as the date library does it, to the ends of the calendar.
        #[test]
        fn months_agree_with_the_date_library(
            day in prop_oneof![-10_000_i32..30_000, CALENDAR.0..=CALENDAR.1],
            other in prop_oneof![-10_000_i32..30_000, CALENDAR.0..=CALENDAR.1],
            by in prop_oneof![-500_i64..500, -300_000_i64..300_000],
        ) {
            prop_assert_eq!(months(day, other), months_between(date(day), date(other)));
            let moved = add_months(date(day), by).map(|date| day_number(date) as i32);
            prop_assert_eq!(months_after(day, by), moved);
        }
    }
}
