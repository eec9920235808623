//! Moves in a ledger: units that are offered while their tenant holds them.
//!
//! An offer to a tenant says which unit it leaves ([`LEAVES`]), and an offer of a unit that is held says who holds it
//! ([`OCCUPIED`]). The unit is free once its tenant has signed a lease, and not before: until then its list hangs on that
//! tenant. Where the tenant has no place left to move to (it refused, it was ruled out, another has signed), it stays, the list
//! that hangs on it lapses, and with it whatever hangs on those who stand there. In an exchange nobody can sign first: its first lease is
//! signed once each has accepted the unit of the next, and binds all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Offer, State};
use crate::contradiction::Contradiction;

/// The detail of an offer that says which unit the household leaves if it signs: a unit's identifier.
pub const LEAVES: &str = "quitte";

/// The detail of an offer that says which request holds the unit, and has to sign before it is free.
pub const OCCUPIED: &str = "occupe_par";

/// Who holds units that were offered, and who has left them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tenants {
    /// By unit that was offered while it was held: the request that holds it.
    by_unit: BTreeMap<String, String>,
    /// The same by request.
    by_request: BTreeMap<String, String>,
    /// By request to whom something was offered: the unit that it would leave, as the last session says.
    leaves: BTreeMap<String, String>,
    /// Request and unit that it held and has left by a lease.
    moved: BTreeSet<(String, String)>,
    /// By request that an exchange binds: its unit in it, and the line of the first lease.
    bound: BTreeMap<String, (String, u64)>,
}

impl Tenants {
    /// What a session says of a unit that it offers: who holds it.
    pub(super) fn say(&mut self, unit: &str, tenant: Option<&str>) {
        if let Some(before) = self.by_unit.remove(unit) {
            self.by_request.remove(&before);
        }
        let Some(tenant) = tenant else { return };
        if let Some(other) = self.by_request.insert(tenant.to_string(), unit.to_string()) {
            self.by_unit.remove(&other);
        }
        self.by_unit.insert(unit.to_string(), tenant.to_string());
    }

    /// What a session says of a request to whom it offers something: which unit it leaves if it signs.
    pub(super) fn would_leave(&mut self, request: &str, unit: Option<&str>) {
        match unit {
            Some(unit) => drop(self.leaves.insert(request.to_string(), unit.to_string())),
            None => drop(self.leaves.remove(request)),
        }
    }

    /// A request has signed a lease: what it held is free.
    pub(super) fn signed(&mut self, request: &str) {
        let held = self.by_request.remove(request);
        held.iter().for_each(|unit| drop(self.by_unit.remove(unit)));
        self.bound.remove(request);
        if let Some(unit) = self.leaves.remove(request) {
            self.moved.insert((request.to_string(), unit));
        }
    }
}

impl State {
    /// The request that holds a unit, on whose lease the places of its list hang.
    pub fn tenant(&self, unit: &str) -> Option<&str> {
        self.tenants.by_unit.get(unit).map(String::as_str)
    }

    /// Requests that have left the unit that they held by signing a lease, and that unit.
    pub fn moved(&self) -> impl Iterator<Item = (&str, &str)> {
        self.tenants.moved.iter().map(|(request, unit)| (&**request, &**unit))
    }

    /// Of acceptances that nobody stands before, by unit: those that hang on no tenant, or on one that is among them or decided.
    pub(super) fn sure<'s>(&'s self, mut firm: BTreeMap<&'s str, &'s str>) -> BTreeMap<&'s str, &'s str> {
        if self.tenants.by_unit.is_empty() {
            return firm;
        }
        loop {
            let moving: BTreeSet<&str> = firm.values().copied().collect();
            let moves = |tenant: &str| moving.contains(tenant) || self.housed.contains_key(tenant);
            let before = firm.len();
            firm.retain(|unit, _| self.tenant(unit).is_none_or(moves));
            if firm.len() == before {
                return firm;
            }
        }
    }

    /// Has the tenant of a unit left it, or is it sure to leave it in an exchange with this request? Then those whom a lease
    /// binds, each with its unit.
    ///
    /// # Errors
    /// [`Contradiction::Occupied`].
    pub(super) fn vacant(&self, request: &str, unit: &str) -> Result<Vec<(String, String)>, Contradiction> {
        let Some(tenant) = self.tenant(unit) else { return Ok(Vec::new()) };
        if self.tenants.bound.get(request).is_some_and(|(own, _)| own == unit) {
            return Ok(Vec::new());
        }
        let occupied = || Contradiction::Occupied { by: tenant.to_string() };
        let mut members: Vec<(String, String)> = Vec::new();
        let mut at = tenant;
        loop {
            let next = self.accepted_first(at).ok_or_else(occupied)?;
            members.push((at.to_string(), next.to_string()));
            match self.tenant(next) {
                Some(of) if of == request => return Ok(members),
                Some(of) if !members.iter().any(|(seen, _)| seen == of) => at = of,
                _ => return Err(occupied()),
            }
        }
    }

    /// The unit that a request has accepted, if nobody stands before it there.
    fn accepted_first(&self, request: &str) -> Option<&str> {
        let (unit, _) = self.accepted.get(request)?;
        self.standing(unit).next().filter(|first| first.request == request).map(|_| unit.as_str())
    }

    /// Those whom the first lease of an exchange binds.
    pub(super) fn bind(&mut self, members: Vec<(String, String)>, line: u64) {
        let bound = members.into_iter().map(|(request, unit)| (request, (unit, line)));
        self.tenants.bound.extend(bound);
    }

    /// Nobody gets out of an exchange of which a lease is signed.
    pub(super) fn not_bound(&self, request: &str, unit: &str) -> Result<(), Contradiction> {
        match self.tenants.bound.get(request).filter(|(own, _)| own == unit) {
            Some((_, line)) => Err(Contradiction::Exchanged { line: *line }),
            None => Ok(()),
        }
    }

    /// Those who stand in the running list of a unit, besides one.
    pub(super) fn others(&self, unit: &str, but: &str) -> Vec<String> {
        let running = self.offers.get(unit).into_iter().flatten().filter(|offer| !offer.past);
        running.filter(|offer| offer.request != but).map(|offer| offer.request.clone()).collect()
    }

    /// Takes back the lists that hang on tenants of whom a line may have taken the last place, and what hangs on those in turn.
    pub(super) fn lapse(&mut self, line: u64, mut touched: Vec<String>) {
        while let Some(tenant) = touched.pop() {
            let Some(unit) = self.tenants.by_request.get(&tenant).cloned() else { continue };
            if self.may_move(&tenant) {
                continue;
            }
            self.tenants.say(&unit, None);
            for offer in self.offers.get_mut(&unit).into_iter().flatten().filter(|offer| !offer.past) {
                (offer.past, offer.lapsed) = (true, Some(line));
                touched.push(offer.request.clone());
            }
            self.accepted.retain(|_, (accepted, _)| *accepted != unit);
        }
    }

    /// Has a request a place that stands, of a unit that no other has?
    fn may_move(&self, request: &str) -> bool {
        let units = self.requests.get(request).into_iter().flatten();
        units.into_iter().any(|unit| {
            let own = |offer: &Offer| offer.request == request && self.stands(offer, unit);
            self.given.get(unit).is_none_or(|taken| taken.by == request)
                && self.offers.get(unit).into_iter().flatten().any(own)
        }) || self.housed.contains_key(request)
    }
}
