//! The checker: is this an answer, does it reach what it says, and does its certificate prove that
//! none reaches more? It knows the problem and the answer, and nothing of how it was found.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check, and of the answer, which are checked here first"
)]

use std::collections::{BTreeMap, BTreeSet};

use num_integer::Integer;
use rayon::prelude::*;

use super::answer::{Bound, Certificate, Condition, Matching, Prices, Proof, QuotaReached, Reached, Split};
use super::problem::{BEST_FIT, Problem, Quota};

/// What is wrong with an answer or its proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The answer has not one entry for each request.
    #[error("la réponse a {found} demandes, le problème {expected}")]
    Length {
        /// Entries of the answer.
        found: usize,
        /// Requests of the problem.
        expected: usize,
    },
    /// A request gets a unit that does not suit it.
    #[error("la demande {request} reçoit le logement {unit}, qui ne lui convient pas")]
    NotSuitable {
        /// The request.
        request: u32,
        /// The unit.
        unit: u32,
    },
    /// A unit is given twice.
    #[error("le logement {unit} est attribué deux fois")]
    Twice {
        /// The unit.
        unit: u32,
    },
    /// A level does not reach what is claimed.
    #[error("{level}: la réponse atteint {found}, et non {claimed}")]
    Claim {
        /// The level.
        level: Level,
        /// What the answer reaches.
        found: u64,
        /// What is claimed.
        claimed: u64,
    },
    /// The certificate has not one proof for each quota.
    #[error("le certificat a {found} preuves de quotas, pour {expected} quotas")]
    Quotas {
        /// Proofs.
        found: usize,
        /// Quotas.
        expected: usize,
    },
    /// A proof is not of the right form: what is wrong.
    #[error("{level}: {what}")]
    Form {
        /// The level.
        level: Level,
        /// What is wrong.
        what: &'static str,
    },
    /// The proof leaves room for a better answer.
    #[error("{level}: la preuve laisse place à {bound}, la réponse atteint {reached}")]
    NotProved {
        /// The level.
        level: Level,
        /// What is reached.
        reached: u64,
        /// What the proof allows.
        bound: u64,
    },
}

/// A level of the matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Number of attributions.
    Attributions,
    /// The smallest base of a quota.
    SmallestBase(usize),
    /// The largest base of a quota.
    LargestBase(usize),
    /// The shortfall of a quota.
    Quota(usize),
    /// Points of the housed.
    Priority,
    /// Fit.
    Fit,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Level::Attributions => f.write_str("attributions"),
            Level::SmallestBase(quota) => write!(f, "plus petite base du quota {}", quota + 1),
            Level::LargestBase(quota) => write!(f, "plus grande base du quota {}", quota + 1),
            Level::Quota(quota) => write!(f, "quota {}", quota + 1),
            Level::Priority => f.write_str("priorité"),
            Level::Fit => f.write_str("adéquation"),
        }
    }
}

/// What the proofs leave open, level by level: nothing where the level is proved.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Gaps {
    /// Attributions that more might be.
    pub attributions: u64,
    /// By quota: how much smaller the shortfall might be.
    pub quotas: Vec<u64>,
    /// Points that more might be.
    pub priority: u64,
    /// Fit that more might be.
    pub fit: u64,
}

impl Gaps {
    /// Is every level proved?
    pub fn none(&self) -> bool {
        *self == Gaps { quotas: vec![0; self.quotas.len()], ..Gaps::default() }
    }
}

/// Checks that an answer is possible, that it reaches what it says, and that its certificate proves
/// that no answer reaches more at any level.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(problem: &Problem, matching: &Matching) -> Result<(), ProofError> {
    let gaps = gaps(problem, matching)?;
    let reached = &matching.reached;
    let not_proved = |level, reached, bound| Err(ProofError::NotProved { level, reached, bound });
    if gaps.attributions > 0 {
        return not_proved(
            Level::Attributions,
            reached.attributions,
            reached.attributions + gaps.attributions,
        );
    }
    for (quota, (&gap, reached)) in gaps.quotas.iter().zip(&reached.quotas).enumerate() {
        if gap > 0 {
            return not_proved(Level::Quota(quota), reached.shortfall, reached.shortfall.saturating_sub(gap));
        }
    }
    if gaps.priority > 0 {
        return not_proved(Level::Priority, reached.priority, reached.priority + gaps.priority);
    }
    if gaps.fit > 0 {
        return not_proved(Level::Fit, reached.fit, reached.fit + gaps.fit);
    }
    Ok(())
}

