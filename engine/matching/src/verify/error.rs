//! The levels of an answer, and what is wrong with an answer or its proof.

/// What is wrong with an answer or its proof.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The answer has not one entry for each request.
    #[error("la réponse a {found} demandes, le problème {expected}")]
    Length {
        /// Entries of the answer.
        found: usize,
        /// Requests of the problem.
        expected: usize,
    },
    /// A request gets a unit that does not suit it.
    #[error("la demande {request} reçoit le logement {unit}, qui ne lui convient pas")]
    NotSuitable {
        /// The request.
        request: u32,
        /// The unit.
        unit: u32,
    },
    /// A unit is given twice.
    #[error("le logement {unit} est attribué deux fois")]
    Twice {
        /// The unit.
        unit: u32,
    },
    /// A unit is given although its tenant, who is given no other, stays there.
    #[error(
        "le logement {unit} est attribué, et la demande {request} qui l'occupe ne reçoit pas d'autre logement"
    )]
    Occupied {
        /// The unit.
        unit: u32,
        /// The request that holds it.
        request: u32,
    },
    /// A level does not reach what is claimed.
    #[error("{level}: la réponse atteint {found}, et non {claimed}")]
    Claim {
        /// The level.
        level: Level,
        /// What the answer reaches.
        found: u64,
        /// What is claimed.
        claimed: u64,
    },
    /// The certificate has not one proof for each quota.
    #[error("la preuve est mal formée: {found} preuves de quotas, pour {expected} quotas")]
    Quotas {
        /// Proofs.
        found: usize,
        /// Quotas.
        expected: usize,
    },
    /// A proof is not of the right form: what is wrong.
    #[error("la preuve est mal formée: {level}: {what}")]
    Form {
        /// The level.
        level: Level,
        /// What is wrong.
        what: &'static str,
    },
    /// The proof leaves room for a better answer.
    #[error("{level}: la preuve laisse place à {bound}, la réponse atteint {reached}")]
    NotProved {
        /// The level.
        level: Level,
        /// What is reached.
        reached: u64,
        /// What the proof allows; [`u64::MAX`] where it proves nothing.
        bound: u64,
    },
}

/// A level of the matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Number of attributions.
    Attributions,
    /// The smallest base of a quota.
    SmallestBase(usize),
    /// The largest base of a quota.
    LargestBase(usize),
    /// The shortfall of a quota.
    Quota(usize),
    /// Points of the housed.
    Priority,
    /// Fit.
    Fit,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Level::Attributions => f.write_str("attributions"),
            Level::SmallestBase(quota) => write!(f, "plus petite base du quota {}", quota + 1),
            Level::LargestBase(quota) => write!(f, "plus grande base du quota {}", quota + 1),
            Level::Quota(quota) => write!(f, "quota {}", quota + 1),
            Level::Priority => f.write_str("priorité"),
            Level::Fit => f.write_str("adéquation"),
        }
    }
}
