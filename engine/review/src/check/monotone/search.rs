//! The search for two rows that refute a claim, where it could not be proved.

use std::collections::{BTreeSet, HashMap};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::super::domain::{Domain, arithmetic, call, compare};
use super::{Claim, is_target};
use logis_language::deep::deep;
use logis_language::diagnostic::texts::findings as texts;
use logis_language::pack::Parsed;
use logis_language::pack::schema::FieldKind;
use logis_language::plan::Plan;
use logis_language::plan::ir::{Arithmetic, NodeId, Op};
use logis_language::value::{Date, Exact, Value, add, add_months, sub};

/// How often the search draws values of the other inputs.
const DRAWS: usize = 300;

/// The most values of the input itself that it goes through, for each draw.
const STEPS: usize = 48;

/// The search for a counterexample in one period.
pub(super) struct Search<'s> {
    pub(super) parsed: &'s Parsed,
    pub(super) whole: &'s Plan,
    pub(super) claim: &'s Claim,
    pub(super) day: Date,
}

impl Search<'_> {
    /// Inputs for which the outcome moves against the claim, in words.
    pub(super) fn counterexample(&self, rule: NodeId) -> Option<String> {
        // The inputs are drawn among values next to every number that the rule holds: there it turns.
        let reached = self.reached(rule);
        let numbers = self.thresholds(&reached);
        let moving: Vec<NodeId> = reached
            .iter()
            .copied()
            .filter(|n| self.op(*n).is_some_and(|o| is_target(o, self.claim.target)))
            .collect();
        let inputs: Vec<(NodeId, Vec<Value>)> = reached
            .iter()
            .filter(|n| !moving.contains(n))
            .filter_map(|n| Some((*n, self.values(*n, &numbers, usize::MAX)?)))
            .filter(|(_, values)| !values.is_empty())
            .collect();
        // The claim's own input does not stand at random: it goes through its values in order, and each
        // outcome is held against the one before.
        let steps = self.values(*moving.first()?, &numbers, STEPS)?;
        // A fixed seed: the answer is the same each time.
        let mut random = ChaCha8Rng::seed_from_u64(0);
        for _ in 0..DRAWS {
            let mut point: HashMap<NodeId, Value> = inputs
                .iter()
                .filter_map(|(n, values)| {
                    Some((*n, values.get(random.random_range(0..values.len()))?.clone()))
                })
                .collect();
            // Along the rising values of the input itself; outcomes that are errors are passed over.
            let mut before: Option<(Value, Value)> = None;
            for step in &steps {
                point.extend(moving.iter().map(|n| (*n, step.clone())));
                let outcome = self.at(rule, &point, &mut HashMap::new());
                let Some(outcome) = outcome.only().cloned() else { continue };
                if let Some((earlier, was)) = &before
                    && (if self.claim.rising { outcome < *was } else { outcome > *was })
                {
                    return Some(self.told(&point, &moving, (earlier, was), (step, &outcome)));
                }
                before = Some((step.clone(), outcome));
            }
        }
        None
    }

    /// Two values of the input with their outcomes (`a` and `b`), and the other inputs, in words.
    fn told(
        &self,
        point: &HashMap<NodeId, Value>,
        moving: &[NodeId],
        a: (&Value, &Value),
        b: (&Value, &Value),
    ) -> String {
        let others: BTreeSet<String> = point
            .iter()
            .filter(|(n, _)| !moving.contains(n))
            .filter_map(|(n, value)| match self.op(*n)? {
                Op::Field(f) => Some(format!("{} = {value}", self.parsed.schema.fields.get(*f)?.name)),
                _ => None,
            })
            .collect();
        let shown = |(value, outcome): (&Value, &Value)| (value.to_string(), outcome.to_string());
        let example = texts::Counterexample {
            day: self.day.to_string(),
            name: &self.claim.name,
            low: shown(a),
            high: shown(b),
            common: others.into_iter().collect(),
        };
        example.to_string()
    }

    pub(super) fn op(&self, node: NodeId) -> Option<&Op> {
        self.whole.node(node).map(|n| &n.op)
    }

    /// All nodes that an outcome is computed from; below the claim's own field or rule none.
    fn reached(&self, rule: NodeId) -> Vec<NodeId> {
        // Depth first over the inputs, each node once.
        let mut found = BTreeSet::new();
        let mut left = vec![rule];
        while let Some(node) = left.pop() {
            if found.insert(node)
                && let Some(op) = self.op(node).filter(|o| !is_target(o, self.claim.target))
            {
                left.extend(op.inputs());
            }
        }
        found.into_iter().collect()
    }

    /// The numbers that the nodes hold: constants, and cells of the tables in force.
    fn thresholds(&self, nodes: &[NodeId]) -> BTreeSet<Exact> {
        let mut numbers = BTreeSet::new();
        for node in nodes {
            match self.op(*node) {
                Some(Op::Const(Value::Number(n))) => {
                    numbers.insert(*n);
                }
                Some(Op::Param(id, _)) => {
                    let version = self.parsed.parameters.get(*id).and_then(|p| p.at(self.day));
                    for (keys, cell) in version.into_iter().flat_map(|v| &v.cells) {
                        let all = keys.iter().chain([&cell.value]);
                        numbers.extend(
                            all.filter_map(|v| if let Value::Number(n) = v { Some(*n) } else { None }),
                        );
                    }
                }
                _ => {}
            }
        }
        numbers
    }

    /// Some values of an input, smallest first: its ends, and around each threshold.
    pub(super) fn values(&self, node: NodeId, numbers: &BTreeSet<Exact>, most: usize) -> Option<Vec<Value>> {
        let (kind, range) = match self.op(node)? {
            Op::Field(id) => {
                let field = self.parsed.schema.fields.get(*id)?;
                (field.kind.clone(), field.range)
            }
            Op::DecisionDate => return Some(vec![Value::Date(self.day)]),
            Op::Rule(..) if self.is_moving(node) => match self.whole.node(node)?.ty {
                logis_language::value::Type::Number => {
                    (FieldKind::Number { decimals: 2, amount: false }, None)
                }
                logis_language::value::Type::Bool => (FieldKind::Boolean, None),
                _ => return None,
            },
            _ => return None,
        };
        let all: BTreeSet<Value> = match &kind {
            FieldKind::Boolean => [false, true].map(Value::Bool).into(),
            FieldKind::Enum(values) => values.iter().cloned().map(Value::Text).collect(),
            FieldKind::Date => {
                let before = [0, 17, 18, 24, 25, 29, 30, 31, 40, 65, 90];
                before.iter().filter_map(|y| add_months(self.day, -12 * y)).map(Value::Date).collect()
            }
            FieldKind::Text => [Value::text("")].into(),
            FieldKind::Codes => [logis_language::plan::builtins::empty_list()].into(),
            FieldKind::Number { decimals, .. } => {
                // One below, at, and one above each threshold; the ends of the range; a short range whole.
                let one = Exact::from_integer(1);
                let around = numbers.iter().flat_map(|n| [sub(n, &one).ok(), Some(*n), add(n, &one).ok()]);
                let ends = range.into_iter().flat_map(|(low, high)| [Some(low), Some(high)]);
                let fits = |n: &Exact| {
                    range.is_none_or(|(low, high)| *n >= low && *n <= high)
                        && (*decimals > 0 || n.is_integer())
                };
                let few = range.map(|(low, high)| (low.to_integer(), high.to_integer()));
                let few = few.filter(|(low, high)| *decimals == 0 && high - low <= 64);
                let counted =
                    few.into_iter().flat_map(|(low, high)| low..=high).map(Exact::from_integer).map(Some);
                around
                    .chain(ends)
                    .chain(counted)
                    .chain([Some(Exact::from_integer(0))])
                    .flatten()
                    .filter(fits)
                    .map(Value::Number)
                    .collect()
            }
        };
        let all: Vec<Value> = all.into_iter().collect();
        // At most as many as asked, evenly; the largest is always among them.
        let every = all.len().div_ceil(most).max(1);
        let last = all.last().cloned();
        let mut some: Vec<Value> = all.into_iter().step_by(every).collect();
        some.extend(last.filter(|l| some.last() != Some(l)).into_iter().collect::<Vec<_>>());
        Some(some)
    }

    /// Is the node the claim's field or rule?
    fn is_moving(&self, node: NodeId) -> bool {
        self.op(node).is_some_and(|o| is_target(o, self.claim.target))
    }

    /// The outcome of a node for the inputs of `point`. Every relation leads to one row, and every row has
    /// one member.
    pub(super) fn at(
        &self,
        node: NodeId,
        point: &HashMap<NodeId, Value>,
        done: &mut HashMap<NodeId, Domain>,
    ) -> Domain {
        if let Some(value) = point.get(&node) {
            return Domain::known(value.clone());
        }
        if let Some(done) = done.get(&node) {
            return done.clone();
        }
        let outcome = deep(|| self.computed(node, point, done));
        done.insert(node, outcome.clone());
        outcome
    }

    /// [`Search::at`], by the kind of the operation.
    fn computed(
        &self,
        node: NodeId,
        point: &HashMap<NodeId, Value>,
        done: &mut HashMap<NodeId, Domain>,
    ) -> Domain {
        let Some(op) = self.op(node) else { return Domain::Nothing };
        match op {
            Op::Const(value) => Domain::known(value.clone()),
            Op::DecisionDate => Domain::known(Value::Date(self.day)),
            Op::Field(_) => Domain::Nothing,
            Op::Rule(_, a) | Op::Up(_, a) | Op::Strict(_, a) => self.at(*a, point, done),
            Op::Members(_, _, a) => match self.at(*a, point, done).only() {
                Some(value) => Domain::known(Value::List([value.clone()].into())),
                None => Domain::Nothing,
            },
            Op::If(c, a, b) => match self.at(*c, point, done).only_bool() {
                Some(true) => self.at(*a, point, done),
                Some(false) => self.at(*b, point, done),
                None => Domain::Nothing,
            },
            Op::And(a, b) | Op::Or(a, b) => {
                let settling = matches!(op, Op::Or(..));
                match self.at(*a, point, done).only_bool() {
                    Some(left) if left == settling => Domain::known(Value::Bool(left)),
                    Some(_) => self.at(*b, point, done),
                    None => Domain::Nothing,
                }
            }
            Op::Not(a) => super::super::domain::not(&self.at(*a, point, done)),
            Op::Negate(a) => {
                arithmetic(Arithmetic::Subtract, &Domain::known(Value::int(0)), &self.at(*a, point, done))
            }
            Op::Arithmetic(op, a, b) => arithmetic(*op, &self.at(*a, point, done), &self.at(*b, point, done)),
            Op::Compare(op, a, b) => compare(*op, &self.at(*a, point, done), &self.at(*b, point, done)),
            Op::Call(builtin, args) => {
                let args: Vec<Domain> = args.iter().map(|a| self.at(*a, point, done)).collect();
                call(*builtin, &args)
            }
            Op::Param(id, keys) => {
                let keys: Option<Vec<Value>> =
                    keys.iter().map(|k| self.at(*k, point, done).only().cloned()).collect();
                let version = self.parsed.parameters.get(*id).and_then(|p| p.at(self.day));
                let cell = keys.and_then(|k| version?.cells.get(&k));
                cell.map_or(Domain::Nothing, |c| Domain::known(c.value.clone()))
            }
        }
    }
}
