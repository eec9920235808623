//! A data package from its files: tables found, columns typed, relations followed, all that is
//! wrong listed.
//!
//! A row with an error is left out, and with it the rows that must belong to it, so that what
//! remains can be used.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};

use super::cells;
use super::files::raw_tables;
use super::issue::{Issue, meant};
use super::raw::{Raw, RawColumn, RawTable};
use super::table::{About, Cells, Column, Dataset, Links, Members, NO_ROW, Table};
use super::{csv_file, day_cells, names, parquet_file};
use crate::diagnostic::nearest;
use crate::pack::Reference;
use crate::pack::schema::{Entity, EntityId, FieldId, OTHERS, Origin, Schema};
use crate::value::parse_date;

/// One file of a data package.
#[derive(Clone, Debug)]
pub struct InputFile {
    /// Its name, without folder: `demandes.csv`.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

/// What a command needs of a data package: the columns of these fields, and these tables with the
/// columns of their relations, must be there.
#[derive(Clone, Debug, Default)]
pub struct Needs {
    /// Fields.
    pub fields: BTreeSet<FieldId>,
    /// Entities.
    pub entities: BTreeSet<EntityId>,
    /// Relations that the rules follow: entity, and number of the relation among its own.
    pub relations: BTreeSet<(EntityId, usize)>,
}

/// A data package, read: the rows without error, and what is wrong with the others.
#[derive(Clone, Debug, Default)]
pub struct ReadOutcome {
    /// The good rows.
    pub dataset: Dataset,
    /// Errors and warnings, by file, line and column.
    pub issues: Vec<Issue>,
}

/// Reads a data package from its files and the reference tables of the pack.
pub fn read(schema: &Schema, references: &[Reference], files: Vec<InputFile>, needs: &Needs) -> ReadOutcome {
    let mut issues = Vec::new();
    let (about, about_issues) = about(&files);
    issues.extend(about_issues);
    let (tables, tried) = raw_tables(schema, files, &mut issues);
    let own = raw_references(references, &mut issues);
    let raw = |id: EntityId, entity: &Entity| match &entity.origin {
        Origin::Data { table } => tables.get(table.as_str()),
        Origin::Reference { .. } => own.get(&id),
        Origin::Pair(..) => None,
    };
    let dataset = Dataset { tables: assemble(schema, raw, &tried, needs, &mut issues), about };
    sort(&mut issues);
    ReadOutcome { dataset, issues }
}

/// Reads a data package from tables in memory, by the names that files of them would have.
pub fn read_batches(
    schema: &Schema,
    references: &[Reference],
    tables: &[(&str, &RecordBatch)],
    needs: &Needs,
) -> ReadOutcome {
    let mut issues = Vec::new();
    let known: Vec<&str> = schema.data_tables().collect();
    let mut given: BTreeMap<&str, RawTable> = BTreeMap::new();
    for (name, batch) in tables {
        if !known.contains(name) {
            let hint = meant(nearest(name, known.iter().copied()));
            issues.push(Issue::error(name, format!("le schéma n'a pas de telle table{hint}")));
        }
        given.insert(name, parquet_file::table(name, name, batch, 0, &mut issues));
    }
    read_raw(schema, references, &given, needs, issues)
}

/// Reads a data package from raw tables, by their names in the schema.
pub(super) fn read_raw<N: Borrow<str> + Ord>(
    schema: &Schema,
    references: &[Reference],
    given: &BTreeMap<N, RawTable>,
    needs: &Needs,
    mut issues: Vec<Issue>,
) -> ReadOutcome {
    let own = raw_references(references, &mut issues);
    let raw = |id: EntityId, entity: &Entity| match &entity.origin {
        Origin::Data { table } => given.get(table.as_str()),
        Origin::Reference { .. } => own.get(&id),
        Origin::Pair(..) => None,
    };
    let tables = assemble(schema, raw, &BTreeSet::new(), needs, &mut issues);
    sort(&mut issues);
    ReadOutcome { dataset: Dataset { tables, about: About::default() }, issues }
}

/// Issues in the order in which people look for them, each once.
pub(super) fn sort(issues: &mut Vec<Issue>) {
    issues.sort_by(|a, b| {
        (&a.file, a.line, &a.column, &a.message).cmp(&(&b.file, b.line, &b.column, &b.message))
    });
    issues.dedup();
}

/// The reference tables of a pack, by entity.
pub(super) fn raw_references(
    references: &[Reference],
    issues: &mut Vec<Issue>,
) -> BTreeMap<EntityId, RawTable> {
    let read = |r: &Reference| {
        let name = r.path.rsplit('/').next().unwrap_or(&r.path);
        let name = name.strip_suffix(".csv").unwrap_or(name);
        Some((r.entity, csv_file::read(name, &r.path, &r.bytes, issues)?))
    };
    references.iter().filter_map(read).collect()
}

/// Types the tables, follows their relations, leaves out what is wrong.
pub(super) fn assemble<'r>(
    schema: &Schema,
    raw: impl Fn(EntityId, &Entity) -> Option<&'r RawTable>,
    tried: &BTreeSet<&str>,
    needs: &Needs,
    issues: &mut Vec<Issue>,
) -> Vec<Table> {
    let mut drafts: Vec<Draft> = Vec::new();
    for (id, entity) in schema.entities.iter().enumerate() {
        let draft = match raw(id, entity) {
            Some(raw) => Draft::new(schema, id, entity, raw, needs, issues),
            None => {
                if needs.entities.contains(&id)
                    && let Origin::Data { table } = &entity.origin
                    && !tried.contains(table.as_str())
                {
                    let others: Vec<&str> = schema
                        .entities
                        .iter()
                        .enumerate()
                        .filter_map(|(id, entity)| match &entity.origin {
                            Origin::Data { table } => raw(id, entity).map(|_| table.as_str()),
                            _ => None,
                        })
                        .collect();
                    let near = nearest(table, others);
                    let hint =
                        near.map_or_else(String::new, |n| format!(" ; le fichier « {n} » est-il celui-là ?"));
                    issues.push(Issue::error(
                        &format!("{table}.csv"),
                        format!("la table `{table}` manque au paquet de données (CSV, Parquet, ou feuille d'un classeur){hint}"),
                    ));
                }
                Draft::absent(entity)
            }
        };
        drafts.push(draft);
    }
    link(schema, &mut drafts, issues);
    keep_good(schema, drafts, issues)
}

