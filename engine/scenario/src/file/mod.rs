//! The scenario file: what a baseline is, what its variants change, what is swept and repeated.
//!
//! Reading keeps the place of everything that names something, and collects every problem. What the
//! names mean is checked against the pack, one module further.

mod changes;
mod limits;
mod matching;
mod read;
mod weeks;
mod words;
mod years;

pub use words::Called;

use std::sync::Arc;

use logis_language::diagnostic::{Diagnostics, PackError, SourceFile, Sources, Span};
use logis_language::pack::manifest::{Named, Ranks};
use logis_language::pack::toml_reader::parse;
use logis_language::value::{Date, Exact, Value};

/// A scenario, read but not yet held against a pack.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file, for messages.
    pub sources: Arc<Sources>,
    /// What it is called.
    pub title: String,
    /// What it asks, in a few sentences.
    pub text: String,
    /// What is supposed, as far as no text says it.
    pub assumptions: Vec<Assumption>,
    /// What all runs begin with.
    pub base: Base,
    /// The years that each run goes through; without them, it is one decision.
    pub years: Option<Years>,
    /// The sessions that each year goes by; without them, a year is one decision.
    pub weeks: Option<Weeks>,
    /// What becomes of attributions that are offered; without it, attributions are not followed to leases.
    pub leases: Option<Leases>,
    /// What to measure beside what is always measured.
    pub measures: Measured,
    /// What differs from the baseline, one run each (for each seed).
    pub variants: Vec<Variant>,
    /// Parameters moved through several values.
    pub sweeps: Vec<Sweep>,
    /// Figures known from elsewhere, to put beside those computed.
    pub observed: Vec<Expected>,
    /// Figures that are wanted.
    pub targets: Vec<Expected>,
}

/// Something that is supposed.
#[derive(Clone, Debug)]
pub struct Assumption {
    /// What.
    pub text: String,
    /// What it rests on; nothing, if it is the scenario's own.
    pub source: String,
}

/// A run over several years, one decision a year.
#[derive(Clone, Debug, Default)]
pub struct Years {
    /// The dates of the decisions, in order; of a variant, none: they are those of the scenario.
    pub dates: Vec<Date>,
    /// The date of which the data are: their dates are moved from it to the first.
    pub data_of: Option<Date>,
    /// How many of the units given are freed each year.
    pub freed: Option<Exact>,
    /// How many of the requests that wait go away each year.
    pub withdrawn: Option<Exact>,
    /// Units given before the first year, like those of the data.
    pub stock: Option<u64>,
    /// Amounts that move with a dated parameter.
    pub moves: Vec<Move>,
    /// What arrives or changes each year after the first, in order.
    pub rows: Vec<RowChange>,
}

/// Sessions of a year, if nothing says how many.
pub(crate) const SESSIONS: u32 = 52;

/// Sessions that a year may have: one a day.
pub(crate) const MOST_SESSIONS: u32 = 366;

/// A year that goes by sessions: see [`Weekly`](logis_allocation::Weekly).
#[derive(Clone, Debug, Default)]
pub struct Weeks {
    /// How many sessions a year has.
    pub count: Option<u32>,
    /// How many candidates a unit has at most; without it, what the pack's rule (`presented`) says.
    pub candidates: Option<usize>,
    /// How likely an offer is taken of which no rule says it, from 0 to 1.
    pub acceptance: Option<Exact>,
    /// By what the ranks below the first are filled; without it, as the pack says.
    pub ranks: Option<Ranks>,
    /// The field of the request with the day on which it comes; of a variant, none.
    pub request_date: Option<Named>,
    /// The field of the unit with the day from which it is free; of a variant, none.
    pub unit_date: Option<Named>,
    /// Is the year compared with itself solved at once, all pairs being one problem? It is, if nothing says that it is not; of a
    /// variant, nothing.
    pub at_once: Option<bool>,
    /// Where it is written.
    pub span: Span,
}

impl Weeks {
    /// How many sessions a year has.
    pub(crate) fn sessions(&self) -> u32 {
        self.count.unwrap_or(SESSIONS)
    }

    /// How many candidates a unit has at most.
    pub(crate) fn places(&self) -> usize {
        self.candidates.unwrap_or(logis_allocation::PLACES)
    }

    /// Is the year compared with itself solved at once?
    pub(crate) fn at_once(&self) -> bool {
        self.at_once != Some(false)
    }
}

/// Amounts of a field that grow as a parameter does.
#[derive(Clone, Debug)]
pub struct Move {
    /// The field.
    pub field: Named,
    /// The parameter, without keys.
    pub by: Named,
}

