//! The search of a level with quotas: multipliers, then steps towards the conditions, then splits.
//!
//! A quota weighs on who is housed *and* where, so that the sets that can be housed together are no longer a
//! matroid. Each level is a heaviest assignment under a handful of conditions (the levels before it). The
//! conditions are given multipliers ([`super::multipliers`]), which leaves an assignment without conditions for
//! [`super::simplex`]; its value is a bound. Steps along cycles of the tree then lead from its answer to one
//! that meets the conditions. What is left between the two is closed by splitting (*branch and bound*): see
//! [`super::super::answer::Split`].
//!
//! What constants here cost was measured in processor time, of which a tenth is noise, on instances of
//! `benches/matching.rs`: on `d100k` and `d10k-hard` with quotas, and on `random`, 20 random problems of 40
//! requests and 20 units with five quotas near a half, which contradict each other.
//!
//! `level` is what is searched, `best` what is found, `range` which multipliers are looked at, `towards` how
//! assignments come to meet the conditions, `split` what the sides differ in.

mod best;
mod level;
mod range;
mod split;
mod towards;

use std::collections::BTreeMap;

use super::super::answer::{Bound, Condition, DEEPEST, Proof, Split};
use super::forest::Forest;
use super::marks::SCALE;
use best::Search;
use level::{Posed, Side};
use range::{Around, begin};
use split::{On, split};
use towards::STEPS;

pub(super) use level::{Aim, Asked, Level, NEVER, Never};

/// How often the multipliers of one side are moved. Half as often costs nothing on `d100k` and is a third
/// faster on `random`; a quarter takes 42 % more on `d10k-hard`, where splits make up for multipliers that
/// are not found; twice as often takes 67 % more on `random`.
pub(super) const MOVES: usize = 80;

/// How many of the assignments found last are relinked with the best. Half or twice as many change nothing
/// beyond noise; none take 55 times as long on `d100k` and leave it with a gap.
const LINKED: usize = 12;

/// The best assignment of a level that was found, and why no other is better.
pub(super) struct Found {
    /// By row of the graph: its arc.
    pub used: Vec<u32>,
    /// What it is worth.
    pub worth: i64,
    pub proof: Proof,
    /// The first bound, from which room is measured: multipliers with prices, and how much it is, in
    /// parts of a point.
    pub first: Option<(Bound, i64)>,
    /// How often multipliers were moved.
    pub moves: usize,
}

/// Finds the best assignment of a level and proves it. The search begins at the assignment of
/// `forest`, which has as many attributions as can be; `prices` by column, if given, are thought to prove it
/// best as it is weighed at first; `known`, if given, is one that meets the conditions.
pub(super) fn solve(
    level: &Level<'_>,
    mut forest: Forest,
    prices: Option<&[i64]>,
    known: Option<Vec<u32>>,
) -> Option<Found> {
    let side = Side { bases: level.bases.clone(), ..Side::default() };
    if let Some(prices) = prices {
        // Prices of before fit weights at the multipliers of before.
        let posed = level.posed(&side);
        level.weigh(&mut forest, &posed, &begin(level, &posed.asked, &level.warm));
        forest.replant(prices);
    } else if level.aim == Aim::Fit && !level.graph.choices {
        // Without conditions the fit is an assignment problem, for which the auction is faster than the
        // simplex.
        level.weigh(&mut forest, &level.posed(&side), &[]);
        forest.plant_by_fits(level.graph, level.housed, SCALE);
    }
    let best = known.map(|used| (level.worth_of(&used), used));
    let mut search = Search { level, best, moves: level.moves, sides: level.sides, first: None };
    let proof = search.node(forest, &side, &level.warm, 0);
    let (worth, used) = search.best?;
    let moves = level.moves.saturating_sub(search.moves);
    Some(Found { used, worth, proof, first: search.first, moves })
}

/// What moving the multipliers of one side found.
struct Moved {
    /// The lowest bound, in parts of a point; its multipliers, and the bound as the checker reads it.
    lowest: Option<(i64, Vec<i64>, Bound)>,
    /// The assignments that weigh most at some multipliers.
    assignments: Vec<Vec<u32>>,
    /// By assignment: its part in the mixture that meets the conditions on average.
    mixture: Vec<f64>,
}

