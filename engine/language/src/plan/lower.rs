//! Lowering: from the syntax tree of the rules to the typed expression graph.
//!
//! The allowed subset of Rhai is what this module understands; all else is reported where it
//! stands. Types are inferred from the fields, parameters and constants upwards, and checked here,
//! before anything runs.

use std::collections::HashMap;

use rhai::{Expr, FnCallExpr, Position, Stmt};

use super::builtins::{BUILTINS, Builtin, builtin, result_type};
use super::ir::{Arithmetic, Comparison, Node, NodeId, Op};
use super::{Apart, Places};
use crate::deep::deep;
use crate::diagnostic::texts::rules::Forbidden;
use crate::diagnostic::{Diagnostics, FileId, Span, texts};
use crate::graph::{Access, Link, RuleGraph, RuleId, Step, Target, text_at};
use crate::pack::params::show_keys;
use crate::pack::schema::{DECISION_DATE, EntityId};
use crate::pack::script::{RuleText, word_at};
use crate::value::{Type, Value};

/// The most nodes that a plan may have: many times those of all rules of a large pack.
const MOST_NODES: usize = 150_000;

/// The most nodes that may stand one in the other, through the rules that a rule names.
const MOST_LEVELS: u32 = 20_000;

/// The nodes of a plan being built.
pub(super) struct Lowering<'g, 'p, 'o> {
    pub graph: &'g RuleGraph<'p>,
    pub nodes: Vec<Node>,
    /// Where the operands of connectors and branches are written, if expressions stay apart.
    pub places: Places,
    /// Do equal expressions stay apart?
    pub apart: Apart,
    interned: HashMap<(Op, EntityId, Option<Span>), NodeId>,
    /// By node: what is known of it without evaluating it.
    traits: Vec<Traits>,
    /// Calls of functions that took the place of a call already: where the function is written, the
    /// entity, and the arguments.
    inlined: HashMap<(FileId, usize, EntityId, Vec<NodeId>), Option<NodeId>>,
    /// Was a limit on nodes or levels met? Then nothing more is lowered.
    pub(super) too_large: bool,
    /// The outcome node of each rule, once lowered.
    rules: HashMap<RuleId, Option<NodeId>>,
    /// Helpers being inlined, to stop at a call in a circle.
    calls: Vec<String>,
    /// Is the next expression the direct argument of a rounding?
    in_rounding: bool,
    out: &'o mut Diagnostics,
}

/// What a name inside a function stands for.
type Env = Vec<(String, NodeId)>;

/// Statements that follow a block. They are lowered once, though several paths lead to them.
struct Following<'a> {
    statements: &'a [Stmt],
    env: Env,
    /// What they came to, once lowered.
    done: Option<Option<NodeId>>,
}

/// Statements that follow blocks, innermost last.
type Rest<'a> = Vec<Following<'a>>;

/// What is known of a node without evaluating it.
#[derive(Clone, Copy, Default)]
struct Traits {
    /// How many nodes stand one in the other in it.
    levels: u32,
    /// May computing it be an error? A rule's own error is not one until its outcome is used.
    may_fail: bool,
    /// May using its value be an error?
    use_may_fail: bool,
}

/// Where code being lowered stands: its entity and its file.
#[derive(Clone)]
struct Place {
    entity: EntityId,
    file: usize,
}

impl<'g, 'p, 'o> Lowering<'g, 'p, 'o> {
    pub fn new(graph: &'g RuleGraph<'p>, out: &'o mut Diagnostics) -> Self {
        Lowering {
            graph,
            nodes: Vec::new(),
            places: Places::new(),
            apart: Apart::No,
            interned: HashMap::new(),
            traits: Vec::new(),
            inlined: HashMap::new(),
            too_large: false,
            rules: HashMap::new(),
            calls: Vec::new(),
            in_rounding: false,
            out,
        }
    }

