//! The working memory of one thread: the values of a pass's nodes for the rows it is at.

use std::ops::Range;

use super::kernels;
use super::passes::{NO_SLOT, Pass};
use super::program::{Array, Constant, Full, Instruction, Program};
use logis_language::graph::Step;
use logis_language::pack::schema::EntityId;
use logis_language::plan::ir::NodeId;

/// The values of a node for the rows of a block, in the array of the node's type; the other arrays are
/// empty. One value alone stands for all rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Slot {
    pub bools: Vec<u8>,
    pub numbers: Vec<i64>,
    pub dates: Vec<i32>,
    pub texts: Vec<u32>,
    /// By row, 1 if it is left over and 0 if not; meaningless unless `any_left`.
    pub left: Vec<u8>,
    pub any_left: bool,
}

impl Slot {
    /// Holds a constant.
    pub fn constant(value: Constant) -> Slot {
        let mut slot = Slot::default();
        match value {
            Constant::Bool(b) => slot.bools.push(u8::from(b)),
            Constant::Number(n) => slot.numbers.push(n),
            Constant::Date(d) => slot.dates.push(d),
            Constant::Text(t) => slot.texts.push(t),
        }
        slot
    }

    pub fn view(&self) -> View<'_> {
        View {
            bools: &self.bools,
            numbers: &self.numbers,
            dates: &self.dates,
            texts: &self.texts,
            left: if self.any_left { &self.left } else { &[] },
        }
    }
}

/// The values of a node for the rows of a block: see [`Slot`].
#[derive(Clone, Copy, Default)]
pub(crate) struct View<'v> {
    pub bools: &'v [u8],
    pub numbers: &'v [i64],
    pub dates: &'v [i32],
    pub texts: &'v [u32],
    /// By row, 1 if it is left over and 0 if not; empty if none is.
    pub left: &'v [u8],
}

impl<'v> View<'v> {
    /// Does one value stand for all rows, or is there but one?
    pub fn is_single(&self) -> bool {
        self.bools.len() + self.numbers.len() + self.dates.len() + self.texts.len() == 1
    }

