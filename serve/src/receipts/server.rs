//! Receipts in a database of PostgreSQL, which several services may share. The way to it is not encrypted: it is a
//! socket of this machine, or a network of one's own.

use std::error::Error as _;
use std::sync::{Mutex, PoisonError};

use postgres::{Client, Config, NoTls};

use super::{FORM, Kept, ReceiptsError, WAIT};

/// The lock under which receipts are written, one after the other: so their numbers are in the order in which they
/// can be seen, and whoever reads on after a number misses none.
const LOCK: i64 = 0x6c6f_6769_7300;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS logis_form (version BIGINT NOT NULL);
    CREATE TABLE IF NOT EXISTS logis_receipts (
        number BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id TEXT NOT NULL UNIQUE, line TEXT NOT NULL
    );";

/// A database of receipts.
pub struct Server {
    config: Config,
    /// None after it broke off, until it is needed again.
    client: Mutex<Option<Client>>,
}

impl Drop for Server {
    fn drop(&mut self) {
        let client = self.client.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        // A client has threads of its own to wait for, which none that answers requests may do.
        let away = client.map(|client| std::thread::spawn(move || drop(client)));
        drop(away.map(std::thread::JoinHandle::join));
    }
}

impl From<postgres::Error> for ReceiptsError {
    fn from(error: postgres::Error) -> ReceiptsError {
        // The error itself says little; what it comes from says what.
        let source = error.source().map_or_else(|| error.to_string(), ToString::to_string);
        ReceiptsError::Server(source)
    }
}

impl Server {
    /// Reaches a database by its address.
    pub fn open(address: &str) -> Result<Server, ReceiptsError> {
        let mut config: Config = address.parse()?;
        config.connect_timeout(WAIT).application_name("logis");
        if let (None, Ok(password)) = (config.get_password(), std::env::var("PGPASSWORD")) {
            config.password(password);
        }
        let server = Server { config, client: Mutex::new(None) };
        server
            .with(|client| {
                // Two services that start at once would both make the tables.
                let mut all = client.transaction()?;
                all.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])?;
                all.batch_execute(TABLES)?;
                let form: Option<i64> = all
                    .query_opt("SELECT version FROM logis_form", &[])?
                    .map(|row| row.try_get(0))
                    .transpose()?;
                if form.is_none() {
                    all.execute("INSERT INTO logis_form (version) VALUES ($1)", &[&FORM])?;
                }
                all.commit()?;
                Ok(form)
            })
            .and_then(|form| match form {
                None | Some(FORM) => Ok(()),
                Some(other) => Err(ReceiptsError::Form(other)),
            })?;
        Ok(server)
    }

    /// Does something with a connection. One that broke off is made again, once: all that is done here may be done
    /// twice.
    fn with<T>(
        &self,
        mut work: impl FnMut(&mut Client) -> Result<T, postgres::Error>,
    ) -> Result<T, ReceiptsError> {
        // A thread that panicked while it held the lock has left a connection whose transaction is rolled back.
        let mut held = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        for last in [false, true] {
            let mut client = match held.take() {
                Some(client) if !client.is_closed() => client,
                _ => self.connect()?,
            };
            match work(&mut client) {
                Ok(done) => {
                    *held = Some(client);
                    return Ok(done);
                }
                Err(_) if client.is_closed() && !last => {}
                Err(error) => {
                    *held = Some(client);
                    return Err(error.into());
                }
            }
        }
        Err(ReceiptsError::Server("la connexion s'interrompt".to_string()))
    }

    fn connect(&self) -> Result<Client, ReceiptsError> {
        let mut client = self.config.connect(NoTls)?;
        // A receipt is on the disk before its answer is sent, whatever the server does for others.
        client.batch_execute(
            "SELECT set_config('synchronous_commit', 'on', false)
             WHERE current_setting('synchronous_commit') = 'off'",
        )?;
        let wait = format!("SET statement_timeout = {}", WAIT.as_millis());
        client.batch_execute(&wait)?;
        Ok(client)
    }

    /// Keeps a receipt; one of that name is kept once.
    pub fn keep(&self, id: &str, line: &str) -> Result<(), ReceiptsError> {
        self.with(|client| {
            let mut one = client.transaction()?;
            one.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK])?;
            let insert = "INSERT INTO logis_receipts (id, line) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
            one.execute(insert, &[&id, &line])?;
            one.commit()
        })
    }

    /// The line of a receipt by its name.
    pub fn find(&self, id: &str) -> Result<Option<String>, ReceiptsError> {
        let select = "SELECT line FROM logis_receipts WHERE id = $1";
        self.with(|client| client.query_opt(select, &[&id])?.map(|row| row.try_get(0)).transpose())
    }

    /// The next receipts after a number, in the order in which they were kept.
    pub fn after(&self, number: i64, most: i64) -> Result<Vec<Kept>, ReceiptsError> {
        let select = "SELECT number, id, line FROM logis_receipts WHERE number > $1 ORDER BY number LIMIT $2";
        self.with(|client| {
            let rows = client.query(select, &[&number, &most])?;
            let one = |row: &postgres::Row| {
                Ok(Kept { number: row.try_get(0)?, id: row.try_get(1)?, line: row.try_get(2)? })
            };
            rows.iter().map(one).collect()
        })
    }
}
