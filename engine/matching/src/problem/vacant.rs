//! A problem in which each unit may be given to nobody at no loss of an attribution: the count becomes a quota.

#![expect(clippy::indexing_slicing, reason = "numbers are those of the problem, checked when it was built")]

use std::ops::Range;
use std::sync::Arc;

use super::super::numbers::Cell;
use super::parts::{Fits, MOST_QUOTAS, ProblemError, Quota, TAG};
use super::posed::Problem;

/// The fits of the requests, and none of the vacancies.
struct Vacant {
    of: Arc<dyn Fits>,
    requests: u32,
}

impl Fits for Vacant {
    fn fill(&self, request: u32, slot: usize, units: Range<u32>, into: &mut Vec<u16>) {
        match request < self.requests {
            true => self.of.fill(request, slot, units, into),
            false => into.resize(into.len() + units.len(), 0),
        }
    }
}

impl Problem {
    /// This problem with *vacancies*: requests of no points after all others, one for each unit that is not
    /// `always` given (by the caller's number of the unit), which its cell alone suits. `order` says which quotas there are, in
    /// order: a quota of this problem, or (`None`) the share of the units given that go to requests, all of them.
    /// A vacancy counts in no other quota, and nor does a tenant that stays.
    ///
    /// # Errors
    /// [`ProblemError::Quotas`] if there are too many.
    pub(crate) fn with_vacancies(
        &self,
        order: &[Option<usize>],
        always: &[bool],
    ) -> Result<Problem, ProblemError> {
        if order.len() > MOST_QUOTAS {
            return Err(ProblemError::Quotas(order.len()));
        }
        let share = |place: &Option<usize>| match place.and_then(|q| self.quotas.get(q)) {
            Some(quota) => quota.clone(),
            None => Quota::new("attributions", 1, 1),
        };
        // The two bits of each quota move to its new place; every request counts in the count, and is a member.
        let moved = |marks: &u64| {
            let bits = |(at, place): (usize, &Option<usize>)| match place {
                Some(q) => (marks >> (2 * q) & 3) << (2 * at),
                None => 3 << (2 * at),
            };
            order.iter().enumerate().map(bits).fold(marks & u64::MAX << TAG, |all, own| all | own)
        };
        let counted = order.iter().position(Option::is_none).map_or(0, |at| 1_u64 << (2 * at));
        // The kinds move as they are; staying, and what is given to a vacancy, are one more.
        let mut kinds: Vec<u64> = self.kinds.iter().map(moved).collect();
        let none = u16::try_from(kinds.len()).map_err(|_| ProblemError::Kinds)?;
        kinds.push(counted);
        // A tenant that stays is given its own unit, which is no attribution: as a vacancy is.
        let mut marks: Vec<u16> = Vec::with_capacity(self.open.len());
        for request in 0..self.requests() as u32 {
            marks.extend(self.open_to(request).map(|(_, cell, kind)| match self.stays(request, cell) {
                true => none,
                false => kind,
            }));
        }
        let (mut points, mut starts, mut open) =
            (self.points.clone(), self.starts.clone(), self.open.clone());
        for cell in (0..self.cell_count() as u32).map(Cell) {
            let kept = |unit: &u32| always.get(self.names[*unit as usize] as usize) == Some(&true);
            for _ in self.range(cell).filter(|unit| !kept(unit)) {
                points.push(0);
                open.push(cell);
                marks.push(none);
                starts.push(open.len());
            }
        }
        let fits = Arc::new(Vacant { of: self.fits.clone(), requests: self.requests() as u32 });
        let quotas = order.iter().map(share).collect();
        let (firsts, names) = (self.firsts.clone(), self.names.clone());
        let allowed = order.iter().map(|place| place.map_or(0, |q| self.allowed(q))).collect();
        let homes = self.homes.clone();
        Ok(Problem {
            points,
            firsts,
            starts,
            open,
            marks,
            kinds,
            choices: self.choices,
            fits,
            quotas,
            allowed,
            names,
            homes,
            stays_count: true,
        })
    }

    /// This problem with these of its quotas only, in this order.
    #[must_use]
    pub fn with_only(&self, kept: &[usize]) -> Problem {
        let kept: Vec<usize> = kept.iter().copied().filter(|q| *q < self.quotas.len()).collect();
        let moved = |marks: &u64| {
            kept.iter()
                .enumerate()
                .map(|(at, q)| (marks >> (2 * q) & 3) << (2 * at))
                .fold(marks & u64::MAX << TAG, |all, own| all | own)
        };
        if kept.is_empty() {
            return self.without_quotas();
        }
        let kinds = self.kinds.iter().map(moved).collect();
        let quotas = kept.iter().map(|q| self.quotas[*q].clone()).collect();
        let allowed = kept.iter().map(|q| self.allowed(*q)).collect();
        Problem { quotas, allowed, kinds, ..self.clone() }
    }
}
