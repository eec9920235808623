//! From data to the problem that the solver knows: numbers in the order of identifiers, points, fits
//! and marks.

use std::collections::{BTreeMap, BTreeSet};

use super::flow::{HolderInForce, charged, tag};
use super::recorded::Left;
use super::rules::{MatchingPlan, QuotaInForce};
use super::session::Listed;
use super::sides::{Ranked, Sides, firsts, is_open};
use super::ties::Ties;
use crate::candidates::{Found, Most, Options, Piece, Searched, search};
use logis_data::{Dataset, Ids};
use logis_decide::evaluate::DecisionColumn;
use logis_language::pack::schema::EntityId;
use logis_language::value::Value;
use logis_matching::{
    BEST_FIT, Cell, Draft, InnerUnit, MOST_POINTS, Matching, Pair, Problem, ProblemError, Quota, Reached,
};

/// How many errors are told of data that make no problem.
pub(super) const MOST_TOLD: usize = 20;

/// The highest priority that a rule may give.
pub const MOST_PRIORITY: u32 = 1 << 24;

/// A matching of some data: its candidates and its problem.
#[derive(Clone, Debug)]
pub struct Instance {
    /// What was found of the candidates, by row; which they are, the problem says.
    pub candidates: Searched,
    /// The problem: requests and units numbered in the order of their identifiers.
    pub problem: Problem,
    /// The requests, by number.
    pub requests: Numbers,
    /// The units, by number.
    pub units: Numbers,
    /// What missing inputs left open.
    pub open: Open,
    /// By number of the unit: its number inside the problem, and its cell.
    pub(super) inside: Vec<(InnerUnit, Cell)>,
    /// The pack's points, and what comes after them.
    pub(super) ties: Ties,
    /// In the order of their points, does each request take its best?
    pub by_points: bool,
    /// How many of the first quotas say who comes first.
    pub(super) firsts: usize,
    /// By number of the request: the unit that it holds; empty where nobody holds any.
    pub(crate) held: Vec<Option<u32>>,
    /// Of how many requests the data say a unit that they hold no longer, as the ledger has it.
    pub left: usize,
    /// The pairs, where they stand one by one: those of a session.
    pub(super) listed: Option<Listed>,
}

/// The rows of an entity, numbered in the order of their identifiers.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    /// The entity.
    pub entity: EntityId,
    rows: Vec<u32>,
    numbers: Vec<u32>,
}

/// What a matching does without, for want of inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// Requests (by row) whose priority is open or in error: they have no points.
    pub priority: Vec<u32>,
    /// Candidates whose fit is open or in error: it counts for nothing.
    pub fit: u64,
    /// By quota: candidates of which it is open whether they count. They count against it (in the base and not among the
    /// members or, where members may be so many at most, among these), so that what is reached is reached whatever is missing.
    pub quotas: Vec<u64>,
}

