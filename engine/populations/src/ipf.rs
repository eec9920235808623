//! Iterative proportional fitting: a cross table that meets given margins and keeps the odds ratios of
//! another one.
//!
//! Published figures are margins: how many requests there are by size of household, and how many by income. How the two
//! go together is rarely published; a seed table says what is supposed of it. Fitting scales the seed by
//! each margin in turn, round after round. Where margins can be met, this ends at the only table of the
//! form *seed × a factor for each class of each margin* that meets them; of all tables that do, it is the
//! nearest to the seed (W. E. Deming and F. F. Stephan, "On a least squares adjustment of a sampled
//! frequency table when the expected marginal totals are known", 1940). A cell of the seed that is zero
//! stays zero.
//!
//! [`round`] then makes whole numbers of a fitted table, so that each margin is met exactly.

use crate::deck::quotas;

/// A cross table: the sizes of its axes, and its cells, the last axis running fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Cross {
    /// By axis: its number of classes.
    pub sizes: Vec<usize>,
    /// The cells; their number is the product of the sizes.
    pub cells: Vec<f64>,
}

/// The sums that the classes of some axes of a table must have.
#[derive(Clone, Debug, PartialEq)]
pub struct Margin {
    /// Its name, for reports.
    pub name: String,
    /// The axes; with several, the margin is one of their combinations, the last running fastest.
    pub axes: Vec<usize>,
    /// By class: the sum of its cells.
    pub targets: Vec<f64>,
}

/// When the fitting stops.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stop {
    /// The largest gap of a class that counts as met, as a part of the total.
    pub tolerance: f64,
    /// The most rounds; in each, the table is scaled by every margin once.
    pub rounds: usize,
}

impl Default for Stop {
    fn default() -> Stop {
        Stop { tolerance: 1e-9, rounds: 1_000 }
    }
}

/// A margin that is not met.
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// The margin.
    pub margin: String,
    /// Its class that is farthest off.
    pub class: usize,
    /// What the class should add up to.
    pub asked: f64,
    /// What it adds up to.
    pub found: f64,
}

/// A fitted table.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit {
    /// The table.
    pub table: Cross,
    /// Rounds (one round scales by each margin once) until all margins were met, or the limit.
    pub rounds: usize,
    /// Margins that are not met within the tolerance: they contradict each other, or a class has no cell
    /// of the seed above zero. Empty, if all are met.
    pub gaps: Vec<Gap>,
}

/// Why there is nothing to fit.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum IpfError {
    /// The number of cells is not the product of the sizes, or a cell is negative or no number.
    #[error("le tableau de départ n'a pas {expected} cases positives ou nulles, de somme non nulle")]
    Seed {
        /// Cells that the sizes ask for.
        expected: usize,
    },
    /// A margin does not speak of the table.
    #[error("marge « {margin} »: attendu {expected} classes positives ou nulles sur des axes du tableau")]
    Margin {
        /// Its name.
        margin: String,
        /// Classes that its axes ask for.
        expected: usize,
    },
    /// Two margins do not add up to the same total.
    #[error("marge « {margin} »: son total est {total}, celui de « {other} » est {expected}")]
    Totals {
        /// Its name.
        margin: String,
        /// Its total.
        total: f64,
        /// The first margin.
        other: String,
        /// The first margin's total.
        expected: f64,
    },
}

impl Cross {
    /// A table whose cell is what `cell` gives for its classes, one of each axis.
    pub fn new(sizes: &[usize], mut cell: impl FnMut(&[usize]) -> f64) -> Cross {
        let count: usize = sizes.iter().product();
        let cells = (0..count).map(|at| cell(&classes(sizes, at))).collect();
        Cross { sizes: sizes.to_vec(), cells }
    }

    /// The sums by the classes of some axes.
    pub fn sums(&self, axes: &[usize]) -> Vec<f64> {
        sums(&self.cells, &places(&self.sizes, axes), width(&self.sizes, axes))
    }
}

/// The classes of a cell, one of each axis.
pub fn classes(sizes: &[usize], mut at: usize) -> Vec<usize> {
    let mut all = vec![0; sizes.len()];
    // The last axis runs fastest, so its class is the remainder.
    for (class, size) in all.iter_mut().zip(sizes).rev() {
        *class = at % size.max(&1);
        at /= size.max(&1);
    }
    all
}

/// For each cell, its class in a margin over these axes.
fn places(sizes: &[usize], axes: &[usize]) -> Vec<usize> {
    // By axis: its size, and how many cells lie between two of its classes.
    let steps: Vec<(usize, usize)> = axes
        .iter()
        .map(|axis| (sizes.get(*axis).copied().unwrap_or(1), sizes.iter().skip(axis + 1).product()))
        .collect();
    let class = |at: usize| steps.iter().fold(0, |sum, (size, step)| sum * size + at / step % size);
    (0..sizes.iter().product()).map(class).collect()
}

