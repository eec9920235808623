//! Lists for the allocation commission: several candidates for each unit, in order.
//!
//! The first candidates are the attributions of the matching. The second ones are the best answer of
//! the same problem among the requests that are not first anywhere, and so on, rank after rank. So a
//! request stands once in all *own* places together, and:
//!
//! * whoever refuses, the first of each list that accepts gets the unit, no household gets two, and no
//!   other household moves;
//! * each rank is the best answer there is among those who stand in no rank before it;
//! * where no quota is in force, points never rise down a list.
//!
//! Or those below the first stand where the most leases are to be expected of it ([`Commission::most_leases`]).
//!
//! Where too few requests are left, a list is completed by requests that stand elsewhere: such a place
//! is *shared*, and promises nothing.
//!
//! Where requests hold units, a unit whose tenant stays has no list, and one that its tenant leaves is free only if that
//! tenant takes what it is given: its list stands under that condition. Lists that are followed are read likewise: a tenant who is the
//! first of one moves, if its new unit is vacant or its tenant moves, too.
//!
//! Ranks are notified decisions: what comes after follows the lists that there are. A refusal strikes one request from one
//! list, the next of that list gets the unit, and what is used up is filled at its end; all other places stay.

use std::collections::{BTreeMap, BTreeSet};

use super::chances::{Chances, PARTS};
use super::expected::{Below, Ranked};
use super::instance::Instance;
use logis_language::value::Exact;
use logis_matching::{Matching, ProblemError, reached_by, solve};

/// The lists of all units.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Commission {
    /// By number of the unit: its candidates, the first first.
    pub lists: Vec<Vec<Place>>,
}

/// A place in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The request, by number.
    pub request: u32,
    /// Does the request stand in other lists too?
    pub shared: bool,
}

/// Lists that give the most leases to be expected, beside those by the levels of the matching.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct MostLeases {
    /// The lists. Own places alone are chosen so; a list that is completed by shared ones is as [`Commission::new`] completes it.
    pub commission: Commission,
    /// The same by the levels of the matching.
    pub by_levels: Commission,
    /// Can no rank below the first be filled better, all others staying? Otherwise the search was given up.
    pub settled: bool,
    /// No lists with these first places give more leases to be expected of own places, if that was asked for.
    pub at_most: Option<Exact>,
}

/// What refusals change.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct AfterRefusals {
    /// By number of the request: the unit that it gets now.
    pub unit_of: Vec<Option<u32>>,
    /// Units that change hands: who had it, and who has it now.
    pub changes: Vec<(u32, Option<u32>, Option<u32>)>,
    /// The lists as they are now.
    pub commission: Commission,
}

impl Commission {
    /// Makes the lists; `places` has how many candidates are to be presented, by number of the unit.
    ///
    /// # Errors
    /// None that the instance has not had.
    pub fn new(
        instance: &Instance,
        matching: &Matching,
        places: &[usize],
    ) -> Result<Commission, ProblemError> {
        let places = free_places(instance, matching, places);
        let mut lists: Vec<Vec<Place>> = vec![Vec::new(); instance.units.len()];
        let mut named = vec![false; instance.requests.len()];
        ranks(instance, &mut lists, &mut named, &places, matching.unit_of.clone())?;
        let mut commission = Commission { lists };
        commission.complete(instance, matching, &places);
        Ok(commission)
    }

    /// Makes lists of which the most leases are to be expected: the first of each is its attribution, and those below stand where
    /// they are worth most by how likely they take the unit. Each rank has as many places as there can be, serves who comes first by
    /// law and the shares as the best answer by the levels does, and then gives the most leases, before points and fit. With
    /// `bounded`, it is said how many leases any lists may give.
    ///
    /// # Errors
    /// None that the instance has not had.
    pub fn most_leases(
        instance: &Instance,
        matching: &Matching,
        places: &[usize],
        (chances, bounded): (&Chances, bool),
    ) -> Result<MostLeases, ProblemError> {
        let by_levels = Commission::new(instance, matching, places)?;
        let places = free_places(instance, matching, places);
        by_levels.for_leases(instance, matching, &places, (chances, bounded))
    }

