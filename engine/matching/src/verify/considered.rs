//! The answers that a bound speaks of, and what is known of all of them: how much each condition is at least or
//! at most, and so what a bound weighs and owes.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::super::answer::{Condition, Reached};
use super::super::numbers::{Cell, InnerUnit};
use super::super::problem::Problem;
use super::error::Level;
use super::form::{LARGEST, Priced, Weights};
use super::weigh::{Cost, Weighed, by_kind};

/// The answers that are considered: those that reach what this one does at the levels before, and are on one
/// side of each split.
pub(super) struct Answers<'p> {
    pub(super) problem: &'p Problem,
    pub(super) reached: &'p Reached,
    /// By quota: the smallest and the largest base.
    pub(super) bases: Vec<(u64, u64)>,
    /// By request that a split houses: where.
    pub(super) only: BTreeMap<u32, Place>,
    /// Where splits do not house requests.
    pub(super) never: BTreeSet<(u32, Place)>,
    /// What the level of the points says of all answers, at the last level.
    pub(super) room: Option<Room<'p>>,
}

/// Where a request is housed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Cell(Cell),
    Unit(InnerUnit),
}

/// The level of the points once more: an answer that reaches the points loses no more than `left` against
/// its bound. A unit whose price is more is given; a request that is worth more is housed; a pair that
/// loses more is not used.
pub(super) struct Room<'p> {
    pub(super) weighed: Weighed<'p>,
    pub(super) left: i64,
    /// By condition of which being exceeded is a loss: what it is, at most.
    pub(super) most: BTreeMap<Condition, i128>,
}

/// What is checked, or what is wrong with its form.
pub(super) type Checked<T> = Result<T, &'static str>;

pub(super) const LATER: &str = "un niveau bâti sur lui-même ou sur un niveau suivant";

