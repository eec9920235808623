//! Lists for the allocation commission: several candidates for each unit, in order.
//!
//! The first candidates are the attributions of the matching. The second ones are the best answer of
//! the same problem among the requests that are not first anywhere, and so on, rank after rank. So a
//! request stands once in all *own* places together, and:
//!
//! * whoever refuses, the first of each list that accepts gets the unit, no household gets two, and no
//!   other household moves;
//! * each rank is the best answer there is among those who stand in no rank before it;
//! * where no quota is in force, points never rise down a list.
//!
//! Where too few requests are left, a list is completed by requests that stand elsewhere: such a place
//! is *shared*, and promises nothing.

use std::collections::BTreeSet;

use super::instance::Instance;
use logis_matching::{Matching, ProblemError, solve};

/// The lists of all units.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Commission {
    /// By number of the unit: its candidates, the first first.
    pub lists: Vec<Vec<Place>>,
}

/// A place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The request, by number.
    pub request: u32,
    /// Does the request stand in other lists too?
    pub shared: bool,
}

/// What refusals change.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AfterRefusals {
    /// By number of the request: the unit that it gets now.
    pub unit_of: Vec<Option<u32>>,
    /// Units that change hands: who had it, and who has it now.
    pub changes: Vec<(u32, Option<u32>, Option<u32>)>,
}

impl Commission {
    /// Makes the lists; `places` has how many candidates are to be presented, by number of the unit.
    ///
    /// # Errors
    /// None that the instance has not had.
    pub fn new(
        instance: &Instance,
        matching: &Matching,
        places: &[usize],
    ) -> Result<Commission, ProblemError> {
        let mut lists: Vec<Vec<Place>> = vec![Vec::new(); instance.units.len()];
        let mut named = vec![false; instance.requests.len()];
        let most = places.iter().copied().max().unwrap_or(0);
        let mut unit_of = matching.unit_of.clone();
        // Rank by rank. The first place of each list is the answer itself; each further one is the best
        // answer of those who stand on no list yet, for the units whose lists are still short.
        for rank in 0..most {
            let mut any = false;
            for (request, unit) in (0_u32..).zip(&unit_of) {
                let Some(unit) = *unit else { continue };
                let asked = places.get(unit as usize).copied().unwrap_or(0);
                if let (Some(list), Some(named)) =
                    (lists.get_mut(unit as usize).filter(|_| asked > rank), named.get_mut(request as usize))
                {
                    list.push(Place { request, shared: false });
                    *named = true;
                    any = true;
                }
            }
            if !any || rank + 1 == most {
                break;
            }
            let wanted = |unit: u32| places.get(unit as usize).is_some_and(|asked| *asked > rank + 1);
            let free = |request: u32| named.get(request as usize) == Some(&false);
            unit_of = solve(&instance.part(|request, unit| free(request) && wanted(unit))?).unit_of;
        }
        let mut commission = Commission { lists };
        commission.complete(instance, matching, places);
        Ok(commission)
    }

    /// Fills the lists that are too short with requests that stand elsewhere and have no unit.
    fn complete(&mut self, instance: &Instance, matching: &Matching, places: &[usize]) {
        let short = self.lists.iter().zip(places).any(|(list, asked)| list.len() < *asked);
        if !short {
            return;
        }
        for (unit, (suits, (list, asked))) in
            (0_u32..).zip(instance.requests_by_unit().into_iter().zip(self.lists.iter_mut().zip(places)))
        {
            if list.len() >= *asked {
                continue;
            }
            let own: BTreeSet<u32> = list.iter().map(|place| place.request).collect();
            let mut others: Vec<u32> = suits
                .into_iter()
                .filter(|r| !own.contains(r) && matching.unit_of.get(*r as usize) == Some(&None))
                .collect();
            // As the matching would choose: most points first, then the better fit, then the identifier.
            others.sort_by_key(|&request| {
                let fit = instance.pair(request, unit).map_or(0, |(fit, _)| fit);
                (std::cmp::Reverse((instance.problem.points(request), fit)), request)
            });
            let lacking = *asked - list.len();
            list.extend(others.into_iter().take(lacking).map(|request| Place { request, shared: true }));
        }
    }

    /// What becomes of the attributions when these pairs of request and unit are refused.
    ///
    /// A unit that is refused goes to the first of its list who has no unit and has not refused it;
    /// who refuses has none. What is not refused stays. Where own places are used up, the units that are
    /// left go to those who wait by the best answer there is.
    ///
    /// # Errors
    /// None that the instance has not had.
    pub fn after(
        &self,
        instance: &Instance,
        matching: &Matching,
        refusals: &BTreeSet<(u32, u32)>,
    ) -> Result<AfterRefusals, ProblemError> {
        let before = matching.request_of(instance.units.len());
        let mut unit_of = matching.unit_of.clone();
        let mut refused = Vec::new();
        for (request, unit) in (0_u32..).zip(&mut unit_of) {
            if let Some(own) = *unit
                && refusals.contains(&(request, own))
            {
                refused.push(own);
                *unit = None;
            }
        }
        let mut left = Vec::new();
        // Unit after unit, in their order: who takes one is no longer free for the next. Shared places are
        // passed over, as they promise nothing: the matching below decides among all who wait.
        for &unit in &refused {
            let list = self.lists.get(unit as usize).map_or(&[][..], |l| l);
            let next = list.iter().filter(|place| !place.shared).map(|place| place.request).find(|request| {
                !refusals.contains(&(*request, unit)) && unit_of.get(*request as usize) == Some(&None)
            });
            match next.and_then(|request| unit_of.get_mut(request as usize)) {
                Some(slot) => *slot = Some(unit),
                None => left.push(unit),
            }
        }
        // What no list could give is matched anew among those who wait, without what was refused.
        if !left.is_empty() {
            let waits = |request: u32| unit_of.get(request as usize) == Some(&None);
            let part = instance.part(|request, unit| {
                left.contains(&unit) && waits(request) && !refusals.contains(&(request, unit))
            })?;
            for (slot, unit) in unit_of.iter_mut().zip(solve(&part).unit_of) {
                *slot = slot.or(unit);
            }
        }
        let mut now: Vec<Option<u32>> = vec![None; instance.units.len()];
        for (request, unit) in (0_u32..).zip(&unit_of) {
            if let Some(slot) = unit.and_then(|unit| now.get_mut(unit as usize)) {
                *slot = Some(request);
            }
        }
        let changes = (0_u32..).zip(before.into_iter().zip(now));
        let changes = changes.filter(|(_, (a, b))| a != b).map(|(unit, (a, b))| (unit, a, b)).collect();
        Ok(AfterRefusals { unit_of, changes })
    }
}
