//! The lines of a ledger in a database of PostgreSQL, which several offices may share. The way to it is not encrypted: it
//! is a socket of this machine, or a network of one's own.

use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use postgres::error::SqlState;
use postgres::{Client, Config, NoTls, Transaction};

use super::error::LedgerError;
use super::line::{Line, Written, origin};

/// How long another writer, or the server, is waited for.
const WAIT: Duration = Duration::from_secs(10);

/// The lock under which the table is made: two that begin at once would both make it.
const LOCK: i64 = 0x6c6f_6769_736c;

/// The table and its triggers, which are compared when it is opened: without them it is no ledger.
const FORM: &str = "
CREATE TABLE logis_registre (
    numero BIGINT PRIMARY KEY, jour TEXT NOT NULL, nature TEXT NOT NULL, demande TEXT NOT NULL, logement TEXT NOT NULL,
    details TEXT NOT NULL, precedente TEXT NOT NULL, empreinte TEXT NOT NULL
);
CREATE FUNCTION logis_registre_1_ferme() RETURNS trigger LANGUAGE plpgsql AS $corps$FERME$corps$;
CREATE FUNCTION logis_registre_1_suite() RETURNS trigger LANGUAGE plpgsql AS $corps$SUITE$corps$;
CREATE TRIGGER logis_registre_1_dans_l_ordre BEFORE INSERT ON logis_registre
    FOR EACH ROW EXECUTE FUNCTION logis_registre_1_suite();
CREATE TRIGGER logis_registre_1_sans_modification BEFORE UPDATE OR DELETE ON logis_registre
    FOR EACH ROW EXECUTE FUNCTION logis_registre_1_ferme();
CREATE TRIGGER logis_registre_1_sans_vidage BEFORE TRUNCATE ON logis_registre
    FOR EACH STATEMENT EXECUTE FUNCTION logis_registre_1_ferme();
";

/// What refuses changes.
const CLOSED: &str =
    "BEGIN RAISE EXCEPTION 'une ligne du registre ne se modifie pas et ne se supprime pas'; END";

/// What refuses a line that is not the next.
const NEXT: &str = "BEGIN
    IF NEW.numero IS DISTINCT FROM (SELECT coalesce(max(numero), 0) + 1 FROM logis_registre)
        OR (NEW.numero > 1 AND NEW.precedente IS DISTINCT FROM
            (SELECT empreinte FROM logis_registre WHERE numero = NEW.numero - 1)) THEN
        RAISE EXCEPTION 'une ligne du registre suit la dernière';
    END IF;
    RETURN NEW;
END";

/// By trigger, in the order of their names: when it is called (the bits of `pg_trigger.tgtype`: each row 1, before 2, insertion 4,
/// deletion 8, update 16, emptying 32) and the body of its function.
const TRIGGERS: [(&str, i16, &str); 3] = [
    ("logis_registre_1_dans_l_ordre", 1 | 2 | 4, NEXT),
    ("logis_registre_1_sans_modification", 1 | 2 | 8 | 16, CLOSED),
    ("logis_registre_1_sans_vidage", 2 | 32, CLOSED),
];

/// A database of PostgreSQL.
pub(super) struct Server(Client);

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl From<postgres::Error> for LedgerError {
    fn from(error: postgres::Error) -> LedgerError {
        // The error itself says little; what it comes from says what.
        LedgerError::Server(error.source().map_or_else(|| error.to_string(), ToString::to_string))
    }
}

impl Server {
    /// Reaches a database that has a ledger.
    pub fn open(address: &str) -> Result<Server, LedgerError> {
        let mut server = Server::new(address)?;
        let mut look = server.0.transaction()?;
        if !is_there(&mut look)? {
            return Err(LedgerError::Missing);
        }
        formed(&mut look)?;
        look.rollback()?;
        Ok(server)
    }

    /// Reaches a database.
    pub fn new(address: &str) -> Result<Server, LedgerError> {
        let mut config: Config = address.parse()?;
        config.connect_timeout(WAIT).application_name("logis");
        if let (None, Ok(password)) = (config.get_password(), std::env::var("PGPASSWORD")) {
            config.password(password);
        }
        let mut client = config.connect(NoTls)?;
        // What is added is on the disk when that is told, whatever the server does for others.
        let wait = WAIT.as_millis();
        client.batch_execute(&format!(
            "SELECT set_config('synchronous_commit', 'on', false)
             WHERE current_setting('synchronous_commit') = 'off';
             SET statement_timeout = {wait}; SET lock_timeout = {wait};"
        ))?;
        Ok(Server(client))
    }