/// The number of classes of a margin over these axes.
fn width(sizes: &[usize], axes: &[usize]) -> usize {
    axes.iter().map(|axis| sizes.get(*axis).copied().unwrap_or(0)).product()
}

/// The sum of the cells of each class; `places` gives the class of each cell.
fn sums(cells: &[f64], places: &[usize], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    for (cell, place) in cells.iter().zip(places) {
        if let Some(sum) = sums.get_mut(*place) {
            *sum += cell;
        }
    }
    sums
}

/// Scales `seed` until it meets the margins (iterative proportional fitting).
///
/// The margins add up to one total; the seed may have another. The same input gives the same bits on
/// every machine: only IEEE 754 sums, products and quotients, in a fixed order.
///
/// # Errors
/// [`IpfError`] if the seed or a margin has the wrong form or the totals differ. Margins that contradict
/// each other otherwise are no error: see [`Fit::gaps`].
///
/// ```
/// use logis_populations::ipf::{Cross, Margin, Stop, fit};
///
/// let seed = Cross { sizes: vec![2, 2], cells: vec![1.0, 1.0, 1.0, 3.0] };
/// let margin = |name: &str, axis, targets: [f64; 2]| {
///     Margin { name: name.into(), axes: vec![axis], targets: targets.into() }
/// };
/// let found = fit(&seed, &[margin("rows", 0, [40.0, 60.0]), margin("columns", 1, [30.0, 70.0])], Stop::default())?;
/// let [a, b, c, d] = found.table.cells[..] else { unreachable!() };
/// assert!((a + b - 40.0).abs() < 1e-6 && (a + c - 30.0).abs() < 1e-6);
/// assert!((a * d / (b * c) - 3.0).abs() < 1e-6); // the seed's odds ratio
/// # Ok::<(), logis_populations::ipf::IpfError>(())
/// ```
pub fn fit(seed: &Cross, margins: &[Margin], stop: Stop) -> Result<Fit, IpfError> {
    let sizes = &seed.sizes;
    let expected = sizes.iter().product();
    // Form first: nothing below can then divide by what is no number.
    let sound = |numbers: &[f64]| numbers.iter().all(|n| n.is_finite() && *n >= 0.0);
    if seed.cells.len() != expected || !sound(&seed.cells) || seed.cells.iter().all(|c| *c == 0.0) {
        return Err(IpfError::Seed { expected });
    }
    let total = |margin: &Margin| margin.targets.iter().sum::<f64>();
    for margin in margins {
        let expected = width(sizes, &margin.axes);
        if margin.targets.len() != expected || !sound(&margin.targets) || margin.axes.is_empty() {
            return Err(IpfError::Margin { margin: margin.name.clone(), expected });
        }
        let (own, first) = (total(margin), margins.first().map_or(0.0, total));
        if (own - first).abs() > stop.tolerance * first.max(1.0) {
            return Err(IpfError::Totals {
                margin: margin.name.clone(),
                total: own,
                other: margins.first().map(|m| m.name.clone()).unwrap_or_default(),
                expected: first,
            });
        }
    }
    let all = margins.first().map_or_else(|| seed.cells.iter().sum(), total);
    let places: Vec<Vec<usize>> = margins.iter().map(|m| places(sizes, &m.axes)).collect();
    let mut table = seed.clone();
    let mut rounds = 0;
    let gaps = loop {
        let gaps = gaps(&table, margins, &places, stop.tolerance * all);
        if gaps.is_empty() || rounds == stop.rounds {
            break gaps;
        }
        rounds += 1;
        // One round: for each margin in turn, scale the cells of each class so that they add up to its target. Scaling
        // by class leaves every odds ratio of the seed as it is.
        for (margin, places) in margins.iter().zip(&places) {
            let found = sums(&table.cells, places, margin.targets.len());
            let factors: Vec<f64> = margin
                .targets
                .iter()
                .zip(found)
                .map(|(asked, found)| if found > 0.0 { asked / found } else { 0.0 })
                .collect();
            // A class of which nothing is found has no cell above zero, and cannot be scaled up.
            for (cell, place) in table.cells.iter_mut().zip(places) {
                *cell *= factors.get(*place).copied().unwrap_or(0.0);
            }
        }
    };
    Ok(Fit { table, rounds, gaps })
}

/// The margins with a class that is off by more than `most`, each with its class that is farthest off.
fn gaps(table: &Cross, margins: &[Margin], places: &[Vec<usize>], most: f64) -> Vec<Gap> {
    let gap = |(margin, places): (&Margin, &Vec<usize>)| {
        let found = sums(&table.cells, places, margin.targets.len());
        let far = margin.targets.iter().zip(found).enumerate();
        let (class, (asked, found)) =
            far.max_by(|(_, (a, f)), (_, (b, g))| (*a - f).abs().total_cmp(&(*b - g).abs()))?;
        let off = (asked - found).abs() > most;
        off.then(|| Gap { margin: margin.name.clone(), class, asked: *asked, found })
    };
    margins.iter().zip(places).filter_map(gap).collect()
}

