//! An allocation: who gets which unit, and all that is said of it.

use std::sync::OnceLock;

use logis_decide::evaluate::evaluate;
use logis_decide::tables::{Tables, read_tables};
use logis_language::Pack;
use logis_language::diagnostic::nearest;
use logis_language::pack::manifest::Ranks;
use logis_language::plan::{Needs, Plan};
use logis_language::value::{Date, Value};
use logis_matching::{Gaps, Matching, ProblemError, Reached, solve};

use super::conditions::Conditions;
use super::error::AllocationError;
use super::keep::Kept;
use super::lack::Lack;
use super::posing::{Options, Posing, plan};
use crate::attribution::{
    Before, Chances, Commission, Explainer, Likely, MostLeases, Report, UnderReserve, Why, acceptance,
    reserves,
};

/// Candidates of a unit for which no rule says how many.
pub const PLACES: usize = 3;

/// The best answer of a problem, its proof checked.
///
/// ```
/// use std::sync::Arc;
/// use arrow_array::{ArrayRef, Int64Array, RecordBatch, StringArray};
/// use logis::{Allocation, Options, Pack, value::parse_date};
///
/// let file = |name: &str, text: &str| (name.to_string(), text.as_bytes().to_vec());
/// let pack = Pack::from_files("", vec![
///     file("pack.toml", "name = \"exemple\"\n[matching]\ncandidature = \"candidature\"\nsuitable = \"convient\"\n\
///                        priority = \"anciennete\""),
///     file("schema.toml", "[demande]\ntable = \"demandes\"\nkey = \"demande_id\"\n\
///                          fields.pieces = { type = \"integer\" }\nfields.mois = { type = \"integer\" }\n\
///                          [logement]\ntable = \"logements\"\nkey = \"logement_id\"\n\
///                          fields.taille = { type = \"integer\" }\n\
///                          [candidature]\npair = [\"demande\", \"logement\"]"),
///     file("a.rhai", "//! entité: candidature\n/// source: art. 1\n\
///                     fn convient(pieces, taille) { pieces <= taille }"),
///     file("b.rhai", "//! entité: demande\n/// source: art. 2\nfn anciennete(mois) { mois }"),
/// ])?;
/// let ids = |ids: &[&str]| Arc::new(StringArray::from(ids.to_vec())) as ArrayRef;
/// let numbers = |numbers: &[i64]| Arc::new(Int64Array::from(numbers.to_vec())) as ArrayRef;
/// let requests = RecordBatch::try_from_iter([
///     ("demande_id", ids(&["D1", "D2"])), ("pieces", numbers(&[2, 2])), ("mois", numbers(&[3, 24])),
/// ])?;
/// let units = RecordBatch::try_from_iter([("logement_id", ids(&["L1"])), ("taille", numbers(&[3]))])?;
///
/// let date = parse_date("2017-06-30").ok_or("a date")?;
/// let tables = [("demandes", &requests), ("logements", &units)];
/// let allocation = Allocation::of(&pack, date, &tables, Options::default())?;
/// assert_eq!(allocation.attributions().collect::<Vec<_>>(), [("D2", "L1")]); // she has waited longer
/// assert_eq!(allocation.reached().attributions, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Allocation {
    /// The problem.
    pub posing: Posing,
    /// The answer, with its certificate.
    pub matching: Matching,
    /// What the certificate leaves open, level by level: 0 where it proves that no answer does better.
    pub gaps: Gaps,
    /// See [`Allocation::prices`].
    prices: OnceLock<Vec<u64>>,
    /// See [`Allocation::reserves`].
    reserves: OnceLock<Vec<UnderReserve>>,
    /// The result of before as seen from these data, if the answer is near one.
    pub before: Option<Before>,
    /// What hard quotas cost in attributions, where they do.
    pub conditions: Option<Conditions>,
    /// What moving fewer cost, where points could be given up for it.
    pub kept: Option<Kept>,
}

impl Allocation {
    pub(crate) fn new(
        posing: Posing,
        matching: Matching,
        gaps: Gaps,
        before: Option<Before>,
        conditions: Option<Conditions>,
    ) -> Allocation {
        let (prices, reserves) = (OnceLock::new(), OnceLock::new());
        Allocation { posing, matching, gaps, prices, reserves, before, conditions, kept: None }
    }

    /// Poses the problem of a pack on tables as of a date, solves it level by level and checks the proof.
    ///
    /// `tables` are those of a data package by their names, as values or (with the feature `arrow` of `logis-decide`)
    /// as batches of Arrow; columns are those of the schema.
    ///
    /// # Errors
    /// All that is wrong with the data; a pack without matching; names that are none; quotas that must be met and
    /// cannot be.
    pub fn of(
        pack: &Pack,
        date: Date,
        tables: &(impl Tables + ?Sized),
        options: Options,
    ) -> Result<Allocation, AllocationError> {
        let posing = Posing::of(pack, date, tables, &options)?.searched(&options);
        posing.solve(options.near.as_ref())
    }

