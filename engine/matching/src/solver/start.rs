//! Where a search starts: the answer that there was (a *warm start*), and what its certificate knew.

#![expect(
    clippy::indexing_slicing,
    reason = "numbers of the problem, which its constructors check, and of answers to it"
)]

use std::collections::BTreeMap;

use super::super::answer::{Bound, Certificate, Condition, Prices};
use super::super::numbers::{Cell, InnerUnit};
use super::super::problem::Problem;
use super::super::verify::{Level, ProofError, Shape, well_formed};
use super::marks::SCALE;

/// Warm-start prices are clamped to ± this, so that no sum of two overflows an `i64`, nor of a few hundred.
const MOST: i64 = 1 << 55;

/// What an answer's certificate knew of each unit and condition: where the search for the next one begins.
///
/// It only says where to look first. Whatever it holds, the next answer is best and is proved anew.
#[derive(Clone, Debug, Default)]
pub struct Duals {
    quotas: Vec<ByName>,
    priority: ByName,
    fit: ByName,
}

/// The first bound of a level, with prices by the caller's number of the unit: cells and inner numbers are of
/// one problem only.
#[derive(Clone, Debug, Default)]
struct ByName {
    scale: i64,
    multipliers: Vec<(Condition, i64)>,
    prices: Vec<Option<i64>>,
}

impl Duals {
    /// Those of an answer to `problem`; empty if the certificate is that of another problem.
    pub fn of(problem: &Problem, certificate: &Certificate) -> Duals {
        let names: Vec<Option<u32>> = problem.names().iter().copied().map(Some).collect();
        if well_formed(certificate, Shape::of(problem)).is_err() {
            return Duals::default();
        }
        Duals::numbered(certificate, problem.firsts(), &names, problem.units())
    }

    /// Those of a certificate whose problem is not at hand. `firsts` has the first unit of each of its cells,
    /// and the number of units at the end; `names` by inner number of the unit its number in the problem to
    /// come, which has `units` units, or `None` for a unit that has gone.
    ///
    /// # Errors
    /// [`ProofError::Form`] if the certificate is not one of these cells and units.
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
            // A level proved by splits gives its first bound: a start needs no proof.
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
    /// By request: the unit it had, or [`InnerUnit::NONE`]. Nobody else had it.
    pub had: Vec<InnerUnit>,
    /// By request: the cell of that unit, or [`Cell::NONE`].
    pub cells: Vec<Cell>,
    /// What its certificate knew, if that is at hand.
    pub duals: Option<Inside>,
}

impl Near {
    /// `previous` has by request the unit that it had, by the caller's number. What does not suit any more,
    /// or was had twice, is passed over.
    pub fn new(problem: &Problem, previous: &[Option<u32>], duals: Option<&Duals>) -> Near {
        let cell_of = problem.cell_of_units();
        let inside = problem.numbers_inside();
        let mut had = vec![InnerUnit::NONE; problem.requests()];
        let mut given = vec![false; problem.units()];
        for (request, unit) in (0_u32..).zip(previous).take(had.len()) {
            let Some(&unit) = unit.and_then(|unit| inside.get(unit as usize)) else { continue };
            // Each unit is had by one request at most, and by one that it still suits.
            let suits = problem.slot_or_stay(request, cell_of[unit.index()]).is_some();
            if suits && !std::mem::replace(&mut given[unit.index()], true) {
                had[request as usize] = unit;
            }
        }
        // Who holds a unit and was given none stayed.
        for (request, own) in (0_u32..).zip(&mut had) {
            let Some(unit) = problem.home_unit(request) else { continue };
            if *own == InnerUnit::NONE && !std::mem::replace(&mut given[unit.index()], true) {
                *own = unit;
            }
        }
        let cells =
            had.iter().map(|&unit| cell_of.get(unit.index()).copied().unwrap_or(Cell::NONE)).collect();
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
            // Negative ones hold for that answer's room only.
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
    /// The prices in parts of a point, as levels with quotas count, where being housed weighs `housed`.
    ///
    /// What being housed weighs differs from problem to problem, and whoever pays more than half of it pays for
    /// being housed: that part of the price is replaced.
    pub fn prices(&self, housed: i64) -> Vec<i64> {
        let before = self.multipliers.get(&Condition::Attributions).copied().unwrap_or(0);
        let shifted = |price: i64| match before > 0 && price >= before / 2 {
            true => price - before + housed,
            false => price,
        };
        // The certificate of a problem without quotas counts in whole points.
        let price = |p: i64| match self.scale == SCALE {
            true => shifted(p),
            // From an answer without quotas: whoever pays anything pays for being housed too.
            false if p > 0 => p * SCALE / self.scale + housed,
            false => 0,
        };
        self.prices.iter().map(|&p| price(p.clamp(-MOST, MOST)).clamp(-MOST, MOST)).collect()
    }
}
