//! The sandboxed interpreter: exact numbers in place of Rhai's own, the builtins of rules, `param`, and nothing else.

use std::sync::{Arc, Mutex, PoisonError};

use rhai::{Dynamic, Engine, ImmutableString};

use super::Unknown;
use super::dynamic::{Failed, Fallible, failure, given, number, to_dynamic};
use logis_language::pack::Parsed;
use logis_language::pack::params::Parameter;
use logis_language::pack::script::parser;
use logis_language::plan::builtins::{BUILTINS, Builtin, ValueError, apply};
use logis_language::value::{Date, Exact, Value, add, div, mul, sub};

/// The sandboxed interpreter: our numbers, dates and builtins, and nothing else.
pub(super) fn engine(parsed: Arc<Parsed>, date: Date, here: Here) -> Engine {
    let mut engine = parser();
    engine.set_max_operations(1_000_000);
    engine.set_max_call_levels(32);
    engine.set_max_array_size(10_000);
    engine.set_max_map_size(0);
    engine.set_max_modules(0);
    engine.set_max_variables(1_000);
    engine.disable_symbol("eval");
    engine.disable_symbol("import");
    // Rhai's own arithmetic wraps numbers into its own types and truncates integer division.
    engine.set_fast_operators(false);
    register_operators(&mut engine);
    for (name, builtin) in BUILTINS {
        let one = move |a: Dynamic| list_call(builtin, &[a]);
        engine.register_fn(name, one);
        engine.register_fn(name, move |a: Dynamic, b: Dynamic| list_call(builtin, &[a, b]));
    }
    register_param(&mut engine, parsed, date, here);
    engine
}

/// A builtin on what scripts pass. `un`, `tous` and `contient` may be settled by a known item.
fn list_call(builtin: Builtin, args: &[Dynamic]) -> Fallible<Dynamic> {
    let items = args.first().and_then(|a| a.clone().try_cast::<rhai::Array>()).unwrap_or_default();
    // One item decides, even beside unknown ones; not beside one whose rule failed, which is an error.
    let settled = match builtin {
        Builtin::Un => items.iter().any(|i| i.as_bool() == Ok(true)).then_some(true),
        Builtin::Tous => items.iter().any(|i| i.as_bool() == Ok(false)).then_some(false),
        _ => None,
    };
    let failing = items.iter().any(|i| i.clone().try_cast::<Failed>().is_some_and(|f| f.0.is_some()));
    if let Some(settled) = settled.filter(|_| !failing) {
        return Ok(Dynamic::from_bool(settled));
    }
    let known: Vec<Value> = args.iter().map(given).collect::<Fallible<_>>()?;
    apply(builtin, &known).map(|v| to_dynamic(&v)).map_err(failure)
}

/// The operators of rules, on exact numbers in place of Rhai's own.
fn register_operators(engine: &mut Engine) {
    macro_rules! arithmetic {
        ($($symbol:literal => $function:path),*) => {$(
            engine.register_fn($symbol, |a: Dynamic, b: Dynamic| -> Fallible<Dynamic> {
                match (given(&a)?, given(&b)?) {
                    (Value::Number(a), Value::Number(b)) => $function(&a, &b).map(number).map_err(|e| failure(e.into())),
                    _ => Err(failure(ValueError::Type)),
                }
            });
        )*};
    }
    arithmetic!("+" => add, "-" => sub, "*" => mul, "/" => div);
    macro_rules! comparison {
        ($($symbol:literal => $holds:expr),*) => {$(
            engine.register_fn($symbol, |a: Dynamic, b: Dynamic| -> Fallible<bool> {
                let holds: fn(std::cmp::Ordering) -> bool = $holds;
                let (a, b) = (given(&a)?, given(&b)?);
                Ok(holds(a.cmp(&b)))
            });
        )*};
    }
    comparison!(
        "==" => std::cmp::Ordering::is_eq, "!=" => std::cmp::Ordering::is_ne,
        "<" => std::cmp::Ordering::is_lt, "<=" => std::cmp::Ordering::is_le,
        ">" => std::cmp::Ordering::is_gt, ">=" => std::cmp::Ordering::is_ge
    );
    engine.register_fn("-", |a: Dynamic| -> Fallible<Dynamic> {
        match given(&a)? {
            Value::Number(n) => sub(&Exact::from_integer(0), &n).map(number).map_err(|e| failure(e.into())),
            _ => Err(failure(ValueError::Type)),
        }
    });
    engine.register_fn("!", |a: Dynamic| -> Fallible<bool> {
        match given(&a)? {
            Value::Bool(b) => Ok(!b),
            _ => Err(failure(ValueError::Type)),
        }
    });
}

