//! What the text of a rule names, from its syntax tree: names, calls, tables, numbers.

use rhai::{ASTNode, Expr, Position, Stmt};

use logis_language::diagnostic::{Sources, Span};
use logis_language::pack::script::{RuleText, word_at};
use logis_language::value::{Exact, parse_number};

/// What one text names.
#[derive(Debug, Default)]
pub(super) struct Uses {
    /// Variables read, by name.
    pub names: Vec<String>,
    /// Functions called.
    pub calls: Vec<String>,
    /// Tables read by `param`.
    pub tables: Vec<String>,
    /// Variables of `let`, with their places.
    pub lets: Vec<(String, Span)>,
    /// Numbers, with what they stand in.
    pub numbers: Vec<(Exact, Span, Stands)>,
}

/// What a number stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stands {
    /// An operand of a comparison or of `+ - * /`, or an argument of a function: it decides.
    Computed,
    /// An outcome, a key of a table, a number of decimals: it names.
    Named,
}

/// Reads one text.
pub(super) fn uses(text: &RuleText, sources: &Sources) -> Uses {
    let mut uses = Uses::default();
    for statement in text.body() {
        statement.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| {
            look(path, text, sources, &mut uses);
            true
        });
    }
    uses
}

fn look(path: &[ASTNode<'_>], text: &RuleText, sources: &Sources, uses: &mut Uses) {
    let Some(node) = path.last() else { return };
    let place = |position: Position| {
        let line = position.line().unwrap_or(1);
        let at = sources.offset(text.span.file, line, position.position().unwrap_or(1));
        let whole = sources.get(text.span.file).map_or("", |f| f.text.as_ref());
        let mut range = word_at(whole, at);
        // `0.9` is two words and a point.
        let rest = whole.get(range.end..).unwrap_or("");
        if let Some(decimals) = rest.strip_prefix('.') {
            range.end += 1 + decimals.chars().take_while(char::is_ascii_digit).count();
        }
        Span::new(text.span.file, range)
    };
    let mut call = |name: &str, first: Option<&Expr>| {
        match (name, first) {
            ("param", Some(Expr::StringConstant(path, _))) => uses.tables.push(path.to_string()),
            _ => uses.calls.push(name.to_string()),
        };
    };
    match node {
        ASTNode::Stmt(Stmt::FnCall(f, _)) | ASTNode::Expr(Expr::FnCall(f, _)) if f.op_token.is_none() => {
            call(&f.name, f.args.first());
        }
        ASTNode::Expr(Expr::Variable(variable, ..)) => uses.names.push(variable.1.to_string()),
        ASTNode::Stmt(Stmt::Var(var, ..)) => {
            uses.lets.push((var.0.name.to_string(), place(var.0.pos)));
        }
        ASTNode::Expr(expr @ (Expr::IntegerConstant(..) | Expr::DynamicConstant(..))) => {
            let number = match expr {
                Expr::IntegerConstant(n, _) => Some(Exact::from_integer(i128::from(*n))),
                Expr::DynamicConstant(d, _) => d.as_decimal().ok().and_then(|d| parse_number(&d.to_string())),
                _ => None,
            };
            if let Some(number) = number {
                let outer = path.len().checked_sub(2).and_then(|i| path.get(i));
                uses.numbers.push((number, place(expr.position()), stands(outer)));
            }
        }
        _ => {}
    }
}

fn stands(outer: Option<&ASTNode<'_>>) -> Stands {
    let call = match outer {
        Some(ASTNode::Expr(Expr::FnCall(f, _)) | ASTNode::Stmt(Stmt::FnCall(f, _))) => f,
        _ => return Stands::Named,
    };
    let names = call.op_token.is_none() && (call.name == "param" || call.name.starts_with("arrondi"));
    if names { Stands::Named } else { Stands::Computed }
}
