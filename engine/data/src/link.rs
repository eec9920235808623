//! From tables being read to tables: relations followed, rows with an error left out, and with them those
//! that must belong to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::buffers::Shared;
use super::cells;
use super::codes::Meant;
use super::draft::{About, Draft, HINTS};
use super::ids::Ids;
use super::issue::{Fault, Issue, meant};
use super::issue_code::Code;
use super::raw::Raw;
use super::table::{Cells, Column, Links, Members, NO_ROW, Table};
use super::texts::Texts;
use logis_language::diagnostic::nearest;
use logis_language::pack::schema::{EntityId, OTHERS, Origin, Schema};

/// Follows the relations: every identifier must be one of the target's.
pub(super) fn link(about: About<'_>, drafts: &mut [Draft], issues: &mut Vec<Issue>) {
    let schema = about.schema;
    for (id, entity) in schema.entities.iter().enumerate() {
        if drafts.get(id).is_some_and(|draft| draft.followed) {
            continue;
        }
        for (number, relation) in entity.belongs_to.iter().enumerate() {
            let target = schema.entities.get(relation.target);
            let reference = matches!(target.map(|t| &t.origin), Some(Origin::Reference { .. }));
            let name = target.map_or("?", |t| t.name.as_str());
            let target_present = drafts.get(relation.target).is_some_and(|d| d.present);
            // The first row of a duplicated identifier is the one meant.
            let index = drafts.get(relation.target).map(|d| d.ids.clone());
            let distinct = drafts.get(relation.target).is_some_and(|d| d.distinct);
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
            let index = index.as_ref();
            let book = about.books.get(&relation.target).filter(|_| reference);
            let asked = about.needs_relation(id, number, relation);
            let mut hints = HINTS;
            // The row that stands for what the table of the pack lacks.
            let others = index.filter(|_| reference).and_then(|i| i.place(OTHERS));
            let mut unknown: BTreeMap<String, u64> = BTreeMap::new();
            // Mostly every key is a text that stands where the one before it does, or next to it.
            let mut left = Vec::new();
            let follow_known = draft.follow.as_deref().filter(|known| {
                let same = index.is_some_and(|index| index.shared_with(&known.target));
                known.column == column && distinct && same && known.links.len() == count
            });
            if let Some(known) = follow_known {
                links.copy_from_slice(&known.links);
                let empty = links.iter().enumerate().filter(|(_, row)| **row == NO_ROW);
                left.extend(empty.map(|(row, _)| row).filter(|_| relation.required));
            } else if let (Some(texts), Some(index)) = (keys.texts(), index) {
                follow(&texts, index, distinct, !relation.required, &mut links, &mut left);
            } else {
                left.extend(0..keys.len());
            }
            for row in left {
                let cell = keys.get(row);
                let key = match (&cell, reference) {
                    (Raw::Empty, _) => {
                        if relation.required {
                            let message = format!(
                                "la cellule est vide ; attendu: l'identifiant d'une ligne de `{name}`"
                            );
                            draft.fail(
                                row,
                                Some(&column),
                                Fault::empty(Code::EmptyCell, message),
                                asked,
                                issues,
                            );
                        }
                        continue;
                    }
                    (Raw::Number(text), false) => text.to_string(),
                    (Raw::Stray(text), _) => {
                        let fault = Fault::of(
                            Code::Quotation,
                            text,
                            "a un guillemet seul",
                            " ; attendu: un identifiant",
                        );
                        draft.fail(row, Some(&column), fault, asked, issues);
                        continue;
                    }
                    (cell, _) => match cells::text(cell) {
                        Ok(text) => text,
                        Err(fault) => {
                            draft.fail(row, Some(&column), fault, asked, issues);
                            continue;
                        }
                    },
                };
                let place = |key: &str| index.and_then(|i| i.place(key));
                // A name stands for the code that has it.
                let named = match (place(&key), book) {
                    (None, Some(book)) => Some(book.find(&key, &mut hints)),
                    _ => None,
                };
                let found = match &named {
                    Some(Meant::Code(code)) => place(code),
                    _ => place(&key),
                };
                if let Some(parent) = found {
                    if let Some(slot) = links.get_mut(row) {
                        *slot = parent;
                    }
                } else if let Some(others) = others {
                    if let Some(slot) = links.get_mut(row) {
                        *slot = others;
                    }
                    unknown.entry(key).or_insert(draft.lines.get(row).unwrap_or(0));
                } else if !target_present && !relation.required {
                    // The other table is not there: nothing can be said of it.
                } else if let Some(Meant::Unclear(fault)) = named.filter(|_| relation.required) {
                    draft.fail(row, Some(&column), fault, asked, issues);
                } else if reference && !relation.required {
                    unknown.entry(key).or_insert(draft.lines.get(row).unwrap_or(0));
                } else if target_present {
                    let fault = unknown_key(&key, name, index, &mut hints);
                    draft.fail(row, Some(&column), fault, asked, issues);
                }
            }
            for (key, line) in unknown {
                let known = match others {
                    Some(_) => format!("la ligne « {OTHERS} » de cette table vaut pour les autres"),
                    None => "rien n'en est connu".to_string(),
                };
                let message =
                    format!("« {key} » n'est pas dans la table `{name}` du paquet de règles: {known}");
                let issue = draft.warn(Code::NoSuchCode, message).at(line).in_column(&column);
                issues.push(issue.of_kind("n'est pas dans la table du paquet de règles").found(&key));
            }
            if let Some(slot) = draft.links.get_mut(number) {
                *slot = links;
            }
        }
    }
}