    /// The outcome node of a rule; `None` if it has an error (reported) or needs a rule that has.
    /// The rules that it needs must have been lowered before: call it in the graph's order.
    pub fn rule(&mut self, id: RuleId) -> Option<NodeId> {
        if let Some(done) = self.rules.get(&id) {
            return *done;
        }
        let node = self.lower_rule(id);
        self.rules.insert(id, node);
        node
    }

    fn lower_rule(&mut self, id: RuleId) -> Option<NodeId> {
        let graph = self.graph;
        let rule = graph.parsed.rules.get(id)?;
        let wired = graph.rules.get(id)?.as_ref()?;
        let place = Place { entity: rule.entity, file: wired.text.span.file };
        let mut env = Env::new();
        let mut complete = true;
        for ((name, span), link) in wired.text.params.iter().zip(&wired.links) {
            match self.link(link, rule.entity, span) {
                Some(node) => env.push((name.clone(), node)),
                None => complete = false,
            }
        }
        if !complete {
            return None;
        }
        let body = self.function_body(wired.text, env, &place)?;
        let ty = self.nodes.get(body as usize)?.ty.clone();
        Some(self.node(Op::Rule(id, body), rule.entity, ty, wired.text.span.clone()))
    }

    /// The node of a wired name, as seen from a row of `entity`.
    pub fn link(&mut self, link: &Link, entity: EntityId, span: &Span) -> Option<NodeId> {
        let schema = &self.graph.parsed.schema;
        let leaf = match link.target {
            Target::DecisionDate => {
                return Some(self.node(Op::DecisionDate, entity, Type::Date, span.clone()));
            }
            Target::Field(id) => {
                let field = schema.fields.get(id)?;
                self.node(Op::Field(id), field.entity, field.value_type(), span.clone())
            }
            Target::Rule(id) => {
                if let Some(Some(node)) = self.rules.get(&id) {
                    *node
                } else {
                    self.not_in_force(id, span);
                    return None;
                }
            }
        };
        let ty = self.ty(leaf);
        Some(match &link.access {
            Access::Own => leaf,
            Access::Up(steps) => steps.iter().rev().fold(leaf, |node, step| {
                let (Step::BelongsTo(child, _) | Step::First(child) | Step::Second(child)) = *step;
                self.node(Op::Up(*step, node), child, ty.clone(), span.clone())
            }),
            Access::Members { child, relation } => self.node(
                Op::Members(*child, *relation, leaf),
                entity,
                Type::List(Box::new(ty)),
                span.clone(),
            ),
        })
    }

    /// Reports a rule that has a text, but none on the date of the graph.
    fn not_in_force(&mut self, id: RuleId, span: &Span) {
        let Some(rule) = self.graph.parsed.rules.get(id) else { return };
        if self.graph.rules.get(id).is_some_and(Option::is_some) {
            // It has an error of its own, reported already.
            return;
        }
        let text = text_at(&rule.texts, self.graph.date);
        if let Some((_, at)) = text.and_then(|t| t.params.iter().find(|(name, _)| name == DECISION_DATE))
            && self.graph.dated
        {
            let entity = self.graph.parsed.schema.entities.get(rule.entity).map_or("?", |e| e.name.as_str());
            let (here, needed) = (span.clone(), at.clone());
            self.out.push(texts::names::no_decision_date(entity, &rule.name, here, needed));
            return;
        }
        let Some(first) = rule.texts.iter().filter_map(|t| t.from).min() else { return };
        if text.is_some() {
            return;
        }
        self.out.push(texts::names::not_in_force(&rule.name, self.graph.date, first, span.clone()));
    }

    fn function_body(&mut self, text: &RuleText, env: Env, place: &Place) -> Option<NodeId> {
        let end = if text.end.is_none() { text.span.clone() } else { self.span(text.end, place) };
        self.statements(&text.body, env, &mut Vec::new(), place, &end)
    }

