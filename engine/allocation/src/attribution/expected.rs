//! Lists that give the most leases to be expected: who stands below the first places, which are the attributions.
//!
//! A rank is filled by these levels, each before the next: the most places; who comes first by law; the shares; **the most leases to
//! be expected**; then points, then fit. Given all other places, what a place adds is the probability that nobody else of the list
//! takes the unit, times that of who stands there: so a rank is a linear assignment, which is solved exactly ([`assign`]).
//!
//! * Rank after rank is filled, then each again as all others are, until none can be filled better. The same is done from the
//!   lists by the levels of the matching, and the better lists of both are taken: they have no fewer places than those, nor, where
//!   they have as many and serve as many who come first by law, fewer leases to be expected.
//! * The order of a list does not change how likely its unit is let. Where no share is in force, those below the first stand by who comes
//!   first by law, then by points, so that points never rise down a list here either.
//! * Where shares are in force, a rank has the places that its best answer by the levels has, and each goes to whoever counts in
//!   no share for less than the one whom that answer puts there: no share is served worse at any rank. The order of a list, by which
//!   a share is served at each rank, stays that of the ranks.

use std::cmp::Reverse;

use super::assign::{Assigned, Worth, assign};
use super::at_best;
use super::chances::{Chances, PARTS};
use super::commission::chosen;
use super::instance::Instance;
use logis_matching::{BEST_FIT, ProblemError};

/// How often the ranks are gone through at most.
const ROUNDS: usize = 200;

/// By number of the unit: who stands below its first place, in order.
pub(super) type Below = Vec<Vec<u32>>;

/// By number of the unit, by rank below the first: how the one counts in each share whose place it was.
type Floors = Vec<Vec<u64>>;

/// What is to be filled.
pub(super) struct Ranked<'a> {
    instance: &'a Instance,
    chances: &'a Chances,
    /// By number of the unit: how many are to be presented, those included that stand already; 0 where nothing is to be filled.
    places: &'a [usize],
    /// By number of the request: does it stand somewhere that stays?
    named: Vec<bool>,
    /// By number of the unit: its first, which is named.
    firsts: &'a [Option<u32>],
    /// By number of the unit: the probability that its first does not take it.
    left: Vec<i128>,
    /// By number of the unit: to whom its list is charged.
    holders: &'a [Option<usize>],
    /// By number of the unit: the requests that it suits and that stand nowhere yet, each with its probability.
    suits: Vec<Vec<(u32, i128)>>,
    scale: Scale,
}

/// Ranks that were filled.
pub(super) struct Filled {
    pub below: Below,
    /// Can no rank be filled better, all others staying? Otherwise the search was given up.
    pub settled: bool,
}

/// What weighs how much in a worth.
#[derive(Clone, Copy)]
struct Scale {
    /// A place that is filled.
    place: i128,
    /// A request that comes first by the last of the rules for it; `base` times as much by the one before.
    first: i128,
    base: i128,
    /// A point, of which one of fit is the least part.
    point: i128,
}

impl Scale {
    fn new(instance: &Instance) -> Scale {
        let units = i128::try_from(instance.units.len()).unwrap_or(i128::MAX >> 64) + 1;
        let first = PARTS * units;
        let firsts = u32::try_from(instance.firsts()).unwrap_or(u32::MAX);
        // Sums along a way have as many terms as there are units.
        let fits = |base: i128| {
            let place = base.checked_pow(firsts)?.checked_mul(first)?;
            place.checked_mul(units)?.checked_mul(units)?.checked_mul(4).map(|_| (base, place))
        };
        let (base, place) = fits(units).or_else(|| fits(2)).unwrap_or((1, first));
        Scale { place, first, base, point: i128::from(BEST_FIT) * units + 1 }
    }
}

