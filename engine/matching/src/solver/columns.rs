//! Columns, and what stands for nothing in the dense lists of the solver.

use super::super::numbers::{Cell, InnerUnit};

/// Stands for "no arc", "no row", "no request" in dense lists of numbers.
pub(super) const NONE: u32 = u32::MAX;

/// A column of one graph, part or tree: the third numbering of units. What it stands for, a cell or a unit,
/// whoever made the graph knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Column(pub u32);

impl Column {
    /// No column: the row is idle.
    pub const NONE: Column = Column(u32::MAX);
    /// An empty place in place of a column: the row is idle, and an empty place is known for it.
    pub const EMPTY: Column = Column(u32::MAX - 1);

    /// As an index into a list by column.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The unit, in a graph that has all units as columns in their order.
    #[inline]
    pub fn unit(self) -> InnerUnit {
        InnerUnit(self.0)
    }
}

/// The column of a cell, in a graph that has all cells as columns in their order.
impl From<Cell> for Column {
    #[inline]
    fn from(cell: Cell) -> Column {
        Column(cell.0)
    }
}

/// The column of a unit, in a graph that has all units as columns in their order.
impl From<InnerUnit> for Column {
    #[inline]
    fn from(unit: InnerUnit) -> Column {
        Column(unit.0)
    }
}

/// The cell of a column, in a graph that has all cells as columns in their order.
impl From<Column> for Cell {
    #[inline]
    fn from(column: Column) -> Cell {
        Cell(column.0)
    }
}