/// As [`verify`], where the proof may leave something open: says how much, level by level.
///
/// # Errors
/// The first thing that is wrong, other than an open proof.
pub fn gaps(problem: &Problem, matching: &Matching) -> Result<Gaps, ProofError> {
    rayon::scope(|_| gaps_here(problem, matching))
}

fn gaps_here(problem: &Problem, matching: &Matching) -> Result<Gaps, ProofError> {
    let reached = reached(problem, &matching.unit_of)?;
    compare(&reached, &matching.reached)?;
    let Certificate { attributions, bases, quotas, priority, room, fit } = &matching.certificate;
    for found in [quotas.len(), bases.len()] {
        if found != problem.quotas.len() {
            return Err(ProofError::Quotas { found, expected: problem.quotas.len() });
        }
    }
    let mut node = Node::whole(problem, &reached, Vec::new());
    for (q, [smallest, largest]) in bases.iter().enumerate() {
        let low = node.at(Level::SmallestBase(q), smallest)?.map_or(0, |most| -most);
        let high = node.at(Level::LargestBase(q), largest)?.unwrap_or(i128::MAX);
        let number = |base: i128| u64::try_from(base.max(0)).unwrap_or(u64::MAX >> 1).min(u64::MAX >> 1);
        node.bases.push((number(low), number(high)));
    }
    let mut check = |level, proof: &Proof| node.at(level, proof);
    let open = |bound: Option<i128>, reached: u64| {
        bound.map_or(u64::MAX - reached, |b| u64::try_from(b - i128::from(reached)).unwrap_or(0))
    };
    let mut gaps = Gaps {
        attributions: open(check(Level::Attributions, attributions)?, reached.attributions),
        ..Gaps::default()
    };
    for (q, (proof, own)) in quotas.iter().zip(&reached.quotas).enumerate() {
        // The most of `denominator × members - numerator × base` says the smallest shortfall.
        let least = match check(Level::Quota(q), proof)? {
            Some(most) => {
                let denominator = i128::from(problem.quotas[q].denominator);
                u64::try_from(Integer::div_ceil(&-most, &denominator)).unwrap_or(0)
            }
            None => 0,
        };
        gaps.quotas.push(own.shortfall.saturating_sub(least));
    }
    gaps.priority = open(check(Level::Priority, priority)?, reached.priority);
    node.make_room(room)?;
    gaps.fit = open(node.at(Level::Fit, fit)?, reached.fit);
    Ok(gaps)
}

/// What an answer reaches, if it is one.
///
/// # Errors
/// A request with a unit that does not suit it, a unit given twice.
pub fn reached(problem: &Problem, unit_of: &[Option<u32>]) -> Result<Reached, ProofError> {
    if unit_of.len() != problem.requests() {
        return Err(ProofError::Length { found: unit_of.len(), expected: problem.requests() });
    }
    let cell_of = problem.cell_of_units();
    let inside = problem.numbers_inside();
    let mut given = vec![false; problem.units()];
    let mut fits = Vec::new();
    let mut reached =
        Reached { quotas: vec![QuotaReached::default(); problem.quotas.len()], ..Reached::default() };
    for (request, named) in (0_u32..).zip(unit_of) {
        let Some(named) = *named else { continue };
        let wrong = ProofError::NotSuitable { request, unit: named };
        let Some(&unit) = inside.get(named as usize) else { return Err(wrong) };
        let Some(slot) = problem.slot(request, cell_of[unit as usize]) else { return Err(wrong) };
        if std::mem::replace(&mut given[unit as usize], true) {
            return Err(ProofError::Twice { unit: named });
        }
        reached.attributions += 1;
        reached.priority += u64::from(problem.points(request));
        fits.clear();
        problem.fits.fill(request, slot, problem.units_of(problem.open[slot]).start..unit + 1, &mut fits);
        reached.fit += fits.last().copied().map_or(0, u64::from);
        for (q, quota) in reached.quotas.iter_mut().enumerate() {
            let (base, member) = marks(problem.marks(slot), q);
            quota.base += u64::from(base);
            quota.members += u64::from(member);
        }
    }
    for (own, quota) in reached.quotas.iter_mut().zip(&problem.quotas) {
        own.target = quota.target(own.base);
        own.shortfall = own.target.saturating_sub(own.members);
    }
    Ok(reached)
}

