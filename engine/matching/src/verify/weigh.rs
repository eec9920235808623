//! What a bound weighs: pairs, by their marks, points and fit; and the prices of the units.
//!
//! What a pair weighs depends on little: the points of the request, the marks, and at the last level the fit. So
//! marks are weighed once for each of the at most 2^16 combinations, and no pair is looked at here.

use std::borrow::Cow;

use super::super::answer::Condition;
use super::super::numbers::Cell;
use super::super::problem::Problem;
use super::form::LARGEST;

/// The pairs as a bound weighs them, and what units cost.
pub(super) struct Weighed<'p> {
    /// By point of the request.
    pub per_point: i64,
    /// By marks of the pair.
    pub by_marks: Vec<i64>,
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
    /// What a pair of these marks weighs for a request of `points` points; fit aside.
    #[inline]
    pub fn weight(&self, points: u32, marks: u16) -> i64 {
        // There is a weight for all marks that the quotas use, and no others are there.
        let by_marks = self.by_marks.get(marks as usize).copied().unwrap_or(LARGEST);
        self.per_point * i64::from(points) + by_marks
    }

    /// What a request weighs in a cell by a slot of these marks, and so what it does if it stays there.
    #[inline]
    pub fn weight_in(&self, problem: &Problem, request: u32, cell: Cell, marks: u16) -> i64 {
        match problem.stays(request, cell) {
            true => self.weight(0, marks) - self.stay,
            false => self.weight(problem.points(request), marks),
        }
    }

    /// What it weighs above the cheapest unit of a cell.
    #[inline]
    pub fn gain(&self, problem: &Problem, request: u32, cell: Cell, marks: u16) -> i64 {
        self.weight_in(problem, request, cell, marks) - self.cheapest(cell)
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
                .map(|(_, cell, marks)| self.gain(problem, request, cell, marks))
                .max();
        }
        let slots = problem.slots_of(request);
        let open = problem.open.get(slots.clone())?;
        let price = |cell: &Cell| self.cheapest(*cell);
        let by_marks = |marks: u16| self.by_marks.get(marks as usize).copied().unwrap_or(LARGEST);
        let most = match problem.marks.get(slots).filter(|marks| !marks.is_empty()) {
            Some(marks) => {
                open.iter().zip(marks).map(|(cell, &marks)| by_marks(marks) - price(cell)).max()?
            }
            // Without quotas all pairs of a request weigh as much: only the price differs.
            None => by_marks(0) - open.iter().map(price).min()?,
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

/// By marks of a pair, two bits a quota: what it weighs in the conditions; points aside. Sums of at most 69
/// products of a multiplier (60 bits) and a count (33 bits), so that 128 bits hold them.
pub(super) fn by_marks(problem: &Problem, terms: &[(Condition, i128)]) -> Vec<i128> {
    let sum = |of: &dyn Fn(Condition) -> i128| terms.iter().map(|(c, weight)| weight * of(*c)).sum::<i128>();
    let mut all = vec![sum(&|condition| i128::from(condition == Condition::Attributions))];
    // Each quota multiplies the list by four: its two bits stand above those of the quotas before.
    for (q, quota) in problem.quotas().iter().enumerate() {
        let (numerator, denominator) = (i128::from(quota.numerator), i128::from(quota.denominator));
        let in_base = sum(&|condition| match condition {
            Condition::Quota(own) if own == q => -numerator,
            Condition::BaseAtLeast(own) if own == q => 1,
            Condition::BaseAtMost(own) if own == q => -1,
            _ => 0,
        });
        let member = sum(&|condition| match condition {
            Condition::Quota(own) if own == q => denominator,
            Condition::Members(own) if own == q => 1,
            _ => 0,
        });
        // Who is not in the base is no member.
        let own = [0, in_base, 0, in_base + member];
        all = own.into_iter().flat_map(|own| all.iter().map(move |before| before + own)).collect();
    }
    all
}
