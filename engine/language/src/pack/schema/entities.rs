//! Reads `schema.toml`: its entities, where their rows come from, and how they belong to each other.

use toml::de::DeTable;

use super::fields::read_field;
use super::{BelongsTo, Entity, EntityId, FieldKind, Origin, Schema};
use crate::diagnostic::texts::files::what;
use crate::diagnostic::{Diagnostics, FileId, Span, texts};
use crate::pack::toml_reader::{Reader, parse};

/// Reads `schema.toml`.
pub(in crate::pack) fn read(
    file: FileId,
    text: &str,
    unreadable: &mut Vec<String>,
    out: &mut Diagnostics,
) -> Schema {
    let mut schema = Schema::default();
    let Some(root) = parse(file, text, out) else {
        unreadable.push("*".to_string());
        return schema;
    };
    // First the names, so that relations may point forward.
    let mut tables = Vec::new();
    for (key, value) in root.get_ref().iter() {
        let span = Span::new(file, key.span());
        let Some(table) = value.get_ref().as_table() else {
            out.push(texts::schema::entity_not_a_table(key.get_ref(), span));
            continue;
        };
        schema.entities.push(Entity {
            name: key.get_ref().to_string(),
            label: String::new(),
            origin: Origin::Data { table: String::new() },
            key: String::new(),
            pair_table: None,
            fields: Vec::new(),
            belongs_to: Vec::new(),
            names: None,
            span,
        });
        tables.push((key.span(), table));
    }
    for (id, (span, table)) in tables.into_iter().enumerate() {
        read_entity(&mut schema, id, file, span, table, unreadable, out);
    }
    // Once all fields are known: of several that read one column, the text beside a date or a number takes
    // the cell as it is written (see `Schema::field_of_column`).
    for entity in &schema.entities {
        for &id in &entity.fields {
            let Some(field) = schema.fields.get(id).filter(|f| f.kind == FieldKind::Text) else { continue };
            let says = schema.field_of_column(entity, &field.column);
            let as_written = says.is_some_and(|says| says.name != field.name);
            if let Some(field) = schema.fields.get_mut(id) {
                field.as_written = as_written;
            }
        }
    }
    if schema.entities.is_empty() {
        out.push(texts::schema::no_entities(Span::new(file, 0..0)));
    }
    schema
}

fn read_entity(
    schema: &mut Schema,
    id: EntityId,
    file: FileId,
    span: std::ops::Range<usize>,
    table: &DeTable<'_>,
    unreadable: &mut Vec<String>,
    out: &mut Diagnostics,
) {
    let Some(name) = schema.entities.get(id).map(|e| e.name.clone()) else { return };
    let mut reader = Reader::new(file, span, what::entity(&name), table);
    let label = reader.string("label", out).unwrap_or_else(|| name.clone());
    // Three kinds of rows: pairs of two entities, a file of the pack, or (where nothing is said) a table of
    // the data of the entity's own name.
    let origin = if let Some(pair) = reader.strings("pair", out) {
        let sides: Vec<EntityId> =
            pair.iter().filter_map(|(side, span)| find_entity(schema, side, span.clone(), out)).collect();
        // A side that is none was reported; the pair then stands for itself, so that the rest of the file is
        // still read.
        match sides[..] {
            [a, b] => Origin::Pair(a, b),
            _ => {
                if pair.len() != 2 {
                    out.push(texts::schema::not_two_sides(reader.span()));
                }
                Origin::Pair(id, id)
            }
        }
    } else if let Some(source) = reader.string("source", out) {
        Origin::Reference { file: source }
    } else {
        Origin::Data { table: reader.string("table", out).unwrap_or_else(|| name.clone()) }
    };
    let is_pair = matches!(origin, Origin::Pair(..));
    let pair_table = if is_pair { reader.string("table", out) } else { None };
    let key = if is_pair {
        String::new()
    } else {
        reader.required_str("key", out).map_or_else(String::new, |k| k.0.to_string())
    };
    let names = reader.string("names", out);
    let belongs_to = read_relations(schema, file, &name, &mut reader, out);
    if let Some(fields) = reader.table("fields", out) {
        for (field, value) in fields.iter() {
            let span = Span::new(file, field.span());
            let Some(table) = value.get_ref().as_table() else {
                out.push(texts::schema::field_not_a_table(field.get_ref(), span));
                continue;
            };
            let read = read_field(schema, id, &name, field.get_ref(), span, table, out);
            if read.is_none() {
                unreadable.push(field.get_ref().to_string());
            }
            if let Some(field) = read {
                // Names are unique over the pack, as rules name a field without its entity.
                if let Some(other) = schema.field(&field.name).and_then(|f| schema.fields.get(f)) {
                    let other = other.span.clone();
                    out.push(texts::names::field_twice(&field.name, field.span.clone(), other));
                    continue;
                }
                if let Some(entity) = schema.entities.get_mut(id) {
                    entity.fields.push(schema.fields.len());
                }
                schema.fields.push(field);
            }
        }
    }
    reader.finish(out);
    let Some(entity) = schema.entities.get_mut(id) else { return };
    entity.label = label;
    entity.origin = origin;
    entity.key = key;
    entity.pair_table = pair_table;
    entity.belongs_to = belongs_to;
    entity.names = names;
    if !matches!(entity.origin, Origin::Reference { .. }) && entity.names.is_some() {
        out.push(texts::schema::names_without_source(entity.span.clone()));
    }
}

fn read_relations(
    schema: &Schema,
    file: FileId,
    name: &str,
    reader: &mut Reader<'_, '_>,
    out: &mut Diagnostics,
) -> Vec<BelongsTo> {
    let mut relations = Vec::new();
    let Some(table) = reader.table("belongs_to", out) else { return relations };
    for (target, value) in table.iter() {
        let span = Span::new(file, target.span());
        let Some(keys) = value.get_ref().as_table() else {
            out.push(texts::schema::relation_not_a_table(target.get_ref(), span));
            continue;
        };
        let what = what::relation(name, target.get_ref());
        let mut reader = Reader::new(file, target.span(), what, keys);
        let column = reader.required_str("column", out).map(|c| c.0.to_string());
        let required = reader.bool("required", out);
        let min = reader.int("min", out).map_or(0, |m| u64::try_from(m).unwrap_or(0));
        reader.finish(out);
        let target = find_entity(schema, target.get_ref(), span, out);
        if let (Some(target), Some(column)) = (target, column) {
            relations.push(BelongsTo { target, column, required, min });
        }
    }
    relations
}

pub(super) fn find_entity(
    schema: &Schema,
    name: &str,
    span: Span,
    out: &mut Diagnostics,
) -> Option<EntityId> {
    let found = schema.entity(name);
    if found.is_none() {
        out.push(texts::names::no_entity(name, schema.entities.iter().map(|e| e.name.as_str()), span));
    }
    found
}
