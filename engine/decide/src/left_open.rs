//! Columns that a data package does not have, and the outcomes that this may leave open.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use logis_data::{Absent, Dataset};
use logis_language::pack::Parsed;
use logis_language::pack::schema::{EntityId, FieldId, Schema};
use logis_language::plan::Plan;
use logis_language::value::Value;

use crate::places::Places;

/// Outcomes that a warning names.
const NAMED: usize = 12;

/// What the absence of columns does, in French by [`fmt::Display`]: `colonnes absentes, donc inconnues: …`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOpen {
    /// Columns (and whole tables) whose cells are unknown.
    pub unknown: Vec<Absent>,
    /// Columns that are read as empty cells, which are values.
    pub empty: Vec<Absent>,
    /// The selected rules that may stay without an answer; `None` if the plans are not known.
    pub rules: Option<Vec<String>>,
}

impl LeftOpen {
    /// What the absence of these columns does to the outcomes of plans. A column that nothing reads, given what the
    /// other absent columns are read as, does nothing.
    pub fn of(schema: &Schema, absent: &[Absent], plans: &[&Plan]) -> LeftOpen {
        LeftOpen::where_held(schema, absent, plans, None)
    }

    /// [`LeftOpen::of`] the rows that were read: what only rules of other territories read does nothing.
    pub fn of_rows(parsed: &Parsed, dataset: &Dataset, absent: &[Absent], plans: &[&Plan]) -> LeftOpen {
        let mut places = Places::default();
        if LeftOpen::is_local(&parsed.schema, absent, plans) {
            places.add_all(parsed, dataset);
        }
        LeftOpen::here(&parsed.schema, absent, plans, &places)
    }

    /// [`LeftOpen::of`] rows of which it is known where they are. If some do not say where, they may be anywhere.
    pub fn here(schema: &Schema, absent: &[Absent], plans: &[&Plan], places: &Places) -> LeftOpen {
        LeftOpen::where_held(schema, absent, plans, (places.unknown == 0).then_some(&places.held))
    }

    /// Does it depend on the territories of the rows what the absence of these columns does?
    pub fn is_local(schema: &Schema, absent: &[Absent], plans: &[&Plan]) -> bool {
        let nowhere = Some(&BTreeSet::new());
        plans.iter().any(|plan| plan.is_local())
            && LeftOpen::of(schema, absent, plans) != LeftOpen::where_held(schema, absent, plans, nowhere)
    }

    fn where_held(
        schema: &Schema,
        absent: &[Absent],
        plans: &[&Plan],
        held: Option<&BTreeSet<Arc<str>>>,
    ) -> LeftOpen {
        // An empty cell is a known nothing, or a known value, to all fields that read the column, or to one of them: to
        // that which tells an empty cell.
        let none = |f: &FieldId| schema.fields.get(*f).is_some_and(|f| f.empty_is_none);
        let nothing = |a: &Absent| !a.fields.is_empty() && a.fields.iter().all(none);
        let known: BTreeMap<FieldId, Value> = absent
            .iter()
            .flat_map(|a| &a.fields)
            .filter_map(|f| Some((*f, schema.fields.get(*f)?.empty()?)))
            .collect();
        let mut open: Vec<String> = Vec::new();
        let mut read = vec![false; absent.len()];
        for plan in plans {
            let given = held.map_or_else(|| plan.given(&known), |held| plan.given_in(&known, held));
            for (name, node) in &plan.selected {
                let (fields, relations) = given.inputs([*node]);
                let crosses = |entity: EntityId| {
                    relations.iter().any(|(child, number)| {
                        let relation = schema.entities.get(*child).and_then(|e| e.belongs_to.get(*number));
                        relation.is_some_and(|r| r.target == entity)
                    })
                };
                for (a, read) in absent.iter().zip(&mut read) {
                    let reads = !a.fields.is_disjoint(&fields)
                        || !a.relations.is_disjoint(&relations)
                        || a.column.is_empty() && crosses(a.entity);
                    *read |= reads;
                    if reads && !nothing(a) && !open.contains(name) {
                        open.push(name.clone());
                    }
                }
            }
        }
        let mut left = LeftOpen { rules: (!plans.is_empty()).then_some(open), ..LeftOpen::default() };
        for (a, read) in absent.iter().zip(read) {
            let read = read || plans.is_empty();
            if read && !nothing(a) {
                left.unknown.push(a.clone());
            }
            if nothing(a) || !read && a.fields.iter().any(none) {
                left.empty.push(a.clone());
            }
        }
        left
    }

    /// Does it do nothing?
    pub fn is_empty(&self) -> bool {
        self.unknown.is_empty() && self.empty.is_empty()
    }
}

impl fmt::Display for LeftOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return Ok(());
        }
        if !self.unknown.is_empty() {
            write!(f, "colonnes absentes, donc inconnues: {}", by_file(&self.unknown))?;
        }
        if !self.empty.is_empty() {
            let and = if self.unknown.is_empty() { "" } else { " ; " };
            write!(f, "{and}colonnes absentes, lues comme vides: {}", by_file(&self.empty))?;
        }
        match &self.rules {
            None => f.write_str(" ; les règles qui les lisent peuvent rester sans réponse"),
            Some(open) if open.is_empty() => Ok(()),
            Some(open) => {
                let shown: Vec<&str> = open.iter().take(NAMED).map(String::as_str).collect();
                let many = open.len() > NAMED;
                let more = if many { format!("… ({} en tout)", open.len()) } else { String::new() };
                write!(f, " ; peuvent rester sans réponse: {}{more}", shown.join(", "))
            }
        }
    }
}

/// `demandes.csv: `rfr_n1`, `rfr_n2`; la table `employeurs` entière`
fn by_file(absent: &[Absent]) -> String {
    let mut files: Vec<(&str, Vec<String>)> = Vec::new();
    let mut tables = Vec::new();
    for one in absent {
        if one.column.is_empty() {
            tables.push(format!("la table `{}` entière", one.file));
            continue;
        }
        let shown = format!("`{}`", one.column);
        match files.iter_mut().find(|(file, _)| *file == one.file) {
            Some((_, columns)) => columns.push(shown),
            None => files.push((&one.file, vec![shown])),
        }
    }
    let files = files.iter().map(|(file, columns)| format!("{file}: {}", columns.join(", ")));
    files.chain(tables).collect::<Vec<_>>().join("; ")
}
