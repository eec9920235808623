//! From the expression graph to instructions on registers.
//!
//! Each number has a unit that is known here, as in columns; what it counts is held in 64 bits, and a computation that
//! does not fit leaves its value over. A node without such a form is left over on every row, so that an outcome that does
//! not come to it is known all the same.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use num_integer::Integer;

use super::super::compile::tables::{dense, plain_repr};
use super::super::program::{Repr, Texts};
use super::code::{Code, Combine, Fixed, MOST_KEYS, Register, constant};
use logis_data::{Cells, Column, EntityRegisters, LEFT, Records, Registers};
use logis_language::deep::deep;
use logis_language::graph::Step;
use logis_language::pack::params::ParameterId;
use logis_language::pack::schema::{EntityId, FieldId, FieldKind, Origin, Schema};
use logis_language::plan::Plan;
use logis_language::plan::builtins::Builtin;
use logis_language::plan::ir::{Arithmetic, Comparison, NodeId, Op};
use logis_language::value::{Date, Exact, Rounding, Type, Value, day_number, mul, power_of_ten};

/// Where the values of a node stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// One value on all rows of all entities.
    Constant(i64),
    /// A register of the rows of an entity.
    Register(EntityId, Register),
}

/// A node, compiled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Held {
    pub place: Place,
    pub repr: Repr,
}

/// An instruction: of which entity's rows, and into which register.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed {
    pub entity: EntityId,
    pub into: Register,
    pub code: Code,
}

/// A relation that instructions follow, either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub entity: EntityId,
    pub relation: usize,
    pub target: EntityId,
}

/// A field of a reference table, read at the rows that the record leads to.
#[derive(Clone, Debug)]
pub(super) struct ReferenceColumn {
    pub column: Column,
    /// By number in the column's dictionary: the program's number.
    pub numbers: Vec<i64>,
}

/// The values that a missing cell is completed with, to show that something may be true: a small one and a large one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Filled {
    pub register: Register,
    pub with: [i64; 2],
}

/// A table, on a day, and how its keys are held.
type TableKey = (ParameterId, Date, Vec<Repr>);

/// What plans are compiled into: one program for all.
pub(super) struct Compiler<'c> {
    schema: &'c Schema,
    records: &'c Records,
    pub steps: Vec<Placed>,
    /// By entity: what the registers of a row hold at first.
    pub templates: Vec<Vec<i64>>,
    /// By entity, by field: its register.
    pub fields: Vec<Vec<Option<usize>>>,
    /// By entity: how the missing cells that can be completed are.
    pub filled: Vec<Vec<Filled>>,
    pub ways: Vec<Way>,
    pub columns: Vec<ReferenceColumn>,
    pub fixed: Fixed,
    pub texts: Texts,
    constants: HashMap<(EntityId, i64), Register>,
    /// What was computed already, by whichever plan.
    known: HashMap<(EntityId, Code), Register>,
    read: HashMap<FieldId, Held>,
    looked_up: BTreeMap<TableKey, Option<(u16, Repr)>>,
    /// By node of the plan that is compiled.
    nodes: Vec<Option<Held>>,
}

/// Left over on all rows.
fn left(repr: Repr) -> Held {
    Held { place: Place::Constant(LEFT), repr }
}

