//! Follows each rule over all allowed inputs (abstract interpretation), one period between two changes of
//! the law at a time.
//!
//! A field is all that its range or its closed list allows, a parameter the values in force, the date
//! of the decision any day of the period. Inside a branch its condition is assumed, which narrows what
//! the condition reads. What is seen of each condition and each table is kept in [`Seen`]: only what
//! holds in every period and at every call is a finding.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::domain::{Domain, arithmetic, call, compare, not, of_type};
use logis_language::deep::deep;
use logis_language::diagnostic::Span;
use logis_language::graph::{RuleId, Step};
use logis_language::pack::Parsed;
use logis_language::pack::params::ParameterId;
use logis_language::pack::schema::{FieldId, FieldKind};
use logis_language::plan::Plan;
use logis_language::plan::ir::{Arithmetic, Comparison, NodeId, Op};
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
        self.memos.push(HashMap::new());
        self.assumed.extend(are.iter().cloned());
        let outcome = self.eval(node);
        self.assumed.truncate(depth);
        self.memos.pop();
        outcome
    }

    /// Follows a node of the rule itself, and keeps what is seen of it.
    fn visit(&mut self, node: NodeId) -> Domain {
        deep(|| self.visited(node))
    }

    /// [`Walk::visit`], by the kind of the operation.
    fn visited(&mut self, node: NodeId) -> Domain {
        self.steps += 1;
        if let Some(done) = self.memos.last().and_then(|m| m.get(&node)) {
            return done.clone();
        }
        let Some(op) = self.op(node) else { return Domain::Any };
        let outcome = match op {
            Op::Const(_) | Op::DecisionDate | Op::Field(_) | Op::Up(..) | Op::Members(..) | Op::Rule(..) => {
                return self.eval(node);
            }
            // The right operand is followed where the left one does not settle it alone.
            Op::And(a, b) | Op::Or(a, b) => {
                let settling = matches!(op, Op::Or(..));
                let left = self.part(*a, node);
                if left == Domain::Nothing || left.only_bool() == Some(settling) {
                    left
                } else {
                    let right = self.under(*a, !settling, |this| this.part(*b, node));
                    joined(&left, right, settling)
                }
            }
            Op::If(c, a, b) => {
                let condition = self.branch(*c, node);
                match condition {
                    Domain::Nothing => Domain::Nothing,
                    _ => match condition.only_bool() {
                        Some(true) => self.visit(*a),
                        Some(false) => self.visit(*b),
                        None => {
                            let yes = self.under(*c, true, |this| this.visit(*a));
                            let no = self.under(*c, false, |this| this.visit(*b));
                            yes.unwrap_or(Domain::Nothing).or(&no.unwrap_or(Domain::Nothing))
                        }
                    },
                }
            }
            Op::Not(a) => not(&self.part(*a, node)),
            Op::Strict(a, value) => {
                self.visit(*a);
                self.visit(*value)
            }
            _ => {
                let inputs: Vec<Domain> = op.inputs().into_iter().map(|i| self.visit(i)).collect();
                self.compute(node, op, &inputs, true)
            }
        };
        if matches!(op, Op::Compare(..) | Op::Call(..)) {
            self.record(node, node, Role::Part, &outcome);
        }
        if let Some(memo) = self.memos.last_mut() {
            memo.insert(node, outcome.clone());
        }
        outcome
    }

    /// An operand of `&&`, `||` or `!`: what a name can be is kept too.
    fn part(&mut self, part: NodeId, parent: NodeId) -> Domain {
        let outcome = self.visit(part);
        if matches!(self.op(part), Some(Op::Field(_) | Op::Rule(..) | Op::Up(..))) && !self.is_data(part) {
            self.record(part, parent, Role::Part, &outcome);
        }
        outcome
    }

    /// The condition of an `if`.
    fn branch(&mut self, condition: NodeId, parent: NodeId) -> Domain {
        let outcome = self.visit(condition);
        // What is looked at lies under negations and strictness.
        let mut core = condition;
        while let Some(Op::Not(inner) | Op::Strict(_, inner)) = self.op(core) {
            core = *inner;
        }
        match self.op(core) {
            Some(Op::And(..) | Op::Or(..)) => {
                let mut parts = Vec::new();
                self.parts(core, parent, &mut parts, &mut HashSet::new());
                self.record(condition, parent, Role::Joined(parts), &outcome);
            }
            _ if self.is_data(core) => {}
            _ => {
                let before = self.range_before(core, parent);
                // What is said of the branch is not said of its condition again.
                let key = self.key(core, core);
                self.seen.conditions.remove(&key);
                self.record(core, parent, Role::Branch(before), &outcome);
            }
        }
        outcome
    }

    /// The places of the parts of a condition.
    fn parts(
        &self,
        node: NodeId,
        parent: NodeId,
        into: &mut Vec<(usize, usize, String)>,
        done: &mut HashSet<(NodeId, NodeId)>,
    ) {
        if !done.insert((node, parent)) {
            return;
        }
        match self.op(node) {
            Some(Op::And(a, b) | Op::Or(a, b)) => {
                deep(|| self.parts(*a, node, into, done));
                deep(|| self.parts(*b, node, into, done));
            }
            Some(Op::Not(a) | Op::Strict(_, a)) => deep(|| self.parts(*a, node, into, done)),
            Some(Op::Compare(..) | Op::Call(..)) => into.push(self.key(node, node)),
            _ => into.push(self.key(node, parent)),
        }
    }

    /// Of a comparison: the comparison of the same value that the assumptions say is false.
    fn range_before(&self, condition: NodeId, _parent: NodeId) -> Option<Span> {
        let Some(Op::Compare(_, a, _)) = self.op(condition) else { return None };
        // In an `else if`, the conditions before are assumed to be false; the innermost is the last.
        let before = self.assumed.iter().rev().find(|(node, truth)| {
            truth.only_bool() == Some(false) && matches!(self.op(*node), Some(Op::Compare(_, x, _)) if x == a)
        });
        before.and_then(|(node, _)| self.whole.node(*node)).map(|n| n.span.clone())
    }

    /// Is it a constant, or a cell of a table? What tables say is data, and may change.
    fn is_data(&self, node: NodeId) -> bool {
        match self.op(node) {
            Some(Op::Const(_) | Op::Param(..)) => true,
            Some(Op::Rule(_, a) | Op::Not(a) | Op::Up(_, a) | Op::Strict(_, a)) => deep(|| self.is_data(*a)),
            _ => false,
        }
    }

    /// The name of the field or rule that a node passes on.
    fn name(&self, node: NodeId) -> Option<String> {
        match self.op(node)? {
            Op::Field(field) => self.parsed.schema.fields.get(*field).map(|f| f.name.clone()),
            Op::Rule(rule, _) => self.parsed.rules.get(*rule).map(|r| r.name.clone()),
            Op::Up(_, inner) => self.name(*inner),
            _ => None,
        }
    }

    /// The place of a condition. A name has the place of the operation around it, since the node of a field
    /// has that of its first use.
    fn key(&self, node: NodeId, parent: NodeId) -> (usize, usize, String) {
        let name = self.name(node);
        let at = if name.is_some() { parent } else { node };
        let span = self.whole.node(at).map(|n| n.span.clone()).unwrap_or_default();
        (span.file, span.range.start, name.unwrap_or_default())
    }

    /// Keeps what a condition can be in this period and at this call.
    fn record(&mut self, node: NodeId, parent: NodeId, role: Role, outcome: &Domain) {
        if *outcome == Domain::Nothing
            || self.whole.node(node).is_none_or(|n| of_type(&n.ty) != Domain::boolean())
        {
            return;
        }
        let name = self.name(node);
        let at = if name.is_some() || role != Role::Part { parent } else { node };
        let Some(span) = self.whole.node(at).map(|n| n.span.clone()) else { return };
        let key = (span.file, span.range.start, name.clone().unwrap_or_default());
        let inner = self.whole.node(node).map(|n| n.span.clone()).unwrap_or_default();
        let (mut yes, mut no) = (outcome.may_be(&Value::Bool(true)), outcome.may_be(&Value::Bool(false)));
        // The last value of a closed list, said by its name where the others were taken before: clear, and
        // right if the list grows.
        if let Some(Op::Compare(op @ (Comparison::Equal | Comparison::NotEqual), ..)) = self.op(node)
            && (*op == Comparison::Equal) == yes
            && !self.assumed.is_empty()
        {
            (yes, no) = (true, true);
        }
        let condition = self.seen.conditions.entry(key).or_insert(Condition {
            span,
            name,
            inner,
            role,
            may_be_true: false,
            may_be_false: false,
        });
        condition.may_be_true |= yes;
        condition.may_be_false |= no;
    }

    /// What a node can be, whatever is seen of it.
    fn eval(&mut self, node: NodeId) -> Domain {
        deep(|| self.evaluated(node))
    }

    /// [`Walk::eval`], by the kind of the operation.
    fn evaluated(&mut self, node: NodeId) -> Domain {
        self.steps += 1;
        if let Some((_, assumed)) = self.assumed.iter().rev().find(|(n, _)| *n == node) {
            return assumed.clone();
        }
        if let Some(done) = self.memos.last().and_then(|m| m.get(&node)) {
            return done.clone();
        }
        let Some(op) = self.op(node) else { return Domain::Any };
        let outcome = match op {
            Op::Const(value) => Domain::known(value.clone()),
            Op::DecisionDate => Domain::between(
                (self.first > Date::MIN).then_some((Value::Date(self.first), false)),
                self.last.map(|last| (Value::Date(last), false)),
                false,
            ),
            Op::Field(field) => self.field(*field, node),
            Op::Rule(_, body) => {
                let outcome = self.outcomes.get(&node).cloned().unwrap_or(Domain::Any);
                // Evaluated anew only if what is assumed can make it narrower.
                if self.assumed.is_empty() || outcome.only().is_some() || !self.touches(*body) {
                    outcome
                } else {
                    outcome.and(&self.eval(*body))
                }
            }
            // Another row: what is assumed of this one is not of that one.
            Op::Up(step, inner) => {
                let outcome = self.elsewhere(*inner);
                match step {
                    Step::BelongsTo(..) | Step::First(_) | Step::Second(_) => outcome,
                }
            }
            Op::Members(child, relation, inner) => {
                let item = self.elsewhere(*inner);
                let entity = self.parsed.schema.entities.get(*child);
                let min = entity.and_then(|e| e.belongs_to.get(*relation)).map_or(0, |r| r.min);
                Domain::List(Box::new(item), min, None)
            }
            Op::And(a, b) | Op::Or(a, b) => {
                let settling = matches!(op, Op::Or(..));
                let left = self.eval(*a);
                if left == Domain::Nothing || left.only_bool() == Some(settling) {
                    left
                } else {
                    let right = self.eval(*b);
                    joined(&left, Some(right), settling)
                }
            }
            Op::If(c, a, b) => {
                let condition = self.eval(*c);
                match condition.only_bool() {
                    _ if condition == Domain::Nothing => Domain::Nothing,
                    Some(true) => self.eval(*a),
                    Some(false) => self.eval(*b),
                    None => self.eval(*a).or(&self.eval(*b)),
                }
            }
            Op::Not(a) => not(&self.eval(*a)),
            Op::Strict(_, value) => self.eval(*value),
            _ => {
                let inputs: Vec<Domain> = op.inputs().into_iter().map(|i| self.eval(i)).collect();
                self.compute(node, op, &inputs, false)
            }
        };
        if let Some(memo) = self.memos.last_mut() {
            memo.insert(node, outcome.clone());
        }
        outcome
    }

    /// What a node of another row can be: nothing is assumed of it.
    fn elsewhere(&mut self, node: NodeId) -> Domain {
        let assumed = std::mem::take(&mut self.assumed);
        let memos = std::mem::replace(&mut self.memos, vec![HashMap::new()]);
        let outcome = self.eval(node);
        self.assumed = assumed;
        self.memos = memos;
        outcome
    }

    /// Does a node read, on its own row, one that is assumed?
    fn touches(&self, node: NodeId) -> bool {
        // Inputs have smaller numbers: below the first assumed node there is none.
        let first = self.assumed.iter().map(|(n, _)| *n).min().unwrap_or(NodeId::MAX);
        let mut left = vec![node];
        let mut done = BTreeSet::new();
        while let Some(node) = left.pop() {
            if node < first || !done.insert(node) {
                continue;
            }
            if self.assumed.iter().any(|(n, _)| *n == node) {
                return true;
            }
            match self.op(node) {
                Some(Op::Up(..) | Op::Members(..)) | None => {}
                Some(op) => left.extend(op.inputs()),
            }
        }
        false
    }

    /// All that a field allows, and what its empty cells stand for.
    fn field(&self, id: FieldId, node: NodeId) -> Domain {
        let Some(field) = self.parsed.schema.fields.get(id) else { return Domain::Any };
        let all = match (&field.kind, &field.range) {
            (FieldKind::Number { decimals, .. }, range) => {
                let end = |n: &logis_language::value::Exact| (Value::Number(*n), false);
                let (low, high) = range.as_ref().map_or((None, None), |(l, h)| (Some(end(l)), Some(end(h))));
                Domain::between(low, high, *decimals == 0)
            }
            _ => self.whole.node(node).map_or(Domain::Any, |n| of_type(&n.ty)),
        };
        match (&all, field.empty()) {
            // An empty cell is known too.
            (Domain::OneOf(values), Some(empty)) => {
                Domain::of(values.iter().cloned().chain([empty]).collect())
            }
            _ => all,
        }
    }

    /// What an operation gives for these inputs; `seen` says whether cells of tables are kept as read.
    fn compute(&mut self, node: NodeId, op: &Op, inputs: &[Domain], seen: bool) -> Domain {
        match (op, inputs) {
            (Op::Negate(_), [a]) => arithmetic(Arithmetic::Subtract, &Domain::known(Value::int(0)), a),
            (Op::Arithmetic(op, ..), [a, b]) => arithmetic(*op, a, b),
            (Op::Compare(op, x, y), [a, b]) => {
                let outcome = compare(*op, a, b);
                match self.related(*op, *x, *y) {
                    Some(truth) if outcome != Domain::Nothing => Domain::known(Value::Bool(truth)),
                    _ => outcome,
                }
            }
            (Op::Call(builtin, _), args) => call(*builtin, args),
            (Op::Param(id, _), keys) => self.param(node, *id, keys, seen),
            _ => Domain::Any,
        }
    }

    /// Does a comparison follow from those of the same two values that are assumed?
    fn related(&self, op: Comparison, a: NodeId, b: NodeId) -> Option<bool> {
        // The orders of `a` and `b` that the assumptions leave.
        let orders = [Ordering::Less, Ordering::Equal, Ordering::Greater];
        let mut left: Vec<Ordering> = orders.into();
        if self.same(a, b) {
            left = vec![Ordering::Equal];
        }
        for (node, truth) in &self.assumed {
            let (Some(Op::Compare(known, x, y)), Some(truth)) = (self.op(*node), truth.only_bool()) else {
                continue;
            };
            let known = if self.same(*x, a) && self.same(*y, b) {
                *known
            } else if self.same(*x, b) && self.same(*y, a) {
                known.mirrored()
            } else {
                continue;
            };
            left.retain(|order| known.holds(*order) == truth);
        }
        let holds = left.iter().filter(|order| op.holds(**order)).count();
        match holds {
            0 => Some(false),
            n if n == left.len() => Some(true),
            _ => None,
        }
    }

    /// Are two nodes one expression of the same inputs, written twice?
    fn same(&self, a: NodeId, b: NodeId) -> bool {
        self.same_among(a, b, &mut HashSet::new())
    }

    /// [`Walk::same`], without comparing again the pairs that were `compared` already: had one of them
    /// differed, the comparison would have ended.
    fn same_among(&self, a: NodeId, b: NodeId, compared: &mut HashSet<(NodeId, NodeId)>) -> bool {
        if a == b || compared.contains(&(a, b)) {
            return true;
        }
        compared.insert((a, b));
        let (Some(x), Some(y)) = (self.op(a), self.op(b)) else { return false };
        // One operation, of the same kind, on inputs that are the same in turn.
        let alike = match (x, y) {
            (Op::Const(x), Op::Const(y)) => return x == y,
            (Op::Param(x, _), Op::Param(y, _)) => x == y,
            (Op::Call(x, _), Op::Call(y, _)) => x == y,
            (Op::Arithmetic(x, ..), Op::Arithmetic(y, ..)) => x == y,
            (Op::Negate(_), Op::Negate(_)) => true,
            _ => false,
        };
        let (x, y) = (x.inputs(), y.inputs());
        alike
            && x.len() == y.len()
            && x.into_iter().zip(y).all(|(x, y)| deep(|| self.same_among(x, y, compared)))
    }

    /// The cells of a table that the possible keys lead to. If `seen`, they are kept as read, and so are
    /// combinations of keys without a cell.
    fn param(&mut self, node: NodeId, id: ParameterId, keys: &[Domain], seen: bool) -> Domain {
        let Some(version) = self.parsed.parameters.get(id).and_then(|p| p.at(self.first)) else {
            return Domain::Nothing;
        };
        if keys.contains(&Domain::Nothing) {
            return Domain::Nothing;
        }
        let may_be = |cell: &Vec<Value>| cell.iter().zip(keys).all(|(value, key)| key.may_be(value));
        // All cells whose keys can come up; keys are taken to vary independently.
        let cells: Vec<_> = version.cells.iter().filter(|(cell, _)| may_be(cell)).collect();
        if seen {
            let at = (id, version.from);
            self.seen.read.entry(at).or_default().extend(cells.iter().map(|(k, _)| (*k).clone()));
            let span = self.whole.node(node).map(|n| n.span.clone()).unwrap_or_default();
            for wanted in combinations(keys).unwrap_or_default() {
                if !version.cells.contains_key(&wanted) {
                    self.seen.absent.entry(at).or_default().entry(wanted).or_insert(span.clone());
                }
            }
        }
        let whole: BTreeSet<Value> = cells.into_iter().map(|(_, c)| c.value.clone()).collect();
        Domain::of(whole)
    }

    /// Follows what comes where `condition` is `truth`; `None` if it never is.
    fn under(
        &mut self,
        condition: NodeId,
        truth: bool,
        f: impl FnOnce(&mut Self) -> Domain,
    ) -> Option<Domain> {
        if self.steps > MOST_STEPS {
            return Some(f(self));
        }
        // What is computed meanwhile is remembered apart, and forgotten with the assumption.
        let depth = self.assumed.len();
        self.memos.push(HashMap::new());
        let outcome = self.assume(condition, truth).then(|| f(self));
        self.memos.pop();
        self.assumed.truncate(depth);
        outcome
    }

    /// Assumes a condition; false if it cannot be `truth`.
    fn assume(&mut self, condition: NodeId, truth: bool) -> bool {
        self.steps += 1;
        self.steps > MOST_STEPS || deep(|| self.assumed(condition, truth))
    }

    /// [`Walk::assume`], by the kind of the condition.
    fn assumed(&mut self, condition: NodeId, truth: bool) -> bool {
        let said = Domain::known(Value::Bool(truth));
        if self.assumed.iter().any(|(node, value)| *node == condition && *value == said) {
            return true;
        }
        // What the condition can be by what is assumed already may rule it out.
        let now = self.eval(condition);
        if !now.may_be(&Value::Bool(truth)) {
            return false;
        }
        let Some(op) = self.op(condition) else { return true };
        // Then what it says of its operands is assumed too, and last the condition itself.
        let possible = match op {
            Op::Rule(_, body) => self.assume(*body, truth),
            Op::Strict(_, value) => self.assume(*value, truth),
            Op::Not(a) => self.assume(*a, !truth),
            Op::And(a, b) | Op::Or(a, b) => {
                if matches!(op, Op::And(..)) == truth {
                    self.assume(*a, truth) && self.assume(*b, truth)
                } else {
                    // One of the two settles it: where it is not the one, it is the other.
                    let (left, right) = (self.eval(*a).only_bool(), self.eval(*b).only_bool());
                    match (left, right) {
                        (Some(l), _) if l != truth => self.assume(*b, truth),
                        (_, Some(r)) if r != truth => self.assume(*a, truth),
                        _ => true,
                    }
                }
            }
            Op::Compare(op, a, b) => {
                let op = if truth { *op } else { op.negated() };
                self.narrow(op, *a, *b) && self.narrow(op.mirrored(), *b, *a)
            }
            _ => true,
        };
        self.set(condition, Domain::known(Value::Bool(truth)));
        possible
    }

    /// Narrows `a`, and the field or rule that it passes on, to the values for which `a <op> b` can hold;
    /// false if there are none.
    fn narrow(&mut self, op: Comparison, a: NodeId, b: NodeId) -> bool {
        let (mut value, other) = (self.eval(a), self.eval(b));
        value = value.narrowed(op, &other);
        if value == Domain::Nothing {
            return false;
        }
        let mut node = a;
        loop {
            match self.op(node) {
                Some(Op::Const(_) | Op::Param(..)) | None => return true,
                Some(Op::Field(field)) => {
                    if let Some(FieldKind::Number { decimals, .. }) =
                        self.parsed.schema.fields.get(*field).map(|f| &f.kind)
                    {
                        value = value.on_grid(*decimals);
                    }
                    self.set(node, value.clone());
                    return value != Domain::Nothing;
                }
                // A rule that only names another value is that value.
                Some(Op::Rule(_, body) | Op::Strict(_, body)) => {
                    self.set(node, value.clone());
                    node = *body;
                }
                Some(_) => {
                    self.set(node, value);
                    return true;
                }
            }
        }
    }

    /// Assumes that a node is this; what was computed without is forgotten.
    fn set(&mut self, node: NodeId, value: Domain) {
        if let Some(memo) = self.memos.last_mut() {
            memo.clear();
        }
        self.assumed.push((node, value));
    }
}

/// `a && b` or `a || b`, of an `a` that does not decide alone; `right` is `None` if no input leads to it.
fn joined(left: &Domain, right: Option<Domain>, settling: bool) -> Domain {
    let Some(right) = right else { return Domain::known(Value::Bool(settling)) };
    match (left.only_bool(), right.only_bool()) {
        (Some(_), _) => right,
        (None, Some(value)) if value == settling => Domain::known(Value::Bool(settling)),
        _ if right == Domain::Nothing => Domain::known(Value::Bool(settling)),
        _ => Domain::boolean(),
    }
}

/// All combinations of keys; `None` if a key is no set, or if they are more than 4096.
fn combinations(keys: &[Domain]) -> Option<Vec<Vec<Value>>> {
    let mut all: Vec<Vec<Value>> = vec![Vec::new()];
    for key in keys {
        let Domain::OneOf(values) = key else { return None };
        all = all
            .iter()
            .flat_map(|c| values.iter().map(|v| c.iter().cloned().chain([v.clone()]).collect()))
            .collect();
        if all.len() > 4096 {
            return None;
        }
    }
    Some(all)
}
