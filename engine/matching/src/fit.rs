//! The best fit within one part of the face.
//!
//! An assignment problem: rows are the requests, columns the units and, where requests may be left out,
//! as many empty places. An auction with falling steps (Bertsekas, 1979) brings prices near the right
//! ones; the rows whose column is not their best at those prices are then taken out and put back along
//! shortest paths (Dijkstra, with the prices as potentials), which makes the answer exact.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::face::Part;
use super::housed::NONE;
use super::near::Near;
use super::problem::Problem;
use super::stay::{Choice, stay};

/// Steps of the auction. Smaller ones cost more than the paths that put right what is left.
const STEPS: [i32; 3] = [256, 32, 4];

/// No price of before is taken for more.
const FARTHEST: i64 = 1 << 28;

/// What a row bids over the only column that it can have.
const ALONE: i32 = 4096;

/// Stands for an empty place in place of a column.
const EMPTY: u32 = u32::MAX - 1;

/// Columns looked at together: a processor compares several at once.
const TOGETHER: usize = 16;

/// Gives `f` each place whose value (fit less price) is at least what `f` returned last, `least` at first;
/// the others are passed over many at a time.
fn at_least(fits: &[u16], prices: &[i32], mut least: i32, mut f: impl FnMut(usize, i32) -> i32) {
    let (fit_groups, fit_rest) = fits.as_chunks::<TOGETHER>();
    let (price_groups, price_rest) = prices.as_chunks::<TOGETHER>();
    let mut place = 0;
    for (fits, prices) in fit_groups.iter().zip(price_groups) {
        let mut values = [0_i32; TOGETHER];
        let mut most = i32::MIN;
        for ((value, &fit), &price) in values.iter_mut().zip(fits).zip(prices) {
            *value = i32::from(fit).wrapping_sub(price);
            most = most.max(*value);
        }
        if most >= least {
            for (at, &value) in values.iter().enumerate() {
                if value >= least {
                    least = f(place + at, value);
                }
            }
        }
        place += TOGETHER;
    }
    for (at, (&fit, &price)) in fit_rest.iter().zip(price_rest).enumerate() {
        let value = i32::from(fit) - price;
        if value >= least {
            least = f(place + at, value);
        }
    }
}

/// The highest value.
fn highest(fits: &[u16], prices: &[i32]) -> i32 {
    fits.iter().zip(prices).map(|(&f, &p)| i32::from(f).wrapping_sub(p)).max().unwrap_or(i32::MIN)
}

/// The answer in one part.
pub(super) struct Fitted {
    /// Requests and the units they get.
    pub pairs: Vec<(u32, u32)>,
    /// Units and their prices in fits.
    pub prices: Vec<(u32, i64)>,
}

/// Some columns in a row that a row can have.
#[derive(Clone, Copy)]
struct Block {
    column: u32,
    length: u32,
    fits: u32,
}

/// One part as an assignment problem.
pub(super) struct Rows {
    /// By row: its first block; and the number of blocks at the end.
    starts: Vec<u32>,
    blocks: Vec<Block>,
    fits: Vec<u16>,
    /// By row: may it have an empty place?
    free: Vec<bool>,
    columns: usize,
    /// Number of empty places.
    empty: usize,
}

