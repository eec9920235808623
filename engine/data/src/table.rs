//! Columns and tables: the data of a run, typed by the schema.
//!
//! A column holds one field for all rows; a missing cell is an unknown. Numbers are whole counts of
//! their field's smallest unit (cents for amounts). Relations are row numbers.

use std::borrow::Cow;
use std::ops::{Deref, Range};
use std::sync::{Arc, OnceLock};

use rayon::prelude::*;

use super::buffers::{Bits, Shared};
use super::ids::Ids;
use super::lines::Lines;
use logis_language::pack::schema::{EntityId, FieldId};
use logis_language::value::{Date, Exact, Value, add_days, power_of_ten};

/// Row number that stands for "belongs to none" in [`Table::links`].
pub const NO_ROW: u32 = u32::MAX;

/// The rows of all entities.
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    /// By entity number. Pairs have no rows here.
    pub tables: Vec<Table>,
    /// What the package says of itself.
    pub about: About,
}

/// What `paquet.toml` in a data package says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// Title of the package.
    pub title: Option<String>,
    /// The date as of which it is decided unless another is asked.
    pub as_of: Option<Date>,
    /// Are the persons invented?
    pub synthetic: bool,
    /// A text shown with every summary.
    pub text: Option<String>,
}

/// The rows of one entity.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// Is there a file or sheet for it? If not, it has no rows.
    pub present: bool,
    /// The identifier of each row.
    pub ids: Ids,
    /// One per field of the entity, in the order of the schema; `None` where the column is absent:
    /// then every cell is unknown.
    pub columns: Vec<Option<Column>>,
    /// One per relation of the entity.
    pub links: Vec<Links>,
    /// The file, with the sheet of a workbook, that the rows come from; empty if they come from none.
    pub file: Arc<str>,
    /// The line of each row there; empty if they come from no file.
    pub lines: Lines,
}

/// The row of the target that each row belongs to by one relation, or [`NO_ROW`].
#[derive(Clone, Debug, Default)]
pub struct Links {
    rows: Shared<u32>,
    members: OnceLock<Arc<Members>>,
}

impl From<Vec<u32>> for Links {
    fn from(rows: Vec<u32>) -> Links {
        Links { rows: rows.into(), members: OnceLock::new() }
    }
}

impl FromIterator<u32> for Links {
    fn from_iter<I: IntoIterator<Item = u32>>(rows: I) -> Links {
        rows.into_iter().collect::<Vec<u32>>().into()
    }
}

impl Deref for Links {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        &self.rows
    }
}

impl Links {
    /// The same links, their members grouped already.
    pub(super) fn grouped(self, members: Arc<Members>) -> Links {
        Links { rows: self.rows, members: OnceLock::from(members) }
    }

    /// The other way round: the members of each row of a target that has so many rows. Grouped when
    /// first asked for.
    pub fn members(&self, targets: usize) -> Arc<Members> {
        let members = self.members.get_or_init(|| Arc::new(Members::new(&self.rows, targets)));
        if members.parents() == targets {
            return members.clone();
        }
        Arc::new(Members::new(&self.rows, targets))
    }
}

/// One field for all rows.
#[derive(Clone, Debug)]
pub struct Column {
    cells: Cells,
    known: Option<Bits>,
    extremes: OnceLock<Option<(i64, i64)>>,
}

/// The cells of a column, by type.
#[derive(Clone, Debug)]
pub enum Cells {
    /// Booleans.
    Bool(Bits),
    /// Numbers, in units of 10⁻ᵈᵉᶜⁱᵐᵃˡˢ.
    Number {
        /// The counts of units.
        units: Shared<i64>,
        /// Decimals of one unit.
        decimals: u32,
    },
    /// Days since 1 January 1970.
    Date(Shared<i32>),
    /// Texts, as numbers in a dictionary (for an enumeration: its values in the schema's order).
    Text {
        /// Numbers in the dictionary.
        codes: Shared<u32>,
        /// The texts.
        dictionary: Arc<[Arc<str>]>,
    },
    /// Lists of texts: those of row `i` are `codes[offsets[i]..offsets[i + 1]]`.
    Codes {
        /// One more than rows.
        offsets: Shared<u32>,
        /// Numbers in the dictionary.
        codes: Shared<u32>,
        /// The texts.
        dictionary: Arc<[Arc<str>]>,
    },
}

