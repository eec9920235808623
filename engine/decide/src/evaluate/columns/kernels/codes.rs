//! Fields that hold several codes: how many, and whether one is among them.

use super::super::block::{Rows, Slot};
use super::leftover::{leave, leave_row};
use super::loops::wide;
use logis_language::graph::Step;
use logis_language::plan::ir::{NodeId, Op};

/// The codes that a node has in a row: it reads a column of codes, of its own row or through steps.
fn codes_at<'p>(rows: &Rows<'_, 'p>, mut node: NodeId, mut row: usize) -> Option<&'p [u32]> {
    let program = rows.program();
    // Up the steps first: the column is that of the last row.
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

/// How many codes each row has; a row whose codes are missing is left over.
pub(super) fn lengths(rows: &Rows<'_, '_>, node: NodeId, out: &mut Slot) {
    out.numbers.clear();
    for (i, row) in rows.own.clone().enumerate() {
        let codes = codes_at(rows, node, row);
        out.numbers.push(codes.map_or(0, |c| i64::try_from(c.len()).unwrap_or(0)));
        if codes.is_none() {
            leave_row(out, i, rows.count());
        }
    }
}

/// Is the text of each row among its codes?
pub(super) fn contains(rows: &Rows<'_, '_>, node: NodeId, text: NodeId, out: &mut Slot) {
    let texts = rows.view(text);
    leave(out, &[texts.left], rows.count());
    let texts = wide(texts.texts, rows.count());
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
