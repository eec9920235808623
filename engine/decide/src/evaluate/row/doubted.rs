//! What a reader doubts of in a plan, and what it could be instead.
//!
//! Evaluating with doubts left open shows whether they can change an outcome: if the outcome is known all the same, they
//! cannot. Everything here widens; nothing is given that some reading of the law would not give.

use std::collections::BTreeMap;

use super::super::possible::{Possible, Range, none};
use logis_language::graph::RuleId;
use logis_language::pack::doubt::{Kind, split};
use logis_language::pack::params::ParameterId;
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::{Exact, Type, Value, mul};

/// What a doubt is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OfWhat {
    /// A rule: its outcome may be anything of its type; a number that is not negative stays so.
    Rule(RuleId),
    /// The cells of a parameter's table. Figures may be wrong by a tenth, more or less; where the doubt is of another kind,
    /// a cell may hold anything of its type.
    Parameter(ParameterId, Kind),
}

/// All that is doubted of in a plan, numbered, and which of it bears on what.
#[derive(Debug)]
pub struct Doubts {
    all: Vec<OfWhat>,
    /// By node: the number of the doubt about its own rule or table, plus one, or zero.
    own: Vec<u32>,
    /// How many words a set of doubts takes.
    words: usize,
    /// By node: the set of all doubts below it and about itself.
    below: Vec<u64>,
}

/// A set of the doubts of one plan: a bit for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubted(Vec<u64>);

impl Doubts {
    /// Those of a plan.
    pub fn of(plan: &Plan) -> Doubts {
        let about: Vec<Option<OfWhat>> = plan.nodes.iter().map(|node| about(plan, &node.op)).collect();
        let mut numbers: BTreeMap<OfWhat, u32> = about.iter().flatten().map(|of| (*of, 0)).collect();
        numbers.values_mut().zip(1..).for_each(|(number, at)| *number = at);
        let own: Vec<u32> =
            about.iter().map(|of| of.and_then(|of| numbers.get(&of).copied()).unwrap_or(0)).collect();
        let words = numbers.len().div_ceil(64);
        let mut below: Vec<u64> = Vec::with_capacity(plan.nodes.len() * words);
        // Inputs come first, so that one pass is enough.
        for (node, own) in plan.nodes.iter().zip(&own) {
            let mut set = Doubted(vec![0; words]);
            for input in node.op.inputs() {
                let from = input as usize * words;
                set.add_all(below.get(from..from + words).unwrap_or(&[]));
            }
            set.add(*own);
            below.extend(set.0);
        }
        Doubts { all: numbers.into_keys().collect(), own, words, below }
    }

    /// Nothing.
    pub fn none(&self) -> Doubted {
        Doubted(vec![0; self.words])
    }

    /// All that is doubted of below a node, whether a decision meets it or not.
    pub fn below(&self, node: NodeId) -> Doubted {
        Doubted(self.of_node(node as usize).to_vec())
    }

    /// The set of what is doubted of, alone.
    pub fn one(&self, of: OfWhat) -> Doubted {
        let mut set = self.none();
        set.add(self.all.binary_search(&of).map_or(0, |at| u32::try_from(at + 1).unwrap_or(0)));
        set
    }

    /// Is it in a set?
    pub fn is_in(&self, of: OfWhat, set: &Doubted) -> bool {
        self.all.binary_search(&of).is_ok_and(|at| has(&set.0, at))
    }

    fn of_node(&self, node: usize) -> &[u64] {
        self.below.get(node * self.words..(node + 1) * self.words).unwrap_or(&[])
    }
}

/// What is doubted of in an operation itself.
fn about(plan: &Plan, op: &Op) -> Option<OfWhat> {
    match op {
        Op::Rule(id, _) => {
            let text = plan.parsed.rules.get(*id)?.text_near(plan.date)?;
            (!text.doc.doubts.is_empty()).then_some(OfWhat::Rule(*id))
        }
        Op::Param(id, _) => {
            let doubt = plan.parameter(*id)?.doubt.as_ref()?;
            Some(OfWhat::Parameter(*id, split(doubt).0))
        }
        _ => None,
    }
}

/// Is the bit of that place set?
fn has(set: &[u64], at: usize) -> bool {
    set.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
}

