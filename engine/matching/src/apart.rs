//! Parts of a problem that are solved apart, by processes that know nothing of each other, and what they reach together.

use serde::{Deserialize, Serialize};

#[cfg(feature = "solver")]
use super::answer::Matching;
use super::answer::{QuotaReached, Reached};
#[cfg(feature = "solver")]
use super::problem::Problem;
use super::problem::Quota;
#[cfg(feature = "solver")]
use super::solver::solve;
use super::verify::Gaps;
#[cfg(feature = "solver")]
use super::verify::{ProofError, gaps, reached};

/// What the best answers of one part reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apart {
    /// That of the part's own problem: its quotas are held among its own attributions.
    pub held: Reached,
    /// What its proof leaves open.
    pub held_gaps: Gaps,
    /// That whatever the quotas; what it happens to reach of them is counted.
    pub free: Reached,
    /// What its proof leaves open; of quotas nothing.
    pub free_gaps: Gaps,
    /// By quota: does any pair of the part count for it?
    pub counts: Vec<bool>,
}

/// What parts reach together, and what is proved of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Together {
    /// Is the answer to take in every part the one whatever the quotas? Otherwise it is the part's own.
    pub free: bool,
    /// What the whole reaches.
    pub reached: Reached,
    /// How much better an answer of the whole might be, level by level: nothing where it is proved that none is. All that
    /// a `u64` holds where nothing is proved.
    pub gaps: Gaps,
}

/// The answers of a part: its own, and the one whatever the quotas.
#[cfg(feature = "solver")]
#[derive(Clone, Debug)]
pub struct SolvedApart {
    /// The best answer of the part's problem, with its proof.
    pub held: Matching,
    /// The best answer whatever the quotas, by request its unit; its proof was checked.
    pub free: Vec<Option<u32>>,
    /// What both reach.
    pub apart: Apart,
}

/// Solves one part twice: with its quotas, and whatever they are.
///
/// # Errors
/// A proof does not hold: a fault of the engine.
#[cfg(feature = "solver")]
pub fn solve_apart(problem: &Problem) -> Result<SolvedApart, ProofError> {
    let held = solve(problem);
    let held_gaps = gaps(problem, &held)?;
    let counts = problem.components().quotas.iter().fold(0, |all, own| all | own);
    let counts = (0..problem.quotas().len()).map(|quota| counts >> quota & 1 == 1).collect();
    let (free, free_gaps) = match problem.quotas().is_empty() {
        true => (held.unit_of.clone(), held_gaps.clone()),
        false => {
            let without = problem.without_quotas();
            let free = solve(&without);
            let gaps = gaps(&without, &free)?;
            (free.unit_of, gaps)
        }
    };
    let free_reached = reached(problem, &free)?;
    let apart = Apart { held: held.reached.clone(), held_gaps, free: free_reached, free_gaps, counts };
    Ok(SolvedApart { held, free, apart })
}

/// What parts of a problem with these quotas reach together.
///
/// Parts are whole [`Components`](super::Components), each in one of them: independent but for the quotas, which
/// count attributions of all parts. What is proved of the whole:
///
/// * **Attributions.** Quotas come after the number of those housed, so that the most is the sum of the most of each part.
/// * **Every level, if each quota counts pairs of one part alone, or asks for as many members as there can be.** Such levels
///   add up over parts, and an order by levels is kept by addition: the sum of the best is the best sum.
/// * **Every level, if the answers that are best whatever the quotas meet every quota together.** No answer has more points
///   than these, nor a better fit with as many; and no quota lacks anything, or more than the best of those that add up and
///   stand before all others.
/// * **Otherwise a bound.** Each part holds the quotas among its own attributions. A share rounded up in each part is no less
///   than rounded up once, so that shares that are met in every part are met by the whole. The points are at most those of
///   the answers whatever the quotas; a shortfall can be no smaller than 0, or than what adds up.
pub fn together(quotas: &[Quota], parts: &[Apart]) -> Together {
    let held = sum(quotas, parts.iter().map(|part| &part.held));
    let held_gaps = sum_gaps(quotas.len(), parts.iter().map(|part| &part.held_gaps));
    let free = sum(quotas, parts.iter().map(|part| &part.free));
    let free_gaps = sum_gaps(quotas.len(), parts.iter().map(|part| &part.free_gaps));
    let most = free.attributions.saturating_add(free_gaps.attributions);
    let adds_up = |(at, quota): (usize, &Quota)| {
        let of_one = parts.iter().filter(|part| part.counts.get(at) == Some(&true)).count() <= 1;
        // More than all members that there can be: each one more is one that lacks less, in whatever part.
        let all = quota.numerator == 0 && quota.target(0) >= most;
        of_one || all
    };
    // How many of the first quotas add up: the best of each part is the best of the whole for them.
    let first = quotas.iter().enumerate().take_while(|own| adds_up(*own)).count();
    if first == quotas.len() {
        return Together { free: false, reached: held, gaps: held_gaps };
    }
    let met = |(at, (free, held)): (usize, (&QuotaReached, &QuotaReached))| match at < first {
        true => free.shortfall <= held.shortfall && held_gaps.quotas.get(at) == Some(&0),
        false => free.shortfall == 0,
    };
    if free.quotas.iter().zip(&held.quotas).enumerate().all(met) {
        return Together { free: true, reached: free, gaps: free_gaps };
    }
    let attributions = (free.attributions + free_gaps.attributions).saturating_sub(held.attributions);
    let priority = free.priority.saturating_add(free_gaps.priority).saturating_sub(held.priority);
    // The best fit whatever the quotas bounds that of answers with as many points only.
    let fit = match priority {
        0 => free.fit.saturating_add(free_gaps.fit).saturating_sub(held.fit),
        _ => u64::MAX,
    };
    let gap = |(at, (quota, gap)): (usize, (&QuotaReached, &u64))| match at < first {
        true => *gap,
        false => quota.shortfall,
    };
    let quotas = held.quotas.iter().zip(&held_gaps.quotas).enumerate().map(gap).collect();
    Together { free: false, reached: held, gaps: Gaps { attributions, quotas, priority, fit } }
}

/// What parts reach in all: quotas are asked of the whole.
fn sum<'p>(quotas: &[Quota], parts: impl Iterator<Item = &'p Reached>) -> Reached {
    let mut all = Reached { quotas: vec![QuotaReached::default(); quotas.len()], ..Reached::default() };
    for part in parts {
        all.attributions += part.attributions;
        all.priority += part.priority;
        all.fit += part.fit;
        for (own, quota) in all.quotas.iter_mut().zip(&part.quotas) {
            own.base += quota.base;
            own.members += quota.members;
        }
    }
    for (own, quota) in all.quotas.iter_mut().zip(quotas) {
        own.target = quota.target(own.base);
        own.shortfall = own.target.saturating_sub(own.members);
    }
    all
}

fn sum_gaps<'p>(quotas: usize, parts: impl Iterator<Item = &'p Gaps>) -> Gaps {
    let mut all = Gaps { quotas: vec![0; quotas], ..Gaps::default() };
    for part in parts {
        all.attributions = all.attributions.saturating_add(part.attributions);
        all.priority = all.priority.saturating_add(part.priority);
        all.fit = all.fit.saturating_add(part.fit);
        for (own, gap) in all.quotas.iter_mut().zip(&part.quotas) {
            *own = own.saturating_add(*gap);
        }
    }
    all
}
