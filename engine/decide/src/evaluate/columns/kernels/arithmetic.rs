//! Sums, products, the larger of two, and roundings.
//!
//! The bounds that [`compile`](super::super::compile) has worked out make overflow impossible, so that
//! `wrapping_…` never wraps: it only spares a check that would keep the loop from being vector code.

use super::super::block::{Rows, Slot, View};
use super::super::program::Factors;
use super::leftover::{leave, leave_row};
use super::loops::{map, wide, zip_by};
use logis_language::plan::ir::NodeId;
use logis_language::value::Rounding;

/// `a + b`, in the common unit.
pub(super) fn add(rows: &Rows<'_, '_>, a: NodeId, b: NodeId, factors: Factors, out: &mut Slot) {
    let (a, b) = (rows.view(a), rows.view(b));
    counted(&mut out.numbers, (a.numbers, b.numbers), factors, i64::wrapping_add);
    leave(out, &[a.left, b.left], rows.count());
}

/// `a - b`, in the common unit.
pub(super) fn subtract(rows: &Rows<'_, '_>, a: NodeId, b: NodeId, factors: Factors, out: &mut Slot) {
    let (a, b) = (rows.view(a), rows.view(b));
    counted(&mut out.numbers, (a.numbers, b.numbers), factors, i64::wrapping_sub);
    leave(out, &[a.left, b.left], rows.count());
}

/// `f` of each pair of counts, both brought to the common unit.
fn counted(out: &mut Vec<i64>, (a, b): (&[i64], &[i64]), factors: Factors, f: impl Fn(i64, i64) -> i64) {
    // Most columns count cents already: vectors have no product of 64 bits, so none is asked for needlessly.
    match factors {
        Factors { a: 1, b: 1 } => zip_by(out, a, b, f),
        Factors { a: 1, b: by } => zip_by(out, a, b, |x, y| f(x, y.wrapping_mul(by))),
        Factors { a: by, b: 1 } => zip_by(out, a, b, |x, y| f(x.wrapping_mul(by), y)),
        both => zip_by(out, a, b, |x, y| f(x.wrapping_mul(both.a), y.wrapping_mul(both.b))),
    }
}

/// `a * b`: the denominator of the product is that of `a` times that of `b`.
pub(super) fn multiply(rows: &Rows<'_, '_>, a: NodeId, b: NodeId, out: &mut Slot) {
    let (a, b) = (rows.view(a), rows.view(b));
    zip_by(&mut out.numbers, a.numbers, b.numbers, |x: i64, y| x.wrapping_mul(y));
    leave(out, &[a.left, b.left], rows.count());
}

/// Counts times a constant.
pub(super) fn scale(rows: &Rows<'_, '_>, a: NodeId, by: i64, out: &mut Slot) {
    let a = rows.view(a);
    map(&mut out.numbers, a.numbers, |x: i64| x.wrapping_mul(by));
    leave(out, &[a.left], rows.count());
}

/// The larger of two numbers (in the common unit) or dates, or the smaller.
pub(super) fn extreme(
    rows: &Rows<'_, '_>,
    largest: bool,
    (a, b): (NodeId, NodeId),
    factors: Factors,
    out: &mut Slot,
) {
    let (a, b) = (rows.view(a), rows.view(b));
    if largest {
        counted(&mut out.numbers, (a.numbers, b.numbers), factors, i64::max);
        zip_by(&mut out.dates, a.dates, b.dates, i32::max);
    } else {
        counted(&mut out.numbers, (a.numbers, b.numbers), factors, i64::min);
        zip_by(&mut out.dates, a.dates, b.dates, i32::min);
    }
    leave(out, &[a.left, b.left], rows.count());
}

/// `a * times / (b * by)`, rounded to a whole count; without `b`, `a * times / by`.
pub(super) fn round(
    rows: &Rows<'_, '_>,
    how: Rounding,
    (a, b): (NodeId, Option<NodeId>),
    (times, by): (i128, i128),
    out: &mut Slot,
) {
    let n = rows.count();
    let (a, b) = (rows.view(a), b.map(|b| rows.view(b)));
    leave(out, &[a.left, b.map_or(&[], |b| b.left)], n);
    match b {
        None => round_by_constant(how, &a, times, by, out),
        Some(b) => round_by_column(how, (&a, &b), times, by, n, out),
    }
}

fn round_by_constant(how: Rounding, a: &View<'_>, times: i128, by: i128, out: &mut Slot) {
    let numbers = &mut out.numbers;
    match i64::try_from(by) {
        // Divisors that the compiler knows (tenths or cents to whole euros): a multiplication and a
        // shift in place of a division.
        Ok(10) if times == 1 => map(numbers, a.numbers, |x| rounded_whole(how, x, 10)),
        Ok(100) if times == 1 => map(numbers, a.numbers, |x| rounded_whole(how, x, 100)),
        Ok(by) if times == 1 => map(numbers, a.numbers, |x| rounded_whole(how, x, by)),
        _ => map(numbers, a.numbers, |x| rounded(how, i128::from(x) * times, by).unwrap_or(0)),
    }
}

/// A row whose divisor is zero, or whose quotient does not fit, is left over.
fn round_by_column(
    how: Rounding,
    (a, b): (&View<'_>, &View<'_>),
    times: i128,
    by: i128,
    n: usize,
    out: &mut Slot,
) {
    out.numbers.clear();
    for (i, (x, y)) in wide(a.numbers, n).iter().zip(wide(b.numbers, n).iter()).enumerate() {
        let value = rounded(how, i128::from(*x) * times, i128::from(*y) * by);
        out.numbers.push(value.unwrap_or(0));
        if value.is_none() {
            leave_row(out, i, n);
        }
    }
}

/// `a / b` rounded to a whole number; `None` if `b` is zero or the quotient does not fit 64 bits.
pub(in super::super) fn rounded(how: Rounding, a: i128, b: i128) -> Option<i64> {
    if b == 0 {
        return None;
    }
    let (a, b) = if b < 0 { (a.checked_neg()?, b.checked_neg()?) } else { (a, b) };
    // With a positive divisor, the quotient rounded down leaves a rest between 0 and b.
    let (floor, rest) = (a.div_euclid(b), a.rem_euclid(b));
    i64::try_from(floor + i128::from(how.up(rest, b - rest, a > 0))).ok()
}

/// `a / b` rounded to a whole number, for a positive `b`: the quotient always fits.
pub(in super::super) fn rounded_whole(how: Rounding, a: i64, b: i64) -> i64 {
    let (floor, rest) = (a.div_euclid(b), a.rem_euclid(b));
    floor.wrapping_add(i64::from(how.up(rest, b - rest, a > 0)))
}

#[cfg(test)]
mod tests {
    use logis_language::value::{Exact, round};

    use super::*;
    use proptest::prelude::*;

    /// The rounding of an exact number, for tests of [`rounded`].
    fn exact(how: Rounding, a: i64, b: i64) -> Option<i64> {
        let value =
            logis_language::value::div(&Exact::from_integer(a.into()), &Exact::from_integer(b.into()))
                .ok()?;
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
