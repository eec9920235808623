//! Who is housed: the most requests, and among those the ones with the most points.
//!
//! The sets of requests that can be housed together form a transversal matroid (Edmonds and
//! Fulkerson, 1965): a family of sets in which a set that is too small can always be extended by a member of a
//! larger one, so that greed is right. Every request weighs more than nothing, so taking the requests in the
//! order of their points and housing each that can still be housed, moving others where needed, gives the
//! most requests and the most points at once. Whether one can still be housed, a search along alternating paths
//! says (a request takes a unit, its holder takes another, and so on to a free one). A search that fails has
//! reached cells whose holders can go nowhere else: those cells are full for good, and nobody looks there again.
//!
//! What one more unit of a cell would bring (its *dual price*) follows from the answer: the least weight of
//! a holder that a chain of moves from there could spare, nothing if the chain ends at a free unit.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use super::super::numbers::Cell;
use super::super::problem::Problem;
use super::super::problem::by_key::by_key;
use super::columns::NONE;

/// Who is housed, and where for now.
pub(super) struct Housed {
    /// By request: the cell of its unit, or [`Cell::NONE`].
    pub cell_of: Vec<Cell>,
    /// By place of a unit: the requests housed in a cell stand at the first places of its units.
    holders: Vec<u32>,
    /// By cell: how many.
    count: Vec<u32>,
    /// By cell: is it full for good, as are all cells that its holders may have instead?
    pub full: Vec<bool>,
}

impl Housed {
    /// The requests housed in a cell.
    pub fn holders<'a>(&'a self, problem: &Problem, cell: Cell) -> &'a [u32] {
        let first = problem.firsts[cell.index()] as usize;
        &self.holders[first..first + self.count[cell.index()] as usize]
    }

    /// How many units of a cell are free.
    pub fn free(&self, problem: &Problem, cell: Cell) -> u32 {
        problem.range(cell).len() as u32 - self.count[cell.index()]
    }
}

/// Houses the most requests, those with more points first; ties by number. `near` has by request the cell
/// where it was before, or [`Cell::NONE`]; it may be empty. Who holds a unit comes before all others, and stays or has
/// another.
pub(super) fn house(problem: &Problem, near: &[Cell]) -> Housed {
    let mut order = by_points(problem);
    if !problem.has_tenants() {
        return house_in_order(problem, &order, near);
    }
    // Who holds a unit keeps one whoever comes later: at first its own, which is always possible.
    order.sort_by_key(|request| problem.home(*request).is_none());
    let before = |request: u32| near.get(request as usize).copied().filter(|cell| *cell != Cell::NONE);
    let own = (0..problem.requests() as u32).map(|r| before(r).or(problem.home(r)).unwrap_or(Cell::NONE));
    house_in_order(problem, &order, &own.collect::<Vec<_>>())
}

/// The requests that want a unit, most points first; ties by number.
pub(super) fn by_points(problem: &Problem) -> Vec<u32> {
    // Points (turned round, so that more come first) and number in one word: the sort compares integers.
    let mut keys: Vec<u64> = problem
        .points
        .iter()
        .zip(0_u32..)
        .filter(|&(_, r)| !problem.slots_of(r).is_empty())
        .map(|(&points, request)| u64::from(u32::MAX - points) << 32 | u64::from(request))
        .collect();
    keys.sort_unstable();
    keys.into_iter().map(|key| key as u32).collect()
}

/// Houses the most requests, the first of `order` first; where they were before, if it can be.
pub(super) fn house_in_order(problem: &Problem, order: &[u32], near: &[Cell]) -> Housed {
    let cells = problem.cell_count();
    let mut housed = Housed {
        cell_of: vec![Cell::NONE; problem.requests()],
        holders: vec![NONE; problem.units()],
        count: vec![0; cells],
        full: vec![false; cells],
    };
    // One search after the other in the same lists: a round's number tells its marks from older ones.
    let mut search =
        Search { round: NONE, reached: vec![NONE; cells], by: vec![NONE; cells], queue: Vec::new() };
    for (round, &request) in (0_u32..).zip(order) {
        let own = problem.cells_of(request);
        if own.iter().all(|&c| housed.full[c.index()]) {
            continue;
        }
        // The common case: a free unit without moving anybody.
        let before = near.get(request as usize).copied().filter(|c| *c != Cell::NONE);
        let mut free = before.iter().chain(own).filter(|c| housed.free(problem, **c) > 0);
        if let Some(&cell) = free.next() {
            put(problem, &mut housed, request, cell);
            continue;
        }
        let Some(end) = search.free_cell(problem, &housed, round, request) else {
            // Nobody reached can go elsewhere, so these cells stay full whoever comes later.
            for &cell in &search.queue {
                housed.full[cell.index()] = true;
            }
            continue;
        };
        // The last of the chain takes the free unit, the one before takes the place left, and so back to the
        // request.
        let mut cell = end;
        loop {
            let mover = search.by[cell.index()];
            let left = housed.cell_of[mover as usize];
            if left != Cell::NONE {
                take_out(problem, &mut housed, mover, left);
            }
            put(problem, &mut housed, mover, cell);
            if mover == request {
                break;
            }
            cell = left;
        }
    }
    housed
}

