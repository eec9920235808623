//! What a value can be: known, or all that the missing inputs leave possible.
//!
//! A missing cell is not nothing: it is any value that its field allows. Computing with sets and
//! ranges of possible values instead of one value tells whether an outcome is the same for all of
//! them; if it is, the missing cell does not matter. What cannot be followed becomes "anything",
//! so that an outcome is only ever given when every completion agrees.

mod arithmetic;
mod builtins;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use arithmetic::{arithmetic, compare, negate, not};
pub use builtins::call;
use logis_language::pack::params::ParameterId;
use logis_language::pack::schema::{EntityId, FieldId};
use logis_language::plan::ir::Comparison;
use logis_language::value::Value;

/// How many possible values are kept one by one; of more, only the smallest
/// and the largest. (A missing enumeration begins with all values of its list.)
const MAX_VALUES: usize = 32;

/// A missing cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MissingInput {
    /// Entity of the row.
    pub entity: EntityId,
    /// The row.
    pub row: u64,
    /// What is missing there.
    pub what: MissingCell,
}

/// Which cell of a row is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MissingCell {
    /// A field.
    Field(FieldId),
    /// The relation of that number of the entity.
    Relation(usize),
    /// No cell of the row: a parameter has no value on the day.
    Parameter(ParameterId),
}

/// The missing cells that an open value depends on.
pub type Missing = Arc<BTreeSet<MissingInput>>;

/// No missing cell, as what is doubted of is open without any.
pub(super) fn none() -> Missing {
    thread_local! {
        // Made once: a known value is asked for its missing cells wherever the other side is open.
        static NONE: Missing = Missing::default();
    }
    NONE.with(Arc::clone)
}

/// What a value can be.
#[derive(Clone, Debug, PartialEq)]
pub enum Possible {
    /// Exactly this.
    Known(Value),
    /// Not known: one of `range`, depending on the missing cells.
    Open(Range, Missing),
    /// A list of which some items are not known.
    Items(Arc<[Possible]>),
}

/// The values that an open one can take.
#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    /// One of these (sorted, at least one).
    OneOf(Arc<[Value]>),
    /// A number or date between these, bounds included; an absent bound is no bound.
    Between(Option<Value>, Option<Value>),
    /// Anything.
    Any,
    /// Some completion may be an error, so that nothing can be given; neither can what uses it.
    MayFail,
}

impl From<Value> for Possible {
    fn from(value: Value) -> Self {
        Possible::Known(value)
    }
}

impl Possible {
    /// True or false, open.
    pub fn open_bool(missing: Missing) -> Possible {
        thread_local! {
            // Made once: an open condition is met several times a row.
            static BOTH: Arc<[Value]> = Arc::from([Value::Bool(false), Value::Bool(true)]);
        }
        Possible::Open(Range::OneOf(BOTH.with(Arc::clone)), missing)
    }

    /// The value, if it is known.
    pub fn known(&self) -> Option<&Value> {
        match self {
            Possible::Known(value) => Some(value),
            _ => None,
        }
    }

    /// The boolean, if it is known.
    pub fn known_bool(&self) -> Option<bool> {
        match self {
            Possible::Known(Value::Bool(value)) => Some(*value),
            _ => None,
        }
    }

    /// What some completion of these cells may fail to give.
    pub fn may_fail(missing: Missing) -> Possible {
        Possible::Open(Range::MayFail, missing)
    }

    /// Is some completion an error?
    pub fn is_risky(&self) -> bool {
        match self {
            Possible::Known(_) => false,
            Possible::Open(range, _) => *range == Range::MayFail,
            Possible::Items(items) => items.iter().any(Possible::is_risky),
        }
    }

    /// The missing cells that it depends on.
    pub fn missing(&self) -> Missing {
        match self {
            Possible::Known(_) => none(),
            Possible::Open(_, missing) => missing.clone(),
            Possible::Items(items) => union_all(items.iter().map(Possible::missing)),
        }
    }

    /// What it can be, without the missing cells that it depends on. For folds over many items, whose
    /// cells are joined once at the end and not at each step.
    fn bare(&self) -> Possible {
        match self {
            Possible::Open(range, _) => Possible::Open(range.clone(), none()),
            other => other.clone(),
        }
    }

    /// What it can be, open because of these cells.
    fn depending_on(self, missing: Missing) -> Possible {
        match self {
            Possible::Open(range, _) => Possible::Open(range, missing),
            other => other,
        }
    }

    /// All values, where there are few enough to list.
    fn values(&self) -> Option<&[Value]> {
        match self {
            Possible::Known(value) => Some(std::slice::from_ref(value)),
            Possible::Open(Range::OneOf(values), _) => Some(values),
            _ => None,
        }
    }

    /// Smallest and largest value.
    fn bounds(&self) -> (Option<Value>, Option<Value>) {
        match self {
            Possible::Open(Range::Between(low, high), _) => (low.clone(), high.clone()),
            Possible::Open(Range::Any | Range::MayFail, _) | Possible::Items(_) => (None, None),
            _ => {
                let values = self.values().unwrap_or(&[]);
                (values.first().cloned(), values.last().cloned())
            }
        }
    }

