//! From the expression graph to instructions over columns.
//!
//! Every number gets a unit (a denominator) and bounds from the columns it comes from, so that most
//! arithmetic is known not to overflow before it runs. A node without a columnar form, and what uses
//! it, stays out: [`Instruction::None`].

mod by_day;
mod calls;
mod fields;
mod fold;
mod operations;
pub(super) mod tables;

use std::collections::HashMap;

use num_integer::Integer;

use super::super::row::Context;
use super::passes::passes;
use super::program::{CodesColumn, Compiled, Factors, Full, Instruction, Program, Repr, Texts};
pub(in super::super) use by_day::DayTables;
use by_day::Days;
use logis_language::pack::schema::EntityId;
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::{Date, Exact, Value, days_between};

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
            total: Vec::new(),
            days: Days::new(context),
        };
        let needed = needed(plan);
        // In the order of the plan, so that inputs are compiled before what reads them.
        for node in 0..plan.nodes.len() {
            let id = u32::try_from(node).unwrap_or(u32::MAX);
            let entity = plan.nodes.get(node).map_or(0, |n| n.entity);
            let mut compiled = match needed.get(node) {
                Some(true) => compiler.node(id),
                _ => (out(entity), None),
            };
            compiler.by_day(id, &mut compiled.0);
            let total = plan.nodes.get(node).is_some_and(|n| compiler.totality(&n.op));
            compiler.total.push(total);
            compiler.full.push(compiled.1);
            compiler.nodes.push(compiled.0);
        }
        let Compiler { nodes, full, texts, codes, .. } = compiler;
        let same = same_as(&nodes);
        let passes = passes(context, &nodes, &same);
        Program { context, nodes, passes, dictionary: texts.list.into(), same, full, codes }
    }
}

/// By node: does what is selected follow from it? What it does not is not brought to columns.
fn needed(plan: &Plan) -> Vec<bool> {
    let mut needed = vec![false; plan.nodes.len()];
    let mark = |needed: &mut Vec<bool>, node: NodeId| {
        if let Some(slot) = needed.get_mut(node as usize) {
            *slot = true;
        }
    };
    plan.selected.iter().for_each(|(_, node)| mark(&mut needed, *node));
    // Backwards, since a node comes after all that it reads.
    for (id, node) in plan.nodes.iter().enumerate().rev() {
        if needed.get(id) == Some(&true) {
            node.op.inputs().into_iter().for_each(|input| mark(&mut needed, input));
        }
    }
    needed
}

/// By node: the node whose values it has ([`Program::same`]). A rule has those of its body, and copies
/// nothing; a constant is copied, since it stands in slots only.
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

/// A plan being compiled against its data.
struct Compiler<'c> {
    context: &'c Context<'c>,
    /// By node of the plan, as far as it is compiled.
    nodes: Vec<Compiled>,
    /// By node: all its rows, if they are there before anything runs.
    full: Vec<Option<Full>>,
    texts: Texts,
    /// By node that reads a field of several codes: its column.
    codes: HashMap<NodeId, CodesColumn>,
    /// By node: can it be no error, whatever the data hold?
    total: Vec<bool>,
    /// The nodes that follow from one date column each.
    days: Days<'c>,
}

/// What an operation is compiled to: the instruction, how its values are held, and between which counts
/// they lie ([`NO_BOUNDS`] for what is no number).
type Typed = (Instruction, Repr, (i128, i128));

/// Two numbers in one unit: they count one over `denominator`.
struct Common {
    denominator: i64,
    /// What the counts of each are multiplied by to reach that unit.
    factors: Factors,
    /// Bounds of the counts of each in that unit.
    a: (i128, i128),
    b: (i128, i128),
}

impl Common {
    /// The bounds of what is one of the two numbers.
    fn either(&self) -> (i128, i128) {
        (self.a.0.min(self.b.0), self.a.1.max(self.b.1))
    }
}

/// The bounds of anything that is no number.
const NO_BOUNDS: (i128, i128) = (0, 0);

impl Compiler<'_> {
    /// Compiles a node, whose inputs are compiled already; with all its rows, if they are there.
    fn node(&mut self, id: NodeId) -> (Compiled, Option<Full>) {
        let plan = self.context.plan;
        let Some(node) = plan.node(id) else { return (out(0), None) };
        let op = node.op.clone();
        if let Op::Field(_) = op {
            return self.field(id, node.entity);
        }
        let none = || out(node.entity);
        // A case gives its outcome row by row, so that columns have none.
        let given = self.context.is_given(id);
        // An outcome has a value in every row: constants stand in slots only.
        let outcome = matches!(op, Op::Up(..)) && plan.selected.iter().any(|(_, selected)| *selected == id);
        let folded = if given || outcome { None } else { self.folded(&op) };
        let compiled = if given { None } else { folded.or_else(|| self.operation(&op, &node.ty)) };
        // What needs a value that no row has is computed for none.
        let compiled = compiled.map(|own| match self.leaves_all(&own.0) {
            true => (Instruction::Nothing, own.1, NO_BOUNDS),
            false => own,
        });
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

    /// How the values of a node are held; `None` if it has no columnar form.
    fn repr(&self, node: NodeId) -> Option<Repr> {
        let node = self.nodes.get(node as usize)?;
        (!matches!(node.instruction, Instruction::None)).then_some(node.repr)
    }

    /// Between which counts the numbers of a node lie.
    fn bounds(&self, node: NodeId) -> (i128, i128) {
        self.nodes.get(node as usize).map_or(NO_BOUNDS, |n| n.bounds)
    }

    /// The number that a node is for all rows, if it is a constant or a parameter without keys.
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

    /// The common unit of two numbers; `None` if they do not fit 64 bits in it.
    fn common(&self, a: NodeId, b: NodeId) -> Option<Common> {
        let (Repr::Number(da), Repr::Number(db)) = (self.repr(a)?, self.repr(b)?) else { return None };
        // The least common multiple of the denominators: both are then whole counts.
        let d = i64::try_from(i128::from(da).lcm(&i128::from(db))).ok()?;
        let factors = Factors { a: d / da, b: d / db };
        let scaled = |node, by: i64| {
            let (low, high) = self.bounds(node);
            Some((low.checked_mul(i128::from(by))?, high.checked_mul(i128::from(by))?))
        };
        let (x, y) = (scaled(a, factors.a)?, scaled(b, factors.b)?);
        (fits(x) && fits(y)).then_some(Common { denominator: d, factors, a: x, b: y })
    }
}

/// Do both bounds, and so all numbers between, fit 64 bits?
fn fits((low, high): (i128, i128)) -> bool {
    i64::try_from(low).is_ok() && i64::try_from(high).is_ok()
}

/// The day of a date since 1 January 1970.
fn day(date: Date) -> Option<i32> {
    i32::try_from(days_between(Date::constant(1970, 1, 1), date)).ok()
}

/// A node without columnar form.
fn out(entity: EntityId) -> Compiled {
    Compiled { instruction: Instruction::None, repr: Repr::Bool, bounds: NO_BOUNDS, entity }
}