impl<'a> Ranked<'a> {
    /// `lists` are those that stand and the first places, in which all those `named` stand.
    pub fn new(
        (instance, chances): (&'a Instance, &'a Chances),
        places: &'a [usize],
        (firsts, named): (&'a [Option<u32>], Vec<bool>),
        holders: &'a [Option<usize>],
    ) -> Ranked<'a> {
        let left = (0_u32..)
            .zip(firsts)
            .map(|(unit, first)| PARTS - first.map_or(0, |request| chances.of(request, unit)))
            .collect();
        let free = |request: &u32| named.get(*request as usize) == Some(&false);
        let of = |(unit, requests): (u32, Vec<u32>)| {
            let asked = places.get(unit as usize).is_some_and(|asked| *asked > 0);
            let own = requests.into_iter().filter(|request| asked && free(request));
            own.map(|request| (request, chances.of(request, unit))).collect()
        };
        let suits = (0_u32..).zip(instance.requests_by_unit()).map(of).collect();
        let scale = Scale::new(instance);
        Ranked { instance, chances, places, named, firsts, left, holders, suits, scale }
    }

    /// The best ranks that are found; `by_levels` are those by the levels of the matching.
    ///
    /// # Errors
    /// None that the instance has not had.
    pub fn fill(&self, by_levels: &Below) -> Result<Filled, ProblemError> {
        let (mut own, floors) = self.rank_by_rank()?;
        let mut settled = self.settle(&mut own, floors.as_ref());
        let mut other = by_levels.clone();
        let floors = self.has_shares().then(|| self.floors(&other));
        let other_settled = self.settle(&mut other, floors.as_ref());
        if self.worth(&other) > self.worth(&own) {
            (own, settled) = (other, other_settled);
        }
        Ok(Filled { below: own, settled })
    }

    /// The most leases to be expected, in parts, that any lists give of which these are the first places: see [`at_best`].
    pub fn at_most(&self, below: &Below) -> i128 {
        let prices = self.prices(below);
        let units = self.suits.iter().zip(&self.left).zip(self.places.iter().zip(self.firsts));
        let units = units.map(|((suits, left), (asked, first))| at_best::Unit {
            suits,
            left: *left,
            places: asked.saturating_sub(usize::from(first.is_some())),
        });
        let first: i128 = self.left.iter().map(|left| PARTS - left).sum();
        let reached = (0_u32..).zip(below.iter().zip(&self.left));
        let reached = reached
            .map(|(unit, (list, left))| {
                left - left * self.chances.none_takes(unit, list.iter().copied()) / PARTS
            })
            .sum();
        first + at_best::bound(&units.collect::<Vec<_>>(), prices, reached)
    }

    /// Rank after rank, given those above.
    fn rank_by_rank(&self) -> Result<(Below, Option<Floors>), ProblemError> {
        let most = self.places.iter().copied().max().unwrap_or(0);
        let mut below: Below = vec![Vec::new(); self.places.len()];
        let mut floors = self.has_shares().then(|| vec![Vec::new(); self.places.len()]);
        for rank in 1..most {
            let free = self.free(&below);
            let wanted = |unit: u32| self.places.get(unit as usize).is_some_and(|asked| *asked > rank);
            let mut best: Vec<Option<u64>> = vec![None; self.places.len()];
            if floors.is_some() {
                let free = |request: u32| free.get(request as usize) == Some(&true);
                let answer = self.instance.best_of(|request, unit| free(request) && wanted(unit))?;
                for (request, unit) in (0_u32..).zip(&answer.unit_of) {
                    let Some(unit) = *unit else { continue };
                    set(&mut best, unit, Some(self.counts(request, unit)));
                }
            }
            let takes = |unit: u32| match &floors {
                None => wanted(unit).then_some(None),
                Some(_) => best.get(unit as usize).copied().flatten().map(Some),
            };
            let assigned = self.assigned(&below, &free, takes);
            for (unit, request) in assigned.column_of.iter().enumerate() {
                let Some(request) = *request else { continue };
                below.get_mut(unit).into_iter().for_each(|list| list.push(request));
                let floor = best.get(unit).copied().flatten().unwrap_or(0);
                floors.iter_mut().flat_map(|all| all.get_mut(unit)).for_each(|own| own.push(floor));
            }
            if assigned.column_of.iter().all(Option::is_none) {
                break;
            }
        }
        Ok((below, floors))
    }

