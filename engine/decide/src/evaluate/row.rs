//! Evaluates a plan for one row at a time, missing inputs included.
//!
//! The evaluator walks the expression graph from an outcome down, remembers what it has computed
//! for the current row, and follows relations to other rows. Inside a branch whose condition is not
//! decided it assumes the condition: that narrows the missing inputs that the condition reads.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::pieces::Pieces;
use super::possible::{
    Missing, MissingCell, MissingInput, Possible, Range, arithmetic, call, compare, missing_of, negate, not,
    union, union_all,
};
use logis_data::{Column, Dataset, Members, NO_ROW, column_of};
use logis_language::deep::deep;
use logis_language::graph::{RuleId, Step};
use logis_language::pack::schema::{EntityId, FieldId, FieldKind, Origin};
use logis_language::plan::Plan;
use logis_language::plan::builtins::ValueError;
use logis_language::plan::ir::{Comparison, NodeId, Op};
use logis_language::value::Value;

/// An error of one row: it has no outcome.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RowError {
    /// What went wrong.
    pub error: ValueError,
    /// The node where it did.
    pub node: NodeId,
    /// The innermost rule around it.
    pub rule: Option<RuleId>,
}

/// The data of a run as the plan sees it: its columns, and the members of relations.
pub struct Context<'d> {
    /// The plan.
    pub plan: &'d Plan,
    /// The data.
    pub dataset: &'d Dataset,
    /// By node: the column of the field that it reads; none for a node of another kind, or if the data
    /// have no such column.
    columns: Vec<Option<&'d Column>>,
    /// Each field with the node that reads it.
    readers: Vec<(FieldId, NodeId)>,
    /// By node: the rows that belong to each row, for a node that takes members.
    members: Vec<Option<Arc<Members>>>,
    /// By node: is it read from rows of another entity, many of which may lead to one of its rows? Then
    /// its outcome is remembered for every row, and not only for the last.
    shared: Vec<bool>,
    /// Values that cases give in place of what a rule decides: the rule's node, and the value of each row
    /// of its entity, if it has one.
    given: Vec<(NodeId, Vec<Option<Possible>>)>,
    /// What cells are supposed to be instead of what they are: the node that reads the field, the row, the
    /// value or values.
    supposed: Vec<(NodeId, u64, Possible)>,
    /// Where relations are supposed to lead: entity, relation, row, row of the target.
    supposed_links: Vec<(EntityId, usize, u64, u32)>,
    /// A comparison (its node) that is supposed to come out one way for a row.
    forced: Option<(NodeId, u64, bool)>,
    /// What the date of the decision is supposed to be.
    supposed_date: Option<Possible>,
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
        }
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
    pub(super) fn forced_truth(&self, comparison: NodeId, row: u64) -> Option<bool> {
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
    pub(super) fn reader(&self, field: FieldId) -> Option<NodeId> {
        self.readers.iter().find(|(read, _)| *read == field).map(|(_, node)| *node)
    }

    /// The column of a node that reads a field.
    pub fn column(&self, node: NodeId) -> Option<&'d Column> {
        self.columns.get(node as usize).copied().flatten()
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

/// Assumptions on missing cells, innermost last: the node of the field, the row, the values that are
/// left of what the cell can be.
type Assumed = Vec<(NodeId, u64, Possible)>;

/// What was computed for a node: the frame (number of the assumptions in force), the row, the result.
type Slot<T> = Option<(u64, u64, T)>;

/// Evaluates nodes of a plan, row by row.
///
/// Three memories: without assumptions, the last row of each node (`current`) or all rows of a shared one
/// (`kept`); under assumptions, the last row and frame of each node (`narrowed`). A known outcome is that
/// under any assumption too, so that the first two also serve there.
pub struct Evaluator<'c, 'd> {
    pub(super) context: &'c Context<'d>,
    /// By node: the row it was last computed for, and the outcome.
    current: Vec<Option<(u64, Result<Possible, RowError>)>>,
    /// By shared node: the outcomes of all rows computed so far.
    kept: Vec<Vec<Option<Result<Possible, RowError>>>>,
    pub(super) assumed: Assumed,
    /// The number of the set of assumptions in force; 0 where nothing is assumed. No two sets have one
    /// number, so that what was computed under another set is never taken.
    pub(super) frame: u64,
    /// The numbers given to assumptions so far.
    frames: u64,
    /// By node: what was last computed for it under assumptions. Empty until something is assumed.
    narrowed: Vec<Slot<Result<Possible, RowError>>>,
    /// By node: what [`Evaluator::compute_only`] last gave.
    risks: Vec<Slot<Result<Option<Missing>, RowError>>>,
    /// By node that reads a field: the last row whose cell was found empty, and what it may hold. One set of
    /// missing cells for all that reads it: joining it with itself costs nothing.
    empty: Vec<Option<(u64, Possible)>>,
    /// Nodes computed under assumptions since the outermost of them was made.
    pub(super) steps: usize,
    /// The walk through the pieces of a cell.
    pub(super) pieces: Pieces,
    /// The innermost rule being evaluated, for errors.
    rule: Option<RuleId>,
}

impl<'c, 'd> Evaluator<'c, 'd> {
    /// An evaluator of `context`; each thread has its own.
    pub fn new(context: &'c Context<'d>) -> Self {
        let nodes = context.plan.nodes.len();
        Evaluator {
            context,
            current: vec![None; nodes],
            kept: vec![Vec::new(); nodes],
            assumed: Vec::new(),
            frame: 0,
            frames: 0,
            narrowed: Vec::new(),
            risks: Vec::new(),
            empty: Vec::new(),
            steps: 0,
            pieces: Pieces::default(),
            rule: None,
        }
    }

    /// Assumes that a cell is something narrower, until [`Evaluator::within`] ends.
    pub(super) fn suppose(&mut self, field: NodeId, row: u64, value: Possible) {
        self.assumed.push((field, row, value));
        self.new_frame();
    }

    /// Remembers nothing of what is computed from here on, beyond the end of [`Evaluator::within`].
    pub(super) fn new_frame(&mut self) {
        self.frames += 1;
        self.frame = self.frames;
    }

    /// Calls `f`, then takes back what it assumed.
    pub(super) fn within<R>(&mut self, f: impl FnOnce(&mut Self) -> R) -> R {
        let (depth, frame) = (self.assumed.len(), self.frame);
        let result = f(self);
        self.assumed.truncate(depth);
        self.frame = frame;
        result
    }

    /// What a node can be for a row, under the assumptions in force.
    ///
    /// # Errors
    /// An error that every completion of the missing cells has.
    pub fn eval(&mut self, node: NodeId, row: u64) -> Result<Possible, RowError> {
        let index = node as usize;
        let plan = self.context.plan;
        let Some(expression) = plan.nodes.get(index) else { return Err(self.fail(node, ValueError::Type)) };
        let free = self.frame == 0;
        match &expression.op {
            // Leaves cost less than remembering them.
            Op::Const(value) => return Ok(Possible::Known(value.clone())),
            Op::DecisionDate => {
                let supposed = self.context.supposed_date.clone();
                return Ok(supposed.unwrap_or(Possible::Known(Value::Date(plan.date))));
            }
            Op::Field(field) => return Ok(self.field(node, *field, row)),
            _ => {}
        }
        let place = usize::try_from(row).unwrap_or(usize::MAX);
        // Of a node read from many rows all rows are remembered, of any other its last row.
        let shared = self.context.shared.get(index).copied().unwrap_or(false);
        let remembered = match shared {
            true => self.kept.get(index).and_then(|rows| rows.get(place)?.as_ref()),
            false => {
                self.current.get(index).and_then(Option::as_ref).filter(|(at, _)| *at == row).map(|(_, d)| d)
            }
        };
        if let Some(done) = remembered
            && (free || matches!(done, Ok(Possible::Known(_))))
        {
            return done.clone();
        }
        if let Some(done) = self.under_assumptions(index, row) {
            return done;
        }
        let done = deep(|| self.compute(node, &expression.op, row));
        self.keep_under_assumptions(index, row, &done);
        if free && shared {
            if let Some(rows) = self.kept.get_mut(index) {
                if rows.len() <= place {
                    rows.resize(place + 1, None);
                }
                if let Some(slot) = rows.get_mut(place) {
                    *slot = Some(done.clone());
                }
            }
        } else if free && let Some(slot) = self.current.get_mut(index) {
            *slot = Some((row, done.clone()));
        }
        done
    }

    /// What was computed for a node under the assumptions in force.
    fn under_assumptions(&self, index: usize, row: u64) -> Option<Result<Possible, RowError>> {
        match self.narrowed.get(index) {
            Some(Some((frame, at, done))) if (*frame, *at) == (self.frame, row) => Some(done.clone()),
            _ => None,
        }
    }

    /// Remembers what was computed under assumptions, and counts it; nothing where nothing is assumed.
    fn keep_under_assumptions(&mut self, index: usize, row: u64, done: &Result<Possible, RowError>) {
        if self.frame == 0 {
            return;
        }
        self.steps += 1;
        if self.narrowed.is_empty() {
            self.narrowed = vec![None; self.context.plan.nodes.len()];
        }
        if let Some(slot) = self.narrowed.get_mut(index) {
            *slot = Some((self.frame, row, done.clone()));
        }
    }

    /// What was computed for a node before anything was assumed, if it is known.
    pub(super) fn known_before(&self, index: usize, row: u64) -> Option<&Value> {
        let done = match self.context.shared.get(index) {
            Some(true) => self.kept.get(index)?.get(usize::try_from(row).ok()?)?.as_ref(),
            _ => self.current.get(index)?.as_ref().filter(|(at, _)| *at == row).map(|(_, done)| done),
        };
        done?.as_ref().ok()?.known()
    }

    /// Calls `f` as part of a rule: an error there is the rule's.
    pub(super) fn in_rule<R>(&mut self, rule: RuleId, f: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.rule.replace(rule);
        let result = f(self);
        self.rule = outer;
        result
    }

    fn fail(&self, node: NodeId, error: ValueError) -> RowError {
        RowError { error, node, rule: self.rule }
    }

    /// A cell: as assumed (innermost first), else as supposed, else as it is in the data.
    fn field(&mut self, node: NodeId, field: FieldId, row: u64) -> Possible {
        if let Some((_, _, assumed)) = self.assumed.iter().rev().find(|(n, r, _)| *n == node && *r == row) {
            return assumed.clone();
        }
        if let Some((_, _, supposed)) = self.context.supposed.iter().find(|(n, r, _)| *n == node && *r == row)
        {
            return supposed.clone();
        }
        let column = self.context.columns.get(node as usize).copied().flatten();
        match column.and_then(|c| c.get(usize::try_from(row).ok()?)) {
            Some(value) => Possible::Known(value),
            None => {
                if let Some(Some((at, possible))) = self.empty.get(node as usize)
                    && *at == row
                {
                    return possible.clone();
                }
                let possible = self.missing_field(field, row);
                self.empty.resize(self.context.plan.nodes.len(), None);
                if let Some(slot) = self.empty.get_mut(node as usize) {
                    *slot = Some((row, possible.clone()));
                }
                possible
            }
        }
    }

    /// What a missing cell can be: all that the schema allows. If the whole column is missing and the field
    /// declares what an empty cell stands for, it is that.
    fn missing_field(&self, id: FieldId, row: u64) -> Possible {
        let Some(field) = self.context.plan.parsed.schema.fields.get(id) else {
            return Possible::Open(Range::Any, Missing::default());
        };
        if let Some(empty) = field.empty()
            && !self.column_exists(id)
        {
            return Possible::Known(empty);
        }
        let missing: Missing = Arc::new(BTreeSet::from([MissingInput {
            entity: field.entity,
            row,
            what: MissingCell::Field(id),
        }]));
        // From the closed list, else from the declared range, else anything.
        let range = match (finite_values(&field.kind), &field.range) {
            // A value that no table has a cell for.
            _ if field.unlisted.is_some() => Range::MayFail,
            (Some(values), _) => {
                Range::OneOf(values.into_iter().collect::<BTreeSet<_>>().into_iter().collect())
            }
            (None, Some((low, high))) => {
                Range::Between(Some(Value::Number(*low)), Some(Value::Number(*high)))
            }
            _ => Range::Any,
        };
        Possible::Open(range, missing)
    }

    fn column_exists(&self, field: FieldId) -> bool {
        column_of(self.context.dataset, &self.context.plan.parsed.schema, field).is_some()
    }

    /// Computes a node anew, by the kind of its operation.
    fn compute(&mut self, node: NodeId, op: &Op, row: u64) -> Result<Possible, RowError> {
        let known = |value: bool| Ok(Possible::Known(Value::Bool(value)));
        match op {
            Op::Const(_) | Op::DecisionDate | Op::Field(_) => self.eval(node, row),
            Op::Rule(rule, body) => {
                if let Some(given) = self.context.given_value(node, row) {
                    return Ok(given.clone());
                }
                self.in_rule(*rule, |this| this.eval(*body, row))
            }
            Op::Up(step, inner) => match self.context.step(*step, row) {
                Ok(parent) => self.eval(*inner, parent),
                Err(missing) => Ok(Possible::Open(Range::Any, Arc::new(BTreeSet::from([missing])))),
            },
            Op::Members(_, _, inner) => {
                let rows = self.context.members(node, row);
                let mut items = Vec::with_capacity(rows.len());
                for &member in rows {
                    items.push(self.eval(*inner, u64::from(member))?);
                }
                let known: Option<Arc<[Value]>> = items.iter().map(|i| i.known().cloned()).collect();
                Ok(match known {
                    Some(values) => Possible::Known(Value::List(values)),
                    None => Possible::Items(items.into()),
                })
            }
            Op::Not(a) => Ok(not(&self.eval(*a, row)?)),
            Op::Negate(a) => negate(&self.eval(*a, row)?).map_err(|e| self.fail(node, e)),
            Op::Arithmetic(op, a, b) => {
                let (a, b) = (self.eval(*a, row)?, self.eval(*b, row)?);
                arithmetic(*op, &a, &b).map_err(|e| self.fail(node, e))
            }
            Op::Compare(op, a, b) => {
                if let Some(truth) = self.context.forced_truth(node, row) {
                    return known(truth);
                }
                let (a, b) = (self.eval(*a, row)?, self.eval(*b, row)?);
                Ok(compare(*op, &a, &b))
            }
            Op::And(a, b) | Op::Or(a, b) => {
                // `settling` is the value of the left that makes the right irrelevant.
                let settling = matches!(op, Op::Or(..));
                let left = self.eval(*a, row)?;
                // A left operand that is known decides, or leaves it to the right one: as in Rhai.
                match left.known_bool() {
                    Some(value) if value == settling => return known(settling),
                    Some(_) => return self.eval(*b, row),
                    None => {}
                }
                if left.is_risky() {
                    return Ok(left);
                }
                // Open: the right operand matters only where the left is not settling, and may assume so.
                let right = self.under(*a, !settling, row, |this| this.eval(*b, row));
                match right.map(|r| (r.known_bool(), r)) {
                    // The left cannot be other than settling.
                    None => known(settling),
                    Some((_, right)) if right.is_risky() => Ok(Possible::may_fail(missing_of(&left, &right))),
                    Some((Some(value), _)) if value == settling => known(settling),
                    Some((Some(_), _)) => Ok(Possible::open_bool(left.missing())),
                    Some((None, right)) => Ok(Possible::open_bool(missing_of(&left, &right))),
                }
            }
            Op::If(c, a, b) => {
                let condition = self.eval(*c, row)?;
                match condition.known_bool() {
                    Some(true) => return self.eval(*a, row),
                    Some(false) => return self.eval(*b, row),
                    None => {}
                }
                if condition.is_risky() {
                    return Ok(condition);
                }
                // Open: either branch may be taken, each where the condition has its value.
                let yes = self.under(*c, true, row, |this| this.eval(*a, row));
                let no = self.under(*c, false, row, |this| this.eval(*b, row));
                Ok(match (yes, no) {
                    (Some(yes), Some(no)) => yes.or(&no, &condition.missing()),
                    (Some(only), None) | (None, Some(only)) => only,
                    (None, None) => Possible::Open(Range::Any, condition.missing()),
                })
            }
            Op::Strict(computed, value) => {
                let risk = self.compute_only(*computed, row)?;
                let value = self.eval(*value, row)?;
                Ok(match risk {
                    Some(missing) => Possible::may_fail(union(&missing, &value.missing())),
                    None => value,
                })
            }
            Op::Param(id, keys) => self.param(node, *id, keys, row),
            Op::Call(builtin, args) => {
                let mut values = Vec::with_capacity(args.len());
                for arg in args {
                    values.push(self.eval(*arg, row)?);
                }
                call(self.context.plan.counted(*builtin, args), &values).map_err(|e| self.fail(node, e))
            }
        }
    }

    /// Computes a node for its errors alone, as a `let` that nothing uses is computed. A rule's outcome is
    /// not used by that, so that its error is none here.
    ///
    /// Gives the missing cells of which some completion is or may be an error; `None` if none is.
    ///
    /// # Errors
    /// Computing it is an error whatever the missing cells are.
    pub(super) fn compute_only(&mut self, node: NodeId, row: u64) -> Result<Option<Missing>, RowError> {
        // Only these two lead to several nodes, and are worth remembering.
        if !matches!(self.context.plan.node(node).map(|n| &n.op), Some(Op::If(..) | Op::Strict(..))) {
            return self.risk_of(node, row);
        }
        if let Some(Some((frame, at, done))) = self.risks.get(node as usize)
            && (*frame, *at) == (self.frame, row)
        {
            return done.clone();
        }
        let done = deep(|| self.risk_of(node, row));
        if self.risks.is_empty() {
            self.risks = vec![None; self.context.plan.nodes.len()];
        }
        let frame = self.frame;
        if let Some(slot) = self.risks.get_mut(node as usize) {
            *slot = Some((frame, row, done.clone()));
        }
        done
    }

    /// [`Evaluator::compute_only`], without looking at what is remembered.
    fn risk_of(&mut self, node: NodeId, row: u64) -> Result<Option<Missing>, RowError> {
        let risk = |value: Possible| value.is_risky().then(|| value.missing());
        match self.context.plan.node(node).map(|n| &n.op) {
            // They pass outcomes of rules on; using them would be the error.
            Some(Op::Rule(..) | Op::Up(..) | Op::Members(..)) => Ok(None),
            Some(Op::If(c, a, b)) => {
                let condition = self.eval(*c, row)?;
                match condition.known_bool() {
                    Some(true) => self.compute_only(*a, row),
                    Some(false) => self.compute_only(*b, row),
                    None if condition.is_risky() => Ok(risk(condition)),
                    // Open: an error of either branch is one of some completions.
                    None => {
                        let missing = condition.missing();
                        let mut all: Option<Missing> = None;
                        for branch in [*a, *b] {
                            match self.compute_only(branch, row) {
                                Ok(None) => {}
                                Ok(Some(more)) => {
                                    let more = union(&missing, &more);
                                    all = Some(all.map_or(more.clone(), |a| union(&a, &more)));
                                }
                                Err(_) => all = Some(all.map_or(missing.clone(), |a| union(&a, &missing))),
                            }
                        }
                        Ok(all)
                    }
                }
            }
            Some(Op::Strict(a, b)) => {
                let first = self.compute_only(*a, row)?;
                Ok(self.compute_only(*b, row)?.or(first))
            }
            _ => Ok(risk(self.eval(node, row)?)),
        }
    }

    /// A cell of a parameter's table: one of all that the possible keys lead to.
    fn param(&mut self, node: NodeId, id: usize, keys: &[NodeId], row: u64) -> Result<Possible, RowError> {
        let mut possible = Vec::with_capacity(keys.len());
        for key in keys {
            possible.push(self.eval(*key, row)?);
        }
        let Some(version) = self.context.plan.parameter(id) else {
            // The law of that day has no such value, or the pack does not know it: whatever needs it is open.
            let missing = MissingInput { entity: 0, row: 0, what: MissingCell::Parameter(id) };
            return Ok(Possible::may_fail(Arc::new(BTreeSet::from([missing]))));
        };
        // All keys known: one cell, or an error of the row if the table has none.
        let known: Option<Vec<Value>> = possible.iter().map(|k| k.known().cloned()).collect();
        if let Some(keys) = known {
            let cell = version.cells.get(&keys).ok_or_else(|| self.fail(node, ValueError::NoCell))?;
            return Ok(Possible::Known(cell.value.clone()));
        }
        // An open key: any cell whose keys are possible, if there is one for each combination.
        let may_be = |key: &Possible, value: &Value| {
            compare(Comparison::Equal, key, &Possible::Known(value.clone())).known_bool() != Some(false)
        };
        let missing = union_all(possible.iter().map(Possible::missing));
        if possible.iter().any(Possible::is_risky) || !covers(version, &possible) {
            return Ok(Possible::may_fail(missing));
        }
        let cells = version
            .cells
            .iter()
            .filter(|(keys, _)| keys.iter().zip(&possible).all(|(value, key)| may_be(key, value)))
            .map(|(_, cell)| &cell.value);
        Ok(Possible::any_of(cells, missing))
    }
}

/// Has the table a cell for every combination of possible keys? False if they cannot be listed, or are
/// more than 4096.
fn covers(version: &logis_language::pack::params::ParameterVersion, possible: &[Possible]) -> bool {
    let mut combinations: Vec<Vec<Value>> = vec![Vec::new()];
    for key in possible {
        let values: &[Value] = match key {
            Possible::Known(value) => std::slice::from_ref(value),
            Possible::Open(Range::OneOf(values), _) => values,
            _ => return false,
        };
        combinations = combinations
            .iter()
            .flat_map(|c| values.iter().map(|v| c.iter().chain([v]).cloned().collect()))
            .collect();
        if combinations.len() > 4096 {
            return false;
        }
    }
    combinations.iter().all(|keys| version.cells.contains_key(keys))
}

/// All values of a field's kind, if they are few; `None` for numbers, dates and free texts.
pub(super) fn finite_values(kind: &FieldKind) -> Option<Vec<Value>> {
    match kind {
        FieldKind::Boolean => Some(vec![Value::Bool(false), Value::Bool(true)]),
        FieldKind::Enum(values) => Some(values.iter().cloned().map(Value::Text).collect()),
        _ => None,
    }
}
