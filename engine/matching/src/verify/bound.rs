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
//! bound. What pairs weigh `weigh` says, what is owed `considered`; here it is added up.
//!
//! The bound stays true, and becomes lower, where it is known of all answers considered that a unit is given
//! (its price may be negative), that a request is housed (it may not count for 0), or that a pair is not
//! used.

use std::collections::BTreeMap;

use num_integer::Integer;

use super::super::answer::Split;
use super::super::numbers::{Cell, InnerUnit};
use super::super::problem::{BEST_FIT, Problem};
use super::considered::{Answers, Checked, LATER, Place, Room};
use super::each;
use super::error::{Level, ProofError};
use super::form::{LARGEST, Tree, Weights};
use super::weigh::Weighed;

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

impl<'p> Answers<'p> {
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
            Split::Cell { request, cell } => (request, Place::Cell(Cell(cell))),
            Split::Unit { request, unit } => (request, Place::Unit(InnerUnit(unit))),
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
        // The room: how far the bound of the points is above what the answer reaches, in parts of a point.
        let left = total - weighed.owed - i128::from(bound.scale) * i128::from(self.reached.priority);
        let left = i64::try_from(left).ok().filter(|left| (0..LARGEST).contains(left));
        let left = left.ok_or("la marge est impossible")?;
        let mut most = BTreeMap::new();
        for &(condition, weight) in bound.multipliers.iter().filter(|(_, weight)| *weight > 0) {
            // Each unit by which an answer exceeds the condition costs `weight` of the room.
            let least = self.at_least(Level::Priority, condition)?;
            most.insert(condition, least + i128::from(left / weight));
        }
        Ok(Room { weighed, left, most })
    }

    /// All units at their prices, and by request the most that it gains above the price of a unit; `None` if
    /// one that must be housed cannot be.
    fn total(&self, level: Level, weighed: &Weighed<'_>) -> Option<i128> {
        let requests = self.problem.requests() as u32;
        let room = self.room.as_ref().filter(|_| level == Level::Fit);
        if weighed.cost.by_unit.is_none() && room.is_none() && self.only.is_empty() && self.never.is_empty() {
            // Most bounds: whatever is known of answers, every request may be left out, and units of a cell cost
            // the same, so that no unit is looked at.
            let most = |request| weighed.best(self.problem, request);
            return Some(weighed.cost.paid + each::sum_all(requests, most));
        }
        let gained = each::sum(requests, |fits, request| self.gained(weighed, room, request, fits))?;
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
            // All its pairs lose more than the room: no answer considered houses it.
            Some((_, None)) => return Some(0),
        };
        let restricted = !self.only.is_empty() || !self.never.is_empty();
        // A request that every answer considered houses may not be counted at zero; nor may one that holds a unit, as it
        // has that one or another.
        let must = problem.home(request).is_some()
            || restricted && self.only.contains_key(&request)
            || room.is_some_and(|(room, worth)| worth > room.left);
        let mut most = if must { i64::MIN } else { 0 };
        for (slot, cell, kind) in problem.open_to(request) {
            let weight = weighed.weight_in(problem, request, cell, kind);
            // Most cells are passed over by what their cheapest unit would bring at the best fit.
            let best = weight + weighed.per_fit * i64::from(BEST_FIT) - weighed.cheapest(cell);
            let out = room.is_some_and(|(room, worth)| {
                worth - room.weighed.gain(problem, request, cell, kind) > room.left
            });
            if best <= most || out || restricted && !self.allowed_cell(request, cell) {
                continue;
            }
            let Some(prices) = &weighed.cost.by_unit else {
                most = best;
                continue;
            };
            let units = problem.range(cell);
            let prices = prices.get(units.start as usize..units.end as usize).unwrap_or(&[]);
            fits.clear();
            problem.fits.fill(request, slot, units.clone(), fits);
            for ((unit, &fit), &price) in units.zip(fits.iter()).zip(prices) {
                let gain = weight + weighed.per_fit * i64::from(fit) - price;
                if gain > most && (!restricted || self.allowed_unit(request, InnerUnit(unit))) {
                    most = gain;
                }
            }
        }
        (most != i64::MIN).then_some(most)
    }

    /// Do the splits allow a request some unit of a cell?
    fn allowed_cell(&self, request: u32, cell: Cell) -> bool {
        !self.never.contains(&(request, Place::Cell(cell)))
            && match self.only.get(&request) {
                Some(Place::Cell(only)) => *only == cell,
                Some(Place::Unit(only)) => self.problem.holds(cell, *only),
                None => true,
            }
    }

    /// Do they allow it this unit of a cell that they allow?
    fn allowed_unit(&self, request: u32, unit: InnerUnit) -> bool {
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
        if problem.home(request).is_none() {
            self.weighed.most(problem, request).filter(|most| *most >= -self.left)?;
        }
        Some(self.weighed.best(problem, request))
    }
}
