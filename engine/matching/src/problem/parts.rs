//! What a problem is made of, its limits, and what can be wrong with it.

use std::ops::Range;

/// One suitable pair: a request and a unit that may be proposed to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// Number of the request.
    pub request: u32,
    /// The caller's number of the unit.
    pub unit: u32,
    /// How well they fit: 0 to [`BEST_FIT`].
    pub fit: u16,
    /// Bit `2q`: the pair counts in the base of quota `q`; bit `2q + 1`: among its members.
    pub marks: u16,
}

/// A share that attributions should reach, at least: members over base.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// What it is called.
    pub name: String,
    /// Numerator of the share.
    pub numerator: u32,
    /// Denominator of the share, not 0.
    pub denominator: u32,
}

impl Quota {
    /// How many members a base of `base` attributions asks for: the share of it, rounded up.
    ///
    /// ```
    /// # use logis_matching::Quota;
    /// let quota = Quota { name: "quart".into(), numerator: 1, denominator: 4 };
    /// assert_eq!([0, 1, 4, 5].map(|base| quota.target(base)), [0, 1, 1, 2]);
    /// ```
    pub fn target(&self, base: u64) -> u64 {
        let members = u128::from(base) * u128::from(self.numerator);
        let target = members.div_ceil(u128::from(self.denominator).max(1));
        u64::try_from(target).unwrap_or(u64::MAX)
    }
}

/// Most quotas that a problem has: their marks, two bits each, fit the 16 bits of [`Pair::marks`].
pub const MOST_QUOTAS: usize = 8;

/// The highest number of points of a request: with it, sums over all requests of a country, times the
/// solver's fixed point, stay far below 2⁶³.
pub const MOST_POINTS: u32 = 1 << 24;

/// The best fit of a pair.
pub const BEST_FIT: u16 = 1000;

/// Where fits come from when they are not stored pair by pair.
pub trait Fits: Send + Sync {
    /// Appends to `into` the fits of `request` and each of `units`, in their order.
    ///
    /// `units` are numbers inside the problem ([`super::super::InnerUnit`]): the first units, or all, of the
    /// cell that `slot` opens to the request.
    fn fill(&self, request: u32, slot: usize, units: Range<u32>, into: &mut Vec<u16>);
}

/// Why a problem is not well formed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProblemError {
    /// A number is out of range.
    #[error("la paire de la demande {request} et du logement {unit} est hors des numéros du problème")]
    OutOfRange {
        /// The request.
        request: u32,
        /// The unit.
        unit: u32,
    },
    /// A pair stands twice.
    #[error("la paire de la demande {request} et du logement {unit} figure deux fois")]
    Twice {
        /// The request.
        request: u32,
        /// The unit.
        unit: u32,
    },
    /// A fit above [`BEST_FIT`].
    #[error(
        "l'adéquation de la demande {request} et du logement {unit} est {fit}; attendu: {BEST_FIT} au plus"
    )]
    Fit {
        /// The request.
        request: u32,
        /// The unit.
        unit: u32,
        /// Its fit.
        fit: u16,
    },
    /// Points above [`MOST_POINTS`].
    #[error("la demande {request} a {points} points; attendu: {MOST_POINTS} au plus")]
    Points {
        /// The request.
        request: u32,
        /// Its points.
        points: u32,
    },
    /// More than [`MOST_QUOTAS`] quotas.
    #[error("{0} quotas; attendu: {MOST_QUOTAS} au plus")]
    Quotas(usize),
    /// A share above 1, or a denominator of 0.
    #[error("la part du quota « {0} » n'est pas entre 0 et 1")]
    Share(String),
    /// Tables whose lengths or orders contradict each other.
    #[error("{0}")]
    Shape(&'static str),
}

/// Checks points and quotas against the limits.
pub(super) fn check(points: &[u32], quotas: &[Quota]) -> Result<(), ProblemError> {
    if let Some((request, &points)) = (0_u32..).zip(points).find(|(_, p)| **p > MOST_POINTS) {
        return Err(ProblemError::Points { request, points });
    }
    if quotas.len() > MOST_QUOTAS {
        return Err(ProblemError::Quotas(quotas.len()));
    }
    match quotas.iter().find(|q| q.denominator == 0 || q.numerator > q.denominator) {
        Some(quota) => Err(ProblemError::Share(quota.name.clone())),
        None => Ok(()),
    }
}
