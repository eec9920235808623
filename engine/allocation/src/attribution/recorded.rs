//! What a ledger says before anything is matched: who is housed, what was accepted, what was refused.

use std::collections::{BTreeMap, BTreeSet};

use super::decided::NotDecided;
use super::flow::{FlowInForce, charged};
use super::instance::Instance;
use logis_data::Dataset;
use logis_matching::{Already, ProblemError};

/// Identifiers of a request and a unit.
type Ids = (String, String);

/// What the lines of a ledger say of a problem. Requests and units that are not in the data are history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The hash of its last line, which a result names.
    pub head: String,
    /// Pairs that are made. Where the data lack one side, or the unit does not suit any more, the other side is out.
    pub made: Vec<Ids>,
    /// Pairs of which both sides are out: given away, and no part of the problem.
    pub out: Vec<Ids>,
    /// Pairs that are not to be made: refused, or ruled out.
    pub struck: Vec<Ids>,
    /// To which holder pairs are charged, by the sessions that offered them; of others nothing is known.
    pub charges: Vec<(Ids, Option<String>)>,
    /// Who holds no longer what the data say.
    pub left: Left,
    /// Leases that count in the quotas of the year. What is made in the problem counts there, the others before it.
    pub counted: Vec<CountedLease>,
}

/// A lease that counts in the quotas of the year.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CountedLease {
    /// The request and the unit.
    pub pair: Ids,
    /// By the names of the quotas in whose base it is: is it a member?
    pub quotas: Vec<(String, bool)>,
    /// Has it ended since? Then it is made in no problem, whoever has the unit now.
    pub ended: bool,
}

/// Which units requests hold no longer, whatever the data say of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Requests whose lease runs: what they held before it, they have left.
    pub signed: BTreeSet<String>,
    /// Units that are let or decided: they are to whom the ledger says.
    pub given: BTreeSet<String>,
    /// Request and unit that it held once and has left by a lease, or let until its lease ended.
    pub pairs: BTreeSet<Ids>,
}

impl Left {
    /// Does a request hold a unit no longer, as the ledger says?
    pub(crate) fn has(&self, request: &str, unit: &str) -> bool {
        self.signed.contains(request)
            || self.given.contains(unit)
            || !self.pairs.is_empty() && self.pairs.contains(&(request.to_string(), unit.to_string()))
    }
}

impl Recorded {
    /// What counts in a quota before the problem, where these pairs are `unmade` in it.
    pub(crate) fn already(&self, quota: &str, unmade: &[Ids]) -> Already {
        let made = |pair: &Ids| self.made.contains(pair) && !unmade.contains(pair);
        let mut already = Already::default();
        for lease in self.counted.iter().filter(|lease| lease.ended || !made(&lease.pair)) {
            for (_, member) in lease.quotas.iter().filter(|(name, _)| name == quota) {
                already.base += 1;
                already.members += u64::from(*member);
            }
        }
        already
    }

    /// Why a pair cannot be fixed beside what the ledger says.
    pub(crate) fn contradicts(&self, (request, unit): &Ids) -> Option<NotDecided> {
        let pair = || (request.clone(), unit.clone());
        let taken = self.made.iter().chain(&self.out);
        let other = taken.into_iter().find(|own| (own.0 == *request) != (own.1 == *unit));
        if let Some((by, of)) = other {
            let ((request, unit), why) = (pair(), format!("{by} y a {of}"));
            return Some(NotDecided::Recorded { request, unit, why });
        }
        self.struck.contains(&pair()).then(|| {
            let ((request, unit), why) = (pair(), "il y est refusé, ou écarté".to_string());
            NotDecided::Recorded { request, unit, why }
        })
    }
}

impl Instance {
    /// This instance as a ledger leaves it, with the pairs of the ledger that cannot be made here.
    ///
    /// # Errors
    /// None that this instance has not had.
    pub(crate) fn recorded(
        self,
        dataset: &Dataset,
        ledger: &Recorded,
        flow: Option<&FlowInForce>,
    ) -> Result<(Instance, Vec<Ids>), ProblemError> {
        let (requests, units) = (&self.requests, &self.units);
        let find = |(request, unit): &Ids| (requests.find(dataset, request), units.find(dataset, unit));
        let both = |ids: &Ids| match find(ids) {
            (Some(request), Some(unit)) => Some((request, unit)),
            _ => None,
        };
        let struck: BTreeSet<(u32, u32)> = ledger.struck.iter().filter_map(both).collect();
        // Where a holder is known it is charged, or the pair cannot be made here: what counted is counted as before.
        let known = |ids: &Ids| {
            let (_, holder) = ledger.charges.iter().find(|(own, _)| own == ids).filter(|_| flow.is_some())?;
            Some(holder.as_ref().map(|name| flow.and_then(|flow| flow.find(name))))
        };
        let suits = |ids: &Ids| {
            both(ids).filter(|pair| match known(ids) {
                // A holder that the pack has no more.
                Some(Some(None)) => false,
                Some(holder) => {
                    self.pairs(pair.0, pair.1).any(|(_, marks)| charged(marks) == holder.flatten())
                }
                None => self.pair(pair.0, pair.1).is_some(),
            })
        };
        let (mut made, mut unmade): (Vec<&Ids>, Vec<&Ids>) =
            ledger.made.iter().partition(|ids| suits(ids).is_some());
        // Who would have a unit whose tenant does not move after all has it no more, and so on.
        let holders = if self.has_tenants() { self.holders() } else { Vec::new() };
        loop {
            let moving: BTreeSet<u32> = made.iter().filter_map(|ids| Some(suits(ids)?.0)).collect();
            let holder = |ids: &Ids| holders.get(suits(ids)?.1 as usize).copied().flatten();
            let (left, stuck): (Vec<&Ids>, Vec<&Ids>) =
                made.iter().partition(|ids| holder(ids).is_none_or(|tenant| moving.contains(&tenant)));
            made = left;
            if stuck.is_empty() {
                break;
            }
            unmade.extend(stuck);
        }
        let made_with = made.iter().filter_map(|ids| Some((suits(ids)?, known(ids)?.flatten())));
        let charges: BTreeMap<(u32, u32), Option<usize>> = made_with.collect();
        let (mut unit_of, mut request_of) = (BTreeMap::new(), BTreeMap::new());
        for (request, unit) in made.into_iter().filter_map(suits) {
            unit_of.insert(request, unit);
            request_of.insert(unit, request);
        }
        let out = || ledger.out.iter().chain(unmade.iter().copied()).map(find);
        let no_requests: BTreeSet<u32> = out().filter_map(|(request, _)| request).collect();
        let no_units: BTreeSet<u32> = out().filter_map(|(_, unit)| unit).collect();
        let mut removed = BTreeSet::new();
        for request in (0_u32..).take(requests.len()) {
            for unit in self.units_of(request) {
                let other = unit_of.get(&request).is_some_and(|own| *own != unit)
                    || request_of.get(&unit).is_some_and(|own| *own != request);
                let away = no_requests.contains(&request) || no_units.contains(&unit);
                if other || away || struck.contains(&(request, unit)) {
                    removed.insert((request, unit));
                }
            }
        }
        let unmade: Vec<Ids> = unmade.into_iter().cloned().collect();
        let left = match removed.is_empty() && charges.is_empty() {
            true => self,
            false => self.without_all(&removed, &charges)?,
        };
        Ok((left, unmade))
    }
}
