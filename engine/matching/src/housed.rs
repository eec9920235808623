//! Who is housed: the most requests, and among those the ones with the most points.
//!
//! The sets of requests that can be housed together form a transversal matroid (Edmonds and
//! Fulkerson, 1965), and every request weighs more than nothing, so taking the requests in the order
//! of their points and housing each that can still be housed, moving others where needed, gives the
//! most requests and the most points at once. A search for a free unit that fails has reached cells
//! whose holders can go nowhere else: those cells are full for good, and nobody looks there again.
//!
//! What one more unit of a cell would bring (its price) follows from the answer: the least weight of
//! a holder that a chain of moves from there could spare, nothing if the chain ends at a free unit.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use super::by_key::by_key;
use super::problem::Problem;

/// No cell, no request.
pub(super) const NONE: u32 = u32::MAX;

/// Who is housed, and where for now.
pub(super) struct Housed {
    /// By request: the cell of its unit, or [`NONE`].
    pub cell_of: Vec<u32>,
    /// By cell: the requests housed there stand at the first places of its units.
    holders: Vec<u32>,
    /// By cell: how many.
    count: Vec<u32>,
    /// By cell: is it, with all that its holders may have instead, full for good?
    pub full: Vec<bool>,
}

impl Housed {
    /// The requests housed in a cell.
    pub fn holders<'a>(&'a self, problem: &Problem, cell: u32) -> &'a [u32] {
        let first = problem.cells[cell as usize] as usize;
        &self.holders[first..first + self.count[cell as usize] as usize]
    }

    /// How many units of a cell are free.
    pub fn free(&self, problem: &Problem, cell: u32) -> u32 {
        problem.units_of(cell).len() as u32 - self.count[cell as usize]
    }
}

/// Houses the most requests, those with more points first; ties by number. `near` has by request the cell
/// where it was before, or [`NONE`]; it may be empty.
pub(super) fn house(problem: &Problem, near: &[u32]) -> Housed {
    house_in_order(problem, &by_points(problem), near)
}

/// The requests that want a unit, most points first; ties by number.
pub(super) fn by_points(problem: &Problem) -> Vec<u32> {
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
pub(super) fn house_in_order(problem: &Problem, order: &[u32], near: &[u32]) -> Housed {
    let cells = problem.cell_count();
    let mut housed = Housed {
        cell_of: vec![NONE; problem.requests()],
        holders: vec![NONE; problem.units()],
        count: vec![0; cells],
        full: vec![false; cells],
    };
    // By cell: the round of the search that reached it last, and the holder by which it did.
    let mut reached = vec![NONE; cells];
    let mut by = vec![NONE; cells];
    let mut queue: Vec<u32> = Vec::new();
    for (round, &request) in (0_u32..).zip(order) {
        let own = &problem.open[problem.slots_of(request)];
        if own.iter().all(|&c| housed.full[c as usize]) {
            continue;
        }
        let before = near.get(request as usize).copied().filter(|c| *c != NONE);
        let mut free = before.iter().chain(own).filter(|c| housed.free(problem, **c) > 0);
        if let Some(&cell) = free.next() {
            put(problem, &mut housed, request, cell);
            continue;
        }
        queue.clear();
        let mut next = 0;
        let mut end = NONE;
        reach(own, request, round, &mut reached, &mut by, &housed, &mut queue);
        'search: while let Some(&cell) = queue.get(next) {
            next += 1;
            let first = problem.cells[cell as usize] as usize;
            for at in first..first + housed.count[cell as usize] as usize {
                let holder = housed.holders[at];
                let before = queue.len();
                let own = &problem.open[problem.slots_of(holder)];
                reach(own, holder, round, &mut reached, &mut by, &housed, &mut queue);
                if let Some(&free) = queue[before..].iter().find(|&&c| housed.free(problem, c) > 0) {
                    end = free;
                    break 'search;
                }
            }
        }
        if end == NONE {
            for &cell in &queue {
                housed.full[cell as usize] = true;
            }
            continue;
        }
        // The last of the chain takes the free unit, and so back to the request.
        let mut cell = end;
        loop {
            let mover = by[cell as usize];
            let left = housed.cell_of[mover as usize];
            if left != NONE {
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

/// Puts the cells of a request that this search has not reached yet at the end of its queue.
fn reach(
    own: &[u32],
    request: u32,
    round: u32,
    reached: &mut [u32],
    by: &mut [u32],
    housed: &Housed,
    queue: &mut Vec<u32>,
) {
    for &cell in own {
        let place = cell as usize;
        if reached[place] != round && !housed.full[place] {
            reached[place] = round;
            by[place] = request;
            queue.push(cell);
        }
    }
}

fn put(problem: &Problem, housed: &mut Housed, request: u32, cell: u32) {
    let place = cell as usize;
    housed.holders[(problem.cells[place] + housed.count[place]) as usize] = request;
    housed.count[place] += 1;
    housed.cell_of[request as usize] = cell;
}

fn take_out(problem: &Problem, housed: &mut Housed, request: u32, cell: u32) {
    let place = cell as usize;
    let first = problem.cells[place] as usize;
    let holders = &mut housed.holders[first..first + housed.count[place] as usize];
    if let Some(at) = holders.iter().position(|&h| h == request) {
        holders[at] = holders[holders.len() - 1];
        housed.count[place] -= 1;
    }
}

/// What a request weighs: its points, and one for being housed.
pub(super) fn weight(problem: &Problem, request: u32) -> i64 {
    i64::from(problem.points[request as usize]) + 1
}

/// By cell: the price of a unit, in weights.
pub(super) fn prices(problem: &Problem, housed: &Housed) -> Vec<i64> {
    let cells = problem.cell_count();
    let mut at_home: Vec<u32> = Vec::with_capacity(problem.units());
    for cell in 0..cells as u32 {
        at_home.extend_from_slice(housed.holders(problem, cell));
    }
    // By cell: the homes of the housed requests that it is open to, which could move there.
    let open = |&request: &u32| {
        let home = housed.cell_of[request as usize];
        problem.open[problem.slots_of(request)].iter().map(move |&cell| (cell, home))
    };
    let (starts, movers) = by_key(cells, at_home.iter().flat_map(open));
    let mut price = vec![i64::MAX; cells];
    let mut queue = Vec::new();
    let mut flood = |cell: u32, value: i64, price: &mut [i64]| {
        if price[cell as usize] != i64::MAX {
            return;
        }
        price[cell as usize] = value;
        queue.push(cell);
        while let Some(cell) = queue.pop() {
            for &home in &movers[starts[cell as usize]..starts[cell as usize + 1]] {
                if price[home as usize] == i64::MAX {
                    price[home as usize] = value;
                    queue.push(home);
                }
            }
        }
    };
    for cell in 0..cells as u32 {
        if housed.free(problem, cell) > 0 {
            flood(cell, 0, &mut price);
        }
    }
    at_home.sort_unstable_by_key(|&r| weight(problem, r));
    for &request in &at_home {
        flood(housed.cell_of[request as usize], weight(problem, request), &mut price);
    }
    price
}
