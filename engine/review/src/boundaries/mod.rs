//! Boundary cases: rows at the thresholds of a plan, made from the plan itself.
//!
//! For every comparison that is written in the rules it looks for rows one unit below its threshold, at
//! it and one unit above, the other inputs being such that the comparison alone decides an outcome that
//! was asked. What it gives it has decided with; what it did not find, it says.

mod search;
mod solve;
mod world;

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::coverage::text_days;
use crate::testing::values::column;
use logis_data::{Dataset, NO_ROW, Needs, Output, OutputColumn, Table, read};
use logis_decide::explain::text_of;
use logis_language::Pack;
use logis_language::diagnostic::PackError;
use logis_language::pack::schema::{EntityId, FieldId, Origin};
use logis_language::plan::ir::{NodeId, Op};
use logis_language::plan::{Apart, Plan};
use logis_language::value::{Date, Type, Value, add_days};
use search::{Found, above, search, sides};
use world::{Shape, State, World, blank, shape};

/// How many members a row has in the worlds that are tried, fewest first.
const MEMBERS: [usize; 3] = [1, 2, 3];

/// Rows at the thresholds of a plan.
#[derive(Clone, Debug)]
pub struct Boundaries {
    /// The rows: of the decided entity, of those it belongs to, of its members. Reference tables are the
    /// pack's.
    pub dataset: Dataset,
    /// The rows that were made, each with its identifier in the table of the decided entity (for a pair:
    /// in those of its two sides). The table has other rows too, where members of the same entity are
    /// read: `B7-2` is the second member beside `B7`.
    pub rows: Vec<BoundaryRow>,
    /// Comparisons that could not be made to decide, and why.
    pub notes: Vec<Note>,
    /// How many comparisons decide, in some rows, both by holding and by not holding; and of how many.
    pub shown: (usize, usize),
    /// The fields that the plan reads.
    fields: BTreeSet<FieldId>,
}

/// What a row is at.
#[derive(Clone, Debug)]
pub struct BoundaryRow {
    /// Its identifier.
    pub id: String,
    /// The comparisons that it is at, the first being what it was made for.
    pub at: Vec<Boundary>,
}

/// A comparison, and the side of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Boundary {
    /// Where the comparison is written.
    pub place: String,
    /// As it is written.
    pub text: String,
    /// How its left side stands to its right side.
    pub side: Ordering,
    /// Does it hold?
    pub holds: bool,
    /// The outcome that it decides.
    pub decides: String,
}

/// A comparison that was not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where it is written.
    pub place: String,
    /// As it is written.
    pub text: String,
    /// Why, in French.
    pub why: String,
}

/// Rows at the thresholds of the rules `names` (of one entity) as of a date.
///
/// The same pack, date and names give the same rows, whatever the number of threads. Dates of effect
/// are not in them: ask for the days of [`changes`] too.
///
/// ```
/// # use logis::{Pack, boundaries::boundaries, value::parse_date};
/// let pack = Pack::load("../../rules")?;
/// let found = boundaries(&pack, parse_date("2017-06-30").ok_or("a date")?, &["age_visale"])?;
/// // Two comparisons: the day before a birthday, the birthday, the day after.
/// assert_eq!(found.shown, (2, 2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// An unknown name, names of several entities, a parameter without a value on the date.
pub fn boundaries(pack: &Pack, date: Date, names: &[&str]) -> Result<Boundaries, PackError> {
    let parsed = pack.parsed();
    let plan = Plan::of_cases(parsed, date, names, Apart::Yes)?;
    let references = read(&parsed.schema, &parsed.references, Vec::new(), &Needs::default()).dataset;
    // A world is one row to be decided, with all that belongs to it; a shape says how many rows it has.
    let shapes: Vec<Shape> = MEMBERS.iter().map(|n| shape(&plan, *n)).collect();
    let worlds: Vec<Dataset> = shapes.iter().map(|s| blank(&parsed.schema, &references, s)).collect();
    let comparisons: Vec<NodeId> = (0..)
        .zip(&plan.nodes)
        .filter(|(_, node)| matches!(node.op, Op::Compare(..)))
        .map(|(id, _)| id)
        .collect();
    let found: Vec<Vec<Shown<'_>>> =
        comparisons.par_iter().map(|comparison| one(&plan, &references, &worlds, *comparison)).collect();
    // Worlds with equal cells are one row, which may be at several thresholds.
    let mut rows: BTreeMap<usize, (usize, State, Vec<Boundary>)> = BTreeMap::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    let mut notes: Vec<Note> = Vec::new();
    let mut shown = 0;
    for (comparison, found) in comparisons.iter().zip(found) {
        let place = plan.node(*comparison).map(|n| parsed.sources.locate(&n.span)).unwrap_or_default();
        let text = text_of(&plan, *comparison);
        // Shown are comparisons that decide by holding in some row, and by not holding in another.
        let both: BTreeSet<bool> = found.iter().flat_map(|s| &s.found).map(|(.., holds)| *holds).collect();
        let why = match both.len() {
            2 => None,
            1 => Some("ne décide que d'un côté dans tout ce qui a été essayé"),
            _ if reads_data(&plan, *comparison) => Some("aucune des valeurs essayées ne la rend décisive"),
            _ => Some("ne dépend d'aucune donnée à cette date"),
        };
        shown += usize::from(why.is_none());
        notes.extend(why.map(|why| Note { place: place.clone(), text: text.clone(), why: why.to_string() }));
        let each = found.into_iter().flat_map(|s| s.found.into_iter().map(move |f| (s.shape, s.decides, f)));
        for (shape, decides, (state, side, holds)) in each {
            let (place, text, decides) = (place.clone(), text.clone(), decides.to_string());
            let boundary = Boundary { place, text, side, holds, decides };
            let key = format!("{shape} {:?} {:?}", state.cells, state.links);
            let number = *known.entry(key).or_insert(rows.len());
            let row = rows.entry(number).or_insert_with(|| (shape, state, Vec::new()));
            if !row.2.contains(&boundary) {
                row.2.push(boundary);
            }
        }
    }
    // What no comparison needed is written too, since the rules read it.
    let fields = plan.fields();
    let worlds: Vec<(&Shape, &State)> =
        rows.values().filter_map(|(shape, state, _)| Some((shapes.get(*shape)?, state))).collect();
    let dataset = joined(pack, &references, date, &worlds);
    let rows = (1..).zip(rows.into_values()).map(|(n, (_, _, at))| BoundaryRow { id: format!("B{n}"), at });
    Ok(Boundaries { dataset, rows: rows.collect(), notes, shown: (shown, comparisons.len()), fields })
}

