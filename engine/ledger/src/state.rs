//! What the lines of a ledger say together, and which line they leave no place for.

use std::collections::{BTreeMap, BTreeSet};

use logis_language::diagnostic::nearest;
use logis_language::value::Date;

use super::contradiction::{Cell, Contradiction};
use super::line::{Entry, Kind, Line};

mod moves;

use moves::Tenants;
pub use moves::{LEAVES, OCCUPIED};

/// The detail of an offer that says to whom its attribution is charged: the name of a holder, or nothing for nobody.
pub const CHARGE: &str = "imputation";

/// A session of the commission.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Its line, from 1.
    pub line: u64,
    /// The day as of which it decided.
    pub day: Date,
    /// How many offers it made.
    pub offers: u32,
}

/// A place in the list of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The request.
    pub request: String,
    /// The rank that was notified, from 1.
    pub rank: u32,
    /// Did the request stand in other lists too?
    pub shared: bool,
    /// The day of its session.
    pub day: Date,
    /// Its line.
    pub line: u64,
    /// The day and the line of its acceptance, if that was not taken back.
    pub accepted: Option<(Date, u64)>,
    /// The line of its refusal.
    pub refused: Option<u64>,
    /// In which quotas the pair counted at its session, by name: is it a member, or in the base alone? `None` where the session
    /// did not say.
    pub counts: Option<BTreeMap<String, bool>>,
    /// To whom its attribution is charged: a holder, or nobody. `None` where the session did not say.
    pub charge: Option<Option<String>>,
    /// The unit that the household leaves if it signs.
    pub leaves: Option<String>,
    /// The request that held the unit at its session, and has to sign before the unit is free.
    pub occupied: Option<String>,
    /// Is it of a list that is past, as a lease of the unit has ended since, or as its tenant stays?
    pub past: bool,
    /// The line by which it lapsed, as the tenant of the unit stays.
    pub lapsed: Option<u64>,
}

/// A signed lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease<'s> {
    /// The request.
    pub request: &'s str,
    /// The unit.
    pub unit: &'s str,
    /// The day on which it was signed.
    pub day: Date,
    /// The day on which it ended, if it has.
    pub ended: Option<Date>,
    /// In which quotas it counts: see [`Offer::counts`].
    pub counts: Option<&'s BTreeMap<String, bool>>,
    /// To whom it is charged: see [`Offer::charge`].
    pub charge: Option<Option<&'s str>>,
}

/// A lease that has ended.
#[derive(Clone, Debug, PartialEq)]
struct Ended {
    request: String,
    unit: String,
    signed: Date,
    day: Date,
    counts: Option<BTreeMap<String, bool>>,
    charge: Option<Option<String>>,
}

/// By whom or what something is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Taken {
    /// The other side of the pair.
    by: String,
    /// By a lease, or by a decision?
    lease: bool,
    day: Date,
    line: u64,
}

/// What lines say together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    sessions: Vec<Session>,
    /// By unit, in the order of ranks.
    offers: BTreeMap<String, Vec<Offer>>,
    /// By request to whom something was offered: the units that were.
    requests: BTreeMap<String, BTreeSet<String>>,
    /// By unit: who has it.
    given: BTreeMap<String, Taken>,
    /// By request: what it has.
    housed: BTreeMap<String, Taken>,
    /// By request: the unit that it has accepted, and the line.
    accepted: BTreeMap<String, (String, u64)>,
    /// Pairs that are ruled out, request and unit, with the line.
    excluded: BTreeMap<(String, String), u64>,
    /// Leases that have ended.
    ended: Vec<Ended>,
    /// Who holds units that were offered.
    tenants: Tenants,
    /// Offers that the last session has still to make.
    left: u32,
    /// The lines that count, by number: all but corrections and what they annul.
    kept: Vec<(u64, Entry)>,
    /// By line that was annulled: the one that did.
    annulled: BTreeMap<u64, u64>,
}

impl State {
    /// The state after lines from the first on.
    ///
    /// # Errors
    /// The first line that contradicts those before it, by its number.
    pub fn of(lines: &[Line]) -> Result<State, (u64, Contradiction)> {
        let mut state = State::default();
        for line in lines {
            state.apply(line.number, &line.entry).map_err(|why| (line.number, why))?;
        }
        Ok(state)
    }