impl Search<'_, '_> {
    /// Proves that one side, `deep` splits below the whole level, has nothing better than the best, which it may
    /// improve.
    fn node(
        &mut self,
        mut forest: Forest,
        side: &Side,
        warm: &BTreeMap<Condition, i64>,
        deep: usize,
    ) -> Proof {
        if self.done() {
            return Proof::Nothing;
        }
        // Counted down over the whole level: what one side leaves the next may use.
        let level = self.level;
        let given_up = self.moves == 0 || level.late();
        self.sides = if given_up { 0 } else { self.sides.saturating_sub(1) };
        let posed = level.posed(side);
        let moved = match self.multipliers(&mut forest, &posed, warm) {
            Ok(moved) => moved,
            Err(impossible) => return Proof::Bound(impossible),
        };
        let Some((bound, multipliers, certificate)) = moved.lowest else { return Proof::Nothing };
        if self.first.is_none() {
            self.first = Some((certificate.clone(), bound));
        }
        // Cheap first: what lies between assignments that are there already.
        for other in moved.assignments.iter().rev().take(LINKED) {
            if self.closed(bound) || self.done() {
                break;
            }
            self.relink(other, &posed);
        }
        if !self.closed(bound) && !self.done() {
            // Back to the trees of the lowest bound: its assignment loses least against the bound.
            level.weigh(&mut forest, &posed, &multipliers);
            forest.run();
            // Each step looks at all arcs for all conditions: sides of splits, of which there may be thousands, take few.
            let steps = if deep == 0 { STEPS } else { STEPS / 100 };
            self.step(forest.clone(), &posed, bound, steps);
        }
        if self.done() {
            return Proof::Nothing;
        }
        // Closed, or given up with a gap that the certificate states.
        if self.closed(bound) || self.sides == 0 || deep >= DEEPEST {
            return Proof::Bound(certificate);
        }
        let Some(on) = split(level, side, &moved.assignments, &moved.mixture) else {
            return Proof::Bound(certificate);
        };
        let (mut without, mut with) = (side.clone(), side.clone());
        let on = match on {
            On::Base { quota, most } => {
                if let Some((_, high)) = without.bases.get_mut(quota) {
                    *high = (*high).min(most);
                }
                if let Some((low, _)) = with.bases.get_mut(quota) {
                    *low = (*low).max(most + 1);
                }
                Split::Base { quota, most }
            }
            On::Column { request, column } => {
                without.never.insert((request, column));
                with.only.insert(request, column);
                if level.graph.by_unit {
                    Split::Unit { request, unit: column.0 }
                } else {
                    Split::Cell { request, cell: column.0 }
                }
            }
        };
        // Both sides begin where this one ended.
        let warm = posed.asked.iter().zip(&multipliers).filter(|(own, _)| own.at_least);
        let warm = warm.map(|(own, m)| (own.condition, *m)).collect();
        // The side that has the pair or the larger base first: it finds good answers sooner, which close the
        // other.
        let with = Box::new(self.node(forest.clone(), &with, &warm, deep + 1));
        let without = Box::new(self.node(forest, &without, &warm, deep + 1));
        Proof::Split { on, without, with }
    }

    /// Moves the multipliers of a side until its bound is as low as it gets, or closed. The error is a bound
    /// that proves that the side has no assignment with as many attributions.
    fn multipliers(
        &mut self,
        forest: &mut Forest,
        posed: &Posed,
        warm: &BTreeMap<Condition, i64>,
    ) -> Result<Moved, Bound> {
        let (level, asked) = (self.level, &posed.asked[..]);
        let mut multipliers = begin(level, asked, warm);
        let mut near = Around::new(level, &multipliers);
        let mut moved = Moved { lowest: None, assignments: Vec::new(), mixture: Vec::new() };
        for _ in 0..MOVES {
            self.moves = self.moves.saturating_sub(1);
            level.weigh(forest, posed, &multipliers);
            // Only the weights have changed: the trees go on from where they are.
            if !forest.run() {
                break;
            }
            let used = forest.used();
            if !level.possible(&used, posed) {
                return Err(level.certificate(forest, asked, &multipliers));
            }
            let bound = level.bound(forest, asked, &multipliers);
            let cut = level.cut(&used, posed);
            self.keep(&used, &cut);
            if moved.lowest.as_ref().is_none_or(|(b, ..)| bound < *b) {
                let certificate = level.certificate(forest, asked, &multipliers);
                moved.lowest = Some((bound, multipliers.clone(), certificate));
            }
            near.add(&cut);
            moved.assignments.push(used);
            let Some((low, at, _)) = &moved.lowest else { break };
            if self.closed(*low) || self.done() || asked.is_empty() || level.late() {
                break;
            }
            let next;
            (next, moved.mixture) = near.next(*low, at);
            match next {
                Some(next) => multipliers = next,
                None => break,
            }
        }
        Ok(moved)
    }
}
