//! What must hold of a row before anything is decided of it: boolean rules that a pack marks with
//! `/// invariant: erreur` or `/// invariant: avertissement`.
//!
//! Each is decided as any rule is, for every row that was read. Where it is false, its sentence is told with the
//! place of the row and the values read; where it is unknown, or a missing cell leaves it open to sets and ranges,
//! it says nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::evaluate::{Context, Layout, surely_false};
use crate::explain::explain_in;
use logis_data::{Code, Dataset, Issue, NO_ROW, Table, sort_issues};
use logis_language::diagnostic::Severity;
use logis_language::graph::text_at;
use logis_language::pack::Parsed;
use logis_language::pack::schema::{EntityId, FieldId, Origin, Schema};
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::Date;

/// How many rows a warning names.
const NAMED: usize = 3;

/// The invariants of a pack in force on a date, for the rows that a decision needs.
#[derive(Clone, Debug, Default)]
pub struct Invariants {
    /// By entity.
    parts: Vec<Part>,
}

/// The invariants of one entity.
#[derive(Clone, Debug)]
struct Part {
    plan: Plan,
    layout: Arc<Layout>,
    /// By selected rule.
    rules: Vec<Invariant>,
}

/// One invariant.
#[derive(Clone, Debug)]
struct Invariant {
    level: Severity,
    label: String,
    /// The entities that it reads.
    entities: BTreeSet<EntityId>,
    /// The relations that it follows to members: entity, and number of the relation among its own.
    members: BTreeSet<(EntityId, usize)>,
    /// The columns without which nothing is known that it reads; none if it reads anything else.
    cells: Vec<(EntityId, usize)>,
}

/// An invariant, for whoever decides it in another way.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// Its node in the plan of its entity.
    pub node: NodeId,
    /// The relations by which some row must belong to another, if there are any rows.
    pub members: Vec<(EntityId, usize)>,
    /// The cells of which one must be given (entity, and place of the field); `None` if it is asked whatever is given.
    pub cells: Option<Vec<(EntityId, usize)>>,
}

/// A row of which an invariant is false.
struct Broken {
    row: usize,
    /// Number of the invariant among those of its entity.
    invariant: usize,
}

impl Invariants {
    /// Those that bear on the rows of `needed` entities: on these rows, on what they must belong to, and on the
    /// members that they must have.
    pub fn new(parsed: &Arc<Parsed>, date: Date, needed: &BTreeSet<EntityId>) -> Invariants {
        Invariants::make(parsed, date, None, needed)
    }

    /// The invariants of [`Invariants::new`] for the period of `date` between changes of the law, where each row has its own date of the
    /// decision, the field `dated`. An invariant that needs the date of rows that have none says nothing.
    pub fn dated(
        parsed: &Arc<Parsed>,
        date: Date,
        dated: FieldId,
        needed: &BTreeSet<EntityId>,
    ) -> Invariants {
        Invariants::make(parsed, date, Some(dated), needed)
    }

    fn make(
        parsed: &Arc<Parsed>,
        date: Date,
        dated: Option<FieldId>,
        needed: &BTreeSet<EntityId>,
    ) -> Invariants {
        let of = around(&parsed.schema, needed);
        let parts = of.into_iter().filter_map(|entity| Part::new(parsed, date, dated, entity));
        Invariants { parts: parts.collect() }
    }

    /// The fields that they read.
    pub fn fields(&self) -> BTreeSet<FieldId> {
        self.parts.iter().flat_map(|part| part.plan.fields()).collect()
    }

    /// The relations whose other way they follow: see [`Plan::members`].
    pub fn members(&self) -> BTreeSet<(EntityId, usize)> {
        self.parts.iter().flat_map(|part| part.plan.members()).collect()
    }

    /// The invariants by entity, with the plan that decides them.
    pub(crate) fn conditions(&self) -> impl Iterator<Item = (&Plan, Vec<Condition>)> {
        self.parts.iter().map(|part| {
            let schema = &part.plan.parsed.schema;
            // The columns of reference tables are there whatever a record gives.
            let is_there = |entity: &EntityId| {
                matches!(schema.entities.get(*entity).map(|e| &e.origin), Some(Origin::Reference { .. }))
            };
            let of = |((_, node), rule): (&(String, NodeId), &Invariant)| Condition {
                node: *node,
                members: rule.members.iter().copied().collect(),
                cells: (!rule.cells.is_empty() && !rule.cells.iter().any(|(entity, _)| is_there(entity)))
                    .then(|| rule.cells.clone()),
            };
            (&part.plan, part.plan.selected.iter().zip(&part.rules).map(of).collect())
        })
    }

