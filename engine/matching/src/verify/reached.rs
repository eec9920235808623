//! The answer by itself: is it possible, and what does it reach at each level?

use super::super::answer::{QuotaReached, Reached};
use super::super::problem::Problem;
use super::error::{Level, ProofError};

/// What an answer reaches at each level, if it is possible.
///
/// # Errors
/// A request with a unit that does not suit it, a unit given twice, a unit given whose tenant stays.
pub fn reached(problem: &Problem, unit_of: &[Option<u32>]) -> Result<Reached, ProofError> {
    reached_by(problem, unit_of, &[])
}

/// As [`reached`], where `marks_of` says by request by which of its pairs with the unit it is housed; the first of them, where
/// it is empty.
///
/// # Errors
/// Those of [`reached`]; marks for another number of requests, or of no pair of the request and the unit.
pub fn reached_by(
    problem: &Problem,
    unit_of: &[Option<u32>],
    marks_of: &[u64],
) -> Result<Reached, ProofError> {
    if !marks_of.is_empty() && marks_of.len() != problem.requests() {
        return Err(ProofError::Length { found: marks_of.len(), expected: problem.requests() });
    }
    if unit_of.len() != problem.requests() {
        return Err(ProofError::Length { found: unit_of.len(), expected: problem.requests() });
    }
    let cell_of = problem.cell_of_units();
    let inside = problem.numbers_inside();
    let mut given = vec![false; problem.units()];
    let mut reached =
        Reached { quotas: vec![QuotaReached::default(); problem.quotas().len()], ..Reached::default() };
    for (request, named) in (0_u32..).zip(unit_of) {
        let Some(named) = *named else { continue };
        // From the caller's number to the cell, and to the slot by which it is open to the request: none, and
        // the unit does not suit.
        let place = inside.get(named as usize).and_then(|&unit| {
            let cell = *cell_of.get(unit.index())?;
            let slot = match marks_of.get(request as usize) {
                Some(marks) => problem.slot_with(request, cell, *marks)?,
                None => problem.slot(request, cell)?,
            };
            Some((unit, slot, given.get_mut(unit.index())?))
        });
        let Some((unit, slot, given)) = place else {
            return Err(ProofError::NotSuitable { request, unit: named });
        };
        if std::mem::replace(given, true) {
            return Err(ProofError::Twice { unit: named });
        }
        reached.attributions += 1;
        reached.priority += u64::from(problem.points(request));
        reached.fit += u64::from(problem.fit(request, slot, unit));
        // Marks are of the slot: all units of a cell count alike.
        for (q, quota) in reached.quotas.iter_mut().enumerate() {
            let (base, member) = marks(problem.marks(slot), q);
            quota.base += u64::from(base);
            quota.members += u64::from(member);
        }
    }
    // Who holds a unit and is given no other keeps it, so that nobody else has it.
    if problem.has_tenants() {
        for (request, _) in (0_u32..).zip(unit_of).filter(|(_, unit)| unit.is_none()) {
            let Some((cell, unit)) = problem.home(request).zip(problem.home_unit(request)) else { continue };
            if given.get(unit.index()) != Some(&false) {
                let unit = problem.held(request).unwrap_or(u32::MAX);
                return Err(ProofError::Occupied { unit, request });
            }
            // To stay counts nothing, but in the wider problem of quotas that come first.
            reached.attributions += u64::from(problem.counts_in(request, cell));
            let marks_of_stay = problem.slot_or_stay(request, cell).map_or(0, |slot| problem.marks(slot));
            for (q, quota) in reached.quotas.iter_mut().enumerate() {
                let (base, member) = marks(marks_of_stay, q);
                quota.base += u64::from(base);
                quota.members += u64::from(member);
            }
        }
    }
    // Targets need the whole base.
    for (q, own) in reached.quotas.iter_mut().enumerate() {
        own.target = problem.target(q, own.base);
        own.shortfall = own.target.saturating_sub(own.members);
    }
    Ok(reached)
}

/// Does a pair of these marks count in the base of a quota, and among its members?
fn marks(marks: u64, quota: usize) -> (bool, bool) {
    let base = marks >> (2 * quota) & 1 == 1;
    (base, base && marks >> (2 * quota + 1) & 1 == 1)
}

/// Is what is claimed what was found?
///
/// # Errors
/// The first level that is not.
pub fn compare(found: &Reached, claimed: &Reached) -> Result<(), ProofError> {
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
