//! A year of sessions: requests come and units are free in their turn, each session matches those who wait with the units that
//! are free, households answer, and the next session goes on from there.
//!
//! * A session sees the requests that have come and have no lease, and the units that are free and have none. It is matched as
//!   any problem; its lists are those of [`Commission`], by the levels or for the most leases, so that a unit that is refused goes to
//!   the next of its list.
//! * An answer is a function of seed, request and unit ([`Acceptances`]), and comes before the next session. Who takes a unit
//!   signs at once and leaves; who refuses goes on waiting, and is not offered the same unit again.
//! * A unit that nobody of its list takes is free again at the next session. The unit that a tenant leaves is free at the next
//!   session, too.
//! * Quotas count over the year: the leases so far are [`Quota::already`], as those that a ledger counts.
//!
//! Points, fits and suitability are those of the instance, whenever a session is: it is posed as of one day.
//!
//! The pairs of the year are those of the instance or, where there are too many of them to be held at once, are looked for again
//! at each session, between those who wait and the units that are free ([`Weekly::searching`]).

use std::collections::BTreeSet;

use logis_data::Dataset;
use logis_language::pack::manifest::Ranks;
use logis_matching::{Already, Matching, Pair, Quota, Reached, reached_by};

use super::error::AllocationError;
use super::posing::{Posing, answer_in_order};
use crate::attribution::{
    Acceptances, Answer, Asks, Chances, Commission, Instance, Likely, MatchingPlan, drawn_part,
};
use crate::candidates::{Decide, deciding, finding};

/// When requests come and units are free.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    /// How many sessions the year has.
    pub sessions: u32,
    /// By number of the request: the first session that sees it; `None` if the year does not.
    pub requests: Vec<Option<u32>>,
    /// By number of the unit: the first session to which it is free. Units that somebody holds are free once their tenant has left,
    /// whatever is said of them here.
    pub units: Vec<Option<u32>>,
    /// Pairs of request and unit, by number, that were refused before the year: they are not offered.
    pub refused: BTreeSet<(u32, u32)>,
}

/// In which of so many sessions something comes of which no day is known: each is as likely. It follows from the seed and the
/// identifier, so that whoever has both can draw it again.
///
/// ```
/// let drawn: Vec<u32> = (0..100).map(|n| logis_allocation::arrival(7, &format!("D{n}"), 4)).collect();
/// assert!((0..4).all(|session| drawn.contains(&session)));
/// assert_eq!(drawn[3], logis_allocation::arrival(7, "D3", 4));
/// ```
pub fn arrival(seed: u64, id: &str, sessions: u32) -> u32 {
    drawn_part(&format!("arrival:{seed}:{id}"), sessions)
}

/// A year of sessions to be drawn: what does not change from one seed to the next.
pub struct Weekly<'p> {
    plan: &'p MatchingPlan,
    dataset: &'p Dataset,
    instance: &'p Instance,
    likely: Likely<'p>,
    /// By number of the unit: how many candidates it has at most.
    places: Vec<usize>,
    /// By number of the unit: the requests that it suits; `None` where pairs are looked for at each session.
    suits: Option<Vec<Vec<u32>>>,
    /// By what the ranks below the first are filled.
    ranks: Ranks,
}

/// What a session sees, and what comes of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// Requests that it is the first to see.
    pub came: u64,
    /// Requests that wait when it begins, those included.
    pub waiting: u64,
    /// Units that are free to it for the first time.
    pub freed: u64,
    /// Units that are free when it begins, those included.
    pub free: u64,
    /// The offers that are made, in their order, with their answers: a lease for each that is taken.
    pub answers: Vec<Answer>,
    /// By quota, since the first session and as the problem counts: the offers.
    pub offered: Vec<Already>,
    /// The same of the leases.
    pub leased: Vec<Already>,
    /// Is some level of its answer not proved?
    pub open: bool,
}

/// A lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The unit, by number.
    pub unit: u32,
    /// The session.
    pub session: u32,
}

/// A year that was drawn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Year {
    /// The sessions, in order.
    pub sessions: Vec<Session>,
    /// By number of the request: its lease.
    pub leases: Vec<Option<Lease>>,
    /// By number of the request: the marks of the pair of its lease.
    pub marks_of: Vec<u64>,
    /// What the leases reach, in the pack's points; quotas are held against all of them together.
    pub reached: Reached,
}

