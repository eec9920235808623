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

/// After so many steps that move nothing the first column that gains enters, in place of the one that gains most (Bland, 1977): no
/// cycles.
const STILL: usize = 16;

/// After so many steps the inverse is computed anew, so that errors do not add up.
const STEPS_PER_INVERSE: usize = 64;

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

/// The upper envelope of cuts, as the dual program in which each of them is a column.
///
/// Columns are: by condition relief from it, which costs the highest multiplier; then by condition giving up what is beyond it,
/// which brings the lowest; then the assignments. The first two keep multipliers within their range, and the program
/// feasible. Row 0 says that parts add up to 1, row `1 + k` that condition `k` is met on average. What is asked for is the same
/// whatever the range and whichever cuts there are, so that the basis of the last time is feasible the next (*column
/// generation*): the inverse of its matrix is kept (the *revised simplex* method).
pub(super) struct Envelope {
    conditions: usize,
    /// By cut: its column, row by row.
    cuts: Vec<f64>,
    /// By cut: what it is worth.
    worths: Vec<f64>,
    /// By row of the inverse: the column in the basis.
    basis: Vec<usize>,
    /// By column: is it in the basis?
    inside: Vec<bool>,
    /// Row by row.
    inverse: Vec<f64>,
    /// Steps since it was computed.
    steps: usize,
}

impl Envelope {
    /// Of no cuts, on so many conditions.
    pub fn new(conditions: usize) -> Envelope {
        Envelope {
            conditions,
            cuts: Vec::new(),
            worths: Vec::new(),
            basis: Vec::new(),
            inside: vec![false; 2 * conditions],
            inverse: Vec::new(),
            steps: 0,
        }
    }

    fn size(&self) -> usize {
        self.conditions + 1
    }

    /// Adds a cut.
    pub fn add(&mut self, cut: &Cut) {
        self.cuts.push(1.0);
        self.cuts.extend(cut.beyond.iter().map(|beyond| *beyond as f64));
        self.worths.push(cut.worth as f64);
        self.inside.push(false);
        if self.worths.len() == 1 {
            self.begin();
        }
    }

    /// The first cut, relieved where it falls short, is a mixture to start from.
    fn begin(&mut self) {
        let conditions = self.conditions;
        self.basis = vec![2 * conditions];
        for k in 0..conditions {
            self.basis.push(if self.cuts[1 + k] < 0.0 { k } else { conditions + k });
        }
        self.inside.fill(false);
        for &column in &self.basis {
            self.inside[column] = true;
        }
        self.invert();
    }

    /// The column of an assignment.
    fn cut(&self, cut: usize) -> &[f64] {
        &self.cuts[cut * self.size()..(cut + 1) * self.size()]
    }

    /// What a column brings.
    fn brings(&self, within: &[(f64, f64)], number: usize) -> f64 {
        let conditions = self.conditions;
        match number {
            relief if relief < conditions => -within[relief].1,
            given_up if given_up < 2 * conditions => within[given_up - conditions].0,
            cut => self.worths[cut - 2 * conditions],
        }
    }

    /// Puts a column into `column`.
    fn column(&self, number: usize, column: &mut [f64]) {
        let conditions = self.conditions;
        if number >= 2 * conditions {
            return column.copy_from_slice(self.cut(number - 2 * conditions));
        }
        column.fill(0.0);
        if number < conditions {
            column[1 + number] = 1.0;
        } else {
            column[1 + number - conditions] = -1.0;
        }
    }

    /// What a column would bring beyond what it costs at these duals, relative to the terms of that sum.
    fn gain(&self, within: &[(f64, f64)], duals: &[f64], number: usize) -> f64 {
        let conditions = self.conditions;
        let (mut sum, mut terms) = (0.0, 0.0);
        if number >= 2 * conditions {
            for (own, dual) in self.cut(number - 2 * conditions).iter().zip(duals) {
                sum += own * dual;
                terms += (own * dual).abs();
            }
        } else {
            let dual = duals[1 + number % conditions];
            sum = if number < conditions { dual } else { -dual };
            terms = dual.abs();
        }
        let brings = self.brings(within, number);
        (brings - sum) / (1.0 + brings.abs() + terms)
    }

