//! Multipliers: what the conditions of a level should weigh.
//!
//! The bound of a level is a convex function of the multipliers, and each assignment found is a *cut*: a plane
//! that lies nowhere above that function, worth of the assignment plus multipliers times what it is beyond the
//! conditions. Kelley's method of cutting planes (1960) looks next where the highest of the cuts found so far is
//! lowest. That is a linear program in as many unknowns as there are conditions, a handful, solved here through
//! its dual: the mixture of assignments that meets the conditions on average and is worth most (Dantzig and
//! Wolfe, 1960). Floating-point numbers only say where to look: bounds are computed in whole numbers.

#![expect(clippy::indexing_slicing, reason = "small dense tables whose shapes are set here")]

/// Relative gains and directions that are smaller are taken for rounding errors of sums of a few dozen terms
/// with some 16 digits each. A wrong guess costs a step, never a proof. A tenth or a hundred times
/// as much changes nothing beyond noise on the instances with quotas.
const TINY: f64 = 1e-9;

/// A pivot that is smaller means that columns depend on each other.
const SINGULAR: f64 = 1e-12;

/// Steps of the simplex for each column before it is given up, with what it has. Bland's rule needs no limit;
/// rounding might.
const STEPS_PER_COLUMN: usize = 50;

/// An assignment as a cut: what it is worth, and by how much it is beyond each condition.
#[derive(Clone, Debug)]
pub(super) struct Cut {
    /// What the assignment is worth at the level.
    pub worth: i64,
    /// By condition: how much more than needed; less than nothing where it falls short.
    pub beyond: Vec<i64>,
}

/// Where the cuts are lowest.
pub(super) struct Lowest {
    /// How low.
    pub value: f64,
    /// The multipliers there.
    pub multipliers: Vec<f64>,
    /// By cut: its part in the mixture of assignments that meets the conditions on average.
    pub mixture: Vec<f64>,
}

/// A column of the dual program, with its cost: first the assignments; then by condition relief from it, which
/// costs the highest multiplier; then by condition giving up what is beyond it, which brings the lowest. The
/// last two keep multipliers within their range, and the program feasible. Row 0 says that parts add up to 1,
/// row `1 + k` that condition `k` is met on average.
fn column(cuts: &[Cut], within: &[(f64, f64)], number: usize) -> (Vec<f64>, f64) {
    let conditions = within.len();
    let mut column = vec![0.0; conditions + 1];
    if let Some(cut) = cuts.get(number) {
        column[0] = 1.0;
        for (place, &beyond) in column[1..].iter_mut().zip(&cut.beyond) {
            *place = beyond as f64;
        }
        return (column, cut.worth as f64);
    }
    let rest = number - cuts.len();
    if rest < conditions {
        column[1 + rest] = 1.0;
        (column, -within[rest].1)
    } else {
        column[1 + rest - conditions] = -1.0;
        (column, within[rest - conditions].0)
    }
}

