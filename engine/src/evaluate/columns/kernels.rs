//! The loops: one instruction over the rows of a block.
//!
//! Plain loops over slices of equal length, which the compiler turns into vector code. The bounds
//! that [`super::compile`] has worked out make overflow impossible, so `wrapping_…` never wraps: it
//! only spares a check that would keep the loop from being vector code. A slice of one value stands
//! for that value in all rows.

use std::borrow::Cow;
use std::ops::Range;

use arrow_buffer::BooleanBuffer;

use super::block::{Rows, Scratch, Slot, View};
use super::dates::{between, by_day, moved};
use super::program::{Array, Compiled, Constant, DenseTable, Instruction, KeyPlaces, NO_PLACE, Repr};
use crate::data::{Members, NO_ROW};
use crate::graph::Step;
use crate::plan::builtins::Builtin;
use crate::plan::ir::{Comparison, NodeId, Op};
use crate::value::Rounding;

/// Runs the instruction of a node for a block.
pub(super) fn run(node: &Compiled, rows: &Rows<'_, '_>, out: &mut Slot, scratch: &mut Scratch) {
    out.any_left = false;
    instruction(node, rows, out, scratch);
    // What leaves nothing over in this block costs nothing further on.
    out.any_left &= out.left.contains(&1);
}

fn instruction(node: &Compiled, rows: &Rows<'_, '_>, out: &mut Slot, scratch: &mut Scratch) {
    let n = rows.count();
    match &node.instruction {
        Instruction::None | Instruction::Constant(_) | Instruction::Full => {}
        Instruction::Nothing => leave_all(out, node.repr, n),
        Instruction::Bits(bits, left) => {
            expand(bits, rows.own.clone(), &mut out.bools);
            leave(out, &[left.get(rows.own.clone()).unwrap_or(&[])], n);
        }
        Instruction::Texts(codes, numbers, left) => {
            let codes = codes.get(rows.own.clone()).unwrap_or(&[]);
            map(&mut out.texts, codes, |c: u32| numbers.get(c as usize).copied().unwrap_or(NO_PLACE));
            leave(out, &[left.get(rows.own.clone()).unwrap_or(&[])], n);
        }
        Instruction::Same(a) => copy(out, &rows.view(*a)),
        Instruction::Strict(a, b) => {
            copy(out, &rows.view(*b));
            let a = rows.view(*a);
            if !a.left.is_empty() {
                either_left(out, &[a.left], n);
            }
        }
        Instruction::Up(step, inner) => up(rows, *step, *inner, node.repr, out),
        Instruction::Not(a) => {
            let a = rows.view(*a);
            map(&mut out.bools, a.bools, |x: u8| x ^ 1);
            leave(out, &[a.left], n);
        }
        Instruction::And(a, b) => {
            let (a, b) = (rows.view(*a), rows.view(*b));
            zip_by(&mut out.bools, a.bools, b.bools, |x, y| x & y);
            leave_unsettled(out, &a, &b, 0, n);
        }
        Instruction::Or(a, b) => {
            let (a, b) = (rows.view(*a), rows.view(*b));
            zip_by(&mut out.bools, a.bools, b.bools, |x, y| x | y);
            leave_unsettled(out, &a, &b, 1, n);
        }
        Instruction::If(c, a, b, ma, mb) => {
            let (c, a, b) = (rows.view(*c), rows.view(*a), rows.view(*b));
            choose(&mut out.bools, c.bools, a.bools, b.bools, |x| x, |y| y);
            choose(&mut out.dates, c.bools, a.dates, b.dates, |x| x, |y| y);
            choose(&mut out.texts, c.bools, a.texts, b.texts, |x| x, |y| y);
            if (*ma, *mb) == (1, 1) {
                choose(&mut out.numbers, c.bools, a.numbers, b.numbers, |x| x, |y| y);
            } else {
                let times = |by: i64| move |x: i64| x.wrapping_mul(by);
                choose(&mut out.numbers, c.bools, a.numbers, b.numbers, times(*ma), times(*mb));
            }
            if !c.left.is_empty() || !a.left.is_empty() || !b.left.is_empty() {
                let (chosen, at) = (wide(c.bools, n), |l: &[u8], i| l.get(i).copied().unwrap_or(0));
                out.left.clear();
                out.left.extend(chosen.iter().enumerate().map(|(i, &chosen)| {
                    at(c.left, i) | if chosen != 0 { at(a.left, i) } else { at(b.left, i) }
                }));
                out.any_left = true;
            }
        }
        Instruction::Compare(comparison, a, b, ma, mb) => {
            let (repr, a, b) = (rows.program().repr(*a), rows.view(*a), rows.view(*b));
            match repr {
                Repr::Number(_) if (*ma, *mb) == (1, 1) => {
                    compare(&mut out.bools, *comparison, a.numbers, b.numbers)
                }
                Repr::Number(_) if *ma == 1 => {
                    compare_by(&mut out.bools, *comparison, a.numbers, b.numbers, |x, y| {
                        (x, y.wrapping_mul(*mb))
                    })
                }
                Repr::Number(_) => compare_by(&mut out.bools, *comparison, a.numbers, b.numbers, |x, y| {
                    (x.wrapping_mul(*ma), y.wrapping_mul(*mb))
                }),
                Repr::Date => compare(&mut out.bools, *comparison, a.dates, b.dates),
                // Texts are equal where their numbers are; the dictionary has no order.
                Repr::Text => compare(&mut out.bools, *comparison, a.texts, b.texts),
                Repr::Bool => compare(&mut out.bools, *comparison, a.bools, b.bools),
            }
            leave(out, &[a.left, b.left], n);
        }
        Instruction::Add(a, b, ma, mb) => {
            let (a, b, ma, mb) = (rows.view(*a), rows.view(*b), *ma, *mb);
            zip_by(&mut out.numbers, a.numbers, b.numbers, |x, y| {
                x.wrapping_mul(ma).wrapping_add(y.wrapping_mul(mb))
            });
            leave(out, &[a.left, b.left], n);
        }
        Instruction::Subtract(a, b, ma, mb) => {
            let (a, b, ma, mb) = (rows.view(*a), rows.view(*b), *ma, *mb);
            zip_by(&mut out.numbers, a.numbers, b.numbers, |x, y| {
                x.wrapping_mul(ma).wrapping_sub(y.wrapping_mul(mb))
            });
            leave(out, &[a.left, b.left], n);
        }
        Instruction::Multiply(a, b) => {
            let (a, b) = (rows.view(*a), rows.view(*b));
            zip_by(&mut out.numbers, a.numbers, b.numbers, |x: i64, y| x.wrapping_mul(y));
            leave(out, &[a.left, b.left], n);
        }
        Instruction::Scale(a, by) => {
            let (a, by) = (rows.view(*a), *by);
            map(&mut out.numbers, a.numbers, |x: i64| x.wrapping_mul(by));
            leave(out, &[a.left], n);
        }
        Instruction::Extreme(largest, a, b, ma, mb) => {
            let (a, b, ma, mb) = (rows.view(*a), rows.view(*b), *ma, *mb);
            if *largest {
                zip_by(&mut out.numbers, a.numbers, b.numbers, |x, y| {
                    x.wrapping_mul(ma).max(y.wrapping_mul(mb))
                });
                zip_by(&mut out.dates, a.dates, b.dates, i32::max);
            } else {
                zip_by(&mut out.numbers, a.numbers, b.numbers, |x, y| {
                    x.wrapping_mul(ma).min(y.wrapping_mul(mb))
                });
                zip_by(&mut out.dates, a.dates, b.dates, i32::min);
            }
            leave(out, &[a.left, b.left], n);
        }
        Instruction::Round { how, a, b, times, by } => {
            let (a, b) = (rows.view(*a), b.map(|b| rows.view(b)));
            round(*how, &a, b.as_ref(), *times, *by, n, out);
        }
        Instruction::Between(what, a, b) => {
            let (a, b) = (rows.view(*a), rows.view(*b));
            leave(out, &[a.left, b.left], n);
            between(*what, &wide(a.dates, n), &wide(b.dates, n), out);
        }
        Instruction::ByDay(table, dates) => {
            let dates = rows.view(*dates);
            leave(out, &[dates.left], n);
            by_day(table, dates.dates, out);
        }
        Instruction::Move(what, date, number) => {
            let (date, number) = (rows.view(*date), rows.view(*number));
            leave(out, &[date.left, number.left], n);
            moved(*what, &wide(date.dates, n), &wide(number.numbers, n), out);
        }
        Instruction::Table(table, keys) => look_up(table, keys, rows, out, &mut scratch.places),
        Instruction::Reduce { what, members, entity, relation, child } => {
            let Some(groups) = rows.program().context.members_table(*members) else {
                return leave_all(out, node.repr, n);
            };
            if rows.is_near(*entity, *relation) {
                reduce(groups, (*what, node.repr), &rows.view(*child), rows, out, scratch);
            } else {
                let gathered = Gathered::of(rows, groups, *child);
                reduce(groups, (*what, node.repr), &gathered.view(), rows, out, scratch);
            }
        }
        Instruction::Length(codes) => lengths(rows, *codes, out),
        Instruction::Contains { codes, text } => {
            let text = rows.view(*text);
            leave(out, &[text.left], n);
            contains(rows, *codes, &wide(text.texts, n), out);
        }
    }
}

