//! Receipts that callers ask to keep, in a file of SQLite. One is known by the hash of what it says, so that an answer
//! that was lost on its way can be asked for again, and a receipt that was edited is found out.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use logis::fingerprint::sha256;
use rusqlite::{Connection, OptionalExtension, params};

/// The form of the file.
const FORM: i64 = 1;

/// How long a writer of another process is waited for.
const WAIT: Duration = Duration::from_secs(10);

/// Receipts that are kept.
pub struct Receipts {
    connection: Mutex<Connection>,
}

/// Why receipts cannot be kept or found.
#[derive(Debug, thiserror::Error)]
pub enum ReceiptsError {
    /// What SQLite says.
    #[error("{0}")]
    File(#[from] rusqlite::Error),
    /// The file is of a later version.
    #[error("forme {0} du fichier ; attendu: {FORM}")]
    Form(i64),
    /// A receipt is not as it was written.
    #[error("le reçu {0} n'est pas tel qu'il a été écrit")]
    Edited(String),
}

impl Receipts {
    /// Opens a file, and makes it if it is not there.
    pub fn open(path: &Path) -> Result<Receipts, ReceiptsError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(WAIT)?;
        // A receipt is on the disk before its answer is sent: a machine that stops at any moment loses none of those
        // that were told, and leaves none by halves.
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(
            "CREATE TABLE IF NOT EXISTS form (version INTEGER NOT NULL);
             CREATE TABLE IF NOT EXISTS receipts (
                 number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, line TEXT NOT NULL
             );",
        )?;
        let form = connection.query_row("SELECT version FROM form", [], |row| row.get(0)).optional()?;
        match form {
            Some(FORM) => {}
            Some(other) => return Err(ReceiptsError::Form(other)),
            None => drop(connection.execute("INSERT INTO form (version) VALUES (?1)", params![FORM])?),
        }
        Ok(Receipts { connection: Mutex::new(connection) })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A thread that panicked while it held the lock has left no transaction open: each is one statement.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a receipt, and gives its name. The same receipt is kept once.
    pub fn keep(&self, line: &str) -> Result<String, ReceiptsError> {
        let id = name(line);
        let statement = "INSERT INTO receipts (id, line) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING";
        self.connection().prepare(statement)?.execute(params![id, line])?;
        Ok(id)
    }

    /// A receipt by its name.
    pub fn find(&self, id: &str) -> Result<Option<String>, ReceiptsError> {
        let connection = self.connection();
        let mut statement = connection.prepare("SELECT line FROM receipts WHERE id = ?1")?;
        let line: Option<String> = statement.query_row(params![id], |row| row.get(0)).optional()?;
        line.map(|line| checked(id, line)).transpose()
    }

    /// The next receipts after a number, in the order in which they were kept: their lines, and the number of the last.
    pub fn after(&self, number: i64, most: usize) -> Result<(Vec<String>, i64), ReceiptsError> {
        let connection = self.connection();
        let select = "SELECT number, id, line FROM receipts WHERE number > ?1 ORDER BY number LIMIT ?2";
        let mut statement = connection.prepare(select)?;
        let mut rows = statement.query(params![number, i64::try_from(most).unwrap_or(i64::MAX)])?;
        let (mut lines, mut last) = (Vec::new(), number);
        while let Some(row) = rows.next()? {
            last = row.get(0)?;
            let id: String = row.get(1)?;
            lines.push(checked(&id, row.get(2)?)?);
        }
        Ok((lines, last))
    }
}

/// The name of a receipt: the SHA-256 of its line, in hexadecimal digits.
fn name(line: &str) -> String {
    sha256(line.as_bytes()).replace("sha256:", "")
}

fn checked(id: &str, line: String) -> Result<String, ReceiptsError> {
    if name(&line) == id { Ok(line) } else { Err(ReceiptsError::Edited(id.to_string())) }
}
