//! Differences counted by the row and not by the decision: a person whose outcome differs as of five dates is one
//! person.
//!
//! Rows are known by their identifier. No row of one part of a large package is in another part, so that the identifiers
//! of a part are forgotten when it ends ([`Distinct::end_part`]): memory does not grow with the rows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;

use super::tally::{Effect, Kind};
use super::trace::Cause;

/// What rows are counted under, each row once for each key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// Anything of them differs: corpus and entity.
    Any(String, String),
    /// A rule's outcome is better, worse or neither: corpus, entity, place of the rule among those asked for, rule,
    /// effect.
    Rule(String, String, usize, String, Effect),
    /// One kind of difference, on any date.
    Kind(Sort),
    /// A value of what is counted by: corpus, entity, place of that among what is counted by, value, effect.
    By(String, String, usize, Arc<str>, Effect),
}

/// A kind of difference whatever the date.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sort {
    pub corpus: String,
    pub entity: String,
    /// The place of the rule among those that were asked for.
    pub order: usize,
    pub rule: String,
    pub kind: Kind,
    pub effect: Effect,
    pub cause: Cause,
}

/// Rows, each counted once for each key.
#[derive(Clone, Debug, Default)]
pub(super) struct Distinct {
    /// By key: the identifiers of the current part's rows.
    open: BTreeMap<Key, BTreeSet<Arc<str>>>,
    /// By key: how many rows the parts before had.
    counts: BTreeMap<Key, u64>,
    /// The dates as of which each kind of difference happens.
    dates: BTreeMap<Sort, BTreeSet<String>>,
    /// By corpus and entity: how many rows of the current part were decided as of each date.
    dated: BTreeMap<(String, String), BTreeMap<String, u64>>,
    /// By corpus and entity: how many rows were decided, each once.
    decided: BTreeMap<(String, String), u64>,
}

impl Distinct {
    /// Adds rows of the current part that have a value of what is counted by (number `by`).
    pub fn by(&mut self, sort: &Sort, by: usize, value: &Arc<str>, rows: impl Iterator<Item = Arc<str>>) {
        let key = Key::By(sort.corpus.clone(), sort.entity.clone(), by, value.clone(), sort.effect);
        self.open.entry(key).or_default().extend(rows);
    }

    /// Adds rows of the current part that have a kind of difference as of a date.
    pub fn on(&mut self, sort: &Sort, date: &str, rows: Vec<Arc<str>>) {
        let (corpus, entity) = (sort.corpus.clone(), sort.entity.clone());
        let of = Key::Rule(corpus.clone(), entity.clone(), sort.order, sort.rule.clone(), sort.effect);
        for key in [Key::Any(corpus, entity), of] {
            self.open.entry(key).or_default().extend(rows.iter().cloned());
        }
        self.open.entry(Key::Kind(sort.clone())).or_default().extend(rows);
        match self.dates.get_mut(sort) {
            Some(dates) => drop(dates.insert(date.to_string())),
            None => drop(self.dates.insert(sort.clone(), [date.to_string()].into())),
        }
    }

    /// Notes how many rows were decided: as of a date, where the same rows are decided as of others too; or
    /// without one, where each is decided once.
    pub fn decided(&mut self, corpus: &str, entity: &str, date: Option<&str>, rows: u64) {
        let key = (corpus.to_string(), entity.to_string());
        match date {
            Some(date) => *self.dated.entry(key).or_default().entry(date.to_string()).or_default() += rows,
            None => *self.decided.entry(key).or_default() += rows,
        }
    }

    /// Ends the current part: no row that comes later is one of its rows.
    pub fn end_part(&mut self) {
        // As of every date the same rows were decided: their number is that of any date, the most if a date
        // reached fewer.
        for (key, dates) in std::mem::take(&mut self.dated) {
            *self.decided.entry(key).or_default() += dates.into_values().max().unwrap_or(0);
        }
        for (key, rows) in std::mem::take(&mut self.open) {
            *self.counts.entry(key).or_default() += rows.len() as u64;
        }
    }

