//! The problem of an allocation as the rules, the data, the date and what is asked pose it.

use std::collections::BTreeSet;

use logis_data::Dataset;
use logis_language::Pack;
use logis_language::diagnostic::{PackError, nearest};
use logis_language::exchange;
use logis_language::value::{Date, Value};
use logis_matching::{Gaps, Matching, Problem, ProofError, gaps, one_member_less, solve, solve_near};
use serde_json::{Map, Value as Json};

use super::Allocation;
use super::error::AllocationError;
use crate::attribution::{Before, Flags, Instance, MatchingPlan, Posed, Report};

/// What is asked of an allocation besides its rules, its data and its date. The default asks for nothing more:
/// the quotas of the pack as levels, all candidates, no columns.
///
/// ```
/// let mut options = logis::Options::default();
/// options.hard = vec!["all".to_string()];
/// assert_eq!(options.max_candidates, None);
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Options {
    /// Rules (or fields) of the pair, the request or the unit, whose outcomes stand beside each attribution.
    pub select: Vec<String>,
    /// Leave out the quotas of the pack.
    pub no_quotas: bool,
    /// Names of quotas that must be met, or there is no answer; `all` names every quota in force.
    pub hard: Vec<String>,
    /// The most units that a request keeps, those that fit best. What is proved then holds among the
    /// candidates that are kept.
    pub max_candidates: Option<usize>,
    /// A result of before: the answer is as good as any, and moves only whom it must.
    pub near: Option<Report>,
}

/// The problem of an allocation, not yet solved: what [`Allocation::of`] solves, and what a written result is
/// held against.
#[derive(Clone, Debug)]
pub struct Posing {
    /// The rules as of the date.
    pub plan: MatchingPlan,
    /// The data.
    pub dataset: Dataset,
    /// The candidates and the problem.
    pub instance: Instance,
    /// The most candidates that a request is left with, if there is a most.
    pub most: Option<usize>,
    /// What was asked for, names checked.
    pub flags: Flags,
}

/// Plans the matching of a pack as of a date: what must be read, before there are data.
///
/// # Errors
/// The pack declares no matching; an unknown name; a quota that must be met and is none, or is not in force.
pub fn plan(pack: &Pack, date: Date, options: &Options) -> Result<(MatchingPlan, Flags), AllocationError> {
    let parsed = pack.parsed();
    if parsed.manifest.matching.is_none() {
        return Err(AllocationError::NoMatching);
    }
    let select: Vec<&str> = options.select.iter().map(|name| name.trim()).collect();
    let mut plan = MatchingPlan::new(parsed, date, &select)?;
    let hard = hard(&options.hard, &plan)?;
    if options.no_quotas {
        plan = plan.with_quotas(|_| false);
        plan.not_in_force.clear();
    }
    let select = select.iter().map(ToString::to_string).collect();
    Ok((plan, Flags { no_quotas: options.no_quotas, select, hard }))
}

/// The quotas that must be met, in the order of the pack.
fn hard(asked: &[String], plan: &MatchingPlan) -> Result<Vec<String>, AllocationError> {
    let names: Vec<&str> = plan.quotas.iter().map(|q| q.quota.name.as_str()).collect();
    let not_in_force: Vec<&str> = plan.not_in_force.iter().map(|q| q.name.as_str()).collect();
    // By place and not by name, so that they come in the order of the pack, each once.
    let mut places = BTreeSet::new();
    for name in asked {
        if name == "all" {
            places.extend(0..names.len());
        } else if let Some(at) = names.iter().position(|n| n == name) {
            places.insert(at);
        } else if not_in_force.contains(&name.as_str()) {
            return Err(AllocationError::NotInForce(name.clone()));
        } else {
            let all = names.iter().chain(&not_in_force).copied().chain(["all"]);
            let nearest = nearest(name, all).map(str::to_string);
            return Err(AllocationError::UnknownQuota { name: name.clone(), nearest });
        }
    }
    Ok(places.into_iter().filter_map(|at| names.get(at).map(ToString::to_string)).collect())
}

