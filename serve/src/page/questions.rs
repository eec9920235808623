//! What is still needed of a household, and what of it to ask first.

use std::sync::Arc;

use logis::data::Dataset;
use logis::evaluate::{Context, Evaluator, Outcome, outcome};
use logis::invariants::Invariants;
use logis::pack::schema::{EntityId, Field, Schema};
use logis::plan::Plan;
use logis::{DataError, Decider};

use super::household::{Cell, Household};
use super::kin::Kin;
use crate::questions::{self, LOOKED_AT, column_of, left, supposed};

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

    /// How much of a rule is left open over the supposed answers of a cell.
    fn left(&self, rule: usize, cell: &Cell, household: &Household, kin: &Kin) -> Option<usize> {
        let schema = &self.plan.parsed.schema;
        let answers = supposed(&self.plan, &self.reader, cell.entity, &cell.column)?;
        let records = answers.iter().map(|answer| {
            let mut household = household.clone();
            household.answer(cell.clone(), answer);
            household.record(kin, schema)
        });
        left(&self.plan, &self.reader, rule, records)
    }

    /// The cell of the household that is missing; `None` for what nobody can answer: a figure that the law has not
    /// fixed, a row that the household has no place for.
    fn cell(&self, missing: &logis::evaluate::possible::MissingInput, kin: &Kin) -> Option<Cell> {
        let schema = &self.plan.parsed.schema;
        let column = column_of(schema, missing)?;
        Cell::of(missing.entity, missing.row, column, kin, schema)
    }
}

/// The field that people answer by a cell.
pub fn field_of<'s>(schema: &'s Schema, cell: &Cell) -> Option<&'s Field> {
    questions::field_of(schema, cell.entity, &cell.column)
}

/// The entity of the pack's own tables that a cell leads to, if it is such a relation.
pub fn table_of(schema: &Schema, cell: &Cell) -> Option<EntityId> {
    questions::table_of(schema, cell.entity, &cell.column)
}
