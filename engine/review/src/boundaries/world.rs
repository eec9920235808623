//! A small invented world: one row of the decided entity, those it belongs to, and some members.
//!
//! Its cells are suppositions of a context, so that changing one costs nothing; rows of reference
//! tables are the pack's own, and a relation may be supposed to lead to any of them.

use std::collections::BTreeMap;

use logis_data::{Dataset, Links, NO_ROW, Table};
use logis_decide::evaluate::possible::Possible;
use logis_decide::evaluate::{Context, Evaluator};
use logis_language::pack::schema::{EntityId, Field, FieldId, FieldKind, Origin, Schema};
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::{Exact, Value, add_days, power_of_ten};

/// How many rows of an entity, and for each relation the row that each belongs to.
pub(super) type Shape = Vec<(usize, Vec<Vec<u32>>)>;

/// The shape of a world of one row of the plan's entity: one row of each entity that it belongs to, and
/// `members` rows of each entity whose members the plan takes.
pub(super) fn shape(plan: &Plan, members: usize) -> Shape {
    let schema = &plan.parsed.schema;
    let data = |e: EntityId| {
        matches!(schema.entities.get(e).map(|e| &e.origin), Some(Origin::Data { .. } | Origin::Pair(..)))
    };
    let mut counts = vec![0_usize; schema.entities.len()];
    let mut queue = vec![plan.entity];
    let taken: Vec<(EntityId, usize)> = plan
        .nodes
        .iter()
        .filter_map(|n| match n.op {
            Op::Members(child, relation, _) => Some((child, relation)),
            _ => None,
        })
        .collect();
    // From the decided entity upwards to what it belongs to, and downwards to the members that are taken.
    while let Some(entity) = queue.pop() {
        let Some(count) = counts.get_mut(entity).filter(|c| **c == 0) else { continue };
        *count = 1;
        queue.extend(schema.parents(entity).into_iter().filter(|p| data(*p)));
        for (child, relation) in &taken {
            let target = schema.entities.get(*child).and_then(|e| e.belongs_to.get(*relation));
            if target.map(|r| r.target) == Some(entity) {
                queue.push(*child);
            }
        }
    }
    // Members are several; everything else is one row.
    for (child, _) in taken {
        if let Some(count) = counts.get_mut(child).filter(|c| **c > 0) {
            *count = members.max(1);
        }
    }
    let rows = schema.entities.iter().zip(&counts).map(|(entity, &count)| {
        let link = |target: EntityId| counts.get(target).is_some_and(|n| *n > 0 && data(target));
        let to = |target| vec![if link(target) { 0 } else { NO_ROW }; count];
        (count, entity.belongs_to.iter().map(|r| to(r.target)).collect())
    });
    rows.collect()
}

/// A data set of a shape, in which no cell is known.
pub(super) fn blank(schema: &Schema, references: &Dataset, shape: &Shape) -> Dataset {
    let mut dataset = Dataset::default();
    for (id, (entity, (count, links))) in schema.entities.iter().zip(shape).enumerate() {
        if matches!(entity.origin, Origin::Reference { .. }) {
            dataset.tables.push(references.tables.get(id).cloned().unwrap_or_default());
            continue;
        }
        dataset.tables.push(Table {
            present: true,
            ids: (0..*count).map(|n| (n + 1).to_string()).collect(),
            columns: vec![None; entity.fields.len()],
            links: links.iter().map(|rows| Links::from(rows.clone())).collect(),
            ..Table::default()
        });
    }
    dataset
}

/// The values of the cells of a world.
#[derive(Clone, Default)]
pub(super) struct State {
    /// By field and row.
    pub cells: BTreeMap<(FieldId, u64), Value>,
    /// By entity, relation and row: the row of the reference table.
    pub links: BTreeMap<(EntityId, usize, u64), u32>,
}

/// A world whose cells may be changed.
pub(super) struct World<'d> {
    pub context: Context<'d>,
    pub state: State,
    /// Boolean nodes that must keep their value on a row while other cells are changed: node, row, value.
    pub guards: Vec<(NodeId, u64, bool)>,
    /// The node that reads each field.
    readers: BTreeMap<FieldId, NodeId>,
}

