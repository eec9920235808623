//! The reference: Rhai's own interpreter, one row at a time, sandboxed.
//!
//! It runs the rules as any Rhai tool would, with exact numbers in place of Rhai's own, and is the
//! oracle that the plan is held against. It is slow and plain on purpose. A missing input is the
//! value [`Unknown`]; an outcome whose computation touches it is unknown.

mod dynamic;
mod sandbox;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use rhai::{AST, Dynamic, Engine, Scope};

use crate::evaluate::{DecisionColumn, Decisions, Outcome, RowError};
use dynamic::{Failed, Fallible, copy_error, failure, from_dynamic, reason, to_dynamic, type_found, unknown};
use logis_data::{Dataset, Members, NO_ROW, column_of};
use logis_language::diagnostic::{Diagnostics, PackError};
use logis_language::graph::{Access, Link, RuleGraph, RuleId, Step, Target, local_on, text_at};
use logis_language::pack::Parsed;
use logis_language::pack::schema::{EntityId, Field, Origin};
use logis_language::pack::territory::{Territory, TerritoryId, local_path, national_path};
use logis_language::plan::Plan;
use logis_language::plan::builtins::ValueError;
use logis_language::value::{Date, Type, Value};
use sandbox::Here;

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

/// The interpreter with the rules in force on a date.
pub struct Interpreter<'d> {
    engine: Engine,
    /// Of the row whose rule runs.
    here: Here,
    /// By entity and level: the way from a row to its territory, if there is one.
    places: Vec<Vec<Option<Link>>>,
    /// All functions in force on the date; then, by territory, those that its code sees.
    asts: Vec<AST>,
    /// By rule: what its parameters are wired to; `None` if it is not in force.
    rules: Vec<Option<Arc<[Link]>>>,
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
        let rules = graph.wiring.rules.iter().map(|w| w.as_ref().map(|w| w.links.clone())).collect();
        let here = Here::default();
        let engine = sandbox::engine(parsed.clone(), plan.date, here.clone());
        let territories = &parsed.territories;
        let ways = |entity| {
            (0..territories.levels.len())
                .map(|level| territories.link(&parsed.schema, entity, level))
                .collect()
        };
        let places = (0..parsed.schema.entities.len()).map(ways).collect();
        let of = (0..parsed.territories.all.len()).map(Some);
        let asts = std::iter::once(None).chain(of);
        let asts = asts.map(|territory| merged(&engine, &parsed, plan.date, territory)).collect();
        // By every relation, since it is plain: the plan groups only those that it follows.
        let mut members = HashMap::new();
        for (child, entity) in parsed.schema.entities.iter().enumerate() {
            for (relation, link) in entity.belongs_to.iter().enumerate() {
                let rows = dataset.tables.get(link.target).map_or(0, logis_data::Table::rows);
                let links = dataset.tables.get(child).and_then(|t| t.links.get(relation));
                members.insert((child, relation), Members::new(links.map_or(&[], |l| l), rows));
            }
        }
        Ok(Interpreter {
            engine,
            here,
            places,
            asts,
            rules,
            parsed: parsed.clone(),
            date: plan.date,
            dataset,
            members,
        })
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
        if let Some(kind) = absent.and_then(|_| self.parsed.kind(rule)) {
            return Ok(match kind {
                Type::Bool => Dynamic::from_bool(false),
                Type::Number => Dynamic::from_int(0),
                Type::Date | Type::Text(_) | Type::List(_) => Dynamic::from(Unknown),
            });
        }
        // A territory may give a rule in place of this one: the finest does.
        if let Some(own) = self.parsed.rules.get(rule).filter(|r| r.nowhere || !r.local.is_empty()) {
            let here = self.here_of(own.entity, row, done);
            for local in local_on(&self.parsed, own, self.date).into_iter().rev() {
                let of =
                    self.parsed.rules.get(local).and_then(|r| self.parsed.territories.all.get(r.territory?));
                match of.and_then(|of| Some((of, here.get(of.level)?))) {
                    Some((of, Some(name))) if *name == of.name => return self.run(local, row, done),
                    Some((_, None)) => return Err(unknown()),
                    _ => {}
                }
            }
            if own.nowhere {
                return Err(unknown());
            }
        }
        // First the arguments, each a field or the outcome of another rule; then the script.
        let Some(Some(links)) = self.rules.get(rule) else { return Err(failure(ValueError::Type)) };
        let mut args = Vec::with_capacity(links.len());
        for link in links.iter() {
            args.push(self.argument(link, row, done));
        }
        // An argument that fails fails only what uses it; calls are strict, so it is passed as such.
        let name = self.parsed.rules.get(rule).map_or("", |r| national_path(&r.name));
        let territory = self.parsed.rules.get(rule).and_then(|r| r.territory);
        let Some(ast) = self.asts.get(territory.map_or(0, |t| t + 1)) else { return Err(unknown()) };
        let mut scope = Scope::new();
        let options = rhai::CallFnOptions::new().eval_ast(false);
        self.stand_at(rule, row, done);
        let failed = args.iter().find_map(|a| a.clone().try_cast::<Failed>()?.0);
        let result = self.engine.call_fn_with_options::<Dynamic>(options, &mut scope, ast, name, args);
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

    /// Lets `param` know of which territories the row is whose rule runs next.
    fn stand_at(&self, rule: RuleId, row: u64, done: &mut HashMap<(RuleId, u64), Fallible<Dynamic>>) {
        let entity = self.parsed.rules.get(rule).map_or(0, |r| r.entity);
        let here = self.here_of(entity, row, done);
        *self.here.lock().unwrap_or_else(PoisonError::into_inner) = here;
    }

    /// By level, the territory of a row, if it is known.
    fn here_of(
        &self,
        entity: EntityId,
        row: u64,
        done: &mut HashMap<(RuleId, u64), Fallible<Dynamic>>,
    ) -> Vec<Option<Arc<str>>> {
        let links = self.places.get(entity).map_or(&[][..], Vec::as_slice);
        let name = |link: &Option<Link>| {
            let Some(link) = link else { return Some(Arc::from("")) };
            match from_dynamic(&self.argument(link, row, done)) {
                Some(Value::Text(name)) => Some(name),
                _ => None,
            }
        };
        links.iter().map(name).collect()
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

/// All functions in force on `date`, in one tree: those of all places, and those of one territory in their place.
fn merged(engine: &Engine, parsed: &Parsed, date: Date, territory: Option<TerritoryId>) -> AST {
    let mut all = AST::empty();
    for (file, source) in parsed.sources.files().iter().enumerate() {
        if !source.path.ends_with(".rhai") {
            continue;
        }
        let of = parsed.territories.of_file(&parsed.sources, file);
        if of.is_some() && of != territory {
            continue;
        }
        let of = of.and_then(|of| parsed.territories.all.get(of));
        // Parsed before without error.
        let Ok(mut ast) = engine.compile(source.text.as_ref()) else { continue };
        ast.retain_functions(|_, _, name, _| {
            let texts = |name: &str| {
                parsed.rule(name).and_then(|r| parsed.rules.get(r)).map_or(&[][..], |r| &r.texts)
            };
            let in_force = |name: &str| text_at(texts(name), date);
            let local = |of: &Territory| local_path(name, of);
            match (of, territory.and_then(|t| parsed.territories.all.get(t))) {
                (Some(of), _) => in_force(&local(of)).is_some_and(|t| t.span.file == file),
                (None, Some(here)) if in_force(&local(here)).is_some() => false,
                _ => in_force(name).is_some_and(|t| t.span.file == file),
            }
        });
        all = all.merge(&ast);
    }
    // What a grid makes stands in no script.
    for rule in parsed.rules.iter().filter(|rule| !rule.nowhere) {
        let here = rule.territory.is_none() || rule.territory == territory;
        let Some(code) = text_at(&rule.texts, date).filter(|_| here).and_then(|t| t.made.as_ref()) else {
            continue;
        };
        // Its conditions were parsed before without error.
        if let Ok(ast) = engine.compile(code.as_ref()) {
            all = all.merge(&ast);
        }
    }
    all
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

/// The decisions of a plan by the interpreter, for every row of its entity: what [`crate::evaluate::evaluate`] is held
/// against. Being strict, it leaves unknown what touches a missing cell, and does not say which cell.
///
/// # Errors
/// As [`Interpreter::new`].
pub fn evaluate(plan: &Plan, dataset: &Dataset) -> Result<Decisions, PackError> {
    let interpreter = Interpreter::new(plan, dataset)?;
    let rows = dataset.tables.get(plan.entity).map_or(0, |t| t.rows() as u64);
    let mut decisions = Decisions::default();
    for (name, node) in &plan.selected {
        let decide = |row| match interpreter.decide_name(name, row) {
            Answer::Known(value) => Outcome::Known(value),
            Answer::Unknown => Outcome::Unknown(Vec::new()),
            Answer::Error(error) => Outcome::Error(RowError { error, node: *node, rule: None }),
        };
        decisions.names.push(name.clone());
        decisions.columns.push(DecisionColumn::new((0..rows).map(decide)));
    }
    Ok(decisions)
}