impl Year {
    /// By number of the request: the unit of its lease.
    pub fn unit_of(&self) -> Vec<Option<u32>> {
        self.leases.iter().map(|lease| lease.map(|lease| lease.unit)).collect()
    }
}

impl Posing {
    /// The years of this problem; `places` says how many candidates a unit has at most, by its number.
    pub fn weekly<'p>(&'p self, likely: Likely<'p>, places: Vec<usize>) -> Weekly<'p> {
        Weekly::new((&self.plan, &self.dataset, &self.instance), likely, places)
    }
}

impl<'p> Weekly<'p> {
    /// The years of an instance, which is posed with all requests and units of the year; `places` says how many candidates a unit
    /// has at most, by its number.
    pub fn new(
        (plan, dataset, instance): (&'p MatchingPlan, &'p Dataset, &'p Instance),
        likely: Likely<'p>,
        places: Vec<usize>,
    ) -> Weekly<'p> {
        let suits = Some(instance.requests_by_unit());
        Weekly { plan, dataset, instance, likely, places, suits, ranks: plan.ranks }
    }

    /// The same years where no pair is held from one session to the next, of an instance that has none
    /// ([`Instance::without_pairs`]). They are not compared with the year at once.
    pub fn searching(
        (plan, dataset, instance): (&'p MatchingPlan, &'p Dataset, &'p Instance),
        likely: Likely<'p>,
        places: Vec<usize>,
    ) -> Weekly<'p> {
        Weekly { plan, dataset, instance, likely, places, suits: None, ranks: plan.ranks }
    }

