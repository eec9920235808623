//! The instructions of a straight program, and what each computes from the registers of one row.

use std::sync::Arc;

use super::super::dates::{between_days, moved_day};
use super::super::kernels::{rounded, rounded_whole};
use super::super::program::{Array, DenseTable, KeyPlaces, NO_PLACE};
use logis_data::LEFT;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::Comparison;
use logis_language::value::Rounding;

/// A register of a row.
pub(super) type Register = u16;

/// The most keys of a table that is looked up here.
pub(super) const MOST_KEYS: usize = 4;

/// What one instruction computes. A value is a boolean (0 or 1), a count of units, a day or the number of a text; or
/// [`LEFT`], if it is left over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Code {
    /// The value of a register of the row that a way leads to.
    Up {
        way: u16,
        from: Register,
    },
    /// A function of a register of the rows whose way leads here.
    Reduce {
        what: Builtin,
        way: u16,
        from: Register,
    },
    /// A cell of a reference table.
    Reference {
        column: u16,
    },
    Not(Register),
    And(Register, Register),
    Or(Register, Register),
    If {
        condition: Register,
        yes: Register,
        no: Register,
    },
    /// [`Code::If`], the counts of either side multiplied by a [pair](Fixed::pairs) to reach their common unit.
    IfBy {
        condition: Register,
        yes: Register,
        no: Register,
        by: u16,
    },
    Less(Register, Register),
    AtMost(Register, Register),
    Equal(Register, Register),
    NotEqual(Register, Register),
    /// A comparison of counts, each multiplied to reach their common unit.
    CompareBy {
        comparison: Comparison,
        a: Register,
        b: Register,
        by: u16,
    },
    Add(Register, Register),
    Subtract(Register, Register),
    Largest(Register, Register),
    Smallest(Register, Register),
    /// The sum, difference, larger or smaller of two, each multiplied to reach their common unit.
    CombineBy {
        how: Combine,
        a: Register,
        b: Register,
        by: u16,
    },
    Multiply(Register, Register),
    /// Times the first of a pair.
    Scale(Register, u16),
    /// Divided by the second of a pair and rounded.
    Round {
        how: Rounding,
        a: Register,
        by: u16,
    },
    /// Times the first of a pair, divided by its second, and rounded.
    RoundBy {
        how: Rounding,
        a: Register,
        by: u16,
    },
    /// `round(a * times / (b * by))`, of a pair.
    Divide {
        how: Rounding,
        a: Register,
        b: Register,
        by: u16,
    },
    /// Whole years, months or days between two dates.
    Between(Builtin, Register, Register),
    /// A date moved by whole years, months or days.
    Move(Builtin, Register, Register),
    /// A cell of a table by its keys, so many.
    Table {
        table: u16,
        keys: [Register; MOST_KEYS],
        count: u8,
    },
    /// The value of the second, left over where the first is too.
    Strict(Register, Register),
    /// Computes nothing; passes over so many instructions unless a register is 0 or 1, as said: nobody reads what they would
    /// compute.
    Unless {
        condition: Register,
        is: u8,
        over: u16,
    },
}

/// How two numbers or dates become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Combine {
    Add,
    Subtract,
    Largest,
    Smallest,
}

/// What instructions name by a number.
#[derive(Debug, Default)]
pub(super) struct Fixed {
    /// Pairs of numbers.
    pub pairs: Vec<(i64, i64)>,
    pub tables: Vec<Arc<DenseTable>>,
}

impl Fixed {
    /// The number of a pair.
    pub fn pair(&mut self, pair: (i64, i64)) -> Option<u16> {
        let at = self.pairs.iter().position(|own| *own == pair).unwrap_or_else(|| {
            self.pairs.push(pair);
            self.pairs.len() - 1
        });
        u16::try_from(at).ok()
    }

    fn at(&self, pair: u16) -> (i64, i64) {
        self.pairs.get(usize::from(pair)).copied().unwrap_or((1, 1))
    }
}

impl Code {
    /// A comparison of values in one unit.
    pub fn compare(comparison: Comparison, a: Register, b: Register) -> Code {
        match comparison {
            Comparison::Equal => Code::Equal(a, b),
            Comparison::NotEqual => Code::NotEqual(a, b),
            Comparison::Less => Code::Less(a, b),
            Comparison::AtMost => Code::AtMost(a, b),
            Comparison::Greater => Code::Less(b, a),
            Comparison::AtLeast => Code::AtMost(b, a),
        }
    }

    /// Two values in one unit as one.
    pub fn combine(how: Combine, a: Register, b: Register) -> Code {
        match how {
            Combine::Add => Code::Add(a, b),
            Combine::Subtract => Code::Subtract(a, b),
            Combine::Largest => Code::Largest(a, b),
            Combine::Smallest => Code::Smallest(a, b),
        }
    }

