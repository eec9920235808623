//! Why the answer is what it is for one request or one unit, in terms of the levels.
//!
//! In a best answer, to give a unit to a request in place of its holder makes some level worse. Where the
//! points are fewer, or equal and the fit worse, that is the reason; where they would be better, it is
//! the quota that would be less well met. Where nothing is worse, the two are equal and the identifiers
//! decide.

use std::cmp::Ordering;

use serde::Serialize;

use super::instance::Instance;
use super::rules::MatchingPlan;
use crate::candidates::{decide_pairs, demanded};
use logis_data::Dataset;
use logis_language::plan::Plan;
use logis_language::value::Value;
use logis_matching::{Duals, Matching, Problem, solve_near};

/// How many units or requests are named one by one.
const NAMED: usize = 10;

/// Why a request is housed where it is, or is not; why a unit is given to whom it is, or is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "cas", rename_all = "snake_case")]
pub enum Why {
    /// The request is housed.
    Logee {
        /// The unit.
        logement: String,
        /// Points of the request.
        priorite: u32,
        /// Fit of the pair.
        adequation: u16,
        /// How many units suit the request.
        recevables: usize,
        /// Those of them that would fit better, best first, and why they are others'.
        mieux_adaptes: Vec<Holder>,
        /// What the request would get if its unit was not there: found by solving again, from this answer.
        ensuite: Option<String>,
    },
    /// No unit suits the request.
    SansRecevable {
        /// Units looked at.
        logements: usize,
        /// Conditions that fail, the most frequent first.
        conditions: Vec<Fails>,
    },
    /// Units suit the request, and all are others'.
    Devancee {
        /// Points of the request.
        priorite: u32,
        /// How many units suit it.
        recevables: usize,
        /// By reason, how many of them.
        raisons: Vec<(Reason, usize)>,
        /// Their holders, those with fewest points first.
        detenteurs: Vec<Holder>,
    },
    /// The unit is given.
    Attribue {
        /// The request.
        demande: String,
        /// Its points.
        priorite: u32,
        /// Fit of the pair.
        adequation: u16,
        /// How many requests it suits.
        recevables: usize,
        /// To whom it would go if that request was not there: found by solving again, from this answer.
        ensuite: Option<String>,
    },
    /// The unit suits no request.
    SansDemande {
        /// Requests looked at.
        demandes: usize,
        /// Conditions that fail, the most frequent first.
        conditions: Vec<Fails>,
    },
    /// The unit is empty though it suits some: all of them are housed.
    TousLoges {
        /// How many requests it suits.
        recevables: usize,
        /// Where they are housed.
        loges: Vec<(String, String)>,
    },
}

/// Who holds a unit that suits a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Holder {
    /// The unit.
    pub logement: String,
    /// Fit of the request that asks why.
    pub adequation: u16,
    /// Who holds the unit; nobody, if it is empty.
    pub demande: Option<String>,
    /// Points of the holder.
    pub priorite: u32,
    /// Fit of the holder.
    pub adequation_detenteur: u16,
    /// What is worse if the request takes the holder's place.
    pub raison: Reason,
}

/// What a change makes worse.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Fewer are housed.
    Attributions,
    /// The shortfall of this quota grows.
    Quota(String),
    /// Fewer points.
    Priorite,
    /// A worse fit.
    Adequation,
    /// Nothing is worse: the identifiers decide.
    Identifiant,
    /// It would be better: this level was not proved to the end.
    NonProuve,
}

/// A condition of the suitability that fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fails {
    /// The rule.
    pub regle: String,
    /// What it says.
    pub libelle: String,
    /// For how many units (or requests) it is false.
    pub fausse: usize,
    /// For how many it is open, for want of inputs.
    pub inconnue: usize,
    /// For how many it alone is false.
    pub seule: usize,
}

