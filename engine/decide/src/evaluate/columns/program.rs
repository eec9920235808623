//! A compiled plan: instructions over columns, and the columns they begin with.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::row::Context;
use super::passes::Pass;
use logis_data::{Bits, Shared};
use logis_language::graph::Step;
use logis_language::pack::schema::EntityId;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{Comparison, NodeId};
use logis_language::value::Rounding;

/// Plain arrays of one type.
#[derive(Clone, Debug)]
pub(crate) enum Array {
    /// 0 or 1.
    Bool(Shared<u8>),
    /// Counts of the node's unit.
    Number(Shared<i64>),
    /// Days since 1 January 1970.
    Date(Shared<i32>),
    /// Numbers in the program's dictionary.
    Text(Shared<u32>),
}

/// The values of a node for all rows of its entity; `left` is 1 for those left over and 0 for the others,
/// or empty if none is.
#[derive(Clone, Debug)]
pub(crate) struct Full {
    pub array: Array,
    pub left: Shared<u8>,
}

/// How the values of a node are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Repr {
    Bool,
    /// Counts of one over this denominator: 100 for cents.
    Number(i64),
    Date,
    Text,
}

impl Repr {
    /// The type without the unit: numbers of all units share slots.
    pub fn kind(self) -> Repr {
        match self {
            Repr::Number(_) => Repr::Number(1),
            other => other,
        }
    }
}

/// A constant as columns hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Constant {
    Bool(bool),
    Number(i64),
    Date(i32),
    Text(u32),
}

/// What the counts of two operands are multiplied by to reach their common unit; both 1 for values that
/// are no numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Factors {
    pub a: i64,
    pub b: i64,
}

impl Factors {
    /// Both operands count the common unit already.
    pub const ONE: Factors = Factors { a: 1, b: 1 };
}

/// What is done for each block of rows.
#[derive(Clone, Debug)]
pub(crate) enum Instruction {
    /// No columnar form: every row is left over.
    None,
    /// Every row is left over, and what needs it: a parameter without a value.
    Nothing,
    /// In its slot from the start, once for all rows.
    Constant(Constant),
    /// All rows are there already (a field): see [`Program::full`].
    Full,
    /// A field of booleans as the data hold them, a bit each; and the marks of missing ones.
    Bits(Bits, Shared<u8>),
    /// A field of texts with numbers of its own; by them, the program's numbers; and the marks of missing
    /// cells.
    Texts(Shared<u32>, Arc<[u32]>, Shared<u8>),
    /// The value of the row that a step leads to.
    Up(Step, NodeId),
    /// The values of another node: of a rule's body, for the rule.
    Same(NodeId),
    Not(NodeId),
    And(NodeId, NodeId),
    Or(NodeId, NodeId),
    /// `if condition { yes } else { no }`
    If {
        condition: NodeId,
        yes: NodeId,
        no: NodeId,
        factors: Factors,
    },
    Compare {
        comparison: Comparison,
        a: NodeId,
        b: NodeId,
        factors: Factors,
    },
    Add {
        a: NodeId,
        b: NodeId,
        factors: Factors,
    },
    Subtract {
        a: NodeId,
        b: NodeId,
        factors: Factors,
    },
    /// The denominator of the product is that of the one times that of the other.
    Multiply(NodeId, NodeId),
    /// Times a constant.
    Scale(NodeId, i64),
    /// The larger of two, or the smaller.
    Extreme {
        largest: bool,
        a: NodeId,
        b: NodeId,
        factors: Factors,
    },
    /// `round(a * times / (b * by))`; without `b`, `round(a * times / by)`.
    Round {
        how: Rounding,
        a: NodeId,
        b: Option<NodeId>,
        times: i128,
        by: i128,
    },
    /// Whole years, months or days between two dates.
    Between(Builtin, NodeId, NodeId),
    /// What follows from one date alone, by a table with one place a day.
    ByDay(Arc<DayTable>, NodeId),
    /// A date moved by whole years, months or days.
    Move(Builtin, NodeId, NodeId),
    /// A cell of a dense table.
    Table(Arc<DenseTable>, Vec<NodeId>),
    /// A builtin on the values of `child` at the members of a row; the members belong to it by the
    /// relation of that number of `entity`, and node `members` has them grouped.
    Reduce {
        what: Builtin,
        members: NodeId,
        entity: EntityId,
        relation: usize,
        child: NodeId,
    },
    /// How many codes has the row?
    Length(NodeId),
    /// Is a text in the codes of the row?
    Contains {
        codes: NodeId,
        text: NodeId,
    },
    /// The value of the second, left over where the first is too.
    Strict(NodeId, NodeId),
}