/// Why data make no problem.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InstanceError {
    /// A rule gives what is no whole number between two bounds.
    #[error("{what} : `{rule}` donne {value}, attendu : un entier de 0 à {most}")]
    OutOfRange {
        /// Identifier of the request, or of both sides of the pair.
        what: String,
        /// The rule.
        rule: String,
        /// What it gives.
        value: String,
        /// The most that it may give.
        most: u32,
    },
    /// A rule gives what is no probability, or none is known.
    #[error("{what} : `{rule}` {}, attendu : un nombre de 0 à 1", given(value.as_deref()))]
    NoProbability {
        /// Identifiers of both sides of the pair.
        what: String,
        /// The rule.
        rule: String,
        /// What it gives, if it is known.
        value: Option<String>,
    },
    /// Requests of as many points cannot be ranked beside so many points.
    #[error(
        "le départage des demandes à égalité de points (`tie`, tirage au sort) passe la limite: {highest} points de priorité au plus, {factor} places par point; attendu: un produit d'au plus {MOST_POINTS}"
    )]
    Ties {
        /// The most points of a request.
        highest: u32,
        /// What a point would have to weigh.
        factor: u64,
    },
    /// A request holds what is no unit.
    #[error("{request} : `{field}` dit `{unit}`, qui n'est l'identifiant d'aucun logement{}", nearest.as_ref().map_or_else(String::new, |n| format!("; vouliez-vous dire `{n}` ?")))]
    HeldUnknown {
        /// Identifier of the request.
        request: String,
        /// The field that says it.
        field: Box<str>,
        /// What it says.
        unit: String,
        /// The nearest identifier there is.
        nearest: Option<Box<str>>,
    },
    /// Two requests hold one unit.
    #[error("le logement {unit} est occupé par deux demandes, {} (`{field}`) : un logement a un locataire, et celui-ci une demande", requests.join(" et "))]
    HeldTwice {
        /// Identifier of the unit.
        unit: String,
        /// Identifiers of the requests.
        requests: Box<[String; 2]>,
        /// The field that says it.
        field: String,
    },
    /// More quotas by the values of a scope than a matching takes.
    #[error(
        "le quota `{quota}` se compte par `{by}`{}: plus de {most} quotas en tout, ceux qui passent d'abord compris; attendu: {most} au plus, par une règle du logement qui groupe ces valeurs",
        many(values)
    )]
    Scopes {
        /// The quota.
        quota: String,
        /// What it counts by.
        by: String,
        /// The values.
        values: Vec<String>,
        /// The most quotas.
        most: usize,
    },
    /// The plan has not been set on data: a fault of the engine.
    #[error("les quotas du plan n'ont pas été rapportés aux données (`MatchingPlan::on`)")]
    PlanOpen,
    /// Who holds a unit has no turn in the order of points.
    #[error(
        "l'ordre du paquet est celui des points (`order = \"by-points\"`), où les mutations ne se comptent pas: des demandes occupent un logement (`{0}`)"
    )]
    HeldByPoints(String),
    /// The problem is none.
    #[error(transparent)]
    Problem(#[from] ProblemError),
}

/// The values of a scope, in words.
fn many(values: &[String]) -> String {
    let told: Vec<&str> = values.iter().take(6).map(String::as_str).collect();
    match values.len() {
        0 => String::new(),
        n if n > told.len() => format!(", qui a {n} valeurs ({}, …)", told.join(", ")),
        n => format!(", qui a {n} valeurs ({})", told.join(", ")),
    }
}

/// What a rule gives, in words.
fn given(value: Option<&str>) -> String {
    value.map_or_else(|| "n'est pas connu".to_string(), |value| format!("donne {value}"))
}

impl Numbers {
    pub(super) fn new(dataset: &Dataset, entity: EntityId) -> Numbers {
        let none = Ids::default();
        let ids = dataset.tables.get(entity).map_or(&none, |t| &t.ids);
        let mut rows: Vec<u32> = (0_u32..).take(ids.len()).collect();
        // Numbers follow the identifiers and not the rows: ties go by them, so that the order of a file
        // changes no answer.
        rows.sort_by(|a, b| ids.text(*a as usize).cmp(&ids.text(*b as usize)));
        let mut numbers = vec![0; rows.len()];
        // The inverse permutation: from a row back to its number.
        for (number, row) in (0_u32..).zip(&rows) {
            if let Some(slot) = numbers.get_mut(*row as usize) {
                *slot = number;
            }
        }
        Numbers { entity, rows, numbers }
    }

    /// Some of the numbers (ascending), numbered in their order. From a row no number is found back.
    pub(super) fn only(&self, numbers: &[u32]) -> Numbers {
        let rows = numbers.iter().map(|number| self.row(*number)).collect();
        Numbers { entity: self.entity, rows, numbers: Vec::new() }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The rows, in the order of their numbers.
    pub(super) fn rows(&self) -> &[u32] {
        &self.rows
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The row of a number.
    pub fn row(&self, number: u32) -> u32 {
        self.rows.get(number as usize).copied().unwrap_or(u32::MAX)
    }

    /// The number of a row.
    pub fn number(&self, row: u32) -> u32 {
        self.numbers.get(row as usize).copied().unwrap_or(u32::MAX)
    }

    /// The identifier of a number.
    pub fn id<'d>(&self, dataset: &'d Dataset, number: u32) -> &'d str {
        let table = dataset.tables.get(self.entity);
        table.and_then(|t| t.ids.text(self.row(number) as usize)).unwrap_or("?")
    }

