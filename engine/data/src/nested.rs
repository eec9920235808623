//! Batches whose rows hold the rows that belong to them: a column `personnes` of lists of structures is the table of that
//! name, a column `employeur` of structures what a row belongs to. Taken apart, they are the tables of a package, each
//! row with the identifier of the one around it.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, StringArray, UInt32Array};
use arrow_schema::{ArrowError, DataType, Field, Schema as ArrowSchema, SchemaRef};
use arrow_select::take::take;

use super::arrow_cell;
use super::issue::Issue;
use super::issue_code::Code;
use super::raw::Raw;
use logis_language::pack::schema::{Entity, EntityId, Origin, Schema};

/// The batches of a reader as one.
///
/// # Errors
/// Those of the reader; batches of different columns.
pub fn joined(
    schema: &SchemaRef,
    batches: impl IntoIterator<Item = Result<RecordBatch, ArrowError>>,
) -> Result<RecordBatch, ArrowError> {
    let batches = batches.into_iter().collect::<Result<Vec<RecordBatch>, ArrowError>>()?;
    match &batches[..] {
        [one] => Ok(one.clone()),
        _ => arrow_select::concat::concat_batches(schema, &batches),
    }
}

/// Takes apart a table of the entity that has it: gives it without what its rows hold, and the tables of that, each by
/// its name. Rows inside others need no identifier of their own: they get that of the row around them with their number.
///
/// # Errors
/// What cannot be told apart: a table that is held in two places, a row that says that it belongs elsewhere.
pub fn unnest(schema: &Schema, table: &str, batch: &RecordBatch) -> Result<Tables, Vec<Issue>> {
    let mut apart = Apart { schema, tables: Tables::new(), issues: Vec::new() };
    let named = |(_, entity): &(usize, &Entity)| matches!(&entity.origin, Origin::Data { table: own } if own == table);
    match schema.entities.iter().enumerate().find(named) {
        Some((id, _)) => {
            let names = batch.schema_ref().fields().iter().map(|field| field.name().clone());
            let columns = names.zip(batch.columns().iter().cloned()).collect();
            apart.table(id, columns, batch.num_rows());
        }
        // A table that the schema does not know: the reader says so.
        None => {
            apart.tables.insert(table.to_string(), batch.clone());
        }
    }
    if apart.issues.is_empty() { Ok(apart.tables) } else { Err(apart.issues) }
}

/// Tables by their names.
type Tables = BTreeMap<String, RecordBatch>;

/// The columns of a table, by their headers.
type Columns = Vec<(String, ArrayRef)>;

struct Apart<'s> {
    schema: &'s Schema,
    tables: Tables,
    issues: Vec<Issue>,
}