/// By level of the pack's territories: that of the row whose rule runs, if it is known.
pub(super) type Here = Arc<Mutex<Vec<Option<Arc<str>>>>>;

/// A table without a value on the day is unknown; one that has values, none of them for the keys, is an error.
fn cell(parameter: &Parameter, date: Date, keys: &[Value]) -> Fallible<Dynamic> {
    let Some(version) = parameter.at(date) else { return Ok(Dynamic::from(Unknown)) };
    let cell = version.cells.get(keys);
    cell.map(|c| to_dynamic(&c.value)).ok_or_else(|| failure(ValueError::NoCell))
}

/// Has a table each of these keys at its place, on any day?
fn has_keys(parameter: &Parameter, keys: &[Value]) -> bool {
    let known = |at: usize, key: &Value| {
        parameter.versions.iter().flat_map(|v| v.cells.keys()).any(|known| known.get(at) == Some(key))
    };
    keys.iter().enumerate().all(|(at, key)| known(at, key))
}

fn others_have(parsed: &Parsed, parameter: &Parameter, keys: &[Value]) -> bool {
    let local = parameter.local.iter().filter_map(|id| parsed.parameters.get(*id));
    std::iter::once(parameter).chain(local).any(|table| has_keys(table, keys))
}

/// `param`, with up to three keys: Rhai finds functions by the number of their arguments.
fn register_param(engine: &mut Engine, parsed: Arc<Parsed>, date: Date, here: Here) {
    // A key that is unknown makes the cell unknown; keys without a cell are an error of the row.
    let read = move |path: &str, keys: &[Dynamic]| -> Fallible<Dynamic> {
        let keys: Vec<Value> = keys.iter().map(given).collect::<Fallible<_>>()?;
        let parameter: Option<&Parameter> = parsed.parameter(path).and_then(|p| parsed.parameters.get(p));
        let Some(parameter) = parameter else { return Err(failure(ValueError::NoCell)) };
        let here = here.lock().unwrap_or_else(PoisonError::into_inner);
        // The finest territory that gives the table gives the cell.
        for local in parameter.local.iter().rev().filter_map(|id| parsed.parameters.get(*id)) {
            let of = local.territory.and_then(|t| parsed.territories.all.get(t));
            // A key that rules write is one of some table; what this one lacks is left to the others.
            let lacks = !has_keys(local, &keys) && others_have(&parsed, parameter, &keys);
            let Some(of) = of.filter(|of| of.holds_on(date) && !lacks) else { continue };
            match here.get(of.level) {
                Some(Some(name)) if *name == of.name => return cell(local, date, &keys),
                Some(Some(_)) | None => {}
                Some(None) => return Ok(Dynamic::from(Unknown)),
            }
        }
        if parameter.versions.is_empty() {
            return Ok(Dynamic::from(Unknown));
        }
        cell(parameter, date, &keys)
    };
    let read = Arc::new(read);
    let r = read.clone();
    engine.register_fn("param", move |p: ImmutableString| r(&p, &[]));
    let r = read.clone();
    engine.register_fn("param", move |p: ImmutableString, a: Dynamic| r(&p, &[a]));
    let r = read.clone();
    engine.register_fn("param", move |p: ImmutableString, a: Dynamic, b: Dynamic| r(&p, &[a, b]));
    engine.register_fn("param", move |p: ImmutableString, a: Dynamic, b: Dynamic, c: Dynamic| {
        read(&p, &[a, b, c])
    });
}