/// Finds the rows that keys name, and leaves over the rows of the keys that want more than that: those that name none,
/// and empty ones unless they may be. A key is compared with the identifier that was found last and the one after it
/// before it is searched; that finds the first of its rows only where the identifiers are `distinct`.
fn follow(
    texts: &Texts<'_>,
    index: &Ids,
    distinct: bool,
    may_be_empty: bool,
    links: &mut [u32],
    left: &mut Vec<usize>,
) {
    if let Texts::Coded { codes, texts } = texts {
        let places: Vec<Option<u32>> = texts.iter().map(|text| index.place(text)).collect();
        for ((row, &code), link) in codes.iter().enumerate().zip(links) {
            let code = code as usize;
            match places.get(code) {
                _ if texts.get(code).is_none_or(|text| text.is_empty()) => {
                    if !may_be_empty {
                        left.push(row);
                    }
                }
                Some(Some(place)) => *link = *place,
                _ => left.push(row),
            }
        }
        return;
    }
    // The row at which the last key was found, and its identifier.
    let (mut at, mut own) = (0_usize, index.text(0).filter(|_| distinct));
    for (row, link) in (0..texts.len()).zip(links) {
        let text = texts.get(row);
        if text.is_empty() {
            if !may_be_empty {
                left.push(row);
            }
            continue;
        }
        if own != Some(text) {
            let next = index.text(at + 1).filter(|_| distinct);
            let place = if next == Some(text) { Some(at + 1) } else { index.place(text).map(|p| p as usize) };
            let Some(place) = place else {
                left.push(row);
                continue;
            };
            (at, own) = (place, Some(text));
        }
        *link = u32::try_from(at).unwrap_or(NO_ROW);
    }
}

fn unknown_key(key: &str, name: &str, index: Option<&Ids>, hints: &mut usize) -> Fault {
    let with_zero = format!("0{key}");
    if key.len() == 4 && index.is_some_and(|i| i.place(&with_zero).is_some()) {
        let rest = format!(": zéro initial perdu ? Écrire « {with_zero} »");
        return Fault::of(Code::NoSuchRow, key, format!("n'existe pas dans `{name}`"), rest);
    }
    // The nearest of many identifiers, or of short ones, tells nothing.
    let near = index
        .filter(|i| *hints > 0 && key.len() >= 5 && (i.len() <= 5_000 || i.distinct() <= 5_000))
        .and_then(|i| {
            *hints -= 1;
            let mut ids: Vec<&str> = i.texts().collect();
            ids.sort_unstable();
            ids.dedup();
            nearest(key, ids)
        });
    Fault::of(Code::NoSuchRow, key, format!("n'est l'identifiant d'aucune ligne de `{name}`"), meant(near))
}

