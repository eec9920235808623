//! What goes into the reading of a data package, and what comes out.

use std::collections::{BTreeMap, BTreeSet};

use super::issue::Issue;
use super::table::Dataset;
use logis_language::pack::schema::{EntityId, FieldId};

/// One file of a data package.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// Its name, without folder: `demandes.csv`.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// The files are not in an order that parts could follow, an identifier stands in two parts, or only the whole of a
/// file says how it is to be read.
#[cfg(feature = "parquet")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("les tables ne sont pas dans le même ordre, ou un identifiant est double")]
pub struct NotInOrder;

/// A column that is needed and not there: its cells are unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Absent {
    /// The file that lacks it; of a table that is absent itself, the table's name.
    pub file: String,
    /// The entity.
    pub entity: EntityId,
    /// Its header; empty if the whole table is absent.
    pub column: String,
    /// The fields that it would hold.
    pub fields: BTreeSet<FieldId>,
    /// The relations that it would hold.
    pub relations: BTreeSet<(EntityId, usize)>,
}

/// A data package, read: the rows without error, and what is wrong with the others.
#[derive(Clone, Debug, Default)]
pub struct ReadOutcome {
    /// The good rows.
    pub dataset: Dataset,
    /// Errors and warnings, by file, line and column.
    pub issues: Vec<Issue>,
    /// Columns that are needed and not there.
    pub absent: Vec<Absent>,
    /// By entity with rows that were left out: how many.
    pub dropped: BTreeMap<EntityId, usize>,
}

/// Issues in the order in which people look for them, each once.
pub fn sort(issues: &mut Vec<Issue>) {
    issues.sort_by(|a, b| {
        (&a.file, a.line, &a.column, &a.message).cmp(&(&b.file, b.line, &b.column, &b.message))
    });
    issues.dedup();
}