    /// The registers of its own row that it reads.
    pub fn reads(&self) -> Vec<Register> {
        match *self {
            Code::Up { .. } | Code::Reduce { .. } | Code::Reference { .. } => Vec::new(),
            Code::Not(a)
            | Code::Scale(a, _)
            | Code::Round { a, .. }
            | Code::RoundBy { a, .. }
            | Code::Unless { condition: a, .. } => vec![a],
            Code::And(a, b)
            | Code::Or(a, b)
            | Code::Less(a, b)
            | Code::AtMost(a, b)
            | Code::Equal(a, b)
            | Code::NotEqual(a, b)
            | Code::CompareBy { a, b, .. }
            | Code::Add(a, b)
            | Code::Subtract(a, b)
            | Code::Largest(a, b)
            | Code::Smallest(a, b)
            | Code::CombineBy { a, b, .. }
            | Code::Multiply(a, b)
            | Code::Divide { a, b, .. }
            | Code::Between(_, a, b)
            | Code::Move(_, a, b)
            | Code::Strict(a, b) => vec![a, b],
            Code::If { condition, yes, no } | Code::IfBy { condition, yes, no, .. } => {
                vec![condition, yes, no]
            }
            Code::Table { keys, count, .. } => keys.into_iter().take(count.into()).collect(),
        }
    }
}

/// What an instruction on constants computes.
pub(super) fn constant(code: Code, row: &[i64], fixed: &Fixed) -> Option<i64> {
    let mut row = row.to_vec();
    let into = Register::try_from(row.len()).ok()?;
    row.push(LEFT);
    run(&[(into, code)], &mut row, fixed, |_| LEFT);
    row.pop()
}

/// Runs instructions on the registers of a row; `elsewhere` computes those that read other rows.
pub(super) fn run(
    steps: &[(Register, Code)],
    row: &mut [i64],
    fixed: &Fixed,
    elsewhere: impl Fn(&Code) -> i64,
) {
    let mut next = 0;
    while let Some((into, code)) = steps.get(next) {
        next += 1;
        let value = match code {
            Code::Unless { condition, is, over } => {
                let value = row.get(usize::from(*condition)).copied();
                if value != Some(i64::from(*is)) {
                    next += usize::from(*over);
                }
                continue;
            }
            Code::Up { .. } | Code::Reduce { .. } | Code::Reference { .. } => elsewhere(code),
            _ => compute(code, row, fixed),
        };
        if let Some(slot) = row.get_mut(usize::from(*into)) {
            *slot = value;
        }
    }
}

/// What an instruction computes from the registers of its own row. Those that read other rows compute nothing here.
#[inline]
fn compute(code: &Code, row: &[i64], fixed: &Fixed) -> i64 {
    let at = |register: Register| row.get(usize::from(register)).copied().unwrap_or(LEFT);
    // `f` of two values, unless one is left over.
    let both = |a: Register, b: Register, f: fn(i64, i64) -> bool| match (at(a), at(b)) {
        (LEFT, _) | (_, LEFT) => LEFT,
        (a, b) => i64::from(f(a, b)),
    };
    match *code {
        Code::Up { .. } | Code::Reduce { .. } | Code::Reference { .. } | Code::Unless { .. } => LEFT,
        Code::Not(a) => match at(a) {
            LEFT => LEFT,
            a => a ^ 1,
        },
        Code::And(a, b) => match at(a) {
            1 => at(b),
            other => other,
        },
        Code::Or(a, b) => match at(a) {
            0 => at(b),
            other => other,
        },
        Code::If { condition, yes, no } => match at(condition) {
            LEFT => LEFT,
            0 => at(no),
            _ => at(yes),
        },
        Code::IfBy { condition, yes, no, by } => match at(condition) {
            LEFT => LEFT,
            0 => times(at(no), fixed.at(by).1),
            _ => times(at(yes), fixed.at(by).0),
        },
        Code::Less(a, b) => both(a, b, |a, b| a < b),
        Code::AtMost(a, b) => both(a, b, |a, b| a <= b),
        Code::Equal(a, b) => both(a, b, |a, b| a == b),
        Code::NotEqual(a, b) => both(a, b, |a, b| a != b),
        Code::CompareBy { comparison, a, b, by } => match (at(a), at(b)) {
            (LEFT, _) | (_, LEFT) => LEFT,
            (a, b) => {
                let by = fixed.at(by);
                let (a, b) = (i128::from(a) * i128::from(by.0), i128::from(b) * i128::from(by.1));
                i64::from(comparison.holds(a.cmp(&b)))
            }
        },
        Code::Add(a, b) => combined(Combine::Add, at(a), at(b)),
        Code::Subtract(a, b) => combined(Combine::Subtract, at(a), at(b)),
        Code::Largest(a, b) => combined(Combine::Largest, at(a), at(b)),
        Code::Smallest(a, b) => combined(Combine::Smallest, at(a), at(b)),
        Code::CombineBy { how, a, b, by } => {
            let by = fixed.at(by);
            combined(how, times(at(a), by.0), times(at(b), by.1))
        }
        Code::Multiply(a, b) => match (at(a), at(b)) {
            (LEFT, _) | (_, LEFT) => LEFT,
            (a, b) => a.checked_mul(b).unwrap_or(LEFT),
        },
        Code::Scale(a, by) => times(at(a), fixed.at(by).0),
        Code::Round { how, a, by } => match at(a) {
            LEFT => LEFT,
            a => rounded_whole(how, a, fixed.at(by).1),
        },
        Code::RoundBy { how, a, by } => divided(how, at(a), 1, fixed.at(by)),
        Code::Divide { how, a, b, by } => divided(how, at(a), at(b), fixed.at(by)),
        Code::Between(what, a, b) => match (day(at(a)), day(at(b))) {
            (Some(a), Some(b)) => between_days(what, a, b),
            _ => LEFT,
        },
        Code::Move(what, date, by) => match (day(at(date)), at(by)) {
            (None, _) | (_, LEFT) => LEFT,
            (Some(date), by) => moved_day(what, date, by).map_or(LEFT, i64::from),
        },
        Code::Table { table, keys, count } => match fixed.tables.get(usize::from(table)) {
            Some(table) => look_up(table, keys.iter().take(count.into()).map(|key| at(*key))),
            None => LEFT,
        },
        Code::Strict(computed, value) => match at(computed) {
            LEFT => LEFT,
            _ => at(value),
        },
    }
}

