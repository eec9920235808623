//! The cells of a column of a CSV file as an array: texts, few texts, and what is typed if every cell is written as a
//! program writes it.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, Date32Array, Decimal128Array, DictionaryArray, Int64Array, NullArray,
    PrimitiveArray, StringArray,
};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::ArrowError;

use super::hash::HashMap;
use super::lists;
use logis_language::pack::schema::{Field, FieldKind};
use logis_language::value::{Exact, mul, power_of_ten};

/// A yearly amount up to which a message shows a cell as it is written.
const SHOWN: i64 = 500;

/// As what the cells of a column are read.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// Nothing expects them.
    Skipped,
    /// Texts that mostly differ.
    Texts,
    /// Texts that mostly do not.
    Few,
    Cells(Kind),
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Boolean,
    Date,
    Number(Number),
}

impl Form {
    pub fn of(field: &Field) -> Form {
        let kind = match &field.kind {
            FieldKind::Text if field.as_written => return Form::Texts,
            FieldKind::Text | FieldKind::Enum(_) => return Form::Few,
            FieldKind::Codes => return Form::Texts,
            FieldKind::Boolean => Kind::Boolean,
            FieldKind::Date => Kind::Date,
            FieldKind::Number { .. } => match Number::of(field) {
                Some(of) => Kind::Number(of),
                None => return Form::Texts,
            },
        };
        Form::Cells(kind)
    }
}

/// The cells of a column of a block.
pub(super) enum Builder<'t> {
    Skipped,
    Texts(Vec<&'t str>),
    Few { codes: Vec<Option<i32>>, texts: Vec<&'t str>, numbers: HashMap<&'t str, i32>, last: (&'t str, i32) },
    Cells { cells: Cells, known: Known, odd: bool },
}

/// The cells of a typed column.
pub(super) enum Cells {
    Boolean { values: Vec<bool>, switch: (bool, bool) },
    Date(Vec<i32>),
    Number { units: Vec<i64>, whole: bool, of: Number },
}

/// What is known of a column of numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    decimals: u32,
    /// Ten to the power of the decimals.
    one: i64,
    /// Bounds, in units of the last decimal.
    low: i64,
    high: i64,
    /// Is it an amount of a year? A small one is shown as it is written.
    yearly: bool,
}

/// Which cells are not empty, and whether one is.
#[derive(Default)]
pub(super) struct Known {
    all: Vec<bool>,
    some_empty: bool,
}

impl Known {
    fn push(&mut self, known: bool) {
        self.all.push(known);
        self.some_empty |= !known;
    }

    fn nulls(self) -> Option<NullBuffer> {
        self.some_empty.then(|| NullBuffer::from(self.all))
    }
}

impl<'t> Builder<'t> {
    /// Of booleans: whether there were zeros or ones, and letters O.
    pub fn switch(&self) -> (bool, bool) {
        match self {
            Builder::Cells { cells: Cells::Boolean { switch, .. }, .. } => *switch,
            _ => (false, false),
        }
    }

    pub fn of(form: &Form) -> Builder<'t> {
        match form {
            Form::Skipped => Builder::Skipped,
            Form::Texts => Builder::Texts(Vec::new()),
            Form::Few => {
                let (codes, texts, numbers) = (Vec::new(), Vec::new(), HashMap::default());
                Builder::Few { codes, texts, numbers, last: ("", -1) }
            }
            Form::Cells(kind) => {
                let cells = match kind {
                    Kind::Boolean => Cells::Boolean { values: Vec::new(), switch: (false, false) },
                    Kind::Date => Cells::Date(Vec::new()),
                    Kind::Number(of) => Cells::Number { units: Vec::new(), whole: true, of: *of },
                };
                Builder::Cells { cells, known: Known::default(), odd: false }
            }
        }
    }

    pub fn push(&mut self, cell: &'t str) {
        match self {
            Builder::Skipped => {}
            Builder::Texts(texts) => texts.push(cell),
            Builder::Few { codes, texts, numbers, last } => {
                if cell.is_empty() {
                    codes.push(None);
                    return;
                }
                if last.0 != cell {
                    let number = *numbers.entry(cell).or_insert_with(|| {
                        texts.push(cell);
                        i32::try_from(texts.len() - 1).unwrap_or(i32::MAX)
                    });
                    *last = (cell, number);
                }
                codes.push(Some(last.1));
            }
            Builder::Cells { cells, known, odd } => {
                known.push(!cell.is_empty());
                if cell.is_empty() {
                    cells.push_empty();
                } else {
                    *odd |= !cells.push(cell);
                }
            }
        }
    }

    pub fn is_odd(&self) -> bool {
        matches!(self, Builder::Cells { odd: true, .. })
    }

    pub fn finish(self, rows: usize) -> Result<ArrayRef, ArrowError> {
        Ok(match self {
            Builder::Skipped => Arc::new(NullArray::new(rows)),
            Builder::Texts(texts) => {
                let text = |text: &'t str| (!text.is_empty()).then_some(text);
                Arc::new(texts.into_iter().map(text).collect::<StringArray>())
            }
            Builder::Few { codes, texts, .. } => {
                let keys: PrimitiveArray<Int32Type> = codes.into_iter().collect();
                let values = Arc::new(StringArray::from_iter_values(texts));
                Arc::new(DictionaryArray::<Int32Type>::try_new(keys, values)?)
            }
            Builder::Cells { cells, known, .. } => {
                let nulls = known.nulls();
                match cells {
                    Cells::Boolean { values, .. } => {
                        Arc::new(BooleanArray::new(BooleanBuffer::from(values), nulls))
                    }
                    Cells::Date(days) => Arc::new(Date32Array::try_new(days.into(), nulls)?),
                    Cells::Number { units, whole: true, of } => {
                        let whole: Vec<i64> = units.into_iter().map(|n| n / of.one).collect();
                        Arc::new(Int64Array::try_new(whole.into(), nulls)?)
                    }
                    Cells::Number { units, of, .. } => {
                        let units: Vec<i128> = units.into_iter().map(i128::from).collect();
                        let scale = i8::try_from(of.decimals).unwrap_or(9);
                        let array = Decimal128Array::try_new(units.into(), nulls)?;
                        Arc::new(array.with_precision_and_scale(38, scale)?)
                    }
                }
            }
        })
    }
}

