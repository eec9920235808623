//! Evaluates a plan for one row at a time, missing inputs included.
//!
//! The evaluator walks the expression graph from an outcome down, remembers what it has computed
//! for the current row, and follows relations to other rows. Inside a branch whose condition is not
//! decided it assumes the condition: that narrows the missing inputs that the condition reads.

mod assumed;
mod compute;
mod context;
mod doubted;
mod memory;

use std::collections::BTreeSet;
use std::sync::Arc;

use super::pieces::Pieces;
use super::possible::{Missing, MissingCell, MissingInput, Possible, Range};
use assumed::Assumed;
pub use context::{Context, Layout};
use doubted::Doubting;
pub use doubted::{Doubted, Doubts, OfWhat};
use logis_language::deep::deep;
use logis_language::graph::RuleId;
use logis_language::pack::schema::{FieldId, FieldKind};
use logis_language::plan::builtins::ValueError;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::Value;
use memory::{ByRow, Memory};

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

/// What was computed for a node: the frame (number of the assumptions in force), the row, the result.
type Framed<T> = (u64, u64, T);

/// The number of the set of doubts that was in force when something was computed; 0 without doubts.
type SetNumber = u32;

/// What a rule lacks, if it lacks anything, or why it fails.
type Risk = Result<Option<Missing>, RowError>;

/// Evaluates nodes of a plan, row by row.
///
/// Three memories: without assumptions, the last row of each node (`current`) or all rows of a shared one
/// (`kept`); under assumptions, the last row and frame of each node (`narrowed`). A known outcome is that
/// under any assumption too, so that the first two also serve there.
pub struct Evaluator<'c, 'd> {
    pub(super) context: &'c Context<'d>,
    /// By node: the row it was last computed for, and the outcome.
    current: Memory<(u64, SetNumber, Result<Possible, RowError>)>,
    /// By shared node: the outcomes of all rows computed so far.
    kept: Memory<ByRow<(SetNumber, Result<Possible, RowError>)>>,
    assumed: Assumed,
    /// The number of the set of assumptions in force; 0 where nothing is assumed. No two sets have one
    /// number, so that what was computed under another set is never taken.
    pub(super) frame: u64,
    /// The numbers given to assumptions so far.
    frames: u64,
    /// By node: what was last computed for it under assumptions.
    narrowed: Memory<Framed<Result<Possible, RowError>>>,
    /// By node: what [`Evaluator::compute_only`] last gave.
    risks: Memory<(SetNumber, Framed<Risk>)>,
    /// By node that reads a field: the last row whose cell was found empty, and what it may hold. One set of
    /// missing cells for all that reads it: joining it with itself costs nothing.
    empty: Memory<(u64, Possible)>,
    /// Nodes computed under assumptions since the outermost of them was made.
    pub(super) steps: usize,
    /// The walk through the pieces of a cell.
    pub(super) pieces: Pieces,
    /// The innermost rule being evaluated, for errors.
    rule: Option<RuleId>,
    /// What is doubted of, for every row.
    doubting: Option<Doubting<'c>>,
}

impl<'c, 'd> Evaluator<'c, 'd> {
    /// An evaluator of `context`; each thread has its own.
    pub fn new(context: &'c Context<'d>) -> Self {
        Evaluator {
            context,
            current: Memory::default(),
            kept: Memory::default(),
            assumed: Assumed::default(),
            frame: 0,
            frames: 0,
            narrowed: Memory::default(),
            risks: Memory::default(),
            empty: Memory::default(),
            steps: 0,
            pieces: Pieces::default(),
            rule: None,
            doubting: None,
        }
    }

    /// One that takes what is doubted of for any of what it could be instead, once [`Evaluator::doubt`] has said of what.
    pub(crate) fn doubting(context: &'c Context<'d>, doubts: &'c Doubts) -> Self {
        Evaluator { doubting: Some(Doubting::new(doubts)), ..Evaluator::new(context) }
    }

    /// Doubts of these from here on, and of nothing else: of one at least, as where nothing is doubted of branches assume
    /// their conditions. Only for [`Evaluator::eval`].
    pub(crate) fn doubt(&mut self, open: &Doubted) {
        if let Some(doubting) = &mut self.doubting {
            doubting.set(open);
        }
    }

