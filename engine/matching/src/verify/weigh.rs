//! What a bound weighs: pairs, by their marks, points and fit; and the prices of the units.
//!
//! What a pair weighs depends on little: the points of the request, the marks, and at the last level the fit. So
//! marks are weighed once for each kind that there is, and no pair is looked at here.

use std::borrow::Cow;

use super::super::answer::Condition;
use super::super::numbers::Cell;
use super::super::problem::Problem;
use super::form::LARGEST;

/// The pairs as a bound weighs them, and what units cost.
pub(super) struct Weighed<'p> {
    /// By point of the request.
    pub per_point: i64,
    /// By kind of the pair's marks.
    pub by_kind: Vec<i64>,
    /// What the staying of a tenant weighs less than a pair of its marks, points aside: as much as an attribution,
    /// where it counts as none.
    pub stay: i64,
    /// By fit of the pair.
    pub per_fit: i64,
    pub cost: Cost<'p>,
    /// What the conditions weigh, at least, in every answer considered.
    pub owed: i128,
}

/// What units cost.
pub(super) struct Cost<'p> {
    /// By cell: the price of its cheapest unit.
    pub cheapest: Cow<'p, [i64]>,
    /// By unit: its price, where fits or prices differ within cells.
    pub by_unit: Option<Cow<'p, [i64]>>,
    /// All units at their prices.
    pub paid: i128,
}

impl Weighed<'_> {
    /// What a pair of this kind weighs for a request of `points` points; fit aside.
    #[inline]
    pub fn weight(&self, points: u32, kind: u16) -> i64 {
        // There is a weight for all kinds, and no others are there.
        let by_kind = self.by_kind.get(kind as usize).copied().unwrap_or(LARGEST);
        self.per_point * i64::from(points) + by_kind
    }

    /// What a request weighs in a cell by a slot of this kind, and so what it does if it stays there.
    #[inline]
    pub fn weight_in(&self, problem: &Problem, request: u32, cell: Cell, kind: u16) -> i64 {
        match problem.stays(request, cell) {
            true => self.weight(0, kind) - self.stay,
            false => self.weight(problem.points(request), kind),
        }
    }

    /// What it weighs above the cheapest unit of a cell.
    #[inline]
    pub fn gain(&self, problem: &Problem, request: u32, cell: Cell, kind: u16) -> i64 {
        self.weight_in(problem, request, cell, kind) - self.cheapest(cell)
    }

    /// The price of the cheapest unit of a cell.
    #[inline]
    pub fn cheapest(&self, cell: Cell) -> i64 {
        self.cost.cheapest.get(cell.index()).copied().unwrap_or(0)
    }

    /// The most that a request gains by a pair, fit aside; `None` if nothing suits it.
    #[inline]
    pub fn most(&self, problem: &Problem, request: u32) -> Option<i64> {
        if problem.home(request).is_some() {
            return problem
                .open_to(request)
                .map(|(_, cell, kind)| self.gain(problem, request, cell, kind))
                .max();
        }
        let slots = problem.slots_of(request);
        let open = problem.open.get(slots.clone())?;
        let price = |cell: &Cell| self.cheapest(*cell);
        let by_kind = |kind: u16| self.by_kind.get(kind as usize).copied().unwrap_or(LARGEST);
        let most = match problem.marks.get(slots).filter(|kinds| !kinds.is_empty()) {
            Some(kinds) => open.iter().zip(kinds).map(|(cell, &kind)| by_kind(kind) - price(cell)).max()?,
            // Without quotas all pairs of a request weigh as much: only the price differs.
            None => by_kind(0) - open.iter().map(price).min()?,
        };
        Some(self.per_point * i64::from(problem.points(request)) + most)
    }
}

impl Weighed<'_> {
    /// The most that a request adds to a bound, fit aside: nothing if it may be left out, which it may not if it holds a
    /// unit.
    #[inline]
    pub fn best(&self, problem: &Problem, request: u32) -> i64 {
        let most = self.most(problem, request);
        match problem.home(request) {
            // A tenant can stay, so that there is a most.
            Some(_) => most.unwrap_or(0),
            None => most.unwrap_or(0).max(0),
        }
    }
}

/// By kind of a pair's marks: what it weighs in the conditions; points aside. Sums of at most as many products of a
/// multiplier (60 bits) and a count (33 bits) as [`super::form`] lets multipliers be, so that 128 bits hold them.
pub(super) fn by_kind(problem: &Problem, terms: &[(Condition, i128)]) -> Vec<i128> {
    let of = |marks: &u64| {
        // Who is not in the base is no member.
        let base = |q: usize| i128::from(marks >> (2 * q) & 1);
        let member = |q: usize| base(q) * i128::from(marks >> (2 * q + 1) & 1);
        let count = |condition: Condition| match condition {
            Condition::Attributions => 1,
            Condition::Quota(q) => problem.quotas().get(q).map_or(0, |quota| {
                i128::from(quota.denominator) * member(q) - i128::from(quota.numerator) * base(q)
            }),
            Condition::Members(q) => member(q),
            Condition::BaseAtLeast(q) => base(q),
            Condition::BaseAtMost(q) => -base(q),
            Condition::Priority | Condition::Fit => 0,
        };
        terms.iter().map(|(condition, weight)| weight * count(*condition)).sum()
    };
    problem.kinds.iter().map(of).collect()
}
