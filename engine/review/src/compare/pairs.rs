//! Rules that both packs have, as of a date: which of them can differ at all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::structure::CellChange;
use super::trace::Cause;
use logis_language::Pack;
use logis_language::fingerprint::{fingerprint, plan_rules, rule_lines};
use logis_language::graph::Target;
use logis_language::pack::Parsed;
use logis_language::pack::params::{ParameterId, show_keys};
use logis_language::pack::schema::Origin;
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::Date;
use logis_language::value::Value;

/// Rules of one entity in both packs, of which each could differ for some row.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The date.
    pub date: Date,
    /// Name of the entity.
    pub entity: String,
    /// The rules, in the order in which they were asked for.
    pub names: Vec<String>,
    /// The plan of the rules in the base.
    pub base: Arc<Plan>,
    /// The plan of the rules in the head.
    pub head: Arc<Plan>,
    /// Among the rules that they need, those whose text in force differs, or is in one pack only.
    pub texts: BTreeSet<String>,
    /// Among them, those that are in force on the date in one pack only.
    pub in_force: BTreeSet<String>,
    /// By rule, the one cause that all its differences must have: of all that it needs, one text or one cell
    /// differs.
    pub only: BTreeMap<String, Cause>,
}

/// What is to be compared on a date.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// One for each entity with rules that could differ.
    pub pairs: Vec<Pair>,
    /// Rules that only one of the packs decides on that date, and why the other does not.
    pub notes: Vec<String>,
    /// How many rules are in force in both and equal there, with all that they need: they cannot differ.
    pub same: usize,
}

impl Pairs {
    /// Finds which of `names` could differ on a date: those with another fingerprint. If the packs read data
    /// in two ways (`reads_the_same` is false), every rule that reads a reference table could too. Rules of `reserved`
    /// are decided all the same: they may stand under other reserves.
    pub fn new(
        base: &Pack,
        head: &Pack,
        date: Date,
        names: &[&str],
        reads_the_same: bool,
        reserved: &BTreeSet<String>,
    ) -> Pairs {
        let mut out = Pairs::default();
        let mut by_entity: BTreeMap<(usize, usize), Vec<&str>> = BTreeMap::new();
        for &name in names {
            let there = |pack: &Pack| Target::find(pack.parsed(), name).is_some();
            // Of a rule that is new or gone, the structure says so.
            if !there(base) || !there(head) {
                continue;
            }
            match (base.plan(date, &[name]), head.plan(date, &[name])) {
                (Ok(old), Ok(new)) => {
                    if entity_name(&old) != entity_name(&new) {
                        let (old, new) = (entity_name(&old), entity_name(&new));
                        out.notes
                            .push(format!("{date}: `{name}` est passée de `{old}` à `{new}`: non comparée"));
                    } else if fingerprint(&old) == fingerprint(&new)
                        && !reserved.contains(name)
                        && (reads_the_same || !reads_references(&new))
                    {
                        out.same += 1;
                    } else {
                        by_entity.entry((old.entity, new.entity)).or_default().push(name);
                    }
                }
                (Err(error), Ok(_)) => out.notes.push(only("après", "avant", date, name, &error)),
                (Ok(_), Err(error)) => out.notes.push(only("avant", "après", date, name, &error)),
                (Err(_), Err(_)) => {}
            }
        }
        for names in by_entity.into_values() {
            // Each was planned alone: so are all together.
            let (Ok(old), Ok(new)) = (base.plan(date, &names), head.plan(date, &names)) else { continue };
            let texts = changed_texts(&old, &new);
            let one_side = |rule: &&String| outside(&old, rule) != outside(&new, rule);
            let in_force: BTreeSet<String> = texts.iter().filter(one_side).cloned().collect();
            let one = |name: &&str| {
                let texts = (&texts, &in_force);
                let cause = if reads_the_same { only_cause(&old, &new, texts, name) } else { None };
                Some((name.to_string(), cause?))
            };
            let only = names.iter().filter_map(one).collect();
            out.pairs.push(Pair {
                date,
                entity: entity_name(&new).to_string(),
                names: names.iter().map(|n| n.to_string()).collect(),
                texts,
                in_force,
                only,
                base: old,
                head: new,
            });
        }
        out
    }
}

fn only(
    there: &str,
    gone: &str,
    date: Date,
    name: &str,
    error: &logis_language::diagnostic::PackError,
) -> String {
    let why = error.diagnostics.first().map_or_else(|| error.to_string(), |d| d.message.clone());
    format!("{date}: `{name}` n'est décidée qu'{there}; {gone}: {why}")
}

