//! The data of a run as a plan sees it: columns, links and members, and what is supposed of them.

use std::sync::Arc;

use super::super::possible::{MissingCell, MissingInput, Possible};
use super::doubted::Doubted;
use logis_data::{Column, Dataset, Members, NO_ROW, column_of};
use logis_language::graph::{RuleId, Step};
use logis_language::pack::schema::{EntityId, FieldId, Origin};
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::Value;

/// The data of a run as the plan sees it: its columns, and the members of relations.
#[derive(Clone)]
pub struct Context<'d> {
    /// The plan.
    pub plan: &'d Plan,
    /// The data.
    pub dataset: &'d Dataset,
    /// By node: the column of the field that it reads; none for a node of another kind, or if the data
    /// have no such column.
    pub(super) columns: Vec<Option<&'d Column>>,
    /// Each field with the node that reads it.
    readers: Vec<(FieldId, NodeId)>,
    /// By node: the rows that belong to each row, for a node that takes members.
    members: Vec<Option<Arc<Members>>>,
    /// By node: is it read from rows of another entity, many of which may lead to one of its rows? Then
    /// its outcome is remembered for every row, and not only for the last.
    pub(super) shared: Vec<bool>,
    /// Values that cases give in place of what a rule decides: the rule's node, and the value of each row
    /// of its entity, if it has one.
    given: Vec<(NodeId, Vec<Option<Possible>>)>,
    /// What cells are supposed to be instead of what they are: the node that reads the field, the row, the
    /// value or values.
    pub(super) supposed: Vec<(NodeId, u64, Possible)>,
    /// Where relations are supposed to lead: entity, relation, row, row of the target.
    supposed_links: Vec<(EntityId, usize, u64, u32)>,
    /// A comparison (its node) that is supposed to come out one way for a row.
    forced: Option<(NodeId, u64, bool)>,
    /// What the date of the decision is supposed to be.
    pub(super) supposed_date: Option<Possible>,
    /// What is doubted of: evaluation takes it for any of what it could be instead.
    pub(in super::super) doubted: Doubted,
}