    /// The lowest point of the envelope, of one cut or more; `within` has by condition the lowest and the highest multiplier.
    pub fn lowest(&mut self, within: &[(f64, f64)]) -> Lowest {
        let (size, count) = (self.size(), self.inside.len());
        let multipliers = vec![0.0; self.conditions];
        let mut result = Lowest { value: 0.0, multipliers, mixture: vec![0.0; self.worths.len()] };
        let (mut column, mut direction, mut duals) = (vec![0.0; size], vec![0.0; size], vec![0.0; size]);
        let mut still = 0;
        for _ in 0..STEPS_PER_COLUMN * (count + 1) {
            duals.fill(0.0);
            for (row, &number) in self.inverse.chunks_exact(size).zip(&self.basis) {
                let brings = self.brings(within, number);
                for (dual, part) in duals.iter_mut().zip(row) {
                    *dual += brings * part;
                }
            }
            let Some(enter) = self.enter(within, &duals, still < STILL) else { break };
            self.column(enter, &mut column);
            for (own, row) in direction.iter_mut().zip(self.inverse.chunks_exact(size)) {
                *own = row.iter().zip(&column).map(|(a, b)| a * b).sum();
            }
            // Ratio test: the basic amount that runs out first leaves; ties by number (Bland). Amounts are the first column of the
            // inverse, as parts add up to 1 and nothing else is asked for.
            let ratio = |row: usize| self.inverse[row * size].max(0.0) / direction[row];
            let leave = (0..size)
                .filter(|&row| direction[row] > TINY)
                .min_by(|&a, &b| ratio(a).total_cmp(&ratio(b)).then(self.basis[a].cmp(&self.basis[b])));
            let Some(leave) = leave else { break };
            still = if ratio(leave) > TINY { 0 } else { still + 1 };
            self.step(enter, leave, &direction);
        }
        // Multipliers are the duals of the conditions, turned round.
        result.value = duals[0];
        for (own, (dual, (least, most))) in result.multipliers.iter_mut().zip(duals[1..].iter().zip(within)) {
            *own = (-dual).clamp(*least, *most);
        }
        for (row, &number) in self.inverse.chunks_exact(size).zip(&self.basis) {
            if let Some(part) =
                number.checked_sub(2 * self.conditions).and_then(|cut| result.mixture.get_mut(cut))
            {
                *part = row[0].max(0.0);
            }
        }
        result
    }

    /// The column that gains most, or the first that gains.
    fn enter(&self, within: &[(f64, f64)], duals: &[f64], most: bool) -> Option<usize> {
        let outside = (0..self.inside.len()).filter(|number| !self.inside[*number]);
        let mut best = None;
        let mut gained = TINY;
        for number in outside {
            let gain = self.gain(within, duals, number);
            if gain > gained {
                (best, gained) = (Some(number), gain);
                if !most {
                    break;
                }
            }
        }
        best
    }

    /// Puts a column into the basis in place of that of a row. Where rounding has lost the basis it begins anew.
    fn step(&mut self, enter: usize, leave: usize, direction: &[f64]) {
        let size = self.size();
        self.inside[self.basis[leave]] = false;
        self.inside[enter] = true;
        self.basis[leave] = enter;
        self.steps += 1;
        if self.steps >= STEPS_PER_INVERSE {
            if !self.invert() {
                self.begin();
            }
            return;
        }
        let pivot = direction[leave];
        let (before, rest) = self.inverse.split_at_mut(leave * size);
        let (own, after) = rest.split_at_mut(size);
        own.iter_mut().for_each(|part| *part /= pivot);
        let others = before.chunks_exact_mut(size).zip(direction);
        for (row, factor) in others.chain(after.chunks_exact_mut(size).zip(&direction[leave + 1..])) {
            if *factor != 0.0 {
                row.iter_mut().zip(&*own).for_each(|(part, own)| *part -= factor * own);
            }
        }
    }

