//! Values, exact numbers and types: what rules compute with.
//!
//! Every number is an exact fraction of 128-bit integers, so `0.9 * rfr_n2` and `1/3` are what they
//! say; a result that does not fit is an error, never a wrap. Dates are civil dates. This module
//! knows nothing of rules or tables.

use std::fmt;
use std::sync::Arc;

use num_integer::Integer;
use num_traits::{CheckedAdd, CheckedMul, CheckedSub, Zero};

pub use jiff::civil::Date;

/// An exact number: a reduced fraction.
pub type Exact = num_rational::Ratio<i128>;

/// One value of a field, a parameter or a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// `true` or `false`.
    Bool(bool),
    /// An exact number; amounts are in euros.
    Number(Exact),
    /// A civil date.
    Date(Date),
    /// A code, a name, or one of the values of an enumeration.
    Text(Arc<str>),
    /// The values of several members, or the codes of one cell.
    List(Arc<[Value]>),
}

/// The type of a field, a parameter or a rule.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// An exact number.
    Number,
    /// A civil date.
    Date,
    /// A text; with the closed list of its possible values if it has one.
    Text(Option<Arc<[Arc<str>]>>),
    /// A list of values of one type.
    List(Box<Type>),
}

impl Type {
    /// Are values of the two types comparable? (The closed lists of two texts may differ.)
    pub fn matches(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Text(_), Type::Text(_)) => true,
            (Type::List(a), Type::List(b)) => a.matches(b),
            _ => self == other,
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Bool => f.write_str("boolean"),
            Type::Number => f.write_str("number"),
            Type::Date => f.write_str("date"),
            Type::Text(None) => f.write_str("text"),
            Type::Text(Some(values)) => write!(f, "text ({})", values.join("|")),
            Type::List(item) => write!(f, "list of {item}"),
        }
    }
}

impl Value {
    /// A whole number.
    pub fn int(value: i64) -> Value {
        Value::Number(Exact::from_integer(i128::from(value)))
    }

    /// A text.
    pub fn text(value: &str) -> Value {
        Value::Text(Arc::from(value))
    }

    /// The type of the value (a text has no closed list of its own).
    pub fn value_type(&self) -> Type {
        match self {
            Value::Bool(_) => Type::Bool,
            Value::Number(_) => Type::Number,
            Value::Date(_) => Type::Date,
            Value::Text(_) => Type::Text(None),
            Value::List(items) => {
                Type::List(Box::new(items.first().map_or(Type::Text(None), Value::value_type)))
            }
        }
    }
}

/// Plain form, as in CSV: `true`, `24500.5`, `2017-06-30`, codes separated by spaces.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Bool(value) => write!(f, "{value}"),
            Value::Number(value) => f.write_str(&format_number(value)),
            Value::Date(value) => write!(f, "{value}"),
            Value::Text(value) => f.write_str(value),
            Value::List(items) => {
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        f.write_str(" ")?;
                    }
                    write!(f, "{item}")?;
                }
                Ok(())
            }
        }
    }
}

/// What an exact computation cannot give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum NumberError {
    /// The result needs more than 128 bits.
    #[error("dépassement de capacité")]
    Overflow,
    /// A division by zero.
    #[error("division par zéro")]
    DivisionByZero,
}

/// Sum, or [`NumberError::Overflow`].
pub fn add(a: &Exact, b: &Exact) -> Result<Exact, NumberError> {
    a.checked_add(b).ok_or(NumberError::Overflow)
}

/// Difference, or [`NumberError::Overflow`].
pub fn sub(a: &Exact, b: &Exact) -> Result<Exact, NumberError> {
    a.checked_sub(b).ok_or(NumberError::Overflow)
}

/// Product, or [`NumberError::Overflow`].
pub fn mul(a: &Exact, b: &Exact) -> Result<Exact, NumberError> {
    a.checked_mul(b).ok_or(NumberError::Overflow)
}

/// Exact quotient, or [`NumberError::DivisionByZero`] or [`NumberError::Overflow`].
pub fn div(a: &Exact, b: &Exact) -> Result<Exact, NumberError> {
    if b.is_zero() {
        return Err(NumberError::DivisionByZero);
    }
    num_traits::CheckedDiv::checked_div(a, b).ok_or(NumberError::Overflow)
}

/// The three roundings that a rule may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// To the nearest; halves away from zero.
    Nearest,
    /// Towards minus infinity.
    Down,
    /// Towards plus infinity.
    Up,
}

impl Rounding {
    /// Does a quotient round up from its floor? Of the divisor, `rest` is the part above the floor and
    /// `lacking` the part that is missing to the next whole number: together they make the divisor.
    pub fn up<T: Ord + Default>(self, rest: T, lacking: T, positive: bool) -> bool {
        match self {
            Rounding::Down => false,
            Rounding::Up => rest > T::default(),
            // Halves away from zero: up for positive numbers, down for negative ones.
            Rounding::Nearest if positive => lacking <= rest,
            Rounding::Nearest => lacking < rest,
        }
    }
}

