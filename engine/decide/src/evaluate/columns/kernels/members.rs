//! Functions of the members of each row: sums, counts, the largest, whether any or all are true.

use std::borrow::Cow;
use std::ops::Range;

use super::super::block::{Rows, Scratch, Slot, View};
use super::super::program::{Array, Constant, Repr};
use super::leftover::{either_left, leave_all, leave_row};
use super::loops::wide;
use logis_data::Members;
use logis_language::pack::schema::EntityId;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::NodeId;

/// What is computed of which members.
#[derive(Clone, Copy)]
pub(super) struct Reduction {
    pub what: Builtin,
    /// The type of the result.
    pub repr: Repr,
    /// The node of the members, whose context has them grouped by row.
    pub members: NodeId,
    /// The members' entity, and the relation by which they belong to the rows.
    pub entity: EntityId,
    pub relation: usize,
    /// The node whose values at the members are taken.
    pub child: NodeId,
}

/// A function of the members of each row.
pub(super) fn reduce(of: Reduction, rows: &Rows<'_, '_>, out: &mut Slot, scratch: &mut Scratch) {
    let Some(groups) = rows.program().context.members_table(of.members) else {
        return leave_all(out, of.repr, rows.count());
    };
    if rows.is_near(of.entity, of.relation) {
        // The members stand in the same block, in the order of the rows: their slot is read as it is.
        reduce_values(groups, of, &rows.view(of.child), rows, out, scratch);
    } else {
        let gathered = Gathered::of(rows, groups, of.child);
        reduce_values(groups, of, &gathered.view(), rows, out, scratch);
    }
}

/// The values of the members of the block's rows, brought together from a column kept whole.
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

/// [`reduce`], once the values of the members stand one after the other, row by row (`own`).
fn reduce_values(
    groups: &Members,
    of: Reduction,
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
    // Booleans are packed into the bits of a word for each group, where groups are short enough;
    // otherwise they are added up as numbers are.
    match of.what {
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
            let largest = of.what == Builtin::Max;
            let mut none = Vec::new();
            // By the type, and not by what is there: there may be no member at all.
            if of.repr != Repr::Date {
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
    // One member left over leaves its row over.
    if !own.left.is_empty() {
        left.clear();
        any(groups, parents, own.left, packed, sums, left);
        either_left(out, &[left], n);
    }
}

/// For each row, is any of its members true?
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

/// The largest or smallest of a row's members. A row that has none gets zero, and is noted in `none`.
fn extreme<T: Copy + Default + Ord>(group: &[T], largest: bool, out: &mut Vec<T>, none: &mut Vec<usize>) {
    let value = if largest { group.iter().max() } else { group.iter().min() };
    none.extend(value.is_none().then_some(out.len()));
    out.push(value.copied().unwrap_or_default());
}