    /// The number of an identifier.
    pub fn find(&self, dataset: &Dataset, id: &str) -> Option<u32> {
        let ids = &dataset.tables.get(self.entity)?.ids;
        let id_of = |row: &u32| ids.text(*row as usize).unwrap_or("");
        let number = self.rows.binary_search_by(|row| id_of(row).cmp(id)).ok()?;
        u32::try_from(number).ok()
    }
}

impl Instance {
    /// Finds the candidates of a data set and makes the problem of them. With `most`, a request keeps so
    /// many candidates at most, those that fit best: what is proved then holds among those kept.
    ///
    /// # Errors
    /// Priorities and fits that are no whole numbers in their range: all of them (twenty at most).
    pub fn new(
        plan: &MatchingPlan,
        dataset: &Dataset,
        most: Option<usize>,
    ) -> Result<Instance, Vec<InstanceError>> {
        Instance::after(plan, dataset, most, None)
    }

    /// The same after what a ledger says of who holds a unit no longer.
    ///
    /// # Errors
    /// As [`Instance::new`].
    pub fn after(
        plan: &MatchingPlan,
        dataset: &Dataset,
        most: Option<usize>,
        left: Option<&Left>,
    ) -> Result<Instance, Vec<InstanceError>> {
        if is_open(plan, dataset) {
            return Err(vec![InstanceError::PlanOpen]);
        }
        let options = Options { most: most.map(|units| Most { units, by: plan.fit }) };
        let mut sides = Sides::new(plan, dataset, left);
        let (requests, units) = (&sides.requests, &sides.units);
        let weigh = Weigh { plan, dataset, requests, units };
        let quotas: Vec<Quota> = plan.quotas.iter().map(|q| q.quota.clone()).collect();
        let count = u32::try_from(units.len()).unwrap_or(u32::MAX);
        let mut making = Making {
            sides: (requests, units),
            held: &sides.held,
            open: Open { quotas: vec![0; quotas.len()], ..Open::default() },
            draft: Draft::new(count, quotas),
            failed: None,
            wrong: Vec::new(),
            own_units: BTreeMap::new(),
            pairs: Vec::new(),
        };
        let make = |found: &mut Found<'_>| weigh.candidates(found);
        let found = search(&plan.pairs, dataset, &options, make, |piece| making.add(&piece));
        let Making { draft, failed, open, wrong, own_units, .. } = making;
        (sides.open.fit, sides.open.quotas) = (open.fit, open.quotas);
        sides.wrong.extend(wrong);
        let Ranked { requests, units, open, held, left, ties } = sides.ranked()?;
        if let Some(failed) = failed {
            return Err(vec![failed.into()]);
        }
        let problem = draft.problem(ties.weighed());
        let problem = problem.and_then(|problem| with_tenants(problem, &held)).map_err(|e| vec![e.into()])?;
        // To stay where one is is no candidacy.
        let found = match own_units.is_empty() {
            true => found,
            false => found.kept(|row, places| {
                let all = 0..found.rows_of(row).len();
                places.extend(all.filter(|place| own_units.get(&row) != Some(place)));
            }),
        };
        let (by_points, firsts) = (plan.by_points, firsts(plan));
        let instance = Instance::with(found, problem, (requests, units), open, ties);
        Ok(Instance { by_points, firsts, held, left, ..instance })
    }

    pub(super) fn with(
        candidates: Searched,
        problem: Problem,
        (requests, units): (Numbers, Numbers),
        open: Open,
        ties: Ties,
    ) -> Instance {
        // The problem numbers units cell by cell; where each number of the caller went is looked up once.
        let cells = problem.cell_of_units();
        let with_cell = |unit: InnerUnit| Some((unit, *cells.get(unit.index())?));
        let inside = problem.numbers_inside().into_iter().filter_map(with_cell).collect();
        let (by_points, firsts, held, left, listed) = (false, 0, Vec::new(), 0, None);
        Instance {
            candidates,
            problem,
            requests,
            units,
            open,
            inside,
            ties,
            by_points,
            firsts,
            held,
            left,
            listed,
        }
    }

