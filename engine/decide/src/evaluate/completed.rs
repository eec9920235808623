//! Data with its missing cells filled in, and a plan with its missing figures, to show fast that an outcome is not false
//! whatever they hold: it is true of one filling; or that it is open: it differs between two.

use std::collections::BTreeMap;

use super::columns::Certain;
use super::trend::{Trend, trends};
use logis_data::{Bits, Cells, Column, Dataset, Shared};
use logis_language::pack::schema::{Field, FieldId, FieldKind};
use logis_language::plan::Plan;
use logis_language::plan::ir::{NodeId, Op};
use logis_language::value::{Date, Exact, Type, Value, days_between, mul, power_of_ten};

/// With what missing cells are filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filling {
    /// Late days, large numbers, true, the last of a list.
    High,
    /// Early days, small numbers, false, the first of a list.
    Low,
}

impl Filling {
    fn turned(self) -> Filling {
        match self {
            Filling::High => Filling::Low,
            Filling::Low => Filling::High,
        }
    }
}

/// A plan and data with what is missing filled in, one way of several: where two ways give an outcome other values, it is
/// open.
#[derive(Clone, Debug)]
pub struct Completion {
    plan: Option<Plan>,
    dataset: Option<Dataset>,
}

impl Completion {
    /// The ways that tell most of what is open; none, if nothing is missing that can be filled in, or if the date of the
    /// decision is a cell.
    pub fn ways(plan: &Plan, dataset: &Dataset) -> Vec<Completion> {
        if plan.dated.is_some() {
            return Vec::new();
        }
        // Large numbers in cells may leave what columns hold: figures are varied with small ones, too.
        let ways =
            [(Filling::Low, Filling::Low), (Filling::High, Filling::Low), (Filling::High, Filling::High)];
        // Two ways fill cells in alike: they share them.
        let low = completed(plan, dataset, Filling::Low);
        let filled = |(figures, cells)| {
            let dataset = if cells == Filling::Low { low.clone() } else { completed(plan, dataset, cells) };
            let way = Completion { plan: supposed(plan, figures), dataset };
            (way.plan.is_some() || way.dataset.is_some()).then_some(way)
        };
        ways.into_iter().filter_map(filled).collect()
    }

    /// Two ways between which all others lie: what the outcomes rise with filled in low and what they fall with high, and the
    /// other way round. A certain outcome that both give is that of any filling. Cells of other fields stay missing, as do those
    /// without a first and a last value. `None` if there is nothing to fill in.
    pub fn ends(plan: &Plan, dataset: &Dataset) -> Option<[Completion; 2]> {
        let trends = trends(plan);
        let schema = &plan.parsed.schema;
        let has_ends = |field: &Field| match (&field.kind, &field.range) {
            (FieldKind::Boolean, _) => true,
            (FieldKind::Number { decimals, .. }, Some((low, high))) => {
                let unit = power_of_ten(*decimals).map(Exact::from_integer);
                let whole = |end| unit.and_then(|unit| mul(end, &unit).ok()).is_some_and(|n| n.is_integer());
                whole(low) && whole(high)
            }
            _ => false,
        };
        let filled = |rising: Filling| {
            let filling = |id: FieldId| match trends.get(&id)? {
                _ if !schema.fields.get(id).is_some_and(has_ends) => None,
                Trend::Rises => Some(rising),
                Trend::Falls => Some(rising.turned()),
                Trend::Unclear => None,
            };
            let dataset = completed_by(plan, dataset, filling)?;
            Some(Completion { plan: None, dataset: Some(dataset) })
        };
        Some([filled(Filling::Low)?, filled(Filling::High)?])
    }

    /// Its plan, for that which it was made of.
    pub fn plan<'a>(&'a self, own: &'a Plan) -> &'a Plan {
        self.plan.as_ref().unwrap_or(own)
    }

    /// Its data, for those that it was made of.
    pub fn dataset<'a>(&'a self, own: &'a Dataset) -> &'a Dataset {
        self.dataset.as_ref().unwrap_or(own)
    }
}

