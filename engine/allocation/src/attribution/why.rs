//! Why the answer is what it is for one request or one unit, in terms of the levels.
//!
//! In a best answer, to give a unit to a request in place of its holder makes some level worse. Where the
//! points are fewer, or equal and the fit worse, that is the reason; where they would be better, it is
//! the quota that would be less well met. Where points are equal, seniority or the lot may decide; where nothing is
//! worse, no rule tells the two apart.

use std::cmp::Ordering;

use serde::Serialize;

use super::instance::Instance;
use super::rules::{Asks, MatchingPlan, QuotaInForce};
use crate::candidates::{decide_pairs, demanded};
use logis_data::Dataset;
use logis_language::plan::Plan;
use logis_language::value::Value;
use logis_matching::{Duals, Matching, QuotaReached, solve_near};

/// How many units or requests are named one by one.
const NAMED: usize = 10;

/// Why a request is housed where it is, or is not; why a unit is given to whom it is, or is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "case", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Why {
    /// The request is housed.
    Housed {
        /// The unit.
        unit: String,
        /// Points of the request.
        priority: u32,
        /// Fit of the pair.
        fit: u16,
        /// How many units suit the request.
        suitable: usize,
        /// The names by which its attribution comes first.
        first: Vec<String>,
        /// Those of them that would fit better, best first, and why they are others'.
        better_fitting: Vec<Holder>,
        /// What the request would get if its unit was not there: found by solving again, from this answer.
        otherwise: Option<String>,
        /// The unit that it held and leaves.
        #[serde(skip_serializing_if = "Option::is_none")]
        leaves: Option<String>,
    },
    /// No unit suits the request.
    NothingSuits {
        /// Units looked at.
        units: usize,
        /// Conditions that fail, the most frequent first.
        conditions: Vec<Fails>,
    },
    /// Units suit the request, and all are others'.
    Outranked {
        /// Points of the request.
        priority: u32,
        /// How many units suit it.
        suitable: usize,
        /// By reason, how many of them.
        reasons: Vec<ReasonCount>,
        /// Their holders, those with fewest points first.
        holders: Vec<Holder>,
    },
    /// The unit is given.
    Given {
        /// The request.
        request: String,
        /// Its points.
        priority: u32,
        /// Fit of the pair.
        fit: u16,
        /// How many requests it suits.
        suitable: usize,
        /// To whom it would go if that request was not there: found by solving again, from this answer.
        otherwise: Option<String>,
        /// The request that held it, and leaves it for another.
        #[serde(skip_serializing_if = "Option::is_none")]
        left_by: Option<String>,
    },
    /// The unit suits no request.
    SuitsNobody {
        /// Requests looked at.
        requests: usize,
        /// Conditions that fail, the most frequent first.
        conditions: Vec<Fails>,
    },
    /// The unit is occupied: its tenant is given no other, and stays.
    Occupied {
        /// The request that holds it.
        request: String,
        /// How many requests it suits.
        suitable: usize,
    },
    /// The unit is empty though it suits some: all of them are housed.
    AllHoused {
        /// How many requests it suits.
        suitable: usize,
        /// Where they are housed.
        housed: Vec<HousedIn>,
    },
}

/// Who holds a unit that suits a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The unit.
    pub unit: String,
    /// Fit of the request that asks why.
    pub fit: u16,
    /// Who holds the unit; nobody, if it is empty.
    pub request: Option<String>,
    /// Points of the holder.
    pub priority: u32,
    /// Fit of the holder.
    pub holder_fit: u16,
    /// What is worse if the request takes the holder's place.
    pub reason: Reason,
}

/// For how many units one thing is worse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReasonCount {
    /// What is worse.
    #[serde(flatten)]
    pub reason: Reason,
    /// For how many units.
    pub count: usize,
}

/// Where a request is housed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HousedIn {
    /// The request.
    pub request: String,
    /// Its unit.
    pub unit: String,
}

