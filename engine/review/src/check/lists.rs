//! Closed lists that may be empty, where every listed value gives the same.
//!
//! An empty cell of a closed list is any of the listed values, and a rule is decided if all of them agree.
//! Where they always agree, the field decides nothing, and an empty cell decides as much as any value: the
//! list most likely lacks the value of those that are none of the others.

use std::collections::{BTreeMap, HashMap};

use super::domain::Domain;
use super::walk::Walk;
use logis_language::deep::deep;
use logis_language::diagnostic::texts::findings as texts;
use logis_language::diagnostic::{Diagnostic, Span};
use logis_language::graph::Step;
use logis_language::pack::Parsed;
use logis_language::pack::schema::{FieldId, FieldKind};
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::Value;

/// How many combinations of the other lists that an expression reads are tried.
const COMBINATIONS: usize = 48;

/// By place of an expression and field: what every listed value gives; `None` where in some period they differ.
pub(super) type Agreements = BTreeMap<(usize, usize, FieldId), Option<Agreement>>;

/// An expression that is the same whatever listed value a field has.
pub(super) struct Agreement {
    span: Span,
    outcome: Value,
    /// The values of other fields where that is so; none if it is so for all.
    given: Vec<(FieldId, Value)>,
}

/// A closed list that an expression reads.
#[derive(Clone)]
pub(super) struct Leaf {
    node: NodeId,
    field: FieldId,
    values: Vec<Value>,
    /// May its cell be empty without a word on what that means?
    open: bool,
}

/// By node: the lists that it reads, and whether something in it was found, so that what is around it is not.
pub(super) type Done = HashMap<NodeId, (Vec<Leaf>, bool)>;

/// Looks at the expressions of one rule in one period, of which `done` is kept from rule to rule.
pub(super) fn look(
    parsed: &Parsed,
    whole: &Plan,
    walk: &mut Walk<'_>,
    rule: NodeId,
    done: &mut Done,
    into: &mut Agreements,
) {
    visit(parsed, whole, walk, rule, done, into);
}

fn visit(
    parsed: &Parsed,
    whole: &Plan,
    walk: &mut Walk<'_>,
    node: NodeId,
    done: &mut Done,
    into: &mut Agreements,
) -> (Vec<Leaf>, bool) {
    let Some(expression) = whole.node(node) else { return (Vec::new(), false) };
    if let Some(leaf) = leaf(parsed, whole, node) {
        return (vec![leaf], false);
    }
    if let Some(done) = done.get(&node) {
        return done.clone();
    }
    let inner = match &expression.op {
        // Another row has its own cells.
        Op::Up(..) | Op::Members(..) => Vec::new(),
        op => op.inputs(),
    };
    let (mut leaves, mut found): (Vec<Leaf>, bool) = (Vec::new(), false);
    for input in inner {
        let (own, inside) = deep(|| visit(parsed, whole, walk, input, done, into));
        for leaf in own {
            if leaves.iter().all(|known| known.node != leaf.node) {
                leaves.push(leaf);
            }
        }
        found |= inside;
    }
    // The innermost expression is told: what is around it is the same for the same reason.
    if !found && !matches!(expression.op, Op::Strict(..) | Op::Rule(..)) {
        found = compared(walk, node, expression.span.clone(), &leaves, into);
    }
    done.insert(node, (leaves.clone(), found));
    (leaves, found)
}

/// Looks at one expression and the lists that it reads: is it the same for all values of one?
fn compared(walk: &mut Walk<'_>, node: NodeId, span: Span, leaves: &[Leaf], into: &mut Agreements) -> bool {
    let mut found = false;
    for leaf in leaves.iter().filter(|l| l.open) {
        let key = (span.file, span.range.start, leaf.field);
        // An expression is looked at in every period of the law; it is told only if it is so in all of them.
        let agreement = agreement(walk, node, leaf, leaves).map(|(outcome, given)| Agreement {
            span: span.clone(),
            outcome,
            given,
        });
        found |= agreement.is_some();
        match into.get_mut(&key) {
            Some(slot) if agreement.is_none() => *slot = None,
            Some(_) => {}
            None => {
                into.insert(key, agreement);
            }
        }
    }
    found
}