/// Do the values that an outcome has in a row differ, of several ways that fill in what is missing?
pub(super) fn differ(ways: &[&Certain], row: usize) -> bool {
    let mut values = ways.iter().filter_map(|way| way.get(row));
    values.next().is_some_and(|first| values.any(|other| other != first))
}

/// The data with those missing cells that a plan reads and that may hold any day, number, boolean or value of a list filled in; what is
/// missing of other kinds stays missing. `None` if there are none, or if the date of the decision is a cell.
pub(super) fn completed(plan: &Plan, dataset: &Dataset, filling: Filling) -> Option<Dataset> {
    completed_by(plan, dataset, |_| Some(filling))
}

/// The same, each field in its own way; of a field without one, what is missing stays missing.
fn completed_by(
    plan: &Plan,
    dataset: &Dataset,
    filling: impl Fn(FieldId) -> Option<Filling>,
) -> Option<Dataset> {
    if plan.dated.is_some() {
        return None;
    }
    let schema = &plan.parsed.schema;
    let mut filled: Option<Dataset> = None;
    let mut constants = Constants::default();
    for id in plan.fields() {
        let Some(field) = schema.fields.get(id).filter(|field| field.unlisted.is_none()) else { continue };
        let entity = schema.entities.get(field.entity)?;
        let place = entity.fields.iter().position(|own| *own == id)?;
        let table = dataset.tables.get(field.entity)?;
        let column = table.columns.get(place)?.as_ref();
        // An absent column whose empty cells are a value is not missing.
        if column.is_some_and(|column| column.known().is_none())
            || column.is_none() && field.empty().is_some()
        {
            continue;
        }
        let Some(filling) = filling(id) else { continue };
        if let Some(new) = fill(field, column, (table.rows(), &mut constants), filling) {
            let slot = filled.get_or_insert_with(|| dataset.clone());
            *slot.tables.get_mut(field.entity)?.columns.get_mut(place)? = Some(new);
        }
    }
    filled
}

/// The plan with a value for each table that has none on its day, as those that only territories give have none elsewhere.
/// `None` if there is none of such a type.
pub(super) fn supposed(plan: &Plan, filling: Filling) -> Option<Plan> {
    let value = |ty: &Type| match (ty, filling) {
        (Type::Bool, filling) => Some(Value::Bool(filling == Filling::High)),
        // No larger: it may be months that are added to a date.
        (Type::Number, Filling::High) => Some(Value::Number(Exact::from_integer(1_000))),
        // Not nothing: it may be days by which is divided.
        (Type::Number, Filling::Low) => Some(Value::Number(Exact::from_integer(1))),
        (Type::Date | Type::Text(_) | Type::List(_), _) => None,
    };
    let mut nodes = plan.nodes.clone();
    let mut any = false;
    for node in &mut nodes {
        let Op::Param(id, _) = &node.op else { continue };
        let lacks = |id: usize| plan.parsed.parameters.get(id).is_some_and(|own| own.at(plan.date).is_none());
        if lacks(*id)
            && plan.supposed.is_none()
            && let Some(value) = value(&node.ty)
        {
            node.op = Op::Const(value);
            any = true;
        }
    }
    any.then(|| Plan { nodes, ..plan.clone() })
}