/// What a change makes worse.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "worse", content = "quota", rename_all = "snake_case")]
pub enum Reason {
    /// Fewer are housed.
    Attributions,
    /// The unit is occupied: its tenant is given no other.
    Occupied,
    /// Fewer of those who come first, by this name.
    First(String),
    /// The shortfall of this quota grows.
    Quota(String),
    /// Fewer points.
    Priority,
    /// A worse fit.
    Fit,
    /// As many points, and less seniority by the pack's rule for it.
    Seniority,
    /// As many points and as long a wait: the lot decided.
    Lottery,
    /// Nothing is worse: no rule tells the two apart.
    Equal,
    /// It would be better: this level was not proved to the end.
    NotProved,
}

/// A condition of the suitability that fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fails {
    /// The rule.
    pub rule: String,
    /// What it says.
    pub label: String,
    /// For how many units (or requests) it is false.
    pub false_for: usize,
    /// For how many it is open, for want of inputs.
    pub unknown_for: usize,
    /// For how many it alone is false.
    pub alone_false_for: usize,
}

/// An answer, and what is needed to say why.
pub struct Explainer<'e> {
    plan: &'e MatchingPlan,
    dataset: &'e Dataset,
    instance: &'e Instance,
    matching: &'e Matching,
    request_of: Vec<Option<u32>>,
    /// By unit: the request that held it before.
    tenant_of: Vec<Option<u32>>,
}

/// A pair with what it counts in the quotas.
#[derive(Clone, Copy)]
struct Marked {
    request: u32,
    unit: u32,
    marks: u64,
}

