//! Evaluates a plan on pairs for lists of pairs: columns for what is certain, rows for the rest.
//!
//! Of what the columns leave over, columns that are filled in tell most ([`Completion`](super::Completion)); and what reads one
//! side only is decided once for each row of that side.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::columns::{Certain, Listed, Worker};
use super::completed::differ;
use super::row::{Context, Evaluator};
use super::{DecisionColumn, Outcome, outcome};
use logis_language::graph::Step;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::Value;

/// A plan on pairs, ready to be decided for any list of them on any thread.
pub struct Pairs<'c> {
    /// The plan as it was made: it decides what columns leave over.
    context: &'c Context<'c>,
    listed: Listed<'c>,
    /// By selected outcome: the side that alone it reads.
    sides: Vec<Option<Side>>,
    /// Between which all fillings of missing cells lie: see [`Pairs::between`].
    ends: Vec<Way<'c>>,
    /// What shows that outcomes are open: see [`Pairs::told_open`].
    ways: Option<Vec<Way<'c>>>,
}

/// Data or figures filled in, compiled when they are first asked for.
struct Way<'c> {
    context: &'c Context<'c>,
    listed: OnceLock<Listed<'c>>,
}

#[derive(Clone, Copy)]
enum Side {
    First,
    Second,
}

/// What fillings show of a pair that the columns leave over.
enum Shown {
    /// Every filling gives this value.
    Known(Value),
    /// Two fillings give two values.
    Open,
    /// Nothing.
    Unclear,
}

impl<'c> Pairs<'c> {
    /// `hoisted` is the plan of `context` after [`Plan::hoisted`](logis_language::plan::Plan), on the same data.
    pub fn new(context: &'c Context<'c>, hoisted: &'c Context<'c>) -> Pairs<'c> {
        let side = |node: NodeId| match hoisted.plan.node(node)?.op {
            Op::Up(Step::First(_), _) => Some(Side::First),
            Op::Up(Step::Second(_), _) => Some(Side::Second),
            _ => None,
        };
        let sides = hoisted.plan.selected.iter().map(|(_, node)| side(*node)).collect();
        Pairs { context, listed: Listed::new(hoisted), sides, ends: Vec::new(), ways: None }
    }

    /// With the contexts of [`Completion::ends`](super::Completion::ends), of the hoisted plan.
    pub fn between(self, ends: &'c [Context<'c>]) -> Pairs<'c> {
        Pairs { ends: ends.iter().map(Way::new).collect(), ..self }
    }

    /// Where it is enough to know that an outcome is open, as of [`evaluate_settled`](super::evaluate_settled): which cells
    /// would settle it may not be told. `ways` are the contexts of [`Completion::ways`](super::Completion::ways), of the
    /// hoisted plan.
    pub fn told_open(self, ways: &'c [Context<'c>]) -> Pairs<'c> {
        Pairs { ways: Some(ways.iter().map(Way::new).collect()), ..self }
    }

    /// The working memory of one thread.
    pub fn worker(&self) -> PairWorker<'_, 'c> {
        let ways = self.ways.iter().flatten();
        PairWorker {
            pairs: self,
            worker: self.listed.worker(),
            ends: self.ends.iter().map(Filled::new).collect(),
            ways: ways.map(Filled::new).collect(),
            decided: self.sides.iter().map(|_| BTreeMap::new()).collect(),
            evaluator: None,
        }
    }
}

impl<'c> Way<'c> {
    fn new(context: &'c Context<'c>) -> Way<'c> {
        Way { context, listed: OnceLock::new() }
    }
}

/// A way, with the working memory of one thread once it is asked for.
struct Filled<'p, 'c> {
    way: &'p Way<'c>,
    worker: Option<(&'p Listed<'c>, Worker<'p>)>,
}

impl<'p, 'c> Filled<'p, 'c> {
    fn new(way: &'p Way<'c>) -> Filled<'p, 'c> {
        Filled { way, worker: None }
    }

