//! `bilan.toml` of a territory: what its agreement counts, year by year, and against which targets.
//!
//! An indicator adds up or counts the outcomes of a rule, or the cells of a field, over the dated rows of a table. What it
//! is held against is a dated parameter of the territory, another sum, or a figure that the text observes. Nothing is
//! computed here; that names are right is checked where the pack's names are wired.

mod read;

use super::Parsed;
use super::params::{Parameter, Source};
use super::territory::{TerritoryId, local_path};
use crate::diagnostic::Span;
use crate::value::{Date, Exact, Value};
pub(super) use read::read;

/// The file of a territory that says what its agreement counts.
pub const FILE: &str = "bilan.toml";

/// What `bilan.toml` of a territory says.
#[derive(Clone, Debug)]
pub struct Agreement {
    /// The territory.
    pub territory: TerritoryId,
    /// What people call the agreement.
    pub title: String,
    /// First day of the agreement.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Where the agreement is written.
    pub sources: Vec<Source>,
    /// The reference tables by whose rows figures are broken down: communes, districts.
    pub places: Vec<(String, Span)>,
    /// Its indicators, in the order of the file.
    pub indicators: Vec<Indicator>,
    /// The tables that are given to the partners, in the order of the file.
    pub exports: Vec<Exported>,
    /// The file.
    pub span: Span,
}

/// A table that is given to the partners: rows counted by what they have in common.
#[derive(Clone, Debug)]
pub struct Exported {
    /// Its name in files.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// The article that asks for it.
    pub article: String,
    /// The entity whose rows are counted.
    pub of: (String, Span),
    /// The date field whose year is the first column.
    pub date: Option<(String, Span)>,
    /// The rules and fields by which rows are counted: of the entity, or of one that it belongs to.
    pub by: Vec<(String, Span)>,
    /// Of numbers among them: the ends of the bands in which they are counted.
    pub bands: Vec<(String, Vec<Exact>)>,
    /// The rules and fields that are added up.
    pub sums: Vec<(String, Span)>,
    /// Only rows of which it is true.
    pub only: Option<(String, Span)>,
    /// Where it is declared.
    pub span: Span,
}

/// One line of the review.
#[derive(Clone, Debug)]
pub struct Indicator {
    /// Its number in the agreement: `A29`.
    pub id: String,
    /// The article.
    pub article: String,
    /// What is counted, in words.
    pub label: String,
    /// Unit of its figures; `%` shows a share by the hundred.
    pub unit: String,
    /// What is to be known to read it.
    pub text: Option<String>,
    /// What computes it.
    pub measure: Measure,
    /// What it is held against.
    pub target: Option<Target>,
    /// Whether more, less or as much is wanted.
    pub kind: Kind,
    /// Over what the target is counted.
    pub every: Every,
    /// First day of its own period, if it is not that of the agreement.
    pub from: Option<Date>,
    /// Last day of its own period.
    pub until: Option<Date>,
    /// Where it is written, if neither its target nor its article says.
    pub sources: Vec<Source>,
    /// Why it may be wrong.
    pub doubt: Option<String>,
    /// Are the rows that it counts listed by name?
    pub listed: bool,
    /// Where it is declared.
    pub span: Span,
}

/// What computes an indicator.
#[derive(Clone, Debug)]
pub enum Measure {
    /// Sums over rows.
    Sums {
        /// What is added up.
        terms: Vec<Term>,
        /// What the sum is divided by: then it is a share or a mean.
        over: Option<Box<Term>>,
        /// The year to which the growth is counted, of a growth.
        growth: Option<i16>,
    },
    /// What the review itself knows.
    Made(Made),
    /// Nothing: a commitment in words.
    Words,
}

/// Figures that no table holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made {
    /// The years of the agreement.
    Years,
    /// This review, once for the year that it is of.
    Review,
    /// Values that targets took after their first.
    Amendments,
    /// Attributions by the matching of the package's requests and units, with its shares; the target is those without.
    Attributions,
}

/// A sum over the rows of one table.
#[derive(Clone, Debug)]
pub struct Term {
    /// How rows are added up.
    pub how: How,
    /// The rule or field that is added up; the entity, where rows are counted.
    pub name: (String, Span),
    /// The date field by which a row is of a year; without one the rows are those of today.
    pub date: Option<(String, Span)>,
    /// Only rows whose fields have these values.
    pub only: Vec<(String, Value, Span)>,
    /// The field with the code of the place of a row, where its table belongs to none.
    pub place: Option<(String, Span)>,
}

/// How rows are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The rows themselves.
    Rows,
    /// The rows of which it is true.
    Count,
    /// Its numbers.
    Sum,
}

/// What an indicator is held against.
#[derive(Clone, Debug)]
pub enum Target {
    /// A parameter of the territory, or of all.
    Parameter(String, Span),
    /// Another sum over the same years.
    Term(Box<Term>),
    /// A figure that the text wants.
    Wanted(Exact),
    /// A figure that the text gives of the past: it is shown beside, and nothing is judged by it.
    Observed(Exact),
}

/// Whether more, less or as much is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// At least the target.
    AtLeast,
    /// At most.
    AtMost,
    /// About as much: the text gives no margin, so the gap is shown and not judged.
    About,
}

/// Over what a target is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// Each year.
    Year,
    /// All years of the period together.
    Period,
    /// The state at the last date that is given.
    Last,
}

impl Agreement {
    /// The parameter of that path: the territory's own, or that of all.
    pub fn parameter<'p>(&self, parsed: &'p Parsed, path: &str) -> Option<&'p Parameter> {
        let of = parsed.territories.all.get(self.territory);
        let local = of.and_then(|of| parsed.parameter(&local_path(path, of)));
        parsed.parameters.get(local.or_else(|| parsed.parameter(path))?)
    }
}

impl Indicator {
    /// All sums that it is made of.
    pub fn terms(&self) -> impl Iterator<Item = &Term> {
        let (terms, over) = match &self.measure {
            Measure::Sums { terms, over, .. } => (terms.as_slice(), over.as_deref()),
            _ => (&[][..], None),
        };
        let target = match &self.target {
            Some(Target::Term(term)) => Some(term.as_ref()),
            _ => None,
        };
        terms.iter().chain(over).chain(target)
    }
}
