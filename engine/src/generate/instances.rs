//! Matching instances of any size: who may get what, how much it presses and how well it fits.
//!
//! A data package says all of persons and dwellings; an instance has only what the matching reads, so
//! that 2.8 million requests facing 100,000 units are drawn in seconds. Communes have sizes after
//! Zipf and Mandelbrot, 1/(rank + 2), and lie in housing basins, a large one in each. A request wishes
//! one to six communes of its basin (5 % of the requests: one of them in the next basin), fits one or
//! two sizes and the products that its income opens. Margins are exact quotas, drawn by
//! ChaCha8: the same shape and seed give the same instance on every machine.
//!
//! Units that nothing tells apart are one [`Cell`]; what is open to a request is a list of cells. Pairs
//! (500 million for France) are never written down: the fit of one is computed when it is asked for.

use super::deck::{Draw, quotas};
use std::ops::Range;

/// Sizes of units: T1 to T5.
const SIZES: usize = 5;
/// Cells that a commune can have: size, product, in a priority district or not.
const KINDS: usize = SIZES * 3 * 2;
/// Shares of the sizes among units and among requests, in percent.
const SIZE_SHARES: [u64; SIZES] = [10, 25, 35, 22, 8];
/// Shares of the products among units, in percent.
const PRODUCT_SHARES: [u64; 3] = [30, 60, 10];
/// Shares of the income classes among requests, in percent: under the ceiling of each product and
/// over that of the one before.
const INCOME_SHARES: [u64; 3] = [70, 28, 2];
/// Shares of the requests that wish one commune, two, … six, in percent.
const WISH_SHARES: [u64; 6] = [10, 15, 20, 20, 20, 15];
/// Units in a priority district, in percent.
const DISTRICT_SHARE: u64 = 25;
/// Requests with a wish in the next basin, in percent.
const NEXT_BASIN_SHARE: u64 = 5;
/// Months of seniority that still count, 8 points each.
const MONTHS: usize = 75;
/// Of 10,000 requests, how many meet none, one, … all of the four criteria of 100 points: each is met
/// by one in five.
const CRITERIA: [u64; 5] = [4096, 4096, 1536, 256, 16];
/// The noise of a fit is less than this.
const NOISE: u32 = 361;

/// What an instance is drawn from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Its name.
    pub name: String,
    /// Number of requests.
    pub requests: u32,
    /// Number of units.
    pub units: u32,
    /// Number of communes; at least one.
    pub communes: u32,
    /// Number of basins, at least one; the communes go to them in turn, the largest first.
    pub basins: u32,
    /// Requests of the first income quartile, in percent.
    pub first_quartile: u8,
    /// Requests of a priority public, in percent.
    pub priority_publics: u8,
}

impl Shape {
    /// The named shapes, smallest first.
    pub const NAMES: [&str; 5] = ["dijon", "d10k", "d100k", "d1m", "france"];

    /// The shape of that name: one of [`Shape::NAMES`], alone or followed by `-hard` (few requests of
    /// the first quartile and of the priority publics: quotas cannot all be met) or `-slack` (as many
    /// requests as units: some units find nobody).
    pub fn named(name: &str) -> Option<Shape> {
        let (base, variant) = match name.split_once('-') {
            Some((base, variant)) => (base, Some(variant)),
            None => (name, None),
        };
        let (requests, units, communes, basins) = match base {
            "dijon" => (879, 350, 23, 1),
            "d10k" => (10_000, 1_000, 100, 5),
            "d100k" => (100_000, 10_000, 1_000, 47),
            "d1m" => (1_000_000, 50_000, 10_000, 518),
            "france" => (2_800_000, 100_000, 34_900, 1_729),
            _ => return None,
        };
        let (requests, first_quartile, priority_publics) = match variant {
            None => (requests, 25, 25),
            Some("hard") => (requests, 3, 4),
            Some("slack") => (units, 25, 25),
            Some(_) => return None,
        };
        let name = name.to_string();
        Some(Shape { name, requests, units, communes, basins, first_quartile, priority_publics })
    }
}

