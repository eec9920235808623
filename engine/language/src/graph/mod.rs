//! The rule graph: names wired to fields and rules, the order of evaluation, who depends on whom.
//!
//! A parameter of a rule is the name of a field or of another rule. Wiring finds what each name
//! means and how to reach it from the rule's entity; it reports unknown names, names out of reach
//! and cycles. It is done as of a date, since the text of a rule may change.

mod draw;
mod ever;
mod places;
mod wire;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use petgraph::Direction;
use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::diagnostic::{Diagnostics, Span, texts};
use crate::pack::schema::{EntityId, FieldId};
use crate::pack::script::RuleText;
pub use crate::pack::script::text_at;
use crate::pack::{Parsed, RuleTexts};
use crate::value::Date;
pub use ever::Ever;
pub(crate) use ever::called;
pub use wire::reach;
pub(crate) use wire::{check_name, wire_text};

/// Number of a rule in [`Parsed::rules`].
pub type RuleId = usize;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A field of the schema.
    Field(FieldId),
    /// The outcome of a rule.
    Rule(RuleId),
    /// The date as of which all is decided.
    DecisionDate,
}

impl Target {
    /// The rule or field of that name, with its entity.
    pub fn find(parsed: &Parsed, name: &str) -> Option<(Target, EntityId)> {
        if let Some(rule) = parsed.rule(name) {
            return parsed.rules.get(rule).map(|r| (Target::Rule(rule), r.entity));
        }
        let field = parsed.schema.field(name)?;
        parsed.schema.fields.get(field).map(|f| (Target::Field(field), f.entity))
    }
}

/// How a rule reaches the row that holds a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// It is on the same row.
    Own,
    /// Up these steps, from the rule's row to the row that it belongs to.
    Up(Vec<Step>),
    /// The rows of `child` that belong to this one, by their relation of that number.
    Members {
        /// The entity of the members.
        child: EntityId,
        /// Number of the relation among those of `child`.
        relation: usize,
    },
}

/// One step from a row to a row that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// By the relation of this number of the entity.
    BelongsTo(EntityId, usize),
    /// To the first row of a pair.
    First(EntityId),
    /// To the second row of a pair.
    Second(EntityId),
}

/// One parameter of a rule, wired.
#[derive(Clone, Debug)]
pub struct Link {
    /// What it stands for.
    pub target: Target,
    /// How to reach it from a row of the rule's entity.
    pub access: Access,
}

/// The rules in force on a date, each with what its parameters stand for, in no order.
pub struct Wiring<'p> {
    /// The pack.
    pub parsed: &'p Parsed,
    /// The date.
    pub date: Date,
    /// Has each row a date of its own?
    pub dated: bool,
    /// By rule: its text in force and its wired parameters; `None` for helpers, for rules that are
    /// not in force, and for rules with an error.
    pub rules: Vec<Option<Wired<'p>>>,
}

/// The rules in force on a date, wired and in an order of evaluation.
pub struct RuleGraph<'p> {
    /// The rules with what they read.
    pub wiring: Wiring<'p>,
    /// Rules that can be evaluated, each after all that it needs.
    pub order: Vec<RuleId>,
    /// An edge from each rule to those that need it.
    graph: DiGraph<RuleId, ()>,
    /// By rule: its node in `graph`.
    nodes: HashMap<RuleId, NodeIndex>,
}

/// The text of a rule in force, with its parameters wired.
#[derive(Clone, Debug)]
pub struct Wired<'p> {
    /// The text.
    pub text: &'p RuleText,
    /// By parameter of the text: what it is wired to. Nothing if the rule is not in force: it needs nothing.
    pub links: Arc<[Link]>,
    /// The rules that territories give in its place on the date, from the widest to the finest.
    pub local: Vec<RuleId>,
    /// Is the date outside of the days that the rule says it is in force?
    pub outside: bool,
}

