//! Who gets what in a run, by the rows of its data.

use std::sync::Arc;

use logis_allocation::Year;
use logis_allocation::attribution::{Instance, InstanceError, MatchingPlan, QuotaInForce};
use logis_allocation::candidates::Searched;
use logis_allocation::posing::{Answered, answer_in_order, prices};
use logis_matching::{Gaps, Matching, Quota, reached, reached_by};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AllocationError {
    /// What the rules give is no problem: the first of what is wrong.
    #[error("{0}")]
    Instance(InstanceError),
    /// The proof does not hold: a fault of the engine; or hard quotas leave no place for the number of attributions.
    #[error(transparent)]
    Solved(Box<logis_allocation::AllocationError>),
}

/// The answer, by row.
pub(super) struct Allocation {
    pub instance: Arc<Instance>,
    pub matching: Matching,
    /// What the proof leaves open.
    pub gaps: Gaps,
    /// By row of the request: the row of its unit.
    pub unit_of: Vec<Option<u32>>,
    /// By quota: the points, in all, that one member less asked for would bring; nothing where that is not known.
    pub quota_prices: Vec<u64>,
    /// By quota: members asked for on paper besides; empty where none are.
    pub margins: Vec<u64>,
    /// Are they the leases of a year of sessions?
    pub weekly: bool,
    /// Is the year solved at once, too? Otherwise no pair is held, and nothing is known of those that nobody signs.
    pub at_once: bool,
    /// The quotas as the data have them: of one with a scope, one for each value.
    pub quotas: Vec<QuotaInForce>,
}

/// By row of the request: the row of its unit.
fn rows(instance: &Instance, matching: &Matching) -> Vec<Option<u32>> {
    let mut unit_of = vec![None; instance.requests.len()];
    for (number, unit) in (0_u32..).zip(&matching.unit_of) {
        if let (Some(slot), Some(unit)) = (unit_of.get_mut(instance.requests.row(number) as usize), unit) {
            *slot = Some(instance.units.row(*unit));
        }
    }
    unit_of
}

/// Quotas with so many members asked for besides, by place.
fn on_paper(quotas: &[QuotaInForce], margins: &[u64]) -> Vec<Quota> {
    let more = |(at, own): (usize, &QuotaInForce)| {
        let margin = margins.get(at).copied().unwrap_or(0);
        let number = own.quota.number.saturating_add(i64::try_from(margin).unwrap_or(i64::MAX));
        Quota { number, ..own.quota.clone() }
    };
    quotas.iter().enumerate().map(more).collect()
}

impl Allocation {
    /// Solves a matching with the shares of a plan, and checks its proof.
    pub fn new(plan: &MatchingPlan, instance: Arc<Instance>) -> Result<Allocation, AllocationError> {
        Allocation::with_margins(plan, instance, Vec::new())
    }

    /// The same with so many members asked for besides, by quota; what is reached is held against the shares without them.
    pub fn with_margins(
        plan: &MatchingPlan,
        instance: Arc<Instance>,
        margins: Vec<u64>,
    ) -> Result<Allocation, AllocationError> {
        let posed = |quotas| {
            let problem = instance.problem.with_shares(quotas);
            problem.map_err(|error| AllocationError::Instance(error.into()))
        };
        let quotas: Vec<Quota> = plan.quotas.iter().map(|q| q.quota.clone()).collect();
        let problem = posed(on_paper(&plan.quotas, &margins))?;
        let answered = match instance.by_points {
            true => {
                let matching = instance.in_order_of_points();
                let reached = reached(&problem, &matching.unit_of).unwrap_or_default();
                Ok(Answered {
                    matching: Matching { reached, ..matching },
                    gaps: Gaps::default(),
                    by_count: None,
                })
            }
            false => answer_in_order(plan, &problem, &[], None, None),
        };
        let Answered { mut matching, gaps, by_count } =
            answered.map_err(|error| AllocationError::Solved(Box::new(error)))?;
        // Where hard quotas cost attributions, and in the order of points, points do not make up for anything.
        let quota_prices = match by_count.is_none() && !instance.by_points {
            true => prices(&problem, &matching, instance.weight_of_point()),
            false => Vec::new(),
        };
        if margins.iter().any(|margin| *margin > 0) {
            let marks = &matching.marks_of;
            let without = reached_by(&posed(quotas)?, &matching.unit_of, marks);
            matching.reached = without.map_err(|error| AllocationError::Solved(Box::new(error.into())))?;
        }
        matching.reached = instance.in_points(&matching).0;
        let unit_of = rows(&instance, &matching);
        let quotas = plan.quotas.clone();
        let (weekly, at_once) = (false, true);
        Ok(Allocation { instance, matching, gaps, unit_of, quota_prices, margins, weekly, at_once, quotas })
    }

    /// No answer yet, of an instance without pairs: that of sessions is to come.
    pub fn not_at_once(plan: &MatchingPlan, instance: Arc<Instance>) -> Allocation {
        let unit_of = vec![None; instance.requests.len()];
        let (matching, gaps) = (Matching::default(), Gaps::default());
        let (quota_prices, quotas) = (Vec::new(), plan.quotas.clone());
        let (weekly, at_once, margins) = (false, false, Vec::new());
        Allocation { instance, matching, gaps, unit_of, quota_prices, margins, weekly, at_once, quotas }
    }

    /// The leases of a year of sessions in place of the answer; prices stay those of the year solved at once.
    pub fn by_weeks(mut self, year: &Year) -> Allocation {
        self.matching.unit_of = year.unit_of();
        if !self.matching.marks_of.is_empty() {
            self.matching.marks_of = year.marks_of.clone();
        }
        self.matching.reached = year.reached.clone();
        self.weekly = true;
        self.unit_of = rows(&self.instance, &self.matching);
        self
    }

    /// What is asked for on paper: the quotas with their margins.
    pub fn on_paper(&self) -> Vec<Quota> {
        on_paper(&self.quotas, &self.margins)
    }

    pub fn candidates(&self) -> &Searched {
        &self.instance.candidates
    }

    /// How many units there are.
    pub fn units(&self) -> usize {
        self.instance.units.len()
    }

    /// By row of the unit: the row of the request that gets it.
    pub fn request_of(&self) -> Vec<Option<u32>> {
        let mut of = vec![None; self.units()];
        for (row, unit) in (0_u32..).zip(&self.unit_of) {
            if let Some(slot) = unit.and_then(|unit| of.get_mut(unit as usize)) {
                *slot = Some(row);
            }
        }
        of
    }

    /// By row of the unit: the points, in all, that one more unit like it would bring at most, as numerators
    /// over the second result.
    pub fn unit_prices(&self) -> (Vec<i64>, i64) {
        let (prices, scale) = self.matching.certificate.cell_prices();
        let problem = &self.instance.problem;
        let mut by_row = vec![0; self.units()];
        for (&unit, cell) in problem.names().iter().zip(problem.cell_of_units()) {
            let row = self.instance.units.row(unit);
            if let Some(slot) = by_row.get_mut(row as usize) {
                *slot = prices.get(cell.index()).copied().unwrap_or(0);
            }
        }
        (by_row, scale.saturating_mul(i64::try_from(self.instance.weight_of_point()).unwrap_or(i64::MAX)))
    }
}