/// What `paquet.toml` says, if the package has one.
pub fn about(files: &[InputFile]) -> (About, Vec<Issue>) {
    let mut issues = Vec::new();
    let Some(file) = files.iter().find(|f| f.name == "paquet.toml") else {
        return (About::default(), issues);
    };
    let mut wrong = |message: String| issues.push(Issue::error("paquet.toml", message));
    let text = String::from_utf8_lossy(&file.bytes);
    let table: toml::Table = match text.parse() {
        Ok(table) => table,
        Err(error) => {
            wrong(format!("ce n'est pas du TOML: {error}"));
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

/// A table being read.
struct Draft {
    present: bool,
    file: String,
    lines: Vec<u64>,
    ids: Vec<Arc<str>>,
    columns: Vec<Option<Column>>,
    /// By relation: the cells that hold the target's identifier, and their header.
    keys: Vec<Option<(String, RawColumn)>>,
    links: Vec<Vec<u32>>,
    bad: Vec<bool>,
    /// Rows of which the file says enough: nothing more is reported.
    said: Vec<bool>,
}

impl Draft {
    fn absent(entity: &Entity) -> Draft {
        Draft {
            present: false,
            file: String::new(),
            lines: Vec::new(),
            ids: Vec::new(),
            columns: vec![None; entity.fields.len()],
            keys: entity.belongs_to.iter().map(|_| None).collect(),
            links: vec![Vec::new(); entity.belongs_to.len()],
            bad: Vec::new(),
            said: Vec::new(),
        }
    }

    fn new(
        schema: &Schema,
        id: EntityId,
        entity: &Entity,
        raw: &RawTable,
        needs: &Needs,
        issues: &mut Vec<Issue>,
    ) -> Draft {
        let rows = raw.lines.len();
        let mut draft = Draft {
            present: true,
            file: raw.file.clone(),
            lines: raw.lines.clone(),
            ..Draft::absent(entity)
        };
        draft.bad = raw.bad.clone();
        draft.bad.resize(rows, false);
        draft.said = draft.bad.clone();
        let mut hinted: Vec<&str> = Vec::new();
        let mut used = vec![false; raw.headers.len()];
        let fields: Vec<_> = entity.fields.iter().filter_map(|&f| Some((f, schema.fields.get(f)?))).collect();
        let expected: Vec<&str> = [entity.key.as_str()]
            .into_iter()
            .chain(fields.iter().map(|(_, f)| f.column.as_str()))
            .chain(entity.belongs_to.iter().map(|r| r.column.as_str()))
            .collect();
        let places = names::places(schema, entity, &raw.headers);
        let mut find = |name: &str, needed: bool, issues: &mut Vec<Issue>| -> Option<usize> {
            let at = places.at.get(name).copied();
            match at {
                Some(at) => {
                    if let Some(slot) = used.get_mut(at) {
                        *slot = true;
                    }
                }
                None if needed => {
                    let others = raw.headers.iter().map(String::as_str).filter(|h| !expected.contains(h));
                    let near = nearest(name, others);
                    hinted.extend(near);
                    let hint = near.map_or_else(String::new, |n| format!(" ; est-ce la colonne « {n} » ?"));
                    let message = format!("la colonne `{name}` manque{hint}");
                    issues.push(Issue::error(&raw.file, message).at(raw.header_line));
                }
                None => {}
            }
            at
        };
        // Keys and relations first: a missing one is said once even if a field reads it too.
        let key = find(&entity.key, true, issues);
        for (number, relation) in entity.belongs_to.iter().enumerate() {
            let needed =
                needs.relations.contains(&(id, number)) || relation.required && needs.entities.contains(&id);
            let at = find(&relation.column, needed, issues);
            let cells = at.and_then(|at| raw.columns.get(at)).cloned();
            if let Some(slot) = draft.keys.get_mut(number) {
                *slot = cells.map(|cells| (relation.column.clone(), cells));
            }
        }
        for (place, (field, declared)) in fields.iter().enumerate() {
            let relation = entity
                .belongs_to
                .iter()
                .any(|r| r.column == declared.column && r.required && needs.entities.contains(&id));
            let Some(at) = find(&declared.column, needs.fields.contains(field) && !relation, issues) else {
                continue;
            };
            let settled = day_cells::settle(declared, raw, at, issues);
            let Some(cells) = settled.as_ref().or_else(|| raw.columns.get(at)) else { continue };
            let column = cells::column(declared, cells, |row, message| {
                draft.fail(row, Some(&declared.column), message, issues);
            });
            if let Some(slot) = draft.columns.get_mut(place) {
                *slot = Some(column);
            }
        }
        for (header, better) in &places.twice {
            if let (Some(header), Some(better)) = (raw.headers.get(*header), raw.headers.get(*better)) {
                let message = format!("cette colonne est aussi donnée par « {better} »: elle n'est pas lue");
                issues.push(Issue::warning(&raw.file, message).at(raw.header_line).in_column(header));
                hinted.push(header);
            }
        }
        for (header, used) in raw.headers.iter().zip(&used) {
            // The numbers of rows that pandas adds are nobody's.
            let said = header.starts_with("__index_level_")
                || hinted.contains(&header.as_str())
                || raw.headers.iter().filter(|h| *h == header).count() > 1;
            if !used && !header.is_empty() && !said {
                let near = nearest(header, expected.iter().copied());
                issues.push(
                    Issue::warning(
                        &raw.file,
                        format!("cette colonne n'est pas attendue: elle n'est pas lue{}", meant(near)),
                    )
                    .at(raw.header_line)
                    .in_column(header),
                );
            }
        }
        draft.read_ids(&entity.key, key.and_then(|k| raw.columns.get(k)), raw, issues);
        draft
    }

    fn fail(&mut self, row: usize, column: Option<&str>, message: String, issues: &mut Vec<Issue>) {
        if let Some(bad) = self.bad.get_mut(row) {
            *bad = true;
        }
        if self.said.get(row) == Some(&true) {
            return;
        }
        let mut issue = Issue::error(&self.file, message);
        issue.line = self.lines.get(row).copied();
        issue.column = column.map(str::to_string);
        issues.push(issue);
    }

    /// Identifiers are there, and each once.
    fn read_ids(&mut self, key: &str, cells: Option<&RawColumn>, raw: &RawTable, issues: &mut Vec<Issue>) {
        let mut first: HashMap<Arc<str>, usize> = HashMap::new();
        for row in 0..self.lines.len() {
            // An identifier typed as a number is the same identifier.
            let cell = cells.map_or(Raw::Empty, |c| c.get(row));
            let id: Arc<str> = Arc::from(cell.shown());
            if let Some(total) = cells.and_then(|_| names::total(&cell, raw, row)) {
                let message = format!(
                    "« {total} »: cette ligne semble être un total, et non une ligne de données ; retirez-la"
                );
                self.fail(row, Some(key), message, issues);
            } else if let Raw::Other(_) = cell {
                self.fail(row, Some(key), format!("« {id} » n'est pas un identifiant"), issues);
            } else if id.is_empty() && cells.is_some() {
                self.fail(row, Some(key), "l'identifiant est vide".to_string(), issues);
            } else if let Some(&earlier) = first.get(&id).filter(|_| cells.is_some()) {
                let line = self.lines.get(earlier).copied().unwrap_or(0);
                self.fail(
                    row,
                    Some(key),
                    format!("« {id} » est déjà l'identifiant de la ligne {line}"),
                    issues,
                );
            } else {
                first.insert(id.clone(), row);
            }
            self.ids.push(id);
        }
    }
}

/// Follows the relations: every identifier must be one of the target's.
fn link(schema: &Schema, drafts: &mut [Draft], issues: &mut Vec<Issue>) {
    let mut rows: HashMap<EntityId, HashMap<Arc<str>, u32>> = HashMap::new();
    for (id, draft) in drafts.iter().enumerate() {
        // The first row of a duplicated identifier is the one meant.
        let mut index = HashMap::with_capacity(draft.ids.len());
        for (row, key) in (0_u32..).zip(&draft.ids) {
            index.entry(key.clone()).or_insert(row);
        }
        rows.insert(id, index);
    }
    for (id, entity) in schema.entities.iter().enumerate() {
        for (number, relation) in entity.belongs_to.iter().enumerate() {
            let target = schema.entities.get(relation.target);
            let reference = matches!(target.map(|t| &t.origin), Some(Origin::Reference { .. }));
            let name = target.map_or("?", |t| t.name.as_str());
            let target_present = drafts.get(relation.target).is_some_and(|d| d.present);
            let Some(draft) = drafts.get_mut(id) else { continue };
            let count = draft.lines.len();
            let mut links = vec![NO_ROW; count];
            let keys = draft.keys.get_mut(number).and_then(Option::take);
            let Some((column, keys)) = keys else {
                if let Some(slot) = draft.links.get_mut(number) {
                    *slot = links;
                }
                continue;
            };
            let index = rows.get(&relation.target);
            // The row that stands for what the table of the pack lacks.
            let others = index.and_then(|i| i.get(OTHERS)).filter(|_| reference).copied();
            let mut unknown: BTreeMap<String, u64> = BTreeMap::new();
            for row in 0..keys.len() {
                let cell = keys.get(row);
                let key = match (&cell, reference) {
                    (Raw::Empty, _) => {
                        if relation.required {
                            draft.fail(
                                row,
                                Some(&column),
                                format!(
                                    "la cellule est vide ; attendu: l'identifiant d'une ligne de `{name}`"
                                ),
                                issues,
                            );
                        }
                        continue;
                    }
                    (Raw::Number(text), false) => text.to_string(),
                    (cell, _) => match cells::text(cell) {
                        Ok(text) => text,
                        Err(message) => {
                            draft.fail(row, Some(&column), format!("« {} » {message}", cell.shown()), issues);
                            continue;
                        }
                    },
                };
                if let Some(&parent) = index.and_then(|i| i.get(key.as_str())) {
                    if let Some(slot) = links.get_mut(row) {
                        *slot = parent;
                    }
                } else if let Some(others) = others {
                    if let Some(slot) = links.get_mut(row) {
                        *slot = others;
                    }
                    unknown.entry(key).or_insert(draft.lines.get(row).copied().unwrap_or(0));
                } else if !target_present && !relation.required {
                    // The other table is not there: nothing can be said of it.
                } else if reference && !relation.required {
                    unknown.entry(key).or_insert(draft.lines.get(row).copied().unwrap_or(0));
                } else if target_present {
                    let message = unknown_key(&key, name, reference, index);
                    draft.fail(row, Some(&column), message, issues);
                }
            }
            for (key, line) in unknown {
                let known = match others {
                    Some(_) => format!("la ligne « {OTHERS} » de cette table vaut pour les autres"),
                    None => "rien n'en est connu".to_string(),
                };
                issues.push(
                    Issue::warning(
                        &draft.file,
                        format!("« {key} » n'est pas dans la table `{name}` du paquet de règles: {known}"),
                    )
                    .at(line)
                    .in_column(&column),
                );
            }
            if let Some(slot) = draft.links.get_mut(number) {
                *slot = links;
            }
        }
    }
}

fn unknown_key(key: &str, name: &str, reference: bool, index: Option<&HashMap<Arc<str>, u32>>) -> String {
    let with_zero = format!("0{key}");
    let zero = key.len() == 4 && index.is_some_and(|i| i.contains_key(with_zero.as_str()));
    if zero {
        return format!("« {key} » n'existe pas dans `{name}`: zéro initial perdu ? Écrire « {with_zero} »");
    }
    // The nearest of many identifiers, or of short ones, tells nothing.
    let near = index.filter(|i| i.len() <= 5_000 && key.len() >= 5).and_then(|i| {
        let mut ids: Vec<&str> = i.keys().map(AsRef::as_ref).collect();
        ids.sort_unstable();
        nearest(key, ids)
    });
    if reference {
        format!("la {name} « {key} » n'existe pas{}", meant(near))
    } else {
        format!("« {key} » n'est l'identifiant d'aucune ligne de `{name}`{}", meant(near))
    }
}

/// Leaves out the rows with an error and those that must belong to them; reports rows with too few
/// members.
fn keep_good(schema: &Schema, mut drafts: Vec<Draft>, issues: &mut Vec<Issue>) -> Vec<Table> {
    for (id, entity) in schema.entities.iter().enumerate() {
        for (number, relation) in entity.belongs_to.iter().enumerate().filter(|(_, r)| r.min > 0) {
            let (Some(child), Some(parent)) = (drafts.get(id), drafts.get(relation.target)) else { continue };
            if !child.present
                || child.links.get(number).is_none_or(|l| l.is_empty() && !child.lines.is_empty())
            {
                continue;
            }
            let members =
                Members::new(child.links.get(number).map_or(&[], Vec::as_slice), parent.lines.len());
            let short: Vec<(usize, usize)> = (0..parent.lines.len())
                .map(|row| (row, members.of(row).len()))
                .filter(|(_, n)| (*n as u64) < relation.min)
                .collect();
            for (row, n) in short {
                if let Some(parent) = drafts.get_mut(relation.target)
                    && parent.bad.get(row) == Some(&false)
                {
                    let key = schema.entities.get(relation.target).map(|e| e.key.as_str());
                    let shown = parent.ids.get(row).cloned().unwrap_or_default();
                    let message = format!(
                        "« {shown} » a {n} ligne(s) de `{}` ; attendu: au moins {}",
                        entity.name, relation.min
                    );
                    parent.fail(row, key, message, issues);
                }
            }
        }
    }
    // A parent left out takes along those that must belong to it, and a member left out its parent:
    // a household is not decided on some of its persons.
    loop {
        let mut changed = false;
        for (id, entity) in schema.entities.iter().enumerate() {
            for (number, relation) in entity.belongs_to.iter().enumerate().filter(|(_, r)| r.required) {
                let links = drafts.get(id).and_then(|d| d.links.get(number)).cloned().unwrap_or_default();
                for (row, &parent) in links.iter().enumerate() {
                    if parent == NO_ROW {
                        continue;
                    }
                    let parent_bad =
                        drafts.get(relation.target).and_then(|d| d.bad.get(parent as usize)) == Some(&true);
                    let row_bad = drafts.get(id).and_then(|d| d.bad.get(row)) == Some(&true);
                    let whole = relation.min > 0;
                    if parent_bad && !row_bad {
                        changed |= mark(&mut drafts, id, row);
                    } else if row_bad && !parent_bad && whole {
                        changed |= mark(&mut drafts, relation.target, parent as usize);
                    }
                }
            }
        }
        if !changed {
            break;
        }
    }
    let kept: Vec<Vec<u32>> = drafts
        .iter()
        .map(|d| {
            let mut next = 0;
            d.bad
                .iter()
                .map(|&bad| {
                    if bad {
                        return NO_ROW;
                    }
                    next += 1;
                    next - 1
                })
                .collect()
        })
        .collect();
    drafts
        .into_iter()
        .enumerate()
        .map(|(id, draft)| {
            let rows: Vec<usize> =
                (0..draft.bad.len()).filter(|&r| draft.bad.get(r) == Some(&false)).collect();
            let all = rows.len() == draft.bad.len();
            let relations = schema.entities.get(id).map_or(&[][..], |e| &e.belongs_to);
            let links = draft.links.iter().zip(relations).map(|(links, relation)| {
                let new = kept.get(relation.target).map_or(&[][..], Vec::as_slice);
                rows.iter()
                    .map(|&r| links.get(r).and_then(|&p| new.get(p as usize)).copied().unwrap_or(NO_ROW))
                    .collect::<Links>()
            });
            Table {
                present: draft.present,
                links: links.collect(),
                columns: draft
                    .columns
                    .into_iter()
                    .map(|c| c.map(|c| if all { c } else { take(&c, &rows) }))
                    .collect(),
                ids: rows.iter().filter_map(|&r| draft.ids.get(r).cloned()).collect(),
            }
        })
        .collect()
}

fn mark(drafts: &mut [Draft], entity: EntityId, row: usize) -> bool {
    match drafts.get_mut(entity).and_then(|d| d.bad.get_mut(row)) {
        Some(bad) => !std::mem::replace(bad, true),
        None => false,
    }
}

/// Some rows of a column.
fn take(column: &Column, rows: &[usize]) -> Column {
    fn pick<T: Copy + arrow_buffer::ArrowNativeType>(
        values: &ScalarBuffer<T>,
        rows: &[usize],
    ) -> ScalarBuffer<T> {
        rows.iter().filter_map(|&r| values.get(r).copied()).collect()
    }
    let cells = match column.cells() {
        Cells::Bool(bits) => {
            Cells::Bool(rows.iter().map(|&r| r < bits.len() && bits.value(r)).collect::<BooleanBuffer>())
        }
        Cells::Number { units, decimals } => Cells::Number { units: pick(units, rows), decimals: *decimals },
        Cells::Date(days) => Cells::Date(pick(days, rows)),
        Cells::Text { codes, dictionary } => {
            Cells::Text { codes: pick(codes, rows), dictionary: dictionary.clone() }
        }
        Cells::Codes { offsets, codes, dictionary } => {
            let (mut new, mut all) = (vec![0_u32], Vec::new());
            for &row in rows {
                if let (Some(&start), Some(&end)) = (offsets.get(row), offsets.get(row + 1)) {
                    all.extend(codes.get(start as usize..end as usize).unwrap_or(&[]));
                }
                new.push(u32::try_from(all.len()).unwrap_or(u32::MAX));
            }
            Cells::Codes { offsets: new.into(), codes: all.into(), dictionary: dictionary.clone() }
        }
    };
    let known = column
        .known()
        .as_ref()
        .map(|k| rows.iter().map(|&r| r < k.len() && k.is_valid(r)).collect::<NullBuffer>());
    Column::new(cells, known)
}
