//! Quotas that come before the number of attributions.
//!
//! The levels of a [`Problem`] begin with the most attributions. A share that must be met whatever it costs in
//! attributions comes before them: then each unit has a *vacancy*, a request of no points that nothing else
//! suits. In the wider problem every unit is given, to a request or to its vacancy, and how many go to requests is a
//! quota like the others, which stands after those that come first. Solver and checker know nothing of it: what they
//! find and prove of the wider problem, level by level, is so of this one in the other order.

use super::answer::Matching;
use super::numbers::{Cell, InnerUnit};
use super::problem::{Problem, ProblemError, TAG};
use super::verify::{Gaps, Level, ProofError, all_proved, gaps, reached_by, same};

/// A problem with some of its quotas ahead of the number of attributions.
#[derive(Clone, Debug)]
pub struct Ahead {
    /// The wider problem, with vacancies.
    wider: Problem,
    /// By place of a quota of the wider problem: that of this one, or `None` for the count.
    order: Vec<Option<usize>>,
}

impl Ahead {
    /// `first` are the quotas that come before the count, in order; the others follow it in theirs. A unit that is
    /// `always` given (by the caller's number) is not left empty for a quota.
    ///
    /// # Errors
    /// [`ProblemError::Quotas`] if there is no place for the count among the quotas.
    ///
    /// ```
    /// # use logis_matching::{Ahead, Pair, Problem, Quota, solve};
    /// // Two units; of two requests one is the member that two thirds ask for: only one may be housed.
    /// let pair = |request, unit, marks| Pair { request, unit, fit: 0, marks };
    /// let share = Quota::new("membres", 2, 3);
    /// let problem = Problem::from_pairs(vec![3, 9], 2, vec![pair(0, 0, 0b11), pair(1, 1, 0b01)], vec![share])?;
    /// assert_eq!(solve(&problem).reached.attributions, 2);
    /// let ahead = Ahead::new(&problem, &[0], &[])?;
    /// let answer = ahead.narrow(&problem, solve(ahead.wider()))?;
    /// assert_eq!(answer.unit_of, [Some(0), None]);
    /// assert!(ahead.gaps(&problem, &answer)?.none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(problem: &Problem, first: &[usize], always: &[bool]) -> Result<Ahead, ProblemError> {
        let mut order: Vec<Option<usize>> = first.iter().copied().map(Some).collect();
        order.push(None);
        order.extend((0..problem.quotas().len()).filter(|q| !first.contains(q)).map(Some));
        Ok(Ahead { wider: problem.with_vacancies(&order, always)?, order })
    }

    /// The wider problem, to be solved.
    pub fn wider(&self) -> &Problem {
        &self.wider
    }

    /// The answer to this problem that one to the wider problem is; its certificate stays that of the wider one.
    ///
    /// # Errors
    /// It is none.
    pub fn narrow(&self, problem: &Problem, mut matching: Matching) -> Result<Matching, ProofError> {
        matching.unit_of.truncate(problem.requests());
        matching.marks_of.truncate(problem.requests());
        for marks in &mut matching.marks_of {
            *marks = self.moved(*marks, false);
        }
        matching.reached = reached_by(problem, &matching.unit_of, &matching.marks_of)?;
        Ok(matching)
    }

    /// Which unit each request of the wider problem has: what is left empty goes to vacancies.
    pub fn widen(&self, unit_of: &[Option<u32>]) -> Vec<Option<u32>> {
        let wider = &self.wider;
        let mut all = unit_of.to_vec();
        let (inside, cells) = (wider.numbers_inside(), wider.cell_of_units());
        let mut given = vec![false; wider.units()];
        for unit in unit_of.iter().flatten().filter_map(|unit| inside.get(*unit as usize)) {
            if let Some(slot) = given.get_mut(unit.index()) {
                *slot = true;
            }
        }
        // A tenant that is given nothing stays where it is.
        for request in (0_u32..).zip(unit_of).filter(|(_, unit)| unit.is_none()).map(|(request, _)| request) {
            if let Some(slot) = wider.home_unit(request).and_then(|unit| given.get_mut(unit.index())) {
                *slot = true;
            }
        }
        // Vacancies stand in the order of their cells, as the units do.
        let mut empty: Vec<Vec<InnerUnit>> = vec![Vec::new(); wider.cell_count()];
        for (unit, cell) in (0_u32..).map(InnerUnit).zip(&cells) {
            if let (Some(false), Some(own)) = (given.get(unit.index()), empty.get_mut(cell.index())) {
                own.push(unit);
            }
        }
        for request in (0..wider.requests() as u32).skip(unit_of.len()) {
            let cell: Option<Cell> = wider.open_to(request).next().map(|(_, cell, _)| cell);
            let unit = cell.and_then(|cell| empty.get_mut(cell.index())?.pop());
            all.push(unit.and_then(|unit| wider.names().get(unit.index()).copied()));
        }
        all
    }

    /// The marks of a pair of this problem in the wider one, or (`wider` is `false`) the other way round.
    fn moved(&self, marks: u64, wider: bool) -> u64 {
        let bits = |(at, place): (usize, &Option<usize>)| match (place, wider) {
            (Some(q), true) => (marks >> (2 * q) & 3) << (2 * at),
            (Some(q), false) => (marks >> (2 * at) & 3) << (2 * q),
            (None, true) => 3 << (2 * at),
            (None, false) => 0,
        };
        self.order.iter().enumerate().map(bits).fold(marks & u64::MAX << TAG, |all, own| all | own)
    }

    /// By request of the wider problem: the marks by which it is housed, where requests have several pairs with a unit.
    fn widen_marks(&self, marks_of: &[u64]) -> Vec<u64> {
        if marks_of.is_empty() {
            return Vec::new();
        }
        let mut all: Vec<u64> = marks_of.iter().map(|marks| self.moved(*marks, true)).collect();
        // A vacancy has one pair with each of its units.
        let vacancies = (0..self.wider.requests() as u32).skip(all.len());
        all.extend(vacancies.map(|request| {
            self.wider.open_to(request).next().map_or(0, |(_, _, kind)| self.wider.marks_of(kind))
        }));
        all
    }

    /// What the certificate of an answer to this problem leaves open, level by level.
    ///
    /// # Errors
    /// The first thing that is wrong: see [`gaps`].
    pub fn gaps(&self, problem: &Problem, matching: &Matching) -> Result<Gaps, ProofError> {
        let found = reached_by(problem, &matching.unit_of, &matching.marks_of)?;
        same(&found, &matching.reached)?;
        let unit_of = self.widen(&matching.unit_of);
        let marks_of = self.widen_marks(&matching.marks_of);
        let own = reached_by(&self.wider, &unit_of, &marks_of)?;
        let wide = Matching { unit_of, marks_of, reached: own, certificate: matching.certificate.clone() };
        let gaps = gaps(&self.wider, &wide).map_err(|error| self.of_this(error))?;
        let mut all = Gaps { quotas: vec![0; problem.quotas().len()], ..gaps.clone() };
        for (place, gap) in self.order.iter().zip(&gaps.quotas) {
            match place.map(|q| all.quotas.get_mut(q)) {
                Some(Some(slot)) => *slot = *gap,
                Some(None) => {}
                // A unit that the wider problem might give besides is an attribution more, too.
                None => all.attributions = all.attributions.saturating_add(*gap),
            }
        }
        Ok(all)
    }

    /// Checks that an answer is possible, that it reaches what it says, and that its certificate leaves nothing open.
    ///
    /// # Errors
    /// The first thing that is wrong: see [`super::verify()`].
    pub fn verify(&self, problem: &Problem, matching: &Matching) -> Result<(), ProofError> {
        all_proved(&matching.reached, &self.gaps(problem, matching)?)
    }

    /// An error of the wider problem, with the level that it is of this one.
    fn of_this(&self, mut error: ProofError) -> ProofError {
        if let ProofError::Claim { level, .. }
        | ProofError::Form { level, .. }
        | ProofError::NotProved { level, .. } = &mut error
        {
            let of = |at: usize| self.order.get(at).copied().flatten();
            *level = match *level {
                Level::Quota(at) => of(at).map_or(Level::Attributions, Level::Quota),
                Level::SmallestBase(at) => of(at).map_or(Level::Attributions, Level::SmallestBase),
                Level::LargestBase(at) => of(at).map_or(Level::Attributions, Level::LargestBase),
                other => other,
            };
        }
        error
    }
}
