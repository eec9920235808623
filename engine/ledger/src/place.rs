//! Where lines are kept.

use std::fmt;
use std::path::{Path, PathBuf};

/// A file or a database.
#[derive(Clone, PartialEq, Eq)]
pub enum LedgerPlace {
    /// A file of SQLite.
    File(PathBuf),
    /// A database of PostgreSQL, by its address (`postgres://user@host:port/database`). A password that the address
    /// lacks is that of the variable `PGPASSWORD`. It is never shown.
    Postgres(String),
}

impl LedgerPlace {
    /// A place as it is written: what begins with `postgres://` or `postgresql://` is a database, all else a file.
    ///
    /// ```
    /// use logis_ledger::LedgerPlace;
    ///
    /// assert!(matches!(LedgerPlace::of("registre.db"), LedgerPlace::File(_)));
    /// assert_eq!(LedgerPlace::of("postgres://logis:secret@h/ledger").to_string(), "postgres://h/ledger");
    /// ```
    pub fn of(text: impl AsRef<Path>) -> LedgerPlace {
        let path = text.as_ref();
        let address = path
            .to_str()
            .filter(|text| ["postgres://", "postgresql://"].iter().any(|scheme| text.starts_with(scheme)));
        match address {
            Some(address) => LedgerPlace::Postgres(address.to_string()),
            None => LedgerPlace::File(path.to_path_buf()),
        }
    }
}

impl fmt::Display for LedgerPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LedgerPlace::File(path) => write!(f, "{}", path.display()),
            // An address may hold a password; so may what stands after the `?`.
            LedgerPlace::Postgres(address) => {
                let (scheme, rest) = address.split_once("://").unwrap_or(("postgres", address));
                let rest = rest.split('?').next().unwrap_or_default();
                write!(f, "{scheme}://{}", rest.rsplit('@').next().unwrap_or_default())
            }
        }
    }
}

impl fmt::Debug for LedgerPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LedgerPlace({self})")
    }
}
