//! What reading data found, told on the standard error: faults by kind, columns that are not there, rows
//! that were left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, bail};
use logis::Pack;
use logis::data::{self, Absent, Dataset, Issue, Needs};
use logis::pack::schema::{EntityId, FieldId, Origin};
use logis::plan::Plan;
use logis::value::Value;

use crate::args::ReadingArgs;
use crate::output;

/// Outcomes that a warning names.
const NAMED: usize = 12;

/// What was found while reading, of all parts.
#[derive(Debug, Default)]
pub struct Told {
    issues: Vec<Issue>,
    absent: Vec<Absent>,
    dropped: BTreeMap<EntityId, usize>,
    /// By entity: the rows that are left.
    rows: BTreeMap<EntityId, usize>,
}

impl Told {
    /// Adds what was found in one part.
    pub fn part(
        &mut self,
        issues: Vec<Issue>,
        absent: Vec<Absent>,
        dropped: BTreeMap<EntityId, usize>,
        dataset: &Dataset,
    ) {
        self.issues.extend(issues);
        for one in absent {
            if !self.absent.contains(&one) {
                self.absent.push(one);
            }
        }
        for (entity, rows) in dropped {
            *self.dropped.entry(entity).or_default() += rows;
        }
        for (entity, table) in dataset.tables.iter().enumerate() {
            *self.rows.entry(entity).or_default() += table.rows();
        }
    }
}

static LEFT_OUT: AtomicBool = AtomicBool::new(false);

/// Did this run leave out rows of its data? Then its answer is not all of what was asked: exit code 1.
pub fn left_rows_out() -> bool {
    LEFT_OUT.load(Ordering::Relaxed)
}

/// Tells what was found. Errors stop the command unless it is to keep going, and then too if nothing is
/// left to decide.
pub fn report(pack: &Pack, told: &Told, needs: &Needs, plans: &[&Plan], args: &ReadingArgs) -> Result<()> {
    // What is said of a whole table is said for every part of it.
    let mut said = BTreeSet::new();
    let places = |issue: &&Issue| issue.line.is_some_and(|line| line > 1) || said.insert(issue.to_string());
    let issues: Vec<Issue> = told.issues.iter().filter(places).cloned().collect();
    let errors = issues.iter().filter(|i| i.is_error()).count();
    for kind in data::by_kind(&issues) {
        let level = if kind.first.is_error() { "erreur" } else { "avertissement" };
        eprintln!("{level}: {kind}");
    }
    if !told.absent.is_empty() {
        let absent = absent(pack, &told.absent, plans);
        if !absent.is_empty() {
            eprintln!("avertissement: {absent}");
        }
    }
    if let Some(path) = &args.rejects {
        output::bytes_to(&data::to_csv(&data::rejects(&issues))?, Some(path), false)?;
    }
    if errors > 0 && !args.keep_going {
        bail!("{errors} erreur(s) dans les données; pour continuer avec les lignes justes: --keep-going");
    }
    let schema = &pack.parsed().schema;
    let table = |id: &EntityId| match schema.entities.get(*id).map(|e| &e.origin) {
        Some(Origin::Data { table }) => table.clone(),
        _ => String::new(),
    };
    let emptied =
        |id: &&EntityId| told.dropped.contains_key(id) && told.rows.get(id).copied().unwrap_or(0) == 0;
    if let Some(id) = needs.decided.iter().find(emptied) {
        bail!("{errors} erreur(s) dans les données: il ne reste aucune ligne de `{}`", table(id));
    }
    if errors > 0 {
        LEFT_OUT.store(true, Ordering::Relaxed);
        let dropped: Vec<String> =
            told.dropped.iter().map(|(id, rows)| format!("{rows} ligne(s) de `{}`", table(id))).collect();
        let dropped = if dropped.is_empty() { "aucune ligne".to_string() } else { dropped.join(", ") };
        eprintln!("{errors} erreur(s): écartées, avec ce qui en dépend: {dropped}");
    }
    Ok(())
}