impl Cells {
    fn push_empty(&mut self) {
        match self {
            Cells::Boolean { values, .. } => values.push(false),
            Cells::Date(days) => days.push(0),
            Cells::Number { units, .. } => units.push(0),
        }
    }

    /// Adds a cell that is not empty; false if it is not written plainly.
    fn push(&mut self, cell: &str) -> bool {
        match self {
            Cells::Boolean { values, switch } => {
                let value = match cell {
                    "true" | "oui" | "vrai" => Some(true),
                    "false" | "non" | "faux" => Some(false),
                    other => {
                        switch.0 |= lists::digit(other);
                        switch.1 |= lists::letter_o(other);
                        lists::boolean(other)
                    }
                };
                values.push(value.unwrap_or(false));
                value.is_some()
            }
            Cells::Date(days) => {
                let day = day(cell);
                days.push(day.unwrap_or(0));
                day.is_some()
            }
            Cells::Number { units, whole, of } => {
                let number = of.units(cell);
                units.push(number.unwrap_or(0));
                *whole &= of.one == 1 || number.is_none_or(|number| number % of.one == 0);
                number.is_some()
            }
        }
    }
}

impl Number {
    /// What is known of the numbers of a field; `None` if it is none, or its bounds do not fit.
    fn of(field: &Field) -> Option<Number> {
        let FieldKind::Number { decimals, .. } = field.kind else { return None };
        let one = i64::try_from(power_of_ten(decimals)?).ok()?;
        let unit = Exact::from_integer(i128::from(one));
        let (low, high) = match &field.range {
            Some((low, high)) => {
                let (low, high) = (mul(low, &unit).ok()?.ceil(), mul(high, &unit).ok()?.floor());
                (i64::try_from(low.to_integer()).ok()?, i64::try_from(high.to_integer()).ok()?)
            }
            None => (i64::MIN, i64::MAX),
        };
        Some(Number { decimals, one, low, high, yearly: field.unit.as_deref() == Some("EUR/an") })
    }

