//! The tree of the simplex: its nodes, flows and values.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers that the constructor checks and the tree keeps"
)]

use super::super::columns::{Column, NONE};

/// An arc from a row to a column.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Arc {
    /// The row.
    pub row: u32,
    /// The column.
    pub column: Column,
}

/// The tree, its flows and its values.
///
/// Nodes are the rows, then the columns, then the root. Each other node has one arc to its parent. Tree arcs are
/// worth just the sum of the values of their ends; which is what makes values *dual prices*: an arc outside
/// gains its *reduced cost*, weight less both values, for each unit that flows round the cycle that it closes.
#[derive(Clone)]
pub(in super::super) struct Simplex {
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) arcs: Vec<Arc>,
    /// By arc, then by row (being idle), then by column (a place staying free).
    pub(super) weights: Vec<i64>,
    /// By node: what it is worth.
    pub(super) value: Vec<i64>,
    pub(super) parent: Vec<u32>,
    /// By node: the arc to its parent, what flows on it, and whether it leads to the parent.
    pub(super) by: Vec<u32>,
    pub(super) flow: Vec<u32>,
    pub(super) up: Vec<bool>,
    pub(super) depth: Vec<u32>,
    /// The children of a node are a list linked in both directions, so that a subtree moves at once.
    pub(super) first_child: Vec<u32>,
    next: Vec<u32>,
    previous: Vec<u32>,
    /// Where the search for an arc to enter goes on.
    pub(super) at: usize,
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
        // Places that stay free, by column; the row that takes the last one carries its column.
        for row in 0..rows as u32 {
            let arc = used[row as usize];
            if arc != NONE {
                let column = self.arcs[arc as usize].column.index();
                free[column] -= 1;
                if free[column] == 0 {
                    under[column] = row;
                }
            }
        }
        // Columns first: a column with free places hangs at the root by the arc of its free places, with
        // flow.
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
                // A row of a column that has free places, or hangs under another row, hangs under it.
                let column = self.arcs[arc as usize].column;
                if under[column.index()] != row {
                    self.hang(row, self.column_node(column) as u32, arc, 1, true);
                }
            }
        }
        self.revalue();
    }

    pub(super) fn root(&self) -> u32 {
        (self.rows + self.columns) as u32
    }

    /// The arc of a row to the root: it is idle.
    pub(super) fn idle_arc(&self, row: usize) -> u32 {
        (self.arcs.len() + row) as u32
    }

    /// The arc from the root to a column: a place of it is free.
    pub(super) fn free_arc(&self, column: usize) -> u32 {
        (self.arcs.len() + self.rows + column) as u32
    }

    /// The node of a column.
    pub(super) fn column_node(&self, column: Column) -> usize {
        self.rows + column.index()
    }

    /// What a row is worth: what its best arc is above the price of its column.
    pub fn row_value(&self, row: u32) -> i64 {
        self.value[row as usize]
    }

    /// What a place of a column costs.
    pub fn price(&self, column: Column) -> i64 {
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
        // Only tree arcs carry flow, and each stands at the node below it.
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
        // From the root down: a node's value is known once its parent's is.
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

    /// What the sum of weights gains if one unit flows on an arc and round the cycle that it closes in the tree.
    pub fn by_step(&self, arc: usize, weight: i64, values: &[i64]) -> i64 {
        let (from, to) = self.ends(arc);
        weight - values[from as usize] - values[to as usize]
    }

    /// The ends of an arc: a row or the root, a column or the root.
    pub(super) fn ends(&self, arc: usize) -> (u32, u32) {
        let (arcs, rows) = (self.arcs.len(), self.rows);
        if arc < arcs {
            let own = self.arcs[arc];
            (own.row, rows as u32 + own.column.0)
        } else if arc < arcs + rows {
            ((arc - arcs) as u32, self.root())
        } else {
            (self.root(), (arc - arcs) as u32)
        }
    }

    /// What an arc gains (its reduced cost): more than 0 if the answer gets better by it.
    pub(super) fn gain(&self, arc: usize) -> i64 {
        let (from, to) = self.ends(arc);
        self.weights[arc] - self.value[from as usize] - self.value[to as usize]
    }

    /// Hangs a node, with all under it, under a parent.
    pub(super) fn hang(&mut self, node: u32, parent: u32, by: u32, flow: u32, up: bool) {
        let place = node as usize;
        self.parent[place] = parent;
        self.by[place] = by;
        self.flow[place] = flow;
        self.up[place] = up;
        // A new child is put first: the order of children means nothing.
        let first = std::mem::replace(&mut self.first_child[parent as usize], node);
        self.next[place] = first;
        self.previous[place] = NONE;
        if first != NONE {
            self.previous[first as usize] = node;
        }
    }

    /// Takes a node, with all under it, from its parent.
    pub(super) fn unhang(&mut self, node: u32) {
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

    /// Sets all values and depths, at the weights of the moment.
    pub(super) fn revalue(&mut self) {
        // The root is worth 0; everything hangs under its children.
        let mut child = self.first_child[self.root() as usize];
        while child != NONE {
            self.revalue_under(child);
            child = self.next[child as usize];
        }
    }

    /// Sets value and depth of a node and of all under it from its parent's.
    pub(super) fn revalue_under(&mut self, top: u32) {
        let mut stack = std::mem::take(&mut self.stack);
        stack.clear();
        stack.push(top);
        while let Some(node) = stack.pop() {
            let place = node as usize;
            // A tree arc is worth just its two ends together, so that one end gives the other.
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
