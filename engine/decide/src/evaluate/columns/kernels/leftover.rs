//! Which rows an instruction leaves over, from what its inputs leave over.
//!
//! A mark is 1 for a row left over and 0 for another. A slot that leaves nothing over has no marks at all
//! (`any_left` is false), so that most blocks carry none.

use super::super::block::{Slot, View};
use super::super::program::Repr;
use super::loops::wide;

/// Leaves over what any of the inputs leaves over.
pub(super) fn leave(out: &mut Slot, inputs: &[&[u8]], rows: usize) {
    out.any_left = false;
    if inputs.iter().any(|l| !l.is_empty()) {
        either_left(out, inputs, rows);
    }
}

/// Adds the marks of the inputs to those that are there.
pub(super) fn either_left(out: &mut Slot, inputs: &[&[u8]], rows: usize) {
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

/// Leaves over, for `a && b` or `a || b`, what `a` does, and what `b` does where `a` does not have the
/// value `settling` that decides alone (0 for `&&`, 1 for `||`).
pub(super) fn leave_unsettled(out: &mut Slot, a: &View<'_>, b: &View<'_>, settling: u8, n: usize) {
    if a.left.is_empty() && b.left.is_empty() {
        return;
    }
    out.any_left = false;
    either_left(out, &[a.left], n);
    // Without branches: a right mark counts where the left value is not the settling one.
    for ((left, right), &side) in out.left.iter_mut().zip(b.left).zip(wide(a.bools, n).iter()) {
        *left |= right & u8::from(side != settling);
    }
}

/// Leaves over one of `rows` rows.
pub(in crate::evaluate::columns) fn leave_row(out: &mut Slot, row: usize, rows: usize) {
    either_left(out, &[], rows);
    if let Some(left) = out.left.get_mut(row) {
        *left = 1;
    }
}

/// Leaves over every row. The values are zeros, so that what reads them finds as many as there are rows.
pub(super) fn leave_all(out: &mut Slot, repr: Repr, rows: usize) {
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
