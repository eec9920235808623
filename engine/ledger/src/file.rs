//! The lines of a ledger in a file of SQLite.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use super::error::LedgerError;
use super::line::{Line, Written, origin};

/// How long another writer is waited for.
const WAIT: Duration = Duration::from_secs(10);

/// The form of the file, which is compared as a whole: without its triggers it is no ledger.
const FORM: &str = "
CREATE TABLE lignes (
    numero INTEGER PRIMARY KEY, jour TEXT NOT NULL, nature TEXT NOT NULL, demande TEXT NOT NULL, logement TEXT NOT NULL,
    details TEXT NOT NULL, precedente TEXT NOT NULL, empreinte TEXT NOT NULL
) STRICT;
CREATE TRIGGER registre_1_sans_modification BEFORE UPDATE ON lignes
    BEGIN SELECT RAISE(ABORT, 'une ligne du registre ne se modifie pas'); END;
CREATE TRIGGER registre_1_sans_suppression BEFORE DELETE ON lignes
    BEGIN SELECT RAISE(ABORT, 'une ligne du registre ne se supprime pas'); END;
CREATE TRIGGER registre_1_dans_l_ordre BEFORE INSERT ON lignes
    WHEN NEW.numero IS NOT (SELECT coalesce(max(numero), 0) + 1 FROM lignes)
        OR (NEW.numero > 1 AND NEW.precedente IS NOT (SELECT empreinte FROM lignes WHERE numero = NEW.numero - 1))
    BEGIN SELECT RAISE(ABORT, 'une ligne du registre suit la dernière'); END;
";

/// A file of SQLite.
#[derive(Debug)]
pub(super) struct File(Connection);

impl File {
    /// Opens a file that is a ledger.
    pub fn open(path: &Path) -> Result<File, LedgerError> {
        if !path.is_file() {
            return Err(LedgerError::Missing);
        }
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        if objects(&connection)?.is_empty() {
            return Err(LedgerError::Missing);
        }
        formed(&connection)?;
        Ok(File(connection))
    }

    /// Makes a file, if there is none.
    pub fn new(path: &Path) -> Result<File, LedgerError> {
        connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE).map(File)
    }

    /// All lines, as they stand.
    pub fn lines(&mut self) -> Result<Vec<Written>, LedgerError> {
        let mut statement = self.0.prepare(
            "SELECT numero, jour, nature, demande, logement, details, precedente, empreinte FROM lignes ORDER BY numero",
        )?;
        let rows = statement.query_map([], |row| {
            let texts = [row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
            Ok(Written { number: row.get(0)?, texts, before: row.get(6)?, hash: row.get(7)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Writes lines after the one of this hash, in one transaction; makes the tables of an empty file.
    pub fn add(&mut self, head: &str, lines: &[Line]) -> Result<(), LedgerError> {
        write(&mut self.0, head, lines)
    }
}

fn connect(path: &Path, flags: OpenFlags) -> Result<Connection, LedgerError> {
    let connection = Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(WAIT)?;
    // One file, with nothing beside it but while it is written; what was told to be written is on the disk.
    connection.pragma_update(None, "synchronous", "EXTRA").map_err(no_database)?;
    Ok(connection)
}

/// Writes lines after the one of this hash, in one transaction; makes the tables of an empty file.
fn write(connection: &mut Connection, head: &str, lines: &[Line]) -> Result<(), LedgerError> {
    let all = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    if objects(&all)?.is_empty() {
        all.execute_batch(FORM)?;
    }
    formed(&all)?;
    let last =
        all.query_row("SELECT empreinte FROM lignes ORDER BY numero DESC LIMIT 1", [], |row| row.get(0));
    let last = match last {
        Err(rusqlite::Error::QueryReturnedNoRows) => origin(),
        other => other?,
    };
    if last != head {
        return Err(LedgerError::Changed);
    }
    insert(&all, lines)?;
    all.commit()?;
    Ok(())
}

fn insert(all: &Transaction<'_>, lines: &[Line]) -> Result<(), LedgerError> {
    let mut statement = all.prepare(
        "INSERT INTO lignes (numero, jour, nature, demande, logement, details, precedente, empreinte)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for Line { number, entry, details, before, hash } in lines {
        let number = i64::try_from(*number).unwrap_or(i64::MAX);
        let (day, kind) = (entry.day.to_string(), entry.kind.name());
        statement.execute(params![number, day, kind, entry.request, entry.unit, details, before, hash])?;
    }
    Ok(())
}

/// What a file of SQLite declares.
fn objects(connection: &Connection) -> Result<Vec<(String, String)>, LedgerError> {
    let mut statement = connection
        .prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name")
        .map_err(no_database)?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.and_then(Iterator::collect).map_err(no_database)
}

/// A file of another kind is no ledger; SQLite says so in its own words.
fn no_database(error: rusqlite::Error) -> LedgerError {
    match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::NotADatabase) => {
            LedgerError::Form("ce n'est pas un fichier de SQLite".to_string())
        }
        _ => error.into(),
    }
}

/// Has the file the form of a ledger?
fn formed(connection: &Connection) -> Result<(), LedgerError> {
    let model = Connection::open_in_memory()?;
    model.execute_batch(FORM)?;
    let (found, expected) = (objects(connection)?, objects(&model)?);
    let lacking = expected.iter().find(|object| !found.contains(object));
    let foreign = found.iter().find(|object| !expected.contains(object));
    match (lacking, foreign) {
        (Some((name, _)), _) => {
            Err(LedgerError::Form(format!("`{name}` manque, ou n'est pas tel qu'il a été écrit")))
        }
        (None, Some((name, _))) => Err(LedgerError::Form(format!("`{name}` n'en est pas"))),
        (None, None) => Ok(()),
    }
}
