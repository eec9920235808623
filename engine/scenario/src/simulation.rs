//! A scenario with all that it needs: its runs, and what each gives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::agreement::{Reviewer, agreements, of_day};
use super::allocation::{Allocation, AllocationError};
use super::balance::{self, Done};
use super::basis::{Local, Stands};
use super::decided::Decide;
use super::error::ScenarioError;
use super::file::{CellsOf, ParameterChange, RowChange, Scenario, Variant, Weeks, Years};
use super::inputs::Inputs;
use super::measure::{self, Planned};
use super::rows::{Tables, TooMany, ceilings};
use super::run::{Household, Run, RunResult};
use super::runs::{drawn, runs, warnings};
use super::shared::{Ready, Shared};
use super::table::Table;
use super::weeks::{Asked, Carried};
use super::years::State;
use super::{digest, names, rules};
use logis_allocation::attribution::MatchingPlan;
use logis_data::{
    Dataset, InputFile, Issue, Needs, TextTable, about, by_kind, codes_of_tables, read_texts, text_tables,
};
use logis_language::Pack;
use logis_language::diagnostic::{PackError, Span};
use logis_language::fingerprint;
use logis_language::pack::manifest::Named;
use logis_language::pack::params::ParameterId;
use logis_language::pack::schema::{EntityId, Origin, Schema};
use logis_language::value::{Date, parse_date};
use logis_populations::Model;

/// A scenario with all that it needs, ready to run.
pub struct Simulation {
    scenario: Scenario,
    pack: Pack,
    /// By variant: the pack with its folder of rules laid over.
    overlaid: Vec<Pack>,
    source: Source,
    date: Date,
    runs: Vec<Run>,
    /// What of the territory has no data.
    absent: Vec<String>,
    /// The tables of the package that is reviewed, if there is one.
    reviewed: Vec<TextTable>,
    /// What is read: rules and data.
    stands: Vec<Stands>,
    /// Of the rules, the data and the engine.
    digest: Vec<u8>,
    shared: Shared,
}

enum Source {
    /// One package for all seeds, or one for each, of which no run changes a row: with the codes by which rows of the first
    /// belong to tables of the pack.
    Files(Vec<Vec<InputFile>>, BTreeMap<EntityId, BTreeSet<String>>),
    /// The same where runs change rows.
    Tables(Vec<Vec<TextTable>>),
    Population(Box<Model>),
}

/// What is kept of the points of sweeps.
const SWEPT: [&str; 4] = ["synthese", "annees", "quotas", "eligibilite"];

/// A data set, how many rows each change took, and what of its rows is worth a word.
type Data = (Dataset, Vec<usize>, Vec<String>);

/// The rules of a run.
struct Rules {
    ready: Arc<Ready>,
    /// With the run's own values of parameters.
    pack: Pack,
    planned: Planned,
    /// The parameters with other values than `ready` has, and how they were changed.
    values: Vec<(ParameterId, String)>,
}

