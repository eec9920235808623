//! What reading data found, told on the standard error: faults by kind, columns that are not there, rows
//! that were left out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, bail};
use logis::data::{self, Absent, Dataset, Issue, Needs};
use logis::pack::schema::{EntityId, Origin};
use logis::places::Places;
use logis::plan::Plan;
use logis::{LeftOpen, Pack};

use crate::args::ReadingArgs;
use crate::output;

static PART: OnceLock<String> = OnceLock::new();

/// Says in every message from now on of which part of the rows it is.
pub fn name_part(share: &data::Share) {
    let _ = PART.set(format!(" (partie {share})"));
}

/// Behind the level of a message: of which part of the rows it is, if a part is all that is decided.
pub fn of_part() -> &'static str {
    PART.get().map_or("", String::as_str)
}

/// What was found while reading, of all parts.
#[derive(Debug, Default)]
pub struct Told {
    issues: Vec<Issue>,
    absent: Vec<Absent>,
    dropped: BTreeMap<EntityId, usize>,
    /// By entity: the rows that are left.
    rows: BTreeMap<EntityId, usize>,
    /// Where the rows are, if what absent columns do depends on it.
    places: Option<Places>,
    /// Are there rows that were not looked at? Then that none is left says nothing of the whole.
    pub of_some: bool,
}

impl Told {
    /// Notes how many rows a package had of which only some are decided here: that none of these is left says nothing
    /// of the whole.
    pub fn whole(&mut self, dataset: &Dataset) {
        self.part(Vec::new(), Vec::new(), BTreeMap::new(), dataset);
    }

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

impl Told {
    /// Notes where the rows of a part are, if what the absent columns do to these plans depends on it. Of every part, before
    /// it is told.
    pub fn place(&mut self, pack: &Pack, plans: &[&Plan], dataset: &Dataset) {
        let parsed = pack.parsed();
        if self.places.is_none() && !LeftOpen::is_local(&parsed.schema, &self.absent, plans) {
            return;
        }
        self.places.get_or_insert_default().add_all(parsed, dataset);
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
        eprintln!("{level}{}: {kind}", of_part());
    }
    if !told.absent.is_empty() {
        let schema = &pack.parsed().schema;
        let absent = match &told.places {
            Some(places) => LeftOpen::here(schema, &told.absent, plans, places),
            None => LeftOpen::of(schema, &told.absent, plans),
        };
        if !absent.is_empty() {
            let demand =
                if absent.unknown.is_empty() || args.strict { "" } else { " ; pour les exiger: --strict" };
            eprintln!("avertissement{}: {absent}{demand}", of_part());
        }
    }
    if let Some(path) = &args.rejects {
        output::bytes_to(&args.rejects_format.bytes(&data::rejects(&issues))?, Some(path), false)?;
    }
    if errors > 0 && !args.keep_going {
        bail!(
            "{errors} erreur(s) dans les données{}; pour continuer avec les lignes justes: --keep-going",
            of_part()
        );
    }
    let schema = &pack.parsed().schema;
    let table = |id: &EntityId| match schema.entities.get(*id).map(|e| &e.origin) {
        Some(Origin::Data { table }) => table.clone(),
        _ => String::new(),
    };
    let emptied = |id: &&EntityId| {
        !told.of_some && told.dropped.contains_key(id) && told.rows.get(id).copied().unwrap_or(0) == 0
    };
    if let Some(id) = needs.decided.iter().find(emptied) {
        bail!("{errors} erreur(s) dans les données: il ne reste aucune ligne de `{}`", table(id));
    }
    if errors > 0 {
        LEFT_OUT.store(true, Ordering::Relaxed);
        let dropped: Vec<String> =
            told.dropped.iter().map(|(id, rows)| format!("{rows} ligne(s) de `{}`", table(id))).collect();
        let dropped = if dropped.is_empty() { "aucune ligne".to_string() } else { dropped.join(", ") };
        eprintln!("{errors} erreur(s){}: écartées, avec ce qui en dépend: {dropped}", of_part());
    }
    Ok(())
}