/// Rounds a fitted table to whole numbers whose sum is `total` and that meet each margin exactly.
///
/// `margins` gives, for an axis, the whole target of each of its classes (see [`whole`]). Cells are first rounded by
/// their prefix sums (cumulative rounding): every run of cells is within one of its exact sum, and each cell becomes
/// one of the two whole numbers around it. Then, axis by axis, single counts move within a line along that axis, from
/// a class above its target to one below, which leaves all other axes as they are; the move that lowers the rounding
/// errors most goes first. A structural zero stays zero; where that leaves no move, the class keeps its gap, which
/// the caller finds by adding up.
pub fn round(table: &Cross, total: u64, margins: &[(usize, Vec<u64>)]) -> Vec<u64> {
    let sum: f64 = table.cells.iter().sum();
    let scale = if sum > 0.0 { to_float(total) / sum } else { 0.0 };
    let mut counts = Vec::with_capacity(table.cells.len());
    // `upto` is the exact sum of the cells so far, `given` the whole numbers given to them: a cell gets
    // what brings `given` to `upto`, rounded.
    let (mut upto, mut given) = (0.0, 0_u64);
    for cell in &table.cells {
        upto += cell * scale;
        let next = if *cell > 0.0 { to_whole(upto + 0.5).clamp(given, total) } else { given };
        counts.push(next - given);
        given = next;
    }
    // Rounding of the floating-point prefix sums may lose a count at the end: the last possible cell takes it.
    if let Some((count, _)) = counts.iter_mut().zip(&table.cells).rev().find(|(_, cell)| **cell > 0.0) {
        *count += total - given;
    }
    let mut off: Vec<f64> =
        counts.iter().zip(&table.cells).map(|(n, cell)| to_float(*n) - cell * scale).collect();
    for (axis, targets) in margins {
        settle(table, *axis, targets, &mut counts, &mut off);
    }
    counts
}

/// Moves single counts along one axis until each of its classes has its target, or no move is left. `off`
/// is by how much each count is above its fitted cell.
fn settle(table: &Cross, axis: usize, targets: &[u64], counts: &mut [u64], off: &mut [f64]) {
    let step: usize = table.sizes.iter().skip(axis + 1).product();
    let places = places(&table.sizes, &[axis]);
    let mut sums = vec![0_u64; targets.len()];
    for (count, place) in counts.iter().zip(&places) {
        if let Some(sum) = sums.get_mut(*place) {
            *sum += count;
        }
    }
    // Each move is the one that brings two cells nearest to their fitted values; ties go to the first.
    loop {
        let mut best: Option<(f64, usize, usize)> = None;
        let lacks: Vec<usize> = (0..targets.len())
            .filter(|c| sums.get(*c).zip(targets.get(*c)).is_some_and(|(s, t)| s < t))
            .collect();
        for (from, place) in places.iter().enumerate() {
            let over = sums.get(*place).zip(targets.get(*place)).is_some_and(|(s, t)| s > t);
            // A count can leave a cell that has one, of a class with too many.
            if !over || counts.get(from).is_none_or(|n| *n == 0) {
                continue;
            }
            for class in &lacks {
                // The cell of the same line (all other classes equal) in class `class`.
                let to = from - place * step + class * step;
                // A cell that the seed excludes stays empty.
                if table.cells.get(to).is_none_or(|cell| *cell <= 0.0) {
                    continue;
                }
                let gain = off.get(from).copied().unwrap_or(0.0) - off.get(to).copied().unwrap_or(0.0);
                if best.is_none_or(|(most, ..)| gain > most) {
                    best = Some((gain, from, to));
                }
            }
        }
        let Some((_, from, to)) = best else { return };
        for (at, up) in [(from, false), (to, true)] {
            let place = places.get(at).copied().unwrap_or(0);
            if let (Some(n), Some(sum), Some(off)) =
                (counts.get_mut(at), sums.get_mut(place), off.get_mut(at))
            {
                (*n, *sum, *off) = match up {
                    true => (*n + 1, *sum + 1, *off + 1.0),
                    false => (*n - 1, *sum - 1, *off - 1.0),
                };
            }
        }
    }
}

/// Whole targets of a margin: `total` by weights, rounded by the largest remainder.
pub fn whole(total: u64, weights: &[u64]) -> Vec<u64> {
    quotas(total, weights)
}

/// A count as a float: exact below 2^53, more than any count here.
fn to_float(n: u64) -> f64 {
    n as f64
}

/// The whole part of a float; 0 for negative ones.
fn to_whole(n: f64) -> u64 {
    n.max(0.0) as u64
}