impl Simulation {
    /// Holds a scenario against its inputs.
    ///
    /// # Errors
    /// All that is wrong with the rules, then with the names of the scenario, then with the data's files.
    pub fn new(scenario: Scenario, inputs: Inputs) -> Result<Simulation, ScenarioError> {
        let digest = digest::of_inputs(&inputs);
        // Where nothing is left out the pack is as it was read.
        let local = |pack: Pack| match inputs.left_out.is_empty() {
            true => pack,
            false => pack.with_territories(|name| !inputs.left_out.contains(name)),
        };
        let pack = local(Pack::from_files(&inputs.root, inputs.rules.clone())?);
        names::check(&scenario, pack.parsed())?;
        let overlaid = |variant: &Variant| match &variant.rules {
            None => Ok(pack.clone()),
            Some((folder, _)) => {
                let mut files: BTreeMap<String, Vec<u8>> = inputs.rules.iter().cloned().collect();
                // A file of the variant takes the place of that of the same path, and the whole is read as a
                // pack again.
                files.extend(inputs.overlays.get(folder).cloned().unwrap_or_default());
                Pack::from_files(folder, files.into_iter().collect()).map(local)
            }
        };
        let overlaid = scenario.variants.iter().map(overlaid).collect::<Result<Vec<Pack>, PackError>>()?;
        let stands = stands(&scenario, &pack, &overlaid, &inputs);
        // What reading the data has to say.
        let mut said: Vec<String> = Vec::new();
        let (source, own_date) = match &scenario.base.population {
            Some((file, _)) => {
                let text = inputs.data.first().map(|f| String::from_utf8_lossy(&f.bytes).into_owned());
                let wrong = |error| ScenarioError::Population { file: file.clone(), error };
                let model = Model::parse(&text.unwrap_or_default()).map_err(wrong)?;
                // Drawn once to see that it can be drawn, and what reading it has to say.
                let seed = scenario.base.seeds.first().copied().unwrap_or_default();
                let (_, issues) = drawn(&model, &pack.parsed().schema, seed).map_err(wrong)?;
                said = warnings_of(&scenario, issues)?;
                let date = parse_date(&model.as_of);
                (Source::Population(Box::new(model)), date)
            }
            None => {
                let date = about(&inputs.data).0.as_of;
                let (mut packages, mut read, mut codes) = (Vec::new(), Vec::new(), BTreeMap::new());
                let changes = changes_rows(&scenario);
                for files in std::iter::once(inputs.data).chain(inputs.draws) {
                    let schema = &pack.parsed().schema;
                    let issues = match changes {
                        true => {
                            let (tables, issues) = text_tables(schema, files);
                            packages.push(tables);
                            issues
                        }
                        false => {
                            let (own, issues) = codes_of_tables(schema, files.clone());
                            if read.is_empty() {
                                codes = own;
                            }
                            read.push(files);
                            issues
                        }
                    };
                    for warning in warnings_of(&scenario, issues)? {
                        if !said.contains(&warning) {
                            said.push(warning);
                        }
                    }
                }
                let source = if changes { Source::Tables(packages) } else { Source::Files(read, codes) };
                (source, date)
            }
        };
        // The scenario's own dates come before that of its data.
        let first = scenario.years.as_ref().and_then(|y| y.dates.first().copied());
        let date = first.or(scenario.base.as_of).or(own_date).ok_or(ScenarioError::NoDate)?;
        let runs = runs(&scenario);
        if let Source::Tables(packages) = &source {
            for tables in packages {
                for row in absent(&pack.parsed().schema, &scenario.base.territory, tables) {
                    if !said.contains(&row) {
                        said.push(row);
                    }
                }
            }
        }
        let (reviewed, issues) = text_tables(&pack.parsed().schema, inputs.reviewed);
        said.extend(warnings_of(&scenario, issues)?);
        let absent = said;
        let shared = Shared::new();
        Ok(Simulation {
            scenario,
            pack,
            overlaid,
            source,
            date,
            runs,
            absent,
            reviewed,
            stands,
            digest,
            shared,
        })
    }

    /// The scenario.
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// What is to be known before any run: what reading the data said, and the rows of the territory of which
    /// they say nothing.
    pub fn warnings(&self) -> &[String] {
        &self.absent
    }

    /// What is read: the packs of rules, then the packages of data.
    pub(crate) fn stands(&self) -> &[Stands] {
        &self.stands
    }

    /// The codes by which rows of the first package belong to a table of the pack; none of a population, which is drawn.
    pub(crate) fn codes_of(&self, reference: EntityId) -> Option<BTreeSet<String>> {
        let packages = match &self.source {
            Source::Files(_, codes) => return Some(codes.get(&reference).cloned().unwrap_or_default()),
            Source::Tables(packages) => packages,
            Source::Population(_) => return None,
        };
        Some(codes(&self.pack.parsed().schema, reference, packages.first()?).map(str::to_string).collect())
    }

