//! What is still needed, and what of it to ask first.
//!
//! An outcome that is not known comes with the cells that could still change it, and no others: only those are asked.
//! Of them the one is asked first after which, over some of its possible answers, least is left open: each is
//! supposed, and the goal decided with it. That orders questions; it decides nothing, and what is decided is what the
//! library decides of the answers.

use std::sync::Arc;

use logis::data::Dataset;
use logis::evaluate::possible::MissingCell;
use logis::evaluate::{Context, Evaluator, Outcome, outcome};
use logis::invariants::Invariants;
use logis::pack::schema::{EntityId, Field, FieldKind, Origin, Schema};
use logis::plan::Plan;
use logis::value::{Exact, add_days, format_number};
use logis::{DataError, Decider};

use super::household::{Cell, Household};
use super::kin::Kin;

/// The most cells of which answers are supposed; those that the rules read later wait.
const LOOKED_AT: usize = 14;

/// Answers that are supposed of a number: around what laws ask of incomes a year, a month, of ages and of durations.
const NUMBERS: [i128; 6] = [0, 30, 1_200, 15_000, 28_000, 60_000];

/// Answers that are supposed of a date, as days before the decision: births of children, of the young, of others;
/// contracts of this month and of some years.
const DAYS: [i64; 6] = [-30, 30, 600, 7_500, 10_000, 16_000];

/// What is to be known of a household: rules of one entity, decided for its first row.
pub struct Goal {
    pub plan: Arc<Plan>,
    /// Reads records of the main entity.
    pub reader: Arc<Decider>,
}

/// What to ask next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// How many there are.
    Members,
    Cell(Cell),
}

impl Goal {
    /// The rows of a household.
    ///
    /// # Errors
    /// What does not fit the schema.
    pub fn dataset(&self, household: &Household, kin: &Kin) -> Result<Dataset, DataError> {
        self.reader.dataset(&household.record(kin, &self.plan.parsed.schema))
    }

    /// The outcomes of the rules.
    pub fn outcomes(&self, dataset: &Dataset) -> Vec<Outcome> {
        let context = Context::new(&self.plan, dataset);
        let mut evaluator = Evaluator::new(&context);
        self.plan.selected.iter().map(|(_, node)| outcome(&mut evaluator, *node, 0)).collect()
    }

    /// What of the answers contradicts what must hold of every row.
    pub fn contradictions(&self, dataset: &Dataset) -> Vec<String> {
        let invariants = Invariants::new(&self.plan.parsed, self.plan.date, &self.plan.needs().entities);
        let found = invariants.issues(dataset);
        found.into_iter().filter(|issue| issue.is_error()).map(|issue| issue.message).collect()
    }

    /// Does a rule look at how many members there are?
    fn counts_members(&self, kin: &Kin) -> bool {
        let Some(members) = &kin.members else { return false };
        self.plan.relations().contains(&(members.entity, members.relation))
    }

    /// The question that is to be asked next; `None` if nothing that can be asked is left open.
    pub fn next(&self, household: &Household, kin: &Kin) -> Result<Option<Question>, DataError> {
        let dataset = self.dataset(household, kin)?;
        let outcomes = self.outcomes(&dataset);
        // Rules are settled one after the other: a question that serves several is soon asked.
        let open = outcomes.iter().enumerate().find_map(|(at, outcome)| match outcome {
            Outcome::Unknown(cells) => {
                let cells: Vec<Cell> = cells.iter().filter_map(|cell| self.cell(cell, kin)).collect();
                let cells: Vec<Cell> = cells.into_iter().filter(|cell| !household.has(cell)).collect();
                (!cells.is_empty()).then_some((at, cells))
            }
            _ => None,
        });
        let Some((rule, cells)) = open else {
            let settled = outcomes.iter().all(|outcome| !matches!(outcome, Outcome::Unknown(_)));
            let ask = household.members.is_none() && self.counts_members(kin) && !settled;
            return Ok(ask.then_some(Question::Members));
        };
        if household.members.is_none() && self.counts_members(kin) {
            return Ok(Some(Question::Members));
        }
        let first = cells.first().cloned();
        let best = cells.into_iter().take(LOOKED_AT).filter_map(|cell| {
            let left = self.left(rule, &cell, household, kin)?;
            Some((left, cell))
        });
        // Of equals the first that the rule reads.
        let best = best.reduce(|best, other| if other.0 < best.0 { other } else { best });
        Ok(best.map(|(_, cell)| cell).or(first).map(Question::Cell))
    }