impl Posing {
    /// Finds the candidates of a data set and makes the problem of them. `plan` and `flags` are those of [`plan`],
    /// `dataset` has what the plans need.
    ///
    /// # Errors
    /// Priorities and fits that are no whole numbers in their range.
    pub fn new(
        (plan, flags): (MatchingPlan, Flags),
        dataset: Dataset,
        most: Option<usize>,
    ) -> Result<Posing, AllocationError> {
        let instance = Instance::new(&plan, &dataset, most).map_err(AllocationError::Instance)?;
        Ok(Posing { plan, dataset, instance, most, flags })
    }

    /// The best answer, level by level, its proof checked; of all such answers one near a result of before.
    ///
    /// # Errors
    /// The result of before is none; a quota that must be met is not; the proof does not hold.
    pub fn solve(self, near: Option<&Report>) -> Result<Allocation, AllocationError> {
        let before = near.map(|report| report.before(&self.plan, &self.dataset, &self.instance));
        let before = before.transpose().map_err(AllocationError::Before)?;
        let problem = &self.instance.problem;
        let (matching, gaps) = answer(problem, before.as_ref())?;
        // A quota comes after the number of those housed: if it lacks members, no answer that houses as many
        // has them.
        let unmet = self.lacking(&matching, |name| self.flags.hard.contains(name));
        if !unmet.is_empty() {
            return Err(AllocationError::Unmet(unmet));
        }
        Ok(Allocation::new(self, matching, gaps, before))
    }

    /// By quota: the points of priority, in all, that one member less asked for would bring.
    pub fn prices(&self, matching: &Matching) -> Vec<u64> {
        prices(&self.instance.problem, matching)
    }

    /// By what the problem was posed, to be written beside a result.
    ///
    /// # Errors
    /// None that the plan has not had.
    pub fn posed(&self) -> Result<Posed, PackError> {
        Posed::new(&self.plan, &self.dataset, &self.instance, self.flags.clone())
    }

    /// What was asked for of a candidate, by its place in the outcomes; as results held it before `logis/1`, if
    /// `of_before`.
    pub(crate) fn columns(&self, row: usize, of_before: bool, own: &mut Map<String, Json>) {
        let asked = self.plan.pairs.selected.iter().skip(1).take(self.plan.asked);
        for ((name, _), outcomes) in asked.zip(&self.instance.candidates.outcomes) {
            let json = if of_before { json_of_before } else { exchange::value };
            let value = outcomes.value(row).map_or(Json::Null, |value| json(&value));
            own.insert(name.clone(), value);
        }
    }
}

/// The best answer of a problem, level by level, and what its proof, which is checked, leaves open; of all such
/// answers one near that of before.
///
/// # Errors
/// The proof does not hold: a fault of the engine.
pub fn answer(problem: &Problem, near: Option<&Before>) -> Result<(Matching, Gaps), ProofError> {
    let matching = match near {
        Some(before) => solve_near(problem, &before.unit_of, before.duals.as_ref()),
        None => solve(problem),
    };
    let gaps = gaps(problem, &matching)?;
    Ok((matching, gaps))
}

/// By quota: the points of priority, in all, that one member less asked for would bring.
pub fn prices(problem: &Problem, matching: &Matching) -> Vec<u64> {
    (0..problem.quotas().len()).map(|quota| one_member_less(problem, matching, quota)).collect()
}

/// A value as results held it before `logis/1`: whole numbers as numbers, other numbers as fractions in a text.
fn json_of_before(value: &Value) -> Json {
    match value {
        Value::Bool(b) => (*b).into(),
        Value::Number(n) if n.is_integer() => {
            i64::try_from(*n.numer()).map_or_else(|_| n.to_string().into(), Into::into)
        }
        other => other.to_string().into(),
    }
}