    /// All that a run plans, on each of its dates; with the pack of the run.
    ///
    /// # Errors
    /// What its changes break in the rules.
    pub(crate) fn each_plan(
        &self,
        run: &Run,
        mut look: impl FnMut(&Pack, &Planned, Date),
    ) -> Result<(), ScenarioError> {
        let dates = self.years(run).map_or_else(|| vec![self.date_of(run)], |years| years.dates);
        for date in dates {
            let rules = self.rules(run, date)?;
            look(&rules.pack, &rules.planned, date);
        }
        Ok(())
    }

    /// The date of the baseline.
    pub fn date(&self) -> Date {
        self.date
    }

    /// The pack of the baseline.
    pub fn pack(&self) -> &Pack {
        &self.pack
    }

    /// The runs: the baseline, the variants, the points of the sweeps; each for every seed.
    pub fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// A digest (SHA-256, hexadecimal) of all that decides what a run gives: the build of the engine, rules,
    /// data, changes, date, seed. A result with this digest needs no new run.
    pub fn hash(&self, run: &Run) -> String {
        let (years, weeks) = (self.years(run), self.weeks(run));
        let of = digest::Of {
            scenario: &self.scenario,
            run,
            date: self.date_of(run),
            variant: self.variant(run),
            points: self.points(run),
            years: years.as_ref(),
            weeks: weeks.as_ref(),
        };
        digest::of_run(&self.digest, &of)
    }

    fn variant(&self, run: &Run) -> Option<&Variant> {
        self.scenario.variants.get(run.variant?)
    }

    fn date_of(&self, run: &Run) -> Date {
        self.variant(run).and_then(|v| v.as_of).unwrap_or(self.date)
    }

    /// The changes of a point of a sweep.
    pub fn points(&self, run: &Run) -> Vec<&ParameterChange> {
        let Some((sweep, points)) = &run.point else { return Vec::new() };
        let axes = self.scenario.sweeps.get(*sweep).map_or(&[][..], |s| &s.axes);
        axes.iter().zip(points).filter_map(|(axis, &point)| axis.points.get(point)).collect()
    }

    /// Does a run.
    ///
    /// # Errors
    /// What its changes break in the rules or the data.
    pub fn run(&self, run: &Run) -> Result<RunResult, ScenarioError> {
        if let Some(years) = self.years(run) {
            return self.run_years(run, &years);
        }
        let date = self.date_of(run);
        let rules = self.rules(run, date)?;
        let (key, data) = self.data(run, &rules)?;
        let (dataset, rows_taken, held) = &*data;
        // What is decided is shared by runs of the same texts, date and data; parameters that differ are a
        // part of the key further down.
        let place = key.map(|key| format!("{}\n{key}", rules.ready.key));
        let decide = Decide { decided: &self.shared.decided, dataset, place, values: &rules.values };
        let failed = |error| ScenarioError::Allocation { run: run.id.clone(), error };
        let matching = rules.planned.matching.clone().on(dataset);
        let matching = &matching.map_err(|error| failed(AllocationError::Instance(error)))?;
        let weeks = &self.weeks(run);
        let (margins, lacking) = self.margins(run, &rules.planned, matching, &decide).map_err(failed)?;
        let mut allocation = decide
            .allocation(matching, weeks.as_ref().is_none_or(Weeks::at_once), margins)
            .map_err(failed)?;
        let all = run.point.is_none();
        let mut warnings = warnings(run, (&rules.planned, matching), &allocation);
        warnings.extend(lacking);
        let mut tables = Vec::new();
        if let Some(weeks) = weeks {
            let (planned, freed) = (&rules.planned, &BTreeSet::new());
            let (year, seed) = (0, run.seed);
            let asked = Asked { weeks, planned, matching, dataset, date, year, seed, freed };
            let by_weeks = asked.by_weeks(allocation, &mut Carried::default()).map_err(failed)?;
            (allocation, tables) = (by_weeks.allocation, by_weeks.tables);
            warnings.extend(by_weeks.warnings);
        }
        let mut measures = rules.planned.measure(rules.pack.parsed(), &decide, &allocation, all);
        if all {
            measures.tables.extend(tables);
            let compared = self.compared(run, &rules.planned, (matching, dataset), &allocation);
            measures.tables.extend(compared.map_err(failed)?);
        }
        measures.tables.extend(self.review(run, &rules.pack, date)?);
        warnings.extend(held.iter().cloned());
        let local = rules.planned.local(rules.pack.parsed(), dataset);
        let measured = (measures.tables, measures.households);
        Ok(self.result(run, date.to_string(), (rows_taken, local), measured, warnings))
    }

