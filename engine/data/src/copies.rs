//! A data set in which some rows stand more often: others like them.

use std::collections::BTreeSet;

use super::link::take;
use super::table::{Cells, Column, Dataset, NO_ROW, Table};
use logis_language::pack::schema::{EntityId, FieldId, Schema};
use logis_language::value::{Date, day_number};

impl Dataset {
    /// These rows and, after them, so many copies of each row of an entity with what belongs to it and to that in turn. The
    /// identifier of a copy is that of its row with a mark that no other has; a date of the entity may be another in all copies.
    pub fn with_copies(
        &self,
        schema: &Schema,
        main: EntityId,
        times: u32,
        date: Option<(FieldId, Date)>,
    ) -> Dataset {
        let below = schema.below(main);
        let mark = self.unused_mark(&below);
        let mut copied = self.clone();
        for &id in &below {
            let Some((entity, table)) = schema.entities.get(id).zip(self.tables.get(id)) else { continue };
            let own = table.rows();
            let rows: Vec<usize> = (0..=times).flat_map(|_| 0..own).collect();
            let ids: Vec<String> = (0..=times)
                .flat_map(|time| {
                    let mark = mark.as_str();
                    let copy = move |id: &str| match time {
                        0 => id.to_string(),
                        _ => format!("{id}{mark}{time}"),
                    };
                    table.ids.texts().map(copy)
                })
                .collect();
            let links = table.links.iter().zip(&entity.belongs_to).map(|(links, relation)| {
                // What a copy belongs to is the copy of the same time, or what is not copied itself.
                let above = self.tables.get(relation.target).map_or(0, Table::rows);
                let step =
                    if below.contains(&relation.target) { u32::try_from(above).unwrap_or(NO_ROW) } else { 0 };
                let times = (0..=times).flat_map(|time| links.iter().map(move |link| (time, *link)));
                times.map(|(time, link)| if link == NO_ROW { link } else { link + time * step }).collect()
            });
            let columns =
                table.columns.iter().map(|column| column.as_ref().map(|column| take(column, &rows)));
            let new = Table {
                present: table.present,
                ids: ids.iter().map(String::as_str).collect(),
                columns: columns.collect(),
                links: links.collect(),
                file: table.file.clone(),
                lines: table.lines.pick(&rows),
            };
            if let Some(slot) = copied.tables.get_mut(id) {
                *slot = new;
            }
        }
        if let Some((field, day)) = date {
            copied.set_date(schema, field, self.tables.get(main).map_or(0, Table::rows), day);
        }
        copied
    }

    /// The fewest `~` that no identifier of these entities has.
    fn unused_mark(&self, entities: &BTreeSet<EntityId>) -> String {
        let mut mark = String::from("~");
        let has = |mark: &str| {
            let tables = entities.iter().filter_map(|id| self.tables.get(*id));
            tables.flat_map(|table| table.ids.texts()).any(|id| id.contains(mark))
        };
        while has(&mark) {
            mark.push('~');
        }
        mark
    }

    /// Writes a day into a column of dates, from a row on.
    fn set_date(&mut self, schema: &Schema, field: FieldId, from: usize, day: Date) {
        let Some(entity) = schema.fields.get(field).map(|field| field.entity) else { return };
        let place = schema.entities.get(entity).and_then(|own| own.fields.iter().position(|id| *id == field));
        let table = self.tables.get_mut(entity);
        let column =
            table.zip(place).and_then(|(table, place)| table.columns.get_mut(place)).and_then(Option::as_mut);
        let Some(column) = column else { return };
        let Cells::Date(days) = column.cells() else { return };
        let Ok(day) = i32::try_from(day_number(day)) else { return };
        let days = days.iter().enumerate().map(|(row, own)| if row < from { *own } else { day }).collect();
        let rows = 0..column.known().map_or(0, |known| known.len());
        let known = column.known().map(|known| rows.map(|row| row >= from || known.get(row)).collect());
        *column = Column::new(Cells::Date(days), known);
    }
}
