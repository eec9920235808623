//! Worlds as rows of data tables.

use std::collections::BTreeMap;

use logis_data::{Dataset, NO_ROW, Table};
use logis_language::Pack;
use logis_language::pack::schema::{EntityId, Origin};
use logis_language::value::{Date, Value};

use super::world::{Shape, State};
use crate::testing::values::column;

/// The worlds side by side in one data set: the rows of world `n` (from 1) are `Bn`, `Bn-2`, ….
pub(super) fn joined(pack: &Pack, references: &Dataset, date: Date, worlds: &[(&Shape, &State)]) -> Dataset {
    let schema = &pack.parsed().schema;
    let count = |shape: &Shape, entity: EntityId| shape.get(entity).map_or(0, |(rows, _)| *rows);
    let mut dataset = Dataset::default();
    dataset.about.as_of = Some(date);
    dataset.about.synthetic = true;
    for (id, entity) in schema.entities.iter().enumerate() {
        if !matches!(entity.origin, Origin::Data { .. }) {
            dataset.tables.push(references.tables.get(id).cloned().unwrap_or_default());
            continue;
        }
        let rows = || {
            (1_usize..).zip(worlds).flat_map(|(n, (shape, state))| {
                (0..count(shape, id)).map(move |row| (n, *shape, *state, row))
            })
        };
        let name = |n: usize, row: usize| match row {
            0 => format!("B{n}"),
            _ => format!("B{n}-{}", row + 1),
        };
        // A column of which no world has a cell is left out.
        let columns = entity.fields.iter().filter_map(|&field| {
            let values: Vec<Option<Value>> =
                rows().map(|(_, _, state, row)| state.cells.get(&(field, row as u64)).cloned()).collect();
            let kind = &schema.fields.get(field)?.kind;
            Some(values.iter().any(Option::is_some).then(|| column(kind, &values)))
        });
        let links = entity.belongs_to.iter().enumerate().map(|(relation, belongs)| {
            // Links inside a world are moved to where its rows begin in the joined table.
            let mut first: BTreeMap<usize, usize> = BTreeMap::new();
            let mut total = 0;
            for (n, (shape, _)) in (1..).zip(worlds) {
                first.insert(n, total);
                total += count(shape, belongs.target);
            }
            let link = |(n, shape, state, row): (usize, &Shape, &State, usize)| {
                if let Some(to) = state.links.get(&(id, relation, row as u64)) {
                    return *to;
                }
                let own = shape.get(id).and_then(|(_, links)| links.get(relation)?.get(row)).copied();
                match own.filter(|to| *to != NO_ROW).and_then(|to| usize::try_from(to).ok()) {
                    Some(to) => u32::try_from(first.get(&n).map_or(0, |f| f + to)).unwrap_or(NO_ROW),
                    None => NO_ROW,
                }
            };
            rows().map(link).collect()
        });
        dataset.tables.push(Table {
            present: true,
            ids: rows().map(|(n, _, _, row)| name(n, row)).collect(),
            columns: columns.collect(),
            links: links.collect(),
            ..Table::default()
        });
    }
    dataset
}