    /// Fills each rank again, all others staying, until none can be filled better.
    fn settle(&self, below: &mut Below, floors: Option<&Floors>) -> bool {
        for _ in 0..ROUNDS {
            if floors.is_none() {
                self.in_order(below);
            }
            let most = self.places.iter().copied().max().unwrap_or(0);
            let mut better = false;
            for rank in 0..most.saturating_sub(1) {
                better |= self.again(below, rank, floors);
            }
            if !better {
                return true;
            }
        }
        false
    }

    /// Fills a rank again if it can be filled better, all others staying.
    fn again(&self, below: &mut Below, rank: usize, floors: Option<&Floors>) -> bool {
        let mut others = below.clone();
        let out: Vec<Option<u32>> =
            others.iter_mut().map(|list| (list.len() > rank).then(|| list.remove(rank))).collect();
        let now = (0_u32..).zip(&out).filter_map(|(unit, request)| Some((unit, (*request)?)));
        let now = now.fold(Worth::default(), |all, (unit, request)| {
            all + self.of_pair(request, unit, self.left_by(&others, unit))
        });
        let free = self.free(&others);
        let takes = |unit: u32| {
            let at = unit as usize;
            match floors {
                Some(floors) => out
                    .get(at)
                    .copied()
                    .flatten()
                    .and_then(|_| floors.get(at)?.get(rank))
                    .map(|own| Some(*own)),
                // One more than before where there is none at this rank.
                None => {
                    let asked = self.places.get(at).is_some_and(|asked| *asked > rank + 1);
                    (asked && others.get(at).is_some_and(|list| list.len() >= rank)).then_some(None)
                }
            }
        };
        let assigned = self.assigned(&others, &free, takes);
        if assigned.worth <= now || !assigned.proved {
            return false;
        }
        for (list, request) in others.iter_mut().zip(&assigned.column_of) {
            if let Some(request) = request {
                list.insert(rank.min(list.len()), *request);
            }
        }
        *below = others;
        true
    }

    /// The best assignment of those who are free to the units that take one: `takes` gives how it must count in each share at
    /// least, if that matters.
    fn assigned(&self, below: &Below, free: &[bool], takes: impl Fn(u32) -> Option<Option<u64>>) -> Assigned {
        let row = |(unit, suits): (u32, &Vec<(u32, i128)>)| {
            let Some(floor) = takes(unit) else { return Vec::new() };
            let left = self.left_by(below, unit);
            let is_free = |request: u32| free.get(request as usize) == Some(&true);
            let good = |request: u32| floor.is_none_or(|own| self.no_less(self.counts(request, unit), own));
            let own = suits.iter().filter(|pair| is_free(pair.0) && good(pair.0));
            own.map(|pair| (pair.0, self.of_pair(pair.0, unit, left))).collect()
        };
        let rows: Vec<Vec<(u32, Worth)>> = (0_u32..).zip(&self.suits).map(row).collect();
        assign(&rows, self.named.len())
    }

    /// What a request below the first adds to a list whose others leave the unit with this probability.
    fn of_pair(&self, request: u32, unit: u32, left: i128) -> Worth {
        let Scale { place, first, base, point } = self.scale;
        let firsts = self.instance.comes_first(request, unit);
        let bits = (0..self.instance.firsts()).rev();
        let firsts = bits.fold(0, |all, at| all * base + i128::from(firsts >> at & 1));
        let leases = left * self.chances.of(request, unit) / PARTS;
        let fit = self.instance.pair(request, unit).map_or(0, |(fit, _)| fit);
        Worth {
            major: place + firsts * first + leases,
            minor: i128::from(self.instance.problem.points(request)) * point + i128::from(fit),
        }
    }

