//! How many outcomes are unknown or in error, and which inputs are missing: `57 inconnus, dont 40 par
//! `revenus_12_mois``.

use std::collections::BTreeMap;

use logis::data::Dataset;
use logis::evaluate::possible::{MissingCell, MissingInput};
use logis::evaluate::{Decisions, Outcome};
use logis::explain::{Missing, Words, missing};
use logis::pack::schema::EntityId;
use logis::plan::Plan;

use crate::text::count;

/// Missing inputs that are named; of others it is said how many there are.
const NAMED: usize = 6;

/// What was counted of decisions.
#[derive(Debug, Default)]
pub struct Counted {
    outcomes: usize,
    unknown: usize,
    errors: usize,
    /// By input: how many outcomes it leaves open, alone or with others. A parameter has no entity.
    by: BTreeMap<(Option<EntityId>, MissingCell), usize>,
}

impl Counted {
    /// Counts the outcomes of a part.
    pub fn add(&mut self, decisions: &Decisions) {
        for column in &decisions.columns {
            self.outcomes += column.len();
            for (_, outcome) in column.odd_rows() {
                match outcome {
                    Outcome::Known(_) => {}
                    Outcome::Error(_) => self.errors += 1,
                    Outcome::Unknown(cells) => {
                        self.unknown += 1;
                        // One input may be missing of several rows of an outcome.
                        let mut kinds: Vec<_> = cells.iter().map(kind).collect();
                        kinds.sort_unstable();
                        kinds.dedup();
                        for kind in kinds {
                            *self.by.entry(kind).or_default() += 1;
                        }
                    }
                }
            }
        }
    }

    /// One line, if there is something to say; inputs by the names of the pack, or by their labels.
    pub fn line(&self, plan: &Plan, labels: bool) -> Option<String> {
        if self.unknown + self.errors == 0 {
            return None;
        }
        let mut parts = Vec::new();
        if self.unknown > 0 {
            let s = if self.unknown == 1 { "inconnu" } else { "inconnus" };
            parts.push(format!("{} {s}{}", count(self.unknown), self.inputs(plan, labels)));
        }
        if self.errors > 0 {
            let s = if self.errors == 1 { "erreur" } else { "erreurs" };
            parts.push(format!("{} {s}", count(self.errors)));
        }
        Some(format!("{} résultats: {}", count(self.outcomes), parts.join(" ; ")))
    }

    fn inputs(&self, plan: &Plan, labels: bool) -> String {
        let words = Words::new(plan);
        let mut all: Vec<(usize, String)> =
            self.by.iter().map(|(kind, n)| (*n, name(plan, &words, *kind, labels))).collect();
        all.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let more = all.len().saturating_sub(NAMED);
        let mut told: Vec<String> =
            all.iter().take(NAMED).map(|(n, name)| format!("{} par {name}", count(*n))).collect();
        if more > 0 {
            told.push(format!(
                "d'autres par {more} {}",
                if more == 1 { "autre donnée" } else { "autres données" }
            ));
        }
        if told.is_empty() { String::new() } else { format!(", dont {}", told.join(", ")) }
    }
}

fn kind(cell: &MissingInput) -> (Option<EntityId>, MissingCell) {
    match cell.what {
        MissingCell::Parameter(_) => (None, cell.what),
        _ => (Some(cell.entity), cell.what),
    }
}

/// What an input is called.
fn name(
    plan: &Plan,
    words: &Words<'_>,
    (entity, what): (Option<EntityId>, MissingCell),
    labels: bool,
) -> String {
    let cell = MissingInput { entity: entity.unwrap_or_default(), row: 0, what };
    // The row does not matter: there are none.
    let name = match missing(plan, &Dataset::default(), &cell) {
        Missing::Field { field, .. } => field,
        Missing::Relation { column, .. } => column,
        Missing::Parameter { parameter, .. } | Missing::Local { parameter } => parameter,
        Missing::Rule { rule, .. } => rule,
        Missing::Words { words } => words,
        other => other.to_string(),
    };
    match labels {
        true => format!("« {} »", words.label(&name)),
        false => format!("`{name}`"),
    }
}
