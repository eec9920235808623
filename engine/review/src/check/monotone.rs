//! `/// monotone: décroissante en ressources`: does the outcome only fall as a value rises?
//!
//! The proof goes over the expression: a sum rises with its terms, `a <= b` falls with `a`, an `if`
//! whose condition turns must turn towards smaller outcomes. What it does not follow is looked for at
//! the thresholds: every number that the rule compares with, one below and one above, the other inputs
//! drawn from their own thresholds. A fall that is a rise there is a counterexample, with its inputs.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::domain::{Domain, arithmetic, call, compare, sign};
use super::walk::Walk;
use logis_language::deep::deep;
use logis_language::diagnostic::texts::findings as texts;
use logis_language::diagnostic::{Diagnostic, Span};
use logis_language::graph::Target;
use logis_language::pack::Parsed;
use logis_language::pack::schema::FieldKind;
use logis_language::pack::script::RuleText;
use logis_language::plan::Plan;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{Arithmetic, Comparison, NodeId, Op};
use logis_language::value::{Date, Exact, Value, add, add_months, sub};

/// How often the search draws values of the other inputs.
const DRAWS: usize = 300;
/// The most values of the input itself that it goes through, for each draw.
const STEPS: usize = 48;

/// What a text says of its outcome.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    /// Does it say that the outcome never falls (true) or never rises (false)?
    rising: bool,
    /// The field or rule that it rises or falls with.
    target: Target,
    /// The name that it rises or falls with.
    pub name: String,
    /// Where it is said.
    pub span: Span,
}

/// Reads the tags of a text; what cannot be read is a finding.
pub(super) fn claims(parsed: &Parsed, text: &RuleText, into: &mut Vec<Diagnostic>) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (said, span) in &text.doc.monotone {
        let mut rising = None;
        // `croissante en A, B, décroissante en C`
        for part in said.split(',').map(str::trim) {
            let name = match part.split_once(" en ") {
                Some((how, name)) => {
                    rising = direction(how.trim());
                    name.trim()
                }
                None => part,
            };
            let Some(rising) = rising else {
                into.push(texts::unreadable_claim(said, span.clone()));
                break;
            };
            let Some((target, _)) = Target::find(parsed, name) else {
                let known = parsed.rules.iter().map(|r| r.name.as_str());
                let known = known.chain(parsed.schema.fields.iter().map(|f| f.name.as_str()));
                into.push(texts::claim_of_nothing(name, known, span.clone()));
                continue;
            };
            claims.push(Claim { rising, target, name: name.to_string(), span: span.clone() });
        }
    }
    claims
}

/// Rising or falling, if it is one of these words.
fn direction(word: &str) -> Option<bool> {
    match word {
        "croissante" | "croissant" => Some(true),
        "décroissante" | "décroissant" | "decroissante" | "decroissant" => Some(false),
        _ => None,
    }
}

/// How an outcome moves as the value rises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Not at all.
    Still,
    /// It never falls.
    Up,
    /// It never rises.
    Down,
    /// Not followed; the node where the trace is lost.
    Lost(NodeId),
}

impl Way {
    /// How the negative moves.
    fn turned(self) -> Way {
        match self {
            Way::Up => Way::Down,
            Way::Down => Way::Up,
            same => same,
        }
    }

    /// How a sum moves, or anything else that rises with both of its inputs; `at` is its node.
    fn with(self, other: Way, at: NodeId) -> Way {
        match (self, other) {
            (Way::Lost(n), _) | (_, Way::Lost(n)) => Way::Lost(n),
            (Way::Still, w) | (w, Way::Still) => w,
            (a, b) if a == b => a,
            _ => Way::Lost(at),
        }
    }
}

/// What is found of a claim in one period: nothing, if it is proved.
pub(super) enum Answer {
    /// It holds.
    Proved,
    /// It does not hold: an example.
    Refuted(String),
    /// Neither; where the proof is lost.
    Open(Span),
}

/// Proves or refutes a claim on a rule in one period.
pub(super) fn answer(
    parsed: &Parsed,
    whole: &Plan,
    walk: &mut Walk<'_>,
    rule: NodeId,
    claim: &Claim,
    day: Date,
) -> Answer {
    let mut proof = Proof { parsed, whole, walk, target: claim.target, day, ways: HashMap::new() };
    match proof.way(rule) {
        Way::Still => Answer::Proved,
        Way::Up if claim.rising => Answer::Proved,
        Way::Down if !claim.rising => Answer::Proved,
        // Not proved: what is not true is mostly shown by an example.
        way => {
            let search = Search { parsed, whole, claim, day };
            match search.counterexample(rule) {
                Some(example) => Answer::Refuted(example),
                None => {
                    let at = if let Way::Lost(node) = way { node } else { rule };
                    Answer::Open(whole.node(at).map(|n| n.span.clone()).unwrap_or_default())
                }
            }
        }
    }
}

