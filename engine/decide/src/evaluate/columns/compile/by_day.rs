//! Functions of constants, and of one date: computed once, or once for each day that its column may hold, and not once
//! a row.
//!
//! An age, a deadline, whether one was hired less than a year ago: much of what rules ask of a row follows from one
//! date of it and from constants. Columns of dates have far fewer days than rows. So each node that follows from one
//! date column alone is evaluated over all days from the column's first to its last, by the kernels that would
//! evaluate it over the rows; its rows then look their values up by their days.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::super::block::{Block, Part};
use super::super::passes::Pass;
use super::super::program::{Array, Compiled, Constant, DayTable, Full, Instruction, Program};
use super::super::{BLOCK, Filling};
use super::Compiler;
use crate::evaluate::row::Context;
use logis_data::{Cells, Shared};
use logis_language::plan::ir::NodeId;

/// What an instruction is taken to cost a row, beside a look-up in a table ([`LOOK_UP`]): a rough guess. All that hangs on it
/// is that one comparison or two stay as they are, and that what computes with the calendar becomes a table.
const DATES: u32 = 20;
const SIMPLE: u32 = 1;
const LOOK_UP: u32 = 3;

/// Columns of other parts of the same data begin and end on other days: their tables are of ranges that begin and end at
/// multiples of this many days, so that most are of one range, and made once.
const STEP: i32 = 1024;

/// The tables that were made for a plan, by node and range of days. What follows from one date depends on the plan and the
/// days alone.
#[derive(Debug, Default)]
pub(in super::super::super) struct DayTables(Mutex<HashMap<(NodeId, i32, usize), Option<Table>>>);

/// The values of a node by day, and between which counts they lie.
#[derive(Clone, Debug)]
struct Table {
    values: Array,
    bounds: (i128, i128),
}

impl DayTables {
    /// The table of a node over a range of days, made by `make` unless it is there; none, if `make` gave none.
    fn get(&self, of: (NodeId, i32, usize), make: impl FnOnce() -> Option<Table>) -> Option<Table> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&of).cloned();
        known.unwrap_or_else(|| {
            // Another thread may make the same meanwhile: it is equal.
            let table = make();
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(of, table.clone());
            table
        })
    }
}

impl Table {
    fn of(values: Array) -> Table {
        let bounds = match &values {
            Array::Number(values) => {
                values.iter().fold((0, 0), |(low, high): (i64, i64), &n| (low.min(n), high.max(n)))
            }
            _ => (0, 0),
        };
        Table { values, bounds: (i128::from(bounds.0), i128::from(bounds.1)) }
    }
}

/// The nodes that follow from one date column each.
pub(super) struct Days<'c> {
    /// The nodes compiled so far, as they are evaluated over days; `full` holds the values of those that follow from
    /// one date column, one for each of its days.
    program: Program<'c>,
    /// By node: the column that it follows from.
    of: Vec<Option<Follows>>,
}

/// What a node follows from.
#[derive(Clone, Copy)]
struct Follows {
    /// The node of the date column.
    source: NodeId,
    /// The first day of the column, since 1 January 1970, and how many days there are to its last.
    first: i32,
    days: usize,
    /// What its instructions cost a row, at most: what is read twice counts twice.
    cost: u32,
}

impl<'c> Days<'c> {
    pub(super) fn new(context: &'c Context<'c>) -> Days<'c> {
        Days { program: Program::empty(context), of: Vec::new() }
    }
}

