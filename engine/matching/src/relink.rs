//! From one assignment towards another, by parts of what they differ in.
//!
//! Where two assignments differ, rows move round cycles of columns; each cycle can be gone by itself.
//! Some of them may bring an assignment to the conditions, or to a better one that still meets them,
//! where neither of the two is both.

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of a graph, which its makers check"
)]

use super::housed::NONE;

/// The cycles that lead from one assignment to another: by cycle its rows. `column` says in which column
/// a row is by an arc; `columns` is how many there are.
pub(super) fn cycles(from: &[u32], to: &[u32], columns: usize, column: impl Fn(u32) -> u32) -> Vec<Vec<u32>> {
    // Idle rows and free places are at the root.
    let root = columns as u32;
    let at = |arc: u32| if arc == NONE { root } else { column(arc) };
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
        // A column that gets more rows takes free places, one that loses some leaves them.
        let more = surplus[node as usize];
        for _ in 0..more.abs() {
            let (a, b) = if more > 0 { (node, root) } else { (root, node) };
            moves[a as usize].push((b, NONE));
        }
    }
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

/// Some cycles to go from `start`: what they change is `changes` (worth first, then each condition),
/// what the conditions have to spare is `beyond`. As little as possible is lacking in the end, and then
/// as much as possible gained; step by step, so it need not be the best choice.
pub(super) fn choose(changes: &[Vec<i64>], mut beyond: Vec<i64>) -> Vec<bool> {
    let mut gone = vec![false; changes.len()];
    let lacking = |beyond: &[i64]| -> i64 { beyond.iter().map(|b| (-b).max(0)).sum() };
    for _ in 0..4 * changes.len() {
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
