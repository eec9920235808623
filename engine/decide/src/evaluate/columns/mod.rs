//! Evaluates a plan column by column.
//!
//! Numbers are whole counts of a unit that is known before anything runs (cents, thirds of a cent),
//! so a rule runs as loops over plain arrays. The columns only ever hold what is certain: a row whose
//! inputs are missing, whose arithmetic does not fit or whose table has no cell is *left over*, and
//! so is what uses it. [`super::row`] then decides those rows one by one; it is the authority, this
//! module is the fast way to the same outcomes.
//!
//! [`compile`] turns the graph into the instructions of a [`program`], [`passes`] puts them in order,
//! a [`block`] runs them on some rows at a time by the loops of [`kernels`].

mod block;
mod compile;
mod dates;
mod kernels;
mod listed;
mod passes;
mod program;
mod straight;

use std::sync::Arc;

use rayon::prelude::*;

use super::row::Context;
use block::{Block, Part, PartArray};
pub(super) use compile::DayTables;
pub(crate) use listed::{Listed, Worker};
use logis_language::plan::ir::NodeId;
use logis_language::value::{Date, Exact, Value, add_days};
use passes::Pass;
pub(crate) use program::{Array, Full};
use program::{Program, Repr};
pub(crate) use straight::{Output, Running, Straight};

/// Rows of a family's root worked on at a time: the values of some tens of slots for them and their
/// members (1 to 8 bytes each) stay in the processor's second cache, and what each instruction costs a block is shared
/// by many rows. Measured on the workload of the benches (148 instructions): 1024 rows take 11 % longer, 512 rows 26 %,
/// 3072 as long.
const BLOCK: usize = 4096;

/// Blocks that a thread takes at a time: a run. Each run fills its own part of every kept column.
const RUN: usize = 8;

/// The certain outcomes of one node for all rows.
#[derive(Clone, Debug)]
pub struct Certain {
    pub(super) full: Full,
    /// Numbers count one over this; 1 for other types.
    pub(super) denominator: i64,
    /// The texts that the program's numbers stand for.
    pub(super) dictionary: Arc<[Arc<str>]>,
}

impl Certain {
    /// The outcome of a row, or `None` if it is left over.
    pub fn get(&self, row: usize) -> Option<Value> {
        if self.full.left.get(row).is_some_and(|&l| l != 0) {
            return None;
        }
        Some(match &self.full.array {
            Array::Bool(values) => Value::Bool(*values.get(row)? != 0),
            Array::Number(units) => {
                Value::Number(Exact::new(i128::from(*units.get(row)?), i128::from(self.denominator)))
            }
            Array::Date(days) => {
                Value::Date(add_days(Date::constant(1970, 1, 1), i64::from(*days.get(row)?))?)
            }
            Array::Text(codes) => Value::Text(self.dictionary.get(*codes.get(row)? as usize)?.clone()),
        })
    }

    /// The outcomes of these rows, in the order given.
    pub(super) fn rows_at(&self, rows: &[usize]) -> Certain {
        fn take<T: Copy + Default>(all: &[T], rows: &[usize]) -> Vec<T> {
            rows.iter().map(|&row| all.get(row).copied().unwrap_or_default()).collect()
        }
        let array = match &self.full.array {
            Array::Bool(all) => Array::Bool(take(all, rows).into()),
            Array::Number(all) => Array::Number(take(all, rows).into()),
            Array::Date(all) => Array::Date(take(all, rows).into()),
            Array::Text(all) => Array::Text(take(all, rows).into()),
        };
        let left = match self.full.left.is_empty() {
            true => Vec::new(),
            false => take(&self.full.left, rows),
        };
        Certain { full: Full { array, left: left.into() }, ..self.clone() }
    }

    /// The columns of one selected outcome, computed by one program for several lists of rows: one after
    /// the other. `None` if there are none.
    pub(super) fn concat(all: &[&Certain]) -> Option<Certain> {
        fn joined<T: Copy>(parts: &[&Certain], of: impl Fn(&Array) -> Option<&[T]>) -> Vec<T> {
            parts.iter().filter_map(|part| of(&part.full.array)).flatten().copied().collect()
        }
        // All of one program: one type, one unit, one dictionary.
        let first = *all.first()?;
        let array = match first.full.array {
            Array::Bool(_) => {
                Array::Bool(joined(all, |a| if let Array::Bool(v) = a { Some(&v[..]) } else { None }).into())
            }
            Array::Number(_) => Array::Number(
                joined(all, |a| if let Array::Number(v) = a { Some(&v[..]) } else { None }).into(),
            ),
            Array::Date(_) => {
                Array::Date(joined(all, |a| if let Array::Date(v) = a { Some(&v[..]) } else { None }).into())
            }
            Array::Text(_) => {
                Array::Text(joined(all, |a| if let Array::Text(v) = a { Some(&v[..]) } else { None }).into())
            }
        };
        let left: Vec<(usize, Vec<u8>)> =
            all.iter().map(|part| (part.rows(), part.full.left.to_vec())).collect();
        Some(Certain { full: Full { array, left: join(left.iter()).into() }, ..first.clone() })
    }

