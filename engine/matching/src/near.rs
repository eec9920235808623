//! The best answer nearest to one that there was: what changed since, and no more.

#![expect(
    clippy::indexing_slicing,
    reason = "numbers of the problem, which its constructors check, and of answers to it"
)]

use std::collections::BTreeMap;

use super::answer::{Bound, Certificate, Condition, Matching, Prices};
use super::balance::{SCALE, counts};
use super::housed::NONE;
use super::levels::points_with_one_less;
use super::problem::{Problem, Quota};
use super::relink::cycles;
use super::solve_from;
use super::verify::{Level, ProofError, Shape, reached, well_formed};

/// What an answer's certificate knew of each unit and condition: where the search for the next one begins.
///
/// It only says where to look first. Whatever it holds, the next answer is best and is proved anew.
#[derive(Clone, Debug, Default)]
pub struct Duals {
    quotas: Vec<ByName>,
    priority: ByName,
    fit: ByName,
}

/// The first bound of a level, prices by the caller's number of the unit.
#[derive(Clone, Debug, Default)]
struct ByName {
    scale: i64,
    multipliers: Vec<(Condition, i64)>,
    prices: Vec<Option<i64>>,
}

impl Duals {
    /// Those of an answer to a problem; none, if they are those of another problem.
    pub fn of(problem: &Problem, certificate: &Certificate) -> Duals {
        let names: Vec<Option<u32>> = problem.names().iter().copied().map(Some).collect();
        if well_formed(certificate, Shape::of(problem)).is_err() {
            return Duals::default();
        }
        Duals::numbered(certificate, problem.firsts(), &names, problem.units())
    }

    /// Those of a certificate whose problem is not at hand: the first unit of each of its cells (and how many
    /// units there are), and by unit as it was numbered inside its number in the problem to come, of so many.
    ///
    /// # Errors
    /// The certificate is not one of so many cells and units.
    pub fn named(
        certificate: &Certificate,
        firsts: &[u32],
        names: &[Option<u32>],
        units: usize,
    ) -> Result<Duals, ProofError> {
        let rising = firsts.first() == Some(&0) && firsts.is_sorted_by(|a, b| a < b);
        if !rising || firsts.last().is_none_or(|&end| end as usize != names.len()) {
            let (level, what) = (Level::Fit, "`cells` ne suit pas les logements");
            return Err(ProofError::Form { level, what });
        }
        let (cells, quotas) = (firsts.len() - 1, certificate.quotas.len());
        // The requests of that problem are not known; only splits name them, and no split is looked at.
        let shape = Shape { requests: usize::MAX, cells, units: names.len(), quotas };
        well_formed(certificate, shape)?;
        Ok(Duals::numbered(certificate, firsts, names, units))
    }

    fn numbered(certificate: &Certificate, firsts: &[u32], names: &[Option<u32>], units: usize) -> Duals {
        let level = |bound: Option<&Bound>| {
            let Some(bound) = bound else { return ByName::default() };
            let mut prices = vec![None; units];
            let mut put = |inside: usize, price: i64| {
                if let Some(slot) = names.get(inside).and_then(|n| prices.get_mut((*n)? as usize)) {
                    *slot = Some(price);
                }
            };
            match &bound.prices {
                Prices::Units(all) => all.iter().enumerate().for_each(|(unit, &price)| put(unit, price)),
                Prices::Cells(all) => {
                    for (ends, &price) in firsts.windows(2).zip(all) {
                        (ends[0]..ends[1]).for_each(|unit| put(unit as usize, price));
                    }
                }
            }
            ByName { scale: bound.scale, multipliers: bound.multipliers.clone(), prices }
        };
        Duals {
            quotas: certificate.quotas.iter().map(|proof| level(proof.bounds().first().copied())).collect(),
            priority: level(Some(&certificate.room)),
            fit: level(certificate.fit.bounds().first().copied()),
        }
    }
}