    /// The sessions, the first first.
    pub fn sessions(&self) -> &[Session] {
        &self.sessions
    }

    /// Do the lines end within a session, whose offers are not all there?
    pub fn is_torn(&self) -> bool {
        self.left > 0
    }

    /// By line that counts no more: the correction that annuls it.
    pub fn annulled(&self) -> &BTreeMap<u64, u64> {
        &self.annulled
    }

    /// Leases that run: request and unit, by unit.
    pub fn leases(&self) -> impl Iterator<Item = (&str, &str)> {
        self.given.iter().filter(|(_, taken)| taken.lease).map(|(unit, taken)| (&*taken.by, &**unit))
    }

    /// Leases that were signed in a year: those that run, by unit, then those that have ended since.
    pub fn leases_of(&self, year: i16) -> impl Iterator<Item = Lease<'_>> {
        let of_year = move |taken: &Taken| taken.lease && taken.day.year() == year;
        let running = self.given.iter().filter(move |(_, taken)| of_year(taken)).map(|(unit, taken)| Lease {
            request: &taken.by,
            unit,
            day: taken.day,
            ended: None,
            counts: self.offer_of(&taken.by, unit).ok().and_then(|offer| offer.counts.as_ref()),
            charge: self.charge(&taken.by, unit),
        });
        let ended = self.ended.iter().filter(move |lease| lease.signed.year() == year);
        running.chain(ended.map(|lease| Lease {
            request: &lease.request,
            unit: &lease.unit,
            day: lease.signed,
            ended: Some(lease.day),
            counts: lease.counts.as_ref(),
            charge: lease.charge.as_ref().map(Option::as_deref),
        }))
    }

    /// Leases that have ended: request and unit.
    pub fn ended(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ended.iter().map(|lease| (&*lease.request, &*lease.unit))
    }

    /// To whom a pair is charged, as the session that offered it said: a holder, or nobody.
    pub fn charge(&self, request: &str, unit: &str) -> Option<Option<&str>> {
        self.offer_of(request, unit).ok()?.charge.as_ref().map(Option::as_deref)
    }

    /// The leases that were signed in a year, by whom they are charged to: those of nobody, and of whom no session said it, under
    /// `None`.
    pub fn charged(&self, year: i16) -> BTreeMap<Option<&str>, u64> {
        let mut all = BTreeMap::new();
        for lease in self.leases_of(year) {
            *all.entry(lease.charge.flatten()).or_insert(0) += 1;
        }
        all
    }

    /// What is let or decided: request and unit, by unit.
    pub fn given(&self) -> impl Iterator<Item = (&str, &str)> {
        self.given.iter().map(|(unit, taken)| (&*taken.by, &**unit))
    }

    /// Acceptances that nobody stands before, of units that are not given yet: request and unit, by unit. Of a unit that is
    /// held, where the tenant has accepted likewise, or is decided elsewhere.
    pub fn firm(&self) -> impl Iterator<Item = (&str, &str)> {
        let free = self.offers.keys().filter(|unit| !self.given.contains_key(*unit));
        let firm = free.filter_map(|unit| {
            let first = self.standing(unit).next()?;
            first.accepted.map(|_| (&**unit, &*first.request))
        });
        self.sure(firm.collect()).into_iter().map(|(unit, request)| (request, unit))
    }

    /// Refusals and pairs that are ruled out: request and unit.
    pub fn struck(&self) -> impl Iterator<Item = (&str, &str)> {
        let refused = self.offers.iter().flat_map(|(unit, offers)| {
            offers.iter().filter(|offer| offer.refused.is_some()).map(|offer| (&*offer.request, &**unit))
        });
        refused.chain(self.excluded.keys().map(|(request, unit)| (&**request, &**unit)))
    }

    /// Units that were offered.
    pub fn offered(&self) -> impl Iterator<Item = &str> {
        self.offers.keys().map(String::as_str)
    }

    /// The last rank that was notified for a unit since it was last free; 0 before there is one.
    pub fn last_rank(&self, unit: &str) -> u32 {
        let last = self.offers.get(unit).and_then(|offers| offers.last()).filter(|offer| !offer.past);
        last.map_or(0, |offer| offer.rank)
    }

    /// The places of a unit's list that stand, in the order of ranks: not refused, not ruled out, and whose request has no
    /// other unit.
    pub fn standing(&self, unit: &str) -> impl Iterator<Item = &Offer> {
        let unit = unit.to_string();
        self.offers.get(&unit).into_iter().flatten().filter(move |offer| self.stands(offer, &unit))
    }

    /// Offers of units that are not given, that stand and have no answer.
    pub fn unanswered(&self) -> usize {
        let free = self.offers.keys().filter(|unit| !self.given.contains_key(*unit));
        free.flat_map(|unit| self.standing(unit)).filter(|offer| offer.accepted.is_none()).count()
    }

    fn stands(&self, offer: &Offer, unit: &str) -> bool {
        let elsewhere = self.housed.get(&offer.request).is_some_and(|taken| taken.by != unit);
        !offer.past && offer.refused.is_none() && !elsewhere && self.exclusion(&offer.request, unit).is_none()
    }

    fn exclusion(&self, request: &str, unit: &str) -> Option<u64> {
        self.excluded.get(&(request.to_string(), unit.to_string())).copied()
    }

    /// Takes a line more.
    ///
    /// # Errors
    /// It contradicts those before it, and changes nothing.
    pub fn apply(&mut self, number: u64, entry: &Entry) -> Result<(), Contradiction> {
        if self.left > 0 && entry.kind != Kind::Offer {
            return Err(Contradiction::Place("la séance d'avant n'a pas toutes ses propositions"));
        }
        match entry.kind {
            Kind::Session => self.session(number, entry),
            Kind::Offer => self.offer(number, entry),
            Kind::Acceptance => self.acceptance(number, entry),
            Kind::Refusal => self.refusal(number, entry),
            Kind::Lease => self.lease(number, entry),
            Kind::End => self.end(entry),
            Kind::Decision => self.decision(number, entry),
            Kind::Exclusion => self.exclude(number, entry),
            Kind::Correction => return self.correct(number, entry),
        }?;
        self.kept.push((number, entry.clone()));
        Ok(())
    }

    fn session(&mut self, line: u64, entry: &Entry) -> Result<(), Contradiction> {
        let expected = "attendu: combien de lignes `proposition` suivent";
        let Some(offers) = entry.number("propositions") else {
            return Err(Contradiction::Detail { key: "propositions", expected });
        };
        if let Some(last) = self.sessions.last().filter(|last| entry.day < last.day) {
            return Err(Contradiction::TooEarly { than: last.day, line: last.line });
        }
        self.sessions.push(Session { line, day: entry.day, offers });
        self.left = offers;
        Ok(())
    }

    fn offer(&mut self, line: u64, entry: &Entry) -> Result<(), Contradiction> {
        let Entry { day, request, unit, .. } = entry;
        let outside = Contradiction::Place("une proposition suit sa séance, qui dit combien il y en a");
        let Some(session) = self.sessions.last().filter(|_| self.left > 0) else { return Err(outside) };
        if *day != session.day {
            return Err(Contradiction::Place("une proposition est du jour de sa séance"));
        }
        self.free(request, unit)?;
        let (key, expected) = ("rang", "attendu: un entier, au-delà des rangs déjà notifiés du logement");
        let rank = entry.number(key).filter(|rank| *rank > self.last_rank(unit));
        let Some(rank) = rank else { return Err(Contradiction::Detail { key, expected }) };
        let offers = self.offers.entry(unit.clone()).or_default();
        if let Some(other) = offers.iter().find(|offer| !offer.past && offer.request == *request) {
            return Err(Contradiction::Twice { line: other.line });
        }
        let shared = entry.details.get("partage").and_then(serde_json::Value::as_bool).unwrap_or(false);
        let counts = entry.details.get("quotas").and_then(serde_json::Value::as_object);
        let counts = counts.map(|quotas| {
            quotas.iter().map(|(name, member)| (name.clone(), member.as_bool().unwrap_or(false))).collect()
        });
        let charge = entry.details.get(CHARGE);
        let charge = charge.map(|holder| holder.as_str().map(str::to_string));
        let named =
            |key: &str| entry.details.get(key).and_then(serde_json::Value::as_str).map(str::to_string);
        let (leaves, occupied) = (named(LEAVES), named(OCCUPIED));
        if leaves.as_ref() == Some(unit) || occupied.as_ref() == Some(request) {
            let (key, expected) = (LEAVES, "attendu: un autre logement que celui qui est proposé");
            return Err(Contradiction::Detail { key, expected });
        }
        let signed = |tenant: &String| self.housed.get(tenant).is_some_and(|taken| taken.lease);
        if occupied.as_ref().is_some_and(signed) {
            let (key, expected) = (OCCUPIED, "attendu: une demande qui n'a pas signé de bail");
            return Err(Contradiction::Detail { key, expected });
        }
        self.tenants.say(unit, occupied.as_deref());
        self.tenants.would_leave(request, leaves.as_deref());
        let (request, day) = (request.clone(), *day);
        self.requests.entry(request.clone()).or_default().insert(unit.clone());
        let (accepted, refused, past, lapsed) = (None, None, false, None);
        offers.push(Offer {
            request,
            rank,
            shared,
            day,
            line,
            accepted,
            refused,
            counts,
            charge,
            leaves,
            occupied,
            past,
            lapsed,
        });
        self.left -= 1;
        Ok(())
    }

    fn acceptance(&mut self, line: u64, entry: &Entry) -> Result<(), Contradiction> {
        let Entry { day, request, unit, .. } = entry;
        let offer = self.offer_of(request, unit)?;
        if let Some((_, line)) = offer.accepted {
            return Err(Contradiction::Twice { line });
        }
        not_before(*day, (offer.day, offer.line))?;
        not_refused(offer)?;
        self.free(request, unit)?;
        self.not_elsewhere(request, unit)?;
        self.accepted.insert(request.clone(), (unit.clone(), line));
        if let Some(offer) = self.offer_mut(request, unit) {
            offer.accepted = Some((*day, line));
        }
        Ok(())
    }

    fn refusal(&mut self, line: u64, entry: &Entry) -> Result<(), Contradiction> {
        let Entry { day, request, unit, .. } = entry;
        let offer = self.offer_of(request, unit)?;
        if let Some(line) = offer.refused {
            return Err(Contradiction::Twice { line });
        }
        not_before(*day, offer.accepted.unwrap_or((offer.day, offer.line)))?;
        if let Some(taken) = self.given.get(unit).filter(|taken| taken.by == *request) {
            let line = taken.line;
            return Err(match taken.lease {
                true => Contradiction::AfterLease { line },
                false => Contradiction::Given { to: request.clone(), lease: false, line },
            });
        }
        self.not_bound(request, unit)?;
        if self.accepted.get(request).is_some_and(|(own, _)| own == unit) {
            self.accepted.remove(request);
        }
        if let Some(offer) = self.offer_mut(request, unit) {
            (offer.accepted, offer.refused) = (None, Some(line));
        }
        self.lapse(line, vec![request.clone()]);
        Ok(())
    }

    fn lease(&mut self, line: u64, entry: &Entry) -> Result<(), Contradiction> {
        let Entry { day, request, unit, .. } = entry;
        let own = self.given.get(unit).filter(|taken| taken.by == *request);
        if let Some(Taken { line, .. }) = own.filter(|taken| taken.lease) {
            return Err(Contradiction::Twice { line: *line });
        }
        let decided = own.is_some();
        let mut bound = Vec::new();
        if !decided {
            // A second lease of a unit is told as such, whoever signs it.
            self.free(request, unit)?;
            let offer = self.offer_of(request, unit)?;
            not_before(*day, offer.accepted.unwrap_or((offer.day, offer.line)))?;
            not_refused(offer)?;
            self.not_elsewhere(request, unit)?;
            self.first(request, unit)?;
            bound = self.vacant(request, unit)?;
        }
        self.take(request, unit, (true, *day, line));
        self.tenants.signed(request);
        self.bind(bound, line);
        self.lapse(line, self.others(unit, request));
        Ok(())
    }

    fn decision(&mut self, line: u64, entry: &Entry) -> Result<(), Contradiction> {
        let Entry { day, request, unit, .. } = entry;
        if let Some(own) = self.given.get(unit).filter(|taken| taken.by == *request) {
            return Err(Contradiction::Twice { line: own.line });
        }
        self.free(request, unit)?;
        if let Ok(offer) = self.offer_of(request, unit) {
            not_refused(offer)?;
        }
        self.not_elsewhere(request, unit)?;
        // Ranks are notified: who stands in the list, and not only before, comes first.
        self.first(request, unit)?;
        if let Some(by) = self.tenant(unit) {
            return Err(Contradiction::Occupied { by: by.to_string() });
        }
        self.take(request, unit, (false, *day, line));
        self.lapse(line, self.others(unit, request));
        Ok(())
    }

    fn exclude(&mut self, line: u64, entry: &Entry) -> Result<(), Contradiction> {
        let Entry { request, unit, .. } = entry;
        if let Some(line) = self.exclusion(request, unit) {
            return Err(Contradiction::Twice { line });
        }
        self.not_bound(request, unit)?;
        if let Some(taken) = self.given.get(unit).filter(|taken| taken.by == *request) {
            if taken.lease {
                return Err(Contradiction::AfterLease { line: taken.line });
            }
            self.given.remove(unit);
            self.housed.remove(request);
        }
        if self.accepted.get(request).is_some_and(|(own, _)| own == unit) {
            self.accepted.remove(request);
        }
        if let Some(offer) = self.offer_mut(request, unit) {
            offer.accepted = None;
        }
        self.excluded.insert((request.clone(), unit.clone()), line);
        self.lapse(line, vec![request.clone()]);
        Ok(())
    }

    /// The unit is free, and the household has no unit; the lists of before, with their answers, are past.
    fn end(&mut self, entry: &Entry) -> Result<(), Contradiction> {
        let Entry { day, request, unit, .. } = entry;
        let own = self.given.get(unit).filter(|taken| taken.lease);
        let Some(taken) = own.filter(|taken| taken.by == *request).cloned() else {
            let holder = own.map(|taken| taken.by.clone());
            return Err(Contradiction::NoLease { unit: unit.clone(), holder });
        };
        not_before(*day, (taken.day, taken.line))?;
        let offer = self.offer_of(request, unit).ok();
        let counts = offer.and_then(|offer| offer.counts.clone());
        let charge = offer.and_then(|offer| offer.charge.clone());
        let (request, unit) = (request.clone(), unit.clone());
        self.given.remove(&unit);
        self.housed.remove(&request);
        self.accepted.retain(|_, (accepted, _)| *accepted != unit);
        self.offers.get_mut(&unit).into_iter().flatten().for_each(|offer| offer.past = true);
        self.ended.push(Ended { request, unit, signed: taken.day, day: *day, counts, charge });
        Ok(())
    }

    /// What the lines say without the one that is annulled: those after it must hold without it.
    fn correct(&mut self, number: u64, entry: &Entry) -> Result<(), Contradiction> {
        let detail = |key, expected| Err(Contradiction::Detail { key, expected });
        let Some(target) = entry.number("ligne").map(u64::from) else {
            return detail("ligne", "attendu: le numéro de la ligne qui est annulée");
        };
        let motive = entry.details.get("motif").and_then(serde_json::Value::as_str);
        if motive.is_none_or(|motive| motive.trim().is_empty()) {
            return detail("motif", "attendu: pourquoi la ligne est annulée");
        }
        let not = |why| Contradiction::NotCorrected { line: target, why };
        if self.annulled.contains_key(&target) {
            return Err(not("elle l'est déjà; attendu: une ligne qui compte"));
        }
        let Some((_, wrong)) = self.kept.iter().find(|(line, _)| *line == target) else {
            return Err(not(
                "attendu: une ligne d'avant, qui ne soit pas une rectification (ce qu'elle annule s'inscrit de nouveau)",
            ));
        };
        if matches!(wrong.kind, Kind::Session | Kind::Offer) {
            return Err(not(
                "une séance est notifiée avec ses rangs; attendu: une réponse (une place se retire par une exclusion)",
            ));
        }
        if (&wrong.request, &wrong.unit) != (&entry.request, &entry.unit) {
            return Err(not(
                "elle est d'un autre couple; attendu: les identifiants de la ligne qui est annulée",
            ));
        }
        let mut again = State::default();
        for (line, other) in self.kept.iter().filter(|(line, _)| *line != target) {
            again.apply(*line, other).map_err(|why| {
                let day = other.day.to_string();
                let found = match why.cell() {
                    Cell::Day => day.as_str(),
                    Cell::Request => other.request.as_str(),
                    Cell::Unit => other.unit.as_str(),
                    Cell::Kind | Cell::Details => other.kind.name(),
                };
                Contradiction::Leans {
                    line: target,
                    leans: *line,
                    found: found.to_string(),
                    why: Box::new(why),
                }
            })?;
        }
        again.annulled = std::mem::take(&mut self.annulled);
        again.annulled.insert(target, number);
        *self = again;
        Ok(())
    }

    fn take(&mut self, request: &str, unit: &str, (lease, day, line): (bool, Date, u64)) {
        let taken = |by: &str| Taken { by: by.to_string(), lease, day, line };
        self.given.insert(unit.to_string(), taken(request));
        self.housed.insert(request.to_string(), taken(unit));
    }

    /// Neither side is given, and the pair is not ruled out.
    fn free(&self, request: &str, unit: &str) -> Result<(), Contradiction> {
        if let Some(Taken { by, lease, line, .. }) = self.given.get(unit) {
            return Err(Contradiction::Given { to: by.clone(), lease: *lease, line: *line });
        }
        if let Some(Taken { by, lease, line, .. }) = self.housed.get(request) {
            return Err(Contradiction::Housed { unit: by.clone(), lease: *lease, line: *line });
        }
        self.exclusion(request, unit).map_or(Ok(()), |line| Err(Contradiction::AfterExclusion { line }))
    }

    /// The request has accepted no other unit.
    fn not_elsewhere(&self, request: &str, unit: &str) -> Result<(), Contradiction> {
        match self.accepted.get(request).filter(|(other, _)| other != unit) {
            Some((other, line)) => Err(Contradiction::AcceptedElsewhere { unit: other.clone(), line: *line }),
            None => Ok(()),
        }
    }

    /// Nobody stands before the request in the list of the unit; nobody at all, if it stands in none.
    fn first(&self, request: &str, unit: &str) -> Result<(), Contradiction> {
        match self.standing(unit).next().filter(|first| first.request != request) {
            Some(Offer { request, rank, .. }) => {
                let (request, unit) = (request.clone(), unit.to_string());
                Err(Contradiction::Before { request, rank: *rank, unit })
            }
            None => Ok(()),
        }
    }

    fn offer_of(&self, request: &str, unit: &str) -> Result<&Offer, Contradiction> {
        let near = |id: &str, ids: &mut dyn Iterator<Item = &String>| {
            nearest(id, ids.map(String::as_str)).map(str::to_string)
        };
        let Some(offers) = self.offers.get(unit) else {
            return Err(Contradiction::UnknownUnit { nearest: near(unit, &mut self.offers.keys()) });
        };
        let running = offers.iter().filter(|offer| !offer.past);
        if let Some(offer) = running.clone().find(|offer| offer.request == request) {
            return Ok(offer);
        }
        let last = offers.iter().rev().find(|offer| offer.request == request);
        if let Some((by, line)) = last.and_then(|offer| Some((offer.occupied.clone()?, offer.lapsed?))) {
            return Err(Contradiction::Lapsed { by, line });
        }
        let offered: Vec<String> = running.map(|offer| offer.request.clone()).collect();
        let (unit, of_unit) = (unit.to_string(), near(request, &mut offered.iter()));
        Err(match self.requests.contains_key(request) {
            true => Contradiction::NoOffer { unit, offered, nearest: of_unit },
            false => {
                let nearest = of_unit.or_else(|| near(request, &mut self.requests.keys()));
                Contradiction::UnknownRequest { unit, offered, nearest }
            }
        })
    }

    fn offer_mut(&mut self, request: &str, unit: &str) -> Option<&mut Offer> {
        self.offers.get_mut(unit)?.iter_mut().find(|offer| !offer.past && offer.request == request)
    }
}

fn not_before(day: Date, (than, line): (Date, u64)) -> Result<(), Contradiction> {
    if day < than { Err(Contradiction::TooEarly { than, line }) } else { Ok(()) }
}

fn not_refused(offer: &Offer) -> Result<(), Contradiction> {
    offer.refused.map_or(Ok(()), |line| Err(Contradiction::AfterRefusal { line }))
}
