//! What a matching decides by on a date: the plans, and the quotas in force.

use std::collections::BTreeSet;
use std::sync::Arc;

use logis_language::diagnostic::PackError;
use logis_language::pack::Parsed;
use logis_language::pack::manifest::{self, Ranks};
use logis_language::pack::params::ParameterId;
use logis_language::plan::{Plan, no_place};
use logis_language::value::{Date, Value};
use logis_matching::{MOST_ALREADY, Quota, QuotaReached};

use super::flow::{FlowInForce, HolderInForce};
use super::scopes::{Scope, UnknownUnits};

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
    /// On requests: which unit each holds.
    pub held: Option<Plan>,
    /// In the order of their points, does each request take its best?
    pub by_points: bool,
    /// By what the ranks below the first are filled in lists.
    pub ranks: Ranks,
    /// The seed of the lottery among requests that nothing else ranks, if there is one.
    pub seed: Option<u64>,
    /// The quotas in force, in strict order.
    pub quotas: Vec<QuotaInForce>,
    /// The quotas that the pack has and that are not in force on the date.
    pub not_in_force: Vec<NotInForce>,
    /// Among the outcomes after the suitability: that of the fit.
    pub(super) fit: Option<usize>,
    /// On units: what quotas count by, and to whom attributions are charged.
    pub(super) units: Option<Plan>,
    /// The holders to whom attributions are charged.
    pub flow: Option<FlowInForce>,
    /// Units of which the data do not say what quotas count by, or to whom they are charged: known once the plan is set
    /// [`on`](MatchingPlan::on) data.
    pub unknown_units: Vec<UnknownUnits>,
}

/// A quota of the pack, and the share or number that the law in force gives it; or who comes first, which asks for as many
/// members as there can be.
#[derive(Clone, Debug)]
pub struct QuotaInForce {
    /// Its name, and what it asks for as the problem counts it: see [`Asks`].
    pub quota: Quota,
    /// What it asks for as people say it.
    pub asks: Asks,
    /// Does it come before the number of attributions?
    pub hard: bool,
    /// What people call it.
    pub label: String,
    /// Where the share or number comes from; of who comes first, nothing: its rule says it.
    pub source: String,
    /// Why the share or number may be wrong, where it may.
    pub doubt: Option<String>,
    /// The name that the pack gives it; of a quota with a scope, that of all its values together.
    pub family: String,
    /// By what it counts, if it does by something.
    pub scope: Option<Scope>,
    /// The holder to whom attributions are charged that are its members or, where it names members, its base.
    pub charged: Option<usize>,
    /// Place of the base among the outcomes after the suitability; `None` if all attributions count.
    pub(super) base: Option<usize>,
    /// Place of the members among the outcomes after the suitability; `None` where they are what is charged to the holder.
    pub(super) members: Option<usize>,
}

/// What a quota asks for.
///
/// A problem knows members at least, as a share of a base and a number. What may be at most is counted there by what it is not:
/// of a share, those of the base that are no members are the problem's members; of a number, those that may be so many are
/// the problem's base, in which there are no members.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asks {
    /// As many members as there can be, before all quotas.
    First,
    /// A share of the base to members, at least.
    ShareAtLeast,
    /// A share of the base to members, at most: numerator and denominator.
    ShareAtMost(u32, u32),
    /// So many members, at least.
    NumberAtLeast(u32),
    /// So many members, at most.
    NumberAtMost(u32),
}

impl Asks {
    /// What the problem asks for by the name of a quota; `share` is numerator and denominator of one that is to be reached.
    fn quota(self, name: &str, share: (u32, u32)) -> Quota {
        match self {
            Asks::First => Quota::at_least(name, u32::try_from(MOST_ALREADY).unwrap_or(u32::MAX)),
            Asks::ShareAtLeast => Quota::new(name, share.0, share.1),
            Asks::ShareAtMost(a, b) => Quota::new(name, b.saturating_sub(a), b),
            Asks::NumberAtLeast(number) => Quota::at_least(name, number),
            Asks::NumberAtMost(number) => Quota::at_most(name, number),
        }
    }

    /// May members be so many at most?
    pub fn at_most(self) -> bool {
        matches!(self, Asks::ShareAtMost(..) | Asks::NumberAtMost(_))
    }