/// An answer of before, as seen from a problem.
pub(super) struct Near {
    /// By request: the unit it had, as numbered inside, or [`NONE`]. Nobody else had it.
    pub had: Vec<u32>,
    /// By request: the cell of that unit, or [`NONE`].
    pub cells: Vec<u32>,
    /// What its certificate knew, if that is at hand.
    pub duals: Option<Inside>,
}

/// What a quota costs: the points, in all, that an answer gains if one member less is asked for, or one more
/// may lack; the levels before the points stay as they are. `matching` is the best answer.
///
/// It is found by solving that level again, from the answer. The multiplier of the certificate
/// ([`Certificate::quota_price`]) says at most so much: where it is nothing, so is this.
///
/// ```
/// # use logis::matching::{Pair, Problem, Quota, one_member_less, solve};
/// // One unit, two requests; the one with fewer points is the member that the quota asks for.
/// let pair = |request, marks| Pair { request, unit: 0, fit: 0, marks };
/// let all = Quota { name: "tous".into(), numerator: 1, denominator: 1 };
/// let problem = Problem::from_pairs(vec![3, 10], 1, vec![pair(0, 0b11), pair(1, 0b01)], vec![all])?;
/// let matching = solve(&problem);
/// assert_eq!(matching.unit_of, [Some(0), None]);
/// assert_eq!(one_member_less(&problem, &matching, 0), 7);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn one_member_less(problem: &Problem, matching: &Matching, quota: usize) -> u64 {
    let Some(own) = problem.quotas().get(quota) else { return 0 };
    if matching.certificate.quota_price(quota, own).is_some_and(|(most, _)| most == 0) {
        return 0;
    }
    let duals = Duals::of(problem, &matching.certificate);
    let near = Near::new(problem, &matching.unit_of, Some(&duals));
    let shortfalls: Vec<u64> = matching.reached.quotas.iter().map(|own| own.shortfall).collect();
    let points = rayon::scope(|_| points_with_one_less(problem, &near, &shortfalls, quota));
    points.unwrap_or(0).saturating_sub(matching.reached.priority)
}

impl Near {
    fn new(problem: &Problem, previous: &[Option<u32>], duals: Option<&Duals>) -> Near {
        let cell_of = problem.cell_of_units();
        let inside = problem.numbers_inside();
        let mut had = vec![NONE; problem.requests()];
        let mut given = vec![false; problem.units()];
        for (request, unit) in (0_u32..).zip(previous).take(had.len()) {
            let Some(&unit) = unit.and_then(|unit| inside.get(unit as usize)) else { continue };
            let suits = problem.slot(request, cell_of[unit as usize]).is_some();
            if suits && !std::mem::replace(&mut given[unit as usize], true) {
                had[request as usize] = unit;
            }
        }
        let cells = had.iter().map(|&unit| cell_of.get(unit as usize).copied().unwrap_or(NONE)).collect();
        Near { had, cells, duals: duals.map(|duals| Inside::new(problem, duals)) }
    }
}

/// [`Duals`] in the numbers and cells of a problem.
pub(super) struct Inside {
    pub quotas: Vec<Dual>,
    pub priority: Dual,
    pub fit: Dual,
}

/// Multipliers and prices of one level; by cell, or for the last level by unit.
pub(super) struct Dual {
    pub scale: i64,
    pub multipliers: BTreeMap<Condition, i64>,
    pub prices: Vec<i64>,
}

