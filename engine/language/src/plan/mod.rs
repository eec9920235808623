//! The plan: selected rules, lowered to one expression graph and bound to a date.

mod agreement;
pub mod builtins;
pub mod conditions;
mod every_text;
mod given;
mod hoist;
pub mod ir;
mod local;
mod lower;
mod matching;
mod needs;
mod units;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, PackError, Span, texts};
use crate::graph::{Access, Link, RuleGraph, RuleId, Step, Target, reach};
use crate::pack::Parsed;
use crate::pack::force::{Outside, value_outside};
use crate::pack::params::{Parameter, ParameterId, ParameterVersion};
use crate::pack::schema::{EntityId, FieldId, Origin};
use crate::value::{Date, Type, Value};
pub(crate) use agreement::check_agreements;
use builtins::Builtin;
pub(crate) use every_text::check_all;
pub use given::Given;
use ir::{Node, NodeId, Op};
pub use local::Choice;
use lower::Lowering;
pub(crate) use matching::{check_invariants, check_matching, check_shares};
pub use needs::Needs;

/// Do equal expressions that are written in two places stay two nodes? One shared node is faster; two have
/// their own places, so that each can be shown as reached, or changed, by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Apart {
    /// One node.
    No,
    /// A node each.
    Yes,
}

/// Where the operands of `&&`, `||` and `!`, and the condition of an `if`, are written: by node and number
/// of the operand.
pub type Places = BTreeMap<(NodeId, usize), Span>;

/// Selected rules (and fields) of one entity, as of a date: what is evaluated.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The pack.
    pub parsed: Arc<Parsed>,
    /// The date as of which all is decided.
    pub date: Date,
    /// The field that is the date of the decision of each row, if each has its own: then `date` is one day
    /// of a period in which neither rules nor parameters change.
    pub dated: Option<FieldId>,
    /// The entity whose rows are decided.
    pub entity: EntityId,
    /// What was selected, in order: name and node.
    pub selected: Vec<(String, NodeId)>,
    /// All nodes, each after its inputs.
    pub nodes: Vec<Node>,
    /// In French, what is to be known of the plan's parameters: without a value on the date, or used past
    /// the last year that they cover.
    pub warnings: Vec<String>,
    /// In French, the selected rules that are not in force on the date, each with the reason, in one sentence.
    pub notes: Vec<String>,
    /// Places of operands; empty unless expressions stay apart.
    pub places: Places,
    /// A parameter with values in place of those in force (for mutants).
    pub supposed: Option<(ParameterId, Arc<ParameterVersion>)>,
}