/// Rounds to `decimals` decimals (0 to 9).
pub fn round(x: &Exact, decimals: u32, rounding: Rounding) -> Result<Exact, NumberError> {
    // Counted in the last decimal that stays, only the whole part is kept, and perhaps one more.
    let unit = power_of_ten(decimals).ok_or(NumberError::Overflow)?;
    let scaled = mul(x, &Exact::from_integer(unit))?;
    let (n, d) = (*scaled.numer(), *scaled.denom());
    let floor = Integer::div_floor(&n, &d);
    let rest = Integer::mod_floor(&n, &d);
    let whole = if rounding.up(rest, d - rest, n > 0) {
        floor.checked_add(1).ok_or(NumberError::Overflow)?
    } else {
        floor
    };
    Ok(Exact::new(whole, unit))
}

/// Ten to the power of `exponent`, if it fits.
pub fn power_of_ten(exponent: u32) -> Option<i128> {
    10_i128.checked_pow(exponent)
}

/// Reads `12`, `-0.9` or `2/3`; `None` if it is anything else or does not fit.
///
/// ```
/// use logis::value::{Exact, parse_number};
/// assert_eq!(parse_number("0.9"), Some(Exact::new(9, 10)));
/// assert_eq!(parse_number("2/3"), Some(Exact::new(2, 3)));
/// assert_eq!(parse_number("21 3O0"), None);
/// ```
pub fn parse_number(text: &str) -> Option<Exact> {
    if let Some((n, d)) = text.split_once('/') {
        let (n, d) = (parse_decimal(n.trim())?, parse_decimal(d.trim())?);
        return div(&n, &d).ok();
    }
    parse_decimal(text)
}

/// Reads digits with at most one point, and a sign; `_` may stand between digits.
fn parse_decimal(text: &str) -> Option<Exact> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    if digits.contains('.') && fraction.is_empty() {
        return None;
    }
    // All digits as one whole number, over ten to the power of how many stand after the point.
    let mut number: i128 = 0;
    let mut scale: i128 = 1;
    for (i, byte) in whole.bytes().chain(fraction.bytes()).enumerate() {
        if byte == b'_' {
            continue;
        }
        number = number.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
        if i >= whole.len() {
            scale = scale.checked_mul(10)?;
        }
    }
    Some(Exact::new(if negative { -number } else { number }, scale))
}

/// Plain decimal form (`24500.5`); a fraction that has no finite decimal form stays one (`1/3`).
pub fn format_number(value: &Exact) -> String {
    let (n, d) = (*value.numer(), *value.denom());
    if d == 1 {
        return n.to_string();
    }
    let Some(decimals) = finite_decimals(d) else {
        return format!("{n}/{d}");
    };
    let Some(scaled) = power_of_ten(decimals).and_then(|p| n.checked_mul(p / d)) else {
        return format!("{n}/{d}");
    };
    // At least one digit before the point: 5 hundredths are "005", so 0.05.
    let digits = format!("{:0>width$}", scaled.unsigned_abs(), width = decimals as usize + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals as usize);
    format!("{}{whole}.{fraction}", if n < 0 { "-" } else { "" })
}

/// How many decimals a reduced fraction with this (positive) denominator has; `None` if they never end.
pub fn finite_decimals(mut denominator: i128) -> Option<u32> {
    // They end if the denominator divides a power of ten: it has no prime factor but 2 and 5.
    let (mut twos, mut fives) = (0, 0);
    while denominator % 2 == 0 {
        denominator /= 2;
        twos += 1;
    }
    while denominator % 5 == 0 {
        denominator /= 5;
        fives += 1;
    }
    (denominator == 1).then_some(twos.max(fives))
}

/// Whole years from `from` to `to` (negative when `to` comes first): the age on the day `to` of
/// someone born on the day `from`. Someone born on 29 February is a year older on 1 March.
pub fn years_between(from: Date, to: Date) -> i64 {
    months_between(from, to) / 12
}

/// Whole months from `from` to `to`, towards zero.
pub fn months_between(from: Date, to: Date) -> i64 {
    if to < from {
        return -months_between(to, from);
    }
    // A month that has begun on a later day than `to` has is not whole yet.
    let months = (i64::from(to.year()) - i64::from(from.year())) * 12 + i64::from(to.month())
        - i64::from(from.month());
    if to.day() < from.day() { months - 1 } else { months }
}

/// Days from `from` to `to`.
pub fn days_between(from: Date, to: Date) -> i64 {
    day_number(to) - day_number(from)
}

