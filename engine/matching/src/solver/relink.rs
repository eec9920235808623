//! From one assignment towards another, by parts of what they differ in (*path relinking*).
//!
//! Where two assignments differ, rows move round cycles of columns: each row takes the place that the next one
//! leaves. Each cycle can be gone by itself. Some of them may bring an assignment to the conditions, or to a
//! better one that still meets them, where one of the two meets them and the other is worth more.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of a graph, which its makers check"
)]

use super::columns::{Column, NONE};

/// The cycles that lead from one assignment to another: by cycle its rows. `from` and `to` have by row a place
/// (an arc, or a unit), of which `column` says the column, `None` if the row is idle; `columns` is how many
/// there are.
pub(super) fn cycles<P: Copy>(
    from: &[P],
    to: &[P],
    columns: usize,
    column: impl Fn(P) -> Option<Column>,
) -> Vec<Vec<u32>> {
    // Idle rows and free places are at the root, so that chains from a free place to an idle row are cycles too.
    let root = columns as u32;
    let at = |place: P| column(place).map_or(root, |column| column.0);
    // By column, and the root: the columns that its rows move to, with the row.
    let mut moves: Vec<Vec<(u32, u32)>> = vec![Vec::new(); columns + 1];
    let mut surplus = vec![0_i32; columns + 1];
    for (row, (&a, &b)) in (0_u32..).zip(from.iter().zip(to)) {
        let (a, b) = (at(a), at(b));
        if a != b {
            moves[a as usize].push((b, row));
            surplus[a as usize] -= 1;
            surplus[b as usize] += 1;
        }
    }
    for node in 0..columns as u32 {
        // A column that gets more rows takes free places, one that loses some leaves them: then as many moves
        // lead to each node as from it.
        let more = surplus[node as usize];
        for _ in 0..more.abs() {
            let (a, b) = if more > 0 { (node, root) } else { (root, node) };
            moves[a as usize].push((b, NONE));
        }
    }
    // Walk along moves that are not gone yet; whenever the walk meets its own path, the loop is a cycle.
    let mut found = Vec::new();
    let mut place = vec![NONE; columns + 1];
    let mut path: Vec<(u32, u32)> = Vec::new();
    for start in 0..=root {
        let mut node = start;
        loop {
            if place[node as usize] != NONE {
                // Back at a node of the path: a cycle.
                let rows = path.split_off(place[node as usize] as usize);
                for &(node, _) in &rows {
                    place[node as usize] = NONE;
                }
                found.push(rows.into_iter().map(|(_, row)| row).filter(|row| *row != NONE).collect());
            }
            let Some((next, row)) = moves[node as usize].pop() else { break };
            place[node as usize] = path.len() as u32;
            path.push((node, row));
            node = next;
        }
        // All that comes in goes out: the path ends where it began.
        path.clear();
    }
    found
}

/// Steps for each cycle before the choice stands as it is. Each step is an improvement, so that it is a guard
/// against long tails only: 2 or 1 change nothing on the instances with quotas.
const STEPS_PER_CYCLE: usize = 4;

/// By cycle: is it to be gone? What each changes is in `changes` (worth first, then each condition), what the
/// conditions have to spare at the start in `beyond`. As little as possible is lacking in the end, and then
/// as much as possible gained; step by step (greedy), so it need not be the best choice.
pub(super) fn choose(changes: &[Vec<i64>], mut beyond: Vec<i64>) -> Vec<bool> {
    let mut gone = vec![false; changes.len()];
    let lacking = |beyond: &[i64]| -> i64 { beyond.iter().map(|b| (-b).max(0)).sum() };
    // Each step takes the one cycle, to be gone or to be left again, that is best now; it must be better than
    // nothing, so that it ends.
    for _ in 0..STEPS_PER_CYCLE * changes.len() {
        let now = lacking(&beyond);
        let mut best = (now, 0_i64);
        let mut choice = None;
        for (cycle, change) in changes.iter().enumerate() {
            let sign = if gone[cycle] { -1 } else { 1 };
            let Some((worth, conditions)) = change.split_first() else { continue };
            let after = beyond.iter().zip(conditions).map(|(b, c)| (-(b + sign * c)).max(0)).sum();
            let key = (after, -sign * worth);
            if key < best {
                best = key;
                choice = Some((cycle, sign));
            }
        }
        let Some((cycle, sign)) = choice else { break };
        gone[cycle] = sign > 0;
        for (b, c) in beyond.iter_mut().zip(&changes[cycle][1..]) {
            *b += sign * c;
        }
    }
    gone
}
