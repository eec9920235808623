//! From an Arrow array to a typed column at once, where its type is that of the field: buffers are
//! shared, not copied, where they hold what the column does.
//!
//! `None` for an array of another type, or with a cell that the field does not allow: the cells are
//! then read one by one, which finds the words for what is wrong.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Decimal128Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow_array::{Array, ArrayRef};
use arrow_buffer::{ArrowNativeType, BooleanBuffer, NullBuffer, ScalarBuffer};
use arrow_schema::{DataType, TimeUnit};

use super::buffers::{Bits, Shared};
use super::dictionary::Dictionary;
use super::table::{Cells, Column};
use super::texts::{Texts, trimmed};
use logis_language::pack::schema::{Field, FieldKind};
use logis_language::value::{Exact, mul, power_of_ten};

/// Days of the years that civil dates have.
pub(super) const DAYS: std::ops::RangeInclusive<i32> = -4_000_000..=2_900_000;

/// The column of a field, if the array fits it as it is.
pub(super) fn column(field: &Field, array: &ArrayRef) -> Option<Column> {
    let nulls = array.nulls().filter(|n| n.null_count() > 0);
    if nulls.is_some() && field.required {
        return None;
    }
    // An empty cell that is a value is known: no, zero, the first day.
    let known = nulls.filter(|_| !field.empty_is_none).map(|n| bits(n.inner()));
    match (&field.kind, array.data_type()) {
        (FieldKind::Boolean, DataType::Boolean) => {
            let values = bits(array.as_boolean().values());
            let values = match nulls {
                Some(nulls) => values.and(&bits(nulls.inner())),
                None => values,
            };
            Some(Column::new(Cells::Bool(values), known))
        }
        (FieldKind::Date, DataType::Date32) => {
            let days = array.as_primitive::<Date32Type>().values();
            let days = match nulls {
                Some(nulls) => zeroed(days.to_vec(), nulls).into(),
                None => shared(days),
            };
            within(&days, *DAYS.start(), *DAYS.end()).then_some(Column::new(Cells::Date(days), known))
        }
        // Without a zone of time: a day, where all are midnight.
        (FieldKind::Date, DataType::Timestamp(unit, None)) => {
            let days = match unit {
                TimeUnit::Second => midnights::<TimestampSecondType>(array, 86_400)?,
                TimeUnit::Millisecond => midnights::<TimestampMillisecondType>(array, 86_400_000)?,
                TimeUnit::Microsecond => midnights::<TimestampMicrosecondType>(array, 86_400_000_000)?,
                TimeUnit::Nanosecond => midnights::<TimestampNanosecondType>(array, 86_400_000_000_000)?,
            };
            Some(Column::new(Cells::Date(days), known))
        }
        (FieldKind::Number { decimals, .. }, kind) => {
            let times = i64::try_from(power_of_ten(*decimals)?).ok()?;
            let units = match kind {
                DataType::Int64 if times == 1 && nulls.is_none() => {
                    shared(array.as_primitive::<Int64Type>().values())
                }
                DataType::Int64 => whole::<Int64Type>(array, times)?,
                DataType::Int32 => whole::<Int32Type>(array, times)?,
                DataType::Int16 => whole::<Int16Type>(array, times)?,
                DataType::Int8 => whole::<Int8Type>(array, times)?,
                DataType::Decimal128(_, scale) => decimal(array, u32::try_from(*scale).ok()?, *decimals)?,
                _ => return None,
            };
            if let Some((low, high)) = &field.range {
                let unit = Exact::from_integer(i128::from(times));
                let (low, high) = (mul(low, &unit).ok()?, mul(high, &unit).ok()?);
                let (low, high) = (low.ceil().to_integer(), high.floor().to_integer());
                let (least, most) = (low.max(i64::MIN.into()), high.min(i64::MAX.into()));
                let bounds = i64::try_from(least).ok().zip(i64::try_from(most).ok());
                let fit =
                    |(row, &n): (usize, &i64)| (low..=high).contains(&i128::from(n)) || array.is_null(row);
                // Mostly all are, and what stands at a missing cell is too.
                if !bounds.is_some_and(|(low, high)| within(&units, low, high))
                    && !units.iter().enumerate().all(fit)
                {
                    return None;
                }
            }
            Some(Column::new(Cells::Number { units, decimals: *decimals }, known))
        }
        (FieldKind::Text, _) => {
            let mut texts = Dictionary::default();
            let (codes, known) = texts_of(array, &mut |text| Some(texts.code(text)))?;
            let known = if field.empty_is_none { None } else { known };
            if field.required && known.is_some() {
                return None;
            }
            Some(Column::new(Cells::Text { codes: codes.into(), dictionary: texts.finish() }, known))
        }
        (FieldKind::Enum(values), _) => {
            let mut at = |text: &str| match text {
                "" => Some(field.empty_code().unwrap_or(0)),
                text => u32::try_from(values.iter().position(|v| v.as_ref() == text)?).ok(),
            };
            let (codes, known) = texts_of(array, &mut at)?;
            let known = if field.empty_is_none { None } else { known };
            if field.required && known.is_some() {
                return None;
            }
            Some(Column::new(Cells::Text { codes: codes.into(), dictionary: Arc::clone(values) }, known))
        }
        _ => None,
    }
}

