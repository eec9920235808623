//! What an applicant is told of a request that waits: its points, its position among those that wait for the same units, and how
//! long it may have to wait, by drawn years.
//!
//! *Similar* requests are those that at least half of the units suit which suit this one; a caller may name others. A position is
//! told as how many have more points and how many as many: points alone rank here, as they are what an applicant is told; quotas,
//! who comes first and fits make the years.
//!
//! In each year all requests wait from the first session, none comes in addition, and units come free in the session that is
//! drawn for them or known. A wait is told from today to the day of the lease; who gets none within the year waits for longer than
//! all of it.

use rayon::prelude::*;

use super::error::AllocationError;
use super::posing::Posing;
use super::weekly::{Arrivals, Weekly, Year, arrival};

/// Where a request stands among some that wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rank {
    /// How many others have more points.
    pub ahead: usize,
    /// How many others have as many.
    pub equal: usize,
    /// How many there are, this one included.
    pub of: usize,
}

/// What an applicant is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// The request, by number.
    pub request: u32,
    /// Its points.
    pub points: u32,
    /// How many units of the data suit it.
    pub units: usize,
    /// Where it stands among all.
    pub all: Rank,
    /// Where it stands among those to which one of these units suits.
    pub rivals: Rank,
    /// Where it stands among similar ones.
    pub similar: Rank,
    /// The points of the similar ones, this one included, in order.
    pub points_of_similar: Vec<u32>,
    /// One a drawn year, in the order of the seeds: the session of its lease.
    pub leases: Vec<Option<u32>>,
    /// One a drawn year: how many offers it gets, and how many of them it refuses.
    pub offers: Vec<(u32, u32)>,
}

impl Position {
    /// The sessions of its leases in order, those years last in which there is none: the least session by which it is housed in
    /// `part` of `of` years, if there is one.
    ///
    /// ```
    /// let mut position = logis_allocation::Position::default();
    /// position.leases = vec![Some(30), None, Some(4), Some(9)];
    /// assert_eq!(position.quantile(1, 2), Some(9));
    /// assert_eq!(position.quantile(9, 10), None);
    /// ```
    pub fn quantile(&self, part: usize, of: usize) -> Option<u32> {
        let mut sessions: Vec<u32> = self.leases.iter().flatten().copied().collect();
        sessions.sort_unstable();
        // The least place that so many of all years do not exceed.
        let place = (self.leases.len() * part).div_ceil(of.max(1)).checked_sub(1)?;
        sessions.get(place).copied()
    }

    /// In how many of the years it gets no lease.
    pub fn without(&self) -> usize {
        self.leases.iter().filter(|lease| lease.is_none()).count()
    }
}

/// Years to be drawn from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct YearsToDraw {
    /// Sessions of a year.
    pub sessions: u32,
    /// The first seed.
    pub seed: u64,
    /// How many years, one a seed.
    pub years: u32,
}

impl Posing {
    /// What is told of a request; `similar` says which others are (those that at least half of the units suit which suit it, where
    /// it says nothing), `session` when a unit is free of which that is known (by its number).
    ///
    /// # Errors
    /// As [`Weekly::year`].
    pub fn position(
        &self,
        weekly: &Weekly<'_>,
        request: u32,
        (similar, session): (Option<&[bool]>, &(dyn Fn(u32) -> Option<u32> + Sync)),
        draw: YearsToDraw,
    ) -> Result<Position, AllocationError> {
        let common = self.common(request);
        let units = self.instance.units_of(request).len();
        let is_similar = |other: u32| match similar {
            Some(similar) => similar.get(other as usize).copied().unwrap_or(false),
            None => common.get(other as usize).is_some_and(|n| units > 0 && 2 * n >= units),
        };
        let points = self.instance.points(request);
        let rank = |keep: &dyn Fn(u32) -> bool| {
            let numbers = (0_u32..).take(self.instance.requests.len());
            let mut rank = Rank { of: 1, ..Rank::default() };
            for other in numbers.filter(|other| *other != request && keep(*other)) {
                let own = self.instance.points(other);
                rank.ahead += usize::from(own > points);
                rank.equal += usize::from(own == points);
                rank.of += 1;
            }
            rank
        };
        let alike = (0_u32..).take(self.instance.requests.len());
        let alike = alike.filter(|other| *other == request || is_similar(*other));
        let mut points_of_similar: Vec<u32> = alike.map(|other| self.instance.points(other)).collect();
        points_of_similar.sort_unstable();
        let years: Vec<Year> = (0..u64::from(draw.years))
            .into_par_iter()
            .map(|at| {
                let seed = draw.seed.wrapping_add(at);
                let units = (0_u32..).take(self.instance.units.len()).map(|unit| {
                    let drawn = || arrival(seed, self.instance.units.id(&self.dataset, unit), draw.sessions);
                    Some(session(unit).unwrap_or_else(drawn))
                });
                let arrivals = Arrivals {
                    sessions: draw.sessions,
                    requests: vec![Some(0); self.instance.requests.len()],
                    units: units.collect(),
                    ..Arrivals::default()
                };
                weekly.year(&arrivals, seed)
            })
            .collect::<Result<_, _>>()?;
        let lease = |year: &Year| year.leases.get(request as usize).copied().flatten().map(|own| own.session);
        let offers = |year: &Year| {
            let answers = year.sessions.iter().flat_map(|session| &session.answers);
            answers
                .filter(|answer| answer.request == request)
                .fold((0, 0), |(all, refused), answer| (all + 1, refused + u32::from(!answer.taken)))
        };
        Ok(Position {
            request,
            points,
            units,
            all: rank(&|_| true),
            rivals: rank(&|other| common.get(other as usize).is_some_and(|n| *n > 0)),
            similar: rank(&is_similar),
            points_of_similar,
            leases: years.iter().map(lease).collect(),
            offers: years.iter().map(offers).collect(),
        })
    }

    /// By request: how many of the units suit it that suit this one.
    fn common(&self, request: u32) -> Vec<usize> {
        let own = self.instance.units_of(request);
        let of = |other: u32| {
            let units = self.instance.units_of(other);
            units.iter().filter(|unit| own.binary_search(unit).is_ok()).count()
        };
        (0_u32..).take(self.instance.requests.len()).map(of).collect()
    }
}