impl Plan {
    /// Plans `names`, rules or fields of one entity, as of `date`.
    ///
    /// # Errors
    /// An unknown name, names of several entities, a rule that is not in force. A parameter without a
    /// value on the date is no error: what needs it is unknown, and the plan's warnings say so.
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
            // A value of each row: its own, or of a row that it belongs to. Members have several.
            match reach(&parsed.schema, entity, home) {
                Ok(access @ (Access::Own | Access::Up(_))) => {
                    roots.push(((*name).to_string(), Link { target, access }));
                }
                Ok(Access::Members { .. }) => {
                    out.push(texts::names::asked_several_values(name));
                }
                Err(why) => out.push(texts::names::asked_out_of_reach(name, &why)),
            }
        }
        Plan::of_links(parsed, date, None, entity, &roots, Apart::No, out)
    }

    /// Plans `names` for the period of `date` between two changes of the law. If there is a field `dated`,
    /// each row's date of the decision is its value of that field.
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

    /// [`Plan::new`]; `apart` says whether equal expressions in two places stay two nodes.
    pub fn of_cases(
        parsed: &Arc<Parsed>,
        date: Date,
        names: &[&str],
        apart: Apart,
    ) -> Result<Plan, PackError> {
        Plan::make(parsed, date, None, names, apart)
    }

    /// Every rule in force on a date, of all entities, with nothing selected and expressions apart: to
    /// see what is written. Parameters may have no value on the date.
    pub fn whole(parsed: &Arc<Parsed>, date: Date) -> Plan {
        Plan::whole_in(parsed, date, &mut Diagnostics::default())
    }

    /// [`Plan::whole`], which reports what keeps it from being whole: with expressions apart it may be too
    /// large, and then ends where the limit was met.
    pub fn whole_in(parsed: &Arc<Parsed>, date: Date, out: &mut Diagnostics) -> Plan {
        let graph = RuleGraph::wire(parsed, date, None, out);
        let mut lowering = Lowering::new(&graph.wiring, out);
        lowering.apart = Apart::Yes;
        for &rule in &graph.order {
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
            notes: Vec::new(),
            places,
            supposed: None,
        }
    }

    /// The rules of the plan with their outcome nodes, each after those that it needs.
    pub fn rule_nodes(&self) -> impl Iterator<Item = (RuleId, NodeId)> + '_ {
        (0..).zip(&self.nodes).filter_map(|(node, n)| match n.op {
            Op::Rule(rule, _) => Some((rule, node)),
            _ => None,
        })
    }

    /// Plans `names`, which must be of one entity.
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
        // The first name says which rows are decided; every other must speak of the same ones.
        let entity = roots.first().map(|(_, (_, entity))| *entity);
        if let Some((name, (_, other))) = roots.iter().find(|(_, (_, e))| Some(*e) != entity) {
            let of = |e: EntityId| parsed.schema.entities.get(e).map_or("?", |e| e.name.as_str());
            let first = (*names.first().unwrap_or(&""), of(entity.unwrap_or(*other)));
            out.push(texts::names::asked_of_two_entities((name, of(*other)), first));
        }
        let own = |(name, (target, _)): &(&str, (Target, EntityId))| {
            (name.to_string(), Link { target: *target, access: Access::Own })
        };
        let roots: Vec<(String, Link)> = roots.iter().map(own).collect();
        Plan::of_links(parsed, date, dated, entity.unwrap_or(0), &roots, apart, out)
    }

    /// Plans names with what they stand for, each reached from rows of `entity`. `out` holds the problems
    /// found so far: with any error there is no plan.
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
        // Rules among the roots; fields and the date need no lowering before they are linked.
        let wanted: Vec<RuleId> = roots
            .iter()
            .filter_map(|(_, link)| match link.target {
                Target::Rule(rule) => Some(rule),
                _ => None,
            })
            .collect();
        // Only what the names need is lowered, each rule after those that it needs.
        let mut lowering = Lowering::new(&graph.wiring, &mut out);
        lowering.apart = apart;
        for rule in graph.closure(&wanted) {
            lowering.rule(rule);
        }
        let mut selected = Vec::new();
        for (name, link) in roots {
            selected.extend(lowering.link(link, entity, &Span::default()).map(|node| (name.clone(), node)));
        }
        let (nodes, places) = (lowering.nodes, lowering.places);
        let warnings = bind_parameters(parsed, date, &nodes, &selected);
        let mut notes = not_in_force(parsed, date, &nodes, &selected);
        notes.extend(local::note(parsed, &nodes, &selected));
        if selected.len() < roots.len() && !out.has_errors() {
            out.push(texts::names::asked_unplannable());
        }
        // All problems at once, in the order of the files.
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
            notes,
            places,
            supposed: None,
        })
    }

    /// The node, if it is one.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id as usize)
    }

    /// The units of the selected names, in order: as declared, or as follows from what a rule computes. `1`
    /// is a number without unit; `None`, a unit that is not known.
    pub fn units(&self) -> Vec<Option<String>> {
        let all = units::texts(&self.parsed, &self.nodes);
        self.selected.iter().map(|(_, node)| all.get(*node as usize).cloned().flatten()).collect()
    }

    /// The builtin that a call computes: `nombre` of a list that is not of booleans is its length.
    pub fn counted(&self, called: Builtin, args: &[NodeId]) -> Builtin {
        let list = args.first().and_then(|list| self.node(*list)).map(|n| &n.ty);
        match (called, list) {
            (Builtin::Nombre, Some(Type::List(item))) if **item != Type::Bool => Builtin::Longueur,
            _ => called,
        }
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

    /// The plan with the parameters of another pack, without lowering anything again. The pack may differ
    /// from the plan's in values of parameters alone; dates of effect and types must be equal.
    #[must_use]
    pub fn with_values(&self, parsed: &Arc<Parsed>) -> Plan {
        Plan { parsed: parsed.clone(), ..self.clone() }
    }

    /// The plan as of another day, without lowering anything again. Between the two no rule that it reads has another text,
    /// comes into force or leaves it, and no territory does: see [`Ever::texts`](crate::graph::Ever::texts).
    #[must_use]
    pub fn on(&self, date: Date) -> Plan {
        let warnings = bind_parameters(&self.parsed, date, &self.nodes, &self.selected);
        Plan { date, warnings, ..self.clone() }
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

    /// The relations whose other way the plan follows: entity whose rows it lists, and number of the relation among its
    /// own.
    pub fn members(&self) -> BTreeSet<(EntityId, usize)> {
        let listed = self.nodes.iter().filter_map(|n| match n.op {
            Op::Members(child, relation, _) => Some((child, relation)),
            _ => None,
        });
        listed.collect()
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

/// A problem of a selection: L0130, at no place of a file.
pub fn no_place(message: String) -> Diagnostic {
    Diagnostic { labels: Vec::new(), ..Diagnostic::error("L0130", message, Span::default(), "") }
}

fn unknown_name(parsed: &Parsed, name: &str) -> Diagnostic {
    let names = parsed.rules.iter().map(|r| r.name.as_str());
    let names = names.chain(parsed.schema.fields.iter().map(|f| f.name.as_str()));
    let names = names.chain(parsed.manifest.groups.keys().map(String::as_str));
    texts::names::asked_unknown(name, names)
}

/// The warnings of a plan: parameters without a value on the date, with the selected names that they leave
/// open, and parameters used past the last year that they cover.
fn bind_parameters(
    parsed: &Parsed,
    date: Date,
    nodes: &[Node],
    selected: &[(String, NodeId)],
) -> Vec<String> {
    let used: BTreeSet<ParameterId> = nodes
        .iter()
        .filter_map(|n| match n.op {
            Op::Param(id, _) => Some(id),
            _ => None,
        })
        .collect();
    let (mut lacking, mut stale) = (BTreeSet::new(), BTreeSet::new());
    // By day of verification and by what, the tables that were not seen to hold after it.
    let mut unverified: BTreeMap<(Date, &str), BTreeSet<&str>> = BTreeMap::new();
    // Three things that a decision may silently rest on, each told once: a value that nobody has seen to hold
    // so late, no value at all, and one that the law should have renewed since.
    for id in used {
        let Some(parameter) = parsed.parameters.get(id) else { continue };
        if let Some(verified) = parameter.verified.as_ref().filter(|_| parameter.is_unverified(date)) {
            let tables = unverified.entry((verified.on, &verified.by)).or_default();
            tables.insert(&parameter.path);
        }
        if parameter.versions.is_empty() {
            // Only territories give it: a note says which.
        } else if parameter.at(date).is_none() {
            lacking.insert(format!(
                "paramètre `{}`: aucune valeur au {date} ({}); reste inconnu ce qui en a besoin: {}",
                parameter.path,
                known_dates(parameter, date),
                needing(id, nodes, selected)
            ));
        } else if parameter.is_stale(date)
            && let Some(version) = parameter.at(date)
        {
            let next = parameter.versions.iter().find(|v| v.from > date);
            let known = match next {
                None => format!("sa dernière valeur date du {}", version.from),
                Some(next) => format!("ses valeurs passent du {} au {}", version.from, next.from),
            };
            stale.insert(format!(
                "paramètre `{}`: la loi le renouvelle chaque année, {known}; la décision au {date} peut être périmée",
                parameter.path
            ));
        }
    }
    let unverified = unverified.into_iter().map(|((on, by), tables)| {
        let tables: Vec<String> = tables.into_iter().map(|path| format!("`{path}`")).collect();
        format!(
            "valeurs vérifiées jusqu'au {on} seulement ({by}), la décision est au {date}: {}",
            first_of(&tables)
        )
    });
    lacking.into_iter().chain(stale).chain(unverified).collect()
}

/// The selected rules that are not in force on the date, each with the reason: one sentence, whatever their number.
fn not_in_force(parsed: &Parsed, date: Date, nodes: &[Node], selected: &[(String, NodeId)]) -> Vec<String> {
    let found = |(name, node): &(String, NodeId)| {
        let Some(Op::Rule(id, _)) = nodes.get(*node as usize).map(|n| &n.op) else { return None };
        let rule = parsed.rules.get(*id)?;
        let why = rule.outside(date)?;
        let outcome = match parsed.kind(*id).and_then(value_outside) {
            Some(Value::Bool(_)) => "non pour toutes les lignes",
            Some(_) => "0 pour toutes les lignes",
            None => "inconnu pour toutes les lignes",
        };
        Some((outcome, format!("`{name}`"), why))
    };
    let all: Vec<(&str, String, Outside)> = selected.iter().filter_map(found).collect();
    match all.as_slice() {
        [] => Vec::new(),
        [(outcome, name, why)] => vec![format!("{name} {why}: {outcome} au {date}")],
        many => {
            // By outcome, in the order in which each is first met.
            let mut by_outcome: Vec<(&str, Vec<String>)> = Vec::new();
            for (outcome, name, why) in many {
                let said = match why {
                    Outside::NotYet(first) => format!("{name} (à partir du {first})"),
                    Outside::NoLonger(since) => format!("{name} (plus depuis le {since})"),
                };
                match by_outcome.iter_mut().find(|(known, _)| known == outcome) {
                    Some((_, names)) => names.push(said),
                    None => by_outcome.push((outcome, vec![said])),
                }
            }
            let said = by_outcome.iter().map(|(outcome, names)| format!("{outcome}: {}", names.join(", ")));
            let said = said.collect::<Vec<_>>().join(" ; ");
            vec![format!("{} règles ne sont pas en vigueur au {date}: {said}", many.len())]
        }
    }
}

/// When a parameter has values, for a date on which it has none.
fn known_dates(parameter: &Parameter, date: Date) -> String {
    let before = parameter.versions.iter().rev().find(|v| v.from <= date);
    let after = parameter.versions.iter().find(|v| v.from > date);
    let last = before.map(|v| v.until.unwrap_or(v.from));
    match (last, after) {
        (None, None) => "il n'en a aucune".to_string(),
        (None, Some(first)) => format!("la première vaut à partir du {}", first.from),
        (Some(last), None) => format!("la dernière a valu jusqu'au {last}"),
        (Some(last), Some(next)) => {
            format!("l'une a valu jusqu'au {last}, la suivante vaut à partir du {}", next.from)
        }
    }
}

/// How many names a warning tells; the others are counted.
const NAMES: usize = 6;

/// The selected names that a parameter may leave open.
fn needing(id: ParameterId, nodes: &[Node], selected: &[(String, NodeId)]) -> String {
    first_of(&names_needing(id, nodes, selected))
}

fn names_needing(id: ParameterId, nodes: &[Node], selected: &[(String, NodeId)]) -> Vec<String> {
    // By node: does its value need the parameter? Inputs come first, so one pass is enough.
    let mut needs: Vec<bool> = Vec::with_capacity(nodes.len());
    for node in nodes {
        let own = matches!(node.op, Op::Param(read, _) if read == id);
        let inputs = node.op.inputs();
        // A cell reads its parameter by itself; everything else only through an input.
        needs.push(own || inputs.into_iter().any(|i| needs.get(i as usize) == Some(&true)));
    }
    let needing = selected.iter().filter(|(_, node)| needs.get(*node as usize) == Some(&true));
    needing.map(|(name, _)| format!("`{name}`")).collect()
}

/// The first of many names, and how many more there are.
fn first_of(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMES);
    let told = names.get(..NAMES).unwrap_or(names).join(", ");
    if more == 0 { told } else { format!("{told} et {more} autre(s)") }
}