/// The values of an array, not copied.
fn shared<T: ArrowNativeType>(values: &ScalarBuffer<T>) -> Shared<T> {
    Shared::of(values.clone())
}

/// The bits of an array, which may begin within a word of theirs.
fn bits(values: &BooleanBuffer) -> Bits {
    Bits::from_words(values.bit_chunks().iter_padded(), values.len())
}

/// Integers as counts of a unit.
fn whole<T: ArrowPrimitiveType>(array: &ArrayRef, times: i64) -> Option<Shared<i64>>
where
    T::Native: Into<i64>,
{
    let values = array.as_primitive::<T>().values();
    let nulls = array.nulls();
    // Mostly none is too large, and nothing is asked by row.
    let most = i64::MAX / times.max(1);
    let large = |large: bool, n: &T::Native| {
        let n: i64 = (*n).into();
        large | (n > most) | (n < -most)
    };
    if times > 0 && !values.iter().fold(false, large) {
        let units = values.iter().map(|n| {
            let n: i64 = (*n).into();
            n.wrapping_mul(times)
        });
        let units: Vec<i64> = units.collect();
        return Some(match nulls {
            Some(nulls) => zeroed(units, nulls).into(),
            None => units.into(),
        });
    }
    values
        .iter()
        .enumerate()
        .map(
            |(row, &n)| {
                if nulls.is_some_and(|v| v.is_null(row)) { Some(0) } else { n.into().checked_mul(times) }
            },
        )
        .collect::<Option<Vec<i64>>>()
        .map(Shared::from)
}

/// Moments as days; `None` if one is not the midnight of a day that dates have.
fn midnights<T: ArrowPrimitiveType<Native = i64>>(array: &ArrayRef, day: i64) -> Option<Shared<i32>> {
    let values = array.as_primitive::<T>().values();
    let one = |(row, &at): (usize, &i64)| {
        if array.is_null(row) {
            return Some(0);
        }
        let days = i32::try_from(at.checked_div_euclid(day)?).ok()?;
        (at.checked_rem_euclid(day)? == 0 && DAYS.contains(&days)).then_some(days)
    };
    values.iter().enumerate().map(one).collect::<Option<Vec<i32>>>().map(Shared::from)
}

/// Decimals as counts of a unit: none may have more decimals than the field.
fn decimal(array: &ArrayRef, scale: u32, decimals: u32) -> Option<Shared<i64>> {
    let values = array.as_primitive::<Decimal128Type>().values();
    let nulls = array.nulls();
    let (times, by) = match decimals.checked_sub(scale) {
        Some(more) => (power_of_ten(more)?, 1),
        None => (1, power_of_ten(scale - decimals)?),
    };
    let one = |n: i128| {
        let n = n.checked_mul(times)?;
        if n % by == 0 { i64::try_from(n / by).ok() } else { None }
    };
    values
        .iter()
        .enumerate()
        .map(|(row, &n)| if nulls.is_some_and(|v| v.is_null(row)) { Some(0) } else { one(n) })
        .collect::<Option<Vec<i64>>>()
        .map(Shared::from)
}

/// What stands at a missing cell means nothing: let it not widen the bounds of the column.
fn zeroed<T: Copy + Default>(mut values: Vec<T>, nulls: &NullBuffer) -> Vec<T> {
    for (word, values) in nulls.inner().bit_chunks().iter_padded().zip(values.chunks_mut(64)) {
        // Of many neighbours, mostly all or none are there.
        match word {
            u64::MAX => {}
            0 => values.fill(T::default()),
            _ => {
                for (place, value) in values.iter_mut().enumerate() {
                    *value = if word >> place & 1 == 1 { *value } else { T::default() };
                }
            }
        }
    }
    values
}

/// Do all values lie between two bounds? All are looked at, which vector instructions do faster than a search.
fn within<T: Copy + Ord>(values: &[T], low: T, high: T) -> bool {
    !values.iter().fold(false, |some, value| some | (*value < low) | (*value > high))
}