    /// A run over years, each after the one before.
    fn run_years(&self, run: &Run, years: &Years) -> Result<RunResult, ScenarioError> {
        let Some(&first) = years.dates.first() else { return Err(ScenarioError::NoDate) };
        let rules = self.rules(run, first)?;
        let schema = &rules.pack.parsed().schema;
        let own = self.variant(run).map_or(&[][..], |v| &v.rows);
        let (models, _) = self.tables(run, &rules, &[])?;
        let (tables, rows_taken) = self.tables(run, &rules, own)?;
        let sides = (rules.planned.requests, rules.planned.units);
        let too_many = |(span, table): (Span, String)| self.scenario.too_many(&span, &table);
        let ceilings = ceilings(&models, self.scenario.base.max_added);
        let mut state =
            State::new(schema, tables, models, sides, years, run.seed, ceilings).map_err(too_many)?;
        let own_rules = self.variant(run).is_some_and(|v| v.rules.is_some());
        // Runs that change nothing before the first year decide it alike.
        let same_start = own.is_empty() && !own_rules && self.variant(run).is_none_or(|v| v.years.is_none());
        let mut done: Vec<Done> = Vec::new();
        let mut local = None;
        let mut told: Vec<String> = Vec::new();
        let (weeks, mut carried) = (self.weeks(run), Carried::default());
        for (year, &date) in years.dates.iter().enumerate() {
            let rules = self.rules(run, date)?;
            let parsed = rules.pack.parsed();
            let mut flow = state.begin(&parsed.schema, years, year).map_err(too_many)?;
            let tables = state.tables(parsed, years, date);
            let (needs, wished) = (rules.planned.needs(), rules.planned.wished());
            let read = |needs: &Needs| measure::read(parsed, &tables, needs, date);
            let (dataset, held) = measure::wished(&needs, wished.as_ref(), read)
                .map_err(|issues| ScenarioError::Data { run: format!("{} ({date})", run.id), issues })?;
            local.get_or_insert_with(|| rules.planned.local(parsed, &dataset));
            // The first year is that of all runs that begin alike; later ones come of what was given.
            let place =
                (year == 0 && same_start).then(|| format!("{}\n{} années", rules.ready.key, run.seed));
            let decide =
                Decide { decided: &self.shared.decided, dataset: &dataset, place, values: &rules.values };
            let failed = |error| ScenarioError::Allocation { run: format!("{} ({date})", run.id), error };
            let matching = rules.planned.matching.clone().on(&dataset);
            let matching = &matching.map_err(|error| failed(AllocationError::Instance(error)))?;
            let (margins, lacking) = self.margins(run, &rules.planned, matching, &decide).map_err(failed)?;
            let mut allocation = decide
                .allocation(matching, weeks.as_ref().is_none_or(Weeks::at_once), margins)
                .map_err(failed)?;
            let mut own = warnings(run, (&rules.planned, matching), &allocation);
            own.extend(lacking);
            let mut tables = Vec::new();
            if let Some(weeks) = &weeks {
                let (planned, dataset, freed) = (&rules.planned, &dataset, &state.freed);
                let (year, seed) = (year as u64, run.seed);
                let asked = Asked { weeks, planned, matching, dataset, date, year, seed, freed };
                let by_weeks = asked.by_weeks(allocation, &mut carried).map_err(failed)?;
                (allocation, tables) = (by_weeks.allocation, by_weeks.tables);
                own.extend(by_weeks.warnings);
            }
            for warning in own.into_iter().chain(held) {
                if !told.contains(&warning) {
                    told.push(warning);
                }
            }
            let mut measures = rules.planned.measure(parsed, &decide, &allocation, true);
            measures.tables.extend(tables);
            let compared = self.compared(run, &rules.planned, (matching, &dataset), &allocation);
            measures.tables.extend(compared.map_err(failed)?);
            let housed: BTreeMap<&str, &str> = measures
                .households
                .iter()
                .filter_map(|h| Some((h.id.as_str(), h.unit.as_deref()?)))
                .collect();
            state.end(&parsed.schema, years, year, &housed, &mut flow);
            done.push(Done { date, flow, measures });
        }
        let dates: Vec<String> = years.dates.iter().map(ToString::to_string).collect();
        let last = years.dates.last().copied().unwrap_or(first);
        let (mut tables, mut households) = balance::tables(done, &state.arrived);
        if run.point.is_some() {
            households.clear();
            tables.retain(|t| SWEPT.contains(&t.id.as_str()));
        }
        tables.extend(self.review(run, &self.rules(run, last)?.pack, last)?);
        let taken = (rows_taken.as_slice(), local.unwrap_or_default());
        Ok(self.result(run, dates.join(", "), taken, (tables, households), told))
    }