impl<'c> Compiler<'c> {
    pub fn new(schema: &'c Schema, records: &'c Records) -> Compiler<'c> {
        let of = |_| Vec::new();
        Compiler {
            schema,
            records,
            steps: Vec::new(),
            templates: schema.entities.iter().map(of).collect(),
            fields: schema.entities.iter().map(|entity| vec![None; entity.fields.len()]).collect(),
            filled: schema.entities.iter().map(|_| Vec::new()).collect(),
            ways: Vec::new(),
            columns: Vec::new(),
            fixed: Fixed::default(),
            texts: Texts::default(),
            constants: HashMap::new(),
            known: HashMap::new(),
            read: HashMap::new(),
            looked_up: BTreeMap::new(),
            nodes: Vec::new(),
        }
    }

    /// Compiles nodes of a plan, with all that they need.
    pub fn plan(&mut self, plan: &Plan, nodes: impl Iterator<Item = NodeId>) -> Option<Vec<Held>> {
        self.nodes = vec![None; plan.nodes.len()];
        nodes.map(|node| self.node(plan, node)).collect()
    }

    /// Where the cells of records go.
    pub fn registers(&self) -> Registers {
        let own = |(template, fields): (&Vec<i64>, &Vec<Option<usize>>)| EntityRegisters {
            template: template.clone(),
            fields: fields.clone(),
        };
        Registers {
            entities: self.templates.iter().zip(&self.fields).map(own).collect(),
            texts: self.texts.list.iter().cloned().zip(0..).collect(),
        }
    }

    /// Compiles a node; `None` for lists, which no register holds, and where registers run out.
    fn node(&mut self, plan: &Plan, node: NodeId) -> Option<Held> {
        if let Some(held) = self.nodes.get(node as usize).copied().flatten() {
            return Some(held);
        }
        let expression = plan.node(node)?;
        let repr = plain_repr(&expression.ty)?;
        let held = deep(|| self.operation(plan, expression.entity, &expression.op, &expression.ty));
        let held = held.unwrap_or(left(repr));
        if let Some(slot) = self.nodes.get_mut(node as usize) {
            *slot = Some(held);
        }
        Some(held)
    }

    /// Compiles an operation on the rows of an entity; `None` if it has no form here.
    fn operation(&mut self, plan: &Plan, entity: EntityId, op: &Op, ty: &Type) -> Option<Held> {
        match op {
            Op::Const(value) => self.literal(value),
            Op::DecisionDate => self.literal(&Value::Date(plan.date)),
            Op::Field(field) => self.field(*field),
            Op::Rule(_, body) => self.node(plan, *body),
            Op::Strict(computed, value) => self.strict(plan, entity, *computed, *value),
            Op::Up(step, inner) => self.up(plan, entity, *step, *inner),
            Op::Members(..) => None,
            Op::Not(a) => {
                let a = self.node(plan, *a)?;
                self.emit(entity, &[a], Repr::Bool, |r| Some(Code::Not(*r.first()?)))
            }
            Op::And(a, b) | Op::Or(a, b) => self.connective(plan, entity, (*a, *b), matches!(op, Op::Or(..))),
            Op::If(condition, yes, no) => self.choice(plan, entity, *condition, (*yes, *no)),
            Op::Negate(a) => {
                let a = self.node(plan, *a)?;
                self.scaled(entity, a, Exact::from_integer(-1))
            }
            Op::Compare(comparison, a, b) => {
                let (a, b) = (self.node(plan, *a)?, self.node(plan, *b)?);
                self.comparison(entity, *comparison, a, b)
            }
            Op::Arithmetic(op, a, b) => {
                let (a, b) = (self.node(plan, *a)?, self.node(plan, *b)?);
                self.arithmetic(entity, *op, a, b)
            }
            Op::Param(id, keys) => self.parameter(plan, entity, *id, keys, ty),
            Op::Call(builtin, args) => self.call(plan, entity, *builtin, args),
        }
    }

    fn literal(&mut self, value: &Value) -> Option<Held> {
        let (value, repr) = match value {
            Value::Bool(b) => (i64::from(*b), Repr::Bool),
            Value::Number(n) => {
                (i64::try_from(*n.numer()).ok()?, Repr::Number(i64::try_from(*n.denom()).ok()?))
            }
            Value::Date(date) => (day_number(*date), Repr::Date),
            Value::Text(text) => (i64::from(self.texts.number(text)), Repr::Text),
            Value::List(_) => return None,
        };
        Some(Held { place: Place::Constant(value), repr })
    }

    /// A new register of the rows of an entity, which holds this at first.
    fn register(&mut self, entity: EntityId, at_first: i64) -> Option<Register> {
        let template = self.templates.get_mut(entity)?;
        let register = Register::try_from(template.len()).ok()?;
        template.push(at_first);
        Some(register)
    }

    /// The register in which rows of an entity have a value.
    fn of(&mut self, entity: EntityId, held: Held) -> Option<Register> {
        match held.place {
            Place::Register(own, register) => (own == entity).then_some(register),
            Place::Constant(value) => {
                if let Some(register) = self.constants.get(&(entity, value)) {
                    return Some(*register);
                }
                let register = self.register(entity, value)?;
                self.constants.insert((entity, value), register);
                Some(register)
            }
        }
    }

    /// Adds an instruction on the rows of an entity, unless its operands are constants or it was computed before.
    fn emit(
        &mut self,
        entity: EntityId,
        operands: &[Held],
        repr: Repr,
        code: impl Fn(&[Register]) -> Option<Code>,
    ) -> Option<Held> {
        let known = |held: &Held| match held.place {
            Place::Constant(value) => Some(value),
            Place::Register(..) => None,
        };
        let constants: Option<Vec<i64>> = operands.iter().map(known).collect();
        if let Some(row) = constants {
            let registers: Vec<Register> = (0..).take(row.len()).collect();
            let value = constant(code(&registers)?, &row, &self.fixed)?;
            return Some(Held { place: Place::Constant(value), repr });
        }
        let registers: Vec<Register> =
            operands.iter().map(|held| self.of(entity, *held)).collect::<Option<_>>()?;
        self.place(entity, code(&registers)?, repr)
    }

    /// Adds an instruction, unless it was computed before.
    fn place(&mut self, entity: EntityId, code: Code, repr: Repr) -> Option<Held> {
        let into = match self.known.get(&(entity, code)) {
            Some(register) => *register,
            None => {
                let into = self.register(entity, LEFT)?;
                self.known.insert((entity, code), into);
                self.steps.push(Placed { entity, into, code });
                into
            }
        };
        Some(Held { place: Place::Register(entity, into), repr })
    }

    /// A field: a register that the record fills, or a cell of a reference table.
    fn field(&mut self, id: FieldId) -> Option<Held> {
        if let Some(held) = self.read.get(&id) {
            return Some(*held);
        }
        let field = self.schema.fields.get(id)?;
        let entity = field.entity;
        let declared = self.schema.entities.get(entity)?;
        let place = declared.fields.iter().position(|own| *own == id)?;
        let repr = match field.kind {
            FieldKind::Number { decimals, .. } => Repr::Number(10_i64.checked_pow(decimals)?),
            FieldKind::Codes => return None,
            _ => plain_repr(&field.value_type())?,
        };
        let held = match declared.origin {
            Origin::Data { .. } => {
                if let FieldKind::Enum(values) = &field.kind {
                    values.iter().for_each(|value| {
                        self.texts.number(value);
                    });
                }
                let at_first = match field.empty() {
                    // What no value of the list stands for is not filled in.
                    Some(Value::Text(_))
                        if matches!(field.kind, FieldKind::Enum(_)) && field.empty_code().is_none() =>
                    {
                        return None;
                    }
                    Some(Value::Text(text)) if repr == Repr::Text => i64::from(self.texts.number(&text)),
                    Some(_) => return None,
                    None => LEFT,
                };
                let register = self.register(entity, at_first)?;
                *self.fields.get_mut(entity)?.get_mut(place)? = Some(usize::from(register));
                if at_first == LEFT && field.unlisted.is_none() {
                    self.fill(entity, register, id);
                }
                Held { place: Place::Register(entity, register), repr }
            }
            Origin::Reference { .. } => {
                let column = self.records.reference(entity)?.columns.get(place)?.clone()?;
                let numbers = match column.cells() {
                    Cells::Text { dictionary, .. } => {
                        dictionary.iter().map(|text| i64::from(self.texts.number(text))).collect()
                    }
                    _ => Vec::new(),
                };
                let number = u16::try_from(self.columns.len()).ok()?;
                self.columns.push(ReferenceColumn { column, numbers });
                self.place(entity, Code::Reference { column: number }, repr)?
            }
            Origin::Pair(..) => return None,
        };
        self.read.insert(id, held);
        Some(held)
    }

    /// Notes with what a missing cell of a field can be completed.
    fn fill(&mut self, entity: EntityId, register: Register, id: FieldId) {
        let Some(field) = self.schema.fields.get(id) else { return };
        let number =
            |texts: &mut Texts, text: Option<&Arc<str>>| text.map(|text| i64::from(texts.number(text)));
        let with = match &field.kind {
            FieldKind::Boolean => Some([0, 1]),
            FieldKind::Date => {
                Some([Date::constant(1910, 1, 1), Date::constant(2040, 12, 31)].map(day_number))
            }
            FieldKind::Enum(values) => {
                let (first, last) =
                    (number(&mut self.texts, values.first()), number(&mut self.texts, values.last()));
                first.zip(last).map(|(first, last)| [first, last])
            }
            FieldKind::Number { decimals, .. } => power_of_ten(*decimals).and_then(|unit| {
                let count = |bound: &Exact| mul(bound, &Exact::from_integer(unit)).ok();
                let (low, high) = match &field.range {
                    Some((low, high)) => (count(low)?.ceil().to_integer(), count(high)?.floor().to_integer()),
                    None => (0, unit.checked_mul(1_000_000_000)?),
                };
                Some([i64::try_from(low).ok()?, i64::try_from(high).ok()?])
            }),
            FieldKind::Text | FieldKind::Codes => None,
        };
        if let (Some(with), Some(own)) = (with, self.filled.get_mut(entity)) {
            own.push(Filled { register, with });
        }
    }

    /// Completes a cell that something equals by what it equals: neither the smallest nor the largest value does.
    fn fill_equal(&mut self, cell: Held, other: Held) {
        let (Place::Register(entity, register), Place::Constant(value)) = (cell.place, other.place) else {
            return;
        };
        let (Repr::Number(own), Repr::Number(of)) = (cell.repr, other.repr) else { return };
        let Some(filled) = self.filled.get_mut(entity) else { return };
        let Some(filled) = filled.iter_mut().find(|filled| filled.register == register) else { return };
        let count = i128::from(value) * i128::from(own);
        let of = i128::from(of);
        if value != LEFT
            && count % of == 0
            && let Ok(count) = i64::try_from(count / of)
            && (filled.with[0]..=filled.with[1]).contains(&count)
        {
            filled.with[1] = count;
        }
    }

    fn strict(&mut self, plan: &Plan, entity: EntityId, computed: NodeId, value: NodeId) -> Option<Held> {
        let value = self.node(plan, value)?;
        // Outcomes of rules that are passed on are not used: their errors are none here.
        if matches!(plan.node(computed)?.op, Op::Rule(..) | Op::Up(..) | Op::Members(..)) {
            return Some(value);
        }
        let computed = self.node(plan, computed)?;
        match computed.place {
            Place::Constant(LEFT) => None,
            Place::Constant(_) => Some(value),
            Place::Register(..) => self.emit(entity, &[computed, value], value.repr, |r| match r {
                [computed, value] => Some(Code::Strict(*computed, *value)),
                _ => None,
            }),
        }
    }

    /// The number of a way.
    fn way(&mut self, entity: EntityId, relation: usize) -> Option<(u16, EntityId)> {
        let target = self.schema.entities.get(entity)?.belongs_to.get(relation)?.target;
        let way = Way { entity, relation, target };
        let number = self.ways.iter().position(|own| *own == way).unwrap_or_else(|| {
            self.ways.push(way);
            self.ways.len() - 1
        });
        Some((u16::try_from(number).ok()?, target))
    }

    fn up(&mut self, plan: &Plan, entity: EntityId, step: Step, inner: NodeId) -> Option<Held> {
        let Step::BelongsTo(own, relation) = step else { return None };
        let held = self.node(plan, inner)?;
        let (way, target) = self.way(own, relation)?;
        // A row of the entity itself is no other row.
        if own != entity || target == entity {
            return None;
        }
        let from = self.of(target, held)?;
        self.place(entity, Code::Up { way, from }, held.repr)
    }

    fn connective(
        &mut self,
        plan: &Plan,
        entity: EntityId,
        (a, b): (NodeId, NodeId),
        is_or: bool,
    ) -> Option<Held> {
        let settling = i64::from(is_or);
        let left = self.node(plan, a)?;
        match left.place {
            Place::Constant(LEFT) => return None,
            Place::Constant(value) if value == settling => return Some(left),
            Place::Constant(_) => return self.node(plan, b),
            Place::Register(..) => {}
        }
        let right = self.node(plan, b)?;
        if right.place == Place::Constant(1 - settling) {
            return Some(left);
        }
        self.emit(entity, &[left, right], Repr::Bool, |r| match r {
            [a, b] if is_or => Some(Code::Or(*a, *b)),
            [a, b] => Some(Code::And(*a, *b)),
            _ => None,
        })
    }

    fn choice(
        &mut self,
        plan: &Plan,
        entity: EntityId,
        condition: NodeId,
        (yes, no): (NodeId, NodeId),
    ) -> Option<Held> {
        let condition = self.node(plan, condition)?;
        match condition.place {
            Place::Constant(LEFT) => return None,
            Place::Constant(0) => return self.node(plan, no),
            Place::Constant(_) => return self.node(plan, yes),
            Place::Register(..) => {}
        }
        let (yes, no) = (self.node(plan, yes)?, self.node(plan, no)?);
        let (repr, factors) = common(yes, no)?;
        let by = self.fixed.pair(factors)?;
        self.emit(entity, &[condition, yes, no], repr, |r| match r {
            [condition, yes, no] if factors == (1, 1) => {
                Some(Code::If { condition: *condition, yes: *yes, no: *no })
            }
            [condition, yes, no] => Some(Code::IfBy { condition: *condition, yes: *yes, no: *no, by }),
            _ => None,
        })
    }

    fn comparison(&mut self, entity: EntityId, comparison: Comparison, a: Held, b: Held) -> Option<Held> {
        let (repr, factors) = common(a, b)?;
        // The numbers of texts have no order.
        if repr == Repr::Text && !matches!(comparison, Comparison::Equal | Comparison::NotEqual) {
            return None;
        }
        if comparison == Comparison::Equal {
            self.fill_equal(a, b);
            self.fill_equal(b, a);
        }
        let by = self.fixed.pair(factors)?;
        self.emit(entity, &[a, b], Repr::Bool, |r| match r {
            [a, b] if factors == (1, 1) => Some(Code::compare(comparison, *a, *b)),
            [a, b] => Some(Code::CompareBy { comparison, a: *a, b: *b, by }),
            _ => None,
        })
    }

    fn combine(&mut self, entity: EntityId, how: Combine, a: Held, b: Held) -> Option<Held> {
        let (repr, factors) = common(a, b)?;
        let by = self.fixed.pair(factors)?;
        self.emit(entity, &[a, b], repr, |r| match r {
            [a, b] if factors == (1, 1) => Some(Code::combine(how, *a, *b)),
            [a, b] => Some(Code::CombineBy { how, a: *a, b: *b, by }),
            _ => None,
        })
    }

    fn arithmetic(&mut self, entity: EntityId, op: Arithmetic, a: Held, b: Held) -> Option<Held> {
        match op {
            Arithmetic::Add => self.combine(entity, Combine::Add, a, b),
            Arithmetic::Subtract => self.combine(entity, Combine::Subtract, a, b),
            Arithmetic::Multiply => {
                if let Some(by) = exact(b) {
                    return self.scaled(entity, a, by);
                }
                if let Some(by) = exact(a) {
                    return self.scaled(entity, b, by);
                }
                let (Repr::Number(x), Repr::Number(y)) = (a.repr, b.repr) else { return None };
                let repr = Repr::Number(x.checked_mul(y)?);
                self.emit(entity, &[a, b], repr, |r| match r {
                    [a, b] => Some(Code::Multiply(*a, *b)),
                    _ => None,
                })
            }
            // By a constant only: times its reciprocal.
            Arithmetic::Divide => {
                let by = exact(b).filter(|by| *by.numer() != 0)?;
                self.scaled(entity, a, by.recip())
            }
        }
    }

    /// A number times an exact constant: another unit, and units multiplied.
    fn scaled(&mut self, entity: EntityId, a: Held, by: Exact) -> Option<Held> {
        let Repr::Number(d) = a.repr else { return None };
        let unit = Exact::new(*by.numer(), i128::from(d).checked_mul(*by.denom())?);
        let (times, d) = (i64::try_from(*unit.numer()).ok()?, i64::try_from(*unit.denom()).ok()?);
        if times == 1 {
            return Some(Held { repr: Repr::Number(d), ..a });
        }
        let by = self.fixed.pair((times, 1))?;
        self.emit(entity, &[a], Repr::Number(d), |r| Some(Code::Scale(*r.first()?, by)))
    }

    /// A rounding, of a division if its argument is one.
    fn round(
        &mut self,
        plan: &Plan,
        entity: EntityId,
        how: Rounding,
        x: NodeId,
        decimals: u32,
    ) -> Option<Held> {
        let unit = 10_i64.checked_pow(decimals)?;
        if let Op::Arithmetic(Arithmetic::Divide, a, b) = plan.node(x)?.op {
            let (a, b) = (self.node(plan, a)?, self.node(plan, b)?);
            if exact(b).is_none() {
                // See [`super::super::compile`].
                let (Repr::Number(of_a), Repr::Number(of_b)) = (a.repr, b.repr) else { return None };
                let by = self.fixed.pair((unit.checked_mul(of_b)?, of_a))?;
                return self.emit(entity, &[a, b], Repr::Number(unit), |r| match r {
                    [a, b] => Some(Code::Divide { how, a: *a, b: *b, by }),
                    _ => None,
                });
            }
        }
        let a = self.node(plan, x)?;
        let Repr::Number(d) = a.repr else { return None };
        let shared = unit.gcd(&d);
        let pair = (unit / shared, d / shared);
        let (repr, by) = (Repr::Number(unit), self.fixed.pair(pair)?);
        match pair {
            (1, 1) => Some(Held { repr, ..a }),
            (_, 1) => self.emit(entity, &[a], repr, |r| Some(Code::Scale(*r.first()?, by))),
            (1, _) => self.emit(entity, &[a], repr, |r| Some(Code::Round { how, a: *r.first()?, by })),
            _ => self.emit(entity, &[a], repr, |r| Some(Code::RoundBy { how, a: *r.first()?, by })),
        }
    }

    fn call(&mut self, plan: &Plan, entity: EntityId, builtin: Builtin, args: &[NodeId]) -> Option<Held> {
        match (builtin, args) {
            (Builtin::Arrondi(how), [x, decimals @ ..]) => {
                let decimals = match decimals {
                    [] => 0,
                    [d, ..] => {
                        let d = exact(self.node(plan, *d)?).filter(Exact::is_integer)?;
                        u32::try_from(*d.numer()).ok().filter(|d| *d <= 9)?
                    }
                };
                self.round(plan, entity, how, *x, decimals)
            }
            (Builtin::Max | Builtin::Min, [a, b]) => {
                let (a, b) = (self.node(plan, *a)?, self.node(plan, *b)?);
                if !matches!(a.repr, Repr::Number(_) | Repr::Date) {
                    return None;
                }
                let how = if builtin == Builtin::Max { Combine::Largest } else { Combine::Smallest };
                self.combine(entity, how, a, b)
            }
            (Builtin::AnneesEntre | Builtin::MoisEntre | Builtin::JoursEntre, [a, b]) => {
                let (a, b) = (self.node(plan, *a)?, self.node(plan, *b)?);
                self.emit(entity, &[a, b], Repr::Number(1), |r| match r {
                    [a, b] => Some(Code::Between(builtin, *a, *b)),
                    _ => None,
                })
            }
            (Builtin::AjouterAnnees | Builtin::AjouterMois | Builtin::AjouterJours, [date, n]) => {
                let (date, n) = (self.node(plan, *date)?, self.node(plan, *n)?);
                if n.repr != Repr::Number(1) {
                    return None;
                }
                self.emit(entity, &[date, n], Repr::Date, |r| match r {
                    [date, n] => Some(Code::Move(builtin, *date, *n)),
                    _ => None,
                })
            }
            (_, [list]) => self.reduce(plan, entity, plan.counted(builtin, args), *list),
            _ => None,
        }
    }

    fn reduce(&mut self, plan: &Plan, entity: EntityId, what: Builtin, list: NodeId) -> Option<Held> {
        let Op::Members(child, relation, inner) = plan.node(list)?.op else { return None };
        let held = self.node(plan, inner)?;
        let (way, target) = self.way(child, relation)?;
        // Members of a row of a reference table are all that the data have; a row is no member of its own entity.
        let is_data =
            |e: EntityId| matches!(self.schema.entities.get(e).map(|e| &e.origin), Some(Origin::Data { .. }));
        if target != entity || child == entity || !is_data(target) || !is_data(child) {
            return None;
        }
        let repr = match (what, held.repr) {
            (Builtin::Nombre, Repr::Bool) | (Builtin::Longueur, _) => Repr::Number(1),
            (Builtin::Un | Builtin::Tous, Repr::Bool) => Repr::Bool,
            (Builtin::Somme, repr @ Repr::Number(_))
            | (Builtin::Max | Builtin::Min, repr @ (Repr::Number(_) | Repr::Date)) => repr,
            _ => return None,
        };
        let from = self.of(child, held)?;
        self.place(entity, Code::Reduce { what, way, from }, repr)
    }

    fn parameter(
        &mut self,
        plan: &Plan,
        entity: EntityId,
        id: ParameterId,
        keys: &[NodeId],
        ty: &Type,
    ) -> Option<Held> {
        // Without a value on the day, whatever needs it is left over.
        let version = plan.parameter(id)?;
        if keys.is_empty() {
            return self.literal(&version.cells.get(&Vec::new())?.value);
        }
        let keys: Vec<Held> = keys.iter().map(|key| self.node(plan, *key)).collect::<Option<_>>()?;
        if keys.len() > MOST_KEYS || plan.supposed.is_some() {
            return None;
        }
        let reprs: Vec<Repr> = keys.iter().map(|key| key.repr).collect();
        let known = (id, plan.date, reprs);
        let found = match self.looked_up.get(&known) {
            Some(found) => *found,
            None => {
                let made = dense(version, &known.2, ty, &mut self.texts);
                let number = u16::try_from(self.fixed.tables.len()).ok()?;
                let found = made.map(|(table, repr, _)| {
                    self.fixed.tables.push(Arc::new(table));
                    (number, repr)
                });
                self.looked_up.insert(known, found);
                found
            }
        };
        let (table, repr) = found?;
        let count = u8::try_from(keys.len()).ok()?;
        self.emit(entity, &keys, repr, |r| {
            let mut keys = [0; MOST_KEYS];
            keys.iter_mut().zip(r).for_each(|(key, register)| *key = *register);
            Some(Code::Table { table, keys, count })
        })
    }
}

/// The exact number that a constant is.
fn exact(held: Held) -> Option<Exact> {
    match (held.place, held.repr) {
        (Place::Constant(value), Repr::Number(d)) if value != LEFT => {
            Some(Exact::new(i128::from(value), i128::from(d)))
        }
        _ => None,
    }
}

/// How two values of one type are held, and by what the counts of each are multiplied to reach their common unit.
fn common(a: Held, b: Held) -> Option<(Repr, (i64, i64))> {
    match (a.repr, b.repr) {
        (Repr::Number(x), Repr::Number(y)) => {
            let d = i64::try_from(i128::from(x).lcm(&i128::from(y))).ok()?;
            Some((Repr::Number(d), (d / x, d / y)))
        }
        (x, y) if x == y => Some((x, (1, 1))),
        _ => None,
    }
}
