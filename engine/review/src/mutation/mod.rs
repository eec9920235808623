//! Mutation of rules: which slips in the rules and their parameters would no case notice?
//!
//! Each mutant has one change, made to the plans of the cases that reach its place; those cases are
//! decided again. A case whose outcome is no longer as expected notices: it *kills* the mutant.

mod changes;
mod edit;
mod reached;
mod tables;

use std::collections::BTreeMap;

use rayon::prelude::*;

use crate::testing::groups::groups;
pub use edit::{Kind, Mutant};
use logis_data::Dataset;
use logis_language::Pack;
use logis_language::diagnostic::PackError;
use logis_language::pack::mutants::Accepted;
use logis_language::plan::Apart;
use reached::{Reached, failing};

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A case notices: its place.
    Killed(String),
    /// No case notices, though some reach it.
    Survived,
    /// No case even reaches it.
    Unreached,
}

/// What became of all mutants.
#[derive(Clone, Debug)]
pub struct Report {
    /// In the order of the files.
    pub mutants: Vec<(Mutant, Fate)>,
    /// For each that is alive and accepted in `mutants.toml`: its number and the reason.
    pub accepted: BTreeMap<usize, String>,
    /// Entries of `mutants.toml` that no living mutant is like, and why.
    pub stale: Vec<(Accepted, String)>,
}

impl Report {
    /// How many mutants were killed.
    pub fn killed(&self) -> usize {
        self.mutants.iter().filter(|(_, fate)| matches!(fate, Fate::Killed(_))).count()
    }

    /// Killed mutants in percent of all, rounded down to tenths; 100 if there are none. Accepted ones count
    /// as alive.
    pub fn score(&self) -> f64 {
        let per_mille = (self.killed() * 1000).checked_div(self.mutants.len()).unwrap_or(1000);
        f64::from(u32::try_from(per_mille).unwrap_or(0)) / 10.0
    }

    /// The mutants that are alive and not accepted.
    pub fn survivors(&self) -> impl Iterator<Item = &(Mutant, Fate)> {
        let alive = |(number, (_, fate)): &(usize, &(Mutant, Fate))| {
            !matches!(fate, Fate::Killed(_)) && !self.accepted.contains_key(number)
        };
        self.mutants.iter().enumerate().filter(alive).map(|(_, mutant)| mutant)
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MutationError {
    /// The cases cannot be run.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// Cases fail without any change: the places of some.
    #[error("{0} cas échoue(nt) sans aucun changement, le premier à {1}")]
    Failing(usize, String),
}

/// Runs every mutant whose rule, parameter or table has `filter` in its name or file, on all threads. The
/// report is in the order of the files, and does not depend on the number of threads.
///
/// # Errors
/// Cases that cannot be run, or that fail without any mutant.
pub fn mutate(pack: &Pack, references: &Dataset, filter: &str) -> Result<Report, MutationError> {
    let parsed = pack.parsed();
    let groups = groups(pack, references, "", Apart::Yes)?;
    let failing: Vec<String> = groups.par_iter().flat_map_iter(failing).collect();
    if let Some(first) = failing.first() {
        return Err(MutationError::Failing(failing.len(), first.clone()));
    }
    // One walk over all cases says which of them each mutant can concern.
    let reached = Reached::of(groups, references);
    let path = |file: usize| parsed.sources.get(file).map_or("", |f| f.path.as_str());
    let mut mutants = changes::changes(parsed);
    mutants.extend(tables::of_texts(parsed));
    mutants.extend(tables::of_parameters(parsed));
    mutants.extend(tables::of_references(parsed, references, &reached.references()));
    mutants.retain(|m| m.name.contains(filter) || path(m.span.file).contains(filter));
    mutants.sort_by_key(|m| (m.span.file, m.span.range.start, m.kind));
    let mutants: Vec<(Mutant, Fate)> = mutants
        .into_par_iter()
        .map(|mutant| {
            let fate = reached.fate(&mutant.edit, &mutant.span);
            (mutant, fate)
        })
        .collect();
    let mut report = Report { mutants, accepted: BTreeMap::new(), stale: Vec::new() };
    report.accept(&parsed.unseen.mutants, filter.is_empty());
    Ok(report)
}

impl Report {
    /// Matches the mutants alive with the entries of `mutants.toml`. Entries that match none are told only if
    /// all mutants were run (`whole`).
    fn accept(&mut self, accepted: &[Accepted], whole: bool) {
        for entry in accepted {
            let like = |m: &Mutant| {
                m.name == entry.name
                    && (entry.from.is_none() || entry.from == m.from)
                    && entry.change.as_ref().is_none_or(|change| *change == m.change)
            };
            // An entry without a change accepts every mutant of its rule or table.
            let (mut all, mut alive) = (0, 0);
            for (number, (mutant, fate)) in self.mutants.iter().enumerate().filter(|(_, (m, _))| like(m)) {
                all += 1;
                if !matches!(fate, Fate::Killed(_)) {
                    alive += 1;
                    self.accepted.entry(number).or_insert_with(|| entry.reason.clone());
                    let _ = mutant;
                }
            }
            if whole && alive == 0 {
                let why = if all == 0 { "n'existe plus" } else { "ne survit plus : un cas le tue" };
                self.stale.push((entry.clone(), why.to_string()));
            }
        }
    }
}
