//! Changes the cells that an expression reads until it has a wanted value: a small constraint solver.
//!
//! It goes down the expression as its meaning says: both sides of an `&&` for true, either for false;
//! the field of a comparison to where it holds. Every step is checked by evaluating, so that what it says
//! it made is made. It is incomplete: what it does not find may exist.

use std::collections::BTreeSet;

use super::world::{World, unit};
use logis_language::pack::schema::{FieldId, FieldKind, Origin};
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{Comparison, NodeId, Op};
use logis_language::value::{Date, Exact, Value, add_days, day_number};

/// How deep goals may follow from goals before one is given up.
const DEPTH: usize = 24;

/// Up to which number numbers without a range are tried.
const FURTHEST: i128 = 10_000_000;

/// How far dates are tried, in days before and after that of the decision.
const DAYS: i64 = 36_600;

/// The most rows of a reference table that are tried, spread over the table.
const REFERENCES: usize = 400;

/// How two values compare in a world; `None` if one is not known.
type Side<'f> = dyn Fn(&World<'_>) -> Option<std::cmp::Ordering> + 'f;

/// Tries values of a cell (field, row); says whether one of them meets the goal.
type Try<'f> = dyn FnMut(&mut World<'_>, FieldId, u64, &[Value]) -> bool + 'f;

