//! Evaluates a plan on pairs for lists of pairs: columns for what is certain, rows for the rest.

use std::collections::BTreeMap;

use super::columns::{Certain, Listed, Worker};
use super::completed::differ;
use super::row::{Context, Evaluator};
use super::{DecisionColumn, Outcome, outcome};

/// A plan on pairs, ready to be decided for any list of them on any thread.
pub struct Pairs<'c> {
    /// The plan as it was made: it decides what columns leave over.
    context: &'c Context<'c>,
    listed: Listed<'c>,
    /// What shows that outcomes are open: see [`Pairs::told_open`].
    ways: Vec<Listed<'c>>,
}

impl<'c> Pairs<'c> {
    /// `hoisted` is the plan of `context` after [`Plan::hoisted`](logis_language::plan::Plan), on the same data.
    pub fn new(context: &'c Context<'c>, hoisted: &'c Context<'c>) -> Pairs<'c> {
        Pairs { context, listed: Listed::new(hoisted), ways: Vec::new() }
    }

    /// Where it is enough to know that an outcome is open, as of [`evaluate_settled`](super::evaluate_settled): which cells
    /// would settle it may not be told. `ways` are the contexts of [`Completion::ways`](super::Completion::ways), of the
    /// hoisted plan.
    pub fn told_open(self, ways: &'c [Context<'c>]) -> Pairs<'c> {
        Pairs { ways: ways.iter().map(Listed::new).collect(), ..self }
    }

    /// The working memory of one thread.
    pub fn worker(&self) -> PairWorker<'_, 'c> {
        let ways = self.ways.iter().map(|way| (way, way.worker())).collect();
        PairWorker { pairs: self, worker: self.listed.worker(), ways, evaluator: None }
    }
}

/// See [`Pairs::worker`].
pub struct PairWorker<'p, 'c> {
    pairs: &'p Pairs<'c>,
    worker: Worker<'p>,
    ways: Vec<(&'p Listed<'c>, Worker<'p>)>,
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
        for (number, (node, certain)) in nodes.zip(certain).enumerate() {
            let left: Vec<usize> =
                certain.as_ref().map_or_else(|| (0..rows).collect(), |c| c.left_over().collect());
            // The evaluator is made when the first row needs it: most lists leave nothing over.
            let mut odd: BTreeMap<usize, Outcome> = BTreeMap::new();
            let open = self.open(number, &left, first, second);
            for (place, row) in left.into_iter().enumerate() {
                let (Some(&a), Some(&b)) = (first.get(row), second.get(row)) else { continue };
                if open.get(place) == Some(&true) {
                    odd.insert(row, Outcome::Unknown(Vec::new()));
                    continue;
                }
                let evaluator = self.evaluator.get_or_insert_with(|| Evaluator::new(context));
                odd.insert(row, outcome(evaluator, node, context.pair_row(a.into(), b.into())));
            }
            columns.push(DecisionColumn { rows, certain, odd, by_plan: None });
        }
        columns
    }

    /// Of pairs that the columns leave over: of which is this outcome seen to be open?
    fn open(&mut self, number: usize, left: &[usize], first: &[u32], second: &[u32]) -> Vec<bool> {
        if self.ways.is_empty() || left.is_empty() {
            return Vec::new();
        }
        let side = |all: &[u32]| left.iter().filter_map(|row| all.get(*row).copied()).collect::<Vec<u32>>();
        let (first, second) = (side(first), side(second));
        let shown = self.ways.iter_mut().filter_map(|(way, worker)| {
            way.certain(worker.run(&first, &second)).into_iter().nth(number).flatten()
        });
        let shown: Vec<Certain> = shown.collect();
        let shown: Vec<&Certain> = shown.iter().collect();
        (0..first.len()).map(|row| differ(&shown, row)).collect()
    }
}