    /// A number that is written with digits alone, and perhaps a point; in units of the last decimal.
    fn units(&self, cell: &str) -> Option<i64> {
        let bytes = cell.as_bytes();
        let (negative, bytes) = match bytes {
            [b'-', rest @ ..] => (true, rest),
            bytes => (false, bytes),
        };
        let (mut value, mut digits, mut decimals) = (0_i64, 0_u32, None);
        for byte in bytes {
            match byte {
                b'0'..=b'9' => {
                    value = value * 10 + i64::from(byte - b'0');
                    digits += 1;
                    if digits > 15 {
                        return None;
                    }
                    if let Some(decimals) = &mut decimals {
                        *decimals += 1;
                    }
                }
                b'.' if decimals.is_none() && digits > 0 => decimals = Some(0_u32),
                _ => return None,
            }
        }
        let decimals = match decimals {
            None => 0,
            // Three digits behind a point may be a group of them.
            Some(0 | 3) => return None,
            Some(decimals) => decimals,
        };
        // A number without a first digit, or with zeros before it, is shown in another way than it is written.
        let lead = match bytes {
            [b'0', b'0'..=b'9', ..] | [] => return None,
            [b'0'] | [b'0', b'.', ..] if negative => return None,
            _ => self.decimals.checked_sub(decimals)?,
        };
        let scaled = value.checked_mul(10_i64.checked_pow(lead)?)?;
        let scaled = if negative { -scaled } else { scaled };
        let odd = self.yearly
            && decimals > 0
            && bytes.last() == Some(&b'0')
            && scaled <= SHOWN.checked_mul(self.one)?;
        (!odd && (self.low..=self.high).contains(&scaled)).then_some(scaled)
    }
}

/// A day that is written `2017-06-30` or `30/06/2017`, as days since 1970.
fn day(cell: &str) -> Option<i32> {
    let digits = |bytes: &[u8]| {
        let mut value = 0_i32;
        for byte in bytes {
            value = value * 10 + i32::from(byte.checked_sub(b'0').filter(|digit| *digit < 10)?);
        }
        Some(value)
    };
    let (year, month, day) = match cell.as_bytes() {
        [y @ .., b'-', m1, m2, b'-', d1, d2] if y.len() == 4 => (y, [*m1, *m2], [*d1, *d2]),
        [d1, d2, b'/', m1, m2, b'/', y @ ..] if y.len() == 4 => (y, [*m1, *m2], [*d1, *d2]),
        _ => return None,
    };
    let (year, month, day) = (digits(year)?, digits(&month)?, digits(&day)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=last).contains(&day) {
        return None;
    }
    // Years that begin in March: the day that some years have is then their last.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(before + (153 * month + 2) / 5 + day - 1 - 719_468)
}

#[cfg(test)]
mod tests {
    use super::*;
    use logis_language::value::{Date, add_days, days_between, parse_date};
    use proptest::prelude::*;

    const EPOCH: Date = Date::constant(1970, 1, 1);

    proptest! {
        /// Days are those that the slow road reads.
        #[test]
        fn days_are_read_as_dates_are(
            text in "[0-3][0-9]/[01][0-9]/[0-9]{4}|[0-9]{4}-[01][0-9]-[0-3][0-9]|(28|29|30|31)/0[234]/(1900|2000|20[0-9]{2}|2100)",
            n in -700_000_i64..2_900_000,
        ) {
            let usual = parse_date(&text).map(|date| days_between(EPOCH, date));
            prop_assert_eq!(day(&text).map(i64::from), usual);
            if let Some(date) = add_days(EPOCH, n).filter(|date| (0..=9999).contains(&date.year())) {
                prop_assert_eq!(day(&date.to_string()).map(i64::from), Some(n));
            }
        }

        /// What is read as a number at once is what the slow road reads.
        #[test]
        fn numbers_are_read_as_people_write_them(text in "-?[0-9]{0,4}(\\.[0-9]{0,4})?", decimals in 0_u32..4) {
            let one = 10_i64.pow(decimals);
            let of = Number { decimals, one, low: i64::MIN, high: i64::MAX, yearly: false };
            if let Some(units) = of.units(&text) {
                let usual = super::super::numbers::read(&text, super::super::numbers::Of { amount: true, decimals, unit: None });
                prop_assert_eq!(usual, Ok(Exact::new(i128::from(units), i128::from(one))));
            }
        }
    }
}
