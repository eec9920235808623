//! Which requests the last level with quotas looks at, where many more could have a unit than there are units: those that fit
//! best, and then those that its prices do not keep out (*sifting*: column generation by requests).

#![expect(
    clippy::indexing_slicing,
    reason = "measured loops over numbers of the problem, which its constructors check"
)]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use rayon::prelude::*;

use super::super::answer::{Bound, Condition, Prices, Proof};
use super::super::numbers::{Cell, InnerUnit};
use super::super::problem::Problem;
use super::columns::NONE;
use super::fit::CROWD;
use super::looked::{Looked, MANY};
use super::marks::{SCALE, by_kind, weight_of_staying};

/// Of each cell and each kind of marks, so many requests a unit are looked at first. What more cost is said at [`CROWD`].
const EACH: usize = 1;

/// The same where not all slots of those requests are looked at: these are few. Others were not tried.
const EACH_OF_MANY: usize = if cfg!(test) { 1 } else { 4 };

/// Slots by their fit and the place of their request, the worst on top: of those that fit as well the last.
type Kept = BinaryHeap<Reverse<(u16, Reverse<(u32, u32)>, usize)>>;

/// Of each cell and each kind of marks the requests that fit best.
struct BestOfCells {
    kinds: usize,
    /// By cell, then by kind: the number of its list in `kept`, or [`NONE`]; empty where there are too many of them.
    dense: Vec<u32>,
    /// The same where they are too many.
    sparse: HashMap<(Cell, u16), u32>,
    kept: Vec<Kept>,
    /// How many cells there are, and by how many requests the order among those that fit as well is turned over all of them:
    /// where there are many, cells that are alike would all keep the same.
    turned: (u64, u64),
}

impl BestOfCells {
    /// So many numbers of lists are held by place at most.
    const DENSE: usize = 1 << 26;

    fn new(problem: &Problem) -> BestOfCells {
        let (cells, kinds) = (problem.cell_count(), problem.kinds.len());
        let dense = if cells * kinds <= BestOfCells::DENSE { vec![NONE; cells * kinds] } else { Vec::new() };
        let turned = if problem.open.len() >= MANY { problem.requests() as u64 } else { 0 };
        BestOfCells {
            kinds,
            dense,
            sparse: HashMap::new(),
            kept: Vec::new(),
            turned: (cells.max(1) as u64, turned),
        }
    }

    /// Adds a slot, if it is among the `most` best of its cell and kind.
    fn add(&mut self, (cell, kind): (Cell, u16), (fit, request, slot): (u16, u32, usize), most: usize) {
        let number = match self.dense.get_mut(cell.index() * self.kinds + usize::from(kind)) {
            Some(number) => number,
            None => self.sparse.entry((cell, kind)).or_insert(NONE),
        };
        if *number == NONE {
            *number = self.kept.len() as u32;
            self.kept.push(Kept::new());
        }
        let kept = &mut self.kept[*number as usize];
        let (cells, turned) = self.turned;
        let order = request.wrapping_sub((u64::from(cell.0) * turned / cells) as u32);
        let new = Reverse((fit, Reverse((order, request)), slot));
        if kept.len() < most {
            kept.push(new);
        } else if let Some(mut worst) = kept.peek_mut().filter(|worst| new < **worst) {
            *worst = new;
        }
    }

    /// The requests and slots that are kept.
    fn kept(self) -> Vec<(u32, usize)> {
        let own = |Reverse((_, Reverse((_, request)), slot))| (request, slot);
        self.kept.into_iter().flatten().map(own).collect()
    }
}

/// What the room of the points leaves: a bound of them, with `prices` by cell, is so far (`left`) above the points reached. A pair that loses more at its prices is in no answer with these points (*reduced-cost fixing*).
pub(super) struct Room<'a> {
    pub prices: &'a [i64],
    pub left: i64,
    by_kind: Vec<i64>,
    /// What staying weighs less than an attribution of its marks.
    stay: i64,
}

