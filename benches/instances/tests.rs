//! The margins of instances, by hand.

use super::deck::Draw;
use super::draw::{Land, Wishes};
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
    let (usual, tied) = (instance("d10k"), instance("d10k-tied"));
    assert_eq!((tied.open, tied.base), (usual.open, usual.base));
    assert!(
        (0..)
            .zip(tied.points.iter().zip(&usual.points))
            .all(|(request, (&tied, &usual))| { tied == if request % 50 == 0 { usual } else { 0 } })
    );
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
    let wishes = Wishes::draw(&shape, &land, &mut Draw::stream(1, 0));
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
    assert!(d10k.cells.windows(2).all(|w| key(&w[0]) < key(&w[1]) && w[0].range().end == w[1].first_unit));
    for request in 0..10_000 {
        let slots = d10k.slots(request);
        assert!(d10k.open[slots.clone()].windows(2).all(|w| w[0] < w[1]));
        let sizes: BTreeSet<u8> = d10k.open_to(request).map(|(_, c)| c.size).collect();
        let products: BTreeSet<u8> = d10k.open_to(request).map(|(_, c)| c.product as u8).collect();
        for kinds in [&sizes, &products] {
            assert!(kinds.last().zip(kinds.first()).is_none_or(|(l, f)| l - f <= 1));
        }
        let exact: BTreeSet<u8> =
            d10k.open_to(request).filter(|(slot, _)| d10k.base[*slot] >= 400).map(|(_, c)| c.size).collect();
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
