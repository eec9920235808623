//! From the expression graph to instructions over columns.
//!
//! Every number gets a unit (a denominator) and bounds from the columns it comes from, so that most
//! arithmetic is known not to overflow before it runs. A node without a columnar form, and what uses
//! it, stays out: [`Instruction::None`].

use std::collections::HashMap;
use std::sync::Arc;

use num_integer::Integer;
use rayon::prelude::*;

use super::super::row::Context;
use super::{Array, Full};
use crate::data::Cells;
use crate::graph::Step;
use crate::pack::schema::{EntityId, FieldKind};
use crate::plan::builtins::{Builtin, apply};
use crate::plan::ir::{Arithmetic, Comparison, NodeId, Op};
use crate::value::{Date, Exact, Rounding, Type, Value, add_days, day_number, days_between};

/// How the values of a node are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repr {
    Bool,
    /// Counts of one over this.
    Number(i64),
    Date,
    Text,
}

/// A constant as columns hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Constant {
    Bool(bool),
    Number(i64),
    Date(i32),
    Text(u32),
}

/// What is done for each batch.
#[derive(Clone, Debug)]
pub(crate) enum Instruction {
    /// No columnar form: every row is left over.
    None,
    /// In the slot from the start.
    Constant(Constant),
    /// All rows are there already (a field).
    Full,
    /// The value of the row that a step leads to.
    Up(Step, NodeId),
    /// The same values.
    Same(NodeId),
    Not(NodeId),
    And(NodeId, NodeId),
    Or(NodeId, NodeId),
    /// Condition, then, else; numbers multiplied by these to the common unit.
    If(NodeId, NodeId, NodeId, i64, i64),
    /// Numbers multiplied by these to the common unit, or 1.
    Compare(Comparison, NodeId, NodeId, i64, i64),
    Add(NodeId, NodeId, i64, i64),
    Subtract(NodeId, NodeId, i64, i64),
    Multiply(NodeId, NodeId),
    /// Times a constant.
    Scale(NodeId, i64),
    /// Smaller (or larger, if true) of two.
    Extreme(bool, NodeId, NodeId, i64, i64),
    /// `round(a * times / b)`; without `b`, divided by the constant.
    Round {
        how: Rounding,
        a: NodeId,
        b: Option<NodeId>,
        times: i128,
        by: i128,
    },
    /// Whole years, months or days between two dates.
    Between(Builtin, NodeId, NodeId),
    /// Something of a date, by a table of one place a day from the first.
    ByDay(Arc<DayTable>, NodeId),
    /// A date moved by whole years, months or days.
    Move(Builtin, NodeId, NodeId),
    /// A cell of a dense table.
    Table(Arc<DenseTable>, Vec<NodeId>),
    /// A builtin on the members of a row.
    Reduce {
        what: Builtin,
        members: NodeId,
        child: NodeId,
    },
    /// Is a text in the codes of the row?
    Contains {
        codes: NodeId,
        text: NodeId,
    },
    /// The second, left over where the first is.
    Strict(NodeId, NodeId),
}

/// A parameter's table with a place for every combination of keys.
#[derive(Debug)]
pub(crate) struct DenseTable {
    /// By key: from what the column holds to its place; outside, there is no cell.
    pub places: Vec<KeyPlaces>,
    pub values: Array,
    /// By place: is there a cell?
    pub present: Vec<bool>,
}

#[derive(Debug)]
pub(crate) enum KeyPlaces {
    /// By number in the dictionary.
    Text(Vec<u32>),
    /// From this number on, one place each.
    Number(i64, Vec<u32>),
    Bool,
}

/// A place that holds nothing.
pub(crate) const NO_PLACE: u32 = u32::MAX;

/// What a date gives, for each day of those that its column holds.
#[derive(Debug)]
pub(crate) struct DayTable {
    pub first: i32,
    /// Numbers (of years, months, days) or dates.
    pub values: Array,
}

/// A node of the program.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    pub instruction: Instruction,
    pub repr: Repr,
    /// Smallest and largest number of units, where it is a number.
    pub bounds: (i128, i128),
    pub entity: EntityId,
}

/// Nodes of one entity that are evaluated in one pass.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub entity: EntityId,
    pub nodes: Vec<NodeId>,
}

/// The codes of a field that holds several: offsets, and numbers in the program's dictionary.
pub(crate) struct CodesColumn {
    pub offsets: Vec<u32>,
    pub codes: Vec<u32>,
    pub left: Vec<u8>,
}