/// Does a pair of these marks count in the base of a quota, and among its members?
fn marks(marks: u16, quota: usize) -> (bool, bool) {
    let base = marks >> (2 * quota) & 1 == 1;
    (base, base && marks >> (2 * quota + 1) & 1 == 1)
}

fn compare(found: &Reached, claimed: &Reached) -> Result<(), ProofError> {
    let same = |level, found: u64, claimed: u64| {
        if found == claimed { Ok(()) } else { Err(ProofError::Claim { level, found, claimed }) }
    };
    same(Level::Attributions, found.attributions, claimed.attributions)?;
    same(Level::Priority, found.priority, claimed.priority)?;
    same(Level::Fit, found.fit, claimed.fit)?;
    if found.quotas.len() != claimed.quotas.len() {
        return Err(ProofError::Quotas { found: claimed.quotas.len(), expected: found.quotas.len() });
    }
    for (q, (found, claimed)) in found.quotas.iter().zip(&claimed.quotas).enumerate() {
        let parts = |q: &QuotaReached| [q.base, q.members, q.target, q.shortfall];
        for (found, claimed) in parts(found).into_iter().zip(parts(claimed)) {
            same(Level::Quota(q), found, claimed)?;
        }
    }
    Ok(())
}

/// The answers that are considered: those that reach the levels before, on one side of each split.
struct Node<'p> {
    problem: &'p Problem,
    reached: &'p Reached,
    level: Level,
    /// By quota: the smallest and the largest base.
    bases: Vec<(u64, u64)>,
    /// By request that is restricted: where it is housed.
    only: BTreeMap<u32, Place>,
    /// Where requests are not housed.
    never: BTreeSet<(u32, Place)>,
    room: Option<Room>,
}

/// Where a request is housed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Cell(u32),
    Unit(u32),
}

/// What pairs weigh, and what units cost.
struct Weighed {
    /// By point of the request.
    per_point: i64,
    /// By marks of the pair.
    by_marks: Vec<i64>,
    /// By fit of the pair.
    per_fit: i64,
    prices: Vec<i64>,
    by_unit: bool,
    /// By cell: the price of its cheapest unit.
    cheapest: Vec<i64>,
}

impl Weighed {
    /// The most that a request gains by a pair, fit aside; `None` if nothing suits it.
    fn most(&self, problem: &Problem, request: u32) -> Option<i64> {
        let slots = problem.slots_of(request);
        let open = &problem.open[slots.clone()];
        let price = |cell: &u32| self.cheapest[*cell as usize];
        let most = if problem.marks.is_empty() {
            self.by_marks[0] - open.iter().map(price).min()?
        } else {
            let pairs = open.iter().zip(&problem.marks[slots]);
            pairs.map(|(cell, marks)| self.by_marks[*marks as usize] - price(cell)).max()?
        };
        Some(self.per_point * i64::from(problem.points[request as usize]) + most)
    }

    /// What a pair of these marks weighs for a request of so many points; fit aside.
    fn weight(&self, points: u32, marks: u16) -> i64 {
        self.per_point * i64::from(points) + self.by_marks[marks as usize]
    }
}

/// How much answers that reach the points can lose against the bound of the points, and how that loss is
/// counted.
struct Room {
    weighed: Weighed,
    left: i64,
    /// By condition that weighs something: how much it is at most.
    most: BTreeMap<Condition, i128>,
}

impl Room {
    /// What a request is worth, or `None` if all its pairs lose more than is left, so that it is in no
    /// answer.
    fn worth(&self, problem: &Problem, request: u32) -> Option<i64> {
        let most = self.weighed.most(problem, request).filter(|most| *most >= -self.left)?;
        Some(most.max(0))
    }

    fn gain(&self, problem: &Problem, request: u32, slot: usize) -> i64 {
        let weight = self.weighed.weight(problem.points[request as usize], problem.marks(slot));
        weight - self.weighed.prices[problem.open[slot] as usize]
    }
}

type Form<T> = Result<T, &'static str>;

/// No weight or price is larger, so that no sum of two overflows.
const LARGEST: i128 = 1 << 60;

/// The bound where there is no answer at all.
const NO_ANSWER: i128 = i128::MIN / 4;

