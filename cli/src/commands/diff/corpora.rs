//! Decides the rows of a corpus by both packs: receipts, a data package (part by part where it can be read so), rows at
//! the thresholds.

use std::path::Path;

use anyhow::{Result, bail};
use logis::Pack;
use logis::compare::{Comparison, Pair, Structure};
use logis::data::{self, Dataset, InputFile, Needs, NotInOrder, ReadOutcome, Stream};
use logis::pack::schema::Origin;
use logis::parts::read_ahead;

use super::DiffArgs;
use super::asked::{dates, needs};
use super::rests::Rests;
use crate::commands::receipt_file::for_each_part;
use crate::input;

/// Rows decided at a time when a package is read part by part.
const PART: usize = 1 << 14;

/// Compares over receipts, which must be as they were written.
pub(super) fn receipts(comparison: &mut Comparison<'_>, name: &str, path: &Path) -> Result<()> {
    let check = for_each_part(path, |part| {
        if !part.flaws.is_empty() {
            let lines = part.flaws.iter().take(20);
            let lines: Vec<String> =
                lines.map(|(line, flaw)| format!("{}:{line}: {flaw}", path.display())).collect();
            bail!("{}", lines.join("\n"));
        }
        comparison.receipts(name, &part.receipts);
        Ok(())
    })?;
    if check.unsealed() > 0 {
        comparison.note([format!(
            "{name}: {} reçus sans sceau: rien ne dit qu'ils n'ont pas été modifiés",
            check.unsealed()
        )]);
    }
    Ok(())
}

/// Compares over a data package.
pub(super) fn package(
    comparison: &mut Comparison<'_>,
    args: &DiffArgs,
    structure: &Structure,
    (name, path): (&str, &Path),
    rests: &mut Rests<'_>,
) -> Result<()> {
    // Of a large package only the small files are read to know its date.
    let about: Vec<InputFile> = match std::fs::read(path.join("paquet.toml")) {
        Ok(bytes) => vec![InputFile { name: "paquet.toml".to_string(), bytes }],
        Err(_) => Vec::new(),
    };
    let mut pairs: Vec<Pair> = Vec::new();
    for date in dates(args, structure, &about)? {
        pairs.extend(comparison.pairs(date));
    }
    let head = comparison.head;
    let schema = &head.parsed().schema;
    let mut entities: Vec<usize> = Vec::new();
    for pair in &pairs {
        if !entities.contains(&pair.head.entity) {
            entities.push(pair.head.entity);
        }
    }
    let mut whole: Vec<Pair> = Vec::new();
    for entity in entities {
        let own: Vec<Pair> = pairs.iter().filter(|pair| pair.head.entity == entity).cloned().collect();
        let declared = schema.entities.get(entity);
        if let Some(Origin::Pair(..)) = declared.map(|e| &e.origin)
            && args.select.is_empty()
        {
            let name = declared.map_or("", |e| e.name.as_str());
            comparison
                .note([format!("`{name}`: les paires ne sont décidées que par les cas; sinon --select")]);
            continue;
        }
        let before = (comparison.clone(), rests.clone());
        if !by_part(comparison, args, (name, path), entity, &own, rests)? {
            (*comparison, *rests) = before;
            whole.extend(own);
        }
    }
    if whole.is_empty() {
        return Ok(());
    }
    let files = input::files(path)?;
    let needs = needs(args, &whole, true);
    let new = input::dataset_for(comparison.head, files.clone(), &needs, &[], &args.reading)?;
    let old = match comparison.reads_the_same {
        true => None,
        false => Some(input::dataset_for(
            comparison.base,
            files,
            &super::asked::needs(args, &whole, false),
            &[],
            &args.reading,
        )?),
    };
    let busy = crate::text::busy("comparaison");
    for pair in &whole {
        let present = |dataset: &Dataset, entity: usize| {
            let pair = matches!(schema.entities.get(entity).map(|e| &e.origin), Some(Origin::Pair(..)));
            pair || dataset.tables.get(entity).is_some_and(|t| t.present)
        };
        if !present(&new, pair.head.entity) {
            comparison.note([format!(
                "{name}: aucune table de `{}`: ses règles n'y sont pas décidées",
                pair.entity
            )]);
            continue;
        }
        comparison.rows(name, pair, old.as_ref().unwrap_or(&new), &new);
    }
    rests.places(&whole, &new);
    comparison.end_part();
    drop(busy);
    Ok(())
}

