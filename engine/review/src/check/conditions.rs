//! Conditions that are always true or always false, branches never taken, ranges that are empty.

use super::finding;
use super::walk::{Condition, Role, Seen};
use logis_language::diagnostic::{Diagnostic, Sources, Span};

/// What was seen of every condition, as findings.
pub(super) fn findings(seen: &Seen, sources: &Sources, into: &mut Vec<Diagnostic>) {
    let is_fixed = |c: &Condition| c.may_be_true != c.may_be_false;
    for condition in seen.conditions.values().filter(|c| is_fixed(c)) {
        let always = condition.may_be_true;
        let truth = if always { "true" } else { "false" };
        let code = if always { "L0501" } else { "L0502" };
        let what = condition.name.as_ref().map_or_else(|| "this condition".to_string(), |n| format!("`{n}`"));
        let span = sign(sources, &condition.span);
        let inner = sign(sources, &condition.inner);
        let note = "over the ranges and lists of the schema and the parameters of every period";
        into.push(match &condition.role {
            Role::Part => {
                finding(code, format!("{what} is always {truth} here"), span, format!("always {truth}"))
                    .with_note(note)
            }
            Role::Branch(Some(before)) if !always => finding(
                "L0504",
                "this range is empty: the ranges before it leave nothing to it",
                inner,
                "never true here",
            )
            .with_label(sign(sources, before), "already decided by this one"),
            Role::Branch(_) => branch(&what, always, span, inner).with_note(note),
            Role::Joined(parts) => {
                // Where a part is fixed, that is the place to look at.
                if parts.iter().any(|p| seen.conditions.get(p).is_some_and(is_fixed)) {
                    continue;
                }
                branch(&what, always, span, inner).with_note(note)
            }
        });
    }
}

fn branch(what: &str, always: bool, span: Span, inner: Span) -> Diagnostic {
    let (truth, never) = if always { ("true", "`else`, or what follows") } else { ("false", "first") };
    finding(
        "L0503",
        format!("a branch is never taken: {what} is always {truth}"),
        span,
        format!("the {never} branch of this `if` is never taken"),
    )
    .with_label(inner, format!("always {truth}"))
}

/// The whole of an operator: positions of the syntax tree are those of its first sign.
fn sign(sources: &Sources, span: &Span) -> Span {
    let rest = sources.get(span.file).and_then(|f| f.text.get(span.range.start..)).unwrap_or("");
    let length =
        ["<=", ">=", "==", "!=", "&&", "||"].iter().find(|s| rest.starts_with(**s)).map_or(0, |s| s.len());
    Span::new(span.file, span.range.start..span.range.end.max(span.range.start + length))
}