    fn rows(&self) -> usize {
        match &self.full.array {
            Array::Bool(all) => all.len(),
            Array::Number(all) => all.len(),
            Array::Date(all) => all.len(),
            Array::Text(all) => all.len(),
        }
    }

    /// The outcome of a row, if it is a boolean and not left over.
    pub fn truth(&self, row: usize) -> Option<bool> {
        match &self.full.array {
            Array::Bool(values) if self.full.left.get(row).is_none_or(|&left| left == 0) => {
                values.get(row).map(|value| *value != 0)
            }
            _ => None,
        }
    }

    /// The outcome of a row, if it is a number, counted in ones, and not left over.
    pub fn whole(&self, row: usize) -> Option<i64> {
        match &self.full.array {
            Array::Number(units)
                if self.denominator == 1 && self.full.left.get(row).is_none_or(|&left| left == 0) =>
            {
                units.get(row).copied()
            }
            _ => None,
        }
    }

    /// The rows in which it is false, and those that are left over, if it is a boolean.
    pub fn false_or_left(&self) -> Option<(Vec<usize>, Vec<usize>)> {
        /// Rows that are looked at together: mostly it is true in all.
        const ROWS: usize = 256;
        let Array::Bool(values) = &self.full.array else { return None };
        let (mut false_rows, mut left_over) = (Vec::new(), Vec::new());
        for (number, values) in values.chunks(ROWS).enumerate() {
            let start = number * ROWS;
            let left = self.full.left.get(start..).unwrap_or(&[]);
            let left = left.get(..values.len()).unwrap_or(left);
            let odd = values.iter().fold(0, |some, value| some | (value ^ 1));
            if left.iter().fold(odd, |some, left| some | left) == 0 {
                continue;
            }
            for (at, value) in values.iter().enumerate() {
                if left.get(at).is_some_and(|left| *left != 0) {
                    left_over.push(start + at);
                } else if *value == 0 {
                    false_rows.push(start + at);
                }
            }
        }
        Some((false_rows, left_over))
    }

    /// Notes booleans that rows left over come to.
    pub(super) fn settle(&mut self, truths: impl Iterator<Item = (usize, bool)>) {
        let mut truths = truths.peekable();
        let Array::Bool(values) = &self.full.array else { return };
        if truths.peek().is_none() {
            return;
        }
        let (mut values, mut left) = (values.to_vec(), self.full.left.to_vec());
        for (row, truth) in truths {
            if let (Some(value), Some(left)) = (values.get_mut(row), left.get_mut(row)) {
                (*value, *left) = (u8::from(truth), 0);
            }
        }
        self.full = Full { array: Array::Bool(values.into()), left: left.into() };
    }

    /// The rows left over.
    pub(crate) fn left_over(&self) -> impl Iterator<Item = usize> + '_ {
        self.full.left.iter().enumerate().filter(|(_, l)| **l != 0).map(|(row, _)| row)
    }
}

/// Evaluates the selected nodes of a plan for all rows of its entity; `None` for a node that has no
/// columnar form.
pub(crate) fn evaluate(context: &Context<'_>) -> Vec<Option<Certain>> {
    let mut program = Program::compile(context);
    // What a pass keeps is there for those after it, which may read any of its rows.
    let mut passes = std::mem::take(&mut program.passes).into_iter();
    while let Some(pass) = passes.next() {
        for (node, full) in run(&program, &pass) {
            program.keep(node, full);
        }
        program.forget(passes.as_slice().iter());
    }
    let certain = |(_, node): &(String, NodeId)| {
        Some(Certain {
            full: program.full(*node)?.clone(),
            denominator: program.denominator(*node),
            dictionary: program.dictionary.clone(),
        })
    };
    context.plan.selected.iter().map(certain).collect()
}

/// A column while it is filled.
enum Filling {
    Bool(Vec<u8>),
    Number(Vec<i64>),
    Date(Vec<i32>),
    Text(Vec<u32>),
}