/// By a byte: its bits, lowest first, one a byte.
const BITS: [[u8; 8]; 256] = {
    let mut table = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut bit = 0;
        while bit < 8 {
            #[allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "a constant")]
            {
                table[byte][bit] = (byte >> bit) as u8 & 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    table
};

/// Some bits as bytes.
pub(super) fn expand(bits: &BooleanBuffer, rows: Range<usize>, out: &mut Vec<u8>) {
    if rows.end > bits.len() {
        return out.clear();
    }
    out.resize(rows.len().next_multiple_of(64), 0);
    let chunks = bits.inner().bit_chunks(bits.offset() + rows.start, rows.len());
    for (bytes, bits) in out.chunks_exact_mut(64).zip(chunks.iter_padded()) {
        for (bytes, eight) in bytes.chunks_exact_mut(8).zip(bits.to_le_bytes()) {
            if let Some(expanded) = BITS.get(usize::from(eight)) {
                bytes.copy_from_slice(expanded);
            }
        }
    }
    out.truncate(rows.len());
}

/// One value for each of `n` rows.
fn wide<T: Copy>(values: &[T], n: usize) -> Cow<'_, [T]> {
    match values {
        [one] if n != 1 => Cow::Owned(vec![*one; n]),
        values => Cow::Borrowed(values),
    }
}

fn map<T: Copy>(out: &mut Vec<T>, a: &[T], f: impl Fn(T) -> T) {
    out.clear();
    out.extend(a.iter().map(|&x| f(x)));
}

fn zip_by<T: Copy, U>(out: &mut Vec<U>, a: &[T], b: &[T], f: impl Fn(T, T) -> U) {
    out.clear();
    match (a, b) {
        (a, [y]) => out.extend(a.iter().map(|&x| f(x, *y))),
        ([x], b) => out.extend(b.iter().map(|&y| f(*x, y))),
        (a, b) => out.extend(a.iter().zip(b).map(|(&x, &y)| f(x, y))),
    }
}

/// The one where `c` is true, the other where not, each changed first.
fn choose<T: Copy>(out: &mut Vec<T>, c: &[u8], a: &[T], b: &[T], f: impl Fn(T) -> T, g: impl Fn(T) -> T) {
    out.clear();
    if a.is_empty() || b.is_empty() {
        return;
    }
    let either = |c: u8, x: T, y: T| if c != 0 { f(x) } else { g(y) };
    match (c, a, b) {
        ([c], a, b) => match (*c != 0, a, b) {
            (true, a, _) => out.extend(a.iter().map(|&x| f(x))),
            (false, _, b) => out.extend(b.iter().map(|&y| g(y))),
        },
        (c, [x], [y]) => out.extend(c.iter().map(|&c| either(c, *x, *y))),
        (c, a, [y]) => out.extend(c.iter().zip(a).map(|(&c, &x)| either(c, x, *y))),
        (c, [x], b) => out.extend(c.iter().zip(b).map(|(&c, &y)| either(c, *x, y))),
        (c, a, b) => out.extend(c.iter().zip(a.iter().zip(b)).map(|(&c, (&x, &y))| either(c, x, y))),
    }
}

fn compare<T: Copy + PartialOrd>(out: &mut Vec<u8>, comparison: Comparison, a: &[T], b: &[T]) {
    compare_by(out, comparison, a, b, |x, y| (x, y));
}

/// Compares what `of` makes of the two sides: one loop for each comparison, so that none is chosen
/// anew for each row.
fn compare_by<T: Copy + PartialOrd>(
    out: &mut Vec<u8>,
    comparison: Comparison,
    a: &[T],
    b: &[T],
    of: impl Fn(T, T) -> (T, T),
) {
    macro_rules! each {
        ($sign:tt) => {
            zip_by(out, a, b, |x, y| {
                let (x, y) = of(x, y);
                u8::from(x $sign y)
            })
        };
    }
    match comparison {
        Comparison::Equal => each!(==),
        Comparison::NotEqual => each!(!=),
        Comparison::Less => each!(<),
        Comparison::AtMost => each!(<=),
        Comparison::Greater => each!(>),
        Comparison::AtLeast => each!(>=),
    }
}

/// The values of another node; they may be of any type.
fn copy(out: &mut Slot, a: &View<'_>) {
    fn set<T: Copy>(out: &mut Vec<T>, a: &[T]) {
        out.clear();
        out.extend_from_slice(a);
    }
    set(&mut out.bools, a.bools);
    set(&mut out.numbers, a.numbers);
    set(&mut out.dates, a.dates);
    set(&mut out.texts, a.texts);
    out.any_left = !a.left.is_empty();
    if out.any_left {
        set(&mut out.left, a.left);
    }
}

/// Leaves over what any of the inputs leaves over.
fn leave(out: &mut Slot, inputs: &[&[u8]], rows: usize) {
    out.any_left = false;
    if inputs.iter().any(|l| !l.is_empty()) {
        either_left(out, inputs, rows);
    }
}

fn either_left(out: &mut Slot, inputs: &[&[u8]], rows: usize) {
    if !out.any_left {
        out.left.clear();
        out.left.resize(rows, 0);
        out.any_left = true;
    }
    for input in inputs {
        for (left, input) in out.left.iter_mut().zip(*input) {
            *left |= input;
        }
    }
}

/// Leaves over what either side does; the right one only where the left does not settle it.
fn leave_unsettled(out: &mut Slot, a: &View<'_>, b: &View<'_>, settling: u8, n: usize) {
    if a.left.is_empty() && b.left.is_empty() {
        return;
    }
    out.any_left = false;
    either_left(out, &[a.left], n);
    for ((left, right), &side) in out.left.iter_mut().zip(b.left).zip(wide(a.bools, n).iter()) {
        *left |= right & u8::from(side != settling);
    }
}

pub(super) fn leave_row(out: &mut Slot, row: usize, rows: usize) {
    either_left(out, &[], rows);
    if let Some(left) = out.left.get_mut(row) {
        *left = 1;
    }
}

fn leave_all(out: &mut Slot, repr: Repr, rows: usize) {
    out.left.clear();
    out.left.resize(rows, 1);
    out.any_left = true;
    match repr {
        Repr::Bool => out.bools.resize(rows, 0),
        Repr::Number(_) => out.numbers.resize(rows, 0),
        Repr::Date => out.dates.resize(rows, 0),
        Repr::Text => out.texts.resize(rows, 0),
    }
}

/// `round(a * times / (b * by))`; without `b`, it is 1.
fn round(how: Rounding, a: &View<'_>, b: Option<&View<'_>>, times: i128, by: i128, n: usize, out: &mut Slot) {
    leave(out, &[a.left, b.map_or(&[], |b| b.left)], n);
    match (b, i64::try_from(by)) {
        // Divisors that the compiler knows: a multiplication in place of a division.
        (None, Ok(10)) if times == 1 => map(&mut out.numbers, a.numbers, |x| rounded_whole(how, x, 10)),
        (None, Ok(100)) if times == 1 => map(&mut out.numbers, a.numbers, |x| rounded_whole(how, x, 100)),
        (None, Ok(by)) if times == 1 => map(&mut out.numbers, a.numbers, |x| rounded_whole(how, x, by)),
        (None, _) => {
            map(&mut out.numbers, a.numbers, |x| rounded(how, i128::from(x) * times, by).unwrap_or(0))
        }
        (Some(b), _) => {
            out.numbers.clear();
            for (i, (x, y)) in wide(a.numbers, n).iter().zip(wide(b.numbers, n).iter()).enumerate() {
                let value = rounded(how, i128::from(*x) * times, i128::from(*y) * by);
                out.numbers.push(value.unwrap_or(0));
                if value.is_none() {
                    leave_row(out, i, n);
                }
            }
        }
    }
}

/// `a / b` rounded; `None` if it is none or does not fit.
fn rounded(how: Rounding, a: i128, b: i128) -> Option<i64> {
    if b == 0 {
        return None;
    }
    let (a, b) = if b < 0 { (a.checked_neg()?, b.checked_neg()?) } else { (a, b) };
    let (floor, rest) = (a.div_euclid(b), a.rem_euclid(b));
    i64::try_from(floor + i128::from(how.up(rest, b - rest, a > 0))).ok()
}

/// The same for whole numbers of 64 bits: the quotient by a positive one always fits.
fn rounded_whole(how: Rounding, a: i64, b: i64) -> i64 {
    let (floor, rest) = (a.div_euclid(b), a.rem_euclid(b));
    floor.wrapping_add(i64::from(how.up(rest, b - rest, a > 0)))
}

/// The values of the rows that a step leads to.
fn up(rows: &Rows<'_, '_>, step: Step, inner: NodeId, repr: Repr, out: &mut Slot) {
    let (program, n) = (rows.program(), rows.count());
    if let Step::BelongsTo(entity, relation) = step {
        let links = program.context.links(entity, relation).get(rows.own.clone()).unwrap_or(&[]);
        if links.len() < n {
            return leave_all(out, repr, n);
        }
        if rows.is_near(entity, relation) {
            let first = rows.of(program.entity(inner)).start;
            return take_all(&rows.view(inner), links.iter().map(|&p| p as usize - first), out);
        }
        // A row that belongs to none reads past the end: its value is missing.
        far(rows, inner, repr, links.iter().map(|&p| p as usize), out);
        if links.contains(&NO_ROW) {
            let alone: Vec<u8> = links.iter().map(|&p| u8::from(p == NO_ROW)).collect();
            either_left(out, &[&alone], n);
        }
        return;
    }
    match (step, rows.listed()) {
        (Step::First(_), Some((first, _))) => far(rows, inner, repr, first.iter().map(|&r| r as usize), out),
        (Step::Second(_), Some((_, second))) => {
            far(rows, inner, repr, second.iter().map(|&r| r as usize), out)
        }
        (Step::First(pair), None) => {
            let second = program.context.second_rows_of(pair);
            far(rows, inner, repr, rows.own.clone().map(|r| r / second), out);
        }
        (Step::Second(pair), None) => {
            let second = program.context.second_rows_of(pair);
            far(rows, inner, repr, rows.own.clone().map(|r| r % second), out);
        }
        (Step::BelongsTo(..), _) => {}
    }
}

/// The values of these rows of a whole column.
fn far(
    rows: &Rows<'_, '_>,
    inner: NodeId,
    repr: Repr,
    from: impl Iterator<Item = usize> + Clone,
    out: &mut Slot,
) {
    match (rows.program().constant(inner), rows.program().full(inner)) {
        (None, None) => leave_all(out, repr, rows.count()),
        (None, Some(full)) => take_all(&View::all(full), from, out),
        (Some(_), _) => {
            // One value stands for all rows; it is not in the slots of a node elsewhere.
            let one = Slot::constant(rows.program().constant(inner).unwrap_or(Constant::Bool(false)));
            copy(out, &one.view());
        }
    }
}

/// The values in these places.
fn take_all(view: &View<'_>, from: impl Iterator<Item = usize> + Clone, out: &mut Slot) {
    fn take<T: Copy + Default>(out: &mut Vec<T>, values: &[T], from: impl Iterator<Item = usize>) {
        out.clear();
        match values {
            [] => {}
            [one] => out.extend(from.map(|place| if place == 0 { *one } else { T::default() })),
            values => out.extend(from.map(|place| values.get(place).copied().unwrap_or_default())),
        }
    }
    take(&mut out.bools, view.bools, from.clone());
    take(&mut out.numbers, view.numbers, from.clone());
    take(&mut out.dates, view.dates, from.clone());
    take(&mut out.texts, view.texts, from.clone());
    if !view.left.is_empty() {
        take(&mut out.left, view.left, from);
        out.any_left = true;
    }
}

/// The cell of a dense table by the keys of each row.
fn look_up(table: &DenseTable, keys: &[NodeId], rows: &Rows<'_, '_>, out: &mut Slot, at: &mut Vec<u32>) {
    fn part<T: Copy>(at: &mut Vec<u32>, first: bool, keys: &[T], n: usize, of: impl Fn(T) -> u32) {
        if first {
            at.extend(wide(keys, n).iter().map(|&key| of(key)));
        } else {
            at.iter_mut().zip(wide(keys, n).iter()).for_each(|(at, &key)| *at = at.saturating_add(of(key)));
        }
    }
    let n = rows.count();
    out.any_left = false;
    // The place of each row's cell, key by key.
    at.clear();
    for (i, (&key, places)) in keys.iter().zip(&table.places).enumerate() {
        let keys = rows.view(key);
        if !keys.left.is_empty() {
            either_left(out, &[keys.left], n);
        }
        match places {
            KeyPlaces::Text(by_number) => part(at, i == 0, keys.texts, n, |text: u32| {
                by_number.get(text as usize).copied().unwrap_or(NO_PLACE)
            }),
            KeyPlaces::Number(low, by_number) => part(at, i == 0, keys.numbers, n, |unit: i64| {
                // What is below the first wraps round to what is far above the last.
                let place = usize::try_from(unit.wrapping_sub(*low) as u64).unwrap_or(usize::MAX);
                by_number.get(place).copied().unwrap_or(NO_PLACE)
            }),
            KeyPlaces::Bool(places) => {
                part(at, i == 0, keys.bools, n, |bool: u8| if bool == 0 { places[0] } else { places[1] })
            }
        }
    }
    fn take<T: Copy + Default>(out: &mut Vec<T>, from: &[T], at: &[u32]) {
        out.clear();
        out.extend(at.iter().map(|&p| from.get(p as usize).copied().unwrap_or_default()));
    }
    match &table.values {
        Array::Bool(v) => take(&mut out.bools, v, at),
        Array::Number(v) => take(&mut out.numbers, v, at),
        Array::Date(v) => take(&mut out.dates, v, at),
        Array::Text(v) => take(&mut out.texts, v, at),
    }
    let outside = at.iter().fold(false, |any, &place| any | (place as usize >= table.present.len()));
    if outside || !table.whole {
        for (row, &place) in at.iter().enumerate() {
            if table.present.get(place as usize) != Some(&true) {
                leave_row(out, row, n);
            }
        }
    }
}

/// The values of members that do not stand beside the rows that they belong to.
struct Gathered<'v> {
    bools: Cow<'v, [u8]>,
    numbers: Cow<'v, [i64]>,
    dates: Cow<'v, [i32]>,
    left: Cow<'v, [u8]>,
}

