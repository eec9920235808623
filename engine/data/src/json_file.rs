//! JSON and NDJSON: arrays of rows, an object with an array for each table, or one row after the other.
//!
//! A row may hold what belongs to it: an array of rows under the name of their table (`personnes`), and
//! what it belongs to: a row under the name of its entity (`employeur`). Numbers are read from their
//! digits, not through a binary number; a key that stands twice is an error.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::issue::Issue;
use super::issue_code::Code;
use super::lines::Lines;
use super::names::{self, Named};
use super::raw::{Raw, RawColumn, RawTable};
use logis_language::diagnostic::foreign;
use logis_language::pack::schema::{Entity, EntityId, Origin, Schema};

/// The most cells that the tables of a file may have, empty ones included.
const CELLS: usize = 1 << 26;

/// Reads the tables of a JSON or NDJSON file. `table` is what its name says that it is.
pub(super) fn read(
    schema: &Schema,
    file: &str,
    table: Option<&str>,
    bytes: &[u8],
    issues: &mut Vec<Issue>,
) -> Vec<RawTable> {
    let mut reader = Reader {
        schema,
        file,
        drafts: HashMap::new(),
        seen: HashMap::new(),
        lines: Vec::new(),
        start: 0,
        cells: 0,
        issues: Vec::new(),
    };
    let entity = table.and_then(|table| names::entity(schema, table)).map(|(id, _)| id);
    if let Err(issue) = reader.all(entity, bytes) {
        reader.issues.push(issue);
        issues.append(&mut reader.issues);
        return Vec::new();
    }
    let fatal = reader.issues.iter().any(|i| i.is_error() && i.line.is_none());
    issues.append(&mut reader.issues);
    if fatal { Vec::new() } else { reader.tables(issues) }
}

/// An object with its keys in the order of the file, each as often as it stands.
struct Pairs<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct All;
        impl<'de> Visitor<'de> for All {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("un objet")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry::<String, &'de RawValue>()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        from.deserialize_map(All)
    }
}

/// A table while its rows are found.
#[derive(Default)]
struct Draft {
    headers: Vec<String>,
    places: HashMap<String, usize>,
    columns: Vec<Vec<Raw>>,
    /// The line on which each row begins.
    lines: Vec<u64>,
    bad: Vec<bool>,
}

struct Reader<'s> {
    schema: &'s Schema,
    file: &'s str,
    drafts: HashMap<EntityId, Draft>,
    /// The cells of rows that stand in those that belong to them: one employer in many persons.
    seen: HashMap<(EntityId, String), Vec<(String, Raw)>>,
    /// Where the lines of the text end.
    lines: Vec<usize>,
    /// Where the text is in memory: a value's place is its distance.
    start: usize,
    cells: usize,
    issues: Vec<Issue>,
}

/// Where a row stands.
#[derive(Default)]
struct Place<'p> {
    /// The column of the relation by which it belongs to the row around it, and the identifier of that.
    parent: Option<(&'p str, &'p str)>,
    /// The identifier of a row that is in another, if it gives none.
    own: Option<String>,
    /// May it stand several times, the same each time?
    shared: bool,
}

type Read<T> = Result<T, Issue>;

