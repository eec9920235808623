//! The loops: one instruction over the rows of a batch.
//!
//! Plain loops over slices of equal length, which the compiler turns into vector code. The bounds
//! that [`super::compile`] has worked out make overflow impossible, so `wrapping_…` never wraps: it
//! only spares a check that would keep the loop from being vector code.

use std::ops::Range;

use super::compile::{
    Compiled, Constant, DayTable, DenseTable, Instruction, KeyPlaces, NO_PLACE, Program, Repr,
};
use super::{Array, Full, Slot, View};
use crate::data::Members;
use crate::graph::Step;
use crate::plan::builtins::Builtin;
use crate::plan::ir::{Comparison, NodeId, Op};
use crate::value::{Date, Rounding, add_days, add_months, day_number, months_between, years_between};

/// The rows of a batch.
pub(super) struct Rows {
    pub start: usize,
    pub count: usize,
}

/// Puts a constant into a slot.
pub(super) fn fill(slot: &mut Slot, value: &Constant, rows: usize) {
    match value {
        Constant::Bool(b) => slot.bools = vec![u8::from(*b); rows],
        Constant::Number(n) => slot.numbers = vec![*n; rows],
        Constant::Date(d) => slot.dates = vec![*d; rows],
        Constant::Text(t) => slot.texts = vec![*t; rows],
    }
}

/// Runs the instruction of a node for a batch.
pub(super) fn run<'v>(
    program: &'v Program<'_>,
    node: NodeId,
    rows: &Rows,
    out: &mut Slot,
    view: &dyn Fn(NodeId) -> View<'v>,
) {
    let Some(compiled) = program.nodes.get(node as usize) else { return };
    out.any_left = false;
    instruction(program, compiled, rows, out, view);
    // What leaves nothing over in this batch costs nothing further on.
    out.any_left &= out.left.contains(&1);
}

