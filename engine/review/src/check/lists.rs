//! Closed lists that may be empty, where every listed value gives the same.
//!
//! An empty cell of a closed list is any of the listed values, and a rule is decided if all of them agree.
//! Where they always agree, the field decides nothing, and an empty cell decides as much as any value: the
//! list most likely lacks the value of those that are none of the others.

use std::collections::{BTreeMap, HashMap};

use super::domain::Domain;
use super::signatures;
use super::walk::Walk;
use logis_language::deep::deep;
use logis_language::diagnostic::texts::findings as texts;
use logis_language::diagnostic::{Diagnostic, Span};
use logis_language::graph::Step;
use logis_language::pack::Parsed;
use logis_language::pack::schema::{FieldId, FieldKind};
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::{Date, Value};

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

/// What is the same whatever listed value a field has, and the values of other fields where that is so.
type Same = Option<(Value, Vec<(FieldId, Value)>)>;

/// By signature of an expression and place of a list among those that it reads: what comparing its values gave. From one
/// period of the law to the next few expressions change.
pub(super) type Compared = HashMap<(u64, usize), Same>;

/// One period between two changes of the law.
pub(super) struct Period<'p> {
    parsed: &'p Parsed,
    whole: &'p Plan,
    /// By node: see [`signatures::of_nodes`].
    signatures: Vec<u64>,
    /// By node that was looked at: the lists that it reads, and whether something in it was found, so that what is
    /// around it is not.
    done: HashMap<NodeId, (Vec<Leaf>, bool)>,
}

impl<'p> Period<'p> {
    /// The period that begins on `first`, with all its rules.
    pub fn new(parsed: &'p Parsed, whole: &'p Plan, first: Date) -> Self {
        let signatures = signatures::of_nodes(parsed, whole, first);
        Period { parsed, whole, signatures, done: HashMap::new() }
    }
}

/// Looks at the expressions of one rule in one period.
pub(super) fn look(
    period: &mut Period<'_>,
    walk: &mut Walk<'_>,
    rule: NodeId,
    compared: &mut Compared,
    into: &mut Agreements,
) {
    visit(period, walk, rule, compared, into);
}

fn visit(
    period: &mut Period<'_>,
    walk: &mut Walk<'_>,
    node: NodeId,
    compared: &mut Compared,
    into: &mut Agreements,
) -> (Vec<Leaf>, bool) {
    let whole = period.whole;
    let Some(expression) = whole.node(node) else { return (Vec::new(), false) };
    if let Some(leaf) = leaf(period.parsed, whole, node) {
        return (vec![leaf], false);
    }
    if let Some(done) = period.done.get(&node) {
        return done.clone();
    }
    let inner = match &expression.op {
        // Another row has its own cells.
        Op::Up(..) | Op::Members(..) => Vec::new(),
        op => op.inputs(),
    };
    let (mut leaves, mut found): (Vec<Leaf>, bool) = (Vec::new(), false);
    for input in inner {
        let (own, inside) = deep(|| visit(period, walk, input, compared, into));
        for leaf in own {
            if leaves.iter().all(|known| known.node != leaf.node) {
                leaves.push(leaf);
            }
        }
        found |= inside;
    }
    // The innermost expression is told: what is around it is the same for the same reason.
    if !found && !matches!(expression.op, Op::Strict(..) | Op::Rule(..)) {
        let signature = period.signatures.get(node as usize).copied();
        for (place, leaf) in leaves.iter().enumerate().filter(|(_, leaf)| leaf.open) {
            let mut same = || agreement(walk, node, leaf, &leaves);
            let same = match signature {
                Some(signature) => compared.entry((signature, place)).or_insert_with(same).clone(),
                None => same(),
            };
            found |= same.is_some();
            keep(expression.span.clone(), leaf.field, same, into);
        }
    }
    period.done.insert(node, (leaves.clone(), found));
    (leaves, found)
}

/// An expression is looked at in every period of the law; it is told only if it is so in all of them.
fn keep(span: Span, field: FieldId, same: Same, into: &mut Agreements) {
    let key = (span.file, span.range.start, field);
    let agreement = same.map(|(outcome, given)| Agreement { span, outcome, given });
    match into.get_mut(&key) {
        Some(slot) if agreement.is_none() => *slot = None,
        Some(_) => {}
        None => {
            into.insert(key, agreement);
        }
    }
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
fn agreement(walk: &mut Walk<'_>, node: NodeId, leaf: &Leaf, leaves: &[Leaf]) -> Same {
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
