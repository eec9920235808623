//! The ledger in its file of SQLite: opened, held line by line, added to.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, params};

use super::contradiction::Contradiction;
use super::line::{Entry, Line, hash, origin, read};
use super::state::State;

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
    /// The file is of another form: no ledger, one of a later version, or one whose triggers were taken away.
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
    /// A line of the file contradicts those before it.
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

/// A ledger as it was when it was opened, and what was added since.
#[derive(Debug)]
pub struct Ledger {
    path: PathBuf,
    /// None until the file is there.
    connection: Option<Connection>,
    lines: Vec<Line>,
    state: State,
}

impl Ledger {
    /// Opens a ledger, and holds its chain and what it says.
    ///
    /// # Errors
    /// [`LedgerError::Missing`]; a file that is no ledger; the first line that is wrong.
    pub fn open(path: &Path) -> Result<Ledger, LedgerError> {
        if !path.is_file() {
            return Err(LedgerError::Missing);
        }
        let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        if objects(&connection)?.is_empty() {
            return Err(LedgerError::Missing);
        }
        formed(&connection)?;
        let lines = lines(&connection)?;
        let state = state(&lines)?;
        Ok(Ledger { path: path.to_path_buf(), connection: Some(connection), lines, state })
    }

    /// Opens a ledger; where there is none, an empty one, which is made when something is added.
    ///
    /// # Errors
    /// As [`Ledger::open`].
    pub fn open_or_new(path: &Path) -> Result<Ledger, LedgerError> {
        match Ledger::open(path) {
            Err(LedgerError::Missing) => Ok(Ledger {
                path: path.to_path_buf(),
                connection: None,
                lines: Vec::new(),
                state: State::default(),
            }),
            other => other,
        }
    }

    /// This ledger as it was when it ended with this line: for who decides again what was decided then.
    ///
    /// # Errors
    /// No line has this number, or it is within a session.
    pub fn up_to(mut self, line: u64) -> Result<Ledger, LedgerError> {
        let last = self.lines.last().map_or(0, |line| line.number);
        if line > last {
            return Err(LedgerError::NoLine { line, last });
        }
        self.lines.retain(|own| own.number <= line);
        self.state = state(&self.lines)?;
        Ok(self)
    }

    /// The lines, the first first.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// What the lines say together.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The hash of the last line, which stands for all; of an empty ledger: [`origin`].
    pub fn head(&self) -> String {
        self.lines.last().map_or_else(origin, |line| line.hash.clone())
    }

    /// Adds lines, all or none: they are on the disk when this comes back.
    ///
    /// # Errors
    /// Lines that contradict what stands before them, all of them; a ledger that others have added to since.
    pub fn append(&mut self, entries: &[Entry]) -> Result<(), LedgerError> {
        let (mut state, mut new, mut refused) = (self.state.clone(), Vec::new(), Vec::new());
        let (mut number, mut before) = (self.lines.last().map_or(0, |line| line.number), self.head());
        for (at, entry) in entries.iter().enumerate() {
            let line = Line::after(number + 1, &before, entry);
            match state.apply(line.number, entry) {
                Ok(()) => {
                    (number, before) = (line.number, line.hash.clone());
                    new.push(line);
                }
                Err(why) => refused.push((at, why)),
            }
        }
        if state.is_torn() && refused.is_empty() {
            let why = Contradiction::Place("la séance n'a pas toutes ses propositions");
            refused.push((entries.len().saturating_sub(1), why));
        }
        if !refused.is_empty() {
            return Err(LedgerError::Refused(refused));
        }
        if new.is_empty() {
            return Ok(());
        }
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(&self.path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?,
        };
        let written = write(&mut connection, &self.head(), &new);
        self.connection = Some(connection);
        written?;
        self.lines.extend(new);
        self.state = state;
        Ok(())
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

/// All lines, each held against the one before.
fn lines(connection: &Connection) -> Result<Vec<Line>, LedgerError> {
    let mut statement = connection.prepare(
        "SELECT numero, jour, nature, demande, logement, details, precedente, empreinte FROM lignes ORDER BY numero",
    )?;
    let mut rows = statement.query([])?;
    let (mut all, mut last): (Vec<Line>, String) = (Vec::new(), origin());
    while let Some(row) = rows.next()? {
        let expected = all.len() as u64 + 1;
        let number: i64 = row.get(0)?;
        let wrong = |what: String| LedgerError::Chain { line: expected, what };
        if u64::try_from(number) != Ok(expected) {
            return Err(wrong(format!("manque; la suivante est la ligne {number}")));
        }
        let text = |at: usize| row.get::<_, String>(at);
        let texts = [text(1)?, text(2)?, text(3)?, text(4)?, text(5)?];
        let [day, kind, request, unit, details] = &texts;
        let cells = [day.as_str(), kind, request, unit, details];
        let (before, written) = (text(6)?, text(7)?);
        if before != last {
            return Err(wrong(format!("suit l'empreinte {before}; attendu: {last}")));
        }
        let computed = hash(&before, expected, cells);
        if computed != written {
            return Err(wrong(format!(
                "n'est pas telle qu'elle a été écrite: son contenu donne {computed}; attendu: {written}"
            )));
        }
        let entry = read(cells).map_err(wrong)?;
        last.clone_from(&written);
        all.push(Line { number: expected, entry, details: details.clone(), before, hash: written });
    }
    Ok(all)
}

fn state(lines: &[Line]) -> Result<State, LedgerError> {
    let state = State::of(lines).map_err(|(line, why)| LedgerError::Contradicts { line, why })?;
    match state.is_torn() {
        true => Err(LedgerError::Torn { line: lines.last().map_or(0, |line| line.number) }),
        false => Ok(state),
    }
}