impl<'d> Context<'d> {
    /// Binds a plan to data.
    pub fn new(plan: &'d Plan, dataset: &'d Dataset) -> Context<'d> {
        let schema = &plan.parsed.schema;
        let rows = |e: EntityId| dataset.tables.get(e).map_or(0, logis_data::Table::rows);
        // What is looked up by node is looked up once here, and not for each row.
        let mut shared = vec![false; plan.nodes.len()];
        let mut columns = Vec::with_capacity(plan.nodes.len());
        let mut members = Vec::with_capacity(plan.nodes.len());
        let mut readers = Vec::new();
        for (id, node) in (0..).zip(&plan.nodes) {
            if let Op::Field(field) = node.op {
                readers.push((field, id));
            }
            columns.push(match node.op {
                Op::Field(field) => column_of(dataset, schema, field),
                _ => None,
            });
            members.push(match node.op {
                Op::Members(child, relation, _) => {
                    let links = dataset.tables.get(child).and_then(|t| t.links.get(relation));
                    links.map(|l| l.members(rows(node.entity)))
                }
                _ => None,
            });
            if let Op::Up(_, inner) | Op::Members(_, _, inner) = node.op
                && let Some(slot) = shared.get_mut(inner as usize)
            {
                *slot = !matches!(plan.node(inner).map(|n| &n.op), Some(Op::Field(_)));
            }
        }
        Context {
            plan,
            dataset,
            columns,
            readers,
            members,
            shared,
            given: Vec::new(),
            supposed: Vec::new(),
            supposed_links: Vec::new(),
            forced: None,
            supposed_date: None,
            doubted: Doubted::default(),
        }
    }

    /// Doubts of these rules and tables, for every row.
    pub fn doubt(&mut self, doubted: Doubted) {
        self.doubted = doubted;
    }

    /// Puts values in place of what a rule would decide, one for each row of its entity.
    pub fn give(&mut self, rule: RuleId, values: Vec<Option<Possible>>) {
        let node = self.plan.nodes.iter().position(|n| matches!(n.op, Op::Rule(r, _) if r == rule));
        if let Some(node) = node.and_then(|n| NodeId::try_from(n).ok()) {
            self.given.push((node, values));
        }
    }

    /// Supposes that a cell is something else, or one of several things.
    pub fn suppose(&mut self, field: NodeId, row: u64, value: Possible) {
        self.supposed = vec![(field, row, value)];
    }

    /// Supposes what all these cells are, and where all these relations lead.
    pub fn suppose_world(
        &mut self,
        cells: Vec<(NodeId, u64, Possible)>,
        links: Vec<(EntityId, usize, u64, u32)>,
    ) {
        self.supposed = cells;
        self.supposed_links = links;
    }

    /// Supposes that a comparison comes out one way for a row, whatever its sides.
    pub fn force(&mut self, comparison: Option<(NodeId, u64, bool)>) {
        self.forced = comparison;
    }

    /// How a comparison is supposed to come out for a row, if it is.
    pub(in super::super) fn forced_truth(&self, comparison: NodeId, row: u64) -> Option<bool> {
        self.forced.filter(|(node, at, _)| (*node, *at) == (comparison, row)).map(|(.., truth)| truth)
    }

    /// Takes every cell as it is again.
    pub fn suppose_nothing(&mut self) {
        self.supposed.clear();
    }

    /// Supposes that the date of the decision is another, or any of several.
    pub fn suppose_date(&mut self, date: Possible) {
        self.supposed_date = Some(date);
    }

    /// How many rows the plan's entity has.
    pub fn rows(&self) -> u64 {
        self.rows_of(self.plan.entity)
    }

    /// How many rows an entity has.
    pub fn rows_of(&self, entity: EntityId) -> u64 {
        let count = |e: EntityId| self.dataset.tables.get(e).map_or(0, |t| t.rows() as u64);
        match self.plan.parsed.schema.entities.get(entity).map(|e| &e.origin) {
            Some(Origin::Pair(a, b)) => count(*a) * count(*b),
            _ => count(entity),
        }
    }

    /// The row of the pair of `first` and `second`: pairs are numbered first side by first side.
    pub fn pair_row(&self, first: u64, second: u64) -> u64 {
        first * self.second_rows(self.plan.entity) + second
    }

    /// How many rows the second side of a pair has, at least 1 (it is divided by).
    fn second_rows(&self, pair: EntityId) -> u64 {
        match self.plan.parsed.schema.entities.get(pair).map(|e| &e.origin) {
            Some(Origin::Pair(_, b)) => self.rows_of(*b).max(1),
            _ => 1,
        }
    }

    /// How many rows the second side of a pair has, at least 1 (it is divided by).
    pub fn second_rows_of(&self, pair: EntityId) -> usize {
        usize::try_from(self.second_rows(pair)).unwrap_or(usize::MAX)
    }

    /// By row of an entity, the row that it belongs to by a relation; [`NO_ROW`] if it belongs to none.
    pub fn links(&self, entity: EntityId, relation: usize) -> &'d [u32] {
        self.dataset.tables.get(entity).and_then(|t| t.links.get(relation)).map_or(&[], |l| l)
    }

    /// The node that reads a field.
    pub(in super::super) fn reader(&self, field: FieldId) -> Option<NodeId> {
        self.readers.iter().find(|(read, _)| *read == field).map(|(_, node)| *node)
    }

    /// The column of a node that reads a field.
    pub fn column(&self, node: NodeId) -> Option<&'d Column> {
        self.columns.get(node as usize).copied().flatten()
    }

    /// What the cells of a field are on every row, where the data lack its column and the field says what an empty
    /// cell is.
    pub fn value_without_column(&self, node: NodeId) -> Option<Value> {
        let Op::Field(field) = self.plan.node(node)?.op else { return None };
        if self.column(node).is_some() {
            return None;
        }
        self.plan.parsed.schema.fields.get(field)?.empty()
    }

    /// Is the outcome of a node given in place of its rule's?
    pub fn is_given(&self, node: NodeId) -> bool {
        self.given.iter().any(|(n, _)| *n == node)
    }

    /// What is given in place of the outcome of a rule for a row, if anything is.
    pub fn given_value(&self, node: NodeId, row: u64) -> Option<&Possible> {
        let (_, values) = self.given.iter().find(|(n, _)| *n == node)?;
        values.get(usize::try_from(row).ok()?)?.as_ref()
    }

    /// The groups of a node that takes members.
    pub fn members_table(&self, node: NodeId) -> Option<&Arc<Members>> {
        self.members.get(node as usize)?.as_ref()
    }

    /// The row that a step leads to.
    ///
    /// # Errors
    /// The relation is missing in the row.
    pub fn step(&self, step: Step, row: u64) -> Result<u64, MissingInput> {
        match step {
            Step::First(pair) => Ok(row / self.second_rows(pair)),
            Step::Second(pair) => Ok(row % self.second_rows(pair)),
            Step::BelongsTo(entity, relation) => {
                let supposed =
                    self.supposed_links.iter().find(|(e, r, at, _)| (*e, *r, *at) == (entity, relation, row));
                if let Some((.., to)) = supposed {
                    return Ok(u64::from(*to));
                }
                let links = self.dataset.tables.get(entity).and_then(|t| t.links.get(relation));
                match links.and_then(|l| l.get(usize::try_from(row).ok()?)) {
                    Some(&parent) if parent != NO_ROW => Ok(u64::from(parent)),
                    _ => Err(MissingInput { entity, row, what: MissingCell::Relation(relation) }),
                }
            }
        }
    }

    /// The rows that belong to a row, by the relation of a node that takes members; none for another node.
    pub fn members(&self, node: NodeId, row: u64) -> &[u32] {
        let members = self.members.get(node as usize).and_then(Option::as_deref);
        members.map_or(&[], |m| usize::try_from(row).map_or(&[], |r| m.of(r)))
    }
}