/// The columns that are not there, and the outcomes that this may leave open. A column that nothing reads, given
/// what the other absent columns are read as, is not named.
fn absent(pack: &Pack, absent: &[Absent], plans: &[&Plan]) -> String {
    let schema = &pack.parsed().schema;
    // An empty cell is a known nothing, or a known value, to all fields that read the column, or to one of them: to
    // that which tells an empty cell.
    let none = |f: &usize| schema.fields.get(*f).is_some_and(|f| f.empty_is_none);
    let nothing = |a: &&Absent| !a.fields.is_empty() && a.fields.iter().all(none);
    let known: BTreeMap<FieldId, Value> = absent
        .iter()
        .flat_map(|a| &a.fields)
        .filter_map(|f| Some((*f, schema.fields.get(*f)?.empty()?)))
        .collect();
    let mut open: Vec<&str> = Vec::new();
    let mut read = vec![false; absent.len()];
    for plan in plans {
        let given = plan.given(&known);
        for (name, node) in &plan.selected {
            let (fields, relations) = given.inputs([*node]);
            let crosses = |entity: EntityId| {
                relations.iter().any(|(child, number)| {
                    let relation = schema.entities.get(*child).and_then(|e| e.belongs_to.get(*number));
                    relation.is_some_and(|r| r.target == entity)
                })
            };
            for (a, read) in absent.iter().zip(&mut read) {
                let reads = !a.fields.is_disjoint(&fields)
                    || !a.relations.is_disjoint(&relations)
                    || a.column.is_empty() && crosses(a.entity);
                *read |= reads;
                if reads && !nothing(&a) && !open.contains(&name.as_str()) {
                    open.push(name);
                }
            }
        }
    }
    let all = || absent.iter().zip(read.iter().map(|read| plans.is_empty() || *read));
    let unknown = by_file(all().filter(|(a, read)| *read && !nothing(a)).map(|(a, _)| a));
    let is_empty = |(a, read): &(&Absent, bool)| nothing(a) || !read && a.fields.iter().any(none);
    let empty = by_file(all().filter(is_empty).map(|(a, _)| a));
    let mut text = String::new();
    if unknown.is_empty() && empty.is_empty() {
        return text;
    }
    if !unknown.is_empty() {
        let _ = write!(text, "colonnes absentes, donc inconnues: {unknown}");
    }
    if !empty.is_empty() {
        let and = if text.is_empty() { "" } else { " ; " };
        let _ = write!(text, "{and}colonnes absentes, lues comme vides: {empty}");
    }
    if plans.is_empty() {
        text.push_str(" ; les règles qui les lisent peuvent rester sans réponse");
    } else if !open.is_empty() {
        let shown: Vec<&str> = open.iter().take(NAMED).copied().collect();
        let more = if open.len() > NAMED { format!("… ({} en tout)", open.len()) } else { String::new() };
        let _ = write!(text, " ; peuvent rester sans réponse: {}{more}", shown.join(", "));
    }
    if !unknown.is_empty() {
        text.push_str(" ; pour les exiger: --strict");
    }
    text
}

/// `demandes.csv: `rfr_n1`, `rfr_n2`; la table `employeurs` entière`
fn by_file<'a>(absent: impl Iterator<Item = &'a Absent>) -> String {
    let mut files: Vec<(&str, Vec<String>)> = Vec::new();
    let mut tables = Vec::new();
    for one in absent {
        if one.column.is_empty() {
            tables.push(format!("la table `{}` entière", one.file));
            continue;
        }
        let shown = format!("`{}`", one.column);
        match files.iter_mut().find(|(file, _)| *file == one.file) {
            Some((_, columns)) => columns.push(shown),
            None => files.push((&one.file, vec![shown])),
        }
    }
    let files = files.iter().map(|(file, columns)| format!("{file}: {}", columns.join(", ")));
    files.chain(tables).collect::<Vec<_>>().join("; ")
}
