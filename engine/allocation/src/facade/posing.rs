//! The problem of an allocation as the rules, the data, the date and what is asked pose it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use logis_data::Dataset;
use logis_language::Pack;
use logis_language::diagnostic::{PackError, nearest};
use logis_language::exchange;
use logis_language::value::{Date, Value};
use logis_matching::{
    Ahead, Already, Gaps, Matching, Problem, ProofError, gaps, one_member_less, solve, solve_near_until,
    solve_until,
};
use serde_json::{Map, Value as Json};

use super::Allocation;
use super::conditions::met;
use super::error::AllocationError;
use crate::attribution::{
    Asks, Before, Flags, Instance, MatchingPlan, NotDecided, Posed, QuotaInForce, Recorded, Report, is_ahead,
};

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
    /// Leave out the quotas of the pack, and who comes first by its rules.
    pub no_quotas: bool,
    /// Names of quotas that must be met, whatever it costs in attributions, besides those that the pack says; `all`
    /// names every quota in force.
    pub hard: Vec<String>,
    /// The seed of a lottery among requests that points and the pack's rule for ties do not rank.
    pub seed: Option<u64>,
    /// Pairs that are decided: identifiers of request and unit.
    pub fixed: Vec<(String, String)>,
    /// Pairs that are ruled out: likewise.
    pub forbidden: Vec<(String, String)>,
    /// What the ledger says that is followed: a result names its last line.
    pub recorded: Option<Recorded>,
    /// The most units that a request keeps, those that fit best. What is proved then holds among the
    /// candidates that are kept.
    pub max_candidates: Option<usize>,
    /// A result of before: the answer is as good as any, and begins there.
    pub near: Option<Report>,
    /// Points that may be given up to move fewer from where they are in `near`.
    pub keep: Option<u64>,
    /// Say what each quota costs in points: each is a problem solved again.
    pub prices: bool,
    /// How long the search may take. What is not proved by then is left with the gap that is open; the answer may
    /// depend on the machine.
    pub time_limit: Option<Duration>,
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
    /// Say what each quota costs in points.
    pub prices: bool,
    /// How long the search may take.
    pub time_limit: Option<Duration>,
    /// Pairs that are ruled out and were no candidates: they change nothing.
    pub idle: BTreeSet<(String, String)>,
    /// Pairs that the ledger makes and these data cannot: both sides are left out where they are.
    pub unmade: Vec<(String, String)>,
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
    let mut hard = hard(&options.hard, &plan)?;
    for quota in &mut plan.quotas {
        quota.hard |= hard.contains(&quota.quota.name);
    }
    if options.no_quotas {
        plan = plan.with_quotas(|_| false);
        plan.not_in_force.clear();
        plan.flow = None;
        hard.clear();
    }
    plan.seed = options.seed;
    let pairs = |of: &[(String, String)]| {
        let pair = |(request, unit): &(String, String)| (request.trim().to_string(), unit.trim().to_string());
        of.iter().map(pair).collect::<BTreeSet<_>>().into_iter().collect()
    };
    let (fixed, forbidden) = (pairs(&options.fixed), pairs(&options.forbidden));
    let select = select.iter().map(ToString::to_string).collect();
    Ok((
        plan,
        Flags {
            no_quotas: options.no_quotas,
            select,
            hard,
            seed: options.seed,
            fixed,
            forbidden,
            keep: options.keep,
            recorded: options.recorded.clone(),
        },
    ))
}

