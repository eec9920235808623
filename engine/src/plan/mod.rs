//! The plan: selected rules, lowered to one expression graph and bound to a date.

pub mod builtins;
mod hoist;
pub mod ir;
mod lower;
mod matching;
mod units;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, PackError, Span, nearest};
use crate::graph::{Access, Link, RuleGraph, RuleId, Step, Target, reach};
use crate::pack::Parsed;
use crate::pack::params::{ParameterId, ParameterVersion};
use crate::pack::schema::{EntityId, FieldId, Origin};
use crate::value::Date;
use ir::{Node, NodeId, Op};
use lower::Lowering;
pub(crate) use matching::{check_matching, check_shares};

/// Do equal expressions that are written in two places stay two nodes? One node is faster; two are
/// what a person wrote, each with its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Apart {
    /// One node.
    No,
    /// A node each.
    Yes,
}

/// Where the operands of a connector, a `!` and the condition of an `if` are written: by node and
/// number of the operand.
pub(crate) type Places = BTreeMap<(NodeId, usize), Span>;

/// Selected rules (and fields) of one entity, as of a date: what is evaluated.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The pack.
    pub parsed: Arc<Parsed>,
    /// The date as of which all is decided.
    pub date: Date,
    /// The field that is the date of each row instead: then `date` is only one of a period without
    /// change of rules or parameters.
    pub dated: Option<FieldId>,
    /// The entity whose rows are decided.
    pub entity: EntityId,
    /// What was selected, in order: name and node.
    pub selected: Vec<(String, NodeId)>,
    /// All nodes, each after what it is made of.
    pub nodes: Vec<Node>,
    /// Parameters used past the last year that they cover, and other things to know.
    pub warnings: Vec<String>,
    /// Places of operands; empty unless expressions stay apart.
    pub(crate) places: Places,
    /// Values of a parameter in place of those in force.
    pub(crate) supposed: Option<(ParameterId, Arc<ParameterVersion>)>,
}

impl Plan {
    /// Plans `names`, rules or fields of one entity, as of `date`.
    ///
    /// # Errors
    /// An unknown name, names of several entities, a parameter without a value on the date, a rule
    /// that is not in force.
    pub fn new(parsed: &Arc<Parsed>, date: Date, names: &[&str]) -> Result<Plan, PackError> {
        Plan::with_dates(parsed, date, None, names)
    }

    /// Plans `names` as seen from the rows of `entity`: its own rules and fields, and those of the
    /// entities that it belongs to.
    ///
    /// # Errors
    /// As [`Plan::new`], and a name out of reach.
    pub fn seen_from(
        parsed: &Arc<Parsed>,
        date: Date,
        entity: EntityId,
        names: &[&str],
    ) -> Result<Plan, PackError> {
        let mut out = Diagnostics::default();
        let mut roots = Vec::new();
        for name in names {
            let Some((target, home)) = Target::find(parsed, name) else {
                out.push(unknown_name(parsed, name));
                continue;
            };
            match reach(&parsed.schema, entity, home) {
                Ok(access @ (Access::Own | Access::Up(_))) => {
                    roots.push(((*name).to_string(), Link { target, access }));
                }
                Ok(Access::Members { .. }) => {
                    out.push(no_place(format!("`{name}` has several values for each row")));
                }
                Err(why) => out.push(no_place(format!("`{name}` is out of reach: {why}"))),
            }
        }
        Plan::of_links(parsed, date, None, entity, &roots, Apart::No, out)
    }

    /// The same for the period of `date` between changes of the law, where each row has its own date of
    /// the decision: the field `dated`.
    ///
    /// # Errors
    /// As [`Plan::new`], and a rule that needs the date of the decision on rows that have none.
    pub fn with_dates(
        parsed: &Arc<Parsed>,
        date: Date,
        dated: Option<FieldId>,
        names: &[&str],
    ) -> Result<Plan, PackError> {
        Plan::make(parsed, date, dated, names, Apart::No)
    }

    /// [`Plan::new`], with or without equal expressions as one.
    pub(crate) fn of_cases(
        parsed: &Arc<Parsed>,
        date: Date,
        names: &[&str],
        apart: Apart,
    ) -> Result<Plan, PackError> {
        Plan::make(parsed, date, None, names, apart)
    }

    /// Every rule in force on a date, of all entities, with nothing selected and expressions apart: to
    /// see what is written. Parameters may have no value on the date.
    pub(crate) fn whole(parsed: &Arc<Parsed>, date: Date) -> Plan {
        let mut out = Diagnostics::default();
        let graph = RuleGraph::wire(parsed, date, None, &mut out);
        let mut lowering = Lowering::new(&graph, &mut out);
        lowering.apart = Apart::Yes;
        for rule in graph.order.clone() {
            lowering.rule(rule);
        }
        let (nodes, places) = (lowering.nodes, lowering.places);
        Plan {
            parsed: parsed.clone(),
            date,
            dated: None,
            entity: 0,
            selected: Vec::new(),
            nodes,
            warnings: Vec::new(),
            places,
            supposed: None,
        }
    }

