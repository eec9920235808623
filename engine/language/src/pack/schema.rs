//! The schema: which entities there are, what their fields are, and how they belong to each other.

use std::collections::HashMap;
use std::sync::Arc;

use toml::de::DeTable;

use super::toml_reader::{Reader, parse, scalar};
use crate::diagnostic::texts::files::what;
use crate::diagnostic::{Diagnostics, FileId, Span, fold, texts};
use crate::value::{Exact, Type, Value};

/// Number of an entity in [`Schema::entities`].
pub type EntityId = usize;

/// Number of a field in [`Schema::fields`].
pub type FieldId = usize;

/// Name of the field that every entity has: the date as of which all is decided.
pub const DECISION_DATE: &str = "date_decision";

/// Identifier of the row of a reference table that stands for every identifier that the table lacks.
pub const OTHERS: &str = "*";

/// The entities of a pack and their fields.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    /// In the order of the file.
    pub entities: Vec<Entity>,
    /// Of all entities; names are unique over the whole pack.
    pub fields: Vec<Field>,
}

/// Where the rows of an entity come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A file or sheet of that name in the data package.
    Data {
        /// Name without extension.
        table: String,
    },
    /// A CSV file of the pack: the same for every data package.
    Reference {
        /// Name of the file, in any folder of the pack.
        file: String,
    },
    /// All pairs of a row of the first and a row of the second entity.
    Pair(EntityId, EntityId),
}

/// One entity.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Its name in rule files: `demande`.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// Where its rows come from.
    pub origin: Origin,
    /// The identifier's column (empty for pairs).
    pub key: String,
    /// Of a pair: the file or sheet of a data package that gives pairs of its own.
    pub pair_table: Option<String>,
    /// Its fields.
    pub fields: Vec<FieldId>,
    /// The entities that it belongs to.
    pub belongs_to: Vec<BelongsTo>,
    /// The column of a reference table that holds a name for each code, if it has one.
    pub names: Option<String>,
    /// Where it is declared.
    pub span: Span,
}

/// A relation: each row belongs to one row of `target`, or to none.
#[derive(Clone, Debug)]
pub struct BelongsTo {
    /// The entity belonged to.
    pub target: EntityId,
    /// The column that holds the target's identifier.
    pub column: String,
    /// Must every row belong to one?
    pub required: bool,
    /// How many members each row of the target must have at least.
    pub min: u64,
}

/// What the cells of a field hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// `true` or `false`.
    Boolean,
    /// A number with this many decimals (0: an integer; 2: an amount in euros and cents).
    Number {
        /// Decimals.
        decimals: u32,
        /// Is it money?
        amount: bool,
    },
    /// A civil date.
    Date,
    /// A code or a free text.
    Text,
    /// One value of a closed list.
    Enum(Arc<[Arc<str>]>),
    /// Several codes in one cell, separated by spaces.
    Codes,
}

/// One field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name in rules, unique over the pack.
    pub name: String,
    /// Its entity.
    pub entity: EntityId,
    /// Its column in the data.
    pub column: String,
    /// What its cells hold.
    pub kind: FieldKind,
    /// Smallest and largest value allowed, if declared.
    pub range: Option<(Exact, Exact)>,
    /// Is an empty cell an error?
    pub required: bool,
    /// Is an empty cell a known nothing (rather than an unknown)?
    pub empty_is_none: bool,
    /// Of a closed list: the listed value that an empty cell is. It is then known (`empty_is_none`).
    pub empty_value: Option<Arc<str>>,
    /// What else people write for a value of the closed list: the text, and the number of the value.
    pub synonyms: Vec<(Arc<str>, u32)>,
    /// The reference entity whose codes the cells hold.
    pub of: Option<EntityId>,
    /// Where an empty cell is a value outside the closed list: why. No rule can decide on it.
    pub unlisted: Option<String>,
    /// Of a closed list: why an empty cell is one of the listed values and nothing else.
    pub exhaustive: Option<String>,
    /// Does another field say what the column holds, so that this one takes each cell as the text it is?
    /// See [`Schema::field_of_column`].
    pub as_written: bool,
    /// What people call it.
    pub label: String,
    /// Its unit: `EUR/an`, `m²`…
    pub unit: Option<String>,
    /// Where the official request form asks it.
    pub form: Option<String>,
    /// Where it is declared.
    pub span: Span,
}