/// Is this node the field or rule that a claim speaks of?
fn is_target(op: &Op, target: Target) -> bool {
    match (op, target) {
        (Op::Field(field), Target::Field(wanted)) => *field == wanted,
        (Op::Rule(rule, _), Target::Rule(wanted)) => *rule == wanted,
        (Op::DecisionDate, Target::DecisionDate) => true,
        _ => false,
    }
}

/// The proof of one claim in one period.
struct Proof<'p, 'w, 'a> {
    parsed: &'p Parsed,
    whole: &'p Plan,
    /// What each node can be in the period.
    walk: &'w mut Walk<'a>,
    target: Target,
    /// A day of the period.
    day: Date,
    /// By node: how it moves, once known.
    ways: HashMap<NodeId, Way>,
}

impl Proof<'_, '_, '_> {
    /// How a node moves as the target rises and all else stays.
    fn way(&mut self, node: NodeId) -> Way {
        if let Some(done) = self.ways.get(&node) {
            return *done;
        }
        let whole = self.whole;
        let Some(op) = whole.node(node).map(|n| &n.op) else { return Way::Lost(node) };
        let way = if is_target(op, self.target) { Way::Up } else { deep(|| self.of(node, op)) };
        self.ways.insert(node, way);
        way
    }

    /// [`Proof::way`], from those of the inputs. `false` is less than `true`.
    fn of(&mut self, node: NodeId, op: &Op) -> Way {
        match op {
            Op::Const(_) | Op::DecisionDate | Op::Field(_) => Way::Still,
            Op::Rule(_, a) | Op::Up(_, a) | Op::Members(_, _, a) | Op::Strict(_, a) => self.way(*a),
            Op::Not(a) | Op::Negate(a) => self.way(*a).turned(),
            Op::And(a, b) | Op::Or(a, b) | Op::Arithmetic(Arithmetic::Add, a, b) => {
                self.way(*a).with(self.way(*b), node)
            }
            Op::Arithmetic(Arithmetic::Subtract, a, b) => self.way(*a).with(self.way(*b).turned(), node),
            Op::Arithmetic(op, a, b) => self.product(*op, *a, *b, node),
            Op::Compare(op, a, b) => {
                let (x, y) = (self.way(*a), self.way(*b));
                match op {
                    Comparison::Less | Comparison::AtMost => x.turned().with(y, node),
                    Comparison::Greater | Comparison::AtLeast => x.with(y.turned(), node),
                    _ if x == Way::Still && y == Way::Still => Way::Still,
                    _ => Way::Lost(node),
                }
            }
            Op::If(c, a, b) => self.choice(*c, *a, *b, node),
            Op::Param(id, keys) => self.table(*id, keys, node),
            Op::Call(builtin, args) => {
                let ways: Vec<Way> = args.iter().map(|a| self.way(*a)).collect();
                if ways.iter().all(|w| *w == Way::Still) {
                    return Way::Still;
                }
                match (builtin, ways.as_slice()) {
                    (Builtin::AnneesEntre | Builtin::MoisEntre | Builtin::JoursEntre, [from, to]) => {
                        from.turned().with(*to, node)
                    }
                    (Builtin::Contient, _) => Way::Lost(node),
                    (Builtin::Arrondi(_), [x, rest @ ..]) if rest.iter().all(|w| *w == Way::Still) => *x,
                    (Builtin::Arrondi(_), _) => Way::Lost(node),
                    _ => ways.into_iter().fold(Way::Still, |all, w| all.with(w, node)),
                }
            }
        }
    }

    /// A product or a quotient: each factor moves it by its own way, turned where the other is negative.
    fn product(&mut self, op: Arithmetic, a: NodeId, b: NodeId, node: NodeId) -> Way {
        // As in the derivative of a product, a' b + a b': each part has the sign of the other factor.
        let (x, y) = (self.way(a), self.way(b));
        let (sign_a, sign_b) = (sign(&self.walk.domain(a)), sign(&self.walk.domain(b)));
        let scaled = |way: Way, by: Option<i8>| match (way, by) {
            (Way::Still, _) => Way::Still,
            (way, Some(1)) => way,
            (way, Some(_)) => way.turned(),
            (Way::Lost(n), None) => Way::Lost(n),
            (_, None) => Way::Lost(node),
        };
        let y = if op == Arithmetic::Divide {
            // A quotient falls with its divisor on either side of zero only.
            if y != Way::Still && sign_b.is_none() { Way::Lost(node) } else { y.turned() }
        } else {
            y
        };
        let of_a = scaled(x, sign_b);
        let of_b = scaled(y, sign_a);
        of_a.with(of_b, node)
    }

    /// A conditional: it moves as both branches do, and where its condition turns, from one to the other.
    fn choice(&mut self, c: NodeId, a: NodeId, b: NodeId, node: NodeId) -> Way {
        let (turn, x, y) = (self.way(c), self.way(a), self.way(b));
        let inside = x.with(y, node);
        // As the value rises, the outcome passes from one branch to the other.
        let (from, to) = match turn {
            Way::Still => return inside,
            Way::Up => (b, a),
            Way::Down => (a, b),
            Way::Lost(n) => return Way::Lost(n),
        };
        // That step is upwards if all of the one branch lies at or below all of the other.
        let ((from_low, from_high), (to_low, to_high)) =
            (self.walk.domain(from).ends(), self.walk.domain(to).ends());
        let at_most = |x: &super::domain::End, y: &super::domain::End| matches!((x, y), (Some((x, _)), Some((y, _))) if x <= y);
        let up = at_most(&from_high, &to_low);
        let down = at_most(&to_high, &from_low);
        match inside {
            Way::Still if up => Way::Up,
            Way::Still if down => Way::Down,
            Way::Up if up => Way::Up,
            Way::Down if down => Way::Down,
            Way::Lost(n) => Way::Lost(n),
            _ => Way::Lost(node),
        }
    }

    /// A cell of a table of which one key moves: the column of cells along that key must be sorted.
    fn table(&mut self, id: usize, keys: &[NodeId], node: NodeId) -> Way {
        // Of two keys that move, the way through the table is not followed.
        let ways: Vec<Way> = keys.iter().map(|k| self.way(*k)).collect();
        let moving: Vec<usize> = (0..ways.len()).filter(|i| ways.get(*i) != Some(&Way::Still)).collect();
        let (place, way) = match moving[..] {
            [] => return Way::Still,
            [place] => (place, ways.get(place).copied().unwrap_or(Way::Lost(node))),
            _ => return Way::Lost(node),
        };
        let Some(version) = self.parsed.parameters.get(id).and_then(|p| p.at(self.day)) else {
            return Way::Still;
        };
        // Cells whose other keys are equal, in the order of this key (the table is sorted by its keys).
        let mut rows: BTreeMap<Vec<&Value>, Vec<&Value>> = BTreeMap::new();
        for (keys, cell) in &version.cells {
            let others = keys.iter().enumerate().filter(|(i, _)| *i != place).map(|(_, k)| k).collect();
            rows.entry(others).or_default().push(&cell.value);
        }
        let all = |holds: fn(&Value, &Value) -> bool| {
            rows.values().all(|r| r.windows(2).all(|w| matches!(w, [a, b] if holds(a, b))))
        };
        // Sorted upwards, a cell moves as its key does; downwards, the other way.
        match (all(|a, b| a <= b), all(|a, b| a >= b)) {
            (true, true) => Way::Still,
            (true, _) => way,
            (_, true) => way.turned(),
            _ => Way::Lost(node),
        }
    }
}

/// The search for a counterexample in one period.
struct Search<'s> {
    parsed: &'s Parsed,
    whole: &'s Plan,
    claim: &'s Claim,
    day: Date,
}

impl Search<'_> {
    /// Inputs for which the outcome moves against the claim, in words.
    fn counterexample(&self, rule: NodeId) -> Option<String> {
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

    fn op(&self, node: NodeId) -> Option<&Op> {
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
    fn values(&self, node: NodeId, numbers: &BTreeSet<Exact>, most: usize) -> Option<Vec<Value>> {
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
    fn at(&self, node: NodeId, point: &HashMap<NodeId, Value>, done: &mut HashMap<NodeId, Domain>) -> Domain {
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
            Op::Not(a) => super::domain::not(&self.at(*a, point, done)),
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
