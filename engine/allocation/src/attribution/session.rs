//! The problem of a session: of those who wait and of what is free, the pairs that suit.
//!
//! Requests are numbered anew, those that some free unit suits alone: a session sees a small part of a year.

use super::instance::{Instance, InstanceError, MOST_TOLD, Open, Weigh};
use super::rules::MatchingPlan;
use crate::candidates::{Finder, Searched};
use logis_data::Dataset;
use logis_matching::{Pair, Problem, ProblemError, Quota};

/// Pairs one by one, in the order of requests and units.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    /// By request: where its pairs begin; then, where the last ones end.
    starts: Vec<usize>,
    pairs: Vec<Pair>,
}

impl Listed {
    pub fn of(&self, request: u32) -> &[Pair] {
        let at = |request: usize| self.starts.get(request).copied().unwrap_or(self.pairs.len());
        self.pairs.get(at(request as usize)..at(request as usize + 1)).unwrap_or(&[])
    }

    /// The units of a request, each once.
    pub fn units_of(&self, request: u32) -> Vec<u32> {
        let mut units: Vec<u32> = self.of(request).iter().map(|pair| pair.unit).collect();
        units.dedup();
        units
    }
}

impl Instance {
    /// The instance of these pairs, in the order of requests and units, and these quotas; and by number of its requests the number
    /// here. Units keep their numbers. Nobody holds a unit in it.
    ///
    /// # Errors
    /// Quotas beyond the limits.
    pub(crate) fn session(
        &self,
        mut pairs: Vec<Pair>,
        quotas: Vec<Quota>,
    ) -> Result<(Instance, Vec<u32>), ProblemError> {
        let (mut who, mut starts): (Vec<u32>, Vec<usize>) = (Vec::new(), Vec::new());
        for (at, pair) in pairs.iter_mut().enumerate() {
            if who.last() != Some(&pair.request) {
                who.push(pair.request);
                starts.push(at);
            }
            pair.request = u32::try_from(who.len() - 1).unwrap_or(u32::MAX);
        }
        starts.push(pairs.len());
        let listed = Listed { starts, pairs };
        let points = who.iter().map(|request| self.problem.points(*request)).collect();
        let units = u32::try_from(self.units.len()).unwrap_or(u32::MAX);
        let own = |request: u32, into: &mut Vec<Pair>| into.extend_from_slice(listed.of(request));
        let problem = Problem::from_lists(points, units, own, quotas)?;
        let (sides, ties) = ((self.requests.only(&who), self.units.clone()), self.ties.only(&who));
        let (by_points, firsts, listed) = (self.by_points, self.firsts, Some(listed));
        let instance = Instance::with(Searched::default(), problem, sides, Open::default(), ties);
        Ok((Instance { by_points, firsts, listed, ..instance }, who))
    }

    /// The pairs between some requests and some units (ascending rows) that suit and that are kept, in the order of their numbers.
    ///
    /// # Errors
    /// Fits that are no whole numbers in their range.
    pub(crate) fn pairs_among(
        &self,
        (plan, dataset): (&MatchingPlan, &Dataset),
        finder: &Finder<'_, '_>,
        (requests, units): (&[u32], &[u32]),
        keep: impl Fn(u32, u32) -> bool + Sync,
    ) -> Result<Vec<Pair>, Vec<InstanceError>> {
        let weigh = Weigh { plan, dataset, requests: &self.requests, units: &self.units };
        let found = finder.among(requests, units, |found| {
            let weighed = weigh.candidates(found);
            let mut pairs = Vec::with_capacity(found.len());
            for candidate in 0..found.len() {
                let (request, unit) = found.pair(candidate);
                let (request, unit) = (self.requests.number(request), self.units.number(unit));
                // To stay where one is is no candidacy.
                if self.held(request) != Some(unit) && keep(request, unit) {
                    let fit = weighed.fits.get(candidate).copied().unwrap_or(0);
                    let pair = |marks: &u64| Pair { request, unit, fit, marks: *marks };
                    pairs.extend(weighed.marks_of(candidate).iter().map(pair));
                }
            }
            (pairs, weighed.wrong)
        });
        let wrong: Vec<InstanceError> =
            found.iter().flat_map(|(_, wrong)| wrong).take(MOST_TOLD).cloned().collect();
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let mut pairs: Vec<Pair> = Vec::with_capacity(found.iter().map(|(pairs, _)| pairs.len()).sum());
        found.into_iter().for_each(|(own, _)| pairs.extend(own));
        // Rows mostly stand in the order of their identifiers already.
        let in_order = |pair: &Pair| (pair.request, pair.unit);
        if !pairs.is_sorted_by_key(in_order) {
            pairs.sort_by_key(in_order);
        }
        Ok(pairs)
    }
}