fn instruction<'v>(
    program: &'v Program<'_>,
    compiled: &Compiled,
    rows: &Rows,
    out: &mut Slot,
    view: &dyn Fn(NodeId) -> View<'v>,
) {
    let n = rows.count;
    match &compiled.instruction {
        Instruction::None => leave_all(out, n),
        Instruction::Constant(_) | Instruction::Full => {}
        Instruction::Same(a) => copy(out, &view(*a)),
        Instruction::Strict(a, b) => {
            copy(out, &view(*b));
            let a = view(*a);
            if !a.left.is_empty() {
                either_left(out, &[a.left], n);
            }
        }
        Instruction::Up(step, inner) => up(program, *step, *inner, rows, out),
        Instruction::Not(a) => {
            let a = view(*a);
            map(&mut out.bools, a.bools, |x| x ^ 1);
            leave(out, &[a.left], n);
        }
        Instruction::And(a, b) | Instruction::Or(a, b) => {
            let or = matches!(compiled.instruction, Instruction::Or(..));
            let (a, b) = (view(*a), view(*b));
            if or {
                zip_by(&mut out.bools, a.bools, b.bools, |x, y| x | y);
            } else {
                zip_by(&mut out.bools, a.bools, b.bools, |x, y| x & y);
            }
            if !a.left.is_empty() || !b.left.is_empty() {
                // The right side matters only where the left does not settle it.
                let settling = u8::from(or);
                out.left.clear();
                out.left.extend((0..n).map(|i| {
                    let at = |l: &[u8]| l.get(i).copied().unwrap_or(0);
                    let settled = at(a.bools) == settling;
                    at(a.left) | (at(b.left) & u8::from(!settled))
                }));
                out.any_left = true;
            }
        }
        Instruction::If(c, a, b, ma, mb) => {
            let (c, a, b) = (view(*c), view(*a), view(*b));
            choose(&mut out.bools, c.bools, a.bools, b.bools);
            choose(&mut out.dates, c.bools, a.dates, b.dates);
            choose(&mut out.texts, c.bools, a.texts, b.texts);
            if (*ma, *mb) == (1, 1) {
                choose(&mut out.numbers, c.bools, a.numbers, b.numbers);
            } else {
                out.numbers.clear();
                let pairs = a.numbers.iter().zip(b.numbers).zip(c.bools);
                out.numbers.extend(
                    pairs.map(|((x, y), c)| if *c != 0 { x.wrapping_mul(*ma) } else { y.wrapping_mul(*mb) }),
                );
            }
            if !c.left.is_empty() || !a.left.is_empty() || !b.left.is_empty() {
                out.left.clear();
                out.left.extend((0..n).map(|i| {
                    let at = |l: &[u8]| l.get(i).copied().unwrap_or(0);
                    at(c.left) | if at(c.bools) != 0 { at(a.left) } else { at(b.left) }
                }));
                out.any_left = true;
            }
        }
        Instruction::Compare(comparison, a, b, ma, mb) => {
            let (repr, a, b) = (program.repr(*a), view(*a), view(*b));
            match repr {
                Repr::Number(_) if (*ma, *mb) == (1, 1) => {
                    compare(&mut out.bools, *comparison, a.numbers, b.numbers)
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
            let (a, b, ma, mb) = (view(*a), view(*b), *ma, *mb);
            zip_by(&mut out.numbers, a.numbers, b.numbers, |x, y| {
                x.wrapping_mul(ma).wrapping_add(y.wrapping_mul(mb))
            });
            leave(out, &[a.left, b.left], n);
        }
        Instruction::Subtract(a, b, ma, mb) => {
            let (a, b, ma, mb) = (view(*a), view(*b), *ma, *mb);
            zip_by(&mut out.numbers, a.numbers, b.numbers, |x, y| {
                x.wrapping_mul(ma).wrapping_sub(y.wrapping_mul(mb))
            });
            leave(out, &[a.left, b.left], n);
        }
        Instruction::Multiply(a, b) => {
            let (a, b) = (view(*a), view(*b));
            zip_by(&mut out.numbers, a.numbers, b.numbers, |x: i64, y| x.wrapping_mul(y));
            leave(out, &[a.left, b.left], n);
        }
        Instruction::Scale(a, by) => {
            let (a, by) = (view(*a), *by);
            map(&mut out.numbers, a.numbers, |x: i64| x.wrapping_mul(by));
            leave(out, &[a.left], n);
        }
        Instruction::Extreme(largest, a, b, ma, mb) => {
            let (a, b, ma, mb) = (view(*a), view(*b), *ma, *mb);
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
            let a = view(*a);
            match b {
                None if *times == 1 && i64::try_from(*by).is_ok() => {
                    let by = i64::try_from(*by).unwrap_or(1);
                    map(&mut out.numbers, a.numbers, |x| rounded_whole(*how, x, by));
                    leave(out, &[a.left], n);
                }
                None => {
                    map(&mut out.numbers, a.numbers, |x| {
                        rounded(*how, i128::from(x) * times, *by).unwrap_or(0)
                    });
                    leave(out, &[a.left], n);
                }
                Some(b) => {
                    let b = view(*b);
                    leave(out, &[a.left, b.left], n);
                    out.numbers.clear();
                    for (i, (x, y)) in a.numbers.iter().zip(b.numbers).enumerate() {
                        let value = rounded(*how, i128::from(*x) * times, i128::from(*y) * by);
                        out.numbers.push(value.unwrap_or(0));
                        if value.is_none() {
                            leave_row(out, i, n);
                        }
                    }
                }
            }
        }
        Instruction::Between(what, a, b) => {
            let (a, b) = (view(*a), view(*b));
            leave(out, &[a.left, b.left], n);
            between(*what, a.dates, b.dates, out, n);
        }
        Instruction::ByDay(table, dates) => {
            let dates = view(*dates);
            leave(out, &[dates.left], n);
            by_day(table, dates.dates, out);
        }
        Instruction::Move(what, date, number) => {
            let (date, number) = (view(*date), view(*number));
            leave(out, &[date.left, number.left], n);
            moved(*what, date.dates, number.numbers, out, n);
        }
        Instruction::Table(table, keys) => look_up(table, keys, n, out, view),
        Instruction::Reduce { what, members, child } => reduce(program, *what, *members, *child, rows, out),
        Instruction::Contains { codes, text } => {
            let text = view(*text);
            leave(out, &[text.left], n);
            contains(program, *codes, text.texts, rows, out);
        }
    }
}

fn map<T: Copy>(out: &mut Vec<T>, a: &[T], f: impl Fn(T) -> T) {
    out.clear();
    out.extend(a.iter().map(|&x| f(x)));
}

fn zip_by<T: Copy>(out: &mut Vec<T>, a: &[T], b: &[T], f: impl Fn(T, T) -> T) {
    out.clear();
    out.extend(a.iter().zip(b).map(|(&x, &y)| f(x, y)));
}

fn choose<T: Copy>(out: &mut Vec<T>, c: &[u8], a: &[T], b: &[T]) {
    out.clear();
    out.extend(c.iter().zip(a.iter().zip(b)).map(|(&c, (&x, &y))| if c != 0 { x } else { y }));
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
    fn with<T: Copy>(out: &mut Vec<u8>, a: &[T], b: &[T], holds: impl Fn(T, T) -> bool) {
        out.clear();
        out.extend(a.iter().zip(b).map(|(&x, &y)| u8::from(holds(x, y))));
    }
    macro_rules! each {
        ($sign:tt) => {
            with(out, a, b, |x, y| {
                let (x, y) = of(x, y);
                x $sign y
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

fn leave_row(out: &mut Slot, row: usize, rows: usize) {
    either_left(out, &[], rows);
    if let Some(left) = out.left.get_mut(row) {
        *left = 1;
    }
}

fn leave_all(out: &mut Slot, rows: usize) {
    out.left.clear();
    out.left.resize(rows, 1);
    out.any_left = true;
    out.bools.resize(rows, 0);
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
fn up(program: &Program<'_>, step: Step, inner: NodeId, rows: &Rows, out: &mut Slot) {
    let n = rows.count;
    if let Some(Instruction::Constant(value)) = program.nodes.get(inner as usize).map(|c| &c.instruction) {
        fill(out, value, n);
    }
    let Some(full) = program.full(inner) else {
        if !matches!(
            program.nodes.get(inner as usize).map(|c| &c.instruction),
            Some(Instruction::Constant(_))
        ) {
            leave_all(out, n);
        }
        return;
    };
    fn take<T: Copy + Default>(out: &mut Vec<T>, from: &[T], rows: impl Iterator<Item = usize>) {
        out.clear();
        out.extend(rows.map(|r| from.get(r).copied().unwrap_or_default()));
    }
    fn gather(full: &Full, out: &mut Slot, rows: impl Iterator<Item = usize> + Clone) {
        match &full.array {
            Array::Bool(v) => take(&mut out.bools, v, rows.clone()),
            Array::Number(v) => take(&mut out.numbers, v, rows.clone()),
            Array::Date(v) => take(&mut out.dates, v, rows.clone()),
            Array::Text(v) => take(&mut out.texts, v, rows.clone()),
        }
        if !full.left.is_empty() {
            take(&mut out.left, &full.left, rows);
            out.any_left = true;
        }
    }
    let range = rows.start..rows.start + n;
    match step {
        Step::First(pair) => {
            let second = program.context.second_rows_of(pair);
            gather(full, out, range.map(move |r| r / second));
        }
        Step::Second(pair) => {
            let second = program.context.second_rows_of(pair);
            gather(full, out, range.map(move |r| r % second));
        }
        Step::BelongsTo(entity, relation) => {
            let links = program.context.links(entity, relation);
            let links = links.get(range.clone()).unwrap_or(&[]);
            // A row that belongs to none reads past the end: its value is missing.
            gather(full, out, links.iter().map(|&p| p as usize));
            let alone: Vec<u8> = links.iter().map(|&p| u8::from(p == crate::data::NO_ROW)).collect();
            if alone.contains(&1) {
                either_left(out, &[&alone], n);
            }
            if links.len() < n {
                leave_all(out, n);
            }
        }
    }
}

/// What each day gives.
fn by_day(table: &DayTable, days: &[i32], out: &mut Slot) {
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
fn moved(what: Builtin, dates: &[i32], by: &[i64], out: &mut Slot, n: usize) {
    out.dates.clear();
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
            None => leave_row(out, i, n),
        }
    }
}

fn between(what: Builtin, a: &[i32], b: &[i32], out: &mut Slot, n: usize) {
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
                leave_row(out, i, n);
            }
        }
    }
}

/// The civil date of a day count.
fn civil(days: i32) -> Option<Date> {
    // Eras of 400 years of 146 097 days, years counted from March.
    let z = i64::from(days) + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn look_up<'v>(
    table: &DenseTable,
    keys: &[NodeId],
    n: usize,
    out: &mut Slot,
    view: &dyn Fn(NodeId) -> View<'v>,
) {
    let views: Vec<View<'_>> = keys.iter().map(|&k| view(k)).collect();
    let lefts: Vec<&[u8]> = views.iter().map(|v| v.left).collect();
    leave(out, &lefts, n);
    // The place of each row's cell, key by key.
    let mut at = vec![0_u32; n];
    for (keys, places) in views.iter().zip(&table.places) {
        let count = places.count();
        let mut step = |row: usize, place: u32| {
            if let Some(at) = at.get_mut(row) {
                *at = if place == NO_PLACE || *at == NO_PLACE { NO_PLACE } else { *at * count + place };
            }
        };
        match places {
            KeyPlaces::Text(by_number) => {
                for (row, &text) in keys.texts.iter().enumerate() {
                    step(row, by_number.get(text as usize).copied().unwrap_or(NO_PLACE));
                }
            }
            KeyPlaces::Number(low, by_number) => {
                for (row, &unit) in keys.numbers.iter().enumerate() {
                    let place = usize::try_from(unit.wrapping_sub(*low)).ok().and_then(|p| by_number.get(p));
                    step(row, place.copied().unwrap_or(NO_PLACE));
                }
            }
            KeyPlaces::Bool => {
                for (row, &bool) in keys.bools.iter().enumerate() {
                    step(row, u32::from(bool));
                }
            }
        }
    }
    fn take<T: Copy + Default>(out: &mut Vec<T>, from: &[T], at: &[u32]) {
        out.clear();
        out.extend(at.iter().map(|&p| from.get(p as usize).copied().unwrap_or_default()));
    }
    match &table.values {
        Array::Bool(v) => take(&mut out.bools, v, &at),
        Array::Number(v) => take(&mut out.numbers, v, &at),
        Array::Date(v) => take(&mut out.dates, v, &at),
        Array::Text(v) => take(&mut out.texts, v, &at),
    }
    for (row, &place) in at.iter().enumerate() {
        if table.present.get(place as usize) != Some(&true) {
            leave_row(out, row, n);
        }
    }
}

impl KeyPlaces {
    /// How many places the key has.
    fn count(&self) -> u32 {
        let most = |places: &[u32]| places.iter().filter(|p| **p != NO_PLACE).max().map_or(0, |p| p + 1);
        match self {
            KeyPlaces::Text(places) | KeyPlaces::Number(_, places) => most(places),
            KeyPlaces::Bool => 2,
        }
    }
}

/// A builtin on the members of each row.
fn reduce(program: &Program<'_>, what: Builtin, members: NodeId, child: NodeId, rows: &Rows, out: &mut Slot) {
    let n = rows.count;
    if members == child {
        return lengths(program, members, rows, out);
    }
    let Some(groups) = program.context.members_table(members) else { return leave_all(out, n) };
    let constant;
    let full = match program.full(child) {
        Some(full) => full,
        None => match program.nodes.get(child as usize).map(|c| &c.instruction) {
            Some(Instruction::Constant(value)) => {
                constant = constant_column(value, program.context.child_rows(members));
                &constant
            }
            _ => return leave_all(out, n),
        },
    };
    out.numbers.clear();
    out.dates.clear();
    out.bools.clear();
    let range = rows.start..rows.start + n;
    let lengths_of = |rows: Range<usize>| rows.map(|row| i64::try_from(groups.of(row).len()).unwrap_or(0));
    match (what, &full.array) {
        (Builtin::Nombre, Array::Bool(values)) => groups.sums(range.clone(), values, &mut out.numbers),
        (Builtin::Un, Array::Bool(values)) => {
            groups.sums(range.clone(), values, &mut out.numbers);
            out.bools.extend(out.numbers.iter().map(|&n| u8::from(n != 0)));
            out.numbers.clear();
        }
        (Builtin::Tous, Array::Bool(values)) => {
            groups.sums(range.clone(), values, &mut out.numbers);
            out.bools.extend(
                out.numbers.iter().zip(lengths_of(range.clone())).map(|(&n, length)| u8::from(n == length)),
            );
            out.numbers.clear();
        }
        (Builtin::Somme, Array::Number(values)) => groups.sums(range.clone(), values, &mut out.numbers),
        (Builtin::Max | Builtin::Min, Array::Number(values)) => {
            let none = extremes(groups, range.clone(), values, what == Builtin::Max, &mut out.numbers);
            none.into_iter().for_each(|row| leave_row(out, row, n));
        }
        (Builtin::Max | Builtin::Min, Array::Date(values)) => {
            let none = extremes(groups, range.clone(), values, what == Builtin::Max, &mut out.dates);
            none.into_iter().for_each(|row| leave_row(out, row, n));
        }
        _ => out.numbers.extend(lengths_of(range.clone())),
    }
    if !full.left.is_empty() {
        let mut sums = Vec::with_capacity(n);
        groups.sums(range, &full.left, &mut sums);
        let left: Vec<u8> = sums.into_iter().map(|n| u8::from(n != 0)).collect();
        either_left(out, &[&left], n);
    }
}

/// The largest or smallest of each row's members; gives the rows of the batch that have none.
fn extremes<T: Copy + Default + Ord>(
    groups: &Members,
    parents: Range<usize>,
    values: &[T],
    largest: bool,
    out: &mut Vec<T>,
) -> Vec<usize> {
    let mut none = Vec::new();
    groups.each(parents, values, |group| {
        let value = if largest { group.iter().max() } else { group.iter().min() };
        none.extend(value.is_none().then_some(out.len()));
        out.push(value.copied().unwrap_or_default());
    });
    none
}

/// A constant as the column of all members.
fn constant_column(value: &Constant, rows: usize) -> Full {
    let array = match value {
        Constant::Bool(b) => Array::Bool(vec![u8::from(*b); rows]),
        Constant::Number(v) => Array::Number(vec![*v; rows].into()),
        Constant::Date(v) => Array::Date(vec![*v; rows].into()),
        Constant::Text(v) => Array::Text(vec![*v; rows]),
    };
    Full { array, left: Vec::new() }
}

/// The row and node of a codes column that a node reads, seen through relations.
fn codes_row(program: &Program<'_>, node: NodeId, row: usize) -> Option<(NodeId, usize)> {
    match &program.context.plan.node(node)?.op {
        Op::Up(step, inner) => {
            let parent = program.context.step(*step, row as u64).ok()?;
            codes_row(program, *inner, usize::try_from(parent).ok()?)
        }
        _ => Some((node, row)),
    }
}

fn codes_at<'p>(program: &'p Program<'_>, node: NodeId, row: usize) -> Option<&'p [u32]> {
    let (node, row) = codes_row(program, node, row)?;
    let column = program.codes(node)?;
    if column.left.get(row).is_some_and(|&l| l != 0) {
        return None;
    }
    let (start, end) = (*column.offsets.get(row)? as usize, *column.offsets.get(row + 1)? as usize);
    column.codes.get(start..end)
}

fn lengths(program: &Program<'_>, node: NodeId, rows: &Rows, out: &mut Slot) {
    out.numbers.clear();
    for i in 0..rows.count {
        let codes = codes_at(program, node, rows.start + i);
        out.numbers.push(codes.map_or(0, |c| i64::try_from(c.len()).unwrap_or(0)));
        if codes.is_none() {
            leave_row(out, i, rows.count);
        }
    }
}

fn contains(program: &Program<'_>, node: NodeId, texts: &[u32], rows: &Rows, out: &mut Slot) {
    out.bools.clear();
    for (i, text) in texts.iter().enumerate() {
        let codes = codes_at(program, node, rows.start + i);
        out.bools.push(u8::from(codes.is_some_and(|c| c.contains(text))));
        if codes.is_none() {
            leave_row(out, i, rows.count);
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

        /// Civil dates agree with the calendar of the date library.
        #[test]
        fn civil_dates_agree_with_the_calendar(days in -700_000_i32..700_000) {
            prop_assert_eq!(civil(days), add_days(Date::constant(1970, 1, 1), days.into()));
        }
    }
}
