//! A table while it is read: its columns found and typed, each row's faults told.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::codes::Codebooks;
use super::ids::Ids;
use super::issue::{Fault, Issue, meant};
use super::issue_code::Code;
use super::lines::Lines;
use super::looked::Looked;
use super::names::{self, Places};
use super::package::Absent;
use super::raw::{DOUBLE, Followed, Raw, RawColumn, RawTable};
use super::table::Column;
use super::{cells, day_cells};
use logis_language::diagnostic::{Severity, fold, nearest};
use logis_language::pack::schema::{BelongsTo, Entity, EntityId, Field, FieldId, Origin, Schema};
use logis_language::plan::Needs;

/// How many faults of one table are compared with all names for a hint.
pub(super) const HINTS: usize = 20;

/// Unexpected columns that are told one by one; more are told together.
const TOLD: usize = 5;

/// A table being read.
#[derive(Clone)]
pub(super) struct Draft {
    pub present: bool,
    /// Is anything of it asked for? Otherwise what is wrong with it is a warning.
    pub asked: bool,
    pub file: String,
    pub lines: Lines,
    pub ids: Ids,
    pub columns: Vec<Option<Column>>,
    /// By relation: the cells that hold the target's identifier, and their header.
    pub keys: Vec<Option<(String, RawColumn)>>,
    pub links: Vec<Vec<u32>>,
    pub bad: Vec<bool>,
    /// Rows of which the file says enough: nothing more is reported.
    said: Vec<bool>,
    /// Is it known that the identifiers differ?
    pub distinct: bool,
    /// Are its relations followed already?
    pub followed: bool,
    /// What one of them leads to, where its rows were followed while they were read.
    pub follow: Option<Arc<Followed>>,
}

/// What reading a table is told of the rest.
#[derive(Clone, Copy)]
pub(super) struct About<'a> {
    pub schema: &'a Schema,
    pub needs: &'a Needs,
    pub books: &'a Codebooks,
    /// The fields whose cells are kept, if not all are: of the others it is only told what is wrong.
    pub only: Option<&'a BTreeSet<FieldId>>,
}

impl About<'_> {
    /// Must a relation of an entity be there?
    pub(crate) fn needs_relation(&self, id: EntityId, number: usize, relation: &BelongsTo) -> bool {
        self.needs.of_relation(id, number, relation)
    }

    /// Is the target of a relation a table of the pack?
    pub(crate) fn in_pack(&self, relation: &BelongsTo) -> bool {
        let target = self.schema.entities.get(relation.target);
        matches!(target.map(|t| &t.origin), Some(Origin::Reference { .. }))
    }
}

/// The columns of a file, found by name.
struct Headers<'r> {
    all: &'r [String],
    places: Places<'r>,
    used: Vec<bool>,
    /// Said to be taken for another.
    hinted: HashSet<&'r str>,
}

impl<'r> Headers<'r> {
    fn new(schema: &'r Schema, entity: &'r Entity, all: &'r [String]) -> Headers<'r> {
        let places = names::places(schema, entity, all);
        Headers { all, places, used: vec![false; all.len()], hinted: HashSet::new() }
    }

    fn find(&mut self, name: &str) -> Option<usize> {
        let at = *self.places.at.get(name)?;
        if let Some(slot) = self.used.get_mut(at) {
            *slot = true;
        }
        Some(at)
    }

    /// The header, expected by nothing, that may be the absent column.
    fn near(&mut self, name: &str, expected: &HashSet<&str>) -> Option<&'r str> {
        let others = self.all.iter().map(String::as_str).filter(|h| !expected.contains(h)).take(200);
        let near = nearest(name, others);
        self.hinted.extend(near);
        near
    }
}

impl Draft {
    pub fn absent(entity: &Entity, asked: bool) -> Draft {
        Draft {
            present: false,
            asked,
            file: String::new(),
            lines: Lines::default(),
            ids: Ids::default(),
            columns: vec![None; entity.fields.len()],
            keys: entity.belongs_to.iter().map(|_| None).collect(),
            links: vec![Vec::new(); entity.belongs_to.len()],
            bad: Vec::new(),
            said: Vec::new(),
            distinct: false,
            followed: false,
            follow: None,
        }
    }