/// Leaves out the rows with an error and those that must belong to them; reports rows with too few
/// members.
pub(super) fn keep_good(schema: &Schema, mut drafts: Vec<Draft>, issues: &mut Vec<Issue>) -> Vec<Table> {
    let mut grouped: BTreeMap<(EntityId, usize), Arc<Members>> = BTreeMap::new();
    for (id, entity) in schema.entities.iter().enumerate() {
        for (number, relation) in entity.belongs_to.iter().enumerate().filter(|(_, r)| r.min > 0) {
            let (Some(child), Some(parent)) = (drafts.get(id), drafts.get(relation.target)) else { continue };
            if !child.present
                || !child.asked
                || child.links.get(number).is_none_or(|l| l.is_empty() && !child.lines.is_empty())
            {
                continue;
            }
            let members =
                Members::new(child.links.get(number).map_or(&[], Vec::as_slice), parent.lines.len());
            let members = Arc::new(members);
            let short: Vec<(usize, usize)> = (0..parent.lines.len())
                .map(|row| (row, members.of(row).len()))
                .filter(|(_, n)| (*n as u64) < relation.min)
                .collect();
            grouped.insert((id, number), members);
            for (row, n) in short {
                if let Some(parent) = drafts.get_mut(relation.target)
                    && parent.bad.get(row) == Some(&false)
                {
                    let key = schema.entities.get(relation.target).map(|e| e.key.as_str());
                    let shown = parent.ids.text(row).unwrap_or_default().to_string();
                    let what = format!("a {n} ligne(s) de `{}`", entity.name);
                    let rest = format!(" ; attendu: au moins {}", relation.min);
                    parent.fail(row, key, Fault::of(Code::TooFewMembers, &shown, what, rest), true, issues);
                }
            }
        }
    }
    if !drafts.iter().any(|draft| draft.bad.contains(&true)) {
        return drafts.into_iter().enumerate().map(|(id, draft)| whole(id, draft, &mut grouped)).collect();
    }
    // A parent left out takes along those that must belong to it, and a member left out its parent:
    // a household is not decided on some of its persons.
    loop {
        let mut changed = false;
        for (id, entity) in schema.entities.iter().enumerate() {
            for (number, relation) in entity.belongs_to.iter().enumerate().filter(|(_, r)| r.required) {
                if ![id, relation.target]
                    .iter()
                    .any(|e| drafts.get(*e).is_some_and(|d| d.bad.contains(&true)))
                {
                    continue;
                }
                let links = drafts.get(id).and_then(|d| d.links.get(number)).cloned().unwrap_or_default();
                let whole = relation.min > 0 && drafts.get(id).is_some_and(|d| d.asked);
                for (row, &parent) in links.iter().enumerate() {
                    if parent == NO_ROW {
                        continue;
                    }
                    let parent_bad =
                        drafts.get(relation.target).and_then(|d| d.bad.get(parent as usize)) == Some(&true);
                    let row_bad = drafts.get(id).and_then(|d| d.bad.get(row)) == Some(&true);
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
                ids: if all { draft.ids } else { draft.ids.pick(&rows) },
                file: Arc::from(draft.file),
                lines: if all { draft.lines } else { draft.lines.pick(&rows) },
            }
        })
        .collect()
}

/// The table of a draft of which every row is kept, as those that it belongs to are.
fn whole(id: EntityId, draft: Draft, grouped: &mut BTreeMap<(EntityId, usize), Arc<Members>>) -> Table {
    let rows = draft.lines.len();
    let links = draft.links.into_iter().enumerate().map(|(number, mut links)| {
        links.resize(rows, NO_ROW);
        let links = Links::from(links);
        match grouped.remove(&(id, number)) {
            Some(members) => links.grouped(members),
            None => links,
        }
    });
    Table {
        present: draft.present,
        links: links.collect(),
        columns: draft.columns,
        ids: draft.ids,
        file: Arc::from(draft.file),
        lines: draft.lines,
    }
}

fn mark(drafts: &mut [Draft], entity: EntityId, row: usize) -> bool {
    match drafts.get_mut(entity).and_then(|d| d.bad.get_mut(row)) {
        Some(bad) => !std::mem::replace(bad, true),
        None => false,
    }
}

/// Some rows of a column.
pub(super) fn take(column: &Column, rows: &[usize]) -> Column {
    fn pick<T: Copy + Send + Sync + 'static>(values: &[T], rows: &[usize]) -> Shared<T> {
        rows.iter().filter_map(|&r| values.get(r).copied()).collect()
    }
    let cells = match column.cells() {
        Cells::Bool(bits) => Cells::Bool(rows.iter().map(|&r| bits.get(r)).collect()),
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
    let known = column.known().map(|k| rows.iter().map(|&r| k.get(r)).collect());
    Column::new(cells, known)
}