    /// The figures of the agreement that the pack follows on that day, or of the nearest, on the package that is reviewed, as it is.
    fn review(&self, run: &Run, pack: &Pack, date: Date) -> Result<Vec<Table>, ScenarioError> {
        // Points of sweeps show the summary alone.
        if self.reviewed.is_empty() || run.point.is_some() {
            return Ok(Vec::new());
        }
        let review = |(_, agreement)| {
            let reviewer = Reviewer::new(pack, agreement, date);
            let parsed = pack.parsed();
            let read = read_texts(&parsed.schema, &parsed.references, &self.reviewed, &reviewer.needs());
            let errors: Vec<Issue> = read.issues.into_iter().filter(Issue::is_error).collect();
            match errors.is_empty() {
                true => Ok(reviewer.measures(&read.dataset)),
                false => Err(ScenarioError::Data { run: run.id.clone(), issues: errors }),
            }
        };
        of_day(agreements(pack), date).into_iter().take(1).map(review).collect()
    }

    fn result(
        &self,
        run: &Run,
        date: String,
        (rows_taken, local): (&[usize], Local),
        (tables, households): (Vec<Table>, Vec<Household>),
        warnings: Vec<String>,
    ) -> RunResult {
        let (run, hash, rows_taken) = (run.clone(), self.hash(run), rows_taken.to_vec());
        RunResult { run, hash, date, rows_taken, local, tables, households, warnings }
    }

    /// The years of a run, with what differs in those of its variant.
    fn years(&self, run: &Run) -> Option<Years> {
        let mut years = self.scenario.years.clone()?;
        if let Some(own) = self.variant(run).and_then(|v| v.years.as_ref()) {
            years.freed = own.freed.or(years.freed);
            years.withdrawn = own.withdrawn.or(years.withdrawn);
            years.stock = own.stock.or(years.stock);
            years.moves.extend(own.moves.iter().cloned());
            years.rows.extend(own.rows.iter().cloned());
        }
        Some(years)
    }