    pub fn new(
        about: About<'_>,
        id: EntityId,
        entity: &Entity,
        raw: &RawTable,
        absent: &mut Vec<Absent>,
        issues: &mut Vec<Issue>,
    ) -> Draft {
        let (schema, needs) = (about.schema, about.needs);
        let own = !matches!(entity.origin, Origin::Data { .. });
        let rows = raw.lines.len();
        let mut draft = Draft {
            present: true,
            file: raw.file.clone(),
            lines: raw.lines.clone(),
            ..Draft::absent(entity, own || needs.entities.contains(&id))
        };
        draft.bad = raw.bad.clone();
        draft.bad.resize(rows, false);
        draft.said = draft.bad.clone();
        let fields: Vec<(FieldId, &Field)> =
            entity.fields.iter().filter_map(|&f| Some((f, schema.fields.get(f)?))).collect();
        let expected: HashSet<&str> = [entity.key.as_str()]
            .into_iter()
            .chain(fields.iter().map(|(_, f)| f.column.as_str()))
            .chain(entity.belongs_to.iter().map(|r| r.column.as_str()))
            .collect();
        spare_doubles(about, id, entity, &fields, &raw.file, issues);
        let mut headers = Headers::new(schema, entity, &raw.headers);
        // A table of the pack itself must have every column.
        let none = BTreeSet::new();
        let spared = if own { &none } else { &needs.spared };
        let mut lacks = Lacks { raw, entity: id, strict: needs.strict || own, spared, absent, issues };
        let given_pair = entity.pair_table.is_some();
        let key = if given_pair { None } else { headers.find(&entity.key) };
        if key.is_none() && !given_pair {
            lacks.refuse(
                &entity.key,
                headers.near(&entity.key, &expected),
                "chaque ligne doit avoir son identifiant",
            );
        }
        for (number, relation) in entity.belongs_to.iter().enumerate() {
            let at = headers.find(&relation.column);
            if at.is_none() && about.needs_relation(id, number, relation) {
                let near = headers.near(&relation.column, &expected);
                if relation.required && !about.in_pack(relation) {
                    let target = schema.entities.get(relation.target).map_or("", |e| e.name.as_str());
                    let why = format!("sans elle on ne sait à quelle ligne de `{target}` chacune appartient");
                    lacks.refuse(&relation.column, near, &why);
                } else {
                    lacks.tell(&relation.column, near, None, Some(number));
                }
            }
            let cells = at.and_then(|at| raw.columns.get(at)).cloned();
            let cells = cells.filter(|cells| !matches!(cells, RawColumn::Unread(_)));
            if let Some(slot) = draft.keys.get_mut(number) {
                *slot = cells.map(|cells| (relation.column.clone(), cells));
            }
        }
        let of_pairs = if given_pair { draft.pair_ids() } else { None };
        let ids = of_pairs.as_ref().or_else(|| key.and_then(|k| raw.columns.get(k)));
        // What was looked at while it was read is the column that is headed as the key is.
        let own_key = key.and_then(|k| raw.headers.get(k)).is_some_and(|header| *header == entity.key);
        let looked = raw.looked.as_ref().filter(|_| own_key && of_pairs.is_none());
        draft.follow = raw.followed.clone();
        draft.read_ids(&entity.key, ids, looked, raw, lacks.issues);
        for (place, (field, declared)) in fields.iter().enumerate() {
            let asked = own || needs.fields.contains(field);
            let Some(at) = headers.find(&declared.column) else {
                if asked {
                    let near = headers.near(&declared.column, &expected);
                    lacks.tell(&declared.column, near, Some(*field), None);
                }
                continue;
            };
            let settled = day_cells::settle(declared, raw, at, lacks.issues);
            let Some(cells) = settled.as_ref().or_else(|| raw.columns.get(at)) else { continue };
            if matches!(cells, RawColumn::Unread(_)) {
                continue;
            }
            let relation = entity.belongs_to.iter().find(|r| r.column == declared.column);
            let target = declared.of.or_else(|| relation.map(|r| r.target));
            let book = target.and_then(|target| about.books.get(&target));
            let kept = asked || about.only.is_none_or(|only| only.contains(field));
            if !kept && cells::nothing_wrong(declared, cells, book) {
                continue;
            }
            // What the relation by the same column says is said once.
            let shared = relation.is_some();
            let column = cells::column(declared, cells, book, |row, fault| {
                if !(shared && fault.value.is_empty()) {
                    draft.fail(row, Some(&declared.column), fault, asked, lacks.issues);
                }
            });
            if asked {
                draft.tell_small_incomes(declared, &column, cells, lacks.issues);
            }
            if let Some(slot) = draft.columns.get_mut(place) {
                *slot = Some(column);
            }
        }
        let issues = lacks.issues;
        draft.tell_unexpected(raw, &headers, &expected, issues);
        draft
    }

