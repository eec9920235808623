//! Changes of the data: rows added, removed, written over, before the schema types them.
//!
//! Which rows are taken, where a change asks for fewer than there are, is drawn by the seed: the same
//! seed takes the same rows. Rows that must belong to a removed one go with it; copies of a row come
//! with copies of its members.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use num_traits::ToPrimitive;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::file::{CellsOf, Count, RowChange, RowKind};
use logis_data::TextTable;
use logis_language::pack::schema::{Entity, EntityId, Origin, Schema};
use logis_language::value::{Exact, Rounding, mul, round};

/// The tables of a run, being changed.
pub(super) struct Tables<'s> {
    pub schema: &'s Schema,
    pub tables: Vec<TextTable>,
    /// Stands in the identifiers of copies, before their number.
    mark: String,
    ceilings: Ceilings,
}

/// Rows that each table may have after a change, by name.
pub(super) type Ceilings = BTreeMap<String, usize>;

/// By table: its rows and `most` more, the most that changes may bring it to.
pub(super) fn ceilings(tables: &[TextTable], most: usize) -> Ceilings {
    tables.iter().map(|table| (table.name.clone(), table.rows.len().saturating_add(most))).collect()
}

/// A change that adds more rows than a table may have: the name of the table.
#[derive(Clone, Debug)]
pub(super) struct TooMany(pub String);

/// What copying many rows looks up.
#[derive(Default)]
struct Index {
    /// By what belongs to others, and by which column: its rows by the identifier that they belong to.
    members: BTreeMap<(EntityId, String), HashMap<String, Vec<usize>>>,
    /// Identifiers that are taken, of entities of which copies were copied.
    taken: BTreeMap<EntityId, HashSet<String>>,
}

/// A share of `of` rows, rounded to the nearest.
pub(super) fn share_of(share: &Exact, of: usize) -> usize {
    // What does not fit is more than there can be: the limit on rows says so.
    let part = mul(share, &Exact::from_integer(of as i128));
    let part = part.and_then(|part| round(&part, 0, Rounding::Nearest)).ok();
    part.and_then(|n| n.to_usize()).unwrap_or(usize::MAX)
}

/// The column of a field, a relation or the identifier of an entity, by either name.
pub(super) fn column_named<'s>(schema: &'s Schema, entity: &'s Entity, name: &str) -> Option<&'s str> {
    let field = entity.fields.iter().filter_map(|&f| schema.fields.get(f)).find(|f| f.name == name);
    let columns = || {
        let fields = entity.fields.iter().filter_map(|&f| schema.fields.get(f)).map(|f| f.column.as_str());
        fields.chain(entity.belongs_to.iter().map(|r| r.column.as_str())).chain([entity.key.as_str()])
    };
    field.map(|f| f.column.as_str()).or_else(|| columns().find(|c| *c == name))
}

