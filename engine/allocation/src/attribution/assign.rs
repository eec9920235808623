//! The best assignment of requests to units where each pair has a worth of its own: exact, and proved by prices.
//!
//! Worths are whole numbers, so that nothing is rounded here. Unit after unit, the shortest way is sought by which one more has a
//! request (Jonker and Volgenant, 1987); a unit may also stay without. What is proved is what linear programming says: a rent for
//! each unit and a price for each request, none below zero, which no pair's worth exceeds together and whose sum is the worth of the
//! answer.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::{Add, AddAssign, Sub, SubAssign};

/// What a pair is worth: the larger `major` first, then the larger `minor`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Worth {
    pub major: i128,
    pub minor: i128,
}

impl Add for Worth {
    type Output = Worth;
    fn add(self, other: Worth) -> Worth {
        Worth { major: self.major + other.major, minor: self.minor + other.minor }
    }
}

impl Sub for Worth {
    type Output = Worth;
    fn sub(self, other: Worth) -> Worth {
        Worth { major: self.major - other.major, minor: self.minor - other.minor }
    }
}

impl AddAssign for Worth {
    fn add_assign(&mut self, other: Worth) {
        *self = *self + other;
    }
}

impl SubAssign for Worth {
    fn sub_assign(&mut self, other: Worth) {
        *self = *self - other;
    }
}

/// A best assignment.
#[derive(Clone, Debug, Default)]
pub(super) struct Assigned {
    /// By row: its column.
    pub column_of: Vec<Option<u32>>,
    /// By column: its price, 0 where it is free.
    pub prices: Vec<Worth>,
    /// What it is worth in all.
    pub worth: Worth,
    /// Do rents and prices prove it?
    pub proved: bool,
}

/// The best assignment of columns to rows, which have their pairs by column; worths are at least 0.
pub(super) fn assign(rows: &[Vec<(u32, Worth)>], columns: usize) -> Assigned {
    let mut search = Search {
        rows,
        rents: rows.iter().map(|row| row.iter().map(|pair| pair.1).max().unwrap_or_default()).collect(),
        prices: vec![Worth::default(); columns],
        column_of: vec![None; rows.len()],
        row_of: vec![None; columns],
        reached: vec![None; columns],
    };
    for row in (0_u32..).take(rows.len()) {
        search.add(row);
    }
    search.finish()
}

/// How a column was reached: by which row, how far away; `done` once no shorter way can be found.
#[derive(Clone, Copy)]
struct Reached {
    by: u32,
    far: Worth,
    done: bool,
}

/// Where the shortest way ends: in a column that is free, or in a row that stays without.
enum End {
    Column(u32),
    Row(u32),
}

struct Search<'r> {
    rows: &'r [Vec<(u32, Worth)>],
    rents: Vec<Worth>,
    prices: Vec<Worth>,
    column_of: Vec<Option<u32>>,
    row_of: Vec<Option<u32>>,
    /// By column, while one row is added.
    reached: Vec<Option<Reached>>,
}

