//! Territories: what holds in one place of the country only.
//!
//! `[territories]` of `pack.toml` names a reference table (communes), whose rows are each of a territory, and the columns
//! of it by which they are, from the widest (a département) to the finest. A folder with a `territoire.toml` is a
//! territory, and what its files say is local. The table gets a field for each level that a territory uses, whose values
//! are the territories of that level, and one, [`FIELD`], for the finest that holds the row. The plan chooses among local
//! values by these fields, so that one plan decides the rows of all places.

mod manifest;

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use super::params::{Parameter, ParameterId};
use super::schema::{Entity, EntityId, Field, FieldId, FieldKind, Schema};
use super::script::RuleText;
use super::{Parsed, RuleTexts};
use crate::diagnostic::{Diagnostics, FileId, Sources, Span, texts};
use crate::value::{Date, add_days};
pub(super) use manifest::read_folders;

use super::params::Source;

/// Number of a territory in [`Territories::all`].
pub type TerritoryId = usize;

/// Name of the field that says of a row which territory it is of: the finest that holds it.
pub const FIELD: &str = "territoire";

/// The value of a row that no territory holds.
pub const NONE: &str = "aucun";

/// The file that makes a folder a territory.
pub const MANIFEST: &str = "territoire.toml";

/// What `[territories]` of `pack.toml` says.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The reference table whose rows are each of a territory.
    pub table: (String, Span),
    /// Its columns by which they are, from the widest to the finest.
    pub levels: Vec<(String, Span)>,
    /// By entity whose rows lead to that table in several ways: the entity through which they do.
    pub through: BTreeMap<String, (String, Span)>,
}

/// A territory: a folder of local values.
#[derive(Clone, Debug)]
pub struct Territory {
    /// Its name in data and on the command line: that of its folder.
    pub name: Arc<str>,
    /// The path of its folder, with `/` at its end.
    pub folder: String,
    /// What people call it.
    pub label: String,
    /// By which column of the table rows are of it, as a number in [`Territories::levels`].
    pub level: usize,
    /// The values of that column.
    pub codes: Vec<(String, Span)>,
    /// First day on which it is one.
    pub from: Option<Date>,
    /// Last day on which it is one.
    pub until: Option<Date>,
    /// Where it is written.
    pub sources: Vec<Source>,
    /// Was it left out by whoever reads the pack? Then it gives nothing on any day.
    pub left_out: bool,
    /// Why what its manifest says may be wrong.
    pub doubt: Option<String>,
    /// Its manifest.
    pub span: Span,
}

impl Territory {
    /// Does what it gives hold on this day?
    pub fn holds_on(&self, date: Date) -> bool {
        !self.left_out
            && self.from.is_none_or(|from| from <= date)
            && self.until.is_none_or(|until| date <= until)
    }
}

/// A column of the table by which rows are of territories.
#[derive(Clone, Debug)]
pub struct Level {
    /// The column.
    pub column: String,
    /// The field that holds the territory of this level; `None` if the pack has none.
    pub field: Option<FieldId>,
}

/// The territories of a pack.
#[derive(Clone, Debug, Default)]
pub struct Territories {
    /// The reference table, if the pack speaks of territories.
    pub table: Option<EntityId>,
    /// From the widest to the finest.
    pub levels: Vec<Level>,
    /// In the order of their names.
    pub all: Vec<Territory>,
    /// The field of the table that holds the finest territory of a row, if there is any.
    pub field: Option<FieldId>,
    /// By entity whose rows lead to the table in several ways: the one through which they do.
    pub through: BTreeMap<EntityId, EntityId>,
    /// Fields of data that name a territory themselves: rows of their entities, and what belongs to those alone.
    pub named: Vec<FieldId>,
}

/// What the values of a column become.
pub type Becomes = Arc<BTreeMap<String, Arc<str>>>;

/// A column that a reference table gets beside those of its file.
#[derive(Clone, Debug)]
pub struct Derived {
    /// Its header.
    pub column: String,
    /// Columns of the file with what their values become; the first that has one decides, and without one the cell
    /// is empty.
    pub by: Vec<(String, Becomes)>,
}

impl Territories {
    /// The territory of that name.
    pub fn find(&self, name: &str) -> Option<TerritoryId> {
        self.all.binary_search_by(|t| t.name.as_ref().cmp(name)).ok()
    }

    /// The territory below whose folder a file stands.
    pub fn of_path(&self, path: &str) -> Option<TerritoryId> {
        self.all.iter().position(|t| path.starts_with(&t.folder))
    }

    /// The territory below whose folder the file of a place stands.
    pub fn of_file(&self, sources: &Sources, file: FileId) -> Option<TerritoryId> {
        self.of_path(&sources.get(file)?.path)
    }

