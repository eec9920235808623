//! A first draft of a [mapping](super::mapping) for files of others: the nearest names and labels. What is
//! guessed is marked, what is left over is listed; a person corrects it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::cells;
use super::files::all_tables;
use super::issue::Issue;
use super::mapping::MAPPING_FILE;
use super::names::{self, Named, key};
use super::package::InputFile;
use super::raw::{Raw, RawColumn, RawTable};
use logis_language::diagnostic::nearest;
use logis_language::pack::schema::{Entity, Field, FieldKind, Schema};

/// The most values of a column that are listed.
const VALUES: usize = 60;

/// Drafts the mapping of a data package, as TOML; with what is wrong with its files.
pub fn draft_mapping(schema: &Schema, files: Vec<InputFile>) -> (String, Vec<Issue>) {
    let mut issues = Vec::new();
    let files = files.into_iter().filter(|f| f.name != MAPPING_FILE).collect();
    let tables = all_tables(schema, files, &mut issues);
    let mut text = String::from(
        "# Correspondance d'un paquet de données au schéma, à relire: `à vérifier` marque ce qui est deviné.\n\
         # [table du schéma] from = \"fichier ou feuille\"\n\
         # columns: colonne du schéma = \"en-tête du fichier\"\n\
         # values: \"valeur du fichier\" = \"valeur du schéma\"\n",
    );
    let (chosen, left) = choose(schema, &tables);
    for (name, (table, sure)) in &chosen {
        let Some((_, entity)) = names::entity(schema, name) else { continue };
        let doubt = if *sure { "" } else { "  # à vérifier" };
        let _ = writeln!(text, "\n[{name}]\nfrom = {}{doubt}", quoted(&table.name));
        columns(schema, entity, name, table, &mut text);
    }
    for table in left {
        let _ = writeln!(text, "\n# sans correspondance: {}", table.file);
    }
    let missing: Vec<&str> = schema.data_tables().filter(|t| !chosen.contains_key(t)).collect();
    if !missing.is_empty() {
        let _ = writeln!(text, "\n# tables du schéma sans fichier: {}", missing.join(", "));
    }
    (text, issues)
}

/// Which table of the schema each table is, and whether its name says so; and those that are none.
#[allow(clippy::type_complexity)]
fn choose<'s, 't>(
    schema: &'s Schema,
    tables: &'t [RawTable],
) -> (BTreeMap<&'s str, (&'t RawTable, bool)>, Vec<&'t RawTable>) {
    let mut offers: Vec<(usize, usize, &str, bool)> = Vec::new();
    for (at, table) in tables.iter().enumerate() {
        let named = names::table(schema, &table.name);
        for entity in &schema.entities {
            let logis_language::pack::schema::Origin::Data { table: name } = &entity.origin else { continue };
            let headers = pair(schema, entity, table).len();
            let own = match named {
                Named::Exactly(own) if own == name => 2_000,
                Named::Within(own) if own == name => 1_000,
                _ => 0,
            };
            // Two columns in common may be by chance.
            if own > 0 || headers >= 3 {
                offers.push((own + headers, at, name, own > 0));
            }
        }
    }
    offers.sort_by_key(|(score, at, name, _)| (std::cmp::Reverse(*score), *at, *name));
    let (mut chosen, mut taken) = (BTreeMap::new(), BTreeSet::new());
    for (_, at, name, sure) in offers {
        if let Some(table) = tables.get(at)
            && !taken.contains(&at)
            && !chosen.contains_key(name)
        {
            taken.insert(at);
            chosen.insert(name, (table, sure));
        }
    }
    let left = tables.iter().enumerate().filter(|(at, _)| !taken.contains(at)).map(|(_, t)| t).collect();
    (chosen, left)
}

/// The header of each column, and whether it names it, for the columns that a header is near to.
fn pair<'s>(schema: &'s Schema, entity: &'s Entity, table: &RawTable) -> BTreeMap<&'s str, (usize, bool)> {
    let places = names::places(schema, entity, &table.headers);
    let mut found: BTreeMap<&str, (usize, bool)> =
        places.at.iter().map(|(c, at)| (*c, (*at, true))).collect();
    let mut taken: BTreeSet<usize> = found.values().map(|(at, _)| *at).collect();
    taken.extend(places.twice.iter().map(|(at, _)| *at));
    let mut offers = Vec::new();
    for (name, column) in names::columns(schema, entity) {
        for (at, header) in table.headers.iter().enumerate().filter(|(at, _)| !taken.contains(at)) {
            let likeness = likeness(&name, &key(header));
            if likeness >= 500 {
                offers.push((std::cmp::Reverse(likeness), column, at));
            }
        }
    }
    offers.sort_unstable();
    for (_, column, at) in offers {
        if !taken.contains(&at) && !found.contains_key(column) {
            taken.insert(at);
            found.insert(column, (at, false));
        }
    }
    found
}

