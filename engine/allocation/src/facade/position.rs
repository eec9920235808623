//! What an applicant is told of a request that waits: its points, its position among those that wait for the same units, and how
//! long it may have to wait, by drawn years.
//!
//! *Similar* requests are those that at least half of the units suit which suit this one; a caller may name others. A position is
//! told as how many have more points and how many as many: points alone rank here, as they are what an applicant is told; quotas,
//! who comes first and fits make the years.
//!
//! In each year all requests wait from the first session, and units come free in the session that is drawn for them or known. None
//! comes in addition unless [`Newcomers`] are asked for. A wait is told from today to the day of the lease; who gets none within the year waits for longer than
//! all of it.

use rayon::prelude::*;

use logis_language::pack::schema::FieldId;

use super::error::AllocationError;
use super::posing::Posing;
use super::weekly::{Arrivals, Weekly, Year, arrival};
use crate::attribution::drawn_part;

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

/// Requests that come in each drawn year: copies of those of the data, drawn for each year anew, each filed on the day as of which
/// all is decided.
#[derive(Clone, Debug)]
pub struct Newcomers {
    posing: Posing,
    each_year: u32,
}

impl Newcomers {
    /// So many a year; `filed` is the field of the request that says when it was filed.
    ///
    /// # Errors
    /// Requests that hold a unit, of which a copy would hold the same; as [`Posing::new`].
    pub fn new(posing: &Posing, each_year: u32, filed: FieldId) -> Result<Newcomers, AllocationError> {
        if posing.instance.has_tenants() {
            return Err(AllocationError::HeldNewcomers);
        }
        let (requests, date) = (&posing.instance.requests, posing.plan.pairs.date);
        let own = u32::try_from(requests.len()).unwrap_or(u32::MAX).max(1);
        let schema = &posing.plan.pairs.parsed.schema;
        let times = each_year.div_ceil(own);
        let dataset = posing.dataset.with_copies(schema, requests.entity, times, Some((filed, date)));
        let asked = (posing.plan.clone(), posing.flags.clone());
        Ok(Newcomers { posing: Posing::new(asked, dataset, posing.most)?, each_year })
    }

    /// The problem with all copies, of which each year takes some: whose years are to be drawn.
    pub fn posing(&self) -> &Posing {
        &self.posing
    }

    /// By number of the request, of all copies too: the session of a year that first sees it.
    pub(super) fn arrivals(&self, own: u32, seed: u64, sessions: u32) -> Vec<Option<u32>> {
        let (requests, dataset) = (&self.posing.instance.requests, &self.posing.dataset);
        let numbers = || (0_u32..).take(requests.len());
        // The rows of copies stand behind the others. Those with the least numbers come.
        let mut copies: Vec<(u32, u32)> = numbers()
            .filter(|number| requests.row(*number) >= own)
            .map(|number| {
                (drawn_part(&format!("newcomer:{seed}:{}", requests.id(dataset, number)), u32::MAX), number)
            })
            .collect();
        copies.sort_unstable();
        let mut arrivals = vec![None; requests.len()];
        for number in numbers().filter(|number| requests.row(*number) < own) {
            arrivals.get_mut(number as usize).into_iter().for_each(|slot| *slot = Some(0));
        }
        for (_, number) in copies.into_iter().take(self.each_year as usize) {
            let session = arrival(seed, requests.id(dataset, number), sessions);
            arrivals.get_mut(number as usize).into_iter().for_each(|slot| *slot = Some(session));
        }
        arrivals
    }
}

impl Posing {
    /// What is told of a request; `similar` says which others are (those that at least half of the units suit which suit it, where
    /// it says nothing), `session` when a unit is free of which that is known (by its number). `weekly` is of this problem or, with
    /// newcomers, of theirs.
    ///
    /// # Errors
    /// As [`Weekly::year`].
    pub fn position(
        &self,
        weekly: &Weekly<'_>,
        request: u32,
        (similar, session): (Option<&[bool]>, &(dyn Fn(u32) -> Option<u32> + Sync)),
        (draw, newcomers): (YearsToDraw, Option<&Newcomers>),
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
                let own = u32::try_from(self.instance.requests.len()).unwrap_or(u32::MAX);
                let arrivals = Arrivals {
                    sessions: draw.sessions,
                    requests: match newcomers {
                        Some(newcomers) => newcomers.arrivals(own, seed, draw.sessions),
                        None => vec![Some(0); self.instance.requests.len()],
                    },
                    units: units.collect(),
                    ..Arrivals::default()
                };
                weekly.year(&arrivals, seed)
            })
            .collect::<Result<_, _>>()?;
        // Copies have numbers between those of the others.
        let in_years = newcomers.map_or(Some(request), |newcomers| {
            let id = self.instance.requests.id(&self.dataset, request);
            newcomers.posing.instance.requests.find(&newcomers.posing.dataset, id)
        });
        let in_years = in_years.unwrap_or(u32::MAX);
        let lease =
            |year: &Year| year.leases.get(in_years as usize).copied().flatten().map(|own| own.session);
        let offers = |year: &Year| {
            let answers = year.sessions.iter().flat_map(|session| &session.answers);
            answers
                .filter(|answer| answer.request == in_years)
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
