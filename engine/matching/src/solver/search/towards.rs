//! From assignments that weigh most to ones that meet the conditions: by cycles between two of them, and step by
//! step along cycles of the trees.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use super::super::columns::NONE;
use super::super::forest::{Forest, Values};
use super::super::relink::{choose, cycles};
use super::best::Search;
use super::level::Posed;

/// How many steps lead from one assignment towards the conditions. Half, a fortieth or none at all change
/// nothing beyond noise on any of the three, as relinking does the work: it is for problems where no two
/// assignments lie on both sides of a condition.
pub(super) const STEPS: usize = 2000;

/// How many of the arcs that lose least are tried before a step is given up: most are blocked, as nothing can
/// flow round their cycle. Half, a twentieth or double change nothing beyond noise.
const TRIED: usize = 200;

impl Search<'_, '_> {
    /// Tries what lies between the best assignment so far and another.
    pub fn relink(&mut self, other: &[u32], posed: &Posed) {
        let level = self.level;
        let Some((_, best)) = self.best.clone() else { return };
        let counted = &posed.counted;
        for (from, to) in [(&best[..], other), (other, &best[..])] {
            let column = |arc: u32| (arc != NONE).then(|| level.graph.arcs[arc as usize].column);
            let mut cycles = cycles(from, to, level.graph.capacity.len(), column);
            if level.graph.choices {
                // A row may use another arc to the column where it is, which is no cycle of columns.
                let alone = |(_, (a, b)): &(u32, (&u32, &u32))| a != b && column(**a) == column(**b);
                let rows = (0_u32..).zip(from.iter().zip(to)).filter(alone);
                cycles.extend(rows.map(|(row, _)| vec![row]));
            }
            // What going a cycle changes: the worth, the attributions, and each condition.
            let change = |rows: &Vec<u32>| {
                let mut change = vec![0; posed.asked.len() + 2];
                for &row in rows {
                    for (arc, sign) in [(from[row as usize], -1), (to[row as usize], 1)] {
                        if arc != NONE {
                            change[0] += sign * level.worth(arc as usize);
                            change[1] += sign * level.attributes(arc as usize);
                            level.add(counted, (arc as usize, sign), &mut change[2..]);
                        }
                    }
                }
                change
            };
            let changes: Vec<Vec<i64>> = cycles.iter().map(change).collect();
            // As many attributions is a condition too.
            let mut beyond = vec![0];
            beyond.extend(level.cut(from, posed).beyond);
            let gone = choose(&changes, beyond);
            let mut used = from.to_vec();
            for row in cycles.iter().zip(gone).filter(|(_, gone)| *gone).flat_map(|(rows, _)| rows) {
                used[*row as usize] = to[*row as usize];
            }
            let used_arcs = used.iter().filter(|a| **a != NONE);
            let count: i64 = used_arcs.map(|arc| level.attributes(*arc as usize)).sum();
            if count >= level.attributions {
                let cut = level.cut(&used, posed);
                self.keep(&used, &cut);
            }
        }
    }

    /// Goes from the trees' assignment, step by step round cycles, to one that meets the conditions, and
    /// then to better ones. `bound` is that of the trees, in parts of a point.
    pub fn step(&mut self, mut forest: Forest, posed: &Posed, bound: i64, most: usize) {
        let level = self.level;
        let arcs = level.graph.arcs.len();
        let counted = &posed.counted;
        let mut cut = level.cut(&forest.used(), posed);
        for _ in 0..most {
            if level.late() {
                return;
            }
            let lacking: i64 = cut.beyond.iter().map(|b| (-b).max(0)).sum();
            if lacking == 0 {
                self.keep(&forest.used(), &cut);
                if self.closed(bound) || self.done() {
                    return;
                }
            }
            // What the cycle of each arc changes follows from values of the nodes, one pass over the trees for
            // each thing that is counted.
            let nothing = |_: usize| 0;
            let worths = forest.values(|arc| level.worth(arc), nothing, nothing);
            let by: Vec<Values> = (0..posed.asked.len())
                .map(|own| forest.values(|arc| level.count(counted, own, arc), nothing, nothing))
                .collect();
            let housed = forest.values(|arc| level.attributes(arc), nothing, nothing);
            // What splits and must-haves rule out: arcs, idle rows, free places.
            let out = forest.values(
                |arc| i64::from(posed.out(arc)),
                |row| i64::from(posed.must[row]),
                |column| i64::from(level.graph.column_must[column]),
            );
            // The step that loses least for what it brings.
            let mut steps: Vec<(f64, usize)> = Vec::new();
            for arc in 0..arcs {
                // It must not leave one more unhoused, nor use more of what is ruled out.
                if forest.by_step(arc, level.attributes(arc), &housed) < 0
                    || forest.by_step(arc, i64::from(posed.out(arc)), &out) > 0
                {
                    continue;
                }
                let worth = forest.by_step(arc, level.worth(arc), &worths);
                let mut after = 0;
                for ((own, values), beyond) in by.iter().enumerate().zip(&cut.beyond) {
                    let change = forest.by_step(arc, level.count(counted, own, arc), values);
                    after += (-(beyond + change)).max(0);
                }
                let brings = lacking - after;
                // First towards the conditions; once they are met, to what is worth more and still meets them.
                if lacking > 0 && brings > 0 {
                    steps.push((-(worth as f64) / brings as f64, arc));
                } else if lacking == 0 && after == 0 && worth > 0 {
                    steps.push((-(worth as f64), arc));
                }
            }
            // Ties by number, so that the order of the arcs alone decides.
            steps.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let Some(&(_, arc)) =
                steps.iter().take(TRIED).find(|(_, arc)| !forest.in_tree(*arc) && forest.can_flow(*arc) > 0)
            else {
                return;
            };
            forest.pivot(arc);
            cut = level.cut(&forest.used(), posed);
        }
    }
}