    /// How much of a rule is left open over the supposed answers of a cell, on average and in thousandths: nothing where
    /// it is settled, otherwise one and the cells that could still change it.
    fn left(&self, rule: usize, cell: &Cell, household: &Household, kin: &Kin) -> Option<usize> {
        let (_, node) = *self.plan.selected.get(rule)?;
        let (mut all, mut count) = (0, 0);
        for answer in self.supposed(cell)? {
            let mut supposed = household.clone();
            supposed.answer(cell.clone(), &answer);
            let Ok(dataset) = self.dataset(&supposed, kin) else { continue };
            let context = Context::new(&self.plan, &dataset);
            all += match outcome(&mut Evaluator::new(&context), node, 0) {
                Outcome::Unknown(cells) => 1 + cells.len(),
                Outcome::Known(_) | Outcome::Error(_) => 0,
            };
            count += 1;
        }
        (count > 0).then(|| all * 1000 / count)
    }

    /// Some answers that a cell may have.
    fn supposed(&self, cell: &Cell) -> Option<Vec<String>> {
        let parsed = &self.plan.parsed;
        let declared = parsed.schema.entities.get(cell.entity)?;
        if let Some(field) = field_of(&parsed.schema, cell) {
            return Some(match &field.kind {
                FieldKind::Boolean => vec!["true".to_string(), "false".to_string()],
                FieldKind::Enum(values) => values.iter().map(ToString::to_string).take(6).collect(),
                FieldKind::Number { .. } => {
                    let within = |n: &Exact| field.range.is_none_or(|(low, high)| low <= *n && *n <= high);
                    let all = NUMBERS.iter().map(|n| Exact::from_integer(*n)).filter(within);
                    let found: Vec<String> = all.map(|n| format_number(&n)).collect();
                    match (found.is_empty(), &field.range) {
                        (true, Some((low, high))) => vec![format_number(low), format_number(high)],
                        _ => found,
                    }
                }
                FieldKind::Date => DAYS
                    .iter()
                    .filter_map(|ago| add_days(self.plan.date, -ago))
                    .map(|day| day.to_string())
                    .collect(),
                FieldKind::Text | FieldKind::Codes => Vec::new(),
            })
            .filter(|answers| !answers.is_empty());
        }
        let relation = declared.belongs_to.iter().find(|relation| relation.column == cell.column)?;
        let dataset = self.reader.dataset(&serde_json::json!({})).ok()?;
        let ids = &dataset.tables.get(relation.target)?.ids;
        let step = (ids.len() / 5).max(1);
        Some(ids.iter().step_by(step).map(ToString::to_string).collect())
    }

    /// The cell of the household that is missing; `None` for what nobody can answer: a figure that the law has not
    /// fixed, a row that the household has no place for.
    fn cell(&self, missing: &logis::evaluate::possible::MissingInput, kin: &Kin) -> Option<Cell> {
        let schema = &self.plan.parsed.schema;
        let column = match missing.what {
            MissingCell::Field(field) => &schema.fields.get(field)?.column,
            MissingCell::Relation(relation) => {
                let relation = schema.entities.get(missing.entity)?.belongs_to.get(relation)?;
                let target = schema.entities.get(relation.target)?;
                matches!(target.origin, Origin::Reference { .. }).then_some(&relation.column)?
            }
            MissingCell::Parameter(_) => return None,
        };
        Cell::of(missing.entity, missing.row, column, kin, schema)
    }
}

/// The field that people answer by a column: where a relation has that column too, or several fields read it, the first
/// that is no text of what was written.
pub fn field_of<'s>(schema: &'s Schema, cell: &Cell) -> Option<&'s Field> {
    let entity = schema.entities.get(cell.entity)?;
    if entity.belongs_to.iter().any(|relation| relation.column == cell.column) {
        return None;
    }
    let of_column =
        entity.fields.iter().filter_map(|id| schema.fields.get(*id)).filter(|f| f.column == cell.column);
    of_column.min_by_key(|field| matches!(field.kind, FieldKind::Text))
}

/// The entity of the pack's own tables that a cell leads to, if it is such a relation.
pub fn table_of(schema: &Schema, cell: &Cell) -> Option<EntityId> {
    let entity = schema.entities.get(cell.entity)?;
    let relation = entity.belongs_to.iter().find(|relation| relation.column == cell.column)?;
    let target = schema.entities.get(relation.target)?;
    matches!(target.origin, Origin::Reference { .. }).then_some(relation.target)
}
