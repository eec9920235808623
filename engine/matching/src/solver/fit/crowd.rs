//! The best fit of one part of the face where few units face many requests that may all be left out: each unit
//! looks for its request, in place of each request for its unit.
//!
//! It is the same assignment problem read by columns. What a request costs begins at nothing, which is right for all
//! that stay without a unit, however many they are; one that must be housed begins so far below that no unit passes
//! it by. Units get their requests one by one along shortest paths (Dijkstra, with the prices as potentials), most of
//! them at once: where requests are many, the best of a unit is mostly free. A request that may be left out costs nothing
//! or more, so that it is worth no more than its fit to a unit: of each unit those that fit best are a list of their own,
//! and the others are looked at only where they could matter.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rayon::prelude::*;

use super::super::super::numbers::InnerUnit;
use super::super::super::problem::Problem;
use super::super::columns::{Column, NONE};
use super::super::part::Part;
use super::rows::{Best, Rows};

/// From this many requests a unit on, units look for requests; with quotas no more are looked at first. 4, with twice as many
/// of `EACH` (see `sift`), take 1.9 times as long on `d100k-tied` with quotas and three times on `d1m-tied`, 8 with four times
/// as many 24 times on `d100k-tied`; `d1m` and `d100k` do not notice.
pub(in super::super) const CROWD: usize = 2;

/// How many requests the list of a unit has of those that fit best and may be left out. 256 take a tenth longer on
/// `d1m-tied`, 512 a quarter.
const BEST: usize = if cfg!(test) { 2 } else { 128 };

/// How many times as many it has when a column asks for more. Others were not tried.
const DEEPER: usize = 4;

/// How far below nothing the price of a request begins that must be housed: farther than any path, in fit.
const MUST: i32 = 1 << 27;

/// How far, in fit, a search looks at first, and by how much farther each time that it led nowhere: as in `paths`.
const NEAR: i32 = 4;
const FARTHER: i32 = 8;

/// Farther than any path that begins at a unit and ends at a free request.
const FAR: i32 = 1 << 30;

/// An assignment: pairs of request and unit, and what each unit costs, in fit.
pub(in super::super) struct Crowded {
    pub pairs: Vec<(u32, InnerUnit)>,
    pub prices: Vec<(InnerUnit, i64)>,
}

/// The best assignment of a part in which all units are given and that many more want; nothing for other parts.
/// `prices` are by cell, and those of the cells of a part are one.
pub(in super::super) fn crowded(problem: &Problem, part: &Part, prices: &[i64]) -> Option<Crowded> {
    let units: Vec<InnerUnit> = part.cells.iter().flat_map(|&cell| problem.units_of(cell)).collect();
    if !part.paid || part.requests.len() < CROWD * units.len() {
        return None;
    }
    let search = Search::done(Offers::of_part(problem, part, prices), &part.must)?;
    let pairs = units.iter().zip(&search.row_of).map(|(&unit, &row)| (part.requests[row as usize], unit));
    let prices = units.iter().zip(search.prices()).map(|(&unit, price)| (unit, i64::from(price)));
    Some(Crowded { pairs: pairs.collect(), prices: prices.collect() })
}

/// The best assignment of rows to columns that are all given, where many rows may have none; nothing for others.
pub(super) fn of_rows(rows: &Rows) -> Option<Best> {
    if rows.len() < CROWD * rows.columns {
        return None;
    }
    let must: Vec<bool> = (0..rows.len() as u32).map(|row| !rows.may_be_idle(row)).collect();
    let search = Search::done(Offers::of_rows(rows, &must), &must)?;
    let column = |&column: &u32| if column == NONE { Column::NONE } else { Column(column) };
    Some(Best { column_of: search.unit_of.iter().map(column).collect(), prices: search.prices().collect() })
}

/// Takes a row, a column that it wants, and how they fit.
type Give<'g> = &'g mut dyn FnMut(u32, usize, u16);

/// Who wants the columns, and how they fit. Of each column there are the rows that fit best; more are sought, for all columns
/// that have more, when any column asks for them: of the drawn country a column asks for two thousand at most, so that nothing
/// is kept for each pair.
struct Offers<'a> {
    /// By column: its rows.
    columns: Vec<Fans>,
    /// How many rows that need not have a column are kept of each.
    depth: usize,
    /// Gives a function each row with a column and its fit, row by row.
    each: Box<dyn Fn(Give<'_>) + Sync + 'a>,
    /// By row: must it have a column?
    must: &'a [bool],
}