impl<'v> Gathered<'v> {
    fn of(rows: &Rows<'_, 'v>, groups: &Members, child: NodeId) -> Gathered<'v> {
        let mut gathered = Gathered {
            bools: Cow::default(),
            numbers: Cow::default(),
            dates: Cow::default(),
            left: Cow::default(),
        };
        let program = rows.program();
        let Some(full) = program.full(child) else {
            let count = groups.places(rows.own.clone()).len();
            match program.constant(child) {
                Some(Constant::Bool(b)) => gathered.bools = vec![u8::from(b); count].into(),
                Some(Constant::Number(v)) => gathered.numbers = vec![v; count].into(),
                Some(Constant::Date(d)) => gathered.dates = vec![d; count].into(),
                _ => {}
            }
            return gathered;
        };
        match &full.array {
            Array::Bool(v) => gathered.bools = groups.gather(rows.own.clone(), v),
            Array::Number(v) => gathered.numbers = groups.gather(rows.own.clone(), v),
            Array::Date(v) => gathered.dates = groups.gather(rows.own.clone(), v),
            Array::Text(_) => {}
        }
        if !full.left.is_empty() {
            gathered.left = groups.gather(rows.own.clone(), &full.left);
        }
        gathered
    }

    fn view(&self) -> View<'_> {
        View { bools: &self.bools, numbers: &self.numbers, dates: &self.dates, texts: &[], left: &self.left }
    }
}