/// The loan that fixes a unit's ceilings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Product {
    /// The lowest ceilings.
    Plai,
    /// The common ones.
    Plus,
    /// The highest.
    Pls,
}

/// Units that nothing tells apart but their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The commune, by rank of size from 0.
    pub commune: u32,
    /// 1 for T1 to 5 for T5.
    pub size: u8,
    /// The product.
    pub product: Product,
    /// Does it lie in a priority district (QPV)?
    pub priority_district: bool,
    /// The first of its units; the others follow.
    pub first_unit: u32,
    /// How many units it has; at least one.
    pub units: u32,
}

impl Cell {
    /// Its units.
    pub fn range(&self) -> Range<u32> {
        self.first_unit..self.first_unit + self.units
    }
}

/// Who counts towards a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Members {
    /// Requests of the first income quartile.
    FirstQuartile,
    /// All others than those.
    OtherQuartiles,
    /// Requests of a priority public.
    PriorityPublics,
}

/// At least this share of some attributions goes to some requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// A short name.
    pub name: &'static str,
    /// The attributions that count: those inside priority districts (`Some(true)`), outside
    /// (`Some(false)`) or all.
    pub inside: Option<bool>,
    /// The requests that should get them.
    pub members: Members,
    /// The share, as numerator and denominator.
    pub share: (u32, u32),
}

/// A matching instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// By request: its priority, 0 to 1,000, many alike. It is drawn apart from the marks below, so
    /// that quotas bind.
    pub points: Vec<u16>,
    /// By request: is it of the first income quartile?
    pub first_quartile: Vec<bool>,
    /// By request: is it of a priority public?
    pub priority_public: Vec<bool>,
    /// The cells, by commune, size, product, outside then inside the priority districts; their units
    /// are numbered in that order without a gap.
    pub cells: Vec<Cell>,
    /// The slots of request `i` are `starts[i]..starts[i + 1]`.
    pub starts: Vec<u32>,
    /// By slot: a cell that is open to the request. Those of one request ascend.
    pub open: Vec<u32>,
    /// By slot: what is sure of the fit: 400 for the exact size, 40 for each rank of the wish (240 for
    /// the first).
    pub base: Vec<u16>,
    salt: u32,
}

impl Instance {
    /// Draws an instance.
    pub fn generate(shape: &Shape, seed: u64) -> Instance {
        let mut draw = Draw::new(seed);
        let land = Land::new(shape);
        let (cells, cell_at) = cells(shape, &land, &mut draw);
        let total = u64::from(shape.requests);
        let months: Vec<u64> = {
            // One in 25 of those who wait gets something each month.
            let mut left = 1_u64 << 40;
            let mut weights = Vec::new();
            for _ in 0..MONTHS {
                weights.push(left - left / 25 * 24);
                left = left / 25 * 24;
            }
            weights.push(left);
            weights
        };
        let seniority = draw.deck(total, &months);
        let criteria = draw.deck(total, &CRITERIA);
        let points = seniority.into_iter().zip(criteria).map(|(m, c)| to_u16(8 * m + 100 * c)).collect();
        let mut marks = |percent: u8| -> Vec<bool> {
            let percent = u64::from(percent.min(100));
            draw.deck(total, &[100 - percent, percent]).into_iter().map(|class| class == 1).collect()
        };
        let first_quartile = marks(shape.first_quartile);
        let priority_public = marks(shape.priority_publics);
        let wishes = Wishes::draw(shape, &land, &mut draw);
        let sizes = draw.deck(total, &SIZE_SHARES);
        let incomes = draw.deck(total, &INCOME_SHARES);
        let mut instance = Instance {
            points,
            first_quartile,
            priority_public,
            cells,
            starts: vec![0],
            open: Vec::new(),
            base: Vec::new(),
            salt: mix(to_u32(seed ^ seed >> 32)),
        };
        let mut slots: Vec<(u32, u16)> = Vec::new();
        for ((communes, size), income) in wishes.iter().zip(sizes).zip(incomes) {
            slots.clear();
            // The size that suits, and for two requests in three the one below or above, if there is one.
            let other = match draw.between(0, 2) {
                0 if size > 0 => size - 1,
                1 if size + 1 < SIZES => size + 1,
                _ => size,
            };
            for (rank, &commune) in communes.iter().enumerate() {
                for suits in size.min(other)..=size.max(other) {
                    let base = to_u16(40 * (6 - rank.min(6)) + if suits == size { 400 } else { 0 });
                    for product in income..=(income + 1).min(2) {
                        for inside in 0..2 {
                            if let Some(cell) = cell_at.get(commune, suits, product, inside) {
                                slots.push((cell, base));
                            }
                        }
                    }
                }
            }
            slots.sort_unstable();
            instance.open.extend(slots.iter().map(|slot| slot.0));
            instance.base.extend(slots.iter().map(|slot| slot.1));
            instance.starts.push(to_u32(instance.open.len() as u64));
        }
        instance
    }