impl<'p> RuleGraph<'p> {
    /// Wires the rules in force on `date`; problems go to `out`. If there is a field `dated`, the date of
    /// the decision of each row is its value of that field.
    pub fn wire(
        parsed: &'p Parsed,
        date: Date,
        dated: Option<FieldId>,
        out: &mut Diagnostics,
    ) -> RuleGraph<'p> {
        let mut graph = DiGraph::new();
        let mut nodes = HashMap::new();
        let mut rules: Vec<Option<Wired<'p>>> = Vec::with_capacity(parsed.rules.len());
        for (id, rule) in parsed.rules.iter().enumerate() {
            let outside = parsed.is_outside(rule, date);
            // A rule outside of its days still needs a text: its place, its type and its unit are asked for.
            let text = if outside { rule.text_near(date) } else { text_at(&rule.texts, date) };
            let wired = text.filter(|t| !t.helper).and_then(|text| {
                // What is not in force, or holds nowhere but in territories, needs nothing.
                let links = match outside || rule.nowhere {
                    true => Arc::default(),
                    false => wire_text(parsed, rule, text, dated, out)?,
                };
                let local = if outside { Vec::new() } else { local_on(parsed, rule, date) };
                Some(Wired { text, links, local, outside })
            });
            if wired.is_some() {
                nodes.insert(id, graph.add_node(id));
            }
            rules.push(wired);
        }
        // Edges once all nodes are there: a rule may name one that is declared after it.
        for (id, wired) in rules.iter().enumerate() {
            for link in wired.iter().flat_map(|w| w.links.iter()) {
                if let Target::Rule(needed) = link.target
                    && let (Some(&from), Some(&to)) = (nodes.get(&needed), nodes.get(&id))
                {
                    graph.update_edge(from, to, ());
                }
            }
            for needed in wired.iter().flat_map(|w| &w.local) {
                if let (Some(&from), Some(&to)) = (nodes.get(needed), nodes.get(&id)) {
                    graph.update_edge(from, to, ());
                }
            }
        }
        let order = match toposort(&graph, None) {
            Ok(order) => order.into_iter().map(|n| graph[n]).collect(),
            Err(_) => {
                report_cycles(parsed, &rules, &graph, out);
                Vec::new()
            }
        };
        RuleGraph { wiring: Wiring { parsed, date, dated: dated.is_some(), rules }, order, graph, nodes }
    }

    /// The rules that `rule` needs directly.
    pub fn needs(&self, rule: RuleId) -> Vec<RuleId> {
        self.neighbours(rule, Direction::Incoming)
    }

    /// The rules that need `rule` directly.
    pub fn needed_by(&self, rule: RuleId) -> Vec<RuleId> {
        self.neighbours(rule, Direction::Outgoing)
    }

    /// The rules at the other ends of a rule's edges, in the order of their numbers.
    fn neighbours(&self, rule: RuleId, direction: Direction) -> Vec<RuleId> {
        let Some(&node) = self.nodes.get(&rule) else { return Vec::new() };
        let mut found: Vec<RuleId> =
            self.graph.neighbors_directed(node, direction).map(|n| self.graph[n]).collect();
        found.sort_unstable();
        found
    }

    /// `rules` and all that they need, in order of evaluation.
    pub fn closure(&self, rules: &[RuleId]) -> Vec<RuleId> {
        // Backwards along the order, one pass is enough: what a rule needs comes before it.
        let mut wanted: BTreeSet<RuleId> = rules.iter().copied().collect();
        for &rule in self.order.iter().rev() {
            if wanted.contains(&rule) {
                wanted.extend(self.needs(rule));
            }
        }
        self.order.iter().copied().filter(|r| wanted.contains(r)).collect()
    }

    /// `rules` and all that depends on them, in order of evaluation.
    pub fn dependents(&self, rules: &[RuleId]) -> Vec<RuleId> {
        // Forwards, one pass is enough: what depends on a rule comes after it.
        let mut wanted: BTreeSet<RuleId> = rules.iter().copied().collect();
        for &rule in &self.order {
            if wanted.contains(&rule) {
                wanted.extend(self.needed_by(rule));
            }
        }
        self.order.iter().copied().filter(|r| wanted.contains(r)).collect()
    }
}

/// The rules that territories in force on a date give in place of one, if they have a text.
pub fn local_on(parsed: &Parsed, rule: &RuleTexts, date: Date) -> Vec<RuleId> {
    let holds = |id: &RuleId| {
        let local = parsed.rules.get(*id);
        let of = local.and_then(|local| parsed.territories.all.get(local.territory?));
        of.is_some_and(|of| of.holds_on(date)) && local.is_some_and(|l| text_at(&l.texts, date).is_some())
    };
    rule.local.iter().copied().filter(holds).collect()
}

/// Reports one cycle of each strongly connected component, with the way round it.
fn report_cycles(
    parsed: &Parsed,
    rules: &[Option<Wired<'_>>],
    graph: &DiGraph<RuleId, ()>,
    out: &mut Diagnostics,
) {
    for component in tarjan_scc(graph) {
        let mut members: Vec<RuleId> = component.iter().map(|&n| graph[n]).collect();
        members.sort_unstable();
        let Some(&start) = members.first() else { continue };
        // The rules of the component that a rule needs, and where it names them.
        let inside = |id: RuleId| -> Vec<(RuleId, Span)> {
            let wired = rules.get(id).and_then(Option::as_ref);
            wired
                .into_iter()
                .flat_map(|w| w.links.iter().zip(&w.text.params))
                .filter_map(|(link, (_, span))| match link.target {
                    Target::Rule(needed) if members.contains(&needed) => Some((needed, span.clone())),
                    _ => None,
                })
                .collect()
        };
        // A component of one rule is a cycle only if the rule needs itself.
        if members.len() == 1 && !inside(start).iter().any(|(n, _)| *n == start) {
            continue;
        }
        // Walk until a rule comes again: what lies between is the cycle.
        let (mut way, mut at) = (vec![(start, Span::default())], start);
        let cycle = loop {
            let Some((next, span)) = inside(at).into_iter().next() else { break way.clone() };
            if let Some(first) = way.iter().position(|(r, _)| *r == next) {
                let mut cycle = way.split_off(first);
                if let Some(entry) = cycle.first_mut() {
                    entry.1 = span;
                }
                break cycle;
            }
            way.push((next, span));
            at = next;
        };
        let name = |id: RuleId| parsed.rules.get(id).map_or("?", |r| r.name.as_str());
        let rules: Vec<(&str, Span)> = cycle.into_iter().map(|(r, span)| (name(r), span)).collect();
        texts::names::circle(&rules).into_iter().for_each(|diagnostic| out.push(diagnostic));
    }
}