    /// Tells what is wrong with a row. It is left out, unless nothing asked for the cell: then the cell is
    /// unknown, and that is a warning.
    pub fn fail(
        &mut self,
        row: usize,
        column: Option<&str>,
        fault: Fault,
        asked: bool,
        issues: &mut Vec<Issue>,
    ) {
        let error = asked && self.asked && !fault.warning;
        if error && let Some(bad) = self.bad.get_mut(row) {
            *bad = true;
        }
        if self.said.get(row) == Some(&true) {
            return;
        }
        let aside = if error || fault.warning { "" } else { " (rien de demandé n'en dépend: inconnu)" };
        let message = format!("{}{aside}", fault.message);
        let mut issue = Issue::error(fault.code, &self.file, message).found(&fault.value).of_kind(fault.kind);
        issue.severity = if error { Severity::Error } else { Severity::Warning };
        issue.line = self.lines.get(row);
        issue.column = column.map(str::to_string);
        issue.id = self.ids.text(row).filter(|id| !id.is_empty()).map(Arc::from);
        issues.push(issue);
    }

    /// A warning about the table's file.
    pub fn warn(&self, code: Code, message: String) -> Issue {
        Issue::warning(code, &self.file, message)
    }

    /// Of given pairs: the identifiers of both sides as one, `D1:L1`; nothing, if a column is absent.
    fn pair_ids(&self) -> Option<RawColumn> {
        let [Some((_, first)), Some((_, second)), ..] = self.keys.as_slice() else { return None };
        let id = |row| match (first.get(row), second.get(row)) {
            // That a side is not said is told where the side is followed.
            (Raw::Empty, _) | (_, Raw::Empty) => Raw::text(&format!("?{row}")),
            (first, second) => Raw::text(&format!("{}:{}", first.shown(), second.shown())),
        };
        Some(RawColumn::Cells((0..self.lines.len()).map(id).collect()))
    }

    /// Identifiers are there, and each once.
    fn read_ids(
        &mut self,
        key: &str,
        cells: Option<&RawColumn>,
        looked: Option<&Looked>,
        raw: &RawTable,
        issues: &mut Vec<Issue>,
    ) {
        let looked = looked.cloned().or_else(|| {
            let texts = cells.and_then(RawColumn::texts)?;
            Some((0..texts.len()).map(|row| texts.get(row)).collect())
        });
        if let Some(looked) = looked.filter(faultless) {
            (self.ids, self.distinct) = (looked.ids, true);
            return;
        }
        let rows = self.lines.len();
        // An identifier typed as a number is the same identifier.
        self.ids = (0..rows).map(|row| cells.map_or(Raw::Empty, |c| c.get(row)).shown()).collect();
        let Some(cells) = cells else { return };
        let ids = self.ids.clone();
        let mut first: HashMap<Arc<str>, usize> = HashMap::new();
        for (row, id) in ids.texts().take(rows).enumerate() {
            let cell = cells.get(row);
            let id: Arc<str> = id.into();
            if let Some(total) = names::total(&cell, raw, row) {
                let message = format!(
                    "« {total} »: cette ligne semble être un total, et non une ligne de données ; retirez-la"
                );
                let kind = "semble être un total".into();
                self.fail(
                    row,
                    Some(key),
                    Fault { code: Code::TotalRow, message, kind, value: total, warning: false },
                    true,
                    issues,
                );
            } else if let Raw::Other(_) = cell {
                self.fail(
                    row,
                    Some(key),
                    Fault::of(Code::NoIdentifier, &id, "n'est pas un identifiant", ""),
                    true,
                    issues,
                );
            } else if id.is_empty() {
                self.fail(
                    row,
                    Some(key),
                    Fault::empty(Code::NoIdentifier, "l'identifiant est vide".to_string()),
                    true,
                    issues,
                );
            } else if let Raw::Stray(_) = cell {
                let fault =
                    Fault::of(Code::Quotation, &id, "a un guillemet seul", " ; attendu: un identifiant");
                self.fail(row, Some(key), fault, true, issues);
            } else if id.contains(['\n', '\r']) {
                let shown = id.replace(['\n', '\r'], "⏎");
                let fault = Fault::of(
                    Code::SeveralLines,
                    &shown,
                    "tient sur plusieurs lignes",
                    " ; attendu: un identifiant",
                );
                self.fail(row, Some(key), fault, true, issues);
            } else if let Some(&earlier) = first.get(&id) {
                let line = self.lines.get(earlier).unwrap_or(0);
                let fault = Fault::of(
                    Code::IdentifierTwice,
                    &id,
                    "est déjà l'identifiant de",
                    format!(" la ligne {line}"),
                );
                self.fail(row, Some(key), fault, true, issues);
            } else {
                first.insert(id, row);
            }
        }
    }

