//! What a value can be over all allowed inputs: an abstract domain of sets and intervals, for the static
//! analyses only.
//!
//! Unlike `evaluate::possible`, which answers for one row and gives nothing where a completion may be
//! an error, a [`Domain`] holds the values of the completions that have one; its bounds may be open, so
//! that `x > 10` leaves no 10. Where a computation is not followed it is [`Domain::Any`]: a domain may
//! hold values that never come up, and never lacks one that does.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use num_traits::{Signed, Zero};

use logis_language::plan::builtins::{Builtin, apply};
use logis_language::plan::ir::{Arithmetic, Comparison};
use logis_language::value::{Exact, Rounding, Type, Value, add, div, mul, power_of_ten, round, sub};

/// How many values are kept one by one; of more, only the interval from the smallest to the largest.
const MAX_VALUES: usize = 64;

/// One end of an interval: a value, and whether the end is open (the value itself left out); `None` if the
/// interval is unbounded on that side.
pub(super) type End = Option<(Value, bool)>;

/// Picks one of two ends.
type Pick = fn((Value, bool), (Value, bool)) -> (Value, bool);

/// The values that come up.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Domain {
    /// None: it is never computed, or always an error.
    Nothing,
    /// One of these (at least one).
    OneOf(BTreeSet<Value>),
    /// A number or a date between a lower and an upper end; if the flag is true, whole numbers only.
    Between(End, End, bool),
    /// A list of items of the domain: the least number of items, and the most if there is one.
    List(Box<Domain>, u64, Option<u64>),
    /// Anything.
    Any,
}

use Domain::{Any, Between, List, Nothing, OneOf};

impl Domain {
    /// This value.
    pub fn known(value: Value) -> Domain {
        OneOf([value].into())
    }

    /// True or false.
    pub fn boolean() -> Domain {
        OneOf([Value::Bool(false), Value::Bool(true)].into())
    }

    /// One of `values`.
    pub fn of(values: BTreeSet<Value>) -> Domain {
        if values.is_empty() {
            return Nothing;
        }
        if values.len() <= MAX_VALUES {
            return OneOf(values);
        }
        match (values.first(), values.last()) {
            (Some(low @ (Value::Number(_) | Value::Date(_))), Some(high)) => {
                let whole = values.iter().all(is_whole);
                Between(Some((low.clone(), false)), Some((high.clone(), false)), whole)
            }
            _ => Any,
        }
    }

    /// The values between two ends. Ends of whole numbers are moved inwards to whole numbers that belong
    /// to the interval; up to [`MAX_VALUES`] whole numbers are listed.
    pub fn between(low: End, high: End, whole: bool) -> Domain {
        let (low, high) =
            if whole { (close(low, Rounding::Up, 1), close(high, Rounding::Down, -1)) } else { (low, high) };
        match (&low, &high) {
            // Crossed ends hold nothing, nor do equal ones of which one is open.
            (Some((a, x)), Some((b, y))) => match a.cmp(b) {
                Ordering::Greater => Nothing,
                Ordering::Equal if *x || *y => Nothing,
                Ordering::Equal => Domain::known(a.clone()),
                Ordering::Less => {
                    let few = whole.then(|| listed(a, b)).flatten();
                    few.map_or(Between(low, high, whole), OneOf)
                }
            },
            (None, None) if !whole => Any,
            _ => Between(low, high, whole),
        }
    }

    /// The value, if there is only one.
    pub fn only(&self) -> Option<&Value> {
        match self {
            OneOf(values) if values.len() == 1 => values.first(),
            _ => None,
        }
    }

