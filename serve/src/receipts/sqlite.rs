//! Receipts in a file of SQLite.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, OptionalExtension, params};

use super::{FORM, Kept, ReceiptsError, WAIT};

/// A file of receipts.
pub struct File {
    connection: Mutex<Connection>,
}

impl File {
    /// Opens a file, and makes it if it is not there.
    pub fn open(path: &Path) -> Result<File, ReceiptsError> {
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
        Ok(File { connection: Mutex::new(connection) })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A thread that panicked while it held the lock has left no transaction open: each is one statement.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a receipt; one of that name is kept once.
    pub fn keep(&self, id: &str, line: &str) -> Result<(), ReceiptsError> {
        let statement = "INSERT INTO receipts (id, line) VALUES (?1, ?2) ON CONFLICT (id) DO NOTHING";
        self.connection().prepare(statement)?.execute(params![id, line])?;
        Ok(())
    }

    /// The line of a receipt by its name.
    pub fn find(&self, id: &str) -> Result<Option<String>, ReceiptsError> {
        let connection = self.connection();
        let mut statement = connection.prepare("SELECT line FROM receipts WHERE id = ?1")?;
        Ok(statement.query_row(params![id], |row| row.get(0)).optional()?)
    }

    /// The next receipts after a number, in the order in which they were kept.
    pub fn after(&self, number: i64, most: i64) -> Result<Vec<Kept>, ReceiptsError> {
        let connection = self.connection();
        let select = "SELECT number, id, line FROM receipts WHERE number > ?1 ORDER BY number LIMIT ?2";
        let mut statement = connection.prepare(select)?;
        let rows = statement.query_map(params![number, most], |row| {
            Ok(Kept { number: row.get(0)?, id: row.get(1)?, line: row.get(2)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
