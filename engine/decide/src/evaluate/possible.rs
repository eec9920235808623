//! What a value can be: known, or all that the missing inputs leave possible.
//!
//! A missing cell is not nothing: it is any value that its field allows. Computing with sets and
//! ranges of possible values instead of one value tells whether an outcome is the same for all of
//! them; if it is, the missing cell does not matter. What cannot be followed becomes "anything",
//! so that an outcome is only ever given when every completion agrees.

use std::collections::BTreeSet;
use std::sync::Arc;

use num_traits::{Signed, Zero};

use logis_language::pack::params::ParameterId;
use logis_language::pack::schema::{EntityId, FieldId};
use logis_language::plan::builtins::{Builtin, ValueError, apply};
use logis_language::plan::ir::{Arithmetic, Comparison};
use logis_language::value::{Date, Exact, NumberError, Value, add, div, mul, sub};

/// A date in the middle of those in use.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// How many possible values are kept one by one; of more, only the smallest
/// and the largest. (A missing enumeration begins with all values of its list.)
const MAX_VALUES: usize = 32;

/// A missing cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MissingInput {
    /// Entity of the row.
    pub entity: EntityId,
    /// The row.
    pub row: u64,
    /// What is missing there.
    pub what: MissingCell,
}

/// Which cell of a row is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MissingCell {
    /// A field.
    Field(FieldId),
    /// The relation of that number of the entity.
    Relation(usize),
    /// No cell of the row: a parameter has no value on the day.
    Parameter(ParameterId),
}

/// The missing cells that an open value depends on.
pub type Missing = Arc<BTreeSet<MissingInput>>;

/// What a value can be.
#[derive(Clone, Debug, PartialEq)]
pub enum Possible {
    /// Exactly this.
    Known(Value),
    /// Not known: one of `range`, depending on the missing cells.
    Open(Range, Missing),
    /// A list of which some items are not known.
    Items(Arc<[Possible]>),
}

/// The values that an open one can take.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// One of these (sorted, at least one).
    OneOf(Arc<[Value]>),
    /// A number or date between these, bounds included; an absent bound is no bound.
    Between(Option<Value>, Option<Value>),
    /// Anything.
    Any,
    /// Some completion may be an error, so that nothing can be given; neither can what uses it.
    MayFail,
}

impl From<Value> for Possible {
    fn from(value: Value) -> Self {
        Possible::Known(value)
    }
}

impl Possible {
    /// True or false, open.
    pub fn open_bool(missing: Missing) -> Possible {
        thread_local! {
            // Made once: an open condition is met several times a row.
            static BOTH: Arc<[Value]> = Arc::from([Value::Bool(false), Value::Bool(true)]);
        }
        Possible::Open(Range::OneOf(BOTH.with(Arc::clone)), missing)
    }

    /// The value, if it is known.
    pub fn known(&self) -> Option<&Value> {
        match self {
            Possible::Known(value) => Some(value),
            _ => None,
        }
    }

