//! From the files of a data package to its tables, before the schema gives their cells a type.

use std::collections::{BTreeMap, BTreeSet};

use super::issue::{Issue, meant};
use super::names::{self, Named};
use super::raw::RawTable;
use super::read::InputFile;
use super::{book, csv_file, parquet_file};
use crate::diagnostic::{fold, nearest};
use crate::pack::schema::Schema;

/// Files of a package that hold no tables of it.
const ASIDE: [&str; 3] = ["paquet.toml", "population.toml", "calibration.csv"];

/// A table that was found, and under which of the schema's names.
struct Found<'s> {
    table: RawTable,
    named: Named<'s>,
    /// Is it one of several of its file, as a sheet is?
    sheet: bool,
}

/// Reads every file that holds tables; the rest of a folder is named once. Gives the tables, and the
/// names of those for which there is a file that does not read.
pub(super) fn raw_tables<'s>(
    schema: &'s Schema,
    files: Vec<InputFile>,
    issues: &mut Vec<Issue>,
) -> (BTreeMap<&'s str, RawTable>, BTreeSet<&'s str>) {
    let names: Vec<&str> = schema.data_tables().collect();
    let mut all: Vec<Found> = Vec::new();
    let mut tried: BTreeSet<&str> = BTreeSet::new();
    // A file with a table's own name goes before one that only resembles it.
    let own: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| match names::table(schema, split(&file.name).0) {
            Named::Exactly(name) => Some(name),
            _ => None,
        })
        .collect();
    for file in files {
        let (stem, end) = split(&file.name);
        let end = end.to_ascii_lowercase();
        if ASIDE.contains(&file.name.as_str()) || fold(stem).starts_with("readme") {
            continue;
        }
        let named = match names::table(schema, stem) {
            Named::Within(name) if own.contains(name) => Named::No,
            named => named,
        };
        let name = named.table();
        let before = issues.len();
        let tables: Vec<RawTable> = match (end.as_str(), name) {
            ("csv" | "txt" | "tsv", Some(name)) => {
                csv_file::read(name, &file.name, &file.bytes, issues).into_iter().collect()
            }
            ("parquet" | "pq", Some(name)) => {
                parquet_file::read(name, &file.name, file.bytes, issues).into_iter().collect()
            }
            (end, _) if book::ENDINGS.contains(&end) => {
                book::read(&file.name, &file.bytes, &|sheet| names::expected(schema, sheet), issues)
            }
            _ => {
                let near = nearest(stem, names.iter().copied());
                issues.push(Issue::warning(
                    &file.name,
                    format!("ce fichier n'est pas une table attendue: il n'est pas lu{}", meant(near)),
                ));
                continue;
            }
        };
        if tables.is_empty() && issues.len() > before {
            match name {
                Some(name) => tried.extend([name]),
                None => tried.extend(names.iter().copied()),
            }
        }
        let sheet = book::ENDINGS.contains(&end.as_str());
        all.extend(tables.into_iter().map(|table| Found {
            named: if sheet { names::table(schema, &table.name) } else { named },
            table,
            sheet,
        }));
    }
    (choose(&names, all, issues), tried)
}

/// Name and ending of a file.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once('.').unwrap_or((name, ""))
}

/// One table for each name: the one that has it, else the one that resembles it.
fn choose<'s>(
    names: &[&'s str],
    all: Vec<Found<'s>>,
    issues: &mut Vec<Issue>,
) -> BTreeMap<&'s str, RawTable> {
    let exact = |f: &Found<'s>| match f.named {
        Named::Exactly(name) => Some(name),
        _ => None,
    };
    let own: BTreeSet<&str> = all.iter().filter_map(exact).collect();
    let mut chosen: BTreeMap<&str, RawTable> = BTreeMap::new();
    for Found { table, named, sheet } in all {
        let name = match named {
            Named::Exactly(name) => name,
            Named::Within(name) if !own.contains(name) => {
                let what = if sheet { "cette feuille est lue" } else { "ce fichier est lu" };
                issues.push(Issue::warning(&table.file, format!("{what} comme la table `{name}`")));
                name
            }
            _ => {
                // The documentation sheet of our own templates.
                if fold(&table.name) != "dictionnaire" {
                    let near = nearest(&table.name, names.iter().copied());
                    let message = format!(
                        "cette feuille n'est pas une table attendue: elle n'est pas lue{}",
                        meant(near)
                    );
                    issues.push(Issue::warning(&table.file, message));
                }
                continue;
            }
        };
        match chosen.get(name) {
            Some(first) => issues.push(Issue::error(
                &table.file,
                format!("la table `{name}` est donnée deux fois: aussi par {}", first.file),
            )),
            None => {
                chosen.insert(name, table);
            }
        }
    }
    chosen
}
