//! The face: what the answers that are best so far have in common.
//!
//! An answer has the most requests and points exactly if it uses only pairs whose unit costs what the
//! request can pay at the prices of [`super::housed`], houses all who pay less than they weigh, and
//! fills all units that cost something. The face is those pairs, in parts that share nothing. All
//! units of a part have the same price.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use super::housed::{NONE, weight};
use super::problem::Problem;

/// The pairs of one part, and who must be in the answer.
pub(super) struct Part {
    /// The requests, ascending; those that must be housed, or (if `paid`) may be left out.
    pub requests: Vec<u32>,
    /// By request: must it be housed?
    pub must: Vec<bool>,
    /// The cells, ascending.
    pub cells: Vec<u32>,
    /// Do units cost something here? Then all of them must be given; if not, all requests must be
    /// housed.
    pub paid: bool,
}

/// The parts of the face, in the order of their first cell.
pub(super) fn parts(problem: &Problem, prices: &[i64]) -> Vec<Part> {
    let cells = problem.cell_count();
    let mut root: Vec<u32> = (0..cells as u32).collect();
    let mut kept: Vec<(u32, u32, bool)> = Vec::new();
    for request in 0..problem.requests() as u32 {
        let own = &problem.open[problem.slots_of(request)];
        let Some(least) = own.iter().map(|&c| prices[c as usize]).min() else { continue };
        let weight = weight(problem, request);
        if weight < least {
            continue;
        }
        let mut first = NONE;
        for &cell in own {
            if prices[cell as usize] != least {
                continue;
            }
            let here = find(&mut root, cell);
            if first == NONE {
                first = here;
            } else if here != first {
                let (low, high) = (first.min(here), first.max(here));
                root[high as usize] = low;
                first = low;
            }
        }
        kept.push((request, first, weight > least));
    }
    // Parts are numbered by their first cell.
    let mut number = vec![NONE; cells];
    let mut parts: Vec<Part> = Vec::new();
    for cell in 0..cells as u32 {
        let root = find(&mut root, cell) as usize;
        if number[root] == NONE {
            number[root] = parts.len() as u32;
            let paid = prices[cell as usize] > 0;
            parts.push(Part { requests: Vec::new(), must: Vec::new(), cells: Vec::new(), paid });
        }
        parts[number[root] as usize].cells.push(cell);
    }
    for (request, cell, must) in kept {
        let root = find(&mut root, cell) as usize;
        let part = &mut parts[number[root] as usize];
        part.requests.push(request);
        part.must.push(must);
    }
    parts.retain(|part| !part.requests.is_empty());
    parts
}

/// The cell that stands for the part of a cell.
pub(super) fn find(root: &mut [u32], cell: u32) -> u32 {
    let mut at = cell;
    while root[at as usize] != at {
        root[at as usize] = root[root[at as usize] as usize];
        at = root[at as usize];
    }
    at
}