fn combined(how: Combine, a: i64, b: i64) -> i64 {
    match (a, b) {
        (LEFT, _) | (_, LEFT) => LEFT,
        (a, b) => match how {
            Combine::Add => a.checked_add(b).unwrap_or(LEFT),
            Combine::Subtract => a.checked_sub(b).unwrap_or(LEFT),
            Combine::Largest => a.max(b),
            Combine::Smallest => a.min(b),
        },
    }
}

/// `round(a * times / (b * by))`
fn divided(how: Rounding, a: i64, b: i64, (times, by): (i64, i64)) -> i64 {
    if a == LEFT || b == LEFT {
        return LEFT;
    }
    // Divisions of 64 bits take a fraction of the time of those of 128.
    if let (Some(a), Some(b)) = (a.checked_mul(times), b.checked_mul(by))
        && b > 0
    {
        return rounded_whole(how, a, b);
    }
    // Both products fit: 64 bits times 64 bits.
    rounded(how, i128::from(a) * i128::from(times), i128::from(b) * i128::from(by)).unwrap_or(LEFT)
}

/// The registers of members, one after the other, and to which row each belongs.
#[derive(Clone, Copy)]
pub(super) struct Members<'m> {
    pub links: &'m [u32],
    pub registers: &'m [i64],
    /// How many registers each has.
    pub width: usize,
}

/// A function of a register of the members of a row; left over if one of them is.
pub(super) fn reduce(what: Builtin, members: Members<'_>, row: u32, from: Register) -> i64 {
    let (mut count, mut sum, mut fits, mut left) = (0_i64, 0_i64, true, false);
    let (mut most, mut least) = (LEFT, i64::MAX);
    let mut at = usize::from(from);
    for to in members.links {
        if *to == row {
            let value = members.registers.get(at).copied().unwrap_or(LEFT);
            left |= value == LEFT;
            count += 1;
            match sum.checked_add(value) {
                Some(total) => sum = total,
                None => fits = false,
            }
            (most, least) = (most.max(value), least.min(value));
        }
        at += members.width;
    }
    match what {
        _ if left => LEFT,
        // Booleans are 0 or 1.
        Builtin::Nombre | Builtin::Somme if fits => sum,
        Builtin::Un => i64::from(sum != 0),
        Builtin::Tous => i64::from(sum == count),
        Builtin::Longueur => count,
        Builtin::Max => most,
        Builtin::Min if count > 0 => least,
        _ => LEFT,
    }
}

fn times(value: i64, by: i64) -> i64 {
    match (value, by) {
        (LEFT, _) => LEFT,
        (value, 1) => value,
        (value, by) => value.checked_mul(by).unwrap_or(LEFT),
    }
}

/// A day, if it is not left over.
fn day(value: i64) -> Option<i32> {
    i32::try_from(value).ok()
}

fn look_up(table: &DenseTable, keys: impl Iterator<Item = i64>) -> i64 {
    let mut place = 0_u32;
    for (key, parts) in keys.zip(&table.places) {
        if key == LEFT {
            return LEFT;
        }
        let part = match parts {
            KeyPlaces::Text(by_number) => part(by_number, key),
            KeyPlaces::Number(low, by_number) => part(by_number, key.wrapping_sub(*low)),
            KeyPlaces::Bool([no, yes]) => {
                if key == 0 {
                    *no
                } else {
                    *yes
                }
            }
        };
        place = place.saturating_add(part);
    }
    let place = place as usize;
    if table.present.get(place) != Some(&true) {
        return LEFT;
    }
    match &table.values {
        Array::Bool(values) => values.get(place).map_or(LEFT, |v| i64::from(*v)),
        Array::Number(values) => values.get(place).copied().unwrap_or(LEFT),
        Array::Date(values) => values.get(place).map_or(LEFT, |v| i64::from(*v)),
        Array::Text(values) => values.get(place).map_or(LEFT, |v| i64::from(*v)),
    }
}

fn part(by_number: &[u32], number: i64) -> u32 {
    usize::try_from(number).ok().and_then(|at| by_number.get(at)).copied().unwrap_or(NO_PLACE)
}
