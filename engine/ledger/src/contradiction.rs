//! Why a line contradicts those before it, in words that follow the cell that is wrong.

use logis_language::value::Date;

/// A cell of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// The day.
    Day,
    /// The kind.
    Kind,
    /// The request.
    Request,
    /// The unit.
    Unit,
    /// The details.
    Details,
}

/// Why a line contradicts those before it. Lines are told by their numbers in the ledger.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Contradiction {
    /// No offer of the ledger is of this unit.
    #[error("n'est le logement d'aucune proposition du registre{}", hint(nearest))]
    UnknownUnit {
        /// The nearest there is.
        nearest: Option<String>,
    },
    /// No line of the ledger names this request.
    #[error(
        "n'est la demande d'aucune proposition du registre; attendu pour {unit}: {}{}",
        any(offered),
        hint(nearest)
    )]
    UnknownRequest {
        /// The unit.
        unit: String,
        /// To whom it was offered.
        offered: Vec<String>,
        /// The nearest there is.
        nearest: Option<String>,
    },
    /// The unit was not offered to this request.
    #[error("n'a pas de proposition pour {unit}; attendu: {}{}", any(offered), hint(nearest))]
    NoOffer {
        /// The unit.
        unit: String,
        /// To whom it was offered.
        offered: Vec<String>,
        /// The nearest of them.
        nearest: Option<String>,
    },
    /// The same was said before.
    #[error(
        "est déjà inscrit pour ce couple, ligne {line} du registre; attendu: une réponse qui n'y est pas"
    )]
    Twice {
        /// The line.
        line: u64,
    },
    /// The household refused the unit.
    #[error("vient après le refus de ce couple, ligne {line} du registre; attendu: rien après un refus")]
    AfterRefusal {
        /// The line.
        line: u64,
    },
    /// The pair is ruled out.
    #[error(
        "vient après l'exclusion de ce couple, ligne {line} du registre; attendu: rien après une exclusion"
    )]
    AfterExclusion {
        /// The line.
        line: u64,
    },
    /// The lease is signed: nothing undoes it here.
    #[error(
        "vient après le bail de ce couple, ligne {line} du registre; attendu: rien après un bail, que sa fin"
    )]
    AfterLease {
        /// The line.
        line: u64,
    },
    /// The unit is let or decided.
    #[error("est déjà à la demande {to} ({}), ligne {line} du registre; attendu: un logement libre", by(*lease))]
    Given {
        /// To whom.
        to: String,
        /// By a lease, or by a decision?
        lease: bool,
        /// The line.
        line: u64,
    },
    /// The request is housed, or its unit decided.
    #[error("a déjà le logement {unit} ({}), ligne {line} du registre; attendu: une demande qui attend", by(*lease))]
    Housed {
        /// Where.
        unit: String,
        /// By a lease, or by a decision?
        lease: bool,
        /// The line.
        line: u64,
    },
    /// The request has accepted another unit.
    #[error("a accepté {unit}, ligne {line} du registre; attendu: d'abord son refus de {unit}")]
    AcceptedElsewhere {
        /// The other unit.
        unit: String,
        /// The line.
        line: u64,
    },
    /// Who stands before has not refused.
    #[error(
        "passe après {request}, au rang {rank}, qui n'a pas refusé {unit}; attendu: d'abord son refus, ou son exclusion"
    )]
    Before {
        /// Who stands before.
        request: String,
        /// At which rank.
        rank: u32,
        /// The unit.
        unit: String,
    },
    /// The tenant of the unit has signed no lease, so that it is not free.
    #[error(
        "est occupé par la demande {by}, qui n'a pas signé; attendu: d'abord son bail (dans un échange: l'acceptation de chacun)"
    )]
    Occupied {
        /// The request that holds it.
        by: String,
    },
    /// The tenant of the unit stays: what was offered of it has lapsed.
    #[error(
        "reste à la demande {by}, qui l'occupe: sa proposition est tombée, ligne {line} du registre; attendu: une proposition nouvelle"
    )]
    Lapsed {
        /// The request that holds it.
        by: String,
        /// The line.
        line: u64,
    },
    /// An exchange of which a lease is signed binds the others.
    #[error(
        "défait un échange dont un bail est signé, ligne {line} du registre; attendu: le bail de ce couple"
    )]
    Exchanged {
        /// The line of that lease.
        line: u64,
    },
    /// The request has no lease of the unit that runs.
    #[error("n'a pas de bail de {unit} qui coure; attendu: {}", holder.as_deref().unwrap_or("un logement loué"))]
    NoLease {
        /// The unit.
        unit: String,
        /// Who has one.
        holder: Option<String>,
    },
    /// The line that it corrects is none that can be.
    #[error("ne peut annuler la ligne {line} du registre: {why}")]
    NotCorrected {
        /// That line.
        line: u64,
        /// Why not, and what is expected.
        why: &'static str,
    },
    /// Another line would not hold without the one that it corrects.
    #[error(
        "annulerait la ligne {line} du registre, sans laquelle la ligne {leans} ne tiendrait pas: « {found} » {why}"
    )]
    Leans {
        /// The line that it corrects.
        line: u64,
        /// The line that leans on it.
        leans: u64,
        /// The cell of that line that would be wrong.
        found: String,
        /// Why.
        why: Box<Contradiction>,
    },
    /// It speaks of a day before what it answers.
    #[error("est avant le {than}, jour de la ligne {line} du registre; attendu: ce jour ou après")]
    TooEarly {
        /// The day of the line.
        than: Date,
        /// The line.
        line: u64,
    },
    /// A detail is not what a line of this kind has.
    #[error("ne dit pas `{key}`: {expected}")]
    Detail {
        /// Its key.
        key: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// An offer stands outside of a session, or another line among the offers of one.
    #[error("n'est pas à sa place: {0}")]
    Place(&'static str),
}

impl Contradiction {
    /// The line before that it speaks of, if it names one.
    pub fn line(&self) -> Option<u64> {
        match self {
            Contradiction::Twice { line }
            | Contradiction::AfterRefusal { line }
            | Contradiction::AfterExclusion { line }
            | Contradiction::AfterLease { line }
            | Contradiction::Given { line, .. }
            | Contradiction::Housed { line, .. }
            | Contradiction::AcceptedElsewhere { line, .. }
            | Contradiction::NotCorrected { line, .. }
            | Contradiction::Leans { line, .. }
            | Contradiction::Lapsed { line, .. }
            | Contradiction::Exchanged { line }
            | Contradiction::TooEarly { line, .. } => Some(*line),
            _ => None,
        }
    }

    /// The cell that it speaks of.
    pub fn cell(&self) -> Cell {
        match self {
            Contradiction::UnknownUnit { .. }
            | Contradiction::Given { .. }
            | Contradiction::Occupied { .. }
            | Contradiction::Lapsed { .. } => Cell::Unit,
            Contradiction::UnknownRequest { .. }
            | Contradiction::NoOffer { .. }
            | Contradiction::Housed { .. }
            | Contradiction::AcceptedElsewhere { .. }
            | Contradiction::NoLease { .. }
            | Contradiction::Before { .. } => Cell::Request,
            Contradiction::TooEarly { .. } => Cell::Day,
            Contradiction::Detail { .. } => Cell::Details,
            Contradiction::Twice { .. }
            | Contradiction::AfterRefusal { .. }
            | Contradiction::AfterExclusion { .. }
            | Contradiction::AfterLease { .. }
            | Contradiction::NotCorrected { .. }
            | Contradiction::Leans { .. }
            | Contradiction::Exchanged { .. }
            | Contradiction::Place(_) => Cell::Kind,
        }
    }
}

/// Identifiers told at most.
const MOST: usize = 6;

fn any(ids: &[String]) -> String {
    let told: Vec<&str> = ids.iter().take(MOST).map(String::as_str).collect();
    match told.split_last() {
        None => "personne".to_string(),
        Some((last, [])) => (*last).to_string(),
        Some(_) if ids.len() > MOST => format!("{}…", told.join(", ")),
        Some((last, first)) => format!("{} ou {last}", first.join(", ")),
    }
}

fn by(lease: bool) -> &'static str {
    if lease { "bail" } else { "décision" }
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!("; vouliez-vous dire `{name}` ?"))
}