    /// What was counted, in words of a report; `by` names what is counted by.
    pub fn summary(mut self, by: &[String]) -> Summary {
        self.end_part();
        let mut summary = Summary::default();
        for (key, rows) in self.counts {
            match key {
                Key::Any(corpus, entity) => {
                    let key = (corpus, entity);
                    let decided = self.decided.get(&key).copied().unwrap_or(rows);
                    let (corpus, entity) = key;
                    summary.changed.push(Changed { corpus, entity, rows, decided });
                }
                Key::Rule(corpus, entity, _, rule, effect) => {
                    let same = |r: &&mut RuleRows| r.corpus == corpus && r.entity == entity && r.rule == rule;
                    match summary.rules.iter_mut().find(same) {
                        Some(known) => known.counts.add(effect, rows),
                        None => {
                            let counts = Counts::of(effect, rows);
                            summary.rules.push(RuleRows { corpus, entity, rule, counts });
                        }
                    }
                }
                Key::Kind(sort) => {
                    let dates = self.dates.get(&sort).cloned().unwrap_or_default();
                    let Sort { corpus, entity, rule, kind, effect, cause, .. } = sort;
                    let dates = dates.into_iter().collect();
                    summary.kinds.push(KindRows { corpus, entity, rule, kind, effect, cause, rows, dates });
                }
                Key::By(corpus, entity, at, value, effect) => {
                    let Some(by) = by.get(at) else { continue };
                    let same = |r: &&mut ByRows| {
                        r.corpus == corpus && r.entity == entity && r.by == *by && *r.value == *value
                    };
                    // Keys are sorted: the same value stands last, if it is there.
                    match summary.by.last_mut().filter(same) {
                        Some(known) => known.counts.add(effect, rows),
                        None => {
                            let (by, value, counts) =
                                (by.clone(), value.to_string(), Counts::of(effect, rows));
                            summary.by.push(ByRows { corpus, entity, by, value, counts });
                        }
                    }
                }
            }
        }
        summary
    }
}

/// Rows that differ, each counted once whatever the number of dates.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// By corpus and entity.
    pub changed: Vec<Changed>,
    /// By rule, in the order in which they were asked for.
    pub rules: Vec<RuleRows>,
    /// By kind of difference.
    pub kinds: Vec<KindRows>,
    /// By what was asked to count by.
    pub by: Vec<ByRows>,
}

/// How many rows of an entity differ, and how many were decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// The corpus.
    pub corpus: String,
    /// The entity.
    pub entity: String,
    /// Rows of which any outcome differs as of any date.
    pub rows: u64,
    /// Rows decided.
    pub decided: u64,
}

/// How many rows have another outcome of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleRows {
    /// The corpus.
    pub corpus: String,
    /// The entity.
    pub entity: String,
    /// The rule.
    pub rule: String,
    /// How many.
    #[serde(flatten)]
    pub counts: Counts,
}

/// How many rows have one kind of difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KindRows {
    /// The corpus.
    pub corpus: String,
    /// The entity.
    pub entity: String,
    /// The rule.
    pub rule: String,
    /// What its outcome became.
    pub kind: Kind,
    /// Who gains.
    pub effect: Effect,
    /// Where it comes from.
    pub cause: Cause,
    /// How many, each counted once.
    pub rows: u64,
    /// The dates as of which it happens, the earliest first.
    pub dates: Vec<String>,
}

/// How many rows differ among those of one value of what is counted by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ByRows {
    /// The corpus.
    pub corpus: String,
    /// The entity.
    pub entity: String,
    /// What is counted by.
    pub by: String,
    /// Its value.
    pub value: String,
    /// How many.
    #[serde(flatten)]
    pub counts: Counts,
}

/// How many rows gain, lose, or neither. A row that gains by one rule or on one date and loses by another counts
/// in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// They gain.
    pub gain: u64,
    /// They lose.
    pub loss: u64,
    /// Neither, or it cannot be said.
    pub other: u64,
}

impl Counts {
    fn of(effect: Effect, rows: u64) -> Counts {
        let mut counts = Counts::default();
        counts.add(effect, rows);
        counts
    }

    fn add(&mut self, effect: Effect, rows: u64) {
        match effect {
            Effect::Gain => self.gain += rows,
            Effect::Loss => self.loss += rows,
            Effect::Neutral => self.other += rows,
        }
    }
}
