//! Expressions as the rules write them.

use std::fmt::Write as _;

use logis_language::deep::deep;
use logis_language::pack::params::show_keys;
use logis_language::pack::schema::DECISION_DATE;
use logis_language::plan::Plan;
use logis_language::plan::builtins::name as builtin_name;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::Value;

/// Where the text of an expression is cut, in bytes: a `let` that is used twice is written twice, so that
/// the text may grow with two to the power of the number of `let`s.
const LONGEST: usize = 2_000;

/// A node as the rule writes it, rules and fields by their names. A very long one is cut: `…`.
pub fn text_of(plan: &Plan, node: NodeId) -> String {
    let mut out = String::new();
    write_node(plan, node, &mut out);
    // Cut between two characters.
    if out.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|at| out.is_char_boundary(*at)).unwrap_or(0);
        out.truncate(end);
        out.push('…');
    }
    out
}

/// Appends the text of a node; nothing, if the text is cut already.
fn write_node(plan: &Plan, node: NodeId, out: &mut String) {
    if out.len() > LONGEST {
        return;
    }
    // A choice by territory is not written: the code asks for one value.
    if let Some(expression) = plan.node(plan.national(node)) {
        deep(|| write_op(plan, &expression.op, out));
    }
}

fn write_op(plan: &Plan, op: &Op, out: &mut String) {
    match op {
        Op::Const(value) => write_constant(value, out),
        Op::DecisionDate => out.push_str(DECISION_DATE),
        Op::Field(id) => out.push_str(plan.parsed.schema.fields.get(*id).map_or("", |f| f.name.as_str())),
        Op::Rule(id, _) => out.push_str(plan.parsed.rules.get(*id).map_or("", |r| r.name.as_str())),
        // Steps to other rows and strictness are not written in rules.
        Op::Up(_, n) | Op::Members(_, _, n) | Op::Strict(_, n) => write_node(plan, *n, out),
        Op::Not(n) => write_prefix(plan, '!', *n, out),
        Op::Negate(n) => write_prefix(plan, '-', *n, out),
        Op::Arithmetic(op, a, b) => write_infix(plan, *a, op.symbol(), *b, out),
        Op::Compare(op, a, b) => write_infix(plan, *a, op.symbol(), *b, out),
        Op::And(a, b) => write_infix(plan, *a, "&&", *b, out),
        Op::Or(a, b) => write_infix(plan, *a, "||", *b, out),
        Op::If(c, a, b) => {
            out.push_str("if ");
            write_node(plan, *c, out);
            out.push_str(" { ");
            write_node(plan, *a, out);
            out.push_str(" } else { ");
            write_node(plan, *b, out);
            out.push_str(" }");
        }
        Op::Param(id, keys) => {
            out.push_str(plan.parsed.parameters.get(*id).map_or("?", |p| p.path.as_str()));
            if !keys.is_empty() {
                out.push('[');
                write_list(plan, keys, out);
                out.push(']');
            }
        }
        Op::Call(builtin, args) => {
            out.push_str(builtin_name(*builtin));
            out.push('(');
            write_list(plan, args, out);
            out.push(')');
        }
    }
}

fn write_constant(value: &Value, out: &mut String) {
    let _ = match value {
        Value::Text(text) => write!(out, "\"{text}\""),
        Value::List(items) => write!(out, "{}", show_keys(items)),
        value => write!(out, "{value}"),
    };
}

fn write_prefix(plan: &Plan, sign: char, operand: NodeId, out: &mut String) {
    out.push(sign);
    write_operand(plan, operand, out);
}

fn write_infix(plan: &Plan, a: NodeId, sign: &str, b: NodeId, out: &mut String) {
    write_operand(plan, a, out);
    let _ = write!(out, " {sign} ");
    write_operand(plan, b, out);
}

/// Appends an operand, in parentheses if it has a sign of its own: which sign binds more is never left
/// to the reader.
fn write_operand(plan: &Plan, node: NodeId, out: &mut String) {
    let compound = plan.node(plan.national(node)).is_some_and(|n| {
        matches!(n.op, Op::Arithmetic(..) | Op::Compare(..) | Op::And(..) | Op::Or(..) | Op::If(..))
    });
    if compound {
        out.push('(');
    }
    write_node(plan, node, out);
    if compound {
        out.push(')');
    }
}

/// Appends nodes, separated by commas.
fn write_list(plan: &Plan, nodes: &[NodeId], out: &mut String) {
    for (i, n) in nodes.iter().enumerate() {
        out.push_str(if i == 0 { "" } else { ", " });
        write_node(plan, *n, out);
    }
}
