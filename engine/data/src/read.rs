//! A data package from its files: tables found, columns typed, relations followed, all that is
//! wrong listed.
//!
//! A row with an error is left out, and with it the rows that must belong to it, so that what
//! remains can be used.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

#[cfg(all(feature = "csv", feature = "parquet"))]
use super::arrow_table;
use super::codes::{Codebook, Codebooks, codebooks};
#[cfg(all(feature = "csv", feature = "parquet"))]
use super::csv_batches::{Asked, CsvBatches};
use super::csv_file;
use super::draft::{self, Draft};
use super::files::raw_tables;
use super::issue::{Issue, meant};
use super::issue_code::Code;
use super::link::{keep_good, link};
use super::named_rows::{Part, named_rows};
use super::package::{Absent, InputFile, ReadOutcome, sort};
use super::raw::{RawColumn, RawTable};
use super::table::{About, Dataset, Table};
use logis_language::diagnostic::{Severity, fold, foreign, nearest};
use logis_language::pack::Reference;
use logis_language::pack::schema::{Entity, EntityId, FieldId, Origin, Schema};
use logis_language::pack::territory::Derived;
use logis_language::plan::Needs;
use logis_language::value::parse_date;

/// Reads a data package from its files and the reference tables of the pack.
pub fn read(schema: &Schema, references: &[Reference], files: Vec<InputFile>, needs: &Needs) -> ReadOutcome {
    whole(schema, references, files, needs, None)
}

/// The same for a use that decides rows of the data and asks for no field but `only`, if given: of the reference tables, which
/// have tens of thousands of rows, only rows that the data name need be in the dataset, and the columns of other fields are left
/// in their files. Data are read whole.
pub fn read_for(
    schema: &Schema,
    references: &[Reference],
    files: Vec<InputFile>,
    needs: &Needs,
    only: Option<&BTreeSet<FieldId>>,
) -> ReadOutcome {
    if let Some(parts) = named_rows(schema, references, &files) {
        // What is not among these rows may be a name, or a fault that the whole table explains.
        if let Some(read) = read_from(schema, &parts, files.clone(), needs, only) {
            return read;
        }
    }
    whole(schema, references, files, needs, only)
}

fn whole(
    schema: &Schema,
    references: &[Reference],
    files: Vec<InputFile>,
    needs: &Needs,
    only: Option<&BTreeSet<FieldId>>,
) -> ReadOutcome {
    let parts: Vec<Part<'_>> = references.iter().map(Part::whole).collect();
    read_from(schema, &parts, files, needs, only).unwrap_or_default()
}