    /// The sessions of a run, with what differs in those of its variant.
    fn weeks(&self, run: &Run) -> Option<Weeks> {
        let mut weeks = self.scenario.weeks.clone()?;
        if let Some(own) = self.variant(run).and_then(|v| v.weeks.as_ref()) {
            weeks.count = own.count.or(weeks.count);
            weeks.candidates = own.candidates.or(weeks.candidates);
            weeks.acceptance = own.acceptance.or(weeks.acceptance);
            weeks.ranks = own.ranks.or(weeks.ranks);
        }
        Some(weeks)
    }

    /// What its matching reaches, where those of runs are put side by side.
    fn compared(
        &self,
        run: &Run,
        planned: &Planned,
        (matching, dataset): (&MatchingPlan, &Dataset),
        allocation: &Allocation,
    ) -> Result<Option<Table>, AllocationError> {
        let leases = self.scenario.leases.as_ref();
        match self.scenario.compares_matchings() {
            true => planned.matchings(matching, dataset, allocation, (leases, run.seed)).map(Some),
            false => Ok(None),
        }
    }

    /// The rules of a run as of a date.
    fn rules(&self, run: &Run, date: Date) -> Result<Rules, ScenarioError> {
        let failed = |error| ScenarioError::Rules { run: run.id.clone(), error };
        let variant = self.variant(run);
        let points = self.points(run);
        // Changes of versions (a date, a text) need rules planned anew; values alone are put into a plan that
        // is there.
        let (versions, values) = rules::sorted(variant, &points);
        let laid_over = variant.is_some_and(|v| v.rules.is_some()).then_some(run.variant);
        let own = variant.map(|v| (&v.quotas, &v.priority, &v.fit, &v.matching));
        let names = own.map(|(quotas, priority, fit, matching)| {
            let names = |all: &'_ Vec<Named>| all.iter().map(|(n, _)| n.clone()).collect::<Vec<_>>();
            // Margins change no rule.
            let matching = matching.as_ref().map(|m| (m.order, m.hard.as_ref().map(names), m.charges));
            let quotas = quotas.as_ref().map(names);
            (quotas, priority.as_ref().map(|n| &n.0), fit.as_ref().map(|n| &n.0), matching)
        });
        let texts: Vec<String> = versions.iter().map(ToString::to_string).collect();
        let key = format!("{date} {laid_over:?} {:?} {texts:?}", names.unwrap_or_default());
        let ready = self.shared.rules.get(&key, || -> Result<Ready, ScenarioError> {
            // All of a variant that changes what is planned is in the key: runs that agree in it share the
            // plan.
            let base = run.variant.and_then(|v| self.overlaid.get(v)).unwrap_or(&self.pack);
            let pack = rules::changed(base, variant, &versions, date).map_err(failed)?;
            let years = (self.scenario.weeks.as_ref(), self.scenario.leases.as_ref());
            let planned = Planned::new(&pack, date, &self.scenario.measures, years)
                .map_err(|error| ScenarioError::Plan { run: run.id.clone(), error })?;
            Ok(Ready { pack, planned, key: key.clone() })
        })?;
        let pack = rules::with_values(&ready.pack, &values, date).map_err(failed)?;
        let changed =
            values.iter().filter_map(|c| Some((pack.parsed().parameter(&c.path.0)?, c.to_string())));
        let values: Vec<(ParameterId, String)> = changed.collect();
        let differ: BTreeSet<ParameterId> = values.iter().map(|(id, _)| *id).collect();
        let planned = ready.planned.with_values(pack.parsed(), &differ);
        Ok(Rules { ready, pack, planned, values })
    }

