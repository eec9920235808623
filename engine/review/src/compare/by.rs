//! By what differences are counted: a field, a rule, a group of rules, an entity that a row belongs to.

use std::collections::BTreeMap;
use std::sync::Arc;

use logis_data::Dataset;
use logis_decide::evaluate::possible::Possible;
use logis_decide::evaluate::{Certain, Context, Evaluator, certain};
use logis_language::Pack;
use logis_language::diagnostic::nearest;
use logis_language::graph::{Access, Step, Target, reach};
use logis_language::pack::schema::{EntityId, Origin};
use logis_language::plan::Plan;
use logis_language::value::{Date, Value};

/// One thing that differences on rows of one entity are counted by.
pub(super) struct By {
    /// One way; of a group, one for each entity that its rules are of.
    ways: Vec<Way>,
    /// Is it a group of rules?
    group: bool,
}

/// Rows of an entity that is reached from the decided one, and what is asked of them.
struct Way {
    access: Access,
    target: EntityId,
    /// The plan of the rules or the field; none if rows are counted by their identifier.
    plan: Option<Arc<Plan>>,
    /// The names that the plan selects.
    names: Vec<Arc<str>>,
}

impl Way {
    fn new(access: Access, target: EntityId, plan: Option<Arc<Plan>>) -> Way {
        let names =
            plan.iter().flat_map(|plan| &plan.selected).map(|(name, _)| name.as_str().into()).collect();
        Way { access, target, plan, names }
    }
}

/// Checks that differences can be counted by a name: a group, a rule, a field or an entity of the pack.
///
/// # Errors
/// In words, that it is none of them.
pub(super) fn check(pack: &Pack, name: &str) -> Result<(), String> {
    let parsed = pack.parsed();
    if parsed.manifest.groups.contains_key(name)
        || Target::find(parsed, name).is_some()
        || parsed.schema.entity(name).is_some()
    {
        return Ok(());
    }
    let names = parsed.manifest.groups.keys().map(String::as_str);
    let names = names.chain(parsed.schema.fields.iter().map(|f| f.name.as_str()));
    let names = names.chain(parsed.rules.iter().map(|r| r.name.as_str()));
    let names = names.chain(parsed.schema.entities.iter().map(|e| e.name.as_str()));
    let hint = nearest(name, names).map_or_else(String::new, |n| format!(" ; vouliez-vous dire `{n}` ?"));
    Err(format!(
        "`{name}` n'est ni un champ, ni une règle, ni un groupe, ni une entité du paquet de règles{hint}"
    ))
}

impl By {
    /// What rows of `entity` are counted by under `name`; `None` if they reach it by no way, or by several
    /// rows at once.
    pub fn new(pack: &Pack, date: Date, entity: EntityId, name: &str) -> Option<By> {
        let parsed = pack.parsed();
        let schema = &parsed.schema;
        let group = parsed.manifest.groups.get(name);
        let mut ways = Vec::new();
        if let Some(rules) = group {
            // One plan for all boolean rules of one entity.
            let mut together: BTreeMap<EntityId, Vec<&str>> = BTreeMap::new();
            for (rule, _) in rules {
                let Some((_, target)) = Target::find(parsed, rule) else { continue };
                let plan = pack.plan(date, &[rule]).ok();
                if plan.is_some_and(|plan| is_boolean(&plan)) {
                    together.entry(target).or_default().push(rule);
                }
            }
            for (target, rules) in together {
                let Ok(access) = reach(schema, entity, target) else { continue };
                ways.extend(pack.plan(date, &rules).ok().map(|plan| Way::new(access, target, Some(plan))));
            }
        } else if let Some((_, target)) = Target::find(parsed, name) {
            let access =
                reach(schema, entity, target).ok().filter(|a| !matches!(a, Access::Members { .. }))?;
            ways.push(Way::new(access, target, Some(pack.plan(date, &[name]).ok()?)));
        } else {
            let target = schema.entity(name).filter(|&t| !is_pair(parsed, t))?;
            let access =
                reach(schema, entity, target).ok().filter(|a| !matches!(a, Access::Members { .. }))?;
            ways.push(Way::new(access, target, None));
        }
        (!ways.is_empty()).then_some(By { ways, group: group.is_some() })
    }

    /// Binds it to data; if `many` rows will be asked for, all are decided by columns first.
    pub fn bind<'b>(&'b self, dataset: &'b Dataset, many: bool) -> Bound<'b> {
        let context = |way: &'b Way| way.plan.as_ref().map(|plan| Context::new(plan, dataset));
        let contexts: Vec<Option<Context<'b>>> = self.ways.iter().map(context).collect();
        let columns = contexts.iter().map(|context| match context {
            Some(context) if many => certain(context),
            _ => Vec::new(),
        });
        Bound { by: self, dataset, columns: columns.collect(), contexts }
    }
}

fn is_boolean(plan: &Plan) -> bool {
    let node = plan.selected.first().and_then(|(_, node)| plan.node(*node));
    node.is_some_and(|n| n.ty == logis_language::value::Type::Bool)
}