/// What all runs begin with.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// The data package: a path as the file says it.
    pub data: Option<Named>,
    /// Further data packages, one for each seed after the first, which has `data`; none: all seeds have `data`.
    pub draws: Vec<Named>,
    /// Or the population file to draw one from.
    pub population: Option<Named>,
    /// The data package whose operations, aids and attributions are reviewed, in each run as they are.
    pub reviewed: Option<Named>,
    /// The folder of rules; without one, those of whoever runs the scenario.
    pub rules: Option<Named>,
    /// The date as of which all is decided; without one, that of the data.
    pub as_of: Option<Date>,
    /// Only the requests and units that belong to these rows of a reference table.
    pub territory: Vec<(Named, Vec<String>)>,
    /// One repetition each. They decide the draw of a population, and which rows a change takes.
    pub seeds: Vec<u64>,
    /// Changes of rows that all runs begin with, in order.
    pub rows: Vec<RowChange>,
    /// Rows that changes may add to a table in a run, over all its years.
    pub max_added: usize,
}

/// What to measure beside what is always measured.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Groups of rules of the pack whose outcomes are counted or summed.
    pub groups: Vec<Named>,
    /// Rules or fields by which requests are told apart.
    pub requests_by: Vec<Named>,
    /// Rules or fields by which units are told apart.
    pub units_by: Vec<Named>,
    /// Rule of the pair: the rent burden.
    pub burden: Option<Named>,
    /// Rule of the request: how long it has waited.
    pub waiting: Option<Named>,
    /// Rule or field of the unit by which reservations are counted.
    pub product: Option<Named>,
    /// Groups of rules that say who is eligible to an aid, and what it gives.
    pub money: Vec<Named>,
}

/// One run beside the baseline.
#[derive(Clone, Debug)]
pub struct Variant {
    /// Its short name.
    pub name: Named,
    /// What people call it.
    pub title: String,
    /// What it supposes.
    pub text: String,
    /// Another date than the baseline's.
    pub as_of: Option<Date>,
    /// A folder of rules laid over those of the baseline.
    pub rules: Option<Named>,
    /// Changes of parameters, in order.
    pub parameters: Vec<ParameterChange>,
    /// Changes of rows, in order.
    pub rows: Vec<RowChange>,
    /// The quotas that are asked for, the strictest first; without a list, those of the pack.
    pub quotas: Option<Vec<Named>>,
    /// Another rule of priority.
    pub priority: Option<Named>,
    /// Another rule of fit.
    pub fit: Option<Named>,
    /// What differs in its years; rows that arrive are added to those of all.
    pub years: Option<Years>,
    /// What differs in its sessions.
    pub weeks: Option<Weeks>,
    /// What differs in what `[matching]` of the pack says.
    pub matching: Option<MatchingChange>,
}

/// In what a variant matches otherwise than `[matching]` of the pack says.
#[derive(Clone, Debug)]
pub struct MatchingChange {
    /// The order of the levels.
    pub order: Option<Order>,
    /// The quotas that come before the number of attributions; without a list, those of the pack.
    pub hard: Option<Vec<Named>>,
    /// To whom attributions are charged.
    pub charges: Option<Charges>,
    /// What is asked for on paper besides the quotas.
    pub margin: Option<Margin>,
    /// Where it is written.
    pub span: Span,
}

/// The order of the levels of a matching.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Number, who comes first, quotas, points, then fit.
    FitAfterPoints,
    /// In the order of its points, each request takes its best; nobody comes first.
    ByPoints,
}

/// To whom attributions are charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charges {
    /// To nobody: conventions with holders ask for nothing.
    None,
    /// To any holder who may propose the household, whatever the unit is.
    AllInFlow,
}

/// Members asked for on paper besides a quota, so that leases meet it.
#[derive(Clone, Debug)]
pub enum Margin {
    /// So many by quota.
    Members(Vec<(Named, u64)>),
    /// The least with which leases miss no quota in more draws than `[leases]` allows.
    Least,
}

/// Draws of answers, if nothing says how many.
pub(crate) const DRAWS: u32 = 1000;

/// How attributions that are offered become leases: see [`Acceptances`](logis_allocation::attribution::Acceptances).
#[derive(Clone, Debug, Default)]
pub struct Leases {
    /// How likely an offer is taken of which no rule says it, from 0 to 1.
    pub acceptance: Option<Exact>,
    /// In which part of the draws a quota may be missed, where the least margin is asked for: a tenth, if nothing says it.
    pub missed: Option<Exact>,
    /// How many times answers are drawn.
    pub draws: Option<u32>,
    /// How many candidates a unit has at most.
    pub candidates: Option<usize>,
    /// Where it is written.
    pub span: Span,
}

