//! The other order: in the order of their points, each request takes the unit that fits it best of those left.
//!
//! What comes out is stable (nobody would fit better in a unit that a request of fewer points holds), and telling all
//! units that one would take never costs anything. It counts neither attributions nor quotas, which is its price. Where attributions are
//! charged to holders, the turns come first: of all ways to charge what they give, one that the quotas lack least by, in their order.

use std::cmp::Reverse;

use super::instance::Instance;
use logis_matching::{Bound, Certificate, Matching, Prices, ProblemError, Proof, Reached, reached_by, solve};

/// By number of the request: the unit that it takes. Of requests of as many points the rank decides, then the number; of
/// units that fit as well the number.
pub fn by_points(instance: &Instance) -> Vec<Option<u32>> {
    by_points_of(instance, |_, _| true)
}

/// The same of the pairs that are kept.
fn by_points_of(instance: &Instance, keep: impl Fn(u32, u32) -> bool) -> Vec<Option<u32>> {
    let count = instance.requests.len();
    let mut order: Vec<u32> = (0_u32..).take(count).collect();
    order.sort_by_key(|&request| (Reverse(instance.problem.points(request)), request));
    let (mut unit_of, mut given) = (vec![None; count], vec![false; instance.units.len()]);
    for request in order {
        let free = |unit: &u32| given.get(*unit as usize) == Some(&false) && keep(request, *unit);
        let units = instance.units_of(request).into_iter().filter(free);
        let fit = |unit: u32| instance.pair(request, unit).map_or(0, |(fit, _)| fit);
        let best = units.min_by_key(|&unit| (Reverse(fit(unit)), unit));
        if let Some(unit) = best
            && let (Some(own), Some(given)) =
                (unit_of.get_mut(request as usize), given.get_mut(unit as usize))
        {
            (*own, *given) = (Some(unit), true);
        }
    }
    unit_of
}

impl Instance {
    /// The best answer of the pairs that are kept, in the order that the pack says.
    ///
    /// # Errors
    /// None that this instance has not had.
    pub(super) fn best_of(&self, keep: impl Fn(u32, u32) -> bool) -> Result<Matching, ProblemError> {
        match self.by_points {
            true => {
                let unit_of = by_points_of(self, keep);
                let marks_of = self.charges(&unit_of)?;
                Ok(Matching { unit_of, marks_of, ..Matching::default() })
            }
            false => Ok(solve(&self.part_of_all(keep)?)),
        }
    }

    /// The answer in the order of points. Its certificate says nothing: whoever checks it takes the turns again.
    pub fn in_order_of_points(&self) -> Matching {
        let unit_of = by_points(self);
        let marks_of = self.charges(&unit_of).unwrap_or_default();
        let reached = reached_by(&self.problem, &unit_of, &marks_of).unwrap_or_default();
        let quotas = self.problem.quotas().len();
        let room =
            Bound { scale: 1, prices: Prices::Cells(vec![0; self.problem.cell_count()]), ..Bound::default() };
        let certificate = Certificate {
            attributions: Proof::Nothing,
            bases: vec![[Proof::Nothing, Proof::Nothing]; quotas],
            quotas: vec![Proof::Nothing; quotas],
            priority: Proof::Nothing,
            room,
            fit: Proof::Nothing,
        };
        Matching { unit_of, marks_of, reached, certificate }
    }

    /// By number of the request: by which of its pairs with its unit it is housed, so that the quotas lack least, in their order. Empty
    /// where each has one.
    ///
    /// # Errors
    /// None that this instance has not had.
    pub(super) fn charges(&self, unit_of: &[Option<u32>]) -> Result<Vec<u64>, ProblemError> {
        if !self.problem.has_choices() {
            return Ok(Vec::new());
        }
        // No two of these pairs are in each other's way: all are made, and only how they count is left to choose.
        let own = |request: u32, unit: u32| unit_of.get(request as usize) == Some(&Some(unit));
        Ok(solve(&self.part_of_all(own)?).marks_of)
    }

    /// Do the quotas lack no more in this answer than they have to, with its units as they are?
    pub(crate) fn is_charged_best(&self, matching: &Matching) -> bool {
        let lacking =
            |reached: &Reached| -> Vec<u64> { reached.quotas.iter().map(|quota| quota.shortfall).collect() };
        let best = self.charges(&matching.unit_of).ok();
        let best = best.and_then(|marks| reached_by(&self.problem, &matching.unit_of, &marks).ok());
        best.is_some_and(|best| lacking(&best) == lacking(&matching.reached))
    }

    /// Is this what comes out in the order of points? Otherwise the first request that should have another unit, and that.
    pub(crate) fn turns(&self, matching: &Matching) -> Result<(), (u32, Option<u32>)> {
        let turns = by_points(self);
        let mut both = (0_u32..).zip(turns.iter().zip(&matching.unit_of));
        match both.find(|(_, (own, found))| own != found) {
            Some((request, (own, _))) => Err((request, *own)),
            None => Ok(()),
        }
    }
}

/// What an order of the levels reaches.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct OrderReached {
    /// `points_then_fit`: the levels of the matching; `by_points`: in the order of points, each its best.
    pub order: &'static str,
    /// How many are housed.
    pub attributions: u64,
    /// Points of the housed, summed.
    pub priority: u64,
    /// Fits of the attributions, summed.
    pub fit: u64,
    /// By quota in force: how many members lack.
    pub shortfalls: Vec<Shortfall>,
    /// How many are housed while a unit that fits them better is held by a request of fewer points.
    pub housed_envying: usize,
    /// How many wait while a unit that suits them is held by a request of fewer points.
    pub waiting_envying: usize,
}

/// How many members a quota lacks.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Shortfall {
    /// The quota.
    pub quota: String,
    /// How many.
    pub shortfall: u64,
}

/// How many are housed while a unit that fits them better is held by a request of fewer points, and how many wait while one that
/// suits them is: *justified envy*. `unit_of` is by number of the request.
pub fn envying(instance: &Instance, unit_of: &[Option<u32>]) -> (usize, usize) {
    let (housed, waiting): (Vec<_>, Vec<_>) = envied(instance, unit_of)
        .into_iter()
        .zip(unit_of)
        .filter(|(units, _)| !units.is_empty())
        .partition(|(_, own)| own.is_some());
    (housed.len(), waiting.len())
}

/// For each request: the units that fit it better than its own (any that suits it, if it waits) and that a request of
/// fewer points holds, each with its holder: *justified envy*.
pub(super) fn envied(instance: &Instance, unit_of: &[Option<u32>]) -> Vec<Vec<(u32, u32)>> {
    let mut request_of = vec![None; instance.units.len()];
    for (request, unit) in (0_u32..).zip(unit_of) {
        if let Some(slot) = unit.and_then(|unit| request_of.get_mut(unit as usize)) {
            *slot = Some(request);
        }
    }
    let fit = |request: u32, unit: u32| instance.pair(request, unit).map_or(0, |(fit, _)| fit);
    let of = |(request, own): (u32, &Option<u32>)| {
        let better = |unit: &u32| own.is_none_or(|own| fit(request, *unit) > fit(request, own));
        let holder = |unit: u32| Some((unit, request_of.get(unit as usize).copied().flatten()?));
        let units = instance.units_of(request).into_iter().filter(better).filter_map(holder);
        units.filter(|(_, holder)| instance.points(*holder) < instance.points(request)).collect()
    };
    (0_u32..).zip(unit_of).map(of).collect()
}