    /// The same years with lists whose ranks below the first are filled so, whatever the pack says.
    #[must_use]
    pub fn ranked(self, ranks: Ranks) -> Weekly<'p> {
        Weekly { ranks, ..self }
    }

    /// Draws a year.
    ///
    /// # Errors
    /// Offers whose probability is none or not known; a proof that does not hold: a fault of the engine.
    pub fn year(&self, arrivals: &Arrivals, seed: u64) -> Result<Year, AllocationError> {
        // What answers and pairs read of one side only is computed once for all sessions.
        let go = |decide: Option<&Decide<'_>>| match &self.suits {
            Some(suits) => self.go(arrivals, (seed, decide), |now| Ok(self.known(suits, now))),
            None => {
                let pairs = (self.plan, self.dataset);
                let year = finding(&self.plan.pairs, self.dataset, |finder| {
                    self.go(arrivals, (seed, decide), |Now { waits, free, refused }| {
                        let row = |unit: &u32| self.instance.units.row(*unit);
                        let mut units: Vec<u32> = free.iter().map(row).collect();
                        units.sort_unstable();
                        let requests: Vec<u32> =
                            (0_u32..).zip(waits).filter(|(_, waits)| **waits).map(|(row, _)| row).collect();
                        let keep = |request, unit| !is_refused(refused, request, unit);
                        let found = self.instance.pairs_among(pairs, finder, (&requests, &units), keep);
                        found.map_err(AllocationError::Instance)
                    })
                });
                // Without pairs that could be looked for nothing is given.
                year.unwrap_or_else(|| self.go(arrivals, (seed, decide), |_| Ok(Vec::new())))
            }
        };
        match self.likely.rule {
            Some(rule) => deciding(rule, self.dataset, |decide| go(Some(decide))),
            None => go(None),
        }
    }

    /// Goes through a year; `find` tells the pairs that a session may match, in the order of their numbers.
    fn go(
        &self,
        arrivals: &Arrivals,
        (seed, decide): (u64, Option<&Decide<'_>>),
        find: impl Fn(Now<'_>) -> Result<Vec<Pair>, AllocationError>,
    ) -> Result<Year, AllocationError> {
        let (requests, quotas) = (&self.instance.requests, self.plan.quotas.len());
        let mut units = self.units(arrivals);
        let mut leases: Vec<Option<Lease>> = vec![None; requests.len()];
        let mut refused: Vec<Vec<u32>> = vec![Vec::new(); units.len()];
        let refuse = |refused: &mut Vec<Vec<u32>>, request: u32, unit: u32| {
            refused.get_mut(unit as usize).into_iter().for_each(|own| own.push(request));
        };
        arrivals.refused.iter().for_each(|(request, unit)| refuse(&mut refused, *request, *unit));
        let none = || vec![Already::default(); quotas];
        let (mut offered, mut leased) = (none(), none());
        let mut made: Vec<Pair> = Vec::new();
        let mut sessions = Vec::new();
        let came = by_session(arrivals, requests.len());
        let (mut waits, mut waiting) = (vec![false; requests.len()], 0);
        for (now, came) in (0..arrivals.sessions).zip(&came) {
            for request in came {
                set(&mut waits, requests.row(*request), true);
            }
            waiting += came.len() as u64;
            let free: Vec<u32> =
                (0_u32..).zip(&units).filter(|(_, own)| own.free(now)).map(|(unit, _)| unit).collect();
            let pairs = find(Now { waits: &waits, free: &free, refused: &refused })?;
            let mut session = Session {
                came: came.len() as u64,
                waiting,
                freed: units.iter().filter(|own| own.since == Some(now)).count() as u64,
                free: free.len() as u64,
                ..Session::default()
            };
            let mut given = Vec::new();
            if !pairs.is_empty() {
                let (week, who) = self.instance.session(pairs, self.quotas(&leased))?;
                (session.answers, given, session.open) =
                    self.session((&week, &who), &free, (seed, decide))?;
            }
            for (&Answer { unit, request, taken }, pair) in session.answers.iter().zip(given) {
                add(&mut offered, pair.marks);
                if !taken {
                    refuse(&mut refused, request, unit);
                    continue;
                }
                add(&mut leased, pair.marks);
                set(&mut leases, request, Some(Lease { unit, session: now }));
                set(&mut waits, requests.row(request), false);
                made.push(pair);
                waiting -= 1;
                units.get_mut(unit as usize).into_iter().for_each(|own| own.leased = true);
                // Who moves leaves a unit behind.
                let left = self.instance.held(request).and_then(|held| units.get_mut(held as usize));
                left.into_iter().for_each(|own| own.since = Some(now + 1));
            }
            (session.offered, session.leased) = (offered.clone(), leased.clone());
            sessions.push(session);
        }
        let mut marks_of = vec![0; requests.len()];
        made.iter().for_each(|pair| set(&mut marks_of, pair.request, pair.marks));
        let reached = self.reached_by(made)?;
        Ok(Year { sessions, leases, marks_of, reached })
    }

    /// The pairs of the instance between those who wait and what is free.
    fn known(&self, suits: &[Vec<u32>], Now { waits, free, refused }: Now<'_>) -> Vec<Pair> {
        let waits =
            |request: u32| waits.get(self.instance.requests.row(request) as usize).copied().unwrap_or(false);
        let mut pairs: Vec<(u32, u32)> = Vec::new();
        for &unit in free {
            let own = suits.get(unit as usize).into_iter().flatten().copied();
            let own = own.filter(|request| waits(*request) && !is_refused(refused, *request, unit));
            pairs.extend(own.map(|request| (request, unit)));
        }
        pairs.sort_unstable();
        let of = |(request, unit): (u32, u32)| {
            let pairs = self.instance.pairs(request, unit);
            pairs.map(move |(fit, marks)| Pair { request, unit, fit, marks })
        };
        pairs.into_iter().flat_map(of).collect()
    }

    /// What the best answer reaches that knows the whole year beforehand, on paper: all who come in it and all units that are free
    /// in it are one problem.
    ///
    /// # Errors
    /// A proof that does not hold: a fault of the engine.
    pub fn at_once(&self, arrivals: &Arrivals) -> Result<Reached, AllocationError> {
        self.best_of(arrivals, |_, _| true)
    }

    /// The same where who would refuse what is known beforehand, too: unless a quota is hard, of all ways to go through the drawn year
    /// none has more leases, nor, of as many and where quotas ask for nothing, more points.
    ///
    /// # Errors
    /// As [`Weekly::year`].
    pub fn foreseen(&self, arrivals: &Arrivals, seed: u64) -> Result<Reached, AllocationError> {
        let suits = self.suits.as_ref().ok_or(AllocationError::Searching)?;
        let would = |decide: Option<&Decide<'_>>| {
            self.likely.would_take(decide, (self.dataset, self.instance), suits, seed)
        };
        let would = match self.likely.rule {
            Some(rule) => deciding(rule, self.dataset, |decide| would(Some(decide))),
            None => would(None),
        };
        let would = would.map_err(AllocationError::Instance)?;
        self.best_of(arrivals, |request, unit| {
            // The requests of a unit ascend.
            let suits = suits.get(unit as usize).map_or(&[][..], Vec::as_slice);
            let at = suits.binary_search(&request).ok();
            at.and_then(|at| would.get(unit as usize)?.get(at).copied()).unwrap_or(false)
        })
    }

    fn best_of(
        &self,
        arrivals: &Arrivals,
        takes: impl Fn(u32, u32) -> bool,
    ) -> Result<Reached, AllocationError> {
        let suits = self.suits.as_ref().ok_or(AllocationError::Searching)?;
        let units = self.units(arrivals);
        let comes = |request: u32| {
            arrivals.requests.get(request as usize).copied().flatten().is_some_and(|s| s < arrivals.sessions)
        };
        let held = |unit: u32| units.get(unit as usize).is_some_and(|own| own.held);
        let free = |unit: u32| {
            units.get(unit as usize).is_some_and(|own| own.since.is_some_and(|s| s < arrivals.sessions))
        };
        let keep = |request: u32, unit: u32| {
            comes(request)
                && (free(unit) || held(unit))
                && takes(request, unit)
                && !arrivals.refused.contains(&(request, unit))
        };
        let quotas: Vec<Quota> = self.plan.quotas.iter().map(|quota| quota.quota.clone()).collect();
        let matching = match self.instance.has_tenants() {
            true => {
                let problem = self.instance.part(keep)?.with_shares(quotas)?;
                answer_in_order(self.plan, &problem, &[], None, None)?.matching
            }
            false => {
                let numbers = (0_u32..).zip(suits);
                let pairs = numbers.flat_map(|(unit, requests)| requests.iter().map(move |r| (*r, unit)));
                let mut pairs: Vec<(u32, u32)> =
                    pairs.filter(|(request, unit)| keep(*request, *unit)).collect();
                pairs.sort_unstable();
                self.best(&self.instance.only(&pairs, quotas)?)?.0
            }
        };
        self.reached(matching.unit_of, &matching.marks_of)
    }

    /// By unit: since when it is free.
    fn units(&self, arrivals: &Arrivals) -> Vec<Free> {
        let mut units: Vec<Free> =
            arrivals.units.iter().map(|since| Free { since: *since, ..Free::default() }).collect();
        units.resize(self.instance.units.len(), Free::default());
        for held in
            (0_u32..).take(self.instance.requests.len()).filter_map(|request| self.instance.held(request))
        {
            set(&mut units, held, Free { held: true, ..Free::default() });
        }
        units
    }

    /// The quotas, with what was leased in the year besides what counted before it.
    fn quotas(&self, leased: &[Already]) -> Vec<Quota> {
        let own = self.plan.quotas.iter().zip(leased).map(|(quota, own)| {
            // Who comes first asks for all there can be: no share that counts over the year.
            let (before, own) = match quota.asks {
                Asks::First => (quota.quota.already, Already::default()),
                _ => (quota.quota.already, *own),
            };
            let already = Already { base: before.base + own.base, members: before.members + own.members };
            Quota { already, ..quota.quota.clone() }
        });
        own.collect()
    }

    /// The offers that a session makes among those units, and their answers; the pair of each; and is some level of its answer not
    /// proved? Requests have their numbers of the year again.
    fn session(
        &self,
        (week, who): (&Instance, &[u32]),
        free: &[u32],
        (seed, decide): (u64, Option<&Decide<'_>>),
    ) -> Result<(Vec<Answer>, Vec<Pair>, bool), AllocationError> {
        let (matching, open) = self.best(week)?;
        // What is not free has no list.
        let mut places = vec![0; self.places.len()];
        free.iter()
            .for_each(|&unit| set(&mut places, unit, self.places.get(unit as usize).copied().unwrap_or(0)));
        let commission = match self.ranks {
            Ranks::Levels => Commission::new(week, &matching, &places)?,
            Ranks::Leases if self.instance.by_points => return Err(AllocationError::RanksByPoints),
            Ranks::Leases => {
                let chances = Chances::decided(self.likely, decide, (self.dataset, week));
                let chances = chances.map_err(AllocationError::Instance)?;
                Commission::most_leases(week, &matching, &places, (&chances, false))?.commission
            }
        };
        let acceptances = Acceptances::decided(self.likely, decide, (self.dataset, week), &commission);
        let acceptances = acceptances.map_err(AllocationError::Instance)?;
        let mut answers = acceptances.answers((week, self.dataset), &commission, seed);
        // Whoever takes a unit is charged to the holder to whom its attribution was, where that one may propose it.
        let holders = week.holders_charged(&matching);
        let pair = |answer: &mut Answer| {
            let Answer { request, unit, .. } = *answer;
            let holder = holders.get(unit as usize).copied().flatten();
            let marks = week.marks_in_list(holder, request, unit);
            let fit = week.pairs(request, unit).find(|(_, own)| *own == marks).map_or(0, |(fit, _)| fit);
            answer.request = who.get(request as usize).copied().unwrap_or(u32::MAX);
            Pair { request: answer.request, unit, fit, marks }
        };
        let pairs = answers.iter_mut().map(pair).collect();
        Ok((answers, pairs, open))
    }

    /// The best answer of an instance in the order that the pack says; is some level of it not proved?
    fn best(&self, instance: &Instance) -> Result<(Matching, bool), AllocationError> {
        if instance.by_points {
            return Ok((instance.in_order_of_points(), false));
        }
        let answered = answer_in_order(self.plan, &instance.problem, &[], None, None)?;
        Ok((answered.matching, !answered.gaps.none()))
    }

    /// What leases by these pairs reach, in the pack's points and against the quotas of the year.
    fn reached_by(&self, mut made: Vec<Pair>) -> Result<Reached, AllocationError> {
        made.sort_unstable_by_key(|pair| pair.request);
        let (unit_of, marks_of): (Vec<Option<u32>>, Vec<u64>) =
            made.iter().map(|pair| (Some(pair.unit), pair.marks)).unzip();
        let quotas = self.quotas(&vec![Already::default(); self.plan.quotas.len()]);
        let (all, _) = self.instance.session(made, quotas)?;
        let reached = reached_by(&all.problem, &unit_of, &marks_of)?;
        Ok(all.in_points(&Matching { unit_of, reached, ..Matching::default() }).0)
    }

    /// What units given to requests reach, in the pack's points and against the quotas of the year.
    fn reached(&self, unit_of: Vec<Option<u32>>, marks_of: &[u64]) -> Result<Reached, AllocationError> {
        let given = |(request, unit): (u32, &Option<u32>)| Some((request, (*unit)?));
        let pairs: Vec<(u32, u32)> = (0_u32..).zip(&unit_of).filter_map(given).collect();
        let problem = self
            .instance
            .only(&pairs, self.quotas(&vec![Already::default(); self.plan.quotas.len()]))?
            .problem;
        let reached = reached_by(&problem, &unit_of, marks_of)?;
        Ok(self.instance.in_points(&Matching { unit_of, reached, ..Matching::default() }).0)
    }
}

/// Since when a unit is free.
#[derive(Clone, Copy, Default)]
struct Free {
    since: Option<u32>,
    /// Did somebody hold it when the year began?
    held: bool,
    leased: bool,
}

impl Free {
    fn free(&self, now: u32) -> bool {
        !self.leased && self.since.is_some_and(|since| since <= now)
    }
}

/// What a session begins with.
struct Now<'n> {
    /// By row of the request: does it wait?
    waits: &'n [bool],
    /// The units that are free, by number.
    free: &'n [u32],
    /// By number of the unit: the requests that have refused it.
    refused: &'n [Vec<u32>],
}

/// Has a request refused a unit? Few have.
fn is_refused(refused: &[Vec<u32>], request: u32, unit: u32) -> bool {
    refused.get(unit as usize).is_some_and(|own| own.contains(&request))
}

/// By session: the requests that it is the first to see.
fn by_session(arrivals: &Arrivals, requests: usize) -> Vec<Vec<u32>> {
    let mut came = vec![Vec::new(); arrivals.sessions as usize];
    for (request, session) in (0_u32..).take(requests).zip(&arrivals.requests) {
        let own = session.and_then(|session| came.get_mut(session as usize));
        own.into_iter().for_each(|own: &mut Vec<u32>| own.push(request));
    }
    came
}

fn set<T>(all: &mut [T], at: u32, own: T) {
    if let Some(slot) = all.get_mut(at as usize) {
        *slot = own;
    }
}

/// Adds an attribution to what counts in each quota.
fn add(all: &mut [Already], marks: u64) {
    for (at, own) in all.iter_mut().enumerate() {
        own.base += marks >> (2 * at) & 1;
        own.members += u64::from(marks >> (2 * at) & 3 == 3);
    }
}