impl Column {
    /// A column of these cells; `known` says which are, `None` that all are.
    pub fn new(cells: Cells, known: Option<Bits>) -> Column {
        Column { cells, known, extremes: OnceLock::new() }
    }

    /// The cells; what stands at a missing one means nothing.
    pub fn cells(&self) -> &Cells {
        &self.cells
    }

    /// Which cells are known; `None` if all are.
    pub fn known(&self) -> Option<&Bits> {
        self.known.as_ref()
    }

    /// The smallest and largest count of units or day, missing cells included; `None` without rows or
    /// for other cells. Sought when first asked for.
    pub fn extremes(&self) -> Option<(i64, i64)> {
        fn of<T: Copy + Ord + Into<i64> + Send + Sync>(cells: &[T]) -> Option<(i64, i64)> {
            // Two folds over values, which become vector instructions; `Iterator::min` compares references one by one.
            let ends = |part: &[T]| {
                let first = *part.first()?;
                Some((part.iter().copied().fold(first, T::min), part.iter().copied().fold(first, T::max)))
            };
            let joined =
                cells.par_chunks(1 << 15).filter_map(ends).reduce_with(|a, b| (a.0.min(b.0), a.1.max(b.1)));
            joined.map(|(low, high)| (low.into(), high.into()))
        }
        *self.extremes.get_or_init(|| match &self.cells {
            Cells::Number { units, .. } => of(units),
            Cells::Date(days) => of(days),
            _ => None,
        })
    }

    /// The value in a row; `None` if it is missing (or the row does not exist).
    pub fn get(&self, row: usize) -> Option<Value> {
        if self.known.as_ref().is_some_and(|k| !k.get(row)) {
            return None;
        }
        match &self.cells {
            Cells::Bool(bits) => (row < bits.len()).then(|| Value::Bool(bits.get(row))),
            Cells::Number { units, decimals } => {
                let units = i128::from(*units.get(row)?);
                Some(Value::Number(Exact::new(units, power_of_ten(*decimals)?)))
            }
            Cells::Date(days) => {
                add_days(Date::constant(1970, 1, 1), i64::from(*days.get(row)?)).map(Value::Date)
            }
            Cells::Text { codes, dictionary } => {
                Some(Value::Text(dictionary.get(*codes.get(row)? as usize)?.clone()))
            }
            Cells::Codes { offsets, codes, dictionary } => {
                let (start, end) = (*offsets.get(row)? as usize, *offsets.get(row + 1)? as usize);
                let items = codes.get(start..end)?.iter();
                let items: Option<Arc<[Value]>> =
                    items.map(|&c| dictionary.get(c as usize).cloned().map(Value::Text)).collect();
                Some(Value::List(items?))
            }
        }
    }
}

impl Table {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.ids.len()
    }

    /// The row of that identifier.
    pub fn row(&self, id: &str) -> Option<usize> {
        self.ids.place(id).map(|row| row as usize)
    }
}

/// The members of each row of a parent entity, for one relation of a child.
#[derive(Clone, Debug)]
pub struct Members {
    offsets: Vec<u32>,
    /// The members of all parents, one after the other.
    rows: Vec<u32>,
    /// Do the members stand in the order of what they belong to, so that each group is a slice?
    in_order: bool,
    most: usize,
}

