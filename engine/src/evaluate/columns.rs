//! Evaluates a plan column by column.
//!
//! Numbers are whole counts of a unit that is known before anything runs (cents, thirds of a cent),
//! so a rule runs as loops over plain arrays. The columns only ever hold what is certain: a row whose
//! inputs are missing, whose arithmetic does not fit or whose table has no cell is *left over*, and
//! so is what uses it. [`super::row`] then decides those rows one by one; it is the authority, this
//! module is the fast way to the same outcomes.

mod compile;
mod kernels;

use std::sync::Arc;

use arrow_buffer::ScalarBuffer;
use rayon::prelude::*;

use super::row::Context;
use crate::pack::schema::EntityId;
use crate::plan::ir::NodeId;
use crate::value::{Date, Exact, Value, add_days};
use compile::{Instruction, Program, Repr};

/// Rows worked on at a time: the columns of a batch stay in the processor's cache.
const BATCH: usize = 1024;

/// Batches that a thread takes at a time.
const RUN: usize = 32;

/// Plain arrays of one type.
#[derive(Clone, Debug)]
pub(crate) enum Array {
    /// 0 or 1.
    Bool(Vec<u8>),
    /// Counts of the node's unit.
    Number(ScalarBuffer<i64>),
    /// Days since 1 January 1970.
    Date(ScalarBuffer<i32>),
    /// Numbers in the program's dictionary.
    Text(Vec<u32>),
}

/// All rows of a node; `left` marks those left over (nothing is, where it is empty).
#[derive(Clone, Debug)]
pub(crate) struct Full {
    pub array: Array,
    pub left: Vec<u8>,
}

/// The certain outcomes of one node for all rows.
#[derive(Clone, Debug)]
pub struct Certain {
    pub(super) full: Full,
    pub(super) denominator: i64,
    dictionary: Arc<[Arc<str>]>,
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

    /// The rows left over.
    pub fn left_over(&self) -> impl Iterator<Item = usize> + '_ {
        self.full.left.iter().enumerate().filter(|(_, l)| **l != 0).map(|(row, _)| row)
    }
}

/// Evaluates the selected nodes of a plan for rows `0..rows` of its entity; `None` for a node that
/// has no columnar form.
pub(crate) fn evaluate(context: &Context<'_>, rows: usize) -> Vec<Option<Certain>> {
    let mut program = Program::compile(context);
    for stage in program.stages.clone() {
        let count = if stage.entity == context.plan.entity {
            rows
        } else {
            usize::try_from(context.rows_of(stage.entity)).unwrap_or(0)
        };
        let keep: Vec<NodeId> = stage.nodes.iter().copied().filter(|&n| program.is_kept(n)).collect();
        let runs: Vec<Vec<Slot>> = (0..count.div_ceil(BATCH * RUN))
            .into_par_iter()
            .map_init(
                || Batch::new(&program),
                |batch, run| batch.run(&program, stage.entity, &stage.nodes, &keep, run * BATCH * RUN, count),
            )
            .collect();
        for (place, node) in keep.into_iter().enumerate() {
            let parts: Vec<&Slot> = runs.iter().filter_map(|r| r.get(place)).collect();
            program.keep(node, concat(&parts, program.repr(node)));
        }
    }
    context
        .plan
        .selected
        .iter()
        .map(|(_, node)| {
            let full = program.full(*node)?;
            Some(Certain {
                full: full.clone(),
                denominator: program.denominator(*node),
                dictionary: program.dictionary.clone(),
            })
        })
        .collect()
}

/// Parts of a column, one after the other.
fn concat(parts: &[&Slot], repr: Repr) -> Full {
    fn join<T: Copy>(parts: &[&Slot], of: fn(&Slot) -> &Vec<T>) -> Vec<T> {
        let mut all = Vec::with_capacity(parts.iter().map(|p| of(p).len()).sum());
        parts.iter().for_each(|p| all.extend_from_slice(of(p)));
        all
    }
    let array = match repr {
        Repr::Bool => Array::Bool(join(parts, |p| &p.bools)),
        Repr::Number(_) => Array::Number(join(parts, |p| &p.numbers).into()),
        Repr::Date => Array::Date(join(parts, |p| &p.dates).into()),
        Repr::Text => Array::Text(join(parts, |p| &p.texts)),
    };
    let mut left = Vec::new();
    if parts.iter().any(|p| p.any_left) {
        for part in parts {
            let rows = left.len() + part.rows();
            left.extend_from_slice(&part.left);
            left.resize(rows, 0);
        }
    }
    Full { array, left }
}

