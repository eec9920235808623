//! The data of a run as a plan sees it: columns, links and members, and what is supposed of them.

use std::any::Any;
use std::sync::{Arc, OnceLock};

use super::super::columns::DayTables;
use super::super::possible::{MissingCell, MissingInput, Possible};
use logis_data::{Column, Dataset, Members, NO_ROW};
use logis_language::graph::{RuleId, Step};
use logis_language::pack::schema::{EntityId, FieldId, Origin};
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::Value;

/// What a plan alone says of the data that it reads. Whoever binds one plan to many data sets finds it once.
#[derive(Debug)]
pub struct Layout {
    /// The nodes that read a field: the field, its entity, its place among the columns of the entity.
    readers: Vec<(NodeId, FieldId, EntityId, usize)>,
    /// The nodes that take members: the entity of the members, its relation, the entity of the row.
    takers: Vec<(NodeId, EntityId, usize, EntityId)>,
    /// By node: is it read from rows of another entity, many of which may lead to one of its rows? Then
    /// its outcome is remembered for every row, and not only for the last.
    shared: Vec<bool>,
    /// What follows from one date, by day, as it was found for data before.
    pub(in super::super) days: DayTables,
    /// What else one of the stages after evaluation finds of the plan alone, for all data.
    beside: OnceLock<Arc<dyn Any + Send + Sync>>,
}

impl Layout {
    /// That of a plan.
    pub fn of(plan: &Plan) -> Layout {
        let schema = &plan.parsed.schema;
        let (mut readers, mut takers) = (Vec::new(), Vec::new());
        let mut shared = vec![false; plan.nodes.len()];
        for (id, node) in (0..).zip(&plan.nodes) {
            match node.op {
                Op::Field(field) => {
                    let place = schema.fields.get(field).and_then(|declared| {
                        let fields = &schema.entities.get(declared.entity)?.fields;
                        Some((declared.entity, fields.iter().position(|own| *own == field)?))
                    });
                    // A field without a place has no column.
                    let (entity, place) = place.unwrap_or((EntityId::MAX, usize::MAX));
                    readers.push((id, field, entity, place));
                }
                Op::Members(child, relation, _) => takers.push((id, child, relation, node.entity)),
                _ => {}
            }
            if let Op::Up(_, inner) | Op::Members(_, _, inner) = node.op
                && let Some(slot) = shared.get_mut(inner as usize)
            {
                *slot = !matches!(plan.node(inner).map(|n| &n.op), Some(Op::Field(_)));
            }
        }
        Layout { readers, takers, shared, days: DayTables::default(), beside: OnceLock::new() }
    }
}

/// The data of a run as the plan sees it: its columns, and the members of relations.
#[derive(Clone)]
pub struct Context<'d> {
    /// The plan.
    pub plan: &'d Plan,
    /// The data.
    pub dataset: &'d Dataset,
    layout: Arc<Layout>,
    /// By node: the column of the field that it reads; none for a node of another kind, or if the data
    /// have no such column.
    pub(super) columns: Vec<Option<&'d Column>>,
    /// The rows that belong to each row, for each node that takes members; in the order of the nodes.
    members: Vec<(NodeId, Arc<Members>)>,
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
}

impl<'d> Context<'d> {
    /// Binds a plan to data.
    pub fn new(plan: &'d Plan, dataset: &'d Dataset) -> Context<'d> {
        Context::with(plan, Arc::new(Layout::of(plan)), dataset)
    }

    /// The same by the layout of that plan.
    pub fn with(plan: &'d Plan, layout: Arc<Layout>, dataset: &'d Dataset) -> Context<'d> {
        let table = |entity: EntityId| dataset.tables.get(entity);
        let mut columns = vec![None; plan.nodes.len()];
        for (node, _, entity, place) in &layout.readers {
            if let Some(slot) = columns.get_mut(*node as usize) {
                *slot = table(*entity).and_then(|t| t.columns.get(*place)?.as_ref());
            }
        }
        let taken = layout.takers.iter().filter_map(|(node, child, relation, entity)| {
            let links = table(*child)?.links.get(*relation)?;
            Some((*node, links.members(table(*entity).map_or(0, logis_data::Table::rows))))
        });
        let members = taken.collect();
        Context {
            plan,
            dataset,
            layout,
            columns,
            members,
            given: Vec::new(),
            supposed: Vec::new(),
            supposed_links: Vec::new(),
            forced: None,
            supposed_date: None,
        }
    }

    /// What follows from one date, as it was found for other data; `None` where a case gives what the plan would decide.
    pub(in super::super) fn day_tables(&self) -> Option<&DayTables> {
        self.given.is_empty().then_some(&self.layout.days)
    }

    /// What the stage after evaluation that explains finds of the plan alone, made for the first that asks and kept with the
    /// layout; made again for whoever keeps something of another type there.
    pub(crate) fn beside<T: Any + Send + Sync>(&self, make: impl Fn() -> T) -> Arc<T> {
        let kept = self.layout.beside.get_or_init(|| Arc::new(make())).clone();
        kept.downcast().unwrap_or_else(|_| Arc::new(make()))
    }

    /// Is a node read from rows of another entity? See [`Layout::shared`].
    pub(super) fn is_shared(&self, node: usize) -> bool {
        self.layout.shared.get(node).copied().unwrap_or(false)
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
        self.layout.readers.iter().find(|(_, read, ..)| *read == field).map(|(node, ..)| *node)
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
        let at = self.members.binary_search_by_key(&node, |(taker, _)| *taker).ok()?;
        self.members.get(at).map(|(_, members)| members)
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
        self.members_table(node).map_or(&[], |m| usize::try_from(row).map_or(&[], |r| m.of(r)))
    }
}