    /// Is there nothing to hold?
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// What does not hold: an error for each row, one warning for each invariant and table.
    pub fn issues(&self, dataset: &Dataset) -> Vec<Issue> {
        self.parts.iter().flat_map(|part| part.told(dataset, &part.broken(dataset))).collect()
    }

    /// The invariants at the level of errors that are false: entity, row, name and what is told. Members are
    /// taken to be said of rows of `decided` alone, and of those that have any.
    pub fn errors(&self, dataset: &Dataset, decided: EntityId) -> Vec<(EntityId, usize, &str, Issue)> {
        let mut found = Vec::new();
        for part in &self.parts {
            let broken = part.broken(dataset);
            let context = Context::new(&part.plan, dataset);
            for broken in broken.iter().filter(|b| part.level(b) == Severity::Error) {
                let name = part.plan.selected.get(broken.invariant).map_or("?", |(name, _)| name.as_str());
                let unsaid = part.rules.get(broken.invariant).is_some_and(|rule| {
                    rule.members.iter().any(|(child, relation)| {
                        let links = dataset.tables.get(*child).and_then(|t| t.links.get(*relation));
                        part.plan.entity != decided
                            || !links.is_some_and(|l| l.iter().any(|parent| *parent as usize == broken.row))
                    })
                });
                if !unsaid {
                    let issue = part.issue(&context, broken, Severity::Error, "");
                    found.push((part.plan.entity, broken.row, name, issue));
                }
            }
        }
        found
    }

    /// Tells what does not hold, and leaves out the rows of which an error is told, with those that depend on
    /// them.
    pub fn hold(
        &self,
        dataset: &mut Dataset,
        issues: &mut Vec<Issue>,
        dropped: &mut BTreeMap<EntityId, usize>,
    ) {
        hold_each(&[(self, &|_, _| true)], dataset, issues, dropped);
    }
}

/// Which rows of an entity are held.
pub type Held<'f> = &'f dyn Fn(EntityId, usize) -> bool;

