//! Pivots: arcs that gain enter the tree until none does.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers that the constructor checks and the tree keeps"
)]

use super::super::columns::NONE;
use super::tree::Simplex;

/// A pass of more than [`STEPS_PER_ARC`] steps for each arc and [`STEPS_MORE`] besides is given up, and its level states
/// a gap. A guard against a cycle of steps, which strong feasibility excludes: no instance came near it.
const STEPS_PER_ARC: u64 = 200;
const STEPS_MORE: u64 = 200_000;

/// Arcs looked at before the best of them enters: this many, and the square root of all. Half or twice the root
/// changes nothing beyond noise (twice: 5 % more on `d100k` with quotas, 10 % on `d10k-hard`).
const LOOKED_AT: usize = 32;

impl Simplex {
    /// Pivots until no arc would gain. `false` if it takes more steps than it should.
    pub fn run(&mut self) -> bool {
        let total = self.weights.len();
        let block = (total as f64).sqrt() as usize + LOOKED_AT;
        let most = STEPS_PER_ARC * total as u64 + STEPS_MORE;
        for _ in 0..most {
            let Some(arc) = self.enter(total, block) else { return true };
            self.pivot(arc);
        }
        false
    }

    /// An arc that gains: the best of a block, going on where the last search ended. Looking at all arcs
    /// would find a better one and take longer; taking the first would take more steps.
    fn enter(&mut self, total: usize, block: usize) -> Option<usize> {
        let (mut best, mut found) = (0, None);
        let mut left = block;
        let mut at = self.at;
        for _ in 0..total {
            if at >= total {
                at = 0;
            }
            let gain = self.gain(at);
            if gain > best {
                best = gain;
                found = Some(at);
            }
            at += 1;
            left -= 1;
            // At the end of a block without any, another block.
            if left == 0 {
                if found.is_some() {
                    break;
                }
                left = block;
            }
        }
        self.at = at;
        found
    }

    /// The node under which the paths from two nodes to the root meet.
    fn meet(&self, mut a: u32, mut b: u32) -> u32 {
        while a != b {
            if self.depth[a as usize] >= self.depth[b as usize] {
                a = self.parent[a as usize];
            } else {
                b = self.parent[b as usize];
            }
        }
        a
    }

    /// How much can flow round the cycle of an arc; the node whose arc to its parent then has nothing
    /// left, and whether it is on the side of the arc's start.
    fn room(&self, arc: usize) -> (u32, u32, bool) {
        let (from, to) = self.ends(arc);
        let apex = self.meet(from, to);
        let (mut least, mut out, mut start) = (u32::MAX, NONE, false);
        // The flow runs along the entering arc, so that it is lowered on arcs that lead up from its start,
        // and on those that lead down to its end. Of several that run out at once the last on the way round,
        // seen from the apex along the flow, leaves: so the tree stays strongly feasible (Cunningham, 1976).
        // Therefore `<` on the first side and `<=` on the second.
        let mut node = from;
        while node != apex {
            let place = node as usize;
            if self.up[place] && self.flow[place] < least {
                (least, out, start) = (self.flow[place], node, true);
            }
            node = self.parent[place];
        }
        node = to;
        while node != apex {
            let place = node as usize;
            if !self.up[place] && self.flow[place] <= least {
                (least, out, start) = (self.flow[place], node, false);
            }
            node = self.parent[place];
        }
        (least, out, start)
    }

    /// How much can flow round the cycle of an arc.
    pub fn can_flow(&self, arc: usize) -> u32 {
        self.room(arc).0
    }

    /// Is the arc in the tree?
    pub fn in_tree(&self, arc: usize) -> bool {
        let (from, to) = self.ends(arc);
        self.by[from as usize] == arc as u32 || self.by[to as usize] == arc as u32
    }

    /// Lets an arc enter the tree.
    pub fn pivot(&mut self, arc: usize) {
        let (from, to) = self.ends(arc);
        let apex = self.meet(from, to);
        let (amount, out, start) = self.room(arc);
        if out == NONE {
            return;
        }
        // Most steps move nothing (they are degenerate) and only turn the tree.
        if amount > 0 {
            let mut node = from;
            while node != apex {
                let place = node as usize;
                if self.up[place] {
                    self.flow[place] -= amount
                } else {
                    self.flow[place] += amount
                }
                node = self.parent[place];
            }
            node = to;
            while node != apex {
                let place = node as usize;
                if self.up[place] {
                    self.flow[place] += amount
                } else {
                    self.flow[place] -= amount
                }
                node = self.parent[place];
            }
        }
        // The part cut off hangs by the entering arc: its path up to the cut is turned round.
        let (mut node, mut parent) = if start { (from, to) } else { (to, from) };
        let (mut by, mut flow, mut up) = (arc as u32, amount, start);
        loop {
            let place = node as usize;
            let old = (self.parent[place], self.by[place], self.flow[place], self.up[place]);
            self.unhang(node);
            self.hang(node, parent, by, flow, up);
            if node == out {
                break;
            }
            (parent, node) = (node, old.0);
            (by, flow, up) = (old.1, old.2, !old.3);
        }
        let top = if start { from } else { to };
        self.revalue_under(top);
    }
}