impl<'a> Room<'a> {
    pub fn new(problem: &Problem, bound: &Bound, prices: &'a [i64], left: i64) -> Room<'a> {
        let stay = weight_of_staying(problem, &bound.multipliers);
        Room { prices, left, by_kind: by_kind(problem, &bound.multipliers), stay }
    }

    /// The slots of a request that are in some answer considered, in order; and the most that the request can gain, 0 by
    /// being idle.
    pub fn slots_of(&self, problem: &Problem, request: u32, slots: &mut Vec<usize>) -> i64 {
        let points = SCALE * i64::from(problem.points[request as usize]);
        let home = problem.home(request);
        let gain = |slot: usize| {
            let cell = problem.open[slot];
            let own = if home == Some(cell) { -self.stay } else { points };
            own + self.by_kind[problem.kind(slot) as usize] - self.prices[cell.index()]
        };
        let worth = problem.slots_of(request).map(gain).max().unwrap_or(0);
        // Who holds a unit is not idle.
        let worth = if home.is_some() { worth } else { worth.max(0) };
        slots.clear();
        // What a pair loses against the best of its request, or against being idle.
        slots.extend(problem.slots_of(request).filter(|&slot| worth - gain(slot) <= self.left));
        worth
    }
}

/// Which requests are looked at, and by which slots.
pub(super) struct Sifted {
    /// By request: is it looked at?
    active: Vec<bool>,
    /// The slots of those, if not all are.
    looked: Option<Looked>,
}

impl Sifted {
    /// All requests where they are few beside the units; else those that are housed `at` a cell, those that `had` a unit, and
    /// of each cell and kind those that fit best.
    pub fn new(problem: &Problem, room: &Room<'_>, at: &[Cell], had: &[InnerUnit]) -> Sifted {
        let mut slots = Vec::new();
        let mut possible = |request: &u32| {
            room.slots_of(problem, *request, &mut slots);
            !slots.is_empty()
        };
        let requests = || 0..problem.requests() as u32;
        if requests().filter(&mut possible).count() < CROWD * problem.units() {
            return Sifted { active: vec![true; problem.requests()], looked: None };
        }
        let mut active: Vec<bool> = at.iter().map(|&cell| cell != Cell::NONE).collect();
        for (active, &had) in active.iter_mut().zip(had) {
            *active |= had != InnerUnit::NONE;
        }
        // Who holds a unit must be looked at, and so the others ask only whether they would gain.
        for request in requests().filter(|request| problem.home(*request).is_some()) {
            active[request as usize] = true;
        }
        let each = if problem.open.len() >= MANY { EACH_OF_MANY } else { EACH };
        let mut best = BestOfCells::new(problem);
        let mut fits = Vec::new();
        for request in requests() {
            room.slots_of(problem, request, &mut slots);
            for &slot in &slots {
                let (cell, kind) = (problem.open[slot], problem.kind(slot));
                let range = problem.range(cell);
                let most = each * range.len();
                fits.clear();
                problem.fits.fill(request, slot, range, &mut fits);
                let fit = fits.iter().copied().max().unwrap_or(0);
                best.add((cell, kind), (fit, request, slot), most);
            }
        }
        let best = best.kept();
        for (request, _) in &best {
            active[*request as usize] = true;
        }
        let is_active = |request: &u32| active[*request as usize];
        let mut of_room = |request: u32| {
            room.slots_of(problem, request, &mut slots);
            slots.len()
        };
        let many: usize = requests().filter(is_active).map(&mut of_room).sum();
        let looked = (many >= MANY && !problem.has_tenants()).then(|| {
            let mut looked = Looked::none(problem);
            best.iter().for_each(|(_, slot)| looked.add(*slot));
            looked
        });
        let mut sifted = Sifted { active, looked };
        sifted.look_at_best(problem, room, (at, had));
        sifted
    }

    /// Where not all slots are looked at: of each request those that fit it best, and those where it is or was.
    fn look_at_best(&mut self, problem: &Problem, room: &Room<'_>, (at, had): (&[Cell], &[InnerUnit])) {
        let Some(looked) = &mut self.looked else { return };
        let cell_of = problem.cell_of_units();
        let (mut slots, mut fits, mut own) = (Vec::new(), Vec::new(), Vec::new());
        for request in (0..problem.requests() as u32).filter(|request| self.active[*request as usize]) {
            room.slots_of(problem, request, &mut slots);
            own.clear();
            for &slot in &slots {
                fits.clear();
                problem.fits.fill(request, slot, problem.range(problem.open[slot]), &mut fits);
                own.push((fits.iter().copied().max().unwrap_or(0).into(), slot));
            }
            looked.add_best(&mut own);
            let before = had.get(request as usize).and_then(|unit| cell_of.get(unit.index()).copied());
            let now = at.get(request as usize).copied().filter(|cell| *cell != Cell::NONE);
            for cell in now.into_iter().chain(before) {
                problem.slots_in(request, cell).for_each(|slot| looked.add(slot));
            }
        }
    }

    /// Is a slot of a request that is looked at looked at?
    #[inline]
    pub fn takes_slot(&self, slot: usize) -> bool {
        self.looked.as_ref().is_none_or(|looked| looked.takes(slot))
    }

    /// Is a request looked at?
    pub fn takes(&self, request: u32) -> bool {
        self.active[request as usize]
    }

