//! From the files of a data package to its tables, before the schema gives their cells a type.

use std::collections::{BTreeMap, BTreeSet};

use super::forms::{self, Form};
use super::issue::{Issue, meant};
use super::issue_code::Code;
use super::mapping::{MAPPING_FILE, Mapping};
use super::names::{self, Named};
use super::package::InputFile;
use super::raw::RawTable;
use logis_language::diagnostic::{fold, nearest};
use logis_language::pack::schema::Schema;

/// Files of a package that hold no tables of it.
const ASIDE: [&str; 4] = ["paquet.toml", "population.toml", "calibration.csv", MAPPING_FILE];

/// What the standard input is called in messages. A file of this name, the name of a table in brackets and
/// the ending of a form (`entrée standard[demandes].csv`) is that table.
pub const STANDARD_INPUT: &str = "entrée standard";

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
    let mapping = Mapping::of(schema, &files, issues);
    // What a mapping says of a name goes before the name.
    let named = |name: &str| match mapping.table(schema, name) {
        Some(table) => Named::Exactly(table),
        None => names::table(schema, name),
    };
    let expected = |name: &str| match named(name).table() {
        Some(table) => names::expected(schema, table).into_iter().chain(mapping.headers(table)).collect(),
        None => Vec::new(),
    };
    let mut all: Vec<Found> = Vec::new();
    let mut tried: BTreeSet<&str> = BTreeSet::new();
    // A file with a table's own name goes before one that only resembles it.
    let own: BTreeSet<&str> = files
        .iter()
        .filter_map(|file| match named(Form::of(&file.name).0) {
            Named::Exactly(name) => Some(name),
            _ => None,
        })
        .collect();
    for file in files {
        let (stem, form) = Form::of(&file.name);
        if ASIDE.contains(&file.name.as_str()) || fold(stem).starts_with("readme") {
            continue;
        }
        let this = match named(stem) {
            Named::Within(name) if stem.starts_with(STANDARD_INPUT) => Named::Exactly(name),
            Named::Within(name) if own.contains(name) => Named::No,
            other => other,
        };
        let name = this.table();
        let before = issues.len();
        let tables: Vec<RawTable> = match (form, name) {
            (Some(Form::Csv), Some(name)) => {
                forms::csv(name, &file, &expected(stem), issues).into_iter().collect()
            }
            (Some(Form::Parquet), Some(name)) => forms::parquet(name, file, issues).into_iter().collect(),
            (Some(Form::Json), name) => forms::json(schema, name, &file, issues),
            (Some(Form::Workbook), _) => forms::workbook(&file, &expected, issues),
            _ => {
                let near = nearest(stem, names.iter().copied());
                issues.push(Issue::warning(
                    Code::UnknownTable,
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
        let sheet = form == Some(Form::Workbook);
        all.extend(tables.into_iter().map(|table| Found {
            // A table within a file has a name of its own.
            named: match this.table() {
                Some(name) if !sheet && name == table.name => this,
                _ => named(&table.name),
            },
            table,
            sheet,
        }));
    }
    let mut chosen = choose(&names, all, issues);
    for (name, table) in &mut chosen {
        mapping.apply(name, table, issues);
    }
    (chosen, tried)
}

/// Every table of the files of a package, by the names that the files give them.
pub(super) fn all_tables(schema: &Schema, files: Vec<InputFile>, issues: &mut Vec<Issue>) -> Vec<RawTable> {
    let every: Vec<String> = schema.data_tables().flat_map(|t| names::expected(schema, t)).collect();
    let expected = |_: &str| every.clone();
    let mut all = Vec::new();
    for file in files {
        let (stem, form) = Form::of(&file.name);
        match form {
            _ if ASIDE.contains(&file.name.as_str()) || fold(stem).starts_with("readme") => {}
            Some(Form::Csv) => all.extend(forms::csv(stem, &file, &every, issues)),
            Some(Form::Parquet) => {
                let name = stem.to_string();
                all.extend(forms::parquet(&name, file, issues));
            }
            Some(Form::Json) => {
                let table = names::table(schema, stem).table();
                all.extend(forms::json(schema, table, &file, issues));
            }
            Some(Form::Workbook) => all.extend(forms::workbook(&file, &expected, issues)),
            None => {}
        }
    }
    all
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
                issues.push(Issue::warning(
                    Code::ResemblingTable,
                    &table.file,
                    format!("{what} comme la table `{name}`"),
                ));
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
                    issues.push(Issue::warning(Code::UnknownTable, &table.file, message));
                }
                continue;
            }
        };
        match chosen.get(name) {
            Some(first) => issues.push(Issue::error(
                Code::TableTwice,
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
