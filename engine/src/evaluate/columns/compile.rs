//! From the expression graph to instructions over columns.
//!
//! Every number gets a unit (a denominator) and bounds from the columns it comes from, so that most
//! arithmetic is known not to overflow before it runs. A node without a columnar form, and what uses
//! it, stays out: [`Instruction::None`].

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow_buffer::{NullBuffer, ScalarBuffer};
use num_integer::Integer;

use super::super::row::Context;
use super::kernels::expand;
use super::passes::passes;
use super::program::{
    Array, CodesColumn, Compiled, Constant, DayTable, DenseTable, Factors, Full, Instruction, KeyPlaces,
    NO_PLACE, Program, Repr,
};
use crate::data::Cells;
use crate::pack::schema::EntityId;
use crate::plan::builtins::{Builtin, apply};
use crate::plan::ir::{Arithmetic, NodeId, Op};
use crate::value::{Date, Exact, Rounding, Type, Value, add_days, day_number, days_between};

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
        };
        for node in 0..plan.nodes.len() {
            let compiled = compiler.node(u32::try_from(node).unwrap_or(u32::MAX));
            compiler.full.push(compiled.1);
            compiler.nodes.push(compiled.0);
        }
        let Compiler { nodes, full, texts, codes, .. } = compiler;
        let same = same_as(&nodes);
        let passes = passes(context, &nodes, &same);
        Program { context, nodes, passes, dictionary: texts.list.into(), same, full, codes }
    }
}

/// By node: the one whose values it has. A rule has those of its body, and copies nothing; a constant
/// is copied, for it stands in the slots only.
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

/// All texts of the data, the rules and the tables, numbered.
#[derive(Default)]
struct Texts {
    list: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Texts {
    fn number(&mut self, text: &Arc<str>) -> u32 {
        if let Some(&number) = self.numbers.get(text) {
            return number;
        }
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(text.clone());
        self.numbers.insert(text.clone(), number);
        number
    }
}

struct Compiler<'c> {
    context: &'c Context<'c>,
    nodes: Vec<Compiled>,
    full: Vec<Option<Full>>,
    texts: Texts,
    codes: HashMap<NodeId, CodesColumn>,
}

