//! The face: the pairs that the answers with the most requests and points use.
//!
//! An answer has the most requests and points exactly if it uses only pairs whose unit costs what the
//! request can pay at the prices of [`super::housed`], houses all who pay less than they weigh, and
//! fills all units that cost something (complementary slackness: a pair, a request or a unit is used, or its
//! price has no room). The face is those pairs, in parts that share nothing. All units of a part have one price.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use super::super::numbers::Cell;
use super::super::problem::Problem;
use super::columns::NONE;
use super::housed::weight;
use super::part::{Part, Sets};

/// The parts of the face at these prices by cell, in the order of their first cell.
pub(super) fn parts(problem: &Problem, prices: &[i64]) -> Vec<Part> {
    let mut sets = Sets::new(problem.cell_count());
    let mut kept: Vec<(u32, u32, bool)> = Vec::new();
    for request in 0..problem.requests() as u32 {
        let own = problem.cells_of(request);
        let Some(least) = own.iter().map(|&c| prices[c.index()]).min() else { continue };
        let weight = weight(problem, request);
        // Whoever weighs less than the cheapest open cell costs is housed by no best answer.
        if weight < least {
            continue;
        }
        // Only the cheapest cells are ever used; they are one part.
        let mut first = NONE;
        for &cell in own {
            if prices[cell.index()] != least {
                continue;
            }
            let here = sets.find(cell.0);
            if first == NONE {
                first = here;
            } else if here != first {
                first = sets.join(first, here);
            }
        }
        // At a price that is just the weight, being housed and being left out are worth as much.
        kept.push((request, first, weight > least));
    }
    // Parts are numbered by their first cell.
    let mut number = vec![NONE; problem.cell_count()];
    let mut parts: Vec<Part> = Vec::new();
    for (cell, &price) in (0_u32..).zip(prices) {
        let root = sets.find(cell) as usize;
        if number[root] == NONE {
            number[root] = parts.len() as u32;
            let paid = price > 0;
            parts.push(Part { requests: Vec::new(), must: Vec::new(), cells: Vec::new(), paid });
        }
        parts[number[root] as usize].cells.push(Cell(cell));
    }
    for (request, cell, must) in kept {
        let root = sets.find(cell) as usize;
        let part = &mut parts[number[root] as usize];
        part.requests.push(request);
        part.must.push(must);
    }
    // Cells that nobody wants have nothing to decide.
    parts.retain(|part| !part.requests.is_empty());
    parts
}
