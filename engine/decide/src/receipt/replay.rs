//! Deciding receipts again.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use serde::Serialize;

use super::{ENGINE, KIND, Receipt, Recorder};
use crate::decide::typed;
use crate::evaluate::{Context, evaluate};
use crate::explain::{Failed, Shown};
use logis_data::{Records, TextRows, from_text_rows};
use logis_language::Pack;
use logis_language::exchange::FORMAT;
use logis_language::graph::Target;
use logis_language::pack::schema::Origin;
use logis_language::plan::Plan;
use logis_language::value::parse_date;

/// Decides receipts again by a pack.
pub struct Replay<'p> {
    pack: &'p Pack,
    records: Arc<Records>,
}

/// A receipt, decided again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replayed {
    /// The receipt that the pack gives today for the same inputs and date.
    pub again: Receipt,
    /// The outcomes that are not what they were; empty if all are.
    pub drifts: Vec<Drift>,
    /// What is not as it was: why outcomes may differ.
    pub changed: Changed,
    /// What of the receipt was not held against anything, each in words: that it has no outcome, rows that
    /// stand twice, tables and columns that the schema or the same rules do not read.
    pub not_compared: Vec<String>,
}

impl Replayed {
    /// Was all of the receipt compared, and is every outcome what it was?
    pub fn holds(&self) -> bool {
        self.drifts.is_empty() && self.not_compared.is_empty()
    }
}

/// One outcome that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// The rule.
    pub rule: String,
    /// The outcome of the receipt.
    pub before: Shown,
    /// The outcome now.
    pub after: Shown,
}

/// What is not as it was when a receipt was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Changed {
    /// The engine is of another version.
    pub engine: bool,
    /// The pack has another name.
    pub pack: bool,
    /// The rules in force are others, or the schema that they read.
    pub rules: bool,
    /// The parameters in force have other cells.
    pub parameters: bool,
    /// Rows of the pack's reference tables that are not as recorded, and inputs that the schema no longer
    /// takes.
    pub inputs: Vec<String>,
}

impl Changed {
    /// Is all as it was?
    pub fn nothing(&self) -> bool {
        *self == Changed::default()
    }
}

