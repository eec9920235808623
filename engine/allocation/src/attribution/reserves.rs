//! Under which reserves attributions or candidacies stand: conditions of the texts that the rules do not look at.
//!
//! Counted are the outcomes that a matching uses of a pair: the suitability, what was asked for besides, the fit, bases
//! and members of the quotas, and the priority of its request.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::rules::MatchingPlan;
use crate::candidates::decide_pairs;
use logis_data::Dataset;
use logis_decide::evaluate::{DecisionColumn, evaluate_settled, evaluate_settled_of};
use logis_decide::reserves::{by_rule, texts};
use logis_language::graph::RuleId;
use logis_language::plan::Plan;

/// A reserve, and how much of an answer stands under it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnderReserve {
    /// The condition, as the rules say it.
    pub reserve: String,
    /// The rules that say it, sorted.
    pub rules: Vec<String>,
    /// How many attributions, candidacies or requests stand under it.
    pub count: u64,
}

/// Pairs that are decided at a time.
const BATCH: usize = 1 << 14;

/// The reserves of pairs that suit each other, given by the rows of the request and of the unit: those with most
/// pairs first. `priority` says whether the points of the requests were used.
pub(crate) fn of_pairs(
    plan: &MatchingPlan,
    dataset: &Dataset,
    pairs: &[(u32, u32)],
    priority: bool,
) -> Vec<UnderReserve> {
    let of_quotas = plan.quotas.iter().flat_map(|q| q.base.into_iter().chain(q.members));
    let of_flow = plan.flow.iter().flat_map(|flow| flow.holders.iter().map(|holder| holder.proposes));
    let of_quotas = of_quotas.chain(of_flow);
    let used: BTreeSet<usize> = (0..plan.asked).chain(plan.fit).chain(of_quotas).map(|at| at + 1).collect();
    // What of the plan's outcomes the answer rests on: suitability first, then what was asked for, fit and
    // quotas. The first stands before the others, so their places are one further.
    let used: Vec<usize> = [0].into_iter().chain(used).collect();
    let decide = |plan: &Plan| {
        let batches: Vec<Vec<DecisionColumn>> = pairs
            .par_chunks(BATCH)
            .map(|pairs| {
                let (first, second): (Vec<u32>, Vec<u32>) = pairs.iter().copied().unzip();
                decide_pairs(plan, dataset, &first, &second)
            })
            .collect();
        let mut columns: Vec<Vec<DecisionColumn>> = vec![Vec::new(); plan.selected.len()];
        for batch in batches {
            for (all, column) in columns.iter_mut().zip(batch) {
                all.push(column);
            }
        }
        columns.into_iter().map(DecisionColumn::concat).collect()
    };
    let mut told = Told::default();
    // The pairs suit each other: that outcome is true for all of them.
    told.add(&plan.pairs, by_rule(&plan.pairs, &used, Some(0), pairs.len(), decide));
    if let Some(plan) = plan.priority.as_ref().filter(|_| priority) {
        let of_request = |rows: Vec<bool>| -> Vec<bool> {
            pairs.iter().map(|(request, _)| rows.get(*request as usize) == Some(&true)).collect()
        };
        let rows = dataset.tables.get(plan.entity).map_or(0, logis_data::Table::rows);
        let mut used = vec![false; rows];
        for (request, _) in pairs {
            if let Some(used) = used.get_mut(*request as usize) {
                *used = true;
            }
        }
        let asked = |row: usize| used.get(row) == Some(&true);
        let found =
            by_rule(plan, &[0], None, rows, |plan| evaluate_settled_of(plan, dataset, &asked).columns);
        told.add(plan, found.into_iter().map(|(rule, rows)| (rule, of_request(rows))).collect());
    }
    told.list()
}

/// The reserves of what a plan selects at a place, by rows of its entity.
pub(crate) fn of_rows(plan: &Plan, at: usize, dataset: &Dataset) -> Vec<UnderReserve> {
    let rows = dataset.tables.get(plan.entity).map_or(0, logis_data::Table::rows);
    let mut told = Told::default();
    told.add(plan, by_rule(plan, &[at], None, rows, |plan| evaluate_settled(plan, dataset).columns));
    told.list()
}

/// By text: the rules that say it, and the rows under it.
#[derive(Default)]
struct Told(BTreeMap<String, (BTreeSet<String>, Vec<bool>)>);

impl Told {
    fn add(&mut self, plan: &Plan, found: BTreeMap<RuleId, Vec<bool>>) {
        for (rule, rows) in found.into_iter().filter(|(_, rows)| rows.contains(&true)) {
            let Some(name) = plan.parsed.rules.get(rule).map(|rule| &rule.name) else { continue };
            for text in texts(plan, rule) {
                let (rules, all) = self.0.entry(text.clone()).or_default();
                rules.insert(name.clone());
                all.resize(all.len().max(rows.len()), false);
                for (slot, _) in all.iter_mut().zip(&rows).filter(|(_, row)| **row) {
                    *slot = true;
                }
            }
        }
    }

    fn list(self) -> Vec<UnderReserve> {
        let one = |(reserve, (rules, rows)): (String, (BTreeSet<String>, Vec<bool>))| UnderReserve {
            reserve,
            rules: rules.into_iter().collect(),
            count: rows.iter().filter(|row| **row).count() as u64,
        };
        let mut all: Vec<UnderReserve> = self.0.into_iter().map(one).collect();
        all.sort_by(|a, b| (b.count, &a.reserve).cmp(&(a.count, &b.reserve)));
        all
    }
}
