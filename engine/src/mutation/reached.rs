//! What the cases reach, and what becomes of a change: the cases that pass where it is made are decided
//! again, until one notices.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::Fate;
use super::edit::Edit;
use crate::coverage::decisions::decisions;
use crate::coverage::traces;
use crate::data::{Dataset, NO_ROW};
use crate::diagnostic::{Diagnostics, Span};
use crate::evaluate::Evaluator;
use crate::graph::RuleId;
use crate::pack::Parsed;
use crate::pack::params::{Cell, ParameterId, ParameterVersion};
use crate::pack::schema::{EntityId, Origin, Schema};
use crate::plan::ir::{NodeId, Op};
use crate::plan::{Apart, Places, Plan};
use crate::testing::groups::Group;
use crate::testing::values::column;
use crate::value::Value;

/// Number of a group of cases, and of a case of it.
type GroupCase = (usize, usize);

/// The cases and what each reaches.
pub(super) struct Reached<'p> {
    groups: Vec<Group<'p>>,
    references: &'p Dataset,
    /// By group and node: the cases that reach it.
    cases: Vec<Vec<Vec<usize>>>,
    /// By place: the group, and the node of its plan.
    nodes: BTreeMap<(usize, usize), Vec<(usize, NodeId)>>,
    /// By version of a parameter and keys: who reads the cell.
    cells: BTreeMap<(ParameterId, usize), BTreeMap<Vec<Value>, Vec<GroupCase>>>,
    /// By row of a reference table: the groups whose rows belong to it.
    rows: BTreeMap<(EntityId, u32), Vec<usize>>,
}

/// The places of the cases of a group that fail as things are.
pub(super) fn failing(group: &Group<'_>) -> Vec<String> {
    let context = group.context(&group.plan);
    let mut evaluator = Evaluator::new(&context);
    let places = (0..group.cases.len()).filter_map(|case| {
        let row = group.row(&context, case);
        group.broken(&mut evaluator, row, case)?;
        group.cases.get(case).map(|c| group.plan.parsed.sources.locate(&c.span))
    });
    places.collect()
}

