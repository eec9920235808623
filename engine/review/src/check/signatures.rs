//! What rules and expressions depend on in a period of the law, as one number: where it is that of another period, so is what
//! they can be.

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use logis_language::graph::RuleId;
use logis_language::pack::Parsed;
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::Date;

/// What the outcome of each rule depends on in a period: its texts, the values of its tables, and the
/// period itself where the date of the decision is read.
pub(super) fn of_rules(parsed: &Parsed, whole: &Plan, first: Date) -> HashMap<RuleId, u64> {
    let mut signatures: HashMap<RuleId, u64> = HashMap::new();
    for (rule, node) in whole.rule_nodes() {
        let mut hasher = DefaultHasher::new();
        let mut left: Vec<NodeId> = Vec::new();
        if let Some(whole) = whole.node(node) {
            (whole.span.file, whole.span.range.start).hash(&mut hasher);
            left.extend(whole.op.inputs());
        }
        let mut done: HashSet<NodeId> = HashSet::new();
        while let Some(node) = left.pop() {
            if !done.insert(node) {
                continue;
            }
            match whole.node(node).map(|n| &n.op) {
                Some(Op::Rule(needed, _)) => signatures.get(needed).hash(&mut hasher),
                Some(Op::DecisionDate) => first.hash(&mut hasher),
                Some(op) => {
                    if let Op::Param(id, _) = op {
                        let from = parsed.parameters.get(*id).and_then(|p| p.at(first)).map(|v| v.from);
                        (id, from).hash(&mut hasher);
                    }
                    left.extend(op.inputs());
                }
                None => {}
            }
        }
        signatures.insert(rule, hasher.finish());
    }
    signatures
}

/// By node: the expression, wherever it is written, the values of its tables, and the period itself where the date of the
/// decision is read.
pub(super) fn of_nodes(parsed: &Parsed, whole: &Plan, first: Date) -> Vec<u64> {
    let mut signatures: Vec<u64> = Vec::with_capacity(whole.nodes.len());
    // Inputs come before what reads them.
    for node in &whole.nodes {
        let mut hasher = DefaultHasher::new();
        discriminant(&node.op).hash(&mut hasher);
        match &node.op {
            Op::Const(value) => value.hash(&mut hasher),
            Op::DecisionDate => first.hash(&mut hasher),
            Op::Field(field) => field.hash(&mut hasher),
            Op::Up(step, _) => step.hash(&mut hasher),
            Op::Members(child, relation, _) => (child, relation).hash(&mut hasher),
            Op::Arithmetic(operation, ..) => operation.hash(&mut hasher),
            Op::Compare(comparison, ..) => comparison.hash(&mut hasher),
            Op::Param(id, _) => {
                let from = parsed.parameters.get(*id).and_then(|p| p.at(first)).map(|v| v.from);
                (id, from).hash(&mut hasher);
            }
            Op::Call(builtin, _) => builtin.hash(&mut hasher),
            Op::Rule(rule, _) => rule.hash(&mut hasher),
            Op::Not(_) | Op::Negate(_) | Op::And(..) | Op::Or(..) | Op::If(..) | Op::Strict(..) => {}
        }
        for input in node.op.inputs() {
            signatures.get(input as usize).hash(&mut hasher);
        }
        signatures.push(hasher.finish());
    }
    signatures
}
