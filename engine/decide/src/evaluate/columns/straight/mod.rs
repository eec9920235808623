//! One record: plans compiled once to a straight line of instructions on registers, for all records.
//!
//! What is certain is certain here as it is in columns; what is *left over* (a missing cell, a computation that does not
//! fit 64 bits, an error) is decided by [`super::super::row`], which is the authority. A row is its registers, some
//! hundred numbers of 64 bits; the instructions on rows of one entity that need nothing of other rows yet run one
//! after the other, then those of the next entity.

mod code;
mod compile;

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::program::Repr;
use code::{Code, Fixed, Members, Register, reduce, run};
use compile::{Compiler, Filled, Held, Place, Placed, ReferenceColumn, Way};
use logis_data::{Cells, LEFT, NO_ROW, PlainRows, Records, Registers, Table};
use logis_language::pack::schema::{EntityId, Origin, Schema};
use logis_language::plan::Plan;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::NodeId;
use logis_language::value::{Date, Exact, Value, add_days};

/// The most rows of one entity: beyond, a record is no household, and columns decide it as fast.
const MOST_ROWS: usize = 64;

/// A compiled outcome.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output(Held);

/// Plans compiled together.
#[derive(Debug)]
pub(crate) struct Straight {
    /// What the outcomes need.
    outcomes: Line,
    /// What the conditions need.
    conditions: Line,
    templates: Vec<Vec<i64>>,
    filled: Vec<Vec<Filled>>,
    ways: Vec<Way>,
    /// By way: the reference table that it leads to.
    references: Vec<Option<Table>>,
    /// By reference entity: its table.
    own: Vec<Option<Table>>,
    columns: Vec<ReferenceColumn>,
    fixed: Fixed,
    texts: Arc<[Arc<str>]>,
}

/// A program, where its results stand, and where records go.
#[derive(Debug)]
pub(crate) struct Made {
    pub program: Straight,
    pub outcomes: Vec<Output>,
    /// By plan of conditions.
    pub conditions: Vec<Vec<Output>>,
    pub registers: Registers,
}

/// Instructions in the order in which they run.
#[derive(Debug)]
struct Line {
    /// Into which register, and what.
    steps: Vec<(Register, Code)>,
    /// Those on rows of one entity after the other.
    parts: Vec<(EntityId, Range<usize>)>,
}

/// What a straight program works on, kept from one record to the next.
#[derive(Debug, Default)]
pub(crate) struct Running {
    /// The record.
    pub rows: PlainRows,
    /// By reference entity: the rows of its table that the record leads to.
    origins: Vec<Vec<u32>>,
    /// By way and row: the row that it leads to, among those of the record.
    ways: Vec<Vec<u32>>,
    /// Cells that were missing, while they are filled in: entity, place among its registers, with what.
    missing: Vec<(EntityId, usize, [i64; 2])>,
}

impl Straight {
    /// Compiles nodes of plans. `None` if the plans are no plain ones, or what they need is more than registers hold.
    ///
    /// The nodes of the first are outcomes; those of the others are conditions, of which it may be shown that they can
    /// be true.
    pub fn compile(
        schema: &Schema,
        records: &Records,
        outcomes: (&Plan, &[NodeId]),
        conditions: &[(&Plan, Vec<NodeId>)],
    ) -> Option<Made> {
        if outcomes.0.dated.is_some() || conditions.iter().any(|(plan, _)| plan.dated.is_some()) {
            return None;
        }
        let mut compiler = Compiler::new(schema, records);
        let outputs = compiler.plan(outcomes.0, outcomes.1.iter().copied())?;
        let held: Vec<Vec<Held>> = conditions
            .iter()
            .map(|(plan, nodes)| compiler.plan(plan, nodes.iter().copied()))
            .collect::<Option<_>>()?;
        let conditions: Vec<Held> = held.iter().flatten().copied().collect();
        let registers = compiler.registers();
        let Compiler { steps, templates, filled, ways, columns, fixed, texts, .. } = compiler;
        let (ways, numbers) = in_order(schema, ways)?;
        let steps = renewed(&steps, &numbers);
        let line = |outputs: &[Held]| scheduled(&ways, &steps, outputs, &templates);
        let (outcomes, conditions) = (line(&outputs), line(&conditions));
        let table = |entity: EntityId| match schema.entities.get(entity).map(|e| &e.origin) {
            Some(Origin::Reference { .. }) => records.reference(entity).cloned(),
            _ => None,
        };
        let straight = Straight {
            outcomes,
            conditions,
            references: ways.iter().map(|way| table(way.target)).collect(),
            own: (0..schema.entities.len()).map(table).collect(),
            templates,
            filled,
            ways,
            columns,
            fixed,
            texts: texts.list.into(),
        };
        let outputs = outputs.into_iter().map(Output).collect();
        let held = held.into_iter().map(|own| own.into_iter().map(Output).collect()).collect();
        Some(Made { program: straight, outcomes: outputs, conditions: held, registers })
    }