    /// Is it one of those?
    pub(super) fn is_doubting(&self) -> bool {
        self.doubting.is_some()
    }

    /// What is doubted of in a node itself.
    fn doubt_about(&self, node: NodeId) -> Option<OfWhat> {
        self.doubting.as_ref()?.about(node)
    }

    /// The number of the set of doubts in force.
    fn set_number(&self) -> SetNumber {
        self.doubting.as_ref().map_or(0, Doubting::now)
    }

    /// Is what a node came to under the set of doubts of a number what it comes to now?
    fn holds_still(&self, node: usize, number: SetNumber) -> bool {
        self.doubting.as_ref().is_none_or(|doubting| doubting.holds_still(node, number))
    }

    /// Assumes that a cell is something narrower, until [`Evaluator::within`] ends.
    pub(super) fn suppose(&mut self, field: NodeId, row: u64, value: Possible) {
        self.assumed.push(field, row, value);
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
        let shared = self.context.is_shared(index);
        let remembered = match shared {
            true => self.kept.get(index).and_then(|rows| rows.get(place)).map(|(set, d)| (*set, d)),
            false => self.current.get(index).filter(|(at, ..)| *at == row).map(|(_, set, d)| (*set, d)),
        };
        if let Some((set, done)) = remembered
            && (free || matches!(done, Ok(Possible::Known(_))))
            && self.holds_still(index, set)
        {
            return done.clone();
        }
        if let Some(done) = self.under_assumptions(index, row) {
            return done;
        }
        let done = deep(|| self.compute(node, &expression.op, row));
        self.keep_under_assumptions(index, row, &done);
        let (nodes, set) = (plan.nodes.len(), self.set_number());
        if free && shared {
            if let Some(rows) = self.kept.entry(index, nodes, ByRow::default) {
                rows.set(place, (set, done.clone()));
            }
        } else if free {
            self.current.set(index, nodes, (row, set, done.clone()));
        }
        done
    }

    /// What was computed for a node under the assumptions in force.
    fn under_assumptions(&self, index: usize, row: u64) -> Option<Result<Possible, RowError>> {
        match self.narrowed.get(index) {
            Some((frame, at, done)) if (*frame, *at) == (self.frame, row) => Some(done.clone()),
            _ => None,
        }
    }

    /// Remembers what was computed under assumptions, and counts it; nothing where nothing is assumed.
    fn keep_under_assumptions(&mut self, index: usize, row: u64, done: &Result<Possible, RowError>) {
        if self.frame == 0 {
            return;
        }
        self.steps += 1;
        self.narrowed.set(index, self.context.plan.nodes.len(), (self.frame, row, done.clone()));
    }

    /// What was computed for a node before anything was assumed, if it is known.
    pub(super) fn known_before(&self, index: usize, row: u64) -> Option<&Value> {
        let done = match self.context.is_shared(index) {
            true => self.kept.get(index)?.get(usize::try_from(row).ok()?).map(|(_, done)| done),
            false => self.current.get(index).filter(|(at, ..)| *at == row).map(|(.., done)| done),
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
        if let Some(assumed) = self.assumed.get(node, row) {
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
                if let Some((at, possible)) = self.empty.get(node as usize)
                    && *at == row
                {
                    return possible.clone();
                }
                let possible = self.missing_field(node, field, row);
                self.empty.set(node as usize, self.context.plan.nodes.len(), (row, possible.clone()));
                possible
            }
        }
    }

    /// What a missing cell can be: all that the schema allows. If the whole column is missing and the field
    /// declares what an empty cell stands for, it is that.
    fn missing_field(&self, node: NodeId, id: FieldId, row: u64) -> Possible {
        let Some(field) = self.context.plan.parsed.schema.fields.get(id) else {
            return Possible::Open(Range::Any, Missing::default());
        };
        if let Some(value) = self.context.value_without_column(node) {
            return Possible::Known(value);
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
}

/// All values of a field's kind, if they are few; `None` for numbers, dates and free texts.
pub(super) fn finite_values(kind: &FieldKind) -> Option<Vec<Value>> {
    match kind {
        FieldKind::Boolean => Some(vec![Value::Bool(false), Value::Bool(true)]),
        FieldKind::Enum(values) => Some(values.iter().cloned().map(Value::Text).collect()),
        _ => None,
    }
}
