//! The answer as it is written and read again: who gets what, what each level and quota reaches, and
//! the proof.
//!
//! What is read is not trusted: the problem is that of whoever reads ([`Posed`]), and each claim of the
//! file is computed again or named ([`ReportError`]).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::instance::Instance;
use super::posed::Posed;
use super::read::{KIND, ReadSigned, level, read_format, read_kind, rows, signed};
use super::reserves::UnderReserve;
use super::rules::MatchingPlan;
use logis_data::Dataset;
use logis_language::exchange::FORMAT;
use logis_matching::{Certificate, Duals, Matching, ProofError, QuotaReached, Reached};

/// The result of a matching.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The version of its form: [`FORMAT`]; none for a result of before `logis/1`.
    #[serde(default, deserialize_with = "read_format")]
    pub format: Option<String>,
    /// What it is: `matching`, where there is a format.
    #[serde(default, deserialize_with = "read_kind")]
    pub kind: Option<String>,
    /// One for each attribution, by identifier of the request: both identifiers under the names of their
    /// columns, then whatever was asked for.
    #[serde(deserialize_with = "rows")]
    pub attributions: Vec<Map<String, Json>>,
    /// What each level reaches, in strict order.
    pub levels: Vec<LevelReport>,
    /// The quotas in force, in strict order.
    pub quotas: Vec<QuotaReport>,
    /// Conditions of the texts that the rules do not look at, and how many attributions stand under each. Results did
    /// not tell at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reserves: Option<Vec<UnderReserve>>,
    /// The proof, with what it is a proof of.
    #[serde(deserialize_with = "signed")]
    pub certificate: Signed,
}

/// What a level reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelReport {
    /// `attributions`, `shortfall:QUOTA` (to be as small as can be), `priority`, `fit`. Before `logis/1`:
    /// `attributions`, `manque:QUOTA`, `priorite`, `adequation`.
    #[serde(deserialize_with = "level")]
    pub name: String,
    /// What it reaches.
    pub value: u64,
}

/// What a quota reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    /// [`logis_matching::one_member_less`].
    pub price: u64,
}