    /// Runs the program on the record that was read; `None` if it has too many rows.
    pub fn run(&self, running: &mut Running) -> Option<()> {
        if running.rows.tables.iter().any(|table| table.rows > MOST_ROWS) {
            return None;
        }
        self.follow(running)?;
        self.run_line(running, &self.outcomes);
        Some(())
    }

    /// Computes the conditions on the record that was decided, its missing cells filled in with small values (0) or large
    /// ones (1); says whether any were. Which ones are missing is found the `first` time.
    pub fn hold(&self, running: &mut Running, way: usize, first: bool) -> bool {
        if first {
            running.missing.clear();
            for (entity, filled) in self.filled.iter().enumerate().filter(|(_, filled)| !filled.is_empty()) {
                let Some(table) = running.rows.tables.get(entity).filter(|table| table.rows > 0) else {
                    continue;
                };
                let width = self.width(entity).max(1);
                for (row, own) in table.registers.chunks_exact(width).enumerate() {
                    for Filled { register, with } in filled {
                        if own.get(usize::from(*register)) == Some(&LEFT) {
                            running.missing.push((entity, row * width + usize::from(*register), *with));
                        }
                    }
                }
            }
        }
        for (entity, at, with) in &running.missing {
            let table = running.rows.tables.get_mut(*entity);
            if let (Some(slot), Some(with)) = (table.and_then(|t| t.registers.get_mut(*at)), with.get(way)) {
                *slot = *with;
            }
        }
        self.run_line(running, &self.conditions);
        !running.missing.is_empty()
    }

    /// What the register of an outcome holds, on a row of its entity.
    pub fn number(&self, running: &Running, output: Output, entity: EntityId, row: usize) -> i64 {
        match output.0.place {
            Place::Constant(value) => value,
            Place::Register(own, register) if own == entity => {
                let at = row * self.width(entity) + usize::from(register);
                let table = running.rows.tables.get(entity);
                table.and_then(|table| table.registers.get(at)).copied().unwrap_or(LEFT)
            }
            Place::Register(..) => LEFT,
        }
    }

    /// The value that a number stands for; `None` if it is left over.
    pub fn value(&self, rows: &PlainRows, output: Output, number: i64) -> Option<Value> {
        if number == LEFT {
            return None;
        }
        Some(match output.0.repr {
            Repr::Bool => Value::Bool(number != 0),
            Repr::Number(d) => Value::Number(fraction(number, d)),
            Repr::Date => Value::Date(add_days(Date::constant(1970, 1, 1), number)?),
            Repr::Text => {
                let at = usize::try_from(number).ok()?;
                let text =
                    self.texts.get(at).or_else(|| rows.texts.get(at.checked_sub(self.texts.len())?))?;
                Value::Text(text.clone())
            }
        })
    }

    fn width(&self, entity: EntityId) -> usize {
        self.templates.get(entity).map_or(0, Vec::len)
    }

    /// Finds the rows that ways lead to; those of reference tables become rows of the record.
    fn follow(&self, running: &mut Running) -> Option<()> {
        running.origins.resize_with(self.own.len(), Vec::new);
        running.origins.iter_mut().for_each(Vec::clear);
        running.ways.resize_with(self.ways.len(), Vec::new);
        for ((way, table), found) in self.ways.iter().zip(&self.references).zip(&mut running.ways) {
            found.clear();
            let rows = running.rows.tables.get(way.entity)?.rows;
            let relations = self.own.get(way.entity)?;
            for row in 0..rows {
                // A row of the data says itself where it belongs; of a row of a reference table, its table.
                let to = match relations {
                    None => {
                        let table = running.rows.tables.get(way.entity)?;
                        let relations = table.links.len() / rows;
                        table.links.get(row * relations + way.relation).copied()
                    }
                    Some(table) => {
                        let origin = *running.origins.get(way.entity)?.get(row)?;
                        table.links.get(way.relation)?.get(origin as usize).copied()
                    }
                };
                let to = to.unwrap_or(NO_ROW);
                if table.is_none() || to == NO_ROW {
                    found.push(to);
                    continue;
                }
                let target = running.rows.tables.get_mut(way.target)?;
                found.push(u32::try_from(target.rows).ok()?);
                target.rows += 1;
                target.registers.extend_from_slice(self.templates.get(way.target)?);
                running.origins.get_mut(way.target)?.push(to);
            }
        }
        Some(())
    }

