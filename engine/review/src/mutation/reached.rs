//! What the cases reach, and the fate of a mutant: the cases that reach what it changes are decided again,
//! until one notices (*kills* it).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::Fate;
use super::edit::Edit;
use crate::coverage::decisions::decisions;
use crate::coverage::traces;
use crate::testing::groups::Group;
use crate::testing::values::column;
use logis_data::{Dataset, NO_ROW};
use logis_decide::evaluate::Evaluator;
use logis_language::diagnostic::{Diagnostics, Span};
use logis_language::graph::RuleId;
use logis_language::pack::Parsed;
use logis_language::pack::params::{Cell, ParameterId, ParameterVersion};
use logis_language::pack::schema::{EntityId, Origin, Schema};
use logis_language::plan::ir::{NodeId, Op};
use logis_language::plan::{Apart, Places, Plan};
use logis_language::value::Value;

/// Number of a group of cases, and of a case of it.
type GroupCase = (usize, usize);

/// The cases and what each reaches.
pub(super) struct Reached<'p> {
    groups: Vec<Group<'p>>,
    references: &'p Dataset,
    /// By group and node of its plan: the cases that reach the node.
    cases: Vec<Vec<Vec<usize>>>,
    /// By place (file, first byte): groups with the nodes of their plans that are written there and that
    /// some case reaches.
    nodes: BTreeMap<(usize, usize), Vec<(usize, NodeId)>>,
    /// By version of a parameter and keys: the cases that may read the cell.
    cells: BTreeMap<(ParameterId, usize), BTreeMap<Vec<Value>, Vec<GroupCase>>>,
    /// By row of a reference table: the groups whose rows belong to it.
    rows: BTreeMap<(EntityId, u32), Vec<usize>>,
}

/// The places of the cases of a group that fail without any mutant.
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
    /// Walks all cases of the groups.
    pub fn of(groups: Vec<Group<'p>>, references: &'p Dataset) -> Reached<'p> {
        let walks: Vec<_> = groups.par_iter().map(|g| traces(g, &decisions(&g.plan))).collect();
        let rows = rows(&groups, references);
        let (mut by_group, mut nodes) = (Vec::new(), BTreeMap::<_, Vec<_>>::new());
        let mut cells: BTreeMap<_, BTreeMap<Vec<Value>, Vec<GroupCase>>> = BTreeMap::new();
        // What each walk reached is turned round: by node, place and cell, the cases that reach it.
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

    /// Runs the cases that reach what an edit changes at a place, on changed copies, until one notices.
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

    /// The fate of a change of a parameter's values; `readers` are the cases that read what is changed.
    fn with_values(
        &self,
        parameter: ParameterId,
        mut readers: Vec<GroupCase>,
        change: impl Fn(&ParameterVersion) -> ParameterVersion,
    ) -> Fate {
        // Group by group: one changed plan serves all its cases.
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

    /// The fate of a change of the nodes written at a place.
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
            // A text that is inlined in several calls has several nodes: all of them are changed.
            let mut plan = bare(&group.plan);
            nodes.iter().for_each(|id| edit.apply(&mut plan.nodes, *id));
            if let Some(killer) = killer(group, &plan, group.dataset(), cases.into_iter()) {
                return Fate::Killed(killer);
            }
        }
        if seen { Fate::Survived } else { Fate::Unreached }
    }

    /// The fate of a pack without one text of a rule: what that text decided is planned again by the text
    /// before it.
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

    /// The fate of a reference table in which one cell has another value, or one row is missing: what
    /// belonged to that row belongs to none.
    fn with_row(&self, entity: EntityId, row: u32, cell: Option<&(usize, Value)>) -> Fate {
        let users = self.rows.get(&(entity, row)).map_or(&[][..], Vec::as_slice);
        let mut seen = false;
        // All cases of each group whose rows belong to the row; which of them read it is not known.
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

/// Writes a value into the cell of a row and of the field at a place among those of its entity.
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
    // Columns are not changed in place: the field's column is built again.
    *cells = column(&field.kind, &values);
}

/// By row of a reference table: the groups in which a row of the case's own data belongs to it, by a
/// relation that the plan follows. Groups that give the table themselves are left out.
fn rows(groups: &[Group<'_>], references: &Dataset) -> BTreeMap<(EntityId, u32), Vec<usize>> {
    let mut found: BTreeMap<(EntityId, u32), Vec<usize>> = BTreeMap::new();
    for (number, group) in groups.iter().enumerate() {
        let dataset = group.dataset();
        // Is the group's table the pack's own, and not one that its cases give?
        let shared = |entity: EntityId| {
            let of = |set: &Dataset| set.tables.get(entity).map(|t| t.ids.clone());
            matches!((of(dataset), of(references)), (Some(a), Some(b)) if a.shared_with(&b))
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

/// A copy of a plan for deciding only: without places of operands and warnings.
fn bare(plan: &Plan) -> Plan {
    Plan {
        parsed: plan.parsed.clone(),
        date: plan.date,
        dated: plan.dated,
        entity: plan.entity,
        selected: plan.selected.clone(),
        nodes: plan.nodes.clone(),
        warnings: Vec::new(),
        notes: Vec::new(),
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
    let mut changed = parsed.clone();
    changed.rules = Arc::new(rules);
    changed
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

/// The place of the first of these cases that fails by this plan on these rows.
fn killer(
    group: &Group<'_>,
    plan: &Plan,
    dataset: &Dataset,
    cases: impl Iterator<Item = usize>,
) -> Option<String> {
    let context = group.context_on(plan, dataset);
    let mut evaluator = Evaluator::new(&context);
    // Rows by sets and ranges, one case after the other: most mutants die at the first.
    for case in cases {
        let row = group.row(&context, case);
        if group.broken(&mut evaluator, row, case).is_some() {
            return group.cases.get(case).map(|c| plan.parsed.sources.locate(&c.span));
        }
    }
    None
}