/// Days since 1 January 1970.
pub fn day_number(date: Date) -> i64 {
    i64::from((date - EPOCH).get_days())
}

const EPOCH: Date = Date::constant(1970, 1, 1);

/// `date` moved by whole months; a day that the month lacks becomes its last. `None` beyond the
/// calendar (years -9999 to 9999).
pub fn add_months(date: Date, months: i64) -> Option<Date> {
    date.checked_add(jiff::Span::new().try_months(months).ok()?).ok()
}

/// `date` moved by days; `None` beyond the calendar.
pub fn add_days(date: Date, days: i64) -> Option<Date> {
    date.checked_add(jiff::Span::new().try_days(days).ok()?).ok()
}

/// The months in French, from January on.
pub const FRENCH_MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// A day in French: `1er juin 2022`.
///
/// ```
/// use logis::value::{french_day, parse_date};
/// assert_eq!(parse_date("2022-06-01").map(french_day).as_deref(), Some("1er juin 2022"));
/// ```
pub fn french_day(day: Date) -> String {
    let month =
        usize::try_from(day.month() - 1).ok().and_then(|at| FRENCH_MONTHS.get(at)).copied().unwrap_or("");
    let first = if day.day() == 1 { "er" } else { "" };
    format!("{}{first} {month} {}", day.day(), day.year())
}

/// Reads `2017-06-30` or the French `30/06/2017`.
pub fn parse_date(text: &str) -> Option<Date> {
    // Exactly `len` digits: `30/06/17` and `2017-6-1` could be meant otherwise.
    let number = |s: &str, len: usize| -> Option<i16> {
        (s.len() == len && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse().ok())?
    };
    let (year, month, day) = if text.contains('/') {
        let mut parts = text.split('/');
        let (d, m, y) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        (number(y, 4)?, number(m, m.len().clamp(1, 2))?, number(d, d.len().clamp(1, 2))?)
    } else {
        let mut parts = text.split('-');
        let (y, m, d) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        (number(y, 4)?, number(m, 2)?, number(d, 2)?)
    };
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn date(text: &str) -> Date {
        parse_date(text).expect("a date of the test")
    }

    #[test]
    fn numbers_are_read_exactly_and_written_back() {
        for (text, written) in [("0.9", "0.9"), ("-12.50", "-12.5"), ("2/3", "2/3"), ("0.05", "0.05")] {
            assert_eq!(format_number(&parse_number(text).unwrap()), written);
        }
        for wrong in ["", "1.", ".5", "1,5", "12a", "1/0", "21 300"] {
            assert_eq!(parse_number(wrong), None, "{wrong}");
        }
    }

    /// PLS 2023, other regions: 1.3 × 21 878 = 28 441.4; a half goes away from zero.
    #[test]
    fn rounding_is_to_the_nearest_with_halves_away_from_zero() {
        let r = |n, d, how| round(&Exact::new(n, d), 0, how).unwrap();
        assert_eq!(r(284_414, 10, Rounding::Nearest), Exact::from_integer(28_441));
        assert_eq!(r(5, 2, Rounding::Nearest), Exact::from_integer(3));
        assert_eq!(r(-5, 2, Rounding::Nearest), Exact::from_integer(-3));
        assert_eq!(r(-5, 2, Rounding::Down), Exact::from_integer(-3));
        assert_eq!(r(-5, 2, Rounding::Up), Exact::from_integer(-2));
    }

    #[test]
    fn an_age_is_in_completed_years() {
        assert_eq!(years_between(date("1990-06-30"), date("2017-06-29")), 26);
        assert_eq!(years_between(date("1990-06-30"), date("2017-06-30")), 27);
        assert_eq!(years_between(date("1992-02-29"), date("2017-02-28")), 24);
        assert_eq!(years_between(date("1992-02-29"), date("2017-03-01")), 25);
        assert_eq!(years_between(date("2017-06-30"), date("1990-07-01")), -26);
    }

    #[test]
    fn dates_are_read_in_iso_and_french_form() {
        assert_eq!(date("30/06/2017"), date("2017-06-30"));
        assert_eq!(date("1/7/2017"), date("2017-07-01"));
        for wrong in ["2017-02-29", "30-06-2017", "2017/06/30", "30/06/17", "2017-6-1", ""] {
            assert_eq!(parse_date(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn overflow_is_an_error(a in any::<i128>(), b in any::<i128>()) {
            let (x, y) = (Exact::from_integer(a), Exact::from_integer(b));
            prop_assert_eq!(add(&x, &y).ok().map(|v| *v.numer()), a.checked_add(b));
            prop_assert_eq!(mul(&x, &y).ok().map(|v| *v.numer()), a.checked_mul(b));
        }
    }
}
