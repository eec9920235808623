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
    /// Bit `2q`: the pair counts in the base of quota `q`; bit `2q + 1`: among its members. A request may have several pairs
    /// with one unit, if their marks differ: an answer then chooses by which of them it is housed there. Bits from [`TAG`] on
    /// count in no quota, and tell pairs apart for the caller; without quotas nothing does.
    pub marks: u64,
}

/// How many members attributions should have at least: a share of their base and a number besides, with those that
/// counted already.
///
/// What should be *at most* is asked for in the same form: a share of the base to members is at most `s` if what is
/// no member has a share of `1 - s` at least, and a number of attributions is at most `n` if, counted as a base in
/// which there are no members, it asks for `n` members less than it is large (see [`Quota::at_most`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// What it is called.
    pub name: String,
    /// Numerator of the share.
    pub numerator: u32,
    /// Denominator of the share, not 0.
    pub denominator: u32,
    /// Members asked for besides the share, or (below 0) less than it: [`MOST_ALREADY`] in absolute value at most.
    pub number: i64,
    /// What counted before this problem: of a share of the year, the leases since its first day.
    pub already: Already,
}

/// Attributions that counted before a problem, in the base of a quota and among its members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Already {
    /// Those in the base: [`MOST_ALREADY`] at most.
    pub base: u64,
    /// Those of them among the members.
    pub members: u64,
}

impl Quota {
    /// A share of what one problem attributes.
    pub fn new(name: impl Into<String>, numerator: u32, denominator: u32) -> Quota {
        Quota { name: name.into(), numerator, denominator, number: 0, already: Already::default() }
    }

    /// So many members at least, whatever the base: those that there can be, where there cannot be so many.
    ///
    /// ```
    /// # use logis_matching::{Pair, Problem, Quota, solve};
    /// // Two units, three requests: the two with fewer points are the members that are asked for.
    /// let pair = |request, unit, marks| Pair { request, unit, fit: 0, marks };
    /// let pairs = (0..3).flat_map(|r| [0, 1].map(|unit| pair(r, unit, if r < 2 { 0b11 } else { 0b01 }))).collect();
    /// let problem = Problem::from_pairs(vec![1, 2, 9], 2, pairs, vec![Quota::at_least("membres", 2)])?;
    /// assert_eq!(solve(&problem).unit_of[2], None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn at_least(name: impl Into<String>, number: u32) -> Quota {
        Quota { number: number.into(), ..Quota::new(name, 0, 1) }
    }

    /// So many attributions at most of those that count in its base; no pair may be among its members.
    ///
    /// ```
    /// # use logis_matching::Quota;
    /// // Of five that count where three may, two are too many: that is the shortfall, as there are no members.
    /// assert_eq!([2, 3, 5].map(|base| Quota::at_most("trois", 3).target(base)), [0, 0, 2]);
    /// ```
    pub fn at_most(name: impl Into<String>, number: u32) -> Quota {
        Quota { number: -i64::from(number), ..Quota::new(name, 1, 1) }
    }

    /// How many members a base of `base` attributions asks for: the share of it and of what counted already, rounded up,
    /// and the number besides, less the members there were.
    ///
    /// ```
    /// # use logis_matching::{Already, Quota};
    /// let mut quota = Quota::new("quart", 1, 4);
    /// assert_eq!([0, 1, 4, 5].map(|base| quota.target(base)), [0, 1, 1, 2]);
    /// // A quarter of the year: of ten there was one, so that two lack before anything is given.
    /// quota.already = Already { base: 10, members: 1 };
    /// assert_eq!([0, 2, 3].map(|base| quota.target(base)), [2, 2, 3]);
    /// ```
    pub fn target(&self, base: u64) -> u64 {
        let members = (u128::from(base) + u128::from(self.already.base)) * u128::from(self.numerator);
        let target = members.div_ceil(u128::from(self.denominator).max(1));
        // Both are below 2¹²⁰, so that nothing is lost on the way to signed numbers.
        let target = i128::try_from(target).unwrap_or(i128::MAX / 2) + i128::from(self.number);
        let target = target - i128::from(self.already.members);
        u64::try_from(target.max(0)).unwrap_or(u64::MAX)
    }

    /// What `denominator × members - numerator × base` is to be, at least, for the quota to be met: 0 but for the number
    /// besides the share and what counted already.
    #[cfg(feature = "solver")]
    pub(crate) fn owed(&self) -> i64 {
        let product = |a: u32, b: i64| i64::from(a).saturating_mul(b);
        let [base, members] =
            [self.already.base, self.already.members].map(|n| i64::try_from(n).unwrap_or(i64::MAX / 2));
        product(self.numerator, base) + product(self.denominator, self.number.saturating_sub(members))
    }
}

/// The most attributions that may have counted already: with it, products with shares stay far below 2⁶³.
pub const MOST_ALREADY: u64 = 1 << 24;

/// Most quotas that a problem has: their marks, two bits each, fit the bits of [`Pair::marks`] below [`TAG`].
pub const MOST_QUOTAS: usize = 24;

/// The first bit of [`Pair::marks`] that no quota uses.
pub const TAG: u32 = 48;

/// The most different marks of the pairs of a problem: their numbers fit 16 bits, with room for a few of the wider problems.
pub(super) const MOST_KINDS: usize = 1 << 15;

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
    /// A pair stands twice, with the same marks.
    #[error("la paire de la demande {request} et du logement {unit} figure deux fois")]
    Twice {
        /// The request.
        request: u32,
        /// The unit.
        unit: u32,
    },
    /// Two requests hold one unit.
    #[error("le logement {unit} est occupé par deux demandes")]
    Held {
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
    /// Pairs of too many different marks.
    #[error("les couples comptent de plus de {MOST_KINDS} façons différentes dans les quotas")]
    Kinds,
    /// More than [`MOST_QUOTAS`] quotas.
    #[error("{0} quotas; attendu: {MOST_QUOTAS} au plus")]
    Quotas(usize),
    /// A share above 1, or a denominator of 0.
    #[error("la part du quota « {0} » n'est pas entre 0 et 1")]
    Share(String),
    /// A number beyond [`MOST_ALREADY`].
    #[error("le nombre du quota « {0} » passe la limite; attendu: {MOST_ALREADY} au plus")]
    Number(String),
    /// More members than base counted already, or more than [`MOST_ALREADY`].
    #[error(
        "ce qui compte déjà pour le quota « {0} » passe la limite; attendu: des membres parmi {MOST_ALREADY} attributions au plus"
    )]
    Already(String),
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
    if let Some(quota) = quotas.iter().find(|q| q.denominator == 0 || q.numerator > q.denominator) {
        return Err(ProblemError::Share(quota.name.clone()));
    }
    if let Some(quota) = quotas.iter().find(|q| q.number.unsigned_abs() > MOST_ALREADY) {
        return Err(ProblemError::Number(quota.name.clone()));
    }
    let beyond = |q: &&Quota| q.already.members > q.already.base || q.already.base > MOST_ALREADY;
    match quotas.iter().find(beyond) {
        Some(quota) => Err(ProblemError::Already(quota.name.clone())),
        None => Ok(()),
    }
}