/// Up to so many rows, a column is brought to the program's form whole, so that rows of other tables
/// find their values there; beyond, block by block.
const FEW: usize = 1 << 16;

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
    fn node(&mut self, id: NodeId) -> (Compiled, Option<Full>) {
        let plan = self.context.plan;
        let Some(node) = plan.node(id) else { return (out(0), None) };
        let op = node.op.clone();
        if let Op::Field(_) = op {
            return self.field(id, node.entity);
        }
        let none = || out(node.entity);
        let given = self.context.is_given(id);
        let compiled = if given { None } else { self.operation(&op, &node.ty) };
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

    /// Binds a field to its column.
    fn field(&mut self, id: NodeId, entity: EntityId) -> (Compiled, Option<Full>) {
        let Some(column) = self.context.column(id) else { return (out(entity), None) };
        let left = left_over(column.known());
        let mut bounds = NO_BOUNDS;
        let compiled = |instruction, repr, bounds| Compiled { instruction, repr, bounds, entity };
        let (repr, array) = match column.cells() {
            Cells::Bool(bits) if bits.len() <= FEW => {
                let mut bytes = Vec::new();
                expand(bits, 0..bits.len(), &mut bytes);
                (Repr::Bool, Array::Bool(bytes.into()))
            }
            Cells::Bool(bits) => {
                return (compiled(Instruction::Bits(bits.clone(), left), Repr::Bool, NO_BOUNDS), None);
            }
            Cells::Number { units, decimals } => {
                let Some(d) = 10_i64.checked_pow(*decimals) else { return (out(entity), None) };
                let (low, high) = column.extremes().unwrap_or((0, 0));
                bounds = (i128::from(low.min(0)), i128::from(high.max(0)));
                (Repr::Number(d), Array::Number(units.clone()))
            }
            Cells::Date(days) => (Repr::Date, Array::Date(days.clone())),
            Cells::Text { codes, dictionary } => {
                let numbers: Vec<u32> = dictionary.iter().map(|t| self.texts.number(t)).collect();
                let same = (0..).zip(&numbers).all(|(place, &number)| place == number);
                if !same && codes.len() <= FEW {
                    let number = |&c: &u32| numbers.get(c as usize).copied().unwrap_or(NO_PLACE);
                    let texts = Array::Text(codes.iter().map(number).collect());
                    let full = Full { array: texts, left };
                    return (compiled(Instruction::Full, Repr::Text, NO_BOUNDS), Some(full));
                }
                if !same {
                    let instruction = Instruction::Texts(codes.clone(), numbers.into(), left);
                    return (compiled(instruction, Repr::Text, NO_BOUNDS), None);
                }
                (Repr::Text, Array::Text(codes.clone()))
            }
            Cells::Codes { offsets, codes, dictionary } => {
                let numbers: Vec<u32> = dictionary.iter().map(|t| self.texts.number(t)).collect();
                let number = |&c: &u32| numbers.get(c as usize).copied().unwrap_or(NO_PLACE);
                let codes = codes.iter().map(number).collect();
                self.codes.insert(id, CodesColumn { offsets: offsets.clone(), codes, left });
                return (out(entity), None);
            }
        };
        (compiled(Instruction::Full, repr, bounds), Some(Full { array, left }))
    }

    fn repr(&self, node: NodeId) -> Option<Repr> {
        let node = self.nodes.get(node as usize)?;
        (!matches!(node.instruction, Instruction::None)).then_some(node.repr)
    }

    fn bounds(&self, node: NodeId) -> (i128, i128) {
        self.nodes.get(node as usize).map_or(NO_BOUNDS, |n| n.bounds)
    }

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
        let d = i64::try_from(i128::from(da).lcm(&i128::from(db))).ok()?;
        let factors = Factors { a: d / da, b: d / db };
        let scaled = |node, by: i64| {
            let (low, high) = self.bounds(node);
            Some((low.checked_mul(i128::from(by))?, high.checked_mul(i128::from(by))?))
        };
        let (x, y) = (scaled(a, factors.a)?, scaled(b, factors.b)?);
        (fits(x) && fits(y)).then_some(Common { denominator: d, factors, a: x, b: y })
    }

    fn operation(&mut self, op: &Op, ty: &Type) -> Option<(Instruction, Repr, (i128, i128))> {
        let boolean = |i| Some((i, Repr::Bool, NO_BOUNDS));
        match op {
            Op::Const(value) => self.literal(value),
            Op::DecisionDate => self.literal(&Value::Date(self.context.plan.date)),
            Op::Rule(_, body) => Some((Instruction::Same(*body), self.repr(*body)?, self.bounds(*body))),
            Op::Strict(a, b) => {
                self.repr(*a)?;
                Some((Instruction::Strict(*a, *b), self.repr(*b)?, self.bounds(*b)))
            }
            Op::Up(step, inner) => {
                Some((Instruction::Up(*step, *inner), self.repr(*inner)?, self.bounds(*inner)))
            }
            Op::Not(a) => {
                self.repr(*a)?;
                boolean(Instruction::Not(*a))
            }
            Op::And(a, b) => {
                self.repr(*a)?;
                self.repr(*b)?;
                boolean(Instruction::And(*a, *b))
            }
            Op::Or(a, b) => {
                self.repr(*a)?;
                self.repr(*b)?;
                boolean(Instruction::Or(*a, *b))
            }
            Op::Negate(a) => self.scaled(*a, Exact::from_integer(-1)),
            Op::If(c, a, b) => {
                self.repr(*c)?;
                let choice = |factors| Instruction::If { condition: *c, yes: *a, no: *b, factors };
                match (self.repr(*a)?, self.repr(*b)?) {
                    (Repr::Number(_), Repr::Number(_)) => {
                        let common = self.common(*a, *b)?;
                        Some((choice(common.factors), Repr::Number(common.denominator), common.either()))
                    }
                    (x, y) if x == y => Some((choice(Factors::ONE), x, NO_BOUNDS)),
                    _ => None,
                }
            }
            Op::Compare(comparison, a, b) => {
                let factors = match (self.repr(*a)?, self.repr(*b)?) {
                    (Repr::Number(_), Repr::Number(_)) => self.common(*a, *b)?.factors,
                    (x, y) if x == y => Factors::ONE,
                    _ => return None,
                };
                boolean(Instruction::Compare { comparison: *comparison, a: *a, b: *b, factors })
            }
            Op::Arithmetic(op, a, b) => self.arithmetic(*op, *a, *b),
            Op::Param(param, keys) => self.table(*param, keys, ty),
            Op::Call(builtin, args) => self.call(*builtin, args),
            Op::Members(..) | Op::Field(_) => None,
        }
    }

    fn literal(&mut self, value: &Value) -> Option<(Instruction, Repr, (i128, i128))> {
        let (constant, repr) = match value {
            Value::Bool(b) => (Constant::Bool(*b), Repr::Bool),
            Value::Number(n) => {
                let (units, d) = (i64::try_from(*n.numer()).ok()?, i64::try_from(*n.denom()).ok()?);
                let bounds = (i128::from(units.min(0)), i128::from(units.max(0)));
                return Some((Instruction::Constant(Constant::Number(units)), Repr::Number(d), bounds));
            }
            Value::Date(d) => (Constant::Date(day(*d)?), Repr::Date),
            Value::Text(t) => (Constant::Text(self.texts.number(t)), Repr::Text),
            Value::List(_) => return None,
        };
        Some((Instruction::Constant(constant), repr, NO_BOUNDS))
    }

    /// A number times an exact constant: another unit, and units multiplied.
    fn scaled(&self, a: NodeId, by: Exact) -> Option<(Instruction, Repr, (i128, i128))> {
        let Repr::Number(d) = self.repr(a)? else { return None };
        let unit = Exact::new(*by.numer(), i128::from(d).checked_mul(*by.denom())?);
        let (times, d) = (i64::try_from(*unit.numer()).ok()?, i64::try_from(*unit.denom()).ok()?);
        let (low, high) = self.bounds(a);
        let (x, y) = (low.checked_mul(i128::from(times))?, high.checked_mul(i128::from(times))?);
        let bounds = (x.min(y), x.max(y));
        fits(bounds).then_some((Instruction::Scale(a, times), Repr::Number(d), bounds))
    }

    fn arithmetic(&self, op: Arithmetic, a: NodeId, b: NodeId) -> Option<(Instruction, Repr, (i128, i128))> {
        match op {
            Arithmetic::Add | Arithmetic::Subtract => {
                let Common { denominator, factors, a: x, b: y } = self.common(a, b)?;
                let (instruction, bounds) = if op == Arithmetic::Add {
                    let bounds = (x.0.checked_add(y.0)?, x.1.checked_add(y.1)?);
                    (Instruction::Add { a, b, factors }, bounds)
                } else {
                    // The least difference is that of the least `a` and the greatest `b`.
                    let bounds = (x.0.checked_sub(y.1)?, x.1.checked_sub(y.0)?);
                    (Instruction::Subtract { a, b, factors }, bounds)
                };
                fits(bounds).then_some((instruction, Repr::Number(denominator), bounds))
            }
            Arithmetic::Multiply => {
                if let Some(by) = self.constant(b) {
                    return self.scaled(a, by);
                }
                if let Some(by) = self.constant(a) {
                    return self.scaled(b, by);
                }
                let (Repr::Number(da), Repr::Number(db)) = (self.repr(a)?, self.repr(b)?) else {
                    return None;
                };
                let d = da.checked_mul(db)?;
                let ((la, ha), (lb, hb)) = (self.bounds(a), self.bounds(b));
                let corners =
                    [la.checked_mul(lb)?, la.checked_mul(hb)?, ha.checked_mul(lb)?, ha.checked_mul(hb)?];
                let bounds = (corners.into_iter().min()?, corners.into_iter().max()?);
                fits(bounds).then_some((Instruction::Multiply(a, b), Repr::Number(d), bounds))
            }
            Arithmetic::Divide => {
                let by = self.constant(b)?;
                if *by.numer() == 0 {
                    return None;
                }
                self.scaled(a, by.recip())
            }
        }
    }

    fn call(&mut self, builtin: Builtin, args: &[NodeId]) -> Option<(Instruction, Repr, (i128, i128))> {
        match (builtin, args) {
            (Builtin::Arrondi(how), [x, decimals @ ..]) => {
                let decimals = match decimals {
                    [] => 0,
                    [d, ..] => u32::try_from(*self.constant(*d).filter(Exact::is_integer)?.numer())
                        .ok()
                        .filter(|d| *d <= 9)?,
                };
                self.round(how, *x, 10_i64.checked_pow(decimals)?)
            }
            (Builtin::Max | Builtin::Min, [a, b]) => {
                let largest = builtin == Builtin::Max;
                let extreme = |factors| Instruction::Extreme { largest, a: *a, b: *b, factors };
                match (self.repr(*a)?, self.repr(*b)?) {
                    (Repr::Number(_), Repr::Number(_)) => {
                        let common = self.common(*a, *b)?;
                        Some((extreme(common.factors), Repr::Number(common.denominator), common.either()))
                    }
                    (Repr::Date, Repr::Date) => Some((extreme(Factors::ONE), Repr::Date, NO_BOUNDS)),
                    _ => None,
                }
            }
            (Builtin::AnneesEntre | Builtin::MoisEntre | Builtin::JoursEntre, [a, b]) => {
                self.repr(*a)?;
                self.repr(*b)?;
                if let Some(table) = self.day_table(builtin, *a, *b) {
                    return Some(table);
                }
                // Twice the days of the calendar's twenty thousand years.
                let most = 20_000_000;
                Some((Instruction::Between(builtin, *a, *b), Repr::Number(1), (-most, most)))
            }
            (Builtin::AjouterAnnees | Builtin::AjouterMois | Builtin::AjouterJours, [date, n]) => {
                if let Some(table) = self.day_table(builtin, *date, *n) {
                    return Some(table);
                }
                let fits = self.repr(*date)? == Repr::Date && self.repr(*n)? == Repr::Number(1);
                fits.then_some((Instruction::Move(builtin, *date, *n), Repr::Date, NO_BOUNDS))
            }
            (Builtin::Contient, [codes, text]) => {
                self.codes_of(*codes)?;
                (self.repr(*text)? == Repr::Text).then_some((
                    Instruction::Contains { codes: *codes, text: *text },
                    Repr::Bool,
                    NO_BOUNDS,
                ))
            }
            (Builtin::Longueur | Builtin::Nombre, [codes]) if self.codes_of(*codes).is_some() => {
                Some((Instruction::Length(*codes), Repr::Number(1), (0, i128::from(u32::MAX))))
            }
            (_, [list]) => self.reduce(builtin, *list),
            _ => None,
        }
    }

    /// A function of a date column and a constant, as a table of its days.
    fn day_table(&self, builtin: Builtin, a: NodeId, b: NodeId) -> Option<(Instruction, Repr, (i128, i128))> {
        let constant = |node: NodeId| match self.nodes.get(node as usize)?.instruction {
            Instruction::Constant(Constant::Date(day)) => date(day).map(Value::Date),
            Instruction::Constant(Constant::Number(n)) if self.repr(node) == Some(Repr::Number(1)) => {
                Some(Value::int(n))
            }
            _ => None,
        };
        let (dates, first, last, given, swapped) =
            match (self.days(a), constant(b), constant(a), self.days(b)) {
                (Some((first, last)), Some(given), ..) => (a, first, last, given, false),
                (_, _, Some(given), Some((first, last))) => (b, first, last, given, true),
                _ => return None,
            };
        let one = |day: i32| -> Option<i64> {
            let day = Value::Date(date(day)?);
            let args = if swapped { [given.clone(), day] } else { [day, given.clone()] };
            match apply(builtin, &args).ok()? {
                Value::Number(n) if n.is_integer() => i64::try_from(*n.numer()).ok(),
                Value::Date(date) => Some(day_number(date)),
                _ => None,
            }
        };
        let values: Vec<i64> = (first..=last).map(one).collect::<Option<_>>()?;
        let bounds = values.iter().fold((0, 0), |(low, high): (i64, i64), &n| (low.min(n), high.max(n)));
        let moved = matches!(builtin, Builtin::AjouterAnnees | Builtin::AjouterMois | Builtin::AjouterJours);
        let (values, repr, bounds) = if moved {
            let days: Vec<i32> = values.into_iter().map(|n| i32::try_from(n).ok()).collect::<Option<_>>()?;
            (Array::Date(days.into()), Repr::Date, NO_BOUNDS)
        } else {
            (Array::Number(values.into()), Repr::Number(1), (i128::from(bounds.0), i128::from(bounds.1)))
        };
        Some((Instruction::ByDay(Arc::new(DayTable { first, values }), dates), repr, bounds))
    }

    /// First and last day of a column that holds dates as they are in the data, if it has more rows
    /// than there are days between: a table of more days than rows costs more than it spares.
    fn days(&self, node: NodeId) -> Option<(i32, i32)> {
        match self.nodes.get(node as usize)?.instruction {
            Instruction::Same(inner) => self.days(inner),
            Instruction::Full => {
                let column = self.context.column(node)?;
                let Cells::Date(days) = column.cells() else { return None };
                let (first, last) = column.extremes()?;
                let span = usize::try_from(last - first).ok()?;
                (span < days.len()).then_some((i32::try_from(first).ok()?, i32::try_from(last).ok()?))
            }
            _ => None,
        }
    }

    /// The codes column that a node reads, seen through relations.
    fn codes_of(&self, node: NodeId) -> Option<NodeId> {
        match &self.context.plan.node(node)?.op {
            Op::Field(_) if self.codes.contains_key(&node) => Some(node),
            Op::Up(_, inner) => self.codes_of(*inner),
            _ => None,
        }
    }

    /// A builtin on the members of each row; what it takes of them is told by their type, as the kernels take it.
    fn reduce(&self, what: Builtin, list: NodeId) -> Option<(Instruction, Repr, (i128, i128))> {
        let Op::Members(entity, relation, child) = self.context.plan.node(list)?.op else { return None };
        let repr = self.repr(child)?;
        let what = self.context.plan.counted(what, &[list]);
        let instruction = Instruction::Reduce { what, members: list, entity, relation, child };
        let many = i128::from(u32::MAX);
        match (what, repr) {
            (Builtin::Nombre, Repr::Bool) | (Builtin::Longueur, _) => {
                Some((instruction, Repr::Number(1), (0, many)))
            }
            (Builtin::Un | Builtin::Tous, Repr::Bool) => Some((instruction, Repr::Bool, NO_BOUNDS)),
            (Builtin::Somme, Repr::Number(d)) => {
                let (low, high) = self.bounds(child);
                let most = self.context.most_members(list);
                let bounds = (low.min(0).checked_mul(most)?, high.max(0).checked_mul(most)?);
                fits(bounds).then_some((instruction, Repr::Number(d), bounds))
            }
            (Builtin::Max | Builtin::Min, Repr::Number(_) | Repr::Date) => {
                Some((instruction, repr, self.bounds(child)))
            }
            _ => None,
        }
    }

    /// A rounding, of a division if its argument is one.
    fn round(&self, how: Rounding, x: NodeId, unit: i64) -> Option<(Instruction, Repr, (i128, i128))> {
        let division = match self.context.plan.node(x)?.op {
            Op::Arithmetic(Arithmetic::Divide, a, b) if self.constant(b).is_none() => Some((a, b)),
            _ => None,
        };
        let Some((a, b)) = division else {
            let Repr::Number(d) = self.repr(x)? else { return None };
            let (low, high) = self.bounds(x);
            let of = |v: i128| Some(v.checked_mul(i128::from(unit))?.div_euclid(i128::from(d)));
            let bounds = (of(low)?.checked_sub(1)?, of(high)?.checked_add(1)?);
            let instruction =
                Instruction::Round { how, a: x, b: None, times: i128::from(unit), by: i128::from(d) };
            return fits(bounds).then_some((instruction, Repr::Number(unit), bounds));
        };
        let (Repr::Number(da), Repr::Number(db)) = (self.repr(a)?, self.repr(b)?) else { return None };
        let times = i128::from(unit).checked_mul(i128::from(db))?;
        let (low, high) = self.bounds(a);
        let (low, high) = (low.checked_mul(times)?, high.checked_mul(times)?);
        let most = low.abs().max(high.abs()).checked_add(1)?;
        let bounds = (-most, most);
        let instruction = Instruction::Round { how, a, b: Some(b), times, by: i128::from(da) };
        fits(bounds).then_some((instruction, Repr::Number(unit), bounds))
    }

    /// The part that a key has in the places of a table's cells; `values` are those of the key.
    fn key_places(&mut self, key: NodeId, values: &[&Value], stride: u32) -> Option<KeyPlaces> {
        let place = |at: u32| at * stride;
        Some(match self.repr(key)? {
            Repr::Text => {
                let mut by_number = Vec::new();
                for (at, value) in (0_u32..).zip(values) {
                    let Value::Text(text) = value else { return None };
                    let number = self.texts.number(text) as usize;
                    by_number.resize(by_number.len().max(number + 1), NO_PLACE);
                    *by_number.get_mut(number)? = place(at);
                }
                KeyPlaces::Text(by_number)
            }
            Repr::Number(d) => {
                let unit = |value: &&Value| match value {
                    Value::Number(n) if n.is_integer() => i64::try_from(*n.numer()).ok()?.checked_mul(d),
                    _ => None,
                };
                let units: Vec<i64> = values.iter().map(unit).collect::<Option<_>>()?;
                let (low, high) = (units.iter().copied().min()?, units.iter().copied().max()?);
                let span = usize::try_from(high.checked_sub(low)?).ok().filter(|s| *s < 1_000_000)?;
                let mut by_number = vec![NO_PLACE; span + 1];
                for (at, unit) in (0_u32..).zip(&units) {
                    *by_number.get_mut(usize::try_from(unit - low).ok()?)? = place(at);
                }
                KeyPlaces::Number(low, by_number)
            }
            Repr::Bool => {
                let at = |wanted: bool| values.iter().zip(0_u32..).find(|(v, _)| ***v == Value::Bool(wanted));
                let place = |wanted: bool| at(wanted).map_or(NO_PLACE, |(_, at)| place(at));
                KeyPlaces::Bool([place(false), place(true)])
            }
            Repr::Date => return None,
        })
    }

    /// A parameter's table, dense.
    fn table(
        &mut self,
        param: usize,
        keys: &[NodeId],
        ty: &Type,
    ) -> Option<(Instruction, Repr, (i128, i128))> {
        let Some(version) = self.context.plan.parameter(param) else {
            // It has no value on the day: every row that needs it is left over.
            let repr = match ty {
                Type::Bool => Repr::Bool,
                Type::Number => Repr::Number(1),
                Type::Date => Repr::Date,
                Type::Text(_) => Repr::Text,
                Type::List(_) => return None,
            };
            return Some((Instruction::Nothing, repr, NO_BOUNDS));
        };
        if keys.is_empty() {
            let value = version.cells.get(&Vec::new())?.value.clone();
            return self.literal(&value);
        }
        // By key: its values in the table. A cell's place counts the last key fastest.
        let mut values: Vec<Vec<&Value>> = Vec::new();
        for i in 0..keys.len() {
            let own: BTreeSet<&Value> = version.cells.keys().filter_map(|k| k.get(i)).collect();
            values.push(own.into_iter().collect());
        }
        let mut size = 1_usize;
        let mut strides = vec![1_u32; keys.len()];
        for (values, stride) in values.iter().zip(&mut strides).rev() {
            *stride = u32::try_from(size).ok()?;
            size = size.checked_mul(values.len()).filter(|s| *s < 4_000_000)?;
        }
        let mut places = Vec::new();
        for ((&key, values), &stride) in keys.iter().zip(&values).zip(&strides) {
            places.push(self.key_places(key, values, stride)?);
        }
        let d = match ty {
            Type::Number => version.cells.values().try_fold(1_i128, |d, c| match c.value {
                Value::Number(n) => Some(d.lcm(n.denom())),
                _ => None,
            })?,
            _ => 1,
        };
        let d = i64::try_from(d).ok()?;
        let mut present = vec![false; size];
        let mut numbers = vec![0_i64; size];
        for (cell_keys, cell) in &version.cells {
            let mut at = 0;
            for ((key, values), &stride) in cell_keys.iter().zip(&values).zip(&strides) {
                at += values.iter().position(|v| *v == key)? * stride as usize;
            }
            *present.get_mut(at)? = true;
            *numbers.get_mut(at)? = match &cell.value {
                Value::Bool(b) => i64::from(*b),
                Value::Number(n) => i64::try_from(n.numer().checked_mul(i128::from(d) / n.denom())?).ok()?,
                Value::Date(date) => i64::from(day(*date)?),
                Value::Text(t) => i64::from(self.texts.number(t)),
                Value::List(_) => return None,
            };
        }
        let bounds = numbers.iter().fold((0, 0), |(low, high): (i64, i64), &n| (low.min(n), high.max(n)));
        let (repr, values) = match ty {
            Type::Bool => (Repr::Bool, Array::Bool(numbers.iter().map(|&n| u8::from(n != 0)).collect())),
            Type::Number => (Repr::Number(d), Array::Number(numbers.into())),
            Type::Date => {
                (Repr::Date, Array::Date(numbers.iter().map(|&n| i32::try_from(n).unwrap_or(0)).collect()))
            }
            Type::Text(_) => {
                (Repr::Text, Array::Text(numbers.iter().map(|&n| u32::try_from(n).unwrap_or(0)).collect()))
            }
            Type::List(_) => return None,
        };
        let whole = present.iter().all(|p| *p);
        let table = DenseTable { places, values, present, whole };
        let bounds = (i128::from(bounds.0), i128::from(bounds.1));
        Some((Instruction::Table(Arc::new(table), keys.to_vec()), repr, bounds))
    }
}

