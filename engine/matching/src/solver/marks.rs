//! What the marks of a pair count in the conditions of a level, and weigh at its multipliers.

use super::super::answer::Condition;
use super::super::problem::Problem;

/// Prices, multipliers and weights are fixed-point numbers: they count in 1/`SCALE` of a point. 60 has the
/// divisors 2 to 6, so that multipliers at which two assignments are worth as much, small fractions, are met
/// exactly. 30 and 120 take as long on drawn instances with quotas, within noise, and 120 a quarter less on
/// random problems (see `search`).
pub(super) const SCALE: i64 = 60;

/// What a pair with these marks counts in a condition, points aside.
pub(super) fn counts(problem: &Problem, condition: Condition, marks: u64) -> i64 {
    let base = |q: usize| (marks >> (2 * q) & 1) as i64;
    // A member counts in the base too, whatever its own bit says.
    let member = |q: usize| base(q) & (marks >> (2 * q + 1) & 1) as i64;
    match condition {
        Condition::Attributions => 1,
        // `members ≥ share × base`, free of fractions: `denominator × members - numerator × base ≥ 0`.
        Condition::Quota(q) => problem.quotas.get(q).map_or(0, |quota| {
            member(q) * i64::from(quota.denominator) - base(q) * i64::from(quota.numerator)
        }),
        Condition::Members(q) => member(q),
        Condition::BaseAtLeast(q) => base(q),
        Condition::BaseAtMost(q) => -base(q),
        Condition::Priority | Condition::Fit => 0,
    }
}

/// What the staying of a tenant weighs less than an attribution of its marks at these multipliers, points aside.
pub(super) fn weight_of_staying(problem: &Problem, multipliers: &[(Condition, i64)]) -> i64 {
    let attributions = multipliers.iter().filter(|(condition, _)| *condition == Condition::Attributions);
    if problem.stays_count { 0 } else { attributions.map(|(_, weight)| weight).sum() }
}

/// By kind of marks: what pairs weigh at these multipliers, points aside.
pub(super) fn by_kind(problem: &Problem, multipliers: &[(Condition, i64)]) -> Vec<i64> {
    let of = |marks: &u64| {
        multipliers.iter().map(|&(condition, weight)| weight * counts(problem, condition, *marks)).sum()
    };
    problem.kinds.iter().map(of).collect()
}