/// A builtin on the members of each row; `own` are their values, one after the other.
fn reduce(
    groups: &Members,
    (what, repr): (Builtin, Repr),
    own: &View<'_>,
    rows: &Rows<'_, '_>,
    out: &mut Slot,
    scratch: &mut Scratch,
) {
    let (n, parents) = (rows.count(), rows.own.clone());
    let count = groups.places(parents.clone()).len();
    out.bools.clear();
    out.numbers.clear();
    out.dates.clear();
    out.bools.reserve(n);
    let Scratch { sums, left, packed, .. } = scratch;
    match what {
        Builtin::Nombre => {
            let (own, numbers) = (wide(own.bools, count), &mut out.numbers);
            let one = |bits: u64, _| numbers.push(i64::from(bits.count_ones()));
            if !groups.bits(parents.clone(), &own, packed, one) {
                groups.sums(parents.clone(), &own, sums, |sum, _| out.numbers.push(sum));
            }
        }
        Builtin::Un => any(groups, parents.clone(), &wide(own.bools, count), packed, sums, &mut out.bools),
        Builtin::Tous => {
            let (own, bools) = (wide(own.bools, count), &mut out.bools);
            let one = |bits, ones| bools.push(u8::from(bits == ones));
            if !groups.bits(parents.clone(), &own, packed, one) {
                let all = |sum, members| out.bools.push(u8::from(sum == members));
                groups.sums(parents.clone(), &own, sums, all);
            }
        }
        Builtin::Somme => groups.sums(parents.clone(), &wide(own.numbers, count), sums, |sum, _| {
            out.numbers.push(sum);
        }),
        Builtin::Max | Builtin::Min => {
            let largest = what == Builtin::Max;
            let mut none = Vec::new();
            // By the type, and not by what is there: there may be no member at all.
            if repr != Repr::Date {
                groups.each(parents.clone(), &wide(own.numbers, count), |group| {
                    extreme(group, largest, &mut out.numbers, &mut none);
                });
            } else {
                groups.each(parents.clone(), &wide(own.dates, count), |group| {
                    extreme(group, largest, &mut out.dates, &mut none);
                });
            }
            none.into_iter().for_each(|row| leave_row(out, row, n));
        }
        _ => out.numbers.extend(groups.lengths(parents.clone())),
    }
    if !own.left.is_empty() {
        left.clear();
        any(groups, parents, own.left, packed, sums, left);
        either_left(out, &[left], n);
    }
}

