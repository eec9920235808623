//! The names that tables and columns go by in files: technical names, labels, and what people make of
//! them (`Demandes 2017`).

use std::collections::HashMap;

use super::looked::begins_no_total;
use super::raw::{Raw, RawColumn, RawTable};
use logis_language::diagnostic::fold;
use logis_language::pack::schema::{Entity, EntityId, Origin, Schema};

/// The table that the name of a file or a sheet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named<'s> {
    /// Its name, but for case and accents.
    Exactly(&'s str),
    /// Its name among other words: the only one of the schema's names in it.
    Within(&'s str),
    /// None, or several.
    No,
}

impl<'s> Named<'s> {
    /// The table, if there is one.
    pub fn table(self) -> Option<&'s str> {
        match self {
            Named::Exactly(name) | Named::Within(name) => Some(name),
            Named::No => None,
        }
    }
}

/// A name as it is compared: lower case, without accents, what is neither letter nor digit a space.
pub(super) fn key(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    for word in fold(text).split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    words
}

/// Finds the table of the schema that a name says.
pub(super) fn table<'s>(schema: &'s Schema, name: &str) -> Named<'s> {
    let plain = fold(name.trim());
    if let Some(table) = schema.data_tables().find(|t| fold(t) == plain) {
        return Named::Exactly(table);
    }
    let words = format!(" {} ", key(name));
    let mut found: Vec<&str> =
        schema.data_tables().filter(|t| words.contains(&format!(" {} ", key(t)))).collect();
    // Of `projets` and `projets de location` the longer one is meant.
    found.sort_by_key(|t| std::cmp::Reverse(t.len()));
    match found.as_slice() {
        [one] => Named::Within(one),
        [long, rest @ ..] if rest.iter().all(|short| key(long).contains(&key(short))) => Named::Within(long),
        _ => Named::No,
    }
}

/// The entity of a table.
pub(super) fn entity<'s>(schema: &'s Schema, table: &str) -> Option<(EntityId, &'s Entity)> {
    schema
        .entities
        .iter()
        .enumerate()
        .find(|(_, e)| matches!(&e.origin, Origin::Data { table: own } if own == table))
}

/// The columns of an entity: its key, its relations', its fields'; each once.
pub(super) fn own_columns<'s>(schema: &'s Schema, entity: &'s Entity) -> Vec<&'s str> {
    let mut all = vec![entity.key.as_str()];
    let fields = entity.fields.iter().filter_map(|&f| schema.fields.get(f)).map(|f| f.column.as_str());
    for column in entity.belongs_to.iter().map(|r| r.column.as_str()).chain(fields) {
        if !all.contains(&column) {
            all.push(column);
        }
    }
    all
}

/// Every name (see [`key()`]) by which a column of an entity may be headed, and the column: its own name,
/// that of its field, its label if no other column has it, and what stands in the label before its detail
/// (` : ` or ` ; `) if that is no other column's either.
pub(super) fn columns<'s>(schema: &'s Schema, entity: &'s Entity) -> HashMap<String, &'s str> {
    let mut names: HashMap<String, Option<&str>> = HashMap::new();
    let mut labels: HashMap<String, Option<&str>> = HashMap::new();
    let mut shorts: HashMap<String, Option<&str>> = HashMap::new();
    fn add<'s>(to: &mut HashMap<String, Option<&'s str>>, name: &str, column: &'s str) {
        let slot = to.entry(key(name)).or_insert(Some(column));
        if *slot != Some(column) {
            *slot = None;
        }
    }
    add(&mut names, &entity.key, &entity.key);
    add(&mut labels, &format!("Identifiant: {}", entity.label), &entity.key);
    for relation in &entity.belongs_to {
        let target = schema.entities.get(relation.target).map_or("", |t| t.label.as_str());
        add(&mut names, &relation.column, &relation.column);
        add(&mut labels, &format!("Identifiant: {target}"), &relation.column);
    }
    for field in entity.fields.iter().filter_map(|&f| schema.fields.get(f)) {
        add(&mut names, &field.column, &field.column);
        if !field.label.is_empty() {
            add(&mut labels, &field.label, &field.column);
            let unit = field.unit.as_deref().unwrap_or("");
            add(&mut labels, &format!("{} ({unit})", field.label), &field.column);
            let detail = field.label.find(" : ").into_iter().chain(field.label.find(" ; ")).min();
            if let Some(short) = detail.and_then(|at| field.label.get(..at)) {
                add(&mut shorts, short, &field.column);
                add(&mut shorts, &format!("{short} ({unit})"), &field.column);
            }
        }
    }
    for (name, column) in labels.into_iter().chain(shorts) {
        names.entry(name).or_insert(column);
    }
    names.into_iter().filter_map(|(name, column)| Some((name, column?))).collect()
}

/// The names of the columns of the table that a file or sheet is; none if it is no table.
pub(super) fn expected(schema: &Schema, name: &str) -> Vec<String> {
    let found = table(schema, name).table().and_then(|table| entity(schema, table));
    found.map_or_else(Vec::new, |(_, e)| columns(schema, e).into_keys().collect())
}

/// Does a text head a sum? A code such as `TOTAL1` does not; `Total général` and `Sous-total 2017` do.
pub(super) fn is_total(text: &str) -> bool {
    // Its first word begins with a letter that no such word begins with: so does mostly an identifier.
    if begins_no_total(text) {
        return false;
    }
    let words = key(text);
    let mut words = words.split(' ');
    let first = words.next().unwrap_or("");
    let sum = |word: &str| matches!(word, "total" | "totaux" | "soustotal");
    sum(first) || first == "sous" && words.next().is_some_and(sum)
}

/// What says that a row is a sum of others: its identifier, or any text of a row without one.
pub(super) fn total(id: &Raw, table: &RawTable, row: usize) -> Option<String> {
    let says = |cell: &Raw| match cell {
        Raw::Text(text) => is_total(text).then(|| text.to_string()),
        _ => None,
    };
    match id {
        Raw::Empty => table.columns.iter().find_map(|column| match column {
            RawColumn::Cells(cells) => cells.get(row).and_then(says),
            RawColumn::Typed(_) | RawColumn::Unread(_) => None,
        }),
        id => says(id),
    }
}

/// Where the columns of an entity stand among the headers of a table.
#[derive(Debug, Default)]
pub(super) struct Places<'s> {
    /// The header of each column.
    pub at: HashMap<&'s str, usize>,
    /// Headers that name a column which another header names better, or first: the two headers.
    pub twice: Vec<(usize, usize)>,
}

/// Finds the columns of an entity: by their own names first, then by what names them less strictly.
pub(super) fn places<'s>(schema: &'s Schema, entity: &'s Entity, headers: &[String]) -> Places<'s> {
    let names = columns(schema, entity);
    let mut places = Places::default();
    let column = |header: &String| names.get(&key(header)).copied();
    // What is named twice by one and the same header is reported as such.
    for (at, header) in headers.iter().enumerate() {
        if let Some(column) = column(header).filter(|column| column == header) {
            places.at.entry(column).or_insert(at);
        }
    }
    for (at, header) in headers.iter().enumerate() {
        let Some(column) = column(header).filter(|column| column != header) else { continue };
        match places.at.get(column) {
            Some(&better) => places.twice.push((at, better)),
            None => {
                places.at.insert(column, at);
            }
        }
    }
    places
}