    /// The function of that name that code in a file means: one of the file's territory before one of all.
    pub(crate) fn called(&self, parsed: &Parsed, file: FileId, name: &str) -> Option<usize> {
        let of = self.of_file(&parsed.sources, file).and_then(|t| self.all.get(t));
        of.and_then(|of| parsed.rule(&local_path(name, of))).or_else(|| parsed.rule(name))
    }

    /// The days from which other territories are in force.
    pub fn changes(&self) -> impl Iterator<Item = Date> + '_ {
        self.all.iter().flat_map(|t| t.from.into_iter().chain(t.until.and_then(|last| add_days(last, 1))))
    }

    /// Is it one of the fields that say which territory a row is of?
    pub fn is_of(&self, field: FieldId) -> bool {
        self.field == Some(field)
            || self.named.contains(&field)
            || self.levels.iter().any(|level| level.field == Some(field))
    }

    /// The columns that the table gets, which [`FIELD`] and the fields of the levels read.
    pub fn derived(&self, schema: &Schema) -> Vec<Derived> {
        let column = |field: FieldId| schema.fields.get(field).map(|f| f.column.clone());
        let by: Vec<_> = (0..self.levels.len()).map(|level| self.by_code(level)).collect();
        let mut found = Vec::new();
        for (level, by) in self.levels.iter().zip(&by) {
            if let Some(column) = level.field.filter(|f| self.field != Some(*f)).and_then(column) {
                found.push(Derived { column, by: vec![(level.column.clone(), by.clone())] });
            }
        }
        if let Some(column) = self.field.and_then(column) {
            let finest_first = self.levels.iter().zip(by).rev();
            let by = finest_first.filter(|(_, by)| !by.is_empty());
            found.push(Derived { column, by: by.map(|(level, by)| (level.column.clone(), by)).collect() });
        }
        found
    }

    fn by_code(&self, level: usize) -> Becomes {
        let of_level = self.all.iter().filter(|t| t.level == level);
        let codes = of_level.flat_map(|t| t.codes.iter().map(|(code, _)| (code.clone(), t.name.clone())));
        Arc::new(codes.collect())
    }
}

/// Gives the table of `[territories]` the fields that say which territory a row is of, and those of data that name one
/// themselves their values.
pub(super) fn add_fields(territories: &mut Territories, schema: &mut Schema, span: &Span) {
    let Some(table) = territories.table.filter(|_| !territories.all.is_empty()) else { return };
    let names = |level: Option<usize>, all: &[Territory]| -> Arc<[Arc<str>]> {
        let of_level = all.iter().filter(|t| level.is_none_or(|level| t.level == level));
        of_level.map(|t| t.name.clone()).chain([Arc::from(NONE)]).collect()
    };
    let used: Vec<usize> =
        (0..territories.levels.len()).filter(|l| territories.all.iter().any(|t| t.level == *l)).collect();
    let (all, levels) = (&territories.all, &mut territories.levels);
    if let [level] = used[..] {
        let label = "Territoire dont les règles locales valent".to_string();
        let field = add(schema, table, FIELD.to_string(), label, names(Some(level), all), span);
        territories.field = Some(field);
        if let Some(level) = levels.get_mut(level) {
            level.field = Some(field);
        }
    } else {
        for level in used {
            let Some(of_level) = levels.get_mut(level) else { continue };
            let name = format!("{FIELD}_par_{}", of_level.column);
            let label = format!("Territoire dont les règles locales valent, par {}", of_level.column);
            of_level.field = Some(add(schema, table, name, label, names(Some(level), all), span));
        }
        let label = "Territoire le plus fin dont les règles locales valent".to_string();
        territories.field = Some(add(schema, table, FIELD.to_string(), label, names(None, all), span));
    }
    for field in territories.named.clone() {
        if let Some(field) = schema.fields.get_mut(field) {
            field.kind = FieldKind::Enum(names(None, all));
        }
    }
}

fn add(
    schema: &mut Schema,
    entity: EntityId,
    name: String,
    label: String,
    values: Arc<[Arc<str>]>,
    span: &Span,
) -> FieldId {
    let id = schema.fields.len();
    schema.fields.push(Field {
        column: name.clone(),
        name,
        entity,
        kind: FieldKind::Enum(values),
        range: None,
        required: false,
        empty_is_none: true,
        empty_value: Some(Arc::from(NONE)),
        synonyms: Vec::new(),
        of: None,
        unlisted: None,
        exhaustive: None,
        territory: false,
        as_written: false,
        label,
        unit: None,
        form: None,
        span: span.clone(),
    });
    if let Some(Entity { fields, .. }) = schema.entities.get_mut(entity) {
        fields.push(id);
    }
    id
}