impl Leases {
    /// How many times answers are drawn.
    pub(crate) fn draws(&self) -> u32 {
        self.draws.unwrap_or(DRAWS)
    }

    /// In how many of the draws a quota may be missed.
    pub(crate) fn allowed(&self) -> u32 {
        let missed = self.missed.unwrap_or_else(|| Exact::new(1, 10));
        u32::try_from((missed * Exact::from_integer(self.draws().into())).floor().to_integer()).unwrap_or(0)
    }

    /// How many candidates a unit has at most.
    pub(crate) fn places(&self) -> usize {
        self.candidates.unwrap_or(logis_allocation::PLACES)
    }
}

/// A change of a parameter.
#[derive(Clone, Debug)]
pub struct ParameterChange {
    /// The parameter.
    pub path: Named,
    /// The cell, by its first keys; without keys, all cells.
    pub key: Vec<Value>,
    /// What is done to it.
    pub how: How,
}

/// What is done to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// Multiplied.
    Multiply(Exact),
    /// Something is added.
    Add(Exact),
    /// Replaced.
    Set(Value),
    /// Replaced by what is in force on another date.
    AsOf(Date),
}

/// How many rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Rows(u64),
    /// So many of those in question.
    Share(Exact),
    /// All of those in question.
    All,
}

/// Cells by the name of their field or column: the values allowed, or the one to write.
pub type CellsOf = Vec<(Named, Vec<String>)>;

/// A change of the rows of an entity.
#[derive(Clone, Debug)]
pub struct RowChange {
    /// The entity.
    pub entity: Named,
    /// What is done.
    pub kind: RowKind,
    /// How many rows.
    pub count: Count,
    /// Which rows are in question: those to copy, to change or to remove.
    pub which: CellsOf,
    /// What is written into the rows added or changed.
    pub to: CellsOf,
    /// What is written into the members of the rows added: by entity, which of them, and what.
    pub members: Vec<(Named, CellsOf, CellsOf)>,
    /// Where it is written.
    pub span: Span,
}

/// What is done to rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    /// Copies of rows are added, with the members that belong to them.
    Add,
    /// A row is added that copies none.
    New,
    /// Rows are removed, with the members that belong to them.
    Remove,
    /// Cells are written over.
    Change,
}

/// A parameter, or two, moved through several values.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// Its short name.
    pub name: Named,
    /// What people call it.
    pub title: String,
    /// What it asks.
    pub text: String,
    /// One or two parameters.
    pub axes: Vec<Axis>,
}

/// The values of one parameter of a sweep.
#[derive(Clone, Debug)]
pub struct Axis {
    /// What people call it.
    pub label: String,
    /// The changes, one a point.
    pub points: Vec<ParameterChange>,
}

/// What is wanted of a figure.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// What it is observed to be.
    Is(Exact),
    /// So much, or more.
    AtLeast(Exact),
    /// So much, or less.
    AtMost(Exact),
    /// As much as in this variant, or more.
    AtLeastIn(Named),
}

/// A figure from elsewhere: `TABLE.ROW.COLUMN` of the measures, and what it is or must be.
#[derive(Clone, Debug)]
pub struct Expected {
    /// What people call it.
    pub label: String,
    /// Its name where it comes from.
    pub reference: String,
    /// The measure; none where no run can say it.
    pub figure: Option<Named>,
    /// The value observed, or wanted.
    pub wanted: Wanted,
    /// Of an observed figure: how far from it the computed one may be.
    pub within: Option<Exact>,
    /// Its unit.
    pub unit: String,
    /// Where it comes from.
    pub source: String,
    /// What explains a difference.
    pub text: String,
}

impl Scenario {
    /// Is what its runs match by put side by side?
    pub(crate) fn compares_matchings(&self) -> bool {
        self.leases.is_some() || self.variants.iter().any(|variant| variant.matching.is_some())
    }

    /// Reads a scenario file. `path` is what messages call it.
    ///
    /// # Errors
    /// **All** problems of the file, each at its place.
    pub fn parse(path: &str, text: &str) -> Result<Scenario, PackError> {
        let file = SourceFile { path: path.to_string(), text: Arc::from(text) };
        let sources = Arc::new(Sources::new("", vec![file]));
        let mut out = Diagnostics::default();
        let scenario = parse(0, text, &mut out).map(|root| read::read(root.get_ref(), &sources, &mut out));
        match scenario {
            Some(scenario) if !out.has_errors() => Ok(scenario),
            _ => {
                out.sort();
                Err(PackError { diagnostics: out.items, sources })
            }
        }
    }
}
