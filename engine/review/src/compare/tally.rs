//! Differences, counted: by corpus, date, rule, kind and cause, with what they are counted by and an
//! example of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::trace::Cause;
use logis_decide::evaluate::Outcome;
use logis_decide::explain::{Explanation, Shown};
use logis_language::exchange::exact;
use logis_language::pack::script::Sense;
use logis_language::value::{Exact, Value, sub};

/// What an outcome became.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// False before, true after.
    #[serde(alias = "devient_vrai")]
    BecomesTrue,
    /// True before, false after.
    #[serde(alias = "devient_faux")]
    BecomesFalse,
    /// A larger number.
    #[serde(alias = "hausse")]
    Rises,
    /// A smaller number.
    #[serde(alias = "baisse")]
    Falls,
    /// Another date, text or list.
    #[serde(alias = "autre")]
    Other,
    /// Unknown before, decided after.
    #[serde(alias = "devient_connu")]
    BecomesKnown,
    /// Decided before, unknown after.
    #[serde(alias = "devient_inconnu")]
    BecomesUnknown,
    /// An error of the row, which was none or another.
    #[serde(alias = "erreur")]
    Error,
    /// No longer an error.
    #[serde(alias = "erreur_levee")]
    ErrorLifted,
}

/// Is a difference good for whom the row is about?
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// They gain.
    Gain,
    /// They lose.
    Loss,
    /// Neither, or it cannot be said.
    Neutral,
}

impl Kind {
    /// Its name in files of accepted differences, which are French.
    pub fn name(self) -> &'static str {
        match self {
            Kind::BecomesTrue => "devient_vrai",
            Kind::BecomesFalse => "devient_faux",
            Kind::Rises => "hausse",
            Kind::Falls => "baisse",
            Kind::Other => "autre",
            Kind::BecomesKnown => "devient_connu",
            Kind::BecomesUnknown => "devient_inconnu",
            Kind::Error => "erreur",
            Kind::ErrorLifted => "erreur_levee",
        }
    }

    /// What became of an outcome; `None` if nothing did. With by how much a number moved.
    pub fn of(before: &Outcome, after: &Outcome) -> Option<(Kind, Option<Exact>)> {
        if before.same_as(after) {
            return None;
        }
        // Errors before unknowns: what became an error is told as such, whatever it was.
        Some(match (before, after) {
            (_, Outcome::Error(_)) => (Kind::Error, None),
            (Outcome::Error(_), _) => (Kind::ErrorLifted, None),
            (Outcome::Unknown(_), _) => (Kind::BecomesKnown, None),
            (_, Outcome::Unknown(_)) => (Kind::BecomesUnknown, None),
            (Outcome::Known(before), Outcome::Known(after)) => match (before, after) {
                (Value::Bool(_), Value::Bool(true)) => (Kind::BecomesTrue, None),
                (Value::Bool(_), Value::Bool(false)) => (Kind::BecomesFalse, None),
                (Value::Number(a), Value::Number(b)) => {
                    (if a < b { Kind::Rises } else { Kind::Falls }, sub(b, a).ok())
                }
                _ => (Kind::Other, None),
            },
        })
    }

    /// Who gains: a rule says whether true, and more, is good (`sens:`).
    pub fn effect(self, sense: Sense) -> Effect {
        match (self, sense) {
            (Kind::BecomesTrue | Kind::Rises, Sense::Favourable)
            | (Kind::BecomesFalse | Kind::Falls, Sense::Unfavourable) => Effect::Gain,
            (Kind::BecomesFalse | Kind::Falls, Sense::Favourable)
            | (Kind::BecomesTrue | Kind::Rises, Sense::Unfavourable) => Effect::Loss,
            _ => Effect::Neutral,
        }
    }
}

/// A kind of difference: differences with equal keys are counted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub corpus: String,
    pub date: String,
    pub rule: String,
    pub kind: Kind,
    pub cause: Cause,
}

/// Differences of one kind.
#[derive(Clone, Debug, Default)]
pub(super) struct Count {
    pub count: u64,
    /// The sum of what numbers moved by; it stops growing where it no longer fits.
    pub total: Exact,
    /// The smallest and the largest move.
    pub ends: Option<(Exact, Exact)>,
    /// By what is counted by, then by value: how many rows.
    pub by: Vec<BTreeMap<Arc<str>, u64>>,
    /// The first row, in the base's data set and in the head's.
    pub first: Option<(u64, u64)>,
    /// The rows in the head's data set, until they are counted by [`super::distinct`].
    pub rows: Vec<u64>,
    /// By what is counted by, then by value: the rows in the head's data set, likewise.
    pub by_rows: Vec<BTreeMap<Arc<str>, Vec<u64>>>,
}

