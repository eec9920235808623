//! Values of other rows: of the row that a step leads to, in this block or in a column kept whole.

use super::super::block::{Rows, Slot, View};
use super::super::program::{Constant, Repr};
use super::leftover::{either_left, leave_all};
use logis_data::NO_ROW;
use logis_language::graph::Step;
use logis_language::plan::ir::NodeId;

/// The values of another node; they may be of any type.
pub(super) fn copy(out: &mut Slot, a: &View<'_>) {
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

/// `value`, with the rows that `computed` leaves over too: what Rhai computes though nothing uses it may
/// be an error.
pub(super) fn strict(rows: &Rows<'_, '_>, computed: NodeId, value: NodeId, out: &mut Slot) {
    copy(out, &rows.view(value));
    let computed = rows.view(computed);
    if !computed.left.is_empty() {
        either_left(out, &[computed.left], rows.count());
    }
}

/// The values of the rows that a step leads to: by a relation, or to a side of a pair.
pub(super) fn up(rows: &Rows<'_, '_>, step: Step, inner: NodeId, repr: Repr, out: &mut Slot) {
    match step {
        Step::BelongsTo(entity, relation) => owner(rows, (entity, relation), inner, repr, out),
        Step::First(_) | Step::Second(_) => side(rows, step, inner, repr, out),
    }
}

/// The values of the rows that those of the block belong to.
fn owner(rows: &Rows<'_, '_>, (entity, relation): (usize, usize), inner: NodeId, repr: Repr, out: &mut Slot) {
    let (program, n) = (rows.program(), rows.count());
    let links = program.context.links(entity, relation).get(rows.own.clone()).unwrap_or(&[]);
    if links.len() < n {
        return leave_all(out, repr, n);
    }
    if rows.is_near(entity, relation) {
        // The owners stand in the same block: their values are in a slot, from its first row on.
        let first = rows.of(program.entity(inner)).start;
        let view = rows.view(inner);
        if view.is_single() && view.left.is_empty() {
            // One value stands for all owners.
            return copy(out, &view);
        }
        return take_all(&view, links.iter().map(|&p| p as usize - first), out);
    }
    // A row that belongs to none reads past the end: its value is missing.
    whole_column(rows, inner, repr, links.iter().map(|&p| p as usize), out);
    if links.contains(&NO_ROW) {
        let alone: Vec<u8> = links.iter().map(|&p| u8::from(p == NO_ROW)).collect();
        either_left(out, &[&alone], n);
    }
}

/// The values of one side of each pair. Of all pairs, `row` is `first * rows of the second side + second`;
/// of a list, it is a place in it.
fn side(rows: &Rows<'_, '_>, step: Step, inner: NodeId, repr: Repr, out: &mut Slot) {
    // Pairs have no column of links: their sides follow from their number, or stand in the list.
    let seconds = |pair| rows.program().context.second_rows_of(pair);
    match (step, rows.listed()) {
        (Step::First(_), Some((first, _))) => {
            whole_column(rows, inner, repr, first.iter().map(|&r| r as usize), out);
        }
        (Step::Second(_), Some((_, second))) => {
            whole_column(rows, inner, repr, second.iter().map(|&r| r as usize), out);
        }
        (Step::First(pair), None) => {
            let seconds = seconds(pair);
            whole_column(rows, inner, repr, rows.own.clone().map(|r| r / seconds), out);
        }
        (Step::Second(pair), None) => {
            let seconds = seconds(pair);
            whole_column(rows, inner, repr, rows.own.clone().map(|r| r % seconds), out);
        }
        (Step::BelongsTo(..), _) => {}
    }
}

/// The values at these rows of a column that is kept whole; every row is left over if it is not there.
fn whole_column(
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

/// The values in these places of a view; a place past the end gives zero.
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