    /// The data of a run, with its changes, and how many rows each took. The key tells the data from those of
    /// other runs, if others may have them.
    fn data(&self, run: &Run, rules: &Rules) -> Result<(Option<String>, Arc<Data>), ScenarioError> {
        let own = self.variant(run).map_or(&[][..], |v| &v.rows);
        let needs = rules.planned.needs();
        let wished = rules.planned.wished();
        // A pack that rules were laid over may have another schema.
        let own_rules = self.variant(run).is_some_and(|v| v.rules.is_some());
        let one = match &self.source {
            Source::Files(packages, _) => packages.len() == 1,
            Source::Tables(packages) => packages.len() == 1,
            Source::Population(_) => false,
        };
        // One package without changes is the same for every seed.
        let fixed = one && self.scenario.base.rows.is_empty();
        let seed = if fixed { 0 } else { run.seed };
        let date = self.date_of(run);
        let key = (own.is_empty() && !own_rules).then(|| format!("{seed} {date} {needs:?} {wished:?}"));
        let make = || -> Result<Data, ScenarioError> {
            let parsed = rules.pack.parsed();
            let failed = |issues| ScenarioError::Data { run: run.id.clone(), issues };
            if let Source::Files(packages, _) = &self.source {
                // As `logis match` reads them: no cell becomes a text.
                let files = self.of_seed(run, packages).cloned().unwrap_or_default();
                let read = |needs: &Needs| measure::read_files(parsed, files.clone(), needs, date);
                let (dataset, held) = measure::wished(&needs, wished.as_ref(), read).map_err(failed)?;
                return Ok((dataset, Vec::new(), held));
            }
            let (tables, taken) = self.tables(run, rules, own)?;
            let read = |needs: &Needs| measure::read(parsed, &tables, needs, date);
            let (dataset, held) = measure::wished(&needs, wished.as_ref(), read).map_err(failed)?;
            Ok((dataset, taken, held))
        };
        let data = match &key {
            Some(key) => self.shared.data.get(key, make)?,
            None => Arc::new(make()?),
        };
        Ok((key, data))
    }

    /// Of several packages that of the seed's place; one alone is that of all.
    fn of_seed<'p, T>(&self, run: &Run, packages: &'p [T]) -> Option<&'p T> {
        let own = self.scenario.base.seeds.iter().position(|seed| *seed == run.seed);
        own.and_then(|at| packages.get(at)).or(packages.first())
    }

    /// The tables of a run, with its changes, as texts; and how many rows each change took.
    fn tables(
        &self,
        run: &Run,
        rules: &Rules,
        own: &[RowChange],
    ) -> Result<(Vec<TextTable>, Vec<usize>), ScenarioError> {
        let schema = &rules.pack.parsed().schema;
        let tables = match &self.source {
            Source::Tables(packages) => self.of_seed(run, packages).cloned().unwrap_or_default(),
            // Whoever changes rows has tables.
            Source::Files(packages, _) => {
                text_tables(schema, self.of_seed(run, packages).cloned().unwrap_or_default()).0
            }
            Source::Population(model) => {
                let (tables, issues) = drawn(model, schema, run.seed).map_err(|error| {
                    let file =
                        self.scenario.base.population.as_ref().map_or_else(String::new, |(f, _)| f.clone());
                    ScenarioError::Population { file, error }
                })?;
                let issues: Vec<Issue> = issues.into_iter().filter(Issue::is_error).collect();
                if !issues.is_empty() {
                    return Err(ScenarioError::Data { run: run.id.clone(), issues });
                }
                tables
            }
        };
        let ceilings = ceilings(&tables, self.scenario.base.max_added);
        let mut tables = Tables::marked(schema, tables, "", &ceilings);
        for ((reference, _), keys) in &self.scenario.base.territory {
            if let Some(id) = schema.entity(reference) {
                tables.keep(&[rules.planned.requests, rules.planned.units], id, keys);
            }
        }
        let changes = (0_u64..).zip(self.scenario.base.rows.iter().chain(own));
        let taken = changes.map(|(n, change)| {
            let taken = tables.apply(change, run.seed ^ (n << 32));
            // A stream for each change, by its number: one that is added behind the others moves none of
            // them.
            taken.map_err(|TooMany(table)| self.scenario.too_many(&change.span, &table))
        });
        let taken = taken.collect::<Result<Vec<usize>, PackError>>()?;
        Ok((tables.tables, taken))
    }
}