    /// The marks of a pair in the problem: bit 0, does it count in the base; bit 1, is it a member? What is not known counts
    /// against the quota, whichever it asks for.
    pub(super) fn marks(self, base: Option<bool>, member: Option<bool>) -> u64 {
        let (counts, known) = (base != Some(false), base == Some(true));
        let (base, member) = match self {
            Asks::First | Asks::ShareAtLeast | Asks::NumberAtLeast(_) => {
                (counts, known && member == Some(true))
            }
            Asks::ShareAtMost(..) => (counts, known && member == Some(false)),
            Asks::NumberAtMost(_) => (counts && member != Some(false), false),
        };
        u64::from(base) | u64::from(base && member) << 1
    }

    /// Attributions in the base and among the members, as people count them.
    pub fn counted(self, reached: &QuotaReached) -> (u64, u64) {
        self.told(reached.base, reached.members)
    }

    /// The same of any attributions that the problem counts.
    pub fn told(self, base: u64, members: u64) -> (u64, u64) {
        match self {
            Asks::ShareAtMost(..) => (base, base.saturating_sub(members)),
            Asks::NumberAtMost(_) => (base, base),
            _ => (base, members),
        }
    }

    /// What the problem counts, of what people do.
    pub(crate) fn in_problem(self, base: u64, members: u64) -> (u64, u64) {
        match self {
            Asks::ShareAtMost(..) => (base, base.saturating_sub(members)),
            Asks::NumberAtMost(_) => (base, 0),
            _ => (base, members),
        }
    }
}

impl QuotaInForce {
    /// Is a name that of one of the values of this quota, which has a scope?
    pub(crate) fn is_line(&self, name: &str) -> bool {
        let inside = name.strip_prefix(self.family.as_str()).and_then(|rest| rest.strip_prefix(" ["));
        self.scope.is_some() && inside.is_some_and(|rest| rest.ends_with(']'))
    }

