//! Which rows of the schema a household on the page is made of: the row that is decided (a request), those who belong
//! to it (persons), and what each of these belongs to besides (an employer). Nothing here knows a name of a pack.

use logis::Pack;
use logis::pack::schema::{EntityId, Field, FieldKind, Origin, Schema};

/// The tables of a household.
#[derive(Clone, Debug)]
pub struct Kin {
    /// The entity that is decided when nothing is selected.
    pub main: EntityId,
    pub members: Option<Members>,
}

/// Those who belong to the row that is decided. The first is who answers.
#[derive(Clone, Debug)]
pub struct Members {
    pub entity: EntityId,
    /// The table, which is the key of their list in a record.
    pub table: String,
    /// The relation to the main entity, by its number.
    pub relation: usize,
    /// What is known of who answers: the column that says what each is to the main row, and the value for whoever it
    /// is of.
    pub first: Option<(String, String)>,
    /// Entities of the data that a member belongs to besides, each with one row for each member.
    pub parents: Vec<EntityId>,
}

impl Kin {
    /// The tables of a household of a pack; `None` for a pack without a row to decide.
    pub fn of(pack: &Pack) -> Option<Kin> {
        let schema = &pack.parsed().schema;
        let main = pack.main_entity()?;
        let name = &schema.entities.get(main)?.name;
        // Those whose rows must belong to one: a household is nobody without them.
        let members = schema.entities.iter().enumerate().find_map(|(entity, declared)| {
            let Origin::Data { table } = &declared.origin else { return None };
            let relation = declared.belongs_to.iter().position(|r| r.target == main && r.required)?;
            let others = declared.belongs_to.iter().enumerate().filter(|(number, _)| *number != relation);
            let parents = others.map(|(_, r)| r.target).filter(|target| is_data(schema, *target)).collect();
            let first =
                declared.fields.iter().filter_map(|id| schema.fields.get(*id)).find_map(|f| asker(f, name));
            Some(Members { entity, table: table.clone(), relation, first, parents })
        });
        Some(Kin { main, members })
    }

    /// Is a row of this entity decided for who answers?
    pub fn decides(&self, entity: EntityId) -> bool {
        entity == self.main || self.members.as_ref().is_some_and(|members| members.entity == entity)
    }
}

fn is_data(schema: &Schema, entity: EntityId) -> bool {
    schema.entities.get(entity).is_some_and(|e| matches!(e.origin, Origin::Data { .. }))
}

/// Of a closed list that must be known: the value that is named after the main entity (`demandeur` of a `demande`).
fn asker(field: &Field, main: &str) -> Option<(String, String)> {
    let FieldKind::Enum(values) = &field.kind else { return None };
    let first = values.first().filter(|value| field.required && value.starts_with(main))?;
    Some((field.column.clone(), first.to_string()))
}