    /// The pack's points of a request. The problem's own weigh the rank among requests of as many points besides.
    pub fn points(&self, request: u32) -> u32 {
        self.ties.points(request)
    }

    /// The rank of a request among those of as many points: more comes first.
    pub fn rank(&self, request: u32) -> u32 {
        self.ties.rank(request)
    }

    /// Does the pack's rule for ties tell two requests apart?
    pub(super) fn seniority_differs(&self, a: u32, b: u32) -> bool {
        self.ties.seniority_differs(a, b)
    }

    /// What a point of the pack weighs in the problem.
    pub fn weight_of_point(&self) -> u64 {
        self.ties.factor()
    }

    /// What an answer reaches in the pack's points, and the ranks of those housed, summed.
    pub fn in_points(&self, matching: &Matching) -> (Reached, u64) {
        let housed = || (0_u32..).zip(&matching.unit_of).filter(|(_, unit)| unit.is_some());
        let sum = |of: &dyn Fn(u32) -> u32| housed().map(|(request, _)| u64::from(of(request))).sum();
        let priority = sum(&|request| self.points(request));
        (Reached { priority, ..matching.reached.clone() }, sum(&|request| self.rank(request)))
    }

    /// The fits and the marks of the pairs of numbers: one, or one for each holder who may propose the household.
    pub fn pairs(&self, request: u32, unit: u32) -> impl Iterator<Item = (u16, u64)> + '_ {
        let place = self.inside.get(unit as usize).copied();
        // To stay is no pair.
        let place = place.filter(|(_, cell)| self.problem.slot(request, *cell).is_some());
        place.into_iter().flat_map(move |(inside, cell)| {
            let of = move |slot| (self.problem.fit(request, slot, inside), self.problem.marks(slot));
            self.problem.slots_in(request, cell).map(of)
        })
    }

    /// The marks of the pair by which a request is housed in a unit in an answer.
    pub fn marks(&self, matching: &Matching, request: u32, unit: u32) -> u64 {
        match matching.marks_of.get(request as usize) {
            Some(marks) => *marks,
            None => self.pair(request, unit).map_or(0, |(_, marks)| marks),
        }
    }

    /// By number of the unit: the holder to whom its attribution is charged in an answer.
    pub fn holders_charged(&self, matching: &Matching) -> Vec<Option<usize>> {
        let request_of = matching.request_of(self.units.len());
        let of = |(unit, request): (u32, &Option<u32>)| charged(self.marks(matching, (*request)?, unit));
        (0_u32..).zip(&request_of).map(of).collect()
    }

    /// The marks of the pair of a request that stands in the list of a unit: charged to the unit's `holder` where that one may
    /// propose the household, and otherwise to the first who may.
    pub fn marks_in_list(&self, holder: Option<usize>, request: u32, unit: u32) -> u64 {
        let all = || self.pairs(request, unit).map(|(_, marks)| marks);
        all()
            .find(|marks| holder.is_some() && charged(*marks) == holder)
            .or_else(|| all().next())
            .unwrap_or(0)
    }

    /// The fit and the marks of a pair of numbers, if it is suitable: of several pairs the first.
    pub fn pair(&self, request: u32, unit: u32) -> Option<(u16, u64)> {
        let &(inside, cell) = self.inside.get(unit as usize)?;
        let slot = self.problem.slot(request, cell)?;
        Some((self.problem.fit(request, slot, inside), self.problem.marks(slot)))
    }

    /// How many of the first quotas say who comes first.
    pub(super) fn firsts(&self) -> usize {
        self.firsts
    }

    /// How much the attribution of a unit to a request comes first, by the pack's rules for it: more is earlier.
    pub fn comes_first(&self, request: u32, unit: u32) -> u64 {
        let marks = self.pair(request, unit).map_or(0, |(_, marks)| marks);
        // The first of them weighs more than all others together.
        (0..self.firsts).fold(0, |all, at| all << 1 | marks >> (2 * at + 1) & 1)
    }

    /// The units that suit a request, by number; not the one that it holds.
    pub fn units_of(&self, request: u32) -> Vec<u32> {
        if let Some(listed) = &self.listed {
            return listed.units_of(request);
        }
        let held = self.held(request);
        let mut units: Vec<u32> =
            self.problem.open_units(request).filter(|unit| Some(*unit) != held).collect();
        units.sort_unstable();
        units
    }

    /// Does any unit suit a request?
    pub fn suits_any(&self, request: u32) -> bool {
        !self.candidates.rows_of(self.requests.row(request) as usize).is_empty()
    }

    /// The place of a candidate in the outcomes of all; nothing for a pair that is none.
    pub fn place_of(&self, request: u32, unit: u32) -> Option<usize> {
        let row = self.units.row(unit);
        let units = self.units_of(request);
        // A request's candidates stand by the rows of their units.
        let before = units.iter().filter(|other| self.units.row(**other) < row).count();
        let first = self.candidates.rows_of(self.requests.row(request) as usize).start;
        units.binary_search(&unit).ok().map(|_| first + before)
    }

    /// The candidates, or those that an answer gives their unit: the place of each in the outcomes, and the rows of both sides;
    /// in the order of their places.
    pub fn places(&self, given: Option<&Matching>) -> Vec<(usize, (u32, u32))> {
        let mut all = Vec::new();
        for row in (0_u32..).take(self.requests.len()) {
            let request = self.requests.number(row);
            match given {
                None => {
                    let mut units: Vec<u32> =
                        self.units_of(request).into_iter().map(|unit| self.units.row(unit)).collect();
                    units.sort_unstable();
                    let first = all.len();
                    all.extend((first..).zip(units.into_iter().map(|unit| (row, unit))));
                }
                Some(matching) => {
                    let unit = matching.unit_of.get(request as usize).copied().flatten();
                    let place = unit.and_then(|unit| Some((self.place_of(request, unit)?, unit)));
                    all.extend(place.map(|(place, unit)| (place, (row, self.units.row(unit)))));
                }
            }
        }
        all
    }

    /// By number of the unit: the requests that it suits, by number.
    pub(crate) fn requests_by_unit(&self) -> Vec<Vec<u32>> {
        let mut all = vec![Vec::new(); self.units.len()];
        for request in (0_u32..).take(self.requests.len()) {
            for unit in self.units_of(request) {
                if let Some(requests) = all.get_mut(unit as usize) {
                    requests.push(request);
                }
            }
        }
        all
    }

    /// This instance without these pairs of request and unit; all numbers stay.
    ///
    /// # Errors
    /// None that this instance has not had.
    pub fn without(&self, pairs: &BTreeSet<(u32, u32)>) -> Result<Instance, ProblemError> {
        self.without_all(pairs, &BTreeMap::new())
    }

    /// The same, where some pairs of request and unit are charged to a holder that is known.
    ///
    /// # Errors
    /// None that this instance has not had.
    pub(crate) fn without_all(
        &self,
        pairs: &BTreeSet<(u32, u32)>,
        charges: &BTreeMap<(u32, u32), Option<usize>>,
    ) -> Result<Instance, ProblemError> {
        let known = |pair: &Pair| charges.get(&(pair.request, pair.unit)).copied();
        let keep = |pair: &Pair| {
            !pairs.contains(&(pair.request, pair.unit))
                && known(pair).is_none_or(|own| charged(pair.marks) == own)
        };
        let problem = with_tenants(self.part_of_pairs(keep)?, &self.held)?;
        let candidates = self.candidates.kept(|row, places| {
            let request = self.requests.number(u32::try_from(row).unwrap_or(u32::MAX));
            let mut units = self.units_of(request);
            units.sort_unstable_by_key(|unit| self.units.row(*unit));
            let kept = units.iter().enumerate().filter(|(_, unit)| !pairs.contains(&(request, **unit)));
            places.extend(kept.map(|(place, _)| place));
        });
        let (requests, units) = (self.requests.clone(), self.units.clone());
        let (open, ties) = (self.open.clone(), self.ties.clone());
        let (by_points, firsts, held, left) = (self.by_points, self.firsts, self.held.clone(), self.left);
        Ok(Instance {
            by_points,
            firsts,
            held,
            left,
            ..Instance::with(candidates, problem, (requests, units), open, ties)
        })
    }

    /// This instance with these of its pairs only, in the order of their numbers, and these quotas; all numbers stay. Nobody holds
    /// a unit in it, and no outcome of a pair is kept.
    ///
    /// # Errors
    /// Quotas beyond the limits.
    pub(crate) fn only(&self, pairs: &[(u32, u32)], quotas: Vec<Quota>) -> Result<Instance, ProblemError> {
        let own = |request: u32, into: &mut Vec<Pair>| {
            let start = pairs.partition_point(|pair| pair.0 < request);
            let pairs = pairs.iter().skip(start).take_while(|pair| pair.0 == request);
            into.extend(pairs.flat_map(|&(_, unit)| {
                self.pairs(request, unit).map(move |(fit, marks)| Pair { request, unit, fit, marks })
            }));
        };
        let points = (0_u32..).take(self.requests.len()).map(|r| self.problem.points(r)).collect();
        let units = u32::try_from(self.units.len()).unwrap_or(u32::MAX);
        let problem = Problem::from_lists(points, units, own, quotas)?;
        let mut counts = vec![0; self.requests.len()];
        for (request, _) in pairs {
            if let Some(count) = counts.get_mut(self.requests.row(*request) as usize) {
                *count += 1;
            }
        }
        let candidates = Searched::counted(counts.into_iter());
        let sides = (self.requests.clone(), self.units.clone());
        let (by_points, firsts) = (self.by_points, self.firsts);
        let instance = Instance::with(candidates, problem, sides, Open::default(), self.ties.clone());
        Ok(Instance { by_points, firsts, ..instance })
    }

    /// The problem of the pairs that are kept, with the same numbers; who holds a unit holds it still.
    ///
    /// # Errors
    /// None that this instance has not had.
    pub fn part(&self, keep: impl Fn(u32, u32) -> bool) -> Result<Problem, ProblemError> {
        with_tenants(self.part_of_all(keep)?, &self.held)
    }

    /// The problem of the pairs that are kept, where nobody holds a unit: of all kept units anybody may have any.
    ///
    /// # Errors
    /// None that this instance has not had.
    pub(crate) fn part_of_all(&self, keep: impl Fn(u32, u32) -> bool) -> Result<Problem, ProblemError> {
        self.part_of_pairs(|pair| keep(pair.request, pair.unit))
    }

    /// The same by pairs, of which a request may have several with one unit.
    fn part_of_pairs(&self, keep: impl Fn(&Pair) -> bool) -> Result<Problem, ProblemError> {
        let own = |request: u32, into: &mut Vec<Pair>| {
            if let Some(listed) = &self.listed {
                return into.extend(listed.of(request).iter().filter(|pair| keep(pair)));
            }
            let all = self.units_of(request).into_iter().flat_map(|unit| {
                self.pairs(request, unit).map(move |(fit, marks)| Pair { request, unit, fit, marks })
            });
            into.extend(all.filter(|pair| keep(pair)));
        };
        let points = (0_u32..).take(self.requests.len()).map(|r| self.problem.points(r)).collect();
        let units = u32::try_from(self.units.len()).unwrap_or(u32::MAX);
        Problem::from_lists(points, units, own, self.problem.quotas().to_vec())
    }
}