/// Is any of each row's members true?
fn any(
    groups: &Members,
    parents: Range<usize>,
    own: &[u8],
    packed: &mut Vec<u8>,
    sums: &mut Vec<i64>,
    out: &mut Vec<u8>,
) {
    if !groups.bits(parents.clone(), own, packed, |bits, _| out.push(u8::from(bits != 0))) {
        groups.sums(parents, own, sums, |sum, _| out.push(u8::from(sum != 0)));
    }
}

/// The largest or smallest of a row's members; a row that has none is noted.
fn extreme<T: Copy + Default + Ord>(group: &[T], largest: bool, out: &mut Vec<T>, none: &mut Vec<usize>) {
    let value = if largest { group.iter().max() } else { group.iter().min() };
    none.extend(value.is_none().then_some(out.len()));
    out.push(value.copied().unwrap_or_default());
}

/// The codes of a row of a node that reads a column of codes, seen through relations.
fn codes_at<'p>(rows: &Rows<'_, 'p>, mut node: NodeId, mut row: usize) -> Option<&'p [u32]> {
    let program = rows.program();
    while let Op::Up(step, inner) = program.context.plan.node(node)?.op {
        row = rows.step(step, row)?;
        node = inner;
    }
    let column = program.codes.get(&node)?;
    if column.left.get(row).is_some_and(|&l| l != 0) {
        return None;
    }
    let (start, end) = (*column.offsets.get(row)? as usize, *column.offsets.get(row + 1)? as usize);
    column.codes.get(start..end)
}

