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
use super::super::super::problem::{BEST_FIT, Problem};
use super::super::columns::{Column, NONE};
use super::super::part::Part;
use super::rows::{Best, Rows};

/// From this many requests a unit on, units look for requests; with quotas no more are looked at first. 4, with twice as many
/// of `EACH` (see `sift`), take 1.9 times as long on `d100k-tied` with quotas and three times on `d1m-tied`, 8 with four times
/// as many 24 times on `d100k-tied`; `d1m` and `d100k` do not notice.
pub(in super::super) const CROWD: usize = 2;

/// How many requests the list of a unit has of those that fit best and may be left out. 256 take a tenth longer on
/// `d1m-tied`, 512 a quarter.
const BEST: usize = 128;

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
    let search = Search::done(&Offers::of_part(problem, part, prices), &part.must)?;
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
    let search = Search::done(&Offers::of_rows(rows, &must), &must)?;
    let column = |&column: &u32| if column == NONE { Column::NONE } else { Column(column) };
    Some(Best { column_of: search.unit_of.iter().map(column).collect(), prices: search.prices().collect() })
}

/// Who wants the columns, and how they fit. Columns that the same rows want share a list of them.
struct Offers {
    /// By column: its list.
    list_of: Vec<u32>,
    /// By list: its first column; the others follow.
    first: Vec<u32>,
    /// By list: where it begins in `rows`; and their number at the end.
    starts: Vec<usize>,
    /// By list: the rows, first those that must have a column; each ascending.
    rows: Vec<u32>,
    /// By list: how many of its rows must have a column.
    must: Vec<usize>,
    /// By list: where its fits begin.
    blocks: Vec<usize>,
    /// By column of a list, then by row of the list: the fit.
    fits: Vec<u16>,
    /// By column: the rows that fit best of those that need not have a column.
    best: Vec<Favourites>,
}

/// The rows that fit a column best, with their fits, and what no other row fits it better than; below 0 if there is none.
#[derive(Default)]
struct Favourites {
    rows: Vec<(u32, u16)>,
    others: i32,
}

impl Favourites {
    fn of(rows: &[u32], fits: &[u16]) -> Favourites {
        let all = || rows.iter().copied().zip(fits.iter().copied());
        if rows.len() <= BEST {
            return Favourites { rows: all().collect(), others: -1 };
        }
        // By fit: how many there are; then down from the best until there are enough.
        let mut count = [0_u32; BEST_FIT as usize + 1];
        fits.iter().for_each(|&fit| count[usize::from(fit)] += 1);
        let (mut least, mut above) = (BEST_FIT, 0);
        while above + (count[usize::from(least)] as usize) < BEST {
            above += count[usize::from(least)] as usize;
            least -= 1;
        }
        let mut left = BEST - above;
        let kept = all().filter(|&(_, fit)| {
            let last = fit == least && left > 0;
            left -= usize::from(last);
            fit > least || last
        });
        Favourites { rows: kept.collect(), others: i32::from(least) }
    }
}

impl Offers {
    /// Columns are the units of a part, in order; the units of a cell share a list.
    fn of_part(problem: &Problem, part: &Part, prices: &[i64]) -> Offers {
        let least = part.cells.first().map_or(0, |&cell| prices[cell.index()]);
        // A dearer cell is in no best answer.
        let slots = |row: usize| {
            problem.slots_of(part.requests[row]).filter_map(move |slot| {
                let cell = problem.open[slot];
                let here = prices[cell.index()] == least;
                here.then(|| part.cells.binary_search(&cell).ok()).flatten().map(|list| (slot, list))
            })
        };
        let lengths: Vec<u32> = part.cells.iter().map(|&cell| problem.range(cell).len() as u32).collect();
        let lists = |row: usize| slots(row).map(|(_, list)| list);
        let mut fits = Vec::new();
        Offers::new(&lengths, &part.must, lists, |row, put| {
            for (slot, list) in slots(row) {
                fits.clear();
                problem.fits.fill(part.requests[row], slot, problem.range(part.cells[list]), &mut fits);
                put(list, &fits);
            }
        })
    }

    /// Each column has a list of its own.
    fn of_rows(rows: &Rows, must: &[bool]) -> Offers {
        let lists = |row: usize| rows.columns_of(row as u32).map(Column::index);
        Offers::new(&vec![1; rows.columns], must, lists, |row, put| {
            for &block in rows.blocks(row as u32) {
                for (place, &fit) in rows.fits(block).iter().enumerate() {
                    put(block.at(place).index(), &[fit]);
                }
            }
        })
    }

