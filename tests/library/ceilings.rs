//! The ceilings of the shipped pack, held against what the law says of them.
//!
//! R441-1: each value follows the rent index IRL of the third quarter. The index is published on its
//! own, so a wrong digit in a cell breaks the chain from one year to the next.

use std::collections::BTreeMap;

use logis::Pack;
use logis::value::{Exact, Rounding, Value, parse_number, round};

/// IRL of the third quarter, by year (INSEE).
const IRL: [(i16, &str); 10] = [
    (2016, "125.33"),
    (2017, "126.46"),
    (2018, "128.45"),
    (2019, "129.99"),
    (2020, "130.59"),
    (2021, "131.67"),
    (2022, "136.27"),
    (2023, "141.03"),
    (2024, "144.51"),
    (2025, "145.77"),
];

fn irl(year: i16) -> Exact {
    let (_, text) = IRL.iter().find(|(y, _)| *y == year).expect("a year of the table");
    parse_number(text).expect("a number")
}

type Cells = BTreeMap<Vec<Value>, Exact>;

/// All cells of a product by year: the table by category and the amount per further person.
fn cells(pack: &Pack, product: &str) -> BTreeMap<i16, Cells> {
    let mut by_year: BTreeMap<i16, Cells> = BTreeMap::new();
    for table in ["plafond", "par_personne_supplementaire"] {
        let parsed = pack.parsed();
        let id = parsed.parameter(&format!("{product}.{table}")).expect("the table");
        for version in &parsed.parameters[id].versions {
            for (key, cell) in &version.cells {
                let Value::Number(value) = cell.value else { panic!("a number") };
                by_year.entry(version.from.year()).or_default().insert(key.clone(), value);
            }
        }
    }
    by_year
}

fn pack() -> Pack {
    Pack::load(concat!(env!("CARGO_MANIFEST_DIR"), "/../../rules")).expect("the shipped pack")
}

fn nearest(x: Exact, decimals: u32) -> Exact {
    round(&x, decimals, Rounding::Nearest).expect("a small number")
}

/// 2018 to 2021: the ratio rounded to four decimals gives every cell; 2023 to 2026: the unrounded
/// ratio does; 2022: neither exactly, at most one euro off.
#[test]
fn each_year_follows_the_rent_index() {
    let by_year = cells(&pack(), "plus");
    let mut checked = 0;
    for year in 2018..=2026_i16 {
        let (before, now) = (&by_year[&(year - 1)], &by_year[&year]);
        assert_eq!(now.len(), 21, "three zones of seven cells in {year}");
        let ratio = irl(year - 1) / irl(year - 2);
        let ratio = if year <= 2021 { nearest(ratio, 4) } else { ratio };
        for (key, value) in now {
            let expected = nearest(before[key] * ratio, 0);
            let off = if *value > expected { value - expected } else { expected - value };
            let allowed = Exact::from_integer(if year == 2022 { 1 } else { 0 });
            assert!(off <= allowed, "PLUS {year} {key:?}: {value}, the index gives {expected}");
            checked += 1;
        }
    }
    assert_eq!(checked, 9 * 21);
}

/// PLS 2023, other regions, as published: PLUS and 30 %.
#[test]
fn pls_is_plus_and_thirty_percent() {
    let plus = &cells(&pack(), "plus")[&2023];
    for (category, published) in [(1, 28_441), (2, 37_982), (3, 45_676), (4, 55_142), (5, 64_867)] {
        let cell = plus[&vec![Value::text("autres_regions"), Value::int(category)]];
        assert_eq!(nearest(cell * Exact::new(13, 10), 0), Exact::from_integer(published));
    }
}

/// In each table and year, a larger household has a higher ceiling, and Paris at least that of the
/// other regions.
#[test]
fn ceilings_grow_with_the_household_and_towards_paris() {
    for product in ["plus", "plai"] {
        for (year, cells) in cells(&pack(), product) {
            for (key, value) in &cells {
                let [Value::Text(zone), Value::Number(category)] = &key[..] else { continue };
                let next = vec![Value::Text(zone.clone()), Value::Number(category + Exact::from_integer(1))];
                if let Some(next) = cells.get(&next) {
                    assert!(next > value, "{product} {year} {key:?}");
                }
                let paris = vec![Value::text("paris_communes_limitrophes"), Value::Number(*category)];
                assert!(cells[&paris] >= *value, "{product} {year} {key:?}");
            }
        }
    }
}
