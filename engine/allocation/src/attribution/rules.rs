//! What a matching decides by on a date: the plans, and the quotas in force.

use std::collections::BTreeSet;
use std::sync::Arc;

use logis_language::diagnostic::PackError;
use logis_language::pack::Parsed;
use logis_language::pack::manifest;
use logis_language::pack::params::ParameterId;
use logis_language::plan::{Plan, no_place};
use logis_language::value::{Date, Value};
use logis_matching::Quota;

/// The rules of a matching, as of a date.
#[derive(Clone, Debug)]
pub struct MatchingPlan {
    /// On pairs: the suitability, what was asked for besides, then what the matching needs.
    pub pairs: Plan,
    /// How many outcomes were asked for besides, right after the suitability.
    pub asked: usize,
    /// On requests: the priority.
    pub priority: Option<Plan>,
    /// On requests: who comes first of those with as many points.
    pub tie: Option<Plan>,
    /// In the order of their points, does each request take its best?
    pub by_points: bool,
    /// The seed of the lottery among requests that nothing else ranks, if there is one.
    pub seed: Option<u64>,
    /// The quotas in force, in strict order.
    pub quotas: Vec<QuotaInForce>,
    /// The quotas that the pack has and that are not in force on the date.
    pub not_in_force: Vec<NotInForce>,
    /// Among the outcomes after the suitability: that of the fit.
    pub(super) fit: Option<usize>,
}

/// A quota of the pack, and the share that the law in force gives it.
#[derive(Clone, Debug)]
pub struct QuotaInForce {
    /// Its name and its share.
    pub quota: Quota,
    /// Does it come before the number of attributions?
    pub hard: bool,
    /// What people call it.
    pub label: String,
    /// Where the share comes from.
    pub source: String,
    /// Why the share may be wrong, where it may.
    pub doubt: Option<String>,
    /// Place of the base among the outcomes after the suitability; `None` if all attributions count.
    pub(super) base: Option<usize>,
    /// Place of the members among the outcomes after the suitability.
    pub(super) members: usize,
}

/// A quota whose share has no value on the date.
#[derive(Clone, Debug)]
pub struct NotInForce {
    /// Its name.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// The first day on which its share has a value.
    pub from: Option<Date>,
}

/// A pack without a matching is asked for one.
pub const NO_MATCHING: &str = "le paquet de règles ne déclare pas d'appariement: `[matching]` dans pack.toml";

impl MatchingPlan {
    /// Plans the matching that a pack declares. `asked` are rules (or fields) of the pair, the request or
    /// the unit to be decided for each candidate besides.
    ///
    /// # Errors
    /// The pack declares no matching; an unknown name; a parameter without a value on the date; a block
    /// that leads to no units.
    pub fn new(parsed: &Arc<Parsed>, date: Date, asked: &[&str]) -> Result<MatchingPlan, PackError> {
        let Some(declared) = &parsed.manifest.matching else {
            let none = no_place(NO_MATCHING.to_string());
            return Err(PackError { diagnostics: vec![none], sources: parsed.sources.clone() });
        };
        let mut names: Vec<&str> = vec![&declared.suitable.0];
        names.extend(asked);
        let fit = declared.fit.as_ref().map(|fit| place(&mut names, fit));
        let (mut quotas, mut not_in_force) = (Vec::new(), Vec::new());
        for quota in &declared.quotas {
            match share(parsed, quota, date) {
                Some((numerator, denominator, source, doubt)) => quotas.push(QuotaInForce {
                    quota: Quota::new(quota.name.0.clone(), numerator, denominator),
                    hard: quota.hard,
                    label: quota.label.clone(),
                    source,
                    doubt,
                    base: quota.base.as_ref().map(|base| place(&mut names, base)),
                    members: place(&mut names, &quota.members),
                }),
                None => not_in_force.push(NotInForce {
                    name: quota.name.0.clone(),
                    label: quota.label.clone(),
                    from: parsed
                        .parameter(&quota.share.0)
                        .and_then(|id| parsed.parameters.get(id)?.versions.first().map(|v| v.from)),
                }),
            }
        }
        let entity = parsed.schema.entity(&declared.candidature.0).unwrap_or(0);
        let pairs = Plan::seen_from(parsed, date, entity, &names)?;
        logis_language::plan::conditions::check_blocks(&pairs, &declared.blocks)?;
        let priority = declared.priority.as_ref().map(|(name, _)| Plan::new(parsed, date, &[name]));
        let priority = priority.transpose()?;
        let tie = declared.tie.as_ref().map(|(name, _)| Plan::new(parsed, date, &[name])).transpose()?;
        Ok(MatchingPlan {
            pairs,
            asked: asked.len(),
            priority,
            tie,
            by_points: declared.by_points,
            seed: None,
            quotas,
            not_in_force,
            fit,
        })
    }

    /// The plans whose data the matching needs.
    pub fn plans(&self) -> impl Iterator<Item = &Plan> {
        std::iter::once(&self.pairs).chain(&self.priority).chain(&self.tie)
    }

    /// Are requests of as many points ranked?
    pub fn ranks_ties(&self) -> bool {
        self.tie.is_some() || self.seed.is_some()
    }

    /// The quotas that come before the number of attributions, by place.
    pub fn ahead(&self) -> Vec<usize> {
        (0..self.quotas.len()).filter(|at| self.quotas.get(*at).is_some_and(|q| q.hard)).collect()
    }

    /// This plan with the parameters of another pack: see [`Plan::with_values`]. Plans that read none of the
    /// parameters that differ stay as they are.
    #[must_use]
    pub fn with_values(&self, parsed: &Arc<Parsed>, differ: &BTreeSet<ParameterId>) -> MatchingPlan {
        let mut own = self.clone();
        let plans = std::iter::once(&mut own.pairs).chain(&mut own.priority).chain(&mut own.tie);
        for plan in plans.filter(|p| p.reads(differ)) {
            plan.parsed = parsed.clone();
        }
        let declared = parsed.manifest.matching.iter().flat_map(|m| &m.quotas);
        let shares: Vec<&manifest::Quota> = declared.collect();
        for quota in &mut own.quotas {
            let found = shares.iter().find(|q| q.name.0 == quota.quota.name);
            if let Some((numerator, denominator, source, doubt)) =
                found.and_then(|q| share(parsed, q, own.pairs.date))
            {
                (quota.quota.numerator, quota.quota.denominator) = (numerator, denominator);
                (quota.source, quota.doubt) = (source, doubt);
            }
        }
        own
    }

    /// Keeps the quotas of these names only.
    #[must_use]
    pub fn with_quotas(mut self, keep: impl Fn(&str) -> bool) -> MatchingPlan {
        self.quotas.retain(|q| keep(&q.quota.name));
        self
    }
}

/// The place of a name among the outcomes after the suitability. It stands there once; what was asked
/// stays as it was asked.
fn place<'n>(names: &mut Vec<&'n str>, (name, _): &'n manifest::Named) -> usize {
    names.iter().skip(1).position(|n| n == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 2
    })
}

/// The share of a quota on a date, its source and its doubt.
fn share(parsed: &Parsed, quota: &manifest::Quota, date: Date) -> Option<(u32, u32, String, Option<String>)> {
    let parameter = parsed.parameters.get(parsed.parameter(&quota.share.0)?)?;
    let version = parameter.at(date)?;
    let Value::Number(share) = &version.cells.get(&Vec::new())?.value else { return None };
    let part = |n: i128| u32::try_from(n).ok();
    Some((part(*share.numer())?, part(*share.denom())?, version.cited(), version.doubt.clone()))
}
