//! What a value can be over all allowed inputs: an abstract domain of sets and intervals, for the static
//! analyses only.
//!
//! Unlike `evaluate::possible`, which answers for one row and gives nothing where a completion may be
//! an error, a [`Domain`] holds the values of the completions that have one; its bounds may be open, so
//! that `x > 10` leaves no 10. Where a computation is not followed it is [`Domain::Any`]: a domain may
//! hold values that never come up, and never lacks one that does.

mod compute;

use std::cmp::Ordering;
use std::collections::BTreeSet;

use Domain::{Any, Between, List, Nothing, OneOf};
pub(super) use compute::{arithmetic, call, compare, not, sign};
use logis_language::plan::ir::Comparison;
use logis_language::value::{Exact, Rounding, Type, Value, power_of_ten, round, sub};

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
        // Few values are kept as they are; of many only their ends, which lets in more and never less.
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
            // The union may be too long a list, and is an interval then.
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
        // `self < other` can hold below the largest value of the other; likewise for the rest.
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
    // One less than there are, since both ends belong.
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

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::unreachable, clippy::indexing_slicing)]
mod tests;