impl<'p> Reached<'p> {
    pub fn of(groups: Vec<Group<'p>>, references: &'p Dataset) -> Reached<'p> {
        let walks: Vec<_> = groups.par_iter().map(|g| traces(g, &decisions(&g.plan))).collect();
        let rows = rows(&groups, references);
        let (mut by_group, mut nodes) = (Vec::new(), BTreeMap::<_, Vec<_>>::new());
        let mut cells: BTreeMap<_, BTreeMap<Vec<Value>, Vec<GroupCase>>> = BTreeMap::new();
        for (number, (group, traces)) in groups.iter().zip(walks).enumerate() {
            let mut cases: Vec<Vec<usize>> = vec![Vec::new(); group.plan.nodes.len()];
            for (case, trace) in traces.into_iter().enumerate() {
                for (node, slot) in cases.iter_mut().enumerate() {
                    if trace.nodes.get(node) == Some(&true) {
                        slot.push(case);
                    }
                }
                for (parameter, keys) in trace.cells {
                    let declared = group.plan.parsed.parameters.get(parameter);
                    let in_force = group.plan.parameter(parameter).map(|v| v.from);
                    let version =
                        declared.and_then(|p| p.versions.iter().position(|v| Some(v.from) == in_force));
                    let Some(version) = version else { continue };
                    let readers = cells.entry((parameter, version)).or_default();
                    readers.entry(keys).or_default().push((number, case));
                }
            }
            for ((id, node), cases) in (0..).zip(&group.plan.nodes).zip(&cases) {
                if !cases.is_empty() {
                    let place = (node.span.file, node.span.range.start);
                    nodes.entry(place).or_default().push((number, id));
                }
            }
            by_group.push(cases);
        }
        Reached { groups, references, cases: by_group, nodes, cells, rows }
    }

    /// The rows of reference tables that rows of the cases belong to.
    pub fn references(&self) -> BTreeSet<(EntityId, u32)> {
        self.rows.keys().copied().collect()
    }

    /// Makes the change and runs the cases that reach it, until one notices.
    pub fn fate(&self, edit: &Edit, place: &Span) -> Fate {
        match edit {
            Edit::Cells { parameter, version, cells } => {
                let readers = self.cells.get(&(*parameter, *version));
                let readers = readers.into_iter().flat_map(|by_keys| {
                    cells.iter().filter_map(|(keys, _)| by_keys.get(keys)).flatten().copied()
                });
                self.with_values(*parameter, readers.collect(), |before| with_cells(before, cells))
            }
            Edit::Value { parameter, version } => {
                let readers = self.cells.get(&(*parameter, *version)).into_iter();
                let readers = readers.flat_map(|by_keys| by_keys.values().flatten().copied()).collect();
                let parsed = self.groups.first().map(|g| &g.plan.parsed);
                let versions = parsed.and_then(|p| p.parameters.get(*parameter)).map(|p| &p.versions);
                let before = version.checked_sub(1).and_then(|before| versions?.get(before));
                match before {
                    Some(before) => self.with_values(*parameter, readers, |_| before.clone()),
                    None => Fate::Unreached,
                }
            }
            Edit::Version { rule, text } => self.without_text(*rule, *text),
            Edit::Reference { entity, row, cell } => self.with_row(*entity, *row, cell.as_ref()),
            edit => self.with_nodes(edit, (place.file, place.range.start)),
        }
    }

    /// Of a change of a parameter: `readers` read what is changed.
    fn with_values(
        &self,
        parameter: ParameterId,
        mut readers: Vec<GroupCase>,
        change: impl Fn(&ParameterVersion) -> ParameterVersion,
    ) -> Fate {
        readers.sort_unstable();
        readers.dedup();
        let mut seen = false;
        for same in readers.chunk_by(|a, b| a.0 == b.0) {
            let Some(group) = same.first().and_then(|(g, _)| self.groups.get(*g)) else { continue };
            let Some(version) = group.plan.parameter(parameter).map(&change) else { continue };
            seen = true;
            let plan = Plan { supposed: Some((parameter, Arc::new(version))), ..bare(&group.plan) };
            let cases = same.iter().map(|(_, case)| *case);
            if let Some(killer) = killer(group, &plan, group.dataset(), cases) {
                return Fate::Killed(killer);
            }
        }
        if seen { Fate::Survived } else { Fate::Unreached }
    }

    /// Of a change of the nodes of a place.
    fn with_nodes(&self, edit: &Edit, place: (usize, usize)) -> Fate {
        let mut seen = false;
        let nodes = self.nodes.get(&place).map_or(&[][..], Vec::as_slice);
        for same in nodes.chunk_by(|a, b| a.0 == b.0) {
            let Some(&(number, _)) = same.first() else { continue };
            let Some(group) = self.groups.get(number) else { continue };
            let fits = |id: NodeId| group.plan.node(id).is_some_and(|n| edit.fits(&n.op));
            let nodes: Vec<NodeId> = same.iter().map(|(_, id)| *id).filter(|id| fits(*id)).collect();
            let by_node = self.cases.get(number);
            let mut cases: Vec<usize> =
                nodes.iter().filter_map(|id| by_node?.get(*id as usize)).flatten().copied().collect();
            cases.sort_unstable();
            cases.dedup();
            if cases.is_empty() {
                continue;
            }
            seen = true;
            let mut plan = bare(&group.plan);
            nodes.iter().for_each(|id| edit.apply(&mut plan.nodes, *id));
            if let Some(killer) = killer(group, &plan, group.dataset(), cases.into_iter()) {
                return Fate::Killed(killer);
            }
        }
        if seen { Fate::Survived } else { Fate::Unreached }
    }

    /// Of a text of a rule that is missing: what it decided is planned again by the text before.
    fn without_text(&self, rule: RuleId, text: usize) -> Fate {
        let mut changed: Option<Arc<Parsed>> = None;
        let mut seen = false;
        for group in &self.groups {
            let parsed = &group.plan.parsed;
            let Some(span) = parsed.rules.get(rule).and_then(|r| r.texts.get(text)).map(|t| &t.span) else {
                continue;
            };
            // A rule's node has the place of its text.
            let decides = |op: &Op| matches!(op, Op::Rule(r, _) if *r == rule);
            if !group.plan.nodes.iter().any(|n| decides(&n.op) && n.span == *span) {
                continue;
            }
            seen = true;
            let changed = changed.get_or_insert_with(|| Arc::new(without(parsed, rule, text)));
            let names: Vec<&str> = group.plan.selected.iter().map(|(name, _)| name.as_str()).collect();
            let mut out = Diagnostics::default();
            let again = Plan::of_cases(changed, group.plan.date, &names, Apart::No)
                .map(|plan| Group::new(plan, group.cases.clone(), self.references, &mut out));
            // What cannot be planned any more, no run of the cases overlooks.
            let first = match &again {
                Ok(again) if !out.has_errors() => failing(again).into_iter().next(),
                _ => group.cases.first().map(|c| parsed.sources.locate(&c.span)),
            };
            if let Some(killer) = first {
                return Fate::Killed(killer);
            }
        }
        if seen { Fate::Survived } else { Fate::Unreached }
    }

    /// Of a row of a reference table with another value in a cell, or that is missing: what belonged to it
    /// belongs to no row.
    fn with_row(&self, entity: EntityId, row: u32, cell: Option<&(usize, Value)>) -> Fate {
        let users = self.rows.get(&(entity, row)).map_or(&[][..], Vec::as_slice);
        let mut seen = false;
        for group in users.iter().filter_map(|number| self.groups.get(*number)) {
            seen = true;
            let mut dataset = group.dataset().clone();
            let schema = &group.plan.parsed.schema;
            match cell {
                Some((place, value)) => set(schema, &mut dataset, entity, row, *place, value),
                None => unlink(schema, &mut dataset, entity, row),
            }
            let all = 0..group.cases.len();
            if let Some(killer) = killer(group, &group.plan, &dataset, all) {
                return Fate::Killed(killer);
            }
        }
        if seen { Fate::Survived } else { Fate::Unreached }
    }
}