/// The quotas that must be met, in the order of the pack.
fn hard(asked: &[String], plan: &MatchingPlan) -> Result<Vec<String>, AllocationError> {
    // Who comes first is no quota that could be met.
    let quotas = plan.quotas.iter().filter(|q| q.asks != Asks::First);
    let names: Vec<&str> = quotas.map(|q| q.quota.name.as_str()).collect();
    let not_in_force: Vec<&str> = plan.not_in_force.iter().map(|q| q.name.as_str()).collect();
    // By place and not by name, so that they come in the order of the pack, each once.
    let (mut places, mut scoped) = (BTreeSet::new(), Vec::new());
    for name in asked {
        if name == "all" {
            places.extend(0..names.len());
        } else if let Some(at) = names.iter().position(|n| n == name) {
            places.insert(at);
        } else if plan.quotas.iter().any(|quota| quota.is_line(name)) {
            // One value of a scope: whether the data have it is seen with them.
            scoped.push(name.clone());
        } else if not_in_force.contains(&name.as_str()) {
            return Err(AllocationError::NotInForce(name.clone()));
        } else {
            let all = names.iter().chain(&not_in_force).copied().chain(["all"]);
            let nearest = nearest(name, all).map(str::to_string);
            return Err(AllocationError::UnknownQuota { name: name.clone(), nearest });
        }
    }
    Ok(places.into_iter().filter_map(|at| names.get(at).map(ToString::to_string)).chain(scoped).collect())
}

/// The quotas that must be met, once the data say which there are: of a quota with a scope that is asked for as a whole, each.
fn lines(asked: &[String], plan: &mut MatchingPlan) -> Result<Vec<String>, AllocationError> {
    let quotas = || plan.quotas.iter().filter(|quota| quota.asks != Asks::First);
    for name in asked {
        let there = quotas().any(|own| own.quota.name == *name || own.family == *name);
        // A quota of which the data have no value has nothing to meet.
        let declared = plan.pairs.parsed.manifest.matching.iter().flat_map(|matching| &matching.quotas);
        if !there && !declared.into_iter().any(|own| own.name.0 == *name) {
            let nearest = nearest(name, quotas().map(|own| own.quota.name.as_str())).map(str::to_string);
            return Err(AllocationError::UnknownQuota { name: name.clone(), nearest });
        }
    }
    let asks = |own: &QuotaInForce| asked.contains(&own.quota.name) || asked.contains(&own.family);
    let all = quotas().filter(|own| asks(own)).map(|own| own.quota.name.clone()).collect();
    for own in plan.quotas.iter_mut().filter(|own| asks(own)) {
        own.hard = true;
    }
    Ok(all)
}

impl Posing {
    /// Finds the candidates of a data set and makes the problem of them. `plan` and `flags` are those of [`plan`],
    /// `dataset` has what the plans need.
    ///
    /// # Errors
    /// Priorities and fits that are no whole numbers in their range; pairs that cannot be decided so.
    pub fn new(
        (mut plan, mut flags): (MatchingPlan, Flags),
        dataset: Dataset,
        most: Option<usize>,
    ) -> Result<Posing, AllocationError> {
        plan = plan.on(&dataset).map_err(|error| AllocationError::Instance(vec![error]))?;
        flags.hard = lines(&flags.hard, &mut plan)?;
        let left = flags.recorded.as_ref().map(|recorded| &recorded.left);
        let instance = Instance::after(&plan, &dataset, most, left).map_err(AllocationError::Instance)?;
        let find = |(request, unit): &(String, String)| {
            Some((instance.requests.find(&dataset, request)?, instance.units.find(&dataset, unit)?))
        };
        let candidate =
            |ids: &(String, String)| find(ids).is_some_and(|(r, u)| instance.pair(r, u).is_some());
        let idle = flags.forbidden.iter().filter(|ids| !candidate(ids)).cloned().collect();
        let (mut unmade, mut instance) = (Vec::new(), instance);
        if let Some(recorded) = &flags.recorded {
            let contradicts = |ids: &(String, String)| Some((ids.clone(), recorded.contradicts(ids)?));
            let wrong: Vec<_> = flags.fixed.iter().filter_map(contradicts).collect();
            if !wrong.is_empty() {
                return Err(AllocationError::NotDecided(wrong));
            }
            (instance, unmade) = instance.recorded(&dataset, recorded, plan.flow.as_ref())?;
            for quota in plan.quotas.iter_mut().filter(|quota| quota.asks != Asks::First) {
                let Already { base, members } = recorded.already(&quota.quota.name, &unmade);
                let (base, members) = quota.asks.in_problem(base, members);
                quota.quota.already = Already { base, members };
            }
            let shares = plan.quotas.iter().map(|quota| quota.quota.clone()).collect();
            instance.problem = instance.problem.with_shares(shares)?;
        }
        let made = flags.recorded.iter().flat_map(|recorded| &recorded.made);
        let moving =
            made.filter(|pair| !unmade.contains(pair)).map(|(request, _)| request.as_str()).collect();
        let pairs = (flags.fixed.as_slice(), flags.forbidden.as_slice());
        let instance = instance.decided(&dataset, pairs, &moving).map_err(|wrong| {
            let pair =
                |(at, why): (usize, NotDecided)| (flags.fixed.get(at).cloned().unwrap_or_default(), why);
            AllocationError::NotDecided(wrong.into_iter().map(pair).collect())
        })?;
        Ok(Posing { plan, dataset, instance, most, flags, prices: false, time_limit: None, idle, unmade })
    }