/// A problem with those who hold a unit, if anybody does.
pub(crate) fn with_tenants(problem: Problem, held: &[Option<u32>]) -> Result<Problem, ProblemError> {
    if held.is_empty() { Ok(problem) } else { problem.with_tenants(held) }
}

/// What the problem needs of the candidates of some requests, in place of the outcomes that say it: there may be hundreds
/// of millions of pairs.
pub(super) struct Weighed {
    /// By candidate; none where the pack has no fit.
    pub fits: Vec<u16>,
    /// As [`Pair::marks`], by candidate, of those that are charged to several holders one after the other; none where there are
    /// no quotas.
    marks: Vec<u64>,
    /// By candidate: where its marks end. Empty where each has one.
    ends: Vec<u32>,
    open: Open,
    /// The first fits that are none.
    pub wrong: Vec<InstanceError>,
}

impl Weighed {
    /// The marks of a candidate: one, or one for each holder.
    pub fn marks_of(&self, place: usize) -> &[u64] {
        let end = |place: usize| self.ends.get(place).map(|end| *end as usize);
        let range = match end(place) {
            Some(last) => place.checked_sub(1).and_then(end).unwrap_or(0)..last,
            None => place..place + 1,
        };
        // Without quotas nothing is counted.
        self.marks.get(range).unwrap_or(&[0])
    }
}

