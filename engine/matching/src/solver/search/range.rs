//! Which multipliers a search looks at: a range around the best known, which widens.

use std::collections::BTreeMap;

use super::super::super::answer::Condition;
use super::super::marks::SCALE;
use super::super::multipliers::{Cut, Envelope};
use super::level::{Asked, Level};

/// How far multipliers are looked for at first, in points, from known ones. Half or double changes nothing
/// beyond noise (within 7 %).
const NEAR: i64 = 4;

/// How far multipliers are looked for at first, in points, from 0. Half takes 17 % less on `d100k`, double 14
/// % more; `random` does not notice either.
const FAR: i64 = 64;

/// By how much the range widens where its edge is best. Half takes 23 % more on `random` and 14 % less on
/// `d10k-hard`; double takes 16 % less on `random` and changes nothing beyond noise elsewhere.
const WIDER: i64 = 4;

/// The multipliers with which a search begins: those of before, within what is looked for.
pub(super) fn begin(level: &Level<'_>, asked: &[Asked], warm: &BTreeMap<Condition, i64>) -> Vec<i64> {
    let of = |own: &Asked| warm.get(&own.condition).filter(|_| own.at_least).copied().unwrap_or(0);
    asked.iter().map(|own| of(own).clamp(0, SCALE * level.most)).collect()
}

/// How far the next multipliers may be from those of the lowest bound, in parts of a point.
///
/// Without a range the first cuts, which say little, send multipliers to the highest ones and back (Kelley's
/// method is unstable; the range makes it a *trust region* method).
pub(super) struct Around {
    reach: i64,
    /// No multiplier is beyond this.
    most: i64,
    /// The cuts so far.
    cuts: Envelope,
}

impl Around {
    pub fn new(level: &Level<'_>, multipliers: &[i64]) -> Around {
        // Those of an answer of before are near; nothing is known of others.
        let known = multipliers.iter().any(|m| *m != 0);
        let reach = if known { NEAR } else { FAR };
        let cuts = Envelope::new(multipliers.len());
        Around { reach: (reach * SCALE).min(SCALE * level.most), most: SCALE * level.most, cuts }
    }

    /// Adds what an assignment says.
    pub fn add(&mut self, cut: &Cut) {
        self.cuts.add(cut);
    }

    /// The multipliers to look at next, if any can be better than `at`, where the bound is `low`; and the
    /// mixture of assignments that says so.
    pub fn next(&mut self, low: i64, at: &[i64]) -> (Option<Vec<i64>>, Vec<f64>) {
        loop {
            let range = |m: &i64| {
                let part = |m: i64| m.clamp(0, self.most) as f64 / SCALE as f64;
                (part(m - self.reach), part(m + self.reach))
            };
            let within: Vec<(f64, f64)> = at.iter().map(range).collect();
            let found = self.cuts.lowest(&within);
            // Certificates hold whole numbers: the nearest ones are looked at.
            let next: Vec<i64> =
                found.multipliers.iter().map(|m| (m * SCALE as f64).round() as i64).collect();
            // At the edge there may be better ones beyond.
            let edge = next.iter().zip(at).any(|(n, a)| {
                *n != 0 && *n != self.most && (n - a).abs() >= self.reach || *n == 0 && *a > self.reach
            });
            // No bound within the range is lower than the cuts say: by less than half a part is no gain.
            let worse = next == *at || found.value * SCALE as f64 > low as f64 - 0.5;
            if edge {
                self.reach = (self.reach * WIDER).min(self.most);
            }
            match (worse, edge) {
                (false, _) => return (Some(next), found.mixture),
                (true, false) => return (None, found.mixture),
                (true, true) => {}
            }
        }
    }
}