/// The texts of an array; `None` of another type.
pub(super) fn texts(array: &ArrayRef) -> Option<Texts<'_>> {
    if let Some(dictionary) = array.as_any_dictionary_opt() {
        let mut texts = match texts_each(dictionary.values())? {
            Texts::Each(texts) => texts,
            _ => return None,
        };
        let empty = u32::try_from(texts.len()).ok()?;
        texts.push("");
        // A dictionary of nothing has no keys, only cells that are empty.
        let keys = if empty == 0 { vec![0; array.len()] } else { dictionary.normalized_keys() };
        let codes = keys.into_iter().enumerate().map(|(row, key)| match array.is_valid(row) {
            true => u32::try_from(key).unwrap_or(empty),
            false => empty,
        });
        return Some(Texts::Coded { codes: codes.collect(), texts });
    }
    texts_each(array)
}

fn texts_each(array: &ArrayRef) -> Option<Texts<'_>> {
    fn each<'a>(texts: impl Iterator<Item = Option<&'a str>>) -> Texts<'a> {
        Texts::Each(texts.map(|text| text.map_or("", trimmed)).collect())
    }
    match array.data_type() {
        DataType::Utf8 => Some(each(array.as_string::<i32>().iter())),
        DataType::LargeUtf8 => Some(each(array.as_string::<i64>().iter())),
        DataType::Utf8View => Some(each(array.as_string_view().iter())),
        _ => None,
    }
}

/// The number of each text, and which cells are not empty. Spaces around a text are not of it.
fn texts_of(
    array: &ArrayRef,
    number: &mut dyn FnMut(&str) -> Option<u32>,
) -> Option<(Vec<u32>, Option<Bits>)> {
    let mut codes = Vec::with_capacity(array.len());
    let mut known = Vec::with_capacity(array.len());
    if let Some(dictionary) = array.as_any_dictionary_opt() {
        if dictionary.values().is_empty() {
            return None;
        }
        let texts = texts_of(dictionary.values(), number)?;
        let empty = number("")?;
        // By key, and last what stands for no key: the number, and whether the cell holds a text.
        let mut meant: Vec<(u32, bool)> = texts.0.iter().map(|code| (*code, true)).collect();
        if let Some(some) = &texts.1 {
            meant
                .iter_mut()
                .zip(some.iter())
                .filter(|(_, some)| !some)
                .for_each(|(slot, _)| *slot = (empty, false));
        }
        let (last, nulls) = (meant.len(), array.nulls().filter(|nulls| nulls.null_count() > 0));
        meant.push((empty, false));
        if nulls.is_none() && texts.1.is_none() {
            let keys = dictionary.normalized_keys().into_iter();
            return Some((
                keys.map(|key| meant.get(key).map(|(code, _)| *code)).collect::<Option<_>>()?,
                None,
            ));
        }
        for (row, key) in dictionary.normalized_keys().into_iter().enumerate() {
            let key = if nulls.is_some_and(|nulls| nulls.is_null(row)) { last } else { key };
            let (code, there) = *meant.get(key)?;
            codes.push(code);
            known.push(there);
        }
    } else {
        let mut push = |text: Option<&str>| {
            let text = text.map_or("", trimmed);
            known.push(!text.is_empty());
            number(text).map(|code| codes.push(code))
        };
        match array.data_type() {
            DataType::Utf8 => array.as_string::<i32>().iter().try_for_each(&mut push)?,
            DataType::LargeUtf8 => array.as_string::<i64>().iter().try_for_each(&mut push)?,
            DataType::Utf8View => array.as_string_view().iter().try_for_each(&mut push)?,
            _ => return None,
        }
    }
    let known: Bits = known.into_iter().collect();
    Some((codes, (known.zeros() > 0).then_some(known)))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{whole, within, zeroed};
    use arrow_array::types::Int64Type;
    use arrow_array::{ArrayRef, Int64Array};
    use arrow_buffer::NullBuffer;
    use proptest::prelude::*;

    proptest! {
        /// What is done with all values at once is what is done with each by itself.
        #[test]
        fn all_at_once_are_as_one_by_one(
            cells in prop::collection::vec(
                prop_oneof![8 => (-9_i64..9).prop_map(Some), 2 => Just(None), 1 => Just(Some(i64::MAX / 50))],
                0..140,
            ),
        ) {
            let array: ArrayRef = Arc::new(Int64Array::from(cells.clone()));
            let each: Option<Vec<i64>> = cells.iter().map(|cell| cell.unwrap_or(0).checked_mul(100)).collect();
            prop_assert_eq!(whole::<Int64Type>(&array, 100).map(|units| units.to_vec()), each);
            let values: Vec<i64> = cells.iter().map(|cell| cell.unwrap_or(-7)).collect();
            let nulls: NullBuffer = cells.iter().map(Option::is_some).collect::<Vec<bool>>().into();
            prop_assert_eq!(within(&values, -7, 5), values.iter().all(|value| (-7..=5).contains(value)));
            let zero: Vec<i64> = cells.iter().map(|cell| cell.unwrap_or(0)).collect();
            prop_assert_eq!(zeroed(values, &nulls), zero);
        }
    }
}