    /// The identifiers of who gets what, request and unit, in the order of the requests' identifiers.
    pub fn attributions(&self) -> impl Iterator<Item = (&str, &str)> {
        let Posing { dataset, instance, .. } = &self.posing;
        let housed = (0_u32..).zip(&self.matching.unit_of);
        housed.filter_map(|(request, unit)| {
            Some((instance.requests.id(dataset, request), instance.units.id(dataset, (*unit)?)))
        })
    }

    /// What each level and quota reaches, in the points of the pack.
    pub fn reached(&self) -> Reached {
        self.posing.instance.in_points(&self.matching).0
    }

    /// By quota: the points of priority, in all, that one member less asked for would bring. Each is a problem solved
    /// again, when it is first asked for.
    pub fn prices(&self) -> &[u64] {
        self.prices.get_or_init(|| self.posing.prices(&self.matching))
    }

    /// The quotas that are not met, and what keeps each from it.
    pub fn lacking(&self) -> Vec<Lack> {
        self.posing.lacking(&self.matching, |_| true)
    }

    /// Why a request is housed where it is or waits, or why a unit is given to whom it is or stays empty.
    ///
    /// # Errors
    /// [`AllocationError::UnknownId`].
    pub fn explain(&self, id: &str) -> Result<Why, AllocationError> {
        let Posing { plan, dataset, instance, .. } = &self.posing;
        let explainer = Explainer::new(plan, dataset, instance, &self.matching);
        if let Some(request) = instance.requests.find(dataset, id) {
            return Ok(explainer.request(request));
        }
        if let Some(unit) = instance.units.find(dataset, id) {
            return Ok(explainer.unit(unit));
        }
        // Neither: the nearest identifier of either side is told.
        let ids = [&instance.requests, &instance.units].map(|numbers| {
            (0_u32..).take(numbers.len()).map(|number| numbers.id(dataset, number)).collect::<Vec<_>>()
        });
        let nearest = nearest(id, ids.iter().flatten().copied()).map(str::to_string);
        Err(AllocationError::UnknownId { id: id.to_string(), nearest })
    }

    /// Several candidates for each unit, in order: as many as the pack's rule for it says where the data have its
    /// columns and it is known, otherwise [`PLACES`]. Those below the first stand as the pack says by its `ranks`.
    ///
    /// # Errors
    /// A pack whose rules cannot be planned; where leases are expected, pairs of which its rule tells no probability.
    pub fn commission(&self) -> Result<Commission, AllocationError> {
        let (places, _) = self.posing.places()?;
        match self.posing.plan.ranks {
            Ranks::Levels => Ok(self.commission_of(&places)?),
            Ranks::Leases => {
                let pairs = &self.posing.plan.pairs;
                let rule = acceptance(&pairs.parsed, pairs.date)?;
                let chances = self.posing.chances(Likely { rule: rule.as_ref(), assumed: None })?;
                Ok(self.most_leases(&places, (&chances, false))?.commission)
            }
        }
    }

    /// The lists of which the most leases are to be expected, beside those by the levels: see [`Commission::most_leases`].
    ///
    /// # Errors
    /// The order of points, in which nobody stands before more points.
    pub fn most_leases(
        &self,
        places: &[usize],
        how: (&Chances, bool),
    ) -> Result<MostLeases, AllocationError> {
        let instance = &self.posing.instance;
        if instance.by_points {
            return Err(AllocationError::RanksByPoints);
        }
        Ok(Commission::most_leases(instance, &self.matching, places, how)?)
    }

    /// The lists by the levels, with these numbers of candidates, by number of the unit.
    ///
    /// # Errors
    /// None that the problem has not had.
    pub fn commission_of(&self, places: &[usize]) -> Result<Commission, ProblemError> {
        Commission::new(&self.posing.instance, &self.matching, places)
    }

    /// What the best answer of the same problem without its quotas reaches, in the points of the pack: what they cost
    /// is the difference.
    pub fn without_quotas(&self) -> Reached {
        let instance = &self.posing.instance;
        instance.in_points(&solve(&instance.problem.without_quotas())).0
    }

    /// The result as it is written, with the proof: [`Posing::verify`] reads it again.
    ///
    /// # Errors
    /// None that the plan has not had.
    pub fn report(&self) -> Result<Report, AllocationError> {
        let Posing { plan, dataset, instance, most, .. } = &self.posing;
        let posed = (*most, Some(self.posing.posed()?));
        let prices = if self.posing.prices { self.prices() } else { &[] };
        let answer = (&self.matching, prices);
        let columns = |row: usize, own: &mut _| self.posing.columns(row, false, own);
        let report = Report::new(plan, dataset, instance, answer, posed, columns);
        Ok(Report { reserves: Some(self.reserves().to_vec()), ..report })
    }