    /// A yearly income of a few hundred euros is one of a month, or in thousands.
    fn tell_small_incomes(&self, field: &Field, column: &Column, cells: &RawColumn, issues: &mut Vec<Issue>) {
        for row in cells::small_incomes(field, column) {
            if self.bad.get(row) == Some(&true) {
                continue;
            }
            let shown = cells.get(row).shown();
            let mut issue = Issue::warning(
                Code::SmallAmount,
                &self.file,
                format!("« {shown} » est peu pour une année: par mois, ou en milliers d'euros ?"),
            )
            .of_kind("est peu pour une année")
            .found(&shown)
            .in_column(&field.column);
            issue.line = self.lines.get(row);
            issue.id = self.ids.text(row).map(Arc::from);
            issues.push(issue);
        }
    }

    /// Tells the columns that are not read, and where a cell of one goes over several lines.
    fn tell_unexpected(
        &self,
        raw: &RawTable,
        headers: &Headers<'_>,
        expected: &HashSet<&str>,
        issues: &mut Vec<Issue>,
    ) {
        let mut names = expected.iter().copied().collect::<Vec<_>>();
        names.sort_unstable();
        let mut twice = HashSet::new();
        for (at, better) in &headers.places.twice {
            if let (Some(header), Some(better)) = (raw.headers.get(*at), raw.headers.get(*better)) {
                let message = format!("cette colonne est aussi donnée par « {better} »: elle n'est pas lue");
                issues.push(
                    Issue::warning(Code::ColumnTwice, &self.file, message)
                        .at(raw.header_line)
                        .in_column(header),
                );
                twice.insert(*at);
            }
        }
        let unread = raw.headers.iter().zip(&headers.used).enumerate().filter(|(at, (header, used))| {
            // The numbers of rows that pandas adds are nobody's.
            let said = header.starts_with("__index_level_")
                || headers.hinted.contains(header.as_str())
                || twice.contains(at);
            !**used && !header.is_empty() && !said
        });
        let mut seen = HashSet::new();
        let unread: Vec<(usize, &String)> =
            unread.map(|(at, (header, _))| (at, header)).filter(|(_, header)| seen.insert(*header)).collect();
        let unread: Vec<_> = unread.into_iter().filter(|(_, h)| !expected.contains(h.as_str())).collect();
        let together = unread.len() > TOLD;
        for (_, header) in unread.iter().take(if together { HINTS } else { TOLD }) {
            let near = nearest(header, names.iter().copied());
            if together && near.is_none() {
                continue;
            }
            let message = format!("cette colonne n'est pas attendue: elle n'est pas lue{}", meant(near));
            issues.push(
                Issue::warning(Code::UnknownColumn, &self.file, message)
                    .at(raw.header_line)
                    .in_column(header),
            );
        }
        if together {
            let shown: Vec<String> =
                unread.iter().take(10).map(|(_, header)| format!("`{header}`")).collect();
            let more = if unread.len() > 10 { "…" } else { "" };
            let message = format!(
                "{} colonnes ne sont pas attendues: elles ne sont pas lues: {}{more}",
                unread.len(),
                shown.join(", ")
            );
            issues.push(Issue::warning(Code::UnknownColumn, &self.file, message).at(raw.header_line));
        }
        for (at, header) in unread {
            let Some(RawColumn::Cells(cells)) = raw.columns.get(at) else { continue };
            for (row, cell) in cells.iter().enumerate() {
                if let Raw::Text(text) = cell
                    && text.contains(['\n', '\r'])
                {
                    let message =
                        "la cellule tient sur plusieurs lignes (un guillemet manque ou est de trop ?)";
                    let mut issue = Issue::warning(Code::SeveralLines, &self.file, message).in_column(header);
                    issue.line = self.lines.get(row);
                    issues.push(issue);
                }
            }
        }
    }
}