impl Count {
    /// Adds one row; `moved` is by how much its number moved, `by` its values of what is counted by.
    pub fn add(&mut self, rows: (u64, u64), moved: Option<Exact>, by: &[Vec<Arc<str>>]) {
        self.count += 1;
        self.first.get_or_insert(rows);
        if let Some(moved) = moved {
            self.total = logis_language::value::add(&self.total, &moved).unwrap_or(self.total);
            let (low, high) = self.ends.unwrap_or((moved, moved));
            self.ends = Some((low.min(moved), high.max(moved)));
        }
        // Rows are kept, and not only counted: one that differs under several keys is one row in the sums.
        self.rows.push(rows.1);
        self.by.resize(by.len(), BTreeMap::new());
        self.by_rows.resize(by.len(), BTreeMap::new());
        // A row may have several values (of a group, all rules that are true of it).
        for ((counts, known), values) in self.by.iter_mut().zip(&mut self.by_rows).zip(by) {
            for value in values {
                known.entry(value.clone()).or_default().push(rows.1);
                // Values are few and come again: the name is copied for the first row only.
                match counts.get_mut(value) {
                    Some(count) => *count += 1,
                    None => drop(counts.insert(value.clone(), 1)),
                }
            }
        }
    }

    /// Adds the rows of another count, which come after those of this one.
    pub fn merge(&mut self, other: Count) {
        self.count += other.count;
        // Chunks are merged in the order of their rows: the first row stays that of the earliest.
        self.first = self.first.or(other.first);
        self.total = logis_language::value::add(&self.total, &other.total).unwrap_or(self.total);
        self.ends = match (self.ends, other.ends) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        // Either may have seen no row yet, and then has no lists of what is counted by.
        self.rows.extend(other.rows);
        self.by_rows.resize(self.by_rows.len().max(other.by_rows.len()), BTreeMap::new());
        for (known, others) in self.by_rows.iter_mut().zip(other.by_rows) {
            for (value, rows) in others {
                known.entry(value).or_default().extend(rows);
            }
        }
        self.by.resize(self.by.len().max(other.by.len()), BTreeMap::new());
        for (counts, others) in self.by.iter_mut().zip(other.by) {
            for (value, count) in others {
                *counts.entry(value).or_default() += count;
            }
        }
    }
}

/// Differences of one kind, as they are reported.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The corpus.
    pub corpus: String,
    /// The date as of which all was decided.
    pub date: String,
    /// The entity of the decided rows.
    pub entity: String,
    /// The decided rule.
    pub rule: String,
    /// Its sentence.
    pub label: String,
    /// Its unit.
    pub unit: Option<String>,
    /// What its outcome became.
    pub kind: Kind,
    /// Who gains.
    pub effect: Effect,
    /// Where it comes from.
    pub cause: Cause,
    /// How many rows.
    pub count: u64,
    /// Of numbers: by how much they moved.
    pub moved: Option<Moved>,
    /// How many rows, by what was asked for and by value.
    pub by: BTreeMap<String, BTreeMap<String, u64>>,
    /// The first such row.
    pub example: Example,
}

/// By how much numbers moved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// The sum of all moves.
    #[serde(serialize_with = "exact")]
    pub total: Exact,
    /// The smallest move.
    #[serde(serialize_with = "exact")]
    pub least: Exact,
    /// The largest move.
    #[serde(serialize_with = "exact")]
    pub most: Exact,
}

/// One row that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Example {
    /// Entity and identifier; the name of a case.
    pub about: String,
    /// The outcome before.
    pub before: Shown,
    /// The outcome after.
    pub after: Shown,
    /// Why it was so.
    pub explained_before: Option<Explanation>,
    /// Why it is so.
    pub explained_after: Option<Explanation>,
}

impl Count {
    /// The moves, as they are reported.
    pub fn moved(&self) -> Option<Moved> {
        let (low, high) = self.ends?;
        Some(Moved { total: self.total, least: low, most: high })
    }
}

impl Cause {
    /// In one line: `plafond_plus: plus.plafond[autres_regions, 1] 20123 → 20124`.
    pub fn in_full(&self) -> String {
        self.line(|cell| {
            let side = |value: &Option<Value>| {
                value.as_ref().map_or_else(|| "aucune valeur".to_string(), Value::to_string)
            };
            format!("{} {} → {}", cell.cell(), side(&cell.before), side(&cell.after))
        })
    }

    /// In one line, without values: the name of the cause in a file of accepted differences.
    pub fn name(&self) -> String {
        self.line(super::structure::CellChange::cell)
    }

    /// The rule, then each thing that differs; `cell` writes a cell.
    fn line(&self, cell: impl Fn(&super::structure::CellChange) -> String) -> String {
        // The text of the rule or its days, then figures, then data; none of them: the data were read in another way.
        let mut what: Vec<String> = Vec::new();
        what.extend(self.text.then(|| "texte".to_string()));
        what.extend(self.in_force.then(|| "jours en vigueur".to_string()));
        what.extend(self.cells.iter().map(cell));
        what.extend(self.fields.iter().map(|field| format!("donnée {field}")));
        if what.is_empty() {
            what.push("lecture des données".to_string());
        }
        format!("{}: {}", self.rule, what.join(", "))
    }
}