impl Inside {
    fn new(problem: &Problem, duals: &Duals) -> Inside {
        let by_unit = |own: &ByName| -> Vec<i64> {
            let price = |name: &u32| own.prices.get(*name as usize).copied().flatten().unwrap_or(0);
            problem.names().iter().map(price).collect()
        };
        let by_cell = |own: &ByName| -> Vec<i64> {
            // Where units of a cell had several prices, the next one more costs the least.
            let units = by_unit(own);
            let cells = problem.firsts().windows(2);
            cells
                .map(|ends| units[ends[0] as usize..ends[1] as usize].iter().copied().min().unwrap_or(0))
                .collect()
        };
        let dual = |own: &ByName, prices: Vec<i64>| Dual {
            scale: own.scale.max(1),
            multipliers: own.multipliers.iter().copied().filter(|(_, m)| *m > 0).collect(),
            prices,
        };
        Inside {
            quotas: duals.quotas.iter().map(|own| dual(own, by_cell(own))).collect(),
            priority: dual(&duals.priority, by_cell(&duals.priority)),
            fit: dual(&duals.fit, by_unit(&duals.fit)),
        }
    }
}

impl Dual {
    /// The prices where being housed weighs so much, in parts of a point as levels with quotas count.
    pub fn prices(&self, housed: i64) -> Vec<i64> {
        let before = self.multipliers.get(&Condition::Attributions).copied().unwrap_or(0);
        let shifted = |price: i64| match before > 0 && price >= before / 2 {
            true => price - before + housed,
            false => price,
        };
        let price = |p: i64| match self.scale == SCALE {
            true => shifted(p),
            // From an answer without quotas: whoever pays anything pays for being housed too.
            false if p > 0 => p * SCALE / self.scale + housed,
            false => 0,
        };
        self.prices.iter().map(|&p| price(p.clamp(-MOST, MOST)).clamp(-MOST, MOST)).collect()
    }
}

/// No price of before is taken for more: sums of two do not overflow.
const MOST: i64 = 1 << 55;

/// Finds the best answer, as [`super::solve`], and leaves as it was what can be: where households moved
/// only among themselves, at no gain on any level, they do not move.
///
/// `previous` says by request which unit it had, by the caller's number; what does not suit any more, or
/// is had twice, is passed over. Requests and units that come or go are those of a new [`Problem`]: the
/// answer to an unchanged problem stays the same to the last household. With the `duals` of the previous
/// answer the search begins where that one ended, and only what has changed takes time.
///
/// ```
/// # use logis::matching::{Duals, Pair, Problem, solve, solve_near, verify};
/// let pair = |request, unit| Pair { request, unit, fit: 500, marks: 0 };
/// let before = Problem::from_pairs(vec![7], 2, vec![pair(0, 0), pair(0, 1)], vec![])?;
/// let answer = solve(&before);
/// // Another request comes, with more points: it gets the unit that is free, the first one stays.
/// let now = Problem::from_pairs(vec![7, 9], 2, vec![pair(0, 0), pair(0, 1), pair(1, 0), pair(1, 1)], vec![])?;
/// let duals = Duals::of(&before, &answer.certificate);
/// let next = solve_near(&now, &answer.unit_of, Some(&duals));
/// assert_eq!(next.unit_of[0], answer.unit_of[0]);
/// verify(&now, &next)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn solve_near(problem: &Problem, previous: &[Option<u32>], duals: Option<&Duals>) -> Matching {
    let cell_of = problem.cell_of_units();
    let inside = problem.numbers_inside();
    let near = Near::new(problem, previous, duals);
    let mut matching = solve_from(problem, Some(&near));
    let mut had = near.had;
    let mut given = vec![false; problem.units()];
    for &unit in had.iter().filter(|unit| **unit != NONE) {
        given[unit as usize] = true;
    }
    let now: Vec<u32> =
        matching.unit_of.iter().map(|unit| unit.map_or(NONE, |unit| inside[unit as usize])).collect();
    // Who is new would have, if the others stayed where they were, what is left at the end of the chain of
    // those who moved for it.
    let mut before = vec![NONE; problem.units()];
    for (request, &unit) in (0_u32..).zip(&had) {
        if unit != NONE && now[request as usize] != NONE {
            before[unit as usize] = request;
        }
    }
    for request in 0..now.len() {
        let mut unit = now[request];
        if unit == NONE || had[request] != NONE {
            continue;
        }
        while before[unit as usize] != NONE {
            unit = now[before[unit as usize] as usize];
        }
        let suits = problem.slot(request as u32, cell_of[unit as usize]).is_some();
        if suits && !std::mem::replace(&mut given[unit as usize], true) {
            had[request] = unit;
        }
    }
    let back = Back { problem, cell_of: &cell_of };
    let cycles = cycles(&now, &had, problem.units(), |unit| unit);
    let changes: Vec<Vec<i64>> = cycles.iter().map(|cycle| back.change(cycle, &now, &had)).collect();
    let add =
        |sums: &[i64], change: &[i64]| sums.iter().zip(change).map(|(a, b)| a + b).collect::<Vec<i64>>();
    let mut sums = vec![0; back.width()];
    for (request, &unit) in (0_u32..).zip(&now) {
        back.count(request, unit, 1, &mut sums);
    }
    // All the way back, or as many cycles as can be gone, one after the other.
    let all = changes.iter().fold(sums.clone(), |sums, change| add(&sums, change));
    let gone: Vec<bool> = match back.levels(&all) >= back.levels(&sums) {
        true => vec![true; cycles.len()],
        false => {
            let mut go = |change: &Vec<i64>| {
                let after = add(&sums, change);
                let gone = back.levels(&after) >= back.levels(&sums);
                if gone {
                    sums = after;
                }
                gone
            };
            changes.iter().map(&mut go).collect()
        }
    };
    for request in cycles.iter().zip(gone).filter(|(_, gone)| *gone).flat_map(|(cycle, _)| cycle) {
        let unit = had[*request as usize];
        matching.unit_of[*request as usize] = (unit != NONE).then(|| problem.name(unit));
    }
    matching.reached = reached(problem, &matching.unit_of).unwrap_or_default();
    matching
}

