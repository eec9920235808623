//! The functions of the engine on what values can be.

use std::collections::BTreeSet;

use super::arithmetic::{arithmetic, pairs};
use super::{Missing, Possible, Range, missing_of, union_all};
use logis_language::plan::builtins::{Builtin, ValueError, apply};
use logis_language::plan::ir::Arithmetic;
use logis_language::value::{Date, Value};

/// A date in the middle of those in use.
const EPOCH: Date = Date::constant(1970, 1, 1);

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