    fn run_line(&self, running: &mut Running, line: &Line) {
        for (entity, range) in &line.parts {
            let (width, steps) = (self.width(*entity), line.steps.get(range.clone()).unwrap_or(&[]));
            let Some(table) = running.rows.tables.get_mut(*entity).filter(|table| table.rows > 0) else {
                continue;
            };
            // Taken out while they are written, so that the others can be read.
            let mut registers = std::mem::take(&mut table.registers);
            for (row, own) in registers.chunks_exact_mut(width.max(1)).enumerate() {
                run(steps, own, &self.fixed, |code| match *code {
                    Code::Up { way, from } => self.up(running, row, way, from),
                    Code::Reduce { what, way, from } => self.reduce(running, row, what, way, from),
                    Code::Reference { column } => self.cell(running, *entity, row, column),
                    _ => LEFT,
                });
            }
            if let Some(table) = running.rows.tables.get_mut(*entity) {
                table.registers = registers;
            }
        }
    }

    /// The value of a register of the row that a way leads to.
    fn up(&self, running: &Running, row: usize, way: u16, from: Register) -> i64 {
        let links = running.ways.get(usize::from(way));
        let (Some(way), Some(to)) = (self.ways.get(usize::from(way)), links.and_then(|links| links.get(row)))
        else {
            return LEFT;
        };
        // To none leads a number past the end.
        let at = (*to as usize).saturating_mul(self.width(way.target)).saturating_add(usize::from(from));
        let table = running.rows.tables.get(way.target).filter(|_| *to != NO_ROW);
        table.and_then(|table| table.registers.get(at)).copied().unwrap_or(LEFT)
    }

    /// A function of a register of the rows whose way leads to a row.
    fn reduce(&self, running: &Running, row: usize, what: Builtin, way: u16, from: Register) -> i64 {
        let (Some(own), Some(links)) = (self.ways.get(usize::from(way)), running.ways.get(usize::from(way)))
        else {
            return LEFT;
        };
        let (Some(table), Ok(row)) = (running.rows.tables.get(own.entity), u32::try_from(row)) else {
            return LEFT;
        };
        let members = Members { links, registers: &table.registers, width: self.width(own.entity) };
        reduce(what, members, row, from)
    }

    /// A cell of the row of a reference table that a row of the record stands for.
    fn cell(&self, running: &Running, entity: EntityId, row: usize, column: u16) -> i64 {
        let origin = running.origins.get(entity).and_then(|rows| rows.get(row));
        match (self.columns.get(usize::from(column)), origin) {
            (Some(column), Some(row)) => cell(column, *row as usize),
            _ => LEFT,
        }
    }
}

/// A cell of a reference table.
fn cell(of: &ReferenceColumn, row: usize) -> i64 {
    if of.column.known().is_some_and(|known| !known.get(row)) {
        return LEFT;
    }
    let found = match of.column.cells() {
        Cells::Bool(bits) => (row < bits.len()).then(|| i64::from(bits.get(row))),
        Cells::Number { units, .. } => units.get(row).copied(),
        Cells::Date(days) => days.get(row).map(|day| i64::from(*day)),
        Cells::Text { codes, .. } => codes.get(row).and_then(|code| of.numbers.get(*code as usize)).copied(),
        Cells::Codes { .. } => None,
    };
    found.unwrap_or(LEFT)
}

/// An exact number, of a count and the units of one.
fn fraction(count: i64, unit: i64) -> Exact {
    let (count, unit) = (i128::from(count), i128::from(unit));
    match unit {
        1 => Exact::from_integer(count),
        unit if count % unit == 0 => Exact::from_integer(count / unit),
        unit => Exact::new(count, unit),
    }
}