/// The problem in the making, and what is told of the pairs beside it.
struct Making<'m> {
    sides: (&'m Numbers, &'m Numbers),
    /// By number of the request: the unit that it holds.
    held: &'m [Option<u32>],
    draft: Draft,
    /// What is wrong with the first pairs that are none.
    failed: Option<ProblemError>,
    open: Open,
    wrong: Vec<InstanceError>,
    /// By row of the request: the place, among its candidates, of the unit that it holds.
    own_units: BTreeMap<usize, usize>,
    /// Of the request at hand.
    pairs: Vec<Pair>,
}

impl Making<'_> {
    /// Takes the candidates of some requests.
    fn add(&mut self, piece: &Piece<'_, Weighed>) {
        let weighed = &piece.made;
        self.open.fit += weighed.open.fit;
        for (all, own) in self.open.quotas.iter_mut().zip(&weighed.open.quotas) {
            *all += own;
        }
        self.wrong.extend(weighed.wrong.iter().take(MOST_TOLD.saturating_sub(self.wrong.len())).cloned());
        let (requests, units) = self.sides;
        let mut place = 0;
        for (row, count) in (piece.start..).zip(piece.counts) {
            let request = requests.number(u32::try_from(row).unwrap_or(u32::MAX));
            let held = self.held.get(request as usize).copied().flatten();
            self.pairs.clear();
            for (at, row_of_unit) in piece.units.iter().skip(place).take(*count).enumerate() {
                let unit = units.number(*row_of_unit);
                if held == Some(unit) {
                    self.own_units.insert(row, at);
                }
                let fit = weighed.fits.get(place + at).copied().unwrap_or(0);
                let pair = |marks: &u64| Pair { request, unit, fit, marks: *marks };
                self.pairs.extend(weighed.marks_of(place + at).iter().map(pair));
            }
            place += count;
            if self.failed.is_none() {
                self.failed = self.draft.add(request, &mut self.pairs).err();
            }
        }
    }
}

