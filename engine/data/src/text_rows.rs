//! Rows of several tables as plain texts: what a record of a decision keeps of its inputs, and back.
//!
//! Written are the identifier, the known cells and the identifiers of what a row belongs to, each as a
//! CSV file would hold it. A cell that is not there is unknown. Rows of the pack's own reference tables
//! are written too, but read from the pack: they are its rules, not the caller's data.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::buffers::Bits;
use super::cells;
use super::issue::{Issue, meant};
use super::issue_code::Code;
use super::raw::{Raw, RawColumn};
use super::record::Records;
use super::table::{About, Column, Dataset, NO_ROW, Table};
use logis_language::diagnostic::nearest;
use logis_language::pack::schema::{Entity, EntityId, FieldId, Origin, Schema};

/// Rows by the name of their entity, each with its cells by column.
pub type TextRows = BTreeMap<String, Vec<BTreeMap<String, String>>>;

/// Writes these rows of a data set, by entity, with these fields and relations.
pub fn to_text_rows(
    schema: &Schema,
    dataset: &Dataset,
    rows: &BTreeMap<EntityId, BTreeSet<usize>>,
    fields: &BTreeSet<FieldId>,
    relations: &BTreeSet<(EntityId, usize)>,
) -> TextRows {
    let mut all = TextRows::new();
    for (&id, rows) in rows {
        let (Some(entity), Some(table)) = (schema.entities.get(id), dataset.tables.get(id)) else { continue };
        let one = |&row: &usize| {
            let mut cells = BTreeMap::new();
            for (&field, column) in entity.fields.iter().zip(&table.columns) {
                let value = column.as_ref().filter(|_| fields.contains(&field)).and_then(|c| c.get(row));
                if let (Some(value), Some(field)) = (value, schema.fields.get(field)) {
                    cells.insert(field.column.clone(), value.to_string());
                }
            }
            for (number, (relation, links)) in entity.belongs_to.iter().zip(&table.links).enumerate() {
                let target = links.get(row).filter(|t| **t != NO_ROW && relations.contains(&(id, number)));
                let ids = dataset.tables.get(relation.target).map(|t| &t.ids);
                if let Some(target) = target.and_then(|&t| ids?.text(t as usize)) {
                    cells.insert(relation.column.clone(), target.to_string());
                }
            }
            if let Some(own) = table.ids.text(row) {
                cells.insert(entity.key.clone(), own.to_string());
            }
            cells
        };
        all.insert(entity.name.clone(), rows.iter().map(one).collect());
    }
    all
}

/// Several packages of text rows as one data set.
#[derive(Clone, Debug, Default)]
pub struct ReadTexts {
    /// All their rows; those of a package belong to each other only.
    pub dataset: Dataset,
    /// By package: the row that was asked for, if there is one of that identifier.
    pub rows: Vec<Option<usize>>,
    /// What does not fit the schema: the package, and what is wrong. Such a cell is unknown.
    pub issues: Vec<(usize, Issue)>,
}

