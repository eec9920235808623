//! Populations of any territory, up to the whole country, drawn part by part in bounded memory.
//!
//! A [`Model`] states margins with their sources; a [`Population`] is that model on the communes of a
//! territory. The cross table of requests (zone × household × income × age × social stock × seniority) is
//! fitted to the margins and rounded so that each holds exactly; which cell and which commune a request
//! has is then computed from its number, so that any part can be drawn by itself: [`Population::part`]
//! gives the same rows on any number of threads. What is kept is the table, the communes and the income
//! thresholds, not the requests. [`Tally`] counts what was drawn, from the tables alone.

mod columns;
mod households;
mod model;
mod places;
mod rows;
mod table;
mod tally;
mod units;

pub use model::Model;
pub use tally::{CalibrationLine, Tally, calibration_output};

use arrow_array::RecordBatch;
use rayon::prelude::*;

use super::GenerateError;
use super::deck::Draw;
use super::shuffle::{Deal, mix};
use super::territory::{Land, Territory};
use columns::{Choice, Fields};
use households::{Household, Source};
use places::Places;
use table::Table;

/// Requests of a part.
pub const PART: u64 = 1 << 13;

/// What is drawn in a part, each by a source of its own: what one draws does not change another.
#[derive(Clone, Copy)]
enum Stream {
    Households = 0x11,
    Requests = 0x12,
    Persons = 0x13,
    Projects = 0x14,
    Employers = 0x15,
    Units = 0x16,
}

/// How many rows, and by which seed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Requests; by default what the model says of the territory.
    pub requests: Option<u64>,
    /// Units, likewise.
    pub units: Option<u64>,
    /// The seed.
    pub seed: u64,
}

/// A model on a territory, ready to be drawn.
pub struct Population<'m> {
    model: &'m Model,
    title: String,
    seed: u64,
    places: Places,
    source: Source<'m>,
    /// Requests among numbers of wished communes.
    wishes: Deal,
    /// By place in [`Places::quartiles`]: the threshold of the first quartile.
    thresholds: Vec<Option<i64>>,
    employers: units::Employers,
    fields: AllFields,
}

/// Columns that are drawn by themselves, by table.
struct AllFields {
    requests: Fields,
    persons: Fields,
    projects: Fields,
    /// Where those live who are not in the social stock.
    housing: Choice,
}

/// Some requests, with their persons and projects, in the order of their numbers.
#[derive(Clone, Debug)]
pub struct Part {
    /// Table `demandes`.
    pub requests: RecordBatch,
    /// Table `personnes`.
    pub persons: RecordBatch,
    /// Table `projets`.
    pub projects: RecordBatch,
}