/// What a quota counts of candidates.
struct Columns<'c> {
    quota: &'c QuotaInForce,
    base: Option<&'c DecisionColumn>,
    members: Option<&'c DecisionColumn>,
}

impl<'c> Columns<'c> {
    fn of(quota: &'c QuotaInForce, found: &'c Found<'_>) -> Columns<'c> {
        let column = |at: Option<usize>| at.and_then(|at| found.outcomes.get(at));
        Columns { quota, base: column(quota.base), members: column(quota.members) }
    }

    /// Does a candidate that is charged to a holder count in the base, and is it a member, as far as it is known?
    fn counts(&self, found: &Found<'_>, row: usize, holder: Option<usize>) -> (Option<bool>, Option<bool>) {
        let base = self.base.map_or(Some(true), |column| column.truth(row));
        let base = match &self.quota.scope {
            Some(scope) => both(base, scope.of_units.get(found.unit(row) as usize).copied().flatten()),
            None => base,
        };
        let charged = self.quota.charged.map(|to| holder == Some(to));
        match (self.members, charged) {
            (Some(members), None) => (base, members.truth(row)),
            (Some(members), Some(charged)) => (both(base, Some(charged)), members.truth(row)),
            (None, charged) => (base, charged),
        }
    }

    /// Two bits: does the pair count in the base, and is it a member? What is not known counts against the quota: in the base,
    /// and as no member.
    fn marks(&self, found: &Found<'_>, row: usize, holder: Option<usize>) -> u64 {
        let (base, member) = self.counts(found, row, holder);
        self.quota.asks.marks(base, member)
    }

    /// Is it open whether a candidate counts, whoever it is charged to?
    fn is_open(&self, found: &Found<'_>, row: usize) -> bool {
        let (base, member) = self.counts(found, row, self.quota.charged);
        base != Some(false) && (base.is_none() || member.is_none())
    }
}

/// Are both so, as far as it is known?
fn both(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

/// Reads the outcomes of candidates.
pub(super) struct Weigh<'w> {
    pub plan: &'w MatchingPlan,
    pub dataset: &'w Dataset,
    pub requests: &'w Numbers,
    pub units: &'w Numbers,
}

impl Weigh<'_> {
    /// Reads what the problem needs of candidates, and keeps only what was asked for of their outcomes.
    pub fn candidates(&self, found: &mut Found<'_>) -> Weighed {
        let mut open = Open { quotas: vec![0; self.plan.quotas.len()], ..Open::default() };
        let mut wrong = Vec::new();
        let fits = self.plan.fit.and_then(|fit| found.outcomes.get(fit));
        let fits = fits.map_or_else(Vec::new, |fits| self.fits(found, fits, &mut open, &mut wrong));
        let columns: Vec<Columns<'_>> = self.plan.quotas.iter().map(|own| Columns::of(own, found)).collect();
        let (mut marks, mut ends) = (Vec::new(), Vec::new());
        match &self.plan.flow {
            _ if columns.is_empty() => {}
            None => {
                marks.resize(found.len(), 0);
                for (at, own) in columns.iter().enumerate() {
                    for (row, marks) in marks.iter_mut().enumerate() {
                        *marks |= own.marks(found, row, None) << (2 * at);
                    }
                }
            }
            Some(flow) => {
                let proposes = |holder: &HolderInForce, row| {
                    found.outcomes.get(holder.proposes).and_then(|column| column.truth(row)) == Some(true)
                };
                for row in 0..found.len() {
                    let may = flow.may(found.unit(row), |holder| proposes(holder, row));
                    marks.extend(may.into_iter().map(|holder| {
                        let of = |(at, own): (usize, &Columns<'_>)| own.marks(found, row, holder) << (2 * at);
                        columns.iter().enumerate().map(of).fold(tag(holder), |all, own| all | own)
                    }));
                    ends.push(u32::try_from(marks.len()).unwrap_or(u32::MAX));
                }
            }
        }
        for (own, open) in columns.iter().zip(&mut open.quotas) {
            *open = (0..found.len()).filter(|row| own.is_open(found, *row)).count() as u64;
        }
        found.outcomes.truncate(self.plan.asked);
        Weighed { fits, marks, ends, open, wrong }
    }

    /// By candidate: its fit. One that is not known counts as the worst, and is told.
    fn fits(
        &self,
        found: &Found<'_>,
        fits: &DecisionColumn,
        open: &mut Open,
        wrong: &mut Vec<InstanceError>,
    ) -> Vec<u16> {
        let rule = self.plan.fit.and_then(|at| self.plan.pairs.selected.get(at + 1));
        let fit = |row: usize| {
            // Mostly the column has a whole number, and no value is made of it.
            let whole_number = fits.whole(row).and_then(|n| u16::try_from(n).ok());
            if let Some(fit) = whole_number.filter(|n| *n <= BEST_FIT) {
                return fit;
            }
            let Some(value) = fits.value(row) else {
                open.fit += 1;
                return 0;
            };
            if let Some(fit) = whole(&value, BEST_FIT.into()) {
                return u16::try_from(fit).unwrap_or(0);
            }
            if wrong.len() < MOST_TOLD {
                let (request, unit) = found.pair(row);
                let (request, unit) = (self.requests.number(request), self.units.number(unit));
                let ids = (self.requests.id(self.dataset, request), self.units.id(self.dataset, unit));
                wrong.push(InstanceError::OutOfRange {
                    what: format!("{}:{}", ids.0, ids.1),
                    rule: rule.map_or("", |(name, _)| name.as_str()).to_string(),
                    value: value.to_string(),
                    most: BEST_FIT.into(),
                });
            }
            0
        };
        (0..found.len()).map(fit).collect()
    }
}

/// The value as a whole number, if it is one from 0 to `most`.
pub(super) fn whole(value: &Value, most: u32) -> Option<u32> {
    match value {
        Value::Number(n) if n.is_integer() => u32::try_from(*n.numer()).ok().filter(|n| *n <= most),
        _ => None,
    }
}