impl Filling {
    fn new(repr: Repr, rows: usize) -> Filling {
        match repr {
            Repr::Bool => Filling::Bool(vec![0; rows]),
            Repr::Number(_) => Filling::Number(vec![0; rows]),
            Repr::Date => Filling::Date(vec![0; rows]),
            Repr::Text => Filling::Text(vec![0; rows]),
        }
    }

    /// All of it, to be filled.
    fn part(&mut self) -> PartArray<'_> {
        match self {
            Filling::Bool(all) => PartArray::Bool(all),
            Filling::Number(all) => PartArray::Number(all),
            Filling::Date(all) => PartArray::Date(all),
            Filling::Text(all) => PartArray::Text(all),
        }
    }

    fn finish(self) -> Array {
        match self {
            Filling::Bool(all) => Array::Bool(all.into()),
            Filling::Number(all) => Array::Number(all.into()),
            Filling::Date(all) => Array::Date(all.into()),
            Filling::Text(all) => Array::Text(all.into()),
        }
    }
}

/// Evaluates a pass on all threads; gives the columns to keep.
fn run(program: &Program<'_>, pass: &Pass) -> Vec<(NodeId, Full)> {
    let count = |entity| usize::try_from(program.context.rows_of(entity)).unwrap_or(usize::MAX);
    let rows = count(pass.family.root);
    let mut columns: Vec<Filling> =
        pass.kept.iter().map(|&node| Filling::new(program.repr(node), count(program.entity(node)))).collect();
    // Each run writes its own part of every column, so that threads share nothing that they write. Of an
    // entity whose rows belong to the root's, the part is that of the members of the run's rows.
    let starts: Vec<usize> = (0..rows).step_by(BLOCK * RUN).collect();
    let mut runs: Vec<(usize, Vec<Part<'_>>)> =
        starts.iter().map(|&start| (start, Vec::with_capacity(columns.len()))).collect();
    for (column, &node) in columns.iter_mut().zip(&pass.kept) {
        let lengths = starts.iter().map(|&start| {
            let end = (start + BLOCK * RUN).min(rows);
            pass.family.rows(program.entity(node), &(start..end)).len()
        });
        let parts: Vec<PartArray<'_>> = match column {
            Filling::Bool(all) => split(all, lengths).map(PartArray::Bool).collect(),
            Filling::Number(all) => split(all, lengths).map(PartArray::Number).collect(),
            Filling::Date(all) => split(all, lengths).map(PartArray::Date).collect(),
            Filling::Text(all) => split(all, lengths).map(PartArray::Text).collect(),
        };
        for ((_, run), array) in runs.iter_mut().zip(parts) {
            run.push(Part { array, filled: 0, left: Vec::new() });
        }
    }
    // By run and column: what is left over.
    let left: Vec<Vec<(usize, Vec<u8>)>> = runs
        .into_par_iter()
        .map_init(
            || Block::new(program, pass),
            |block, (start, mut parts)| {
                let end = (start + BLOCK * RUN).min(rows);
                for at in (start..end).step_by(BLOCK) {
                    block.run(at..(at + BLOCK).min(end), &mut parts);
                }
                parts.into_iter().map(|part| (part.filled, part.left)).collect()
            },
        )
        .collect();
    let kept = columns.into_iter().zip(&pass.kept).enumerate().map(|(place, (column, &node))| {
        (
            node,
            Full { array: column.finish(), left: join(left.iter().filter_map(|run| run.get(place))).into() },
        )
    });
    kept.collect()
}

/// Consecutive parts of these lengths, from the beginning.
fn split<T>(all: &mut [T], lengths: impl Iterator<Item = usize>) -> impl Iterator<Item = &mut [T]> {
    let mut rest = Some(all);
    lengths.map(move |length| {
        let (part, others) = rest.take().unwrap_or_default().split_at_mut_checked(length).unwrap_or_default();
        rest = Some(others);
        part
    })
}

/// The marks of consecutive parts, one after the other; empty if nothing is left over. A part is its
/// number of rows and its marks, which may end before its rows do: what follows is not left over.
fn join<'a>(parts: impl Iterator<Item = &'a (usize, Vec<u8>)> + Clone) -> Vec<u8> {
    // Marks are made only if some row is left over.
    let mut all = Vec::new();
    if parts.clone().any(|(_, left)| left.contains(&1)) {
        let mut rows = 0;
        for (length, left) in parts {
            all.extend_from_slice(left);
            rows += length;
            all.resize(rows, 0);
        }
    }
    all
}
