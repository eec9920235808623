//! A date for each row: the rules of many days at once.
//!
//! Between two changes of the law, of a rule's text or a parameter's value, one plan decides whatever
//! the day is. So rows are grouped into those periods, and each period is one plan in which the date of
//! the decision is a field of the row.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::evaluate::possible::{MissingCell, MissingInput};
use crate::evaluate::{DecisionColumn, Decisions, Outcome, evaluate};
use crate::invariants::{Held, Invariants, hold_each};
use logis_data::{Cells, Dataset, Needs, ReadOutcome, column_of};
use logis_language::Pack;
use logis_language::diagnostic::{PackError, texts};
use logis_language::graph::Target;
use logis_language::pack::Parsed;
use logis_language::pack::changes;
use logis_language::pack::schema::{EntityId, Field, FieldId, FieldKind};
use logis_language::plan::Plan;
use logis_language::value::{Date, add_days, day_number};

/// Selected rules of one entity, decided for each row as of a date of its own.
#[derive(Clone, Debug)]
pub struct DatedPlan {
    parsed: Arc<Parsed>,
    /// The date of the decision of each row.
    field: FieldId,
    names: Vec<String>,
    /// First day of each period, the earliest first.
    starts: Vec<Date>,
}

/// The plans that decide the rows of a data set.
#[derive(Clone, Debug)]
pub struct Periods {
    /// One for each period in which a row is, the earliest first.
    pub plans: Vec<Arc<Plan>>,
    /// By row: the number of its plan, [`NO_PLAN`] if its date is missing.
    pub of: Arc<[u32]>,
    /// By plan: the number of its period, counted from the earliest change of the law.
    numbers: Vec<u32>,
}

/// Plans and invariants that are made already, by the number of their period: the parts of one package share them.
/// Within a period a plan decides the same whatever its day is; its warnings on figures of the past are about the
/// latest day that was asked, so it is made again for a later one.
#[derive(Clone, Debug, Default)]
pub struct Made {
    plans: BTreeMap<u32, (i64, Arc<Plan>)>,
    invariants: BTreeMap<u32, Invariants>,
}

impl Made {
    /// The plans, the earliest period first.
    pub fn plans(&self) -> impl Iterator<Item = &Arc<Plan>> {
        self.plans.values().map(|(_, plan)| plan)
    }
}

/// In [`Periods::of`], a row without a date: no plan decides it.
pub const NO_PLAN: u32 = u32::MAX;

impl DatedPlan {
    /// Plans rules of one entity, each row as of its own date: that of a field of the same entity.
    ///
    /// # Errors
    /// An unknown name, a field that is no date, names of several entities.
    pub fn of(pack: &Pack, field: &str, names: &[&str]) -> Result<DatedPlan, PackError> {
        let parsed = pack.parsed();
        let schema = &parsed.schema;
        let date = |f: &&Field| f.kind == FieldKind::Date;
        let found = schema.field(field).filter(|&id| schema.fields.get(id).as_ref().is_some_and(date));
        let entity = found.and_then(|id| Some(schema.fields.get(id)?.entity));
        let of = |name: &&&str| Target::find(parsed, name).is_some_and(|(_, e)| Some(e) != entity);
        let problem = match (found, names.iter().find(of)) {
            (Some(id), None) => return Ok(DatedPlan::new(parsed, id, names)),
            (Some(_), Some(other)) => {
                let name = entity.and_then(|e| schema.entities.get(e)).map_or("?", |e| e.name.as_str());
                texts::names::not_of_dated(other, name, field)
            }
            (None, _) => {
                let dates = schema.fields.iter().filter(date).map(|f| f.name.as_str());
                texts::names::no_date(field, dates)
            }
        };
        Err(PackError { diagnostics: vec![problem], sources: parsed.sources.clone() })
    }

    /// Plans `names` for rows of which `field` is the date of the decision.
    pub fn new(parsed: &Arc<Parsed>, field: FieldId, names: &[&str]) -> DatedPlan {
        DatedPlan {
            parsed: parsed.clone(),
            field,
            names: names.iter().map(|n| n.to_string()).collect(),
            starts: changes(parsed).into_iter().collect(),
        }
    }

    /// The field that holds the date of each row.
    pub fn field(&self) -> FieldId {
        self.field
    }

    /// The entity whose rows are decided.
    pub fn entity(&self) -> EntityId {
        self.parsed.schema.fields.get(self.field).map_or(0, |f| f.entity)
    }

