//! The reference: Rhai's own interpreter, one row at a time, sandboxed.
//!
//! It runs the rules as any Rhai tool would, with exact numbers in place of Rhai's own, and is the
//! oracle that the plan is held against. It is slow and plain on purpose. A missing input is the
//! value [`Unknown`]; an outcome whose computation touches it is unknown.

use std::collections::HashMap;
use std::sync::Arc;

use rhai::{AST, Dynamic, Engine, EvalAltResult, ImmutableString, Scope};

use logis_data::{Dataset, Members, NO_ROW, column_of};
use logis_language::diagnostic::{Diagnostics, PackError};
use logis_language::graph::{Access, Link, RuleGraph, RuleId, Step, Target, text_at};
use logis_language::pack::Parsed;
use logis_language::pack::params::Parameter;
use logis_language::pack::schema::{EntityId, Field, Origin};
use logis_language::pack::script::parser;
use logis_language::plan::Plan;
use logis_language::plan::builtins::{BUILTINS, Builtin, ValueError, apply};
use logis_language::value::{Date, Exact, Type, Value, add, div, mul, parse_number, sub};

/// A missing input, as scripts see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown;

/// What the interpreter gives for one rule and row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Decided.
    Known(Value),
    /// The computation touched a missing input.
    Unknown,
    /// It failed.
    Error(ValueError),
}

/// A result of Rhai's; reasons for failing are carried as [`Failed`] in a runtime error.
type Fallible<T> = Result<T, Box<EvalAltResult>>;

/// The interpreter with the rules in force on a date.
pub struct Interpreter<'d> {
    engine: Engine,
    /// All functions in force on the date.
    ast: AST,
    /// By rule: what its parameters are wired to; `None` if it is not in force.
    rules: Vec<Option<Vec<Link>>>,
    parsed: Arc<Parsed>,
    date: Date,
    dataset: &'d Dataset,
    /// By entity and relation: the rows that belong to each row of the target.
    members: HashMap<(EntityId, usize), Members>,
}