/// Reads a package with parts of the tables of its pack; `None` if it says something that these do not answer.
fn read_from(
    schema: &Schema,
    references: &[Part<'_>],
    files: Vec<InputFile>,
    needs: &Needs,
    only: Option<&BTreeSet<FieldId>>,
) -> Option<ReadOutcome> {
    let mut issues = Vec::new();
    let (about, about_issues) = about(&files);
    issues.extend(about_issues);
    let (tables, tried) = raw_tables(schema, files, &mut issues);
    let own = raw_parts(schema, references, only, &mut issues);
    let raw = |id: EntityId, entity: &Entity| match &entity.origin {
        Origin::Data { table } => tables.get(table.as_str()),
        Origin::Reference { .. } => own.get(&id),
        Origin::Pair(..) => None,
    };
    let read = assemble(schema, raw, &tried, needs, None, &mut issues);
    if read.unanswered {
        return None;
    }
    spare(schema, &tables, needs, &mut issues);
    sort(&mut issues);
    let dataset = Dataset { tables: read.tables, about };
    Some(ReadOutcome { dataset, issues, absent: read.absent, dropped: read.dropped })
}

/// Makes warnings of what is wrong with files of which nothing is needed.
pub(super) fn spare(schema: &Schema, tables: &BTreeMap<&str, RawTable>, needs: &Needs, issues: &mut [Issue]) {
    for (id, entity) in schema.entities.iter().enumerate().filter(|(id, _)| !needs.entities.contains(id)) {
        let Origin::Data { table } = &entity.origin else { continue };
        let _ = id;
        let file = tables.get(table.as_str()).map(|t| t.file.as_str());
        let own = |issue: &Issue| match file {
            Some(file) => issue.file == file,
            // It did not read at all.
            None => issue.file.rsplit_once('.').is_some_and(|(stem, _)| fold(stem) == fold(table)),
        };
        for issue in issues.iter_mut().filter(|issue| issue.is_error() && own(issue)) {
            issue.severity = Severity::Warning;
        }
    }
}

/// Reads a data package from raw tables, by their names in the schema.
pub(super) fn read_raw<N: Borrow<str> + Ord>(
    schema: &Schema,
    references: &[Reference],
    given: &BTreeMap<N, RawTable>,
    needs: &Needs,
    mut issues: Vec<Issue>,
) -> ReadOutcome {
    let own = raw_references(schema, references, None, &mut issues);
    let raw = |id: EntityId, entity: &Entity| match &entity.origin {
        Origin::Data { table } => given.get(table.as_str()),
        Origin::Reference { .. } => own.get(&id),
        Origin::Pair(..) => None,
    };
    let read = assemble(schema, raw, &BTreeSet::new(), needs, None, &mut issues);
    sort(&mut issues);
    let dataset = Dataset { tables: read.tables, about: About::default() };
    ReadOutcome { dataset, issues, absent: read.absent, dropped: read.dropped }
}

/// The reference tables of a pack, by entity; with `only`, columns of other fields are left out.
pub(super) fn raw_references(
    schema: &Schema,
    references: &[Reference],
    only: Option<&BTreeSet<FieldId>>,
    issues: &mut Vec<Issue>,
) -> BTreeMap<EntityId, RawTable> {
    let parts: Vec<Part<'_>> = references.iter().map(Part::whole).collect();
    raw_parts(schema, &parts, only, issues)
}

/// The same of parts of them.
fn raw_parts(
    schema: &Schema,
    references: &[Part<'_>],
    only: Option<&BTreeSet<FieldId>>,
    issues: &mut Vec<Issue>,
) -> BTreeMap<EntityId, RawTable> {
    let read = |part: &Part<'_>| {
        let r = part.table.as_ref();
        let name = r.path.rsplit('/').next().unwrap_or(&r.path);
        let name = name.strip_suffix(".csv").unwrap_or(name);
        let fields = schema.entities.get(r.entity).map_or(&[][..], |entity| &entity.fields);
        let fields_of = |column: &str| -> Vec<FieldId> {
            let own = |field: &FieldId| schema.fields.get(*field).is_some_and(|f| f.column == column);
            fields.iter().copied().filter(own).collect()
        };
        // A column that follows from others needs them.
        let asked = |derived: &&Derived| {
            only.is_none_or(|only| fields_of(&derived.column).iter().any(|field| only.contains(field)))
        };
        let asked: Vec<&Derived> = r.derived.iter().filter(asked).collect();
        let by = || asked.iter().flat_map(|derived| &derived.by).map(|(column, _)| column.as_str());
        let fields = only.map(|only| only.iter().copied().chain(by().flat_map(fields_of)).collect());
        let is_read = |table: &RawTable| {
            let unread = |column: &str| {
                let at = table.headers.iter().position(|header| header == column);
                matches!(at.and_then(|at| table.columns.get(at)), Some(RawColumn::Unread(_)))
            };
            !by().any(unread)
        };
        let mut table = plainly(schema, r, name, fields.as_ref(), issues)
            .filter(is_read)
            .or_else(|| csv_file::read(name, &r.path, &r.bytes, &[], issues))?;
        if let Some(lines) = &part.lines {
            table.lines = lines.clone();
            table.some_rows = true;
        }
        for derived in &r.derived {
            match asked.iter().any(|asked| asked.column == derived.column) {
                true => table.derive(derived),
                false => table.leave_out(derived),
            }
        }
        Some((r.entity, table))
    };
    references.iter().filter_map(read).collect()
}

/// A reference table that is written plainly, by columns: they have tens of thousands of rows, and are read before
/// anything is decided. `None` if it is to be read cell by cell.
#[cfg(all(feature = "csv", feature = "parquet"))]
fn plainly(
    schema: &Schema,
    of: &Reference,
    name: &str,
    only: Option<&BTreeSet<FieldId>>,
    issues: &mut Vec<Issue>,
) -> Option<RawTable> {
    let only = only.map(|fields| Asked { fields, follows: &|_, _| true });
    let (headers, batch) = CsvBatches::whole(schema, of.entity, only, &format!("{name}.csv"), &of.bytes)?;
    // Before the first row there are the headers.
    Some(arrow_table::sparse(name, &of.path, headers, &batch, 1, issues))
}

#[cfg(not(all(feature = "csv", feature = "parquet")))]
fn plainly(
    _: &Schema,
    _: &Reference,
    _: &str,
    _: Option<&BTreeSet<FieldId>>,
    _: &mut Vec<Issue>,
) -> Option<RawTable> {
    None
}

/// Tables as they are assembled.
pub(super) struct Assembled {
    pub tables: Vec<Table>,
    /// Was a code or a name sought in vain in a table of the pack of which only some rows are there?
    pub unanswered: bool,
    pub absent: Vec<Absent>,
    pub dropped: BTreeMap<EntityId, usize>,
}

/// The tables that every part of a package has whole, those of the pack among them, typed and linked once for all
/// parts.
#[derive(Clone)]
pub(super) struct Known {
    books: Arc<Codebooks>,
    /// The fields whose cells are kept, if not all are.
    only: Option<BTreeSet<FieldId>>,
    drafts: Arc<BTreeMap<EntityId, Draft>>,
}

// Packages come in parts only where streams or batches are read.
#[cfg(feature = "arrow")]
impl Known {
    /// The same where the cells of some fields of data are all that is kept.
    pub fn keeping(self, only: Option<&BTreeSet<FieldId>>) -> Known {
        Known { only: only.cloned(), ..self }
    }

    /// Reads them, if there is nothing to say of them and none belongs to rows that come in parts: otherwise each part reads
    /// them again, and says so.
    pub fn new(
        schema: &Schema,
        own: &BTreeMap<EntityId, &RawTable>,
        parted: &BTreeSet<EntityId>,
        needs: &Needs,
    ) -> Option<Known> {
        let books = codebooks(schema, |id, _| own.get(&id).copied());
        let about = draft::About { schema, needs, books: &books, only: None };
        let (mut absent, mut issues) = (Vec::new(), Vec::new());
        let mut drafts: Vec<Draft> = Vec::new();
        for (id, entity) in schema.entities.iter().enumerate() {
            drafts.push(match own.get(&id) {
                Some(raw) => Draft::new(about, id, entity, raw, &mut absent, &mut issues),
                None => Draft::absent(entity, false),
            });
            if own.contains_key(&id) && entity.belongs_to.iter().any(|r| parted.contains(&r.target)) {
                return None;
            }
        }
        link(about, &mut drafts, &mut issues);
        if !issues.is_empty() || !absent.is_empty() {
            return None;
        }
        let drafts = drafts.into_iter().enumerate().filter(|(id, _)| own.contains_key(id));
        let followed = |(id, mut draft): (EntityId, Draft)| {
            draft.followed = true;
            (id, draft)
        };
        let drafts = Arc::new(drafts.map(followed).collect());
        Some(Known { books: Arc::new(books), only: None, drafts })
    }
}

/// Types the tables, follows their relations, leaves out what is wrong.
pub(super) fn assemble<'r>(
    schema: &Schema,
    raw: impl Fn(EntityId, &Entity) -> Option<&'r RawTable>,
    tried: &BTreeSet<&str>,
    needs: &Needs,
    known: Option<&Known>,
    issues: &mut Vec<Issue>,
) -> Assembled {
    let own_books;
    let books = match known {
        Some(known) => &known.books,
        None => {
            own_books = codebooks(schema, &raw);
            &own_books
        }
    };
    let only = known.and_then(|known| known.only.as_ref());
    let about = draft::About { schema, needs, books, only };
    let (mut drafts, mut absent): (Vec<Draft>, Vec<Absent>) = (Vec::new(), Vec::new());
    for (id, entity) in schema.entities.iter().enumerate() {
        if let Some(draft) = known.and_then(|known| known.drafts.get(&id)) {
            drafts.push(draft.clone());
            continue;
        }
        let draft = match raw(id, entity) {
            Some(raw) => Draft::new(about, id, entity, raw, &mut absent, issues),
            None => {
                if needs.entities.contains(&id)
                    && let Origin::Data { table } = &entity.origin
                    && !tried.contains(table.as_str())
                    && !needs.any_table
                {
                    if may_lack(schema, id, needs) {
                        absent.push(Absent {
                            file: table.clone(),
                            entity: id,
                            column: String::new(),
                            fields: entity
                                .fields
                                .iter()
                                .copied()
                                .filter(|f| needs.fields.contains(f))
                                .collect(),
                            relations: BTreeSet::new(),
                        });
                    } else {
                        issues.push(lacks_table(schema, table, &raw));
                    }
                }
                Draft::absent(entity, needs.entities.contains(&id))
            }
        };
        drafts.push(draft);
    }
    link(about, &mut drafts, issues);
    let rows: Vec<usize> = drafts.iter().map(|d| d.lines.len()).collect();
    let tables = keep_good(schema, drafts, issues);
    let dropped = rows.iter().zip(&tables).enumerate().filter_map(|(id, (before, table))| {
        let dropped = before.saturating_sub(table.rows());
        (dropped > 0).then_some((id, dropped))
    });
    let unanswered = books.values().any(Codebook::unanswered);
    Assembled { dropped: dropped.collect(), tables, unanswered, absent }
}

