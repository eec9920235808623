//! How likely each request takes each unit that suits it, and the leases that lists are to be expected to lead to.
//!
//! A unit whose own places are offered to households of the probabilities p₁, p₂, … is let with the probability
//! 1 - (1 - p₁)(1 - p₂)…: each stands in one own place and answers for itself. Shared places are left out: they promise nothing.
//! Probabilities are counted in whole numbers of [`PARTS`], each product rounded down: with probabilities of two decimals the first
//! six places of a list are exact.

use std::iter::repeat;

use super::commission::{Commission, Place};
use super::instance::{Instance, InstanceError};
use super::leases::{Acceptances, Likely};
use crate::candidates::{Decide, deciding};
use logis_data::Dataset;
use logis_language::value::Exact;
use logis_matching::Matching;

/// In how many parts a probability is counted.
pub(super) const PARTS: i128 = 1_000_000_000_000;

/// How likely each request takes each unit that suits it, where it is offered.
#[derive(Clone, Debug, Default)]
pub struct Chances {
    /// By number of the unit: the requests that it suits, ascending, and the probability of each.
    units: Vec<Vec<(u32, u64)>>,
    /// Of how many pairs the rule tells none, so that they have the assumed one.
    pub assumed: usize,
}

/// What lists are to be expected to lead to: of their own places alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListsWorth {
    /// Own places.
    pub places: usize,
    /// Expected leases.
    pub leases: Exact,
    /// Points of the pack, of all who stand in an own place.
    pub priority: u64,
    /// Expected points of those who sign, summed.
    pub leased_priority: Exact,
    /// By quota in force: the leases that are to be expected in its base, and among its members, as the problem counts.
    pub quotas: Vec<(Exact, Exact)>,
}

impl Chances {
    /// Decides all pairs of an instance.
    ///
    /// # Errors
    /// What is no probability; pairs of which nothing tells one (twenty of both at most).
    pub fn new(
        likely: Likely<'_>,
        dataset: &Dataset,
        instance: &Instance,
    ) -> Result<Chances, Vec<InstanceError>> {
        match likely.rule {
            Some(rule) => {
                deciding(rule, dataset, |decide| Chances::decided(likely, Some(decide), (dataset, instance)))
            }
            None => Chances::decided(likely, None, (dataset, instance)),
        }
    }

    /// The same, where what decides pairs by the rule is there already.
    ///
    /// # Errors
    /// As [`Chances::new`].
    pub(crate) fn decided(
        likely: Likely<'_>,
        decide: Option<&Decide<'_>>,
        (dataset, instance): (&Dataset, &Instance),
    ) -> Result<Chances, Vec<InstanceError>> {
        let suits = instance.requests_by_unit();
        let place = |request: &u32| Place { request: *request, shared: false };
        let lists = suits.iter().map(|requests| requests.iter().map(place).collect()).collect();
        let all = Acceptances::decided(likely, decide, (dataset, instance), &Commission { lists })?;
        let mut units = Vec::with_capacity(suits.len());
        for (requests, own) in suits.into_iter().zip(&all.lists) {
            units.push(requests.into_iter().zip(own.iter().map(parts)).collect());
        }
        Ok(Chances { units, assumed: all.assumed })
    }

    /// The probability of a pair, in parts; nothing where the unit does not suit.
    pub(super) fn of(&self, request: u32, unit: u32) -> i128 {
        let own = self.units.get(unit as usize).map_or(&[][..], Vec::as_slice);
        let at = own.binary_search_by_key(&request, |pair| pair.0).ok();
        at.and_then(|at| own.get(at)).map_or(0, |pair| pair.1.into())
    }

    /// The probability that none of these takes a unit, in parts.
    pub(super) fn none_takes(&self, unit: u32, requests: impl Iterator<Item = u32>) -> i128 {
        requests.fold(PARTS, |left, request| left * (PARTS - self.of(request, unit)) / PARTS)
    }
}

impl Commission {
    /// What these lists are to be expected to lead to; `matching` says to whom they are charged.
    pub fn worth(&self, instance: &Instance, matching: &Matching, chances: &Chances) -> ListsWorth {
        let holders = instance.holders_charged(matching);
        let (mut worth, mut leases, mut leased_priority) = (ListsWorth::default(), 0, 0);
        let mut quotas = vec![(0, 0); instance.problem.quotas().len()];
        for (unit, (list, holder)) in
            (0_u32..).zip(self.lists.iter().zip(holders.into_iter().chain(repeat(None))))
        {
            let mut left = PARTS;
            for place in list.iter().filter(|place| !place.shared) {
                let points = instance.points(place.request);
                let signs = left * chances.of(place.request, unit) / PARTS;
                left -= signs;
                worth.places += 1;
                worth.priority += u64::from(points);
                leased_priority += signs * i128::from(points);
                let marks = instance.marks_in_list(holder, place.request, unit);
                for (at, (base, members)) in quotas.iter_mut().enumerate() {
                    *base += if marks >> (2 * at) & 1 == 1 { signs } else { 0 };
                    *members += if marks >> (2 * at) & 3 == 3 { signs } else { 0 };
                }
            }
            leases += PARTS - left;
        }
        let exact = |own: i128| Exact::new(own, PARTS);
        worth.leases = exact(leases);
        worth.leased_priority = exact(leased_priority);
        worth.quotas = quotas.into_iter().map(|(base, members)| (exact(base), exact(members))).collect();
        worth
    }
}

/// A probability in parts, rounded down.
fn parts(likely: &Exact) -> u64 {
    let (a, b) = (*likely.numer(), *likely.denom());
    let own = match a.checked_mul(PARTS) {
        Some(scaled) => scaled / b,
        // So many digits that the last do not count.
        None => a / (b / PARTS).max(1),
    };
    u64::try_from(own.clamp(0, PARTS)).unwrap_or(0)
}