/// A plan compiled against its data.
pub(crate) struct Program<'c> {
    pub context: &'c Context<'c>,
    pub nodes: Vec<Compiled>,
    pub stages: Vec<Stage>,
    pub dictionary: Arc<[Arc<str>]>,
    kept: Vec<bool>,
    /// By node: the one whose values it has, itself if it is computed.
    same: Vec<NodeId>,
    full: Vec<Option<Full>>,
    codes: HashMap<NodeId, CodesColumn>,
}

impl<'c> Program<'c> {
    /// Compiles what a plan needs; binds its fields to the columns of the data.
    pub fn compile(context: &'c Context<'c>) -> Program<'c> {
        let plan = context.plan;
        let mut compiler = Compiler {
            context,
            nodes: Vec::new(),
            full: Vec::new(),
            texts: Texts::default(),
            codes: HashMap::new(),
        };
        for node in 0..plan.nodes.len() {
            let compiled = compiler.node(u32::try_from(node).unwrap_or(u32::MAX));
            compiler.full.push(compiled.1);
            compiler.nodes.push(compiled.0);
        }
        let Compiler { nodes, full, texts, codes, .. } = compiler;
        let same = same_as(&nodes);
        let (stages, kept) = stages(context, &nodes, &same);
        Program { context, nodes, stages, dictionary: texts.list.into(), kept, same, full, codes }
    }

    pub fn is_kept(&self, node: NodeId) -> bool {
        self.kept.get(node as usize).copied().unwrap_or(false)
    }

    pub fn keep(&mut self, node: NodeId, full: Full) {
        if let Some(slot) = self.full.get_mut(node as usize) {
            *slot = Some(full);
        }
    }

    pub fn full(&self, node: NodeId) -> Option<&Full> {
        self.full.get(self.resolve(node) as usize)?.as_ref()
    }

    /// The node whose values a node has.
    pub fn resolve(&self, node: NodeId) -> NodeId {
        self.same.get(node as usize).copied().unwrap_or(node)
    }

    pub fn entity(&self, node: NodeId) -> EntityId {
        self.nodes.get(node as usize).map_or(0, |n| n.entity)
    }

    pub fn repr(&self, node: NodeId) -> Repr {
        self.nodes.get(node as usize).map_or(Repr::Bool, |n| n.repr)
    }

    pub fn denominator(&self, node: NodeId) -> i64 {
        match self.repr(node) {
            Repr::Number(d) => d,
            _ => 1,
        }
    }

    pub fn codes(&self, node: NodeId) -> Option<&CodesColumn> {
        self.codes.get(&node)
    }
}

/// By node: the one whose values it has. A rule has those of its body, and copies nothing; a constant
/// is copied, for it stands in the slots only.
fn same_as(nodes: &[Compiled]) -> Vec<NodeId> {
    let mut same: Vec<NodeId> = Vec::with_capacity(nodes.len());
    for (id, node) in (0..).zip(nodes) {
        let target = match node.instruction {
            Instruction::Same(inner) => same.get(inner as usize).copied(),
            _ => None,
        };
        let constant = |target: &NodeId| {
            nodes.get(*target as usize).is_some_and(|n| matches!(n.instruction, Instruction::Constant(_)))
        };
        same.push(target.filter(|t| !constant(t)).unwrap_or(id));
    }
    same
}

/// Which nodes are evaluated in which pass, and which are kept for later ones. A node comes one pass
/// after those of other entities that it reads.
fn stages(context: &Context<'_>, nodes: &[Compiled], same: &[NodeId]) -> (Vec<Stage>, Vec<bool>) {
    let plan = context.plan;
    let mut level = vec![0_usize; nodes.len()];
    let mut kept = vec![false; nodes.len()];
    let mut by_stage: std::collections::BTreeMap<(usize, EntityId), Vec<NodeId>> =
        std::collections::BTreeMap::new();
    let needed = needed(context, nodes);
    for (id, node) in nodes.iter().enumerate() {
        let inputs = plan.nodes.get(id).map_or_else(Vec::new, |n| n.op.inputs());
        let own = inputs.iter().map(|&input| {
            let input = input as usize;
            let other = nodes.get(input).is_some_and(|n| n.entity != node.entity);
            level.get(input).copied().unwrap_or(0) + usize::from(other)
        });
        let own = own.max().unwrap_or(0);
        if let Some(slot) = level.get_mut(id) {
            *slot = own;
        }
        for &input in &inputs {
            let input = input as usize;
            let crosses = nodes.get(input).is_some_and(|n| n.entity != node.entity)
                || level.get(input).is_some_and(|&l| l < own);
            let computed = same.get(input).map_or(input, |&s| s as usize);
            if crosses && let Some(slot) = kept.get_mut(computed) {
                *slot = true;
            }
        }
        let other = same.get(id).is_some_and(|&s| s as usize != id);
        let works = !other && !matches!(node.instruction, Instruction::Full | Instruction::Constant(_));
        if works && needed.get(id) == Some(&true) {
            by_stage.entry((own, node.entity)).or_default().push(u32::try_from(id).unwrap_or(u32::MAX));
        }
    }
    for (_, node) in &plan.selected {
        let computed = same.get(*node as usize).copied().unwrap_or(*node);
        if let Some(slot) = kept.get_mut(computed as usize) {
            *slot = true;
        }
    }
    // Constants are in every slot, fields are whole: neither needs keeping, unless it is selected.
    let stages = by_stage.into_iter().map(|((_, entity), nodes)| Stage { entity, nodes }).collect();
    (stages, kept)
}