    /// Computes the inverse anew, by Gauss-Jordan elimination; `false` if there is none.
    fn invert(&mut self) -> bool {
        let size = self.size();
        self.steps = 0;
        // The matrix of the basis, column by column of the program, beside the unit matrix.
        let mut rows = vec![vec![0.0; 2 * size]; size];
        let mut column = vec![0.0; size];
        for (at, &number) in self.basis.iter().enumerate() {
            self.column(number, &mut column);
            for (row, own) in rows.iter_mut().zip(&column) {
                row[at] = *own;
            }
        }
        for (at, row) in rows.iter_mut().enumerate() {
            row[size + at] = 1.0;
        }
        for at in 0..size {
            // The largest entry as the pivot keeps errors small.
            let pivot = (at..size).max_by(|&a, &b| rows[a][at].abs().total_cmp(&rows[b][at].abs()));
            let Some(pivot) = pivot.filter(|pivot| rows[*pivot][at].abs() >= SINGULAR) else { return false };
            rows.swap(at, pivot);
            let factor = rows[at][at];
            rows[at].iter_mut().for_each(|part| *part /= factor);
            let row = rows[at].clone();
            for (_, other) in rows.iter_mut().enumerate().filter(|(i, other)| *i != at && other[at] != 0.0) {
                let factor = other[at];
                other[at..].iter_mut().zip(&row[at..]).for_each(|(own, part)| *own -= factor * part);
            }
        }
        self.inverse = rows.iter().flat_map(|row| row[size..].iter().copied()).collect();
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lowest(cuts: &[Cut], within: &[(f64, f64)]) -> Lowest {
        let mut envelope = Envelope::new(within.len());
        cuts.iter().for_each(|cut| envelope.add(cut));
        envelope.lowest(within)
    }

    /// The highest of the cuts at some multipliers.
    fn highest(cuts: &[Cut], at: &[f64]) -> f64 {
        let of =
            |cut: &Cut| cut.worth as f64 + cut.beyond.iter().zip(at).map(|(b, m)| *b as f64 * m).sum::<f64>();
        cuts.iter().map(of).fold(f64::NEG_INFINITY, f64::max)
    }

    /// The lowest point over two multipliers by trying every corner: where two of the lines meet on which two cuts are equal, or a
    /// multiplier is at the end of its range.
    fn by_corners(cuts: &[Cut], within: &[(f64, f64)]) -> f64 {
        // a x + b y = c
        let mut lines: Vec<[f64; 3]> = Vec::new();
        for (number, one) in cuts.iter().enumerate() {
            for other in &cuts[number + 1..] {
                let by = |k: usize| (one.beyond[k] - other.beyond[k]) as f64;
                lines.push([by(0), by(1), (other.worth - one.worth) as f64]);
            }
        }
        for (k, (least, most)) in within.iter().enumerate() {
            let unit = |end: f64| if k == 0 { [1.0, 0.0, end] } else { [0.0, 1.0, end] };
            lines.extend([unit(*least), unit(*most)]);
        }
        let mut lowest = f64::INFINITY;
        for (number, [a, b, c]) in lines.iter().enumerate() {
            for [d, e, f] in &lines[number + 1..] {
                let by = a * e - b * d;
                if by != 0.0 {
                    let at = [(c * e - b * f) / by, (a * f - c * d) / by];
                    let inside =
                        |(m, (least, most)): (&f64, &(f64, f64))| *m >= least - 1e-9 && *m <= most + 1e-9;
                    if at.iter().zip(within).all(inside) {
                        lowest = lowest.min(highest(cuts, &at));
                    }
                }
            }
        }
        lowest
    }

    proptest! {
        /// Cuts come one by one, and ranges move, as in a search: each time the lowest point is that of all corners, it is where
        /// the multipliers say, and the mixture is worth as much.
        #[test]
        fn the_lowest_point_is_that_of_all_corners(
            cuts in proptest::collection::vec((-50_i64..50, -5_i64..5, -5_i64..5), 1..9),
            ranges in proptest::collection::vec((0_u32..4, 1_u32..9, 0_u32..4, 1_u32..9), 9),
        ) {
            let cuts: Vec<Cut> =
                cuts.into_iter().map(|(worth, a, b)| Cut { worth, beyond: vec![a, b] }).collect();
            let mut envelope = Envelope::new(2);
            for (count, (a, b, c, d)) in (1..=cuts.len()).zip(ranges) {
                let within = [(f64::from(a), f64::from(a + b)), (f64::from(c), f64::from(c + d))];
                envelope.add(&cuts[count - 1]);
                let cuts = &cuts[..count];
                let found = envelope.lowest(&within);
                prop_assert!((found.value - by_corners(cuts, &within)).abs() < 1e-6, "{}", found.value);
                prop_assert!((found.value - highest(cuts, &found.multipliers)).abs() < 1e-6);
                prop_assert!((found.mixture.iter().sum::<f64>() - 1.0).abs() < 1e-6);
                // What the mixture is worth at the best range ends for it is no less than the envelope anywhere.
                let of = |k: usize| cuts.iter().zip(&found.mixture).map(|(cut, part)| cut.beyond[k] as f64 * part).sum::<f64>();
                let worth: f64 = cuts.iter().zip(&found.mixture).map(|(cut, part)| cut.worth as f64 * part).sum();
                let ends = (0..2).map(|k| (of(k) * within[k].0).min(of(k) * within[k].1)).sum::<f64>();
                prop_assert!((worth + ends - found.value).abs() < 1e-6, "{}", worth + ends);
            }
        }
    }

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