/// Ways so that those that lead to rows of a reference table come before those that start there; and by old number, the
/// new one. `None` if they go in a circle.
fn in_order(schema: &Schema, ways: Vec<Way>) -> Option<(Vec<Way>, Vec<u16>)> {
    let is_reference = |entity: EntityId| {
        matches!(schema.entities.get(entity).map(|e| &e.origin), Some(Origin::Reference { .. }))
    };
    let mut order: Vec<usize> = Vec::new();
    while order.len() < ways.len() {
        let waits = |way: &Way| {
            is_reference(way.entity)
                && ways
                    .iter()
                    .enumerate()
                    .any(|(at, other)| other.target == way.entity && !order.contains(&at))
        };
        let next = ways.iter().enumerate().find(|(at, way)| !order.contains(at) && !waits(way))?;
        order.push(next.0);
    }
    let number = |old: usize| u16::try_from(order.iter().position(|at| *at == old)?).ok();
    let numbers = (0..ways.len()).map(number).collect::<Option<_>>()?;
    Some((order.iter().filter_map(|at| ways.get(*at).copied()).collect(), numbers))
}

/// Instructions with the new numbers of their ways.
fn renewed(steps: &[Placed], numbers: &[u16]) -> Vec<Placed> {
    let number = |way: u16| numbers.get(usize::from(way)).copied().unwrap_or(way);
    let one = |placed: &Placed| {
        let code = match placed.code {
            Code::Up { way, from } => Code::Up { way: number(way), from },
            Code::Reduce { what, way, from } => Code::Reduce { what, way: number(way), from },
            other => other,
        };
        Placed { code, ..*placed }
    };
    steps.iter().map(one).collect()
}

/// The instructions that some outcomes need, those of one entity that need nothing later of others together.
fn scheduled(ways: &[Way], steps: &[Placed], outputs: &[Held], templates: &[Vec<i64>]) -> Line {
    // What an instruction reads: entity and register.
    let reads = |placed: &Placed| -> Vec<(EntityId, u16)> {
        match placed.code {
            Code::Up { way, from } => {
                ways.get(usize::from(way)).map(|way| (way.target, from)).into_iter().collect()
            }
            Code::Reduce { way, from, .. } => {
                ways.get(usize::from(way)).map(|way| (way.entity, from)).into_iter().collect()
            }
            code => code.reads().into_iter().map(|register| (placed.entity, register)).collect(),
        }
    };
    let blank = |with| templates.iter().map(|own| vec![with; own.len()]).collect::<Vec<Vec<usize>>>();
    // Backwards, since an instruction comes after all that it reads.
    let mut needed = blank(0);
    let mark = |needed: &mut Vec<Vec<usize>>, (entity, register): (EntityId, u16)| {
        if let Some(slot) = needed.get_mut(entity).and_then(|own| own.get_mut(usize::from(register))) {
            *slot = 1;
        }
    };
    for output in outputs {
        if let Place::Register(entity, register) = output.place {
            mark(&mut needed, (entity, register));
        }
    }
    let of = |all: &[Vec<usize>], (entity, register): (EntityId, u16)| {
        all.get(entity).and_then(|own| own.get(usize::from(register))).copied().unwrap_or(0)
    };
    let mut kept = Vec::new();
    for placed in steps.iter().rev() {
        if of(&needed, (placed.entity, placed.into)) == 1 {
            reads(placed).into_iter().for_each(|read| mark(&mut needed, read));
            kept.push(*placed);
        }
    }
    kept.reverse();
    // A level more than what is read of other entities' rows.
    let mut level = blank(0);
    let mut leveled: Vec<(usize, Placed)> = Vec::new();
    for placed in kept {
        let is_far = matches!(placed.code, Code::Up { .. } | Code::Reduce { .. });
        let most = reads(&placed).into_iter().map(|read| of(&level, read)).max().unwrap_or(0);
        let own = most + usize::from(is_far);
        if let Some(slot) =
            level.get_mut(placed.entity).and_then(|levels| levels.get_mut(usize::from(placed.into)))
        {
            *slot = own;
        }
        leveled.push((own, placed));
    }
    leveled.sort_by_key(|(level, placed)| (*level, placed.entity));
    // Read by instructions of another part than its own, or an outcome.
    let mut far = blank(0);
    for output in outputs {
        if let Place::Register(entity, register) = output.place {
            mark(&mut far, (entity, register));
        }
    }
    for (own, placed) in &leveled {
        for read in
            reads(placed).into_iter().filter(|read| read.0 != placed.entity || of(&level, *read) != *own)
        {
            mark(&mut far, read);
        }
    }
    let (mut parts, mut steps) = (Vec::new(), Vec::new());
    for part in leveled.chunk_by(|(a, x), (b, y)| (a, x.entity) == (b, y.entity)) {
        let Some((_, first)) = part.first() else { continue };
        let start = steps.len();
        let own: Vec<(Register, Code)> = part.iter().map(|(_, placed)| (placed.into, placed.code)).collect();
        steps.extend(passing_over(own, |register| of(&far, (first.entity, register)) == 1));
        parts.push((first.entity, start..steps.len()));
    }
    Line { steps, parts }
}

