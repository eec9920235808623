//! What of a plan is local: choices among the values of territories.

use std::collections::{BTreeMap, BTreeSet};

use super::Plan;
use super::ir::{Comparison, Node, NodeId, Op};
use crate::pack::Parsed;
use crate::pack::params::ParameterId;
use crate::pack::territory::TerritoryId;
use crate::value::Value;

/// A choice by the territory of the row: what stands in code as one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The node that says of which territory the row is.
    pub territory: NodeId,
    /// The constant that names one territory.
    pub name: NodeId,
    /// What holds in that territory.
    pub here: NodeId,
    /// What holds elsewhere: another choice, or the national value.
    pub elsewhere: NodeId,
}

impl Choice {
    /// The name of the territory.
    pub fn name<'p>(&self, plan: &'p Plan) -> Option<&'p Value> {
        match &plan.node(self.name)?.op {
            Op::Const(name) => Some(name),
            _ => None,
        }
    }
}

impl Plan {
    /// The choice by territory that a node is; `None` of any other node.
    pub fn choice(&self, node: NodeId) -> Option<Choice> {
        choice(&self.parsed, &self.nodes, node)
    }

    /// The national value of a node: what a choice by territory stands in place of, or the node itself.
    pub fn national(&self, mut node: NodeId) -> NodeId {
        while let Some(choice) = self.choice(node) {
            node = choice.elsewhere;
        }
        node
    }

    /// Does the plan read of which territory rows are?
    pub fn is_local(&self) -> bool {
        self.nodes.iter().any(|n| matches!(n.op, Op::Field(field) if self.parsed.territories.is_of(field)))
    }
}

fn choice(parsed: &Parsed, nodes: &[Node], node: NodeId) -> Option<Choice> {
    let op = |node: NodeId| nodes.get(node as usize).map(|n| &n.op);
    let Some(Op::If(condition, here, elsewhere)) = op(node) else { return None };
    let Some(Op::Compare(Comparison::Equal, territory, name)) = op(*condition) else { return None };
    let mut leaf = *territory;
    while let Some(Op::Up(_, inner)) = op(leaf) {
        leaf = *inner;
    }
    // A rule may ask for the territory itself: that is written, and stays.
    let local = matches!(op(leaf), Some(Op::Field(field)) if parsed.territories.is_of(*field));
    let value = |node: NodeId| match op(node) {
        Some(Op::Param(id, _)) => parsed.parameters.get(*id).is_some_and(|p| p.territory.is_some()),
        Some(Op::Rule(id, _)) => parsed.rules.get(*id).is_some_and(|r| r.territory.is_some()),
        _ => false,
    };
    let (territory, name, here, elsewhere) = (*territory, *name, *here, *elsewhere);
    (local && value(here)).then_some(Choice { territory, name, here, elsewhere })
}

/// In French, which territories give local values that the plan reads, and what is unknown elsewhere.
pub(super) fn note(parsed: &Parsed, nodes: &[Node], selected: &[(String, NodeId)]) -> Option<String> {
    let mut givers: BTreeSet<TerritoryId> = BTreeSet::new();
    let mut nowhere: BTreeMap<ParameterId, &str> = BTreeMap::new();
    for node in nodes {
        if let Op::Rule(id, _) = node.op {
            givers.extend(parsed.rules.get(id).and_then(|rule| rule.territory));
        }
        let Op::Param(id, _) = node.op else { continue };
        if parsed.rule_behind(id).is_some_and(|rule| rule.nowhere) {
            nowhere.insert(id, "");
        }
        let Some(parameter) = parsed.parameters.get(id) else { continue };
        givers.extend(parameter.territory);
        if parameter.versions.is_empty() {
            nowhere.insert(id, &parameter.path);
        }
    }
    if givers.is_empty() && nowhere.is_empty() {
        return None;
    }
    let givers =
        givers.iter().filter_map(|t| parsed.territories.all.get(*t)).map(|t| format!("`{}`", t.name));
    let givers: Vec<String> = givers.collect();
    let open: BTreeSet<String> =
        nowhere.keys().flat_map(|id| super::names_needing(*id, nodes, selected)).collect();
    let open: Vec<String> = open.into_iter().collect();
    let of = match givers.as_slice() {
        [] => "règles locales: aucun territoire n'en donne".to_string(),
        givers => {
            format!("règles locales: celles du territoire de chaque ligne ({})", super::first_of(givers))
        }
    };
    match open.as_slice() {
        [] => Some(format!("{of}; ailleurs, les nationales")),
        open => Some(format!("{of}; ailleurs reste inconnu ce qui en a besoin: {}", super::first_of(open))),
    }
}
