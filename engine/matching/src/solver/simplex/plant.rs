//! A tree for an assignment of which prices are known: it is best, or nearly, from the start.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers that the constructor checks and the tree keeps"
)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::super::problem::by_key::by_key;
use super::super::columns::{Column, NONE};
use super::tree::Simplex;

/// How each column hangs.
struct Links {
    /// The columns, those nearer to the root first.
    order: Vec<Column>,
    /// By column: the arc by which one of its rows leads on, to another column or to the root; [`NONE`] if it
    /// has free places, so that it is at the root itself.
    by: Vec<u32>,
}

impl Simplex {
    /// Plants the tree anew, for the assignment that it has and the weights of the moment, along arcs that
    /// lose least at these prices of the columns. At prices that prove the assignment to be best, no arc
    /// gains afterwards: paths of least loss (Dijkstra, 1959) make a tree that proves it too.
    pub fn replant(&mut self, prices: &[i64]) {
        let used = self.used();
        let free: Vec<u32> = (0..self.columns)
            .map(|column| {
                let node = self.column_node(Column(column as u32));
                if self.by[node] == self.free_arc(column) { self.flow[node] } else { 0 }
            })
            .collect();
        let links = self.links(prices, &used, &free);
        // By column: its rows.
        let mut held: Vec<Vec<u32>> = vec![Vec::new(); self.columns];
        let root = self.root();
        self.first_child.fill(NONE);
        for (row, &arc) in (0_u32..).zip(&used) {
            match arc {
                NONE => self.hang(row, root, self.idle_arc(row as usize), 1, true),
                arc => held[self.arcs[arc as usize].column.index()].push(row),
            }
        }
        // Parents before children: a column hangs under the row that leads on, by an arc without flow, so
        // that the tree is strongly feasible; its other rows hang under the column.
        for column in links.order {
            let node = self.column_node(column) as u32;
            let by = links.by[column.index()];
            let mut above = NONE;
            if by == NONE {
                self.hang(node, root, self.free_arc(column.index()), free[column.index()], false);
            } else {
                let parent = match self.arcs.get(by as usize) {
                    Some(arc) => {
                        above = arc.row;
                        self.column_node(arc.column) as u32
                    }
                    None => {
                        above = by - self.arcs.len() as u32;
                        root
                    }
                };
                self.hang(above, parent, by, 0, true);
                self.hang(node, above, used[above as usize], 1, false);
            }
            for &row in held[column.index()].iter().filter(|row| **row != above) {
                self.hang(row, node, used[row as usize], 1, true);
            }
        }
        self.revalue();
    }

    /// By which of its rows each full column leads to the root at the least loss.
    fn links(&self, prices: &[i64], used: &[u32], free: &[u32]) -> Links {
        let gain = |arc: u32| self.weights[arc as usize] - prices[self.arcs[arc as usize].column.index()];
        let idle = |row: usize| self.weights[self.idle_arc(row) as usize];
        let worth = |row: usize| match used[row] {
            NONE => idle(row),
            arc => gain(arc),
        };
        let (starts, leads) =
            by_key(self.columns, self.arcs.iter().zip(0_u32..).map(|(arc, at)| (arc.column.0, at)));
        // A column with free places is at the root; others begin with what one of their rows loses by being
        // idle.
        let mut loss: Vec<i64> = free.iter().map(|&free| if free > 0 { 0 } else { i64::MAX }).collect();
        let mut by = vec![NONE; self.columns];
        for (row, &arc) in used.iter().enumerate().filter(|(_, arc)| **arc != NONE) {
            let column = self.arcs[arc as usize].column.index();
            let lost = (worth(row) - idle(row)).max(0);
            if lost < loss[column] {
                (loss[column], by[column]) = (lost, self.idle_arc(row));
            }
        }
        let mut heap: BinaryHeap<Reverse<(i64, u32)>> =
            loss.iter().zip(0_u32..).filter(|(l, _)| **l < i64::MAX).map(|(l, c)| Reverse((*l, c))).collect();
        // Dijkstra from the root outwards: a column's loss is final when it leaves the heap.
        let mut order = Vec::with_capacity(self.columns);
        let mut done = vec![false; self.columns];
        while let Some(Reverse((lost, column))) = heap.pop() {
            if std::mem::replace(&mut done[column as usize], true) {
                continue;
            }
            order.push(Column(column));
            // Rows of other columns that could come here lead their own columns on, by what they would lose.
            for &arc in &leads[starts[column as usize]..starts[column as usize + 1]] {
                let row = self.arcs[arc as usize].row as usize;
                if used[row] == NONE || used[row] == arc {
                    continue;
                }
                let from = self.arcs[used[row] as usize].column.index();
                // However large, a loss on some way is less than none found.
                let sum = lost.saturating_add((worth(row) - gain(arc)).max(0)).min(i64::MAX - 1);
                if !done[from] && sum < loss[from] {
                    (loss[from], by[from]) = (sum, arc);
                    heap.push(Reverse((sum, from as u32)));
                }
            }
        }
        Links { order, by }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::Arc;
    use super::*;

    /// Three rows, two columns of one place. The best is row 0 in column 1 and row 1 in column 0 (9 + 8);
    /// prices 6 and 7 prove it: row 0 gains 1 or 2, row 1 gains 2 or 1, row 2 gains nothing.
    #[test]
    fn a_tree_planted_at_the_right_prices_is_best() {
        let arc = |row, column| Arc { row, column: Column(column) };
        let arcs = vec![arc(0, 0), arc(0, 1), arc(1, 0), arc(1, 1), arc(2, 0), arc(2, 1)];
        let weights = [7, 9, 8, 8, 6, 5];
        let mut tree = Simplex::new(3, &[1, 1], arcs, &[1, 2, NONE]);
        tree.weigh(|arc| weights[arc], |_| 0, |_| 0);
        tree.replant(&[6, 7]);
        assert!((0..6).all(|arc| tree.gain(arc) <= 0));
        assert!(tree.run());
        assert_eq!(tree.used(), [1, 2, NONE]);
        // Both prices and what the rows gain bound the sum, which the assignment reaches.
        let sum = tree.price(Column(0))
            + tree.price(Column(1))
            + (0..3).map(|row| tree.row_value(row)).sum::<i64>();
        assert_eq!(sum, 17);
    }
}
