//! Which row of the base's data set is which row of the head's: one package, read for two packs.

use logis_data::{Dataset, Ids};
use logis_language::pack::Parsed;
use logis_language::pack::schema::EntityId;

/// Rows of the base's data set beside those of the head's, by identifier.
#[derive(Clone, Debug, Default)]
pub struct Align {
    /// By entity of the base and row: the row in the head. `None` for an entity whose rows have the same
    /// numbers in both.
    to_head: Vec<Option<Vec<u32>>>,
    /// By entity of the head and row: the row in the base, likewise.
    to_base: Vec<Option<Vec<u32>>>,
}

impl Align {
    /// Pairs the rows that have one identifier.
    pub fn new((old, base): (&Parsed, &Dataset), (new, head): (&Parsed, &Dataset)) -> Align {
        if std::ptr::eq(base, head) {
            return Align::default();
        }
        Align { to_head: rows((old, base), (new, head)), to_base: rows((new, head), (old, base)) }
    }

    /// The row of the head's data set with the identifier of a row of the base's, if there is one.
    pub fn head(&self, entity: EntityId, row: u64) -> Option<u64> {
        other(&self.to_head, entity, row)
    }

    /// The row of the base's data set with the identifier of a row of the head's, if there is one.
    pub fn base(&self, entity: EntityId, row: u64) -> Option<u64> {
        other(&self.to_base, entity, row)
    }

    /// Have the rows of an entity of the base the same numbers in the head?
    pub fn same(&self, entity: EntityId) -> bool {
        self.to_head.get(entity).is_none_or(Option::is_none)
    }
}

/// In [`Align`], a row whose identifier the other data set does not have.
const NONE: u32 = u32::MAX;

/// Looks a row up in one direction.
fn other(rows: &[Option<Vec<u32>>], entity: EntityId, row: u64) -> Option<u64> {
    match rows.get(entity) {
        Some(Some(rows)) => {
            rows.get(usize::try_from(row).ok()?).filter(|r| **r != NONE).map(|&r| u64::from(r))
        }
        _ => Some(row),
    }
}

/// By entity of `own`, the numbers that its rows have in `others`; entities are found by name.
fn rows((from, own): (&Parsed, &Dataset), (to, others): (&Parsed, &Dataset)) -> Vec<Option<Vec<u32>>> {
    let one = |(entity, table): (&logis_language::pack::schema::Entity, &logis_data::Table)| {
        let target = to.schema.entity(&entity.name).and_then(|id| others.tables.get(id));
        let none = Ids::default();
        let ids = target.map_or(&none, |t| &t.ids);
        if table.ids == *ids {
            return None;
        }
        Some(table.ids.texts().map(|id| ids.place(id).unwrap_or(NONE)).collect())
    };
    from.schema.entities.iter().zip(&own.tables).map(one).collect()
}
