//! Matching instances of any size, for the benches: which units are open to each request, its priority and
//! the fit of each pair.
//!
//! A data package says all of persons and dwellings; an instance has only what the matching reads, so
//! that 2.8 million requests facing 100,000 units are drawn in seconds. Communes have sizes after
//! Zipf and Mandelbrot, 1/(rank + 2), and lie in housing basins, a large one in each. A request wishes
//! one to six communes of its basin (5 % of the requests: one of them in the next basin), fits one or
//! two sizes and the products that its income opens. Margins are exact quotas, drawn by
//! ChaCha8: the same shape and seed give the same instance on every machine.
//!
//! Interchangeable units are one [`Cell`]; what is open to a request is a list of cells. Pairs
//! (500 million for France) are never written down: the fit of one is computed when it is asked for.

mod cards;
#[allow(dead_code, unused_imports, reason = "populations draw by the rest of it, and test it")]
#[path = "../../engine/populations/src/deck.rs"]
mod deck;
mod draw;
#[cfg(test)]
#[allow(
    unused_imports,
    dead_code,
    reason = "benches have no test harness: tests/library/matching.rs runs these"
)]
mod tests;

use std::ops::Range;

/// The noise of a fit is below this.
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
    /// One request in this many has points; the others have none.
    pub one_with_points_in: u32,
}

impl Shape {
    /// The named shapes, smallest first.
    pub const NAMES: [&str; 5] = ["dijon", "d10k", "d100k", "d1m", "france"];

    /// The shape of that name: one of [`Shape::NAMES`], alone or followed by `-hard` (few requests of
    /// the first quartile and of the priority publics: quotas cannot all be met), `-slack` (as many
    /// requests as units: some units find nobody) or `-tied` (one request in 50 has points, the others none: as where
    /// points are local, and most places have none).
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
        let name = name.to_string();
        let usual = Shape {
            name,
            requests,
            units,
            communes,
            basins,
            first_quartile: 25,
            priority_publics: 25,
            one_with_points_in: 1,
        };
        match variant {
            None => Some(usual),
            Some("hard") => Some(Shape { first_quartile: 3, priority_publics: 4, ..usual }),
            Some("slack") => Some(Shape { requests: units, ..usual }),
            Some("tied") => Some(Shape { one_with_points_in: 50, ..usual }),
            Some(_) => None,
        }
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

/// Interchangeable units: of one commune, size and product, on one side of the district's border.
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

/// A mixing function (bijective hash) of 32-bit numbers: two rounds of multiply and xor-shift.
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