impl Doubted {
    /// Is nothing doubted of?
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Doubts of those of another set, too.
    pub fn with(&self, other: &Doubted) -> Doubted {
        let mut both = self.clone();
        both.add_all(&other.0);
        both
    }

    /// What is in this set and not in another.
    pub fn without(&self, other: &Doubted) -> Doubted {
        Doubted(self.0.iter().zip(&other.0).map(|(own, other)| own & !other).collect())
    }

    fn add_all(&mut self, other: &[u64]) {
        self.0.iter_mut().zip(other).for_each(|(own, other)| *own |= other);
    }

    /// Adds the doubt of that number plus one; nothing for zero.
    fn add(&mut self, number: u32) {
        let Some(at) = (number as usize).checked_sub(1) else { return };
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }
}

/// What an evaluator doubts of: one set after the other. What it computed under one set serves under the next for all nodes
/// on which nothing bears in which both differ.
pub(super) struct Doubting<'c> {
    doubts: &'c Doubts,
    /// The sets so far, one after the other; the last is the one in force.
    sets: Vec<u64>,
    /// The number of that set.
    now: u32,
}

impl<'c> Doubting<'c> {
    /// Nothing, as yet.
    pub fn new(doubts: &'c Doubts) -> Doubting<'c> {
        Doubting { doubts, sets: doubts.none().0, now: 0 }
    }

    /// Doubts of this from here on, and of nothing else.
    pub fn set(&mut self, open: &Doubted) {
        if self.set_of(self.now) != open.0 {
            self.sets.extend(&open.0);
            self.now += 1;
        }
    }

    /// The number of the set in force.
    pub fn now(&self) -> u32 {
        self.now
    }

    /// Is what a node came to under the set of a number what it comes to now?
    pub fn holds_still(&self, node: usize, number: u32) -> bool {
        if number == self.now {
            return true;
        }
        let sets = self.set_of(number).iter().zip(self.set_of(self.now));
        sets.zip(self.doubts.of_node(node)).all(|((then, now), below)| (then ^ now) & below == 0)
    }

    fn set_of(&self, number: u32) -> &[u64] {
        let from = number as usize * self.doubts.words;
        self.sets.get(from..from + self.doubts.words).unwrap_or(&[])
    }

    /// What is doubted of in a node itself, if that is in force.
    pub fn about(&self, node: NodeId) -> Option<OfWhat> {
        let at = (*self.doubts.own.get(node as usize)? as usize).checked_sub(1)?;
        if has(self.set_of(self.now), at) { self.doubts.all.get(at).copied() } else { None }
    }
}

/// What a cell of a table can be of which one doubts.
pub(super) fn cell(of: OfWhat, cell: &Possible) -> Possible {
    let instead = match of {
        OfWhat::Parameter(_, Kind::Figure) => about_as(cell),
        _ => cell.known().map(|known| anything(&known.value_type(), Some(cell))),
    };
    instead.unwrap_or(Possible::Open(Range::Any, none()))
}

/// All values of a type; of a number that is `now` zero or more, those that are.
pub(super) fn anything(ty: &Type, now: Option<&Possible>) -> Possible {
    let missing = none();
    let zero = Exact::from_integer(0);
    match (ty, now.and_then(Possible::known)) {
        (Type::Bool, _) => Possible::open_bool(missing),
        (Type::Text(Some(values)), _) => {
            let values: std::collections::BTreeSet<Value> = values.iter().cloned().map(Value::Text).collect();
            Possible::Open(Range::OneOf(values.into_iter().collect()), missing)
        }
        (Type::Number, Some(Value::Number(number))) if *number >= zero => {
            Possible::Open(Range::Between(Some(Value::Number(zero)), None), missing)
        }
        _ => Possible::Open(Range::Any, missing),
    }
}

/// A known number, a tenth more or less; `None` of anything else.
fn about_as(cell: &Possible) -> Option<Possible> {
    let Value::Number(number) = cell.known()? else { return None };
    let part = |tenths: i128| mul(number, &Exact::new(tenths, 10)).ok();
    let (a, b) = (part(9)?, part(11)?);
    let (low, high) = (Value::Number(a.min(b)), Value::Number(a.max(b)));
    Some(Possible::Open(Range::Between(Some(low), Some(high)), none()))
}