impl<'d> Interpreter<'d> {
    /// Prepares the interpreter for a plan's pack and date.
    ///
    /// # Errors
    /// The problems of the pack on that date.
    pub fn new(plan: &Plan, dataset: &'d Dataset) -> Result<Interpreter<'d>, PackError> {
        let parsed = plan.parsed.clone();
        let mut out = Diagnostics::default();
        let graph = RuleGraph::wire(&parsed, plan.date, plan.dated, &mut out);
        if out.has_errors() {
            return Err(PackError { diagnostics: out.items, sources: parsed.sources.clone() });
        }
        let rules = graph.rules.iter().map(|w| w.as_ref().map(|w| w.links.clone())).collect();
        let engine = engine(parsed.clone(), plan.date);
        let ast = merged(&engine, &parsed, plan.date);
        // By every relation, since it is plain: the plan groups only those that it follows.
        let mut members = HashMap::new();
        for (child, entity) in parsed.schema.entities.iter().enumerate() {
            for (relation, link) in entity.belongs_to.iter().enumerate() {
                let rows = dataset.tables.get(link.target).map_or(0, logis_data::Table::rows);
                let links = dataset.tables.get(child).and_then(|t| t.links.get(relation));
                members.insert((child, relation), Members::new(links.map_or(&[], |l| l), rows));
            }
        }
        Ok(Interpreter { engine, ast, rules, parsed: parsed.clone(), date: plan.date, dataset, members })
    }

    /// Decides one rule for one row; each rule that it needs is run once for each row it concerns.
    pub fn decide(&self, rule: RuleId, row: u64) -> Answer {
        answer(self.run(rule, row, &mut HashMap::new()))
    }

    /// Decides several names for one row; rules that they share are run once.
    pub fn decide_all(&self, names: &[&str], row: u64) -> Vec<Answer> {
        let mut done = HashMap::new();
        let decide = |name: &&str| match self.parsed.rule(name) {
            Some(rule) => answer(self.run(rule, row, &mut done)),
            None => self.decide_name(name, row),
        };
        names.iter().map(decide).collect()
    }

    /// Decides a name selected in a plan: a rule, or a field as it stands.
    pub fn decide_name(&self, name: &str, row: u64) -> Answer {
        match (self.parsed.rule(name), self.parsed.schema.field(name)) {
            (Some(rule), _) => self.decide(rule, row),
            (None, Some(field)) => answer(Ok(self.leaf(Target::Field(field), row, &mut HashMap::new()))),
            _ => Answer::Unknown,
        }
    }

    /// Runs a rule for a row, after the rules that it needs; `done` remembers outcomes by rule and row.
    fn run(
        &self,
        rule: RuleId,
        row: u64,
        done: &mut HashMap<(RuleId, u64), Fallible<Dynamic>>,
    ) -> Fallible<Dynamic> {
        if let Some(known) = done.get(&(rule, row)) {
            return match known {
                Ok(value) => Ok(value.clone()),
                Err(error) => Err(copy_error(error)),
            };
        }
        // A rule that is not in force is not run: it is false, 0, or not known.
        let absent = self.parsed.rules.get(rule).filter(|r| r.outside(self.date).is_some());
        if let Some(kind) = absent.and_then(|r| r.kind.as_ref()) {
            return Ok(match kind {
                Type::Bool => Dynamic::from_bool(false),
                Type::Number => Dynamic::from_int(0),
                Type::Date | Type::Text(_) | Type::List(_) => Dynamic::from(Unknown),
            });
        }
        // First the arguments, each a field or the outcome of another rule; then the script.
        let Some(Some(links)) = self.rules.get(rule) else { return Err(failure(ValueError::Type)) };
        let mut args = Vec::with_capacity(links.len());
        for link in links {
            args.push(self.argument(link, row, done));
        }
        // An argument that fails fails only what uses it; calls are strict, so it is passed as such.
        let name = self.parsed.rules.get(rule).map_or("", |r| r.name.as_str());
        let mut scope = Scope::new();
        let options = rhai::CallFnOptions::new().eval_ast(false);
        let failed = args.iter().find_map(|a| a.clone().try_cast::<Failed>()?.0);
        let result = self.engine.call_fn_with_options::<Dynamic>(options, &mut scope, &self.ast, name, args);
        // `if failed …`: Rhai only says that it wanted a boolean.
        let result = match (result, failed) {
            (Err(error), Some(failed)) if type_found(&error).is_some_and(|t| t.contains("Failed")) => {
                Err(failure(failed))
            }
            (result, _) => result,
        };
        // Remembered, errors too: a rule that two others need is run once for a row.
        let kept = match &result {
            Ok(value) => Ok(value.clone()),
            Err(error) => Err(copy_error(error)),
        };
        done.insert((rule, row), kept);
        result
    }

    /// The argument of a rule for a row: a value, [`Unknown`] or [`Failed`].
    fn argument(
        &self,
        link: &Link,
        row: u64,
        done: &mut HashMap<(RuleId, u64), Fallible<Dynamic>>,
    ) -> Dynamic {
        match &link.access {
            Access::Own => self.leaf(link.target, row, done),
            Access::Up(steps) => {
                let mut at = row;
                for step in steps {
                    match self.step(*step, at) {
                        Some(parent) => at = parent,
                        None => return Dynamic::from(Unknown),
                    }
                }
                self.leaf(link.target, at, done)
            }
            Access::Members { child, relation } => {
                let rows = self.members.get(&(*child, *relation));
                let rows = rows.map_or(&[][..], |m| usize::try_from(row).map_or(&[], |r| m.of(r)));
                let items: Vec<Dynamic> =
                    rows.iter().map(|&member| self.leaf(link.target, u64::from(member), done)).collect();
                Dynamic::from_array(items)
            }
        }
    }

    /// The value of a name on a row of its own entity.
    fn leaf(
        &self,
        target: Target,
        row: u64,
        done: &mut HashMap<(RuleId, u64), Fallible<Dynamic>>,
    ) -> Dynamic {
        match target {
            Target::DecisionDate => Dynamic::from(self.date),
            // Passing a failed or unknown outcome on is no failure; using it is.
            Target::Rule(rule) => match self.run(rule, row, done) {
                Ok(value) => value,
                Err(error) => match reason(&error) {
                    Some(_) => Dynamic::from(Failed::of(&error)),
                    None => Dynamic::from(Unknown),
                },
            },
            Target::Field(id) => {
                let schema = &self.parsed.schema;
                let column = column_of(self.dataset, schema, id);
                let value = column.and_then(|c| c.get(usize::try_from(row).ok()?));
                let none = schema.fields.get(id).filter(|_| column.is_none()).and_then(Field::empty);
                match value.or(none) {
                    Some(value) => to_dynamic(&value),
                    None => Dynamic::from(Unknown),
                }
            }
        }
    }

    /// The row that a step leads to; `None` if the relation is missing.
    fn step(&self, step: Step, row: u64) -> Option<u64> {
        let second_rows = |pair: EntityId| match self.parsed.schema.entities.get(pair).map(|e| &e.origin) {
            Some(Origin::Pair(_, b)) => self.dataset.tables.get(*b).map_or(1, |t| t.rows().max(1) as u64),
            _ => 1,
        };
        match step {
            Step::First(pair) => Some(row / second_rows(pair)),
            Step::Second(pair) => Some(row % second_rows(pair)),
            Step::BelongsTo(entity, relation) => {
                let parent =
                    *self.dataset.tables.get(entity)?.links.get(relation)?.get(usize::try_from(row).ok()?)?;
                (parent != NO_ROW).then(|| u64::from(parent))
            }
        }
    }
}

/// All functions in force on `date`, in one tree.
fn merged(engine: &Engine, parsed: &Parsed, date: Date) -> AST {
    let mut all = AST::empty();
    for (file, source) in parsed.sources.files().iter().enumerate() {
        if !source.path.ends_with(".rhai") {
            continue;
        }
        // Parsed before without error.
        let Ok(mut ast) = engine.compile(source.text.as_ref()) else { continue };
        ast.retain_functions(|_, _, name, _| {
            let texts = parsed.rule(name).and_then(|r| parsed.rules.get(r)).map_or(&[][..], |r| &r.texts);
            text_at(texts, date).is_some_and(|t| t.span.file == file)
        });
        all = all.merge(&ast);
    }
    all
}

/// An argument whose own rule failed: using it fails in the same way.
#[derive(Clone, Copy, Debug)]
struct Failed(Option<ValueError>);

impl Failed {
    fn of(error: &EvalAltResult) -> Failed {
        Failed(reason(error))
    }
}

/// Why an evaluation stopped: a failure, or (`None`) a missing input.
fn reason(error: &EvalAltResult) -> Option<ValueError> {
    match error.unwrap_inner() {
        EvalAltResult::ErrorRuntime(value, _) => match value.clone().try_cast::<Failed>() {
            Some(Failed(reason)) => reason,
            None => Some(ValueError::Type),
        },
        // `if unknown`, `unknown && …`: Rhai wants a boolean and says which type it found.
        _ if type_found(error).is_some_and(|t| t.contains("Unknown")) => None,
        _ => Some(ValueError::Type),
    }
}

/// The type that Rhai found where it wanted another.
fn type_found(error: &EvalAltResult) -> Option<&str> {
    match error.unwrap_inner() {
        EvalAltResult::ErrorMismatchDataType(_, found, _) => Some(found),
        _ => None,
    }
}

/// What the value or error of a rule is for whoever asked.
fn answer(result: Fallible<Dynamic>) -> Answer {
    match result {
        Ok(value) if value.is::<Unknown>() => Answer::Unknown,
        Ok(value) => match value.clone().try_cast::<Failed>() {
            Some(Failed(Some(error))) => Answer::Error(error),
            Some(Failed(None)) => Answer::Unknown,
            None => from_dynamic(&value).map_or(Answer::Error(ValueError::Type), Answer::Known),
        },
        Err(error) => reason(&error).map_or(Answer::Unknown, Answer::Error),
    }
}

/// An error that is used again: Rhai's are not cloned, but only their reason matters.
fn copy_error(error: &EvalAltResult) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(Failed::of(error)), rhai::Position::NONE))
}