impl Field {
    /// The type of its values in rules.
    pub fn value_type(&self) -> Type {
        match &self.kind {
            FieldKind::Boolean => Type::Bool,
            FieldKind::Number { .. } => Type::Number,
            FieldKind::Date => Type::Date,
            FieldKind::Text => Type::Text(None),
            FieldKind::Enum(values) => Type::Text(Some(values.clone())),
            FieldKind::Codes => Type::List(Box::new(Type::Text(None))),
        }
    }

    /// The value of an empty cell, where it is known: the empty list, the empty text, or the listed value
    /// that the schema says.
    pub fn empty(&self) -> Option<Value> {
        self.empty_is_none.then(|| match (&self.kind, &self.empty_value) {
            (FieldKind::Codes, _) => Value::List(Arc::from([])),
            (_, Some(value)) => Value::Text(value.clone()),
            (_, None) => Value::text(""),
        })
    }

    /// Of a closed list: the place of the value that an empty cell is.
    pub fn empty_code(&self) -> Option<u32> {
        let (FieldKind::Enum(values), Some(empty)) = (&self.kind, &self.empty_value) else { return None };
        values.iter().position(|v| v == empty).and_then(|at| u32::try_from(at).ok())
    }
}

impl Schema {
    /// The names of the tables that data packages hold.
    pub fn data_tables(&self) -> impl Iterator<Item = &str> {
        self.entities.iter().filter_map(|entity| match &entity.origin {
            Origin::Data { table } => Some(table.as_str()),
            Origin::Pair(..) => entity.pair_table.as_deref(),
            Origin::Reference { .. } => None,
        })
    }

    /// The same schema, in which the pairs of an entity are not all that can be made but the rows of its table:
    /// each belongs to one row of either side, and their two identifiers are its own. `None` if the entity is no
    /// pair, or gives no table.
    pub fn with_given_pairs(&self, pair: EntityId) -> Option<Schema> {
        let mut schema = self.clone();
        let Origin::Pair(first, second) = self.entities.get(pair)?.origin else { return None };
        let key = |side: EntityId| self.entities.get(side).map(|e| e.key.clone());
        let (first_key, second_key) = (key(first)?, key(second)?);
        let entity = schema.entities.get_mut(pair)?;
        entity.origin = Origin::Data { table: entity.pair_table.clone()? };
        entity.key = format!("{first_key}:{second_key}");
        let sides = [(first, first_key), (second, second_key)];
        let sides = sides.map(|(target, column)| BelongsTo { target, column, required: true, min: 0 });
        entity.belongs_to.splice(0..0, sides);
        Some(schema)
    }

