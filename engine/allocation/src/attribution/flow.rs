//! Reservations in flow: each attribution is charged to one of the holders who may propose the household.
//!
//! A pair of a request and a unit in flow is as many pairs of the problem as there are holders who may propose the household;
//! the answer uses one of them, and so chooses the holder with the matching. A unit that is not in flow belongs to one holder,
//! to whom its attribution is charged. Where nobody may propose, or it is not known, nobody is charged.

use std::sync::Arc;

use logis_language::value::Value;
use logis_matching::{Reached, TAG};
use serde::{Deserialize, Serialize};

use super::rules::{Asks, MatchingPlan};

/// The holders of a pack, and what the data say of the units.
#[derive(Clone, Debug)]
pub struct FlowInForce {
    /// The holders, in the order of the pack.
    pub holders: Vec<HolderInForce>,
    /// Among what is decided of units: is it in flow?
    pub(super) units: Option<usize>,
    /// Among what is decided of units: who holds it, if it is not?
    pub(super) holder: Option<usize>,
    /// By row of the unit: whom its attribution may be charged to.
    pub(super) of_units: Arc<[OfUnit]>,
}

/// A holder of reservations.
#[derive(Clone, Debug)]
pub struct HolderInForce {
    /// Its name in data and results.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Among the outcomes of pairs after the suitability: may it propose the household?
    pub(super) proposes: usize,
}

/// Whom the attribution of a unit may be charged to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OfUnit {
    /// Any holder who may propose the household.
    InFlow,
    /// This holder alone, or none.
    Of(Option<usize>),
}

/// The bits of marks that say to which holder a pair is charged.
pub(super) fn tag(holder: Option<usize>) -> u64 {
    holder.map_or(0, |holder| (holder as u64 + 1) << TAG)
}

/// The holder to whom pairs of these marks are charged, by its place.
pub fn charged(marks: u64) -> Option<usize> {
    usize::try_from(marks >> TAG).ok()?.checked_sub(1)
}

impl FlowInForce {
    /// The place of a holder.
    pub fn find(&self, name: &str) -> Option<usize> {
        self.holders.iter().position(|holder| holder.name == name)
    }

    /// The name of the holder to whom pairs of these marks are charged.
    pub fn name(&self, marks: u64) -> Option<&str> {
        self.holders.get(charged(marks)?).map(|holder| holder.name.as_str())
    }

    /// What a unit is, by what the data say of it: is it in flow, and if not, who holds it? `None` where that is not known.
    pub(super) fn of_unit(
        &self,
        in_flow: Option<Option<Value>>,
        holder: Option<Option<Value>>,
    ) -> Option<OfUnit> {
        match in_flow {
            None | Some(Some(Value::Bool(true))) => Some(OfUnit::InFlow),
            Some(None) => None,
            Some(Some(_)) => match holder {
                None => Some(OfUnit::Of(None)),
                Some(holder) => Some(OfUnit::Of(self.find(&holder?.to_string()))),
            },
        }
    }

    /// To whom the pairs of a request with a unit may be charged; `proposes` says of a holder whether it may propose.
    pub(super) fn may(&self, unit: u32, proposes: impl Fn(&HolderInForce) -> bool) -> Vec<Option<usize>> {
        match self.of_units.get(unit as usize) {
            Some(OfUnit::InFlow) => {
                let may = self.holders.iter().enumerate().filter(|(_, holder)| proposes(holder));
                let may: Vec<Option<usize>> = may.map(|(at, _)| Some(at)).collect();
                if may.is_empty() { vec![None] } else { may }
            }
            Some(OfUnit::Of(holder)) => vec![*holder],
            None => vec![None],
        }
    }
}

/// How a holder stands over the year by a convention: what is due to it, what it had, what it has in this answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Balance {
    /// The holder.
    pub holder: String,
    /// What people call it.
    pub label: String,
    /// The quota that says the convention.
    pub quota: String,
    /// The value of the scope, where the convention has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The rule of those of its attributions that count, where not all do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Is it the most that it may have? Otherwise it is the least.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_most: bool,
    /// Attributions that it may have since the first day of the year: the share, or the number.
    pub due: u64,
    /// Those that it had before this answer.
    pub had: u64,
    /// Those of this answer.
    pub run: u64,
    /// What is left: due, less those that it had and has. Below 0, it has more.
    pub left: i64,
}

impl MatchingPlan {
    /// How the holders stand by the conventions, in the order of the quotas, in an answer that reaches this.
    pub fn balances(&self, reached: &Reached) -> Vec<Balance> {
        let Some(flow) = &self.flow else { return Vec::new() };
        let one = |(quota, own): (&super::rules::QuotaInForce, &logis_matching::QuotaReached)| {
            let holder = flow.holders.get(quota.charged?)?;
            let already = quota.quota.already;
            let (before, had) = quota.asks.told(already.base, already.members);
            let (base, run) = quota.asks.told(own.base, own.members);
            let share = |a: u32, b: u32| u64::from(a) * (before + base) / u64::from(b.max(1));
            let due = match quota.asks {
                Asks::First => return None,
                // The share and no less: rounded up.
                Asks::ShareAtLeast => {
                    let (a, b) = (quota.quota.numerator, quota.quota.denominator);
                    (u64::from(a) * (before + base)).div_ceil(u64::from(b.max(1)))
                }
                Asks::ShareAtMost(a, b) => share(a, b),
                Asks::NumberAtLeast(number) | Asks::NumberAtMost(number) => number.into(),
            };
            let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
            Some(Balance {
                holder: holder.name.clone(),
                label: holder.label.clone(),
                quota: quota.quota.name.clone(),
                scope: quota.scope.as_ref().and_then(|scope| scope.value.as_ref()).map(ToString::to_string),
                category: quota.members.and_then(|at| self.pair_name(at)),
                at_most: quota.asks.at_most(),
                due,
                had,
                run,
                left: signed(due) - signed(had) - signed(run),
            })
        };
        self.quotas.iter().zip(&reached.quotas).filter_map(one).collect()
    }

    /// The name of an outcome of pairs, by its place after the suitability.
    fn pair_name(&self, at: usize) -> Option<String> {
        self.pairs.selected.get(at + 1).map(|(name, _)| name.clone())
    }
}