impl<'m> Population<'m> {
    /// Fits a model to a territory. Draws the households once, for the thresholds of the first quartile.
    ///
    /// # Errors
    /// [`GenerateError`]: no commune to draw, no request, crossings of a wrong form or with zeros that no
    /// margin can meet.
    pub fn new(
        model: &'m Model,
        land: &Land,
        territory: &Territory,
        options: Options,
    ) -> Result<Population<'m>, GenerateError> {
        let seed = options.seed;
        let key = |salt: u64| mix(seed ^ mix(salt));
        let places = Places::new(model, land, territory, [options.requests, options.units])?;
        let table = Table::new(model, &places.by_zone())?;
        if let Some(gap) = table.gaps.first() {
            let message = format!(
                "les croisements ont des zéros avec lesquels la marge `{}` ne peut être tenue (classe {}: {} demandes, {} possibles)",
                gap.margin,
                gap.class + 1,
                gap.asked.round(),
                gap.found.round()
            );
            return Err(GenerateError::Margin { key: "croisements", message });
        }
        let [requests, _] = places.sizes.each_ref().map(|size| size.rows);
        let as_of = model.day();
        let (requests_fields, housing) =
            Fields::new(&model.champs.demandes, as_of).without("situation_logement");
        let tenant = || Choice { classes: vec!["locataire".to_string()], weights: vec![1] };
        let fields = AllFields {
            requests: requests_fields,
            persons: Fields::new(&model.champs.personnes, as_of).without("parc_social").0,
            projects: Fields::new(&model.projets.champs, as_of),
            housing: housing.unwrap_or_else(tenant),
        };
        let mut population = Population {
            source: Source::new(model, &places, table, key),
            wishes: Deal::new(&super::deck::quotas(requests, &model.souhaits.communes), key(2)),
            employers: units::Employers::new(
                model,
                requests,
                &mut Draw::stream(seed, Stream::Employers as u64),
            ),
            thresholds: Vec::new(),
            title: territory.title(),
            model,
            seed,
            places,
            fields,
        };
        population.thresholds = population.thresholds();
        Ok(population)
    }

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

    /// Rounds that the fitting of the cross table took.
    pub fn rounds(&self) -> usize {
        self.source.table.rounds
    }

    /// The territory.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// How many parts the requests come in, at least one.
    pub fn parts(&self) -> u64 {
        self.requests().div_ceil(PART).max(1)
    }

    /// The requests of a part, numbered from 0, with their persons and projects.
    ///
    /// # Errors
    /// None that the columns do not have: their lengths are one.
    pub fn part(&self, part: u64) -> Result<Part, GenerateError> {
        let households = self.households(part);
        Ok(rows::part(self, part, &households)?)
    }

    /// Draws all parts, on all threads, and gives each with its counts in the order of the parts until
    /// one is not taken. As many parts as there are threads are in memory at a time.
    ///
    /// # Errors
    /// As [`Population::part`].
    pub fn for_each_part(&self, mut take: impl FnMut(Part, Tally) -> bool) -> Result<(), GenerateError> {
        let parts: Vec<u64> = (0..self.parts()).collect();
        for wave in parts.chunks(rayon::current_num_threads().max(1)) {
            let drawn: Vec<(Part, Tally)> = wave
                .par_iter()
                .map(|part| {
                    let part = self.part(*part)?;
                    let tally = self.count(&part);
                    Ok((part, tally))
                })
                .collect::<Result<_, GenerateError>>()?;
            for (part, tally) in drawn {
                if !take(part, tally) {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Table `employeurs`.
    ///
    /// # Errors
    /// As [`Population::part`].
    pub fn employers_table(&self) -> Result<RecordBatch, GenerateError> {
        Ok(self.employers.table()?)
    }

    /// Table `logements`.
    ///
    /// # Errors
    /// As [`Population::part`].
    pub fn units_table(&self) -> Result<RecordBatch, GenerateError> {
        let key = |salt: u64| mix(self.seed ^ mix(salt));
        let mut draw = self.stream(Stream::Units, 0);
        Ok(units::units(self.model, &self.places, self.units(), key, &mut draw)?)
    }

    /// What `paquet.toml` says of the package.
    pub fn about(&self) -> String {
        let mut table = toml::Table::new();
        table.insert(
            "title".into(),
            format!("{}: {} (données synthétiques)", self.model.title, self.title).into(),
        );
        table.insert("as_of".into(), self.model.as_of.clone().into());
        table.insert("synthetic".into(), true.into());
        table.insert("text".into(), format!("{} Graine du tirage: {}.", self.model.text, self.seed).into());
        table.to_string()
    }

    fn households(&self, part: u64) -> Vec<Household> {
        let numbers = part * PART..((part + 1) * PART).min(self.requests());
        self.source.households(numbers, &self.places, &mut self.stream(Stream::Households, part))
    }

    /// One source for what is drawn in a part.
    fn stream(&self, what: Stream, part: u64) -> Draw {
        Draw::stream(mix(self.seed ^ (what as u64) << 32), part)
    }

    /// By territory: the highest income per consumption unit of the poorest quarter of the requests whose
    /// income is known; with fewer than four of them, that of all requests.
    fn thresholds(&self) -> Vec<Option<i64>> {
        let parts: Vec<Vec<(usize, i64)>> = (0..self.parts())
            .into_par_iter()
            .map(|part| {
                let of = |h: &Household| {
                    let area = self.places.all.get(h.place)?.quartile;
                    Some((area, self.source.per_unit(h)?))
                };
                self.households(part).iter().filter_map(of).collect()
            })
            .collect();
        let mut all: Vec<(usize, i64)> = parts.into_iter().flatten().collect();
        all.par_sort_unstable();
        let quarter = |incomes: &[(usize, i64)]| {
            (incomes.len() / 4).checked_sub(1).and_then(|at| incomes.get(at)).map(|(_, income)| *income)
        };
        let own: Vec<Option<i64>> = (0..self.places.quartiles)
            .map(|area| {
                let start = all.partition_point(|(a, _)| *a < area);
                let end = all.partition_point(|(a, _)| *a <= area);
                all.get(start..end).and_then(quarter)
            })
            .collect();
        all.par_sort_unstable_by_key(|(_, income)| *income);
        let whole = quarter(&all).or_else(|| all.last().map(|(_, income)| *income));
        own.into_iter().map(|own| own.or(whole)).collect()
    }
}

impl From<arrow_schema::ArrowError> for GenerateError {
    fn from(error: arrow_schema::ArrowError) -> GenerateError {
        GenerateError::Columns(error.to_string())
    }
}