    /// The boolean, if there is only one.
    pub fn only_bool(&self) -> Option<bool> {
        match self.only() {
            Some(Value::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    /// The lower and the upper end.
    pub fn ends(&self) -> (End, End) {
        let end = |v: Option<&Value>| v.map(|v| (v.clone(), false));
        match self {
            OneOf(values) => (end(values.first()), end(values.last())),
            Between(low, high, _) => (low.clone(), high.clone()),
            _ => (None, None),
        }
    }

    /// Are they all whole numbers?
    pub fn is_whole(&self) -> bool {
        match self {
            OneOf(values) => values.iter().all(is_whole),
            Between(_, _, whole) => *whole,
            _ => false,
        }
    }

    /// May it be `value`?
    pub fn may_be(&self, value: &Value) -> bool {
        match self {
            Nothing => false,
            OneOf(values) => values.contains(value),
            List(item, min, max) => match value {
                Value::List(items) => {
                    let n = items.len() as u64;
                    n >= *min && max.is_none_or(|m| n <= m) && items.iter().all(|i| item.may_be(i))
                }
                _ => false,
            },
            Any => true,
            Between(_, _, true) if !is_whole(value) => false,
            Between(..) => {
                compare(Comparison::Equal, self, &Domain::known(value.clone())).may_be(&Value::Bool(true))
            }
        }
    }

    /// The smallest domain that holds both (join).
    pub fn or(&self, other: &Domain) -> Domain {
        match (self, other) {
            (Nothing, d) | (d, Nothing) => d.clone(),
            (Any, _) | (_, Any) => Any,
            (OneOf(a), OneOf(b)) => Domain::of(a.union(b).cloned().collect()),
            (List(a, min_a, max_a), List(b, min_b, max_b)) => {
                List(Box::new(a.or(b)), *min_a.min(min_b), max_a.zip(*max_b).map(|(a, b)| a.max(b)))
            }
            (List(..), _) | (_, List(..)) => Any,
            _ => {
                let ((low_a, high_a), (low_b, high_b)) = (self.ends(), other.ends());
                let low = low_a.zip(low_b).map(|(a, b)| lower(a, b));
                let high = high_a.zip(high_b).map(|(a, b)| higher(a, b));
                Domain::between(low, high, self.is_whole() && other.is_whole())
            }
        }
    }

    /// The values that both hold (meet); of two lists, the first, which may hold more.
    pub fn and(&self, other: &Domain) -> Domain {
        match (self, other) {
            (Nothing, _) | (_, Nothing) => Nothing,
            (Any, d) | (d, Any) => d.clone(),
            (OneOf(values), d) | (d, OneOf(values)) => {
                Domain::of(values.iter().filter(|v| d.may_be(v)).cloned().collect())
            }
            (List(..), _) | (_, List(..)) => self.clone(),
            _ => {
                let ((low_a, high_a), (low_b, high_b)) = (self.ends(), other.ends());
                // A value of both is whole if it is in either.
                let whole = self.is_whole() || other.is_whole();
                Domain::between(tighter(low_a, low_b, higher), tighter(high_a, high_b, lower), whole)
            }
        }
    }

    /// The values of it for which `self <comparison> other` can hold.
    pub fn narrowed(&self, comparison: Comparison, other: &Domain) -> Domain {
        if let OneOf(values) = self {
            let holds = |v: &&Value| {
                compare(comparison, &Domain::known((*v).clone()), other).may_be(&Value::Bool(true))
            };
            return Domain::of(values.iter().filter(holds).cloned().collect());
        }
        if *other == Nothing {
            return Nothing;
        }
        let (low, high) = other.ends();
        // Otherwise all that lies on the right side of the other's end.
        let open = |end: End| end.map(|(v, _)| (v, true));
        let allowed = match comparison {
            Comparison::Equal => return self.and(other),
            Comparison::NotEqual => return self.clone(),
            Comparison::Less => Domain::between(None, open(high), false),
            Comparison::AtMost => Domain::between(None, high, false),
            Comparison::Greater => Domain::between(open(low), None, false),
            Comparison::AtLeast => Domain::between(low, None, false),
        };
        self.and(&allowed)
    }

    /// The values that have no more than `decimals` decimals, as a field's numbers: the ends are moved
    /// inwards to the nearest such number that belongs to the interval.
    pub fn on_grid(self, decimals: u32) -> Domain {
        let Between(low, high, whole) = self else { return self };
        let step = Exact::new(1, power_of_ten(decimals).unwrap_or(1));
        let put = |end: End, how: Rounding, sign: i128| match end {
            Some((Value::Number(n), strict)) => {
                let Ok(on) = round(&n, decimals, how) else { return Some((Value::Number(n), strict)) };
                if strict && on == n {
                    return Some((Value::Number(on + step * sign), false));
                }
                Some((Value::Number(on), false))
            }
            other => other,
        };
        Domain::between(put(low, Rounding::Up, 1), put(high, Rounding::Down, -1), whole)
    }
}

fn is_whole(value: &Value) -> bool {
    matches!(value, Value::Number(n) if n.is_integer())
}

/// The nearest whole number inwards from an end (`how` and `sign` say which way that is), as a closed end.
fn close(end: End, how: Rounding, sign: i128) -> End {
    match end {
        Some((Value::Number(n), strict)) => {
            let on = round(&n, 0, how).unwrap_or(n);
            let on = if strict && on == n { on + Exact::from_integer(sign) } else { on };
            Some((Value::Number(on), false))
        }
        other => other,
    }
}

/// The whole numbers from `low` to `high`, if they are no more than [`MAX_VALUES`].
fn listed(low: &Value, high: &Value) -> Option<BTreeSet<Value>> {
    let (Value::Number(low), Value::Number(high)) = (low, high) else { return None };
    let count = sub(high, low).ok()?;
    if count > Exact::from_integer(i128::try_from(MAX_VALUES).ok()? - 1) {
        return None;
    }
    Some((low.to_integer()..=high.to_integer()).map(|n| Value::Number(Exact::from_integer(n))).collect())
}

/// Of two lower ends the one that lets in more, of two upper ends the one that lets in less; of two at one
/// value, the closed one.
fn lower(a: (Value, bool), b: (Value, bool)) -> (Value, bool) {
    match a.0.cmp(&b.0) {
        Ordering::Less => a,
        Ordering::Greater => b,
        Ordering::Equal => (a.0, a.1 && b.1),
    }
}

/// Of two upper ends the one that lets in more, of two lower ends the one that lets in less; of two at one
/// value, the closed one.
fn higher(a: (Value, bool), b: (Value, bool)) -> (Value, bool) {
    match a.0.cmp(&b.0) {
        Ordering::Less => b,
        Ordering::Greater => a,
        Ordering::Equal => (a.0, a.1 && b.1),
    }
}

/// The end that both intervals have: by `pick`, the one that lets in less; of two at one value, the open
/// one.
fn tighter(a: End, b: End, pick: Pick) -> End {
    match (a, b) {
        (Some(a), Some(b)) => {
            let strict = a.0 == b.0 && (a.1 || b.1);
            let (value, open) = pick(a, b);
            Some((value, open || strict))
        }
        (a, b) => a.or(b),
    }
}

/// All values of a type.
pub(super) fn of_type(ty: &Type) -> Domain {
    match ty {
        Type::Bool => Domain::boolean(),
        Type::Text(Some(values)) => Domain::of(values.iter().cloned().map(Value::Text).collect()),
        Type::List(item) => List(Box::new(of_type(item)), 0, None),
        _ => Any,
    }
}

/// `f` of each pair of values of two sets; `None` if either is no set. Pairs that are errors give nothing.
fn pairs(a: &Domain, b: &Domain, f: impl Fn(&Value, &Value) -> Option<Value>) -> Option<Domain> {
    let (OneOf(a), OneOf(b)) = (a, b) else { return None };
    Some(Domain::of(a.iter().flat_map(|x| b.iter().filter_map(|y| f(x, y)).collect::<Vec<_>>()).collect()))
}

/// One of the four operations: on sets value by value, on intervals by their ends.
pub(super) fn arithmetic(op: Arithmetic, a: &Domain, b: &Domain) -> Domain {
    if *a == Nothing || *b == Nothing {
        return Nothing;
    }
    let exact = |x: &Value, y: &Value| {
        let (Value::Number(x), Value::Number(y)) = (x, y) else { return None };
        let result = match op {
            Arithmetic::Add => add(x, y),
            Arithmetic::Subtract => sub(x, y),
            Arithmetic::Multiply => mul(x, y),
            Arithmetic::Divide => div(x, y),
        };
        result.ok().map(Value::Number)
    };
    if let Some(result) = pairs(a, b, exact) {
        return result;
    }
    let whole = op != Arithmetic::Divide && a.is_whole() && b.is_whole();
    // An end made of two is open if either is: the value is not reached. But a zero that is reached makes
    // the product zero with any factor, the quotient with any divisor. There is no end if the operation
    // does not fit.
    let zero = Value::int(0);
    let of = |x: &End, y: &End| {
        let ((x, open_x), (y, open_y)) = (x.as_ref()?, y.as_ref()?);
        let zero_reached = match op {
            Arithmetic::Multiply => *x == zero && !open_x || *y == zero && !open_y,
            Arithmetic::Divide => *x == zero && !open_x,
            Arithmetic::Add | Arithmetic::Subtract => false,
        };
        Some((exact(x, y)?, (*open_x || *open_y) && !zero_reached))
    };
    let ((low_a, high_a), (low_b, high_b)) = (a.ends(), b.ends());
    let (low, high) = match op {
        Arithmetic::Add => (of(&low_a, &low_b), of(&high_a, &high_b)),
        Arithmetic::Subtract => (of(&low_a, &high_b), of(&high_a, &low_b)),
        Arithmetic::Multiply => match (sign(a), sign(b)) {
            // Both at or above zero: the ends are products of the ends.
            (Some(1), Some(1)) => (of(&low_a, &low_b), of(&high_a, &high_b)),
            // By one number, the ends are scaled; of two intervals of either sign nothing is said.
            _ => match (a.only(), b.only()) {
                (_, Some(by)) => scaled(op, &low_a, &high_a, by, &of),
                (Some(by), _) => scaled(op, &low_b, &high_b, by, &of),
                _ => (None, None),
            },
        },
        // Of two that are at or above zero, the least quotient is that of the least by the greatest.
        Arithmetic::Divide => match b.only() {
            Some(by) => scaled(op, &low_a, &high_a, by, &of),
            None if sign(a) == Some(1) && sign(b) == Some(1) => {
                let low = of(&low_a, &high_b).or(Some((Value::int(0), false)));
                (low, of(&high_a, &low_b))
            }
            None => (None, None),
        },
    };
    Domain::between(low, high, whole)
}

/// The ends of an interval multiplied or divided by one number: they change sides with its sign.
fn scaled(op: Arithmetic, low: &End, high: &End, by: &Value, of: &impl Fn(&End, &End) -> End) -> (End, End) {
    let Value::Number(n) = by else { return (None, None) };
    if n.is_zero() {
        let zero = Some((Value::int(0), false));
        return if op == Arithmetic::Multiply { (zero.clone(), zero) } else { (None, None) };
    }
    let by = Some((by.clone(), false));
    let (x, y) = (of(low, &by), of(high, &by));
    if n.is_negative() { (y, x) } else { (x, y) }
}

/// 1 if no value is below zero, -1 if none is above; `None` otherwise.
pub(super) fn sign(d: &Domain) -> Option<i8> {
    let zero = Value::int(0);
    match d.ends() {
        (Some((low, _)), _) if low >= zero => Some(1),
        (_, Some((high, _))) if high <= zero => Some(-1),
        _ => None,
    }
}

/// One of the six comparisons.
pub(super) fn compare(op: Comparison, a: &Domain, b: &Domain) -> Domain {
    if *a == Nothing || *b == Nothing {
        return Nothing;
    }
    if let Some(result) = pairs(a, b, |x, y| Some(Value::Bool(op.holds(x.cmp(y))))) {
        return result;
    }
    let ((low_a, high_a), (low_b, high_b)) = (a.ends(), b.ends());
    // `below`: with these ends (upper of x, lower of y) every x is less than every y. `at_most`: less or
    // equal.
    let below = |x: &End, y: &End| match (x, y) {
        (Some((x, open_x)), Some((y, open_y))) => x < y || x == y && (*open_x || *open_y),
        _ => false,
    };
    let at_most = |x: &End, y: &End| matches!((x, y), (Some((x, _)), Some((y, _))) if x <= y);
    let apart = below(&high_a, &low_b) || below(&high_b, &low_a);
    let (always, never) = match op {
        Comparison::Less => (below(&high_a, &low_b), at_most(&high_b, &low_a)),
        Comparison::AtMost => (at_most(&high_a, &low_b), below(&high_b, &low_a)),
        Comparison::Greater => (below(&high_b, &low_a), at_most(&high_a, &low_b)),
        Comparison::AtLeast => (at_most(&high_b, &low_a), below(&high_a, &low_b)),
        Comparison::Equal => (false, apart),
        Comparison::NotEqual => (apart, false),
    };
    match (always, never) {
        (true, _) => Domain::known(Value::Bool(true)),
        (_, true) => Domain::known(Value::Bool(false)),
        _ => Domain::boolean(),
    }
}

/// A function of the engine.
pub(super) fn call(builtin: Builtin, args: &[Domain]) -> Domain {
    if args.contains(&Nothing) {
        return Nothing;
    }
    let known: Option<Vec<Value>> = args.iter().map(|a| a.only().cloned()).collect();
    if let Some(known) = known {
        return apply(builtin, &known).map_or(Nothing, Domain::known);
    }
    let end = |n: u64| i64::try_from(n).ok().map(|n| (Value::int(n), false));
    let zero = || Some((Value::int(0), false));
    match (builtin, args) {
        // How many are true: none, if none can be; all, if no other can be.
        (Builtin::Nombre, [List(item, min, max)]) if matches!(**item, OneOf(_)) => {
            let low = match item.only_bool() {
                Some(true) => end(*min),
                Some(false) => return Domain::known(Value::int(0)),
                None if item.may_be(&Value::Bool(true)) => zero(),
                None => end(*min),
            };
            Domain::between(low, max.and_then(end), true)
        }
        (Builtin::Nombre | Builtin::Longueur, [List(_, min, max)]) => {
            Domain::between(end(*min), max.and_then(end), true)
        }
        (Builtin::Somme, [List(item, min, max)]) => sum(item, *min, *max),
        (Builtin::Un | Builtin::Tous, [List(item, min, _)]) => {
            // `un` is settled by one true, `tous` by one false.
            let settling = builtin == Builtin::Un;
            match item.only_bool() {
                Some(value) if value != settling => Domain::known(Value::Bool(!settling)),
                Some(_) if *min > 0 => Domain::known(Value::Bool(settling)),
                _ => Domain::boolean(),
            }
        }
        (Builtin::Max | Builtin::Min, [List(item, ..)]) => (**item).clone(),
        (Builtin::Max | Builtin::Min, [a, b]) => extreme(builtin, a, b),
        (Builtin::Contient, [List(item, ..), value]) if item.and(value) == Nothing => {
            Domain::known(Value::Bool(false))
        }
        (Builtin::Contient | Builtin::Un | Builtin::Tous, _) => Domain::boolean(),
        (Builtin::AnneesEntre | Builtin::MoisEntre | Builtin::JoursEntre, [from, to]) => {
            // The later the first day, the shorter; the later the second, the longer.
            let of = |a: End, b: End| Some((apply(builtin, &[a?.0, b?.0]).ok()?, false));
            let ((from_low, from_high), (to_low, to_high)) = (from.ends(), to.ends());
            Domain::between(of(from_high, to_low), of(from_low, to_high), true)
        }
        (Builtin::AjouterAnnees | Builtin::AjouterMois | Builtin::AjouterJours, [date, n]) => {
            let of = |a: End, b: End| Some((apply(builtin, &[a?.0, b?.0]).ok()?, false));
            let ((date_low, date_high), (low, high)) = (date.ends(), n.ends());
            Domain::between(of(date_low, low), of(date_high, high), false)
        }
        (Builtin::Arrondi(how), [x, rest @ ..]) => {
            let decimals = match rest {
                [] => Some(Value::int(0)),
                [d] => d.only().cloned(),
                _ => None,
            };
            let Some(decimals) = decimals else { return Any };
            let whole = decimals == Value::int(0);
            let of = |v: &Value| apply(Builtin::Arrondi(how), &[v.clone(), decimals.clone()]).ok();
            if let OneOf(values) = x {
                return Domain::of(values.iter().filter_map(of).collect());
            }
            let put = |end: End| Some((of(&end?.0)?, false));
            let (low, high) = x.ends();
            Domain::between(put(low), put(high), whole)
        }
        (Builtin::Nombre | Builtin::Longueur, _) => Domain::between(zero(), None, true),
        _ => Any,
    }
}

/// The total of at least `min` and at most `max` items of a domain.
fn sum(item: &Domain, min: u64, max: Option<u64>) -> Domain {
    let (low, high) = item.ends();
    let times = |n: u64| Domain::known(i64::try_from(n).map_or(Value::int(i64::MAX), Value::int));
    let of = |end: &End, n: Option<u64>| {
        let d = arithmetic(Arithmetic::Multiply, &Domain::known(end.as_ref()?.0.clone()), &times(n?));
        Some((d.only()?.clone(), false))
    };
    let zero = || Some((Value::int(0), false));
    // Items at or above zero: the fewest smallest, up to the most largest. Items of either sign: the most
    // of either end.
    let (low, high) = match sign(item) {
        Some(1) => {
            let is_zero = high == zero();
            (of(&low, Some(min)), if is_zero { zero() } else { of(&high, max) })
        }
        Some(_) => (of(&low, max), of(&high, Some(min))),
        None => (of(&low, max), of(&high, max)),
    };
    Domain::between(low, high, item.is_whole())
}

/// The larger (`max`) or smaller (`min`) of two.
fn extreme(builtin: Builtin, a: &Domain, b: &Domain) -> Domain {
    if let Some(result) = pairs(a, b, |x, y| apply(builtin, &[x.clone(), y.clone()]).ok()) {
        return result;
    }
    let ((low_a, high_a), (low_b, high_b)) = (a.ends(), b.ends());
    let both = |x: End, y: End, pick: Pick| x.zip(y).map(|(x, y)| pick(x, y));
    let whole = a.is_whole() && b.is_whole();
    // The larger of two is at least as large as either; below, it needs both.
    if builtin == Builtin::Max {
        Domain::between(tighter(low_a, low_b, higher), both(high_a, high_b, higher), whole)
    } else {
        Domain::between(both(low_a, low_b, lower), tighter(high_a, high_b, lower), whole)
    }
}

/// `!a`
pub(super) fn not(a: &Domain) -> Domain {
    match a {
        Nothing => Nothing,
        _ => a.only_bool().map_or_else(Domain::boolean, |v| Domain::known(Value::Bool(!v))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::unreachable, clippy::indexing_slicing)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        (-6_i128..7, 1_i128..4).prop_map(|(n, d)| Value::Number(Exact::new(n, d)))
    }

    /// A domain, and a value in it.
    fn holding() -> impl Strategy<Value = (Domain, Value)> {
        let set = prop::collection::btree_set(value(), 1..4)
            .prop_flat_map(|s| (Just(s.clone()), prop::sample::select(s.into_iter().collect::<Vec<_>>())))
            .prop_map(|(s, v)| (Domain::of(s), v));
        let interval = (value(), value(), value(), any::<[bool; 4]>()).prop_map(|(a, b, c, flags)| {
            let mut sorted = [a, b, c];
            sorted.sort();
            let [low, inside, high] = sorted;
            let end =
                |v: &Value, bounded: bool, open: bool| bounded.then(|| (v.clone(), open && *v != inside));
            let domain = Domain::between(
                end(&low, flags[0], flags[1]),
                end(&high, flags[2], flags[3]),
                is_whole(&inside),
            );
            (domain, inside)
        });
        prop_oneof![set, interval]
    }

    /// Every interval whose ends are whole numbers from -2 to 2, open, closed or none, of all numbers and
    /// of whole ones, and every set of at most two of them; each with its members among the halves from
    /// -3 to 3, found by the definition of an interval.
    fn small_domains() -> Vec<(Domain, Vec<Exact>)> {
        let halves: Vec<Exact> = (-6..=6).map(|n| Exact::new(n, 2)).collect();
        let number = |n: i128| Value::Number(Exact::from_integer(n));
        let ends: Vec<Option<(i128, bool)>> =
            std::iter::once(None).chain((-2..=2).flat_map(|n| [Some((n, false)), Some((n, true))])).collect();
        let mut domains = Vec::new();
        for (low, high, whole) in ends
            .iter()
            .flat_map(|low| ends.iter().map(move |high| (low, high)))
            .flat_map(|(low, high)| [(low, high, false), (low, high, true)])
        {
            let member = |n: &Exact| {
                let above = low.is_none_or(|(l, open)| *n > l.into() || !open && *n == l.into());
                let below = high.is_none_or(|(h, open)| *n < h.into() || !open && *n == h.into());
                above && below && (!whole || n.is_integer())
            };
            let end = |end: &Option<(i128, bool)>| end.map(|(n, open)| (number(n), open));
            let domain = Domain::between(end(low), end(high), whole);
            domains.push((domain, halves.iter().copied().filter(member).collect()));
        }
        for (low, high) in (-2..=2).flat_map(|low| (low..=2).map(move |high| (low, high))) {
            let set = Domain::of([number(low), number(high)].into());
            domains.push((set, vec![low.into(), high.into()]));
        }
        domains
    }

    /// The four operations on every pair of small domains: no result of two members is lacking. A random
    /// pair seldom has two ends at zero, of which one is open.
    #[test]
    fn no_result_of_small_domains_is_lacking() {
        use Arithmetic::*;
        let domains = small_domains();
        for ((a, of_a), (b, of_b)) in domains.iter().flat_map(|a| domains.iter().map(move |b| (a, b))) {
            for (op, exact) in
                [(Add, add as fn(&Exact, &Exact) -> _), (Subtract, sub), (Multiply, mul), (Divide, div)]
            {
                let domain = arithmetic(op, a, b);
                let mut results: Vec<Exact> =
                    of_a.iter().flat_map(|x| of_b.iter().filter_map(move |y| exact(x, y).ok())).collect();
                results.sort_unstable();
                results.dedup();
                for result in results {
                    assert!(
                        domain.may_be(&Value::Number(result)),
                        "{a:?} {op:?} {b:?} = {domain:?}, which lacks {result}"
                    );
                }
            }
        }
    }

    fn comparison() -> impl Strategy<Value = Comparison> {
        use Comparison::*;
        prop::sample::select(vec![Equal, NotEqual, Less, AtMost, Greater, AtLeast])
    }

    proptest! {
        /// What two values of two domains give lies in what the domains give.
        #[test]
        fn an_operation_keeps_its_values((a, x) in holding(), (b, y) in holding(), op in comparison()) {
            use Arithmetic::*;
            prop_assert!(a.may_be(&x) && b.may_be(&y));
            let (Value::Number(m), Value::Number(n)) = (&x, &y) else { unreachable!() };
            for (op, result) in
                [(Add, add(m, n)), (Subtract, sub(m, n)), (Multiply, mul(m, n)), (Divide, div(m, n))]
            {
                if let Ok(result) = result {
                    let domain = arithmetic(op, &a, &b);
                    prop_assert!(domain.may_be(&Value::Number(result)), "{a:?} {op:?} {b:?} = {domain:?}");
                }
            }
            let holds = op.holds(x.cmp(&y));
            prop_assert!(compare(op, &a, &b).may_be(&Value::Bool(holds)));
            if holds {
                prop_assert!(a.narrowed(op, &b).may_be(&x), "{a:?} {op:?} {b:?}");
            }
            prop_assert!(a.or(&b).may_be(&x) && a.or(&b).may_be(&y));
            prop_assert!(!b.may_be(&x) || a.and(&b).may_be(&x));
            for (builtin, result) in [(Builtin::Max, x.clone().max(y.clone())), (Builtin::Min, x.min(y))] {
                prop_assert!(call(builtin, &[a.clone(), b.clone()]).may_be(&result));
            }
        }

        /// Rounding, and the totals of lists whose items and lengths are in bounds.
        #[test]
        fn a_function_keeps_its_values(
            (a, x) in holding(),
            items in prop::collection::vec(0_usize..2, 0..4),
            spare in 0_u64..2,
            bounded in any::<bool>(),
        ) {
            for how in [Rounding::Nearest, Rounding::Down, Rounding::Up] {
                let exact = apply(Builtin::Arrondi(how), std::slice::from_ref(&x)).unwrap();
                prop_assert!(call(Builtin::Arrondi(how), std::slice::from_ref(&a)).may_be(&exact));
            }
            let list: Vec<Value> = items.iter().map(|_| x.clone()).collect();
            let n = list.len() as u64;
            let domain = List(Box::new(a), n.saturating_sub(spare), bounded.then_some(n + spare));
            let list = Value::List(list.into());
            prop_assert!(domain.may_be(&list));
            for builtin in [Builtin::Somme, Builtin::Nombre, Builtin::Longueur] {
                let exact = apply(builtin, std::slice::from_ref(&list)).unwrap();
                let found = call(builtin, std::slice::from_ref(&domain));
                prop_assert!(found.may_be(&exact), "{builtin:?} {domain:?} = {found:?}, not {exact}");
            }
        }
    }
}
