//! The problem of an allocation as the rules, the data, the date and what is asked pose it.

use std::collections::BTreeSet;

use logis_data::Dataset;
use logis_decide::DataError;
use logis_language::Pack;
use logis_language::diagnostic::{Issue, Issues, PackError, nearest};
use logis_language::exchange;
use logis_language::value::{Date, Value};
use logis_matching::{
    Gaps, Level, Matching, Prices, Problem, ProblemError, Proof, ProofError, gaps, one_member_less, solve,
    solve_near, verify,
};
use serde_json::{Map, Value as Json};

use super::Allocation;
use crate::attribution::{Before, Flags, Instance, InstanceError, MatchingPlan, Posed, Report, ReportError};

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
    /// Keep so many units of each request at most, those that fit best. What is proved then holds among the
    /// candidates that are kept.
    pub max_candidates: Option<usize>,
    /// A result of before: the answer is as good as any, and moves only whom it must.
    pub near: Option<Report>,
}

/// Why there is no allocation. Those with a list have all that is wrong in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AllocationError {
    /// The rules cannot be planned.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The data do not fit the schema.
    #[error(transparent)]
    Data(#[from] DataError),
    /// What the rules give is no problem (twenty faults at most).
    #[error("{}", lines(.0))]
    Instance(Vec<InstanceError>),
    /// The pack declares no matching.
    #[error("le paquet de règles ne déclare pas d'appariement: `[matching]` dans pack.toml")]
    NoMatching,
    /// A quota that must be met is none of the pack, with the nearest name.
    #[error("le paquet de règles n'a pas le quota `{name}`{}", hint(nearest))]
    UnknownQuota {
        /// The name.
        name: String,
        /// The nearest there is.
        nearest: Option<String>,
    },
    /// A quota that must be met has no share on the date.
    #[error("le quota `{0}` n'est pas en vigueur à cette date")]
    NotInForce(String),
    /// The result of before is none.
    #[error(transparent)]
    Before(ReportError),
    /// Quotas that must be met cannot be, unless fewer are housed.
    #[error("{} quotas ne peuvent être tenus sans loger moins de demandes", .0.len())]
    Unmet(Vec<Lack>),
    /// No request or unit has this identifier, with the nearest that one has.
    #[error("`{id}` n'est l'identifiant d'aucune demande ni d'aucun logement{}", hint(nearest))]
    UnknownId {
        /// The identifier.
        id: String,
        /// The nearest there is.
        nearest: Option<String>,
    },
    /// A part of the problem is none: a fault of the engine, as the whole was one.
    #[error(transparent)]
    Problem(#[from] ProblemError),
    /// The proof of the answer does not hold: a fault of the engine.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

impl Issues for AllocationError {
    fn issues(&self) -> Vec<Issue> {
        match self {
            AllocationError::Pack(error) => error.issues(),
            AllocationError::Data(error) => error.issues(),
            AllocationError::Instance(errors) => errors.iter().map(|error| Issue::of(error)).collect(),
            AllocationError::Unmet(lacks) => lacks.iter().map(Lack::issue).collect(),
            other => vec![Issue::of(other)],
        }
    }
}

impl Issues for Refuted {
    fn issues(&self) -> Vec<Issue> {
        self.why.iter().map(|why| Issue::error("", "", why)).collect()
    }
}

impl Lack {
    fn issue(&self) -> Issue {
        let Lack { quota, base, target, members, .. } = self;
        let message = format!(
            "quota {quota}: ne peut être tenu sans loger moins de demandes: {base} attributions comptent, il en faut {target} à des membres, et il y en a {members} au plus"
        );
        Issue::error("", "", message)
    }
}

fn lines(errors: &[InstanceError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn hint(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!("; vouliez-vous dire `{name}` ?"))
}

/// A quota that must be met and is not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Lack {
    /// The quota.
    pub quota: String,
    /// Attributions that count.
    pub base: u64,
    /// Members asked for.
    pub target: u64,
    /// Members there are.
    pub members: u64,
    /// Why no more are possible.
    pub why: Bottleneck,
}

/// What keeps a quota from being met.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Bottleneck {
    /// There are members enough: the number of attributions, or a quota before it, stands in the way.
    Levels,
    /// Every attribution to a member passes through one of these rows, none of which can be left out: a least
    /// vertex cover of the pairs that are members (Kőnig's theorem), so no more can be given to members than
    /// there are rows.
    Rows {
        /// The most attributions to members.
        most: u64,
        /// Identifiers of requests.
        requests: Vec<String>,
        /// Identifiers of units, sorted.
        units: Vec<String>,
    },
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

    /// The allocation that a written result tells, if it holds for this problem with all that it claims. The
    /// result is not trusted: each of its claims is computed again, or named.
    ///
    /// # Errors
    /// Why it does not hold, in French, every difference in how its problem was posed, else the first fault.
    pub fn verify(self, report: &Report) -> Result<Allocation, Refuted> {
        let posed = self.posed().map_err(|error| Refuted { why: vec![error.to_string()] })?;
        let others = report.differences(&self.plan, self.most, &posed);
        if !others.is_empty() {
            return Err(Refuted { why: others.iter().map(ToString::to_string).collect() });
        }
        let (matching, gaps) = self.checked(report).map_err(|why| Refuted { why: vec![why] })?;
        let allocation = Allocation::new(self, matching, gaps, None);
        let held = report.check_reserves(allocation.reserves());
        held.map_err(|error| Refuted { why: vec![error.to_string()] })?;
        Ok(allocation)
    }

    fn checked(&self, report: &Report) -> Result<(Matching, Gaps), String> {
        let Posing { plan, dataset, instance, .. } = self;
        let text = |error: ReportError| error.to_string();
        let matching = report.matching(plan, dataset, instance).map_err(text)?;
        verify(&instance.problem, &matching).map_err(|error| self.sentence(&error))?;
        let claimed = report.certificate.problem.as_ref();
        report
            .check_columns(plan, dataset, instance, |row, own| {
                self.columns(row, report.format.is_none(), own)
            })
            .map_err(text)?;
        let unchecked = |name: &&String| !self.flags.select.contains(name);
        let select = claimed.into_iter().flat_map(|posed| &posed.select).filter(unchecked);
        let select: Vec<String> = select.cloned().collect();
        if !select.is_empty() {
            return Err(text(ReportError::Unchecked(select)));
        }
        report.check_prices(&self.prices(&matching)).map_err(text)?;
        let hard = self.flags.hard.iter().chain(claimed.into_iter().flat_map(|posed| &posed.hard));
        for name in hard {
            let at = plan.quotas.iter().position(|q| q.quota.name == *name);
            match at.and_then(|at| matching.reached.quotas.get(at)) {
                Some(reached) if reached.shortfall == 0 => {}
                Some(reached) => {
                    return Err(format!("quota {name}: doit être tenu, il manque {}", reached.shortfall));
                }
                None => return Err(format!("quota {name}: doit être tenu, et n'est pas en vigueur ici")),
            }
        }
        let gaps = gaps(&instance.problem, &matching).map_err(|error| self.sentence(&error))?;
        Ok((matching, gaps))
    }

    /// The quotas of these names that are not met, and what keeps each from it.
    pub(crate) fn lacking(&self, matching: &Matching, of: impl Fn(&String) -> bool) -> Vec<Lack> {
        let mut all = Vec::new();
        for (at, (quota, reached)) in self.plan.quotas.iter().zip(&matching.reached.quotas).enumerate() {
            if reached.shortfall > 0 && of(&quota.quota.name) {
                all.push(Lack {
                    quota: quota.quota.name.clone(),
                    base: reached.base,
                    target: reached.target,
                    members: reached.members,
                    why: self.bottleneck(at, reached.target),
                });
            }
        }
        all
    }

    /// The requests and units through which every attribution to a member of a quota must pass, where they are
    /// fewer than `target`: the rows with a dual price in the best matching of the pairs that are members.
    fn bottleneck(&self, quota: usize, target: u64) -> Bottleneck {
        let instance = &self.instance;
        let member = |request, unit| {
            instance.pair(request, unit).is_some_and(|(_, marks)| marks >> (2 * quota + 1) & 1 == 1)
        };
        let Ok(problem) = instance.part(member).map(|problem| problem.without_quotas()) else {
            return Bottleneck::Levels;
        };
        let best = solve(&problem);
        let most = best.reached.attributions;
        if most >= target {
            return Bottleneck::Levels;
        }
        let (mut requests, mut units) = (Vec::new(), Vec::new());
        let cells = problem.cell_of_units();
        if let Proof::Bound(bound) = &best.certificate.attributions
            && let Prices::Cells(prices) = &bound.prices
        {
            let full =
                |inside: usize| cells.get(inside).and_then(|c| prices.get(c.index())).is_some_and(|p| *p > 0);
            let mut cover = vec![false; instance.units.len()];
            for (inside, &unit) in problem.names().iter().enumerate() {
                if full(inside)
                    && let Some(slot) = cover.get_mut(unit as usize)
                {
                    *slot = true;
                    units.push(instance.units.id(&self.dataset, unit).to_string());
                }
            }
            // A housed request whose unit has no price is itself in the cover.
            for (request, unit) in (0_u32..).zip(&best.unit_of) {
                if unit.is_some_and(|unit| cover.get(unit as usize) == Some(&false)) {
                    requests.push(instance.requests.id(&self.dataset, request).to_string());
                }
            }
        }
        units.sort_unstable();
        Bottleneck::Rows { most, requests, units }
    }

    /// What is wrong with an answer or its proof, with identifiers in place of numbers.
    fn sentence(&self, error: &ProofError) -> String {
        let (instance, dataset) = (&self.instance, &self.dataset);
        let level = |level: &Level| match level {
            Level::Quota(at) => {
                let quota = self.plan.quotas.get(*at).map_or("?", |q| q.quota.name.as_str());
                format!("quota {quota}")
            }
            other => other.to_string(),
        };
        match error {
            ProofError::NotSuitable { request, unit } => format!(
                "la demande {} reçoit le logement {}, qui ne lui convient pas",
                instance.requests.id(dataset, *request),
                instance.units.id(dataset, *unit)
            ),
            ProofError::Twice { unit } => {
                format!("le logement {} est attribué deux fois", instance.units.id(dataset, *unit))
            }
            ProofError::Claim { level: at, found, claimed } => {
                format!("{}: la réponse atteint {found}, et non {claimed}", level(at))
            }
            ProofError::Form { level: at, what } => {
                format!("la preuve est mal formée: {}: {what}", level(at))
            }
            ProofError::NotProved { level: at, reached, bound: u64::MAX } => {
                format!("{}: la réponse atteint {reached}, et rien ne prouve que ce soit au mieux", level(at))
            }
            ProofError::NotProved { level: at, reached, bound } => {
                format!("{}: la preuve laisse place à {bound}, la réponse atteint {reached}", level(at))
            }
            other => other.to_string(),
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

/// Why a written result does not hold for a problem.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("le résultat ne tient pas: {}", why.join("; "))]
#[non_exhaustive]
pub struct Refuted {
    /// Each fault, in French.
    pub why: Vec<String>,
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
