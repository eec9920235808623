//! The heaviest assignment of rows to columns that hold several, by the network simplex method.
//!
//! The basis is a tree over rows, columns and a root, to which idle rows and free places lead; it stays
//! strongly feasible (Cunningham, 1976), so the method ends though most steps move nothing. When only
//! the weights change, it goes on from the tree it has, which is what makes the search for multipliers
//! cheap.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers that the constructor checks and the tree keeps"
)]

mod plant;

use super::housed::NONE;

/// An arc from a row to a column.
#[derive(Clone, Copy, Debug)]
pub(super) struct Arc {
    /// The row.
    pub row: u32,
    /// The column.
    pub column: u32,
}

/// The tree, its flows and its values.
#[derive(Clone)]
pub(super) struct Simplex {
    rows: usize,
    columns: usize,
    arcs: Vec<Arc>,
    /// By arc, then by row (being idle), then by column (a place staying free).
    weights: Vec<i64>,
    /// By node (rows, columns, root): what it is worth. A tree arc's weight is the sum of its ends.
    value: Vec<i64>,
    parent: Vec<u32>,
    /// The arc to the parent, what flows on it, and whether it leads to the parent.
    by: Vec<u32>,
    flow: Vec<u32>,
    up: Vec<bool>,
    depth: Vec<u32>,
    first_child: Vec<u32>,
    next: Vec<u32>,
    previous: Vec<u32>,
    /// Where the search for an arc to enter goes on.
    at: usize,
    stack: Vec<u32>,
}

impl Simplex {
    /// Rows, the capacity of each column, the arcs, and a first assignment: by row the arc it uses, or
    /// [`NONE`].
    pub fn new(rows: usize, capacity: &[u32], arcs: Vec<Arc>, used: &[u32]) -> Simplex {
        let columns = capacity.len();
        let nodes = rows + columns + 1;
        let mut simplex = Simplex {
            rows,
            columns,
            weights: vec![0; arcs.len() + rows + columns],
            arcs,
            value: vec![0; nodes],
            parent: vec![NONE; nodes],
            by: vec![NONE; nodes],
            flow: vec![0; nodes],
            up: vec![false; nodes],
            depth: vec![0; nodes],
            first_child: vec![NONE; nodes],
            next: vec![NONE; nodes],
            previous: vec![NONE; nodes],
            at: 0,
            stack: Vec::new(),
        };
        simplex.assign(capacity, used);
        simplex
    }

    /// Begins again with another assignment, at the weights of the moment.
    pub fn assign(&mut self, capacity: &[u32], used: &[u32]) {
        let (rows, columns, root) = (self.rows, self.columns, self.root());
        self.first_child.fill(NONE);
        let mut free: Vec<u32> = capacity.to_vec();
        // A full column hangs under one of its rows, which hangs under the root by the arc for being
        // idle, without flow: so the tree is strongly feasible.
        let mut under = vec![NONE; columns];
        for row in 0..rows as u32 {
            let arc = used[row as usize];
            if arc != NONE {
                let column = self.arcs[arc as usize].column as usize;
                free[column] -= 1;
                if free[column] == 0 {
                    under[column] = row;
                }
            }
        }
        for (column, &row) in under.iter().enumerate() {
            let node = (rows + column) as u32;
            if row == NONE {
                self.hang(node, root, self.free_arc(column), free[column], false);
            } else {
                self.hang(row, root, self.idle_arc(row as usize), 0, true);
                self.hang(node, row, used[row as usize], 1, false);
            }
        }
        for row in 0..rows as u32 {
            let arc = used[row as usize];
            if arc == NONE {
                self.hang(row, root, self.idle_arc(row as usize), 1, true);
            } else {
                let column = self.arcs[arc as usize].column;
                if under[column as usize] != row {
                    self.hang(row, rows as u32 + column, arc, 1, true);
                }
            }
        }
        self.revalue();
    }

    fn root(&self) -> u32 {
        (self.rows + self.columns) as u32
    }

    fn idle_arc(&self, row: usize) -> u32 {
        (self.arcs.len() + row) as u32
    }

    fn free_arc(&self, column: usize) -> u32 {
        (self.arcs.len() + self.rows + column) as u32
    }

    /// The node of a column.
    fn column_node(&self, column: u32) -> usize {
        self.rows + column as usize
    }

    /// What a row is worth: what its best arc is above the price of its column.
    pub fn row_value(&self, row: u32) -> i64 {
        self.value[row as usize]
    }

    /// What a place of a column costs.
    pub fn price(&self, column: u32) -> i64 {
        self.value[self.column_node(column)]
    }

