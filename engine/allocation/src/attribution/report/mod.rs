//! The answer as it is written and read again: who gets what, what each level and quota reaches, and
//! the proof.
//!
//! What is read is not trusted: the problem is that of whoever reads ([`Posed`]), and each claim of the
//! file is computed again or named ([`ReportError`]). `made` writes a result, `told` reads what it says, `held` holds
//! its claims against what is computed here.

mod error;
mod held;
mod made;
mod told;

use logis_matching::{Already, Certificate, Duals};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

pub use self::error::ReportError;
use super::flow::Balance;
use super::posed::Posed;
use super::read::{ReadSigned, level, read_format, read_kind, rows, signed};
use super::reserves::UnderReserve;
use super::rules::{Asks, MatchingPlan, QuotaInForce};
use super::tenants::Moves;

/// The result of a matching.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// The version of its form: [`FORMAT`](logis_language::exchange::FORMAT); none for a result of before `logis/1`.
    #[serde(default, deserialize_with = "read_format")]
    pub format: Option<String>,
    /// What it is: `matching`, where there is a format.
    #[serde(default, deserialize_with = "read_kind")]
    pub kind: Option<String>,
    /// One for each attribution, by identifier of the request: both identifiers under the names of their
    /// columns, then whatever was asked for.
    #[serde(deserialize_with = "rows")]
    pub attributions: Vec<Map<String, Json>>,
    /// Chains and exchanges of units, where some requests hold one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moves: Option<Vec<Moves>>,
    /// What each level reaches, in strict order.
    pub levels: Vec<LevelReport>,
    /// The quotas in force, in strict order.
    pub quotas: Vec<QuotaReport>,
    /// How the holders to whom attributions are charged stand by their conventions, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<Vec<Balance>>,
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
    /// `attributions`, `first:NAME` (attributions to who comes first), `shortfall:QUOTA` (members that lack, or are too many: to
    /// be as small as can be), `priority`, `tie` (ranks among requests of as many points), `fit`. Before `logis/1`:
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
    /// What is asked for: a share as a fraction (`1/4`), a number (`5`), or `all` for who comes first.
    pub target: String,
    /// The share reached, likewise; `0/0` where nothing counts.
    pub achieved: String,
    /// Attributions to members that lack or, with `at_most`, are too many; of who comes first, none.
    pub shortfall: u64,
    /// May members be so many at most? Otherwise they must be so many at least.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_most: bool,
    /// What counted before, since the first day of the year: the share is asked of both together. Only where something did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub already: Option<AlreadyReport>,
    /// Points of priority, in all, that one member less asked for would bring: see
    /// [`logis_matching::one_member_less`]. Only where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<u64>,
}

/// What counted in a quota before the problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlreadyReport {
    /// Attributions that were members.
    pub members: u64,
    /// Attributions that counted.
    pub base: u64,
}

impl AlreadyReport {
    /// Of a quota, if something counted already.
    fn of(quota: &QuotaInForce) -> Option<AlreadyReport> {
        let Already { base, members } = quota.quota.already;
        let (base, members) = quota.asks.told(base, members);
        (base > 0).then_some(AlreadyReport { members, base })
    }
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

impl QuotaReport {
    pub(super) fn claims(&self, field: &'static str, found: &str, expected: String) -> ReportError {
        ReportError::QuotaClaim { name: self.name.clone(), field, found: found.to_string(), expected }
    }
}

/// The column of the holder to whom an attribution is charged.
pub const CHARGED: &str = "charged";

/// Begins the name of the level of a quota.
pub const SHORTFALL: &str = "shortfall:";

/// Begins the name of the level of who comes first.
pub const FIRST: &str = "first:";

/// Is a certificate one of the problem in which hard quotas come before the number of attributions? Then it has a
/// quota more, the number itself.
pub(crate) fn is_ahead(plan: &MatchingPlan, proofs: &Certificate) -> bool {
    proofs.quotas.len() > plan.quotas.len()
}

/// What the levels are, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    Attributions,
    /// The shortfall of this quota; or, of who comes first, the attributions to them.
    Quota(usize),
    Priority,
    /// The ranks of those housed among requests of as many points.
    Tie,
    Fit,
}

/// The levels, in order; the quotas that come before the number of attributions first, if they are `ahead`.
pub(super) fn levels(plan: &MatchingPlan, ahead: bool) -> Vec<Of> {
    let first = if ahead { plan.ahead() } else { Vec::new() };
    let others = (0..plan.quotas.len()).filter(|at| !first.contains(at)).map(Of::Quota);
    let before = first.iter().copied().map(Of::Quota).chain([Of::Attributions]);
    let tie = plan.ranks_ties().then_some(Of::Tie);
    before.chain(others).chain([Of::Priority]).chain(tie).chain([Of::Fit]).collect()
}

/// The name of a level.
pub(super) fn level_name(plan: &MatchingPlan, level: Of) -> String {
    match level {
        Of::Attributions => "attributions".to_string(),
        Of::Quota(at) => {
            let quota = plan.quotas.get(at);
            let of = if quota.is_some_and(|q| q.asks == Asks::First) { FIRST } else { SHORTFALL };
            format!("{of}{}", quota.map_or("?", |q| q.quota.name.as_str()))
        }
        Of::Priority => "priority".to_string(),
        Of::Tie => "tie".to_string(),
        Of::Fit => "fit".to_string(),
    }
}

pub(super) fn fraction(numerator: impl std::fmt::Display, denominator: impl std::fmt::Display) -> String {
    format!("{numerator}/{denominator}")
}
