//! Conditions that are always true or always false, branches never taken, ranges that are empty.

use super::walk::{Condition, Role, Seen};
use logis_language::diagnostic::texts::findings as texts;
use logis_language::diagnostic::{Diagnostic, Sources, Span};

/// What was seen of every condition, as findings.
pub(super) fn findings(seen: &Seen, sources: &Sources, into: &mut Vec<Diagnostic>) {
    let is_fixed = |c: &Condition| c.may_be_true != c.may_be_false;
    for condition in seen.conditions.values().filter(|c| is_fixed(c)) {
        let always = condition.may_be_true;
        let name = condition.name.as_deref();
        let span = sign(sources, &condition.span);
        let inner = sign(sources, &condition.inner);
        into.push(match &condition.role {
            Role::Part => texts::fixed_condition(name, always, span),
            Role::Branch(Some(before)) if !always => texts::empty_range(inner, sign(sources, before)),
            Role::Branch(_) => texts::dead_branch(name, always, span, inner),
            Role::Joined(parts) => {
                // Where a part is fixed, that is the place to look at.
                if parts.iter().any(|p| seen.conditions.get(p).is_some_and(is_fixed)) {
                    continue;
                }
                texts::dead_branch(name, always, span, inner)
            }
        });
    }
}

/// The whole of an operator: positions of the syntax tree are those of its first sign.
fn sign(sources: &Sources, span: &Span) -> Span {
    let rest = sources.get(span.file).and_then(|f| f.text.get(span.range.start..)).unwrap_or("");
    let length =
        ["<=", ">=", "==", "!=", "&&", "||"].iter().find(|s| rest.starts_with(**s)).map_or(0, |s| s.len());
    Span::new(span.file, span.range.start..span.range.end.max(span.range.start + length))
}