/// Takes a row of a table out: nothing belongs to it any more.
fn unlink(schema: &Schema, dataset: &mut Dataset, entity: EntityId, row: u32) {
    for (own, table) in schema.entities.iter().zip(&mut dataset.tables) {
        for (relation, links) in own.belongs_to.iter().zip(&mut table.links) {
            if relation.target == entity && links.contains(&row) {
                *links = links.iter().map(|to| if *to == row { NO_ROW } else { *to }).collect();
            }
        }
    }
}

/// Writes a value into a cell.
fn set(schema: &Schema, dataset: &mut Dataset, entity: EntityId, row: u32, place: usize, value: &Value) {
    let field = schema.entities.get(entity).and_then(|e| e.fields.get(place));
    let Some(field) = field.and_then(|field| schema.fields.get(*field)) else { return };
    let Some(table) = dataset.tables.get_mut(entity) else { return };
    let rows = table.ids.len();
    let Some(Some(cells)) = table.columns.get_mut(place) else { return };
    let mut values: Vec<Option<Value>> = (0..rows).map(|row| cells.get(row)).collect();
    if let Some(slot) = usize::try_from(row).ok().and_then(|row| values.get_mut(row)) {
        *slot = Some(value.clone());
    }
    *cells = column(&field.kind, &values);
}

/// By row of a reference table: the groups in which a row that is not of a reference table belongs to it,
/// by a relation that the plan follows.
fn rows(groups: &[Group<'_>], references: &Dataset) -> BTreeMap<(EntityId, u32), Vec<usize>> {
    let mut found: BTreeMap<(EntityId, u32), Vec<usize>> = BTreeMap::new();
    for (number, group) in groups.iter().enumerate() {
        let dataset = group.dataset();
        let shared = |entity: EntityId| {
            let of = |set: &Dataset| set.tables.get(entity).map(|t| t.ids.clone());
            matches!((of(dataset), of(references)), (Some(a), Some(b)) if Arc::ptr_eq(&a, &b))
        };
        let followed = group.plan.relations();
        let entities = group.plan.parsed.schema.entities.iter().zip(&dataset.tables);
        for (own, (entity, table)) in entities.enumerate() {
            if matches!(entity.origin, Origin::Reference { .. }) {
                continue;
            }
            for (number_of, (relation, links)) in entity.belongs_to.iter().zip(&table.links).enumerate() {
                if shared(relation.target) && followed.contains(&(own, number_of)) {
                    for row in links.iter().filter(|row| **row != NO_ROW) {
                        let users = found.entry((relation.target, *row)).or_default();
                        if users.last() != Some(&number) {
                            users.push(number);
                        }
                    }
                }
            }
        }
    }
    found
}

/// A plan without the places that only its reading needs.
fn bare(plan: &Plan) -> Plan {
    Plan {
        parsed: plan.parsed.clone(),
        date: plan.date,
        dated: plan.dated,
        entity: plan.entity,
        selected: plan.selected.clone(),
        nodes: plan.nodes.clone(),
        warnings: Vec::new(),
        places: Places::new(),
        supposed: None,
    }
}

/// A pack without one text of a rule.
fn without(parsed: &Parsed, rule: RuleId, text: usize) -> Parsed {
    let mut rules = (*parsed.rules).clone();
    if let Some(texts) = rules.get_mut(rule).map(|r| &mut r.texts).filter(|texts| text < texts.len()) {
        texts.remove(text);
    }
    Parsed { rules: Arc::new(rules), ..parsed.clone() }
}

/// A version with cells that are another, or missing.
fn with_cells(version: &ParameterVersion, changed: &[(Vec<Value>, Option<Value>)]) -> ParameterVersion {
    let mut version = version.clone();
    for (keys, value) in changed {
        match (value, version.cells.get(keys).map(|c| c.span.clone())) {
            (Some(value), Some(span)) => {
                version.cells.insert(keys.clone(), Cell { value: value.clone(), span });
            }
            _ => {
                version.cells.remove(keys);
            }
        }
    }
    version
}

/// The first of these cases of which an outcome is not as expected by a changed plan, or on changed rows.
fn killer(
    group: &Group<'_>,
    plan: &Plan,
    dataset: &Dataset,
    cases: impl Iterator<Item = usize>,
) -> Option<String> {
    let context = group.context_on(plan, dataset);
    let mut evaluator = Evaluator::new(&context);
    for case in cases {
        let row = group.row(&context, case);
        if group.broken(&mut evaluator, row, case).is_some() {
            return group.cases.get(case).map(|c| plan.parsed.sources.locate(&c.span));
        }
    }
    None
}