impl Members {
    /// Groups the rows of a child by the row that they belong to, in the order of the child's rows.
    pub fn new(links: &[u32], parents: usize) -> Members {
        let mut offsets = vec![0_u32; parents + 1];
        let (mut rising, mut last) = (true, 0);
        for &parent in links.iter().filter(|&&p| p != NO_ROW) {
            if let Some(count) = offsets.get_mut(parent as usize + 1) {
                *count += 1;
            }
            rising &= last <= parent;
            last = parent;
        }
        let most = offsets.iter().copied().max().unwrap_or(0) as usize;
        let mut total = 0;
        for offset in &mut offsets {
            total += *offset;
            *offset = total;
        }
        // Mostly the members stand in the order of what they belong to, each to some row.
        let all = offsets.last().copied().unwrap_or(0);
        if rising && all as usize == links.len() {
            return Members { offsets, rows: (0..all).collect(), in_order: true, most };
        }
        let mut next = offsets.clone();
        let mut rows = vec![0_u32; offsets.last().copied().unwrap_or(0) as usize];
        for (child, &parent) in (0_u32..).zip(links) {
            if let Some(at) = next.get_mut(parent as usize) {
                if let Some(slot) = rows.get_mut(*at as usize) {
                    *slot = child;
                }
                *at += 1;
            }
        }
        let in_order = rows.len() == links.len() && (0_u32..).zip(&rows).all(|(at, &row)| at == row);
        Members { offsets, rows, in_order, most }
    }

    /// How many rows the parent has.
    pub fn parents(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    /// The most members that a row has.
    pub fn most(&self) -> usize {
        self.most
    }

    /// Do the rows of the child stand in the order of what they belong to, each to some row?
    pub fn in_order(&self) -> bool {
        self.in_order
    }

    /// Where the members of these rows of the parent stand among those of all.
    pub fn places(&self, parents: Range<usize>) -> Range<usize> {
        let at = |row: usize| self.offsets.get(row).map_or(self.rows.len(), |&o| o as usize);
        at(parents.start)..at(parents.end)
    }

    /// The values of the members of these rows of the parent, one after the other; `values` has one
    /// for each row of the child.
    pub fn gather<'v, T: Copy + Default>(&self, parents: Range<usize>, values: &'v [T]) -> Cow<'v, [T]> {
        let places = self.places(parents);
        match values.get(places.clone()) {
            Some(values) if self.in_order => Cow::Borrowed(values),
            _ => {
                let rows = self.rows.get(places).unwrap_or(&[]);
                Cow::Owned(
                    rows.iter().map(|&m| values.get(m as usize).copied().unwrap_or_default()).collect(),
                )
            }
        }
    }

    /// Gives `f` the sum of the members' values, and their number, for each of these rows of the parent;
    /// `own` are those values, one after the other. It is the difference of two `running` sums, so that
    /// short groups of changing length cost no mispredicted branch.
    pub fn sums<T: Copy + Into<i64>>(
        &self,
        parents: Range<usize>,
        own: &[T],
        running: &mut Vec<i64>,
        mut f: impl FnMut(i64, i64),
    ) {
        let Some(offsets) = self.offsets.get(parents.start..=parents.end) else { return };
        let Some((&first, others)) = offsets.split_first() else { return };
        let mut sum = 0_i64;
        running.clear();
        running.push(sum);
        running.extend(own.iter().map(|&value| {
            sum = sum.wrapping_add(value.into());
            sum
        }));
        let (mut sum, mut start) = (0, first);
        for &end in others {
            let upto = running.get((end - first) as usize).copied().unwrap_or(0);
            f(upto.wrapping_sub(sum), i64::from(end - start));
            (sum, start) = (upto, end);
        }
    }

    /// Gives `f` the members' bits, lowest first, and as many ones as there are members, for each of these
    /// rows of the parent; `own` are their booleans (0 or 1), one after the other. `false`, and nothing
    /// done, if a row has too many members for one word.
    pub fn bits(
        &self,
        parents: Range<usize>,
        own: &[u8],
        packed: &mut Vec<u8>,
        mut f: impl FnMut(u64, u64),
    ) -> bool {
        /// Whatever bit of a byte a group begins at, it ends within eight bytes.
        const MOST: usize = 57;
        if self.most > MOST {
            return false;
        }
        let Some(offsets) = self.offsets.get(parents.start..=parents.end) else { return true };
        let Some((&first, others)) = offsets.split_first() else { return true };
        packed.clear();
        let eights = own.chunks_exact(8);
        let rest = (0..8).zip(eights.remainder()).fold(0, |bits, (place, bit)| bits | (bit << place));
        packed.extend(eights.map(|eight| {
            let word = eight.try_into().map_or(0, u64::from_le_bytes);
            // The product brings the lowest bit of each byte to its place in the highest byte.
            word.wrapping_mul(0x0102_0408_1020_4080).to_be_bytes()[0]
        }));
        packed.push(rest);
        packed.extend([0; 8]);
        let mut start = first;
        for &end in others {
            let (at, members) = ((start - first) as usize, end - start);
            let word =
                packed.get(at / 8..).and_then(<[u8]>::first_chunk).map_or(0, |b| u64::from_le_bytes(*b));
            let ones = (1_u64 << members) - 1;
            f((word >> (at % 8)) & ones, ones);
            start = end;
        }
        true
    }

    /// Gives `f` the values of the members of each of these rows of the parent, in order; `own` are
    /// those of all, one after the other.
    pub fn each<T>(&self, parents: Range<usize>, own: &[T], mut f: impl FnMut(&[T])) {
        let Some(offsets) = self.offsets.get(parents.start..=parents.end) else { return };
        let mut rest = own;
        for group in offsets.windows(2) {
            let length = if let [a, b] = group { (b - a) as usize } else { 0 };
            let Some((own, others)) = rest.split_at_checked(length) else { return };
            f(own);
            rest = others;
        }
    }

    /// How many members each of these rows of the parent has.
    pub fn lengths(&self, parents: Range<usize>) -> impl Iterator<Item = i64> + '_ {
        let offsets = self.offsets.get(parents.start..=parents.end).unwrap_or(&[]);
        offsets.windows(2).map(|w| if let [a, b] = w { i64::from(b - a) } else { 0 })
    }

    /// The members of a row of the parent.
    pub fn of(&self, parent: usize) -> &[u32] {
        match (self.offsets.get(parent), self.offsets.get(parent + 1)) {
            (Some(&start), Some(&end)) => self.rows.get(start as usize..end as usize).unwrap_or(&[]),
            _ => &[],
        }
    }
}

