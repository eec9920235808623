//! What a checked bound proves, by weak duality (Lagrange).
//!
//! A bound of a level weighs the pairs: `weight = scale × worth at the level + Σ multiplier × count in the
//! condition`. Every answer considered meets each condition at least (or, below zero, at most) by an amount
//! that is known, `owed = Σ multiplier × amount`. So, whatever the prices of the units, 0 or more:
//!
//! ```text
//! scale × worth(answer) + owed  ≤  Σ weights of its pairs
//!                               ≤  Σ prices of all units + Σ by request: the most that one of its pairs weighs
//!                                  above the price of the unit, or 0 if it may be left out
//! ```
//!
//! The second line does not depend on the answer: less `owed`, divided by `scale` and rounded down, it is the
//! bound. What pairs weigh and what is owed, `weigh` says; here it is added up. The bound stays true, and becomes lower, where it is known of all answers considered that a unit is given (its
//! price may be negative), that a request is housed (it may not count for 0), or that a pair is not used.

use std::collections::{BTreeMap, BTreeSet};

use num_integer::Integer;
use rayon::prelude::*;

use super::super::answer::{Condition, Reached, Split};
use super::super::problem::{BEST_FIT, Problem};
use super::form::{LARGEST, Tree, Weights};
use super::weigh::{LATER, Weighed};
use super::{Level, ProofError};

/// The most that the answers considered are worth at a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Most {
    /// There is no such answer.
    NoAnswer,
    /// No more than this.
    At(i128),
    /// Nothing is proved.
    Open,
}

/// The answers that are considered: those that reach what this one does at the levels before, and are on one
/// side of each split.
pub(super) struct Answers<'p> {
    pub(super) problem: &'p Problem,
    pub(super) reached: &'p Reached,
    /// By quota: the smallest and the largest base.
    pub(super) bases: Vec<(u64, u64)>,
    /// By request that a split houses: where.
    only: BTreeMap<u32, Place>,
    /// Where splits do not house requests.
    never: BTreeSet<(u32, Place)>,
    /// What the level of the points says of all answers, at the last level.
    pub(super) room: Option<Room<'p>>,
}