fn lengths(rows: &Rows<'_, '_>, node: NodeId, out: &mut Slot) {
    out.numbers.clear();
    for (i, row) in rows.own.clone().enumerate() {
        let codes = codes_at(rows, node, row);
        out.numbers.push(codes.map_or(0, |c| i64::try_from(c.len()).unwrap_or(0)));
        if codes.is_none() {
            leave_row(out, i, rows.count());
        }
    }
}

fn contains(rows: &Rows<'_, '_>, node: NodeId, texts: &[u32], out: &mut Slot) {
    out.bools.clear();
    // Pairs from a list stand request by request: the codes are mostly those of the pair before.
    let side = match (rows.program().context.plan.node(node).map(|n| &n.op), rows.listed()) {
        (Some(Op::Up(Step::First(_), _)), Some((first, _))) => first,
        (Some(Op::Up(Step::Second(_), _)), Some((_, second))) => second,
        _ => &[],
    };
    let (mut codes, mut of) = (None, None);
    for (i, (text, row)) in texts.iter().zip(rows.own.clone()).enumerate() {
        let now = side.get(i);
        if now.is_none() || now != of {
            codes = codes_at(rows, node, row);
            of = now;
        }
        out.bools.push(u8::from(codes.is_some_and(|c| c.contains(text))));
        if codes.is_none() {
            leave_row(out, i, rows.count());
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::value::{Exact, round};

    use super::*;
    use proptest::prelude::*;

    /// The rounding of an exact number, for tests of [`rounded`].
    fn exact(how: Rounding, a: i64, b: i64) -> Option<i64> {
        let value = crate::value::div(&Exact::from_integer(a.into()), &Exact::from_integer(b.into())).ok()?;
        i64::try_from(*round(&value, 0, how).ok()?.numer()).ok()
    }

    proptest! {
        /// The three roundings of a division agree with those of exact numbers.
        #[test]
        fn rounding_agrees_with_exact_numbers(a in -1000_i64..1000, b in -20_i64..20) {
            for how in [Rounding::Nearest, Rounding::Down, Rounding::Up] {
                prop_assert_eq!(rounded(how, a.into(), b.into()), exact(how, a, b));
                if b > 0 {
                    prop_assert_eq!(Some(rounded_whole(how, a, b)), exact(how, a, b));
                }
            }
        }
    }
}