    /// These lists, by the levels, and those for the most leases: where `places` asks for none, a list stays.
    fn for_leases(
        self,
        instance: &Instance,
        matching: &Matching,
        places: &[usize],
        (chances, bounded): (&Chances, bool),
    ) -> Result<MostLeases, ProblemError> {
        let request_of = matching.request_of(instance.units.len());
        let new = |unit: usize| places.get(unit).is_some_and(|asked| *asked > 0);
        let mut named = vec![false; instance.requests.len()];
        let (mut firsts, mut below): (Vec<Option<u32>>, Below) = (Vec::new(), Vec::new());
        for (unit, list) in self.lists.iter().enumerate() {
            let first = request_of.get(unit).copied().flatten().filter(|_| new(unit));
            let own = list.iter().filter(|place| new(unit) && !place.shared);
            below.push(own.map(|place| place.request).filter(|request| Some(*request) != first).collect());
            let stays = list.iter().filter(|_| !new(unit)).map(|place| place.request);
            for request in stays.chain(first) {
                named.get_mut(request as usize).into_iter().for_each(|slot| *slot = true);
            }
            firsts.push(first);
        }
        let holders = instance.holders_charged(matching);
        let ranked = Ranked::new((instance, chances), places, (&firsts, named), &holders);
        let filled = ranked.fill(&below)?;
        let mut lists = Vec::new();
        for (unit, ((first, below), before)) in firsts.iter().zip(&filled.below).zip(&self.lists).enumerate()
        {
            let own = first.iter().chain(below).map(|request| Place { request: *request, shared: false });
            lists.push(if new(unit) { own.collect() } else { before.clone() });
        }
        let mut commission = Commission { lists };
        commission.complete(instance, matching, places);
        let at_most = bounded.then(|| {
            let stand = (0_u32..).zip(&self.lists).filter(|(unit, _)| !new(*unit as usize));
            let stand = stand.map(|(unit, list)| {
                let own = list.iter().filter(|place| !place.shared).map(|place| place.request);
                PARTS - chances.none_takes(unit, own)
            });
            Exact::new(ranked.at_most(&filled.below) + stand.sum::<i128>(), PARTS)
        });
        Ok(MostLeases { commission, by_levels: self, settled: filled.settled, at_most })
    }

    /// Follows lists of before, which stay as they are; units without one (empty) get theirs among the requests that stand
    /// nowhere. The first of each list has the unit.
    ///
    /// # Errors
    /// None that the instance has not had.
    pub fn following(
        instance: &Instance,
        lists: Vec<Vec<Place>>,
        places: &[usize],
    ) -> Result<(Commission, Matching), ProblemError> {
        let mut named = vec![false; instance.requests.len()];
        for place in lists.iter().flatten() {
            if let Some(slot) = named.get_mut(place.request as usize) {
                *slot = true;
            }
        }
        let new = |unit: u32| lists.get(unit as usize).is_some_and(Vec::is_empty);
        let free = |request: u32| named.get(request as usize) == Some(&false);
        let firsts = firsts(instance, &lists);
        let first = best_beside(instance, &firsts, |request, unit| free(request) && new(unit))?;
        let mut matching =
            Matching { unit_of: first.unit_of.clone(), marks_of: first.marks_of, ..Matching::default() };
        for (&unit, list) in firsts.keys().filter_map(|unit| Some((unit, lists.get(*unit as usize)?))) {
            let slot = list.first().and_then(|place| matching.unit_of.get_mut(place.request as usize));
            if let Some(slot @ None) = slot {
                *slot = Some(unit);
                // To whom a list that stands is charged is what its session said: here any of its pairs will do.
                let request = list.first().map_or(0, |place| place.request);
                let marks = instance.pair(request, unit).map_or(0, |(_, marks)| marks);
                matching.marks_of.get_mut(request as usize).into_iter().for_each(|own| *own = marks);
            }
        }
        let occupied = instance.occupied(&matching.unit_of);
        let stays = |unit: u32| occupied.get(unit as usize) == Some(&true);
        let asked = |(unit, asked): (u32, &usize)| if new(unit) && !stays(unit) { *asked } else { 0 };
        let places: Vec<usize> = (0_u32..).zip(places).map(asked).collect();
        let mut lists = lists;
        ranks(instance, &mut lists, &mut named, &places, first.unit_of)?;
        let mut commission = Commission { lists };
        commission.complete(instance, &matching, &places);
        let reached = reached_by(&instance.problem, &matching.unit_of, &matching.marks_of);
        matching.reached = reached.unwrap_or_default();
        Ok((commission, matching))
    }