/// The rows that want a column, with their fits.
#[derive(Default)]
struct Fans {
    /// Those that must have a column; ascending.
    must: Vec<(u32, u16)>,
    /// Of the others those that fit best, those first that fit best.
    best: Vec<(u32, u16)>,
    /// What no other row fits it better than; below 0 if there is none.
    others: i32,
    /// Where more fit as well, each column keeps others of them, from a row of its own on: columns that are alike would all
    /// keep the same, of which each can have but one.
    from: u32,
}

impl Fans {
    /// Adds a row that need not have a column.
    #[inline]
    fn add(&mut self, row: u32, fit: u16, depth: usize) {
        if i32::from(fit) < self.others {
            return;
        }
        self.best.push((row, fit));
        if self.best.len() == 2 * depth {
            self.cut(depth);
        }
    }

    /// Leaves the best, if there are more.
    fn cut(&mut self, depth: usize) {
        if self.best.len() > depth {
            let from = self.from;
            let order = |&(row, fit): &(u32, u16)| (Reverse(fit), row.wrapping_sub(from));
            let (_, last, _) = self.best.select_nth_unstable_by_key(depth - 1, order);
            self.others = i32::from(last.1);
            self.best.truncate(depth);
        }
    }

    /// When all were added: the best, in order.
    fn done(&mut self, depth: usize) {
        self.cut(depth);
        // Where no row is left out, the first of those that fit as well is the first.
        let from = if self.others < 0 { 0 } else { self.from };
        self.best.sort_unstable_by_key(|&(row, fit)| (Reverse(fit), row.wrapping_sub(from)));
        self.best.shrink_to_fit();
    }
}

impl<'a> Offers<'a> {
    /// Columns are the units of a part, in order.
    fn of_part(problem: &'a Problem, part: &'a Part, prices: &'a [i64]) -> Offers<'a> {
        let least = part.cells.first().map_or(0, |&cell| prices[cell.index()]);
        // By cell of the part: its first column; and their number at the end.
        let mut first = vec![0];
        first.extend(part.cells.iter().scan(0, |columns, &cell| {
            *columns += problem.range(cell).len();
            Some(*columns)
        }));
        let columns = first[part.cells.len()];
        let each = move |give: Give<'_>| {
            let mut fits = Vec::new();
            for (row, &request) in (0_u32..).zip(&part.requests) {
                for slot in problem.slots_of(request) {
                    let cell = problem.open[slot];
                    // A dearer cell is in no best answer.
                    if prices[cell.index()] != least {
                        continue;
                    }
                    let Ok(list) = part.cells.binary_search(&cell) else { continue };
                    fits.clear();
                    problem.fits.fill(request, slot, problem.range(cell), &mut fits);
                    (first[list]..).zip(&fits).for_each(|(column, &fit)| give(row, column, fit));
                }
            }
        };
        Offers::new(columns, &part.must, each)
    }

    /// Columns are those of the rows.
    fn of_rows(rows: &'a Rows, must: &'a [bool]) -> Offers<'a> {
        let each = move |give: Give<'_>| {
            for row in 0..rows.len() as u32 {
                for &block in rows.blocks(row) {
                    let columns = block.at(0).index()..;
                    columns.zip(rows.fits(block)).for_each(|(column, &fit)| give(row, column, fit));
                }
            }
        };
        Offers::new(rows.columns, must, each)
    }

    fn new(columns: usize, must: &'a [bool], each: impl Fn(Give<'_>) + Sync + 'a) -> Offers<'a> {
        let from = |column: usize| (column * must.len() / columns.max(1)) as u32;
        let fans = |column| Fans { from: from(column), others: -1, ..Fans::default() };
        let columns = (0..columns).map(fans).collect();
        let mut offers = Offers { columns, depth: BEST, each: Box::new(each), must };
        offers.fill(|_| true);
        offers
    }

    /// Fills in these columns, which are empty.
    fn fill(&mut self, filled: impl Fn(usize) -> bool) {
        let Offers { columns, depth, each, must } = self;
        each(&mut |row, column, fit| {
            if !filled(column) {
                return;
            }
            let own = &mut columns[column];
            if must[row as usize] {
                own.must.push((row, fit));
            } else {
                own.add(row, fit, *depth);
            }
        });
        columns.par_iter_mut().for_each(|column| column.done(*depth));
    }

    /// Keeps more of each column that has more.
    fn deepen(&mut self) {
        self.depth *= DEEPER;
        let short: Vec<bool> = self.columns.iter().map(|column| column.others >= 0).collect();
        for (column, _) in self.columns.iter_mut().zip(&short).filter(|(_, short)| **short) {
            *column = Fans { from: column.from, others: -1, ..Fans::default() };
        }
        self.fill(|column| short[column]);
    }
}