impl Instruction {
    /// The nodes whose values it reads. Columns of codes are not among them: see [`Program::codes`].
    pub fn reads(&self) -> Vec<NodeId> {
        match self {
            Instruction::None
            | Instruction::Nothing
            | Instruction::Constant(_)
            | Instruction::Full
            | Instruction::Bits(..)
            | Instruction::Texts(..)
            | Instruction::Length(_) => Vec::new(),
            Instruction::Up(_, a)
            | Instruction::Same(a)
            | Instruction::Not(a)
            | Instruction::Scale(a, _)
            | Instruction::ByDay(_, a)
            | Instruction::Reduce { child: a, .. }
            | Instruction::Contains { text: a, .. } => vec![*a],
            Instruction::And(a, b)
            | Instruction::Or(a, b)
            | Instruction::Compare { a, b, .. }
            | Instruction::Add { a, b, .. }
            | Instruction::Subtract { a, b, .. }
            | Instruction::Multiply(a, b)
            | Instruction::Extreme { a, b, .. }
            | Instruction::Between(_, a, b)
            | Instruction::Move(_, a, b)
            | Instruction::Strict(a, b) => vec![*a, *b],
            Instruction::If { condition, yes, no, .. } => vec![*condition, *yes, *no],
            Instruction::Round { a, b, .. } => std::iter::once(*a).chain(*b).collect(),
            Instruction::Table(_, keys) => keys.clone(),
        }
    }
}

/// A parameter's table with a place for every combination of keys.
#[derive(Debug)]
pub(crate) struct DenseTable {
    /// By key: from what its column holds to the key's part in the place of a cell. The place is the sum
    /// of the parts (its number in the grid of all combinations, the last key fastest).
    pub places: Vec<KeyPlaces>,
    pub values: Array,
    /// By place: is there a cell?
    pub present: Vec<bool>,
    /// Is there a cell at every place?
    pub whole: bool,
}

/// The parts of one key in the places of cells. A value that no cell has leads to [`NO_PLACE`].
#[derive(Debug)]
pub(crate) enum KeyPlaces {
    /// By number in the dictionary.
    Text(Vec<u32>),
    /// From this count of the key's unit on, one part for each count.
    Number(i64, Vec<u32>),
    /// For false and true.
    Bool([u32; 2]),
}

/// A place that holds nothing, whatever is added to it.
pub(crate) const NO_PLACE: u32 = u32::MAX;

/// A function of a date, for each day from the first to the last that its column holds.
#[derive(Debug)]
pub(crate) struct DayTable {
    /// The first day, since 1 January 1970.
    pub first: i32,
    pub values: Array,
}

/// A node of the program.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    pub instruction: Instruction,
    pub repr: Repr,
    /// Between which counts (of one over its denominator) all its values lie, where it is a number.
    pub bounds: (i128, i128),
    pub entity: EntityId,
}

/// The codes of a field that holds several: offsets, and numbers in the program's dictionary.
pub(crate) struct CodesColumn {
    pub offsets: Shared<u32>,
    pub codes: Vec<u32>,
    pub left: Shared<u8>,
}

/// A plan compiled against its data.
pub(crate) struct Program<'c> {
    pub context: &'c Context<'c>,
    pub nodes: Vec<Compiled>,
    pub passes: Vec<Pass>,
    pub dictionary: Arc<[Arc<str>]>,
    /// By node: the node whose values it has, which is itself unless it only passes others on.
    pub same: Vec<NodeId>,
    /// By node: all its rows, where they are there (a field, or what an earlier pass kept).
    pub full: Vec<Option<Full>>,
    pub codes: HashMap<NodeId, CodesColumn>,
}

impl Program<'_> {
    /// Notes all rows of a node, for the passes that follow.
    pub fn keep(&mut self, node: NodeId, full: Full) {
        if let Some(slot) = self.full.get_mut(node as usize) {
            *slot = Some(full);
        }
    }

    /// Lets go of the rows that no later pass reads and no outcome is.
    pub fn forget<'p>(&mut self, later: impl Iterator<Item = &'p Pass>) {
        let mut read = vec![false; self.nodes.len()];
        let selected = self.context.plan.selected.iter().map(|(_, node)| *node);
        let own = later.flat_map(|pass| &pass.steps).filter_map(|work| self.nodes.get(work.node as usize));
        for node in own.flat_map(|node| node.instruction.reads()).chain(selected) {
            if let Some(slot) = read.get_mut(self.resolve(node) as usize) {
                *slot = true;
            }
        }
        for (full, read) in self.full.iter_mut().zip(read) {
            if !read {
                *full = None;
            }
        }
    }

    /// All rows of a node, if they are there.
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

    /// The denominator that a node counts in; 1 if it is no number.
    pub fn denominator(&self, node: NodeId) -> i64 {
        match self.repr(node) {
            Repr::Number(d) => d,
            _ => 1,
        }
    }

    /// The value of a node that is constant; `None` for another.
    pub fn constant(&self, node: NodeId) -> Option<Constant> {
        self.constant_of(&self.nodes.get(node as usize)?.instruction)
    }

    /// The value of a node of this instruction, if it is constant.
    pub fn constant_of(&self, instruction: &Instruction) -> Option<Constant> {
        match instruction {
            Instruction::Constant(value) => Some(*value),
            Instruction::Same(inner) => self.constant(*inner),
            _ => None,
        }
    }
}

/// All texts of the data, the rules and the tables, numbered: the program's dictionary.
#[derive(Default)]
pub(super) struct Texts {
    pub list: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Texts {
    /// The number of a text; a new one, if it has none.
    pub fn number(&mut self, text: &Arc<str>) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(text.clone());
        self.numbers.insert(text.clone(), number);
        number
    }
}