    /// The same, new lists being made so that the most leases are to be expected of them: see [`Commission::most_leases`].
    ///
    /// # Errors
    /// None that the instance has not had.
    pub fn following_for_leases(
        instance: &Instance,
        lists: Vec<Vec<Place>>,
        places: &[usize],
        how: (&Chances, bool),
    ) -> Result<(MostLeases, Matching), ProblemError> {
        let new: Vec<bool> = lists.iter().map(Vec::is_empty).collect();
        let (by_levels, matching) = Commission::following(instance, lists, places)?;
        // A unit whose tenant stays is for nobody.
        let occupied = instance.occupied(&matching.unit_of);
        let asked = places.iter().zip(new).zip(occupied);
        let asked = asked.map(|((asked, new), occupied)| if new && !occupied { *asked } else { 0 });
        let asked: Vec<usize> = asked.collect();
        Ok((by_levels.for_leases(instance, &matching, &asked, how)?, matching))
    }

    /// Fills the lists that are too short with requests that stand elsewhere and have no unit.
    fn complete(&mut self, instance: &Instance, matching: &Matching, places: &[usize]) {
        let short = self.lists.iter().zip(places).any(|(list, asked)| list.len() < *asked);
        if !short {
            return;
        }
        for (unit, (suits, (list, asked))) in
            (0_u32..).zip(instance.requests_by_unit().into_iter().zip(self.lists.iter_mut().zip(places)))
        {
            if list.len() >= *asked {
                continue;
            }
            let own: BTreeSet<u32> = list.iter().map(|place| place.request).collect();
            let mut others: Vec<u32> = suits
                .into_iter()
                .filter(|r| !own.contains(r) && matching.unit_of.get(*r as usize) == Some(&None))
                .collect();
            others.sort_by_key(|&request| (std::cmp::Reverse(chosen(instance, request, unit)), request));
            let lacking = *asked - list.len();
            list.extend(others.into_iter().take(lacking).map(|request| Place { request, shared: true }));
        }
    }

    /// What becomes of lists and attributions when these pairs of request and unit are refused, in this order.
    ///
    /// A unit that is refused goes to the first of its list who has no unit; who refuses has none. What is not refused
    /// stays: no other place of any list moves. A list that is shorter for it is filled at its end, by requests that stand
    /// nowhere or, if there are none, by others that wait (shared).
    pub fn after(
        &self,
        instance: &Instance,
        matching: &Matching,
        places: &[usize],
        refusals: &[(u32, u32)],
    ) -> AfterRefusals {
        let mut state = Refusing::new(instance, &self.lists, &matching.unit_of);
        let before = matching.request_of(instance.units.len());
        for &(request, unit) in refusals {
            state.refuse(request, unit, places);
        }
        state.finish(places);
        let mut now: Vec<Option<u32>> = vec![None; instance.units.len()];
        for (request, unit) in (0_u32..).zip(&state.unit_of) {
            if let Some(slot) = unit.and_then(|unit| now.get_mut(unit as usize)) {
                *slot = Some(request);
            }
        }
        let changes = (0_u32..).zip(before.into_iter().zip(now));
        let changes = changes.filter(|(_, (a, b))| a != b).map(|(unit, (a, b))| (unit, a, b)).collect();
        AfterRefusals { unit_of: state.unit_of, changes, commission: Commission { lists: state.lists } }
    }
}

/// Lists and attributions while refusals come in.
struct Refusing<'i> {
    instance: &'i Instance,
    /// By unit: the requests that it suits.
    suits: Vec<Vec<u32>>,
    lists: Vec<Vec<Place>>,
    unit_of: Vec<Option<u32>>,
    refused: BTreeSet<(u32, u32)>,
    /// By request: in how many lists it stands, and in how many of them at an own place.
    stands: Vec<(u32, u32)>,
    /// Units that nobody could take without a promise to another unit.
    left: Vec<u32>,
    /// Units from whose lists somebody was struck.
    struck: BTreeSet<u32>,
}