impl<'s> Tables<'s> {
    /// Tables to change; copies are marked. No change makes a table longer than its ceiling.
    pub fn marked(schema: &'s Schema, tables: Vec<TextTable>, mark: &str, ceilings: &Ceilings) -> Tables<'s> {
        Tables { schema, tables, mark: mark.to_string(), ceilings: ceilings.clone() }
    }

    /// The rows of an entity.
    pub fn rows_of(&self, id: EntityId) -> &[Vec<String>] {
        self.at(id).map_or(&[], |table| &table.rows)
    }

    /// Adds rows of before; where a change has added columns since, these are empty.
    pub fn append(&mut self, id: EntityId, rows: Vec<Vec<String>>) {
        let Some(table) = self.place(id).and_then(|at| self.tables.get_mut(at)) else { return };
        let width = table.header.len();
        table.rows.extend(rows.into_iter().map(|mut row| {
            row.resize(width, String::new());
            row
        }));
    }

    /// By row of an entity: its identifier.
    pub fn identifiers(&self, id: EntityId) -> Vec<String> {
        (0..self.rows_of(id).len()).filter_map(|row| self.identifier(id, row)).collect()
    }

    fn entity(&self, id: EntityId) -> Option<&Entity> {
        self.schema.entities.get(id)
    }

    /// The place of an entity's table.
    fn place(&self, id: EntityId) -> Option<usize> {
        let Origin::Data { table } = &self.entity(id)?.origin else { return None };
        self.tables.iter().position(|t| t.name == *table)
    }

    fn at(&self, id: EntityId) -> Option<&TextTable> {
        self.tables.get(self.place(id)?)
    }

    /// The children whose rows must belong to a row of the entity: entity, and column of the relation.
    fn children(&self, id: EntityId) -> Vec<(EntityId, String)> {
        let all = self.schema.entities.iter().enumerate();
        all.flat_map(|(child, entity)| {
            let own = entity.belongs_to.iter().filter(|r| r.target == id && r.required);
            own.map(move |r| (child, r.column.clone()))
        })
        .collect()
    }

    /// The rows that have these cells.
    fn matching(&self, id: EntityId, which: &CellsOf) -> Vec<usize> {
        let (Some(table), Some(entity)) = (self.at(id), self.entity(id)) else { return Vec::new() };
        let tests: Vec<(Option<usize>, &Vec<String>)> = which
            .iter()
            .map(|((name, _), values)| {
                (column_named(self.schema, entity, name).and_then(|c| table.column(c)), values)
            })
            .collect();
        let fits = |row: &Vec<String>| {
            tests.iter().all(|(at, values)| {
                let cell = at.and_then(|at| row.get(at)).map_or("", String::as_str);
                values.iter().any(|v| v == cell)
            })
        };
        let rows = table.rows.iter().enumerate();
        rows.filter(|(_, row)| fits(row)).map(|(at, _)| at).collect()
    }

    /// Applies a change; the number of rows that it took.
    pub fn apply(&mut self, change: &RowChange, seed: u64) -> Result<usize, TooMany> {
        let Some(id) = self.schema.entity(&change.entity.0) else { return Ok(0) };
        if change.kind == RowKind::New {
            self.room(id, 1)?;
            let row = self.new_row(id, &change.to);
            return Ok(row.map_or(0, |_| 1));
        }
        let mut rows = self.matching(id, &change.which);
        let asked = match &change.count {
            Count::Rows(n) => usize::try_from(*n).unwrap_or(usize::MAX),
            Count::Share(share) => share_of(share, rows.len()),
            Count::All => rows.len(),
        };
        if change.count != Count::All {
            // The first of a shuffled list: which rows are taken depends on the seed and on their order in
            // the file.
            rows.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
        }
        Ok(match change.kind {
            RowKind::Add => {
                let asked = if rows.is_empty() { 0 } else { asked };
                self.room(id, asked)?;
                let mut index = Index::default();
                self.index(id, &mut index);
                // More copies than models: the models are gone through again, and each copy has its number in
                // its identifier.
                for (number, model) in rows.iter().copied().cycle().take(asked).enumerate() {
                    self.copy(id, model, number + 1, change, &mut index)?;
                }
                asked
            }
            RowKind::Remove => {
                rows.truncate(asked);
                let gone: BTreeSet<usize> = rows.iter().copied().collect();
                self.remove(id, &gone);
                gone.len()
            }
            _ => {
                rows.truncate(asked);
                for row in &rows {
                    self.write(id, *row, &change.to);
                }
                rows.len()
            }
        })
    }

    /// Is there room for `more` rows in the table of an entity?
    fn room(&self, id: EntityId, more: usize) -> Result<(), TooMany> {
        let Some(table) = self.at(id) else { return Ok(()) };
        let ceiling = self.ceilings.get(&table.name).copied().unwrap_or(usize::MAX);
        if table.rows.len().saturating_add(more) > ceiling {
            return Err(TooMany(table.name.clone()));
        }
        Ok(())
    }

    /// Finds the members of all rows of an entity, and theirs.
    fn index(&self, id: EntityId, index: &mut Index) {
        for (child, column) in self.children(id) {
            let key = (child, column);
            if index.members.contains_key(&key) {
                continue;
            }
            let mut members: HashMap<String, Vec<usize>> = HashMap::new();
            if let Some((table, at)) = self.at(child).and_then(|t| Some((t, t.column(&key.1)?))) {
                for (row, cells) in table.rows.iter().enumerate() {
                    if let Some(parent) = cells.get(at) {
                        members.entry(parent.clone()).or_default().push(row);
                    }
                }
            }
            index.members.insert(key, members);
            // Members of members, to the last: a circle ends at what is there already.
            self.index(child, index);
        }
    }

    /// Writes cells into a row; a column that the table has not is added.
    fn write(&mut self, id: EntityId, row: usize, to: &CellsOf) {
        let Some(entity) = self.schema.entities.get(id) else { return };
        let schema = self.schema;
        let Some(table) = self.place(id).and_then(|at| self.tables.get_mut(at)) else { return };
        for ((name, _), values) in to {
            let Some(column) = column_named(schema, entity, name) else { continue };
            let at = table.column(column).unwrap_or_else(|| {
                table.header.push(column.to_string());
                table.rows.iter_mut().for_each(|row| row.push(String::new()));
                table.header.len() - 1
            });
            if let Some(cell) = table.rows.get_mut(row).and_then(|row| row.get_mut(at)) {
                *cell = values.join(" ");
            }
        }
    }

    /// Adds an empty row and writes into it.
    fn new_row(&mut self, id: EntityId, to: &CellsOf) -> Option<usize> {
        let place = self.place(id)?;
        let table = self.tables.get_mut(place)?;
        table.rows.push(vec![String::new(); table.header.len()]);
        let row = table.rows.len() - 1;
        self.write(id, row, to);
        Some(row)
    }

    /// Copies a row and its members; the copies have identifiers of their own.
    fn copy(
        &mut self,
        id: EntityId,
        model: usize,
        number: usize,
        change: &RowChange,
        index: &mut Index,
    ) -> Result<(), TooMany> {
        let Some(old) = self.identifier(id, model) else { return Ok(()) };
        let new = self.free_identifier(id, &old, number, index);
        let Some(row) = self.duplicate(id, model, &new) else { return Ok(()) };
        self.write(id, row, &change.to);
        self.copy_members(id, (&old, &new), number, change, index)
    }

    fn copy_members(
        &mut self,
        id: EntityId,
        (old, new): (&str, &str),
        number: usize,
        change: &RowChange,
        index: &mut Index,
    ) -> Result<(), TooMany> {
        for (child, column) in self.children(id) {
            let Some(at) = self.at(child).and_then(|t| t.column(&column)) else { continue };
            // Members as they were before the change: copies made meanwhile are in no index, and are not
            // copied again.
            let own = index.members.get(&(child, column)).and_then(|members| members.get(old));
            let own = own.cloned().unwrap_or_default();
            self.room(child, own.len())?;
            for model in own {
                let Some(old) = self.identifier(child, model) else { continue };
                let copy = self.free_identifier(child, &old, number, index);
                let Some(row) = self.duplicate(child, model, &copy) else { continue };
                if let Some(cell) = self.cell_mut(child, row, at) {
                    *cell = new.to_string();
                }
                let name = self.entity(child).map_or("", |e| e.name.as_str()).to_string();
                for ((member, _), which, to) in &change.members {
                    if *member == name && self.matches(child, row, which) {
                        self.write(child, row, to);
                    }
                }
                // The members of the copied member belong to its copy.
                self.copy_members(child, (&old, &copy), number, change, index)?;
            }
        }
        Ok(())
    }

    fn matches(&self, id: EntityId, row: usize, which: &CellsOf) -> bool {
        let (Some(table), Some(entity)) = (self.at(id), self.entity(id)) else { return false };
        which.iter().all(|((name, _), values)| {
            let at = column_named(self.schema, entity, name).and_then(|c| table.column(c));
            let cell = at.and_then(|at| table.rows.get(row)?.get(at)).map_or("", String::as_str);
            values.iter().any(|v| v == cell)
        })
    }

    fn cell_mut(&mut self, id: EntityId, row: usize, at: usize) -> Option<&mut String> {
        let place = self.place(id)?;
        self.tables.get_mut(place)?.rows.get_mut(row)?.get_mut(at)
    }

    fn identifier(&self, id: EntityId, row: usize) -> Option<String> {
        let table = self.at(id)?;
        table.rows.get(row)?.get(table.column(&self.entity(id)?.key)?).cloned()
    }

    /// `D0001+3`; further marks where that is taken.
    fn free_identifier(&self, id: EntityId, old: &str, number: usize, index: &mut Index) -> String {
        let mut new = format!("{old}+{}{number}", self.mark);
        // Only where a copy was copied can it be taken.
        if old.contains('+') {
            index.taken.entry(id).or_insert_with(|| self.identifiers(id).into_iter().collect());
        }
        if let Some(taken) = index.taken.get_mut(&id) {
            while old.contains('+') && taken.contains(&new) {
                new.push('+');
            }
            taken.insert(new.clone());
        }
        new
    }

    fn duplicate(&mut self, id: EntityId, model: usize, new: &str) -> Option<usize> {
        let key = self.entity(id)?.key.clone();
        let place = self.place(id)?;
        let table = self.tables.get_mut(place)?;
        let at = table.column(&key)?;
        let mut row = table.rows.get(model)?.clone();
        *row.get_mut(at)? = new.to_string();
        table.rows.push(row);
        Some(table.rows.len() - 1)
    }

    /// Removes rows, and those that must belong to them.
    pub fn remove(&mut self, id: EntityId, gone: &BTreeSet<usize>) {
        let ids: BTreeSet<String> = gone.iter().filter_map(|&row| self.identifier(id, row)).collect();
        if let Some(table) = self.place(id).and_then(|at| self.tables.get_mut(at)) {
            // `retain` gives no numbers: they are counted along.
            let mut row = 0;
            table.rows.retain(|_| {
                row += 1;
                !gone.contains(&(row - 1))
            });
        }
        for (child, column) in self.children(id) {
            let Some((table, at)) = self.at(child).and_then(|t| Some((t, t.column(&column)?))) else {
                continue;
            };
            let rows = table.rows.iter().enumerate();
            // Whoever must belong to a row that is gone goes too, and theirs.
            let orphans: BTreeSet<usize> = rows
                .filter(|(_, r)| r.get(at).is_some_and(|c| ids.contains(c)))
                .map(|(row, _)| row)
                .collect();
            if !orphans.is_empty() {
                self.remove(child, &orphans);
            }
        }
    }

    /// Keeps the rows of these entities that belong to one of the keys of a reference table.
    pub fn keep(&mut self, entities: &[EntityId], reference: EntityId, keys: &[String]) {
        for &id in entities {
            let relation = self.entity(id).and_then(|e| e.belongs_to.iter().find(|r| r.target == reference));
            let Some(column) = relation.map(|r| r.column.clone()) else { continue };
            let Some((table, at)) = self.at(id).and_then(|t| Some((t, t.column(&column)?))) else { continue };
            let rows = table.rows.iter().enumerate();
            let gone = rows
                .filter(|(_, r)| r.get(at).is_none_or(|c| !keys.contains(c)))
                .map(|(row, _)| row)
                .collect();
            self.remove(id, &gone);
        }
    }
}