    /// The outcome node of each rule of the plan, each after those that it needs.
    pub(crate) fn rule_nodes(&self) -> impl Iterator<Item = (RuleId, NodeId)> + '_ {
        (0..).zip(&self.nodes).filter_map(|(node, n)| match n.op {
            Op::Rule(rule, _) => Some((rule, node)),
            _ => None,
        })
    }

    fn make(
        parsed: &Arc<Parsed>,
        date: Date,
        dated: Option<FieldId>,
        names: &[&str],
        apart: Apart,
    ) -> Result<Plan, PackError> {
        let mut out = Diagnostics::default();
        let mut roots = Vec::new();
        for name in names {
            match Target::find(parsed, name) {
                Some(target) => roots.push((*name, target)),
                None => out.push(unknown_name(parsed, name)),
            }
        }
        let entity = roots.first().map(|(_, (_, entity))| *entity);
        if let Some((name, (_, other))) = roots.iter().find(|(_, (_, e))| Some(*e) != entity) {
            let of = |e: EntityId| parsed.schema.entities.get(e).map_or("?", |e| e.name.as_str());
            out.push(no_place(format!(
                "`{name}` is of `{}`, `{}` of `{}`: select rules of one entity at a time",
                of(*other),
                names.first().unwrap_or(&""),
                of(entity.unwrap_or(*other))
            )));
        }
        let own = |(name, (target, _)): &(&str, (Target, EntityId))| {
            (name.to_string(), Link { target: *target, access: Access::Own })
        };
        let roots: Vec<(String, Link)> = roots.iter().map(own).collect();
        Plan::of_links(parsed, date, dated, entity.unwrap_or(0), &roots, apart, out)
    }

    /// Plans these names, each reached from `entity`. What is wrong with them stands in `out` already.
    fn of_links(
        parsed: &Arc<Parsed>,
        date: Date,
        dated: Option<FieldId>,
        entity: EntityId,
        roots: &[(String, Link)],
        apart: Apart,
        mut out: Diagnostics,
    ) -> Result<Plan, PackError> {
        let graph = RuleGraph::wire(parsed, date, dated, &mut out);
        let wanted: Vec<RuleId> = roots
            .iter()
            .filter_map(|(_, link)| match link.target {
                Target::Rule(rule) => Some(rule),
                _ => None,
            })
            .collect();
        let mut lowering = Lowering::new(&graph, &mut out);
        lowering.apart = apart;
        for rule in graph.closure(&wanted) {
            lowering.rule(rule);
        }
        let mut selected = Vec::new();
        for (name, link) in roots {
            selected.extend(lowering.link(link, entity, &Span::default()).map(|node| (name.clone(), node)));
        }
        let (nodes, places) = (lowering.nodes, lowering.places);
        let warnings = bind_parameters(parsed, date, &nodes, &mut out);
        if selected.len() < roots.len() && !out.has_errors() {
            out.push(no_place("a selected rule cannot be planned".to_string()));
        }
        if out.has_errors() {
            out.sort();
            return Err(PackError { diagnostics: out.items, sources: parsed.sources.clone() });
        }
        Ok(Plan {
            parsed: parsed.clone(),
            date,
            dated,
            entity,
            selected,
            nodes,
            warnings,
            places,
            supposed: None,
        })
    }

    /// The node, if it is one.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// The units of what was selected, in order: as declared, or as follows from what a rule is made of.
    /// `1` is a plain number; none is not known.
    pub fn units(&self) -> Vec<Option<String>> {
        let all = units::texts(&self.parsed, &self.nodes);
        self.selected.iter().map(|(_, node)| all.get(*node as usize).cloned().flatten()).collect()
    }

    /// The values of a parameter in force on the plan's date.
    pub fn parameter(&self, id: ParameterId) -> Option<&ParameterVersion> {
        if let Some((_, version)) = self.supposed.as_ref().filter(|(supposed, _)| *supposed == id) {
            return Some(version);
        }
        self.parsed.parameters.get(id)?.at(self.date)
    }

    /// Does the plan read one of these parameters?
    pub fn reads(&self, parameters: &BTreeSet<ParameterId>) -> bool {
        self.nodes.iter().any(|n| matches!(&n.op, Op::Param(id, _) if parameters.contains(id)))
    }

    /// The same rules with the values of another pack: one that differs from the plan's in values of
    /// parameters alone, each with the dates and the type that it had.
    #[must_use]
    pub fn with_values(&self, parsed: &Arc<Parsed>) -> Plan {
        Plan { parsed: parsed.clone(), ..self.clone() }
    }

    /// The fields that the plan reads.
    pub fn fields(&self) -> BTreeSet<FieldId> {
        self.nodes
            .iter()
            .filter_map(|n| match n.op {
                Op::Field(field) => Some(field),
                _ => None,
            })
            .collect()
    }

    /// The relations that the plan follows: entity, and number of the relation among its own.
    pub fn relations(&self) -> BTreeSet<(EntityId, usize)> {
        self.nodes
            .iter()
            .filter_map(|n| match n.op {
                Op::Up(Step::BelongsTo(entity, relation), _) => Some((entity, relation)),
                Op::Members(child, relation, _) => Some((child, relation)),
                _ => None,
            })
            .collect()
    }

    /// The fields that a node reads, and the relations that it follows.
    pub fn inputs_of(&self, node: NodeId) -> (BTreeSet<FieldId>, BTreeSet<(EntityId, usize)>) {
        let (mut fields, mut relations) = (BTreeSet::new(), BTreeSet::new());
        let (mut seen, mut open) = (BTreeSet::new(), vec![node]);
        while let Some(node) = open.pop() {
            let Some(n) = self.node(node).filter(|_| seen.insert(node)) else { continue };
            match n.op {
                Op::Field(field) => _ = fields.insert(field),
                Op::Up(Step::BelongsTo(entity, relation), _) => _ = relations.insert((entity, relation)),
                Op::Members(child, relation, _) => _ = relations.insert((child, relation)),
                _ => {}
            }
            open.extend(n.op.inputs());
        }
        (fields, relations)
    }

    /// The entities whose rows the plan reads, the decided one and the sides of pairs included.
    pub fn entities(&self) -> BTreeSet<EntityId> {
        let mut entities: BTreeSet<EntityId> =
            self.nodes.iter().map(|n| n.entity).chain([self.entity]).collect();
        for entity in entities.clone() {
            if let Some(Origin::Pair(a, b)) = self.parsed.schema.entities.get(entity).map(|e| &e.origin) {
                entities.extend([*a, *b]);
            }
        }
        entities
    }
}