impl<'p> Node<'p> {
    fn whole(problem: &'p Problem, reached: &'p Reached, bases: Vec<(u64, u64)>) -> Node<'p> {
        let (only, never) = (BTreeMap::new(), BTreeSet::new());
        Node { problem, reached, level: Level::Attributions, bases, only, never, room: None }
    }

    /// The most that any answer reaches at a level; `None` if nothing is proved.
    fn at(&mut self, level: Level, proof: &Proof) -> Result<Option<i128>, ProofError> {
        self.level = level;
        self.bound(proof).map_err(|what| ProofError::Form { level, what })
    }

    /// Takes a bound of the points as that from which the last level builds.
    fn make_room(&mut self, bound: &Bound) -> Result<(), ProofError> {
        self.level = Level::Priority;
        let level = Level::Fit;
        let form = |what| ProofError::Form { level, what };
        let (weighed, least) = self.weigh(bound).map_err(form)?;
        if weighed.by_unit {
            return Err(form("la marge se compte par cellule"));
        }
        let left = self.total(&weighed) - least - i128::from(bound.scale) * i128::from(self.reached.priority);
        let left = i64::try_from(left).ok().filter(|left| *left >= 0 && i128::from(*left) < LARGEST);
        let left = left.ok_or(form("la marge est impossible"))?;
        let mut most = BTreeMap::new();
        for &(condition, weight) in &bound.multipliers {
            if weight > 0 {
                let least = self.least(condition).map_err(form)?;
                most.insert(condition, least + i128::from(left / weight));
            }
        }
        self.room = Some(Room { weighed, left, most });
        Ok(())
    }

    fn bound(&mut self, proof: &Proof) -> Form<Option<i128>> {
        match proof {
            Proof::Nothing => Ok(None),
            Proof::Bound(bound) => {
                let (weighed, least) = self.weigh(bound)?;
                let total = self.total(&weighed);
                if total < -LARGEST * LARGEST {
                    return Ok(Some(NO_ANSWER));
                }
                Ok(Some(Integer::div_floor(&(total - least), &i128::from(bound.scale))))
            }
            Proof::Split { on, without, with } => {
                let (a, b) = match *on {
                    Split::Base { quota, most } => {
                        let (low, high) = *self.bases.get(quota).ok_or("un quota inconnu")?;
                        self.bases[quota] = (low, high.min(most));
                        let a = self.bound(without)?;
                        self.bases[quota] = (low.max(most.saturating_add(1)), high);
                        let b = self.bound(with)?;
                        self.bases[quota] = (low, high);
                        (a, b)
                    }
                    Split::Cell { request, cell } => self.sides(request, Place::Cell(cell), without, with)?,
                    Split::Unit { request, unit } => self.sides(request, Place::Unit(unit), without, with)?,
                };
                Ok(a.zip(b).map(|(a, b)| a.max(b)))
            }
        }
    }

    fn sides(
        &mut self,
        request: u32,
        place: Place,
        without: &Proof,
        with: &Proof,
    ) -> Form<(Option<i128>, Option<i128>)> {
        let new = self.never.insert((request, place));
        let a = self.bound(without)?;
        if new {
            self.never.remove(&(request, place));
        }
        // If it is housed in some place already, the later one alone leaves out no answer that meets both.
        let before = self.only.insert(request, place);
        let b = self.bound(with)?;
        match before {
            Some(before) => self.only.insert(request, before),
            None => self.only.remove(&request),
        };
        Ok((a, b))
    }

    /// What pairs weigh by a bound, and what its conditions are worth, at least, in every answer.
    fn weigh(&self, bound: &Bound) -> Form<(Weighed, i128)> {
        let problem = self.problem;
        if bound.scale <= 0 || i128::from(bound.scale) * i128::from(BEST_FIT) > LARGEST {
            return Err("une échelle impossible");
        }
        let (prices, by_unit) = match &bound.prices {
            Prices::Cells(prices) if prices.len() == problem.cell_count() => (prices.clone(), false),
            Prices::Units(prices) if prices.len() == problem.units() => (prices.clone(), true),
            _ => return Err("un prix par cellule ou par logement est attendu"),
        };
        if prices.iter().any(|&p| i128::from(p).abs() > LARGEST) {
            return Err("un prix trop grand");
        }
        for cell in 0..problem.cell_count() as u32 {
            let given = self.level == Level::Fit
                && self.room.as_ref().is_some_and(|r| r.weighed.prices[cell as usize] > r.left);
            let mut own = if by_unit {
                prices[problem.units_of(cell).start as usize..problem.units_of(cell).end as usize].iter()
            } else {
                prices[cell as usize..=cell as usize].iter()
            };
            if !given && own.any(|&p| p < 0) {
                return Err("un prix négatif");
            }
        }
        let scale = i128::from(bound.scale);
        let mut terms: Vec<(Condition, i128)> =
            bound.multipliers.iter().map(|&(condition, weight)| (condition, i128::from(weight))).collect();
        let mut least = 0;
        for &(condition, weight) in &terms {
            let own = if weight >= 0 { self.least(condition)? } else { self.most(condition)? };
            least += weight * own;
        }
        let mut per_fit = 0;
        match self.level {
            Level::Attributions => terms.push((Condition::Attributions, scale)),
            Level::SmallestBase(q) => terms.push((Condition::BaseAtMost(q), scale)),
            Level::LargestBase(q) => terms.push((Condition::BaseAtLeast(q), scale)),
            Level::Quota(q) => terms.push((Condition::Quota(q), scale)),
            Level::Priority => terms.push((Condition::Priority, scale)),
            Level::Fit => per_fit = bound.scale,
        }
        let per_point: i128 = terms.iter().filter(|t| t.0 == Condition::Priority).map(|t| t.1).sum();
        let by_marks: Vec<i128> = (0..1_u32 << (2 * problem.quotas.len()))
            .map(|m| {
                terms.iter().map(|(condition, weight)| weight * self.by_marks(*condition, m as u16)).sum()
            })
            .collect();
        let most_points = i128::from(problem.points.iter().copied().max().unwrap_or(0));
        let largest = by_marks.iter().map(|w| w.abs()).max().unwrap_or(0) + per_point.abs() * most_points;
        if largest > LARGEST {
            return Err("un multiplicateur trop grand");
        }
        let cheapest = (0..problem.cell_count() as u32)
            .map(|cell| {
                let units = problem.units_of(cell);
                if by_unit {
                    prices[units.start as usize..units.end as usize].iter().copied().min().unwrap_or(0)
                } else {
                    prices[cell as usize]
                }
            })
            .collect();
        let by_marks = by_marks.into_iter().map(|w| w as i64).collect();
        Ok((Weighed { per_point: per_point as i64, by_marks, per_fit, prices, by_unit, cheapest }, least))
    }

    /// All units at their prices, and the most that each request gains above the price of a unit.
    fn total(&self, weighed: &Weighed) -> i128 {
        let problem = self.problem;
        let paid: i128 = if weighed.by_unit {
            weighed.prices.iter().map(|&p| i128::from(p)).sum()
        } else {
            let sizes = problem.cells.windows(2).map(|w| i128::from(w[1] - w[0]));
            weighed.prices.iter().zip(sizes).map(|(&p, n)| i128::from(p) * n).sum()
        };
        let room = if self.level == Level::Fit { self.room.as_ref() } else { None };
        let by_cell = !weighed.by_unit && weighed.per_fit == 0;
        if by_cell && room.is_none() && self.only.is_empty() && self.never.is_empty() {
            let gained: i128 = (0..problem.requests() as u32)
                .into_par_iter()
                .with_min_len(4096)
                .map(|request| i128::from(weighed.most(problem, request).unwrap_or(0).max(0)))
                .sum();
            return paid + gained;
        }
        let gained: i128 = (0..problem.requests() as u32)
            .into_par_iter()
            .with_min_len(4096)
            .map_init(Vec::new, |fits, request| self.gained(weighed, room, request, fits))
            .sum();
        paid + gained
    }

    /// The most that a request gains above the price of a unit.
    fn gained(&self, weighed: &Weighed, room: Option<&Room>, request: u32, fits: &mut Vec<u16>) -> i128 {
        let problem = self.problem;
        let restricted = !self.only.is_empty() || !self.never.is_empty();
        let worth = match room.map(|room| room.worth(problem, request)) {
            Some(None) => return 0,
            worth => worth.flatten(),
        };
        // Whoever must be housed cannot gain nothing instead.
        let must = restricted && self.only.contains_key(&request)
            || room.zip(worth).is_some_and(|(room, worth)| worth > room.left);
        let mut most = if must { i64::MIN } else { 0 };
        for slot in problem.slots_of(request) {
            let cell = problem.open[slot];
            let weight = weighed.weight(problem.points[request as usize], problem.marks(slot));
            let best = weight + weighed.per_fit * i64::from(BEST_FIT) - weighed.cheapest[cell as usize];
            let out = room
                .zip(worth)
                .is_some_and(|(room, worth)| worth - room.gain(problem, request, slot) > room.left);
            if best <= most || out || restricted && !self.allowed_cell(request, cell) {
                continue;
            }
            if !weighed.by_unit && weighed.per_fit == 0 {
                most = best;
                continue;
            }
            let units = problem.units_of(cell);
            fits.clear();
            problem.fits.fill(request, slot, units.clone(), fits);
            for (unit, &fit) in units.zip(fits.iter()) {
                let place = if weighed.by_unit { unit } else { cell };
                let gain = weight + weighed.per_fit * i64::from(fit) - weighed.prices[place as usize];
                if gain > most && (!restricted || self.allowed(request, unit)) {
                    most = gain;
                }
            }
        }
        if most == i64::MIN { NO_ANSWER } else { i128::from(most) }
    }

    fn allowed_cell(&self, request: u32, cell: u32) -> bool {
        let units = self.problem.units_of(cell);
        !self.never.contains(&(request, Place::Cell(cell)))
            && match self.only.get(&request) {
                Some(Place::Cell(only)) => *only == cell,
                Some(Place::Unit(only)) => units.contains(only),
                None => true,
            }
    }

    fn allowed(&self, request: u32, unit: u32) -> bool {
        !self.never.contains(&(request, Place::Unit(unit)))
            && self.only.get(&request).is_none_or(|only| match only {
                Place::Unit(only) => *only == unit,
                Place::Cell(_) => true,
            })
    }

    /// What a pair counts in a condition, by its marks; points aside.
    fn by_marks(&self, condition: Condition, m: u16) -> i128 {
        match condition {
            Condition::Attributions => 1,
            Condition::Quota(q) => {
                let (base, member) = marks(m, q);
                let of = |number: fn(&Quota) -> u32| self.problem.quotas.get(q).map_or(0, number);
                i128::from(member) * i128::from(of(|q| q.denominator))
                    - i128::from(base) * i128::from(of(|q| q.numerator))
            }
            Condition::Members(q) => i128::from(marks(m, q).1),
            Condition::BaseAtLeast(q) => i128::from(marks(m, q).0),
            Condition::BaseAtMost(q) => -i128::from(marks(m, q).0),
            Condition::Priority => 0,
        }
    }

    /// What a condition is, at least, in every answer of the node. A level may build on those before it.
    fn least(&self, condition: Condition) -> Form<i128> {
        let shortfall = |q: usize| -> Form<i128> {
            let before = match self.level {
                Level::Attributions | Level::SmallestBase(_) | Level::LargestBase(_) => false,
                Level::Quota(own) => q < own,
                Level::Priority | Level::Fit => true,
            };
            let own = self.reached.quotas.get(q).ok_or("un quota inconnu")?;
            if before { Ok(i128::from(own.shortfall)) } else { Err("un niveau bâti sur un niveau suivant") }
        };
        let base = |q: usize| self.bases.get(q).copied().ok_or("un quota inconnu");
        Ok(match condition {
            Condition::Attributions if self.level == Level::Attributions => {
                return Err("un niveau bâti sur lui-même");
            }
            Condition::Attributions => i128::from(self.reached.attributions),
            Condition::Quota(q) => -shortfall(q)? * i128::from(self.problem.quotas[q].denominator),
            Condition::Members(q) => i128::from(self.problem.quotas[q].target(base(q)?.0)) - shortfall(q)?,
            Condition::BaseAtLeast(q) => i128::from(base(q)?.0),
            Condition::BaseAtMost(q) => -i128::from(base(q)?.1),
            Condition::Priority if self.level == Level::Fit => i128::from(self.reached.priority),
            Condition::Priority => return Err("un niveau bâti sur un niveau suivant"),
        })
    }

    /// What a condition is, at most, in every answer of the node.
    fn most(&self, condition: Condition) -> Form<i128> {
        match condition {
            // No answer has more, and none that is considered has less.
            Condition::Attributions if self.level != Level::Attributions => self.least(condition),
            _ if self.level == Level::Fit => {
                let known = self.room.as_ref().and_then(|room| room.most.get(&condition));
                known.copied().ok_or("un multiplicateur négatif")
            }
            _ => Err("un multiplicateur négatif"),
        }
    }
}
