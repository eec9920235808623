//! An assignment in the making with prices, and the auction that brings prices near the right ones.

#![expect(clippy::indexing_slicing, reason = "measured loops over rows and columns that `Rows` holds")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::super::columns::{Column, NONE};
use super::rows::{Rows, at_least, highest};

/// Steps of the auction, in fit: by how much a bid goes beyond what the column is worth to the bidder.
/// Measured on `d100k` and `d100k-slack` in processor time, of which a tenth is noise: half of each takes as
/// long, double no more than noise, ending at 8 or at 1 changes nothing; without an auction, by paths alone,
/// `d100k` takes 2.3 times as long.
pub(super) const STEPS: [i32; 3] = [256, 32, 4];

/// What a row bids, in fit, over the only column that it can have: more than fits differ by. Half or double
/// changes nothing beyond noise.
const ALONE: i32 = 4096;

/// An assignment in the making, with prices.
///
/// Between calls, `row_of` and `column_of` are the inverse of each other, but for [`Column::EMPTY`].
pub(super) struct State {
    /// By column: its price, in fit.
    pub price: Vec<i32>,
    /// By column: its row, or [`NONE`].
    pub row_of: Vec<u32>,
    /// By row: its column, [`Column::EMPTY`], or [`Column::NONE`].
    pub column_of: Vec<Column>,
    /// The rows in empty places, with the prices they pay, lowest first (while bids are made).
    bids: BinaryHeap<Reverse<(i32, u32)>>,
    /// The rows in empty places (afterwards).
    pub empty: Vec<u32>,
    /// What an empty place costs (afterwards).
    pub empty_price: i32,
}

impl State {
    /// Nobody has a column, and nothing costs anything.
    pub fn new(rows: &Rows) -> State {
        State {
            price: vec![0; rows.columns],
            row_of: vec![NONE; rows.columns],
            column_of: vec![Column::NONE; rows.len()],
            // Empty places nobody bid on yet are held by nobody.
            bids: (0..rows.empty).map(|_| Reverse((0, NONE))).collect(),
            empty: Vec::new(),
            empty_price: 0,
        }
    }

    /// What a row gains by its column at the prices of the moment.
    #[inline]
    pub fn profit(&self, rows: &Rows, row: u32) -> i32 {
        match self.column_of[row as usize] {
            Column::EMPTY => -self.empty_price,
            column => rows.fit(row, column) - self.price[column.index()],
        }
    }

    /// The most that a row can gain at the prices of the moment, an empty place costing this much.
    #[inline]
    pub fn best(&self, rows: &Rows, row: u32, empty_price: i32) -> i32 {
        let of = |block| highest(rows.fits(block), block.of(&self.price));
        let best = rows.blocks(row).iter().copied().map(of).max().unwrap_or(i32::MIN);
        if rows.free[row as usize] && rows.empty > 0 { best.max(-empty_price) } else { best }
    }

    /// Lets rows bid until each has a column that is its best but for one step.
    ///
    /// Ends because each bid raises a price by a step at least, while some column that nobody has bid on costs
    /// nothing as long as a row is without one (Bertsekas, 1979).
    pub fn auction(&mut self, rows: &Rows, step: i32) {
        let mut waiting = self.dissatisfied(rows, step);
        while let Some(row) = waiting.pop() {
            // The best column and the value of the second best: the row can pay up to the difference and still
            // gain as much as elsewhere.
            let (mut best, mut second, mut column) = (i32::MIN / 2, i32::MIN / 2, Column::NONE);
            for &block in rows.blocks(row) {
                at_least(rows.fits(block), block.of(&self.price), second + 1, |place, value| {
                    if value > best {
                        second = best;
                        best = value;
                        column = block.at(place);
                    } else {
                        second = value;
                    }
                    second + 1
                });
            }
            if rows.free[row as usize]
                && let Some(&Reverse((price, holder))) = self.bids.peek()
            {
                // The two cheapest empty places compete with the two best columns.
                let value = -price;
                if value > best {
                    self.bids.pop();
                    let next = self.bids.peek().map_or(i32::MIN / 2, |Reverse((p, _))| -p);
                    let rival = best.max(next).max(value - ALONE);
                    self.bids.push(Reverse((price + (value - rival) + step, row)));
                    self.column_of[row as usize] = Column::EMPTY;
                    if holder != NONE {
                        self.column_of[holder as usize] = Column::NONE;
                        waiting.push(holder);
                    }
                    continue;
                }
                second = second.max(value);
            }
            // A row without columns stays out.
            if column == Column::NONE {
                continue;
            }
            let place = column.index();
            self.price[place] += best - second.max(best - ALONE) + step;
            // Whoever is outbid bids again.
            let holder = std::mem::replace(&mut self.row_of[place], row);
            self.column_of[row as usize] = column;
            if holder != NONE {
                self.column_of[holder as usize] = Column::NONE;
                waiting.push(holder);
            }
        }
    }