/// The nodes that some selected one needs.
fn needed(context: &Context<'_>, nodes: &[Compiled]) -> Vec<bool> {
    let mut needed = vec![false; nodes.len()];
    for (_, node) in &context.plan.selected {
        if let Some(slot) = needed.get_mut(*node as usize) {
            *slot = true;
        }
    }
    for id in (0..nodes.len()).rev() {
        if needed.get(id) != Some(&true) {
            continue;
        }
        for input in context.plan.nodes.get(id).map_or_else(Vec::new, |n| n.op.inputs()) {
            if let Some(slot) = needed.get_mut(input as usize) {
                *slot = true;
            }
        }
    }
    needed
}

/// All texts of the data, the rules and the tables, numbered.
#[derive(Default)]
struct Texts {
    list: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Texts {
    fn number(&mut self, text: &Arc<str>) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(text.clone());
        self.numbers.insert(text.clone(), number);
        number
    }
}

struct Compiler<'c> {
    context: &'c Context<'c>,
    nodes: Vec<Compiled>,
    full: Vec<Option<Full>>,
    texts: Texts,
    codes: HashMap<NodeId, CodesColumn>,
}

/// The bounds of anything that is no number.
const NO_BOUNDS: (i128, i128) = (0, 0);

/// Cells that a thread takes at a time while columns are bound.
const CHUNK: usize = 1 << 15;

