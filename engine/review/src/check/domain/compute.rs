//! Operations and functions of the engine on domains.

use num_traits::{Signed, Zero};

use super::{Domain, End, Pick, higher, lower, tighter};
use Domain::{Any, List, Nothing, OneOf};
use logis_language::plan::builtins::{Builtin, apply};
use logis_language::plan::ir::{Arithmetic, Comparison};
use logis_language::value::{Value, add, div, mul, sub};

/// `f` of each pair of values of two sets; `None` if either is no set. Pairs that are errors give nothing.
fn pairs(a: &Domain, b: &Domain, f: impl Fn(&Value, &Value) -> Option<Value>) -> Option<Domain> {
    let (OneOf(a), OneOf(b)) = (a, b) else { return None };
    Some(Domain::of(a.iter().flat_map(|x| b.iter().filter_map(|y| f(x, y)).collect::<Vec<_>>()).collect()))
}

/// One of the four operations: on sets value by value, on intervals by their ends.
pub(in super::super) fn arithmetic(op: Arithmetic, a: &Domain, b: &Domain) -> Domain {
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
pub(in super::super) fn sign(d: &Domain) -> Option<i8> {
    let zero = Value::int(0);
    match d.ends() {
        (Some((low, _)), _) if low >= zero => Some(1),
        (_, Some((high, _))) if high <= zero => Some(-1),
        _ => None,
    }
}

/// One of the six comparisons.
pub(in super::super) fn compare(op: Comparison, a: &Domain, b: &Domain) -> Domain {
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
pub(in super::super) fn call(builtin: Builtin, args: &[Domain]) -> Domain {
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
pub(in super::super) fn not(a: &Domain) -> Domain {
    match a {
        Nothing => Nothing,
        _ => a.only_bool().map_or_else(Domain::boolean, |v| Domain::known(Value::Bool(!v))),
    }
}