/// Compares over rows at the thresholds of both packs, as of the days from which something is otherwise.
pub(super) fn boundaries(
    comparison: &mut Comparison<'_>,
    args: &DiffArgs,
    structure: &Structure,
) -> Result<()> {
    let (base, head) = (comparison.base, comparison.head);
    for date in dates(args, structure, &[])? {
        for pair in comparison.pairs(date) {
            let declared = head.parsed().schema.entities.get(pair.head.entity);
            if let Some(Origin::Pair(..)) = declared.map(|e| &e.origin) {
                continue;
            }
            let names: Vec<&str> = pair.names.iter().map(String::as_str).collect();
            for (corpus, pack) in [("seuils d'avant", base), ("seuils d'après", head)] {
                let found = logis::boundaries::boundaries(pack, date, &names)?;
                let tables = found.tables(pack);
                let files = tables.iter().map(|table| {
                    Ok(InputFile { name: format!("{}.csv", table.name), bytes: data::to_csv(table)? })
                });
                let files = files.collect::<Result<Vec<InputFile>>>()?;
                // Of another schema, what it does not take is left out: the thresholds are made for one pack.
                let read = |pack: &Pack| {
                    let parsed = pack.parsed();
                    data::read(&parsed.schema, &parsed.references, files.clone(), &Needs::default()).dataset
                };
                let new = read(head);
                if comparison.reads_the_same {
                    comparison.rows(corpus, &pair, &new, &new);
                } else {
                    comparison.rows(corpus, &pair, &read(base), &new);
                }
                comparison.end_part();
            }
        }
    }
    Ok(())
}

/// Compares over a data package part by part, in bounded memory; false if the package cannot be read so.
fn by_part(
    comparison: &mut Comparison<'_>,
    args: &DiffArgs,
    (name, path): (&str, &Path),
    entity: usize,
    pairs: &[Pair],
    rests: &mut Rests<'_>,
) -> Result<bool> {
    let Some(new) = open(args, comparison.head, path, entity, pairs, true)? else { return Ok(false) };
    let old = match comparison.reads_the_same {
        true => None,
        false => {
            let Some(entity) = pairs.first().map(|pair| pair.base.entity) else { return Ok(false) };
            let Some(old) = open(args, comparison.base, path, entity, pairs, false)? else {
                return Ok(false);
            };
            Some(old)
        }
    };
    let busy = crate::text::busy("comparaison");
    let mut told = input::Told::default();
    let (mut new, mut old) = (new, old);
    let mut over = false;
    let reader = std::iter::from_fn(move || {
        let parts = if over { Ok(None) } else { next(&mut new, old.as_mut()) };
        over = !matches!(parts, Ok(Some(_)));
        parts.transpose()
    });
    // One thread reads ahead of the others that decide.
    let read = read_ahead(reader, |parts| {
        for parts in parts {
            let Ok((new, old)) = parts else { return false };
            told.part(new.issues, new.absent, new.dropped, &new.dataset);
            for pair in pairs {
                comparison.rows(name, pair, old.as_ref().map_or(&new.dataset, |p| &p.dataset), &new.dataset);
            }
            rests.places(pairs, &new.dataset);
            comparison.end_part();
        }
        true
    });
    drop(busy);
    if !read {
        return Ok(false);
    }
    input::report(comparison.head, &told, &needs(args, pairs, true), &[], &args.reading)?;
    Ok(true)
}

/// The next part, and the same rows as the base reads them, if it does otherwise.
fn next(
    new: &mut Stream<'_>,
    old: Option<&mut Stream<'_>>,
) -> Result<Option<(ReadOutcome, Option<ReadOutcome>)>, NotInOrder> {
    let part = new.next_part()?;
    match old {
        None => Ok(part.map(|part| (part, None))),
        Some(old) => match (part, old.next_part()?) {
            (Some(part), Some(other)) => Ok(Some((part, Some(other)))),
            (None, None) => Ok(None),
            _ => Err(NotInOrder),
        },
    }
}

/// Opens a package to be read part by part, if it can be.
fn open<'p>(
    args: &DiffArgs,
    pack: &'p Pack,
    path: &Path,
    entity: usize,
    pairs: &[Pair],
    head: bool,
) -> Result<Option<Stream<'p>>> {
    if !path.is_dir() {
        return Ok(None);
    }
    let Some(parts) = input::parts(path, pack, entity)? else { return Ok(None) };
    let Some(streamed) = parts.open()? else { return Ok(None) };
    let parsed = pack.parsed();
    let needs = needs(args, pairs, head);
    Ok(Stream::open(&parsed.schema, &parsed.references, entity, streamed, parts.others, &needs, PART))
}