/// Does any run have other rows than those of a package?
fn changes_rows(scenario: &Scenario) -> bool {
    let base = &scenario.base;
    let in_base = !base.rows.is_empty() || !base.territory.is_empty();
    in_base || scenario.years.is_some() || scenario.variants.iter().any(|variant| !variant.rows.is_empty())
}

/// What a scenario reads, by the hashes of the files.
fn stands(scenario: &Scenario, pack: &Pack, overlaid: &[Pack], inputs: &Inputs) -> Vec<Stands> {
    let mut all = vec![Stands::of_pack("Règles", pack.parsed())];
    for (variant, pack) in scenario.variants.iter().zip(overlaid).filter(|(v, _)| v.rules.is_some()) {
        all.push(Stands::of_pack(&format!("Règles de « {} »", variant.title), pack.parsed()));
    }
    let base = &scenario.base;
    let hash = |files: &[InputFile]| {
        fingerprint::of_files(files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice())))
    };
    let called = |named: &Option<(String, Span)>| named.as_ref().map_or_else(String::new, |(n, _)| n.clone());
    let package = |role: &str, name: &str, files: &[InputFile]| {
        Stands::of_data(role, name, &about(files).0, hash(files))
    };
    if base.population.is_some() {
        // What is drawn is invented, whoever drew it.
        let population = package("Population tirée", &called(&base.population), &inputs.data);
        all.push(Stands { synthetic: Some(true), ..population });
    } else {
        all.push(package("Données", &called(&base.data), &inputs.data));
    }
    for ((name, _), files) in base.draws.iter().zip(&inputs.draws) {
        all.push(package("Données d'une autre graine", name, files));
    }
    if base.reviewed.is_some() {
        all.push(package("Paquet dont le bilan est fait", &called(&base.reviewed), &inputs.reviewed));
    }
    all
}

/// The warnings of reading a package, each kind once; its errors, if there are any.
fn warnings_of(scenario: &Scenario, issues: Vec<Issue>) -> Result<Vec<String>, ScenarioError> {
    let (errors, warnings): (Vec<Issue>, Vec<Issue>) = issues.into_iter().partition(Issue::is_error);
    if !errors.is_empty() {
        return Err(ScenarioError::Data { run: scenario.title.clone(), issues: errors });
    }
    Ok(by_kind(&warnings).iter().map(ToString::to_string).collect())
}

/// The codes by which rows belong to a table of the pack.
fn codes<'t>(
    schema: &'t Schema,
    reference: EntityId,
    tables: &'t [TextTable],
) -> impl Iterator<Item = &'t str> {
    schema.entities.iter().flat_map(move |entity| {
        let table = match &entity.origin {
            Origin::Data { table } => tables.iter().find(|t| t.name == *table),
            _ => None,
        };
        let relations = entity.belongs_to.iter().filter(move |relation| relation.target == reference);
        relations.flat_map(move |relation| {
            let at = table.and_then(|table| table.column(&relation.column));
            let rows = table.map(|table| table.rows.as_slice()).unwrap_or_default();
            rows.iter().filter_map(move |row| row.get(at?)).map(String::as_str)
        })
    })
}

/// The rows of the territory to which no row of the data belongs.
fn absent(schema: &Schema, territory: &CellsOf, tables: &[TextTable]) -> Vec<String> {
    let mut found = Vec::new();
    for ((reference, _), keys) in territory {
        let id = schema.entity(reference);
        let there: BTreeSet<&str> = id.into_iter().flat_map(|id| codes(schema, id, tables)).collect();
        let gone = keys.iter().filter(|key| !there.contains(key.as_str()));
        found.extend(gone.map(|key| format!("territoire : les données n'ont rien pour {reference} {key}")));
    }
    found
}