    /// Number of requests.
    pub fn requests(&self) -> usize {
        self.points.len()
    }

    /// Number of units.
    pub fn units(&self) -> u32 {
        self.cells.last().map_or(0, |cell| cell.range().end)
    }

    /// The slots of a request; none if there is no such request.
    pub fn slots(&self, request: u32) -> Range<usize> {
        let at = |i: usize| self.starts.get(i).map_or(self.open.len(), |s| *s as usize);
        at(request as usize)..at(request as usize + 1)
    }

    /// The open cells of a request.
    pub fn open_to(&self, request: u32) -> impl Iterator<Item = (usize, &Cell)> {
        self.slots(request).filter_map(|slot| Some((slot, self.cells.get(*self.open.get(slot)? as usize)?)))
    }

    /// Number of pairs of a request and a unit that is open to it.
    pub fn pairs(&self) -> u64 {
        let units = |cell: &u32| self.cells.get(*cell as usize).map_or(0, |c| u64::from(c.units));
        self.open.iter().map(units).sum()
    }

    /// How well a unit suits a request, 0 to 1,000: what is sure of the slot, and a noise that stands
    /// for the distance to work and the rent. `slot` is one of the request's, with the unit's cell.
    #[inline]
    pub fn fit(&self, request: u32, slot: usize, unit: u32) -> u16 {
        let base = self.base.get(slot).copied().unwrap_or(0);
        base.wrapping_add(noise(mix(self.salt ^ request), unit))
    }

    /// The fits of one request to some units of the cell of `slot`, put at the end of `out`.
    #[inline]
    pub fn fill(&self, request: u32, slot: usize, units: Range<u32>, out: &mut Vec<u16>) {
        let base = self.base.get(slot).copied().unwrap_or(0);
        let salt = mix(self.salt ^ request);
        // Neither wraps; a check of each would keep the loop from taking several units at a time.
        out.extend(units.map(|unit| base.wrapping_add(noise(salt, unit))));
    }

    /// The quotas, in the order in which they are met: a quarter of what is outside the priority
    /// districts to the first quartile, half of what is inside to the others, a quarter of all to the
    /// priority publics.
    pub fn quotas(&self) -> [Quota; 3] {
        [
            Quota {
                name: "first quartile outside",
                inside: Some(false),
                members: Members::FirstQuartile,
                share: (1, 4),
            },
            Quota {
                name: "others inside",
                inside: Some(true),
                members: Members::OtherQuartiles,
                share: (1, 2),
            },
            Quota { name: "publics", inside: None, members: Members::PriorityPublics, share: (1, 4) },
        ]
    }

    /// Does the request count towards a quota with these members?
    pub fn counts(&self, request: u32, members: Members) -> bool {
        let mark = |marks: &[bool]| marks.get(request as usize).copied();
        match members {
            Members::FirstQuartile => mark(&self.first_quartile) == Some(true),
            Members::OtherQuartiles => mark(&self.first_quartile) == Some(false),
            Members::PriorityPublics => mark(&self.priority_public) == Some(true),
        }
    }

