//! An assignment problem as rows of columns with fits, laid out for scanning.

#![expect(clippy::indexing_slicing, reason = "measured loops over numbers that the makers of rows check")]

use super::super::super::numbers::InnerUnit;
use super::super::super::problem::Problem;
use super::super::columns::Column;
use super::super::part::Part;

/// Columns whose values are computed and compared together, so that the compiler uses vector instructions.
/// 8 or 32 take as long on `d100k`, within noise, and 5 % more on `d100k-slack`.
const TOGETHER: usize = 16;

/// Gives `f` each place whose value (fit less price) is at least what `f` returned last, `least` at first;
/// the others are passed over [`TOGETHER`] at a time.
#[inline]
pub(super) fn at_least(fits: &[u16], prices: &[i32], mut least: i32, mut f: impl FnMut(usize, i32) -> i32) {
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
        // One comparison rules out most groups: few columns come near the best of a row.
        if most >= least {
            for (at, &value) in values.iter().enumerate() {
                if value >= least {
                    least = f(place + at, value);
                }
            }
        }
        place += TOGETHER;
    }
    // What is left of the last group, one by one.
    for (at, (&fit, &price)) in fit_rest.iter().zip(price_rest).enumerate() {
        let value = i32::from(fit) - price;
        if value >= least {
            least = f(place + at, value);
        }
    }
}

/// The highest value (fit less price) of a block.
#[inline]
pub(super) fn highest(fits: &[u16], prices: &[i32]) -> i32 {
    fits.iter().zip(prices).map(|(&f, &p)| i32::from(f).wrapping_sub(p)).max().unwrap_or(i32::MIN)
}

/// Consecutive columns that a row can have.
#[derive(Clone, Copy)]
pub(super) struct Block {
    /// The first of them.
    pub column: u32,
    pub length: u32,
    /// Where their fits begin.
    fits: u32,
}

impl Block {
    /// The prices of its columns.
    #[inline]
    pub fn of<'a>(&self, prices: &'a [i32]) -> &'a [i32] {
        &prices[self.column as usize..(self.column + self.length) as usize]
    }

    /// The column at a place in it.
    #[inline]
    pub fn at(&self, place: usize) -> Column {
        Column(self.column + place as u32)
    }
}

/// One part as an assignment problem: rows to assign to columns, one each.
pub(in super::super) struct Rows {
    /// By row: its first block; and the number of blocks at the end.
    starts: Vec<u32>,
    blocks: Vec<Block>,
    fits: Vec<u16>,
    /// By row: may it have an empty place?
    pub(super) free: Vec<bool>,
    pub(super) columns: usize,
    /// Number of empty places: rows that stay idle when all columns are given.
    pub(super) empty: usize,
}

impl Rows {
    /// The requests of a part of the face facing its units; and by column its unit. `prices` are by cell, and
    /// those of the cells of a part are one.
    pub fn of_part(problem: &Problem, part: &Part, prices: &[i64]) -> (Rows, Vec<InnerUnit>) {
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
        let least = part.cells.first().map_or(0, |&c| prices[c.index()]);
        for &request in &part.requests {
            rows.starts.push(rows.blocks.len() as u32);
            for slot in problem.slots_of(request) {
                let cell = problem.open[slot];
                if prices[cell.index()] != least {
                    continue;
                }
                // A dearer cell is in no best answer, and so in no part of this request.
                let Ok(place) = part.cells.binary_search(&cell) else { continue };
                let units = problem.range(cell);
                let block =
                    Block { column: first[place], length: units.len() as u32, fits: rows.fits.len() as u32 };
                problem.fits.fill(request, slot, units, &mut rows.fits);
                rows.blocks.push(block);
            }
        }
        rows.starts.push(rows.blocks.len() as u32);
        // All columns are given where they cost something: the other rows share that many empty places.
        if part.paid {
            rows.empty = part.requests.len().saturating_sub(rows.columns);
        }
        (rows, units)
    }

    /// From each row's columns with their fits, ascending, and whether it may have none; `columns` is how many
    /// there are. If they are `paid`, all of them are given.
    pub fn of(
        by_row: impl Iterator<Item = (impl Iterator<Item = (Column, u16)>, bool)>,
        columns: usize,
        paid: bool,
    ) -> Rows {
        let (mut starts, mut blocks, mut fits, mut free) =
            (vec![0], Vec::<Block>::new(), Vec::new(), Vec::new());
        for (own, may) in by_row {
            let first = blocks.len();
            for (Column(column), fit) in own {
                // A column that follows the last one makes its block longer.
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

    #[inline]
    pub fn len(&self) -> usize {
        self.free.len()
    }

    #[inline]
    pub(super) fn blocks(&self, row: u32) -> &[Block] {
        &self.blocks[self.starts[row as usize] as usize..self.starts[row as usize + 1] as usize]
    }

    #[inline]
    pub(super) fn fits(&self, block: Block) -> &[u16] {
        &self.fits[block.fits as usize..(block.fits + block.length) as usize]
    }

    /// The columns that a row can have, ascending.
    pub fn columns_of(&self, row: u32) -> impl Iterator<Item = Column> + '_ {
        self.blocks(row).iter().flat_map(|b| b.column..b.column + b.length).map(Column)
    }

    /// May a row be left idle?
    #[inline]
    pub fn may_be_idle(&self, row: u32) -> bool {
        self.free[row as usize]
    }

    /// The fit of a row and a column; 0 if the row cannot have it.
    #[inline]
    pub fn fit(&self, row: u32, Column(column): Column) -> i32 {
        self.blocks(row)
            .iter()
            .find(|b| column >= b.column && column < b.column + b.length)
            .map_or(0, |b| i32::from(self.fits[(b.fits + column - b.column) as usize]))
    }
}

/// A best assignment of rows to columns.
pub(in super::super) struct Best {
    /// By row: its column, or [`Column::NONE`].
    pub column_of: Vec<Column>,
    /// By column: its price, in fit. An empty place costs nothing, and nobody who may be left out pays more than
    /// the column is worth.
    pub prices: Vec<i32>,
}
