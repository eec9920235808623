//! One row with its members, from a nested record: a household on the spot.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::cells;
use super::codes::{Codebooks, Meant, codebooks};
use super::issue::{Issue, meant};
use super::issue_code::Code;
use super::raw::{Raw, RawColumn};
use super::read::{assemble, raw_references};
use super::table::{About, Dataset, NO_ROW, Table};
use logis_language::diagnostic::nearest;
use logis_language::pack::Reference;
use logis_language::pack::schema::{Entity, EntityId, OTHERS, Origin, Schema};
use logis_language::plan::Needs;

/// Turns nested records into data sets of a few rows; holds the reference tables of the pack.
#[derive(Clone, Debug)]
pub struct Records {
    /// By entity: its reference table, empty if it has none.
    pub(super) references: Vec<Table>,
    /// By entity: the row of each identifier of its reference table.
    pub(super) rows: Vec<HashMap<Arc<str>, u32>>,
    /// By reference table: the names that stand for its codes.
    pub(super) books: Codebooks,
    /// By entity: what the keys of its records are.
    pub(super) keys: Vec<HashMap<Box<str>, Key>>,
}

/// What a key of a record is. It is a column first; else the name of a table (members), of an entity (the row around),
/// or the column of a relation.
#[derive(Clone, Debug, Default)]
pub(super) struct Key {
    /// The places of the fields that read this column: several may.
    pub(super) fields: Vec<usize>,
    /// The relation of this column.
    pub(super) relation: Option<usize>,
    /// The relation to a row of the entity of this name.
    pub(super) around: Option<usize>,
    /// The entity whose table has this name, and its relation by which its rows belong to the record.
    pub(super) members: Option<(EntityId, usize)>,
}

/// What the keys of the records of an entity are.
fn keys(schema: &Schema, id: EntityId, entity: &Entity) -> HashMap<Box<str>, Key> {
    let mut all: HashMap<Box<str>, Key> = HashMap::new();
    for (place, field) in
        entity.fields.iter().enumerate().filter_map(|(at, f)| Some((at, schema.fields.get(*f)?)))
    {
        all.entry(field.column.as_str().into()).or_default().fields.push(place);
    }
    for (number, relation) in entity.belongs_to.iter().enumerate() {
        all.entry(relation.column.as_str().into()).or_default().relation.get_or_insert(number);
        let target = schema.entities.get(relation.target);
        if let Some(target) = target.filter(|e| matches!(e.origin, Origin::Data { .. })) {
            all.entry(target.name.as_str().into()).or_default().around.get_or_insert(number);
        }
    }
    for (child, other) in schema.entities.iter().enumerate() {
        if let Origin::Data { table } = &other.origin
            && let Some(relation) = other.belongs_to.iter().position(|r| r.target == id)
        {
            all.entry(table.as_str().into()).or_default().members.get_or_insert((child, relation));
        }
    }
    all
}

impl Records {
    /// Reads the reference tables of a pack.
    pub fn new(schema: &Schema, references: &[Reference]) -> Records {
        let mut issues = Vec::new();
        let raw = raw_references(schema, references, None, &mut issues);
        let raw = |id: EntityId, _: &Entity| raw.get(&id);
        let books = codebooks(schema, raw);
        let references = assemble(schema, raw, &BTreeSet::new(), &Needs::default(), None, &mut issues).tables;
        let index = |table: &Table| table.ids.texts().map(Arc::from).zip(0_u32..).collect();
        let rows = references.iter().map(index).collect();
        let keys = schema.entities.iter().enumerate().map(|(id, entity)| keys(schema, id, entity)).collect();
        Records { references, rows, books, keys }
    }

    /// The reference table of an entity, empty if it has none.
    pub fn reference(&self, entity: EntityId) -> Option<&Table> {
        self.references.get(entity)
    }

    /// A data set whose row 0 of `entity` is the record.
    ///
    /// A record is an object whose keys are the columns of the entity, as in a file. What belongs to
    /// it is an array of records under the name of its table (`personnes`); what it belongs to is an
    /// identifier of the pack's tables under the name of the relation's column (`commune`), or a
    /// record under the name of the entity (`employeur`). What is absent or null is unknown.
    ///
    /// # Errors
    /// All keys and values that do not fit, each with its place in the record.
    pub fn dataset(&self, schema: &Schema, entity: EntityId, record: &Json) -> Result<Dataset, Vec<Issue>> {
        let mut reader = Reader {
            records: self,
            schema,
            drafts: schema.entities.iter().map(|_| Vec::new()).collect(),
            issues: Vec::new(),
        };
        let name = schema.entities.get(entity).map_or("", |e| e.name.as_str());
        match record {
            Json::Object(record) => {
                reader.row(entity, record, None, name);
            }
            other => {
                reader.issues.push(Issue::error(
                    Code::OtherForm,
                    name,
                    format!("un objet est attendu, pas « {other} »"),
                ));
            }
        }
        let tables =
            schema.entities.iter().enumerate().map(|(id, entity)| reader.table(id, entity)).collect();
        if reader.issues.is_empty() {
            return Ok(Dataset { tables, about: About::default() });
        }
        Err(reader.issues)
    }
}

