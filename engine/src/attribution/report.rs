//! The answer as it is written and read again: who gets what, what each level and quota reaches, and
//! the proof.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::instance::Instance;
use super::rules::MatchingPlan;
use crate::data::Dataset;
use crate::matching::{Certificate, Duals, Matching, QuotaReached, Reached};
use crate::value::Date;

/// The result of a matching.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// One for each attribution, by identifier of the request: both identifiers under the names of their
    /// columns, then whatever was asked for.
    pub attributions: Vec<Map<String, Json>>,
    /// What each level reaches, in strict order.
    pub levels: Vec<LevelReport>,
    /// The quotas in force, in strict order.
    pub quotas: Vec<QuotaReport>,
    /// The proof, with what it is a proof of.
    pub certificate: Signed,
}

/// What a level reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LevelReport {
    /// `attributions`, `manque:QUOTA` (to be as small as can be), `priorite`, `adequation`.
    pub name: String,
    /// What it reaches.
    pub value: u64,
}

/// What a quota reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaReport {
    /// Its name.
    pub name: String,
    /// Attributions that are members.
    pub members: u64,
    /// Attributions that count.
    pub base: u64,
    /// The share asked for, a fraction: `1/4`.
    pub target: String,
    /// The share reached, likewise; `0/0` where nothing counts.
    pub achieved: String,
    /// Attributions to members that lack.
    pub shortfall: u64,
    /// Points of priority, in all, that one member less asked for would bring: see
    /// [`crate::matching::one_member_less`].
    pub price: u64,
}

/// A certificate, and what the problem was that it certifies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signed {
    /// The date of the rules.
    pub date: String,
    /// The most candidates that a request was left with, if there was a most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_candidates: Option<usize>,
    /// The units as the proofs number them, by identifier; and the first of each cell, with the number of
    /// units at the end. Whoever solves again begins from the prices that they have.
    #[serde(default)]
    pub units: Vec<String>,
    /// See `units`.
    #[serde(default)]
    pub cells: Vec<u32>,
    /// The proofs, level by level.
    #[serde(flatten)]
    pub proofs: Certificate,
}

/// A result as seen from data that came after.
#[derive(Clone, Debug, Default)]
pub struct Before {
    /// By request (its number in that data): the unit that it had.
    pub unit_of: Vec<Option<u32>>,
    /// Where to begin, if the quotas are the same.
    pub duals: Option<Duals>,
    /// Attributions whose request is not in the data.
    pub requests_gone: usize,
    /// Attributions whose unit is not.
    pub units_gone: usize,
}

/// Why a written result is none of this data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// An attribution names nobody, or nothing.
    #[error("attribution {at} : `{column}` manque, ou n'est l'identifiant d'aucune ligne des données")]
    Unknown {
        /// Its place, from 1.
        at: usize,
        /// The column.
        column: String,
    },
    /// A request stands in two attributions.
    #[error("la demande {0} reçoit deux logements")]
    TwiceHoused(String),
    /// The levels are others.
    #[error("les niveaux sont {found}, attendu : {expected}")]
    Levels {
        /// Those that are written.
        found: String,
        /// Those of the rules.
        expected: String,
    },
    /// The quotas are others.
    #[error("le quota `{0}` n'est pas en vigueur à cette date, ou n'est pas à sa place")]
    Quota(String),
    /// What a quota reaches is told in two ways that do not agree.
    #[error("le quota `{name}` annonce {field} {found}, attendu : {expected}")]
    QuotaClaim {
        /// The quota.
        name: String,
        /// What is told.
        field: &'static str,
        /// As it is.
        found: String,
        /// As it should be.
        expected: String,
    },
    /// The date is another.
    #[error("le résultat est du {found}, les règles sont prises au {expected}")]
    Date {
        /// That of the result.
        found: String,
        /// That of the run.
        expected: String,
    },
}

/// The names of the levels, in order.
fn names(plan: &MatchingPlan) -> Vec<String> {
    let quotas = plan.quotas.iter().map(|q| format!("manque:{}", q.quota.name));
    let (first, last) = (["attributions"], ["priorite", "adequation"]);
    first.map(String::from).into_iter().chain(quotas).chain(last.map(String::from)).collect()
}