/// Do all numbers between fit into 64 bits?
fn fits((low, high): (i128, i128)) -> bool {
    i64::try_from(low).is_ok() && i64::try_from(high).is_ok()
}

fn date(day: i32) -> Option<Date> {
    add_days(Date::constant(1970, 1, 1), i64::from(day))
}

fn day(date: Date) -> Option<i32> {
    i32::try_from(days_between(Date::constant(1970, 1, 1), date)).ok()
}

/// What cells that are known so far leave over; empty if all are known.
fn left_over(known: Option<&NullBuffer>) -> ScalarBuffer<u8> {
    let Some(known) = known.filter(|k| k.null_count() > 0) else { return ScalarBuffer::default() };
    let mut left = Vec::new();
    expand(known.inner(), 0..known.len(), &mut left);
    left.iter_mut().for_each(|l| *l ^= 1);
    left.into()
}

/// A node without columnar form.
fn out(entity: EntityId) -> Compiled {
    Compiled { instruction: Instruction::None, repr: Repr::Bool, bounds: NO_BOUNDS, entity }
}

impl Context<'_> {
    /// The most members that any row has, for a node that takes them.
    fn most_members(&self, node: NodeId) -> i128 {
        self.members_table(node).map_or(0, |m| i128::try_from(m.most()).unwrap_or(i128::MAX))
    }
}
