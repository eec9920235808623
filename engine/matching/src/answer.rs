//! The answer: who gets which unit, what each level reached, and the proof that none reaches more.

use serde::{Deserialize, Serialize};

use super::problem::Quota;

/// How deep splits of a [`Proof`] stand in each other at most: readers of JSON go 128 levels deep, a split takes
/// two, and what is around the proof a few. A search that would go deeper states a gap.
pub const DEEPEST: usize = 56;

/// Which request gets which unit, with the proof that no other answer is better.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Matching {
    /// By request: the unit it gets, by the caller's number.
    pub unit_of: Vec<Option<u32>>,
    /// By request that is housed: the marks of the pair by which it is (see [`Pair::marks`](super::Pair::marks)). Empty
    /// where no request has several pairs with one unit.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks_of: Vec<u64>,
    /// What it reaches.
    pub reached: Reached,
    /// Why no other answer reaches more.
    pub certificate: Certificate,
}

impl Matching {
    /// Inverts `unit_of`: for each of `units` units (the caller's numbers), the request that receives it, if
    /// any.
    pub fn request_of(&self, units: usize) -> Vec<Option<u32>> {
        let mut request_of = vec![None; units];
        for (request, unit) in (0_u32..).zip(&self.unit_of) {
            if let Some(slot) = unit.and_then(|unit| request_of.get_mut(unit as usize)) {
                *slot = Some(request);
            }
        }
        request_of
    }
}

/// What an answer reaches, level by level, each fixed before the next is looked at.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Reached {
    /// How many requests are housed.
    pub attributions: u64,
    /// What the quotas reach, in their order.
    pub quotas: Vec<QuotaReached>,
    /// Points of the housed, summed.
    pub priority: u64,
    /// Fits of the attributions, summed.
    pub fit: u64,
}

/// What a quota reaches.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct QuotaReached {
    /// Attributions that count in its base.
    pub base: u64,
    /// Those among its members.
    pub members: u64,
    /// Members that its share of the base asks for.
    pub target: u64,
    /// Members that are lacking.
    pub shortfall: u64,
}

/// One proof for each level: attributions, each quota, priority, fit.
///
/// All are of one kind: a bound from prices. Whatever the prices of the units (0 or more) and the
/// multipliers of the conditions (0 or more), no answer that meets the conditions is worth more
/// than the sum of all units at their prices and, for each request, the most that one of its pairs is worth
/// above the price (weak duality; Lagrange). The right prices show that the answer is best.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// That no more can be housed.
    pub attributions: Proof,
    /// By quota: how small and how large its base can be if as many are housed. What the two prove is the
    /// range of the base, on which later levels build.
    pub bases: Vec<[Proof; 2]>,
    /// That no shortfall can be smaller, those before it being as they are.
    pub quotas: Vec<Proof>,
    /// That no answer of as many attributions and no more shortfall has more points.
    pub priority: Proof,
    /// A bound on the points, from which the last proof builds: a pair that loses more than the room
    /// between this bound and the points reached is in no answer that reaches them; a request or unit
    /// that is worth more than the room is in all. (Reduced-cost fixing; Dantzig, Fulkerson and Johnson,
    /// 1954.)
    pub room: Bound,
    /// That none of as many points besides has a better fit.
    pub fit: Proof,
}

impl Certificate {
    /// The most that the members of a quota can cost: an upper bound on the points, in all, that one member less
    /// asked for would bring, as numerator and denominator. `None` where the level of the points is proved by
    /// several bounds. The solver's `one_member_less` says what they cost.
    pub fn quota_price(&self, at: usize, quota: &Quota) -> Option<(i64, i64)> {
        let Proof::Bound(bound) = &self.priority else { return None };
        let own = bound.multipliers.iter().map(|&(condition, weight)| match condition {
            Condition::Members(q) if q == at => i128::from(weight),
            Condition::Quota(q) if q == at => i128::from(weight) * i128::from(quota.denominator),
            _ => 0,
        });
        Some((i64::try_from(own.sum::<i128>()).unwrap_or(i64::MAX), bound.scale.max(1)))
    }