impl<'i> Refusing<'i> {
    fn new(instance: &'i Instance, lists: &[Vec<Place>], unit_of: &[Option<u32>]) -> Refusing<'i> {
        let mut stands = vec![(0, 0); instance.requests.len()];
        for place in lists.iter().flatten() {
            if let Some((all, own)) = stands.get_mut(place.request as usize) {
                (*all, *own) = (*all + 1, *own + u32::from(!place.shared));
            }
        }
        let (suits, refused, left) = (instance.requests_by_unit(), BTreeSet::new(), Vec::new());
        Refusing {
            instance,
            suits,
            lists: lists.to_vec(),
            unit_of: unit_of.to_vec(),
            refused,
            stands,
            left,
            struck: BTreeSet::new(),
        }
    }

    fn refuse(&mut self, request: u32, unit: u32, places: &[usize]) {
        if self.instance.pair(request, unit).is_none() || !self.refused.insert((request, unit)) {
            return;
        }
        self.strike(request, unit);
        if let Some(own) = self.unit_of.get_mut(request as usize).filter(|own| **own == Some(unit)) {
            *own = None;
            // The next of the list; a shared place promises nothing, but who stands there may have no other.
            let list = self.list(unit);
            let waiting = || list.iter().filter(|place| self.waits(place.request));
            let free = |place: &&Place| self.stands.get(place.request as usize).is_some_and(|s| s.1 == 0);
            let next = waiting().find(|place| !place.shared).or_else(|| waiting().find(free));
            let nowhere = || self.best(unit).filter(|place| !place.shared);
            match next.copied().or_else(nowhere) {
                Some(next) => self.give(next.request, unit, places),
                None => self.left.push(unit),
            }
        }
        self.fill(unit, places);
    }

    /// What nobody could take without a promise to another unit goes to whoever of its list, or else of those it suits,
    /// waits still.
    fn finish(&mut self, places: &[usize]) {
        for unit in std::mem::take(&mut self.left) {
            let waits = |place: &&Place| self.waits(place.request);
            let next = self.list(unit).iter().find(waits).copied().or_else(|| self.best(unit));
            if let Some(next) = next {
                self.give(next.request, unit, places);
                self.fill(unit, places);
            }
        }
        // Whoever refused waits, too, and may stand at the end of other lists that were struck from.
        for unit in std::mem::take(&mut self.struck) {
            self.fill(unit, places);
        }
    }

    fn list(&self, unit: u32) -> &[Place] {
        self.lists.get(unit as usize).map_or(&[][..], |list| list)
    }

    fn waits(&self, request: u32) -> bool {
        self.unit_of.get(request as usize) == Some(&None)
    }

    /// Gives a unit: the request is the first of its list, and stands in no other.
    fn give(&mut self, request: u32, unit: u32, places: &[usize]) {
        if let Some(slot) = self.unit_of.get_mut(request as usize) {
            *slot = Some(unit);
        }
        self.strike(request, unit);
        self.put(0, unit, Place { request, shared: false });
        if self.stands.get(request as usize).is_none_or(|stands| stands.0 < 2) {
            return;
        }
        let stands = |list: &Vec<Place>| list.iter().any(|place| place.request == request);
        let others = (0_u32..).zip(&self.lists).filter(|(other, list)| *other != unit && stands(list));
        for other in others.map(|(other, _)| other).collect::<Vec<_>>() {
            self.strike(request, other);
            self.fill(other, places);
        }
    }

    fn put(&mut self, at: usize, unit: u32, place: Place) {
        if let Some(list) = self.lists.get_mut(unit as usize) {
            list.insert(at.min(list.len()), place);
            if let Some((all, own)) = self.stands.get_mut(place.request as usize) {
                (*all, *own) = (*all + 1, *own + u32::from(!place.shared));
            }
        }
    }

    fn strike(&mut self, request: u32, unit: u32) {
        self.struck.insert(unit);
        let at = self.list(unit).iter().position(|place| place.request == request);
        if let (Some(at), Some(list)) = (at, self.lists.get_mut(unit as usize)) {
            let place = list.remove(at);
            if let Some((all, own)) = self.stands.get_mut(request as usize) {
                (*all, *own) = (*all - 1, *own - u32::from(!place.shared));
            }
        }
    }

    /// Fills a list at its end.
    fn fill(&mut self, unit: u32, places: &[usize]) {
        let asked = places.get(unit as usize).copied().unwrap_or(0);
        while self.list(unit).len() < asked {
            let Some(place) = self.best(unit) else { return };
            self.put(usize::MAX, unit, place);
        }
    }

    /// Of the requests that wait, have not refused a unit and do not stand in its list: the one that the matching
    /// would choose, of those who stand nowhere first.
    fn best(&self, unit: u32) -> Option<Place> {
        let own: BTreeSet<u32> = self.list(unit).iter().map(|place| place.request).collect();
        let waiting = self.suits.get(unit as usize)?.iter().copied().filter(|request| {
            self.waits(*request) && !self.refused.contains(&(*request, unit)) && !own.contains(request)
        });
        let place =
            |request| Place { request, shared: self.stands.get(request as usize).is_some_and(|s| s.0 > 0) };
        waiting.map(place).min_by_key(|place| {
            (place.shared, std::cmp::Reverse(chosen(self.instance, place.request, unit)), place.request)
        })
    }
}

/// By unit: the first of its list that is followed, who moves there. Of a unit that is held, only where its tenant moves, too.
fn firsts(instance: &Instance, lists: &[Vec<Place>]) -> BTreeMap<u32, u32> {
    let first = |(unit, list): (u32, &Vec<Place>)| Some((unit, list.first()?.request));
    let mut firsts: BTreeMap<u32, u32> = (0_u32..).zip(lists).filter_map(first).collect();
    if !instance.has_tenants() {
        return firsts;
    }
    let holders = instance.holders();
    loop {
        let moving: BTreeSet<u32> = firsts.values().copied().collect();
        let tenant = |unit: u32| holders.get(unit as usize).copied().flatten();
        let before = firsts.len();
        firsts.retain(|unit, _| tenant(*unit).is_none_or(|tenant| moving.contains(&tenant)));
        if firsts.len() == before {
            return firsts;
        }
    }
}

/// The best answer of the pairs that are kept beside lists that are followed, whose first places are these.
fn best_beside(
    instance: &Instance,
    firsts: &BTreeMap<u32, u32>,
    keep: impl Fn(u32, u32) -> bool,
) -> Result<Matching, ProblemError> {
    if !instance.has_tenants() {
        return instance.best_of(keep);
    }
    // Who is first of a list has left its unit here; who stands behind stays, as it has no pair.
    let moving: BTreeSet<u32> = firsts.values().copied().collect();
    let held = (0_u32..).zip(&instance.held);
    let held: Vec<Option<u32>> =
        held.map(|(request, unit)| unit.filter(|_| !moving.contains(&request))).collect();
    Ok(solve(&instance.part_of_all(keep)?.with_tenants(&held)?))
}

/// As the matching would choose for a unit: who comes first, then most points, then the better fit.
pub(super) fn chosen(instance: &Instance, request: u32, unit: u32) -> (u64, u32, u16) {
    let fit = instance.pair(request, unit).map_or(0, |(fit, _)| fit);
    (instance.comes_first(request, unit), instance.problem.points(request), fit)
}

/// How many candidates are asked for where the unit is free: one whose tenant stays is for nobody.
fn free_places(instance: &Instance, matching: &Matching, places: &[usize]) -> Vec<usize> {
    if !instance.has_tenants() {
        return places.to_vec();
    }
    let occupied = instance.occupied(&matching.unit_of);
    places.iter().zip(occupied).map(|(asked, occupied)| if occupied { 0 } else { *asked }).collect()
}

/// Rank by rank: the first place of each list is `unit_of`; each further one is the best answer of those who stand on no
/// list yet, for the units whose lists are still short.
fn ranks(
    instance: &Instance,
    lists: &mut [Vec<Place>],
    named: &mut [bool],
    places: &[usize],
    mut unit_of: Vec<Option<u32>>,
) -> Result<(), ProblemError> {
    let most = places.iter().copied().max().unwrap_or(0);
    for rank in 0..most {
        let mut any = false;
        for (request, unit) in (0_u32..).zip(&unit_of) {
            let Some(unit) = *unit else { continue };
            let asked = places.get(unit as usize).copied().unwrap_or(0);
            if let (Some(list), Some(named)) =
                (lists.get_mut(unit as usize).filter(|_| asked > rank), named.get_mut(request as usize))
            {
                list.push(Place { request, shared: false });
                *named = true;
                any = true;
            }
        }
        if !any || rank + 1 == most {
            break;
        }
        let wanted = |unit: u32| places.get(unit as usize).is_some_and(|asked| *asked > rank + 1);
        let free = |request: u32| named.get(request as usize) == Some(&false);
        unit_of = instance.best_of(|request, unit| free(request) && wanted(unit))?.unit_of;
    }
    Ok(())
}
