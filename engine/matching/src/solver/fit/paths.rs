//! Rows without a column get one along shortest paths.

#![expect(clippy::indexing_slicing, reason = "measured loops over rows and columns that `Rows` holds")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::columns::{Column, NONE};
use super::rows::{Rows, at_least};
use super::state::State;

/// How far, in fit, a search looks at first. Half or double changes nothing beyond noise (7 % on
/// `d100k-slack`).
const NEAR: i32 = 4;

/// By how much a search that led nowhere looks farther the next time. 2, 4 or 16 change nothing beyond noise (a
/// tenth) on `d100k` and `d100k-slack`.
const FARTHER: i32 = 8;

/// Farther than any path, in fit: 2^27 is more than a path of 134,000 units loses. A search that has looked so
/// far has seen all there is.
const FAR: i32 = 1 << 27;

/// Gives every row without one a column, along shortest paths.
pub(super) fn put_back(state: &mut State, rows: &Rows) {
    let mut search = Search::new(rows);
    for row in 0..rows.len() as u32 {
        if state.column_of[row as usize] == Column::NONE {
            search.augment(state, rows, row);
        }
    }
}

/// Shortest paths from a row to a free column; node `columns` is the empty places together.
///
/// The length of a step from a row to a column is what the row loses there, at the prices, against its best: 0
/// or more. Paths are short, and a row can have hundreds of columns: only what is near is queued, and the rows
/// are looked at again with a longer reach if that leads nowhere.
struct Search {
    /// By node: the length of the shortest path found, or `i32::MAX`.
    distance: Vec<i32>,
    /// By node: the row by which it leads there.
    by: Vec<u32>,
    /// The nodes that have a distance: those to clear before the next search.
    touched: Vec<u32>,
    /// By node: is its distance final?
    done: Vec<bool>,
    heap: BinaryHeap<Reverse<(i32, u32)>>,
    /// The nodes as near as the one looked at now.
    level: Vec<u32>,
    /// Rows looked at, with what they gain and how far they are.
    scanned: Vec<(u32, i32, i32)>,
    /// What is farther waits.
    reach: i32,
}

impl Search {
    fn new(rows: &Rows) -> Search {
        let nodes = rows.columns + 1;
        Search {
            distance: vec![i32::MAX; nodes],
            by: vec![NONE; nodes],
            touched: Vec::new(),
            done: vec![false; nodes],
            heap: BinaryHeap::new(),
            level: Vec::new(),
            scanned: Vec::new(),
            reach: NEAR,
        }
    }

    /// A path to a node by a row, of this length; `now` is how far the search is.
    fn relax(&mut self, node: u32, distance: i32, now: i32, row: u32) {
        let place = node as usize;
        if distance >= self.distance[place] || distance > self.reach {
            return;
        }
        if self.distance[place] == i32::MAX {
            self.touched.push(node);
        }
        self.distance[place] = distance;
        self.by[place] = row;
        // What is as near as what is looked at now needs no heap: many steps lose nothing.
        if distance == now {
            self.level.push(node);
        } else {
            self.heap.push(Reverse((distance, node)));
        }
    }

    /// Looks at the columns within reach of a row that is at a distance; `now` is how far the search is.
    fn scan(&mut self, state: &State, rows: &Rows, (row, profit, at): (u32, i32, i32), now: i32) {
        // A column within reach has a value of at least this: the distance there is `at + profit - value`.
        let least = at + profit - self.reach;
        for &block in rows.blocks(row) {
            at_least(rows.fits(block), block.of(&state.price), least, |place, value| {
                self.relax(block.at(place).0, at + profit - value, now, row);
                least
            });
        }
        if rows.free[row as usize] && rows.empty > 0 {
            self.relax(rows.columns as u32, at + profit + state.empty_price, now, row);
        }
    }

    fn reach_row(&mut self, state: &State, rows: &Rows, row: u32, profit: i32, at: i32) {
        self.scanned.push((row, profit, at));
        self.scan(state, rows, (row, profit, at), at);
    }

    /// Gives `start` a column: along a shortest path to a free column or empty place, each row takes the next
    /// row's column.
    fn augment(&mut self, state: &mut State, rows: &Rows, start: u32) {
        // Only what the last search touched is cleared: most searches are short.
        for node in self.touched.drain(..) {
            self.distance[node as usize] = i32::MAX;
            self.done[node as usize] = false;
        }
        self.heap.clear();
        self.level.clear();
        self.scanned.clear();
        self.reach = NEAR;
        let best = state.best(rows, start, state.empty_price);
        if best == i32::MIN {
            return;
        }
        let Some(end) = self.nearest_free(state, rows, start, best) else { return };
        self.raise(state, end, rows.columns as u32);
        self.shift(state, rows, start, end);
    }

    /// The nearest free column, or the node of the empty places if one of them is free.
    fn nearest_free(&mut self, state: &State, rows: &Rows, start: u32, best: i32) -> Option<u32> {
        let all_empty = rows.columns as u32;
        self.reach_row(state, rows, start, best, 0);
        loop {
            let node = match self.level.pop() {
                Some(node) => node,
                None => match self.heap.pop() {
                    Some(Reverse((_, node))) => node,
                    // All is looked at. Unreachable from a part of the face, which has a perfect assignment.
                    None if self.reach > FAR => return None,
                    None => {
                        // The same rows with a longer reach: their distances stand, more columns come near.
                        self.reach *= FARTHER;
                        for at in 0..self.scanned.len() {
                            self.scan(state, rows, self.scanned[at], -1);
                        }
                        continue;
                    }
                },
            };
            // A node is queued again each time a shorter path is found; only the first, shortest, counts.
            if std::mem::replace(&mut self.done[node as usize], true) {
                continue;
            }
            let at = self.distance[node as usize];
            if node == all_empty {
                if state.empty.len() < rows.empty {
                    return Some(node);
                }
                // Any row in an empty place can make room.
                for place in 0..state.empty.len() {
                    let row = state.empty[place];
                    self.reach_row(state, rows, row, -state.empty_price, at);
                }
                continue;
            }
            let row = state.row_of[node as usize];
            if row == NONE {
                return Some(node);
            }
            let profit = rows.fit(row, Column(node)) - state.price[node as usize];
            self.reach_row(state, rows, row, profit, at);
        }
    }

    /// Raises prices so that the path loses nothing: what was nearer than the end now costs the difference
    /// more, and no row on the way has a better column than before.
    fn raise(&self, state: &mut State, end: u32, all_empty: u32) {
        let reach = self.distance[end as usize];
        for &node in &self.touched {
            let nearer = reach - self.distance[node as usize];
            if nearer > 0 && self.done[node as usize] {
                if node == all_empty {
                    state.empty_price += nearer;
                } else {
                    state.price[node as usize] += nearer;
                }
            }
        }
    }

    /// Moves each row of the path, from its end to `start`, to the column by which it led on.
    fn shift(&self, state: &mut State, rows: &Rows, start: u32, end: u32) {
        let all_empty = rows.columns as u32;
        // Backwards: each row leaves the column that the row before takes.
        let mut node = end;
        loop {
            let row = self.by[node as usize];
            let left = state.column_of[row as usize];
            if left == Column::EMPTY {
                state.empty.retain(|&r| r != row);
            }
            if node == all_empty {
                state.column_of[row as usize] = Column::EMPTY;
                state.empty.push(row);
            } else {
                state.column_of[row as usize] = Column(node);
                state.row_of[node as usize] = row;
            }
            // The row that had no column has one: the path is gone.
            if row == start {
                return;
            }
            node = if left == Column::EMPTY { all_empty } else { left.0 };
        }
    }
}