    /// A whole column.
    pub fn all(full: &'v Full) -> View<'v> {
        let rows = match &full.array {
            Array::Bool(v) => v.len(),
            Array::Number(v) => v.len(),
            Array::Date(v) => v.len(),
            Array::Text(v) => v.len(),
        };
        View::of(full, 0..rows)
    }

    /// Some rows of a whole column.
    pub fn of(full: &'v Full, rows: Range<usize>) -> View<'v> {
        let mut view = View { left: full.left.get(rows.clone()).unwrap_or(&[]), ..View::default() };
        match &full.array {
            Array::Bool(v) => view.bools = v.get(rows).unwrap_or(&[]),
            Array::Number(v) => view.numbers = v.get(rows).unwrap_or(&[]),
            Array::Date(v) => view.dates = v.get(rows).unwrap_or(&[]),
            Array::Text(v) => view.texts = v.get(rows).unwrap_or(&[]),
        }
        view
    }
}

/// The part of a kept column that one run fills.
pub(super) struct Part<'a> {
    pub array: PartArray<'a>,
    /// Rows of it filled so far.
    pub filled: usize,
    /// By row filled, 1 if it is left over and 0 if not; rows past its end are not left over.
    pub left: Vec<u8>,
}

pub(super) enum PartArray<'a> {
    Bool(&'a mut [u8]),
    Number(&'a mut [i64]),
    Date(&'a mut [i32]),
    Text(&'a mut [u32]),
}

impl Part<'_> {
    /// Adds the values of a block of `rows` rows.
    fn append(&mut self, view: &View<'_>, rows: usize) {
        fn put<T: Copy>(all: &mut [T], at: Range<usize>, values: &[T]) {
            let Some(place) = all.get_mut(at) else { return };
            match values {
                [one] => place.fill(*one),
                values if values.len() == place.len() => place.copy_from_slice(values),
                _ => {}
            }
        }
        let at = self.filled..self.filled + rows;
        match &mut self.array {
            PartArray::Bool(all) => put(all, at, view.bools),
            PartArray::Number(all) => put(all, at, view.numbers),
            PartArray::Date(all) => put(all, at, view.dates),
            PartArray::Text(all) => put(all, at, view.texts),
        }
        // Marks begin with the first block that has any: rows before get 0.
        if !view.left.is_empty() {
            self.left.resize(self.filled, 0);
            self.left.extend_from_slice(view.left);
        }
        self.filled += rows;
    }
}

/// The slots of one thread, and where it is.
pub(super) struct Block<'p> {
    program: &'p Program<'p>,
    pass: &'p Pass,
    /// By entity: its rows in the block.
    rows: Vec<Range<usize>>,
    slots: Vec<Slot>,
    scratch: Scratch,
    /// The rows of the two sides, where the block is of pairs from a list.
    listed: Option<(Vec<u32>, Vec<u32>)>,
}

/// Memory that instructions use while they run, kept so that none is taken for each block.
#[derive(Default)]
pub(super) struct Scratch {
    /// By row: the place of its cell in a table.
    pub places: Vec<u32>,
    /// Running sums of the members' values.
    pub sums: Vec<i64>,
    /// By row: is a member of it left over?
    pub left: Vec<u8>,
    /// The members' booleans, a bit each.
    pub packed: Vec<u8>,
}

/// What an instruction sees of the block.
pub(super) struct Rows<'b, 'p> {
    block: &'b Block<'p>,
    /// The rows of the instruction's own entity.
    pub own: Range<usize>,
}

impl<'b, 'p> Rows<'b, 'p> {
    pub fn program(&self) -> &'p Program<'p> {
        self.block.program
    }

    pub fn count(&self) -> usize {
        self.own.len()
    }

    /// A node's values for the rows of its entity in the block.
    pub fn view(&self, node: NodeId) -> View<'b> {
        self.block.view(node)
    }

    /// The rows of the two sides of each pair, where they come from a list.
    pub fn listed(&self) -> Option<(&'b [u32], &'b [u32])> {
        self.block.listed.as_ref().map(|(first, second)| (&first[..], &second[..]))
    }

    /// The row that a step leads to from a row of the instruction's own entity.
    pub fn step(&self, step: Step, row: usize) -> Option<usize> {
        let side = match (self.listed(), step) {
            (Some((first, _)), Step::First(_)) => first,
            (Some((_, second)), Step::Second(_)) => second,
            _ => return usize::try_from(self.program().context.step(step, row as u64).ok()?).ok(),
        };
        side.get(row).map(|&row| row as usize)
    }

    /// The rows of an entity in the block.
    pub fn of(&self, entity: EntityId) -> Range<usize> {
        self.block.rows_of(entity)
    }

    /// Are the rows that those of an entity belong to by this relation in the block?
    pub fn is_near(&self, entity: EntityId, relation: usize) -> bool {
        self.block.pass.family.is_near(entity, relation)
    }
}

impl<'p> Block<'p> {
    pub fn new(program: &'p Program<'p>, pass: &'p Pass) -> Block<'p> {
        // Constants stand in their slots from the start, and are never written again.
        let mut slots = vec![Slot::default(); pass.slot_count];
        for (node, &slot) in program.nodes.iter().zip(&pass.slots) {
            if let Instruction::Constant(value) = node.instruction
                && let Some(slot) = slots.get_mut(slot as usize)
            {
                *slot = Slot::constant(value);
            }
        }
        Block { program, pass, rows: Vec::new(), slots, scratch: Scratch::default(), listed: None }
    }

    /// Evaluates the pass for these rows of the root, and fills the parts of its kept columns.
    pub fn run(&mut self, root: Range<usize>, kept: &mut [Part<'_>]) {
        // The rows of every entity that stand beside those of the root.
        let entities = self.program.context.plan.parsed.schema.entities.len();
        self.rows.clear();
        self.rows.extend((0..entities).map(|entity| self.pass.family.rows(entity, &root)));
        let mut scratch = std::mem::take(&mut self.scratch);
        for step in &self.pass.steps {
            let Some(node) = self.program.nodes.get(step.node as usize) else { continue };
            let place = self.pass.slots.get(step.node as usize).map_or(usize::MAX, |s| *s as usize);
            // Taken out while it is written, so that the others can be read.
            let Some(slot) = self.slots.get_mut(place) else { continue };
            let mut slot = std::mem::take(slot);
            let own = self.rows_of(node.entity);
            let count = own.len();
            kernels::run(node, &Rows { block: self, own }, &mut slot, &mut scratch);
            if let Some(part) = step.keep.and_then(|k| kept.get_mut(k)) {
                part.append(&slot.view(), count);
            }
            if let Some(place) = self.slots.get_mut(place) {
                *place = slot;
            }
        }
        self.scratch = scratch;
    }

    /// Evaluates a pass on pairs for those of a list, at most a block of them.
    pub fn run_listed(&mut self, first: &[u32], second: &[u32], kept: &mut [Part<'_>]) {
        let mut listed = self.listed.take().unwrap_or_default();
        for (own, given) in [(&mut listed.0, first), (&mut listed.1, second)] {
            own.clear();
            own.extend_from_slice(given);
        }
        self.listed = Some(listed);
        self.run(0..first.len().min(second.len()), kept);
    }

    /// A node's values for the rows of its entity in the block: from its slot, or from a column that is
    /// there whole; empty if it has neither.
    fn view(&self, node: NodeId) -> View<'_> {
        // A node that only passes values on has the slot of the one that computes them.
        let node = self.program.resolve(node);
        let slot = self.pass.slots.get(node as usize).copied().unwrap_or(NO_SLOT);
        if let Some(slot) = self.slots.get(slot as usize) {
            return slot.view();
        }
        match self.program.full(node) {
            Some(full) => View::of(full, self.rows_of(self.program.entity(node))),
            None => View::default(),
        }
    }

    fn rows_of(&self, entity: EntityId) -> Range<usize> {
        self.rows.get(entity).cloned().unwrap_or_default()
    }
}