/// A field of a closed list, of this row or of one that it belongs to, perhaps under the names of rules.
fn leaf(parsed: &Parsed, whole: &Plan, node: NodeId) -> Option<Leaf> {
    let (mut at, mut optional) = (node, false);
    let field = loop {
        match &whole.node(at)?.op {
            Op::Field(field) => break *field,
            Op::Rule(_, inner) => at = *inner,
            Op::Up(step, inner) => {
                if let Step::BelongsTo(entity, relation) = step {
                    let entity = parsed.schema.entities.get(*entity)?;
                    // A row that may belong to none has no cell there: empty too.
                    optional |= !entity.belongs_to.get(*relation)?.required;
                }
                at = *inner;
            }
            _ => return None,
        }
    };
    let declared = parsed.schema.fields.get(field)?;
    let FieldKind::Enum(values) = &declared.kind else { return None };
    let said = declared.empty_is_none || declared.unlisted.is_some() || declared.exhaustive.is_some();
    let values = values.iter().cloned().map(Value::Text).collect();
    Some(Leaf { node, field, values, open: !said && (optional || !declared.required) })
}

/// What a node is whatever listed value the leaf has, if it could be something else besides.
fn agreement(
    walk: &mut Walk<'_>,
    node: NodeId,
    leaf: &Leaf,
    leaves: &[Leaf],
) -> Option<(Value, Vec<(FieldId, Value)>)> {
    let others: Vec<&Leaf> = leaves.iter().filter(|l| l.field != leaf.field).collect();
    let mut given: Vec<Vec<(NodeId, FieldId, Value)>> = vec![Vec::new()];
    // First without assuming anything, then for each combination of the other lists' values, as long as those
    // are few.
    let mut all = given.clone();
    for other in others {
        all = all
            .iter()
            .flat_map(|g| {
                other
                    .values
                    .iter()
                    .map(|v| g.iter().cloned().chain([(other.node, other.field, v.clone())]).collect())
            })
            .collect();
        if all.len() > COMBINATIONS {
            all.clear();
            break;
        }
    }
    given.extend(all.into_iter().filter(|g| !g.is_empty()));
    given.into_iter().find_map(|given| {
        let mut assumed: Vec<(NodeId, Domain)> =
            given.iter().map(|(node, _, value)| (*node, Domain::known(value.clone()))).collect();
        // What is so whatever the cell holds is told as a condition that is always so.
        if walk.domain_where(node, &assumed).only().is_some() {
            return None;
        }
        let mut agreed: Option<Value> = None;
        for value in &leaf.values {
            // One listed value after the other: all must lead to one outcome, and to the same.
            assumed.push((leaf.node, Domain::known(value.clone())));
            let outcome = walk.domain_where(node, &assumed).only().cloned();
            assumed.pop();
            let outcome = outcome?;
            if agreed.get_or_insert_with(|| outcome.clone()) != &outcome {
                return None;
            }
        }
        Some((agreed?, given.into_iter().map(|(_, field, value)| (field, value)).collect()))
    })
}

/// The findings of all periods.
pub(super) fn findings(parsed: &Parsed, agreements: Agreements, into: &mut Vec<Diagnostic>) {
    for ((.., field), agreement) in agreements {
        let (Some(agreement), Some(field)) = (agreement, parsed.schema.fields.get(field)) else { continue };
        let name = |f: &FieldId| parsed.schema.fields.get(*f).map_or("?", |f| f.name.as_str());
        let given: Vec<(&str, String)> =
            agreement.given.iter().map(|(f, value)| (name(f), value.to_string())).collect();
        let list = field.span.clone();
        into.push(texts::same_for_all(&field.name, agreement.outcome, &given, agreement.span, list));
    }
}