    /// Looks at the requests and slots, too, that would gain at the prices of one of these bounds of the fit, those first that
    /// gain most. `false` if there are none: then the bounds hold for all.
    pub fn more(&mut self, problem: &Problem, room: &Room<'_>, (proof, bounds): (&Proof, &[&Bound])) -> bool {
        let priced: Vec<Priced<'_>> = bounds.iter().filter_map(|bound| Priced::new(problem, bound)).collect();
        let mut gains: Vec<(i64, u32, usize)> = Vec::new();
        for (number, priced) in priced.iter().enumerate() {
            let gain = |(slots, fits): &mut (Vec<usize>, Vec<u16>), request: u32| {
                let gain = self.gain(problem, room, priced, request, (slots, fits));
                (gain > 0).then_some((-gain, request, number))
            };
            let requests = (0..problem.requests() as u32).into_par_iter().with_min_len(4096);
            let open = requests.filter(|request| self.looked.is_some() || !self.takes(*request));
            gains.par_extend(open.map_init(Default::default, gain).flatten());
        }
        gains.sort_unstable();
        let many = if self.looked.is_some() { EACH_OF_MANY } else { EACH };
        gains.truncate(many * problem.units());
        let (mut slots, mut fits, mut own) = (Vec::new(), Vec::new(), Vec::new());
        for &(_, request, number) in &gains {
            self.active[request as usize] = true;
            let (Some(looked), Some(priced)) = (&mut self.looked, priced.get(number)) else { continue };
            room.slots_of(problem, request, &mut slots);
            own.clear();
            own.extend(
                slots.iter().map(|&slot| (priced.gain(problem, request, slot, &mut fits, i64::MIN), slot)),
            );
            looked.add_best(&mut own);
        }
        let settled = self.looked.as_mut().is_some_and(|looked| looked.add_settled(problem, proof));
        settled || !gains.is_empty()
    }

    /// What a request would gain by a slot that is not looked at, beyond what it gains by those that are or by none.
    fn gain(
        &self,
        problem: &Problem,
        room: &Room<'_>,
        priced: &Priced<'_>,
        request: u32,
        (slots, fits): (&mut Vec<usize>, &mut Vec<u16>),
    ) -> i64 {
        let worth = room.slots_of(problem, request, slots);
        let is_looked_at = |slot: &usize| self.takes(request) && self.takes_slot(*slot);
        let now = slots.iter().filter(|slot| is_looked_at(slot));
        let now = now.map(|&slot| priced.gain(problem, request, slot, fits, i64::MIN)).max();
        // Who is in all answers considered is never idle, and may lose by the best there is.
        let now = match now {
            Some(now) if worth > room.left => now,
            now => now.unwrap_or(0).max(0),
        };
        let mut most = now;
        for &slot in slots.iter().filter(|slot| !is_looked_at(slot)) {
            most = most.max(priced.gain(problem, request, slot, fits, most));
        }
        most - now
    }
}

/// What slots gain at the prices of a bound of the fit.
struct Priced<'b> {
    prices: &'b [i64],
    /// By cell: the price of its cheapest unit.
    cheapest: Vec<i64>,
    by_kind: Vec<i64>,
    per_point: i64,
}

impl<'b> Priced<'b> {
    fn new(problem: &Problem, bound: &'b Bound) -> Option<Priced<'b>> {
        let Prices::Units(prices) = &bound.prices else { return None };
        let of_cell = |ends: &[u32]| prices[ends[0] as usize..ends[1] as usize].iter().copied().min();
        let cheapest = problem.firsts.windows(2).map(|ends| of_cell(ends).unwrap_or(0)).collect();
        let points = bound.multipliers.iter().filter(|(condition, _)| *condition == Condition::Priority);
        let per_point = points.map(|(_, m)| m).sum();
        Some(Priced { prices, cheapest, by_kind: by_kind(problem, &bound.multipliers), per_point })
    }

    /// The most that a slot gains by a unit; or anything that is no more than `least`, if that is.
    #[inline]
    fn gain(&self, problem: &Problem, request: u32, slot: usize, fits: &mut Vec<u16>, least: i64) -> i64 {
        let cell = problem.open[slot];
        let range = problem.range(cell);
        fits.clear();
        problem.fits.fill(request, slot, range.clone(), fits);
        let points = self.per_point * i64::from(problem.points[request as usize]);
        let own = self.by_kind[usize::from(problem.kind(slot))] + points;
        // Mostly the best fit at the lowest price gains nothing, which is seen faster.
        let best =
            SCALE * i64::from(fits.iter().copied().max().unwrap_or(0)) + own - self.cheapest[cell.index()];
        if best <= least {
            return best;
        }
        let prices = &self.prices[range.start as usize..range.end as usize];
        fits.iter()
            .zip(prices)
            .map(|(&fit, price)| SCALE * i64::from(fit) - price + own)
            .max()
            .unwrap_or(i64::MIN)
    }
}
