//! Moves a cell to where a comparison comes out as wanted: the last value before it turns, or the first after.

use std::collections::BTreeSet;

use super::super::world::{World, unit};
use super::DEPTH;
use logis_language::pack::schema::{FieldId, FieldKind, Origin};
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{Comparison, NodeId, Op};
use logis_language::value::{Date, Exact, Value, add_days, day_number};

/// Up to which number numbers without a range are tried.
const FURTHEST: i128 = 10_000_000;

/// How far dates are tried, in days before and after that of the decision.
const DAYS: i64 = 36_600;

/// How two values compare in a world; `None` if one is not known.
type Side<'f> = dyn Fn(&World<'_>) -> Option<std::cmp::Ordering> + 'f;

/// Tries values of a cell (field, row); says whether one of them meets the goal.
type Try<'f> = dyn FnMut(&mut World<'_>, FieldId, u64, &[Value]) -> bool + 'f;

impl World<'_> {
    /// Changes cells until `a <op> b` holds: by values that one side can give, by moving a cell to where the
    /// sides cross, by the ends of a cell's range.
    pub(super) fn want_compare(
        &mut self,
        op: Comparison,
        a: NodeId,
        b: NodeId,
        row: u64,
        depth: usize,
    ) -> bool {
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
    pub(super) fn allowed(&self, field: FieldId, value: &Value) -> bool {
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
