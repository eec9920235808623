//! Fitting keeps what it should keep and meets what it should meet, held against closed forms, against
//! odds ratios and against other tables of the same margins.

use logis::populations::ipf::{Cross, IpfError, Margin, Stop, classes, fit, round, whole};
use proptest::prelude::*;

fn margin(name: &str, axes: &[usize], targets: &[f64]) -> Margin {
    Margin { name: name.into(), axes: axes.into(), targets: targets.into() }
}

fn close(a: f64, b: f64, within: f64) -> bool {
    (a - b).abs() <= within * (1.0 + a.abs().max(b.abs()))
}

/// The table of two rows and two columns with an odds ratio r, rows a and 1 - a, columns b and 1 - b:
/// its first cell x is the root of x (1 - a - b + x) = r (a - x) (b - x) between 0 and min(a, b).
fn by_the_root(r: f64, a: f64, b: f64) -> f64 {
    if (r - 1.0).abs() < 1e-12 {
        return a * b;
    }
    // (r - 1) x² - (1 + (r - 1) (a + b)) x + r a b = 0; the other root is beyond a or b.
    let (p, q) = (1.0 + (r - 1.0) * (a + b), r * a * b);
    2.0 * q / (p + (p * p - 4.0 * (r - 1.0) * q).sqrt())
}