impl Apart<'_> {
    /// Takes apart the rows of an entity.
    fn table(&mut self, id: EntityId, columns: Columns, rows: usize) {
        let schema = self.schema;
        let Some(entity) = schema.entities.get(id) else { return };
        let Origin::Data { table } = &entity.origin else { return };
        let ids = columns.iter().find(|(name, _)| *name == entity.key).map(|(_, ids)| ids.clone());
        let mut own: Columns = Vec::with_capacity(columns.len());
        let mut around: Columns = Vec::new();
        for (name, array) in columns {
            match (self.held(id, entity, &name), array.data_type()) {
                (Some(Held::Members(child, column)), DataType::List(_) | DataType::LargeList(_))
                    if structures(&array) =>
                {
                    match &ids {
                        Some(ids) => self.members(child, column, ids, &array),
                        // The reader says that the identifier is not there.
                        None => own.push((name, array)),
                    }
                }
                (Some(Held::Around(target, column)), DataType::Struct(_)) => {
                    let ids = self.around(target, &array);
                    around.push((column.to_string(), Arc::new(ids)));
                }
                (_, DataType::List(_) | DataType::LargeList(_)) if !structures(&array) => {
                    own.push((name, Arc::new(texts(&array))));
                }
                _ => own.push((name, array)),
            }
        }
        // What a row holds says where it belongs, whatever identifier stands beside it.
        own.retain(|(name, _)| !around.iter().any(|(column, _)| column == name));
        own.extend(around);
        self.put(table, own, rows);
    }

    /// What a column of an entity may hold besides cells.
    fn held<'s>(&self, id: EntityId, entity: &'s Entity, name: &str) -> Option<Held<'s>>
    where
        Self: 's,
    {
        let fields = entity.fields.iter().filter_map(|field| self.schema.fields.get(*field));
        if fields.into_iter().any(|field| field.column == name) {
            return None;
        }
        let child = self.schema.entities.iter().enumerate().find_map(|(child, e)| match &e.origin {
            Origin::Data { table } if table == name => {
                Some((child, e.belongs_to.iter().find(|r| r.target == id)?.column.clone()))
            }
            _ => None,
        });
        if let Some((child, column)) = child {
            return Some(Held::Members(child, column));
        }
        entity.belongs_to.iter().find_map(|relation| {
            let target = self.schema.entities.get(relation.target)?;
            let is = target.name == name && matches!(target.origin, Origin::Data { .. });
            is.then_some(Held::Around(relation.target, relation.column.as_str()))
        })
    }

    /// The rows of lists, as a table of their own: each with the identifier of its row in `column`.
    fn members(&mut self, child: EntityId, column: String, ids: &ArrayRef, lists: &ArrayRef) {
        let Some(entity) = self.schema.entities.get(child) else { return };
        let (mut parents, mut places, mut numbers) = (Vec::new(), Vec::new(), Vec::new());
        let values = values(lists);
        let Some(structs) = values.as_struct_opt() else { return };
        for row in 0..lists.len() {
            let mut number = 0_u32;
            for place in range(lists, row).filter(|place| structs.is_valid(*place)) {
                number += 1;
                parents.push(u32::try_from(row).unwrap_or(u32::MAX));
                places.push(u32::try_from(place).unwrap_or(u32::MAX));
                numbers.push(number);
            }
        }
        let rows = places.len();
        let (parents, places) = (UInt32Array::from(parents), UInt32Array::from(places));
        let parents = taken(ids, &parents);
        let mut columns: Columns = structs
            .fields()
            .iter()
            .zip(structs.columns())
            .map(|(field, array)| (field.name().clone(), taken(array, &places)))
            .collect();
        if let Some((_, said)) = columns.iter().find(|(name, _)| *name == column) {
            self.check(entity, &column, said, &parents);
        }
        columns.retain(|(name, _)| *name != column);
        if !columns.iter().any(|(name, _)| *name == entity.key) {
            let id = |row: usize| format!("{}/{}", text(&parents, row), numbers.get(row).unwrap_or(&0));
            let own: StringArray = (0..rows).map(|row| Some(id(row))).collect();
            columns.insert(0, (entity.key.clone(), Arc::new(own)));
        }
        columns.push((column, parents));
        self.table(child, columns, rows);
    }

    /// Rows that say by themselves where they belong must say the row around them.
    fn check(&mut self, entity: &Entity, column: &str, said: &ArrayRef, parents: &ArrayRef) {
        let other = |row: &usize| !said.is_null(*row) && text(said, *row) != text(parents, *row);
        for row in (0..said.len()).filter(other).take(20) {
            let Origin::Data { table } = &entity.origin else { return };
            let (said, parent) = (text(said, row), text(parents, row));
            let message = format!("« {said} » n'est pas la ligne « {parent} » qui contient celle-ci");
            let line = u64::try_from(row).unwrap_or(0) + 1;
            self.issues.push(Issue::error(Code::CellTwice, table, message).at(line).in_column(column));
        }
    }

    /// Structures that rows belong to, as a table of their own; gives the identifier of each row's. Each has a row to
    /// itself, as nothing says which of them are one.
    fn around(&mut self, target: EntityId, structs: &ArrayRef) -> StringArray {
        let none = || StringArray::from(vec![None::<&str>; structs.len()]);
        let Some(entity) = self.schema.entities.get(target) else { return none() };
        let Some(held) = structs.as_struct_opt() else { return none() };
        let valid = (0..structs.len()).filter(|row| structs.is_valid(*row));
        let places: Vec<u32> = valid.map(|row| u32::try_from(row).unwrap_or(u32::MAX)).collect();
        let rows = places.len();
        let id = |place: &u32| Some((u64::from(*place) + 1).to_string());
        let ids: StringArray = places.iter().map(id).collect();
        let places = UInt32Array::from(places);
        let columns = held.fields().iter().zip(held.columns());
        let mut columns: Columns =
            columns.map(|(field, array)| (field.name().clone(), taken(array, &places))).collect();
        columns.retain(|(name, _)| *name != entity.key);
        columns.insert(0, (entity.key.clone(), Arc::new(ids)));
        self.table(target, columns, rows);
        let id = |row: usize| structs.is_valid(row).then(|| (row + 1).to_string());
        (0..structs.len()).map(id).collect()
    }

    fn put(&mut self, table: &str, columns: Columns, rows: usize) {
        if self.tables.contains_key(table) {
            let message = "cette table est contenue dans plusieurs autres";
            self.issues.push(Issue::error(Code::TableTwice, table, message));
            return;
        }
        let fields = columns.iter().map(|(name, array)| Field::new(name, array.data_type().clone(), true));
        let schema = Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>()));
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        match RecordBatch::try_new_with_options(schema, arrays, &options) {
            Ok(batch) => {
                self.tables.insert(table.to_string(), batch);
            }
            Err(error) => self.issues.push(Issue::error(Code::Unreadable, table, error.to_string())),
        }
    }
}

