//! To give a unit now, or to wait: what an attribution of today costs the year, by drawn years that are matched at once.
//!
//! The units that are free now are matched with those who wait, as any session does. A year is all units of the data and all who
//! wait, with the [`Newcomers`] that are drawn for it, as one problem: what whoever knew the whole year could reach. An attribution
//! of today costs what the year reaches less if it is made: nothing, if some best answer of the year has it.

use rayon::prelude::*;

use logis_matching::{Matching, Quota, Reached};

use super::error::AllocationError;
use super::posing::{Posing, answer_in_order};
use super::position::{Newcomers, YearsToDraw};

/// An attribution of today, and what it costs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Deferral {
    /// The unit, by number.
    pub unit: u32,
    /// The request that it is given to, by number.
    pub request: u32,
    /// The points of that request.
    pub points: u32,
    /// One a drawn year, in the order of the seeds.
    pub years: Vec<Cost>,
}

/// What an attribution costs a drawn year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Attributions that the year has less.
    pub attributions: i64,
    /// Members that its quotas lack more, all together.
    pub members: i64,
    /// Points of priority that it has less; below nothing only where it has fewer attributions or members.
    pub points: i64,
    /// Points that the year has less without the unit at all, and the household that it houses: what a unit like it is worth.
    pub worth: i64,
}

impl Cost {
    /// Does it cost attributions or members of quotas, which points do not make up for?
    pub fn is_more_than_points(&self) -> bool {
        self.attributions != 0 || self.members != 0
    }
}

impl Posing {
    /// Matches the units that are free now (by number: is it?) with those who wait, and says what each attribution costs the drawn
    /// years. Without newcomers all years are one. Sessions do not matter, as a year is matched at once.
    ///
    /// # Errors
    /// Requests that hold a unit; an order by points alone, which no answer is best by; a proof that does not hold: a fault of the
    /// engine.
    pub fn deferrals(
        &self,
        now: &[bool],
        (draw, newcomers): (YearsToDraw, Option<&Newcomers>),
    ) -> Result<Vec<Deferral>, AllocationError> {
        if self.instance.has_tenants() {
            return Err(AllocationError::Deferred("des demandes occupent un logement"));
        }
        if self.instance.by_points {
            return Err(AllocationError::Deferred("l'ordre du paquet est celui des points"));
        }
        let quotas: Vec<Quota> = self.plan.quotas.iter().map(|quota| quota.quota.clone()).collect();
        let is_now = |unit: u32| now.get(unit as usize).copied().unwrap_or(false);
        let today: Vec<(u32, u32)> = self.pairs().into_iter().filter(|(_, unit)| is_now(*unit)).collect();
        let today = self.best_of(&today, &quotas)?;
        let given = |(request, unit): (u32, &Option<u32>)| Some((request, (*unit)?));
        let given: Vec<(u32, u32)> = (0_u32..).zip(&today.unit_of).filter_map(given).collect();
        // The numbers of the years' problem: copies stand between the others.
        let whole = newcomers.map_or(self, Newcomers::posing);
        let number = |request: u32| {
            let id = self.instance.requests.id(&self.dataset, request);
            whole.instance.requests.find(&whole.dataset, id).unwrap_or(u32::MAX)
        };
        let pairs = whole.pairs();
        let own = u32::try_from(self.instance.requests.len()).unwrap_or(u32::MAX);
        let years: Vec<Vec<Cost>> = (0..u64::from(draw.years))
            .into_par_iter()
            .map(|at| {
                let seed = draw.seed.wrapping_add(at);
                let comes = newcomers.map(|newcomers| newcomers.arrivals(own, seed, draw.sessions.max(1)));
                let comes = |request: u32| match &comes {
                    Some(comes) => comes.get(request as usize).copied().flatten().is_some(),
                    None => true,
                };
                let pairs: Vec<(u32, u32)> = pairs.iter().copied().filter(|pair| comes(pair.0)).collect();
                let best = whole.best_of(&pairs, &quotas)?;
                let reached = whole.reached(&best);
                let part = |keep: &dyn Fn(&(u32, u32)) -> bool| {
                    let pairs: Vec<(u32, u32)> = pairs.iter().copied().filter(|pair| keep(pair)).collect();
                    Ok::<_, AllocationError>(cost(&reached, &whole.reached(&whole.best_of(&pairs, &quotas)?)))
                };
                let of = |&(request, unit): &(u32, u32)| {
                    let request = number(request);
                    let worth = part(&|pair| pair.1 != unit)?.points;
                    // The best answer itself may have it.
                    if best.unit_of.get(request as usize) == Some(&Some(unit)) {
                        return Ok(Cost { worth, ..Cost::default() });
                    }
                    // Made: neither has another.
                    let made =
                        part(&|pair| *pair == (request, unit) || (pair.0 != request && pair.1 != unit))?;
                    Ok(Cost { worth, ..made })
                };
                given.iter().map(of).collect()
            })
            .collect::<Result<_, AllocationError>>()?;
        let deferral = |(at, &(request, unit)): (usize, &(u32, u32))| Deferral {
            unit,
            request,
            points: self.instance.points(request),
            years: years.iter().filter_map(|costs| costs.get(at).copied()).collect(),
        };
        Ok(given.iter().enumerate().map(deferral).collect())
    }

    /// All suitable pairs, by number, in their order.
    fn pairs(&self) -> Vec<(u32, u32)> {
        let numbers = (0_u32..).take(self.instance.requests.len());
        let of = |request: u32| {
            let mut units = self.instance.units_of(request);
            units.sort_unstable();
            units.into_iter().map(move |unit| (request, unit))
        };
        numbers.flat_map(of).collect()
    }

    /// The best answer of some pairs, in the order that the pack says.
    fn best_of(&self, pairs: &[(u32, u32)], quotas: &[Quota]) -> Result<Matching, AllocationError> {
        let instance = self.instance.only(pairs, quotas.to_vec())?;
        Ok(answer_in_order(&self.plan, &instance.problem, &[], None, None)?.matching)
    }

    fn reached(&self, matching: &Matching) -> Reached {
        self.instance.in_points(matching).0
    }
}

/// What the second reaches less than the first.
fn cost(best: &Reached, made: &Reached) -> Cost {
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let lacks = |of: &Reached| of.quotas.iter().map(|quota| signed(quota.shortfall)).sum::<i64>();
    Cost {
        attributions: signed(best.attributions) - signed(made.attributions),
        members: lacks(made) - lacks(best),
        points: signed(best.priority) - signed(made.priority),
        worth: 0,
    }
}
