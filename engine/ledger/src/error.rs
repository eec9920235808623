//! Why a ledger does not open, or takes no lines.

use super::contradiction::Contradiction;

/// Why a ledger cannot be opened or added to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// There is no file, or nothing in it: a machine may have stopped before the first lines were whole.
    #[error("ce registre n'existe pas, ou rien n'y est encore inscrit")]
    Missing,
    /// What SQLite says.
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    /// What PostgreSQL or the way to it says.
    #[cfg(feature = "postgres")]
    #[error("PostgreSQL: {0}")]
    Server(String),
    /// The build has no PostgreSQL.
    #[cfg(not(feature = "postgres"))]
    #[error(
        "cette construction n'a pas PostgreSQL ; pour l'avoir: cargo install --path cli --features serve,postgres"
    )]
    NoPostgres,
    /// The place is of another form: no ledger, one of a later version, or one whose triggers were taken away.
    #[error("n'est pas un registre de cette version: {0}")]
    Form(String),
    /// A line is not what was written.
    #[error("ligne {line}: {what}")]
    Chain {
        /// Its number, as it should be.
        line: u64,
        /// What is wrong.
        what: String,
    },
    /// A line contradicts those before it.
    #[error("ligne {line}: {why}")]
    Contradicts {
        /// Its number.
        line: u64,
        /// Why.
        why: Contradiction,
    },
    /// The lines end within a session.
    #[error(
        "la ligne {line} est dans une séance; attendu: une ligne qui ne suit pas la moitié de ses propositions"
    )]
    Torn {
        /// The last line.
        line: u64,
    },
    /// There is no such line.
    #[error("n'a pas de ligne {line}; attendu: un numéro de 0 à {last}")]
    NoLine {
        /// The number.
        line: u64,
        /// The last there is.
        last: u64,
    },
    /// What was to be added contradicts the ledger: by place among the entries.
    #[error("{}", .0.iter().map(|(at, why)| format!("{}: {why}", at + 1)).collect::<Vec<_>>().join("\n"))]
    Refused(Vec<(usize, Contradiction)>),
    /// Somebody else has added lines since it was read.
    #[error("a reçu d'autres lignes depuis sa lecture: rien n'est inscrit; recommencer")]
    Changed,
}

impl LedgerError {
    /// Is it one of the place (nothing there, out of reach), and not of what is written in it?
    pub fn is_of_place(&self) -> bool {
        match self {
            LedgerError::Missing | LedgerError::Sqlite(_) => true,
            #[cfg(feature = "postgres")]
            LedgerError::Server(_) => true,
            #[cfg(not(feature = "postgres"))]
            LedgerError::NoPostgres => true,
            _ => false,
        }
    }
}