impl<'p> Answers<'p> {
    /// All answers with as many attributions as this one.
    pub fn new(problem: &'p Problem, reached: &'p Reached) -> Answers<'p> {
        let bases = vec![(0, reached.attributions); problem.quotas().len()];
        Answers { problem, reached, bases, only: BTreeMap::new(), never: BTreeSet::new(), room: None }
    }

    /// Narrows the base of a quota to what is proved.
    pub fn narrow(&mut self, quota: usize, low: Option<i128>, high: Option<i128>) {
        if let Some((least, most)) = self.bases.get_mut(quota) {
            let within = |base: i128| u64::try_from(base.max(0)).unwrap_or(u64::MAX);
            *least = (*least).max(low.map_or(0, within)).min(*most);
            *most = (*most).min(high.map_or(u64::MAX, within));
        }
    }

    /// What pairs weigh by a bound, what units cost, and what is owed to the conditions.
    pub(super) fn weigh(&self, level: Level, bound: &Weights<'p>) -> Checked<Weighed<'p>> {
        let problem = self.problem;
        let scale = i128::from(bound.scale);
        let mut owed = 0_i128;
        let mut terms = Vec::with_capacity(bound.multipliers.len() + 1);
        for &(condition, weight) in bound.multipliers {
            let amount = match weight >= 0 {
                true => self.at_least(level, condition)?,
                false => self.at_most(level, condition)?,
            };
            let own = i128::from(weight).checked_mul(amount).and_then(|own| owed.checked_add(own));
            owed = own.ok_or("un multiplicateur trop grand")?;
            terms.push((condition, i128::from(weight)));
        }
        // The level itself is one more term: `scale` times its worth.
        let mut per_fit = 0;
        match level {
            Level::Attributions => terms.push((Condition::Attributions, scale)),
            Level::SmallestBase(q) => terms.push((Condition::BaseAtMost(q), scale)),
            Level::LargestBase(q) => terms.push((Condition::BaseAtLeast(q), scale)),
            Level::Quota(q) => terms.push((Condition::Quota(q), scale)),
            Level::Priority => terms.push((Condition::Priority, scale)),
            Level::Fit => per_fit = bound.scale,
        }
        let per_point: i128 = terms.iter().filter(|t| t.0 == Condition::Priority).map(|t| t.1).sum();
        let by_kind = by_kind(problem, &terms);
        // The largest weight of any pair, before anything is narrowed to 64 bits.
        let most_points = i128::from(problem.points.iter().copied().max().unwrap_or(0));
        // Staying lacks the weight of an attribution.
        let attributions = |(condition, weight): &(Condition, i128)| match condition {
            Condition::Attributions if problem.has_tenants() && !problem.stays_count => *weight,
            _ => 0,
        };
        let stay: i128 = terms.iter().map(attributions).sum();
        let largest = by_kind.iter().map(|weight| weight.abs()).max().unwrap_or(0);
        if largest + stay.abs() + per_point.abs() * most_points > i128::from(LARGEST) {
            return Err("un multiplicateur trop grand");
        }
        let small = |weight: i128| i64::try_from(weight).map_err(|_| "un multiplicateur trop grand");
        Ok(Weighed {
            per_point: small(per_point)?,
            by_kind: by_kind.into_iter().map(small).collect::<Checked<_>>()?,
            stay: small(stay)?,
            per_fit,
            cost: self.cost(level, bound.prices, per_fit != 0)?,
            owed,
        })
    }

    /// What units cost; `one_by_one` if each is looked at, and not only the cheapest of its cell.
    fn cost(&self, level: Level, prices: Priced<'p>, one_by_one: bool) -> Checked<Cost<'p>> {
        let problem = self.problem;
        // A price below zero lowers the bound for answers in which the unit stays free: it is allowed only for a
        // unit that is known to be given, as its price at the room is more than the room.
        let room = self.room.as_ref().filter(|_| level == Level::Fit);
        let given = |cell: usize| {
            room.is_some_and(|room| room.weighed.cost.cheapest.get(cell).is_some_and(|p| *p > room.left))
        };
        let sizes = || {
            problem.firsts().windows(2).map(|ends| match ends {
                [first, end] => (end - first) as usize,
                _ => 0,
            })
        };
        match prices {
            Priced::Cells(all) => {
                if all.iter().enumerate().any(|(cell, price)| *price < 0 && !given(cell)) {
                    return Err("un prix négatif");
                }
                // Each unit of a cell at the price of the cell.
                let paid = all.iter().zip(sizes()).map(|(&price, n)| i128::from(price) * n as i128).sum();
                let each = || all.iter().zip(sizes()).flat_map(|(&price, n)| std::iter::repeat_n(price, n));
                let by_unit = one_by_one.then(|| Cow::Owned(each().collect()));
                Ok(Cost { cheapest: Cow::Borrowed(all), by_unit, paid })
            }
            Priced::Units(all) => {
                let mut cheapest = Vec::with_capacity(problem.cell_count());
                let mut rest = all;
                for (cell, size) in sizes().enumerate() {
                    let (own, others) = rest.split_at_checked(size).ok_or("un prix par logement")?;
                    let least = own.iter().copied().min().unwrap_or(0);
                    if least < 0 && !given(cell) {
                        return Err("un prix négatif");
                    }
                    cheapest.push(least);
                    rest = others;
                }
                let paid = all.iter().map(|&price| i128::from(price)).sum();
                Ok(Cost { cheapest: Cow::Owned(cheapest), by_unit: Some(Cow::Borrowed(all)), paid })
            }
        }
    }

    /// What a condition is, at least, in every answer considered. A level builds on those before it only.
    pub(super) fn at_least(&self, level: Level, condition: Condition) -> Checked<i128> {
        // What is known of a condition is what a level before has proved or, for the room, reached; a level
        // that built on itself or on a later one would prove anything.
        let (q, before) = match condition {
            Condition::Attributions if level == Level::Attributions => return Err(LATER),
            Condition::Attributions => return Ok(self.reached.attributions.into()),
            Condition::Priority if level == Level::Fit => return Ok(self.reached.priority.into()),
            Condition::Priority | Condition::Fit => return Err(LATER),
            Condition::BaseAtLeast(q) | Condition::BaseAtMost(q) => (q, true),
            Condition::Quota(q) | Condition::Members(q) => match level {
                Level::Attributions | Level::SmallestBase(_) | Level::LargestBase(_) => (q, false),
                Level::Quota(own) => (q, q < own),
                Level::Priority | Level::Fit => (q, true),
            },
        };
        if !before || level == Level::Attributions {
            return Err(LATER);
        }
        let known = self.problem.quotas().get(q).zip(self.reached.quotas.get(q)).zip(self.bases.get(q));
        let ((quota, reached), &(low, high)) = known.ok_or("un quota inconnu")?;
        let shortfall = i128::from(reached.shortfall);
        // At least as many members as the smallest base asks for, less those that lack.
        Ok(match condition {
            Condition::Quota(_) => {
                let (numerator, denominator) = (i128::from(quota.numerator), i128::from(quota.denominator));
                let owed = numerator * i128::from(quota.already.base)
                    + denominator * (i128::from(quota.number) - i128::from(quota.already.members));
                owed - (shortfall + i128::from(self.problem.allowed(q))) * denominator
            }
            Condition::Members(_) => i128::from(self.problem.target(q, low)) - shortfall,
            Condition::BaseAtMost(_) => -i128::from(high),
            _ => low.into(),
        })
    }

    /// What a condition is, at most, in every answer considered.
    fn at_most(&self, level: Level, condition: Condition) -> Checked<i128> {
        match condition {
            // No answer has more, and none that is considered has less.
            Condition::Attributions if level != Level::Attributions => self.at_least(level, condition),
            _ if level == Level::Fit => {
                let known = self.room.as_ref().and_then(|room| room.most.get(&condition));
                known.copied().ok_or("un multiplicateur négatif")
            }
            _ => Err("un multiplicateur négatif"),
        }
    }
}
