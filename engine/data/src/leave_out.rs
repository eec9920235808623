//! A data set without some of its rows.

use std::ops::Range;

use super::link::take;
use super::table::{Dataset, NO_ROW, Table};
use logis_language::pack::schema::{EntityId, Schema};

impl Dataset {
    /// Marks the rows that marked ones take along: those that must belong to them, and with a member of what must
    /// have members what it belongs to, for a household is not decided on some of its persons. `bad` is by entity
    /// and row.
    pub fn take_along(&self, schema: &Schema, bad: &mut [Vec<bool>]) {
        while self.spread(schema, bad) {}
    }

    /// Leaves the marked rows out, with those that they take along: see [`Dataset::take_along`]. Gives how many
    /// rows of each entity that is.
    pub fn leave_out(&mut self, schema: &Schema, mut bad: Vec<Vec<bool>>) -> Vec<usize> {
        bad.resize(self.tables.len(), Vec::new());
        for (own, table) in bad.iter_mut().zip(&self.tables) {
            own.resize(table.rows(), false);
        }
        self.take_along(schema, &mut bad);
        self.without(schema, &bad);
        bad.iter().map(|own| own.iter().filter(|bad| **bad).count()).collect()
    }

    /// Keeps these rows of an entity, with what belongs to them and to that in turn. Nothing is said of the others: they
    /// are not wrong, but another's to decide.
    pub fn keep(&mut self, schema: &Schema, main: EntityId, rows: Range<u64>) {
        let mut others: Vec<Vec<bool>> = self.tables.iter().map(|table| vec![false; table.rows()]).collect();
        if let Some(own) = others.get_mut(main) {
            (0..).zip(own).for_each(|(row, other)| *other = !rows.contains(&row));
        }
        let below = schema.below(main);
        // What belongs to a row of another part goes with it; one step for each level of belonging.
        for _ in 0..below.len() {
            for &id in below.iter().filter(|id| **id != main) {
                let Some((entity, table)) = schema.entities.get(id).zip(self.tables.get(id)) else {
                    continue;
                };
                let mut gone: Vec<bool> = others.get(id).cloned().unwrap_or_default();
                for (relation, links) in entity.belongs_to.iter().zip(&table.links) {
                    let above = others.get(relation.target).filter(|_| below.contains(&relation.target));
                    let above = above.map_or(&[][..], Vec::as_slice);
                    for (gone, &parent) in gone.iter_mut().zip(links.iter()) {
                        *gone |= above.get(parent as usize) == Some(&true);
                    }
                }
                if let Some(own) = others.get_mut(id) {
                    *own = gone;
                }
            }
        }
        self.without(schema, &others);
    }

    /// Takes the marked rows out, and nothing else.
    fn without(&mut self, schema: &Schema, bad: &[Vec<bool>]) {
        let kept: Vec<Vec<u32>> = bad.iter().map(|own| places(own)).collect();
        let tables = std::mem::take(&mut self.tables);
        self.tables = tables
            .into_iter()
            .enumerate()
            .map(|(id, table)| {
                let own = bad.get(id).map_or(&[][..], Vec::as_slice);
                let relations = schema.entities.get(id).map_or(&[][..], |e| &e.belongs_to);
                let rows: Vec<usize> = (0..own.len()).filter(|&r| own.get(r) == Some(&false)).collect();
                let all = rows.len() == own.len();
                let links = table.links.iter().zip(relations).map(|(links, relation)| {
                    let new = kept.get(relation.target).map_or(&[][..], Vec::as_slice);
                    let link = |r: &usize| links.get(*r).and_then(|&p| new.get(p as usize)).copied();
                    rows.iter().map(|r| link(r).unwrap_or(NO_ROW)).collect()
                });
                Table {
                    present: table.present,
                    links: links.collect(),
                    file: table.file.clone(),
                    lines: table.lines.pick(&rows),
                    ids: table.ids.pick(&rows),
                    columns: table
                        .columns
                        .into_iter()
                        .map(|c| c.map(|c| if all { c } else { take(&c, &rows) }))
                        .collect(),
                }
            })
            .collect();
    }

    /// Marks what a marked row takes along, one step; false if there is nothing more.
    fn spread(&self, schema: &Schema, bad: &mut [Vec<bool>]) -> bool {
        let mut changed = false;
        for (id, entity) in schema.entities.iter().enumerate() {
            for (number, relation) in entity.belongs_to.iter().enumerate().filter(|(_, r)| r.required) {
                let Some(links) = self.tables.get(id).and_then(|t| t.links.get(number)) else { continue };
                for (row, &parent) in links.iter().enumerate().filter(|(_, p)| **p != NO_ROW) {
                    let is_bad = |e: usize, row: usize| bad.get(e).and_then(|b| b.get(row)) == Some(&true);
                    let (own, above) = (is_bad(id, row), is_bad(relation.target, parent as usize));
                    let marked = match (own, above) {
                        (false, true) => bad.get_mut(id).and_then(|b| b.get_mut(row)),
                        (true, false) if relation.min > 0 => {
                            bad.get_mut(relation.target).and_then(|b| b.get_mut(parent as usize))
                        }
                        _ => None,
                    };
                    if let Some(slot) = marked {
                        *slot = true;
                        changed = true;
                    }
                }
            }
        }
        changed
    }
}

/// The new number of each row.
fn places(bad: &[bool]) -> Vec<u32> {
    let mut next = 0;
    let place = |bad: &bool| match bad {
        true => NO_ROW,
        false => {
            next += 1;
            next - 1
        }
    };
    bad.iter().map(place).collect()
}
