//! `!`, `&&`, `||`, `if` and comparisons.

use super::super::block::{Rows, Slot};
use super::super::program::{Factors, Repr};
use super::leftover::{leave, leave_unsettled};
use super::loops::{choose, compare, compare_by, map, wide, zip_by};
use logis_language::plan::ir::{Comparison, NodeId};

/// `!a`
pub(super) fn not(rows: &Rows<'_, '_>, a: NodeId, out: &mut Slot) {
    let a = rows.view(a);
    map(&mut out.bools, a.bools, |x: u8| x ^ 1);
    leave(out, &[a.left], rows.count());
}

/// `a && b`
pub(super) fn and(rows: &Rows<'_, '_>, a: NodeId, b: NodeId, out: &mut Slot) {
    let (a, b) = (rows.view(a), rows.view(b));
    zip_by(&mut out.bools, a.bools, b.bools, |x, y| x & y);
    leave_unsettled(out, &a, &b, 0, rows.count());
}

/// `a || b`
pub(super) fn or(rows: &Rows<'_, '_>, a: NodeId, b: NodeId, out: &mut Slot) {
    let (a, b) = (rows.view(a), rows.view(b));
    zip_by(&mut out.bools, a.bools, b.bools, |x, y| x | y);
    leave_unsettled(out, &a, &b, 1, rows.count());
}

/// `if condition { yes } else { no }`. Both branches are there for all rows; a row takes the value and
/// the mark of its own.
pub(super) fn conditional(
    rows: &Rows<'_, '_>,
    condition: NodeId,
    (yes, no): (NodeId, NodeId),
    factors: Factors,
    out: &mut Slot,
) {
    let n = rows.count();
    let (c, a, b) = (rows.view(condition), rows.view(yes), rows.view(no));
    // Only the array of the branches' type has values: the other three loops end at once.
    choose(&mut out.bools, c.bools, a.bools, b.bools, |x| x, |y| y);
    choose(&mut out.dates, c.bools, a.dates, b.dates, |x| x, |y| y);
    choose(&mut out.texts, c.bools, a.texts, b.texts, |x| x, |y| y);
    if factors == Factors::ONE {
        choose(&mut out.numbers, c.bools, a.numbers, b.numbers, |x| x, |y| y);
    } else {
        let times = |by: i64| move |x: i64| x.wrapping_mul(by);
        choose(&mut out.numbers, c.bools, a.numbers, b.numbers, times(factors.a), times(factors.b));
    }
    if !c.left.is_empty() || !a.left.is_empty() || !b.left.is_empty() {
        let (chosen, at) = (wide(c.bools, n), |l: &[u8], i| l.get(i).copied().unwrap_or(0));
        out.left.clear();
        // What the other branch leaves over is of no matter to a row.
        out.left.extend(
            chosen
                .iter()
                .enumerate()
                .map(|(i, &chosen)| at(c.left, i) | if chosen != 0 { at(a.left, i) } else { at(b.left, i) }),
        );
        out.any_left = true;
    }
}

/// A comparison of two values of one type.
pub(super) fn comparison(
    rows: &Rows<'_, '_>,
    comparison: Comparison,
    (a, b): (NodeId, NodeId),
    factors: Factors,
    out: &mut Slot,
) {
    let (repr, a, b) = (rows.program().repr(a), rows.view(a), rows.view(b));
    match repr {
        // Multiplications that change nothing are left out: most columns are in cents already.
        Repr::Number(_) if factors == Factors::ONE => {
            compare(&mut out.bools, comparison, a.numbers, b.numbers);
        }
        Repr::Number(_) if factors.a == 1 => {
            compare_by(&mut out.bools, comparison, a.numbers, b.numbers, |x, y| {
                (x, y.wrapping_mul(factors.b))
            });
        }
        Repr::Number(_) => compare_by(&mut out.bools, comparison, a.numbers, b.numbers, |x, y| {
            (x.wrapping_mul(factors.a), y.wrapping_mul(factors.b))
        }),
        Repr::Date => compare(&mut out.bools, comparison, a.dates, b.dates),
        // Texts are equal where their numbers are; the dictionary has no order.
        Repr::Text => compare(&mut out.bools, comparison, a.texts, b.texts),
        Repr::Bool => compare(&mut out.bools, comparison, a.bools, b.bools),
    }
    leave(out, &[a.left, b.left], rows.count());
}