    /// The same units, pairs and fits, with one cell where two differ by the priority district only:
    /// what a matching without quotas needs.
    #[must_use]
    pub fn without_districts(&self) -> Instance {
        let mut cells: Vec<Cell> = Vec::new();
        let mut name = Vec::with_capacity(self.cells.len());
        for cell in &self.cells {
            match cells.last_mut() {
                Some(l) if (l.commune, l.size, l.product) == (cell.commune, cell.size, cell.product) => {
                    l.units += cell.units;
                }
                _ => cells.push(Cell { priority_district: false, ..*cell }),
            }
            name.push(to_u32(cells.len() as u64 - 1));
        }
        let mut joined = Instance {
            points: self.points.clone(),
            first_quartile: self.first_quartile.clone(),
            priority_public: self.priority_public.clone(),
            cells,
            starts: vec![0],
            open: Vec::new(),
            base: Vec::new(),
            salt: self.salt,
        };
        for request in 0..to_u32(self.points.len() as u64) {
            let mut before = None;
            for slot in self.slots(request) {
                let (Some(open), Some(base)) = (self.open.get(slot), self.base.get(slot)) else { continue };
                // Whoever may have one of two joined cells may have the other, with the same base.
                let cell = name.get(*open as usize).copied();
                if let (Some(cell), true) = (cell, cell != before) {
                    joined.open.push(cell);
                    joined.base.push(*base);
                }
                before = cell;
            }
            joined.starts.push(to_u32(joined.open.len() as u64));
        }
        joined
    }
}

/// The communes: their weights, and which are in a basin.
struct Land {
    weights: Vec<u64>,
    basins: Vec<Basin>,
}

/// The communes of a basin, largest first, with the running sum of their weights.
#[derive(Default)]
struct Basin {
    communes: Vec<u32>,
    sums: Vec<u64>,
}

impl Land {
    fn new(shape: &Shape) -> Land {
        let communes = shape.communes.max(1);
        let weights: Vec<u64> = (0..u64::from(communes)).map(|k| (1 << 40) / (k + 3)).collect();
        let mut basins: Vec<Basin> = Vec::new();
        basins.resize_with(shape.basins.clamp(1, communes) as usize, Basin::default);
        let count = basins.len();
        for (commune, weight) in (0..).zip(&weights) {
            if let Some(basin) = basins.get_mut(commune as usize % count) {
                let before = basin.sums.last().copied().unwrap_or(0);
                basin.communes.push(commune);
                basin.sums.push(before + weight);
            }
        }
        Land { weights, basins }
    }

    /// The basin of a commune.
    fn basin_of(&self, commune: u32) -> usize {
        commune as usize % self.basins.len()
    }
}

impl Basin {
    /// One of its communes, by weight.
    fn pick(&self, draw: &mut Draw) -> u32 {
        let total = self.sums.last().copied().unwrap_or(1);
        let at = draw.between(0, i64::try_from(total).unwrap_or(i64::MAX) - 1).unsigned_abs();
        let place = self.sums.partition_point(|sum| *sum <= at);
        self.communes.get(place).copied().unwrap_or(0)
    }
}

/// The wished communes of all requests, first wish first.
struct Wishes {
    starts: Vec<usize>,
    communes: Vec<u32>,
}

impl Wishes {
    fn draw(shape: &Shape, land: &Land, draw: &mut Draw) -> Wishes {
        let total = u64::from(shape.requests);
        let homes = draw.deck(total, &land.weights);
        let counts = draw.deck(total, &WISH_SHARES);
        let far = draw.deck(total, &[100 - NEXT_BASIN_SHARE, NEXT_BASIN_SHARE]);
        let mut wishes = Wishes { starts: vec![0], communes: Vec::new() };
        for ((home, count), far) in homes.into_iter().zip(counts).zip(far) {
            let home = to_u32(home as u64);
            let start = wishes.communes.len();
            wishes.communes.push(home);
            let at = land.basin_of(home);
            let far = far == 1 && land.basins.len() > 1;
            if let Some(basin) = land.basins.get(at) {
                let near = (1 + count - usize::from(far && count > 0)).min(basin.communes.len());
                // In a small basin where one commune is nearly all, the others may not be found.
                for _ in 0..100 {
                    let chosen = wishes.communes.get(start..).unwrap_or_default();
                    if chosen.len() >= near {
                        break;
                    }
                    let next = basin.pick(draw);
                    if !chosen.contains(&next) {
                        wishes.communes.push(next);
                    }
                }
            }
            if let (true, Some(next)) = (far, land.basins.get((at + 1) % land.basins.len())) {
                wishes.communes.push(next.pick(draw));
            }
            wishes.starts.push(wishes.communes.len());
        }
        wishes
    }