/// The error of a computation, as scripts raise it.
fn failure(error: ValueError) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(Failed(Some(error))), rhai::Position::NONE))
}

/// The error of a computation that touched a missing input.
fn unknown() -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(Failed(None)), rhai::Position::NONE))
}

/// A value as scripts see it: whole numbers as Rhai's integers where they fit, others as [`Exact`].
fn to_dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Bool(b) => Dynamic::from_bool(*b),
        Value::Number(n) => number(*n),
        Value::Date(d) => Dynamic::from(*d),
        Value::Text(t) => Dynamic::from(ImmutableString::from(t.as_ref())),
        Value::List(items) => Dynamic::from_array(items.iter().map(to_dynamic).collect()),
    }
}

fn number(n: Exact) -> Dynamic {
    match i64::try_from(*n.numer()) {
        Ok(whole) if n.is_integer() => Dynamic::from_int(whole),
        _ => Dynamic::from(n),
    }
}

/// A value from what a script gave; `None` for what is no value.
fn from_dynamic(value: &Dynamic) -> Option<Value> {
    if let Ok(b) = value.as_bool() {
        return Some(Value::Bool(b));
    }
    if let Some(n) = exact(value) {
        return Some(Value::Number(n));
    }
    if let Some(text) = value.clone().try_cast::<ImmutableString>() {
        return Some(Value::text(&text));
    }
    if let Some(date) = value.clone().try_cast::<Date>() {
        return Some(Value::Date(date));
    }
    let items = value.clone().try_cast::<rhai::Array>()?;
    items.iter().map(from_dynamic).collect::<Option<Arc<[Value]>>>().map(Value::List)
}

