//! Rules and tables of which a reader doubts: what their outcomes and cells could be instead.
//!
//! Evaluating with them open shows whether a doubt can change an outcome: if the outcome is known all the same, it
//! cannot. Everything here widens; nothing is given that some reading of the law would not give.

use std::collections::BTreeSet;

use super::super::possible::{Missing, Possible, Range};
use logis_language::graph::RuleId;
use logis_language::pack::params::ParameterId;
use logis_language::value::{Exact, Type, Value, mul};

/// What is doubted of, in every row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Doubted {
    /// Rules: the outcome may be anything of its type; a number that is not negative stays so.
    pub rules: BTreeSet<RuleId>,
    /// Tables whose figures may be wrong: by a tenth, more or less.
    pub figures: BTreeSet<ParameterId>,
    /// Tables that may be wrong altogether: a cell may hold anything of its type.
    pub tables: BTreeSet<ParameterId>,
}

impl Doubted {
    /// Is nothing doubted of?
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.figures.is_empty() && self.tables.is_empty()
    }

    /// What a cell of a table can be: itself, if nobody doubts of it.
    pub(super) fn cell(&self, table: ParameterId, cell: Possible) -> Possible {
        if self.tables.contains(&table) {
            let ty = cell.known().map(Value::value_type);
            return ty
                .map_or(Possible::Open(Range::Any, Missing::default()), |ty| anything(&ty, Some(&cell)));
        }
        if self.figures.contains(&table) {
            return about(&cell).unwrap_or(Possible::Open(Range::Any, Missing::default()));
        }
        cell
    }
}

/// All values of a type; of a number that is `now` zero or more, those that are.
pub(super) fn anything(ty: &Type, now: Option<&Possible>) -> Possible {
    let missing = Missing::default();
    let zero = Exact::from_integer(0);
    match (ty, now.and_then(Possible::known)) {
        (Type::Bool, _) => Possible::open_bool(missing),
        (Type::Text(Some(values)), _) => {
            let values: BTreeSet<Value> = values.iter().cloned().map(Value::Text).collect();
            Possible::Open(Range::OneOf(values.into_iter().collect()), missing)
        }
        (Type::Number, Some(Value::Number(number))) if *number >= zero => {
            Possible::Open(Range::Between(Some(Value::Number(zero)), None), missing)
        }
        _ => Possible::Open(Range::Any, missing),
    }
}

/// A known number, a tenth more or less; `None` of anything else.
fn about(cell: &Possible) -> Option<Possible> {
    let Value::Number(number) = cell.known()? else { return None };
    let part = |tenths: i128| mul(number, &Exact::new(tenths, 10)).ok();
    let (a, b) = (part(9)?, part(11)?);
    let (low, high) = (Value::Number(a.min(b)), Value::Number(a.max(b)));
    Some(Possible::Open(Range::Between(Some(low), Some(high)), Missing::default()))
}
