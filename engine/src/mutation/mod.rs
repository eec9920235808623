//! Mutation of rules: which slips in the rules and their parameters would no case notice?
//!
//! Each change is made by itself, to the plans of the cases that reach its place, and those cases are
//! decided again. A case whose outcome is no longer as expected has noticed: it kills the mutant.

mod changes;

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::Pack;
use crate::coverage::decisions::decisions;
use crate::coverage::traces;
use crate::data::Dataset;
use crate::diagnostic::PackError;
use crate::evaluate::Evaluator;
use crate::pack::mutants::Accepted;
use crate::pack::params::{Cell, ParameterId, ParameterVersion};
use crate::plan::ir::NodeId;
use crate::plan::{Apart, Places, Plan};
use crate::testing::groups::{Group, groups};
use crate::value::Value;
use changes::{Edit, changes};
pub use changes::{Kind, Mutant};

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A case notices: its place.
    Killed(String),
    /// No case notices, though some reach it.
    Survived,
    /// No case even reaches it.
    Unreached,
}

/// What became of all mutants.
#[derive(Clone, Debug)]
pub struct Report {
    /// In the order of the files.
    pub mutants: Vec<(Mutant, Fate)>,
    /// For each that is alive and accepted in `mutants.toml`: its number and the reason.
    pub accepted: BTreeMap<usize, String>,
    /// Entries of `mutants.toml` that no living mutant is like, and why.
    pub stale: Vec<(Accepted, String)>,
}

impl Report {
    /// How many were killed.
    pub fn killed(&self) -> usize {
        self.mutants.iter().filter(|(_, fate)| matches!(fate, Fate::Killed(_))).count()
    }

    /// Killed in percent of all, rounded down to tenths; 100 of none. What is accepted counts as alive.
    pub fn score(&self) -> f64 {
        let per_mille = (self.killed() * 1000).checked_div(self.mutants.len()).unwrap_or(1000);
        f64::from(u32::try_from(per_mille).unwrap_or(0)) / 10.0
    }

    /// Those alive and not accepted.
    pub fn survivors(&self) -> impl Iterator<Item = &(Mutant, Fate)> {
        let alive = |(number, (_, fate)): &(usize, &(Mutant, Fate))| {
            !matches!(fate, Fate::Killed(_)) && !self.accepted.contains_key(number)
        };
        self.mutants.iter().enumerate().filter(alive).map(|(_, mutant)| mutant)
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum MutationError {
    /// The cases cannot be run.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// Cases fail without any change: the places of some.
    #[error("{0} case(s) fail without any change, the first at {1}")]
    Failing(usize, String),
}

/// Where a place is in the plans of the cases: the group, and the node of its plan.
type Index = BTreeMap<(usize, usize), Vec<(usize, NodeId)>>;

/// Which cases read a cell of a parameter: the group, and the case.
type CellIndex = BTreeMap<(ParameterId, usize, Vec<Value>), Vec<(usize, usize)>>;

/// The cases and what each reaches.
struct Reached<'p> {
    groups: Vec<Group<'p>>,
    /// By group and node: the cases that reach it.
    cases: Vec<Vec<Vec<usize>>>,
    nodes: Index,
    cells: CellIndex,
}

/// Runs every change whose rule or parameter has `filter` in its name or file, on all threads; the
/// report is in the order of the files whatever their number.
///
/// # Errors
/// Cases that cannot be run, or that fail as things are.
pub fn mutate(pack: &Pack, references: &Dataset, filter: &str) -> Result<Report, MutationError> {
    let parsed = pack.parsed();
    let groups = groups(pack, references, "", Apart::Yes)?;
    let failing: Vec<String> = groups.par_iter().flat_map_iter(failing).collect();
    if let Some(first) = failing.first() {
        return Err(MutationError::Failing(failing.len(), first.clone()));
    }
    let reached = Reached::of(groups);
    let path = |file: usize| parsed.sources.get(file).map_or("", |f| f.path.as_str());
    let mut mutants = changes(parsed);
    mutants.retain(|m| m.name.contains(filter) || path(m.span.file).contains(filter));
    let mutants: Vec<(Mutant, Fate)> = mutants
        .into_par_iter()
        .map(|mutant| {
            let fate = reached.fate(&mutant.edit, (mutant.span.file, mutant.span.range.start));
            (mutant, fate)
        })
        .collect();
    let mut report = Report { mutants, accepted: BTreeMap::new(), stale: Vec::new() };
    report.accept(&parsed.mutants, filter.is_empty());
    Ok(report)
}

fn failing(group: &Group<'_>) -> Vec<String> {
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
    fn of(groups: Vec<Group<'p>>) -> Reached<'p> {
        let walks: Vec<_> = groups.par_iter().map(|g| traces(g, &decisions(&g.plan))).collect();
        let mut reached = Reached { groups, cases: Vec::new(), nodes: Index::new(), cells: CellIndex::new() };
        for (number, (group, traces)) in reached.groups.iter().zip(walks).enumerate() {
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
                    reached.cells.entry((parameter, version, keys)).or_default().push((number, case));
                }
            }
            for ((id, node), cases) in (0..).zip(&group.plan.nodes).zip(&cases) {
                if !cases.is_empty() {
                    let place = (node.span.file, node.span.range.start);
                    reached.nodes.entry(place).or_default().push((number, id));
                }
            }
            reached.cases.push(cases);
        }
        reached
    }