    /// What it asks for: `1/4` for a share, `5` for a number, `all` for who comes first. Whether at most, [`Asks::at_most`]
    /// says.
    pub fn target(&self) -> String {
        match self.asks {
            Asks::First => "all".to_string(),
            Asks::ShareAtLeast => format!("{}/{}", self.quota.numerator, self.quota.denominator),
            Asks::ShareAtMost(a, b) => format!("{a}/{b}"),
            Asks::NumberAtLeast(number) | Asks::NumberAtMost(number) => number.to_string(),
        }
    }
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
        for first in &declared.first {
            quotas.push(QuotaInForce {
                quota: Asks::First.quota(&first.name.0, (0, 1)),
                asks: Asks::First,
                hard: false,
                label: first.label.clone(),
                source: String::new(),
                doubt: None,
                family: first.name.0.clone(),
                scope: None,
                charged: None,
                base: None,
                members: Some(place(&mut names, &first.members)),
            });
        }
        let mut of_units: Vec<&str> = Vec::new();
        let flow = declared.flow.as_ref().map(|flow| FlowInForce {
            holders: flow
                .holders
                .iter()
                .map(|own| HolderInForce {
                    name: own.name.0.clone(),
                    label: own.label.clone(),
                    proposes: place(&mut names, &own.proposes),
                })
                .collect(),
            units: flow.units.as_ref().map(|(name, _)| once(&mut of_units, name)),
            holder: flow.holder.as_ref().map(|(name, _)| once(&mut of_units, name)),
            of_units: Arc::default(),
        });
        for quota in &declared.quotas {
            match value(parsed, quota, date, None) {
                Some(Found { quota: own, asks, source, doubt }) => quotas.push(QuotaInForce {
                    quota: own,
                    asks,
                    hard: quota.hard,
                    label: quota.label.clone(),
                    source,
                    doubt,
                    family: quota.name.0.clone(),
                    scope: quota.scope.as_ref().map(|(name, _)| Scope::new(name, once(&mut of_units, name))),
                    charged: quota
                        .charged
                        .as_ref()
                        .and_then(|(name, _)| flow.as_ref().and_then(|flow| flow.find(name))),
                    base: quota.base.as_ref().map(|base| place(&mut names, base)),
                    members: quota.members.as_ref().map(|members| place(&mut names, members)),
                }),
                None => not_in_force.push(NotInForce {
                    name: quota.name.0.clone(),
                    label: quota.label.clone(),
                    from: parsed
                        .parameter(&quota.value.0)
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
        let held = declared.held.as_ref().map(|(name, _)| Plan::new(parsed, date, &[name])).transpose()?;
        // A flow without a name of the unit is one of all units, which the data say all the same.
        let units = match (of_units.is_empty(), flow.is_some()) {
            (true, false) => None,
            _ => {
                let (_, unit) = crate::candidates::sides(&pairs).unwrap_or_default();
                Some(Plan::seen_from(parsed, date, unit, &of_units)?)
            }
        };
        Ok(MatchingPlan {
            pairs,
            asked: asked.len(),
            priority,
            tie,
            held,
            by_points: declared.by_points,
            ranks: declared.ranks,
            seed: None,
            quotas,
            not_in_force,
            fit,
            units,
            flow,
            unknown_units: Vec::new(),
        })
    }

    /// The plans whose data the matching needs.
    pub fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.deciding().chain(&self.held)
    }

    /// Those of them by whose rules it decides: all but the one that reads who holds which unit, which a result names one
    /// by one.
    pub(super) fn deciding(&self) -> impl Iterator<Item = &Plan> {
        std::iter::once(&self.pairs).chain(&self.priority).chain(&self.tie).chain(&self.units)
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
        // Shares by a scope are read from it once the data say which values there are.
        own.pairs.parsed = parsed.clone();
        let plans = std::iter::once(&mut own.pairs).chain(&mut own.priority).chain(&mut own.tie);
        let plans = plans.chain(&mut own.held).chain(&mut own.units);
        for plan in plans.filter(|p| p.reads(differ)) {
            plan.parsed = parsed.clone();
        }
        let declared = parsed.manifest.matching.iter().flat_map(|m| &m.quotas);
        let shares: Vec<&manifest::Quota> = declared.collect();
        for quota in &mut own.quotas {
            let found = shares.iter().find(|q| q.name.0 == quota.family);
            let key = quota.scope.as_ref().and_then(|scope| scope.value.clone());
            if let Some(found) = found.and_then(|q| value(parsed, q, own.pairs.date, key.as_ref())) {
                let (name, already) = (quota.quota.name.clone(), quota.quota.already);
                quota.quota = Quota { name, already, ..found.quota };
                (quota.asks, quota.source, quota.doubt) = (found.asks, found.source, found.doubt);
            }
        }
        own
    }

    /// Keeps the quotas of these names only.
    #[must_use]
    pub fn with_quotas(mut self, keep: impl Fn(&str) -> bool) -> MatchingPlan {
        self.quotas.retain(|q| keep(&q.family));
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

/// The place of a name among those of units, where it stands once.
fn once<'n>(names: &mut Vec<&'n str>, name: &'n str) -> usize {
    names.iter().position(|own| *own == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    })
}

/// What a quota asks for on a date, with its source and its doubt.
pub(super) struct Found {
    pub quota: Quota,
    pub asks: Asks,
    pub source: String,
    pub doubt: Option<String>,
}

/// What a quota asks for on a date where its scope has a value; where it has none yet, what it asks for somewhere.
pub(super) fn value(
    parsed: &Parsed,
    quota: &manifest::Quota,
    date: Date,
    scope: Option<&Value>,
) -> Option<Found> {
    let parameter = parsed.parameters.get(parsed.parameter(&quota.value.0)?)?;
    let version = parameter.at(date)?;
    let cell = match (parameter.by.is_empty(), scope) {
        (true, _) => version.cells.get(&Vec::new()),
        (false, Some(value)) => version.cells.get(&vec![value.clone()]),
        (false, None) => version.cells.values().next(),
    };
    let Value::Number(value) = &cell?.value else { return None };
    let part = |n: i128| u32::try_from(n).ok();
    let share = (part(*value.numer())?, part(*value.denom())?);
    let asks = match (quota.is_number, quota.at_most) {
        (false, false) => Asks::ShareAtLeast,
        (false, true) => Asks::ShareAtMost(share.0, share.1),
        (true, false) => Asks::NumberAtLeast(share.0),
        (true, true) => Asks::NumberAtMost(share.0),
    };
    let own = asks.quota(&quota.name.0, share);
    Some(Found { quota: own, asks, source: version.cited(), doubt: version.doubt.clone() })
}