impl<'p> Replay<'p> {
    /// Decides by that pack.
    pub fn new(pack: &'p Pack) -> Replay<'p> {
        Replay { pack, records: typed(pack.parsed()) }
    }

    /// Decides each receipt again, as of its date; the answers are in their order.
    ///
    /// What the pack cannot decide any more (a rule that is gone, a date without a parameter) is a drift
    /// like another, with the reason as its outcome.
    pub fn replay(&self, receipts: &[Receipt]) -> Vec<Replayed> {
        // One plan and one pass for all receipts of one date, entity and selection.
        let mut groups: BTreeMap<(&str, &str, Vec<&str>), Vec<usize>> = BTreeMap::new();
        for (number, receipt) in receipts.iter().enumerate() {
            let names = receipt.outcomes.iter().map(|(name, _)| name.as_str()).collect();
            groups.entry((&receipt.date, &receipt.entity, names)).or_default().push(number);
        }
        let mut all: Vec<Option<Replayed>> = vec![None; receipts.len()];
        for ((date, entity, names), numbers) in groups {
            let group: Vec<&Receipt> = numbers.iter().filter_map(|&n| receipts.get(n)).collect();
            for (number, replayed) in numbers.iter().zip(self.group(date, entity, &names, &group)) {
                if let Some(slot) = all.get_mut(*number) {
                    *slot = Some(replayed);
                }
            }
        }
        all.into_iter().flatten().collect()
    }

    /// Decides receipts of one date, entity and selection.
    fn group(&self, date: &str, entity: &str, names: &[&str], receipts: &[&Receipt]) -> Vec<Replayed> {
        let parsed = self.pack.parsed();
        let id = parsed.schema.entity(entity);
        // Rules that the pack no longer has, or has for another entity, are left out of the plan.
        let known = |name: &&str| Target::find(parsed, name).is_some_and(|(_, home)| Some(home) == id);
        let there: Vec<&str> = names.iter().copied().filter(known).collect();
        let planned = match parse_date(date) {
            None => Err(format!("« {date} » n'est pas une date")),
            Some(date) => self.pack.plan(date, &there).map_err(|error| {
                error.diagnostics.first().map_or_else(|| error.to_string(), |d| d.message.clone())
            }),
        };
        match (planned, id) {
            (Ok(plan), Some(_)) if !there.is_empty() => self.decide(&plan, names, receipts),
            (Err(why), _) => receipts.iter().map(|receipt| undecided(receipt, &why)).collect(),
            _ => receipts.iter().map(|receipt| undecided(receipt, GONE)).collect(),
        }
    }

    /// Decides receipts by a plan; rules among `names` that it does not select are gone from the pack.
    fn decide(&self, plan: &Plan, names: &[&str], receipts: &[&Receipt]) -> Vec<Replayed> {
        let schema = &plan.parsed.schema;
        let packages: Vec<(&TextRows, &str)> = receipts.iter().map(|r| (&r.inputs, r.id.as_str())).collect();
        let read = from_text_rows(schema, &self.records, plan.entity, &packages);
        let decisions = evaluate(plan, &read.dataset);
        let context = Context::new(plan, &read.dataset);
        let recorder = Recorder::new(&context);
        let mut unread: Vec<Vec<String>> = vec![Vec::new(); receipts.len()];
        for (package, issue) in &read.issues {
            if let Some(unread) = unread.get_mut(*package) {
                unread.push(issue.to_string());
            }
        }
        let one = |((receipt, row), unread): ((&&Receipt, &Option<usize>), Vec<String>)| {
            let Some(row) = *row else {
                return undecided(receipt, "la ligne décidée n'est pas parmi les données du reçu");
            };
            let mut again = recorder.receipt(row, decisions.columns.iter().filter_map(|c| c.get(row)));
            let mut inputs = unread.clone();
            inputs.extend(self.references(receipt, &again));
            let mut aside = unread;
            // Other rules may well read less. Rules with the receipt's hash read all that was kept: more
            // in the receipt was put there afterwards.
            if receipt.rules == again.rules {
                aside.extend(self.passed_over(receipt, &again));
            }
            // In the receipt's order, so that both lists of outcomes can be compared one by one.
            again.outcomes = names
                .iter()
                .map(|&name| {
                    let gone = || Shown::Error(Failed::of(GONE));
                    (name.to_string(), again.outcome(name).cloned().unwrap_or_else(gone))
                })
                .collect();
            compare(receipt, again, inputs, aside)
        };
        receipts.par_iter().zip(&read.rows).zip(unread).map(one).collect()
    }

    /// The cells of a receipt that the schema knows and that deciding it again did not read.
    fn passed_over(&self, receipt: &Receipt, again: &Receipt) -> Vec<String> {
        let schema = &self.pack.parsed().schema;
        let mut found = Vec::new();
        for entity in schema.entities.iter().filter(|e| matches!(e.origin, Origin::Data { .. })) {
            let now = again.inputs.get(&entity.name).map_or(&[][..], Vec::as_slice);
            for before in receipt.inputs.get(&entity.name).into_iter().flatten() {
                let id = before.get(&entity.key).map_or("", String::as_str);
                let Some(now) = now.iter().find(|row| row.get(&entity.key).is_some_and(|own| own == id))
                else {
                    found.push(format!("{} {id}: les règles ne lisent pas cette ligne", entity.name));
                    continue;
                };
                // Columns that the schema does not know are reported by reading.
                let known = |column: &str| {
                    entity.belongs_to.iter().any(|r| r.column == column)
                        || entity
                            .fields
                            .iter()
                            .any(|&f| schema.fields.get(f).is_some_and(|f| f.column == column))
                };
                for column in before.keys().filter(|c| !now.contains_key(*c) && known(c)) {
                    found.push(format!("{} {id}: les règles ne lisent pas `{column}`", entity.name));
                }
            }
        }
        found
    }

    /// The cells of rows of reference tables that the pack has otherwise than the receipt, in words.
    fn references(&self, receipt: &Receipt, again: &Receipt) -> Vec<String> {
        let schema = &self.pack.parsed().schema;
        let mut found = Vec::new();
        for entity in schema.entities.iter().filter(|e| matches!(e.origin, Origin::Reference { .. })) {
            let rows = |r: &'_ Receipt| r.inputs.get(&entity.name).cloned().unwrap_or_default();
            let now = rows(again);
            for before in rows(receipt) {
                let id = before.get(&entity.key).cloned().unwrap_or_default();
                let Some(now) = now.iter().find(|row| row.get(&entity.key) == Some(&id)) else {
                    found.push(format!("{} {id}: cette ligne n'est plus lue", entity.name));
                    continue;
                };
                for column in before.keys().chain(now.keys()).collect::<std::collections::BTreeSet<_>>() {
                    let cell = |row: &BTreeMap<String, String>| row.get(column).cloned().unwrap_or_default();
                    if cell(&before) != cell(now) {
                        let (before, now) = (cell(&before), cell(now));
                        found.push(format!("{} {id}: {column}: « {before} » → « {now} »", entity.name));
                    }
                }
            }
        }
        found
    }
}

const GONE: &str = "le paquet de règles n'a plus cette règle";

/// A receipt that the pack cannot decide.
fn undecided(receipt: &Receipt, why: &str) -> Replayed {
    let outcomes = receipt.outcomes.iter().map(|(name, _)| (name.clone(), Shown::Error(Failed::of(why))));
    let outcomes = outcomes.collect();
    let again = Receipt {
        format: Some(FORMAT.to_string()),
        kind: Some(KIND.to_string()),
        engine: ENGINE.to_string(),
        outcomes,
        seal: None,
        ..receipt.clone()
    };
    let compared = compare(receipt, again, Vec::new(), Vec::new());
    Replayed { changed: Changed { rules: true, ..Changed::default() }, ..compared }
}

/// What of a receipt is not as it is in the one made again. `inputs` are the cells that differ, `aside` what
/// was not compared.
fn compare(receipt: &Receipt, again: Receipt, inputs: Vec<String>, aside: Vec<String>) -> Replayed {
    // A receipt of before has words only.
    let same = |before: &Shown, after: &Shown| match receipt.is_of_before() {
        true => before.same_words(after),
        false => before == after,
    };
    let drift = |((rule, before), (_, after)): (&(String, Shown), &(String, Shown))| {
        (!same(before, after)).then(|| Drift {
            rule: rule.clone(),
            before: before.clone(),
            after: after.clone(),
        })
    };
    let changed = Changed {
        engine: receipt.engine != again.engine,
        pack: receipt.pack != again.pack,
        rules: receipt.rules != again.rules,
        parameters: receipt.parameters != again.parameters,
        inputs,
    };
    let drifts = receipt.outcomes.iter().zip(&again.outcomes).filter_map(drift).collect();
    let nothing = receipt.outcomes.is_empty().then(|| "le reçu n'a aucun résultat".to_string());
    let not_compared = nothing.into_iter().chain(aside).collect();
    Replayed { again, drifts, changed, not_compared }
}