/// A column without missing cells.
fn fill(
    field: &Field,
    column: Option<&Column>,
    (rows, constants): (usize, &mut Constants),
    filling: Filling,
) -> Option<Column> {
    let none = Bits::from_words([], rows);
    let known = column.map_or(Some(&none), Column::known)?;
    let cells = match (&field.kind, column.map(Column::cells)) {
        (FieldKind::Boolean, cells) => {
            let own = match cells {
                Some(Cells::Bool(bits)) => bits.and(known),
                _ => none.clone(),
            };
            let with = filling == Filling::High;
            Cells::Bool(
                own.iter().zip(known.iter()).map(|(own, known)| if known { own } else { with }).collect(),
            )
        }
        (FieldKind::Date, cells) => {
            let day = match filling {
                // Not farther than most dates of people, so that what follows from the column is found by day.
                Filling::High => Date::constant(2040, 12, 31),
                Filling::Low => Date::constant(1910, 1, 1),
            };
            let with = i32::try_from(days_between(Date::constant(1970, 1, 1), day)).ok()?;
            match cells {
                Some(Cells::Date(days)) => Cells::Date(put(days, known, with)),
                _ => Cells::Date(shared(&mut constants.days, with, rows)),
            }
        }
        (FieldKind::Number { decimals, .. }, cells) => {
            let unit = power_of_ten(*decimals)?;
            let scaled = |bound: &Exact| mul(bound, &Exact::from_integer(unit)).ok();
            let with = match (filling, &field.range) {
                (Filling::High, Some((_, high))) => scaled(high)?.floor().to_integer(),
                (Filling::Low, Some((low, _))) => scaled(low)?.ceil().to_integer(),
                (Filling::High, None) => unit.checked_mul(1_000_000_000)?,
                (Filling::Low, None) => 0,
            };
            let with = i64::try_from(with).ok()?;
            let units = match cells {
                Some(Cells::Number { units, .. }) => put(units, known, with),
                _ => shared(&mut constants.units, with, rows),
            };
            Cells::Number { units, decimals: *decimals }
        }
        (FieldKind::Enum(values), cells) => {
            let last = u32::try_from(values.len().checked_sub(1)?).ok()?;
            let with = if filling == Filling::High { last } else { 0 };
            let codes = match cells {
                // Its numbers are those of the list.
                Some(Cells::Text { codes, dictionary }) if dictionary.len() == values.len() => {
                    put(codes, known, with)
                }
                Some(_) => return None,
                None => shared(&mut constants.codes, with, rows),
            };
            Cells::Text { codes, dictionary: values.clone() }
        }
        _ => return None,
    };
    Some(Column::new(cells, None))
}

/// Columns that hold one value in all rows, by value and number of rows: absent columns share them, whatever they are of.
#[derive(Default)]
struct Constants {
    units: BTreeMap<(i64, usize), Shared<i64>>,
    days: BTreeMap<(i32, usize), Shared<i32>>,
    codes: BTreeMap<(u32, usize), Shared<u32>>,
}

/// So many rows of one value.
fn shared<T: Copy + Ord + Send + Sync + 'static>(
    all: &mut BTreeMap<(T, usize), Shared<T>>,
    value: T,
    rows: usize,
) -> Shared<T> {
    all.entry((value, rows)).or_insert_with(|| vec![value; rows].into()).clone()
}

/// Values, with another where they are not known.
fn put<T: Copy + Send + Sync + 'static>(own: &[T], known: &Bits, with: T) -> Shared<T> {
    let mut all = own.to_vec();
    all.resize(known.len(), with);
    for (word, values) in known.words_from(0).zip(all.chunks_mut(64)) {
        // Mostly all are known.
        if word == u64::MAX {
            continue;
        }
        for (place, value) in values.iter_mut().enumerate() {
            *value = if word >> place & 1 == 1 { *value } else { with };
        }
    }
    all.into()
}

/// Is a node the same for all rows? So it is if every field that it reads has no column, and it follows no relation.
pub(super) fn of_no_row(plan: &Plan, dataset: &Dataset, node: NodeId) -> bool {
    let schema = &plan.parsed.schema;
    let absent = |id: usize| {
        schema.fields.get(id).is_some_and(|field| {
            let place =
                schema.entities.get(field.entity).and_then(|e| e.fields.iter().position(|own| *own == id));
            let column =
                dataset.tables.get(field.entity).zip(place).and_then(|(t, place)| t.columns.get(place));
            matches!(column, Some(None))
        })
    };
    let (mut left, mut seen) = (vec![node], vec![false; plan.nodes.len()]);
    while let Some(node) = left.pop() {
        match seen.get_mut(node as usize) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        let Some(expression) = plan.node(node) else { return false };
        match expression.op {
            Op::Field(id) if !absent(id) => return false,
            Op::Up(..) | Op::Members(..) => return false,
            Op::DecisionDate if plan.dated.is_some() => return false,
            _ => left.extend(expression.op.inputs()),
        }
    }
    true
}
