//! The most leases that any lists may be expected to give: how far lists are from the best possible at most.
//!
//! Whatever prices requests have, none below zero, no lists give more than the sum of the prices and, of each unit, the most that
//! it could have if it chose its candidates freely and paid for them: a request that stands in one own place pays for itself. So each
//! choice of prices gives a bound; a few steps along the subgradient look for a low one. Number of places, who comes first by law and
//! shares are left aside: the bound holds of any lists. All is rounded up.

use super::chances::PARTS;

/// How many steps are taken.
const STEPS: usize = 60;

/// Sets of candidates that are looked at for one unit before a coarser bound is taken.
const SETS: u32 = 20_000;

/// A unit that chooses.
pub(super) struct Unit<'a> {
    /// Who may stand below its first, with the probability of each, in parts.
    pub suits: &'a [(u32, i128)],
    /// The probability that its first does not take it.
    pub left: i128,
    /// How many may stand below its first.
    pub places: usize,
}

/// The least bound that is found from these prices, in parts: of what places below the first add.
pub(super) fn bound(units: &[Unit<'_>], prices: Vec<i128>, reached: i128) -> i128 {
    let sorted: Vec<Vec<(u32, i128)>> = units
        .iter()
        .map(|unit| {
            let mut own = unit.suits.to_vec();
            own.sort_by_key(|pair| (-pair.1, pair.0));
            own
        })
        .collect();
    let (mut prices, mut best) = (prices, i128::MAX);
    for _ in 0..STEPS {
        let mut wanted = vec![-1_i128; prices.len()];
        let mut value: i128 = prices.iter().sum();
        for (unit, own) in units.iter().zip(&sorted) {
            let (worth, chosen) = choose(unit, own, &prices);
            value += worth;
            for request in chosen {
                wanted.get_mut(request as usize).into_iter().for_each(|own| *own += 1);
            }
        }
        best = best.min(value);
        // A request that nobody wants and that costs nothing has nowhere to go.
        let steps = || wanted.iter().zip(&prices).filter(|(own, price)| **own > 0 || **price > 0);
        let square: i128 = steps().map(|(own, _)| own * own).sum();
        if square == 0 || best <= reached {
            break;
        }
        let step = (value - reached).max(0) / square;
        for (price, own) in prices.iter_mut().zip(wanted) {
            *price = (*price + step * own).max(0);
        }
    }
    best
}

/// The most that a unit gets, its candidates paid for, and which they are; `sorted` are those that it suits, the most likely first.
fn choose(unit: &Unit<'_>, sorted: &[(u32, i128)], prices: &[i128]) -> (i128, Vec<u32>) {
    if unit.places == 0 || unit.left <= 0 {
        return (0, Vec::new());
    }
    // Who is no better in either way than as many others as there are places is in no set that those could not stand for.
    let mut least: Vec<i128> = Vec::new();
    let mut kept = Vec::new();
    for &(request, likely) in sorted {
        let price = prices.get(request as usize).copied().unwrap_or(0);
        let dear = least.len() >= unit.places && least.last().is_some_and(|last| *last <= price);
        if dear || gain(unit.left, likely) <= price {
            continue;
        }
        kept.push(Candidate { request, likely, price });
        least.insert(least.partition_point(|own| *own <= price), price);
        least.truncate(unit.places);
    }
    let mut search = Search { kept: &kept, best: 0, chosen: Vec::new(), set: Vec::new(), looked: 0 };
    search.from(0, (unit.left, 0), unit.places);
    if search.looked <= SETS {
        return (search.best, search.chosen);
    }
    // Too many sets: what each adds alone, of as many as there are places.
    let mut alone: Vec<(i128, u32)> =
        kept.iter().map(|own| (gain(unit.left, own.likely) - own.price, own.request)).collect();
    alone.sort_by_key(|own| (-own.0, own.1));
    alone.truncate(unit.places);
    (alone.iter().map(|own| own.0).sum(), alone.into_iter().map(|own| own.1).collect())
}

/// What a candidate adds where nobody else takes the unit with this probability.
fn gain(left: i128, likely: i128) -> i128 {
    (left * likely + PARTS - 1) / PARTS
}

struct Candidate {
    request: u32,
    likely: i128,
    price: i128,
}

struct Search<'k> {
    /// The most likely first.
    kept: &'k [Candidate],
    best: i128,
    chosen: Vec<u32>,
    set: Vec<u32>,
    looked: u32,
}

impl Search<'_> {
    /// All sets of those from a place on.
    fn from(&mut self, start: usize, (left, value): (i128, i128), places: usize) {
        if value > self.best {
            self.best = value;
            self.chosen.clone_from(&self.set);
        }
        let Some(more) = places.checked_sub(1) else { return };
        let most = i128::try_from(places).unwrap_or(i128::MAX >> 64);
        for (at, own) in self.kept.iter().enumerate().skip(start) {
            let adds = gain(left, own.likely);
            self.looked += 1;
            // Nobody further on is more likely.
            if value + most * adds <= self.best || self.looked > SETS {
                return;
            }
            self.set.push(own.request);
            // What is left is rounded up, so that what others add is.
            let after = (left * (PARTS - own.likely) + PARTS - 1) / PARTS;
            self.from(at + 1, (after, value + adds - own.price), more);
            self.set.pop();
        }
    }
}