    /// Lowers statements and then what follows them to the value that the function gives.
    fn statements<'a>(
        &mut self,
        statements: &'a [Stmt],
        mut env: Env,
        rest: &mut Rest<'a>,
        place: &Place,
        end: &Span,
    ) -> Option<NodeId> {
        // What `let`s compute, in order: a `let` is computed whether it is used or not.
        let mut computed = Vec::new();
        let mut left = statements;
        while let Some((statement, following)) = left.split_first() {
            match statement {
                Stmt::Noop(_) => {}
                Stmt::Var(var, _, _) => {
                    let (name, value, _) = &**var;
                    let node = self.expr(value, &env, place)?;
                    env.push((name.name.to_string(), node));
                    computed.push(node);
                }
                _ => break,
            }
            left = following;
        }
        let value = deep(|| self.statement(left, env, rest, place, end))?;
        Some(computed.into_iter().rev().fold(value, |value, node| self.strict(node, value)))
    }

    /// The same for statements of which the first, if any, is no `let`.
    fn statement<'a>(
        &mut self,
        statements: &'a [Stmt],
        env: Env,
        rest: &mut Rest<'a>,
        place: &Place,
        end: &Span,
    ) -> Option<NodeId> {
        if self.too_large {
            return None;
        }
        let Some((statement, following)) = statements.split_first() else {
            let Some(mut next) = rest.pop() else {
                self.out.push(texts::rules::no_value(end.clone()));
                return None;
            };
            let done = match next.done {
                Some(done) => done,
                None => self.statements(next.statements, next.env.clone(), rest, place, end),
            };
            next.done = Some(done);
            rest.push(next);
            return done;
        };
        let follow = |env: Env| Following { statements: following, env, done: None };
        let last = following.is_empty() && rest.is_empty();
        match statement {
            Stmt::Return(value, flags, position) => match value {
                Some(value) if flags.is_empty() => self.expr(value, &env, place),
                _ => self.forbidden(*position, place, Forbidden::Throw),
            },
            Stmt::If(flow, position) => {
                let condition = self.expr(&flow.expr, &env, place)?;
                self.expect(condition, &Type::Bool, flow.expr.position(), place)?;
                let pushed = !following.is_empty();
                if pushed {
                    rest.push(follow(env.clone()));
                }
                let yes = self.statements(flow.body.statements(), env.clone(), rest, place, end);
                let no = self.statements(flow.branch.statements(), env, rest, place, end);
                if pushed {
                    rest.pop();
                }
                let chosen = self.choose(condition, yes?, no?, *position, place)?;
                if matches!(self.op(chosen), Some(Op::If(c, ..)) if *c == condition) {
                    self.place(chosen, 0, flow.expr.start_position(), place);
                }
                Some(chosen)
            }
            Stmt::Block(block) => {
                let pushed = !following.is_empty();
                if pushed {
                    rest.push(follow(env.clone()));
                }
                let node = self.statements(block.statements(), env, rest, place, end);
                if pushed {
                    rest.pop();
                }
                node
            }
            Stmt::Expr(expr) if last => self.expr(expr, &env, place),
            Stmt::FnCall(call, position) if last => self.call(call, *position, &env, place, false),
            Stmt::Expr(_) | Stmt::FnCall(..) => {
                let span = self.span(statement.position(), place);
                self.out.push(texts::rules::unused_value(span));
                None
            }
            Stmt::Switch(_, position) => self.forbidden(*position, place, Forbidden::Switch),
            Stmt::While(_, position) | Stmt::Do(_, _, position) => {
                self.forbidden(*position, place, Forbidden::Loop)
            }
            Stmt::For(_, position) => self.forbidden(*position, place, Forbidden::LoopOverList),
            Stmt::Assignment(_) => self.forbidden(statement.position(), place, Forbidden::Assignment),
            Stmt::TryCatch(_, position) => self.forbidden(*position, place, Forbidden::Try),
            Stmt::Import(_, position) => self.forbidden(*position, place, Forbidden::Import),
            _ => self.forbidden(statement.position(), place, Forbidden::Statement),
        }
    }

    fn choose(
        &mut self,
        condition: NodeId,
        yes: NodeId,
        no: NodeId,
        position: Position,
        place: &Place,
    ) -> Option<NodeId> {
        if yes == no && !self.use_may_fail(condition) {
            return Some(yes);
        }
        let (a, b) = (self.ty(yes), self.ty(no));
        let ty = if a == b {
            a
        } else if let (Type::Text(_), Type::Text(_)) = (&a, &b) {
            merge_texts(&a, &b)
        } else {
            let (here, there) = (self.span_of(yes), self.span_of(no));
            let span = self.span(position, place);
            self.out.push(texts::rules::branches((&a, here), (&b, there), span));
            return None;
        };
        let span = self.span(position, place);
        Some(self.node(Op::If(condition, yes, no), place.entity, ty, span))
    }

    fn expr(&mut self, expr: &Expr, env: &Env, place: &Place) -> Option<NodeId> {
        if self.too_large {
            return None;
        }
        let position = expr.position();
        let rounded = std::mem::take(&mut self.in_rounding);
        let constant = |value| Some(Op::Const(value));
        let op = match expr {
            Expr::BoolConstant(value, _) => constant(Value::Bool(*value)),
            Expr::IntegerConstant(value, _) => constant(Value::int(*value)),
            Expr::StringConstant(value, _) => constant(Value::text(value)),
            Expr::DynamicConstant(value, _) => match value.as_decimal() {
                Ok(decimal) => {
                    crate::value::parse_number(&decimal.to_string()).map(|n| Op::Const(Value::Number(n)))
                }
                Err(_) => return self.forbidden(position, place, Forbidden::Closure),
            },
            Expr::FloatConstant(..) => {
                return self.forbidden(position, place, Forbidden::LongNumber);
            }
            Expr::Variable(variable, _, _) => return self.variable(&variable.1, position, env, place),
            Expr::FnCall(call, _) => return self.call(call, position, env, place, rounded),
            Expr::And(operands, _) | Expr::Or(operands, _) => {
                let is_and = matches!(expr, Expr::And(..));
                let (sign, join): (_, fn(NodeId, NodeId) -> Op) =
                    if is_and { ("&&", Op::And) } else { ("||", Op::Or) };
                let mut joined: Option<(NodeId, Position)> = None;
                for operand in operands.iter() {
                    let node = self.expr(operand, env, place)?;
                    self.expect(node, &Type::Bool, operand.position(), place)?;
                    let at = operand.start_position();
                    joined = Some(match joined {
                        None => (node, at),
                        Some((left, first)) => {
                            let span = self.sign_before(sign, at, place);
                            let both = self.node(join(left, node), place.entity, Type::Bool, span);
                            self.place(both, 0, first, place);
                            self.place(both, 1, at, place);
                            (both, first)
                        }
                    });
                }
                return joined.map(|(node, _)| node);
            }
            Expr::Stmt(block) => {
                let span = self.span(position, place);
                if block.statements().iter().any(has_return) {
                    return self.forbidden(position, place, Forbidden::ReturnInside);
                }
                return self.statements(block.statements(), env.clone(), &mut Vec::new(), place, &span);
            }
            Expr::Coalesce(_, position) => {
                return self.forbidden(*position, place, Forbidden::Coalesce);
            }
            Expr::InterpolatedString(..) | Expr::CharConstant(..) => {
                return self.forbidden(position, place, Forbidden::Interpolation);
            }
            Expr::Array(..) | Expr::Map(..) | Expr::Index(..) => {
                return self.forbidden(position, place, Forbidden::Collection);
            }
            Expr::Dot(..) | Expr::MethodCall(..) | Expr::Property(..) => {
                return self.forbidden(position, place, Forbidden::Method);
            }
            _ => return self.forbidden(position, place, Forbidden::Expression),
        };
        let Op::Const(value) = op? else { return None };
        let span = match &value {
            Value::Text(text) => self.text_span(position, text, place),
            _ => self.span(position, place),
        };
        let ty = value.value_type();
        Some(self.node(Op::Const(value), place.entity, ty, span))
    }

    fn variable(&mut self, name: &str, position: Position, env: &Env, place: &Place) -> Option<NodeId> {
        if let Some((_, node)) = env.iter().rev().find(|(n, _)| n == name) {
            return Some(*node);
        }
        let parsed = self.graph.parsed;
        let span = self.span(position, place);
        let exists =
            parsed.schema.field(name).is_some() || parsed.rule(name).is_some() || name == DECISION_DATE;
        self.out.push(match exists {
            true => texts::names::not_in_signature(name, span),
            false => texts::names::unknown_in_body(name, env.iter().map(|(n, _)| n.as_str()), span),
        });
        None
    }

    fn call(
        &mut self,
        call: &FnCallExpr,
        position: Position,
        env: &Env,
        place: &Place,
        rounded: bool,
    ) -> Option<NodeId> {
        if !call.namespace.is_empty() {
            return self.forbidden(position, place, Forbidden::Module);
        }
        if call.op_token.is_none() && call.name == "param" {
            return self.param(call, position, env, place);
        }
        let rounding = call.op_token.is_none() && matches!(builtin(&call.name), Some(Builtin::Arrondi(_)));
        let mut args = Vec::with_capacity(call.args.len());
        for (i, arg) in call.args.iter().enumerate() {
            self.in_rounding = rounding && i == 0;
            args.push(self.expr(arg, env, place));
        }
        let args: Vec<NodeId> = args.into_iter().collect::<Option<_>>()?;
        if call.op_token.is_some() {
            return self.operator(&call.name, &args, call, position, place, rounded);
        }
        if let Some(builtin) = builtin(&call.name) {
            return self.builtin(builtin, args, position, place);
        }
        self.inline(call, args, position, place)
    }

    /// Calls a function of the pack with arguments: its body takes the place of the call.
    fn inline(
        &mut self,
        call: &FnCallExpr,
        args: Vec<NodeId>,
        position: Position,
        place: &Place,
    ) -> Option<NodeId> {
        let name = call.name.as_str();
        let span = self.span(position, place);
        let parsed = self.graph.parsed;
        let Some(rule) = parsed.rule(name).and_then(|r| parsed.rules.get(r)) else {
            let names = BUILTINS.iter().map(|(n, _)| *n).chain(["param"]);
            let names = names.chain(parsed.rules.iter().map(|r| r.name.as_str()));
            self.out.push(match ["eval", "print", "debug", "import"].contains(&name) {
                true => texts::rules::forbidden(Forbidden::Function(name), span),
                false => texts::names::no_function(name, names, span),
            });
            return None;
        };
        let text = text_at(&rule.texts, self.graph.date)?;
        if text.params.len() != args.len() {
            let (expected, declared) = (text.params.len(), text.span.clone());
            self.out.push(texts::names::arguments(name, expected, args.len(), span, declared));
            return None;
        }
        if self.calls.iter().any(|c| c == name) {
            self.out.push(texts::names::calls_itself(name, span));
            return None;
        }
        let key = (text.span.file, text.span.range.start, place.entity, args.clone());
        if let Some(done) = self.inlined.get(&key) {
            let node = (*done)?;
            return Some(args.into_iter().rev().fold(node, |body, arg| self.strict(arg, body)));
        }
        self.calls.push(name.to_string());
        let env = text.params.iter().map(|(n, _)| n.clone()).zip(args.iter().copied()).collect();
        let inner = Place { entity: place.entity, file: text.span.file };
        let node = self.function_body(text, env, &inner);
        self.calls.pop();
        self.inlined.insert(key, node);
        let node = node?;
        Some(args.into_iter().rev().fold(node, |body, arg| self.strict(arg, body)))
    }

    fn builtin(
        &mut self,
        builtin: Builtin,
        args: Vec<NodeId>,
        position: Position,
        place: &Place,
    ) -> Option<NodeId> {
        let types: Vec<Type> = args.iter().map(|&a| self.ty(a)).collect();
        let span = self.span(position, place);
        match result_type(builtin, &types) {
            Ok(ty) => Some(self.node(Op::Call(builtin, args), place.entity, ty, span)),
            Err(expected) => {
                let name = super::builtins::name(builtin);
                self.out.push(texts::rules::wrong_arguments(name, expected, &types, span));
                None
            }
        }
    }

    fn operator(
        &mut self,
        symbol: &str,
        args: &[NodeId],
        call: &FnCallExpr,
        position: Position,
        place: &Place,
        rounded: bool,
    ) -> Option<NodeId> {
        let span = self.span(position, place);
        let arithmetic = match symbol {
            "+" => Some(Arithmetic::Add),
            "-" => Some(Arithmetic::Subtract),
            "*" => Some(Arithmetic::Multiply),
            "/" => Some(Arithmetic::Divide),
            _ => None,
        };
        let comparison = match symbol {
            "==" => Some(Comparison::Equal),
            "!=" => Some(Comparison::NotEqual),
            "<" => Some(Comparison::Less),
            "<=" => Some(Comparison::AtMost),
            ">" => Some(Comparison::Greater),
            ">=" => Some(Comparison::AtLeast),
            _ => None,
        };
        match (args, arithmetic, comparison) {
            ([a], ..) if symbol == "!" => {
                self.expect(*a, &Type::Bool, position, place)?;
                let not = self.node(Op::Not(*a), place.entity, Type::Bool, span);
                if let Some(operand) = call.args.first() {
                    self.place(not, 0, operand.start_position(), place);
                }
                Some(not)
            }
            ([a], ..) if symbol == "-" => {
                self.expect(*a, &Type::Number, position, place)?;
                Some(self.node(Op::Negate(*a), place.entity, Type::Number, span))
            }
            ([a, b], Some(op), _) => {
                for (arg, expr) in [a, b].into_iter().zip(&call.args) {
                    self.expect(*arg, &Type::Number, expr.position(), place)?;
                }
                let fixed = matches!(self.op(*b), Some(Op::Const(_) | Op::Param(..)));
                if op == Arithmetic::Divide && !fixed && !rounded {
                    self.out.push(texts::rules::inexact_division(span));
                    return None;
                }
                Some(self.node(Op::Arithmetic(op, *a, *b), place.entity, Type::Number, span))
            }
            ([a, b], _, Some(op)) => self.compare(op, *a, *b, span, place),
            _ => self.forbidden(position, place, Forbidden::Operator(symbol)),
        }
    }

    fn compare(&mut self, op: Comparison, a: NodeId, b: NodeId, span: Span, place: &Place) -> Option<NodeId> {
        let (ta, tb) = (self.ty(a), self.ty(b));
        let ordered = matches!(op, Comparison::Equal | Comparison::NotEqual)
            && matches!(ta, Type::Bool | Type::Number | Type::Date | Type::Text(_))
            || matches!(ta, Type::Number | Type::Date);
        if !ta.matches(&tb) || !ordered {
            let (here, there) = (self.span_of(a), self.span_of(b));
            let (a, b) = ((&ta, here), (&tb, there));
            self.out.push(texts::rules::not_comparable(op.symbol(), a, b, span));
            return None;
        }
        for (closed, other) in [(&ta, b), (&tb, a)] {
            if let (Type::Text(Some(values)), Some(Op::Const(Value::Text(text)))) = (closed, self.op(other))
                && !values.contains(text)
            {
                let (text, at) = (text.clone(), self.span_of(other));
                self.out.push(texts::rules::not_in_list(&text, values.iter().map(AsRef::as_ref), at));
                return None;
            }
        }
        Some(self.node(Op::Compare(op, a, b), place.entity, Type::Bool, span))
    }

    fn param(&mut self, call: &FnCallExpr, position: Position, env: &Env, place: &Place) -> Option<NodeId> {
        let span = self.span(position, place);
        let Some((Expr::StringConstant(path, at), keys)) = call.args.split_first() else {
            self.out.push(texts::rules::path_not_written(span));
            return None;
        };
        let parsed = self.graph.parsed;
        let path_span = self.text_span(*at, path, place);
        let found = parsed.parameter(path).and_then(|id| parsed.parameters.get(id).map(|p| (id, p)));
        let Some((id, parameter)) = found else {
            if parsed.unreadable.iter().any(|n| n == path.as_str() || n == "*") {
                return None;
            }
            let known = parsed.parameters.iter().map(|p| p.path.as_str());
            self.out.push(texts::names::no_parameter(path, known, path_span));
            return None;
        };
        let nodes: Vec<Option<NodeId>> = keys.iter().map(|k| self.expr(k, env, place)).collect();
        let nodes: Vec<NodeId> = nodes.into_iter().collect::<Option<_>>()?;
        if nodes.len() != parameter.by.len() {
            let declared = parameter.span.clone();
            self.out.push(texts::names::keys(path, &parameter.by, nodes.len(), path_span, declared));
            return None;
        }
        for (i, &node) in nodes.iter().enumerate() {
            let ty = self.ty(node);
            let mut cells = parameter.versions.iter().flat_map(|v| v.cells.keys()).filter_map(|k| k.get(i));
            if let Some(key) = cells.next()
                && !key.value_type().matches(&ty)
            {
                let at = self.span_of(node);
                let by = parameter.by.get(i).map_or("?", String::as_str);
                self.out.push(texts::rules::wrong_key(by, path, &key.value_type(), &ty, at));
                return None;
            }
            if let Some(Op::Const(value)) = self.op(node)
                && !parameter.versions.iter().any(|v| v.cells.keys().any(|k| k.get(i) == Some(value)))
            {
                let (text, at) = (value.to_string(), self.span_of(node));
                let known: Vec<String> = parameter
                    .versions
                    .iter()
                    .flat_map(|v| v.cells.keys())
                    .filter_map(|k| k.get(i))
                    .map(Value::to_string)
                    .collect();
                let (key, known) = (show_keys(std::slice::from_ref(value)), known.iter().map(String::as_str));
                self.out.push(texts::rules::no_cell(path, &key, &text, known, at));
                return None;
            }
        }
        let ty = parameter.value_type.clone();
        Some(self.node(Op::Param(id, nodes), place.entity, ty, path_span))
    }

    /// Adds a node, or finds the equal one that is there.
    fn node(&mut self, op: Op, entity: EntityId, ty: Type, span: Span) -> NodeId {
        let at = (self.apart == Apart::Yes && op.is_written()).then(|| span.clone());
        let key = (op, entity, at);
        if let Some(&id) = self.interned.get(&key) {
            return id;
        }
        let traits = self.traits_of(&key.0);
        if self.nodes.len() >= MOST_NODES || traits.levels > MOST_LEVELS {
            self.report_too_large(traits.levels > MOST_LEVELS, &span);
        }
        let id = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        self.nodes.push(Node { op: key.0.clone(), entity, ty, span });
        self.traits.push(traits);
        self.interned.insert(key, id);
        id
    }

    /// Reports once that a limit is met. What is lowered after has no value, so that little follows.
    fn report_too_large(&mut self, levels: bool, span: &Span) {
        if std::mem::replace(&mut self.too_large, true) {
            return;
        }
        self.out.push(match levels {
            true => texts::rules::too_deep(MOST_LEVELS, span.clone()),
            false => texts::rules::too_many(MOST_NODES, span.clone()),
        });
    }

    fn traits_of(&self, op: &Op) -> Traits {
        let of = |node: NodeId| self.traits.get(node as usize).copied().unwrap_or_default();
        let inputs = op.inputs();
        let levels = inputs.iter().map(|i| of(*i).levels).max().unwrap_or(0).saturating_add(1);
        let uses_fail = || inputs.iter().any(|i| of(*i).use_may_fail);
        let may_fail = match op {
            Op::Arithmetic(..) | Op::Negate(_) | Op::Param(..) | Op::Call(..) => true,
            Op::If(c, a, b) => of(*c).use_may_fail || of(*a).may_fail || of(*b).may_fail,
            Op::Strict(a, b) => of(*a).may_fail || of(*b).may_fail,
            Op::Not(_) | Op::Compare(..) | Op::And(..) | Op::Or(..) => uses_fail(),
            _ => false,
        };
        let use_may_fail = match op {
            Op::Rule(..) | Op::Up(..) | Op::Members(..) => true,
            Op::If(..) => uses_fail(),
            Op::Strict(a, b) => of(*a).may_fail || of(*b).use_may_fail,
            _ => may_fail,
        };
        Traits { levels, may_fail, use_may_fail }
    }

    /// Notes where an operand of a node is written.
    fn place(&mut self, node: NodeId, operand: usize, position: Position, place: &Place) {
        if self.apart == Apart::Yes {
            let span = self.span(position, place);
            self.places.insert((node, operand), span);
        }
    }

    /// The connector before an operand.
    fn sign_before(&self, sign: &str, operand: Position, place: &Place) -> Span {
        let span = self.span(operand, place);
        let text = self.graph.parsed.sources.get(place.file).map_or("", |f| f.text.as_ref());
        let before = text.get(..span.range.start).and_then(|t| t.rfind(sign));
        before.map_or(span, |at| Span::new(place.file, at..at + sign.len()))
    }

    /// `value`, but with the errors of `computed` too.
    fn strict(&mut self, computed: NodeId, value: NodeId) -> NodeId {
        if computed == value || !self.may_fail(computed) {
            return value;
        }
        match self.nodes.get(value as usize).cloned() {
            Some(node) => self.node(Op::Strict(computed, value), node.entity, node.ty, node.span),
            None => value,
        }
    }

    fn may_fail(&self, node: NodeId) -> bool {
        self.traits.get(node as usize).is_some_and(|t| t.may_fail)
    }

    fn use_may_fail(&self, node: NodeId) -> bool {
        self.traits.get(node as usize).is_some_and(|t| t.use_may_fail)
    }

    fn op(&self, node: NodeId) -> Option<&Op> {
        self.nodes.get(node as usize).map(|n| &n.op)
    }

    fn ty(&self, node: NodeId) -> Type {
        self.nodes.get(node as usize).map_or(Type::Bool, |n| n.ty.clone())
    }

    fn span_of(&self, node: NodeId) -> Span {
        self.nodes.get(node as usize).map(|n| n.span.clone()).unwrap_or_default()
    }

    fn expect(&mut self, node: NodeId, expected: &Type, position: Position, place: &Place) -> Option<()> {
        let found = self.ty(node);
        if found.matches(expected) {
            return Some(());
        }
        let span = self.span(position, place);
        self.out.push(texts::rules::wrong_type(expected, &found, span));
        None
    }

    fn forbidden(&mut self, position: Position, place: &Place, what: Forbidden<'_>) -> Option<NodeId> {
        let span = self.span(position, place);
        self.out.push(texts::rules::forbidden(what, span));
        None
    }

    /// The place of a position of Rhai: the word or sign that starts there.
    fn span(&self, position: Position, place: &Place) -> Span {
        let sources = &self.graph.parsed.sources;
        let Some(line) = position.line() else { return Span::new(place.file, 0..0) };
        let at = sources.offset(place.file, line, position.position().unwrap_or(1));
        let text = sources.get(place.file).map_or("", |f| f.text.as_ref());
        Span::new(place.file, word_at(text, at))
    }

    /// The place of a text constant, quotes included.
    fn text_span(&self, position: Position, text: &str, place: &Place) -> Span {
        let span = self.span(position, place);
        let end = self.graph.parsed.sources.get(place.file).map_or(0, |f| f.text.len());
        Span::new(place.file, span.range.start..(span.range.start + text.len() + 2).min(end))
    }
}

fn merge_texts(a: &Type, b: &Type) -> Type {
    match (a, b) {
        (Type::Text(Some(x)), Type::Text(Some(y))) if x == y => a.clone(),
        _ => Type::Text(None),
    }
}

fn has_return(statement: &Stmt) -> bool {
    match statement {
        Stmt::Return(..) => true,
        Stmt::If(flow, _) => flow.body.statements().iter().chain(flow.branch.statements()).any(has_return),
        Stmt::Block(block) => block.statements().iter().any(has_return),
        _ => false,
    }
}