/// A certificate, and what the problem was that it certifies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "ReadSigned")]
pub struct Signed {
    /// The date of the rules.
    pub date: String,
    /// The most candidates that a request was left with, if there was a most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_candidates: Option<usize>,
    /// What else posed the problem. Results did not tell at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<Posed>,
    /// The units as the proofs number them, by identifier; and the first of each cell, with the number of
    /// units at the end. Whoever solves again begins from the prices that they have. Results did not tell at
    /// first.
    pub units: Vec<String>,
    /// See `units`.
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
#[non_exhaustive]
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
    /// A unit stands in two attributions.
    #[error("le logement {0} est attribué deux fois")]
    TwiceGiven(String),
    /// A quota in force that the result does not have.
    #[error("le quota `{0}`, en vigueur, manque au résultat")]
    QuotaMissing(String),
    /// A quota of the result that is not in force, or is turned off.
    #[error("le quota `{0}` du résultat n'est pas en vigueur ici")]
    QuotaTooMany(String),
    /// The quotas stand in another order.
    #[error("le quota `{0}` n'est pas à sa place")]
    QuotaOrder(String),
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
    /// A reserve under which attributions stand, and that the result does not tell so.
    #[error("les réserves du résultat ne disent pas: {} ({}), {} attributions", .0.reserve, .0.rules.join(", "), .0.count)]
    ReserveMissing(UnderReserve),
    /// A reserve of the result under which no attributions stand so.
    #[error("les réserves du résultat disent: {} ({}), {} attributions, et les règles ne le disent pas", .0.reserve, .0.rules.join(", "), .0.count)]
    ReserveTooMany(UnderReserve),
    /// The date is another.
    #[error("le résultat est du {found}, les règles sont prises au {expected}")]
    Date {
        /// That of the result.
        found: String,
        /// That of the run.
        expected: String,
    },
    /// The problem was posed otherwise.
    #[error("{what}: {found} dans le résultat, attendu : {expected}")]
    Posed {
        /// In what.
        what: String,
        /// As the result tells.
        found: String,
        /// As it is posed now.
        expected: String,
    },
    /// The result leaves out candidates, or has some too many.
    #[error("{}", most_candidates(*found, *expected))]
    MostCandidates {
        /// The most that a request kept.
        found: Option<usize>,
        /// The most that it keeps now.
        expected: Option<usize>,
    },
    /// Columns that nothing was asked to compute again.
    #[error("colonnes que rien ne vérifie: {}; celles d'une règle ou d'un champ se vérifient avec --select", .0.join(", "))]
    Unchecked(Vec<String>),
    /// An attribution lacks a column, or has another value in it.
    #[error("attribution {at} ({id}): `{column}` est {found}, attendu : {expected}")]
    Cell {
        /// Its place, from 1.
        at: usize,
        /// Its request.
        id: String,
        /// The column.
        column: String,
        /// What it says.
        found: String,
        /// What it should say.
        expected: String,
    },
    /// The numbers of the proofs are not those of this problem.
    #[error("la preuve est mal formée: `{0}` ne suit pas les logements")]
    Numbering(&'static str),
    /// The proof speaks of no problem.
    #[error(transparent)]
    Proof(#[from] ProofError),
}

fn most_candidates(found: Option<usize>, expected: Option<usize>) -> String {
    match (found, expected) {
        (Some(found), None) => format!(
            "le résultat est fait avec --max-candidates {found}: des candidatures y manquent; pour le vérifier entre celles qui restent: --max-candidates {found}"
        ),
        (found, expected) => {
            let of = |most: Option<usize>| most.map_or_else(|| "sans limite".to_string(), |n| n.to_string());
            format!("--max-candidates: {} dans le résultat, attendu : {}", of(found), of(expected))
        }
    }
}

impl QuotaReport {
    fn claims(&self, field: &'static str, found: &str, expected: String) -> ReportError {
        ReportError::QuotaClaim { name: self.name.clone(), field, found: found.to_string(), expected }
    }
}

/// Begins the name of the level of a quota.
pub const SHORTFALL: &str = "shortfall:";

/// The names of the levels, in order.
fn names(plan: &MatchingPlan) -> Vec<String> {
    let quotas = plan.quotas.iter().map(|q| format!("{SHORTFALL}{}", q.quota.name));
    let (first, last) = (["attributions"], ["priority", "fit"]);
    first.map(String::from).into_iter().chain(quotas).chain(last.map(String::from)).collect()
}

fn fraction(numerator: impl std::fmt::Display, denominator: impl std::fmt::Display) -> String {
    format!("{numerator}/{denominator}")
}

impl Report {
    /// The result of a matching; `prices` are those of the quotas; the problem was posed with so many candidates
    /// at most, and by what `posed` tells; `more` adds to an attribution what was asked
    /// for, by the place of its candidate in the outcomes.
    pub fn new(
        plan: &MatchingPlan,
        dataset: &Dataset,
        instance: &Instance,
        (matching, prices): (&Matching, &[u64]),
        (max_candidates, posed): (Option<usize>, Option<Posed>),
        more: impl Fn(usize, &mut Map<String, Json>),
    ) -> Report {
        let keys = keys(plan, instance);
        let mut attributions = Vec::new();
        for (request, unit) in (0_u32..).zip(&matching.unit_of) {
            let Some(unit) = *unit else { continue };
            attributions.push(row(&keys, dataset, instance, (request, unit), &more));
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
        let (units, cells) = numbering(dataset, instance);
        let certificate = Signed {
            date: plan.pairs.date.to_string(),
            max_candidates,
            problem: posed,
            units,
            cells,
            proofs: matching.certificate.clone(),
        };
        let (format, kind) = (Some(FORMAT.to_string()), Some(KIND.to_string()));
        Report { format, kind, attributions, levels, quotas, reserves: None, certificate }
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

    /// Are the reserves of the attributions those that the result tells, if it tells any?
    ///
    /// # Errors
    /// The first that is not.
    pub fn check_reserves(&self, reserves: &[UnderReserve]) -> Result<(), ReportError> {
        let Some(own) = &self.reserves else { return Ok(()) };
        let other = |own: &[UnderReserve], others: &[UnderReserve]| {
            own.iter().find(|reserve| !others.contains(reserve)).cloned()
        };
        match other(reserves, own) {
            Some(missing) => Err(ReportError::ReserveMissing(missing)),
            None => other(own, reserves).map_or(Ok(()), |more| Err(ReportError::ReserveTooMany(more))),
        }
    }

    /// What the problem of the result has that the problem as posed has not, and the other way round. A result
    /// that does not tell by what its problem was posed has no difference there: see [`Signed::problem`].
    pub fn differences(&self, plan: &MatchingPlan, most: Option<usize>, posed: &Posed) -> Vec<ReportError> {
        let mut all = Vec::new();
        let (found, expected) = (self.certificate.date.clone(), plan.pairs.date.to_string());
        if found != expected {
            all.push(ReportError::Date { found, expected });
        }
        let found = self.certificate.max_candidates;
        if found != most {
            all.push(ReportError::MostCandidates { found, expected: most });
        }
        let quotas = self.other_quotas(plan);
        if let Some(own) = &self.certificate.problem {
            all.extend(own.differences(posed, quotas.is_empty()));
        }
        all.splice(0..0, quotas);
        all
    }

    /// Quotas that only the result has, or only the plan; that stand in another order, or ask for another share.
    fn other_quotas(&self, plan: &MatchingPlan) -> Vec<ReportError> {
        let found: Vec<&str> = self.quotas.iter().map(|q| q.name.as_str()).collect();
        let expected: Vec<&str> = plan.quotas.iter().map(|q| q.quota.name.as_str()).collect();
        let missing = expected.iter().filter(|name| !found.contains(name));
        let too_many = found.iter().filter(|name| !expected.contains(name));
        let mut all: Vec<ReportError> =
            missing.map(|name| ReportError::QuotaMissing((*name).to_string())).collect();
        all.extend(too_many.map(|name| ReportError::QuotaTooMany((*name).to_string())));
        if all.is_empty() && found != expected {
            let other = found.iter().enumerate().find(|(at, name)| expected.get(*at) != Some(name));
            all.extend(other.map(|(_, name)| ReportError::QuotaOrder((*name).to_string())));
        }
        for quota in plan.quotas.iter().map(|q| &q.quota) {
            let expected = fraction(quota.numerator, quota.denominator);
            let own = self.quotas.iter().find(|own| own.name == quota.name && own.target != expected);
            all.extend(own.map(|own| own.claims("la part visée", &own.target, expected)));
        }
        all
    }

    /// The answer that the result tells, with all that it claims; what the claims are worth,
    /// [`logis_matching::verify`] says.
    ///
    /// # Errors
    /// What does not belong to this data and these rules.
    pub fn matching(
        &self,
        plan: &MatchingPlan,
        dataset: &Dataset,
        instance: &Instance,
    ) -> Result<Matching, ReportError> {
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
        let (units, cells) = numbering(dataset, instance);
        let Signed { units: own_units, cells: own_cells, proofs, .. } = &self.certificate;
        if !(own_units.is_empty() && own_cells.is_empty()) {
            if *own_units != units {
                return Err(ReportError::Numbering("units"));
            }
            if *own_cells != cells {
                return Err(ReportError::Numbering("cells"));
            }
        }
        Ok(Matching { unit_of, reached: self.reached(plan)?, certificate: proofs.clone() })
    }

    /// Are the columns of the attributions what `more` computes, and no others? Their identifiers are those of
    /// the data: see [`Report::matching`].
    ///
    /// # Errors
    /// Columns that nothing computes, all of them; or the first cell that is another.
    pub fn check_columns(
        &self,
        plan: &MatchingPlan,
        dataset: &Dataset,
        instance: &Instance,
        more: impl Fn(usize, &mut Map<String, Json>),
    ) -> Result<(), ReportError> {
        let keys = keys(plan, instance);
        let mut unchecked = BTreeSet::new();
        let mut wrong = None;
        for (at, own) in self.attributions.iter().enumerate() {
            let of = |key: &str| own.get(key).and_then(Json::as_str);
            let request = of(&keys.0).and_then(|id| instance.requests.find(dataset, id));
            let unit = of(&keys.1).and_then(|id| instance.units.find(dataset, id));
            let Some((request, unit)) = request.zip(unit) else { continue };
            let expected = row(&keys, dataset, instance, (request, unit), &more);
            unchecked.extend(own.keys().filter(|key| !expected.contains_key(*key)).cloned());
            let other = expected.iter().find(|(column, value)| own.get(*column) != Some(value));
            if let Some((column, value)) = other.filter(|_| wrong.is_none()) {
                wrong = Some(ReportError::Cell {
                    at: at + 1,
                    id: of(&keys.0).unwrap_or_default().to_string(),
                    column: column.clone(),
                    found: own.get(column).map_or_else(|| "absent".to_string(), Json::to_string),
                    expected: value.to_string(),
                });
            }
        }
        if !unchecked.is_empty() {
            return Err(ReportError::Unchecked(unchecked.into_iter().collect()));
        }
        wrong.map_or(Ok(()), Err)
    }

    /// What the result says to other data: by request of theirs the unit that it has here, if both are
    /// there; and the prices to begin from. What is only here is passed over.
    ///
    /// # Errors
    /// The result is none of any data: who or what is given twice, an attribution of nobody, a certificate
    /// that is not well formed.
    pub fn before(
        &self,
        plan: &MatchingPlan,
        dataset: &Dataset,
        instance: &Instance,
    ) -> Result<Before, ReportError> {
        let keys = keys(plan, instance);
        let mut before = Before { unit_of: vec![None; instance.requests.len()], ..Before::default() };
        let (mut housed, mut given) = (BTreeSet::new(), BTreeSet::new());
        for (at, own) in self.attributions.iter().enumerate() {
            let id = |column: &String| {
                let unknown = || ReportError::Unknown { at: at + 1, column: column.clone() };
                own.get(column).and_then(Json::as_str).ok_or_else(unknown)
            };
            let (request, unit) = (id(&keys.0)?, id(&keys.1)?);
            if !housed.insert(request) {
                return Err(ReportError::TwiceHoused(request.to_string()));
            }
            if !given.insert(unit) {
                return Err(ReportError::TwiceGiven(unit.to_string()));
            }
            let request = instance.requests.find(dataset, request);
            let unit = instance.units.find(dataset, unit);
            before.requests_gone += usize::from(request.is_none());
            before.units_gone += usize::from(unit.is_none());
            if let Some(slot) = request.and_then(|request| before.unit_of.get_mut(request as usize)) {
                *slot = unit;
            }
        }
        let Signed { proofs, units, cells, .. } = &self.certificate;
        // Results did not number units at first.
        if units.is_empty() && cells.len() <= 1 {
            return Ok(before);
        }
        let names: Vec<Option<u32>> = units.iter().map(|id| instance.units.find(dataset, id)).collect();
        if units.iter().collect::<BTreeSet<_>>().len() != units.len() {
            return Err(ReportError::Numbering("units"));
        }
        let duals = Duals::named(proofs, cells, &names, instance.units.len())?;
        // The conditions of a proof are numbered as the quotas are.
        let same = self.quotas.iter().map(|q| &q.name).eq(plan.quotas.iter().map(|q| &q.quota.name));
        before.duals = (same && proofs.quotas.len() == self.quotas.len()).then_some(duals);
        Ok(before)
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
                return Err(ReportError::QuotaMissing(quota.quota.name.clone()));
            };
            let agree = |field, found: &str, expected: String| match found == expected {
                true => Ok(()),
                false => Err(own.claims(field, found, expected)),
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
            return Err(ReportError::QuotaTooMany(more.name.clone()));
        }
        let last = plan.quotas.len() + 1;
        Ok(Reached { attributions: value(0), quotas, priority: value(last), fit: value(last + 1) })
    }
}

/// An attribution as it is written: the identifiers of both sides, then what `more` adds.
fn row(
    keys: &(String, String),
    dataset: &Dataset,
    instance: &Instance,
    (request, unit): (u32, u32),
    more: impl Fn(usize, &mut Map<String, Json>),
) -> Map<String, Json> {
    let mut own = Map::new();
    own.insert(keys.0.clone(), instance.requests.id(dataset, request).into());
    own.insert(keys.1.clone(), instance.units.id(dataset, unit).into());
    let row = instance.requests.row(request) as usize;
    if let Ok(at) = instance.candidates.of(row).binary_search(&instance.units.row(unit)) {
        more(instance.candidates.rows_of(row).start + at, &mut own);
    }
    own
}

/// The units as the problem numbers them, by identifier; and the first of each cell.
fn numbering(dataset: &Dataset, instance: &Instance) -> (Vec<String>, Vec<u32>) {
    let problem = &instance.problem;
    let id = |&unit: &u32| instance.units.id(dataset, unit).to_string();
    (problem.names().iter().map(id).collect(), problem.firsts().to_vec())
}

/// The columns of the identifiers of both sides.
fn keys(plan: &MatchingPlan, instance: &Instance) -> (String, String) {
    let schema = &plan.pairs.parsed.schema;
    let key = |entity: usize| schema.entities.get(entity).map_or_else(String::new, |e| e.key.clone());
    (key(instance.requests.entity), key(instance.units.entity))
}