    /// The entity of that name.
    pub fn entity(&self, name: &str) -> Option<EntityId> {
        self.entities.iter().position(|e| e.name == name)
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<FieldId> {
        self.fields.iter().position(|f| f.name == name)
    }

    /// The field that says what a column of an entity holds.
    ///
    /// Several fields may read one column: beside a date or a number one that reads its text, by which a rule tells
    /// an empty cell. What the column holds is what the others say.
    ///
    /// # Examples
    /// ```
    /// use logis_language::Pack;
    ///
    /// let pack = Pack::load("../../rules").unwrap();
    /// let schema = &pack.parsed().schema;
    /// let person = &schema.entities[schema.entity("personne").unwrap()];
    /// // `bail_donne` reads it as text.
    /// assert_eq!(schema.field_of_column(person, "date_bail").unwrap().name, "date_effet_bail");
    /// ```
    pub fn field_of_column(&self, entity: &Entity, column: &str) -> Option<&Field> {
        let mut all = entity.fields.iter().filter_map(|&f| self.fields.get(f)).filter(|f| f.column == column);
        let first = all.clone().next();
        all.find(|f| f.kind != FieldKind::Text).or(first)
    }

    /// The entities that rows of `child` belong to directly: relations, and the two sides of a pair.
    pub fn parents(&self, child: EntityId) -> Vec<EntityId> {
        let Some(entity) = self.entities.get(child) else { return Vec::new() };
        let mut parents: Vec<EntityId> = entity.belongs_to.iter().map(|r| r.target).collect();
        if let Origin::Pair(a, b) = entity.origin {
            parents.extend([a, b]);
        }
        parents
    }
}

/// Reads `schema.toml`.
pub(super) fn read(file: FileId, text: &str, unreadable: &mut Vec<String>, out: &mut Diagnostics) -> Schema {
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
    let origin = if let Some(pair) = reader.strings("pair", out) {
        let sides: Vec<EntityId> =
            pair.iter().filter_map(|(side, span)| find_entity(schema, side, span.clone(), out)).collect();
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

fn find_entity(schema: &Schema, name: &str, span: Span, out: &mut Diagnostics) -> Option<EntityId> {
    let found = schema.entity(name);
    if found.is_none() {
        out.push(texts::names::no_entity(name, schema.entities.iter().map(|e| e.name.as_str()), span));
    }
    found
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

const TYPES: [&str; 7] = ["amount", "integer", "decimal", "boolean", "date", "text", "codes"];

fn read_field(
    schema: &Schema,
    entity: EntityId,
    entity_name: &str,
    name: &str,
    span: Span,
    table: &DeTable<'_>,
    out: &mut Diagnostics,
) -> Option<Field> {
    let mut reader = Reader::new(span.file, span.range.clone(), what::field(entity_name, name), table);
    let values = reader.strings("values", out);
    let decimals = reader.int("decimals", out).and_then(|d| u32::try_from(d).ok()).unwrap_or(2).min(9);
    let kind = if let Some(values) = values {
        reader.str("type", out);
        Some(FieldKind::Enum(values.into_iter().map(|(v, _)| Arc::from(v)).collect()))
    } else {
        reader.required_str("type", out).and_then(|(kind, at)| match kind {
            "amount" => Some(FieldKind::Number { decimals: 2, amount: true }),
            "integer" => Some(FieldKind::Number { decimals: 0, amount: false }),
            "decimal" => Some(FieldKind::Number { decimals, amount: false }),
            "boolean" => Some(FieldKind::Boolean),
            "date" => Some(FieldKind::Date),
            "text" => Some(FieldKind::Text),
            "codes" => Some(FieldKind::Codes),
            other => {
                out.push(texts::schema::unknown_type(other, &TYPES, at));
                None
            }
        })
    };
    let range = reader.get("range").and_then(|item| {
        let bounds: Vec<Exact> = item
            .get_ref()
            .as_array()
            .map(|a| {
                a.iter()
                    .filter_map(|v| match scalar(v.get_ref()) {
                        Some(Value::Number(n)) => Some(n),
                        _ => None,
                    })
                    .collect()
            })
            .unwrap_or_default();
        match bounds[..] {
            [low, high] if low <= high => Some((low, high)),
            _ => {
                out.push(texts::schema::not_a_range(reader.at(item)));
                None
            }
        }
    });
    let (empty_is_none, empty_value) = read_empty(&mut reader, kind.as_ref(), out);
    let unlisted = reader.string("unlisted", out);
    let exhaustive = reader.string("exhaustive", out);
    let synonyms = match &kind {
        Some(FieldKind::Enum(values)) => read_synonyms(values, &mut reader, out),
        _ => Vec::new(),
    };
    let of = match reader.str("of", out) {
        None => None,
        Some((target, at)) if matches!(kind, Some(FieldKind::Text | FieldKind::Codes)) => {
            find_entity(schema, target, at, out)
        }
        Some((_, at)) => {
            out.push(texts::schema::of_without_codes(at));
            None
        }
    };
    let column = reader.string("column", out).unwrap_or_else(|| name.to_string());
    let required = reader.bool("required", out);
    let said = [required, empty_is_none, unlisted.is_some(), exhaustive.is_some()];
    if said.iter().filter(|s| **s).count() > 1 {
        out.push(texts::schema::empty_said_twice(name, reader.span()));
    }
    let label = reader.string("label", out).unwrap_or_else(|| name.to_string());
    let unit = reader.string("unit", out);
    let form = reader.string("form", out);
    reader.finish(out);
    Some(Field {
        name: name.to_string(),
        entity,
        column,
        kind: kind?,
        range,
        required,
        empty_is_none,
        empty_value,
        synonyms,
        of,
        unlisted,
        exhaustive,
        as_written: false,
        label,
        unit,
        form,
        span,
    })
}

/// Reads `empty`: is an empty cell known, and which listed value is it?
fn read_empty(
    reader: &mut Reader<'_, '_>,
    kind: Option<&FieldKind>,
    out: &mut Diagnostics,
) -> (bool, Option<Arc<str>>) {
    let Some((said, at)) = reader.str("empty", out) else { return (false, None) };
    out.push(match kind {
        Some(FieldKind::Enum(values)) => match values.iter().find(|v| v.as_ref() == said) {
            Some(value) => return (true, Some(value.clone())),
            None => texts::schema::empty_not_listed(said, &values.join(", "), at),
        },
        Some(FieldKind::Text | FieldKind::Codes) if said == "none" => return (true, None),
        // What kind of field it is has not been read: that was said.
        None => return (false, None),
        Some(FieldKind::Text | FieldKind::Codes) => texts::schema::empty_not_none(said, at),
        Some(_) => texts::schema::empty_of_other_type(said, at),
    });
    (false, None)
}

/// Reads `synonyms = { cdi = ["contrat à durée indéterminée"] }`, and finds what two values would share.
fn read_synonyms(
    values: &[Arc<str>],
    reader: &mut Reader<'_, '_>,
    out: &mut Diagnostics,
) -> Vec<(Arc<str>, u32)> {
    let mut all: Vec<(Arc<str>, u32)> = Vec::new();
    let mut folded: HashMap<String, u32> = HashMap::new();
    for (at, value) in (0_u32..).zip(values) {
        if let Some(other) = folded.insert(folded_value(value), at) {
            let other = values.get(other as usize).map_or("", AsRef::as_ref);
            out.push(texts::schema::same_value(other, value, reader.span()));
        }
    }
    let Some(table) = reader.table("synonyms", out) else { return all };
    for (value, texts) in table.iter() {
        let span = Span::new(reader.file, value.span());
        let Some((at, _)) = (0_u32..).zip(values).find(|(_, v)| v.as_ref() == value.get_ref().as_ref())
        else {
            let listed = values.iter().map(AsRef::as_ref);
            out.push(texts::schema::not_listed(value.get_ref(), listed, span));
            continue;
        };
        for text in texts.get_ref().as_array().into_iter().flat_map(|a| a.iter()) {
            let Some(written) = text.get_ref().as_str() else {
                out.push(texts::schema::synonym_not_a_text(span.clone()));
                continue;
            };
            match folded.insert(folded_value(written), at) {
                Some(other) if other != at => {
                    let already = values.get(other as usize).map_or("", AsRef::as_ref);
                    let place = Span::new(reader.file, text.span());
                    out.push(texts::schema::two_meanings(written, already, place));
                }
                _ => all.push((written.into(), at)),
            }
        }
        if texts.get_ref().as_array().is_none() {
            out.push(texts::schema::synonyms_not_a_list(span));
        }
    }
    all
}

/// A value of a closed list without what those who type it leave out: case, accents, blanks, hyphens,
/// underscores, apostrophes and full stops.
pub fn folded_value(text: &str) -> String {
    let plain = text.chars().filter_map(|c| match c {
        // Accents that stand by themselves, as in file names of macOS.
        '\u{300}'..='\u{36f}' => None,
        '\u{a0}' | '\u{202f}' | '\'' | '\u{2019}' | '.' | '_' | '-' | ' ' | '\t' => None,
        'œ' | 'Œ' => Some('œ'),
        c => Some(c),
    });
    fold(&plain.collect::<String>()).replace('œ', "oe").replace(['æ', 'Æ'], "ae")
}