/// What a column holds besides cells.
enum Held<'s> {
    /// Rows of that entity, which belong to the row by the relation in that column.
    Members(EntityId, String),
    /// The row of that entity that the row belongs to by the relation in that column.
    Around(EntityId, &'s str),
}

/// Is it of lists of structures?
fn structures(lists: &ArrayRef) -> bool {
    match lists.data_type() {
        DataType::List(of) | DataType::LargeList(of) => matches!(of.data_type(), DataType::Struct(_)),
        _ => false,
    }
}

/// The items of all lists.
fn values(lists: &ArrayRef) -> &ArrayRef {
    match lists.data_type() {
        DataType::LargeList(_) => lists.as_list::<i64>().values(),
        _ => lists.as_list::<i32>().values(),
    }
}

/// The places of the items of a row's list; none where there is no list.
fn range(lists: &ArrayRef, row: usize) -> std::ops::Range<usize> {
    if lists.is_null(row) {
        return 0..0;
    }
    let ends = match lists.data_type() {
        DataType::LargeList(_) => {
            let offsets = lists.as_list::<i64>().value_offsets();
            (offsets.get(row).copied(), offsets.get(row + 1).copied())
        }
        _ => {
            let offsets = lists.as_list::<i32>().value_offsets();
            (offsets.get(row).map(|at| i64::from(*at)), offsets.get(row + 1).map(|at| i64::from(*at)))
        }
    };
    let place = |at: Option<i64>| at.and_then(|at| usize::try_from(at).ok()).unwrap_or(0);
    place(ends.0)..place(ends.1)
}

/// The cells of those rows, which are there.
fn taken(array: &ArrayRef, rows: &UInt32Array) -> ArrayRef {
    take(array, rows, None).unwrap_or_else(|_| arrow_array::new_null_array(array.data_type(), rows.len()))
}

/// A cell as messages show it.
fn text(array: &ArrayRef, row: usize) -> String {
    arrow_cell::cell(array, row).shown()
}

/// Lists of codes as the text that a file has: parted by `;`.
fn texts(lists: &ArrayRef) -> StringArray {
    let values = values(lists);
    let mut all = StringBuilder::new();
    for row in 0..lists.len() {
        if lists.is_null(row) {
            all.append_null();
            continue;
        }
        let cells = range(lists, row).map(|place| arrow_cell::cell(values, place));
        let items: Vec<String> = cells.filter(|cell| *cell != Raw::Empty).map(|cell| cell.shown()).collect();
        all.append_value(items.join(";"));
    }
    all.finish()
}