    /// By cell: an upper bound on the points, in all, that one more unit would bring (its dual price), as a
    /// numerator over the second result. (A unit that houses one more is worth an attribution besides, which the
    /// bound weighs beyond all points: that part is taken off.)
    pub fn cell_prices(&self) -> (Vec<i64>, i64) {
        let Prices::Cells(prices) = &self.room.prices else { return (Vec::new(), 1) };
        let housed = self.room.multipliers.iter().map(|&(condition, weight)| match condition {
            Condition::Attributions => weight,
            _ => 0,
        });
        let housed: i64 = housed.sum();
        let points = |&price: &i64| if housed > 0 && price > housed / 2 { price - housed } else { price };
        (prices.iter().map(points).collect(), self.room.scale.max(1))
    }
}

/// Bounds that together leave out no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Proof {
    /// Nothing to prove: nothing could be better.
    Nothing,
    /// One bound for all answers.
    Bound(Bound),
    /// Every answer is on one side or the other: one proof each.
    Split {
        /// What the sides differ in.
        on: Split,
        /// The side that has not, or has fewer.
        without: Box<Proof>,
        /// The side that has, or has more.
        with: Box<Proof>,
    },
}

impl Default for Proof {
    fn default() -> Proof {
        Proof::Bound(Bound::default())
    }
}

impl Proof {
    /// All its bounds, in order.
    #[cfg(feature = "solver")]
    pub(crate) fn bounds(&self) -> Vec<&Bound> {
        match self {
            Proof::Nothing => Vec::new(),
            Proof::Bound(bound) => vec![bound],
            Proof::Split { without, with, .. } => {
                let mut all = without.bounds();
                all.extend(with.bounds());
                all
            }
        }
    }

    /// The requests of which splits settle where they are.
    #[cfg(feature = "solver")]
    pub(crate) fn settled(&self) -> std::collections::BTreeSet<u32> {
        let Proof::Split { on, without, with } = self else { return Default::default() };
        let own = match on {
            Split::Base { .. } => None,
            Split::Cell { request, .. } | Split::Unit { request, .. } => Some(*request),
        };
        own.into_iter().chain(without.settled()).chain(with.settled()).collect()
    }
}

/// What the two sides of a split differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Split {
    /// More than `most` attributions are in the base of the quota.
    Base {
        /// Number of the quota.
        quota: usize,
        /// The most on the one side; the other has more.
        most: u64,
    },
    /// The request is housed in the cell.
    Cell {
        /// The request.
        request: u32,
        /// The cell.
        cell: u32,
    },
    /// The request is housed in the unit (by its number inside the problem).
    Unit {
        /// The request.
        request: u32,
        /// The unit.
        unit: u32,
    },
}

/// A bound from prices: see [`Certificate`].
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bound {
    /// Denominator of the fixed-point numbers below: prices and multipliers count in 1/`scale` of what the level
    /// counts (attributions, members, points or fit).
    pub scale: i64,
    /// What the conditions weigh; those that are not named weigh 0. A weight below 0 is for a condition of
    /// which it is known how far it can be exceeded.
    pub multipliers: Vec<(Condition, i64)>,
    /// The prices.
    pub prices: Prices,
}

/// Prices of units: 0 or more, but for units of which it is known that they are given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Prices {
    /// By cell: that of each of its units.
    Cells(Vec<i64>),
    /// By unit, as numbered inside the problem.
    Units(Vec<i64>),
}

impl Default for Prices {
    fn default() -> Prices {
        Prices::Cells(Vec::new())
    }
}

/// What all answers considered have in common, at least.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// As many attributions.
    Attributions,
    /// The shortfall of a quota is no larger: `denominator × members - numerator × base` is at least
    /// `-denominator × shortfall`, and the number and what counted already besides (see [`Quota::number`],
    /// [`Quota::already`]).
    Quota(usize),
    /// The shortfall of a quota is no larger, counted in whole members: those of the smallest base possible here, less the shortfall.
    Members(usize),
    /// The base of a quota is no smaller than the splits say.
    BaseAtLeast(usize),
    /// Nor larger.
    BaseAtMost(usize),
    /// As many points.
    Priority,
    /// As good a fit: within the solver only, in no certificate.
    #[serde(skip)]
    Fit,
}