/// [`Invariants::hold`] of the invariants of several dates, each of some rows only.
pub(crate) fn hold_each(
    all: &[(&Invariants, Held<'_>)],
    dataset: &mut Dataset,
    issues: &mut Vec<Issue>,
    dropped: &mut BTreeMap<EntityId, usize>,
) {
    let mut bad: Vec<Vec<bool>> = dataset.tables.iter().map(|table| vec![false; table.rows()]).collect();
    let (mut found, mut parsed) = (Vec::new(), None);
    for (part, held) in all.iter().flat_map(|(own, held)| own.parts.iter().map(move |part| (part, held))) {
        let mut broken = part.broken(dataset);
        broken.retain(|b| held(part.plan.entity, b.row));
        for broken in broken.iter().filter(|b| part.level(b) == Severity::Error) {
            if let Some(slot) = bad.get_mut(part.plan.entity).and_then(|own| own.get_mut(broken.row)) {
                *slot = true;
            }
            parsed = Some(&part.plan.parsed);
        }
        found.push((part, broken));
    }
    if let Some(parsed) = parsed {
        dataset.take_along(&parsed.schema, &mut bad);
    }
    // Of a row that is left out, what else may be odd is not told.
    let is_bad = |entity: EntityId, row: usize| bad.get(entity).and_then(|b| b.get(row)) == Some(&true);
    let before = issues.len();
    for (part, mut broken) in found {
        broken.retain(|b| part.level(b) == Severity::Error || !is_bad(part.plan.entity, b.row));
        for issue in part.told(dataset, &broken) {
            if !issues.contains(&issue) {
                issues.push(issue);
            }
        }
    }
    if issues.len() > before {
        sort_issues(issues);
    }
    if let Some(parsed) = parsed {
        let counts = dataset.leave_out(&parsed.schema, bad);
        for (entity, count) in counts.into_iter().enumerate().filter(|(_, count)| *count > 0) {
            *dropped.entry(entity).or_default() += count;
        }
    }
}

impl Part {
    /// The invariants of an entity in force on a date, if it has any.
    fn new(parsed: &Arc<Parsed>, date: Date, dated: Option<FieldId>, entity: EntityId) -> Option<Part> {
        // Rows of another entity have no date of their own: what asks for one is not planned.
        let plan = |names: &[&str]| Plan::with_dates(parsed, date, dated, names);
        let rules = parsed.rules.iter().filter(|r| r.entity == entity).filter_map(|rule| {
            let doc = &text_at(&rule.texts, date)?.doc;
            Some((rule.name.as_str(), (doc.invariant?, doc.label.clone())))
        });
        let (mut names, mut said): (Vec<&str>, Vec<(Severity, String)>) = rules.unzip();
        if names.is_empty() {
            return None;
        }
        let plan = plan(&names).or_else(|_| {
            // What cannot be planned on that day says nothing on that day.
            let fits: Vec<bool> = names.iter().map(|name| plan(&[name]).is_ok()).collect();
            let mut fit = fits.iter();
            names.retain(|_| fit.next() == Some(&true));
            let mut fit = fits.iter();
            said.retain(|_| fit.next() == Some(&true));
            plan(&names)
        });
        let plan = plan.ok().filter(|plan| plan.entity == entity && !plan.selected.is_empty())?;
        let rules = plan.selected.iter().zip(said).map(|((_, node), (level, label))| {
            let (entities, members) = reads(&plan, *node);
            let cells = cells(&plan, *node).unwrap_or_default();
            Invariant { level, label, entities, members, cells }
        });
        let rules = rules.collect();
        let layout = Arc::new(Layout::of(&plan));
        Some(Part { plan, layout, rules })
    }

    fn level(&self, broken: &Broken) -> Severity {
        self.rules.get(broken.invariant).map_or(Severity::Note, |r| r.level)
    }

    /// Are the tables and relations there that an invariant reads? Without them it holds nothing.
    fn can_tell(&self, invariant: &Invariant, dataset: &Dataset) -> bool {
        let schema = &self.plan.parsed.schema;
        let is_data =
            |e: &EntityId| matches!(schema.entities.get(*e).map(|e| &e.origin), Some(Origin::Data { .. }));
        let table = |e: &EntityId| dataset.tables.get(*e);
        let there = |e: &EntityId| !is_data(e) || table(e).is_some_and(|t| t.present);
        // Where the column of a relation is absent, no member belongs to anything.
        let linked = |(child, relation): &(EntityId, usize)| {
            let links = table(child).and_then(|t| t.links.get(*relation));
            links.is_some_and(|links| links.is_empty() || links.iter().any(|parent| *parent != NO_ROW))
        };
        // Where all is unknown that it reads, it is not false.
        let column = |(entity, place): &(EntityId, usize)| {
            table(entity).is_some_and(|t| t.columns.get(*place).is_some_and(Option::is_some))
        };
        let known = invariant.cells.is_empty() || invariant.cells.iter().any(column);
        known && invariant.entities.iter().all(there) && invariant.members.iter().all(linked)
    }

    /// The rows of which an invariant is false, by invariant.
    fn broken(&self, dataset: &Dataset) -> Vec<Broken> {
        let told: Vec<bool> = self.rules.iter().map(|rule| self.can_tell(rule, dataset)).collect();
        let rows = dataset.tables.get(self.plan.entity).map_or(0, Table::rows);
        if rows == 0 || !told.contains(&true) {
            return Vec::new();
        }
        let found = surely_false(&self.plan, &self.layout, dataset, &told).into_iter().enumerate();
        found
            .flat_map(|(invariant, rows)| rows.into_iter().map(move |row| Broken { row, invariant }))
            .collect()
    }

    /// An error for each row, one warning for each invariant.
    fn told(&self, dataset: &Dataset, broken: &[Broken]) -> Vec<Issue> {
        if broken.is_empty() {
            return Vec::new();
        }
        let context = Context::new(&self.plan, dataset);
        let mut issues = Vec::new();
        for group in broken.chunk_by(|a, b| a.invariant == b.invariant) {
            let Some(first) = group.first() else { continue };
            let level = self.level(first);
            if level == Severity::Error {
                issues.extend(group.iter().map(|b| self.issue(&context, b, level, "")));
                continue;
            }
            let id = |b: &Broken| dataset.tables.get(self.plan.entity).and_then(|t| t.ids.text(b.row));
            let others: Vec<&str> = group.iter().skip(1).take(NAMED).filter_map(id).collect();
            let more = match group.len().saturating_sub(1) {
                0 => String::new(),
                n => format!(
                    " ; et {n} autre(s): {}{}",
                    others.join(", "),
                    if n > others.len() { "…" } else { "" }
                ),
            };
            issues.push(self.issue(&context, first, level, &more));
        }
        issues
    }

    /// `demandes.csv:12: « D12 » : attendu: le ménage a un seul demandeur (règle …); lu: …`
    fn issue(&self, context: &Context<'_>, broken: &Broken, level: Severity, more: &str) -> Issue {
        let dataset = context.dataset;
        let name = self.plan.selected.get(broken.invariant).map_or("?", |(name, _)| name.as_str());
        let explanation = explain_in(context, broken.row as u64).into_iter().find(|e| e.rule == name);
        let (about, read) = explanation.map_or_else(Default::default, |e| (e.about.clone(), e.read()));
        let read = if read.is_empty() { String::new() } else { format!(" ; lu: {}", read.join(", ")) };
        let label = self.rules.get(broken.invariant).map_or("", |r| r.label.trim_end_matches('.'));
        let kind = format!("attendu: « {label} » (règle `{name}`)");
        let message = format!("{about}: {kind}{read}{more}");
        let table = dataset.tables.get(self.plan.entity);
        let declared = self.plan.parsed.schema.entities.get(self.plan.entity).map_or("", |e| e.name.as_str());
        let file = table.map(|t| t.file.as_ref()).filter(|file| !file.is_empty()).unwrap_or(declared);
        let line = table.and_then(|t| t.lines.get(broken.row));
        let id = table.and_then(|t| t.ids.text(broken.row)).map(Arc::from);
        let mut issue = Issue::error(Code::Invariant, file, message).of_kind(kind);
        (issue.severity, issue.line, issue.id) = (level, line, id);
        issue
    }
}

/// The needed entities, what they must belong to, and the members that these must have.
fn around(schema: &Schema, needed: &BTreeSet<EntityId>) -> BTreeSet<EntityId> {
    let mut all = needed.clone();
    loop {
        let mut more: BTreeSet<EntityId> = BTreeSet::new();
        for (id, entity) in schema.entities.iter().enumerate() {
            for relation in &entity.belongs_to {
                if relation.required && all.contains(&id) {
                    more.insert(relation.target);
                }
                if relation.min > 0 && all.contains(&relation.target) {
                    more.insert(id);
                }
            }
            if let Origin::Pair(a, b) = entity.origin
                && all.contains(&id)
            {
                more.extend([a, b]);
            }
        }
        let before = all.len();
        all.extend(more);
        if all.len() == before {
            return all;
        }
    }
}

/// The columns of the cells that a rule reads: entity, and place among its fields. `None` if it reads none, or something that
/// is known without them: members, the date, a cell that is known where nothing is written.
fn cells(plan: &Plan, node: NodeId) -> Option<Vec<(EntityId, usize)>> {
    let schema = &plan.parsed.schema;
    let (mut found, mut left, mut seen) = (Vec::new(), vec![node], BTreeSet::new());
    while let Some(node) = left.pop() {
        let Some(expression) = plan.node(node).filter(|_| seen.insert(node)) else { continue };
        match &expression.op {
            Op::Members(..) | Op::DecisionDate => return None,
            Op::Field(field) => {
                let declared = schema.fields.get(*field).filter(|declared| !declared.empty_is_none)?;
                let own = &schema.entities.get(declared.entity)?.fields;
                found.push((declared.entity, own.iter().position(|own| own == field)?));
            }
            op => left.extend(op.inputs()),
        }
    }
    (!found.is_empty()).then_some(found)
}

/// The entities that a node reads, and the relations that it follows to members.
fn reads(plan: &Plan, node: NodeId) -> (BTreeSet<EntityId>, BTreeSet<(EntityId, usize)>) {
    let (mut entities, mut members) = (BTreeSet::new(), BTreeSet::new());
    let (mut left, mut seen) = (vec![node], BTreeSet::new());
    while let Some(node) = left.pop() {
        let Some(expression) = plan.node(node).filter(|_| seen.insert(node)) else { continue };
        entities.insert(expression.entity);
        if let Op::Members(child, relation, _) = expression.op {
            members.insert((child, relation));
        }
        left.extend(expression.op.inputs());
    }
    (entities, members)
}