proptest! {
    /// Two by two has a closed form.
    #[test]
    fn two_by_two_is_the_root_of_its_equation(
        seed in prop::array::uniform4(1_u32..50), a in 5_u32..95, b in 5_u32..95,
    ) {
        let seed = seed.map(f64::from);
        let (a, b) = (f64::from(a) / 100.0, f64::from(b) / 100.0);
        let margins = [margin("a", &[0], &[a, 1.0 - a]), margin("b", &[1], &[b, 1.0 - b])];
        let table = Cross { sizes: vec![2, 2], cells: seed.to_vec() };
        let found = fit(&table, &margins, Stop::default()).unwrap();
        prop_assert!(found.gaps.is_empty());
        let x = by_the_root(seed[0] * seed[3] / (seed[1] * seed[2]), a, b);
        prop_assert!((found.table.cells[0] - x).abs() < 1e-6, "{} {x}", found.table.cells[0]);
    }

    /// With margins over single axes, what is kept of the seed is every odds ratio between two axes at
    /// given classes of the others. Zeros of the seed stay, and the margins (drawn as those of a table
    /// with the same zeros, so that they agree) are met.
    #[test]
    fn margins_are_met_and_odds_ratios_kept(
        sizes in prop::collection::vec(2_usize..5, 2..4),
        seed in prop::collection::vec(0_u32..20, 64),
        other in prop::collection::vec(1_u32..40, 64),
    ) {
        let count: usize = sizes.iter().product();
        let seed = Cross { sizes: sizes.clone(), cells: seed[..count].iter().map(|n| f64::from(n.saturating_sub(3))).collect() };
        prop_assume!(seed.cells.iter().any(|c| *c > 0.0));
        let wanted = Cross {
            sizes: sizes.clone(),
            cells: seed.cells.iter().zip(&other).map(|(s, o)| if *s > 0.0 { f64::from(*o) } else { 0.0 }).collect(),
        };
        let margins: Vec<Margin> =
            (0..sizes.len()).map(|axis| margin(&format!("axis {axis}"), &[axis], &wanted.sums(&[axis]))).collect();
        let found = fit(&seed, &margins, Stop { tolerance: 1e-11, rounds: 200_000 }).unwrap();
        prop_assert!(found.gaps.is_empty(), "{:?} after {}", found.gaps, found.rounds);
        let table = &found.table;
        for own in &margins {
            for (sum, asked) in table.sums(&own.axes).iter().zip(&own.targets) {
                prop_assert!(close(*sum, *asked, 1e-8));
            }
        }
        let at = |own: &[usize]| own.iter().zip(&sizes).fold(0, |sum, (c, size)| sum * size + c);
        for cell in 0..count {
            prop_assert!((seed.cells[cell] == 0.0) <= (table.cells[cell] == 0.0));
            let own = classes(&sizes, cell);
            for first in 0..sizes.len() {
                for second in first + 1..sizes.len() {
                    // The four cells of two classes on each of two axes.
                    let corner = |a: bool, b: bool| {
                        let mut other = own.clone();
                        if a { other[first] = (own[first] + 1) % sizes[first]; }
                        if b { other[second] = (own[second] + 1) % sizes[second]; }
                        at(&other)
                    };
                    let four = [corner(false, false), corner(true, true), corner(true, false), corner(false, true)];
                    if four.iter().any(|c| seed.cells[*c] == 0.0 || table.cells[*c] < 1e-6) {
                        continue;
                    }
                    let odds = |of: &Cross| of.cells[four[0]] * of.cells[four[1]] / of.cells[four[2]] / of.cells[four[3]];
                    prop_assert!(close(odds(table).ln(), odds(&seed).ln(), 1e-6), "{} {}", odds(table), odds(&seed));
                }
            }
        }
    }

    /// Of all tables with the same margins, the fitted one is nearest to the seed, by the sum of
    /// x ln(x / seed): moving some mass around a rectangle never comes nearer.
    #[test]
    fn no_table_of_the_same_margins_is_nearer(
        seed in prop::array::uniform12(1_u32..30),
        rows in prop::array::uniform3(1_u32..30), columns in prop::array::uniform4(1_u32..30),
        moves in prop::collection::vec((0_usize..3, 0_usize..3, 0_usize..4, 0_usize..4, 1_u32..100), 1..6),
    ) {
        let seed = Cross { sizes: vec![3, 4], cells: seed.map(f64::from).to_vec() };
        let parts = |weights: &[u32]| -> Vec<f64> {
            let sum: u32 = weights.iter().sum();
            weights.iter().map(|w| f64::from(*w) / f64::from(sum)).collect()
        };
        let margins = [margin("rows", &[0], &parts(&rows)), margin("columns", &[1], &parts(&columns))];
        let found = fit(&seed, &margins, Stop { tolerance: 1e-13, rounds: 100_000 }).unwrap().table;
        let far = |cells: &[f64]| -> f64 {
            cells.iter().zip(&seed.cells).map(|(x, s)| if *x > 0.0 { x * (x / s).ln() } else { 0.0 }).sum()
        };
        let mut other = found.cells.clone();
        for (a, b, c, d, part) in moves {
            let most = other[a * 4 + c].min(other[b * 4 + d]) * f64::from(part) / 100.0;
            for (row, column, sign) in [(a, c, -1.0), (b, d, -1.0), (a, d, 1.0), (b, c, 1.0)] {
                other[row * 4 + column] += sign * most;
            }
        }
        prop_assert!(far(&other) >= far(&found.cells) - 1e-9);
    }

    /// Whole numbers meet the whole targets of every axis, and no zero is filled.
    #[test]
    fn whole_numbers_meet_every_margin(
        sizes in prop::collection::vec(2_usize..5, 2..4),
        seed in prop::collection::vec(1_u32..20, 64),
        weights in prop::collection::vec(1_u64..20, 12),
        total in 0_u64..3_000,
    ) {
        let count: usize = sizes.iter().product();
        let seed = Cross { sizes: sizes.clone(), cells: seed[..count].iter().map(|n| f64::from(*n)).collect() };
        let mut left = weights.iter().copied();
        let parts: Vec<Vec<u64>> = sizes.iter().map(|size| left.by_ref().take(*size).collect()).collect();
        let margins: Vec<Margin> = parts.iter().enumerate().map(|(axis, weights)| {
            let sum: u64 = weights.iter().sum();
            let targets: Vec<f64> = weights.iter().map(|w| *w as f64 / sum as f64).collect();
            margin(&axis.to_string(), &[axis], &targets)
        }).collect();
        let table = fit(&seed, &margins, Stop::default()).unwrap().table;
        let targets: Vec<(usize, Vec<u64>)> = parts.iter().map(|w| whole(total, w)).enumerate().collect();
        let counts = round(&table, total, &targets);
        prop_assert_eq!(counts.iter().sum::<u64>(), total);
        for (axis, targets) in &targets {
            let mut sums = vec![0; sizes[*axis]];
            for (cell, n) in counts.iter().enumerate() {
                sums[classes(&sizes, cell)[*axis]] += n;
            }
            prop_assert_eq!(&sums, targets);
        }
        // A whole target is less than one from what was asked; the cells stay near what was fitted.
        for (cell, n) in table.cells.iter().zip(&counts) {
            prop_assert!((cell * total as f64 - *n as f64).abs() < 1.0 + sizes.iter().sum::<usize>() as f64);
        }
    }
}