/// A field's place in its table.
pub fn column_of<'d>(
    dataset: &'d Dataset,
    schema: &logis_language::pack::schema::Schema,
    field: FieldId,
) -> Option<&'d Column> {
    let entity: EntityId = schema.fields.get(field)?.entity;
    let place = schema.entities.get(entity)?.fields.iter().position(|&f| f == field)?;
    dataset.tables.get(entity)?.columns.get(place)?.as_ref()
}

#[cfg(test)]
mod tests {
    use super::{Members, NO_ROW};
    use proptest::prelude::*;

    proptest! {
        /// The members of a row are those that say so, in their order, whether or not all stand in the order of the rows.
        #[test]
        fn members_are_those_that_say_so(
            links in prop::collection::vec(prop_oneof![4 => 0_u32..4, 1 => Just(NO_ROW)], 0..9),
            sorted: bool,
        ) {
            let mut links = links;
            if sorted {
                links.sort_unstable();
            }
            let members = Members::new(&links, 4);
            for parent in 0_u32..4 {
                let own: Vec<u32> = (0_u32..).zip(&links).filter(|(_, l)| **l == parent).map(|(row, _)| row).collect();
                prop_assert_eq!(members.of(parent as usize), own);
            }
            let stands = links.is_sorted() && !links.contains(&NO_ROW);
            prop_assert_eq!(members.in_order(), stands);
            let most = (0..4).map(|parent| links.iter().filter(|l| **l == parent).count()).max();
            prop_assert_eq!(Some(members.most()), most);
        }
    }
}