    /// Sets the weight of each arc, of each idle row and of each free place.
    pub fn weigh(
        &mut self,
        arc: impl Fn(usize) -> i64,
        idle: impl Fn(usize) -> i64,
        free: impl Fn(usize) -> i64,
    ) {
        let (arcs, rows) = (self.arcs.len(), self.rows);
        for at in 0..arcs {
            self.weights[at] = arc(at);
        }
        for row in 0..rows {
            self.weights[arcs + row] = idle(row);
        }
        for column in 0..self.columns {
            self.weights[arcs + rows + column] = free(column);
        }
        self.revalue();
    }

    /// By row: the arc it uses, or [`NONE`].
    pub fn used(&self) -> Vec<u32> {
        let mut used = vec![NONE; self.rows];
        for node in 0..self.rows + self.columns {
            let arc = self.by[node];
            if self.flow[node] > 0 && (arc as usize) < self.arcs.len() {
                used[self.arcs[arc as usize].row as usize] = arc;
            }
        }
        used
    }

    /// What each node would be worth if arcs, and by row being idle, and by column a place staying free,
    /// weighed this: with it, [`Simplex::by_step`] says what an arc that enters changes.
    pub fn values(
        &self,
        weight: impl Fn(usize) -> i64,
        idle: impl Fn(usize) -> i64,
        free: impl Fn(usize) -> i64,
    ) -> Vec<i64> {
        let (arcs, rows) = (self.arcs.len(), self.rows);
        let mut value = vec![0; self.value.len()];
        let mut stack = vec![self.first_child[self.root() as usize]];
        while let Some(node) = stack.pop() {
            if node == NONE {
                continue;
            }
            let place = node as usize;
            stack.push(self.next[place]);
            stack.push(self.first_child[place]);
            let arc = self.by[place] as usize;
            let own = if arc < arcs {
                weight(arc)
            } else if arc < arcs + rows {
                idle(arc - arcs)
            } else {
                free(arc - arcs - rows)
            };
            value[place] = own - value[self.parent[place] as usize];
        }
        value
    }

    /// What the sum of weights gains if a unit flows on an arc and round its cycle.
    pub fn by_step(&self, arc: usize, weight: i64, values: &[i64]) -> i64 {
        let (from, to) = self.ends(arc);
        weight - values[from as usize] - values[to as usize]
    }

    /// Pivots until no arc would gain. `false` if it takes more steps than it should.
    pub fn run(&mut self) -> bool {
        let total = self.weights.len();
        let block = (total as f64).sqrt() as usize + 32;
        let most = 200 * (total as u64 + 1000);
        for _ in 0..most {
            let Some(arc) = self.enter(total, block) else { return true };
            self.pivot(arc);
        }
        false
    }

    /// The ends of an arc: a row or the root, a column or the root.
    fn ends(&self, arc: usize) -> (u32, u32) {
        let (arcs, rows) = (self.arcs.len(), self.rows);
        if arc < arcs {
            let own = self.arcs[arc];
            (own.row, rows as u32 + own.column)
        } else if arc < arcs + rows {
            ((arc - arcs) as u32, self.root())
        } else {
            (self.root(), (arc - arcs) as u32)
        }
    }

    fn gain(&self, arc: usize) -> i64 {
        let (from, to) = self.ends(arc);
        self.weights[arc] - self.value[from as usize] - self.value[to as usize]
    }

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

    fn hang(&mut self, node: u32, parent: u32, by: u32, flow: u32, up: bool) {
        let place = node as usize;
        self.parent[place] = parent;
        self.by[place] = by;
        self.flow[place] = flow;
        self.up[place] = up;
        let first = std::mem::replace(&mut self.first_child[parent as usize], node);
        self.next[place] = first;
        self.previous[place] = NONE;
        if first != NONE {
            self.previous[first as usize] = node;
        }
    }

    fn unhang(&mut self, node: u32) {
        let place = node as usize;
        let (next, previous) = (self.next[place], self.previous[place]);
        if previous == NONE {
            self.first_child[self.parent[place] as usize] = next;
        } else {
            self.next[previous as usize] = next;
        }
        if next != NONE {
            self.previous[next as usize] = previous;
        }
    }

    fn revalue(&mut self) {
        let mut child = self.first_child[self.root() as usize];
        while child != NONE {
            self.revalue_under(child);
            child = self.next[child as usize];
        }
    }

    /// Sets value and depth of a node and of all under it from its parent's.
    fn revalue_under(&mut self, top: u32) {
        let mut stack = std::mem::take(&mut self.stack);
        stack.clear();
        stack.push(top);
        while let Some(node) = stack.pop() {
            let place = node as usize;
            let parent = self.parent[place] as usize;
            self.value[place] = self.weights[self.by[place] as usize] - self.value[parent];
            self.depth[place] = self.depth[parent] + 1;
            let mut child = self.first_child[place];
            while child != NONE {
                stack.push(child);
                child = self.next[child as usize];
            }
        }
        self.stack = stack;
    }
}