    /// Makes the change and runs the cases that reach it, until one notices.
    fn fate(&self, edit: &Edit, place: (usize, usize)) -> Fate {
        let mut seen = false;
        if let Edit::Cell { parameter, version, keys, value } = edit {
            let readers = self.cells.get(&(*parameter, *version, keys.clone()));
            let readers = readers.map_or(&[][..], Vec::as_slice);
            for same in readers.chunk_by(|a, b| a.0 == b.0) {
                let Some(group) = same.first().and_then(|(g, _)| self.groups.get(*g)) else { continue };
                let Some(changed) = changed(&group.plan, *parameter, keys, value) else { continue };
                seen = true;
                let plan = Plan { supposed: Some((*parameter, changed)), ..bare(&group.plan) };
                if let Some(killer) = killer(group, &plan, same.iter().map(|(_, case)| *case)) {
                    return Fate::Killed(killer);
                }
            }
        } else {
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
                if let Some(killer) = killer(group, &plan, cases.into_iter()) {
                    return Fate::Killed(killer);
                }
            }
        }
        if seen { Fate::Survived } else { Fate::Unreached }
    }
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

/// The values of a parameter in force, with another value in one cell.
fn changed(plan: &Plan, id: ParameterId, keys: &[Value], value: &Value) -> Option<Arc<ParameterVersion>> {
    let mut version = plan.parameter(id)?.clone();
    let cell = version.cells.get_mut(keys)?;
    *cell = Cell { value: value.clone(), span: cell.span.clone() };
    Some(Arc::new(version))
}

/// The first of these cases of which an outcome is not as expected by a changed plan.
fn killer(group: &Group<'_>, plan: &Plan, cases: impl Iterator<Item = usize>) -> Option<String> {
    let context = group.context(plan);
    let mut evaluator = Evaluator::new(&context);
    for case in cases {
        let row = group.row(&context, case);
        if group.broken(&mut evaluator, row, case).is_some() {
            return group.cases.get(case).map(|c| plan.parsed.sources.locate(&c.span));
        }
    }
    None
}

impl Report {
    /// Matches those alive with what is accepted. What is accepted in vain is told only where all
    /// mutants were run.
    fn accept(&mut self, accepted: &[Accepted], whole: bool) {
        for entry in accepted {
            let like = |m: &Mutant| {
                m.name == entry.name
                    && (entry.from.is_none() || entry.from == m.from)
                    && entry.change.as_ref().is_none_or(|change| *change == m.change)
            };
            let (mut all, mut alive) = (0, 0);
            for (number, (mutant, fate)) in self.mutants.iter().enumerate().filter(|(_, (m, _))| like(m)) {
                all += 1;
                if !matches!(fate, Fate::Killed(_)) {
                    alive += 1;
                    self.accepted.entry(number).or_insert_with(|| entry.reason.clone());
                    let _ = mutant;
                }
            }
            if whole && alive == 0 {
                let why = if all == 0 { "n'existe plus" } else { "ne survit plus : un cas le tue" };
                self.stale.push((entry.clone(), why.to_string()));
            }
        }
    }
}
