//! The proof: by the kind of each node, whether what it comes to moves one way with the input.

use std::collections::{BTreeMap, HashMap};

use super::super::domain::sign;
use super::super::walk::Walk;
use super::{Way, is_target};
use logis_language::deep::deep;
use logis_language::graph::Target;
use logis_language::pack::Parsed;
use logis_language::plan::Plan;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{Arithmetic, Comparison, NodeId, Op};
use logis_language::value::{Date, Value};

/// The proof of one claim in one period.
pub(super) struct Proof<'p, 'w, 'a> {
    pub(super) parsed: &'p Parsed,
    pub(super) whole: &'p Plan,
    /// What each node can be in the period.
    pub(super) walk: &'w mut Walk<'a>,
    pub(super) target: Target,
    /// A day of the period.
    pub(super) day: Date,
    /// By node: how it moves, once known.
    pub(super) ways: HashMap<NodeId, Way>,
}

impl Proof<'_, '_, '_> {
    /// How a node moves as the target rises and all else stays.
    pub(super) fn way(&mut self, node: NodeId) -> Way {
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
        let at_most = |x: &super::super::domain::End, y: &super::super::domain::End| matches!((x, y), (Some((x, _)), Some((y, _))) if x <= y);
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