    /// What a list of pairs comes to by a selected outcome.
    fn certain(&mut self, number: usize, (first, second): (&[u32], &[u32])) -> Option<Certain> {
        let (listed, worker) = self.worker.get_or_insert_with(|| {
            let listed = self.way.listed.get_or_init(|| Listed::new(self.way.context));
            (listed, listed.worker())
        });
        listed.certain(worker.run(first, second)).into_iter().nth(number).flatten()
    }
}

/// See [`Pairs::worker`].
pub struct PairWorker<'p, 'c> {
    pairs: &'p Pairs<'c>,
    worker: Worker<'p>,
    ends: Vec<Filled<'p, 'c>>,
    ways: Vec<Filled<'p, 'c>>,
    /// By selected outcome that reads one side only, by row of that side: what it was decided to be. Of first sides, only
    /// the last: pairs come one first side after the other.
    decided: Vec<BTreeMap<u32, Outcome>>,
    evaluator: Option<Evaluator<'c, 'c>>,
}

impl PairWorker<'_, '_> {
    /// Decides the pairs of a list; one column for each selected outcome, one row for each pair.
    pub fn decide(&mut self, first: &[u32], second: &[u32]) -> Vec<DecisionColumn> {
        let pairs = self.pairs;
        let piece = self.worker.run(first, second);
        let rows = first.len().min(second.len());
        let certain = pairs.listed.certain(piece);
        let nodes = pairs.context.plan.selected.iter().map(|(_, node)| *node);
        let decided = nodes.zip(certain).enumerate().map(|(number, (node, mut certain))| {
            let left: Vec<usize> =
                certain.as_ref().map_or_else(|| (0..rows).collect(), |c| c.left_over().collect());
            let side =
                |all: &[u32]| left.iter().filter_map(|row| all.get(*row).copied()).collect::<Vec<u32>>();
            let (first, second) = (side(first), side(second));
            let mut shown = self.shown(number, (&first, &second));
            if let Some(certain) = &mut certain {
                let truth = |shown: &Shown| match shown {
                    Shown::Known(Value::Bool(truth)) => Some(*truth),
                    _ => None,
                };
                certain.settle(left.iter().zip(&shown).filter_map(|(row, own)| Some((*row, truth(own)?))));
            }
            let mut odd: Vec<(usize, Outcome)> = Vec::new();
            let all = left.into_iter().zip(shown.drain(..)).zip(first.into_iter().zip(second));
            for ((row, shown), pair) in all {
                odd.push(match shown {
                    Shown::Known(Value::Bool(_)) if certain.is_some() => continue,
                    Shown::Known(value) => (row, Outcome::Known(value)),
                    Shown::Open => (row, Outcome::Unknown(Vec::new())),
                    Shown::Unclear => (row, self.one(number, node, pair)),
                });
            }
            DecisionColumn { rows, certain, odd: odd.into_iter().collect(), by_plan: None }
        });
        decided.collect()
    }

    /// The outcome of a pair, decided by itself.
    fn one(&mut self, number: usize, node: NodeId, (first, second): (u32, u32)) -> Outcome {
        let context = self.pairs.context;
        let side = self.pairs.sides.get(number).copied().flatten();
        let row = match side {
            Some(Side::First) => first,
            Some(Side::Second) | None => second,
        };
        let memory = self.decided.get_mut(number).filter(|_| side.is_some());
        if let Some(done) = memory.as_ref().and_then(|memory| memory.get(&row)) {
            return done.clone();
        }
        // The evaluator is made when the first pair needs it: most lists leave nothing over.
        let evaluator = self.evaluator.get_or_insert_with(|| Evaluator::new(context));
        let done = outcome(evaluator, node, context.pair_row(first.into(), second.into()));
        if let Some(memory) = memory {
            if matches!(side, Some(Side::First)) {
                memory.clear();
            }
            memory.insert(row, done.clone());
        }
        done
    }

    /// What fillings show of pairs that the columns leave over.
    fn shown(&mut self, number: usize, pairs: (&[u32], &[u32])) -> Vec<Shown> {
        let count = pairs.0.len();
        let told = self.pairs.ways.is_some();
        let mut shown: Vec<Shown> = Vec::with_capacity(count);
        shown.resize_with(count, || Shown::Unclear);
        if count == 0 {
            return shown;
        }
        let ends: Vec<Certain> = self.ends.iter_mut().filter_map(|end| end.certain(number, pairs)).collect();
        if let [low, high] = &ends[..] {
            for (row, shown) in shown.iter_mut().enumerate() {
                match (low.get(row), high.get(row)) {
                    (Some(low), Some(high)) if low == high => *shown = Shown::Known(low),
                    (Some(_), Some(_)) if told => *shown = Shown::Open,
                    _ => {}
                }
            }
        }
        let unclear = |shown: &Shown| matches!(shown, Shown::Unclear);
        if self.ways.is_empty() || !shown.iter().any(unclear) {
            return shown;
        }
        let places: Vec<usize> = (0..count).filter(|row| shown.get(*row).is_some_and(unclear)).collect();
        let side = |all: &[u32]| places.iter().filter_map(|row| all.get(*row).copied()).collect::<Vec<u32>>();
        let pairs = (&side(pairs.0)[..], &side(pairs.1)[..]);
        let ways: Vec<Certain> = self.ways.iter_mut().filter_map(|way| way.certain(number, pairs)).collect();
        let ways: Vec<&Certain> = ways.iter().collect();
        for (at, row) in places.into_iter().enumerate() {
            if differ(&ways, at)
                && let Some(shown) = shown.get_mut(row)
            {
                *shown = Shown::Open;
            }
        }
        shown
    }
}