    /// All lines, as they stand.
    pub fn lines(&mut self) -> Result<Vec<Written>, LedgerError> {
        let rows = self.0.query(
            "SELECT numero, jour, nature, demande, logement, details, precedente, empreinte
             FROM logis_registre ORDER BY numero",
            &[],
        )?;
        let line = |row: &postgres::Row| -> Result<Written, postgres::Error> {
            let text = |at: usize| row.try_get(at);
            let texts = [text(1)?, text(2)?, text(3)?, text(4)?, text(5)?];
            Ok(Written { number: row.try_get(0)?, texts, before: text(6)?, hash: text(7)? })
        };
        Ok(rows.iter().map(line).collect::<Result<_, _>>()?)
    }

    /// Writes lines after the one of this hash, in one transaction; makes the table where there is none.
    pub fn add(&mut self, head: &str, lines: &[Line]) -> Result<(), LedgerError> {
        let mut all = self.0.transaction()?;
        all.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])?;
        if !is_there(&mut all)? {
            all.batch_execute(&FORM.replace("FERME", CLOSED).replace("SUITE", NEXT))?;
        }
        formed(&mut all)?;
        // Who reads goes on reading; who writes waits.
        all.batch_execute("LOCK TABLE logis_registre IN EXCLUSIVE MODE")?;
        let last = all.query_opt("SELECT empreinte FROM logis_registre ORDER BY numero DESC LIMIT 1", &[])?;
        let last: String = last.map_or_else(|| Ok(origin()), |row| row.try_get(0))?;
        if last != head {
            return Err(LedgerError::Changed);
        }
        let insert = all.prepare(
            "INSERT INTO logis_registre (numero, jour, nature, demande, logement, details, precedente, empreinte)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        )?;
        for Line { number, entry, details, before, hash } in lines {
            let number = i64::try_from(*number).unwrap_or(i64::MAX);
            let (day, kind) = (entry.day.to_string(), entry.kind.name());
            all.execute(
                &insert,
                &[&number, &day, &kind, &entry.request, &entry.unit, details, before, hash],
            )?;
        }
        all.commit().map_err(|error| match error.code() {
            // Nothing came back: it may be written or not.
            None | Some(&SqlState::ADMIN_SHUTDOWN) => LedgerError::Server(
                "la connexion s'est interrompue pendant l'inscription: relire le registre avant de recommencer".into(),
            ),
            Some(_) => error.into(),
        })
    }
}

/// Has the database a table of this name?
fn is_there(on: &mut Transaction<'_>) -> Result<bool, LedgerError> {
    let found = on.query_one("SELECT to_regclass('logis_registre') IS NOT NULL", &[])?;
    Ok(found.try_get(0)?)
}

/// Has the table the form of a ledger? Its columns, and the triggers with what they do.
fn formed(on: &mut Transaction<'_>) -> Result<(), LedgerError> {
    let columns = on.query_one(
        "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod) || ' ' || attnotnull, ', ' ORDER BY attnum)
         FROM pg_attribute WHERE attrelid = 'logis_registre'::regclass AND attnum > 0 AND NOT attisdropped",
        &[],
    )?;
    let columns: Option<String> = columns.try_get(0)?;
    let texts = ["jour", "nature", "demande", "logement", "details", "precedente", "empreinte"];
    let texts = texts.map(|name| format!("{name} text true")).join(", ");
    if columns != Some(format!("numero bigint true, {texts}")) {
        return Err(LedgerError::Form(
            "les colonnes de `logis_registre` ne sont pas celles d'un registre".into(),
        ));
    }
    let rows = on.query(
        "SELECT tgname::text, tgtype, prosrc, tgenabled::text
         FROM pg_trigger JOIN pg_proc ON pg_proc.oid = tgfoid
         WHERE tgrelid = 'logis_registre'::regclass AND NOT tgisinternal ORDER BY tgname COLLATE \"C\"",
        &[],
    )?;
    let mut found = Vec::new();
    for row in &rows {
        let (name, kind, body, enabled): (String, i16, String, String) =
            (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?, row.try_get(3)?);
        // `O`: as usual; `A`: always.
        found.push((name, kind, body, ["O", "A"].contains(&enabled.as_str())));
    }
    for (name, kind, body) in TRIGGERS {
        if !found.contains(&(name.to_string(), kind, body.to_string(), true)) {
            return Err(LedgerError::Form(format!("`{name}` manque, ou n'est pas tel qu'il a été écrit")));
        }
    }
    match found.iter().find(|(name, ..)| !TRIGGERS.iter().any(|(own, ..)| own == name)) {
        Some((name, ..)) => Err(LedgerError::Form(format!("`{name}` n'en est pas"))),
        None => Ok(()),
    }
}
