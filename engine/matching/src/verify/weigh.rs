//! What a bound weighs: pairs, by their marks, points and fit; the prices of the units; and what is owed to the
//! conditions, which is what each is known to be in every answer considered.

use std::borrow::Cow;

use super::super::answer::Condition;
use super::super::problem::Problem;
use super::Level;
use super::bound::{Answers, Checked};
use super::form::{LARGEST, Priced, Weights};

/// The pairs as a bound weighs them, and what units cost.
pub(super) struct Weighed<'p> {
    /// By point of the request.
    pub per_point: i64,
    /// By marks of the pair.
    pub by_marks: Vec<i64>,
    /// By fit of the pair.
    pub per_fit: i64,
    pub cost: Cost<'p>,
    /// What the conditions weigh, at least, in every answer considered.
    pub owed: i128,
}

/// What units cost.
pub(super) struct Cost<'p> {
    /// By cell: the price of its cheapest unit.
    pub cheapest: Cow<'p, [i64]>,
    /// By unit: its price, where fits or prices differ within cells.
    pub by_unit: Option<Cow<'p, [i64]>>,
    /// All units at their prices.
    pub paid: i128,
}

pub(super) const LATER: &str = "un niveau bâti sur lui-même ou sur un niveau suivant";

impl<'p> Answers<'p> {
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

    /// What a condition is, at least, in every answer considered. A level builds on those before it only.
    pub(super) fn at_least(&self, level: Level, condition: Condition) -> Checked<i128> {
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
    pub fn weight(&self, points: u32, marks: u16) -> i64 {
        // There is a weight for all marks that the quotas use, and no others are there.
        let by_marks = self.by_marks.get(marks as usize).copied().unwrap_or(LARGEST);
        self.per_point * i64::from(points) + by_marks
    }

    /// What it weighs above the cheapest unit of a cell.
    pub fn gain(&self, points: u32, cell: u32, marks: u16) -> i64 {
        self.weight(points, marks) - self.cost.cheapest.get(cell as usize).copied().unwrap_or(0)
    }

    /// The most that a request gains by a pair, fit aside; `None` if nothing suits it.
    pub fn most(&self, problem: &Problem, request: u32) -> Option<i64> {
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
