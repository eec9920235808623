//! Cells of a parameter's table by the keys of each row.

use super::super::block::{Rows, Slot};
use super::super::program::{Array, DenseTable, KeyPlaces, NO_PLACE};
use super::leftover::{either_left, leave_row};
use super::loops::wide;
use logis_language::plan::ir::NodeId;

/// The cell of a dense table by the keys of each row. `places` is memory for the place of each row's
/// cell; a row without a cell is left over.
pub(super) fn look_up(
    table: &DenseTable,
    keys: &[NodeId],
    rows: &Rows<'_, '_>,
    out: &mut Slot,
    places: &mut Vec<u32>,
) {
    let n = rows.count();
    out.any_left = false;
    // A cell's place is the sum of the parts that its keys have in it: added up key by key.
    places.clear();
    for (i, (&key, parts)) in keys.iter().zip(&table.places).enumerate() {
        let keys = rows.view(key);
        if !keys.left.is_empty() {
            either_left(out, &[keys.left], n);
        }
        match parts {
            KeyPlaces::Text(by_number) => add_part(places, i == 0, keys.texts, n, |text: u32| {
                by_number.get(text as usize).copied().unwrap_or(NO_PLACE)
            }),
            KeyPlaces::Number(low, by_number) => add_part(places, i == 0, keys.numbers, n, |unit: i64| {
                // What is below the first wraps round to what is far above the last.
                let place = usize::try_from(unit.wrapping_sub(*low) as u64).unwrap_or(usize::MAX);
                by_number.get(place).copied().unwrap_or(NO_PLACE)
            }),
            KeyPlaces::Bool(parts) => {
                add_part(
                    places,
                    i == 0,
                    keys.bools,
                    n,
                    |bool: u8| {
                        if bool == 0 { parts[0] } else { parts[1] }
                    },
                )
            }
        }
    }
    match &table.values {
        Array::Bool(v) => take(&mut out.bools, v, places),
        Array::Number(v) => take(&mut out.numbers, v, places),
        Array::Date(v) => take(&mut out.dates, v, places),
        Array::Text(v) => take(&mut out.texts, v, places),
    }
    // A key without a cell has led past the end. Rows are looked at one by one only if one has.
    let outside = places.iter().fold(false, |any, &place| any | (place as usize >= table.present.len()));
    if outside || !table.whole {
        for (row, &place) in places.iter().enumerate() {
            if table.present.get(place as usize) != Some(&true) {
                leave_row(out, row, n);
            }
        }
    }
}

/// Adds one key's part to the place of each row. [`NO_PLACE`] stays what it is, whatever is added.
fn add_part<T: Copy>(places: &mut Vec<u32>, first: bool, keys: &[T], n: usize, part: impl Fn(T) -> u32) {
    if first {
        places.extend(wide(keys, n).iter().map(|&key| part(key)));
    } else {
        places
            .iter_mut()
            .zip(wide(keys, n).iter())
            .for_each(|(place, &key)| *place = place.saturating_add(part(key)));
    }
}

/// The values at these places; zero past the end.
fn take<T: Copy + Default>(out: &mut Vec<T>, from: &[T], places: &[u32]) {
    out.clear();
    out.extend(places.iter().map(|&p| from.get(p as usize).copied().unwrap_or_default()));
}
