//! The form of a certificate: what was read becomes a tree of checked bounds, or is refused.
//!
//! After this pass every quota, request, cell and unit that is named exists, there is one price for each cell
//! or unit, and no number is so large that sums of what it weighs overflow. It is one pass over the
//! certificate, and looks at nothing else.

use super::super::answer::{Bound, Certificate, Condition, DEEPEST, Prices, Proof, Split};
use super::super::problem::{BEST_FIT, MOST_QUOTAS, Problem};
use super::error::{Level, ProofError};

/// No price, multiplier or weight is further from 0, so that no sum of four overflows an `i64`; sums over all
/// requests and units are of 128 bits.
pub(super) const LARGEST: i64 = 1 << 60;

/// The most multipliers of a bound: each condition from below and from above.
const MOST_TERMS: usize = 2 * (2 + 4 * MOST_QUOTAS);

/// How many things of each kind a certificate may speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Requests are below this.
    pub requests: usize,
    /// Number of cells.
    pub cells: usize,
    /// Number of units.
    pub units: usize,
    /// Number of quotas.
    pub quotas: usize,
}

impl Shape {
    /// That of the certificates of a problem.
    pub fn of(problem: &Problem) -> Shape {
        Shape {
            requests: problem.requests(),
            cells: problem.cell_count(),
            units: problem.units(),
            quotas: problem.quotas().len(),
        }
    }
}

/// A certificate whose numbers are all in range.
pub(super) struct Checked<'c> {
    pub attributions: Tree<'c>,
    pub bases: Vec<[Tree<'c>; 2]>,
    pub quotas: Vec<Tree<'c>>,
    pub priority: Tree<'c>,
    /// Its prices are by cell.
    pub room: Weights<'c>,
    pub fit: Tree<'c>,
}

/// A [`Proof`] whose numbers are all in range.
pub(super) enum Tree<'c> {
    Nothing,
    Bound(Weights<'c>),
    Split { on: Split, without: Box<Tree<'c>>, with: Box<Tree<'c>> },
}

/// A [`Bound`] whose numbers are all in range.
pub(super) struct Weights<'c> {
    /// From 1 to a [`BEST_FIT`]th of [`LARGEST`].
    pub scale: i64,
    /// Each condition once at most in each direction.
    pub multipliers: &'c [(Condition, i64)],
    /// One for each cell or unit.
    pub prices: Priced<'c>,
}

/// [`Prices`], as many as there are cells or units.
#[derive(Clone, Copy)]
pub(super) enum Priced<'c> {
    Cells(&'c [i64]),
    Units(&'c [i64]),
}

/// Is a certificate one of a problem of this shape? What it proves, [`super::verify`] says.
///
/// # Errors
/// [`ProofError::Quotas`], [`ProofError::Form`].
#[cfg(feature = "solver")]
pub(crate) fn well_formed(certificate: &Certificate, shape: Shape) -> Result<(), ProofError> {
    check(certificate, shape).map(|_| ())
}

/// Checks the form of a certificate.
pub(super) fn check<'c>(certificate: &'c Certificate, shape: Shape) -> Result<Checked<'c>, ProofError> {
    let Certificate { attributions, bases, quotas, priority, room, fit } = certificate;
    // As many proofs as quotas, before they are paired with them.
    for found in [quotas.len(), bases.len()] {
        if found != shape.quotas {
            return Err(ProofError::Quotas { found, expected: shape.quotas });
        }
    }
    let base = |(q, proofs): (usize, &'c [Proof; 2])| {
        let [smallest, largest] = proofs;
        Ok([shape.at(Level::SmallestBase(q), smallest)?, shape.at(Level::LargestBase(q), largest)?])
    };
    let quota = |(q, proof): (usize, &'c Proof)| shape.at(Level::Quota(q), proof);
    // The room is read at the level of the fit, where it leaves out whole cells for a request.
    let wrong = |what| ProofError::Form { level: Level::Fit, what };
    let room = shape.bound(room).map_err(wrong)?;
    if !matches!(room.prices, Priced::Cells(_)) {
        return Err(wrong("la marge se compte par cellule"));
    }
    Ok(Checked {
        attributions: shape.at(Level::Attributions, attributions)?,
        bases: bases.iter().enumerate().map(base).collect::<Result<_, ProofError>>()?,
        quotas: quotas.iter().enumerate().map(quota).collect::<Result<_, ProofError>>()?,
        priority: shape.at(Level::Priority, priority)?,
        room,
        fit: shape.at(Level::Fit, fit)?,
    })
}