impl Search<'_> {
    /// Adds a row by the shortest way.
    fn add(&mut self, row: u32) {
        let mut heap = BinaryHeap::new();
        let mut touched = Vec::new();
        // The rows of the tree, how far each is.
        let mut tree = vec![(row, Worth::default())];
        let mut best = (self.rent(row), End::Row(row));
        self.relax(row, Worth::default(), &mut heap, &mut touched);
        while let Some(Reverse((far, column))) = heap.pop() {
            if far >= best.0 {
                break;
            }
            let Some(Some(reached)) = self.reached.get_mut(column as usize) else { continue };
            if reached.done || reached.far < far {
                continue;
            }
            reached.done = true;
            let Some(next) = self.row_of.get(column as usize).copied().flatten() else {
                best = (far, End::Column(column));
                break;
            };
            tree.push((next, far));
            let without = far + self.rent(next);
            if without < best.0 {
                best = (without, End::Row(next));
            }
            self.relax(next, far, &mut heap, &mut touched);
        }
        let (length, end) = best;
        for (own, far) in tree {
            if let Some(rent) = self.rents.get_mut(own as usize).filter(|_| far < length) {
                *rent -= length - far;
            }
        }
        for column in &touched {
            let at = *column as usize;
            if let (Some(Some(own)), Some(price)) = (self.reached.get(at), self.prices.get_mut(at))
                && own.done
                && own.far < length
            {
                *price += length - own.far;
            }
        }
        self.turn(row, end);
        for column in touched {
            set(&mut self.reached, column, None);
        }
    }

    /// Looks at the pairs of a row that is so far away.
    fn relax(
        &mut self,
        row: u32,
        far: Worth,
        heap: &mut BinaryHeap<Reverse<(Worth, u32)>>,
        touched: &mut Vec<u32>,
    ) {
        let rent = self.rent(row);
        for &(column, worth) in self.rows.get(row as usize).into_iter().flatten() {
            let at = column as usize;
            let own = far + (rent + self.prices.get(at).copied().unwrap_or_default() - worth);
            let Some(reached) = self.reached.get_mut(at) else { continue };
            match reached {
                Some(before) if before.done || before.far <= own => continue,
                Some(_) => {}
                None => touched.push(column),
            }
            *reached = Some(Reached { by: row, far: own, done: false });
            heap.push(Reverse((own, column)));
        }
    }

    /// Gives each row of the way the next column.
    fn turn(&mut self, row: u32, end: End) {
        let mut column = match end {
            End::Column(column) => column,
            End::Row(own) => {
                let left = self.column_of.get(own as usize).copied().flatten();
                set(&mut self.column_of, own, None);
                // The row itself stays without.
                let Some(left) = left else { return };
                left
            }
        };
        while let Some(Some(reached)) = self.reached.get(column as usize).copied() {
            let before = self.column_of.get(reached.by as usize).copied().flatten();
            set(&mut self.column_of, reached.by, Some(column));
            set(&mut self.row_of, column, Some(reached.by));
            match before {
                Some(before) if reached.by != row => column = before,
                _ => return,
            }
        }
    }

    fn rent(&self, row: u32) -> Worth {
        self.rents.get(row as usize).copied().unwrap_or_default()
    }

    /// The answer, its proof checked pair by pair.
    fn finish(self) -> Assigned {
        let none = Worth::default();
        let (mut worth, mut proved) = (none, true);
        for (row, (pairs, own)) in (0_u32..).zip(self.rows.iter().zip(&self.column_of)) {
            let rent = self.rent(row);
            proved &= rent >= none;
            for &(column, of_pair) in pairs {
                let price = self.prices.get(column as usize).copied().unwrap_or_default();
                proved &= rent + price >= of_pair;
                if *own == Some(column) {
                    worth += of_pair;
                }
            }
        }
        let sum = |all: &[Worth]| all.iter().fold(none, |all, own| all + *own);
        proved &= self.prices.iter().all(|price| *price >= none);
        proved &= sum(&self.rents) + sum(&self.prices) == worth;
        Assigned { column_of: self.column_of, prices: self.prices, worth, proved }
    }
}

fn set<T>(all: &mut [T], at: u32, own: T) {
    if let Some(slot) = all.get_mut(at as usize) {
        *slot = own;
    }
}

#[cfg(test)]
mod tests {
    use super::{Worth, assign};

    /// The best of all ways to give each row one of its columns or none.
    fn every(rows: &[Vec<(u32, Worth)>], taken: &mut Vec<u32>) -> Worth {
        let Some((row, rest)) = rows.split_first() else { return Worth::default() };
        let mut best = every(rest, taken);
        for (column, worth) in row {
            if !taken.contains(column) {
                taken.push(*column);
                best = best.max(*worth + every(rest, taken));
                taken.pop();
            }
        }
        best
    }

    /// What is found is worth as much as the best of all assignments, nobody has two, and the proof holds.
    #[test]
    fn equals_enumeration() {
        let mut state = 7_u64;
        let mut draw = |n: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % n
        };
        let mut without = 0;
        for _ in 0..2000 {
            let (count, columns, high) = (draw(6), 1 + draw(6) as u32, 1 + draw(9));
            let row = |draw: &mut dyn FnMut(u64) -> u64| {
                let pairs = (0..columns).filter(|_| draw(3) > 0).collect::<Vec<_>>();
                let worth = |draw: &mut dyn FnMut(u64) -> u64| Worth {
                    major: draw(high).into(),
                    minor: draw(4).into(),
                };
                pairs.into_iter().map(|column| (column, worth(draw))).collect::<Vec<_>>()
            };
            let rows: Vec<_> = (0..count).map(|_| row(&mut draw)).collect();
            let found = assign(&rows, columns as usize);
            assert!(found.proved);
            assert_eq!(found.worth, every(&rows, &mut Vec::new()));
            let mut own: Vec<u32> = found.column_of.iter().flatten().copied().collect();
            without += found.column_of.len() - own.len();
            own.sort_unstable();
            let all = own.len();
            own.dedup();
            assert_eq!(own.len(), all);
        }
        assert!(without > 500);
    }
}