/// A class of which the seed has no cell is reported with what it was asked; a diagonal seed can only
/// give rows and columns alike, and says so after its last round.
#[test]
fn what_cannot_be_met_is_reported() {
    let seed = Cross { sizes: vec![2, 2], cells: vec![1.0, 1.0, 0.0, 0.0] };
    let margins = [margin("columns", &[1], &[50.0, 50.0]), margin("rows", &[0], &[90.0, 10.0])];
    let found = fit(&seed, &margins, Stop::default()).unwrap();
    // Rows end each round at 90 and 0; 10 are lost and the columns have 45 each.
    let rows = found.gaps.iter().find(|gap| gap.margin == "rows").unwrap();
    assert_eq!((rows.class, rows.asked, rows.found), (1, 10.0, 0.0));
    assert_eq!(found.gaps.iter().find(|gap| gap.margin == "columns").unwrap().found, 45.0);

    let diagonal = Cross { sizes: vec![2, 2], cells: vec![1.0, 0.0, 0.0, 1.0] };
    let margins = [margin("rows", &[0], &[50.0, 50.0]), margin("columns", &[1], &[70.0, 30.0])];
    let found = fit(&diagonal, &margins, Stop { rounds: 20, ..Stop::default() }).unwrap();
    assert_eq!((found.rounds, found.gaps.len()), (20, 1));
    assert_eq!(found.gaps[0].margin, "rows");
}

#[test]
fn tables_and_margins_of_a_wrong_form_are_refused() {
    let seed = Cross { sizes: vec![2, 2], cells: vec![1.0; 4] };
    let wrong = |seed: &Cross, margins: &[Margin]| fit(seed, margins, Stop::default()).unwrap_err();
    assert_eq!(wrong(&Cross { sizes: vec![3, 2], ..seed.clone() }, &[]), IpfError::Seed { expected: 6 });
    assert!(matches!(wrong(&Cross { cells: vec![0.0; 4], ..seed.clone() }, &[]), IpfError::Seed { .. }));
    let three = margin("m", &[0], &[1.0, 1.0, 1.0]);
    assert!(matches!(wrong(&seed, &[three]), IpfError::Margin { expected: 2, .. }));
    assert!(matches!(wrong(&seed, &[margin("m", &[2], &[1.0])]), IpfError::Margin { .. }));
    let totals = [margin("rows", &[0], &[1.0, 1.0]), margin("columns", &[1], &[1.0, 2.0])];
    assert!(matches!(wrong(&seed, &totals), IpfError::Totals { total: 3.0, expected: 2.0, .. }));
}

/// Three axes of which one margin is over two: 2 × 2 × 2 with all cells alike, rows and columns together
/// 10, 20, 30, 40 and the third axis 25, 75, is the product of both.
#[test]
fn a_margin_may_be_over_two_axes() {
    let seed = Cross::new(&[2, 2, 2], |_| 1.0);
    let margins = [margin("first", &[0, 1], &[10.0, 20.0, 30.0, 40.0]), margin("third", &[2], &[25.0, 75.0])];
    let found = fit(&seed, &margins, Stop::default()).unwrap();
    assert_eq!(found.table.cells, [2.5, 7.5, 5.0, 15.0, 7.5, 22.5, 10.0, 30.0]);
}