fn fraction(numerator: impl std::fmt::Display, denominator: impl std::fmt::Display) -> String {
    format!("{numerator}/{denominator}")
}

impl Report {
    /// The result of a matching; `prices` are those of the quotas; `more` adds to an attribution what was asked
    /// for, by the place of its candidate in the outcomes.
    pub fn new(
        plan: &MatchingPlan,
        dataset: &Dataset,
        instance: &Instance,
        (matching, prices): (&Matching, &[u64]),
        max_candidates: Option<usize>,
        more: impl Fn(usize, &mut Map<String, Json>),
    ) -> Report {
        let keys = keys(plan, instance);
        let mut attributions = Vec::new();
        for (request, unit) in (0_u32..).zip(&matching.unit_of) {
            let Some(unit) = *unit else { continue };
            let mut own = Map::new();
            own.insert(keys.0.clone(), instance.requests.id(dataset, request).into());
            own.insert(keys.1.clone(), instance.units.id(dataset, unit).into());
            let row = instance.requests.row(request) as usize;
            let units = instance.candidates.of(row);
            if let Ok(at) = units.binary_search(&instance.units.row(unit)) {
                more(instance.candidates.rows_of(row).start + at, &mut own);
            }
            attributions.push(own);
        }
        let reached = &matching.reached;
        let shortfalls = reached.quotas.iter().map(|q| q.shortfall);
        let values =
            [reached.attributions].into_iter().chain(shortfalls).chain([reached.priority, reached.fit]);
        let levels =
            names(plan).into_iter().zip(values).map(|(name, value)| LevelReport { name, value }).collect();
        let quotas =
            plan.quotas.iter().zip(&reached.quotas).enumerate().map(|(at, (quota, reached))| QuotaReport {
                name: quota.quota.name.clone(),
                members: reached.members,
                base: reached.base,
                target: fraction(quota.quota.numerator, quota.quota.denominator),
                achieved: fraction(reached.members, reached.base),
                shortfall: reached.shortfall,
                price: prices.get(at).copied().unwrap_or(0),
            });
        let quotas = quotas.collect();
        let date = plan.pairs.date.to_string();
        let problem = &instance.problem;
        let certificate = Signed {
            date,
            max_candidates,
            units: problem.names().iter().map(|&unit| instance.units.id(dataset, unit).to_string()).collect(),
            cells: problem.firsts().to_vec(),
            proofs: matching.certificate.clone(),
        };
        Report { attributions, levels, quotas, certificate }
    }

    /// Are the prices of the quotas those that the result tells?
    ///
    /// # Errors
    /// The first that is not.
    pub fn check_prices(&self, prices: &[u64]) -> Result<(), ReportError> {
        for (own, expected) in self.quotas.iter().zip(prices) {
            if own.price != *expected {
                let (name, found) = (own.name.clone(), own.price.to_string());
                let expected = expected.to_string();
                return Err(ReportError::QuotaClaim { name, field: "le prix", found, expected });
            }
        }
        Ok(())
    }

    /// The quotas that the result has.
    pub fn has_quota(&self, name: &str) -> bool {
        self.quotas.iter().any(|q| q.name == name)
    }

    /// The answer that the result tells, with all that it claims; what the claims are worth,
    /// [`crate::matching::verify`] says.
    ///
    /// # Errors
    /// What does not belong to this data and these rules.
    pub fn matching(
        &self,
        plan: &MatchingPlan,
        dataset: &Dataset,
        instance: &Instance,
        date: Date,
    ) -> Result<Matching, ReportError> {
        let (found, expected) = (self.certificate.date.clone(), date.to_string());
        if found != expected {
            return Err(ReportError::Date { found, expected });
        }
        let keys = keys(plan, instance);
        let mut unit_of = vec![None; instance.requests.len()];
        for (at, own) in self.attributions.iter().enumerate() {
            let id = |column: &String| {
                let unknown = || ReportError::Unknown { at: at + 1, column: column.clone() };
                own.get(column).and_then(Json::as_str).ok_or_else(unknown)
            };
            let unknown = |column: &String| ReportError::Unknown { at: at + 1, column: column.clone() };
            let request = instance.requests.find(dataset, id(&keys.0)?).ok_or_else(|| unknown(&keys.0))?;
            let unit = instance.units.find(dataset, id(&keys.1)?).ok_or_else(|| unknown(&keys.1))?;
            match unit_of.get_mut(request as usize) {
                Some(slot @ None) => *slot = Some(unit),
                _ => return Err(ReportError::TwiceHoused(id(&keys.0)?.to_string())),
            }
        }
        Ok(Matching { unit_of, reached: self.reached(plan)?, certificate: self.certificate.proofs.clone() })
    }