/// The lowest point of the upper envelope of the cuts, of which there is at least one; `within` has by
/// condition the lowest and the highest multiplier.
pub(super) fn lowest(cuts: &[Cut], within: &[(f64, f64)]) -> Lowest {
    let conditions = within.len();
    let size = conditions + 1;
    let count = cuts.len() + 2 * conditions;
    // The first cut, relieved where it falls short, is a mixture to start from.
    let mut basis: Vec<usize> = vec![0];
    for k in 0..conditions {
        basis.push(if cuts[0].beyond[k] < 0 { cuts.len() + k } else { cuts.len() + conditions + k });
    }
    let mut result =
        Lowest { value: 0.0, multipliers: vec![0.0; conditions], mixture: vec![0.0; cuts.len()] };
    for _ in 0..STEPS_PER_COLUMN * (count + 1) {
        // The system has one row for each condition, a few dozen at most, so that it is solved anew at each
        // step: no error adds up over steps.
        let columns: Vec<(Vec<f64>, f64)> = basis.iter().map(|&b| column(cuts, within, b)).collect();
        let mut right = vec![0.0; size];
        right[0] = 1.0;
        let by_row = |i: usize, j: usize| columns[j].0[i];
        let Some(amounts) = solve(size, &by_row, &right) else { return result };
        let costs: Vec<f64> = columns.iter().map(|c| c.1).collect();
        let by_column = |i: usize, j: usize| columns[i].0[j];
        let Some(duals) = solve(size, &by_column, &costs) else { return result };
        // Multipliers are the duals of the conditions, turned round.
        result.value = duals[0];
        for k in 0..conditions {
            result.multipliers[k] = (-duals[k + 1]).clamp(within[k].0, within[k].1);
        }
        result.mixture.fill(0.0);
        for (&b, &amount) in basis.iter().zip(&amounts) {
            if let Some(part) = result.mixture.get_mut(b) {
                *part = amount.max(0.0);
            }
        }
        // The first column that would be worth more than it costs (Bland): no cycles.
        let gain = |number: usize| {
            let (column, cost) = column(cuts, within, number);
            let scale = 1.0 + cost.abs() + column.iter().zip(&duals).map(|(a, b)| (a * b).abs()).sum::<f64>();
            (cost - column.iter().zip(&duals).map(|(a, b)| a * b).sum::<f64>()) / scale
        };
        let Some(enter) = (0..count).filter(|n| !basis.contains(n)).find(|&n| gain(n) > TINY) else { break };
        let (new, _) = column(cuts, within, enter);
        let Some(direction) = solve(size, &by_row, &new) else { return result };
        // Ratio test: the basic amount that runs out first leaves; ties by number (Bland).
        let leave = (0..size).filter(|&i| direction[i] > TINY).min_by(|&a, &b| {
            let ratio = |i: usize| amounts[i].max(0.0) / direction[i];
            ratio(a).total_cmp(&ratio(b)).then(basis[a].cmp(&basis[b]))
        });
        let Some(leave) = leave else { break };
        basis[leave] = enter;
    }
    result
}

/// Solves a small dense system by Gauss-Jordan elimination; `None` if it has no single solution.
fn solve(size: usize, matrix: &dyn Fn(usize, usize) -> f64, right: &[f64]) -> Option<Vec<f64>> {
    let mut rows: Vec<Vec<f64>> =
        (0..size).map(|i| (0..size).map(|j| matrix(i, j)).chain([right[i]]).collect()).collect();
    for at in 0..size {
        // The largest entry as the pivot keeps errors small.
        let pivot = (at..size).max_by(|&a, &b| rows[a][at].abs().total_cmp(&rows[b][at].abs()))?;
        if rows[pivot][at].abs() < SINGULAR {
            return None;
        }
        rows.swap(at, pivot);
        let row = rows[at].clone();
        for (i, other) in rows.iter_mut().enumerate() {
            if i != at && other[at] != 0.0 {
                let factor = other[at] / row[at];
                for (own, part) in other[at..].iter_mut().zip(&row[at..]) {
                    *own -= factor * part;
                }
            }
        }
    }
    Some((0..size).map(|i| rows[i][size] / rows[i][i]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two assignments, worth 10 and 4; the first lacks 2 of the condition, the second is 1 beyond: a
    /// third of the first and two thirds of the second meet it, worth 6; the lines 10 - 2λ and 4 + λ
    /// meet at λ = 2, at 6.
    #[test]
    fn two_lines_meet() {
        let cuts = [Cut { worth: 10, beyond: vec![-2] }, Cut { worth: 4, beyond: vec![1] }];
        let found = lowest(&cuts, &[(0.0, 1e6)]);
        assert!((found.value - 6.0).abs() < 1e-6, "{}", found.value);
        assert!((found.multipliers[0] - 2.0).abs() < 1e-6);
        assert!((found.mixture[0] - 1.0 / 3.0).abs() < 1e-6);
    }

    /// Within 3 and 5 the lines are lowest at 3, where the second is, at 7.
    #[test]
    fn multipliers_stay_within_their_range() {
        let cuts = [Cut { worth: 10, beyond: vec![-2] }, Cut { worth: 4, beyond: vec![1] }];
        let found = lowest(&cuts, &[(3.0, 5.0)]);
        assert!((found.value - 7.0).abs() < 1e-6, "{}", found.value);
        assert!((found.multipliers[0] - 3.0).abs() < 1e-6);
    }

    /// A condition that the best assignment meets weighs nothing.
    #[test]
    fn a_condition_that_is_met_weighs_nothing() {
        let cuts = [Cut { worth: 10, beyond: vec![3] }, Cut { worth: 4, beyond: vec![7] }];
        let found = lowest(&cuts, &[(0.0, 1e6)]);
        assert!((found.value - 10.0).abs() < 1e-6 && found.multipliers[0].abs() < 1e-9);
    }
}
