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
//! The second line does not depend on the answer: divided by `scale` and rounded down, it is the bound. It
//! stays true, and becomes lower, where it is known of all answers considered that a unit is given (its
//! price may be negative), that a request is housed (it may not count for 0), or that a pair is not used.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use num_integer::Integer;
use rayon::prelude::*;

use super::super::answer::{Condition, Reached, Split};
use super::super::problem::{BEST_FIT, Problem};
use super::form::{LARGEST, Priced, Tree, Weights};
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
    problem: &'p Problem,
    reached: &'p Reached,
    /// By quota: the smallest and the largest base.
    bases: Vec<(u64, u64)>,
    /// By request that a split houses: where.
    only: BTreeMap<u32, Place>,
    /// Where splits do not house requests.
    never: BTreeSet<(u32, Place)>,
    /// What the level of the points says of all answers, at the last level.
    room: Option<Room<'p>>,
}

/// Where a request is housed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Cell(u32),
    Unit(u32),
}

/// The pairs as a bound weighs them, and what units cost.
struct Weighed<'p> {
    /// By point of the request.
    per_point: i64,
    /// By marks of the pair.
    by_marks: Vec<i64>,
    /// By fit of the pair.
    per_fit: i64,
    cost: Cost<'p>,
    /// What the conditions weigh, at least, in every answer considered.
    owed: i128,
}

/// What units cost.
struct Cost<'p> {
    /// By cell: the price of its cheapest unit.
    cheapest: Cow<'p, [i64]>,
    /// By unit: its price, where fits or prices differ within cells.
    by_unit: Option<Cow<'p, [i64]>>,
    /// All units at their prices.
    paid: i128,
}

/// The level of the points once more: an answer that reaches the points loses no more than `left` against
/// its bound. A unit whose price is more is given; a request that is worth more is housed; a pair that
/// loses more is not used.
struct Room<'p> {
    weighed: Weighed<'p>,
    left: i64,
    /// By condition of which being exceeded is a loss: what it is, at most.
    most: BTreeMap<Condition, i128>,
}

const LATER: &str = "un niveau bâti sur lui-même ou sur un niveau suivant";

type Checked<T> = Result<T, &'static str>;

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

    /// What pairs weigh by a bound, what units cost, and what is owed to the conditions.
    fn weigh(&self, level: Level, bound: &Weights<'p>) -> Checked<Weighed<'p>> {
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
        let by_marks = by_marks(problem, &terms);
        let most_points = i128::from(problem.points.iter().copied().max().unwrap_or(0));
        let largest = by_marks.iter().map(|weight| weight.abs()).max().unwrap_or(0);
        if largest + per_point.abs() * most_points > i128::from(LARGEST) {
            return Err("un multiplicateur trop grand");
        }
        let small = |weight: i128| i64::try_from(weight).map_err(|_| "un multiplicateur trop grand");
        Ok(Weighed {
            per_point: small(per_point)?,
            by_marks: by_marks.into_iter().map(small).collect::<Checked<_>>()?,
            per_fit,
            cost: self.cost(level, bound.prices, per_fit != 0)?,
            owed,
        })
    }

    /// What units cost; `one_by_one` if each is looked at, and not only the cheapest of its cell.
    fn cost(&self, level: Level, prices: Priced<'p>, one_by_one: bool) -> Checked<Cost<'p>> {
        let problem = self.problem;
        // A price below zero is one of a unit that is known to be given.
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

    /// What a condition is, at least, in every answer considered. A level builds on those before it only.
    fn at_least(&self, level: Level, condition: Condition) -> Checked<i128> {
        let (q, before) = match condition {
            Condition::Attributions if level == Level::Attributions => return Err(LATER),
            Condition::Attributions => return Ok(self.reached.attributions.into()),
            Condition::Priority if level == Level::Fit => return Ok(self.reached.priority.into()),
            Condition::Priority => return Err(LATER),
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
        Ok(match condition {
            Condition::Quota(_) => -shortfall * i128::from(quota.denominator),
            Condition::Members(_) => i128::from(quota.target(low)) - shortfall,
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

impl Weighed<'_> {
    /// What a pair of these marks weighs for a request of so many points; fit aside.
    fn weight(&self, points: u32, marks: u16) -> i64 {
        // There is a weight for all marks that the quotas use, and no others are there.
        let by_marks = self.by_marks.get(marks as usize).copied().unwrap_or(LARGEST);
        self.per_point * i64::from(points) + by_marks
    }

    /// What it weighs above the cheapest unit of a cell.
    fn gain(&self, points: u32, cell: u32, marks: u16) -> i64 {
        self.weight(points, marks) - self.cost.cheapest.get(cell as usize).copied().unwrap_or(0)
    }

    /// The most that a request gains by a pair, fit aside; `None` if nothing suits it.
    fn most(&self, problem: &Problem, request: u32) -> Option<i64> {
        let slots = problem.slots_of(request);
        let open = problem.open.get(slots.clone())?;
        let price = |cell: &u32| self.cost.cheapest.get(*cell as usize).copied().unwrap_or(0);
        let by_marks = |marks: u16| self.by_marks.get(marks as usize).copied().unwrap_or(LARGEST);
        let most = match problem.marks.get(slots).filter(|marks| !marks.is_empty()) {
            Some(marks) => {
                open.iter().zip(marks).map(|(cell, &marks)| by_marks(marks) - price(cell)).max()?
            }
            None => by_marks(0) - open.iter().map(price).min()?,
        };
        Some(self.per_point * i64::from(problem.points(request)) + most)
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

/// By marks of a pair, two bits a quota: what it weighs in the conditions; points aside. Sums of a few
/// products of 60 and 33 bits.
fn by_marks(problem: &Problem, terms: &[(Condition, i128)]) -> Vec<i128> {
    let sum = |of: &dyn Fn(Condition) -> i128| terms.iter().map(|(c, weight)| weight * of(*c)).sum::<i128>();
    let mut all = vec![sum(&|condition| i128::from(condition == Condition::Attributions))];
    for (q, quota) in problem.quotas().iter().enumerate() {
        let (numerator, denominator) = (i128::from(quota.numerator), i128::from(quota.denominator));
        let in_base = sum(&|condition| match condition {
            Condition::Quota(own) if own == q => -numerator,
            Condition::BaseAtLeast(own) if own == q => 1,
            Condition::BaseAtMost(own) if own == q => -1,
            _ => 0,
        });
        let member = sum(&|condition| match condition {
            Condition::Quota(own) if own == q => denominator,
            Condition::Members(own) if own == q => 1,
            _ => 0,
        });
        // Who is not in the base is no member.
        let own = [0, in_base, 0, in_base + member];
        all = own.into_iter().flat_map(|own| all.iter().map(move |before| before + own)).collect();
    }
    all
}