impl World<'_> {
    fn op(&self, node: NodeId) -> Option<Op> {
        self.context.plan.node(node).map(|n| n.op.clone())
    }

    /// Changes cells until a boolean node is `truth` on a row; says whether it is. If not, nothing is changed.
    pub fn want(&mut self, node: NodeId, row: u64, truth: bool, depth: usize) -> bool {
        if self.truth(node, row) == Some(truth) {
            return true;
        }
        if depth > DEPTH {
            return false;
        }
        // By the meaning of the operation; undone below if evaluation does not agree.
        let before = self.state.clone();
        let done = match self.op(node) {
            Some(Op::Rule(_, inner) | Op::Strict(_, inner)) => self.want(inner, row, truth, depth + 1),
            Some(Op::Not(inner)) => self.want(inner, row, !truth, depth + 1),
            Some(Op::And(a, b)) => self.want_both(a, b, row, true, truth, depth),
            Some(Op::Or(a, b)) => self.want_both(a, b, row, false, !truth, depth),
            Some(Op::If(c, a, b)) => [(true, a), (false, b)].into_iter().any(|(way, branch)| {
                self.want(c, row, way, depth + 1)
                    && self.want(branch, row, truth, depth + 1)
                    && self.truth(node, row) == Some(truth)
            }),
            Some(Op::Compare(op, a, b)) => {
                let op = if truth { op } else { op.negated() };
                self.want_compare(op, a, b, row, depth)
            }
            Some(Op::Call(builtin @ (Builtin::Un | Builtin::Tous), args)) => {
                self.want_some(builtin, args.first().copied(), row, truth, depth)
            }
            Some(Op::Call(Builtin::Contient, args)) => match args.as_slice() {
                [list, item] => self.want_contained(*list, *item, row, truth, depth),
                _ => false,
            },
            _ => self.want_value(node, row, &Value::Bool(truth), depth),
        };
        let done = done && self.truth(node, row) == Some(truth) && self.guarded();
        if !done {
            self.restore(before);
        }
        done
    }

    /// Makes both of two nodes `side` (if `all`), or else one of them the other truth.
    fn want_both(&mut self, a: NodeId, b: NodeId, row: u64, side: bool, all: bool, depth: usize) -> bool {
        if !all {
            return self.want(a, row, !side, depth + 1) || self.want(b, row, !side, depth + 1);
        }
        // Making the second may unmake the first.
        for _ in 0..3 {
            if !self.want(a, row, side, depth + 1) || !self.want(b, row, side, depth + 1) {
                return false;
            }
            if self.truth(a, row) == Some(side) {
                return true;
            }
        }
        self.want(b, row, side, depth + 1) && self.want(a, row, side, depth + 1)
    }

    /// Makes `un` or `tous` of a list `truth`: by one member, or by all.
    fn want_some(&mut self, all: Builtin, list: Option<NodeId>, row: u64, truth: bool, depth: usize) -> bool {
        let Some(list) = list else { return false };
        let Some(Op::Members(_, _, inner)) = self.op(list) else { return false };
        let members: Vec<u64> = self.context.members(list, row).iter().map(|m| u64::from(*m)).collect();
        // One member makes `un` true and `tous` false; the other way it takes all.
        let one = (all == Builtin::Un) == truth;
        if one {
            return members.iter().any(|m| self.want(inner, *m, truth, depth + 1));
        }
        members.iter().all(|m| self.want(inner, *m, truth, depth + 1))
    }

    /// Makes a list contain an item (by the list of that item alone), or not (by the empty list).
    fn want_contained(&mut self, list: NodeId, item: NodeId, row: u64, truth: bool, depth: usize) -> bool {
        let items = match self.value(item, row) {
            Some(value) if truth => vec![value],
            _ => Vec::new(),
        };
        self.want_value(list, row, &Value::List(items.into()), depth + 1)
    }

    /// Changes cells until a node has this value on a row; says whether it has. If not, nothing is changed.
    pub fn want_value(&mut self, node: NodeId, row: u64, value: &Value, depth: usize) -> bool {
        if self.value(node, row).as_ref() == Some(value) {
            return true;
        }
        if depth > DEPTH {
            return false;
        }
        let before = self.state.clone();
        let done = match self.op(node) {
            Some(Op::Field(field)) => {
                let cell = self.state.cells.contains_key(&(field, row)) && self.allowed(field, value);
                if cell {
                    self.set(field, row, value.clone());
                }
                cell
            }
            Some(Op::Rule(_, inner) | Op::Strict(_, inner)) => self.want_value(inner, row, value, depth + 1),
            // Through a reference table by choosing its row, else by changing the row that is led to.
            Some(Op::Up(step, inner)) => {
                if self.want_reference(node, row, |v| v == value) {
                    true
                } else {
                    match self.context.step(step, row) {
                        Ok(parent) => self.want_value(inner, parent, value, depth + 1),
                        Err(_) => false,
                    }
                }
            }
            Some(Op::If(c, a, b)) => [(true, a), (false, b)].into_iter().any(|(way, branch)| {
                self.want_value(branch, row, value, depth + 1)
                    && self.want(c, row, way, depth + 1)
                    && self.value(node, row).as_ref() == Some(value)
            }),
            // A cell with the value: its keys become the goals.
            Some(Op::Param(id, keys)) => {
                let version = self.context.plan.parameter(id);
                let cells = version.into_iter().flat_map(|v| &v.cells);
                let cells: Vec<Vec<Value>> =
                    cells.filter(|(_, c)| c.value == *value).map(|(k, _)| k.clone()).collect();
                cells.iter().any(|cell| {
                    keys.iter().zip(cell).all(|(key, v)| self.want_value(*key, row, v, depth + 1))
                        && self.value(node, row).as_ref() == Some(value)
                })
            }
            Some(Op::Not(_) | Op::And(..) | Op::Or(..) | Op::Compare(..)) => match value {
                Value::Bool(truth) => self.want(node, row, *truth, depth + 1),
                _ => false,
            },
            Some(Op::Call(Builtin::Nombre | Builtin::Longueur, args)) => match (args.first(), value) {
                (Some(list), Value::Number(n)) => self.want_count(*list, row, *n, depth),
                _ => false,
            },
            // A computed number: one of its cells is moved to where the value is met.
            Some(Op::Arithmetic(..) | Op::Negate(_) | Op::Call(..)) => {
                let cells = self.cells_under(node, row);
                let side = |w: &World<'_>| Some(w.value(node, row)?.cmp(value));
                self.each_crossing(&cells, &side, &mut |world, field, at, near| {
                    near.iter().any(|near| {
                        world.set(field, at, near.clone());
                        world.value(node, row).as_ref() == Some(value)
                    })
                })
            }
            _ => false,
        };
        let done = done && self.value(node, row).as_ref() == Some(value) && self.guarded();
        if !done {
            self.restore(before);
        }
        done
    }

    /// Makes the first `count` members true, and the others false.
    fn want_count(&mut self, list: NodeId, row: u64, count: Exact, depth: usize) -> bool {
        let Some(Op::Members(_, _, inner)) = self.op(list) else { return false };
        let members: Vec<u64> = self.context.members(list, row).iter().map(|m| u64::from(*m)).collect();
        (1_i128..)
            .zip(members)
            .all(|(number, member)| self.want(inner, member, Exact::from_integer(number) <= count, depth + 1))
    }

    /// Changes the relation to a reference table that a node reads through, until its value is one that
    /// `will_do` accepts.
    fn want_reference(&mut self, node: NodeId, row: u64, will_do: impl Fn(&Value) -> bool) -> bool {
        let Some((entity, relation, at)) = self.reference(node, row) else { return false };
        let schema = &self.context.plan.parsed.schema;
        let target = schema.entities.get(entity).and_then(|e| e.belongs_to.get(relation)).map(|r| r.target);
        let rows = target.map_or(0, |t| self.context.dataset.tables.get(t).map_or(0, |t| t.rows()));
        let present = self.state.links.get(&(entity, relation, at)).copied();
        // Spread over the table, so that few tries see much of it.
        let stride = (rows / REFERENCES).max(1);
        for to in (0..rows).step_by(stride).filter_map(|r| u32::try_from(r).ok()) {
            self.link(entity, relation, at, to);
            if self.value(node, row).is_some_and(|v| will_do(&v)) && self.guarded() {
                return true;
            }
        }
        if let Some(present) = present {
            self.link(entity, relation, at, present);
        }
        false
    }

    /// The relation to a reference table that a node goes through.
    fn reference(&self, node: NodeId, row: u64) -> Option<(usize, usize, u64)> {
        match self.op(node)? {
            Op::Up(logis_language::graph::Step::BelongsTo(entity, relation), _)
                if self.state.links.contains_key(&(entity, relation, row)) =>
            {
                Some((entity, relation, row))
            }
            Op::Up(step, inner) => self.reference(inner, self.context.step(step, row).ok()?),
            Op::Rule(_, inner) | Op::Strict(_, inner) => self.reference(inner, row),
            _ => None,
        }
    }

    /// Changes cells until `a <op> b` holds: by values that one side can give, by moving a cell to where the
    /// sides cross, by the ends of a cell's range.
    fn want_compare(&mut self, op: Comparison, a: NodeId, b: NodeId, row: u64, depth: usize) -> bool {
        let holds = |w: &World<'_>| Some(op.holds(w.value(a, row)?.cmp(&w.value(b, row)?)) && w.guarded());
        for (this, other) in [(a, b), (b, a)] {
            let Some(fixed) = self.value(other, row) else { continue };
            // Of the values that this side can give, those for which the comparison holds.
            let wished: Vec<Value> = match op {
                Comparison::Equal => vec![fixed],
                _ => self
                    .outcomes(this, row, &mut BTreeSet::new(), 0)
                    .into_iter()
                    .filter(|v| {
                        let op = if this == a { op } else { op.mirrored() };
                        op.holds(v.cmp(&fixed))
                    })
                    .collect(),
            };
            // The first that can be made, and that still holds once it is made.
            for value in wished {
                if self.want_value(this, row, &value, depth + 1) && holds(self) == Some(true) {
                    return true;
                }
            }
        }
        // A number or a date that is computed from cells: one cell is moved to just where it holds.
        let mut cells = self.cells_under(a, row);
        cells.extend(self.cells_under(b, row));
        let side = |w: &World<'_>| Some(w.value(a, row)?.cmp(&w.value(b, row)?));
        let near = self.each_crossing(&cells, &side, &mut |world, field, at, near| {
            near.iter().any(|near| {
                world.set(field, at, near.clone());
                holds(world) == Some(true)
            })
        });
        // Where no crossing is found, a cell is put to either end of its range.
        near || cells.into_iter().any(|(field, at)| {
            let back = self.state.clone();
            for far in self.ends(field) {
                self.set(field, at, far);
                if holds(self) == Some(true) {
                    return true;
                }
            }
            self.restore(back);
            false
        })
    }

    /// Values that a node gives in some branch, or that its field lists.
    fn outcomes(&self, node: NodeId, row: u64, seen: &mut BTreeSet<NodeId>, depth: usize) -> BTreeSet<Value> {
        let mut all = BTreeSet::new();
        if depth > DEPTH || !seen.insert(node) {
            return all;
        }
        match self.op(node) {
            Some(Op::Const(value)) => drop(all.insert(value)),
            Some(Op::Field(field)) => {
                if let Some(declared) = self.context.plan.parsed.schema.fields.get(field) {
                    match &declared.kind {
                        FieldKind::Enum(values) => all.extend(values.iter().cloned().map(Value::Text)),
                        FieldKind::Boolean => all.extend([false, true].map(Value::Bool)),
                        FieldKind::Text => all.extend([Value::text("x"), Value::text("y")]),
                        _ => {}
                    }
                }
            }
            Some(Op::Rule(_, inner) | Op::Strict(_, inner) | Op::Up(_, inner)) => {
                all.extend(self.outcomes(inner, row, seen, depth + 1));
            }
            Some(Op::If(_, a, b)) => {
                all.extend(self.outcomes(a, row, seen, depth + 1));
                all.extend(self.outcomes(b, row, seen, depth + 1));
            }
            Some(Op::Param(id, _)) => {
                let cells = self.context.plan.parameter(id).into_iter().flat_map(|v| v.cells.values());
                all.extend(cells.map(|c| c.value.clone()).take(64));
            }
            Some(Op::Call(Builtin::Nombre | Builtin::Longueur, args)) => {
                let count = args.first().map_or(0, |list| self.context.members(*list, row).len());
                all.extend((0..=count).filter_map(|n| i64::try_from(n).ok()).map(Value::int));
            }
            _ => {}
        }
        all
    }

    /// The numbers and dates of data that a node reads for a row.
    pub fn cells_under(&self, node: NodeId, row: u64) -> Vec<(FieldId, u64)> {
        let schema = &self.context.plan.parsed.schema;
        let (mut seen, mut found, mut stack) = (BTreeSet::new(), Vec::new(), vec![(node, row)]);
        while let Some((node, row)) = stack.pop() {
            if !seen.insert((node, row)) {
                continue;
            }
            match self.op(node) {
                Some(Op::Field(field)) => {
                    let Some(declared) = schema.fields.get(field) else { continue };
                    let data = schema.entities.get(declared.entity).map(|e| &e.origin);
                    if matches!(declared.kind, FieldKind::Number { .. } | FieldKind::Date)
                        && matches!(data, Some(Origin::Data { .. }))
                    {
                        found.push((field, row));
                    }
                }
                Some(Op::Up(step, inner)) => {
                    stack.extend(self.context.step(step, row).ok().map(|parent| (inner, parent)));
                }
                Some(Op::Members(_, _, inner)) => {
                    let members = self.context.members(node, row);
                    stack.extend(members.iter().rev().map(|m| (inner, u64::from(*m))));
                }
                Some(op) => stack.extend(op.inputs().into_iter().rev().map(|input| (input, row))),
                None => {}
            }
        }
        found
    }

    /// May a cell of the field have this value: of its list, in its range, with its decimals?
    fn allowed(&self, field: FieldId, value: &Value) -> bool {
        let Some(declared) = self.context.plan.parsed.schema.fields.get(field) else { return false };
        match (value, &declared.kind) {
            (Value::Text(text), FieldKind::Enum(values)) => values.contains(text),
            (Value::Number(n), FieldKind::Number { .. }) => {
                declared.range.is_none_or(|(low, high)| *n >= low && *n <= high)
                    && unit(declared).is_some_and(|u| (n / u).is_integer())
            }
            (value, _) => {
                value.value_type().matches(&declared.value_type()) || matches!(value, Value::List(_))
            }
        }
    }

    /// The smallest and the largest value that is tried.
    fn ends(&self, field: FieldId) -> Vec<Value> {
        let Some(declared) = self.context.plan.parsed.schema.fields.get(field) else { return Vec::new() };
        match declared.kind {
            FieldKind::Number { .. } => {
                let (low, high) =
                    declared.range.unwrap_or((Exact::from_integer(0), Exact::from_integer(FURTHEST)));
                vec![Value::Number(low), Value::Number(high)]
            }
            FieldKind::Date => {
                let day = self.context.plan.date;
                [-DAYS, DAYS].iter().filter_map(|d| add_days(day, *d)).map(Value::Date).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Moves each of some cells to where the order of two values (`side`) changes, and calls `done` with the
    /// values around that place, until it says yes. The other cells first stay as they are; then they are
    /// put to the ends of their ranges, so that a `min` or a `max` does not hide the one that moves.
    pub fn each_crossing(&mut self, cells: &[(FieldId, u64)], side: &Side<'_>, done: &mut Try<'_>) -> bool {
        let start = self.state.clone();
        for &(field, row) in cells {
            let others: Vec<(FieldId, u64)> = cells.iter().copied().filter(|c| *c != (field, row)).collect();
            // Few others are tried in all ways, many all alike.
            let ways: u32 = match others.len() {
                0 => 0,
                n @ 1..=3 => 1 << n,
                _ => 2,
            };
            for way in 0..=ways {
                let mut state = start.clone();
                for (number, other) in others.iter().enumerate().filter(|_| way > 0) {
                    let bit = if others.len() > 3 { 0 } else { number };
                    let end = usize::from((way - 1) >> bit & 1 == 1);
                    state.cells.extend(self.ends(other.0).get(end).map(|far| (*other, far.clone())));
                }
                self.restore(state);
                let near = self.crossing(field, row, side);
                if !near.is_empty() && done(self, field, row, &near) {
                    return true;
                }
            }
        }
        self.restore(start);
        false
    }

    /// The values of a cell around which the order of two values changes, ascending: the last with the order
    /// at the low end, the first and the last in between, the first with the order at the high end. Found by
    /// bisection: if the order changes more often, one of its changes.
    fn crossing(&mut self, field: FieldId, row: u64, side: &Side<'_>) -> Vec<Value> {
        let Some(declared) = self.context.plan.parsed.schema.fields.get(field).cloned() else {
            return Vec::new();
        };
        let step = unit(&declared);
        let number = |value: &Value| match (value, step) {
            (Value::Number(n), Some(unit)) => i64::try_from((n / unit).to_integer()).ok(),
            (Value::Date(day), _) => Some(day_number(*day)),
            _ => None,
        };
        let value = |n: i64| match step {
            Some(unit) => Some(Value::Number(unit * Exact::from_integer(i128::from(n)))),
            None => add_days(Date::constant(1970, 1, 1), n).map(Value::Date),
        };
        // Whole counts of the field's unit, or days.
        let ends: Vec<i64> = self.ends(field).iter().filter_map(number).collect();
        let [low, high] = *ends.as_slice() else { return Vec::new() };
        let back = self.state.clone();
        let at = |world: &mut World<'_>, n: i64| {
            world.set(field, row, value(n)?);
            side(world)
        };
        let mut found = BTreeSet::new();
        if let (Some(first), Some(last)) = (at(self, low), at(self, high))
            && first != last
        {
            // Two bisections: where the first order ends, and where the last begins.
            let leaves = self.turn(low, high, &|w, n| at(w, n) == Some(first));
            let arrives = self.turn(leaves - 1, high, &|w, n| at(w, n) != Some(last));
            found.extend([leaves - 1, leaves, arrives - 1, arrives]);
        }
        self.restore(back);
        found.into_iter().filter(|n| (low..=high).contains(n)).filter_map(value).collect()
    }

    /// The first number for which `is` no longer holds; it holds for `low` and not for `high`.
    fn turn(&mut self, mut low: i64, mut high: i64, is: &dyn Fn(&mut World<'_>, i64) -> bool) -> i64 {
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if is(self, middle) { low = middle } else { high = middle }
        }
        high
    }
}