/// An exact number from any of the three forms that scripts have.
fn exact(value: &Dynamic) -> Option<Exact> {
    if let Ok(whole) = value.as_int() {
        return Some(Exact::from_integer(i128::from(whole)));
    }
    if let Ok(decimal) = value.as_decimal() {
        return parse_number(&decimal.to_string());
    }
    value.clone().try_cast::<Exact>()
}

/// What an operator or builtin was given: a known value, or why there is none.
fn given(value: &Dynamic) -> Fallible<Value> {
    if let Some(Failed(reason)) = value.clone().try_cast::<Failed>() {
        return Err(reason.map_or_else(unknown, failure));
    }
    if value.is::<Unknown>() {
        return Err(unknown());
    }
    if let Some(items) = value.clone().try_cast::<rhai::Array>() {
        return items.iter().map(given).collect::<Fallible<Arc<[Value]>>>().map(Value::List);
    }
    from_dynamic(value).ok_or_else(|| failure(ValueError::Type))
}

/// The sandboxed interpreter: our numbers, dates and builtins, and nothing else.
fn engine(parsed: Arc<Parsed>, date: Date) -> Engine {
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
    register_param(&mut engine, parsed, date);
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

/// `param`, with up to three keys: Rhai finds functions by the number of their arguments.
fn register_param(engine: &mut Engine, parsed: Arc<Parsed>, date: Date) {
    // A key that is unknown makes the cell unknown; keys without a cell are an error of the row.
    let read = move |path: &str, keys: &[Dynamic]| -> Fallible<Dynamic> {
        let keys: Vec<Value> = keys.iter().map(given).collect::<Fallible<_>>()?;
        let parameter: Option<&Parameter> = parsed.parameter(path).and_then(|p| parsed.parameters.get(p));
        let cell = parameter.and_then(|p| p.at(date)).and_then(|v| v.cells.get(&keys));
        cell.map(|c| to_dynamic(&c.value)).ok_or_else(|| failure(ValueError::NoCell))
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