impl Rows {
    fn new(problem: &Problem, part: &Part, prices: &[i64]) -> (Rows, Vec<u32>) {
        // By cell of the part: its first column.
        let mut units = Vec::new();
        let mut first = Vec::with_capacity(part.cells.len());
        for &cell in &part.cells {
            first.push(units.len() as u32);
            units.extend(problem.units_of(cell));
        }
        let mut rows = Rows {
            starts: Vec::with_capacity(part.requests.len() + 1),
            blocks: Vec::new(),
            fits: Vec::new(),
            free: part.must.iter().map(|must| part.paid && !must).collect(),
            columns: units.len(),
            empty: 0,
        };
        let least = part.cells.first().map_or(0, |&c| prices[c as usize]);
        for &request in &part.requests {
            rows.starts.push(rows.blocks.len() as u32);
            for slot in problem.slots_of(request) {
                let cell = problem.open[slot];
                if prices[cell as usize] != least {
                    continue;
                }
                let Ok(place) = part.cells.binary_search(&cell) else { continue };
                let units = problem.units_of(cell);
                let block =
                    Block { column: first[place], length: units.len() as u32, fits: rows.fits.len() as u32 };
                problem.fits.fill(request, slot, units, &mut rows.fits);
                rows.blocks.push(block);
            }
        }
        rows.starts.push(rows.blocks.len() as u32);
        if part.paid {
            rows.empty = part.requests.len().saturating_sub(rows.columns);
        }
        (rows, units)
    }

    /// From each row's columns with their fits, ascending, and whether it may have none; there are so many
    /// columns. If they are `paid`, all of them are given.
    pub fn of(
        by_row: impl Iterator<Item = (impl Iterator<Item = (u32, u16)>, bool)>,
        columns: usize,
        paid: bool,
    ) -> Rows {
        let (mut starts, mut blocks, mut fits, mut free) =
            (vec![0], Vec::<Block>::new(), Vec::new(), Vec::new());
        for (own, may) in by_row {
            let first = blocks.len();
            for (column, fit) in own {
                match blocks[first..].last_mut() {
                    Some(block) if block.column + block.length == column => block.length += 1,
                    _ => blocks.push(Block { column, length: 1, fits: fits.len() as u32 }),
                }
                fits.push(fit);
            }
            starts.push(blocks.len() as u32);
            free.push(paid && may);
        }
        let empty = if paid { free.len().saturating_sub(columns) } else { 0 };
        Rows { starts, blocks, fits, free, columns, empty }
    }

    fn len(&self) -> usize {
        self.free.len()
    }

    fn blocks(&self, row: u32) -> &[Block] {
        &self.blocks[self.starts[row as usize] as usize..self.starts[row as usize + 1] as usize]
    }

    fn fits(&self, block: Block) -> &[u16] {
        &self.fits[block.fits as usize..(block.fits + block.length) as usize]
    }

    /// The fit of a row and a column, if the row can have it.
    fn fit(&self, row: u32, column: u32) -> i32 {
        self.blocks(row)
            .iter()
            .find(|b| column >= b.column && column < b.column + b.length)
            .map_or(0, |b| i32::from(self.fits[(b.fits + column - b.column) as usize]))
    }
}

/// Assigns the requests of a part. `near` says where the search begins, if there was an answer before.
pub(super) fn assign(problem: &Problem, part: &Part, prices: &[i64], near: Option<&Near>) -> Fitted {
    let (rows, units) = Rows::new(problem, part, prices);
    // By row: the column that the request had.
    let had = |near: &Near| -> Vec<u32> {
        let column =
            |request: &u32| units.binary_search(&near.had[*request as usize]).map_or(NONE, |c| c as u32);
        part.requests.iter().map(column).collect()
    };
    let begin = near.and_then(|near| {
        let by_unit = near.duals.as_ref()?;
        let prices = units.iter().map(|&unit| by_unit.fit.prices[unit as usize] / by_unit.fit.scale);
        // Whatever they are, no sum of two overflows.
        let prices = prices.map(|p| p.clamp(-FARTHEST, FARTHEST) as i32).collect();
        Some(Best { column_of: had(near), prices })
    });
    let mut best = best(&rows, part.paid, begin);
    if let Some(near) = near {
        best.column_of = best.stay(&rows, part.paid, &had(near));
    }
    Fitted {
        pairs: (0_u32..)
            .zip(&best.column_of)
            .filter(|(_, c)| **c != NONE)
            .map(|(row, &column)| (part.requests[row as usize], units[column as usize]))
            .collect(),
        prices: units.iter().zip(&best.prices).map(|(&u, &p)| (u, i64::from(p))).collect(),
    }
}