    fn iter(&self) -> impl Iterator<Item = &[u32]> {
        let ends = self.starts.iter().skip(1);
        self.starts.iter().zip(ends).map(|(s, e)| self.communes.get(*s..*e).unwrap_or_default())
    }
}

/// Which cell has a commune, size, product and side.
struct CellAt(Vec<Option<u32>>);

impl CellAt {
    fn place(commune: u32, size: usize, product: usize, inside: usize) -> usize {
        commune as usize * KINDS + (size * 3 + product) * 2 + inside
    }

    fn get(&self, commune: u32, size: usize, product: usize, inside: usize) -> Option<u32> {
        self.0.get(CellAt::place(commune, size, product, inside)).copied().flatten()
    }
}

/// Draws the units and puts those that are alike together.
fn cells(shape: &Shape, land: &Land, draw: &mut Draw) -> (Vec<Cell>, CellAt) {
    let total = u64::from(shape.units);
    let by_commune = quotas(total, &land.weights);
    let homes =
        (0_u32..).zip(by_commune).flat_map(|(c, n)| std::iter::repeat_n(c, usize::try_from(n).unwrap_or(0)));
    let sizes = draw.deck(total, &SIZE_SHARES);
    let products = draw.deck(total, &PRODUCT_SHARES);
    let sides = draw.deck(total, &[100 - DISTRICT_SHARE, DISTRICT_SHARE]);
    let mut counts = vec![0_u32; land.weights.len() * KINDS];
    for (((commune, size), product), inside) in homes.zip(sizes).zip(products).zip(sides) {
        if let Some(count) = counts.get_mut(CellAt::place(commune, size, product, inside)) {
            *count += 1;
        }
    }
    let mut cells: Vec<Cell> = Vec::new();
    let mut first_unit = 0;
    let mut at = Vec::with_capacity(counts.len());
    for (place, units) in counts.into_iter().enumerate() {
        at.push((units > 0).then(|| to_u32(cells.len() as u64)));
        if units > 0 {
            let kind = place % KINDS;
            cells.push(Cell {
                commune: to_u32((place / KINDS) as u64),
                size: u8::try_from(kind / 6 + 1).unwrap_or(0),
                product: match kind / 2 % 3 {
                    0 => Product::Plai,
                    1 => Product::Plus,
                    _ => Product::Pls,
                },
                priority_district: kind % 2 == 1,
                first_unit,
                units,
            });
            first_unit += units;
        }
    }
    (cells, CellAt(at))
}

/// A permutation of the 32-bit numbers that leaves no pattern (two rounds of multiply and shift).
#[inline]
fn mix(x: u32) -> u32 {
    let x = (x ^ x >> 16).wrapping_mul(0x7feb_352d);
    let x = (x ^ x >> 15).wrapping_mul(0x846c_a68b);
    x ^ x >> 16
}

/// 0 to 360, for a request's salt and a unit.
#[inline]
fn noise(salt: u32, unit: u32) -> u16 {
    let hash = mix(salt.wrapping_add(unit.wrapping_mul(0x9e37_79b1)));
    ((hash >> 16).wrapping_mul(NOISE) >> 16) as u16
}

