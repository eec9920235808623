//! The code of a grid's rules: conditions as they are written in the table, inside what the grid makes of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use rhai::{ASTNode, Expr, Position, Stmt};

use super::super::script::parser;
use super::super::slips;
use crate::diagnostic::texts::grids as texts;
use crate::diagnostic::{Diagnostics, FileId, Span};

/// An expression of the table, at its place.
#[derive(Clone)]
pub(super) struct Condition {
    /// As it is written.
    pub text: String,
    expr: Expr,
    /// The names that it reads, each where it first stands.
    pub names: Vec<(String, Span)>,
}

/// A body: statements whose positions are those of the table, and the same as code.
pub(super) struct Body {
    pub statements: Arc<[Stmt]>,
    pub code: String,
}

impl Condition {
    /// Reads the expression in a text of the table, whose place includes the quotes.
    pub fn read(
        file: FileId,
        whole: &str,
        value: &str,
        span: &Span,
        out: &mut Diagnostics,
    ) -> Option<Condition> {
        let raw = whole.get(span.range.clone()).unwrap_or("");
        let inner = ["'''", "\"\"\"", "'", "\""].iter().find_map(|quotes| {
            let inner = raw.strip_prefix(quotes)?.strip_suffix(quotes)?;
            (inner == value).then_some((quotes.len(), inner))
        });
        // Else letters stand elsewhere than in the file.
        let Some((quotes, inner)) = inner else {
            out.push(texts::escaped(span.clone()));
            return None;
        };
        let start = span.range.start + quotes;
        let padded = padded(whole.get(..start).unwrap_or(""), inner);
        let engine = parser();
        let ast = match engine.compile(&padded) {
            Ok(ast) => ast,
            Err(error) => {
                out.items.extend(slips::script::explain(&engine, file, &padded, &error).0);
                return None;
            }
        };
        let expr = match ast.statements() {
            [Stmt::Expr(expr)] => (**expr).clone(),
            [Stmt::FnCall(call, at)] => Expr::FnCall(call.clone(), *at),
            _ => {
                out.push(texts::no_expression(Span::new(file, start..start + inner.len())));
                return None;
            }
        };
        if ast.iter_fn_def().next().is_some() {
            out.push(texts::no_expression(Span::new(file, start..start + inner.len())));
            return None;
        }
        let lines: Vec<usize> =
            std::iter::once(0).chain(whole.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let place = |position: Position| {
            let line = lines.get(position.line()?.checked_sub(1)?)?;
            let column = position.position()?.checked_sub(1)?;
            let at = whole.get(*line..)?.char_indices().nth(column)?.0 + line;
            Some(Span::new(file, super::super::script::word_at(whole, at)))
        };
        let mut names: Vec<(String, Span)> = Vec::new();
        expr.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| {
            if let Some(ASTNode::Expr(Expr::Variable(variable, _, position))) = path.last()
                && !names.iter().any(|(name, _)| *name == variable.1.as_str())
            {
                let at = place(*position).unwrap_or_else(|| span.clone());
                names.push((variable.1.to_string(), at));
            }
            true
        });
        Some(Condition { text: inner.to_string(), expr, names })
    }
}

/// The code alone, at the line, the column and nearly the byte at which it stands in the file.
fn padded(before: &str, code: &str) -> String {
    let (lines, line) = before.split_at(before.rfind('\n').map_or(0, |at| at + 1));
    let blank = |byte: u8| if byte == b'\n' { '\n' } else { ' ' };
    let blanks: String = lines.bytes().map(blank).chain(line.chars().map(|_| ' ')).collect();
    blanks + code
}

/// What `code` says, each name of `holes` replaced by the expression of the table, and all else at `at`.
pub(super) fn body(code: &str, holes: &BTreeMap<&str, &Condition>, at: Position) -> Option<Body> {
    let ast = parser().compile(code).ok()?;
    let mut statements: Vec<Stmt> = ast.statements().to_vec();
    statements.iter_mut().for_each(|statement| settle_statement(statement, holes, at));
    // A hole is a word of its own in the code, which no name of a pack is.
    let code = holes.iter().fold(code.to_string(), |code, (hole, condition)| {
        code.replace(hole, &format!("({}\n)", condition.text))
    });
    Some(Body { statements: statements.into(), code })
}

fn settle_statement(statement: &mut Stmt, holes: &BTreeMap<&str, &Condition>, at: Position) {
    match statement {
        Stmt::Expr(expr) => settle(expr, holes, at),
        Stmt::FnCall(call, position) => {
            call.args.iter_mut().for_each(|arg| settle(arg, holes, at));
            *position = at;
        }
        Stmt::If(flow, position) => {
            settle(&mut flow.expr, holes, at);
            for block in [&mut flow.body, &mut flow.branch] {
                block.statements_mut().iter_mut().for_each(|inner| settle_statement(inner, holes, at));
            }
            *position = at;
        }
        Stmt::Block(block) => {
            block.statements_mut().iter_mut().for_each(|inner| settle_statement(inner, holes, at));
        }
        _ => {}
    }
}

fn settle(expr: &mut Expr, holes: &BTreeMap<&str, &Condition>, at: Position) {
    if let Expr::Variable(variable, ..) = expr
        && let Some(condition) = holes.get(variable.1.as_str())
    {
        *expr = condition.expr.clone();
        return;
    }
    match expr {
        Expr::FnCall(call, _) => call.args.iter_mut().for_each(|arg| settle(arg, holes, at)),
        Expr::Stmt(block) => {
            block.statements_mut().iter_mut().for_each(|inner| settle_statement(inner, holes, at));
        }
        _ => {}
    }
    expr.set_position(at);
}
