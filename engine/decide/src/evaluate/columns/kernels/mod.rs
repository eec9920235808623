//! The kernels: one instruction over the rows of a block.
//!
//! [`run`] finds the kernel of an instruction. Each kind has a module of its own; all of them are made of
//! the loops of [`loops`], over slices of equal length, which the compiler turns into vector code. A slice
//! of one value stands for that value in all rows. An instruction writes the values of its type for every
//! row, and marks the rows that it leaves over ([`leftover`]); the value of a row left over means nothing.

mod arithmetic;
mod codes;
mod elsewhere;
mod leftover;
mod logic;
mod loops;
mod members;
mod table;

use super::block::{Rows, Scratch, Slot};
use super::dates::{between, by_day, moved};
use super::program::{Compiled, Instruction, NO_PLACE};
use elsewhere::copy;
use leftover::{leave, leave_all};
use loops::{map, wide};
use members::Reduction;

pub(super) use arithmetic::{rounded, rounded_whole};
pub(super) use leftover::leave_row;
pub(super) use loops::expand;

/// Runs the instruction of a node for the rows of a block, and writes its values and marks to `out`.
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
        Instruction::Strict(computed, value) => elsewhere::strict(rows, *computed, *value, out),
        Instruction::Up(step, inner) => elsewhere::up(rows, *step, *inner, node.repr, out),
        Instruction::Not(a) => logic::not(rows, *a, out),
        Instruction::And(a, b) => logic::and(rows, *a, *b, out),
        Instruction::Or(a, b) => logic::or(rows, *a, *b, out),
        Instruction::If { condition, yes, no, factors } => {
            logic::conditional(rows, *condition, (*yes, *no), *factors, out);
        }
        Instruction::Compare { comparison, a, b, factors } => {
            logic::comparison(rows, *comparison, (*a, *b), *factors, out);
        }
        Instruction::Add { a, b, factors } => arithmetic::add(rows, *a, *b, *factors, out),
        Instruction::Subtract { a, b, factors } => arithmetic::subtract(rows, *a, *b, *factors, out),
        Instruction::Multiply(a, b) => arithmetic::multiply(rows, *a, *b, out),
        Instruction::Scale(a, by) => arithmetic::scale(rows, *a, *by, out),
        Instruction::Extreme { largest, a, b, factors } => {
            arithmetic::extreme(rows, *largest, (*a, *b), *factors, out);
        }
        Instruction::Round { how, a, b, times, by } => {
            arithmetic::round(rows, *how, (*a, *b), (*times, *by), out);
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
        Instruction::Table(table, keys) => table::look_up(table, keys, rows, out, &mut scratch.places),
        Instruction::Reduce { what, members, entity, relation, child } => {
            let of = Reduction {
                what: *what,
                repr: node.repr,
                members: *members,
                entity: *entity,
                relation: *relation,
                child: *child,
            };
            members::reduce(of, rows, out, scratch);
        }
        Instruction::Length(codes) => codes::lengths(rows, *codes, out),
        Instruction::Contains { codes, text } => codes::contains(rows, *codes, *text, out),
    }
}