// An error ends the reading of the file: its size is paid once.
#[allow(clippy::result_large_err)]
impl<'s> Reader<'s> {
    fn all(&mut self, entity: Option<EntityId>, bytes: &[u8]) -> Read<()> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = std::str::from_utf8(bytes).map_err(|e| {
            let before = bytes.get(..e.valid_up_to()).unwrap_or(&[]);
            let line = before.iter().filter(|b| **b == b'\n').count() as u64 + 1;
            Issue::error(Code::Encoding, self.file, "ce n'est pas du JSON: un octet n'est pas de l'UTF-8")
                .at(line)
        })?;
        // Values are borrowed from the text, so a value's address less that of the text is its place, and the
        // ends of lines tell its line.
        self.start = text.as_ptr() as usize;
        self.lines = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at).collect();
        let mut values = Vec::new();
        for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
            values.push(value.map_err(|e| {
                let message = format!("ce n'est pas du JSON: {}", foreign::json(&e));
                Issue::error(Code::Unreadable, self.file, message).at(e.line() as u64)
            })?);
        }
        if values.is_empty() {
            return Err(Issue::error(
                Code::EmptyFile,
                self.file,
                "le fichier est vide ; attendu: du JSON, ou un objet par ligne",
            ));
        }
        for value in values {
            self.top(entity, value)?;
        }
        Ok(())
    }

    /// A value that stands in no other: a table, tables by name, or a row.
    fn top(&mut self, entity: Option<EntityId>, value: &RawValue) -> Read<()> {
        match value.get().as_bytes().first() {
            Some(b'[') => {
                let id = entity.ok_or_else(|| {
                    let tables: Vec<&str> = self.schema.data_tables().collect();
                    let message = format!(
                        "un tableau de lignes, sans dire de quelle table ; attendu: un objet avec un tableau par table ({})",
                        tables.join(", ")
                    );
                    self.at(Code::OtherForm, value, message)
                })?;
                self.rows(id, value, None)
            }
            Some(b'{') => {
                let pairs = self.pairs(value)?;
                let tables: Vec<Option<EntityId>> = pairs.iter().map(|(key, _)| self.table(key)).collect();
                // An object is either tables by name or one row: its keys tell.
                let all = !pairs.is_empty() && tables.iter().all(Option::is_some);
                // Some tables, and no column of a row: a table's name is wrong.
                let row = entity.filter(|&id| {
                    let columns = self.schema.entities.get(id).map(|e| names::columns(self.schema, e));
                    let known = |(key, _): &(String, _)| {
                        columns.as_ref().is_some_and(|columns| columns.contains_key(&names::key(key)))
                    };
                    tables.iter().all(Option::is_none) || pairs.iter().any(known)
                });
                match (all, row) {
                    (true, _) => {
                        for (id, (_, rows)) in tables.into_iter().flatten().zip(&pairs) {
                            self.rows(id, rows, None)?;
                        }
                        Ok(())
                    }
                    (false, Some(id)) => self.row(id, value, pairs, Place::default()).map(|_| ()),
                    (false, None) => {
                        let unknown = pairs.iter().zip(&tables).find(|(_, t)| t.is_none());
                        let (key, value) = unknown.map_or(("", value), |((key, v), _)| (key.as_str(), *v));
                        let near = logis_language::diagnostic::nearest(key, self.schema.data_tables());
                        let message = format!("« {key} » n'est pas une table{}", super::issue::meant(near));
                        Err(self.at(Code::UnknownTable, value, message))
                    }
                }
            }
            _ => Err(self.at(
                Code::OtherForm,
                value,
                format!("« {} »: un objet ou un tableau est attendu", short(value.get())),
            )),
        }
    }

    fn rows(&mut self, id: EntityId, value: &RawValue, parent: Option<(&str, &str)>) -> Read<()> {
        let rows: Vec<&RawValue> = serde_json::from_str(value.get()).map_err(|_| {
            self.at(
                Code::OtherForm,
                value,
                format!("« {} »: un tableau d'objets est attendu", short(value.get())),
            )
        })?;
        // A table without rows is there all the same.
        self.drafts.entry(id).or_default();
        let name = self.schema.entities.get(id).map_or("", |e| e.name.as_str());
        for (number, row) in (1..).zip(rows) {
            let pairs = self.pairs(row)?;
            let own = parent.map(|(_, parent)| format!("{parent}-{name}-{number}"));
            self.row(id, row, pairs, Place { parent, own, shared: false })?;
        }
        Ok(())
    }

    /// Reads a row and what it holds; gives its identifier.
    fn row(
        &mut self,
        id: EntityId,
        value: &RawValue,
        pairs: Vec<(String, &RawValue)>,
        place: Place<'_>,
    ) -> Read<String> {
        let schema = self.schema;
        let Some(entity) = schema.entities.get(id) else { return Ok(String::new()) };
        let (mut cells, mut members, mut around) = (Vec::new(), Vec::new(), Vec::new());
        let (mut own, mut keys) = (None, HashSet::new());
        for (key, value) in &pairs {
            // Of a key that stands twice a reader would keep one, and drop the other without a word.
            if !keys.insert(key.as_str()) {
                return Err(self
                    .at(Code::ColumnTwice, value, "cette clé apparaît deux fois".to_string())
                    .in_column(key));
            }
            let kind = value.get().as_bytes().first();
            // An array under the name of a table holds members, an object under that of an entity the row
            // belonged to; all else is a cell.
            match (kind, self.member(id, key), target(schema, entity, key)) {
                (Some(b'['), Some((child, column)), _) => members.push((child, column, *value)),
                (Some(b'{'), _, Some((target, column))) => around.push((target, column, *value)),
                _ => {
                    let cell = self.cell(key, value)?;
                    if names::key(key) == names::key(&entity.key) {
                        own = Some(cell.shown()).filter(|id| !id.is_empty());
                    }
                    cells.push((key.clone(), cell));
                }
            }
        }
        // A row that holds others, or stands in one, needs an identifier to be named by: its own, or one made
        // of where it stands.
        let line = self.line(value);
        let nested = place.own.is_some() || !members.is_empty() || !around.is_empty();
        let given = own.is_some();
        let number = self.drafts.get(&id).map_or(0, |d| d.lines.len()) + 1;
        let own = own.or(place.own).unwrap_or_else(|| number.to_string());
        if !given && nested {
            cells.retain(|(key, _)| names::key(key) != names::key(&entity.key));
            cells.push((entity.key.clone(), Raw::text(&own)));
        }
        let mut links: Vec<(String, String)> = Vec::new();
        if let Some((column, parent)) = place.parent {
            links.push((column.to_string(), parent.to_string()));
        }
        // The row around comes first: its identifier is what this row refers to.
        for (target, column, value) in around {
            let pairs = self.pairs(value)?;
            let name = schema.entities.get(target).map_or("", |e| e.name.as_str());
            let place = Place { parent: None, own: Some(format!("{own}-{name}")), shared: true };
            let key = self.row(target, value, pairs, place)?;
            links.push((column.to_string(), key));
        }
        for (column, key) in links {
            // Where the row says itself to what it belongs, that must be the row in which it stands.
            match cells.iter().find(|(name, _)| *name == column) {
                Some((_, cell)) if cell.shown() == key || *cell == Raw::Empty => {}
                Some((_, cell)) => {
                    let message =
                        format!("« {} » ; attendu: « {key} », la ligne où celle-ci se trouve", cell.shown());
                    return Err(self.at(Code::OtherForm, value, message).in_column(&column));
                }
                None => {}
            }
            cells.retain(|(name, _)| *name != column);
            cells.push((column, Raw::text(&key)));
        }
        // An employer written in each of its persons is one row, as long as it is written alike.
        if place.shared {
            match self.seen.get(&(id, own.clone())) {
                Some(before) if *before == cells => return Ok(own),
                Some(_) => {
                    let message = format!("« {own} » apparaît deux fois, avec d'autres valeurs");
                    return Err(self.at(Code::IdentifierTwice, value, message).in_column(&entity.key));
                }
                None => {
                    self.seen.insert((id, own.clone()), cells.clone());
                }
            }
        }
        self.push(id, line, cells)?;
        for (child, column, value) in members {
            self.rows(child, value, Some((column, &own)))?;
        }
        Ok(own)
    }

    fn push(&mut self, id: EntityId, line: u64, cells: Vec<(String, Raw)>) -> Read<()> {
        let draft = self.drafts.entry(id).or_default();
        let row = draft.lines.len();
        for (key, cell) in cells {
            let place = match draft.places.get(&key) {
                Some(&place) => place,
                None => {
                    draft.headers.push(key.clone());
                    draft.columns.push(Vec::new());
                    draft.places.insert(key, draft.headers.len() - 1);
                    draft.headers.len() - 1
                }
            };
            if let Some(column) = draft.columns.get_mut(place) {
                // A column that begins late is filled up with empty cells: what that takes in memory is
                // counted before it is taken.
                self.cells += row + 1 - column.len();
                if self.cells > CELLS {
                    let message = "trop de colonnes et de lignes: donnez du CSV ou du Parquet";
                    return Err(Issue::error(Code::TooLarge, self.file, message).at(line));
                }
                column.resize(row, Raw::Empty);
                column.push(cell);
            }
        }
        draft.lines.push(line);
        draft.bad.push(false);
        Ok(())
    }

    fn tables(self, issues: &mut Vec<Issue>) -> Vec<RawTable> {
        let mut drafts: Vec<(EntityId, Draft)> = self.drafts.into_iter().collect();
        drafts.sort_by_key(|(id, _)| *id);
        let table = |(id, draft): (EntityId, Draft)| {
            let Origin::Data { table: name } = &self.schema.entities.get(id)?.origin else { return None };
            let place = format!("{}[{name}]", self.file);
            let mut table = RawTable::new(name, &place, draft.headers, issues);
            let rows = draft.lines.len();
            // Rows that share lines are counted instead.
            // One row a line: its number names it. Several on one line are counted instead.
            let apart = draft.lines.windows(2).all(|w| w.first() < w.last());
            table.lines = if apart { draft.lines.into() } else { Lines::run(1, rows) };
            table.bad = draft.bad;
            let full = |mut column: Vec<Raw>| {
                column.resize(rows, Raw::Empty);
                RawColumn::Cells(column)
            };
            table.columns = draft.columns.into_iter().map(full).collect();
            Some(table)
        };
        drafts.into_iter().filter_map(table).collect()
    }

    fn cell(&mut self, key: &str, value: &RawValue) -> Read<Raw> {
        let text = value.get();
        let wrong = |what: &str| {
            Err(self.at(Code::OtherForm, value, format!("« {} »: {what}", short(text))).in_column(key))
        };
        Ok(match text.as_bytes().first() {
            Some(b'n') => Raw::Empty,
            Some(b't') => Raw::Bool(true),
            Some(b'f') => Raw::Bool(false),
            Some(b'"') => match serde_json::from_str::<String>(text) {
                Ok(text) => Raw::text(&text),
                Err(_) => return wrong("ce texte ne se lit pas"),
            },
            Some(b'[') => match serde_json::from_str::<Vec<String>>(text) {
                // Several codes.
                Ok(items) => Raw::text(&items.join(" ")),
                Err(_) => return wrong("une valeur, ou un tableau de textes, est attendue"),
            },
            Some(b'{') => return wrong("une valeur est attendue, pas un objet"),
            _ => match digits(text) {
                Some(number) => Raw::Number(number.into()),
                None => Raw::Other(text.into()),
            },
        })
    }

    fn pairs<'a>(&self, value: &'a RawValue) -> Read<Vec<(String, &'a RawValue)>> {
        let pairs: Result<Pairs<'a>, _> = serde_json::from_str(value.get());
        let wrong =
            |_| self.at(Code::OtherForm, value, format!("« {} »: un objet est attendu", short(value.get())));
        pairs.map(|p| p.0).map_err(wrong)
    }

    /// The entity of a table of that name.
    fn table(&self, key: &str) -> Option<EntityId> {
        match names::table(self.schema, key) {
            Named::Exactly(name) => names::entity(self.schema, name).map(|(id, _)| id),
            _ => None,
        }
    }

    /// The entity whose rows under this key belong to a row of `of`, and the column that says so.
    fn member(&self, of: EntityId, key: &str) -> Option<(EntityId, &'s str)> {
        let child = self.table(key)?;
        let relation = self.schema.entities.get(child)?.belongs_to.iter().find(|r| r.target == of)?;
        Some((child, relation.column.as_str()))
    }

    fn line(&self, value: &RawValue) -> u64 {
        let at = (value.get().as_ptr() as usize).saturating_sub(self.start);
        self.lines.partition_point(|end| *end < at) as u64 + 1
    }

    fn at(&self, code: Code, value: &RawValue, message: String) -> Issue {
        Issue::error(code, self.file, message).at(self.line(value))
    }
}