impl Shape {
    fn at<'c>(&self, level: Level, proof: &'c Proof) -> Result<Tree<'c>, ProofError> {
        self.tree(proof, 0).map_err(|what| ProofError::Form { level, what })
    }

    fn tree<'c>(&self, proof: &'c Proof, depth: usize) -> Result<Tree<'c>, &'static str> {
        match proof {
            Proof::Nothing => Ok(Tree::Nothing),
            Proof::Bound(bound) => Ok(Tree::Bound(self.bound(bound)?)),
            Proof::Split { .. } if depth >= DEEPEST => Err("trop de partages l'un dans l'autre"),
            Proof::Split { on, without, with } => {
                // Whatever a split names must exist, so that no later step needs to ask.
                let known = match *on {
                    Split::Base { quota, .. } => quota < self.quotas,
                    Split::Cell { request, cell } => self.has(request) && (cell as usize) < self.cells,
                    Split::Unit { request, unit } => self.has(request) && (unit as usize) < self.units,
                };
                if !known {
                    return Err("un partage sur ce qui n'existe pas");
                }
                let side = |proof| self.tree(proof, depth + 1).map(Box::new);
                Ok(Tree::Split { on: *on, without: side(without)?, with: side(with)? })
            }
        }
    }

    fn has(&self, request: u32) -> bool {
        (request as usize) < self.requests
    }

    fn bound<'c>(&self, bound: &'c Bound) -> Result<Weights<'c>, &'static str> {
        let Bound { scale, multipliers, prices } = bound;
        if !(1..=LARGEST / i64::from(BEST_FIT)).contains(scale) {
            return Err("une échelle impossible");
        }
        // Refused here, no later sum of a few of these can overflow.
        let small = |number: &i64| (-LARGEST..=LARGEST).contains(number);
        let prices = match prices {
            Prices::Cells(all) if all.len() == self.cells => Priced::Cells(all),
            Prices::Units(all) if all.len() == self.units => Priced::Units(all),
            _ => return Err("un prix par cellule ou par logement est attendu"),
        };
        let (Priced::Cells(all) | Priced::Units(all)) = prices;
        if !all.iter().all(small) {
            return Err("un prix trop grand");
        }
        // Few enough to be compared each with each.
        if multipliers.len() > MOST_TERMS {
            return Err("trop de multiplicateurs");
        }
        for (at, (condition, weight)) in multipliers.iter().enumerate() {
            let known = match *condition {
                Condition::Attributions | Condition::Priority => true,
                // The solver's own: no certificate has it.
                Condition::Fit => false,
                Condition::Quota(q)
                | Condition::Members(q)
                | Condition::BaseAtLeast(q)
                | Condition::BaseAtMost(q) => q < self.quotas,
            };
            if !known {
                return Err("un quota inconnu");
            }
            if !small(weight) {
                return Err("un multiplicateur trop grand");
            }
            // A condition may weigh from below and from above, once each.
            let same = |(other, own): &(Condition, i64)| other == condition && (*own < 0) == (*weight < 0);
            if multipliers.iter().take(at).any(same) {
                return Err("deux multiplicateurs d'une condition");
            }
        }
        Ok(Weights { scale: *scale, multipliers, prices })
    }
}