    /// From how many columns there are in each list; by row, whether it must have a column, the lists that it is in, and what
    /// gives each of them with its fits to the columns of the list.
    fn new<I: Iterator<Item = usize>>(
        lengths: &[u32],
        must_have: &[bool],
        lists: impl Fn(usize) -> I,
        mut fits_of: impl FnMut(usize, &mut dyn FnMut(usize, &[u16])),
    ) -> Offers {
        let (mut starts, mut must) = (vec![0; lengths.len() + 1], vec![0; lengths.len()]);
        for (row, &must_have) in must_have.iter().enumerate() {
            for list in lists(row) {
                starts[list + 1] += 1;
                must[list] += usize::from(must_have);
            }
        }
        let (mut list_of, mut first) = (Vec::new(), Vec::new());
        let (mut blocks, mut size) = (Vec::new(), 0);
        for (list, &length) in (0_u32..).zip(lengths) {
            first.push(list_of.len() as u32);
            blocks.push(size);
            size += length as usize * starts[list as usize + 1];
            starts[list as usize + 1] += starts[list as usize];
            list_of.resize(list_of.len() + length as usize, list);
        }
        let (mut rows, mut fits) = (vec![0; starts[lengths.len()]], vec![0; size]);
        // By list: the next places for rows that need not have a column, and for those that must.
        let mut next: Vec<[usize; 2]> =
            starts.iter().zip(&must).map(|(&at, &must)| [at + must, at]).collect();
        for (row, &must_have) in must_have.iter().enumerate() {
            fits_of(row, &mut |list, own| {
                let next = &mut next[list][usize::from(must_have)];
                let at = *next;
                *next += 1;
                rows[at] = row as u32;
                // Turned: the fits of one column stand together.
                let (among, wide) = (at - starts[list], starts[list + 1] - starts[list]);
                for (column, &fit) in own.iter().enumerate() {
                    fits[blocks[list] + column * wide + among] = fit;
                }
            });
        }
        let mut offers = Offers { list_of, first, starts, rows, must, blocks, fits, best: Vec::new() };
        let columns = (0..offers.list_of.len() as u32).into_par_iter().with_min_len(16);
        offers.best = columns
            .map(|column| {
                let (_, (rows, fits)) = offers.of(column);
                Favourites::of(rows, fits)
            })
            .collect();
        offers
    }

    /// The rows that want a column, and how it fits each: those that must have a unit, and the others.
    fn of(&self, column: u32) -> (Fitting<'_>, Fitting<'_>) {
        let list = self.list_of[column as usize] as usize;
        let rows = &self.rows[self.starts[list]..self.starts[list + 1]];
        let begin = self.blocks[list] + (column - self.first[list]) as usize * rows.len();
        let fits = &self.fits[begin..begin + rows.len()];
        let (must, others) = rows.split_at(self.must[list]);
        ((must, &fits[..must.len()]), (others, &fits[must.len()..]))
    }

    /// Gives `f` each row that may be worth at least this to a column, with its fit; others too, where that is cheaper.
    #[inline]
    fn worth(&self, column: u32, least: i32, mut f: impl FnMut(u32, u16)) {
        let (must, others) = self.of(column);
        must.0.iter().zip(must.1).for_each(|(&row, &fit)| f(row, fit));
        let best = &self.best[column as usize];
        if best.others < least {
            best.rows.iter().for_each(|&(row, fit)| f(row, fit));
        } else {
            others.0.iter().zip(others.1).for_each(|(&row, &fit)| f(row, fit));
        }
    }
}

/// Rows and their fits.
type Fitting<'a> = (&'a [u32], &'a [u16]);

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
    fn done(offers: &Offers, must: &[bool]) -> Option<Search> {
        let mut search = Search::new(offers.list_of.len(), must);
        for column in 0..search.row_of.len() as u32 {
            search.find(offers, column)?;
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
    fn find(&mut self, offers: &Offers, start: u32) -> Option<()> {
        for row in self.touched.drain(..) {
            self.distance[row as usize] = i32::MAX;
            self.done[row as usize] = false;
        }
        self.heap.clear();
        self.scanned.clear();
        (self.reach, self.end) = (NEAR, NONE);
        let mut best = i32::MIN;
        offers.worth(start, i32::MAX, |row, fit| best = best.max(i32::from(fit) - self.price[row as usize]));
        if best < offers.best[start as usize].others {
            offers.worth(start, i32::MIN, |row, fit| {
                best = best.max(i32::from(fit) - self.price[row as usize])
            });
        }
        if best == i32::MIN {
            return None;
        }
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
    fn nearest_free(&mut self, offers: &Offers) -> Option<i32> {
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

    fn look(&mut self, offers: &Offers, column: (u32, i32, i32)) {
        self.scanned.push(column);
        self.scan(offers, column);
    }

    /// Looks at the rows within reach of a column that gains so much and is at a distance.
    fn scan(&mut self, offers: &Offers, (column, gain, at): (u32, i32, i32)) {
        offers.worth(column, at + gain - self.reach, |row, fit| {
            let place = row as usize;
            let distance = at + gain - (i32::from(fit) - self.price[place]);
            if distance > self.reach || distance >= self.distance[place] {
                return;
            }
            if self.unit_of[place] == NONE {
                // Once a free row is known, only what is nearer matters.
                if self.end != NONE && distance == self.reach {
                    return;
                }
                (self.end, self.reach) = (row, distance);
            } else {
                self.heap.push(Reverse((distance, row)));
            }
            if self.distance[place] == i32::MAX {
                self.touched.push(row);
            }
            self.distance[place] = distance;
            self.by[place] = (column, fit);
        });
    }
}