    /// The names that were planned, as they were given.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The plan of the period of a date.
    fn plan(&self, date: Date) -> Result<Plan, PackError> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        Plan::with_dates(&self.parsed, date, Some(self.field), &names)
    }

    /// What must be there to decide rows of any date.
    pub fn needs(&self) -> Needs {
        let mut needs = Needs::default();
        needs.fields.insert(self.field);
        for plan in self.starts.iter().filter_map(|start| self.plan(*start).ok()) {
            needs.join(plan.needs());
        }
        needs
    }

    /// The plans for the rows of a data set, and which is each row's.
    ///
    /// # Errors
    /// The rules cannot be planned as of the date of some row; the field is of another entity than the
    /// rules.
    pub fn periods(&self, dataset: &Dataset) -> Result<Periods, PackError> {
        self.periods_with(dataset, &mut Made::default())
    }

    /// [`DatedPlan::periods`] with plans that are made already; those that are not are added to them.
    ///
    /// # Errors
    /// As [`DatedPlan::periods`].
    pub(crate) fn periods_with(&self, dataset: &Dataset, made: &mut Made) -> Result<Periods, PackError> {
        let schema = &self.parsed.schema;
        let entity = self.entity();
        let rows = dataset.tables.get(entity).map_or(0, logis_data::Table::rows);
        let column = column_of(dataset, schema, self.field);
        let starts: Vec<i64> = self.starts.iter().map(|d| day_number(*d)).collect();
        // First the period of each row; then plans, for the periods that have rows only.
        let mut of = vec![NO_PLAN; rows];
        // By period: the latest date in it, which warnings on figures of the past are about.
        let mut latest: BTreeMap<u32, i64> = BTreeMap::new();
        if let Some(column) = column
            && let Cells::Date(days) = column.cells()
        {
            for (row, (place, day)) in of.iter_mut().zip(days.iter()).enumerate() {
                if column.known().is_some_and(|known| !known.get(row)) {
                    continue;
                }
                let day = i64::from(*day);
                let period = starts.partition_point(|start| *start <= day).saturating_sub(1);
                *place = u32::try_from(period).unwrap_or(NO_PLAN);
                let last = latest.entry(*place).or_insert(day);
                *last = day.max(*last);
            }
        }
        let epoch = Date::constant(1970, 1, 1);
        // Periods are numbered anew, without those that have no row.
        let mut plans = Vec::new();
        let mut number: BTreeMap<u32, u32> = BTreeMap::new();
        for (&period, &day) in &latest {
            number.insert(period, u32::try_from(plans.len()).unwrap_or(NO_PLAN));
            let known = made.plans.get(&period).filter(|(until, _)| day <= *until);
            let plan = match known {
                Some((_, plan)) => plan.clone(),
                None => Arc::new(self.plan(add_days(epoch, day).unwrap_or(Date::MAX))?),
            };
            if known.is_none() {
                made.plans.insert(period, (day, plan.clone()));
            }
            plans.push(plan);
        }
        for place in &mut of {
            *place = number.get(place).copied().unwrap_or(NO_PLAN);
        }
        Ok(Periods { plans, of: of.into(), numbers: latest.into_keys().collect() })
    }

    /// Holds the invariants of the pack, as [`Invariants::hold`] does: of the rows that have a date, as of that
    /// date; of others, those that need no date.
    ///
    /// # Errors
    /// As [`DatedPlan::periods`].
    pub fn hold(&self, needs: &Needs, read: &mut ReadOutcome) -> Result<(), PackError> {
        self.hold_with(needs, read, &mut Made::default())
    }

    /// [`DatedPlan::hold`] with plans and invariants that are made already; those that are not are added to them.
    ///
    /// # Errors
    /// As [`DatedPlan::periods`].
    pub(crate) fn hold_with(
        &self,
        needs: &Needs,
        read: &mut ReadOutcome,
        made: &mut Made,
    ) -> Result<(), PackError> {
        let entity = self.entity();
        let periods = self.periods_with(&read.dataset, made)?;
        for (period, plan) in periods.numbers.iter().zip(&periods.plans) {
            let of = || Invariants::dated(&self.parsed, plan.date, self.field, &needs.entities);
            made.invariants.entry(*period).or_insert_with(of);
        }
        let invariants: Vec<&Invariants> =
            periods.numbers.iter().filter_map(|period| made.invariants.get(period)).collect();
        // The invariants of a period are held of its rows, and of rows of other entities, which have no date.
        let in_period: Vec<_> = (0_u32..)
            .zip(&invariants)
            .map(|(period, _)| {
                let of = periods.of.clone();
                move |e: EntityId, row: usize| e != entity || of.get(row) == Some(&period)
            })
            .collect();
        let all: Vec<(&Invariants, Held<'_>)> =
            invariants.into_iter().zip(&in_period).map(|(own, held)| (own, held as Held<'_>)).collect();
        hold_each(&all, &mut read.dataset, &mut read.issues, &mut read.dropped);
        Ok(())
    }

    /// Evaluates the rules for every row, as of its date; without one, the outcome is unknown.
    ///
    /// Each period in which there is a row is one pass over the rows.
    ///
    /// # Errors
    /// As [`DatedPlan::periods`].
    pub fn evaluate(&self, dataset: &Dataset) -> Result<Decisions, PackError> {
        let periods = self.periods(dataset)?;
        let each: Vec<Decisions> = periods.plans.iter().map(|plan| evaluate(plan, dataset)).collect();
        Ok(self.join(&periods, each))
    }

    /// The decisions of all periods as one: each row has those of its own plan. A row without a date is
    /// unknown, for want of the date.
    pub fn join(&self, periods: &Periods, each: Vec<Decisions>) -> Decisions {
        let entity = self.entity();
        let undated = (0_u64..).zip(periods.of.iter()).filter(|(_, p)| **p == NO_PLAN);
        let missing = |row| MissingInput { entity, row, what: MissingCell::Field(self.field) };
        let unknown: BTreeMap<usize, Outcome> = undated
            .filter_map(|(row, _)| Some((usize::try_from(row).ok()?, Outcome::Unknown(vec![missing(row)]))))
            .collect();
        let mut columns: Vec<Vec<DecisionColumn>> = vec![Vec::new(); self.names.len()];
        for decisions in each {
            for (all, column) in columns.iter_mut().zip(decisions.columns) {
                all.push(column);
            }
        }
        let join = |columns| DecisionColumn::of_several(periods.of.clone(), columns, unknown.clone());
        Decisions { names: self.names.clone(), columns: columns.into_iter().map(join).collect() }
    }
}