/// An assignment in the making, and what a search for one more leaves for the next to clear.
struct Search {
    /// By row: what its request costs, in fit.
    price: Vec<i32>,
    /// By row: its column, or [`NONE`].
    unit_of: Vec<u32>,
    /// By column: its row, or [`NONE`].
    row_of: Vec<u32>,
    /// By column: the fit of the pair.
    own: Vec<i32>,
    /// By row: the length of the shortest path found, or `i32::MAX`.
    distance: Vec<i32>,
    /// By row: the column by which it leads there, and the fit of that pair.
    by: Vec<(u32, u16)>,
    /// By row: is its distance final?
    done: Vec<bool>,
    /// The rows that have a distance.
    touched: Vec<u32>,
    heap: BinaryHeap<Reverse<(i32, u32)>>,
    /// Columns looked at, with what they gain and how far they are.
    scanned: Vec<(u32, i32, i32)>,
    /// What is farther waits: the reach, or what a free row is nearer than.
    reach: i32,
    /// The nearest free row.
    end: u32,
}

impl Search {
    /// The best assignment in which all columns have a row; nothing if there is none in which all rows have a column that
    /// must.
    fn done(mut offers: Offers<'_>, must: &[bool]) -> Option<Search> {
        let mut search = Search::new(offers.columns.len(), must);
        for column in 0..search.row_of.len() as u32 {
            search.find(&mut offers, column)?;
        }
        let all = must.iter().zip(&search.unit_of).all(|(must, unit)| !must || *unit != NONE);
        all.then_some(search)
    }