/// A best assignment of rows to columns.
pub(super) struct Best {
    /// By row: its column, or [`NONE`].
    pub column_of: Vec<u32>,
    /// By column: its price. An empty place costs nothing, and nobody who may be left out pays more than the
    /// column is worth.
    pub prices: Vec<i32>,
}

impl Best {
    /// By row: its column in an assignment that is as good, in which most have the column that they `had`.
    fn stay(&self, rows: &Rows, paid: bool, had: &[u32]) -> Vec<u32> {
        let choice = |(row, (&now, &had)): (u32, (&u32, &u32))| {
            let gain = |column: u32| rows.fit(row, column) - self.prices[column as usize];
            let own = if now == NONE { 0 } else { gain(now) };
            let columns = rows.blocks(row).iter().flat_map(|b| b.column..b.column + b.length);
            let idle = rows.free[row as usize] && own == 0;
            Choice { columns: columns.filter(|c| gain(*c) == own).collect(), idle, now, had }
        };
        let choices: Vec<Choice> = (0_u32..).zip(self.column_of.iter().zip(had)).map(choice).collect();
        let costs: Vec<bool> = self.prices.iter().map(|p| *p != 0).collect();
        stay(&choices, &costs, paid)
    }
}

/// The best assignment of rows to columns. If they are `paid`, all columns are given; if not, all rows have
/// one. With `near`, one that was best before, only what changed is assigned anew.
pub(super) fn best(rows: &Rows, paid: bool, near: Option<Best>) -> Best {
    let mut state = State::new(rows);
    match near {
        Some(near) => state.begin(rows, near, paid),
        None if paid => {
            for step in STEPS {
                state.auction(rows, step);
            }
            state.drop_loose(rows);
        }
        None => {}
    }
    state.put_back(rows);
    let shift = if rows.empty > 0 {
        state.empty_price
    } else {
        let free = (0..rows.len() as u32).filter(|&r| rows.free[r as usize]);
        free.map(|r| state.profit(rows, r)).min().map_or(0, |least| (-least).max(0))
    };
    let column_of = state.column_of.iter().map(|&c| if c == EMPTY { NONE } else { c });
    Best { column_of: column_of.collect(), prices: state.price.iter().map(|p| p - shift).collect() }
}

/// An assignment in the making, with prices.
struct State {
    price: Vec<i32>,
    /// By column: its row, or [`NONE`].
    row_of: Vec<u32>,
    /// By row: its column, [`EMPTY`], or [`NONE`].
    column_of: Vec<u32>,
    /// The rows in empty places, with the prices they pay, lowest first (while bids are made).
    bids: BinaryHeap<Reverse<(i32, u32)>>,
    /// The rows in empty places (afterwards).
    empty: Vec<u32>,
    /// What an empty place costs (afterwards).
    empty_price: i32,
}

impl State {
    fn new(rows: &Rows) -> State {
        State {
            price: vec![0; rows.columns],
            row_of: vec![NONE; rows.columns],
            column_of: vec![NONE; rows.len()],
            // Empty places nobody bid on yet are held by nobody.
            bids: (0..rows.empty).map(|_| Reverse((0, NONE))).collect(),
            empty: Vec::new(),
            empty_price: 0,
        }
    }

    /// What a row gains by its column at the prices of the moment.
    fn profit(&self, rows: &Rows, row: u32) -> i32 {
        match self.column_of[row as usize] {
            EMPTY => -self.empty_price,
            column => rows.fit(row, column) - self.price[column as usize],
        }
    }

    /// The most that a row can gain at the prices of the moment, an empty place costing this much.
    fn best(&self, rows: &Rows, row: u32, empty_price: i32) -> i32 {
        let of = |block: &Block| {
            let from = block.column as usize;
            highest(rows.fits(*block), &self.price[from..from + block.length as usize])
        };
        let best = rows.blocks(row).iter().map(of).max().unwrap_or(i32::MIN);
        if rows.free[row as usize] && rows.empty > 0 { best.max(-empty_price) } else { best }
    }

