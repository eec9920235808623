//! The way from a row to the territory whose local rules hold for it.

use super::{Access, Link, Target, reach};
use crate::pack::schema::{EntityId, FieldId, Schema};
use crate::pack::territory::Territories;

impl Territories {
    /// How a row of an entity says which territory of a level it is of: the field, and the way to it. `None` if it does
    /// not.
    ///
    /// A pair says so by the side that the pack names; what leads to the table by no way says so by a field that names a
    /// territory itself.
    pub fn link(&self, schema: &Schema, entity: EntityId, level: usize) -> Option<Link> {
        self.link_to(schema, entity, self.levels.get(level)?.field?)
    }

    fn link_to(&self, schema: &Schema, entity: EntityId, field: FieldId) -> Option<Link> {
        let to_table = match self.through.get(&entity) {
            None => reach(schema, entity, self.table?).ok(),
            Some(side) => {
                let first = reach(schema, entity, *side).ok();
                first.zip(reach(schema, *side, self.table?).ok()).and_then(|(a, b)| joined(a, b))
            }
        };
        let upwards = |access: &Access| matches!(access, Access::Own | Access::Up(_));
        if let Some(access) = to_table.filter(upwards) {
            return Some(Link { target: Target::Field(field), access });
        }
        self.named.iter().find_map(|named| {
            let home = schema.fields.get(*named)?.entity;
            let access = reach(schema, entity, home).ok().filter(upwards)?;
            Some(Link { target: Target::Field(*named), access })
        })
    }
}

/// One way after the other, if both lead upwards.
fn joined(first: Access, then: Access) -> Option<Access> {
    match (first, then) {
        (Access::Own, way) | (way, Access::Own) => Some(way),
        (Access::Up(mut steps), Access::Up(more)) => {
            steps.extend(more);
            Some(Access::Up(steps))
        }
        _ => None,
    }
}