/// May the table of an entity be absent? Where rows of others may belong to one of its rows, or to none:
/// then it is not known to which. Nobody could tell members that are not known from none.
fn may_lack(schema: &Schema, id: EntityId, needs: &Needs) -> bool {
    let mut to = schema.entities.iter().flat_map(|e| &e.belongs_to).filter(|r| r.target == id).peekable();
    let members = schema.entities.get(id).is_some_and(|e| {
        e.belongs_to
            .iter()
            .any(|r| matches!(schema.entities.get(r.target).map(|t| &t.origin), Some(Origin::Data { .. })))
    });
    to.peek().is_some()
        && to.all(|r| !r.required)
        && !members
        && !needs.strict
        && !needs.decided.contains(&id)
}

/// A table that must be there and is not.
fn lacks_table<'r>(
    schema: &Schema,
    table: &str,
    raw: &impl Fn(EntityId, &Entity) -> Option<&'r RawTable>,
) -> Issue {
    let others = schema.entities.iter().enumerate().filter_map(|(id, entity)| match &entity.origin {
        Origin::Data { table } => raw(id, entity).map(|_| table.as_str()),
        _ => None,
    });
    let near = nearest(table, others.collect::<Vec<_>>());
    let hint = near.map_or_else(String::new, |n| format!(" ; le fichier « {n} » est-il celui-là ?"));
    Issue::error(
        Code::TableMissing,
        &format!("{table}.csv"),
        format!(
            "la table `{table}` manque au paquet de données (CSV, Parquet, ou feuille d'un classeur){hint}"
        ),
    )
}

