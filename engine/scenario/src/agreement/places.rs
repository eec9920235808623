//! Where rows are: in which commune, in which district, and whether in the territory of the agreement.

use std::collections::BTreeMap;
use std::sync::Arc;

use logis_data::{Dataset, NO_ROW, column_of};
use logis_language::graph::{Access, Step, reach};
use logis_language::pack::Parsed;
use logis_language::pack::agreement::{Agreement, Term};
use logis_language::pack::schema::{EntityId, FieldId};
use logis_language::value::Value;

/// A row number that stands for no place.
pub const NOWHERE: u32 = NO_ROW;

/// Where the rows of an entity are.
pub struct Places<'d> {
    dataset: &'d Dataset,
    /// By kind of place: the way to its row.
    ways: Vec<Option<Way>>,
    /// The way to the table of territories, and by its row: is it of the territory?
    territory: Option<(Way, Vec<bool>)>,
}

/// A way from a row to a row of a reference table.
enum Way {
    /// Steps up.
    Steps(Vec<Step>),
    /// By the code in a cell.
    Code(Vec<u32>),
}

impl<'d> Places<'d> {
    /// Of the rows that a term counts; `kinds` are the tables of the kinds of places.
    pub fn new(
        parsed: &Arc<Parsed>,
        dataset: &'d Dataset,
        agreement: &Agreement,
        kinds: &[EntityId],
        entity: EntityId,
        term: &Term,
    ) -> Places<'d> {
        let territories = &parsed.territories;
        let field = term.place.as_ref().and_then(|(name, _)| parsed.schema.field(name));
        let way = |kind: EntityId| match field {
            Some(field) if Some(kind) == territories.table => {
                Some(Way::Code(codes(parsed, dataset, entity, kind, field)))
            }
            _ => match reach(&parsed.schema, entity, kind) {
                Ok(Access::Own) => Some(Way::Steps(Vec::new())),
                Ok(Access::Up(steps)) => Some(Way::Steps(steps)),
                _ => None,
            },
        };
        let inside = || -> Option<Vec<bool>> {
            let own = territories.all.get(agreement.territory)?;
            let field = territories.levels.get(own.level)?.field?;
            let column = column_of(dataset, &parsed.schema, field)?;
            let rows = dataset.tables.get(territories.table?)?.rows();
            let is = |row| matches!(column.get(row), Some(Value::Text(name)) if name == own.name);
            Some((0..rows).map(is).collect())
        };
        let territory = territories.table.and_then(way).zip(inside());
        Places { dataset, ways: kinds.iter().map(|kind| way(*kind)).collect(), territory }
    }

    /// The places of a row; none if it is outside of the territory. A row that does not say where it is counts, at no
    /// place.
    pub fn of(&self, row: usize) -> Option<Vec<u32>> {
        if let Some((way, inside)) = &self.territory {
            let at = self.go(way, row);
            let outside = usize::try_from(at).ok().and_then(|at| inside.get(at)) == Some(&false);
            if at != NOWHERE && outside {
                return None;
            }
        }
        let of = |way: &Option<Way>| way.as_ref().map_or(NOWHERE, |way| self.go(way, row));
        Some(self.ways.iter().map(of).collect())
    }

    fn go(&self, way: &Way, row: usize) -> u32 {
        let steps = match way {
            Way::Code(rows) => return rows.get(row).copied().unwrap_or(NOWHERE),
            Way::Steps(steps) => steps,
        };
        let step = |row: usize, step: &Step| {
            let Step::BelongsTo(entity, relation) = *step else { return None };
            let parent = *self.dataset.tables.get(entity)?.links.get(relation)?.get(row)?;
            (parent != NO_ROW).then(|| usize::try_from(parent).ok()).flatten()
        };
        let end = steps.iter().try_fold(row, step);
        end.and_then(|row| u32::try_from(row).ok()).unwrap_or(NOWHERE)
    }
}

/// By row: the row of the place whose code stands in a field.
fn codes(parsed: &Parsed, dataset: &Dataset, entity: EntityId, kind: EntityId, field: FieldId) -> Vec<u32> {
    let places = dataset.tables.get(kind).map(|t| &t.ids);
    let numbers: BTreeMap<&str, u32> = places.into_iter().flat_map(|ids| ids.texts().zip(0..)).collect();
    let column = column_of(dataset, &parsed.schema, field);
    let rows = dataset.tables.get(entity).map_or(0, logis_data::Table::rows);
    let of = |row| match column.and_then(|column| column.get(row)) {
        Some(Value::Text(code)) => numbers.get(code.as_ref()).copied().unwrap_or(NOWHERE),
        _ => NOWHERE,
    };
    (0..rows).map(of).collect()
}