    /// The problem of an instance that is posed already by a plan on this data, with nothing asked besides.
    pub fn of_instance(plan: MatchingPlan, dataset: Dataset, instance: Instance) -> Posing {
        let (most, prices, time_limit) = (None, false, None);
        let (flags, idle, unmade) = (Flags::default(), BTreeSet::new(), Vec::new());
        Posing { plan, dataset, instance, most, flags, prices, time_limit, idle, unmade }
    }

    /// The same problem, with what is asked of its search: see [`Options::prices`] and [`Options::time_limit`].
    #[must_use]
    pub fn searched(self, options: &Options) -> Posing {
        Posing { prices: options.prices, time_limit: options.time_limit, ..self }
    }

    /// The best answer, level by level, its proof checked; of all such answers one near a result of before.
    ///
    /// # Errors
    /// The result of before is none; a quota that must be met is not; the proof does not hold.
    pub fn solve(self, near: Option<&Report>) -> Result<Allocation, AllocationError> {
        let before = near.map(|report| report.before(&self.plan, &self.dataset, &self.instance));
        let before = before.transpose().map_err(AllocationError::Before)?;
        if self.instance.by_points {
            if let Some(hard) = self.plan.quotas.iter().find(|quota| quota.hard) {
                return Err(AllocationError::ByPoints(hard.quota.name.clone()));
            }
            if self.flags.keep.is_some() {
                return Err(AllocationError::Keep("l'ordre des points ne cède pas de points"));
            }
            let (matching, gaps) = (self.instance.in_order_of_points(), Gaps::default());
            return Ok(Allocation::new(self, matching, gaps, before, None));
        }
        let until = self.time_limit.and_then(|limit| Instant::now().checked_add(limit));
        if self.flags.keep.is_some() && before.is_none() {
            return Err(AllocationError::Keep("il faut un résultat précédent (--near)"));
        }
        let problem = &self.instance.problem;
        let Answered { matching, gaps, by_count } =
            answer_in_order(&self.plan, problem, &self.always(), before.as_ref(), until)?;
        let Some(by_count) = by_count else {
            return self.kept(matching, gaps, before);
        };
        if self.flags.keep.is_some() {
            return Err(AllocationError::Keep(
                "des quotas à tenir coûtent des attributions, que des points ne rachètent pas",
            ));
        }
        if !met(&self.plan, &matching) || matching.reached.attributions == 0 {
            return Err(AllocationError::Unmet(self.lacking(&by_count, |name| self.is_hard(name))));
        }
        let cost = matching.reached.attributions < by_count.reached.attributions;
        let conditions = cost.then(|| self.conditions(&by_count));
        Ok(Allocation::new(self, matching, gaps, before, conditions))
    }

