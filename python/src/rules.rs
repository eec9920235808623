//! A rule book with its tables, shared by all that is made of it.

use std::sync::{Arc, OnceLock};

use logis::Pack;
use logis::data::PackTables;

/// A rule book with its tables, which are typed when they are first asked for.
#[derive(Clone)]
pub struct Rules {
    pub pack: Pack,
    tables: Arc<OnceLock<PackTables>>,
}

impl Rules {
    pub fn new(pack: Pack) -> Rules {
        Rules { pack, tables: Arc::default() }
    }

    /// The national rule book, read once a process.
    pub fn national() -> Rules {
        static NATIONAL: OnceLock<Rules> = OnceLock::new();
        NATIONAL.get_or_init(|| Rules::new(Pack::national())).clone()
    }

    /// The tables of the pack.
    pub fn tables(&self) -> &PackTables {
        self.tables.get_or_init(|| {
            let parsed = self.pack.parsed();
            PackTables::new(&parsed.schema, &parsed.references)
        })
    }
}
