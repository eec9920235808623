//! Parameters' tables, made dense: a place for every combination of keys.

use std::collections::BTreeSet;
use std::sync::Arc;

use num_integer::Integer;

use super::super::program::{Array, DenseTable, Instruction, KeyPlaces, NO_PLACE, Repr, Texts};
use super::{Compiler, NO_BOUNDS, Typed, day};
use logis_language::pack::params::ParameterVersion;
use logis_language::plan::ir::NodeId;
use logis_language::value::{Type, Value};

/// The most places of a dense table: beyond, it is looked up row by row.
const MOST_PLACES: usize = 4_000_000;

/// The widest span of a key's numbers, in counts of its unit.
const WIDEST_KEY: usize = 1_000_000;

/// The part that each value of a key has in the place of a cell: its number among the key's `values`,
/// times `stride`. `None` for a key of another type than its values, or spread too wide.
fn key_places(repr: Repr, values: &[&Value], stride: u32, texts: &mut Texts) -> Option<KeyPlaces> {
    let place = |at: u32| at * stride;
    Some(match repr {
        Repr::Text => {
            let mut by_number = Vec::new();
            for (at, value) in (0_u32..).zip(values) {
                let Value::Text(text) = value else { return None };
                let number = texts.number(text) as usize;
                by_number.resize(by_number.len().max(number + 1), NO_PLACE);
                *by_number.get_mut(number)? = place(at);
            }
            KeyPlaces::Text(by_number)
        }
        Repr::Number(d) => {
            let unit = |value: &&Value| match value {
                Value::Number(n) if n.is_integer() => i64::try_from(*n.numer()).ok()?.checked_mul(d),
                _ => None,
            };
            let units: Vec<i64> = values.iter().map(unit).collect::<Option<_>>()?;
            let (low, high) = (units.iter().copied().min()?, units.iter().copied().max()?);
            let span = usize::try_from(high.checked_sub(low)?).ok().filter(|s| *s < WIDEST_KEY)?;
            let mut by_number = vec![NO_PLACE; span + 1];
            for (at, unit) in (0_u32..).zip(&units) {
                *by_number.get_mut(usize::try_from(unit - low).ok()?)? = place(at);
            }
            KeyPlaces::Number(low, by_number)
        }
        Repr::Bool => {
            let at = |wanted: bool| values.iter().zip(0_u32..).find(|(v, _)| ***v == Value::Bool(wanted));
            let place = |wanted: bool| at(wanted).map_or(NO_PLACE, |(_, at)| place(at));
            KeyPlaces::Bool([place(false), place(true)])
        }
        Repr::Date => return None,
    })
}

/// A table in force, dense, for keys that are held so; with what its values are and between which counts they lie.
pub(in super::super) fn dense(
    version: &ParameterVersion,
    keys: &[Repr],
    ty: &Type,
    texts: &mut Texts,
) -> Option<(DenseTable, Repr, (i128, i128))> {
    // By key: its values in the table. A cell's place counts the last key fastest.
    let mut values: Vec<Vec<&Value>> = Vec::new();
    for i in 0..keys.len() {
        let own: BTreeSet<&Value> = version.cells.keys().filter_map(|k| k.get(i)).collect();
        values.push(own.into_iter().collect());
    }
    // Strides as in an array of several dimensions.
    let mut size = 1_usize;
    let mut strides = vec![1_u32; keys.len()];
    for (values, stride) in values.iter().zip(&mut strides).rev() {
        *stride = u32::try_from(size).ok()?;
        size = size.checked_mul(values.len()).filter(|s| *s < MOST_PLACES)?;
    }
    let mut places = Vec::new();
    for ((&key, values), &stride) in keys.iter().zip(&values).zip(&strides) {
        places.push(key_places(key, values, stride, texts)?);
    }
    // Numbers count one unit, in which all cells are whole.
    let d = match ty {
        Type::Number => version.cells.values().try_fold(1_i128, |d, c| match c.value {
            Value::Number(n) => Some(d.lcm(n.denom())),
            _ => None,
        })?,
        _ => 1,
    };
    let d = i64::try_from(d).ok()?;
    // The cells go to their places; combinations without a cell are marked as absent.
    let mut present = vec![false; size];
    let mut numbers = vec![0_i64; size];
    for (cell_keys, cell) in &version.cells {
        let mut at = 0;
        for ((key, values), &stride) in cell_keys.iter().zip(&values).zip(&strides) {
            at += values.iter().position(|v| *v == key)? * stride as usize;
        }
        *present.get_mut(at)? = true;
        *numbers.get_mut(at)? = match &cell.value {
            Value::Bool(b) => i64::from(*b),
            Value::Number(n) => i64::try_from(n.numer().checked_mul(i128::from(d) / n.denom())?).ok()?,
            Value::Date(date) => i64::from(day(*date)?),
            Value::Text(t) => i64::from(texts.number(t)),
            Value::List(_) => return None,
        };
    }
    let bounds = numbers.iter().fold((0, 0), |(low, high): (i64, i64), &n| (low.min(n), high.max(n)));
    let (repr, values) = match ty {
        Type::Bool => (Repr::Bool, Array::Bool(numbers.iter().map(|&n| u8::from(n != 0)).collect())),
        Type::Number => (Repr::Number(d), Array::Number(numbers.into())),
        Type::Date => {
            (Repr::Date, Array::Date(numbers.iter().map(|&n| i32::try_from(n).unwrap_or(0)).collect()))
        }
        Type::Text(_) => {
            (Repr::Text, Array::Text(numbers.iter().map(|&n| u32::try_from(n).unwrap_or(0)).collect()))
        }
        Type::List(_) => return None,
    };
    let whole = present.iter().all(|p| *p);
    let table = DenseTable { places, values, present, whole };
    let bounds = (i128::from(bounds.0), i128::from(bounds.1));
    Some((table, repr, bounds))
}

/// How the values of a type are held where nothing says in which unit; `None` for lists.
pub(in super::super) fn plain_repr(ty: &Type) -> Option<Repr> {
    match ty {
        Type::Bool => Some(Repr::Bool),
        Type::Number => Some(Repr::Number(1)),
        Type::Date => Some(Repr::Date),
        Type::Text(_) => Some(Repr::Text),
        Type::List(_) => None,
    }
}

impl Compiler<'_> {
    /// A parameter's table in force, dense; without keys, its one value.
    pub(super) fn table(&mut self, param: usize, keys: &[NodeId], ty: &Type) -> Option<Typed> {
        let Some(version) = self.context.plan.parameter(param) else {
            // It has no value on the day: every row that needs it is left over.
            return Some((Instruction::Nothing, plain_repr(ty)?, NO_BOUNDS));
        };
        if keys.is_empty() {
            let value = version.cells.get(&Vec::new())?.value.clone();
            return self.literal(&value);
        }
        let reprs: Vec<Repr> = keys.iter().map(|key| self.repr(*key)).collect::<Option<_>>()?;
        let (table, repr, bounds) = dense(version, &reprs, ty, &mut self.texts)?;
        Some((Instruction::Table(Arc::new(table), keys.to_vec()), repr, bounds))
    }
}