    /// What ranks are worth in all.
    fn worth(&self, below: &Below) -> Worth {
        let mut all = Worth::default();
        for (unit, list) in (0_u32..).zip(below) {
            let mut left = self.left.get(unit as usize).copied().unwrap_or(PARTS);
            for &request in list {
                all += self.of_pair(request, unit, left);
                left = left * (PARTS - self.chances.of(request, unit)) / PARTS;
            }
        }
        all
    }

    /// The probability that nobody of a list takes its unit.
    fn left_by(&self, below: &Below, unit: u32) -> i128 {
        let first = self.left.get(unit as usize).copied().unwrap_or(PARTS);
        let list = below.get(unit as usize).into_iter().flatten().copied();
        first * self.chances.none_takes(unit, list) / PARTS
    }

    /// By number of the request: does it stand nowhere?
    fn free(&self, below: &Below) -> Vec<bool> {
        let mut free: Vec<bool> = self.named.iter().map(|named| !named).collect();
        below.iter().flatten().for_each(|request| set(&mut free, *request, false));
        free
    }

    /// Puts those below the first by who comes first by law, then by points.
    fn in_order(&self, below: &mut Below) {
        for (unit, list) in (0_u32..).zip(below) {
            list.sort_by_key(|&request| (Reverse(chosen(self.instance, request, unit)), request));
        }
    }

    /// A price for each request, of which [`at_best`] makes a bound: those by which the best assignment to all places at once is
    /// proved, each place being worth what it adds to the other places of its list as they are.
    fn prices(&self, below: &Below) -> Vec<i128> {
        let mut rows: Vec<Vec<(u32, Worth)>> = Vec::new();
        for (unit, (suits, (list, asked))) in
            (0_u32..).zip(self.suits.iter().zip(below.iter().zip(self.places)))
        {
            let first = self.firsts.get(unit as usize).copied().flatten();
            let first_left = self.left.get(unit as usize).copied().unwrap_or(PARTS);
            for place in 0..asked.saturating_sub(usize::from(first.is_some())) {
                let others = list.iter().enumerate().filter(|(at, _)| *at != place).map(|(_, own)| *own);
                let left = first_left * self.chances.none_takes(unit, others) / PARTS;
                let worth = |own: i128| Worth { major: left * own / PARTS, minor: 0 };
                rows.push(suits.iter().map(|pair| (pair.0, worth(pair.1))).collect());
            }
        }
        assign(&rows, self.named.len()).prices.iter().map(|price| price.major).collect()
    }

    fn has_shares(&self) -> bool {
        self.instance.problem.quotas().len() > self.instance.firsts()
    }

    fn floors(&self, below: &Below) -> Floors {
        let of =
            |(unit, list): (u32, &Vec<u32>)| list.iter().map(|request| self.counts(*request, unit)).collect();
        (0_u32..).zip(below).map(of).collect()
    }

    /// How a request counts in the list of a unit: as marks of the shares alone.
    fn counts(&self, request: u32, unit: u32) -> u64 {
        let holder = self.holders.get(unit as usize).copied().flatten();
        self.instance.marks_in_list(holder, request, unit) >> (2 * self.instance.firsts())
    }

    /// Does one count in no share for less than another? A member is more than who is not in the base, who is more than one in the
    /// base and no member: the share never asks for more of the better one.
    fn no_less(&self, marks: u64, floor: u64) -> bool {
        let shares = self.instance.problem.quotas().len() - self.instance.firsts();
        let good = |marks: u64, at: usize| match marks >> (2 * at) & 3 {
            3 => 2,
            1 => 0,
            _ => 1,
        };
        (0..shares).all(|at| good(marks, at) >= good(floor, at))
    }
}

fn set<T>(all: &mut [T], at: u32, own: T) {
    if let Some(slot) = all.get_mut(at as usize) {
        *slot = own;
    }
}