    /// An open value of one of `values`; known if there is one only.
    fn one_of(values: BTreeSet<Value>, missing: Missing) -> Possible {
        if values.len() == 1
            && let Some(value) = values.first()
        {
            return Possible::Known(value.clone());
        }
        // Beyond the limit a range is kept: it holds values between that were not possible, so that
        // less may be decided, never more.
        if values.len() <= MAX_VALUES {
            return Possible::Open(Range::OneOf(values.into_iter().collect()), missing);
        }
        let ordered = matches!(values.first(), Some(Value::Number(_) | Value::Date(_)));
        let range = if ordered {
            Range::Between(values.first().cloned(), values.last().cloned())
        } else {
            Range::Any
        };
        Possible::Open(range, missing)
    }

    /// An open value between two bounds; known if they are equal.
    fn between(low: Option<Value>, high: Option<Value>, missing: Missing) -> Possible {
        match (&low, &high) {
            (Some(a), Some(b)) if a == b => Possible::Known(a.clone()),
            (None, None) => Possible::Open(Range::Any, missing),
            _ => Possible::Open(Range::Between(low, high), missing),
        }
    }

    /// What either of two can be, depending on `missing` too.
    pub fn or(&self, other: &Possible, missing: &Missing) -> Possible {
        if let (Some(a), Some(b)) = (self.known(), other.known())
            && a == b
        {
            return self.clone();
        }
        let missing = union(missing, &missing_of(self, other));
        if self.is_risky() || other.is_risky() {
            return Possible::may_fail(missing);
        }
        if let (Some(a), Some(b)) = (self.values(), other.values()) {
            return Possible::one_of(a.iter().chain(b).cloned().collect(), missing);
        }
        // The smallest range that holds both; a bound that one lacks, it lacks too.
        let ((low_a, high_a), (low_b, high_b)) = (self.bounds(), other.bounds());
        let low = low_a.zip(low_b).map(|(a, b)| a.min(b));
        let high = high_a.zip(high_b).map(|(a, b)| a.max(b));
        Possible::between(low, high, missing)
    }

    /// One of several, depending on `missing` too: a cell of a table whose keys are not all known.
    pub fn any_of<'v>(values: impl Iterator<Item = &'v Value>, missing: Missing) -> Possible {
        Possible::one_of(values.cloned().collect(), missing)
    }

    /// What is left of it where `self <comparison> other` holds; `None` if nothing is.
    pub fn narrowed(&self, comparison: Comparison, other: &Possible) -> Option<Possible> {
        let missing = self.missing();
        let (low, high) = other.bounds();
        // Few values: each is kept unless the comparison is false whatever the other side is.
        if let Some(values) = self.values() {
            let left: BTreeSet<Value> = values
                .iter()
                .filter(|v| match compare(comparison, &Possible::Known((*v).clone()), other) {
                    Possible::Known(Value::Bool(holds)) => holds,
                    _ => true,
                })
                .cloned()
                .collect();
            return (!left.is_empty()).then(|| match self {
                Possible::Known(_) => self.clone(),
                _ => keep_open(left, missing),
            });
        }
        let Possible::Open(range, _) = self else { return Some(self.clone()) };
        if self.is_risky() || other.is_risky() {
            return Some(self.clone());
        }
        // A range: cut at the other side's bounds. They are kept as possible even by `<` and `>`, since
        // ranges have closed bounds.
        let (mut from, mut to) = match range {
            Range::Between(a, b) => (a.clone(), b.clone()),
            _ => (None, None),
        };
        let upper = matches!(comparison, Comparison::Less | Comparison::AtMost | Comparison::Equal);
        let lower = matches!(comparison, Comparison::Greater | Comparison::AtLeast | Comparison::Equal);
        if upper && let Some(high) = high {
            to = Some(to.map_or(high.clone(), |t| t.min(high)));
        }
        if lower && let Some(low) = low {
            from = Some(from.map_or(low.clone(), |f| f.max(low)));
        }
        if let (Some(a), Some(b)) = (&from, &to)
            && a > b
        {
            return None;
        }
        let range = if from.is_none() && to.is_none() { range.clone() } else { Range::Between(from, to) };
        Some(Possible::Open(range, missing))
    }
}

/// An assumed value stays open, with its missing cell, even when only one is left: the outcome must name
/// the cell that would settle it.
fn keep_open(values: BTreeSet<Value>, missing: Missing) -> Possible {
    Possible::Open(Range::OneOf(values.into_iter().collect()), missing)
}

/// The missing cells of both.
pub fn union(a: &Missing, b: &Missing) -> Missing {
    if a.is_empty() {
        return b.clone();
    }
    if b.is_empty() || Arc::ptr_eq(a, b) || b.is_subset(a) {
        return a.clone();
    }
    Arc::new(a.union(b).copied().collect())
}

/// The missing cells that either of two depends on.
pub(super) fn missing_of(a: &Possible, b: &Possible) -> Missing {
    match (a, b) {
        (Possible::Open(_, missing), Possible::Known(_))
        | (Possible::Known(_), Possible::Open(_, missing)) => missing.clone(),
        (Possible::Open(_, a), Possible::Open(_, b)) => union(a, b),
        _ => union(&a.missing(), &b.missing()),
    }
}

/// The missing cells of all, in time linear in their sizes (joined one after the other, it would be
/// quadratic).
pub fn union_all(all: impl IntoIterator<Item = Missing>) -> Missing {
    let mut parts: Vec<Missing> = Vec::new();
    for part in all {
        if !part.is_empty() && !parts.last().is_some_and(|last| Arc::ptr_eq(last, &part)) {
            parts.push(part);
        }
    }
    match parts.as_slice() {
        [] => none(),
        [one] => one.clone(),
        several => Arc::new(several.iter().flat_map(|part| part.iter().copied()).collect()),
    }
}
