//! Evaluates a plan on pairs for lists of pairs: columns for what is certain, rows for the rest.

use std::collections::BTreeMap;

use super::columns::{Listed, Worker};
use super::row::{Context, Evaluator};
use super::{DecisionColumn, Outcome, outcome};

/// A plan on pairs, ready to be decided for any list of them on any thread.
pub struct Pairs<'c> {
    /// The plan as it was made: it decides what columns leave over.
    context: &'c Context<'c>,
    listed: Listed<'c>,
}

impl<'c> Pairs<'c> {
    /// `hoisted` is the plan of `context` after [`Plan::hoisted`](logis_language::plan::Plan), on the same data.
    pub fn new(context: &'c Context<'c>, hoisted: &'c Context<'c>) -> Pairs<'c> {
        Pairs { context, listed: Listed::new(hoisted) }
    }

    /// The working memory of one thread.
    pub fn worker(&self) -> PairWorker<'_, 'c> {
        PairWorker { pairs: self, worker: self.listed.worker(), evaluator: None }
    }
}

/// See [`Pairs::worker`].
pub struct PairWorker<'p, 'c> {
    pairs: &'p Pairs<'c>,
    worker: Worker<'p>,
    evaluator: Option<Evaluator<'c, 'c>>,
}

impl PairWorker<'_, '_> {
    /// Decides the pairs of a list; one column for each selected outcome, one row for each pair.
    pub fn decide(&mut self, first: &[u32], second: &[u32]) -> Vec<DecisionColumn> {
        let context = self.pairs.context;
        let piece = self.worker.run(first, second);
        let rows = first.len().min(second.len());
        let certain = self.pairs.listed.certain(piece);
        let nodes = context.plan.selected.iter().map(|(_, node)| *node);
        let mut columns = Vec::with_capacity(certain.len());
        for (node, certain) in nodes.zip(certain) {
            let left: Vec<usize> =
                certain.as_ref().map_or_else(|| (0..rows).collect(), |c| c.left_over().collect());
            // The evaluator is made when the first row needs it: most lists leave nothing over.
            let mut odd: BTreeMap<usize, Outcome> = BTreeMap::new();
            for row in left {
                let (Some(&a), Some(&b)) = (first.get(row), second.get(row)) else { continue };
                let evaluator = self.evaluator.get_or_insert_with(|| Evaluator::new(context));
                odd.insert(row, outcome(evaluator, node, context.pair_row(a.into(), b.into())));
            }
            columns.push(DecisionColumn { rows, certain, odd, by_plan: None });
        }
        columns
    }
}
