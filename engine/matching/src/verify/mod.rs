//! The checker: is this an answer, does it reach what it says, and does its certificate prove that
//! no answer reaches more? It knows the problem and the answer, and nothing of how it was found.
//!
//! Neither the answer nor the certificate is trusted. Three steps:
//!
//! 1. `reached`: the answer is possible, and reaches at each level what it says.
//! 2. `form`: the certificate speaks of this problem, and its numbers are small enough to be added up. What
//!    passes is a tree of checked bounds; the rest is refused before any arithmetic, in one pass.
//! 3. `weigh`, `considered` and `bound`: what each checked bound proves. A level is proved if no answer that
//!    reaches the levels before can be worth more at it than this one.
//!
//! The checker shares the tables of the problem with the solver, and none of its code.

mod bound;
mod considered;
mod each;
mod error;
mod form;
mod reached;
mod weigh;

use num_integer::Integer;
use serde::{Deserialize, Serialize};

pub use error::{Level, ProofError};
pub(crate) use form::Shape;
#[cfg(feature = "solver")]
pub(crate) use form::well_formed;
pub use reached::compare as same;
pub use reached::{reached, reached_by};

use super::answer::{Matching, Reached};
use super::problem::Problem;
use bound::Most;
use considered::Answers;

/// What the proofs leave open, level by level: nothing where the level is proved.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gaps {
    /// Attributions that more might be.
    pub attributions: u64,
    /// By quota: how much smaller the shortfall might be.
    pub quotas: Vec<u64>,
    /// Points that more might be.
    pub priority: u64,
    /// Fit that more might be.
    pub fit: u64,
}

impl Gaps {
    /// Is every level proved?
    pub fn none(&self) -> bool {
        *self == Gaps { quotas: vec![0; self.quotas.len()], ..Gaps::default() }
    }
}

/// Checks that an answer is possible, that it reaches what it says, and that its certificate proves
/// that no answer reaches more at any level.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(problem: &Problem, matching: &Matching) -> Result<(), ProofError> {
    let gaps = gaps(problem, matching)?;
    all_proved(&matching.reached, &gaps)
}

/// Do gaps leave nothing open of an answer that reaches this?
///
/// # Errors
/// [`ProofError::NotProved`]: the first level that is open.
pub fn all_proved(reached: &Reached, gaps: &Gaps) -> Result<(), ProofError> {
    let more = |level, reached: u64, gap| (level, reached, reached.saturating_add(gap), gap);
    let quotas = reached
        .quotas
        .iter()
        .zip(&gaps.quotas)
        .enumerate()
        .map(|(q, (own, &gap))| (Level::Quota(q), own.shortfall, own.shortfall.saturating_sub(gap), gap));
    let levels = [more(Level::Attributions, reached.attributions, gaps.attributions)].into_iter();
    // In the order of the levels, so that the first that is not proved is named.
    let mut levels = levels.chain(quotas).chain([
        more(Level::Priority, reached.priority, gaps.priority),
        more(Level::Fit, reached.fit, gaps.fit),
    ]);
    match levels.find(|(.., gap)| *gap > 0) {
        Some((level, reached, bound, _)) => Err(ProofError::NotProved { level, reached, bound }),
        None => Ok(()),
    }
}

/// As [`verify`], where the proof may leave something open: says how much, level by level.
///
/// # Errors
/// The first thing that is wrong, other than an open proof.
pub fn gaps(problem: &Problem, matching: &Matching) -> Result<Gaps, ProofError> {
    each::together(|| gaps_here(problem, matching))
}

fn gaps_here(problem: &Problem, matching: &Matching) -> Result<Gaps, ProofError> {
    let reached = reached_by(problem, &matching.unit_of, &matching.marks_of)?;
    reached::compare(&reached, &matching.reached)?;
    let proofs = form::check(&matching.certificate, Shape::of(problem))?;
    let mut answers = Answers::new(problem, &reached);
    // The ranges of the bases come first: the bounds of the quotas and of the points build on them.
    for (q, ([smallest, largest], own)) in proofs.bases.iter().zip(&reached.quotas).enumerate() {
        let base = i128::from(own.base);
        let low = most(&mut answers, Level::SmallestBase(q), smallest, -base)?.map(|most| -most);
        let high = most(&mut answers, Level::LargestBase(q), largest, base)?;
        answers.narrow(q, low, high);
    }
    let mut gaps = Gaps::default();
    let level = Level::Attributions;
    gaps.attributions = more(&mut answers, level, &proofs.attributions, reached.attributions)?;
    for (q, ((proof, own), quota)) in
        proofs.quotas.iter().zip(&reached.quotas).zip(problem.quotas()).enumerate()
    {
        // The shortfall is `(owed + numerator × base - denominator × members) / denominator`, rounded up: the most of
        // `value` says how small it can be. What is owed is the number besides the share and what counted already.
        let (numerator, denominator) = (i128::from(quota.numerator), i128::from(quota.denominator));
        let value = denominator * i128::from(own.members) - numerator * i128::from(own.base);
        let owed = numerator * i128::from(quota.already.base)
            + denominator * (i128::from(quota.number) - i128::from(quota.already.members));
        let least = match most(&mut answers, Level::Quota(q), proof, value)? {
            Some(most) => {
                let lacking =
                    Integer::div_ceil(&(owed - most), &denominator) - i128::from(problem.allowed(q));
                u64::try_from(lacking).unwrap_or(0)
            }
            None => 0,
        };
        gaps.quotas.push(own.shortfall.saturating_sub(least));
    }
    gaps.priority = more(&mut answers, Level::Priority, &proofs.priority, reached.priority)?;
    // The bound of the points again, as the room: it leaves out pairs at the last level only.
    answers.make_room(&proofs.room)?;
    gaps.fit = more(&mut answers, Level::Fit, &proofs.fit, reached.fit)?;
    Ok(gaps)
}

/// The most that any answer is worth at a level, or `None` where nothing is proved. This answer is one of
/// them: a bound below its own `value` is no bound.
fn most<'p>(
    answers: &mut Answers<'p>,
    level: Level,
    proof: &form::Tree<'p>,
    value: i128,
) -> Result<Option<i128>, ProofError> {
    match answers.most(level, proof)? {
        Most::Open => Ok(None),
        Most::At(most) if most >= value => Ok(Some(most)),
        Most::At(_) | Most::NoAnswer => {
            Err(ProofError::Form { level, what: "une borne sous ce que la réponse atteint" })
        }
    }
}

/// How much more than `reached` the proof of a level allows; all that a `u64` holds where it proves nothing.
fn more<'p>(
    answers: &mut Answers<'p>,
    level: Level,
    proof: &form::Tree<'p>,
    reached: u64,
) -> Result<u64, ProofError> {
    let most = most(answers, level, proof, reached.into())?;
    let more = most.and_then(|most| u64::try_from(most - i128::from(reached)).ok());
    Ok(more.unwrap_or(u64::MAX))
}