/// Reads packages of rows, each with the identifier of its row of `entity` that is asked for.
pub fn from_text_rows(
    schema: &Schema,
    records: &Records,
    entity: EntityId,
    packages: &[(&TextRows, &str)],
) -> ReadTexts {
    let mut out = ReadTexts { rows: vec![None; packages.len()], ..ReadTexts::default() };
    for (package, (texts, _)) in packages.iter().enumerate() {
        out.issues.extend(unknown(schema, texts).into_iter().map(|issue| (package, issue)));
    }
    // By entity: the package of each row, and the row.
    let mut all: Vec<Vec<(usize, &BTreeMap<String, String>)>> = Vec::new();
    // By entity: the row of each identifier of each package.
    let mut places: Vec<HashMap<(usize, &str), u32>> = Vec::new();
    for (id, declared) in schema.entities.iter().enumerate() {
        let (mut rows, mut place) = (Vec::new(), HashMap::new());
        for (package, (texts, asked)) in packages.iter().enumerate() {
            for row in texts.get(&declared.name).into_iter().flatten() {
                let own = row.get(&declared.key).map_or("", String::as_str);
                let number = rows.len();
                match place.entry((package, own)) {
                    Entry::Vacant(free) => drop(free.insert(u32::try_from(number).unwrap_or(NO_ROW))),
                    Entry::Occupied(_) => {
                        let message =
                            format!("« {own} » y est deux fois ; seule la première ligne est suivie");
                        let issue = Issue::error(Code::IdentifierTwice, &declared.name, message)
                            .in_column(&declared.key);
                        out.issues.push((package, issue));
                    }
                }
                if id == entity
                    && own == *asked
                    && let Some(slot) = out.rows.get_mut(package)
                {
                    slot.get_or_insert(number);
                }
                rows.push((package, row));
            }
        }
        all.push(rows);
        places.push(place);
    }
    for (id, declared) in schema.entities.iter().enumerate() {
        if !matches!(declared.origin, Origin::Data { .. }) {
            out.dataset.tables.push(records.references.get(id).cloned().unwrap_or_default());
            continue;
        }
        let rows = all.get(id).map_or(&[][..], Vec::as_slice);
        let columns =
            declared.fields.iter().map(|&field| column(schema, declared, field, rows, &mut out.issues));
        let columns = columns.collect();
        let links = declared.belongs_to.iter().map(|relation| {
            let own = matches!(
                schema.entities.get(relation.target).map(|e| &e.origin),
                Some(Origin::Reference { .. })
            );
            let target = |(package, row): &(usize, &BTreeMap<String, String>)| {
                let key = row.get(&relation.column)?;
                match own {
                    true => records.rows.get(relation.target)?.get(key.as_str()).copied(),
                    false => places.get(relation.target)?.get(&(*package, key.as_str())).copied(),
                }
            };
            rows.iter().map(|row| target(row).unwrap_or(NO_ROW)).collect()
        });
        let links = links.collect();
        let name = |(_, row): &(usize, &BTreeMap<String, String>)| -> Arc<str> {
            row.get(&declared.key).map_or("", String::as_str).into()
        };
        out.dataset.tables.push(Table {
            present: true,
            ids: rows.iter().map(name).collect(),
            columns,
            links,
            ..Table::default()
        });
    }
    out.dataset.about = About::default();
    out
}

/// The tables and columns of a package that the schema does not know: nothing reads them.
fn unknown(schema: &Schema, texts: &TextRows) -> Vec<Issue> {
    let mut issues = Vec::new();
    for (name, rows) in texts {
        let Some(entity) = schema.entities.iter().find(|e| e.name == *name) else {
            let hint = meant(nearest(name, schema.entities.iter().map(|e| e.name.as_str())));
            issues.push(Issue::error(
                Code::UnknownTable,
                name,
                format!("le schéma n'a pas cette entité{hint}"),
            ));
            continue;
        };
        let fields = entity.fields.iter().filter_map(|&f| schema.fields.get(f)).map(|f| f.column.as_str());
        let relations = entity.belongs_to.iter().map(|r| r.column.as_str());
        let known: BTreeSet<&str> = fields.chain(relations).chain([entity.key.as_str()]).collect();
        let columns: BTreeSet<&str> = rows.iter().flat_map(BTreeMap::keys).map(String::as_str).collect();
        for column in columns.difference(&known) {
            let hint = meant(nearest(column, known.iter().copied()));
            let message = format!("le schéma n'a pas cette colonne{hint}");
            issues.push(Issue::error(Code::UnknownColumn, name, message).in_column(column));
        }
        if rows.iter().any(|row| !row.contains_key(&entity.key)) {
            let message = "une ligne n'a pas d'identifiant".to_string();
            issues.push(Issue::error(Code::NoIdentifier, name, message).in_column(&entity.key));
        }
    }
    issues
}

/// The column of a field; `None` if no row has a cell of it.
fn column(
    schema: &Schema,
    entity: &Entity,
    field: FieldId,
    rows: &[(usize, &BTreeMap<String, String>)],
    issues: &mut Vec<(usize, Issue)>,
) -> Option<Column> {
    let field = schema.fields.get(field)?;
    let given: Vec<bool> = rows.iter().map(|(_, row)| row.contains_key(&field.column)).collect();
    if !given.contains(&true) {
        return None;
    }
    let raw = |(_, row): &(usize, &BTreeMap<String, String>)| match row.get(&field.column) {
        Some(text) if !text.is_empty() => Raw::Text(text.as_str().into()),
        _ => Raw::Empty,
    };
    let raw = RawColumn::Cells(rows.iter().map(raw).collect());
    let column = cells::column(field, &raw, None, |row, fault| {
        // What is not given is unknown, even where a file would have to say it.
        if given.get(row) == Some(&true)
            && let Some((package, _)) = rows.get(row)
        {
            issues.push((
                *package,
                Issue::error(fault.code, &entity.name, fault.message).in_column(&field.column),
            ));
        }
    });
    let given: Bits = given.into_iter().collect();
    let known = column.known().map_or_else(|| given.clone(), |known| known.and(&given));
    Some(Column::new(column.cells().clone(), Some(known)))
}