    /// What each column gains, which nobody who may stay without one may exceed.
    fn prices(&self) -> impl Iterator<Item = i32> + '_ {
        self.own.iter().zip(&self.row_of).map(|(own, &row)| own - self.price[row as usize])
    }

    fn new(columns: usize, must: &[bool]) -> Search {
        let rows = must.len();
        Search {
            price: must.iter().map(|must| if *must { -MUST } else { 0 }).collect(),
            unit_of: vec![NONE; rows],
            row_of: vec![NONE; columns],
            own: vec![0; columns],
            distance: vec![i32::MAX; rows],
            by: vec![(NONE, 0); rows],
            done: vec![false; rows],
            touched: Vec::new(),
            heap: BinaryHeap::new(),
            scanned: Vec::new(),
            reach: NEAR,
            end: NONE,
        }
    }

    /// Gives a column a row: along a shortest path to a free row, each column takes the next one's row.
    fn find(&mut self, offers: &mut Offers<'_>, start: u32) -> Option<()> {
        for row in self.touched.drain(..) {
            self.distance[row as usize] = i32::MAX;
            self.done[row as usize] = false;
        }
        self.heap.clear();
        self.scanned.clear();
        (self.reach, self.end) = (NEAR, NONE);
        let best = self.best(offers, start)?;
        self.look(offers, (start, best, 0));
        let reach = self.nearest_free(offers)?;
        // What was nearer than the end costs the difference more: the path loses nothing then.
        for &row in &self.touched {
            let nearer = reach - self.distance[row as usize];
            if nearer > 0 && self.done[row as usize] {
                self.price[row as usize] += nearer;
            }
        }
        // Backwards: each column leaves the row that the column before takes.
        let mut row = self.end;
        loop {
            let (column, fit) = self.by[row as usize];
            let left = std::mem::replace(&mut self.row_of[column as usize], row);
            self.unit_of[row as usize] = column;
            self.own[column as usize] = i32::from(fit);
            if column == start {
                return Some(());
            }
            row = left;
        }
    }

    /// Finds the nearest free row, and how far it is.
    fn nearest_free(&mut self, offers: &mut Offers<'_>) -> Option<i32> {
        loop {
            let near = self.heap.pop().filter(|Reverse((at, _))| self.end == NONE || *at < self.reach);
            let Some(Reverse((at, row))) = near else {
                if self.end != NONE {
                    return Some(self.reach);
                }
                if self.reach >= FAR {
                    return None;
                }
                // The same columns with a longer reach: their distances stand, more rows come near.
                self.reach = self.reach.saturating_mul(FARTHER).min(FAR);
                for at in 0..self.scanned.len() {
                    self.scan(offers, self.scanned[at]);
                }
                continue;
            };
            if std::mem::replace(&mut self.done[row as usize], true) {
                continue;
            }
            let column = self.unit_of[row as usize];
            let gain = self.own[column as usize] - self.price[row as usize];
            self.look(offers, (column, gain, at));
        }
    }

    fn look(&mut self, offers: &mut Offers<'_>, column: (u32, i32, i32)) {
        self.scanned.push(column);
        self.scan(offers, column);
    }

    /// The most that a row is worth to a column; nothing if no row wants it.
    fn best(&self, offers: &mut Offers<'_>, column: u32) -> Option<i32> {
        loop {
            let own = &offers.columns[column as usize];
            let worth = |&(row, fit): &(u32, u16)| i32::from(fit) - self.price[row as usize];
            let mut best = own.must.iter().map(worth).max();
            for pair in &own.best {
                // Who need not have a column costs nothing or more, and so is worth no more than the fit.
                if best.is_some_and(|best| i32::from(pair.1) <= best) {
                    break;
                }
                best = best.max(Some(worth(pair)));
            }
            if own.others < 0 || best.is_some_and(|best| own.others <= best) {
                return best;
            }
            offers.deepen();
        }
    }

    /// Looks at the rows within reach of a column that gains so much and is at a distance.
    fn scan(&mut self, offers: &mut Offers<'_>, (column, gain, at): (u32, i32, i32)) {
        loop {
            let own = &offers.columns[column as usize];
            own.must.iter().for_each(|&(row, fit)| self.come((column, gain, at), row, fit));
            for &(row, fit) in &own.best {
                // What costs nothing or more is no nearer than that; the reach shrinks where a free row is found.
                if self.is_beyond(at + gain - i32::from(fit)) {
                    return;
                }
                self.come((column, gain, at), row, fit);
            }
            if own.others < 0 || self.is_beyond(at + gain - own.others) {
                return;
            }
            // There may be others within reach: those that were looked at already change nothing.
            offers.deepen();
        }
    }

    /// Does what is so far matter no more? Once a free row is known, only what is nearer does.
    #[inline]
    fn is_beyond(&self, distance: i32) -> bool {
        distance > self.reach || distance == self.reach && self.end != NONE
    }

    /// A row is reached from a column.
    #[inline]
    fn come(&mut self, (column, gain, at): (u32, i32, i32), row: u32, fit: u16) {
        let place = row as usize;
        let distance = at + gain - (i32::from(fit) - self.price[place]);
        if self.is_beyond(distance) || distance >= self.distance[place] {
            return;
        }
        if self.unit_of[place] == NONE {
            (self.end, self.reach) = (row, distance);
        } else {
            self.heap.push(Reverse((distance, row)));
        }
        if self.distance[place] == i32::MAX {
            self.touched.push(row);
        }
        self.distance[place] = distance;
        self.by[place] = (column, fit);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::{Pair, Problem, gaps, solve};

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        /// Where of each unit two requests are there at first, of many that fit as well, answers are proved by a checker that looks
        /// at all of them. Some have more points, and must be housed.
        #[test]
        fn more_of_a_unit_are_there_when_it_asks(
            points in proptest::collection::vec(prop_oneof![9 => Just(0_u32), 1 => 1_u32..3], 24),
            fits in proptest::collection::vec(proptest::option::weighted(0.8, 0_u16..4), 24 * 6),
        ) {
            let pair = |request: u32, unit: u32| {
                let fit = fits[(request * 6 + unit) as usize]? * 250;
                Some(Pair { request, unit, fit, marks: 0 })
            };
            let pairs = (0..24).flat_map(|r| (0..6).filter_map(move |u| pair(r, u))).collect();
            let problem = Problem::from_pairs(points, 6, pairs, vec![]).unwrap();
            let open = gaps(&problem, &solve(&problem)).unwrap();
            prop_assert!(open.none(), "{:?}", open);
        }
    }
}