fn entity_name(plan: &Plan) -> &str {
    plan.parsed.schema.entities.get(plan.entity).map_or("?", |e| e.name.as_str())
}

/// Does a plan read rows of a reference table?
fn reads_references(plan: &Plan) -> bool {
    let entity = |id: usize| plan.parsed.schema.entities.get(id).map(|e| &e.origin);
    plan.entities().into_iter().any(|id| matches!(entity(id), Some(Origin::Reference { .. })))
}

/// The rules that either plan needs and whose canonical text differs.
fn changed_texts(old: &Plan, new: &Plan) -> BTreeSet<String> {
    let lines = |plan: &Plan| -> BTreeMap<String, BTreeSet<String>> {
        let parsed: &Parsed = &plan.parsed;
        let rule = |id: usize| Some((parsed.rules.get(id)?.name.clone(), rule_lines(parsed, id, plan.date)));
        plan_rules(plan).into_iter().filter_map(rule).collect()
    };
    // By rule, its canonical lines as of each plan's date: comments and layout are not in them.
    let (old, new) = (lines(old), lines(new));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    names.into_iter().filter(|name| old.get(*name) != new.get(*name)).cloned().collect()
}

/// Is a rule not in force on the date of a plan?
fn outside(plan: &Plan, rule: &str) -> bool {
    let rule = plan.parsed.rule(rule).and_then(|id| plan.parsed.rules.get(id));
    rule.is_some_and(|rule| rule.outside(plan.date).is_some())
}

/// What a rule needs, itself included: the names of the rules, and which of them reads which parameter
/// itself.
fn needed(plan: &Plan, rule: &str) -> (BTreeSet<String>, BTreeSet<(String, ParameterId)>) {
    let (mut rules, mut reads) = (BTreeSet::new(), BTreeSet::new());
    let start = plan.selected.iter().find(|(name, _)| name == rule).map(|(_, node)| *node);
    // A node that two rules share is walked for each.
    let mut left: Vec<(NodeId, String)> = start.map(|node| (node, rule.to_string())).into_iter().collect();
    let mut seen = BTreeSet::new();
    while let Some((id, within)) = left.pop() {
        let Some(node) = plan.node(id) else { continue };
        let within = match node.op {
            Op::Rule(rule, _) => plan.parsed.rules.get(rule).map_or(within, |r| r.name.clone()),
            _ => within,
        };
        if !seen.insert((id, within.clone())) {
            continue;
        }
        match node.op {
            Op::Rule(..) => drop(rules.insert(within.clone())),
            Op::Param(parameter, _) => drop(reads.insert((within.clone(), parameter))),
            _ => {}
        }
        left.extend(node.op.inputs().into_iter().map(|input| (input, within.clone())));
    }
    (rules, reads)
}

/// The cause of every difference of a rule, if of all that it needs one text differs, or one cell that one
/// rule reads; `None` if several do.
fn only_cause(
    old: &Plan,
    new: &Plan,
    (texts, in_force): (&BTreeSet<String>, &BTreeSet<String>),
    rule: &str,
) -> Option<Cause> {
    let ((before, _), (after, reads)) = (needed(old, rule), needed(new, rule));
    if before != after {
        return None;
    }
    // First texts, then cells, each with the rule that reads it.
    let mut causes: Vec<Cause> = Vec::new();
    for name in after.intersection(texts) {
        let in_force = in_force.contains(name);
        causes.push(Cause { rule: name.clone(), text: !in_force, in_force, ..Cause::default() });
    }
    for (name, id) in reads {
        let path = &new.parsed.parameters.get(id)?.path;
        let cells = |plan: &Plan| -> BTreeMap<String, Value> {
            let parameter = plan.parsed.parameter(path).and_then(|id| plan.parsed.parameters.get(id));
            let cells = parameter.and_then(|p| p.at(plan.date)).into_iter().flat_map(|v| &v.cells);
            let keys = |keys: &[_]| if keys.is_empty() { String::new() } else { show_keys(keys) };
            cells.map(|(k, cell)| (keys(k), cell.value.clone())).collect()
        };
        let (before, after) = (cells(old), cells(new));
        for keys in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
            let (before, after) = (before.get(keys).cloned(), after.get(keys).cloned());
            if before != after {
                let cell = CellChange { path: path.clone(), keys: keys.clone(), from: None, before, after };
                causes.push(Cause { rule: name.clone(), cells: vec![cell], ..Cause::default() });
            }
        }
    }
    match causes.len() {
        1 => causes.pop(),
        _ => None,
    }
}