fn is_pair(parsed: &logis_language::pack::Parsed, entity: EntityId) -> bool {
    matches!(parsed.schema.entities.get(entity).map(|e| &e.origin), Some(Origin::Pair(..)))
}

/// A [`By`] over a data set.
pub(super) struct Bound<'b> {
    by: &'b By,
    dataset: &'b Dataset,
    /// By way: the context of its plan.
    contexts: Vec<Option<Context<'b>>>,
    /// By way and selected name: the outcomes that columns decide; empty if not computed.
    columns: Vec<Vec<Option<Certain>>>,
}

/// Gives the values of rows; each thread has its own.
pub(super) struct Values<'c, 'b> {
    bound: &'c Bound<'b>,
    evaluators: Vec<Option<Evaluator<'c, 'b>>>,
    words: Words,
}

/// Values that are no identifier.
struct Words {
    yes: Arc<str>,
    no: Arc<str>,
    none: Arc<str>,
    unknown: Arc<str>,
    error: Arc<str>,
}

impl<'b> Bound<'b> {
    pub fn values<'c>(&'c self) -> Values<'c, 'b> {
        let evaluators = self.contexts.iter().map(|c| c.as_ref().map(Evaluator::new)).collect();
        let words = Words {
            yes: "oui".into(),
            no: "non".into(),
            none: "(aucun)".into(),
            unknown: "(inconnu)".into(),
            error: "(erreur)".into(),
        };
        Values { bound: self, evaluators, words }
    }
}

impl Values<'_, '_> {
    /// Is it a group of rules?
    pub fn is_group(&self) -> bool {
        self.bound.by.group
    }

    /// The values that a row of the decided entity is counted under: one; of a group, the names of the rules
    /// that are true of it. `context` is that of the decided rules. Outcomes are not decided by cases: one
    /// that only that would settle counts as unknown.
    pub fn of(&mut self, context: &Context<'_>, row: u64) -> Vec<Arc<str>> {
        let Values { bound, evaluators, words } = self;
        let mut found = Vec::new();
        for ((way, columns), evaluator) in bound.by.ways.iter().zip(&bound.columns).zip(evaluators) {
            let rows = rows(bound.dataset, context, &way.access, row);
            // An entity: the identifier of the one row that the way leads to.
            let (Some(evaluator), Some(plan)) = (evaluator, &way.plan) else {
                let ids = bound.dataset.tables.get(way.target).map(|table| &table.ids);
                let id = rows.first().and_then(|&row| ids?.text(usize::try_from(row).ok()?));
                found.push(id.map_or_else(|| words.none.clone(), Into::into));
                continue;
            };
            for (place, (name, (_, node))) in way.names.iter().zip(&plan.selected).enumerate() {
                // From the columns where they decide, else by sets and ranges.
                let column = columns.get(place).and_then(Option::as_ref);
                let mut value = |row: u64| {
                    let settled = column.and_then(|c| c.get(usize::try_from(row).ok()?));
                    settled.map_or_else(|| evaluator.eval(*node, row), |value| Ok(Possible::Known(value)))
                };
                // A rule of a group counts if it is true of any of the rows (of any person).
                if bound.by.group {
                    let is_true = |v: &Result<Possible, _>| {
                        v.as_ref().ok().and_then(Possible::known_bool) == Some(true)
                    };
                    if rows.iter().any(|&row| is_true(&value(row))) {
                        found.push(name.clone());
                    }
                } else {
                    found.push(match rows.first().map(|&row| value(row)) {
                        Some(Ok(Possible::Known(Value::Bool(true)))) => words.yes.clone(),
                        Some(Ok(Possible::Known(Value::Bool(false)))) => words.no.clone(),
                        Some(Ok(Possible::Known(Value::Text(text)))) => text,
                        Some(Ok(Possible::Known(value))) => value.to_string().into(),
                        Some(Err(_)) => words.error.clone(),
                        _ => words.unknown.clone(),
                    });
                }
            }
        }
        if found.is_empty() {
            found.push(words.none.clone());
        }
        found
    }
}

/// The rows that a way leads to from a row of the decided entity.
fn rows(dataset: &Dataset, context: &Context<'_>, access: &Access, row: u64) -> Vec<u64> {
    match access {
        Access::Own => vec![row],
        Access::Up(steps) => climb(context, steps, row).into_iter().collect(),
        Access::Members { child, relation } => {
            let parents = dataset.tables.get(context.plan.entity).map_or(0, logis_data::Table::rows);
            let links = dataset.tables.get(*child).and_then(|t| t.links.get(*relation));
            let Some(members) = links.map(|l| l.members(parents)) else { return Vec::new() };
            let own = usize::try_from(row).map_or(&[][..], |row| members.of(row));
            own.iter().copied().map(u64::from).collect()
        }
    }
}

/// The row at the end of some steps, if no relation on the way is missing.
fn climb(context: &Context<'_>, steps: &[Step], row: u64) -> Option<u64> {
    steps.iter().try_fold(row, |row, step| context.step(*step, row).ok())
}