/// The same instructions, with passes over those that only an operand needs of which another one settles that it does not
/// matter. `is_far` says which registers are read elsewhere.
fn passing_over(steps: Vec<(Register, Code)>, is_far: impl Fn(Register) -> bool) -> Vec<(Register, Code)> {
    // By instruction: those that read what it computes; one past the last stands for all others.
    let mut made: HashMap<Register, usize> = HashMap::new();
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    for (at, (into, code)) in steps.iter().enumerate() {
        for read in code.reads() {
            if let Some(own) = made.get(&read).and_then(|made| readers.get_mut(*made)) {
                own.push(at);
            }
        }
        made.insert(*into, at);
        if is_far(*into)
            && let Some(own) = readers.get_mut(at)
        {
            own.push(steps.len());
        }
    }
    let place = |register: Register| made.get(&register).copied();
    // The first of the instructions before `end` and behind `stop` that are read only there and where `or` says.
    let alone = |end: usize, or: usize, stop: Option<usize>| {
        let first = stop.map_or(0, |stop| stop + 1);
        let is_own = |at: &usize| {
            readers.get(*at).is_some_and(|all| all.iter().all(|reader| *reader < end || *reader == or))
        };
        end - (first..end).rev().take_while(is_own).count()
    };
    // Passes to put before an instruction: the condition, its value, and the first that is not passed over.
    let mut passes: Vec<Vec<(Register, u8, usize)>> = vec![Vec::new(); steps.len()];
    let mut pass = |from: usize, to: usize, condition: Register, is: u8| {
        if to > from
            && let Some(own) = passes.get_mut(from)
        {
            own.push((condition, is, to));
        }
    };
    for (at, (_, code)) in steps.iter().enumerate() {
        match *code {
            Code::And(a, b) if a != b => pass(alone(at, at, place(a)), at, a, 1),
            Code::Or(a, b) if a != b => pass(alone(at, at, place(a)), at, a, 0),
            Code::If { condition, yes, no } | Code::IfBy { condition, yes, no, .. } if yes != no => {
                // What only `no` needs stands behind what `yes` needs.
                let behind = place(condition).into_iter().chain(place(yes)).max();
                let from = alone(at, at, behind);
                pass(from, at, condition, 0);
                if place(yes).is_some_and(|yes| yes + 1 == from) {
                    let first = alone(from, at, place(condition));
                    // A condition that comes later is not known yet.
                    if place(condition).is_none_or(|condition| condition < first) {
                        pass(first, from, condition, 1);
                    }
                }
            }
            _ => {}
        }
    }
    // Instructions move behind the passes put before them. Of those at one place the farthest comes first.
    let mut moved = Vec::with_capacity(steps.len() + 1);
    let mut count = 0;
    for own in &mut passes {
        own.sort_by_key(|(.., to)| std::cmp::Reverse(*to));
        own.dedup_by_key(|(.., to)| *to);
        moved.push(count);
        count += own.len() + 1;
    }
    moved.push(count);
    let mut all = Vec::with_capacity(count);
    for ((into, code), own) in steps.into_iter().zip(&passes) {
        for (condition, is, to) in own {
            // From behind this pass to the passes before `to`.
            let over = moved.get(*to).map_or(0, |to| to.saturating_sub(all.len() + 1));
            let over = u16::try_from(over).unwrap_or(0);
            all.push((Register::MAX, Code::Unless { condition: *condition, is: *is, over }));
        }
        all.push((into, code));
    }
    all
}
