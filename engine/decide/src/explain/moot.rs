//! Doubts that cannot change an outcome: they are not told.
//!
//! What is doubted of is left open, and the outcome is decided again: known all the same, it does not hang on the
//! doubt. All that is not told is open at once, the doubts that the decision did not meet too, so that none of it can
//! change the outcome together with the rest either, as long as what is told holds. An outcome that is not known keeps
//! all the doubts that it met.

use std::collections::BTreeSet;

use super::{Because, Explanation, Shown};
use crate::evaluate::possible::Possible;
use crate::evaluate::{Context, Doubted, Doubts, Evaluator, OfWhat};
use logis_language::deep::deep;
use logis_language::pack::Parsed;
use logis_language::pack::doubt::KINDS;
use logis_language::plan::ir::NodeId;

/// Decides outcomes of a row again with what is doubted of left open.
pub(super) struct Doubter<'c, 'd> {
    context: &'c Context<'d>,
    doubts: &'c Doubts,
    row: u64,
    evaluator: Evaluator<'c, 'd>,
    /// By selected outcome: what it comes to while all is open that is doubted of below any of them, whether a decision
    /// meets it or not; `None` if that is an error. Found for all together, when it is first asked for.
    all_open: Option<Vec<Option<Possible>>>,
}

/// Rules and parameters whose doubts cannot change an outcome.
pub(super) struct Moot<'c> {
    parsed: &'c Parsed,
    doubts: &'c Doubts,
    set: Doubted,
}

impl<'c, 'd> Doubter<'c, 'd> {
    pub fn new(context: &'c Context<'d>, doubts: &'c Doubts, row: u64) -> Doubter<'c, 'd> {
        let evaluator = Evaluator::doubting(context, doubts);
        Doubter { context, doubts, row, evaluator, all_open: None }
    }

    /// What a selected outcome comes to while all is open.
    fn all_open(&mut self, number: usize) -> Option<&Possible> {
        if self.all_open.is_none() {
            let selected = &self.context.plan.selected;
            let all = selected
                .iter()
                .fold(self.doubts.none(), |all, (_, node)| all.with(&self.doubts.below(*node)));
            self.evaluator.doubt(&all);
            let found = selected.iter().map(|(_, node)| self.evaluator.eval(*node, self.row).ok()).collect();
            self.all_open = Some(found);
        }
        self.all_open.as_ref()?.get(number)?.as_ref()
    }

    /// Finds what cannot change the outcome of a selected node, among what was doubted of on the way to it.
    pub fn moot(&mut self, (number, node): (usize, NodeId), outcome: &Shown, met: &[OfWhat]) -> Moot<'c> {
        let mut moot =
            Moot { parsed: &self.context.plan.parsed, doubts: self.doubts, set: self.doubts.none() };
        let Shown::Value(value) = outcome else { return moot };
        if met.is_empty() {
            return moot;
        }
        let outcome = Possible::Known(value.clone());
        let all_met = self.set_of(met);
        if self.all_open(number) == Some(&outcome) {
            moot.set = all_met;
            return moot;
        }
        let below = self.doubts.below(node);
        let mut untold = below.without(&all_met);
        if !self.same(&untold, node, &outcome) {
            return moot;
        }
        let mut tried = BTreeSet::new();
        let each: Vec<OfWhat> = met.iter().copied().filter(|doubt| tried.insert(*doubt)).collect();
        // Sets that gave another outcome; that of all doubts did.
        let mut others = vec![below];
        // Mostly few doubts matter, or none: they are tried together, and by halves where one of them matters. Doubts that can
        // all be open at once without another outcome need no look at each.
        let mut left: Vec<&[OfWhat]> = vec![&each];
        while let Some(doubts) = left.pop() {
            let own = self.set_of(doubts);
            let more = untold.with(&own);
            if !others.contains(&more) && self.same(&more, node, &outcome) {
                untold = more;
                moot.set = moot.set.with(&own);
                continue;
            }
            others.push(more);
            if doubts.len() > 1 {
                let (first, second) = doubts.split_at(doubts.len() / 2);
                left.extend([second, first]);
            }
        }
        moot
    }

    fn set_of(&self, doubts: &[OfWhat]) -> Doubted {
        doubts.iter().fold(self.doubts.none(), |set, doubt| set.with(&self.doubts.one(*doubt)))
    }

    /// Is the outcome of a node the same while these doubts are open?
    fn same(&mut self, open: &Doubted, node: NodeId, outcome: &Possible) -> bool {
        if open.is_empty() {
            return Evaluator::new(self.context).eval(node, self.row).as_ref() == Ok(outcome);
        }
        self.evaluator.doubt(open);
        self.evaluator.eval(node, self.row).as_ref() == Ok(outcome)
    }
}

impl Moot<'_> {
    fn is_rule(&self, name: &str) -> bool {
        self.parsed.rule(name).is_some_and(|id| self.doubts.is_in(OfWhat::Rule(id), &self.set))
    }

    fn is_parameter(&self, path: &str) -> bool {
        let Some(id) = self.parsed.parameter(path) else { return false };
        KINDS.iter().any(|kind| self.doubts.is_in(OfWhat::Parameter(id, *kind), &self.set))
    }

    /// Takes them out of an explanation.
    pub fn take_from(&self, explanation: &mut Explanation) {
        if !self.set.is_empty() {
            self.take_from_rule(explanation);
        }
    }

    fn take_from_rule(&self, explanation: &mut Explanation) {
        if !explanation.doubts.is_empty() && self.is_rule(&explanation.rule) {
            explanation.doubts.clear();
        }
        deep(|| self.take_from_all(&mut explanation.because));
    }

    fn take_from_all(&self, because: &mut [Because]) {
        for because in because {
            match because {
                Because::Rule(rule) => self.take_from_rule(rule),
                Because::Parameter { path, doubt, .. } if doubt.is_some() && self.is_parameter(path) => {
                    *doubt = None;
                }
                Because::Members { rules, parameters, .. } => {
                    let told = rules.iter_mut().filter(|rule| !rule.doubts.is_empty());
                    for rule in told.filter(|rule| self.is_rule(&rule.rule)) {
                        rule.doubts.clear();
                    }
                    self.take_from_all(parameters);
                }
                _ => {}
            }
        }
    }
}
