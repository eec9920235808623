//! A model on the communes of a territory, up to the whole country, drawn part by part in bounded memory.
//!
//! The cross table of requests (zone × household × income × age × social stock × seniority) is fitted to the margins
//! and rounded so that each holds exactly. Which cell and which commune a request has is then computed from its
//! number, so that any part can be drawn by itself: [`Population::part`] gives the same rows on any number of threads.
//! What is kept is the table, the communes, the employers and the income thresholds, not the requests. [`Tally`]
//! counts what was drawn, from the tables alone.

use arrow_array::RecordBatch;
use rayon::prelude::*;

use crate::columns::{Choice, Fields};
use crate::deck::{Draw, quotas};
use crate::error::GenerateError;
use crate::fitted::{AllFields, Options, Part, Population, Stream};
use crate::households::{Household, Source};
use crate::model::Model;
use crate::places::Places;
use crate::shuffle::{Deal, mix};
use crate::table::Table;
use crate::tally::Tally;
use crate::territory::{Land, Territory};
use crate::{others, rows, units};

/// What to do about a model that lists no communes.
const NO_COMMUNES: &str = "ce fichier de population vaut pour tout territoire; attendu: une section [communes], qui liste celles où tirer, ou un territoire (--territory)";

/// What to do about one that lists them, where a territory is given.
const OWN_COMMUNES: &str = "ce fichier de population liste ses communes; l'employer sans --territory";

impl<'m> Population<'m> {
    /// Fits a model to the communes that it lists. Draws the households once, for the thresholds of the first
    /// quartile.
    ///
    /// # Errors
    /// [`GenerateError`]: the model lists no commune, no request is to be drawn, crossings of a wrong form or with
    /// zeros that no margin can meet.
    pub fn of_model(model: &'m Model, options: Options) -> Result<Population<'m>, GenerateError> {
        let Some(own) = &model.communes else {
            return Err(GenerateError::Territory(NO_COMMUNES.to_string()));
        };
        let places = Places::of_model(model, own, [options.requests, options.units])?;
        Population::on(model, places, None, options)
    }

    /// Fits a model to a territory, likewise.
    ///
    /// # Errors
    /// [`GenerateError`], likewise; a model that lists its own communes is drawn on no other territory.
    pub fn of_territory(
        model: &'m Model,
        land: &Land,
        territory: &Territory,
        options: Options,
    ) -> Result<Population<'m>, GenerateError> {
        if model.communes.is_some() {
            return Err(GenerateError::Territory(OWN_COMMUNES.to_string()));
        }
        let places = Places::of_territory(model, land, territory, [options.requests, options.units])?;
        Population::on(model, places, Some(territory.title()), options)
    }

    fn on(
        model: &'m Model,
        places: Places,
        territory: Option<String>,
        options: Options,
    ) -> Result<Population<'m>, GenerateError> {
        let seed = options.seed;
        let key = |salt: u64| mix(seed ^ mix(salt));
        let table = Table::new(model, &places.by_zone())?;
        // A structural zero in the way of a margin: no table meets all margins.
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
        let names = &model.colonnes;
        // Where somebody lives depends on whether it is the social stock: two columns are drawn with the household.
        let (requests_fields, housing) =
            Fields::new(&model.champs.demandes, as_of).without(&names.demandes.situation_logement);
        let tenant = || Choice { classes: vec![model.valeurs.locataire.clone()], weights: vec![1] };
        let fields = AllFields {
            requests: requests_fields,
            persons: Fields::new(&model.champs.personnes, as_of).without(&names.personnes.parc_social).0,
            projects: Fields::new(&model.projets.champs, as_of),
            housing: housing.unwrap_or_else(tenant),
        };
        let mut population = Population {
            source: Source::new(model, &places, table, key),
            wishes: Deal::new(&quotas(requests, &model.souhaits.communes), key(2)),
            employers: units::Employers::new(
                model,
                requests,
                &mut Draw::stream(seed, Stream::Employers as u64),
            ),
            thresholds: Vec::new(),
            territory,
            model,
            seed,
            places,
            fields,
        };
        population.thresholds = population.thresholds();
        Ok(population)
    }

    /// The requests of a part (parts are numbered from 0), with their persons and projects.
    ///
    /// # Errors
    /// [`GenerateError::Columns`], if Arrow refuses the columns of a table.
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

    /// The table of employers.
    ///
    /// # Errors
    /// As [`Population::part`].
    pub fn employers_table(&self) -> Result<RecordBatch, GenerateError> {
        // The headcounts are drawn already, by the first of these streams.
        Ok(self.employers.table(&mut self.stream(Stream::Employers, 1))?)
    }

    /// The table of units.
    ///
    /// # Errors
    /// As [`Population::part`].
    pub fn units_table(&self) -> Result<RecordBatch, GenerateError> {
        let key = |salt: u64| mix(self.seed ^ mix(salt));
        let mut draw = self.stream(Stream::Units, 0);
        Ok(units::units(self.model, &self.places, self.units(), key, &mut draw)?)
    }

    /// The tables that the model draws apart from requests and units, by their names.
    ///
    /// # Errors
    /// As [`Population::part`].
    pub fn other_tables(&self) -> Result<Vec<(String, RecordBatch)>, GenerateError> {
        Ok(others::tables(self.model, &self.places, self.seed, |block| self.stream(Stream::Others, block))?)
    }

    /// All tables in memory, by their names: each in one batch or several.
    ///
    /// # Errors
    /// As [`Population::part`].
    pub fn tables(&self) -> Result<Vec<(String, Vec<RecordBatch>)>, GenerateError> {
        let [mut requests, mut persons, mut projects] = [const { Vec::new() }; 3];
        self.for_each_part(|part, _| {
            requests.push(part.requests);
            persons.push(part.persons);
            projects.push(part.projects);
            true
        })?;
        let employers = vec![self.employers_table()?];
        let all = [requests, persons, projects, employers, vec![self.units_table()?]];
        let own = self.model.tables().into_iter().map(str::to_string).zip(all);
        let others = self.other_tables()?.into_iter().map(|(name, batch)| (name, vec![batch]));
        Ok(own.chain(others).collect())
    }

    /// What `paquet.toml` says of the package.
    pub fn about(&self) -> String {
        let mut table = toml::Table::new();
        let model = &self.model.title;
        let title = self.territory.as_ref().map_or_else(|| model.clone(), |own| format!("{model}: {own}"));
        table.insert("title".into(), format!("{title} (données synthétiques)").into());
        table.insert("as_of".into(), self.model.as_of.clone().into());
        table.insert("synthetic".into(), true.into());
        table.insert("text".into(), format!("{} Graine du tirage: {}.", self.model.text, self.seed).into());
        table.to_string()
    }

    /// By territory of the first quartile: the highest income per consumption unit of the poorest quarter of the
    /// requests whose income is known (rounded down); where they are fewer than four, that of all requests.
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
