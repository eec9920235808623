//! How an instance is drawn: communes in housing basins, the wishes of requests, the cells of units.

use super::cards::Cards;
use super::deck::{Draw, quotas};
use super::{Cell, Instance, Product, Shape, mix, to_u16, to_u32};

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

impl Instance {
    /// Draws an instance.
    pub fn generate(shape: &Shape, seed: u64) -> Instance {
        let mut draw = Draw::stream(seed, 0);
        let land = Land::new(shape);
        let (cells, cell_at) = cells(shape, &land, &mut draw);
        let total = u64::from(shape.requests);
        let months: Vec<u64> = {
            // One in 25 of those who wait is housed each month: weights fall geometrically, in parts of 2^40.
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
        let has_points = |request: u32| request.is_multiple_of(shape.one_with_points_in.max(1));
        let points = (0_u32..).zip(seniority.into_iter().zip(criteria));
        let points =
            points.map(|(r, (m, c))| if has_points(r) { to_u16(8 * m + 100 * c) } else { 0 }).collect();
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
}

/// The communes: the weight of each (Zipf and Mandelbrot: 1/(rank + 2), in parts of 2^40), and the housing
/// basins that they form.
pub(super) struct Land {
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
    pub fn new(shape: &Shape) -> Land {
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
pub(super) struct Wishes {
    starts: Vec<usize>,
    pub communes: Vec<u32>,
}

impl Wishes {
    pub fn draw(shape: &Shape, land: &Land, draw: &mut Draw) -> Wishes {
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
                // Rejection sampling with a limit: where one commune holds nearly all the weight of a small
                // basin, another may never come up.
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

    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
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

/// Draws the units and groups the interchangeable ones into cells.
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
