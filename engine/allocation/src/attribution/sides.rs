//! Requests and units before any pair is looked at: their numbers, points and ranks, and who holds what.

use super::instance::{Instance, InstanceError, MOST_PRIORITY, MOST_TOLD, Numbers, Open, whole};
use super::recorded::Left;
use super::rules::{Asks, MatchingPlan};
use super::tenants;
use super::ties::Ties;
use crate::candidates::{Searched, sides};
use logis_data::{Dataset, Table};
use logis_decide::evaluate::evaluate_settled;
use logis_matching::Problem;

/// What is read of requests and units, with all that is wrong so far.
pub(super) struct Sides {
    pub requests: Numbers,
    pub units: Numbers,
    pub open: Open,
    pub wrong: Vec<InstanceError>,
    /// By number of the request: the unit that it holds.
    pub held: Vec<Option<u32>>,
    /// Of how many requests the data say a unit that they hold no longer.
    left: usize,
    ties: Result<Ties, InstanceError>,
}

/// The same where nothing is wrong.
pub(super) struct Ranked {
    pub requests: Numbers,
    pub units: Numbers,
    pub open: Open,
    pub held: Vec<Option<u32>>,
    pub left: usize,
    pub ties: Ties,
}

impl Sides {
    /// `left` is what a ledger says of who holds a unit no longer.
    pub fn new(plan: &MatchingPlan, dataset: &Dataset, left: Option<&Left>) -> Sides {
        let (first, second) = sides(&plan.pairs).unwrap_or_default();
        let (requests, units) = (Numbers::new(dataset, first), Numbers::new(dataset, second));
        let mut open = Open { quotas: vec![0; plan.quotas.len()], ..Open::default() };
        let mut wrong = Vec::new();
        let points = points(plan, dataset, &requests, &mut open, &mut wrong);
        let (held, left) = tenants::held(plan, dataset, (&requests, &units), left, &mut wrong);
        if plan.by_points && !held.is_empty() {
            let names = plan.held.iter().flat_map(|held| &held.selected);
            wrong.extend(names.map(|(name, _)| InstanceError::HeldByPoints(name.clone())));
        }
        // What is evaluated for it is let go before there are pairs.
        let given = units.len().min(requests.len()) as u64;
        let quotas = !plan.quotas.is_empty() || !held.is_empty();
        let ties = Ties::new(plan, dataset, &requests, points, (given, quotas));
        Sides { requests, units, open, wrong, held, left, ties }
    }

    /// # Errors
    /// What is wrong (twenty faults at most).
    pub fn ranked(mut self) -> Result<Ranked, Vec<InstanceError>> {
        if !self.wrong.is_empty() {
            self.wrong.truncate(MOST_TOLD);
            return Err(self.wrong);
        }
        let Sides { requests, units, open, held, left, ties, .. } = self;
        Ok(Ranked { requests, units, open, held, left, ties: ties.map_err(|e| vec![e])? })
    }
}

/// Does a plan wait for data that are there?
pub(super) fn is_open(plan: &MatchingPlan, dataset: &Dataset) -> bool {
    let (_, units) = sides(&plan.pairs).unwrap_or_default();
    plan.is_open() && dataset.tables.get(units).map_or(0, Table::rows) > 0
}

impl Instance {
    /// The requests and the units of a data set without any pair, for those who look for pairs among some of them later.
    ///
    /// # Errors
    /// As [`Instance::new`], but for the fits.
    pub fn without_pairs(plan: &MatchingPlan, dataset: &Dataset) -> Result<Instance, Vec<InstanceError>> {
        if is_open(plan, dataset) {
            return Err(vec![InstanceError::PlanOpen]);
        }
        let Ranked { requests, units, open, held, ties, .. } = Sides::new(plan, dataset, None).ranked()?;
        let quotas = plan.quotas.iter().map(|own| own.quota.clone()).collect();
        let count = u32::try_from(units.len()).unwrap_or(u32::MAX);
        let problem = Problem::from_lists(ties.weighed(), count, |_, _| {}, quotas);
        let problem = problem.map_err(|error| vec![error.into()])?;
        let (by_points, firsts) = (plan.by_points, firsts(plan));
        let instance = Instance::with(Searched::default(), problem, (requests, units), open, ties);
        Ok(Instance { by_points, firsts, held, ..instance })
    }
}

/// How many of the first quotas say who comes first.
pub(super) fn firsts(plan: &MatchingPlan) -> usize {
    plan.quotas.iter().filter(|quota| quota.asks == Asks::First).count()
}

/// By number of the request: its points.
fn points(
    plan: &MatchingPlan,
    dataset: &Dataset,
    requests: &Numbers,
    open: &mut Open,
    wrong: &mut Vec<InstanceError>,
) -> Vec<u32> {
    let Some(priority) = &plan.priority else { return vec![0; requests.len()] };
    let decided = evaluate_settled(priority, dataset);
    let column = decided.columns.first();
    let mut points = Vec::with_capacity(requests.len());
    for &row in requests.rows() {
        let value = column.and_then(|c| c.value(row as usize));
        open.priority.extend(value.is_none().then_some(row));
        points.push(value.map_or(0, |value| {
            whole(&value, MOST_PRIORITY).unwrap_or_else(|| {
                wrong.push(InstanceError::OutOfRange {
                    what: requests.id(dataset, requests.number(row)).to_string(),
                    rule: decided.names.first().cloned().unwrap_or_default(),
                    value: value.to_string(),
                    most: MOST_PRIORITY,
                });
                0
            })
        }));
    }
    points
}
