//! Days as workbooks count them.

use logis_language::value::{Date, add_days};

/// How a workbook counts days.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct DayNumbers {
    /// From 1 January 1904, as Excel for Mac did, rather than from 1900.
    pub from_1904: bool,
}

impl DayNumbers {
    /// The day of a number in a cell that has no format of dates: of the years 1910 to 2100 only, so
    /// that no year (2017) and no age is taken for one.
    pub fn day(self, number: &str) -> Option<Date> {
        let number: i64 = number.parse().ok()?;
        let origin = if self.from_1904 { Date::constant(1904, 1, 1) } else { Date::constant(1899, 12, 30) };
        let date = add_days(origin, number)?;
        (1910..2100).contains(&date.year()).then_some(date)
    }
}

#[cfg(test)]
mod tests {
    use super::DayNumbers;
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
}