    /// Under which reserves the attributions stand: conditions of the texts that the rules do not look at, of all
    /// that the matching uses (suitability, priority, fit, quotas, and what was asked for besides). Looked
    /// for when they are first asked for.
    pub fn reserves(&self) -> &[UnderReserve] {
        self.reserves.get_or_init(|| {
            let housed = (0_u32..).zip(&self.matching.unit_of);
            self.posing.reserves_of(housed.filter_map(|(request, unit)| Some((request, (*unit)?))))
        })
    }
}

impl Posing {
    /// Poses the problem of a pack on tables as of a date.
    ///
    /// # Errors
    /// As [`Allocation::of`].
    pub fn of(
        pack: &Pack,
        date: Date,
        tables: &(impl Tables + ?Sized),
        options: &Options,
    ) -> Result<Posing, AllocationError> {
        let asked = plan(pack, date, options)?;
        let parsed = pack.parsed();
        let mut needs = Needs::default();
        asked.0.plans().for_each(|plan| needs.join(plan.needs()));
        // What only the commission reads is read if it is there.
        if let Some(presented) = presented(pack, date)? {
            let columns = presented.fields().into_iter().filter_map(|id| parsed.schema.fields.get(id));
            if columns.into_iter().all(|field| tables.has_column(&field.column)) {
                needs.join(presented.needs());
            }
        }
        if asked.0.ranks == Ranks::Leases
            && let Some(rule) = acceptance(parsed, date)?
        {
            needs.join(rule.needs());
        }
        let dataset = read_tables(parsed, date, tables, needs)?;
        Posing::new(asked, dataset, options.max_candidates)
    }

    /// How likely each request takes each unit that suits it; the data have what the rule reads.
    ///
    /// # Errors
    /// What is no probability; pairs of which nothing tells one.
    pub fn chances(&self, likely: Likely<'_>) -> Result<Chances, AllocationError> {
        Chances::new(likely, &self.dataset, &self.instance).map_err(AllocationError::Instance)
    }

    /// Under which reserves pairs of candidates stand, given by number of the request and of the unit.
    pub fn reserves_of(&self, pairs: impl Iterator<Item = (u32, u32)>) -> Vec<UnderReserve> {
        let (requests, units) = (&self.instance.requests, &self.instance.units);
        let rows: Vec<(u32, u32)> = pairs.map(|(r, unit)| (requests.row(r), units.row(unit))).collect();
        reserves::of_pairs(&self.plan, &self.dataset, &rows, true)
    }

    /// Under which reserves all candidacies stand, the priority of the requests left aside.
    pub fn reserves_of_candidates(&self) -> Vec<UnderReserve> {
        let rows: Vec<(u32, u32)> = self.instance.places(None).into_iter().map(|(_, pair)| pair).collect();
        reserves::of_pairs(&self.plan, &self.dataset, &rows, false)
    }

    /// By number of the unit: how many candidates the pack's rule says are to be presented; and how many units
    /// it leaves open, which have [`PLACES`].
    ///
    /// # Errors
    /// A rule that cannot be planned.
    pub fn places(&self) -> Result<(Vec<usize>, usize), AllocationError> {
        let units = &self.instance.units;
        let matching = self.plan.pairs.parsed.manifest.matching.as_ref();
        let Some((rule, _)) = matching.and_then(|m| m.presented.as_ref()) else {
            return Ok((vec![PLACES; units.len()], 0));
        };
        let plan = Plan::new(&self.plan.pairs.parsed, self.plan.pairs.date, &[rule])?;
        let decided = evaluate(&plan, &self.dataset);
        let asked = (0_u32..).take(units.len()).map(|unit| {
            let row = units.row(unit) as usize;
            decided.columns.first().and_then(|column| column.value(row)).and_then(|value| whole(&value))
        });
        let asked: Vec<Option<usize>> = asked.collect();
        let open = asked.iter().filter(|asked| asked.is_none()).count();
        Ok((asked.into_iter().map(|asked| asked.unwrap_or(PLACES)).collect(), open))
    }
}

/// The plan of the rule that says how many candidates of a unit are presented.
fn presented(pack: &Pack, date: Date) -> Result<Option<std::sync::Arc<Plan>>, AllocationError> {
    let matching = pack.parsed().manifest.matching.as_ref();
    let rule = matching.and_then(|m| m.presented.as_ref());
    Ok(rule.map(|(name, _)| pack.plan(date, &[name])).transpose()?)
}

/// A whole number that is none below zero.
fn whole(value: &Value) -> Option<usize> {
    match value {
        Value::Number(n) if n.is_integer() => usize::try_from(*n.numer()).ok(),
        _ => None,
    }
}
