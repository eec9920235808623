//! The numberings of a unit, each a type of its own, so that none is taken for another.
//!
//! A unit has three numbers: the caller's (a plain `u32`, an index into the caller's own list, as in
//! [`super::Pair`]), the one inside a problem ([`InnerUnit`]: the units of a cell follow each
//! other), and, while the solver works, the column that it is in one graph or part. Only
//! [`super::Problem`] translates between the first two.

/// A unit by its number inside a problem, where the units of a cell follow each other.
///
/// [`super::Problem::names`] gives the caller's number back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InnerUnit(pub u32);

/// A cell by its number: units that no rule and no quota tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell(pub u32);

impl InnerUnit {
    /// Stands for "no unit" in dense lists.
    #[cfg(feature = "solver")]
    pub(crate) const NONE: InnerUnit = InnerUnit(u32::MAX);

    /// As an index into a list by unit.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl Cell {
    /// Stands for "no cell" in dense lists.
    #[cfg(feature = "solver")]
    pub(crate) const NONE: Cell = Cell(u32::MAX);

    /// As an index into a list by cell.
    #[inline]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}
