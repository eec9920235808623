//! Rows that stand under other reserves: what was granted is granted under a condition that is new, or under one less.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Comparison;
use super::align::Align;
use super::pairs::Pair;
use logis_data::Dataset;
use logis_decide::evaluate::evaluate;
use logis_decide::reserves::{by_outcome, texts};
use logis_language::plan::Plan;

/// Rows of one rule whose outcome stands under a reserve in one pack and not in the other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReserveRows {
    /// The corpus.
    pub corpus: String,
    /// The date.
    pub date: String,
    /// The entity.
    pub entity: String,
    /// The rule that grants.
    pub rule: String,
    /// The reserve, as the rules say it.
    pub reserve: String,
    /// Rows on which it grants under the reserve after, and did not before: it did without, or did not grant.
    pub added: u64,
    /// Rows on which it did before, and does not after.
    pub removed: u64,
}

/// Corpus, date, entity, place of the rule among what is compared, its name, and the reserve.
pub(super) type Of = (String, String, String, usize, String, String);

/// What was counted, as it is reported.
pub(super) fn rows(all: BTreeMap<Of, (u64, u64)>) -> Vec<ReserveRows> {
    let one = |((corpus, date, entity, _, rule, reserve), (added, removed))| ReserveRows {
        corpus,
        date,
        entity,
        rule,
        reserve,
        added,
        removed,
    };
    all.into_iter().map(one).collect()
}

/// By the place of a rule among what a plan selects and by reserve: the rows that stand under it.
fn under(plan: &Plan, places: &[usize], dataset: &Dataset) -> BTreeMap<(usize, String), Vec<bool>> {
    let rows = dataset.tables.get(plan.entity).map_or(0, logis_data::Table::rows);
    let mut all: BTreeMap<(usize, String), Vec<bool>> = BTreeMap::new();
    for ((at, rule), own) in by_outcome(plan, places, None, rows, |plan| evaluate(plan, dataset).columns) {
        for text in texts(plan, rule) {
            let known = all.entry((at, text.clone())).or_insert_with(|| vec![false; rows]);
            known.iter_mut().zip(&own).for_each(|(known, own)| *known |= own);
        }
    }
    all
}

impl Comparison<'_> {
    /// Counts the rows of a pair of plans that stand under other reserves.
    pub(super) fn reserves_of(
        &mut self,
        corpus: &str,
        pair: &Pair,
        align: &Align,
        (base, head): (&Dataset, &Dataset),
    ) {
        let asked = |(at, name): (usize, &String)| self.reserved.contains(name).then_some(at);
        let places: Vec<usize> = pair.names.iter().enumerate().filter_map(asked).collect();
        if places.is_empty() {
            return;
        }
        let (old, new) = (under(&pair.base, &places, base), under(&pair.head, &places, head));
        let rows = base.tables.get(pair.base.entity).map_or(0, logis_data::Table::rows);
        for of in old.keys().chain(new.keys().filter(|of| !old.contains_key(of))) {
            let holds = |side: &BTreeMap<(usize, String), Vec<bool>>, row: u64| {
                let row = usize::try_from(row).ok();
                row.and_then(|row| side.get(of)?.get(row)).copied().unwrap_or(false)
            };
            let (mut added, mut removed) = (0, 0);
            for row in 0..rows as u64 {
                let Some(there) = align.head(pair.base.entity, row) else { continue };
                match (holds(&old, row), holds(&new, there)) {
                    (false, true) => added += 1,
                    (true, false) => removed += 1,
                    _ => {}
                }
            }
            let Some(name) = pair.names.get(of.0).filter(|_| added + removed > 0) else { continue };
            let order = self.names.iter().position(|n| n == name).unwrap_or(usize::MAX);
            let (corpus, date) = (corpus.to_string(), pair.date.to_string());
            let key = (corpus, date, pair.entity.clone(), order, name.clone(), of.1.clone());
            let counted = self.reserves.entry(key).or_default();
            counted.0 += added;
            counted.1 += removed;
        }
    }
}