/// How alike two names are, in thousandths: the words in common of those that are in either, or how
/// few letters differ.
fn likeness(a: &str, b: &str) -> u32 {
    if nearest(a, [b]).is_some() {
        return 900;
    }
    let words = |text: &str| -> BTreeSet<String> {
        let small = ["de", "du", "des", "la", "le", "les", "l", "d", "a", "au", "un", "une", "en"];
        text.split(' ').filter(|w| !w.is_empty() && !small.contains(w)).map(str::to_string).collect()
    };
    let (a, b) = (words(a), words(b));
    let (both, either) = (a.intersection(&b).count() as u32, a.union(&b).count().max(1) as u32);
    // All words of a long label in few of a header, or the reverse, are a hint as well.
    let within = a.len().min(b.len()) as u32;
    let part = if within >= 2 && both == within { 600 } else { 0 };
    (both * 1000 / either).max(part)
}

fn columns(schema: &Schema, entity: &Entity, name: &str, table: &RawTable, text: &mut String) {
    let found = pair(schema, entity, table);
    let field = |column: &str| schema.field_of_column(entity, column);
    let _ = writeln!(text, "[{name}.columns]");
    let mut values = String::new();
    let mut missing = Vec::new();
    for column in names::own_columns(schema, entity) {
        let label = field(column).map_or("", |f| f.label.as_str());
        let Some(&(at, sure)) = found.get(column) else {
            missing.push(format!("# {column} = \"\"  # {label}\n"));
            continue;
        };
        let header = table.headers.get(at).map_or("", String::as_str);
        let doubt = if sure { "" } else { "à vérifier: " };
        let comment =
            if doubt.is_empty() && label.is_empty() { String::new() } else { format!("  # {doubt}{label}") };
        let _ = writeln!(text, "{column} = {}{comment}", quoted(header));
        if let (Some(field), Some(cells)) = (field(column), table.columns.get(at)) {
            list(name, field, cells, &mut values);
        }
    }
    for line in missing {
        text.push_str(&line);
    }
    let used: BTreeSet<usize> = found.values().map(|(at, _)| *at).collect();
    let left: Vec<String> = table
        .headers
        .iter()
        .enumerate()
        .filter(|(at, header)| !used.contains(at) && !header.is_empty())
        .map(|(_, header)| quoted(header))
        .collect();
    if !left.is_empty() {
        let _ = writeln!(text, "# en-têtes sans correspondance: {}", left.join(", "));
    }
    text.push_str(&values);
}

/// The values of a closed list that are not of it, each with the nearest that is.
fn list(name: &str, field: &Field, cells: &RawColumn, text: &mut String) {
    let FieldKind::Enum(values) = &field.kind else { return };
    let mut unknown = BTreeSet::new();
    for row in 0..cells.len() {
        let cell = cells.get(row);
        if cell != Raw::Empty && unknown.len() <= VALUES && !unknown.contains(&cell.shown()) {
            let mut fits = true;
            cells::column(field, &RawColumn::Cells(vec![cell.clone()]), None, |_, _| fits = false);
            if !fits {
                unknown.insert(cell.shown());
            }
        }
    }
    if unknown.is_empty() {
        return;
    }
    let _ = writeln!(text, "[{name}.values.{}]  # parmi: {}", field.column, values.join(", "));
    for value in unknown.iter().take(VALUES) {
        let best = values
            .iter()
            .map(|v| (likeness(&key(v), &key(value)), v.as_ref()))
            .max_by_key(|(likeness, _)| *likeness)
            .filter(|(likeness, _)| *likeness >= 500);
        let _ = match best {
            Some((_, near)) => writeln!(text, "{} = {}  # à vérifier", quoted(value), quoted(near)),
            None => writeln!(text, "# {} = \"\"", quoted(value)),
        };
    }
    if unknown.len() > VALUES {
        let _ = writeln!(text, "# et d'autres");
    }
}

/// A text as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_string()).to_string()
}
