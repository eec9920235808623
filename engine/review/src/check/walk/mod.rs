//! Follows each rule over all allowed inputs (abstract interpretation), one period between two changes of
//! the law at a time.
//!
//! A field is all that its range or its closed list allows, a parameter the values in force, the date
//! of the decision any day of the period. Inside a branch its condition is assumed, which narrows what
//! the condition reads. What is seen of each condition and each table is kept in [`Seen`]: only what
//! holds in every period and at every call is a finding.

mod assume;
mod eval;
mod visit;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::domain::Domain;
use logis_language::diagnostic::Span;
use logis_language::graph::RuleId;
use logis_language::pack::Parsed;
use logis_language::pack::params::ParameterId;
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::{Date, Value};

/// The most nodes looked at for one rule while conditions are assumed. Beyond, branches are followed
/// without assuming their conditions, which finds less and nothing wrong: nested branches would
/// otherwise take time that grows with two to the power of their depth.
const MOST_STEPS: usize = 200_000;

/// What was seen over all periods.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// By place (file, byte, and the name if it is a field's or rule's): what a condition was.
    pub conditions: BTreeMap<(usize, usize, String), Condition>,
    /// By parameter and first day of a version: the cells that some rule may read.
    pub read: BTreeMap<(ParameterId, Date), BTreeSet<Vec<Value>>>,
    /// By parameter and first day of a version: keys that come up and have no cell, and where they are asked.
    pub absent: BTreeMap<(ParameterId, Date), BTreeMap<Vec<Value>, Span>>,
}

/// A condition, over all periods and calls.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    /// Where it is written.
    pub span: Span,
    /// The name that it is, if it is a field or a rule.
    pub name: Option<String>,
    /// Where the condition itself is written.
    pub inner: Span,
    /// What it is a condition of.
    pub role: Role,
    /// May it be true?
    pub may_be_true: bool,
    /// May it be false?
    pub may_be_false: bool,
}

/// What a condition stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Role {
    /// A comparison or a name, in a longer condition or as an outcome.
    Part,
    /// The condition of an `if`, whose own place is that of the word; if it is the next range of a
    /// chain `if x < a … else if x < b`, where the range before is written.
    Branch(Option<Span>),
    /// The condition of an `if` that is joined of several parts (their places): worth a finding only if
    /// none of the parts is.
    Joined(Vec<(usize, usize, String)>),
}

/// The walk over the rules of one period.
pub(super) struct Walk<'a> {
    parsed: &'a Parsed,
    /// All rules in force, with equal expressions apart.
    whole: &'a Plan,
    /// First and last day of the period; the last period has no last day.
    first: Date,
    last: Option<Date>,
    /// By outcome node of a rule followed so far: what it can be.
    outcomes: HashMap<NodeId, Domain>,
    /// What nodes are assumed to be, innermost last.
    assumed: Vec<(NodeId, Domain)>,
    /// By open condition, innermost last: what was computed under its assumptions.
    memos: Vec<HashMap<NodeId, Domain>>,
    /// What nodes are where nothing is assumed, once the rules that they need were followed.
    free: Option<HashMap<NodeId, Domain>>,
    /// By node that was assumed in [`Walk::domain_where`]: of each node from it on, does it read it on its own row?
    readers: HashMap<NodeId, Vec<bool>>,
    /// Is all that is assumed in `readers`, so that what reads none of it is as in `free`?
    apart: bool,
    /// Nodes looked at for the rule that is followed.
    steps: usize,
    seen: &'a mut Seen,
}

impl<'a> Walk<'a> {
    /// Of the rules in force from `first` to `last`.
    pub fn new(
        parsed: &'a Parsed,
        whole: &'a Plan,
        (first, last): (Date, Option<Date>),
        seen: &'a mut Seen,
    ) -> Self {
        let memos = vec![HashMap::new()];
        Walk {
            parsed,
            whole,
            first,
            last,
            outcomes: HashMap::new(),
            assumed: Vec::new(),
            memos,
            free: Some(HashMap::new()),
            readers: HashMap::new(),
            apart: false,
            steps: 0,
            seen,
        }
    }

    /// Follows every rule but those whose outcome is `known`; gives what each rule can be.
    pub fn rules(&mut self, known: &HashMap<RuleId, Domain>) -> HashMap<RuleId, Domain> {
        let mut outcomes = HashMap::new();
        for (rule, node) in self.whole.rule_nodes() {
            let Some(Op::Rule(_, body)) = self.op(node) else { continue };
            // Rules come after those that they need, so that their outcomes are there.
            let outcome = match known.get(&rule) {
                Some(outcome) => outcome.clone(),
                None => self.visit(*body),
            };
            self.outcomes.insert(node, outcome.clone());
            self.steps = 0;
            if let Some(memo) = self.memos.first_mut() {
                memo.clear();
            }
            outcomes.insert(rule, outcome);
        }
        outcomes
    }

    fn op(&self, node: NodeId) -> Option<&'a Op> {
        self.whole.node(node).map(|n| &n.op)
    }

    /// What a node of a rule can be, once all rules were followed.
    pub fn domain(&mut self, node: NodeId) -> Domain {
        self.eval(node)
    }

    /// What a node of a rule can be, once all rules were followed, where other nodes are these.
    pub fn domain_where(&mut self, node: NodeId, are: &[(NodeId, Domain)]) -> Domain {
        let depth = self.assumed.len();
        // A comparison that is assumed says something of others, which need not read it.
        let compared = are.iter().any(|(n, _)| matches!(self.op(*n), Some(Op::Compare(..))));
        let apart = std::mem::replace(&mut self.apart, depth == 0 && !compared);
        are.iter().for_each(|(assumed, _)| self.find_readers(*assumed, node));
        self.memos.push(HashMap::new());
        self.assumed.extend(are.iter().cloned());
        let outcome = self.eval(node);
        self.assumed.truncate(depth);
        self.memos.pop();
        self.apart = apart;
        outcome
    }

    /// Finds the nodes up to `last` that read `node` on its own row.
    fn find_readers(&mut self, node: NodeId, last: NodeId) {
        let mut readers = self.readers.remove(&node).unwrap_or_default();
        // Inputs have smaller numbers: each is there before what reads it.
        let begin = node.saturating_add(NodeId::try_from(readers.len()).unwrap_or(NodeId::MAX));
        for reader in begin..=last {
            let reads = |input: &NodeId| {
                input.checked_sub(node).is_some_and(|place| readers.get(place as usize) == Some(&true))
            };
            let reads = match self.op(reader) {
                _ if reader == node => true,
                Some(Op::Up(..) | Op::Members(..)) | None => false,
                Some(op) => op.inputs().iter().any(reads),
            };
            readers.push(reads);
        }
        self.readers.insert(node, readers);
    }

    /// May a node be another because of what is assumed, where all that is in `readers`?
    fn is_reader(&self, node: NodeId) -> bool {
        let reads = |assumed: &NodeId| {
            let place = node.checked_sub(*assumed)? as usize;
            self.readers.get(assumed)?.get(place).copied()
        };
        self.assumed.iter().any(|(assumed, _)| reads(assumed).unwrap_or(false))
    }
}