    /// Takes out the rows that would gain more than a step elsewhere, at the prices of the round before,
    /// and those without a column: they bid in the next round.
    fn dissatisfied(&mut self, rows: &Rows, step: i32) -> Vec<u32> {
        let cheapest = self.bids.peek().map(|Reverse((price, _))| *price);
        // By row: what it pays for its empty place.
        let mut paid = vec![0; if cheapest.is_some() { rows.len() } else { 0 }];
        for Reverse((price, row)) in &self.bids {
            if *row != NONE {
                paid[*row as usize] = *price;
            }
        }
        let mut waiting = Vec::new();
        for row in (0..rows.len() as u32).rev() {
            let column = self.column_of[row as usize];
            if column == Column::NONE {
                waiting.push(row);
                continue;
            }
            let own = if column == Column::EMPTY {
                -paid[row as usize]
            } else {
                rows.fit(row, column) - self.price[column.index()]
            };
            if own + step < self.best(rows, row, cheapest.unwrap_or(0)) {
                waiting.push(row);
                self.column_of[row as usize] = Column::NONE;
                if column != Column::EMPTY {
                    self.row_of[column.index()] = NONE;
                }
            }
        }
        // Empty places that rows left keep their price, held by nobody.
        let still = |row: u32| row != NONE && self.column_of[row as usize] == Column::EMPTY;
        let bids = std::mem::take(&mut self.bids);
        self.bids = bids
            .into_iter()
            .map(|Reverse((price, row))| Reverse((price, if still(row) { row } else { NONE })))
            .collect();
        waiting
    }

    /// Takes out the rows that would gain more elsewhere; empty places get one price, the lowest.
    ///
    /// What is left is a partial assignment that is best at its prices: paths can start from it.
    pub fn drop_loose(&mut self, rows: &Rows) {
        if let Some(&Reverse((price, _))) = self.bids.peek() {
            self.empty_price = price;
        }
        for row in 0..rows.len() as u32 {
            let best = self.best(rows, row, self.empty_price);
            let column = self.column_of[row as usize];
            if column == Column::NONE {
                continue;
            }
            if self.profit(rows, row) == best {
                if column == Column::EMPTY {
                    self.empty.push(row);
                }
                continue;
            }
            self.column_of[row as usize] = Column::NONE;
            if column != Column::EMPTY {
                self.row_of[column.index()] = NONE;
            }
        }
    }

    /// Begins at an assignment and prices of before (a *warm start*), as far as they are right.
    pub fn begin(&mut self, rows: &Rows, column_of: Vec<Column>, prices: Vec<i32>, paid: bool) {
        self.price = prices;
        if !paid {
            self.price.iter_mut().for_each(|price| *price = (*price).max(0));
        }
        self.bids.clear();
        let mut empty = rows.empty;
        for (row, &column) in (0_u32..).zip(&column_of) {
            if column != Column::NONE {
                self.column_of[row as usize] = column;
                self.row_of[column.index()] = row;
            } else if empty > 0 && rows.free[row as usize] {
                self.column_of[row as usize] = Column::EMPTY;
                empty -= 1;
            }
        }
        // Where columns may stay free, a free one costs nothing, which may draw rows to it: those are taken out
        // in turn, until no column is both free and dear. Each round sets a price to 0 for good.
        loop {
            self.empty.clear();
            self.drop_loose(rows);
            let mut dear =
                (0..rows.columns).filter(|&c| self.row_of[c] == NONE && self.price[c] != 0).peekable();
            if paid || dear.peek().is_none() {
                return;
            }
            for column in dear.collect::<Vec<_>>() {
                self.price[column] = 0;
            }
        }
    }
}