/// The values of a node in a batch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    pub bools: Vec<u8>,
    pub numbers: Vec<i64>,
    pub dates: Vec<i32>,
    pub texts: Vec<u32>,
    /// Rows left over; meaningless unless `any_left`.
    pub left: Vec<u8>,
    pub any_left: bool,
}

impl Slot {
    /// How many rows it holds: their values are of one type.
    fn rows(&self) -> usize {
        self.bools.len() + self.numbers.len() + self.dates.len() + self.texts.len()
    }

    /// Adds the values of a batch; no marks are kept as long as nothing is left over.
    fn append(&mut self, view: &View<'_>) {
        let before = self.rows();
        self.bools.extend_from_slice(view.bools);
        self.numbers.extend_from_slice(view.numbers);
        self.dates.extend_from_slice(view.dates);
        self.texts.extend_from_slice(view.texts);
        if !view.left.is_empty() {
            self.left.resize(before, 0);
            self.left.extend_from_slice(view.left);
            self.any_left = true;
        }
    }
}

/// The working memory of one thread.
struct Batch {
    slots: Vec<Slot>,
}

/// A view of a node's values in the current batch.
#[derive(Clone, Copy)]
pub(crate) struct View<'v> {
    pub bools: &'v [u8],
    pub numbers: &'v [i64],
    pub dates: &'v [i32],
    pub texts: &'v [u32],
    pub left: &'v [u8],
}

const NOTHING: View<'static> = View { bools: &[], numbers: &[], dates: &[], texts: &[], left: &[] };

impl Batch {
    fn new(program: &Program<'_>) -> Batch {
        let mut slots = vec![Slot::default(); program.nodes.len()];
        for (slot, node) in slots.iter_mut().zip(&program.nodes) {
            if let Instruction::Constant(value) = &node.instruction {
                kernels::fill(slot, value, BATCH);
            }
        }
        Batch { slots }
    }

    /// Evaluates the nodes of a stage for the rows of one run; gives the kept ones.
    fn run(
        &mut self,
        program: &Program<'_>,
        entity: EntityId,
        nodes: &[NodeId],
        keep: &[NodeId],
        start: usize,
        count: usize,
    ) -> Vec<Slot> {
        let end = (start + BATCH * RUN).min(count);
        let mut kept = vec![Slot::default(); keep.len()];
        let mut at = start;
        while at < end {
            let rows = (end - at).min(BATCH);
            for &node in nodes {
                // Taken out while it is written, so that the others can be read.
                let Some(slot) = self.slots.get_mut(node as usize) else { continue };
                let mut slot = std::mem::take(slot);
                let batch = kernels::Rows { start: at, count: rows };
                kernels::run(program, node, &batch, &mut slot, &|n| self.view(program, entity, n, at, rows));
                if let Some(place) = self.slots.get_mut(node as usize) {
                    *place = slot;
                }
            }
            for (kept, &node) in kept.iter_mut().zip(keep) {
                kept.append(&self.view(program, entity, node, at, rows));
            }
            at += rows;
        }
        kept
    }

    /// A node's values for rows `at..at + rows` of `entity`.
    fn view<'v>(
        &'v self,
        program: &'v Program<'_>,
        entity: EntityId,
        node: NodeId,
        at: usize,
        rows: usize,
    ) -> View<'v> {
        let node = program.resolve(node);
        if let Some(full) = program.full(node)
            && program.entity(node) == entity
        {
            let mut view = NOTHING;
            match &full.array {
                Array::Bool(v) => view.bools = v.get(at..at + rows).unwrap_or(&[]),
                Array::Number(v) => view.numbers = v.get(at..at + rows).unwrap_or(&[]),
                Array::Date(v) => view.dates = v.get(at..at + rows).unwrap_or(&[]),
                Array::Text(v) => view.texts = v.get(at..at + rows).unwrap_or(&[]),
            }
            view.left = full.left.get(at..at + rows).unwrap_or(&[]);
            return view;
        }
        let Some(slot) = self.slots.get(node as usize) else { return NOTHING };
        fn part<T>(values: &[T], rows: usize) -> &[T] {
            values.get(..rows).unwrap_or(values)
        }
        View {
            bools: part(&slot.bools, rows),
            numbers: part(&slot.numbers, rows),
            dates: part(&slot.dates, rows),
            texts: part(&slot.texts, rows),
            left: if slot.any_left { part(&slot.left, rows) } else { &[] },
        }
    }
}