/// Are these identifiers of which nothing is to be said: each there, on one line, no total, and no other row's?
fn faultless(looked: &Looked) -> bool {
    let ids = &looked.ids;
    let no_total = || looked.no_total || !ids.texts().any(names::is_total);
    // What rises has nothing twice.
    looked.whole && no_total() && (looked.rise || ids.distinct() == ids.len())
}

/// Makes a warning of a header that stands twice, if nothing needs its column.
fn spare_doubles(
    about: About<'_>,
    id: EntityId,
    entity: &Entity,
    fields: &[(FieldId, &Field)],
    file: &str,
    issues: &mut [Issue],
) {
    let relations = entity.belongs_to.iter().enumerate();
    let needed: HashSet<String> = [fold(&entity.key)]
        .into_iter()
        .chain(fields.iter().filter(|(f, _)| about.needs.fields.contains(f)).map(|(_, f)| fold(&f.column)))
        .chain(relations.filter(|(n, r)| about.needs_relation(id, *n, r)).map(|(_, r)| fold(&r.column)))
        .collect();
    for issue in issues.iter_mut().filter(|i| i.file == file && i.kind() == DOUBLE) {
        if issue.column.as_ref().is_some_and(|column| !needed.contains(&fold(column))) {
            issue.severity = Severity::Warning;
        }
    }
}

/// Columns that are not there.
struct Lacks<'a> {
    raw: &'a RawTable,
    entity: EntityId,
    strict: bool,
    /// Fields whose columns may be absent all the same.
    spared: &'a BTreeSet<FieldId>,
    absent: &'a mut Vec<Absent>,
    issues: &'a mut Vec<Issue>,
}

impl Lacks<'_> {
    /// Without this column the rows make no sense.
    fn refuse(&mut self, column: &str, near: Option<&str>, why: &str) {
        let hint = near.map_or_else(|| format!(": {why}"), |n| format!(" ; est-ce la colonne « {n} » ?"));
        let message = format!("la colonne `{column}` manque{hint}");
        self.issues.push(Issue::error(Code::ColumnMissing, &self.raw.file, message).at(self.raw.header_line));
    }

    /// Without this column its cells are unknown; unless another seems to be it.
    fn tell(&mut self, column: &str, near: Option<&str>, field: Option<FieldId>, relation: Option<usize>) {
        let spared = field.is_some_and(|f| self.spared.contains(&f));
        if self.strict && !spared || near.is_some() {
            let hint = near.map_or_else(String::new, |n| format!(" ; est-ce la colonne « {n} » ?"));
            let message = format!("la colonne `{column}` manque{hint}");
            let issue = Issue::error(Code::ColumnMissing, &self.raw.file, message).at(self.raw.header_line);
            // A relation and a field may be of one column.
            if self.issues.last() != Some(&issue) && !self.issues.contains(&issue) {
                self.issues.push(issue);
            }
            return;
        }
        let known = self.absent.iter_mut().find(|a| a.entity == self.entity && a.column == column);
        let absent = match known {
            Some(known) => known,
            None => {
                self.absent.push(Absent {
                    file: self.raw.file.clone(),
                    entity: self.entity,
                    column: column.to_string(),
                    fields: BTreeSet::new(),
                    relations: BTreeSet::new(),
                });
                let Some(last) = self.absent.last_mut() else { return };
                last
            }
        };
        absent.fields.extend(field);
        absent.relations.extend(relation.map(|number| (self.entity, number)));
    }
}
