//! Why a written result is none of this data.

use logis_matching::ProofError;

use crate::attribution::reserves::UnderReserve;

/// Why a written result is none of this data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// An attribution names nobody, or nothing.
    #[error("attribution {at} : `{column}` manque, ou n'est l'identifiant d'aucune ligne des données")]
    Unknown {
        /// Its place, from 1.
        at: usize,
        /// The column.
        column: String,
    },
    /// A request stands in two attributions.
    #[error("la demande {0} reçoit deux logements")]
    TwiceHoused(String),
    /// The levels are others.
    #[error("les niveaux sont {found}, attendu : {expected}")]
    Levels {
        /// Those that are written.
        found: String,
        /// Those of the rules.
        expected: String,
    },
    /// A unit stands in two attributions.
    #[error("le logement {0} est attribué deux fois")]
    TwiceGiven(String),
    /// A quota in force that the result does not have.
    #[error("le quota `{0}`, en vigueur, manque au résultat")]
    QuotaMissing(String),
    /// A quota of the result that is not in force, or is turned off.
    #[error("le quota `{0}` du résultat n'est pas en vigueur ici")]
    QuotaTooMany(String),
    /// The quotas stand in another order.
    #[error("le quota `{0}` n'est pas à sa place")]
    QuotaOrder(String),
    /// What a quota reaches is told in two ways that do not agree.
    #[error("le quota `{name}` annonce {field} {found}, attendu : {expected}")]
    QuotaClaim {
        /// The quota.
        name: String,
        /// What is told.
        field: &'static str,
        /// As it is.
        found: String,
        /// As it should be.
        expected: String,
    },
    /// A reserve under which attributions stand, and that the result does not tell so.
    #[error("les réserves du résultat ne disent pas: {} ({}), {} attributions", .0.reserve, .0.rules.join(", "), .0.count)]
    ReserveMissing(UnderReserve),
    /// A reserve of the result under which no attributions stand so.
    #[error("les réserves du résultat disent: {} ({}), {} attributions, et les règles ne le disent pas", .0.reserve, .0.rules.join(", "), .0.count)]
    ReserveTooMany(UnderReserve),
    /// The date is another.
    #[error("le résultat est du {found}, les règles sont prises au {expected}")]
    Date {
        /// That of the result.
        found: String,
        /// That of the run.
        expected: String,
    },
    /// The problem was posed otherwise.
    #[error("{what}: {found} dans le résultat, attendu : {expected}")]
    Posed {
        /// In what.
        what: String,
        /// As the result tells.
        found: String,
        /// As it is posed now.
        expected: String,
    },
    /// The result leaves out candidates, or has some too many.
    #[error("{}", most_candidates(*found, *expected))]
    MostCandidates {
        /// The most that a request kept.
        found: Option<usize>,
        /// The most that it keeps now.
        expected: Option<usize>,
    },
    /// Columns that nothing was asked to compute again.
    #[error("colonnes que rien ne vérifie: {}; celles d'une règle ou d'un champ se vérifient avec --select", .0.join(", "))]
    Unchecked(Vec<String>),
    /// An attribution lacks a column, or has another value in it.
    #[error("attribution {at} ({id}): `{column}` est {found}, attendu : {expected}")]
    Cell {
        /// Its place, from 1.
        at: usize,
        /// Its request.
        id: String,
        /// The column.
        column: String,
        /// What it says.
        found: String,
        /// What it should say.
        expected: String,
    },
    /// Chains and exchanges are others than those of the answer.
    #[error(
        "les mutations (`moves`) ne sont pas celles que la réponse fait: chaînes et échanges se suivent des attributions et des logements occupés"
    )]
    Moves,
    /// An attribution is charged to whom it cannot be.
    #[error("la demande {request} est imputée à {holder}, qui ne peut pas la proposer pour ce logement")]
    Charged {
        /// The request.
        request: String,
        /// The holder, as it is told.
        holder: String,
    },
    /// The balances of the holders are others than those of the answer.
    #[error("les soldes des réservataires (`flow`) ne sont pas ceux de la réponse")]
    Balances,
    /// The numbers of the proofs are not those of this problem.
    #[error("la preuve est mal formée: `{0}` ne suit pas les logements")]
    Numbering(&'static str),
    /// The proof speaks of no problem.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

fn most_candidates(found: Option<usize>, expected: Option<usize>) -> String {
    match (found, expected) {
        (Some(found), None) => format!(
            "le résultat est fait avec --max-candidates {found}: des candidatures y manquent; pour le vérifier entre celles qui restent: --max-candidates {found}"
        ),
        (found, expected) => {
            let of = |most: Option<usize>| most.map_or_else(|| "sans limite".to_string(), |n| n.to_string());
            format!("--max-candidates: {} dans le résultat, attendu : {}", of(found), of(expected))
        }
    }
}
