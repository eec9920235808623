//! Outcomes that are granted under reserves, row by row and counted.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::evaluate::{Context, DecisionColumn};
use crate::parts::DecidedPart;
use crate::reserves::{Reserves, possible};
use logis_language::plan::Plan;

/// A rule that granted under reserves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The rule.
    pub rule: String,
    /// On how many rows.
    pub rows: usize,
    /// The reserves that it may grant under.
    pub texts: Vec<String>,
}

/// By number of a selected rule, on how many rows it granted under reserves: what plans say of it, rules in their order.
pub fn granted(plans: &[Arc<Plan>], counted: &BTreeMap<usize, usize>) -> Vec<Granted> {
    let mut all = Vec::new();
    for (rule, rows) in counted.iter().filter(|(_, rows)| **rows > 0) {
        let mut texts: Vec<String> = Vec::new();
        let own = plans.iter().flat_map(|plan| possible(plan)).filter(|(of, _)| of == rule);
        for text in own.flat_map(|(_, texts)| texts) {
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        let Some((name, _)) = plans.last().and_then(|plan| plan.selected.get(*rule)) else { continue };
        all.push(Granted { rule: name.clone(), rows: *rows, texts });
    }
    all
}

impl DecidedPart {
    /// By row: each rule that grants under reserves, and which; `None` for a row without any.
    pub fn reserves(&self) -> Vec<Option<String>> {
        // Row by row, and in a row rule by rule; a plan is taken up once for the rows that follow one another.
        let mut all: BTreeSet<(usize, usize)> = BTreeSet::new();
        all.extend(self.reserved.iter().flat_map(|(rule, rows)| rows.iter().map(|row| (*row, *rule))));
        let rows = self.decisions.columns.first().map_or(0, DecisionColumn::len);
        let mut cells: Vec<Option<String>> = vec![None; rows];
        let mut left = all.into_iter().peekable();
        while let Some(plan) = left.peek().and_then(|(row, _)| self.plan_of(*row)) {
            let context = Context::new(plan, &self.read.dataset);
            let mut reserves = Reserves::new(&context);
            let mut told: BTreeMap<usize, Vec<String>> = BTreeMap::new();
            while let Some((row, rule)) =
                left.next_if(|(row, _)| self.plan_of(*row).is_some_and(|own| std::ptr::eq(own, plan)))
            {
                let Some((name, node)) = plan.selected.get(rule) else { continue };
                let texts = reserves.of(*node, row as u64).join(" ; ");
                told.entry(row).or_default().push(format!("{name}: {texts}"));
            }
            for (row, texts) in told {
                if let Some(cell) = cells.get_mut(row) {
                    *cell = Some(texts.join(" | "));
                }
            }
        }
        cells
    }
}