impl<'e> Explainer<'e> {
    /// For an answer that was verified.
    pub fn new(
        plan: &'e MatchingPlan,
        dataset: &'e Dataset,
        instance: &'e Instance,
        matching: &'e Matching,
    ) -> Explainer<'e> {
        let request_of = matching.request_of(instance.units.len());
        Explainer { plan, dataset, instance, matching, request_of, tenant_of: instance.holders() }
    }

    /// Why a request (by number) is housed as it is, or is not.
    pub fn request(&self, request: u32) -> Why {
        let units = self.instance.units_of(request);
        let priority = self.instance.points(request);
        let own = self.matching.unit_of.get(request as usize).copied().flatten();
        if let Some(own) = own {
            let fit = self.fit(request, own);
            let mut better: Vec<u32> =
                units.iter().copied().filter(|unit| self.fit(request, *unit) > fit).collect();
            better.sort_by_key(|unit| (std::cmp::Reverse(self.fit(request, *unit)), *unit));
            // The unit is taken away and the problem solved again from this answer: what the request gets
            // then is where it would be otherwise.
            let next = self.without(|_, unit| unit != own);
            let next = next.and_then(|unit_of| unit_of.get(request as usize).copied().flatten());
            return Why::Housed {
                unit: self.unit_id(own),
                priority,
                fit,
                suitable: units.len(),
                first: self.first(request, own),
                better_fitting: better.into_iter().take(NAMED).map(|u| self.holder(request, u)).collect(),
                otherwise: next.map(|unit| self.unit_id(unit)),
                leaves: self.instance.held(request).map(|unit| self.unit_id(unit)),
            };
        }
        if units.is_empty() {
            let row = self.instance.requests.row(request);
            let all: Vec<u32> = (0_u32..).take(self.instance.units.len()).collect();
            let conditions = self.fails(&vec![row; all.len()], &all);
            return Why::NothingSuits { units: all.len(), conditions };
        }
        let mut holders: Vec<Holder> = units.iter().map(|unit| self.holder(request, *unit)).collect();
        let mut reasons: Vec<ReasonCount> = Vec::new();
        for holder in &holders {
            match reasons.iter_mut().find(|one| one.reason == holder.reason) {
                Some(one) => one.count += 1,
                None => reasons.push(ReasonCount { reason: holder.reason.clone(), count: 1 }),
            }
        }
        reasons.sort_by(|a, b| (b.count, &a.reason).cmp(&(a.count, &b.reason)));
        holders.sort_by(|a, b| (a.priority, &a.unit).cmp(&(b.priority, &b.unit)));
        holders.truncate(NAMED);
        Why::Outranked { priority, suitable: units.len(), reasons, holders }
    }

    /// Why a unit (by number) is given to whom it is, or is empty.
    pub fn unit(&self, unit: u32) -> Why {
        let suits = |request: &u32| self.instance.pair(*request, unit).is_some();
        let requests: Vec<u32> = (0_u32..).take(self.instance.requests.len()).filter(suits).collect();
        let tenant = self.tenant_of.get(unit as usize).copied().flatten();
        if let Some(holder) = self.request_of.get(unit as usize).copied().flatten() {
            // Likewise, without the request that holds it.
            let next = self.without(|request, _| request != holder);
            let next = next.and_then(|unit_of| unit_of.iter().position(|u| *u == Some(unit)));
            let next = next.and_then(|request| u32::try_from(request).ok());
            return Why::Given {
                request: self.request_id(holder),
                priority: self.instance.points(holder),
                fit: self.fit(holder, unit),
                suitable: requests.len(),
                otherwise: next.map(|request| self.request_id(request)),
                left_by: tenant.map(|request| self.request_id(request)),
            };
        }
        if let Some(tenant) = tenant.filter(|tenant| self.stays(*tenant)) {
            return Why::Occupied { request: self.request_id(tenant), suitable: requests.len() };
        }
        if requests.is_empty() {
            let all: Vec<u32> = (0_u32..).take(self.instance.requests.len()).collect();
            let conditions = self.fails(&all, &vec![self.instance.units.row(unit); all.len()]);
            return Why::SuitsNobody { requests: all.len(), conditions };
        }
        let housed = |request: &u32| {
            let unit = self.matching.unit_of.get(*request as usize).copied().flatten()?;
            Some(HousedIn { request: self.request_id(*request), unit: self.unit_id(unit) })
        };
        let housed = requests.iter().filter_map(housed).take(NAMED).collect();
        Why::AllHoused { suitable: requests.len(), housed }
    }

    /// Does a tenant stay where it is?
    fn stays(&self, tenant: u32) -> bool {
        self.matching.unit_of.get(tenant as usize) == Some(&None)
    }

    /// The best answer of the pairs that are kept, near this one.
    fn without(&self, keep: impl Fn(u32, u32) -> bool) -> Option<Vec<Option<u32>>> {
        if self.instance.by_points {
            return self.instance.best_of(keep).ok().map(|best| best.unit_of);
        }
        let duals = Duals::of(&self.instance.problem, &self.matching.certificate);
        let part = self.instance.part(keep).ok()?;
        Some(solve_near(&part, &self.matching.unit_of, Some(&duals)).unit_of)
    }

    /// What puts the holder of a unit before a request in the order of points.
    fn turn(&self, request: u32, holder: u32) -> Reason {
        let order = |of: &dyn Fn(u32) -> u32| of(holder).cmp(&of(request));
        match (order(&|r| self.instance.points(r)), order(&|r| self.instance.rank(r))) {
            (Ordering::Greater, _) => Reason::Priority,
            (Ordering::Equal, Ordering::Greater) => match self.instance.seniority_differs(request, holder) {
                true => Reason::Seniority,
                false => Reason::Lottery,
            },
            (Ordering::Equal, Ordering::Equal) => Reason::Equal,
            _ => Reason::NotProved,
        }
    }

    fn fit(&self, request: u32, unit: u32) -> u16 {
        self.instance.pair(request, unit).map_or(0, |(fit, _)| fit)
    }

    /// The names by which an attribution comes first.
    fn first(&self, request: u32, unit: u32) -> Vec<String> {
        let marks = self.instance.pair(request, unit).map_or(0, |(_, marks)| marks);
        let first = self.plan.quotas.iter().enumerate().filter(|(_, quota)| quota.asks == Asks::First);
        let counted = first.filter(|(at, _)| marks >> (2 * at + 1) & 1 == 1);
        counted.map(|(_, quota)| quota.quota.name.clone()).collect()
    }

    fn request_id(&self, request: u32) -> String {
        self.instance.requests.id(self.dataset, request).to_string()
    }

    fn unit_id(&self, unit: u32) -> String {
        self.instance.units.id(self.dataset, unit).to_string()
    }

    /// Who holds a unit that suits a request, and why the request does not.
    fn holder(&self, request: u32, unit: u32) -> Holder {
        let holder = self.request_of.get(unit as usize).copied().flatten();
        Holder {
            unit: self.unit_id(unit),
            fit: self.fit(request, unit),
            request: holder.map(|h| self.request_id(h)),
            priority: holder.map_or(0, |h| self.instance.points(h)),
            holder_fit: holder.map_or(0, |h| self.fit(h, unit)),
            reason: self.reason(request, unit, holder),
        }
    }

    /// What is worse if a request takes the place of the holder of a unit: the holder
    /// takes the unit that the request leaves, where it suits, and has none otherwise.
    pub(super) fn reason(&self, request: u32, unit: u32, holder: Option<u32>) -> Reason {
        if self.instance.by_points {
            return holder.map_or(Reason::NotProved, |holder| self.turn(request, holder));
        }
        let own = self.matching.unit_of.get(request as usize).copied().flatten();
        // What is given up, and what comes in its place.
        let mut before: Vec<(u32, u32)> = own.map(|unit| (request, unit)).into_iter().collect();
        let mut after = vec![(request, unit)];
        if let Some(holder) = holder {
            before.push((holder, unit));
            after.extend(
                own.filter(|own| self.instance.pair(holder, *own).is_some()).map(|own| (holder, own)),
            );
        }
        if after.len() < before.len() {
            return Reason::Attributions;
        }
        let tenant = self.tenant_of.get(unit as usize).copied().flatten();
        if holder.is_none() && tenant.is_some_and(|tenant| tenant != request && self.stays(tenant)) {
            return Reason::Occupied;
        }
        // A holder who would have none stays where it was before, and so nobody else is there.
        let back = holder.filter(|holder| !after.iter().any(|(of, _)| of == holder));
        let back = back.and_then(|holder| self.instance.held(holder));
        if back.is_some_and(|unit| self.request_of.get(unit as usize).copied().flatten().is_some()) {
            return Reason::Attributions;
        }
        // To whom the pairs that come would be charged is chosen so that the quotas lack least.
        let (before, after) = self.with_marks(&before, &after);
        let mut worse = None;
        // Those that come before the count first, as in the levels.
        let ahead = self.plan.ahead();
        let others = (0..self.plan.quotas.len()).filter(|at| !ahead.contains(at));
        for at in ahead.iter().copied().chain(others) {
            let (Some(quota), Some(reached)) =
                (self.plan.quotas.get(at), self.matching.reached.quotas.get(at))
            else {
                continue;
            };
            // How many of these pairs carry a mark: bit 2 × quota counts in the base, the bit after it is a
            // member.
            let count = |pairs: &[Marked], bit: usize| -> u64 {
                pairs.iter().filter(|pair| pair.marks >> bit & 1 == 1).count() as u64
            };
            let change =
                |reached: u64, bit| (reached + count(&after, bit)).saturating_sub(count(&before, bit));
            let (base, members) = (change(reached.base, 2 * at), change(reached.members, 2 * at + 1));
            let shortfall = quota.quota.target(base).saturating_sub(members);
            match shortfall.cmp(&reached.shortfall) {
                Ordering::Greater => {
                    let name = quota.quota.name.clone();
                    worse = Some(match quota.asks {
                        Asks::First => Reason::First(name),
                        _ => Reason::Quota(name),
                    });
                    break;
                }
                // A quota nearer to being met at no cost before it: the answer was not the best, which only a
                // level without a whole proof can be.
                Ordering::Less => return Reason::NotProved,
                Ordering::Equal => {}
            }
        }
        let sum = |pairs: &[Marked], of: &dyn Fn(u32, u32) -> u32| -> u64 {
            pairs.iter().map(|pair| u64::from(of(pair.request, pair.unit))).sum()
        };
        let compare = |of: &dyn Fn(u32, u32) -> u32| sum(&after, of).cmp(&sum(&before, of));
        // Among requests of as many points the rank counts before the fit.
        let points = compare(&|request, _| self.instance.points(request));
        let ranks = compare(&|request, _| self.instance.rank(request));
        let fits = compare(&|request, unit| self.fit(request, unit).into());
        let more = after.len() > before.len();
        // A quota holds back only what would be better without it.
        match (points, fits) {
            // Points count before fit, as in the levels of the matching.
            _ if more => worse.unwrap_or(Reason::NotProved),
            (Ordering::Less, _) => Reason::Priority,
            (Ordering::Equal, _) if ranks == Ordering::Less => {
                match holder.is_some_and(|holder| self.instance.seniority_differs(request, holder)) {
                    true => Reason::Seniority,
                    false => Reason::Lottery,
                }
            }
            (Ordering::Equal, _) if ranks == Ordering::Greater => worse.unwrap_or(Reason::NotProved),
            (Ordering::Equal, Ordering::Less) => Reason::Fit,
            (Ordering::Equal, Ordering::Equal) => Reason::Equal,
            _ => worse.unwrap_or(Reason::NotProved),
        }
    }

    /// Pairs that are given up, and that come in their place, with what they count. Of those that come the marks are chosen by which
    /// the quotas lack least, in their order: a few holders for one or two pairs.
    fn with_marks(&self, before: &[(u32, u32)], after: &[(u32, u32)]) -> (Vec<Marked>, Vec<Marked>) {
        let before: Vec<Marked> = before
            .iter()
            .map(|&(request, unit)| Marked {
                request,
                unit,
                marks: self.instance.marks(self.matching, request, unit),
            })
            .collect();
        let mut all: Vec<Vec<Marked>> = vec![Vec::new()];
        for &(request, unit) in after {
            let marks: Vec<u64> = self.instance.pairs(request, unit).map(|(_, marks)| marks).collect();
            let longer = |own: &Vec<Marked>| {
                let more = |marks: &u64| {
                    let mut own = own.clone();
                    own.push(Marked { request, unit, marks: *marks });
                    own
                };
                marks.iter().map(more).collect::<Vec<_>>()
            };
            all = all.iter().flat_map(longer).collect();
        }
        let lacking = |own: &Vec<Marked>| -> Vec<u64> {
            let quotas = self.plan.quotas.iter().zip(&self.matching.reached.quotas).enumerate();
            let of = |(at, (quota, reached)): (usize, (&QuotaInForce, &QuotaReached))| {
                let count = |pairs: &[Marked], bit: usize| {
                    pairs.iter().filter(|pair| pair.marks >> bit & 1 == 1).count() as u64
                };
                let change =
                    |reached: u64, bit| (reached + count(own, bit)).saturating_sub(count(&before, bit));
                let (base, members) = (change(reached.base, 2 * at), change(reached.members, 2 * at + 1));
                quota.quota.target(base).saturating_sub(members)
            };
            quotas.map(of).collect()
        };
        let after = all.into_iter().min_by_key(lacking).unwrap_or_default();
        (before, after)
    }

    /// The conditions of the suitability that fail for these pairs of rows.
    fn fails(&self, first: &[u32], second: &[u32]) -> Vec<Fails> {
        let pairs = &self.plan.pairs;
        let names = demanded(pairs);
        let Ok(plan) = Plan::seen_from(&pairs.parsed, pairs.date, pairs.entity, &names) else {
            return Vec::new();
        };
        let decided = decide_pairs(&plan, self.dataset, first, second);
        let value = |at: usize, row: usize| decided.get(at).and_then(|column| column.value(row));
        let is_false = |at: usize, row: usize| value(at, row) == Some(Value::Bool(false));
        let label = |name: &str| {
            let rule = pairs.parsed.rules.get(pairs.parsed.rule(name)?)?;
            rule.texts.last().map(|text| text.doc.label.clone())
        };
        let mut fails: Vec<Fails> = names
            .iter()
            .enumerate()
            .map(|(at, name)| Fails {
                rule: (*name).to_string(),
                label: label(name).unwrap_or_default(),
                false_for: (0..first.len()).filter(|&row| is_false(at, row)).count(),
                unknown_for: (0..first.len()).filter(|&row| value(at, row).is_none()).count(),
                alone_false_for: (0..first.len())
                    .filter(|&row| {
                        is_false(at, row) && (0..names.len()).all(|o| o == at || !is_false(o, row))
                    })
                    .count(),
            })
            .filter(|fails| fails.false_for + fails.unknown_for > 0)
            .collect();
        fails.sort_by(|a, b| (b.false_for, &a.rule).cmp(&(a.false_for, &b.rule)));
        fails
    }
}
