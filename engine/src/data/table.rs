//! Columns and tables: the data of a run, typed by the schema.
//!
//! A column holds one field for all rows; a missing cell is an unknown. Numbers are whole counts of
//! their field's smallest unit (cents for amounts). Relations are row numbers.

use std::sync::Arc;

use arrow_buffer::{BooleanBuffer, NullBuffer, ScalarBuffer};

use crate::pack::schema::{EntityId, FieldId};
use crate::value::{Date, Exact, Value, add_days, power_of_ten};

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
    pub ids: Vec<Arc<str>>,
    /// One per field of the entity, in the order of the schema; `None` where the column is absent:
    /// then every cell is unknown.
    pub columns: Vec<Option<Column>>,
    /// One per relation of the entity: the row of the target that each row belongs to, or
    /// [`NO_ROW`].
    pub links: Vec<Vec<u32>>,
}

/// One field for all rows.
#[derive(Clone, Debug)]
pub struct Column {
    /// The cells; what stands at a missing one means nothing.
    pub cells: Cells,
    /// Which cells are known; `None` if all are.
    pub known: Option<NullBuffer>,
}

/// The cells of a column, by type.
#[derive(Clone, Debug)]
pub enum Cells {
    /// Booleans.
    Bool(BooleanBuffer),
    /// Numbers, in units of 10⁻ᵈᵉᶜⁱᵐᵃˡˢ.
    Number {
        /// The counts of units.
        units: ScalarBuffer<i64>,
        /// Decimals of one unit.
        decimals: u32,
    },
    /// Days since 1 January 1970.
    Date(ScalarBuffer<i32>),
    /// Texts, as numbers in a dictionary (for an enumeration: its values in the schema's order).
    Text {
        /// Numbers in the dictionary.
        codes: ScalarBuffer<u32>,
        /// The texts.
        dictionary: Arc<[Arc<str>]>,
    },
    /// Lists of texts: those of row `i` are `codes[offsets[i]..offsets[i + 1]]`.
    Codes {
        /// One more than rows.
        offsets: ScalarBuffer<u32>,
        /// Numbers in the dictionary.
        codes: ScalarBuffer<u32>,
        /// The texts.
        dictionary: Arc<[Arc<str>]>,
    },
}

impl Column {
    /// The value in a row; `None` if it is missing (or the row does not exist).
    pub fn get(&self, row: usize) -> Option<Value> {
        if self.known.as_ref().is_some_and(|k| row >= k.len() || k.is_null(row)) {
            return None;
        }
        match &self.cells {
            Cells::Bool(bits) => (row < bits.len()).then(|| Value::Bool(bits.value(row))),
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
        self.ids.iter().position(|i| i.as_ref() == id)
    }
}

/// The members of each row of a parent entity, for one relation of a child.
#[derive(Clone, Debug)]
pub struct Members {
    offsets: Vec<u32>,
    rows: Vec<u32>,
    /// Do the members stand in the order of what they belong to, so that each group is a slice?
    in_order: bool,
}

impl Members {
    /// Groups the rows of a child by the row that they belong to, in the order of the child's rows.
    pub fn new(links: &[u32], parents: usize) -> Members {
        let mut offsets = vec![0_u32; parents + 1];
        for &parent in links.iter().filter(|&&p| p != NO_ROW) {
            if let Some(count) = offsets.get_mut(parent as usize + 1) {
                *count += 1;
            }
        }
        let mut total = 0;
        for offset in &mut offsets {
            total += *offset;
            *offset = total;
        }
        let sorted = links.windows(2).all(|w| w.first() <= w.last());
        if sorted
            && links.last() != Some(&NO_ROW)
            && offsets.last().is_some_and(|&n| n as usize == links.len())
        {
            let rows = (0_u32..).zip(links).map(|(row, _)| row).collect();
            return Members { offsets, rows, in_order: true };
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
        let in_order = (0_u32..).zip(&rows).all(|(at, &row)| at == row);
        Members { offsets, rows, in_order }
    }

    /// The most members that a row has.
    pub fn most(&self) -> usize {
        self.offsets.windows(2).map(|w| if let [a, b] = w { (b - a) as usize } else { 0 }).max().unwrap_or(0)
    }

    /// The sum of the members' values for each of these rows of the parent: the difference of two
    /// running sums, so that short groups of changing length cost no mispredicted branch.
    pub fn sums<T: Copy + Default + Into<i64>>(
        &self,
        parents: std::ops::Range<usize>,
        values: &[T],
        out: &mut Vec<i64>,
    ) {
        let Some(offsets) = self.offsets.get(parents.start..=parents.end) else { return };
        let (Some(&first), Some(&last)) = (offsets.first(), offsets.last()) else { return };
        let (start, end) = (first as usize, last as usize);
        let mut running = Vec::with_capacity(end - start + 1);
        let mut sum = 0_i64;
        running.push(sum);
        let mut add = |value: T| {
            sum = sum.wrapping_add(value.into());
            running.push(sum);
        };
        match values.get(start..end) {
            Some(values) if self.in_order => values.iter().for_each(|&v| add(v)),
            _ => {
                let rows = self.rows.get(start..end).unwrap_or(&[]);
                rows.iter().for_each(|&m| add(values.get(m as usize).copied().unwrap_or_default()));
            }
        }
        let at = |offset: u32| running.get((offset - first) as usize).copied().unwrap_or(0);
        out.clear();
        out.extend(offsets.windows(2).map(|w| match w {
            [a, b] => at(*b).wrapping_sub(at(*a)),
            _ => 0,
        }));
    }

    /// Gives `f` the values of the members of each of these rows of the parent, in order.
    pub fn each<T: Copy + Default>(
        &self,
        parents: std::ops::Range<usize>,
        values: &[T],
        mut f: impl FnMut(&[T]),
    ) {
        let Some(offsets) = self.offsets.get(parents.start..=parents.end) else { return };
        let (Some(&first), Some(&last)) = (offsets.first(), offsets.last()) else { return };
        let (first, last) = (first as usize, last as usize);
        let gathered: Vec<T>;
        let all = match values.get(first..last) {
            Some(values) if self.in_order => values,
            _ => {
                let rows = self.rows.get(first..last).unwrap_or(&[]);
                gathered =
                    rows.iter().map(|&m| values.get(m as usize).copied().unwrap_or_default()).collect();
                &gathered
            }
        };
        let mut rest = all;
        for group in offsets.windows(2) {
            let length = if let [a, b] = group { (b - a) as usize } else { 0 };
            let Some((own, others)) = rest.split_at_checked(length) else { return };
            f(own);
            rest = others;
        }
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
    schema: &crate::pack::schema::Schema,
    field: FieldId,
) -> Option<&'d Column> {
    let entity: EntityId = schema.fields.get(field)?.entity;
    let place = schema.entities.get(entity)?.fields.iter().position(|&f| f == field)?;
    dataset.tables.get(entity)?.columns.get(place)?.as_ref()
}