fn to_u16(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

fn to_u32(n: u64) -> u32 {
    u32::try_from(n & 0xffff_ffff).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn instance(name: &str) -> Instance {
        Instance::generate(&Shape::named(name).unwrap(), 1)
    }

    fn count<T>(of: &[T], which: impl Fn(&T) -> bool) -> usize {
        of.iter().filter(|one| which(one)).count()
    }

    #[test]
    fn the_shape_and_the_seed_decide_the_draw() {
        let shape = Shape::named("dijon").unwrap();
        assert_eq!(Instance::generate(&shape, 1), Instance::generate(&shape, 1));
        assert_ne!(Instance::generate(&shape, 1), Instance::generate(&shape, 2));
        for name in ["", "dijon-", "dijon-soft", "d10", "d10k-hard-slack"] {
            assert_eq!(Shape::named(name), None, "{name}");
        }
    }

    /// 350 units over 23 communes by 1/3, 1/4, … 1/25 (sum 2.31596): 350 / 3 / 2.31596 = 50.37, then
    /// 37.78, 30.22, 25.19, 21.59 …; the units that are left go to the largest remainders.
    #[test]
    fn communes_follow_zipf_and_mandelbrot() {
        let dijon = instance("dijon");
        assert_eq!((dijon.requests(), dijon.units()), (879, 350));
        let mut by_commune = [0; 23];
        for cell in &dijon.cells {
            by_commune[cell.commune as usize] += cell.units;
        }
        assert_eq!(by_commune[..5], [50, 38, 30, 25, 22]);
    }

    /// Shares are exact: of 10,000 requests 2,500 of the first quartile (hard: 300); of 1,000 units 100,
    /// 250, 350, 220, 80 of T1 to T5, 300, 600, 100 by product, 250 in districts.
    #[test]
    fn margins_are_exact() {
        for (name, quartile, publics) in [("d10k", 2500, 2500), ("d10k-hard", 300, 400)] {
            let d10k = instance(name);
            assert_eq!(count(&d10k.first_quartile, |mark| *mark), quartile);
            assert_eq!(count(&d10k.priority_public, |mark| *mark), publics);
            let units = |which: &dyn Fn(&Cell) -> bool| -> u32 {
                d10k.cells.iter().filter(|cell| which(cell)).map(|cell| cell.units).sum()
            };
            assert_eq!([1, 2, 3, 4, 5].map(|size| units(&|c| c.size == size)), [100, 250, 350, 220, 80]);
            let products = [Product::Plai, Product::Plus, Product::Pls];
            assert_eq!(products.map(|product| units(&|c| c.product == product)), [300, 600, 100]);
            assert_eq!(units(&|c| c.priority_district), 250);
        }
        let slack = instance("d10k-slack");
        assert_eq!((slack.requests(), slack.units()), (1000, 1000));
    }

    /// Criteria: 0.8 of 100 points in the mean. Months: one in 25 leaves each month, none is counted
    /// after 75, so the mean is 24 × (1 - 0.96^75) = 22.88. In all 80 + 8 × 22.88 = 263.0 points.
    #[test]
    fn points_are_skewed_and_often_alike() {
        let d10k = instance("d10k");
        assert!(d10k.points.iter().all(|p| *p <= 1000 && p % 4 == 0));
        let sum: u64 = d10k.points.iter().map(|p| u64::from(*p)).sum();
        assert!((2_625_000..2_635_000).contains(&sum), "{sum}");
        let kinds: BTreeSet<u16> = d10k.points.iter().copied().collect();
        assert!(kinds.len() <= 251);
    }

    /// Of 10,000 requests 500 have one wish in the next of the five basins, and no other has any there.
    /// The wishes are as many as drawn: 1,000 × 1 + 1,500 × 2 + 2,000 × (3 + 4 + 5) + 1,500 × 6 = 37,000,
    /// and one more for each of the 500 that wishes one commune only.
    #[test]
    fn wishes_stay_in_the_basin_but_for_some() {
        let shape = Shape::named("d10k").unwrap();
        let land = Land::new(&shape);
        let wishes = Wishes::draw(&shape, &land, &mut Draw::new(1));
        let (mut far, mut more) = (0, 0);
        for own in wishes.iter() {
            assert!((1..=6).contains(&own.len()));
            assert_eq!(own.iter().collect::<BTreeSet<_>>().len(), own.len());
            let away: Vec<_> = own.iter().filter(|c| *c % 5 != own[0] % 5).collect();
            assert!(away.len() <= 1 && away.iter().all(|c| *c % 5 == (own[0] + 1) % 5));
            far += away.len();
            more += usize::from(away.len() == 1 && own.len() == 2);
        }
        assert_eq!(wishes.iter().count(), 10_000);
        assert_eq!(far, 500);
        assert!((37_000..=37_000 + more).contains(&wishes.communes.len()));
    }

    /// Cells are in order and without a gap; a request may have one or two neighbouring sizes, one or
    /// two neighbouring products, and for the exact size 400 more.
    #[test]
    fn slots_are_what_a_request_may_have() {
        let d10k = instance("d10k");
        let key = |c: &Cell| (c.commune, c.size, c.product, c.priority_district);
        assert!(
            d10k.cells.windows(2).all(|w| key(&w[0]) < key(&w[1]) && w[0].range().end == w[1].first_unit)
        );
        for request in 0..10_000 {
            let slots = d10k.slots(request);
            assert!(d10k.open[slots.clone()].windows(2).all(|w| w[0] < w[1]));
            let sizes: BTreeSet<u8> = d10k.open_to(request).map(|(_, c)| c.size).collect();
            let products: BTreeSet<u8> = d10k.open_to(request).map(|(_, c)| c.product as u8).collect();
            for kinds in [&sizes, &products] {
                assert!(kinds.last().zip(kinds.first()).is_none_or(|(l, f)| l - f <= 1));
            }
            let exact: BTreeSet<u8> = d10k
                .open_to(request)
                .filter(|(slot, _)| d10k.base[*slot] >= 400)
                .map(|(_, c)| c.size)
                .collect();
            assert!(exact.len() <= 1);
            let communes: BTreeSet<u32> = d10k.open_to(request).map(|(_, c)| c.commune).collect();
            let ranks: BTreeSet<u16> = slots.map(|slot| d10k.base[slot] % 400).collect();
            assert_eq!(ranks.len(), communes.len());
            assert!(ranks.iter().all(|r| r % 40 == 0 && (40..=240).contains(r)));
        }
    }

    /// The first wish and the exact size give 640, the noise up to 360 more, each value as often: over
    /// 22,000 pairs its mean is 180 ± 104 / √22,000 × 4.
    #[test]
    fn fits_are_even_within_their_bounds() {
        let dijon = instance("dijon");
        let (mut pairs, mut sum, mut best) = (0_u64, 0_u64, 0);
        for request in 0..879 {
            for (slot, cell) in dijon.open_to(request) {
                let mut all = Vec::new();
                dijon.fill(request, slot, cell.range(), &mut all);
                for (unit, fit) in cell.range().zip(all) {
                    assert_eq!(fit, dijon.fit(request, slot, unit));
                    pairs += 1;
                    sum += u64::from(fit - dijon.base[slot]);
                    best = best.max(fit);
                }
            }
        }
        assert_eq!(pairs, dijon.pairs());
        assert!((177 * pairs..183 * pairs).contains(&sum), "{sum} / {pairs}");
        assert!((990..=1000).contains(&best), "{best}");
    }

    /// Joining cells leaves every pair with its fit, and no two cells that differ by the district only.
    #[test]
    fn without_districts_the_pairs_are_the_same() {
        let dijon = instance("dijon");
        let joined = dijon.without_districts();
        assert!(joined.cells.len() < dijon.cells.len());
        let pairs = |of: &Instance| -> Vec<(u32, u32, u16)> {
            let units = |request| {
                of.open_to(request).flat_map(move |(slot, cell)| cell.range().map(move |unit| (slot, unit)))
            };
            (0..879).flat_map(|r| units(r).map(move |(s, u)| (r, u, of.fit(r, s, u)))).collect()
        };
        assert_eq!(pairs(&dijon), pairs(&joined));
        let key = |c: &Cell| (c.commune, c.size, c.product);
        assert!(joined.cells.windows(2).all(|w| key(&w[0]) < key(&w[1])));
    }

    /// As many pairs as such sizes have, within a third: 22,600 and 282,000.
    #[test]
    fn pairs_are_about_as_many_as_wanted() {
        for (name, pairs) in [("dijon", 22_600), ("d10k", 282_000)] {
            let of = instance(name).pairs();
            assert!((pairs * 2 / 3..pairs * 4 / 3).contains(&of), "{name}: {of}");
        }
    }
}