/// The entity of the data that a row belongs to under this key, and the column of its identifier.
fn target<'s>(schema: &'s Schema, entity: &'s Entity, key: &str) -> Option<(EntityId, &'s str)> {
    entity.belongs_to.iter().find_map(|relation| {
        let target = schema.entities.get(relation.target)?;
        let own = matches!(target.origin, Origin::Data { .. }) && names::key(&target.name) == names::key(key);
        own.then_some((relation.target, relation.column.as_str()))
    })
}

/// The digits of a JSON number without exponent; `None` if there are too many.
fn digits(text: &str) -> Option<String> {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return Some(text.to_string()) };
    let exponent: i32 = exponent.parse().ok().filter(|e| (-60..=60).contains(e))?;
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |m| ("-", m));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    // The point moves by the exponent; digits stay, so that nothing is rounded.
    let point = i32::try_from(whole.len()).ok()?.checked_add(exponent)?;
    let mut all = format!("{whole}{fraction}");
    let point = match usize::try_from(point) {
        Ok(point) => point,
        Err(_) => {
            all = format!("{}{all}", "0".repeat(usize::try_from(-point).ok()?));
            0
        }
    };
    while all.len() < point {
        all.push('0');
    }
    let (whole, fraction) = all.split_at_checked(point)?;
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let dot = if fraction.is_empty() { "" } else { "." };
    Some(format!("{sign}{whole}{dot}{fraction}"))
}

/// The beginning of a text.
fn short(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    if start.len() < text.len() { format!("{start}…") } else { start }
}

#[cfg(test)]
mod tests {
    use super::digits;

    /// As Python's `decimal.Decimal` writes them out.
    #[test]
    fn exponents_are_written_out() {
        for (text, plain) in [
            ("12", "12"),
            ("1e3", "1000"),
            ("1.25E1", "12.5"),
            ("-2.5e-3", "-0.0025"),
            ("1.20e2", "120"),
            ("0.00e0", "0"),
            ("12e-1", "1.2"),
        ] {
            assert_eq!(digits(text).as_deref(), Some(plain), "{text}");
        }
        assert_eq!(digits("1e999"), None);
    }
}