/// Rows that show a comparison deciding an outcome, in worlds of one shape.
struct Shown<'p> {
    /// Number of the shape.
    shape: usize,
    /// Name of the outcome.
    decides: &'p str,
    found: Found,
}

/// The rows that show one comparison deciding: a pair in one world; failing that, a row of each side
/// in worlds of two shapes, as where the comparison counts the members.
fn one<'p>(plan: &'p Plan, references: &Dataset, worlds: &[Dataset], comparison: NodeId) -> Vec<Shown<'p>> {
    let above = above(plan, comparison);
    let asked = plan.selected.iter().filter(|(_, node)| above.get(*node as usize) == Some(&true));
    let mut best: Vec<Shown<'p>> = Vec::new();
    // The fewest members first, for each outcome that depends on the comparison.
    for (decides, root) in asked {
        for (shape, dataset) in worlds.iter().enumerate() {
            let found = search(&mut World::new(plan, dataset, references), *root, comparison, &above);
            if sides(&found) == 2 {
                return vec![Shown { shape, decides, found }];
            }
            let new = |holds: bool| !best.iter().flat_map(|s| &s.found).any(|(.., h)| *h == holds);
            if found.first().is_some_and(|(.., holds)| new(*holds)) {
                best.push(Shown { shape, decides, found });
            }
        }
    }
    best
}

/// Does a node read any field or member?
fn reads_data(plan: &Plan, node: NodeId) -> bool {
    let mut stack = vec![node];
    let mut seen = BTreeSet::new();
    while let Some(node) = stack.pop() {
        let Some(op) = plan.node(node).map(|n| &n.op) else { continue };
        if matches!(op, Op::Field(_) | Op::Members(..)) {
            return true;
        }
        stack.extend(op.inputs().into_iter().filter(|i| seen.insert(*i)));
    }
    false
}

/// The worlds side by side in one data set: the rows of world `n` (from 1) are `Bn`, `Bn-2`, ….
fn joined(pack: &Pack, references: &Dataset, date: Date, worlds: &[(&Shape, &State)]) -> Dataset {
    let schema = &pack.parsed().schema;
    let count = |shape: &Shape, entity: EntityId| shape.get(entity).map_or(0, |(rows, _)| *rows);
    let mut dataset = Dataset::default();
    dataset.about.as_of = Some(date);
    dataset.about.synthetic = true;
    for (id, entity) in schema.entities.iter().enumerate() {
        if !matches!(entity.origin, Origin::Data { .. }) {
            dataset.tables.push(references.tables.get(id).cloned().unwrap_or_default());
            continue;
        }
        let rows = || {
            (1_usize..).zip(worlds).flat_map(|(n, (shape, state))| {
                (0..count(shape, id)).map(move |row| (n, *shape, *state, row))
            })
        };
        let name = |n: usize, row: usize| match row {
            0 => format!("B{n}"),
            _ => format!("B{n}-{}", row + 1),
        };
        // A column of which no world has a cell is left out.
        let columns = entity.fields.iter().filter_map(|&field| {
            let values: Vec<Option<Value>> =
                rows().map(|(_, _, state, row)| state.cells.get(&(field, row as u64)).cloned()).collect();
            let kind = &schema.fields.get(field)?.kind;
            Some(values.iter().any(Option::is_some).then(|| column(kind, &values)))
        });
        let links = entity.belongs_to.iter().enumerate().map(|(relation, belongs)| {
            // Links inside a world are moved to where its rows begin in the joined table.
            let mut first: BTreeMap<usize, usize> = BTreeMap::new();
            let mut total = 0;
            for (n, (shape, _)) in (1..).zip(worlds) {
                first.insert(n, total);
                total += count(shape, belongs.target);
            }
            let link = |(n, shape, state, row): (usize, &Shape, &State, usize)| {
                if let Some(to) = state.links.get(&(id, relation, row as u64)) {
                    return *to;
                }
                let own = shape.get(id).and_then(|(_, links)| links.get(relation)?.get(row)).copied();
                match own.filter(|to| *to != NO_ROW).and_then(|to| usize::try_from(to).ok()) {
                    Some(to) => u32::try_from(first.get(&n).map_or(0, |f| f + to)).unwrap_or(NO_ROW),
                    None => NO_ROW,
                }
            };
            rows().map(link).collect()
        });
        dataset.tables.push(Table {
            present: true,
            ids: rows().map(|(n, _, _, row)| name(n, row)).collect(),
            columns: columns.collect(),
            links: links.collect(),
            ..Table::default()
        });
    }
    dataset
}