    /// Lets rows bid until each has a column that is its best but for one step.
    fn auction(&mut self, rows: &Rows, step: i32) {
        let mut waiting = self.dissatisfied(rows, step);
        while let Some(row) = waiting.pop() {
            let (mut best, mut second, mut column) = (i32::MIN / 2, i32::MIN / 2, NONE);
            for &block in rows.blocks(row) {
                let from = block.column as usize;
                let prices = &self.price[from..from + block.length as usize];
                at_least(rows.fits(block), prices, second + 1, |place, value| {
                    if value > best {
                        second = best;
                        best = value;
                        column = block.column + place as u32;
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
                    self.column_of[row as usize] = EMPTY;
                    if holder != NONE {
                        self.column_of[holder as usize] = NONE;
                        waiting.push(holder);
                    }
                    continue;
                }
                second = second.max(value);
            }
            if column == NONE {
                continue;
            }
            let place = column as usize;
            self.price[place] += best - second.max(best - ALONE) + step;
            let holder = std::mem::replace(&mut self.row_of[place], row);
            self.column_of[row as usize] = column;
            if holder != NONE {
                self.column_of[holder as usize] = NONE;
                waiting.push(holder);
            }
        }
    }

    /// Takes out the rows that would gain more than a step elsewhere, at the prices of the round before,
    /// and those without a column.
    fn dissatisfied(&mut self, rows: &Rows, step: i32) -> Vec<u32> {
        let cheapest = self.bids.peek().map(|Reverse((price, _))| *price);
        let mut paid = vec![0; if cheapest.is_some() { rows.len() } else { 0 }];
        for Reverse((price, row)) in &self.bids {
            if *row != NONE {
                paid[*row as usize] = *price;
            }
        }
        let mut waiting = Vec::new();
        for row in (0..rows.len() as u32).rev() {
            let column = self.column_of[row as usize];
            if column == NONE {
                waiting.push(row);
                continue;
            }
            let own = if column == EMPTY {
                -paid[row as usize]
            } else {
                rows.fit(row, column) - self.price[column as usize]
            };
            if own + step < self.best(rows, row, cheapest.unwrap_or(0)) {
                waiting.push(row);
                self.column_of[row as usize] = NONE;
                if column != EMPTY {
                    self.row_of[column as usize] = NONE;
                }
            }
        }
        let still = |row: u32| row != NONE && self.column_of[row as usize] == EMPTY;
        let bids = std::mem::take(&mut self.bids);
        self.bids = bids
            .into_iter()
            .map(|Reverse((price, row))| Reverse((price, if still(row) { row } else { NONE })))
            .collect();
        waiting
    }

    /// Takes out the rows that would gain more elsewhere; empty places get one price, the lowest.
    fn drop_loose(&mut self, rows: &Rows) {
        if let Some(&Reverse((price, _))) = self.bids.peek() {
            self.empty_price = price;
        }
        for row in 0..rows.len() as u32 {
            let best = self.best(rows, row, self.empty_price);
            let column = self.column_of[row as usize];
            if column == NONE {
                continue;
            }
            if self.profit(rows, row) == best {
                if column == EMPTY {
                    self.empty.push(row);
                }
                continue;
            }
            self.column_of[row as usize] = NONE;
            if column != EMPTY {
                self.row_of[column as usize] = NONE;
            }
        }
    }

    /// Begins at an assignment and prices of before, as far as they are right.
    fn begin(&mut self, rows: &Rows, near: Best, paid: bool) {
        self.price = near.prices;
        if !paid {
            self.price.iter_mut().for_each(|price| *price = (*price).max(0));
        }
        self.bids.clear();
        let mut empty = rows.empty;
        for (row, &column) in (0_u32..).zip(&near.column_of) {
            if column != NONE {
                self.column_of[row as usize] = column;
                self.row_of[column as usize] = row;
            } else if empty > 0 && rows.free[row as usize] {
                self.column_of[row as usize] = EMPTY;
                empty -= 1;
            }
        }
        // Where columns may stay free, a free one costs nothing, which may draw rows to it.
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

    /// Gives every row without one a column, along shortest paths.
    fn put_back(&mut self, rows: &Rows) {
        let mut search = Search::new(rows);
        for row in 0..rows.len() as u32 {
            if self.column_of[row as usize] == NONE {
                search.augment(self, rows, row);
            }
        }
    }
}

/// Shortest paths from a row to a free column; node `columns` is the empty places together.
///
/// Paths are short, and a row can have hundreds of columns: only what is near is queued, and the rows are
/// looked at again with a longer reach if that leads nowhere.
struct Search {
    distance: Vec<i32>,
    by: Vec<u32>,
    touched: Vec<u32>,
    done: Vec<bool>,
    heap: BinaryHeap<Reverse<(i32, u32)>>,
    level: Vec<u32>,
    /// Rows looked at, with what they gain and how far they are.
    scanned: Vec<(u32, i32, i32)>,
    /// What is farther waits.
    reach: i32,
}

/// How far a search looks at first.
const NEAR: i32 = 4;

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
        // What is as near as what is looked at now needs no heap.
        if distance == now {
            self.level.push(node);
        } else {
            self.heap.push(Reverse((distance, node)));
        }
    }

    /// Looks at the columns within reach of a row that is at a distance; `now` is how far the search is.
    fn scan(&mut self, state: &State, rows: &Rows, (row, profit, at): (u32, i32, i32), now: i32) {
        let least = at + profit - self.reach;
        for &block in rows.blocks(row) {
            let from = block.column as usize;
            let prices = &state.price[from..from + block.length as usize];
            at_least(rows.fits(block), prices, least, |place, value| {
                self.relax(block.column + place as u32, at + profit - value, now, row);
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

    fn augment(&mut self, state: &mut State, rows: &Rows, start: u32) {
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
        let all_empty = rows.columns as u32;
        self.reach_row(state, rows, start, best, 0);
        let end = loop {
            let node = match self.level.pop() {
                Some(node) => node,
                None => match self.heap.pop() {
                    Some(Reverse((_, node))) => node,
                    None if self.reach > FAR => {
                        // Nothing is free any more: the face has no such answer, which cannot be.
                        return;
                    }
                    None => {
                        self.reach *= 8;
                        for at in 0..self.scanned.len() {
                            self.scan(state, rows, self.scanned[at], -1);
                        }
                        continue;
                    }
                },
            };
            if std::mem::replace(&mut self.done[node as usize], true) {
                continue;
            }
            let at = self.distance[node as usize];
            if node == all_empty {
                if state.empty.len() < rows.empty {
                    break node;
                }
                for place in 0..state.empty.len() {
                    let row = state.empty[place];
                    self.reach_row(state, rows, row, -state.empty_price, at);
                }
                continue;
            }
            let row = state.row_of[node as usize];
            if row == NONE {
                break node;
            }
            let profit = rows.fit(row, node) - state.price[node as usize];
            self.reach_row(state, rows, row, profit, at);
        };
        // What was nearer than the end now costs the difference more.
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
        // Each row of the path moves to the column by which it led on.
        let mut node = end;
        loop {
            let row = self.by[node as usize];
            let left = state.column_of[row as usize];
            if left == EMPTY {
                state.empty.retain(|&r| r != row);
            }
            if node == all_empty {
                state.column_of[row as usize] = EMPTY;
                state.empty.push(row);
            } else {
                state.column_of[row as usize] = node;
                state.row_of[node as usize] = row;
            }
            if row == start {
                return;
            }
            node = if left == EMPTY { all_empty } else { left };
        }
    }
}

/// Farther than any path.
const FAR: i32 = 1 << 27;
