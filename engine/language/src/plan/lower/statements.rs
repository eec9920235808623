//! Statements: the paths through the body of a function, each of which must end with a value.
//!
//! An `if` whose branches go on with the statements after it becomes one conditional expression: each
//! branch is lowered with what follows it. What follows is lowered once and its node shared, so that
//! the graph grows with the text and not with the number of paths.

use rhai::{FlowControl, Position, Stmt};

use super::{Env, Lowering, Place};
use crate::deep::deep;
use crate::diagnostic::texts::rules::Forbidden;
use crate::diagnostic::{Span, texts};
use crate::pack::script::RuleText;
use crate::plan::ir::{NodeId, Op};
use crate::value::Type;

/// What all paths through one body share.
struct Body<'a> {
    place: Place,
    /// Where the body ends: the place of a path that gives no value.
    end: Span,
    /// Statements after the blocks being lowered, innermost last.
    following: Vec<Following<'a>>,
}

/// Statements that follow a block. They are lowered once, though several paths lead to them.
struct Following<'a> {
    statements: &'a [Stmt],
    /// The names that they see: those at the block, since a block's own names end with it.
    env: Env,
    /// Once lowered: their node, or `None` if they have an error.
    lowered: Option<Option<NodeId>>,
}

impl Lowering<'_, '_, '_> {
    /// The value of a function with these arguments.
    pub(super) fn function_body(&mut self, text: &RuleText, env: Env, place: Place) -> Option<NodeId> {
        let end = if text.end().is_none() { text.span.clone() } else { self.span(text.end(), place) };
        self.body(text.body(), env, place, end)
    }

    /// The value of statements that nothing follows: a function's, or a block's used as a value.
    pub(super) fn body(&mut self, statements: &[Stmt], env: Env, place: Place, end: Span) -> Option<NodeId> {
        self.statements(statements, env, &mut Body { place, end, following: Vec::new() })
    }

    /// Lowers statements, and what follows them, to the value that the function gives.
    fn statements<'a>(
        &mut self,
        statements: &'a [Stmt],
        mut env: Env,
        body: &mut Body<'a>,
    ) -> Option<NodeId> {
        // What `let`s compute, in order: Rhai computes a `let` whether it is used or not, so its error
        // is one of the whole value.
        let mut computed = Vec::new();
        let mut rest = statements;
        while let Some((statement, following)) = rest.split_first() {
            match statement {
                Stmt::Noop(_) => {}
                Stmt::Var(var, _, _) => {
                    let (name, value, _) = &**var;
                    let node = self.expr(value, &env, body.place)?;
                    env.push((name.name.to_string(), node));
                    computed.push(node);
                }
                _ => break,
            }
            rest = following;
        }
        let value = deep(|| self.after_lets(rest, env, body))?;
        // The first `let` is the outermost: Rhai would meet its error first.
        Some(computed.into_iter().rev().fold(value, |value, node| self.strict(node, value)))
    }

    /// Lowers statements of which the first, if any, is no `let`.
    fn after_lets<'a>(&mut self, statements: &'a [Stmt], env: Env, body: &mut Body<'a>) -> Option<NodeId> {
        if self.too_large {
            return None;
        }
        let Some((statement, following)) = statements.split_first() else {
            return self.after_block(body);
        };
        let place = body.place;
        // An expression is the function's value only if no statement comes after it on this path.
        let last = following.is_empty() && body.following.is_empty();
        match statement {
            Stmt::Return(value, flags, position) => match value {
                Some(value) if flags.is_empty() => self.expr(value, &env, place),
                _ => self.forbidden(*position, place, Forbidden::Throw),
            },
            Stmt::If(..) | Stmt::Block(_) => {
                // The paths of the block that do not return go on with what follows it.
                if !following.is_empty() {
                    body.following.push(Following { statements: following, env: env.clone(), lowered: None });
                }
                let node = match statement {
                    Stmt::If(flow, position) => self.branches(flow, *position, env, body),
                    Stmt::Block(block) => self.statements(block.statements(), env, body),
                    _ => None,
                };
                if !following.is_empty() {
                    body.following.pop();
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

    /// The value of a path that reached the end of its block: that of the statements after the block.
    fn after_block(&mut self, body: &mut Body<'_>) -> Option<NodeId> {
        // Those statements see only what follows their own block, so they leave the stack meanwhile.
        let Some(mut next) = body.following.pop() else {
            self.out.push(texts::rules::no_value(body.end.clone()));
            return None;
        };
        let lowered = match next.lowered {
            Some(lowered) => lowered,
            None => self.statements(next.statements, next.env.clone(), body),
        };
        next.lowered = Some(lowered);
        body.following.push(next);
        lowered
    }

    /// `if … { … } else { … }` as one value; the missing `else` is a branch without statements.
    fn branches<'a>(
        &mut self,
        flow: &'a FlowControl,
        position: Position,
        env: Env,
        body: &mut Body<'a>,
    ) -> Option<NodeId> {
        let place = body.place;
        let condition = self.expr(&flow.expr, &env, place)?;
        self.expect(condition, &Type::Bool, flow.expr.position(), place)?;
        // Both branches are lowered before giving up, so that what is wrong in either is reported.
        let yes = self.statements(flow.body.statements(), env.clone(), body);
        let no = self.statements(flow.branch.statements(), env, body);
        let chosen = self.choose(condition, yes?, no?, position, place)?;
        // The choice may have come to a branch itself; only a conditional has a condition to note.
        if matches!(self.op(chosen), Some(Op::If(c, ..)) if *c == condition) {
            self.place(chosen, 0, flow.expr.start_position(), place);
        }
        Some(chosen)
    }

    /// The conditional of two branches, which must be of one type. Where both are one node, it is that
    /// node, unless an error of the condition would be lost.
    fn choose(
        &mut self,
        condition: NodeId,
        yes: NodeId,
        no: NodeId,
        position: Position,
        place: Place,
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
}

/// The type of texts that may be either: of a closed list only if both are of one and the same list.
fn merge_texts(a: &Type, b: &Type) -> Type {
    match (a, b) {
        (Type::Text(Some(x)), Type::Text(Some(y))) if x == y => a.clone(),
        _ => Type::Text(None),
    }
}

/// Is there a `return` in the statement or in the blocks inside it?
pub(super) fn has_return(statement: &Stmt) -> bool {
    match statement {
        Stmt::Return(..) => true,
        Stmt::If(flow, _) => flow.body.statements().iter().chain(flow.branch.statements()).any(has_return),
        Stmt::Block(block) => block.statements().iter().any(has_return),
        _ => false,
    }
}