pub(crate) fn no_place(message: String) -> Diagnostic {
    Diagnostic { labels: Vec::new(), ..Diagnostic::error("L0130", message, Span::default(), "") }
}

fn unknown_name(parsed: &Parsed, name: &str) -> Diagnostic {
    let names = parsed.rules.iter().map(|r| r.name.as_str());
    let names = names.chain(parsed.schema.fields.iter().map(|f| f.name.as_str()));
    let names = names.chain(parsed.manifest.groups.keys().map(String::as_str));
    let hint = nearest(name, names).map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
    no_place(format!("`{name}` is neither a rule nor a field{hint}"))
}

/// Reports the parameters without a value on the date; returns warnings on those used past the last
/// year that they cover.
fn bind_parameters(parsed: &Parsed, date: Date, nodes: &[Node], out: &mut Diagnostics) -> Vec<String> {
    let mut stale = BTreeSet::new();
    for node in nodes {
        let Op::Param(id, _) = &node.op else { continue };
        let Some(parameter) = parsed.parameters.get(*id) else { continue };
        if parameter.at(date).is_none() {
            let known = match (parameter.versions.first(), parameter.versions.last()) {
                (Some(first), _) if date < first.from => format!("its first value holds from {}", first.from),
                (_, Some(last)) => format!("its last value ended on {}", last.until.unwrap_or(last.from)),
                _ => "it has no value at all".to_string(),
            };
            out.push(
                Diagnostic::error(
                    "L0122",
                    format!("`{}` has no value on {date}", parameter.path),
                    node.span.clone(),
                    "needed here",
                )
                .with_label(parameter.span.clone(), known),
            );
        } else if parameter.is_stale(date)
            && let Some(last) = parameter.versions.last()
        {
            stale.insert(format!(
                "paramètre `{}`: la loi le renouvelle chaque année, sa dernière valeur date du {}; la décision au {date} peut être périmée",
                parameter.path, last.from
            ));
        }
    }
    stale.into_iter().collect()
}

/// Lowers every rule on every date at which a text changes, to report what is wrong in any of them.
pub(crate) fn check_all(parsed: &Parsed, out: &mut Diagnostics) {
    let mut dates: BTreeSet<Date> = [Date::constant(1, 1, 1)].into();
    dates.extend(parsed.rules.iter().flat_map(|r| &r.texts).filter_map(|t| t.from));
    for date in dates {
        let graph = RuleGraph::wire(parsed, date, None, out);
        let mut lowering = Lowering::new(&graph, out);
        for rule in graph.order.clone() {
            lowering.rule(rule);
        }
        let nodes = lowering.nodes;
        units::check(parsed, &nodes, out);
    }
    // A rule not yet in force is no error of the pack: only of a plan that asks for it.
    out.items.retain(|d| d.code != "L0111");
}