/// The way back from an answer to the one before.
struct Back<'p> {
    problem: &'p Problem,
    cell_of: &'p [u32],
}

impl Back<'_> {
    /// Attributions, points, fit; then by quota its base and its members.
    fn width(&self) -> usize {
        3 + 2 * self.problem.quotas().len()
    }

    /// Counts a request where it is, so many times.
    fn count(&self, request: u32, unit: u32, times: i64, into: &mut [i64]) {
        let problem = self.problem;
        let Some(slot) = self.cell_of.get(unit as usize).and_then(|&cell| problem.slot(request, cell)) else {
            return;
        };
        let marks = problem.marks(slot);
        let own = [1, i64::from(problem.points(request)), i64::from(problem.fit(request, slot, unit))];
        let quotas = (0..problem.quotas().len()).flat_map(|q| {
            [Condition::BaseAtLeast(q), Condition::Members(q)].map(|own| counts(problem, own, marks))
        });
        for (sum, own) in into.iter_mut().zip(own.into_iter().chain(quotas)) {
            *sum += times * own;
        }
    }

    /// What it changes if the requests of a cycle go from one answer to another.
    fn change(&self, cycle: &[u32], from: &[u32], to: &[u32]) -> Vec<i64> {
        let mut change = vec![0; self.width()];
        for &request in cycle {
            self.count(request, from[request as usize], -1, &mut change);
            self.count(request, to[request as usize], 1, &mut change);
        }
        change
    }

    /// The levels of an answer that counts so much, in strict order; more is better.
    fn levels(&self, sums: &[i64]) -> Vec<i64> {
        let shortfall =
            |(quota, own): (&Quota, &[i64])| (own[1] - quota.target(own[0].max(0) as u64) as i64).min(0);
        let shortfalls = self.problem.quotas().iter().zip(sums[3..].chunks(2)).map(shortfall);
        [sums[0]].into_iter().chain(shortfalls).chain([sums[1], sums[2]]).collect()
    }
}