impl Boundaries {
    /// The rows as tables of a data package: the name of each file without its ending, and its columns.
    pub fn tables(&self, pack: &Pack) -> Vec<Output> {
        let schema = &pack.parsed().schema;
        let tables = schema.entities.iter().zip(&self.dataset.tables).filter_map(|(entity, table)| {
            let Origin::Data { table: name } = &entity.origin else { return None };
            if table.rows() == 0 {
                return None;
            }
            let texts = |values: Vec<Option<Value>>, name: &str| OutputColumn {
                name: name.to_string(),
                cells: values,
                kind: Type::Text(None),
            };
            let ids = table.ids.texts().map(|id| Some(Value::Text(id.into()))).collect();
            let mut columns = vec![texts(ids, &entity.key)];
            for (relation, links) in entity.belongs_to.iter().zip(&table.links) {
                let target = self.dataset.tables.get(relation.target);
                let id =
                    |to: &u32| target?.ids.text(usize::try_from(*to).ok()?).map(|id| Value::Text(id.into()));
                let values: Vec<Option<Value>> = links.iter().map(id).collect();
                if values.iter().any(Option::is_some) {
                    columns.push(texts(values, &relation.column));
                }
            }
            for (&field, column) in entity.fields.iter().zip(&table.columns) {
                let (Some(declared), Some(column)) = (schema.fields.get(field), column) else { continue };
                if self.fields.contains(&field) && !columns.iter().any(|c| c.name == declared.column) {
                    columns.push(OutputColumn {
                        name: declared.column.clone(),
                        cells: (0..table.rows()).map(|row| column.get(row)).collect(),
                        kind: declared.value_type(),
                    });
                }
            }
            Some(Output { name: name.clone(), columns })
        });
        tables.collect()
    }
}

/// The days on which a text or a value that the rules `names` read changes, in order; days on which
/// the rules cannot be planned are left out.
///
/// # Errors
/// An unknown name, names of several entities: what is wrong on every day.
pub fn changes(pack: &Pack, names: &[&str]) -> Result<Vec<Date>, PackError> {
    let parsed = pack.parsed();
    let mut days = text_days(parsed);
    for version in parsed.parameters.iter().flat_map(|p| &p.versions) {
        days.insert(version.from);
        days.extend(version.until.and_then(|last| add_days(last, 1)));
    }
    let days: Vec<Date> = days.into_iter().collect();
    let plans: Vec<Result<Plan, PackError>> =
        days.par_iter().map(|day| Plan::of_cases(parsed, *day, names, Apart::No)).collect();
    let mut found = Vec::new();
    // A day counts if what the plan reads is another than on the day before it in the list.
    let mut before = None;
    let mut error = None;
    for (day, plan) in days.into_iter().zip(plans) {
        let plan = match plan {
            Ok(plan) => plan,
            Err(wrong) => {
                error = Some(wrong);
                before = None;
                continue;
            }
        };
        // What the plan reads: parameters and rules, each with the first day of its version in force.
        let read: BTreeSet<(bool, usize, Option<Date>)> = plan
            .nodes
            .iter()
            .filter_map(|node| match &node.op {
                Op::Param(id, _) => Some((false, *id, plan.parameter(*id).map(|v| v.from))),
                Op::Rule(id, _) => {
                    let texts = &parsed.rules.get(*id)?.texts;
                    Some((true, *id, logis_language::graph::text_at(texts, day).and_then(|t| t.from)))
                }
                _ => None,
            })
            .collect();
        if before.as_ref().is_some_and(|b| *b != read) {
            found.push(day);
        }
        before = Some(read);
    }
    match (before, error) {
        (None, Some(error)) if found.is_empty() => Err(error),
        _ => Ok(found),
    }
}