impl Compiler<'_> {
    fn node(&mut self, id: NodeId) -> (Compiled, Option<Full>) {
        let plan = self.context.plan;
        let Some(node) = plan.node(id) else { return (out(0), None) };
        let op = node.op.clone();
        if let Op::Field(field) = op {
            return self.field(id, field, node.entity);
        }
        let none = || out(node.entity);
        let given = self.context.is_given(id);
        let compiled = if given { None } else { self.operation(&op, &node.ty) };
        (
            compiled.map_or_else(none, |(instruction, repr, bounds)| Compiled {
                instruction,
                repr,
                bounds,
                entity: node.entity,
            }),
            None,
        )
    }

    /// Binds a field to its column.
    fn field(&mut self, id: NodeId, field: usize, entity: EntityId) -> (Compiled, Option<Full>) {
        let Some(column) = self.context.column(id) else { return (out(entity), None) };
        let mut left: Vec<u8> =
            column.known.as_ref().map_or_else(Vec::new, |k| k.iter().map(|v| u8::from(!v)).collect());
        let mut bounds = NO_BOUNDS;
        let (repr, array) = match &column.cells {
            Cells::Bool(bits) => (
                Repr::Bool,
                Array::Bool(
                    (0..bits.len())
                        .into_par_iter()
                        .with_min_len(CHUNK)
                        .map(|i| u8::from(bits.value(i)))
                        .collect(),
                ),
            ),
            Cells::Number { units, decimals } => {
                let Some(d) = 10_i64.checked_pow(*decimals) else { return (out(entity), None) };
                let extremes = units.par_chunks(CHUNK).map(|part| {
                    part.iter().fold((0, 0), |(low, high): (i64, i64), &u| (low.min(u), high.max(u)))
                });
                let extremes = extremes.reduce(|| (0, 0), |a, b| (a.0.min(b.0), a.1.max(b.1)));
                bounds = (i128::from(extremes.0), i128::from(extremes.1));
                (Repr::Number(d), Array::Number(units.clone()))
            }
            Cells::Date(days) => (Repr::Date, Array::Date(days.clone())),
            Cells::Text { codes, dictionary } => {
                let numbers: Vec<u32> = dictionary.iter().map(|t| self.texts.number(t)).collect();
                (
                    Repr::Text,
                    Array::Text(
                        codes
                            .par_iter()
                            .with_min_len(CHUNK)
                            .map(|&c| numbers.get(c as usize).copied().unwrap_or(NO_PLACE))
                            .collect(),
                    ),
                )
            }
            Cells::Codes { offsets, codes, dictionary } => {
                let numbers: Vec<u32> = dictionary.iter().map(|t| self.texts.number(t)).collect();
                let column = CodesColumn {
                    offsets: offsets.to_vec(),
                    codes: codes
                        .iter()
                        .map(|&c| numbers.get(c as usize).copied().unwrap_or(NO_PLACE))
                        .collect(),
                    left,
                };
                self.codes.insert(id, column);
                return (out(entity), None);
            }
        };
        let kind = self.context.plan.parsed.schema.fields.get(field).map(|f| &f.kind);
        if matches!(kind, Some(FieldKind::Codes)) {
            return (out(entity), None);
        }
        if !left.contains(&1) {
            left = Vec::new();
        }
        (Compiled { instruction: Instruction::Full, repr, bounds, entity }, Some(Full { array, left }))
    }

    fn repr(&self, node: NodeId) -> Option<Repr> {
        let node = self.nodes.get(node as usize)?;
        (!matches!(node.instruction, Instruction::None)).then_some(node.repr)
    }

    fn bounds(&self, node: NodeId) -> (i128, i128) {
        self.nodes.get(node as usize).map_or(NO_BOUNDS, |n| n.bounds)
    }

    fn constant(&self, node: NodeId) -> Option<Exact> {
        match &self.context.plan.node(node)?.op {
            Op::Const(Value::Number(n)) => Some(*n),
            // A table without keys has one value on the date.
            Op::Param(id, keys) if keys.is_empty() => {
                match self.context.plan.parameter(*id)?.cells.get(&Vec::new())?.value {
                    Value::Number(n) => Some(n),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The common unit of two numbers, what each is multiplied by to reach it, and their bounds then.
    #[allow(clippy::type_complexity)]
    fn common(&self, a: NodeId, b: NodeId) -> Option<(i64, i64, i64, (i128, i128), (i128, i128))> {
        let (Repr::Number(da), Repr::Number(db)) = (self.repr(a)?, self.repr(b)?) else { return None };
        let d = i64::try_from(i128::from(da).lcm(&i128::from(db))).ok()?;
        let (ma, mb) = (d / da, d / db);
        let scaled = |node, by: i64| {
            let (low, high) = self.bounds(node);
            Some((low.checked_mul(i128::from(by))?, high.checked_mul(i128::from(by))?))
        };
        let (x, y) = (scaled(a, ma)?, scaled(b, mb)?);
        (fits(x) && fits(y)).then_some((d, ma, mb, x, y))
    }

    fn operation(&mut self, op: &Op, ty: &Type) -> Option<(Instruction, Repr, (i128, i128))> {
        let boolean = |i| Some((i, Repr::Bool, NO_BOUNDS));
        match op {
            Op::Const(value) => self.literal(value),
            Op::DecisionDate => self.literal(&Value::Date(self.context.plan.date)),
            Op::Rule(_, body) => Some((Instruction::Same(*body), self.repr(*body)?, self.bounds(*body))),
            Op::Strict(a, b) => {
                self.repr(*a)?;
                Some((Instruction::Strict(*a, *b), self.repr(*b)?, self.bounds(*b)))
            }
            Op::Up(step, inner) => {
                Some((Instruction::Up(*step, *inner), self.repr(*inner)?, self.bounds(*inner)))
            }
            Op::Not(a) => {
                self.repr(*a)?;
                boolean(Instruction::Not(*a))
            }
            Op::And(a, b) => {
                self.repr(*a)?;
                self.repr(*b)?;
                boolean(Instruction::And(*a, *b))
            }
            Op::Or(a, b) => {
                self.repr(*a)?;
                self.repr(*b)?;
                boolean(Instruction::Or(*a, *b))
            }
            Op::Negate(a) => self.scaled(*a, Exact::from_integer(-1)),
            Op::If(c, a, b) => {
                self.repr(*c)?;
                match (self.repr(*a)?, self.repr(*b)?) {
                    (Repr::Number(_), Repr::Number(_)) => {
                        let (d, ma, mb, x, y) = self.common(*a, *b)?;
                        let bounds = (x.0.min(y.0), x.1.max(y.1));
                        Some((Instruction::If(*c, *a, *b, ma, mb), Repr::Number(d), bounds))
                    }
                    (x, y) if x == y => Some((Instruction::If(*c, *a, *b, 1, 1), x, NO_BOUNDS)),
                    _ => None,
                }
            }
            Op::Compare(comparison, a, b) => match (self.repr(*a)?, self.repr(*b)?) {
                (Repr::Number(_), Repr::Number(_)) => {
                    let (_, ma, mb, ..) = self.common(*a, *b)?;
                    boolean(Instruction::Compare(*comparison, *a, *b, ma, mb))
                }
                (x, y) if x == y => boolean(Instruction::Compare(*comparison, *a, *b, 1, 1)),
                _ => None,
            },
            Op::Arithmetic(op, a, b) => self.arithmetic(*op, *a, *b),
            Op::Param(param, keys) => self.table(*param, keys, ty),
            Op::Call(builtin, args) => self.call(*builtin, args),
            Op::Members(..) | Op::Field(_) => None,
        }
    }

    fn literal(&mut self, value: &Value) -> Option<(Instruction, Repr, (i128, i128))> {
        let (constant, repr) = match value {
            Value::Bool(b) => (Constant::Bool(*b), Repr::Bool),
            Value::Number(n) => {
                let (units, d) = (i64::try_from(*n.numer()).ok()?, i64::try_from(*n.denom()).ok()?);
                let bounds = (i128::from(units.min(0)), i128::from(units.max(0)));
                return Some((Instruction::Constant(Constant::Number(units)), Repr::Number(d), bounds));
            }
            Value::Date(d) => (Constant::Date(day(*d)?), Repr::Date),
            Value::Text(t) => (Constant::Text(self.texts.number(t)), Repr::Text),
            Value::List(_) => return None,
        };
        Some((Instruction::Constant(constant), repr, NO_BOUNDS))
    }

    /// A number times an exact constant: another unit, and units multiplied.
    fn scaled(&self, a: NodeId, by: Exact) -> Option<(Instruction, Repr, (i128, i128))> {
        let Repr::Number(d) = self.repr(a)? else { return None };
        let unit = Exact::new(*by.numer(), i128::from(d).checked_mul(*by.denom())?);
        let (times, d) = (i64::try_from(*unit.numer()).ok()?, i64::try_from(*unit.denom()).ok()?);
        let (low, high) = self.bounds(a);
        let (x, y) = (low.checked_mul(i128::from(times))?, high.checked_mul(i128::from(times))?);
        let bounds = (x.min(y), x.max(y));
        fits(bounds).then_some((Instruction::Scale(a, times), Repr::Number(d), bounds))
    }

    fn arithmetic(&self, op: Arithmetic, a: NodeId, b: NodeId) -> Option<(Instruction, Repr, (i128, i128))> {
        match op {
            Arithmetic::Add | Arithmetic::Subtract => {
                let (d, ma, mb, x, y) = self.common(a, b)?;
                let (instruction, bounds) = if op == Arithmetic::Add {
                    (Instruction::Add(a, b, ma, mb), (x.0.checked_add(y.0)?, x.1.checked_add(y.1)?))
                } else {
                    (Instruction::Subtract(a, b, ma, mb), (x.0.checked_sub(y.1)?, x.1.checked_sub(y.0)?))
                };
                fits(bounds).then_some((instruction, Repr::Number(d), bounds))
            }
            Arithmetic::Multiply => {
                if let Some(by) = self.constant(b) {
                    return self.scaled(a, by);
                }
                if let Some(by) = self.constant(a) {
                    return self.scaled(b, by);
                }
                let (Repr::Number(da), Repr::Number(db)) = (self.repr(a)?, self.repr(b)?) else {
                    return None;
                };
                let d = da.checked_mul(db)?;
                let ((la, ha), (lb, hb)) = (self.bounds(a), self.bounds(b));
                let corners =
                    [la.checked_mul(lb)?, la.checked_mul(hb)?, ha.checked_mul(lb)?, ha.checked_mul(hb)?];
                let bounds = (corners.into_iter().min()?, corners.into_iter().max()?);
                fits(bounds).then_some((Instruction::Multiply(a, b), Repr::Number(d), bounds))
            }
            Arithmetic::Divide => {
                let by = self.constant(b)?;
                if *by.numer() == 0 {
                    return None;
                }
                self.scaled(a, by.recip())
            }
        }
    }

    fn call(&mut self, builtin: Builtin, args: &[NodeId]) -> Option<(Instruction, Repr, (i128, i128))> {
        match (builtin, args) {
            (Builtin::Arrondi(how), [x, decimals @ ..]) => {
                let decimals = match decimals {
                    [] => 0,
                    [d, ..] => u32::try_from(*self.constant(*d).filter(Exact::is_integer)?.numer())
                        .ok()
                        .filter(|d| *d <= 9)?,
                };
                self.round(how, *x, 10_i64.checked_pow(decimals)?)
            }
            (Builtin::Max | Builtin::Min, [a, b]) => {
                let largest = builtin == Builtin::Max;
                match (self.repr(*a)?, self.repr(*b)?) {
                    (Repr::Number(_), Repr::Number(_)) => {
                        let (d, ma, mb, x, y) = self.common(*a, *b)?;
                        let bounds = (x.0.min(y.0), x.1.max(y.1));
                        Some((Instruction::Extreme(largest, *a, *b, ma, mb), Repr::Number(d), bounds))
                    }
                    (Repr::Date, Repr::Date) => {
                        Some((Instruction::Extreme(largest, *a, *b, 1, 1), Repr::Date, NO_BOUNDS))
                    }
                    _ => None,
                }
            }
            (Builtin::AnneesEntre | Builtin::MoisEntre | Builtin::JoursEntre, [a, b]) => {
                self.repr(*a)?;
                self.repr(*b)?;
                if let Some(table) = self.day_table(builtin, *a, *b) {
                    return Some(table);
                }
                // Twice the days of the calendar's twenty thousand years.
                let most = 20_000_000;
                Some((Instruction::Between(builtin, *a, *b), Repr::Number(1), (-most, most)))
            }
            (Builtin::AjouterAnnees | Builtin::AjouterMois | Builtin::AjouterJours, [date, n]) => {
                if let Some(table) = self.day_table(builtin, *date, *n) {
                    return Some(table);
                }
                let fits = self.repr(*date)? == Repr::Date && self.repr(*n)? == Repr::Number(1);
                fits.then_some((Instruction::Move(builtin, *date, *n), Repr::Date, NO_BOUNDS))
            }
            (Builtin::Contient, [codes, text]) => {
                self.codes_of(*codes)?;
                (self.repr(*text)? == Repr::Text).then_some((
                    Instruction::Contains { codes: *codes, text: *text },
                    Repr::Bool,
                    NO_BOUNDS,
                ))
            }
            (Builtin::Longueur, [codes]) if self.codes_of(*codes).is_some() => Some((
                Instruction::Reduce { what: builtin, members: *codes, child: *codes },
                Repr::Number(1),
                (0, i128::from(u32::MAX)),
            )),
            (_, [list]) => self.reduce(builtin, *list),
            _ => None,
        }
    }

    /// A function of a date column and a constant, as a table of its days.
    fn day_table(&self, builtin: Builtin, a: NodeId, b: NodeId) -> Option<(Instruction, Repr, (i128, i128))> {
        let constant = |node: NodeId| match self.nodes.get(node as usize)?.instruction {
            Instruction::Constant(Constant::Date(day)) => date(day).map(Value::Date),
            Instruction::Constant(Constant::Number(n)) if self.repr(node) == Some(Repr::Number(1)) => {
                Some(Value::int(n))
            }
            _ => None,
        };
        let (dates, first, last, given, swapped) =
            match (self.days(a), constant(b), constant(a), self.days(b)) {
                (Some((first, last)), Some(given), ..) => (a, first, last, given, false),
                (_, _, Some(given), Some((first, last))) => (b, first, last, given, true),
                _ => return None,
            };
        let one = |day: i32| -> Option<i64> {
            let day = Value::Date(date(day)?);
            let args = if swapped { [given.clone(), day] } else { [day, given.clone()] };
            match apply(builtin, &args).ok()? {
                Value::Number(n) if n.is_integer() => i64::try_from(*n.numer()).ok(),
                Value::Date(date) => Some(day_number(date)),
                _ => None,
            }
        };
        let values: Vec<i64> = (first..=last).map(one).collect::<Option<_>>()?;
        let bounds = values.iter().fold((0, 0), |(low, high): (i64, i64), &n| (low.min(n), high.max(n)));
        let moved = matches!(builtin, Builtin::AjouterAnnees | Builtin::AjouterMois | Builtin::AjouterJours);
        let (values, repr, bounds) = if moved {
            let days: Vec<i32> = values.into_iter().map(|n| i32::try_from(n).ok()).collect::<Option<_>>()?;
            (Array::Date(days.into()), Repr::Date, NO_BOUNDS)
        } else {
            (Array::Number(values.into()), Repr::Number(1), (i128::from(bounds.0), i128::from(bounds.1)))
        };
        Some((Instruction::ByDay(Arc::new(DayTable { first, values }), dates), repr, bounds))
    }

    /// First and last day of a column that holds dates as they are in the data, if it has more rows
    /// than there are days between.
    fn days(&self, node: NodeId) -> Option<(i32, i32)> {
        match self.nodes.get(node as usize)?.instruction {
            Instruction::Same(inner) => self.days(inner),
            Instruction::Full => match &self.full.get(node as usize)?.as_ref()?.array {
                Array::Date(days) => {
                    let ends = |part: &[i32]| {
                        part.iter().fold((i32::MAX, i32::MIN), |(a, b), &d| (a.min(d), b.max(d)))
                    };
                    let parts = days.par_chunks(CHUNK).map(ends);
                    let (first, last) =
                        parts.reduce(|| (i32::MAX, i32::MIN), |a, b| (a.0.min(b.0), a.1.max(b.1)));
                    // A table of more days than rows costs more than it spares.
                    let span = usize::try_from(i64::from(last) - i64::from(first)).ok()?;
                    (span < days.len()).then_some((first, last))
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The codes column that a node reads, seen through relations.
    fn codes_of(&self, node: NodeId) -> Option<NodeId> {
        match &self.context.plan.node(node)?.op {
            Op::Field(_) if self.codes.contains_key(&node) => Some(node),
            Op::Up(_, inner) => self.codes_of(*inner),
            _ => None,
        }
    }

    fn reduce(&self, what: Builtin, list: NodeId) -> Option<(Instruction, Repr, (i128, i128))> {
        let Op::Members(_, _, child) = self.context.plan.node(list)?.op else { return None };
        let repr = self.repr(child)?;
        let instruction = Instruction::Reduce { what, members: list, child };
        let many = i128::from(u32::MAX);
        match (what, repr) {
            (Builtin::Nombre | Builtin::Longueur, _) => Some((instruction, Repr::Number(1), (0, many))),
            (Builtin::Un | Builtin::Tous, Repr::Bool) => Some((instruction, Repr::Bool, NO_BOUNDS)),
            (Builtin::Somme, Repr::Number(d)) => {
                let (low, high) = self.bounds(child);
                let most = self.context.most_members(list);
                let bounds = (low.min(0).checked_mul(most)?, high.max(0).checked_mul(most)?);
                fits(bounds).then_some((instruction, Repr::Number(d), bounds))
            }
            (Builtin::Max | Builtin::Min, Repr::Number(_) | Repr::Date) => {
                Some((instruction, repr, self.bounds(child)))
            }
            _ => None,
        }
    }

    /// A rounding, of a division if its argument is one.
    fn round(&self, how: Rounding, x: NodeId, unit: i64) -> Option<(Instruction, Repr, (i128, i128))> {
        let division = match self.context.plan.node(x)?.op {
            Op::Arithmetic(Arithmetic::Divide, a, b) if self.constant(b).is_none() => Some((a, b)),
            _ => None,
        };
        let Some((a, b)) = division else {
            let Repr::Number(d) = self.repr(x)? else { return None };
            let (low, high) = self.bounds(x);
            let of = |v: i128| Some(v.checked_mul(i128::from(unit))?.div_euclid(i128::from(d)));
            let bounds = (of(low)?.checked_sub(1)?, of(high)?.checked_add(1)?);
            let instruction =
                Instruction::Round { how, a: x, b: None, times: i128::from(unit), by: i128::from(d) };
            return fits(bounds).then_some((instruction, Repr::Number(unit), bounds));
        };
        let (Repr::Number(da), Repr::Number(db)) = (self.repr(a)?, self.repr(b)?) else { return None };
        let times = i128::from(unit).checked_mul(i128::from(db))?;
        let (low, high) = self.bounds(a);
        let (low, high) = (low.checked_mul(times)?, high.checked_mul(times)?);
        let most = low.abs().max(high.abs()).checked_add(1)?;
        let bounds = (-most, most);
        let instruction = Instruction::Round { how, a, b: Some(b), times, by: i128::from(da) };
        fits(bounds).then_some((instruction, Repr::Number(unit), bounds))
    }

    /// A parameter's table, dense.
    fn table(
        &mut self,
        param: usize,
        keys: &[NodeId],
        ty: &Type,
    ) -> Option<(Instruction, Repr, (i128, i128))> {
        let version = self.context.plan.parameter(param)?;
        if keys.is_empty() {
            let value = version.cells.get(&Vec::new())?.value.clone();
            return self.literal(&value);
        }
        let mut places = Vec::new();
        let mut size = 1_usize;
        for (i, &key) in keys.iter().enumerate() {
            let values: std::collections::BTreeSet<&Value> =
                version.cells.keys().filter_map(|k| k.get(i)).collect();
            let place = match self.repr(key)? {
                Repr::Text => {
                    let numbers: Vec<(u32, u32)> = values
                        .iter()
                        .zip(0_u32..)
                        .map(|(v, place)| match v {
                            Value::Text(t) => Some((self.texts.number(t), place)),
                            _ => None,
                        })
                        .collect::<Option<_>>()?;
                    let mut by_number =
                        vec![NO_PLACE; numbers.iter().map(|(n, _)| *n as usize + 1).max().unwrap_or(0)];
                    for (number, place) in numbers {
                        *by_number.get_mut(number as usize)? = place;
                    }
                    KeyPlaces::Text(by_number)
                }
                Repr::Number(d) => {
                    let units: Vec<i64> = values
                        .iter()
                        .map(|v| match v {
                            Value::Number(n) if n.is_integer() => {
                                i64::try_from(*n.numer()).ok()?.checked_mul(d)
                            }
                            _ => None,
                        })
                        .collect::<Option<_>>()?;
                    let (low, high) = (units.iter().copied().min()?, units.iter().copied().max()?);
                    let span = usize::try_from(high.checked_sub(low)?).ok().filter(|s| *s < 1_000_000)?;
                    let mut by_number = vec![NO_PLACE; span + 1];
                    for (unit, place) in units.iter().zip(0_u32..) {
                        *by_number.get_mut(usize::try_from(unit - low).ok()?)? = place;
                    }
                    KeyPlaces::Number(low, by_number)
                }
                Repr::Bool => KeyPlaces::Bool,
                Repr::Date => return None,
            };
            let count = if matches!(place, KeyPlaces::Bool) { 2 } else { values.len() };
            size = size.checked_mul(count).filter(|s| *s < 4_000_000)?;
            places.push((place, values.into_iter().cloned().collect::<Vec<_>>(), count));
        }
        let d = match ty {
            Type::Number => version.cells.values().try_fold(1_i128, |d, c| match c.value {
                Value::Number(n) => Some(d.lcm(n.denom())),
                _ => None,
            })?,
            _ => 1,
        };
        let d = i64::try_from(d).ok()?;
        let mut present = vec![false; size];
        let mut numbers = vec![0_i64; size];
        for (cell_keys, cell) in &version.cells {
            let mut at = 0;
            for (key, (place, values, count)) in cell_keys.iter().zip(&places) {
                let own = match (place, key) {
                    (KeyPlaces::Bool, Value::Bool(b)) => usize::from(*b),
                    _ => values.iter().position(|v| v == key)?,
                };
                at = at * count + own;
            }
            *present.get_mut(at)? = true;
            *numbers.get_mut(at)? = match &cell.value {
                Value::Bool(b) => i64::from(*b),
                Value::Number(n) => i64::try_from(n.numer().checked_mul(i128::from(d) / n.denom())?).ok()?,
                Value::Date(date) => i64::from(day(*date)?),
                Value::Text(t) => i64::from(self.texts.number(t)),
                Value::List(_) => return None,
            };
        }
        let bounds = numbers.iter().fold((0, 0), |(low, high): (i64, i64), &n| (low.min(n), high.max(n)));
        let (repr, values) = match ty {
            Type::Bool => (Repr::Bool, Array::Bool(numbers.iter().map(|&n| u8::from(n != 0)).collect())),
            Type::Number => (Repr::Number(d), Array::Number(numbers.into())),
            Type::Date => {
                (Repr::Date, Array::Date(numbers.iter().map(|&n| i32::try_from(n).unwrap_or(0)).collect()))
            }
            Type::Text(_) => {
                (Repr::Text, Array::Text(numbers.iter().map(|&n| u32::try_from(n).unwrap_or(0)).collect()))
            }
            Type::List(_) => return None,
        };
        let table = DenseTable { places: places.into_iter().map(|(p, _, _)| p).collect(), values, present };
        let bounds = (i128::from(bounds.0), i128::from(bounds.1));
        Some((Instruction::Table(Arc::new(table), keys.to_vec()), repr, bounds))
    }
}

/// Do all numbers between fit into 64 bits?
fn fits((low, high): (i128, i128)) -> bool {
    i64::try_from(low).is_ok() && i64::try_from(high).is_ok()
}

fn date(day: i32) -> Option<Date> {
    add_days(Date::constant(1970, 1, 1), i64::from(day))
}

fn day(date: Date) -> Option<i32> {
    i32::try_from(days_between(Date::constant(1970, 1, 1), date)).ok()
}

/// A node without columnar form.
fn out(entity: EntityId) -> Compiled {
    Compiled { instruction: Instruction::None, repr: Repr::Bool, bounds: NO_BOUNDS, entity }
}

impl Context<'_> {
    /// The most members that any row has, for a node that takes them.
    fn most_members(&self, node: NodeId) -> i128 {
        self.members_table(node).map_or(0, |m| i128::try_from(m.most()).unwrap_or(i128::MAX))
    }
}
