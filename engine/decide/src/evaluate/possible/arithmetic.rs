//! Arithmetic, comparison and negation of what values can be: set by set where there are few values, else by their bounds.

use std::collections::BTreeSet;

use num_traits::{Signed, Zero};

use super::{MAX_VALUES, Missing, Possible, Range, missing_of};
use logis_language::plan::builtins::ValueError;
use logis_language::plan::ir::{Arithmetic, Comparison};
use logis_language::value::{Exact, NumberError, Value, add, div, mul, sub};

/// `f` of each pair of values of the two; `None` if either has too many to list. It may fail if one pair
/// does.
pub(super) fn pairs(
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