impl Compiler<'_> {
    /// Notes the next compiled node. One that follows from one date column alone, at more cost than a look-up, becomes
    /// a table by day; its bounds are those of its values.
    pub(super) fn by_day(&mut self, id: NodeId, compiled: &mut Compiled) {
        // A constant that is passed on is a constant here: no slot of another pass holds it.
        let noted = match self.days.program.constant_of(&compiled.instruction) {
            Some(value) => Compiled { instruction: Instruction::Constant(value), ..compiled.clone() },
            None => compiled.clone(),
        };
        self.days.program.push(noted);
        if let Some(value) = self.settled(id, compiled) {
            compiled.instruction = Instruction::Constant(value);
            if let Constant::Number(n) = value {
                compiled.bounds = (i128::from(n.min(0)), i128::from(n.max(0)));
            }
            self.days.program.replace(id, compiled.clone());
            return self.days.of.push(None);
        }
        let found = match self.days(id, &compiled.instruction) {
            Some((follows, values)) => Some((follows, Table::of(values))),
            None => self.follows(compiled).and_then(|follows| {
                let make = || self.over(id, compiled, follows.days).map(Table::of);
                let table = match self.context.day_tables() {
                    Some(tables) => tables.get((id, follows.first, follows.days), make),
                    None => make(),
                };
                Some((follows, table?))
            }),
        };
        let Some((follows, Table { values, bounds })) = found else { return self.days.of.push(None) };
        if let Array::Number(_) = &values {
            compiled.bounds = bounds;
            self.days.program.replace(id, compiled.clone());
        }
        self.days.program.keep(id, Full { array: values.clone(), left: Shared::default() });
        self.days.of.push(Some(follows));
        // A rule has the table of its body.
        if follows.cost > LOOK_UP && !matches!(compiled.instruction, Instruction::Same(_)) {
            let table = DayTable { first: follows.first, values };
            compiled.instruction = Instruction::ByDay(Arc::new(table), follows.source);
        }
    }

    /// The days of a column that holds dates as they are in the data, if it has more rows than there are days from
    /// its first to its last: a table of more days than rows costs more than it spares.
    fn days(&self, id: NodeId, instruction: &Instruction) -> Option<(Follows, Array)> {
        let Instruction::Full = instruction else { return None };
        let column = self.context.column(id)?;
        let Cells::Date(days) = column.cells() else { return None };
        let (first, last) = column.extremes()?;
        usize::try_from(last - first).ok().filter(|span| *span < days.len())?;
        let (mut first, mut last) = (i32::try_from(first).ok()?, i32::try_from(last).ok()?);
        // What is one part of many has many rows: the days that are added cost it little.
        let wide = first.div_euclid(STEP) * STEP..(last.div_euclid(STEP) + 1).saturating_mul(STEP);
        if usize::try_from(wide.end - wide.start).is_ok_and(|span| span < days.len()) {
            (first, last) = (wide.start, wide.end - 1);
        }
        let span = usize::try_from(last - first).ok()?;
        Some((Follows { source: id, first, days: span + 1, cost: 0 }, Array::Date((first..=last).collect())))
    }

    /// The value of a node that reads constants alone; `None` if it leaves the row over, as what is an error.
    fn settled(&self, id: NodeId, compiled: &Compiled) -> Option<Constant> {
        cost(&compiled.instruction)?;
        let reads = compiled.instruction.reads();
        let constants =
            !reads.is_empty() && reads.iter().all(|read| self.days.program.constant(*read).is_some());
        // What only passes a constant on is seen through already.
        if !constants || matches!(compiled.instruction, Instruction::Same(_)) {
            return None;
        }
        Some(match self.over(id, compiled, 1)? {
            Array::Bool(value) => Constant::Bool(*value.first()? != 0),
            Array::Number(value) => Constant::Number(*value.first()?),
            Array::Date(value) => Constant::Date(*value.first()?),
            Array::Text(value) => Constant::Text(*value.first()?),
        })
    }

    /// What a node follows from, if all that it reads are constants and what follows from one column.
    fn follows(&self, compiled: &Compiled) -> Option<Follows> {
        let mut follows: Option<Follows> = None;
        let mut cost = cost(&compiled.instruction)?;
        for read in compiled.instruction.reads() {
            if self.days.program.constant(read).is_some() {
                continue;
            }
            let of = self.days.of.get(read as usize).copied().flatten()?;
            if follows.is_some_and(|f| f.source != of.source) {
                return None;
            }
            // Doubled forty times, it would not fit.
            cost = cost.saturating_add(of.cost);
            follows = Some(of);
        }
        let follows = follows.filter(|f| self.days.program.entity(f.source) == compiled.entity)?;
        Some(Follows { cost, ..follows })
    }

    /// The values of a node on all days of the column that it follows from, or its one value, if it reads constants
    /// alone; `None` if it leaves one over, as what is an error on one of them. (A row whose date is missing is left
    /// over by all that follows from it: operands that would settle an outcome without it are constants, and folded
    /// before.)
    fn over(&self, id: NodeId, compiled: &Compiled, days: usize) -> Option<Array> {
        let program = &self.days.program;
        let pass = Pass::of_one(id, compiled.entity, &program.nodes, &program.same);
        let mut values = Filling::new(compiled.repr, days);
        let mut parts = [Part { array: values.part(), filled: 0, left: Vec::new() }];
        let mut block = Block::new(program, &pass);
        for at in (0..days).step_by(BLOCK) {
            block.run(at..(at + BLOCK).min(days), &mut parts);
        }
        let [part] = parts;
        if part.left.contains(&1) {
            return None;
        }
        Some(values.finish())
    }
}

/// What an instruction costs a row, if it computes from values of the row alone.
fn cost(instruction: &Instruction) -> Option<u32> {
    Some(match instruction {
        Instruction::Between(..)
        | Instruction::Move(..)
        | Instruction::Round { .. }
        | Instruction::Table(..) => DATES,
        Instruction::Same(_) | Instruction::Strict(..) => 0,
        Instruction::Not(_)
        | Instruction::And(..)
        | Instruction::Or(..)
        | Instruction::If { .. }
        | Instruction::Compare { .. }
        | Instruction::Add { .. }
        | Instruction::Subtract { .. }
        | Instruction::Multiply(..)
        | Instruction::Scale(..)
        | Instruction::Extreme { .. } => SIMPLE,
        _ => return None,
    })
}

impl<'c> Program<'c> {
    /// A program of no nodes, to be compiled node by node.
    fn empty(context: &'c Context<'c>) -> Program<'c> {
        Program {
            context,
            nodes: Vec::new(),
            passes: Vec::new(),
            dictionary: Vec::new().into(),
            same: Vec::new(),
            full: Vec::new(),
            codes: std::collections::HashMap::new(),
        }
    }

    fn push(&mut self, node: Compiled) {
        self.same.push(NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX));
        self.nodes.push(node);
        self.full.push(None);
    }

    fn replace(&mut self, id: NodeId, by: Compiled) {
        if let Some(node) = self.nodes.get_mut(id as usize) {
            *node = by;
        }
    }
}