/// Where a request is housed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Cell(u32),
    Unit(u32),
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

    /// The most that any answer is worth at a level.
    pub fn most(&mut self, level: Level, proof: &Tree<'p>) -> Result<Most, ProofError> {
        self.of(level, proof).map_err(|what| ProofError::Form { level, what })
    }

    fn of(&mut self, level: Level, proof: &Tree<'p>) -> Checked<Most> {
        let (on, without, with) = match proof {
            Tree::Nothing => return Ok(Most::Open),
            Tree::Bound(bound) => {
                let weighed = self.weigh(level, bound)?;
                let Some(total) = self.total(level, &weighed) else { return Ok(Most::NoAnswer) };
                return Ok(Most::At(Integer::div_floor(&(total - weighed.owed), &i128::from(bound.scale))));
            }
            Tree::Split { on, without, with } => (*on, without, with),
        };
        let (request, place) = match on {
            // What is known of a base is known of the answers with as many attributions.
            Split::Base { .. } if level == Level::Attributions => return Err(LATER),
            Split::Base { quota, most } => {
                let (low, high) = self.bases.get(quota).copied().ok_or("un quota inconnu")?;
                let fewer = self.with_base(level, quota, (low, high.min(most)), without)?;
                let more = self.with_base(level, quota, (low.max(most.saturating_add(1)), high), with)?;
                return Ok(fewer.max(more));
            }
            Split::Cell { request, cell } => (request, Place::Cell(cell)),
            Split::Unit { request, unit } => (request, Place::Unit(unit)),
        };
        let new = self.never.insert((request, place));
        let elsewhere = self.of(level, without)?;
        if new {
            self.never.remove(&(request, place));
        }
        // If it is housed in some place already, the later one alone leaves out no answer that meets both.
        let before = self.only.insert(request, place);
        let there = self.of(level, with)?;
        match before {
            Some(before) => self.only.insert(request, before),
            None => self.only.remove(&request),
        };
        Ok(elsewhere.max(there))
    }

    /// The most where the base of a quota is in this range.
    fn with_base(&mut self, level: Level, quota: usize, base: (u64, u64), proof: &Tree<'p>) -> Checked<Most> {
        if base.0 > base.1 {
            return Ok(Most::NoAnswer);
        }
        let slot = self.bases.get_mut(quota).ok_or("un quota inconnu")?;
        let before = std::mem::replace(slot, base);
        let most = self.of(level, proof)?;
        if let Some(slot) = self.bases.get_mut(quota) {
            *slot = before;
        }
        Ok(most)
    }

    /// Takes a bound of the points as that from which the last level builds.
    pub fn make_room(&mut self, bound: &Weights<'p>) -> Result<(), ProofError> {
        let room = self.room(bound);
        self.room = Some(room.map_err(|what| ProofError::Form { level: Level::Fit, what })?);
        Ok(())
    }

    fn room(&self, bound: &Weights<'p>) -> Checked<Room<'p>> {
        let weighed = self.weigh(Level::Priority, bound)?;
        let total = self.total(Level::Priority, &weighed).ok_or("la marge est impossible")?;
        let left = total - weighed.owed - i128::from(bound.scale) * i128::from(self.reached.priority);
        let left = i64::try_from(left).ok().filter(|left| (0..LARGEST).contains(left));
        let left = left.ok_or("la marge est impossible")?;
        let mut most = BTreeMap::new();
        for &(condition, weight) in bound.multipliers.iter().filter(|(_, weight)| *weight > 0) {
            let least = self.at_least(Level::Priority, condition)?;
            most.insert(condition, least + i128::from(left / weight));
        }
        Ok(Room { weighed, left, most })
    }

    /// All units at their prices, and by request the most that it gains above the price of a unit; `None` if
    /// one that must be housed cannot be.
    fn total(&self, level: Level, weighed: &Weighed<'_>) -> Option<i128> {
        let requests = (0..self.problem.requests() as u32).into_par_iter().with_min_len(4096);
        let room = self.room.as_ref().filter(|_| level == Level::Fit);
        if weighed.cost.by_unit.is_none() && room.is_none() && self.only.is_empty() && self.never.is_empty() {
            // Most bounds: whatever is known of answers, every request may be left out.
            let most = |request| i128::from(weighed.most(self.problem, request).unwrap_or(0).max(0));
            return Some(weighed.cost.paid + requests.map(most).sum::<i128>());
        }
        let most = |fits: &mut Vec<u16>, request| self.gained(weighed, room, request, fits).map(i128::from);
        let gained = requests.map_init(Vec::new, most).try_reduce(|| 0, |a, b| Some(a + b))?;
        Some(weighed.cost.paid + gained)
    }

    /// The most that a request gains above the price of a unit; `None` if it must be housed and cannot be.
    fn gained(
        &self,
        weighed: &Weighed<'_>,
        room: Option<&Room<'_>>,
        request: u32,
        fits: &mut Vec<u16>,
    ) -> Option<i64> {
        let problem = self.problem;
        let room = match room.map(|room| (room, room.worth(problem, request))) {
            None => None,
            Some((room, Some(worth))) => Some((room, worth)),
            Some((_, None)) => return Some(0),
        };
        let restricted = !self.only.is_empty() || !self.never.is_empty();
        // A request that every answer considered houses may not be counted at zero.
        let must = restricted && self.only.contains_key(&request)
            || room.is_some_and(|(room, worth)| worth > room.left);
        let mut most = if must { i64::MIN } else { 0 };
        for (slot, cell, marks) in problem.open_to(request) {
            let weight = weighed.weight(problem.points(request), marks);
            let cheapest = weighed.cost.cheapest.get(cell as usize).copied().unwrap_or(0);
            let best = weight + weighed.per_fit * i64::from(BEST_FIT) - cheapest;
            let out = room.is_some_and(|(room, worth)| {
                worth - room.weighed.gain(problem.points(request), cell, marks) > room.left
            });
            if best <= most || out || restricted && !self.allowed_cell(request, cell) {
                continue;
            }
            let Some(prices) = &weighed.cost.by_unit else {
                most = best;
                continue;
            };
            let units = problem.units_of(cell);
            let prices = prices.get(units.start as usize..units.end as usize).unwrap_or(&[]);
            fits.clear();
            problem.fits.fill(request, slot, units.clone(), fits);
            for ((unit, &fit), &price) in units.zip(fits.iter()).zip(prices) {
                let gain = weight + weighed.per_fit * i64::from(fit) - price;
                if gain > most && (!restricted || self.allowed_unit(request, unit)) {
                    most = gain;
                }
            }
        }
        (most != i64::MIN).then_some(most)
    }

    /// Do the splits allow a request some unit of a cell?
    fn allowed_cell(&self, request: u32, cell: u32) -> bool {
        !self.never.contains(&(request, Place::Cell(cell)))
            && match self.only.get(&request) {
                Some(Place::Cell(only)) => *only == cell,
                Some(Place::Unit(only)) => self.problem.units_of(cell).contains(only),
                None => true,
            }
    }

    /// Do they allow it this unit of a cell that they allow?
    fn allowed_unit(&self, request: u32, unit: u32) -> bool {
        !self.never.contains(&(request, Place::Unit(unit)))
            && match self.only.get(&request) {
                Some(Place::Unit(only)) => *only == unit,
                Some(Place::Cell(_)) | None => true,
            }
    }
}

impl Room<'_> {
    /// What a request is worth, or `None` if all its pairs lose more than is left, so that it is in no
    /// answer.
    fn worth(&self, problem: &Problem, request: u32) -> Option<i64> {
        let most = self.weighed.most(problem, request).filter(|most| *most >= -self.left)?;
        Some(most.max(0))
    }
}