    /// The allocation of the best answer or, if points may be given up, of one in which fewer move.
    fn kept(
        self,
        matching: Matching,
        gaps: Gaps,
        before: Option<Before>,
    ) -> Result<Allocation, AllocationError> {
        let (Some(allowed), Some(had)) = (self.flags.keep, &before) else {
            return Ok(Allocation::new(self, matching, gaps, before, None));
        };
        let (matching, kept) = self.keep(&matching, &had.unit_of, allowed)?;
        let gaps = self.gaps(&matching)?;
        let mut allocation = Allocation::new(self, matching, gaps, before, None);
        allocation.kept = Some(kept);
        Ok(allocation)
    }

    /// Does a quota come before the number of attributions?
    pub(crate) fn is_hard(&self, name: &String) -> bool {
        self.plan.quotas.iter().any(|quota| quota.hard && quota.quota.name == *name)
    }

    /// By quota: the points of priority, in all, that one member less asked for would bring; nothing where hard
    /// quotas cost attributions, which points do not make up for.
    pub fn prices(&self, matching: &Matching) -> Vec<u64> {
        match is_ahead(&self.plan, &matching.certificate) || self.instance.by_points {
            true => Vec::new(),
            false => prices(&self.instance.problem, matching, self.instance.weight_of_point()),
        }
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
/// answers one near that of before. What is not proved when the clock comes to `until` is left open.
///
/// # Errors
/// The proof does not hold: a fault of the engine.
pub fn answer(
    problem: &Problem,
    near: Option<&Before>,
    until: Option<Instant>,
) -> Result<(Matching, Gaps), ProofError> {
    let matching = match (near, until) {
        (Some(before), _) => solve_near_until(problem, &before.unit_of, before.duals.as_ref(), until),
        (None, Some(until)) => solve_until(problem, until),
        (None, None) => solve(problem),
    };
    let gaps = gaps(problem, &matching)?;
    Ok((matching, gaps))
}

/// An answer in the order of the levels that the plan says.
#[derive(Clone, Debug)]
pub struct Answered {
    /// The answer.
    pub matching: Matching,
    /// What its proof, which is checked, leaves open.
    pub gaps: Gaps,
    /// Where hard quotas come before the number of attributions and are not met by as many as can be: the best answer
    /// by number.
    pub by_count: Option<Matching>,
}

/// The best answer of a problem with the hard quotas of the plan before the number of attributions; units that are
/// `always` given are not left empty for them.
///
/// # Errors
/// The proof does not hold: a fault of the engine; there is no place for the number among the quotas.
pub fn answer_in_order(
    plan: &MatchingPlan,
    problem: &Problem,
    always: &[bool],
    near: Option<&Before>,
    until: Option<Instant>,
) -> Result<Answered, AllocationError> {
    let (matching, gaps) = answer(problem, near, until)?;
    // Where as many as can be are housed and all hard quotas are met, nothing is better in the other order either.
    if met(plan, &matching) {
        return Ok(Answered { matching, gaps, by_count: None });
    }
    let ahead = Ahead::new(problem, &plan.ahead(), always)?;
    let (first, _) = answer(ahead.wider(), near, until)?;
    let first = ahead.narrow(problem, first)?;
    let gaps = ahead.gaps(problem, &first)?;
    Ok(Answered { matching: first, gaps, by_count: Some(matching) })
}

/// By quota: the points of priority, in all, that one member less asked for would bring; a point weighs `factor` in
/// the problem.
pub fn prices(problem: &Problem, matching: &Matching, factor: u64) -> Vec<u64> {
    let now = matching.reached.priority;
    let points = |weighed: u64| weighed / factor.max(1);
    let price = |quota| points(now.saturating_add(one_member_less(problem, matching, quota))) - points(now);
    (0..problem.quotas().len()).map(price).collect()
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