/// What `paquet.toml` says, if the package has one.
pub fn about(files: &[InputFile]) -> (About, Vec<Issue>) {
    let mut issues = Vec::new();
    let Some(file) = files.iter().find(|f| f.name == "paquet.toml") else {
        return (About::default(), issues);
    };
    let mut wrong = |message: String| issues.push(Issue::error(Code::PackageFile, "paquet.toml", message));
    let text = String::from_utf8_lossy(&file.bytes);
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(error) => {
            wrong(format!("ce n'est pas du TOML: {}", foreign::toml(&error)));
            return (About::default(), issues);
        }
    };
    let mut about = About::default();
    for (key, value) in &table {
        match (key.as_str(), value) {
            ("title", toml::Value::String(text)) => about.title = Some(text.clone()),
            ("text", toml::Value::String(text)) => about.text = Some(text.clone()),
            ("synthetic", toml::Value::Boolean(value)) => about.synthetic = *value,
            ("as_of", value) => {
                let text = match value {
                    toml::Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                about.as_of = parse_date(&text);
                if about.as_of.is_none() {
                    wrong(format!("`as_of`: « {text} » n'est pas une date ; attendu: as_of = 2015-12-31"));
                }
            }
            (key, _) => {
                let near = nearest(key, ["title", "text", "synthetic", "as_of"]);
                wrong(format!("`{key}` n'est pas attendu, ou pas de ce type{}", meant(near)));
            }
        }
    }
    (about, issues)
}