    /// The boolean, if it is known.
    pub fn known_bool(&self) -> Option<bool> {
        match self {
            Possible::Known(Value::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    /// What some completion of these cells may fail to give.
    pub fn may_fail(missing: Missing) -> Possible {
        Possible::Open(Range::MayFail, missing)
    }

    /// Is some completion an error?
    pub fn is_risky(&self) -> bool {
        match self {
            Possible::Known(_) => false,
            Possible::Open(range, _) => *range == Range::MayFail,
            Possible::Items(items) => items.iter().any(Possible::is_risky),
        }
    }

    /// The missing cells that it depends on.
    pub fn missing(&self) -> Missing {
        match self {
            Possible::Known(_) => Missing::default(),
            Possible::Open(_, missing) => missing.clone(),
            Possible::Items(items) => union_all(items.iter().map(Possible::missing)),
        }
    }

    /// What it can be, without the missing cells that it depends on. For folds over many items, whose
    /// cells are joined once at the end and not at each step.
    fn bare(&self) -> Possible {
        match self {
            Possible::Open(range, _) => Possible::Open(range.clone(), Missing::default()),
            other => other.clone(),
        }
    }

    /// What it can be, open because of these cells.
    fn depending_on(self, missing: Missing) -> Possible {
        match self {
            Possible::Open(range, _) => Possible::Open(range, missing),
            other => other,
        }
    }

    /// All values, where there are few enough to list.
    fn values(&self) -> Option<&[Value]> {
        match self {
            Possible::Known(value) => Some(std::slice::from_ref(value)),
            Possible::Open(Range::OneOf(values), _) => Some(values),
            _ => None,
        }
    }

    /// Smallest and largest value.
    fn bounds(&self) -> (Option<Value>, Option<Value>) {
        match self {
            Possible::Open(Range::Between(low, high), _) => (low.clone(), high.clone()),
            Possible::Open(Range::Any | Range::MayFail, _) | Possible::Items(_) => (None, None),
            _ => {
                let values = self.values().unwrap_or(&[]);
                (values.first().cloned(), values.last().cloned())
            }
        }
    }

    /// An open value of one of `values`; known if there is one only.
    fn one_of(values: BTreeSet<Value>, missing: Missing) -> Possible {
        if values.len() == 1
            && let Some(value) = values.first()
        {
            return Possible::Known(value.clone());
        }
        // Beyond the limit a range is kept: it holds values between that were not possible, so that
        // less may be decided, never more.
        if values.len() <= MAX_VALUES {
            return Possible::Open(Range::OneOf(values.into_iter().collect()), missing);
        }
        let ordered = matches!(values.first(), Some(Value::Number(_) | Value::Date(_)));
        let range = if ordered {
            Range::Between(values.first().cloned(), values.last().cloned())
        } else {
            Range::Any
        };
        Possible::Open(range, missing)
    }

    /// An open value between two bounds; known if they are equal.
    fn between(low: Option<Value>, high: Option<Value>, missing: Missing) -> Possible {
        match (&low, &high) {
            (Some(a), Some(b)) if a == b => Possible::Known(a.clone()),
            (None, None) => Possible::Open(Range::Any, missing),
            _ => Possible::Open(Range::Between(low, high), missing),
        }
    }

    /// What either of two can be, depending on `missing` too.
    pub fn or(&self, other: &Possible, missing: &Missing) -> Possible {
        if let (Some(a), Some(b)) = (self.known(), other.known())
            && a == b
        {
            return self.clone();
        }
        let missing = union(missing, &missing_of(self, other));
        if self.is_risky() || other.is_risky() {
            return Possible::may_fail(missing);
        }
        if let (Some(a), Some(b)) = (self.values(), other.values()) {
            return Possible::one_of(a.iter().chain(b).cloned().collect(), missing);
        }
        // The smallest range that holds both; a bound that one lacks, it lacks too.
        let ((low_a, high_a), (low_b, high_b)) = (self.bounds(), other.bounds());
        let low = low_a.zip(low_b).map(|(a, b)| a.min(b));
        let high = high_a.zip(high_b).map(|(a, b)| a.max(b));
        Possible::between(low, high, missing)
    }

    /// One of several, depending on `missing` too: a cell of a table whose keys are not all known.
    pub fn any_of<'v>(values: impl Iterator<Item = &'v Value>, missing: Missing) -> Possible {
        Possible::one_of(values.cloned().collect(), missing)
    }

    /// What is left of it where `self <comparison> other` holds; `None` if nothing is.
    pub fn narrowed(&self, comparison: Comparison, other: &Possible) -> Option<Possible> {
        let missing = self.missing();
        let (low, high) = other.bounds();
        // Few values: each is kept unless the comparison is false whatever the other side is.
        if let Some(values) = self.values() {
            let left: BTreeSet<Value> = values
                .iter()
                .filter(|v| match compare(comparison, &Possible::Known((*v).clone()), other) {
                    Possible::Known(Value::Bool(holds)) => holds,
                    _ => true,
                })
                .cloned()
                .collect();
            return (!left.is_empty()).then(|| match self {
                Possible::Known(_) => self.clone(),
                _ => keep_open(left, missing),
            });
        }
        let Possible::Open(range, _) = self else { return Some(self.clone()) };
        if self.is_risky() || other.is_risky() {
            return Some(self.clone());
        }
        // A range: cut at the other side's bounds. They are kept as possible even by `<` and `>`, since
        // ranges have closed bounds.
        let (mut from, mut to) = match range {
            Range::Between(a, b) => (a.clone(), b.clone()),
            _ => (None, None),
        };
        let upper = matches!(comparison, Comparison::Less | Comparison::AtMost | Comparison::Equal);
        let lower = matches!(comparison, Comparison::Greater | Comparison::AtLeast | Comparison::Equal);
        if upper && let Some(high) = high {
            to = Some(to.map_or(high.clone(), |t| t.min(high)));
        }
        if lower && let Some(low) = low {
            from = Some(from.map_or(low.clone(), |f| f.max(low)));
        }
        if let (Some(a), Some(b)) = (&from, &to)
            && a > b
        {
            return None;
        }
        let range = if from.is_none() && to.is_none() { range.clone() } else { Range::Between(from, to) };
        Some(Possible::Open(range, missing))
    }
}

/// An assumed value stays open, with its missing cell, even when only one is left: the outcome must name
/// the cell that would settle it.
fn keep_open(values: BTreeSet<Value>, missing: Missing) -> Possible {
    Possible::Open(Range::OneOf(values.into_iter().collect()), missing)
}

/// The missing cells of both.
pub fn union(a: &Missing, b: &Missing) -> Missing {
    if a.is_empty() {
        return b.clone();
    }
    if b.is_empty() || Arc::ptr_eq(a, b) || b.is_subset(a) {
        return a.clone();
    }
    Arc::new(a.union(b).copied().collect())
}

/// The missing cells that either of two depends on.
pub(super) fn missing_of(a: &Possible, b: &Possible) -> Missing {
    match (a, b) {
        (Possible::Open(_, missing), Possible::Known(_))
        | (Possible::Known(_), Possible::Open(_, missing)) => missing.clone(),
        (Possible::Open(_, a), Possible::Open(_, b)) => union(a, b),
        _ => union(&a.missing(), &b.missing()),
    }
}

/// The missing cells of all, in time linear in their sizes (joined one after the other, it would be
/// quadratic).
pub fn union_all(all: impl IntoIterator<Item = Missing>) -> Missing {
    let mut parts: Vec<Missing> = Vec::new();
    for part in all {
        if !part.is_empty() && !parts.last().is_some_and(|last| Arc::ptr_eq(last, &part)) {
            parts.push(part);
        }
    }
    match parts.as_slice() {
        [] => Missing::default(),
        [one] => one.clone(),
        several => Arc::new(several.iter().flat_map(|part| part.iter().copied()).collect()),
    }
}

/// `f` of each pair of values of the two; `None` if either has too many to list. It may fail if one pair
/// does.
fn pairs(
    a: &Possible,
    b: &Possible,
    f: impl Fn(&Value, &Value) -> Result<Value, ValueError>,
) -> Option<Possible> {
    if a.is_risky() || b.is_risky() {
        return Some(Possible::may_fail(missing_of(a, b)));
    }
    let (left, right) = (a.values()?, b.values()?);
    if left.len() * right.len() > 4 * MAX_VALUES * MAX_VALUES {
        return None;
    }
    let mut values = BTreeSet::new();
    for x in left {
        for y in right {
            match f(x, y) {
                Ok(value) => values.insert(value),
                Err(_) => return Some(Possible::may_fail(missing_of(a, b))),
            };
        }
    }
    Some(Possible::one_of(values, missing_of(a, b)))
}

fn number(value: &Value) -> Option<&Exact> {
    match value {
        Value::Number(n) => Some(n),
        _ => None,
    }
}

/// One of the four operations: exact on known values, on sets value by value, on ranges by their bounds
/// (interval arithmetic).
pub fn arithmetic(op: Arithmetic, a: &Possible, b: &Possible) -> Result<Possible, ValueError> {
    let exact = |x: &Value, y: &Value| -> Result<Value, ValueError> {
        let (Some(x), Some(y)) = (number(x), number(y)) else { return Err(ValueError::Type) };
        Ok(Value::Number(match op {
            Arithmetic::Add => add(x, y)?,
            Arithmetic::Subtract => sub(x, y)?,
            Arithmetic::Multiply => mul(x, y)?,
            Arithmetic::Divide => div(x, y)?,
        }))
    };
    if let (Some(x), Some(y)) = (a.known(), b.known()) {
        return exact(x, y).map(Possible::Known);
    }
    if let Some(result) = pairs(a, b, exact) {
        return Ok(result);
    }
    let missing = missing_of(a, b);
    let ((low_a, high_a), (low_b, high_b)) = (a.bounds(), b.bounds());
    // An overflow at a bound is one of some completion.
    let overflow = std::cell::Cell::new(false);
    let of = |x: &Option<Value>, y: &Option<Value>| match exact(x.as_ref()?, y.as_ref()?) {
        Ok(value) => Some(value),
        Err(_) => {
            overflow.set(true);
            None
        }
    };
    let (low, high) = match op {
        Arithmetic::Add => (of(&low_a, &low_b), of(&high_a, &high_b)),
        Arithmetic::Subtract => (of(&low_a, &high_b), of(&high_a, &low_b)),
        Arithmetic::Multiply | Arithmetic::Divide => {
            // By a known number: the bounds move with it, and change sides with its sign.
            let (by, low, high) = match (b.known(), a.known(), op) {
                (Some(by), _, _) => (by, low_a, high_a),
                (_, Some(by), Arithmetic::Multiply) => (by, low_b, high_b),
                (_, _, Arithmetic::Divide) => return Ok(quotient(a, b, missing)),
                _ => return Ok(Possible::Open(Range::Any, missing)),
            };
            let by = number(by).ok_or(ValueError::Type)?;
            if by.is_zero() {
                return match op {
                    Arithmetic::Divide => Err(NumberError::DivisionByZero.into()),
                    _ => Ok(Possible::Known(Value::Number(Exact::zero()))),
                };
            }
            let by_value = Some(Value::Number(*by));
            let (x, y) = (of(&low, &by_value), of(&high, &by_value));
            if by.is_negative() { (y, x) } else { (x, y) }
        }
    };
    if overflow.get() {
        return Ok(Possible::may_fail(missing));
    }
    Ok(Possible::between(low, high, missing))
}

/// A quotient by an open number: it may fail, unless the range of the divisor leaves zero out.
fn quotient(a: &Possible, b: &Possible, missing: Missing) -> Possible {
    let ((low_a, high_a), (low_b, high_b)) = (a.bounds(), b.bounds());
    let sign = |v: &Option<Value>| v.as_ref().and_then(number).map_or(0, |n| n.numer().signum());
    if sign(&low_b) != 1 && sign(&high_b) != -1 {
        return Possible::may_fail(missing);
    }
    if a.known().and_then(number).is_some_and(Zero::is_zero) {
        return Possible::Known(Value::Number(Exact::zero()));
    }
    // Without bounds on every side it may be anything, and even overflow.
    let (Some(low_a), Some(high_a), Some(low_b), Some(high_b)) = (low_a, high_a, low_b, high_b) else {
        return Possible::may_fail(missing);
    };
    // On a divisor without zero a quotient is monotone in each operand: its extremes are at the corners.
    let corners = [(&low_a, &low_b), (&low_a, &high_b), (&high_a, &low_b), (&high_a, &high_b)];
    let corners: Option<BTreeSet<Value>> =
        corners.into_iter().map(|(x, y)| Some(Value::Number(div(number(x)?, number(y)?).ok()?))).collect();
    match corners {
        Some(corners) => Possible::between(corners.first().cloned(), corners.last().cloned(), missing),
        None => Possible::may_fail(missing),
    }
}

/// One of the six comparisons.
pub fn compare(op: Comparison, a: &Possible, b: &Possible) -> Possible {
    if let (Some(x), Some(y)) = (a.known(), b.known()) {
        return Value::Bool(op.holds(x.cmp(y))).into();
    }
    if let Some(result) = pairs(a, b, |x, y| Ok(Value::Bool(op.holds(x.cmp(y))))) {
        return result;
    }
    let ((low_a, high_a), (low_b, high_b)) = (a.bounds(), b.bounds());
    let below = |x: &Option<Value>, y: &Option<Value>| x.as_ref().zip(y.as_ref()).is_some_and(|(x, y)| x < y);
    let at_most =
        |x: &Option<Value>, y: &Option<Value>| x.as_ref().zip(y.as_ref()).is_some_and(|(x, y)| x <= y);
    // Decided if all of one side lies before all of the other.
    let (always, never) = match op {
        Comparison::Less => (below(&high_a, &low_b), at_most(&high_b, &low_a)),
        Comparison::AtMost => (at_most(&high_a, &low_b), below(&high_b, &low_a)),
        Comparison::Greater => (below(&high_b, &low_a), at_most(&high_a, &low_b)),
        Comparison::AtLeast => (at_most(&high_b, &low_a), below(&high_a, &low_b)),
        Comparison::Equal => (false, below(&high_a, &low_b) || below(&high_b, &low_a)),
        Comparison::NotEqual => (below(&high_a, &low_b) || below(&high_b, &low_a), false),
    };
    match (always, never) {
        (true, _) => Value::Bool(true).into(),
        (_, true) => Value::Bool(false).into(),
        _ => Possible::open_bool(missing_of(a, b)),
    }
}

/// A function of the engine; `nombre` of a list that is not of booleans is `longueur`: see
/// [`logis_language::Plan::counted`].
pub fn call(builtin: Builtin, args: &[Possible]) -> Result<Possible, ValueError> {
    let known: Option<Vec<Value>> = args.iter().map(|a| a.known().cloned()).collect();
    if let Some(known) = known {
        return apply(builtin, &known).map(Possible::Known);
    }
    let missing = union_all(args.iter().map(Possible::missing));
    if args.iter().any(Possible::is_risky) {
        return Ok(Possible::may_fail(missing));
    }
    Ok(match (builtin, args) {
        (Builtin::Longueur, [Possible::Items(items)]) => length(items.len()),
        (Builtin::Nombre, [Possible::Items(items)]) => {
            // Between those that are true for sure and those that can be.
            let sure = items.iter().filter(|i| i.known_bool() == Some(true)).count();
            let open = items.iter().filter(|i| i.known().is_none()).count();
            let counts = (sure..=sure + open).filter_map(|n| i64::try_from(n).ok()).map(Value::int);
            Possible::one_of(counts.collect(), missing)
        }
        (Builtin::Somme, [Possible::Items(items)]) => {
            let mut total = Possible::Known(Value::int(0));
            for item in items.iter() {
                total = arithmetic(Arithmetic::Add, &total, &item.bare())?;
            }
            total.depending_on(missing)
        }
        (Builtin::Un, [Possible::Items(items)]) => decided_by(items, true, missing),
        (Builtin::Tous, [Possible::Items(items)]) => decided_by(items, false, missing),
        (Builtin::Max | Builtin::Min, [Possible::Items(items)]) => {
            let mut items = items.iter();
            let first = items.next().ok_or(ValueError::EmptyList)?.bare();
            items.fold(first, |best, item| extreme(builtin, &best, &item.bare())).depending_on(missing)
        }
        (Builtin::Max | Builtin::Min, [a, b]) => extreme(builtin, a, b),
        (Builtin::Contient, [Possible::Items(items), value]) => {
            if value.known().is_some() && items.contains(value) {
                Value::Bool(true).into()
            } else {
                Possible::open_bool(missing)
            }
        }
        (Builtin::Arrondi(_), [x, rest @ ..]) => monotone(x, missing, |v| {
            let mut all = vec![v.clone()];
            all.extend(rest.iter().filter_map(|r| r.known().cloned()));
            if all.len() <= rest.len() {
                return Err(ValueError::Type);
            }
            apply(builtin, &all)
        }),
        (Builtin::AjouterAnnees | Builtin::AjouterMois | Builtin::AjouterJours, [date, n]) => match n.known()
        {
            // Not a whole number, or beyond the calendar from any date in use.
            Some(n) if apply(builtin, &[Value::Date(EPOCH), n.clone()]).is_err() => {
                Possible::may_fail(missing)
            }
            Some(n) => monotone(date, missing, |d| apply(builtin, &[d.clone(), n.clone()])),
            // The number of days may not be whole.
            None => Possible::may_fail(missing),
        },
        (Builtin::AnneesEntre | Builtin::MoisEntre | Builtin::JoursEntre, [from, to]) => {
            // The later the first day, the shorter; the later the second, the longer.
            let ((from_low, from_high), (to_low, to_high)) = (from.bounds(), to.bounds());
            let of = |a: Option<Value>, b: Option<Value>| apply(builtin, &[a?, b?]).ok();
            Possible::between(of(from_high, to_low), of(from_low, to_high), missing)
        }
        (Builtin::Contient, _) => Possible::open_bool(missing),
        (Builtin::Un | Builtin::Tous, _) => Possible::open_bool(missing),
        _ => Possible::Open(Range::Any, missing),
    })
}

/// The number of rows or codes, which is known whatever their values.
fn length(n: usize) -> Possible {
    i64::try_from(n).map_or(Possible::Open(Range::Any, Missing::default()), |n| Value::int(n).into())
}

/// `un` is settled by one true, `tous` by one false.
fn decided_by(items: &[Possible], settling: bool, missing: Missing) -> Possible {
    if items.iter().any(|i| i.known_bool() == Some(settling)) {
        Value::Bool(settling).into()
    } else {
        Possible::open_bool(missing)
    }
}

/// The larger (`max`) or smaller (`min`) of two.
fn extreme(builtin: Builtin, a: &Possible, b: &Possible) -> Possible {
    if let Some(result) = pairs(a, b, |x, y| apply(builtin, &[x.clone(), y.clone()])) {
        return result;
    }
    let missing = missing_of(a, b);
    let ((low_a, high_a), (low_b, high_b)) = (a.bounds(), b.bounds());
    // The larger of two is at least as large as either; below, it needs both.
    let either = |x: Option<Value>, y: Option<Value>, pick: fn(Value, Value) -> Value| match (x, y) {
        (Some(x), Some(y)) => Some(pick(x, y)),
        (x, y) => x.or(y),
    };
    if builtin == Builtin::Max {
        Possible::between(
            either(low_a, low_b, Value::max),
            high_a.zip(high_b).map(|(x, y)| x.max(y)),
            missing,
        )
    } else {
        Possible::between(
            low_a.zip(low_b).map(|(x, y)| x.min(y)),
            either(high_a, high_b, Value::min),
            missing,
        )
    }
}

/// A function that never falls as its argument grows, of an open value: the bounds go to the bounds.
fn monotone(x: &Possible, missing: Missing, f: impl Fn(&Value) -> Result<Value, ValueError>) -> Possible {
    if let Some(values) = x.values() {
        let values: Result<BTreeSet<Value>, ValueError> = values.iter().map(&f).collect();
        return values
            .map_or_else(|_| Possible::may_fail(missing.clone()), |v| Possible::one_of(v, missing.clone()));
    }
    let (low, high) = x.bounds();
    let of = |v: Option<Value>| v.map(|v| f(&v)).transpose();
    match (of(low), of(high)) {
        (Ok(low), Ok(high)) => Possible::between(low, high, missing),
        _ => Possible::may_fail(missing),
    }
}

/// `!a`
pub fn not(a: &Possible) -> Possible {
    match a.known_bool() {
        Some(value) => Value::Bool(!value).into(),
        None if a.is_risky() => a.clone(),
        None => Possible::open_bool(a.missing()),
    }
}

/// `-a`
pub fn negate(a: &Possible) -> Result<Possible, ValueError> {
    arithmetic(Arithmetic::Subtract, &Value::int(0).into(), a)
}