    /// What the result says to other data: by request of theirs the unit that it has here, if both are
    /// there; and the prices to begin from. What is only here is passed over.
    pub fn before(&self, plan: &MatchingPlan, dataset: &Dataset, instance: &Instance) -> Before {
        let keys = keys(plan, instance);
        let mut before = Before { unit_of: vec![None; instance.requests.len()], ..Before::default() };
        for own in &self.attributions {
            let id = |key: &str| own.get(key).and_then(Json::as_str);
            let request = id(&keys.0).and_then(|id| instance.requests.find(dataset, id));
            let unit = id(&keys.1).and_then(|id| instance.units.find(dataset, id));
            before.requests_gone += usize::from(request.is_none());
            before.units_gone += usize::from(unit.is_none());
            if let Some(slot) = request.and_then(|request| before.unit_of.get_mut(request as usize)) {
                *slot = unit;
            }
        }
        let names: Vec<Option<u32>> =
            self.certificate.units.iter().map(|id| instance.units.find(dataset, id)).collect();
        let Signed { proofs, cells, .. } = &self.certificate;
        // The conditions of a proof are numbered as the quotas are.
        let same = self.quotas.iter().map(|q| &q.name).eq(plan.quotas.iter().map(|q| &q.quota.name));
        let known = same && !names.is_empty();
        before.duals = known.then(|| Duals::named(proofs, cells, &names, instance.units.len()));
        before
    }

    /// What the result claims to reach.
    fn reached(&self, plan: &MatchingPlan) -> Result<Reached, ReportError> {
        let (found, expected): (Vec<&str>, Vec<String>) =
            (self.levels.iter().map(|l| l.name.as_str()).collect(), names(plan));
        if found != expected {
            let (found, expected) = (found.join(", "), expected.join(", "));
            return Err(ReportError::Levels { found, expected });
        }
        let value = |at: usize| self.levels.get(at).map_or(0, |level| level.value);
        let mut quotas = Vec::new();
        for (at, quota) in plan.quotas.iter().enumerate() {
            let Some(own) = self.quotas.get(at).filter(|own| own.name == quota.quota.name) else {
                return Err(ReportError::Quota(quota.quota.name.clone()));
            };
            let agree = |field, found: &str, expected: String| match found == expected {
                true => Ok(()),
                false => Err(ReportError::QuotaClaim {
                    name: own.name.clone(),
                    field,
                    found: found.to_string(),
                    expected,
                }),
            };
            let share = fraction(quota.quota.numerator, quota.quota.denominator);
            agree("la part visée", &own.target, share)?;
            agree("la part atteinte", &own.achieved, fraction(own.members, own.base))?;
            agree("le manque", &own.shortfall.to_string(), value(at + 1).to_string())?;
            quotas.push(QuotaReached {
                base: own.base,
                members: own.members,
                target: quota.quota.target(own.base),
                shortfall: own.shortfall,
            });
        }
        if let Some(more) = self.quotas.get(plan.quotas.len()) {
            return Err(ReportError::Quota(more.name.clone()));
        }
        let last = plan.quotas.len() + 1;
        Ok(Reached { attributions: value(0), quotas, priority: value(last), fit: value(last + 1) })
    }
}

/// The columns of the identifiers of both sides.
fn keys(plan: &MatchingPlan, instance: &Instance) -> (String, String) {
    let schema = &plan.pairs.parsed.schema;
    let key = |entity: usize| schema.entities.get(entity).map_or_else(String::new, |e| e.key.clone());
    (key(instance.requests.entity), key(instance.units.entity))
}