impl<'d> World<'d> {
    /// A world of ordinary values: the first of each list, no for yes or no, small numbers.
    pub fn new(plan: &'d Plan, dataset: &'d Dataset, references: &Dataset) -> World<'d> {
        let schema = &plan.parsed.schema;
        let mut readers = BTreeMap::new();
        for (id, node) in (0..).zip(&plan.nodes) {
            if let Op::Field(field) = node.op {
                readers.entry(field).or_insert(id);
            }
        }
        let context = Context::new(plan, dataset);
        let mut world = World { context, state: State::default(), guards: Vec::new(), readers };
        let mut state = State::default();
        for (id, entity) in schema.entities.iter().enumerate() {
            if matches!(entity.origin, Origin::Reference { .. }) {
                continue;
            }
            let rows = dataset.tables.get(id).map_or(0, Table::rows) as u64;
            for row in 0..rows {
                for (&field, _) in world.readers.iter().filter(|(f, _)| entity.fields.contains(*f)) {
                    if let Some(declared) = schema.fields.get(field) {
                        state.cells.insert((field, row), ordinary(plan, declared, row));
                    }
                }
                // Relations to reference tables lead to the first row; others are fixed by the shape.
                for (number, relation) in entity.belongs_to.iter().enumerate() {
                    let reference = schema.entities.get(relation.target).map(|e| &e.origin);
                    let some = references.tables.get(relation.target).is_some_and(|t| t.rows() > 0);
                    if matches!(reference, Some(Origin::Reference { .. })) && some {
                        state.links.insert((id, number, row), 0);
                    }
                }
            }
        }
        world.restore(state);
        world
    }

    /// Gives all cells and relations the values of a state.
    pub fn restore(&mut self, state: State) {
        // Cells that the plan does not read need no supposition.
        let cells = state.cells.iter().filter_map(|((field, row), value)| {
            Some((*self.readers.get(field)?, *row, Possible::Known(value.clone())))
        });
        let links = state.links.iter().map(|((entity, relation, row), to)| (*entity, *relation, *row, *to));
        self.context.suppose_world(cells.collect(), links.collect());
        self.state = state;
    }

    /// Changes one cell.
    pub fn set(&mut self, field: FieldId, row: u64, value: Value) {
        let mut state = std::mem::take(&mut self.state);
        state.cells.insert((field, row), value);
        self.restore(state);
    }

    /// Leads a relation to another row of its reference table.
    pub fn link(&mut self, entity: EntityId, relation: usize, row: u64, to: u32) {
        let mut state = std::mem::take(&mut self.state);
        state.links.insert((entity, relation, row), to);
        self.restore(state);
    }

    /// The value of a node on a row, if it is known.
    pub fn value(&self, node: NodeId, row: u64) -> Option<Value> {
        Evaluator::new(&self.context).eval(node, row).ok()?.known().cloned()
    }

    /// Do all guarded nodes have their values?
    pub fn guarded(&self) -> bool {
        let mut evaluator = Evaluator::new(&self.context);
        self.guards.iter().all(|(node, row, truth)| {
            evaluator.eval(*node, *row).ok().as_ref().and_then(Possible::known_bool) == Some(*truth)
        })
    }

    /// The value of a boolean node on a row, if it is known.
    pub fn truth(&self, node: NodeId, row: u64) -> Option<bool> {
        match self.value(node, row) {
            Some(Value::Bool(value)) => Some(value),
            _ => None,
        }
    }

    /// The value of `root` if a comparison is false, and if it is true, whatever its sides.
    pub fn forced(&mut self, node: NodeId, row: u64, root: NodeId) -> [Option<Value>; 2] {
        [false, true].map(|truth| {
            self.context.force(Some((node, row, truth)));
            let value = self.value(root, 0);
            self.context.force(None);
            value
        })
    }

    /// Does a comparison decide the value of `root`: is it another one if the comparison alone is?
    pub fn decides(&mut self, node: NodeId, row: u64, root: NodeId) -> bool {
        let [no, yes] = self.forced(node, row, root);
        no.is_some() && yes.is_some() && no != yes
    }
}

/// The unit in which a field counts.
pub(super) fn unit(field: &Field) -> Option<Exact> {
    match field.kind {
        FieldKind::Number { decimals, .. } => Some(Exact::new(1, power_of_ten(decimals)?)),
        _ => None,
    }
}

/// A value for a cell that makes most things possible.
fn ordinary(plan: &Plan, field: &Field, row: u64) -> Value {
    match &field.kind {
        FieldKind::Boolean => Value::Bool(false),
        FieldKind::Number { amount, .. } => {
            let number = Exact::from_integer(if *amount { 1000 } else { 1 });
            let (low, high) = field.range.unwrap_or((number, number));
            Value::Number(number.clamp(low, high.max(low)))
        }
        // Some forty years before: an age at which most things are possible.
        FieldKind::Date => Value::Date(add_days(plan.date, -14_700).unwrap_or(plan.date)),
        FieldKind::Text => Value::text("x"),
        FieldKind::Enum(values) => {
            let last = values.len().saturating_sub(1);
            let at = usize::try_from(row).unwrap_or(0).min(last);
            values.get(at).map_or_else(|| Value::text(""), |v| Value::Text(v.clone()))
        }
        FieldKind::Codes => logis_language::plan::builtins::empty_list(),
    }
}
