//! Which row of one data set is which of the other: the same data, read for two packs.

use std::collections::HashMap;

use crate::data::Dataset;
use crate::pack::Parsed;
use crate::pack::schema::EntityId;

/// Rows of the base's data set beside those of the head's, by identifier.
#[derive(Clone, Debug, Default)]
pub struct Align {
    /// By entity of the base, and of the head: the row in the other; `None` where rows are the same.
    to_head: Vec<Option<Vec<u32>>>,
    to_base: Vec<Option<Vec<u32>>>,
}

impl Align {
    /// Finds the rows of the same identifier.
    pub fn new((old, base): (&Parsed, &Dataset), (new, head): (&Parsed, &Dataset)) -> Align {
        if std::ptr::eq(base, head) {
            return Align::default();
        }
        Align { to_head: rows((old, base), (new, head)), to_base: rows((new, head), (old, base)) }
    }

    /// The row of the head's data set that a row of the base's is.
    pub fn head(&self, entity: EntityId, row: u64) -> Option<u64> {
        other(&self.to_head, entity, row)
    }

    /// The row of the base's data set that a row of the head's is.
    pub fn base(&self, entity: EntityId, row: u64) -> Option<u64> {
        other(&self.to_base, entity, row)
    }

    /// Are the rows of an entity of the base the same in the head?
    pub fn same(&self, entity: EntityId) -> bool {
        self.to_head.get(entity).is_none_or(Option::is_none)
    }
}

/// Stands for a row that the other has not.
const NONE: u32 = u32::MAX;

fn other(rows: &[Option<Vec<u32>>], entity: EntityId, row: u64) -> Option<u64> {
    match rows.get(entity) {
        Some(Some(rows)) => {
            rows.get(usize::try_from(row).ok()?).filter(|r| **r != NONE).map(|&r| u64::from(r))
        }
        _ => Some(row),
    }
}

fn rows((from, own): (&Parsed, &Dataset), (to, others): (&Parsed, &Dataset)) -> Vec<Option<Vec<u32>>> {
    let one = |(entity, table): (&crate::pack::schema::Entity, &crate::data::Table)| {
        let target = to.schema.entity(&entity.name).and_then(|id| others.tables.get(id));
        let ids = target.map_or(&[][..], |t| &t.ids);
        if *table.ids == *ids {
            return None;
        }
        let places: HashMap<&str, u32> = ids.iter().map(AsRef::as_ref).zip(0..).collect();
        Some(table.ids.iter().map(|id| places.get(id.as_ref()).copied().unwrap_or(NONE)).collect())
    };
    from.schema.entities.iter().zip(&own.tables).map(one).collect()
}