/// Joins the rules that territories give to those of the same name, and sorts all by name. A rule that only territories
/// give gets one of its name, which is unknown where none of them does. A helper is of one territory or of all.
pub(super) fn join_local_rules(territories: &Territories, rules: &mut Vec<RuleTexts>, out: &mut Diagnostics) {
    let mut asked: Vec<RuleTexts> = Vec::new();
    for local in rules.iter().filter(|r| r.territory.is_some()) {
        let name = national_path(&local.name);
        let is_helper = |rule: &RuleTexts| rule.texts.iter().all(|t| t.helper);
        let Some(first) = local.texts.first() else { continue };
        let known = rules.iter().chain(&asked).find(|r| r.name == name);
        match known {
            None if is_helper(local) => {}
            None => {
                let texts = vec![RuleText { from: None, ..first.clone() }];
                let (name, entity) = (name.to_string(), local.entity);
                let (territory, local) = (None, Vec::new());
                asked.push(RuleTexts { name, entity, texts, territory, local, nowhere: true });
            }
            Some(known) => {
                let other = known.texts.first().map(|t| t.span.clone()).unwrap_or_default();
                if is_helper(local) || is_helper(known) {
                    out.push(texts::names::declared_twice(name, first.span.clone(), other));
                } else if known.entity != local.entity {
                    out.push(texts::names::of_two_entities(name, first.span.clone(), other));
                }
            }
        }
    }
    rules.extend(asked);
    rules.sort_by(|a, b| a.name.cmp(&b.name));
    let mut local: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
    for (id, rule) in rules.iter().enumerate().filter(|(_, r)| r.texts.iter().any(|t| !t.helper)) {
        let Some(territory) = rule.territory.and_then(|t| territories.all.get(t)) else { continue };
        local.entry(national_path(&rule.name).to_string()).or_default().push((territory.level, id));
    }
    for rule in rules.iter_mut().filter(|r| r.territory.is_none()) {
        let mut of_name = local.remove(&rule.name).unwrap_or_default();
        of_name.sort_unstable();
        rule.local = of_name.into_iter().map(|(_, id)| id).collect();
    }
}

/// The files of one reference table as one: the rows of all under the headers of the first.
///
/// # Errors
/// A file whose headers are others, and the first file.
pub(super) fn one_table<'f>(files: &[(&'f str, &Bytes)]) -> Result<(String, Bytes), (&'f str, &'f str)> {
    let mut all: Vec<u8> = Vec::new();
    let headers = |bytes: &[u8]| bytes.split(|b| *b == b'\n').next().map_or(0, <[u8]>::len);
    let first = files.first().map_or(("", &[][..]), |(path, bytes)| (*path, bytes.as_ref()));
    for (path, bytes) in files {
        let (head, rows) = bytes.split_at(headers(bytes));
        if all.is_empty() {
            all.extend_from_slice(head);
        } else if head.trim_ascii() != first.1.split_at(headers(first.1)).0.trim_ascii() {
            return Err((path, first.0));
        }
        all.push(b'\n');
        all.extend_from_slice(rows.trim_ascii());
    }
    all.push(b'\n');
    let paths: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
    Ok((paths.join(" + "), all.into()))
}

/// The path of a local table: that in scripts, and the territory.
pub fn local_path(path: &str, territory: &Territory) -> String {
    format!("{path}@{}", territory.name)
}

/// The path in scripts of a table, local or not.
pub fn national_path(path: &str) -> &str {
    path.split_once('@').map_or(path, |(path, _)| path)
}

/// Joins the tables that territories give to those that rules ask for, of parameters sorted by path. A table that only
/// territories give gets one without values, which holds where none of them does.
pub(super) fn join_local(territories: &Territories, parameters: &mut Vec<Parameter>, out: &mut Diagnostics) {
    let mut asked: Vec<Parameter> = Vec::new();
    for local in parameters.iter().filter(|p| p.territory.is_some()) {
        let path = national_path(&local.path);
        let known = parameters.iter().chain(&asked).find(|p| p.path == path);
        let Some(known) = known else {
            asked.push(Parameter {
                path: path.to_string(),
                versions: Vec::new(),
                yearly: false,
                verified: None,
                territory: None,
                local: Vec::new(),
                ..local.clone()
            });
            continue;
        };
        if (&known.unit, &known.by) != (&local.unit, &local.by)
            || !known.value_type.matches(&local.value_type)
        {
            out.push(texts::territories::differs(path, local.span.clone(), known.span.clone()));
        }
    }
    parameters.extend(asked);
    parameters.sort_by(|a, b| a.path.cmp(&b.path));
    // The widest first: the plan asks the finest last, so that it decides.
    let mut local: BTreeMap<String, Vec<(usize, ParameterId)>> = BTreeMap::new();
    for (id, parameter) in parameters.iter().enumerate() {
        let Some(territory) = parameter.territory.and_then(|t| territories.all.get(t)) else { continue };
        local.entry(national_path(&parameter.path).to_string()).or_default().push((territory.level, id));
    }
    for parameter in parameters.iter_mut().filter(|p| p.territory.is_none()) {
        let mut of_path = local.remove(&parameter.path).unwrap_or_default();
        of_path.sort_by_key(|(level, id)| (*level, *id));
        parameter.local = of_path.into_iter().map(|(_, id)| id).collect();
    }
}
