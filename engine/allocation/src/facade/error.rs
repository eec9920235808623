//! Why there is no allocation.

use logis_decide::DataError;
use logis_language::diagnostic::{Issue, Issues, PackError};
use logis_matching::{ProblemError, ProofError};

use super::lack::Lack;
use crate::attribution::{InstanceError, NotDecided, ReportError};

/// Why there is no allocation. Those with a list have all that is wrong in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AllocationError {
    /// The rules cannot be planned.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The data do not fit the schema.
    #[error(transparent)]
    Data(#[from] DataError),
    /// What the rules give is no problem (twenty faults at most).
    #[error("{}", lines(.0))]
    Instance(Vec<InstanceError>),
    /// The pack declares no matching.
    #[error("le paquet de règles ne déclare pas d'appariement: `[matching]` dans pack.toml")]
    NoMatching,
    /// A quota that must be met is none of the pack, with the nearest name.
    #[error("le paquet de règles n'a pas le quota `{name}`{}", hint(nearest))]
    UnknownQuota {
        /// The name.
        name: String,
        /// The nearest there is.
        nearest: Option<String>,
    },
    /// A quota that must be met has no share on the date.
    #[error("le quota `{0}` n'est pas en vigueur à cette date")]
    NotInForce(String),
    /// The result of before is none.
    #[error(transparent)]
    Before(ReportError),
    /// Quotas that must be met cannot be, unless nobody is housed, or against what is decided.
    #[error("{} quotas à tenir ne peuvent l'être qu'en ne logeant personne, ou contre ce qui est fixé", .0.len())]
    Unmet(Vec<Lack>),
    /// Pairs that are said to be decided and cannot be: each with why.
    #[error("{}", .0.iter().map(|(_, why)| why.to_string()).collect::<Vec<_>>().join("\n"))]
    NotDecided(Vec<((String, String), NotDecided)>),
    /// Fewer cannot be moved for points.
    #[error("--keep: {0}")]
    Keep(&'static str),
    /// The order of points is not solved by parts.
    #[error("l'ordre des points (`order = \"by-points\"`) ne se résout pas partie par partie")]
    ByPointsApart,
    /// Tenants who move link units that no candidate does: parts cannot hold them.
    #[error("des demandes occupent un logement: les mutations ne se résolvent pas partie par partie")]
    HeldApart,
    /// The year is not compared with itself solved at once: its pairs are looked for session after session.
    #[error("l'année d'un coup n'est pas posée: ses couples sont cherchés de séance en séance")]
    Searching,
    /// What it costs to give a unit now is not told.
    #[error("attendre ne se chiffre pas: {0}")]
    Deferred(&'static str),
    /// Copies of requests that hold a unit would hold the same.
    #[error("des demandes occupent un logement: une demande nouvelle n'en est pas la copie")]
    HeldNewcomers,
    /// What a ledger counts is of the whole: parts cannot hold it.
    #[error("un registre compte pour le tout: il ne se suit pas partie par partie")]
    LedgerApart,
    /// Quotas cannot be met in the order of points.
    #[error(
        "l'ordre du paquet est celui des points (`order = \"by-points\"`), où aucun quota n'est tenu: `{0}` ne peut l'être"
    )]
    ByPoints(String),
    /// Nobody stands before more points in the order of points, at any rank.
    #[error(
        "l'ordre du paquet est celui des points (`order = \"by-points\"`), où personne ne passe devant plus de points: les rangs ne se remplissent pas par les baux attendus (`expected-leases`)"
    )]
    RanksByPoints,
    /// What a quota counts by the values of a scope is of the whole: parts cannot hold it.
    #[error("le quota `{0}` se compte par valeur (`scope`): il ne se tient pas partie par partie")]
    ScopeApart(String),
    /// What is charged to a holder is of the whole: whom to charge in one part depends on what the others charge.
    #[error(
        "le solde d'un réservataire est du tout (`[matching.flow]`): à qui imputer une partie dépend des autres, et ne se résout pas partie par partie"
    )]
    FlowApart,
    /// A quota before the number of attributions is one of the whole: parts cannot hold it.
    #[error("le quota `{0}` passe avant le nombre d'attributions: il ne se tient pas partie par partie")]
    HardApart(String),
    /// No request or unit has this identifier, with the nearest that one has.
    #[error("`{id}` n'est l'identifiant d'aucune demande ni d'aucun logement{}", hint(nearest))]
    UnknownId {
        /// The identifier.
        id: String,
        /// The nearest there is.
        nearest: Option<String>,
    },
    /// A part of the problem is none: a fault of the engine, as the whole was one.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The proof of the answer does not hold: a fault of the engine.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl Issues for AllocationError {
    fn issues(&self) -> Vec<Issue> {
        match self {
            AllocationError::Pack(error) => error.issues(),
            AllocationError::Data(error) => error.issues(),
            AllocationError::Instance(errors) => errors.iter().map(|error| Issue::of(error)).collect(),
            AllocationError::Unmet(lacks) => lacks.iter().map(Lack::issue).collect(),
            AllocationError::NotDecided(pairs) => pairs.iter().map(|(_, why)| Issue::of(why)).collect(),
            other => vec![Issue::of(other)],
        }
    }
}

fn lines(errors: &[InstanceError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!("; vouliez-vous dire `{name}` ?"))
}
