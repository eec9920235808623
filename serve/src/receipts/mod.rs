//! Receipts that callers ask to keep, in a file of SQLite or in a database of PostgreSQL. One is known by the hash of
//! what it says, so that an answer that was lost on its way can be asked for again, and a receipt that was edited is
//! found out.

#[cfg(feature = "postgres")]
mod server;
mod sqlite;

use std::time::Duration;

use logis::fingerprint::sha256;
/// Where receipts are kept: a file of SQLite, or a database of PostgreSQL.
pub use logis::ledger::LedgerPlace as ReceiptsPlace;

/// The form of the tables.
const FORM: i64 = 1;

/// How long another writer, or a server, is waited for.
const WAIT: Duration = Duration::from_secs(10);

/// Receipts that are kept.
pub enum Receipts {
    File(sqlite::File),
    #[cfg(feature = "postgres")]
    Server(Box<server::Server>),
}

/// Why receipts cannot be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptsError {
    /// What SQLite says.
    #[error("{0}")]
    File(#[from] rusqlite::Error),
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
    /// The tables are of a later version.
    #[error("forme {0} des reçus ; attendu: {FORM}")]
    Form(i64),
    /// A receipt is not as it was written.
    #[error("le reçu {0} n'est pas tel qu'il a été écrit")]
    Edited(String),
}

/// A receipt as it is kept.
pub struct Kept {
    pub number: i64,
    pub id: String,
    pub line: String,
}

impl Receipts {
    /// Opens a place, and makes its tables if they are not there.
    pub fn open(place: &ReceiptsPlace) -> Result<Receipts, ReceiptsError> {
        match place {
            ReceiptsPlace::File(path) => sqlite::File::open(path).map(Receipts::File),
            #[cfg(feature = "postgres")]
            ReceiptsPlace::Postgres(address) => {
                server::Server::open(address).map(|server| Receipts::Server(Box::new(server)))
            }
            #[cfg(not(feature = "postgres"))]
            ReceiptsPlace::Postgres(_) => Err(ReceiptsError::NoPostgres),
        }
    }

    /// Keeps a receipt, and gives its name. The same receipt is kept once. It is on the disk when this comes back.
    pub fn keep(&self, line: &str) -> Result<String, ReceiptsError> {
        let id = name(line);
        match self {
            Receipts::File(file) => file.keep(&id, line)?,
            #[cfg(feature = "postgres")]
            Receipts::Server(server) => server.keep(&id, line)?,
        }
        Ok(id)
    }

    /// A receipt by its name.
    pub fn find(&self, id: &str) -> Result<Option<String>, ReceiptsError> {
        let line = match self {
            Receipts::File(file) => file.find(id)?,
            #[cfg(feature = "postgres")]
            Receipts::Server(server) => server.find(id)?,
        };
        line.map(|line| checked(id, line)).transpose()
    }

    /// The next receipts after a number, in the order in which they were kept: their lines, and the number of the last.
    pub fn after(&self, number: i64, most: usize) -> Result<(Vec<String>, i64), ReceiptsError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let kept = match self {
            Receipts::File(file) => file.after(number, most)?,
            #[cfg(feature = "postgres")]
            Receipts::Server(server) => server.after(number, most)?,
        };
        let last = kept.last().map_or(number, |kept| kept.number);
        let lines = kept.into_iter().map(|kept| checked(&kept.id, kept.line));
        Ok((lines.collect::<Result<_, _>>()?, last))
    }
}

/// The name of a receipt: the SHA-256 of its line, in hexadecimal digits.
fn name(line: &str) -> String {
    sha256(line.as_bytes()).replace("sha256:", "")
}

fn checked(id: &str, line: String) -> Result<String, ReceiptsError> {
    if name(&line) == id { Ok(line) } else { Err(ReceiptsError::Edited(id.to_string())) }
}