/// A search for a free unit, cell by cell, nearest first.
struct Search {
    round: u32,
    /// By cell: the last round that reached it.
    reached: Vec<u32>,
    /// By cell: the request by which that round did.
    by: Vec<u32>,
    /// The cells reached, in order.
    queue: Vec<Cell>,
}

impl Search {
    /// The nearest cell with a free unit that a chain of moves leads to from a request.
    fn free_cell(&mut self, problem: &Problem, housed: &Housed, round: u32, request: u32) -> Option<Cell> {
        self.round = round;
        self.queue.clear();
        self.reach(problem.cells_of(request), request, housed);
        let mut next = 0;
        while let Some(&cell) = self.queue.get(next) {
            next += 1;
            for &holder in housed.holders(problem, cell) {
                let before = self.queue.len();
                self.reach(problem.cells_of(holder), holder, housed);
                let mut new = self.queue[before..].iter();
                if let Some(&free) = new.find(|&&c| housed.free(problem, c) > 0) {
                    return Some(free);
                }
            }
        }
        None
    }

    /// Puts the cells of a request that this round has not reached yet at the end of the queue; those that are
    /// full for good lead nowhere.
    fn reach(&mut self, own: &[Cell], request: u32, housed: &Housed) {
        for &cell in own {
            let place = cell.index();
            if self.reached[place] != self.round && !housed.full[place] {
                self.reached[place] = self.round;
                self.by[place] = request;
                self.queue.push(cell);
            }
        }
    }
}

fn put(problem: &Problem, housed: &mut Housed, request: u32, cell: Cell) {
    let place = cell.index();
    housed.holders[(problem.firsts[place] + housed.count[place]) as usize] = request;
    housed.count[place] += 1;
    housed.cell_of[request as usize] = cell;
}

fn take_out(problem: &Problem, housed: &mut Housed, request: u32, cell: Cell) {
    let place = cell.index();
    let first = problem.firsts[place] as usize;
    let holders = &mut housed.holders[first..first + housed.count[place] as usize];
    if let Some(at) = holders.iter().position(|&h| h == request) {
        // The order of holders means nothing: the last fills the gap.
        holders[at] = holders[holders.len() - 1];
        housed.count[place] -= 1;
    }
}

/// What a request weighs: its points, and one for being housed.
pub(super) fn weight(problem: &Problem, request: u32) -> i64 {
    i64::from(problem.points[request as usize]) + 1
}

/// By cell: the price of a unit, in weights (points and one).
pub(super) fn prices(problem: &Problem, housed: &Housed) -> Vec<i64> {
    let cells = problem.cell_count();
    let mut at_home: Vec<u32> = Vec::with_capacity(problem.units());
    for cell in 0..cells as u32 {
        at_home.extend_from_slice(housed.holders(problem, Cell(cell)));
    }
    // By cell: the homes of the housed requests that it is open to, which could move there.
    let open = |&request: &u32| {
        let home = housed.cell_of[request as usize];
        problem.cells_of(request).iter().map(move |&cell| (cell.0, home))
    };
    let (starts, movers) = by_key(cells, at_home.iter().flat_map(open));
    let mut price = vec![i64::MAX; cells];
    let mut queue = Vec::new();
    // Gives a price to a cell and to all homes from which a chain of moves leads there, unless they have a
    // lower one already: values come in ascending order, so the first that reaches a cell is the least.
    let mut flood = |cell: Cell, value: i64, price: &mut [i64]| {
        if price[cell.index()] != i64::MAX {
            return;
        }
        price[cell.index()] = value;
        queue.push(cell);
        while let Some(cell) = queue.pop() {
            for &home in &movers[starts[cell.index()]..starts[cell.index() + 1]] {
                if price[home.index()] == i64::MAX {
                    price[home.index()] = value;
                    queue.push(home);
                }
            }
        }
    };
    // A chain to a free unit spares nobody: one more unit brings nothing.
    for cell in (0..cells as u32).map(Cell) {
        if housed.free(problem, cell) > 0 {
            flood(cell, 0, &mut price);
        }
    }
    // A chain to a holder spares that holder.
    at_home.sort_unstable_by_key(|&r| weight(problem, r));
    for &request in &at_home {
        flood(housed.cell_of[request as usize], weight(problem, request), &mut price);
    }
    price
}
