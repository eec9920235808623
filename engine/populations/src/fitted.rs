//! A model fitted to communes: all that is kept between the parts that are drawn from it.

use arrow_array::RecordBatch;

use crate::columns::{Choice, Fields};
use crate::deck::Draw;
use crate::households::{Household, Source};
use crate::model::Model;
use crate::places::Places;
use crate::shuffle::{Deal, mix};
use crate::units;

/// Requests of a part. Memory is one part for each thread; a part costs a fixed part of its time to set up.
pub const PART: u64 = 1 << 13;

/// What is drawn in a part, each from a random stream of its own: a draw more in one changes no other.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Households = 0x11,
    Requests = 0x12,
    Persons = 0x13,
    Projects = 0x14,
    Employers = 0x15,
    Units = 0x16,
    Others = 0x17,
}

/// How many rows, and by which seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Requests; without a number, as many as the model says of the territory.
    pub requests: Option<u64>,
    /// Units, likewise.
    pub units: Option<u64>,
    /// The seed of all draws.
    pub seed: u64,
}

/// A model on a territory, ready to be drawn.
pub struct Population<'m> {
    pub(crate) model: &'m Model,
    /// The title of the territory; none, if the communes are the model's own.
    pub(crate) territory: Option<String>,
    pub(crate) seed: u64,
    pub(crate) places: Places,
    pub(crate) source: Source<'m>,
    /// Deals numbers of wished communes to the requests.
    pub(crate) wishes: Deal,
    /// By territory of the first quartile: its threshold, euros a year per consumption unit.
    pub(crate) thresholds: Vec<Option<i64>>,
    pub(crate) employers: units::Employers<'m>,
    pub(crate) fields: AllFields,
}

/// Columns that are drawn independently of all else, by table.
pub(crate) struct AllFields {
    pub(crate) requests: Fields,
    pub(crate) persons: Fields,
    pub(crate) projects: Fields,
    /// Where those live who are not in the social stock.
    pub(crate) housing: Choice,
}

/// Some requests, with their persons and projects, in the order of their numbers.
#[derive(Clone, Debug)]
pub struct Part {
    /// The table of requests.
    pub requests: RecordBatch,
    /// The table of persons.
    pub persons: RecordBatch,
    /// The table of projects.
    pub projects: RecordBatch,
}

impl<'m> Population<'m> {
    /// Number of requests.
    pub fn requests(&self) -> u64 {
        let [requests, _] = &self.places.sizes;
        requests.rows
    }

    /// Number of units.
    pub fn units(&self) -> u64 {
        let [_, units] = &self.places.sizes;
        units.rows
    }

    /// Rounds of iterative proportional fitting that the cross table took.
    pub fn rounds(&self) -> usize {
        self.source.table.rounds
    }

    /// The title of the territory, or of the model that lists its own communes.
    pub fn title(&self) -> &str {
        self.territory.as_deref().unwrap_or(&self.model.title)
    }

    /// How many parts the requests come in, at least one.
    pub fn parts(&self) -> u64 {
        self.requests().div_ceil(PART).max(1)
    }

    /// The households of a part.
    pub(crate) fn households(&self, part: u64) -> Vec<Household> {
        let numbers = part * PART..((part + 1) * PART).min(self.requests());
        self.source.households(numbers, &self.places, &mut self.stream(Stream::Households, part))
    }

    /// The random stream of one thing in one part.
    pub(crate) fn stream(&self, what: Stream, part: u64) -> Draw {
        Draw::stream(mix(self.seed ^ (what as u64) << 32), part)
    }
}