/// A row while it is read.
struct Draft {
    /// Where it stands in the record: `demande.personnes[1]`.
    place: String,
    id: Option<Arc<str>>,
    /// By field of the entity.
    cells: Vec<Raw>,
    /// By relation of the entity.
    links: Vec<u32>,
}

struct Reader<'r> {
    records: &'r Records,
    schema: &'r Schema,
    /// By entity.
    drafts: Vec<Vec<Draft>>,
    issues: Vec<Issue>,
}

impl Reader<'_> {
    /// Reads one record and those in it; gives its row. `parent` is the relation by which it belongs
    /// to the record around it, and the row of that.
    fn row(
        &mut self,
        id: EntityId,
        record: &Map<String, Json>,
        parent: Option<(usize, u32)>,
        place: &str,
    ) -> u32 {
        let schema = self.schema;
        let Some(entity) = schema.entities.get(id) else { return NO_ROW };
        let mut links = vec![NO_ROW; entity.belongs_to.len()];
        if let Some((relation, row)) = parent
            && let Some(link) = links.get_mut(relation)
        {
            *link = row;
        }
        // The row is there before its entries are read: rows inside it point to its number.
        let row = self.drafts.get(id).map_or(0, Vec::len);
        let cells = vec![Raw::Empty; entity.fields.len()];
        let draft = Draft { place: place.to_string(), id: None, cells, links };
        if let Some(drafts) = self.drafts.get_mut(id) {
            drafts.push(draft);
        }
        let number = u32::try_from(row).unwrap_or(NO_ROW);
        for (key, value) in record.iter().filter(|(_, value)| !value.is_null()) {
            self.entry((id, row, number), entity, key, value, place);
        }
        number
    }

    /// Reads one entry of a record, of a row of that entity.
    fn entry(
        &mut self,
        (id, row, number): (EntityId, usize, u32),
        entity: &Entity,
        key: &str,
        value: &Json,
        place: &str,
    ) {
        let schema = self.schema;
        let none = Key::default();
        let Key { fields, members, around, relation } =
            self.records.keys.get(id).and_then(|keys| keys.get(key)).unwrap_or(&none);
        match (&fields[..], *members, *around, *relation, value) {
            ([_, ..], ..) => {
                let raw = self.cell(value, place, key);
                for field in fields {
                    if let Some(cell) = self.draft(id, row).and_then(|d| d.cells.get_mut(*field)) {
                        *cell = raw.clone();
                    }
                }
                // One column may be both a field and what says where the row belongs.
                if let (Some(relation), Json::String(_) | Json::Number(_)) = (relation, value) {
                    self.link(id, row, entity, *relation, value, place);
                }
            }
            (_, Some((child, relation)), _, _, Json::Array(items)) => {
                for (at, item) in items.iter().enumerate() {
                    let place = format!("{place}.{key}[{at}]");
                    match item {
                        Json::Object(item) => {
                            self.row(child, item, Some((relation, number)), &place);
                        }
                        other => {
                            let message = format!("un objet est attendu, pas « {other} »");
                            self.issues.push(Issue::error(Code::OtherForm, &place, message));
                        }
                    }
                }
            }
            (_, _, Some(relation), _, Json::Object(other)) => {
                let target = entity.belongs_to.get(relation).map_or(0, |r| r.target);
                let target = self.row(target, other, None, &format!("{place}.{key}"));
                self.set_link(id, row, relation, target);
            }
            (_, _, _, Some(relation), Json::String(_) | Json::Number(_)) => {
                self.link(id, row, entity, relation, value, place);
            }
            _ if key == entity.key => match value {
                Json::String(text) => {
                    if let Some(draft) = self.draft(id, row) {
                        draft.id = Some(text.as_str().into());
                    }
                }
                other => {
                    let message = format!("« {other} » n'est pas un texte ; attendu: un identifiant");
                    self.issues.push(Issue::error(Code::NoIdentifier, place, message).in_column(key));
                }
            },
            (_, Some(_), ..) => self.wrong(place, key, value, "un tableau d'objets est attendu"),
            (_, _, Some(_), ..) => self.wrong(place, key, value, "un objet est attendu"),
            (_, _, _, Some(_), _) => self.wrong(place, key, value, "un identifiant est attendu"),
            _ => {
                let fields = entity.fields.iter().filter_map(|&f| schema.fields.get(f));
                let members = schema.entities.iter().filter_map(|e| match &e.origin {
                    Origin::Data { table } if e.belongs_to.iter().any(|r| r.target == id) => {
                        Some(table.as_str())
                    }
                    _ => None,
                });
                let known: Vec<&str> = fields
                    .map(|f| f.column.as_str())
                    .chain(entity.belongs_to.iter().map(|r| r.column.as_str()))
                    .chain(members)
                    .collect();
                let hint = meant(nearest(key, known));
                let message = format!("`{}` n'a pas de tel champ{hint}", entity.name);
                self.issues.push(Issue::error(Code::UnknownColumn, place, message).in_column(key));
            }
        }
    }

    /// Follows an identifier to a row of a reference table.
    fn link(
        &mut self,
        id: EntityId,
        row: usize,
        entity: &Entity,
        relation: usize,
        value: &Json,
        place: &str,
    ) {
        let Some(relation_to) = entity.belongs_to.get(relation) else { return };
        let target = self.schema.entities.get(relation_to.target);
        let name = target.map_or("", |e| e.name.as_str());
        let key = match value {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        if !matches!(target.map(|e| &e.origin), Some(Origin::Reference { .. })) {
            let message = format!("« {key} » ne désigne rien ici ; donnez un objet sous `{name}`");
            self.issues.push(Issue::error(Code::NoSuchRow, place, message).in_column(&relation_to.column));
            return;
        }
        let rows = self.records.rows.get(relation_to.target);
        let named = match self.records.books.get(&relation_to.target).map(|book| book.find(&key, &mut 1)) {
            Some(Meant::Code(code)) => code,
            _ => key.as_str().into(),
        };
        match rows.and_then(|rows| rows.get(&named).or_else(|| rows.get(OTHERS))) {
            Some(&found) => self.set_link(id, row, relation, found),
            // As in files: of what need not be known, nothing is known.
            None if !relation_to.required => {}
            None => {
                let message = format!("« {key} » n'est pas dans la table `{name}` du paquet de règles");
                self.issues
                    .push(Issue::error(Code::NoSuchCode, place, message).in_column(&relation_to.column));
            }
        }
    }

    fn cell(&mut self, value: &Json, place: &str, key: &str) -> Raw {
        match value {
            Json::Bool(b) => Raw::Bool(*b),
            Json::Number(n) => match (n.as_i64(), n.as_f64()) {
                (None, Some(float)) => Raw::float(float),
                _ => Raw::Number(n.to_string().into()),
            },
            Json::String(text) => Raw::text(text),
            // Several codes.
            Json::Array(items) if items.iter().all(Json::is_string) => {
                let items: Vec<&str> = items.iter().filter_map(Json::as_str).collect();
                Raw::text(&items.join(";"))
            }
            other => {
                self.wrong(place, key, other, "une valeur est attendue");
                Raw::Empty
            }
        }
    }

    fn wrong(&mut self, place: &str, key: &str, value: &Json, expected: &str) {
        self.issues.push(
            Issue::error(Code::OtherForm, place, format!("{expected}, pas « {value} »")).in_column(key),
        );
    }

    fn draft(&mut self, id: EntityId, row: usize) -> Option<&mut Draft> {
        self.drafts.get_mut(id)?.get_mut(row)
    }

    fn set_link(&mut self, id: EntityId, row: usize, relation: usize, target: u32) {
        if let Some(link) = self.draft(id, row).and_then(|d| d.links.get_mut(relation)) {
            *link = target;
        }
    }

    /// The rows read of an entity, typed; its reference table where it has one.
    fn table(&mut self, id: EntityId, entity: &Entity) -> Table {
        if !matches!(entity.origin, Origin::Data { .. }) {
            return self.records.references.get(id).cloned().unwrap_or_default();
        }
        let mut drafts = self.drafts.get_mut(id).map(std::mem::take).unwrap_or_default();
        let mut columns = Vec::with_capacity(entity.fields.len());
        for (place, &field) in entity.fields.iter().enumerate() {
            // A column that no row gives is as one that a file does not have: unknown, or what an empty cell
            // is.
            let given = drafts.iter().any(|d| d.cells.get(place).is_some_and(|c| *c != Raw::Empty));
            let Some(field) = self.schema.fields.get(field).filter(|_| given) else {
                columns.push(None);
                continue;
            };
            let cells: Vec<Raw> = drafts
                .iter_mut()
                .map(|d| d.cells.get_mut(place).map_or(Raw::Empty, |c| std::mem::replace(c, Raw::Empty)))
                .collect();
            let empty: Vec<bool> = cells.iter().map(|c| *c == Raw::Empty).collect();
            let issues = &mut self.issues;
            let relation = entity.belongs_to.iter().find(|r| r.column == field.column);
            let book =
                field.of.or_else(|| relation.map(|r| r.target)).and_then(|id| self.records.books.get(&id));
            let column = cells::column(field, &RawColumn::Cells(cells), book, |row, fault| {
                // What is not given is unknown, even where a file would have to say it.
                if empty.get(row) == Some(&false) {
                    let place = drafts.get(row).map_or("", |d| d.place.as_str());
                    issues.push(Issue::error(fault.code, place, fault.message).in_column(&field.column));
                }
            });
            columns.push(Some(column));
        }
        let links = (0..entity.belongs_to.len()).map(|relation| {
            drafts.iter().map(|d| d.links.get(relation).copied().unwrap_or(NO_ROW)).collect()
        });
        let name = |d: &Draft| d.id.clone().unwrap_or_else(|| d.place.as_str().into());
        let ids = drafts.iter().map(name).collect();
        Table { present: true, ids, links: links.collect(), columns, ..Table::default() }
    }
}