/// An answer, and what is needed to say why.
pub struct Explainer<'e> {
    plan: &'e MatchingPlan,
    dataset: &'e Dataset,
    instance: &'e Instance,
    matching: &'e Matching,
    request_of: Vec<Option<u32>>,
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
        Explainer { plan, dataset, instance, matching, request_of }
    }

    /// Why a request (by number) is housed as it is, or is not.
    pub fn request(&self, request: u32) -> Why {
        let units = self.instance.units_of(request);
        let priorite = self.instance.problem.points(request);
        let own = self.matching.unit_of.get(request as usize).copied().flatten();
        if let Some(own) = own {
            let adequation = self.fit(request, own);
            let mut better: Vec<u32> =
                units.iter().copied().filter(|unit| self.fit(request, *unit) > adequation).collect();
            better.sort_by_key(|unit| (std::cmp::Reverse(self.fit(request, *unit)), *unit));
            let next = self.instance.part(|_, unit| unit != own).ok().map(|problem| self.near(&problem));
            let next = next.and_then(|m| m.unit_of.get(request as usize).copied().flatten());
            return Why::Logee {
                logement: self.unit_id(own),
                priorite,
                adequation,
                recevables: units.len(),
                mieux_adaptes: better.into_iter().take(NAMED).map(|u| self.holder(request, u)).collect(),
                ensuite: next.map(|unit| self.unit_id(unit)),
            };
        }
        if units.is_empty() {
            let row = self.instance.requests.row(request);
            let all: Vec<u32> = (0_u32..).take(self.instance.units.len()).collect();
            let conditions = self.fails(&vec![row; all.len()], &all);
            return Why::SansRecevable { logements: all.len(), conditions };
        }
        let mut holders: Vec<Holder> = units.iter().map(|unit| self.holder(request, *unit)).collect();
        let mut reasons: Vec<(Reason, usize)> = Vec::new();
        for holder in &holders {
            match reasons.iter_mut().find(|(reason, _)| *reason == holder.raison) {
                Some((_, count)) => *count += 1,
                None => reasons.push((holder.raison.clone(), 1)),
            }
        }
        reasons.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
        holders.sort_by(|a, b| (a.priorite, &a.logement).cmp(&(b.priorite, &b.logement)));
        holders.truncate(NAMED);
        Why::Devancee { priorite, recevables: units.len(), raisons: reasons, detenteurs: holders }
    }

    /// Why a unit (by number) is given to whom it is, or is empty.
    pub fn unit(&self, unit: u32) -> Why {
        let suits = |request: &u32| self.instance.pair(*request, unit).is_some();
        let requests: Vec<u32> = (0_u32..).take(self.instance.requests.len()).filter(suits).collect();
        if let Some(holder) = self.request_of.get(unit as usize).copied().flatten() {
            let next = self.instance.part(|request, _| request != holder).ok().map(|p| self.near(&p));
            let next = next.and_then(|m| m.unit_of.iter().position(|u| *u == Some(unit)));
            let next = next.and_then(|request| u32::try_from(request).ok());
            return Why::Attribue {
                demande: self.request_id(holder),
                priorite: self.instance.problem.points(holder),
                adequation: self.fit(holder, unit),
                recevables: requests.len(),
                ensuite: next.map(|request| self.request_id(request)),
            };
        }
        if requests.is_empty() {
            let all: Vec<u32> = (0_u32..).take(self.instance.requests.len()).collect();
            let conditions = self.fails(&all, &vec![self.instance.units.row(unit); all.len()]);
            return Why::SansDemande { demandes: all.len(), conditions };
        }
        let housed = |request: &u32| {
            let unit = self.matching.unit_of.get(*request as usize).copied().flatten()?;
            Some((self.request_id(*request), self.unit_id(unit)))
        };
        let loges = requests.iter().filter_map(housed).take(NAMED).collect();
        Why::TousLoges { recevables: requests.len(), loges }
    }

    /// The best answer of a part of the problem, near this one.
    fn near(&self, part: &Problem) -> Matching {
        let duals = Duals::of(&self.instance.problem, &self.matching.certificate);
        solve_near(part, &self.matching.unit_of, Some(&duals))
    }

    fn fit(&self, request: u32, unit: u32) -> u16 {
        self.instance.pair(request, unit).map_or(0, |(fit, _)| fit)
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
            logement: self.unit_id(unit),
            adequation: self.fit(request, unit),
            demande: holder.map(|h| self.request_id(h)),
            priorite: holder.map_or(0, |h| self.instance.problem.points(h)),
            adequation_detenteur: holder.map_or(0, |h| self.fit(h, unit)),
            raison: self.reason(request, unit, holder),
        }
    }

    /// What is worse if a request takes the place of the holder of a unit: the holder
    /// takes the unit that the request leaves, where it suits, and has none otherwise.
    pub(super) fn reason(&self, request: u32, unit: u32, holder: Option<u32>) -> Reason {
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
        let mut worse = None;
        for (at, (quota, reached)) in self.plan.quotas.iter().zip(&self.matching.reached.quotas).enumerate() {
            let count = |pairs: &[(u32, u32)], bit: usize| -> u64 {
                let marked = |&&(request, unit): &&(u32, u32)| {
                    self.instance.pair(request, unit).is_some_and(|(_, marks)| marks >> bit & 1 == 1)
                };
                pairs.iter().filter(marked).count() as u64
            };
            let change =
                |reached: u64, bit| (reached + count(&after, bit)).saturating_sub(count(&before, bit));
            let (base, members) = (change(reached.base, 2 * at), change(reached.members, 2 * at + 1));
            let shortfall = quota.quota.target(base).saturating_sub(members);
            match shortfall.cmp(&reached.shortfall) {
                Ordering::Greater => {
                    worse = Some(Reason::Quota(quota.quota.name.clone()));
                    break;
                }
                Ordering::Less => return Reason::NonProuve,
                Ordering::Equal => {}
            }
        }
        let sum = |pairs: &[(u32, u32)], of: &dyn Fn(u32, u32) -> u32| -> u64 {
            pairs.iter().map(|&(request, unit)| u64::from(of(request, unit))).sum()
        };
        let compare = |of: &dyn Fn(u32, u32) -> u32| sum(&after, of).cmp(&sum(&before, of));
        let points = compare(&|request, _| self.instance.problem.points(request));
        let fits = compare(&|request, unit| self.fit(request, unit).into());
        let more = after.len() > before.len();
        // A quota holds back only what would be better without it.
        match (points, fits) {
            _ if more => worse.unwrap_or(Reason::NonProuve),
            (Ordering::Less, _) => Reason::Priorite,
            (Ordering::Equal, Ordering::Less) => Reason::Adequation,
            (Ordering::Equal, Ordering::Equal) => Reason::Identifiant,
            _ => worse.unwrap_or(Reason::NonProuve),
        }
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
                regle: (*name).to_string(),
                libelle: label(name).unwrap_or_default(),
                fausse: (0..first.len()).filter(|&row| is_false(at, row)).count(),
                inconnue: (0..first.len()).filter(|&row| value(at, row).is_none()).count(),
                seule: (0..first.len())
                    .filter(|&row| {
                        is_false(at, row) && (0..names.len()).all(|o| o == at || !is_false(o, row))
                    })
                    .count(),
            })
            .filter(|fails| fails.fausse + fails.inconnue > 0)
            .collect();
        fails.sort_by(|a, b| (b.fausse, &a.regle).cmp(&(a.fausse, &b.regle)));
        fails
    }
}
